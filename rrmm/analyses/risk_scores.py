"""How good a prediction of survival is: Uno's concordance and the Brier score, weighted for censoring.

Own code, some lines each: R (`concordance` with ``timewt = "n/G2"``) and the definition weight an event by
the chance of being uncensored *just before* its time, scikit-survival by the one just after, which differs
where an event and a censoring share a day, as in clinical data they do. At such a time the event comes first.

References: Uno et al., Stat Med 2011;30:1105; Graf et al., Stat Med 1999;18:2529.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

CHUNK = 512
"""Events compared with everybody at once."""


@dataclass(frozen=True, eq=False)
class Censoring:
    """G(t), the Kaplan-Meier probability of not yet being censored: ``value`` after each of ``times``."""

    times: NDArray[np.float64]
    value: NDArray[np.float64]

    def after(self, at: NDArray[np.float64]) -> NDArray[np.float64]:
        """G(t)."""
        return np.concatenate([[1.0], self.value])[np.searchsorted(self.times, at, side="right")]

    def before(self, at: NDArray[np.float64]) -> NDArray[np.float64]:
        """G(t-), just before t."""
        return np.concatenate([[1.0], self.value])[np.searchsorted(self.times, at, side="left")]


def censoring(time: NDArray[np.float64], event: NDArray[np.int64]) -> Censoring:
    """Of (n,) times and events (1 event, 0 censored). An event at t ends the risk of censoring at t."""
    times, place = np.unique(time, return_inverse=True)
    events = np.bincount(place, weights=event == 1, minlength=len(times))
    gone = np.bincount(place, weights=event != 1, minlength=len(times))
    at_risk = len(time) - np.concatenate([[0.0], np.cumsum(events + gone)[:-1]]) - events
    share = np.divide(gone, at_risk, out=np.zeros(len(times)), where=at_risk > 0)
    return Censoring(times, np.cumprod(1 - share))


def uno_concordance(
    time: NDArray[np.float64],
    event: NDArray[np.int64],
    risk: NDArray[np.float64],
    *,
    tau: float = math.inf,
    weights: Censoring | None = None,
) -> float:
    """Uno's C of a predicted risk (higher is worse), of events up to tau; NaN without a usable pair.

    weights: the censoring to weight by, that of the data by default.
    """
    weights = censoring(time, event) if weights is None else weights
    chance = weights.before(time)
    rows = np.flatnonzero((event == 1) & (time <= tau) & (chance > 0))
    stays = np.where(event == 1, time, np.nextafter(time, np.inf))
    spread = float(np.ptp(risk)) if len(risk) else 0.0
    better = compared = 0.0
    for start in range(0, len(rows), CHUNK):
        part = rows[start : start + CHUNK]
        later = stays > time[part, None]
        gap = risk[part, None] - risk
        # Predictions that differ by rounding only are tied.
        score = np.where(np.abs(gap) <= 1e-10 * spread, 0.5, gap > 0)
        weight = 1 / chance[part] ** 2
        better += float(weight @ (score * later).sum(axis=1))
        compared += float(weight @ later.sum(axis=1))
    return better / compared if compared else math.nan


def brier_scores(
    time: NDArray[np.float64],
    event: NDArray[np.int64],
    survival: NDArray[np.float64],
    times: NDArray[np.float64],
    weights: Censoring | None = None,
) -> NDArray[np.float64]:
    """(m,) Brier score at each of ``times`` of predicted survival (n, m) at them; 0 is perfect."""
    weights = censoring(time, event) if weights is None else weights
    chance, still = weights.before(time), weights.after(times)
    inverse = np.divide(1.0, chance, out=np.zeros(len(time)), where=chance > 0)
    inverse_still = np.divide(1.0, still, out=np.zeros(len(times)), where=still > 0)
    case = (time[:, None] <= times) & (event[:, None] == 1)
    control = time[:, None] > times
    return (survival**2 * case * inverse[:, None] + (1 - survival) ** 2 * control * inverse_still).mean(
        axis=0
    )


def integrated(times: NDArray[np.float64], scores: NDArray[np.float64]) -> float:
    """The mean score over the times, by trapezoids; NaN for fewer than two times."""
    if len(times) < 2:
        return math.nan
    return float(np.trapezoid(scores, times) / (times[-1] - times[0]))
