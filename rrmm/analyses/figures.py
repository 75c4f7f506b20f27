"""Figures 1 and 2 of the paper, for any cohort: which panels they have, and what each panel is made of.

A panel holds views of :func:`rrmm.analyses.explore.explore`: the numbers are those of every other page. A panel that
the cohort has no data for says what it would need.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from rrmm.analyses.explore import Explore, eligible
from rrmm.analyses.km import Quantile
from rrmm.analyses.response import GroupResponse, Response
from rrmm.cohort import Cohort
from rrmm.endpoints import ENDPOINTS
from rrmm.picks import Picks, population
from rrmm.subgroups import SUBGROUPS, has_data

FigureKey = Literal["1", "2"]
RESPONSE_NEEDS = "best response (sCR, CR, nCR, VGPR, PR, MR, SD, PD, NE) or responder yes/no"
PRETREATMENT = ("prior_bcma", "belantamab", "idecel")
"""Figure 2A: the first that is there gives both of its bars, the others the bar of those who had it."""


@dataclass(frozen=True)
class Part:
    """One panel. endpoint: key of ENDPOINTS, or "response". by: what is compared, "none", or several for response."""

    letter: str
    endpoint: str
    by: tuple[str, ...]
    title: str


@dataclass(frozen=True)
class Plan:
    """A figure before a cohort is known. across: panels beside each other."""

    key: FigureKey
    title: str
    across: int
    parts: tuple[Part, ...]


PLANS: dict[str, Plan] = {
    plan.key: plan
    for plan in (
        Plan("1", "Response, and Kaplan-Meier analysis of progression-free survival, overall survival and "
                  "duration of response", 2, (
            Part("A", "response", ("none",), "Rate of response"),
            Part("B", "pfs", ("none",), "Progression-free survival"),
            Part("C", "os", ("none",), "Overall survival"),
            Part("D", "dor", ("none",), "Duration of response"),
        )),
        Plan("2", "Response, progression-free survival and duration of response in subgroups", 3, (
            Part("A", "response", PRETREATMENT, "Response by BCMA-directed pretreatment"),
            Part("B", "pfs", ("idecel",), "PFS by ide-cel pretreatment"),
            Part("C", "dor", ("idecel",), "DOR by ide-cel pretreatment"),
            Part("D", "pfs", ("emd",), "PFS by extramedullary disease"),
            Part("E", "pfs", ("iss3",), "PFS by ISS stage"),
            Part("F", "pfs", ("bm60",), "PFS by bone marrow plasma cells"),
        )),
    )
}


@dataclass(frozen=True, eq=False)
class Panel:
    """A panel of a cohort. views: one for curves; for response one a comparison. needs: what is missing, or ""."""

    part: Part
    views: tuple[Explore, ...]
    needs: str

    @property
    def bars(self) -> tuple[tuple[GroupResponse, int, int], ...]:
        """Group, its view and its level there, of every bar of a response panel."""
        found = []
        for nth, view in enumerate(self.views):
            levels = range(len(view.response.groups)) if not nth else (1,)
            found += [(view.response.groups[at], nth, at) for at in levels]
        return tuple(found)

    @property
    def tests(self) -> tuple[tuple[str, Response], ...]:
        """What was compared, and the comparison, of a response panel."""
        return tuple((view.grouping.label, view.response) for view in self.views if len(view.response.groups) > 1)


@dataclass(frozen=True, eq=False)
class Figure:
    """A figure of a cohort. n: patients of the population; of: of the cohort; responders: those of DOR."""

    plan: Plan
    panels: tuple[Panel, ...]
    n: int
    of: int
    responders: int
    followup: Quantile


def figure(cohort: Cohort, key: str, picks: Picks, explored: Callable[[Picks], Explore]) -> Figure:
    """Figure "1" or "2" of the population that the filters leave. KeyError for another key.

    picks: filters, cut-offs and interval; its endpoint and comparison play no part. explored: makes the view of picks.
    """
    plan = PLANS[key]
    followup = explored(picks.but(endpoint="os", compare="none")).followup
    people = population(cohort, picks).mask
    responders = int((people & eligible(cohort, ENDPOINTS["dor"])).sum())
    return Figure(plan, tuple(_panel(cohort, part, picks, explored) for part in plan.parts), int(people.sum()), cohort.n,
                  responders, followup)


def _panel(cohort: Cohort, part: Part, picks: Picks, explored: Callable[[Picks], Explore]) -> Panel:
    if part.endpoint == "response":
        by = tuple(each for each in part.by if each == "none" or has_data(cohort, each))
        missing = [] if cohort.has("responder") else [RESPONSE_NEEDS]
        if not by:
            missing.append("earlier BCMA-directed therapy (ide-cel, belantamab, or any)")
        if missing:
            return Panel(part, (), " and ".join(missing))
        return Panel(part, tuple(explored(picks.but(endpoint="pfs", compare=each)) for each in by), "")
    endpoint = ENDPOINTS[part.endpoint]
    missing = [] if cohort.has(endpoint.time) and cohort.has(endpoint.event) else [endpoint.needs]
    if part.by != ("none",) and not has_data(cohort, part.by[0]):
        missing.append(f"a column for “{SUBGROUPS[part.by[0]].label}”")
    if missing:
        return Panel(part, (), "; and ".join(missing))
    view = explored(picks.but(endpoint=part.endpoint, compare=part.by[0]))
    if not sum(group.n for group in view.groups):
        return Panel(part, (), f"patients with a known {endpoint.label}, and none of the chosen population has it")
    return Panel(part, (view,), "")
