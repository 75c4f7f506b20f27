"""Stacked bars of best response by group, with the overall response rate and its interval above each bar."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from rrmm import formatting
from rrmm.analyses.response import DEPTHS, Response
from rrmm.charts.cells import table
from rrmm.charts.theme import Tone, config

if TYPE_CHECKING:
    import pyarrow as pa

SHOWN = ("CR or better", "VGPR", "PR", "MR", "SD", "PD", "NE")
TITLE, LEGEND = 26, 44


@lru_cache(maxsize=32)
def response_spec(colours: Tone, height: int = 300) -> dict[str, Any]:
    """The constant spec; its data are :func:`response_data` for the same height."""
    palette = dict(colours.response)
    colour = {"field": "depth", "type": "nominal",
              "scale": {"domain": list(SHOWN), "range": [palette[each] for each in SHOWN]},
              "legend": {"orient": "bottom", "title": None, "labelFontSize": 12, "labelColor": colours.ink,
                         "symbolType": "square", "columns": {"expr": "width < 420 ? 4 : 7"}}}
    x = {"field": "x", "type": "quantitative", "scale": {"domain": [0, 100], "nice": False},
         "axis": {"title": "Patients (%)", "values": [0, 25, 50, 75, 100], "grid": False}}
    plain_x = {"field": "x", "type": "quantitative"}
    pixel = {"field": "py", "type": "quantitative", "scale": None, "axis": None}

    def layer(part: str, mark: dict[str, Any], encoding: dict[str, Any]) -> dict[str, Any]:
        return {"transform": [{"filter": f"datum.part === '{part}'"}], "mark": mark, "encoding": encoding}

    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json", "height": height, "width": "container",
        "autosize": {"type": "fit", "contains": "padding"}, "padding": {"left": 8, "right": 16, "top": 4, "bottom": 2},
        "config": config(colours),
        "layer": [
            layer("bar", {"type": "rect", "stroke": colours.background, "strokeWidth": 1},
                  {"x": x, "x2": {"field": "x2"}, "y": pixel, "y2": {"field": "py2"}, "color": colour,
                   "tooltip": {"field": "text"}}),
            layer("bar", {"type": "text", "fontSize": 12, "fontWeight": 600},
                  {"x": {"field": "mid", "type": "quantitative"}, "y": {**pixel, "field": "pym"},
                   "text": {"field": "short"}, "color": {"field": "ink", "type": "nominal", "scale": None}}),
            layer("whisker", {"type": "rule", "strokeWidth": 2, "color": colours.ink},
                  {"x": plain_x, "x2": {"field": "x2"}, "y": pixel}),
            layer("whisker", {"type": "point", "filled": True, "size": 55, "color": colours.ink},
                  {"x": {"field": "mid", "type": "quantitative"}, "y": pixel}),
            layer("label", {"type": "text", "align": "left", "baseline": "top",
                            "fontSize": {"expr": "width < 420 ? 11 : 14"}, "fontWeight": 600},
                  {"x": {"value": 0}, "y": pixel,
                   "text": {"condition": {"test": "width < 420", "field": "short"}, "field": "text"},
                   "color": {"field": "g", "type": "nominal", "legend": None,
                             "scale": {"domain": list(range(6)), "range": list(colours.levels)}}}),
            layer("title", {"type": "text", "align": "left", "baseline": "top",
                            "fontSize": {"expr": "width < 420 ? 11 : 14"}, "color": colours.ink},
                  {"x": {"value": 0}, "y": pixel, "text": {"field": "text"}}),
        ],
        "resolve": {"scale": {"color": "independent", "y": "shared", "x": "shared"}},
    }


def response_data(response: Response, colours: Tone, height: int = 300) -> pa.Table:
    """The rows for :func:`response_spec`; percentages of each group's denominator."""
    k = max(len(response.groups), 1)
    pitch = min(76.0, (height - TITLE - LEGEND - 42) / k)
    label, whisker = (18.0, 10.0) if k <= 3 else (15.0, 6.0)
    bar = max(pitch - label - whisker - 4, 8.0)
    inks = _inks(colours)
    rows: list[dict[str, Any]] = [{"part": "title", "py": 0, "text": _test_line(response)}]
    for at, group in enumerate(response.groups):
        top = TITLE + at * pitch
        orr = group.orr
        if not group.n:
            rows.append({"part": "label", "g": at, "py": top, "text": f"{group.label}: no patient with a known response",
                         "short": f"{group.label}: none"})
            continue
        rows.append({"part": "label", "g": at, "py": top,
                     "text": f"{group.label}: ORR {formatting.percent(orr.estimate)} "
                             f"({orr.x}/{orr.n}; {formatting.percent_interval(orr.conf_low, orr.conf_high)})",
                     "short": f"{group.label}: ORR {formatting.percent(orr.estimate)} ({orr.x}/{orr.n})"})
        rows += _bars(group.depth, at, top + label, bar, inks, response.convention.nonevaluable_counts)
        rows.append({"part": "whisker", "g": at, "py": top + label + bar + whisker / 2 + 1,
                     "x": 100 * orr.conf_low, "x2": 100 * orr.conf_high, "mid": 100 * orr.estimate})
    return table(rows, ("x", "x2", "mid", "py", "py2", "pym"),
                 {"part": "", "depth": "", "ink": colours.ink, "text": "", "short": ""})


@lru_cache(maxsize=4)
def _inks(colours: Tone) -> dict[str, str]:
    """Text colour on each bar: dark on light ones, light on dark ones."""
    light, dark = ("#ffffff", "#111827")
    return {name: (light if _luminance(fill) < 0.3 else dark) for name, fill in colours.response}


def _luminance(fill: str) -> float:
    channels = [int(fill[i:i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _bars(depth: tuple[int, ...], at: int, top: float, height: float, inks: dict[str, str],
          with_ne: bool) -> list[dict[str, Any]]:
    counts = dict(zip(DEPTHS, depth, strict=True))
    if not with_ne:
        counts["NE"] = 0
    total = sum(counts.values())
    rows, start = [], 0.0
    for name in SHOWN:
        if not counts[name]:
            continue
        share = 100 * counts[name] / total
        rows.append({"part": "bar", "g": at, "x": start, "x2": start + share, "mid": start + share / 2, "py": top,
                     "py2": top + height, "pym": top + height / 2, "depth": name, "ink": inks[name],
                     "text": f"{name}: {share:.1f} % ({counts[name]}/{total})",
                     "short": f"{share:.0f}" if share >= 6 else ""})
        start += share
    return rows


def _test_line(response: Response) -> str:
    if len(response.groups) < 2:
        return f"Best response, {response.convention.text}"
    if math.isnan(response.p_value):
        return f"Best response; test not estimable ({response.reason})"
    line = f"Best response, {response.test} {formatting.p_value(response.p_value)}"
    if math.isfinite(response.fisher_p):
        line += f", Fisher {formatting.p_value(response.fisher_p)}"
    return line
