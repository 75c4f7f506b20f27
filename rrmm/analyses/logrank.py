"""The log-rank test and its kin from the table of counts: Peto-Peto, stratified, trend, pairwise.

Own code, as the tests share the live path's table (:mod:`rrmm.analyses.counts`). Conventions are those of R's
`survdiff`: hypergeometric variance, Peto-Peto is ``rho = 1`` (weight: pooled Kaplan-Meier just before the
time; lifelines calls another test "peto"), the degrees of freedom count the groups with an event expected.
Delayed entry is allowed: at risk at t are those with entry < t <= time.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING, Literal

import numpy as np

from rrmm.analyses.counts import EventTable
from rrmm.analyses.multiplicity import benjamini_hochberg, holm

if TYPE_CHECKING:
    from numpy.typing import NDArray

Weights = Literal["logrank", "peto-peto"]

METHODS: dict[str, str] = {
    "logrank": "log-rank test",
    "peto-peto": "Peto-Peto test (weights: pooled survival, rho = 1)",
}
NEVER_TOGETHER = "no event while patients of more than one group were at risk"


@dataclass(frozen=True, eq=False)
class Test:
    """A chi-square test between K groups.

    observed, expected: (K,) events, weighted by the test's weights.
    statistic, p_value: NaN where the test says nothing; then ``reason`` says why. df: degrees of freedom.
    variance: (K, K) of observed - expected.
    """

    statistic: float
    df: int
    p_value: float
    observed: NDArray[np.float64]
    expected: NDArray[np.float64]
    variance: NDArray[np.float64] = field(repr=False)
    method: str = METHODS["logrank"]
    reason: str = ""

    # pytest would take the class for tests of its own.
    __test__ = False


@dataclass(frozen=True)
class Pair:
    """Log-rank test of group a against group b (their places), its p adjusted over all pairs."""

    a: int
    b: int
    statistic: float
    p_value: float
    holm: float
    benjamini_hochberg: float
    reason: str = ""


def chi_square_tail(statistic: float, df: int) -> float:
    """P(chi-square with df degrees of freedom > statistic); NaN for NaN or df 0."""
    if math.isnan(statistic) or df < 1:
        return math.nan
    if df == 1:
        return math.erfc(math.sqrt(max(statistic, 0.0) / 2))
    from scipy.special import chdtrc

    return float(chdtrc(df, statistic))


def logrank(table: EventTable, weights: Weights = "logrank") -> Test:
    """Test of equal hazards in the K groups. Source: Harrington and Fleming, Biometrika 1982;69:553."""
    return _test(*_moments(table, weights), METHODS[weights])


def stratified_logrank(tables: Sequence[EventTable], weights: Weights = "logrank") -> Test:
    """The same with one table of the same K groups a stratum: observed, expected and variance are summed.

    ValueError for no table, or tables of different numbers of groups.
    """
    if not tables or len({table.groups for table in tables}) != 1:
        raise ValueError("a stratified test needs tables of the same groups")
    parts = [_moments(table, weights) for table in tables]
    observed, expected, variance = (np.sum([part[i] for part in parts], axis=0) for i in range(3))
    return _test(observed, expected, variance, f"stratified {METHODS[weights]}")


def trend_test(table: EventTable, scores: Sequence[float] | None = None) -> Test:
    """Log-rank test for trend over ordered groups, 1 degree of freedom.

    scores: (K,) one number a group, 1, 2, ..., K if None. Source: Tarone, Biometrika 1975;62:679.
    """
    observed, expected, variance = _moments(table, "logrank")
    c = np.arange(1.0, table.groups + 1) if scores is None else np.asarray(scores, dtype=np.float64)
    if c.shape != observed.shape:
        raise ValueError("a trend needs one score for each group")
    spread = float(c @ variance @ c)
    known = spread > 1e-12 * max(1.0, float(np.abs(c).max(initial=0)) ** 2)
    statistic = float(c @ (observed - expected)) ** 2 / spread if known else math.nan
    return Test(statistic, 1, chi_square_tail(statistic, 1), observed, expected, variance,
                "log-rank test for trend", "" if known else NEVER_TOGETHER)


def pairwise(table: EventTable, weights: Weights = "logrank") -> tuple[Pair, ...]:
    """Every pair of groups, each from the pair's own patients; p adjusted by Holm and Benjamini-Hochberg."""
    pairs = list(combinations(range(table.groups), 2))
    tests = [logrank(table.select(pair), weights) for pair in pairs]
    p = [test.p_value for test in tests]
    return tuple(
        Pair(a, b, test.statistic, test.p_value, float(by_holm), float(by_bh), test.reason)
        for (a, b), test, by_holm, by_bh in zip(pairs, tests, holm(p), benjamini_hochberg(p), strict=True))


def _moments(table: EventTable, weights: Weights
             ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Weighted observed (K,) and expected (K,) events, and the hypergeometric variance (K, K)."""
    events = table.n_event.sum(axis=1)
    rows = np.flatnonzero(events)
    d = events[rows].astype(np.float64)
    deaths = table.n_event[rows].astype(np.float64)
    risk = table.n_risk[rows].astype(np.float64)
    n = risk.sum(axis=1)
    share = risk / n[:, None]
    spread = d * (n - d) / np.maximum(n - 1, 1)
    if weights == "peto-peto":
        w = np.concatenate([[1.0], np.cumprod((n - d) / n)[:-1]]) if len(n) else n
        deaths, d, spread = deaths * w[:, None], d * w, spread * w * w
    elif weights != "logrank":
        raise ValueError(f"unknown weights: {weights}")
    # Sums, not products with a vector: BLAS hands long ones to threads, which wait for each other when busy.
    part = share * spread[:, None]
    variance = np.diag(part.sum(axis=0)) - part.T @ share
    return deaths.sum(axis=0), (share * d[:, None]).sum(axis=0), variance


def _test(observed: NDArray[np.float64], expected: NDArray[np.float64], variance: NDArray[np.float64],
          method: str) -> Test:
    there = np.flatnonzero(expected > 0)
    df = max(len(there) - 1, 0)
    statistic, reason = math.nan, ""
    if not observed.sum():
        reason = "no event"
    elif df == 0:
        reason = NEVER_TOGETHER
    else:
        some = there[1:]
        difference = (observed - expected)[some]
        part = variance[np.ix_(some, some)]
        if df == 1:
            spread = float(part[0, 0])
            if spread > 1e-12:
                statistic = float(difference[0]) ** 2 / spread
        elif np.linalg.matrix_rank(part, hermitian=True) == df:
            statistic = float(difference @ np.linalg.solve(part, difference))
        if math.isnan(statistic):
            reason = NEVER_TOGETHER
    return Test(statistic, df, chi_square_tail(statistic, df), observed, expected, variance, method, reason)
