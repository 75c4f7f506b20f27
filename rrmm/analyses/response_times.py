"""Time to response and to best response, and the cumulative incidence of response.

Medians and ranges are of responders with a dated response, as the paper gives them ("median time to response
1.0 month"): they say how fast those who responded did. The cumulative incidence is of all patients:
progression or death before a response competes with it (Aalen-Johansen); who has neither is censored at the
end of PFS.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from rrmm import DAYS_PER_MONTH
from rrmm.analyses.baseline import Spread, spread
from rrmm.analyses.incidence import Curves, competing_curves
from rrmm.cohort import Cohort
from rrmm.picks import Picks, population
from rrmm.subgroups import group

READ_AT = (1, 3, 6)
"""Months at which the cumulative incidence is read."""


@dataclass(frozen=True, eq=False)
class GroupTimes:
    """Responders of one group: times in months. undated_first, undated_best: responders without that time."""

    label: str
    responders: int
    first: Spread
    best: Spread
    undated_first: int
    undated_best: int


@dataclass(frozen=True, eq=False)
class ResponseTimes:
    """By group, and the cumulative incidence of response (PR or better) with progression or death
    competing."""

    groups: tuple[GroupTimes, ...]
    curves: Curves


def response_times(cohort: Cohort, picks: Picks) -> ResponseTimes:
    """Times of the population by the comparison of ``picks``."""
    people = population(cohort, picks)
    grouping = group(cohort, picks.compare, picks.cut_of)
    codes = np.where(people.mask, grouping.codes, -1)
    responder = cohort.flag("responder") == 1
    first, best = cohort.number("ttr_days") / DAYS_PER_MONTH, cohort.number("ttbr_days") / DAYS_PER_MONTH
    groups = []
    for at, label in enumerate(grouping.levels):
        inside = (codes == at) & responder
        n = int(np.count_nonzero(inside))
        of_first, of_best = spread(first[inside]), spread(best[inside])
        groups.append(GroupTimes(label, n, of_first, of_best, n - of_first.n, n - of_best.n))
    time, status = competing_response(cohort)
    curves = competing_curves(
        time,
        status,
        codes,
        grouping.levels,
        {
            "response not dated": responder & np.isnan(cohort.number("ttr_days")),
            "response unknown": cohort.flag("responder") == -1,
            "no time to progression, death or last contact": np.isnan(time),
        },
        [month * DAYS_PER_MONTH for month in READ_AT],
    )
    return ResponseTimes(tuple(groups), curves)


def competing_response(cohort: Cohort) -> tuple[np.ndarray, np.ndarray]:
    """Days (n,) and status (n,): 1 response, 2 progression or death before one, 0 censored; NaN where
    unknown."""
    responder, event = cohort.flag("responder"), cohort.flag("pfs_event")
    ends = cohort.number("pfs_days")
    time = np.where(responder == 1, cohort.number("ttr_days"), np.where(responder == 0, ends, np.nan))
    status = np.where(responder == 1, 1.0, np.where(event == 1, 2.0, 0.0))
    status = np.where((responder == 0) & (event == -1), math.nan, status)
    return np.where(np.isnan(status), math.nan, time), np.where(np.isnan(time), math.nan, status)
