"""2 x 2 tables, held to R on public data, to scipy by brute force, and to the intervals the paper prints."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rrmm.analyses.two_by_two import ODDS_RATIO_METHODS, TESTS, quick, two_by_two
from tests.analyses.agreement import agree, number
from tests.golden import load

DATA_SETS = ("lung", "veteran", "gbsg", "rotterdam", "rotterdam_delayed_entry", "gbsg_sep20")


def references() -> list[dict]:
    return [t["two_by_two"] for name in DATA_SETS for t in load(name)["tables"] if "two_by_two" in t]


def cells(reference: dict) -> tuple[int, int, int, int]:
    return reference["a"], reference["b"], reference["c"], reference["d"]


def interval(value) -> list[float]:
    return [value.conf_low, value.conf_high]


@pytest.mark.parametrize("reference", references(), ids=lambda r: "-".join(map(str, cells(r))))
def test_tests_agree_with_r(reference: dict) -> None:
    tests = two_by_two(*cells(reference)).tests
    exact = reference["exact"]
    agree(
        "Chi-square, uncorrected",
        [tests["chi_square"].statistic, tests["chi_square"].p_value],
        [reference["chisq"]["chi2"], reference["chisq"]["p"]],
        rtol=1e-9,
    )
    agree(
        "Chi-square, Yates",
        [tests["chi_square_yates"].statistic, tests["chi_square_yates"].p_value],
        [reference["chisq_yates"]["chi2"], reference["chisq_yates"]["p"]],
        rtol=1e-9,
    )
    agree("Fisher's exact p", tests["fisher"].p_value, exact["p_fisher_minlike"], rtol=1e-8)
    agree("Fisher's exact p, central", tests["fisher_central"].p_value, exact["p_fisher_central"], rtol=1e-8)
    agree("Fisher's mid-P", tests["midp"].p_value, exact["p_midp_minlike_half_all_ties"], rtol=1e-8)
    agree(
        "Fisher's mid-P, central", tests["midp_central"].p_value, exact["p_midp_double_one_sided"], rtol=1e-8
    )


@pytest.mark.parametrize("reference", references(), ids=lambda r: "-".join(map(str, cells(r))))
def test_odds_ratios_agree_with_r(reference: dict) -> None:
    ratios = two_by_two(*cells(reference)).odds_ratios
    exact = reference["exact"]
    agree("Odds ratio", ratios["wald"].estimate, reference["or_sample"], rtol=1e-12)
    if "or_wald" in reference:
        agree(
            "Odds ratio, Wald limits",
            interval(ratios["wald"]),
            [reference["or_wald"]["lower"], reference["or_wald"]["upper"]],
            rtol=1e-9,
        )
    else:
        assert math.isnan(ratios["wald"].conf_low) and ratios["wald"].reason
    corrected = reference["or_haldane_anscombe"]
    agree(
        "Odds ratio, Haldane-Anscombe",
        [ratios["haldane_anscombe"].estimate, *interval(ratios["haldane_anscombe"])],
        [corrected["or"], corrected["lower"], corrected["upper"]],
        rtol=1e-9,
    )
    agree(
        "Odds ratio, conditional maximum likelihood",
        ratios["fisher_central"].estimate,
        exact["or_cmle"],
        1e-8,
    )
    for ours, theirs in (
        ("fisher_central", "ci_fisher_central"),
        ("midp_central", "ci_midp"),
        ("baptista_pike", "ci_baptista_pike"),
        ("baptista_pike_midp", "ci_baptista_pike_midp"),
    ):
        agree(f"Odds ratio, {ODDS_RATIO_METHODS[ours]}", interval(ratios[ours]), exact[theirs], rtol=1e-7)
    agree(
        "Odds ratio, profile likelihood",
        interval(ratios["profile_likelihood"]),
        reference["logistic"]["profile_exact"],
        rtol=1e-8,
    )


@pytest.mark.parametrize("reference", references(), ids=lambda r: "-".join(map(str, cells(r))))
def test_risks_agree_with_r(reference: dict) -> None:
    table = two_by_two(*cells(reference))
    agree(
        "Risk difference, Newcombe",
        [table.risk_difference.estimate, *interval(table.risk_difference)],
        [reference["risk_difference"]["rd"], *reference["risk_difference"]["newcombe"]],
        rtol=1e-9,
    )
    ratio = reference["risk_ratio"]
    agree(
        "Risk ratio",
        [table.risk_ratio.estimate, *interval(table.risk_ratio)],
        [ratio["rr"], ratio.get("lower"), ratio.get("upper")],
        rtol=1e-9,
    )


# The counts behind Table 3 of Riedhammer et al., Leukemia 2024;38:365: non-responders and responders with the
# characteristic, then without; what is printed. The rows whose print contradicts itself are left out.
TABLE_3 = {
    "EMD": (27, 16, 20, 53, 4.47, 2.00, 9.99, "<0.01"),
    "ISS 3": (19, 11, 20, 41, 3.54, 1.39, 9.13, "<0.01"),
    "Bone marrow": (16, 5, 12, 24, 6.40, 1.93, 19.8, "<0.01"),
    "Ide-cel": (14, 7, 33, 66, 4.00, 1.52, 10.1, "<0.01"),
    "Penta-refractory": (30, 42, 17, 31, 1.30, 0.63, 2.83, "0.49"),
    "Polychemotherapy": (11, 11, 36, 62, 1.72, 0.67, 4.41, "0.25"),
}


@pytest.mark.parametrize("row", TABLE_3)
def test_the_paper_s_odds_ratios_come_out_as_printed(row: str) -> None:
    a, b, c, d, ratio, low, high, p = TABLE_3[row]
    table = two_by_two(a, b, c, d)
    ours = table.odds_ratios["baptista_pike_midp"]
    digits = 1 if high in (19.8, 10.1) else 2
    assert round(ours.estimate, 2) == ratio
    assert round(ours.conf_low, 2) == low
    assert round(ours.conf_high, digits) == high
    # The paper counts non-response; the odds of response are the same numbers turned round.
    response = two_by_two(b, a, d, c)
    for name in ODDS_RATIO_METHODS:
        turned, direct = table.reverse[name], response.odds_ratios[name]
        np.testing.assert_allclose(
            [turned.estimate, turned.conf_low, turned.conf_high],
            [direct.estimate, direct.conf_low, direct.conf_high],
            rtol=1e-6,
        )
    chi = table.tests["chi_square"].p_value
    assert chi < 0.01 if p == "<0.01" else f"{chi:.2f}" == p


def test_newcombe_s_published_examples() -> None:
    """Newcombe, Stat Med 1998;17:873, table II, method 10."""
    published = {
        (56, 14, 48, 32): (0.0524, 0.3339),
        (9, 1, 3, 7): (0.1705, 0.8090),
        (6, 1, 2, 5): (0.0582, 0.8062),
        (5, 51, 0, 29): (-0.0381, 0.1926),
        (0, 10, 0, 20): (-0.1611, 0.2775),
        (0, 10, 0, 10): (-0.2775, 0.2775),
        (10, 0, 0, 20): (0.6791, 1.0),
        (10, 0, 0, 10): (0.6075, 1.0),
    }
    for counts, (low, high) in published.items():
        ours = two_by_two(*counts).risk_difference
        assert (round(ours.conf_low, 4), round(ours.conf_high, 4)) == (low, high)


def fisher_by_fractions(a: int, b: int, c: int, d: int) -> float:
    """Fisher's p from whole numbers: every table that is no likelier than the observed one."""
    n1, n2, m = a + b, c + d, a + c
    weights = {x: comb(n1, x) * comb(n2, m - x) for x in range(max(0, m - n2), min(n1, m) + 1)}
    return float(Fraction(sum(w for w in weights.values() if w <= weights[a]), sum(weights.values())))


counts = st.integers(0, 25)


@settings(max_examples=60, deadline=None)
@given(counts, counts, counts, counts)
def test_any_table_is_answered_without_contradiction(a: int, b: int, c: int, d: int) -> None:
    table = two_by_two(a, b, c, d)
    assert set(table.tests) == set(TESTS) and set(table.odds_ratios) == set(ODDS_RATIO_METHODS)
    for test in table.tests.values():
        assert 0 <= test.p_value <= 1 or (math.isnan(test.p_value) and test.reason)
    for value in (*table.odds_ratios.values(), table.risk_difference, table.risk_ratio):
        limits = [value.conf_low, value.estimate, value.conf_high]
        assert value.reason or not any(map(math.isnan, limits))
        known = [x for x in limits if not math.isnan(x)]
        assert all(
            x <= y * (1 + 1e-9) + 1e-9 or y == math.inf for x, y in itertools.pairwise(known)
        )
    live = quick(a, b, c, d)
    np.testing.assert_allclose(
        [live.p_value, live.odds_ratio, live.conf_low, live.conf_high],
        [
            table.tests["chi_square"].p_value,
            *(getattr(table.odds_ratios["wald"], x) for x in ("estimate", "conf_low", "conf_high")),
        ]
        if not any(t.reason for t in table.tests.values())
        else [math.nan, live.odds_ratio, live.conf_low, live.conf_high],
        rtol=1e-12,
    )
    if not table.tests["fisher"].reason:
        assert table.tests["fisher"].p_value == pytest.approx(fisher_by_fractions(a, b, c, d), rel=1e-9)
        assert table.tests["midp"].p_value <= table.tests["fisher"].p_value
    assert not table.frame().empty and not table.frame(reverse=True).empty


@settings(max_examples=40, deadline=None)
@given(counts, counts, counts, counts)
def test_rows_exchanged_turn_the_odds_ratio_round(a: int, b: int, c: int, d: int) -> None:
    one, other = two_by_two(a, b, c, d), two_by_two(c, d, a, b)
    for name in TESTS:
        np.testing.assert_allclose(one.tests[name].p_value, other.tests[name].p_value, rtol=1e-7)
    for name, value in one.reverse.items():
        turned = other.odds_ratios[name]
        np.testing.assert_allclose(
            [value.estimate, *interval(value)], [turned.estimate, *interval(turned)], rtol=1e-6
        )
    np.testing.assert_allclose(one.risk_difference.estimate, -other.risk_difference.estimate, atol=1e-12)
    np.testing.assert_allclose(one.risk_difference.conf_low, -other.risk_difference.conf_high, atol=1e-12)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 12), st.integers(1, 12), st.integers(1, 12), st.integers(0, 12), st.booleans())
def test_baptista_pike_is_the_hull_of_what_the_test_does_not_reject(a, b, c, d, mid) -> None:
    """Brute force: the p-value on a fine grid of odds ratios."""
    n1, n2, m = a + b, c + d, a + c
    support = np.arange(max(0, m - n2), min(n1, m) + 1)
    if len(support) < 2:
        return
    weight = np.array([comb(n1, x) * comb(n2, m - x) for x in support.tolist()], dtype=float)
    grid = np.linspace(-9, 9, 6001)
    p = weight * np.exp(np.outer(grid, support - a))
    p /= p.sum(axis=1, keepdims=True)
    observed = p[:, [a - support[0]]]
    tied = np.abs(p / observed - 1) < 1e-7
    value = (p * np.where(tied, 0.5 if mid else 1.0, p < observed)).sum(axis=1)
    kept = np.exp(grid[value > 0.05])
    ours = two_by_two(a, b, c, d).odds_ratios["baptista_pike_midp" if mid else "baptista_pike"]
    step = math.exp(grid[1] - grid[0]) * (1 + 1e-9)
    if a > support[0]:
        assert kept[0] / step <= ours.conf_low <= kept[0] * (1 + 1e-9) or ours.conf_low < math.exp(-9) * step
    else:
        assert ours.conf_low == 0
    if a < support[-1]:
        assert (
            kept[-1] * (1 - 1e-9) <= ours.conf_high <= kept[-1] * step or ours.conf_high > math.exp(9) / step
        )
    else:
        assert ours.conf_high == math.inf


@pytest.mark.parametrize(
    "counts", [(0, 0, 0, 0), (0, 0, 3, 4), (3, 4, 0, 0), (0, 5, 0, 4), (5, 0, 4, 0), (1, 0, 0, 0)]
)
def test_an_empty_margin_is_a_reason_not_an_error(counts: tuple[int, int, int, int]) -> None:
    table = two_by_two(*counts)
    assert all(math.isnan(t.p_value) and t.reason for t in table.tests.values())
    assert all(math.isnan(v.estimate) and v.reason for v in table.odds_ratios.values())
    assert [r.code for r in table.remarks] == ["empty_margin"]


def test_big_tables_stay_exact() -> None:
    from scipy.stats import fisher_exact

    table = two_by_two(4100, 900, 3900, 1100)
    assert table.tests["fisher"].p_value == pytest.approx(
        fisher_exact([[4100, 900], [3900, 1100]]).pvalue, rel=1e-8
    )
    wald, exact = table.odds_ratios["wald"], table.odds_ratios["baptista_pike_midp"]
    assert exact.conf_low == pytest.approx(wald.conf_low, rel=2e-3)
    assert exact.conf_high == pytest.approx(wald.conf_high, rel=2e-3)


@pytest.mark.parametrize("counts", [(-1, 2, 3, 4), (1.5, 2, 3, 4)])
def test_what_is_no_count_is_refused(counts) -> None:
    with pytest.raises(ValueError):
        two_by_two(*counts)
    with pytest.raises(ValueError):
        two_by_two(1, 2, 3, 4, level=95)


def test_references_hold_an_infinite_odds_ratio() -> None:
    assert any(number(reference["or_sample"]) == math.inf for reference in references())
