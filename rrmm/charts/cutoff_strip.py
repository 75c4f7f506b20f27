"""The ratio at every cut-off of a number in one strip, with its interval as a band and the patients on each side."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from rrmm import formatting
from rrmm.charts.cells import table
from rrmm.charts.rows import PIXEL, layer, text
from rrmm.charts.theme import Tone, config

if TYPE_CHECKING:
    import pyarrow as pa

    from rrmm.results import Result

LOW, HIGH = 0.05, 50.0
HEIGHT, TOP, STRIP, FOOT = 440, 44, 56, 78
"""STRIP: pixels of the bars that show how the patients divide."""
MOST_COUNTED = 24
"""Most cut-offs whose numbers stand beside the bars; more of them have theirs in the tooltip and the table."""


@lru_cache(maxsize=32)
def strip_spec(colours: Tone, height: int = HEIGHT) -> dict[str, Any]:
    """The constant spec; its data are :func:`strip_data` of the same height."""
    bottom = height - FOOT - STRIP - 30
    x = {"field": "x", "type": "quantitative", "scale": {"zero": False, "nice": False, "padding": 14},
         "axis": {"title": None, "grid": False, "offset": {"expr": f"{height - FOOT} - height"}}}  # fmt: skip
    plain = {"field": "x", "type": "quantitative"}
    y = {"field": "y", "type": "quantitative",
         "scale": {"type": "log", "domain": [LOW, HIGH], "range": [bottom, TOP], "clamp": True, "nice": False},
         "axis": {"title": None, "format": "~g", "values": [0.05, 0.1, 0.25, 0.5, 1, 2, 4, 10, 50],
                  "grid": False}}  # fmt: skip
    pixel = {"field": "py", **PIXEL}
    ratio, reference = colours.level(1), colours.level(0)
    tip = {"field": "text", "type": "nominal"}
    layers = [
        layer("one", {"type": "rule", "strokeDash": [4, 4], "color": colours.muted}, {"y": y}),
        layer("at", {"type": "area", "opacity": 0.16, "color": ratio, "interpolate": "linear", "tooltip": None},
              {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}}),
        layer("at", {"type": "line", "strokeWidth": 2, "color": ratio, "tooltip": None}, {"x": plain, "y": y}),
        layer("at", {"type": "point", "filled": True, "size": 60, "opacity": 1, "color": ratio},
              {"x": plain, "y": y, "tooltip": tip}),
        layer("mark", {"type": "rule", "strokeDash": [2, 3], "color": colours.ink},
              {"x": plain, "y": {"value": TOP - 4}, "y2": {"value": bottom}}),
        layer("mark", {**text(12), "color": colours.ink, "align": {"expr": "datum.side"},
                       "dx": {"expr": "datum.side === 'right' ? -4 : 4"}},
              {"x": plain, "y": pixel, "text": {"field": "text"}}),
        layer("bar", {"type": "bar", "width": {"expr": "max(2, min(14, datum.size * width))"}, "color": reference,
                      "cornerRadius": 0},
              {"x": plain, "y": pixel, "y2": {"field": "py2"}, "tooltip": tip}),
        layer("over", {"type": "bar", "width": {"expr": "max(2, min(14, datum.size * width))"}, "color": ratio},
              {"x": plain, "y": pixel, "y2": {"field": "py2"}, "tooltip": tip}),
        *(layer(f"count_{side}", {"type": "text", "baseline": "middle", "fontSize": 12, "color": colour},
                {"x": plain, "y": pixel, "text": {"condition": {"test": "width < 420", "value": ""}, "field": "text"}})
          for side, colour in (("below", reference), ("above", ratio))),
        layer("title", {**text(15, baseline="top"), "fontWeight": 600, "dx": -34, "color": colours.ink},
              {"x": {"value": 0}, "y": pixel, "text": {"field": "text"}}),
        layer("below", {**text(12, baseline="top"), "dx": -34, "color": reference, "limit": {"expr": "width + 30"}},
              {"x": {"value": 0}, "y": pixel, "text": {"field": "text"}}),
        layer("above", {**text(12, "right", baseline="top"), "color": ratio},
              {"x": {"value": "width"}, "y": pixel, "text": {"field": "text"}}),
    ]  # fmt: skip
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json", "height": height, "width": "container",
        "autosize": {"type": "fit", "contains": "padding"}, "padding": {"left": 4, "right": 14, "top": 2, "bottom": 4},
        "config": config(colours), "layer": layers, "resolve": {"scale": {"x": "shared", "y": "shared"}},
    }  # fmt: skip


def strip_data(found: Result, ratio: str, label: str, chosen: float, height: int = HEIGHT) -> pa.Table:
    """The rows for :func:`strip_spec`. ratio: "HR of PFS"; label: the number with its unit; chosen: cut-off in use."""
    base = height - FOOT
    rows: list[dict[str, Any]] = [
        {"part": "title", "py": 0, "text": ratio},
        {"part": "one", "y": 1.0},
        {"part": "below", "py": base + 52, "text": f"■ below the cut-off  ·  {label}"},
        {"part": "above", "py": base + 52, "text": "at or above ■"},
    ]
    spread = found.table["cutoff"].max() - found.table["cutoff"].min() if len(found.table) else 0.0
    size = 0.5 / max(len(found.table), 1)
    for row in found.table.to_dict("records"):
        n, below = int(row["n"]), int(row["n_below"])
        limits = formatting.ratio_interval(row["estimate"], row["conf_low"], row["conf_high"])
        said = (f"Cut-off {formatting.measured(row['cutoff'])}: {limits}, {formatting.p_value(row['p_value'])}; below "
                f"{row['n_event_below']:.0f}/{below}, at or above {row['n_event']:.0f}/{n}")  # fmt: skip
        if row["reason"]:
            said = f"Cut-off {formatting.measured(row['cutoff'])}: {row['reason']}; below {below}, at or above {n}"
        if math.isfinite(row["estimate"]) and not row["reason"]:
            rows.append({"part": "at", "x": row["cutoff"], "y": row["estimate"], "low": max(row["conf_low"], LOW),
                         "high": min(row["conf_high"], HIGH), "text": said})  # fmt: skip
        split = base - STRIP * below / max(n + below, 1)
        rows.append({"part": "bar", "x": row["cutoff"], "py": base, "py2": split, "text": said, "size": size})
        rows.append({"part": "over", "x": row["cutoff"], "py": split, "py2": base - STRIP, "text": said, "size": size})
        if len(found.table) <= MOST_COUNTED:
            rows.append({"part": "count_below", "x": row["cutoff"], "py": base + 36, "text": str(below)})
            rows.append({"part": "count_above", "x": row["cutoff"], "py": base - STRIP - 10, "text": str(n)})
    low = float(found.table["cutoff"].min()) if len(found.table) else 0.0
    selected = found.numbers["selected"]
    best = selected.cutoff
    marks = [
        (chosen, f"in use {formatting.measured(chosen)}", 18),
        (best, f"largest difference {formatting.measured(best)}", 32),
    ]
    if spread:
        rows += [{"part": "mark", "x": at, "text": said, "py": py,
                  "side": "right" if (at - low) / spread > 0.5 else "left"}
                 for at, said, py in marks if math.isfinite(at) and low <= at <= low + spread]  # fmt: skip
    return table(rows, ("x", "y", "low", "high", "py", "py2", "size"), dict.fromkeys(("part", "text", "side"), ""),
                 level=False)  # fmt: skip
