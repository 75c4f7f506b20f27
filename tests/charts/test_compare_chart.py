"""The picture of this cohort beside published ones: it compiles, stays inside, and hides nothing."""

from __future__ import annotations

import json

import pytest

from rrmm.analyses.compare_published import PARTS, Kind, Measure, compare_published
from rrmm.analyses.response import Convention
from rrmm.charts import compare, theme
from rrmm.picks import Picks
from rrmm.published import cohorts
from tests.cohorts import ALL


def some(name: str, kind: Kind) -> list[Measure]:
    found = compare_published(ALL[name](), Picks(), Convention(), list(cohorts().values()))
    return [measure for measure in found if measure.kind == kind and measure.reported]


@pytest.mark.parametrize("kind", list(PARTS))
@pytest.mark.parametrize("name", list(ALL))
def test_every_cohort_has_its_row(name: str, kind: Kind) -> None:
    measures = some(name, kind)
    height = compare.height_for(measures)
    data = compare.compare_data(measures, "footer", height)
    rows = data[data["part"] == "row"]
    assert len(rows) == sum(len(measure.reported) for measure in measures)
    assert rows["own"].sum() == sum(measure.own.state != "not reported" for measure in measures)
    assert data["py"].between(0, height).all()
    end = compare.axis_end(measures)
    for column in ("x", "low", "high"):
        assert data[column].dropna().between(0, end).all()
    spec = compare.compare_spec(theme.LIGHT, kind, end, height)
    assert spec is compare.compare_spec(theme.LIGHT, kind, end, height)
    parts = {layer["transform"][0]["filter"].split("'")[1] for layer in spec["layer"]}
    assert set(data["part"]) <= parts
    assert json.dumps(spec)
    assert (rows.loc[rows["hollow"], "low"].isna()).all()
    assert not rows.loc[rows["text"].str.contains("no interval"), "low"].notna().any()


def test_an_open_interval_ends_in_an_arrow() -> None:
    measures = some("sample", "times")
    data = compare.compare_data(measures, "footer", compare.height_for(measures))
    assert (data["part"] == "open").sum() == 3  # PFS and DOR of the sample, DOR of MajesTEC-1


def test_specs_compile() -> None:
    vl_convert = pytest.importorskip("vl_convert")
    for name in ("sample", "empty"):
        for kind in PARTS:
            measures = some(name, kind)
            height = compare.height_for(measures)
            spec = compare.compare_spec(theme.DARK, kind, compare.axis_end(measures), height)
            data = compare.compare_data(measures, "footer", height)
            filled = {**spec, "width": 700, "data": {"values": json.loads(data.to_json(orient="records"))}}
            assert vl_convert.vegalite_to_vega(filled)
