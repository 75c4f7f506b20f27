"""Which column holds which variable: by its header, by words of five languages, and by the evidence in its values.

Conservative on purpose: what two columns could be is asked or warned about, and weak evidence maps nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from rrmm.intake import event_flags, free_text
from rrmm.intake.categories import is_stage_three_header
from rrmm.intake.columns import Column, column_of, fold, is_missing_word
from rrmm.intake.headers import key_of, unit_of, without_asides, without_unit, words_of
from rrmm.intake.issues import Issue
from rrmm.intake.raw import RawTable
from rrmm.schema import VARIABLES

ACCEPT = 80.0
"""Lowest score at which a header is taken without the user."""
SAMPLE = 200
FORMAT = "rrmm-mapping"


class Candidate(NamedTuple):
    """A variable that a column could be. score: 0 to 100; evidence: why, in words."""

    canonical: str
    score: float
    evidence: str


class Conflict(NamedTuple):
    """Several headers for one variable. chosen: the header that was taken, "" when none was."""

    canonical: str
    headers: tuple[str, ...]
    chosen: str
    reason: str


@dataclass(frozen=True)
class Proposal:
    """A proposed mapping. mapping: canonical name -> header. candidates: by header, best first.

    conflicts: what the user should look at. unmapped: headers without a variable; they stay usable for grouping.
    issues: what the user has to know of it.
    """

    mapping: dict[str, str]
    candidates: dict[str, tuple[Candidate, ...]]
    conflicts: tuple[Conflict, ...] = ()
    unmapped: tuple[str, ...] = ()
    issues: tuple[Issue, ...] = field(default=())


@cache
def synonyms() -> dict[str, tuple[str, int]]:
    """Every known header key -> (canonical name, score): names first, then labels, then synonyms."""
    found: dict[str, tuple[str, int]] = {}
    more = json.loads((Path(__file__).parent / "synonyms.json").read_text(encoding="utf-8"))
    for score, pick in (
        (100, lambda v: (v.name,)),
        (99, lambda v: (v.label,)),
        (97, lambda v: v.synonyms),
        (97, lambda v: [word for words in more.get(v.name, {}).values() for word in words]),
    ):
        for variable in VARIABLES.values():
            for word in pick(variable):
                found.setdefault(key_of(word), (variable.name, score))
    return found


def propose(table: RawTable) -> Proposal:
    """The mapping that headers and values suggest."""
    columns = {
        header: column_of(
            header,
            table.columns[at],
            table.units[at] if at < len(table.units) else "",
            table.value_labels.get(header),
        )
        for at, header in enumerate(table.headers)
    }
    sample = {header: _sample(column) for header, column in columns.items()}
    candidates = {header: _candidates(header, sample[header]) for header in table.headers}
    mapping: dict[str, str] = {}
    conflicts: list[Conflict] = []
    issues: list[Issue] = []
    for canonical in VARIABLES:
        rivals = [
            (header, found)
            for header in table.headers
            for found in candidates[header]
            if found.canonical == canonical and found.score >= ACCEPT
        ]
        rivals = [(header, found) for header, found in rivals if candidates[header][0].score <= found.score]
        if rivals:
            _choose(canonical, rivals, columns, table, mapping, conflicts, issues)
    _texts(table, sample, mapping, issues)
    _by_values(table, sample, candidates, mapping, issues)
    used = set(mapping.values())
    unmapped = tuple(header for header in table.headers if header not in used)
    for header in unmapped:
        _near_miss(header, candidates[header], mapping, table, issues)
    ordered = {name: mapping[name] for name in VARIABLES if name in mapping}
    return Proposal(ordered, candidates, tuple(conflicts), unmapped, tuple(issues))


def _sample(column: Column) -> Column:
    """At most 200 different cells of a column: enough to see what it holds."""
    if len(column.uniques) <= SAMPLE:
        return column
    import numpy as np

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


def _spellings(header: str) -> list[tuple[str, float]]:
    """The header and what is left of it without unit, bracket and group header, each with what that costs."""
    bare, unit = without_unit(header)
    forms = [(header, 0.0)]
    if unit:
        forms += [(bare, 1.0), (without_asides(bare), 2.0)]
    forms.append((without_asides(header), 2.0))
    if " / " in header:
        last = header.split(" / ")[-1]
        joined = header.replace(" / ", " ")
        forms += [(joined, 0.0), (without_unit(joined)[0], 1.0)]
        if len(key_of(last)) > 3:
            forms += [(last, 4.0), (without_unit(last)[0], 5.0)]
        if unit_of(last):
            forms.append((header.rsplit(" / ", 1)[0], 1.0))
    words = [word for word in words_of(without_asides(header)) if word not in _NOISE]
    forms.append((" ".join(words), 3.0))
    return [(form, cost) for form, cost in forms if key_of(form)]


_NOISE = frozenset(
    ["the", "of", "der", "die", "das", "des", "dem", "den", "de", "la", "le", "les", "du", "del", "at", "bei", "zum", "zu", "vor", "start", "baseline", "max", "maximal", "maximaler", "value", "wert", "ja", "nein", "yes", "no", "jn", "yn", "0", "1", "grad", "grade", "ctcae", "astct", "bl", "t0", "y", "n", "j"]
)


def _candidates(header: str, column: Column) -> tuple[Candidate, ...]:
    """Variables this column could be, best first."""
    found: dict[str, tuple[float, str]] = {}

    def add(name: str, score: float, why: str) -> None:
        if score > found.get(name, (0.0, ""))[0]:
            found[name] = (score, why)

    known = synonyms()
    for form, cost in _spellings(header):
        hit = known.get(key_of(form))
        if hit:
            add(hit[0], hit[1] - cost, "known header" if cost == 0 else f'known header "{form}"')
    for name, score, word in _fuzzy(header):
        add(name, score, f'similar to "{word}"')
    scored = [_with_values(name, score, why, column) for name, (score, why) in found.items()]
    scored += _twins(scored, column)
    best: dict[str, Candidate] = {}
    for candidate in scored:
        if candidate.score > best.get(candidate.canonical, Candidate("", 0, "")).score:
            best[candidate.canonical] = candidate
    return tuple(sorted(best.values(), key=lambda candidate: (-candidate.score, candidate.canonical)))


def _fuzzy(header: str) -> list[tuple[str, float, str]]:
    """Similar known headers. Short words are not compared: one letter makes another abbreviation."""
    from rapidfuzz import fuzz, process

    result: dict[str, tuple[float, str]] = {}
    known = synonyms()
    for form in {key_of(without_asides(without_unit(header)[0])), key_of(header)}:
        if len(form) < 6:
            continue
        for key, score, _ in process.extract(
            form, [key for key in known if len(key) >= 6], scorer=fuzz.ratio, limit=5, score_cutoff=80
        ):
            if any(c.isdigit() for c in key + form) and [c for c in key if c.isdigit()] != [
                c for c in form if c.isdigit()
            ]:
                continue
            if not _same_sense(form, key):
                continue
            value = min(score, 95.0) * 0.96
            if value > result.get(known[key][0], (0.0, ""))[0]:
                result[known[key][0]] = (value, key)
    return [(name, score, word) for name, (score, word) in result.items()]


_TELLING = (
    "datum",
    "date",
    "first",
    "best",
    "erst",
    "last",
    "letzt",
    "prior",
    "grad",
    "kein",
    "no",
    "other",
    "andere",
    "tage",
    "event",
    "ereignis",
    "triple",
    "penta",
    "zweit",
    "second",
    "birth",
    "geburt",
    "ursache",
    "cause",
    "beginn",
    "onset",
    "ende",
    "end",
    "pre",
    "post",
    "nach",
    "vor",
    "non",
    "nicht",
    "un",
    "in",
)


def _same_sense(form: str, key: str) -> bool:
    """Words that change the meaning have to be in both or in neither."""
    return all((word in form) == (word in key) for word in _TELLING if len(word) > 3)


def _with_values(name: str, score: float, why: str, column: Column) -> Candidate:
    """Raise or lower a score by how many of the values can be read as this variable."""
    from rrmm.intake.values import read_plain

    variable = VARIABLES[name]
    if variable.kind in ("id", "text"):
        dates = sum(not isinstance(cell, str | int | float) for cell in column.uniques)
        return Candidate(name, score * (0.3 if dates > len(column.uniques) / 2 else 1.0), why)
    reading = read_plain(variable, column, {})
    share = _understood(column, reading)
    present = sum(
        1 for at in range(len(column.uniques)) if getattr(reading.notes.get(at), "state", "") != "missing"
    )
    if not present:
        return Candidate(name, min(score, 96.0) if score < 90 else score, why + "; the column has no values")
    words = f"{why}; {share:.0%} of its {present} different values can be read as {variable.label}"
    if name in _text_variables() and (
        free_text.looks_like_drugs(column) or free_text.looks_like_fish(column)
    ):
        return Candidate(name, score, words)
    if share >= 0.5:
        penalty = 0.0 if score >= 90 or share >= 0.9 else 10.0
        return Candidate(name, score - penalty, words)
    # A known header whose values say something else is no match.
    return Candidate(name, score * (0.7 if share >= 0.3 else 0.5), words)


def _understood(column: Column, reading: Any) -> float:
    """Share of the filled cells that were understood; what has to be asked counts as understood."""
    total = good = 0
    for at in range(len(column.uniques)):
        note = reading.notes.get(at)
        if note is not None and note.state == "missing":
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
            base = (
                candidate.score if candidate.canonical in ("progression", "death") else candidate.score * 1.9
            )
            result.append(Candidate(other, min(base + 0.5, 90.0), candidate.evidence + "; it holds dates"))
    return result


def _is_date(cell: object) -> bool:
    import datetime as dt

    from rrmm.intake.dates import parse_text

    if isinstance(cell, dt.date):
        return True
    return (
        isinstance(cell, str)
        and len(cell) < 40
        and not cell.isdigit()
        and parse_text(cell, dt.date.today()) is not None
    )


def _choose(
    canonical: str,
    rivals: list[tuple[str, Candidate]],
    columns: Mapping[str, Column],
    table: RawTable,
    mapping: dict[str, str],
    conflicts: list[Conflict],
    issues: list[Issue],
) -> None:
    """One header for a variable: the best, with a word about the others; none when two are equally good."""
    rivals = sorted(rivals, key=lambda pair: -pair[1].score)
    label = VARIABLES[canonical].label
    best, first = rivals[0]
    others = [header for header, _ in rivals[1:]]
    if others:
        equal = [header for header, found in rivals[1:] if first.score - found.score < 1]
        same = [header for header in equal if _same_cells(columns[best], columns[header])]
        if equal and len(same) < len(equal):
            reason = "equally good headers with different values"
            conflicts.append(Conflict(canonical, (best, *others), "", reason))
            issues.append(
                Issue(
                    "error",
                    table.sheet,
                    None,
                    best,
                    "mapping_conflict",
                    f"Several columns could be {label}: "
                    + ", ".join(f'"{h}"' for h in (best, *others))
                    + ". None is used until one is chosen.",
                )
            )
            return
        reason = "the values are the same" if same else "the header fits best"
        conflicts.append(Conflict(canonical, (best, *others), best, reason))
        issues.append(
            Issue(
                "warning",
                table.sheet,
                None,
                best,
                "mapping_conflict",
                f"Several columns could be {label}: "
                + ", ".join(f'"{h}"' for h in (best, *others))
                + f'. "{best}" is used, because {reason}.',
            )
        )
    mapping[canonical] = best
    if first.score < 90 and "similar" in first.evidence:
        issues.append(
            Issue(
                "warning",
                table.sheet,
                None,
                best,
                "mapped_by_similarity",
                f"Taken as {label}: the header is {first.evidence}. Please check.",
            )
        )


def _same_cells(one: Column, other: Column) -> bool:
    if len(one.codes) != len(other.codes):
        return False
    a = [*one.uniques, None]
    b = [*other.uniques, None]
    return all(a[x] == b[y] for x, y in zip(one.codes, other.codes, strict=True))


_THERAPY_WORDS = (
    "therap",
    "bcma",
    "behandl",
    "tratamiento",
    "traitement",
    "leczenie",
    "linie",
    "lines",
    "drug",
    "substanz",
    "medik",
)
_CYTO_WORDS = (
    "fish",
    "zytogen",
    "cytogen",
    "citogen",
    "kariotyp",
    "karyotyp",
    "genetik",
    "genetic",
    "aberration",
)


def _texts(
    table: RawTable, sample: Mapping[str, Column], mapping: dict[str, str], issues: list[Issue]
) -> None:
    """Free text on therapies and FISH feeds several variables; so does a status with a date in it."""
    used = {header: name for name, header in mapping.items()}
    for header in table.headers:
        name = used.get(header, "")
        key = key_of(header)
        column = sample[header]
        if (
            (not name or name in ("prior_bcma", "prior_lines", "other_bcma"))
            and any(word in key for word in _THERAPY_WORDS)
            and free_text.looks_like_drugs(column)
        ):
            if name in ("prior_lines", "other_bcma"):
                del mapping[name]
            _feed(
                header,
                (*free_text.DRUGS, "prior_bcma", "polychemo_ever"),
                mapping,
                table,
                issues,
                "the drugs named in its texts",
            )
        elif (
            (not name or name == "high_risk_cyto")
            and any(word in key for word in _CYTO_WORDS)
            and free_text.looks_like_fish(column)
        ):
            _feed(
                header,
                (*free_text.ABERRATIONS, "high_risk_cyto"),
                mapping,
                table,
                issues,
                "the aberrations named in its texts",
            )
        elif not name and "death" not in mapping and event_flags.is_status_text(column):
            mapping["death"] = header
            issues.append(
                Issue(
                    "warning",
                    table.sheet,
                    None,
                    header,
                    "mapped_by_values",
                    "Taken as Death, because its values are words for dead and alive. Please check.",
                )
            )


def _feed(
    header: str,
    names: Sequence[str],
    mapping: dict[str, str],
    table: RawTable,
    issues: list[Issue],
    what: str,
) -> None:
    taken = [name for name in names if mapping.get(name, header) == header]
    for name in taken:
        mapping[name] = header
    if taken:
        issues.append(
            Issue(
                "info",
                table.sheet,
                None,
                header,
                "mapped_text",
                f"Free text: {', '.join(VARIABLES[name].label for name in taken)} come from {what}.",
            )
        )


_NOT_THIS = {
    "iss": (
        "riss",
        "durie",
        "salmon",
        "r2",
        "ecog",
        "nyha",
        "grad",
        "crs",
        "icans",
        "child",
        "stad2",
        "revised",
        "gvhd",
        "bclc",
        "ds",
    ),
    "best_response": (
        "prior",
        "vor",
        "vorherig",
        "previous",
        "letzte",
        "last",
        "zyklus",
        "cycle",
        "c1",
        "c3",
        "induktion",
        "induction",
        "asct",
        "transplant",
        "car",
        "bcma",
        "linie",
        "line",
        "aktuell",
        "current",
        "monat",
        "month",
        "day",
        "tag",
    ),
    "sex": ("donor", "spender", "arzt", "physician", "partner"),
}


def _by_values(
    table: RawTable,
    sample: Mapping[str, Column],
    candidates: dict[str, tuple[Candidate, ...]],
    mapping: dict[str, str],
    issues: list[Issue],
) -> None:
    """A stage, a response or a sex shows in its values, whatever the header; taken when it is the only such column."""
    from rrmm.intake.values import read_plain

    for name in ("iss", "best_response", "sex"):
        used = set(mapping.values())
        if name in mapping:
            continue
        fitting = []
        for header in table.headers:
            column = sample[header]
            words = set(words_of(header))
            if header in used or len(column.uniques) < 2 or words & set(_NOT_THIS[name]):
                continue
            if any(found.canonical != name and found.score >= 60 for found in candidates[header]):
                continue
            reading = read_plain(VARIABLES[name], column, {})
            if _understood(column, reading) >= 0.95 and _telling(name, column, reading):
                fitting.append(header)
        for header in fitting:
            note = Candidate(name, 75.0, f"its values can be read as {VARIABLES[name].label}")
            candidates[header] = tuple(sorted((*candidates[header], note), key=lambda found: -found.score))
        if len(fitting) == 1:
            mapping[name] = fitting[0]
            issues.append(
                Issue(
                    "warning",
                    table.sheet,
                    None,
                    fitting[0],
                    "mapped_by_values",
                    f"Taken as {VARIABLES[name].label} because of its values; the header does not say so. "
                    "Please check.",
                )
            )
        elif fitting:
            issues.append(
                Issue(
                    "warning",
                    table.sheet,
                    None,
                    fitting[0],
                    "mapping_conflict",
                    f"Several columns look like {VARIABLES[name].label}: "
                    + ", ".join(f'"{header}"' for header in fitting)
                    + ". None is used until one is chosen.",
                )
            )


def _telling(name: str, column: Column, reading: Any) -> bool:
    """Whether the values can hardly be anything else."""
    words = {fold(cell) for cell in column.uniques if isinstance(cell, str)}
    values = {value for value in reading.values if value is not None}
    if name == "iss":
        return len(words & {"i", "ii", "iii"}) >= 2 or any(word.startswith("iss") for word in words)
    if name == "best_response":
        return len(values) >= 3 and bool(values & {"VGPR", "PR", "sCR"})
    return values == {"F", "M"} and not words & {"1", "2", "0"}


def _near_miss(
    header: str,
    found: tuple[Candidate, ...],
    mapping: Mapping[str, str],
    table: RawTable,
    issues: list[Issue],
) -> None:
    """A header that was known, but whose values say something else: said, not mapped."""
    if (
        found
        and found[0].canonical not in mapping
        and 30 <= found[0].score < ACCEPT
        and found[0].evidence.startswith("known")
    ):
        issues.append(
            Issue(
                "warning",
                table.sheet,
                None,
                header,
                "values_do_not_fit",
                f"The header names {VARIABLES[found[0].canonical].label}, but most of the values can't be read "
                "as that; the column is not used for it.",
            )
        )


def is_stage_three(header: str) -> bool:
    """Whether the header asks for stage III, yes or no."""
    return is_stage_three_header(header)


def to_json(proposal: Any, headers: Sequence[str]) -> str:
    """A mapping as JSON for the next file: headers only, no values."""
    chosen = dict(getattr(proposal, "mapping", proposal))
    return json.dumps(
        {
            "format": FORMAT,
            "version": 1,
            "headers": list(headers),
            "mapping": {name: chosen[name] for name in VARIABLES if name in chosen},
        },
        ensure_ascii=False,
        indent=2,
    )


@dataclass(frozen=True)
class Saved:
    """A saved mapping and the headers of the file it was made for."""

    mapping: dict[str, str]
    headers: tuple[str, ...]


def from_json(text: str | bytes) -> Saved:
    """Read a saved mapping. Raises ValueError with a sentence for anything else."""
    if len(text) > 2_000_000:
        raise ValueError("This is no saved mapping: the file is too large.")
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError("This is no saved mapping: it can't be read as JSON.") from None
    if (
        isinstance(data, dict)
        and "mapping" not in data
        and data
        and all(name in VARIABLES and isinstance(header, str) for name, header in data.items())
    ):
        return Saved(dict(data), tuple(dict.fromkeys(data.values())))
    if not isinstance(data, dict) or not isinstance(data.get("mapping"), dict):
        raise ValueError('This is no saved mapping: the entry "mapping" is missing.')
    headers = data.get("headers", list(dict.fromkeys(map(str, data["mapping"].values()))))
    if not isinstance(headers, list) or not all(isinstance(header, str) for header in headers):
        raise ValueError('This is no saved mapping: "headers" has to be a list of texts.')
    for name, header in data["mapping"].items():
        if name not in VARIABLES:
            raise ValueError(f'The saved mapping names a variable that does not exist: "{name[:40]}".')
        if not isinstance(header, str):
            raise ValueError(f"The saved mapping gives no header for {name}.")
    return Saved(dict(data["mapping"]), tuple(headers))


def apply_saved(saved: Saved | Mapping[str, str], headers: Sequence[str]) -> dict[str, str]:
    """The part of a saved mapping whose headers this file has; spelling may differ in case and punctuation."""
    exact = set(headers)
    by_key: dict[str, str] = {}
    for header in headers:
        key = key_of(header)
        by_key[key] = header if key not in by_key else ""
    result = {}
    for name, header in (saved.mapping if isinstance(saved, Saved) else saved).items():
        if name in VARIABLES and header in exact:
            result[name] = header
        elif name in VARIABLES and by_key.get(key_of(header)):
            result[name] = by_key[key_of(header)]
    return result


def matches(saved: Saved, headers: Sequence[str]) -> bool:
    """Whether a saved mapping was made for a file with these headers: then it applies by itself."""
    return set(saved.headers) == set(headers)
