"""Everything the Explore page shows for one Picks, computed at once from the same table of counts.

One object, so the hazard ratio beside the curve and the one in the forest can't differ. Live path: numpy only,
a few milliseconds for a hundred patients.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from rrmm import DAYS_PER_MONTH
from rrmm.analyses.counts import EventTable, Ranked, event_table, rank_times
from rrmm.analyses.crossing import crossing_remarks
from rrmm.analyses.hazard_table import HazardRatio, cox_from_table
from rrmm.analyses.km import Curves, Quantile, followup, kaplan_meier, quantile, survival_at
from rrmm.analyses.logrank import logrank
from rrmm.analyses.multiplicity import benjamini_hochberg
from rrmm.analyses.response import Convention, Response, response_by
from rrmm.cohort import Cohort
from rrmm.endpoints import ENDPOINTS, Endpoint
from rrmm.picks import Picks, Population, population
from rrmm.results import Remark
from rrmm.subgroups import SUBGROUPS, Grouping, everybody, group, is_outcome

FEW_PATIENTS, FEW_EVENTS = 10, 5
RATE_MONTH = 6
"""Month at which the forest by level shows survival."""


@dataclass(frozen=True, eq=False)
class GroupCurve:
    """One level of the comparison: patients and events behind the curve, and its median."""

    label: str
    n: int
    events: int
    median: Quantile
    rate: tuple[float, float, float]


@dataclass(frozen=True, eq=False)
class ForestRow:
    """One subgroup of the forest: level 1 against the reference level 0."""

    key: str
    label: str
    levels: tuple[str, str]
    n: tuple[int, int]
    events: tuple[int, int]
    unknown: int
    hr: HazardRatio
    logrank_p: float
    q_value: float
    rates: tuple[tuple[float, float, float], tuple[float, float, float]]


@dataclass(frozen=True, eq=False)
class Forest:
    """All presets for one endpoint and population, and everybody as the line to hold them against."""

    rows: tuple[ForestRow, ...]
    overall: GroupCurve
    followup: Quantile


@dataclass(frozen=True, eq=False)
class Explore:
    """What one screen shows.

    compared: patients of the population whose group and endpoint are known; unknown: group unknown;
    no_endpoint: group known, endpoint unknown; outside: not in the endpoint's population (non-responders for DOR).
    followup: median follow-up of those compared, reverse Kaplan-Meier, days.
    """

    endpoint: Endpoint
    grouping: Grouping
    population: Population
    cohort_n: int
    compared: int
    unknown: int
    no_endpoint: int
    outside: int
    table: EventTable
    curves: Curves
    groups: tuple[GroupCurve, ...]
    logrank_p: float
    ratios: tuple[HazardRatio, ...]
    response: Response
    forest: tuple[ForestRow, ...]
    overall: GroupCurve
    followup: Quantile
    remarks: tuple[Remark, ...]
    x_max: float


def ranked(cohort: Cohort, endpoint: Endpoint) -> Ranked:
    """The endpoint's times, ranked once for the cohort."""
    return cohort.memo("ranked:" + endpoint.key, lambda: rank_times(
        cohort.number(endpoint.time), cohort.flag(endpoint.event)))


def eligible(cohort: Cohort, endpoint: Endpoint) -> np.ndarray:
    """Who the endpoint is about, bool (n,)."""
    if not endpoint.population:
        return np.ones(cohort.n, dtype=bool)
    return cohort.flag(endpoint.population) == 1


def explore(cohort: Cohort, picks: Picks, convention: Convention | None = None, rows: Forest | None = None) -> Explore:
    """Compute the screen. KeyError for a comparison by a column that the cohort does not have.

    rows: the forest of the same endpoint, cut-offs and filters (:func:`forest`), where it is known already: it
    does not depend on the comparison. A comparison by an outcome known only later is refused: everybody is one
    group, with a remark that says why.
    """
    endpoint = ENDPOINTS[picks.endpoint]
    people = population(cohort, picks)
    grouping = group(cohort, picks.compare, picks.cut_of)
    refused: tuple[Remark, ...] = ()
    if is_outcome(grouping.key):
        refused, grouping = (Remark("outcome_comparison", refusal(grouping.label)),), everybody(cohort)
    times = ranked(cohort, endpoint)
    about = people.mask & eligible(cohort, endpoint)
    table, curves, groups = _curves(times, np.where(about, grouping.codes, -1), grouping, picks)
    ratios = cox_from_table(table) if len(grouping.levels) > 1 else ()
    rows = rows or forest(cohort, picks)
    known = grouping.codes >= 0
    usable = times.rank >= 0
    return Explore(
        endpoint=endpoint, grouping=grouping, population=people, cohort_n=cohort.n,
        compared=int(np.count_nonzero(about & known & usable)),
        unknown=int(np.count_nonzero(about & ~known)),
        no_endpoint=int(np.count_nonzero(about & known & ~usable)),
        outside=int(np.count_nonzero(people.mask & ~eligible(cohort, endpoint))),
        table=table, curves=curves, groups=groups,
        logrank_p=logrank(table).p_value if len(grouping.levels) > 1 else math.nan,
        ratios=tuple(ratios), response=response_by(cohort, grouping.codes, grouping.levels, people.mask, convention),
        forest=rows.rows, overall=rows.overall, followup=rows.followup,
        remarks=(*refused, *_remarks(groups, grouping, people, table, curves)),
        x_max=axis_end(times))


def refusal(label: str) -> str:
    """Why curves from the start of treatment are not compared by this."""
    return (f"Not compared from the start of treatment by {label}: it is known only later, and who has it must have "
            "lived long enough for it. A landmark analysis or a time-dependent Cox model has no such head start.")


def axis_end(times: Ranked) -> float:
    """End of the time axis in months: the longest time of the whole cohort, up to the next tick."""
    longest = float(times.times[-1]) / DAYS_PER_MONTH if len(times.times) else 3.0
    step = tick_step(longest)
    return max(step, math.ceil(longest / step - 1e-9) * step)


def tick_step(longest: float) -> int:
    """Months between ticks: 3, or more where that would be over a dozen ticks."""
    return next((step for step in (3, 6, 12, 24, 60) if longest / step <= 12), 120)


def _curves(times: Ranked, codes: np.ndarray, grouping: Grouping,
            picks: Picks) -> tuple[EventTable, Curves, tuple[GroupCurve, ...]]:
    table = event_table(times, codes, len(grouping.levels))
    curves = kaplan_meier(table, picks.conf_type)
    groups = tuple(_group(table, curves, at, label) for at, label in enumerate(grouping.levels))
    return table, curves, groups


def _group(table: EventTable, curves: Curves, at: int, label: str) -> GroupCurve:
    return GroupCurve(label, int(table.n[at]), int(table.events[at]), quantile(curves, at), _rate(curves, at))


def _rate(curves: Curves, at: int) -> tuple[float, float, float]:
    point = survival_at(curves, at, np.array([RATE_MONTH * DAYS_PER_MONTH]))
    return float(point.estimate[0]), float(point.conf_low[0]), float(point.conf_high[0])


def forest(cohort: Cohort, picks: Picks) -> Forest:
    """Every preset, with or without data, for this endpoint and population; the comparison plays no part."""
    endpoint = ENDPOINTS[picks.endpoint]
    times = ranked(cohort, endpoint)
    about = population(cohort, picks).mask & eligible(cohort, endpoint)
    whole = everybody(cohort)
    table, _, groups = _curves(times, np.where(about, whole.codes, -1), whole, picks)
    found = []
    for key, entry in SUBGROUPS.items():
        grouping = group(cohort, key, picks.cut_of)
        split = event_table(times, np.where(about, grouping.codes, -1), 2)
        curves = kaplan_meier(split, picks.conf_type)
        found.append((key, entry.chip, grouping, split, cox_from_table(split)[0], logrank(split).p_value,
                      (_rate(curves, 0), _rate(curves, 1)), grouping.unknown(about)))
    q_values = benjamini_hochberg([row[5] for row in found])
    rows = tuple(
        ForestRow(key, label, (grouping.levels[0], grouping.levels[1]), (int(split.n[0]), int(split.n[1])),
                  (int(split.events[0]), int(split.events[1])), unknown, hr, p, float(q), rates)
        for (key, label, grouping, split, hr, p, rates, unknown), q in zip(found, q_values, strict=True))
    return Forest(rows, groups[0], followup(table, 0))


def _remarks(groups: tuple[GroupCurve, ...], grouping: Grouping, people: Population,
             table: EventTable, curves: Curves) -> tuple[Remark, ...]:
    remarks = []
    if grouping.note:
        remarks.append(Remark("levels", grouping.note))
    if people.n == 0:
        remarks.append(Remark("empty", "No patient is left by these filters."))
        return tuple(remarks)
    for each in groups:
        if each.n == 0:
            remarks.append(Remark("empty_group", f"{each.label}: no patient."))
        elif each.n < FEW_PATIENTS:
            remarks.append(Remark("few_patients", f"{each.label}: only {each.n} patient{'s' * (each.n != 1)}."))
        elif each.events < FEW_EVENTS:
            remarks.append(Remark("few_events", f"{each.label}: only {each.events} event{'s' * (each.events != 1)}."))
    # Of two groups only: more of them have no single hazard ratio in the picture, and cost ten times as much.
    if len(groups) == 2:
        remarks += crossing_remarks(table, grouping.levels, curves=curves)
    return tuple(remarks)
