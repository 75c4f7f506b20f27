"""The risk model: R's ridge, honest appraisal, refusals, one patient's curve, the same answer every time."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from rrmm.analyses.risk_model import RiskModel, cohort_risk_model, predict, risk_model
from rrmm.results import check_result
from tests import golden
from tests.analyses.agreement import agree
from tests.handmade import build

R = golden.load("risk_scores")


@pytest.mark.parametrize(("name", "covariates"), [("lung", ["age", "ph_karno"]), ("veteran", ["karno", "age"])])
def test_the_penalised_fit_is_rs_ridge(name: str, covariates: list[str]) -> None:
    model = risk_model(golden.frame(name), "time", "event", covariates, penalty=R[name]["theta"], bootstraps=0)
    agree(
        "Ridge-penalised Cox coefficient",
        model.result.frames["coefficients"]["per_sd"],
        R[name]["ridge"],
        1e-6,
    )
    assert model.result.n == R[name]["n"]
    # Without replicates there is no correction, and that is said.
    assert model.result.table["estimate"].isna().all() and model.result.table["reason"].str.contains("bootstrap").all()


@pytest.fixture(scope="module", params=["cox", "forest"])
def lung(request: pytest.FixtureRequest) -> RiskModel:
    return risk_model(
        golden.frame("lung"),
        "time",
        "event",
        ["age", "sex", "ph_karno"],
        kind=request.param,
        bootstraps=6,
        trees=15,
        horizon=180,
    )


def test_the_appraisal_is_corrected_downwards(lung: RiskModel) -> None:
    check_result(lung.result)
    table = lung.result.table.set_index("term")
    assert (table["reason"] == "").all() and lung.result.numbers["bootstraps"] == 6
    np.testing.assert_allclose(table["estimate"], table["apparent"] - table["optimism"])
    assert 0.5 < table.loc["Harrell's C", "estimate"] < table.loc["Harrell's C", "apparent"] < 1
    brier = table.loc["Integrated Brier score"]
    assert 0 < brier["apparent"] < brier["estimate"] < 0.3
    curve = lung.result.frames["brier"]
    assert curve["time"].is_monotonic_increasing and len(curve) <= 60
    calibration = lung.result.frames["calibration"]
    assert calibration["n"].sum() <= lung.result.n and calibration["predicted"].is_monotonic_decreasing
    assert ((calibration["conf_low"] < calibration["estimate"]) & (calibration["estimate"] < calibration["conf_high"])).all()


def test_one_patients_curve_falls_within_its_interval(lung: RiskModel) -> None:
    well, ill = ({"age": 50, "sex": "female", "ph_karno": 100}, {"age": 80, "sex": "male", "ph_karno": 50})
    good, bad = predict(lung, well), predict(lung, ill)
    for curve in (good, bad):
        assert curve["estimate"].iloc[0] == 1 and (np.diff(curve["estimate"]) <= 1e-12).all()
        assert (curve["conf_low"] <= curve["estimate"]).all() and (curve["estimate"] <= curve["conf_high"]).all()
    assert good["estimate"].iloc[-1] > bad["estimate"].iloc[-1]
    for features, words in (
        ({"age": 50, "sex": "female"}, "needs a value for 'ph_karno'"),
        ({"age": "old", "sex": "female", "ph_karno": 90}, "'age' must be a number"),
        ({"age": math.nan, "sex": "female", "ph_karno": 90}, "'age' must be a number"),
        ({"age": 50, "sex": "unknown", "ph_karno": 90}, "not a level of 'sex'"),
    ):
        with pytest.raises(ValueError, match=words):
            predict(lung, features)


@pytest.mark.parametrize("kind", ["cox", "forest"])
def test_the_same_data_give_the_same_model(kind: Any) -> None:
    frame = golden.frame("veteran")
    first, again = (risk_model(frame, "time", "event", ["karno", "trt"], kind=kind, bootstraps=5, trees=5) for _ in range(2))
    pd.testing.assert_frame_equal(first.result.table, again.result.table)
    patient = {"karno": 60, "trt": "test"}
    pd.testing.assert_frame_equal(predict(first, patient), predict(again, patient))
    other = risk_model(frame, "time", "event", ["karno", "trt"], kind=kind, bootstraps=5, trees=5, seed=9)
    assert not other.result.table["optimism"].equals(first.result.table["optimism"])


def test_too_few_events_are_refused_or_said() -> None:
    frame = golden.frame("gbsg_sep20")
    model = risk_model(frame, "time", "event", ["age", "size"])
    check_result(model.result)
    assert model.fitted is None and model.reason == "too few events: 6 for 2 parameters, 10 for each are needed"
    assert model.result.remarks[0].code == "too_few_events" and model.result.table["estimate"].isna().all()
    with pytest.raises(ValueError, match="no model to predict with: too few events"):
        predict(model, {"age": 50, "size": 20})
    fitted = risk_model(frame, "time", "event", ["age", "nodes_gt3"], anyway=True, bootstraps=8)
    assert fitted.fitted is not None and "too_few_events" in {remark.code for remark in fitted.result.remarks}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"event": 0}, "too few events"),
        ({"x": 1.0}, "no covariate differs"),
        ({"x": np.nan}, "no covariate differs"),
        ({"time": 5.0}, "two at different times"),
    ],
)
def test_what_can_not_be_fitted_has_a_reason(change: dict[str, Any], words: str) -> None:
    frame = pd.DataFrame({"time": np.arange(1.0, 31), "event": 1, "x": np.arange(30.0) % 7}).assign(**change)
    model = risk_model(frame, "time", "event", ["x"])
    check_result(model.result)
    assert words in model.reason and words in model.result.table["reason"][0]
    with pytest.raises(ValueError, match="'cox' or 'forest'"):
        risk_model(frame, "time", "event", ["x"], kind="net")  # type: ignore[arg-type]


def test_noise_gains_nothing() -> None:
    random = np.random.default_rng(4)
    frame = pd.DataFrame(
        {
            "time": random.exponential(100, 60) + 1,
            "event": 1,
            **{f"x{j}": random.normal(size=60) for j in range(6)},
        }
    )
    model = risk_model(frame, "time", "event", [f"x{j}" for j in range(6)], bootstraps=30)
    table = model.result.table.set_index("term")
    assert table.loc["Harrell's C", "apparent"] > 0.55
    assert table.loc["Harrell's C", "estimate"] < table.loc["Harrell's C", "apparent"] - 0.03


def test_a_cohorts_subgroups_and_numbers() -> None:
    random = np.random.default_rng(6)
    n = 90
    emd = random.random(n) < 0.4
    cohort = build(
        pd.DataFrame(
            {
                "emd": pd.array(emd, dtype="boolean"),
                "age": np.round(random.normal(65, 8, n)),
                "responder": pd.array(random.random(n) < 0.6, dtype="boolean"),
                "pfs_days": np.round(random.exponential(np.where(emd, 80, 240))) + 1,
                "pfs_event": pd.array(random.random(n) < 0.8, dtype="boolean"),
            }
        )
    )
    model = cohort_risk_model(cohort, "pfs", ["emd", "col:age"], bootstraps=10)
    assert [feature.name for feature in model.features] == ["Extramedullary disease", "Age (per year)"]
    curves = [
        predict(model, {"Extramedullary disease": level, "Age (per year)": 65})["estimate"].iloc[-1]
        for level in ("No EMD", "EMD")
    ]
    assert curves[0] > curves[1]
    with pytest.raises(ValueError, match="only after the start of treatment"):
        cohort_risk_model(cohort, "pfs", ["col:responder"])


def test_curves_are_those_of_scikit_survival(lung: RiskModel) -> None:
    assert lung.fitted is not None
    x = np.array([[0.0, 0.5, -1], [1, -1, 2]])
    theirs = [curve(lung.times) for curve in lung.fitted.estimator.predict_survival_function(x)]
    np.testing.assert_allclose(lung.fitted.survival(x, lung.times), theirs, rtol=1e-12)
