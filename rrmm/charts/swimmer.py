"""Swimmer plot: a lane a patient, coloured by best response or group, with what happened on it."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import pandas as pd

from rrmm.charts.cells import table
from rrmm.charts.theme import Tone, config

if TYPE_CHECKING:
    import pyarrow as pa

TOP, BOTTOM = 8, 74
MARKS = (("First response", "triangle-up"), ("Best response", "diamond"), ("Progression", "cross"), ("Death", "square"),
         ("Ongoing", "triangle-right"))
"""What happens on a lane -> its sign; the sign, not only the colour, tells them apart."""


def height(n: int, least: int = 420, most: int = 1500) -> int:
    """Pixels for n lanes: thin ones for hundreds of patients."""
    return int(min(max(least, n * 9 + TOP + BOTTOM), most))


@lru_cache(maxsize=16)
def swimmer_spec(colours: Tone, tall: int, levels: tuple[str, ...], by_response: bool) -> dict[str, Any]:
    """The spec for :func:`swimmer_data` of the same height. levels: names in the legend, in the order of colour."""
    fills = ([dict(colours.response).get(name, colours.faint) for name in levels] if by_response
             else [colours.level(at) if name != "unknown" else colours.faint for at, name in enumerate(levels)])
    ink = {"First response": colours.ink, "Best response": colours.ink, "Progression": colours.level(1),
           "Death": colours.ink, "Ongoing": colours.muted}
    x = {"field": "x", "type": "quantitative", "scale": {"zero": True, "nice": False},
         "axis": {"title": "Months from start of treatment", "tickMinStep": 1, "grid": True}}
    y = {"field": "py", "type": "quantitative", "axis": None,
         "scale": {"domain": [0, 1], "range": [0, {"expr": "height"}], "nice": False}}
    legend = {"orient": "top", "direction": "horizontal", "title": None, "labelColor": colours.ink,
              "labelFontSize": 13, "symbolSize": 110, "columns": 8}
    shapes = {"domain": [name for name, _ in MARKS], "range": [sign for _, sign in MARKS]}
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json", "height": tall, "width": "container",
        "autosize": {"type": "fit", "contains": "padding"}, "padding": {"left": 6, "right": 16, "top": 4, "bottom": 4},
        "config": config(colours), "resolve": {"scale": {"color": "independent", "shape": "independent"}},
        "layer": [
            {"transform": [{"filter": "datum.part === 'lane'"}], "mark": {"type": "bar"},
             "encoding": {"x": x, "x2": {"field": "x2"}, "y": y, "y2": {"field": "py2"}, "tooltip": {"field": "tip"},
                          "color": {"field": "name", "type": "nominal", "legend": legend,
                                    "scale": {"domain": list(levels), "range": fills}}}},
            {"transform": [{"filter": "datum.part === 'sign'"}],
             "mark": {"type": "point", "filled": True, "opacity": 1, "strokeWidth": 1, "stroke": colours.background},
             "encoding": {"x": {"field": "x", "type": "quantitative"}, "y": y, "tooltip": {"field": "tip"},
                          "size": {"field": "size", "type": "quantitative", "scale": None, "legend": None},
                          "shape": {"field": "name", "type": "nominal", "scale": shapes, "legend": None},
                          "color": {"field": "name", "type": "nominal", "legend": None,
                                    "scale": {"domain": list(ink), "range": list(ink.values())}}}},
        ]}


def swimmer_data(lanes: pd.DataFrame, tall: int, levels: tuple[str, ...], by_response: bool) -> pa.Table:
    """The rows for :func:`swimmer_spec`. lanes: from the analysis of that name; times in months.

    Vertical positions are shares of the plot, which is what axis and legend leave of the height.
    """
    pitch = 1 / max(len(lanes), 1)
    thick = pitch * 0.72
    size = min(max((tall - TOP - BOTTOM) * pitch * 6, 14.0), 70.0)
    rows: list[dict[str, Any]] = []
    lane: Any
    for lane in lanes.itertuples(index=False):
        top = lane.lane * pitch + (pitch - thick) / 2
        name = lane.depth if by_response else levels[lane.group] if lane.group >= 0 else "unknown"
        tip = _tip(lane)
        rows.append({"part": "lane", "x": 0.0, "x2": lane.end, "py": top, "py2": top + thick, "name": name, "tip": tip})
        signs = (("First response", lane.response_start), ("Best response", lane.best_response),
                 ("Progression", lane.progression), ("Death", lane.death),
                 ("Ongoing", lane.end if lane.ongoing else None))
        rows += [{"part": "sign", "x": when, "py": top + thick / 2, "name": sign, "tip": tip, "size": size}
                 for sign, when in signs if when is not None and when == when]
    return table(rows, ("x", "x2", "py", "py2", "size"), {"part": "", "name": "", "tip": ""}, level=False)


def _tip(lane: Any) -> str:
    parts = [f"Best response {lane.depth}"]
    happened = (("first response", lane.response_start), ("progression", lane.progression), ("death", lane.death))
    for label, when in happened:
        if when == when:
            parts.append(f"{label} at {when:.1f} months")
    if lane.death != lane.death:
        parts.append(f"last seen at {lane.end:.1f} months")
    return ", ".join(parts)
