"""How risk features overlap: who has which of them, and which together.

A combination needs every feature to be known, so it is counted among the patients in whom all chosen features
are known; how many these are is part of the result. Each feature alone keeps its own denominator.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rrmm.cohort import UNKNOWN, Cohort
from rrmm.picks import Picks
from rrmm.subgroups import SUBGROUPS, group, has_data

FEATURES = ("emd", "iss3", "bm60", "hrc", "penta", "prior_bcma", "idecel", "polychemo_2m")
"""Risk features that can be laid over each other, in the order of the rows."""

DEFAULT = ("emd", "iss3", "hrc", "penta", "prior_bcma")
LABELS = {
    "bm60": "Marrow {level}",
    "hrc": "High-risk cytogenetics",
    "polychemo_2m": "Recent polychemotherapy",
}
MOST = 6
"""Most features in one picture: 64 combinations are possible then."""


@dataclass(frozen=True, slots=True)
class Feature:
    """One feature: the level that counts as having it, with its own denominator."""

    key: str
    label: str
    having: int
    known: int


@dataclass(frozen=True, slots=True)
class Combination:
    """Patients who have exactly these features (one bool a feature) of those known in all."""

    has: tuple[bool, ...]
    n: int


@dataclass(frozen=True, eq=False)
class Overlap:
    """n: patients of the population; complete: known in every feature; combinations by size, largest
    first."""

    n: int
    complete: int
    features: tuple[Feature, ...]
    combinations: tuple[Combination, ...]


def choices(cohort: Cohort) -> list[str]:
    """Features this cohort has data for."""
    return [key for key in FEATURES if has_data(cohort, key)]


def overlap(cohort: Cohort, picks: Picks, keys: tuple[str, ...], population: np.ndarray) -> Overlap:
    """Count features and their exact combinations in the population, bool (n,).

    keys: at most MOST of FEATURES.
    """
    groupings = [group(cohort, key, picks.cut_of) for key in keys[:MOST]]
    features = []
    for key, found in zip(keys, groupings, strict=False):
        codes = found.codes[population]
        label = LABELS.get(key, SUBGROUPS[key].yes).format(level=found.levels[1])
        features.append(
            Feature(key, label, int(np.count_nonzero(codes == 1)), int(np.count_nonzero(codes != UNKNOWN)))
        )
    n = int(np.count_nonzero(population))
    if not groupings:
        return Overlap(n, 0, (), ())
    codes = np.vstack([found.codes[population] for found in groupings])
    complete = (codes != UNKNOWN).all(axis=0)
    number = (codes[:, complete] * (1 << np.arange(len(groupings)))[:, None]).sum(axis=0)
    found_numbers, counts = np.unique(number, return_counts=True)
    combinations = [
        Combination(tuple(bool(value >> at & 1) for at in range(len(groupings))), int(count))
        for value, count in zip(found_numbers.tolist(), counts, strict=True)
    ]
    combinations.sort(key=lambda each: (-each.n, sum(each.has), [not x for x in each.has]))
    return Overlap(n, int(np.count_nonzero(complete)), tuple(features), tuple(combinations))
