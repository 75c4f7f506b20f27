"""What the recomputed paper is put together from: values with their reason, counts, shares, medians."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from rrmm import DAYS_PER_MONTH
from rrmm.analyses.baseline import spread
from rrmm.analyses.counts import EventTable, event_table
from rrmm.analyses.explore import ranked
from rrmm.analyses.km import kaplan_meier, quantile
from rrmm.cohort import UNKNOWN, Cohort
from rrmm.endpoints import ENDPOINTS
from rrmm.subgroups import group


@dataclass(frozen=True)
class Value:
    """A computed value. number: NaN where there is none; not_reached: a median beyond the curve."""

    number: float
    reason: str = ""
    not_reached: bool = False


def number(value: float, reason: str = "") -> Value:
    """A value as it is."""
    return Value(float(value), reason)


def share(x: float, n: float, reason: str = "") -> Value:
    """x of n in percent, NaN of nobody."""
    return Value(100 * x / n if n else math.nan, reason)


def count(mask: np.ndarray) -> int:
    """Patients inside the mask."""
    return int(np.count_nonzero(mask))


def yes_known(cohort: Cohort, name: str) -> tuple[int, int]:
    """Patients with a yes, and with any known answer."""
    flag = cohort.flag(name)
    return count(flag == 1), count(flag != UNKNOWN)


def median_months(days: np.ndarray, reason: str = "") -> Value:
    """Median of days, in months."""
    return Value(spread(days).median / DAYS_PER_MONTH if np.isfinite(days).any() else math.nan, reason)


def extra(cohort: Cohort, header: str) -> np.ndarray:
    """A column of the upload that is no canonical variable, (n,) object; all None where the file lacks it."""
    if header not in cohort.extras:
        return np.full(cohort.n, None, dtype=object)
    column = cohort.extras[header].astype(object)
    return column.where(column.notna(), None).to_numpy(object)


def says_yes(column: np.ndarray) -> np.ndarray:
    """Where a column of the upload says yes, bool (n,)."""
    return np.array(
        [value is True or str(value).strip().lower() in ("yes", "true", "1") for value in column], dtype=bool
    )


def evaluable(cohort: Cohort) -> np.ndarray:
    """Patients whose response is known and could be evaluated, bool (n,)."""
    return (cohort.category("best_response") != "NE") & (cohort.flag("responder") != UNKNOWN)


def table_of(cohort: Cohort, endpoint: str, codes: np.ndarray, groups: int) -> EventTable:
    """Counts of an endpoint by group (code -1 is left out)."""
    return event_table(ranked(cohort, ENDPOINTS[endpoint]), codes, groups)


def km_median(table: EventTable, k: int = 0, reason: str = "") -> Value:
    """Kaplan-Meier median of group k in months."""
    days = quantile(kaplan_meier(table), k).estimate
    return Value(
        days / DAYS_PER_MONTH if np.isfinite(days) else math.nan,
        reason,
        not_reached=not np.isfinite(days) and int(table.n[k]) > 0,
    )


def codes_of(cohort: Cohort, key: str, inside: np.ndarray | None = None) -> np.ndarray:
    """Group of each patient by a preset subgroup (0 no, 1 yes, -1 unknown or outside)."""
    codes = group(cohort, key).codes
    return codes if inside is None else np.where(inside, codes, UNKNOWN)
