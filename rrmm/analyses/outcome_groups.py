"""Outcomes by which patients are not grouped at time zero, and when each patient had them.

Who responds or has a side effect must have lived long enough for it: groups made of such an outcome at time
zero give those who had it a head start (immortal time). The ways on are the landmark
(:mod:`rrmm.analyses.landmark`) and the covariate that switches when the outcome happens
(:mod:`rrmm.analyses.time_dependent`). A new outcome is one entry in :data:`OUTCOMES`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from rrmm.cohort import Cohort

YES, NO, UNKNOWN, UNDATED = 1, 0, -1, -2


@dataclass(frozen=True)
class Outcome:
    """An outcome with a date.

    source: column of the flag, or of the grade, of which 1 and above is yes.
    onset: column of the days or of the date.
    """

    key: str
    label: str
    yes: str
    no: str
    source: str
    onset: str


OUTCOMES: dict[str, Outcome] = {
    entry.key: entry
    for entry in (
        Outcome("response", "Response (PR or better)", "Response", "No response", "responder", "ttr_days"),
        Outcome("crs", "CRS of any grade", "CRS", "No CRS", "crs_grade", "crs_onset_date"),
        Outcome("icans", "ICANS of any grade", "ICANS", "No ICANS", "icans_grade", "icans_onset_date"),
        Outcome(
            "infection",
            "Infection of any grade",
            "Infection",
            "No infection",
            "infection_grade",
            "infection_onset_date",
        ),
    )
}


@dataclass(frozen=True, eq=False)
class Happened:
    """Whether and when n patients had an outcome.

    ever: int8 (n,), 1 yes, 0 no, -1 unknown, -2 yes without a usable time. onset: days from start of
    treatment (n,), NaN unless ever is 1.
    """

    ever: np.ndarray
    onset: np.ndarray


def happened(cohort: Cohort, key: str) -> Happened:
    """Read the outcome off the cohort. KeyError for an unknown outcome.

    An onset before the start of treatment counts as undated: it is a contradiction, not a head start.
    """
    entry = OUTCOMES[key]
    if entry.source.endswith("_grade"):
        grade = cohort.number(entry.source)
        ever = np.where(np.isnan(grade), UNKNOWN, np.where(grade >= 1, YES, NO))
    else:
        ever = cohort.flag(entry.source).astype(np.int64)
    if entry.onset.endswith("_date"):
        start = pd.to_datetime(cohort.frame["start_date"])
        onset = (pd.to_datetime(cohort.frame[entry.onset]) - start).dt.days.to_numpy(np.float64)
    else:
        onset = cohort.number(entry.onset)
    return when(ever, onset)


def when(ever: np.ndarray, onset: np.ndarray) -> Happened:
    """Bring flag (1, 0, -1) and onset (NaN unknown) of n patients together."""
    state = np.asarray(ever).astype(np.int8)
    time = np.asarray(onset, dtype=np.float64)
    state = np.where((state == YES) & ~(time >= 0), UNDATED, state).astype(np.int8)
    return Happened(state, np.where(state == YES, time, np.nan))


def available(cohort: Cohort) -> dict[str, str]:
    """Key -> label of the outcomes of which this cohort knows the time in at least one patient."""
    return {
        key: entry.label
        for key, entry in OUTCOMES.items()
        if np.count_nonzero(happened(cohort, key).ever == YES)
    }
