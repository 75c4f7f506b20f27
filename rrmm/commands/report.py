"""`python -m rrmm report FILE --out DIR`: the cohort's report as slides, Word document and web page."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rrmm.analyses.response import Convention
    from rrmm.cohort import Cohort
    from rrmm.report.slides import Item


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("file", type=Path, help="cohort as a spreadsheet, text table or statistics file")
    parser.add_argument(
        "--out", type=Path, required=True, help="folder for report.pptx, report.docx and report.html"
    )
    parser.add_argument(
        "--picks",
        action="append",
        default=[],
        metavar="VIEW",
        help="a view: a link of the app or its choices as JSON; may be given more than once",
    )
    parser.add_argument(
        "--session", type=Path, help="a saved session (JSON): its mapping, settings and collected views"
    )
    parser.add_argument("--mapping", type=Path, help="a saved mapping of columns (JSON)")
    parser.add_argument("--name", default="", help="name of the cohort; the name of the file otherwise")
    parser.add_argument("--mask", action="store_true", help="mask small numbers")


def run(args: argparse.Namespace) -> int:
    """Write the three files; the exit status. Refusals leave as `Refused`."""
    from rrmm.cohort import build_cohort
    from rrmm.intake import load
    from rrmm.report import session
    from rrmm.report.document import document
    from rrmm.report.html_report import html_report
    from rrmm.report.provenance import clean
    from rrmm.report.slides import deck

    saved = _read(args.session, session.from_json) if args.session else None
    mapping = args.mapping.read_text(encoding="utf-8") if args.mapping else None
    if mapping is None and saved is not None and saved.mapping:
        mapping = dict(saved.mapping)
    loaded = load(args.file.read_bytes(), args.file.name, mapping=mapping)
    cohort = build_cohort(loaded, clean(args.name, 80) or args.file.stem)
    items, convention = views(args.picks, cohort)
    if saved is not None:
        convention = convention or saved.convention
        items = items or list(saved.collection)
    items = items or standard(cohort)
    made = {
        "report.pptx": deck(items, cohort, convention, mask=args.mask),
        "report.docx": document(items, cohort, convention, mask=args.mask),
        "report.html": html_report(items, cohort, convention, mask=args.mask),
    }
    args.out.mkdir(parents=True, exist_ok=True)
    for name, data in made.items():
        (args.out / name).write_bytes(data)
    return 0


def _read(path: Path, reader):  # type: ignore[no-untyped-def]
    from rrmm.intake.issues import Refused

    try:
        return reader(path.read_bytes())
    except ValueError as reason:
        raise Refused(str(reason)) from reason


def views(texts: list[str], cohort: Cohort) -> tuple[list[Item], Convention | None]:
    """The views asked for, and the settings of the last link among them. Refused with a sentence for unknown ones."""
    from rrmm.intake.issues import Refused
    from rrmm.picks import Picks, population
    from rrmm.report.session import convention_from_url
    from rrmm.subgroups import column_choices, group

    items: list[Item] = []
    convention = None
    for text in texts:
        try:
            if text.lstrip().startswith("{"):
                picks = Picks.from_json(text)
            else:
                picks = Picks.from_url(text, column_choices(cohort))
                convention = convention_from_url(text)
            group(cohort, picks.compare, picks.cut_of)
            population(cohort, picks)
        except KeyError as reason:
            raise Refused("The view compares by a column that this cohort does not have.") from reason
        except ValueError as reason:
            raise Refused(str(reason)) from reason
        items.append((picks, "", "explore"))
    return items, convention


def standard(cohort: Cohort) -> list[Item]:
    """What a report shows when nothing is asked for: every endpoint, response, and the subgroups."""
    from rrmm.endpoints import ENDPOINTS
    from rrmm.picks import Picks

    have = [key for key, entry in ENDPOINTS.items() if cohort.has(entry.time) and cohort.has(entry.event)]
    items: list[Item] = []
    if cohort.has("responder"):
        items.append((Picks(), "", "response"))
    items += [(Picks(endpoint=key), "", "survival") for key in have]
    items += [(Picks(endpoint=key), "", "forest") for key in have if key != "dor"]
    return items
