"""Progression, with death before it competing: the two events that PFS adds up."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rrmm.analyses.incidence import Curves, competing_curves
from rrmm.cohort import Cohort
from rrmm.picks import Picks, population
from rrmm.subgroups import group, is_outcome

READ_AT = (91, 182, 365)
"""Days at which the curves are read."""


def died_first(cohort: Cohort) -> np.ndarray:
    """bool (n,): the event of PFS is the death, without a progression before it."""
    pfs, follow_up = cohort.number("pfs_days"), cohort.number("os_days")
    return ((cohort.flag("pfs_event") == 1) & (cohort.flag("os_event") == 1) & (pfs == follow_up)
            & (cohort.flag("progression") != 1))


def progression_status(cohort: Cohort) -> np.ndarray:
    """What ended PFS, float (n,): 0 censored, 1 progression, 2 death without progression, NaN unknown."""
    event = cohort.flag("pfs_event")
    status = np.where(event == 1, 1.0, np.where(event == 0, 0.0, np.nan))
    return np.where(died_first(cohort), 2.0, status)


def progression_curves(cohort: Cohort, picks: Picks, at: Sequence[float] = READ_AT) -> Curves | None:
    """Cumulative incidence of progression by the comparison, with Gray's test; None without PFS.

    A comparison by an outcome known only later is not drawn by group: everybody is one group.
    """
    if not (cohort.has("pfs_days") and cohort.has("pfs_event")):
        return None
    compare = "none" if is_outcome(picks.compare) else picks.compare
    grouping = group(cohort, compare, picks.cut_of)
    codes = np.where(population(cohort, picks).mask, grouping.codes, -1)
    status = progression_status(cohort)
    return competing_curves(cohort.number("pfs_days"), status, codes, grouping.levels,
                            {"PFS unknown": np.isnan(status) | np.isnan(cohort.number("pfs_days"))}, at)
