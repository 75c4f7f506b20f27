"""The annotated copy: every patient and every finding, nothing a spreadsheet would run, and no ID of a patient."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import openpyxl
import pytest

from rrmm.cohort import build_cohort
from rrmm.commands.clean import COLUMNS
from rrmm.intake import load
from rrmm.report.annotated import annotated, findings_frame
from tests.cohorts import ALL, sample

NASTY = (
    "Patient;Age;EMD;PFS days;PFS event;=cmd|' /C calc'!A1\n"
    "T-1;61;yes;100;yes;=1+1\n"
    "T-2;sixty;maybe;200;no;@SUM(A1)\n"
    "T-3;700;no;300;yes;-2+3 \x07 \u202eabc\n"
    "T-1;44;no;50;no;https://a.example\n"
)


def opened(data: bytes) -> Any:
    return openpyxl.load_workbook(io.BytesIO(data))


@pytest.mark.parametrize("name", list(ALL))
def test_every_kind_of_cohort_has_its_copy(name: str) -> None:
    cohort = ALL[name]()
    book = opened(annotated(cohort))
    assert book.sheetnames == ["Cohort", "Findings", "Columns", "Conversions"]
    assert book["Cohort"].max_row == cohort.n + 1
    assert book["Findings"].max_row == len(cohort.issues) + 1


def test_it_comes_back_as_the_same_cohort() -> None:
    whole = sample()
    again = build_cohort(load(annotated(whole), "copy.xlsx", choices={"sheet": "Cohort"}))
    assert again.n == whole.n
    for name in ("age", "pfs_days", "os_days", "bm_plasma_pct"):
        assert again.frame[name].equals(whole.frame[name]), name
    for name in ("pfs_event", "death", "emd", "best_response", "iss"):
        assert again.frame[name].equals(whole.frame[name]), name


def test_findings_stand_beside_their_patient_and_colour_their_cell() -> None:
    cohort = build_cohort(load(NASTY.encode(), "nasty.csv"))
    sheet = opened(annotated(cohort))["Cohort"]
    headers = [cell.value for cell in sheet[1]]
    rows = {row[0].value: row for row in sheet.iter_rows(min_row=2)}
    for issue in cohort.issues:
        if issue.row in rows:
            assert issue.message in rows[issue.row][1].value
    age = headers.index("Age (years)")
    wrong = [issue for issue in cohort.issues if issue.row == 3 and issue.column == "Age"]
    assert wrong and rows[3][age].value is None and rows[3][age].fill.fgColor.rgb.endswith(("F8CBAD", "FFE699"))


def test_nothing_runs_and_no_id_is_in_it() -> None:
    data = annotated(build_cohort(load(NASTY.encode(), "nasty.csv")))
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        parts = b"".join(package.read(name) for name in package.namelist() if name.endswith(".xml"))
        assert not any("externalLink" in name or "hyperlink" in name for name in package.namelist())
    assert b"<f>" not in parts and b"<f " not in parts and b"hyperlink" not in parts
    assert b"T-1" not in parts and b"P001" in parts
    assert "\u202e".encode() not in parts
    for sheet in opened(data):
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type != "f"
                assert not (isinstance(cell.value, str) and cell.value[:1] in "=+@\t" and cell.value)
    ids = [cell.value for cell in opened(data)["Cohort"]["C"]][1:]
    assert ids[0] == ids[3] != ids[1]


def test_the_same_cohort_gives_the_same_bytes() -> None:
    assert annotated(sample()) == annotated(sample())


def test_findings_come_gravest_first_and_in_the_words_of_the_reader() -> None:
    cohort = build_cohort(load(NASTY.encode(), "nasty.csv"))
    table = findings_frame(cohort)
    order = ["Not understood", "Please look", "Note"]
    ranks = table["Kind"].map(order.index)
    assert ranks.is_monotonic_increasing and len(table) == len(cohort.issues)
    assert not set(table["Column"]) & (set(COLUMNS) - set(cohort.mapping.values()))
