"""Response as a native stacked bar chart and a native table of rates."""

from __future__ import annotations

import math
from typing import Any

from rrmm import formatting
from rrmm.analyses.response import DEPTHS
from rrmm.report.packages import workbook_text
from rrmm.report.provenance import clean
from rrmm.report.shown import Shown
from rrmm.report.slide_parts import FONT, MARGIN, TONE, WIDTH, Run, describe, fitting, rgb, style_axis, table, text

NOTHING = "No response known"
MASKED = "Masked"
COLUMNS = ("", "Patients", "Overall response (PR or better), 95 % CI", "VGPR or better", "CR or better")
WIDTHS = (3.2, 1.7, 4.4, 1.6, 1.53)


def draw(slide: Any, shown: Shown, top: float, bottom: float) -> float:
    """Bars over the table of rates, across the slide; where the table ends (inches)."""
    groups = shown.view.response.groups
    row = 0.36 if len(groups) <= 4 else 0.29
    table_height = row * (len(groups) + 1) + (0.5 if len(groups) > 1 else 0.1)
    height = min(1.25 + 0.8 * len(groups), bottom - top - table_height - 0.1)
    bars(slide, shown, (MARGIN, top, WIDTH - 2 * MARGIN, height), 14)
    return _rates(slide, shown, (MARGIN, top + height + 0.05), row)


def bars(slide: Any, shown: Shown, area: tuple[float, float, float, float], size: float, *, rates: bool = False) -> None:
    """The chart; numbers in the bars are patients. rates: each bar's label holds its response rate."""
    from pptx.chart.data import CategoryChartData
    from pptx.enum.chart import XL_CHART_TYPE, XL_LEGEND_POSITION
    from pptx.util import Inches, Pt

    response = shown.view.response
    groups = [at for at, group in enumerate(response.groups) if shown.depth_total(at)]
    data = CategoryChartData(number_format="0")
    labels = []
    for at in groups:
        label = clean(response.groups[at].label, 22 if len(response.groups) > 3 else 40)
        labels.append(workbook_text(f"{label}: {shown.share(at, 0)}" if rates else label))
    data.categories = labels or [NOTHING]
    counts = {at: dict(shown.depth(at)) for at in groups}
    names = [name for name in DEPTHS if any(counts[at].get(name) for at in groups)]
    for name in names:
        data.add_series(name, [counts[at].get(name) or None for at in groups])
    rest = [shown.depth_total(at) - sum(value or 0 for value in counts[at].values()) for at in groups]
    if any(rest):
        data.add_series(MASKED, [value or None for value in rest])
    if not names and not any(rest):
        data.add_series(NOTHING, [None] * max(len(groups), 1))
    frame = slide.shapes.add_chart(XL_CHART_TYPE.BAR_STACKED_100, *(Inches(each) for each in area), data)
    frame.name = "Best response"
    describe(frame, shown.response_finding())
    chart = frame.chart
    chart.has_title, chart.has_legend = False, True
    chart.legend.position, chart.legend.include_in_layout = XL_LEGEND_POSITION.BOTTOM, False
    chart.legend.font.size, chart.legend.font.name = Pt(size - 1), FONT
    chart.plots[0].gap_width, chart.plots[0].overlap = 45, 100
    for series in chart.plots[0].series:
        _look(series, size)
    _axes(chart, size)


def _look(series: Any, size: float) -> None:
    from pptx.util import Pt

    series.format.fill.solid()
    series.format.fill.fore_color.rgb = rgb(dict(TONE.response).get(series.name, "#ffffff"))
    series.format.line.color.rgb = rgb(TONE.muted if series.name == MASKED else "#ffffff")
    if series.name != MASKED:
        labels = series.data_labels
        labels.show_value = True
        labels.font.size, labels.font.bold, labels.font.name = Pt(size), True, FONT
        labels.font.color.rgb = rgb("#ffffff" if series.name in ("CR or better", "VGPR") else TONE.ink)


def _axes(chart: Any, size: float) -> None:
    from pptx.oxml import parse_xml
    from pptx.oxml.ns import nsdecls

    category, value = chart.category_axis, chart.value_axis
    category.reverse_order = True
    value.major_unit = 0.25
    value.has_major_gridlines = False
    value.tick_labels.number_format, value.tick_labels.number_format_is_linked = "0%", False
    style_axis(category, size=size if len(list(chart.plots[0].categories)) <= 3 else size - 2)
    style_axis(value, size=size - 2)
    # With the order reversed the value axis would stand on top.
    for each in chart._chartSpace.xpath(".//c:valAx/c:crosses"):
        each.set("val", "max")
    # Every bar has its label, also where they stand close.
    axis = chart._chartSpace.xpath(".//c:catAx")[0]
    skip = parse_xml(f'<c:tickLblSkip {nsdecls("c")} val="1"/>')
    places = axis.xpath("./c:tickMarkSkip | ./c:noMultiLvlLbl")
    places[0].addprevious(skip) if places else axis.append(skip)


def _rates(slide: Any, shown: Shown, corner: tuple[float, float], height: float) -> float:
    view = shown.view
    rows = [[Run(word, TONE.muted, size=14) for word in COLUMNS]]
    for at, group in enumerate(view.response.groups):
        orr = group.orr
        said = shown.share(at)
        if shown.rate_is_shown(at) and orr.n:
            said += f" ({formatting.percent_interval(orr.conf_low, orr.conf_high)})"
        deep = [
            formatting.percent(part.estimate) if shown.all_depths_shown(at) and part.n else formatting.DASH
            for part in (group.vgpr, group.cr)
        ]
        label = Run(fitting(group.label, WIDTHS[0], 16), TONE.level(at), True, 16)
        cells = [Run(shown.responders(at), size=16), Run(said, bold=True, size=16)]
        rows.append([label, *cells, *(Run(each, size=16) for each in deep)])
    table(slide, corner, WIDTHS, height, rows, align=["left", *["center"] * 4], name="Response rates")
    end = corner[1] + height * len(rows) + 0.08
    if len(view.response.groups) > 1:
        p = [Run(f"Chi-square {formatting.p_value(view.response.p_value)}", bold=True, size=16)]
        if math.isfinite(view.response.fisher_p):
            p.append(Run(f", Fisher's exact {formatting.p_value(view.response.fisher_p)}", size=16))
        text(slide, (corner[0], end, 8, 0.32), [p], name="Test")
        end += 0.36
    return end


def lines(shown: Shown, size: float) -> list[list[Run]]:
    """Rates and test as lines of a text box."""
    groups = shown.view.response.groups
    found = [
        [
            Run(f"{clean(group.label, 40)}:", TONE.level(at), True, size),
            Run(f"\u00a0 ORR {shown.share(at)} ({shown.responders(at)})", size=size),
        ]
        for at, group in enumerate(groups)
    ]
    if len(groups) > 1:
        found.append(test_line(shown, size))
    return found


def test_line(shown: Shown, size: float) -> list[Run]:
    """The test of response rates."""
    return [Run(f"Response: chi-square {formatting.p_value(shown.view.response.p_value)}", bold=True, size=size)]
