"""Presets combined with AND or OR: "EMD and/or ISS III" as one comparison.

A combination has a key like any subgroup, so that it can stand in a Picks and a link: ``all:emd.1+iss3.1``
(every feature) or ``any:emd.1+iss3.1`` (at least one).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

How = Literal["all", "any"]
WORDS = {"all": " and ", "any": " or "}


@dataclass(frozen=True)
class Combination:
    """how: "all" or "any". parts: (subgroup key, level 0 or 1)."""

    how: How
    parts: tuple[tuple[str, int], ...]

    @property
    def key(self) -> str:
        """Stands for it in a Picks."""
        return f"{self.how}:" + "+".join(f"{name}.{level}" for name, level in self.parts)


def is_combination(key: str) -> bool:
    """Whether the key is of this kind; :func:`parse` says whether it is a good one."""
    return key.startswith(("all:", "any:"))


def parse(key: str, known: Iterable[str]) -> Combination:
    """Inverse of :attr:`Combination.key`; ValueError for features that are not ``known`` or levels beyond 0 and 1."""
    how, _, rest = key.partition(":")
    parts = []
    names = set(known)
    for part in rest.split("+"):
        name, _, level = part.rpartition(".")
        if name not in names or level not in ("0", "1"):
            raise ValueError(f"Unknown subgroup: {key}")
        parts.append((name, int(level)))
    return Combination("all" if how == "all" else "any", tuple(parts))


def combine(how: How, holds: Sequence[np.ndarray]) -> np.ndarray:
    """Three-valued AND or OR. holds: arrays (n,) of 1 yes, 0 no, -1 unknown; returns the same.

    AND is no as soon as one feature is no, OR yes as soon as one is yes, whatever is unknown beside it.
    """
    stack = np.vstack(holds)
    decided, other = (0, 1) if how == "all" else (1, 0)
    result = np.where((stack == other).all(axis=0), other, -1)
    return np.where((stack == decided).any(axis=0), decided, result).astype(np.int64)
