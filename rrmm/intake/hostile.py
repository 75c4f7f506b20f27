"""Limits, and the checks that come before a file is opened."""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from dataclasses import replace
from xml.parsers.expat import ExpatError

from rrmm.intake.issues import Issue, Refused
from rrmm.intake.raw import RawTable

MAX_BYTES = 50_000_000
MAX_ROWS = 1_000_000
MAX_COLUMNS = 2_000
MAX_SHEETS = 500
MAX_SECONDS = 20
MAX_MEMORY = 1_000_000_000
MAX_CELL = 32_767
"""Characters of one cell: Excel's own limit."""
MAX_INFLATED = 700_000_000
MAX_RATIO = 60
"""Real workbooks inflate at most about 12:1; text that repeats itself reaches 25:1."""
SMALL = 30_000_000
"""Below this a high ratio is harmless."""

DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    ExpatError,
    EOFError,
    OSError,
    LookupError,
    ValueError,
    ArithmeticError,
    RuntimeError,
    MemoryError,
    AttributeError,
    TypeError,
)
"""What the libraries that open files raise on broken ones."""
DAMAGED = "The file is damaged and can't be opened. Save it again in Excel or LibreOffice, or get a fresh copy, and load that."
BOMB = "The workbook unpacks to far more than a table of patients needs (a so-called zip bomb); it is not opened."
TOO_LARGE = "The file has {size:.0f} MB; files of up to 50 MB can be read. Remove sheets or pictures and try again."


def check_size(data: bytes) -> None:
    """Refuse an empty or a too large file."""
    if not data:
        raise Refused("The file is empty.")
    if len(data) > MAX_BYTES:
        raise Refused(TOO_LARGE.format(size=len(data) / 1e6))


def check_package(data: bytes) -> zipfile.ZipFile:
    """The zip package, unless it is broken, a bomb, or keeps entities in its workbook's XML.

    Sizes in a zip's directory can lie, so what is suspicious is inflated and counted, in small pieces.
    """
    try:
        package = zipfile.ZipFile(io.BytesIO(data))
        entries = package.infolist()
    except DAMAGE:
        raise Refused(DAMAGED) from None
    if len(entries) > 10_000:
        raise Refused(f"The workbook holds {len(entries):,} parts; that is no usual spreadsheet and is not opened.")
    if len({entry.filename for entry in entries}) < len(entries):
        raise Refused("The workbook holds the same part twice; it is damaged or was tampered with and is not opened.")
    total = 0
    for entry in entries:
        total += entry.file_size
        if _bomb(entry.file_size, entry.compress_size) or total > MAX_INFLATED:
            raise Refused(BOMB)
    return package


def _bomb(inflated: int, packed: int) -> bool:
    return inflated > SMALL and inflated > MAX_RATIO * max(packed, 1)


def inflate(package: zipfile.ZipFile, name: str, limit: int = MAX_INFLATED) -> bytes:
    """The part, at most ``limit`` bytes; Refused when it is larger than that, or broken."""
    content = head(package, name, limit + 1)
    if len(content) > limit:
        raise Refused(BOMB)
    return content


def head(package: zipfile.ZipFile, name: str, size: int = 4096) -> bytes:
    """The first bytes of a part. Raises Refused when it is broken."""
    try:
        with package.open(name) as part:
            return part.read(size)
    except DAMAGE:
        raise Refused(DAMAGED) from None


def check_entities(xml: bytes) -> None:
    """Refuse XML that declares a document type: spreadsheets never do, attacks with entities must."""
    if re.search(rb"<!\s*(?:DOCTYPE|ENTITY)", xml[:4096], re.IGNORECASE):
        raise Refused("The workbook's XML declares entities, which no spreadsheet program writes; it is not opened.")


def cut_long_texts(table: RawTable) -> tuple[RawTable, list[Issue]]:
    """Texts longer than a spreadsheet cell can be are cut there, and said."""
    columns, issues = [], []
    for header, cells in zip(table.headers, table.columns, strict=True):
        # Different cells first: almost no file has a long one.
        if not any(type(value) is str and len(value) > MAX_CELL for value in set(cells)):
            columns.append(cells)
            continue
        long = [at for at, value in enumerate(cells) if type(value) is str and len(value) > MAX_CELL]
        if long:
            cells = list(cells)
            for at in long:
                cells[at] = str(cells[at])[:MAX_CELL]
            issues.append(
                Issue(
                    "warning",
                    table.sheet_of(long[0]),
                    table.row_numbers[long[0]],
                    header,
                    "long_text_cut",
                    f"The text of {len(long)} cell{'s' if len(long) > 1 else ''} (the first in this row) is "
                    f"longer than {MAX_CELL:,} characters; the rest was cut off.",
                )
            )
        columns.append(cells)
    return (replace(table, columns=tuple(columns)), issues) if issues else (table, [])


def check_sheets(count: int) -> None:
    """Refuse a workbook with hundreds of sheets: one of them would be guessed."""
    if count > MAX_SHEETS:
        raise Refused(
            f"The workbook has {count} visible sheets; up to {MAX_SHEETS} can be read. Keep the sheet with the patients."
        )
