"""Does a hazard ratio differ between subgroups? The likelihood-ratio test of the product terms.

The model with the products of two covariates against the model without, both on the same complete cases,
as R's ``anova`` of two ``coxph`` fits.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pandas as pd

from rrmm.analyses.cox_data import survival_data
from rrmm.analyses.cox_fit import chi_square_p, cox_arrays, normal_p, wald_limits
from rrmm.analyses.cox_likelihood import TIES, RiskSets, Ties
from rrmm.results import Remark, Result


def interaction_test(
    frame: pd.DataFrame,
    time: str,
    event: str,
    a: str,
    b: str,
    *,
    adjust: Sequence[str] = (),
    strata: Sequence[str] = (),
    entry: str | None = None,
    ties: Ties = "efron",
    level: float = 0.95,
    references: Mapping[str, str] | None = None,
    as_factor: Collection[str] = (),
) -> Result:
    """Test the interaction of ``a`` and ``b``, adjusted for ``adjust``; columns as in ``fit_cox``.

    ``table``: one row for each product term; estimate = ratio of hazard ratios. ``numbers``: ``lr_test``
    (statistic, df, p_value, reason) and the log likelihoods ``loglik`` (main, full).
    Raises ValueError for columns it can't use.
    """
    data = survival_data(
        frame,
        time,
        event,
        [a, b, *adjust],
        strata=strata,
        entry=entry,
        references=references,
        as_factor=as_factor,
    )
    design = data.design
    products, names = [], []
    for i in design.positions(a):
        for j in design.positions(b):
            if not design.columns[i].reason and not design.columns[j].reason:
                products.append(design.matrix[:, i] * design.matrix[:, j])
                names.append(f"{design.columns[i].term}:{design.columns[j].term}")
    risk = RiskSets(data.time, data.event, data.entry, data.strata, ties)
    main = cox_arrays(data.time, data.event, design.matrix, risk=risk)
    full = cox_arrays(data.time, data.event, np.column_stack([design.matrix, *products]), risk=risk)
    df = full.df - main.df
    statistic = max(2 * (full.loglik - main.loglik), 0.0) if df else math.nan
    reason = "" if df else "no combination of levels leaves anything to compare"
    last = slice(len(design.columns), None)
    limits = wald_limits(full, level)[last]
    with np.errstate(invalid="ignore"):
        z = full.coef[last] / full.std_error[last]
    table = pd.DataFrame(
        {
            "term": pd.Series(names, dtype=object),
            "n": data.n,
            "n_event": data.events,
            "estimate": np.exp(full.coef[last]),
            "std_error": full.std_error[last],
            "conf_low": limits[:, 0],
            "conf_high": limits[:, 1],
            "statistic": z,
            "p_value": normal_p(z),
            "method": f"ratio of hazard ratios, Wald {level:.0%} interval",
            "reason": pd.Series(full.reasons[last], dtype=object),
        }
    )
    remarks = []
    if any(text.startswith("no finite") for text in full.reasons):
        remarks.append(
            Remark("infinite", "A combination of levels has no event: the test holds, its terms don't.")
        )
    test = {"statistic": statistic, "df": df, "p_value": chi_square_p(statistic, df), "reason": reason}
    return Result(
        kind="interaction",
        table=table,
        n=data.n,
        events=data.events,
        excluded=data.excluded,
        remarks=tuple(remarks),
        method=f"Likelihood-ratio test of the interaction of {a} and {b}; {TIES[ties]}",
        frames={"lost": design.lost},
        numbers={"lr_test": test, "loglik": {"main": main.loglik, "full": full.loglik}, "ties": ties},
    )
