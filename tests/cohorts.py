"""Cohorts for tests: the sample, nobody, one patient, and a file with other columns."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from rrmm.cohort import Cohort, build_cohort
from rrmm.intake import load

ROOT = Path(__file__).parent.parent
SAMPLES = ROOT / "sample_data"


@cache
def sample() -> Cohort:
    """The fictitious cohort of 123."""
    path = SAMPLES / "cohort.xlsx"
    return build_cohort(load(path.read_bytes(), path.name), "Sample cohort", fictitious=True)


def first(n: int) -> bytes:
    """The sample's CSV with its first n patients."""
    lines = (SAMPLES / "cohort.csv").read_text(encoding="utf-8-sig").splitlines()
    return ("\n".join(lines[: n + 1]) + "\n").encode()


@cache
def one() -> Cohort:
    """A cohort of one."""
    return build_cohort(load(first(1), "one.csv"))


@cache
def empty() -> Cohort:
    """Columns, and nobody in them: the sample without its patients."""
    whole = sample()
    return Cohort(name="empty.csv", frame=whole.frame.iloc[:0], extras=whole.extras.iloc[:0], rows=whole.rows.iloc[:0],
                  mapping=whole.mapping, read={"file": "empty.csv"})


@cache
def bare() -> Cohort:
    """Nothing but PFS and one column that rrmm does not know."""
    text = "Patient;PFS (months);PFS event;Zentrum X;Arm\n" + "\n".join(
        f"P{i};{1.5 + (i * 37 % 101) / 7:.2f};{'yes' if i % 3 else 'no'};{i % 4};{'A' if i % 2 else 'B'}" for i in range(1, 41))
    return build_cohort(load(text.encode(), "other.csv"))


ALL = {"sample": sample, "empty": empty, "one": one, "bare": bare}
