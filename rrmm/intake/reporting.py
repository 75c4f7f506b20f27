"""What is said about the cells of a column: issues by row, and every conversion with its count."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from rrmm.intake.columns import Column, Note, Reading, short, shown
from rrmm.intake.issues import Issue
from rrmm.intake.raw import RawTable
from rrmm.schema import VARIABLES, Variable

SENSITIVE = frozenset(("patient_id",))
"""Variables whose values are never quoted."""
MOST_ROWS = 200
"""Rows listed one by one for the same finding in the same column; the rest is one line with their number."""
MOST_CONVERSIONS = 1000


class Conversion(NamedTuple):
    """A cell that was not taken as it stands: header, source, what it was read as, how often.

    read_as is "missing" where no value came of it. In a column that feeds several variables it names the variable.
    """

    column: str
    source: str
    read_as: str
    count: int  # type: ignore[assignment]


def column_issues(
    table: RawTable, variable: Variable, readings: Mapping[str, tuple[Column, Reading]]
) -> list[Issue]:
    """Issues of one variable: what holds for all of its column, then its rows in the order of the file."""
    column, reading = readings[variable.name]
    issues = [
        Issue(remark.severity, table.sheet, None, column.header, remark.rule, remark.message)
        for remark in dict.fromkeys(reading.remarks)
    ]
    earlier = _earlier(variable, column, readings)
    noted = {
        at: note
        for at, note in reading.notes.items()
        if note.rule and note.state in ("failed", "warned") and not _said_already(earlier, at, note)
    }
    if not noted:
        return issues
    rows = np.flatnonzero(np.isin(column.codes, np.fromiter(noted, dtype=np.int64)))
    listed: dict[str, int] = {}
    rest: dict[str, list[int]] = {}
    for row in map(int, rows):
        at = int(column.codes[row])
        note = noted[at]
        listed[note.rule] = listed.get(note.rule, 0) + 1
        if listed[note.rule] > MOST_ROWS:
            rest.setdefault(note.rule, []).append(row)
            continue
        text = _sentence(column.uniques[at], reading.values[at], note, variable)
        issues.append(
            Issue(note.severity, table.sheet_of(row), table.row_numbers[row], column.header, note.rule, text)
        )
    for rule, left in rest.items():
        severity = next(note.severity for note in noted.values() if note.rule == rule)
        text = (
            f"The same finding in {len(left)} more rows, from this one to row {table.row_numbers[left[-1]]}; "
            "handled in the same way."
        )
        issues.append(
            Issue(severity, table.sheet_of(left[0]), table.row_numbers[left[0]], column.header, rule, text)
        )
    return issues


def _earlier(
    variable: Variable, column: Column, readings: Mapping[str, tuple[Column, Reading]]
) -> list[Reading]:
    """Readings of the same column as other variables, reported before this one."""
    names = list(VARIABLES)
    return [
        reading
        for name, (other, reading) in readings.items()
        if other is column and names.index(name) < names.index(variable.name)
    ]


def _said_already(earlier: list[Reading], at: int, note: Note) -> bool:
    """Whether the same was said of this cell for another variable of the column."""
    others = (reading.notes.get(at) for reading in earlier)
    return any(
        other is not None and other.rule == note.rule and other.message == note.message for other in others
    )


def _sentence(source: object, value: object, note: Note, variable: Variable) -> str:
    quoted = "The value" if variable.name in SENSITIVE else f'"{short(source)}"'
    if note.state == "failed":
        return (
            f"{quoted} was not understood as {variable.label}: expected {note.message}. "
            "The value is set to missing."
        )
    return f"{quoted} was read as {short(value)} for {variable.label}: {note.message}."


def conversions_of(variable: Variable, column: Column, reading: Reading, shared: bool) -> list[Conversion]:
    """Everything that was not taken as it stands, commonest first. shared: the column feeds other variables too."""
    if variable.name in SENSITIVE:
        return []
    kinds = set(map(type, column.uniques))
    if kinds <= {int, float} and not reading.notes and column.uniques == reading.values:
        return []
    found = []
    for at, (cell, value) in enumerate(zip(column.uniques, reading.values, strict=True)):
        if value is not None and _is_trivial(cell, value):
            continue
        read_as = f"{variable.label}: {shown(value)}" if shared else shown(value)
        text = str(cell) if isinstance(cell, bool) else shown(cell)
        found.append(Conversion(column.header, text[:200], read_as, int(column.counts[at])))
    found.sort(key=lambda row: -row.count)
    left = found[MOST_CONVERSIONS:]
    if left:
        words = f"{variable.label}, in the same way"
        found[MOST_CONVERSIONS:] = [
            Conversion(column.header, f"({len(left)} other values)", words, sum(row.count for row in left))
        ]
    return found


def _is_trivial(cell: object, value: object) -> bool:
    """Whether a cell was taken as it stands."""
    if isinstance(value, bool):
        return isinstance(cell, bool) and cell is value
    if isinstance(value, float | int):
        if isinstance(cell, str):
            try:
                return float(cell) == value
            except ValueError:
                return False
        return not isinstance(cell, bool) and isinstance(cell, int | float) and float(cell) == value
    if isinstance(value, dt.datetime):
        if isinstance(cell, dt.datetime):
            return cell == value
        return isinstance(cell, dt.date) or cell == value.strftime("%Y-%m-%d")
    return shown(cell) == value
