"""Which column holds which variable: by its header, by words of five languages, and by the evidence in its values.

Conservative on purpose: what two columns could be is asked or warned about, and weak evidence maps nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from rrmm.derive import DTYPES
from rrmm.intake import event_flags, free_text
from rrmm.intake.columns import Column, columns_of, fold
from rrmm.intake.durations import DAYS_PER, TIMES
from rrmm.intake.header_match import ACCEPT, Candidate, candidates_of, sample_of, synonyms, understood
from rrmm.intake.headers import key_of, without_unit, words_of
from rrmm.intake.issues import Issue
from rrmm.intake.plain import read_plain
from rrmm.intake.raw import RawTable
from rrmm.intake.saved_mapping import Saved, apply_saved, from_json, matches, to_json
from rrmm.intake.vocabulary import WORDS, words
from rrmm.schema import VARIABLES


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


def propose(table: RawTable) -> Proposal:
    """The mapping that headers and values suggest."""
    columns = columns_of(table)
    sample = {header: sample_of(column) for header, column in columns.items()}
    candidates = {header: candidates_of(header, sample[header]) for header in table.headers}
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
        rivals = [(header, found) for header, found in rivals if _is_best(found, candidates[header])]
        if rivals:
            _choose(canonical, rivals, columns, table, mapping, conflicts, issues)
    _texts(table, sample, mapping, issues)
    _event_of_the_only_time(table, sample, mapping, issues)
    _by_values(table, sample, candidates, mapping, issues)
    used = set(mapping.values())
    unmapped = tuple(header for header in table.headers if header not in used)
    for header in unmapped:
        _near_miss(header, candidates[header], mapping, table, issues)
    ordered = {name: mapping[name] for name in VARIABLES if name in mapping}
    return Proposal(ordered, candidates, tuple(conflicts), unmapped, tuple(issues))


def _is_best(found: Candidate, all_found: tuple[Candidate, ...]) -> bool:
    """Whether a header fits this variable better than every other."""
    return all(found.score > other.score for other in all_found if other.canonical != found.canonical)


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
        same = [header for header in equal if _same_values(canonical, columns[best], columns[header])]
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
        if same:
            # Of the same times in days and in months, the days are the exact ones.
            best = min([best, *same], key=lambda header: without_unit(header)[1] != VARIABLES[canonical].unit)
            others = [header for header, _ in rivals if header != best]
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


def _same_values(canonical: str, one: Column, other: Column) -> bool:
    """Whether two columns say the same of every patient, each in its own spelling and unit."""
    variable = VARIABLES[canonical]
    dtype = DTYPES[variable.kind]
    readings = [read_plain(variable, column, {}) for column in (one, other)]
    if any(reading.questions for reading in readings):
        return False
    a, b = (
        column.spread(reading.values, dtype) for column, reading in zip((one, other), readings, strict=True)
    )
    if not a.isna().equals(b.isna()) or a.isna().all():
        return False
    if dtype == "float64":
        # Months with one decimal are the same as the days they were rounded from.
        return bool(
            np.allclose(a.dropna(), b.dropna(), rtol=0.01, atol=2.0 / DAYS_PER[variable.unit] if variable.name in TIMES else 1e-9)
        )
    return bool((a.dropna() == b.dropna()).all())


_THERAPY_WORDS, _CYTO_WORDS = words("therapy_headers"), words("cytogenetics_headers")


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
            (not name or name in ("prior_bcma", "prior_lines"))
            and any(word in key for word in _THERAPY_WORDS)
            and free_text.looks_like_drugs(column)
        ):
            if name == "prior_lines":
                del mapping[name]
            _feed(
                header,
                (*free_text.DRUGS, "prior_bcma", *(() if "bcma" in key else ("polychemo_ever",))),
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


def _event_of_the_only_time(
    table: RawTable, sample: Mapping[str, Column], mapping: dict[str, str], issues: list[Issue]
) -> None:
    """In a file with one length of time, a column "event" or "censored" is the event of that time."""
    times = [name for name in ("pfs_days", "os_days") if name in mapping]
    headers = [
        header
        for header in table.headers
        if header not in mapping.values() and key_of(header) in _EVENT_HEADERS
    ]
    if len(times) != 1 or len(headers) != 1:
        return
    name = times[0].replace("_days", "_event")
    if (
        name in mapping
        or understood(sample[headers[0]], read_plain(VARIABLES[name], sample[headers[0]], {})) < 0.9
    ):
        return
    mapping[name] = headers[0]
    issues.append(
        Issue(
            "warning",
            table.sheet,
            None,
            headers[0],
            "mapped_by_context",
            f"Taken as {VARIABLES[name].label}, because {VARIABLES[times[0]].label} is the only length of time. Please check.",
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


_EVENT_HEADERS = frozenset(key_of(header) for header in WORDS["event_headers"])
_NOT_THIS = {name: tuple(words(f"not_{name}")) for name in ("iss", "best_response", "sex")}


def _is_another(name: str, header: str) -> bool:
    """Whether a header says that its values are about something else (an earlier therapy, another staging)."""
    said = set(words_of(header))
    return any(bad in said or (len(bad) > 4 and bad in key_of(header)) for bad in _NOT_THIS[name])


def _by_values(
    table: RawTable,
    sample: Mapping[str, Column],
    candidates: dict[str, tuple[Candidate, ...]],
    mapping: dict[str, str],
    issues: list[Issue],
) -> None:
    """A stage, a response or a sex shows in its values, whatever the header; taken when it is the only such column."""
    for name in ("iss", "best_response", "sex"):
        used = set(mapping.values())
        if name in mapping:
            continue
        fitting = []
        for header in table.headers:
            column = sample[header]
            if header in used or len(column.uniques) < 2 or _is_another(name, header):
                continue
            if any(found.canonical != name and found.score >= 60 for found in candidates[header]):
                continue
            reading = read_plain(VARIABLES[name], column, {})
            if understood(column, reading) >= 0.95 and _telling(name, column, reading):
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
    named = [one for one in found if one.evidence.startswith("known") and one.score < ACCEPT]
    if named and named[0].canonical not in mapping:
        label = VARIABLES[named[0].canonical].label
        text = (
            f"The header names {label}, but its values are yes and no instead of grades; "
            if named[0].evidence.endswith("instead of grades")
            else f"The header names {label}, but most of the values can't be read as that; "
        )
        issues.append(
            Issue(
                "warning",
                table.sheet,
                None,
                header,
                "values_do_not_fit",
                text + "the column is not used for it.",
            )
        )


__all__ = [
    "Candidate",
    "Conflict",
    "Proposal",
    "Saved",
    "apply_saved",
    "from_json",
    "matches",
    "propose",
    "synonyms",
    "to_json",
]
