"""REDCap exports: the data dictionary gives codes their labels, and events of one record become one row."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from rrmm.intake.containers.book import Book
from rrmm.intake.header_rows import unique_headers
from rrmm.intake.issues import Issue, Refused
from rrmm.intake.raw import RawTable
from rrmm.intake.words import plain

EVENT, INSTRUMENT, INSTANCE = "redcap_event_name", "redcap_repeat_instrument", "redcap_repeat_instance"
_LABELLED = {"event name": EVENT, "repeat instrument": INSTRUMENT, "repeat instance": INSTANCE}
_CHECKBOX = re.compile(r"^(?P<name>.+?)___(?P<code>.+)$")


@dataclass(frozen=True)
class FieldInfo:
    """One field of a data dictionary. choices: code -> label."""

    label: str
    kind: str
    choices: dict[str, str]


def read_dictionary(data: bytes, filename: str = "dictionary.csv") -> dict[str, FieldInfo]:
    """Fields of a REDCap data dictionary (CSV, or a workbook). Raises Refused when it is none."""
    from rrmm.intake.containers import read_container

    fields = dictionary_in(read_container(data, filename))
    if fields:
        return fields
    raise Refused("The second file is no REDCap data dictionary: it has no column 'Variable / Field Name'.")


def dictionary_in(book: Book) -> dict[str, FieldInfo]:
    """Fields of the data dictionary on any sheet of a file; empty when there is none."""
    for sheet in book.sheets:
        for at in range(min(sheet.n, 5)):
            heads = [plain(str(value)) if value is not None else "" for value in sheet.row(at)]
            if "variable field name" in heads or {"field name", "field type"} <= set(heads):
                return _fields([sheet.row(row) for row in range(at + 1, sheet.n)], heads)
    return {}


def _fields(rows: list[list[object]], heads: list[str]) -> dict[str, FieldInfo]:
    def place(*names: str) -> int | None:
        return next((heads.index(name) for name in names if name in heads), None)

    name_at, label_at = place("variable field name", "field name"), place("field label")
    kind_at = place("field type")
    choices_at = next((at for at, head in enumerate(heads) if head.startswith("choices")), None)

    def text(row: list[object], at: int | None) -> str:
        return "" if at is None or row[at] is None else str(row[at]).strip()

    fields = {}
    for row in rows:
        name = text(row, name_at)
        if name:
            kind = text(row, kind_at).lower()
            label = " ".join(re.sub(r"<[^>]*>", " ", text(row, label_at)).split())
            fields[name] = FieldInfo(label, kind, _choices(text(row, choices_at), kind))
    return fields


def _choices(text: str, kind: str) -> dict[str, str]:
    if kind == "yesno":
        return {"1": "Yes", "0": "No"}
    if kind == "truefalse":
        return {"1": "True", "0": "False"}
    if kind not in ("radio", "dropdown", "checkbox"):
        return {}
    pairs = (part.split(",", 1) for part in text.split("|") if "," in part)
    return {code.strip(): " ".join(re.sub(r"<[^>]*>", " ", label).split()) for code, label in pairs}


def apply_dictionary(table: RawTable, fields: dict[str, FieldInfo]) -> RawTable:
    """The table with labels in its headers ("name / label") and the meaning of its codes in ``value_labels``."""
    headers, columns, labels = [], [], dict(table.value_labels)
    hits = 0
    for header, cells in zip(table.headers, table.columns, strict=True):
        box = _CHECKBOX.match(header)
        info = fields.get(box["name"] if box else header)
        if info is None:
            headers.append(header)
            columns.append(cells)
            continue
        hits += 1
        if box:
            name = f"{header} / {info.choices.get(box['code'], box['code'])}"
            labels[name] = {"1": "Yes", "0": "No"}
        else:
            name = header if plain(info.label) in ("", plain(header)) else f"{header} / {info.label}"
            if info.choices:
                labels[name] = dict(info.choices.items())
        headers.append(name)
        columns.append([_labelled(value, labels[name]) for value in cells] if name in labels else cells)
    note = Issue(
        "info" if hits else "warning",
        table.sheet,
        None,
        "",
        "data_dictionary",
        f"The data dictionary explains {hits} of {len(table.headers)} columns; their codes were read by its labels."
        if hits
        else "The data dictionary belongs to another file: it explains none of the columns.",
    )
    return replace(
        table,
        headers=unique_headers(headers, 0),
        columns=tuple(columns),
        value_labels=labels,
        notes=(*table.notes, note),
    )


def _labelled(value: object, labels: Mapping[Any, str]) -> object:
    key = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
    return labels.get(key, value) if value is not None else None


def one_row_a_record(table: RawTable) -> tuple[RawTable, dict[str, RawTable]]:
    """Events of a record in one row, and the repeating instruments as tables of their own (by name).

    Of several values for one field the first is taken; where they differ that is said.
    """
    special = {
        _LABELLED.get(plain(header), header): header
        for header in table.headers
        if header in (EVENT, INSTRUMENT, INSTANCE) or plain(header) in _LABELLED
    }
    if not (EVENT in special or INSTRUMENT in special) or not table.n:
        return table, {}
    instrument = table.column(special[INSTRUMENT]) if INSTRUMENT in special else [None] * table.n
    repeated: dict[str, list[int]] = {}
    main: list[int] = []
    for at, value in enumerate(instrument):
        if value is None:
            main.append(at)
        else:
            repeated.setdefault(str(value), []).append(at)
    others = {name: _rows(table, rows) for name, rows in repeated.items()}
    return _collapse(table, main, set(special.values())), others


def _rows(table: RawTable, rows: list[int]) -> RawTable:
    """Those rows, with the columns that have a value in any of them."""
    columns = [
        (header, unit, [cells[at] for at in rows])
        for header, unit, cells in zip(table.headers, table.units, table.columns, strict=True)
    ]
    kept = [entry for entry in columns if any(value is not None for value in entry[2])]
    return replace(
        table,
        sheet=table.sheet,
        headers=tuple(entry[0] for entry in kept),
        units=tuple(entry[1] for entry in kept),
        columns=tuple(entry[2] for entry in kept),
        row_numbers=[table.row_numbers[at] for at in rows],
        notes=(),
        sheets=(),
    )


def _collapse(table: RawTable, rows: list[int], special: set[str]) -> RawTable:
    record = table.columns[0]
    groups: dict[Any, list[int]] = {}
    for at in rows:
        groups.setdefault(record[at], []).append(at)
    headers = [header for header in table.headers if header not in special]
    notes = list(table.notes)
    columns: list[list[object]] = []
    for header in headers:
        cells = table.column(header)
        column: list[object] = []
        for group in groups.values():
            values = [cells[at] for at in group if cells[at] is not None]
            column.append(values[0] if values else None)
            if len(set(map(str, values))) > 1 and not header.lower().endswith(("_complete", "complete?")):
                notes.append(
                    Issue(
                        "warning",
                        table.sheet,
                        table.row_numbers[group[0]],
                        header,
                        "events_differ",
                        "The events of this record hold different values; the first one was taken.",
                    )
                )
        columns.append(column)
    if len(groups) < len(rows):
        notes.append(
            Issue(
                "info",
                table.sheet,
                None,
                "",
                "events_joined",
                f"{len(rows)} rows of REDCap events became one row for each of {len(groups)} records.",
            )
        )
    units = tuple(table.units[table.headers.index(header)] for header in headers)
    return replace(
        table,
        headers=tuple(headers),
        units=units,
        columns=tuple(columns),
        notes=tuple(notes),
        row_numbers=[table.row_numbers[group[0]] for group in groups.values()],
        sheets=(),
    )
