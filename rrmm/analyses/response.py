"""Best response by group: depth, overall response rate with its interval, and the test between groups.

Conventions (switchable in :class:`Convention`): ORR is PR or better of all treated patients, so not evaluable
(NE) counts in the denominator; nCR counts as CR. Patients whose best response is missing are left out
and counted.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from rrmm.analyses.contingency import chi_square, fisher_freeman_halton
from rrmm.analyses.proportions import Method, Proportion, proportion
from rrmm.cohort import Cohort
from rrmm.schema import RESPONSES

AT_LEAST = {"CR or better": ("sCR", "CR"), "VGPR": ("VGPR",), "PR": ("PR",), "MR": ("MR",), "SD": ("SD",),
            "PD": ("PD",), "NE": ("NE",)}
DEPTHS = tuple(AT_LEAST)
EXACT_BELOW = 5.0
"""Expected count below which Fisher's exact test is shown beside the chi-square."""


@dataclass(frozen=True)
class Convention:
    """nonevaluable_counts: NE stays in the denominator. ncr_is_cr: nCR joins "CR or better", else VGPR."""

    nonevaluable_counts: bool = True
    ncr_is_cr: bool = True
    interval: Method = "clopper-pearson"

    @property
    def text(self) -> str:
        """The convention in words, for footers and the methods page."""
        base = "all treated, not evaluable counted" if self.nonevaluable_counts else "evaluable patients only"
        return f"{base}; nCR counts as {'CR' if self.ncr_is_cr else 'VGPR'}"


@dataclass(frozen=True, eq=False)
class GroupResponse:
    """One group. depth: patients by depth, in DEPTHS order; n: denominator; missing: no best response."""

    label: str
    depth: tuple[int, ...]
    n: int
    missing: int
    not_evaluable: int
    orr: Proportion
    vgpr: Proportion
    cr: Proportion
    clinical_benefit: Proportion


@dataclass(frozen=True, eq=False)
class Response:
    """Groups in order, and the test of the overall response rate between them (NaN where there is none)."""

    groups: tuple[GroupResponse, ...]
    p_value: float
    test: str
    fisher_p: float
    reason: str
    convention: Convention


def depth_codes(cohort: Cohort, ncr_is_cr: bool = True) -> np.ndarray:
    """Depth of best response as an index into DEPTHS (n,), -1 where missing or only yes/no is known."""
    def make() -> np.ndarray:
        place = {level: at for at, levels in enumerate(AT_LEAST.values()) for level in levels}
        place["nCR"] = 0 if ncr_is_cr else 1
        return np.array([place.get(value, -1) for value in cohort.category("best_response")], dtype=np.int8)
    return cohort.memo(f"depth:{ncr_is_cr}", make)


def response_by(cohort: Cohort, codes: np.ndarray, labels: tuple[str, ...], population: np.ndarray,
                convention: Convention | None = None) -> Response:
    """Response of the population by group.

    codes: (n,) group of each patient, -1 unknown (left out). labels: (K,). population: bool (n,).
    """
    convention = convention or Convention()
    depth = depth_codes(cohort, convention.ncr_is_cr)
    responder = cohort.flag("responder")
    inside = population & (codes >= 0)
    k, width = len(labels), len(DEPTHS)
    graded = inside & (depth >= 0)
    table = np.bincount(codes[graded] * width + depth[graded], minlength=k * width).reshape(k, width)
    yes = np.bincount(codes[inside & (responder == 1)], minlength=k)
    known = np.bincount(codes[inside & (responder >= 0)], minlength=k)
    everyone = np.bincount(codes[inside], minlength=k)
    not_evaluable = table[:, DEPTHS.index("NE")]
    totals = known if convention.nonevaluable_counts else known - not_evaluable
    groups = []
    for at, label in enumerate(labels):
        n = int(totals[at])
        # A file may hold only responder yes/no: depths are then unknown, the ORR is not.
        graded_n = int(table[at].sum()) - (0 if convention.nonevaluable_counts else int(not_evaluable[at]))
        cumulative = np.cumsum(table[at])
        groups.append(GroupResponse(
            label, tuple(int(x) for x in table[at]), n, int(everyone[at] - known[at]), int(not_evaluable[at]),
            proportion(int(yes[at]), n, convention.interval),
            proportion(int(cumulative[1]), graded_n, convention.interval),
            proportion(int(cumulative[0]), graded_n, convention.interval),
            proportion(int(cumulative[3]), graded_n, convention.interval)))
    return Response(tuple(groups), *_test(tuple(int(x) for x in yes), tuple(int(x) for x in totals)), convention)


@lru_cache(maxsize=512)
def _test(events: tuple[int, ...], totals: tuple[int, ...]) -> tuple[float, str, float, str]:
    """Chi-square without correction; Fisher's exact beside it when an expected count is below 5. Counts only."""
    filled = [(x, n) for x, n in zip(events, totals, strict=True) if n]
    name = "chi-square"
    if len(filled) < 2:
        return math.nan, name, math.nan, "one group"
    x = np.array([pair[0] for pair in filled])
    n = np.array([pair[1] for pair in filled])
    outcome = chi_square(np.column_stack([x, n - x]))
    if math.isnan(outcome.p_value):
        return math.nan, name, math.nan, outcome.reason
    share = x.sum() / n.sum()
    fisher = math.nan
    if min(n.min() * share, n.min() * (1 - share)) < EXACT_BELOW:
        fisher = fisher_freeman_halton(x, n).p_value
    return outcome.p_value, name, fisher, ""


def levels_in_use(cohort: Cohort) -> tuple[str, ...]:
    """IMWG levels that occur in the cohort, deepest first."""
    present = set(cohort.category("best_response"))
    return tuple(level for level in RESPONSES if level in present)
