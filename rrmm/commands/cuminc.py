"""`python -m rrmm cuminc FILE --time COL --status COL`: cumulative incidence with competing risks."""

from __future__ import annotations

import argparse
import math
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from rrmm.commands.any_table import column, levels, numbers, parsed, read_table
from rrmm.commands.print_json import print_json
from rrmm.intake.issues import Refused

MOST_GROUPS = 50
"""A column with more different values was taken for groups by mistake."""
CURVE = ("time", "n_risk", "n_event", "n_censor", "estimate", "std_error", "conf_low", "conf_high")
AT = ("time", "n_risk", "estimate", "std_error", "conf_low", "conf_high", "reason")
TERM = ("term", "estimate", "std_error", "conf_low", "conf_high", "statistic", "p_value", "reason")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    from rrmm.analyses.competing import CONF_TYPES

    parser.add_argument("file", type=Path, help="a table: CSV or workbook, one row a patient")
    parser.add_argument("--time", required=True, metavar="COL", help="time to the event or the last contact")
    parser.add_argument("--status", required=True, metavar="COL", help="0 censored, 1, 2, ... the cause")
    parser.add_argument("--by", metavar="COL", help="groups to compare")
    parser.add_argument("--at", metavar="T,T", help="times at which to read the curves")
    parser.add_argument("--covariates", metavar="A,B", help="covariates of a Fine-Gray model")
    parser.add_argument(
        "--conf-type", choices=list(CONF_TYPES), default="log-log", help="scale of the interval"
    )


def run(args: argparse.Namespace) -> int:
    """Print the analysis; the exit status. Refusals leave as `Refused`."""
    from rrmm.analyses.competing import cumulative_incidence

    table = read_table(args.file)
    time, status = numbers(table, args.time), numbers(table, args.status)
    groups = None
    if args.by:
        labels = column(table, args.by)
        if labels.nunique() > MOST_GROUPS:
            raise Refused(
                f"The column '{args.by}' has {labels.nunique()} different values: too many for groups."
            )
        groups = pd.Categorical(labels, categories=levels(labels.tolist()))
    try:
        result = cumulative_incidence(time, status, groups, at=_times(args.at), conf_type=args.conf_type)
    except ValueError as error:
        raise Refused(f"Column '{args.status}': {error}.") from error
    answer: dict[str, Any] = {
        "n": result.n,
        "events": result.events,
        "excluded": dict(result.excluded),
        "causes": list(result.numbers["causes"]),
        "conf_type": args.conf_type,
        "method": result.method,
        "sizes": _counts(result),
        "groups": _groups(result),
    }
    if groups is not None:
        for name in ("gray", "cause_specific_logrank"):
            answer[name] = {
                str(row["cause"]): {key: row[key] for key in ("statistic", "df", "p_value", "reason")}
                for row in result.frames[name].to_dict("records")
            }
    answer |= _models(args, table, time, status, result)
    answer["remarks"] = [{"code": remark.code, "text": remark.text} for remark in result.remarks]
    print_json(answer, sys.stdout)
    return 0


def _times(text: str | None) -> list[float]:
    """ "6,12" as [6.0, 12.0]; Refused for anything else."""
    try:
        found = [float(part) for part in (text or "").split(",") if part.strip()]
    except ValueError:
        found = [math.nan]
    if any(not math.isfinite(value) or value < 0 for value in found):
        raise Refused(f"Times are numbers from 0, separated by commas, not '{text}'.")
    return found


def _counts(result: Any) -> dict[str, Any]:
    """Patients and events of each cause, by group."""
    sizes: dict[str, Any] = {}
    for label in result.numbers["groups"]:
        rows = result.table[result.table["group"] == label]
        first = rows.groupby("cause")["n_risk"].max()
        events = rows.groupby("cause")["n_event"].sum()
        sizes[label] = {"n": int(first.max()) if len(first) else None,
                        "events": {str(cause): int(count) for cause, count in events.items()}}  # fmt: skip
    return sizes


def _groups(result: Any) -> dict[str, Any]:
    groups: dict[str, Any] = {}
    at = result.frames["at"]
    for label in result.numbers["groups"]:
        groups[label] = {}
        for cause in result.numbers["causes"]:
            curve = result.table[(result.table["group"] == label) & (result.table["cause"] == cause)]
            points = at[(at["group"] == label) & (at["cause"] == cause)]
            groups[label][str(cause)] = {
                "at": points[list(AT)].to_dict("records"),
                "curve": {name: curve[name].to_numpy() for name in CURVE},
            }
    return groups


def _models(
    args: argparse.Namespace, table: pd.DataFrame, time: np.ndarray, status: np.ndarray, result: Any
) -> dict[str, Any]:
    """Fine-Gray and cause-specific Cox models on the covariates, else on the groups."""
    from rrmm.analyses.fine_gray import fine_gray

    names = [part.strip() for part in (args.covariates or "").split(",") if part.strip()]
    if names:
        frame = pd.DataFrame({name: _covariate(table, name) for name in names})
    elif args.by and len(result.numbers["groups"]) > 1:
        frame = pd.DataFrame({args.by: column(table, args.by)})
    else:
        return {}
    causes = result.numbers["causes"]
    fits = {str(cause): fine_gray(time, status, frame, cause=cause) for cause in causes}
    return {
        "fine_gray": {cause: fit.table[list(TERM)].to_dict("records") for cause, fit in fits.items()},
        "cause_specific_cox": {str(cause): _cox(time, status, frame, cause) for cause in causes},
    }


def _covariate(table: pd.DataFrame, name: str) -> pd.Series:
    """The column as numbers where every cell is one, else as text."""
    cells = column(table, name)
    found = parsed(cells)
    return cells if found is None else pd.Series(found, index=cells.index)


def _cox(time: np.ndarray, status: np.ndarray, frame: pd.DataFrame, cause: int) -> list[dict[str, Any]]:
    """The Cox model of one cause's hazard, with the other causes censored."""
    from rrmm.analyses.cox import fit_cox

    event = np.where(np.isnan(status), np.nan, status == cause)
    # Names that no column of a file has.
    data = frame.assign(**{"\x00time": time, "\x00event": event})
    terms = fit_cox(data, "\x00time", "\x00event", [str(name) for name in frame.columns]).table
    return [{str(key): value for key, value in row.items()} for row in terms[list(TERM)].to_dict("records")]
