"""A presentation: native, editable slides of views. The title is the finding, the footer says whose data it is."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Sequence
from typing import Any, Literal

from rrmm import formatting
from rrmm.analyses.explore import Explore, ForestRow, explore
from rrmm.analyses.response import DEPTHS, Convention
from rrmm.cohort import Cohort
from rrmm.picks import Picks
from rrmm.report import ph, provenance, sentences, slide_survival
from rrmm.report.packages import neutral, workbook_text
from rrmm.report.provenance import clean
from rrmm.report.shown import Shown
from rrmm.report.slide_parts import (
    HEIGHT,
    MARGIN,
    TONE,
    WIDTH,
    Run,
    box,
    describe,
    line,
    rgb,
    style_axis,
    table,
    text,
)

Kind = Literal["survival", "response", "forest", "explore"]
Item = tuple[Picks, str, Kind]
"""What to show: choices, a title of one's own or "" for the finding, and how."""

KINDS: tuple[Kind, ...] = ("survival", "response", "forest", "explore")
_SIGN = re.compile(r"\b([pq]) ([=<>]) ")
"""A p-value is not torn apart at the end of a line."""

TOP, BOTTOM = 1.5, 6.85
HR_LOW, HR_HIGH = 0.1, 10.0


def deck(
    items: Sequence[Item], cohort: Cohort, convention: Convention | None = None, *, mask: bool = False
) -> bytes:
    """The presentation as the bytes of a .pptx file. mask: small counts are masked.

    KeyError for a comparison by a column that the cohort does not have, ValueError for an unknown kind.
    """
    from pptx import Presentation
    from pptx.util import Inches

    made = Presentation()
    _widescreen(made, Inches(WIDTH), Inches(HEIGHT))
    if not items:
        _empty(made, cohort)
    for nth, (picks, title, kind) in enumerate(items, start=1):
        if kind not in KINDS:
            raise ValueError(f"unknown kind of slide: {kind}")
        view = explore(cohort, picks, convention)
        _slide(made, Shown(view, mask), cohort, title, kind, nth)
    core = made.core_properties
    core.author = core.last_modified_by = provenance.AUTHOR
    core.title = clean(f"{provenance.name_of(cohort)}: results", 200)
    core.created = core.modified = provenance.STAMP
    core.revision = 1
    file = io.BytesIO()
    made.save(file)
    return neutral(file.getvalue())


def _widescreen(made: Any, width: int, height: int) -> None:
    """16:9, the layouts stretched with it, so that slides added in PowerPoint look right."""
    share = width / made.slide_width
    for page in (made.slide_master, *made.slide_layouts):
        for shape in page.placeholders:
            left, top, wide, tall = shape.left, shape.top, shape.width, shape.height
            shape.left, shape.top, shape.width, shape.height = int(left * share), top, int(wide * share), tall
    made.slide_width, made.slide_height = width, height


def _new(made: Any, title: str) -> Any:
    from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
    from pptx.util import Inches, Pt

    slide = made.slides.add_slide(made.slide_layouts[5])
    shape = slide.shapes.title
    shape.left, shape.top = Inches(MARGIN), Inches(0.3)
    shape.width, shape.height = Inches(WIDTH - 2 * MARGIN), Inches(1.05)
    frame = shape.text_frame
    frame.word_wrap = True
    frame.margin_left = frame.margin_right = 0
    frame.vertical_anchor = MSO_ANCHOR.MIDDLE
    words = _SIGN.sub("\\1\u00a0\\2\u00a0", clean(title, 220))
    paragraph = frame.paragraphs[0]
    paragraph.alignment = PP_ALIGN.LEFT
    run = paragraph.add_run()
    run.text = words
    run.font.size = Pt(28 if len(words) <= 75 else 24 if len(words) <= 130 else 20)
    run.font.bold, run.font.name = True, "Arial"
    run.font.color.rgb = rgb(TONE.ink)
    return slide


def _empty(made: Any, cohort: Cohort) -> None:
    slide = _new(made, "No view was chosen")
    text(slide, (MARGIN, TOP, WIDTH - 2 * MARGIN, 1), [Run("Add views to the presentation first.", size=20)])
    _foot(slide, provenance.footer(cohort))


def _foot(slide: Any, words: str, note: str = "") -> None:
    size = 10 if note else 11
    lines = [Run(words, TONE.muted, size=size)]
    if note:
        lines.append(Run(note, TONE.muted, size=size))
    text(slide, (MARGIN, BOTTOM + 0.08, WIDTH - 2 * MARGIN, 0.5), lines, anchor="top", name="Footer")


def _slide(made: Any, shown: Shown, cohort: Cohort, title: str, kind: Kind, nth: int) -> None:
    view = shown.view
    refused = shown.refused_population if kind == "forest" else shown.refused
    if refused:
        slide = _new(made, title or f"{view.endpoint.label} by {sentences.by(view)}")
        text(slide, (MARGIN, TOP, WIDTH - 2 * MARGIN, 1), [Run(refused, size=22)], name="Masked")
        _foot(slide, _source(shown, cohort, kind))
        return
    slide = _new(made, title or _headline(shown, kind))
    {"survival": _survival, "response": _response, "forest": _forest, "explore": _explore}[kind](slide, shown)
    _foot(slide, _source(shown, cohort, kind), shown.note)
    slide.notes_slide.notes_text_frame.text = clean(_notes(shown, kind, nth), 4000)


def _headline(shown: Shown, kind: Kind) -> str:
    if kind == "response":
        return shown.response_headline()
    return sentences.forest_headline(shown.view) if kind == "forest" else sentences.headline(shown.view)


def _source(shown: Shown, cohort: Cohort, kind: Kind) -> str:
    """Cohort, who is compared, date of the data, method."""
    who = "" if kind == "forest" else f"{shown.compared()} in this comparison; {shown.left_out()}"
    return " · ".join(
        part for part in (provenance.footer(cohort, n=shown.cohort()), who, method(shown.view, kind)) if part
    )


def method(view: Explore, kind: Kind) -> str:
    """How a picture was made, in a few words."""
    interval = {"clopper-pearson": "Clopper-Pearson", "wilson": "Wilson"}[view.response.convention.interval]
    response = f"{interval} interval, {view.response.convention.text}"
    curve = f"Kaplan-Meier, {view.curves.conf_type} interval"
    several = len(view.groups) > 1
    return {
        "survival": curve + (", log-rank, Cox (Efron)" if several else ""),
        "response": response + (", chi-square" if several else ""),
        "forest": "Cox (Efron), Wald interval, log-rank p, unadjusted",
        "explore": curve + (", log-rank, Cox (Efron)" if several else "") + "; " + interval,
    }[kind]


def _notes(shown: Shown, kind: Kind, nth: int) -> str:
    parts = []
    if kind in ("survival", "explore"):
        parts.append(shown.finding())
    if kind in ("response", "explore"):
        parts.append(shown.response_finding())
    if kind == "forest":
        parts.append(sentences.forest_headline(shown.view) + ".")
    else:
        parts += shown.caveats(ph.ph_p(shown.view), nth)
    return " ".join(parts)


def _survival(slide: Any, shown: Shown) -> None:
    slide_survival.draw(slide, shown, (MARGIN, TOP, 8.9, BOTTOM - TOP))
    many = len(shown.view.groups) > 3
    slide_survival.key_box(
        slide, shown, (9.55, TOP + 0.1, WIDTH - MARGIN - 9.55, BOTTOM - TOP - 0.1), 12 if many else 16
    )


def _response(slide: Any, shown: Shown) -> None:
    groups = shown.view.response.groups
    row = 0.36 if len(groups) <= 4 else 0.29
    table_height = row * (len(groups) + 1) + (0.5 if len(groups) > 1 else 0)
    bars = min(1.25 + 0.8 * len(groups), BOTTOM - TOP - table_height - 0.1)
    _bars(slide, shown, (MARGIN, TOP, WIDTH - 2 * MARGIN, bars), 14)
    _rates(slide, shown, (MARGIN, TOP + bars + 0.05), row)


def _bars(slide: Any, shown: Shown, area: tuple[float, float, float, float], size: float) -> None:
    from pptx.chart.data import CategoryChartData
    from pptx.enum.chart import XL_CHART_TYPE, XL_LEGEND_POSITION
    from pptx.util import Inches, Pt

    response = shown.view.response
    palette = dict(TONE.response)
    groups = [at for at, group in enumerate(response.groups) if shown.depth_total(at)]
    data = CategoryChartData(number_format="0")
    data.categories = [workbook_text(clean(response.groups[at].label, 60)) for at in groups] or [
        "No response known"
    ]
    counts = {at: dict(shown.depth(at)) for at in groups}
    names = [name for name in DEPTHS if any(counts[at].get(name) for at in groups)]
    for name in names:
        data.add_series(name, [counts[at].get(name) or None for at in groups])
    rest = [shown.depth_total(at) - sum(value or 0 for value in counts[at].values()) for at in groups]
    if any(rest):
        data.add_series("Masked", [value or None for value in rest])
    if not names and not any(rest):
        data.add_series("No response known", [None] * max(len(groups), 1))
    frame = slide.shapes.add_chart(XL_CHART_TYPE.BAR_STACKED_100, *(Inches(each) for each in area), data)
    frame.name = "Best response"
    describe(frame, shown.response_finding())
    chart = frame.chart
    chart.has_title = False
    chart.has_legend = True
    chart.legend.position, chart.legend.include_in_layout = XL_LEGEND_POSITION.BOTTOM, False
    chart.legend.font.size, chart.legend.font.name = Pt(size - 1), "Arial"
    plot = chart.plots[0]
    plot.gap_width, plot.overlap = 45, 100
    for series in plot.series:
        fill = palette.get(series.name, "#ffffff")
        series.format.fill.solid()
        series.format.fill.fore_color.rgb = rgb(fill)
        series.format.line.color.rgb = rgb(TONE.muted if series.name == "Masked" else "#ffffff")
        if series.name != "Masked":
            labels = series.data_labels
            labels.show_value = True
            labels.font.size, labels.font.bold, labels.font.name = Pt(size), True, "Arial"
            labels.font.color.rgb = rgb("#ffffff" if series.name in ("CR or better", "VGPR") else TONE.ink)
    category, value = chart.category_axis, chart.value_axis
    category.reverse_order = True
    value.major_unit = 0.25
    value.has_major_gridlines = False
    value.tick_labels.number_format, value.tick_labels.number_format_is_linked = "0%", False
    style_axis(category, size=size)
    style_axis(value, size=size - 2)
    # With the order reversed the value axis would stand on top.
    crosses = chart._chartSpace.xpath(".//c:valAx/c:crosses")
    for each in crosses:
        each.set("val", "max")


def _rates(slide: Any, shown: Shown, corner: tuple[float, float], height: float) -> None:
    view = shown.view
    rows = [
        [
            Run(word, TONE.muted, size=14)
            for word in (
                "",
                "Patients",
                "Overall response (PR or better), 95 % CI",
                "VGPR or better",
                "CR or better",
            )
        ]
    ]
    for at, group in enumerate(view.response.groups):
        colour = TONE.level(at)
        orr = group.orr
        said = (
            f"{shown.share(at)} ({formatting.percent_interval(orr.conf_low, orr.conf_high)})"
            if shown.rate_is_shown(at) and orr.n
            else shown.share(at)
        )
        deep = [
            formatting.percent(part.estimate) if shown.all_depths_shown(at) and part.n else formatting.DASH
            for part in (group.vgpr, group.cr)
        ]
        rows.append(
            [
                Run(clean(group.label, 60), colour, True, 16),
                Run(shown.responders(at), size=16),
                Run(said, bold=True, size=16),
                *(Run(each, size=16) for each in deep),
            ]
        )
    table(
        slide,
        corner,
        [3.2, 1.7, 4.4, 1.6, 1.53],
        height,
        rows,
        align=["left", *["center"] * 4],
        name="Response rates",
    )
    if len(view.response.groups) > 1:
        p = [Run(f"Chi-square {formatting.p_value(view.response.p_value)}", bold=True, size=16)]
        if math.isfinite(view.response.fisher_p):
            p.append(Run(f", Fisher's exact {formatting.p_value(view.response.fisher_p)}", size=16))
        text(slide, (corner[0], corner[1] + height * len(rows) + 0.08, 8, 0.35), [p], name="Test")


def _explore(slide: Any, shown: Shown) -> None:
    slide_survival.draw(slide, shown, (MARGIN, TOP, 7.6, BOTTOM - TOP), size=12)
    left = 8.3
    many = len(shown.view.groups) > 2
    lines = slide_survival.key(shown, 10 if many else 13)
    tall = 2.55
    text(slide, (left, TOP, WIDTH - MARGIN - left, tall), lines, name="Medians and tests")
    rates: list[list[Run]] = []
    for at, group in enumerate(shown.view.response.groups):
        rates.append(
            [
                Run(f"{clean(group.label, 40)}:", TONE.level(at), True, 10 if many else 13),
                Run(f"\u00a0 ORR {shown.share(at)} ({shown.responders(at)})", size=10 if many else 13),
            ]
        )
    if len(rates) > 1:
        rates.append(
            [
                Run(
                    f"Chi-square {formatting.p_value(shown.view.response.p_value)}",
                    bold=True,
                    size=10 if many else 13,
                )
            ]
        )
    text(slide, (left, TOP + tall, WIDTH - MARGIN - left, 0.9), rates, name="Response rates")
    _bars(slide, shown, (left, TOP + tall + 0.85, WIDTH - MARGIN - left, BOTTOM - TOP - tall - 0.85), 11)


def _forest(slide: Any, shown: Shown) -> None:
    view = shown.view
    rows = view.forest
    left, plot, right = MARGIN, (5.25, 10.0), WIDTH - MARGIN
    pitch = min(0.46, (BOTTOM - TOP - 1.15) / max(len(rows), 1))
    top = TOP + 0.45
    bottom = top + pitch * len(rows)
    head = [
        (left, 2.6, f"{view.endpoint.label} by", "left"),
        (3.05, 2.1, "Events/n", "left"),
        (10.15, right - 10.15, "HR (95 % CI), log-rank p", "right"),
    ]
    for x, wide, words, align in head:
        text(
            slide,
            (x, TOP, wide, 0.35),
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
    share = (math.log(min(max(ratio, HR_LOW), HR_HIGH)) - math.log(HR_LOW)) / (
        math.log(HR_HIGH) - math.log(HR_LOW)
    )
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
            f"{formatting.ratio_interval(hr.hr, hr.conf_low, hr.conf_high)}, "
            f"{formatting.p_number(row.logrank_p)}"
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
    line(
        slide,
        _x(hr.conf_low, plot),
        y,
        _x(hr.conf_high, plot),
        y,
        colour=colour,
        width=2,
        name=clean(f"{row.label}: interval", 60),
    )
    side = 0.09 + 0.13 * min(1.0, math.sqrt(0.07 / hr.se**2)) if hr.se > 0 else 0.1
    shape = box(slide, _x(hr.hr, plot), y, side, colour=colour, name=clean(f"{row.label}: estimate", 60))
    describe(
        shape, f"{row.label}: hazard ratio {formatting.ratio_interval(hr.hr, hr.conf_low, hr.conf_high)}"
    )
