"""How the hazard depends on a number: the spline with its band, and the straight line it is held against."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from rrmm.charts.cells import table
from rrmm.charts.rows import PIXEL, layer, text
from rrmm.charts.theme import Tone, config

if TYPE_CHECKING:
    import pyarrow as pa

    from rrmm.results import Result

LOW, HIGH, HEIGHT, TOP, FOOT = 0.05, 50.0, 400, 48, 46


@lru_cache(maxsize=32)
def form_spec(colours: Tone, height: int = HEIGHT) -> dict[str, Any]:
    """The constant spec; its data are :func:`form_data`."""
    bottom = height - FOOT
    x = {"field": "x", "type": "quantitative", "scale": {"zero": False, "nice": False},
         "axis": {"title": None, "grid": False, "tickCount": 9, "offset": {"expr": f"{bottom} - height"}}}  # fmt: skip
    plain = {"field": "x", "type": "quantitative"}
    y = {"field": "y", "type": "quantitative",
         "scale": {"type": "log", "domain": [LOW, HIGH], "range": [bottom, TOP], "clamp": True, "nice": False},
         "axis": {"title": None, "format": "~g", "values": [0.05, 0.1, 0.25, 0.5, 1, 2, 4, 10, 50],
                  "grid": False}}  # fmt: skip
    pixel = {"field": "py", **PIXEL}
    curve = colours.level(1)
    layers = [
        layer("one", {"type": "rule", "strokeDash": [4, 4], "color": colours.muted}, {"y": y}),
        layer("curve", {"type": "area", "opacity": 0.16, "color": curve, "tooltip": None},
              {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}}),
        layer("line", {"type": "line", "strokeWidth": 2, "strokeDash": [7, 4], "color": colours.level(0)},
              {"x": plain, "y": y}),
        layer("curve", {"type": "line", "strokeWidth": 2.8, "color": curve}, {"x": plain, "y": y}),
        layer("reference", {"type": "point", "filled": True, "size": 80, "opacity": 1, "color": curve},
              {"x": plain, "y": y, "tooltip": {"field": "text"}}),
        layer("knot", {"type": "tick", "orient": "vertical", "size": 12, "thickness": 2, "color": colours.muted,
                       "y": bottom - 6}, {"x": plain}),
        layer("title", {**text(15, baseline="top"), "fontWeight": 600, "dx": -34, "color": colours.ink,
                        "limit": {"expr": "width + 30"}},
              {"x": {"value": 0}, "y": pixel, "text": {"field": "text"}}),
        layer("key", {**text(13, baseline="top"), "dx": -34, "color": colours.muted, "limit": {"expr": "width + 30"}},
              {"x": {"value": 0}, "y": pixel, "text": {"field": "text"}}),
        layer("axis", {**text(13, "center", baseline="top"), "color": colours.ink},
              {"x": {"value": {"expr": "width / 2"}}, "y": pixel, "text": {"field": "text"}}),
    ]  # fmt: skip
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json", "height": height, "width": "container",
        "autosize": {"type": "fit", "contains": "padding"}, "padding": {"left": 4, "right": 14, "top": 2, "bottom": 4},
        "config": config(colours), "layer": layers, "resolve": {"scale": {"x": "shared", "y": "shared"}},
    }  # fmt: skip


def form_data(found: Result, endpoint: str, label: str, height: int = HEIGHT) -> pa.Table:
    """The rows for :func:`form_spec`. label: the number with its unit."""
    reference = found.numbers["reference"]
    rows: list[dict[str, Any]] = [
        {"part": "title", "py": 0, "text": f"Hazard ratio of {endpoint} against the median ({reference:.3g})"},
        {"part": "key", "py": 22, "text": "curve: spline with 95 % interval  ·  dashed: straight line  ·  ticks: knots"},
        {"part": "axis", "py": height - 20, "text": label},
        {"part": "one", "y": 1.0},
    ]
    for row in found.table.to_dict("records"):
        if math.isfinite(row["estimate"]):
            rows.append({"part": "curve", "x": row["value"], "y": row["estimate"], "low": max(row["conf_low"], LOW),
                         "high": min(row["conf_high"], HIGH)})  # fmt: skip
    rows += [{"part": "line", "x": row["value"], "y": row["estimate"]}
             for row in found.frames["linear"].to_dict("records")]  # fmt: skip
    rows += [{"part": "knot", "x": at} for at in found.numbers["knots"]]
    if math.isfinite(reference):
        rows.append({"part": "reference", "x": reference, "y": 1.0, "text": f"median {reference:.3g}"})
    return table(rows, ("x", "y", "low", "high", "py"), dict.fromkeys(("part", "text"), ""), level=False)
