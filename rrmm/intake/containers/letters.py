"""Letters that were spoiled before: UTF-8 that someone read as Windows Western, as in "WÃ¼rzburg"."""

from __future__ import annotations

import re
from dataclasses import replace

from rrmm.intake.containers.book import Book, Sheet
from rrmm.intake.issues import Issue

_SPOILED = re.compile(
    "[\u00c2-\u00c5\u00ce\u00cf\u00e2][\u0080-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192"
    "\u02c6\u02dc\u2013-\u2022\u2026\u2030\u2039\u203a\u20ac\u2122]"
)


def repaired(text: str) -> str | None:
    """The text as it was meant, or None when it is sound."""
    if not _SPOILED.search(text):
        return None
    try:
        # Windows leaves five bytes without a letter; Latin-1 has them.
        raw = b"".join(ch.encode("cp1252") if ch not in "\x81\x8d\x8f\x90\x9d" else ch.encode("latin-1") for ch in text)
        return raw.decode("utf-8")
    except UnicodeError:
        return None


def repair(book: Book) -> Book:
    """The book with spoiled texts put right, and said."""
    sheets: list[Sheet] = []
    notes: list[Issue] = []
    for sheet in book.sheets:
        columns, count = [], 0
        for cells in sheet.columns:
            odd = {value for value in set(cells) if type(value) is str and not value.isascii()}
            meant = {text: right for text in odd if (right := repaired(text)) is not None}
            if meant:
                count += sum(type(value) is str and value in meant for value in cells)
                cells = [meant.get(value, value) if type(value) is str else value for value in cells]
            columns.append(cells)
        if count:
            notes.append(
                Issue(
                    "warning",
                    sheet.name,
                    None,
                    "",
                    "letters_repaired",
                    f'{count} cells held spoiled letters, as in "K\u00c3\u00b6ln" (UTF-8 read as Windows '
                    "Western); they were put right.",
                )
            )
            sheet = replace(sheet, columns=columns)
        sheets.append(sheet)
    return replace(book, sheets=tuple(sheets), notes=(*book.notes, *notes)) if notes else book
