"""An outcome across k groups: rates, chi-square, Fisher-Freeman-Halton, trend.

The event is counted in each group (1 = event); a 2 x k table is its events and non-events. Own lines where
the libraries differ from R: scipy's `fisher_exact` for more than two groups is a Monte Carlo p, other on
every call, and statsmodels' `test_ordinal_association` divides by N - 1 where `prop.trend.test` divides by
N. The tests hold all of it to R.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from rrmm.analyses.exact_odds import TIE
from rrmm.analyses.proportions import Method, proportion
from rrmm.results import Remark, Result

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

LARGEST_HALF = 2_000_000
"""Half tables the exact test may hold in memory; a table that needs more has no use for an exact test."""


class Outcome(NamedTuple):
    """A test's result; NaN with the reason where it says nothing."""

    statistic: float
    df: float
    p_value: float
    reason: str = ""


def two_by_k(
    events: Sequence[int],
    totals: Sequence[int],
    labels: Sequence[str] | None = None,
    *,
    ordered: bool = False,
    scores: Sequence[float] | None = None,
    exact: bool = True,
    interval: Method = "clopper-pearson",
    level: float = 0.95,
) -> Result:
    """Rates of an event in k groups, and the tests that they are the same.

    events, totals: (k,) counts; labels: (k,) names of the groups, default "1" to "k".
    ordered: the groups have an order, so the Cochran-Armitage trend belongs to them; scores: (k,) their
    distances, default 1 to k. exact: also Fisher-Freeman-Halton.
    table: group, n, n_event, estimate, conf_low, conf_high, method, reason.
    frames["tests"]: term (chi_square, chi_square_yates for two groups, g_test, fisher_freeman_halton,
    cochran_armitage if ordered), statistic, df, p_value, method, reason.
    Raises ValueError where the counts contradict each other.
    """
    x, n = _counts(events, totals)
    names = [str(i + 1) for i in range(len(n))] if labels is None else [str(label) for label in labels]
    if len(names) != len(n):
        raise ValueError("one label for each group")
    if scores is not None and len(scores) != len(n):
        raise ValueError("one score for each group")

    counts = np.column_stack([x, n - x])
    tests = {"chi_square": ("chi-square, uncorrected", chi_square(counts))}
    if len(n) == 2:
        tests["chi_square_yates"] = ("chi-square with Yates' correction", chi_square(counts, yates=True))
    tests["g_test"] = ("likelihood-ratio chi-square (G)", g_test(counts))
    if exact:
        tests["fisher_freeman_halton"] = ("Fisher-Freeman-Halton, exact", fisher_freeman_halton(x, n))
    if ordered:
        tests["cochran_armitage"] = ("Cochran-Armitage trend", cochran_armitage(x, n, scores))

    least = _least_expected(counts)
    remarks = []
    if least < 5:
        remarks.append(Remark("expected_below_5", "Expected count below 5: prefer the exact test."))
    if (n == 0).any():
        empty = ", ".join(name for name, size in zip(names, n, strict=True) if size == 0)
        remarks.append(Remark("empty_group", f"No patient in: {empty}; left out of the tests."))
    rows = [
        {"term": term, **outcome._asdict(), "method": method} for term, (method, outcome) in tests.items()
    ]
    return Result(
        kind="two_by_k",
        table=_rates(x, n, names, interval, level),
        n=int(n.sum()),
        events=int(x.sum()),
        remarks=tuple(remarks),
        method=f"rates with {interval} intervals; chi-square without correction",
        frames={
            "tests": pd.DataFrame(rows)[["term", "statistic", "df", "p_value", "method", "reason"]],
        },
        numbers={"min_expected": least},
    )


def chi_square(counts: ArrayLike, yates: bool = False) -> Outcome:
    """Pearson's chi-square of a (k, m) table of counts, without correction unless ``yates`` (2 x 2 only).

    Empty rows and columns are left out, as nobody could have been in them. Yates' half a patient is never
    more than the smallest deviation, as in R's `chisq.test`.
    """
    from scipy.special import chdtrc

    observed, expected, reason = _filled(counts)
    if reason:
        return Outcome(math.nan, math.nan, math.nan, reason)
    gap = np.abs(observed - expected)
    if yates:
        if observed.shape != (2, 2):
            return Outcome(math.nan, math.nan, math.nan, "Yates' correction is for 2 x 2 tables")
        gap = gap - min(0.5, gap.min())
    statistic = float((gap**2 / expected).sum())
    df = (observed.shape[0] - 1) * (observed.shape[1] - 1)
    return Outcome(statistic, df, float(chdtrc(df, statistic)))


def g_test(counts: ArrayLike) -> Outcome:
    """The likelihood-ratio chi-square of a (k, m) table of counts."""
    from scipy.special import chdtrc, xlogy

    observed, expected, reason = _filled(counts)
    if reason:
        return Outcome(math.nan, math.nan, math.nan, reason)
    # Rounding can leave a table that fits exactly a hair below zero.
    statistic = max(0.0, float(2 * xlogy(observed, observed / expected).sum()))
    df = (observed.shape[0] - 1) * (observed.shape[1] - 1)
    return Outcome(statistic, df, float(chdtrc(df, statistic)))


def cochran_armitage(
    events: ArrayLike, totals: ArrayLike, scores: Sequence[float] | None = None
) -> Outcome:
    """Trend of k rates over scores (default 1 to k), by the convention of R's `prop.trend.test`.

    The statistic is chi-square with one degree of freedom; see :func:`trend_direction` for its sign.
    """
    from scipy.special import chdtrc

    x, n = _counts(events, totals)
    s = _scores(scores, len(n))
    *_, reason = _filled(np.column_stack([x, n - x]))
    mean = float(n @ s / n.sum()) if n.sum() else 0.0
    spread = float(n @ (s - mean) ** 2)
    if not reason and spread == 0:
        reason = "all patients have the same score"
    if reason:
        return Outcome(math.nan, math.nan, math.nan, reason)
    rate = x.sum() / n.sum()
    statistic = float((x @ (s - mean)) ** 2 / (rate * (1 - rate) * spread))
    return Outcome(statistic, 1, float(chdtrc(1, statistic)))


def trend_direction(events: ArrayLike, totals: ArrayLike, scores: Sequence[float] | None = None) -> int:
    """1 where the rate rises with the score, -1 where it falls, 0 where it does neither."""
    x, n = _counts(events, totals)
    if not n.sum():
        return 0
    s = _scores(scores, len(n))
    return int(np.sign(n.sum() * (x @ s) - x.sum() * (n @ s)))


def fisher_freeman_halton(events: ArrayLike, totals: ArrayLike) -> Outcome:
    """The exact p of a 2 x k table: all tables with its margins that are no likelier than it.

    Every table is counted, as in R's `fisher.test`, with its rule for ties (1e-7, relative). The groups are
    split in two halves whose partial tables are listed once and joined by their sums, so the work grows with
    the square root of the number of tables. Beyond :data:`LARGEST_HALF` it says that it was not computed.
    Source: Freeman and Halton, Biometrika 1951;38:141.
    """
    x, n = _counts(events, totals)
    x, n = x[n > 0], n[n > 0]
    *_, reason = _filled(np.column_stack([x, n - x]))
    if reason:
        return Outcome(math.nan, math.nan, math.nan, reason)
    total = int(x.sum())
    halves = _halves([min(int(size), total) for size in n])
    if max(math.prod(min(int(n[i]), total) + 1 for i in half) for half in halves) > LARGEST_HALF:
        return Outcome(math.nan, math.nan, math.nan, "not computed: too many tables for an exact test")
    observed = sum(float(_log_choose(size)[count]) for size, count in zip(n, x, strict=True))
    (left_sum, left_log), (right_sum, right_log) = (_partial(n[half], total) for half in halves)
    # Relative to the observed table; what is too far below it adds nothing.
    limit = math.log1p(TIE)
    left_log = left_log - observed
    order = np.lexsort([right_log, right_sum])
    right_sum, right_log = right_sum[order], right_log[order]
    starts = np.searchsorted(right_sum, np.arange(total + 2))
    shift = math.log(math.comb(int(n.sum()), total)) - observed
    p = 0.0
    for part in np.unique(left_sum):
        rest = right_log[starts[total - part] : starts[total - part + 1]]
        if not len(rest):
            continue
        here = left_log[left_sum == part]
        top = rest[-1]
        cumulative = np.concatenate([[0.0], np.cumsum(np.exp(rest - top))])
        reached = np.searchsorted(rest, limit - here, side="right")
        p += float(np.exp(here + top - shift) @ cumulative[reached])
    return Outcome(math.nan, math.nan, min(1.0, p))


# parts ---------------------------------------------------------------------------------------------


def _counts(events: ArrayLike, totals: ArrayLike) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    x, n = np.asarray(events), np.asarray(totals)
    if x.ndim != 1 or x.shape != n.shape:
        raise ValueError("events and totals are two lists of the same length")
    if len(x) and ((x < 0).any() or (x > n).any() or (x != np.floor(x)).any() or (n != np.floor(n)).any()):
        raise ValueError("events and totals are counts, with 0 <= events <= total")
    return x.astype(np.int64), n.astype(np.int64)


def _scores(scores: Sequence[float] | None, k: int) -> NDArray[np.float64]:
    return np.arange(1.0, k + 1) if scores is None else np.asarray(scores, dtype=float)


def _filled(counts: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64], str]:
    """Observed and expected counts without empty rows and columns, or why there is nothing to test."""
    observed = np.asarray(counts, dtype=float)
    observed = observed[observed.sum(axis=1) > 0][:, observed.sum(axis=0) > 0]
    rows, columns = observed.shape
    reason = ""
    if rows < 2:
        reason = "fewer than two groups with patients"
    elif columns < 2:
        reason = "all patients have the same outcome"
    total = observed.sum()
    expected = np.outer(observed.sum(axis=1), observed.sum(axis=0)) / total if total else observed
    return observed, expected, reason


def _least_expected(counts: NDArray[np.int64]) -> float:
    _, expected, reason = _filled(counts)
    return math.nan if reason else float(expected.min())


def _rates(
    x: NDArray[np.int64], n: NDArray[np.int64], names: list[str], method: Method, level: float
) -> pd.DataFrame:
    rows = []
    for name, count, size in zip(names, x.tolist(), n.tolist(), strict=True):
        rate = proportion(count, size, method, level)
        rows.append((name, size, count, rate.estimate, rate.conf_low, rate.conf_high, method,
                     "" if size else "no patient in this group"))  # fmt: skip
    return pd.DataFrame(
        rows, columns=["group", "n", "n_event", "estimate", "conf_low", "conf_high", "method", "reason"]
    )


def _log_choose(size: int) -> NDArray[np.float64]:
    """(size + 1,) log binomial coefficients "size choose 0" to "size choose size"."""
    from scipy.special import gammaln

    k = np.arange(size + 1.0)
    return gammaln(size + 1) - gammaln(k + 1) - gammaln(size - k + 1)


def _halves(sizes: list[int]) -> tuple[list[int], list[int]]:
    """The groups in two lists whose numbers of partial tables are about the same."""
    halves: tuple[list[int], list[int]] = ([], [])
    work = [1, 1]
    for i in sorted(range(len(sizes)), key=lambda i: -sizes[i]):
        side = 0 if work[0] <= work[1] else 1
        halves[side].append(i)
        work[side] *= sizes[i] + 1
    return halves


def _partial(sizes: NDArray[np.int64], total: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """All ways to place up to ``total`` events in these groups: their sums and log weights."""
    sums, logs = np.zeros(1, dtype=np.int64), np.zeros(1)
    for size in sizes.tolist():
        sums = np.add.outer(sums, np.arange(size + 1)).ravel()
        logs = np.add.outer(logs, _log_choose(size)).ravel()
        keep = sums <= total
        sums, logs = sums[keep], logs[keep]
    return sums, logs
