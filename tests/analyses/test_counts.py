"""Ranks and the table of counts against counting one by one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rrmm.analyses.counts import event_table, rank_times
from tests.analyses.agreement import agree
from tests.analyses.survival_cases import Case, Small, cases, small


@pytest.mark.parametrize("case", cases(), ids=str)
def test_counts_agree_with_r(case: Case) -> None:
    for table, k, block, _ in case.groups():
        curve = block["curve"]
        at = np.searchsorted(table.times, curve["time"])
        agree("Number at risk", table.n_risk[at, k], curve["n_risk"], 0)
        agree("Events at a time", table.n_event[at, k], curve["n_event"], 0)
        agree("Censored at a time", table.n_censor[at, k], curve["n_censor"], 0)
        agree("Number at risk", table.at_risk(block["at_risk"]["time"])[:, k], block["at_risk"]["n_risk"], 0)
        assert (table.n[k], table.events[k]) == (block["n"], block["events"])


@settings(max_examples=80, deadline=None)
@given(small())
def test_counts_are_what_counting_gives(cohort: Small) -> None:
    table = cohort.table()
    for k in range(cohort.n_groups):
        inside = cohort.group == k
        entry = np.full(len(inside), -1.0) if cohort.entry is None else cohort.entry
        for at, time in enumerate(table.times):
            here = inside & (cohort.time == time)
            assert table.n_event[at, k] == np.count_nonzero(here & (cohort.event == 1))
            assert table.n_censor[at, k] == np.count_nonzero(here & (cohort.event == 0))
            assert table.n_risk[at, k] == np.count_nonzero(inside & (cohort.time >= time) & (entry < time))
        for time in (0.5, 2.0, 3.7, 9.0, 11.0):
            expected = np.count_nonzero(inside & (cohort.time >= time) & (entry < time))
            assert table.at_risk([time])[0, k] == expected
        own = cohort.time[inside]
        assert (table.times[table.last[k]] == own.max()) if len(own) else table.last[k] == -1
    assert table.n.sum() == len(cohort.time)
    assert (table.n_event.sum(axis=0) == table.events).all()
    assert (table.n_event.sum(axis=0) + table.n_censor.sum(axis=0) == table.n).all()


@settings(max_examples=40, deadline=None)
@given(small(), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(cohort: Small, random) -> None:
    order = list(range(len(cohort.time)))
    random.shuffle(order)
    entry = None if cohort.entry is None else cohort.entry[order]
    one = cohort.table()
    other = Small(cohort.time[order], cohort.event[order], cohort.group[order], entry,
                  cohort.n_groups).table()
    for name in ("times", "n_risk", "n_event", "n_censor", "n", "events", "last"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


@settings(max_examples=40, deadline=None)
@given(small())
def test_pooling_and_selecting_are_what_fewer_groups_give(cohort: Small) -> None:
    table = cohort.table()
    pooled = table.pooled()
    ranked = rank_times(cohort.time, cohort.event, cohort.entry)
    whole = event_table(ranked, np.zeros(len(cohort.time), dtype=int), 1)
    first = event_table(ranked, np.where(cohort.group == 0, 0, -1), 1)
    times = [0.0, 0.5, 3.0, 8.5]
    for one, other in ((pooled, whole), (table.select([0]), first)):
        for name in ("n_risk", "n_event", "n_censor", "n", "events", "last"):
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
        np.testing.assert_array_equal(one.at_risk(times), other.at_risk(times))


def test_what_cannot_be_used_is_left_out_and_marked() -> None:
    time = [5, np.nan, -1, np.inf, 7, 7, 3]
    event = [1, 1, 1, 1, np.nan, -1, 0]
    ranked = rank_times(time, event)
    assert ranked.unusable.tolist() == [False, True, True, True, True, True, False]
    assert ranked.times.tolist() == [3, 5]
    assert ranked.rank.tolist() == [1, -1, -1, -1, -1, -1, 0]


def test_an_entry_at_or_after_the_time_cannot_be_used() -> None:
    ranked = rank_times([5, 5, 5, 5], [1, 1, 0, 1], [0, 5, 6, np.nan])
    assert ranked.unusable.tolist() == [False, True, True, True]


def test_nobody_and_nobody_usable() -> None:
    for ranked in (rank_times([], []), rank_times([np.nan], [1])):
        table = event_table(ranked, np.zeros(len(ranked.rank), dtype=int), 2)
        assert table.n.tolist() == [0, 0] and table.last.tolist() == [-1, -1]
        assert table.at_risk([0, 1]).tolist() == [[0, 0], [0, 0]]
        assert table.pooled().groups == 1


def test_times_that_differ_by_rounding_are_one_time() -> None:
    ranked = rank_times([0.1 + 0.2, 0.3, 0.5], [1, 0, 1])
    assert len(ranked.times) == 2
    assert ranked.rank[0] == ranked.rank[1]
    late = rank_times([0.1 + 0.2, 0.3, 0.5], [1, 0, 1], [0, 0, 0.3])
    assert len(late.times) == 2 and late.entry_rank is not None and late.entry_rank[2] == 1


def test_an_entry_that_only_rounding_sets_before_the_time_cannot_be_used() -> None:
    ranked = rank_times([0.1 + 0.2, 0.5], [1, 1], [0.3, 0.0])
    assert ranked.unusable.tolist() == [True, False]
    assert ranked.times.tolist() == [0.5]


def test_a_left_out_group_is_not_counted() -> None:
    table = event_table(rank_times([1, 2, 3], [1, 1, 0]), [0, -1, 0], 1)
    assert table.n.tolist() == [2] and table.n_risk[:, 0].tolist() == [2, 1, 1]
