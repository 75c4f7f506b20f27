"""Prognostic factors of a survival endpoint: uni- and multivariable Cox models side by side.

Each covariate on its own (all patients with a known value, or the complete cases of the multivariable model
on request) and all of them together (complete cases). The paper's Table 2 is this table of PFS, Wald
intervals and log-rank p; its univariable ISS row uses 81 patients whose stage is from the start of treatment,
which is a population to choose and not a rule of this module.

A hazard ratio in a one-arm cohort is an association, not an effect. Covariates known only after the start of
treatment are refused, as whoever has one lived long enough for it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from rrmm.analyses.counts import event_table, rank_times
from rrmm.analyses.covariates import Covariate, count_out, covariate, population_mask, unique_labels
from rrmm.analyses.cox import Interval, cox_result
from rrmm.analyses.cox_data import survival_data
from rrmm.analyses.cox_likelihood import TIES, Ties
from rrmm.analyses.km import Quantile, kaplan_meier, quantile
from rrmm.analyses.logrank import logrank
from rrmm.cohort import UNKNOWN, Cohort
from rrmm.endpoints import ENDPOINTS
from rrmm.picks import Population
from rrmm.results import Remark, Result

if TYPE_CHECKING:
    from numpy.typing import NDArray

FirthRule = Literal["auto", "always", "never"]

MODEL_COLUMNS = (
    "n",
    "event",
    "estimate",
    "std_error",
    "conf_low",
    "conf_high",
    "p_value",
    "method",
    "reason",
)
COLUMNS = (
    "key",
    "label",
    "level",
    "kind",
    "n",
    "n_event",
    "median",
    "median_low",
    "median_high",
    "logrank_p",
    *(f"uni_{name}" for name in MODEL_COLUMNS),
    *(f"multi_{name}" for name in MODEL_COLUMNS),
)


def survival_factors(
    cohort: Cohort,
    endpoint_key: str,
    covariates: Sequence[str],
    *,
    cuts: Mapping[str, float] | None = None,
    population: Population | NDArray[np.bool_] | None = None,
    adjusted: Sequence[str] | None = None,
    same_n: bool = False,
    ties: Ties = "efron",
    interval: Interval = "wald",
    firth: FirthRule = "auto",
    level: float = 0.95,
) -> Result:
    """The table of prognostic factors of an endpoint (key of ENDPOINTS).

    covariates: subgroup keys or ``col:<header>``. population: who is looked at, everybody by default.
    adjusted: those of the covariates that enter the multivariable model, all by default. same_n: univariable
    models on the multivariable model's complete cases. firth: "auto" uses Firth's penalty in a model that has
    no finite estimate otherwise.

    ``table``: one row for each level, number and group of unknowns, :data:`COLUMNS`; kind is "reference",
    "level", "number" or "unknown"; medians in days, NaN where not reached; ``uni_`` and ``multi_`` hold the
    models, hazard ratio in ``estimate``. ``frames``: ph (test of each model), lost. ``numbers``:
    ``univariable`` (key -> Result), ``multivariable`` (Result or None), ``complete`` (n) and
    ``events_per_variable``.
    KeyError for an unknown key.
    """
    cuts = dict(cuts or {})
    endpoint = ENDPOINTS[endpoint_key]
    inside = population_mask(cohort, population)
    excluded: dict[str, int] = {}
    if not inside.all():
        excluded["outside the chosen population"] = int(np.count_nonzero(~inside))
    if endpoint.population:
        member = cohort.flag(endpoint.population) == 1
        count_out(excluded, f"not part of {endpoint.label} ({endpoint.population} only)", inside & ~member)
        inside = inside & member
    time, event = cohort.number(endpoint.time), cohort.flag(endpoint.event).astype(np.int64)
    usable = inside & ~rank_times(time, event).unusable
    count_out(excluded, f"{endpoint.label} unknown", inside & ~usable)

    chosen = unique_labels([covariate(cohort, key, cuts) for key in dict.fromkeys(covariates)])
    in_models = [each for each in chosen if not each.reason]
    wanted = set(covariates if adjusted is None else adjusted)
    together = [each for each in in_models if each.key in wanted]
    frame = pd.DataFrame({"_time": time, "_event": event, **{each.label: each.column() for each in in_models}})
    frame = frame[usable]
    complete = np.logical_and.reduce([usable, *(each.known for each in together)])
    fit = _Fitter(ties, interval, firth, level)
    alone = {each.key: fit(frame[complete[usable]] if same_n else frame, [each]) for each in in_models}
    joint = fit(frame, together) if together else None

    rows: list[dict[str, Any]] = []
    ranked = rank_times(np.where(usable, time, np.nan), event)
    for each in chosen:
        base = usable & complete if same_n else usable
        rows += _rows(each, base, ranked, event, alone.get(each.key), joint if each in together else None)
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    ph = [result.frames["ph"].iloc[:-1].assign(model="univariable") for result in alone.values()]
    ph += [joint.frames["ph"].assign(model="multivariable")] if joint else []
    lost = joint.frames["lost"] if joint else pd.DataFrame(columns=["variable", "missing", "only"])
    how = {"wald": "Wald", "profile": "profile-likelihood"}[interval]
    return Result(
        kind="survival_factors",
        table=table,
        n=int(usable.sum()),
        events=int(event[usable].sum()),
        excluded=excluded,
        remarks=tuple(_remarks(chosen, alone, joint, int(usable.sum()))),
        method=f"Cox models of {endpoint.label}, {TIES[ties]}, {how} {level:.0%} intervals; "
        f"univariable on {'the same complete cases' if same_n else 'all with a known value'}, "
        "multivariable on complete cases; log-rank p unadjusted",
        frames={"ph": pd.concat(ph, ignore_index=True) if ph else pd.DataFrame(), "lost": lost},
        numbers={
            "univariable": alone,
            "multivariable": joint,
            "complete": joint.n if joint else 0,
            "endpoint": endpoint.key,
            "events_per_variable": joint.numbers["events_per_variable"] if joint else math.nan,
        },
    )


@dataclass(frozen=True)
class _Fitter:
    ties: Ties
    interval: Interval
    firth: FirthRule
    level: float

    def __call__(self, frame: pd.DataFrame, covariates: Iterable[Covariate]) -> Result:
        data = survival_data(frame, "_time", "_event", [each.label for each in covariates])
        if self.firth != "always":
            plain = cox_result(data, ties=self.ties, interval=self.interval, level=self.level)
            separated = any(remark.code == "infinite" for remark in plain.remarks)
            if not separated or self.firth == "never":
                return plain
        return cox_result(data, ties=self.ties, firth=True, level=self.level)


def _rows(
    each: Covariate,
    base: NDArray[np.bool_],
    ranked: Any,
    event: NDArray[np.int64],
    alone: Result | None,
    joint: Result | None,
) -> list[dict[str, Any]]:
    """The rows of one covariate: its levels, or itself as a number, and who is unknown."""
    unknown = base & ~each.known
    blank = dict.fromkeys(COLUMNS, math.nan) | {"key": each.key, "label": each.label, "level": ""}
    rows: list[dict[str, Any]] = []
    if each.grouping is None:
        known = base & each.known
        rows.append(
            blank
            | {
                "kind": "number",
                "n": int(known.sum()),
                "n_event": int(event[known].sum()),
                **_model("uni", each, "", alone),
                **_model("multi", each, "", joint),
            }
        )
        levels, codes = ["unknown"], np.where(unknown, 0, UNKNOWN)
        shown: list[str] = ["unknown"]
    else:
        inner = each.grouping.codes
        codes = np.where(base, np.where(inner == UNKNOWN, len(each.grouping.levels), inner), UNKNOWN)
        levels = [*each.grouping.levels, "unknown"]
        shown = levels
    table = event_table(ranked, codes, len(levels))
    curves = kaplan_meier(table)
    test = math.nan
    if each.grouping is not None and not each.reason:
        among = event_table(ranked, np.where(codes < len(levels) - 1, codes, UNKNOWN), len(levels) - 1)
        test = logrank(among).p_value if len(levels) > 2 else math.nan
    reference = _reference(alone, each)
    for at, name in enumerate(shown):
        is_unknown = at == len(levels) - 1
        if is_unknown and not table.n[at]:
            continue
        # A median by an outcome would show the head start that the model refuses.
        median = Quantile(math.nan, math.nan, math.nan) if each.reason else quantile(curves, at)
        kind = "unknown" if is_unknown else "reference" if name == reference else "level"
        row = blank | {
            "level": "Unknown" if is_unknown else name,
            "kind": kind,
            "n": int(table.n[at]),
            "n_event": int(table.events[at]),
            "median": median.estimate,
            "median_low": median.conf_low,
            "median_high": median.conf_high,
            "logrank_p": math.nan if is_unknown else test,
        }
        if is_unknown:
            row |= {"uni_reason": "not in the model", "multi_reason": "not in the model"}
        else:
            row |= _model("uni", each, name, alone) | _model("multi", each, name, joint)
        rows.append(row)
    return rows


def _reference(result: Result | None, each: Covariate) -> str:
    if each.grouping is None:
        return ""
    if result is not None:
        levels = result.frames["levels"]
        found = levels[(levels["variable"] == each.label) & levels["reference"].astype(bool)]["level"]
        if len(found):
            return str(found.iloc[0])
    return each.grouping.levels[0]


def _model(prefix: str, each: Covariate, level: str, result: Result | None) -> dict[str, Any]:
    """The columns of one model for one row; the reference has counts and no estimate."""
    found: dict[str, Any] = dict.fromkeys(MODEL_COLUMNS, math.nan) | {"method": "", "reason": each.reason}
    if result is None:
        found["reason"] = each.reason or "not in the model"
    else:
        counts = result.frames["levels"]
        place = counts[(counts["variable"] == each.label) & (counts["level"] == level)]
        if len(place):
            found |= {"n": int(place["n"].iloc[0]), "event": int(place["n_event"].iloc[0])}
        table = result.table
        line = table[(table["variable"] == each.label) & (table["level"] == level)]
        if len(line):
            values = line.iloc[0]
            found |= {
                name: values[name] for name in ("estimate", "std_error", "conf_low", "conf_high", "p_value", "method", "reason")
            }
        elif not len(place):
            found["reason"] = "no patient"
        else:
            # A factor that is left with one level has its reason in a row of its own.
            only = table[(table["variable"] == each.label) & (table["level"] == "")]
            found["reason"] = str(only["reason"].iloc[0]) if len(only) else ""
    return {f"{prefix}_{name}": value for name, value in found.items()}


def _remarks(chosen: Sequence[Covariate], alone: Mapping[str, Result], joint: Result | None, n: int) -> list[Remark]:
    remarks = [Remark("outcome_covariate", f"{each.label}: {each.reason}.") for each in chosen if each.reason]
    for each in chosen:
        result = alone.get(each.key)
        if result is None:
            continue
        if result.kind == "firth_cox":
            remarks.append(Remark("firth", f"{each.label}, univariable: Firth's penalty, profile penalised likelihood."))
        remarks += [
            Remark(remark.code, f"{each.label}, univariable: {remark.text}")
            for remark in result.remarks
            if remark.code in ("proportional_hazards", "infinite")
        ]
    if joint is None:
        return remarks
    if joint.kind == "firth_cox":
        remarks.append(Remark("firth", "Multivariable: Firth's penalty, profile penalised likelihood."))
    remarks += [Remark(remark.code, f"Multivariable: {remark.text}") for remark in joint.remarks]
    if joint.n < n:
        lost = joint.frames["lost"]
        named = ", ".join(f"{name} {missing}" for name, missing in zip(lost["variable"], lost["missing"], strict=True) if missing)
        remarks.append(
            Remark(
                "complete_cases",
                (f"Multivariable: {joint.n} of {n} patients have every covariate (missing: {named})."),
            )
        )
    return remarks
