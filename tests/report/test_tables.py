"""Tables as text and as CSV: no spreadsheet runs a cell, nothing is lost on the way."""

from __future__ import annotations

import csv
import io

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rrmm.analyses.baseline import Spread
from rrmm.analyses.baseline import spread as spread_of
from rrmm.analyses.proportions import proportion
from rrmm.analyses.two_by_two import Interval
from rrmm.report.tables import harmless, interval, safe_csv, share, spread

STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")


@pytest.mark.parametrize(
    "cell",
    ["=1+1", "+cmd", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "  =1", "\u00a0=1", "=HYPERLINK(1)", "|x", "%0a=1"],
)
def test_formulas_are_defused(cell: str) -> None:
    assert harmless(cell) == "'" + cell


@pytest.mark.parametrize("cell", ["-1.5", "+3", "–", "5.4 (1.0–16.8)", "< 0.001", "≥ 60 %", "", "-1,5", "-12 %"])
def test_text_and_numbers_stay(cell: str) -> None:
    assert harmless(cell) == cell


def read(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def test_headers_are_defused_too() -> None:
    frame = pd.DataFrame({"=bad": ["x"], "n": [-3], "share": [-0.5]})
    assert read(safe_csv(frame)) == [["'=bad", "n", "share"], ["x", "-3", "-0.5"]]


def test_the_input_is_not_changed_and_umlauts_survive() -> None:
    frame = pd.DataFrame({"Zentrum": ["=Würzburg", None], "x": pd.array([1, None], dtype="Int64")})
    before = frame.copy()
    rows = read(safe_csv(frame))
    assert rows == [["Zentrum", "x"], ["'=Würzburg", "1"], ["", ""]]
    pd.testing.assert_frame_equal(frame, before)


def test_an_empty_table() -> None:
    assert read(safe_csv(pd.DataFrame())) in ([], [[]], [[""]])
    assert read(safe_csv(pd.DataFrame(columns=["a", "b"]))) == [["a", "b"]]


@given(st.lists(st.text(max_size=12), min_size=1, max_size=6))
@settings(max_examples=80, deadline=None)
def test_no_cell_starts_a_formula(cells: list[str]) -> None:
    for cell in cells:
        made = str(harmless(cell))
        assert made in (cell, "'" + cell)
        bare = made.lstrip(" \u00a0\u200b\ufeff").strip()
        if bare.startswith(STARTS):
            float(bare.rstrip("%").strip().replace(",", "."))


def test_duplicate_headers_keep_their_cells() -> None:
    frame = pd.DataFrame([["=a", "b"]], columns=["x", "x"])
    assert read(safe_csv(frame)) == [["x", "x"], ["'=a", "b"]]


def test_words() -> None:
    assert share(proportion(43, 119)) == "43/119 (36.1 %)"
    assert share(proportion(0, 0)) == "–"
    assert share(proportion(0, 10), interval=True).startswith("0/10 (0.0 %), 0.0–")
    assert spread(spread_of(np.array([1.0, 2.0]))) == "1.5 (1–2)"
    assert spread(spread_of(np.array([67.0, 35.0, 87.0]))) == "67 (35–87)"
    assert spread(Spread(0, *[float("nan")] * 5)) == "–"
    nan = float("nan")
    assert interval(Interval(nan, nan, nan, "a group is empty")) == "not estimable: a group is empty"
    assert "no interval" in interval(Interval(float("inf"), nan, nan, "a cell is empty"))
    assert interval(Interval(float("inf"), 1.5, float("inf"))) == "∞ (1.50–∞)"
    assert interval(Interval(2.0, 1.0, 4.0)) == "2.00 (1.00–4.00)"
