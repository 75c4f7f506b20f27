"""Logistic regression, held to glm and Firth in R, to statsmodels and to the 2 x 2 tables."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rrmm.analyses.logistic import COLUMNS, fit_logistic
from rrmm.analyses.two_by_two import two_by_two
from rrmm.results import check_result
from tests.analyses.agreement import agree
from tests.golden import frame, load

MODELS = {
    "lung": ("dead_by_180", ["sex", "age", "ecog"]),
    "veteran": ("alive_at_90", ["trt", "karno", "celltype"]),
    "gbsg": ("relapse_by_730", ["hormon", "grade", "nodes"]),
}


def data(name: str) -> pd.DataFrame:
    """The data set with R's factors in R's order of levels."""
    table = frame(name).copy()
    for column, levels in load(name)["factor_levels"].items():
        text = table[column].map(lambda cell: None if pd.isna(cell) else str(cell).removesuffix(".0"))
        table[column] = pd.Categorical(text, categories=levels)
    return table


@pytest.mark.parametrize("name", MODELS)
def test_odds_ratios_agree_with_glm(name: str) -> None:
    outcome, covariates = MODELS[name]
    reference = load(name)["logistic"][0]
    theirs = {key: values[1:] for key, values in reference["coef"].items()}
    result = fit_logistic(data(name), outcome, covariates)
    check_result(result)
    assert (result.n, result.events) == (reference["n"], reference["events"])
    assert [term.replace("[", "").replace("]", "") for term in result.table["term"]] == theirs["term"]
    agree("Logistic regression, odds ratio", result.table["estimate"], theirs["or"], rtol=1e-8)
    # R takes its errors from the weights before the last step.
    agree("Logistic regression, standard error", result.table["std_error"], theirs["se"], rtol=1e-5)
    agree("Logistic regression, Wald p", result.table["p_value"], theirs["p"], rtol=5e-5)
    for side, key in (("conf_low", "lower"), ("conf_high", "upper")):
        agree("Logistic regression, Wald limits", result.table[side], theirs[f"wald_{key}"], rtol=1e-5)
        profile = fit_logistic(data(name), outcome, covariates, interval="profile").table[side]
        agree("Logistic regression, profile limits", profile, theirs[f"profile_{key}"], rtol=1e-8)
    ratio = result.numbers["lr_test"]
    agree(
        "Logistic regression, likelihood ratio",
        [ratio["statistic"], ratio["df"], ratio["p_value"]],
        [reference["lr_test"][key] for key in ("chi2", "df", "p")],
        rtol=1e-8,
    )
    agree("Logistic regression, AIC", result.numbers["aic"], reference["aic"], rtol=1e-10)
    agree(
        "Logistic regression, odds ratio",
        result.frames["intercept"]["estimate"],
        reference["coef"]["or"][:1],
        1e-8,
    )


@pytest.mark.parametrize("name", MODELS)
def test_standard_errors_agree_with_statsmodels(name: str) -> None:
    from statsmodels.api import Logit, add_constant

    outcome, covariates = MODELS[name]
    table = data(name).dropna(subset=[outcome, *covariates])
    x = add_constant(pd.get_dummies(table[covariates], drop_first=True, dtype=float))
    theirs = Logit(table[outcome].astype(float), x).fit(disp=0, tol=1e-12, maxiter=100)
    ours = fit_logistic(table, outcome, covariates).table.set_index("term")
    for term, error in theirs.bse.items():
        name_here = term if term in ours.index else "[".join(str(term).rsplit("_", 1)) + "]"
        if term != "const":
            assert ours.loc[name_here, "std_error"] == pytest.approx(error, rel=1e-8)


@pytest.mark.parametrize(
    ("name", "outcome", "covariates"),
    [("lung", "dead_by_180", ["sex", "age", "ecog"]), ("gbsg_sep20", "event", ["nodes_gt3", "age"])],
)
def test_firth_agrees_with_r(name: str, outcome: str, covariates: list[str]) -> None:
    reference = load("logistic")["firth"][name]
    theirs = {key: np.array(values)[1:] for key, values in reference.items() if isinstance(values, list)}
    result = fit_logistic(data(name), outcome, covariates, firth=True)
    check_result(result)
    ours = result.table
    agree("Firth logistic, odds ratio", ours["estimate"], np.exp(theirs["coef"].astype(float)), rtol=1e-6)
    agree("Firth logistic, standard error", ours["std_error"], theirs["se"].astype(float), rtol=1e-6)
    agree("Firth logistic, limits", ours["conf_low"], np.exp(theirs["lower"].astype(float)), rtol=1e-6)
    agree("Firth logistic, limits", ours["conf_high"], np.exp(theirs["upper"].astype(float)), rtol=1e-6)
    agree("Firth logistic, chi-square", ours["statistic"], theirs["chi2"].astype(float), rtol=1e-6)
    agree("Firth logistic, p", ours["p_value"], theirs["p"].astype(float), rtol=1e-6)
    agree("Firth logistic, log likelihood", result.numbers["loglik"]["fitted"], reference["loglik"], rtol=1e-8)


def test_firth_agrees_with_firthmodels() -> None:
    from firthmodels import FirthLogisticRegression

    table = data("lung").dropna(subset=["age", "wt_loss"])
    theirs = FirthLogisticRegression(backend="numpy", gtol=1e-10, xtol=1e-10, max_iter=200)
    theirs.fit(table[["age", "wt_loss"]].to_numpy(), table["dead_by_180"].fillna(0).to_numpy())
    table = table.assign(dead=table["dead_by_180"].fillna(0))
    ours = fit_logistic(table, "dead", ["age", "wt_loss"], firth=True)
    np.testing.assert_allclose(np.log(ours.table["estimate"]), np.ravel(theirs.coef_), rtol=1e-6)


def test_one_factor_is_the_2_x_2_table() -> None:
    table = pd.DataFrame({"y": [1] * 27 + [0] * 16 + [1] * 20 + [0] * 53, "emd": ["yes"] * 43 + ["no"] * 73})
    crude = two_by_two(27, 16, 20, 53).odds_ratios
    for interval, key in (("wald", "wald"), ("profile", "profile_likelihood")):
        ours = fit_logistic(table, "y", ["emd"], interval=interval).table.iloc[0]
        theirs = crude[key]
        np.testing.assert_allclose(
            [ours["estimate"], ours["conf_low"], ours["conf_high"]],
            [theirs.estimate, theirs.conf_low, theirs.conf_high],
            rtol=1e-8,
        )
    firth = fit_logistic(table, "y", ["emd"], firth=True).table.iloc[0]
    assert firth["estimate"] == pytest.approx(crude["haldane_anscombe"].estimate, rel=1e-9)


def test_a_separated_factor_has_a_reason_and_the_rest_its_limit() -> None:
    table, theirs = data("gbsg_sep20"), load("logistic")["separated"]
    result = fit_logistic(table, "event", ["nodes_gt3", "age"], interval="profile")
    check_result(result)
    nodes, age = result.table.iloc[0], result.table.iloc[1]
    assert math.isnan(nodes["estimate"]) and "reference level 'no'" in nodes["reason"]
    assert nodes["conf_high"] == math.inf and nodes["conf_low"] > 1
    agree(
        "Logistic regression, separated",
        np.log([age["estimate"], age["conf_low"], age["conf_high"]]),
        [theirs["coef"], theirs["lower"], theirs["upper"]],
        rtol=1e-6,
    )
    agree("Logistic regression, separated", age["std_error"], theirs["se"], rtol=1e-6)
    agree("Logistic regression, separated", result.numbers["loglik"]["fitted"], theirs["loglik"], rtol=1e-8)
    assert {"infinite", "events_per_variable"} <= {remark.code for remark in result.remarks}
    alone = fit_logistic(table, "event", ["nodes_gt3"], interval="profile").table.iloc[0]
    reference = load("gbsg_sep20")["tables"][0]["two_by_two"]["logistic"]["profile_exact"]
    agree("Logistic regression, profile limits", [alone["conf_low"], alone["conf_high"]], reference, rtol=1e-7)


def test_perfect_separation_by_a_number() -> None:
    table = pd.DataFrame({"y": [0, 0, 0, 1, 1, 1], "x": [1, 2, 3, 4, 5, 6.0], "z": [1, 0, 1, 0, 0, 1.0]})
    result = fit_logistic(table, "y", ["x", "z"])
    assert result.table["estimate"].isna().all() and (result.table["reason"] != "").all()
    assert result.numbers["loglik"]["fitted"] == 0
    firth = fit_logistic(table, "y", ["x", "z"], firth=True)
    check_result(firth)
    assert firth.table["estimate"].notna().all()


rows = st.lists(st.tuples(st.sampled_from([0, 1]), st.integers(0, 3), st.sampled_from(["a", "b", "c", None])), max_size=20)


@settings(max_examples=25, deadline=None)
@given(rows, st.sampled_from(["wald", "profile", "firth"]), st.randoms(use_true_random=False))
def test_any_cohort_is_answered(drawn: list, how: str, random) -> None:
    table = pd.DataFrame(drawn, columns=["y", "number", "text"]).astype({"number": float})
    options = {"firth": True} if how == "firth" else {"interval": how}
    result = fit_logistic(table, "y", ["number", "text"], **options)
    check_result(result)
    ours = result.table
    assert list(ours.columns) == list(COLUMNS)
    assert ((ours["reason"] != "") == ours["estimate"].isna()).all()
    assert (ours["estimate"].dropna().between(1e-8, 1e8)).all()
    assert result.n + sum(result.excluded.values()) == len(table)
    order = list(range(len(table)))
    random.shuffle(order)
    shuffled = fit_logistic(table.iloc[order].reset_index(drop=True), "y", ["number", "text"], **options).table
    np.testing.assert_allclose(shuffled["estimate"], ours["estimate"], rtol=1e-6)
    known = ours["estimate"].notna()
    np.testing.assert_allclose(shuffled["conf_high"][known], ours["conf_high"][known], rtol=1e-5)
    # The odds ratio of no event is the same number turned round.
    other = fit_logistic(table.assign(y=1 - table["y"]), "y", ["number", "text"], **options).table
    np.testing.assert_allclose(1 / other["estimate"], ours["estimate"], rtol=1e-6)
    with np.errstate(divide="ignore"):
        np.testing.assert_allclose(1 / other["conf_low"].to_numpy()[known], ours["conf_high"][known], rtol=1e-5)


def test_units_do_not_matter() -> None:
    table = data("lung")
    days = fit_logistic(table, "dead_by_180", ["age"], interval="profile").table.iloc[0]
    table["age"] = table["age"] * 1000 + 50000
    far = fit_logistic(table, "dead_by_180", ["age"], interval="profile").table.iloc[0]
    for column in ("estimate", "conf_low", "conf_high"):
        assert math.log(far[column]) * 1000 == pytest.approx(math.log(days[column]), rel=1e-6)


def test_degenerate_input_gets_a_reason() -> None:
    table = pd.DataFrame({"y": [1, 0, 1, 0], "constant": [2.0] * 4, "x": [1, 2, 2, 1.0], "twice": [2, 4, 4, 2.0]})
    result = fit_logistic(table, "y", ["constant", "x", "twice"])
    assert result.table["reason"].str.len().tolist()[0] and result.table["reason"][2].startswith("determined")
    assert fit_logistic(table.assign(y=1), "y", ["x"]).table["reason"][0] == "every patient has the outcome"
    assert fit_logistic(table.assign(y=0), "y", ["x"]).table["reason"][0] == "no patient has the outcome"
    check_result(fit_logistic(table.iloc[:0], "y", ["x"]))
    check_result(fit_logistic(table, "y", []))
    assert dict(fit_logistic(table.assign(y=[1, None, 0, 1], x=[1, 2, None, 3]), "y", ["x"]).excluded) == {
        "outcome missing": 1,
        "covariate missing": 1,
    }
    for wrong in ({"outcome": "none"}, {"outcome": "two"}, {"covariates": ["none"]}, {"interval": "exact"}):
        with pytest.raises(ValueError):
            fit_logistic(table.assign(two=2), **({"outcome": "y", "covariates": ["x"]} | wrong))
