"""Every check: what it finds, at which row, what is done about it, and that no patient disappears without a word."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd
import pytest

from rrmm.cohort import build_cohort
from rrmm.derive import DTYPES, empty_column
from rrmm.intake import checks, mapping, values
from rrmm.schema import VARIABLES
from tests.intake.corpus_values import TODAY, table_of


def typed(**columns: list[Any]) -> pd.DataFrame:
    """A frame in the dtypes of the schema; dates as ISO texts."""
    n = len(next(iter(columns.values())))
    frame = {}
    for name, cells in columns.items():
        dtype = DTYPES[VARIABLES[name].kind]
        if dtype == "datetime64[ns]":
            frame[name] = pd.to_datetime(pd.Series(cells))
        elif dtype == "object":
            frame[name] = pd.Series(cells, dtype=object)
        else:
            frame[name] = pd.Series(cells, dtype="float64" if dtype == "float64" else "boolean")
    return pd.DataFrame(frame, index=pd.RangeIndex(n))


def check(**columns: list[Any]) -> checks.Checked:
    frame = typed(**columns)
    before = frame.copy()
    rows = pd.DataFrame({"sheet": "S", "row": range(5, 5 + len(frame))})
    result = checks.check(frame, rows, {name: name.upper() for name in columns}, TODAY)
    pd.testing.assert_frame_equal(frame, before)
    assert len(result.frame) == len(frame)
    return result


def found(result: checks.Checked, rule: str) -> list[int | None]:
    return [issue.row for issue in result.issues if issue.rule == rule]


GOOD = {
    "dx_date": ["2019-01-01"],
    "start_date": ["2023-01-01"],
    "first_response_date": ["2023-02-01"],
    "best_response_date": ["2023-03-01"],
    "progression_date": ["2023-06-01"],
    "death_date": ["2023-08-01"],
    "last_contact_date": ["2023-08-01"],
    "best_response": ["CR"],
    "progression": [True],
    "death": [True],
    "pfs_days": [151],
    "os_days": [212],
    "age": [60],
}


def test_nothing_is_said_of_a_good_row() -> None:
    assert check(**GOOD).issues == []


@pytest.mark.parametrize(
    ("change", "rule", "severity", "emptied"),
    [
        ({"dx_date": ["2023-01-02"]}, "date_order", "error", "dx_date"),
        ({"first_response_date": ["2023-03-02"]}, "date_order", "warning", None),
        ({"best_response_date": ["2023-06-02"]}, "date_order", "warning", None),
        ({"progression_date": ["2023-08-02"]}, "death_before_progression", "error", "progression_date"),
        ({"last_contact_date": ["2023-08-02"]}, "date_order", "warning", None),
        ({"last_contact_date": ["2024-07-01"]}, "date_in_future", "error", "last_contact_date"),
        ({"start_date": ["1923-01-01"]}, "impossible_date", "error", "start_date"),
        ({"progression": [False]}, "event_conflict", "warning", None),
        ({"death": [False]}, "event_conflict", "warning", None),
        ({"best_response": ["NE"]}, "response_not_evaluable", "warning", None),
        ({"best_response": ["SD"]}, "response_date_without_response", "warning", None),
        ({"pfs_days": [153]}, "duration_conflict", "warning", None),
        ({"os_days": [200]}, "duration_conflict", "warning", None),
        ({"pfs_days": [300], "os_days": [212]}, "pfs_longer_than_os", "warning", None),
        ({"age": [140]}, "outlier", "warning", None),
        ({"age": [2]}, "outlier", "warning", None),
    ],
)
def test_a_contradiction_is_found(
    change: dict[str, list[Any]], rule: str, severity: str, emptied: str | None
) -> None:
    result = check(**{**GOOD, **change})
    hits = [issue for issue in result.issues if issue.rule == rule]
    assert hits and all(
        issue.row == 5 and issue.sheet == "S" and issue.severity == severity for issue in hits
    )
    assert any(
        issue.column.lower()
        in {*change, "progression_date", "dx_date", "best_response_date", "first_response_date"}
        for issue in hits
    )
    before = typed(**{**GOOD, **change})
    for name in result.frame:
        if name == emptied:
            assert result.frame[name].isna().all()
        elif name in before:
            pd.testing.assert_series_equal(result.frame[name], before[name])
    assert not result.set_aside


def test_a_death_before_the_progression_does_not_become_a_pfs_event_at_death() -> None:
    result = check(
        start_date=["2023-01-01"],
        progression_date=["2023-09-01"],
        death_date=["2023-08-01"],
        last_contact_date=["2023-08-01"],
    )
    assert result.frame["progression"].tolist() == [True] and result.frame["progression_date"].isna().all()

    class Loaded:
        frame, extras, rows = (
            result.frame,
            pd.DataFrame(index=[0]),
            pd.DataFrame({"sheet": ["S"], "row": [5]}),
        )
        issues, mapping, read, adverse_events = (), {}, {}, None

    cohort = build_cohort(Loaded())
    assert cohort.frame["pfs_days"].isna().all() and cohort.frame["os_days"].tolist() == [212.0]


def test_duration_of_response_without_response() -> None:
    result = check(best_response=["SD", "PR"], dor_days=[30, 30], responder=[None, None])
    assert found(result, "dor_without_response") == [5]
    assert found(check(best_response=["NE"], responder=[True]), "response_not_evaluable") == [5]
    assert found(check(best_response=["PD"], progression=[False]), "pd_without_progression") == [5]
    assert found(check(dor_days=[100.0], pfs_days=[50.0]), "dor_longer_than_pfs") == [5]


def test_events_against_dates() -> None:
    result = check(
        pfs_event=[False, True, None],
        progression=[True, False, None],
        death=[False, False, None],
        os_event=[True, False, None],
        cause_of_death=["MM", None, None],
    )
    assert found(result, "event_conflict") == [5, 5, 6]
    assert found(result, "cause_without_death") == [5]


@pytest.mark.parametrize(("header", "off", "room"), [("PFS (Tage)", 1.5, 1.0), ("PFS (Monate)", 1.5, 2.0)])
def test_a_duration_may_be_rounded_in_its_own_unit(header: str, off: float, room: float) -> None:
    frame = typed(
        start_date=["2023-01-01"] * 3,
        last_contact_date=["2023-07-01"] * 3,
        death_date=[None] * 3,
        progression_date=[None] * 3,
        pfs_days=[181.0 + off, 181.0 - 0.37, 181.0 + 3 * off],
    )
    rows = pd.DataFrame({"sheet": "S", "row": [1, 2, 3]})
    result = checks.check(frame, rows, {"pfs_days": header}, TODAY)
    assert found(result, "duration_conflict") == ([1, 3] if room < off else [3])


def test_whole_months_may_lie_a_month_apart() -> None:
    frame = typed(
        start_date=["2023-01-01"] * 2,
        last_contact_date=["2023-07-20", "2023-09-20"],
        death_date=[None] * 2,
        progression_date=[None] * 2,
        pfs_days=[6 * 30.4375] * 2,
    )
    rows = pd.DataFrame({"sheet": "S", "row": [1, 2]})
    assert found(checks.check(frame, rows, {"pfs_days": "PFS (Monate)"}, TODAY), "duration_conflict") == [2]


def test_a_full_duplicate_is_set_aside_and_said() -> None:
    row = {name: cells * 3 for name, cells in GOOD.items()}
    row["age"] = [60, 60, 61]
    result = check(patient_id=["A", "A", "A"], **row)
    assert result.set_aside == (1,)
    assert found(result, "duplicate_row") == [6] and found(result, "duplicate_id") == [5, 7]
    assert not any("A" in issue.message.split() for issue in result.issues)


def test_the_same_id_in_two_centres() -> None:
    result = check(
        patient_id=["1", "1", "2", "2", "2"], center=["X", "Y", "X", "X", "Y"], age=[50, 60, 70, 71, 72]
    )
    assert found(result, "duplicate_id_centres") == [5, 6, 9] and found(result, "duplicate_id") == [7, 8]
    assert result.set_aside == ()


def test_rows_alike_but_for_the_id_are_kept() -> None:
    row = {name: cells * 2 for name, cells in GOOD.items()}
    result = check(patient_id=["A", "B"], **row)
    assert found(result, "possible_duplicate") == [6] and result.set_aside == ()
    assert found(check(**row), "possible_duplicate") == [6]
    assert found(check(patient_id=["A", None], age=[50, 51]), "id_missing") == [6]


def test_a_suspected_missing_code_is_kept() -> None:
    result = check(pfs_days=[999.0, 12.0])
    assert found(result, "suspected_missing_code") == [5] and result.frame["pfs_days"].tolist() == [
        999.0,
        12.0,
    ]
    assert found(check(prior_lines=[2.5]), "not_whole") == [5]


def test_a_thousand_findings_are_two_hundred_lines_and_a_sum() -> None:
    result = check(age=[140] * 1000)
    assert len(found(result, "outlier")) == 201 and "800 more rows" in result.issues[-1].message


@pytest.mark.parametrize("n", [0, 1, 3])
def test_empty_columns_say_nothing(n: int) -> None:
    frame = pd.DataFrame({name: empty_column(name, n) for name in VARIABLES}, index=pd.RangeIndex(n))
    rows = pd.DataFrame({"sheet": ["S"] * n, "row": range(n)})
    result = checks.check(frame, rows, {}, TODAY)
    assert result.issues == [] and result.set_aside == ()
    pd.testing.assert_frame_equal(result.frame, frame)


def test_from_text_to_finding() -> None:
    table = table_of(
        {
            "Patient": ["1", "2"],
            "Therapiebeginn": ["01.01.2023", "01.02.2023"],
            "Datum Progress": ["01.05.2023", None],
            "Todesdatum": ["01.04.2023", None],
            "Letzter Kontakt": ["01.04.2023", "01.01.2031"],
        }
    )
    proposal = mapping.propose(table)
    read = values.coerce(table, proposal, {}, today=TODAY)
    rows = pd.DataFrame({"sheet": ["Sheet 1"] * 2, "row": table.row_numbers})
    result = checks.check(read.frame, rows, proposal.mapping, dt.date(2024, 6, 30))
    assert {(issue.rule, issue.row, issue.column) for issue in result.issues} == {
        ("death_before_progression", 2, "Datum Progress"),
        ("date_in_future", 3, "Letzter Kontakt"),
    }


def test_a_row_that_differs_in_another_column_of_the_file_is_no_duplicate() -> None:
    frame = typed(patient_id=["A", "A", "A"], age=[60, 60, 60], emd=[True, True, True])
    rows = pd.DataFrame({"sheet": "S", "row": [5, 6, 7]})
    extras = pd.DataFrame({"Visit": ["1", "2", "1"], "patient_id": [1.0, 1.0, 1.0]})
    result = checks.check(frame, rows, {}, TODAY, extras=extras)
    assert result.set_aside == (2,) and found(result, "duplicate_row") == [7]
    assert found(result, "duplicate_id") == [5, 6]
