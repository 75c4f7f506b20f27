"""From the bytes of a file to typed, checked, protected columns: the whole way in."""

from __future__ import annotations

import datetime as dt
import functools
import gc
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ParamSpec, TypeVar

import pandas as pd

from rrmm.intake import adverse_events, hostile, privacy, redcap, tables
from rrmm.intake.containers import read_container
from rrmm.intake.issues import Issue, Refused
from rrmm.intake.patient_rows import COUNTERS
from rrmm.intake.raw import RawTable
from rrmm.intake.words import known_header, plain
from rrmm.schema import VARIABLES


@dataclass(frozen=True, eq=False)
class Loaded:
    """What was read of a file.

    frame: typed canonical columns the file had, n rows in file order. extras: other columns under their
        headers.
    rows: ``sheet`` and ``row`` of each patient as the file shows them. mapping: canonical name -> source
        header.
    read: how it was read (file, container, sheets, header row, what was left out; see :func:`load`).
    adverse_events: one row an event, or None. table, proposal: the protected cells and the proposed mapping,
        for the
    wizard; they hold no personal columns. questions: what the user has to decide; answers go into
    ``choices``.
    """

    frame: pd.DataFrame
    extras: pd.DataFrame
    rows: pd.DataFrame
    mapping: dict[str, str]
    issues: tuple[Issue, ...]
    read: dict[str, Any]
    adverse_events: pd.DataFrame | None = None
    table: RawTable | None = field(default=None, repr=False)
    proposal: Any = field(default=None, repr=False)
    questions: tuple[Any, ...] = ()


class NothingRecognised(Refused):
    """No column could be told; the wizard can still ask: ``table``, ``proposal`` and ``sheets`` are what it needs."""

    def __init__(self, table: RawTable, proposal: Any, sheets: Sequence[Mapping[str, Any]] = ()) -> None:
        headers = ", ".join(f"'{header[:30]}'" for header in table.headers[:6])
        super().__init__(
            f"None of the columns was recognised as one of a myeloma cohort (found: {headers}); please "
            "assign the columns, or use the template."
        )
        self.table, self.proposal = table, proposal
        self.sheets = tuple(str(each["sheet"]) for each in sheets)


P = ParamSpec("P")
T = TypeVar("T")


def _uncollected(read: Callable[P, T]) -> Callable[P, T]:
    """Hold the cyclic garbage collector while reading: millions of new cells would make it walk them again and again."""
    @functools.wraps(read)
    def reading(*args: P.args, **kwargs: P.kwargs) -> T:
        was_on = gc.isenabled()
        gc.disable()
        try:
            return read(*args, **kwargs)
        finally:
            if was_on:
                gc.enable()
    return reading


@_uncollected
def load(
    data: bytes,
    filename: str,
    *,
    mapping: Any = None,
    password: str | None = None,
    choices: Mapping[str, Any] | None = None,
    companion: bytes | None = None,
    today: dt.date | None = None,
) -> Loaded:
    """Read a cohort from the bytes of a file.

    mapping: a saved mapping (JSON text, or what it parses to) or a dict canonical name -> source header; None
        takes
        the proposed one. password: for a locked workbook. choices: overrule what was found: ``sheet``,
        ``header_row``,
        ``transposed``, ``encoding``, ``separator``, ``keep`` (headers of columns not to be dropped as
        personal),
        ``ids`` ("keep" or "replace"), and what :func:`rrmm.intake.values.coerce` asks.
    companion: a REDCap data dictionary that belongs to the file.
    Raises Refused with one sentence; PasswordNeeded (a Refused) when the workbook is locked.
    Nothing is written to disk.
    """
    from rrmm.intake import checks, values
    from rrmm.intake import mapping as mappings

    choices = dict(choices or {})
    today = today or dt.date.today()
    book = read_container(data, filename, password=password, choices=choices)
    dictionary = redcap.read_dictionary(companion) if companion else None
    found = tables.find(book, choices, dictionary)
    patients, said = hostile.cut_long_texts(found.patients)
    shield = privacy.protect(patients, choices)
    table = shield.table
    proposal = mappings.propose(table)
    assigned = _assigned(mapping, table, proposal)
    proposed = list(proposal.issues)
    if mapping is None and shield.id_header and "patient_id" not in assigned:
        settled = _only_id(table, shield.id_header)
        if shield.pseudonymised or settled:
            assigned["patient_id"] = shield.id_header
            label = VARIABLES["patient_id"].label
            proposed = [
                said for said in proposed if not (said.rule == "mapping_conflict" and f"could be {label}" in said.message)
            ]
    if not assigned:
        raise NothingRecognised(table, proposal, found.considered)
    coerced = values.coerce(table, assigned, choices, today=today)
    rows = pd.DataFrame({"sheet": [table.sheet_of(at) for at in range(table.n)], "row": table.row_numbers})
    issues = [
        *book.notes,
        *found.issues,
        *said,
        *table.notes,
        *shield.issues,
        *proposed,
        *coerced.issues,
    ]
    frame, said = privacy.age_from_birth(coerced.frame, shield, datemode_1904=table.datemode_1904, today=today)
    issues += said
    sources = {name: header for name, header in assigned.items() if header in table.headers}
    frame, said, set_aside = checks.check(frame, rows, sources, today, extras=coerced.extras)
    issues += said
    kept, place = _without(set_aside, len(rows))
    events = None
    if found.events is not None:
        source, said = privacy.scrub_events(found.events, shield)
        issues += said
        linked = [place[at] if at >= 0 else -1 for at in found.event_patients]
        start = frame["start_date"] if "start_date" in frame else pd.Series(pd.NaT, index=frame.index)
        events, said = adverse_events.read_events(
            source,
            linked,
            start.iloc[kept].reset_index(drop=True),
            datemode_1904=table.datemode_1904,
            today=today,
        )
        issues += said
    frame, extras, rows = (part.iloc[kept].reset_index(drop=True) for part in (frame, coerced.extras, rows))
    if events is not None:
        frame, said = adverse_events.fill_grades(frame, events)
        issues += said
    read = {
        "file": filename,
        "container": book.kind,
        **book.about,
        "sheets": found.considered,
        "hidden_sheets": len(book.hidden_sheets),
        "sheet": table.sheet,
        "rows": table.n,
        "patients": len(frame),
        "set_aside": len(set_aside),
        "header_row": table.header_row,
        "header_rows": list(found.header_rows),
        "transposed": found.transposed,
        "datemode_1904": table.datemode_1904,
        "unmapped": [str(name) for name in extras.columns],
        "conversions": [row._asdict() for row in coerced.conversions],
        "pseudonymised": shield.pseudonymised,
        "dropped": list(shield.dropped),
        "emptied_cells": shield.emptied,
        "adverse_events": None if events is None else len(events),
    }
    return Loaded(frame, extras, rows, sources, tuple(issues), read, events, table, proposal, tuple(coerced.questions))


def _only_id(table: RawTable, header: str) -> bool:
    """Whether all other columns that could be the ID add nothing to it: they count rows, hold the same in every row (a
    study's number), or are the same ID written in another way."""
    own = list(map(str, table.column(header)))
    others = [other for other in table.headers if known_header(other) == "patient_id" and other != header]
    return all(
        plain(other) in COUNTERS
        or len(set(map(str, table.column(other)))) == 1
        or len(set(zip(own, map(str, table.column(other)), strict=True))) == len(set(own))
        for other in others
    )


def _without(set_aside: Any, n: int) -> tuple[list[int], list[int]]:
    """Places that stay, and for each of the n rows its new place (-1 where set aside)."""
    out = set(map(int, set_aside))
    kept = [at for at in range(n) if at not in out]
    place = [-1] * n
    for new, old in enumerate(kept):
        place[old] = new
    return kept, place


def _assigned(mapping: Any, table: RawTable, proposal: Any) -> dict[str, str]:
    """Canonical name -> header: what was given, else what is proposed."""
    from rrmm.intake import mapping as mappings

    if mapping is None:
        return dict(proposal.mapping)
    if isinstance(mapping, str | bytes):
        try:
            mapping = mappings.from_json(mapping)
        except ValueError as problem:
            raise Refused(str(problem)) from None
    given = getattr(mapping, "mapping", mapping)
    fitting = mappings.apply_saved(given, table.headers)
    # What the file lacks stays in: it is reported column by column.
    return {**given, **fitting} if fitting else {}


__all__ = ["Loaded", "NothingRecognised", "Refused", "load"]
