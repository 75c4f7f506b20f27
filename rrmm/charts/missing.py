"""What is known of each variable: a bar to 100 %, for the variables that are not known in everybody."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import pandas as pd

from rrmm import formatting
from rrmm.analyses.missingness import Known, Missingness
from rrmm.charts.rows import NARROW, at, between, frame, layer, spec, text
from rrmm.charts.theme import Tone

ROW, FOOT = 24, 50
LEFT, RIGHT = f"{NARROW} ? 172 : 250", f"{NARROW} ? width - 62 : width - 120"


def incomplete(found: Missingness) -> list[Known]:
    """Variables with something missing, the least known first."""
    return sorted((row for row in found.rows if row.known < row.n), key=lambda row: row.share)


def height_for(rows: int) -> int:
    """Height for so many variables."""
    return rows * ROW + FOOT + 8


@lru_cache(maxsize=32)
def missing_spec(colours: Tone, height: int) -> dict[str, Any]:
    """The constant spec; its data are :func:`missing_data`."""
    axis = {
        "title": "Known (%)",
        "values": [0, 25, 50, 75, 100],
        "grid": False,
        "offset": {"expr": f"{height - FOOT} - height"},
    }
    x = between(LEFT, RIGHT, (0, 100), axis)
    span = {"x": x, "x2": {"field": "x2"}, "y": at("py"), "y2": {"field": "py2"}}
    return spec(
        colours,
        height,
        [
            layer("bar", {"type": "rect", "color": colours.level(0)}, {**span, "tooltip": {"field": "tip"}}),
            layer("gap", {"type": "rect", "color": colours.faint}, {**span, "tooltip": {"field": "tip"}}),
            layer(
                "bar",
                text(13, limit={"expr": f"({LEFT}) - 8"}),
                {"x": {"value": 0}, "y": at("pym"), "text": {"field": "short"}},
            ),
            layer(
                "bar",
                text(13, "right"),
                {
                    "x": {"value": "width"},
                    "y": at("pym"),
                    "text": {"condition": {"test": NARROW, "field": "count"}, "field": "text"},
                },
            ),
        ],
    )


def missing_data(found: Missingness) -> pd.DataFrame:
    """The rows for :func:`missing_spec`; the height is :func:`height_for` the incomplete variables."""
    rows: list[dict[str, Any]] = []
    for place, row in enumerate(incomplete(found)):
        py = place * ROW + 2.0
        share = 100 * row.share
        tip = f"{row.label}: known in {row.known} of {row.n}, missing in {row.n - row.known}"
        where = {"py": py + 3, "py2": py + ROW - 3, "pym": py + ROW / 2, "tip": tip}
        rows.append(
            {
                "part": "bar",
                "x": 0,
                "x2": share,
                **where,
                "short": row.label,
                "count": f"{row.known}/{row.n}",
                "text": f"{row.known}/{row.n} ({formatting.percent(row.share, 0)})",
            }
        )
        rows.append({"part": "gap", "x": share, "x2": 100, **where})
    return frame(rows, ("x", "x2", "py", "py2", "pym"), ("text", "short", "count", "tip"))
