"""Restricted cubic splines held to coxph with splines::ns on the same knots."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings

from rrmm.analyses.functional_form import QUANTILES, functional_form, spline_basis
from rrmm.results import check_result
from tests import golden
from tests.analyses.agreement import agree
from tests.analyses.cox_cases import cohorts

SPLINES = golden.load("cox_more")["spline"]
DATA = {
    "lung_age": "lung",
    "lung_wt_by_sex": "lung",
    "gbsg_pgr": "gbsg",
    "delayed_age": "rotterdam_delayed_entry",
}


@pytest.mark.parametrize("name", SPLINES)
def test_the_curve_and_its_tests_agree_with_r(name: str) -> None:
    answer = SPLINES[name]
    frame = golden.frame(DATA[name])
    options: dict[str, Any] = {
        "adjust": [answer["adjust"]] if answer["adjust"] else (),
        "knots": answer["knots"],
    }
    if DATA[name] == "rotterdam_delayed_entry":
        options["entry"] = "entry"
    # R's grid of eleven values: the range of the number, or a part of it.
    at = np.array(answer["at"])
    result = functional_form(frame, "time", "event", answer["x"], **options, points=11)
    check_result(result)
    numbers = result.numbers
    assert numbers["reference"] == answer["reference"]
    if np.allclose(result.table["value"], at):
        agree("Spline, log hazard ratio", np.log(result.table["estimate"]), answer["log_hr"], 1e-7, 1e-10)
        agree("Spline, standard error", result.table["std_error"], answer["se"], 1e-7, 1e-10)
    else:
        fine = functional_form(frame, "time", "event", answer["x"], **options, points=int(np.ptp(frame[answer["x"]])) + 1).table
        shared = [value in set(np.round(fine["value"], 6)) for value in np.round(at, 6)]
        ours = fine.set_index(fine["value"].round(6)).loc[np.round(at[shared], 6)]
        assert len(ours) > 3
        agree(
            "Spline, log hazard ratio",
            np.log(ours["estimate"]),
            np.array(answer["log_hr"])[shared],
            1e-7,
            1e-10,
        )
        agree("Spline, standard error", ours["std_error"], np.array(answer["se"])[shared], 1e-7, 1e-10)
    for test in ("nonlinear", "association"):
        assert numbers[test]["df"] == answer[test]["df"]
        agree("Spline, likelihood-ratio tests", numbers[test]["statistic"], answer[test]["statistic"], 1e-6)
        agree("Spline, likelihood-ratio tests", numbers[test]["p_value"], answer[test]["p"], 1e-6)


def test_default_knots_are_harrells_quantiles() -> None:
    found = functional_form(golden.frame("lung"), "time", "event", "age").numbers["knots"]
    np.testing.assert_allclose(found, SPLINES["lung_age"]["knots"])
    with pytest.raises(ValueError, match="3, 4 or 5"):
        functional_form(golden.frame("lung"), "time", "event", "age", n_knots=7)


def test_the_curve_is_one_at_the_median_and_straight_outside_the_knots() -> None:
    result = functional_form(golden.frame("lung"), "time", "event", "age", points=44)
    table = result.table.set_index("value")
    assert table.loc[63.0, "estimate"] == pytest.approx(1) and table.loc[63.0, "std_error"] == pytest.approx(0)
    knots = result.numbers["knots"]
    beyond = np.linspace(knots[-1], knots[-1] + 20, 7)
    basis = spline_basis(beyond, knots)
    np.testing.assert_allclose(np.diff(basis, 2, axis=0), 0, atol=1e-9)
    assert set(QUANTILES) == {3, 4, 5}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"x": 3.0}, "constant"),
        ({"event": 0}, "no event"),
        ({"x": [0.0, 1] * 10}, "too few different values"),
        ({"x": ["a", "b"] * 10}, "not a number"),
        ({"x": np.nan}, "no patient"),
    ],
)
def test_what_has_no_curve_has_a_reason(change: dict[str, Any], words: str) -> None:
    frame = pd.DataFrame({"time": np.arange(1.0, 21), "event": 1, "x": np.arange(20.0)}).assign(**change)
    result = functional_form(frame, "time", "event", "x")
    check_result(result)
    assert words in result.table["reason"][0] and math.isnan(result.table["estimate"][0])
    assert result.remarks


def test_a_curve_over_a_perfect_order_is_refused() -> None:
    frame = pd.DataFrame({"time": np.arange(1.0, 21), "event": 1, "x": np.arange(20.0)})
    assert "too few events" in functional_form(frame, "time", "event", "x").table["reason"][0]


@settings(max_examples=15, deadline=None)
@given(cohorts(largest=25))
def test_any_cohort_gives_a_curve_or_a_reason(frame: pd.DataFrame) -> None:
    result = functional_form(frame, "time", "event", "x", adjust=["g"], n_knots=3)
    check_result(result)
    assert (result.table["estimate"].isna() == (result.table["reason"] != "")).all()
