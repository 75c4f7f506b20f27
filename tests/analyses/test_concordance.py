"""Concordance by its definition, pair by pair; the large-sample path; R stands in test_cox."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rrmm.analyses.concordance import concordance


def by_pairs(time: np.ndarray, event: np.ndarray, risk: np.ndarray, entry: np.ndarray) -> tuple[int, int, int]:
    more = less = tied = 0
    for i in range(len(time)):
        for j in range(len(time)):
            stays = time[j] > time[i] or (time[j] == time[i] and event[j] == 0)
            if i != j and event[i] == 1 and stays and entry[j] < time[i]:
                more, less, tied = (
                    more + (risk[i] > risk[j]),
                    less + (risk[i] < risk[j]),
                    tied + (risk[i] == risk[j]),
                )
    return more, less, tied


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 25), st.integers(1, 30), st.integers(0, 2**32 - 1), st.booleans())
def test_counts_are_those_of_the_definition(n: int, span: int, seed: int, late: bool) -> None:
    random = np.random.default_rng(seed)
    time, event = random.integers(1, span + 1, n).astype(float), random.integers(0, 2, n)
    risk = random.integers(0, 5, n).astype(float)
    entry = time - random.integers(1, 10, n) if late else np.full(n, -1.0)
    found = concordance(time, event, risk, entry=entry if late else None)
    more, less, tied = by_pairs(time, event, risk, entry)
    assert (found.concordant, found.discordant, found.tied) == (more, less, tied)
    if more + less + tied:
        assert found.estimate == pytest.approx((more + tied / 2) / (more + less + tied))
        # Turning the prediction round turns C round; its error stays.
        other = concordance(time, event, -risk, entry=entry if late else None)
        assert other.estimate == pytest.approx(1 - found.estimate) and other.std_error == pytest.approx(found.std_error)
    else:
        assert math.isnan(found.estimate)


def test_many_patients_are_counted_in_blocks_without_loss() -> None:
    random = np.random.default_rng(5)
    n = 1700
    time, event, risk = (
        random.integers(1, 400, n).astype(float),
        random.integers(0, 2, n),
        random.integers(0, 90, n).astype(float),
    )
    entry = time - random.integers(1, 300, n)
    pairs = (event == 1)[:, None] & ((time > time[:, None]) | ((time == time[:, None]) & (event == 0))) & (entry < time[:, None])
    found = concordance(time, event, risk, entry=entry)
    assert found.concordant == int((pairs & (risk[:, None] > risk)).sum())
    assert found.tied == int((pairs & (risk[:, None] == risk)).sum())


def test_strata_are_worlds_of_their_own() -> None:
    time, event, risk = np.array([1.0, 2, 3, 4]), np.array([1, 1, 1, 1]), np.array([4.0, 3, 2, 1])
    found = concordance(time, event, risk, strata=np.array([0, 1, 0, 1]))
    assert found.concordant == 2 and found.estimate == 1
