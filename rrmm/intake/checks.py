"""What contradicts itself, is impossible or looks wrong in typed columns; what is done about it is said row by row.

A patient is never dropped silently: kept, kept with a value set to missing, or (full duplicates only) set aside.
Contradictions that only show in derived times are reported by :mod:`rrmm.derive`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from rrmm.intake.duplicates import find_duplicates
from rrmm.intake.durations import DAYS_PER
from rrmm.intake.headers import without_unit
from rrmm.intake.issues import Issue, Severity
from rrmm.intake.time_units import days_by_dates
from rrmm.schema import VARIABLES

MOST_ROWS = 200
"""Rows listed one by one for one finding; the rest is one line with their number."""
DAY = pd.Timedelta(days=1)
EARLIEST = {"dx_date": 1950}
"""First plausible year of a date; 1990 for all others."""
RESPONDING = ("sCR", "CR", "nCR", "VGPR", "PR")

_ORDER = (
    # earlier, later, column set to missing ("" keeps both)
    ("dx_date", "start_date", "dx_date"),
    ("dx_date", "car_t_date", ""),
    ("first_response_date", "best_response_date", ""),
    ("first_response_date", "progression_date", ""),
    ("best_response_date", "progression_date", ""),
    ("first_response_date", "death_date", "first_response_date"),
    ("best_response_date", "death_date", "best_response_date"),
    ("progression_date", "death_date", "progression_date"),
    ("last_contact_date", "death_date", "later_contact"),
    ("progression_date", "last_contact_date", ""),
)


class Checked(NamedTuple):
    """frame: all n rows, values that can't be are missing. set_aside: positions of rows that are full duplicates."""

    frame: pd.DataFrame
    issues: list[Issue]
    set_aside: tuple[int, ...]


def check(
    frame: pd.DataFrame,
    rows: pd.DataFrame,
    mapping: Mapping[str, str],
    today: dt.date | None = None,
    *,
    extras: pd.DataFrame | None = None,
) -> Checked:
    """Check typed columns (n rows; ``rows`` has sheet and row of each). The input is not changed.

    mapping: canonical name -> header, for the wording. today: dates after it are in the future.
    extras: the other columns of the file; a row is a full duplicate only if it repeats another in these too.
    """
    work = Findings(frame.copy(), rows, mapping, pd.Timestamp(today or dt.date.today()))
    if not len(frame):
        return Checked(work.frame, [], ())
    work.impossible_dates()
    work.order_of_dates()
    work.events_and_dates()
    work.responses()
    work.durations()
    work.outliers()
    find_duplicates(work, extras)
    return Checked(work.frame, work.issues, tuple(work.set_aside))


class Findings:
    def __init__(
        self, frame: pd.DataFrame, rows: pd.DataFrame, mapping: Mapping[str, str], today: pd.Timestamp
    ) -> None:
        self.frame, self.rows, self.mapping, self.today = frame, rows, mapping, today
        self.issues: list[Issue] = []
        self.set_aside: list[int] = []
        # Looked up for every finding: plain lists, as a hundred thousand look-ups in a frame take seconds.
        self.sheet_of, self.row_of = rows["sheet"].tolist(), rows["row"].tolist()

    def has(self, *names: str) -> bool:
        return all(name in self.frame for name in names)

    def say(
        self, mask: object, name: str, rule: str, message: str, severity: Severity = "warning"
    ) -> np.ndarray:
        """One issue for each row of the mask."""
        hit = np.asarray(mask.fillna(False) if isinstance(mask, pd.Series) else mask, dtype=bool)
        at = np.flatnonzero(hit)
        header = self.mapping.get(name, name)
        sheets, numbers = self.rows["sheet"].to_numpy(object), self.rows["row"].to_numpy()
        for k in at[:MOST_ROWS]:
            self.issues.append(Issue(severity, sheets[k], int(numbers[k]), header, rule, message))
        if len(at) > MOST_ROWS:
            left = at[MOST_ROWS:]
            self.issues.append(
                Issue(
                    severity,
                    sheets[left[0]],
                    int(numbers[left[0]]),
                    header,
                    rule,
                    f"{message} The same holds for {len(left)} more rows, from this one to row "
                    f"{int(numbers[left[-1]])}.",
                )
            )
        return hit

    def drop_value(self, hit: np.ndarray, name: str) -> None:
        """Set values to missing; that something happened stays known where only its date is taken away."""
        if not hit.any():
            return
        event = {"progression_date": "progression", "death_date": "death"}.get(name)
        if event and event not in self.frame:
            self.frame[event] = self.frame[name].notna().astype("boolean")
        elif event:
            self.frame.loc[hit, event] = True
        self.frame.loc[hit, name] = pd.NaT

    def impossible_dates(self) -> None:
        for name, variable in VARIABLES.items():
            if variable.kind != "date" or name not in self.frame:
                continue
            dates = self.frame[name]
            hit = self.say(
                dates > self.today,
                name,
                "date_in_future",
                f"{variable.label} lies in the future; expected a date up to today. It is set to missing.",
                "error",
            )
            first = EARLIEST.get(name, 1990)
            early = self.say(
                dates < pd.Timestamp(first, 1, 1),
                name,
                "impossible_date",
                f"{variable.label} lies before {first}; expected a later date. It is set to missing.",
                "error",
            )
            self.drop_value(hit | early, name)

    def order_of_dates(self) -> None:
        for earlier, later, action in _ORDER:
            if not self.has(earlier, later):
                continue
            if action == "later_contact":
                self.say(
                    self.frame[earlier] > self.frame[later],
                    earlier,
                    "date_order",
                    "The last contact lies after the death; expected it on or before. Both are kept; the death counts.",
                )
                continue
            what = (
                f"{VARIABLES[earlier].label} lies after {VARIABLES[later].label}; expected it on or before. "
            )
            if action:
                rule = "death_before_progression" if earlier == "progression_date" else "date_order"
                hit = self.say(
                    self.frame[earlier] > self.frame[later],
                    earlier,
                    rule,
                    what + f"{VARIABLES[action].label} is set to missing.",
                    "error",
                )
                self.drop_value(hit, action)
            else:
                self.say(
                    self.frame[earlier] > self.frame[later],
                    earlier,
                    "date_order",
                    what + "Both are kept; please check.",
                )

    def events_and_dates(self) -> None:
        """Flags against dates; dates count. A death or progression without date is reported by derive."""
        for flag, date in (("progression", "progression_date"), ("death", "death_date")):
            if self.has(flag, date):
                self.say(
                    self.frame[flag].eq(False) & self.frame[date].notna(),
                    flag,
                    "event_conflict",
                    f"{VARIABLES[flag].label} is 'no', but there is a date of it; expected both or neither. "
                    f"The date counts.",
                )
        died = self._happened("death")
        progressed = self._happened("progression")
        if died is not None and self.has("os_event"):
            self.say(
                self.frame["os_event"].ne(died) & died.notna(),
                "os_event",
                "event_conflict",
                "The OS event contradicts the column or date of death; where a time can be taken from dates, "
                "those count.",
            )
        if died is not None and progressed is not None and self.has("pfs_event"):
            either = progressed | died
            self.say(
                self.frame["pfs_event"].ne(either) & either.notna(),
                "pfs_event",
                "event_conflict",
                "The PFS event contradicts progression and death; where a time can be taken from dates, those count.",
            )
        if died is not None and self.has("cause_of_death"):
            given = self.frame["cause_of_death"].notna()
            self.say(
                died.eq(False) & given,
                "cause_of_death",
                "cause_without_death",
                "A cause of death is given, but the patient is not marked as dead. Death is kept as 'no'; "
                "please check.",
            )
        if progressed is not None and self.has("best_response"):
            self.say(
                self.frame["best_response"].eq("PD") & progressed.eq(False),
                "best_response",
                "pd_without_progression",
                "Best response is PD, but progression is 'no'. Both are kept; please check.",
            )

    def _happened(self, flag: str) -> pd.Series | None:
        """Whether it happened, by flag or date, as derive will see it."""
        date = flag + "_date"
        if flag in self.frame and self.frame[flag].notna().any():
            known = self.frame[flag]
            return known.where(self.frame[date].isna(), True) if date in self.frame else known
        if date in self.frame:
            return self.frame[date].notna().astype("boolean")
        return None

    def responses(self) -> None:
        best = self.frame.get("best_response", None)
        responder = None
        if best is not None:
            responder = best.isin(RESPONDING).astype("boolean")
            responder = responder.mask(best.isna())
            if self.has("responder"):
                responder = responder.where(responder.notna(), self.frame["responder"])
                self.say(
                    best.eq("NE") & self.frame["responder"].eq(True),
                    "responder",
                    "response_not_evaluable",
                    "The response is not evaluable (NE), but the patient is marked as responder. Best "
                    "response is used.",
                )
        elif self.has("responder"):
            responder = self.frame["responder"]
        if responder is None:
            return
        none = responder.eq(False)
        if best is not None:
            not_evaluable = best.eq("NE")
            for name in ("first_response_date", "best_response_date"):
                if name in self.frame:
                    self.say(
                        not_evaluable & self.frame[name].notna(),
                        name,
                        "response_not_evaluable",
                        "There is a date of response, but the response is not evaluable (NE). The date is not used.",
                    )
        else:
            not_evaluable = none & False
        if self.has("first_response_date"):
            self.say(
                none & ~not_evaluable & self.frame["first_response_date"].notna(),
                "first_response_date",
                "response_date_without_response",
                "There is a date of first response, but no response of PR or better. The date is not used.",
            )
            self.say(
                responder.eq(True) & self.frame["first_response_date"].isna(),
                "first_response_date",
                "response_without_date",
                "A response without its date: the duration of response can't be taken from dates.",
                "info",
            )
        for name in ("dor_days", "ttr_days"):
            if name in self.frame:
                self.say(
                    none & self.frame[name].notna(),
                    name,
                    "dor_without_response" if name == "dor_days" else "response_date_without_response",
                    f"{VARIABLES[name].label} is given, but there is no response of PR or better. It is not used.",
                )

    def durations(self) -> None:
        """Times given beside the dates they should follow from."""
        for name in (
            "pfs_days",
            "os_days",
            "dor_days",
            "ttr_days",
            "ttbr_days",
            "years_since_dx",
            "car_t_interval_months",
        ):
            if name not in self.frame:
                continue
            by_dates = days_by_dates(name, self.frame)
            if by_dates is None:
                continue
            unit = VARIABLES[name].unit
            given = self.frame[name].to_numpy(float) * DAYS_PER[unit]
            room = _resolution(given, without_unit(self.mapping.get(name, name))[1] or unit)
            with np.errstate(invalid="ignore"):
                apart = np.abs(given - by_dates) > room
            apart &= np.isfinite(given) & np.isfinite(by_dates) & (by_dates >= 0)
            if name.startswith("dor") and "best_response" in self.frame:
                apart &= self.frame["best_response"].isin(RESPONDING).to_numpy()
            self.say(
                apart,
                name,
                "duration_conflict",
                f"{VARIABLES[name].label} does not agree with the dates (more than {room:.3g} "
                f"{'day' if room == 1 else 'days'} apart). The dates count.",
            )
        if self.has("pfs_days", "os_days"):
            self.say(
                self.frame["pfs_days"] > self.frame["os_days"] + 1,
                "pfs_days",
                "pfs_longer_than_os",
                "PFS is longer than OS; expected it to be shorter or equal. Both are kept; please check.",
            )
        if self.has("dor_days", "pfs_days"):
            self.say(
                self.frame["dor_days"] > self.frame["pfs_days"] + 1,
                "dor_days",
                "dor_longer_than_pfs",
                "The duration of response is longer than PFS; expected it to be shorter. Both are kept; please check.",
            )

    def outliers(self) -> None:
        for name, variable in VARIABLES.items():
            if variable.kind != "number" or name not in self.frame:
                continue
            values = self.frame[name]
            low, high = variable.low, variable.high
            unit = f" {variable.unit}" if variable.unit else ""
            outside = (
                (values < low) | (values > high)
                if low is not None and high is not None
                else values.isna() & False
            )
            self.say(
                outside,
                name,
                "outlier",
                f"{variable.label} is unusual: expected {low:g} to {high:g}{unit}. The value is kept; please check.",
            )
            if unit in ("", " days"):
                self.say(
                    values.isin((999, 9999)) & ~outside,
                    name,
                    "suspected_missing_code",
                    f"{variable.label} of 999 or 9999 may stand for a missing value. The value is kept; please check.",
                )
            if name in ("prior_lines", "ecog"):
                self.say(
                    values.notna() & (values % 1 != 0),
                    name,
                    "not_whole",
                    f"{variable.label} is no whole number. The value is kept; please check.",
                )

    def row(self, at: int) -> int:
        """Row of the file at this position."""
        return int(self.row_of[at])

    def one(self, at: int | np.integer, name: str, rule: str, message: str, severity: Severity) -> None:
        self.issues.append(
            Issue(
                severity,
                self.sheet_of[int(at)],
                int(self.row_of[int(at)]),
                self.mapping.get(name, name if name in self.mapping else ""),
                rule,
                message,
            )
        )


def _resolution(days: np.ndarray, unit: str) -> float:
    """How far a time given in this unit may lie from the dates, in days: one day, two for months with decimals, more
    where the column is rounded to whole weeks, months or years."""
    if unit not in DAYS_PER or unit == "days":
        return 1.0
    values = days[np.isfinite(days)] / DAYS_PER[unit]
    if not len(values):
        return 2.0
    for decimals in (0, 1):
        if np.all(np.abs(values - np.round(values, decimals)) < 1e-6):
            return max(2.0, DAYS_PER[unit] * 10.0**-decimals + 1)
    return 2.0
