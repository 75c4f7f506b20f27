"""Tables of counts as files: JSON to pool, CSV to look at. Whatever is read is checked as if a stranger had written it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from rrmm.analyses.pooling import CentreTable
from rrmm.endpoints import ENDPOINTS

KIND, VERSION = "rrmm event table", 1
MOST = 1_000_000_000
"""Largest count that is believed."""


def to_json(table: CentreTable) -> str:
    """One line a time, so that a person can read it through before it leaves the centre."""
    head = {"kind": KIND, "version": VERSION, "endpoint": table.endpoint, "comparison": table.comparison,
            "label": table.label, "levels": list(table.levels), "unit": "days", "masked": table.masked,
            "withheld": list(table.withheld), "loss": table.loss, "unknown": table.unknown}
    lines = [json.dumps({"time": float(time), "events": events, "censored": censored}) for time, events, censored in
             zip(table.times, table.events.tolist(), table.censored.tolist(), strict=True)]
    opening = json.dumps(head, ensure_ascii=False, indent=1).removesuffix("\n}")
    return opening + ',\n "counts": [\n  ' + ",\n  ".join(lines) + "\n ]\n}\n"


def to_frame(table: CentreTable) -> pd.DataFrame:
    """Columns endpoint, comparison, group, time_days, at_risk, events, censored; one row a group and time."""
    counts = table.table
    rows = [(table.endpoint, table.label, level, float(counts.times[t]), int(counts.n_risk[t, k]),
             int(counts.n_event[t, k]), int(counts.n_censor[t, k]))
            for k, level in enumerate(table.levels) for t in range(len(counts.times))
            if counts.n_event[t, k] or counts.n_censor[t, k]]
    return pd.DataFrame(rows, columns=["endpoint", "comparison", "group", "time_days", "at_risk", "events", "censored"])


def from_json(text: str) -> CentreTable:
    """Inverse of :func:`to_json`. ValueError with a sentence for anything else."""
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError("This is not a table of counts: it is no JSON.") from None
    if not isinstance(raw, Mapping) or raw.get("kind") != KIND:
        raise ValueError("This is not a table of counts that rrmm wrote.")
    if raw.get("version") != VERSION or raw.get("unit") != "days":
        raise ValueError("This table of counts was written by another version of rrmm.")
    levels, withheld = _texts(raw.get("levels"), "levels"), _texts(raw.get("withheld", []), "withheld")
    if raw.get("endpoint") not in ENDPOINTS:
        raise ValueError("The table's endpoint is not one that rrmm knows.")
    if not levels or len(set(levels)) != len(levels):
        raise ValueError("The table has no groups, or two of the same name.")
    rows = raw.get("counts")
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        raise ValueError("The table has no list of counts.")
    times = np.array([_time(row.get("time"), nth) for nth, row in enumerate(rows, start=1)], dtype=np.float64)
    if (np.diff(times) <= 0).any():
        raise ValueError("The times of the table do not ascend.")
    events, censored = (np.array([_counts(row.get(what), len(levels), what, nth) for nth, row in enumerate(rows, start=1)],
                                 dtype=np.int64).reshape(len(rows), len(levels)) for what in ("events", "censored"))
    unknown = raw.get("unknown")
    return CentreTable(raw["endpoint"], str(raw.get("comparison", "")), str(raw.get("label", "")), levels, times, events,
                       censored, None if unknown is None else _count(unknown, "unknown", 0), bool(raw.get("masked")),
                       withheld, str(raw.get("loss", "")))


def _texts(value: Any, what: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise ValueError(f"The table's {what} are not a list of names.")
    return tuple(value)


def _time(value: Any, row: int) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value) or value < 0:
        raise ValueError(f"Time {row} of the table is not a number of days.")
    return float(value)


def _count(value: Any, what: str, row: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST:
        raise ValueError(f"A count of the table is not a whole number: {what}" + (f" at time {row}." if row else "."))
    return value


def _counts(value: Any, groups: int, what: str, row: int) -> list[int]:
    if not isinstance(value, list) or len(value) != groups:
        raise ValueError(f"At time {row} the table does not have one count of {what} for each group.")
    return [_count(each, what, row) for each in value]
