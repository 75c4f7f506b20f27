"""Firth's penalised Cox model held to R (its brute force, and coxphf) and to firthmodels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings

from rrmm.analyses.firth_cox import fit_firth_cox
from rrmm.results import check_result
from tests.analyses.agreement import agree
from tests.analyses.cox_cases import cohorts, data_set, endpoints

CASES = [
    (name, endpoint, model, ties)
    for name, _, endpoint in endpoints()
    if isinstance(endpoint["firth_cox"], dict)
    for model in endpoint["firth_cox"]
    for ties in ("efron", "breslow")
]


@pytest.mark.parametrize(("name", "endpoint", "model", "ties"), CASES, ids=lambda v: v if isinstance(v, str) else "")
def test_agrees_with_r(name: str, endpoint: dict[str, Any], model: str, ties: Any) -> None:
    answer = endpoint["firth_cox"][model][ties]
    covariates = answer["formula"].replace("~", "").replace(" ", "").split("+")
    result = fit_firth_cox(data_set(name), endpoint["time"], endpoint["event"], covariates, entry=endpoint["entry"], ties=ties)
    check_result(result)
    table, wald, coef = result.table, result.frames["wald"], answer["coef"]
    agree("Firth Cox hazard ratio", table["estimate"], coef["hr"], 1e-7)
    agree("Firth Cox standard error", table["std_error"], coef["se"], 1e-7)
    agree(
        "Firth Cox profile interval",
        table[["conf_low", "conf_high"]],
        np.column_stack([coef["pl_lower"], coef["pl_upper"]]),
        1e-7,
    )
    agree("Firth Cox penalised likelihood-ratio test", table["statistic"], coef["plr_chi2"], 1e-7)
    agree("Firth Cox penalised likelihood-ratio test", table["p_value"], coef["plr_p"], 1e-7)
    agree("Firth Cox Wald", wald["p_value"], coef["p_wald"], 1e-6)
    agree(
        "Firth Cox Wald",
        wald[["conf_low", "conf_high"]],
        np.column_stack([coef["wald_lower"], coef["wald_upper"]]),
        1e-7,
    )
    # The penalty differs by a constant with the units of the covariates; the test does not.
    agree("Firth Cox global test", result.numbers["lr_test"]["statistic"], answer["plr_global"]["chi2"], 1e-7)
    agree("Firth Cox global test", result.numbers["wald_test"]["statistic"], answer["wald_global"]["chi2"], 1e-7)
    if "coxphf_1_13_4" in answer:
        agree("Firth Cox, coxphf", np.log(table["estimate"]), answer["coxphf_1_13_4"]["coef"], 1e-5, 1e-7)


def test_agrees_with_firthmodels_on_breslow_ties() -> None:
    from firthmodels import FirthCoxPH

    lung = data_set("lung").dropna(subset=["age", "ph_karno"])
    x = lung[["age", "ph_karno"]].to_numpy(float)
    theirs = FirthCoxPH(gtol=1e-10, xtol=1e-12, max_iter=200).fit(x, (lung["event"].to_numpy(bool), lung["time"].to_numpy(float)))
    ours = fit_firth_cox(lung, "time", "event", ["age", "ph_karno"], ties="breslow").table
    np.testing.assert_allclose(np.log(ours["estimate"]), theirs.coef_, rtol=1e-6)


@settings(max_examples=15, deadline=None)
@given(cohorts(largest=20))
def test_any_cohort_gives_finite_estimates_or_reasons(frame: pd.DataFrame) -> None:
    result = fit_firth_cox(frame, "time", "event", ["g"], strata=["s"])
    check_result(result)
    table = result.table
    assert np.isfinite(table["estimate"][table["reason"] == ""]).all()


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_the_penalised_score_is_the_derivative_with_strata_and_late_entries(ties: Any) -> None:
    from rrmm.analyses.cox_likelihood import RiskSets, evaluate

    frame = data_set("rotterdam_delayed_entry")
    x = np.column_stack([(frame["age"] - 60) / 12, frame["nodes"] / 5, frame["grade"] == "3"]).astype(float)
    risk = RiskSets(
        frame["time"].to_numpy(float),
        frame["event"].to_numpy(),
        frame["entry"].to_numpy(float),
        frame["size"].cat.codes.to_numpy(np.int64),
        ties,
    )
    x, beta, step = x[risk.order], np.array([0.4, 0.3, -0.7]), 1e-5
    numeric = [
        (evaluate(risk, x, beta + step * axis).penalised_loglik - evaluate(risk, x, beta - step * axis).penalised_loglik)
        / (2 * step)
        for axis in np.eye(3)
    ]
    np.testing.assert_allclose(evaluate(risk, x, beta).penalised_score, numeric, rtol=1e-6, atol=1e-5)
    # At the estimate it is 0, so the fit is the maximum of what the definition says.
    result = fit_firth_cox(frame, "time", "event", ["age", "nodes", "grade"], strata=["size"], entry="entry", ties=ties)
    raw = frame[["age", "nodes"]].to_numpy(float)
    raw = np.column_stack([raw - raw.mean(axis=0), frame["grade"] == "3"]).astype(float)
    at = evaluate(risk, raw[risk.order], np.log(result.table["estimate"].to_numpy()))
    np.testing.assert_allclose(at.penalised_score, 0, atol=1e-6)
