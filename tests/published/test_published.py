"""The published cohorts: every figure has a source, counts and percentages agree, nothing is invented."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from rrmm.published import DATA, ORDER, Median, Rate, Spread, cohorts, count_of, paper, printed_values


def _leaves(cohort: Any) -> Iterator[tuple[str, Rate | Median | Spread]]:
    yield "followup", cohort.followup_months
    for group in ("response", "times", "baseline"):
        for key, value in getattr(cohort, group).items():
            yield f"{group}.{key}", value
    for key, both in cohort.adverse_events.items():
        for grade, value in both.items():
            yield f"{key}.{grade}", value


@pytest.mark.parametrize("name", ORDER)
def test_every_figure_has_a_source(name: str) -> None:
    cohort = cohorts()[name]
    assert cohort.id == name and cohort.citation and cohort.label
    for where, value in _leaves(cohort):
        if value.known:
            assert value.source in cohort.sources, where
        if isinstance(value, Rate) and value.known:
            assert value.n and 0 <= (value.x or 0) <= value.n, where
            if value.x is not None and value.pct is not None:
                assert abs(100 * value.x / value.n - value.pct) <= (0.051 if value.pct % 1 else 0.51), where
            if value.conf_low is not None:
                assert value.conf_low < value.percent < value.conf_high, where
        if isinstance(value, Median) and value.months is not None:
            assert value.reached
            assert (value.conf_low or 0) < value.months < (value.conf_high or 1e9), where
        if isinstance(value, Spread) and value.low is not None:
            assert value.low <= value.median <= value.high, where


def test_every_file_is_listed() -> None:
    assert sorted(path.stem for path in DATA.glob("cohort_*.json")) == sorted(
        f"cohort_{name}" for name in ORDER
    )


def test_the_cohorts_agree_with_the_benchmarks_of_the_paper() -> None:
    for entry in paper()["benchmarks"]:
        if entry["id"] not in cohorts():
            continue
        ours = cohorts()[entry["id"]]
        if "orr" in entry:
            assert ours.response["orr"].pct == entry["orr"]["pct"]
            assert (ours.response["orr"].conf_low is None) == ("ci" not in entry["orr"])
        for key in ("pfs", "os", "dor"):
            printed = entry.get(f"{key}_median", {}).get("months")
            if isinstance(printed, float) and (entry["id"], key) != ("karmma", "pfs"):
                assert ours.times[key].months == printed
            if printed == "NR":
                assert ours.times[key].reached is False
        for event, (any_grade, severe) in entry.get("ae", {}).items():
            assert ours.adverse_events[event]["any"].pct == any_grade
            assert ours.adverse_events[event]["grade3"].pct == severe


def test_karmma_keeps_both_medians() -> None:
    pfs = cohorts()["karmma"].times["pfs"]
    assert pfs.months == 8.8 and "12.1" in pfs.note


def test_paper_and_printed_values() -> None:
    assert paper()["source"]["n"] == 123
    assert len(printed_values()) == 320
    raw = json.loads((DATA / "riedhammer2024.json").read_text(encoding="utf-8"))
    assert len(raw["figures"]) == len({figure["id"] for figure in raw["figures"]})


@pytest.mark.parametrize(
    ("pct", "n", "x"),
    [
        (63.0, 165, 104),
        (58.8, 165, 97),
        (0.6, 165, 1),
        (3.0, 165, 5),
        (80, 821, None),
        (50.0, 5, None),
        (11.25, 160, 18),
    ],
)
def test_count_from_percentage(pct: float, n: int, x: int | None) -> None:
    assert count_of(pct, n) == x
