"""Cumulative incidence with a competing event: curves with their bands, readings, numbers at risk and
footer."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from rrmm import DAYS_PER_MONTH, formatting
from rrmm.analyses.explore import tick_step
from rrmm.analyses.incidence import At, Curves, GroupIncidence
from rrmm.charts.rows import at, frame, layer, short_if_narrow, spec, text
from rrmm.charts.theme import DASHES, Tone

LINE, AXIS, FOOT = 18, 46, 22
FADE_SHARE, FADE_LEAST = 0.10, 3


def _bands(groups: int) -> int:
    """How many groups the picture is laid out for, in steps, so that the spec stays the same."""
    return next((size for size in (1, 2, 4) if groups <= size), 6)


def _edges(groups: int, height: int) -> tuple[int, int]:
    """Pixel rows of the top of the plot and of its time axis."""
    lines = _bands(groups)
    return 32 + lines * 20, height - 8 - AXIS - FOOT - LINE * (lines + 1)


@lru_cache(maxsize=64)
def incidence_spec(colours: Tone, groups: int, height: int = 440) -> dict[str, Any]:
    """The constant spec; its data are :func:`incidence_data` for the same number of groups and height."""
    top, bottom = _edges(groups, height)
    months = (
        "sequence(0, domain('x')[1] + 0.01, domain('x')[1] <= 12 ? 1 : domain('x')[1] <= 36 ? 3 : "
        "domain('x')[1] <= 72 ? 6 : domain('x')[1] <= 144 ? 12 : 24)"
    )
    x = {
        "field": "x",
        "type": "quantitative",
        "scale": {"nice": False, "zero": True},
        "axis": {
            "offset": {"expr": f"{bottom} - height"},
            "grid": False,
            "format": "d",
            "title": "Months from start of treatment",
            "labelFlush": False,
            "values": {"expr": months},
        },
    }
    plain_x = {"field": "x", "type": "quantitative"}
    y = {
        "field": "y",
        "type": "quantitative",
        "scale": {"domain": [0, 1], "range": [bottom, top]},
        "axis": {"format": ".0%", "title": None, "values": [0, 0.25, 0.5, 0.75, 1]},
    }
    colour = {
        "field": "g",
        "type": "nominal",
        "legend": None,
        "scale": {"domain": list(range(6)), "range": list(colours.levels)},
    }
    dash = {
        "field": "g",
        "type": "nominal",
        "legend": None,
        "scale": {"domain": list(range(6)), "range": [list(each) for each in DASHES]},
    }
    step = {"interpolate": "step-after", "tooltip": None}
    made = spec(
        colours,
        height,
        [
            layer("axis", {"type": "rule", "opacity": 0}, {"x": x}),
            layer(
                "step",
                {"type": "area", "opacity": 0.13, **step},
                {"x": plain_x, "y": {**y, "field": "low"}, "y2": {"field": "high"}, "color": colour},
            ),
            layer(
                "step",
                {"type": "line", "strokeWidth": 2.8, **step},
                {"x": plain_x, "y": y, "color": colour, "strokeDash": dash},
            ),
            layer(
                "fade",
                {"type": "line", "strokeWidth": 1.6, "opacity": 0.45, **step},
                {"x": plain_x, "y": y, "color": colour, "strokeDash": dash},
            ),
            layer(
                "title",
                text(15, baseline="top", fontWeight=600, dx=-38, limit={"expr": "width + 36"}),
                {"x": {"value": 0}, "y": at("py"), "text": short_if_narrow()},
            ),
            layer(
                "key",
                text(14, baseline="top", fontWeight=600, dx=-38, limit={"expr": "width + 36"}),
                {"x": {"value": 0}, "y": at("py"), "text": short_if_narrow(), "color": colour},
            ),
            layer(
                "caption",
                text(12, baseline="top", dx=-38, color=colours.muted, limit={"expr": "width + 40"}),
                {"x": {"value": 0}, "y": at("py"), "text": short_if_narrow()},
            ),
            layer(
                "risk",
                text(13, "center", baseline="top"),
                {"x": plain_x, "y": at("py"), "text": {"field": "text"}, "color": colour},
            ),
        ],
        right=22,
    )
    made["resolve"] = {"scale": {"x": "shared", "y": "shared"}}
    return made


def incidence_data(
    curves: Curves, title: str, footer: str, words: tuple[str, str], height: int = 440, shown: int = 1
) -> pd.DataFrame:
    """The rows for :func:`incidence_spec`.

    words: what those with the event did, and those with the competing one ("responded", "died before").
    shown: which of the readings stands in the key.
    """
    _, bottom = _edges(len(curves.groups), height)
    end = _end(curves.longest)
    p = formatting.p_value(curves.p_value) if math.isfinite(curves.p_value) else ""
    test, brief = (f" · Gray's test {p}", f" · {p}") if p else ("", "")
    rows: list[dict[str, Any]] = [
        {"part": "axis", "x": end},
        {"part": "title", "py": 2, "text": title + test, "short": title + brief},
    ]
    ticks = np.arange(0, end + 0.01, _step(end))
    below = bottom + AXIS
    rows.append({"part": "caption", "py": below, "text": "At risk", "short": "At risk"})
    rows.append({"part": "caption", "py": height - 26, "text": footer, "short": footer.split(" · ")[0]})
    for g, group in enumerate(curves.groups):
        reading = group.readings[shown] if group.readings else None
        rows.append(
            {
                "part": "key",
                "g": g,
                "py": 24 + 20 * g,
                "text": _key(group, reading, words),
                "short": _key(group, reading, None),
            }
        )
        rows += [
            {
                "part": "risk",
                "g": g,
                "x": tick,
                "py": below + LINE * (g + 1) - 2,
                "text": str(group.at_risk(tick * DAYS_PER_MONTH)),
            }
            for tick in ticks
        ]
        if group.n:
            rows += _curve(group, g)
    made = frame(rows, ("x", "y", "low", "high", "py", "g"))
    made["g"] = made["g"].fillna(0).astype(int)
    return made


def _step(end: float) -> int:
    return 1 if end <= 12 else tick_step(end)


def _end(longest: float) -> float:
    months = longest / DAYS_PER_MONTH
    step = _step(months)
    return max(step, math.ceil(months / step - 1e-9) * step)


def _key(group: GroupIncidence, reading: At | None, words: tuple[str, str] | None) -> str:
    counts = f"{group.label}: {group.events}/{group.n}"
    if words is not None:
        counts += f" {words[0]}, {group.competing} {words[1]}"
    if reading is None or not math.isfinite(reading.estimate):
        return counts
    value = f"{formatting.percent(reading.estimate)} at {reading.time / DAYS_PER_MONTH:.0f} months"
    if words is None or not math.isfinite(reading.conf_low):
        return f"{counts}; {value}"
    limits = formatting.percent_interval(reading.conf_low, reading.conf_high)
    return f"{counts}; {value} ({limits})"


def _curve(group: GroupIncidence, g: int) -> list[dict[str, Any]]:
    """Vertices: solid while enough patients are at risk, faded after."""
    enough = max(FADE_LEAST, math.ceil(FADE_SHARE * group.n))
    rows: list[dict[str, Any]] = []
    faded = False
    for t, f, low, high in zip(group.time, group.estimate, group.conf_low, group.conf_high, strict=True):
        row = {
            "g": g,
            "x": t / DAYS_PER_MONTH,
            "y": f,
            "low": low if math.isfinite(low) else f,
            "high": high if math.isfinite(high) else f,
        }
        if not faded and t > 0 and group.at_risk(t) < enough:
            faded = True
            last = rows[-1]
            rows.append({**last, "x": row["x"]})
            rows.append({**last, "part": "fade", "x": row["x"]})
        rows.append({"part": "fade" if faded else "step", **row})
    return rows
