"""Fitting and judging one risk model: what the bootstrap of :mod:`rrmm.analyses.risk_model` repeats."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from rrmm.analyses.concordance import concordance
from rrmm.analyses.counts import event_table, rank_times
from rrmm.analyses.cox_data import SurvivalData
from rrmm.analyses.km import kaplan_meier, survival_at
from rrmm.analyses.risk_scores import Censoring, brier_scores, integrated, uno_concordance

if TYPE_CHECKING:
    from numpy.typing import NDArray

Kind = Literal["cox", "forest"]
KINDS = {"cox": "Cox model with a ridge penalty", "forest": "Random survival forest"}
MOST_TIMES = 60
"""Times at which curves are kept and the Brier score is taken."""


@dataclass(frozen=True, eq=False)
class Fitted:
    """One fitted estimator with the times of its curves."""

    estimator: Any
    times: NDArray[np.float64]

    def risk(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """(n,) predicted risk, higher is worse."""
        return np.asarray(self.estimator.predict(x), dtype=float)

    def survival(self, x: NDArray[np.float64], times: NDArray[np.float64]) -> NDArray[np.float64]:
        """(n, m) predicted survival at the times."""
        place = np.searchsorted(self.times, times, side="right")
        if hasattr(self.estimator, "cum_baseline_hazard_"):
            # What predict_survival_function does patient by patient.
            hazard = np.concatenate([[0.0], self.estimator.cum_baseline_hazard_.y])[place]
            return np.exp(-np.exp(self.risk(x))[:, None] * hazard)
        curves = self.estimator.predict_survival_function(x, return_array=True)
        return np.column_stack([np.ones(len(x)), curves])[:, place]


@dataclass(frozen=True)
class Maker:
    """Fits an estimator; ValueError where the sample has fewer than two events."""

    kind: Kind
    penalty: float
    trees: int

    def __call__(
        self, x: NDArray[np.float64], time: NDArray[np.float64], event: NDArray[np.int64], seed: int
    ) -> Fitted:
        from sksurv.util import Surv

        if event.sum() < 2:
            raise ValueError("fewer than two events")
        outcome = Surv.from_arrays(event == 1, time)
        if self.kind == "cox":
            from sksurv.linear_model import CoxPHSurvivalAnalysis

            estimator = CoxPHSurvivalAnalysis(alpha=self.penalty, ties="efron", tol=1e-10)
        else:
            from sksurv.ensemble import RandomSurvivalForest

            estimator = RandomSurvivalForest(
                n_estimators=self.trees,
                min_samples_leaf=5,
                min_samples_split=10,
                max_features="sqrt",
                n_jobs=1,
                random_state=seed,
            )
        with warnings.catch_warnings():
            # A sample drawn with replacement may leave a column constant: the penalty deals with it.
            warnings.simplefilter("ignore")
            estimator.fit(x, outcome)
        return Fitted(estimator, np.asarray(estimator.unique_times_, dtype=float))


@dataclass(frozen=True, eq=False)
class Judge:
    """Harrell's C, Uno's C and the integrated Brier score of a model on rows of the data."""

    time: NDArray[np.float64]
    event: NDArray[np.int64]
    x: NDArray[np.float64]
    weights: Censoring
    times: NDArray[np.float64]
    tau: float

    def __call__(self, fitted: Fitted, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        time, event, x = self.time[rows], self.event[rows], self.x[rows]
        risk = fitted.risk(x)
        scores = brier_scores(time, event, fitted.survival(x, self.times), self.times, self.weights)
        return np.array(
            [
                concordance(time, event, risk).estimate,
                uno_concordance(time, event, risk, tau=self.tau, weights=self.weights),
                integrated(self.times, scores),
            ]
        )

    @property
    def kaplan_meier_brier(self) -> NDArray[np.float64]:
        """The score of giving everybody the Kaplan-Meier curve of all."""
        ranked = rank_times(self.time, self.event)
        curve = survival_at(
            kaplan_meier(event_table(ranked, np.zeros(len(self.time), dtype=int), 1)), 0, self.times
        )
        everybody = np.broadcast_to(curve.estimate, (len(self.time), len(self.times)))
        return brier_scores(self.time, self.event, everybody, self.times, self.weights)


def last_usable_time(data: SurvivalData) -> float:
    """The last event at which a tenth of the patients, and at least five, are at risk."""
    at = np.sort(data.time[data.event == 1])
    at_risk = data.n - np.searchsorted(np.sort(data.time), at, side="left")
    enough = at[at_risk >= max(0.1 * data.n, 5)]
    return float(enough[-1]) if len(enough) else math.nan


def curve_times(data: SurvivalData, end: float) -> NDArray[np.float64]:
    """Event times up to the end, thinned to what a curve can show."""
    at = np.unique(data.time[(data.event == 1) & (data.time <= end)]) if math.isfinite(end) else np.zeros(0)
    if len(at) <= MOST_TIMES:
        return at
    return at[np.unique(np.linspace(0, len(at) - 1, MOST_TIMES).round().astype(int))]
