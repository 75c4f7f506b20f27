"""Uno's C and the Brier score held to R, and to scikit-survival where nothing is tied."""

from __future__ import annotations

import math

import numpy as np
import pytest

from rrmm.analyses.risk_scores import brier_scores, censoring, integrated, uno_concordance
from tests import golden
from tests.analyses.agreement import agree

R = golden.load("risk_scores")
COVARIATES = {"lung": ["age", "ph_karno"], "veteran": ["karno", "age"]}


@pytest.mark.parametrize("name", COVARIATES)
def test_uno_and_brier_agree_with_r(name: str) -> None:
    frame, answer = golden.frame(name).dropna(subset=COVARIATES[name]), R[name]
    time, event = frame["time"].to_numpy(float), frame["event"].to_numpy()
    risk, survival = np.array(answer["lp"]), np.array(answer["S"])
    agree("Uno's C", uno_concordance(time, event, risk), answer["uno"], 1e-10)
    agree("Uno's C", uno_concordance(time, event, risk, tau=answer["tau"]), answer["uno_tau"], 1e-10)
    times = np.array(answer["times"], dtype=float)
    agree("Brier score", brier_scores(time, event, survival, times), answer["brier"], 1e-10)


def test_scikit_survival_agrees_where_no_times_are_tied() -> None:
    from sksurv.metrics import concordance_index_ipcw, integrated_brier_score
    from sksurv.util import Surv

    random = np.random.default_rng(8)
    n = 80
    time, event, risk = random.permutation(n) + 1.0, random.integers(0, 2, n), random.normal(size=n)
    times = np.array([10.0, 25, 40, 60])
    survival = np.exp(-np.exp(risk)[:, None] * times / 40)
    outcome = Surv.from_arrays(event == 1, time)
    ours = integrated(times, brier_scores(time, event, survival, times))
    assert ours == pytest.approx(integrated_brier_score(outcome, outcome, survival, times), rel=1e-10)
    assert uno_concordance(time, event, risk) == pytest.approx(concordance_index_ipcw(outcome, outcome, risk)[0], rel=1e-10)


def test_without_censoring_the_scores_are_plain() -> None:
    time, event, risk = np.array([1.0, 2, 3, 4]), np.ones(4, dtype=int), np.array([4.0, 3, 2, 1])
    assert uno_concordance(time, event, risk) == 1 and uno_concordance(time, event, -risk) == 0
    assert uno_concordance(time, event, np.zeros(4)) == 0.5
    perfect = (time[:, None] > [1.5, 3.5]).astype(float)
    np.testing.assert_allclose(brier_scores(time, event, perfect, np.array([1.5, 3.5])), 0)
    assert censoring(time, event).value.tolist() == [1, 1, 1, 1]


def test_nothing_to_compare_is_nan() -> None:
    assert math.isnan(uno_concordance(np.array([1.0, 2]), np.array([0, 0]), np.array([1.0, 2])))
    assert math.isnan(integrated(np.array([1.0]), np.array([0.2])))
