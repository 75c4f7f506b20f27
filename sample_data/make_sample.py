"""Make the fictitious sample cohort and the upload template, byte for byte the same every time.

    make sample

Writes beside itself: ``cohort.csv`` and ``cohort.xlsx`` (canonical columns), ``kohorte_deutsch.xlsx`` (the
same patients as a German clinic would keep them), ``cohort_ae_long.xlsx`` (adverse events on a sheet of their
own, one row an event) and ``template.xlsx``.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402

from sample_data import template  # noqa: E402
from sample_data.fictitious import EXTRAS, GRADED, SEED, cohort  # noqa: E402
from sample_data.workbooks import fill, save  # noqa: E402

FILES = ("cohort.csv", "cohort.xlsx", "kohorte_deutsch.xlsx", "cohort_ae_long.xlsx", "template.xlsx")

GERMAN = {
    "patient_id": "Patientennummer",
    "center": "Zentrum",
    "sex": "Geschlecht",
    "age": "Alter bei Therapiebeginn",
    "dx_date": "Datum Erstdiagnose",
    "prior_lines": "Anzahl Vortherapien",
    "emd": "Extramedulläre Manifestation",
    "iss": "ISS Stadium",
    "r_iss": "R-ISS Stadium",
    "b2m": "Beta2-Mikroglobulin",
    "albumin": "Albumin",
    "ldh": "LDH",
    "bm_plasma_pct": "Knochenmarkinfiltration",
    "del17p": "del(17p)",
    "t414": "t(4;14)",
    "t1416": "t(14;16)",
    "high_risk_cyto": "Hochrisikozytogenetik",
    "triple_class_refractory": "Triple-class refraktär",
    "penta_refractory": "Pentarefraktär",
    "polychemo_ever": "Polychemotherapie jemals",
    "polychemo_2m": "Polychemotherapie letzte 2 Monate",
    "idecel": "Ide-cel Vortherapie",
    "ciltacel": "Cilta-cel Vortherapie",
    "belantamab": "Belantamab Vortherapie",
    "other_bcma": "Andere BCMA-Therapie",
    "car_t_date": "Datum CAR-T",
    "start_date": "Datum Therapiebeginn",
    "first_response_date": "Datum erstes Ansprechen",
    "best_response_date": "Datum bestes Ansprechen",
    "best_response": "Bestes Ansprechen",
    "progression": "Progress",
    "progression_date": "Datum Progress",
    "death": "Verstorben",
    "death_date": "Todesdatum",
    "cause_of_death": "Todesursache",
    "last_contact_date": "Letzter Kontakt",
    "crs_grade": "CRS Grad",
    "icans_grade": "ICANS Grad",
    "infection_grade": "Infektion Grad",
    "neutropenia_grade": "Neutropenie Grad",
    "anemia_grade": "Anämie Grad",
    "thrombopenia_grade": "Thrombopenie Grad",
    "tocilizumab": "Tocilizumab Gabe",
    "dexamethasone": "Dexamethason Gabe",
    "icu": "Intensivstation",
    "gcsf": "G-CSF Gabe",
    "hospital_days": "Krankenhaustage",
    "last_bcma_date": "Datum letzte BCMA-Therapie",
    "crs_onset_date": "CRS Beginn",
    "icans_onset_date": "ICANS Beginn",
    "infection_onset_date": "Infektion Beginn",
    "tpo_agonist": "TPO-Agonisten",
    "ivig": "IVIG Gabe",
    "interruption_days": "Längste Therapiepause",
    "ecog": "ECOG Status",
    "hemoglobin": "Hämoglobin",
    "platelets": "Thrombozyten",
    "neutrophils": "Neutrophile absolut",
    "creatinine_clearance": "Kreatinin-Clearance",
    "ISS assessed at start": "ISS bei Start erhoben",
    "CAR-T within 1.5 months": "CAR-T innerhalb 1,5 Monaten",
    "Ide-cel outcome": "Verlauf nach Ide-cel",
    "Isotype": "Isotyp",
}
"""Canonical column -> header of the German file."""

GERMAN_WORDS = {
    "yes": "ja",
    "no": "nein",
    "F": "w",
    "M": "m",
    "Multiple myeloma": "Multiples Myelom",
    "Infection": "Infektion",
    "primary refractory": "primär refraktär",
    "relapse <180 d": "Rezidiv < 180 Tage",
    "Light chain only": "Leichtketten",
    "Other": "Sonstige",
}
TEXT_DATES = ("dx_date", "car_t_date", "death_date", "first_response_date", "last_bcma_date")
"""Kept as text in DD.MM.YYYY; the progression dates are mixed; all others are real dates."""
COMMA_NUMBERS = ("b2m", "albumin")
"""Kept as text with a decimal comma."""
UNKNOWN_WORD = ("emd", "iss", "high_risk_cyto", "triple_class_refractory", "other_bcma")
"""Columns in which every second missing value is written out as "unbekannt"."""
ONE_ZERO = ("tpo_agonist", "ivig", "gcsf")
"""Yes/no kept as 1/0."""

EVENT_NAMES = {
    "crs_grade": "CRS",
    "icans_grade": "ICANS",
    "infection_grade": "Infection",
    "neutropenia_grade": "Neutropenia",
    "anemia_grade": "Anemia",
    "thrombopenia_grade": "Thrombopenia",
}
ONSETS = {
    "crs_grade": "crs_onset_date",
    "icans_grade": "icans_onset_date",
    "infection_grade": "infection_onset_date",
}


def make(folder: Path) -> None:
    """Write every file of :data:`FILES` into the folder."""
    frame = cohort()
    folder.mkdir(parents=True, exist_ok=True)
    text = frame.copy()
    for name in text.columns:
        if pd.api.types.is_datetime64_any_dtype(text[name]):
            text[name] = text[name].dt.strftime("%Y-%m-%d")
        elif pd.api.types.is_float_dtype(text[name]):
            text[name] = [None if pd.isna(value) else f"{value:g}" for value in text[name]]
    text.to_csv(folder / "cohort.csv", index=False, encoding="utf-8", lineterminator="\n")
    _english(frame, folder / "cohort.xlsx")
    _german(frame, folder / "kohorte_deutsch.xlsx")
    _long(frame, folder / "cohort_ae_long.xlsx")
    template.write(folder / "template.xlsx")


def _cell(value: Any) -> Any:
    """A value as a workbook keeps it: None, date, whole number where it is one."""
    if value is None or pd.isna(value):
        return None
    if isinstance(value, pd.Timestamp):
        return value.date()
    if isinstance(value, float):
        return int(value) if value == int(value) else round(value, 6)
    return value


def _rows(frame: pd.DataFrame) -> list[list[Any]]:
    return [[_cell(value) for value in row] for row in frame.itertuples(index=False, name=None)]


def _english(frame: pd.DataFrame, path: Path) -> None:
    from openpyxl import Workbook

    book = Workbook()
    book.active.title = "Cohort"
    fill(book.active, list(frame.columns), _rows(frame))
    save(book, path)


def _german(frame: pd.DataFrame, path: Path) -> None:
    from openpyxl import Workbook

    columns = {
        GERMAN[name]: [_german_cell(name, at, _cell(value)) for at, value in enumerate(frame[name])]
        for name in frame.columns
    }
    rows = [list(row) for row in zip(*columns.values(), strict=True)]
    book = Workbook()
    book.active.title = "Kohorte"
    fill(book.active, list(columns), rows, date_format="dd.mm.yyyy")
    save(book, path)


def _german_cell(name: str, at: int, value: Any) -> Any:
    if value is None:
        return "unbekannt" if name in UNKNOWN_WORD and at % 2 else None
    if name in TEXT_DATES or (name == "progression_date" and at % 3 == 0):
        return value.strftime("%d.%m.%Y")
    if name in ONE_ZERO:
        return int(value == "yes")
    if name in COMMA_NUMBERS or (name == "hemoglobin" and at % 2):
        return f"{value:g}".replace(".", ",")
    return GERMAN_WORDS.get(value, value) if isinstance(value, str) else value


def events(frame: pd.DataFrame) -> pd.DataFrame:
    """The adverse events, one row an event: the highest grade as in the cohort, lesser episodes beside it."""
    draw = np.random.default_rng(SEED + 1)
    rows = []
    for record in frame.to_dict("records"):
        start, last = record["start_date"], record["last_contact_date"]
        seen = (last - start).days
        for column, name in EVENT_NAMES.items():
            grade = int(record[column])
            if not grade:
                continue
            onset = (
                record[ONSETS[column]]
                if column in ONSETS
                else start + pd.Timedelta(days=int(draw.integers(0, min(seen, 60) + 1)))
            )
            rows.append((record["patient_id"], name, grade, onset, _end(onset, last, draw)))
            again = draw.random() < 0.3 and seen > 60 and name not in ("CRS", "ICANS") and pd.notna(onset)
            if again:
                later = onset + pd.Timedelta(days=int(draw.integers(15, 90)))
                if later < last:
                    rows.append(
                        (
                            record["patient_id"],
                            name,
                            int(draw.integers(1, min(grade, 4) + 1)),
                            later,
                            _end(later, last, draw),
                        )
                    )
        for name, share in (
            ("Hypogammaglobulinemia", 0.4),
            ("Injection site reaction", 0.25),
            ("Diarrhea", 0.15),
        ):
            if draw.random() < share:
                onset = start + pd.Timedelta(days=int(draw.integers(0, min(seen, 90) + 1)))
                rows.append(
                    (record["patient_id"], name, int(draw.integers(1, 3)), onset, _end(onset, last, draw))
                )
    return pd.DataFrame(rows, columns=["patient_id", "adverse_event", "grade", "onset_date", "end_date"])


def _end(onset: Any, last: pd.Timestamp, draw: np.random.Generator) -> Any:
    """End of an event, or none while it goes on at last contact."""
    length = int(draw.integers(1, 21))
    end = onset + pd.Timedelta(days=length) if pd.notna(onset) else pd.NaT
    return end if pd.notna(end) and end <= last else pd.NaT


def _long(frame: pd.DataFrame, path: Path) -> None:
    from openpyxl import Workbook

    book = Workbook()
    book.active.title = "Patients"
    patients = frame.drop(columns=[*GRADED, *ONSETS.values()])
    fill(book.active, list(patients.columns), _rows(patients))
    long = events(frame)
    fill(book.create_sheet("Adverse events"), list(long.columns), _rows(long))
    save(book, path)


if __name__ == "__main__":
    make(HERE)
    sys.stdout.write(f"{len(FILES)} files written to {HERE.name}/ (extra columns: {', '.join(EXTRAS)})\n")
