"""What a user picks as covariates, ready for a model: subgroups as factors, numbers as numbers.

Shared by the tables of prognostic factors (survival and response) and the risk model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from rrmm.analyses.design_matrix import is_number
from rrmm.cohort import UNKNOWN, Cohort
from rrmm.picks import Population
from rrmm.subgroups import COLUMN_PREFIX, Grouping, group, is_outcome

if TYPE_CHECKING:
    from numpy.typing import NDArray

SINGULAR = {"years": "year", "months": "month", "days": "day", "%": "percentage point", "": "unit"}
OUTCOME = "known only after the start of treatment: compare by landmark or time-dependent Cox instead"


@dataclass(frozen=True, eq=False)
class Covariate:
    """A covariate ready for a model: a factor with ``grouping``, or a number with ``values`` (n,)."""

    key: str
    label: str
    grouping: Grouping | None
    values: NDArray[np.float64] | None
    reason: str = ""

    @property
    def known(self) -> NDArray[np.bool_]:
        """(n,) whether the patient has a value."""
        if self.grouping is not None:
            return self.grouping.codes != UNKNOWN
        assert self.values is not None
        return np.isfinite(self.values)

    def column(self) -> pd.Series:
        """As a column of the model's frame; levels in the order of the grouping."""
        if self.grouping is None:
            return pd.Series(self.values)
        return pd.Series(pd.Categorical.from_codes(self.grouping.codes, categories=pd.Index(self.grouping.levels)))


def covariate(cohort: Cohort, key: str, cuts: Mapping[str, float]) -> Covariate:
    """A subgroup key, or ``col:<header>``: there a number stays one, unless a cut-off is given for it."""
    header = key.removeprefix(COLUMN_PREFIX)
    if key.startswith(COLUMN_PREFIX) and key not in cuts:
        source = cohort.frame if header in cohort.frame else cohort.extras
        if header in source and is_number(source[header]) and source[header].nunique() > 2:
            from rrmm.schema import VARIABLES

            entry = VARIABLES.get(header)
            label, unit = (entry.label, entry.unit) if entry else (header, "")
            values = pd.to_numeric(source[header]).to_numpy(np.float64, na_value=np.nan)
            return Covariate(
                key,
                f"{label} (per {SINGULAR.get(unit, unit)})",
                None,
                values,
                OUTCOME if is_outcome(key) else "",
            )
    grouping = group(cohort, key, cuts)
    return Covariate(key, grouping.label, grouping, None, OUTCOME if is_outcome(key) else "")


def population_mask(cohort: Cohort, population: Population | NDArray[np.bool_] | None) -> NDArray[np.bool_]:
    """(n,) who is looked at; everybody where nothing is chosen."""
    if population is None:
        return np.ones(cohort.n, dtype=bool)
    return np.asarray(population.mask if isinstance(population, Population) else population, dtype=bool)


def count_out(excluded: dict[str, int], reason: str, mask: NDArray[np.bool_]) -> None:
    """Note how many were left out for a reason, if any."""
    if mask.any():
        excluded[reason] = int(np.count_nonzero(mask))


def unique_labels(chosen: list[Covariate]) -> list[Covariate]:
    """Two columns may share a label: then the key tells them apart."""
    labels = [each.label for each in chosen]
    return [
        each
        if labels.count(each.label) == 1
        else Covariate(each.key, f"{each.label} ({each.key})", each.grouping, each.values, each.reason)
        for each in chosen
    ]
