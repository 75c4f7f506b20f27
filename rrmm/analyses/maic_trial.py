"""A cohort weighted to the baseline of a published trial: which characteristics, who enters, what comes out.

Whom the trial did not take (earlier BCMA-directed therapy) no weight can turn into its patients: they are left
out first, as is usual, and counted. A published median is matched as half of the patients above it; published
proportions as they are. The method is that of :mod:`rrmm.analyses.maic`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from rrmm import DAYS_PER_MONTH
from rrmm.analyses.compare_published import OWN_LABEL, WEIGHTED, Entry, Measure, State
from rrmm.analyses.counts import event_table
from rrmm.analyses.explore import ranked
from rrmm.analyses.km import kaplan_meier, quantile
from rrmm.analyses.maic import Estimate, Target, matched, weighted_proportion, weighted_survival
from rrmm.analyses.proportions import proportion
from rrmm.analyses.response import Convention
from rrmm.cohort import UNKNOWN, Cohort
from rrmm.endpoints import ENDPOINTS
from rrmm.picks import Picks, population
from rrmm.published import PublishedCohort, Rate
from rrmm.results import Result

FEW_EFFECTIVE = 30.0
FEW_SHARE = 0.5
TIMES = ("pfs", "os")
DEFAULT_KNOWN = 0.5
"""Share of patients in whom a characteristic must be known to be matched by default."""

CHARACTERISTICS: tuple[tuple[str, str, str], ...] = (
    ("age", "Age above the trial's median", "age"),
    ("male_pct", "Male sex", "sex"),
    ("emd", "Extramedullary disease", "emd"),
    ("iss3", "ISS stage III", "iss"),
    ("hrc", "High-risk cytogenetics", "high_risk_cyto"),
    ("penta", "Penta-drug refractory", "penta_refractory"),
    ("triple", "Triple-class refractory", "triple_class_refractory"),
    ("bm60", "Bone marrow plasma cells ≥ 60 %", "bm_plasma_pct"),
    ("tsd_years", "Time since diagnosis above the trial's median", "years_since_dx"),
)
"""Key of the published baseline, its name, and the column it is read from."""


@dataclass(frozen=True)
class Choice:
    """One characteristic that can be matched: known in so many of those who may enter."""

    key: str
    label: str
    known: int
    default: bool


@dataclass(frozen=True, eq=False)
class Outcome:
    """One outcome of those matched, before and after weighting, in percent or months."""

    key: str
    label: str
    before: Entry
    after: Entry


@dataclass(frozen=True, eq=False)
class Adjusted:
    """The weighting. population: selected patients; pretreated, unknown_pretreated: left out before.

    result: of :func:`rrmm.analyses.maic.matched`; balance: its table with readable terms.
    """

    trial: str
    population: int
    pretreated: int
    unknown_pretreated: int
    result: Result
    balance: pd.DataFrame
    outcomes: tuple[Outcome, ...]

    @property
    def ess(self) -> float:
        return float(self.result.numbers["ess"])

    @property
    def used(self) -> int:
        return self.result.n

    @property
    def small(self) -> bool:
        """Too few patients in effect to lean on."""
        return not (self.ess >= FEW_EFFECTIVE and self.ess >= FEW_SHARE * self.used)


def choices(cohort: Cohort, picks: Picks, trial: PublishedCohort) -> tuple[Choice, ...]:
    """Characteristics that the trial published and this cohort knows of someone who may enter."""
    inside = _entering(cohort, picks, trial)[0]
    frame = _frame(cohort, trial)
    total = int(np.count_nonzero(inside))
    found = []
    for key, label, _ in CHARACTERISTICS:
        known = int(np.count_nonzero(inside & frame[key].notna().to_numpy())) if key in frame else 0
        if known:
            found.append(Choice(key, label, known, key != "tsd_years" and known >= DEFAULT_KNOWN * total))
    return tuple(found)


def adjusted(
    cohort: Cohort, picks: Picks, convention: Convention, trial: PublishedCohort, keys: Sequence[str]
) -> Adjusted:
    """Weight the population of ``picks`` to the trial's baseline by the characteristics ``keys``."""
    everyone = population(cohort, picks).mask
    inside, pretreated, unknown = _entering(cohort, picks, trial)
    frame = _frame(cohort, trial)
    chosen = [key for key, _, _ in CHARACTERISTICS if key in keys and key in frame]
    result = matched(frame.loc[inside, chosen], {key: Target(_target(trial, key)) for key in chosen})
    weights = np.full(cohort.n, np.nan)
    weights[inside] = result.frames["weights"]["weight"].to_numpy()
    used = inside & frame[chosen].notna().all(axis=1).to_numpy()
    labels = {key: label for key, label, _ in CHARACTERISTICS}
    balance = result.table.assign(term=result.table["term"].map(labels))
    return Adjusted(
        trial.label,
        int(np.count_nonzero(everyone)),
        pretreated,
        unknown,
        result,
        balance,
        (
            _response(cohort, convention, used, weights),
            *(_time(cohort, key, picks, used, weights) for key in TIMES),
        ),
    )


def with_weighted(measures: Sequence[Measure], found: Adjusted) -> tuple[Measure, ...]:
    """The measures with the weighted cohort below the cohort as it is."""
    after = {outcome.key: outcome.after for outcome in found.outcomes}
    return tuple(
        replace(measure, entries=(measure.own, after[measure.key], *measure.entries[1:]))
        if measure.key in after and measure.kind in ("response", "times") and after[measure.key].interval
        else measure
        for measure in measures
    )


def _entering(cohort: Cohort, picks: Picks, trial: PublishedCohort) -> tuple[np.ndarray, int, int]:
    """Who may enter, how many the trial would not have taken, and in how many that is unknown."""
    inside = population(cohort, picks).mask
    before = trial.baseline.get("prior_bcma")
    if not (isinstance(before, Rate) and before.known and before.percent == 0 and cohort.has("prior_bcma")):
        return inside, 0, 0
    had = cohort.flag("prior_bcma")
    counts = (int(np.count_nonzero(inside & (had == 1))), int(np.count_nonzero(inside & (had == UNKNOWN))))
    return inside & (had == 0), *counts


def _target(trial: PublishedCohort, key: str) -> float:
    value = trial.baseline[key]
    return value.percent / 100 if isinstance(value, Rate) else 0.5


def _frame(cohort: Cohort, trial: PublishedCohort) -> pd.DataFrame:
    """1, 0 or NaN for each characteristic that both sides have; rows as the cohort's."""
    columns: dict[str, np.ndarray] = {}
    for key, _, column in CHARACTERISTICS:
        value = trial.baseline.get(key)
        if value is None or not value.known or not cohort.has(column):
            continue
        if key in ("age", "tsd_years", "bm60"):
            number = cohort.number(column)
            above = number >= 60 if key == "bm60" else number > value.median  # type: ignore[union-attr]
            columns[key] = np.where(np.isnan(number), np.nan, above)
        elif key in ("male_pct", "iss3"):
            level = "M" if key == "male_pct" else "III"
            words = cohort.category(column)
            columns[key] = np.array([math.nan if word is None else float(word == level) for word in words])
        else:
            flag = cohort.flag(column)
            columns[key] = np.where(flag == UNKNOWN, np.nan, flag)
    return pd.DataFrame(columns, index=range(cohort.n), dtype=float)


def _label(weights: np.ndarray, used: np.ndarray) -> str:
    return f"{OWN_LABEL}, weighted" if np.isfinite(weights[used]).any() else OWN_LABEL


def _response(cohort: Cohort, convention: Convention, used: np.ndarray, weights: np.ndarray) -> Outcome:
    responder = cohort.flag("responder").astype(float)
    responder[responder == UNKNOWN] = np.nan
    if not convention.nonevaluable_counts:
        responder[cohort.category("best_response") == "NE"] = np.nan
    some = responder[used]
    whole = proportion(int(np.nansum(some)), int(np.isfinite(some).sum()), convention.interval)
    before = Entry(
        WEIGHTED, "Those matched", "", whole.x, whole.n, 100 * whole.estimate, 100 * whole.conf_low,
        100 * whole.conf_high, "shown" if whole.n else "not reported", whole.method,
    )  # fmt: skip
    one = weighted_proportion(some, weights[used])
    return Outcome(
        "orr", "Overall response (PR or better)", before, _entry(one, 100.0, _label(weights, used))
    )


def _time(cohort: Cohort, key: str, picks: Picks, used: np.ndarray, weights: np.ndarray) -> Outcome:
    endpoint = ENDPOINTS[key]
    times = ranked(cohort, endpoint)
    table = event_table(times, np.where(used, 0, -1), 1)
    mid = quantile(kaplan_meier(table, picks.conf_type), 0)  # type: ignore[arg-type]
    before = Entry(
        WEIGHTED, "Those matched", "", int(table.events[0]), int(table.n[0]), mid.estimate / DAYS_PER_MONTH,
        mid.conf_low / DAYS_PER_MONTH, mid.conf_high / DAYS_PER_MONTH, _state(mid.estimate, int(table.n[0])),
        f"Kaplan-Meier, {picks.conf_type}",
    )  # fmt: skip
    event = cohort.flag(endpoint.event).astype(float)
    event[event == UNKNOWN] = np.nan
    found = weighted_survival(cohort.number(endpoint.time)[used], event[used], weights[used])
    one = found.numbers["median"] if found.n else Estimate(*(math.nan,) * 4, "no weighted patient")
    after = _entry(one, 1 / DAYS_PER_MONTH, _label(weights, used))
    if found.n:
        after = replace(after, state=_state(one.estimate, found.n), interval="robust")
    return Outcome(key, f"{endpoint.long_label} ({endpoint.label})", before, after)


def _state(estimate: float, n: int) -> State:
    return "not reported" if not n else "not reached" if math.isnan(estimate) else "shown"


def _entry(one: Estimate, scale: float, label: str) -> Entry:
    there = not math.isnan(one.estimate)
    return Entry(
        WEIGHTED, label, "", None, None, scale * one.estimate, scale * one.conf_low, scale * one.conf_high,
        "shown" if there else "not reported", "robust" if there else "",
    )  # fmt: skip
