"""Small numbers masked: a count of 1 to 4 is not printed, nor is anything that would give it back.

Whoever reads a table can subtract: 43 patients, 39 with an event, so 4 without. So every count that a view prints, and
every one that follows from them (patients without event, non-responders), goes on one :class:`Sheet` with the sums that
tie them together. Counts from 1 to 4 are hidden first; then, as long as any of them still follows from what is printed,
the least needed count tied to it is hidden too. A zero counts nobody, and stays. Primary and secondary masks look the
same, so that the mark itself tells nothing.

Own code: libraries for statistical disclosure control work on a single cross table; a survival view is a chain of sums.
What "follows" means is decided by linear programming over all counts that are possible, not by looking for patterns.

What masking does not do: a drawn curve shows each event as a step. Groups of fewer than 5 patients are therefore not
drawn, and censoring marks are left out; who needs more than that must not show the curve at all.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

FEWEST = 5
MARK = "*"
NOTE = f"{MARK} masked: fewer than {FEWEST} patients, or a number that would give such a number away."

Key = Hashable


@dataclass
class Sheet:
    """Counts by key, and the sums among them.

    cost: what is hidden first as a complement (low before high). A count that is not printed can still be
    sensitive: then it must not follow from the others.
    """

    values: dict[Key, int] = field(default_factory=dict)
    printed: set[Key] = field(default_factory=set)
    cost: dict[Key, int] = field(default_factory=dict)
    sums: list[tuple[Key, tuple[Key, ...]]] = field(default_factory=list)

    def add(self, key: Key, value: int, *, cost: int = 1, printed: bool = True) -> None:
        """A count. ValueError for a negative one, or a second value for the same key."""
        if value < 0 or self.values.get(key, value) != value:
            raise ValueError(f"not one count: {key!r}")
        self.values[key] = int(value)
        self.cost[key] = cost
        if printed:
            self.printed.add(key)

    def total(self, whole: Key, parts: Iterable[Key]) -> None:
        """``whole`` is the sum of ``parts``. ValueError where it is not: a wrong sum protects nothing."""
        found = tuple(parts)
        if self.values[whole] != sum(self.values[key] for key in found):
            raise ValueError(f"not a sum: {whole!r}")
        self.sums.append((whole, found))

    def sensitive(self) -> set[Key]:
        """Counts from 1 to 4."""
        return {key for key, value in self.values.items() if 0 < value < FEWEST}

    def hidden(self) -> frozenset[Key]:
        """Keys that must not be printed."""
        sensitive = self.sensitive()
        shown = self.printed - sensitive
        while True:
            open_ = self._given_away(sensitive, shown)
            if not open_:
                return frozenset(set(self.values) - shown)
            shown -= {self._complement(open_, shown)}

    def _given_away(self, sensitive: set[Key], shown: set[Key]) -> set[Key]:
        """Sensitive counts that have one possible value only."""
        found: set[Key] = set()
        for keys, rows in _parts(self.sums, shown):
            wanted = [key for key in keys if key in sensitive]
            if wanted:
                found |= {key for key in wanted if not _ambiguous(key, keys, rows, self.values)}
        return found

    def _complement(self, given_away: set[Key], shown: set[Key]) -> Key:
        """The printed count to hide next: tied to one that is given away, cheap, and best no zero."""
        near: set[Key] = set()
        reach = set(given_away)
        while not near:
            tied = {key for whole, parts in self.sums for key in (whole, *parts)
                    if reach & {whole, *parts}}
            near = tied & shown
            if tied <= reach and not near:
                raise ValueError("a count follows from nothing that is printed")
            reach |= tied
        return min(near, key=lambda key: (self.cost[key], self.values[key] == 0, self.values[key], str(key)))


def _parts(sums: list[tuple[Key, tuple[Key, ...]]],
           shown: set[Key]) -> list[tuple[list[Key], list[tuple[Key, tuple[Key, ...]]]]]:
    """Hidden counts in connected parts, each with the sums that tie it."""
    home: dict[Key, Key] = {}

    def root(key: Key) -> Key:
        while home.setdefault(key, key) != key:
            key = home[key]
        return key

    for whole, parts in sums:
        unknown = [key for key in (whole, *parts) if key not in shown]
        for key in unknown:
            home[root(key)] = root(unknown[0])
    members: dict[Key, list[Key]] = {}
    for key in home:
        members.setdefault(root(key), []).append(key)
    rows: dict[Key, list[tuple[Key, tuple[Key, ...]]]] = {}
    for whole, parts in sums:
        unknown = [key for key in (whole, *parts) if key not in shown]
        if unknown:
            rows.setdefault(root(unknown[0]), []).append((whole, parts))
    return [(keys, rows[at]) for at, keys in members.items()]


def _ambiguous(key: Key, keys: list[Key], rows: list[tuple[Key, tuple[Key, ...]]], values: Mapping[Key, int]) -> bool:
    """Whether the count may be at least two numbers, as far as the printed ones tell."""
    place = {name: at for at, name in enumerate(keys)}
    matrix = np.zeros((len(rows), len(keys)))
    right = np.zeros(len(rows))
    for row, (whole, parts) in enumerate(rows):
        for name, sign in ((whole, -1.0), *((part, 1.0) for part in parts)):
            if name in place:
                matrix[row, place[name]] += sign
            else:
                right[row] -= sign * values[name]
    if len(rows) == 1 and rows[0][0] not in place:
        return len(keys) > 1 and right[0] >= 1
    from scipy.optimize import linprog

    goal = np.zeros(len(keys))
    goal[place[key]] = 1.0
    ends = []
    for sign in (1.0, -1.0):
        found = linprog(sign * goal, A_eq=matrix, b_eq=right, bounds=(0, None), method="highs")
        if found.status == 3:
            return True
        if not found.success:
            return False
        ends.append(sign * found.fun)
    return bool(ends[1] - ends[0] > 1 - 1e-6)


def mask_parts(parts: Iterable[int]) -> list[bool]:
    """Which parts of a printed total to hide."""
    counts = list(parts)
    sheet = Sheet()
    sheet.add("total", sum(counts), cost=9)
    for at, value in enumerate(counts):
        sheet.add(at, value)
    sheet.total("total", range(len(counts)))
    hidden = sheet.hidden()
    return [at in hidden for at in range(len(counts))]


def mask_table(table: Iterable[Iterable[int]]) -> np.ndarray:
    """Which cells of a cross table to hide, bool (rows, columns); its margins and its total are printed."""
    cells = np.array([list(row) for row in table], dtype=np.int64)
    sheet = Sheet()
    for (i, j), value in np.ndenumerate(cells):
        sheet.add((i, j), int(value))
    for i, value in enumerate(cells.sum(axis=1)):
        sheet.add(("row", i), int(value), cost=5)
        sheet.total(("row", i), [(i, j) for j in range(cells.shape[1])])
    for j, value in enumerate(cells.sum(axis=0)):
        sheet.add(("column", j), int(value), cost=5)
        sheet.total(("column", j), [(i, j) for i in range(cells.shape[0])])
    sheet.add("total", int(cells.sum()), cost=9)
    sheet.total("total", [("row", i) for i in range(cells.shape[0])])
    sheet.total("total", [("column", j) for j in range(cells.shape[1])])
    hidden = sheet.hidden()
    return np.array([[(i, j) in hidden for j in range(cells.shape[1])] for i in range(cells.shape[0])]).reshape(cells.shape)
