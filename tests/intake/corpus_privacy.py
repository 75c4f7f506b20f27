"""The same cohort with what identifies people, which must not come through anywhere. All people are invented."""

from __future__ import annotations

from typing import Any

from tests.intake.corpus_base import (
    ENGLISH,
    FIELDS,
    GERMAN,
    PATIENTS,
    Case,
    D,
    Row,
    delimited,
    german_value,
    grid,
    plain_value,
    truth,
    xlsx,
)

PEOPLE = (
    ("Brunhilde", "Oberhuber"),
    ("Klaus", "Steinfurth"),
    ("Hans-Peter", "Lindquist"),
    ("Ursula", "Wackernagel"),
    ("Anna", "Kowalczykova"),
    ("Jürgen", "von Trottenberg"),
    ("Werner", "Zieglmoser"),
    ("Monika", "Dünnebier"),
    ("Thomas", "Quakenbrück"),
    ("Gertrud", "Ellerbrock"),
)
BIRTHS = tuple(D(patient["start_date"].year - int(patient["age"]), 1, 7) for patient in PATIENTS)
MRNS = tuple(f"40{17 * at + 31337:06d}" for at in range(10))
NAMES = tuple(last.split()[-1] for _, last in PEOPLE) + tuple(first for first, _ in PEOPLE if first not in ("Anna",))


def _add(
    headers: dict[str, str],
    columns: dict[str, list[Any]],
    value: Any = None,
    at: int = 0,
    without: tuple[str, ...] = (),
) -> list[Row]:
    rows = grid({name: text for name, text in headers.items() if name not in without}, value=value)
    for offset, (header, cells) in enumerate(columns.items()):
        rows[0].insert(at + offset, header)
        for row, cell in zip(rows[1:], cells, strict=True):
            row.insert(at + offset, cell)
    return rows


def _german() -> bytes:
    return xlsx(
        (
            "Kohorte",
            _add(
                GERMAN,
                {
                    "Name": [last for _, last in PEOPLE],
                    "Vorname": [first for first, _ in PEOPLE],
                    "Geb.-Datum": list(BIRTHS),
                    "Straße": [f"Ahornstraße {at + 3}" for at in range(10)],
                    "PLZ": [f"9707{at}" for at in range(10)],
                    "Telefon": [f"0931/4471{at}93" for at in range(10)],
                    "E-Mail": [f"person{at}@beispiel.de" for at in range(10)],
                    "KVNR": [f"K7310{at}4418" for at in range(10)],
                    "Fallnummer": list(MRNS),
                },
                german_value,
                1,
            ),
        )
    )


def _languages(headers: tuple[str, ...]) -> bytes:
    cells = [
        [last for _, last in PEOPLE],
        [first for first, _ in PEOPLE],
        [b.strftime("%d/%m/%Y") for b in BIRTHS],
        [f"0931/4471{at}93" for at in range(10)],
        list(MRNS),
    ]
    return xlsx(("Cohort", _add(ENGLISH, dict(zip(headers, cells, strict=True)), plain_value, 1)))


def _unnamed() -> bytes:
    """Headers that say nothing: the values give the people away."""
    return delimited(
        _add(
            ENGLISH,
            {
                "Feld 1": [f"{last}, {first}" for first, last in PEOPLE],
                "Feld 2": [b.strftime("%d.%m.%Y") for b in BIRTHS],
                "Feld 3": [f"person{at}@beispiel.de" for at in range(10)],
                "Feld 4": [f"+49 931 4471{at}93" for at in range(10)],
                "Feld 5": [f"K7310{at}4418" for at in range(10)],
                "Feld 6": [f"Ahornstraße {at + 3}, 97070 Würzburg" for at in range(10)],
            },
            plain_value,
            4,
        )
    )


def _free_text() -> bytes:
    notes: list[Any] = [None] * 10
    notes[0] = "Frau Oberhuber wünscht Rückruf"
    notes[1] = "Angehörige erreichbar unter 0171 4471993"
    notes[2] = "geb. 12.03.1964, Befund folgt"
    notes[3] = "Rückfragen an a.wacker@beispiel.de"
    notes[4] = "Pause wegen Infekt"
    notes[6] = "Hausarzt Dr. Zieglmoser informiert"
    return xlsx(("Kohorte", _add(GERMAN, {"Bemerkung": notes}, german_value, len(FIELDS))))


def _surnames_in_text() -> bytes:
    notes: list[Any] = [None, None, "laut Lindquist gut vertragen", *[None] * 7]
    return xlsx(
        (
            "Kohorte",
            _add(GERMAN, {"Nachname": [last for _, last in PEOPLE], "Bemerkung": notes}, german_value, 1),
        )
    )


def _ids(ids: tuple[str, ...], header: str = "Patient ID") -> bytes:
    patients = [{**patient, "patient_id": code} for patient, code in zip(PATIENTS, ids, strict=True)]
    return xlsx(("Cohort", grid({**ENGLISH, "patient_id": header}, patients)))


def _pseudonymised() -> list[dict[str, str]]:
    return [{**row, "patient_id": f"P{at:03d}"} for at, row in enumerate(truth(), start=1)]


def _births_instead_of_age() -> bytes:
    return xlsx(("Cohort", _add(ENGLISH, {"Date of birth": list(BIRTHS)}, None, 1, ("age",))))


def _year_only() -> bytes:
    return xlsx(("Kohorte", _add(GERMAN, {"Geburtsjahr": [float(b.year) for b in BIRTHS]}, german_value, 1, ("age",))))


def _events_with_names() -> bytes:
    events: list[Row] = [["Patient ID", "Patient name", "Adverse event", "Grade", "Onset"]]
    for patient, (first, last) in zip(PATIENTS, PEOPLE, strict=True):
        events.append([patient["patient_id"], f"{first} {last}", "Fatigue", 2, patient["start_date"]])
    events.append(["T-001", None, "Herr Lindquist: headache", 1, PATIENTS[0]["start_date"]])
    return xlsx(("Patients", grid()), ("Adverse events", events))


def _joined_with_names() -> bytes:
    return xlsx(
        ("Patients", grid()),
        (
            "Contact",
            [
                ["Patient ID", "Nachname", "Telefon"],
                *[[p["patient_id"], last, "0931/4471993"] for p, (_, last) in zip(PATIENTS, PEOPLE, strict=True)],
            ],
        ),
    )


def _only_name() -> bytes:
    headers = {name: text for name, text in GERMAN.items() if name != "patient_id"}
    return xlsx(("Kohorte", _add(headers, {"Patient": [f"{last}, {first}" for first, last in PEOPLE]}, german_value)))


def _hospital_names() -> bytes:
    """Clinics named after people are no patients."""
    names = {
        "North": "Robert-Bosch-Krankenhaus Stuttgart",
        "South": "Klinikum Klaus Huber",
        "East": "St. Anna Hospital",
    }
    return xlsx(("Cohort", grid(ENGLISH, [{**patient, "center": names[patient["center"]]} for patient in PATIENTS])))


def _hospital_truth() -> list[dict[str, str]]:
    names = {
        "North": "Robert-Bosch-Krankenhaus Stuttgart",
        "South": "Klinikum Klaus Huber",
        "East": "St. Anna Hospital",
    }
    return [{**row, "center": names[row["center"]]} for row in truth()]


def _second_id() -> bytes:
    return xlsx(("Cohort", _add(ENGLISH, {"Patient number": list(MRNS)}, None, 1)))


def _cdisc_ids() -> bytes:
    rows = _add(ENGLISH, {"STUDYID": ["RR-1"] * 10, "SUBJID": [f"{at:03d}" for at in range(1, 11)]}, None, 0)
    rows[0][2] = "USUBJID"
    return xlsx(("ADSL", rows))


DIGITS = tuple(b.strftime("%d.%m.%Y") for b in BIRTHS)
ISO = tuple(b.isoformat() for b in BIRTHS)
DROP = ("personal_column_dropped",)
CASES = (
    Case(
        "German personal columns",
        "k.xlsx",
        _german,
        rules=DROP,
        never=(*NAMES, *ISO, "Ahornstra", "9707", "0931/4471", "@beispiel", "K7310", *MRNS),
    ),
    Case(
        "French personal columns",
        "k.xlsx",
        lambda: _languages(("Nom", "Prénom", "Date de naissance", "Téléphone", "N° dossier")),
        rules=DROP,
        never=(*NAMES, *ISO, *MRNS),
    ),
    Case(
        "Spanish personal columns",
        "k.xlsx",
        lambda: _languages(("Apellidos", "Nombre", "Fecha de nacimiento", "Teléfono", "Nº historia clínica")),
        rules=DROP,
        never=(*NAMES, *ISO, *MRNS),
    ),
    Case(
        "Polish personal columns",
        "k.xlsx",
        lambda: _languages(("Nazwisko", "Imię", "Data urodzenia", "Numer telefonu", "Nr historii choroby")),
        rules=DROP,
        never=(*NAMES, *ISO, *MRNS),
    ),
    Case(
        "English personal columns",
        "k.xlsx",
        lambda: _languages(("Last name", "First name", "DOB", "Phone", "MRN")),
        rules=DROP,
        never=(*NAMES, *ISO, *MRNS),
    ),
    Case(
        "people under headers that say nothing",
        "k.csv",
        _unnamed,
        rules=DROP,
        never=(*NAMES, *DIGITS, *ISO, "@beispiel", "4471", "K7310", "Ahornstra"),
    ),
    Case(
        "people in free text",
        "k.xlsx",
        _free_text,
        rules=("personal_text_emptied",),
        never=("Oberhuber", "4471993", "12.03.1964", "wacker", "Zieglmoser"),
        read={"emptied_cells": 5},
    ),
    Case(
        "surname of the name column in free text",
        "k.xlsx",
        _surnames_in_text,
        rules=("personal_text_emptied",),
        never=("Lindquist",),
    ),
    Case(
        "hospital numbers as ID",
        "k.xlsx",
        lambda: _ids(MRNS, "MRN"),
        _pseudonymised,
        rules=("ids_replaced",),
        never=MRNS,
        read={"pseudonymised": True},
    ),
    Case(
        "hospital numbers under patient ID",
        "k.xlsx",
        lambda: _ids(MRNS),
        _pseudonymised,
        rules=("ids_replaced",),
        never=MRNS,
    ),
    Case(
        "insurance numbers as ID",
        "k.xlsx",
        lambda: _ids(tuple(f"K7310{at}4418" for at in range(10))),
        _pseudonymised,
        rules=("ids_replaced",),
        never=("K7310",),
    ),
    Case(
        "initials and birth date as ID",
        "k.xlsx",
        lambda: _ids(tuple(f"{f[0]}{n[0]} {b:%d.%m.%Y}" for (f, n), b in zip(PEOPLE, BIRTHS, strict=True))),
        _pseudonymised,
        rules=("ids_replaced",),
        never=DIGITS,
    ),
    Case("names as ID", "k.xlsx", _only_name, _pseudonymised, rules=("ids_replaced",), never=NAMES),
    Case(
        "initials as ID",
        "k.xlsx",
        lambda: _ids(("BO", "KS", "HL", "UW", "AK", "JT", "WZ", "MD", "TQ", "GE"), "Initialen"),
        _pseudonymised,
        rules=("ids_replaced",),
    ),
    Case(
        "study codes stay",
        "k.xlsx",
        lambda: _ids(tuple(f"DE01-{at:03d}" for at in range(10))),
        lambda: [{**row, "patient_id": f"DE01-{at:03d}"} for at, row in enumerate(truth())],
        rules=("ids_kept",),
    ),
    Case(
        "leading zeros stay",
        "k.csv",
        lambda: delimited(
            grid(
                ENGLISH,
                [{**p, "patient_id": f"{at:04d}"} for at, p in enumerate(PATIENTS, start=1)],
                plain_value,
            )
        ),
        lambda: [{**row, "patient_id": f"{at:04d}"} for at, row in enumerate(truth(), start=1)],
    ),
    Case(
        "age from the birth date",
        "k.xlsx",
        _births_instead_of_age,
        rules=(*DROP, "age_from_birth"),
        never=ISO,
    ),
    Case("age from the year of birth", "k.xlsx", _year_only, rules=(*DROP, "age_from_birth")),
    Case("names among the adverse events", "k.xlsx", _events_with_names, never=NAMES),
    Case(
        "names on a joined sheet",
        "k.xlsx",
        _joined_with_names,
        rules=("sheet_joined", *DROP),
        never=(*NAMES, "4471993"),
    ),
    Case("clinics named after people", "k.xlsx", _hospital_names, _hospital_truth),
)
