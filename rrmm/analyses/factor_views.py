"""Closer looks at the prognostic factors of a cohort: interactions between them, and the shape of a number.

Both bring subgroup keys and columns of a cohort to the analyses of named columns
(:mod:`rrmm.analyses.interaction`, :mod:`rrmm.analyses.functional_form`), with the covariates as
:mod:`rrmm.analyses.factors` makes them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from rrmm.analyses.covariates import Covariate, covariate, unique_labels
from rrmm.analyses.cox_likelihood import Ties
from rrmm.analyses.functional_form import functional_form
from rrmm.analyses.interaction import interaction_test
from rrmm.analyses.multiplicity import benjamini_hochberg
from rrmm.cohort import Cohort
from rrmm.endpoints import ENDPOINTS
from rrmm.results import Result
from rrmm.schema import VARIABLES
from rrmm.subgroups import ALL_SUBGROUPS, COLUMN_PREFIX, OTHER_VARIABLES, SUBGROUPS

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST = 6
"""Most covariates of which every pair is tested: 15 pairs."""
PAIR_COLUMNS = ("first", "second", "n", "n_event", "statistic", "df", "p_value", "q_value", "reason")


def numbers_of(cohort: Cohort) -> dict[str, str]:
    """Name -> label of the canonical numbers known before treatment that differ between patients."""
    sources = [entry.source for entry in SUBGROUPS.values() if entry.cut is not None]
    return {
        name: VARIABLES[name].label
        for name in dict.fromkeys((*sources, *OTHER_VARIABLES))
        if VARIABLES[name].kind == "number" and cohort.has(name) and cohort.frame[name].nunique() > 2
    }


def model_frame(
    cohort: Cohort, endpoint_key: str, covariates: Sequence[Covariate], inside: NDArray[np.bool_]
) -> pd.DataFrame:
    """Columns ``_time`` (days), ``_event`` (1, 0, NaN) and one a covariate, of the patients inside."""
    endpoint = ENDPOINTS[endpoint_key]
    if endpoint.population:
        inside = inside & (cohort.flag(endpoint.population) == 1)
    event = cohort.flag(endpoint.event).astype(float)
    frame = pd.DataFrame(
        {
            "_time": cohort.number(endpoint.time),
            "_event": np.where(event < 0, np.nan, event),
            **{each.label: each.column() for each in covariates},
        }
    )
    return frame[inside].reset_index(drop=True)


def _usable(cohort: Cohort, keys: Sequence[str], cuts: Mapping[str, float] | None) -> list[Covariate]:
    chosen = unique_labels([covariate(cohort, key, dict(cuts or {})) for key in dict.fromkeys(keys)])
    return [each for each in chosen if not each.reason]


def interactions(
    cohort: Cohort,
    endpoint_key: str,
    keys: Sequence[str],
    *,
    cuts: Mapping[str, float] | None = None,
    population: NDArray[np.bool_] | None = None,
    ties: Ties = "efron",
) -> Result:
    """Every pair of the covariates: does the hazard ratio of one differ between the levels of the other?

    Each pair is tested in the model of all the covariates (at most :data:`MOST`, on their complete cases).
    ``table``: one row a pair, :data:`PAIR_COLUMNS`; q_value: Benjamini-Hochberg over the pairs.
    """
    chosen = _usable(cohort, keys, cuts)[:MOST]
    inside = np.ones(cohort.n, dtype=bool) if population is None else np.asarray(population, dtype=bool)
    frame = model_frame(cohort, endpoint_key, chosen, inside)
    labels = [each.label for each in chosen]
    rows, n, events = [], 0, 0
    for a, b in combinations(labels, 2):
        found = interaction_test(
            frame, "_time", "_event", a, b, adjust=[name for name in labels if name not in (a, b)], ties=ties
        )
        test = found.numbers["lr_test"]
        n, events = found.n, found.events or 0
        rows.append((a, b, n, events, test["statistic"], test["df"], test["p_value"], math.nan, test["reason"]))
    table = pd.DataFrame(rows, columns=list(PAIR_COLUMNS))
    if len(table):
        table["q_value"] = benjamini_hochberg(table["p_value"].to_numpy(float))
    return Result(
        kind="interactions",
        table=table,
        n=n,
        events=events,
        method="likelihood-ratio test of the products of two covariates in the model of all of them; "
        "q: Benjamini-Hochberg over the pairs",
    )


def shape_of(
    cohort: Cohort,
    endpoint_key: str,
    name: str,
    *,
    adjust: Sequence[str] = (),
    cuts: Mapping[str, float] | None = None,
    population: NDArray[np.bool_] | None = None,
    ties: Ties = "efron",
) -> Result:
    """The hazard over the canonical number ``name``, adjusted for covariates that are not made of it."""
    label = VARIABLES[name].label
    own = {COLUMN_PREFIX + name, *(key for key, entry in ALL_SUBGROUPS.items() if entry.source == name)}
    others = _usable(cohort, [key for key in adjust if key not in own], cuts)
    inside = np.ones(cohort.n, dtype=bool) if population is None else np.asarray(population, dtype=bool)
    frame = model_frame(cohort, endpoint_key, others, inside)
    values = cohort.number(name)
    if ENDPOINTS[endpoint_key].population:
        inside = inside & (cohort.flag(ENDPOINTS[endpoint_key].population) == 1)
    frame[label] = values[inside]
    return functional_form(frame, "_time", "_event", label, adjust=[each.label for each in others], ties=ties)
