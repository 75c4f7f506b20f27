"""The same cohort in every container and encoding it may come in."""

from __future__ import annotations

import io

from tests.intake.corpus_base import (
    ENGLISH,
    FIELDS,
    GERMAN,
    PATIENTS,
    PLAIN,
    Case,
    delimited,
    german_value,
    grid,
    ods,
    plain_value,
    rezip,
    text_of,
    truth,
    xls,
    xlsx,
)

GERMAN_TEXT = grid(GERMAN, value=german_value)
BOOK = ("Cohort", grid())
CENTRES = {"North": "Würzburg", "South": "Köln-Süd", "East": "Görlitz"}
POLISH = {"North": "Łódź", "South": "Kraków Wschód", "East": "Świdnica"}
FRENCH = {"North": "Besançon", "South": "Orléans", "East": "Saint-Étienne"}


def _with_centres(names):
    return [{**patient, "center": names[patient["center"]]} for patient in PATIENTS]


def _strict() -> bytes:
    pairs = (
        (
            b"http://schemas.openxmlformats.org/spreadsheetml/2006/main",
            b"http://purl.oclc.org/ooxml/spreadsheetml/main",
        ),
        (
            b"http://schemas.openxmlformats.org/officeDocument/2006/relationships",
            b"http://purl.oclc.org/ooxml/officeDocument/relationships",
        ),
    )

    def change(name: str, content: bytes) -> bytes:
        for loose, strict in pairs:
            content = content.replace(loose, strict)
        return content

    return rezip(xlsx(BOOK), change)


def _encrypted() -> bytes:
    from msoffcrypto.format.ooxml import OOXMLFile

    out = io.BytesIO()
    OOXMLFile(io.BytesIO(xlsx(BOOK))).encrypt("Geheim-123", out)
    return out.getvalue()


def _macros() -> bytes:
    return rezip(
        xlsx(BOOK),
        lambda name, content: content.replace(
            b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
            b"application/vnd.ms-excel.sheet.macroEnabled.main+xml",
        ),
        {"xl/vbaProject.bin": b"\xd0\xcf\x11\xe0" + b"x" * 600},
    )


def _date1904() -> bytes:
    import xlsxwriter

    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"date_1904": True})
    sheet = book.add_worksheet("Cohort")
    style = book.add_format({"num_format": "dd/mm/yyyy"})
    for r, row in enumerate(grid()):
        for c, value in enumerate(row):
            if hasattr(value, "isoformat"):
                sheet.write_datetime(r, c, value, style)
            elif value is not None:
                sheet.write(r, c, value)
    book.close()
    return out.getvalue()


def _html() -> bytes:
    rows = "".join("<tr>" + "".join(f"<td>{'' if v is None else v}</td>" for v in row) + "</tr>" for row in GERMAN_TEXT)
    return (
        '<html><head><meta http-equiv="Content-Type" content="text/html; charset=utf-8"><script>alert("<td>x</td>")'
        f"</script></head><body><table border=1>{rows}</table></body></html>"
    ).encode()


def _xml2003() -> bytes:
    def cell(value):
        if value is None:
            return "<Cell/>"
        if isinstance(value, float):
            return f'<Cell><Data ss:Type="Number">{value}</Data></Cell>'
        if hasattr(value, "isoformat"):
            return f'<Cell><Data ss:Type="DateTime">{value.isoformat()}T00:00:00.000</Data></Cell>'
        return f'<Cell><Data ss:Type="String">{value}</Data></Cell>'

    rows = "".join("<Row>" + "".join(map(cell, row)) + "</Row>" for row in grid())
    return (
        '<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook '
        'xmlns="urn:schemas-microsoft-com:office:spreadsheet" xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet">'
        f'<Worksheet ss:Name="Cohort"><Table>{rows}</Table></Worksheet></Workbook>'
    ).encode()


def _statistics(kind: str) -> bytes:
    import os
    import tempfile

    import pandas as pd
    import pyreadstat

    frame = pd.DataFrame(PATIENTS)[list(FIELDS)]
    for name in FIELDS:
        if name.endswith("_date"):
            frame[name] = pd.to_datetime(frame[name]).dt.date if kind != "dta" else pd.to_datetime(frame[name])
    options = {}
    if kind == "sav":
        frame["sex"] = frame["sex"].map({"F": 2.0, "M": 1.0})
        options = {"variable_value_labels": {"sex": {1: "male", 2: "female"}}}
    if kind == "xpt":
        short = {
            "prior_lines": "LOT",
            "high_risk_cyto": "HRC",
            "bm_plasma_pct": "BMPC",
            "prior_bcma": "BCMAPRE",
            "start_date": "STARTDT",
            "first_response_date": "RESPDT",
            "best_response": "BOR",
            "progression": "PD",
            "progression_date": "PDDT",
            "death_date": "DEATHDT",
            "last_contact_date": "LASTDT",
            "crs_grade": "CRS",
            "icans_grade": "ICANS",
            "infection_grade": "INFEC",
            "patient_id": "SUBJID",
        }
        options = {"column_labels": [ENGLISH[name] for name in frame.columns]}
        frame = frame.rename(columns=short)
    path = os.path.join(tempfile.mkdtemp(), f"file.{kind}")
    {"sav": pyreadstat.write_sav, "dta": pyreadstat.write_dta, "xpt": pyreadstat.write_xport}[kind](frame, path, **options)
    with open(path, "rb") as file:
        return file.read()


def _adtte() -> bytes:
    rows = [["STUDYID", "USUBJID", "SITEID", "AGE", "SEX", "PARAMCD", "PARAM", "AVAL", "CNSR", "STARTDT", "ADT"]]
    for patient, row in zip(PATIENTS, truth(), strict=True):
        for code, words, key in (
            ("OS", "Overall Survival (days)", "os"),
            ("PFS", "Progression-Free Survival (days)", "pfs"),
        ):
            days = row[f"{key}_days"]
            rows.append(
                [
                    "RR1",
                    patient["patient_id"],
                    patient["center"],
                    patient["age"],
                    patient["sex"],
                    code,
                    words,
                    days,
                    "0" if row[f"{key}_event"] == "yes" else "1",
                    patient["start_date"],
                    "",
                ]
            )
    return delimited(rows)


def _adtte_truth():
    return [
        {name: row[name] for name in ("patient_id", "sex", "age", "os_days", "os_event", "pfs_days", "pfs_event")}
        for row in truth()
    ]


def _redcap(labels: bool) -> bytes:
    names = {
        "patient_id": "record_id" if not labels else "Record ID",
        **{k: v for k, v in (ENGLISH if labels else PLAIN).items() if k != "patient_id"},
    }

    def value(name, cell):
        if name in ("emd", "high_risk_cyto", "prior_bcma", "progression", "death") and cell is not None:
            return ("Yes" if cell == "yes" else "No") if labels else ("1" if cell == "yes" else "0")
        if name == "sex":
            return {"F": "Female", "M": "Male"}[cell] if labels else {"F": "2", "M": "1"}[cell]
        return text_of(cell)

    rows = grid(names, value=value)
    rows[0].append("Complete?" if labels else "baseline_complete")
    for row in rows[1:]:
        row.append("Complete" if labels else "2")
    return delimited(rows)


def _dictionary() -> bytes:
    head = [
        "Variable / Field Name",
        "Form Name",
        "Section Header",
        "Field Type",
        "Field Label",
        "Choices, Calculations, OR Slider Labels",
        "Field Note",
        "Text Validation Type OR Show Slider Number",
    ]
    rows = [head, ["record_id", "baseline", "", "text", "Record ID", "", "", ""]]
    for name in FIELDS[1:]:
        if name == "sex":
            rows.append(["sex", "baseline", "", "radio", "Sex", "1, Male | 2, Female", "", ""])
        elif name in ("emd", "high_risk_cyto", "prior_bcma", "progression", "death"):
            rows.append([name, "baseline", "", "yesno", ENGLISH[name], "", "", ""])
        else:
            rows.append([name, "baseline", "", "text", ENGLISH[name], "", "", ""])
    return delimited(rows)


CASES = (
    Case(
        "xlsx",
        "cohort.xlsx",
        lambda: xlsx(BOOK),
        read={"container": "xlsx", "sheet": "Cohort", "header_row": 1},
    ),
    Case("xlsx, German", "kohorte.xlsx", lambda: xlsx(("Kohorte", GERMAN_TEXT))),
    Case("xlsx, canonical headers", "cohort.xlsx", lambda: xlsx(("Cohort", grid(PLAIN)))),
    Case("xlsm", "cohort.xlsm", _macros, rules=("macros_ignored",), read={"container": "xlsm"}),
    Case("strict OOXML", "strict.xlsx", _strict),
    Case("1904", "mac.xlsx", _date1904, read={"datemode_1904": True}),
    Case("xls", "cohort.xls", lambda: xls(BOOK), read={"container": "xls"}),
    Case("xls, German", "kohorte.xls", lambda: xls(("Kohorte", GERMAN_TEXT))),
    Case("ods", "cohort.ods", lambda: ods(BOOK), read={"container": "ods"}),
    Case("locked, no password", "locked.xlsx", _encrypted, refused="protected by a password"),
    Case(
        "locked, wrong password",
        "locked.xlsx",
        _encrypted,
        refused="does not open",
        load={"password": "nope"},
    ),
    Case("locked, password", "locked.xlsx", _encrypted, load={"password": "Geheim-123"}),
    Case("csv", "cohort.csv", lambda: delimited(grid(value=plain_value))),
    Case(
        "csv, CRLF and BOM",
        "cohort.csv",
        lambda: delimited(grid(value=plain_value), encoding="utf-8-sig", end="\r\n"),
    ),
    Case("csv, old Mac line ends", "cohort.csv", lambda: delimited(grid(value=plain_value), end="\r")),
    Case("csv, semicolon, German", "kohorte.csv", lambda: delimited(GERMAN_TEXT, ";")),
    Case("csv, sep line", "kohorte.csv", lambda: b"sep=;\r\n" + delimited(GERMAN_TEXT, ";", end="\r\n")),
    Case("tsv", "cohort.tsv", lambda: delimited(grid(value=plain_value), "\t"), read={"separator": "tab"}),
    Case("pipe", "cohort.txt", lambda: delimited(grid(value=plain_value), "|"), read={"separator": "pipe"}),
    Case(
        "csv, utf-16",
        "kohorte.csv",
        lambda: delimited(GERMAN_TEXT, "\t", "utf-16"),
        read={"encoding": "utf-16"},
    ),
    Case("csv, utf-16 without mark", "kohorte.csv", lambda: delimited(GERMAN_TEXT, ";", "utf-16-le")),
    Case(
        "csv, cp1252",
        "kohorte.csv",
        lambda: delimited(grid(GERMAN, _with_centres(CENTRES), german_value), ";", "cp1252"),
        lambda: truth(_with_centres(CENTRES)),
        rules=("encoding",),
        read={"encoding": "cp1252"},
    ),
    Case(
        "csv, cp1252, French",
        "cohorte.csv",
        lambda: delimited(grid(ENGLISH, _with_centres(FRENCH), plain_value), ";", "cp1252"),
        lambda: truth(_with_centres(FRENCH)),
    ),
    Case(
        "csv, cp1250",
        "kohorta.csv",
        lambda: delimited(grid(ENGLISH, _with_centres(POLISH), plain_value), ";", "cp1250"),
        lambda: truth(_with_centres(POLISH)),
        read={"encoding": "cp1250"},
    ),
    Case(
        "csv, Mac Roman",
        "kohorte.csv",
        lambda: delimited(grid(GERMAN, _with_centres(CENTRES), german_value), ";", "mac_roman"),
        lambda: truth(_with_centres(CENTRES)),
        read={"encoding": "mac_roman"},
    ),
    Case(
        "csv, DOS",
        "kohorte.csv",
        lambda: delimited(grid(GERMAN, _with_centres(CENTRES), german_value), ";", "cp850"),
        lambda: truth(_with_centres(CENTRES)),
        read={"encoding": "cp850"},
    ),
    Case("xlsx called csv", "cohort.csv", lambda: xlsx(BOOK), rules=("extension_differs",)),
    Case(
        "csv called xlsx",
        "cohort.xlsx",
        lambda: delimited(grid(value=plain_value)),
        rules=("extension_differs",),
    ),
    Case(
        "tab text called xls",
        "cohort.xls",
        lambda: delimited(grid(value=plain_value), "\t"),
        rules=("extension_differs",),
    ),
    Case("HTML called xls", "export.xls", _html, rules=("extension_differs",)),
    Case("Excel 2003 XML", "export.xls", _xml2003),
    Case("SPSS", "cohort.sav", lambda: _statistics("sav"), read={"container": "spss"}),
    Case("Stata", "cohort.dta", lambda: _statistics("dta"), read={"container": "stata"}),
    Case("SAS transport", "cohort.xpt", lambda: _statistics("xpt"), read={"container": "sas"}),
    Case("ADTTE", "adtte.csv", _adtte, _adtte_truth, rules=("time_to_event_data",)),
    Case("REDCap, labels", "redcap_labels.csv", lambda: _redcap(True)),
    Case(
        "REDCap, raw with dictionary",
        "redcap_raw.csv",
        lambda: _redcap(False),
        load={"companion": _dictionary()},
    ),
)
