"""From cells to typed values: read once per different cell, counted, and nothing guessed silently."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from rrmm.derive import DTYPES
from rrmm.intake import durations, event_flags, extras, free_text
from rrmm.intake.columns import (
    Column,
    Question,
    Reading,
    code_key,
    columns_of,
    fold,
    is_missing_word,
)
from rrmm.intake.issues import Issue
from rrmm.intake.plain import EVENTS, read_plain
from rrmm.intake.raw import RawTable
from rrmm.intake.reporting import Conversion, column_issues, conversions_of
from rrmm.intake.time_units import unit_by_dates
from rrmm.schema import VARIABLES, Variable

DRUG_NAMES = (*free_text.DRUGS, "prior_bcma", "polychemo_ever")
ORDERED = (
    ("dx_date", "start_date"),
    ("car_t_date", "start_date"),
    ("start_date", "first_response_date"),
    ("start_date", "progression_date"),
    ("start_date", "death_date"),
    ("start_date", "last_contact_date"),
    ("progression_date", "death_date"),
)
"""Events in the order in which they happen."""
FISH_NAMES = (*free_text.ABERRATIONS, "high_risk_cyto")


@dataclass(frozen=True)
class Coerced:
    """What came of the cells of a table with n rows.

    frame: (n rows) the mapped variables in schema order and dtypes, and those found inside other cells.
    extras: (n rows) the other columns under their own headers, as boolean, float64, datetime64 or text (object, None).
    issues: by row and column, what was not understood or looks odd. conversions: every reading that changed something.
    questions: what the user has to decide; the answer goes into ``choices[question.key]``.
    """

    frame: pd.DataFrame
    extras: pd.DataFrame
    issues: list[Issue]
    conversions: list[Conversion]
    questions: list[Question] = field(default_factory=list)


def coerce(
    table: RawTable, mapping: Any, choices: Mapping[str, Any] | None = None, *, today: dt.date | None = None
) -> Coerced:
    """Typed columns of a table. mapping: canonical name -> header (or a Proposal). choices: answers to questions."""
    work = _Work(
        table, dict(getattr(mapping, "mapping", mapping)), dict(choices or {}), today or dt.date.today()
    )
    work.read_dates()
    work.read_simple()
    work.read_texts()
    work.read_events()
    work.fill_also()
    work.read_durations()
    return work.finish()


class _Work:
    """One table while its columns are read: dates first, then what needs them."""

    def __init__(
        self, table: RawTable, mapping: dict[str, str], choices: dict[str, Any], today: dt.date
    ) -> None:
        self.table, self.choices, self.today = table, choices, today
        self.issues: list[Issue] = []
        self.mapping: dict[str, str] = {}
        for name, header in mapping.items():
            if name not in VARIABLES:
                continue
            if header in table.headers:
                self.mapping[name] = header
            else:
                self.issues.append(
                    Issue(
                        "error",
                        table.sheet,
                        None,
                        header,
                        "column_missing",
                        f"The mapping takes {VARIABLES[name].label} from a column that the file does not "
                        "have; it is left out.",
                    )
                )
        self.columns = columns_of(table)
        self.readings: dict[str, tuple[Column, Reading]] = {}
        self.frame: dict[str, pd.Series] = {}

    def column(self, header: str) -> Column:
        """The column for reading: codes that its legend explains as unknown are that word."""
        column = self.columns[header]
        unknown = {code: label for code, label in column.legend.items() if is_missing_word(fold(label))}
        if not unknown:
            return column
        return replace(column, uniques=[unknown.get(code_key(cell), cell) for cell in column.uniques])

    def of_kind(self, *kinds: str) -> Iterable[tuple[Variable, Column]]:
        for name, variable in VARIABLES.items():
            if name in self.mapping and variable.kind in kinds and name not in self.readings:
                yield variable, self.column(self.mapping[name])

    def keep(self, variable: Variable, column: Column, reading: Reading) -> None:
        self.readings[variable.name] = (self.columns[column.header], reading)
        values = column.spread(reading.values, DTYPES[variable.kind])
        blank = reading.also.pop("<blank>", None)
        if blank is not None:
            values[column.codes < 0] = blank[0]
        self.frame[variable.name] = values

    def read_dates(self) -> None:
        found = list(self.of_kind("date"))
        later, orders = [], set()
        for variable, column in found:
            reading = self._date(variable, column, "")
            if any(question.key.startswith("date_order:") for question in reading.questions):
                later.append((variable, column))
                continue
            if order := _order_said(reading, self.choices, column):
                orders.add(order)
            self.keep(variable, column, reading)
        outside = orders.pop() if len(orders) == 1 else self._order_by_events(later) if not orders else ""
        for variable, column in later:
            self.keep(variable, column, self._date(variable, column, outside))

    def _order_by_events(self, later: list[tuple[Variable, Column]]) -> str:
        """The order of day and month in which no patient dies before the start; "" when both or none fit."""
        wrong = {}
        for order in ("dmy", "mdy"):
            dates = {name: values for name, values in self.frame.items() if VARIABLES[name].kind == "date"}
            for variable, column in later:
                reading = self._date(variable, column, order)
                dates[variable.name] = column.spread(reading.values, "datetime64[ns]")
            wrong[order] = sum(
                int((dates[a] > dates[b]).sum()) for a, b in ORDERED if a in dates and b in dates
            )
            wrong[order] += sum(int((values > pd.Timestamp(self.today)).sum()) for values in dates.values())
        good = [order for order, count in wrong.items() if count == 0]
        return good[0] + " by order" if len(good) == 1 and max(wrong.values()) >= 2 else ""

    def _date(self, variable: Variable, column: Column, outside: str) -> Reading:
        return event_flags.read_event_date(
            column,
            variable.name,
            self.choices,
            datemode_1904=self.table.datemode_1904,
            today=self.today,
            outside=outside,
        )

    def read_simple(self) -> None:
        for variable, column in self.of_kind("id", "text", "category", "grade", "number"):
            if variable.name in durations.TIMES and variable.name != "age":
                continue
            self.keep(variable, column, read_plain(variable, column, self.choices))

    def read_texts(self) -> None:
        """Columns of free text, one source for several variables; and the flags that are not events."""
        drugs: dict[str, dict[str, Reading]] = {}
        fish: dict[str, dict[str, Reading]] = {}
        shared = {header for header in self.mapping.values() if list(self.mapping.values()).count(header) > 1}
        for variable, column in self.of_kind("flag"):
            name, header = variable.name, column.header
            if name in EVENTS:
                continue
            if (
                name in DRUG_NAMES
                and (header in shared or name == "prior_bcma")
                and free_text.looks_like_drugs(column)
            ):
                if header not in drugs:
                    drugs[header] = free_text.read_drugs(column)
                self.keep(variable, column, drugs[header][name])
                if name == "prior_bcma" and header not in shared:
                    self._also_drugs(column, drugs[header])
            elif (
                name in FISH_NAMES
                and (header in shared or name == "high_risk_cyto")
                and free_text.looks_like_fish(column)
            ):
                if header not in fish:
                    fish[header] = free_text.read_fish(column)
                self.keep(variable, column, fish[header][name])
            else:
                self.keep(variable, column, read_plain(variable, column, self.choices))

    def _also_drugs(self, column: Column, readings: dict[str, Reading]) -> None:
        for name in free_text.DRUGS:
            if name not in self.mapping:
                self.keep(VARIABLES[name], column, readings[name])

    def read_events(self) -> None:
        for variable, column in self.of_kind("flag"):
            dated = self._dated(variable.name)
            reading = event_flags.read_event(column, variable.name, self.choices, dated, self.today)
            event_flags.blanks_by_dates(column, reading, dated)
            self.keep(variable, column, reading)

    def _dated(self, name: str) -> np.ndarray | None:
        """Rows with a date of the event, where such a date has its own column."""
        sources = {
            "death": ("death_date",),
            "os_event": ("death_date",),
            "progression": ("progression_date",),
        }.get(name, ("progression_date", "death_date"))
        known = [
            self.frame[source].notna().to_numpy()
            for source in sources
            if source in self.frame and self.mapping.get(source) != self.mapping.get(name)
        ]
        return np.logical_or.reduce(known) if len(known) == len(sources) else None

    def read_durations(self) -> None:
        for variable, column in self.of_kind("number"):
            evidence = unit_by_dates(variable.name, column, self.frame)
            self.keep(variable, column, durations.read_duration(column, variable, self.choices, evidence))

    def fill_also(self) -> None:
        """Values found in the cells of another variable: they fill gaps, and never overrule."""
        for column, reading in list(self.readings.values()):
            for other, values in reading.also.items():
                found = column.spread(
                    [values.get(at) for at in range(len(column.uniques))], DTYPES[VARIABLES[other].kind]
                )
                if other in self.frame:
                    self.conflicting(VARIABLES[other], self.frame[other], found, column.header)
                    self.frame[other] = self.frame[other].where(self.frame[other].notna(), found)
                else:
                    if not found.notna().any():
                        continue
                    self.frame[other] = found
                    self.issues.append(
                        Issue(
                            "info",
                            self.table.sheet,
                            None,
                            column.header,
                            "found_in_text",
                            f"{VARIABLES[other].label} was taken from this column as well: "
                            f"{int(found.notna().sum())} values.",
                        )
                    )

    def conflicting(self, variable: Variable, own: pd.Series, found: pd.Series, header: str) -> None:
        """A value found in a text that is another one than in the variable's own column."""
        apart = (own.notna() & found.notna() & own.ne(found)).fillna(False).to_numpy(bool)
        for row in map(int, np.flatnonzero(apart)):
            self.issues.append(
                Issue(
                    "warning",
                    self.table.sheet_of(row),
                    self.table.row_numbers[row],
                    header,
                    "text_conflict",
                    f"The text names another {variable.label} than the column of {variable.label}; that column counts.",
                )
            )

    def finish(self) -> Coerced:
        frame = pd.DataFrame(
            {name: self.frame[name] for name in VARIABLES if name in self.frame},
            index=pd.RangeIndex(self.table.n),
        )
        conversions: list[Conversion] = []
        questions: dict[str, Question] = {}
        for name in VARIABLES:
            if name in self.readings:
                column, reading = self.readings[name]
                self.issues += [
                    issue
                    for issue in column_issues(self.table, VARIABLES[name], self.readings)
                    if issue.row is not None or issue not in self.issues
                ]
                shared = sum(other is column for other, _ in self.readings.values()) > 1
                conversions.extend(conversions_of(VARIABLES[name], column, reading, shared))
                questions.update({question.key: question for question in reading.questions})
        others: dict[str, pd.Series] = {}
        used = set(self.mapping.values())
        for header in self.table.headers:
            if header not in used:
                others[header], changed = extras.best_type(
                    self.column(header), self.choices, self.table.datemode_1904, self.today
                )
                conversions.extend(Conversion(*row) for row in changed)
        return Coerced(
            frame,
            pd.DataFrame(others, index=pd.RangeIndex(self.table.n)),
            self.issues,
            conversions,
            list(questions.values()),
        )


def _order_said(reading: Reading, choices: dict[str, Any], column: Column) -> str:
    """The order of day and month that a column with slashes or dashes showed."""
    answer = choices.get(f"date_order:{column.header}")
    if answer in ("dmy", "mdy"):
        return str(answer)
    for remark in reading.remarks:
        if remark.rule == "date_order":
            return "mdy" if "month first" in remark.message else "dmy"
    for cell in column.uniques:
        found = re.match(r"^\s*(\d{1,2})([/-])(\d{1,2})\2\d{2,4}", cell) if isinstance(cell, str) else None
        if found and int(found[1]) > 12 >= int(found[3]):
            return "dmy"
        if found and int(found[3]) > 12 >= int(found[1]):
            return "mdy"
    return ""
