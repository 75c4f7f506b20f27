"""What a column could be: by its header, and by what its values say to that."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator
from functools import cache
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import numpy as np

from rrmm.intake import free_text
from rrmm.intake.columns import ERROR_CELLS, Column, Reading, fold, is_missing_word
from rrmm.intake.dates import parse_text
from rrmm.intake.flags import yes_no
from rrmm.intake.headers import ASIDE, key_of, unit_of, without_asides, without_unit, words_of
from rrmm.intake.plain import read_plain
from rrmm.intake.vocabulary import WORDS, words
from rrmm.schema import VARIABLES

ACCEPT = 80.0
"""Lowest score at which a header is taken without the user."""
SAMPLE = 200
"""Different cells looked at: enough to see what a column holds."""


class Candidate(NamedTuple):
    """A variable that a column could be. score: 0 to 100; evidence: why, in words."""

    canonical: str
    score: float
    evidence: str


_RUNNING = {"nr", "lfdnr", "laufendenummer"}
"""Running numbers: an id only where there is no better one."""


def _all_synonyms() -> Iterator[tuple[str, tuple[str, int]]]:
    """Every header a variable goes by, with its name and score: names first, then labels, then synonyms."""
    more = json.loads((Path(__file__).parent / "synonyms.json").read_text(encoding="utf-8"))
    entries = list(VARIABLES.values())
    for variable in entries:
        yield variable.name, (variable.name, 100)
    for variable in entries:
        yield variable.label, (variable.name, 99)
    for variable in entries:
        for word in (*variable.synonyms, *chain.from_iterable(more.get(variable.name, {}).values())):
            yield word, (variable.name, 92 if key_of(word) in _RUNNING else 97)


@cache
def synonyms() -> dict[str, tuple[str, int]]:
    """Every known header key -> (canonical name, score)."""
    found: dict[str, tuple[str, int]] = {}
    for word, entry in _all_synonyms():
        found.setdefault(key_of(word), entry)
    return found


def sample_of(column: Column) -> Column:
    """At most 200 different cells of a column: enough to see what it holds."""
    if len(column.uniques) <= SAMPLE:
        return column

    step = len(column.uniques) / SAMPLE
    keep = [int(k * step) for k in range(SAMPLE)]
    return Column(
        column.header,
        [column.uniques[k] for k in keep],
        np.arange(SAMPLE),
        column.counts[keep],
        column.unit,
        column.legend,
    )


class _Form(NamedTuple):
    """A way to read a header. left: what was left out of it, when it could change the meaning."""

    words: str
    cost: float
    left: str = ""


def _spellings(header: str) -> list[_Form]:
    """The header and what is left of it without unit, bracket and group header, each with what that costs."""
    choice = re.search(r"\(\s*choice\s*=\s*([^()]+)\)", header)
    if choice:
        # A box of a REDCap checkbox: its own choice is the name.
        return [_Form(choice.group(1), 2.0)]
    bare, unit = without_unit(header)
    asides = " ".join(ASIDE.findall(header))
    forms = [_Form(header, 0.0)]
    if unit:
        forms += [_Form(bare, 1.0), _Form(without_asides(bare), 2.0, asides)]
    forms.append(_Form(without_asides(header), 2.0, asides))
    if " / " in header:
        group, last = header.rsplit(" / ", 1)
        joined = header.replace(" / ", " ")
        # "Progression / Datum" in two header rows is "Datum Progression" in one.
        forms.append(_Form(f"{last} {header.split(' / ')[-2]}", 0.5))
        forms += [_Form(joined, 0.0), _Form(without_unit(joined)[0], 1.0)]
        if len(key_of(last)) > 3:
            forms += [_Form(last, 4.0, group), _Form(without_unit(last)[0], 5.0, group)]
        if unit_of(last):
            forms.append(_Form(group, 1.0))
    left = [word for word in words_of(without_asides(header)) if word not in _NOISE]
    if len(_ANSWERS & set(left)) > 1:
        # "yes/no" is no part of the name; a single "no" is.
        left = [word for word in left if word not in _ANSWERS]
    forms.append(_Form(" ".join(left), 3.0, asides))
    return [form for form in forms if key_of(form.words)]


_NOISE = words("header_noise")
_ANSWERS = words("header_answers")
_CONTEXT = words("other_context")


def candidates_of(header: str, column: Column) -> tuple[Candidate, ...]:
    """Variables this column could be, best first."""
    if len(header) > 300:
        return ()
    found: dict[str, tuple[float, str]] = {}

    def add(name: str, score: float, why: str) -> None:
        if score > found.get(name, (0.0, ""))[0]:
            found[name] = (score, why)

    known = synonyms()
    for form in _spellings(header):
        hit = known.get(key_of(form.words))
        if hit:
            # "Response (prior therapy)" is no response to this one.
            elsewhere = _CONTEXT & set(words_of(form.left)) - set(words_of(form.words))
            if (
                VARIABLES[hit[0]].section == "Prior therapy"
                or known.get(key_of(form.left), ("", 0))[0] == hit[0]
            ):
                elsewhere = frozenset()
            if elsewhere:
                add(hit[0], hit[1] - form.cost - 20.0, f'"{form.words}", but about something else')
            else:
                add(
                    hit[0],
                    hit[1] - form.cost,
                    f'known header "{form.words}"' if form.cost else "known header",
                )
    for name, score, word in _abbreviated(header):
        add(name, score, f'similar to "{word}"')
    for name, score, word in _fuzzy(header):
        add(name, score, f'similar to "{word}"')
    likely = [
        _with_values(name, score, why, column) for name, (score, why) in found.items() if score >= ACCEPT
    ]
    offered = [Candidate(name, score, why) for name, (score, why) in found.items() if score < ACCEPT]
    scored = _twins(likely, column) + offered
    best: dict[str, Candidate] = {}
    for candidate in scored:
        if candidate.score > best.get(candidate.canonical, Candidate("", 0, "")).score:
            best[candidate.canonical] = candidate
    return tuple(sorted(best.values(), key=lambda candidate: (-candidate.score, candidate.canonical)))


def _abbreviated(header: str) -> list[tuple[str, float, str]]:
    """Known headers of which each word is cut short with a dot, as in "BM-Infiltr." or "Progr."."""
    short = [fold(word) for word in re.findall(r"([^\W\d_]{4,})\.", header)]
    said = words_of(without_asides(without_unit(header)[0]))
    if not short or not said:
        return []
    found = {}
    for key, (name, _) in synonyms().items():
        full = _synonym_words()[key]
        if len(full) == len(said) and all(
            word == other or (word in short and other.startswith(word))
            for word, other in zip(said, full, strict=True)
        ):
            found[name] = key
    return [(name, 85.0, word) for name, word in found.items()]


@cache
def _synonym_words() -> dict[str, tuple[str, ...]]:
    return {key_of(word): words_of(word) for word, _ in _all_synonyms()}


def _fuzzy(header: str) -> list[tuple[str, float, str]]:
    """Known headers that differ by a slip of the pen (taken), and those that share most words (only offered).

    Short words are not compared: one letter makes another abbreviation.
    """
    from rapidfuzz import fuzz, process
    from rapidfuzz.distance import DamerauLevenshtein

    result: dict[str, tuple[float, str]] = {}
    known = synonyms()
    long_keys = [key for key in known if len(key) >= 6]
    bare = without_unit(header)[0]
    asides = words_of(" ".join(ASIDE.findall(bare)))
    for form in {key_of(bare if _CONTEXT & set(asides) else without_asides(bare)), key_of(header)}:
        if len(form) < 6:
            continue
        for key, score, _ in process.extract(form, long_keys, scorer=fuzz.ratio, limit=5, score_cutoff=60):
            slips = DamerauLevenshtein.distance(form, key)
            typo = slips <= (1 if len(form) < 10 else 2 if len(form) < 18 else 3)
            typo = typo and form[0] == key[0] and _digits(form) == _digits(key) and _same_sense(form, key)
            value = 89.0 - 2.0 * slips if typo else min(score * 0.75, 70.0)
            if value > result.get(known[key][0], (0.0, ""))[0]:
                result[known[key][0]] = (value, key)
    return [(name, score, word) for name, (score, word) in result.items()]


def _digits(key: str) -> str:
    return "".join(c for c in key if c.isdigit())


_TELLING: list[str] = WORDS["telling"]


def _same_sense(form: str, key: str) -> bool:
    """Words that change the meaning have to be in both or in neither."""
    return all((word in form) == (word in key) for word in _TELLING)


def _with_values(name: str, score: float, why: str, column: Column) -> Candidate:
    """Raise or lower a score by how many of the values can be read as this variable."""
    variable = VARIABLES[name]
    if variable.kind in ("id", "text"):
        dates = sum(not isinstance(cell, str | int | float) for cell in column.uniques)
        return Candidate(name, score * (0.3 if dates > len(column.uniques) / 2 else 1.0), why)
    reading = read_plain(variable, column, {})
    share = understood(column, reading)
    present = sum(
        1 for at in range(len(column.uniques)) if getattr(reading.notes.get(at), "state", "") != "missing"
    )
    if not present:
        return Candidate(name, min(score, 96.0) if score < 90 else score, why + "; the column has no values")
    evidence = f"{why}; {share:.0%} of its {present} different values can be read as {variable.label}"
    if name in _text_variables() and (
        free_text.looks_like_drugs(column) or free_text.looks_like_fish(column)
    ):
        return Candidate(name, score, evidence)
    if variable.kind == "grade" and not _has_grades(column, reading):
        # Yes and no without any grade: as grades, all that happened would be missing.
        return Candidate(name, score * 0.5, evidence + "; yes and no instead of grades")
    if score < 98 and not reading.questions and all(value is None for value in reading.values):
        return Candidate(name, score * 0.5, evidence + "; no value came of it")
    known = score >= 90
    if share >= 0.5 or (known and share >= 0.25) or score >= 98:
        return Candidate(name, score - (0.0 if known or share >= 0.9 else 10.0), evidence)
    # A known header whose values say something else is no match.
    return Candidate(name, score * 0.5, evidence)


def _has_grades(column: Column, reading: Reading) -> bool:
    """Whether a column of grades holds more than yes and no."""
    happened = [
        at
        for at, cell in enumerate(column.uniques)
        if cell is True or (isinstance(cell, str) and yes_no(fold(cell)))
    ]
    return any(value for value in reading.values) or not any(reading.values[at] is None for at in happened)


def understood(column: Column, reading: Reading) -> float:
    """Share of the filled cells that were understood; what has to be asked counts as understood."""
    total = good = 0
    for at in range(len(column.uniques)):
        note = reading.notes.get(at)
        cell = column.uniques[at]
        if note is not None and note.state == "missing":
            continue
        if isinstance(cell, str) and fold(cell) in ERROR_CELLS:
            continue
        count = int(column.counts[at])
        total += count
        good += (
            count
            if note is None or note.state != "failed" or not note.rule or note.severity == "warning"
            else 0
        )
    return good / total if total else 1.0


def _text_variables() -> frozenset[str]:
    return frozenset((*free_text.DRUGS, "prior_bcma", *free_text.ABERRATIONS, "high_risk_cyto"))


_TWINS = {
    "progression": "progression_date",
    "death": "death_date",
    "crs_grade": "crs_onset_date",
    "icans_grade": "icans_onset_date",
    "infection_grade": "infection_onset_date",
    "best_response": "best_response_date",
}


def _twins(scored: list[Candidate], column: Column) -> list[Candidate]:
    """A column named for an event that holds only dates is the date of it, and the other way round."""
    if not any(candidate.canonical in _TWINS for candidate in scored):
        return scored
    dates = sum(int(column.counts[at]) for at, cell in enumerate(column.uniques) if _is_date(cell))
    total = sum(
        int(column.counts[at])
        for at, cell in enumerate(column.uniques)
        if not (isinstance(cell, str) and is_missing_word(fold(cell)))
    )
    result = []
    for candidate in scored:
        other = _TWINS.get(candidate.canonical)
        if other and total and dates >= 0.8 * total and candidate.score > 30:
            event = candidate.canonical in ("progression", "death")
            score = candidate.score if event else candidate.score * 1.4
            result.append(Candidate(other, min(score, 96.0), candidate.evidence + "; it holds dates"))
            if event:
                # A date of the event also says that it happened; the flag would lose the "no" of a blank.
                result.append(candidate._replace(score=ACCEPT - 1))
        else:
            result.append(candidate)
    return result


def _is_date(cell: object) -> bool:
    if isinstance(cell, dt.date):
        return True
    return (
        isinstance(cell, str)
        and len(cell) < 40
        and not cell.isdigit()
        and parse_text(cell, dt.date.today()) is not None
    )
