"""Cox model with a covariate that switches from 0 to 1 when an outcome happens.

Each patient counts as "not yet" until the outcome and as "had it" from there on: two rows (start, stop], as
R's ``tmerge`` makes them. An event on the day of the outcome still belongs to "not yet". Without further
covariates the hazard ratio comes from the table of counts with delayed entry (the engine of the live path,
which R witnesses to 1e-10); with them from :func:`rrmm.analyses.cox.fit_cox` on the same rows. lifelines'
CoxTimeVaryingFitter was not
taken: it stops at a looser precision and knows no Efron ties with delayed entry as R has them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pandas as pd

from rrmm.analyses.counts import EventTable, event_table, rank_times
from rrmm.analyses.hazard_table import HazardRatio, HazardRatios, Ties, cox_from_table
from rrmm.analyses.outcome_groups import OUTCOMES, UNDATED, UNKNOWN, YES, Happened, happened
from rrmm.cohort import Cohort
from rrmm.endpoints import ENDPOINTS
from rrmm.results import Remark, Result

START = -1.0
"""Start of the first row: before time 0, so that an event at time 0 is at risk."""
COLUMN = "had it"


@dataclass(frozen=True, eq=False)
class TimeDependent:
    """Hazard after the outcome over the hazard before it.

    rows: the counting process: patient (place), start, stop, event, had_it. switched: patients who had the
    outcome while at risk. events: (before, after). excluded: reason -> patients. table: counts of the two
    states, in which n counts rows. adjusted: the Cox model with the further covariates, or None.
    """

    rows: pd.DataFrame
    n: int
    switched: int
    events: tuple[int, int]
    excluded: Mapping[str, int]
    table: EventTable
    fit: HazardRatios
    adjusted: Result | None
    remarks: tuple[Remark, ...]

    @property
    def ratio(self) -> HazardRatio:
        """The unadjusted hazard ratio."""
        return self.fit[0]

    def result(self) -> Result:
        """The same as a result: one row for the switch, or the adjusted model's rows."""
        ratio = self.ratio
        row = {
            "term": COLUMN,
            "n": self.n,
            "n_event": sum(self.events),
            "estimate": ratio.hr,
            "std_error": ratio.se,
            "conf_low": ratio.conf_low,
            "conf_high": ratio.conf_high,
            "statistic": ratio.z,
            "p_value": ratio.p_value,
            "reason": ratio.reason,
        }
        frames = {} if self.adjusted is None else {"adjusted": self.adjusted.table}
        return Result(
            "time_dependent_cox",
            pd.DataFrame([row]),
            self.n,
            sum(self.events),
            self.excluded,
            self.remarks,
            f"Cox model with a time-dependent covariate, {self.fit.ties.title()} ties, Wald",
            frames,
            {"switched": self.switched, "events_before_after": self.events},
        )


def counting_process(
    time: np.ndarray, event: np.ndarray, onset: np.ndarray, first: float = 0.0
) -> pd.DataFrame:
    """Rows (start, stop] of n patients whose covariate switches at ``onset`` (NaN: never).

    A switch at or after a patient's time has no row of its own; one at time 0 has no row before it, and
    everybody's first row starts at ``first``. Columns: patient, start, stop, event, had_it.
    """
    times, events, at = (np.asarray(values, dtype=np.float64) for values in (time, event, onset))
    patient = np.arange(len(times))
    early = at <= 0
    switches = early | (at < times)
    before = pd.DataFrame(
        {
            "patient": patient,
            "start": first,
            "stop": np.where(switches, at, times),
            "event": np.where(switches, 0, events),
            "had_it": 0,
        }
    )[~early]
    after = pd.DataFrame(
        {"patient": patient, "start": np.where(early, first, at), "stop": times, "event": events, "had_it": 1}
    )[switches]
    rows = pd.concat([before, after], ignore_index=True)
    return rows.sort_values(["patient", "start"], kind="stable", ignore_index=True).astype(
        {"event": np.int64}
    )


def time_dependent_cox(
    time: np.ndarray,
    event: np.ndarray,
    outcome: Happened,
    *,
    ties: Ties = "efron",
    level: float = 0.95,
    about: np.ndarray | None = None,
    covariates: pd.DataFrame | None = None,
    labels: tuple[str, str] = ("before the outcome", "after the outcome"),
) -> TimeDependent:
    """Fit the switch, unadjusted and with further covariates (n rows) if there are any.

    time: (n,) from time zero; event: (n,) 1 event, 0 censored, other unknown; outcome: in the same unit.
    """
    times, events = np.asarray(time, dtype=np.float64), np.asarray(event)
    left = np.ones(len(times), dtype=bool) if about is None else np.asarray(about, dtype=bool).copy()
    excluded: dict[str, int] = {}
    for reason, out in (
        ("time or event unknown", ~(np.isfinite(times) & (times >= 0) & np.isin(events, (0, 1)))),
        ("unknown whether it happened", outcome.ever == UNKNOWN),
        ("it happened, its time is unknown", outcome.ever == UNDATED),
    ):
        excluded[reason] = int(np.count_nonzero(left & out))
        left &= ~out
    place = np.flatnonzero(left)
    onset = np.where(outcome.ever[place] == YES, outcome.onset[place], np.nan)
    rows = counting_process(times[place], events[place], onset, START)
    ranked = rank_times(rows["stop"], rows["event"], rows["start"])
    table = event_table(ranked, rows["had_it"].to_numpy(), 2)
    adjusted = None
    if covariates is not None and covariates.shape[1]:
        adjusted = _adjusted(rows, covariates.iloc[place].reset_index(drop=True), ties, level)
    rows["patient"] = place[rows["patient"].to_numpy(dtype=np.intp)]
    return TimeDependent(
        rows.assign(start=rows["start"].clip(lower=0)),
        len(place),
        int(rows["had_it"].sum()),
        (int(table.events[0]), int(table.events[1])),
        MappingProxyType(excluded),
        table,
        cox_from_table(table, ties, level=level, labels=labels),
        adjusted,
        (Remark("time_dependent", "Patients count as not having had it until the day it happened."),),
    )


def time_dependent_of(
    cohort: Cohort,
    endpoint: str,
    outcome: str,
    *,
    ties: Ties = "efron",
    about: np.ndarray | None = None,
    covariates: pd.DataFrame | None = None,
) -> TimeDependent:
    """The model for a cohort's endpoint and outcome. KeyError for unknown keys."""
    entry, target = OUTCOMES[outcome], ENDPOINTS[endpoint]
    return time_dependent_cox(
        cohort.number(target.time),
        cohort.flag(target.event),
        happened(cohort, outcome),
        ties=ties,
        about=about,
        covariates=covariates,
        labels=(f"before: {entry.no.lower()}", f"after: {entry.yes.lower()}"),
    )


def _adjusted(rows: pd.DataFrame, covariates: pd.DataFrame, ties: Ties, level: float) -> Result:
    from rrmm.analyses.cox import fit_cox

    further = covariates.iloc[rows["patient"].to_numpy(dtype=np.intp)].reset_index(drop=True)
    frame = pd.concat(
        [
            rows[["start", "stop", "event"]].rename(columns=lambda name: f"__{name}"),
            rows["had_it"].rename(COLUMN).astype(float),
            further,
        ],
        axis=1,
    )
    return fit_cox(
        frame, "__stop", "__event", [COLUMN, *further.columns], entry="__start", ties=ties, level=level
    )
