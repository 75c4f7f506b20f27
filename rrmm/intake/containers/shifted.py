"""Rows of a text table that have more fields than the others: a separator stood inside a value without
quotes.
"""

from __future__ import annotations

import re
from collections import Counter

from rrmm.intake.issues import Issue
from rrmm.intake.words import is_data, plain

MOST_LEVELS = 15


def straighten(rows: list[list[str]], separator: str) -> tuple[list[list[str]], list[Issue]]:
    """Rows with the values that were torn apart put together again, where only one way fits; else the row is
    left out.

    A row that is a field too long shifts every value after the tear into its neighbour's column. Each place
    where it
    could be joined is tried, and held against what the other rows have in each column.
    """
    widths = Counter(len(row) for row in rows if any(row))
    if not widths:
        return rows, []
    width, often = widths.most_common(1)[0]
    long = [at for at, row in enumerate(rows) if len(row) > width and any(field.strip() for field in row[width:])]
    if not long or width < 3 or often < 0.5 * sum(widths.values()) or len(long) > 0.2 * often + 1:
        return rows, []
    regular = [row for row in rows if len(row) == width]
    patterns = [_Pattern([row[at] for row in regular[1:5000]]) for at in range(width)]
    fixed = list(rows)
    issues = []
    for at in long:
        joined = _joined(rows[at], width, separator, patterns)
        text = (
            f"The row has {len(rows[at])} fields where the others have {width}: a separator inside a value needs quotation marks."
        )
        if joined is None:
            fixed[at] = []
            issues.append(
                Issue(
                    "error",
                    "",
                    at + 1,
                    "",
                    "shifted_row",
                    f"{text} Its values can't be told apart; the row was left out.",
                )
            )
        else:
            fixed[at] = joined
            issues.append(
                Issue(
                    "warning",
                    "",
                    at + 1,
                    "",
                    "shifted_row",
                    f"{text} The value was put together again, since only one way fits the other rows.",
                )
            )
    return fixed, issues


class _Pattern:
    """What the cells of a column are: kinds of values, and the words when there are few."""

    def __init__(self, cells: list[str]) -> None:
        filled = [cell.strip() for cell in cells if cell.strip()]
        self.kinds = {_kind(cell) for cell in filled}
        words = Counter(map(plain, filled))
        self.words = set(words) if len(words) <= MOST_LEVELS and len(filled) >= 3 * len(words) else None
        shapes = {_shape(cell) for cell in filled}
        self.shapes = shapes if len(shapes) <= 2 and len(filled) >= 5 else None

    def misfit(self, cell: str) -> int:
        """0 where the cell could stand in this column; more the less it could."""
        cell = cell.strip()
        if not cell:
            return 0
        wrong = 0 if _kind(cell) in self.kinds else 4
        wrong += 1 if self.words is not None and plain(cell) not in self.words else 0
        return wrong + (2 if self.shapes is not None and self.words is None and _shape(cell) not in self.shapes else 0)


def _shape(cell: str) -> str:
    """Letters as A, digits as 9: what codes have in common."""
    return re.sub(r"[^\W\d_]+", "A", re.sub(r"\d+", "9", cell))


def _kind(cell: str) -> str:
    if not is_data(cell):
        return "text"
    digits = sum(ch.isdigit() for ch in cell)
    if not digits:
        return "word"
    return "date" if cell.count("-") == 2 or cell.count(".") == 2 or cell.count("/") == 2 else "number"


def _joined(row: list[str], width: int, separator: str, patterns: list[_Pattern]) -> list[str] | None:
    extra = len(row) - width
    scores = []
    for place in range(width):
        trial = [*row[:place], separator.join(row[place : place + extra + 1]), *row[place + extra + 1 :]]
        scores.append((sum(pattern.misfit(cell) for pattern, cell in zip(patterns, trial, strict=True)), place, trial))
    scores.sort(key=lambda entry: entry[:2])
    best = scores[0]
    if best[0] > 5 or (len(scores) > 1 and scores[1][0] <= best[0]):
        return None
    return best[2]
