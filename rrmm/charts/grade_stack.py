"""CRS and ICANS by worst grade (ASTCT): one bar a group, mild to severe, with the onset at its end."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import pandas as pd

from rrmm import formatting
from rrmm.analyses.safety import Row, Safety
from rrmm.charts.rows import (
    NARROW,
    at,
    between,
    frame,
    key_layers,
    layer,
    readable,
    short_if_narrow,
    spec,
    text,
    value,
    wide_only,
)
from rrmm.charts.safety_bars import shown_columns
from rrmm.charts.theme import Tone

HEAD, EVENT, PITCH, FOOT = 52, 34, 44, 50
LEFT, RIGHT = f"{NARROW} ? 0 : 176", f"{NARROW} ? width : width - 190"
GRADES = ("None", "Grade 1", "Grade 2", "Grade 3", "Grade 4", "Grade 5", "Grade unknown")
FILLS = {
    "light": ("#e6eaf0", "#fbd38d", "#f08c3a", "#c53a1e", "#8c1640", "#3f0d2b", "#b9c2ce"),
    "dark": ("#272e38", "#e8b96a", "#e07b2c", "#e2563c", "#c22d66", "#f5a3d0", "#556273"),
}


def events(found: Safety, keys: tuple[str, ...] = ("crs", "icans")) -> list[Row]:
    """The graded events of the picture that this cohort has."""
    return [row for row in found.rows if row.key in keys]


def height_for(found: Safety) -> int:
    """Height for the events and groups."""
    return HEAD + len(events(found)) * (len(shown_columns(found)) * PITCH + EVENT) + FOOT + 8


@lru_cache(maxsize=32)
def grade_spec(colours: Tone, height: int) -> dict[str, Any]:
    """The constant spec; its data are :func:`grade_data`."""
    colour = {
        "field": "grade",
        "type": "nominal",
        "scale": {"domain": list(GRADES), "range": list(FILLS[colours.name])},
        "legend": None,
    }
    axis = {
        "title": "Patients (%)",
        "values": [0, 25, 50, 75, 100],
        "grid": False,
        "offset": {"expr": f"{height - FOOT} - height"},
    }
    x = between(LEFT, RIGHT, (0, 100), axis)
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
                "event",
                text(15, fontWeight=600),
                {"x": {"value": 0}, "y": at("py"), "text": {"field": "text"}},
            ),
            layer(
                "row",
                text(13, dy={"expr": f"{NARROW} ? -20 : 0"}, limit={"expr": f"{NARROW} ? width : 168"}),
                {"x": {"value": 0}, "y": at("py"), "text": short_if_narrow()},
            ),
            layer(
                "row", text(13, "right"), {"x": {"value": "width"}, "y": at("py"), "text": wide_only("onset")}
            ),
            *key_layers(colours, GRADES, FILLS[colours.name], 12),
        ],
    )


def grade_data(found: Safety, colours: Tone) -> pd.DataFrame:
    """The rows for :func:`grade_spec`; the height is :func:`height_for` the same cohort."""
    rows: list[dict[str, Any]] = []
    top = float(HEAD)
    for event in events(found):
        rows.append({"part": "event", "py": top + 16, "text": f"{event.label}, worst grade ({event.scale})"})
        top += EVENT - 14
        for column in shown_columns(found):
            rows += _row(event, column, found.columns[column][0], top, colours)
            top += PITCH
        top += 14
    return frame(rows, ("x", "x2", "mid", "py", "py2", "pym"), ("text", "short", "grade", "ink", "onset"))


def _row(event: Row, column: int, label: str, top: float, colours: Tone) -> list[dict[str, Any]]:
    had, onset = event.any_grade[column], event.onset[column]
    day = (
        f"onset day {onset.median:.0f} ({onset.low:.0f} to {onset.high:.0f})"
        if math.isfinite(onset.median)
        else "onset not dated"
        if had.x
        else ""
    )
    middle = top + 22 + 8
    rows: list[dict[str, Any]] = [
        {
            "part": "row",
            "py": middle,
            "text": f"{label} (n = {had.n})",
            "onset": day,
            "short": f"{label} (n = {had.n}): {formatting.percent(had.estimate)}; {day}",
        }
    ]
    counts = (*event.grades[column], event.ungraded[column])
    total, start = sum(counts), 0.0
    for grade, count, fill in zip(GRADES, counts, FILLS[colours.name], strict=True):
        if not count:
            continue
        share = 100 * count / total
        rows.append(
            {
                "part": "bar",
                "x": start,
                "x2": start + share,
                "mid": start + share / 2,
                "py": middle - 10,
                "py2": middle + 10,
                "pym": middle,
                "grade": grade,
                "ink": readable(fill),
                "text": f"{label}, {grade.lower()}: {count}/{total} ({share:.1f} %)",
                "short": f"{share:.0f}" if share >= 5 else "",
            }
        )
        start += share
    return rows
