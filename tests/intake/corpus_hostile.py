"""Files that are broken, or made to hurt: each is refused with a sentence, or read as if the harm were not
there.
"""

from __future__ import annotations

import io
import pickle
import re
import struct
import zipfile
import zlib
from typing import Any

from tests.intake.corpus_base import (
    ENGLISH,
    FIELDS,
    Case,
    delimited,
    grid,
    ods,
    plain_value,
    rezip,
    truth,
    xls,
    xlsx,
)

SHEET = "xl/worksheets/sheet1.xml"
BOOK = ("Cohort", grid())


def _far(ref: str) -> bytes:
    def edit(book: Any) -> None:
        book.active[ref] = "x"

    return xlsx(BOOK, edit=edit)


def _sheet_edit(old: bytes, new: bytes, count: int = 1) -> bytes:
    return rezip(xlsx(BOOK), lambda name, content: content.replace(old, new, count) if name == SHEET else content)


def _bomb() -> bytes:
    filler = b"<row>" + b" " * 80_000_000 + b"</row>"
    return _sheet_edit(b"</sheetData>", filler + b"</sheetData>")


def _lying_bomb() -> bytes:
    """The directory says that the sheet is small."""
    data = bytearray(_bomb())
    at = data.rindex(b"PK\x01\x02", 0, data.rindex(SHEET.encode()))
    struct.pack_into("<I", data, at + 24, 5000)
    return bytes(data)


def _entities() -> bytes:
    declared = (
        b'<?xml version="1.0"?><!DOCTYPE w [<!ENTITY a "aaaaaaaaaa">'
        + b"".join(b'<!ENTITY %c "%s">' % (98 + k, b"&%c;" % (97 + k) * 10) for k in range(9))
        + b"]>"
    )
    return rezip(
        xlsx(BOOK),
        lambda name, content: re.sub(rb"^(<\?xml[^>]*\?>)?", declared, content, count=1) if name == SHEET else content,
    )


def _external_entity() -> bytes:
    declared = b'<?xml version="1.0"?><!DOCTYPE w [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    return rezip(
        xlsx(BOOK),
        lambda name, content: (
            re.sub(rb"^(<\?xml[^>]*\?>)?", declared, content, count=1) if name == "xl/workbook.xml" else content
        ),
    )


def _xml_entity() -> bytes:
    return (
        b'<?xml version="1.0"?><!DOCTYPE Workbook [<!ENTITY x SYSTEM "file:///etc/passwd">]><Workbook '
        b'xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet ss:Name="a"><Table><Row><Cell><Data '
        b'ss:Type="String">&x;</Data></Cell></Row></Table></Worksheet></Workbook>'
    )


def _many_sheets() -> bytes:
    return xlsx(*((f"S{number}", [["note", number]]) for number in range(520)), BOOK)


def _many_columns() -> bytes:
    rows = grid()
    return xlsx(("Cohort", [[*rows[0], *(f"v{k}" for k in range(16_000))], *rows[1:]]))


def _many_csv_columns() -> bytes:
    rows = grid(value=plain_value)
    return delimited([[*row, *([str(k)] * 2_500)] for k, row in enumerate(rows)])


def _giant_string() -> bytes:
    rows = grid(value=plain_value)
    rows[0].append("Comment")
    for row in rows[1:]:
        row.append("")
    rows[3][-1] = "word " * 400_000
    return delimited(rows)


def _repeated_giant() -> bytes:
    """One long shared string in very many cells."""
    import xlsxwriter

    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    sheet = book.add_worksheet("Cohort")
    for c in range(30):
        sheet.write_string(0, c, f"v{c}")
        for r in range(1, 2000):
            sheet.write_string(r, c, "Q" * 32_000)
    book.close()
    return out.getvalue()


def _markup() -> bytes:
    headers = {**ENGLISH, "center": "Centre"}
    rows = grid(headers)
    rows[0] += [
        "<script>alert(1)</script>",
        r"$\badmacro{x}$",
        "**bold** [a](javascript:x)",
        '=HYPERLINK("x")',
    ]
    for at, row in enumerate(rows[1:]):
        row += [
            "<img src=x onerror=alert(1)>",
            r"\input{/etc/passwd}",
            "| a | b |",
            "=cmd|' /C calc'!A0" if at else "plain",
        ]
    return xlsx(("Cohort", rows))


def _formula_ids() -> bytes:
    rows = grid(value=plain_value)
    for row in rows[1:]:
        row[1] = "=1+1" if row[1] == "North" else row[1]
    return delimited(rows)


def _formula_truth() -> list[dict[str, str]]:
    return [{**row, "center": "'=1+1"} if row["center"] == "North" else row for row in truth()]


def _nul() -> bytes:
    text = delimited(grid(value=plain_value)).decode()
    return text.replace("T-003", "T-\x00003").encode()


def _truncated(part: float) -> bytes:
    data = xlsx(BOOK)
    return data[: int(len(data) * part)]


def _flipped() -> bytes:
    data = bytearray(xlsx(BOOK))
    with zipfile.ZipFile(io.BytesIO(bytes(data))) as package:
        info = package.getinfo(SHEET)
    for at in range(info.header_offset + 200, info.header_offset + 400):
        data[at] ^= 0xFF
    return bytes(data)


def _duplicate_part() -> bytes:
    out = io.BytesIO(xlsx(BOOK))
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with zipfile.ZipFile(out, "a") as package:
            package.writestr(SHEET, "<worksheet/>")
    return out.getvalue()


def _zip_of(name: str, content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        package.writestr(name, content)
    return out.getvalue()


def _ods_repeat() -> bytes:
    """A row of values that is repeated a million times."""
    return rezip(
        ods(BOOK),
        lambda name, content: (
            content.replace(b"<table:table-row>", b'<table:table-row table:number-rows-repeated="900000">', 3)
            if name == "content.xml"
            else content
        ),
    )


def _xls_cut() -> bytes:
    data = xls(BOOK)
    return data[:1800]


def _xls_noise() -> bytes:
    data = bytearray(xls(BOOK))
    for at in range(700, 1500):
        data[at] = (at * 73 + 11) % 256
    return bytes(data)


def _gzip() -> bytes:
    import gzip

    return gzip.compress(delimited(grid(value=plain_value)))


CASES = (
    Case("nothing", "k.xlsx", lambda: b"", refused="empty"),
    Case("blank text", "k.csv", lambda: b"\n\n  \n", refused="no cells with content|No table"),
    Case("51 MB", "k.csv", lambda: b"a;b\n" * 12_800_000, refused="50 MB"),
    Case("cell at XFD1048576", "k.xlsx", lambda: _far("XFD1048576"), rules=("far_cells",)),
    Case("cell at A1048576", "k.xlsx", lambda: _far("A1048576"), rules=("subheading",)),
    Case("cell at XFD1", "k.xlsx", lambda: _far("XFD3"), refused="2,000 columns"),
    Case("zip bomb", "k.xlsx", _bomb, refused="zip bomb"),
    Case("zip bomb with a false size", "k.xlsx", _lying_bomb, refused="damaged|zip bomb|memory"),
    Case("billion laughs", "k.xlsx", _entities, refused="entities"),
    Case("external entity", "k.xlsx", _external_entity, refused="entities", never=("root:",)),
    Case("external entity in XML", "k.xls", _xml_entity, refused="entities"),
    Case(
        "false dimension, too small",
        "k.xlsx",
        lambda: rezip(
            xlsx(BOOK),
            lambda name, content: (
                re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="A1:C3"', content) if name == SHEET else content
            ),
        ),
    ),
    Case(
        "false dimension, too large",
        "k.xlsx",
        lambda: rezip(
            xlsx(BOOK),
            lambda name, content: (
                re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="A1:XFD1048576"', content) if name == SHEET else content
            ),
        ),
    ),
    Case("521 sheets", "k.xlsx", _many_sheets, refused="500"),
    Case("16,000 columns", "k.xlsx", _many_columns, refused="2,000 columns"),
    Case("2,500 columns, csv", "k.csv", _many_csv_columns, refused="2,000 columns"),
    Case("a cell of two million characters", "k.csv", _giant_string, rules=("long_text_cut",)),
    Case("one long text in 60,000 cells", "k.xlsx", _repeated_giant, refused="memory"),
    Case("markup, LaTeX and formulas in headers and values", "k.xlsx", _markup),
    Case("text that a spreadsheet would run", "k.csv", _formula_ids, _formula_truth),
    Case("NUL in a cell", "k.csv", _nul, rules=("nul_removed",)),
    Case("cut in half", "k.xlsx", lambda: _truncated(0.5), refused="damaged"),
    Case("cut at the end", "k.xlsx", lambda: _truncated(0.98), refused="damaged"),
    Case("bits flipped", "k.xlsx", _flipped, refused="damaged"),
    Case("the same part twice", "k.xlsx", _duplicate_part, refused="twice"),
    Case(
        "zipped csv called xlsx",
        "k.xlsx",
        lambda: _zip_of("cohort.csv", delimited(grid(value=plain_value))),
        refused="zip archive",
    ),
    Case("docx", "k.xlsx", lambda: _zip_of("word/document.xml", b"<w/>"), refused="Word document"),
    Case("gzip", "k.csv", _gzip, refused="gzip"),
    Case("pickle", "k.xlsx", lambda: pickle.dumps({"a": 1}), refused="pickle"),
    Case("PDF", "k.xlsx", lambda: b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n" + b"x" * 100, refused="PDF"),
    Case(
        "noise",
        "k.csv",
        lambda: zlib.compress(b"noise" * 500, 9) + bytes(range(256)) * 20,
        refused="no table",
    ),
    Case(
        "JSON",
        "k.csv",
        lambda: b'{"a": [1, 2, 3], "b": {"c": "d"}}',
        refused="None of the columns|No table|no row",
    ),
    Case(
        "HTML without a table",
        "k.xls",
        lambda: b"<html><body><p>Session expired</p></body></html>",
        refused="HTML",
    ),
    Case("ods that repeats a row", "k.ods", _ods_repeat, refused="rows|memory|damaged|seconds"),
    Case("xls cut", "k.xls", _xls_cut, refused="damaged"),
    Case("xls with noise", "k.xls", _xls_noise, refused="damaged"),
    Case("damaged SPSS file", "k.sav", lambda: b"$FL2@(#) SPSS DATA FILE" + b"\xff" * 400, refused="SPSS"),
    Case(
        "damaged Stata file",
        "k.dta",
        lambda: b"<stata_dta><header><release>118" + b"\0" * 400,
        refused="Stata",
    ),
    Case("only headers", "k.xlsx", lambda: xlsx(("Cohort", grid()[:1])), refused="no row below"),
    Case(
        "one column of words",
        "k.csv",
        lambda: b"hello\nworld\nthis\nis\nno\ntable\n",
        refused="None of the columns",
    ),
)
assert len(FIELDS) == 22
