"""From the file to each analysis: how many patients, how many lost where, and why (the STROBE flow
diagram)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rrmm.analyses.explore import eligible, ranked
from rrmm.cohort import Cohort
from rrmm.endpoints import ENDPOINTS
from rrmm.picks import Picks, population
from rrmm.subgroups import group


@dataclass(frozen=True, slots=True)
class Step:
    """One box: who is still in, and the reasons by which patients left before it, each with a count."""

    label: str
    n: int
    left: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class End:
    """One analysis at the end: patients in it, what it is, and who it lacks."""

    label: str
    n: int
    detail: str
    left: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, eq=False)
class Flow:
    """Boxes from top to bottom, then the analyses side by side.

    groups: label and n of the groups compared, empty where nothing is compared.
    """

    steps: tuple[Step, ...]
    groups: tuple[tuple[str, int], ...]
    ends: tuple[End, ...]


def flow(cohort: Cohort, picks: Picks) -> Flow:
    """Count everyone from the file to the endpoints under these choices."""
    steps = []
    set_aside = rows_set_aside(cohort)
    if set_aside:
        total = cohort.n + sum(count for _, count in set_aside)
        steps.append(Step("Rows in the file", total))
        steps.append(Step("Patients in the cohort", cohort.n, set_aside))
    else:
        steps.append(Step("Patients in the cohort", cohort.n))
    people = population(cohort, picks)
    if people.lost:
        left: list[tuple[str, int]] = []
        for label, out, unknown in people.lost:
            left += [(f"{label}: not selected", out), (f"{label}: unknown", unknown)]
        steps.append(Step("Selected", people.n, tuple((label, count) for label, count in left if count)))
    inside = people.mask
    groups: tuple[tuple[str, int], ...] = ()
    if picks.compare != "none":
        grouping = group(cohort, picks.compare, picks.cut_of)
        unknown = grouping.unknown(people.mask)
        inside = people.mask & (grouping.codes >= 0)
        steps.append(
            Step(
                f"Compared by {grouping.label}",
                int(np.count_nonzero(inside)),
                ((f"{grouping.label}: unknown", unknown),) if unknown else (),
            )
        )
        groups = tuple(zip(grouping.levels, (int(x) for x in grouping.counts(people.mask)), strict=True))
    return Flow(tuple(steps), groups, (*_times(cohort, inside), _response(cohort, inside)))


def rows_set_aside(cohort: Cohort) -> tuple[tuple[str, int], ...]:
    """Rows of the file that are no patient of the cohort: what the reader says, by reason."""
    raw = cohort.read.get("set_aside", ())
    if isinstance(raw, int):
        raw = {"repeat of another row in every column": raw} if raw else {}
    pairs = raw.items() if hasattr(raw, "items") else raw
    return tuple((str(reason), int(count)) for reason, count in pairs if int(count))


def _times(cohort: Cohort, inside: np.ndarray) -> list[End]:
    ends = []
    for endpoint in ENDPOINTS.values():
        about = inside & eligible(cohort, endpoint)
        times = ranked(cohort, endpoint)
        usable = about & (times.rank >= 0)
        events = int(np.count_nonzero(usable & (times.event == 1)))
        left = [
            ("without response (PR or better)", int(np.count_nonzero(inside & ~eligible(cohort, endpoint))))
            if endpoint.population
            else ("", 0),
            ("time or event unknown", int(np.count_nonzero(about & ~usable))),
        ]
        if endpoint.population:
            unknown = int(np.count_nonzero(inside & (cohort.flag(endpoint.population) == -1)))
            left = [(left[0][0], left[0][1] - unknown), ("response unknown", unknown), left[1]]
        ends.append(
            End(
                endpoint.long_label,
                int(np.count_nonzero(usable)),
                f"{events} event{'s' * (events != 1)}",
                tuple((label, count) for label, count in left if count),
            )
        )
    return ends


def _response(cohort: Cohort, inside: np.ndarray) -> End:
    responder = cohort.flag("responder")[inside]
    known, yes = int(np.count_nonzero(responder >= 0)), int(np.count_nonzero(responder == 1))
    missing = len(responder) - known
    return End(
        "Response",
        known,
        f"{yes} with PR or better",
        (("best response unknown", missing),) if missing else (),
    )
