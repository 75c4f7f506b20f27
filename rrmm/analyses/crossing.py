"""Do the hazards of two groups cross? Then one hazard ratio does not describe them.

Criterion: the Schoenfeld-type score test of proportional hazards has p < 0.05, and the group that has more
events than expected in the first half of the events has fewer in the second half. Then the difference of
restricted means (to the last time at which both groups are observed) is given beside the hazard ratio.

The test is that of R's ``cox.zph`` since survival 3.0 (score test on Kaplan-Meier-transformed time; Grambsch
and Therneau, Biometrika 1994;81:515), written for the table of counts as it sits on the live path: with a
categorical covariate it needs no pass over the patients.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from rrmm import DAYS_PER_MONTH
from rrmm.analyses.counts import EventTable
from rrmm.analyses.hazard_table import GlobalTest, HazardRatios, Ties, cox_from_table, tied_rows
from rrmm.analyses.km import Curves, Mean, kaplan_meier, rmst_difference
from rrmm.analyses.logrank import chi_square_tail
from rrmm.results import Remark

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIGNIFICANT = 0.05
NO_TEST = GlobalTest(math.nan, 0, math.nan)


@dataclass(frozen=True)
class Crossing:
    """Whether the hazards of group k and the reference cross.

    ph: test of proportional hazards between the two. split: time at which half of their events have happened.
    early, late: observed over expected events of group k up to the split and after it. difference: of the
    restricted means, group k minus reference, to ``difference.tau``; None unless the hazards cross.
    """

    group: int
    reference: int
    ph: GlobalTest
    crosses: bool
    split: float
    early: float
    late: float
    difference: Mean | None


def proportional_hazards(
    table: EventTable, fit: HazardRatios | None = None, ties: Ties = "efron"
) -> GlobalTest:
    """Score test of proportional hazards of the table's K groups, K - 1 degrees of freedom.

    NaN where a hazard ratio can't be estimated. Time scale: 1 - S(t-) of everybody, as
    ``cox.zph(transform="km")``.
    """
    fit = cox_from_table(table, ties) if fit is None else fit
    if not len(fit) or any(ratio.reason for ratio in fit):
        return NO_TEST
    beta = np.zeros(table.groups)
    for ratio in fit:
        beta[ratio.group] = ratio.log_hr
    events = table.n_event.sum(axis=1)
    at = np.flatnonzero(events)
    d = events[at]
    if len(at) < 2:
        return NO_TEST
    died = table.n_event[at].astype(np.float64)
    expected, spread = _moments(table, at, np.exp(beta), fit.ties)
    n_risk = table.n_risk.sum(axis=1)[at]
    survival = np.concatenate([[1.0], np.cumprod((n_risk - d) / n_risk)[:-1]])
    g = 1 - survival
    g = g - float(d @ g) / float(d.sum())
    free = [ratio.group for ratio in fit]
    score = (g @ (died - expected))[free]
    inside = np.ix_(free, free)
    plain, once, twice = (
        np.tensordot(weight, spread, axes=1)[inside] for weight in (np.ones(len(g)), g, g * g)
    )
    left = twice - once @ np.linalg.solve(plain, once)
    if np.linalg.matrix_rank(left, hermitian=True) < len(free):
        return NO_TEST
    statistic = float(score @ np.linalg.solve(left, score))
    return GlobalTest(statistic, len(free), chi_square_tail(statistic, len(free)))


def _moments(
    table: EventTable, at: NDArray[np.intp], theta: NDArray[np.float64], ties: Ties
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Expected events (T', K) and their covariance (T', K, K) at each event time under the model."""
    place, gone, weight = tied_rows(table, at, ties)
    share = table.n_risk[at[place]].astype(np.float64)
    if gone is not None:
        share -= gone[:, None] * table.n_event[at[place]]
    share *= theta
    share /= share.sum(axis=1, keepdims=True)
    count = table.groups

    def summed(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(np.bincount(place, weight * values, minlength=len(at)), dtype=np.float64)

    expected = np.stack([summed(share[:, k]) for k in range(count)], axis=1)
    spread = np.empty((len(at), count, count))
    for i in range(count):
        for j in range(count):
            spread[:, i, j] = (expected[:, i] if i == j else 0.0) - summed(share[:, i] * share[:, j])
    return expected, spread


def crossings(table: EventTable, reference: int = 0, curves: Curves | None = None) -> tuple[Crossing, ...]:
    """One row for each group but the reference, which has patients."""
    curves = kaplan_meier(table) if curves is None else curves
    return tuple(_pair(table, curves, k, reference) for k in range(table.groups) if k != reference)


def _pair(table: EventTable, curves: Curves, k: int, reference: int) -> Crossing:
    pair = table.select([reference, k])
    ph = proportional_hazards(pair)
    split, early, late = _halves(pair)
    crosses = bool(ph.p_value < SIGNIFICANT and (early - 1) * (late - 1) < 0)
    difference = None
    if crosses:
        tau = float(table.times[min(table.last[k], table.last[reference])])
        difference = rmst_difference(curves, tau, k, reference)
    return Crossing(k, reference, ph, crosses, split, early, late, difference)


def _halves(pair: EventTable) -> tuple[float, float, float]:
    """The time of the half of the events; observed over expected events of the second group before and after
    it."""
    d = pair.n_event.sum(axis=1)
    total = int(d.sum())
    if not total:
        return math.nan, math.nan, math.nan
    at = np.flatnonzero(d)
    expected = d[at] * pair.n_risk[at, 1] / pair.n_risk[at].sum(axis=1)
    observed = pair.n_event[at, 1]
    half = int(np.searchsorted(np.cumsum(d[at]), total / 2)) + 1
    parts = []
    for rows in (slice(None, half), slice(half, None)):
        e = float(expected[rows].sum())
        parts.append(float(observed[rows].sum()) / e if e > 0 else math.nan)
    return float(pair.times[at[half - 1]]), parts[0], parts[1]


def crossing_remarks(
    table: EventTable,
    labels: Sequence[str],
    reference: int = 0,
    *,
    unit: float = DAYS_PER_MONTH,
    unit_name: str = "months",
    curves: Curves | None = None,
) -> tuple[Remark, ...]:
    """A remark for each pair whose hazards cross, the difference of restricted means in it.

    unit: how many of the table's time units make one of ``unit_name``.
    """
    found = []
    for each in crossings(table, reference, curves):
        if not each.crosses or each.difference is None:
            continue
        mean = each.difference
        how = "more" if each.early > 1 else "fewer"
        then = "fewer" if how == "more" else "more"
        text = (
            f"The hazards of {labels[each.group]} and {labels[each.reference]} cross: "
            f"{labels[each.group]} has {how} events than expected up to {each.split / unit:.1f} {unit_name} "
            f"and {then} after it "
            f"(test of proportional hazards {_p(each.ph.p_value)}). One hazard ratio does not describe this."
        )
        if math.isfinite(mean.conf_low):
            text += (
                f" Difference of mean survival up to {mean.tau / unit:.1f} {unit_name}: "
                f"{mean.estimate / unit:+.1f} {unit_name} "
                f"({mean.conf_low / unit:.1f} to {mean.conf_high / unit:.1f}, {_p(mean.p_value)})."
            )
        found.append(Remark("hazards_cross", text))
    return tuple(found)


def _p(value: float) -> str:
    from rrmm.formatting import p_value

    return p_value(value)
