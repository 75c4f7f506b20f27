"""Logistic regression: odds ratios of a yes/no outcome, with Firth's penalty on request.

Odds ratios are of the outcome being yes (1). Wald limits as R's `summary(glm)`, or profile likelihood as
`confint(glm)` (there by a spline, here each limit is the root). Under separation a coefficient has no finite
estimate: its row is NaN with the reason, the others keep the estimates that R reaches in the limit, and
Firth's penalty is offered.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from rrmm.analyses.design_matrix import Design, design_matrix
from rrmm.analyses.logistic_fit import LogisticFit, fit
from rrmm.results import Remark, Result

if TYPE_CHECKING:
    from numpy.typing import NDArray

Interval = Literal["wald", "profile"]

COLUMNS = (
    "term", "variable", "level", "n", "n_event", "estimate", "std_error", "conf_low", "conf_high",
    "statistic", "p_value", "method", "reason",
)  # fmt: skip
FEWEST_EVENTS_PER_TERM = 10
SAME_OUTCOME = ("no patient has the outcome", "every patient has the outcome")


def fit_logistic(
    frame: pd.DataFrame,
    outcome: str,
    covariates: Sequence[str],
    *,
    firth: bool = False,
    interval: Interval = "wald",
    level: float = 0.95,
    references: Mapping[str, str] | None = None,
    as_factor: Collection[str] = (),
) -> Result:
    """A logistic model of named columns on the complete cases.

    outcome: a column of 1 or yes (the event) and 0 or no. covariates: numbers, or text, categories and yes/no
    as factors (:func:`rrmm.analyses.design_matrix.design_matrix`), terms named ``column[level]``.

    ``table``: one row a term (:data:`COLUMNS`): estimate = odds ratio of the outcome, std_error of its log,
    statistic = z. With Firth's penalty the limits are profile penalised likelihood and statistic is its
    chi-square. ``frames``: intercept, lost, levels. ``numbers``: loglik, lr_test, aic, events_per_term.
    Raises ValueError with a sentence for a column that is not there or an outcome that is not 0 and 1.
    """
    if interval not in ("wald", "profile"):
        raise ValueError(f"unknown interval for an odds ratio: {interval!r}")
    if not 0 < level < 1:
        raise ValueError(f"a level lies between 0 and 1, not {level}")
    y = _outcome(frame, outcome)
    known = np.isfinite(y)
    design = design_matrix(frame, covariates, eligible=known, references=references, as_factor=as_factor)
    excluded = {"outcome missing": int(np.count_nonzero(~known))} if not known.all() else {}
    lost = int(np.count_nonzero(known & ~design.used))
    if lost:
        excluded["covariate missing"] = lost
    return _result(design, y[design.used], excluded, firth, interval, level)


def _outcome(frame: pd.DataFrame, name: str) -> NDArray[np.float64]:
    if name not in frame.columns:
        raise ValueError(f"There is no column '{name}'.")
    try:
        y = pd.to_numeric(frame[name]).to_numpy(np.float64, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise ValueError(f"The column '{name}' must hold 1 (yes) or 0 (no).") from error
    strange = y[np.isfinite(y) & ~np.isin(y, (0.0, 1.0))]
    if len(strange):
        raise ValueError(f"The column '{name}' must hold 1 (yes) or 0 (no); it holds {strange[0]:g}.")
    return y


def _result(
    design: Design,
    y: NDArray[np.float64],
    excluded: Mapping[str, int],
    firth: bool,
    interval: Interval,
    level: float,
) -> Result:
    n, events = len(y), int(y.sum())
    reasons = [column.reason for column in design.columns]
    same = (
        "no patient" if not n else SAME_OUTCOME[0] if not events else SAME_OUTCOME[1] if events == n else ""
    )
    if same:
        reasons = [reason or same for reason in reasons]
    inside = _independent(design.matrix, reasons)
    model = None
    if not same:
        x = np.column_stack([np.ones(n), design.matrix[:, inside]])
        with np.errstate(all="ignore"):
            model = fit(x, y, firth=firth, interval=interval, level=level)
        for place, j in enumerate(inside, start=1):
            reasons[j] = _reason(design, y, j, model, place)
        if not model.converged:
            model = None
    how = "Wald interval and test"
    if firth:
        how = "profile penalised likelihood interval and test"
    elif interval == "profile":
        how = "profile-likelihood interval, Wald test"
    table = _table(design, y, inside, model, reasons, how)
    df = len(inside)
    numbers: dict[str, Any] = {
        "loglik": {"null": math.nan, "fitted": math.nan},
        "firth": firth,
        "level": level,
        "interval": "profile" if firth else interval,
        "events_per_term": min(events, n - events) / df if df else math.nan,
    }
    numbers["lr_test"], numbers["aic"] = {"statistic": math.nan, "df": df, "p_value": math.nan}, math.nan
    if model is not None:
        numbers["loglik"] = {"null": model.loglik[0], "fitted": model.loglik[1]}
        numbers["lr_test"] = _global(model, df)
        numbers["aic"] = 2 * (df + 1) - 2 * model.loglik[1]
    name = "Logistic regression with Firth's penalty" if firth else "Logistic regression"
    return Result(
        kind="firth_logistic" if firth else "logistic",
        table=table,
        n=n,
        events=events,
        excluded=excluded,
        remarks=tuple(_remarks(table, model, inside, min(events, n - events), df)),
        method=f"{name}; {how}",
        frames={"intercept": _intercept(model, n, events), "lost": design.lost, "levels": _levels(design, y)},
        numbers=numbers,
    )


def _independent(matrix: NDArray[np.float64], reasons: list[str]) -> list[int]:
    """Columns that enter; one that the intercept and the earlier ones determine gets its reason."""
    inside: list[int] = []
    centred = matrix - matrix.mean(axis=0) if len(matrix) else matrix
    for j, reason in enumerate(reasons):
        if reason:
            continue
        column, basis = centred[:, j], centred[:, inside]
        rest = column - basis @ np.linalg.lstsq(basis, column, rcond=None)[0] if inside else column
        if np.linalg.norm(rest) <= 1e-9 * np.linalg.norm(column):
            reasons[j] = "determined by the other covariates"
        elif len(inside) + 2 > len(matrix):
            reasons[j] = "more terms than patients"
        else:
            inside.append(j)
    return inside


def _reason(design: Design, y: NDArray[np.float64], j: int, model: LogisticFit, place: int) -> str:
    column = design.columns[j]
    if model.undetermined[place]:
        return "another covariate decides the outcome of every patient who could tell"
    if not model.diverging[place]:
        return "" if model.converged else "the iteration did not converge"
    if column.kind == "number":
        return "infinite: the value separates patients with and without the outcome"
    for level, codes in _sides(design, j):
        share = y[codes].mean() if codes.any() else math.nan
        if share in (0.0, 1.0):
            return f"infinite: {'no' if share == 0 else 'every'} patient in {level} has the outcome"
    return "infinite: together with the others it separates patients with and without the outcome"


def _sides(design: Design, j: int) -> list[tuple[str, NDArray[np.bool_]]]:
    """The level of the column and the reference level, with who is in them."""
    column = design.columns[j]
    rows = design.levels[design.levels["variable"] == column.variable].reset_index(drop=True)
    codes = design.codes[column.variable]
    base = int(np.flatnonzero(rows["reference"].to_numpy(bool))[0])
    name = str(rows["level"][base])
    return [
        (f"level '{column.level}'", design.matrix[:, j] == 1),
        (f"the reference level '{name}'", codes == base),
    ]


def _table(
    design: Design,
    y: NDArray[np.float64],
    inside: Sequence[int],
    model: LogisticFit | None,
    reasons: Sequence[str],
    how: str,
) -> pd.DataFrame:
    place = {j: at for at, j in enumerate(inside, start=1)}
    rows = []
    for j, column in enumerate(design.columns):
        who = design.matrix[:, j] == 1 if column.level else np.ones(len(y), dtype=bool)
        numbers = _numbers(model, place[j]) if model is not None and j in place else (math.nan,) * 6
        counts = (int(who.sum()), int(y[who].sum()))
        rows.append((column.term, column.variable, column.level, *counts, *numbers, how, reasons[j]))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _numbers(model: LogisticFit, at: int) -> tuple[float, ...]:
    low, high = (
        float(np.exp(min(limit, 700.0))) if limit != math.inf else limit for limit in model.limits[at]
    )
    return (float(np.exp(model.coef[at])), float(model.std_error[at]), low, high,
            float(model.statistic[at]), float(model.p_value[at]))  # fmt: skip


def _intercept(model: LogisticFit | None, n: int, events: int) -> pd.DataFrame:
    numbers = _numbers(model, 0) if model is not None else (math.nan,) * 6
    row = (
        "(Intercept)",
        "",
        "",
        n,
        events,
        *numbers,
        "",
        "" if math.isfinite(numbers[0]) else "not estimable",
    )
    return pd.DataFrame([row], columns=list(COLUMNS))


def _levels(design: Design, y: NDArray[np.float64]) -> pd.DataFrame:
    """The design's levels with events: variable, level, reference, n, n_event."""
    levels = design.levels.copy()
    events: list[int] = []
    for name, rows in levels.groupby("variable", sort=False):
        codes = design.codes.get(str(name))
        if codes is None:
            events += [int(y.sum())] * len(rows)
        else:
            events += np.bincount(codes[y == 1], minlength=len(rows)).tolist()
    levels["n_event"] = np.array(events, dtype=np.int64)
    return levels


def _global(model: LogisticFit, df: int) -> dict[str, Any]:
    from scipy.special import chdtrc

    statistic = max(0.0, 2 * (model.loglik[1] - model.loglik[0]))
    return {"statistic": statistic, "df": df, "p_value": float(chdtrc(df, statistic)) if df else math.nan}


def _remarks(
    table: pd.DataFrame, model: LogisticFit | None, inside: Sequence[int], rarer: int, df: int
) -> list[Remark]:
    remarks = []
    if model is not None and df and rarer < FEWEST_EVENTS_PER_TERM * df:
        plural = "s" if df > 1 else ""
        text = (f"{rarer} patients with the rarer outcome for {df} term{plural}: fewer than "
                f"{FEWEST_EVENTS_PER_TERM} a term. Estimates may be too extreme.")  # fmt: skip
        remarks.append(Remark("events_per_variable", text))
    if model is not None and model.diverging[1:].any():
        terms = [table["term"][j] for at, j in enumerate(inside, start=1) if model.diverging[at]]
        text = f"Not estimable: {', '.join(terms)}. Firth's penalty gives an estimate and an interval."
        remarks.append(Remark("infinite", text))
    return remarks
