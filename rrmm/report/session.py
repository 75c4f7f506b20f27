"""A saved session: what was chosen, how columns were mapped, which views were collected. No patient data.

Headers of the file stand in it (a mapping is about headers, and a comparison by a column names it); values of cells do not.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from types import MappingProxyType
from typing import Any, get_args

from rrmm import __version__
from rrmm.analyses.proportions import Method
from rrmm.analyses.response import Convention
from rrmm.picks import Picks, link_values
from rrmm.report.provenance import clean
from rrmm.report.slides import KINDS, Item

FORMAT, VERSION = "rrmm-session", 1
MOST_BYTES, MOST_VIEWS, MOST_COLUMNS, MOST_TITLE, MOST_HEADER = 400_000, 200, 500, 220, 500
NOT_A_SESSION = "This is not a saved session of rrmm."


@dataclass(frozen=True)
class Session:
    """picks: the view that was open. mapping: canonical name -> header. collection: the views of the presentation."""

    picks: Picks = field(default_factory=Picks)
    convention: Convention = field(default_factory=Convention)
    mapping: Mapping[str, str] = field(default_factory=dict)
    collection: tuple[Item, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "mapping", MappingProxyType(dict(self.mapping)))
        object.__setattr__(self, "collection", tuple(self.collection))


def to_json(session: Session) -> str:
    """The session as JSON text, the same text for the same session."""
    views = [{"picks": asdict(picks), "title": title, "kind": kind} for picks, title, kind in session.collection]
    return json.dumps(
        {
            "format": FORMAT,
            "version": VERSION,
            "rrmm": __version__,
            "picks": asdict(session.picks),
            "convention": asdict(session.convention),
            "mapping": dict(session.mapping),
            "collection": views,
        },
        ensure_ascii=False,
        indent=1,
        sort_keys=True,
    )


def from_json(text: str | bytes) -> Session:
    """Inverse of :func:`to_json`. ValueError with a sentence for anything else."""
    if len(text) > MOST_BYTES:
        raise ValueError(f"{NOT_A_SESSION} It is too large.")
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{NOT_A_SESSION} It is not JSON.") from error
    if not isinstance(raw, dict) or raw.get("format") != FORMAT:
        raise ValueError(NOT_A_SESSION)
    if raw.get("version") != VERSION:
        raise ValueError("This session was saved by another version of rrmm and can't be read by this one.")
    views = raw.get("collection", [])
    if not isinstance(views, list) or len(views) > MOST_VIEWS:
        raise ValueError(f"{NOT_A_SESSION} Its collection of views can't be read.")
    return Session(
        _picks(raw.get("picks", {}), "The open view"),
        _convention(raw.get("convention", {})),
        _mapping(raw.get("mapping", {})),
        tuple(_view(each, at) for at, each in enumerate(views, start=1)),
    )


def _picks(raw: Any, where: str) -> Picks:
    try:
        return Picks.from_json(json.dumps(raw))
    except (ValueError, TypeError) as error:
        raise ValueError(f"{where} of this session can't be read: {str(error)[:200]}") from error


def _convention(raw: Any) -> Convention:
    good = isinstance(raw, dict) and set(raw) <= {"nonevaluable_counts", "ncr_is_cr", "interval"}
    if not good or raw.get("interval", "clopper-pearson") not in get_args(Method):
        raise ValueError("The settings of this session can't be read.")
    if not all(isinstance(raw.get(name, True), bool) for name in ("nonevaluable_counts", "ncr_is_cr")):
        raise ValueError("The settings of this session can't be read.")
    return Convention(**raw)


def _mapping(raw: Any) -> dict[str, str]:
    from rrmm.schema import VARIABLES

    good = (
        isinstance(raw, dict)
        and len(raw) <= MOST_COLUMNS
        and all(
            name in VARIABLES and isinstance(header, str) and len(header) <= MOST_HEADER for name, header in raw.items()
        )
    )
    if not good:
        raise ValueError("The mapping of columns in this session can't be read.")
    return dict(raw)


def _view(raw: Any, at: int) -> Item:
    where = f"View {at}"
    if not isinstance(raw, dict) or raw.get("kind") not in KINDS or not isinstance(raw.get("title", ""), str):
        raise ValueError(f"{where} of this session can't be read.")
    return _picks(raw.get("picks", {}), where), clean(raw.get("title", ""), MOST_TITLE), raw["kind"]


def convention_from_url(text: str) -> Convention:
    """The settings of response in a link of the app (``ne``, ``ncr``, ``prop``); the default where it has none."""
    found = link_values(text)

    def on(name: str) -> bool:
        return found.get(name, ["true"])[-1].lower() != "false"

    words = found.get("prop", ["clopper-pearson"])[-1].lower()
    interval: Method = next((each for each in get_args(Method) if each == words), "clopper-pearson")
    return Convention(on("ne"), on("ncr"), interval)
