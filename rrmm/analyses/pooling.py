"""Curves of several centres without sharing a patient: the table of counts, exported, and pooled again.

A centre gives, for every time and group, how many had the event and how many were censored. That is all that the
Kaplan-Meier curve, the log-rank test and the hazard ratio of a group need, so what comes from pooled tables equals
what the pooled patients would give: counts at equal times are added, and who is at risk is counted anew.

A table tells the day of each event. A centre that must not tell a count from 1 to 4 masks: times become ends of months
of 30.4375 days, and neighbouring months become one interval, for events and for censorings of each group, until each
holds at least 5, which then stand together at their mean month. So every count that is told, and every sum of such
counts, the number at risk among them, is 0 or at least 5. Curves from such a table are no longer exact; ``loss`` says by
how much. A group with 1 to 4 events or censorings in all is withheld.

Own code: the point is that nothing but these counts leaves a centre, in a form that can be read through before it
does. Delayed entry is not offered: entry times would have to be told as well.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from rrmm import DAYS_PER_MONTH
from rrmm.analyses.counts import EventTable, event_table, rank_times
from rrmm.analyses.explore import eligible, ranked, refusal
from rrmm.analyses.km import kaplan_meier
from rrmm.cohort import Cohort
from rrmm.endpoints import ENDPOINTS
from rrmm.picks import Picks, population
from rrmm.subgroups import group, is_outcome

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

FEWEST = 5
"""Counts below this are masked; the same number as in all exports (rrmm.report.masking)."""


@dataclass(frozen=True, eq=False)
class CentreTable:
    """What a centre gives: counts of K groups at T times, and nothing else.

    endpoint: key of ENDPOINTS. comparison: key of the subgroup. times: (T,) days, ascending. events, censored: int64
    (T, K). unknown: patients whose group is not known; None where that is masked.
    masked: times are coarsened. withheld: levels whose counts are left out. loss: what masking cost, in words.
    """

    endpoint: str
    comparison: str
    label: str
    levels: tuple[str, ...]
    times: NDArray[np.float64]
    events: NDArray[np.int64]
    censored: NDArray[np.int64]
    unknown: int | None = 0
    masked: bool = False
    withheld: tuple[str, ...] = ()
    loss: str = ""

    @property
    def n(self) -> NDArray[np.int64]:
        """(K,) patients of each group."""
        return np.asarray((self.events + self.censored).sum(axis=0))

    @property
    def table(self) -> EventTable:
        """Ready for curves and tests."""
        return table_of_counts(self.times, self.events, self.censored)


@dataclass(frozen=True, eq=False)
class Pooled:
    """Several centres as one table. exact: every centre gave its own times. remarks: what is not exact, and why."""

    endpoint: str
    comparison: str
    label: str
    levels: tuple[str, ...]
    table: EventTable
    centres: int
    exact: bool
    remarks: tuple[str, ...]


def table_of_counts(times: ArrayLike, events: ArrayLike, censored: ArrayLike) -> EventTable:
    """The table of counts from counts at times that may repeat and stand in any order.

    times: (M,) finite and not negative. events, censored: (M, K) whole numbers.
    """
    at = np.asarray(times, dtype=np.float64)
    given = [np.asarray(each, dtype=np.int64) for each in (events, censored)]
    places = rank_times(at, np.zeros(len(at)))
    if places.unusable.any():
        raise ValueError("Times of a table of counts have to be numbers that are not negative.")
    rows, wide = len(places.times), given[0].shape[1]
    counts = np.zeros((2, rows, wide), dtype=np.int64)
    for which, values in enumerate(given):
        np.add.at(counts[which], places.rank, values)
    left = counts.sum(axis=0)
    risk = np.cumsum(left[::-1], axis=0)[::-1]
    n = left.sum(axis=0)
    last = np.where(n > 0, rows - 1 - np.argmax(left[::-1] > 0, axis=0), -1) if rows else np.full(wide, -1)
    return EventTable(places.times, risk, counts[0], counts[1], n, counts[0].sum(axis=0), last)


def centre_table(cohort: Cohort, picks: Picks, *, mask: bool = False) -> CentreTable:
    """The counts of this cohort for these choices.

    ValueError with a sentence for a comparison by an outcome known only later; KeyError for a column that is not there.
    """
    endpoint = ENDPOINTS[picks.endpoint]
    grouping = group(cohort, picks.compare, picks.cut_of)
    if is_outcome(grouping.key):
        raise ValueError(refusal(grouping.label))
    about = population(cohort, picks).mask & eligible(cohort, endpoint)
    table = event_table(ranked(cohort, endpoint), np.where(about, grouping.codes, -1), len(grouping.levels))
    somebody = (table.n_event + table.n_censor).sum(axis=1) > 0
    found = CentreTable(picks.endpoint, picks.compare, grouping.label, tuple(grouping.levels), table.times[somebody],
                        table.n_event[somebody], table.n_censor[somebody],
                        int(np.count_nonzero(about & (grouping.codes < 0))))
    return masked(found) if mask else found


def _tellable(count: int) -> bool:
    return count == 0 or count >= FEWEST


def intervals(counts: Sequence[int]) -> list[int] | None:
    """Where to end intervals so that each holds at least 5: the last row of each, ascending.

    counts: by row, in order of time. What is left over at the end joins the last interval. Empty where there is
    nothing to count; None where even all rows together would tell a count from 1 to 4.
    """
    if not _tellable(sum(counts)):
        return None
    ends: list[int] = []
    held = 0
    for row, count in enumerate(counts):
        held += count
        if held >= FEWEST:
            ends.append(row)
            held = 0
    if held:
        ends[-1] = len(counts) - 1
    return ends


def masked(table: CentreTable) -> CentreTable:
    """Times coarsened until no count from 1 to 4 is told; the loss in words."""
    if table.masked:
        return table
    month = np.ceil(table.times / DAYS_PER_MONTH - 1e-9).astype(np.int64)
    rows = int(month.max(initial=0)) + 1
    monthly = np.zeros((2, rows, len(table.levels)), dtype=np.int64)
    np.add.at(monthly[0], month, table.events)
    np.add.at(monthly[1], month, table.censored)
    out = np.zeros_like(monthly)
    withheld, widths, moved = [], [], 0.0
    for k, level in enumerate(table.levels):
        ends = [intervals(monthly[kind, :, k].tolist()) for kind in (0, 1)]
        if ends[0] is None or ends[1] is None:
            withheld.append(level)
            continue
        for kind in (0, 1):
            widths += _gather(monthly[kind, :, k], ends[kind] or [], out[kind, :, k])
        if monthly[:, :, k].any():
            moved = max(moved, _moved(table, out, k))
    kept = out.any(axis=(0, 2))
    times = np.arange(rows, dtype=np.float64) * DAYS_PER_MONTH
    unknown = table.unknown if table.unknown is not None and _tellable(table.unknown) else None
    return CentreTable(table.endpoint, table.comparison, table.label, table.levels, times[kept], out[0][kept],
                       out[1][kept], unknown, True, tuple(withheld), _loss(len(table.times), widths, moved, withheld))


def _gather(counts: NDArray[np.int64], ends: Sequence[int], out: NDArray[np.int64]) -> list[int]:
    """Put each interval's sum at its mean month; the intervals' widths in months."""
    start, widths = 0, []
    for end in ends:
        part = counts[start:end + 1]
        out[start + round(float(np.average(np.arange(len(part)), weights=part)))] += part.sum()
        widths.append(end - start + 1)
        start = end + 1
    return widths


def _moved(table: CentreTable, out: NDArray[np.int64], k: int) -> float:
    """Largest difference between the curve from the masked counts and the exact one."""
    exact = kaplan_meier(table_of_counts(table.times, table.events[:, [k]], table.censored[:, [k]])).estimate[:, 0]
    coarse_at = np.arange(out.shape[1], dtype=np.float64) * DAYS_PER_MONTH
    coarse = kaplan_meier(table_of_counts(coarse_at, out[0][:, [k]], out[1][:, [k]])).estimate[:, 0]
    both = np.union1d(table.times, coarse_at)

    def at(times: NDArray[np.float64], curve: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(np.concatenate([[1.0], curve])[np.searchsorted(times, both, side="right")], dtype=np.float64)

    return float(np.max(np.abs(at(table.times, exact) - at(coarse_at, coarse)), initial=0.0))


def _loss(times: int, widths: Sequence[int], moved: float, withheld: Sequence[str]) -> str:
    words = (f"Masked: {times} times became {len(widths)} intervals of {min(widths)} to {max(widths)} months; "
             f"a curve differs from the exact one by at most {math.ceil(moved * 1000) / 10:g} percentage points."
             ) if widths else "Masked: nothing can be told."
    if withheld:
        words += f" Withheld, with fewer than {FEWEST} events or censorings: {', '.join(withheld)}."
    return words


def pool(tables: Sequence[CentreTable]) -> Pooled:
    """Several centres as one. ValueError with a sentence where they are not of one question."""
    if not tables:
        raise ValueError("Pooling needs at least one table.")
    first = tables[0]
    for nth, each in enumerate(tables[1:], start=2):
        for what, one, other in (("endpoint", first.endpoint, each.endpoint),
                                 ("comparison", first.comparison, each.comparison),
                                 ("groups", first.levels, each.levels)):
            if one != other:
                raise ValueError(f"Table {nth} is of another {what} than the first: {_said(other)}, not {_said(one)}.")
    table = table_of_counts(np.concatenate([each.times for each in tables]),
                            np.concatenate([each.events for each in tables]),
                            np.concatenate([each.censored for each in tables]))
    remarks = [f"Table {nth}: {each.loss}" for nth, each in enumerate(tables, start=1) if each.masked]
    return Pooled(first.endpoint, first.comparison, first.label, first.levels, table, len(tables), not remarks,
                  tuple(remarks))


def _said(value: str | Sequence[str]) -> str:
    return value if isinstance(value, str) else " / ".join(value)
