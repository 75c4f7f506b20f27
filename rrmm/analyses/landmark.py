"""Landmark analysis: survival from a chosen month on, grouped by what had happened by then.

Only patients still event-free and under observation at the landmark are compared, and an outcome after the
landmark counts as not (yet) had. Who is left out, and why, is part of the result. Source: Anderson, Cain and
Gelber, J Clin Oncol 1983;1:710. Curves and tests are those of the live path; R's witness is ``survfit`` and
``coxph`` on the patients left after the landmark.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pandas as pd

from rrmm import DAYS_PER_MONTH
from rrmm.analyses.counts import EventTable, event_table, rank_times
from rrmm.analyses.hazard_table import HazardRatio, cox_from_table
from rrmm.analyses.km import ConfType, Curves, Quantile, kaplan_meier, quantile
from rrmm.analyses.logrank import Test, logrank
from rrmm.analyses.outcome_groups import NO, OUTCOMES, UNDATED, UNKNOWN, YES, Happened, happened
from rrmm.cohort import Cohort
from rrmm.endpoints import ENDPOINTS
from rrmm.results import Remark, Result

FEW_PATIENTS = 10


@dataclass(frozen=True)
class LandmarkGroup:
    """One of the two groups: patients at the landmark, events after it, median time from the landmark."""

    label: str
    n: int
    events: int
    median: Quantile


@dataclass(frozen=True, eq=False)
class Landmark:
    """A finished landmark analysis; times count from the landmark, group 0 had not had the outcome by then.

    at: landmark, in the unit of the times. excluded: reason -> patients, in this order. later: patients of
    group 0 who had the outcome after the landmark. codes: int8 (n,), -1 left out.
    """

    at: float
    groups: tuple[LandmarkGroup, LandmarkGroup]
    excluded: Mapping[str, int]
    later: int
    codes: np.ndarray
    table: EventTable
    curves: Curves
    test: Test
    ratio: HazardRatio
    remarks: tuple[Remark, ...]

    @property
    def n(self) -> int:
        """Patients compared."""
        return sum(group.n for group in self.groups)

    def result(self) -> Result:
        """The same as a result: one row a group."""
        rows = [
            {
                "group": each.label,
                "n": each.n,
                "n_event": each.events,
                "estimate": each.median.estimate,
                "conf_low": each.median.conf_low,
                "conf_high": each.median.conf_high,
            }
            for each in self.groups
        ]
        return Result(
            "landmark",
            pd.DataFrame(rows),
            self.n,
            sum(each.events for each in self.groups),
            self.excluded,
            self.remarks,
            f"Kaplan-Meier from the landmark at {self.at:g}; {self.test.method}; Cox, Efron ties",
            numbers={"at": self.at, "later": self.later, "logrank": self.test, "hazard_ratio": self.ratio},
        )


def landmark(
    time: np.ndarray,
    event: np.ndarray,
    outcome: Happened,
    at: float,
    *,
    labels: tuple[str, str] = ("not yet", "by the landmark"),
    conf_type: ConfType = "log-log",
    about: np.ndarray | None = None,
) -> Landmark:
    """Compare from the landmark on.

    time: (n,) from time zero; event: (n,) 1 event, 0 censored, other unknown. at: the landmark, same unit as
    time and onset, 0 or later. about: bool (n,), who is in the population. ValueError for a landmark before
    0.
    """
    if not (math.isfinite(at) and at >= 0):
        raise ValueError("the landmark is a time from the start on")
    times, events = np.asarray(time, dtype=np.float64), np.asarray(event)
    left = np.ones(len(times), dtype=bool) if about is None else np.asarray(about, dtype=bool).copy()
    excluded: dict[str, int] = {}
    # Later reasons count only those whom no earlier reason has left out.
    for reason, out in (
        ("time or event unknown", ~(np.isfinite(times) & (times >= 0) & np.isin(events, (0, 1)))),
        ("event before the landmark", (times <= at) & (events == 1)),
        ("censored before the landmark", (times <= at) & (events == 0)),
        ("unknown whether it happened", outcome.ever == UNKNOWN),
        ("it happened, its time is unknown", outcome.ever == UNDATED),
    ):
        excluded[reason] = int(np.count_nonzero(left & out))
        left &= ~out
    by_then = (outcome.ever == YES) & (outcome.onset <= at)
    codes = np.where(left, by_then.astype(np.int8), -1).astype(np.int8)
    table = event_table(rank_times(times - at, np.where(left, events, -1)), codes, 2)
    curves = kaplan_meier(table, conf_type)
    groups = tuple(
        LandmarkGroup(labels[k], int(table.n[k]), int(table.events[k]), quantile(curves, k)) for k in range(2)
    )
    return Landmark(
        at,
        (groups[0], groups[1]),
        MappingProxyType(excluded),
        int(np.count_nonzero((codes == NO) & (outcome.ever == YES))),
        codes,
        table,
        curves,
        logrank(table),
        cox_from_table(table, labels=labels)[0],
        _remarks(groups),
    )


def landmark_of(
    cohort: Cohort,
    endpoint: str,
    outcome: str,
    months: float,
    *,
    conf_type: ConfType = "log-log",
    about: np.ndarray | None = None,
) -> Landmark:
    """The landmark analysis of a cohort's endpoint by an outcome, at so many months. KeyError for unknown
    keys."""
    entry, target = OUTCOMES[outcome], ENDPOINTS[endpoint]
    said = f"by month {months:g}"
    return landmark(
        cohort.number(target.time),
        cohort.flag(target.event),
        happened(cohort, outcome),
        months * DAYS_PER_MONTH,
        labels=(f"{entry.no} {said}", f"{entry.yes} {said}"),
        conf_type=conf_type,
        about=about,
    )


def _remarks(groups: tuple[LandmarkGroup, ...]) -> tuple[Remark, ...]:
    found = [
        Remark("landmark", "Times count from the landmark; what happened after it does not move a patient.")
    ]
    for each in groups:
        if each.n == 0:
            found.append(Remark("empty_group", f"{each.label}: no patient."))
        elif each.n < FEW_PATIENTS:
            found.append(Remark("few_patients", f"{each.label}: only {each.n} patient{'s' * (each.n != 1)}."))
    return tuple(found)
