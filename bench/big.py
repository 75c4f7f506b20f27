"""Large files and cohorts: reading, and everything the Explore page computes, against lifelines doing its part of it."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
SIZES = (123, 10_000, 100_000)


def text(rows: int, seed: int = 1) -> bytes:
    """The sample's CSV grown to so many rows; laboratory values differ, so that rows are no copies of each other."""
    lines = (ROOT / "sample_data" / "cohort.csv").read_text(encoding="utf-8-sig").splitlines()
    names, draw = lines[0].split(","), random.Random(seed)
    albumin, ldh = names.index("albumin"), names.index("ldh")
    made = [lines[0]]
    for at in range(rows):
        cells = lines[1 + at % (len(lines) - 1)].split(",")
        cells[0] = f"S{at:07d}"
        if rows > len(lines):
            cells[albumin], cells[ldh] = f"{draw.uniform(2, 5.5):.2f}", str(draw.randint(100, 900))
        made.append(",".join(cells))
    return ("\n".join(made) + "\n").encode()


def _median(work: Callable[[], Any], times: int) -> float:
    found = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        found.append(1000 * (time.perf_counter() - start))
    return statistics.median(found)


def run(sizes: tuple[int, ...] = SIZES) -> list[dict[str, float]]:
    """ms for reading, for the first and a further comparison on Explore, and for lifelines' curve, test and one Cox."""
    from lifelines import CoxPHFitter, KaplanMeierFitter
    from lifelines.statistics import logrank_test

    from rrmm.analyses.explore import explore, forest
    from rrmm.cohort import build_cohort
    from rrmm.intake import load
    from rrmm.picks import Picks

    load(text(5), "warm.csv")
    rows = []
    for size in sizes:
        data = text(size)
        few = 10 if size < 1000 else 3
        reading = _median(lambda data=data: load(data, "cohort.csv"), 1 if size > 50_000 else few)
        cohort = build_cohort(load(data, "cohort.csv"))
        start = time.perf_counter()
        explore(cohort, Picks())
        first = 1000 * (time.perf_counter() - start)
        everything = _median(lambda cohort=cohort: explore(cohort, Picks(compare="emd")), few)
        known = forest(cohort, Picks())
        click = _median(lambda cohort=cohort, known=known: explore(cohort, Picks(compare="emd"), None, known), few)
        frame = cohort.frame[["pfs_days", "pfs_event", "emd"]].dropna().astype(float)
        parts = [part for _, part in frame.groupby("emd")]

        def theirs(frame: Any = frame, parts: Any = parts) -> None:
            for part in parts:
                KaplanMeierFitter().fit(part["pfs_days"], part["pfs_event"])
            logrank_test(parts[0]["pfs_days"], parts[1]["pfs_days"], parts[0]["pfs_event"], parts[1]["pfs_event"])
            CoxPHFitter().fit(frame, "pfs_days", "pfs_event")

        rows.append({"patients": size, "reading_ms": reading, "first_ms": first, "explore_ms": everything,
                     "comparison_ms": click, "lifelines_one_comparison_ms": _median(theirs, few)})
    return rows
