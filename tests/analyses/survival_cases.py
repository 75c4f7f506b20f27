"""R's survival answers on public data, as cases to walk through; and random small cohorts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from rrmm.analyses.counts import EventTable, Ranked, event_table, rank_times
from tests.golden import frame, load

DATA = ("lung", "veteran", "gbsg", "rotterdam", "rotterdam_delayed_entry", "gbsg_sep20")


@dataclass(frozen=True, eq=False)
class Case:
    """One endpoint of one data set: the data, ranked times, and what R says."""

    data: str
    endpoint: str
    frame: pd.DataFrame
    ranked: Ranked
    reference: Any
    factors: Any

    def __str__(self) -> str:
        return f"{self.data}-{self.endpoint}"

    def levels(self, group: str) -> list[str]:
        return list(self.factors[group])

    def codes(self, group: str) -> np.ndarray:
        levels = {level: code for code, level in enumerate(self.levels(group))}
        return np.array([-1 if pd.isna(value) else levels[str(value)] for value in self.frame[group]])

    def table(self, group: str | None = None) -> EventTable:
        if group is None:
            return event_table(self.ranked, np.zeros(len(self.frame), dtype=int), 1)
        return event_table(self.ranked, self.codes(group), len(self.levels(group)))

    def groups(self) -> Iterator[tuple[EventTable, int, Any, Any]]:
        """Every group R has a curve for: table, place in it, R's block, R's reverse Kaplan-Meier or None."""
        follow = self.reference.get("followup_reverse_km") or {}
        yield self.table(), 0, self.reference["km"]["overall"], follow.get("overall")
        for name, by in self.reference["km"]["by"].items():
            table = self.table(name)
            for place, level in enumerate(self.levels(name)):
                block = by["groups"][level]
                yield table, place, block, block.get("followup_reverse_km")


@cache
def cases() -> tuple[Case, ...]:
    found = []
    for name in DATA:
        data, reference = frame(name), load(name)
        for endpoint, block in reference["endpoints"].items():
            entry = data[block["entry"]] if block["entry"] else None
            ranked = rank_times(data[block["time"]], data[block["event"]], entry)
            found.append(Case(name, endpoint, data, ranked, block, reference["factor_levels"]))
    return tuple(found)


@dataclass(frozen=True, eq=False)
class Small:
    """A cohort of a few patients, ties everywhere."""

    time: np.ndarray
    event: np.ndarray
    group: np.ndarray
    entry: np.ndarray | None
    n_groups: int

    def table(self) -> EventTable:
        return event_table(rank_times(self.time, self.event, self.entry), self.group, self.n_groups)


@st.composite
def small(draw: st.DrawFn, max_groups: int = 3, delayed: bool | None = None, min_n: int = 1) -> Small:
    n = draw(st.integers(min_n, 14))
    n_groups = draw(st.integers(1, max_groups))
    late = draw(st.booleans()) if delayed is None else delayed
    time = np.array(draw(st.lists(st.integers(1 if late else 0, 9), min_size=n, max_size=n)), dtype=float)
    event = np.array(draw(st.lists(st.integers(0, 1), min_size=n, max_size=n)))
    group = np.array(draw(st.lists(st.integers(0, n_groups - 1), min_size=n, max_size=n)))
    entry = None
    if late:
        share = np.array(draw(st.lists(st.floats(0, 0.99), min_size=n, max_size=n)))
        entry = np.floor(time * share)
    return Small(time, event, group, entry, n_groups)
