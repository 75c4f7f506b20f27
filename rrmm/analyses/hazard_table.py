"""Hazard ratios of a categorical covariate by Cox's partial likelihood, straight from the table of counts.

Own Newton iteration, as it belongs to the live path: patients of a group are exchangeable, so the likelihood
needs the counts only. Convention: Efron ties as in R's `coxph`, Breslow offered; Wald intervals; delayed
entry is allowed. R is its witness in the tests.

Where a hazard ratio has no finite estimate (a group without an event, or one that always outlives the other)
the row says so, instead of the large number an iteration happens to stop at. Such groups are found from who
had an event while whom was at risk: an estimate exists only between groups that "lose" to each other in both
directions, over other groups if need be (Ford, Am Math Mon 1957;64:28). The others keep the estimate that R
reaches in the limit.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias, overload

import numpy as np

from rrmm.analyses.counts import EventTable
from rrmm.analyses.logrank import chi_square_tail

if TYPE_CHECKING:
    from numpy.typing import NDArray

Ties = Literal["efron", "breslow"]

MAX_STEPS = 50
CONVERGED = 1e-11
NOT_CONVERGED = "the estimation did not converge"
GAUSS_POINTS = 5
FEW_OF_THOSE_AT_RISK = 10
"""Tied events are few where no group loses more than one in so many of those at risk."""


Rows: TypeAlias = "tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]"
"""Sizes of the groups in each risk set, how often each counts, and the groups' events."""


class GlobalTest(NamedTuple):
    """A chi-square test of all hazard ratios at once."""

    statistic: float
    df: int
    p_value: float


@dataclass(frozen=True)
class HazardRatio:
    """Hazard of one group over that of the reference; NaN with a reason where it can't be estimated.

    group, reference: places in the table. se: standard error of log_hr. z, p_value: Wald.
    """

    group: int
    reference: int
    log_hr: float
    se: float
    hr: float
    conf_low: float
    conf_high: float
    z: float
    p_value: float
    reason: str = ""


@dataclass(frozen=True, eq=False)
class HazardRatios(Sequence[HazardRatio]):
    """One hazard ratio for each group but the reference, and the tests of all of them.

    loglik: partial log-likelihood with all hazards equal, and at (or in the limit of) the estimates.
    The likelihood ratio and score tests hold where a ratio is infinite; the Wald test is then NaN.
    """

    ratios: tuple[HazardRatio, ...]
    loglik: tuple[float, float]
    lr_test: GlobalTest
    wald_test: GlobalTest
    score_test: GlobalTest
    ties: Ties

    @overload
    def __getitem__(self, at: int) -> HazardRatio: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[HazardRatio, ...]: ...
    def __getitem__(self, at: int | slice) -> HazardRatio | tuple[HazardRatio, ...]:
        return self.ratios[at]

    def __len__(self) -> int:
        return len(self.ratios)

    def __iter__(self) -> Iterator[HazardRatio]:
        return iter(self.ratios)


def cox_from_table(table: EventTable, ties: Ties = "efron", reference: int = 0, level: float = 0.95,
                   labels: Sequence[str] | None = None) -> HazardRatios:
    """Hazard ratios of the table's K groups against one of them.

    reference: place of the reference group. level: of the Wald intervals. labels: (K,) names for the reasons.
    Empty for K = 1. ValueError for unknown ties or a reference that is not there.
    """
    if ties not in ("efron", "breslow"):
        raise ValueError(f"unknown ties: {ties}")
    count = table.groups
    if not 0 <= reference < max(count, 1):
        raise ValueError("the reference is not one of the groups")
    z_level = NormalDist().inv_cdf(0.5 + level / 2)
    whole = _risk_rows(table, ties)
    loses = _loses(table)
    if count == 2 and loses[0, 1] and loses[1, 0]:
        return _pair(whole, reference, z_level, ties)
    start, score, information = _likelihood(np.zeros(count), *whole)
    reach = _closure(loses)
    together = reach & reach.T
    beta, covariance, fitted, failed = _fit_parts(table, ties, whole, together, reference)
    ratios = []
    for k in range(count):
        if k == reference:
            continue
        reason = failed or _reason(table, loses, together, k, reference, labels)
        ratios.append(_row(k, reference, beta[k], covariance[k, k], z_level, reason))
    others = [k for k in range(count) if k != reference]
    informed = [k for k in range(count) if information[k, k] > 1e-12]
    df = max(len(informed) - 1, 0)
    some = informed[1:]
    return HazardRatios(
        tuple(ratios), (start, fitted), _global(2 * (fitted - start) if not failed else math.nan, df),
        _wald(ratios, beta[others], covariance[np.ix_(others, others)]),
        _global(_quadratic(score[some], information[np.ix_(some, some)]), df), ties)


def _pair(whole: Rows, reference: int, z_level: float, ties: Ties) -> HazardRatios:
    """Two groups that have an estimate, the live path's usual case, without matrices.

    Sums, not dot products: BLAS hands those of 10,000 values to threads, which wait for each other on a busy
    server.
    """
    rows, weight, deaths = whole
    beta, covariance, fitted, good = _newton_pair(rows, weight, deaths, reference)
    k = 1 - reference
    reason = "" if good else NOT_CONVERGED
    ratio = _row(k, reference, float(beta[k]), float(covariance[k, k]), z_level, reason)
    total = rows[:, 0] + rows[:, 1]
    share = rows[:, k] / total
    each = weight * share
    start = -float((weight * np.log(total)).sum())
    score = float(deaths[k] - each.sum())
    spread = float((each * (1 - share)).sum())
    return HazardRatios(
        (ratio,), (start, fitted), _global(2 * (fitted - start) if good else math.nan, 1),
        _global(ratio.z**2, 1), _global(score**2 / spread, 1), ties)


def _loses(table: EventTable) -> NDArray[np.bool_]:
    """(K, K): whether group i had an event while somebody of group j was at risk."""
    return ((table.n_event > 0).astype(np.float64).T @ (table.n_risk > 0)) > 0


def _risk_rows(table: EventTable, ties: Ties) -> Rows:
    """Sizes of the groups in each risk set (R, K), how often each row counts (R,), and events (K,)."""
    at = np.flatnonzero(table.n_event.sum(axis=1))
    place, gone, weight = tied_rows(table, at, ties)
    rows = table.n_risk[at[place]].astype(np.float64)
    if gone is not None:
        rows -= gone[:, None] * table.n_event[at[place]]
    return rows, weight, table.events.astype(np.float64)


def tied_rows(table: EventTable, at: NDArray[np.intp], ties: Ties
              ) -> tuple[NDArray[np.intp], NDArray[np.float64] | None, NDArray[np.float64]]:
    """The terms of the likelihood at the event times ``at``: place in ``at``, share of its events gone,
    weight.

    Breslow: one term a time, nothing is gone (None), and it counts d times. Efron: d terms, in which a share
    0, 1/d, ... of the d tied events is gone. Where many events are tied but few of those at risk, the sum
    over d terms is taken at five of them by the Gauss rule of the points 0, ..., d-1: exact to 1e-15, as a
    term is almost a straight line in that share.
    """
    d = table.n_event[at].sum(axis=1)
    if ties == "breslow":
        return np.arange(len(at)), None, d.astype(np.float64)
    if not len(d) or d.max() == 1:
        return np.arange(len(at)), None, np.ones(len(at))
    most = (table.n_event[at] * FEW_OF_THOSE_AT_RISK <= table.n_risk[at]).all(axis=1) & (d > GAUSS_POINTS)
    few = ~most
    repeat = np.repeat(np.flatnonzero(few), d[few])
    step = np.arange(len(repeat)) - np.repeat(np.cumsum(d[few]) - d[few], d[few])
    gone, weight = step / d[repeat], np.ones(len(repeat))
    if most.any():
        which, place = np.unique(d[most], return_inverse=True)
        points, weights = gauss_rule(which)
        repeat = np.concatenate([repeat, np.repeat(np.flatnonzero(most), GAUSS_POINTS)])
        gone = np.concatenate([gone, (points / which[:, None])[place].ravel()])
        weight = np.concatenate([weight, weights[place].ravel()])
    return repeat, gone, weight


def gauss_rule(d: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Points and weights (D, 5) that sum any polynomial of degree 9 over 0, ..., d-1, for each of (D,)
    numbers d.

    Golub and Welsch with the recurrence of the discrete Chebyshev polynomials (Gautschi 2004, table 1.2).
    """
    n = d.astype(np.float64)[:, None]
    k = np.arange(1.0, GAUSS_POINTS)
    off = np.sqrt(k**2 * (n**2 - k**2) / (4 * (4 * k**2 - 1)))
    matrix = np.zeros((len(d), GAUSS_POINTS, GAUSS_POINTS))
    diagonal, above = np.arange(GAUSS_POINTS), np.arange(GAUSS_POINTS - 1)
    matrix[:, diagonal, diagonal] = (n - 1) / 2
    matrix[:, above, above + 1] = matrix[:, above + 1, above] = off
    points, vectors = np.linalg.eigh(matrix)
    return points, n * vectors[:, 0, :] ** 2


def _likelihood(beta: NDArray[np.float64], rows: NDArray[np.float64], weight: NDArray[np.float64],
                deaths: NDArray[np.float64]) -> tuple[float, NDArray[np.float64], NDArray[np.float64]]:
    """Partial log-likelihood, its gradient (K,) and information (K, K) at log hazards beta (K,)."""
    part = rows * np.exp(beta)
    total = part.sum(axis=1)
    share = part / total[:, None]
    expected = weight @ share
    information = np.diag(expected) - (share * weight[:, None]).T @ share
    return float(deaths @ beta - weight @ np.log(total)), deaths - expected, information


def _closure(loses: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which group is reached from which over any number of steps."""
    reach = loses | np.eye(len(loses), dtype=bool)
    for k in range(len(reach)):
        reach = reach | (reach[:, [k]] & reach[[k], :])
    return reach


def _fit_parts(table: EventTable, ties: Ties, whole: Rows, together: NDArray[np.bool_],
               reference: int) -> tuple[NDArray[np.float64], NDArray[np.float64], float, str]:
    """Fit each set of mutually comparable groups by itself: what the likelihood becomes in the limit.

    Log hazard ratios (K,) against the reference, NaN outside its set; covariance (K, K); log-likelihood; and
    a reason if an iteration failed.
    """
    count = table.groups
    beta, covariance = np.full(count, np.nan), np.full((count, count), np.nan)
    loglik, failed = 0.0, ""
    seen = np.zeros(count, dtype=bool)
    for k in range(count):
        if seen[k]:
            continue
        part = np.flatnonzero(together[k])
        seen[part] = True
        main = bool(together[k, reference])
        base = int(np.flatnonzero(part == reference)[0]) if main else 0
        rows, weight, deaths = whole if len(part) == count else _risk_rows(table.select(part.tolist()), ties)
        found, cov, value, good = _newton(rows, weight, deaths, base)
        loglik += value
        if main:
            beta[part], covariance[np.ix_(part, part)] = found, cov
        if not good:
            failed = NOT_CONVERGED
    return beta, covariance, loglik, failed


def _newton(rows: NDArray[np.float64], weight: NDArray[np.float64], deaths: NDArray[np.float64],
            base: int) -> tuple[NDArray[np.float64], NDArray[np.float64], float, bool]:
    """Maximise with group ``base`` at 0: estimates (K,), covariance (K, K), log-likelihood, converged."""
    count = len(deaths)
    beta = np.zeros(count)
    covariance = np.zeros((count, count))
    if count == 1:
        return beta, covariance, -float(weight @ np.log(rows[:, 0])), True
    if count == 2:
        return _newton_pair(rows, weight, deaths, base)
    value, gradient, information = _likelihood(beta, rows, weight, deaths)
    free = np.array([k for k in range(count) if k != base])
    inside = np.ix_(free, free)
    good = False
    for _ in range(MAX_STEPS):
        step = np.linalg.solve(information[inside], gradient[free])
        good = bool(np.abs(step).max() < CONVERGED)
        size = min(1.0, 3.0 / float(np.abs(step).max() + 1e-300))
        while True:
            trial = beta.copy()
            trial[free] += size * step
            new, new_gradient, new_information = _likelihood(trial, rows, weight, deaths)
            if good or new >= value - 1e-12 * abs(value) or size < 1e-6:
                break
            size /= 2
        beta, value, gradient, information = trial, new, new_gradient, new_information
        if good:
            break
    covariance[inside] = np.linalg.inv(information[inside])
    return beta, covariance, value, good


def _newton_pair(rows: NDArray[np.float64], weight: NDArray[np.float64], deaths: NDArray[np.float64],
                 base: int) -> tuple[NDArray[np.float64], NDArray[np.float64], float, bool]:
    """The same for two groups, the live path's usual case, without the matrices."""
    other = 1 - base
    ours, theirs, died = rows[:, other], rows[:, base], float(deaths[other])
    # The gradient falls with beta: low and high enclose its zero, and a step that leaves them halves instead.
    log_hr, low, high, good = 0.0, -math.inf, math.inf, False
    spread = math.nan
    for _ in range(MAX_STEPS):
        part = ours * math.exp(log_hr)
        share = part / (part + theirs)
        each = weight * share
        gradient = died - float(each.sum())
        spread = float((each * (1 - share)).sum())
        if gradient > 0:
            low = log_hr
        else:
            high = log_hr
        step = max(-3.0, min(3.0, gradient / spread))
        good = abs(step) < CONVERGED
        new = log_hr + step
        log_hr = new if good or low <= new <= high else (low + high) / 2
        if good:
            break
    beta, covariance = np.zeros(2), np.zeros((2, 2))
    beta[other], covariance[other, other] = log_hr, 1 / spread
    value = died * log_hr - float((weight * np.log(ours * math.exp(log_hr) + theirs)).sum())
    return beta, covariance, value, good


def _reason(table: EventTable, loses: NDArray[np.bool_], together: NDArray[np.bool_], k: int, reference: int,
            labels: Sequence[str] | None) -> str:
    """Why group k has no hazard ratio against the reference, or ""."""
    if together[k, reference]:
        return ""
    name = {k: "this group", reference: "the reference group"}
    if labels is not None:
        name = {at: labels[at] for at in (k, reference)}
    for counts, what in ((table.n, "no patient"), (table.events, "no event")):
        for at in (k, reference):
            if counts[at] == 0:
                return f"{what} in {name[at]}"
    if not loses[k, reference] and not loses[reference, k]:
        return f"no event while patients of {name[k]} and of {name[reference]} were at risk together"
    less = k if not loses[k, reference] else reference
    other = reference if less == k else k
    return f"no event in {name[less]} while patients of {name[other]} were at risk"


def _row(k: int, reference: int, beta: float, variance: float, z_level: float, reason: str) -> HazardRatio:
    if reason:
        nan = math.nan
        return HazardRatio(k, reference, nan, nan, nan, nan, nan, nan, nan, reason)
    se = math.sqrt(variance)
    z = beta / se
    return HazardRatio(k, reference, float(beta), se, math.exp(beta), math.exp(beta - z_level * se),
                       math.exp(beta + z_level * se), float(z), math.erfc(abs(z) / math.sqrt(2)))


def _wald(ratios: Sequence[HazardRatio], beta: NDArray[np.float64],
          covariance: NDArray[np.float64]) -> GlobalTest:
    if not ratios or any(ratio.reason for ratio in ratios):
        return GlobalTest(math.nan, len(ratios), math.nan)
    return _global(float(beta @ np.linalg.solve(covariance, beta)), len(ratios))


def _quadratic(score: NDArray[np.float64], information: NDArray[np.float64]) -> float:
    if not len(score) or np.linalg.matrix_rank(information, hermitian=True) < len(score):
        return math.nan
    return float(score @ np.linalg.solve(information, score))


def _global(statistic: float, df: int) -> GlobalTest:
    if df < 1 or math.isnan(statistic):
        return GlobalTest(math.nan, df, math.nan)
    return GlobalTest(max(statistic, 0.0), df, chi_square_tail(max(statistic, 0.0), df))
