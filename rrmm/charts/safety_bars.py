"""Adverse events as bars: any grade with its interval, grade 3 or higher inside it, one bar a group."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import pandas as pd

from rrmm import formatting
from rrmm.analyses.proportions import Proportion
from rrmm.analyses.safety import Safety
from rrmm.charts.rows import NARROW, at, between, frame, layer, spec, text, value, wide_only
from rrmm.charts.theme import Tone

MOST = 20
"""Most events in the picture; the table holds all of them."""
HEAD, EVENT, BAR, GAP, FOOT = 44, 20, 22, 10, 50
RIGHT = f"{NARROW} ? width - 92 : width - 150"


def shown_columns(found: Safety) -> list[int]:
    """Indexes of the bars: the groups where there are some, else everybody."""
    return list(range(1, len(found.columns))) if len(found.columns) > 1 else [0]


def height_for(found: Safety) -> int:
    """Height for the events and groups of this cohort."""
    return min(len(found.rows), MOST) * _block(found) + HEAD + FOOT + 8


def _block(found: Safety) -> int:
    return EVENT + len(shown_columns(found)) * BAR + GAP


def _left(grouped: bool) -> str:
    return f"{NARROW} ? 0 : 170" if grouped else "0"


@lru_cache(maxsize=32)
def safety_spec(colours: Tone, grouped: bool, height: int) -> dict[str, Any]:
    """The constant spec; its data are :func:`safety_data`. grouped: whether groups are compared."""
    left = _left(grouped)
    axis = {
        "title": "Patients (%)",
        "values": [0, 25, 50, 75, 100],
        "grid": False,
        "offset": {"expr": f"{height - FOOT} - height"},
    }
    x = between(left, RIGHT, (0, 100), axis)
    tint = {
        "field": "g",
        "type": "nominal",
        "legend": None,
        "scale": {"domain": list(range(6)), "range": list(colours.levels)},
    }
    span = {
        "x": x,
        "x2": {"field": "x2"},
        "y": at("py"),
        "y2": {"field": "py2"},
        "color": tint,
        "tooltip": {"field": "tip"},
    }
    right = {"x": {"value": "width"}, "y": at("pym")}
    return spec(
        colours,
        height,
        [
            layer("any", {"type": "rect", "opacity": 0.38}, span),
            layer("severe", {"type": "rect", "opacity": 1}, span),
            layer(
                "any",
                {"type": "rule", "strokeWidth": 1.6, "color": colours.ink},
                {"x": value("low"), "x2": {"field": "high"}, "y": at("pym")},
            ),
            layer(
                "event",
                text(14, fontWeight=600),
                {"x": {"value": 0}, "y": at("py"), "text": {"field": "text"}},
            ),
            layer(
                "any",
                text(13, limit={"expr": f"({left}) - 8"}),
                {"x": {"value": 0}, "y": at("pym"), "color": tint, "text": wide_only("short")},
            ),
            layer(
                "any",
                text(13, "right", dx={"expr": f"{NARROW} ? -46 : -72"}),
                {**right, "text": {"field": "text"}},
            ),
            layer("any", text(13, "right", fontWeight=600), {**right, "text": {"field": "severe"}}),
            layer(
                "key",
                {
                    **text(12, fontWeight=600),
                    "x": {"expr": "datum.slot * width"},
                    "limit": {"expr": "datum.room * width"},
                },
                {
                    "y": at("py"),
                    "color": tint,
                    "text": {"condition": {"test": NARROW, "field": "short"}, "value": ""},
                },
            ),
            layer(
                "head",
                text(13, "right", color=colours.muted, dx={"expr": f"{NARROW} ? -46 : -72"}),
                {**right, "y": at("py"), "text": {"field": "text"}},
            ),
            layer(
                "head",
                text(13, "right", color=colours.muted),
                {**right, "y": at("py"), "text": {"field": "severe"}},
            ),
            layer(
                "head",
                text(13, color=colours.muted),
                {"x": {"value": 0}, "y": at("py"), "text": {"field": "short"}},
            ),
        ],
    )


def safety_data(found: Safety) -> pd.DataFrame:
    """The rows for :func:`safety_spec`; the height is :func:`height_for` the same cohort."""
    columns = shown_columns(found)
    rows: list[dict[str, Any]] = [
        {
            "part": "head",
            "py": 10,
            "text": "Any",
            "severe": "≥ 3",
            "g": 0,
            "short": "Light: any grade (95 % CI). Dark: grade ≥ 3.",
        }
    ]
    many = len(columns) > 1
    if many:
        rows += [
            {
                "part": "key",
                "py": 32,
                "g": g,
                "slot": g / len(columns),
                "room": 0.96 / len(columns),
                "short": found.columns[column][0],
            }
            for g, column in enumerate(columns)
        ]
    for place, event in enumerate(found.rows[:MOST]):
        top = float(HEAD + place * _block(found))
        rows.append({"part": "event", "py": top + 10, "text": event.label, "g": 0})
        top += EVENT
        for line, column in enumerate(columns):
            label = found.columns[column][0] if many else ""
            rows += _bars(
                event.any_grade[column], event.severe[column], label, event.label, top + line * BAR, line
            )
    made = frame(
        rows,
        ("x", "x2", "low", "high", "py", "py2", "pym", "g", "slot", "room"),
        ("text", "short", "severe", "tip"),
    )
    made["g"] = made["g"].fillna(0).astype(int)
    return made


def _bars(
    any_grade: Proportion, severe: Proportion, label: str, event: str, top: float, g: int
) -> list[dict[str, Any]]:
    where = {"py": top + 3, "py2": top + BAR - 4, "pym": top + BAR / 2, "g": g, "x": 0}
    tip = (
        f"{event}{', ' + label if label else ''}: any grade {any_grade.x}/{any_grade.n}, "
        f"grade 3 or higher {severe.x}/{severe.n}"
    )
    rows = [
        {
            "part": "any",
            **where,
            "x2": 100 * any_grade.estimate if any_grade.n else 0.0,
            "short": label,
            "tip": tip,
            "low": 100 * any_grade.conf_low if any_grade.n else None,
            "high": 100 * any_grade.conf_high if any_grade.n else None,
            "text": formatting.percent(any_grade.estimate),
            "severe": formatting.percent(severe.estimate),
        }
    ]
    if severe.x:
        rows.append({"part": "severe", **where, "x2": 100 * severe.estimate, "tip": tip})
    return rows
