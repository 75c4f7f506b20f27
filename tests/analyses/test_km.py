"""Kaplan-Meier and what is read off it, held to R's survfit, quantile and survmean."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rrmm.analyses.counts import event_table, rank_times
from rrmm.analyses.km import (
    CONF_TYPES,
    NO_EVENT,
    ConfType,
    Curves,
    curve_points,
    followup,
    kaplan_meier,
    quantile,
    risk_table,
    rmst,
    rmst_difference,
    survival_at,
)
from tests.analyses.agreement import agree
from tests.analyses.survival_cases import Case, Small, cases, small


def curves_of(time: Any, event: Any, conf_type: ConfType = "log-log", **more: Any) -> Curves:
    ranked = rank_times(time, event, more.pop("entry", None))
    return kaplan_meier(event_table(ranked, np.zeros(len(ranked.rank), dtype=int), 1), conf_type, **more)


@pytest.mark.parametrize("conf_type", CONF_TYPES)
@pytest.mark.parametrize("case", cases(), ids=str)
def test_curve_and_interval_agree_with_r(case: Case, conf_type: ConfType) -> None:
    for table, k, block, _ in case.groups():
        curves, curve = kaplan_meier(table, conf_type), block["curve"]
        at = np.searchsorted(table.times, curve["time"])
        agree("Kaplan-Meier estimate", curves.estimate[at, k], curve["surv"], 1e-9)
        agree("Kaplan-Meier standard error (Greenwood)", curves.std_error[at, k], curve["se"], 1e-9)
        name = f"Kaplan-Meier interval ({conf_type})"
        agree(name, curves.conf_low[at, k], curve[conf_type]["lower"], 1e-9)
        agree(name, curves.conf_high[at, k], curve[conf_type]["upper"], 1e-9)


@pytest.mark.parametrize("case", cases(), ids=str)
def test_quantiles_agree_with_r(case: Case) -> None:
    midpoints = 0
    for table, k, block, _ in case.groups():
        for prob, reference in block["quantiles"].items():
            midpoints += reference["midpoint_rule_active"]
            for conf_type in CONF_TYPES:
                found = quantile(kaplan_meier(table, conf_type), k, float(prob))
                agree("Median and quartiles", found.estimate, reference["est"], 1e-12)
                agree(f"Median and quartiles, interval ({conf_type})", [found.conf_low, found.conf_high],
                      reference[conf_type], 1e-12)
    if case.data == "veteran":
        assert midpoints, "a flat stretch at the quantile is among the cases"


@pytest.mark.parametrize("conf_type", CONF_TYPES)
@pytest.mark.parametrize("case", cases(), ids=str)
def test_survival_at_a_time_agrees_with_r(case: Case, conf_type: ConfType) -> None:
    for table, k, block, _ in case.groups():
        reference = block["landmarks"]
        found = survival_at(kaplan_meier(table, conf_type), k, reference["time"])
        beyond = np.array(reference["beyond_last_time"])
        agree("Number at risk", found.n_risk, reference["n_risk"], 0)
        assert np.isnan(found.estimate[beyond]).all() and (found.n_risk[beyond] == 0).all()
        for ours, theirs, name in (
            (found.estimate, reference["surv"], "Survival at a time"),
            (found.std_error, reference["se"], "Survival at a time, standard error"),
            (found.conf_low, reference[conf_type]["lower"], "Survival at a time, interval"),
            (found.conf_high, reference[conf_type]["upper"], "Survival at a time, interval"),
        ):
            known = np.array([np.nan if value is None else value for value in theirs])[~beyond]
            agree(name, ours[~beyond], known, 1e-9)


@pytest.mark.parametrize("case", cases(), ids=str)
def test_risk_table_agrees_with_r(case: Case) -> None:
    for table, k, block, _ in case.groups():
        reference = block["at_risk"]
        at_risk, events, censored = (counts[:, k] for counts in risk_table(table, reference["time"]))
        agree("Number at risk", at_risk, reference["n_risk"], 0)
        # R's oracle counts what happens at the tick itself too; a row of ours, just before it, adds up to n.
        here = np.searchsorted(table.times, reference["time"])
        there = np.isin(reference["time"], table.times)
        here = np.minimum(here, len(table.times) - 1)
        agree("Events so far", events + there * table.n_event[here, k], reference["cum_event"], 0)
        agree("Censored so far", censored + there * table.n_censor[here, k], reference["cum_censor"], 0)


@pytest.mark.parametrize("case", cases(), ids=str)
def test_restricted_mean_agrees_with_r(case: Case) -> None:
    for table, k, block, _ in case.groups():
        reference = block["rmst"]
        found = rmst(kaplan_meier(table), k, reference["tau"])
        agree("Restricted mean survival time", found.estimate, reference["rmst"], 1e-9)
        agree("Restricted mean survival time, standard error", found.std_error, reference["se"], 1e-9)
        if found.note == NO_EVENT:
            # R prints an interval of no width from a standard error of 0; we print none.
            assert reference["se"] == 0 and math.isnan(found.conf_low)
            continue
        agree("Restricted mean survival time, interval", [found.conf_low, found.conf_high],
              [reference["lower"], reference["upper"]], 1e-9)
    for name, by in case.reference["km"]["by"].items():
        reference = by.get("rmst_difference")
        if reference is None:
            continue
        found = rmst_difference(kaplan_meier(case.table(name)), case.reference["tau"])
        agree("Difference of restricted means", found.estimate, reference["diff"], 1e-9)
        if not found.note:
            agree("Difference of restricted means, interval and p",
                  [found.std_error, found.conf_low, found.conf_high, found.p_value],
                  [reference[key] for key in ("se", "lower", "upper", "p")], 1e-9)


@pytest.mark.parametrize("case", [case for case in cases() if case.reference["entry"] is None], ids=str)
def test_follow_up_agrees_with_r(case: Case) -> None:
    for table, k, _, reference in case.groups():
        if reference is None:
            continue
        flip = reference["flip"]
        found = [followup(table, k, prob).estimate for prob in (0.25, 0.5, 0.75)]
        agree("Follow-up (reverse Kaplan-Meier)", found, [flip["q25"], flip["median"], flip["q75"]], 1e-12)
        for conf_type in CONF_TYPES:
            median = followup(table, k, conf_type=conf_type)
            agree("Follow-up, interval", [median.conf_low, median.conf_high], flip[conf_type], 1e-12)
    whole = case.reference["followup_reverse_km"]["overall"]["flip"]
    some = next(iter(case.reference["km"]["by"]))
    if (case.codes(some) >= 0).all():
        agree("Follow-up (reverse Kaplan-Meier)", followup(case.table(some)).estimate, whole["median"], 1e-12)


# What holds for any cohort.


@settings(max_examples=100, deadline=None)
@given(small(), st.sampled_from(CONF_TYPES))
def test_curves_by_definition_and_in_bounds(cohort: Small, conf_type: ConfType) -> None:
    table = cohort.table()
    curves = kaplan_meier(table, conf_type)
    entry = np.full(len(cohort.time), -1.0) if cohort.entry is None else cohort.entry
    for k in range(cohort.n_groups):
        inside, s, variance = cohort.group == k, 1.0, 0.0
        for at, time in enumerate(table.times):
            risk = np.count_nonzero(inside & (cohort.time >= time) & (entry < time))
            died = np.count_nonzero(inside & (cohort.time == time) & (cohort.event == 1))
            if died:
                s *= 1 - died / risk
                variance += died / (risk * (risk - died)) if risk > died else math.inf
            assert curves.estimate[at, k] == pytest.approx(s, abs=1e-12)
            if s > 0:
                assert curves.std_error[at, k] == pytest.approx(s * math.sqrt(variance), abs=1e-12)
        assert (np.diff(curves.estimate[:, k]) <= 0).all()
        low, high = curves.conf_low[:, k], curves.conf_high[:, k]
        known = ~np.isnan(low)
        assert (known == ~np.isnan(high)).all()
        assert (curves.estimate[known, k] >= low[known] - 1e-12).all()
        assert (curves.estimate[known, k] <= high[known] + 1e-12).all()
        assert ((low[known] >= 0) & (high[known] <= 1)).all()
        assert not known[curves.estimate[:, k] == 0].any()


@settings(max_examples=60, deadline=None)
@given(small(), st.sampled_from([1 / 30.4375, 7.0, 1000.0]), st.sampled_from(CONF_TYPES))
def test_the_unit_of_time_does_not_matter(cohort: Small, unit: float, conf_type: ConfType) -> None:
    entry = None if cohort.entry is None else cohort.entry * unit
    one = kaplan_meier(cohort.table(), conf_type)
    scaled = Small(cohort.time * unit, cohort.event, cohort.group, entry, cohort.n_groups)
    other = kaplan_meier(scaled.table(), conf_type)
    np.testing.assert_allclose(one.estimate, other.estimate)
    for k in range(cohort.n_groups):
        a, b = quantile(one, k), quantile(other, k)
        np.testing.assert_allclose(np.array([a.estimate, a.conf_low, a.conf_high]) * unit,
                                   [b.estimate, b.conf_low, b.conf_high])
        np.testing.assert_allclose(rmst(one, k, 5).estimate * unit, rmst(other, k, 5 * unit).estimate)


@settings(max_examples=80, deadline=None)
@given(small(delayed=False), st.lists(st.floats(0, 12), min_size=1, max_size=6))
def test_each_row_of_the_risk_table_adds_up(cohort: Small, times: list[float]) -> None:
    table = cohort.table()
    at_risk, events, censored = risk_table(table, times)
    assert (at_risk + events + censored == table.n).all()
    for k in range(cohort.n_groups):
        inside = cohort.group == k
        for row, time in enumerate(times):
            before = inside & (cohort.time < time)
            assert at_risk[row, k] == np.count_nonzero(inside & ~before)
            assert events[row, k] == np.count_nonzero(before & (cohort.event == 1))


@settings(max_examples=80, deadline=None)
@given(small(), st.floats(0.5, 12))
def test_restricted_mean_is_the_area(cohort: Small, tau: float) -> None:
    curves = kaplan_meier(cohort.table())
    for k in range(cohort.n_groups):
        found = rmst(curves, k, tau)
        if not np.count_nonzero(cohort.group == k):
            assert math.isnan(found.estimate) and found.note == "no patient"
            continue
        grid = np.unique(np.concatenate([[0.0, tau], curves.table.times[curves.table.times < tau]]))
        place = np.searchsorted(curves.table.times, grid[:-1], side="right") - 1
        height = np.where(place >= 0, curves.estimate[np.maximum(place, 0), k], 1.0)
        assert found.estimate == pytest.approx(float(np.sum(np.diff(grid) * height)))
        assert found.estimate <= tau + 1e-12


@settings(max_examples=80, deadline=None)
@given(small())
def test_median_is_where_the_curve_says(cohort: Small) -> None:
    curves = kaplan_meier(cohort.table())
    for k in range(cohort.n_groups):
        found = quantile(curves, k).estimate
        end = curves.table.last[k] + 1
        low = curves.estimate[:end, k]
        if math.isnan(found):
            assert not (low <= 0.5 + 1e-9).any()
        else:
            assert survival_at(curves, k, [found]).estimate[0] <= 0.5 + 1e-9
            earlier = curves.table.times[curves.estimate[:, k] > 0.5 + 1e-9]
            assert (found > earlier).all() or not len(earlier)


@settings(max_examples=60, deadline=None)
@given(small(), st.integers(1, 12))
def test_drawn_points_lie_on_the_curve(cohort: Small, most: int) -> None:
    curves = kaplan_meier(cohort.table())
    for k in range(cohort.n_groups):
        points = curve_points(curves, k, most)
        own = cohort.time[cohort.group == k]
        if not len(own):
            assert not len(points.time) and not len(points.tick_time)
            continue
        assert points.time[0] == 0 and points.estimate[0] == 1 and points.time[-1] == own.max()
        assert len(points.time) <= max(most, 2)
        here = survival_at(curves, k, points.time[1:])
        np.testing.assert_array_equal(points.estimate[1:], here.estimate)
        np.testing.assert_array_equal(points.n_risk[1:], here.n_risk)
        ticks = survival_at(curves, k, points.tick_time)
        np.testing.assert_array_equal(points.tick_estimate, ticks.estimate)


# Corners.


def test_the_midpoint_of_a_flat_stretch() -> None:
    found = quantile(curves_of([1, 2, 3, 4], [1, 1, 1, 1]))
    assert found.estimate == 2.5
    # No event after the stretch: it runs to the last time.
    assert quantile(curves_of([1, 2, 3, 8], [1, 1, 0, 0])).estimate == 5
    # 0.5 missed by rounding is 0.5: 5/6 * 3/5 = 0.5.
    assert quantile(curves_of([1, 2, 2, 4, 5, 9], [1, 1, 1, 1, 0, 0])).estimate == 3


def test_not_reached() -> None:
    found = quantile(curves_of([1, 2, 3, 4], [1, 0, 0, 0]))
    assert math.isnan(found.estimate) and math.isnan(found.conf_high)


def test_all_censored() -> None:
    curves = curves_of([3, 5, 5], [0, 0, 0])
    assert (curves.estimate == 1).all()
    assert math.isnan(quantile(curves).estimate)
    here = survival_at(curves, 0, [0, 2, 4, 5, 6])
    assert here.estimate[:4].tolist() == [1, 1, 1, 1] and math.isnan(here.estimate[4])
    assert here.conf_low[:2].tolist() == [1, 1] and np.isnan(here.conf_low[2:]).all()
    mean = rmst(curves, 0, 4)
    assert (mean.estimate, mean.std_error, mean.note) == (4, 0, NO_EVENT) and math.isnan(mean.conf_low)


def test_one_patient_with_an_event_at_time_zero() -> None:
    curves = curves_of([0], [1])
    assert curves.estimate.tolist() == [[0]] and np.isnan(curves.conf_low).all()
    assert quantile(curves).estimate == 0
    assert risk_table(curves.table, [0, 1])[0].tolist() == [[1], [0]]
    assert rmst(curves, 0, 1).estimate == 0
    assert len(curve_points(curves, 0).time) == 2


def test_a_risk_set_that_empties_early_stays_at_zero() -> None:
    curves = curves_of([2, 5, 6], [1, 1, 0], entry=[0, 3, 3])
    assert curves.estimate[:, 0].tolist() == [0, 0, 0]


def test_tau_beyond_the_last_time_is_said() -> None:
    found = rmst(curves_of([1, 2, 3], [1, 0, 0]), 0, 10)
    assert "before tau" in found.note and math.isfinite(found.estimate)
    assert rmst(curves_of([1, 2, 3], [1, 1, 1]), 0, 10).note == ""


def test_a_difference_without_an_event_in_a_group_has_no_p() -> None:
    table = event_table(rank_times([1, 2, 3, 4], [1, 1, 0, 0]), [0, 0, 1, 1], 2)
    found = rmst_difference(kaplan_meier(table), 3)
    assert found.estimate == pytest.approx(1.5) and math.isnan(found.p_value) and found.note == NO_EVENT


def test_thinning_bounds_a_long_curve() -> None:
    rng = np.random.default_rng(5)
    curves = curves_of(rng.exponential(500, 20_000), rng.random(20_000) < 0.5)
    points = curve_points(curves, 0)
    assert len(points.time) <= 500 and len(points.tick_time) <= 150
    assert points.time[-1] == curves.table.times[-1]
    width = curves.table.times[-1] / 499
    dense = survival_at(curves, 0, np.linspace(0, points.time[-1], 2000))
    drawn = points.estimate[np.searchsorted(points.time, dense.time, side="right") - 1]
    before = survival_at(curves, 0, np.maximum(dense.time - 2 * width, 0)).estimate
    assert (drawn >= dense.estimate - 1e-12).all() and (drawn <= before + 1e-12).all()


@pytest.mark.parametrize("wrong", [
    lambda curves: quantile(curves, 0, 0), lambda curves: quantile(curves, 0, 1),
    lambda curves: rmst(curves, 0, 0), lambda curves: rmst(curves, 0, math.inf),
    lambda curves: kaplan_meier(curves.table, "logit"), lambda curves: kaplan_meier(curves.table, level=1),
])
def test_what_is_no_question_is_refused(wrong: Any) -> None:
    with pytest.raises(ValueError):
        wrong(curves_of([1, 2], [1, 0]))
