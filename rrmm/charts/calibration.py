"""Calibration of a risk model: predicted against observed survival in thirds of the risk, beside the ideal line."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from rrmm import DAYS_PER_MONTH, formatting
from rrmm.charts.cells import table
from rrmm.charts.rows import PIXEL, layer, text
from rrmm.charts.theme import Tone, config

if TYPE_CHECKING:
    import pyarrow as pa

    from rrmm.results import Result

HEIGHT, TOP, FOOT = 380, 34, 48


def _spec(colours: Tone, height: int, layers: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json", "height": height, "width": "container",
        "autosize": {"type": "fit", "contains": "padding"}, "padding": {"left": 4, "right": 18, "top": 2, "bottom": 4},
        "config": config(colours), "layer": layers, "resolve": {"scale": {"x": "shared", "y": "shared"}},
    }  # fmt: skip


def _frame(x_scale: dict[str, Any], x_axis: dict[str, Any], height: int) -> tuple[dict[str, Any], dict[str, Any]]:
    bottom = height - FOOT
    x = {"field": "x", "type": "quantitative", "scale": x_scale,
         "axis": {"grid": False, "offset": {"expr": f"{bottom} - height"}, **x_axis}}  # fmt: skip
    return x, {"type": "quantitative", "scale": {"range": [bottom, TOP]}}


def _words(colours: Tone) -> list[dict[str, Any]]:
    pixel = {"field": "py", **PIXEL}
    return [
        layer("title", {**text(15, baseline="top"), "fontWeight": 600, "dx": -38, "color": colours.ink,
                        "limit": {"expr": "width + 36"}},
              {"x": {"value": 0}, "y": pixel, "text": {"field": "text"}}),
    ]  # fmt: skip


@lru_cache(maxsize=16)
def calibration_spec(colours: Tone, height: int = HEIGHT) -> dict[str, Any]:
    """The constant spec; its data are :func:`calibration_data`."""
    x, y = _frame({"domain": [0, 1], "nice": False},
                  {"title": "Predicted survival", "format": ".0%", "values": [0, 0.25, 0.5, 0.75, 1]}, height)  # fmt: skip
    y = {**y, "field": "y", "scale": {**y["scale"], "domain": [0, 1], "nice": False},
         "axis": {"title": None, "format": ".0%", "values": [0, 0.25, 0.5, 0.75, 1], "grid": False}}  # fmt: skip
    plain = {"field": "x", "type": "quantitative"}
    colour = colours.level(1)
    return _spec(colours, height, [
        layer("ideal", {"type": "line", "strokeDash": [4, 4], "color": colours.muted}, {"x": x, "y": y}),
        layer("third", {"type": "rule", "strokeWidth": 2, "color": colour},
              {"x": plain, "y": {**y, "field": "low"}, "y2": {"field": "high"}}),
        layer("third", {"type": "point", "filled": True, "size": 110, "opacity": 1, "color": colour},
              {"x": plain, "y": y, "tooltip": {"field": "text"}}),
        layer("third", {**text(13), "dx": 10, "color": colours.ink},
              {"x": plain, "y": y, "text": {"field": "label"}}),
        *_words(colours),
    ])  # fmt: skip


def calibration_data(found: Result) -> pa.Table:
    """The rows for :func:`calibration_spec`."""
    months = found.numbers["horizon"] / DAYS_PER_MONTH
    rows: list[dict[str, Any]] = [
        {"part": "title", "py": 0, "text": f"Observed survival at {months:.1f} months (Kaplan-Meier)"},
        {"part": "ideal", "x": 0.0, "y": 0.0}, {"part": "ideal", "x": 1.0, "y": 1.0},
    ]  # fmt: skip
    for row in found.frames["calibration"].to_dict("records"):
        if math.isfinite(row["estimate"]) and math.isfinite(row["predicted"]):
            said = (f"{row['group']}, n = {row['n']:.0f}: predicted {formatting.percent(row['predicted'], 0)}, observed "
                    f"{formatting.percent(row['estimate'], 0)}")  # fmt: skip
            rows.append({"part": "third", "x": row["predicted"], "y": row["estimate"], "low": row["conf_low"],
                         "high": row["conf_high"], "label": str(row["group"]), "text": said})  # fmt: skip
    return table(rows, ("x", "y", "low", "high", "py"), dict.fromkeys(("part", "text", "label"), ""), level=False)


@lru_cache(maxsize=16)
def brier_spec(colours: Tone, height: int = HEIGHT) -> dict[str, Any]:
    """The constant spec of prediction error over time; its data are :func:`brier_data`."""
    x, y = _frame({"zero": True, "nice": False}, {"title": "Months", "tickCount": 8}, height)
    y = {**y, "field": "y", "scale": {**y["scale"], "domain": [0, 0.3], "nice": False, "clamp": True},
         "axis": {"title": None, "grid": False, "values": [0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3]}}  # fmt: skip
    plain = {"field": "x", "type": "quantitative"}
    return _spec(colours, height, [
        layer("all", {"type": "line", "strokeWidth": 2, "strokeDash": [7, 4], "color": colours.level(0)},
              {"x": x, "y": y}),
        layer("model", {"type": "line", "strokeWidth": 2.8, "color": colours.level(1)}, {"x": plain, "y": y}),
        layer("key", {**text(13, "right", baseline="top"), "color": colours.level(1), "fontWeight": 600},
              {"x": {"value": "width"}, "y": {"field": "py", **PIXEL}, "text": {"field": "text"}}),
        layer("other", {**text(13, "right", baseline="top"), "color": colours.level(0), "fontWeight": 600},
              {"x": {"value": "width"}, "y": {"field": "py", **PIXEL}, "text": {"field": "text"}}),
        *_words(colours),
    ])  # fmt: skip


def brier_data(found: Result, height: int = HEIGHT) -> pa.Table:
    """The rows for :func:`brier_spec`."""
    bottom = height - FOOT
    rows: list[dict[str, Any]] = [
        {"part": "title", "py": 0, "text": "Prediction error (Brier score, apparent)"},
        {"part": "key", "py": bottom - 44, "text": "model"},
        {"part": "other", "py": bottom - 24, "text": "- - Kaplan-Meier of all"},
    ]
    for row in found.frames["brier"].to_dict("records"):
        months = row["time"] / DAYS_PER_MONTH
        rows += [{"part": "model", "x": months, "y": row["model"]}, {"part": "all", "x": months, "y": row["kaplan_meier"]}]
    return table(rows, ("x", "y", "py"), dict.fromkeys(("part", "text"), ""), level=False)
