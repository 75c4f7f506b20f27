"""Profile-likelihood limits held to roots found in R; open intervals."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings

from rrmm.analyses.cox import fit_cox
from rrmm.results import check_result
from tests.analyses.agreement import agree
from tests.analyses.cox_cases import Model, cohorts, models

PROFILED = [model for model in models() if model.answer.get("profile_ci")]


@pytest.mark.parametrize("model", PROFILED, ids=str)
def test_limits_agree_with_the_roots_in_r(model: Model) -> None:
    result = fit_cox(**model.arguments, interval="profile")
    check_result(result)
    for side, column in (("lower", "conf_low"), ("upper", "conf_high")):
        wanted = [row[side] for row in model.answer["profile_ci"]]
        agree("Cox profile-likelihood interval", result.table[column], wanted, 1e-8)


def test_an_infinite_coefficient_has_one_open_side() -> None:
    toy = pd.DataFrame({"time": [1.0, 2, 3, 4, 5, 6, 7, 8], "event": [1, 0, 1, 1, 0, 1, 1, 0], "g": list("babababa")})
    toy["event"] = np.where(toy["g"] == "a", 0, toy["event"])
    row = fit_cox(toy, "time", "event", ["g"], interval="profile").table.iloc[0]
    assert math.isnan(row["estimate"]) and row["reason"].startswith("no event in the reference")
    assert 0 < row["conf_low"] < math.inf and row["conf_high"] == math.inf
    mirrored = fit_cox(toy, "time", "event", ["g"], interval="profile", references={"g": "b"}).table.iloc[0]
    assert mirrored["conf_low"] == 0
    assert mirrored["conf_high"] == pytest.approx(1 / row["conf_low"], rel=1e-8)


@settings(max_examples=15, deadline=None)
@given(cohorts(largest=20))
def test_any_cohort_has_limits_around_its_estimates(frame: pd.DataFrame) -> None:
    result = fit_cox(frame, "time", "event", ["x", "g"], interval="profile")
    check_result(result)
    limits = result.table[["conf_low", "conf_high"]].dropna()
    assert (limits["conf_low"] <= limits["conf_high"]).all() and (limits >= 0).all(axis=None)
