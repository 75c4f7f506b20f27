"""Response by every subgroup with both directions of the odds ratio: Table 3 of the paper for any cohort.

Who counts follows the convention; the paper's Table 3 leaves out who could not be evaluated (120 of its 123).
The odds ratio has two directions: of response, and of non-response, which is what the paper prints.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from rrmm.analyses.proportions import Proportion
from rrmm.analyses.response import Convention, GroupResponse, response_by
from rrmm.analyses.two_by_two import Interval, two_by_two
from rrmm.cohort import Cohort
from rrmm.picks import Picks, population
from rrmm.subgroups import ALL_SUBGROUPS, group, has_data

METHODS = ("wald", "baptista_pike_midp")
CONTEXT = {"bm60": "Marrow ", "cart_interval": "CAR-T "}
"""What the name of a level needs before it where it stands without its subgroup."""

EXACT_BELOW = 5.0
"""Expected count below which Fisher's exact test stands beside the chi-square."""

NOTHING = Interval(math.nan, math.nan, math.nan, "one of the groups is empty")


@dataclass(frozen=True, eq=False)
class Odds:
    """One subgroup: both levels, and the second against the first.

    response, non_response: odds ratio of each direction. p_value: chi-square without correction; fisher_p:
    where an expected count is below 5, else NaN. unknown: patients whose level is unknown.
    """

    key: str
    label: str
    levels: tuple[GroupResponse, GroupResponse]
    unknown: int
    response: Interval
    non_response: Interval
    p_value: float
    fisher_p: float

    @property
    def rates(self) -> tuple[Proportion, Proportion]:
        """Overall response rate of both levels."""
        return self.levels[0].orr, self.levels[1].orr


def response_odds(
    cohort: Cohort, picks: Picks, convention: Convention, method: str = "wald"
) -> tuple[Odds, ...]:
    """Every subgroup that the cohort has data for, in the order of the registry. method: one of METHODS."""
    if method not in METHODS:
        raise ValueError(f"unknown interval of the odds ratio: {method!r}")
    people = population(cohort, picks)
    found = []
    for key, entry in ALL_SUBGROUPS.items():
        if not has_data(cohort, key):
            continue
        grouping = group(cohort, key, picks.cut_of)
        both = response_by(cohort, grouping.codes, grouping.levels, people.mask, convention).groups
        found.append(_odds(key, entry.label, (both[0], both[1]), grouping.unknown(people.mask), method))
    return tuple(found)


def _odds(
    key: str, label: str, levels: tuple[GroupResponse, GroupResponse], unknown: int, method: str
) -> Odds:
    no, yes = levels[0].orr, levels[1].orr
    if not no.n or not yes.n:
        return Odds(key, label, levels, unknown, NOTHING, NOTHING, math.nan, math.nan)
    table = two_by_two(yes.x, yes.n - yes.x, no.x, no.n - no.x)
    fisher = table.tests["fisher"].p_value if min(table.expected) < EXACT_BELOW else math.nan
    return Odds(
        key,
        label,
        levels,
        unknown,
        table.odds_ratios[method],
        table.reverse[method],
        table.tests["chi_square"].p_value,
        fisher,
    )


def subgroup_blocks(
    cohort: Cohort, picks: Picks, convention: Convention
) -> tuple[tuple[GroupResponse, ...], ...]:
    """Everybody, then the levels of each subgroup with data, for the picture of all of them (Fig. 2)."""
    people = population(cohort, picks)
    whole = np.zeros(cohort.n, dtype=np.int64)
    label = "Selected patients" if picks.filters else "All patients"
    blocks = [response_by(cohort, whole, (label,), people.mask, convention).groups]
    for key in ALL_SUBGROUPS:
        if has_data(cohort, key):
            grouping = group(cohort, key, picks.cut_of)
            labels = tuple(CONTEXT.get(key, "") + level for level in grouping.levels)
            blocks.append(response_by(cohort, grouping.codes, labels, people.mask, convention).groups)
    return tuple(blocks)
