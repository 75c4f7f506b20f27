"""Forest of all subgroups for one endpoint: hazard ratios on a log axis, or survival by level beside everybody's."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from rrmm import formatting
from rrmm.analyses.explore import RATE_MONTH, Explore, ForestRow
from rrmm.charts.cells import table
from rrmm.charts.theme import Tone, config

if TYPE_CHECKING:
    import pyarrow as pa

HR_LOW, HR_HIGH = 0.1, 10.0
HEAD, FOOT = 24, 58
CHOSEN = "chosen"
"""Name of the small table that marks the row of the current comparison."""


def _layer(part: str, mark: dict[str, Any], encoding: dict[str, Any]) -> dict[str, Any]:
    return {"transform": [{"filter": f"datum.part === '{part}'"}], "mark": mark, "encoding": encoding}


@lru_cache(maxsize=32)
def forest_spec(colours: Tone, kind: str = "ratio", height: int = 400) -> dict[str, Any]:
    """The constant spec of kind "ratio" or "rate"; its data are :func:`forest_data` of the same kind and height."""
    # The plot lies between the columns of text; on a phone the middle column goes.
    left = "width < 420 ? 92 : 230"
    right = "width < 420 ? width - 92 : width - 172"
    if kind == "ratio":
        scale: dict[str, Any] = {"type": "log", "domain": [HR_LOW, HR_HIGH], "clamp": True}
        axis: dict[str, Any] = {"values": [0.1, 0.25, 0.5, 1, 2, 4, 10], "title": None, "grid": False, "format": "~g"}
    else:
        scale = {"domain": [0, 1]}
        axis = {"values": [0, 0.25, 0.5, 0.75, 1], "title": None, "grid": False, "format": ".0%"}
    scale["range"] = [{"expr": left}, {"expr": right}]
    x = {"field": "x", "type": "quantitative", "scale": scale,
         "axis": {**axis, "offset": {"expr": f"{height - FOOT} - height"}}}
    plain_x = {"field": "x", "type": "quantitative"}
    pixel = {"field": "py", "type": "quantitative", "scale": None, "axis": None}
    unless_narrow = {"condition": {"test": "width < 420", "value": ""}, "field": "counts"}
    tint = {"value": colours.ink}
    size = {"expr": "width < 420 ? 11 : 13"}
    text = {"type": "text", "baseline": "middle", "fontSize": size}
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json", "height": height, "width": "container",
        "autosize": {"type": "fit", "contains": "padding"}, "padding": {"left": 8, "right": 8, "top": 4, "bottom": 2},
        "config": config(colours),
        "layer": [
            # The comparison's row has a table of its own: a new comparison changes that and leaves the rest alone.
            {"data": {"name": CHOSEN}, "mark": {"type": "rect", "color": colours.level(1), "opacity": 0.16},
             "encoding": {"x": {"value": 0}, "x2": {"value": "width"}, "y": pixel, "y2": {"field": "py2"}}},
            _layer("line", {"type": "rule", "strokeDash": [4, 4], "color": colours.muted},
                   {"x": x, "y": pixel, "y2": {"field": "py2"}}),
            _layer("row", {"type": "rule", "strokeWidth": 2},
                   {"x": {**plain_x, "field": "low"}, "x2": {"field": "high"}, "y": pixel, "color": tint}),
            _layer("row", {"type": "square", "opacity": 1},
                   {"x": plain_x, "y": pixel, "color": tint, "tooltip": {"field": "tip"},
                    "size": {"field": "weight", "type": "quantitative", "scale": None}}),
            _layer("row", {**text, "align": "left"}, {"x": {"value": 0}, "y": pixel, "text": {"field": "label"},
                                                     "color": tint}),
            _layer("row", {**text, "align": "left", "dx": 122},
                   {"x": {"value": 0}, "y": pixel, "text": unless_narrow, "color": tint}),
            _layer("row", {**text, "align": "right"}, {"x": {"value": "width"}, "y": pixel, "color": tint,
                   "text": {"condition": {"test": "width < 420", "field": "short"}, "field": "text"}}),
            _layer("head", {"type": "text", "baseline": "middle", "fontSize": size, "color": colours.muted,
                            "align": "left"}, {"x": {"value": 0}, "y": pixel, "text": {"field": "label"}}),
            _layer("head", {"type": "text", "baseline": "middle", "fontSize": size, "color": colours.muted,
                            "align": "left", "dx": 122},
                   {"x": {"value": 0}, "y": pixel, "text": unless_narrow}),
            _layer("head", {"type": "text", "baseline": "middle", "fontSize": size, "color": colours.muted,
                            "align": "right"},
                   {"x": {"value": "width"}, "y": pixel,
                    "text": {"condition": {"test": "width < 420", "field": "short"}, "field": "text"}}),
            _layer("foot", {"type": "text", "baseline": "top", "fontSize": 12, "color": colours.muted,
                            "align": {"expr": "datum.side"}, "dx": {"expr": "datum.side === 'right' ? -10 : 10"}},
                   {"x": plain_x, "y": pixel, "text": {"field": "text"}}),
        ],
    }


def forest_data(view: Explore, kind: str = "ratio", height: int = 400) -> pa.Table:
    """The rows for :func:`forest_spec`."""
    rows = _ratio_rows(view, height) if kind == "ratio" else _rate_rows(view, height)
    words = dict.fromkeys(("part", "label", "counts", "text", "short", "tip", "side"), "")
    return table(rows, ("x", "x2", "low", "high", "py", "py2", "weight"), words, level=False)


def chosen_rows(view: Explore, kind: str = "ratio", height: int = 400) -> pa.Table:
    """Where the rows of the current comparison stand; none for a comparison that is no preset."""
    keys = [row.key for row in drawn(view)] if kind == "ratio" else ["", *(row.key for row in drawn(view) for _ in "ab")]
    pitch = _pitch(height, len(keys))
    rows = [{"py": HEAD + at * pitch, "py2": HEAD + (at + 1) * pitch}
            for at, key in enumerate(keys) if key and key == view.grouping.key]
    return table(rows, ("py", "py2"), {}, level=False)


def drawn(view: Explore) -> tuple[ForestRow, ...]:
    """Rows with anybody in them: what the file does not have is no row of the picture."""
    return tuple(row for row in view.forest if sum(row.n))


def _pitch(height: int, rows: int) -> float:
    return (height - HEAD - FOOT) / max(rows, 1)


def _ratio_rows(view: Explore, height: int) -> list[dict[str, Any]]:
    pitch = _pitch(height, len(drawn(view)))
    bottom = height - FOOT
    rows: list[dict[str, Any]] = [
        {"part": "head", "py": 8, "label": f"{view.endpoint.label} by", "counts": "Events/n",
         "text": "HR (95 % CI), p", "short": "HR (95 % CI)"},
        {"part": "line", "x": 1.0, "py": HEAD - 4, "py2": bottom},
        {"part": "foot", "x": 1.0, "py": bottom + 28, "text": "fewer events", "side": "right"},
        {"part": "foot", "x": 1.0, "py": bottom + 28, "text": "more events", "side": "left"},
    ]
    for at, row in enumerate(drawn(view)):
        hr = row.hr
        estimable = math.isfinite(hr.hr)
        rows.append({
            "part": "row", "py": HEAD + (at + 0.5) * pitch, "label": row.label,
            "counts": f"{row.events[1]}/{row.n[1]} v {row.events[0]}/{row.n[0]}",
            "x": min(max(hr.hr, HR_LOW), HR_HIGH) if estimable else None,
            "low": max(hr.conf_low, HR_LOW) if estimable else None,
            "high": min(hr.conf_high, HR_HIGH) if estimable else None,
            "weight": _box(row), "tip": _tip(row),
            "text": f"{formatting.ratio_interval(hr.hr, hr.conf_low, hr.conf_high)}, "
                    f"{formatting.p_number(row.logrank_p)}" if estimable else "not estimable",
            "short": formatting.ratio_interval(hr.hr, hr.conf_low, hr.conf_high) if estimable else "n.e."})
    return rows


def _box(row: ForestRow) -> float:
    """Area of the box: the information behind the estimate, 1 / se^2."""
    return min(40 + 18 / row.hr.se**2, 260) if math.isfinite(row.hr.se) and row.hr.se > 0 else 0.0


def _tip(row: ForestRow) -> str:
    parts = [f"{row.levels[1]} against {row.levels[0]}"]
    parts.append(f"log-rank {formatting.p_value(row.logrank_p)}, q {formatting.p_number(row.q_value)} "
                 "(Benjamini-Hochberg over these rows)")
    if row.unknown:
        parts.append(f"unknown in {row.unknown}")
    if row.hr.reason:
        parts.append(row.hr.reason)
    return "; ".join(parts)


def _rate_rows(view: Explore, height: int) -> list[dict[str, Any]]:
    levels = [(row, side) for row in drawn(view) for side in (1, 0)]
    pitch = _pitch(height, len(levels) + 1)
    bottom = height - FOOT
    rows: list[dict[str, Any]] = [
        {"part": "head", "py": 8, "label": f"{view.endpoint.label} at {RATE_MONTH} months", "counts": "",
         "text": "% (95 % CI)", "short": "%"},
        {"part": "foot", "x": 0.5, "py": bottom + 28, "text": "dashed line: all patients", "side": "center"},
    ]
    overall = view.overall.rate
    if math.isfinite(overall[0]):
        rows.append({"part": "line", "x": overall[0], "py": HEAD - 4, "py2": bottom})
    rows.append(_rate_row(view.overall.label, view.overall.n, view.overall.events, overall, HEAD + pitch / 2))
    for at, (row, side) in enumerate(levels, start=1):
        rows.append(_rate_row(row.levels[side], row.n[side], row.events[side], row.rates[side],
                              HEAD + (at + 0.5) * pitch))
    return rows


def _rate_row(label: str, n: int, events: int, rate: tuple[float, float, float], py: float) -> dict[str, Any]:
    estimate, low, high = rate
    known = math.isfinite(estimate)
    bounded = known and math.isfinite(low) and math.isfinite(high)
    text = "not reached"
    if known:
        text = f"{formatting.percent(estimate, 0)} ({formatting.percent_interval(low, high, 0)})"
    return {"part": "row", "py": py, "label": label, "counts": f"{events}/{n}",
            "x": estimate if known else None, "low": low if bounded else None, "high": high if bounded else None,
            "weight": 70.0, "text": text, "short": formatting.percent(estimate, 0), "tip": f"{label}: {text}, n = {n}"}
