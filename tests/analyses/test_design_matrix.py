"""Columns, levels, reasons and losses of a design matrix."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from rrmm.analyses.design_matrix import design_matrix, text_of


def frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "age": [50.0, 60, np.nan, 70, 65],
            "stage": ["II", "I", "II", None, "III"],
            "flag": pd.array([True, False, None, True, False], dtype="boolean"),
            "grade": [1.0, 2, 2, 3, 1],
            "cat": pd.Categorical(["z", "a", "z", "a", "z"], categories=["z", "m", "a"]),
            "same": [1.0] * 5,
        }
    )


def test_text_and_flags_are_factors_in_sorted_order_and_numbers_stay() -> None:
    found = design_matrix(frame(), ["age", "stage", "flag"])
    assert found.terms == ("age", "stage[II]", "stage[III]", "flag[Yes]")
    assert found.used.tolist() == [True, True, False, False, True]
    np.testing.assert_array_equal(found.matrix, [[50, 1, 0, 1], [60, 0, 0, 0], [65, 0, 1, 0]])
    assert found.lost.set_index("variable")["missing"].to_dict() == {"age": 1, "stage": 1, "flag": 1}
    assert found.lost.set_index("variable")["only"].to_dict() == {"age": 0, "stage": 1, "flag": 0}
    assert found.positions("stage") == [1, 2]


def test_categories_keep_their_order_and_numbers_can_be_factors() -> None:
    found = design_matrix(frame(), ["cat", "grade"], as_factor=["grade"])
    assert found.terms == ("cat[a]", "grade[2]", "grade[3]")
    assert found.levels["level"].tolist() == ["z", "a", "1", "2", "3"]
    assert design_matrix(frame(), ["stage"], references={"stage": "III"}).terms == ("stage[I]", "stage[II]")


def test_what_can_not_enter_has_a_reason() -> None:
    found = design_matrix(frame(), ["same", "stage", "age"])
    assert found.columns[0].reason.startswith("constant")
    # Stage I's only complete case decides: drop it and the level stays as a row without patients.
    smaller = design_matrix(frame().assign(age=[50, np.nan, 1, 2, 3]), ["stage", "age"])
    assert {column.term: column.reason for column in smaller.columns}["stage[I]"].startswith("no patient with 'I'")
    assert smaller.levels.query("variable == 'stage' and reference")["level"].tolist() == ["II"]


def test_errors_are_sentences() -> None:
    for covariates, references, words in (
        (["nope"], {}, "no column 'nope'"),
        (["age", "age"], {}, "named twice"),
        (["stage"], {"stage": "IV"}, "not a level"),
    ):
        with pytest.raises(ValueError, match=words):
            design_matrix(frame(), covariates, references=references)


def test_labels_are_those_of_the_file() -> None:
    assert [text_of(cell) for cell in (1.0, 1.5, " a ", "", None, np.nan, True, pd.NA, 3)] == [
        "1",
        "1.5",
        "a",
        None,
        None,
        None,
        "Yes",
        None,
        "3",
    ]
