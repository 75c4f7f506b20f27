"""Harrell's concordance as R's ``survival::concordance``, with strata, delayed entry and its standard error.

Own code, as lifelines ignores delayed entry and no library gives R's infinitesimal jackknife.

A pair counts when one has an event while the other is at risk and stays on: ``time_j > time_i``, or equal
times with j censored; with delayed entry ``entry_j < time_i``. Two events at the same time are no pair.
Pairs are formed within strata. C is the share of pairs in which the higher predicted risk has the
earlier event; pairs tied in the prediction count one half.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

BLOCK = 512
"""Rows compared at once; bounds memory and keeps the count of 100,000 patients below seconds."""


class Concordance(NamedTuple):
    """estimate and std_error (infinitesimal jackknife) of C; NaN without a pair. Counts of pairs."""

    estimate: float
    std_error: float
    concordant: int = 0
    discordant: int = 0
    tied: int = 0


def concordance(
    time: NDArray[np.float64],
    event: NDArray[np.int_],
    risk: NDArray[np.float64],
    *,
    entry: NDArray[np.float64] | None = None,
    strata: NDArray[np.int64] | None = None,
) -> Concordance:
    """C of a predicted risk (higher is worse). All arrays (n,); event 1 or 0; entry None: all from the start.

    Predictions that agree to 10 digits are taken as tied, as rounding must not order equal patients.
    """
    n = len(time)
    score = _ranked(np.asarray(risk, dtype=float))
    more, less, same = (np.zeros(n) for _ in range(3))
    groups = (
        [np.arange(n)] if strata is None else [np.flatnonzero(strata == level) for level in np.unique(strata)]
    )
    for rows in groups:
        parts = _pairs(
            np.asarray(time, dtype=float)[rows],
            np.asarray(event)[rows] == 1,
            score[rows],
            None if entry is None else np.asarray(entry, dtype=float)[rows],
        )
        for total, part in zip((more, less, same), parts, strict=True):
            total[rows] = part
    # Each pair was counted at both its members.
    concordant, discordant, tied = (round(part.sum() / 2) for part in (more, less, same))
    pairs = concordant + discordant + tied
    if pairs == 0:
        return Concordance(math.nan, math.nan)
    somers = (concordant - discordant) / pairs
    influence = (more - less) / pairs - somers / pairs * (more + less + same)
    return Concordance(
        (somers + 1) / 2, math.sqrt(float((influence**2).sum())) / 2, concordant, discordant, tied
    )


def _ranked(risk: NDArray[np.float64]) -> NDArray[np.int64]:
    """Positions of the predictions, equal where they agree to 10 digits of their spread."""
    if not len(risk):
        return np.zeros(0, dtype=np.int64)
    order = np.argsort(risk, kind="stable")
    ordered = risk[order]
    step = np.diff(ordered) > 1e-10 * max(ordered[-1] - ordered[0], 1e-300)
    ranks = np.empty(len(risk), dtype=np.int64)
    ranks[order] = np.concatenate([[0], np.cumsum(step)])
    return ranks


def _pairs(
    time: NDArray[np.float64],
    event: NDArray[np.bool_],
    score: NDArray[np.int64],
    entry: NDArray[np.float64] | None,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Of each patient: concordant, discordant and score-tied pairs that he is in, on either side."""
    ranks = np.unique(time, return_inverse=True)[1]
    # A censored time comes just after an event at the same time.
    stays_until = 2 * ranks + ~event
    event_key = 2 * ranks[event]
    event_score = score[event]
    higher, lower, equal = (np.zeros(len(time)) for _ in range(3))
    # Seen from the event: those still there with a lower, higher, equal score.
    below, level = _count(stays_until, score, event_key, event_score)
    total = _count_keys(stays_until, event_key)
    if entry is not None:
        # Not yet entered: entry >= time of the event. They are still there later, so they were counted.
        entered = np.searchsorted(np.unique(time), entry, side="right") * 2
        below_waiting, level_waiting = _count(entered, score, event_key, event_score)
        below, level = below - below_waiting, level - level_waiting
        total = total - _count_keys(entered, event_key)
    higher[event] += below
    equal[event] += level
    lower[event] += total - below - level
    # Seen from the one who stays: events before with a higher, lower, equal score. The minus signs turn
    # "later" to "earlier".
    below, level = _count(-event_key, event_score, -stays_until, score)
    total = _count_keys(-event_key, -stays_until)
    if entry is not None:
        # Events up to his entry: key <= entry, so below ``entered`` in doubled ranks.
        below_early, level_early = _count(-event_key, event_score, -entered, score)
        below, level = below - below_early, level - level_early
        total = total - _count_keys(-event_key, -entered)
    higher += total - below - level
    equal += level
    lower += below
    return higher, lower, equal


def _count_keys(keys: NDArray[np.int64], query: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many keys are greater than each query."""
    return len(keys) - np.searchsorted(np.sort(keys), query, side="right")


def _count(
    keys: NDArray[np.int64],
    values: NDArray[np.int64],
    query_keys: NDArray[np.int64],
    query_values: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """For each query: points with a greater key and a smaller value, and those with the same value.

    Points are visited by falling key in blocks: blocks wholly above a query are counted by bisection in a
    sorted pool, the one block that the query cuts by comparison.
    """
    order = np.argsort(-keys, kind="stable")
    keys, values = keys[order], values[order]
    above = np.searchsorted(-keys, -query_keys, side="left")
    below = np.zeros(len(query_keys), dtype=np.int64)
    same = np.zeros(len(query_keys), dtype=np.int64)
    by_block = np.argsort(above // BLOCK, kind="stable")
    blocks = (above // BLOCK)[by_block]
    pool = np.zeros(0, dtype=values.dtype)
    for block in range(int(blocks[-1]) + 1 if len(blocks) else 0):
        lo, hi = np.searchsorted(blocks, [block, block + 1])
        rows = by_block[lo:hi]
        inside = values[block * BLOCK : (block + 1) * BLOCK]
        for start in range(0, len(rows), 4 * BLOCK):
            part = rows[start : start + 4 * BLOCK]
            wanted = query_values[part]
            under = np.searchsorted(pool, wanted, side="left")
            at_most = np.searchsorted(pool, wanted, side="right")
            counted = np.arange(len(inside)) < (above[part] - block * BLOCK)[:, None]
            below[part] = under + np.count_nonzero(counted & (inside < wanted[:, None]), axis=1)
            same[part] = at_most - under + np.count_nonzero(counted & (inside == wanted[:, None]), axis=1)
        pool = np.sort(np.concatenate([pool, inside]), kind="stable")
    return below, same
