"""The logistic likelihood: maximum likelihood and Firth's penalty, profile limits, and separation.

Own Newton iteration, because one likelihood has to serve four uses that no single library has: the estimate,
its limit where the data are separated, the profile limits and tests, and the same with Firth's penalty.
statsmodels has no profile limits, and firthmodels brings scikit-learn into every page. Both, and R's `glm`,
are witnesses in the tests. R's errors come from the weights of its last but one step: up to 1e-5 off.

Sources: Firth, Biometrika 1993;80:27; Heinze and Schemper, Stat Med 2002;21:2409; separation by a linear
program: Konis, Computational algorithms for detecting separation (Oxford 2007); the limit under separation:
Geyer, Electron J Stat 2009;3:259.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

MAX_STEPS = 300
TOLERANCE = 1e-11
DECREMENT = 1e-17
"""Twice the rise of the log likelihood that a further step could bring, below which it is at its maximum."""
LONGEST_STEP = 5.0
"""Longest step of a coefficient, per standard deviation of its column."""
FARTHEST = 30.0
"""A limit per standard deviation beyond this is taken for infinite."""


class Point(NamedTuple):
    """The likelihood at a coefficient vector: value (penalised if asked), score (p,), information (p, p)."""

    value: float
    score: Array
    information: Array


@dataclass(frozen=True, eq=False)
class LogisticFit:
    """A fitted model of p columns, the first of them the intercept.

    coef, std_error: (p,), NaN where ``diverging`` or ``undetermined``; limits: (p, 2) of the coefficients.
    statistic, p_value: (p,), Wald z, or the (penalised) likelihood-ratio chi-square where ``interval`` is
    "profile" and Firth's penalty is on. loglik: (null, fitted), the suprema under separation.
    diverging: (p,) no finite estimate; undetermined: (p,) nothing is left to estimate it from.
    """

    coef: Array
    std_error: Array
    limits: Array
    statistic: Array
    p_value: Array
    loglik: tuple[float, float]
    diverging: NDArray[np.bool_]
    undetermined: NDArray[np.bool_]
    converged: bool


def evaluate(x: Array, y: Array, beta: Array, firth: bool = False) -> Point:
    """The (penalised) log likelihood at (p,) ``beta``.

    x: (k, p) different rows; y: (k, 2) patients with the event, and patients, in each.
    """
    eta = x @ beta
    events, total = y[:, 0], y[:, 1]
    mean = 1 / (1 + np.exp(-np.clip(eta, -700, 700)))
    weight = total * mean * (1 - mean)
    information = x.T @ (weight[:, None] * x)
    value = float(events @ eta - total @ np.logaddexp(0, eta))
    residual = events - total * mean
    if firth:
        sign, logdet = np.linalg.slogdet(information)
        if sign <= 0:
            return Point(-math.inf, np.zeros(len(beta)), information)
        value += 0.5 * float(logdet)
        hat = weight * np.einsum("ij,ij->i", x @ np.linalg.inv(information), x)
        residual = residual + hat * (0.5 - mean)
    return Point(value, x.T @ residual, information)


def maximise(
    x: Array,
    y: Array,
    *,
    firth: bool = False,
    free: NDArray[np.bool_] | None = None,
    start: Array | None = None,
) -> tuple[Array, Point, bool]:
    """Newton with step halving over the ``free`` coefficients, the rest stay at ``start``; and: converged."""
    p = x.shape[1]
    beta = np.zeros(p) if start is None else np.array(start, dtype=float)
    moving = np.flatnonzero(np.ones(p, dtype=bool) if free is None else free)
    here = evaluate(x, y, beta, firth)
    for _ in range(MAX_STEPS):
        if not len(moving):
            return beta, here, True
        curvature = here.information[np.ix_(moving, moving)]
        if firth:
            curvature = _penalised_curvature(x, y, beta, moving, curvature)
        try:
            step = np.linalg.solve(curvature, here.score[moving])
        except np.linalg.LinAlgError:
            return beta, here, float(np.abs(here.score[moving]).max()) < 1e-10
        decrement = float(step @ here.score[moving])
        step *= min(1.0, LONGEST_STEP / max(float(np.abs(step).max()), 1e-300))
        fraction, found = 1.0, here
        while fraction > 1e-10:
            trial = beta.copy()
            trial[moving] += fraction * step
            found = evaluate(x, y, trial, firth)
            if found.value >= here.value - 1e-13 * abs(here.value):
                break
            fraction /= 2
        else:
            return beta, here, abs(decrement) < 1e-10
        beta, here = trial, found
        if float(np.abs(fraction * step).max()) < TOLERANCE or abs(decrement) < DECREMENT:
            return beta, here, True
    return beta, here, False


def _penalised_curvature(x: Array, y: Array, beta: Array, moving: NDArray[np.intp], information: Array) -> Array:
    """The curvature of the penalised likelihood, from differences of its score (the information if hollow).

    The information alone, which others step by, overshoots back and forth in the smallest cohorts.
    """
    width = 1e-5
    curvature = np.empty((len(moving), len(moving)))
    for at, j in enumerate(moving):
        ahead, behind = beta.copy(), beta.copy()
        ahead[j] += width
        behind[j] -= width
        fall = evaluate(x, y, behind, True).score - evaluate(x, y, ahead, True).score
        curvature[at] = fall[moving] / (2 * width)
    curvature = (curvature + curvature.T) / 2
    if not np.isfinite(curvature).all() or np.linalg.eigvalsh(curvature)[0] <= 0:
        return information
    return curvature


def separation(x: Array, y: Array) -> Array:
    """(p,) direction in which the likelihood rises for ever, zero where there is none.

    The direction d with the most patients classified right by d and none wrong; found by a linear program.
    """
    from scipy.optimize import linprog

    signed = np.concatenate([x[y[:, 0] > 0], -x[y[:, 0] < y[:, 1]]])
    found = linprog(-signed.sum(axis=0), A_ub=-signed, b_ub=np.zeros(len(signed)), bounds=(-1, 1), method="highs")
    direction = found.x if found.status == 0 else np.zeros(x.shape[1])
    return direction if (signed @ direction).max(initial=0.0) > 1e-7 else np.zeros(x.shape[1])


def fit(x: Array, y: Array, *, firth: bool = False, interval: str = "wald", level: float = 0.95) -> LogisticFit:
    """Fit ``y`` (n,) 0/1 on ``x`` (n, p) of full rank, its first column 1.

    firth: Firth's penalty; limits and p-values are then those of the profile penalised likelihood.
    interval: "wald" or "profile", for the model without penalty.
    """
    scale = np.where(x.std(axis=0) > 0, x.std(axis=0), 1.0)
    x, y = _grouped(x / scale, y)
    p = x.shape[1]
    null = maximise(x[:, :1], y)[1] if 0 < y[:, 0].sum() < y[:, 1].sum() else Point(0.0, np.zeros(1), np.zeros((1, 1)))
    if firth:
        beta, here, converged = maximise(x, y, firth=True)
        error = np.sqrt(np.diag(np.linalg.inv(here.information)))
        statistic, p_value = _ratio_tests(x, y, beta, here.value)
        empty = np.zeros(p, dtype=bool)
        model = (beta, error, empty, empty)
        limits = _profile(x, y, model, here.value, level, True)
        _, start, _ = maximise(x, y, firth=True, free=np.arange(p) == 0)
        # The penalty is that of the columns as they came.
        shift = float(np.log(scale).sum())
        loglik = (start.value + shift, here.value + shift)
        return _scaled(scale, model, limits, statistic, p_value, loglik, converged)
    direction = separation(x, y)
    reduced = _reduced(x, y, direction)
    columns = reduced.columns
    beta, error, value, converged = np.full(p, np.nan), np.full(p, np.nan), 0.0, True
    if columns:
        found, point, converged = maximise(reduced.x, reduced.y)
        error[columns] = np.sqrt(np.diag(np.linalg.inv(point.information)))
        beta[columns], value = found, point.value
    diverging = np.abs(direction) > 0
    beta[diverging], error[diverging] = np.nan, np.nan
    model = (beta, error, diverging, np.isnan(beta) & ~diverging)
    statistic = beta / error
    p_value = np.array([math.erfc(abs(z) / math.sqrt(2)) for z in statistic])
    half = NormalDist().inv_cdf(0.5 + level / 2) * error
    limits = np.column_stack([beta - half, beta + half])
    if interval == "profile":
        limits = np.full((p, 2), np.nan)
        if columns:
            inner = (found, error[columns], diverging[columns], np.zeros(len(columns), dtype=bool))
            limits[columns] = _profile(reduced.x, reduced.y, inner, value, level, False)
        # Where several run off together, what one of them loses can't be told from rounding.
        for j in np.flatnonzero(diverging) if diverging[1:].sum() == 1 else ():
            limits[j] = _open(x, y, int(j), float(direction[j]), value, level)
    return _scaled(scale, model, limits, statistic, p_value, (null.value, value), converged)


def _grouped(x: Array, y: Array) -> tuple[Array, Array]:
    """The different rows, and for each how many patients have the event and how many there are."""
    rows, place = np.unique(x, axis=0, return_inverse=True)
    place = place.ravel()
    total = np.bincount(place, minlength=len(rows))
    return rows, np.column_stack([np.bincount(place, weights=y, minlength=len(rows)), total]).astype(float)


def _scaled(
    scale: Array,
    model: tuple[Array, Array, NDArray[np.bool_], NDArray[np.bool_]],
    limits: Array,
    statistic: Array,
    p_value: Array,
    loglik: tuple[float, float],
    converged: bool,
) -> LogisticFit:
    beta, error, diverging, undetermined = model
    return LogisticFit(beta / scale, error / scale, limits / scale[:, None], statistic, p_value, loglik,
                       diverging, undetermined, converged)  # fmt: skip


class _Reduced(NamedTuple):
    """The patients whose outcome no direction decides, and the columns they can tell apart."""

    x: Array
    y: Array
    columns: list[int]


def _reduced(x: Array, y: Array, direction: Array) -> _Reduced:
    """The model in the limit: patients classified for sure add nothing to the likelihood and leave it.

    Further directions may show once the first patients are out; they are added to ``direction``.
    """
    rest, outcome, d = x, y, direction.copy()
    while (np.abs(d) > 1e-7).any() and len(rest):
        direction[(np.abs(d) > 1e-7) & (direction == 0)] = d[(np.abs(d) > 1e-7) & (direction == 0)]
        keep = np.abs(rest @ d) <= 1e-7
        rest, outcome = rest[keep], outcome[keep]
        d = separation(rest, outcome) if len(rest) else np.zeros(len(d))
    direction[np.abs(direction) <= 1e-7] = 0.0
    columns: list[int] = []
    for j in [*np.flatnonzero(direction), *np.flatnonzero(direction == 0)]:
        if len(rest) and np.linalg.matrix_rank(rest[:, [*columns, j]], tol=1e-9 * len(rest)) > len(columns):
            columns.append(int(j))
    return _Reduced(rest[:, columns], outcome, columns)


def _ratio_tests(x: Array, y: Array, beta: Array, best: float) -> tuple[Array, Array]:
    """Penalised likelihood-ratio chi-square and p of each coefficient (the full model's penalty is kept)."""
    statistic = np.full(len(beta), np.nan)
    for j in range(len(beta)):
        statistic[j] = 2 * (best - _held(x, y, beta, j, 0.0, True)[0])
    statistic = np.maximum(statistic, 0.0)
    return statistic, np.array([math.erfc(math.sqrt(value / 2)) for value in statistic])


def _held(x: Array, y: Array, start: Array, j: int, value: float, firth: bool) -> tuple[float, Array]:
    """The profile log likelihood with coefficient j held at ``value``, and the other coefficients there."""
    free = np.arange(len(start)) != j
    begin = np.where(free, start, value)
    beta, point, converged = maximise(x, y, firth=firth, free=free, start=begin)
    if not converged:
        # From where a coefficient has run away the way back is flat: start afresh.
        again, other, _ = maximise(x, y, firth=firth, free=free, start=np.where(free, 0.0, value))
        if other.value > point.value:
            beta, point = again, other
    return point.value, beta


def _profile(
    x: Array,
    y: Array,
    model: tuple[Array, Array, NDArray[np.bool_], NDArray[np.bool_]],
    best: float,
    level: float,
    firth: bool,
) -> Array:
    """(p, 2) where twice the fall of the profile likelihood reaches the chi-square quantile."""
    beta, error, skipped, _ = model
    critical = NormalDist().inv_cdf(0.5 + level / 2) ** 2
    limits = np.full((len(beta), 2), np.nan)
    for j in np.flatnonzero(~skipped):
        state = {"beta": beta}

        def excess(value: float, j: int = int(j), state: dict[str, Array] = state) -> float:
            found, state["beta"] = _held(x, y, state["beta"], j, value, firth)
            return 2 * (best - found) - critical

        for side, sign in enumerate((-1.0, 1.0)):
            state["beta"] = beta
            limits[j, side] = _edge(excess, float(beta[j]), sign, float(error[j]))
    return limits


def _open(x: Array, y: Array, j: int, direction: float, best: float, level: float) -> tuple[float, float]:
    """Profile limits of a coefficient that runs to infinity on the side of ``direction``."""
    critical = NormalDist().inv_cdf(0.5 + level / 2) ** 2

    state = {"beta": np.zeros(x.shape[1])}

    def excess(value: float) -> float:
        found, state["beta"] = _held(x, y, state["beta"], j, value, False)
        return 2 * (best - found) - critical

    sign = math.copysign(1.0, direction)
    inside = 0.0
    while excess(inside) > 0 and abs(inside) < FARTHEST:
        inside += sign
    edge = _edge(excess, inside, -sign, 1.0)
    return (edge, math.inf) if sign > 0 else (-math.inf, edge)


def _edge(excess: Callable[[float], float], centre: float, sign: float, step: float) -> float:
    """The root of ``excess`` on one side of ``centre``, which lies within the limits."""
    from scipy.optimize import brentq

    step = min(max(2 * step, 0.05), 5.0)
    inside, outside = centre, centre + sign * step
    if excess(inside) > 0:
        return math.nan
    while excess(outside) < 0:
        step *= 1.6
        inside, outside = outside, outside + sign * step
        if abs(outside) > FARTHEST + abs(centre):
            return sign * math.inf
    try:
        return float(brentq(excess, min(inside, outside), max(inside, outside), xtol=1e-12, rtol=1e-13))
    except ValueError:
        # The two ends have the same sign: rounding on a flat likelihood.
        return math.nan
