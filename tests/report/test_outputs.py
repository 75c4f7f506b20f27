"""Slides, Word document and web page opened again: native, complete, harmless, neutral, the same every time."""

from __future__ import annotations

import io
import re
import tempfile
import zipfile
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from rrmm.analyses.explore import explore
from rrmm.picks import Picks
from rrmm.report import images, provenance
from rrmm.report.document import document
from rrmm.report.html_report import html_report
from rrmm.report.slides import KINDS, deck
from tests.report.cohorts import HOSTILE, few, hostile, sample

ITEMS = [(Picks(compare="emd"), "", kind) for kind in KINDS]
HOSTILE_ITEMS = [
    (Picks(compare="col:" + header), header, kind)
    for header, kind in zip(HOSTILE, ("response", "survival", "response", "forest") * 4, strict=False)
]
PLACES = [str(path).encode() for path in (Path(__file__).parent.parent.parent, Path(tempfile.gettempdir()), Path.home())]
"""What would tell where a file was made."""
MAKERS = {"pptx": deck, "docx": document, "html": html_report}


def opened(data: bytes):  # type: ignore[no-untyped-def]
    from pptx import Presentation

    return Presentation(io.BytesIO(data))


def words_of(slide) -> str:  # type: ignore[no-untyped-def]
    found = [shape.text_frame.text for shape in slide.shapes if shape.has_text_frame]
    found += [cell.text for shape in slide.shapes if shape.has_table for row in shape.table.rows for cell in row.cells]
    return "\n".join(found)


@pytest.fixture(scope="module")
def slides():  # type: ignore[no-untyped-def]
    return opened(deck(ITEMS, sample()))


def test_slides_are_wide_and_hold_no_picture(slides) -> None:  # type: ignore[no-untyped-def]
    assert round(slides.slide_width / slides.slide_height, 3) == round(16 / 9, 3)
    for slide in slides.slides:
        assert not [shape for shape in slide.shapes if shape.shape_type == 13]
        for shape in slide.shapes:
            assert shape.left >= 0 and shape.top >= 0
            assert shape.left + shape.width <= slides.slide_width + 9525
            assert shape.top + shape.height <= slides.slide_height + 9525, shape.name


def test_the_title_is_the_finding_and_the_footer_the_source(slides) -> None:  # type: ignore[no-untyped-def]
    assert slides.slides[0].shapes.title.text_frame.text.startswith("PFS is shorter in “EMD”")
    for slide in slides.slides:
        words = words_of(slide)
        assert "Sample cohort (fictitious), n = 123" in words and "data to " in words
        assert slide.has_notes_slide and slide.notes_slide.notes_text_frame.text


def test_the_curve_is_an_editable_chart(slides) -> None:  # type: ignore[no-untyped-def]
    from rrmm.analyses.km import curve_points

    slide = slides.slides[0]
    chart = next(shape.chart for shape in slide.shapes if shape.has_chart)
    series = {each.name: each for each in chart.plots[0].series}
    assert {"EMD", "No EMD", "EMD, lower limit", "EMD, upper limit", "EMD, censored"} <= set(series)
    lengths = [len(list(each.values)) for each in chart.plots[0].series]
    assert lengths == sorted(lengths, reverse=True)
    view = explore(sample(), Picks(compare="emd"))
    drawn = {round(value, 5) for value in series["EMD"].values}
    points = curve_points(view.curves, 1)
    assert {round(float(value), 5) for value in points.estimate} == drawn
    words = words_of(slide)
    for part in (
        "Median 2.1 (1.0–NR) months",
        "24 events in 43 patients",
        "HR 2.34 (95 % CI 1.34–4.08)",
        "Log-rank p = 0.002",
        "76 (0)",
        "17 (22)",
    ):
        assert part in words
    assert next(shape for shape in slide.shapes if shape.has_chart)._element.xpath(".//p:cNvPr")[0].get("descr")


def test_response_bars_and_forest_are_native(slides) -> None:  # type: ignore[no-untyped-def]
    bars = next(shape.chart for shape in slides.slides[1].shapes if shape.has_chart)
    values = {each.name: list(each.values) for each in bars.plots[0].series}
    assert values["CR or better"] == [20, 5] and values["PD"] == [10, 21]
    assert "37.2 % (23.0–53.3 %)" in words_of(slides.slides[1])
    forest = slides.slides[2]
    assert len([shape for shape in forest.shapes if shape.name.endswith("estimate")]) == 10
    assert "2.34 (1.34–4.08), 0.002" in words_of(forest) and "24/43 v 26/76" in words_of(forest)


@pytest.mark.parametrize(("form", "mask"), [("pptx", False), ("pptx", True), ("html", True), ("docx", False)])
def test_the_same_input_gives_the_same_bytes(form: str, mask: bool) -> None:
    items = ITEMS if form == "pptx" else [(Picks(compare="emd"), "", "response")]
    first = MAKERS[form](items, sample(), mask=mask)
    assert first == MAKERS[form](items, sample(), mask=mask)


def parts(data: bytes, name: str = "") -> dict[str, bytes]:
    """All files of a package, those of workbooks in it included."""
    found = {}
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        for item in package.namelist():
            if item.endswith(".xlsx"):
                found |= parts(package.read(item), name + item + "/")
            else:
                found[name + item] = package.read(item)
    return found


@pytest.mark.parametrize("form", ["pptx", "docx"])
def test_packages_are_neutral_and_well_formed(form: str) -> None:
    # Drawing at 300 dpi takes most of the time: the page is made of the same blocks and tries all of them.
    found = parts(MAKERS[form](HOSTILE_ITEMS if form == "pptx" else HOSTILE_ITEMS[:3], hostile()))
    for name, data in found.items():
        assert b"SECRET-" not in data and not any(place in data for place in PLACES), name
        if name.endswith((".xml", ".rels")):
            ElementTree.fromstring(data)
        if name.endswith(".rels"):
            assert b'TargetMode="External"' not in data, name
        if "worksheets/" in name and name.endswith(".xml"):
            assert b"<f>" not in data and b"<hyperlink" not in data, name
        if name.endswith("core.xml"):
            text = data.decode()
            assert set(re.findall(r"<dcterms:\w+[^>]*>([^<]*)<", text)) <= {"2000-01-01T00:00:00Z"}
            assert set(re.findall(r"<(?:dc:creator|cp:lastModifiedBy)>([^<]*)<", text)) <= {"rrmm"}
    with zipfile.ZipFile(io.BytesIO(MAKERS[form](ITEMS[:1], sample()))) as package:
        assert {item.date_time for item in package.infolist()} == {(1980, 1, 1, 0, 0, 0)}


class Page(HTMLParser):
    """Tags and attributes of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def test_the_page_loads_and_runs_nothing() -> None:
    text = html_report(HOSTILE_ITEMS, hostile()).decode()
    page = Page()
    page.feed(text)
    names = {tag for tag, _ in page.tags}
    assert not names & {"script", "iframe", "object", "embed", "link", "base", "form", "img", "a", "foreignobject", "b"}
    for tag, attributes in page.tags:
        for name, value in attributes.items():
            assert not name.startswith("on"), (tag, name)
            # Namespaces are names, not addresses.
            if not name.startswith("xmlns"):
                assert not re.search(r"https?:|javascript:", value or "") or name == "aria-label", (tag, name, value)
    assert "default-src &#x27;none&#x27;" in text and "SECRET-" not in text
    assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\u202e]", text)
    identifiers = re.findall(r'\bid="([^"]+)"', text)
    assert len(identifiers) == len(set(identifiers))
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text


def test_the_page_holds_the_code_of_each_view_once() -> None:
    page = html_report([(Picks(), "", "response"), (Picks(), "", "forest")], sample()).decode()
    assert page.count("<details>") == 2
    assert "from rrmm.picks import Picks" in page and "library(survival)" in page


def test_the_page_and_the_document_say_the_same() -> None:
    from docx import Document

    made = Document(io.BytesIO(document(ITEMS[3:], sample())))
    page = html_report(ITEMS[3:], sample()).decode()
    text = "\n".join(paragraph.text for paragraph in made.paragraphs)
    cells = "\n".join(cell.text for table in made.tables for row in table.rows for cell in row.cells)
    for part in (
        "hazard ratio 2.34 (95 % CI 1.34–4.08, Cox)",
        "Kaplan and Meier",
        "30.4375 days",
        sample().fingerprint,
        "This cohort is fictitious",
        "Exploratory and unadjusted",
    ):
        assert part in text and part in page
    for part in ("43/119 (36.1 %)", "Extramedullary disease", "NR (7.3–NR)", provenance.versions()["rrmm"]):
        assert part in cells and part in page
    assert len(made.inline_shapes) == 3
    for shape in made.inline_shapes:
        assert shape._inline.docPr.get("descr")


@pytest.mark.parametrize(("form", "n"), [("pptx", 0), ("pptx", 1), ("html", 0), ("html", 1), ("docx", 1)])
def test_hardly_any_patient(form: str, n: int) -> None:
    assert MAKERS[form]([(Picks(compare="emd"), "", "explore")], few(n))
    assert MAKERS[form]([(Picks(), "", kind) for kind in KINDS], few(n), mask=True)
    assert MAKERS[form]([], few(n))


def test_masked_slides_hold_no_small_number() -> None:
    made = opened(
        deck([(Picks(compare=key), "", kind) for key in ("emd", "cart_interval") for kind in KINDS], sample(), mask=True)
    )
    for slide in made.slides:
        words = words_of(slide)
        assert not re.search(r"\b[1-4] events? in\b|\bin [1-4] patients\b|(?m:^[1-4] \()|\([1-4]\)", words), words
        for shape in slide.shapes:
            if shape.has_chart and shape.name == "Best response":
                for series in shape.chart.plots[0].series:
                    assert series.name == "Masked" or not set(series.values) & {1, 2, 3, 4}


def test_an_unknown_kind_and_an_unknown_column_are_refused() -> None:
    with pytest.raises(ValueError, match="kind"):
        deck([(Picks(), "", "film")], sample())  # type: ignore[list-item]
    with pytest.raises(KeyError):
        deck([(Picks(compare="col:Nothing"), "", "survival")], sample())


@pytest.mark.parametrize("kind", ["survival", "response", "forest"])
def test_pictures_without_a_browser(kind: images.Kind) -> None:
    view = explore(sample(), Picks(compare="emd"))
    spec, data = images.picture(kind, view, "Sample cohort · footer")
    before = repr(spec)
    png, svg, pdf = (images.render(spec, data, form) for form in ("png", "svg", "pdf"))
    assert repr(spec) == before
    place = png.index(b"pHYs")
    assert png.startswith(b"\x89PNG") and int.from_bytes(png[place + 4 : place + 8]) == 11811  # 300 dpi, per metre
    assert abs(int.from_bytes(png[16:20]) - images.DPI * images.INCHES) <= 1
    assert pdf.startswith(b"%PDF")
    text = svg.decode()
    assert ElementTree.fromstring(text).get("width") == str(images.WIDTH)
    assert {"survival": "log-rank p = 0.002", "response": "ORR 37.2 %", "forest": "2.34 (1.34–4.08)"}[kind] in text
    assert "NaN" not in text and "undefined" not in text and "null" not in text
    with pytest.raises(ValueError, match="format"):
        images.render(spec, data, "gif")  # type: ignore[arg-type]
