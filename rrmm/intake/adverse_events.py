"""A list of adverse events, one row an event: joined to the patients, and their worst grades."""

from __future__ import annotations

import datetime as dt
import re

import numpy as np
import pandas as pd

from rrmm.intake.columns import Column, Reading, column_of
from rrmm.intake.issues import Issue
from rrmm.intake.raw import RawTable
from rrmm.intake.words import EVENT_DAY, EVENT_GRADE, EVENT_ONSET, EVENT_TERM, plain
from rrmm.schema import VARIABLES

CATEGORIES = ("crs", "icans", "infection", "neutropenia", "anemia", "thrombopenia", "other")
_PATTERNS = (
    ("icans", r"icans|neurotox|encephalop|enzephalop|encefalop"),
    ("crs", r"\bcrs\b|cytokine|zytokin|cytokin|citoquin|citocin"),
    ("neutropenia", r"neutrop|neutro ?pen|granulozytop|neutrophil count decreased|agranuloc"),
    ("anemia", r"\ban(a|e)?emi|\bamie|\banemi|\banaemi|hemoglobin decreased|anämi|niedokrwist"),
    (
        "thrombopenia",
        r"thrombo(zyto|cyto)?p|platelet count decreased|trombo(cito)?p|ma(l|ł)op(l|ł)ytk|plaquet",
    ),
    (
        "infection",
        r"infe[ck]|infek|pneumon|sepsis|septic|septi|covid|sars|zoster|herpes|bronchit|sinusit|cystit|zystit|"
        r"cellulit|candid|asperg|cmv|cytomegal|zytomegal|influenza|grippe|pyelo|urosep|abscess|abszess|"
        r"bacter[ai]*emia|bakteri|fung|mykose|viral|zakaz|zapalenie p|neumon|empyem|gastroenterit|otit|"
        r"pharyngit|rhinovir|\brsv\b|pneumocyst|\bpjp\b|\bpml\b|hepatitis b|norovir|clostrid|c diff",
    ),
)
_RULES = tuple((name, re.compile(pattern)) for name, pattern in _PATTERNS)


def category_of(term: object) -> str:
    """Category of an event's term in one of five languages; "other" for everything else."""
    text = plain(str(term)) if term is not None else ""
    # Febrile neutropenia is a neutropenia; a "neutropenic infection" has both words and counts as the
    # infection.
    if "neutropen" in text and re.search(r"infe[ck]|sepsis|pneumon", text):
        return "infection"
    for name, rule in _RULES:
        if rule.search(text):
            return name
    return "other"


def read_events(
    table: RawTable,
    patients: list[int],
    start: pd.Series,
    *,
    datemode_1904: bool = False,
    today: dt.date | None = None,
) -> tuple[pd.DataFrame, list[Issue]]:
    """One row an event that belongs to a patient, and what was not understood.

    patients: (rows of the table,) place of each event's patient in the cohort, -1 where there is none.
    start: start of treatment of each patient. The frame has ``patient`` (int), ``term`` (text), ``category``,
    ``grade`` (float, NaN where unknown), ``onset`` (datetime64), ``onset_days`` (days from start, float).
    """
    from rrmm.intake.categories import read_grade
    from rrmm.intake.dates import read_date

    issues: list[Issue] = []
    term_header = _pick(table, EVENT_TERM)
    grade_header = _pick(table, EVENT_GRADE)
    onset_header = _pick(table, EVENT_ONSET)
    day_header = _pick(table, EVENT_DAY)
    terms = table.column(term_header) if term_header else [None] * table.n
    frame = pd.DataFrame({"patient": np.asarray(patients, dtype=np.int64).reshape(-1)})
    frame["term"] = pd.Series([None if term is None else str(term) for term in terms], dtype=object)
    frame["category"] = pd.Series([category_of(term) for term in terms], dtype=object)
    frame["grade"] = np.nan
    frame["onset"] = pd.Series(pd.NaT, index=frame.index, dtype="datetime64[ns]")

    def take(header: str, column: Column, reading: Reading, name: str) -> None:
        frame[name] = column.spread(reading.values, str(frame[name].dtype))
        for at, note in reading.notes.items():
            if note.state in ("failed", "warned"):
                issues.extend(
                    Issue(note.severity, table.sheet, table.row_numbers[row], header, note.rule, note.message)
                    for row in np.flatnonzero(column.codes == at)[:50]
                )

    if grade_header:
        column = _column(table, grade_header)
        take(grade_header, column, read_grade(column), "grade")
    if onset_header:
        column = _column(table, onset_header)
        take(onset_header, column, read_date(column, {}, datemode_1904=datemode_1904, today=today), "onset")
    frame = frame[frame["patient"] >= 0].reset_index(drop=True)
    begin = start.reset_index(drop=True).reindex(frame["patient"]).reset_index(drop=True)
    frame["onset_days"] = (frame["onset"] - begin).dt.total_seconds() / 86_400
    if day_header and not onset_header:
        days = pd.to_numeric(pd.Series(table.column(day_header), dtype=object), errors="coerce")
        days = days[np.asarray(patients) >= 0].reset_index(drop=True)
        # CDISC study days have no day 0: the first dose is day 1.
        if plain(day_header) in ("aestdy", "astdy"):
            days = days.where(days <= 0, days - 1)
        frame["onset_days"] = days
        frame["onset"] = begin + pd.to_timedelta(frame["onset_days"], unit="D")
    return frame, issues


def _pick(table: RawTable, words: frozenset[str]) -> str | None:
    return next(
        (header for header in table.headers if any(plain(part) in words for part in (header, header.split(" / ")[-1]))),
        None,
    )


def _column(table: RawTable, header: str) -> Column:
    unit = table.units[table.headers.index(header)]
    return column_of(header, table.column(header), unit, table.value_labels.get(header))


def fill_grades(frame: pd.DataFrame, events: pd.DataFrame) -> tuple[pd.DataFrame, list[Issue]]:
    """The worst grade of each kind, and its first day, where the table of patients has no column for them.

    A patient without an event of a kind that the list names has grade 0 of it, and that is said. A kind that it never
    names stays unknown.
    frame: typed canonical columns that the file had; the input is not changed.
    """
    issues: list[Issue] = []
    frame = frame.copy()
    unknown: list[str] = []
    for category in CATEGORIES[:-1]:
        mine = events[events["category"] == category]
        name = f"{category}_grade"
        filled = False
        if mine.empty:
            # Kinds that the list never names may not have been collected: unknown, not grade 0.
            if name not in frame or not frame[name].notna().any():
                unknown.append(VARIABLES[name].label)
            continue
        if name not in frame or not frame[name].notna().any():
            worst = mine.groupby("patient")["grade"].max()
            grade = pd.Series(0.0, index=frame.index)
            grade.loc[mine["patient"].unique()] = np.nan
            grade.update(worst)
            frame[name] = grade
            filled = True
        onset = f"{category}_onset_date"
        if category in ("crs", "icans", "infection") and (onset not in frame or not frame[onset].notna().any()):
            frame[onset] = mine.groupby("patient")["onset"].min().reindex(frame.index).astype("datetime64[ns]")
            filled = True
        if filled:
            issues.append(
                Issue(
                    "info",
                    None,
                    None,
                    name,
                    "grades_from_events",
                    f"{name} comes from the list of adverse events ({len(mine)} events in "
                    f"{mine['patient'].nunique()} patients); patients without one count as grade 0.",
                )
            )
    if unknown:
        issues.append(
            Issue(
                "info",
                None,
                None,
                "",
                "grades_not_listed",
                f"The list of adverse events names no {', no '.join(unknown)}: unknown, not counted as grade 0.",
            )
        )
    return frame, issues
