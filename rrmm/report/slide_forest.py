"""The forest of subgroups as native shapes: boxes by information, lines, and text that can be edited."""

from __future__ import annotations

import math
from typing import Any

from rrmm import formatting
from rrmm.analyses.explore import ForestRow
from rrmm.report.provenance import clean
from rrmm.report.shown import Shown
from rrmm.report.slide_parts import MARGIN, TONE, WIDTH, Run, arrows, box, describe, line, text

HR_LOW, HR_HIGH = 0.1, 10.0


def draw(slide: Any, shown: Shown, start: float, end: float) -> None:
    """The forest between two heights of the slide (inches)."""
    view = shown.view
    rows = view.forest
    left, plot, right = MARGIN, (5.25, 10.0), WIDTH - MARGIN
    pitch = min(0.46, (end - start - 1.15) / max(len(rows), 1))
    top = start + 0.45
    bottom = top + pitch * len(rows)
    head = [
        (left, 2.6, f"{view.endpoint.label} by", "left"),
        (3.05, 2.1, "Events/n", "left"),
        (10.15, right - 10.15, "HR (95 % CI), log-rank p", "right"),
    ]
    for x, wide, words, align in head:
        text(
            slide,
            (x, start, wide, 0.35),
            [Run(words, TONE.muted, size=14)],
            align=align,
            anchor="middle",
            name="Head",
        )
    line(slide, _x(1.0, plot), top, _x(1.0, plot), bottom, colour=TONE.muted, dash=True, name="No difference")
    for at, row in enumerate(rows):
        _forest_row(slide, shown, row, top + (at + 0.5) * pitch, pitch, plot, right)
    line(slide, plot[0], bottom, plot[1], bottom, colour=TONE.muted, name="Axis")
    for tick in (0.1, 0.25, 0.5, 1, 2, 4, 10):
        x = _x(tick, plot)
        line(slide, x, bottom, x, bottom + 0.06, colour=TONE.muted, name="Tick")
        text(
            slide,
            (x - 0.4, bottom + 0.08, 0.8, 0.25),
            [Run(f"{tick:g}", size=12)],
            align="center",
            name="Tick label",
        )
    middle = _x(1.0, plot)
    text(
        slide,
        (middle - 2.1, bottom + 0.34, 2.0, 0.28),
        [Run("← fewer events", TONE.muted, size=12)],
        align="right",
        name="Direction",
    )
    text(
        slide,
        (middle + 0.1, bottom + 0.34, 2.0, 0.28),
        [Run("more events →", TONE.muted, size=12)],
        name="Direction",
    )


def _x(ratio: float, plot: tuple[float, float]) -> float:
    share = (math.log(min(max(ratio, HR_LOW), HR_HIGH)) - math.log(HR_LOW)) / (math.log(HR_HIGH) - math.log(HR_LOW))
    return plot[0] + share * (plot[1] - plot[0])


def _forest_row(
    slide: Any, shown: Shown, row: ForestRow, y: float, pitch: float, plot: tuple[float, float], right: float
) -> None:
    chosen = row.key == shown.view.grouping.key
    colour = TONE.level(1) if chosen else TONE.ink
    hr = row.hr
    estimable = math.isfinite(hr.hr)
    cells = (
        (MARGIN, 2.55, clean(row.label, 40), "left"),
        (3.05, 2.15, shown.forest(row), "left"),
        (
            10.05,
            right - 10.05,
            f"{formatting.ratio_interval(hr.hr, hr.conf_low, hr.conf_high)}, {formatting.p_number(row.logrank_p)}"
            if estimable
            else "not estimable",
            "right",
        ),
    )
    for x, wide, words, align in cells:
        text(
            slide,
            (x, y - pitch / 2, wide, pitch),
            [Run(words, colour, chosen, 14)],
            align=align,
            anchor="middle",
            name=clean(f"{row.label}: text", 60),
        )
    if not estimable:
        return
    name = clean(f"{row.label}: interval", 60)
    interval = line(slide, _x(hr.conf_low, plot), y, _x(hr.conf_high, plot), y, colour=colour, width=2, name=name)
    arrows(interval, hr.conf_low < HR_LOW, hr.conf_high > HR_HIGH)
    side = 0.09 + 0.13 * min(1.0, math.sqrt(0.07 / hr.se**2)) if hr.se > 0 else 0.1
    shape = box(slide, _x(hr.hr, plot), y, side, colour=colour, name=clean(f"{row.label}: estimate", 60))
    describe(shape, f"{row.label}: hazard ratio {formatting.ratio_interval(hr.hr, hr.conf_low, hr.conf_high)}")
