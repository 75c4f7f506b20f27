"""The test of proportional hazards by Schoenfeld residuals, as R's ``cox.zph`` since survival 3.0.

The score test of a covariate's product with transformed time (Grambsch and Therneau 1994), with the exact
information of every risk set; a factor is one term. Own code: lifelines has the approximation that R gave
up (0.62 where R has 0.01), greenwood tests single coefficients but not factors.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from rrmm.analyses.cox_likelihood import Point, RiskSets

if TYPE_CHECKING:
    from numpy.typing import NDArray

Transform = Literal["km", "identity", "rank", "log"]
TRANSFORMS = {
    "km": "1 minus Kaplan-Meier of all patients",
    "identity": "time",
    "rank": "rank of the time",
    "log": "log of the time",
}
GLOBAL = "GLOBAL"


def transformed(
    time: NDArray[np.float64],
    event: NDArray[np.int64],
    entry: NDArray[np.float64] | None,
    transform: Transform,
) -> NDArray[np.float64]:
    """g(t) of every patient's time (n,)."""
    if transform == "identity":
        return time
    if transform == "log":
        with np.errstate(divide="ignore"):
            return np.log(time)
    if transform == "rank":
        _, place, count = np.unique(time, return_inverse=True, return_counts=True)
        return (np.cumsum(count) - (count - 1) / 2)[place]
    if transform != "km":
        raise ValueError(f"Time is transformed by {', '.join(TRANSFORMS)}, not '{transform}'.")
    sets = RiskSets(time, event, entry, ties="breslow")
    at_risk = sets.over_patients(np.ones(len(time)))[sets.group_start]
    died = np.diff(np.append(sets.group_start, sets.n_events))
    survival = np.concatenate([[1.0], np.cumprod(1 - died / at_risk)])
    # The value just before each time.
    return 1 - survival[np.searchsorted(sets.times[sets.event_rank[sets.group_start]], time, side="left")]


def schoenfeld_test(
    point: Point,
    columns: NDArray[np.int64],
    directions: NDArray[np.float64],
    terms: Mapping[str, Sequence[int]],
    time: NDArray[np.float64],
    event: NDArray[np.int64],
    entry: NDArray[np.float64] | None,
    *,
    transform: Transform = "km",
) -> pd.DataFrame:
    """One row a term and one for all together: ``term``, ``statistic``, ``df``, ``p_value``, ``reason``.

    point: the fitted likelihood. columns: those of its covariates that have a finite estimate; directions:
    the fit's own (:class:`~rrmm.analyses.cox_likelihood.Fit`). terms: name ->
    positions in ``columns``. time, event, entry: (n,), in the order given to the risk sets.
    """
    from scipy.special import chdtrc

    risk = point.risk
    rows = []
    g = transformed(time, event, entry, transform)[risk.order][risk.event_rows]
    usable = len(g) > 1 and len(columns) > 0 and bool(np.isfinite(g).all()) and np.ptp(g) > 0
    if usable:
        g = g - g.mean()
        residual = point.x[risk.event_rows][:, columns] - point.mean[:, columns]
        score = residual.T @ g
        plain, crossed, squared = (point.weighted_information(w) for w in (np.ones_like(g), g, g * g))
        squared = squared[np.ix_(columns, columns)]
        crossed = crossed[columns] @ directions
        try:
            variance = squared - crossed @ np.linalg.solve(directions.T @ plain @ directions, crossed.T)
        except np.linalg.LinAlgError:
            usable = False
    for name, places in (*terms.items(), (GLOBAL, range(len(columns)))):
        where = list(places)
        statistic, reason = math.nan, "no estimate to test" if not where else "too few event times"
        if usable and where:
            part = variance[np.ix_(where, where)]
            scale = np.sqrt(np.maximum(np.diag(squared)[where], 1e-300))
            # A variance that is only rounding has nothing to test.
            if np.linalg.eigvalsh(part / np.outer(scale, scale))[0] > 1e-10:
                statistic, reason = float(score[where] @ np.linalg.solve(part, score[where])), ""
        p_value = float(chdtrc(len(where), statistic)) if math.isfinite(statistic) else math.nan
        rows.append(
            {"term": name, "statistic": statistic, "df": len(where), "p_value": p_value, "reason": reason}
        )
    return pd.DataFrame(rows, columns=["term", "statistic", "df", "p_value", "reason"])
