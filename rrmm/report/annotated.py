"""The cleaned table as a workbook with every finding beside its patient: to put the source right with."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pandas as pd

from rrmm.cohort import Cohort
from rrmm.commands.clean import COLUMNS
from rrmm.intake.issues import Issue
from rrmm.report.packages import neutral
from rrmm.report.provenance import clean
from rrmm.report.tables import harmless
from rrmm.schema import VARIABLES

KINDS = {"error": "Not understood", "warning": "Please look", "info": "Note"}
FILLS = {"error": "F8CBAD", "warning": "FFE699"}
"""Colour of a cell with a finding."""
LONGEST = 32_000
"""Characters a cell of a workbook can hold, nearly."""


def findings_frame(cohort: Cohort) -> pd.DataFrame:
    """All findings, the gravest first: Kind, Sheet, Row (as the file counts), Column, Finding."""
    order = {kind: at for at, kind in enumerate(KINDS)}
    issues = sorted(cohort.issues, key=lambda each: order[each.severity])
    return pd.DataFrame({
        "Kind": [KINDS[each.severity] for each in issues],
        "Sheet": [each.sheet or "" for each in issues],
        "Row": pd.array([each.row for each in issues], dtype="Int64"),
        "Column": [_named(each.column, cohort) for each in issues],
        "Finding": [each.message for each in issues]})


def _named(column: str, cohort: Cohort) -> str:
    """A column's header; where the file has none, the label of what would be in it."""
    return VARIABLES[column].label if column in VARIABLES and column not in cohort.mapping.values() else column


def annotated(cohort: Cohort) -> bytes:
    """A workbook (.xlsx): the cleaned table with row and findings of each patient, all findings, columns, conversions.

    Cells that a finding names are coloured. IDs are replaced by pseudonyms in file order unless the reader did so. Text
    is harmless to a spreadsheet: nothing becomes a formula.
    """
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    _patients(book.create_sheet("Cohort"), cohort)
    _plain(book.create_sheet("Findings"), findings_frame(cohort), (16, 18, 8, 32, 110))
    _plain(book.create_sheet("Columns"), _columns(cohort), (40, 40, 12))
    _plain(book.create_sheet("Conversions"), _conversions(cohort), (40, 40, 40, 12))
    out = io.BytesIO()
    book.save(out)
    return neutral(out.getvalue())


def _patients(sheet: Any, cohort: Cohort) -> None:
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font, PatternFill

    names = [name for name in VARIABLES if name in COLUMNS or cohort.has(name)]
    fills = {kind: PatternFill("solid", fgColor=colour) for kind, colour in FILLS.items()}
    by_row, places = _by_row(cohort), _places(cohort, names)
    texts = {name: _values(cohort, name) for name in names}
    extras = {str(header): list(cohort.extras[header]) for header in cohort.extras.columns}
    sheet.freeze_panes = "C2"
    for letter, width in (("A", 14), ("B", 60)):
        sheet.column_dimensions[letter].width = width
    _row(sheet, ["Row in the file", "Findings", *map(_header, names), *extras], Font(bold=True))
    several = cohort.rows["sheet"].nunique() > 1
    for at, (where, number) in enumerate(zip(cohort.rows["sheet"], cohort.rows["row"], strict=True)):
        found = by_row.get((where, int(number)), [])
        said = "\n".join(f"{KINDS[each.severity]}: {_named(each.column, cohort) + ': ' if each.column else ''}{each.message}"
                         for each in found)
        values = [f"{where}, row {number}" if several else int(number), said, *(texts[name][at] for name in names),
                  *(column[at] for column in extras.values())]
        marks = {places[each.column]: each.severity for each in reversed(found) if each.column in places}
        cells = []
        for place, value in enumerate(values):
            made = _cell(value)
            # A cell of its own costs ten times a bare value: only where it is coloured, or where text could be taken for more.
            if marks.get(place) in fills or (isinstance(made, str) and made[:1] in "=#"):
                made = WriteOnlyCell(sheet, value=made)
                made.data_type = "s" if isinstance(made.value, str) else made.data_type
                if marks.get(place) in fills:
                    made.fill = fills[marks[place]]
            cells.append(made)
        sheet.append(cells)


def _by_row(cohort: Cohort) -> dict[tuple[str, int], list[Issue]]:
    """Findings of each row, the gravest first."""
    order = {kind: at for at, kind in enumerate(KINDS)}
    found: dict[tuple[str, int], list[Issue]] = {}
    for each in sorted(cohort.issues, key=lambda issue: order[issue.severity]):
        if each.row is not None:
            found.setdefault((each.sheet or "", int(each.row)), []).append(each)
    return found


def _places(cohort: Cohort, names: list[str]) -> dict[str, int]:
    """Header of the file -> place of its column in the copy."""
    place = {cohort.mapping[name]: at + 2 for at, name in reversed(list(enumerate(names))) if name in cohort.mapping}
    place |= {name: at + 2 for at, name in enumerate(names) if name not in place}
    return place | {str(header): at + 2 + len(names) for at, header in enumerate(cohort.extras.columns)}


def _header(name: str) -> str:
    variable = VARIABLES[name]
    return f"{variable.label} ({variable.unit})" if variable.unit else variable.label


def _values(cohort: Cohort, name: str) -> list[Any]:
    column = cohort.frame[name]
    if name == "patient_id" and not cohort.read.get("pseudonymised"):
        width = max(3, len(str(cohort.n)))
        codes, _ = pd.factorize(column)
        return [f"P{code + 1:0{width}d}" if code >= 0 else None for code in codes]
    return list(column)


def _cell(value: Any) -> Any:
    """A value as a workbook's cell: numbers and dates as such, flags as yes and no, text that runs nothing."""
    if value is None or value is pd.NA or pd.isna(value):
        return None
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, pd.Timestamp):
        return value.to_pydatetime().date()
    if isinstance(value, int | float):
        return value if abs(value) != float("inf") else None
    lines = [clean(line, LONGEST) for line in str(value).splitlines()]
    return harmless("\n".join(lines)[:LONGEST])


def _row(sheet: Any, values: list[Any], font: Any = None) -> None:
    from openpyxl.cell import WriteOnlyCell

    cells = []
    for value in values:
        cell = WriteOnlyCell(sheet, value=_cell(value))
        if isinstance(cell.value, str):
            cell.data_type = "s"
        if font is not None:
            cell.font = font
        cells.append(cell)
    sheet.append(cells)


def _plain(sheet: Any, frame: pd.DataFrame, widths: tuple[int, ...]) -> None:
    from openpyxl.styles import Font

    sheet.freeze_panes = "A2"
    for letter, width in zip("ABCDE", widths, strict=False):
        sheet.column_dimensions[letter].width = width
    _row(sheet, list(frame.columns), Font(bold=True))
    for values in _rows(frame):
        _row(sheet, values)


def _rows(frame: pd.DataFrame) -> Iterator[list[Any]]:
    return (list(row) for row in frame.astype(object).itertuples(index=False))


def _columns(cohort: Cohort) -> pd.DataFrame:
    rows: list[tuple[str, str, int | None]] = [
        (header, VARIABLES[name].label, int(cohort.frame[name].notna().sum())) for name, header in cohort.mapping.items()]
    rows += [(str(header), "kept as it is", int(cohort.extras[header].notna().sum())) for header in cohort.extras.columns]
    rows += [(header, "left out: personal data", None) for header in cohort.read.get("dropped", ())]
    rows += [(header, "left out", None) for header in cohort.read.get("left_out", ())]
    return pd.DataFrame(rows, columns=["Column in the file", "Read as", "Known"])


def _conversions(cohort: Cohort) -> pd.DataFrame:
    rows = [(each["column"], each["source"], each["read_as"], each["count"]) for each in cohort.read.get("conversions", ())]
    return pd.DataFrame(rows, columns=["Column", "In the file", "Read as", "How often"])
