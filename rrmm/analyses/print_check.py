"""A linter for published tables: what in a table can't be right, or deserves a second look.

Input: tidy rows, one printed statement a row, in the columns of :data:`COLUMNS`; cells hold the text as
printed, so that the rounding is known. Every check allows for rounding in both directions: nothing that
consistent data can print is called a contradiction.

severity "contradiction": no data can print this. "check": possible, but unusual, or two methods side by side.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from rrmm.analyses.printed_number import Printed, parse, shown

COLUMNS: dict[str, str] = {
    "table": "where it is printed: Table 1, Results, ...",
    "row": "what the line is about, the same words in every table",
    "group": "level of the row: yes, no, I, II, ...; empty for a single line",
    "counts": "what n counts: patients (the default: n of N have this level), or events, responders "
    "of the N patients of the level",
    "n": "count",
    "N": "out of how many",
    "pct": "percentage as printed",
    "whole": "name of a total that these lines have to add up to: exclusive levels of one thing",
    "quantity": "name of a figure that is printed in more than one place; the places are compared",
    "median": "median as printed",
    "low": "lower end of its range or interval",
    "high": "upper end of its range or interval",
    "measure": "HR, OR or RR",
    "estimate": "the ratio",
    "conf_low": "lower 95 % limit",
    "conf_high": "upper 95 % limit",
    "p": "p-value as printed: 0.04, <0.01, ...",
    "a": "with the event, in the group the ratio is about",
    "b": "without the event, in that group",
    "c": "with the event, in the reference group (events only, for a hazard ratio)",
    "d": "without the event, in the reference group",
    "pct_ref": "percentage in the reference group, where only two percentages and a p are printed; "
    "n and N are then those of both groups together",
}
"""Columns of a table to check, and what belongs in them. All are text; any may be left out."""

NUMERIC = (
    "n",
    "N",
    "pct",
    "median",
    "low",
    "high",
    "estimate",
    "conf_low",
    "conf_high",
    "p",
    "a",
    "b",
    "c",
    "d",
    "pct_ref",
)
WHOLE = ("n", "N", "a", "b", "c", "d")

EXAMPLE = """table,row,group,counts,n,N,pct,whole,measure,estimate,conf_low,conf_high,p,a,b,c,d
Table 1,Sex,male,patients,70,123,56.9,Sex,,,,,,,,,
Table 1,Sex,female,patients,53,123,43.1,Sex,,,,,,,,,
Table 3,EMD,no,responders,53,73,72.6,,,,,,,,,,
Table 3,EMD,yes,responders,16,43,37.2,,,,,,,,,,
Table 3,EMD,,,,,,,OR,0.22,0.10,0.50,<0.01,16,27,53,20
Table 2,ISS 3,,,,,,,HR,2.46,1.32,4.58,<0.01,,,,
"""
"""A table to check, as a file to start from."""

Severity = Literal["contradiction", "check"]


@dataclass(frozen=True)
class Finding:
    """One finding: a stable code, how sure it is, where, and a sentence with the numbers."""

    code: str
    severity: Severity
    table: str
    row: str
    message: str


@dataclass(frozen=True)
class Line:
    """One parsed row. cells: column -> printed number; text columns as strings; at: line of the input."""

    at: int
    table: str
    row: str
    group: str
    counts: str
    whole: str
    quantity: str
    measure: str
    cells: Mapping[str, Printed | None]

    def count(self, name: str) -> int | None:
        """A count, or None where it is not printed."""
        cell = self.cells.get(name)
        return None if cell is None else round(cell.value)

    @property
    def name(self) -> str:
        return f"{self.row}, {self.group}" if self.group else self.row

    def finding(self, code: str, severity: Severity, message: str) -> Finding:
        return Finding(code, severity, self.table, self.name, f"{self.table}, {self.name}: {message}")


def read_table(data: bytes | str) -> pd.DataFrame:
    """A user's table from CSV (comma, semicolon or tab), as text. Raises ValueError with a sentence."""
    text = data.decode("utf-8-sig", errors="replace") if isinstance(data, bytes) else data
    if not text.strip():
        raise ValueError("The file is empty.")
    head = text.lstrip().splitlines()[0]
    separator = max(",;\t", key=head.count)
    try:
        frame = pd.read_csv(io.StringIO(text), sep=separator, dtype=str, keep_default_na=False)
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise ValueError(f"The file is not a table with the same columns in every line: {error}.") from None
    # The headers as written: pandas would call a second "n" "n.1".
    headers = [_column(name) for name in next(csv.reader([head], delimiter=separator))]
    known = [name for name in headers if name in COLUMNS]
    if not set(known) & set(NUMERIC):
        raise ValueError(
            f"No known column was found. A table to check has columns such as: {', '.join(COLUMNS)}."
        )
    twice = sorted({name for name in known if known.count(name) > 1})
    if twice:
        raise ValueError(f"The column '{twice[0]}' is there twice.")
    if len(headers) != len(frame.columns):
        raise ValueError("The file is not a table with the same columns in every line.")
    frame.columns = pd.Index(headers)
    return frame


def _column(header: str) -> str:
    """The canonical column: exact name first ("n" is not "N"), then any case."""
    plain = header.strip()
    if plain in COLUMNS:
        return plain
    return next((name for name in COLUMNS if name.lower() == plain.lower() and len(name) > 1), plain)


def lines(rows: pd.DataFrame | Iterable[Mapping[str, Any]]) -> list[Line]:
    """Parse tidy rows. Raises ValueError naming line and column of a cell that is no number."""
    records: list[Any] = rows.to_dict("records") if isinstance(rows, pd.DataFrame) else list(rows)
    parsed = []
    for at, record in enumerate(records, start=2):
        cells: dict[str, Printed | None] = {}
        for name in NUMERIC:
            try:
                cells[name] = parse(_counted(record.get(name)) if name in WHOLE else record.get(name))
            except ValueError as error:
                raise ValueError(f"Line {at}, column '{name}': {error}.") from None
            cell = cells[name]
            if (
                name in WHOLE
                and cell is not None
                and (cell.decimals or cell.value < 0 or cell.text.strip()[0] in "<>")
            ):
                raise ValueError(f"Line {at}, column '{name}': a count is a whole number, not '{cell.text}'.")
        words = {
            name: _word(record.get(name))
            for name in ("table", "row", "group", "counts", "whole", "quantity", "measure")
        }
        words["table"] = words["table"] or "Table"
        words["row"] = words["row"] or words["quantity"] or f"line {at}"
        words["counts"] = words["counts"].lower() or "patients"
        parsed.append(Line(at=at, cells=cells, **words))
    return parsed


def _counted(value: Any) -> Any:
    """A whole number again, where a table of numbers with gaps made it 70.0."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _word(value: Any) -> str:
    return "" if value is None or (isinstance(value, float) and math.isnan(value)) else str(value).strip()


def check(rows: pd.DataFrame | Iterable[Mapping[str, Any]]) -> tuple[Finding, ...]:
    """All findings of a table or several tables, in the order of the rows; what spans rows comes last.

    Raises ValueError with a sentence where a cell can't be read.
    """
    from rrmm.analyses import print_rules_across, print_rules_row

    parsed = lines(rows)
    found: list[Finding] = []
    for line in parsed:
        for rule in print_rules_row.RULES:
            found.extend(rule(line))
    for across in print_rules_across.RULES:
        found.extend(across(parsed))
    return tuple(dict.fromkeys(found))


def as_frame(findings: Iterable[Finding]) -> pd.DataFrame:
    """Findings as a table: severity, table, row, code, message."""
    return pd.DataFrame(
        [(each.severity, each.table, each.row, each.code, each.message) for each in findings],
        columns=["severity", "table", "row", "code", "message"],
    )


def percent(x: int, n: int, decimals: int) -> str:
    """``x/n`` in percent with as many decimals as the print: "27.2 %"."""
    return f"{shown(100 * x / n, decimals)} %"
