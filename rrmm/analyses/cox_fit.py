"""A Cox model of plain arrays: coefficients, their covariance, and a reason where there is no estimate.

The likelihood and why it is our own code: :mod:`rrmm.analyses.cox_likelihood`. Fast enough for a table of
many models; :func:`rrmm.analyses.cox.fit_cox` is the same of a frame, with tests and remarks.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from rrmm.analyses.cox_likelihood import Fit, Point, RiskSets, Ties, evaluate, maximise, redundant

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class CoxFit:
    """A fitted model of p columns, in the caller's order and units.

    coef, std_error: (p,) log hazard ratios, NaN where ``reasons`` says why. vcov: (p, p).
    loglik_null, loglik: partial log likelihoods (limits, where a coefficient is infinite); with Firth the
    penalised ones. df: columns that entered. score_statistic: of the test at 0 (NaN with Firth).
    linear_predictor: (n,). kept: positions of the columns that entered; scale: their SD; the rest is for the
    further analyses of the same fit.
    """

    coef: NDArray[np.float64]
    std_error: NDArray[np.float64]
    vcov: NDArray[np.float64]
    reasons: tuple[str, ...]
    loglik_null: float
    loglik: float
    df: int
    score_statistic: float
    linear_predictor: NDArray[np.float64]
    converged: bool
    kept: NDArray[np.int64]
    scale: NDArray[np.float64]
    risk: RiskSets
    x: NDArray[np.float64]
    fit: Fit
    firth: bool

    @property
    def point(self) -> Point:
        """The likelihood at the estimate."""
        return self.fit.point

    @property
    def finite(self) -> NDArray[np.int64]:
        """Positions, among ``kept``, of the columns with a finite estimate."""
        return np.flatnonzero(~self.fit.diverging)

    @property
    def lr_statistic(self) -> float:
        """Twice the gain of the log likelihood over the model without covariates."""
        return 2 * (self.loglik - self.loglik_null) if self.df else math.nan

    @property
    def wald_statistic(self) -> float:
        """NaN where a coefficient is infinite."""
        where = self.kept
        if not len(where) or np.isnan(self.coef[where]).any():
            return math.nan
        return float(self.coef[where] @ np.linalg.solve(self.vcov[np.ix_(where, where)], self.coef[where]))


def cox_arrays(
    time: NDArray[np.float64],
    event: NDArray[np.int64],
    x: NDArray[np.float64],
    *,
    entry: NDArray[np.float64] | None = None,
    strata: NDArray[np.int64] | None = None,
    ties: Ties = "efron",
    firth: bool = False,
    risk: RiskSets | None = None,
) -> CoxFit:
    """Fit a Cox model to arrays; nothing is checked for missing values.

    time, event (1/0), entry, strata: (n,); x: (n, p). risk: the risk sets, if the caller has them already
    (they hold time, event, entry, strata and ties). Never raises for data without information.
    """
    risk = RiskSets(time, event, entry, strata, ties) if risk is None else risk
    x = np.asarray(x, dtype=np.float64)
    p = x.shape[1]
    reasons = [""] * p
    # Who left before the first event says nothing about it, and must not set the scale.
    seen = np.empty(len(x), dtype=bool)
    seen[risk.order] = risk.ever_at_risk
    if risk.n_events:
        seen_steady, centre, scale = _spread(x[seen])
        steady, _, _ = _spread(x)
    else:
        steady, centre, scale = _spread(x)
        seen_steady = steady
    scaled = ((x - centre) / scale)[risk.order]
    scaled[~risk.ever_at_risk] = 0.0
    for j in np.flatnonzero(seen_steady):
        reasons[j] = "no variation among the patients at risk when an event happened"
    for j in np.flatnonzero(steady):
        reasons[j] = "constant: every patient has the same value" if len(x) else "no patient"
    kept = np.flatnonzero(~seen_steady)
    if risk.n_events == 0:
        reasons = [reason or "no event" for reason in reasons]
        kept = kept[:0]
    else:
        start = evaluate(risk, scaled[:, kept], np.zeros(len(kept)))
        verdicts = redundant(start.information, risk.n_events)
        for j, verdict in zip(kept, verdicts, strict=True):
            if verdict == "flat":
                reasons[j] = "no variation among the patients at risk when an event happened"
            elif verdict == "aliased":
                reasons[j] = "determined by the covariates before it (collinear)"
        kept = kept[[not verdict for verdict in verdicts]]
    part = np.ascontiguousarray(scaled[:, kept])
    null = evaluate(risk, part, np.zeros(len(kept)))
    fit = maximise(risk, part, firth=firth)
    for j in kept[fit.diverging]:
        reasons[j] = "no finite estimate: the likelihood has no maximum"
    if not fit.converged:
        for j in kept[~fit.diverging]:
            reasons[j] = "the fit did not converge"
    score = math.nan
    if len(kept) and not firth:
        score = float(null.score @ np.linalg.solve(null.information, null.score))
    coef, std_error, vcov = np.full(p, np.nan), np.full(p, np.nan), np.full((p, p), np.nan)
    good = np.array([at for at, j in enumerate(kept) if not reasons[j]], dtype=np.int64)
    if len(good):
        where, unit = kept[good], scale[kept[good]]
        covariance = fit.covariance()[np.ix_(good, good)]
        coef[where] = fit.beta[good] / unit
        vcov[np.ix_(where, where)] = covariance / np.outer(unit, unit)
        std_error[where] = np.sqrt(np.maximum(np.diag(covariance), 0)) / unit
    predictor = ((x - centre) / scale)[:, kept] @ fit.beta
    return CoxFit(
        coef,
        std_error,
        vcov,
        tuple(reasons),
        null.penalised_loglik if firth else null.loglik,
        fit.value,
        len(kept),
        score,
        predictor,
        fit.converged,
        kept,
        scale[kept],
        risk,
        part,
        fit,
        firth,
    )


def _spread(
    x: NDArray[np.float64],
) -> tuple[NDArray[np.bool_], NDArray[np.float64], NDArray[np.float64]]:
    """Of each column: whether it is constant, its mean, and its SD (1 where constant)."""
    if not len(x):
        return np.ones(x.shape[1], dtype=bool), np.zeros(x.shape[1]), np.ones(x.shape[1])
    centre, spread = x.mean(axis=0), x.std(axis=0)
    steady = spread <= 1e-12 * np.maximum(np.abs(centre), 1e-300)
    return steady, centre, np.where(steady, 1.0, spread)


def normal_p(z: NDArray[np.float64]) -> NDArray[np.float64]:
    """Two-sided p of a standard normal statistic."""
    from scipy.special import ndtr

    return 2 * ndtr(-np.abs(z))


def chi_square_p(statistic: float, df: int) -> float:
    """Upper tail of the chi-square distribution; NaN in, NaN out."""
    from scipy.special import chdtrc

    return float(chdtrc(df, max(statistic, 0.0))) if math.isfinite(statistic) and df else math.nan


def wald_limits(fit: CoxFit, level: float) -> NDArray[np.float64]:
    """(p, 2) limits of the hazard ratios."""
    z = NormalDist().inv_cdf(0.5 + level / 2)
    with np.errstate(over="ignore"):
        return np.exp(np.column_stack([fit.coef - z * fit.std_error, fit.coef + z * fit.std_error]))


def profile(fit: CoxFit, level: float) -> NDArray[np.float64]:
    """(p, 2) profile-likelihood limits of the hazard ratios; 0 or infinity where the interval is open."""
    from rrmm.analyses.cox_profile import profile_limits

    limits = np.full((len(fit.coef), 2), np.nan)
    if fit.df and (fit.converged):
        found = profile_limits(
            fit.risk, fit.x, fit.fit, fit.std_error[fit.kept] * fit.scale, level=level, firth=fit.firth
        )
        with np.errstate(over="ignore"):
            limits[fit.kept] = np.exp(found / fit.scale[:, None])
    return limits
