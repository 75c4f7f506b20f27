"""What an analysis returns: a frozen object around tidy frames in one vocabulary.

Every frame uses the columns of :data:`VOCABULARY` where they apply, in that meaning:

=============  =====================================================================
group          label of the group, as the user reads it; ``"All"`` for everybody
time           days (or the unit of the input), from the start of the endpoint
n_risk         patients at risk just before ``time``
n_event        events at ``time`` (or in the row)
n_censor       censored at ``time`` (or in the row)
estimate       the estimate; NaN where it can't be estimated
conf_low/high  limits of the interval; NaN where there is none
p_value        two-sided
method         how it was made, in the field's words
=============  =====================================================================

What can't be estimated is a row with counts and a reason, never an exception.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import pandas as pd

VOCABULARY = (
    "group", "term", "time", "n", "n_risk", "n_event", "n_censor", "estimate", "std_error",
    "statistic", "df", "conf_low", "conf_high", "p_value", "method", "reason",
)


@dataclass(frozen=True)
class Remark:
    """A caveat that travels with a result. ``code`` is stable, ``text`` is for the reader."""

    code: str
    text: str


@dataclass(frozen=True)
class Result:
    """A finished analysis.

    kind: the registry name of the analysis ("km", "logrank", "cox", ...).
    table: the main tidy frame; ``frames`` holds further ones by name.
    n, events: patients used and events among them (1 = event); events None where meaningless.
    excluded: reason -> number of patients left out, in the order they were left out.
    remarks: caveats, to be shown beside the numbers.
    method: one line naming method and convention.
    """

    kind: str
    table: pd.DataFrame
    n: int
    events: int | None = None
    excluded: Mapping[str, int] = field(default_factory=dict)
    remarks: tuple[Remark, ...] = ()
    method: str = ""
    frames: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    numbers: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("excluded", "frames", "numbers"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))


def check_result(result: Result) -> None:
    """Assert the shape every result must have; each analysis's test calls it."""
    assert isinstance(result, Result)
    assert result.kind and result.method, "a result names its kind and its method"
    assert result.n >= 0 and (result.events is None or result.events >= 0)
    assert all(count >= 0 for count in result.excluded.values())
    for frame in (result.table, *result.frames.values()):
        assert isinstance(frame, pd.DataFrame)
        assert frame.columns.is_unique
    table = result.table
    if {"estimate", "conf_low", "conf_high"} <= set(table.columns):
        known = table[["estimate", "conf_low", "conf_high"]].apply(pd.to_numeric, errors="coerce").dropna()
        slack = 1e-9 * (1 + known["estimate"].abs())
        assert (known["conf_low"] <= known["estimate"] + slack).all()
        assert (known["estimate"] <= known["conf_high"] + slack).all()
    if "p_value" in table.columns:
        p = pd.to_numeric(table["p_value"], errors="coerce").dropna()
        assert ((p >= 0) & (p <= 1)).all()
