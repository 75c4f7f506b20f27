"""Headers of five languages find their variable, values speak up, and what is not clear is asked."""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rrmm.intake import mapping, values
from rrmm.intake.headers import key_of, unit_of, without_unit
from rrmm.intake.saved_mapping import Saved
from rrmm.schema import VARIABLES
from tests.intake.corpus_values import TODAY, table_of

EXAMPLE: dict[str, list[Any]] = {
    "id": ["P1", "P2"],
    "text": ["a", "b"],
    "flag": ["ja", "nein"],
    "number": [3, 4.5],
    "grade": [0, 3],
    "date": ["12.03.2023", "25.04.2023"],
}
CATEGORY = {"sex": ["m", "w"], "iss": ["I", "III"], "r_iss": ["I", "II"], "best_response": ["VGPR", "PD"]}


def example(name: str) -> list[Any]:
    return CATEGORY.get(name) or EXAMPLE[VARIABLES[name].kind]


def every_synonym() -> dict[str, set[str]]:
    found = defaultdict(set)
    more = json.loads(
        (__import__("pathlib").Path(mapping.__file__).parent / "synonyms.json").read_text(encoding="utf-8")
    )
    assert set(more) <= set(VARIABLES)
    for variable in VARIABLES.values():
        words = [word for language in more.get(variable.name, {}).values() for word in language]
        for word in (variable.name, variable.label, *variable.synonyms, *words):
            found[key_of(word)].add(variable.name)
    return found


def test_no_two_variables_share_a_header() -> None:
    found = every_synonym()
    assert "" not in found
    assert {key: names for key, names in found.items() if len(names) > 1} == {}


def test_every_language_has_a_word_for_nearly_everything() -> None:
    more = json.loads(
        (__import__("pathlib").Path(mapping.__file__).parent / "synonyms.json").read_text(encoding="utf-8")
    )
    for language in ("en", "de", "fr", "es", "pl"):
        assert sum(bool(words.get(language)) for words in more.values()) >= 0.9 * len(VARIABLES)


@pytest.mark.parametrize("name", VARIABLES)
def test_a_known_header_is_found_alone(name: str) -> None:
    """Name, label and every synonym, in any case and punctuation."""
    keys = [name, VARIABLES[name].label, *VARIABLES[name].synonyms]
    cells = example(name)
    for word in keys:
        for header in (word, word.upper().replace(" ", "_"), f" {word}: "):
            if header.upper() == header and "ß" in word:
                continue
            assert mapping.propose(table_of({header: cells})).mapping.get(name) == header, header


GERMAN = {
    "Pat.-Nr.": "patient_id",
    "Zentrum": "center",
    "Geschlecht (m/w)": "sex",
    "Alter bei Therapiebeginn (Jahre)": "age",
    "Datum der Erstdiagnose": "dx_date",
    "Anzahl der Vortherapien": "prior_lines",
    "Extramedullärer Befall (ja/nein)": "emd",
    "ISS-Stadium": "iss",
    "R-ISS": "r_iss",
    "ß2-Mikroglobulin (mg/l)": "b2m",
    "Albumin [g/dl]": "albumin",
    "LDH (U/l)": "ldh",
    "KM-Infiltration (%)": "bm_plasma_pct",
    "del(17p)": "del17p",
    "t(4;14)": "t414",
    "t(14;16)": "t1416",
    "Hochrisiko-Zytogenetik": "high_risk_cyto",
    "Triple-class refraktär": "triple_class_refractory",
    "Penta-refraktär": "penta_refractory",
    "Polychemotherapie in den letzten 2 Monaten": "polychemo_2m",
    "Ide-cel": "idecel",
    "Cilta-cel": "ciltacel",
    "Belantamab": "belantamab",
    "BCMA-Vortherapie": "prior_bcma",
    "Datum CAR-T-Infusion": "car_t_date",
    "Therapiebeginn": "start_date",
    "Datum erstes Ansprechen": "first_response_date",
    "Bestes Ansprechen": "best_response",
    "Progress (ja/nein)": "progression",
    "Datum Progress": "progression_date",
    "Verstorben": "death",
    "Todesdatum": "death_date",
    "Todesursache": "cause_of_death",
    "Letzter Kontakt": "last_contact_date",
    "PFS (Monate)": "pfs_days",
    "OS (Monate)": "os_days",
    "CRS-Grad": "crs_grade",
    "ICANS-Grad": "icans_grade",
    "Infektion (CTCAE-Grad)": "infection_grade",
    "Neutropenie": "neutropenia_grade",
    "Anämie": "anemia_grade",
    "Thrombozytopenie": "thrombopenia_grade",
    "Tocilizumab-Gabe": "tocilizumab",
    "Dexamethason": "dexamethasone",
    "Intensivstation": "icu",
    "G-CSF": "gcsf",
    "Krankenhaustage": "hospital_days",
    "Hämoglobin": "hemoglobin",
    "Thrombozyten": "platelets",
    "Dauer des Ansprechens (Tage)": "dor_days",
    "Zeit bis Ansprechen (Tage)": "ttr_days",
}
OTHERS = {
    "Sexe": "sex",
    "Date de diagnostic": "dx_date",
    "Date de décès": "death_date",
    "Meilleure réponse": "best_response",
    "Date des dernières nouvelles": None,
    "Date de dernières nouvelles": "last_contact_date",
    "Grade CRS": "crs_grade",
    "Edad": "age",
    "Fecha de inicio": "start_date",
    "Fecha de progresión": "progression_date",
    "Enfermedad extramedular": "emd",
    "Płeć": "sex",
    "Data rozpoznania": "dx_date",
    "Data zgonu": "death_date",
    "Najlepsza odpowiedź": "best_response",
    "Plasma cells in bone marrow (%)": "bm_plasma_pct",
    "Time since diagnosis (years)": "years_since_dx",
    "PatientID": "patient_id",
    "DeathDate": "death_date",
    "best_response": "best_response",
    "Extramedulary disease": "emd",
    "Bestes Ansprechn": "best_response",
}


@pytest.mark.parametrize("header", [*GERMAN, *[h for h, name in OTHERS.items() if name]])
def test_headers_as_people_write_them(header: str) -> None:
    name = {**GERMAN, **OTHERS}[header]
    assert name is not None
    cells = example(name)
    assert mapping.propose(table_of({header: cells})).mapping == {name: header}


def test_all_german_headers_at_once() -> None:
    table = table_of({header: example(name) for header, name in GERMAN.items()})
    proposal = mapping.propose(table)
    assert {header: name for name, header in proposal.mapping.items()} == GERMAN
    assert proposal.unmapped == () and proposal.conflicts == ()


@pytest.mark.parametrize(
    "header",
    [
        "Status",
        "Datum",
        "Name",
        "Kommentar",
        "Stadium nach Durie-Salmon",
        "Telefon",
        "EM",
        "Gewicht",
        "Stage",
        "Grad",
        "PFS2",
        "Response to prior therapy",
        "Anzahl",
        "Nummer 2",
        "ISS bei Erstdiagnose??",
        "Ansprechen auf Vortherapie",
        "Date of birth",
        "Geburtsdatum",
        "t(11;14)",
        "del(1p)",
        "amp1q",
        "CRS Dauer",
        "X",
        "Progression under bridging",
    ],
)
def test_weak_evidence_maps_nothing(header: str) -> None:
    table = table_of({header: ["foo", "12", None, "bar"]})
    assert mapping.propose(table).mapping == {}


def test_values_that_say_something_else() -> None:
    proposal = mapping.propose(
        table_of({"EMD": [1.5, 2.5, 3.5, 7.5], "Ansprechen": ["12.03.2023", "13.03.2023", "1.1.2022", None]})
    )
    assert "emd" in proposal.mapping or any(issue.rule == "values_do_not_fit" for issue in proposal.issues)
    assert "best_response" not in proposal.mapping
    synonym = mapping.propose(table_of({"Extramedullär": [1.5, 2.5, 3.5, 7.5]}))
    assert synonym.mapping == {} and [issue.rule for issue in synonym.issues] == ["values_do_not_fit"]


def test_a_stage_shows_in_its_values() -> None:
    proposal = mapping.propose(table_of({"Spalte 7": ["I", "II", "III", "II"], "Nr": ["1", "2", "3", "4"]}))
    assert proposal.mapping["iss"] == "Spalte 7"
    assert [issue.rule for issue in proposal.issues] == ["mapped_by_values"]
    two = mapping.propose(table_of({"Spalte 7": ["I", "II", "III"], "Spalte 8": ["I", "III", "III"]}))
    assert two.mapping == {} and [issue.rule for issue in two.issues] == ["mapping_conflict"]
    assert mapping.propose(table_of({"Durie Salmon": ["I", "II", "III"]})).mapping == {}
    assert mapping.propose(table_of({"Antwort": ["CR", "VGPR", "PD", "sCR"]})).mapping == {
        "best_response": "Antwort"
    }


def test_two_headers_for_one_variable() -> None:
    best = mapping.propose(table_of({"Ansprechen": ["CR", "PD"], "best_response": ["CR", "PR"]}))
    assert best.mapping["best_response"] == "best_response" and best.conflicts[0].chosen == "best_response"
    assert [(issue.rule, issue.severity) for issue in best.issues] == [("mapping_conflict", "warning")]
    equal = mapping.propose(table_of({"Ansprechen": ["CR", "PD"], "Bestes Ansprechen": ["CR", "PR"]}))
    assert equal.mapping == {} and equal.conflicts[0].chosen == ""
    assert [(issue.rule, issue.severity) for issue in equal.issues] == [("mapping_conflict", "error")]
    same = mapping.propose(table_of({"Ansprechen": ["CR", "PD"], "Bestes Ansprechen": ["CR", "PD"]}))
    assert same.mapping == {"best_response": "Ansprechen"}


def test_evidence_is_in_words() -> None:
    proposal = mapping.propose(
        table_of({"ISS-Stadium": ["I", "II", "?", "vier"], "Plasmacell infiltration": [10, 20, 30, 40]})
    )
    first = proposal.candidates["ISS-Stadium"][0]
    assert first.canonical == "iss" and first.score >= 90 and "67%" in first.evidence
    assert all(0 <= candidate.score <= 100 for found in proposal.candidates.values() for candidate in found)


@pytest.mark.parametrize(
    ("header", "bare", "unit"),
    [
        ("PFS (Monate)", "PFS", "months"),
        ("PFS [d]", "PFS", "days"),
        ("OS in Monaten", "OS", "months"),
        ("pfs_days", "pfs", "days"),
        ("Albumin, g/l", "Albumin", "g/l"),
        ("b2m mg/L", "b2m", "mg/l"),
        ("KM %", "km", "%"),
        ("Zeit (Wo.)", "Zeit", "weeks"),
        ("t(4;14)", "t(4;14)", ""),
        ("EMD", "EMD", ""),
        ("OS / mois", "OS", "months"),
    ],
)
def test_units_in_headers(header: str, bare: str, unit: str) -> None:
    assert without_unit(header) == (bare, unit)
    assert unit_of("µkat/l") == "ukat/l" and unit_of("10⁹/l") == "10^9/l"


def test_the_template_comes_back_as_it_is() -> None:
    """One row with every variable of the schema, in the form in which a cleaned table is written."""
    truth: dict[str, Any] = {}
    for variable in VARIABLES.values():
        truth[variable.name] = {
            "id": "P-007",
            "text": "Text",
            "flag": True,
            "grade": 2.0,
            "date": pd.Timestamp(2023, 4, 12),
            "number": 1.0
            if variable.low is None
            else float(round((variable.low + min(variable.high or 1, variable.low + 40)) / 2)),
            "category": variable.levels[-1] if variable.levels else None,
        }[variable.kind]
    text = {
        name: [
            "yes"
            if value is True
            else value.strftime("%Y-%m-%d")
            if isinstance(value, pd.Timestamp)
            else f"{value:g}"
            if isinstance(value, float)
            else value
        ]
        for name, value in truth.items()
    }
    for cells in (text, {name: [value] for name, value in truth.items()}):
        table = table_of(cells)
        proposal = mapping.propose(table)
        assert proposal.mapping == {name: name for name in VARIABLES} and proposal.issues == ()
        read = values.coerce(table, proposal, {}, today=dt.date(2024, 1, 1))
        assert {name: read.frame[name].iloc[0] for name in VARIABLES} == truth
        assert [issue for issue in read.issues if issue.severity != "info"] == [] and read.extras.empty


def test_a_saved_mapping_holds_headers_and_no_values() -> None:
    table = table_of(
        {"EMD": ["ja", "nein"], "Geheim": ["Anna Meier", "Bert Huber"], "ISS-Stadium": ["I", "III"]}
    )
    proposal = mapping.propose(table)
    text = mapping.to_json(proposal, table.headers)
    assert "Meier" not in text and "ja" not in json.loads(text)["mapping"].values()
    saved = mapping.from_json(text)
    assert saved.mapping == proposal.mapping and mapping.matches(saved, table.headers)
    assert mapping.apply_saved(saved, ["emd", "iss_stadium", "neu"]) == {"emd": "emd", "iss": "iss_stadium"}
    assert mapping.apply_saved(saved, ["ISS-Stadium"]) == {"iss": "ISS-Stadium"} and not mapping.matches(
        saved, ["EMD"]
    )
    assert mapping.from_json('{"emd": "EMD"}') == Saved({"emd": "EMD"}, ("EMD",))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "null",
        "3",
        '{"mapping": []}',
        '{"mapping": {"nix": "EMD"}}',
        '{"mapping": {"emd": 3}}',
        "{" * 5000,
        '{"mapping": {}, "headers": [1]}',
        "\x00",
        '{"mapping": {"emd": null}}',
        "[" * 100000,
        b"\xff\xfe",
    ],
)
def test_rubbish_is_refused_with_a_sentence(text: str | bytes) -> None:
    with pytest.raises(ValueError, match=r"mapping.*\.|variable.*\"$") as caught:
        mapping.from_json(text)
    assert type(caught.value) is ValueError and len(str(caught.value)) < 200


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.text(max_size=30), min_size=1, max_size=4, unique=True),
    st.lists(
        st.one_of(st.none(), st.text(max_size=12), st.integers(), st.floats(), st.booleans(), st.dates()),
        min_size=1,
        max_size=4,
    ),
)
def test_any_headers_and_cells_give_a_proposal(headers: list[str], cells: list[Any]) -> None:
    table = table_of(dict.fromkeys(headers, cells))
    proposal = mapping.propose(table)
    assert set(proposal.mapping) <= set(VARIABLES) and set(proposal.mapping.values()) | set(
        proposal.unmapped
    ) == set(headers)
    values.coerce(table, proposal, {}, today=TODAY)


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("Ansprechen auf Vortherapie", "best_response"),
        ("Ansprechen (auf Vortherapie)", "best_response"),
        ("Vortherapie / Ansprechen", "best_response"),
        ("Response to prior therapy", "best_response"),
        ("Remission nach ASCT", "best_response"),
        ("Stadium nach Durie-Salmon", "iss"),
        ("R2-ISS", "iss"),
        ("Geburtsdatum", "dx_date"),
        ("Datum letzte Therapie", "death_date"),
        ("Therapieende", "start_date"),
        ("Rezidiv nach ASCT", "progression"),
        ("CRS ja/nein", "emd"),
        ("Alter (bei ED)", "age"),
        ("Age at diagnosis", "age"),
        ("Number of cycles", "prior_lines"),
        ("Time to progression", "prior_lines"),
        ("PFS2", "prior_lines"),
        ("Tod innerhalb 30 Tage", "death"),
        ("Plasmazellen Blut (%)", "bm_plasma_pct"),
        ("Albumin (Urin)", "albumin"),
        ("Zensiert", "emd"),
        ("EMD nein", "emd"),
        ("BCMA-naiv", "emd"),
        ("Spender Geschlecht", "sex"),
    ],
)
def test_a_header_about_something_else_maps_nothing(header: str, name: str) -> None:
    """Even where the values would fit."""
    cells = example(name) if name != "best_response" else ["VGPR", "PD", "PR", "CR"]
    assert (
        mapping.propose(table_of({header: cells if name != "iss" else ["I", "II", "III", "II"]})).mapping
        == {}
    )


def test_abbreviations_checkboxes_and_legends() -> None:
    table = table_of(
        {
            "BM-Infiltr. %": ["60 %", 40],
            "Progr.": ["ja", "nein"],
            "Prior BCMA (choice=Ide-cel)": ["Checked", "Unchecked"],
            "Prior BCMA (choice=Blenrep)": ["Checked", "Unchecked"],
            "Vitalstatus (0=lebt, 1=tot)": [0, 1],
            "Geschlecht (m=1, w=2)": [1, 2],
        }
    )
    proposal = mapping.propose(table)
    assert {header: name for name, header in proposal.mapping.items()} == {
        "BM-Infiltr. %": "bm_plasma_pct",
        "Progr.": "progression",
        "Prior BCMA (choice=Ide-cel)": "idecel",
        "Prior BCMA (choice=Blenrep)": "belantamab",
        "Vitalstatus (0=lebt, 1=tot)": "death",
        "Geschlecht (m=1, w=2)": "sex",
    }
    read = values.coerce(table, proposal, {}, today=TODAY).frame
    assert read["death"].tolist() == [False, True] and read["sex"].tolist() == ["M", "F"]


def test_the_same_times_in_days_and_in_months() -> None:
    proposal = mapping.propose(table_of({"PFS (Monate)": [3.4, 12.0, 5.1], "PFS (Tage)": [104, 365, 155]}))
    assert proposal.mapping == {"pfs_days": "PFS (Tage)"} and proposal.issues[0].severity == "warning"
    other = mapping.propose(table_of({"PFS (Monate)": [3.4, 12.0, 5.1], "PFS (Tage)": [104, 300, 155]}))
    assert other.mapping == {} and other.issues[0].severity == "error"


def test_an_event_belongs_to_the_only_time() -> None:
    table = table_of({"PFS (Monate)": [3.4, 12.0], "Zensiert": [1, 0]})
    proposal = mapping.propose(table)
    assert proposal.mapping == {"pfs_event": "Zensiert", "pfs_days": "PFS (Monate)"}
    assert [issue.rule for issue in proposal.issues] == ["mapped_by_context"]
    assert values.coerce(table, proposal, {}).frame["pfs_event"].tolist() == [False, True]
    two = mapping.propose(
        table_of({"PFS (Monate)": [3.4, 12.0], "OS (Monate)": [4.0, 13.0], "Zensiert": [1, 0]})
    )
    assert "Zensiert" in two.unmapped


def test_a_running_number_is_no_rival_of_an_id() -> None:
    proposal = mapping.propose(table_of({"Nr.": [1, 2], "Pat.-ID": ["A", "B"]}))
    assert proposal.mapping == {"patient_id": "Pat.-ID"}
    assert mapping.propose(table_of({"Nr.": [1, 2]})).mapping == {"patient_id": "Nr."}
