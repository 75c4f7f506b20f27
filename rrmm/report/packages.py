"""Office files made neutral: equal input gives equal bytes, and nothing tells who made them, when or where."""

from __future__ import annotations

import io
import re
import zipfile

from rrmm.report.provenance import AUTHOR, STAMP

_WHEN = STAMP.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
_DATES = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*(</dcterms:)")
_PEOPLE = re.compile(rb"(<(?:dc:creator|cp:lastModifiedBy)>)[^<]*(</)")
# What starts a formula, and what the writer of workbooks turns into a link.
_SURELY = re.compile(r"[=+\-@\t\r|%{]|(https?|ftp|mailto|internal|external|file):", re.IGNORECASE)


def neutral(package: bytes) -> bytes:
    """The same package with fixed dates and author in it and in every workbook inside it."""
    made = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(package)) as given,
        zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as out,
    ):
        for item in given.infolist():
            data = given.read(item)
            if item.filename.endswith((".xlsx", ".xlsm")):
                data = neutral(data)
            elif item.filename == "docProps/core.xml":
                data = _DATES.sub(rb"\g<1>" + _WHEN + rb"\g<3>", data)
                data = _PEOPLE.sub(rb"\g<1>" + AUTHOR.encode() + rb"\g<2>", data)
            fixed = zipfile.ZipInfo(item.filename, date_time=(1980, 1, 1, 0, 0, 0))
            fixed.compress_type = zipfile.ZIP_DEFLATED
            fixed.external_attr = 0o600 << 16
            out.writestr(fixed, data)
    return made.getvalue()


def workbook_text(text: str) -> str:
    """Text for a cell of a chart's own workbook: neither a formula nor a link."""
    return "'" + text if _SURELY.match(text) else text
