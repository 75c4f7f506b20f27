"""Every cell of the corpus comes back to its truth; nothing else is said, asked or changed than intended."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import pytest

from rrmm.derive import DTYPES
from rrmm.intake import free_text, mapping, values
from rrmm.intake.columns import code_key, columns_of, fold, is_missing_word, shown
from rrmm.schema import VARIABLES
from tests.intake.corpus_values import CASES, TODAY, Case, table_of


def coerce(case: Case) -> values.Coerced:
    table = case.table()
    return values.coerce(table, mapping.propose(table), case.choices, today=TODAY)


def plain(value: Any) -> Any:
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and np.isnan(value)):
        return None
    return value.strftime("%Y-%m-%d") if isinstance(value, pd.Timestamp) else value


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_cells_come_back_to_the_truth(case: Case) -> None:
    result = coerce(case)
    for name, truth in case.truth.items():
        assert name in result.frame, f"{name} was not read: {list(result.frame)}; {result.issues}"
        read = [plain(value) for value in result.frame[name]]
        for row, (got, wanted) in enumerate(zip(read, truth, strict=True)):
            same = (
                got == pytest.approx(wanted, rel=1e-12)
                if isinstance(wanted, float) and got is not None
                else got == wanted
            )
            assert same, f"{name} row {row}: {got!r}, expected {wanted!r}; {result.issues}"
        assert str(result.frame[name].dtype) == DTYPES[VARIABLES[name].kind]


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_what_is_said(case: Case) -> None:
    result = coerce(case)
    said = {issue.rule for issue in result.issues}
    assert set(case.rules) <= said, said
    if case.quiet:
        loud = [
            issue
            for issue in result.issues
            if issue.severity != "info" and issue.rule not in ("fractions", "unit_inferred", *case.rules)
        ]
        assert not loud
    assert {question.key for question in result.questions} >= set(case.questions)
    for question in result.questions:
        assert question.key.split(":", 1)[1] == question.header and len(question.options) >= 2


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_no_value_is_lost_without_a_word(case: Case) -> None:
    """A filled cell without a value is a missing code (counted), an issue of its row, or asked for the whole column."""
    table = case.table()
    proposal = mapping.propose(table)
    result = values.coerce(table, proposal, case.choices, today=TODAY)
    rows = {(issue.row, issue.column) for issue in result.issues}
    whole = {issue.column for issue in result.issues if issue.row is None and issue.severity == "error"}
    counted = {(row.column, row.source) for row in result.conversions}
    for name, header in proposal.mapping.items():
        if name == "patient_id":
            continue
        for at, cell in enumerate(table.column(header)):
            label = columns_of(table)[header].legend.get(code_key(cell), "")
            if is_missing_word(fold(label)):
                continue
            if cell is None or not str(cell).strip() or plain(result.frame[name][at]) is not None:
                continue
            text = (
                str(cell)
                if isinstance(cell, bool)
                else shown(cell.strip() if isinstance(cell, str) else cell)
            )
            assert (header, text) in counted
            assert (table.row_numbers[at], header) in rows or header in whole or _says_missing(cell, name)


def _says_missing(cell: Any, name: str) -> bool:
    text = str(cell).lower()
    if name in (*free_text.ABERRATIONS, "high_risk_cyto", "polychemo_ever") and len(text) > 5:
        return True  # Named things are read; what the text does not name is unknown.
    if name.endswith("_date"):
        return any(
            word in text for word in ("lebt", "kein", "nein", "tot", "verstorben", "9999")
        ) or is_missing_word(fold(text))
    return is_missing_word(fold(text)) or text in ("9", "99", "999", "none")


def test_every_conversion_is_counted() -> None:
    table = table_of(
        {
            "Geschlecht": ["m", "w", "w", None, "M"],
            "Alter": [65, "70", "71 Jahre", 999, 65],
            "EMD": ["ja", "ja", "nein", "k.A.", "ja"],
        }
    )
    result = values.coerce(table, mapping.propose(table), {}, today=TODAY)
    assert set(map(tuple, result.conversions)) == {
        ("Geschlecht", "m", "M", 1),
        ("Geschlecht", "w", "F", 2),
        ("Alter", "71 Jahre", "71", 1),
        ("Alter", "999", "missing", 1),
        ("EMD", "ja", "yes", 3),
        ("EMD", "nein", "no", 1),
        ("EMD", "k.A.", "missing", 1),
    }


def test_a_message_names_the_row_and_what_was_expected() -> None:
    table = table_of({"EMD": ["ja", "vielleicht " * 10, "nein"]})
    issue = next(issue for issue in values.coerce(table, {"emd": "EMD"}, {}).issues)
    assert (issue.severity, issue.sheet, issue.row, issue.column, issue.rule) == (
        "error",
        "Sheet 1",
        3,
        "EMD",
        "not_understood",
    )
    assert "yes or no" in issue.message and "set to missing" in issue.message and len(issue.message) < 200


def test_ids_are_never_quoted() -> None:
    table = table_of({"ID": [dt.datetime(2020, 1, 1), "Meier, Anna", None]})
    result = values.coerce(table, {"patient_id": "ID"}, {})
    assert not result.conversions and not any("Meier" in issue.message for issue in result.issues)


def test_extras_keep_the_type_that_fits_every_cell() -> None:
    table = table_of(
        {
            "text": ["a", "1", "None"],
            "number": ["1,5", "2", None],
            "day": ["12.03.2023", "1.4.23", "n.a."],
            "yes": ["ja", "nein", "unbekannt"],
            "code": ["007", "010", "3"],
            "mixed": [1, "eins", 2.5],
            "whole": [1, 2, None],
            "bool": [True, False, None],
            "empty": [None, None, None],
        }
    )
    extras = values.coerce(table, {}, {}, today=TODAY).extras
    assert list(extras.columns) == list(table.headers)
    assert {name: str(extras[name].dtype) for name in extras} == {
        "text": "object",
        "number": "float64",
        "day": "datetime64[ns]",
        "yes": "boolean",
        "code": "object",
        "mixed": "object",
        "whole": "float64",
        "bool": "boolean",
        "empty": "object",
    }
    assert list(extras["text"]) == ["a", "1", "None"] and list(extras["code"]) == ["007", "010", "3"]
    assert list(extras["mixed"]) == ["1", "eins", "2.5"] and extras["number"][0] == 1.5


def test_a_mapped_column_that_is_not_there_is_said() -> None:
    table = table_of({"EMD": ["ja"]})
    result = values.coerce(table, {"emd": "EMD", "iss": "ISS"}, {})
    assert [issue.rule for issue in result.issues] == ["column_missing"] and list(result.frame) == ["emd"]


def test_many_findings_become_one_line() -> None:
    table = table_of({"EMD": ["vielleicht"] * 1000})
    issues = values.coerce(table, {"emd": "EMD"}, {}).issues
    assert len(issues) == 201 and "800 more rows" in issues[-1].message and "1001" in issues[-1].message
