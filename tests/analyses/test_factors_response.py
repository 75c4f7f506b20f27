"""Factors associated with response: the paper's Table 3 from the sample, and R's models of the same patients."""

from __future__ import annotations

import math

import numpy as np
import pytest

from rrmm.analyses.factors_response import COLUMNS, INTERVALS, OUTCOMES, response_codes, response_factors
from rrmm.analyses.response import Convention
from rrmm.results import check_result
from rrmm.subgroups import SUBGROUPS
from tests import cohorts
from tests.analyses.agreement import agree
from tests.golden import load
from tests.handmade import few

EVALUABLE = Convention(nonevaluable_counts=False)
# Table 3 as printed: n and responders without and with, odds ratio of non-response with limits, p. Rows whose
# print contradicts itself are left out; of the EMD row only the printed 75 is wrong (73).
TABLE_3 = {
    "emd": (73, 53, 43, 16, 4.47, 2.00, 9.99, "<0.01"),
    "iss3": (61, 41, 30, 11, 3.54, 1.39, 9.13, "<0.01"),
    "bm60": (36, 24, 21, 5, 6.40, 1.93, 19.8, "<0.01"),
    "idecel": (99, 66, 21, 7, 4.00, 1.52, 10.1, "<0.01"),
    "penta": (48, 31, 72, 42, 1.30, 0.63, 2.83, "0.49"),
    "polychemo_2m": (98, 62, 22, 11, 1.72, 0.67, 4.41, "0.25"),
}


@pytest.mark.parametrize("key", TABLE_3)
def test_table_3_comes_out_as_printed(key: str) -> None:
    result = response_factors(cohorts.sample(), [key], convention=EVALUABLE, interval="exact mid-P")
    check_result(result)
    no, yes = (result.table[result.table["kind"] == kind].iloc[0] for kind in ("reference", "level"))
    n_no, x_no, n_yes, x_yes, ratio, low, high, p = TABLE_3[key]
    assert (no["n"], no["n_event"], yes["n"], yes["n_event"]) == (n_no, x_no, n_yes, x_yes)
    digits = 1 if high in (19.8, 10.1) else 2
    assert round(yes["uni_non_estimate"], 2) == ratio
    assert round(yes["uni_non_conf_low"], 2) == low
    assert round(yes["uni_non_conf_high"], digits) == high
    assert yes["chi_square_p"] < 0.01 if p == "<0.01" else f"{yes['chi_square_p']:.2f}" == p
    assert yes["uni_estimate"] == pytest.approx(1 / yes["uni_non_estimate"])
    assert result.n == 120 and dict(result.excluded) == {"response not evaluable": 3}


def test_the_multivariable_model_agrees_with_r() -> None:
    keys = ["emd", "iss3", "idecel", "polychemo_2m"]
    for interval in ("wald", "profile"):
        result = response_factors(cohorts.sample(), keys, convention=EVALUABLE, interval=interval)
        theirs = load("response_factors")
        levels = result.table[result.table["kind"] == "level"]
        agree("Response factors, multivariable odds ratio", levels["multi_estimate"], theirs["or"], rtol=1e-6)
        for side in ("low", "high"):
            agree(
                "Response factors, multivariable limits",
                levels[f"multi_conf_{side}"],
                theirs[f"{interval}_{side}"],
                rtol=1e-5,
            )
        agree("Response factors, multivariable p", levels["multi_p_value"], theirs["p"], rtol=1e-5)
        assert result.numbers["complete"] == theirs["n"]
        assert result.frames["lost"]["missing"].tolist() == theirs["missing"]


def test_same_n_uses_the_complete_cases() -> None:
    keys = ["emd", "iss3"]
    result = response_factors(cohorts.sample(), keys, same_n=True)
    shown = result.table[result.table["kind"].isin(["reference", "level"])].groupby("key")["n"].sum()
    assert set(shown) == {result.numbers["complete"]}
    alone = response_factors(cohorts.sample(), keys)
    shown = alone.table.groupby("key")["n"].sum()
    assert set(shown) == {alone.n}


@pytest.mark.parametrize("name", cohorts.ALL)
@pytest.mark.parametrize("outcome", OUTCOMES)
def test_any_cohort_is_answered(name: str, outcome: str) -> None:
    cohort = cohorts.ALL[name]()
    for convention in (Convention(), EVALUABLE):
        result = response_factors(cohort, list(SUBGROUPS), outcome=outcome, convention=convention)
        check_result(result)
        assert list(result.table.columns) == list(COLUMNS)
        assert result.n + sum(result.excluded.values()) == cohort.n
        levels = result.table[result.table["kind"] == "level"]
        for model in ("uni", "multi"):
            assert (levels[f"{model}_estimate"].notna() | (levels[f"{model}_reason"] != "")).all()


def test_separation_says_so_and_firth_answers() -> None:
    cohort = few(
        8, responder=["yes"] * 4 + ["no"] * 4, emd=["no"] * 4 + ["yes"] * 4, idecel=["yes", "no"] * 4
    )
    result = response_factors(cohort, ["emd", "idecel"])
    emd = result.table[(result.table["key"] == "emd") & (result.table["kind"] == "level")].iloc[0]
    assert math.isnan(emd["uni_estimate"]) and emd["uni_reason"]
    assert emd["multi_estimate"] < 1 and "penalised" in emd["multi_method"]
    assert "firth" in {remark.code for remark in result.remarks}
    never = response_factors(cohort, ["emd", "idecel"], firth="never")
    emd = never.table[(never.table["key"] == "emd") & (never.table["kind"] == "level")].iloc[0]
    assert math.isnan(emd["multi_estimate"]) and emd["multi_reason"].startswith("infinite")


def test_outcomes_are_nested_and_unknown_stays_unknown() -> None:
    cohort = few(6, best_response=["sCR", "VGPR", "PR", "SD", "NE", None])
    known = {outcome: response_codes(cohort, outcome, Convention()).tolist() for outcome in OUTCOMES}
    assert known == {"orr": [1, 1, 1, 0, 0, -1], "vgpr": [1, 1, 0, 0, 0, -1], "cr": [1, 0, 0, 0, 0, -1]}
    assert response_codes(cohort, "orr", EVALUABLE).tolist() == [1, 1, 1, 0, -1, -1]


def test_an_outcome_is_no_covariate_and_a_number_stays_one() -> None:
    result = response_factors(cohorts.sample(), ["col:crs_grade", "col:age"])
    assert "outcome_covariate" in {remark.code for remark in result.remarks}
    age = result.table[result.table["key"] == "col:age"].iloc[0]
    assert age["kind"] == "number" and np.isfinite(age["uni_estimate"])


def test_what_is_unknown_is_refused() -> None:
    for wrong in ({"outcome": "os"}, {"interval": "exact"}):
        with pytest.raises(ValueError):
            response_factors(cohorts.sample(), ["emd"], **wrong)
    with pytest.raises(KeyError):
        response_factors(cohorts.sample(), ["nothing"])
    assert len(INTERVALS) == 3
