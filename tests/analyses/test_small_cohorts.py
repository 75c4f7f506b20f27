"""Ninety cohorts of a few patients (ties, late entry, S = 0, no event) in R and in the table of counts."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

from rrmm.analyses.counts import EventTable, event_table, rank_times
from rrmm.analyses.hazard_table import cox_from_table
from rrmm.analyses.km import CONF_TYPES, kaplan_meier, quantile, rmst, survival_at
from rrmm.analyses.logrank import logrank
from tests.analyses.agreement import agree
from tests.golden import frame, load

AT = (0.5, 2, 5, 8)


@cache
def cohorts() -> tuple[tuple[pd.DataFrame, Any], ...]:
    parts = [part for _, part in frame("small_cohorts").groupby("cohort", sort=True)]
    return tuple(zip(parts, load("small_cohorts"), strict=True))


def table_of(part: pd.DataFrame, by_group: bool) -> EventTable:
    entry = None if part["entry"].isna().all() else part["entry"]
    ranked = rank_times(part["time"], part["event"], entry)
    codes = part["group"].to_numpy() if by_group else np.zeros(len(part), dtype=int)
    return event_table(ranked, codes, int(codes.max()) + 1)


def listed(value: Any) -> list[Any]:
    """jsonlite writes a vector of one value without brackets."""
    return value if isinstance(value, list) else [value]


@pytest.mark.parametrize("conf_type", CONF_TYPES)
def test_curves_and_quantiles(conf_type: Any) -> None:
    for part, answers in cohorts():
        table, theirs = table_of(part, False), answers[conf_type]
        assert table.n[0] == answers["n"]
        curves = kaplan_meier(table, conf_type)
        agree("Kaplan-Meier estimate", curves.estimate[:, 0], listed(theirs["surv"]), 1e-9)
        agree(f"Kaplan-Meier interval ({conf_type})", curves.conf_low[:, 0], listed(theirs["lower"]), 1e-9)
        agree(f"Kaplan-Meier interval ({conf_type})", curves.conf_high[:, 0], listed(theirs["upper"]), 1e-9)
        found = [quantile(curves, 0, prob) for prob in (0.1, 0.25, 0.5, 0.75, 0.9)]
        agree("Median and quartiles", [each.estimate for each in found], theirs["quantile"], 1e-12)
        name = f"Median and quartiles, interval ({conf_type})"
        agree(name, [each.conf_low for each in found], theirs["low"], 1e-12)
        agree(name, [each.conf_high for each in found], theirs["high"], 1e-12)
        inside = np.array(AT) <= part["time"].max()
        here = survival_at(curves, 0, np.array(AT))
        assert np.isnan(here.estimate[~inside]).all()
        for ours, key in ((here.estimate, "surv"), (here.conf_low, "lower"), (here.conf_high, "upper")):
            known = np.array([np.nan if value is None else value for value in theirs["at"][key]])
            agree("Survival at a time", ours[inside], known[inside], 1e-9)


def test_restricted_means() -> None:
    for part, answers in cohorts():
        found = rmst(kaplan_meier(table_of(part, False)), 0, 4)
        agree("Restricted mean survival time", [found.estimate, found.std_error], answers["rmst"], 1e-9)


def test_log_rank_and_peto_peto() -> None:
    compared = 0
    for part, answers in cohorts():
        for weights, key in (("logrank", "rho0"), ("peto-peto", "rho1")):
            theirs = answers.get(key)
            found = logrank(table_of(part, True), weights)  # type: ignore[arg-type]
            if not theirs or theirs["chi2"] is None or theirs["df"] == 0 or math.isnan(found.statistic):
                # R divides 0 by 0 there, or stops; ours says why.
                assert found.reason or not theirs or part["entry"].notna().any()
                assert not theirs or not theirs["df"] or not (theirs["chi2"] or 0) > 0
                continue
            compared += 1
            agree("Log-rank test" if key == "rho0" else "Peto-Peto test", [found.statistic, found.df],
                  [theirs["chi2"], theirs["df"]], 1e-8)
    assert compared > 80


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_hazard_ratios(ties: Any) -> None:
    compared = refused = 0
    for part, answers in cohorts():
        theirs = answers.get(ties)
        present = sorted(part["group"].unique())
        if not theirs or len(present) < 2:
            continue
        codes = {level: code for code, level in enumerate(present)}
        table = table_of(part.assign(group=part["group"].map(codes)), True)
        found = cox_from_table(table, ties)
        coef, se = listed(theirs["coef"]), listed(theirs["se"])
        if any(beta is None for beta in coef):
            # R drops a level that says nothing; the others are then against another reference.
            assert any(ratio.reason for ratio in found)
            continue
        for ratio, beta, error in zip(found, coef, se, strict=True):
            # Where there is no finite estimate R stops at a large one, or at a standard error of 0 or no end.
            infinite = beta is None or abs(beta) > 12 or not 0 < error < 100
            assert bool(ratio.reason) == infinite, (ratio, beta, error)
            if infinite:
                refused += 1
            else:
                compared += 1
                agree("Cox coefficient (one factor)", ratio.log_hr, beta, 1e-6, 1e-8)
                agree("Cox standard error (one factor)", ratio.se, error, 1e-6)
        values = listed(theirs["loglik"])
        if all(not ratio.reason for ratio in found):
            agree("Cox, log-likelihood", found.loglik, values, 1e-9, 1e-9)
        else:
            # R stops on the way to infinity, short of the limit.
            np.testing.assert_allclose(found.loglik, [values[0], values[-1]], rtol=1e-5, atol=1e-5)
        if not math.isnan(found.score_test.statistic):
            agree("Cox, score_test", found.score_test.statistic, listed(theirs["score"])[0], 1e-7, 1e-8)
    assert compared > 40 and refused > 10
