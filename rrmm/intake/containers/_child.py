"""Reads a workbook in a process of its own, with limits. Run as a script: never imported by the app.

One far cell makes calamine ask for tens of gigabytes, and the process that asks is ended; a bomb fills the
memory of
whoever opens it. Here that is a child with little memory and little time. It reads the file from standard
input and
writes plain values to standard output; nothing touches the disk, and there is no core dump.
"""

from __future__ import annotations

import datetime as dt
import gc
import html
import io
import json
import marshal
import re
import sys
import zipfile
import zlib
from collections.abc import Iterable
from typing import Any

FACT_BYTES = 120_000_000
"""Sheets whose XML is larger than this are not searched for hidden rows and error cells."""
LISTED = 200


def limit(memory: int, seconds: int, no_files: bool) -> None:
    """Bound this process; Windows has no such limits, there the parent's clock alone ends it."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if no_files:
        # A file in memory counts as a file here.
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))


def pack(columns: list[list[object]]) -> list[dict[str, object]]:
    """Columns as plain values that `marshal` takes: dates and times as integers beside their places."""
    packed = []
    for column in columns:
        kinds = set(map(type, column))
        entry: dict[str, object] = {}
        if dt.date in kinds:
            at = [i for i, v in enumerate(column) if type(v) is dt.date]
            entry["date"] = (at, [column[i].toordinal() for i in at])  # type: ignore[attr-defined]
            for i in at:
                column[i] = None
        if kinds & {dt.datetime, dt.time, dt.timedelta}:
            for kind in (dt.datetime, dt.time, dt.timedelta):
                at = [i for i, v in enumerate(column) if type(v) is kind]
                entry[kind.__name__] = (at, [_numbers(column[i]) for i in at])
                for i in at:
                    column[i] = None
        entry["plain"] = column
        packed.append(entry)
    return packed


def _numbers(value: object) -> tuple[int, ...]:
    if isinstance(value, dt.datetime):
        return (value.year, value.month, value.day, value.hour, value.minute, value.second, value.microsecond)
    if isinstance(value, dt.time):
        return (value.hour, value.minute, value.second, value.microsecond)
    assert isinstance(value, dt.timedelta)
    return (value.days, value.seconds, value.microseconds)


def clean(column: tuple[object, ...]) -> list[object]:
    """Blanks become None, text is stripped."""
    return [(value.strip() or None) if type(value) is str else value for value in column]


class Texts(dict[str, "str | None"]):
    """Text as it is kept: stripped, None where blank; each different one once, since tables repeat themselves."""

    def __missing__(self, text: str) -> str | None:
        self[text] = kept = text.strip() or None
        return kept


def gather(rows: Iterable[list[Any]], texts: Texts) -> tuple[list[int], list[list[object]]]:
    """Numbers of the rows that hold anything, and their cells by column; a block of rows at a time, for the memory."""
    numbers: list[int] = []
    columns: list[list[object]] = []
    block: list[list[Any]] = []

    def absorb() -> None:
        for place, cells in enumerate(zip(*block, strict=True)):
            if place == len(columns):
                columns.append([])
            columns[place].extend([texts[value] if type(value) is str else value for value in cells])
        block.clear()

    for number, row in enumerate(rows, start=1):
        if row.count("") != len(row):
            numbers.append(number)
            block.append(row)
            if len(block) == 2000:
                absorb()
    if block:
        absorb()
    return numbers, columns


def workbook(data: bytes, max_rows: int, max_columns: int, max_sheets: int) -> dict[str, object]:
    from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

    facts = package_facts(data) if data[:2] == b"PK" else {}
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    sheets: list[dict[str, object]] = []
    shown = sum(meta.visible == SheetVisibleEnum.Visible for meta in book.sheets_metadata)
    if shown > max_sheets:
        return {"sheets": [], "hidden": [], "facts": {}, "count": shown}
    hidden: list[str] = []
    texts = Texts()
    for place, meta in enumerate(book.sheets_metadata):
        if meta.typ != SheetTypeEnum.WorkSheet:
            continue
        if meta.visible != SheetVisibleEnum.Visible:
            hidden.append(meta.name)
            continue
        sheet = book.get_sheet_by_index(place)
        first_column = sheet.start[1] if sheet.start else 0
        numbers, columns = gather(sheet.iter_rows(), texts)
        entry: dict[str, object] = {"name": meta.name, "rows": numbers, "first_column": first_column}
        if len(numbers) > max_rows or first_column + len(columns) > max_columns:
            entry["too_large"] = (len(numbers), first_column + len(columns))
            entry["rows"], columns = [], []
        entry["columns"] = pack(columns)
        try:
            entry["merged"] = [tuple(map(tuple, area)) for area in (sheet.merged_cell_ranges or [])]
        except Exception:
            # Only some formats know merged cells; a table is found without them too.
            entry["merged"] = []
        sheets.append(entry)
    return {"sheets": sheets, "hidden": hidden, "facts": facts, "count": shown}


def package_facts(data: bytes) -> dict[str, object]:
    """What calamine doesn't tell of an OOXML workbook: date system, macros, comments, hidden rows and
    columns,
    error cells and formulas without a stored result. Says nothing where the package is not readable that
    way."""
    facts: dict[str, object] = {}
    try:
        package = zipfile.ZipFile(io.BytesIO(data))
        names = package.namelist()
        facts["macros"] = any(name.lower().endswith("vbaproject.bin") for name in names)
        facts["comments"] = sum("comments" in name.lower() and name.lower().endswith((".xml", ".bin")) for name in names)
        if "xl/workbook.xml" not in names:
            return facts
        main = package.read("xl/workbook.xml")
        facts["date1904"] = bool(re.search(rb'\bdate1904\s*=\s*"(?:1|true)"', main))
        targets = {}
        if "xl/_rels/workbook.xml.rels" in names:
            relations = package.read("xl/_rels/workbook.xml.rels")
            for item in re.findall(rb"<(?:\w+:)?Relationship\b[^>]*>", relations):
                targets[_attribute(item, "Id")] = _attribute(item, "Target")
        per_sheet: dict[str, object] = {}
        for item in re.findall(rb"<(?:\w+:)?sheet\b[^>]*>", main):
            target = targets.get(_attribute(item, "id"), "").lstrip("/")
            path = target if target.startswith("xl/") else "xl/" + target
            if path in names and package.getinfo(path).file_size <= FACT_BYTES:
                per_sheet[_attribute(item, "name")] = sheet_facts(package.read(path))
        facts["sheets"] = per_sheet
    except (
        zipfile.BadZipFile,
        KeyError,
        ValueError,
        NotImplementedError,
        EOFError,
        OSError,
        zlib.error,
    ):
        facts["unreadable"] = True
    return facts


def _attribute(tag: bytes, name: str) -> str:
    found = re.search(rb"\b(?:\w+:)?" + name.encode() + rb'\s*=\s*"([^"]*)"', tag)
    return html.unescape(found.group(1).decode("utf-8", "replace")) if found else ""


def sheet_facts(xml: bytes) -> dict[str, object]:
    facts: dict[str, object] = {}
    if b"hidden=" in xml:
        rows = [int(_attribute(tag, "r") or 0) for tag in re.findall(rb"<(?:\w+:)?row\b[^>]*\bhidden=\"(?:1|true)\"[^>]*>", xml)]
        facts["hidden_rows"] = rows
        columns = []
        for tag in re.findall(rb"<(?:\w+:)?col\b[^>]*\bhidden=\"(?:1|true)\"[^>]*>", xml):
            low, high = int(_attribute(tag, "min") or 0), int(_attribute(tag, "max") or 0)
            columns.append((low, min(high, low + 20_000)))
        facts["hidden_columns"] = columns
    if b't="e"' in xml:
        cells = re.findall(rb"<(?:\w+:)?c\b[^>]*\bt=\"e\"[^>]*>", xml)
        facts["errors"] = [_attribute(tag, "r") for tag in cells[:LISTED]]
        facts["n_errors"] = len(cells)
    if b"<f" in xml or b":f>" in xml:
        bare = re.findall(
            rb"<(?:\w+:)?c\b([^>]*)>\s*<(?:\w+:)?f\b(?:[^>]*/>|[^>]*>[^<]*</(?:\w+:)?f>)\s*"
            rb"(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>)?\s*</(?:\w+:)?c>",
            xml,
        )
        facts["uncached"] = [_attribute(b"<c" + tag, "r") for tag in bare[:LISTED]]
        facts["n_uncached"] = len(bare)
    return facts


def statistics(data: bytes, kind: str, max_rows: int, max_columns: int) -> dict[str, object]:
    import math

    import pyreadstat

    path, close = _in_memory(data)
    read: Any
    try:
        if kind == "sas" and data.startswith(b"HEADER RECORD"):
            read = pyreadstat.read_xport
        elif kind == "spss" and data.startswith(b"ASCII"):
            read = pyreadstat.read_por
        else:
            read = {
                "sas": pyreadstat.read_sas7bdat,
                "spss": pyreadstat.read_sav,
                "stata": pyreadstat.read_dta,
            }[kind]
        _, meta = read(path, metadataonly=True)
        if (meta.number_rows or 0) > max_rows or (meta.number_columns or 0) > max_columns:
            return {"error": "TooLarge", "message": ""}
        frame, meta = read(path)
    finally:
        close()
    columns = []
    for name in frame.columns:
        values = frame[name].astype(object).tolist()
        columns.append(clean(tuple(None if _is_nothing(value, math) else _plain(value) for value in values)))
    labels = {
        name: [(key, str(text)) for key, text in found.items()] for name, found in (meta.variable_value_labels or {}).items()
    }
    return {
        "names": list(map(str, frame.columns)),
        "columns": pack(columns),
        "value_labels": labels,
        "labels": [str(label or "") for label in meta.column_labels],
    }


def _is_nothing(value: object, math) -> bool:  # type: ignore[no-untyped-def]
    return value is None or value != value


def _plain(value: object) -> object:
    """Without the types of numpy and pandas."""
    if hasattr(value, "to_pydatetime"):
        value = value.to_pydatetime()
    elif hasattr(value, "item"):
        value = value.item()
    if type(value) is dt.datetime and (value.hour, value.minute, value.second, value.microsecond) == (
        0,
        0,
        0,
        0,
    ):
        return value.date()
    return value


def _in_memory(data: bytes):  # type: ignore[no-untyped-def]
    """A path to the bytes, and what to call when they were read."""
    import os

    if hasattr(os, "memfd_create"):
        handle = os.memfd_create("table")
        view = memoryview(data)
        while view:
            view = view[os.write(handle, view) :]
        return f"/proc/self/fd/{handle}", lambda: os.close(handle)
    import tempfile

    with tempfile.NamedTemporaryFile(delete=False) as file:
        file.write(data)
    return file.name, lambda: os.unlink(file.name)


def main() -> int:
    # Nothing here holds cycles, and looking for them costs a third of the time.
    gc.disable()
    header = json.loads(sys.stdin.buffer.readline())
    data = sys.stdin.buffer.read()
    limit(header["memory"], header["seconds"], header["kind"] == "workbook")
    try:
        answer: dict[str, object]
        if header["kind"] == "workbook":
            answer = workbook(data, header["max_rows"], header["max_columns"], header["max_sheets"])
        else:
            answer = statistics(data, header["kind"], header["max_rows"], header["max_columns"])
    except MemoryError:
        answer = {"error": "memory", "message": ""}
    except BaseException as problem:
        # A panic of the reader is a BaseException. Its text may quote cells, so only the kind is passed on.
        answer = {"error": type(problem).__name__, "message": "password" if "assword" in str(problem) else ""}
    try:
        marshal.dump(answer, sys.stdout.buffer)
        sys.stdout.buffer.flush()
    except MemoryError:
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
