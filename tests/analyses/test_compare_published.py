"""This cohort beside published ones: intervals held to R, silence kept, nothing invented."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from rrmm.analyses.compare_published import OWN, WEIGHTED, Measure, compare_published, long_frame
from rrmm.analyses.explore import explore
from rrmm.analyses.maic_trial import adjusted, choices, with_weighted
from rrmm.analyses.response import Convention
from rrmm.picks import Picks
from rrmm.published import Rate, cohorts, counts_of
from tests.analyses.agreement import agree
from tests.cohorts import ALL, sample
from tests.golden import load

EVERY = list(cohorts().values())
TRIAL = cohorts()["majestec1"]
R = load("compare_published")


@pytest.fixture(scope="module")
def measures() -> dict[tuple[str, str], Measure]:
    found = compare_published(sample(), Picks(), Convention(), EVERY)
    return {(measure.kind, measure.key): measure for measure in found}


def of(measure: Measure, cohort: str):
    return next(entry for entry in measure.entries if entry.cohort == cohort)


def test_limits_agree_with_r(measures: dict[tuple[str, str], Measure]) -> None:
    for cohort, key, name in (
        ("majestec1", "orr", "majestec1_orr"),
        ("majestec1", "cr", "majestec1_cr"),
        ("karmma", "orr", "karmma_orr"),
        ("idecel_cibmtr", "orr", "cibmtr_orr"),
    ):
        entry = of(measures["response", key], cohort)
        agree("Proportion, published", [entry.conf_low, entry.conf_high], R[name], rtol=1e-9)


def test_differences_agree_with_r(measures: dict[tuple[str, str], Measure]) -> None:
    for kind, key, cohort, name in (
        ("response", "orr", "majestec1", "difference_majestec1_orr"),
        ("any", "crs", "karmma", "difference_karmma_crs"),
    ):
        gap = of(measures[kind, key], cohort).difference
        agree("Risk difference, published", [gap.estimate, gap.conf_low, gap.conf_high], R[name], rtol=1e-9)
    gap = of(measures["response", "orr"], "idecel_cibmtr").difference
    agree("Risk difference, published", [gap.conf_low, gap.conf_high], R["difference_cibmtr_orr"], rtol=1e-9)


def test_a_rounded_percentage_stands_for_all_its_counts(measures: dict[tuple[str, str], Measure]) -> None:
    entry = of(measures["response", "orr"], "idecel_cibmtr")
    low, high = R["cibmtr_counts"]
    assert entry.x is None and entry.x_most == high and f"{low} to {high} of 821" in entry.interval
    fits = counts_of(73, 821)
    assert (fits[0], fits[-1]) == (low, high)


@pytest.mark.parametrize(("pct", "n"), [(0.0, 40), (100.0, 40), (0.6, 165), (33.3, 3), (50, 1), (73, 821)])
def test_every_count_prints_as_the_percentage(pct: float, n: int) -> None:
    decimals = 1 if isinstance(pct, float) and not pct.is_integer() else 0
    inside = set(counts_of(pct, n)) & set(range(n + 1))
    for x in range(n + 1):
        if abs(100 * x / n - pct) < 0.5 * 10.0**-decimals - 1e-6:
            assert x in inside


def test_medians_have_the_printed_interval_or_none(measures: dict[tuple[str, str], Measure]) -> None:
    pfs = measures["times", "pfs"]
    assert (of(pfs, "majestec1").conf_low, of(pfs, "majestec1").conf_high) == (8.8, 17.1)
    bare = of(pfs, "german_rw")
    assert bare.interval == "" and math.isnan(bare.conf_low)
    assert all(math.isnan(entry.difference.estimate) for entry in pfs.entries)
    assert of(measures["times", "os"], "german_rw").state == "not reached"
    assert of(measures["times", "dor"], "imwg_teclistamab").state == "not reported"


def test_own_numbers_are_those_of_explore(measures: dict[tuple[str, str], Measure]) -> None:
    view = explore(sample(), Picks(), Convention())
    own = measures["response", "orr"].own
    assert (own.x, own.n) == (view.response.groups[0].orr.x, view.response.groups[0].orr.n)
    assert measures["times", "pfs"].own.estimate == pytest.approx(view.overall.median.estimate / 30.4375)
    narrowed = compare_published(sample(), Picks(filters=(("emd", 1),), compare="iss3"), Convention(), EVERY)
    assert narrowed[0].own.n == 43


@pytest.mark.parametrize("name", list(ALL))
def test_every_kind_of_cohort(name: str) -> None:
    found = compare_published(ALL[name](), Picks(), Convention(), EVERY)
    for measure in found:
        assert measure.own.cohort == OWN and len(measure.entries) == 1 + len(EVERY)
        assert len(measure.reported) + len(measure.silent) == len(measure.entries)
        for entry in measure.entries:
            assert (entry.state == "shown") == (not math.isnan(entry.estimate))
            if entry.state == "shown" and not math.isnan(entry.conf_low):
                assert entry.conf_low <= entry.estimate + 1e-9
                assert math.isnan(entry.conf_high) or entry.estimate <= entry.conf_high + 1e-9
    assert len(long_frame(found)) == len(found) * (1 + len(EVERY))
    assert long_frame(compare_published(ALL[name](), Picks(), Convention(), []))["cohort"].nunique() == 1


def test_nothing_is_said_that_no_source_has(measures: dict[tuple[str, str], Measure]) -> None:
    for measure in measures.values():
        for entry in measure.entries[1:]:
            if entry.state == "shown":
                assert entry.source, (measure.label, entry.label)


# weighted to the trial -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def keys() -> list[str]:
    return [each.key for each in choices(sample(), Picks(), TRIAL) if each.default]


def test_who_enters(keys: list[str]) -> None:
    cohort = sample()
    found = adjusted(cohort, Picks(), Convention(), TRIAL, keys)
    naive = cohort.flag("prior_bcma") == 0
    assert found.pretreated == int((cohort.flag("prior_bcma") == 1).sum())
    assert found.population - found.pretreated - found.unknown_pretreated == int(naive.sum())
    assert found.used + sum(found.result.excluded.values()) == int(naive.sum())
    assert found.small and 1 < found.ess < found.used


def test_the_weighted_cohort_has_the_trial_s_shares(keys: list[str]) -> None:
    found = adjusted(sample(), Picks(), Convention(), TRIAL, keys)
    np.testing.assert_allclose(found.balance["after"], found.balance["published"], atol=1e-9)
    assert found.balance["term"].notna().all()
    emd = TRIAL.baseline["emd"]
    assert isinstance(emd, Rate)
    shown = found.balance.set_index("term").loc["Extramedullary disease", "published"]
    assert shown == pytest.approx(emd.percent / 100)


def test_weights_by_hand() -> None:
    """One yes/no characteristic: the weights are the ratio of the shares, and so is the response rate."""
    cohort = sample()
    found = adjusted(cohort, Picks(), Convention(), TRIAL, ["emd"])
    emd, naive = cohort.flag("emd"), cohort.flag("prior_bcma") == 0
    responder = cohort.flag("responder")
    rates = [float((responder[naive & (emd == level)] == 1).mean()) for level in (0, 1)]
    share = 28 / 165
    expected = 100 * ((1 - share) * rates[0] + share * rates[1])
    assert found.outcomes[0].after.estimate == pytest.approx(expected, rel=1e-9)
    n = int((naive & (emd >= 0)).sum())
    assert found.used == n and found.outcomes[0].before.n == n


def test_nothing_to_match_on_leaves_the_numbers() -> None:
    found = adjusted(sample(), Picks(), Convention(), TRIAL, [])
    assert found.ess == pytest.approx(found.used)
    for outcome in found.outcomes:
        assert outcome.after.estimate == pytest.approx(outcome.before.estimate, nan_ok=True)


@pytest.mark.parametrize("name", list(ALL))
def test_weighting_any_cohort(name: str) -> None:
    cohort = ALL[name]()
    offered = choices(cohort, Picks(), TRIAL)
    found = adjusted(cohort, Picks(), Convention(), TRIAL, [each.key for each in offered])
    assert len(found.outcomes) == 3 and len(found.balance) == len(offered)
    whole = with_weighted(compare_published(cohort, Picks(), Convention(), EVERY), found)
    for measure in whole:
        assert [entry.cohort for entry in measure.entries].count(WEIGHTED) <= 1
    assert isinstance(long_frame(whole), pd.DataFrame)
