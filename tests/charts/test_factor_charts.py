"""Pictures of the Factors page: the same columns whatever is in them, and no number that the table has not."""

from __future__ import annotations

import json

import pytest

from rrmm.analyses.cutoffs import cohort_cutoffs
from rrmm.analyses.factor_views import shape_of
from rrmm.analyses.factors import survival_factors
from rrmm.analyses.factors_response import response_factors
from rrmm.charts import cutoff_strip, factor_forest, functional_form
from rrmm.charts.theme import DARK, LIGHT
from tests.cohorts import ALL, sample

KEYS = ["emd", "iss3", "bm60"]
WORDS = ("HR", "n (events)", "Median", "fewer", "more")


@pytest.mark.parametrize("name", list(ALL))
def test_factor_forest(name: str) -> None:
    found = survival_factors(ALL[name](), "pfs", KEYS)
    height = factor_forest.height_for(found.table)
    drawn = factor_forest.factor_data(found.table, height, WORDS).to_pandas()
    usual = factor_forest.factor_data(survival_factors(sample(), "pfs", KEYS).table, 500, WORDS)
    assert list(drawn.columns) == usual.column_names
    assert (drawn["py"].dropna() <= height).all()
    marks = drawn[drawn["part"].isin(["uni", "multi"])]
    estimable = (found.table["uni_estimate"].notna() & ~found.table["uni_reason"].astype(bool)).sum() + (
        found.table["multi_estimate"].notna() & ~found.table["multi_reason"].astype(bool)
    ).sum()
    assert len(marks) == estimable
    json.dumps(factor_forest.factor_spec(LIGHT, height)), json.dumps(factor_forest.factor_spec(DARK, height))


def test_both_directions_of_an_odds_ratio() -> None:
    found = response_factors(sample(), KEYS)
    of, non = (
        factor_forest.factor_data(found.table, 500, WORDS, prefix).to_pandas().query("part == 'uni'")["x"].to_numpy()
        for prefix in ("", "_non")
    )
    assert (abs(of * non - 1) < 1e-9).all()


@pytest.mark.parametrize("endpoint", ["pfs", "orr"])
@pytest.mark.parametrize("name", list(ALL))
def test_cutoff_strip(name: str, endpoint: str) -> None:
    found = cohort_cutoffs(ALL[name](), "bm_plasma_pct", endpoint, permutations=20)
    drawn = cutoff_strip.strip_data(found, "HR", "Marrow (%)", 60.0).to_pandas()
    assert (drawn["part"] == "bar").sum() == (drawn["part"] == "over").sum() == len(found.table)
    points = drawn[drawn["part"] == "at"]
    assert set(points["x"]) == set(found.table[found.table["reason"] == ""]["cutoff"])
    assert (drawn["part"] == "mark").sum() == (2 if name == "sample" else 0)
    json.dumps(cutoff_strip.strip_spec(LIGHT))


@pytest.mark.parametrize("name", list(ALL))
def test_functional_form(name: str) -> None:
    found = shape_of(ALL[name](), "pfs", "age")
    drawn = functional_form.form_data(found, "PFS", "Age (years)").to_pandas()
    assert (drawn["part"] == "curve").sum() == found.table["estimate"].notna().sum()
    json.dumps(functional_form.form_spec(DARK))
