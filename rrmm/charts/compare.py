"""This cohort beside published ones: a point and its interval for each cohort, measure by measure.

Own cohort first, in colour, its estimate carried down as a dotted line. Circle: a bispecific antibody, as here;
diamond: a CAR-T product. Hollow: printed without an interval. An arrow: the interval is open there.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import pandas as pd

from rrmm.analyses.compare_published import OWN, WEIGHTED, Entry, Measure
from rrmm.charts.rows import NARROW, at, between, frame, layer, short_if_narrow, spec, text, value
from rrmm.charts.theme import Tone
from rrmm.report.published import cell, words_of

MEASURE, ROW, GAP, FOOT = 26, 22, 8, 66
PHONE = "width < 430"
"""Below this there is room for the estimates only; the interval is drawn."""
LEFT, RIGHT = f"{NARROW} ? 136 : 250", f"{PHONE} ? width - 74 : width - 166"
CAR_T = ("ide-cel", "cilta-cel")


def height_for(measures: Sequence[Measure]) -> int:
    """Height for the rows of these measures."""
    rows = sum(len(measure.reported) + bool(measure.silent) for measure in measures)
    return len(measures) * (MEASURE + GAP) + rows * ROW + FOOT


def axis_end(measures: Sequence[Measure]) -> int:
    """End of the axis: 100 %, or the months that hold every number, up to the next half year."""
    if not measures or measures[0].kind != "times":
        return 100
    numbers = [
        number
        for measure in measures
        for entry in measure.reported
        for number in (entry.estimate, entry.conf_low, entry.conf_high)
        if math.isfinite(number)
    ]
    return max(24, 6 * math.ceil(max(numbers, default=0.0) / 6))


@lru_cache(maxsize=32)
def compare_spec(colours: Tone, kind: str, end: int, height: int) -> dict[str, Any]:
    """The constant spec; its data are :func:`compare_data`. kind: "times" (months) or else percent."""
    months = kind == "times"
    step = 25 if not months else 6 if end <= 36 else 12 if end <= 96 else 60
    axis = {
        "title": "Median, months" if months else "Patients (%)",
        "values": list(range(0, end + 1, step)),
        "grid": False,
        "offset": {"expr": f"{height - FOOT} - height"},
    }
    x = between(LEFT, RIGHT, (0, end), axis)
    tint = {
        "condition": {"test": "datum.own", "value": colours.level(1)},
        "value": colours.level(0),
    }
    ink = {"condition": {"test": "datum.own", "value": colours.level(1)}, "value": colours.ink}
    weight = {"expr": "datum.own ? 700 : 400"}
    shape = {"field": "shape", "type": "nominal", "scale": None, "legend": None}
    tip = {"tooltip": {"field": "tip"}}
    return spec(
        colours,
        height,
        [
            layer(
                "reference",
                {"type": "rule", "strokeDash": [2, 4], "color": colours.level(1), "opacity": 0.8},
                {"x": x, "y": at("py"), "y2": {"field": "py2"}},
            ),
            layer(
                "measure",
                text(14, fontWeight=600),
                {"x": {"value": 0}, "y": at("py"), "text": {"field": "text"}},
            ),
            layer(
                "row",
                {"type": "rule", "strokeWidth": 2},
                {"x": value("low"), "x2": {"field": "high"}, "y": at("py"), "color": tint},
            ),
            layer(
                "row",
                {"type": "point", "filled": True, "size": 95, "opacity": 1, "strokeWidth": 2},
                {
                    "x": value("x"),
                    "y": at("py"),
                    "shape": shape,
                    "stroke": tint,
                    "fill": {
                        "condition": [
                            {"test": "datum.hollow", "value": colours.background},
                            {"test": "datum.own", "value": colours.level(1)},
                        ],
                        "value": colours.level(0),
                    },
                    **tip,
                },
            ),
            layer(
                "open",
                {"type": "point", "shape": "triangle-right", "filled": True, "size": 80, "opacity": 1},
                {"x": value("x"), "y": at("py"), "color": tint},
            ),
            layer(
                "row",
                text(13, fontWeight=weight, limit={"expr": f"({LEFT}) - 12"}),
                {"x": {"value": 0}, "y": at("py"), "color": ink, "text": short_if_narrow_label(), **tip},
            ),
            layer(
                "row",
                text(13, "right", fontWeight=weight),
                {"x": {"value": "width"}, "y": at("py"), "color": ink, "text": estimate_on_phone(), **tip},
            ),
            layer(
                "silent",
                text(12, color=colours.muted, limit={"expr": "width"}),
                {"x": {"value": 0}, "y": at("py"), "text": short_if_narrow()},
            ),
            layer(
                "foot",
                text(12, color=colours.muted, baseline="top", limit={"expr": "width"}),
                {"x": {"value": 0}, "y": at("py"), "text": {"field": "text"}},
            ),
        ],
    )


def estimate_on_phone() -> dict[str, Any]:
    """The estimate with its interval, on a phone without."""
    return {"condition": {"test": PHONE, "field": "short"}, "field": "text"}


def short_if_narrow_label() -> dict[str, Any]:
    """The cohort without its drug on a phone."""
    return {"condition": {"test": NARROW, "field": "label"}, "field": "long"}


def compare_data(measures: Sequence[Measure], footer: str, height: int) -> pd.DataFrame:
    """The rows for :func:`compare_spec` of the same measures and height."""
    end = axis_end(measures)
    rows: list[dict[str, Any]] = []
    top = 0.0
    for measure in measures:
        rows.append({"part": "measure", "py": top + MEASURE / 2, "text": measure.label})
        top += MEASURE
        first = top
        for entry in measure.reported:
            rows += _entry(entry, measure, top + ROW / 2, end)
            top += ROW
        if measure.own.state == "shown":
            rows.append({"part": "reference", "x": measure.own.estimate, "py": first + 2, "py2": top})
        if measure.silent:
            rows.append(
                {
                    "part": "silent",
                    "py": top + ROW / 2,
                    "text": silent(measure),
                    "short": silent(measure, names=False),
                }
            )
            top += ROW
        top += GAP
    rows.append({"part": "foot", "py": height - 20, "text": footer})
    made = frame(rows, ("x", "low", "high", "py", "py2"), ("text", "short", "label", "long", "tip", "shape"))
    for flag in ("own", "hollow"):
        made[flag] = [bool(row.get(flag)) for row in rows]
    made["shape"] = made["shape"].replace("", "circle")
    return made


def silent(measure: Measure, *, names: bool = True) -> str:
    """Who does not report this measure, in a line; names: or how many."""
    others = [
        entry.label for entry in measure.entries if entry.state == "not reported" and entry.cohort != OWN
    ]
    parts = ["This file does not hold it"] if measure.own.state == "not reported" else []
    parts += (
        [f"Not reported: {', '.join(others) if names or len(others) < 3 else f'{len(others)} cohorts'}"]
        if others
        else []
    )
    return ". ".join(parts) + "."


def _entry(entry: Entry, measure: Measure, py: float, end: int) -> list[dict[str, Any]]:
    own = entry.cohort in (OWN, WEIGHTED)
    months = measure.kind == "times"
    low, high = entry.conf_low, entry.conf_high
    open_end = months and math.isfinite(low) and math.isnan(high)
    words = cell(entry, months)
    row = {
        "part": "row",
        "py": py,
        "own": own,
        "x": entry.estimate,
        "low": low,
        "high": end if open_end else high,
        "hollow": not own and math.isnan(low) and math.isnan(high),
        "shape": "square" if entry.cohort == WEIGHTED else "diamond" if entry.drug in CAR_T else "circle",
        "label": entry.label,
        "long": f"{entry.label} ({entry.drug})" if entry.drug else entry.label,
        "text": words,
        "short": words_of(entry, months).split(" (")[0],
        "tip": f"{entry.label}: {words_of(entry, months)}{counts(entry)}{'. ' + entry.note if entry.note else ''}",
    }
    rows = [row]
    if open_end:
        rows.append({"part": "open", "py": py, "own": own, "x": end})
    return rows


def counts(entry: Entry) -> str:
    """ ", 73/123", as far as the counts are known."""
    if entry.n is None:
        return ""
    return f", n = {entry.n}" if entry.x is None or not entry.n else f", {entry.x}/{entry.n}"
