"""`python -m rrmm pool A.json B.json`: curves, log-rank test and hazard ratios of several centres' tables of counts."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rrmm.analyses.pooling import Pooled


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("files", type=Path, nargs="+", help="tables written by `python -m rrmm events`")
    parser.add_argument("--curve", action="store_true", help="the curve at every time as well")


def run(args: argparse.Namespace) -> int:
    """Print the result as JSON; the exit status. Refusals leave as `Refused`."""
    from rrmm.analyses.pooling import pool
    from rrmm.analyses.pooling_files import from_json
    from rrmm.commands.print_json import print_json
    from rrmm.intake.issues import Refused

    tables = []
    for path in args.files:
        try:
            tables.append(from_json(path.read_bytes().decode("utf-8", "replace")))
        except ValueError as reason:
            raise Refused(f"{path.name}: {reason}") from None
    try:
        pooled = pool(tables)
    except ValueError as reason:
        raise Refused(str(reason)) from None
    print_json(result(pooled, curve=args.curve), sys.stdout)
    return 0


def result(pooled: Pooled, *, curve: bool = False) -> dict[str, Any]:
    """Everything that follows from the counts, times in months."""
    from rrmm import DAYS_PER_MONTH
    from rrmm.analyses.hazard_table import cox_from_table
    from rrmm.analyses.km import followup, kaplan_meier, quantile
    from rrmm.analyses.logrank import logrank

    table = pooled.table
    curves = kaplan_meier(table)
    groups = []
    for k, level in enumerate(pooled.levels):
        median = quantile(curves, k)
        entry: dict[str, Any] = {
            "label": level, "n": int(table.n[k]), "events": int(table.events[k]),
            "median": median.estimate / DAYS_PER_MONTH, "conf_low": median.conf_low / DAYS_PER_MONTH,
            "conf_high": median.conf_high / DAYS_PER_MONTH}
        if curve:
            entry["curve"] = {"time": table.times / DAYS_PER_MONTH, "n_risk": table.n_risk[:, k],
                              "estimate": curves.estimate[:, k], "conf_low": curves.conf_low[:, k],
                              "conf_high": curves.conf_high[:, k]}
        groups.append(entry)
    follow = followup(table.pooled(), 0)
    several = len(pooled.levels) > 1
    test = logrank(table) if several else None
    return {
        "endpoint": pooled.endpoint, "comparison": pooled.label, "centres": pooled.centres, "exact": pooled.exact,
        "remarks": list(pooled.remarks), "groups": groups,
        "followup": {"median": follow.estimate / DAYS_PER_MONTH, "conf_low": follow.conf_low / DAYS_PER_MONTH,
                     "conf_high": follow.conf_high / DAYS_PER_MONTH},
        "logrank": {"statistic": test.statistic, "df": test.df, "p": test.p_value} if test else None,
        "hazard_ratios": [{"group": pooled.levels[each.group], "reference": pooled.levels[each.reference],
                           "estimate": each.hr, "conf_low": each.conf_low, "conf_high": each.conf_high,
                           "p": each.p_value, "reason": each.reason} for each in cox_from_table(table)] if several else [],
    }
