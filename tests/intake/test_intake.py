"""What the corpus does not show: overruling, the time-tested word lists, and that nothing but a sentence comes out."""

from __future__ import annotations

import datetime as dt
import random

import pytest

from rrmm.cohort import build_cohort
from rrmm.commands import clean
from rrmm.intake import Refused, load, personal
from rrmm.intake.adverse_events import category_of
from rrmm.intake.containers import read_container
from rrmm.intake.containers.encrypted import PasswordNeeded
from rrmm.intake.containers.letters import repaired
from rrmm.intake.containers.shifted import straighten
from rrmm.intake.containers.text import decode, find_separator
from rrmm.intake.containers.workbook import CHILD, run_child
from rrmm.intake.load import NothingRecognised
from rrmm.intake.tables import id_key
from tests.intake import corpus_containers, corpus_layouts, corpus_privacy
from tests.intake.corpus_base import ENGLISH, GERMAN, PATIENTS, delimited, german_value, grid, plain_value, xlsx

TODAY = dt.date(2024, 6, 30)


def test_sheet_and_header_row_can_be_overruled() -> None:
    older = [{**patient, "best_response": "PD"} for patient in PATIENTS]
    data = xlsx(("Cohort", grid()), ("Cohort old", grid(ENGLISH, older)))
    loaded = load(data, "k.xlsx", choices={"sheet": "Cohort old"}, today=TODAY)
    assert loaded.read["sheet"] == "Cohort old"
    assert set(loaded.frame["best_response"]) == {"PD"}
    with pytest.raises(Refused, match="no visible sheet"):
        load(data, "k.xlsx", choices={"sheet": "Nope"}, today=TODAY)
    rows = [["Patient ID", "Sex", "Age", "Best response", "ISS stage"], *grid()]
    loaded = load(xlsx(("Cohort", rows)), "k.xlsx", choices={"header_row": 2}, today=TODAY)
    assert loaded.read["header_row"] == 2 and len(loaded.frame) == 10


def test_wizard_gets_the_table_when_nothing_is_recognised() -> None:
    data = delimited([["foo", "bar", "baz"], *[[f"v{k}", k, "q"] for k in range(5)]])
    with pytest.raises(NothingRecognised) as refusal:
        load(data, "k.csv", today=TODAY)
    assert refusal.value.table.headers == ("foo", "bar", "baz")
    loaded = load(data, "k.csv", mapping={"patient_id": "foo", "prior_lines": "bar"}, today=TODAY)
    assert list(loaded.frame["prior_lines"]) == [0, 1, 2, 3, 4]
    assert list(loaded.extras.columns) == ["baz"]


def test_personal_column_can_be_kept() -> None:
    rows = grid(GERMAN, value=german_value)
    for row, extra in zip(rows, ["Ort", *[f"Ort {k}" for k in range(10)]], strict=True):
        row.append(extra)
    rows[0][-1] = "Wohnort"
    assert "Wohnort" in load(xlsx(("K", rows)), "k.xlsx", today=TODAY).read["dropped"]
    kept = load(xlsx(("K", rows)), "k.xlsx", choices={"keep": ["Wohnort"]}, today=TODAY)
    assert "Wohnort" in kept.extras and not kept.read["dropped"]


def test_ids_can_be_replaced_on_request() -> None:
    loaded = load(xlsx(("K", grid())), "k.xlsx", choices={"ids": "replace"}, today=TODAY)
    assert list(loaded.frame["patient_id"])[:2] == ["P001", "P002"]


def test_password_is_asked_as_its_own_refusal() -> None:
    case = next(case for case in corpus_containers.CASES if case.name == "locked, no password")
    with pytest.raises(PasswordNeeded) as needed:
        load(case.make(), "k.xlsx")
    assert not needed.value.wrong


@pytest.mark.parametrize(
    "code",
    [
        "TEC001",
        "17-003",
        "UKW-001",
        "DE01-0003",
        "1",
        "0042",
        "S-001-012",
        "Patient A",
        "3f2504e0-4f89-11d3-9a0c-0305e82c3301",
        "MM-2023-017",
    ],
)
def test_study_codes_are_no_identifiers(code: str) -> None:
    assert not personal.identifying_id(code)


@pytest.mark.parametrize(
    "code", ["40031337", "A123456789", "KM 12.03.1945", "AB120345", "KM", "Mustermann", "1945-03-12", "12345678Z", "44051401359"]
)
def test_numbers_names_and_birth_dates_are_identifiers(code: str) -> None:
    assert personal.identifying_id(code)


@pytest.mark.parametrize(
    "text",
    [
        "Multiple myeloma",
        "Progressive disease after Talquetamab",
        "Sepsis bei Pneumonie",
        "Dara-VRd, 4 Zyklen",
        "CRS Grad 2 am Tag 3, Tocilizumab 8 mg/kg",
        "seit 12.03.2023 in Remission",
        "Klebsiella pneumoniae",
        "Bortezomib/Dexamethason 2019-2020",
        "EMD: 3 x 4 cm paravertebral",
        "KM 60 %",
        "12345",
        "2023-05-01 / 2023-06-01",
        "Cilta Cel",
        "Hodgkin Lymphom",
        "0,5 mg/dl - 1,2 mg/dl",
        "10/2021 - 03/2022",
    ],
)
def test_medical_text_is_no_personal_data(text: str) -> None:
    assert personal.in_free_text(text) is None


@pytest.mark.parametrize(
    ("term", "category"),
    [
        ("Cytokine release syndrome", "crs"),
        ("CRS", "crs"),
        ("Zytokinfreisetzungssyndrom", "crs"),
        ("ICANS", "icans"),
        ("Neurotoxizität", "icans"),
        ("Febrile neutropenia", "neutropenia"),
        ("Neutropenie", "neutropenia"),
        ("Neutrophil count decreased", "neutropenia"),
        ("Anaemia", "anemia"),
        ("Anämie", "anemia"),
        ("Anémie", "anemia"),
        ("Thrombozytopenie", "thrombopenia"),
        ("Platelet count decreased", "thrombopenia"),
        ("Pneumonia", "infection"),
        ("Harnwegsinfekt", "infection"),
        ("COVID-19", "infection"),
        ("Neutropenic sepsis", "infection"),
        ("Infección", "infection"),
        ("Zakażenie", "infection"),
        ("Fatigue", "other"),
        ("Neuropathie", "other"),
        (None, "other"),
    ],
)
def test_events_have_their_category(term: object, category: str) -> None:
    assert category_of(term) == category


def test_ids_meet_however_they_are_written() -> None:
    assert id_key(7.0) == id_key("7") == id_key("007") == id_key(7)
    assert id_key("T-001") == id_key(" t-001 ") != id_key("T-002")


def test_letters() -> None:
    assert repaired("WÃ¼rzburg") == "Würzburg"
    assert repaired("KrakÃ³w") == "Kraków"
    assert repaired("Würzburg") is None and repaired("≥ 60 %") is None
    assert decode("Größe;Müller".encode("cp1252"))[1] == "cp1252"
    assert find_separator("a;b,c;d\n1,5;2,3;4\n1,5;2,3;4\n") == ";"


def test_torn_row_that_fits_in_two_ways_is_left_out() -> None:
    free = [[" ".join("word" for _ in range(at + place + 1)) + str(at) * at for place in range(3)] for at in range(8)]
    fixed, issues = straighten([["a", "b", "c"], *free, ["one", "two", "three", "four"]], ",")
    assert fixed[-1] == [] and issues[0].severity == "error" and issues[0].row == 10


def test_child_leaves_nothing_but_its_answer() -> None:
    answer = run_child(xlsx(("Cohort", grid())))
    assert set(answer) == {"sheets", "hidden", "facts", "count"}
    assert CHILD.exists()
    with pytest.raises(Refused):
        run_child(b"nonsense")


def test_every_cut_of_a_text_file_is_read_or_refused() -> None:
    data = delimited(grid(value=plain_value), ";")
    for end in range(1, len(data), 97):
        _survives(data[:end], "k.csv")


def test_damaged_files_are_read_or_refused() -> None:
    """Random damage: whatever it is, a cohort or one sentence comes out."""
    rng = random.Random(5)
    cases = [
        case
        for case in (*corpus_containers.CASES, *corpus_layouts.CASES, *corpus_privacy.CASES)
        if case.name not in ("SPSS", "Stata", "SAS transport", "ghost rows")
    ]
    for case in rng.sample(cases, 24):
        data = bytearray(case.make())
        for _ in range(rng.choice((1, 8, 60))):
            data[rng.randrange(len(data))] = rng.randrange(256)
        _survives(bytes(data), case.filename)


JUNK = (
    None,
    "",
    " ",
    "?",
    1e300,
    -1.0,
    0.0,
    99999.0,
    True,
    "=A1",
    "31.02.2023",
    "0000-00-00",
    dt.datetime(2023, 1, 1, 5, 3),
    dt.time(3, 4),
    "x" * 500,
    "\u202e",
    "١٢٣",
    "²",
    "½",
    "III°",
    "1e5",
    "inf",
    "NaN",
    dt.datetime(9999, 12, 31),
    dt.date(1901, 1, 1),
    1e15,
    "∞",
    "9" * 400,
)


def test_odd_cells_are_read_or_refused() -> None:
    rng = random.Random(7)
    for number in range(25):
        rows = [list(row) for row in grid(rng.choice((ENGLISH, GERMAN)), value=rng.choice((None, german_value)))]
        for _ in range(rng.choice((1, 5, 40))):
            row = rng.choice(rows)
            row[rng.randrange(len(row))] = rng.choice(JUNK)
        _survives(xlsx(("a", rows)) if number % 2 else delimited(rows, ";"), "k.xlsx")


def _survives(data: bytes, name: str) -> None:
    try:
        cohort = build_cohort(load(data, name, today=TODAY))
    except Refused as refusal:
        assert str(refusal).endswith((".", ")")) and "\n" not in str(refusal)
        return
    assert len(clean.table(cohort.frame)) == cohort.n


def test_hidden_sheets_alone_are_said() -> None:
    def hide(book) -> None:
        book["Cohort"].sheet_state = "hidden"
        book.create_sheet("Empty")

    with pytest.raises(Refused):
        load(xlsx(("Cohort", grid()), edit=hide), "k.xlsx")
    assert len(read_container(xlsx(("Cohort", grid()), edit=hide), "k.xlsx").hidden_sheets) == 1
