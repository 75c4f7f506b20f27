"""From cells to typed values: every different cell is read once, every conversion is counted, nothing is guessed silently."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from rrmm.derive import DTYPES
from rrmm.intake import categories, event_flags, extras, flags, free_text, numbers, responses
from rrmm.intake.columns import (
    Column,
    Note,
    Question,
    Reading,
    column_of,
    fold,
    is_missing_word,
    short,
    shown,
)
from rrmm.intake.issues import Issue
from rrmm.intake.raw import RawTable
from rrmm.intake.time_units import unit_by_dates
from rrmm.schema import VARIABLES, Variable

EVENTS = ("death", "progression", "pfs_event", "os_event", "dor_event")
DRUG_NAMES = (*free_text.DRUGS, "prior_bcma", "polychemo_ever")
FISH_NAMES = (*free_text.ABERRATIONS, "high_risk_cyto")
SENSITIVE = frozenset(("patient_id",))
MOST_ROWS = 200
"""Rows listed one by one for the same finding in the same column; the rest is one line with their number."""
MOST_CONVERSIONS = 1000


class Conversion(NamedTuple):
    """A cell that was not taken as it stands: header, source, what it was read as ("missing" for none), how often."""

    column: str
    source: str
    read_as: str
    count: int


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
        self.columns: dict[str, Column] = {}
        self.readings: dict[str, tuple[Column, Reading]] = {}
        self.frame: dict[str, pd.Series] = {}
        self.filled: list[tuple[str, str]] = []

    def column(self, header: str) -> Column:
        if header not in self.columns:
            at = self.table.headers.index(header)
            units = self.table.units
            self.columns[header] = column_of(
                header,
                self.table.columns[at],
                units[at] if at < len(units) else "",
                self.table.value_labels.get(header),
            )
        return self.columns[header]

    def of_kind(self, *kinds: str) -> Iterable[tuple[Variable, Column]]:
        for name, variable in VARIABLES.items():
            if name in self.mapping and variable.kind in kinds and name not in self.readings:
                yield variable, self.column(self.mapping[name])

    def keep(self, variable: Variable, column: Column, reading: Reading) -> None:
        self.readings[variable.name] = (column, reading)
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
        outside = orders.pop() if len(orders) == 1 else ""
        for variable, column in later:
            self.keep(variable, column, self._date(variable, column, outside))

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
            if variable.name in numbers.TIMES and variable.name != "age":
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
            self.keep(
                variable,
                column,
                event_flags.read_event(column, variable.name, self.choices, dated, self.today),
            )

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
            self.keep(variable, column, numbers.read_duration(column, variable, self.choices, evidence))

    def fill_also(self) -> None:
        """Values found in the cells of another variable: they fill gaps, and never overrule."""
        for name, (column, reading) in list(self.readings.items()):
            for other, values in reading.also.items():
                found = column.spread(
                    [values.get(at) for at in range(len(column.uniques))], DTYPES[VARIABLES[other].kind]
                )
                if other not in self.frame:
                    if not found.notna().any():
                        continue
                    self.frame[other] = found
                    self.filled.append((other, column.header))
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
                elif self.mapping.get(other) != self.mapping.get(name) or True:
                    self.frame[other] = self.frame[other].where(self.frame[other].notna(), found)

    def finish(self) -> Coerced:
        self.fill_also()
        frame = pd.DataFrame(
            {name: self.frame[name] for name in VARIABLES if name in self.frame},
            index=pd.RangeIndex(self.table.n),
        )
        conversions: list[Conversion] = []
        questions: dict[str, Question] = {}
        for name in VARIABLES:
            if name in self.readings:
                column, reading = self.readings[name]
                self.report(VARIABLES[name], column, reading)
                if name not in SENSITIVE:
                    conversions.extend(_conversions(VARIABLES[name], column, reading))
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

    def report(self, variable: Variable, column: Column, reading: Reading) -> None:
        """Issues of one column: what holds for all of it, then its rows in the order of the file."""
        for remark in dict.fromkeys(reading.remarks):
            issue = Issue(remark.severity, self.table.sheet, None, column.header, remark.rule, remark.message)
            if issue not in self.issues:
                self.issues.append(issue)
        noted = {
            at: note for at, note in reading.notes.items() if note.rule and note.state in ("failed", "warned")
        }
        if not noted:
            return
        rows = np.flatnonzero(np.isin(column.codes, np.fromiter(noted, dtype=np.int64)))
        listed: dict[str, int] = {}
        rest: dict[str, list[int]] = {}
        quiet = variable.name in SENSITIVE
        shared = [name for name, (other, _) in self.readings.items() if other is column]
        for row in rows:
            at = int(column.codes[row])
            note = noted[at]
            if (
                note.rule in ("not_understood", "fish_not_named")
                and len(shared) > 1
                and variable.name != shared[0]
                and self._said_already(shared[0], at, note)
            ):
                continue
            listed[note.rule] = listed.get(note.rule, 0) + 1
            if listed[note.rule] > MOST_ROWS:
                rest.setdefault(note.rule, []).append(int(row))
                continue
            text = _sentence(column.uniques[at], reading.values[at], note, variable, quiet)
            self.issues.append(
                Issue(
                    note.severity,
                    self.table.sheet_of(int(row)),
                    self.table.row_numbers[row],
                    column.header,
                    note.rule,
                    text,
                )
            )
        for rule, left in rest.items():
            severity = next(note.severity for note in noted.values() if note.rule == rule)
            self.issues.append(
                Issue(
                    severity,
                    self.table.sheet_of(left[0]),
                    self.table.row_numbers[left[0]],
                    column.header,
                    rule,
                    f"The same finding in {len(left)} more rows, from this one to row "
                    f"{self.table.row_numbers[left[-1]]}; handled in the same way.",
                )
            )

    def _said_already(self, name: str, at: int, note: Note) -> bool:
        other = self.readings[name][1].notes.get(at)
        return other is not None and other.rule == note.rule and other.message == note.message


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


def read_plain(variable: Variable, column: Column, choices: Mapping[str, Any]) -> Reading:
    """A column as this variable, without looking at other columns."""
    answers = dict(choices)
    if variable.name == "best_response":
        return responses.read_response(column, answers)
    if variable.kind == "category":
        return categories.read_category(column, variable.name, variable.levels, answers)
    if variable.kind == "grade":
        return categories.read_grade(column)
    if variable.name in numbers.TIMES:
        return numbers.read_duration(column, variable, answers)
    if variable.kind == "number":
        return numbers.read_number(column, variable, answers)
    if variable.kind == "date":
        return event_flags.read_event_date(
            column, variable.name, answers, datemode_1904=False, today=dt.date.today()
        )
    if variable.name in EVENTS:
        return event_flags.read_event(column, variable.name, answers, None, dt.date.today())
    if variable.kind == "flag":
        return _flag(variable, column, answers)
    return _text(variable, column)


def _flag(variable: Variable, column: Column, choices: dict[str, Any]) -> Reading:
    """A flag; in the column of one drug its names mean yes, in a column on refractoriness "refractory" does."""
    yes: set[str] = set()
    no: set[str] = set()
    if variable.name == "responder":
        yes |= {"responder", "response", "r", "or", "ansprechen"}
        no |= {"non-responder", "nonresponder", "non responder", "no response", "nr", "kein ansprechen"}
    elif variable.name.endswith("refractory"):
        yes |= {"refractory", "refraktaer", "refractaire", "refractario", "oporny", "triple", "penta"}
        no |= {"not refractory", "nicht refraktaer", "sensitive", "sensibel", "exposed", "exponiert"} - {
            "exposed",
            "exponiert",
        }
    elif variable.name == "high_risk_cyto":
        yes |= {
            "high",
            "hoch",
            "high risk",
            "high-risk",
            "hochrisiko",
            "hr",
            "haut risque",
            "alto riesgo",
            "wysokie",
        }
        no |= {
            "standard",
            "standard risk",
            "standard-risk",
            "standardrisiko",
            "sr",
            "normal",
            "low",
            "niedrig",
            "risque standard",
            "riesgo estandar",
            "standardowe",
        }
    for cell in column.uniques:
        word = fold(cell) if isinstance(cell, str) else ""
        if word and variable.name in free_text.DRUGS:
            status = free_text.drug_status(word, variable.name)
            if status is not None:
                (yes if status else no).add(word)
        elif (
            word and variable.name in free_text.ABERRATIONS and word not in yes and not is_missing_word(word)
        ):
            status = free_text._statuses(word, free_text._ABERRATION).get(variable.name)
            if status is not None:
                (yes if status else no).add(word)
            elif word in ("normal", "unauffaellig"):
                no.add(word)
    return flags.read_flag(column, choices, frozenset(yes), frozenset(no))


def _text(variable: Variable, column: Column) -> Reading:
    """Ids and texts as they stand; codes for missing are missing, numbers lose an empty decimal place."""
    reading = Reading([None] * len(column.uniques))
    for at, cell in enumerate(column.uniques):
        if (
            isinstance(cell, str)
            and is_missing_word(fold(cell))
            and fold(cell) not in ("nb", "ka", "nn", "na", "nd", "nk", "bd")
        ):
            reading.missing(at)
        elif isinstance(cell, float) and cell.is_integer():
            reading.values[at] = str(int(cell))
        else:
            label = column.legend.get(str(cell)) if variable.kind == "text" else None
            reading.values[at] = label or (str(cell) if not isinstance(cell, dt.date) else shown(cell))
    return reading


def _sentence(source: object, value: object, note: Note, variable: Variable, quiet: bool) -> str:
    quoted = "The value" if quiet else f'"{short(source)}"'
    if note.state == "failed":
        return f"{quoted} was not understood as {variable.label}: expected {note.message}. The value is set to missing."
    return f"{quoted} was read as {short(value)} for {variable.label}: {note.message}."


def _is_trivial(cell: object, value: object) -> bool:
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


def _conversions(variable: Variable, column: Column, reading: Reading) -> list[Conversion]:
    """Everything that was not taken as it stands, commonest first."""
    found = []
    for at, (cell, value) in enumerate(zip(column.uniques, reading.values, strict=True)):
        if value is not None and _is_trivial(cell, value):
            continue
        text = shown(cell) if not isinstance(cell, bool) else str(cell)
        found.append(Conversion(column.header, text[:200], shown(value), int(column.counts[at])))
    found.sort(key=lambda row: -row.count)
    if len(found) > MOST_CONVERSIONS:
        left = found[MOST_CONVERSIONS:]
        found = found[:MOST_CONVERSIONS]
        found.append(
            Conversion(
                column.header,
                f"({len(left)} other values)",
                f"{variable.label}, in the same way",
                sum(row.count for row in left),
            )
        )
    return found
