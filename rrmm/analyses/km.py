"""The Kaplan-Meier estimator and everything read off its curve, from the table of counts.

Own code, as it is the live path (:mod:`rrmm.analyses.counts`) and as the libraries differ from R where it
shows: lifelines' median jumps past a plateau by rounding, and both lifelines and scikit-survival give limits
of 0 where S is 0. Conventions are those of R's `survfit`:

* standard error: Greenwood; interval on the scale log(-log S), log S or S.
* no limits where they can't be had: S = 0 on any scale, S = 1 on the log-log scale.
* quantile: first time at which 1 - S reaches p; where it equals p (to 1e-9), the middle of that flat stretch,
  which runs to the last time if no event follows. Its limits come from the curves of the limits by this rule.
* at risk at t: entry < t <= time. No estimate is given beyond a group's last time.
* follow-up: reverse Kaplan-Meier, `Surv(time, 1 - event)`.
* restricted mean: area under the curve to tau, with R's `survmean` variance.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from statistics import NormalDist
from typing import TYPE_CHECKING, Literal

import numpy as np

from rrmm.analyses.counts import EventTable

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

ConfType = Literal["log-log", "log", "plain"]

CONF_TYPES: tuple[ConfType, ...] = ("log-log", "log", "plain")
TOLERANCE = 1e-9
MAX_TICKS = 150
NO_EVENT = "no event before tau"


@dataclass(frozen=True, eq=False)
class Curves:
    """Kaplan-Meier curves of K groups on the table's T times.

    estimate: (T, K) S(t), just after the time.
    variance: (T, K) Greenwood's sum, the variance of log S(t), infinite where S is 0.
    Intervals are computed when they are asked for.
    """

    table: EventTable
    estimate: NDArray[np.float64]
    variance: NDArray[np.float64]
    conf_type: ConfType
    level: float

    @cached_property
    def z(self) -> float:
        """Normal quantile of the level."""
        return NormalDist().inv_cdf(0.5 + self.level / 2)

    @cached_property
    def std_error(self) -> NDArray[np.float64]:
        """(T, K) Greenwood standard error of S(t); NaN where S is 0."""
        return _std_error(self.estimate, self.variance)

    @cached_property
    def limits(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """(T, K) lower and upper limits."""
        return self.interval(self.estimate, self.variance)

    @property
    def conf_low(self) -> NDArray[np.float64]:
        """(T, K)."""
        return self.limits[0]

    @property
    def conf_high(self) -> NDArray[np.float64]:
        """(T, K)."""
        return self.limits[1]

    def interval(self, estimate: NDArray[np.float64], variance: NDArray[np.float64]
                 ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Limits of these values of S with these variances of log S."""
        inside = estimate > 0
        if self.conf_type == "log-log":
            inside = inside & (estimate < 1)
        s = np.where(inside, estimate, 0.5)
        width = self.z * np.sqrt(np.where(inside, variance, 0.0))
        if self.conf_type == "plain":
            low, high = np.maximum(s - s * width, 0), np.minimum(s + s * width, 1)
        elif self.conf_type == "log":
            low, high = s * np.exp(-width), np.minimum(s * np.exp(width), 1)
        else:
            log = np.log(s)
            # log S is negative: adding width / |log S| on this scale lowers S.
            low, high = np.exp(log * np.exp(-width / log)), np.exp(log * np.exp(width / log))
        return np.where(inside, low, np.nan), np.where(inside, high, np.nan)


@dataclass(frozen=True)
class Quantile:
    """A quantile of the time to the event; NaN: not reached."""

    estimate: float
    conf_low: float
    conf_high: float


@dataclass(frozen=True, eq=False)
class Survival:
    """Survival at M chosen times, arrays (M,). NaN beyond the group's last time, where n_risk is 0."""

    time: NDArray[np.float64]
    n_risk: NDArray[np.int64]
    estimate: NDArray[np.float64]
    std_error: NDArray[np.float64]
    conf_low: NDArray[np.float64]
    conf_high: NDArray[np.float64]


@dataclass(frozen=True)
class Mean:
    """Restricted mean survival time to tau, or a difference of two; NaN with a reason in ``note``.

    note also says where the group's last time is before tau: then the curve is carried on, as R does.
    """

    tau: float
    estimate: float
    std_error: float
    conf_low: float
    conf_high: float
    p_value: float = math.nan
    note: str = ""


@dataclass(frozen=True, eq=False)
class Points:
    """What is drawn: vertices (time, S just after it, limits, at risk just before it) and censoring ticks."""

    time: NDArray[np.float64]
    estimate: NDArray[np.float64]
    conf_low: NDArray[np.float64]
    conf_high: NDArray[np.float64]
    n_risk: NDArray[np.int64]
    tick_time: NDArray[np.float64]
    tick_estimate: NDArray[np.float64]


def kaplan_meier(table: EventTable, conf_type: ConfType = "log-log", level: float = 0.95) -> Curves:
    """Curves of all groups of the table. ValueError for an unknown interval or a level outside 0 to 1."""
    if conf_type not in CONF_TYPES:
        raise ValueError(f"unknown interval: {conf_type}")
    if not 0 < level < 1:
        raise ValueError("the level of an interval lies between 0 and 1")
    risk, events = table.n_risk, table.n_event
    stay = risk - events
    some = events > 0
    stays = np.where(some, stay / np.maximum(risk, 1), 1.0)
    estimate = np.cumprod(stays, axis=0, dtype=np.float64)
    terms = np.where(some, events / np.maximum(risk * stay, 0.5), 0.0)
    terms[some & (stay == 0)] = np.inf
    return Curves(table, estimate, np.cumsum(terms, axis=0), conf_type, level)


def quantile(curves: Curves, k: int = 0, prob: float = 0.5) -> Quantile:
    """Time by which a fraction ``prob`` of group k has had the event, with its interval.

    ValueError for prob outside 0 to 1.
    """
    if not 0 < prob < 1:
        raise ValueError("a quantile lies between 0 and 1")
    table = curves.table
    end = int(table.last[k]) + 1
    if end == 0:
        return Quantile(math.nan, math.nan, math.nan)
    times = table.times[:end]
    estimate = curves.estimate[:end, k]
    found = _reaches(times, estimate, prob)
    # Only changes of the curve can be reached, and only those have limits to compute.
    steps = np.flatnonzero(table.n_event[:end, k])
    if not len(steps):
        return Quantile(found, math.nan, math.nan)
    low, high = curves.interval(estimate[steps], curves.variance[steps, k])
    last = float(times[-1])
    return Quantile(found, _limit(times[steps], low, last, prob), _limit(times[steps], high, last, prob))


def _reaches(times: NDArray[np.float64], survival: NDArray[np.float64], prob: float) -> float:
    target = 1 - prob
    if not survival[-1] <= target + TOLERANCE:
        return math.nan
    # S falls monotonically: the first place at or below the target, and the first clearly below it.
    first = int(np.argmax(survival <= target + TOLERANCE))
    if survival[first] < target - TOLERANCE:
        return float(times[first])
    below = survival < target - TOLERANCE
    after = int(np.argmax(below)) if below.any() else len(times) - 1
    return float(times[first] + times[after]) / 2


def _limit(times: NDArray[np.float64], limit: NDArray[np.float64], last: float, prob: float) -> float:
    """R's `quantile.survfit` on a curve of limits, which may have gaps (NaN) and may rise again.

    R orders the heights, takes the lowest that reaches the target, and its own time.
    """
    known = np.flatnonzero(~np.isnan(limit))
    heights, first = np.unique(1 - limit[known], return_index=True)
    places = known[first]
    if not len(heights) or heights[0] != 0:
        heights, places = np.concatenate([[0.0], heights]), np.concatenate([[-1], places])
    if heights[-1] < prob - TOLERANCE:
        return math.nan
    early = int(np.searchsorted(heights + TOLERANCE, prob))
    late = int(np.searchsorted(heights - TOLERANCE, prob))
    start = _at(times, places[early])
    final = 1 - limit[-1]
    if abs(prob - final) < TOLERANCE:
        return (start + last) / 2
    return (start + _at(times, places[late])) / 2 if late < len(heights) else math.nan


def _at(times: NDArray[np.float64], place: int) -> float:
    return float(times[place]) if place >= 0 else 0.0


def survival_at(curves: Curves, k: int, times: ArrayLike) -> Survival:
    """S(t) of group k at chosen times (M,), an event at t included; n_risk is just before t."""
    at = np.atleast_1d(np.asarray(times, dtype=np.float64))
    table = curves.table
    place = np.searchsorted(table.times, at, side="right") - 1
    last = int(table.last[k])
    inside = (at <= table.times[last]) if last >= 0 else np.zeros(len(at), dtype=bool)
    started = place >= 0
    s, variance = np.ones(len(at)), np.zeros(len(at))
    s[started], variance[started] = curves.estimate[place[started], k], curves.variance[place[started], k]
    low, high = curves.interval(s, variance)
    error = _std_error(s, variance)
    # Before a group's first time R's limits are 1; from there to its first event there are none (log-log).
    if last >= 0:
        first = int(np.argmax(table.n_event[:, k] + table.n_censor[:, k] > 0))
        untouched = at < table.times[first]
        low[untouched] = high[untouched] = 1.0
    for values in (s, low, high, error):
        values[~inside] = np.nan
    return Survival(at, table.at_risk(at)[:, k], s, error, low, high)


def risk_table(table: EventTable, times: ArrayLike
               ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """At risk, events so far and censored so far, each (M, K), just before each of (M,) times.

    The three add up to each group's n, except for patients who enter later (delayed entry).
    """
    at = np.atleast_1d(np.asarray(times, dtype=np.float64))
    place = np.searchsorted(table.times, at, side="left")
    start = np.zeros((1, table.groups), dtype=np.int64)
    events, censored = (np.concatenate([start, np.cumsum(counts, axis=0)])[place]
                        for counts in (table.n_event, table.n_censor))
    return table.at_risk(at), events, censored


def rmst(curves: Curves, k: int, tau: float) -> Mean:
    """Restricted mean survival time of group k to tau. ValueError for tau that is not positive."""
    if not (math.isfinite(tau) and tau > 0):
        raise ValueError("the restriction time is a positive number")
    table = curves.table
    end = int(table.last[k]) + 1
    if end == 0:
        return Mean(tau, math.nan, math.nan, math.nan, math.nan, note="no patient")
    steps = np.flatnonzero((table.n_event[:end, k] > 0) & (table.times[:end] <= tau))
    risk = table.n_risk[steps, k].astype(np.float64)
    events = table.n_event[steps, k]
    survival = curves.estimate[steps, k]
    pieces = np.diff(np.concatenate([[0.0], table.times[steps], [tau]])) * np.concatenate([[1.0], survival])
    left = np.cumsum(pieces[:0:-1])[::-1]
    stay = risk - events
    terms = np.divide(events, risk * stay, out=np.zeros(len(steps)), where=stay > 0)
    estimate, error = float(pieces.sum()), math.sqrt(float(np.sum(left**2 * terms)))
    last = float(table.times[end - 1])
    note = ""
    if last < tau and curves.estimate[end - 1, k] > 0:
        note = f"the last time of this group ({last:g}) is before tau: its curve is carried on, as R does"
    if not len(steps):
        # Without an event R's standard error is 0, which is no measure of uncertainty: no interval from it.
        return Mean(tau, estimate, 0.0, math.nan, math.nan, note=note or NO_EVENT)
    return Mean(tau, estimate, error, estimate - curves.z * error, estimate + curves.z * error, note=note)


def rmst_difference(curves: Curves, tau: float, k: int = 1, reference: int = 0) -> Mean:
    """Restricted mean of group k minus that of the reference, with interval and p (normal approximation)."""
    one, other = rmst(curves, k, tau), rmst(curves, reference, tau)
    difference = one.estimate - other.estimate
    unsure = next((mean for mean in (other, one) if math.isnan(mean.conf_low)), None)
    if unsure is not None:
        return Mean(tau, difference, math.nan, math.nan, math.nan, note=unsure.note)
    error = math.hypot(one.std_error, other.std_error)
    p_value = math.erfc(abs(difference / error) / math.sqrt(2)) if error > 0 else math.nan
    return Mean(tau, difference, error, difference - curves.z * error, difference + curves.z * error, p_value,
                other.note or one.note)


def followup(table: EventTable, k: int | None = None, prob: float = 0.5, conf_type: ConfType = "log-log",
             level: float = 0.95) -> Quantile:
    """Median (or another quantile) of the follow-up of group k, or of all, by reverse Kaplan-Meier.

    Source: Schemper and Smith, Control Clin Trials 1996;17:343. At a tied time events stay in the risk set of
    the censorings, as in R's `Surv(time, 1 - event)`.
    """
    one = table.pooled() if k is None else table.select([k])
    return quantile(kaplan_meier(one.reversed(), conf_type, level), 0, prob)


def curve_points(curves: Curves, k: int, max_points: int = 500) -> Points:
    """The vertices of group k, thinned to what a screen shows: of each of max_points columns the last one.

    Starts at time 0 with S = 1 (an empty group has no vertex), ends at its last time; at most 150 ticks.
    """
    table = curves.table
    end = int(table.last[k]) + 1
    if end == 0:
        none, zero = np.empty(0), np.empty(0, dtype=np.int64)
        return Points(none, none, none, none, zero, none, none)
    events, censored = table.n_event[:end, k], table.n_censor[:end, k]
    own = _thin(table.times, np.flatnonzero(events + censored), max(max_points - 1, 1))
    ticks = _thin(table.times, np.flatnonzero(censored), MAX_TICKS)
    estimate = curves.estimate[own, k]
    low, high = curves.interval(estimate, curves.variance[own, k])
    start = table.at_risk([0.0])[0, k]
    return Points(
        np.concatenate([[0.0], table.times[own]]), np.concatenate([[1.0], estimate]),
        np.concatenate([[1.0], low]), np.concatenate([[1.0], high]),
        np.concatenate([[start], table.n_risk[own, k]]), table.times[ticks], curves.estimate[ticks, k])


def _thin(times: NDArray[np.float64], places: NDArray[np.intp], columns: int) -> NDArray[np.intp]:
    """Of the places, the last one in each of so many columns between 0 and the last of them."""
    if len(places) <= columns:
        return places
    last = float(times[places[-1]]) or 1.0
    column = np.minimum((times[places] / last * columns).astype(np.intp), columns - 1)
    return places[np.flatnonzero(np.concatenate([np.diff(column) > 0, [True]]))]


def _std_error(estimate: NDArray[np.float64], variance: NDArray[np.float64]) -> NDArray[np.float64]:
    known = np.isfinite(variance)
    return np.where(known, estimate * np.sqrt(np.where(known, variance, 0.0)), np.nan)
