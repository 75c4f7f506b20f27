"""Any cell in any column: never an exception, and never a change or a loss that is not counted."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rrmm.derive import DTYPES
from rrmm.intake import checks, values
from rrmm.intake.columns import column_of, fold, shown
from rrmm.intake.dates import parse_text
from rrmm.intake.numbers import amount
from rrmm.schema import VARIABLES
from tests.intake.corpus_values import CASES, TODAY, table_of

WORDS = sorted(
    {
        str(cell)
        for case in CASES
        for cells in case.columns.values()
        for cell in cells
        if isinstance(cell, str)
    }
)
CELL = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.integers(-10, 50000),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(WORDS),
    st.dates(),
    st.datetimes(),
    st.times(),
    st.from_regex(r"[0-9]{1,4}[./ -][0-9]{1,2}[./ -][0-9]{1,4}", fullmatch=True),
    st.from_regex(r"(>=|<|≥|ca\. )?[0-9]{1,4}([.,][0-9]{1,3})?( ?(%|mg/l|Mo|d|Jahre))?", fullmatch=True),
    st.tuples(
        st.sampled_from(WORDS),
        st.sampled_from(["", " ", "?", " (?)", ", ", " kein ", "\n"]),
        st.sampled_from(WORDS),
    ).map("".join),
)


def is_filled(cell: Any) -> bool:
    if isinstance(cell, float) and math.isnan(cell):
        return False
    return cell is not None and bool(str(cell).strip())


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(sorted(VARIABLES)), st.lists(CELL, min_size=1, max_size=5), st.booleans())
def test_any_cell_of_any_variable(name: str, cells: list[Any], mode: bool) -> None:
    table = table_of({"Column": cells}, datemode_1904=mode)
    result = values.coerce(table, {name: "Column"}, {}, today=TODAY)
    read = result.frame[name]
    assert str(read.dtype) == DTYPES[VARIABLES[name].kind] and len(read) == len(cells)
    rows = {issue.row for issue in result.issues if issue.column == "Column"}
    counted = {row.source for row in result.conversions}
    whole = any(issue.row is None and issue.severity == "error" for issue in result.issues)
    for at, cell in enumerate(cells):
        value = read.iloc[at]
        missing = value is None or pd.isna(value)
        if not is_filled(cell):
            assert missing or value is False or value == False  # noqa: E712  (a blank can be "no" where a header says so)
        elif missing:
            text = (
                str(cell)
                if isinstance(cell, bool)
                else shown(cell.strip() if isinstance(cell, str) else cell)
            )
            assert name == "patient_id" or text[:200] in counted or at + 2 in rows or whole
        elif (
            VARIABLES[name].kind == "number" and isinstance(cell, int | float) and not isinstance(cell, bool)
        ):
            exact = value == float(cell)
            assert exact or [row for row in result.conversions if row.source == shown(cell)]
    for row in result.conversions:
        assert row.count >= 1 and row.column == "Column" and len(row.source) <= 200
    json_like = [issue.as_dict() for issue in result.issues]
    assert all(entry["rule"] and len(entry["message"]) < 600 for entry in json_like)
    frame_rows = pd.DataFrame({"sheet": "S", "row": table.row_numbers})
    checked = checks.check(result.frame, frame_rows, {name: "Column"}, TODAY)
    assert len(checked.frame) == len(cells)


@settings(max_examples=40, deadline=None)
@given(st.lists(CELL, min_size=1, max_size=6))
def test_any_cell_of_an_unknown_column(cells: list[Any]) -> None:
    extras = values.coerce(table_of({"Column": cells}), {}, {}, today=TODAY).extras["Column"]
    assert str(extras.dtype) in ("boolean", "float64", "datetime64[ns]", "object")
    if str(extras.dtype) == "object":
        for cell, kept in zip(cells, extras, strict=True):
            assert (
                kept is None
                or not is_filled(cell)
                or kept == (cell.strip() if isinstance(cell, str) else shown(cell))
            )


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(*[CELL] * 6), min_size=1, max_size=4))
def test_columns_that_look_at_each_other(rows: list[tuple[Any, ...]]) -> None:
    names = ("start_date", "death_date", "death", "pfs_event", "pfs_days", "prior_bcma")
    table = table_of({name: [row[at] for row in rows] for at, name in enumerate(names)})
    result = values.coerce(table, {name: name for name in names}, {}, today=TODAY)
    assert set(names) <= set(result.frame.columns)


@settings(max_examples=100, deadline=None)
@given(
    st.dates(dt.date(1950, 1, 1), dt.date(2099, 12, 31)),
    st.sampled_from(["%Y-%m-%d", "%d.%m.%Y", "%Y/%m/%d", "%d %b %Y", "%B %d, %Y", "%Y%m%d", "%d%b%Y"]),
)
def test_dates_come_back(day: dt.date, form: str) -> None:
    parsed = parse_text(day.strftime(form), TODAY)
    assert parsed is not None
    assert (parsed.day or parsed.dmy) == dt.datetime(day.year, day.month, day.day)


@settings(max_examples=100, deadline=None)
@given(st.decimals(0, 99999, places=2, allow_nan=False), st.sampled_from(["", " ", "%", " mg/l"]))
def test_numbers_come_back(number: Any, unit: str) -> None:
    for text in (f"{number}{unit}", f"{number}{unit}".replace(".", ",")):
        found = amount(text)
        assert found is not None and found.value == float(number)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\x00",
        "=1+1",
        "<script>",
        "9" * 400,
        "1" * 50 + "." + "1" * 50,
        "1e999",
        "-",
        "+",
        ",",
        ".",
        "1.2.3.4",
        "१२",
    ],
)
def test_odd_texts(text: str) -> None:
    for name in VARIABLES:
        values.coerce(table_of({"A": [text, "x"]}), {name: "A"}, {}, today=TODAY)
    assert isinstance(fold(text), str)


def test_long_ids_keep_their_digits() -> None:
    table = table_of({"ID": [12345678901234567890, 98765432109876543]})
    assert list(values.coerce(table, {"patient_id": "ID"}, {}).frame["patient_id"]) == [
        "12345678901234567890",
        "98765432109876543",
    ]


def test_true_is_not_one() -> None:
    column = column_of("A", [True, 1, 1.0, "1", None, False, 0, float("nan"), "  "])
    assert [type(cell) for cell in column.uniques] == [bool, int, str, bool, int]
    assert column.codes.tolist() == [0, 1, 1, 2, -1, 3, 4, -1, -1] and np.sum(column.counts) == 6
