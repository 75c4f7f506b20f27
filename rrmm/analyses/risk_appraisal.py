"""What is said of a risk model: corrected measures, calibration in thirds, refusals and remarks."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from rrmm.analyses.counts import event_table, rank_times
from rrmm.analyses.cox import FEWEST_EVENTS_PER_VARIABLE
from rrmm.analyses.cox_data import SurvivalData
from rrmm.analyses.km import kaplan_meier, survival_at
from rrmm.analyses.risk_fit import KINDS, Kind
from rrmm.results import Remark, Result

if TYPE_CHECKING:
    from numpy.typing import NDArray

MEASURES = ("Harrell's C", "Uno's C", "Integrated Brier score", "Brier score gained over Kaplan-Meier of all")
TERTILES = ("low risk", "middle", "high risk")
FEWEST_REPLICATES = 5
"""Bootstrap replicates below which nothing is corrected and no interval is drawn."""


def refusal(data: SurvivalData, parameters: int, per: float, times: NDArray[np.float64], anyway: bool) -> str:
    """Why there is no model, or ""."""
    if not parameters:
        return "no covariate differs between the patients"
    if per < FEWEST_EVENTS_PER_VARIABLE and not anyway:
        return (
            f"too few events: {data.events} for {parameters} parameter{'s' if parameters > 1 else ''}, "
            f"{FEWEST_EVENTS_PER_VARIABLE} for each are needed"
        )
    if data.events < 2 or len(times) < 2:
        return "too few events: two at different times are needed"
    return ""


def refused(kind: Kind, data: SurvivalData, per: float, reason: str) -> Result:
    """The result of a model that is not there: every measure with the reason."""
    nan = math.nan
    table = pd.DataFrame(
        [
            {"term": term, "apparent": nan, "optimism": nan, "estimate": nan, "reason": reason}
            for term in MEASURES
        ]
    )
    code = "too_few_events" if reason.startswith("too few") else "not_estimable"
    return Result(
        kind="risk_model",
        table=table,
        n=data.n,
        events=data.events,
        excluded=data.excluded,
        remarks=(Remark(code, f"No risk model: {reason}."),),
        method=KINDS[kind],
        frames={"lost": data.design.lost},
        numbers={"events_per_parameter": per},
    )


def measures(
    apparent: NDArray[np.float64], optimism: NDArray[np.float64], flat: float, replicates: int
) -> pd.DataFrame:
    """apparent, optimism: (3,) Harrell's C, Uno's C, Brier score; flat: Kaplan-Meier's Brier score."""
    corrected = apparent - optimism
    reason = "" if replicates >= FEWEST_REPLICATES else "too few bootstrap replicates could be fitted"
    rows = [
        {
            "term": term,
            "apparent": apparent[at],
            "optimism": optimism[at],
            "estimate": corrected[at],
            "reason": reason,
        }
        for at, term in enumerate(MEASURES[:3])
    ]
    gain = 1 - apparent[2] / flat, 1 - corrected[2] / flat
    rows.append(
        {
            "term": MEASURES[3],
            "apparent": gain[0],
            "optimism": gain[0] - gain[1],
            "estimate": gain[1],
            "reason": reason,
        }
    )
    return pd.DataFrame(rows)


def calibration(data: SurvivalData, predicted: NDArray[np.float64], at: float, level: float) -> pd.DataFrame:
    """Thirds by predicted risk: the mean prediction beside Kaplan-Meier at the horizon."""
    known = np.isfinite(predicted)
    rows = []
    order = np.argsort(np.where(known, -predicted, np.inf), kind="stable")[: int(known.sum())]
    for name, rows_of in zip(TERTILES, np.array_split(order, 3), strict=True):
        row: dict[str, Any] = {
            "group": name,
            "time": at,
            "n": len(rows_of),
            "predicted": math.nan,
            "estimate": math.nan,
            "conf_low": math.nan,
            "conf_high": math.nan,
            "reason": "nobody at risk that long",
        }
        if len(rows_of):
            row["predicted"] = float(predicted[rows_of].mean())
            ranked = rank_times(data.time[rows_of], data.event[rows_of])
            curves = kaplan_meier(event_table(ranked, np.zeros(len(rows_of), dtype=int), 1), level=level)
            found = survival_at(curves, 0, [at])
            if np.isfinite(found.estimate[0]):
                row |= {
                    "estimate": float(found.estimate[0]),
                    "conf_low": float(found.conf_low[0]),
                    "conf_high": float(found.conf_high[0]),
                    "reason": "",
                }
        rows.append(row)
    return pd.DataFrame(rows)


def remarks(
    data: SurvivalData, per: float, parameters: int, asked: int, done: int, table: pd.DataFrame
) -> list[Remark]:
    """The caveats of a fitted model. per: events per parameter; asked, done: bootstrap replicates."""
    found = []
    if per < FEWEST_EVENTS_PER_VARIABLE:
        plural = "s" if parameters > 1 else ""
        text = (
            f"Too few events: {data.events} for {parameters} parameter{plural}, {per:.1f} for each; "
            f"{FEWEST_EVENTS_PER_VARIABLE} are needed. The model describes these patients, not the next one."
        )
        found.append(Remark("too_few_events", text))
    if done < asked:
        text = f"{asked - done} of {asked} bootstrap replicates could not be fitted."
        found.append(Remark("bootstraps", text))
    if float(table["estimate"].iloc[3]) <= 0:
        text = "Corrected for optimism, the model predicts no better than the Kaplan-Meier curve of all."
        found.append(Remark("no_gain", text))
    return found
