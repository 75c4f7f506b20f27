"""Cohorts built without the intake, from typed columns: sample, empty, one patient, hardly any column."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from rrmm.cohort import Cohort, build_cohort
from rrmm.schema import VARIABLES

SAMPLE = Path(__file__).parent.parent / "sample_data" / "cohort.csv"


def typed(raw: pd.DataFrame) -> pd.DataFrame:
    """Canonical columns of a frame of text, in their dtypes."""
    columns: dict[str, Any] = {}
    for name in raw.columns:
        kind = VARIABLES[name].kind
        if kind == "flag":
            columns[name] = raw[name].map({"yes": True, "no": False}).astype("boolean")
        elif kind in ("number", "grade"):
            columns[name] = pd.to_numeric(raw[name]).astype("float64")
        elif kind == "date":
            columns[name] = pd.to_datetime(raw[name]).astype("datetime64[ns]")
        else:
            columns[name] = raw[name].astype(object).where(raw[name].notna(), None)
    return pd.DataFrame(columns, index=raw.index)


def build(
    given: pd.DataFrame,
    extras: pd.DataFrame | None = None,
    adverse_events: pd.DataFrame | None = None,
    name: str = "Test cohort",
) -> Cohort:
    """A cohort from typed canonical columns."""
    n = len(given)
    loaded = SimpleNamespace(
        frame=given.reset_index(drop=True),
        extras=pd.DataFrame(index=range(n)) if extras is None else extras,
        rows=pd.DataFrame({"sheet": ["Cohort"] * n, "row": np.arange(2, n + 2)}),
        issues=(),
        mapping={column: column for column in given.columns},
        read={"file": "test.csv", "rows": n},
        adverse_events=adverse_events,
    )
    return build_cohort(loaded, name)


def raw_sample() -> pd.DataFrame:
    """The sample as text, canonical columns only."""
    raw = pd.read_csv(SAMPLE, dtype=str, keep_default_na=False, na_values=[""])
    return raw[[name for name in raw.columns if name in VARIABLES]]


@cache
def sample() -> Cohort:
    """The fictitious cohort of 123."""
    raw = pd.read_csv(SAMPLE, dtype=str, keep_default_na=False, na_values=[""])
    extras = raw[[name for name in raw.columns if name not in VARIABLES]]
    return build(typed(raw_sample()), extras, name="Sample cohort")


@cache
def empty() -> Cohort:
    """All columns, no patient."""
    return build(typed(raw_sample()).iloc[:0], name="Empty cohort")


@cache
def one() -> Cohort:
    """One patient of the sample."""
    return build(typed(raw_sample()).iloc[[1]], name="One patient")


@cache
def bare() -> Cohort:
    """Five patients of whom only the sex is known."""
    return build(typed(raw_sample()).iloc[:5][["sex"]], name="Bare cohort")


COHORTS = {"sample": sample, "empty": empty, "one": one, "bare": bare}


def everyone(cohort: Cohort) -> np.ndarray:
    """The population of all, bool (n,)."""
    return np.ones(cohort.n, dtype=bool)
