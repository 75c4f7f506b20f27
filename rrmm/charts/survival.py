"""The Kaplan-Meier picture: curves, intervals, censoring ticks, medians, numbers at risk, test and footer.

One view with a constant spec; everything that changes is in the data, so that the browser patches the picture
instead of building it anew. Rows carry their ``part``; text sits at pixel positions below and inside the
plot. Values come from a finished analysis: nothing is estimated here.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from rrmm import DAYS_PER_MONTH, formatting
from rrmm.analyses.explore import Explore, GroupCurve, tick_step
from rrmm.analyses.km import curve_points, risk_table, survival_at
from rrmm.charts.cells import table
from rrmm.charts.theme import DASHES, Tone, config

if TYPE_CHECKING:
    import pyarrow as pa

LINE = 16
TOP, AXIS, FOOTER, PADDING = 30, 44, 22, 8
KEY_LINE = 21
FADE_SHARE, FADE_LEAST = 0.10, 3
"""The curve fades where fewer than 10 % of the group, or 3 patients, are at risk."""
READ_POINTS = 72
"""Places of the reading line across the plot."""
READING = "reading"
"""Name of the table that the reading line reads from; a printed picture does without it."""


def bands(groups: int) -> int:
    """How many groups the table below is laid out for: a few steps, so that the spec stays the same."""
    return 2 if groups <= 2 else 4 if groups <= 4 else 6


def plot_bottom(height: int, groups: int) -> int:
    """Pixel row of the time axis."""
    return height - PADDING - AXIS - FOOTER - LINE - bands(groups) * 2 * LINE


@lru_cache(maxsize=64)
def survival_spec(colours: Tone, groups: int, height: int = 620) -> dict[str, Any]:
    """The constant Vega-Lite spec; its data are :func:`survival_data` for the same number of groups and height."""
    bottom = plot_bottom(height, groups)
    x = {"field": "x", "type": "quantitative", "scale": {"nice": False, "zero": True},
         "axis": {"offset": {"expr": f"{bottom} - height"}, "grid": False, "title": "Months", "labelFlush": False,
                  "format": "~g",
                  "values": {"expr": "sequence(0, domain('x')[1] + 0.01, domain('x')[1] <= 36 ? 3 : "
                                     "domain('x')[1] <= 72 ? 6 : domain('x')[1] <= 144 ? 12 : "
                                     "domain('x')[1] <= 288 ? 24 : 60)"}}}
    plain_x = {"field": "x", "type": "quantitative"}
    y = {"field": "y", "type": "quantitative", "scale": {"domain": [0, 1], "range": [bottom, TOP]},
         "axis": {"format": ".0%", "title": None, "values": [0, 0.25, 0.5, 0.75, 1]}}
    pixel = {"field": "py", "type": "quantitative", "scale": None}
    colour = {"field": "g", "type": "nominal", "legend": None,
              "scale": {"domain": list(range(6)), "range": list(colours.levels)}}
    dash = {"field": "g", "type": "nominal", "legend": None,
            "scale": {"domain": list(range(6)), "range": [list(each) for each in DASHES]}}
    at_right = {"value": "width"}

    def layer(part: str, mark: dict[str, Any], encoding: dict[str, Any], only: str = "", **more: Any) -> dict[str, Any]:
        if only:
            more = {"data": {"name": READING}, **more}
        chosen = {"param": only, "empty": False} if only else f"datum.part === '{part}'"
        return {"transform": [{"filter": chosen}], "mark": mark, "encoding": encoding, **more}

    narrow = "width < 400"
    layers = [
        layer("axis", {"type": "rule", "opacity": 0}, {"x": x}),
        layer("step", {"type": "area", "interpolate": "step-after", "opacity": 0.13, "tooltip": None},
              {"x": plain_x, "y": {**y, "field": "y_low"}, "y2": {"field": "y_high"}, "color": colour}),
        layer("median", {"type": "rule", "strokeDash": [3, 4], "color": colours.muted, "strokeWidth": 1.2},
              {"x": plain_x, "y": {**y, "field": "y"}, "x2": {"field": "x2"}, "y2": {"field": "y2"}}),
        layer("step", {"type": "line", "interpolate": "step-after", "strokeWidth": 2.8, "clip": False},
              {"x": plain_x, "y": y, "color": colour, "strokeDash": dash}),
        layer("fade", {"type": "line", "interpolate": "step-after", "strokeWidth": 1.6, "opacity": 0.45},
              {"x": plain_x, "y": y, "color": colour, "strokeDash": dash}),
        layer("tick", {"type": "tick", "orient": "vertical", "size": 10, "thickness": 1.4},
              {"x": plain_x, "y": y, "color": colour}),
        # The reading line has data of its own, which never change: a new comparison leaves it alone.
        {"data": {"sequence": {"start": 0, "stop": READ_POINTS + 1, "as": "slot"}},
         "transform": [{"calculate": f"datum.slot / {READ_POINTS} * width", "as": "pixel"}],
         "mark": {"type": "rule", "color": colours.muted, "strokeWidth": 1, "tooltip": None},
         "encoding": {"x": {"field": "pixel", "type": "quantitative", "scale": None, "axis": None},
                      "y": {"value": bottom}, "y2": {"value": TOP}, "tooltip": None,
                      "opacity": {"condition": {"param": "reading", "empty": False, "value": 0.7}, "value": 0}},
         "params": [{"name": "reading", "select": {"type": "point", "fields": ["slot"], "nearest": True,
                                                   "on": "pointermove", "clear": "pointerout"}}]},
        layer("read", {"type": "point", "filled": True, "size": 60, "opacity": 1, "tooltip": None},
              {"x": plain_x, "y": y, "color": colour}, only="reading"),
        layer("read", {"type": "text", "align": "right", "fontWeight": 600, "limit": {"expr": "width"},
                       "fontSize": {"expr": f"{narrow} ? 11 : 14"}, "stroke": colours.background, "strokeWidth": 4,
                       "strokeOpacity": 0.85},
              {"x": at_right, "y": pixel, "text": {"field": "text"}}, only="reading"),
        layer("read", {"type": "text", "align": "right", "fontWeight": 600, "limit": {"expr": "width"},
                       "fontSize": {"expr": f"{narrow} ? 11 : 14"}},
              {"x": at_right, "y": pixel, "text": {"field": "text"}, "color": colour}, only="reading"),
        layer("title", {"type": "text", "align": "left", "baseline": "top", "fontSize": 15, "fontWeight": 600,
                        "color": colours.ink, "dx": -38}, {"x": {"value": 0}, "y": pixel, "text": {"field": "text"}}),
        layer("key", {"type": "text", "align": "right", "baseline": "top", "fontWeight": 600, "limit": {"expr": "width"},
                      "fontSize": {"expr": f"{narrow} ? 11 : width < 560 ? 13 : 15"}},
              {"x": at_right, "y": pixel, "color": colour,
               "text": {"condition": {"test": narrow, "field": "short"}, "field": "text"}}),
        layer("test", {"type": "text", "align": "right", "baseline": "top", "color": colours.ink,
                       "fontSize": {"expr": f"{narrow} ? 11 : width < 560 ? 13 : 15"}},
              {"x": at_right, "y": pixel, "text": {"field": "text"}}),
        layer("caption", {"type": "text", "align": "left", "baseline": "top", "fontSize": 12, "color": colours.muted,
                          "dx": -38, "limit": {"expr": "width + 50"}},
              {"x": {"value": 0}, "y": pixel, "text": {"condition": {"test": narrow, "field": "short"}, "field": "text"}}),
        layer("label", {"type": "text", "align": "left", "baseline": "top", "fontSize": 13, "fontWeight": 600,
                        "dx": -38}, {"x": {"value": 0}, "y": pixel, "text": {"field": "text"}, "color": colour}),
        layer("risk", {"type": "text", "baseline": "top", "fontSize": {"expr": f"{narrow} ? 11 : 13"}},
              {"x": plain_x, "y": pixel, "color": colour,
               "text": {"condition": {"test": narrow, "field": "short"}, "field": "text"}}),
    ]
    return {"$schema": "https://vega.github.io/schema/vega-lite/v6.json", "height": height, "width": "container",
            "autosize": {"type": "fit", "contains": "padding"},
            "padding": {"left": 4, "right": 26, "top": PADDING / 2, "bottom": PADDING / 2},
            "layer": layers, "resolve": {"scale": {"x": "shared", "y": "shared"}}, "config": config(colours)}


def survival_data(view: Explore, footer: str, height: int = 620) -> pa.Table:
    """The rows for :func:`survival_spec`; times in months. footer: cohort, date and method in one line."""
    rows: list[dict[str, Any]] = [{"part": "axis", "x": view.x_max}]
    bottom = plot_bottom(height, len(view.groups))
    rows.append({"part": "title", "py": 2, "text": view.endpoint.long_label})
    rows += _key(view, bottom)
    rows += _risk(view, bottom)
    rows.append({"part": "caption", "py": height - PADDING - 16, "text": footer, "short": footer.split(" · ")[0]})
    for at, each in enumerate(view.groups):
        if each.n:
            rows += curve_rows(view, at, each)
    return table(rows, ("x", "y", "x2", "y2", "py", "y_low", "y_high"), {"part": "", "text": "", "short": ""})


def _key(view: Explore, bottom: int) -> list[dict[str, Any]]:
    """Group, events, median, hazard ratio and test, in the corner that the curves leave free."""
    lines: list[dict[str, Any]] = []
    for at, each in enumerate(view.groups):
        median = formatting.months_interval(each.median.estimate, each.median.conf_low, each.median.conf_high)
        lines.append({"part": "key", "g": at, "text": f"{each.label}: {each.events}/{each.n} events, median {median} months",
                      "short": f"{each.label}: {formatting.months(each.median.estimate)} mo"})
    if len(view.groups) == 2 and view.ratios:
        hr = view.ratios[0]
        lines.append({"part": "test", "text": f"HR {formatting.ratio_interval(hr.hr, hr.conf_low, hr.conf_high)}"
                      if math.isfinite(hr.hr) else f"HR not estimable: {hr.reason}"})
    if len(view.groups) > 1:
        lines.append({"part": "test", "text": f"log-rank {formatting.p_value(view.logrank_p)}"})
    tall = len(lines) * KEY_LINE + 12
    lowest = min((_last(view, at) for at, each in enumerate(view.groups) if each.n), default=0.0)
    # Below the curves where they stay high, else above them on the right.
    top = bottom - tall if lowest > tall / (bottom - TOP) + 0.05 else TOP + 2
    return [{**line, "py": top + at * KEY_LINE} for at, line in enumerate(lines)]


def _last(view: Explore, at: int) -> float:
    """Height at which the group's curve ends."""
    ends = view.curves.estimate[:, at]
    return float(ends[-1]) if len(ends) else 1.0


def _risk(view: Explore, bottom: int) -> list[dict[str, Any]]:
    """Numbers at risk, events and censored so far, at every tick of the axis."""
    ticks = np.arange(0, view.x_max + 0.01, tick_step(view.x_max))
    at_risk, events, censored = risk_table(view.table, ticks * DAYS_PER_MONTH)
    py = bottom + AXIS
    rows: list[dict[str, Any]] = [{"part": "caption", "py": py, "text": "At risk / events so far / censored so far",
                                   "short": "At risk"}]
    for at, each in enumerate(view.groups):
        top = py + LINE + at * 2 * LINE
        rows.append({"part": "label", "g": at, "py": top, "text": each.label})
        for place, tick in enumerate(ticks):
            counts = (int(at_risk[place, at]), int(events[place, at]), int(censored[place, at]))
            rows.append({"part": "risk", "g": at, "x": tick, "py": top + LINE - 1,
                         "text": " / ".join(map(str, counts)), "short": str(counts[0])})
    return rows


def curve_rows(view: Explore, at: int, group: GroupCurve) -> list[dict[str, Any]]:
    """Vertices of one group, solid while enough patients are at risk and faded after, with its median and ticks."""
    points = curve_points(view.curves, at)
    enough = max(FADE_LEAST, math.ceil(FADE_SHARE * group.n))
    months = points.time / DAYS_PER_MONTH
    rows: list[dict[str, Any]] = []
    faded = points.n_risk < enough
    first_faded = int(np.argmax(faded)) if faded.any() else len(months)
    first_faded = max(first_faded, 1)
    for i in range(len(months)):
        low, high = points.conf_low[i], points.conf_high[i]
        row = {"g": at, "x": months[i], "y": points.estimate[i],
               "y_low": low if math.isfinite(low) else points.estimate[i],
               "y_high": high if math.isfinite(high) else points.estimate[i]}
        if i <= first_faded:
            # The vertex where the fading starts ends the solid part at the height it had before.
            solid = row if i < first_faded else {**row, "y": points.estimate[i - 1], "y_low": rows[-1]["y_low"],
                                                 "y_high": rows[-1]["y_high"]}
            rows.append({"part": "step", **solid})
        if i >= first_faded:
            if i == first_faded:
                rows.append({"part": "fade", **row, "y": points.estimate[i - 1]})
            rows.append({"part": "fade", **row})
    rows += [{"part": "tick", "g": at, "x": time / DAYS_PER_MONTH, "y": level}
             for time, level in zip(points.tick_time, points.tick_estimate, strict=True)]
    if math.isfinite(group.median.estimate):
        x = group.median.estimate / DAYS_PER_MONTH
        rows += [{"part": "median", "g": at, "x": 0, "x2": x, "y": 0.5, "y2": 0.5},
                 {"part": "median", "g": at, "x": x, "x2": x, "y": 0.5, "y2": 0}]
    return rows


def reading_data(view: Explore, height: int = 620) -> pa.Table:
    """What the reading line says at a grid of times: survival with interval, and who is still at risk."""
    bottom = plot_bottom(height, len(view.groups))
    key = _key(view, bottom)
    # The words stand above the axis, or above the key where that is there.
    floor = key[0]["py"] - 6 if key and key[0]["py"] > TOP + 2 else bottom - 4
    grid = np.linspace(0, view.x_max, READ_POINTS + 1)
    rows = []
    for at, group in enumerate(view.groups):
        here = survival_at(view.curves, at, grid * DAYS_PER_MONTH)
        py = floor - 10 - 19 * (len(view.groups) - 1 - at)
        for i in np.flatnonzero(np.isfinite(here.estimate)):
            low, high = here.conf_low[i], here.conf_high[i]
            interval = f" ({100 * low:.0f}–{100 * high:.0f})" if math.isfinite(low) and math.isfinite(high) else ""
            rows.append({"g": at, "slot": float(i), "x": grid[i], "y": here.estimate[i], "py": py,
                         "text": f"{group.label} at {grid[i]:.1f} months: {100 * here.estimate[i]:.0f} %{interval}, "
                                 f"{int(here.n_risk[i])} at risk"})
    return table(rows, ("slot", "x", "y", "py"), {"text": ""})
