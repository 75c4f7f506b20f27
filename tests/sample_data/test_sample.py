"""The sample cohort: the same bytes every time, the truths it was built for, and the template."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from rrmm import DAYS_PER_MONTH
from rrmm.schema import VARIABLES
from sample_data import make_sample
from sample_data.fictitious import EXTRAS, cohort, core

FOLDER = Path(make_sample.__file__).parent


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return cohort()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sample")
    make_sample.make(folder)
    return folder


@pytest.mark.parametrize("name", make_sample.FILES)
def test_committed_files_are_what_the_script_makes(made: Path, name: str) -> None:
    assert (made / name).read_bytes() == (FOLDER / name).read_bytes(), f"{name} differs: run `make sample`"


def test_columns(frame: pd.DataFrame) -> None:
    canonical = [name for name in frame.columns if name in VARIABLES]
    assert canonical == [name for name in VARIABLES if name in canonical]
    assert list(frame.columns[len(canonical) :]) == list(EXTRAS)
    assert len(frame) == 123 and frame["patient_id"].is_unique
    for name in canonical:
        entry = VARIABLES[name]
        known = frame[name].dropna()
        if entry.kind == "flag":
            assert set(known) <= {"yes", "no"}
        elif entry.levels:
            assert set(known) <= set(entry.levels)
        elif entry.kind == "grade":
            assert known.isin(range(6)).all()
        elif entry.low is not None:
            assert known.between(entry.low, entry.high).all(), name


def test_dates_are_in_order(frame: pd.DataFrame) -> None:
    start, last = frame["start_date"], frame["last_contact_date"]
    assert (frame["dx_date"] < start).all() and (start < last).all()
    responded = frame["first_response_date"].notna()
    assert responded.sum() == 73
    assert (frame["best_response_date"] >= frame["first_response_date"])[responded].all()
    end = frame["progression_date"].fillna(last)
    assert (frame["best_response_date"] <= end)[responded].all()
    assert (frame["progression_date"].dropna() < last[frame["progression_date"].notna()]).all()
    assert (frame["death_date"].dropna() == last[frame["death"] == "yes"]).all()
    for name in ("crs", "icans", "infection"):
        onset = frame[f"{name}_onset_date"]
        dated = onset.notna()
        assert (frame.loc[dated, f"{name}_grade"] > 0).all()
        assert (onset[dated] >= start[dated]).all() and (onset[dated] <= last[dated]).all()
        assert dated.sum() >= 0.8 * (frame[f"{name}_grade"] > 0).sum()


def test_the_core_survives(frame: pd.DataFrame) -> None:
    """Every column of the calibrated core can be read back from the dates and grades."""
    source = core()
    start = frame["start_date"]
    event = frame["progression"] == "yes"
    days = (frame["progression_date"].where(event, frame["last_contact_date"]) - start).dt.days
    np.testing.assert_array_equal(days, source["pfs_days"])
    np.testing.assert_array_equal(event, source["pfs_event"] == 1)
    np.testing.assert_array_equal((frame["last_contact_date"] - start).dt.days, source["os_days"])
    np.testing.assert_array_equal(frame["death"] == "yes", source["death"] == 1)
    np.testing.assert_array_equal((frame["first_response_date"] - start).dt.days, source["ttr_days"])
    np.testing.assert_array_equal((frame["best_response_date"] - start).dt.days, source["ttbr_days"])
    np.testing.assert_array_equal((start - frame["car_t_date"]).dt.days, source["cart_interval_days"])
    np.testing.assert_array_equal(
        (start - frame["last_bcma_date"]).dt.days, source["last_bcma_interval_days"]
    )
    np.testing.assert_allclose(
        (start - frame["dx_date"]).dt.days / 365.25, source["years_since_dx"], atol=0.002
    )
    marrow = frame["bm_plasma_pct"]
    np.testing.assert_array_equal((marrow >= 60).astype(float).where(marrow.notna()), source["bm60"])
    assert (marrow == 60).any(), "the cut-off itself has to occur"
    flags = {"emd": "emd", "high_risk_cyto": "hr_cyto", "idecel": "ide_cel", "belantamab": "belantamab",
             "penta_refractory": "penta_refr", "triple_class_refractory": "triple_refr",
             "polychemo_ever": "poly_ever",
             "polychemo_2m": "poly_2mo", "tocilizumab": "toci", "dexamethasone": "dexa", "icu": "icu",
             "gcsf": "gcsf",
             "tpo_agonist": "tpo", "ISS assessed at start": "iss_at_start",
             "CAR-T within 1.5 months": "cart_lt_1_5mo"}  # fmt: skip
    for name, key in flags.items():
        ours = frame[name].map({"yes": 1.0, "no": 0.0}).astype(float)
        np.testing.assert_array_equal(ours, source[key].astype(float), err_msg=name)
    for name, key in make_sample.GRADED.items():
        np.testing.assert_array_equal(frame[name] > 0, source[f"{key}_any"] == 1, err_msg=name)
        np.testing.assert_array_equal(frame[name] >= 3, source[f"{key}_g3"] == 1, err_msg=name)
    pause = frame["interruption_days"]
    assert (pause.notna().sum(), (pause > 14).sum(), (pause > 28).sum()) == (121, 40, 24)
    assert (pause.dropna() <= source["os_days"][pause.notna()]).all()


def test_assumptions_of_the_calibration(frame: pd.DataFrame) -> None:
    assert (frame["emd"] == "no").sum() == 76 and (frame["emd"] == "yes").sum() == 43
    unevaluable = frame["best_response"] == "NE"
    assert unevaluable.sum() == 3 and (frame.loc[unevaluable, "other_bcma"] == "yes").all()
    assert frame["other_bcma"].isna().sum() == 2
    assert (frame["iss"] == "I/II").sum() == 1 and frame["iss"].notna().sum() == 92
    assert (frame["ISS assessed at start"] == "yes").sum() == 81
    assert (frame["CAR-T within 1.5 months"] == "yes").sum() == 3
    interval = (frame["start_date"] - frame["car_t_date"]).dt.days / DAYS_PER_MONTH
    assert interval.notna().sum() == 20 and (interval < 1.5).sum() == 2
    assert frame["center"].nunique() == 18


def test_stages_follow_from_the_values(frame: pd.DataFrame) -> None:
    """ISS from beta-2 microglobulin and albumin; high-risk cytogenetics from the aberrations."""
    b2m, albumin = frame["b2m"], frame["albumin"]
    stage = np.where(b2m >= 5.5, "III", np.where((b2m < 3.5) & (albumin >= 3.5), "I", "II"))
    known = albumin.notna()
    assert (stage[known] == frame["iss"][known]).all() and known.sum() == 91
    parts = frame[["del17p", "t414", "t1416"]]
    assert ((parts == "yes").any(axis=1) == (frame["high_risk_cyto"] == "yes")).all()
    assert ((parts == "no").all(axis=1) == (frame["high_risk_cyto"] == "no")).all()


def test_trial_criteria(frame: pd.DataFrame) -> None:
    limit = np.where(frame["bm_plasma_pct"] >= 50, 50, 75)
    met = ((frame["hemoglobin"] >= 8) & (frame["platelets"] >= limit) & (frame["neutrophils"] >= 1)
           & (frame["creatinine_clearance"] >= 40) & (frame["ecog"] <= 1))  # fmt: skip
    np.testing.assert_array_equal(~met, core()["majestec_not_met"] == 1)
    assert (~met).sum() == 48


def _read(name: str, sheet: str) -> pd.DataFrame:
    return pd.read_excel(FOLDER / name, sheet_name=sheet, engine="calamine", dtype=object)


def test_workbook_and_csv_agree(frame: pd.DataFrame) -> None:
    book, text = (
        _read("cohort.xlsx", "Cohort"),
        pd.read_csv(FOLDER / "cohort.csv", dtype=str, keep_default_na=False),
    )
    assert list(book.columns) == list(text.columns) == list(frame.columns)
    assert book.shape == text.shape == frame.shape
    for name in frame.columns:
        as_text = ["" if pd.isna(value) else str(value)[:10] if "date" in name
                   else f"{value:g}" if isinstance(value, (int, float)) else value
                   for value in book[name]]  # fmt: skip
        assert as_text == list(text[name]), name


def _plain(header: str) -> str:
    return re.sub(r"[^0-9a-zäöüßβ]+", "", header.lower())


def test_german_headers_are_known_synonyms() -> None:
    homes: dict[str, set[str]] = {}
    for entry in VARIABLES.values():
        for word in (entry.name, entry.label, *entry.synonyms):
            homes.setdefault(_plain(word), set()).add(entry.name)
    for name, header in make_sample.GERMAN.items():
        if name in VARIABLES:
            assert homes.get(_plain(header)) == {name}, header


def test_german_file_holds_the_same_patients(frame: pd.DataFrame) -> None:
    german = _read("kohorte_deutsch.xlsx", "Kohorte")
    assert list(german.columns) == [make_sample.GERMAN[name] for name in frame.columns]
    for name in frame.columns:
        column = german[make_sample.GERMAN[name]].map(lambda value: None if value == "unbekannt" else value)
        assert list(column.notna()) == list(frame[name].notna()), name
    text = german["Datum Progress"].dropna()
    assert text.map(lambda value: isinstance(value, str)).nunique() == 2, "real dates and text both occur"
    read = pd.to_datetime(text.map(lambda value: value if not isinstance(value, str) else
                                   "-".join(reversed(value.split(".")))))  # fmt: skip
    assert (read.to_numpy() == frame["progression_date"].dropna().to_numpy()).all()
    assert german["Beta2-Mikroglobulin"].astype(str).str.contains(",").any()


def test_long_events_have_the_highest_grades(frame: pd.DataFrame) -> None:
    long, patients = _read("cohort_ae_long.xlsx", "Adverse events"), _read("cohort_ae_long.xlsx", "Patients")
    assert not set(make_sample.GRADED) & set(patients.columns) and len(patients) == 123
    assert set(long["patient_id"]) <= set(patients["patient_id"])
    highest = (
        long.assign(grade=long["grade"].astype(float)).groupby(["adverse_event", "patient_id"])["grade"].max()
    )
    for column, name in make_sample.EVENT_NAMES.items():
        ours = highest[name].reindex(frame["patient_id"]).fillna(0).to_numpy()
        np.testing.assert_array_equal(ours, frame[column], err_msg=name)


def test_template() -> None:
    from openpyxl import load_workbook

    book = load_workbook(FOLDER / "template.xlsx")
    assert book.sheetnames == ["Cohort", "Dictionary", "How to"]
    sheet = book["Cohort"]
    assert [cell.value for cell in sheet[1]] == list(VARIABLES) and sheet.max_row == 1
    rules = {str(rule.sqref).split("2:")[0]: rule for rule in sheet.data_validations.dataValidation}
    assert len(rules) == len(VARIABLES)
    for at, entry in enumerate(VARIABLES.values(), start=1):
        rule = rules[sheet.cell(1, at).column_letter]
        assert rule.type == ("list" if entry.kind in ("flag", "category", "grade") else rule.type)
        if entry.levels:
            assert rule.formula1 == '"' + ",".join(entry.levels) + '"'
            assert len(rule.formula1) <= 255
    listed = [row[0].value for row in book["Dictionary"].iter_rows(min_row=2)]
    assert listed == list(VARIABLES)


def test_a_filled_template_is_read(tmp_path: Path, frame: pd.DataFrame) -> None:
    from openpyxl import load_workbook

    from rrmm.intake import load

    book = load_workbook(FOLDER / "template.xlsx")
    sheet = book["Cohort"]
    for record in frame.head(3).to_dict("records"):
        sheet.append([make_sample._cell(record.get(name)) for name in VARIABLES])
    path = tmp_path / "filled.xlsx"
    book.save(path)
    loaded = load(path.read_bytes(), path.name)
    assert len(loaded.frame) == 3
    assert set(loaded.mapping) == set(VARIABLES)
    assert list(loaded.frame["best_response"]) == list(frame["best_response"].head(3))
    assert not [issue for issue in loaded.issues if issue.severity != "info"]
