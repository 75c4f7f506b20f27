"""The report as a Word document: native headings and tables, pictures at 300 dpi with words for who can't see them."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from rrmm.analyses.response import Convention
from rrmm.cohort import Cohort
from rrmm.report import provenance
from rrmm.report.content import Block, Heading, Paragraph, Picture, Table, blocks, title
from rrmm.report.images import INCHES
from rrmm.report.packages import neutral
from rrmm.report.provenance import clean
from rrmm.report.slides import Item

FONT = "Arial"
PAGE = 16.6
"""Width between the margins, cm."""
PIXELS = 780
"""Width at which pictures are drawn: their type is 9 points on the page."""
SHORT = 12
"""Tables of up to so many rows stay on one page."""
INK, MUTED = "1B2430", "566273"


def document(items: Sequence[Item], cohort: Cohort, convention: Convention | None = None, *, mask: bool = False) -> bytes:
    """The report as the bytes of a .docx file."""
    from docx import Document

    made = Document()
    _styles(made)
    made.add_heading(clean(title(cohort)), 0)
    for block in blocks(items, cohort, convention, mask=mask):
        _add(made, block)
    _footer(made, provenance.footer(cohort))
    core = made.core_properties
    core.author = core.last_modified_by = provenance.AUTHOR
    core.title = clean(title(cohort))
    core.comments = ""
    core.created = core.modified = provenance.STAMP
    core.revision = 1
    file = io.BytesIO()
    made.save(file)
    return neutral(file.getvalue())


def _styles(made: Any) -> None:
    from docx.enum.section import WD_ORIENT
    from docx.oxml.ns import qn
    from docx.shared import Cm, Pt, RGBColor

    section = made.sections[0]
    section.orientation = WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = Cm(21.0), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2.2)
    section.top_margin = section.bottom_margin = Cm(2.0)
    sizes = {"Normal": 10.5, "Title": 20, "Heading 1": 15, "Heading 2": 12.5}
    for name, size in sizes.items():
        style = made.styles[name]
        style.font.name, style.font.size = FONT, Pt(size)
        style.font.color.rgb = RGBColor.from_string(INK)
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for each in list(fonts.attrib):
            if "Theme" in each:
                del fonts.attrib[each]
        for each in ("w:ascii", "w:hAnsi", "w:cs", "w:eastAsia"):
            fonts.set(qn(each), FONT)
    made.styles["Normal"].paragraph_format.space_after = Pt(6)


def _add(made: Any, block: Block) -> None:
    if isinstance(block, Heading):
        made.add_heading(clean(block.text), block.level)
    elif isinstance(block, Paragraph):
        _paragraph(made.add_paragraph(), block.text, block.look)
    elif isinstance(block, Picture):
        _picture(made, block)
    elif isinstance(block, Table):
        _table(made, block)


def _paragraph(paragraph: Any, words: str, look: str = "") -> None:
    from docx.shared import Pt, RGBColor

    run = paragraph.add_run(clean(words, 5000))
    if look == "small":
        run.font.size, run.font.color.rgb = Pt(9), RGBColor.from_string(MUTED)
        paragraph.paragraph_format.space_after = Pt(2)
    elif look == "finding":
        run.font.size = Pt(11)
        # A finding stays with the picture under it.
        paragraph.paragraph_format.keep_with_next = True


def _picture(made: Any, block: Picture) -> None:
    from docx.shared import Inches

    paragraph = made.add_paragraph()
    run = paragraph.add_run()
    run.add_picture(io.BytesIO(block.render("png", PIXELS)), width=Inches(INCHES))
    drawing = run._element.xpath(".//wp:docPr")[0]
    drawing.set("descr", clean(block.alt, 2000))
    drawing.set("name", {"survival": "Survival curve", "response": "Response", "forest": "Forest plot"}[block.kind])


def _table(made: Any, block: Table) -> None:
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls
    from docx.shared import Pt

    if block.caption:
        paragraph = made.add_paragraph()
        paragraph.paragraph_format.keep_with_next = True
        paragraph.paragraph_format.space_before, paragraph.paragraph_format.space_after = Pt(8), Pt(2)
        run = paragraph.add_run(clean(block.caption))
        run.bold, run.font.size = True, Pt(9.5)
    table = made.add_table(rows=1, cols=len(block.header))
    table.style = "Table Grid"
    for row in (block.header, *block.rows):
        cells = table.rows[0].cells if row is block.header else table.add_row().cells
        for cell, words in zip(cells, row, strict=True):
            paragraph = cell.paragraphs[0]
            paragraph.paragraph_format.space_after = Pt(0)
            run = paragraph.add_run(clean(words, 600))
            run.font.size, run.bold = Pt(8.5), row is block.header
    if len(block.rows) <= SHORT:
        for each in table.rows[:-1]:
            for cell in each.cells:
                cell.paragraphs[0].paragraph_format.keep_with_next = True
    # The header is repeated on every page, and no row is torn.
    table.rows[0]._tr.get_or_add_trPr().append(parse_xml(f"<w:tblHeader {nsdecls('w')}/>"))
    for each in table.rows:
        each._tr.get_or_add_trPr().append(parse_xml(f"<w:cantSplit {nsdecls('w')}/>"))
    _light(table)
    _widths(table, block)
    made.add_paragraph().paragraph_format.space_after = Pt(2)


def _widths(table: Any, block: Table) -> None:
    """Columns as wide as their longest text asks for, within the page."""
    from docx.shared import Cm

    everything = (block.header, *block.rows)
    widths = []
    for at in range(len(block.header)):
        longest = max(len(row[at]) for row in everything)
        word = max((len(word) for row in everything for word in row[at].split()), default=1)
        # Centimetres of 8.5 point type, and the padding of a cell.
        widths.append((0.2 * word + 0.5, 0.17 * longest + 0.5))
    least = [low for low, _ in widths]
    more = [max(high - low, 0.0) for low, high in widths]
    spare = max(PAGE - sum(least), 0.0)
    share = spare / sum(more) if sum(more) else 0.0
    table.autofit = False
    for at, (low, extra) in enumerate(zip(least, more, strict=True)):
        # A table that needs less than the page keeps to what it needs, and one that needs more shares what there is.
        width = Cm((low + extra * min(share, 1.3)) * min(1.0, PAGE / sum(least)))
        table.columns[at].width = width
        for cell in table.columns[at].cells:
            cell.width = width


def _light(table: Any) -> None:
    """Thin lines between rows only."""
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls

    sides = "".join(f'<w:{side} w:val="nil"/>' for side in ("left", "right", "insideV"))
    lines = "".join(f'<w:{side} w:val="single" w:sz="4" w:color="C3CAD4"/>' for side in ("top", "bottom", "insideH"))
    properties = table._tbl.tblPr
    for old in properties.xpath("./w:tblBorders"):
        properties.remove(old)
    properties.append(parse_xml(f"<w:tblBorders {nsdecls('w')}>{lines}{sides}</w:tblBorders>"))


def _footer(made: Any, words: str) -> None:
    _paragraph(made.sections[0].footer.paragraphs[0], words, "small")
