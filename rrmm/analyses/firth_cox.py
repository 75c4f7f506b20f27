"""Firth's penalised Cox model: finite hazard ratios where a group has no event (Heinze and Schemper 2001).

Own code on the likelihood of :mod:`rrmm.analyses.cox_likelihood`, as firthmodels has Breslow's ties only and
neither strata nor delayed entry; with Breslow's ties the two agree. Conventions are those of R's ``coxphf``:
the standard error is the inverse information at the penalised estimate, and tests and intervals come from the
profile penalised likelihood, whose penalty is that of the full model with the coefficient held.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from rrmm.analyses.cox import fit_cox
from rrmm.analyses.cox_fit import CoxFit, chi_square_p
from rrmm.analyses.cox_likelihood import Ties
from rrmm.analyses.cox_profile import profile_drop
from rrmm.results import Result

if TYPE_CHECKING:
    from numpy.typing import NDArray


def penalised_tests(fit: CoxFit) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Penalised likelihood-ratio chi-square (1 df) and p of each coefficient (p,); NaN for none."""
    p = len(fit.coef)
    statistic, p_value = np.full(p, math.nan), np.full(p, math.nan)
    if not fit.converged:
        return statistic, p_value
    for at, j in enumerate(fit.kept):
        drop, _ = profile_drop(fit.risk, fit.x, fit.fit, at, 0.0, firth=True)
        statistic[j] = max(drop, 0.0)
        p_value[j] = chi_square_p(statistic[j], 1)
    return statistic, p_value


def fit_firth_cox(
    frame: pd.DataFrame,
    time: str,
    event: str,
    covariates: Sequence[str],
    *,
    strata: Sequence[str] = (),
    entry: str | None = None,
    ties: Ties = "efron",
    level: float = 0.95,
    references: Mapping[str, str] | None = None,
    as_factor: Collection[str] = (),
) -> Result:
    """:func:`rrmm.analyses.cox.fit_cox` with ``firth=True``; ``statistic`` is the penalised chi-square."""
    return fit_cox(
        frame,
        time,
        event,
        covariates,
        strata=strata,
        entry=entry,
        ties=ties,
        firth=True,
        level=level,
        references=references,
        as_factor=as_factor,
    )
