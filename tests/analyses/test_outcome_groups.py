"""Landmark, time-dependent Cox and crossing hazards, held to R (Stanford heart transplants and others)."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rrmm.analyses.counts import EventTable, event_table, rank_times
from rrmm.analyses.crossing import crossing_remarks, crossings, proportional_hazards
from rrmm.analyses.hazard_table import cox_from_table
from rrmm.analyses.landmark import landmark, landmark_of
from rrmm.analyses.outcome_groups import OUTCOMES, UNDATED, available, happened, when
from rrmm.analyses.time_dependent import counting_process, time_dependent_cox, time_dependent_of
from rrmm.results import check_result
from tests import cohorts
from tests.analyses.agreement import agree
from tests.analyses.survival_cases import Small, small
from tests.golden import frame, load

REFERENCE = load("outcome_groups")


def transplants() -> tuple[pd.DataFrame, Any]:
    data = frame("transplant")
    return data, when(data["ever"].to_numpy(), data["onset"].to_numpy())


@pytest.mark.parametrize("theirs", REFERENCE["landmark"], ids=lambda theirs: str(theirs["at"]))
def test_landmark_agrees_with_r(theirs: Any) -> None:
    data, outcome = transplants()
    found = landmark(data["time"].to_numpy(), data["event"].to_numpy(), outcome, theirs["at"])
    assert [each.n for each in found.groups] == theirs["n"]
    assert [each.events for each in found.groups] == theirs["events"]
    assert found.excluded["event before the landmark"] == theirs["event_before"]
    assert found.excluded["censored before the landmark"] == theirs["censored_before"]
    assert found.later == theirs["later"]
    agree("Landmark: median", [each.median.estimate for each in found.groups], theirs["median"], 1e-9)
    agree("Landmark: median", [each.median.conf_low for each in found.groups], theirs["low"], 1e-9)
    agree("Landmark: median", [each.median.conf_high for each in found.groups], theirs["high"], 1e-9)
    agree(
        "Landmark: log-rank test",
        [found.test.statistic, found.test.p_value],
        [theirs["chi2"], theirs["p"]],
        1e-9,
    )
    cox, ratio = theirs["cox"], found.ratio
    agree(
        "Landmark: Cox",
        [ratio.log_hr, ratio.se, ratio.p_value, ratio.conf_low, ratio.conf_high],
        [cox[key] for key in ("coef", "se", "p", "lower", "upper")],
        1e-6,
    )
    assert found.n + sum(found.excluded.values()) == len(data)
    check_result(found.result())


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_time_dependent_cox_agrees_with_r(ties: Any) -> None:
    data, outcome = transplants()
    theirs = REFERENCE["time_dependent"][ties]["plain"]
    found = time_dependent_cox(data["time"].to_numpy(), data["event"].to_numpy(), outcome, ties=ties)
    ratio = found.ratio
    agree(
        "Time-dependent Cox",
        [ratio.log_hr, ratio.se, ratio.z, ratio.p_value, ratio.conf_low, ratio.conf_high],
        [theirs[key] for key in ("coef", "se", "z", "p", "lower", "upper")],
        1e-6,
    )
    agree("Time-dependent Cox", found.fit.loglik, theirs["loglik"], 1e-9)
    assert len(found.rows) == theirs["n"] and sum(found.events) == theirs["nevent"] and found.n == len(data)
    check_result(found.result())


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_time_dependent_cox_with_a_covariate_agrees_with_r(ties: Any) -> None:
    data, outcome = transplants()
    theirs = REFERENCE["time_dependent"][ties]["age"]
    found = time_dependent_cox(
        data["time"].to_numpy(), data["event"].to_numpy(), outcome, ties=ties, covariates=data[["age"]]
    ).adjusted
    assert found is not None
    agree("Time-dependent Cox, adjusted", np.log(found.table["estimate"]), theirs["coef"], 1e-5, 1e-9)
    agree("Time-dependent Cox, adjusted", found.table["std_error"], theirs["se"], 1e-5)
    agree("Time-dependent Cox, adjusted", found.table["p_value"], theirs["p"], 1e-5)


@pytest.mark.parametrize(
    "theirs", REFERENCE["ph"], ids=lambda each: f"{each['data']}-{each['group']}-{each['ties']}"
)
def test_proportional_hazards_agree_with_r(theirs: Any) -> None:
    data = frame(theirs["data"])
    codes, levels = pd.factorize(data[theirs["group"]], sort=True)
    table = event_table(rank_times(data["time"], data["event"]), codes, len(levels))
    found = proportional_hazards(table, ties=theirs["ties"])
    agree(
        "Proportional hazards (one factor)",
        [found.statistic, found.df, found.p_value],
        [theirs["chi2"], theirs["df"], theirs["p"]],
        1e-6,
    )


def two_weibulls() -> EventTable:
    data = frame("crossing")
    return event_table(
        rank_times(data["time"], data["event"]), (data["group"] == "late").to_numpy().astype(int), 2
    )


def test_hazards_that_cross_bring_the_difference_of_restricted_means() -> None:
    (found,) = crossings(two_weibulls())
    theirs = REFERENCE["crossing"]
    assert found.crosses and found.early < 1 < found.late and found.difference is not None
    mean = found.difference
    agree(
        "Difference of restricted means",
        [mean.tau, mean.estimate, mean.std_error, mean.conf_low, mean.conf_high, mean.p_value],
        [theirs[key] for key in ("tau", "diff", "se", "lower", "upper", "p")],
        1e-9,
    )
    (remark,) = crossing_remarks(two_weibulls(), ("Early", "Late"), unit=1, unit_name="days")
    assert remark.code == "hazards_cross"
    assert "Late has fewer events than expected up to" in remark.text and "+8.3 days" in remark.text


def test_hazards_that_do_not_cross_bring_no_remark() -> None:
    data = frame("lung")
    codes, levels = pd.factorize(data["sex"], sort=True)
    table = event_table(rank_times(data["time"], data["event"]), codes, len(levels))
    assert crossing_remarks(table, tuple(levels)) == ()
    assert not crossings(table)[0].crosses and crossings(table)[0].difference is None


@settings(max_examples=80, deadline=None)
@given(small(max_groups=3))
def test_no_small_cohort_breaks_the_crossing(cohort: Small) -> None:
    table = cohort.table()
    rows = crossings(table)
    assert len(rows) == table.groups - 1
    for row in rows:
        assert math.isnan(row.ph.p_value) or 0 <= row.ph.p_value <= 1
        assert row.crosses == (row.difference is not None)
    crossing_remarks(table, [f"level {k}" for k in range(table.groups)])


@st.composite
def courses(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    n = draw(st.integers(1, 12))
    time = draw(st.lists(st.integers(0, 9), min_size=n, max_size=n))
    event = draw(st.lists(st.sampled_from([0, 1, 1, -1]), min_size=n, max_size=n))
    ever = draw(st.lists(st.sampled_from([0, 1, 1, -1]), min_size=n, max_size=n))
    onset = draw(st.lists(st.sampled_from([math.nan, -2, 0, 1, 3, 5, 20]), min_size=n, max_size=n))
    return np.array(time, dtype=float), np.array(event), np.array(ever), np.array(onset, dtype=float)


@settings(max_examples=100, deadline=None)
@given(courses(), st.integers(0, 9))
def test_everybody_is_compared_or_left_out_for_a_reason(course: Any, at: int) -> None:
    time, event, ever, onset = course
    outcome = when(ever, onset)
    found = landmark(time, event, outcome, at)
    assert found.n + sum(found.excluded.values()) == len(time)
    assert (found.codes >= 0).sum() == found.n and (time[found.codes >= 0] > at).all()
    assert found.result().n == found.n
    moving = time_dependent_cox(time, event, outcome)
    assert moving.n + sum(moving.excluded.values()) == len(time)
    usable = np.isin(event, (0, 1)) & (outcome.ever >= 0)
    assert sum(moving.events) == (event[usable] == 1).sum()
    assert moving.rows.groupby("patient")["event"].sum().le(1).all()
    length = (moving.rows["stop"] - moving.rows["start"]).sum()
    assert length == pytest.approx(time[usable].sum())
    check_result(moving.result())


@settings(max_examples=40, deadline=None)
@given(courses())
def test_an_outcome_that_all_had_from_the_start_or_never_leaves_the_plain_table(course: Any) -> None:
    time, event, _, _ = course
    everybody = np.ones(len(time), dtype=int)
    for ever, column in ((everybody, 1), (everybody - 1, 0)):
        found = time_dependent_cox(time, event, when(ever, np.zeros(len(time))))
        plain = event_table(rank_times(time, event), np.full(len(time), column), 2)
        np.testing.assert_array_equal(found.table.n_risk, plain.n_risk)
        np.testing.assert_array_equal(found.table.n_event, plain.n_event)


def test_rows_of_the_counting_process() -> None:
    rows = counting_process(
        np.array([5.0, 5.0, 5.0, 5.0]), np.array([1, 1, 0, 1]), np.array([np.nan, 2.0, 0.0, 5.0])
    )
    assert rows.to_dict("list") == {
        "patient": [0, 1, 1, 2, 3],
        "start": [0, 0, 2, 0, 0],
        "stop": [5, 2, 5, 5, 5],
        "event": [1, 0, 1, 0, 1],
        "had_it": [0, 0, 1, 1, 0],
    }


def test_immortal_time_is_gone() -> None:
    """Response that does nothing: grouped at time zero it seems to protect, with the switch it does not."""
    rng = np.random.default_rng(11)
    n = 4000
    time, onset = rng.exponential(100, n), rng.exponential(100, n)
    ever = (onset < time).astype(int)
    naive = cox_from_table(event_table(rank_times(time, np.ones(n)), ever, 2))[0]
    fair = time_dependent_cox(time, np.ones(n), when(ever, np.where(ever == 1, onset, np.nan))).ratio
    assert naive.hr < 0.7 and fair.conf_low < 1 < fair.conf_high
    late = landmark(time, np.ones(n), when(ever, onset), 60).ratio
    assert late.conf_low < 1 < late.conf_high


def test_an_onset_before_the_start_or_unknown_is_undated() -> None:
    found = when(np.array([1, 1, 1, 0, -1]), np.array([3.0, -1.0, np.nan, 4.0, 2.0]))
    assert found.ever.tolist() == [1, UNDATED, UNDATED, 0, -1]
    assert np.isnan(found.onset[1:]).all()


def test_a_landmark_before_the_start_is_refused() -> None:
    for at in (-1, math.nan, math.inf):
        with pytest.raises(ValueError):
            landmark(np.array([1.0]), np.array([1]), when(np.array([1]), np.array([0.0])), at)


@pytest.mark.parametrize("name", cohorts.ALL)
@pytest.mark.parametrize("outcome", OUTCOMES)
def test_any_cohort_has_an_answer(name: str, outcome: str) -> None:
    cohort = cohorts.ALL[name]()
    for endpoint in ("pfs", "os"):
        about = np.ones(cohort.n, dtype=bool)
        first = landmark_of(cohort, endpoint, outcome, 2, about=about)
        moving = time_dependent_of(cohort, endpoint, outcome, about=about)
        for found in (first, moving):
            check_result(found.result())
            assert found.n + sum(found.excluded.values()) == cohort.n
    assert set(available(cohort)) <= set(OUTCOMES)


def test_the_sample_knows_when_its_patients_responded() -> None:
    cohort = cohorts.sample()
    assert "response" in available(cohort)
    found = landmark_of(cohort, "pfs", "response", 2)
    assert found.n > 20 and found.groups[1].label == "Response by month 2"
    outcome = happened(cohort, "response")
    assert (outcome.ever == 1).sum() + (outcome.ever == UNDATED).sum() == (
        cohort.flag("responder") == 1
    ).sum()


def test_grades_and_dates_are_read() -> None:
    table = pd.DataFrame(
        {
            "start_date": pd.to_datetime(["2024-01-01"] * 3),
            "crs_onset_date": pd.to_datetime(["2024-01-03", None, "2024-01-02"]),
        }
    )
    cohort: Any = SimpleNamespace(frame=table, number=lambda name: np.array([2.0, 0.0, np.nan]))
    found = happened(cohort, "crs")
    assert found.ever.tolist() == [1, 0, -1] and found.onset[0] == 2
