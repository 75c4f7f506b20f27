"""How far two groups are apart, whatever their size: standardized mean differences; and the rank tests.

The standardized mean difference doesn't grow with the number of patients, so it suits a table of baseline
characteristics better than a p-value; above 0.1 is commonly called an imbalance. Numbers: difference of the
means over the root of the mean of the two variances. Categories: the Mahalanobis distance of the shares of
the levels, with the mean of the two multinomial covariances (Yang and Dalton, SAS Global Forum 2012, 335);
for two levels that is the difference of the proportions over the root of the mean of p(1 - p).

Own lines: no installed library has it. R's `var`, `solve`, `wilcox.test` and `kruskal.test` are witnesses.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

IMBALANCE = 0.1
"""A standardized mean difference above this is commonly called an imbalance."""


class EffectSize(NamedTuple):
    """A standardized mean difference; NaN with the reason where there is none."""

    estimate: float
    reason: str = ""


class RankTest(NamedTuple):
    """A rank test between groups; NaN with the reason where it says nothing."""

    statistic: float
    p_value: float
    method: str
    reason: str = ""


def smd_number(a: ArrayLike, b: ArrayLike) -> EffectSize:
    """Standardized mean difference of a number, first group minus second.

    a, b: values of the two groups, any unit; missing ones are left out. Variances with n - 1.
    """
    x, y = _known(a), _known(b)
    if len(x) < 2 or len(y) < 2:
        return EffectSize(math.nan, "fewer than two patients in a group")
    spread = math.sqrt((float(x.var(ddof=1)) + float(y.var(ddof=1))) / 2)
    difference = float(x.mean() - y.mean())
    if spread <= 1e-12 * max(abs(float(x.mean())), abs(float(y.mean())), 1e-300):
        return EffectSize(math.nan, "no spread: every patient of a group has the same value")
    return EffectSize(difference / spread)


def smd_share(events_a: int, n_a: int, events_b: int, n_b: int) -> EffectSize:
    """Standardized difference of two proportions, first minus second, with its sign."""
    distance = smd_counts([events_a, n_a - events_a], [events_b, n_b - events_b])
    if distance.reason:
        return distance
    return EffectSize(math.copysign(distance.estimate, events_a * n_b - events_b * n_a))


def smd_counts(a: ArrayLike, b: ArrayLike) -> EffectSize:
    """Standardized difference of a category with k levels; never negative.

    a, b: (k,) patients in each level of the two groups. Levels without a patient are left out.
    Raises ValueError for other lengths or negative counts.
    """
    x, y = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    if x.shape != y.shape or x.ndim != 1 or (x < 0).any() or (y < 0).any():
        raise ValueError("two lists of counts of the same levels are needed")
    if x.sum() == 0 or y.sum() == 0:
        return EffectSize(math.nan, "no patient in a group")
    used = x + y > 0
    p, q = (x / x.sum())[used], (y / y.sum())[used]
    if len(p) < 2:
        return EffectSize(math.nan, "every patient has the same value")
    # The shares add up to 1, so one level follows from the others; which one makes no difference.
    covariance = (_multinomial(p) + _multinomial(q))[:-1, :-1] / 2
    difference = (p - q)[:-1]
    if not difference.any():
        return EffectSize(0.0)
    if np.linalg.matrix_rank(covariance) < len(difference):
        return EffectSize(
            math.nan, "the groups share no level, or too few: the difference has no finite size"
        )
    return EffectSize(math.sqrt(float(difference @ np.linalg.solve(covariance, difference))))


def rank_test(groups: Sequence[ArrayLike]) -> RankTest:
    """Whether a number is distributed alike: Wilcoxon-Mann-Whitney for two groups, Kruskal-Wallis for more.

    groups: values by group; missing ones are left out. Two groups: normal approximation with correction for
    ties and continuity, as R's ``wilcox.test(exact = FALSE)``; statistic: R's W. Groups without a patient
    count as no group.
    """
    from scipy.stats import kruskal, mannwhitneyu

    values = [found for found in map(_known, groups) if len(found)]
    method = "Kruskal-Wallis" if len(values) > 2 else "Wilcoxon-Mann-Whitney"
    if len(values) < 2:
        return RankTest(math.nan, math.nan, method, "fewer than two groups with patients")
    if len(np.unique(np.concatenate(values))) < 2:
        return RankTest(math.nan, math.nan, method, "every patient has the same value")
    if len(values) == 2:
        outcome = mannwhitneyu(values[0], values[1], method="asymptotic", use_continuity=True)
    else:
        outcome = kruskal(*values)
    return RankTest(float(outcome.statistic), min(float(outcome.pvalue), 1.0), method)


def _known(values: ArrayLike) -> NDArray[np.float64]:
    found = np.asarray(values, dtype=float).ravel()
    return found[np.isfinite(found)]


def _multinomial(shares: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.diag(shares) - np.outer(shares, shares)
