"""Pairs of covariates and the shape of a number on the sample cohort, held to R."""

from __future__ import annotations

import math

import pytest

from rrmm.analyses.covariates import covariate
from rrmm.analyses.factor_views import PAIR_COLUMNS, interactions, model_frame, numbers_of, shape_of
from rrmm.endpoints import ENDPOINTS
from rrmm.results import check_result
from rrmm.subgroups import column_choices, is_outcome
from tests import golden
from tests.analyses.agreement import agree
from tests.cohorts import ALL, sample

R = golden.load("factor_views")
THREE = ["emd", "iss3", "idecel"]


def test_pairs_are_rs() -> None:
    found = interactions(sample(), "pfs", THREE)
    check_result(found)
    assert tuple(found.table.columns) == PAIR_COLUMNS
    assert (found.n, found.events) == (R["n"], R["events"])
    agree("Interaction, likelihood-ratio test", found.table["statistic"], R["statistic"], 1e-7)
    agree("Interaction, likelihood-ratio test", found.table["p_value"], R["p"], 1e-7)
    agree("Interaction, likelihood-ratio test", found.table["q_value"], R["q"], 1e-7)


def test_the_shape_is_rs() -> None:
    found = shape_of(sample(), "pfs", "age", adjust=["emd", "idecel"])
    assert found.n == R["shape_n"]
    for test in ("nonlinear", "association"):
        answer = R[test]
        agree("Spline, likelihood-ratio tests", found.numbers[test]["statistic"], answer["statistic"], 1e-6)
        agree("Spline, likelihood-ratio tests", found.numbers[test]["p_value"], answer["p"], 1e-6)


def test_a_number_is_not_adjusted_for_itself() -> None:
    alone = shape_of(sample(), "pfs", "bm_plasma_pct")
    assert shape_of(sample(), "pfs", "bm_plasma_pct", adjust=["bm60", "col:bm_plasma_pct"]).n == alone.n
    interval = shape_of(sample(), "pfs", "car_t_interval_months", adjust=["cart_interval"])
    assert interval.n == shape_of(sample(), "pfs", "car_t_interval_months").n


def test_what_is_known_later_takes_no_part() -> None:
    found = interactions(sample(), "pfs", [*THREE, "col:responder"])
    assert len(found.table) == 3


@pytest.mark.parametrize("endpoint", list(ENDPOINTS))
@pytest.mark.parametrize("name", list(ALL))
def test_every_kind_of_cohort(name: str, endpoint: str) -> None:
    cohort = ALL[name]()
    found = interactions(cohort, endpoint, THREE)
    assert len(found.table) == 3
    if name != "sample":
        assert all(math.isnan(p) for p in found.table["p_value"]) and found.table["reason"].all()
    for number in [*numbers_of(cohort), "bm_plasma_pct"]:
        shape = shape_of(cohort, endpoint, number, adjust=["emd"])
        check_result(shape)
        assert shape.table["reason"].iloc[0] or shape.table["estimate"].gt(0).all()


def test_the_frame_keeps_to_the_endpoint() -> None:
    cohort = sample()
    chosen = [covariate(cohort, "emd", {})]
    everybody = cohort.flag("responder") >= -1
    assert len(model_frame(cohort, "pfs", chosen, everybody)) == cohort.n
    assert len(model_frame(cohort, "dor", chosen, everybody)) == int((cohort.flag("responder") == 1).sum())


@pytest.mark.parametrize(
    ("header", "later"),
    [("responder", True), ("crs_grade", True), ("death_date", True), ("Bestes Ansprechen", True), ("PFS (Monate)", True),
     ("Tod", True), ("age", False), ("Age", False), ("iss", False), ("Isotype", False), ("Arm", False)],
)  # fmt: skip
def test_columns_known_later(header: str, later: bool) -> None:
    assert is_outcome("col:" + header) is later


def test_presets_and_choices_are_known_before_treatment() -> None:
    assert not is_outcome("emd") and not is_outcome("none") and not is_outcome("all:emd.1+iss3.1")
    assert not any(is_outcome(key) for key in column_choices(sample()))
