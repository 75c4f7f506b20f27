"""Cumulative incidence of one event by group with a competing one, as pages and pictures need it.

The estimator is :mod:`rrmm.analyses.competing`; here are the groups in their order, who is left out and why,
and the numbers at the ticks of an axis.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rrmm.analyses.competing import aalen_johansen, gray_test, limits

CAUSES = 2


@dataclass(frozen=True, slots=True)
class At:
    """The curve read at ``time`` (days): estimate and limits as fractions; NaN with the reason beyond
    the data."""

    time: float
    estimate: float
    conf_low: float
    conf_high: float
    n_risk: int
    reason: str = ""


@dataclass(frozen=True, eq=False)
class GroupIncidence:
    """One group: n patients, events of interest, competing events.

    time (days), estimate, limits: (k,), from day 0.
    """

    label: str
    n: int
    events: int
    competing: int
    time: np.ndarray
    estimate: np.ndarray
    conf_low: np.ndarray
    conf_high: np.ndarray
    days: np.ndarray
    readings: tuple[At, ...]

    def at_risk(self, time: float) -> int:
        """Patients still followed and free of either event just before ``time`` (days)."""
        return int(np.count_nonzero(self.days >= time))


@dataclass(frozen=True, eq=False)
class Curves:
    """Groups in order; excluded: reason -> patients of the groups left out; p_value: Gray's test, NaN
    with a reason."""

    groups: tuple[GroupIncidence, ...]
    excluded: Mapping[str, int]
    p_value: float
    reason: str
    longest: float


def competing_curves(
    time: np.ndarray,
    status: np.ndarray,
    codes: np.ndarray,
    labels: Sequence[str],
    why: Mapping[str, np.ndarray],
    at: Sequence[float],
) -> Curves:
    """Cumulative incidence of status 1 with status 2 competing.

    time: (n,) days; status: (n,) 0, 1, 2; NaN in either leaves the patient out. codes: (n,) group or -1.
    why: reason -> bool (n,), in order: the first that applies is what an excluded patient is counted under.
    at: days at which to read the curves.
    """
    usable = np.isfinite(time) & np.isfinite(status) & (time >= 0)
    inside = codes >= 0
    excluded, rest = {}, inside & ~usable
    for reason, mask in why.items():
        count = int(np.count_nonzero(rest & mask))
        if count:
            excluded[reason] = count
        rest = rest & ~mask
    if rest.any():
        excluded["time unknown"] = int(np.count_nonzero(rest))
    keep = inside & usable
    groups = tuple(
        _group(label, time[keep & (codes == g)], status[keep & (codes == g)].astype(np.int64), at)
        for g, label in enumerate(labels)
    )
    p, reason = math.nan, "one group"
    if len(labels) > 1:
        tested = gray_test(time[keep], status[keep].astype(np.int64), codes[keep])
        p, reason = tested.p_value, tested.reason
    return Curves(groups, excluded, p, reason, float(time[keep].max()) if keep.any() else 0.0)


def _group(label: str, time: np.ndarray, status: np.ndarray, at: Sequence[float]) -> GroupIncidence:
    events, competing = int(np.count_nonzero(status == 1)), int(np.count_nonzero(status == 2))
    if not len(time):
        empty = np.zeros(0)
        nothing = tuple(At(t, math.nan, math.nan, math.nan, 0, "no patient") for t in at)
        return GroupIncidence(label, 0, 0, 0, empty, empty, empty, empty, empty, nothing)
    curve = aalen_johansen(time.astype(np.float64), status, CAUSES)
    estimate = curve.estimate[0]
    low, high = limits(estimate, curve.std_error[0], "log-log")
    readings = []
    for t in at:
        here = int(np.searchsorted(curve.time, t, side="right")) - 1
        n_risk = int(np.count_nonzero(time >= t))
        if t > curve.time[-1] and curve.survival[-1] > 0:
            readings.append(At(t, math.nan, math.nan, math.nan, n_risk, "beyond the last patient followed"))
        elif here < 0 or estimate[here] == 0:
            readings.append(At(t, 0.0, math.nan, math.nan, n_risk, "no event so far"))
        else:
            readings.append(At(t, float(estimate[here]), float(low[here]), float(high[here]), n_risk))
    start = np.zeros(1)
    return GroupIncidence(
        label,
        len(time),
        events,
        competing,
        np.concatenate([start, curve.time]),
        np.concatenate([start, estimate]),
        np.concatenate([[np.nan], low]),
        np.concatenate([[np.nan], high]),
        np.sort(time),
        tuple(readings),
    )
