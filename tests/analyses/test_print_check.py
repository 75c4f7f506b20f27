"""The print check finds every flagged contradiction of the paper, and none in consistent tables."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rrmm.analyses.print_check import COLUMNS, EXAMPLE, Finding, as_frame, check, read_table
from rrmm.analyses.printed_number import parse, shown
from rrmm.analyses.two_by_two import two_by_two
from rrmm.published import paper
from rrmm.published.rows import paper_rows

FLAGGED = {
    "iss1": [("percent", "ISS 3, I"), ("sum", "ISS stage")],
    "triple": [("percent", "Triple-class refractory, yes")],
    "polychemo_2mo": [("printed_twice", "Polychemotherapy in last 2 months")],
    "majestec_ineligible": [("printed_twice", "MajesTEC-1 criteria not met")],
    "bcma_any": [("percent", "BCMA-pretreated, yes")],
    "ne": [("sum", "Best response")],
    "orr_bcma_pre": [("percent_impossible", "Response, BCMA-pretreated")],
    "orr_bcma_naive": [("percent_impossible", "Response, BCMA-naive")],
    "cart_3mo": [("two_rates", "Response, CAR-T interval above v below 3 months")],
    "cart_6mo": [("two_rates", "Response, CAR-T interval above v below 6 months")],
    "pfs_emd": [("denominator", "EMD")],
    "pfs_iss3": [("denominator", "ISS 3")],
    "pfs_hrc": [("left_out", "High-risk cytogenetics")],
    "pfs_idecel": [
        ("event_total", "events"),
        ("off_centre", "Ide-cel"),
        ("printed_twice", "p of PFS by ide-cel"),
    ],
    "orr_by_emd": [("percent", "EMD, no"), ("odds_ratio_counts", "EMD")],
    "orr_by_hrc": [
        ("percent", "High-risk cytogenetics, yes"),
        ("odds_ratio_counts", "High-risk cytogenetics"),
    ],
    "ae_infection": [("printed_twice", "Infections, any grade")],
    "ae_cytopenia": [
        ("percent", "cytopenia of any kind, grade >= 3"),
        ("printed_twice", "Cytopenias, grade >= 3"),
    ],
    "ae_neutropenia": [("percent", "neutropenia, grade >= 3")],
    "ae_thrombopenia": [("percent", "thrombopenia, grade >= 3")],
    "dexamethasone": [("percent", "Dexamethasone, yes")],
    "interruption_2wk": [("percent_impossible", "Interruption over two weeks")],
    "interruption_4wk": [("percent_impossible", "Interruption over four weeks")],
}
"""Flagged figure -> what has to be found."""

AUDITED = [
    ("interval_too_narrow", "Penta-refractory"),
    ("p_interval", "Polychemotherapy in last 2 months"),
    ("percent", "PFS censored"),
    ("percent", "MajesTEC-1 triple"),
    ("percent", "MajesTEC-1 penta"),
    ("event_total", "responders"),
]
"""What the audit of the paper found beyond the flags."""


@pytest.fixture(scope="module")
def found() -> tuple[Finding, ...]:
    return check(paper_rows())


def test_every_flag_is_in_the_list() -> None:
    assert {figure["id"] for figure in paper()["figures"] if "flag" in figure} == set(FLAGGED)


@pytest.mark.parametrize("name", FLAGGED)
def test_flagged_contradictions_are_found(found: tuple[Finding, ...], name: str) -> None:
    assert set(FLAGGED[name]) <= {(each.code, each.row) for each in found}


def test_the_audit_is_found(found: tuple[Finding, ...]) -> None:
    assert set(AUDITED) <= {(each.code, each.row) for each in found}


def test_nothing_else_is_called_a_contradiction(found: tuple[Finding, ...]) -> None:
    expected = {pair for pairs in FLAGGED.values() for pair in pairs} | set(AUDITED)
    assert {(each.code, each.row) for each in found if each.severity == "contradiction"} <= expected


def test_sentences_carry_the_numbers(found: tuple[Finding, ...]) -> None:
    said = {(each.code, each.row): each.message for each in found}
    assert "25/92 is 27.2 %, printed 27.1 %" in said["percent", "ISS 3, I"]
    assert "113/122" in said["percent", "Triple-class refractory, yes"]
    assert "25 + 35 + 31 = 91, not 92" in said["sum", "ISS stage"]
    assert "23/42" in said["percent_impossible", "Response, BCMA-pretreated"]
    assert "5/15 v 1/5" in said["two_rates", "Response, CAR-T interval above v below 3 months"]
    assert "2/9 v 4/11" in said["two_rates", "Response, CAR-T interval above v below 6 months"]
    assert "2.76" in said["off_centre", "Ide-cel"] and "5.00" in said["off_centre", "Ide-cel"]
    assert "0.295" in said["interval_too_narrow", "Penta-refractory"]
    assert "12 of the 17" in said["left_out", "High-risk cytogenetics"]
    assert "32/123" in said["percent", "thrombopenia, grade >= 3"]
    frame = as_frame(found)
    assert list(frame.columns) == ["severity", "table", "row", "code", "message"] and len(frame) == len(found)
    assert all(each.message.endswith(".") for each in found)


# consistent data print consistent tables ---------------------------------------------------------


def _ratio(value: float) -> str:
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _p(value: float) -> str:
    return "<0.01" if value < 0.01 else f"{value:.2f}"


def _consistent(seed: int, half_up: bool) -> list[dict[str, Any]]:
    """Three tables and a text as one cohort prints them; every characteristic is known in everyone."""
    draw = np.random.default_rng(seed)
    n = int(draw.integers(40, 400))
    event, response = draw.random(n) < draw.uniform(0.2, 0.8), draw.random(n) < draw.uniform(0.2, 0.8)
    age = np.round(draw.normal(65, 9, n), 1)

    def pct(x: int, size: int, decimals: int = 1) -> str:
        value = 100 * x / size
        return shown(value, decimals) if half_up else f"{value:.{decimals}f}"

    rows: list[dict[str, Any]] = [
        {
            "table": "Table 1",
            "row": "Age",
            "median": f"{np.median(age):.1f}",
            "low": f"{age.min():.1f}",
            "high": f"{age.max():.1f}",
        }
    ]
    stage = draw.choice(3, n, p=[0.3, 0.4, 0.3])
    rows += [
        {
            "table": "Table 1",
            "row": "Stage",
            "group": "I" * (at + 1),
            "n": int((stage == at).sum()),
            "N": n,
            "pct": pct(int((stage == at).sum()), n),
            "whole": "Stage",
        }
        for at in range(3)
    ]
    rows += [
        {
            "table": place,
            "row": "Response",
            "n": int(response.sum()),
            "N": n,
            "quantity": "ORR",
            "pct": pct(int(response.sum()), n, decimals),
        }
        for place, decimals in (("Abstract", 0), ("Results", 1))
    ]
    for at in range(4):
        row = f"Feature {at}"
        has = draw.random(n) < draw.uniform(0.15, 0.7)
        if has.sum() < 3 or (~has).sum() < 3:
            continue
        rows.append(
            {
                "table": "Table 1",
                "row": row,
                "group": "yes",
                "n": int(has.sum()),
                "N": n,
                "pct": pct(int(has.sum()), n),
            }
        )
        cells = {}
        for table, counts, what in (("Table 2", "events", event), ("Table 3", "responders", response)):
            for group, inside in (("no", ~has), ("yes", has)):
                x, size = int((what & inside).sum()), int(inside.sum())
                cells[counts, group] = (x, size - x)
                rows.append(
                    {
                        "table": table,
                        "row": row,
                        "group": group,
                        "counts": counts,
                        "n": x,
                        "N": size,
                        "pct": pct(x, size),
                    }
                )
        (a, b), (c, d) = cells["responders", "yes"], cells["responders", "no"]
        ours = two_by_two(a, b, c, d)
        method = str(draw.choice(["wald", "baptista_pike_midp", "fisher_central", "profile_likelihood"]))
        test = str(draw.choice(["chi_square", "fisher", "chi_square_yates", "midp"]))
        limits = ours.odds_ratios[method]
        if min(a, b, c, d) > 0:
            rows.append(
                {
                    "table": "Table 3",
                    "row": row,
                    "measure": "OR",
                    "a": a,
                    "b": b,
                    "c": c,
                    "d": d,
                    "estimate": _ratio(limits.estimate),
                    "conf_low": _ratio(limits.conf_low),
                    "conf_high": _ratio(limits.conf_high),
                    "p": _p(ours.tests[test].p_value),
                }
            )
        exposed, other = cells["events", "yes"][0], cells["events", "no"][0]
        if exposed and other:
            log, se = draw.normal(0, 0.6), math.sqrt(1 / exposed + 1 / other) * draw.uniform(1, 1.15)
            low, high = math.exp(log - 1.959964 * se), math.exp(log + 1.959964 * se)
            rows.append(
                {
                    "table": "Table 2",
                    "row": row,
                    "measure": "HR",
                    "estimate": _ratio(math.exp(log)),
                    "conf_low": _ratio(low),
                    "conf_high": _ratio(high),
                    "a": exposed,
                    "c": other,
                    "p": _p(math.erfc(abs(log) / se / math.sqrt(2))),
                }
            )
    x1, n1 = int((response & event).sum()), int(event.sum())
    x2, n2 = int((response & ~event).sum()), int((~event).sum())
    if n < 90 and n1 and n2:
        p = two_by_two(x1, n1 - x1, x2, n2 - x2).tests["chi_square"].p_value
        if not math.isnan(p):
            rows.append(
                {
                    "table": "Results",
                    "row": "Response by event",
                    "pct": pct(x1, n1, 0),
                    "pct_ref": pct(x2, n2, 0),
                    "p": f"{p:.2f}",
                    "n": x1 + x2,
                    "N": n,
                }
            )
    return rows


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**31), st.booleans())
def test_consistent_tables_raise_nothing(seed: int, half_up: bool) -> None:
    assert check(_consistent(seed, half_up)) == ()


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**31), st.data())
def test_a_count_off_by_a_few_is_found(seed: int, data: st.DataObject) -> None:
    rows = _consistent(seed, True)
    at = data.draw(st.sampled_from([at for at, row in enumerate(rows) if row.get("whole")]))
    rows[at]["n"] += data.draw(st.sampled_from([-1, 1]))
    assert any(each.code in ("sum", "percent", "count_above_total") for each in check(rows))


# printed numbers ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("27.1", 27.05, 27.15),
        ("27,1 %", 27.05, 27.15),
        ("0.10", 0.095, 0.105),
        ("<0.01", -math.inf, 0.01),
        (7, 6.5, 7.5),
    ],
)
def test_a_printed_number_is_a_range(text: Any, low: float, high: float) -> None:
    number = parse(text)
    assert number is not None and number.low == pytest.approx(low) and number.high == pytest.approx(high)


def test_edges_belong_to_both_neighbours() -> None:
    for text in ("11.2", "11.3"):
        number = parse(text)
        assert number is not None and number.holds(100 * 18 / 160)
    one, other = parse("54.4"), parse("54.5")
    assert one is not None and other is not None and not one.agrees(other)
    assert parse("NR") is None and parse("") is None and parse(float("nan")) is None


# a user's own table ---------------------------------------------------------------------------------


def test_csv_of_a_user() -> None:
    text = "Table;Row;n;N;pct\nTable 1;Male;70;123;56,9\nTable 1;EMD;53;75;72,6\n"
    findings = check(read_table(text.encode("utf-8-sig")))
    assert [(each.code, each.row) for each in findings] == [("percent", "EMD")]
    tabs = "table\trow\tmeasure\testimate\tconf_low\tconf_high\nT\tx\tHR\t2.56\t1.31\t5.83\n"
    assert [each.code for each in check(read_table(tabs))] == ["off_centre"]


@pytest.mark.parametrize(
    ("text", "word"),
    [("", "empty"), ("x,y\n1,2\n", "No known column"), ("n,N\n1,2,3\n1\n", ""), ("n,n,N\n1,2,3\n", "twice")],
)
def test_a_table_that_is_none_is_refused_in_a_sentence(text: str, word: str) -> None:
    try:
        check(read_table(text))
    except ValueError as error:
        assert word in str(error)
    else:
        assert not word


def test_a_cell_that_is_no_number_is_named() -> None:
    with pytest.raises(ValueError, match=r"Line 3, column 'pct': 'about ten' is not a number"):
        check(read_table("row,n,N,pct\na,1,10,10\nb,1,10,about ten\n"))
    with pytest.raises(ValueError, match=r"Line 2, column 'n': a count is a whole number"):
        check(read_table("row,n,N\na,1.5,10\n"))


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ({"n": 12, "N": 10}, "count_above_total"),
        ({"pct": "120", "N": 10}, "percent_range"),
        ({"median": "4", "low": "6", "high": "9"}, "outside_interval"),
        ({"estimate": "2.0", "conf_low": "3.0", "conf_high": "1.0"}, "limits_order"),
        ({"p": "1.2"}, "p_range"),
        (
            {"measure": "HR", "estimate": "2.00", "conf_low": "1.50", "conf_high": "2.67", "p": "0.40"},
            "p_interval",
        ),
        (
            {
                "measure": "OR",
                "a": 10,
                "b": 10,
                "c": 10,
                "d": 10,
                "estimate": "1.00",
                "conf_low": "0.90",
                "conf_high": "1.10",
            },
            "odds_ratio_interval",
        ),
        ({"measure": "OR", "a": 30, "b": 5, "c": 10, "d": 30, "p": "0.50"}, "p_counts"),
    ],
)
def test_single_lines(row: dict[str, Any], code: str) -> None:
    assert code in {each.code for each in check([row])}


def test_degenerate_input() -> None:
    assert check([]) == ()
    assert check([{}, {"table": "x"}]) == ()
    assert check([{"measure": "OR", "a": 0, "b": 0, "c": 0, "d": 0, "estimate": "NR", "p": "0.5"}]) == ()
    assert check([{"pct": "50", "pct_ref": "50", "p": "1.00", "N": 0}]) == ()
    assert check([{"n": 0, "N": 0, "pct": "0"}]) == ()


def test_columns_are_documented() -> None:
    used = {key for row in paper_rows() for key in row}
    assert used <= set(COLUMNS)


def test_the_example_is_clean() -> None:
    frame = read_table(EXAMPLE)
    assert set(frame.columns) <= set(COLUMNS)
    assert check(frame) == ()


def test_large_tables() -> None:
    line = {"pct": "33", "pct_ref": "20", "p": "0.0001", "N": 900, "n": 240}
    assert {each.code for each in check([line])} <= {"two_rates"}
    assert check([{**line, "N": 100_000, "n": 30_000}]) == ()
    assert check([{"pct": "33.3", "N": 1_000_000}]) == ()
