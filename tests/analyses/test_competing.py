"""Cumulative incidence, Gray's test and the cause-specific log-rank, held to survival, cmprsk and etm."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rrmm.analyses.competing import (
    CONF_TYPES,
    CURVE_COLUMNS,
    aalen_johansen,
    cumulative_incidence,
    gray_test,
    limits,
)
from rrmm.results import check_result
from tests.analyses.agreement import agree, number
from tests.golden import frame, load

R_TYPES = ("log-log", "log", "plain")


def rotterdam() -> pd.DataFrame:
    return frame("rotterdam").astype({"grade": str})


def check_group(at: pd.DataFrame, reference: dict, conf_type: str) -> None:
    for cause in (1, 2):
        theirs = reference[f"cause{cause}"]
        ours = at[at["cause"] == cause].sort_values("time")
        # Beyond the last time R carries the last value forward; we print none.
        known = ~np.array(reference["beyond_last_time"])
        assert ours["estimate"].isna().tolist() == (~known).tolist()
        agree("Cumulative incidence", ours["estimate"][known], np.array(theirs["cif"])[known], rtol=1e-9)
        agree(
            "Cumulative incidence, standard error",
            ours["std_error"][known],
            np.array(theirs["se_survfit_ij"])[known],
            rtol=1e-9,
        )
        agree(
            "Cumulative incidence, standard error (etm)",
            ours["std_error"][known],
            np.array(theirs["se_etm_greenwood"])[known],
            rtol=1e-9,
        )
        interval = theirs[
            "ci_greenwood_cloglog_of_F" if conf_type == "cloglog" else f"ci_survfit_{conf_type}"
        ]
        for side, name in (("conf_low", "lower"), ("conf_high", "upper")):
            agree(
                "Cumulative incidence, interval",
                ours[side][known],
                np.array(number(interval[name]))[known],
                1e-9,
            )


@pytest.mark.parametrize("conf_type", CONF_TYPES)
def test_incidence_agrees_with_r(conf_type: str) -> None:
    data, reference = rotterdam(), load("rotterdam")["competing_risks"]
    overall = cumulative_incidence(
        data["cr_time"], data["cr_status"], at=reference["overall"]["time"], conf_type=conf_type
    )
    check_result(overall)
    check_group(overall.frames["at"], reference["overall"], conf_type)
    for name, by in reference["by"].items():
        for level, theirs in by["groups"].items():
            result = cumulative_incidence(
                data["cr_time"],
                data["cr_status"],
                data[name],
                at=theirs["time"],
                conf_type=conf_type,
                tests=False,
            )
            at = result.frames["at"]
            check_group(at[at["group"] == level], theirs, conf_type)


@pytest.mark.parametrize("name", ["grade", "size"])
def test_tests_between_groups_agree_with_r(name: str) -> None:
    data, reference = rotterdam(), load("rotterdam")["competing_risks"]["by"][name]
    result = cumulative_incidence(data["cr_time"], data["cr_status"], data[name])
    for ours, theirs, label in (
        (result.frames["gray"], reference["gray"], "Gray's test"),
        (
            result.frames["cause_specific_logrank"],
            reference["cause_specific_logrank"],
            "Cause-specific log-rank",
        ),
    ):
        for column, key in (("statistic", "chi2"), ("df", "df"), ("p_value", "p")):
            agree(label, ours[column], theirs[key], rtol=1e-8)


def test_tied_times_and_an_emptied_risk_set_agree_with_r() -> None:
    """Half-yearly times, and a group whose last patients all have an event."""
    reference = load("competing")
    for name in ("tied", "toy"):
        data = frame(f"competing_{name}")
        theirs = reference[name]["incidence"]
        for conf_type in R_TYPES:
            result = cumulative_incidence(data["time"], data["status"], conf_type=conf_type)
            check_result(result)
            for cause in (1, 2):
                ours = result.table[result.table["cause"] == cause]
                agree("Cumulative incidence, tied times", ours["time"], theirs["time"], 1e-12)
                agree("Cumulative incidence, tied times", ours["n_risk"], theirs["n_risk"], 1e-12)
                agree("Cumulative incidence, tied times", ours["estimate"], theirs[f"estimate_{cause}"], 1e-9)
                # Where F is 1 minus rounding R has an error of 1e-17 and we have 0, or the other way round.
                agree(
                    "Cumulative incidence, standard error, tied times",
                    ours["std_error"],
                    theirs[f"std_error_{cause}"],
                    1e-8,
                    atol=1e-12,
                )
                for side in ("conf_low", "conf_high"):
                    agree(
                        "Cumulative incidence, interval, tied times",
                        ours[side],
                        theirs[f"{side}_{conf_type}_{cause}"],
                        1e-8,
                        atol=1e-12,
                    )
    data = frame("competing_tied").astype({"size": str})
    result = cumulative_incidence(data["time"], data["status"], data["size"])
    for column in ("statistic", "df", "p_value"):
        agree(
            "Gray's test, tied times", result.frames["gray"][column], reference["tied"]["gray"][column], 1e-8
        )


def test_without_another_cause_it_is_one_minus_kaplan_meier() -> None:
    data = frame("lung")
    ours = aalen_johansen(data["time"].to_numpy(float), data["event"].to_numpy(), 1)
    np.testing.assert_allclose(1 - ours.estimate[0], ours.survival, atol=1e-12)


def test_gray_test_alone() -> None:
    data = rotterdam()
    outcome = gray_test(data["cr_time"], data["cr_status"], data["size"], cause=2)
    reference = load("rotterdam")["competing_risks"]["by"]["size"]["gray"]
    assert outcome.statistic == pytest.approx(reference["chi2"][1], rel=1e-8)
    assert outcome.p_value == pytest.approx(reference["p"][1], rel=1e-8)
    assert gray_test([1, 2], [1, 1], ["a", "a"], cause=1).reason
    assert gray_test([1, 2], [1, 1], ["a", "b"], cause=2).reason


patients = st.lists(
    st.tuples(st.integers(0, 8), st.integers(0, 3), st.sampled_from("abc")), min_size=1, max_size=30
)


@settings(max_examples=50, deadline=None)
@given(patients, st.randoms(use_true_random=False))
def test_any_cohort_is_answered(rows: list[tuple[int, int, str]], random) -> None:
    time, status, group = (np.array(column) for column in zip(*rows, strict=True))
    result = cumulative_incidence(time, status, group, at=[0, 3, 99])
    check_result(result)
    assert result.n == len(rows) and result.events == (status > 0).sum()
    table = result.table
    if not table.empty:
        # Probabilities: monotone, and all causes together never above 1.
        for (_, _), curve in table.groupby(["group", "cause"]):
            assert curve["estimate"].is_monotonic_increasing
        assert (table.groupby(["group", "time"])["estimate"].sum() <= 1 + 1e-12).all()
        assert table["n_event"].sum() == (status > 0).sum()
        # Limits R gives always hold the estimate, and stay within 0 to 1.
        known = table.dropna(subset=["conf_low", "conf_high"])
        assert ((known["conf_low"] >= 0) & (known["conf_high"] <= 1)).all()
    order = list(range(len(rows)))
    random.shuffle(order)
    for other in (
        cumulative_incidence(time[order], status[order], group[order], at=[0, 3, 99]),
        cumulative_incidence(time * 30.4375, status, group, at=[0, 3 * 30.4375, 99 * 30.4375]),
    ):
        np.testing.assert_allclose(other.table["estimate"], table["estimate"], atol=1e-12)
        np.testing.assert_allclose(
            other.frames["at"]["estimate"], result.frames["at"]["estimate"], atol=1e-12
        )
        for name in ("gray", "cause_specific_logrank"):
            ours, theirs = result.frames[name], other.frames[name]
            np.testing.assert_allclose(ours["p_value"], theirs["p_value"], atol=1e-6)
            assert ((ours["reason"] != "") == ours["p_value"].isna()).all()


@settings(max_examples=30, deadline=None)
@given(patients)
def test_brute_force_over_the_times(rows: list[tuple[int, int, str]]) -> None:
    """The estimator written down as its definition."""
    time, status = np.array([r[0] for r in rows], float), np.array([r[1] for r in rows])
    ours = aalen_johansen(time, status, 3)
    free, incidence = 1.0, np.zeros(3)
    for step, t in enumerate(sorted(set(time))):
        at_risk = (time >= t).sum()
        events = [((time == t) & (status == cause)).sum() for cause in (1, 2, 3)]
        incidence = incidence + free * np.array(events) / at_risk
        free *= 1 - sum(events) / at_risk
        np.testing.assert_allclose(ours.estimate[:, step], incidence, atol=1e-12)


def test_who_is_left_out_is_counted() -> None:
    result = cumulative_incidence(
        [1, None, 3, -1, 5, 6], [1, 1, None, 0, 2, 1], ["a", "a", "b", "b", None, "b"]
    )
    assert dict(result.excluded) == {
        "time missing": 1,
        "time before 0": 1,
        "status missing": 1,
        "group missing": 1,
    }
    assert result.n == 2 and result.numbers["groups"] == ("a", "b")


def test_labels_and_their_order_are_the_file_s() -> None:
    ordered = pd.Categorical(["late", "early", "late"], categories=["late", "early", "never"])
    assert cumulative_incidence([1, 2, 3], [1, 1, 0], ordered).numbers["groups"] == ("late", "early")
    assert cumulative_incidence([1, 2, 3], [1, 1, 0], [2.0, 1.0, 2.0]).numbers["groups"] == ("1", "2")


@pytest.mark.parametrize(
    ("time", "status", "group"),
    [
        ([], [], []),
        ([5.0], [0], ["a"]),
        ([5.0], [1], ["a"]),
        ([0.0, 0.0], [1, 2], ["a", "b"]),
        ([1, 2, 3], [0, 0, 0], ["a", "b", "b"]),
        ([1, 2, 3, 4], [1, 1, 2, 2], ["a", "a", "b", "b"]),
        ([7, 7, 7, 7], [1, 2, 1, 0], ["a", "a", "b", "b"]),
    ],
)
def test_degenerate_cohorts_are_answered(time: list, status: list, group: list) -> None:
    result = cumulative_incidence(time, status, group, at=[1, 10])
    check_result(result)
    assert set(result.table.columns) == set(CURVE_COLUMNS)
    for name in ("gray", "cause_specific_logrank"):
        tests = result.frames[name]
        assert ((tests["reason"] != "") == tests["p_value"].isna()).all()


@pytest.mark.parametrize(
    "change",
    [{"status": [0.5]}, {"status": [-1]}, {"status": [99]}, {"time": [1, 2]}, {"conf_type": "arcsine"}],
)
def test_contradictions_are_refused(change: dict) -> None:
    arguments = {"time": [1], "status": [1]} | change
    with pytest.raises(ValueError):
        cumulative_incidence(**arguments)
    with pytest.raises(ValueError):
        limits(np.array([0.5]), np.array([0.1]), "arcsine")


def test_limits_where_nobody_or_everybody_has_the_event() -> None:
    estimate, error = np.array([0.0, 1.0]), np.array([0.0, 0.0])
    for conf_type in CONF_TYPES:
        low, high = limits(estimate, error, conf_type)
        assert math.isnan(low[0]) == (conf_type != "plain")
        assert math.isnan(high[1]) != (conf_type in ("plain", "log"))
