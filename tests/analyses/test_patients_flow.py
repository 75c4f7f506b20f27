"""Overlap, flow and missingness: every patient in one place, counted against brute force."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rrmm.analyses.flow import flow, rows_set_aside
from rrmm.analyses.missingness import missingness
from rrmm.analyses.overlap import FEATURES, choices, overlap
from rrmm.cohort import build_cohort
from rrmm.intake import load
from rrmm.picks import Picks
from tests.cohorts import ALL, SAMPLES, sample
from tests.handmade import everyone, few

ANSWERS = st.sampled_from(["yes", "no", None])


@given(st.lists(st.tuples(ANSWERS, ANSWERS, ANSWERS), min_size=1, max_size=25))
@settings(max_examples=40, deadline=None)
def test_overlap_against_brute_force(rows: list[tuple[str | None, ...]]) -> None:
    columns = [list(column) for column in zip(*rows, strict=True)]
    cohort = few(len(rows), emd=columns[0], penta_refractory=columns[1], idecel=columns[2])
    found = overlap(cohort, Picks(), ("emd", "penta", "idecel"), everyone(cohort))
    complete = [row for row in rows if None not in row]
    assert found.complete == len(complete)
    expected = {}
    for has in product((False, True), repeat=3):
        n = sum(tuple(answer == "yes" for answer in row) == has for row in complete)
        if n:
            expected[has] = n
    assert {each.has: each.n for each in found.combinations} == expected
    sizes = [each.n for each in found.combinations]
    assert sizes == sorted(sizes, reverse=True) and sum(sizes) == len(complete)
    for feature, column in zip(found.features, columns, strict=True):
        assert (feature.having, feature.known) == (column.count("yes"), len(column) - column.count(None))


@pytest.mark.parametrize("name", list(ALL))
def test_overlap_of_every_kind_of_cohort(name: str) -> None:
    cohort = ALL[name]()
    have = choices(cohort)
    assert set(have) <= set(FEATURES)
    found = overlap(cohort, Picks(), tuple(have[:6]), everyone(cohort))
    assert sum(each.n for each in found.combinations) == found.complete <= cohort.n


@pytest.mark.parametrize("compare", ["none", "emd", "trial"])
@pytest.mark.parametrize("filters", [(), (("iss3", 1),), (("iss3", 0), ("bm60", 1))])
@pytest.mark.parametrize("name", list(ALL))
def test_flow_adds_up(name: str, filters: tuple[tuple[str, int], ...], compare: str) -> None:
    cohort = ALL[name]()
    found = flow(cohort, Picks(compare=compare, filters=filters))
    for before, after in zip(found.steps, found.steps[1:], strict=False):
        assert before.n - sum(count for _, count in after.left) == after.n
    last = found.steps[-1].n
    for end in found.ends:
        assert end.n + sum(count for _, count in end.left) == last
    if found.groups:
        assert sum(n for _, n in found.groups) == last


def test_flow_of_the_sample() -> None:
    found = flow(sample(), Picks())
    assert [(step.label, step.n) for step in found.steps] == [("Patients in the cohort", 123)]
    ends = {end.label: (end.n, end.detail) for end in found.ends}
    assert ends["Progression-free survival"] == (123, "50 events")
    assert ends["Duration of response"][0] == 73 and ends["Response"] == (123, "73 with PR or better")


def test_rows_set_aside_are_in_the_flow() -> None:
    lines = (SAMPLES / "cohort.csv").read_text(encoding="utf-8-sig").splitlines()[:6]
    cohort = build_cohort(load(("\n".join([*lines, lines[3]]) + "\n").encode(), "twice.csv"))
    assert cohort.n == 5
    assert [count for _, count in rows_set_aside(cohort)] == [1]
    steps = flow(cohort, Picks()).steps
    assert [step.n for step in steps] == [6, 5]


@pytest.mark.parametrize("name", list(ALL))
def test_missingness_counts_cells(name: str) -> None:
    cohort = ALL[name]()
    found = missingness(cohort, everyone(cohort))
    for row in found.rows:
        assert 0 <= row.known <= row.n <= cohort.n and 0 <= row.share <= 1
        if row.n == cohort.n:
            assert row.known == int(cohort.frame[row.name].notna().sum())
    assert 0 <= found.complete <= found.n == cohort.n


def test_missingness_of_the_sample() -> None:
    rows = {row.name: row for row in missingness(sample(), everyone(sample())).rows}
    assert (rows["bm_plasma_pct"].known, rows["bm_plasma_pct"].n) == (59, 123)
    assert (rows["car_t_interval_months"].known, rows["car_t_interval_months"].n) == (20, 21)
    assert (rows["dor_days"].known, rows["dor_days"].n) == (73, 73)


def test_missingness_of_a_part() -> None:
    cohort = few(emd=["yes", None, "no", None])
    found = missingness(cohort, np.array([True, True, False, False]))
    row = next(row for row in found.rows if row.name == "emd")
    assert (row.known, row.n, found.complete) == (1, 2, 1)
    assert isinstance(cohort.frame, pd.DataFrame)
