"""Standardized mean differences and rank tests, held to R."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rrmm.analyses.effect_size import rank_test, smd_counts, smd_number, smd_share
from tests.analyses.agreement import agree
from tests.golden import frame, load


def by(values: pd.Series, groups: pd.Series) -> list[np.ndarray]:
    return [part.to_numpy() for _, part in values.groupby(groups)]


def counts(values: pd.Series, groups: pd.Series) -> np.ndarray:
    return pd.crosstab(groups, values).to_numpy()


def test_numbers_agree_with_r() -> None:
    lung, reference = frame("lung"), load("effect_size")
    for name, theirs in reference["number"].items():
        a, b = by(lung[name], lung["sex"])
        agree("Standardized mean difference, numbers", smd_number(a, b).estimate, theirs, rtol=1e-12)
    for name, theirs in reference["wilcoxon"].items():
        ours = rank_test(by(lung[name], lung["sex"]))
        agree(
            "Wilcoxon-Mann-Whitney",
            [ours.statistic, ours.p_value],
            [theirs["statistic"], theirs["p_value"]],
            1e-9,
        )


def test_categories_agree_with_r() -> None:
    lung, veteran, reference = frame("lung"), frame("veteran"), load("effect_size")
    tables = {
        "ecog": counts(lung["ecog"], lung["sex"]),
        "age_grp": counts(lung["age_grp"], lung["sex"]),
        "celltype": counts(veteran["celltype"], veteran["trt"]),
    }
    for name, (a, b) in tables.items():
        agree(
            "Standardized mean difference, categories",
            smd_counts(a, b).estimate,
            reference["levels"][name],
            1e-10,
        )
    groups = {"age": by(lung["age"], lung["ecog"]), "karno": by(veteran["karno"], veteran["celltype"])}
    for name, values in groups.items():
        ours, theirs = rank_test(values), reference["kruskal"][name]
        agree(
            "Kruskal-Wallis",
            [ours.statistic, ours.p_value],
            [theirs["statistic"], theirs["p_value"]],
            rtol=1e-9,
        )


def test_two_levels_are_the_difference_of_proportions() -> None:
    p, q = 30 / 70, 20 / 50
    expected = (p - q) / math.sqrt((p * (1 - p) + q * (1 - q)) / 2)
    assert smd_share(30, 70, 20, 50).estimate == pytest.approx(expected)
    assert smd_share(20, 50, 30, 70).estimate == pytest.approx(-expected)
    assert smd_counts([30, 40], [20, 30]).estimate == pytest.approx(abs(expected))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=5),
    st.permutations(range(5)),
)
def test_any_counts_are_answered(pairs: list[tuple[int, int]], order: list[int]) -> None:
    a, b = np.array(pairs).T
    ours = smd_counts(a, b)
    assert bool(ours.reason) == math.isnan(ours.estimate)
    if not ours.reason:
        assert ours.estimate >= 0
        keep = [i for i in order if i < len(a)]
        assert smd_counts(b[keep], a[keep]).estimate == pytest.approx(ours.estimate, rel=1e-6, abs=1e-9)
        # The number of patients alone does not matter.
        assert smd_counts(a * 7, b).estimate == pytest.approx(ours.estimate, rel=1e-9, abs=1e-12)


values = st.lists(st.one_of(st.integers(-5, 5).map(float), st.just(math.nan)), max_size=12)


@settings(max_examples=60, deadline=None)
@given(st.lists(values, min_size=1, max_size=4))
def test_any_numbers_are_answered(groups: list[list[float]]) -> None:
    test = rank_test(groups)
    assert (0 <= test.p_value <= 1) or (math.isnan(test.p_value) and test.reason)
    if len(groups) >= 2:
        ours = smd_number(groups[0], groups[1])
        assert bool(ours.reason) == math.isnan(ours.estimate)
        if not ours.reason:
            scaled = smd_number(np.array(groups[0]) * 30.4375 + 100, np.array(groups[1]) * 30.4375 + 100)
            assert scaled.estimate == pytest.approx(ours.estimate, rel=1e-6, abs=1e-9)


def test_what_has_no_size_says_why() -> None:
    assert (
        smd_counts([5, 0], [0, 5]).reason
        and smd_counts([5, 0], [4, 0]).reason
        and smd_counts([0, 0], [1, 2]).reason
    )
    assert smd_counts([3, 3], [1, 1]).estimate == 0
    assert smd_number([1.0], [2, 3]).reason and smd_number([0.1, 0.1], [0.1, 0.1, 0.1]).reason
    with pytest.raises(ValueError):
        smd_counts([1, 2], [1, 2, 3])
