"""Patients alike, against plain counting."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from rrmm.analyses.similar import similar
from rrmm.subgroups import ALL_SUBGROUPS, group
from tests.cohorts import empty, one, sample

FEATURES = (("emd", 1), ("idecel", 1), ("penta", 0))


def holds(features, n: int):
    codes = {key: group(sample(), key).codes for key, _ in features}
    return [all(codes[key][at] == level for key, level in features) for at in range(n)]


@pytest.mark.parametrize("size", [1, 2, 3])
def test_matching_is_every_feature(size: int) -> None:
    found = similar(sample(), FEATURES[:size])
    assert found.n == sum(holds(FEATURES[:size], sample().n)) and list(found.matching) == holds(FEATURES[:size], sample().n)


def test_unknown_is_neither_alike_nor_other() -> None:
    found = similar(sample(), FEATURES)
    codes = [group(sample(), key).codes for key, _ in FEATURES]
    open_to = sum(any(code[at] == -1 for code in codes)
                  and all(code[at] in (-1, level) for code, (_, level) in zip(codes, FEATURES, strict=True))
                  for at in range(sample().n))
    assert found.unknown == open_to


def test_letting_go_never_loses_anyone_and_ends_with_everybody() -> None:
    found = similar(sample(), FEATURES)
    counts = [step.n for step in found.ladder]
    assert counts == sorted(counts) and counts[0] == found.n and counts[-1] == sample().n
    # The greedy step is the best single one.
    first = max(sum(holds([each for each in FEATURES if each != gone], sample().n)) for gone in FEATURES)
    assert counts[1] == first


def test_a_population_limits_everything() -> None:
    inside = np.zeros(sample().n, dtype=bool)
    inside[:40] = True
    found = similar(sample(), FEATURES[:1], population=inside)
    assert found.n == int((found.matching & inside).sum()) and found.ladder[-1].n == 40


def test_no_feature_is_everybody_and_small_cohorts_are_safe() -> None:
    assert similar(sample(), ()).n == sample().n
    for cohort, level in product((empty(), one()), (0, 1)):
        found = similar(cohort, [(key, level) for key in ALL_SUBGROUPS])
        assert 0 <= found.n <= cohort.n and found.ladder[-1].n == cohort.n


def test_an_unknown_feature_is_an_error() -> None:
    with pytest.raises(KeyError):
        similar(sample(), (("nothing", 1),))
