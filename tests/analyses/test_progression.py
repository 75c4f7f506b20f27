"""Progression with death before it competing: who counts as what, and that the parts add up to PFS."""

from __future__ import annotations

import numpy as np
import pytest

from rrmm.analyses.explore import explore
from rrmm.analyses.progression import progression_curves, progression_status
from rrmm.cohort import build_cohort
from rrmm.intake import load
from rrmm.picks import Picks
from tests.cohorts import bare, empty, one, sample

FOUR = """patient_id,start_date,progression,progression_date,death,death_date,last_contact_date
S1,2023-01-01,yes,2023-02-01,yes,2023-05-01,2023-05-01
S2,2023-01-01,no,,yes,2023-03-01,2023-03-01
S3,2023-01-01,no,,no,,2023-06-01
S4,2023-01-01,,,,,
"""


def test_what_ended_pfs() -> None:
    cohort = build_cohort(load(FOUR.encode(), "four.csv"))
    found = progression_status(cohort)
    assert list(found[:3]) == [1.0, 2.0, 0.0] and np.isnan(found[3])


@pytest.mark.parametrize("compare", ["none", "emd", "iss3"])
def test_counts_add_up_to_pfs(compare: str) -> None:
    curves = progression_curves(sample(), Picks(compare=compare))
    view = explore(sample(), Picks(compare=compare))
    assert curves is not None
    for group, pfs in zip(curves.groups, view.groups, strict=True):
        assert group.n == pfs.n and group.events + group.competing == pfs.events


def test_without_a_competing_death_it_is_one_minus_kaplan_meier() -> None:
    # No patient of the sample dies without progression: then both estimators are the same.
    assert not (progression_status(sample()) == 2).any()
    curves = progression_curves(sample(), Picks(), at=(182.0,))
    table = explore(sample(), Picks())
    last = np.searchsorted(table.table.times, 182.0, side="right") - 1
    assert curves is not None
    assert curves.groups[0].readings[0].estimate == pytest.approx(1 - table.curves.estimate[last, 0], rel=1e-12)


@pytest.mark.parametrize("cohort", [one, bare, empty], ids=lambda each: each.__name__)
def test_small_cohorts_are_safe(cohort) -> None:
    curves = progression_curves(cohort(), Picks())
    assert curves is None or len(curves.groups) == 1


def test_an_outcome_is_no_group_at_time_zero() -> None:
    curves = progression_curves(sample(), Picks(compare="col:responder"))
    assert curves is not None and len(curves.groups) == 1


