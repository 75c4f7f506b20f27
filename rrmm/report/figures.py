"""Figures 1 and 2 in words and as files: legend, panels, and the whole figure as PNG (300 dpi), SVG, PDF or slides.

The panels are those of the page. Each becomes an SVG, and all of them stand in one, so that every format shows the same.
With small counts masked, a panel takes its counts from :class:`rrmm.report.shown.Shown`, or is refused.
"""

from __future__ import annotations

import math
import re
import textwrap
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

import pandas as pd

from rrmm import formatting
from rrmm.analyses.explore import explore
from rrmm.analyses.figures import Figure, Panel, figure
from rrmm.analyses.response import Convention
from rrmm.charts import paper_panels as chart
from rrmm.charts import theme
from rrmm.cohort import Cohort
from rrmm.endpoints import ENDPOINTS
from rrmm.picks import Picks
from rrmm.report import images, provenance
from rrmm.report.masking import NOTE
from rrmm.report.shown import RESPONDING, Shown

HEIGHT = 350
"""Of a panel, in pixels, on the page and in the file."""
REFUSED_HEIGHT = 110
"""Of a row of panels that can't be shown, in the file."""
PANEL_WIDTH, GAP, MARGIN = {"1": 640, "2": 520}, 28, 24
TITLE_SIZE, TEXT_SIZE, TEXT_LINE = 20, 13, 18
LETTER_WIDTH = 6.3
"""Mean width of a letter of the legend, for breaking its lines."""
INCHES = 10
"""Width of the PNG on a page turned sideways; 300 dots per inch of it."""


@dataclass(frozen=True, eq=False)
class Drawn:
    """A panel ready to be drawn. refused: what stands there instead, or ""."""

    letter: str
    title: str
    spec: dict[str, Any]
    data: Any
    refused: str = ""


def title(shown: Figure) -> str:
    """ "Figure 1. Response, and ..."."""
    return f"Figure {shown.plan.key}. {shown.plan.title}"


def needs(panel: Panel) -> str:
    """What a panel without data would need."""
    return f"{panel.part.title} can’t be shown for this cohort. It needs {panel.needs}."


def legend(shown: Figure, convention: Convention, conf_type: str, mask: bool = False) -> str:
    """Who, what each panel shows, how it is defined, how long the follow-up was."""
    seen = [panel for panel in shown.panels if not panel.needs]
    who = "" if mask else (f"{formatting.patients(shown.n)}" + (f" of {shown.of}" if shown.n != shown.of else "") + ". ")
    sentences = []
    for panel in seen:
        letter, endpoint = panel.part.letter, panel.part.endpoint
        if endpoint == "response":
            interval = {"clopper-pearson": "Clopper-Pearson", "wilson": "Wilson"}[convention.interval]
            sentences.append(f"{letter}: best response (IMWG), ORR = PR or better with 95% CI ({interval}); {convention.text}.")
            continue
        entry = ENDPOINTS[endpoint]
        same = [other.part.letter for other in seen if other.part.endpoint == endpoint]
        if letter != same[0]:
            continue
        among = ""
        if endpoint == "dor":
            among = " of responders" if mask else f" of {shown.responders} responder{'s' * (shown.responders != 1)}"
        sentences.append(f"{', '.join(same)}: {entry.long_label.lower()}{among}, from {entry.start} to {entry.ends_with}, "
                         f"censored at {entry.censored}.")
    curves = any(panel.part.endpoint != "response" for panel in seen)
    if curves:
        sentences.append(f"Kaplan-Meier; tick marks: censored; bands: 95% CI ({conf_type}); dotted: median; pale: fewer than "
                         "10% of the group, or 3 patients, at risk.")
    if any(len(view.groups) > 1 for panel in seen for view in panel.views):
        sentences.append("HR: Cox (Efron), second group against first, unadjusted; unknown group left out.")
    follow = shown.followup
    if math.isfinite(follow.estimate):
        sentences.append("Median follow-up "
                         f"{formatting.months_interval(follow.estimate, follow.conf_low, follow.conf_high)} months "
                         "(reverse Kaplan-Meier). NR: not reached.")
    groups = [group for panel in seen if panel.part.endpoint == "response" for group, _, _ in panel.bars]
    if mask or any(sum(group.depth[:RESPONDING]) < group.orr.x for group in groups):
        sentences.append("A column of one colour: PR or better, of which the depth is not known or not shown.")
    if mask:
        sentences.append(NOTE)
    return who + " ".join(sentences)


def drawn(panel: Panel, colours: theme.Tone, convention: Convention, height: int = HEIGHT, mask: bool = False) -> Drawn:
    """Spec and data of a panel, or why there is none."""
    letter, words = panel.part.letter, panel.part.title
    if panel.needs:
        return Drawn(letter, words, {}, None, needs(panel))
    tables = [Shown(view, mask) for view in panel.views]
    refused = next((each.refused for each in tables if each.refused), "")
    if refused:
        return Drawn(letter, words, {}, None, refused)
    if panel.part.endpoint == "response":
        tests = test_lines(panel)
        data = chart.column_data(columns(panel, tables, convention), tests, colours, letter, words, height)
        return Drawn(letter, words, chart.column_spec(colours, len(tests), height), data)
    view = panel.views[0]
    data = chart.curve_data(view, letter, words, height)
    if mask:
        data = tables[0].survival_data(data.to_pandas())
        if len(view.groups) == 1 and view.endpoint.population:
            data["text"] = data["text"].str.replace(f"{view.groups[0].label}:", f"{chart.RESPONDERS}:", regex=False)
    return Drawn(letter, words, chart.curve_spec(colours, len(view.groups), height), data)


def test_lines(panel: Panel) -> list[str]:
    """The comparison of the response rates; Figure 2 names ide-cel beside any pretreatment, as the paper."""
    lines = []
    for view in panel.views:
        found, key = view.response, view.grouping.key
        if len(found.groups) < 2 or math.isnan(found.p_value) or (key == "belantamab" and len(panel.views) > 1):
            continue
        line = f"{found.groups[1].label} v {found.groups[0].label}: {found.test} {formatting.p_value(found.p_value)}"
        lines.append(line + (f", Fisher {formatting.p_value(found.fisher_p)}" if math.isfinite(found.fisher_p) else ""))
    return lines


def columns(panel: Panel, tables: list[Shown], convention: Convention) -> list[chart.Column]:
    """The columns of a response panel, with masked counts left out."""
    found = []
    single = len(panel.bars) == 1
    for group, nth, at in panel.bars:
        own = tables[nth]
        depth = own.depth(at)
        drawn_depth: list[tuple[str, int]] = []
        if own.rate_is_shown(at):
            known: list[tuple[str, int]] = []
            if all(count is not None for _, count in depth):
                known = [(name, count) for name, count in depth if name in chart.RESPONDING and count]
            rest = group.orr.x - sum(patients for _, patients in known)
            drawn_depth = [*known, *([(chart.ANY, rest)] if rest > 0 else [])]
            # Nobody responded: the rate and its interval still have a place.
            drawn_depth = drawn_depth or [(chart.ANY, 0)]
        side = []
        if single and own.rate_is_shown(at) and any(group.depth):
            side = [(name, "*" if count is None else f"{count} ({formatting.percent(count / group.orr.n)})")
                    for name, count in depth if group.orr.n]
            side += [("No best response", str(group.missing))] if group.missing and not own.mask else []
        found.append(chart.Column(group.label, group.orr, tuple(drawn_depth) if group.orr.n else (),
                                  own.responders(at), tuple(side)))
    return found


# files ---------------------------------------------------------------------------------------------


def make(cohort: Cohort, key: str, picks: Picks, convention: Convention, ending: str, mask: bool = False) -> bytes:
    """The figure as a file. ending: "png", "svg", "pdf" or "pptx". ValueError for another."""
    shown = figure(cohort, key, picks, lambda each: explore(cohort, each, convention))
    if ending == "pptx":
        return _deck(cohort, shown, picks, convention, mask)
    if ending not in ("png", "svg", "pdf"):
        raise ValueError(f"unknown format: {ending}")
    drawing, width = composed(cohort, shown, picks, convention, mask)
    if ending == "svg":
        return drawing.encode("utf-8")
    import vl_convert

    if ending == "pdf":
        return bytes(vl_convert.svg_to_pdf(drawing))
    # ppi multiplies the pixels (72 an inch by itself); scale brings the width to INCHES.
    return bytes(vl_convert.svg_to_png(drawing, scale=72 * INCHES / width, ppi=images.DPI))


def _deck(cohort: Cohort, shown: Figure, picks: Picks, convention: Convention, mask: bool) -> bytes:
    """One native, editable slide a view."""
    from rrmm.report import slides

    items: list[slides.Item] = []
    for panel in shown.panels:
        words = f"Figure {shown.plan.key}{panel.part.letter}. {panel.part.title}"
        for view in panel.views:
            kind: slides.Kind = "response" if panel.part.endpoint == "response" else "survival"
            name = words if len(panel.views) == 1 else f"{words}: {view.grouping.label}"
            items.append((picks.but(endpoint=view.endpoint.key, compare=view.grouping.key), name, kind))
    return slides.deck(items, cohort, convention, mask=mask)


def composed(cohort: Cohort, shown: Figure, picks: Picks, convention: Convention, mask: bool = False) -> tuple[str, int]:
    """The figure as one SVG, and its width in pixels."""
    plan = shown.plan
    wide = PANEL_WIDTH[plan.key]
    width = 2 * MARGIN + plan.across * wide + (plan.across - 1) * GAP
    parts: list[str] = []
    top = MARGIN + TITLE_SIZE
    parts.append(_line(title(shown), MARGIN, top, TITLE_SIZE, theme.LIGHT.ink, bold=True))
    top += 22
    ready = [drawn(panel, theme.LIGHT, convention, mask=mask) for panel in shown.panels]
    for start in range(0, len(ready), plan.across):
        row = ready[start: start + plan.across]
        parts += [_placed(one, start + at, MARGIN + at * (wide + GAP), top, wide) for at, one in enumerate(row)]
        top += GAP + (REFUSED_HEIGHT if all(one.refused for one in row) else HEIGHT)
    top += 4
    for line in textwrap.wrap(legend(shown, convention, picks.conf_type, mask), int((width - 2 * MARGIN) / LETTER_WIDTH)):
        parts.append(_line(line, MARGIN, top, TEXT_SIZE, theme.LIGHT.ink))
        top += TEXT_LINE
    whose = "" if not mask else Shown(explore(cohort, picks.but(endpoint="pfs", compare="none"), convention), True).cohort()
    parts.append(_line(provenance.footer(cohort, n=whose), MARGIN, top + 6, TEXT_SIZE - 1, theme.LIGHT.muted))
    height = top + 6 + MARGIN
    return (f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="{width}" '
            f'height="{height}" viewBox="0 0 {width} {height}"><rect width="{width}" height="{height}" fill="#ffffff"/>'
            + "".join(parts) + "</svg>"), width


def _line(words: str, left: int, top: int, size: int, colour: str, bold: bool = False) -> str:
    weight = ' font-weight="600"' if bold else ""
    return (f'<text x="{left}" y="{top}" font-family="{images.FONT}" font-size="{size}" fill="{colour}"{weight}>'
            f"{escape(provenance.clean(words, 600))}</text>")


def _placed(one: Drawn, at: int, left: int, top: int, wide: int) -> str:
    """A panel moved to its place; its clip paths get names of their own."""
    if one.refused:
        lines = [_line(one.letter, left, top + 17, 17, theme.LIGHT.ink, bold=True),
                 _line(one.title, left + 22, top + 16, 15, theme.LIGHT.ink, bold=True)]
        lines += [_line(words, left, top + 44 + nth * TEXT_LINE, TEXT_SIZE, theme.LIGHT.muted)
                  for nth, words in enumerate(textwrap.wrap(one.refused, int(wide / LETTER_WIDTH)))]
        return "".join(lines)
    frame = one.data if isinstance(one.data, pd.DataFrame) else one.data.to_pandas()
    drawing = images.render(one.spec, frame, "svg", wide).decode("utf-8")
    inner = drawing[drawing.index("<svg"):]
    inner = re.sub(r'(id="|url\(#|xlink:href="#)', rf"\g<1>panel{at}_", inner)
    inner = inner[inner.index(">") + 1: inner.rindex("</svg>")]
    return f'<g transform="translate({left},{top})">{inner}</g>'
