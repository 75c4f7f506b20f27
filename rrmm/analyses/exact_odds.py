"""Exact inference on the odds ratio of a 2 x 2 table with both margins fixed.

Given the margins, the first cell follows Fisher's noncentral hypergeometric distribution, and every exact
test and interval is a sum over it. It is written here once, because no Python library offers the
Baptista-Pike intervals, and because a p-value and an interval only agree when they share one
distribution and one rule for ties. That rule is R's (`fisher.test`): a table whose probability is within
1e-7, relative, of the observed one is as likely as it. scipy's conditional odds ratio is the witness.

Sources: Fisher 1935; Baptista and Pike, Appl Stat 1977;26:214 (Algorithm AS 115); Lancaster 1961 (mid-P).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

TIE = 1e-7
"""Relative difference below which two tables count as equally likely, as in R's `fisher.test`."""

_FAR = 700.0
"""A log odds ratio beyond any that double precision can tell from infinity."""

_PIECES = 128
"""Pieces of the p-value looked at together: fast for small tables, and large ones stay small in memory."""


@dataclass(frozen=True)
class Conditional:
    """The distribution of the first cell given the margins, and where it was observed.

    support: (k,) possible values of the first cell; log_weight: (k,) their log probabilities at an odds
    ratio of 1, up to a constant; at: index of the observed value.
    """

    support: NDArray[np.float64]
    log_weight: NDArray[np.float64]
    at: int

    def log_ratio(self, log_odds: float | NDArray[np.float64]) -> NDArray[np.float64]:
        """(..., k) log probability of each value over the observed one's, at (...,) log odds ratios."""
        distance = self.support - self.support[self.at]
        return self.log_weight - self.log_weight[self.at] + np.multiply.outer(log_odds, distance)

    def probabilities(self, log_odds: float | NDArray[np.float64]) -> NDArray[np.float64]:
        """(..., k) probabilities of the support at (...,) log odds ratios."""
        log = self.log_ratio(log_odds)
        weight = np.exp(log - log.max(axis=-1, keepdims=True))
        return weight / weight.sum(axis=-1, keepdims=True)

    @property
    def lowest(self) -> bool:
        return self.at == 0

    @property
    def highest(self) -> bool:
        return self.at == len(self.support) - 1


def conditional(a: int, b: int, c: int, d: int) -> Conditional:
    """The conditional distribution of ``a`` given the margins of ``[[a, b], [c, d]]``."""
    from scipy.special import gammaln

    row, other, column = a + b, c + d, a + c
    support = np.arange(max(0, column - other), min(column, row) + 1, dtype=float)
    log_weight = -(
        gammaln(support + 1)
        + gammaln(row - support + 1)
        + gammaln(column - support + 1)
        + gammaln(other - column + support + 1)
    )
    return Conditional(support, log_weight, int(a - support[0]))


def fisher_p(table: Conditional, mid: bool = False) -> float:
    """Fisher's two-sided p, all tables no likelier than the observed; ``mid`` halves the tied ones."""
    weights = _tie_weights(table, 0.0, 0.5 if mid else 1.0)
    return min(1.0, float(table.probabilities(0.0) @ weights))


def fisher_central_p(table: Conditional, mid: bool = False) -> float:
    """Twice the smaller one-sided p; with ``mid`` the observed table counts half in each tail."""
    p = table.probabilities(0.0)
    share = (0.5 if mid else 1.0) * float(p[table.at])
    below, above = float(p[: table.at].sum()), float(p[table.at + 1 :].sum())
    return min(1.0, 2 * (min(below, above) + share))


def conditional_estimate(table: Conditional) -> float:
    """The conditional maximum-likelihood odds ratio; 0 or infinity at an end of the support."""
    if table.lowest and table.highest:
        return math.nan
    if table.lowest:
        return 0.0
    if table.highest:
        return math.inf
    offset = table.support - table.support[table.at]
    return _rise(lambda log_odds: float(table.probabilities(log_odds) @ offset))


def central_interval(table: Conditional, level: float, mid: bool = False) -> tuple[float, float]:
    """Limits at which each one-sided exact (or mid-P) test reaches half of ``1 - level``."""
    if table.lowest and table.highest:
        return math.nan, math.nan
    tail, share = (1 - level) / 2, 0.5 if mid else 1.0

    def above(log_odds: float) -> float:
        p = table.probabilities(log_odds)
        return float(p[table.at + 1 :].sum() + share * p[table.at] - tail)

    def below(log_odds: float) -> float:
        p = table.probabilities(log_odds)
        return float(tail - p[: table.at].sum() - share * p[table.at])

    low = 0.0 if table.lowest else _rise(above)
    high = math.inf if table.highest else _rise(below)
    return low, high


def baptista_pike(table: Conditional, level: float, mid: bool = False) -> tuple[float, float]:
    """The smallest and largest odds ratio not rejected by the min-likelihood test (its convex hull).

    As the odds ratio moves, the two-sided p jumps where another table becomes as likely as the observed
    one; those points are known in closed form, and between two of them p has no interior maximum (the
    distribution is totally positive), so only their ends need to be looked at. The limits are exact,
    with no grid to slip through.
    """
    if table.lowest and table.highest:
        return math.nan, math.nan
    low = 0.0 if table.lowest else math.exp(_outermost(table, 1 - level, mid))
    high = math.inf
    if not table.highest:
        mirrored = Conditional(
            -table.support[::-1], table.log_weight[::-1], len(table.support) - 1 - table.at
        )
        high = math.exp(-_outermost(mirrored, 1 - level, mid))
    return low, high


def _outermost(table: Conditional, alpha: float, mid: bool) -> float:
    """The lowest log odds ratio whose min-likelihood p exceeds ``alpha``."""
    share = 0.5 if mid else 1.0
    distance = table.support - table.support[table.at]
    others = distance != 0
    # Table s is as likely as the observed one at this log odds ratio, and tied within a window around it.
    equal = (table.log_weight[table.at] - table.log_weight[others]) / distance[others]
    width = np.abs(np.log1p(np.array([[-TIE], [TIE]])) / distance[others])
    edges = np.unique(np.concatenate([equal - width[0], equal + width[1]]))
    # The other tail is made of tables no likelier than the observed one, so p is at most k times this tail:
    # below the point where that is alpha nothing can be reached.
    bound = alpha / (len(table.support) + 1)
    start = _root(lambda x: float(table.probabilities(x)[table.at :].sum()) - bound, -_FAR, _FAR) - 1e-6
    edges = np.concatenate([[start], edges[edges > start], [max(_FAR, edges[-1] + 1)]])
    for start in range(0, len(edges) - 1, _PIECES):
        ends = edges[start : start + _PIECES + 1]
        weights = _tie_weights(table, (ends[:-1] + ends[1:]) / 2, share)
        p = table.probabilities(ends)
        p_left, p_right = (p[:-1] * weights).sum(axis=1), (p[1:] * weights).sum(axis=1)
        reached = np.flatnonzero((p_left > alpha) | (p_right > alpha))
        if len(reached):
            first = reached[0]
            if p_left[first] > alpha:
                return float(ends[first])
            return _crossing(table, weights[first], alpha, ends[first], ends[first + 1])
    raise AssertionError("the conditional estimate itself is never rejected")


def _crossing(
    table: Conditional, weights: NDArray[np.float64], alpha: float, low: float, high: float
) -> float:
    return _root(lambda x: float(table.probabilities(x) @ weights) - alpha, low, high)


def _tie_weights(
    table: Conditional, log_odds: float | NDArray[np.float64], share: float
) -> NDArray[np.float64]:
    """(..., k) 1 for tables less likely than the observed, ``share`` for those as likely, 0 for the rest."""
    gap = table.log_ratio(log_odds)
    return np.where(gap > math.log1p(TIE), 0.0, np.where(gap < math.log1p(-TIE), 1.0, share))


def _rise(f: Callable[[float], float]) -> float:
    """exp of the root of a function that rises with the log odds ratio."""
    return math.exp(_root(f, -_FAR, _FAR))


def _root(f: Callable[[float], float], low: float, high: float) -> float:
    from scipy.optimize import brentq

    return float(brentq(f, low, high, xtol=1e-14, rtol=1e-14, maxiter=500))
