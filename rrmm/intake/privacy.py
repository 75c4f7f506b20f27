"""Keeps personal data out: columns that name people are dropped, texts that do are emptied, ids become
pseudonyms.

This comes before anything is shown. Messages name the header and the row, never the value.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from rrmm.intake import personal, tables
from rrmm.intake.issues import Issue
from rrmm.intake.raw import RawTable
from rrmm.intake.words import known_header, plain

LISTED = 40
"""Rows listed one by one in an issue of emptied cells; the rest is counted."""


@dataclass(frozen=True, eq=False)
class Shield:
    """A protected table. births: header and cells of the dropped birth-date column, only used to compute the
    age.

    dropped: headers of the columns that were left out. id_header: the column that tells patients apart.
        known_names: words of the name columns, lower case.
    """

    table: RawTable
    issues: tuple[Issue, ...]
    dropped: tuple[str, ...] = ()
    pseudonymised: bool = False
    emptied: int = 0
    id_header: str | None = None
    births: tuple[str, list[object], str] | None = field(default=None, repr=False)
    known_names: frozenset[str] = field(default=frozenset(), repr=False)


def protect(table: RawTable, choices: Mapping[str, Any] | None = None) -> Shield:
    """The table without personal data. choices: ``keep`` (headers not to drop), ``ids`` ("keep" or
    "replace").
    """
    choices = choices or {}
    keep = set(choices.get("keep", ()))
    kinds = _personal_columns(table, keep)
    id_header, keys = _id_column(table, kinds)
    # The only thing that tells the patients apart is replaced instead of dropped.
    replaced_kind = kinds.pop(id_header, None) if id_header else None
    kinds.update(_other_ids(table, id_header, keep))
    issues = [_dropped_issue(table, header, kind) for header, kind in kinds.items()]
    births = _births(table, kinds)
    names = _known_names(table, kinds)
    columns: list[list[object]] = []
    kept = [header for header in table.headers if header not in kinds]
    emptied, pseudonymised = 0, False
    for header in kept:
        cells = table.column(header)
        if header == id_header:
            cells, pseudonymised, said = _pseudonyms(table, header, keys or cells, replaced_kind, choices.get("ids"))
            issues += said
        else:
            cells, count, said = _emptied(table, header, cells, names)
            emptied += count
            issues += said
        columns.append(cells)
    units = tuple(unit for header, unit in zip(table.headers, table.units, strict=True) if header not in kinds)
    safe = replace(
        table,
        headers=tuple(kept),
        units=units,
        columns=tuple(columns),
        notes=tuple(note for note in table.notes),
    )
    return Shield(safe, tuple(issues), tuple(kinds), pseudonymised, emptied, id_header, births, names)


# ---------------------------------------------------------------- whole columns


def _variable(header: str) -> str | None:
    hits = [known_header(part) for part in (header, header.split(" / ")[-1])]
    return next((name for name in hits if name), None)


def _personal_columns(table: RawTable, keep: set[str]) -> dict[str, str]:
    kinds: dict[str, str] = {}
    for header, cells in zip(table.headers, table.columns, strict=True):
        if header in keep:
            continue
        kind = personal.kind_of_header(header)
        variable = _variable(header)
        if kind and variable and variable != "patient_id":
            kind = None
        if kind == "name" and not _holds_names(cells):
            kind = None
        if (
            kind == "address"
            and plain(header) in ("ort", "city", "stadt", "ville", "ciudad", "miasto", "town")
            and not _is_diverse(cells)
        ):
            kind = None
        if kind is None and variable is None:
            kind = _kind_of_values(header, cells)
        elif kind is None and variable not in ("patient_id", "center", "cause_of_death"):
            kind = None
        if kind:
            kinds[header] = kind
    return kinds


def _uniques(cells: list[object]) -> list[str]:
    return [value for value in set(cells) if type(value) is str]


def _is_diverse(cells: list[object]) -> bool:
    filled = [value for value in cells if value is not None]
    return len({str(value) for value in filled}) > max(20, 0.3 * len(filled))


def _holds_names(cells: list[object]) -> bool:
    """Whether the column is words, as names are, and not codes ("Name: P-001") or numbers."""
    filled = [value for value in cells if value is not None]
    if not filled:
        return True
    words = sum(isinstance(value, str) and not any(ch.isdigit() for ch in value) for value in filled)
    return words >= 0.5 * len(filled)


def _kind_of_values(header: str, cells: list[object]) -> str | None:
    """What personal data most cells of a column are, whatever its header says."""
    texts = _uniques(cells)
    filled = sum(value is not None for value in cells)
    if len(texts) >= 1 and sum(type(value) is str for value in cells) >= 0.5 * max(filled, 1):
        checked = texts[:2000]
        numbers = [personal.number_kind(text) for text in checked if len(text) <= 60]
        for kind in ("e-mail address", "insurance number", "phone number"):
            if numbers.count(kind) >= 0.5 * len(checked):
                return kind
        short = [text for text in checked if len(text) <= 50]
        named = sum(personal.is_name(text) for text in short)
        first = sum(text.casefold() in personal.FIRST_NAMES for text in short)
        if named >= max(1, 0.5 * len(checked)) and sum(
            personal.has_first_name(text.replace(",", "")) for text in short
        ) >= 0.15 * len(checked):
            return "name"
        if first >= max(2, 0.4 * len(checked)):
            return "name"
        if sum(bool(personal.STREET.search(text)) for text in checked) >= 0.5 * len(checked):
            return "address"
        if len(checked) > 1 and sum(bool(personal.INITIALS_DATE.match(text)) for text in short) >= 0.5 * len(checked):
            return "initials"
    if _birth_like(cells):
        return "birth date"
    return "hospital number" if _number_like(header, cells) else None


def _birth_like(cells: list[object]) -> bool:
    """Dates most of which are decades before any treatment for myeloma: an unnamed birth-date column."""
    years = []
    for value in cells[:3000]:
        if isinstance(value, dt.date):
            years.append(value.year)
        elif isinstance(value, str) and len(value) <= 10:
            found = _DAY.match(value)
            if found:
                years.append(int(found.group("end") or found.group("start")))
    filled = sum(value is not None for value in cells[:3000])
    return len(years) >= max(3, 0.8 * filled) and float(np.median(years)) < 1975 and min(years) > 1900 and max(years) < 2010


_DAY = __import__("re").compile(r"^(?:\d{1,2}[./-]\d{1,2}[./-](?P<end>\d{4})|(?P<start>\d{4})-\d{1,2}-\d{1,2})$")


def _number_like(header: str, cells: list[object]) -> bool:
    """Whole numbers of six to ten digits, all different, under a header that speaks of a number or an ID."""
    if not set(plain(header).split()) & {
        "nr",
        "no",
        "num",
        "number",
        "nummer",
        "numero",
        "id",
        "pid",
        "numer",
        "n",
    }:
        return False
    filled = [value for value in cells if value is not None]
    texts = [str(int(v)) if isinstance(v, float) and v.is_integer() else str(v) for v in filled]
    return (
        len(texts) >= 2 and all(text.isdigit() and 6 <= len(text) <= 10 for text in texts) and len(set(texts)) >= 0.9 * len(texts)
    )


def _dropped_issue(table: RawTable, header: str, kind: str) -> Issue:
    use = "; it is only used to compute the age at start" if kind in ("birth date", "birth year") else ""
    return Issue(
        "info",
        table.sheet,
        None,
        header,
        "personal_column_dropped",
        f"This column holds personal data ({kind}) and was left out before anything is shown{use}.",
    )


def _births(table: RawTable, kinds: dict[str, str]) -> tuple[str, list[object], str] | None:
    for wanted in ("birth date", "birth year"):
        for header, kind in kinds.items():
            if kind == wanted:
                return header, table.column(header), kind
    return None


def _known_names(table: RawTable, kinds: dict[str, str]) -> frozenset[str]:
    import re

    words: set[str] = set()
    for header, kind in kinds.items():
        if kind == "name":
            for text in _uniques(table.column(header)):
                words.update(word.casefold() for word in re.findall(r"[^\W\d_]{4,}", text))
    return frozenset(words - {"herr", "frau", "prof", "patient"})


# ---------------------------------------------------------------- ids


def _id_column(table: RawTable, kinds: dict[str, str]) -> tuple[str | None, list[object] | None]:
    """The column that tells patients apart, and what to take for it where that is more than its own cells.

    A study ID if there is one, else a hospital or insurance number, else the name; names are told apart by
    the birth
    date as well.
    """
    ids = [header for header in table.headers if _variable(header) == "patient_id" and header not in kinds]
    if ids:
        best = tables.id_header(table)
        return (best if best in ids else ids[0]), None
    for wanted in ("hospital number", "insurance number"):
        for header, kind in kinds.items():
            if kind == wanted:
                return header, None
    first = next((header for header, kind in kinds.items() if kind in ("name", "initials")), None)
    if first is None:
        return None, None
    parts = [table.column(h) for h, kind in kinds.items() if kind in ("name", "initials", "birth date")]
    keys: list[object] = [
        "|".join(map(str, row)) if any(value is not None for value in row) else None for row in zip(*parts, strict=True)
    ]
    return first, keys


def _other_ids(table: RawTable, id_header: str | None, keep: set[str]) -> dict[str, str]:
    """Further columns of IDs that could identify people: of no use beside the ID that was taken, so dropped."""
    found = {}
    for header in table.headers:
        if header == id_header or header in keep or _variable(header) != "patient_id":
            continue
        distinct = list(dict.fromkeys(_text(value) for value in table.column(header) if value is not None))
        if any(personal.identifying_id(text) or personal.is_name(text) for text in _examples(distinct)):
            found[header] = "hospital number"
    return found


def _text(value: object) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


_SHAPE = str.maketrans(
    {
        **dict.fromkeys("123456789", "0"),
        **dict.fromkeys("BCDEFGHIJKLMNOPQRSTUVWXYZ", "A"),
        **dict.fromkeys("bcdefghijklmnopqrstuvwxyz", "a"),
    }
)


def _examples(texts: list[str]) -> list[str]:
    """Up to 20 of each shape (letters and digits at the same places): enough to judge thousands of ids by."""
    by_shape: dict[str, list[str]] = {}
    for text in texts:
        by_shape.setdefault(text.translate(_SHAPE), []).append(text)
    return [text for alike in by_shape.values() for text in alike[:20]]


def _pseudonyms(
    table: RawTable, header: str, cells: list[object], kind: str | None, choice: str | None
) -> tuple[list[object], bool, list[Issue]]:
    filled = [_text(value) for value in cells if value is not None]
    distinct = list(dict.fromkeys(filled))
    risky = any(personal.identifying_id(text) or personal.is_name(text) for text in _examples(distinct))
    if choice == "keep" or (choice != "replace" and kind is None and not risky):
        if not filled:
            return cells, False, []
        return (
            cells,
            False,
            [
                Issue(
                    "info",
                    table.sheet,
                    None,
                    header,
                    "ids_kept",
                    "The patient IDs look like study codes; they are kept in the cleaned table and shown nowhere.",
                )
            ],
        )
    width = max(3, len(str(len(distinct))))
    names = {text: f"P{number:0{width}d}" for number, text in enumerate(distinct, start=1)}
    replaced: list[object] = [None if value is None else names[_text(value)] for value in cells]
    return (
        replaced,
        True,
        [
            Issue(
                "warning",
                table.sheet,
                None,
                header,
                "ids_replaced",
                "The patient IDs could identify people (hospital or insurance numbers, names, initials or "
                f"birth dates); they were replaced by pseudonyms in file order, P{1:0{width}d} being the "
                "first.",
            )
        ],
    )


# ---------------------------------------------------------------- cells


def _emptied(table: RawTable, header: str, cells: list[object], names: frozenset[str]) -> tuple[list[object], int, list[Issue]]:
    """Cells of text that hold personal data, emptied."""
    variable = _variable(header)
    found: dict[str, str] = {}
    for text in _uniques(cells):
        if len(text) < 5 and text.casefold() not in names:
            continue
        kind = personal.in_free_text(text, names)
        if kind and not (variable == "center" and kind in ("name", "address")):
            found[text] = kind
    if not found:
        return cells, 0, []
    issues = []
    count = 0
    for at, value in enumerate(cells):
        if type(value) is str and value in found:
            count += 1
            if count <= LISTED:
                issues.append(
                    Issue(
                        "warning",
                        table.sheet_of(at),
                        table.row_numbers[at],
                        header,
                        "personal_text_emptied",
                        f"The cell held what looks like personal data ({found[value]}); it was emptied.",
                    )
                )
    if count > LISTED:
        issues.append(
            Issue(
                "warning",
                table.sheet,
                None,
                header,
                "personal_text_emptied",
                f"{count - LISTED} more cells held what looks like personal data; they were emptied.",
            )
        )
    return [None if type(value) is str and value in found else value for value in cells], count, issues


def scrub_events(table: RawTable, shield: Shield) -> tuple[RawTable, list[Issue]]:
    """The list of adverse events without personal data: columns that name people are emptied, texts as above."""
    columns: list[list[object]] = []
    issues: list[Issue] = []
    for header, cells in zip(table.headers, table.columns, strict=True):
        kind = personal.kind_of_header(header) if _variable(header) is None else None
        if kind:
            cells = [None] * table.n
            issues.append(_dropped_issue(table, header, kind))
        else:
            cells, _, said = _emptied(table, header, cells, shield.known_names)
            issues += said
        columns.append(cells)
    return replace(table, columns=tuple(columns)), issues


# ---------------------------------------------------------------- age


def age_from_birth(
    frame: pd.DataFrame, shield: Shield, *, datemode_1904: bool = False, today: dt.date | None = None
) -> tuple[pd.DataFrame, list[Issue]]:
    """The age at start, in completed years, from the dropped birth dates, where the file has no age.

    From a year of birth alone the age is a difference of years, and up to one year too high.
    """
    has_age = "age" in frame and bool(frame["age"].notna().any())
    if shield.births is None or has_age or "start_date" not in frame:
        return frame, []
    from rrmm.intake.columns import column_of
    from rrmm.intake.dates import read_date

    header, cells, kind = shield.births
    start = frame["start_date"]
    if kind == "birth year":
        year = pd.to_numeric(pd.Series(cells, dtype=object), errors="coerce")
        age = start.dt.year - year.where((year > 1900) & (year < 2020))
    else:
        column = column_of(header, cells)
        reading = read_date(column, {}, datemode_1904=datemode_1904, today=today)
        birth = column.spread(reading.values, "datetime64[ns]")
        # Two-digit years of birth are read as this century by any rule made for treatment dates.
        late = birth > start
        birth = birth.where(~late, birth - pd.DateOffset(years=100))
        before = (start.dt.month < birth.dt.month) | ((start.dt.month == birth.dt.month) & (start.dt.day < birth.dt.day))
        age = start.dt.year - birth.dt.year - before
    age = age.astype("float64").where((age >= 0) & (age <= 120))
    if not age.notna().any():
        return frame, []
    imprecise = " (only the year is known, so it can be one year too high)" if kind == "birth year" else ""
    message = f"The age at start was computed from this column for {int(age.notna().sum())} patients{imprecise}."
    return frame.assign(age=age), [Issue("info", shield.table.sheet, None, header, "age_from_birth", message)]
