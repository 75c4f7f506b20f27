"""Whether one hazard ratio can stand for a whole comparison: the Schoenfeld test of what a view shows."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from rrmm.analyses.explore import Explore


def patients(view: Explore) -> pd.DataFrame:
    """One row a patient of the comparison, taken from its table of counts: ``time`` (days), ``event``, ``group``."""
    table = view.table
    parts = []
    for at, label in enumerate(view.grouping.levels):
        for event, counts in ((1, table.n_event[:, at]), (0, table.n_censor[:, at])):
            times = np.repeat(table.times, counts)
            # Numbered, so that the first level is the reference whatever the labels are.
            parts.append(pd.DataFrame({"time": times, "event": event, "group": f"{at} {label}"}))
    return pd.concat(parts, ignore_index=True)


def ph_p(view: Explore) -> float:
    """p of the global Schoenfeld test, KM-transformed time, NaN where there is nothing to test."""
    if len(view.groups) < 2 or not len(view.table.times):
        return math.nan
    from rrmm.analyses.cox import fit_cox

    frame = patients(view)
    if frame["group"].nunique() < 2 or not frame["event"].any():
        return math.nan
    ph = fit_cox(frame, "time", "event", ["group"]).frames["ph"]
    return float(ph["p_value"].iloc[-1])
