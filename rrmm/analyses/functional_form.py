"""How the hazard depends on a number: a restricted cubic spline, against a straight line.

Natural (restricted) cubic spline with knots at quantiles as in Harrell's "Regression Modeling Strategies":
linear beyond the outer knots. Any basis of that space gives the same curve, so R's witness is ``coxph`` with
``splines::ns`` and the same knots. Own basis, as it is six lines; the fit is :mod:`rrmm.analyses.cox_fit`.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from rrmm.analyses.cox import too_few_events
from rrmm.analyses.cox_data import survival_data
from rrmm.analyses.cox_fit import chi_square_p, cox_arrays
from rrmm.analyses.cox_likelihood import TIES, RiskSets, Ties
from rrmm.formatting import p_value as say_p
from rrmm.results import Remark, Result

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

QUANTILES = {3: (0.10, 0.50, 0.90), 4: (0.05, 0.35, 0.65, 0.95), 5: (0.05, 0.275, 0.50, 0.725, 0.95)}
"""Where the knots lie, by their number."""


def spline_basis(values: NDArray[np.float64], knots: ArrayLike) -> NDArray[np.float64]:
    """(n, k - 1) restricted cubic spline of k rising knots; the first column is the value itself."""
    t = np.asarray(knots, dtype=float)
    cubes = np.maximum(values[:, None] - t, 0.0) ** 3
    span = t[-1] - t[-2]
    bent = cubes[:, :-2] - cubes[:, -2:-1] * (t[-1] - t[:-2]) / span + cubes[:, -1:] * (t[-2] - t[:-2]) / span
    return np.column_stack([values, bent / (t[-1] - t[0]) ** 2])


def functional_form(
    frame: pd.DataFrame,
    time: str,
    event: str,
    number: str,
    *,
    adjust: Sequence[str] = (),
    strata: Sequence[str] = (),
    entry: str | None = None,
    ties: Ties = "efron",
    n_knots: int = 4,
    knots: Sequence[float] | None = None,
    points: int = 101,
    level: float = 0.95,
    references: Mapping[str, str] | None = None,
    as_factor: Collection[str] = (),
) -> Result:
    """The hazard ratio over a number, relative to its median, with pointwise intervals.

    number: a column of numbers. knots: 3 or more rising values, else ``n_knots`` (3, 4 or 5) quantiles.
    ``table``: ``value`` (even over the range), ``estimate`` = hazard ratio, ``std_error`` of its log, limits.
    ``frames["linear"]``: the straight line's hazard ratio at the same values. ``numbers``: ``nonlinear``
    and ``association`` (likelihood-ratio tests: statistic, df, p_value), ``knots``, ``reference``.
    With too few different values or events there is one row with NaN and the reason.
    """
    data = survival_data(
        frame,
        time,
        event,
        [number, *adjust],
        strata=strata,
        entry=entry,
        references=references,
        as_factor=[name for name in as_factor if name != number],
    )
    column = data.design.columns[0] if data.design.columns else None
    method = f"Restricted cubic spline in a Cox model, {TIES[ties]}"
    if column is None or column.kind != "number":
        return _nothing(number, data.n, data.events, data.excluded, method, "not a number")
    values = data.design.matrix[:, 0]
    places = _knots(values, n_knots) if knots is None else np.sort(np.asarray(knots, dtype=float))
    if column.reason or len(places) < 3 or (np.diff(places) <= 0).any() or data.events == 0:
        reason = column.reason or ("no event" if data.events == 0 else "too few different values for a curve")
        return _nothing(number, data.n, data.events, data.excluded, method, reason)
    others = data.design.matrix[:, 1:]
    basis = spline_basis(values, places)
    width = basis.shape[1]
    risk = RiskSets(data.time, data.event, data.entry, data.strata, ties)
    without, linear, curved = (
        cox_arrays(data.time, data.event, x, risk=risk)
        for x in (others, np.column_stack([values, others]), np.column_stack([basis, others]))
    )
    if any(curved.reasons[:width]):
        return _nothing(
            number,
            data.n,
            data.events,
            data.excluded,
            method,
            "a curve can't be estimated: too few events for the knots",
        )
    reference = float(np.median(values))
    grid = np.linspace(values.min(), values.max(), points)
    away = spline_basis(grid, places) - spline_basis(np.array([reference]), places)
    log_ratio = away @ curved.coef[:width]
    std_error = np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", away, curved.vcov[:width, :width], away), 0.0))
    z = NormalDist().inv_cdf(0.5 + level / 2)
    method = f"{method}, {len(places)} knots; reference is the median; pointwise {level:.0%} interval"
    with np.errstate(over="ignore"):
        table = pd.DataFrame(
            {
                "term": number,
                "value": grid,
                "estimate": np.exp(log_ratio),
                "std_error": std_error,
                "conf_low": np.exp(log_ratio - z * std_error),
                "conf_high": np.exp(log_ratio + z * std_error),
                "method": method,
                "reason": "",
            }
        )
        line = pd.DataFrame({"value": grid, "estimate": np.exp((grid - reference) * linear.coef[0])})
    tests = {
        name: _test(2 * (curved.loglik - simpler.loglik), curved.df - simpler.df)
        for name, simpler in (("nonlinear", linear), ("association", without))
    }
    remarks = [remark for remark in (too_few_events(data.events, curved.df),) if remark]
    if tests["nonlinear"]["p_value"] < 0.05:
        remarks.append(
            Remark(
                "nonlinear",
                f"The hazard does not follow a straight line in {number} "
                f"({say_p(tests['nonlinear']['p_value'])}): one hazard ratio per unit "
                "does not describe it.",
            )
        )
    return Result(
        kind="functional_form",
        table=table,
        n=data.n,
        events=data.events,
        excluded=data.excluded,
        remarks=tuple(remarks),
        method=method,
        frames={"linear": line, "lost": data.design.lost},
        numbers={**tests, "knots": [float(at) for at in places], "reference": reference, "ties": ties},
    )


def _knots(values: NDArray[np.float64], n_knots: int) -> NDArray[np.float64]:
    if n_knots not in QUANTILES:
        raise ValueError(f"A spline has 3, 4 or 5 knots, not {n_knots}.")
    # Quantiles of a number with few values coincide: what is left are the places where it can bend.
    return np.unique(np.quantile(values, QUANTILES[n_knots])) if len(values) else np.zeros(0)


def _test(statistic: float, df: int) -> dict[str, float]:
    statistic = max(statistic, 0.0)
    return {"statistic": statistic, "df": df, "p_value": chi_square_p(statistic, df)}


def _nothing(
    number: str, n: int, events: int, excluded: Mapping[str, int], method: str, reason: str
) -> Result:
    nan = math.nan
    table = pd.DataFrame(
        [
            {
                "term": number,
                "value": nan,
                "estimate": nan,
                "std_error": nan,
                "conf_low": nan,
                "conf_high": nan,
                "method": method,
                "reason": reason,
            }
        ]
    )
    test = {"statistic": nan, "df": 0, "p_value": nan}
    return Result(
        kind="functional_form",
        table=table,
        n=n,
        events=events,
        excluded=excluded,
        method=method,
        remarks=(Remark("not_estimable", f"No curve: {reason}."),),
        frames={"linear": pd.DataFrame({"value": [], "estimate": []})},
        numbers={"nonlinear": test, "association": test, "knots": [], "reference": nan},
    )
