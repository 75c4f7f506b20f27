"""`python -m rrmm events FILE --endpoint pfs --by emd --out table.json`: counts by time and group, to pool with others."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("file", type=Path, help="cohort as a spreadsheet or CSV")
    parser.add_argument("--endpoint", default="pfs", help="pfs, os or dor")
    parser.add_argument("--by", default="none", help="subgroup (emd, iss3, ...) or col:HEADER; none for everybody")
    parser.add_argument("--mask", action="store_true", help="tell no count from 1 to 4; the loss is said")
    parser.add_argument("--out", type=Path, help="table.json (to pool) or table.csv (to look at); JSON on the output if absent")


def run(args: argparse.Namespace) -> int:
    """Write the table; the exit status. Refusals leave as `Refused`."""
    from rrmm.analyses.pooling import centre_table
    from rrmm.analyses.pooling_files import to_frame, to_json
    from rrmm.cohort import build_cohort
    from rrmm.intake import load
    from rrmm.intake.issues import Refused
    from rrmm.picks import Picks
    from rrmm.report.tables import safe_csv
    from rrmm.subgroups import ALL_SUBGROUPS

    cohort = build_cohort(load(args.file.read_bytes(), args.file.name))
    try:
        table = centre_table(cohort, Picks(endpoint=args.endpoint, compare=args.by), mask=args.mask)
    except KeyError:
        raise Refused(f"This cohort has no column for '{args.by}'; subgroups are: {', '.join(ALL_SUBGROUPS)}.") from None
    except ValueError as reason:
        raise Refused(str(reason)) from None
    if not len(table.times):
        raise Refused("No patient of this cohort has a time and a group for this table.")
    if table.loss:
        print(table.loss, file=sys.stderr)
    if args.out is None:
        sys.stdout.write(to_json(table))
    elif args.out.suffix.lower() == ".csv":
        args.out.write_bytes(safe_csv(to_frame(table)))
    else:
        args.out.write_text(to_json(table), encoding="utf-8")
    return 0
