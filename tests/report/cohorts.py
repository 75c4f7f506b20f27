"""Cohorts for the tests of reports: the sample, and small ones with hostile text."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace

import pandas as pd

from rrmm.cohort import Cohort, build_cohort
from rrmm.derive import empty_column
from rrmm.schema import VARIABLES

SAMPLE = Path(__file__).parent.parent.parent / "sample_data" / "cohort.csv"

HOSTILE = (
    '=cmd|"/c calc"!A0',
    '"); system("touch hacked"); cat("',
    "'''; import os; os.abort(); '''",
    "\\u0022 + stop()",
    "line\nbreak\r\nand\ttab",
    "<script>alert(1)</script>",
    "{{7*7}} ${7*7} %s",
    "Größe ≥ 5 µg/l 🩸",
    "\x00\x08\x1bcontrol",
    "\u202egnp.exe",
    "@SUM(1+1)",
    "-2+3",
    "https://example.org/x",
)
"""Headers and levels that try to become something else."""


@lru_cache(maxsize=1)
def sample() -> Cohort:
    """The fictitious cohort as its CSV stands: 123 patients."""
    raw = pd.read_csv(SAMPLE, dtype=str, keep_default_na=False)
    frame, extras = {}, {}
    for header in raw.columns:
        text = raw[header].where(raw[header] != "", None)
        kind = VARIABLES[header].kind if header in VARIABLES else ""
        if kind == "flag":
            frame[header] = text.map({"yes": True, "no": False}).astype("boolean")
        elif kind in ("number", "grade"):
            frame[header] = pd.to_numeric(text)
        elif kind == "date":
            frame[header] = pd.to_datetime(text)
        elif kind:
            frame[header] = text.astype(object)
        else:
            extras[header] = text.astype(object)
    return _built(pd.DataFrame(frame), pd.DataFrame(extras), "Sample cohort", fictitious=True)


def _built(frame: pd.DataFrame, extras: pd.DataFrame, name: str, *, fictitious: bool = False) -> Cohort:
    n = len(frame)
    rows = pd.DataFrame({"sheet": ["Sheet1"] * n, "row": range(2, n + 2)})
    loaded = SimpleNamespace(
        frame=frame,
        extras=extras,
        rows=rows,
        mapping={name: name for name in frame},
        issues=(),
        read={"file": "cohort.csv"},
        adverse_events=None,
    )
    return build_cohort(loaded, name, fictitious=fictitious)


@lru_cache(maxsize=1)
def hostile() -> Cohort:
    """The sample with columns whose headers and levels are hostile; ids that must not come out."""
    base = sample()
    extras = pd.DataFrame(index=range(base.n))
    for at, header in enumerate(HOSTILE):
        extras[header] = [HOSTILE[(i + at) % 3 + at % 5] if i % 11 else None for i in range(base.n)]
    extras["half"] = [0.5 if i % 3 else 2.0 if i % 7 else None for i in range(base.n)]
    extras["number"] = [i * 1.25 - 20 if i % 9 else None for i in range(base.n)]
    extras["flag"] = pd.Series([bool(i % 2) if i % 5 else None for i in range(base.n)], dtype="boolean")
    extras["many"] = [f"value {i % 9}" for i in range(base.n)]
    frame = base.frame.copy()
    frame["patient_id"] = [f"SECRET-{i}" for i in range(base.n)]
    return Cohort('=HYPERLINK("x") <b>cohort</b>\x00', frame, extras, base.rows)


def few(n: int) -> Cohort:
    """The first n patients of the sample; 0 is an empty cohort."""
    base = sample()
    frame = base.frame.iloc[:n].reset_index(drop=True)
    if not n:
        frame = pd.DataFrame({name: empty_column(name, 0) for name in VARIABLES})
    return Cohort("few", frame, base.extras.iloc[:n].reset_index(drop=True), base.rows.iloc[:n])
