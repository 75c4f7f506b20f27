"""The cohort behind the corpus, and what writes it into files. All patients are invented."""

from __future__ import annotations

import csv
import datetime as dt
import io
import struct
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import escape

D = dt.date
Row = list[Any]

FIELDS = (
    "patient_id",
    "center",
    "sex",
    "age",
    "dx_date",
    "prior_lines",
    "emd",
    "iss",
    "bm_plasma_pct",
    "high_risk_cyto",
    "prior_bcma",
    "start_date",
    "first_response_date",
    "best_response",
    "progression",
    "progression_date",
    "death",
    "death_date",
    "last_contact_date",
    "crs_grade",
    "icans_grade",
    "infection_grade",
)

_RAW = """
T-001|North|F|61|2015-03-04|5|yes|III|80|yes|yes|2022-11-14|||yes|2023-01-02|yes|2023-03-30|2023-03-30|1|0|3
T-002|North|M|72|2018-07-19|4|no|I|10|no|no|2022-12-01|2023-01-03|VGPR|no||no||2024-02-11|2|0|0
T-003|North|M|58|2012-01-30|7|no|II|45.5|no|yes|2023-01-17|2023-02-20|CR|yes|2023-11-05|no||2024-01-25|0|0|2
T-004|South|F|66|2019-09-09|3|yes|II|30|yes|no|2023-02-06|2023-03-06|PR|yes|2023-06-13|yes|2023-09-21|2023-09-21|1|1|4
T-005|South|F|49|2020-02-28|4|no|I|5|no|no|2023-02-27|2023-03-28|sCR|no||no||2024-03-01|1|0|1
T-006|South|M|77|2010-05-12|9|no|III|60|yes|yes|2023-03-13||SD|yes|2023-05-22|yes|2023-05-30|2023-05-30|2|2|0
T-007|South|M|69|2016-10-03|6|yes||90||yes|2023-04-03||PD|yes|2023-04-26|yes|2023-06-02|2023-06-02|0|0|5
T-008|East|F|63|2017-12-24|5|no|II|20|no|no|2023-05-15|2023-06-12|VGPR|no||no||2024-02-29|1|0|2
T-009|East|M|55|2021-06-06|3|no|I|15|no|no|2023-06-05|2023-07-03|nCR|no||yes|2023-12-24|2023-12-24|3|1|3
T-010|East|F|81|2014-08-17|8||III|75|yes|no|2023-07-10||MR|yes|2023-09-04|no||2024-01-08|0|0|0
"""

GERMAN = {
    "patient_id": "Patientennummer",
    "center": "Zentrum",
    "sex": "Geschlecht",
    "age": "Alter bei Therapiebeginn",
    "dx_date": "Datum Erstdiagnose",
    "prior_lines": "Anzahl Vortherapien",
    "emd": "Extramedulläre Erkrankung",
    "iss": "ISS Stadium",
    "bm_plasma_pct": "Plasmazellen im Knochenmark (%)",
    "high_risk_cyto": "Hochrisiko-Zytogenetik",
    "prior_bcma": "BCMA-Vortherapie",
    "start_date": "Therapiebeginn",
    "first_response_date": "Datum erstes Ansprechen",
    "best_response": "Bestes Ansprechen",
    "progression": "Progredienz",
    "progression_date": "Datum Progress",
    "death": "Verstorben",
    "death_date": "Todesdatum",
    "last_contact_date": "Letzter Kontakt",
    "crs_grade": "CRS Grad",
    "icans_grade": "ICANS Grad",
    "infection_grade": "Infektion Grad",
}
ENGLISH = {
    "patient_id": "Patient ID",
    "center": "Centre",
    "sex": "Sex",
    "age": "Age at start",
    "dx_date": "Date of diagnosis",
    "prior_lines": "Prior lines of therapy",
    "emd": "Extramedullary disease",
    "iss": "ISS stage",
    "bm_plasma_pct": "Bone marrow plasma cells (%)",
    "high_risk_cyto": "High-risk cytogenetics",
    "prior_bcma": "Prior BCMA",
    "start_date": "Start of treatment",
    "first_response_date": "Date of first response",
    "best_response": "Best response",
    "progression": "Progression",
    "progression_date": "Date of progression",
    "death": "Death",
    "death_date": "Date of death",
    "last_contact_date": "Last contact",
    "crs_grade": "CRS grade",
    "icans_grade": "ICANS grade",
    "infection_grade": "Infection grade",
}
PLAIN = {name: name for name in FIELDS}


def _patients() -> list[dict[str, Any]]:
    rows = []
    for line in _RAW.split():
        row: dict[str, Any] = {}
        for name, text in zip(FIELDS, line.split("|"), strict=True):
            if not text:
                row[name] = None
            elif name.endswith("_date"):
                row[name] = D.fromisoformat(text)
            elif name in ("age", "prior_lines", "bm_plasma_pct") or name.endswith("_grade"):
                row[name] = float(text)
            else:
                row[name] = text
        rows.append(row)
    return rows


PATIENTS = _patients()


def text_of(value: Any) -> str:
    """A value as `cohort.csv` has it."""
    if value is None:
        return ""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    return value.isoformat() if isinstance(value, dt.date) else str(value)


def truth(patients: Sequence[dict[str, Any]] = tuple(PATIENTS), without: Sequence[str] = ()) -> list[dict[str, str]]:
    """What `cohort.csv` has to hold: the given cells, and the survival times counted here by hand."""
    rows = []
    for patient in patients:
        row = {name: text_of(patient[name]) for name in FIELDS if name not in without}
        start = patient["start_date"]
        end = patient["death_date"] if patient["death"] == "yes" else patient["last_contact_date"]
        row["os_days"], row["os_event"] = str((end - start).days), patient["death"]
        first = patient["progression_date"] or end
        row["pfs_days"] = str((first - start).days)
        row["pfs_event"] = "yes" if "yes" in (patient["progression"], patient["death"]) else "no"
        rows.append({name: text for name, text in row.items() if name not in without})
    return rows


@dataclass(frozen=True)
class Case:
    """One file. truth: expected cells of `cohort.csv`, one dict a patient; refused: words of the expected
    refusal.

    rules: rules of issues that have to be there; never: texts that nothing that is shown or exported may
        hold.
    read: expected entries of ``read``.
    """

    name: str
    filename: str
    make: Callable[[], bytes]
    truth: Callable[[], list[dict[str, str]]] = truth
    refused: str = ""
    rules: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    read: dict[str, Any] = field(default_factory=dict)
    load: dict[str, Any] = field(default_factory=dict)


# ---------------------------------------------------------------- tables


def grid(
    headers: dict[str, str] = ENGLISH,
    patients: Sequence[dict[str, Any]] = tuple(PATIENTS),
    value: Callable[[str, Any], Any] | None = None,
) -> list[Row]:
    """Header row and one row a patient; ``value`` rewrites cells (name, value)."""
    rows: list[Row] = [[headers[name] for name in headers]]
    rows += [[value(name, patient[name]) if value else patient[name] for name in headers] for patient in patients]
    return rows


def german_value(name: str, value: Any) -> Any:
    """As a German hospital writes it in text."""
    if isinstance(value, dt.date):
        return value.strftime("%d.%m.%Y")
    if isinstance(value, float):
        return (str(int(value)) if value.is_integer() else repr(value)).replace(".", ",")
    return {"yes": "ja", "no": "nein", "F": "w", "M": "m"}.get(value, value)


def plain_value(name: str, value: Any) -> Any:
    """ISO text."""
    return text_of(value)


def xlsx(*sheets: tuple[str, list[Row]], edit: Callable[[Any], None] | None = None) -> bytes:
    """A workbook; ``edit`` changes it before it is written."""
    import openpyxl

    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets:
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    if edit:
        edit(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def delimited(rows: list[Row], separator: str = ",", encoding: str = "utf-8", end: str = "\n") -> bytes:
    """Text; cells that hold the separator are quoted."""
    out = io.StringIO()
    csv.writer(out, delimiter=separator, lineterminator=end).writerows(
        [["" if value is None else value for value in row] for row in rows]
    )
    return out.getvalue().encode(encoding)


def rezip(data: bytes, change: Callable[[str, bytes], bytes | None], more: dict[str, bytes] | None = None) -> bytes:
    """The package with its parts changed (None drops a part)."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = change(name, old.read(name))
            if content is not None:
                new.writestr(name, content)
        for name, content in (more or {}).items():
            new.writestr(name, content)
    return out.getvalue()


def ods(*sheets: tuple[str, list[Row]], hidden: Sequence[str] = ()) -> bytes:
    """An OpenDocument sheet as LibreOffice writes it: dates typed, a stretch of empty cells repeated."""
    parts = []
    for name, rows in sheets:
        style = ' table:style-name="hid"' if name in hidden else ""
        parts.append(f'<table:table table:name="{escape(name)}"{style}>')
        for row in rows:
            parts.append(
                "<table:table-row>"
                + "".join(map(_ods_cell, row))
                + '<table:table-cell table:number-columns-repeated="900"/></table:table-row>'
            )
        parts.append(
            '<table:table-row table:number-rows-repeated="1048000"><table:table-cell '
            'table:number-columns-repeated="16384"/></table:table-row></table:table>'
        )
    content = (
        '<?xml version="1.0" encoding="UTF-8"?><office:document-content '
        'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        'xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" '
        'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
        'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" office:version="1.2"><office:automatic-styles>'
        '<style:style style:name="hid" style:family="table"><style:table-properties table:display="false"/>'
        "</style:style></office:automatic-styles><office:body><office:spreadsheet>"
        + "".join(parts)
        + "</office:spreadsheet></office:body></office:document-content>"
    )
    manifest = (
        '<?xml version="1.0"?><manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        '<manifest:file-entry manifest:full-path="/" manifest:media-type='
        '"application/vnd.oasis.opendocument.spreadsheet"/></manifest:manifest>'
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        package.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        package.writestr("content.xml", content)
        package.writestr("META-INF/manifest.xml", manifest)
    return out.getvalue()


def _ods_cell(value: Any) -> str:
    if value is None:
        return "<table:table-cell/>"
    if isinstance(value, dt.date):
        return (
            f'<table:table-cell office:value-type="date" office:date-value="{value.isoformat()}"><text:p>'
            f"{value:%d.%m.%y}</text:p></table:table-cell>"
        )
    if isinstance(value, float | int):
        return f'<table:table-cell office:value-type="float" office:value="{value}"><text:p>{value}</text:p></table:table-cell>'
    return f'<table:table-cell office:value-type="string"><text:p>{escape(str(value))}</text:p></table:table-cell>'


def xls(*sheets: tuple[str, list[Row]]) -> bytes:
    """An Excel 97 workbook: the records a reader needs, in an OLE container. Dates carry a date format."""
    bodies = [_biff_sheet(rows) for _, rows in sheets]
    globals_ = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0005, 0, 0, 0, 0))
    # Two cell formats: general, and day.month.year (built-in 14).
    xfs = b"".join(_record(0x00E0, struct.pack("<HHHBBBBIIH", 0, fmt, 0, 0, 0, 0, 0, 0, 0, 0)) for fmt in (0, 14))
    names = [name.encode("utf-16-le") for name, _ in sheets]
    size = len(globals_) + len(xfs) + sum(4 + 8 + len(name) for name in names) + 4
    bounds, at = b"", size
    for (name, _), raw, body in zip(sheets, names, bodies, strict=True):
        bounds += _record(0x0085, struct.pack("<IBBBB", at, 0, 0, len(name), 1) + raw)
        at += len(body)
    stream = globals_ + xfs + bounds + _record(0x000A, b"") + b"".join(bodies)
    return _ole("Workbook", stream)


def _record(kind: int, body: bytes) -> bytes:
    return struct.pack("<HH", kind, len(body)) + body


def _biff_sheet(rows: list[Row]) -> bytes:
    out = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0, 0, 0, 0))
    for r, row in enumerate(rows):
        for c, value in enumerate(row):
            if isinstance(value, dt.date):
                out += _record(0x0203, struct.pack("<HHHd", r, c, 1, float((value - D(1899, 12, 30)).days)))
            elif isinstance(value, float | int):
                out += _record(0x0203, struct.pack("<HHHd", r, c, 0, float(value)))
            elif value is not None:
                out += _record(0x0204, struct.pack("<HHHHB", r, c, 0, len(value), 1) + value.encode("utf-16-le"))
    return out + _record(0x000A, b"")


def _ole(name: str, stream: bytes) -> bytes:
    """An OLE container with one stream of at least 4096 bytes."""
    stream += b"\0" * (-len(stream) % 512)
    stream += b"\0" * max(0, 4096 - len(stream))
    sectors = len(stream) // 512
    used = sectors + 1
    fats = 1
    while fats * 128 < used + fats:
        fats += 1
    end, free, fat_mark = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD
    table = [*range(1, sectors), end, end, *([fat_mark] * fats)]
    table += [free] * (fats * 128 - len(table))
    header = (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
        + b"\0" * 16
        + struct.pack("<HHHHHHIIIIIIIIIII", 0x3E, 3, 0xFFFE, 9, 6, 0, 0, 0, fats, sectors, 0, 4096, end, 0, end, 0, 0)
    )
    header = header[:76] + struct.pack("<109I", *(range(used, used + fats)), *([free] * (109 - fats)))

    def entry(label: str, kind: int, child: int, start: int, size: int) -> bytes:
        raw = (label + "\0").encode("utf-16-le") if label else b""
        return (
            raw.ljust(64, b"\0")
            + struct.pack("<HBBIII", len(raw), kind, 1, free, free, child)
            + b"\0" * 36
            + struct.pack("<IQ", start, size)
        )

    directory = entry("Root Entry", 5, 1, end, 0) + entry(name, 2, free, 0, len(stream)) + entry("", 0, free, 0, 0) * 2
    return header + stream + directory + struct.pack(f"<{fats * 128}I", *table)
