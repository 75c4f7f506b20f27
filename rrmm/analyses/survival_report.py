"""Every survival number of one table in one tree: curves, tests and models, as `python -m rrmm survival`
prints it.

All numbers are of the same patients: those with a time, an event and a value in every column named. Who is
left out is counted by reason. NaN stands where something can't be estimated, with a reason beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from rrmm.analyses.counts import EventTable, Ranked, event_table, rank_times
from rrmm.analyses.hazard_table import Ties
from rrmm.analyses.km import (
    ConfType,
    Curves,
    Mean,
    Quantile,
    followup,
    kaplan_meier,
    quantile,
    rmst,
    rmst_difference,
    survival_at,
)
from rrmm.analyses.logrank import Test, logrank, pairwise, stratified_logrank, trend_test
from rrmm.results import Result

ALL = "All"
FIRTH_NUMBERS = (
    "estimate", "se", "conf_low", "conf_high", "statistic", "p_value", "z", "wald_conf_low", "wald_conf_high",
    "wald_p_value",
)  # fmt: skip
FIRTH_FAILED = "the penalised estimation failed: too few events, or covariates of very different size"


@dataclass(frozen=True, eq=False)
class SurvivalInput:
    """n patients. time, entry (or None): float64; event: 1, 0 or NaN; group, strata: labels or None where
    missing.

    levels: of the group, in order; covariates: float columns or text columns (factors).
    """

    time: np.ndarray
    event: np.ndarray
    entry: np.ndarray | None = None
    group: np.ndarray | None = None
    group_name: str = "group"
    levels: Sequence[str] = (ALL,)
    strata: Mapping[str, np.ndarray] = field(default_factory=dict)
    covariates: pd.DataFrame | None = None


def survival_report(
    data: SurvivalInput,
    *,
    conf_type: ConfType = "log-log",
    ties: Ties = "efron",
    at: Sequence[float] = (),
    tau: float | None = None,
    firth: bool = False,
    level: float = 0.95,
) -> dict[str, Any]:
    """The tree of numbers; arrays are numpy arrays, missing numbers NaN.

    n, events, excluded (reason -> patients), method; curves: level -> n, events, the curve at the level's own
    times, median, quartiles, at (one row a time), rmst and followup; logrank, peto_peto, logrank_stratified,
    trend (None without groups); pairwise (3 groups and more), rmst_difference (2 groups and tau: second minus
    first); cox and firth (None without covariates; firth also where a term has no finite estimate).
    estimate of a model is the hazard ratio, se the standard error of its logarithm.
    """
    keep, excluded = _complete(data)
    ranked = rank_times(data.time[keep], data.event[keep], None if data.entry is None else data.entry[keep])
    codes, names = _codes(data, keep)
    table = event_table(ranked, codes, len(names))
    curves = kaplan_meier(table, conf_type, level)
    compared = data.group is not None and len(names) > 1
    report: dict[str, Any] = {
        "n": int(keep.sum()),
        "events": int(table.events.sum()),
        "excluded": excluded,
        "method": {
            "conf_type": conf_type,
            "level": level,
            "ties": ties,
            "median": "first time with S(t) <= 0.5; the middle of a flat stretch at 0.5",
            "at_risk": "entry < t <= time",
            "followup": "reverse Kaplan-Meier",
        },
        "curves": {name: _curve(table, curves, k, at, tau) for k, name in enumerate(names)},
        "logrank": test(logrank(table)) if compared else None,
        "peto_peto": test(logrank(table, "peto-peto")) if compared else None,
        "logrank_stratified": None,
        "trend": test(trend_test(table)) if compared else None,
    }
    if compared and data.strata:
        report["logrank_stratified"] = test(
            stratified_logrank(_by_stratum(data, keep, ranked, codes, len(names)))
        )
    if compared and len(names) > 2:
        report["pairwise"] = [
            {
                "groups": [names[pair.a], names[pair.b]],
                "statistic": pair.statistic,
                "p_value": pair.p_value,
                "holm": pair.holm,
                "benjamini_hochberg": pair.benjamini_hochberg,
                "reason": pair.reason,
            }
            for pair in pairwise(table)
        ]
    if compared and len(names) == 2 and tau is not None:
        report["rmst_difference"] = {**mean(rmst_difference(curves, tau)), "groups": [names[1], names[0]]}
    report |= _models(data, keep, ties, firth, level)
    return report


def _complete(data: SurvivalInput) -> tuple[np.ndarray, dict[str, int]]:
    """Who is used, bool (n,), and reason -> patients left out, each at the first reason that applies."""
    left = np.ones(len(data.time), dtype=bool)
    excluded: dict[str, int] = {}
    steps: list[tuple[str, np.ndarray]] = [
        ("time missing", ~np.isfinite(data.time)),
        ("event missing", np.isnan(data.event)),
        ("time below zero", data.time < 0),
    ]
    if data.entry is not None:
        steps += [
            ("entry missing", ~np.isfinite(data.entry)),
            ("entry not before the time", data.entry >= data.time),
        ]
    if data.group is not None:
        steps.append((f"{data.group_name} missing", pd.isna(data.group)))
    steps += [(f"{name} missing", pd.isna(values)) for name, values in data.strata.items()]
    if data.covariates is not None:
        steps += [
            (f"{name} missing", data.covariates[name].isna().to_numpy(bool)) for name in data.covariates
        ]
    for reason, out in steps:
        gone = int(np.count_nonzero(left & out))
        if gone:
            excluded[reason] = excluded.get(reason, 0) + gone
        left &= ~out
    # Entry and time that differ by rounding only are one time, as in R.
    unusable = (
        left
        & rank_times(np.where(left, data.time, np.nan), np.where(left, data.event, 0), data.entry).unusable
    )
    if unusable.any():
        reason = "entry not before the time"
        excluded[reason] = excluded.get(reason, 0) + int(unusable.sum())
    return left & ~unusable, excluded


def _codes(data: SurvivalInput, keep: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """Codes of the patients used, and the levels that any of them has."""
    if data.group is None:
        return np.zeros(int(keep.sum()), dtype=np.int64), [ALL]
    there = set(data.group[keep])
    names = [level for level in data.levels if level in there]
    place = {name: code for code, name in enumerate(names)}
    return np.array([place[label] for label in data.group[keep]], dtype=np.int64), names


def _by_stratum(
    data: SurvivalInput, keep: np.ndarray, ranked: Ranked, codes: np.ndarray, groups: int
) -> list[EventTable]:
    """One table a combination of the strata."""
    labels = list(zip(*(values[keep] for values in data.strata.values()), strict=True))
    stratum = {label: code for code, label in enumerate(sorted(set(labels)))}
    place = np.array([stratum[label] for label in labels])
    return [event_table(ranked, np.where(place == s, codes, -1), groups) for s in range(len(stratum))]


def _curve(
    table: EventTable, curves: Curves, k: int, at: Sequence[float], tau: float | None
) -> dict[str, Any]:
    own = np.flatnonzero(table.n_event[:, k] + table.n_censor[:, k])
    low, high = curves.interval(curves.estimate[own, k], curves.variance[own, k])
    here = survival_at(curves, k, at)
    last = float(table.times[table.last[k]]) if table.last[k] >= 0 else np.nan
    return {
        "n": int(table.n[k]),
        "events": int(table.events[k]),
        "time": table.times[own],
        "n_risk": table.n_risk[own, k],
        "n_event": table.n_event[own, k],
        "n_censor": table.n_censor[own, k],
        "estimate": curves.estimate[own, k],
        "std_error": curves.std_error[own, k],
        "conf_low": low,
        "conf_high": high,
        "median": quantiles(quantile(curves, k)),
        "quartiles": {
            "0.25": quantiles(quantile(curves, k, 0.25)),
            "0.75": quantiles(quantile(curves, k, 0.75)),
        },
        "at": [
            {
                "time": float(time),
                "n_risk": int(here.n_risk[i]),
                "estimate": here.estimate[i],
                "std_error": here.std_error[i],
                "conf_low": here.conf_low[i],
                "conf_high": here.conf_high[i],
                "reason": "" if time <= last else "beyond the last time of this group",
            }
            for i, time in enumerate(at)
        ],
        "rmst": None if tau is None else mean(rmst(curves, k, tau)),
        "followup": quantiles(followup(table, k, conf_type=curves.conf_type, level=curves.level)),
    }


def quantiles(found: Quantile) -> dict[str, Any]:
    """A quantile and its limits."""
    return {"estimate": found.estimate, "conf_low": found.conf_low, "conf_high": found.conf_high}


def mean(found: Mean) -> dict[str, Any]:
    """A restricted mean, or a difference of two; ``note`` says what must be known to read it."""
    return {
        "tau": found.tau,
        "estimate": found.estimate,
        "se": found.std_error,
        "conf_low": found.conf_low,
        "conf_high": found.conf_high,
        "p_value": found.p_value,
        "note": found.note,
    }


def test(found: Test) -> dict[str, Any]:
    """A test with its observed and expected events."""
    return {
        "statistic": found.statistic,
        "df": found.df,
        "p_value": found.p_value,
        "observed": found.observed,
        "expected": found.expected,
        "method": found.method,
        "reason": found.reason,
    }


def _models(data: SurvivalInput, keep: np.ndarray, ties: Ties, firth: bool, level: float) -> dict[str, Any]:
    """The Cox model, and Firth's where it is asked for or a term has no finite estimate."""
    if data.covariates is None or not data.covariates.shape[1]:
        return {"cox": None, "firth": None}
    from rrmm.analyses.cox import fit_cox

    names = [str(name) for name in data.covariates]
    frame = data.covariates[keep].reset_index(drop=True)
    own = {"\0time": data.time, "\0event": data.event}
    if data.entry is not None:
        own["\0entry"] = data.entry
    own |= {f"\0stratum {at}": values for at, values in enumerate(data.strata.values())}
    frame = frame.assign(**{name: values[keep] for name, values in own.items()})
    strata = [name for name in own if name.startswith("\0stratum")]
    entry = "\0entry" if data.entry is not None else None

    def fit(penalised: bool) -> Result:
        return fit_cox(
            frame,
            "\0time",
            "\0event",
            names,
            strata=strata,
            entry=entry,
            ties=ties,
            firth=penalised,
            level=level,
        )

    found = fit(False)
    infinite = any(remark.code == "infinite" for remark in found.remarks)
    rows = None
    if firth or infinite:
        try:
            rows = _firth(fit(True))
        except (ValueError, ArithmeticError, np.linalg.LinAlgError):
            # The other numbers stand: a penalised fit that fails is rows with a reason.
            nothing = {**dict.fromkeys(FIRTH_NUMBERS, np.nan), "method": "", "reason": FIRTH_FAILED}
            rows = [{"term": term, **nothing} for term in found.table["term"]]
    return {"cox": _cox(found), "firth": rows}


def _cox(found: Result) -> dict[str, Any]:
    keys = {
        "estimate": "estimate",
        "std_error": "se",
        "conf_low": "conf_low",
        "conf_high": "conf_high",
        "statistic": "z",
        "p_value": "p_value",
        "n": "n",
        "n_event": "n_event",
        "reason": "reason",
    }
    numbers = found.numbers
    return {
        "terms": [
            {"term": row["term"], **{ours: row[theirs] for theirs, ours in keys.items()}}
            for row in found.table.to_dict("records")
        ],
        **{
            name: dict(numbers[name])
            for name in ("lr_test", "score_test", "wald_test", "concordance", "loglik")
        },
        "ph": [row for row in found.frames["ph"].to_dict("records") if row["term"] != "GLOBAL"],
        "ph_global": dict(numbers["ph_global"]),
        "ties": numbers["ties"],
        "n": found.n,
        "events": found.events,
        "excluded": dict(found.excluded),
        "method": found.method,
        "remarks": [remark.text for remark in found.remarks],
    }


def _firth(found: Result) -> list[dict[str, Any]]:
    """One row a term: profile penalised likelihood interval and test; Wald's beside them."""
    wald = found.frames["wald"].to_dict("records")
    return [
        {
            "term": row["term"],
            "estimate": row["estimate"],
            "se": row["std_error"],
            "conf_low": row["conf_low"],
            "conf_high": row["conf_high"],
            "statistic": row["statistic"],
            "p_value": row["p_value"],
            "z": other["statistic"],
            "wald_conf_low": other["conf_low"],
            "wald_conf_high": other["conf_high"],
            "wald_p_value": other["p_value"],
            "method": row["method"],
            "reason": row["reason"],
        }
        for row, other in zip(found.table.to_dict("records"), wald, strict=True)
    ]
