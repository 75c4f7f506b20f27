"""Table and forest in one: every level with its counts, and the uni- and multivariable ratio on one log axis.

Two marks in a row: univariable (square) above, multivariable (diamond) below. On a narrower page the medians go,
then the p-values, then the counts; the table under the picture has everything.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from rrmm import formatting
from rrmm.charts.cells import table
from rrmm.charts.rows import PIXEL, layer
from rrmm.charts.theme import Tone, config

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

LOW, HIGH = 0.05, 20.0
HEAD, PITCH, NAME, FOOT = 34, 25, 27, 56
PHONE, MIDDLE = "width < 560", "width < 1150"
LEFT = f"{PHONE} ? 148 : {MIDDLE} ? 330 : 470"
RIGHT = f"{PHONE} ? width - 86 : {MIDDLE} ? width - 266 : width - 440"
COUNTS, MEDIAN = 232, 322
"""Where the columns of counts and of medians begin."""


def height_for(rows: pd.DataFrame) -> int:
    """Height that holds the rows of a table of factors."""
    return HEAD + PITCH * len(rows) + NAME * rows["key"].nunique() + FOOT


def _column(part: str, name: str, right: str, colour: str, size: dict[str, Any], **mark: Any) -> dict[str, Any]:
    """A column of text that ends ``right`` pixels before the edge."""
    return layer(
        part,
        {"type": "text", "align": "right", "baseline": "middle", "fontSize": size, "color": colour, **mark,
         "dx": {"expr": right}},
        {"x": {"value": "width"}, "y": {"field": "py", **PIXEL},
         "text": {"condition": [{"test": PHONE, "field": f"{name}_brief"}, {"test": MIDDLE, "field": f"{name}_short"}],
                  "field": name}},
    )  # fmt: skip


@lru_cache(maxsize=64)
def factor_spec(colours: Tone, height: int) -> dict[str, Any]:
    """The constant spec; its data are :func:`factor_data` of the same height."""
    size = {"expr": f"{PHONE} ? 11 : 13"}
    axis = {"values": [0.1, 0.25, 0.5, 1, 2, 4, 10], "title": None, "grid": False, "format": "~g",
            "offset": {"expr": f"{height - FOOT} - height"}}  # fmt: skip
    x = {"field": "x", "type": "quantitative", "axis": axis,
         "scale": {"type": "log", "domain": [LOW, HIGH], "clamp": True, "nice": False,
                   "range": [{"expr": LEFT}, {"expr": RIGHT}]}}  # fmt: skip
    plain = {"field": "x", "type": "quantitative"}
    y = {"field": "py", **PIXEL}
    uni, multi = colours.level(0), colours.level(1)
    layers = [
        layer("line", {"type": "rule", "strokeDash": [4, 4], "color": colours.muted},
              {"x": x, "y": y, "y2": {"field": "py2"}}),
        layer("name", {"type": "rule", "color": colours.faint, "yOffset": -14},
              {"x": {"value": 0}, "x2": {"value": "width"}, "y": y}),
    ]  # fmt: skip
    for model, colour, shape in (("uni", uni, "square"), ("multi", multi, "diamond")):
        layers += [
            layer(model, {"type": "rule", "strokeWidth": 2, "color": colour},
                  {"x": {**plain, "field": "low"}, "x2": {"field": "high"}, "y": y}),
            layer(model, {"type": "point", "shape": shape, "filled": True, "size": 95, "opacity": 1, "color": colour},
                  {"x": plain, "y": y, "tooltip": {"field": "tip"}}),
        ]  # fmt: skip
    for part, weight, colour in (("name", 600, colours.ink), ("row", 400, colours.ink), ("head", 400, colours.muted)):
        base = {"type": "text", "align": "left", "baseline": "middle", "fontSize": size, "fontWeight": weight,
                "color": colour}  # fmt: skip
        limit = {"expr": f"{PHONE} ? {'width' if part == 'name' else 140} : {'width' if part == 'name' else 214}"}
        layers.append(layer(part, {**base, "dx": 12 if part == "row" else 0, "limit": limit},
                            {"x": {"value": 0}, "y": y, "text": {"field": "label"}}))  # fmt: skip
        for name, place, hidden in (("counts", COUNTS, PHONE), ("median", MEDIAN, MIDDLE)):
            layers.append(layer(part, {**base, "dx": place},
                                {"x": {"value": 0}, "y": y,
                                 "text": {"condition": {"test": hidden, "value": ""}, "field": name}}))  # fmt: skip
    edge = f"{PHONE} ? -42 : {MIDDLE} ? -134 : -220"
    layers += [
        _column("row", "uni", edge, uni, size),
        _column("row", "multi", "0", multi, size),
        _column("head", "uni", edge, uni, size, fontWeight=600),
        _column("head", "multi", "0", multi, size, fontWeight=600),
        layer("foot", {"type": "text", "baseline": "top", "fontSize": {"expr": f"{PHONE} ? 10 : 12"},
                       "color": colours.muted, "align": {"expr": "datum.side"},
                       "dx": {"expr": "datum.side === 'right' ? -10 : 10"}},
              {"x": plain, "y": y, "text": {"field": "label"}}),
    ]  # fmt: skip
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json", "height": height, "width": "container",
        "autosize": {"type": "fit", "contains": "padding"}, "padding": {"left": 4, "right": 10, "top": 2, "bottom": 2},
        "config": config(colours), "layer": layers, "resolve": {"scale": {"x": "shared", "y": "shared"}},
    }  # fmt: skip


def factor_data(rows: pd.DataFrame, height: int, words: tuple[str, str, str, str, str], prefix: str = "") -> pa.Table:
    """The rows for :func:`factor_spec`.

    rows: the table of :func:`rrmm.analyses.factors.survival_factors` or of
    :func:`rrmm.analyses.factors_response.response_factors`. words: ratio ("HR"), heading of the counts, heading of
    the third column, and what lies left and right of 1. prefix: "_non" for odds ratios of non-response.
    """
    ratio, counts, third, lower, higher = words
    bottom = height - FOOT
    made: list[dict[str, Any]] = [
        {"part": "head", "py": 12, "label": "", "counts": counts, "median": third,
         "uni": f"■ Univariable {ratio} (95 % CI), p", "uni_short": f"■ Univariable {ratio}", "uni_brief": "■ uni",
         "multi": f"◆ Multivariable {ratio} (95 % CI), p", "multi_short": f"◆ Multivariable {ratio}",
         "multi_brief": "◆ multi"},
        {"part": "line", "x": 1.0, "py": HEAD - 6, "py2": bottom},
        {"part": "foot", "x": 1.0, "py": bottom + 28, "label": lower, "side": "right"},
        {"part": "foot", "x": 1.0, "py": bottom + 28, "label": higher, "side": "left"},
    ]  # fmt: skip
    py, last = float(HEAD), None
    for row in rows.to_dict("records"):
        if row["key"] != last:
            last = row["key"]
            made.append({"part": "name", "py": py + NAME / 2, "label": str(row["label"])})
            py += NAME
        middle = py + PITCH / 2
        made += _row({str(name): each for name, each in row.items()}, middle, ratio, prefix)
        py += PITCH
    words_of = ("part", "label", "counts", "median", "tip", "side",
                *(f"{model}{size}" for model in ("uni", "multi") for size in ("", "_short", "_brief")))  # fmt: skip
    return table(made, ("x", "low", "high", "py", "py2"), dict.fromkeys(words_of, ""), level=False)


def _row(row: dict[str, Any], py: float, ratio: str, prefix: str) -> list[dict[str, Any]]:
    shown = row["kind"] != "number"
    text: dict[str, Any] = {
        "part": "row",
        "py": py,
        "label": str(row["level"]) if shown else "per unit",
        "counts": f"{row['n']:.0f} ({row['n_event']:.0f})",
        "median": _third(row),
    }
    marks = []
    for model, shift in (("uni", -4.5), ("multi", 4.5)):
        name = f"{model}{prefix}"
        value = row[f"{name}_estimate"]
        low, high, p = (row[f"{name}_{part}"] for part in ("conf_low", "conf_high", "p_value"))
        absent = row[f"{name}_reason"] == "not in the model"
        if math.isfinite(value) and not row[f"{name}_reason"]:
            limits = formatting.ratio_interval(value, low, high)
            text |= {model: f"{limits}, {formatting.p_value(p)}", f"{model}_short": limits,
                     f"{model}_brief": formatting.ratio(value)}  # fmt: skip
            called = f"{row['label']}, {row['level']}" if row["level"] else row["label"]
            kind = "univariable" if model == "uni" else "multivariable"
            marks.append({"part": model, "py": py + shift, "x": value, "low": low, "high": high,
                          "tip": f"{called}: {kind} {ratio} {limits}, {formatting.p_value(p)}"})  # fmt: skip
        elif (row["kind"] == "reference" and not absent) or row[f"{name}_reason"] == "the reference of this model":
            text |= {model: "1 (reference)", f"{model}_short": "1 (reference)", f"{model}_brief": "1"}
        elif row["kind"] in ("unknown", "reference") or absent:
            text |= {model: "", f"{model}_short": "", f"{model}_brief": ""}
        else:
            text |= {model: "not estimable", f"{model}_short": "not estimable", f"{model}_brief": "–"}
    return [text, *marks]


def _third(row: dict[str, Any]) -> str:
    """Median with its interval in months, or the rate of response."""
    if "rate" in row:
        return formatting.percent(row["rate"]) if row["kind"] != "number" else ""
    if row["kind"] == "number" or not row["n"]:
        return ""
    return formatting.months_interval(row["median"], row["median_low"], row["median_high"])
