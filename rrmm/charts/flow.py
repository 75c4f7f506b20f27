"""The STROBE flow diagram: from the file to each analysis, with everyone who is not in it."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import pandas as pd

from rrmm.analyses.flow import Flow
from rrmm.charts.rows import at, between, frame, layer, short_if_narrow, spec, text, value
from rrmm.charts.theme import Tone

BOX, SPACE, END, LINE = 40, 22, 52, 18


def height_for(found: Flow) -> int:
    """Height of the diagram."""
    top = sum(BOX + max(SPACE, LINE * len(step.left) + 8) for step in found.steps)
    groups = BOX + SPACE if found.groups else 0
    return int(top + groups + len(found.ends) * (END + 8) + 30)


@lru_cache(maxsize=32)
def flow_spec(colours: Tone, height: int) -> dict[str, Any]:
    """The constant spec; its data are :func:`flow_data`."""
    x = between("0", "width", (0, 100), None)
    # The axis is named once: merging "none" with "none" over an implicit one fails in Vega-Lite.
    box = {"x": value("x"), "x2": {"field": "x2"}, "y": at("py"), "y2": {"field": "py2"}}
    inside = {"x": value("mid"), "y": at("pym"), "text": short_if_narrow()}
    return spec(
        colours,
        height,
        [
            layer(
                "line",
                {"type": "rule", "strokeWidth": 1.5, "color": colours.muted},
                {"x": x, "x2": {"field": "x2"}, "y": at("py"), "y2": {"field": "py2"}},
            ),
            layer(
                "arrow",
                {
                    "type": "point",
                    "shape": "triangle-down",
                    "filled": True,
                    "size": 70,
                    "opacity": 1,
                    "color": colours.muted,
                },
                {"x": value("x"), "y": at("py")},
            ),
            layer(
                "box",
                {
                    "type": "rect",
                    "cornerRadius": 4,
                    "fill": colours.background,
                    "stroke": colours.level(0),
                    "strokeWidth": 1.5,
                },
                box,
            ),
            layer("box", text(14, "center", fontWeight=600), inside),
            layer(
                "end",
                {
                    "type": "rect",
                    "cornerRadius": 4,
                    "fill": colours.background,
                    "stroke": colours.muted,
                    "strokeWidth": 1.2,
                },
                box,
            ),
            layer("end", text(14, fontWeight=600, dx=10, dy=-9), {**inside, "x": value("x")}),
            layer(
                "end",
                text(13, dx=10, dy=10, color=colours.muted, limit={"expr": "0.94 * width"}),
                {"x": value("x"), "y": at("pym"), "text": {"field": "detail"}},
            ),
            layer(
                "left",
                text(13, color=colours.muted, dx=8, limit={"expr": "0.42 * width"}),
                {"x": value("x"), "y": at("py"), "text": short_if_narrow()},
            ),
        ],
    )


def flow_data(found: Flow) -> pd.DataFrame:
    """The rows for :func:`flow_spec`; the height is :func:`height_for` the same flow."""
    rows: list[dict[str, Any]] = []
    wide, middle = 56.0, 28.0
    py = 4.0
    for place, step in enumerate(found.steps):
        if place:
            gap = max(SPACE, LINE * len(step.left) + 8)
            rows.append({"part": "line", "x": middle, "x2": middle, "py": py, "py2": py + gap})
            rows.append({"part": "arrow", "x": middle, "py": py + gap - 4})
            if step.left:
                at_y = py + gap / 2
                rows.append({"part": "line", "x": middle, "x2": 57, "py": at_y, "py2": at_y})
            for i, (reason, count) in enumerate(step.left):
                line = py + gap / 2 + LINE * (i - (len(step.left) - 1) / 2)
                rows.append(
                    {
                        "part": "left",
                        "x": 57,
                        "py": line,
                        "text": f"{count}  {reason}",
                        "short": f"{count} {reason.split(': ')[-1]}",
                    }
                )
            py += gap
        words = f"{step.label}: n = {step.n}"
        short = f"{step.label.split(' by ')[0]}: n = {step.n}"
        rows.append(
            {
                "part": "box",
                "x": 0,
                "x2": wide,
                "mid": middle,
                "py": py,
                "py2": py + BOX,
                "pym": py + BOX / 2,
                "text": words,
                "short": short,
            }
        )
        py += BOX
    if found.groups:
        py = _groups(found, rows, py, wide)
    rows.append(
        {
            "part": "line",
            "x": 2,
            "x2": 2,
            "py": py,
            "py2": py + SPACE + len(found.ends) * (END + 8) - END / 2 - 8,
        }
    )
    py += SPACE
    for end in found.ends:
        lost = "; ".join(f"{count} {reason}" for reason, count in end.left)
        rows.append({"part": "line", "x": 2, "x2": 5, "py": py + END / 2, "py2": py + END / 2})
        rows.append(
            {
                "part": "end",
                "x": 5,
                "x2": 100,
                "py": py,
                "py2": py + END,
                "pym": py + END / 2,
                "text": f"{end.label}: n = {end.n}, {end.detail}",
                "short": f"{end.label}: n = {end.n}, {end.detail}",
                "detail": f"not in it: {lost}" if lost else "nobody left out",
            }
        )
        py += END + 8
    return frame(rows, ("x", "x2", "mid", "py", "py2", "pym"), ("text", "short", "detail"))


def _groups(found: Flow, rows: list[dict[str, Any]], py: float, wide: float) -> float:
    """The groups compared, side by side below the last box."""
    each = wide / len(found.groups)
    for place, (label, n) in enumerate(found.groups):
        left = place * each
        rows.append(
            {"part": "line", "x": left + each / 2, "x2": left + each / 2, "py": py, "py2": py + SPACE}
        )
        rows.append({"part": "arrow", "x": left + each / 2, "py": py + SPACE - 4})
        words = f"{label}: {n}"
        rows.append(
            {
                "part": "box",
                "x": left + (1 if place else 0),
                "x2": left + each,
                "mid": left + each / 2,
                "py": py + SPACE,
                "py2": py + SPACE + BOX,
                "pym": py + SPACE + BOX / 2,
                "text": words,
                "short": words,
            }
        )
    return py + SPACE + BOX
