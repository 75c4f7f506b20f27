"""Who is at risk, has the event or is censored, at every time and in every group: the base of the live path.

Times become ranks once, at upload. A comparison is then a vector of group codes and one ``bincount``; the
Kaplan-Meier curve, the log-rank test and the hazard ratio of a categorical covariate come from that table.
Own code, as this is what keeps a change of the comparison under a millisecond.

Convention: event 1, censored 0. At risk at t: entry < t <= time, so the event at t still counts. At a tied
time events come before censorings. Times closer than R's tolerance (`survival::aeqSurv`) are one time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

SAME_TIME = float(np.sqrt(np.finfo(float).eps))
"""Times that differ by less than this (absolute, or relative to the mean time) are tied, as in R."""


@dataclass(frozen=True, eq=False)
class Ranked:
    """The times of n patients as ranks.

    times: (T,) distinct times, ascending, of everybody usable.
    rank: int32 (n,), place of the patient's time in ``times``, -1 where unusable.
    event: int8 (n,), 1, 0, or -1 where unknown.
    entry_rank: int32 (n,), how many of ``times`` are not after the patient's entry: from that place on the
    patient is at risk. None without delayed entry; entry: (n,) or None.
    place: int32 (n,), rank times two, plus one for an event; the unusable have the place behind the last.
    """

    times: NDArray[np.float64]
    rank: NDArray[np.int32]
    event: NDArray[np.int8]
    entry_rank: NDArray[np.int32] | None
    entry: NDArray[np.float64] | None
    place: NDArray[np.int32]

    @property
    def unusable(self) -> NDArray[np.bool_]:
        """bool (n,): time or event missing, time negative or infinite, or entry not before time."""
        return self.rank < 0


@dataclass(frozen=True, eq=False)
class EventTable:
    """Counts at T times in K groups.

    times: (T,). n_risk (just before the time), n_event, n_censor: int64 (T, K). n, events: int64 (K,).
    last: (K,) place of each group's own last time in ``times``, -1 for an empty group.
    entries: each group's entry times, ascending, or None without delayed entry.
    """

    times: NDArray[np.float64]
    n_risk: NDArray[np.int64]
    n_event: NDArray[np.int64]
    n_censor: NDArray[np.int64]
    n: NDArray[np.int64]
    events: NDArray[np.int64]
    last: NDArray[np.int64]
    entries: tuple[NDArray[np.float64], ...] | None = None

    @property
    def groups(self) -> int:
        """K."""
        return int(self.n_event.shape[1])

    def pooled(self) -> EventTable:
        """The same patients as one group."""
        def total(counts: NDArray[np.int64]) -> NDArray[np.int64]:
            return counts.sum(axis=-1, keepdims=True)

        entries = None if self.entries is None else (np.sort(np.concatenate(self.entries)),)
        last = self.last.max(initial=-1, keepdims=True)
        return EventTable(self.times, total(self.n_risk), total(self.n_event), total(self.n_censor),
                          total(self.n), total(self.events), last, entries)

    def select(self, groups: Sequence[int]) -> EventTable:
        """Some groups only, in that order."""
        at = np.asarray(groups, dtype=np.intp)
        entries = None if self.entries is None else tuple(self.entries[k] for k in at)
        return EventTable(self.times, self.n_risk[:, at], self.n_event[:, at], self.n_censor[:, at],
                          self.n[at], self.events[at], self.last[at], entries)

    def reversed(self) -> EventTable:
        """Events and censorings exchanged, Surv(time, 1 - event): for the reverse Kaplan-Meier curve."""
        return EventTable(self.times, self.n_risk, self.n_censor, self.n_event, self.n, self.n - self.events,
                          self.last, self.entries)

    def at_risk(self, times: ArrayLike) -> NDArray[np.int64]:
        """(M, K) patients at risk just before each of (M,) times: entry < t <= time; at time 0 entry <= 0."""
        at = np.atleast_1d(np.asarray(times, dtype=np.float64))
        place = np.searchsorted(self.times, at, side="left")
        there = place < len(self.times)
        if self.entries is None:
            found = np.zeros((len(at), self.groups), dtype=np.int64)
            found[there] = self.n_risk[place[there]]
            return found
        left = np.cumsum(self.n_event + self.n_censor, axis=0)
        gone = np.concatenate([np.zeros((1, self.groups), dtype=np.int64), left])[place]
        for k, entry in enumerate(self.entries):
            # R counts those who enter at 0 as at risk at 0.
            entered = np.where(at <= 0, np.searchsorted(entry, 0, side="right"),
                               np.searchsorted(entry, at, side="left"))
            gone[:, k] += len(entry) - entered
        return self.n - gone


def rank_times(time: ArrayLike, event: ArrayLike, entry: ArrayLike | None = None) -> Ranked:
    """Sort once.

    time: (n,) any unit, NaN where unknown.
    event: (n,) 1 = event, 0 = censored, anything else (-1, NaN) unknown.
    entry: (n,) time from which the patient is under observation (left truncation), or None.
    """
    times = np.asarray(time, dtype=np.float64)
    events = np.asarray(event)
    codes = np.where(events == 1, 1, np.where(events == 0, 0, -1)).astype(np.int8)
    usable = np.isfinite(times) & (times >= 0) & (codes >= 0)
    entries = None
    if entry is not None:
        entries = np.asarray(entry, dtype=np.float64)
        usable &= np.isfinite(entries) & (entries < times)
    distinct, inverse = np.unique(times[usable], return_inverse=True)
    known = distinct if entries is None else np.unique(np.concatenate([distinct, entries[usable]]))
    cuts = _cuts(known)
    if cuts is not None:
        times, distinct, inverse = _merge(times, cuts, usable)
        if entries is not None:
            place = np.searchsorted(cuts, np.where(usable, entries, cuts[0]), "right") - 1
            entries = np.where(usable, cuts[place], np.nan)
            usable &= entries < times
            times, distinct, inverse = _merge(times, cuts, usable)
    rank = np.full(times.shape, -1, dtype=np.int32)
    rank[usable] = inverse
    entry_rank = None
    if entries is not None:
        entry_rank = np.full(times.shape, -1, dtype=np.int32)
        entry_rank[usable] = np.searchsorted(distinct, entries[usable], side="right")
    at = np.where(usable, 2 * rank + codes, 2 * len(distinct)).astype(np.int32)
    return Ranked(distinct, rank, codes, entry_rank, entries, at)


def _cuts(known: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Distinct times without those that differ from another by rounding only, or None if none does."""
    if len(known) < 2:
        return None
    step = np.diff(known)
    tied = (step <= SAME_TIME) | (step / np.abs(known).mean() <= SAME_TIME)
    return known[np.concatenate([[True], ~tied])] if tied.any() else None


def _merge(times: NDArray[np.float64], cuts: NDArray[np.float64], usable: NDArray[np.bool_]
           ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.intp]]:
    place = np.searchsorted(cuts, np.where(usable, times, cuts[0]), "right") - 1
    merged = np.where(usable, cuts[place], np.nan)
    distinct, inverse = np.unique(merged[usable], return_inverse=True)
    return merged, distinct, inverse


def event_table(ranked: Ranked, codes: ArrayLike, n_groups: int) -> EventTable:
    """Count everybody at every time.

    codes: integers (n,), 0..n_groups-1; -1 leaves a patient out, as does an unusable time.
    """
    groups = np.asarray(codes).astype(np.intp, copy=False)
    total, wide = len(ranked.times), n_groups + 1
    # Column 0 takes those who are left out, the row behind the last time those who are unusable.
    cell = np.multiply(ranked.place, wide, dtype=np.intp)
    cell += groups
    cell += 1
    counts = np.bincount(cell, minlength=(2 * total + 1) * wide)[: 2 * total * wide].reshape(total, 2, wide)
    censored = np.ascontiguousarray(counts[:, 0, 1:])
    events = np.ascontiguousarray(counts[:, 1, 1:])
    left = censored + events
    risk = np.cumsum(left[::-1], axis=0)[::-1]
    n = left.sum(axis=0)
    last = np.full(n_groups, -1)
    if total:
        last = np.where(n > 0, total - 1 - np.argmax(left[::-1] > 0, axis=0), -1)
    if ranked.entry_rank is None or ranked.entry is None:
        return EventTable(ranked.times, risk, events, censored, n, events.sum(axis=0), last)
    who = np.flatnonzero((groups >= 0) & (ranked.rank >= 0))
    group, entry = groups[who], ranked.entry_rank[who].astype(np.intp)
    # Place r counts those who enter at or after time r-1 and before time r; all enter before their own time.
    enters = np.bincount(entry * n_groups + group, minlength=(total + 1) * n_groups)
    enters = enters.reshape(total + 1, n_groups)
    waiting = np.cumsum(enters[::-1], axis=0)[::-1][1:]
    own = ranked.entry[who]
    entries = tuple(np.sort(own[group == k]) for k in range(n_groups))
    return EventTable(ranked.times, risk - waiting, events, censored, n, events.sum(axis=0), last, entries)
