"""Rates across groups, held to R (chisq.test, fisher.test, prop.trend.test) and to brute force."""

from __future__ import annotations

import itertools
import math
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rrmm.analyses.contingency import (
    chi_square,
    cochran_armitage,
    fisher_freeman_halton,
    g_test,
    trend_direction,
    two_by_k,
)
from rrmm.results import check_result
from tests.analyses.agreement import agree
from tests.golden import load

DATA_SETS = ("lung", "veteran", "gbsg", "rotterdam", "rotterdam_delayed_entry", "gbsg_sep20")


def references() -> list[dict]:
    return [table for name in DATA_SETS for table in load(name)["tables"]]


@pytest.mark.parametrize("table", references(), ids=lambda t: f"{t['exposure']}-{t['outcome']}")
def test_tests_agree_with_r(table: dict) -> None:
    x, n = np.array(table["outcome1"]), np.array(table["n"])
    counts = np.column_stack([x, n - x])
    ours, theirs = chi_square(counts), table["chisq_k"]
    agree(
        "Chi-square, 2 x k",
        [ours.statistic, ours.df, ours.p_value],
        [theirs["chi2"], theirs["df"], theirs["p"]],
        rtol=1e-9,
    )
    ours, theirs = g_test(counts), table["g_k"]
    agree(
        "Likelihood-ratio chi-square, 2 x k",
        [ours.statistic, ours.df, ours.p_value],
        [theirs["chi2"], theirs["df"], theirs["p"]],
        rtol=1e-9,
    )
    agree(
        "Fisher-Freeman-Halton",
        fisher_freeman_halton(x, n).p_value,
        table["fisher_freeman_halton_p"],
        rtol=1e-8,
    )
    if "cochran_armitage" in table:
        theirs = table["cochran_armitage"]
        ours = cochran_armitage(x, n, theirs["scores"])
        agree(
            "Cochran-Armitage trend", [ours.statistic, ours.p_value], [theirs["chi2"], theirs["p"]], rtol=1e-9
        )
        assert trend_direction(x, n, theirs["scores"]) == np.sign(theirs["z"])


def test_two_by_k_shows_rates_tests_and_caveats() -> None:
    table = next(t for t in references() if len(t["n"]) == 3)
    result = two_by_k(table["outcome1"], table["n"], table["levels"], ordered=True)
    check_result(result)
    assert result.table["group"].tolist() == table["levels"]
    assert result.n == sum(table["n"]) and result.events == sum(table["outcome1"])
    assert set(result.frames["tests"]["term"]) == {
        "chi_square",
        "g_test",
        "fisher_freeman_halton",
        "cochran_armitage",
    }
    few = two_by_k([1, 0, 0], [3, 2, 0], ["a", "b", "c"])
    check_result(few)
    assert {remark.code for remark in few.remarks} == {"expected_below_5", "empty_group"}
    assert few.table["reason"].tolist()[2]


def brute_force(x: list[int], n: list[int]) -> float:
    total = sum(x)
    weights = {
        cells: math.prod(comb(size, count) for size, count in zip(n, cells, strict=True))
        for cells in itertools.product(*(range(size + 1) for size in n))
        if sum(cells) == total
    }
    observed = weights[tuple(x)]
    return sum(w for w in weights.values() if w <= observed) / sum(weights.values())


groups = st.lists(
    st.integers(0, 6).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), min_size=1, max_size=4
)


@settings(max_examples=80, deadline=None)
@given(groups)
def test_any_counts_are_answered(pairs: list[tuple[int, int]]) -> None:
    x, n = [p[0] for p in pairs], [p[1] for p in pairs]
    result = two_by_k(x, n, ordered=True)
    check_result(result)
    tests = result.frames["tests"].set_index("term")
    assert ((tests["reason"] != "") == tests["p_value"].isna()).all()
    exact = tests.loc["fisher_freeman_halton"]
    if not exact["reason"]:
        assert exact["p_value"] == pytest.approx(brute_force(x, n), rel=1e-9)
    # The order of the groups is nothing to the tests that have no order.
    turned = two_by_k(x[::-1], n[::-1], ordered=True).frames["tests"].set_index("term")
    np.testing.assert_allclose(
        tests["p_value"], turned.loc[tests.index, "p_value"], rtol=1e-8, equal_nan=True
    )
    assert trend_direction(x, n) == -trend_direction(x[::-1], n[::-1])


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 20), st.integers(1, 20)), min_size=2, max_size=5))
def test_chi_square_is_scipy_s(pairs: list[tuple[int, int]]) -> None:
    from scipy.stats import chi2_contingency

    theirs = chi2_contingency(np.array(pairs), correction=False)
    ours = chi_square(np.array(pairs))
    np.testing.assert_allclose(
        [ours.statistic, ours.p_value], [theirs.statistic, theirs.pvalue], rtol=1e-9, atol=1e-12
    )


def test_spacing_of_scores_alone_does_not_matter() -> None:
    x, n = [3, 6, 9], [20, 20, 20]
    assert cochran_armitage(x, n, [1, 2, 3]).statistic == pytest.approx(
        cochran_armitage(x, n, [10, 30, 50]).statistic
    )
    assert cochran_armitage(x, n, [2, 2, 2]).reason


def test_too_many_tables_say_so() -> None:
    outcome = fisher_freeman_halton([3000, 3000, 3000, 3000, 3000], [6000] * 5)
    assert math.isnan(outcome.p_value) and "too many" in outcome.reason


@pytest.mark.parametrize(("x", "n"), [([3], [2]), ([-1], [2]), ([1, 2], [3]), ([0.5], [2])])
def test_contradictory_counts_are_refused(x: list, n: list) -> None:
    with pytest.raises(ValueError):
        two_by_k(x, n)
    with pytest.raises(ValueError):
        two_by_k([1, 1], [2, 2], ["one"])
