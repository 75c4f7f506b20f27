"""Patients like the one in front of the board: who shares the features, and how many more as features are let go.

Honest by construction: exact matches only, no distance of our own making; a patient in whom a feature is unknown
does not match, and is counted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rrmm.cohort import UNKNOWN, Cohort
from rrmm.combinations import Combination
from rrmm.subgroups import ALL_SUBGROUPS, group


@dataclass(frozen=True)
class Step:
    """One step of letting go. dropped: label of the feature let go (empty for the first step); n: who matches then."""

    dropped: str
    kept: tuple[str, ...]
    n: int


@dataclass(frozen=True, eq=False)
class Similar:
    """matching: bool (n,). unknown: patients of whom no feature contradicts, but one or more is unknown.

    alone: (label, patients with this feature alone, unknown). ladder: features let go one by one, each time the one
    that brings the most patients back, until none is left.
    """

    combination: Combination
    labels: tuple[str, ...]
    matching: np.ndarray
    unknown: int
    alone: tuple[tuple[str, int, int], ...]
    ladder: tuple[Step, ...]

    @property
    def n(self) -> int:
        """Patients who share every feature."""
        return int(np.count_nonzero(self.matching))


def similar(cohort: Cohort, features: Sequence[tuple[str, int]], cuts: Mapping[str, float] | None = None,
            population: np.ndarray | None = None) -> Similar:
    """Match on features: (key of ALL_SUBGROUPS, level 0 or 1). population: bool (n,), everybody where None.

    No feature: everybody matches. KeyError for an unknown key.
    """
    inside = np.ones(cohort.n, dtype=bool) if population is None else population
    labels, holds = [], []
    for key, level in features:
        ALL_SUBGROUPS[key]
        grouping = group(cohort, key, cuts)
        labels.append(grouping.levels[level])
        holds.append(np.where(grouping.codes == UNKNOWN, UNKNOWN, (grouping.codes == level).astype(np.int64)))
    matching = inside & _all(holds, 1, cohort.n)
    open_to = inside & ~_any(holds, 0, cohort.n) & ~matching
    def count(hold: np.ndarray, value: int) -> int:
        return int(np.count_nonzero(inside & (hold == value)))

    alone = tuple((label, count(hold, 1), count(hold, UNKNOWN)) for label, hold in zip(labels, holds, strict=True))
    return Similar(Combination("all", tuple(features)), tuple(labels), matching, int(np.count_nonzero(open_to)), alone,
                   _ladder(labels, holds, inside))


def _all(holds: Sequence[np.ndarray], value: int, n: int) -> np.ndarray:
    return np.all([hold == value for hold in holds], axis=0) if holds else np.ones(n, dtype=bool)


def _any(holds: Sequence[np.ndarray], value: int, n: int) -> np.ndarray:
    return np.any([hold == value for hold in holds], axis=0) if holds else np.zeros(n, dtype=bool)


def _ladder(labels: Sequence[str], holds: Sequence[np.ndarray], inside: np.ndarray) -> tuple[Step, ...]:
    def count(kept: Sequence[int]) -> int:
        return int(np.count_nonzero(inside & _all([holds[at] for at in kept], 1, len(inside))))

    kept = list(range(len(labels)))
    steps = [Step("", tuple(labels), count(kept))]
    while kept:
        without = {at: count([other for other in kept if other != at]) for at in kept}
        best = max(kept, key=lambda at: (without[at], -at))
        kept.remove(best)
        steps.append(Step(labels[best], tuple(labels[at] for at in kept), without[best]))
    return tuple(steps)
