"""`python -m rrmm summary FILE`: the cohort in one JSON object."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("file", type=Path, help="cohort as a spreadsheet or CSV")
    parser.add_argument("--mapping", type=Path, help="a saved mapping of columns (JSON)")


def run(args: argparse.Namespace) -> int:
    """Print the summary; the exit status. Refusals leave as `Refused`."""
    from rrmm.analyses.summary import summary
    from rrmm.cohort import build_cohort
    from rrmm.intake import load

    mapping = args.mapping.read_text(encoding="utf-8") if args.mapping else None
    cohort = build_cohort(load(args.file.read_bytes(), args.file.name, mapping=mapping))
    json.dump(summary(cohort), sys.stdout, ensure_ascii=False, indent=1, default=str)
    sys.stdout.write("\n")
    return 0
