"""What every container becomes: sheets of columns of cells."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from rrmm.intake.issues import Issue


@dataclass(frozen=True, eq=False)
class Sheet:
    """One sheet without its empty rows.

    columns: lists of n cells each, the first being the sheet's column ``first_column`` (0 = A).
    row_numbers: (n,) from 1 as the file shows them. merged: ((row, column), (row, column)) from 0, inclusive.
    headers: names that the format itself keeps (statistics files); None where the header is among the cells.
    """

    name: str
    columns: list[list[object]]
    row_numbers: list[int]
    first_column: int = 0
    merged: tuple[tuple[tuple[int, int], tuple[int, int]], ...] = ()
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: tuple[tuple[int, int], ...] = ()
    headers: tuple[str, ...] | None = None
    value_labels: dict[str, dict[object, str]] = field(default_factory=dict)

    @property
    def n(self) -> int:
        """Number of rows that hold anything."""
        return len(self.row_numbers)

    def row(self, at: int) -> list[object]:
        """Cells of the row at that position (from 0)."""
        return [column[at] for column in self.columns]


@dataclass(frozen=True, eq=False)
class Book:
    """All sheets that are read, and what the container has to say about itself."""

    kind: str
    sheets: tuple[Sheet, ...]
    notes: tuple[Issue, ...] = ()
    hidden_sheets: tuple[str, ...] = ()
    datemode_1904: bool = False
    about: dict[str, Any] = field(default_factory=dict)


def column_letter(index: int) -> str:
    """Letter of a column, from 0: 0 is A, 26 is AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def column_index(letters: str) -> int:
    """Place of a column, from 0; 0 for the empty string."""
    place = 0
    for letter in letters.upper():
        place = place * 26 + ord(letter) - 64
    return max(place - 1, 0)
