"""The log-rank family held to R's survdiff and to the sums it is defined by."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rrmm.analyses.counts import event_table, rank_times
from rrmm.analyses.logrank import (
    NEVER_TOGETHER,
    Test,
    chi_square_tail,
    logrank,
    pairwise,
    stratified_logrank,
    trend_test,
)
from tests.analyses.agreement import agree
from tests.analyses.survival_cases import Case, Small, cases, small


def check(name: str, ours: Test, theirs: Any) -> None:
    agree(name, [ours.statistic, ours.df, ours.p_value], [theirs["chi2"], theirs["df"], theirs["p"]], 1e-9)


@pytest.mark.parametrize("case", cases(), ids=str)
def test_tests_agree_with_r(case: Case) -> None:
    for name, reference in case.reference["logrank"].items():
        table = case.table(name)
        found = logrank(table)
        check("Log-rank test", found, reference["logrank"])
        agree("Log-rank, observed and expected", [*found.observed, *found.expected],
              reference["logrank"]["observed"] + reference["logrank"]["expected"], 1e-9)
        agree("Log-rank, variance", found.variance[0, 0], reference["logrank"]["var_first"], 1e-9)
        if "peto_peto_rho1" in reference:
            check("Peto-Peto test", logrank(table, "peto-peto"), reference["peto_peto_rho1"])
        check("Log-rank test for trend", trend_test(table), reference["trend"])
        if "pairwise" in reference:
            theirs, pairs = reference["pairwise"], pairwise(table)
            levels = case.levels(name)
            assert [levels[pair.a] for pair in pairs] == theirs["a"]
            assert [levels[pair.b] for pair in pairs] == theirs["b"]
            agree("Pairwise log-rank", [pair.statistic for pair in pairs], theirs["chi2"], 1e-9)
            agree("Pairwise log-rank", [pair.p_value for pair in pairs], theirs["p"], 1e-9)
            agree("Pairwise log-rank, Holm", [pair.holm for pair in pairs], theirs["holm"], 1e-9)
            agree("Pairwise log-rank, Benjamini-Hochberg", [pair.benjamini_hochberg for pair in pairs],
                  theirs["BH"], 1e-9)


@pytest.mark.parametrize("case", cases(), ids=str)
def test_stratified_tests_agree_with_r(case: Case) -> None:
    for reference in case.reference["stratified_logrank"]:
        codes, strata = case.codes(reference["group"]), case.codes(reference["strata"])
        count = len(case.levels(reference["group"]))
        tables = [event_table(case.ranked, np.where(strata == s, codes, -1), count)
                  for s in range(len(case.levels(reference["strata"])))]
        found = stratified_logrank(tables)
        check("Stratified log-rank test", found, reference["logrank"])
        agree("Log-rank, observed and expected", [*found.observed, *found.expected],
              reference["logrank"]["observed"] + reference["logrank"]["expected"], 1e-9)
        if "peto_peto_rho1" in reference:
            peto = stratified_logrank(tables, "peto-peto")
            check("Stratified Peto-Peto test", peto, reference["peto_peto_rho1"])


def sums(cohort: Small, peto: bool) -> tuple[np.ndarray, np.ndarray]:
    """Observed - expected and its variance, one time after the other."""
    k = cohort.n_groups
    entry = np.full(len(cohort.time), -1.0) if cohort.entry is None else cohort.entry
    difference, variance, survival = np.zeros(k), np.zeros((k, k)), 1.0
    for time in np.unique(cohort.time):
        risk = (cohort.time >= time) & (entry < time)
        died = (cohort.time == time) & (cohort.event == 1)
        n, d = risk.sum(), died.sum()
        if not d:
            continue
        share = np.array([(risk & (cohort.group == g)).sum() / n for g in range(k)])
        w = survival if peto else 1.0
        difference += w * (np.array([(died & (cohort.group == g)).sum() for g in range(k)]) - d * share)
        if n > 1:
            variance += w**2 * d * (n - d) / (n - 1) * (np.diag(share) - np.outer(share, share))
        survival *= 1 - d / n
    return difference, variance


@settings(max_examples=100, deadline=None)
@given(small(), st.booleans())
def test_sums_by_definition(cohort: Small, peto: bool) -> None:
    found = logrank(cohort.table(), "peto-peto" if peto else "logrank")
    difference, variance = sums(cohort, peto)
    np.testing.assert_allclose(found.observed - found.expected, difference, atol=1e-12)
    np.testing.assert_allclose(found.variance, variance, atol=1e-12)
    there = np.flatnonzero(found.expected > 0)
    if math.isnan(found.statistic):
        assert found.reason
    else:
        some = there[1:]
        expected = difference[some] @ np.linalg.pinv(variance[np.ix_(some, some)]) @ difference[some]
        assert found.statistic == pytest.approx(expected, abs=1e-9)
        assert found.statistic >= 0 and 0 <= found.p_value <= 1 and found.df == len(some)


@settings(max_examples=60, deadline=None)
@given(small(max_groups=3), st.permutations([0, 1, 2]))
def test_the_coding_of_the_groups_does_not_matter(cohort: Small, order: list[int]) -> None:
    coded = Small(cohort.time, cohort.event, np.array(order)[cohort.group], cohort.entry, 3)
    one, other = logrank(cohort.table()), logrank(coded.table())
    np.testing.assert_allclose(one.p_value, other.p_value, rtol=1e-8)


@settings(max_examples=40, deadline=None)
@given(small(max_groups=2, min_n=2), st.floats(0.01, 1000))
def test_only_the_ranks_matter(cohort: Small, unit: float) -> None:
    entry = None if cohort.entry is None else cohort.entry * unit
    other = Small(cohort.time * unit, cohort.event, cohort.group, entry, cohort.n_groups)
    np.testing.assert_allclose(logrank(cohort.table()).p_value, logrank(other.table()).p_value, rtol=1e-9)


def test_one_stratum_is_the_plain_test() -> None:
    table = event_table(rank_times([1, 2, 3, 4, 5], [1, 1, 0, 1, 1]), [0, 1, 0, 1, 0], 2)
    assert stratified_logrank([table]).statistic == pytest.approx(logrank(table).statistic)
    nobody = event_table(rank_times([1, 2], [1, 1]), [-1, -1], 2)
    assert stratified_logrank([table, nobody]).p_value == pytest.approx(logrank(table).p_value)


def test_two_groups_in_trend_are_the_plain_test() -> None:
    table = event_table(rank_times([1, 2, 3, 4, 5], [1, 1, 0, 1, 1]), [0, 1, 0, 1, 0], 2)
    assert trend_test(table).statistic == pytest.approx(logrank(table).statistic)
    assert trend_test(table, [10, 30]).statistic == pytest.approx(logrank(table).statistic)


@pytest.mark.parametrize(("time", "event", "codes", "reason"), [
    ([1, 2, 3], [0, 0, 0], [0, 1, 0], "no event"),
    ([1, 2, 3], [1, 1, 1], [0, 0, 0], NEVER_TOGETHER),
    ([1, 1, 5], [1, 1, 1], [-1, -1, -1], "no event"),
    ([1, 1, 1], [1, 1, 1], [0, 1, 0], NEVER_TOGETHER),
    ([5, 1, 5], [1, 0, 1], [0, 1, 0], NEVER_TOGETHER),
])
def test_no_confident_number(time: list[int], event: list[int], codes: list[int], reason: str) -> None:
    table = event_table(rank_times(time, event), codes, 2)
    found = logrank(table)
    assert math.isnan(found.statistic) and math.isnan(found.p_value) and found.reason == reason
    assert math.isnan(trend_test(table).p_value)
    assert math.isnan(pairwise(table)[0].p_value)


def test_an_empty_group_does_not_count() -> None:
    ranked = rank_times([1, 2, 3, 4], [1, 1, 1, 0])
    three = logrank(event_table(ranked, [0, 2, 0, 2], 3))
    two = logrank(event_table(ranked, [0, 1, 0, 1], 2))
    assert three.df == 1 and three.p_value == pytest.approx(two.p_value)


def test_what_is_no_question_is_refused() -> None:
    table = event_table(rank_times([1, 2], [1, 1]), [0, 1], 2)
    with pytest.raises(ValueError):
        logrank(table, "gehan")  # type: ignore[arg-type]
    with pytest.raises(ValueError):
        trend_test(table, [1, 2, 3])
    with pytest.raises(ValueError):
        stratified_logrank([])
    with pytest.raises(ValueError):
        stratified_logrank([table, table.pooled()])


def test_the_tail_is_that_of_scipy() -> None:
    from scipy import stats

    for df in (1, 2, 5):
        for statistic in (0.0, 1e-8, 0.3, 3.84, 60.0):
            assert chi_square_tail(statistic, df) == pytest.approx(stats.chi2.sf(statistic, df), rel=1e-12)
    assert math.isnan(chi_square_tail(math.nan, 1)) and math.isnan(chi_square_tail(1.0, 0))
