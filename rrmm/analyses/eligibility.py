"""Who would not have met the key criteria of MajesTEC-1, criterion by criterion.

Two sets, kept apart: condition at screening (performance status, blood counts, kidney function), which
decides "trial-eligible" as the paper counts it (39.0 % not met), and prior therapy (fewer than three lines,
BCMA-directed therapy before), which the protocol also asks for, but which the paper's 39.0 % can hardly
contain: 37 % alone had BCMA-directed therapy before.

Three-valued: a patient fails when one criterion is known to fail, is eligible when every criterion that the
cohort records is known to be met, and is unknown otherwise. A criterion that nobody has a value for is not
applied, and said.

Sources: Riedhammer 2024 (Leukemia 38:365, methods and Supplementary Table 1); Moreau 2022 (N Engl J Med
387:495) and its protocol, NCT04557098.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from rrmm.analyses.proportions import Method, Proportion, proportion
from rrmm.cohort import UNKNOWN, Cohort

SOURCE = (
    "Key criteria of MajesTEC-1 at screening (Moreau, N Engl J Med 2022;387:495, protocol NCT04557098), "
    "applied as in Riedhammer, Leukemia 2024;38:365"
)

Part = Literal["condition", "therapy"]


@dataclass(frozen=True)
class Criterion:
    """One criterion. label: what the trial asks for. fails: what failing means, in the table's words.

    needs: the column it is read from. meets: cohort -> int8 (n,), 1 met, 0 not met, -1 unknown.
    """

    key: str
    part: Part
    label: str
    fails: str
    needs: str
    meets: Callable[[Cohort], np.ndarray]


def _from(values: np.ndarray, met: np.ndarray) -> np.ndarray:
    return np.where(np.isnan(values), UNKNOWN, met).astype(np.int8)


def _at_least(name: str, limit: float) -> Callable[[Cohort], np.ndarray]:
    return lambda cohort: _from(cohort.number(name), cohort.number(name) >= limit)


def _platelets(cohort: Cohort) -> np.ndarray:
    """At least 75, or 50 where half of the marrow is plasma cells; between them an unknown marrow is
    unknown."""
    count, marrow = cohort.number("platelets"), cohort.number("bm_plasma_pct")
    between = (count >= 50) & (count < 75)
    met = _from(count, (count >= 75) | (between & (marrow >= 50)))
    return np.where(between & np.isnan(marrow), UNKNOWN, met).astype(np.int8)


def _bcma_naive(cohort: Cohort) -> np.ndarray:
    before = cohort.flag("prior_bcma")
    return np.where(before == UNKNOWN, UNKNOWN, 1 - before).astype(np.int8)


CRITERIA: tuple[Criterion, ...] = (
    Criterion(
        "ecog",
        "condition",
        "ECOG 0 or 1",
        "ECOG 2 or more",
        "ecog",
        lambda cohort: _from(cohort.number("ecog"), cohort.number("ecog") <= 1),
    ),
    Criterion(
        "hemoglobin",
        "condition",
        "Haemoglobin ≥ 8 g/dl",
        "Haemoglobin < 8 g/dl",
        "hemoglobin",
        _at_least("hemoglobin", 8),
    ),
    Criterion(
        "platelets",
        "condition",
        "Platelets ≥ 75 × 10⁹/l (≥ 50 where bone marrow plasma cells ≥ 50 %)",
        "Platelets < 75 × 10⁹/l *",
        "platelets",
        _platelets,
    ),
    Criterion(
        "neutrophils",
        "condition",
        "Neutrophils ≥ 1.0 × 10⁹/l",
        "Neutrophils < 1.0 × 10⁹/l",
        "neutrophils",
        _at_least("neutrophils", 1.0),
    ),
    Criterion(
        "creatinine_clearance",
        "condition",
        "Creatinine clearance ≥ 40 ml/min",
        "Creatinine clearance < 40 ml/min",
        "creatinine_clearance",
        _at_least("creatinine_clearance", 40),
    ),
    Criterion(
        "prior_lines",
        "therapy",
        "At least three prior lines",
        "Fewer than three prior lines",
        "prior_lines",
        _at_least("prior_lines", 3),
    ),
    Criterion(
        "bcma",
        "therapy",
        "No BCMA-directed therapy before",
        "BCMA-directed therapy before",
        "prior_bcma",
        _bcma_naive,
    ),
)


@dataclass(frozen=True, eq=False)
class CriterionCount:
    """One criterion in a population: failing, of those known; unknown."""

    criterion: Criterion
    failing: Proportion
    unknown: int


@dataclass(frozen=True, eq=False)
class Eligibility:
    """All criteria in one population of n patients.

    any_condition: not meeting at least one criterion of the condition at screening, of those decided;
    undecided: neither failing nor known to meet all. any_part: the same with prior therapy.
    failed: patients by number of failed condition criteria, 0 upwards, of those decided.
    not_checked: criteria without data in this cohort.
    """

    n: int
    rows: tuple[CriterionCount, ...]
    any_condition: Proportion
    undecided: int
    any_part: Proportion
    undecided_part: int
    failed: tuple[int, ...]
    not_checked: tuple[Criterion, ...]


def recorded(cohort: Cohort) -> tuple[Criterion, ...]:
    """The criteria that the cohort has values for."""
    return tuple(each for each in CRITERIA if cohort.has(each.needs))


def _all_met(cohort: Cohort, criteria: tuple[Criterion, ...]) -> np.ndarray:
    """Three-valued AND, int8 (n,); all unknown where there is no criterion."""
    if not criteria:
        return np.full(cohort.n, UNKNOWN, dtype=np.int8)
    met = np.vstack([each.meets(cohort) for each in criteria])
    known_all = (met != UNKNOWN).all(axis=0)
    return np.where((met == 0).any(axis=0), 0, np.where(known_all, 1, UNKNOWN)).astype(np.int8)


def eligible(cohort: Cohort) -> np.ndarray:
    """Trial-eligible by the condition at screening: int8 (n,), 1 yes, 0 no, -1 unknown."""
    return cohort.memo(
        "eligible",
        lambda: _all_met(cohort, tuple(each for each in recorded(cohort) if each.part == "condition")),
    )


def eligibility(cohort: Cohort, population: np.ndarray, interval: Method = "clopper-pearson") -> Eligibility:
    """Count the criteria in the population, bool (n,)."""
    checked = recorded(cohort)
    rows = tuple(
        CriterionCount(each, *_failing(each.meets(cohort)[population], interval)) for each in checked
    )
    condition = [each.meets(cohort)[population] for each in checked if each.part == "condition"]
    both = _all_met(cohort, checked)[population]
    any_condition, undecided = _failing(eligible(cohort)[population], interval)
    any_part, undecided_part = _failing(both, interval)
    failed: tuple[int, ...] = ()
    if condition:
        number = (np.vstack(condition) == 0).sum(axis=0)[eligible(cohort)[population] != UNKNOWN]
        failed = tuple(int(x) for x in np.bincount(number, minlength=len(condition) + 1))
    return Eligibility(
        int(np.count_nonzero(population)),
        rows,
        any_condition,
        undecided,
        any_part,
        undecided_part,
        failed,
        tuple(each for each in CRITERIA if each not in checked),
    )


def _failing(met: np.ndarray, interval: Method) -> tuple[Proportion, int]:
    known = int(np.count_nonzero(met != UNKNOWN))
    return proportion(int(np.count_nonzero(met == 0)), known, interval), len(met) - known
