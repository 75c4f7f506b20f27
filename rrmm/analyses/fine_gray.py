"""Fine-Gray regression of the subdistribution hazard of one cause, as `cmprsk::crr` fits it.

Own fit: greenwood's follows `finegray` (it moves events before tied censorings) and its errors leave out that
the censoring distribution was estimated, so coefficients and errors differ from `crr`, which the field
quotes, from the fifth digit on; on 3,000 patients it also takes 5 s. This one takes 10 ms, by
cumulative sums over the sorted times.

Source: Fine and Gray, J Am Stat Assoc 1999;94:496. Ties: Breslow. Censoring weights: the left limit of the
Kaplan-Meier estimate of the censoring distribution, tied events counting as at risk.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from statistics import NormalDist
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from rrmm.results import Remark, Result

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[np.float64]

MAX_STEPS = 60
TOLERANCE = 1e-10
"""A coefficient whose last Newton step, in standard deviations of its column, is below this has settled."""
FLAT = 1e-7
"""Information, relative to that at the start, below which the likelihood counts as flat."""


class Fit(NamedTuple):
    """coef, std_error: (p,), NaN where the likelihood has no maximum; loglik: (null, fitted)."""

    coef: Array
    std_error: Array
    settled: NDArray[np.bool_]
    loglik: tuple[float, float]


class _Data(NamedTuple):
    """Patients sorted by time, and what the risk sets need.

    x: (n, p) centred; place: (n,) index of the patient's time among the (k,) distinct times; first: (k,) the
    first patient at or after each; left: (k,) probability of being uncensored just before each.
    """

    x: Array
    place: NDArray[np.intp]
    first: NDArray[np.intp]
    event: NDArray[np.bool_]
    other: NDArray[np.bool_]
    censored: NDArray[np.bool_]
    n_risk: Array
    n_event: Array
    n_censor: Array
    left: Array


def fit_fine_gray(time: Array, status: NDArray[np.int64], x: Array, cause: int) -> Fit:
    """Fit the subdistribution hazard of ``cause``.

    time: (n,); status: (n,) 0 censored, 1, 2, ... causes; x: (n, p) covariates of full rank without an
    intercept, none missing. At least one event of the cause.
    """
    spread = x.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    data = _sorted(time, status, (x - x.mean(axis=0)) / spread, cause)
    p = x.shape[1]
    beta = np.zeros(p)
    null, _, start, *_ = _pass(data, beta)
    loglik = null
    running = _flat(start, start)
    for _ in range(MAX_STEPS if not running.any() else 0):
        _, score, information, *_ = _pass(data, beta)
        running = _flat(information, start)
        if running.any():
            break
        step = np.linalg.solve(information, score)
        # Halve a step that overshoots; a likelihood without a maximum goes on by about 1 a step.
        fraction = 1.0
        while fraction > 1e-4 and not _pass(data, beta + fraction * step)[0] >= loglik - 1e-12 * abs(loglik):
            fraction /= 2
        beta = beta + fraction * step
        loglik = _pass(data, beta)[0]
        if np.abs(step).max(initial=0.0) < TOLERANCE:
            break
    else:
        running = np.ones(p, dtype=bool) if not running.any() else running
    if running.any():
        # A column that runs off takes the error of the whole model with it.
        return Fit(np.full(p, np.nan), np.full(p, np.nan), ~running, (null, loglik))
    return Fit(beta / spread, _errors(data, beta) / spread, ~running, (null, loglik))


def _flat(information: Array, start: Array) -> NDArray[np.bool_]:
    """(p,) columns along which the likelihood has gone flat, compared with where it started.

    Where it has no maximum the information falls with every step, and the iteration would stop at a number
    that only rounding chose; a maximum at which it had fallen to :data:`FLAT` would be a ratio of 10^7.
    """
    # The columns have a variance of 1: a smaller information than this is rounding.
    scale = np.sqrt(np.maximum(np.diag(start), 0.0))
    if not (np.isfinite(information).all() and (scale > 1e-6).all()):
        return ~(scale > 1e-6) if np.isfinite(information).all() else np.ones(len(scale), dtype=bool)
    values, vectors = np.linalg.eigh(information / np.outer(scale, scale))
    return (np.abs(vectors[:, values < FLAT]) > 0.1).any(axis=1)


def _sorted(time: Array, status: NDArray[np.int64], x: Array, cause: int) -> _Data:
    order = np.argsort(time, kind="stable")
    time, status, x = time[order], status[order], x[order]
    at, place = np.unique(time, return_inverse=True)
    k, n = len(at), len(time)
    event, censored = status == cause, status == 0
    count = np.bincount(place, minlength=k)
    n_risk = (n - np.concatenate([[0], np.cumsum(count)[:-1]])).astype(float)
    n_censor = np.bincount(place, weights=censored, minlength=k).astype(float)
    survival = np.cumprod(1 - n_censor / n_risk)
    return _Data(
        x, place, np.searchsorted(time, at), event, ~event & ~censored, censored, n_risk,
        np.bincount(place, weights=event, minlength=k).astype(float), n_censor,
        np.concatenate([[1.0], survival[:-1]]),
    )  # fmt: skip


def _pass(data: _Data, beta: Array) -> tuple[float, Array, Array, Array, Array, Array]:
    """Log likelihood, score, information, relative risks (n,), weighted risk-set sums (k,), means (k, p)."""
    n, p = data.x.shape
    eta = data.x @ beta
    top = eta.max(initial=0.0)
    risk = np.exp(eta - top)
    squares = (data.x[:, :, None] * data.x[:, None, :]).reshape(n, p * p)
    sums = _risk_sets(data, np.column_stack([risk, risk[:, None] * data.x, risk[:, None] * squares]))
    total, mean = sums[:, 0], sums[:, 1 : p + 1] / sums[:, :1]
    d = data.n_event
    loglik = float(eta[data.event].sum() - d @ (np.log(total) + top))
    score = data.x[data.event].sum(axis=0) - d @ mean
    information = ((d / total) @ sums[:, p + 1 :]).reshape(p, p) - (mean * d[:, None]).T @ mean
    return loglik, score, information, risk, total, mean


def _risk_sets(data: _Data, values: Array) -> Array:
    """(k, m) sums of (n, m) values over each risk set: who is still followed, and who had another event.

    The latter stay with weight G(t-) / G(T-), the probability of not having been censored since.
    """
    followed = np.cumsum(values[::-1], axis=0)[::-1][data.first]
    weight = _inverse_left(data)[:, None]
    stayed = np.vstack([np.zeros(values.shape[1]), np.cumsum(values * weight, axis=0)])[data.first]
    return followed + data.left[:, None] * stayed


def _inverse_left(data: _Data) -> Array:
    """(n,) 1 / G(T-) for patients with another event, 0 for the rest."""
    return np.where(data.other, 1 / np.where(data.other, data.left[data.place], 1.0), 0.0)


def _errors(data: _Data, beta: Array) -> Array:
    """(p,) standard errors: sandwich of the score residuals, with the part from the estimated censoring."""
    _, _, information, risk, total, mean = _pass(data, beta)
    n, p = data.x.shape
    hazard = data.n_event / total
    cum = np.cumsum(hazard)
    cum_mean = np.cumsum(mean * hazard[:, None], axis=0)
    after = np.cumsum(hazard * data.left)
    after_mean = np.cumsum(mean * (hazard * data.left)[:, None], axis=0)
    place = data.place

    residual = np.where(data.event[:, None], data.x - mean[place], 0.0)
    residual -= risk[:, None] * (data.x * cum[place][:, None] - cum_mean[place])
    weight = risk * _inverse_left(data)
    residual -= weight[:, None] * (data.x * (after[-1] - after[place])[:, None] - (after_mean[-1] - after_mean[place]))

    # How each censoring moves the weights of those who had another event before it, at times from it on.
    stayed = np.cumsum(weight[:, None] * np.column_stack([np.ones(n), data.x]), axis=0)
    other = np.vstack([np.zeros(p + 1), stayed])[data.first]
    from_here = after[-1] - np.concatenate([[0.0], after[:-1]])
    from_here_mean = after_mean[-1] - np.vstack([np.zeros(p), after_mean[:-1]])
    pull = (other[:, 1:] * from_here[:, None] - other[:, :1] * from_here_mean) / data.n_risk[:, None]
    compensator = np.cumsum(pull * (data.n_censor / data.n_risk)[:, None], axis=0)
    residual += np.where(data.censored[:, None], pull[place], 0.0) - compensator[place]

    bread = np.linalg.inv(information)
    return np.sqrt(np.diag(bread @ (residual.T @ residual) @ bread))


TERM_COLUMNS = (
    "term", "variable", "level", "estimate", "std_error", "conf_low", "conf_high", "statistic", "p_value",
    "n", "n_event", "method", "reason",
)  # fmt: skip


def fine_gray(
    time: ArrayLike,
    status: ArrayLike,
    covariates: pd.DataFrame,
    *,
    cause: int = 1,
    level: float = 0.95,
    references: Mapping[str, str] | None = None,
) -> Result:
    """Fine-Gray regression of ``cause`` on all columns of ``covariates``.

    time: (n,) any unit; status: (n,) 0 censored, 1, 2, ... causes; covariates: (n, p) numbers or factors,
    coded by :func:`rrmm.analyses.design_matrix.design_matrix`; references: reference level of a factor.
    table: :data:`TERM_COLUMNS`; estimate is the subdistribution hazard ratio with Wald limits, std_error that
    of its log (sandwich, as `crr`). frames["lost"]: patients lost by covariate.
    Raises ValueError as :func:`rrmm.analyses.competing.cumulative_incidence` and for unknown references.
    """
    from rrmm.analyses.competing import checked
    from rrmm.analyses.design_matrix import design_matrix

    data = checked(time, status, None)
    rows = np.flatnonzero(data.keep)
    frame = covariates.reset_index(drop=True).iloc[rows].reset_index(drop=True)
    design = design_matrix(frame, list(frame.columns), references=references)
    at, state = data.time[design.used], data.status[design.used]
    excluded = dict(data.excluded)
    if not design.used.all():
        excluded["covariate missing"] = int(np.count_nonzero(~design.used))
    events = int(np.count_nonzero(state == cause))
    reasons = [column.reason for column in design.columns]
    if not events:
        reasons = [reason or "no event of this cause" for reason in reasons]
    inside = _estimable(design.matrix, reasons)
    coef = np.full(len(reasons), np.nan)
    error = coef.copy()
    loglik = (np.nan, np.nan)
    if inside:
        fit = fit_fine_gray(at, state, design.matrix[:, inside], cause)
        coef[inside], error[inside], loglik = fit.coef, fit.std_error, fit.loglik
        for place, settled in zip(inside, fit.settled, strict=True):
            reasons[place] = _reason(coef[place], error[place], bool(settled))
    known = np.array([not reason for reason in reasons], dtype=bool)
    coef, error = np.where(known, coef, np.nan), np.where(known, error, np.nan)
    z = coef / error
    half = NormalDist().inv_cdf(0.5 + level / 2) * error
    table = pd.DataFrame(
        {
            "term": list(design.terms),
            "variable": [column.variable for column in design.columns],
            "level": [column.level for column in design.columns],
            "estimate": np.exp(coef),
            "std_error": error,
            "conf_low": np.exp(coef - half),
            "conf_high": np.exp(coef + half),
            "statistic": z,
            "p_value": [math.erfc(abs(value) / math.sqrt(2)) for value in z],
            "n": len(at),
            "n_event": events,
            "method": "Fine-Gray, Wald",
            "reason": reasons,
        },
        columns=list(TERM_COLUMNS),
    )
    remarks: tuple[Remark, ...] = ()
    if inside and events < 10 * len(inside):
        remarks = (Remark("few_events", f"{events} events for {len(inside)} terms: fewer than 10 a term."),)
    return Result(
        kind="fine_gray",
        table=table,
        n=len(at),
        events=events,
        excluded=excluded,
        remarks=remarks,
        method="Fine-Gray regression as cmprsk::crr: Breslow ties, sandwich errors, Wald intervals",
        frames={"lost": design.lost, "levels": design.levels},
        numbers={"loglik": loglik, "cause": cause},
    )


def _reason(coef: float, error: float, settled: bool) -> str:
    if not settled:
        return "no finite estimate: the covariate separates patients with and without the event"
    if np.isnan(coef):
        return "another covariate of this model has no finite estimate"
    # The sandwich of a handful of patients can be empty, which would be an interval of no width.
    return "" if error > 1e-8 * (1 + abs(coef)) else "too few patients for a standard error"


def _estimable(matrix: Array, reasons: list[str]) -> list[int]:
    """Columns that can enter together; one that the earlier ones determine gets its reason."""
    inside: list[int] = []
    if not len(matrix):
        return inside
    centred = matrix - matrix.mean(axis=0)
    for place, reason in enumerate(reasons):
        if reason:
            continue
        column = centred[:, place]
        basis = centred[:, inside]
        rest = column - basis @ np.linalg.lstsq(basis, column, rcond=None)[0] if inside else column
        if np.linalg.norm(rest) <= 1e-9 * np.linalg.norm(column):
            reasons[place] = "determined by the other covariates"
        else:
            inside.append(place)
    return inside
