"""A cohort weighted to look like a published one: matching-adjusted comparison without its patients' data.

Each patient gets the weight exp(a'x) that makes the weighted means of the chosen characteristics equal the
published ones (method of moments; Signorovitch et al., Pharmacoeconomics 2010;28:935, Value Health 2012;15:940).
Unanchored: it corrects for these characteristics only, and for nothing that was not measured or published. The
effective sample size says how many patients are left in effect; where the published means lie outside what the
cohort's patients span there is no such weight, and the result says so.

Own lines: no installed library has it. R's `optim`, `survfit` with robust errors and the sandwich are the
witnesses. Errors treat the weights as known, as is usual.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from rrmm.results import Remark, Result

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[np.float64]

MAX_STEPS = 200
TOLERANCE = 1e-11
FEW_EFFECTIVE = 10.0
LARGE_WEIGHT = 10.0
"""A patient who counts for more than this many is worth a remark."""

BALANCE_COLUMNS = ("term", "published", "before", "after", "smd_before", "reason")
CURVE_COLUMNS = ("time", "n_risk", "n_event", "n_censor", "estimate", "std_error", "conf_low", "conf_high")


@dataclass(frozen=True, slots=True)
class Target:
    """A published characteristic. mean: of a number, or the proportion (0 to 1) of a yes/no. sd: matched too."""

    mean: float
    sd: float | None = None


class Weights(NamedTuple):
    """weights: (n,) with mean 1, or NaN throughout with the reason. ess: effective sample size."""

    weights: Array
    ess: float
    reason: str = ""


class Estimate(NamedTuple):
    """A weighted estimate with its robust interval; NaN with the reason."""

    estimate: float
    std_error: float
    conf_low: float
    conf_high: float
    reason: str = ""


def moment_weights(x: ArrayLike, targets: ArrayLike) -> Weights:
    """Weights of n patients whose weighted means of (n, p) ``x`` are the (p,) ``targets``."""
    data = np.asarray(x, dtype=float) - np.asarray(targets, dtype=float)
    n = len(data)
    nothing = np.full(n, np.nan)
    if not n:
        return Weights(nothing, math.nan, "no patient has all the characteristics")
    scale = np.abs(data).max(axis=0, initial=0.0)
    data = data[:, scale > 1e-12]
    if not data.shape[1]:
        return Weights(np.ones(n), float(n))
    data = data / scale[scale > 1e-12]
    if _outside(data):
        return Weights(nothing, math.nan, "the published values lie outside what this cohort's patients span")
    alpha = np.zeros(data.shape[1])
    value = _objective(data, alpha)[0]
    for _ in range(MAX_STEPS):
        value, slope, curvature = _objective(data, alpha)
        # Characteristics that determine each other leave the curvature singular, and the weights the same.
        step = -np.linalg.lstsq(curvature, slope, rcond=1e-12)[0]
        fraction = 1.0
        while _objective(data, alpha + fraction * step)[0] > value + 1e-14 and fraction > 1e-10:
            fraction /= 2
        alpha = alpha + fraction * step
        if float(np.abs(step).max()) < TOLERANCE:
            break
    log = data @ alpha
    weights = np.exp(log - log.max())
    weights = weights * n / weights.sum()
    gap = float(np.abs(weights @ data).max()) / n
    if not np.isfinite(weights).all() or gap > 1e-7:
        return Weights(nothing, math.nan, "no weights reach the published values")
    return Weights(weights, float(weights.sum() ** 2 / (weights**2).sum()))


def matched(frame: pd.DataFrame, targets: Mapping[str, Target]) -> Result:
    """Weights of a cohort for published characteristics, and the balance before and after.

    frame: n patients, numeric columns of the targets (yes/no as 1 and 0, NaN missing).
    ``table``: one row for each moment: published, before, after (weighted), the standardized difference before.
    ``frames["weights"]``: weight of each patient by the frame's index, NaN for those left out. ``numbers``:
    ess, largest (weight), used (n). ``excluded``: patients without one of the characteristics.
    Raises ValueError for a column that is not there or a target out of range.
    """
    absent = [name for name in targets if name not in frame.columns]
    if absent:
        raise ValueError(f"There is no column '{absent[0]}'.")
    for name, target in targets.items():
        if not math.isfinite(target.mean) or (target.sd is not None and not target.sd > 0):
            raise ValueError(f"The published value of '{name}' is no number.")
    names = list(targets)
    data = frame[names].apply(pd.to_numeric).to_numpy(np.float64, na_value=np.nan) if names else np.zeros((len(frame), 0))
    used = np.isfinite(data).all(axis=1)
    columns, goals, terms = [], [], []
    for place, (name, target) in enumerate(targets.items()):
        columns.append(data[used, place])
        goals.append(target.mean)
        terms.append(name)
        if target.sd is not None:
            columns.append(data[used, place] ** 2)
            goals.append(target.mean**2 + target.sd**2)
            terms.append(f"{name} squared")
    x = np.column_stack(columns) if columns else np.zeros((int(used.sum()), 0))
    found = moment_weights(x, goals)
    weights = np.full(len(frame), np.nan)
    weights[used] = found.weights
    largest = float(np.nanmax(found.weights)) if len(found.weights) and not found.reason else math.nan
    return Result(
        kind="maic",
        table=_balance(x, goals, terms, found),
        n=int(used.sum()),
        excluded={"characteristic missing": int((~used).sum())} if not used.all() else {},
        remarks=_remarks(found, int(used.sum()), largest),
        method="matching-adjusted weights by the method of moments (Signorovitch), unanchored",
        frames={"weights": pd.DataFrame({"weight": weights}, index=frame.index)},
        numbers={"ess": found.ess, "largest": largest, "used": int(used.sum()), "reason": found.reason},
    )


def weighted_proportion(event: ArrayLike, weights: ArrayLike, level: float = 0.95) -> Estimate:
    """Weighted share with the event; robust (sandwich) error, interval symmetric on the logit scale.

    event: (n,) 1 yes, 0 no, else unknown; weights: (n,). Patients without either are left out.
    """
    y, w = np.asarray(event, dtype=float), np.asarray(weights, dtype=float)
    keep = np.isin(y, (0.0, 1.0)) & np.isfinite(w)
    y, w = y[keep], w[keep]
    if not w.sum() > 0:
        return Estimate(*(math.nan,) * 4, "no weighted patient")
    p = float(w @ y / w.sum())
    error = float(np.sqrt((w**2 * (y - p) ** 2).sum()) / w.sum())
    if not 0 < p < 1:
        return Estimate(p, math.nan, math.nan, math.nan, "all weighted patients have the same outcome")
    half = NormalDist().inv_cdf(0.5 + level / 2) * error / (p * (1 - p))
    logit = math.log(p / (1 - p))
    low, high = (1 / (1 + math.exp(-(logit + sign * half))) for sign in (-1, 1))
    return Estimate(p, error, low, high)


def weighted_survival(time: ArrayLike, event: ArrayLike, weights: ArrayLike, level: float = 0.95) -> Result:
    """Weighted Kaplan-Meier curve with robust errors, as `survfit(weights =, robust = TRUE)`; log-log limits.

    time, weights: (n,); event: (n,) 1 event, 0 censored, else unknown. ``table``: :data:`CURVE_COLUMNS`, counts
    weighted. ``numbers["median"]``: an :class:`Estimate` (without error), first time with survival <= 0.5.
    """
    t, d, w = (np.asarray(each, dtype=float) for each in (time, event, weights))
    keep = np.isfinite(t) & (t >= 0) & np.isin(d, (0.0, 1.0)) & np.isfinite(w) & (w > 0)
    excluded = {"time, event or weight unknown": int((~keep).sum())} if not keep.all() else {}
    t, d, w = t[keep], d[keep], w[keep]
    at = np.unique(t)
    place = np.searchsorted(at, t)
    n_event = np.bincount(place, weights=w * d, minlength=len(at))
    n_censor = np.bincount(place, weights=w * (1 - d), minlength=len(at))
    left = n_event + n_censor
    n_risk = np.cumsum(left[::-1])[::-1] if len(at) else left
    # The last to leave are at risk with their weights, whatever rounding says.
    rest = np.where(np.arange(len(at)) < len(at) - 1, n_risk - n_event, n_censor)
    rest = np.where(rest > 1e-12 * n_risk, rest, 0.0)
    survival = np.asarray(np.cumprod(rest / n_risk) if len(at) else left, dtype=np.float64)
    own = np.divide(1.0, rest, out=np.zeros(len(at)), where=rest > 0)
    share = np.cumsum(np.divide(n_event, n_risk * rest, out=np.zeros(len(at)), where=rest > 0))
    # (n, T) how much each patient moves the cumulative hazard, up to each time.
    reached = np.arange(len(at))[None, :] >= place[:, None]
    influence = (d * own[place])[:, None] * reached - share[np.minimum(np.arange(len(at))[None, :], place[:, None])]
    error = survival * np.sqrt(((w[:, None] * influence) ** 2).sum(axis=0))
    low, high = _loglog(survival, error, level)
    table = pd.DataFrame(dict(zip(CURVE_COLUMNS, (at, n_risk, n_event, n_censor, survival, error, low, high),
                                  strict=True)))  # fmt: skip
    return Result(
        kind="weighted_km",
        table=table,
        n=len(t),
        events=int(d.sum()),
        excluded=excluded,
        method="weighted Kaplan-Meier, robust errors, log-log limits",
        numbers={"median": _median(at, survival, low, high)},
    )


# parts ---------------------------------------------------------------------------------------------


def _objective(x: Array, alpha: Array) -> tuple[float, Array, Array]:
    """log of the mean of exp(x a), whose minimum is that of the sum, with slope and curvature."""
    log = x @ alpha
    top = float(log.max())
    weight = np.exp(log - top)
    total = float(weight.sum())
    share = weight / total
    mean = share @ x
    return top + math.log(total), mean, (x * share[:, None]).T @ x - np.outer(mean, mean)


def _outside(x: Array) -> bool:
    """Whether a direction has every patient on one side of the target: then no weights reach it."""
    from scipy.optimize import linprog

    rows = np.unique(x, axis=0)
    found = linprog(-rows.sum(axis=0), A_ub=-rows, b_ub=np.zeros(len(rows)), bounds=(-1, 1), method="highs")
    return bool(found.status == 0 and (rows @ found.x).max() > 1e-7)


def _balance(x: Array, goals: Sequence[float], terms: Sequence[str], found: Weights) -> pd.DataFrame:
    rows = []
    for place, (term, goal) in enumerate(zip(terms, goals, strict=True)):
        values = x[:, place]
        before = float(values.mean()) if len(values) else math.nan
        spread = float(values.std(ddof=1)) if len(values) > 1 else math.nan
        after = float(found.weights @ values / found.weights.sum()) if len(values) else math.nan
        rows.append((term, goal, before, after, (before - goal) / spread if spread > 0 else math.nan, found.reason))
    return pd.DataFrame(rows, columns=list(BALANCE_COLUMNS))


def _remarks(found: Weights, n: int, largest: float) -> tuple[Remark, ...]:
    if found.reason:
        return (Remark("no_weights", f"The cohort can't be matched: {found.reason}."),)
    remarks = [Remark("unanchored", "Matched on the listed characteristics only: a comparison across studies, "
                                    "with no common arm, stays confounded by everything else.")]  # fmt: skip
    if found.ess < FEW_EFFECTIVE or found.ess < n / 2:
        remarks.append(Remark("few_effective", f"Effective sample size {found.ess:.1f} of {n} patients."))
    if largest > LARGE_WEIGHT:
        remarks.append(Remark("large_weight", f"One patient counts for {largest:.1f}."))
    return tuple(remarks)


def _loglog(survival: Array, error: Array, level: float) -> tuple[Array, Array]:
    inside = (survival > 0) & (survival < 1)
    s = np.where(inside, survival, 0.5)
    power = np.exp(NormalDist().inv_cdf(0.5 + level / 2) * error / (s * np.log(s)))
    low, high = np.where(inside, s ** (1 / power), np.nan), np.where(inside, s**power, np.nan)
    whole = survival >= 1
    return np.where(whole, 1.0, low), np.where(whole, 1.0, high)


def _median(time: Array, survival: Array, low: Array, high: Array) -> Estimate:
    def first(curve: Array) -> float:
        below = np.flatnonzero(curve <= 0.5 + 1e-9)
        return float(time[below[0]]) if len(below) else math.nan

    estimate = first(survival)
    reason = "" if math.isfinite(estimate) else "median not reached"
    return Estimate(estimate, math.nan, first(low), first(high), reason)
