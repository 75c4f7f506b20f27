"""The table of counts of a registry that is too large to fetch: counted where it lies, by one Ibis expression.

Ibis writes the same expression as SQL for DuckDB (its default), Spark, and SQL warehouses; only the counts come back,
one row a time and group. Curves, tests and hazard ratios then come from them as from any other table
(:mod:`rrmm.analyses.counts`). Ibis is no requirement of the app: `pip install "ibis-framework[duckdb]"`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from rrmm.analyses.counts import EventTable
from rrmm.analyses.pooling import table_of_counts

if TYPE_CHECKING:
    import ibis.expr.types as ir

FURTHEST = 1e12
"""Times from here on are taken for infinite."""


def count_expression(table: ir.Table, time: str, event: str, group: str, levels: Sequence[Any]) -> ir.Table:
    """Counts by time and group: columns time, place, events, censored.

    table: one row a patient. time: column, any unit; event: column with 1 = event, 0 = censored; group: column; levels:
    its values, in the order of the groups. Left out, as in the app: a time that is missing, negative or not finite, an
    event that is neither 0 nor 1, a group that is none of the levels.
    """
    import ibis

    at = table[time].cast("float64")
    had = table[event].cast("int64")
    place = ibis.cases(*((table[group] == level, number) for number, level in enumerate(levels)), else_=-1)
    rows = table.select(time=at, event=had, place=place.cast("int64"))
    # Databases put NaN above every number; their functions for NaN and infinity do not agree.
    usable = rows.filter((rows.time >= 0) & (rows.time < FURTHEST) & rows.event.isin([0, 1]) & (rows.place >= 0))
    return usable.group_by("time", "place").aggregate(events=usable.event.sum(), censored=(1 - usable.event).sum())


def registry_table(table: ir.Table, time: str, event: str, group: str, levels: Sequence[Any]) -> EventTable:
    """The table of counts, after the database has counted. Arguments as in :func:`count_expression`."""
    found = count_expression(table, time, event, group, levels).execute()
    counts = np.zeros((2, len(found), len(levels)), dtype=np.int64)
    places, rows = found["place"].to_numpy(np.int64), np.arange(len(found))
    for which, name in enumerate(("events", "censored")):
        counts[which, rows, places] = found[name].to_numpy(np.int64)
    return table_of_counts(found["time"].to_numpy(np.float64), *counts)
