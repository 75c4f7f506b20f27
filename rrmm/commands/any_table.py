"""Any table for the headless commands: text (csv, tsv, semicolons) or the first sheet of a workbook.

Cells are kept as the file has them, so that a level ``1`` stays ``1``; columns become numbers where they are
asked for. Not for cohorts of the app, which :mod:`rrmm.intake` reads.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from rrmm.intake.issues import Refused

WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")
SEPARATORS = (",", ";", "\t", "|")
MISSING = frozenset({"", "na", "n/a", "nan", "null", "#n/a", "."})
"""What a cell without a value says, in any case."""
NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?")
THOUSANDS = re.compile(r"[+-]?\d{1,3},\d{3}")


def read_table(path: Path) -> pd.DataFrame:
    """The table as stripped text, None where a cell is missing; the index is the row in the file (header: row
    1).

    Refused, with a sentence, for a file that holds no table.
    """
    if path.suffix.lower() in WORKBOOKS:
        cells = _workbook(path)
    else:
        cells = _text(path.read_bytes(), path.name)
    if not cells or not any(cells[0]):
        raise Refused(f"{path.name} holds no table: the first row must name the columns.")
    names = cells[0]
    width = len(names)
    for row, line in enumerate(cells[1:], start=2):
        if len(line) > width and any(cell is not None for cell in line[width:]):
            raise Refused(
                f"{path.name}: row {row} has {len(line)} cells, but the header names {width} columns."
            )
    body = [line[:width] + [None] * (width - len(line)) for line in cells[1:]]
    frame = pd.DataFrame(
        body, columns=[name or "" for name in names], index=range(2, len(body) + 2), dtype=object
    )
    # A line without any value is no patient.
    return frame[frame.notna().any(axis=1).to_numpy(bool)] if width else frame


def _text(data: bytes, name: str) -> list[list[str | None]]:
    import csv

    if b"\0" in data[:4096] and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Refused(f"{name} is neither a text table (csv, tsv) nor a workbook (xlsx, ods).")
    for encoding in (
        ("utf-16",) if data.startswith((b"\xff\xfe", b"\xfe\xff")) else ("utf-8-sig", "cp1252", "latin-1")
    ):
        try:
            text = data.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise Refused(f"{name} is no text that can be read.")
    header = next((line for line in text.splitlines() if line.strip()), "")
    separator = max(SEPARATORS, key=header.count)
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    except csv.Error as error:
        raise Refused(f"{name} is no table that can be read: {error}.") from error
    while lines and not any(cell.strip() for cell in lines[0]):
        lines.pop(0)
    return [[_cell(cell) for cell in line] for line in lines]


def _workbook(path: Path) -> list[list[str | None]]:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(path.read_bytes()))
        rows = book.get_sheet_by_index(0).to_python(skip_empty_area=True)
    except (CalamineError, IndexError, ValueError) as error:
        raise Refused(f"{path.name} is no workbook that can be read.") from error
    return [[_cell(cell) for cell in row] for row in rows]


def _cell(value: Any) -> str | None:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        # A workbook has no whole numbers: 1 comes as 1.0.
        return str(int(value)) if value.is_integer() else repr(value)
    text = str(value).strip()
    return None if text.lower() in MISSING else text


def column(frame: pd.DataFrame, name: str) -> pd.Series:
    """A column by name. Refused, naming the columns that are there, if it is missing or named twice."""
    found = [each for each in frame.columns if each == name]
    if len(found) == 1:
        return frame[name]
    if found:
        raise Refused(f"Two columns are named '{name}': rename one of them.")
    names = [str(each) for each in frame.columns if each]
    shown = ", ".join(names[:40]) + (", ..." if len(names) > 40 else "")
    raise Refused(f"There is no column '{name}'; the columns are: {shown}.")


def parsed(values: pd.Series) -> np.ndarray | None:
    """The column as float64 (NaN where missing), or None where a cell is no number.

    A comma may be the decimal point, unless every such cell could as well be thousands (1,234).
    """
    cells = [cell for cell in values if cell is not None]
    if not all(NUMBER.fullmatch(cell) for cell in cells):
        return None
    commas = [cell for cell in cells if "," in cell]
    if commas and all(THOUSANDS.fullmatch(cell) for cell in commas):
        return None
    return np.array([np.nan if cell is None else float(cell.replace(",", ".")) for cell in values])


def numbers(frame: pd.DataFrame, name: str) -> np.ndarray:
    """A column of numbers, NaN where missing. Refused, with the row, where a cell is no number."""
    values = column(frame, name)
    found = parsed(values)
    if found is not None:
        return found
    for row, cell in values.items():
        if cell is not None and parsed(pd.Series([cell], dtype=object)) is None:
            raise Refused(f"The column '{name}' must hold numbers; row {row} does not.")
    raise Refused(f"The column '{name}' must hold numbers.")


def levels(values: Sequence[str | None]) -> list[str]:
    """The different values, in the order of the numbers where all are numbers, else as text."""
    known = sorted({value for value in values if value is not None})
    places = parsed(pd.Series(known, dtype=object)) if known else None
    return known if places is None else [known[at] for at in np.argsort(places, kind="stable")]
