"""The interaction test held to anova of two coxph fits."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings

from rrmm.analyses.interaction import interaction_test
from rrmm.results import check_result
from tests.analyses.agreement import agree
from tests.analyses.cox_cases import cohorts, data_set, endpoints

CASES = [(name, endpoint, block) for name, _, endpoint in endpoints() for block in endpoint.get("interaction") or []]


@pytest.mark.parametrize(("name", "endpoint", "block"), CASES, ids=lambda v: v if isinstance(v, str) else "")
def test_agrees_with_r(name: str, endpoint: dict[str, Any], block: dict[str, Any]) -> None:
    adjust = np.atleast_1d(block["adjust"]).tolist() if block["adjust"] else []
    result = interaction_test(
        data_set(name),
        endpoint["time"],
        endpoint["event"],
        block["a"],
        block["b"],
        adjust=adjust,
        entry=endpoint["entry"],
    )
    check_result(result)
    test = result.numbers["lr_test"]
    assert (result.n, result.events, test["df"]) == (block["n"], block["nevent"], block["df"])
    # The statistic is a difference of log likelihoods near a thousand: its own last digits are R's rounding.
    agree("Interaction, likelihood-ratio test", test["p_value"], block["p"], 1e-6)
    assert test["statistic"] == pytest.approx(block["lr_chi2"], rel=1e-7, abs=1e-8)
    coef = block["full"]["coef"]
    products = [at for at, term in enumerate(coef["term"]) if ":" in term]
    agree("Interaction, ratio of hazard ratios", result.table["estimate"], np.array(coef["hr"])[products], 1e-7)
    agree("Interaction, ratio of hazard ratios", result.table["p_value"], np.array(coef["p"])[products], 1e-6)


def test_nothing_to_compare_is_a_reason() -> None:
    frame = pd.DataFrame({"time": [1.0, 2, 3, 4], "event": [1, 1, 0, 1], "a": list("xxyy"), "b": "z"})
    result = interaction_test(frame, "time", "event", "a", "b")
    check_result(result)
    assert math.isnan(result.numbers["lr_test"]["p_value"]) and result.numbers["lr_test"]["reason"]


@settings(max_examples=15, deadline=None)
@given(cohorts(largest=25))
def test_any_cohort_gives_a_test_or_a_reason(frame: pd.DataFrame) -> None:
    result = interaction_test(frame, "time", "event", "g", "x", strata=["s"])
    check_result(result)
    test = result.numbers["lr_test"]
    assert math.isnan(test["p_value"]) == (test["df"] == 0) == bool(test["reason"])
