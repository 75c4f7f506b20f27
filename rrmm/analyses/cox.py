"""Cox's proportional hazards model: hazard ratios, tests, concordance and the check of its assumption.

Own fit on the likelihood of :mod:`rrmm.analyses.cox_likelihood` (why own, and the risk-set convention, stand
there); agrees with R's ``coxph`` to 8 digits and more. Wald intervals on the log scale; profile likelihood on
request. Firth's penalty (Heinze and Schemper 2001) where a group has no event or on request.

A coefficient without a finite estimate (no event in a level, perfect separation) is a row with NaN and the
reason; the others keep their limiting estimates, and the likelihood-ratio and score tests stay valid.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from rrmm.analyses.concordance import Concordance, concordance
from rrmm.analyses.cox_data import SurvivalData, survival_data
from rrmm.analyses.cox_fit import CoxFit, chi_square_p, cox_arrays, normal_p, profile, wald_limits
from rrmm.analyses.cox_likelihood import TIES, Ties
from rrmm.analyses.proportional_hazards import GLOBAL, Transform, schoenfeld_test
from rrmm.formatting import p_value as say_p
from rrmm.results import Remark, Result

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["CoxFit", "cox_arrays", "cox_result", "fit_cox"]

Interval = Literal["wald", "profile"]

FEWEST_EVENTS_PER_VARIABLE = 10
SMALL_GROUP, SMALL_EVENTS = 10, 5
COLUMNS = (
    "term",
    "variable",
    "level",
    "n",
    "n_event",
    "estimate",
    "std_error",
    "conf_low",
    "conf_high",
    "statistic",
    "p_value",
    "method",
    "reason",
)


def fit_cox(
    frame: pd.DataFrame,
    time: str,
    event: str,
    covariates: Sequence[str],
    *,
    strata: Sequence[str] = (),
    entry: str | None = None,
    ties: Ties = "efron",
    firth: bool = False,
    interval: Interval = "wald",
    level: float = 0.95,
    transform: Transform = "km",
    references: Mapping[str, str] | None = None,
    as_factor: Collection[str] = (),
) -> Result:
    """A Cox model of named columns on the complete cases.

    time, entry: columns in any unit; event: 1 or yes = event, 0 or no = censored. Text, categories and yes/no
    are factors with the first level in sorted order as reference (or ``references``); terms are named
    ``column[level]``. strata: columns with a baseline hazard of their own for each combination.

    ``table``: one row a term (:data:`COLUMNS`): estimate = hazard ratio, std_error of the log hazard ratio,
    statistic = z. With Firth the interval is the profile penalised likelihood, statistic its chi-square, and
    the Wald ones are in ``frames["wald"]``. ``frames``: ph (Schoenfeld test), lost (per covariate), levels
    (references included), vcov. ``numbers``: loglik, lr_test, score_test, wald_test, concordance,
    events_per_variable, ties, ph_global. Raises ValueError, with a sentence, for columns it can't use.
    """
    data = survival_data(
        frame, time, event, covariates, strata=strata, entry=entry, references=references, as_factor=as_factor
    )
    return cox_result(data, ties=ties, firth=firth, interval=interval, level=level, transform=transform)


def cox_result(
    data: SurvivalData,
    *,
    ties: Ties = "efron",
    firth: bool = False,
    interval: Interval = "wald",
    level: float = 0.95,
    transform: Transform = "km",
) -> Result:
    """As :func:`fit_cox`, of data that are checked already."""
    fit = cox_arrays(
        data.time,
        data.event,
        data.design.matrix,
        entry=data.entry,
        strata=data.strata,
        ties=ties,
        firth=firth,
    )
    reasons = term_reasons(data, fit)
    numbers = {**_tests(fit), **_discrimination(data, fit)}
    numbers |= {
        "ties": ties,
        "firth": firth,
        "interval": "profile" if firth else interval,
        "level": level,
        "events_per_variable": data.events / fit.df if fit.df else math.nan,
    }
    limits = wald_limits(fit, level)
    frames: dict[str, pd.DataFrame] = {"lost": data.design.lost, "levels": level_counts(data)}
    with np.errstate(invalid="ignore", divide="ignore"):
        statistic = fit.coef / fit.std_error
    p_values = normal_p(statistic)
    how = f"Wald {level:.0%} interval"
    if firth:
        from rrmm.analyses.firth_cox import penalised_tests

        frames["wald"] = pd.DataFrame(
            {
                "term": data.design.terms,
                "conf_low": limits[:, 0],
                "conf_high": limits[:, 1],
                "statistic": statistic,
                "p_value": p_values,
            }
        )
        limits = profile(fit, level)
        statistic, p_values = penalised_tests(fit)
        how = f"profile penalised likelihood {level:.0%} interval and test"
    elif interval == "profile":
        limits = profile(fit, level)
        how = f"profile likelihood {level:.0%} interval, Wald test"
    table = _table(data, fit, reasons, limits, statistic, p_values)
    table["method"] = how
    frames["ph"], numbers["ph_global"] = _ph(data, fit, transform)
    frames["vcov"] = pd.DataFrame(fit.vcov, index=list(data.design.terms), columns=list(data.design.terms))
    name = "Cox model with Firth's penalty" if firth else "Cox proportional hazards model"
    stratified = ", stratified" if data.strata is not None else ""
    late = ", delayed entry" if data.entry is not None else ""
    return Result(
        kind="firth_cox" if firth else "cox",
        table=table,
        n=data.n,
        events=data.events,
        excluded=data.excluded,
        remarks=tuple(_remarks(data, fit, reasons, frames)),
        method=f"{name}, {TIES[ties]}{stratified}{late}; {how}",
        frames=frames,
        numbers=numbers,
    )


def level_counts(data: SurvivalData) -> pd.DataFrame:
    """The design's levels, references included, with events: variable, level, reference, n, n_event."""
    levels = data.design.levels.copy()
    events = []
    for name, rows in levels.groupby("variable", sort=False):
        codes = data.design.codes.get(str(name))
        if codes is None:
            events += [data.events] * len(rows)
        else:
            events += np.bincount(codes[data.event == 1], minlength=len(rows)).tolist()
    # groupby keeps the order of first appearance, which is the order of the rows.
    levels["n_event"] = np.array(events, dtype=np.int64)
    return levels


def term_reasons(data: SurvivalData, fit: CoxFit) -> list[str]:
    """Why a term has no estimate, in a clinician's words; "" where it has one."""
    levels = level_counts(data)
    events = {(row.variable, row.level): row.n_event for row in levels.itertuples()}
    base = {str(row.variable): str(row.level) for row in levels.itertuples() if row.reference}
    said = []
    for column, reason in zip(data.design.columns, fit.reasons, strict=True):
        if column.reason:
            reason = column.reason
        elif reason.startswith("no finite") and column.kind == "factor":
            if events[column.variable, column.level] == 0:
                reason = f"no event in level '{column.level}'"
            elif events[column.variable, base[column.variable]] == 0:
                reason = f"no event in the reference level '{base[column.variable]}'"
            else:
                reason = "no finite estimate: the events separate the patients perfectly"
        elif reason.startswith("no finite"):
            reason = "no finite estimate: the events separate the patients perfectly"
        said.append(reason)
    return said


def _table(
    data: SurvivalData,
    fit: CoxFit,
    reasons: Sequence[str],
    limits: NDArray[np.float64],
    statistic: NDArray[np.float64],
    p_values: NDArray[np.float64],
) -> pd.DataFrame:
    levels = level_counts(data)
    counts = {(row.variable, row.level): (row.n, row.n_event) for row in levels.itertuples()}
    rows = []
    for j, column in enumerate(data.design.columns):
        n, n_event = counts.get((column.variable, column.level), (data.n, data.events))
        rows.append(
            {
                "term": column.term,
                "variable": column.variable,
                "level": column.level,
                "n": n,
                "n_event": n_event,
                "estimate": math.exp(min(fit.coef[j], 700.0)),
                "std_error": fit.std_error[j],
                "conf_low": limits[j, 0],
                "conf_high": limits[j, 1],
                "statistic": statistic[j],
                "p_value": p_values[j],
                "method": "",
                "reason": reasons[j],
            }
        )
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _tests(fit: CoxFit) -> dict[str, Any]:
    def test(statistic: float, reason: str = "") -> dict[str, Any]:
        return {
            "statistic": statistic,
            "df": fit.df,
            "p_value": chi_square_p(statistic, fit.df),
            "reason": reason,
        }

    infinite = "a coefficient is infinite" if fit.fit.diverging.any() else ""
    return {
        "loglik": {"null": fit.loglik_null, "fitted": fit.loglik},
        "lr_test": test(fit.lr_statistic),
        "score_test": test(fit.score_statistic, "not defined with Firth's penalty" if fit.firth else ""),
        "wald_test": test(fit.wald_statistic, infinite),
    }


def _discrimination(data: SurvivalData, fit: CoxFit) -> dict[str, Any]:
    if not fit.df:
        return {"concordance": Concordance(math.nan, math.nan)._asdict()}
    found = concordance(data.time, data.event, fit.linear_predictor, entry=data.entry, strata=data.strata)
    return {"concordance": found._asdict()}


def _ph(data: SurvivalData, fit: CoxFit, transform: Transform) -> tuple[pd.DataFrame, dict[str, Any]]:
    finite = fit.finite if fit.converged else fit.finite[:0]
    place = {int(fit.kept[at]): where for where, at in enumerate(finite)}
    terms: dict[str, list[int]] = {}
    for j, column in enumerate(data.design.columns):
        terms.setdefault(column.variable, [])
        if j in place:
            terms[column.variable].append(place[j])
    frame = schoenfeld_test(
        fit.point, finite, fit.fit.directions, terms, data.time, data.event, data.entry, transform=transform
    )
    last = frame.iloc[-1]
    return frame, {
        "statistic": float(last["statistic"]),
        "df": int(last["df"]),
        "p_value": float(last["p_value"]),
        "transform": transform,
    }


def _remarks(
    data: SurvivalData, fit: CoxFit, reasons: Sequence[str], frames: Mapping[str, pd.DataFrame]
) -> list[Remark]:
    remarks = []
    if data.events == 0:
        remarks.append(Remark("no_events", "No event: nothing can be estimated."))
    elif remark := too_few_events(data.events, fit.df):
        remarks.append(remark)
    infinite = [
        column.term
        for column, reason, found in zip(data.design.columns, reasons, fit.reasons, strict=True)
        if reason and found.startswith("no finite")
    ]
    if infinite:
        text = f"Not estimable: {', '.join(infinite)}. Firth's penalty gives an estimate and an interval."
        remarks.append(Remark("infinite", text))
    levels = frames["levels"]
    small = levels[
        (levels["level"] != "") & ((levels["n"] < SMALL_GROUP) | (levels["n_event"] < SMALL_EVENTS))
    ]
    if len(small):
        named = "; ".join(
            f"{row['variable']} '{row['level']}' {row['n_event']}/{row['n']}"
            for row in small.to_dict("records")
        )
        text = f"Fewer than {SMALL_GROUP} patients or {SMALL_EVENTS} events (events/patients): {named}."
        remarks.append(Remark("small_group", text))
    return remarks + ph_remarks(frames["ph"])


def too_few_events(events: int, parameters: int) -> Remark | None:
    """The remark on fewer than 10 events per parameter, where it is due."""
    if not parameters or events >= FEWEST_EVENTS_PER_VARIABLE * parameters:
        return None
    plural = "s" if parameters > 1 else ""
    return Remark(
        "events_per_variable",
        f"{events} events for {parameters} parameter{plural}: {events / parameters:.1f} per parameter, "
        f"fewer than {FEWEST_EVENTS_PER_VARIABLE}. Estimates may be too extreme.",
    )


def ph_remarks(ph: pd.DataFrame) -> list[Remark]:
    """Remarks on terms of a Schoenfeld test with p < 0.05."""
    remarks = []
    for term, p in zip(ph["term"], ph["p_value"], strict=True):
        # With one covariate the global test is the same test again.
        if not p < 0.05 or (term == GLOBAL and len(ph) == 2):
            continue
        what = "of the model as a whole" if term == GLOBAL else f"of {term}"
        text = (
            f"The Schoenfeld test speaks against proportional hazards {what} ({say_p(float(p))}): "
            "a hazard ratio is then an average over time."
        )
        remarks.append(Remark("proportional_hazards", text))
    return remarks
