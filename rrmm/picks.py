"""What the user chose: one small frozen object, to and from a URL and JSON.

Every panel of a page is computed from the same Picks, so the hazard ratio beside the curve and the one in
the forest can't differ. A Picks never holds data: keys, levels and numbers only.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from rrmm.cohort import UNKNOWN, Cohort
from rrmm.endpoints import ENDPOINTS
from rrmm.subgroups import ALL_SUBGROUPS, COLUMN_PREFIX, group

CONF_TYPES = ("log-log", "log", "plain")


@dataclass(frozen=True)
class Picks:
    """endpoint: key of ENDPOINTS. compare: subgroup key, ``col:<header>`` or "none".

    cuts: (subgroup key, cut-off), sorted by key. filters: (subgroup key, level index), sorted: a patient is in
    the population when every filter's group has one of its chosen levels; the unknown is out, and counted.
    """

    endpoint: str = "pfs"
    compare: str = "none"
    cuts: tuple[tuple[str, float], ...] = ()
    filters: tuple[tuple[str, int], ...] = ()
    conf_type: str = "log-log"

    def __post_init__(self) -> None:
        if self.endpoint not in ENDPOINTS:
            raise ValueError(f"Unknown endpoint: {self.endpoint}")
        if self.conf_type not in CONF_TYPES:
            raise ValueError(f"Unknown interval: {self.conf_type}")
        for key in (self.compare, *(key for key, _ in (*self.cuts, *self.filters))):
            if key != "none" and key not in ALL_SUBGROUPS and not key.startswith(COLUMN_PREFIX):
                raise ValueError(f"Unknown subgroup: {key}")
        object.__setattr__(self, "cuts", tuple(sorted((str(k), float(v)) for k, v in dict(self.cuts).items())))
        object.__setattr__(self, "filters", tuple(sorted({(str(k), int(v)) for k, v in self.filters})))

    @property
    def cut_of(self) -> Mapping[str, float]:
        """Chosen cut-off by subgroup key."""
        return dict(self.cuts)

    def but(self, **changes: Any) -> Picks:
        """A copy with some choices changed."""
        return replace(self, **changes)

    def to_json(self) -> str:
        """Compact JSON, the same text for the same choices."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Picks:
        """Inverse of :meth:`to_json`; ValueError with a sentence for anything else."""
        try:
            raw = json.loads(text)
            return cls(endpoint=raw.get("endpoint", "pfs"), compare=raw.get("compare", "none"),
                       cuts=tuple((k, v) for k, v in raw.get("cuts", ())),
                       filters=tuple((k, v) for k, v in raw.get("filters", ())),
                       conf_type=raw.get("conf_type", "log-log"))
        except (AttributeError, TypeError, json.JSONDecodeError) as error:
            raise ValueError("These saved choices can't be read: not the JSON that rrmm writes.") from error


@dataclass(frozen=True, eq=False)
class Population:
    """Who is in: ``mask`` (n,), and for each filter how many it left out, and how many as unknown."""

    mask: np.ndarray
    lost: tuple[tuple[str, int, int], ...] = ()

    @property
    def n(self) -> int:
        """Patients inside."""
        return int(np.count_nonzero(self.mask))


def population(cohort: Cohort, picks: Picks) -> Population:
    """Apply the filters in order; each filter's losses are counted among those still inside."""
    mask = np.ones(cohort.n, dtype=bool)
    lost = []
    wanted: dict[str, set[int]] = {}
    for key, level in picks.filters:
        wanted.setdefault(key, set()).add(level)
    for key, levels in wanted.items():
        grouping = group(cohort, key, picks.cut_of)
        chosen = np.isin(grouping.codes, sorted(levels))
        unknown = grouping.codes == UNKNOWN
        lost.append((grouping.label, int(np.count_nonzero(mask & ~chosen & ~unknown)),
                     int(np.count_nonzero(mask & unknown))))
        mask = mask & chosen
    return Population(mask, tuple(lost))
