"""Adverse events: the paper's Table 4, R's limits, both kinds of files, and who stands behind a row."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from rrmm.analyses.adverse_events import EVENTS, UNGRADED, all_events, grades_of, onset_days
from rrmm.analyses.safety import patients_behind, safety
from rrmm.analyses.summary import SAFETY, worst_grades
from rrmm.cohort import build_cohort
from rrmm.intake import load
from rrmm.picks import Picks
from rrmm.report.tables import behind_frame, care_frame, safety_frame
from tests import golden
from tests.cohorts import ALL, SAMPLES, sample
from tests.handmade import build, few, typed
from tests.witness import record

R = golden.load("patients")
TABLE_4 = {
    "infection": (67, 33),
    "crs": (72, 2),
    "icans": (9, 1),
    "cytopenia": (110, 66),
    "neutropenia": (68, 46),
    "anemia": (99, 39),
    "thrombopenia": (78, 32),
}
TEXT = {
    "Tocilizumab": (29, 123),
    "Dexamethasone (CRS, ICANS)": (20, 123),
    "Intensive care": (7, 123),
    "G-CSF": (27, 123),
    "TPO receptor agonist": (4, 123),
    "Interruption > 2 weeks": (40, 121),
    "Interruption > 4 weeks": (24, 121),
}


def test_the_papers_table_4() -> None:
    found = safety(sample(), Picks())
    assert {row.key: (row.any_grade[0].x, row.severe[0].x) for row in found.rows} == TABLE_4
    assert all(row.any_grade[0].n == 123 for row in found.rows)
    care = {each.label: (each.shares[0].x, each.shares[0].n) for each in found.care}
    assert {label: care[label] for label in TEXT} == TEXT
    assert found.stay[0].median == 10


def test_as_the_summary() -> None:
    rows = {row.key: row for row in safety(sample(), Picks()).rows}
    for key, columns in SAFETY.items():
        ours, theirs = rows[key], worst_grades(sample(), columns)
        assert (ours.any_grade[0].x, ours.any_grade[0].n) == (theirs["any"]["x"], theirs["any"]["n"])
        assert (ours.severe[0].x, ours.severe[0].n) == (theirs["grade3"]["x"], theirs["grade3"]["n"])


def test_counts_limits_and_grades_as_r() -> None:
    found = safety(sample(), Picks(compare="emd"))
    for row in found.rows:
        expected = R["safety"][row.key]
        for ours, theirs in (
            (row.any_grade[0], expected["any"]),
            (row.severe[0], expected["severe"]),
            (row.any_grade[2], expected["emd_any"]),
        ):
            assert (ours.x, ours.n) == (theirs["x"], theirs["n"])
            limits = [ours.conf_low, ours.conf_high]
            assert record("Clopper-Pearson limits of adverse events", limits, theirs["limits"]) < 1e-8
        assert list(row.grades[0]) == expected["grades"]
    onset = next(row for row in found.rows if row.key == "crs").onset[0]
    ours = [onset.low, onset.q1, onset.median, onset.q3, onset.high]
    assert record("onset of CRS", ours, R["crs_onset"]) < 1e-12


def test_incidence_of_infection_as_r() -> None:
    curves = safety(sample(), Picks(compare="emd")).infections
    assert curves is not None and dict(curves.excluded) == {"infection not dated": 4}
    for group, expected in zip(curves.groups, R["infection"].values(), strict=True):
        for at, reading in enumerate(group.readings[:3]):
            assert reading.n_risk == expected["n_risk"][at]
            ours = [reading.estimate, reading.conf_low, reading.conf_high]
            theirs = [expected[name][at] for name in ("estimate", "low", "high")]
            assert record("cumulative incidence of infection", ours, theirs) < 1e-9


def test_a_sheet_of_events_gives_the_same_table() -> None:
    path = SAMPLES / "cohort_ae_long.xlsx"
    cohort = build_cohort(load(path.read_bytes(), path.name))
    found = safety(cohort, Picks())
    assert found.long_sheet
    assert {row.key: (row.any_grade[0].x, row.severe[0].x) for row in found.rows[:7]} == TABLE_4
    others = {row.label: row.any_grade[0].x for row in found.rows[7:]}
    assert others["Hypogammaglobulinemia"] == 53 and len(others) == 3
    wide = {row.key: row for row in safety(sample(), Picks()).rows}
    for row in found.rows[:3]:
        assert row.onset == wide[row.key].onset and row.undated == wide[row.key].undated


def long(**columns: list[object]) -> pd.DataFrame:
    return pd.DataFrame({"onset_days": np.nan, **columns})


def test_events_without_grade_happened() -> None:
    start = ["2023-01-01"] * 4
    sheet = long(
        patient=[0, 0, 1, 2, 2],
        term=["Pneumonia", "CRS", "CRS", "Rash", " rash "],
        category=["infection", "crs", "crs", "other", "other"],
        grade=[np.nan, 2.0, 0.0, np.nan, 3.0],
    )
    cohort = build(typed(pd.DataFrame({"start_date": start})), adverse_events=sheet)
    rows = {row.label: row for row in safety(cohort, Picks()).rows}
    infection = rows["Infection"]
    assert (infection.any_grade[0].x, infection.any_grade[0].n) == (1, 4)
    assert (infection.severe[0].n, infection.severe_unknown[0], infection.ungraded[0]) == (3, 1, 1)
    assert rows["Pneumonia"].any_grade[0].x == 1
    assert rows["CRS"].any_grade[0].x == 1 and rows["CRS"].grades[0] == (3, 0, 1, 0, 0, 0)
    assert rows["Rash"].severe[0].x == 1
    behind = patients_behind(cohort, Picks(), "infection")
    assert len(behind) == 1 and math.isnan(behind["grade"].iloc[0])
    assert behind_frame(behind)["Worst grade"].tolist() == ["unknown"]


def test_a_column_that_is_silent_yields_to_the_sheet() -> None:
    sheet = long(patient=[0], term=["Infektion"], category=["infection"], grade=[np.nan])
    given = typed(pd.DataFrame({"infection_grade": [None, None, "2"]}))
    cohort = build(given, adverse_events=sheet)
    grades = grades_of(cohort, EVENTS[0])
    assert grades is not None
    assert grades.had.tolist() == [1, -1, 1] and grades.worst[0] == UNGRADED


def test_cytopenia_with_unknown_parts() -> None:
    cohort = few(
        neutropenia_grade=["0", "0", "3", "1"],
        anemia_grade=["0", None, None, None],
        thrombopenia_grade=["0", "0", "0", "0"],
    )
    grades = grades_of(cohort, next(event for event in EVENTS if event.key == "cytopenia"))
    assert grades is not None
    assert grades.had.tolist() == [0, -1, 1, 1]
    assert grades.severe.tolist() == [0, -1, 1, -1]


def test_onset_before_the_first_full_dose_is_kept() -> None:
    cohort = few(start_date=["2023-01-10"], crs_grade=["1"], crs_onset_date=["2023-01-05"])
    assert onset_days(cohort, EVENTS[1]).tolist() == [-5.0]


def test_an_infection_before_the_start_leaves_the_curve_and_is_counted() -> None:
    cohort = few(
        start_date=["2023-01-10"] * 3,
        infection_grade=["1", "2", "0"],
        death=["no"] * 3,
        infection_onset_date=["2023-01-05", "2023-02-05", None],
        last_contact_date=["2023-06-01"] * 3,
    )
    curves = safety(cohort, Picks()).infections
    assert curves is not None and curves.excluded == {"infection before the start of treatment": 1}
    assert (curves.groups[0].n, curves.groups[0].events) == (2, 1)


@pytest.mark.parametrize("compare", ["none", "emd", "col:iss"])
@pytest.mark.parametrize("name", list(ALL))
def test_nobody_is_lost(name: str, compare: str) -> None:
    cohort = ALL[name]()
    if compare == "col:iss" and not cohort.has("iss"):
        return
    found = safety(cohort, Picks(compare=compare))
    for row in found.rows:
        for at, (_, n) in enumerate(found.columns):
            assert row.any_grade[at].n + row.unknown[at] == n
            assert row.severe[at].n + row.severe_unknown[at] == n
            assert sum(row.grades[at]) + row.ungraded[at] == row.any_grade[at].n
            assert row.severe[at].x <= row.any_grade[at].x
            behind = patients_behind(cohort, Picks(compare=compare), row.key, at)
            assert len(behind) == row.any_grade[at].x
            assert set(behind.columns) == {"number", "sex", "emd", "iss", "grade", "onset_day"}
    for care in found.care:
        assert all(
            share.n + unknown == n
            for share, unknown, (_, n) in zip(care.shares, care.unknown, found.columns, strict=True)
        )
    assert len(safety_frame(found)) == len(found.rows)
    care_frame(found)


def test_an_unknown_row_is_refused() -> None:
    with pytest.raises(KeyError):
        patients_behind(sample(), Picks(), "term:nothing")


def test_no_identifier_behind_a_row() -> None:
    behind = behind_frame(patients_behind(sample(), Picks(), "crs"))
    text = behind.to_csv()
    assert not any(str(each) in text for each in sample().frame["patient_id"].dropna())
    assert behind["No."].tolist() == list(range(1, 73))


def test_events_have_distinct_keys() -> None:
    assert len({event.key for event in all_events(sample())}) == len(EVENTS)
