"""Cox models held to R's coxph; what can't be estimated; invariants."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rrmm.analyses.cox import cox_arrays, fit_cox
from rrmm.results import check_result
from tests import golden
from tests.analyses.agreement import agree
from tests.analyses.cox_cases import Model, cohorts, data_set, models

MORE = golden.load("cox_more")
ORDINARY = [model for model in models() if not model.answer.get("r_warnings")]
INFINITE = [model for model in models() if model.answer.get("r_warnings")]


@pytest.mark.parametrize("model", ORDINARY, ids=str)
def test_a_model_agrees_with_coxph(model: Model) -> None:
    result, answer = fit_cox(**model.arguments), model.answer
    check_result(result)
    table, coef, numbers = result.table, answer["coef"], result.numbers
    ties = answer["ties"].capitalize()
    assert (result.n, result.events) == (answer["n"], answer["nevent"])
    assert sum(result.excluded.values()) == answer["n_missing_dropped"]
    assert [term.replace("[", "").replace("]", "") for term in table["term"]] == coef["term"]
    assert (table["reason"] == "").all()
    agree(f"Cox hazard ratio, {ties}", table["estimate"], coef["hr"], 1e-8)
    agree("Cox standard error", table["std_error"], coef["se"], 1e-8)
    agree("Cox z", table["statistic"], coef["z"], 1e-7, 1e-10)
    agree("Cox Wald p", table["p_value"], coef["p"], 1e-7)
    agree(
        "Cox Wald interval",
        table[["conf_low", "conf_high"]],
        np.column_stack([coef["lower"], coef["upper"]]),
        1e-8,
    )
    agree(
        "Cox log likelihood",
        [numbers["loglik"]["null"], numbers["loglik"]["fitted"]],
        answer["loglik"],
        1e-10,
    )
    for ours, theirs, name in (
        ("lr_test", "lr_test", "likelihood-ratio"),
        ("wald_test", "wald_test", "Wald"),
        ("score_test", "score_test", "score"),
    ):
        found, wanted = numbers[ours], answer[theirs]
        assert found["df"] == wanted["df"]
        agree(f"Cox {name} test", [found["statistic"], found["p_value"]], [wanted["chi2"], wanted["p"]], 1e-7)
    found = numbers["concordance"]
    agree("Concordance (C)", found["estimate"], answer["concordance"]["c"], 1e-10)
    agree("Concordance standard error", found["std_error"], answer["concordance"]["se"], 1e-9)


def test_the_covariance_agrees_with_vcov() -> None:
    # The oracle has it for the models of the interaction blocks.
    seen = 0
    for name in ("lung", "veteran", "gbsg"):
        for endpoint in golden.load(name)["endpoints"].values():
            for block in endpoint["interaction"]:
                covariates = [block["a"], block["b"], *np.atleast_1d(block["adjust"] or [])]
                frame = data_set(name).dropna(subset=covariates)
                result = fit_cox(frame, endpoint["time"], endpoint["event"], covariates)
                agree("Cox covariance", result.frames["vcov"], block["main"]["vcov"], 1e-8, 1e-12)
                seen += 1
    assert seen


@pytest.mark.parametrize("model", INFINITE, ids=str)
def test_no_event_in_a_group_is_a_reason_and_the_tests_hold(model: Model) -> None:
    result, answer = fit_cox(**model.arguments), model.answer
    check_result(result)
    row = result.table.iloc[0]
    assert math.isnan(row["estimate"]) and math.isnan(row["conf_high"]) and math.isnan(row["p_value"])
    assert row["reason"] == "no event in the reference level 'no'"
    agree("Cox score test", result.numbers["score_test"]["statistic"], answer["score_test"]["chi2"], 1e-9)
    agree("Cox limiting log likelihood", result.numbers["loglik"]["fitted"], answer["loglik"][1], 1e-8)
    assert math.isnan(result.numbers["wald_test"]["statistic"])
    assert "infinite" in {remark.code for remark in result.remarks}


def _held(name: str, frame: pd.DataFrame, covariates: list[str], **more: Any) -> None:
    answer = MORE[name]
    result = fit_cox(frame, "time", "event", covariates, **more)
    assert (result.n, result.events) == (answer["n"], answer["events"])
    agree("Cox hazard ratio, Efron", np.log(result.table["estimate"]), answer["coef"], 1e-8)
    agree("Cox standard error", result.table["std_error"], answer["se"], 1e-8)
    agree("Cox log likelihood", list(result.numbers["loglik"].values()), answer["loglik"], 1e-10)
    agree("Cox score test", result.numbers["score_test"]["statistic"], answer["score"], 1e-8)
    agree("Concordance (C)", result.numbers["concordance"]["estimate"], answer["c"], 1e-9)
    agree("Concordance standard error", result.numbers["concordance"]["std_error"], answer["c_se"], 1e-9)
    for transform, wanted in answer["zph"].items():
        ph = fit_cox(frame, "time", "event", covariates, transform=transform, **more).frames["ph"]
        agree("Schoenfeld test", ph["statistic"], wanted["statistic"], 1e-7)
        agree("Schoenfeld test", ph["p_value"], wanted["p"], 1e-7)


def test_strata_with_delayed_entry() -> None:
    delayed = data_set("rotterdam_delayed_entry")
    _held("delayed_strata", delayed, ["age", "nodes", "grade"], strata=["size"], entry="entry")
    _held(
        "delayed_breslow",
        golden.frame("rotterdam_delayed_entry"),
        ["age", "grade", "size"],
        entry="entry",
        ties="breslow",
        as_factor=["grade"],
        references={"size": "<=20"},
    )


def test_more_than_ten_strata() -> None:
    _held("many_strata", golden.frame("lung"), ["age", "sex"], strata=["inst"])


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_heavy_ties_and_zero_times(ties: Any) -> None:
    veteran = golden.frame("veteran").assign(time=lambda frame: np.floor(frame["time"] / 30))
    _held(f"tied_{ties}", veteran, ["karno", "celltype"], ties=ties)


def test_a_separated_level_leaves_the_others_standing() -> None:
    answer = MORE["separated"]
    toy = pd.DataFrame(answer["data"])
    result = fit_cox(toy, "time", "event", ["group", "age"])
    finite = np.array(answer["finite"])
    agree(
        "Cox hazard ratio beside an infinite one",
        np.log(result.table["estimate"])[finite],
        np.array(answer["coef"])[finite],
        1e-6,
    )
    agree(
        "Cox standard error beside an infinite one",
        result.table["std_error"][finite],
        np.array(answer["se"])[finite],
        1e-6,
    )
    agree("Cox limiting log likelihood", result.numbers["loglik"]["fitted"], answer["loglik"][1], 1e-8)
    agree("Cox score test", result.numbers["score_test"]["statistic"], answer["score"], 1e-9)
    assert result.table["reason"].tolist() == ["", "no event in level 'c'", ""]


def test_a_collinear_column_gives_way_as_in_r() -> None:
    answer = MORE["collinear"]
    lung = golden.frame("lung").assign(months=lambda f: f["age"] * 12 + 3, twice=lambda f: f["age"] - 2 * f["ph_karno"])
    result = fit_cox(lung, "time", "event", [*answer["term"][:4], "sex"])
    agree("Cox hazard ratio, Efron", np.log(result.table["estimate"]), answer["coef"], 1e-8)
    assert "collinear" in result.table["reason"][1] and "collinear" in result.table["reason"][3]
    assert result.numbers["lr_test"]["df"] == 3


def test_degenerate_cohorts_are_rows_with_reasons() -> None:
    base = pd.DataFrame({"time": [1.0, 2, 3, 4], "event": [1, 1, 0, 1], "x": [1.0, 5, 2, 7], "c": 3.0, "one": "a"})
    cases = {
        "constant": (base, ["x", "c"], 1, "constant"),
        "one level": (base, ["one", "x"], 0, "every patient is 'a'"),
        "no event": (base.assign(event=0), ["x"], 0, "no event"),
        "one patient": (base.head(1), ["x"], 0, "constant"),
        "nobody": (base.head(0), ["x"], 0, "no patient"),
        "all tied": (base.assign(time=2.0, event=1), ["x"], 0, ""),
        "all missing": (base.assign(x=np.nan), ["x"], 0, "no patient"),
        "perfect order": (
            base.assign(event=1, x=[9.0, 5, 3, 1]),
            ["x"],
            0,
            "separate the patients perfectly",
        ),
        "only late variation": (
            base.assign(event=[1, 1, 0, 0], g=["a", "a", "a", "a"], late=[0.0, 0, 1, 1]).assign(
                event=[0, 0, 0, 1], late=[1.0, 0, 0, 0]
            ),
            ["late"],
            0,
            "no variation",
        ),
    }
    for name, (frame, covariates, row, words) in cases.items():
        result = fit_cox(frame, "time", "event", covariates)
        check_result(result)
        assert words in result.table["reason"][row], name
        assert math.isnan(result.table["estimate"][row]) == bool(words), name


def test_who_is_left_out_is_counted_once_and_in_order() -> None:
    frame = pd.DataFrame(
        {
            "time": [1.0, 2, np.nan, 4, 5, -1],
            "event": [1, None, 1, 1, 0, 1],
            "x": [None, 2.0, 3, 4, 5, 6],
            "y": [None, "a", "b", "a", None, "a"],
        }
    )
    result = fit_cox(frame, "time", "event", ["x", "y"])
    assert dict(result.excluded) == {
        "time missing": 1,
        "event missing": 1,
        "time below zero": 1,
        "x missing": 1,
        "y missing": 1,
    }
    assert result.n == 1
    lost = result.frames["lost"].set_index("variable")
    assert lost.loc["y"].tolist() == [2, 1] and lost.loc["x"].tolist() == [1, 0]


def test_bad_columns_get_a_sentence() -> None:
    frame = pd.DataFrame({"time": [1.0, 2], "event": [1, 2], "x": [1.0, 2], "t": ["soon", "late"], "e": [1, 0]})
    for arguments, words in (
        (("time", "event", ["x"]), "must hold 1"),
        (("t", "e", ["x"]), "must hold numbers"),
        (("time", "e", ["nobody"]), "no column 'nobody'"),
        (("time", "e", ["x", "x"]), "named twice"),
    ):
        with pytest.raises(ValueError, match=words):
            fit_cox(frame, *arguments)
    with pytest.raises(ValueError, match="'efron' or 'breslow'"):
        fit_cox(frame, "time", "e", ["x"], ties="exact")  # type: ignore[arg-type]


def test_few_events_and_non_proportional_hazards_are_said() -> None:
    veteran = data_set("veteran")
    codes = [remark.code for remark in fit_cox(veteran, "time", "event", ["karno"]).remarks]
    assert codes == ["proportional_hazards"]
    result = fit_cox(veteran.head(30), "time", "event", ["trt", "celltype", "karno", "age"])
    assert "events_per_variable" in {remark.code for remark in result.remarks}


@settings(max_examples=40, deadline=None)
@given(cohorts(), st.sampled_from(["efron", "breslow"]), st.booleans(), st.booleans())
def test_any_cohort_gives_a_result_and_order_and_units_do_not_matter(
    frame: pd.DataFrame, ties: Any, late: bool, stratified: bool
) -> None:
    options: dict[str, Any] = {
        "ties": ties,
        "strata": ["s"] if stratified else (),
        "entry": "entry" if late else None,
    }
    result = fit_cox(frame, "time", "event", ["x", "g"], **options)
    check_result(result)
    table = result.table
    assert (table["estimate"].isna() == (table["reason"] != "")).all()
    assert result.n + sum(result.excluded.values()) == len(frame)
    known = table["p_value"].dropna()
    assert ((known >= 0) & (known <= 1)).all()
    other = frame.sample(frac=1, random_state=1).assign(time=lambda f: f["time"] / 30.4375, entry=lambda f: f["entry"] / 30.4375)
    again = fit_cox(other, "time", "event", ["x", "g"], **options).table
    assert again["reason"].tolist() == table["reason"].tolist()
    np.testing.assert_allclose(again["estimate"], table["estimate"], rtol=1e-6)
    np.testing.assert_allclose(again["std_error"], table["std_error"], rtol=1e-6)


@settings(max_examples=30, deadline=None)
@given(cohorts(), st.sampled_from(["efron", "breslow"]), st.booleans())
def test_the_score_and_information_are_the_derivatives_of_the_likelihood(frame: pd.DataFrame, ties: Any, late: bool) -> None:
    from rrmm.analyses.cox_likelihood import RiskSets, evaluate

    frame = frame.dropna()
    if not len(frame):
        return
    time, event = frame["time"].to_numpy(), frame["event"].to_numpy(int)
    entry = frame["entry"].to_numpy() if late else None
    x = np.column_stack([(frame["x"] - 60) / 10, frame["g"] == "b"]).astype(float)
    strata = (frame["s"] == "u").to_numpy(int)
    risk = RiskSets(time, event, entry, strata, ties)
    beta = np.array([0.3, -0.4])
    # The likelihood as its definition has it, event by event.
    value = 0.0
    for at in np.unique(time[event == 1]):
        for stratum in (0, 1):
            at_risk = (time >= at) & (strata == stratum) & (True if entry is None else entry < at)
            died = (time == at) & (event == 1) & (strata == stratum)
            hazard = np.exp(x @ beta)
            for r in range(int(died.sum())):
                share = r / died.sum() if ties == "efron" else 0.0
                value -= math.log(hazard[at_risk].sum() - share * hazard[died].sum())
            value += float((x @ beta)[died].sum())
    point = evaluate(risk, x[risk.order], beta)
    assert point.loglik == pytest.approx(value, rel=1e-10, abs=1e-10)
    if not risk.n_events:
        return
    step = 1e-5
    for j in range(2):
        shift = np.eye(2)[j] * step
        up, down = (evaluate(risk, x[risk.order], beta + sign * shift) for sign in (1, -1))
        assert point.score[j] == pytest.approx((up.loglik - down.loglik) / (2 * step), rel=1e-5, abs=1e-5)
        np.testing.assert_allclose(point.information[j], (down.score - up.score) / (2 * step), rtol=1e-5, atol=1e-5)


def test_arrays_and_frames_give_the_same_model() -> None:
    lung = golden.frame("lung").dropna(subset=["age", "ph_karno"])
    fit = cox_arrays(lung["time"].to_numpy(float), lung["event"].to_numpy(), lung[["age", "ph_karno"]].to_numpy(float))
    table = fit_cox(lung, "time", "event", ["age", "ph_karno"]).table
    np.testing.assert_allclose(np.exp(fit.coef), table["estimate"], rtol=1e-14)


def test_two_infinite_coefficients_leave_what_their_difference_says() -> None:
    # b beats c in one stratum and c beats b in the other, both beat a: only the way both go is infinite.
    frame = pd.DataFrame(
        {
            "time": [1.0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 1],
            "event": [1, 0, 1, 0, 0, 1, 0, 0, 0, 1, 0],
            "x": [59.04, 56.34, 43.05, 71.68, 32.22, 61.92, 62.81, 69.85, 54.33, 70.74, 50.93],
            "g": list("aaaabcaacba"),
            "s": list("uvuvvvvuuuu"),
        }
    )
    ours = fit_cox(frame, "time", "event", ["x", "g"], strata=["s"]).table
    # With c as the reference b is finite, and x is the same.
    other = fit_cox(frame, "time", "event", ["x", "g"], strata=["s"], references={"g": "c"}).table
    assert ours["estimate"].isna().tolist() == [False, True, True]
    assert other["reason"].str.startswith("no finite").tolist() == [False, True, False]
    assert ours["estimate"][0] == pytest.approx(other["estimate"][0], rel=1e-7)
    assert ours["std_error"][0] == pytest.approx(other["std_error"][0], rel=1e-7)


@pytest.mark.parametrize("late", [False, True])
def test_large_data_take_the_same_sums(late: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    from rrmm.analyses import cox_likelihood

    delayed = data_set("rotterdam_delayed_entry")
    options: dict[str, Any] = {"strata": ["size"], "entry": "entry" if late else None}
    small = fit_cox(delayed, "time", "event", ["age", "nodes"], **options)
    monkeypatch.setattr(cox_likelihood, "LARGEST_MATRIX", 0)
    large = fit_cox(delayed, "time", "event", ["age", "nodes"], **options)
    np.testing.assert_allclose(large.table["estimate"], small.table["estimate"], rtol=1e-10)
    np.testing.assert_allclose(large.frames["vcov"], small.frames["vcov"], rtol=1e-8)
