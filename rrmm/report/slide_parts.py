"""Native parts of a slide: text boxes, tables, lines and charts that PowerPoint can edit. No picture among them.

python-pptx is imported where a part is made: the live pages import the names in this package.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rrmm.charts import theme
from rrmm.report.provenance import clean

WIDTH, HEIGHT = 13.333, 7.5
"""Inches, 16:9."""
MARGIN = 0.45
FONT = "Arial"
TONE = theme.LIGHT


@dataclass(frozen=True)
class Run:
    """A piece of text with its own look. colour: "#rrggbb" or "" for the ink of the slide."""

    text: str
    colour: str = ""
    bold: bool = False
    size: float = 16


def rgb(colour: str) -> Any:
    """ "#1b2430" as PowerPoint's colour."""
    from pptx.dml.color import RGBColor

    return RGBColor.from_string(colour.lstrip("#").upper())


def text(
    slide: Any,
    box: tuple[float, float, float, float],
    lines: Sequence[Sequence[Run] | Run],
    *,
    align: str = "left",
    anchor: str = "top",
    name: str = "Text",
) -> Any:
    """A text box. box: left, top, width, height in inches. lines: paragraphs of runs."""
    from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
    from pptx.util import Inches, Pt

    shape = slide.shapes.add_textbox(*(Inches(each) for each in box))
    shape.name = name
    frame = shape.text_frame
    frame.word_wrap = True
    frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = 0
    frame.vertical_anchor = {"top": MSO_ANCHOR.TOP, "middle": MSO_ANCHOR.MIDDLE, "bottom": MSO_ANCHOR.BOTTOM}[anchor]
    for at, line in enumerate(lines):
        paragraph = frame.paragraphs[0] if at == 0 else frame.add_paragraph()
        paragraph.alignment = {"left": PP_ALIGN.LEFT, "right": PP_ALIGN.RIGHT, "center": PP_ALIGN.CENTER}[align]
        paragraph.space_after = Pt(3)
        for run in [line] if isinstance(line, Run) else line:
            _run(paragraph, run)
    return shape


def _run(paragraph: Any, run: Run) -> None:
    from pptx.util import Pt

    made = paragraph.add_run()
    made.text = clean(run.text, 2000)
    made.font.name = FONT
    made.font.size = Pt(run.size)
    made.font.bold = run.bold
    made.font.color.rgb = rgb(run.colour or TONE.ink)


def line(
    slide: Any,
    x1: float,
    y1: float,
    x2: float,
    y2: float,
    *,
    colour: str = "",
    width: float = 1.0,
    dash: bool = False,
    name: str = "Line",
) -> Any:
    """A straight line, inches; width in points."""
    from pptx.enum.dml import MSO_LINE
    from pptx.enum.shapes import MSO_CONNECTOR
    from pptx.util import Inches, Pt

    shape = slide.shapes.add_connector(MSO_CONNECTOR.STRAIGHT, *(Inches(each) for each in (x1, y1, x2, y2)))
    shape.name = name
    shape.line.color.rgb = rgb(colour or TONE.ink)
    shape.line.width = Pt(width)
    if dash:
        shape.line.dash_style = MSO_LINE.DASH
    _flat(shape)
    return shape


def _flat(shape: Any) -> None:
    """No shadow, whatever the theme says."""
    from pptx.oxml import parse_xml
    from pptx.oxml.ns import nsdecls

    shape._element.spPr.append(parse_xml(f"<a:effectLst {nsdecls('a')}/>"))
    # LibreOffice goes by the theme's number and not by the empty list.
    for reference in shape._element.xpath(".//a:effectRef"):
        reference.set("idx", "0")


def arrows(shape: Any, start: bool, end: bool) -> None:
    """Arrow heads where a line goes on beyond the picture."""
    from pptx.oxml import parse_xml
    from pptx.oxml.ns import nsdecls

    pen = shape.line._get_or_add_ln()
    for wanted, name in ((start, "headEnd"), (end, "tailEnd")):
        if wanted:
            pen.append(parse_xml(f'<a:{name} {nsdecls("a")} type="triangle"/>'))


def box(slide: Any, x: float, y: float, side: float, *, colour: str = "", name: str = "Estimate") -> Any:
    """A filled square around (x, y), inches."""
    from pptx.enum.shapes import MSO_SHAPE
    from pptx.util import Inches

    shape = slide.shapes.add_shape(MSO_SHAPE.RECTANGLE, Inches(x - side / 2), Inches(y - side / 2), Inches(side), Inches(side))
    shape.name = name
    shape.fill.solid()
    shape.fill.fore_color.rgb = rgb(colour or TONE.ink)
    shape.line.fill.background()
    _flat(shape)
    return shape


def height_of(lines: Sequence[Sequence[Run]], width: float) -> float:
    """Inches that these paragraphs take in a box of that width; an estimate on the safe side."""
    total = 0.0
    for runs in lines:
        size = max((run.size for run in runs), default=12)
        wide = sum(len(run.text) * run.size * (0.0082 if run.bold else 0.0075) for run in runs)
        total += max(math.ceil(wide / width), 1) * size * 1.2 / 72 + 3 / 72
    return total


def fitting(label: str, width: float, size: float) -> str:
    """The label cut to what one line of that width (inches) holds in bold type of that size (points)."""
    return clean(label, max(int(width / (size * 0.0082)), 6))


def describe(shape: Any, words: str) -> None:
    """Words for those who can't see the shape."""
    shape._element.xpath(".//p:cNvPr")[0].set("descr", clean(words, 2000))


def table(
    slide: Any,
    box_: tuple[float, float],
    widths: Sequence[float],
    height: float,
    rows: Sequence[Sequence[Run]],
    *,
    align: Sequence[str],
    name: str,
) -> Any:
    """A plain native table. box_: left and top; widths of the columns and height of a row in inches."""
    from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
    from pptx.util import Inches

    shape = slide.shapes.add_table(
        len(rows),
        len(widths),
        Inches(box_[0]),
        Inches(box_[1]),
        Inches(sum(widths)),
        Inches(height * len(rows)),
    )
    shape.name = name
    made = shape.table
    _plain(made)
    for at, width in enumerate(widths):
        made.columns[at].width = Inches(width)
    sides = {"left": PP_ALIGN.LEFT, "right": PP_ALIGN.RIGHT, "center": PP_ALIGN.CENTER}
    for i, row in enumerate(rows):
        made.rows[i].height = Inches(height)
        for j, run in enumerate(row):
            cell = made.cell(i, j)
            cell.margin_left = cell.margin_right = Inches(0.02)
            cell.margin_top = cell.margin_bottom = 0
            cell.vertical_anchor = MSO_ANCHOR.MIDDLE
            paragraph = cell.text_frame.paragraphs[0]
            paragraph.space_before = paragraph.space_after = 0
            cell.text_frame.word_wrap = False
            paragraph.alignment = sides[align[j]]
            _run(paragraph, run)
    return shape


def _plain(made: Any) -> None:
    """No bands and no fill: PowerPoint's "No Style, No Grid"."""
    made.first_row = made.horz_banding = False
    style = made._tbl.tblPr.find("{http://schemas.openxmlformats.org/drawingml/2006/main}tableStyleId")
    if style is not None:
        style.text = "{2D5ABB26-0587-4C30-8999-92F81FD0307C}"


def inner_plot(chart: Any, x: float, y: float, width: float, height: float) -> None:
    """Fix the plot inside the chart's frame, all as shares of it, so that other shapes can line up with its axes."""
    from pptx.oxml import parse_xml
    from pptx.oxml.ns import nsdecls

    area = chart._chartSpace.chart.plotArea
    for old in area.findall("{http://schemas.openxmlformats.org/drawingml/2006/chart}layout"):
        area.remove(old)
    values = "".join(f'<c:{name} val="{value:.6f}"/>' for name, value in (("x", x), ("y", y), ("w", width), ("h", height)))
    area.insert(
        0,
        parse_xml(
            f'<c:layout {nsdecls("c")}><c:manualLayout><c:layoutTarget val="inner"/><c:xMode val="edge"/>'
            f'<c:yMode val="edge"/>{values}</c:manualLayout></c:layout>'
        ),
    )


def style_axis(axis: Any, *, size: float = 14, title: str = "", line_colour: str = "") -> None:
    """An axis in the slide's type."""
    from pptx.util import Pt

    axis.tick_labels.font.size = Pt(size)
    axis.tick_labels.font.name = FONT
    axis.tick_labels.font.color.rgb = rgb(TONE.ink)
    axis.format.line.color.rgb = rgb(line_colour or TONE.muted)
    axis.has_title = bool(title)
    if title:
        frame = axis.axis_title.text_frame
        run = frame.paragraphs[0].add_run()
        run.text = title
        run.font.size, run.font.bold, run.font.name = Pt(size), False, FONT
        run.font.color.rgb = rgb(TONE.ink)
