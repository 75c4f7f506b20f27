"""Tables in HTML and in the XML of Excel 2003, which hospital systems like to call .xls.

Only tags and their text are read: no scripts, no references, nothing from outside. XML that declares entities
    is
refused. Both are a few tags deep, so the standard library's event parsers are enough.
"""

from __future__ import annotations

import datetime as dt
import re
from html.parser import HTMLParser
from itertools import zip_longest
from xml.parsers import expat

from rrmm.intake import hostile
from rrmm.intake.containers.book import Book, Sheet
from rrmm.intake.containers.text import decode
from rrmm.intake.issues import Issue, Refused

Row = list[object]

MAX_HTML = 10_000_000
"""Bytes; the parser is slow on more, and slower on broken tags."""


def read_markup(data: bytes, kind: str) -> Book:
    """One sheet for each table. kind: "html" or "xml". Raises Refused."""
    if kind == "html":
        sheets, notes = _html(data)
    else:
        sheets, notes = _spreadsheet_xml(data), []
    sheets = [sheet for sheet in sheets if sheet.n]
    if not sheets:
        raise Refused(
            f"The file is {kind.upper()} without a table of patients in it. Save it as .xlsx in Excel or LibreOffice "
            "and load that copy."
        )
    return Book(kind, tuple(sheets), tuple(notes))


def _sheet(name: str, rows: list[tuple[int, Row]]) -> Sheet:
    filled = [(number, row) for number, row in rows if any(value is not None for value in row)]
    if len(filled) > hostile.MAX_ROWS or any(len(row) > hostile.MAX_COLUMNS for _, row in filled):
        raise Refused(f"The table is too large; up to {hostile.MAX_ROWS:,} rows and {hostile.MAX_COLUMNS:,} columns can be read.")
    columns = [list(column) for column in zip_longest(*(row for _, row in filled))]
    return Sheet(name, columns, [number for number, _ in filled])


class _Tables(HTMLParser):
    """Cells of all tables; a cell that spans columns fills the first and leaves the others empty."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[list[Row]] = []
        self.stack: list[list[Row]] = []
        self.text: list[str] | None = None
        self.span = 1
        self.skipped = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self._close_cell()
            table: list[Row] = []
            self.tables.append(table)
            self.stack.append(table)
        elif tag == "tr" and self.stack:
            self._close_cell()
            self.stack[-1].append([])
        elif tag in ("td", "th") and self.stack:
            self._close_cell()
            if not self.stack[-1]:
                self.stack[-1].append([])
            self.text = []
            span = dict(attrs).get("colspan") or "1"
            self.span = min(int(span), hostile.MAX_COLUMNS) if span.isdigit() else 1
        elif tag in ("script", "style"):
            self.skipped += 1
        elif tag == "br" and self.text is not None:
            self.text.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th", "tr", "table"):
            self._close_cell()
        if tag == "table" and self.stack:
            self.stack.pop()
        if tag in ("script", "style"):
            self.skipped = max(0, self.skipped - 1)

    def handle_data(self, data: str) -> None:
        if self.text is not None and not self.skipped:
            self.text.append(data)

    def _close_cell(self) -> None:
        if self.text is not None and self.stack and self.stack[-1]:
            value = " ".join("".join(self.text).split()) or None
            row = self.stack[-1][-1]
            if len(row) + self.span <= 4 * hostile.MAX_COLUMNS:
                row.extend([value, *[None] * (self.span - 1)])
        self.text = None


def _html(data: bytes) -> tuple[list[Sheet], list[Issue]]:
    if len(data) > MAX_HTML or abs(data.count(b"<") - data.count(b">")) > 0.1 * data.count(b"<") + 10:
        raise Refused("The file is HTML that is too large or too broken to be read. Save it as .xlsx and load that copy.")
    charset = re.search(rb"charset\s*=\s*[\"']?([\w-]+)", data[:4000], re.IGNORECASE)
    try:
        notes: list[Issue]
        text, notes = data.decode(charset.group(1).decode("ascii")) if charset else decode(data)[0], []
    except (LookupError, UnicodeDecodeError):
        text, _, notes = decode(data)
    reader = _Tables()
    reader.feed(text.replace("\0", ""))
    reader.close()
    return [
        _sheet(f"Table {number}" if len(reader.tables) > 1 else "", list(enumerate(table, start=1)))
        for number, table in enumerate(reader.tables, start=1)
    ], notes


def _spreadsheet_xml(data: bytes) -> list[Sheet]:
    hostile.check_entities(data)
    reader = _Workbook2003()
    try:
        reader.parse(data)
    except (expat.ExpatError, ValueError, LookupError):
        raise Refused(
            "The file is XML that can't be read. Save it as .xlsx in Excel or LibreOffice and load that copy."
        ) from None
    return [_sheet(name, rows) for name, rows in reader.sheets]


def _no_doctype(*_: object) -> None:
    hostile.check_entities(b"<!DOCTYPE")


class _Workbook2003:
    """`Workbook/Worksheet/Table/Row/Cell/Data` of the Excel 2003 XML format."""

    def __init__(self) -> None:
        self.sheets: list[tuple[str, list[tuple[int, Row]]]] = []
        self.row = self.place = 0
        self.kind = ""
        self.text: list[str] | None = None

    def parse(self, data: bytes) -> None:
        parser = expat.ParserCreate()
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._data
        parser.StartDoctypeDeclHandler = _no_doctype
        parser.Parse(data, True)

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        tag = tag.rsplit(":", 1)[-1]
        index = next((value for key, value in attributes.items() if key.endswith("Index")), "")
        if tag == "Worksheet":
            name = next((value for key, value in attributes.items() if key.endswith("Name")), "")
            self.sheets.append((name, []))
            self.row = 0
        elif tag == "Row" and self.sheets:
            self.row = int(index) if index.isdigit() else self.row + 1
            self.sheets[-1][1].append((self.row, []))
            self.place = 0
        elif tag == "Cell" and self.sheets and self.sheets[-1][1]:
            self.place = int(index) if index.isdigit() else self.place + 1
            if self.place > hostile.MAX_COLUMNS:
                raise Refused(f"The table is too wide; up to {hostile.MAX_COLUMNS:,} columns can be read.")
        elif tag == "Data":
            self.kind = next((value for key, value in attributes.items() if key.endswith("Type")), "String")
            self.text = []

    def _end(self, tag: str) -> None:
        if tag.rsplit(":", 1)[-1] == "Data" and self.text is not None:
            row = self.sheets[-1][1][-1][1] if self.sheets and self.sheets[-1][1] else []
            row.extend([None] * (self.place - len(row)))
            if self.place:
                row[self.place - 1] = _typed("".join(self.text).strip(), self.kind)
            self.text = None

    def _data(self, text: str) -> None:
        if self.text is not None:
            self.text.append(text)


def _typed(text: str, kind: str) -> object:
    if not text or kind == "Error":
        return None
    try:
        if kind == "Number":
            return float(text)
        if kind == "DateTime":
            moment = dt.datetime.fromisoformat(text)
            return moment.date() if moment.time() == dt.time() else moment
    except ValueError:
        return text
    return text == "1" if kind == "Boolean" else text
