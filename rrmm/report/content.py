"""What a written report holds, as blocks: the Word document and the web page print the same ones."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rrmm import formatting
from rrmm.analyses.baseline import Row, Spread, baseline
from rrmm.analyses.explore import RATE_MONTH, Explore, explore
from rrmm.analyses.proportions import Proportion
from rrmm.analyses.response import Convention
from rrmm.cohort import Cohort
from rrmm.endpoints import ENDPOINTS
from rrmm.picks import Picks
from rrmm.report import code, images, methods, ph, provenance, sentences, tables
from rrmm.report.masking import FEWEST, MARK, NOTE, mask_parts
from rrmm.report.provenance import clean
from rrmm.report.shown import Shown
from rrmm.report.slides import Item, Kind, method, places


@dataclass(frozen=True)
class Heading:
    """level: 1 for a part, 2 for a view."""

    text: str
    level: int = 1


@dataclass(frozen=True)
class Paragraph:
    """look: "" for the text, "finding" for a result, "small" for captions and caveats."""

    text: str
    look: str = ""


@dataclass(frozen=True)
class Table:
    """Texts, the header first; numbers are right-aligned from the second column."""

    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture of a view; alt says in words what it shows."""

    kind: images.Kind
    view: Explore
    footer: str
    alt: str
    mask: bool

    def render(self, form: images.Format, width: int = images.WIDTH) -> bytes:
        """The picture as a file's bytes."""
        tall = {"survival": 520 + 32 * max(len(self.view.groups) - 2, 0), "response": None, "forest": 420}[self.kind]
        spec, data = images.picture(self.kind, self.view, self.footer, height=tall, mask=self.mask)
        return images.render(spec, data, form, width)


@dataclass(frozen=True)
class Code:
    """A script that makes a result; for the web page, where it can be folded away and copied."""

    title: str
    text: str


Block = Heading | Paragraph | Table | Picture | Code


def title(cohort: Cohort) -> str:
    """The report's title."""
    return f"{provenance.name_of(cohort)}: report"


def blocks(items: Sequence[Item], cohort: Cohort, convention: Convention | None = None, *, mask: bool = False) -> Iterator[Block]:
    """All blocks in order. KeyError for a comparison by a column that the cohort does not have."""
    convention = convention or Convention()
    picks = [item[0] for item in items] or [Picks()]
    yield Paragraph(
        f"{provenance.footer(cohort)}. Made by rrmm {provenance.versions()['rrmm']}; fingerprint of the data "
        f"{cohort.fingerprint}.",
        "small",
    )
    if cohort.fictitious:
        yield Paragraph("This cohort is fictitious: no patient is real.", "finding")
    yield from _overview(cohort, convention, mask)
    for (pick, own, kind), nth in zip(items, places(items), strict=True):
        yield from _view(explore(cohort, pick, convention), cohort, pick, own, kind, nth, mask)
    yield Heading("Methods")
    yield from (Paragraph(text) for text in methods.paragraphs(picks, convention, mask=mask))
    yield Heading("Definitions")
    yield Table("", ("Term", "Definition"), tuple(methods.definitions(picks)))
    yield Heading("Settings, versions and data")
    yield Table("", ("Setting", "Value"), tuple(methods.settings(picks[0], convention, mask=mask)))
    yield Table("", ("Software", "Version"), tuple(provenance.versions().items()))
    yield Table("", ("Data", ""), tuple(_data(cohort)))


def scripts(items: Sequence[Item], cohort: Cohort, convention: Convention | None = None) -> Iterator[Heading | Paragraph | Code]:
    """The code of each view, views of the same choices once."""
    yield Heading("Code")
    yield Paragraph(
        "Each script prints the numbers of a view from cohort.csv, the cleaned export "
        "(python -m rrmm clean FILE --out DIR). Where it also reads columns.csv, the app's download of the code holds it.",
        "small",
    )
    for picks in dict.fromkeys(item[0] for item in items):
        view = explore(cohort, picks, convention)
        name = f"{view.endpoint.label}{_compared(view)}"
        yield Code(f"Python: {name}", code.python_code(cohort, picks, convention))
        yield Code(f"R: {name}", code.r_code(cohort, picks, convention))


def _overview(cohort: Cohort, convention: Convention, mask: bool) -> Iterator[Block]:
    views = {key: explore(cohort, Picks(endpoint=key), convention) for key in ENDPOINTS}
    yield Heading("The cohort")
    yield Paragraph(Shown(views["pfs"], mask).response_finding(), "finding")
    for view in views.values():
        shown = Shown(view, mask)
        yield Paragraph(shown.refused or shown.finding(), "finding")
    follow = views["os"].followup
    if math.isfinite(follow.estimate):
        yield Paragraph(
            f"Median follow-up was {formatting.months(follow.estimate)} months ({sentences.LEVEL} "
            f"{formatting.months(follow.conf_low)}–{formatting.months(follow.conf_high)}, reverse Kaplan-Meier).",
            "finding",
        )
    yield baseline_table(cohort, mask)
    if mask:
        yield Paragraph(NOTE, "small")


def baseline_table(cohort: Cohort, mask: bool) -> Table:
    """Table 1 of everybody. Masked: counts as elsewhere, and no range, as its ends are single patients."""
    found = baseline(cohort, Picks())
    masked = _masked_levels(found.rows)
    rows = []
    for row in found.rows:
        value, missing = row.cells[0].value, row.cells[0].missing
        if isinstance(value, Spread):
            text = tables.spread(value, row.of.decimals)
            if mask and value.n:
                text = MARK if value.n < FEWEST else text.split(" (")[0]
        else:
            text = tables.share(value)
            if mask and masked[row.of.key].pop(0):
                text = MARK
        name = tables.name_of(row).replace(", median (range)", ", median") if mask else tables.name_of(row)
        rows.append((clean(name, 120), text, str(missing)))
    return Table(
        "Table 1. Characteristics",
        ("Characteristic", f"All patients (n = {cohort.n})", "Unknown"),
        tuple(rows),
    )


def _masked_levels(rows: Sequence[Row]) -> dict[str, list[bool]]:
    """Characteristic -> which of its lines to mask: its counts and the rest add up to those with a known value."""
    counts: dict[str, list[Proportion]] = {}
    for row in rows:
        value = row.cells[0].value
        if isinstance(value, Proportion):
            counts.setdefault(row.of.key, []).append(value)
    found = {}
    for key, values in counts.items():
        rest = values[0].n - sum(value.x for value in values)
        hidden = mask_parts([*(value.x for value in values), max(rest, 0)])
        found[key] = hidden[:-1]
    return found


def _view(view: Explore, cohort: Cohort, picks: Picks, own: str, kind: Kind, nth: int | None, mask: bool) -> Iterator[Block]:
    shown = Shown(view, mask)
    parts: tuple[images.Kind, ...] = ("survival", "response", "forest") if kind == "explore" else (kind,)
    refused = shown.refused_population if kind == "forest" else shown.refused
    yield Heading(clean(own, 200) or f"{view.endpoint.long_label}{_compared(view)}", 1)
    if refused:
        yield Paragraph(refused)
        return
    for part in parts:
        footer = provenance.footer(cohort, method(view, part), n=shown.cohort())
        if part == "forest":
            yield Paragraph(sentences.forest_headline(view) + ".", "finding")
            yield Picture(part, view, footer, sentences.forest_headline(view), mask)
            yield _forest_table(shown)
            continue
        sentence = shown.finding() if part == "survival" else shown.response_finding()
        yield Paragraph(sentence, "finding")
        yield Picture(part, view, footer, sentence, mask)
        yield _survival_table(shown) if part == "survival" else _response_table(shown)
    if kind != "forest":
        yield Paragraph(f"{shown.compared()} patients in this comparison; {shown.left_out()}.", "small")
        for text in shown.caveats(ph.ph_p(view), nth):
            yield Paragraph(text, "small")
    if shown.note:
        yield Paragraph(shown.note, "small")


def _compared(view: Explore) -> str:
    return f" by {sentences.by(view)}" if len(view.groups) > 1 else ""


def _survival_table(shown: Shown) -> Table:
    view = shown.view
    rows = []
    for at, group in enumerate(view.groups):
        rate, low, high = group.rate
        rows.append(
            (
                clean(group.label, 80),
                shown.n(at),
                shown.events(at),
                formatting.months_interval(group.median.estimate, group.median.conf_low, group.median.conf_high),
                f"{formatting.percent(rate)} ({formatting.percent_interval(low, high)})"
                if math.isfinite(rate)
                else formatting.DASH,
                _ratio(view, at),
            )
        )
    header = (
        "Group",
        "n",
        "Events",
        "Median, months (95 % CI)",
        f"At {RATE_MONTH} months (95 % CI)",
        "Hazard ratio (95 % CI), p",
    )
    caption = f"{view.endpoint.long_label}{_compared(view)}"
    if len(view.groups) > 1:
        caption += f"; log-rank {formatting.p_value(view.logrank_p)}"
    return Table(caption, header, tuple(rows))


def _ratio(view: Explore, at: int) -> str:
    if len(view.groups) < 2:
        return formatting.DASH
    if at == 0:
        return "reference"
    hr = next((each for each in view.ratios if each.group == at), None)
    if hr is None or not math.isfinite(hr.hr):
        return "not estimable" + (f": {hr.reason}" if hr is not None and hr.reason else "")
    return f"{formatting.ratio_interval(hr.hr, hr.conf_low, hr.conf_high)}, {formatting.p_value(hr.p_value)}"


def _response_table(shown: Shown) -> Table:
    response = shown.view.response
    names = [name for name, _ in shown.depth(0)]
    rows = [
        (
            clean(group.label, 80),
            shown.response_n(at),
            shown.rate(at),
            *(MARK if count is None else str(count) for _, count in shown.depth(at)),
        )
        for at, group in enumerate(response.groups)
    ]
    caption = f"Best response; {response.convention.text}"
    if len(response.groups) > 1:
        caption += f"; {response.test} {formatting.p_value(response.p_value)}"
    return Table(caption, ("Group", "n", "Overall response (95 % CI)", *names), tuple(rows))


def _forest_table(shown: Shown) -> Table:
    rows = []
    for row in shown.view.forest:
        hr = row.hr
        said = (
            formatting.ratio_interval(hr.hr, hr.conf_low, hr.conf_high)
            if math.isfinite(hr.hr)
            else (f"not estimable{': ' + hr.reason if hr.reason else ''}")
        )
        rows.append(
            (
                f"{row.label}: {row.levels[1]} v {row.levels[0]}",
                shown.forest(row),
                said,
                formatting.p_number(row.logrank_p),
                formatting.p_number(row.q_value),
                str(row.unknown),
            )
        )
    return Table(
        f"{shown.view.endpoint.long_label} by subgroup",
        ("Subgroup", "Events/n", "Hazard ratio (95 % CI)", "p (log-rank)", "q", "Unknown"),
        tuple(rows),
    )


def _data(cohort: Cohort) -> Iterator[tuple[str, str]]:
    found = [issue.severity for issue in cohort.issues]
    yield "Cohort", provenance.name_of(cohort)
    yield "Patients", str(cohort.n)
    yield "Date of the data", provenance.data_date(cohort)
    yield "Fingerprint", cohort.fingerprint
    yield "Columns understood", str(len(cohort.mapping))
    for kind, words in (("error", "Not understood"), ("warning", "To look at"), ("info", "Notes")):
        yield words, str(found.count(kind))
