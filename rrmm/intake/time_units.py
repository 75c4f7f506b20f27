"""Which unit of time fits the dates of the same patients."""

from __future__ import annotations

import numpy as np
import pandas as pd

from rrmm.intake.columns import Column
from rrmm.intake.durations import DAYS_PER
from rrmm.intake.numbers import amount


def days_by_dates(name: str, frame: dict[str, pd.Series] | pd.DataFrame) -> np.ndarray | None:
    """The length of time in days as the dates give it, (n,) NaN where they don't; None without such dates."""

    def date(key: str) -> pd.Series | None:
        return frame.get(key, None)

    start = date("start_date")
    if start is None:
        return None
    if name == "years_since_dx":
        return _between(date("dx_date"), start)
    if name == "car_t_interval_months":
        return _between(date("car_t_date"), start)
    if name == "ttr_days":
        return _between(start, date("first_response_date"))
    if name == "ttbr_days":
        return _between(start, date("best_response_date"))
    last, died, progressed = date("last_contact_date"), date("death_date"), date("progression_date")
    end = died if died is not None else last
    if end is None:
        return None
    if died is not None and last is not None:
        end = died.where(died.notna(), last)
    if name in ("pfs_days", "dor_days") and progressed is not None:
        end = progressed.where(progressed.notna(), end)
    elif name in ("pfs_days", "dor_days"):
        return None
    return (
        _between(date("first_response_date") if name == "dor_days" else start, end)
        if name in ("pfs_days", "os_days", "dor_days")
        else None
    )


def _between(earlier: pd.Series | None, later: pd.Series | None) -> np.ndarray | None:
    if earlier is None or later is None:
        return None
    return (later - earlier).dt.total_seconds().to_numpy(float) / 86400.0


def unit_by_dates(name: str, column: Column, frame: dict[str, pd.Series]) -> str:
    """The unit in which the numbers of a column fit the dates, "" when none does for at least 3 rows and 80 %."""
    days = days_by_dates(name, frame)
    if days is None:
        return ""
    values = []
    for cell in column.uniques:
        if isinstance(cell, str):
            found = amount(cell)
            values.append(found.value if found is not None and not found.unit else np.nan)
        else:
            values.append(float(cell) if isinstance(cell, int | float) else np.nan)
    given = np.array([*values, np.nan])[column.codes]
    usable = np.isfinite(given) & np.isfinite(days) & (days > 20)
    if usable.sum() < 3:
        return ""
    fits = {
        unit: float(
            np.mean(np.abs(given[usable] * length - days[usable]) <= np.maximum(2.0, 0.5 * length + 0.5))
        )
        for unit, length in DAYS_PER.items()
        if unit != "years" or np.any(days[usable] > 400)
    }
    best = max(fits, key=lambda unit: fits[unit])
    rivals = [unit for unit, share in fits.items() if unit != best and share >= 0.5]
    return best if fits[best] >= 0.8 and not rivals else ""
