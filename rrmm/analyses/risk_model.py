"""A risk model of the chosen covariates: penalised Cox or random survival forest, honest about its optimism.

scikit-survival fits both; R's ``coxph`` with ``ridge()`` witnesses the first. Discrimination (Harrell's and
Uno's C) and the integrated Brier score are corrected for optimism by Harrell's bootstrap: each replicate is
fitted anew and loses on the patients at hand what it seemed to gain on its own sample. Nothing is tuned on
the data, so nothing is left out of the bootstrap. Calibration compares predictions *out of bag*, made for a
patient only by replicates that have not seen him, with Kaplan-Meier.

Below 10 events per parameter the model is refused, or on request fitted with a remark: it would describe this
cohort and no other. Everything is seeded: the same data give the same model.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from rrmm.analyses.cox_data import SurvivalData, survival_data
from rrmm.analyses.risk_appraisal import FEWEST_REPLICATES, calibration, measures, refusal, refused, remarks
from rrmm.analyses.risk_fit import KINDS, Fitted, Judge, Kind, Maker, curve_times, last_usable_time
from rrmm.analyses.risk_scores import brier_scores, censoring, integrated
from rrmm.results import Result

if TYPE_CHECKING:
    from numpy.typing import NDArray

PENALTY = 4.0
"""Ridge penalty per standard deviation: a normal prior of SD 1/2 on each log hazard ratio."""


@dataclass(frozen=True)
class Feature:
    """What the model asks about a patient. levels: of a factor, reference first; () for a number."""

    name: str
    levels: tuple[str, ...] = ()
    low: float = math.nan
    high: float = math.nan


@dataclass(frozen=True, eq=False)
class RiskModel:
    """A fitted model and its appraisal.

    ``result.table``: one row a measure: term, apparent, optimism, estimate (corrected), reason.
    ``result.frames``: calibration (risk third: n, predicted, estimate = observed, limits, reason), brier
    (time, model, kaplan_meier), coefficients (Cox only: log hazard ratio per SD and hazard ratio per unit).
    ``fitted`` is None where the model is refused; ``reason`` then says why.
    """

    kind: Kind
    features: tuple[Feature, ...]
    terms: tuple[str, ...]
    centre: NDArray[np.float64]
    scale: NDArray[np.float64]
    times: NDArray[np.float64]
    fitted: Fitted | None
    replicates: tuple[Fitted, ...]
    result: Result
    level: float
    reason: str = ""


def risk_model(
    frame: pd.DataFrame,
    time: str,
    event: str,
    covariates: Sequence[str],
    *,
    kind: Kind = "cox",
    penalty: float = PENALTY,
    trees: int = 50,
    bootstraps: int | None = None,
    horizon: float | None = None,
    tau: float | None = None,
    seed: int = 20240101,
    anyway: bool = False,
    level: float = 0.95,
) -> RiskModel:
    """Fit and appraise a model of named columns on the complete cases.

    bootstraps: replicates; by default 100 for Cox and 20 for the slower forest. horizon: the time at which
    calibration is looked at, half of tau by default. tau: end of the Brier score and of Uno's C; by default
    the last event at which a tenth of the patients, and five, are at risk. anyway: fit below 10 events per
    parameter. Raises ValueError for columns it can't use; what can't be fitted is a model with a reason.
    """
    if kind not in KINDS:
        raise ValueError(f"A risk model is 'cox' or 'forest', not '{kind}'.")
    replicates = bootstraps if bootstraps is not None else {"cox": 100, "forest": 20}[kind]
    data = survival_data(frame, time, event, covariates)
    usable = np.array([not column.reason for column in data.design.columns], dtype=bool)
    x = data.design.matrix[:, usable]
    terms = tuple(term for term, use in zip(data.design.terms, usable, strict=True) if use)
    centre = x.mean(axis=0) if data.n else np.zeros(x.shape[1])
    scale = x.std(axis=0) if data.n else np.ones(x.shape[1])
    end = last_usable_time(data) if tau is None else float(tau)
    at = end / 2 if horizon is None else float(horizon)
    times = curve_times(data, end)
    per = data.events / x.shape[1] if x.shape[1] else math.nan
    empty = RiskModel(
        kind, _features(data), terms, centre, scale, times, None, (), refused(kind, data, per, ""), level
    )
    reason = refusal(data, x.shape[1], per, times, anyway)
    if reason:
        return replace(empty, result=refused(kind, data, per, reason), reason=reason)
    standard = (x - centre) / scale
    maker = Maker(kind, penalty, trees)
    random = np.random.default_rng(seed)
    try:
        fitted = maker(standard, data.time, data.event, seed)
    except (ValueError, ArithmeticError, np.linalg.LinAlgError):
        reason = "the model could not be fitted to these patients"
        return replace(empty, result=refused(kind, data, per, reason), reason=reason)
    judge = Judge(data.time, data.event, standard, censoring(data.time, data.event), times, end)
    everyone = np.arange(data.n)
    apparent = judge(fitted, everyone)
    gains, others, unseen_sum, unseen_count = [], [], np.zeros(data.n), np.zeros(data.n)
    for number in range(replicates):
        rows = random.integers(0, data.n, data.n)
        try:
            other = maker(standard[rows], data.time[rows], data.event[rows], seed + number + 1)
        except (ValueError, ArithmeticError, np.linalg.LinAlgError):
            # A sample without two events or without variation fits nothing; it is counted below.
            continue
        gains.append(judge(other, rows) - judge(other, everyone))
        others.append(other)
        unseen = np.setdiff1d(everyone, rows)
        if len(unseen):
            unseen_sum[unseen] += other.survival(standard[unseen], np.array([at]))[:, 0]
            unseen_count[unseen] += 1
    optimism = np.nanmean(gains, axis=0) if len(gains) >= FEWEST_REPLICATES else np.full(3, np.nan)
    predicted = np.divide(unseen_sum, unseen_count, out=np.full(data.n, np.nan), where=unseen_count > 0)
    flat = integrated(times, judge.kaplan_meier_brier)
    table = measures(apparent, optimism, flat, len(gains))
    frames = {
        "calibration": calibration(data, predicted, at, level),
        "brier": pd.DataFrame(
            {
                "time": times,
                "model": brier_scores(
                    data.time, data.event, fitted.survival(standard, times), times, judge.weights
                ),
                "kaplan_meier": judge.kaplan_meier_brier,
            }
        ),
        "lost": data.design.lost,
    }
    if kind == "cox":
        frames["coefficients"] = pd.DataFrame(
            {
                "term": terms,
                "per_sd": fitted.estimator.coef_,
                "estimate": np.exp(fitted.estimator.coef_ / scale),
            }
        )
    result = Result(
        kind="risk_model",
        table=table,
        n=data.n,
        events=data.events,
        excluded=data.excluded,
        remarks=tuple(remarks(data, per, x.shape[1], replicates, len(gains), table)),
        method=f"{KINDS[kind]}{f' {penalty:g} per SD' if kind == 'cox' else f' of {trees} trees'}; "
        f"optimism by {len(gains)} bootstrap replicates; calibration out of bag",
        frames=frames,
        numbers={
            "tau": end,
            "horizon": at,
            "bootstraps": len(gains),
            "events_per_parameter": per,
            "parameters": x.shape[1],
            "kaplan_meier_brier": flat,
        },
    )
    return replace(empty, fitted=fitted, replicates=tuple(others), result=result)


def cohort_risk_model(
    cohort: Any,
    endpoint_key: str,
    covariates: Sequence[str],
    *,
    cuts: Mapping[str, float] | None = None,
    population: NDArray[np.bool_] | None = None,
    **options: Any,
) -> RiskModel:
    """:func:`risk_model` of subgroup keys and ``col:<header>`` numbers of a cohort; times in days.

    Covariates known only after the start of treatment are refused with ValueError: they can't predict.
    """
    from rrmm.analyses.covariates import covariate
    from rrmm.endpoints import ENDPOINTS

    endpoint = ENDPOINTS[endpoint_key]
    chosen = [covariate(cohort, key, dict(cuts or {})) for key in dict.fromkeys(covariates)]
    late = [each.label for each in chosen if each.reason]
    if late:
        raise ValueError(f"{late[0]} is known only after the start of treatment and can't predict from it.")
    inside = np.ones(cohort.n, dtype=bool) if population is None else np.asarray(population, dtype=bool)
    if endpoint.population:
        inside = inside & (cohort.flag(endpoint.population) == 1)
    event = cohort.flag(endpoint.event).astype(float)
    frame = pd.DataFrame(
        {
            "_time": cohort.number(endpoint.time),
            "_event": np.where(event < 0, np.nan, event),
            **{each.label: each.column() for each in chosen},
        }
    )
    return risk_model(frame[inside], "_time", "_event", [each.label for each in chosen], **options)


def predict(model: RiskModel, features: Mapping[str, Any]) -> pd.DataFrame:
    """The predicted curve of one patient: ``time``, ``estimate``, ``conf_low``, ``conf_high``.

    features: name -> level or number, for every feature of the model. The interval is that of the curve over
    bootstrap replicates (percentiles), not of the patient's own time. Raises ValueError with a sentence for a
    refused model, a missing feature or an unknown level.
    """
    if model.fitted is None:
        raise ValueError(f"There is no model to predict with: {model.reason}.")
    row = (_encode(model, features) - model.centre) / model.scale
    x = row[None, :]
    curves = np.array([other.survival(x, model.times)[0] for other in model.replicates])
    low = high = np.full(len(model.times), np.nan)
    estimate = model.fitted.survival(x, model.times)[0]
    if len(curves) >= FEWEST_REPLICATES:
        tail = (1 - model.level) / 2
        low, high = np.quantile(curves, [tail, 1 - tail], axis=0)
        # Few replicates can all lie on one side of the model's own curve.
        low, high = np.minimum(low, estimate), np.maximum(high, estimate)
    return pd.DataFrame(
        {
            "time": np.concatenate([[0.0], model.times]),
            "estimate": np.concatenate([[1.0], estimate]),
            "conf_low": np.concatenate([[1.0], low]),
            "conf_high": np.concatenate([[1.0], high]),
        }
    )


# features ------------------------------------------------------------------------------------------


def _features(data: SurvivalData) -> tuple[Feature, ...]:
    levels = data.design.levels
    found = []
    for name in dict.fromkeys(levels["variable"]):
        mine = levels[(levels["variable"] == name) & (levels["n"] > 0)]
        if name in data.design.codes:
            ordered = mine.sort_values("reference", ascending=False, kind="stable")["level"]
            found.append(Feature(str(name), tuple(ordered)))
        else:
            values = data.design.matrix[:, data.design.positions(str(name))[0]]
            found.append(
                Feature(str(name), (), *((float(values.min()), float(values.max())) if len(values) else ()))
            )
    return tuple(found)


def _encode(model: RiskModel, features: Mapping[str, Any]) -> NDArray[np.float64]:
    """The patient as a row of the design."""
    values: dict[str, float] = {}
    for feature in model.features:
        if feature.name not in features or features[feature.name] is None:
            raise ValueError(f"The prediction needs a value for '{feature.name}'.")
        given = features[feature.name]
        if not feature.levels:
            try:
                values[feature.name] = float(given)
            except (TypeError, ValueError) as error:
                raise ValueError(f"'{feature.name}' must be a number.") from error
            if not math.isfinite(values[feature.name]):
                raise ValueError(f"'{feature.name}' must be a number.")
            continue
        if given not in feature.levels:
            raise ValueError(
                f"'{given}' is not a level of '{feature.name}': it has {', '.join(feature.levels)}."
            )
        values |= {f"{feature.name}[{level}]": float(level == given) for level in feature.levels}
    return np.array([values[term] for term in model.terms])
