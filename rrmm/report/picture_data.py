"""The numbers behind a picture as a tidy table, for a CSV beside the picture."""

from __future__ import annotations

import numpy as np
import pandas as pd

from rrmm import DAYS_PER_MONTH
from rrmm.analyses.explore import Explore
from rrmm.report.images import Kind
from rrmm.report.shown import Shown


def picture_data(kind: Kind, view: Explore, *, mask: bool = False) -> pd.DataFrame:
    """One row a drawn value; times in months, rates as shares, counts as text where small ones are masked.

    ValueError with a sentence where masking leaves nothing to show.
    """
    shown = Shown(view, mask)
    refused = shown.refused_population if kind == "forest" else shown.refused
    if refused:
        raise ValueError(refused)
    if kind == "survival":
        return _risk_table(shown) if mask else _curves(view)
    return _response(shown) if kind == "response" else _forest(shown)


def _curves(view: Explore) -> pd.DataFrame:
    """Every time at which something happens in the group."""
    table, curves = view.table, view.curves
    low, high = curves.limits
    frames = []
    for at, group in enumerate(view.groups):
        here = np.flatnonzero((table.n_event[:, at] > 0) | (table.n_censor[:, at] > 0))
        frames.append(
            pd.DataFrame(
                {
                    "group": group.label,
                    "time_months": table.times[here] / DAYS_PER_MONTH,
                    "survival": curves.estimate[here, at],
                    "conf_low": low[here, at],
                    "conf_high": high[here, at],
                    "n_risk": table.n_risk[here, at],
                    "n_event": table.n_event[here, at],
                    "n_censor": table.n_censor[here, at],
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def _risk_table(shown: Shown) -> pd.DataFrame:
    """Masked: the risk table only, as every step of a curve is a patient."""
    rows = [
        (group.label, float(tick), *counts)
        for at, group in enumerate(shown.view.groups)
        for tick, counts in zip(shown.ticks, shown.risk(at), strict=True)
    ]
    return pd.DataFrame(rows, columns=["group", "time_months", "n_risk", "events_so_far", "censored_so_far"])


def _response(shown: Shown) -> pd.DataFrame:
    rows = []
    for at, group in enumerate(shown.view.response.groups):
        n = shown.response_n(at)
        rows += [
            (group.label, depth, shown.text(("depth", at, place), int(value or 0)), n, np.nan, np.nan, np.nan)
            for place, (depth, value) in enumerate(shown.depth(at))
        ]
        orr = group.orr
        rate = (orr.estimate, orr.conf_low, orr.conf_high) if shown.rate_is_shown(at) else (np.nan,) * 3
        rows.append((group.label, "PR or better", shown.responders(at).split("/")[0], n, *rate))
    return pd.DataFrame(rows, columns=["group", "response", "x", "n", "share", "conf_low", "conf_high"])


def _forest(shown: Shown) -> pd.DataFrame:
    rows = []
    for row in shown.view.forest:
        counts = [
            shown.text((name, row.key, side), values[side])
            for side in (0, 1)
            for name, values in (("fn", row.n), ("fe", row.events))
        ]
        hr = row.hr
        numbers = (hr.hr, hr.conf_low, hr.conf_high, row.logrank_p, row.q_value)
        rows.append((row.label, *row.levels, *counts, row.unknown, *numbers, hr.reason))
    columns = ["subgroup", "reference", "level", "reference_n", "reference_events", "level_n", "level_events"]
    columns += ["unknown", "hazard_ratio", "conf_low", "conf_high", "logrank_p", "q_value", "reason"]
    return pd.DataFrame(rows, columns=columns)
