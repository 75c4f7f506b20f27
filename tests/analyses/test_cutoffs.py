"""Cut-off strips and the corrected p of the best cut-off, held to R and to a count over all permutations."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rrmm.analyses.cutoffs import COLUMNS, cohort_cutoffs, lausen_1992, lausen_1994, response_cutoffs, survival_cutoffs
from rrmm.results import check_result
from tests import cohorts
from tests.analyses.agreement import agree
from tests.golden import frame, load


def check_strip(result, theirs: dict, name: str) -> None:
    check_result(result)
    searched = result.table[result.table["searched"]]
    agree(f"Cut-offs, {name} statistic", searched["cutoff"], theirs["cutoff"], rtol=1e-12)
    agree(f"Cut-offs, {name} statistic", searched["statistic"], theirs["z"], rtol=1e-8)
    selected = result.numbers["selected"]
    assert selected.cutoff == theirs["best"]
    agree("Cut-offs, Lausen-Schumacher 1992", selected.p_lausen_1992, theirs["p_lausen_1992"], rtol=1e-8)
    agree("Cut-offs, Lausen 1994", selected.p_lausen_1994, min(theirs["p_lausen_1994"], 1), rtol=1e-8)


def test_the_maximally_selected_logrank_agrees_with_r() -> None:
    lung, reference = frame("lung"), load("cutoffs")
    result = survival_cutoffs(lung["age"], lung["time"], lung["event"])
    check_strip(result, reference["age"], "log-rank")
    theirs = reference["age_cox"]
    rows = result.table.set_index("cutoff").loc[theirs["cutoff"]]
    for ours, key in (("estimate", "hr"), ("conf_low", "low"), ("conf_high", "high"), ("p_value", "p")):
        agree("Cut-offs, hazard ratio", rows[ours], theirs[key], rtol=1e-6)
    selected = result.numbers["selected"]
    # No correction is as small as the uncorrected p; the approximations are on the safe side of chance.
    assert selected.p_uncorrected < min(selected.p_permutation, selected.p_lausen_1994)
    assert selected.p_permutation < selected.p_lausen_1994 < selected.p_lausen_1992


def test_the_maximally_selected_chi_square_agrees_with_r() -> None:
    lung = frame("lung")
    result = response_cutoffs(lung["wt_loss"], lung["dead_by_180"])
    check_strip(result, load("cutoffs")["weight"], "chi-square")
    row = result.table[result.table["searched"]].iloc[0]
    # Given the scores the variance has n - 1 where chi-square has n.
    from rrmm.analyses.two_by_two import two_by_two

    table = two_by_two(
        int(row["n_event"]),
        int(row["n"] - row["n_event"]),
        int(row["n_event_below"]),
        int(row["n_below"] - row["n_event_below"]),
    )
    expected = table.tests["chi_square"].statistic * (result.n - 1) / result.n
    assert row["statistic"] ** 2 == pytest.approx(expected)
    assert row["p_value"] == pytest.approx(table.tests["chi_square"].p_value)


def test_the_permutation_p_is_that_of_all_permutations() -> None:
    few = load("cutoffs")["few"]
    selected = survival_cutoffs(few["x"], few["time"], few["event"], permutations=20_000).numbers["selected"]
    assert selected.statistic == pytest.approx(few["statistic"], rel=1e-9)
    error = math.sqrt(few["p"] * (1 - few["p"]) / 20_000)
    assert abs(selected.p_permutation - few["p"]) < 4 * error + 1e-4


def test_the_seed_is_fixed() -> None:
    lung = frame("lung")
    one, two = (survival_cutoffs(lung["age"], lung["time"], lung["event"], permutations=200) for _ in range(2))
    assert one.numbers["selected"] == two.numbers["selected"]


def test_under_no_association_the_p_is_not_small_too_often() -> None:
    random = np.random.default_rng(7)
    p = []
    for _ in range(60):
        x, y = random.normal(size=40), random.integers(0, 2, 40)
        p.append(response_cutoffs(x, y, permutations=99).numbers["selected"].p_permutation)
    assert np.mean(np.array(p) <= 0.1) < 0.25
    assert 0.3 < np.mean(p) < 0.7


rows = st.lists(st.tuples(st.integers(0, 8), st.integers(0, 9), st.sampled_from([0, 1, -1])), max_size=25)


@settings(max_examples=50, deadline=None)
@given(rows, st.randoms(use_true_random=False))
def test_any_cohort_is_answered(drawn: list, random) -> None:
    x, t, d = (np.array([row[i] for row in drawn], dtype=float) for i in range(3))
    order = list(range(len(drawn)))
    random.shuffle(order)
    for result, shuffled in (
        (
            survival_cutoffs(x, t, d, permutations=50),
            survival_cutoffs(x[order] * 7, t[order] * 30, d[order], permutations=50),
        ),
        (response_cutoffs(x, d, permutations=50), response_cutoffs(x[order] * 7, d[order], permutations=50)),
    ):
        check_result(result)
        table, selected = result.table, result.numbers["selected"]
        assert list(table.columns) == list(COLUMNS)
        assert (table["n"] + table["n_below"] == result.n).all()
        assert (table["estimate"].isna() == (table["reason"] != "")).all()
        np.testing.assert_allclose(shuffled.table["estimate"], table["estimate"], rtol=1e-6)
        np.testing.assert_allclose(shuffled.table["statistic"], table["statistic"], rtol=1e-6, atol=1e-9)
        assert bool(selected.reason) == math.isnan(selected.cutoff)
        if not selected.reason:
            for p in (selected.p_permutation, selected.p_lausen_1992, selected.p_lausen_1994):
                assert 0 <= p <= 1


def test_chosen_cutoffs_and_too_few_on_a_side() -> None:
    lung = frame("lung")
    result = survival_cutoffs(lung["age"], lung["time"], lung["event"], [5, 40, 60, 100], permutations=0)
    assert result.table["cutoff"].tolist() == [5, 40, 60, 100]
    assert result.table["estimate"].isna().tolist() == [True, True, False, True]
    assert "only 0 patients below" in result.table["reason"][0]
    assert math.isnan(result.numbers["selected"].p_permutation)
    assert math.isnan(lausen_1992(2.0, 0.0, 0.5)) and lausen_1992(0.5, 0.1, 0.9) == 1
    assert lausen_1994(3.0, [10], 20) == pytest.approx(0.0026998, rel=1e-4)


@pytest.mark.parametrize("name", cohorts.ALL)
def test_the_strips_of_a_cohort(name: str) -> None:
    cohort = cohorts.ALL[name]()
    for source in ("bm_plasma_pct", "car_t_interval_months"):
        for endpoint in ("pfs", "dor", "orr", "cr"):
            check_result(cohort_cutoffs(cohort, source, endpoint, permutations=20))
    result = cohort_cutoffs(cohort, "bm_plasma_pct", "pfs", population=np.zeros(cohort.n, dtype=bool))
    assert result.n == 0 and result.numbers["selected"].reason
