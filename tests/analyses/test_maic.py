"""Matching-adjusted weights and what is weighted by them, held to R."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rrmm.analyses.maic import Target, matched, moment_weights, weighted_proportion, weighted_survival
from rrmm.results import check_result
from tests.analyses.agreement import agree
from tests.golden import frame, load


def lung() -> pd.DataFrame:
    table = frame("lung")
    table["female"] = (table["sex"] == "female").astype(float)
    table["fit"] = (table["ecog"].astype(str) == "0").astype(float).where(table["ecog"].notna())
    return table


MEANS = {"age": Target(60), "female": Target(0.5), "fit": Target(0.45)}


def test_weights_agree_with_r() -> None:
    reference = load("maic")
    result = matched(lung(), MEANS)
    check_result(result)
    weights = result.frames["weights"]["weight"].dropna()
    agree("Matching weights", weights, reference["means"]["weights"], rtol=1e-6)
    agree("Effective sample size", result.numbers["ess"], reference["means"]["ess"], rtol=1e-7)
    np.testing.assert_allclose(result.table["after"], result.table["published"], rtol=1e-8)
    assert dict(result.excluded) == {"characteristic missing": 1}
    spread = matched(lung().dropna(subset=["fit"]), {"age": Target(60, sd=8), "female": Target(0.5)})
    agree("Matching weights", spread.frames["weights"]["weight"], reference["spread"]["weights"], rtol=1e-6)
    assert spread.table["term"].tolist() == ["age", "age squared", "female"]


def test_what_is_weighted_agrees_with_r() -> None:
    reference, table = load("maic"), lung()
    weights = matched(table, MEANS).frames["weights"]["weight"]
    theirs = reference["proportion"]
    ours = weighted_proportion(table["dead_by_180"], weights)
    agree("Weighted proportion", ours[:4], [theirs[key] for key in ("p", "se", "low", "high")], rtol=1e-6)
    curve = weighted_survival(table["time"], table["event"], weights)
    check_result(curve)
    theirs = reference["survival"]
    for column, key in (
        ("time", "time"),
        ("n_risk", "n_risk"),
        ("estimate", "surv"),
        ("std_error", "se"),
        ("conf_low", "low"),
        ("conf_high", "high"),
    ):
        agree("Weighted Kaplan-Meier", curve.table[column], theirs[key], rtol=1e-6)
    median = curve.numbers["median"]
    agree(
        "Weighted Kaplan-Meier, median",
        [median.estimate, median.conf_low, median.conf_high],
        [theirs["median"], theirs["median_low"], theirs["median_high"]],
        rtol=1e-9,
    )


def test_weights_of_one_are_no_weights() -> None:
    table = frame("lung")
    curve = weighted_survival(table["time"], table["event"], np.ones(len(table)))
    theirs = (
        load("lung")["endpoints"]["os"]["km"]["overall"]["curve"]
        if "os" in load("lung")["endpoints"]
        else next(iter(load("lung")["endpoints"].values()))["km"]["overall"]["curve"]
    )
    np.testing.assert_allclose(curve.table["estimate"], theirs["surv"], rtol=1e-9)
    doubled = weighted_survival(table["time"], table["event"], np.full(len(table), 2.0))
    np.testing.assert_allclose(doubled.table["std_error"], curve.table["std_error"], rtol=1e-9)


def test_the_cohort_s_own_means_need_no_weights() -> None:
    x = np.random.default_rng(1).normal(size=(30, 3))
    found = moment_weights(x, x.mean(axis=0))
    np.testing.assert_allclose(found.weights, 1, rtol=1e-9)
    assert found.ess == pytest.approx(30)


rows = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 1), st.integers(0, 6), st.integers(0, 1)), max_size=20)


@settings(max_examples=60, deadline=None)
@given(rows, st.floats(-1, 6), st.floats(0, 1), st.randoms(use_true_random=False))
def test_any_cohort_is_answered(drawn: list, mean: float, share: float, random) -> None:
    table = pd.DataFrame(drawn, columns=["number", "flag", "time", "event"], dtype=float)
    result = matched(table, {"number": Target(mean), "flag": Target(share)})
    check_result(result)
    weights = result.frames["weights"]["weight"].to_numpy()
    if result.numbers["reason"]:
        assert np.isnan(weights).all() and result.remarks[0].code == "no_weights"
    else:
        assert (weights > 0).all() and 1 - 1e-9 <= result.numbers["ess"] <= len(table) + 1e-9
        np.testing.assert_allclose(weights @ table[["number", "flag"]] / weights.sum(), [mean, share], atol=1e-5)
        order = list(range(len(table)))
        random.shuffle(order)
        shuffled = matched(table.iloc[order], {"flag": Target(share), "number": Target(mean)})
        np.testing.assert_allclose(shuffled.frames["weights"]["weight"], weights[order], rtol=1e-4, atol=1e-6)
    proportion = weighted_proportion(table["event"], weights)
    assert bool(proportion.reason) or proportion.conf_low <= proportion.estimate <= proportion.conf_high
    curve = weighted_survival(table["time"], table["event"], weights)
    check_result(curve)
    assert curve.table["estimate"].is_monotonic_decreasing and (curve.table["n_risk"] > 0).all()


def test_what_can_t_be_matched_says_why() -> None:
    table = pd.DataFrame({"x": [1.0, 2, 3], "same": [1.0, 1, 1]})
    for targets in ({"x": Target(5)}, {"same": Target(0.5)}, {"x": Target(3)}):
        result = matched(table, targets)
        assert result.numbers["reason"] and math.isnan(result.numbers["ess"])
    assert matched(table, {}).numbers["ess"] == 3
    assert matched(table.iloc[:0], {"x": Target(1)}).numbers["reason"]
    assert matched(table, {"same": Target(1)}).numbers["ess"] == 3
    for wrong in ({"y": Target(1)}, {"x": Target(math.nan)}, {"x": Target(2, sd=0)}):
        with pytest.raises(ValueError):
            matched(table, wrong)
