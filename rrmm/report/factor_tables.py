"""Tables of prognostic factors, cut-offs and risk models as a reader sees them."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from rrmm import DAYS_PER_MONTH, formatting
from rrmm.analyses.explore import Explore
from rrmm.analyses.multiplicity import holm
from rrmm.results import Result


def looks_frame(view: Explore) -> pd.DataFrame:
    """Every subgroup of the forest with its p, q (Benjamini-Hochberg) and Holm's p."""
    adjusted = holm([row.logrank_p for row in view.forest])
    return pd.DataFrame(
        [
            {
                "Subgroup": row.label,
                "Events/n": f"{row.events[1]}/{row.n[1]} v {row.events[0]}/{row.n[0]}",
                "HR (95 % CI)": formatting.ratio_interval(row.hr.hr, row.hr.conf_low, row.hr.conf_high),
                "p": formatting.p_number(row.logrank_p),
                "q": formatting.p_number(row.q_value),
                "Holm": formatting.p_number(float(at)),
            }
            for row, at in zip(view.forest, adjusted, strict=True)
        ],
        columns=["Subgroup", "Events/n", "HR (95 % CI)", "p", "q", "Holm"],
    )
