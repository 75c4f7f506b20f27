"""Which rows below a header are patients, and which are totals, subheadings, notes or headers once more."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from rrmm.intake.containers.book import Sheet
from rrmm.intake.issues import Severity
from rrmm.intake.words import CENTRE, TOTAL, known_header, plain

Say = Callable[[Severity, int | None, str, str, str], None]
"""Notes a finding: severity, row, column, rule, message."""


COUNTERS = ("nr", "lfd nr", "no", "n", "lp", "number", "nummer", "laufende nummer")


@dataclass
class Rows:
    kept: list[int]
    centres: list[object]


def patient_rows(sheet: Sheet, headers: list[str], columns: list[int], filled: np.ndarray, body: int, say) -> Rows:
    """Places of the rows that are patients. What is left out is said: totals, subheadings, notes, repeated
    headers.
    """
    mask = filled[columns]
    counts = mask.sum(axis=0) if mask.size else np.zeros(0, dtype=int)
    width = len(columns)
    ids = [p for p in columns if known_header(headers[p]) == "patient_id"]
    # A running number is filled in ahead for patients to come; the ID beside it isn't.
    id_at = next((p for p in ids if plain(headers[p]) not in COUNTERS), ids[0] if ids else None)
    typical = float(np.median(counts[counts > 0])) if (counts > 0).any() else 0.0
    shapes = _shapes(sheet.columns[id_at][body:], counts, typical) if id_at is not None else set()
    kept: list[int] = []
    centres: list[object] = []
    centre: object = None
    has_centre = any(known_header(headers[p]) == "center" for p in columns)
    few = counts <= max(2, 0.25 * typical)
    last_full = int(np.flatnonzero(~few)[-1]) if (~few).any() else -1
    suspicious = few.copy()
    # Totals and repeated headers can be as full as a patient: look for their first words.
    for place in columns[:3]:
        cells = sheet.columns[place][body:]
        for at, value in enumerate(cells):
            if type(value) is str and (TOTAL.match(value) or value == headers[place]):
                suspicious[at] = True
    names = {plain(headers[p]) for p in columns if headers[p]}
    ahead = _numbered_ahead(sheet, id_at, body, counts)
    for at in range(len(counts)):
        if counts[at] == 0:
            continue
        place = body + at
        if not suspicious[at]:
            kept.append(place)
            centres.append(centre)
            continue
        number = sheet.row_numbers[place]
        values: list[tuple[int, object]] = [(p, sheet.columns[p][place]) for p in columns if sheet.columns[p][place] is not None]
        verdict = (
            "leftover"
            if at >= ahead
            else _verdict(values, headers, names, id_at, shapes, width, int(counts[at]), typical, at > last_full)
        )
        if verdict == "patient":
            kept.append(place)
            centres.append(centre)
        elif verdict == "subheading":
            text = str(values[0][1])
            if CENTRE.search(text) and at < last_full:
                centre = text.split(":", 1)[1].strip() if ":" in text else text
            say(
                "info",
                number,
                "",
                "subheading",
                "This row is a subheading or a note; it was not read as a patient.",
            )
        elif verdict == "total":
            say("info", number, "", "total_row", "This row holds totals; it was not read as a patient.")
        elif verdict == "header":
            say(
                "info",
                number,
                "",
                "repeated_header",
                "This row repeats the headers; it was not read as a patient.",
            )
        else:
            say(
                "warning",
                number,
                "",
                "row_without_patient",
                "This row has no patient ID and almost no values; it was not read as a patient. If it is one, give it an ID.",
            )
    use_centres = not has_centre and any(value is not None for value in centres)
    return Rows(kept, centres if use_centres else [])


def _numbered_ahead(sheet: Sheet, id_at: int | None, body: int, counts: np.ndarray) -> int:
    """Where, at the end, at least three rows begin that hold a running number and nothing else."""
    end = len(counts)
    if id_at is None or plain(str(sheet.columns[id_at][body - 1] if body else "")) not in COUNTERS:
        return end
    first = end
    while first > 0 and counts[first - 1] == 1 and isinstance(sheet.columns[id_at][body + first - 1], float | int):
        first -= 1
    return first if end - first >= 3 else end


def _shapes(ids: list[object], counts: np.ndarray, typical: float) -> set[str]:
    """What the ids of full rows look like: digits as 9, letters as A."""
    return {_shape(value) for value, count in zip(ids, counts, strict=True) if value is not None and count >= 0.5 * typical}


def _shape(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return re.sub(r"[^\W\d_]+", "A", re.sub(r"\d+", "9", str(value)))


def _verdict(
    cells: list[tuple[int, object]],
    headers: list[str],
    names: set[str],
    id_at: int | None,
    shapes: set[str],
    width: int,
    count: int,
    typical: float,
    tail: bool,
) -> str:
    texts = [(p, v) for p, v in cells if isinstance(v, str)]
    same = sum(plain(v) == plain(headers[p]) for p, v in texts if headers[p])
    if same >= 2 and same >= 0.6 * len(cells):
        return "header"
    has_id = any(p == id_at for p, _ in cells)
    id_value = next((v for p, v in cells if p == id_at), None)
    if any(TOTAL.match(v) for _, v in texts[:2]) and not (has_id and not (isinstance(id_value, str) and TOTAL.match(id_value))):
        return "total"
    if width < 4:
        return "patient"
    if has_id and _shape(id_value) in shapes:
        return "patient"
    if has_id and tail and shapes and count <= max(2, 0.25 * typical) and isinstance(id_value, str):
        # Below the last full row, and no ID like the others': a legend or a footnote.
        return "subheading"
    if count == 1:
        if texts or id_at is None:
            return "subheading" if texts else "leftover"
        return "leftover" if not has_id else "patient"
    if count <= 2 and len(texts) == count and any(len(v) > 25 or v.endswith(":") for _, v in texts) and not has_id:
        return "subheading"
    if id_at is not None and not has_id:
        return "leftover" if tail or count <= 2 else "patient"
    if id_at is not None and isinstance(id_value, str) and (len(id_value) > 40 or len(id_value.split()) > 3):
        return "subheading"
    return "patient"
