"""Lanes of the swimmer plot, against the cohort's own columns."""

from __future__ import annotations

import numpy as np
import pytest

from rrmm import DAYS_PER_MONTH
from rrmm.analyses.swimmer import ORDERS, lanes
from rrmm.charts import swimmer as chart
from rrmm.charts.theme import DARK, LIGHT
from rrmm.cohort import build_cohort
from rrmm.intake import load
from tests.cohorts import bare, empty, one, sample


def drawn(cohort, order: str = "follow-up"):
    return lanes(cohort, np.ones(cohort.n, dtype=bool), np.zeros(cohort.n, dtype=np.int64), order)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("cohort", [sample, one, bare, empty], ids=lambda each: each.__name__)
def test_one_lane_a_patient(cohort, order: str) -> None:
    found = drawn(cohort(), order)
    assert len(found) + found.attrs["without_time"] == cohort().n
    assert list(found["lane"]) == list(range(len(found)))


def test_what_happens_on_a_lane_is_what_the_cohort_says() -> None:
    frame, found = sample().frame, drawn(sample())
    assert found["death"].notna().sum() == frame["os_event"].sum()
    assert found["progression"].notna().sum() == frame["progression"].sum()
    assert found["response_start"].notna().sum() == frame["ttr_days"].notna().sum()
    assert np.allclose(np.sort(found["end"]), np.sort(frame["os_days"] / DAYS_PER_MONTH))
    assert (found["ongoing"] == (found["death"].isna() & found["progression"].isna())).all()
    assert found["end"].is_monotonic_decreasing


def test_a_death_without_progression_is_no_progression() -> None:
    text = "patient_id,start_date,death,death_date,last_contact_date,progression\nS1,2023-01-01,yes,2023-03-01,2023-03-01,no\n"
    found = drawn(build_cohort(load(text.encode(), "dead.csv")))
    assert found["progression"].isna().all() and found["death"].notna().all()


def test_no_identifier_reaches_the_picture() -> None:
    found = drawn(sample())
    data = chart.swimmer_data(found, 900, ("CR or better", "unknown"), True)
    text = str(data.to_pydict())
    assert not [each for each in sample().frame["patient_id"] if f"'{each}'" in text or f" {each} " in text]


@pytest.mark.parametrize("tone", [LIGHT, DARK], ids=["light", "dark"])
def test_the_spec_depends_on_nothing_but_its_arguments(tone) -> None:
    assert chart.swimmer_spec(tone, 900, ("a", "b"), False) is chart.swimmer_spec(tone, 900, ("a", "b"), False)


def test_hundreds_of_lanes_stay_on_a_page() -> None:
    assert chart.height(5) >= 400 and chart.height(123) < 1300 and chart.height(5000) == 1500
