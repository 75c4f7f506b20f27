"""A presentation: native, editable slides of views. The title is the finding, the footer says whose data it is."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from typing import Any, Literal

from rrmm.analyses.explore import Explore, explore
from rrmm.analyses.response import Convention
from rrmm.cohort import Cohort
from rrmm.picks import Picks
from rrmm.report import ph, provenance, sentences, slide_forest, slide_response, slide_survival
from rrmm.report.packages import neutral
from rrmm.report.provenance import clean
from rrmm.report.shown import Shown
from rrmm.report.slide_parts import HEIGHT, MARGIN, TONE, WIDTH, Run, height_of, rgb, text

Kind = Literal["survival", "response", "forest", "explore"]
Item = tuple[Picks, str, Kind]
"""What to show: choices, a title of one's own or "" for the finding, and how."""

KINDS: tuple[Kind, ...] = ("survival", "response", "forest", "explore")
_SIGN = re.compile(r"\b([pq]) ([=<>]) ")
"""A p-value is not torn apart at the end of a line."""

TOP, BOTTOM = 1.5, 6.85


def deck(items: Sequence[Item], cohort: Cohort, convention: Convention | None = None, *, mask: bool = False) -> bytes:
    """The presentation as the bytes of a .pptx file. mask: small counts are masked.

    KeyError for a comparison by a column that the cohort does not have, ValueError for an unknown kind.
    """
    from pptx import Presentation
    from pptx.util import Inches

    made = Presentation()
    _widescreen(made, Inches(WIDTH), Inches(HEIGHT))
    if not items:
        _empty(made, cohort)
    for (picks, title, kind), nth in zip(items, places(items), strict=True):
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


def places(items: Sequence[Item]) -> list[int | None]:
    """Which comparison each view is, None where it compares nothing."""
    compared = [picks for picks, _, _ in items if picks.compare != "none"]
    nth = iter(sentences.counted(compared))
    return [next(nth) if picks.compare != "none" else None for picks, _, _ in items]


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


def _slide(made: Any, shown: Shown, cohort: Cohort, title: str, kind: Kind, nth: int | None) -> None:
    view = shown.view
    refused = shown.refused_population if kind == "forest" else shown.refused
    if refused:
        slide = _new(made, title or f"{view.endpoint.label} by {sentences.by(view)}")
        text(slide, (MARGIN, TOP, WIDTH - 2 * MARGIN, 1), [Run(refused, size=22)], name="Masked")
        _foot(slide, _source(shown, cohort, kind))
        return
    slide = _new(made, title or _headline(shown, kind))
    caveats = shown.caveats(ph.ph_p(view), nth)
    {"survival": _survival, "response": _response, "forest": _forest, "explore": _explore}[kind](slide, shown, caveats)
    _foot(slide, _source(shown, cohort, kind), shown.note)
    slide.notes_slide.notes_text_frame.text = clean(_notes(shown, kind, caveats), 4000)


def _headline(shown: Shown, kind: Kind) -> str:
    if kind == "response":
        return shown.response_headline()
    return sentences.forest_headline(shown.view) if kind == "forest" else sentences.headline(shown.view)


def _source(shown: Shown, cohort: Cohort, kind: Kind) -> str:
    """Cohort, who is compared, date of the data, method."""
    who = "" if kind == "forest" else f"{shown.compared()} in this comparison; {shown.left_out()}"
    return " · ".join(part for part in (provenance.footer(cohort, n=shown.cohort()), who, method(shown.view, kind)) if part)


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


def _notes(shown: Shown, kind: Kind, caveats: list[str]) -> str:
    parts = []
    if kind in ("survival", "explore"):
        parts.append(shown.finding())
    if kind in ("response", "explore"):
        parts.append(shown.response_finding())
    if kind == "forest":
        parts.append(sentences.forest_headline(shown.view) + ".")
    else:
        parts += caveats
    return " ".join(parts)


def _survival(slide: Any, shown: Shown, caveats: list[str]) -> None:
    slide_survival.draw(slide, shown, (MARGIN, TOP, 8.9, BOTTOM - TOP))
    few = len(shown.view.groups) <= slide_survival.FEW
    left = 9.55
    slide_survival.key_box(slide, shown, (left, TOP + 0.1, WIDTH - MARGIN - left, 3.9), 16 if few else 12)
    _beside(slide, caveats, (left, BOTTOM - 1.35, WIDTH - MARGIN - left, 1.35))


def _beside(slide: Any, caveats: list[str], area: tuple[float, float, float, float]) -> None:
    """What a reader must know beside the numbers, in small type at the bottom of an area."""
    if caveats:
        text(slide, area, [Run(" ".join(caveats), TONE.muted, size=10.5)], anchor="bottom", name="Caveats")


def _response(slide: Any, shown: Shown, caveats: list[str]) -> None:
    end = slide_response.draw(slide, shown, TOP, BOTTOM - 0.1)
    left = 8.6
    _beside(slide, caveats, (left, min(end, BOTTOM - 0.75), WIDTH - MARGIN - left, 0.75))


def _explore(slide: Any, shown: Shown, caveats: list[str]) -> None:
    slide_survival.draw(slide, shown, (MARGIN, TOP, 7.6, BOTTOM - TOP), size=12)
    left, width = 8.3, WIDTH - MARGIN - 8.3
    groups = len(shown.view.groups)
    many = groups > slide_survival.FEW
    # Many groups: their response rates stand in the labels of the bars.
    size = 10.5 if many else 13 if groups < 3 else 11
    rates = [slide_response.test_line(shown, size)] if many else slide_response.lines(shown, size)
    said = [*slide_survival.key(shown, size), *rates]
    tall = max(height_of(said, width), 2.9)
    text(slide, (left, TOP, width, tall), said, name="Medians and tests")
    bottom = BOTTOM if many or not caveats else BOTTOM - 0.75
    start = TOP + tall + 0.05
    slide_response.bars(slide, shown, (left, start, width, max(bottom - start, 1.2)), 11, rates=many)
    if not many:
        _beside(slide, caveats, (left, bottom, width, 0.72))


def _forest(slide: Any, shown: Shown, caveats: list[str]) -> None:
    slide_forest.draw(slide, shown, TOP, BOTTOM)
