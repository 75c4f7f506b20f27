"""Finds the patients among the sheets of a file: which sheet, which stacked ones, what is joined by patient
ID.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from rrmm.intake import longforms, redcap
from rrmm.intake.containers.book import Book
from rrmm.intake.grid import Found, find_tables
from rrmm.intake.header_rows import unique_headers
from rrmm.intake.issues import Issue, Refused
from rrmm.intake.patient_rows import COUNTERS
from rrmm.intake.raw import RawTable
from rrmm.intake.words import EVENT_GRADE, EVENT_TERM, known_header, plain

DEFAULT_NAME = re.compile(r"^(tabelle|sheet|blatt|feuil|feuille|hoja|arkusz|table|page\d*_?)\s*_?\d*$", re.IGNORECASE)
OLD_COPY = re.compile(r"\b(alt|old|backup|kopie|copy|copie|copia|kopia|sicherung|archiv|vorversion)\b|\(\d+\)$", re.IGNORECASE)


@dataclass(frozen=True, eq=False)
class Tables:
    """What was found in a file.

    patients: one row a patient. events: long list of adverse events, one row an event, or None.
    event_patients: (rows of events,) place of each event's patient, -1 where there is none.
    considered: one entry a sheet: its name, how it was used, its rows and header row.
    """

    patients: RawTable
    events: RawTable | None
    event_patients: list[int]
    considered: list[dict[str, Any]]
    issues: list[Issue] = field(default_factory=list)
    transposed: bool = False
    header_rows: tuple[int, ...] = ()


def find(
    book: Book,
    choices: Mapping[str, Any] | None = None,
    dictionary: Mapping[str, redcap.FieldInfo] | None = None,
) -> Tables:
    """The table of patients, wherever it is. choices: ``sheet`` (name), ``header_row``, ``transposed``
    overrule.

    dictionary: a REDCap data dictionary that explains the columns.

    Raises Refused when no sheet holds a table.
    """
    choices = choices or {}
    issues: list[Issue] = []
    wanted = choices.get("sheet")
    if wanted and wanted not in {sheet.name for sheet in book.sheets}:
        raise Refused(f"The file has no visible sheet called '{wanted}'.")
    dictionary = dictionary or redcap.dictionary_in(book)
    found: list[Found] = []
    considered: dict[str, dict[str, Any]] = {}
    for sheet in book.sheets:
        overrule = wanted == sheet.name or (wanted is None and len(book.sheets) == 1)
        tables = find_tables(
            sheet,
            book.kind,
            header_row=choices.get("header_row") if overrule else None,
            transposed=choices.get("transposed") if overrule else None,
        )
        considered[sheet.name] = {
            "sheet": sheet.name,
            "use": "empty" if not tables else "not used",
            "rows": sum(entry.table.n for entry in tables),
            "header_row": None,
        }
        for entry in tables:
            found += _unfolded(entry, dictionary)
    usable = [entry for entry in found if entry.table.n]
    # The upload template comes with explanations: they are no patients when its table is still empty.
    blank = any(not entry.table.n and len(_canonical(entry.table)) >= 5 for entry in found)
    if not usable or (blank and not wanted and not any(_canonical(entry.table) for entry in usable)):
        raise Refused(_nothing(book, found))
    main = _main(usable, wanted)
    considered[main.table.sheet].update(use="patients", header_row=main.table.header_row)
    stack = [main] if wanted and not choices.get("stack") else _stacked(main, usable, issues)
    table = _concatenate([entry.table for entry in stack], issues)
    for entry in stack[1:]:
        considered[entry.table.sheet].update(use="patients", header_row=entry.table.header_row)
    events, event_patients = None, []
    for entry in usable:
        if entry in stack:
            continue
        use, table, linked = _relate(table, entry, issues, events is None)
        if use == "adverse events":
            events, event_patients = entry.table, linked
        elif use == "legend" and considered[entry.table.sheet]["use"] != "not used":
            continue
        if considered[entry.table.sheet]["use"] == "not used":
            considered[entry.table.sheet].update(use=use, header_row=entry.table.header_row)
    for seen in considered.values():
        if seen["use"] in ("not used", "legend") and seen["rows"]:
            issues.append(Issue("info", seen["sheet"], None, "", "sheet_not_used", _unused(seen)))
    return Tables(
        replace(table, datemode_1904=book.datemode_1904),
        events,
        event_patients,
        list(considered.values()),
        issues,
        main.transposed,
        main.header_rows,
    )


def _unfolded(entry: Found, dictionary: Mapping[str, redcap.FieldInfo] | None) -> list[Found]:
    """A table with several rows a patient taken apart, where its form is known."""
    table = redcap.apply_dictionary(entry.table, dict(dictionary)) if dictionary else entry.table
    table, repeated = redcap.one_row_a_record(longforms.widen(table))
    return [replace(entry, table=table), *(replace(entry, table=other) for other in repeated.values())]


def _unused(entry: dict[str, Any]) -> str:
    if entry["use"] == "legend":
        return f"The sheet '{entry['sheet']}' explains codes or holds notes; it was not read as patients."
    return (
        f"The sheet '{entry['sheet']}' ({entry['rows']} rows) was not used: it is no list of patients of the main "
        "sheet. Choose it if it is the right one."
    )


def _nothing(book: Book, found: list[Found]) -> str:
    if not book.sheets and book.hidden_sheets:
        return "All sheets of the workbook are hidden; unhide the one with the patients and load it again."
    if found:
        return "The file holds headers, but no row below them: there is no patient to read."
    return "No table was found in the file: there are no cells with content."


def _canonical(table: RawTable) -> set[str]:
    return {name for name in (known_header(part) for header in table.headers for part in _parts(header)) if name}


def _parts(header: str) -> tuple[str, ...]:
    return (header, *header.split(" / ")) if " / " in header else (header,)


def _main(usable: list[Found], wanted: str | None) -> Found:
    pool = [entry for entry in usable if entry.table.sheet == wanted] if wanted else usable
    if not pool:
        raise Refused(f"The sheet '{wanted}' holds no table.")

    def rank(entry: Found) -> tuple[int, int, int, int, int]:
        names = _canonical(entry.table)
        return (
            not entry.legend,
            not (_is_events(entry.table) and len(names) < 6),
            len(names),
            not OLD_COPY.search(entry.table.sheet),
            entry.table.n,
        )

    best = max(pool, key=rank)
    # Patients come before their outcomes: of nearly equal sheets the first one leads, and gives the order.
    for entry in pool:
        close = len(_canonical(entry.table)) >= 0.6 * len(_canonical(best.table)) and entry.table.n >= 0.8 * best.table.n
        if rank(entry)[:2] == rank(best)[:2] and rank(entry)[3] == rank(best)[3] and close:
            return entry
    return best


def id_header(table: RawTable) -> str | None:
    """The header of the patient ID: a known one, the more specific the better."""
    hits = [header for header in table.headers if any(known_header(part) == "patient_id" for part in _parts(header))]
    if not hits:
        return None
    # "Nr" counts rows where there is a real ID beside it; a study's number is the same in all rows.
    return max(
        hits,
        key=lambda header: (
            plain(header) not in COUNTERS,
            len(set(map(str, table.column(header)[:50]))) > 1,
            -table.headers.index(header),
        ),
    )


def _is_events(table: RawTable) -> bool:
    words = {plain(part) for header in table.headers for part in _parts(header)}
    return bool(words & EVENT_TERM) and bool(words & EVENT_GRADE) and id_header(table) is not None


# ---------------------------------------------------------------- stacked sheets


def _keys(table: RawTable) -> set[str]:
    return {plain(header) for header in table.headers if not header.startswith("Column ")}


def _stacked(main: Found, usable: list[Found], issues: list[Issue]) -> list[Found]:
    """The main table and those with (nearly) the same headers, in the order of the file; copies are left out."""
    keys = _keys(main.table)
    stack = [main]
    for entry in usable:
        if entry is main or entry.legend:
            continue
        other = _keys(entry.table)
        shared = len(keys & other)
        if shared < 3 or (shared < 0.7 * len(keys | other) and shared < 0.9 * min(len(keys), len(other))):
            continue
        if shared < 0.5 * max(len(keys), len(other)):
            continue
        copied = _copied(main.table, entry.table)
        if copied >= 0.5:
            issues.append(
                Issue(
                    "warning",
                    entry.table.sheet,
                    None,
                    "",
                    "sheet_is_copy",
                    f"The sheet '{entry.table.sheet}' repeats patients of '{main.table.sheet}' and looks like "
                    "a copy or an older version; it was not read. Choose it if it is the right one.",
                )
            )
            continue
        stack.append(entry)
    return [entry for entry in usable if entry in stack]


def _copied(main: RawTable, other: RawTable) -> float:
    """Share of the other table's rows that are in the main one with at least 70 % of their cells."""
    place = {plain(header): at for at, header in enumerate(main.headers)}
    pairs = [(place[plain(header)], at) for at, header in enumerate(other.headers) if plain(header) in place]
    own_id = id_header(other)
    if own_id is None or plain(own_id) not in place:
        rows = Counter(tuple(str(main.columns[a][row]) for a, _ in pairs) for row in range(main.n))
        return sum(tuple(str(other.columns[b][row]) for _, b in pairs) in rows for row in range(other.n)) / other.n
    at_main = {id_key(value): row for row, value in enumerate(main.columns[place[plain(own_id)]])}
    same = 0
    for row, value in enumerate(other.column(own_id)):
        twin = at_main.get(id_key(value))
        if twin is None or value is None:
            continue
        equal = sum(str(main.columns[a][twin]) == str(other.columns[b][row]) for a, b in pairs)
        same += equal >= 0.7 * len(pairs)
    return same / max(other.n, 1)


def _concatenate(tables: list[RawTable], issues: list[Issue]) -> RawTable:
    if len(tables) == 1:
        return tables[0]
    headers = list(tables[0].headers)
    place = {plain(header): at for at, header in enumerate(headers)}
    units = list(tables[0].units)
    for table in tables[1:]:
        for header, unit in zip(table.headers, table.units, strict=True):
            if plain(header) not in place:
                place[plain(header)] = len(headers)
                headers.append(header)
                units.append(unit)
    columns: list[list[object]] = [[] for _ in headers]
    numbers: list[int] = []
    sheets: list[str] = []
    notes: list[Issue] = []
    for table in tables:
        here = {place[plain(header)]: cells for header, cells in zip(table.headers, table.columns, strict=True)}
        for at, column in enumerate(columns):
            column += here.get(at) or [None] * table.n
        numbers += table.row_numbers
        sheets += [table.sheet] * table.n
        notes += table.notes
    names = list(dict.fromkeys(sheets))
    if len(names) > 1:
        issues.append(
            Issue(
                "info",
                None,
                None,
                "",
                "sheets_stacked",
                f"{len(names)} sheets with the same headers were read as one table: {', '.join(names)}.",
            )
        )
        centre = any(known_header(header) == "center" for header in headers)
        if not centre and not all(DEFAULT_NAME.match(name) for name in names):
            headers.append("Centre")
            units.append("")
            columns.append(list(sheets))
            issues.append(
                Issue(
                    "info",
                    None,
                    None,
                    "Centre",
                    "centre_from_sheet",
                    "No column names the centre; the names of the sheets were taken for it.",
                )
            )
    return RawTable(
        tables[0].sheet,
        unique_headers(headers, 0),
        tuple(units),
        tuple(columns),
        numbers,
        tables[0].header_row,
        source=tables[0].source,
        notes=tuple(notes),
        sheets=tuple(sheets) if len(names) > 1 else (),
    )


# ---------------------------------------------------------------- sheets joined by patient ID


def id_key(value: object) -> str:
    """Key that the same ID has on every sheet: 7, 7.0, "7" and "007" are one."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = str(value).strip().casefold()
    return text.lstrip("0") or "0" if text.isdigit() else text


def _relate(table: RawTable, entry: Found, issues: list[Issue], want_events: bool) -> tuple[str, RawTable, list[int]]:
    """How another table belongs to the patients: (use, the patients' table with what was joined, events'
    patients).
    """
    other = entry.table
    main_id = id_header(table)
    other_id = id_header(other)
    if other_id is None and main_id is not None:
        other_id = next((header for header in other.headers if plain(header) == plain(main_id)), None)
    if entry.legend or main_id is None or other_id is None:
        return ("legend" if entry.legend else "not used"), table, []
    at = {id_key(value): row for row, value in reversed(list(enumerate(table.column(main_id)))) if value is not None}
    linked = [at.get(id_key(value), -1) if value is not None else -1 for value in other.column(other_id)]
    hits = [row for row in linked if row >= 0]
    if len(hits) < 0.5 * len(linked):
        return "not used", table, []
    if _is_events(other) and want_events:
        _strangers(other, linked, other_id, "The adverse event", issues)
        return "adverse events", table, linked
    if len(set(hits)) < len(hits):
        return "not used", table, []
    return "joined", _join(table, other, other_id, linked, issues), linked


def _strangers(other: RawTable, linked: list[int], header: str, what: str, issues: list[Issue]) -> None:
    for row, patient in enumerate(linked):
        if patient < 0:
            issues.append(
                Issue(
                    "warning",
                    other.sheet,
                    other.row_numbers[row],
                    header,
                    "patient_not_found",
                    f"{what} of this row belongs to no patient of the main sheet; it was not used.",
                )
            )


def _join(table: RawTable, other: RawTable, other_id: str, linked: list[int], issues: list[Issue]) -> RawTable:
    row_of = {patient: row for row, patient in enumerate(linked) if patient >= 0}
    headers, units, columns = list(table.headers), list(table.units), list(table.columns)
    present = {plain(header) for header in headers}
    added = []
    for header, unit, cells in zip(other.headers, other.units, other.columns, strict=True):
        if header == other_id:
            continue
        values: list[object] = [cells[row_of[at]] if at in row_of else None for at in range(table.n)]
        if plain(header) in present:
            own = table.columns[[plain(h) for h in table.headers].index(plain(header))]
            if all(a == b or b is None for a, b in zip(own, values, strict=True)):
                continue
            header = f"{other.sheet} / {header}"
        added.append(header)
        headers.append(header)
        units.append(unit)
        columns.append(values)
    _strangers(other, linked, other_id, "The entry", issues)
    issues.append(
        Issue(
            "info",
            other.sheet,
            None,
            other_id,
            "sheet_joined",
            f"The sheet '{other.sheet}' was joined to '{table.sheet}' by patient ID: {len(row_of)} of "
            f"{table.n} patients have a row there.",
        )
    )
    return replace(
        table,
        headers=unique_headers(headers, 0),
        units=tuple(units),
        columns=tuple(columns),
        notes=(*table.notes, *other.notes),
    )
