"""Workbooks (xlsx, xlsm, xlsb, xls, ods) through calamine, in a child process with limits."""

from __future__ import annotations

import datetime as dt
import json
import marshal
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from rrmm.intake import hostile
from rrmm.intake.containers.book import Book, Sheet
from rrmm.intake.issues import Issue, Refused, Severity

CHILD = Path(__file__).with_name("_child.py")
DAMAGED = (
    "The workbook can't be read: it is damaged or not what its name says. Save it again in Excel or LibreOffice "
    "and load that copy."
)
TOO_SLOW = f"Reading the workbook took longer than {hostile.MAX_SECONDS} seconds and was stopped."
TOO_BIG = (
    "Reading the workbook would need more than 1 GB of memory: it holds far more cells than a table of "
    "patients. Delete what is not needed and load it again."
)


WAITING = 3
"""The limit is on the child's own time; a busy server may need this many times as long on the clock."""


class Overflowed(Exception):
    """The child ran out of memory, or was ended for it."""


def read_workbook(data: bytes, kind: str) -> Book:
    """All visible sheets of a workbook. kind: "xlsx", "xlsm", "xlsb", "xls" or "ods".

    Hidden sheets, comments and macros are not read, and said. Raises Refused.
    """
    notes: list[Issue] = []
    try:
        answer = run_child(data)
    except Overflowed:
        from rrmm.intake.containers.far_cells import without_far_cells

        data, left_out = without_far_cells(data, kind)
        notes += left_out
        try:
            answer = run_child(data)
        except Overflowed:
            raise Refused(TOO_BIG) from None
    hostile.check_sheets(answer["count"])
    facts = answer["facts"]
    per_sheet = facts.get("sheets", {})
    sheets = []
    for entry in answer["sheets"]:
        sheet_facts = per_sheet.get(entry["name"], {})
        sheets.append(_sheet(entry, sheet_facts))
        notes += _sheet_notes(entry["name"], sheet_facts)
        if "too_large" in entry:
            rows, columns = entry["too_large"]
            raise Refused(
                f"The sheet '{entry['name']}' has {rows:,} rows and {columns:,} columns; up to "
                f"{hostile.MAX_ROWS:,} rows and {hostile.MAX_COLUMNS:,} columns can be read."
            )
    notes += _book_notes(answer, facts)
    return Book(kind, tuple(sheets), tuple(notes), tuple(answer["hidden"]), bool(facts.get("date1904")))


def run_child(
    data: bytes,
    seconds: int = hostile.MAX_SECONDS,
    memory: int = hostile.MAX_MEMORY,
    *,
    kind: str = "workbook",
    damaged: str = DAMAGED,
) -> dict[str, Any]:
    """What the child read; Overflowed when memory was not enough, Refused for everything else."""
    limits = {
        "kind": kind,
        "memory": memory,
        "seconds": seconds,
        "max_rows": hostile.MAX_ROWS,
        "max_columns": hostile.MAX_COLUMNS,
        "max_sheets": hostile.MAX_SHEETS,
    }
    command = [sys.executable, "-I", str(CHILD)]
    try:
        done = subprocess.run(
            command,
            input=json.dumps(limits).encode() + b"\n" + data,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=WAITING * seconds,
            check=False,
            env=_environment(),
        )
    except subprocess.TimeoutExpired:
        raise Refused(TOO_SLOW) from None
    if done.returncode == -24:  # SIGXCPU
        raise Refused(TOO_SLOW)
    if done.returncode != 0:
        raise Overflowed
    answer = marshal.loads(done.stdout)
    problem = answer.get("error")
    if problem == "memory":
        raise Overflowed
    if problem == "PasswordError" or answer.get("message") == "password":
        from rrmm.intake.containers.encrypted import PasswordNeeded

        raise PasswordNeeded()
    if problem == "TooLarge":
        raise Refused(
            f"The file has too many rows or columns; up to {hostile.MAX_ROWS:,} rows and "
            f"{hostile.MAX_COLUMNS:,} columns can be read."
        )
    if problem:
        raise Refused(damaged)
    return answer


def _environment() -> dict[str, str]:
    """What the child needs of the surroundings: one thread, since each thread reserves memory."""
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "TEMP", "TMP", "LD_LIBRARY_PATH") if name in os.environ}
    return {**kept, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "LANG": "C.UTF-8"}


def _sheet(entry: dict[str, Any], facts: dict[str, Any]) -> Sheet:
    return Sheet(
        name=entry["name"],
        columns=[unpack(column) for column in entry["columns"]],
        row_numbers=entry["rows"],
        first_column=entry["first_column"],
        merged=tuple(entry["merged"]),
        hidden_rows=frozenset(facts.get("hidden_rows", ())),
        hidden_columns=tuple(facts.get("hidden_columns", ())),
    )


def unpack(packed: dict[str, Any]) -> list[object]:
    """Back from plain values: see `pack` in the child."""
    column = packed["plain"]
    known: dict[int, dt.date] = {}
    for kind, make in (
        ("datetime", lambda parts: dt.datetime(*parts)),
        ("time", lambda parts: dt.time(*parts)),
        ("timedelta", lambda parts: dt.timedelta(*parts)),
    ):
        if kind in packed:
            for at, parts in zip(*packed[kind], strict=True):
                column[at] = make(parts)
    if "date" in packed:
        for at, ordinal in zip(*packed["date"], strict=True):
            day = known.get(ordinal)
            if day is None:
                day = known[ordinal] = dt.date.fromordinal(ordinal)
            column[at] = day
    return column


def _sheet_notes(name: str, facts: dict[str, Any]) -> list[Issue]:
    notes = []

    def say(severity: Severity, rule: str, message: str) -> None:
        notes.append(Issue(severity, name, None, "", rule, message))

    if facts.get("n_errors"):
        say(
            "warning",
            "error_cells",
            f"{_cells(facts['n_errors'], facts['errors'])} holds an Excel error such as #N/A or #REF!; read as missing.",
        )
    if facts.get("n_uncached"):
        say(
            "warning",
            "formula_without_result",
            f"{_cells(facts['n_uncached'], facts['uncached'])} holds a formula "
            "without a stored result; read as missing. Open the file in Excel, save it, and load it again.",
        )
    return notes


def _cells(count: int, refs: list[str]) -> str:
    if count == 1:
        return f"Cell {refs[0]}"
    shown = ", ".join(refs[:8]) + (", ..." if count > 8 else "")
    return f"Each of {count} cells ({shown})"


def _book_notes(answer: dict[str, Any], facts: dict[str, Any]) -> list[Issue]:
    notes = []
    if facts.get("macros"):
        notes.append(Issue("info", None, None, "", "macros_ignored", "The workbook holds macros; they were not run."))
    if facts.get("comments"):
        notes.append(Issue("info", None, None, "", "comments_not_read", "Comments on cells were not read."))
    if answer["hidden"]:
        count = len(answer["hidden"])
        notes.append(
            Issue(
                "info",
                None,
                None,
                "",
                "hidden_sheets_not_read",
                f"{count} hidden sheet{'s were' if count > 1 else ' was'} not read. Unhide a sheet to have it read.",
            )
        )
    return notes
