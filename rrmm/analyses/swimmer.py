"""One lane a patient: response, progression, death and follow-up over time. No identifiers."""

from __future__ import annotations

import numpy as np
import pandas as pd

from rrmm import DAYS_PER_MONTH
from rrmm.analyses.progression import progression_status
from rrmm.analyses.response import DEPTHS, depth_codes
from rrmm.cohort import Cohort

ORDERS = {"follow-up": "Longest follow-up first", "pfs": "Longest PFS first", "response": "Deepest response first",
          "group": "By group"}
"""Ways to sort the lanes."""


def lanes(cohort: Cohort, population: np.ndarray, codes: np.ndarray, order: str = "follow-up") -> pd.DataFrame:
    """Tidy frame, one row a patient of the population, top lane first; times in months, NaN where not there.

    population: bool (n,). codes: group of each patient (n,), -1 unknown. order: key of ORDERS.
    Columns: lane, end (last seen or death), response_start, best_response, progression, death, ongoing
    (alive, without progression, still followed), depth (best response), group. Patients without any time are left
    out; ``frame.attrs["without_time"]`` counts them.
    """
    follow_up = cohort.number("os_days")
    pfs = cohort.number("pfs_days")
    died = cohort.flag("os_event") == 1
    end = np.where(np.isnan(follow_up), pfs, follow_up)
    usable = population & ~np.isnan(end)
    # An event of PFS that is not the death itself is a progression.
    progression = np.where(progression_status(cohort) == 1, pfs, np.nan)
    depth = depth_codes(cohort)
    frame = pd.DataFrame({
        "end": end, "response_start": cohort.number("ttr_days"), "best_response": cohort.number("ttbr_days"),
        "progression": progression, "death": np.where(died, end, np.nan)})[usable] / DAYS_PER_MONTH
    frame["ongoing"] = np.isnan(frame["progression"]) & np.isnan(frame["death"])
    frame["depth"] = [DEPTHS[code] if code >= 0 else "unknown" for code in depth[usable]]
    frame["group"] = codes[usable]
    frame["pfs"] = pfs[usable] / DAYS_PER_MONTH
    rank = pd.Series(np.where(depth[usable] < 0, len(DEPTHS), depth[usable]), index=frame.index)
    keys = {"follow-up": [-frame["end"]], "pfs": [-frame["pfs"].fillna(-1)], "response": [rank, -frame["end"]],
            "group": [frame["group"].where(frame["group"] >= 0, 99), -frame["end"]]}[order]
    # The last key rules in lexsort; ties fall back to the order of the file.
    frame = frame.iloc[np.lexsort([np.arange(len(frame)), *reversed(keys)])].reset_index(drop=True)
    frame.insert(0, "lane", np.arange(len(frame)))
    frame.attrs["without_time"] = int(np.count_nonzero(population)) - len(frame)
    return frame
