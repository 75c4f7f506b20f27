"""Profile-likelihood limits of Cox coefficients, by root finding; also of Firth's penalised likelihood.

A limit is where twice the fall of the profile log likelihood (the other coefficients fitted anew) equals the
chi-square quantile with one degree of freedom. R has it in ``confint`` of some models by a spline; here each
limit is the root, to 1e-10.
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from rrmm.analyses.cox_likelihood import Fit, RiskSets, maximise

if TYPE_CHECKING:
    from numpy.typing import NDArray

FARTHEST = 60.0
"""Coefficients per SD beyond this are taken for infinite."""


def profile_limits(
    risk: RiskSets,
    x: NDArray[np.float64],
    fit: Fit,
    std_error: NDArray[np.float64],
    *,
    level: float = 0.95,
    firth: bool = False,
) -> NDArray[np.float64]:
    """(p, 2) lower and upper limits in the coordinates of ``x`` (sorted, scaled), -inf or inf where open.

    std_error: (p,) of the coefficients, for the first bracket. A diverging coefficient has one open side.
    """
    critical = NormalDist().inv_cdf(0.5 + level / 2) ** 2
    p = x.shape[1]
    limits = np.full((p, 2), np.nan)
    for j in range(p):
        for side, sign in enumerate((-1.0, 1.0)):
            if fit.diverging[j] and sign == np.sign(fit.beta[j]):
                limits[j, side] = sign * math.inf
                continue
            limits[j, side] = _limit(risk, x, fit, j, sign, std_error[j], critical, firth)
    return limits


def profile_drop(
    risk: RiskSets,
    x: NDArray[np.float64],
    fit: Fit,
    j: int,
    value: float,
    *,
    firth: bool = False,
    start: NDArray[np.float64] | None = None,
    thorough: bool = False,
) -> tuple[float, NDArray[np.float64]]:
    """Twice the fall of the profile log likelihood with coefficient j held at ``value``; the others' fit."""
    free = np.ones(x.shape[1], dtype=bool)
    free[j] = False
    starts = [fit.beta if start is None else start]
    if thorough:
        # From where a coefficient has run away, or on a penalised likelihood with two hills, the way depends
        # on where one starts: the highest counts.
        starts += [fit.beta, np.zeros(x.shape[1])]
    best, others = -math.inf, fit.beta
    for begin in starts:
        held = np.array(begin)
        held[j] = value
        found = maximise(risk, x, start=held, free=free, firth=firth)
        if found.value > best:
            best, others = found.value, found.beta
    return 2 * (fit.value - best), others


def _limit(
    risk: RiskSets,
    x: NDArray[np.float64],
    fit: Fit,
    j: int,
    sign: float,
    std_error: float,
    critical: float,
    firth: bool,
) -> float:
    thorough = bool(fit.diverging.any())
    try:
        return _root(risk, x, fit, j, sign, std_error, critical, firth, thorough)
    except ArithmeticError:
        pass
    try:
        return _root(risk, x, fit, j, sign, std_error, critical, firth, True)
    except ArithmeticError:
        return math.nan


def _root(
    risk: RiskSets,
    x: NDArray[np.float64],
    fit: Fit,
    j: int,
    sign: float,
    std_error: float,
    critical: float,
    firth: bool,
    thorough: bool,
) -> float:
    """The limit on one side; ArithmeticError where the profile contradicts itself."""
    from scipy.optimize import brentq

    last = np.array(fit.beta)

    def excess(value: float) -> float:
        nonlocal last
        drop, last = profile_drop(risk, x, fit, j, value, firth=firth, start=last, thorough=thorough)
        return drop - critical

    width = std_error if math.isfinite(std_error) and std_error > 0 else 1.0
    inside = float(fit.beta[j])
    outside = inside + sign * 2 * width
    while excess(outside) < 0:
        inside, outside = outside, outside + sign * 2 * width
        width *= 1.5
        if abs(outside) > FARTHEST + abs(fit.beta[j]):
            return sign * math.inf
    low, high = min(inside, outside), max(inside, outside)
    try:
        return float(brentq(excess, low, high, xtol=1e-11, rtol=1e-12, maxiter=200))
    except (ValueError, RuntimeError) as error:
        raise ArithmeticError("the profile likelihood has no single fall") from error
