"""Hazard ratios from the table of counts held to R's coxph, and to the likelihood written out."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from rrmm.analyses.counts import event_table, rank_times
from rrmm.analyses.crossing import proportional_hazards
from rrmm.analyses.hazard_table import Ties, cox_from_table, gauss_rule
from tests.analyses.agreement import agree
from tests.analyses.survival_cases import Case, Small, cases, small
from tests.golden import frame, load


def single_factor_models(case: Case) -> list[tuple[str, str, dict]]:
    """Group, ties and R's model for each model with one factor as its only covariate."""
    found = []
    for model in case.reference["cox"]:
        ties = model["id"].rsplit("__", 1)[1]
        names = model["covariates"] if isinstance(model["covariates"], list) else [model["covariates"]]
        if len(names) == 1 and names[0] in case.factors and ties != "exact" and not model.get("strata"):
            found.append((names[0], ties, model))
    return found


def test_every_data_set_has_such_a_model() -> None:
    assert sum(len(single_factor_models(case)) for case in cases()) >= 12


@pytest.mark.parametrize("case", cases(), ids=str)
def test_hazard_ratios_agree_with_r(case: Case) -> None:
    for name, ties, model in single_factor_models(case):
        found = cox_from_table(case.table(name), ties)  # type: ignore[arg-type]
        agree("Cox, log-likelihood", found.loglik, model["loglik"], 1e-8)
        for label, ours in (("lr_test", found.lr_test), ("score_test", found.score_test)):
            theirs = model[label]
            agree(f"Cox, {label}", [ours.statistic, ours.df, ours.p_value],
                  [theirs["chi2"], theirs["df"], theirs["p"]], 1e-7)
        if model.get("r_warnings"):
            assert all(ratio.reason for ratio in found) and math.isnan(found.wald_test.p_value)
            continue
        theirs = model["coef"]
        agree("Cox hazard ratio (one factor)", [ratio.hr for ratio in found], theirs["hr"], 1e-7)
        agree("Cox coefficient (one factor)", [ratio.log_hr for ratio in found], theirs["coef"], 1e-7)
        agree("Cox standard error (one factor)", [ratio.se for ratio in found], theirs["se"], 1e-7)
        agree("Cox interval (one factor)", [ratio.conf_low for ratio in found], theirs["lower"], 1e-7)
        agree("Cox interval (one factor)", [ratio.conf_high for ratio in found], theirs["upper"], 1e-7)
        agree("Cox p (one factor)", [ratio.p_value for ratio in found], theirs["p"], 1e-7)
        wald = model["wald_test"]
        agree("Cox, wald_test", [found.wald_test.statistic, found.wald_test.df, found.wald_test.p_value],
              [wald["chi2"], wald["df"], wald["p"]], 1e-7)


def loglik(cohort: Small, beta: np.ndarray, ties: Ties) -> float:
    """The partial likelihood written out patient by patient."""
    entry = np.full(len(cohort.time), -1.0) if cohort.entry is None else cohort.entry
    theta, total = np.exp(beta[cohort.group]), 0.0
    for time in np.unique(cohort.time[cohort.event == 1]):
        risk = theta[(cohort.time >= time) & (entry < time)].sum()
        died = theta[(cohort.time == time) & (cohort.event == 1)]
        for step in range(len(died)):
            total -= math.log(risk - (step / len(died) * died.sum() if ties == "efron" else 0))
        total += np.log(died).sum()
    return total


@settings(max_examples=120, deadline=None)
@given(small(), st.sampled_from(["efron", "breslow"]))
def test_estimates_are_the_maximum(cohort: Small, ties: Ties) -> None:
    found = cox_from_table(cohort.table(), ties)
    assert len(found) == cohort.n_groups - 1
    assert found.loglik[0] == pytest.approx(loglik(cohort, np.zeros(cohort.n_groups), ties), abs=1e-9)
    known = [ratio for ratio in found if not ratio.reason]
    for ratio in found:
        assert math.isnan(ratio.hr) == bool(ratio.reason) == math.isnan(ratio.p_value)
    for ratio in known:
        assert 0 < ratio.conf_low <= ratio.hr <= ratio.conf_high and 0 <= ratio.p_value <= 1
    if len(known) < len(found) or not known:
        return
    best = np.array([0.0, *[ratio.log_hr for ratio in found]])
    top = loglik(cohort, best, ties)
    assert found.loglik[1] == pytest.approx(top, abs=1e-9)
    for k in range(1, cohort.n_groups):
        for move in (-1e-4, 1e-4, -0.3, 0.3):
            other = best.copy()
            other[k] += move
            assert loglik(cohort, other, ties) <= top + 1e-12


@settings(max_examples=100, deadline=None)
@given(small(min_n=2), st.sampled_from(["efron", "breslow"]))
def test_no_estimate_is_given_where_the_likelihood_has_no_maximum(cohort: Small, ties: Ties) -> None:
    """Pushing the refused group's hazard away from the reference's never hurts, or changes nothing."""
    assume(cohort.n_groups == 2)
    ratio = cox_from_table(cohort.table(), ties)[0]
    values = [loglik(cohort, np.array([0.0, beta]), ties) for beta in (-20.0, -10.0, 0.0, 10.0, 20.0)]
    if ratio.reason:
        steps = np.diff(values)
        assert (steps >= -1e-9).all() or (steps <= 1e-9).all()
        assert cox_from_table(cohort.table(), ties).loglik[1] == pytest.approx(max(values), abs=1e-6)
    else:
        assert max(values[0], values[-1]) < loglik(cohort, np.array([0.0, ratio.log_hr]), ties)


@settings(max_examples=60, deadline=None)
@given(small(max_groups=3))
def test_the_reference_only_turns_the_ratio(cohort: Small) -> None:
    assume(cohort.n_groups == 3)
    table = cohort.table()
    first, second = cox_from_table(table, reference=0), cox_from_table(table, reference=1)
    assert [ratio.group for ratio in second] == [0, 2]
    assert first[0].log_hr == pytest.approx(-second[0].log_hr, abs=1e-7, nan_ok=True)
    assert first.loglik[1] == pytest.approx(second.loglik[1], abs=1e-8)
    assert first.lr_test.p_value == pytest.approx(second.lr_test.p_value, abs=1e-7, nan_ok=True)


@settings(max_examples=40, deadline=None)
@given(small(max_groups=3))
def test_without_ties_the_score_test_is_the_log_rank_test(cohort: Small) -> None:
    from rrmm.analyses.logrank import logrank

    jitter = np.linspace(0, 0.5, len(cohort.time))
    table = Small(cohort.time + jitter, cohort.event, cohort.group, cohort.entry, cohort.n_groups).table()
    score, test = cox_from_table(table).score_test, logrank(table)
    assert score.statistic == pytest.approx(test.statistic, rel=1e-8, abs=1e-10, nan_ok=True)


def reasons(time: list[float], event: list[int], codes: list[int], groups: int = 2) -> list[str]:
    return [ratio.reason for ratio in cox_from_table(event_table(rank_times(time, event), codes, groups))]


def test_reasons() -> None:
    assert reasons([1, 2, 3, 4], [1, 1, 0, 0], [0, 0, 1, 1]) == ["no event in this group"]
    assert reasons([1, 2, 3, 4], [1, 1, 0, 0], [1, 1, 0, 0]) == ["no event in the reference group"]
    assert reasons([1, 2], [1, 1], [0, 0]) == ["no patient in this group"]
    assert reasons([1, 2], [1, 1], [1, 1]) == ["no patient in the reference group"]
    assert reasons([1, 2], [0, 0], [0, 1]) == ["no event in this group"]
    # Perfect separation: all of group 1 die before anybody of group 0 does.
    assert reasons([1, 2, 5, 6], [1, 1, 1, 1], [1, 1, 0, 0]) == [
        "no event in the reference group while patients of this group were at risk"]
    ranked = rank_times([1, 2, 3, 4], [1, 1, 0, 0])
    named = cox_from_table(event_table(ranked, [0, 0, 1, 1], 2), labels=("No EMD", "EMD"))
    assert named[0].reason == "no event in EMD"


def test_groups_that_are_never_at_risk_together() -> None:
    ranked = rank_times([2, 3, 8, 9], [1, 1, 1, 1], [0, 0, 5, 5])
    found = cox_from_table(event_table(ranked, [0, 0, 1, 1], 2))
    assert found[0].reason == (
        "no event while patients of this group and of the reference group were at risk together")
    assert math.isnan(found.score_test.p_value)


def test_the_other_levels_keep_their_estimate() -> None:
    ranked = rank_times([1, 2, 3, 4, 5, 6, 7, 8], [1, 1, 1, 1, 0, 1, 0, 0])
    codes = np.array([0, 1, 0, 1, 2, 1, 2, 0])
    found = cox_from_table(event_table(ranked, codes, 3))
    alone = cox_from_table(event_table(ranked, np.where(codes == 2, -1, codes), 2))
    assert found[1].reason and found[0].hr == pytest.approx(alone[0].hr)
    assert found.lr_test.df == 2 and math.isfinite(found.lr_test.p_value)


def test_one_group_and_none() -> None:
    ranked = rank_times([1, 2], [1, 1])
    alone = cox_from_table(event_table(ranked, [0, 0], 1))
    assert len(alone) == 0 and not alone and tuple(alone) == ()
    empty = cox_from_table(event_table(rank_times([], []), [], 2))
    assert empty[0].reason == "no patient in this group" and empty.loglik == (0, 0)


def test_everybody_dies_at_once() -> None:
    table = event_table(rank_times([3, 3, 3, 3], [1, 1, 1, 1]), [0, 0, 1, 1], 2)
    for ties in ("efron", "breslow"):
        assert cox_from_table(table, ties)[0].hr == pytest.approx(1)  # type: ignore[arg-type]


def test_what_is_no_question_is_refused() -> None:
    table = event_table(rank_times([1, 2], [1, 1]), [0, 1], 2)
    with pytest.raises(ValueError):
        cox_from_table(table, "exact")  # type: ignore[arg-type]
    with pytest.raises(ValueError):
        cox_from_table(table, reference=2)


@pytest.mark.parametrize("theirs", load("tied"), ids=lambda theirs: f"{theirs['ties']}-{theirs['groups']}")
def test_many_ties_agree_with_r(theirs: dict) -> None:
    data = frame("tied")
    ranked = rank_times(data["time"], data["event"])
    codes = np.where(data["group"] < theirs["groups"], data["group"], -1)
    table = event_table(ranked, codes, theirs["groups"])
    assert table.n_event.max() > 20
    found = cox_from_table(table, theirs["ties"])
    agree("Cox coefficient (one factor)", [ratio.log_hr for ratio in found], theirs["coef"], 1e-9)
    agree("Cox standard error (one factor)", [ratio.se for ratio in found], theirs["se"], 1e-9)
    agree("Cox, log-likelihood", found.loglik, theirs["loglik"], 1e-10)
    agree("Cox, score_test", found.score_test.statistic, theirs["score"], 1e-9)
    ph = proportional_hazards(table, found)
    agree("Proportional hazards (one factor)", ph.statistic, theirs["ph"], 1e-7)


@pytest.mark.parametrize("d", [6, 7, 30, 1000])
def test_the_gauss_rule_of_the_ties_sums_polynomials(d: int) -> None:
    points, weights = gauss_rule(np.array([d]))
    x = np.arange(d) / d
    for degree in range(10):
        assert weights[0] @ (points[0] / d) ** degree == pytest.approx((x**degree).sum(), rel=1e-12)
    for share in (0.01, 0.1):
        ours, exact = weights[0] @ np.log(1 - share * points[0] / d), np.log(1 - share * x).sum()
        assert ours == pytest.approx(exact, rel=1e-13)
