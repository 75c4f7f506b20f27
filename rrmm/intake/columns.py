"""One column on its way from cells to values: every different cell is read once, and every oddity noted."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd

from rrmm.intake.issues import Severity
from rrmm.intake.raw import RawTable
from rrmm.intake.vocabulary import ERROR_CELLS, fold, is_missing_word

State = Literal["missing", "failed", "warned", "read"]

MISSING_NUMBERS = frozenset(
    (9.0, 99.0, 999.0, 9999.0, 99999.0, 999999.0, 888.0, 777.0, 8888.0, 999.9, 99.9)
) | frozenset((-1.0, -9.0, -99.0, -999.0, -9999.0))
"""Numbers that stand for "no value" where the variable can't be that large or small."""


def shown(value: object) -> str:
    """A value the way a report shows it."""
    if value is None or value is pd.NA or value is pd.NaT:
        return "missing"
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, dt.datetime | pd.Timestamp):
        return value.strftime("%Y-%m-%d") if value.time() == dt.time() else value.strftime("%Y-%m-%d %H:%M")
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, float | int | np.floating | np.integer):
        return "missing" if math.isnan(value) else f"{value:.10g}"
    return str(value)


def short(value: object, limit: int = 40) -> str:
    """A cell quoted in a message: on one line, at most 40 characters."""
    text = " ".join(shown(value).split())
    return text if len(text) <= limit else text[: limit - 1] + "…"


@dataclass(frozen=True, slots=True)
class Note:
    """What happened to one different cell value: how it was taken, the check's name and the words for it."""

    state: State
    rule: str = ""
    message: str = ""
    severity: Severity = "warning"


class Question(NamedTuple):
    """What the user has to decide. options: answer -> what it means.

    key: key of the answer in ``choices``: what is asked, a colon and the header. Asked are ``date_order`` (dmy, mdy),
    ``duration_unit`` (days, weeks, months, years), ``codes`` (1=yes, 2=yes, 0=yes; 1=M, 1=F, 0=M, 0=F), ``blank`` (no,
    unknown) and ``percent`` (percent, fraction).
    """

    key: str
    header: str
    text: str
    options: dict[str, str]


class Remark(NamedTuple):
    """A finding on the whole column."""

    severity: Severity
    rule: str
    message: str


@dataclass
class Reading:
    """What came of the different cells of a column.

    values: one typed value for each different cell, None where missing. notes: by position, only where there is
    something to say. also: values for other variables, found in the same cell (name -> position -> value).
    """

    values: list[Any]
    notes: dict[int, Note] = field(default_factory=dict)
    remarks: list[Remark] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    also: dict[str, dict[int, Any]] = field(default_factory=dict)

    def missing(self, at: int) -> None:
        """The cell says that there is no value."""
        self.values[at] = None
        self.notes[at] = Note("missing")

    def fail(
        self, at: int, expected: str, rule: str = "not_understood", severity: Severity = "error"
    ) -> None:
        """The cell was not understood: the value is missing and the row is listed."""
        self.values[at] = None
        self.notes[at] = Note("failed", rule, expected, severity)

    def warn(self, at: int, value: Any, rule: str, message: str) -> None:
        """The cell was read, but someone should look at it."""
        self.values[at] = value
        self.notes[at] = Note("warned", rule, message)

    @property
    def understood(self) -> float:
        """Share of the different cells that are values (not missing codes) and were understood; NaN if none are."""
        failed = sum(note.state == "failed" for note in self.notes.values())
        missing = sum(note.state == "missing" for note in self.notes.values())
        present = len(self.values) - missing
        return (present - failed) / present if present else math.nan


@dataclass(frozen=True)
class Column:
    """The different cells of one column of n rows.

    uniques: cells that differ, in order of appearance (never None). codes: (n,) position in ``uniques``, -1 where
    the cell is empty. counts: how often each occurs. unit: from a row of units. legend: code -> label.
    """

    header: str
    uniques: list[Any]
    codes: np.ndarray
    counts: np.ndarray
    unit: str = ""
    legend: Mapping[str, str] = field(default_factory=dict)

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.codes)

    def spread(self, values: list[Any], dtype: str) -> pd.Series:
        """Values of the different cells put back on the n rows; -1 is missing."""
        if dtype == "boolean":
            known = np.array([value is not None for value in values] + [False])
            data = np.array([bool(value) for value in values] + [False])
            return pd.Series(pd.arrays.BooleanArray(data[self.codes], ~known[self.codes]))
        if dtype == "float64":
            return pd.Series(
                np.array([math.nan if v is None else v for v in values] + [math.nan], float)[self.codes]
            )
        if dtype == "datetime64[ns]":
            days = np.array(
                [np.datetime64("NaT") if v is None else np.datetime64(v, "ns") for v in values]
                + [np.datetime64("NaT")],
                "datetime64[ns]",
            )
            return pd.Series(days[self.codes])
        data = np.empty(len(values) + 1, dtype=object)
        data[:-1] = values
        data[-1] = None
        return pd.Series(data[self.codes], dtype=object)


def column_of(
    header: str, cells: list[Any], unit: str = "", labels: Mapping[Any, str] | None = None
) -> Column:
    """Find the different cells. Text is stripped; blanks and NaN are empty."""
    kinds = set(map(type, cells))
    numbers = _as_floats(cells) if kinds <= {int, float, type(None)} else None
    if numbers is not None:
        codes, found = pd.factorize(numbers)
        uniques: list[Any] = [int(value) if value.is_integer() else value for value in found.tolist()]
    else:
        data = np.empty(len(cells), dtype=object)
        data[:] = cells
        if bool in kinds and (int in kinds or float in kinds):
            # True == 1 for a hash table, but not for a reader.
            data[:] = [(bool, cell) if type(cell) is bool else cell for cell in cells]
        codes, objects = pd.factorize(data)
        uniques = list(objects)
        if str in kinds or bool in kinds:
            codes, uniques = _stripped(codes, uniques)
    return Column(
        header,
        uniques,
        codes,
        np.bincount(codes[codes >= 0], minlength=len(uniques)),
        unit,
        {**header_legend(header), **{code_key(code): str(label) for code, label in (labels or {}).items()}},
    )


def _stripped(codes: np.ndarray, uniques: list[Any]) -> tuple[np.ndarray, list[Any]]:
    """Different cells without blanks around them; those that become equal are one, those that become empty are none."""
    kept: dict[Any, int] = {}
    place = []
    for cell in uniques:
        bare = cell.strip() if type(cell) is str else cell
        place.append(-1 if bare == "" else kept.setdefault(bare, len(kept)))
    found = [cell[1] if type(cell) is tuple else cell for cell in kept]
    return np.array([*place, -1])[codes], found


def _as_floats(cells: list[Any]) -> np.ndarray | None:
    """Numbers as floats; None when one is too large to keep all its digits (a long id)."""
    try:
        numbers = np.array(cells, dtype=float)
    except OverflowError:
        return None
    return None if np.any(np.abs(numbers[np.isfinite(numbers)]) > 2**53) else numbers


_columns_of: WeakKeyDictionary[Any, dict[str, Column]] = WeakKeyDictionary()


def columns_of(table: RawTable) -> dict[str, Column]:
    """The columns of a table by header, found once for as long as the table lives."""
    if table not in _columns_of:
        units = (*table.units, *[""] * len(table.headers))
        _columns_of[table] = {
            header: column_of(header, table.columns[at], units[at], table.value_labels.get(header))
            for at, header in enumerate(table.headers)
        }
    return _columns_of[table]


def code_key(cell: object) -> str:
    """A code as a key: 1, 1.0 and "1" are the same."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return fold(str(cell))


_PAIR = re.compile(
    r"(?<![\w.])(-?\w{1,3})\s*[=:]\s*([^\W\d_][^,;/|()\[\]=]*?)(?=\s*(?:[,;/|()\[\]]|$|\s-?\w{1,3}\s*[=:]))"
)
_TURNED = re.compile(r"([^\W\d_][^,;/|()\[\]=:]*?)\s*[=:]\s*(-?\d{1,2})(?=\s*(?:[,;/|()\[\]]|$))")


def header_legend(header: str) -> dict[str, str]:
    """Codes explained in a header, as in "Sex (1 = m, 2 = f)" or "Sex (m = 1, f = 2)"."""
    if len(header) > 400 or ("=" not in header and ":" not in header):
        return {}
    turned = {fold(code): label.strip() for label, code in _TURNED.findall(header)}
    return turned or {fold(code): label.strip() for code, label in _PAIR.findall(header)}


__all__ = [
    "ERROR_CELLS",
    "MISSING_NUMBERS",
    "Column",
    "Note",
    "Question",
    "Reading",
    "Remark",
    "code_key",
    "column_of",
    "columns_of",
    "fold",
    "header_legend",
    "is_missing_word",
    "short",
    "shown",
]
