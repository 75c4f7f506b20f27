"""Which adverse events there are, and who had which at what grade and when, from either kind of file.

One grade column an event (0: none), or a sheet with one row an event, of which a patient's highest grade
counts. In a file with such a sheet, a patient without a row of an event did not have it: that is how such
sheets are kept, and the page says so. An event whose grade is missing counts as "any grade", and as unknown
for grade 3 or higher. Infections and cytopenias by CTCAE, CRS and ICANS by ASTCT.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from rrmm.cohort import UNKNOWN, Cohort

SEVERE = 3
UNGRADED = -2.0
"""As a worst grade: the event happened, its grade is unknown."""


@dataclass(frozen=True)
class Event:
    """One adverse event. parts: the grade columns whose worst counts. onset: column of its first day.

    scale: how it is graded. Further terms of a long sheet have the key "term:<term in lower case>" and no
    part.
    """

    key: str
    label: str
    parts: tuple[str, ...]
    onset: str = ""
    scale: str = "CTCAE"


EVENTS: tuple[Event, ...] = (
    Event("infection", "Infection", ("infection_grade",), "infection_onset_date"),
    Event("crs", "CRS", ("crs_grade",), "crs_onset_date", "ASTCT"),
    Event("icans", "ICANS", ("icans_grade",), "icans_onset_date", "ASTCT"),
    Event("cytopenia", "Cytopenia, any kind", ("neutropenia_grade", "anemia_grade", "thrombopenia_grade")),
    Event("neutropenia", "Neutropenia", ("neutropenia_grade",)),
    Event("anemia", "Anaemia", ("anemia_grade",)),
    Event("thrombopenia", "Thrombopenia", ("thrombopenia_grade",)),
)

GENERIC = ("infection", "infections", "infektion", "infektionen", "infekt", "infekte")
"""Terms that say no more than the line "Infection"; other terms of infections get a line of their own too."""


def long_events(cohort: Cohort) -> pd.DataFrame | None:
    """The sheet with one row an event, None where there is none.

    patient (row of the cohort), name (as written), term (lower case), category (as the intake sorts terms:
    "infection", "crs", ..., "other"), grade (NaN unknown), day (from start of treatment, NaN unknown).
    """
    sheet = cohort.adverse_events
    if sheet is None or not len(sheet):
        return None

    def make() -> pd.DataFrame:
        from rrmm.intake.adverse_events import category_of

        name = sheet["term"].astype("string").str.strip()
        events = pd.DataFrame(
            {
                "patient": pd.to_numeric(sheet["patient"], errors="coerce"),
                "name": name,
                "term": name.str.lower(),
                "category": sheet["category"] if "category" in sheet else name.map(category_of),
                "grade": pd.to_numeric(sheet["grade"], errors="coerce").astype("float64"),
                "day": pd.to_numeric(sheet["onset_days"], errors="coerce").astype("float64"),
            }
        )
        known = events["patient"].between(0, cohort.n - 1) & events["name"].notna() & events["name"].ne("")
        # Grade 0 in such a sheet says that it was looked for and not there.
        events = events[known & ~events["grade"].eq(0)]
        return events.assign(patient=events["patient"].astype(int)).reset_index(drop=True)

    return cohort.memo("long_events", make)


class Grades(NamedTuple):
    """An event, patient by patient. had, severe (grade 3 or higher): int8 (n,), 1 yes, 0 no, -1 unknown.

    worst: highest known grade (n,), UNGRADED where it happened without a grade, NaN where nothing is known.
    """

    had: np.ndarray
    severe: np.ndarray
    worst: np.ndarray


def grades_of(cohort: Cohort, event: Event) -> Grades | None:
    """Who had the event and how badly; None where the cohort holds nothing on it.

    Of several parts (cytopenia) one is enough for yes, and all have to be known for no.
    """
    parts = [part for part in _parts(cohort, event) if part is not None]
    if not parts:
        return None
    stack = np.vstack(parts)
    happened = (stack >= 1) | (stack == UNGRADED)
    had = np.where(happened.any(axis=0), 1, np.where((stack == 0).all(axis=0), 0, UNKNOWN))
    mild = (stack >= 0) & (stack < SEVERE)
    severe = np.where((stack >= SEVERE).any(axis=0), 1, np.where(mild.all(axis=0), 0, UNKNOWN))
    graded = np.where(np.isnan(stack) | (stack == UNGRADED), -9.0, stack).max(axis=0)
    worst = np.where(
        (graded <= 0) & (stack == UNGRADED).any(axis=0), UNGRADED, np.where(graded < 0, np.nan, graded)
    )
    return Grades(had.astype(np.int8), severe.astype(np.int8), worst)


def _parts(cohort: Cohort, event: Event) -> list[np.ndarray | None]:
    """Grade by part (n,): from its column, else from the long sheet; None where neither is there."""
    events = long_events(cohort)
    if event.key.startswith("term:"):
        return [None if events is None else _worst(cohort.n, events[_mine(event, events)])]
    found: list[np.ndarray | None] = []
    for column in event.parts:
        listed = None if events is None else _worst(cohort.n, events[_of_column(column, events)])
        if not cohort.has(column):
            found.append(listed)
        elif listed is None:
            found.append(cohort.number(column))
        else:
            given = cohort.number(column)
            found.append(np.where(np.isnan(given) & (listed != 0), listed, given))
    return found


def _of_column(column: str, events: pd.DataFrame) -> pd.Series:
    """Rows of the long sheet that belong to a grade column."""
    return events["category"].eq(column.removesuffix("_grade"))


def _mine(event: Event, events: pd.DataFrame) -> pd.Series:
    """Rows of the long sheet that belong to an event."""
    if event.key.startswith("term:"):
        return events["term"].eq(event.key[5:])
    found = pd.Series(False, index=events.index)
    for column in event.parts:
        found |= _of_column(column, events)
    return found


def _worst(n: int, events: pd.DataFrame) -> np.ndarray:
    """Highest grade of each patient's rows (n,): 0 without a row, UNGRADED where no row has a grade."""
    worst = np.zeros(n)
    for patient, grade in zip(events["patient"], events["grade"].fillna(UNGRADED), strict=True):
        if worst[patient] == 0 or grade > worst[patient]:
            worst[patient] = grade
    return worst


def onset_days(cohort: Cohort, event: Event) -> np.ndarray:
    """Days from start of treatment (first full dose) to the first onset (n,); negative during step-up
    dosing."""
    days = np.full(cohort.n, np.nan)
    if event.onset and cohort.has(event.onset):
        given = (cohort.frame[event.onset] - cohort.frame["start_date"]).dt.total_seconds() / 86400
        return given.to_numpy(np.float64)
    events = long_events(cohort)
    if events is not None:
        first = events[_mine(event, events)].groupby("patient")["day"].min()
        days[first.index.to_numpy(int)] = first.to_numpy(np.float64)
    return days


def all_events(cohort: Cohort) -> tuple[Event, ...]:
    """The events of Table 4, then further terms of a long sheet under their own names, most frequent
    first."""
    events = long_events(cohort)
    if events is None:
        return EVENTS
    infection = events["category"].eq("infection") & ~events["term"].isin(GENERIC)
    others = events[events["category"].eq("other") | infection]
    names = others.groupby("term")["name"].first()
    order = others.groupby("term")["patient"].nunique().sort_values(ascending=False, kind="stable")
    return (*EVENTS, *(Event("term:" + str(term), str(names[term]), ()) for term in order.index))
