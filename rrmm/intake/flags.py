"""Yes and no in five languages, ticks and crosses, and codes that have to be explained."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from rrmm.intake.columns import (
    ERROR_CELLS,
    Column,
    Question,
    Reading,
    Remark,
    code_key,
    fold,
    is_missing_word,
)
from rrmm.intake.dates import parse_text
from rrmm.intake.headers import words_of
from rrmm.intake.vocabulary import words

YES = words("yes")
NO = words("no")
TICKS = words("ticks")
MISSING_FLAG_CODES = frozenset(["9", "99", "999", "-1", "-9", "-99", "8", "88", "888", "2?"])
EXPECTED = "yes or no (ja/nein, 1/0)"


def yes_no(folded: str) -> bool | None:
    """A folded text as yes or no; None when it is neither."""
    if folded in YES or folded in TICKS:
        return True
    if folded in NO:
        return False
    return None


def ticks_mean_no(header: str) -> bool:
    """Whether a header says that a blank means no, as in "EMD (x = ja)" or "bitte ankreuzen"."""
    said = set(words_of(header))
    text = fold(header)
    return bool(said & {"ankreuzen", "tick", "cross", "checkbox", "cocher", "marcar", "zaznacz"}) or any(
        mark in text.replace(" ", "") for mark in ("(x)", "[x]", "x=", "x:", "(x/leer)", "x/blank")
    )


def read_flag(
    column: Column,
    choices: dict[str, Any],
    extra_yes: frozenset[str] = frozenset(),
    extra_no: frozenset[str] = frozenset(),
    *,
    dates_are_yes: bool = True,
    inverted: bool = False,
) -> Reading:
    """Yes/no of a column, unknown where the cell says so.

    extra_yes, extra_no: words that mean yes or no for this variable. dates_are_yes: a date in the cell means that it
    happened. inverted: 1 and yes mean no (as in "alive").
    """
    reading = Reading([None] * len(column.uniques))
    folded = [fold(_text(cell)) for cell in column.uniques]
    signs = "+" in folded and "-" in folded
    # Written by Python, "None" beside True and False is no value; elsewhere it is a "no".
    python = "none" in folded and set(folded) <= {"true", "false", "none"} and len(set(folded)) > 1
    codes = _codes(column, folded, choices, reading)
    for at, (cell, word) in enumerate(zip(column.uniques, folded, strict=True)):
        value: bool | None
        if isinstance(cell, bool):
            value = cell != inverted
        elif signs and word == "-":
            value = inverted
        elif python and word == "none":
            reading.missing(at)
            continue
        elif word in codes:
            answer = codes[word]
            if answer is None:
                reading.fail(at, "", "")
                continue
            value = answer
        elif dates_are_yes and _is_date(cell):
            reading.warn(at, not inverted, "date_as_yes", "a date says that it happened")
            continue
        elif word in extra_yes or word in extra_no:
            value = word in extra_yes
        elif (plain := yes_no(word)) is not None:
            value = plain != inverted
        elif is_missing_word(word) or code_key(cell) in MISSING_FLAG_CODES:
            reading.missing(at)
            continue
        else:
            reading.fail(at, "a result; the cell holds a formula error" if word in ERROR_CELLS else EXPECTED)
            continue
        reading.values[at] = value
    _blanks(column, folded, choices, reading, inverted)
    return reading


_DATE = re.compile(r"^(?:\d{4}-\d{1,2}-\d{1,2}|\d{1,2}[./]\d{1,2}[./]\d{2,4}|\d{1,2}/\d{4})$")


def _is_date(cell: object) -> bool:
    if isinstance(cell, str):
        return bool(_DATE.match(cell)) and parse_text(cell, dt.date.today()) is not None
    return isinstance(cell, dt.date)


def _text(cell: object) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


def _codes(
    column: Column, folded: list[str], choices: dict[str, Any], reading: Reading
) -> dict[str, bool | None]:
    """Meaning of codes that the header or the user explains; 1 and 2 without explanation are asked (None)."""
    known: dict[str, bool | None] = {}
    for code, label in column.legend.items():
        word = fold(label)
        value = yes_no(word)
        if value is not None and code not in ("ja", "yes"):
            known[code] = value
    numbers = {word for word in folded if word.lstrip("-").isdigit()} - MISSING_FLAG_CODES
    if numbers <= {"1", "2"} and "2" in numbers and not {"1", "2"} & set(known):
        key = f"codes:{column.header}"
        answer = choices.get(key)
        if answer in ("1=yes", "2=yes"):
            return {**known, "1": answer == "1=yes", "2": answer == "2=yes"}
        reading.questions.append(
            Question(
                key,
                column.header,
                "What do the codes 1 and 2 mean?",
                {"1=yes": "1 is yes, 2 is no", "2=yes": "2 is yes, 1 is no"},
            )
        )
        reading.remarks.append(
            Remark(
                "error",
                "codes_ambiguous",
                "The codes 1 and 2 are not explained: choose which one "
                "means yes. Until then the values are missing.",
            )
        )
        return {**known, "1": None, "2": None}
    return known


def _blanks(
    column: Column, folded: list[str], choices: dict[str, Any], reading: Reading, inverted: bool
) -> None:
    """A column of crosses (or only "yes") and blanks: a blank is "no" only where the header or the user says so."""
    answers = [value for value in reading.values if value is not None]
    if not answers or False in answers or inverted or not (column.codes < 0).any():
        return
    what = "a cross" if set(folded) <= TICKS else "'yes'"
    key = f"blank:{column.header}"
    answer = choices.get(key)
    says_no = ticks_mean_no(column.header)
    if answer == "no" or (says_no and answer != "unknown"):
        reading.also["<blank>"] = {0: False}
        reading.remarks.append(
            Remark("info", "blank_is_no", f"Only {what} is entered; blank cells were read as no.")
        )
    elif answer != "unknown":
        reading.questions.append(
            Question(
                key,
                column.header,
                "Does a blank cell mean no?",
                {"no": "yes, blank means no", "unknown": "no, blank means not known"},
            )
        )
        reading.remarks.append(
            Remark(
                "warning",
                "blank_unclear",
                f"Only {what} is entered. Blank cells are unknown, as nothing says that blank means no; "
                "choose it if it does.",
            )
        )
