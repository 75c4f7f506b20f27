"""The same cohort as R, LibreOffice, REDCap and hospital systems export it, and as people lay it out by hand."""

from __future__ import annotations

import csv
import io
from typing import Any

from tests.intake.corpus_base import (
    ENGLISH,
    FIELDS,
    GERMAN,
    PATIENTS,
    PLAIN,
    Case,
    Row,
    delimited,
    german_value,
    grid,
    plain_value,
    text_of,
    truth,
    xlsx,
)

AE_WORDS = {"crs_grade": "Zytokinfreisetzungssyndrom", "icans_grade": "ICANS", "infection_grade": "Pneumonie"}


def _r_csv() -> bytes:
    """write.csv: everything quoted, row names in front, NA for missing, TRUE and FALSE."""

    def value(name: str, cell: Any) -> str:
        if name in ("emd", "high_risk_cyto", "prior_bcma", "progression", "death") and cell is not None:
            return "TRUE" if cell == "yes" else "FALSE"
        return "NA" if cell is None else text_of(cell)

    rows = grid(PLAIN, value=value)
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(["", *rows[0]])
    writer.writerows([str(at), *row] for at, row in enumerate(rows[1:], start=1))
    return out.getvalue().encode()


def _titled_csv() -> bytes:
    return b"Kohorte Teclistamab;;\nStand;01.03.2024;\n\n" + delimited(grid(GERMAN, value=german_value), ";")


def _trailing_separators() -> bytes:
    return delimited([[*row, "", ""] for row in grid(value=plain_value)], ";")


def _footnotes() -> bytes:
    rows = grid()
    return xlsx(("Cohort", [*rows, ["* moved away, seen by the family doctor"], ["ISS: International Staging System"]]))


def _german_totals() -> bytes:
    rows = grid(GERMAN, value=german_value)
    total: Row = [None] * len(FIELDS)
    total[0], total[6] = "Summe", 5.0
    counted: Row = [None] * len(FIELDS)
    counted[0] = "n = 10"
    return xlsx(("Kohorte", [*rows, total, counted]))


def _unlabelled_total() -> bytes:
    rows = grid()
    total: Row = [None] * len(FIELDS)
    total[5], total[3] = 54.0, 651.0
    return xlsx(("Cohort", [*rows, total]))


def _running_number() -> bytes:
    rows = grid(GERMAN, value=german_value)
    return xlsx(("Tabelle1", [["Nr.", *rows[0]], *([at, *row] for at, row in enumerate(rows[1:], start=1))]))


def _prefilled_numbers() -> bytes:
    """The running number is filled in for patients to come."""
    rows = [["Nr.", *grid()[0]], *([at, *row] for at, row in enumerate(grid()[1:], start=1))]
    return xlsx(("Cohort", [*rows, *([at] for at in range(11, 40))]))


def _german_events() -> bytes:
    headers = {name: GERMAN[name] for name in FIELDS[:19]}
    events: list[Row] = [["Nebenwirkungen, Stand März 2024"], [], ["Patientennr.", "Ereignis", "Grad", "Beginn"]]
    for patient in PATIENTS:
        for name, word in AE_WORDS.items():
            if patient[name]:
                events.append(
                    [patient["patient_id"], word, f"Grad {int(patient[name])}", patient["start_date"].strftime("%d.%m.%Y")]
                )
    return xlsx(("Patienten", grid(headers, value=german_value)), ("UE", events))


def _titled_centres() -> bytes:
    headers = {name: text for name, text in GERMAN.items() if name != "center"}
    parts = []
    for centre in ("North", "South", "East"):
        mine = [patient for patient in PATIENTS if patient["center"] == centre]
        parts.append((centre, [[f"Zentrum {centre}"], [], *grid(headers, mine, german_value)]))
    return xlsx(*parts)


def _mojibake() -> bytes:
    def wrong(value: Any) -> Any:
        return value.encode().decode("cp1252") if isinstance(value, str) else value

    patients = [{**patient, "center": {"North": "Würzburg"}.get(patient["center"], "Köln")} for patient in PATIENTS]
    return xlsx(("Kohorte", [[wrong(cell) for cell in row] for row in grid(GERMAN, patients, german_value)]))


def _mojibake_truth() -> list[dict[str, str]]:
    return [{**row, "center": {"North": "Würzburg"}.get(row["center"], "Köln")} for row in truth()]


def _three_sheets() -> bytes:
    """Patients, dates and safety on three sheets, ids written differently (7, "007")."""
    numbered = [{**patient, "patient_id": float(at)} for at, patient in enumerate(PATIENTS, start=1)]
    texts = [{**patient, "patient_id": f"{at:03d}"} for at, patient in enumerate(PATIENTS, start=1)]
    parts = (FIELDS[:11], ("patient_id", *FIELDS[11:19]), ("patient_id", *FIELDS[19:]))
    return xlsx(
        ("Patients", grid({n: ENGLISH[n] for n in parts[0]}, numbered)),
        ("Dates", grid({n: ENGLISH[n] for n in parts[1]}, texts[::-1])),
        ("Safety", grid({n: ENGLISH[n] for n in parts[2]}, numbered)),
    )


def _numbered_truth() -> list[dict[str, str]]:
    return [{**row, "patient_id": str(at)} for at, row in enumerate(truth(), start=1)]


def _redcap_events() -> bytes:
    """A longitudinal project: baseline and follow-up in rows of their own, adverse events as a repeating instrument."""
    names = {"patient_id": "record_id", **{name: name for name in FIELDS[1:19]}}
    head = [
        "record_id",
        "redcap_event_name",
        "redcap_repeat_instrument",
        "redcap_repeat_instance",
        *list(names.values())[1:],
        "ae_term",
        "ae_grade",
        "ae_start_date",
    ]
    rows: list[Row] = [head]
    for patient in PATIENTS:
        cells = [text_of(patient[name]) for name in FIELDS[1:19]]
        blank = [""] * len(cells)
        rows.append([patient["patient_id"], "baseline_arm_1", "", "", *cells[:10], *blank[10:], "", "", ""])
        rows.append([patient["patient_id"], "followup_arm_1", "", "", *blank[:10], *cells[10:], "", "", ""])
        number = 0
        for name, word in (("crs_grade", "CRS"), ("icans_grade", "ICANS"), ("infection_grade", "Pneumonia")):
            if patient[name]:
                number += 1
                rows.append(
                    [
                        patient["patient_id"],
                        "followup_arm_1",
                        "adverse_events",
                        number,
                        *blank,
                        word,
                        text_of(patient[name]),
                        text_of(patient["start_date"]),
                    ]
                )
    return delimited(rows)


def _redcap_dictionary_sheet() -> bytes:
    """Codes explained on a second sheet of the workbook, as REDCap's dictionary has it."""
    rows = grid(
        {**PLAIN, "patient_id": "record_id"}, value=lambda name, cell: {"F": 2.0, "M": 1.0}[cell] if name == "sex" else cell
    )
    words = [
        ["Variable / Field Name", "Field Type", "Field Label", "Choices, Calculations, OR Slider Labels"],
        ["record_id", "text", "Record ID", None],
        ["sex", "radio", "Sex", "1, Male | 2, Female"],
        ["center", "text", "Centre", None],
        ["emd", "text", "EMD", None],
    ]
    return xlsx(("Data", rows), ("Dictionary", words))


def _legend_below() -> bytes:
    words = [["Legend"], ["CRS", "cytokine release syndrome"], ["ICANS", "neurotoxicity"], ["VGPR", "very good partial response"]]
    return xlsx(("Cohort", [*grid(), [], [], *words]))


def _events_of_one_kind() -> bytes:
    events: list[Row] = [["ID", "AE", "Grade", "Start"]]
    events += [
        [patient["patient_id"], "Infection", patient["infection_grade"], patient["start_date"]]
        for patient in PATIENTS
        if patient["infection_grade"]
    ]
    return xlsx(("Patients", grid({name: ENGLISH[name] for name in FIELDS[:19]})), ("AE", events))


def _unknown_grades() -> list[dict[str, str]]:
    return [{**row, "crs_grade": "", "icans_grade": ""} for row in truth()]


CASES = (
    Case("legend below", "k.xlsx", _legend_below, rules=("subheading", "ids_kept")),
    Case("list of infections only", "k.xlsx", _events_of_one_kind, _unknown_grades, rules=("grades_not_listed",)),
    Case("R, write.csv", "cohort.csv", _r_csv, rules=("row_counter",)),
    Case("csv with title lines", "k.csv", _titled_csv, rules=("title_rows",)),
    Case("csv with separators at the end", "k.csv", _trailing_separators),
    Case("footnotes right below", "k.xlsx", _footnotes, rules=("subheading",)),
    Case("German totals right below", "k.xlsx", _german_totals, rules=("total_row",)),
    Case("a total without a word", "k.xlsx", _unlabelled_total, rules=("row_without_patient",)),
    Case("running number beside the ID", "k.xlsx", _running_number),
    Case("running numbers of patients to come", "k.xlsx", _prefilled_numbers, rules=("row_without_patient",)),
    Case(
        "German list of events with a title", "k.xlsx", _german_events, rules=("grades_from_events",), read={"adverse_events": 17}
    ),
    Case("centres with title rows", "k.xlsx", _titled_centres, rules=("sheets_stacked", "centre_from_sheet")),
    Case("UTF-8 read as cp1252 by someone else", "k.xlsx", _mojibake, _mojibake_truth, rules=("letters_repaired",)),
    Case("three sheets, ids written differently", "k.xlsx", _three_sheets, _numbered_truth, rules=("sheet_joined",)),
    Case("REDCap, events and repeating instrument", "r.csv", _redcap_events, rules=("events_joined", "grades_from_events")),
    Case("REDCap dictionary on a second sheet", "k.xlsx", _redcap_dictionary_sheet, rules=("data_dictionary",)),
)
