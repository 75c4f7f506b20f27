"""Depth of response, one bar a group, deepest first, with the rates as a table at the bar's end (Fig.

1A and 2).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import pandas as pd

from rrmm import formatting
from rrmm.analyses.proportions import Proportion
from rrmm.analyses.response import DEPTHS, GroupResponse
from rrmm.charts.rows import (
    NARROW,
    at,
    between,
    frame,
    key_layers,
    layer,
    readable,
    spec,
    text,
    value,
)
from rrmm.charts.theme import Tone

HEAD, PITCH, GAP, FOOT = 74, 48, 8, 50
STACKED = "width < 700"
"""Below this the label and the rates stand above the bar."""
LEFT, RIGHT = f"{STACKED} ? 0 : 170", f"{STACKED} ? width : width - 352"
SHOWN = DEPTHS


def height_for(rows: int, gaps: int = 0) -> int:
    """Height that holds so many bars, and spaces between blocks of them."""
    return HEAD + rows * PITCH + gaps * GAP + FOOT


@lru_cache(maxsize=32)
def stack_spec(colours: Tone, height: int) -> dict[str, Any]:
    """The constant spec; its data are :func:`stack_data` of the same height."""
    palette = dict(colours.response)
    colour = {
        "field": "depth",
        "type": "nominal",
        "scale": {"domain": list(SHOWN), "range": [palette[each] for each in SHOWN]},
        "legend": None,
    }
    axis = {
        "title": "Patients (%)",
        "values": [0, 25, 50, 75, 100],
        "grid": False,
        "offset": {"expr": f"{height - FOOT} - height"},
    }
    x = between(LEFT, RIGHT, (0, 100), axis)
    columns = [
        layer(
            "row",
            text(13, "right", dx=-offset),
            {
                "x": {"value": "width"},
                "y": at("py"),
                "text": {"condition": {"test": STACKED, "value": ""}, "field": name},
            },
        )
        for name, offset in (("text", 136), ("vgpr", 68), ("cr", 0))
    ]
    heads = [
        layer(
            "head",
            text(13, "right", dx=-offset, color=colours.muted),
            {
                "x": {"value": "width"},
                "y": at("py"),
                "text": {"condition": {"test": STACKED, "value": ""}, "field": name},
            },
        )
        for name, offset in (("text", 136), ("vgpr", 68), ("cr", 0))
    ]
    return spec(
        colours,
        height,
        [
            layer(
                "bar",
                {"type": "rect", "stroke": colours.background, "strokeWidth": 1},
                {
                    "x": x,
                    "x2": {"field": "x2"},
                    "y": at("py"),
                    "y2": {"field": "py2"},
                    "color": colour,
                    "tooltip": {"field": "text"},
                },
            ),
            layer(
                "bar",
                {"type": "text", "fontSize": 12, "fontWeight": 600},
                {
                    "x": value("mid"),
                    "y": at("pym"),
                    "text": {"field": "short"},
                    "color": {"field": "ink", "type": "nominal", "scale": None},
                },
            ),
            layer(
                "row",
                {"type": "rule", "strokeWidth": 2, "color": colours.ink},
                {"x": value("low"), "x2": {"field": "high"}, "y": at("pyw")},
            ),
            layer(
                "row",
                {"type": "point", "filled": True, "size": 45, "opacity": 1, "color": colours.ink},
                {"x": value("x"), "y": at("pyw")},
            ),
            layer(
                "row",
                text(
                    14,
                    fontWeight=600,
                    dy={"expr": f"{STACKED} ? -19 : 0"},
                    limit={"expr": f"{STACKED} ? width : 166"},
                ),
                {
                    "x": {"value": 0},
                    "y": at("py"),
                    "text": {
                        "condition": [
                            {"test": NARROW, "field": "short"},
                            {"test": STACKED, "field": "middle"},
                        ],
                        "field": "label",
                    },
                },
            ),
            *columns,
            *heads,
            *key_layers(colours, SHOWN, tuple(palette[each] for each in SHOWN), 34),
            layer(
                "head",
                text(13, color=colours.muted),
                {"x": {"value": 0}, "y": at("py"), "text": {"field": "label"}},
            ),
        ],
    )


def stack_data(
    blocks: Sequence[Sequence[GroupResponse]],
    colours: Tone,
    heading: str,
    height: int,
    *,
    nonevaluable_counts: bool = True,
) -> pd.DataFrame:
    """The rows for :func:`stack_spec`: blocks of groups, with a little space between blocks."""
    rows: list[dict[str, Any]] = [
        {
            "part": "head",
            "py": 10,
            "label": heading,
            "short": heading,
            "text": "ORR (95 % CI), n/N",
            "vgpr": "≥ VGPR",
            "cr": "≥ CR",
        }
    ]
    palette = dict(colours.response)
    top = float(HEAD)
    for block in blocks:
        for group in block:
            rows += _row(group, top, palette, nonevaluable_counts)
            top += PITCH
        top += GAP
    return frame(
        rows,
        ("x", "x2", "mid", "py", "py2", "pym", "pyw", "low", "high"),
        ("text", "short", "middle", "label", "vgpr", "cr", "depth", "ink"),
    )


def _row(group: GroupResponse, top: float, palette: dict[str, str], counts_ne: bool) -> list[dict[str, Any]]:
    orr, bar = group.orr, top + 13
    middle = bar + 10
    if not group.n:
        return [
            {
                "part": "row",
                "py": middle,
                "pyw": middle,
                "label": group.label,
                "text": "nobody with a known response",
                "short": f"{group.label}: nobody with a known response",
                "middle": f"{group.label}: nobody with a known response",
            }
        ]
    limits = formatting.percent_interval(orr.conf_low, orr.conf_high)
    rate = f"{formatting.percent(orr.estimate)} ({limits}), {orr.x}/{orr.n}"
    rows: list[dict[str, Any]] = [
        {
            "part": "row",
            "py": middle,
            "pyw": bar + 24,
            "x": 100 * orr.estimate,
            "low": 100 * orr.conf_low,
            "high": 100 * orr.conf_high,
            "label": group.label,
            "text": rate,
            "vgpr": _short(group.vgpr),
            "cr": _short(group.cr),
            "short": f"{group.label}: ORR {formatting.percent(orr.estimate)}, {orr.x}/{orr.n}",
            "middle": f"{group.label}: ORR {rate}; ≥ VGPR {_short(group.vgpr)}; ≥ CR {_short(group.cr)}",
        }
    ]
    kept = {name: x for name, x in zip(DEPTHS, group.depth, strict=True) if counts_ne or name != "NE"}
    total = sum(kept.values())
    start = 0.0
    for name, x in kept.items():
        if not x:
            continue
        share = 100 * x / total
        rows.append(
            {
                "part": "bar",
                "x": start,
                "x2": start + share,
                "mid": start + share / 2,
                "py": bar,
                "py2": bar + 20,
                "pym": middle,
                "depth": name,
                "ink": readable(palette[name]),
                "text": f"{group.label}, {name}: {x}/{total} ({share:.1f} %)",
                "short": f"{share:.0f}" if share >= 5 else "",
            }
        )
        start += share
    return rows


def _short(rate: Proportion) -> str:
    return f"{formatting.percent(rate.estimate)}" if rate.n else formatting.DASH
