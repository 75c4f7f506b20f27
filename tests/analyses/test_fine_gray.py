"""Fine-Gray regression, held to cmprsk::crr."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rrmm.analyses.fine_gray import TERM_COLUMNS, fine_gray, fit_fine_gray
from rrmm.results import check_result
from tests.analyses.agreement import agree
from tests.golden import frame, load


@pytest.mark.parametrize("cause", [1, 2])
def test_regression_agrees_with_crr(cause: int) -> None:
    data = frame("rotterdam").astype({"grade": str})
    result = fine_gray(data["cr_time"], data["cr_status"], data[["age", "grade", "nodes"]], cause=cause)
    check_result(result)
    reference = load("rotterdam")["competing_risks"]["fine_gray"][f"cause{cause}"]
    theirs = reference["coef"]
    ours = result.table
    assert ours["term"].tolist() == ["age", "grade[3]", "nodes"]
    agree("Fine-Gray, log ratio", np.log(ours["estimate"]), theirs["coef"], rtol=1e-5)
    agree("Fine-Gray, ratio", ours["estimate"], theirs["shr"], rtol=1e-5)
    agree("Fine-Gray, standard error", ours["std_error"], theirs["se_robust"], rtol=1e-5)
    agree(
        "Fine-Gray, limits", ours[["conf_low", "conf_high"]].T, [theirs["lower"], theirs["upper"]], rtol=1e-5
    )
    agree("Fine-Gray, p", ours["p_value"], theirs["p"], rtol=1e-5)
    agree("Fine-Gray, log likelihood", result.numbers["loglik"], reference["loglik"], rtol=1e-9)


@pytest.mark.parametrize("cause", [1, 2])
def test_regression_agrees_with_crr_where_times_are_tied(cause: int) -> None:
    data = frame("competing_tied").astype({"grade": str})
    result = fine_gray(data["time"], data["status"], data[["age", "grade", "nodes"]], cause=cause)
    theirs = load("competing")["tied"][f"fine_gray_{cause}"]
    agree("Fine-Gray, log ratio, tied times", np.log(result.table["estimate"]), theirs["coef"], rtol=1e-5)
    agree("Fine-Gray, standard error, tied times", result.table["std_error"], theirs["std_error"], rtol=1e-5)


def test_without_another_cause_it_is_cox_with_breslow_ties() -> None:
    from statsmodels.duration.hazard_regression import PHReg

    data = frame("lung").dropna(subset=["age"])
    ours = fine_gray(data["time"], data["event"], data[["age"]])
    theirs = PHReg(data["time"], data[["age"]], status=data["event"], ties="breslow").fit()
    assert np.log(ours.table["estimate"])[0] == pytest.approx(theirs.params[0], rel=1e-6)


def test_who_is_lost_is_counted() -> None:
    data = pd.DataFrame({"age": [50, None, 60, 70, 80, 90.0]})
    result = fine_gray([1, 2, None, 4, 5, 6], [1, 2, 1, 1, 0, 2], data)
    assert dict(result.excluded) == {"time missing": 1, "covariate missing": 1}
    assert result.n == 4 and result.events == 2
    assert result.remarks[0].code == "few_events"


values = st.lists(
    st.tuples(st.integers(0, 9), st.integers(0, 2), st.integers(0, 2), st.sampled_from("ab")),
    min_size=1,
    max_size=25,
)


@settings(max_examples=60, deadline=None)
@given(values, st.randoms(use_true_random=False))
def test_any_cohort_is_answered(rows: list[tuple[int, int, int, str]], random) -> None:
    time, status, number, text = (list(column) for column in zip(*rows, strict=True))
    covariates = pd.DataFrame({"number": np.array(number, float), "text": text})
    result = fine_gray(time, status, covariates)
    check_result(result)
    table = result.table
    assert set(table.columns) == set(TERM_COLUMNS)
    assert ((table["reason"] != "") == table["estimate"].isna()).all()
    assert ((table["reason"] != "") == table["p_value"].isna()).all()
    # No confident number: a ratio of thousands from two dozen patients would be a diverging fit.
    assert (table["estimate"].dropna().between(1e-5, 1e5)).all()
    order = list(range(len(rows)))
    random.shuffle(order)
    other = fine_gray(np.array(time)[order] * 30.4375, np.array(status)[order], covariates.iloc[order])
    np.testing.assert_allclose(other.table["estimate"], table["estimate"], rtol=1e-5)
    np.testing.assert_allclose(other.table["std_error"], table["std_error"], rtol=1e-4)


def test_degenerate_covariates_get_a_reason() -> None:
    time, status = [1, 2, 3, 4, 5, 6], [1, 1, 2, 0, 1, 2]
    constant = fine_gray(time, status, pd.DataFrame({"x": [1.0] * 6}))
    assert constant.table["reason"][0].startswith("constant")
    twice = fine_gray(time, status, pd.DataFrame({"x": [1, 2, 3, 1, 2, 2.0], "y": [2, 4, 6, 2, 4, 4.0]}))
    assert twice.table["reason"][1] == "determined by the other covariates"
    separated = fine_gray([1, 2, 3, 4, 5, 6], [1, 1, 1, 0, 0, 0], pd.DataFrame({"x": [1, 1, 1, 0, 0, 0.0]}))
    assert np.isnan(separated.table["estimate"][0]) and separated.table["reason"][0]
    none = fine_gray(time, [0, 2, 2, 0, 0, 2], pd.DataFrame({"x": [1, 2, 3, 1, 2, 2.0]}))
    assert none.table["reason"][0] == "no event of this cause"
    check_result(fine_gray([], [], pd.DataFrame({"x": []})))


def test_the_scale_of_a_covariate_does_not_matter() -> None:
    data = frame("competing_tied")
    status = data["status"].to_numpy()
    x = data[["age", "nodes"]].to_numpy(float)
    one = fit_fine_gray(data["time"].to_numpy(float), status, x, 1)
    big = fit_fine_gray(data["time"].to_numpy(float), status, x * [1000.0, 1] + [5e4, 0], 1)
    np.testing.assert_allclose(big.coef * [1000.0, 1], one.coef, rtol=1e-6)
    np.testing.assert_allclose(big.std_error * [1000.0, 1], one.std_error, rtol=1e-6)
