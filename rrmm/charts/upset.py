"""Which risk features patients have together: an UpSet picture (Lex et al.

2014), largest combinations first.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import pandas as pd

from rrmm import formatting
from rrmm.analyses.overlap import Combination, Overlap
from rrmm.charts.rows import NARROW, at, between, frame, layer, short_if_narrow, spec, text, value
from rrmm.charts.theme import Tone

SHOWN = 15
"""Most combinations in the picture; the rest is summed up below it."""
HEAD, BARS, ROW, FOOT = 26, 150, 26, 24
LEFT = f"{NARROW} ? 128 : 270"


def height_for(features: int) -> int:
    """Height for so many features."""
    return HEAD + BARS + 18 + features * ROW + FOOT + 8


@lru_cache(maxsize=32)
def upset_spec(colours: Tone, height: int) -> dict[str, Any]:
    """The constant spec; its data are :func:`upset_data`."""
    x = between(f"{LEFT}", "width - 6", (-0.5, SHOWN - 0.5), None)
    return spec(
        colours,
        height,
        [
            layer(
                "stripe",
                {"type": "rect", "color": colours.faint, "opacity": 0.45},
                {"x": x, "x2": {"field": "x2"}, "y": at("py"), "y2": {"field": "py2"}},
            ),
            layer(
                "bar",
                {"type": "rule", "strokeWidth": {"expr": f"{NARROW} ? 9 : 18"}, "color": colours.level(0)},
                {"x": value("x"), "y": at("py"), "y2": {"field": "py2"}, "tooltip": {"field": "text"}},
            ),
            layer(
                "bar",
                text(13, "center", baseline="bottom", dy=-3, fontWeight=600),
                {"x": value("x"), "y": at("py2"), "text": {"field": "short"}},
            ),
            layer(
                "link",
                {"type": "rule", "strokeWidth": 2.5, "color": colours.ink},
                {"x": value("x"), "y": at("py"), "y2": {"field": "py2"}},
            ),
            layer(
                "dot",
                {"type": "point", "filled": True, "opacity": 1, "size": {"expr": f"{NARROW} ? 50 : 110"}},
                {
                    "x": value("x"),
                    "y": at("py"),
                    "color": {
                        "condition": {"test": "datum.y === 1", "value": colours.ink},
                        "value": colours.faint,
                    },
                    "tooltip": {"field": "text"},
                },
            ),
            layer(
                "feature",
                text(14, fontWeight=600, limit={"expr": f"{LEFT} - 8"}),
                {"x": {"value": 0}, "y": at("py"), "text": short_if_narrow()},
            ),
            layer(
                "count",
                text(12, "right", color=colours.muted, dx={"expr": f"({LEFT}) - 14"}),
                {
                    "x": {"value": 0},
                    "y": at("py"),
                    "text": {"condition": {"test": NARROW, "value": ""}, "field": "text"},
                },
            ),
            layer(
                "caption",
                text(12, color=colours.muted, baseline="top", limit={"expr": "width"}),
                {"x": {"value": 0}, "y": at("py"), "text": short_if_narrow()},
            ),
        ],
    )


def upset_data(found: Overlap) -> pd.DataFrame:
    """The rows for :func:`upset_spec`; the height is :func:`height_for` the number of features."""
    shown = found.combinations[:SHOWN]
    most = max((each.n for each in shown), default=1)
    base = HEAD + BARS
    first = base + 18 + ROW / 2
    complete = f"{found.complete} of {found.n} patients with all {len(found.features)} features known"
    rows: list[dict[str, Any]] = [
        {"part": "caption", "py": 2, "text": f"Patients by combination: {complete}", "short": complete}
    ]
    for place, feature in enumerate(found.features):
        py = first + place * ROW
        if place % 2 == 0:
            rows.append({"part": "stripe", "x": -0.5, "x2": SHOWN - 0.5, "py": py - 13, "py2": py + 13})
        share = formatting.percent(feature.having / feature.known, 0) if feature.known else formatting.DASH
        count = f"{feature.having}/{feature.known} ({share})"
        rows.append({"part": "feature", "py": py, "text": feature.label, "short": feature.label})
        rows.append({"part": "count", "py": py, "text": count})
    for at_x, each in enumerate(shown):
        rows += _combination(found, each, at_x, base, first, most)
    rest = found.combinations[SHOWN:]
    if rest:
        words = f"{len(rest)} more combinations, {sum(each.n for each in rest)} patients, are not shown."
        py = first + len(found.features) * ROW - 8
        rows.append({"part": "caption", "py": py, "text": words, "short": words})
    return frame(rows, ("x", "x2", "y", "py", "py2"))


def names(found: Overlap, each: Combination) -> str:
    """A combination in words."""
    having = [feature.label for feature, has in zip(found.features, each.has, strict=True) if has]
    return " + ".join(having) if having else "none of these features"


def _combination(
    found: Overlap, each: Combination, x: int, base: float, first: float, most: int
) -> list[dict[str, Any]]:
    words = f"{names(found, each)}: {formatting.patients(each.n)}"
    top = base - (BARS - 22) * each.n / most
    rows: list[dict[str, Any]] = [
        {"part": "bar", "x": x, "py": base, "py2": top, "text": words, "short": str(each.n)}
    ]
    having = [place for place, has in enumerate(each.has) if has]
    if len(having) > 1:
        rows.append({"part": "link", "x": x, "py": first + having[0] * ROW, "py2": first + having[-1] * ROW})
    rows += [
        {"part": "dot", "x": x, "y": float(has), "py": first + place * ROW, "text": words}
        for place, has in enumerate(each.has)
    ]
    return rows
