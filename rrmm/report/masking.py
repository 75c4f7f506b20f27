"""Small numbers masked: a count of 1 to 4 is not printed, nor is anything that would give it back.

Whoever reads a table can subtract: 43 patients, 39 with an event, so 4 without. So every count that a view
prints, and every one that follows from them (patients without event, non-responders), goes on one
:class:`Sheet` with the sums that tie them together. Counts from 1 to 4 are hidden first; then, as long as any
of them still follows from what is printed, the least needed count tied to it is hidden too. A zero counts
nobody, and stays. Primary and secondary masks look the same, so that the mark itself tells nothing.

Own code: libraries for statistical disclosure control work on a single cross table; a survival view is a
chain of sums. What "follows" means is decided by linear programming over all counts that are possible, not by
looking for patterns.

Limits. The guarantee is for one view: two views of overlapping patients side by side can tell more than each.
How many have no value for a feature is a count of missing data, not of patients with a feature: it is printed.
A drawn curve shows each event as a step: who must hide even that must not show the curve at all. Comparisons
with a group of fewer than 5 patients are not shown, and censoring marks are left out.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

FEWEST = 5
MARK = "*"
NOTE = f"{MARK} masked: fewer than {FEWEST} patients, or a number that would give such a number away."

Key = Hashable
Sum = tuple[Key, tuple[Key, ...]]
"""A whole and its parts."""


@dataclass
class Sheet:
    """Counts by key, and the sums among them.

    cost: what is hidden first as a complement (low before high). A count that is not printed can still be
    sensitive: then it must not follow from the others. Zeros are taken as known, printed or not.
    """

    values: dict[Key, int] = field(default_factory=dict)
    printed: set[Key] = field(default_factory=set)
    open: set[Key] = field(default_factory=set)
    cost: dict[Key, int] = field(default_factory=dict)
    sums: list[Sum] = field(default_factory=list)

    def add(
        self, key: Key, value: int, *, cost: int = 1, printed: bool = True, sensitive: bool = True
    ) -> None:
        """A count. ValueError for a negative one, or a second value for the same key."""
        if value < 0 or self.values.get(key, value) != value:
            raise ValueError(f"not one count: {key!r}")
        self.values[key] = int(value)
        self.cost[key] = cost
        if printed:
            self.printed.add(key)
        if not sensitive:
            self.open.add(key)

    def total(self, whole: Key, parts: Iterable[Key]) -> None:
        """``whole`` is the sum of ``parts``. ValueError where it is not: a wrong sum protects nothing."""
        found = tuple(parts)
        if self.values[whole] != sum(self.values[key] for key in found):
            raise ValueError(f"not a sum: {whole!r}")
        self.sums.append((whole, found))

    def sensitive(self) -> set[Key]:
        """Counts from 1 to 4."""
        return {key for key, value in self.values.items() if 0 < value < FEWEST and key not in self.open}

    def hidden(self) -> frozenset[Key]:
        """Keys that must not be printed."""
        sensitive = self.sensitive()
        shown = (self.printed - sensitive) | {key for key, value in self.values.items() if not value}
        checked: dict[frozenset[Key], set[Key]] = {}
        while True:
            more: set[Key] = set()
            for keys, rows in _parts(self.sums, shown):
                name = frozenset(keys)
                if name not in checked:
                    checked[name] = {
                        key
                        for key in keys
                        if key in sensitive and not _ambiguous(key, keys, rows, self.values)
                    }
                if checked[name]:
                    more.add(self._complement(checked[name], rows, shown))
            if not more:
                return frozenset(set(self.values) - shown)
            shown -= more

    def _complement(self, given_away: set[Key], rows: list[Sum], shown: set[Key]) -> Key:
        """The printed count to hide next: in a sum with one that is given away, cheap, and no zero."""
        near = [row for row in rows if given_away & {row[0], *row[1]}]
        for among in (near, rows, self.sums):
            found = {
                key for whole, parts in among for key in (whole, *parts) if key in shown and self.values[key]
            }
            if found:
                return min(found, key=lambda key: (self.cost[key], self.values[key], str(key)))
        raise ValueError("a count follows from nothing that is printed")


def _parts(sums: list[Sum], shown: set[Key]) -> list[tuple[list[Key], list[Sum]]]:
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
    rows: dict[Key, list[Sum]] = {}
    for whole, parts in sums:
        unknown = [key for key in (whole, *parts) if key not in shown]
        if unknown:
            rows.setdefault(root(unknown[0]), []).append((whole, parts))
    return [(keys, rows[at]) for at, keys in members.items()]


def _ambiguous(key: Key, keys: list[Key], rows: list[Sum], values: Mapping[Key, int]) -> bool:
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
    """Which numbers of a cross table to hide, bool (rows + 1, columns + 1): the margins are last."""
    cells = np.array([list(row) for row in table], dtype=np.int64)
    rows, columns = cells.shape
    full = np.block([[cells, cells.sum(axis=1, keepdims=True)], [cells.sum(axis=0), cells.sum()]])
    sheet = Sheet()
    for (i, j), value in np.ndenumerate(full):
        sheet.add((i, j), int(value), cost=1 + 4 * ((i == rows) + (j == columns)))
    for i in range(rows + 1):
        sheet.total((i, columns), [(i, j) for j in range(columns)])
    for j in range(columns + 1):
        sheet.total((rows, j), [(i, j) for i in range(rows)])
    hidden = sheet.hidden()
    return np.array([key in hidden for key in np.ndindex(full.shape)]).reshape(full.shape)
