"""A survival curve as a native, editable chart with its risk table, medians and tests as native text."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from rrmm import DAYS_PER_MONTH, formatting
from rrmm.analyses.explore import Explore, GroupCurve, tick_step
from rrmm.analyses.km import curve_points
from rrmm.charts.survival import FADE_LEAST, FADE_SHARE
from rrmm.report.packages import workbook_text
from rrmm.report.provenance import clean
from rrmm.report.shown import Shown
from rrmm.report.slide_parts import TONE, Run, describe, fitting, inner_plot, rgb, style_axis, table, text

POINTS = 300
"""Most vertices of one curve: an editable sheet, not a cloud."""
ROW = 0.27
FEW = 3
"""Up to so many groups have their intervals drawn and four lines in the key: more would cover each other."""

Series = tuple[str, list[tuple[float, float]], dict[str, Any]]
"""Name, points in months and share, and the look."""


def draw(slide: Any, shown: Shown, area: tuple[float, float, float, float], *, size: float = 14) -> None:
    """Chart and risk table in an area (left, top, width, height, inches)."""
    left, top, width, height = area
    view = shown.view
    rows = 1 + len(view.groups)
    table_height = ROW * rows
    # The first column of the table is centred on month 0, so half of it lies left of the plot.
    ticks = tick_step(view.x_max) / view.x_max
    label = _label_width(view, width)
    plot_width = (width - label - 0.35) / (1 + ticks / 2)
    label += plot_width * ticks / 2
    plot_left = left + label
    chart_height = height - table_height - 0.05
    frame = _chart(slide, shown, (left, top, width, chart_height), size)
    bottom = 0.72 * size / 14
    inner_plot(
        frame.chart,
        label / width,
        0.1 / chart_height,
        plot_width / width,
        (chart_height - 0.1 - bottom) / chart_height,
    )
    describe(frame, shown.finding())
    _risk(slide, shown, (left, top + chart_height + 0.05), plot_left, plot_width, size)


def _label_width(view: Explore, width: float) -> float:
    longest = max((len(clean(group.label, 40)) for group in view.groups), default=0)
    return min(max(0.35, 0.12 + 0.105 * longest), 0.22 * width)


def _chart(slide: Any, shown: Shown, area: tuple[float, float, float, float], size: float) -> Any:
    from pptx.chart.data import XyChartData
    from pptx.enum.chart import XL_CHART_TYPE
    from pptx.util import Inches

    view = shown.view
    data = XyChartData(number_format="0.000")
    # Longest first: LibreOffice drops every series that stands before a longer one.
    drawn = sorted(_series(shown), key=lambda each: -len(each[1]))
    for name, points, _ in drawn:
        series = data.add_series(workbook_text(name))
        for x, y in points:
            series.add_data_point(round(x, 4), round(y, 5))
    place = [Inches(each) for each in area]
    frame = slide.shapes.add_chart(XL_CHART_TYPE.XY_SCATTER_LINES_NO_MARKERS, *place, data)
    frame.name = "Survival curve"
    chart = frame.chart
    chart.has_legend = chart.has_title = False
    chart.font.size = None
    for series, (_, _, look) in zip(chart.plots[0].series, drawn, strict=True):
        _look(series, look)
    y_axis, x_axis = chart.value_axis, chart.category_axis
    y_axis.minimum_scale, y_axis.maximum_scale, y_axis.major_unit = 0, 1, 0.25
    y_axis.tick_labels.number_format, y_axis.tick_labels.number_format_is_linked = "0%", False
    y_axis.major_gridlines.format.line.color.rgb = rgb(TONE.faint)
    x_axis.minimum_scale, x_axis.maximum_scale = 0, view.x_max
    x_axis.major_unit = tick_step(view.x_max)
    x_axis.has_major_gridlines = False
    x_axis.tick_labels.number_format, x_axis.tick_labels.number_format_is_linked = "0", False
    style_axis(y_axis, size=size)
    style_axis(x_axis, size=size, title="Months")
    return frame


def _look(series: Any, look: dict[str, Any]) -> None:
    from pptx.enum.chart import XL_MARKER_STYLE
    from pptx.enum.dml import MSO_LINE
    from pptx.util import Pt

    series.smooth = False
    if look["kind"] == "ticks":
        series.format.line.fill.background()
        series.marker.style = XL_MARKER_STYLE.PLUS
        series.marker.size = 7
        series.marker.format.line.color.rgb = rgb(look["colour"])
        series.marker.format.line.width = Pt(1.25)
        series.marker.format.fill.background()
        return
    series.marker.style = XL_MARKER_STYLE.NONE
    series.format.line.color.rgb = rgb(look["colour"])
    series.format.line.width = Pt(look["width"])
    dash = {"dash": MSO_LINE.DASH, "dot": MSO_LINE.SQUARE_DOT, "": None}[look.get("dash", "")]
    if dash is not None:
        series.format.line.dash_style = dash


def _series(shown: Shown) -> Iterable[Series]:
    view = shown.view
    dashes = ("", "dash", "dot")
    for at, group in enumerate(view.groups):
        if not group.n:
            continue
        name, colour = clean(group.label, 60), TONE.level(at)
        points = curve_points(view.curves, at, max_points=POINTS)
        months = points.time / DAYS_PER_MONTH
        enough = max(FADE_LEAST, math.ceil(FADE_SHARE * group.n))
        few = points.n_risk < enough
        end = max(int(np.argmax(few)), 1) if few.any() else len(months)
        limits = (("lower limit", points.conf_low), ("upper limit", points.conf_high))
        for word, values in limits if len(view.groups) <= FEW else ():
            steps = _steps(months[: end + 1], values[: end + 1])
            if len(steps) > 1:
                yield f"{name}, {word}", steps, {"kind": "line", "colour": lighter(colour), "width": 0.75}
        if end < len(months):
            yield (
                f"{name}, fewer than {enough} at risk",
                _steps(months[end - 1 :], points.estimate[end - 1 :]),
                {"kind": "line", "colour": lighter(colour), "width": 1.75, "dash": dashes[at % 3]},
            )
        yield (
            name,
            _steps(months[: end + 1], _hold(points.estimate[: end + 1], end < len(months))),
            {"kind": "line", "colour": colour, "width": 3.0, "dash": dashes[at % 3]},
        )
        ticks = list(zip((points.tick_time / DAYS_PER_MONTH).tolist(), points.tick_estimate.tolist(), strict=True))
        if ticks and not shown.mask:
            yield f"{name}, censored", ticks, {"kind": "ticks", "colour": colour}
        if math.isfinite(group.median.estimate):
            x = group.median.estimate / DAYS_PER_MONTH
            yield (
                f"{name}, median",
                [(0.0, 0.5), (x, 0.5), (x, 0.0)],
                {"kind": "line", "colour": TONE.muted, "width": 1.0, "dash": "dot"},
            )


def _hold(values: np.ndarray, ends_early: bool) -> np.ndarray:
    """The solid part ends at the height it had before the fading starts."""
    held = values.copy()
    if ends_early and len(held) > 1:
        held[-1] = held[-2]
    return held


def _steps(months: np.ndarray, values: np.ndarray) -> list[tuple[float, float]]:
    """Vertices of a step function; where there is no value the step before is carried on."""
    made: list[tuple[float, float]] = []
    for x, y in zip(months.tolist(), values.tolist(), strict=True):
        if not math.isfinite(y):
            continue
        if made and made[-1][1] != y:
            made.append((x, made[-1][1]))
        made.append((x, y))
    return made


def lighter(colour: str, share: float = 0.5) -> str:
    """The colour mixed with white."""
    parts = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(c + (255 - c) * share):02x}" for c in parts)


def _risk(slide: Any, shown: Shown, corner: tuple[float, float], plot_left: float, plot_width: float, size: float) -> None:
    """At risk and events so far under their ticks: the columns are centred on the axis."""
    view = shown.view
    pitch = plot_width * tick_step(view.x_max) / view.x_max
    first = plot_left - pitch / 2 - corner[0]
    small = max(min(size - 1, 90 * pitch / 7.5), 9)
    label_at = max(first, 0.2)
    head: list[Run] = [
        Run("At risk (events)", TONE.muted, size=max(size - 3, 10)),
        *(Run("", size=9) for _ in shown.ticks),
    ]
    rows = [head]
    for at, group in enumerate(view.groups):
        colour = TONE.level(at)
        rows.append(
            [
                Run(fitting(group.label, label_at, small), colour, True, small),
                *(Run(f"{risk} ({events})", colour, size=small) for risk, events, _ in shown.risk(at)),
            ]
        )
    shape = table(
        slide,
        (corner[0] + first - label_at, corner[1]),
        [label_at, *[pitch] * len(shown.ticks)],
        ROW,
        rows,
        align=["left", *["center"] * len(shown.ticks)],
        name="Numbers at risk",
    )
    # The caption has the whole first row.
    shape.table.cell(0, 0).merge(shape.table.cell(0, len(shown.ticks)))
    describe(shape, "Patients at risk and events so far by month and group; the others are censored.")


def key(shown: Shown, size: float = 16) -> list[list[Run]]:
    """Medians, hazard ratio and p as lines of a text box; many groups take two lines each."""
    view = shown.view
    many = len(view.groups) > FEW
    lines: list[list[Run]] = []
    for at, group in enumerate(view.groups):
        colour = TONE.level(at)
        lines.append([Run(clean(group.label, 30 if many else 60), colour, True, size + 1 - many)])
        if many:
            lines.append([Run(f"{shown.events(at)}/{shown.n(at)} events, {_median(group)}", colour, size=size)])
            continue
        lines.append([Run(f"Median {_median(group)}", colour, size=size)])
        lines.append([Run(shown.counts()[at], colour, size=size)])
        lines.append([Run("", size=5)])
    if len(view.groups) == 2 and view.ratios:
        hr = view.ratios[0]
        said = f"HR not estimable: {hr.reason}"
        if math.isfinite(hr.hr):
            said = f"HR {formatting.ratio(hr.hr)} (95 % CI {formatting.ratio(hr.conf_low)}–{formatting.ratio(hr.conf_high)})"
        lines.append([Run(said, bold=True, size=size)])
    if len(view.groups) > 1:
        lines.append([Run(f"Log-rank {formatting.p_value(view.logrank_p)}", bold=True, size=size)])
    return lines


def _median(group: GroupCurve) -> str:
    value = group.median
    if not math.isfinite(value.estimate) and not math.isfinite(value.conf_low):
        return "not reached"
    return formatting.months_interval(value.estimate, value.conf_low, value.conf_high) + " months"


def key_box(slide: Any, shown: Shown, area: tuple[float, float, float, float], size: float = 16) -> None:
    """The key as a text box."""
    text(slide, area, key(shown, size), name="Medians and tests")
