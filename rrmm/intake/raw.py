"""The table as it stands in the file: cells, headers and where they were, before anyone gives them a meaning."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from rrmm.intake.issues import Issue

Cell = None | str | float | int | bool | dt.date | dt.datetime | dt.time
"""A cell value. Empty cells and cells of blanks are None; text is stripped, otherwise as in the file."""


@dataclass(frozen=True, eq=False)
class RawTable:
    """One table of n patients and k columns.

    sheet: name of its sheet ("" for text files); for stacked sheets the first of them, see ``sheets``.
    headers: (k,) unique, as in the file; two header rows are joined with " / ", a header that occurs twice
        gets " (2)", an empty one its column letter.
    units: (k,) from a row of units below the header, "" where there is none.
    columns: (k,) lists of n cells each. row_numbers: (n,) rows from 1 as the file shows them (for a
        transposed
        table: the column's number). header_row: last header row, from 1; 0 when the file has none.
    datemode_1904: numbers that are dates count from 1904 (dates the file marks as such are converted
        already).
    source: "xlsx", "xls", "ods", "xlsb", "csv", "redcap", "sas", "spss", "stata", ...
    notes: what was noticed and done while the table was found.
    sheets: (n,) sheet of each row where they differ, else empty.
    value_labels: header -> {code: label}, from an SPSS/SAS/Stata file or a data dictionary.
    """

    sheet: str
    headers: tuple[str, ...]
    units: tuple[str, ...]
    columns: tuple[list[object], ...]
    row_numbers: list[int]
    header_row: int
    datemode_1904: bool = False
    source: str = "csv"
    notes: tuple[Issue, ...] = ()
    sheets: tuple[str, ...] = ()
    value_labels: dict[str, dict[object, str]] = field(default_factory=dict)

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.row_numbers)

    def column(self, header: str) -> list[object]:
        """Cells of the column with that header; KeyError when there is none."""
        try:
            return self.columns[self.headers.index(header)]
        except ValueError:
            raise KeyError(header) from None

    def sheet_of(self, at: int) -> str:
        """Sheet of the row at that position (from 0)."""
        return self.sheets[at] if self.sheets else self.sheet
