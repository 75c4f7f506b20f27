"""Dates as people write them. Day before month or month before day is decided for a whole column, or asked."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

from rrmm.intake.columns import ERROR_CELLS, Column, Note, Question, Reading, Remark, fold, is_missing_word
from rrmm.intake.vocabulary import WORDS

MONTHS = {name: int(number) for number, names in WORDS["months"].items() for name in names}
"""Month names and their short forms in five languages, folded."""

EXCEL_EPOCH = dt.datetime(1899, 12, 30)
SHIFT_1904 = 1462
SAS_EPOCH = dt.datetime(1960, 1, 1)
LONGEST = 60
"""Characters of a cell that is read as a date; longer ones are none."""
FIRST, LAST = 1920, 2100
"""Years that a date in a patient's file can have; others are refused as impossible."""

_TIME = (
    r"(?:[t ,]+\d{1,2}[:h.]\d{2}(?:[:.]\d{2}(?:[.,]\d+)?)?\s*(?:am|pm|uhr)?\s*(?:z|utc|[+-]\d{2}:?\d{2})?)?"
)
_DAYNAME = (
    r"(?:(?:mo|di|mi|do|fr|sa|so|mon|tue|wed|thu|fri|sat|sun|lun|mar|mer|jeu|ven|sam|dim)[a-z]*[.,]+\s*)?"
)
_ISO = re.compile(rf"^(\d{{4}})[-/.](\d{{1,2}})[-/.](\d{{1,2}}){_TIME}$")
_THREE = re.compile(rf"^{_DAYNAME}(\d{{1,2}})\s*([./\-])\s*(\d{{1,2}})\s*\2\s*(\d{{4}}|\d{{2}}){_TIME}$")
_NAMED = re.compile(
    rf"^{_DAYNAME}(\d{{1,2}})(?:st|nd|rd|th|er)?[.\s\-/]*(?:de |of )?\s*([a-z]+)[.\s\-/,]*(?:de |del )?\s*"
    rf"'?(\d{{4}}|\d{{2}}){_TIME}(?::\d{{2}}:\d{{2}}:\d{{2}}.*)?$"
)
_NAMED_FIRST = re.compile(
    rf"^{_DAYNAME}([a-z]+)[.\s\-/]*(\d{{1,2}})(?:st|nd|rd|th)?[\s,\-/]+(\d{{4}}|\d{{2}}){_TIME}$"
)
_YEAR_NAMED = re.compile(r"^(\d{4})[.\s\-/]*([a-z]+)[.\s\-/]*(\d{1,2})$")
_MONTH_YEAR = re.compile(r"^(\d{1,2})\s*[./\-]\s*(\d{4})$")
_YEAR_MONTH = re.compile(r"^(\d{4})\s*[./\-]\s*(\d{1,2})$")
_NAMED_MONTH = re.compile(r"^([a-z]+)[.\s\-/,']*(?:de |del )?\s*(\d{4}|\d{2})$")
_UNKNOWN_DAY = re.compile(r"^(?:00|xx|\?\?|un|uk|__)[./\- ](\d{1,2}|[a-z]+)[./\- ](\d{4})$")
_UNKNOWN_BOTH = re.compile(r"^(?:00|xx|\?\?|un|uk|__)[./\- ](?:00|xx|\?\?|unk|un|uk|__)[./\- ](\d{4})$")
_QUARTER = re.compile(r"^(?:q([1-4])|([1-4])\.?\s*(?:quartal|quarter|trimestre|kwartal))[\s/\-.]*(\d{4})$")
_ABOUT = re.compile(
    r"^(?:ca|circa|etwa|about|approx|~|≈|um|vers|hacia|aprox|im|seit|since|em|en|in|am|on|le|el|ab|vom)\.?\s*"
    r"(?=[\d'a-z])"
)
_SEASON = re.compile(
    r"^(anfang|mitte|ende|early|mid|late|fruehjahr|spring|sommer|summer|herbst|autumn|fall|debut|"
    r"fin|principios|finales|poczatek|koniec)[\s\-]+(?:of |de )?(\d{4})$"
)
_SEASON_MONTH = {
    "anfang": 2,
    "early": 2,
    "debut": 2,
    "principios": 2,
    "poczatek": 2,
    "fruehjahr": 4,
    "spring": 4,
    "mitte": 7,
    "mid": 7,
    "sommer": 7,
    "summer": 7,
    "herbst": 10,
    "autumn": 10,
    "fall": 10,
    "ende": 11,
    "late": 11,
    "fin": 11,
    "finales": 11,
    "koniec": 11,
}

IMPRECISE_MONTH = (
    "only month and year are given; the 15th is used, and times from it are inexact by up to two weeks"
)
IMPRECISE_YEAR = (
    "only the year is given; the 1st of July is used, and times from it are inexact by up to six months"
)
IMPRECISE_OTHER = "only a part of the year is given; its middle is used, and times from it are inexact"
EXPECTED = "a date, as in 2023-04-12 or 12.04.2023"


OUTSIDE = {
    "": "as the file's other dates",
    " by order": "because only so the dates of a patient are in order",
}


@dataclass(frozen=True, slots=True)
class Parsed:
    """A date, or the two it could be. note: why it is imprecise or how it was meant; how: name of the form."""

    day: dt.datetime | None = None
    dmy: dt.datetime | None = None
    mdy: dt.datetime | None = None
    separator: str = ""
    note: str = ""
    how: str = ""


def _year(text: str, today: dt.date) -> int:
    year = int(text)
    if len(text) == 4:
        return year
    return year + (2000 if year <= (today.year + 1) % 100 else 1900)


def _day(year: int, month: int, day: int) -> dt.datetime | None:
    if (
        1 <= month <= 12
        and 1 <= day <= calendar.monthrange(min(max(year, 1), 9999), month)[1]
        and 1 <= year <= 9999
    ):
        return dt.datetime(year, month, day)
    return None


def parse_text(text: str, today: dt.date) -> Parsed | None:
    """A text as a date; with figures only, both orders are given back when the month is not written out."""
    if len(text) > LONGEST:
        return None
    word = fold(text).replace("\\", "/")
    about = bool(_ABOUT.match(word))
    bare = _ABOUT.sub("", word, count=1) if about else word
    parsed = _parse(word, today) or (_parse(bare, today) if about else None)
    if (
        parsed is not None
        and not parsed.note
        and re.match(r"^(?:ca|circa|etwa|about|approx|~|≈|um|vers|hacia|aprox)", word)
        and about
    ):
        return Parsed(
            parsed.day, parsed.dmy, parsed.mdy, parsed.separator, "about; the date itself is used", "about"
        )
    return parsed


def _parse(word: str, today: dt.date) -> Parsed | None:
    if found := _ISO.match(word):
        day = _day(int(found[1]), int(found[2]), int(found[3]))
        return Parsed(day, how="iso") if day else None
    if found := _THREE.match(word):
        year, a, b = _year(found[4], today), int(found[1]), int(found[3])
        dmy, mdy = _day(year, b, a), _day(year, a, b)
        return Parsed(None, dmy, mdy, found[2]) if dmy or mdy else None
    if (found := _NAMED.match(word)) and found[2] in MONTHS:
        day = _day(_year(found[3], today), MONTHS[found[2]], int(found[1]))
        return Parsed(day, how="named") if day else None
    if (found := _NAMED_FIRST.match(word)) and found[1] in MONTHS:
        day = _day(_year(found[3], today), MONTHS[found[1]], int(found[2]))
        return Parsed(day, how="named") if day else None
    if (found := _YEAR_NAMED.match(word)) and found[2] in MONTHS:
        day = _day(int(found[1]), MONTHS[found[2]], int(found[3]))
        return Parsed(day, how="named") if day else None
    if re.fullmatch(r"\d{1,9}(?:[.,]\d{1,12})?", word):
        return parse_number(float(word.replace(",", ".")), False, text=word)
    return _parse_imprecise(word, today)


def _parse_imprecise(word: str, today: dt.date) -> Parsed | None:
    month: int | None = None
    year = 0
    if found := _MONTH_YEAR.match(word):
        month, year = int(found[1]), int(found[2])
    elif found := _YEAR_MONTH.match(word):
        month, year = int(found[2]), int(found[1])
    elif (found := _NAMED_MONTH.match(word)) and found[1] in MONTHS:
        month, year = MONTHS[found[1]], _year(found[2], today)
    elif found := _UNKNOWN_BOTH.match(word):
        return (
            Parsed(dt.datetime(int(found[1]), 7, 1), note=IMPRECISE_YEAR, how="year")
            if int(found[1])
            else None
        )
    elif found := _UNKNOWN_DAY.match(word):
        month = MONTHS.get(found[1]) or (int(found[1]) if found[1].isdigit() else None)
        year = int(found[2])
    elif found := _QUARTER.match(word):
        day = _day(int(found[3]), 3 * int(found[1] or found[2]) - 1, 15)
        return Parsed(day, note=IMPRECISE_OTHER, how="quarter") if day else None
    elif found := _SEASON.match(word):
        day = _day(int(found[2]), _SEASON_MONTH[found[1]], 15)
        return Parsed(day, note=IMPRECISE_OTHER, how="season") if day else None
    day = _day(year, month, 15) if month else None
    return Parsed(day, note=IMPRECISE_MONTH, how="month") if day else None


def parse_number(value: float, datemode_1904: bool, text: str = "") -> Parsed | None:
    """A number as a date: a compact date (20230412), a year, a serial number of Excel, or a SAS day number."""
    whole = int(value)
    if whole == value and 19000101 <= whole <= 99991231:
        day = _day(whole // 10000, whole // 100 % 100, whole % 100)
        if day:
            return Parsed(day, how="compact")
    if whole == value and len(text or str(whole)) in (7, 8) and 1_01_1900 <= whole <= 31_12_2100:
        year, a, b = whole % 10000, whole // 1000000, whole // 10000 % 100
        dmy, mdy = _day(year, b, a), _day(year, a, b)
        return Parsed(None, dmy, mdy, "none") if (dmy or mdy) and FIRST <= year <= LAST else None
    if whole == value and FIRST <= whole <= LAST:
        return Parsed(dt.datetime(whole, 7, 1), note=IMPRECISE_YEAR, how="year")
    if 29000 <= value <= 60000:
        day = EXCEL_EPOCH + dt.timedelta(days=whole + (SHIFT_1904 if datemode_1904 else 0))
        return Parsed(day, how="serial")
    if 10957 <= value <= 25600 and (not text or len(text) == 5):
        return Parsed(
            SAS_EPOCH + dt.timedelta(days=whole), note="read as a SAS date (days since 1960)", how="sas"
        )
    return None


def parse_cell(cell: object, datemode_1904: bool, today: dt.date) -> Parsed | None:
    """Any cell as a date; None when it is none."""
    if isinstance(cell, bool):
        return None
    if isinstance(cell, dt.datetime):
        plain = cell.replace(tzinfo=None)
        return Parsed(dt.datetime(plain.year, plain.month, plain.day), how="typed")
    if isinstance(cell, dt.date):
        return Parsed(dt.datetime(cell.year, cell.month, cell.day), how="typed")
    if isinstance(cell, int | float):
        return parse_number(float(cell), datemode_1904) if abs(cell) < 1e9 else None
    if isinstance(cell, str) and len(cell) <= 60:
        parsed = parse_text(cell, today)
        if parsed is not None and parsed.how == "serial" and datemode_1904 and parsed.day is not None:
            return Parsed(parsed.day + dt.timedelta(days=SHIFT_1904), how="serial")
        return parsed
    return None


@dataclass(frozen=True, slots=True)
class Order:
    """Order of day and month in a column, and why. order: "dmy", "mdy" or "" when it can't be told."""

    order: str
    why: str
    conflict: bool = False


def _dates(count: int) -> str:
    return "1 date" if count == 1 else f"{count} dates"


def order_of(column: Column, parsed: list[Parsed | None]) -> Order:
    """What the column itself says: a day above 12 shows the order; dots mean day first."""
    count: Counter[str] = Counter()
    for at, found in enumerate(parsed):
        if found is None or found.day is not None or not found.separator or found.dmy == found.mdy:
            continue
        kind = "both" if found.dmy and found.mdy else ("dmy" if found.dmy else "mdy")
        count[kind + ("." if found.separator == "." else "")] += int(column.counts[at])
    dotted = {"dmy": count["dmy."], "mdy": count["mdy."], "both": count["both."]}
    other = {"dmy": count["dmy"], "mdy": count["mdy"], "both": count["both"]}
    if sum(other.values()) == 0:
        if dotted["mdy"] > 1 and dotted["dmy"] == 0:
            return Order("mdy", f"{_dates(dotted['mdy'])} can only be month first")
        return Order("dmy", "")
    if other["dmy"] and other["mdy"]:
        return Order(
            "", f"{_dates(other['dmy'])} can only be day first and {other['mdy']} only month first", True
        )
    if other["dmy"] or other["mdy"]:
        order = "dmy" if other["dmy"] else "mdy"
        words = "day first" if order == "dmy" else "month first"
        return Order(order, f"{_dates(other[order])} can only be {words}" if other["both"] else "")
    return Order("", "every date could be read both ways")


def read_date(
    column: Column,
    choices: dict[str, Any],
    *,
    datemode_1904: bool = False,
    today: dt.date | None = None,
    outside: str = "",
) -> Reading:
    """Dates of a column. outside: order known from other columns of the file ("dmy", "mdy" or "",
    with " by order" behind it where the order of events told it)."""
    today = today or dt.date.today()
    reading = Reading([None] * len(column.uniques))
    parsed: list[Parsed | None] = []
    for at, cell in enumerate(column.uniques):
        found = None
        if isinstance(cell, str) and is_missing_word(fold(cell)):
            reading.missing(at)
        elif isinstance(cell, str) and fold(cell) in ERROR_CELLS:
            reading.fail(at, "a date; the cell holds a formula error")
        else:
            found = parse_cell(cell, datemode_1904, today)
            if found is None:
                _not_a_date(at, cell, reading)
        parsed.append(found)
    order = order_of(column, parsed)
    decided = _decide(column, order, choices, outside, reading)
    for at, found in enumerate(parsed):
        if found is not None:
            _take(at, found, decided, order.conflict, reading)
    if any(found is not None and found.how == "sas" for found in parsed):
        reading.remarks.append(
            Remark("warning", "sas_dates", "Numbers were read as SAS dates (days since 1 January 1960).")
        )
    return reading


def _not_a_date(at: int, cell: object, reading: Reading) -> None:
    if isinstance(cell, int | float) and not isinstance(cell, bool) and cell in (0, 1, 2):
        reading.fail(
            at, EXPECTED + "; a number near 0 is no date (spreadsheets show it as 1900)", "impossible_date"
        )
    elif (isinstance(cell, int | float) and cell in (-1, -9, 9, 99, 999, 9999, 99999, 999999, -99, -999)) or (
        isinstance(cell, str) and re.search(r"9999|^99[./-]99", cell)
    ):
        reading.missing(at)
    else:
        reading.fail(at, EXPECTED)


def _decide(column: Column, order: Order, choices: dict[str, Any], outside: str, reading: Reading) -> str:
    """The order to read by, or "" when it has to be asked."""
    key = f"date_order:{column.header}"
    answer = choices.get(key)
    if answer in ("dmy", "mdy"):
        return str(answer)
    if order.order:
        if order.why:
            reading.remarks.append(
                Remark("info", "date_order", f"{order.why}: the whole column is read that way.")
            )
        return order.order
    if outside and not order.conflict:
        words = "day first" if outside[:3] == "dmy" else "month first"
        reading.remarks.append(
            Remark(
                "warning",
                "date_order",
                f"In this column {order.why}; it is read {words}, {OUTSIDE[outside[3:]]}.",
            )
        )
        return outside[:3]
    reading.questions.append(
        Question(
            key,
            column.header,
            "Is the day or the month written first?",
            {"dmy": "day first (12.03. is 12 March)", "mdy": "month first (12/03 is 3 December)"},
        )
    )
    reading.remarks.append(
        Remark(
            "error",
            "date_order_ambiguous",
            f"In this column {order.why}: choose day first or month first. Until then the dates "
            "that could be either are missing.",
        )
    )
    return ""


def _take(at: int, found: Parsed, order: str, conflict: bool, reading: Reading) -> None:
    day = found.day
    if day is None:
        only = found.dmy if found.mdy is None else (found.mdy if found.dmy is None else None)
        if found.dmy == found.mdy or (found.separator == "." and found.dmy is not None and order != "mdy"):
            day = found.dmy
        elif order:
            day = found.dmy if order == "dmy" else found.mdy
            if day is None:
                reading.fail(at, EXPECTED + f" ({'day' if order == 'dmy' else 'month'} first, as the column)")
                return
        elif only is not None and conflict:
            day = only
        elif only is not None:
            reading.fail(at, EXPECTED)
            return
        else:
            # Asked for the whole column: one remark there, not one a row.
            reading.notes[at] = Note("failed")
            return
    assert day is not None
    if day.year == 9999 or day.year in (1111, 8888):
        reading.missing(at)
    elif not FIRST <= day.year <= LAST:
        reading.fail(at, f"a date between {FIRST} and {LAST}; {day.year} is not possible", "impossible_date")
    elif found.note:
        reading.warn(at, day, "date_imprecise" if found.how != "sas" else "sas_date", found.note)
        if found.how == "sas":
            del reading.notes[at]
    else:
        reading.values[at] = day
