"""Small cohorts from typed columns, for what a file could hardly be written for."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from rrmm.cohort import Cohort, build_cohort
from rrmm.schema import VARIABLES


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


def few(n: int = 6, **columns: list[Any]) -> Cohort:
    """A cohort of n from single columns, as text: few(emd=["yes", "no", None, ...])."""
    return build(
        typed(
            pd.DataFrame({name: pd.Series(values, dtype=object) for name, values in columns.items()}).iloc[:n]
        )
    )


def everyone(cohort: Cohort) -> np.ndarray:
    """The population of all, bool (n,)."""
    return np.ones(cohort.n, dtype=bool)
