"""One panel of Figures 1 and 2: a letter, a title, and curves with numbers at risk or columns of response.

Smaller than the picture of the Explore page, so that four or six fit on a screen: the key stands above the curves,
and the numbers at risk are one line a group. Constant specs, positions in pixels; nothing is estimated here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from rrmm import DAYS_PER_MONTH, formatting
from rrmm.analyses.explore import Explore, tick_step
from rrmm.analyses.km import risk_table
from rrmm.analyses.proportions import Proportion
from rrmm.charts.cells import table
from rrmm.charts.rows import readable
from rrmm.charts.survival import curve_rows
from rrmm.charts.theme import DASHES, Tone, config

if TYPE_CHECKING:
    import pyarrow as pa

TITLE, LINE, RISK, AXIS, END = 25, 18, 16, 42, 6
LEFT = 62
"""Room for the names of the groups beside the numbers at risk, in addition to the axis; the layout makes it."""
NARROW = "width < 330"
RESPONDING = ("CR or better", "VGPR", "PR")
ANY = "PR or better"
"""Responders whose depth is not known, or not shown."""
RESPONDERS = "Responders"
"""Whom the single curve of an endpoint that is about responders shows."""
COLUMN_FOOT = 78
WORDS = {"part": "", "text": "", "short": "", "ink": "", "depth": ""}


@dataclass(frozen=True)
class Column:
    """One column of response. depth: (name, patients) of what is drawn; counts: "73/123"; side: lines beside it."""

    label: str
    orr: Proportion
    depth: tuple[tuple[str, int], ...]
    counts: str
    side: tuple[tuple[str, str], ...] = ()


def curve_top(groups: int) -> int:
    """Pixel row where the curves start at 100 %."""
    return TITLE + LINE * (1 if groups < 2 else groups + 1) + 10


def curve_bottom(height: int, groups: int) -> int:
    """Pixel row of the time axis."""
    return height - END - AXIS - RISK * groups


def _layer(part: str, mark: dict[str, Any], encoding: dict[str, Any]) -> dict[str, Any]:
    return {"transform": [{"filter": f"datum.part === '{part}'"}], "mark": mark, "encoding": encoding}


PIXEL = {"field": "py", "type": "quantitative", "scale": None, "axis": None}
AT_LEFT = {"x": {"value": 0}, "y": PIXEL}


def _text(size: int, align: str = "left", **more: Any) -> dict[str, Any]:
    return {"type": "text", "align": align, "baseline": "top", "fontSize": {"expr": f"{NARROW} ? {size - 2} : {size}"},
            "tooltip": None, **more}


def _heading(colours: Tone) -> list[dict[str, Any]]:
    """Letter and title."""
    return [_layer("letter", _text(17, fontWeight=700, color=colours.ink, dx=-LEFT - 38),
                   {**AT_LEFT, "text": {"field": "text"}}),
            _layer("title", _text(15, fontWeight=600, color=colours.ink, dx=-LEFT - 16,
                                  limit={"expr": f"width + {LEFT + 30}"}), {**AT_LEFT, "text": {"field": "text"}})]


def _spec(colours: Tone, height: int, layers: list[dict[str, Any]]) -> dict[str, Any]:
    return {"$schema": "https://vega.github.io/schema/vega-lite/v6.json", "height": height, "width": "container",
            "autosize": {"type": "fit", "contains": "padding"},
            "padding": {"left": 2, "right": 10, "top": 2, "bottom": 2}, "config": config(colours), "layer": layers,
            "resolve": {"scale": {"x": "shared", "y": "shared", "color": "independent"}}}


@lru_cache(maxsize=64)
def curve_spec(colours: Tone, groups: int, height: int) -> dict[str, Any]:
    """The constant spec of a panel of curves; its data are :func:`curve_data` of as many groups and this height."""
    bottom = curve_bottom(height, groups)
    x = {"field": "x", "type": "quantitative", "scale": {"nice": False, "zero": True},
         "axis": {"offset": {"expr": f"{bottom} - height"}, "grid": False, "title": "Months", "titlePadding": 2,
                  "labelFlush": False, "format": "~g", "labelFontSize": 12, "titleFontSize": 12,
                  "values": {"expr": "sequence(0, domain('x')[1] + 0.01, domain('x')[1] <= 36 ? 3 : "
                                     "domain('x')[1] <= 72 ? 6 : domain('x')[1] <= 144 ? 12 : "
                                     "domain('x')[1] <= 288 ? 24 : 60)"}}}
    plain_x = {"field": "x", "type": "quantitative"}
    y = {"field": "y", "type": "quantitative", "scale": {"domain": [0, 1], "range": [bottom, curve_top(groups)]},
         "axis": {"format": ".0%", "title": None, "values": [0, 0.25, 0.5, 0.75, 1], "labelFontSize": 12,
                  "grid": False}}
    colour = {"field": "g", "type": "nominal", "legend": None,
              "scale": {"domain": list(range(6)), "range": list(colours.levels)}}
    dash = {"field": "g", "type": "nominal", "legend": None,
            "scale": {"domain": list(range(6)), "range": [list(each) for each in DASHES]}}
    step = {"type": "line", "interpolate": "step-after", "clip": False, "tooltip": None}
    return _spec(colours, height, [
        _layer("axis", {"type": "rule", "opacity": 0}, {"x": x}),
        _layer("step", {"type": "area", "interpolate": "step-after", "opacity": 0.14, "tooltip": None},
               {"x": plain_x, "y": {**y, "field": "y_low"}, "y2": {"field": "y_high"}, "color": colour}),
        _layer("median", {"type": "rule", "strokeDash": [3, 4], "color": colours.muted, "strokeWidth": 1.1},
               {"x": plain_x, "y": y, "x2": {"field": "x2"}, "y2": {"field": "y2"}}),
        _layer("step", {**step, "strokeWidth": 2.4}, {"x": plain_x, "y": y, "color": colour, "strokeDash": dash}),
        _layer("fade", {**step, "strokeWidth": 1.5, "opacity": 0.45},
               {"x": plain_x, "y": y, "color": colour, "strokeDash": dash}),
        _layer("tick", {"type": "tick", "orient": "vertical", "size": 9, "thickness": 1.3},
               {"x": plain_x, "y": y, "color": colour}),
        *_heading(colours),
        _layer("key", _text(13, fontWeight=600, dx=-LEFT - 38, limit={"expr": f"width + {LEFT + 50}"}),
               {**AT_LEFT, "text": {"field": "text"}, "color": colour}),
        _layer("test", _text(13, color=colours.ink, dx=-LEFT - 38, limit={"expr": f"width + {LEFT + 50}"}),
               {**AT_LEFT, "text": {"field": "text"}}),
        _layer("head", _text(12, color=colours.muted, dx=-LEFT - 38), {**AT_LEFT, "text": {"field": "text"}}),
        _layer("label", _text(12, fontWeight=600, dx=-LEFT - 38, limit=LEFT + 22),
               {**AT_LEFT, "text": {"field": "text"}, "color": colour}),
        _layer("risk", _text(12, "center"), {"x": plain_x, "y": PIXEL, "color": colour, "text": {"field": "short"}}),
    ])


def _titled(letter: str, title: str) -> list[dict[str, Any]]:
    return [{"part": "letter", "py": 1, "text": letter}, {"part": "title", "py": 3, "text": title}]


def curve_data(view: Explore, letter: str, title: str, height: int) -> pa.Table:
    """The rows for :func:`curve_spec`; times in months."""
    k = len(view.groups)
    labels = [RESPONDERS if k == 1 and view.endpoint.population else each.label for each in view.groups]
    bottom = curve_bottom(height, k)
    rows = [{"part": "axis", "x": view.x_max}, *_titled(letter, title)]
    for at, each in enumerate(view.groups):
        median = formatting.months_interval(each.median.estimate, each.median.conf_low, each.median.conf_high)
        rows.append({"part": "key", "g": at, "py": TITLE + at * LINE,
                     "text": f"{labels[at]}: {each.events}/{each.n} events, median {median} months" if each.n
                     else f"{labels[at]}: no patients"})
    if k > 1:
        hr = view.ratios[0] if k == 2 and view.ratios else None
        words = "" if hr is None else (f"HR {formatting.ratio_interval(hr.hr, hr.conf_low, hr.conf_high)}, "
                                       if math.isfinite(hr.hr) else "HR not estimable, ")
        rows.append({"part": "test", "py": TITLE + k * LINE,
                     "text": f"{words}log-rank {formatting.p_value(view.logrank_p)}"})
    ticks = np.arange(0, view.x_max + 0.01, tick_step(view.x_max))
    at_risk, events, censored = risk_table(view.table, ticks * DAYS_PER_MONTH)
    rows.append({"part": "head", "py": bottom + 22, "text": "No. at risk"})
    for at, each in enumerate(view.groups):
        py = bottom + AXIS + at * RISK
        rows.append({"part": "label", "g": at, "py": py, "text": labels[at]})
        for place, tick in enumerate(ticks):
            counts = (int(at_risk[place, at]), int(events[place, at]), int(censored[place, at]))
            rows.append({"part": "risk", "g": at, "x": tick, "py": py, "text": " / ".join(map(str, counts)),
                         "short": str(counts[0])})
        if each.n:
            rows += curve_rows(view, at, each)
    return table(rows, ("x", "y", "x2", "y2", "py", "y_low", "y_high"), WORDS)


def column_top(tests: int) -> int:
    """Pixel row of 100 %; tests: lines of tests."""
    return TITLE + LINE * (1 + tests) + 20


@lru_cache(maxsize=32)
def column_spec(colours: Tone, tests: int, height: int) -> dict[str, Any]:
    """The constant spec of a panel of response columns; its data are :func:`column_data` with as many tests."""
    palette = dict(colours.response)
    bottom = height - COLUMN_FOOT
    x = {"field": "x", "type": "quantitative", "axis": None, "scale": {"domain": [0, 1], "nice": False}}
    plain_x = {"field": "x", "type": "quantitative"}
    y = {"field": "y", "type": "quantitative", "scale": {"domain": [0, 100], "range": [bottom, column_top(tests)]},
         "axis": {"title": None, "values": [0, 25, 50, 75, 100], "labelExpr": "datum.label + '%'",
                  "labelFontSize": 12, "grid": False}}
    fill = {"field": "depth", "type": "nominal", "legend": None,
            "scale": {"domain": [*RESPONDING, ANY],
                      "range": [*(palette[name] for name in RESPONDING), colours.levels[0]]}}
    ink = {"field": "ink", "type": "nominal", "scale": None}
    keys: list[dict[str, Any]] = []
    left = -LEFT - 32
    for name in RESPONDING:
        one = {"values": [{"label": name}]}
        keys += [
            {"data": one, "mark": {"type": "square", "size": 120, "opacity": 1, "color": palette[name], "tooltip": None},
             "encoding": {"x": {"value": left}, "y": {"value": TITLE + 8}}},
            {"data": one, "mark": _text(12, color=colours.ink),
             "encoding": {"x": {"value": left + 11}, "y": {"value": TITLE + 2}, "text": {"field": "label"}}}]
        left += 38 + round(5 * len(name))
    return _spec(colours, height, [
        _layer("bar", {"type": "rect", "stroke": colours.background, "strokeWidth": 1},
               {"x": x, "x2": {"field": "x2"}, "y": y, "y2": {"field": "y2"}, "color": fill, "tooltip": {"field": "text"}}),
        _layer("line", {"type": "rule", "color": colours.muted, "strokeWidth": 1, "tooltip": None},
               {"x": plain_x, "x2": {"field": "x2"}, "y": y}),
        _layer("inside", {**_text(12, "center", fontWeight=600), "baseline": "middle"},
               {"x": plain_x, "y": y, "text": {"field": "text"}, "color": ink}),
        _layer("whisker", {"type": "rule", "color": colours.ink, "strokeWidth": 1.8, "xOffset": 6, "x2Offset": 6,
                           "tooltip": None},
               {"x": plain_x, "y": y, "y2": {"field": "y2"}}),
        _layer("rate", {**_text(14, "center", fontWeight=700, color=colours.ink), "baseline": "bottom", "dy": -4},
               {"x": plain_x, "y": y, "text": {"field": "text"}}),
        _layer("name", _text(12, "center", fontWeight=600, color=colours.ink, lineBreak="\n"),
               {"x": plain_x, "y": PIXEL, "text": {"field": "text"}}),
        _layer("count", _text(12, "center", color=colours.ink), {"x": plain_x, "y": PIXEL, "text": {"field": "text"}}),
        _layer("side", _text(13, color=colours.ink), {"x": plain_x, "y": PIXEL, "text": {"field": "text"}}),
        _layer("side", _text(13, "right", color=colours.ink),
               {"x": {"value": "width"}, "y": PIXEL, "text": {"field": "short"}}),
        _layer("test", _text(13, color=colours.ink, dx=-LEFT - 38, limit={"expr": f"width + {LEFT + 50}"}),
               {**AT_LEFT, "text": {"field": "text"}}),
        _layer("head", _text(12, color=colours.muted, dx=-LEFT - 38), {**AT_LEFT, "text": {"field": "text"}}),
        *_heading(colours), *keys,
    ])


def column_data(columns: Sequence[Column], tests: Sequence[str], colours: Tone, letter: str, title: str,
                height: int) -> pa.Table:
    """The rows for :func:`column_spec`. A single column leaves the right half to the lines beside it."""
    palette = {**dict(colours.response), ANY: colours.levels[0]}
    bottom = height - COLUMN_FOOT
    single = len(columns) == 1 and bool(columns[0].side)
    rows = _titled(letter, title)
    rows.append({"part": "line", "x": 0.0, "x2": 0.42 if single else 1.0, "y": 0.0})
    rows += [{"part": "test", "py": TITLE + 4 + LINE * (1 + at), "text": words} for at, words in enumerate(tests)]
    rows += [{"part": "head", "py": bottom + 39, "text": "ORR n/N"}, {"part": "head", "py": bottom + 55, "text": "95% CI"}]
    for at, each in enumerate(columns):
        mid, half = (0.2, 0.13) if single else ((at + 0.5) / len(columns), 0.31 / len(columns))
        rows.append({"part": "name", "x": mid, "py": bottom + 6, "text": _broken(each.label)})
        rows.append({"part": "count", "x": mid, "py": bottom + 39, "text": each.counts})
        start = 0.0
        for name, patients in each.depth:
            share = 100 * patients / each.orr.n
            ends = {"x": mid - half, "x2": mid + half, "y": start, "y2": start + share}
            rows.append({"part": "bar", **ends, "depth": name,
                         "text": f"{each.label}, {name}: {patients}/{each.orr.n} ({share:.1f} %)"})
            if share >= 8:
                rows.append({"part": "inside", "x": mid, "y": start + share / 2, "ink": readable(palette[name]),
                             "text": f"{share:.0f}%"})
            start += share
        if each.depth and math.isfinite(each.orr.estimate):
            orr = each.orr
            rows += [{"part": "rate", "x": mid, "y": 100 * orr.estimate, "text": f"{100 * orr.estimate:.1f}%"},
                     {"part": "whisker", "x": mid + half, "y": 100 * orr.conf_low, "y2": 100 * orr.conf_high},
                     {"part": "count", "x": mid, "py": bottom + 55,
                      "text": f"{100 * orr.conf_low:.0f}–{100 * orr.conf_high:.0f}%"}]
        for nth, (name, words) in enumerate(each.side if single else ()):
            rows.append({"part": "side", "x": 0.5, "py": column_top(len(tests)) + nth * LINE, "text": name, "short": words})
    return table(rows, ("x", "y", "x2", "y2", "py"), WORDS)


def _broken(label: str) -> str:
    """A name in two lines."""
    for sign in ("-", " "):
        head, found, tail = label.partition(sign)
        if found and tail and len(label) > 9:
            return f"{head}{sign.strip()}\n{tail}"
    return label
