"""No subtraction gives a masked number back: tried by writing down every table that fits what is printed."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from rrmm.report.masking import FEWEST, Sheet, mask_parts, mask_table


def possible(sheet: Sheet, hidden: frozenset, most: int) -> dict:
    """Key -> the values it has in all assignments of hidden counts (0..most) that fit the sums, by trying them all."""
    keys = sorted(hidden, key=str)
    found: dict = {key: set() for key in keys}
    for values in product(range(most + 1), repeat=len(keys)):
        now = {**sheet.values, **dict(zip(keys, values, strict=True))}
        if all(now[whole] == sum(now[part] for part in parts) for whole, parts in sheet.sums):
            for key in keys:
                found[key].add(now[key])
    return found


def check(sheet: Sheet, most: int) -> frozenset:
    hidden = sheet.hidden()
    assert sheet.sensitive() <= hidden
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
    if len(hidden) <= 4:
        check(sheet, max(sum(parts), 1) + 1)
    assert [at in hidden for at in range(len(parts))] == mask_parts(parts)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 9), min_size=4, max_size=4))
def test_a_two_by_two_table_with_margins(values: list[int]) -> None:
    hidden = mask_table([values[:2], values[2:]])
    small = np.array([0 < v < FEWEST for v in values]).reshape(2, 2)
    assert (hidden | ~small).all()
    cells = np.array(values).reshape(2, 2)
    tables = [np.array([[a, b], [c, d]]) for a, b, c, d in product(range(19), repeat=4)
              if a + b == cells[0].sum() and c + d == cells[1].sum() and a + c == cells[:, 0].sum()] if small.any() else []
    fitting = [table for table in tables if (table == cells)[~hidden].all()]
    # Margins of less than five are themselves hidden, so only tables with large margins must stay open by this list.
    if min(*cells.sum(axis=0), *cells.sum(axis=1)) >= FEWEST:
        for i, j in zip(*np.nonzero(small), strict=True):
            assert len({table[i, j] for table in fitting}) > 1


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 7), min_size=6, max_size=6))
def test_a_three_by_two_table_in_which_everything_follows(values: list[int]) -> None:
    sheet = Sheet()
    for at, value in enumerate(values):
        sheet.add(divmod(at, 2), value)
    for i in range(3):
        sheet.add(("row", i), sum(values[2 * i: 2 * i + 2]), cost=5)
        sheet.total(("row", i), [(i, 0), (i, 1)])
    for j in range(2):
        sheet.add(("column", j), sum(values[j::2]), cost=5)
        sheet.total(("column", j), [(i, j) for i in range(3)])
    if len(sheet.hidden()) <= 6:
        check(sheet, 9)


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


@pytest.mark.parametrize("bad", [-1])
def test_what_is_no_count_or_no_sum_is_refused(bad: int) -> None:
    sheet = Sheet()
    with pytest.raises(ValueError, match="count"):
        sheet.add("a", bad)
    sheet.add("a", 3)
    sheet.add("b", 4)
    with pytest.raises(ValueError, match="sum"):
        sheet.total("a", ["b"])
