"""Pictures of Baseline, Response and Safety: they compile, stay inside, and show what was counted."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
import pytest

from rrmm.analyses.flow import flow
from rrmm.analyses.missingness import missingness
from rrmm.analyses.overlap import choices, overlap
from rrmm.analyses.response import Convention
from rrmm.analyses.response_odds import subgroup_blocks
from rrmm.analyses.response_times import response_times
from rrmm.analyses.safety import safety
from rrmm.charts import flow as flow_chart
from rrmm.charts import grade_stack, incidence, missing, response_stack, safety_bars, theme, upset
from rrmm.picks import Picks
from tests.cohorts import ALL, sample
from tests.handmade import everyone

TONES = (theme.LIGHT, theme.DARK)
Picture = tuple[dict[str, Any], pd.DataFrame, int]


def pictures(name: str, compare: str, tone: theme.Tone) -> dict[str, Picture]:
    """Every picture of a cohort: spec, data, height."""
    cohort = ALL[name]()
    picks = Picks(compare=compare)
    found: dict[str, Picture] = {}
    blocks = subgroup_blocks(cohort, picks, Convention())
    height = response_stack.height_for(sum(map(len, blocks)), len(blocks))
    found["stack"] = (
        response_stack.stack_spec(tone, height),
        response_stack.stack_data(blocks, tone, "", height),
        height,
    )
    curves = response_times(cohort, picks).curves
    data = incidence.incidence_data(curves, "Response", "footer · method", ("responded", "died before"), 440)
    found["incidence"] = (incidence.incidence_spec(tone, len(curves.groups), 440), data, 440)
    steps = flow(cohort, picks)
    height = flow_chart.height_for(steps)
    found["flow"] = (flow_chart.flow_spec(tone, height), flow_chart.flow_data(steps), height)
    known = missingness(cohort, everyone(cohort))
    height = missing.height_for(len(missing.incomplete(known)))
    found["missing"] = (missing.missing_spec(tone, height), missing.missing_data(known), height)
    sets = overlap(cohort, picks, tuple(choices(cohort)[:5]), everyone(cohort))
    height = upset.height_for(len(sets.features))
    found["upset"] = (upset.upset_spec(tone, height), upset.upset_data(sets), height)
    events = safety(cohort, picks)
    height = safety_bars.height_for(events)
    grouped = len(events.columns) > 1
    found["safety"] = (
        safety_bars.safety_spec(tone, grouped, height),
        safety_bars.safety_data(events),
        height,
    )
    height = grade_stack.height_for(events)
    found["grades"] = (grade_stack.grade_spec(tone, height), grade_stack.grade_data(events, tone), height)
    return found


@pytest.mark.parametrize("compare", ["none", "emd"])
@pytest.mark.parametrize("name", list(ALL))
def test_every_row_has_its_place(name: str, compare: str) -> None:
    for tone in TONES:
        for chart, (spec, data, height) in pictures(name, compare, tone).items():
            parts = {
                layer["transform"][0]["filter"].split("'")[1]
                for layer in spec["layer"]
                if "transform" in layer
            }
            assert set(data["part"]) <= parts, chart
            for column in ("py", "py2", "pym"):
                if column in data:
                    assert data[column].dropna().between(0, height).all(), (chart, column)
            for column in ("text", "short"):
                assert data[column].map(lambda each: isinstance(each, str)).all(), chart
            assert json.dumps(spec)


@pytest.mark.parametrize("compare", ["none", "emd"])
def test_specs_compile(compare: str) -> None:
    vl_convert = pytest.importorskip("vl_convert")
    for name in ("sample", "empty"):
        for chart, (spec, data, _) in pictures(name, compare, theme.LIGHT).items():
            filled = {**spec, "width": 700, "data": {"values": json.loads(data.to_json(orient="records"))}}
            assert vl_convert.vegalite_to_vega(filled), chart


def test_specs_are_constant() -> None:
    """What changes is in the data, so the browser never builds a picture anew for another number."""
    assert response_stack.stack_spec(theme.LIGHT, 400) is response_stack.stack_spec(theme.LIGHT, 400)
    assert incidence.incidence_spec(theme.LIGHT, 2) is incidence.incidence_spec(theme.LIGHT, 2)
    assert upset.upset_spec(theme.LIGHT, 300) is upset.upset_spec(theme.LIGHT, 300)


def test_bars_show_the_counts() -> None:
    blocks = subgroup_blocks(sample(), Picks(), Convention())
    data = response_stack.stack_data(blocks, theme.LIGHT, "", 2000)
    first = data[data["part"] == "bar"].iloc[:6]
    assert first["x2"].iloc[-1] == pytest.approx(100)
    assert first["text"].iloc[0] == "All patients, CR or better: 27/123 (22.0 %)"
    row = data[data["part"] == "row"].iloc[0]
    assert row["text"].startswith("59.3 % (") and row["text"].endswith("73/123")
    without = response_stack.stack_data(blocks, theme.LIGHT, "", 2000, nonevaluable_counts=False)
    assert "NE" not in set(without["depth"])


def test_curves_start_at_zero_and_never_fall() -> None:
    curves = response_times(sample(), Picks(compare="emd")).curves
    data = incidence.incidence_data(curves, "Response", "footer", ("responded", "died before"))
    for g in (0, 1):
        line = data[(data["g"] == g) & data["part"].isin(["step", "fade"])]
        assert line["y"].iloc[0] == 0 and (line["y"].diff().dropna() >= -1e-12).all()
        at_risk = data[(data["g"] == g) & (data["part"] == "risk")]["text"].astype(int)
        assert at_risk.iloc[0] == curves.groups[g].n and at_risk.is_monotonic_decreasing


def test_upset_names_who_is_in_a_column() -> None:
    sets = overlap(sample(), Picks(), ("emd", "penta"), everyone(sample()))
    data = upset.upset_data(sets)
    bars = data[data["part"] == "bar"]
    assert bars["short"].astype(int).sum() == sets.complete
    assert any("EMD + Penta-refractory" in text for text in bars["text"])


def test_flow_says_who_is_lost() -> None:
    data = flow_chart.flow_data(flow(sample(), Picks(compare="emd", filters=(("iss3", 1),))))
    assert "31  ISS stage III: unknown" in set(data["text"])
    assert any("Progression-free survival: n = 31" in text for text in data["text"])


def test_safety_bars_end_at_the_share() -> None:
    data = safety_bars.safety_data(safety(sample(), Picks()))
    infection = data[data["part"] == "any"].iloc[0]
    assert infection["x2"] == pytest.approx(100 * 67 / 123) and infection["severe"] == "26.8 %"
