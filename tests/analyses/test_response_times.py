"""Time to response, cumulative incidence of response, and Table 3 of the paper."""

from __future__ import annotations

import math

import numpy as np
import pytest

from rrmm import DAYS_PER_MONTH
from rrmm.analyses.factors_response import response_factors
from rrmm.analyses.response import Convention
from rrmm.analyses.response_odds import response_odds, subgroup_blocks
from rrmm.analyses.response_times import response_times
from rrmm.picks import Picks
from rrmm.report.tables import odds_frame, response_frame, times_frame
from tests import golden
from tests.cohorts import ALL, sample
from tests.handmade import few
from tests.witness import record

R = golden.load("patients")
EVALUABLE = Convention(nonevaluable_counts=False)
TABLE_3 = {
    "emd": ((73, 53), (43, 16), (4.47, 2.00, 9.99)),
    "iss3": ((61, 41), (30, 11), (3.54, 1.39, 9.13)),
    "bm60": ((36, 24), (21, 5), (6.40, 1.93, 19.8)),
    "idecel": ((99, 66), (21, 7), (4.00, 1.52, 10.1)),
    "penta": ((48, 31), (72, 42), (1.30, 0.63, 2.83)),
    "polychemo_2m": ((98, 62), (22, 11), (1.72, 0.67, 4.41)),
}
"""Printed n, responders and odds ratio of non-response; rows that contradict themselves in print left out."""


def test_the_papers_table_3() -> None:
    rows = {row.key: row for row in response_odds(sample(), Picks(), EVALUABLE, "baptista_pike_midp")}
    for key, (no, yes, odds) in TABLE_3.items():
        found = rows[key]
        assert [(rate.n, rate.x) for rate in found.rates] == [no, yes], key
        ours = found.non_response
        digits = 1 if key in ("bm60", "idecel") else 2
        assert round(ours.estimate, 2) == odds[0] and round(ours.conf_low, 2) == odds[1]
        assert round(ours.conf_high, digits) == odds[2], key


@pytest.mark.parametrize("method", ["wald", "baptista_pike_midp"])
def test_one_direction_is_the_other_turned_round(method: str) -> None:
    for row in response_odds(sample(), Picks(), EVALUABLE, method):
        a, b = row.response, row.non_response
        assert a.estimate * b.estimate == pytest.approx(1)
        assert a.conf_low * b.conf_high == pytest.approx(1) and a.conf_high * b.conf_low == pytest.approx(1)


def test_conventions_change_the_denominator() -> None:
    everybody = response_odds(sample(), Picks(), Convention())
    evaluable = response_odds(sample(), Picks(), EVALUABLE)
    assert sum(rate.n for rate in everybody[0].rates) == sum(rate.n for rate in evaluable[0].rates) + 3
    blocks = subgroup_blocks(sample(), Picks(), Convention(ncr_is_cr=False))
    assert blocks[0][0].cr.x < subgroup_blocks(sample(), Picks(), Convention())[0][0].cr.x
    assert blocks[0][0].vgpr.x == subgroup_blocks(sample(), Picks(), Convention())[0][0].vgpr.x == 59


def test_unknown_method() -> None:
    with pytest.raises(ValueError, match="odds ratio"):
        response_odds(sample(), Picks(), EVALUABLE, "best")


def test_times_as_the_paper_and_r() -> None:
    found = response_times(sample(), Picks()).groups[0]
    assert round(found.first.median, 1) == 1.0 and round(found.best.median, 1) == 1.6
    for ours, theirs in ((found.first, R["first_response"]), (found.best, R["best_response"])):
        assert record("time to response", [ours.low, ours.median, ours.high], theirs) < 1e-12
    assert (found.responders, found.undated_first, found.undated_best) == (73, 0, 0)


def test_incidence_of_response_as_r() -> None:
    curves = response_times(sample(), Picks(compare="emd")).curves
    for group, expected in zip(curves.groups, R["response"].values(), strict=True):
        for at, month in ((0, 1), (2, 3)):
            reading = next(each for each in group.readings if each.time == month * DAYS_PER_MONTH)
            ours = [reading.estimate, reading.conf_low, reading.conf_high]
            theirs = [expected[name][at] for name in ("estimate", "low", "high")]
            assert record("cumulative incidence of response", ours, theirs) < 1e-9
            assert reading.n_risk == expected["n_risk"][at]
    assert 0 < curves.p_value < 0.01


def test_who_is_left_out_is_counted() -> None:
    cohort = few(
        start_date=["2023-01-01"] * 5,
        best_response=["PR", "PR", "SD", "PD", None],
        first_response_date=["2023-02-01", None, None, None, None],
        progression=["no", "no", "no", "yes", "no"],
        death=["no"] * 5,
        progression_date=[None, None, None, "2023-01-15", None],
        last_contact_date=["2023-06-01"] * 5,
    )
    found = response_times(cohort, Picks())
    group = found.curves.groups[0]
    assert (group.n, group.events, group.competing) == (3, 1, 1)
    assert found.curves.excluded == {"response not dated": 1, "response unknown": 1}
    assert found.groups[0].undated_first == 1


def test_everybody_responds_and_nobody_does() -> None:
    dates = {
        "start_date": ["2023-01-01"] * 3,
        "last_contact_date": ["2023-06-01"] * 3,
        "death": ["no"] * 3,
        "progression": ["no"] * 3,
    }
    all_of_them = few(best_response=["PR"] * 3, first_response_date=["2023-02-01"] * 3, **dates)
    curve = response_times(all_of_them, Picks()).curves.groups[0]
    assert curve.estimate[-1] == pytest.approx(1)
    nobody = few(best_response=["SD"] * 3, **dates)
    curve = response_times(nobody, Picks()).curves.groups[0]
    assert curve.events == 0 and (curve.estimate == 0).all()
    assert curve.readings[0].reason == "no event so far"


@pytest.mark.parametrize("compare", ["none", "emd", "col:iss"])
@pytest.mark.parametrize("name", list(ALL))
def test_every_kind_of_cohort(name: str, compare: str) -> None:
    cohort = ALL[name]()
    if compare == "col:iss" and not cohort.has("iss"):
        return
    found = response_times(cohort, Picks(compare=compare))
    for group in found.curves.groups:
        assert np.all(np.diff(group.estimate) >= -1e-12)
        for reading in group.readings:
            assert math.isfinite(reading.estimate) or reading.reason
    assert sum(group.n for group in found.curves.groups) + sum(found.curves.excluded.values()) <= cohort.n
    assert len(times_frame(found)) == len(found.groups)
    rows = response_odds(cohort, Picks(), Convention())
    assert len(odds_frame(rows)) == len(rows)
    blocks = subgroup_blocks(cohort, Picks(), Convention())
    assert len(response_frame(blocks[0])) == 1


@pytest.mark.parametrize("convention", [Convention(), EVALUABLE])
@pytest.mark.parametrize(("method", "name"), [("wald", "wald"), ("baptista_pike_midp", "exact mid-P")])
def test_the_same_odds_as_on_the_factors_page(convention: Convention, method: str, name: str) -> None:
    rows = response_odds(sample(), Picks(), convention, method)
    table = response_factors(
        sample(), [row.key for row in rows], convention=convention, adjusted=(), interval=name
    ).table
    for row in rows:
        theirs = table[(table["key"] == row.key) & (table["kind"] == "level")].iloc[0]
        for ours, prefix in ((row.response, "uni_"), (row.non_response, "uni_non_")):
            found = [theirs[prefix + part] for part in ("estimate", "conf_low", "conf_high")]
            assert [ours.estimate, ours.conf_low, ours.conf_high] == pytest.approx(found)
        assert row.p_value == pytest.approx(theirs["chi_square_p"])
        assert (row.rates[1].x, row.rates[1].n) == (theirs["n_event"], theirs["n"])
