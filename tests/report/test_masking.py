"""No subtraction gives a masked number back: tried by writing down every table that fits what is printed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rrmm.report.masking import Sheet, mask_parts, mask_table


def possible(sheet: Sheet, hidden: frozenset, most: int) -> dict:
    """Key -> the values it has in all assignments of hidden counts (0..most) that fit the sums, by trying them all.

    Zeros are known to whoever reads.
    """
    keys = sorted(hidden, key=str)
    if not keys:
        return {}
    grid = np.indices((most + 1,) * len(keys), dtype=np.int16).reshape(len(keys), -1)
    now = {**sheet.values, **dict(zip(keys, grid, strict=True))}
    fits = np.ones(grid.shape[1], dtype=bool)
    for whole, parts in sheet.sums:
        fits &= now[whole] == sum(now[part] for part in parts)
    return {key: set(row[fits].tolist()) for key, row in zip(keys, grid, strict=True)}


def check(sheet: Sheet, most: int) -> frozenset:
    hidden = sheet.hidden()
    assert sheet.sensitive() <= hidden
    assert all(sheet.values[key] for key in hidden)
    seen = possible(sheet, hidden, most)
    for key in sheet.sensitive():
        assert len(seen[key]) > 1, (key, sheet.values, hidden)
    return hidden


@settings(max_examples=150, deadline=None)
@given(st.lists(st.integers(0, 12), min_size=2, max_size=4))
def test_parts_of_a_printed_total(parts: list[int]) -> None:
    sheet = Sheet()
    sheet.add("total", sum(parts), cost=9)
    for at, value in enumerate(parts):
        sheet.add(at, value)
    sheet.total("total", range(len(parts)))
    hidden = sheet.hidden()
    check(sheet, max(sum(parts), 1) + 1) if len(hidden) <= 3 else None
    assert [at in hidden for at in range(len(parts))] == mask_parts(parts)


def crossed(cells: np.ndarray) -> Sheet:
    """A cross table with margins as :func:`mask_table` prints it."""
    rows, columns = cells.shape
    full = np.block([[cells, cells.sum(axis=1, keepdims=True)], [cells.sum(axis=0), cells.sum()]])
    sheet = Sheet()
    for (i, j), value in np.ndenumerate(full):
        sheet.add((i, j), int(value), cost=1 + 4 * ((i == rows) + (j == columns)))
    for i in range(rows + 1):
        sheet.total((i, columns), [(i, j) for j in range(columns)])
    for j in range(columns + 1):
        sheet.total((rows, j), [(i, j) for i in range(rows)])
    return sheet


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 6), min_size=4, max_size=4))
def test_a_two_by_two_table_with_margins(values: list[int]) -> None:
    sheet = crossed(np.array(values).reshape(2, 2))
    if len(sheet.hidden()) <= 4:
        hidden = check(sheet, 24)
        assert mask_table([values[:2], values[2:]]).ravel().tolist() == [key in hidden for key in np.ndindex(3, 3)]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 6), min_size=6, max_size=6))
def test_a_three_by_two_table_with_margins(values: list[int]) -> None:
    sheet = crossed(np.array(values).reshape(3, 2))
    if len(sheet.hidden()) <= 5:
        check(sheet, 18)


def test_events_and_those_without_are_masked_together() -> None:
    sheet = Sheet()
    sheet.add("n", 43, cost=5)
    sheet.add("events", 39)
    sheet.add("without", 4, printed=False)
    sheet.total("n", ["events", "without"])
    assert "events" in check(sheet, 45) and "n" not in sheet.hidden()


def test_large_numbers_and_zeros_stay() -> None:
    assert mask_parts([76, 43, 0]) == [False, False, False]
    assert mask_parts([76, 43, 4]) == [False, True, True]
    assert not mask_table([[53, 23], [16, 27]]).any()
    assert mask_table([[20, 4], [16, 27]])[:2, :2].all()


@pytest.mark.parametrize("bad", [-1])
def test_what_is_no_count_or_no_sum_is_refused(bad: int) -> None:
    sheet = Sheet()
    with pytest.raises(ValueError, match="count"):
        sheet.add("a", bad)
    sheet.add("a", 3)
    sheet.add("b", 4)
    with pytest.raises(ValueError, match="sum"):
        sheet.total("a", ["b"])
