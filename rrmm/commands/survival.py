"""`python -m rrmm survival FILE --time COL --event COL ...`: survival analysis of any table, as JSON."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from rrmm.commands.any_table import column, levels, numbers, parsed, read_table
from rrmm.commands.print_json import print_json
from rrmm.intake.issues import Refused

MOST_LEVELS = 50
"""A column with more different values was taken for groups by mistake."""
YES = frozenset({"1", "1.0", "yes", "true"})
NO = frozenset({"0", "0.0", "no", "false"})


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    add = parser.add_argument
    add("file", type=Path, help="text table (csv, tsv) or workbook; the first row names the columns")
    add("--time", required=True, metavar="COL", help="time to the event or to censoring")
    add("--event", required=True, metavar="COL", help="1 = event, 0 = censored")
    add(
        "--event-value",
        metavar="V",
        help="the value of the event column that means an event; all others: censored",
    )
    add("--entry", metavar="COL", help="time at which a patient comes under observation (left truncation)")
    add("--by", metavar="COL", help="groups to compare")
    add(
        "--covariates",
        type=_names,
        default=[],
        metavar="A,B",
        help="covariates of the Cox model; text is a factor",
    )
    add(
        "--strata",
        type=_names,
        default=[],
        metavar="COL",
        help="strata of the log-rank test and the Cox model",
    )
    add("--ties", choices=("efron", "breslow"), default="efron")
    add(
        "--conf-type",
        choices=("log-log", "log", "plain"),
        default="log-log",
        help="scale of the survival interval",
    )
    add("--at", type=_times, default=[], metavar="6,12", help="times at which survival is given")
    add("--tau", type=_positive, metavar="T", help="restriction time of the mean survival")
    add("--firth", action="store_true", help="Cox model with Firth's penalty as well")


def run(args: argparse.Namespace) -> int:
    """Print the JSON; the exit status. Refusals leave as `Refused`."""
    from rrmm.analyses.survival_report import SurvivalInput, survival_report

    if args.firth and not args.covariates:
        raise Refused("--firth needs covariates: name them with --covariates.")
    table = read_table(args.file)
    time = numbers(table, args.time)
    event = _events(table, args.event, args.event_value)
    entry = numbers(table, args.entry) if args.entry else None
    group = _labels(table, args.by) if args.by else None
    strata = {name: _labels(table, name) for name in args.strata}
    data = SurvivalInput(
        time,
        event,
        entry,
        group,
        args.by or "group",
        levels(group.tolist()) if group is not None else (),
        strata,
        pd.DataFrame({name: _covariate(table, name) for name in args.covariates})
        if args.covariates
        else None,
    )
    print_json(
        survival_report(
            data, conf_type=args.conf_type, ties=args.ties, at=args.at, tau=args.tau, firth=args.firth
        ),
        sys.stdout,
    )
    return 0


def _events(table: pd.DataFrame, name: str, value: str | None) -> np.ndarray:
    """1 event, 0 censored, NaN missing."""
    cells = column(table, name)
    if value is not None:
        wanted = _same(value)
        known = [cell for cell in cells if cell is not None]
        # A column of nothing but "no" is a cohort without an event; any other without the value is a slip.
        if not any(_same(cell) == wanted for cell in known) and not all(cell.lower() in NO for cell in known):
            raise Refused(f"No row of the column '{name}' has the event value '{value}'; {_held(cells)}.")
        return np.array([np.nan if cell is None else float(_same(cell) == wanted) for cell in cells])
    known = [None if cell is None else str(cell).lower() for cell in cells]
    if any(cell is not None and cell not in YES | NO for cell in known):
        raise Refused(
            f"The column '{name}' must hold 1 (event) and 0 (censored), or name the value that means an "
            f"event with --event-value; {_held(cells)}."
        )
    return np.array([np.nan if cell is None else float(cell in YES) for cell in known])


def _same(text: str) -> float | str:
    """A value to compare: 1 and 1.0 are the same."""
    try:
        return float(text)
    except ValueError:
        return text


def _held(cells: pd.Series) -> str:
    found = levels(cells.tolist())
    if len(found) > 10:
        return f"it holds {len(found)} different values"
    return "it holds " + (", ".join(found) or "nothing")


def _labels(table: pd.DataFrame, name: str) -> np.ndarray:
    """Labels as the file has them, None where missing."""
    cells = column(table, name)
    _few(cells, name)
    return cells.to_numpy(dtype=object)


def _covariate(table: pd.DataFrame, name: str) -> pd.Series:
    """Numbers where every cell is one, else text: a factor."""
    cells = column(table, name).reset_index(drop=True)
    found = parsed(cells)
    if found is not None:
        return pd.Series(found)
    _few(cells, name)
    return cells


def _few(cells: pd.Series, name: str) -> None:
    count = cells.nunique()
    if count > MOST_LEVELS:
        raise Refused(
            f"The column '{name}' has {count} different values: too many for groups (at most {MOST_LEVELS})."
        )


def _names(text: str) -> list[str]:
    names = [part.strip() for part in text.split(",") if part.strip()]
    if not names or len(set(names)) < len(names):
        raise argparse.ArgumentTypeError("name each column once, separated by commas")
    return names


def _times(text: str) -> list[float]:
    try:
        found = [float(part) for part in text.split(",") if part.strip()]
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"'{text}' is no list of times such as 6,12") from error
    if not found or not all(np.isfinite(found)) or min(found) < 0:
        raise argparse.ArgumentTypeError(f"'{text}' is no list of times from 0 on, such as 6,12")
    return found


def _positive(text: str) -> float:
    try:
        value = float(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"'{text}' is no number") from error
    if not 0 < value < np.inf:
        raise argparse.ArgumentTypeError(f"'{text}' is no positive time")
    return value
