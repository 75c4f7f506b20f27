"""What is known and what is missing, variable by variable, and what leaving patients out would cost.

Only canonical variables: whether another column of a file is complete is its owner's affair. A variable that
means nothing for a patient (the date of a CAR-T infusion for one who had none) is counted among those it
applies to.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from rrmm.cohort import Cohort
from rrmm.schema import VARIABLES

MODEL = ("emd", "iss", "idecel")
"""The factors of the paper's multivariable model: patients complete in these are what is left for it."""

HIDDEN = (
    "patient_id",
    "start_date",
    "last_contact_date",
    "first_response_date",
    "best_response_date",
    "progression_date",
    "death_date",
    "cause_of_death",
    "dx_date",
    "progression",
    "responder",
    "dor_event",
    "pfs_event",
    "os_event",
    "ttr_days",
    "ttbr_days",
    "center",
)
"""Seen through another variable (dates through times), or not asked of a patient."""


def _graded(name: str) -> Callable[[Cohort], np.ndarray]:
    return lambda cohort: cohort.number(name) >= 1


def _yes(name: str) -> Callable[[Cohort], np.ndarray]:
    return lambda cohort: cohort.flag(name) == 1


APPLIES: dict[str, Callable[[Cohort], np.ndarray]] = {
    "dor_days": _yes("responder"),
    "last_bcma_date": _yes("prior_bcma"),
    "car_t_date": lambda cohort: (cohort.flag("idecel") == 1) | (cohort.flag("ciltacel") == 1),
    "car_t_interval_months": lambda cohort: (cohort.flag("idecel") == 1) | (cohort.flag("ciltacel") == 1),
    "crs_onset_date": _graded("crs_grade"),
    "icans_onset_date": _graded("icans_grade"),
    "infection_onset_date": _graded("infection_grade"),
}
"""Who a variable is about, where it is not everybody."""


@dataclass(frozen=True, slots=True)
class Known:
    """One variable: known in ``known`` of the ``n`` patients it applies to."""

    name: str
    label: str
    section: str
    known: int
    n: int

    @property
    def share(self) -> float:
        """Known, as a fraction; 1 where it applies to nobody."""
        return self.known / self.n if self.n else 1.0


@dataclass(frozen=True, eq=False)
class Missingness:
    """Variables that the cohort has, those it has not, and patients complete in the model's factors.

    n: patients of the population. model: labels of the factors; complete: patients in whom all are known.
    """

    n: int
    rows: tuple[Known, ...]
    absent: tuple[str, ...]
    model: tuple[str, ...]
    complete: int


def missingness(cohort: Cohort, population: np.ndarray) -> Missingness:
    """Count what is known in the population, bool (n,), in the order of the schema."""
    rows, absent = [], []
    for name, entry in VARIABLES.items():
        if name in HIDDEN:
            continue
        if not cohort.has(name):
            absent.append(entry.label)
            continue
        known = cohort.frame[name].notna().to_numpy(bool) & population
        about = population & (APPLIES[name](cohort) if name in APPLIES else True)
        rows.append(
            Known(
                name,
                entry.label,
                entry.section,
                int(np.count_nonzero(known & about)),
                int(np.count_nonzero(about)),
            )
        )
    factors = [name for name in MODEL if cohort.has(name)]
    complete = population.copy()
    for name in factors:
        complete &= cohort.frame[name].notna().to_numpy(bool)
    return Missingness(
        int(np.count_nonzero(population)),
        tuple(rows),
        tuple(absent),
        tuple(VARIABLES[name].label for name in factors),
        int(np.count_nonzero(complete)),
    )
