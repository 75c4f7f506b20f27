"""`python -m rrmm clean FILE --out DIR`: the file as one clean table, and what was done to it."""

from __future__ import annotations

import argparse
import csv
import json
from pathlib import Path

import numpy as np
import pandas as pd

from rrmm.schema import VARIABLES

COLUMNS = tuple(VARIABLES)[: list(VARIABLES).index("hospital_days") + 1]
"""Columns of ``cohort.csv``, in this order."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("file", type=Path, help="cohort as a spreadsheet, text table or statistics file")
    parser.add_argument("--out", type=Path, required=True, help="folder for cohort.csv and report.json")
    parser.add_argument("--mapping", type=Path, help="a saved mapping of columns (JSON)")


def run(args: argparse.Namespace) -> int:
    """Write both files; the exit status. Refusals leave as `Refused`."""
    from rrmm.cohort import build_cohort
    from rrmm.intake import load

    mapping = args.mapping.read_text(encoding="utf-8") if args.mapping else None
    cohort = build_cohort(load(args.file.read_bytes(), args.file.name, mapping=mapping))
    args.out.mkdir(parents=True, exist_ok=True)
    with (args.out / "cohort.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(table(cohort.frame))
    read = dict(cohort.read)
    conversions = read.pop("conversions", [])
    report = {
        "n": cohort.n,
        "read": read,
        "mapping": dict(cohort.mapping),
        "issues": [issue.as_dict() for issue in cohort.issues],
        "conversions": conversions,
    }
    with (args.out / "report.json").open("w", encoding="utf-8") as file:
        json.dump(report, file, ensure_ascii=False, indent=1, default=str)
    return 0


def table(frame: pd.DataFrame) -> list[tuple[str, ...]]:
    """Rows of texts: ISO dates, yes/no, plain numbers, "" for missing. Text that a spreadsheet would run as a
    formula
    starts with an apostrophe."""
    return list(zip(*(_texts(frame[name], VARIABLES[name].kind) for name in COLUMNS), strict=True))


def _texts(column: pd.Series, kind: str) -> list[str]:
    known = column.notna().to_numpy(bool)
    if kind == "flag":
        yes = column.fillna(False).to_numpy(bool)
        return np.where(known, np.where(yes, "yes", "no"), "").tolist()
    if kind == "date":
        days = column.dt.strftime("%Y-%m-%d")
        return days.where(known, "").tolist()
    if kind in ("number", "grade"):
        return [number(value) if there else "" for value, there in zip(column.tolist(), known, strict=True)]
    return [safe(str(value)) if there else "" for value, there in zip(column.tolist(), known, strict=True)]


def number(value: float) -> str:
    """The shortest text that reads back to the number, without a needless ".0"."""
    return np.format_float_positional(round(value, 10) + 0.0, trim="-")


def safe(text: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    return "'" + text if text[:1] in ("=", "+", "-", "@", "\t", "\r") and len(text) > 1 else text
