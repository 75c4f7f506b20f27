"""The same cohort in the shapes that sheets have after years of use."""

from __future__ import annotations

import io
from typing import Any

from tests.intake.corpus_base import (
    ENGLISH,
    FIELDS,
    GERMAN,
    PATIENTS,
    Case,
    Row,
    delimited,
    german_value,
    grid,
    ods,
    plain_value,
    truth,
    xlsx,
)

K = len(FIELDS)
LEGEND = (
    "Legende",
    [
        ["Variable", "Bedeutung"],
        ["emd", "Extramedulläre Erkrankung"],
        ["iss", "ISS Stadium"],
        ["death", "Verstorben"],
        ["crs_grade", "CRS Grad nach ASTCT"],
        ["age", "Alter in Jahren"],
    ],
)


def _title() -> bytes:
    rows = [
        ["Teclistamab-Kohorte, Stand März 2024"],
        [],
        ["Stichtag", "01.03.2024"],
        [],
        *grid(GERMAN, value=german_value),
    ]
    return xlsx(("Tabelle1", rows))


def _two_headers(merge: bool = True) -> bytes:
    top: Row = [None] * K
    bottom: Row = [GERMAN[name] for name in FIELDS]
    groups = {
        "patient_id": "Patient",
        "dx_date": "Erkrankung",
        "start_date": "Therapie",
        "progression": "Verlauf",
        "crs_grade": "Toxizität",
    }
    places = [FIELDS.index(name) for name in groups]
    for name, text in groups.items():
        top[FIELDS.index(name)] = text

    def edit(book: Any) -> None:
        sheet = book.active
        for start, end in zip(places, [*places[1:], K], strict=True):
            if merge and end - start > 1:
                sheet.merge_cells(start_row=1, end_row=1, start_column=start + 1, end_column=end)

    return xlsx(("Kohorte", [top, bottom, *grid(GERMAN, value=german_value)[1:]]), edit=edit)


def _short_second() -> bytes:
    """CRS, ICANS and infection as a group, their "Grad" below, all else with one vertical header."""
    top: Row = [GERMAN[name] for name in FIELDS]
    bottom: Row = [None] * K
    at = FIELDS.index("progression")
    top[at], top[at + 1] = "Progression", None
    bottom[at], bottom[at + 1] = "ja/nein", "Datum"

    def edit(book: Any) -> None:
        sheet = book.active
        sheet.merge_cells(start_row=1, end_row=1, start_column=at + 1, end_column=at + 2)
        for place in range(K):
            if place not in (at, at + 1):
                sheet.merge_cells(start_row=1, end_row=2, start_column=place + 1, end_column=place + 1)

    return xlsx(("Kohorte", [top, bottom, *grid(GERMAN, value=german_value)[1:]]), edit=edit)


def _units() -> bytes:
    headers = {**GERMAN, "bm_plasma_pct": "Plasmazellen im Knochenmark"}
    rows = grid(headers, value=german_value)
    units: Row = [None] * K
    units[FIELDS.index("age")] = "Jahre"
    units[FIELDS.index("bm_plasma_pct")] = "%"
    units[FIELDS.index("start_date")] = "TT.MM.JJJJ"
    units[FIELDS.index("emd")] = "ja/nein"
    return xlsx(("Kohorte", [rows[0], units, *rows[1:]]))


def _totals() -> bytes:
    rows = grid()
    total: Row = [None] * K
    total[0], total[3], total[5] = "Total", 651.0, 54.0
    mean: Row = [None] * K
    mean[0], mean[3], mean[8] = "Mean", 65.1, 43.05
    return xlsx(("Cohort", [*rows, [], total, mean, [], ["Data cut: 1 March 2024, all centres confirmed"]]))


def _subheadings() -> bytes:
    headers = {name: text for name, text in ENGLISH.items() if name != "center"}
    rows: list[Row] = [[headers[name] for name in headers]]
    last = ""
    for patient in PATIENTS:
        if patient["center"] != last:
            last = patient["center"]
            rows.append([f"Centre: {last}"])
        rows.append([patient[name] for name in headers])
    return xlsx(("Cohort", rows))


def _repeated_headers() -> bytes:
    rows = grid()
    return xlsx(("Cohort", [*rows[:5], rows[0], *rows[5:]]))


def _side_notes() -> bytes:
    rows = [list(row) for row in grid()]
    rows[2] += [None, "call Köln about the marrow"]
    rows[6] += [None, None, "check date again"]
    return xlsx(("Cohort", rows))


def _side_legend() -> bytes:
    rows = [list(row) for row in grid()]
    for at, pair in enumerate((("Code", "Bedeutung"), ("I", "ISS I"), ("II", "ISS II"), ("III", "ISS III"))):
        rows[at] += [None, None, *pair]
    return xlsx(("Cohort", rows))


def _empty_columns() -> bytes:
    rows = [[cell for at, value in enumerate(row) for cell in ((value, None) if at in (0, 4, 9) else (value,))] for row in grid()]
    return xlsx(("Cohort", rows))


def _offset() -> bytes:
    return xlsx(("Cohort", [[], [], [], *([None, None, *row] for row in grid())]))


def _transposed() -> bytes:
    return xlsx(("Cohort", [list(column) for column in zip(*grid(), strict=True)]))


def _ghosts() -> bytes:
    def edit(book: Any) -> None:
        from openpyxl.styles import PatternFill

        sheet = book.active
        for row in range(12, 700):
            sheet.cell(row, 1).fill = PatternFill("solid", fgColor="FFFF00")
            sheet.cell(row, 3).value = " " if row % 2 else None

    return xlsx(("Cohort", grid()), edit=edit)


def _hidden() -> bytes:
    def edit(book: Any) -> None:
        sheet = book["Cohort"]
        sheet.row_dimensions[4].hidden = True
        sheet.row_dimensions[7].hidden = True
        sheet.column_dimensions["E"].hidden = True
        book["Names"].sheet_state = "hidden"
        from openpyxl.comments import Comment

        sheet["A2"].comment = Comment("Frau Erika Mustermann", "Dr. Beispiel")

    return xlsx(("Cohort", grid()), ("Names", [["Patient ID", "Name"], ["T-001", "Mustermann"]]), edit=edit)


def _centres(sheets: int = 3) -> bytes:
    headers = {name: text for name, text in ENGLISH.items() if name != "center"}
    order = list(headers)
    parts = []
    for number, centre in enumerate(("North", "South", "East")):
        names = {name: headers[name] for name in (order if number != 1 else order[::-1])}
        parts.append((centre, grid(names, [patient for patient in PATIENTS if patient["center"] == centre])))
    return xlsx(LEGEND, *parts)


def _two_sheets() -> bytes:
    first = {name: ENGLISH[name] for name in FIELDS[:11]}
    second = {name: ENGLISH[name] for name in ("patient_id", *FIELDS[11:])}
    return xlsx(("Patients", grid(first)), ("Outcomes", grid(second, PATIENTS[::-1])))


def _with_events() -> bytes:
    headers = {name: ENGLISH[name] for name in FIELDS[:19]}
    events: list[Row] = [["Patient ID", "Adverse event", "CTCAE grade", "Date of onset"]]
    words = {
        "crs_grade": ("CRS", "Cytokine release syndrome"),
        "icans_grade": ("ICANS", "Neurotoxicity (ICANS)"),
        "infection_grade": ("Pneumonia", "COVID-19 infection"),
    }
    for patient in PATIENTS:
        for name, terms in words.items():
            worst = patient[name]
            if worst:
                events.append([patient["patient_id"], terms[0], worst, patient["start_date"]])
                if worst > 1:
                    events.append([patient["patient_id"], terms[1], worst - 1, patient["start_date"]])
        events.append([patient["patient_id"], "Fatigue", 2, patient["start_date"]])
    events.append(["T-999", "Fatigue", 1, PATIENTS[0]["start_date"]])
    return xlsx(("Patients", grid(headers)), ("Adverse events", events))


def _stacked_tables() -> bytes:
    """Outcomes stand below the patients on the same sheet."""
    first = {name: ENGLISH[name] for name in FIELDS[:11]}
    second = {name: ENGLISH[name] for name in ("patient_id", *FIELDS[11:])}
    return xlsx(("Cohort", [*grid(first), [], ["Follow-up"], [], *grid(second)]))


def _old_copy() -> bytes:
    older = [{**patient, "death": "no"} for patient in PATIENTS]
    return xlsx(("Cohort", grid()), ("Cohort old", grid(ENGLISH, older)))


def _only_id() -> bytes:
    """A patient of whom nothing but the ID is known stays a patient."""
    return xlsx(("Cohort", [*grid(), ["T-011"]]))


def _only_id_truth() -> list[dict[str, str]]:
    return [*truth(), {**dict.fromkeys(truth()[0], ""), "patient_id": "T-011"}]


def _vertical_merge() -> bytes:
    """The centre is written once, in a cell merged over its patients."""
    rows = grid()
    first = {"North": 2, "South": 5, "East": 9}
    last = {"North": 4, "South": 8, "East": 11}
    for at, row in enumerate(rows[1:], start=2):
        if at not in first.values():
            row[1] = None

    def edit(book: Any) -> None:
        for centre, start in first.items():
            book.active.merge_cells(start_row=start, end_row=last[centre], start_column=2, end_column=2)

    return xlsx(("Cohort", rows), edit=edit)


def _pandas_index() -> bytes:
    rows = grid(value=plain_value)
    return delimited([["", *rows[0]], *([at, *row] for at, row in enumerate(rows[1:]))])


def _formulas() -> bytes:
    def edit(book: Any) -> None:
        book.active["D3"] = "=10*7+2"
        book.active["D4"] = "#N/A"
        book.active["D4"].data_type = "e"

    return xlsx(("Cohort", grid()), edit=edit)


def _formulas_truth() -> list[dict[str, str]]:
    rows = truth()
    return [{**row, "age": ""} if at in (1, 2) else row for at, row in enumerate(rows)]


def _without_header() -> bytes:
    return xlsx(("Cohort", grid()[1:]))


def _unquoted_comma() -> bytes:
    text = delimited(grid(value=plain_value)).decode().splitlines()
    text[4] = text[4].replace("T-004,South,", "T-004,South, Cologne,")
    return "\n".join(text).encode()


def _unquoted_truth() -> list[dict[str, str]]:
    return [{**row, "center": "South, Cologne"} if row["patient_id"] == "T-004" else row for row in truth()]


def _open_quote() -> bytes:
    rows = delimited(grid(value=plain_value), ";").decode().splitlines()
    rows[3] = rows[3].replace("T-003;North", 'T-003;"North')
    return "\n".join(rows).encode()


def _line_breaks() -> bytes:
    headers = {
        **ENGLISH,
        "bm_plasma_pct": "Bone marrow\nplasma cells (%)",
        "emd": " Extramedullary\r\n disease ",
    }
    return xlsx(("Cohort", grid(headers)))


def _xlsx_dates_as_text() -> bytes:
    out = io.BytesIO(xlsx(("Cohort", grid(value=plain_value))))
    return out.getvalue()


CASES = (
    Case("title rows", "k.xlsx", _title, rules=("title_rows",), read={"header_row": 5}),
    Case("two header rows, merged", "k.xlsx", _two_headers, read={"header_row": 2, "header_rows": [1, 2]}),
    Case("two header rows, not merged", "k.xlsx", lambda: _two_headers(False), read={"header_row": 2}),
    Case("second header row under some columns", "k.xlsx", _short_second, read={"header_row": 2}),
    Case("units row", "k.xlsx", _units, rules=("units_row",)),
    Case("totals and notes below", "k.xlsx", _totals, rules=("total_row",)),
    Case("subheadings name the centre", "k.xlsx", _subheadings, rules=("subheading",)),
    Case("headers repeated", "k.xlsx", _repeated_headers, rules=("repeated_header",)),
    Case("notes at the side", "k.xlsx", _side_notes, rules=("side_notes",)),
    Case("legend at the side", "k.xlsx", _side_legend, rules=("side_notes",)),
    Case("empty columns", "k.xlsx", _empty_columns),
    Case("offset", "k.xlsx", _offset, read={"header_row": 4}),
    Case(
        "offset, ods",
        "k.ods",
        lambda: ods(("Cohort", [[], [], *([None, *row] for row in grid())])),
        read={"header_row": 3},
    ),
    Case("transposed", "k.xlsx", _transposed, rules=("transposed",), read={"transposed": True}),
    Case("ghost rows", "k.xlsx", _ghosts),
    Case(
        "hidden rows, columns, sheets; comments",
        "k.xlsx",
        _hidden,
        rules=("hidden_kept", "hidden_sheets_not_read", "comments_not_read"),
        never=("Mustermann", "Beispiel"),
    ),
    Case(
        "hidden sheet, ods",
        "k.ods",
        lambda: ods(
            ("Names", [["Patient ID", "Name"], ["T-001", "Mustermann"]]),
            ("Cohort", grid()),
            hidden=("Names",),
        ),
        rules=("hidden_sheets_not_read",),
        never=("Mustermann",),
    ),
    Case(
        "legend first",
        "k.xlsx",
        lambda: xlsx(LEGEND, ("Kohorte", grid(GERMAN, value=german_value))),
        rules=("sheet_not_used",),
        read={"sheet": "Kohorte"},
    ),
    Case("a sheet for each centre", "k.xlsx", _centres, rules=("sheets_stacked", "centre_from_sheet")),
    Case("patients and outcomes on two sheets", "k.xlsx", _two_sheets, rules=("sheet_joined",)),
    Case("patients and outcomes below each other", "k.xlsx", _stacked_tables, rules=("sheet_joined",)),
    Case(
        "long list of adverse events",
        "k.xlsx",
        _with_events,
        rules=("grades_from_events", "patient_not_found"),
    ),
    Case("an older copy", "k.xlsx", _old_copy, rules=("sheet_is_copy",)),
    Case("only an ID", "k.xlsx", _only_id, _only_id_truth),
    Case("cells merged downwards", "k.xlsx", _vertical_merge, rules=("merged_cells_filled",)),
    Case("index column without header", "k.csv", _pandas_index, rules=("row_counter",)),
    Case(
        "formula without result, error cell",
        "k.xlsx",
        _formulas,
        _formulas_truth,
        rules=("formula_without_result", "error_cells"),
    ),
    Case(
        "no header row",
        "k.xlsx",
        _without_header,
        lambda: [{name: row[name] for name in ("sex", "iss", "best_response")} for row in truth()],
        rules=("no_header",),
    ),
    Case("comma inside a value", "k.csv", _unquoted_comma, _unquoted_truth, rules=("shifted_row",)),
    Case("quote never closed", "k.csv", _open_quote, rules=("open_quote",)),
    Case("line breaks in headers", "k.xlsx", _line_breaks),
    Case("dates as text", "k.xlsx", _xlsx_dates_as_text),
)
