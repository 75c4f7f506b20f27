"""Safety of any cohort: Table 4 by group, what was given for it, and the cumulative incidence of infection.

Groups are described, not tested. Who had which event at what grade: :mod:`rrmm.analyses.adverse_events`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from rrmm.analyses.adverse_events import (
    EVENTS,
    UNGRADED,
    Event,
    Grades,
    all_events,
    grades_of,
    long_events,
    onset_days,
)
from rrmm.analyses.baseline import Spread, spread
from rrmm.analyses.incidence import Curves, competing_curves
from rrmm.analyses.proportions import Method, Proportion, proportion
from rrmm.cohort import UNKNOWN, Cohort
from rrmm.picks import Picks, population
from rrmm.subgroups import group

READ_AT = (30, 91, 182, 365)
"""Days at which the cumulative incidence of infection is read."""

TREATMENTS = (
    ("tocilizumab", "Tocilizumab"),
    ("dexamethasone", "Dexamethasone (CRS, ICANS)"),
    ("icu", "Intensive care"),
    ("gcsf", "G-CSF"),
    ("tpo_agonist", "TPO receptor agonist"),
    ("ivig", "Intravenous immunoglobulins"),
)
PAUSES = (
    (14, "Interruption > 2 weeks"),
    (28, "Interruption > 4 weeks"),
)


@dataclass(frozen=True, eq=False)
class Row:
    """One event by group: any grade, grade 3 or higher, and patients by grade.

    any_grade, severe: one a column. grades: patients by worst grade 0 to 5 in each column; ungraded: with
    the event, grade unknown; unknown and severe_unknown: neither known to have had it (grade 3 or higher)
    nor known not to.
    onset: days from start of treatment; undated: with the event, without a date. Groups are described, not
    tested.
    """

    key: str
    label: str
    scale: str
    any_grade: tuple[Proportion, ...]
    severe: tuple[Proportion, ...]
    grades: tuple[tuple[int, ...], ...]
    ungraded: tuple[int, ...]
    unknown: tuple[int, ...]
    severe_unknown: tuple[int, ...]
    onset: tuple[Spread, ...]
    undated: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Care:
    """One line of treatment or interruption: of those known, by group."""

    label: str
    shares: tuple[Proportion, ...]
    unknown: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Safety:
    """columns: label and n of each; the first is the whole population.

    stay: days in hospital for step-up dosing, with the unknown. absent: labels of what this cohort does not
    hold. long_sheet: events from a sheet of their own.
    """

    columns: tuple[tuple[str, int], ...]
    rows: tuple[Row, ...]
    care: tuple[Care, ...]
    stay: tuple[Spread, ...]
    stay_unknown: tuple[int, ...]
    infections: Curves | None
    absent: tuple[str, ...]
    long_sheet: bool
    unknown_group: int


def safety(cohort: Cohort, picks: Picks, interval: Method = "clopper-pearson") -> Safety:
    """Everything on the page for the population and comparison of ``picks``."""
    people = population(cohort, picks)
    grouping = group(cohort, picks.compare, picks.cut_of)
    masks = [people.mask]
    labels = ["All patients" if not picks.filters else "Selected patients"]
    if picks.compare != "none":
        masks += [people.mask & (grouping.codes == at) for at in range(len(grouping.levels))]
        labels += list(grouping.levels)
    rows, absent = [], []
    for event in all_events(cohort):
        grades = grades_of(cohort, event)
        if grades is None:
            absent.append(event.label)
        else:
            rows.append(_row(cohort, event, grades, masks, interval))
    care = _care(cohort, masks, interval)
    absent += [label for name, label in TREATMENTS if not cohort.has(name)]
    stay = cohort.number("hospital_days")
    stays = tuple(spread(stay[mask]) for mask in masks)
    columns = tuple((label, int(np.count_nonzero(mask))) for label, mask in zip(labels, masks, strict=True))
    codes = np.where(people.mask, grouping.codes, -1)
    return Safety(
        columns,
        tuple(rows),
        care,
        stays,
        tuple(n - each.n for (_, n), each in zip(columns, stays, strict=True)),
        infection_curves(cohort, codes, grouping.levels),
        tuple(absent),
        long_events(cohort) is not None,
        grouping.unknown(people.mask),
    )


def _row(cohort: Cohort, event: Event, found: Grades, masks: list[np.ndarray], interval: Method) -> Row:
    days = onset_days(cohort, event)
    any_grade, severe, grades, ungraded, onset, undated = [], [], [], [], [], []
    for mask in masks:
        had, high, worst = found.had[mask], found.severe[mask], found.worst[mask]
        any_grade.append(_share(had, interval))
        severe.append(_share(high, interval))
        grades.append(
            (
                any_grade[-1].n - any_grade[-1].x,
                *(int(np.count_nonzero((had == 1) & (worst == grade))) for grade in range(1, 6)),
            )
        )
        ungraded.append(int(np.count_nonzero((had == 1) & (worst == UNGRADED))))
        of_event = spread(days[mask & (found.had == 1)])
        onset.append(of_event)
        undated.append(any_grade[-1].x - of_event.n)
    return Row(
        event.key,
        event.label,
        event.scale,
        tuple(any_grade),
        tuple(severe),
        tuple(grades),
        tuple(ungraded),
        tuple(int(np.count_nonzero(found.had[mask] == UNKNOWN)) for mask in masks),
        tuple(int(np.count_nonzero(found.severe[mask] == UNKNOWN)) for mask in masks),
        tuple(onset),
        tuple(undated),
    )


def _share(flag: np.ndarray, interval: Method) -> Proportion:
    return proportion(int(np.count_nonzero(flag == 1)), int(np.count_nonzero(flag != UNKNOWN)), interval)


def _care(cohort: Cohort, masks: list[np.ndarray], interval: Method) -> tuple[Care, ...]:
    lines = [(label, cohort.flag(name)) for name, label in TREATMENTS if cohort.has(name)]
    pause = cohort.number("interruption_days")
    if cohort.has("interruption_days"):
        lines += [(label, np.where(np.isnan(pause), -1, pause > days)) for days, label in PAUSES]
    found = []
    for label, given in lines:
        known = [int(np.count_nonzero(mask & (given >= 0))) for mask in masks]
        yes = [int(np.count_nonzero(mask & (given == 1))) for mask in masks]
        found.append(
            Care(
                label,
                tuple(proportion(x, n, interval) for x, n in zip(yes, known, strict=True)),
                tuple(int(np.count_nonzero(mask)) - n for mask, n in zip(masks, known, strict=True)),
            )
        )
    return tuple(found)


def infection_curves(cohort: Cohort, codes: np.ndarray, labels: tuple[str, ...]) -> Curves | None:
    """Cumulative incidence of the first infection, death competing; None where no infection is dated.

    Who had an infection without a date is left out and counted; without infection: death or last contact
    (OS).
    """
    event = EVENTS[0]
    found = grades_of(cohort, event)
    onset = onset_days(cohort, event)
    if found is None or not np.isfinite(onset).any():
        return None
    had, unknown = found.had == 1, found.had == UNKNOWN
    died = cohort.flag("os_event")
    time = np.where(had, onset, np.where(unknown, np.nan, cohort.number("os_days")))
    status = np.where(had, 1.0, np.where(died == 1, 2.0, np.where(died == 0, 0.0, np.nan)))
    return competing_curves(
        time,
        status,
        codes,
        labels,
        {
            "infection not dated": had & np.isnan(onset),
            "infection before the start of treatment": had & (onset < 0),
            "infection unknown": unknown,
            "vital status or last contact unknown": ~had & np.isnan(cohort.number("os_days")),
        },
        READ_AT,
    )


def patients_behind(cohort: Cohort, picks: Picks, key: str, column: int = 0) -> pd.DataFrame:
    """Who had an event: worst grade, onset and a few features, most severe first. No identifier, no date, no
    age.

    key: of a row of :func:`safety`; column: index of its columns. One row a patient, numbered within this
    list. Raises KeyError for an unknown event.
    """
    event = next((each for each in all_events(cohort) if each.key == key), None)
    if event is None:
        raise KeyError(key)
    grades = grades_of(cohort, event)
    inside = population(cohort, picks).mask
    if column:
        inside = inside & (group(cohort, picks.compare, picks.cut_of).codes == column - 1)
    worst = np.full(cohort.n, np.nan) if grades is None else grades.worst
    days = onset_days(cohort, event)
    at = np.flatnonzero(inside & (grades is not None and grades.had == 1))
    at = at[np.lexsort([np.where(np.isnan(days[at]), np.inf, days[at]), -worst[at]])]
    emd = np.array(["unknown", "no", "yes"], dtype=object)[cohort.flag("emd")[at].astype(int) + 1]
    return pd.DataFrame(
        {
            "number": np.arange(1, len(at) + 1),
            "sex": cohort.category("sex")[at],
            "emd": emd,
            "iss": cohort.category("iss")[at],
            "grade": np.where(worst[at] == UNGRADED, np.nan, worst[at]),
            "onset_day": days[at],
        }
    )
