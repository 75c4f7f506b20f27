"""Which rows of a sheet are its header: the row most like one, groups above it, second names below it."""

from __future__ import annotations

from collections import Counter

import numpy as np

from rrmm.intake.containers.book import Sheet, column_letter
from rrmm.intake.words import LEGEND, header_text, is_data, is_unit, known_header, plain

LOOK = 60
"""Rows from the top among which the header is looked for."""


def legend_words(cells: list[object]) -> int:
    """How many cells are headers of a legend or a data dictionary."""
    return sum(isinstance(value, str) and plain(value) in LEGEND for value in cells)


def distinct_known(cells: list[object]) -> int:
    """How many different known headers there are among the cells."""
    return len({plain(str(value)) for value in cells if known_header(value) is not None})


def _row_score(cells: list[object]) -> float:
    filled = [value for value in cells if value is not None]
    if not filled:
        return -1e9
    known = sum(known_header(value) is not None for value in filled)
    data = sum(is_data(value) and known_header(value) is None for value in filled)
    texts = sum(isinstance(value, str) and len(value) <= 120 for value in filled) - data
    units = sum(is_unit(value) for value in filled)
    distinct = len({plain(value) for value in filled if isinstance(value, str)})
    return 3 * known + texts - 2 * data - units - (len(filled) - distinct) * 0.5


def header_at(sheet: Sheet) -> int | None:
    """Place of the row that is most like a header; None when the first rows are all values."""
    rows = [sheet.row(at) for at in range(min(sheet.n, LOOK))]
    for at, row in enumerate(rows[:10]):
        # A data dictionary: its second row is a variable's name, which would pass for a header.
        if legend_words(row) >= max(2, 0.4 * sum(value is not None for value in row)):
            return at
    scores = [_row_score(cells) for cells in rows]
    best = int(np.argmax(scores))
    cells = rows[best]
    filled = [value for value in cells if value is not None]
    known = sum(known_header(value) is not None for value in filled)
    data = sum(is_data(value) for value in filled)
    if known == 0 and (data >= 0.35 * len(filled) or (len(filled) == 1 and len(sheet.columns) > 1)):
        return None
    if known >= 3:
        # Of several tables below each other the first one's header counts.
        for at, score in enumerate(scores[:best]):
            if score >= 0.5 * scores[best] and distinct_known(rows[at]) >= max(3, 0.5 * known):
                return at
    # A text-heavy patient can only win over headers that nobody knows; the first row that is all text is the
    # header.
    if known == 0:
        widest = max(sum(v is not None for v in row) for row in rows)
        for at, row in enumerate(rows):
            texts = [v for v in row if v is not None]
            if len(texts) >= max(2, 0.6 * widest) and not any(is_data(v) for v in texts):
                return at
    return best


def _header_like(cells: list[object]) -> bool:
    filled = [value for value in cells if value is not None]
    return (
        bool(filled)
        and all(isinstance(v, str) and len(v) <= 120 for v in filled)
        and not any(is_data(v) and known_header(v) is None for v in filled)
    )


def header_block(sheet: Sheet, at: int) -> tuple[int, int]:
    """First and last place of the header rows around the best one."""
    first = last = at
    numbers = sheet.row_numbers
    main = sheet.row(at)
    if legend_words(main) >= 2:
        return at, at
    while first > 0 and first > at - 2 and numbers[first] - numbers[first - 1] == 1:
        above = sheet.row(first - 1)
        filled = [place for place, value in enumerate(above) if value is not None]
        spans = _spans(sheet, numbers[first - 1])
        grouped = any(high > low for low, high in spans) and not any(
            low == 0 and high >= 0.7 * (len(main) - 1) for low, high in spans
        )
        if not _header_like(above) or not filled:
            break
        if len(filled) == 1 and (filled[0] == 0 or not grouped):
            break
        if len(filled) < 2 and not grouped:
            break
        if any(len(str(above[place])) > 60 for place in filled):
            break
        first -= 1
    while last + 1 < sheet.n and last < at + 2 and numbers[last + 1] - numbers[last] == 1:
        below = sheet.row(last + 1)
        split = _splits_group(sheet, last, below)
        if not _header_like(below) or (not split and (mostly_units(below) or not _continues(sheet, last, below))):
            break
        last += 1
    return first, last


def _spans(sheet: Sheet, row_number: int) -> list[tuple[int, int]]:
    """Merged stretches of columns in that row, as places in the sheet's columns."""
    return [
        (start[1] - sheet.first_column, end[1] - sheet.first_column)
        for start, end in sheet.merged
        if start[0] == row_number - 1 and end[1] > start[1]
    ]


def _splits_group(sheet: Sheet, at: int, below: list[object]) -> bool:
    """Whether the row below names at least two columns under one merged header cell."""
    return any(
        sum(value is not None for value in below[max(low, 0) : high + 1]) >= 2
        for low, high in _spans(sheet, sheet.row_numbers[at])
    )


def _continues(sheet: Sheet, at: int, below: list[object]) -> bool:
    """Whether the row below a header goes on with it: it names what is under merged or empty header cells, or
    is a
    second name for most columns."""
    above = sheet.row(at)
    filled = [place for place, value in enumerate(below) if value is not None]
    if not filled:
        return False
    known = sum(known_header(below[place]) is not None for place in filled)
    merged = {place for low, high in _spans(sheet, sheet.row_numbers[at]) for place in range(low, high + 1)}
    under = sum(place in merged or above[place] is None for place in filled)
    if known >= max(2, 0.4 * len(filled)):
        return True
    return bool(merged) and under >= 0.8 * len(filled) and len(filled) >= 2


def mostly_units(cells: list[object]) -> bool:
    filled = [value for value in cells if value is not None]
    return (
        bool(filled)
        and sum(is_unit(value) for value in filled) >= 0.6 * len(filled)
        and all(isinstance(value, str) and len(value) <= 30 for value in filled)
    )


def join_headers(sheet: Sheet, first: int, last: int) -> list[str]:
    """One text a column: the rows of the header, groups spread over their columns, joined with " / "."""
    width = len(sheet.columns)
    levels: list[list[str]] = []
    for at in range(first, last + 1):
        texts = [header_text(value) for value in sheet.row(at)]
        if at < last:
            texts = _spread(sheet, at, texts, [header_text(value) for value in sheet.row(at + 1)])
        levels.append(texts)
    headers = []
    for place in range(width):
        parts: list[str] = []
        for texts in levels:
            if texts[place] and texts[place] not in parts:
                parts.append(texts[place])
        headers.append(" / ".join(parts))
    return headers


def _spread(sheet: Sheet, at: int, texts: list[str], below: list[str]) -> list[str]:
    spread = list(texts)
    spans = _spans(sheet, sheet.row_numbers[at])
    if spans:
        for low, high in spans:
            for place in range(max(low, 0), min(high + 1, len(spread))):
                spread[place] = spread[place] or texts[max(low, 0)]
        return spread
    group = ""
    for place, text in enumerate(texts):
        if text:
            group = text if below[place] else ""
        elif below[place]:
            spread[place] = group
    return spread


def unique_headers(headers: list[str], first_column: int) -> tuple[str, ...]:
    """Empty headers get their column's letter, repeated ones a number."""
    seen: Counter[str] = Counter()
    result = []
    taken = set(headers)
    for place, header in enumerate(headers):
        header = header or f"Column {column_letter(first_column + place)}"
        seen[header] += 1
        name = header
        while seen[header] > 1 and (name == header or name in result or name in taken):
            name = f"{header} ({seen[header]})"
            if name in result or name in taken:
                seen[header] += 1
        result.append(name)
    return tuple(result)
