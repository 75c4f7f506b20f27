"""Columns of the upload that are no known variable: kept under their own headers, in the type that fits all cells."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd

from rrmm.intake.columns import Column, fold, is_missing_word, shown
from rrmm.intake.dates import parse_text, read_date
from rrmm.intake.flags import yes_no
from rrmm.intake.numbers import _comma_decimal, amount

_NOT_A_FLAG = frozenset(["0", "1", "x", "+", "s", "f", "n", "t", "h", "y", "j"])


def best_type(
    column: Column, choices: dict[str, Any], datemode_1904: bool, today: dt.date
) -> tuple[pd.Series, list[tuple[str, str, str, int]]]:
    """The column as boolean, float64, datetime64[ns] or text; text keeps every character.

    A type is taken only when every cell fits it; also gives what was read as something else (header, source,
    read as, how often). Codes for missing are missing in every type.
    """
    cells = column.uniques
    absent = [isinstance(cell, str) and is_missing_word(fold(cell)) for cell in cells]
    present = [cell for cell, gone in zip(cells, absent, strict=True) if not gone]
    for convert in (_booleans, _numbers, _dates):
        values = convert(column, cells, absent, present, choices, datemode_1904, today) if present else None
        if values is not None:
            dtype = {"_booleans": "boolean", "_numbers": "float64", "_dates": "datetime64[ns]"}[
                convert.__name__
            ]
            return column.spread(values, dtype), _changed(column, values)
    texts: list[Any] = [
        None if gone else (cell if isinstance(cell, str) else shown(cell))
        for cell, gone in zip(cells, absent, strict=True)
    ]
    return column.spread(texts, "object"), _changed(column, texts)


def _booleans(
    column: Column, cells: list[Any], absent: list[bool], present: list[Any], *_: Any
) -> list[Any] | None:
    if all(isinstance(cell, bool) for cell in present):
        return [None if gone else cell for cell, gone in zip(cells, absent, strict=True)]
    if not all(isinstance(cell, str) for cell in present):
        return None
    words = {fold(cell) for cell in present}
    answers = {word: yes_no(word) for word in words}
    if (
        None in answers.values()
        or words <= {"0", "1"}
        or not (words - _NOT_A_FLAG or words in ({"y", "n"}, {"j", "n"}))
    ):
        return None
    return [None if gone else answers[fold(cell)] for cell, gone in zip(cells, absent, strict=True)]


def _numbers(
    column: Column, cells: list[Any], absent: list[bool], present: list[Any], *_: Any
) -> list[Any] | None:
    if any(isinstance(cell, bool) or not isinstance(cell, str | int | float) for cell in present):
        return None
    texts = [cell for cell in present if isinstance(cell, str)]
    # Codes such as 007 are no numbers.
    if any(len(text) > 1 and text[0] == "0" and text[1].isdigit() for text in texts):
        return None
    comma = _comma_decimal(texts) if texts else None
    values: list[Any] = []
    for cell, gone in zip(cells, absent, strict=True):
        if gone:
            values.append(None)
        elif isinstance(cell, str):
            found = amount(cell, comma)
            if found is None or found.bound or found.second is not None or found.unit or found.about:
                return None
            values.append(found.value)
        else:
            values.append(float(cell))
    return values


def _dates(
    column: Column,
    cells: list[Any],
    absent: list[bool],
    present: list[Any],
    choices: dict[str, Any],
    datemode_1904: bool,
    today: dt.date,
) -> list[Any] | None:
    if not all(
        isinstance(cell, dt.date) or (isinstance(cell, str) and not cell.isdigit()) for cell in present
    ):
        return None
    if any(isinstance(cell, str) and parse_text(cell, today) is None for cell in present):
        return None
    reading = read_date(column, choices, datemode_1904=datemode_1904, today=today)
    if any(note.state in ("failed", "warned") for note in reading.notes.values()):
        return None
    return reading.values


def _changed(column: Column, values: list[Any]) -> list[tuple[str, str, str, int]]:
    changed: list[tuple[str, str, str, int]] = []
    for at, (cell, value) in enumerate(zip(column.uniques, values, strict=True)):
        same = (isinstance(value, float) and not isinstance(cell, str)) or shown(cell) == shown(value)
        if not same and len(changed) < 1000:
            changed.append((column.header, shown(cell)[:200], shown(value), int(column.counts[at])))
    return changed
