"""What follows from the columns of a file: times, events, responders, intervals and flags.

Pure functions over typed columns; :func:`derive` is called once, by :func:`rrmm.cohort.build_cohort`.

Definitions (IMWG endpoints, as the paper): PFS from start of treatment to progression or death, OS to
death, DOR in responders from first response to progression or death; all censored at last contact.
A patient whose event status or time is unknown has a missing time and a missing event, is left out of that
endpoint and counted there: never censored by default.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from rrmm import DAYS_PER_MONTH
from rrmm.intake.issues import Issue, Severity
from rrmm.schema import VARIABLES

RESPONDING = ("sCR", "CR", "nCR", "VGPR", "PR")
DTYPES = {"id": "object", "text": "object", "category": "object", "flag": "boolean", "number": "float64",
          "grade": "float64", "date": "datetime64[ns]"}


def empty_column(name: str, n: int) -> pd.Series:
    """A column of n missing values in the dtype of the variable."""
    kind = VARIABLES[name].kind
    if kind == "flag":
        return pd.Series(pd.array([pd.NA] * n, dtype="boolean"))
    if kind == "date":
        return pd.Series(np.full(n, np.datetime64("NaT"), dtype="datetime64[ns]"))
    if kind in ("number", "grade"):
        return pd.Series(np.full(n, np.nan))
    return pd.Series([None] * n, dtype="object")


def any_yes(*flags: pd.Series) -> pd.Series:
    """Three-valued OR: yes if any is yes, no if all are no, else unknown (Kleene)."""
    result = flags[0]
    for flag in flags[1:]:
        result = result | flag
    return result


def derive(given: pd.DataFrame, rows: pd.DataFrame, mapping: Mapping[str, str]) -> tuple[pd.DataFrame, list[Issue]]:
    """All canonical columns, and the issues found on the way.

    given: typed canonical columns that the file had, n rows. rows: ``sheet`` and ``row`` of each, n rows.
    mapping: canonical name -> source header, for the issues' wording. Returns a new frame; the input is not changed.
    """
    n = len(given)
    frame = pd.DataFrame({name: given[name].reset_index(drop=True) if name in given else empty_column(name, n)
                          for name in VARIABLES})
    report = _Reporter(rows, mapping)
    _disease(frame, given)
    _prior_therapy(frame, given, report)
    _response(frame, given, report)
    _survival(frame, given, report)
    _duration_of_response(frame, given)
    return frame, report.issues


class _Reporter:
    """Collects issues with the row as the file shows it."""

    def __init__(self, rows: pd.DataFrame, mapping: Mapping[str, str]) -> None:
        self.rows, self.mapping = rows, mapping
        self.issues: list[Issue] = []

    def rows_where(self, mask: np.ndarray, name: str, rule: str, message: str, severity: Severity = "warning") -> None:
        for at in np.flatnonzero(np.asarray(mask, dtype=bool)):
            sheet, row = self.rows["sheet"].iloc[at], int(self.rows["row"].iloc[at])
            self.issues.append(Issue(severity, sheet, row, self.mapping.get(name, name), rule, message))


def _days(later: pd.Series, earlier: pd.Series) -> pd.Series:
    return (later - earlier).dt.total_seconds() / 86400.0


def _fill(frame: pd.DataFrame, name: str, value: pd.Series) -> None:
    """Take the computed value where there is one, else what the file gave."""
    frame[name] = value.where(value.notna(), frame[name])


def _disease(frame: pd.DataFrame, given: pd.DataFrame) -> None:
    _fill(frame, "years_since_dx", _days(frame["start_date"], frame["dx_date"]) / 365.25)
    parts = any_yes(frame["del17p"], frame["t414"], frame["t1416"])
    frame["high_risk_cyto"] = frame["high_risk_cyto"].where(frame["high_risk_cyto"].notna(), parts)


def _prior_therapy(frame: pd.DataFrame, given: pd.DataFrame, report: _Reporter) -> None:
    drugs = [name for name in ("idecel", "ciltacel", "belantamab", "other_bcma") if name in given]
    if drugs:
        parts = any_yes(*(frame[name] for name in drugs))
        stated = frame["prior_bcma"]
        clash = (stated.eq(False) & parts.eq(True)).fillna(False).to_numpy(bool)
        report.rows_where(clash, "prior_bcma", "bcma_conflict",
                          "A BCMA-directed drug is marked as given, but BCMA-directed therapy before is marked 'no'; "
                          "counted as pretreated.")
        frame["prior_bcma"] = stated.where(stated.notna() & ~clash, parts)
    interval = _days(frame["start_date"], frame["car_t_date"]) / DAYS_PER_MONTH
    after = (interval < 0).fillna(False).to_numpy(bool)
    report.rows_where(after, "car_t_date", "car_t_after_start",
                      "The CAR-T infusion is dated after the start of treatment; the interval is set to missing.")
    _fill(frame, "car_t_interval_months", interval.where(~after))


def _response(frame: pd.DataFrame, given: pd.DataFrame, report: _Reporter) -> None:
    best = frame["best_response"]
    from_best = best.isin(RESPONDING).astype("boolean").mask(best.isna())
    clash = (frame["responder"].notna() & best.notna() & frame["responder"].ne(from_best)).fillna(False).to_numpy(bool)
    report.rows_where(clash, "responder", "responder_conflict",
                      "Responder yes/no and best response contradict each other; best response is used.")
    frame["responder"] = from_best.where(from_best.notna(), frame["responder"])
    for column, date in (("ttr_days", "first_response_date"), ("ttbr_days", "best_response_date")):
        _fill(frame, column, _days(frame[date], frame["start_date"]))
        not_responding = frame["responder"].eq(False).fillna(False).to_numpy(bool)
        frame.loc[not_responding, column] = np.nan
        early = (frame[column] < 0).fillna(False).to_numpy(bool)
        report.rows_where(early, date, "response_before_start",
                          "The response is dated before the start of treatment; the time to it is set to missing.")
        frame.loc[early, column] = np.nan


def _event(flag: pd.Series, date: pd.Series, date_given: bool) -> pd.Series:
    """Whether it happened: yes by flag or date; no by flag, or by a blank date where only dates are kept."""
    happened = flag.where(date.isna(), True)
    if flag.isna().all() and date_given:
        happened = date.notna().astype("boolean")
    return happened


def _survival(frame: pd.DataFrame, given: pd.DataFrame, report: _Reporter) -> None:
    start, last = frame["start_date"], frame["last_contact_date"]
    flag_in_file = {name: name in given and bool(given[name].notna().any()) for name in ("progression", "death")}
    for name in ("progression", "death"):
        frame[name] = _event(frame[name], frame[name + "_date"], name + "_date" in given)
    died, progressed = frame["death"], frame["progression"]
    has_start = start.notna().to_numpy(bool)

    undated = (died.eq(True) & frame["death_date"].isna()).fillna(False).to_numpy(bool) & has_start
    report.rows_where(undated & given.get("os_days", frame["os_days"]).isna().to_numpy(bool), "death_date",
                      "death_without_date", "Death is marked, but its date is missing; the patient is left out of OS.")
    os_event = died.copy()
    os_time = _days(frame["death_date"].where(died.eq(True).fillna(False), last), start)

    pd_undated = (progressed.eq(True) & frame["progression_date"].isna()).fillna(False).to_numpy(bool) & has_start
    report.rows_where(pd_undated & given.get("pfs_days", frame["pfs_days"]).isna().to_numpy(bool), "progression_date",
                      "progression_without_date",
                      "Progression is marked, but its date is missing; the patient is left out of PFS.")
    either = _pfs_event(progressed, died, given, report)
    first = frame["progression_date"].where(progressed.eq(True).fillna(False), frame["death_date"])
    pfs_time = _days(first.where(either.eq(True).fillna(False), last), start)
    pfs_time = pfs_time.where(~pd_undated)
    # A death of unknown date ends PFS at an unknown time, unless a progression came first.
    pfs_time = pfs_time.where(~(undated & ~progressed.eq(True).fillna(False).to_numpy(bool)))

    for key, time, event in (("pfs", pfs_time, either), ("os", os_time, os_event)):
        _settle(frame, key, time, event, report)
    for name in ("progression", "death"):
        unknown = frame[name].isna().to_numpy(bool)
        if flag_in_file[name] and unknown.any():
            label = "progression" if name == "progression" else "vital status"
            key = "pfs" if name == "progression" else "os"
            left_out = unknown & frame[f"{key}_days"].isna().to_numpy(bool)
            report.rows_where(left_out, name, f"{name}_unknown",
                              f"The {label} is unknown; the patient is left out of {key.upper()}, not censored.")


def _pfs_event(progressed: pd.Series, died: pd.Series, given: pd.DataFrame, report: _Reporter) -> pd.Series:
    """Progression or death. Who died with unknown progression has an unknown PFS: it may have come first.

    A file without any column on death still has PFS, with progression alone, and says so.
    """
    if "death" not in given and "death_date" not in given and progressed.notna().any():
        report.issues.append(Issue("warning", "", None, "", "no_death_column",
                                   "The file has no column on death: PFS counts progression alone."))
        return progressed.copy()
    return any_yes(progressed, died).where(progressed.notna(), pd.NA)


def _settle(frame: pd.DataFrame, key: str, time: pd.Series, event: pd.Series, report: _Reporter) -> None:
    """Time and event from the dates, else as given; negative times and half-known pairs become missing."""
    time_name, event_name = f"{key}_days", f"{key}_event"
    usable = time.notna() & event.notna()
    # Files that keep durations often have "died" or "progression" as the only status.
    frame[event_name] = frame[event_name].where(frame[event_name].notna(), event)
    negative = (usable & (time < 0)).to_numpy(bool)
    report.rows_where(negative, "start_date", f"{key}_negative",
                      f"The date that ends {key.upper()} lies before the start of treatment; "
                      f"the patient is left out of {key.upper()}.")
    usable &= ~negative
    frame[time_name] = time.where(usable, frame[time_name].where(~negative))
    frame[event_name] = event.where(usable, frame[event_name])
    below = (frame[time_name] < 0).fillna(False).to_numpy(bool)
    report.rows_where(below, time_name, f"{key}_negative", f"{key.upper()} is negative; set to missing.")
    half = (frame[time_name].isna() | frame[event_name].isna()).to_numpy(bool) | below
    frame.loc[half, time_name] = np.nan
    frame.loc[half, event_name] = pd.NA


def _duration_of_response(frame: pd.DataFrame, given: pd.DataFrame) -> None:
    """Responders: from first response to the end of PFS."""
    responder = frame["responder"].eq(True).fillna(False).to_numpy(bool)
    time = (frame["pfs_days"] - frame["ttr_days"]).where(responder)
    time = time.where(time >= 0)
    known = time.notna().to_numpy(bool)
    frame["dor_days"] = time.where(known, frame["dor_days"].where(responder))
    frame["dor_event"] = frame["pfs_event"].where(known, frame["dor_event"].where(responder))
    half = (frame["dor_days"].isna() | frame["dor_event"].isna() | (frame["dor_days"] < 0).fillna(False)).to_numpy(bool)
    frame.loc[half, "dor_days"] = np.nan
    frame.loc[half, "dor_event"] = pd.NA


