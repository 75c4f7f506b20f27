"""From the bytes of a file to sheets of cells, by content and not by name."""

from __future__ import annotations

from rrmm.intake import hostile
from rrmm.intake.containers.book import Book, Sheet
from rrmm.intake.containers.letters import repair
from rrmm.intake.issues import Issue, Refused

__all__ = ["Book", "Sheet", "read_container"]

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
NOT_TABLES = (
    (b"%PDF", "a PDF"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"\x1f\x8b", "a compressed archive (gzip)"),
    (b"7z\xbc\xaf", "a compressed archive (7z)"),
    (b"Rar!", "a compressed archive (rar)"),
    (b"SQLite format 3", "a database (SQLite)"),
    (b"RDX", "an R data file"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"PAR1", "a Parquet file"),
    (b"{\\rtf", "a text document (RTF)"),
    (b"\x89HDF", "an HDF5 file"),
    (b"BZh", "a compressed archive (bzip2)"),
    (b"\xfd7zXZ", "a compressed archive (xz)"),
)
KINDS = (
    "an Excel workbook (.xlsx, .xlsm, .xlsb, .xls), an OpenDocument sheet (.ods), a text table (.csv, .tsv) or a "
    "SAS, SPSS or Stata file"
)


def read_container(data: bytes, filename: str, *, password: str | None = None, choices: dict | None = None) -> Book:
    """All sheets of the file, whatever it is called. Raises Refused with a sentence, PasswordNeeded for a
    locked one.
    """
    hostile.check_size(data)
    kind = sniff(data)
    try:
        book = _read(data, kind, filename, password, choices or {})
    except hostile.DAMAGE:
        raise Refused(hostile.DAMAGED) from None
    return _with_name_note(repair(book), filename)


def sniff(data: bytes) -> str:
    """What the bytes are: "zip", "ole", "sas", "spss", "stata", "html", "xml" or "text"; Refused if no table."""
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "zip"
    if data.startswith(OLE):
        return "ole"
    if data[84:92] == b"SAS FILE" or data.startswith((b"HEADER RECORD*******LIBRARY", b"HEADER RECORD*******LIBV8")):
        return "sas"
    if data.startswith((b"$FL2", b"$FL3")):
        return "spss"
    if data.startswith(b"<stata_dta>") or (
        len(data) > 109 and 104 <= data[0] <= 115 and data[1] in (1, 2) and data[2] == 1 and data[3] == 0
    ):
        return "stata"
    for start, name in NOT_TABLES:
        if data.startswith(start):
            raise Refused(f"The file is {name}, not a table. Please load {KINDS}.")
    if data[:1] == b"\x80" and data[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05"):
        raise Refused(f"The file is a Python pickle; such files can run programs and are never opened. Please load {KINDS}.")
    head = data[:4096].lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    if head.startswith((b"<!doctype html", b"<html", b"<table", b"<meta", b"<head")):
        return "html"
    if head.startswith((b"<?xml", b"<workbook")):
        return "html" if b"<html" in head else "xml"
    return "text"


def _read(data: bytes, kind: str, filename: str, password: str | None, choices: dict) -> Book:
    if kind == "zip":
        return _read_package(data)
    if kind == "ole":
        from rrmm.intake.containers import encrypted
        from rrmm.intake.containers.workbook import read_workbook

        plain = encrypted.decrypt(data, password)
        if plain is None:
            return read_workbook(data, "xls")
        if plain.startswith(b"PK"):
            return _read_package(plain)
        return read_workbook(plain, "xls")
    if kind in ("sas", "spss", "stata"):
        from rrmm.intake.containers.statistics import read_statistics

        return read_statistics(data, kind)
    if kind in ("html", "xml"):
        from rrmm.intake.containers.markup import read_markup

        return read_markup(data, kind)
    from rrmm.intake.containers.text import read_text

    _check_text(data)
    return read_text(data, filename, choices)


def _check_text(data: bytes) -> None:
    """Refuse binary content: text has next to no control characters (UTF-16 has NUL bytes, but in order)."""
    head = data[:20_000]
    controls = sum(head.count(bytes([code])) for code in (*range(1, 9), 11, *range(14, 32)))
    if controls > 0.02 * len(head) + 2:
        raise Refused(f"The file holds no table that can be read. Please load {KINDS}.")


def _read_package(data: bytes) -> Book:
    from rrmm.intake.containers.workbook import read_workbook

    package = hostile.check_package(data)
    names = set(package.namelist())
    if "mimetype" in names:
        mime = hostile.inflate(package, "mimetype", 1000)
        if b"spreadsheet" in mime:
            hostile.check_entities(hostile.head(package, "content.xml") if "content.xml" in names else b"")
            return read_workbook(data, "ods")
        if b"opendocument" in mime:
            raise Refused(f"The file is an OpenDocument text or slide, not a table. Please load {KINDS}.")
    for folder, what in (("word/", "a Word document"), ("ppt/", "a PowerPoint file")):
        if any(name.startswith(folder) for name in names):
            raise Refused(f"The file is {what}, not a table. Please load {KINDS}.")
    if not any(name.startswith("xl/") for name in names):
        raise Refused(f"The file is a zip archive without a workbook in it. Unpack it first, then load {KINDS}.")
    for name in names:
        if name.endswith((".xml", ".rels")):
            hostile.check_entities(hostile.head(package, name))
    kind = (
        "xlsb"
        if "xl/workbook.bin" in names
        else "xlsm"
        if any(name.lower().endswith("vbaproject.bin") for name in names)
        else "xlsx"
    )
    return read_workbook(data, kind)


EXTENSIONS = {
    "xlsx": {"xlsx"},
    "xlsm": {"xlsm"},
    "xlsb": {"xlsb"},
    "xls": {"xls"},
    "ods": {"ods"},
    "csv": {"csv", "tsv", "txt", "tab", "dat", "psv", ""},
    "html": {"html", "htm"},
    "xml": {"xml"},
    "sas": {"sas7bdat", "xpt"},
    "spss": {"sav", "zsav"},
    "stata": {"dta"},
}


def _with_name_note(book: Book, filename: str) -> Book:
    extension = filename.rsplit(".", 1)[-1].lower() if "." in filename else ""
    if extension in EXTENSIONS.get(book.kind, {extension}):
        return book
    note = Issue(
        "info",
        None,
        None,
        "",
        "extension_differs",
        f"The file is called .{extension[:12]}, but its content is {book.kind}; it was read as that."
        if extension
        else f"The file has no extension; its content is {book.kind}, and it was read as that.",
    )
    return Book(book.kind, book.sheets, (*book.notes, note), book.hidden_sheets, book.datemode_1904, book.about)
