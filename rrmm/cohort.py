"""The cohort: one immutable object that knows everything derived from the file.

Everything downstream reads the cohort; nothing derives again. Dates beat durations: where both are
there, the time comes from the dates. The unknown is a value of its own (three-valued logic): it never
becomes "no" and never becomes "censored".
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from rrmm.derive import derive
from rrmm.schema import VARIABLES

T = TypeVar("T")

UNKNOWN = -1
"""Code of an unknown flag or group."""


@dataclass(frozen=True, eq=False)
class Cohort:
    """A cohort of n patients.

    frame: all canonical columns in schema order, one row a patient in file order, RangeIndex.
        id/text/category: object with None; flag: "boolean" with NA; number/grade: float64; date:
        datetime64[ns]. Times are in days; ``*_event`` is a flag (yes = event).
    extras: columns of the upload that are no canonical variable, under their own headers.
    rows: ``sheet`` and ``row`` of each patient in the file.
    issues: everything that was not understood or looks wrong.
    """

    name: str
    frame: pd.DataFrame
    extras: pd.DataFrame
    rows: pd.DataFrame
    issues: tuple[Any, ...] = ()
    mapping: Mapping[str, str] = field(default_factory=dict)
    read: Mapping[str, Any] = field(default_factory=dict)
    adverse_events: pd.DataFrame | None = None
    fictitious: bool = False
    _memo: dict[str, Any] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "mapping", MappingProxyType(dict(self.mapping)))
        object.__setattr__(self, "read", MappingProxyType(dict(self.read)))

    @property
    def n(self) -> int:
        """Number of patients."""
        return len(self.frame)

    @cached_property
    def fingerprint(self) -> str:
        """Hash of everything the analyses read: caches are keyed by it, exports carry it."""
        digest = hashlib.blake2b(digest_size=12)
        digest.update(str(self.n).encode())
        events = () if self.adverse_events is None else (self.adverse_events,)
        for table in (self.frame, self.extras, *events):
            digest.update(repr(list(map(str, table.columns))).encode())
            for at in range(table.shape[1]):
                # Different cells once, and their places: exact, and fast for a large file.
                places, cells = pd.factorize(table.iloc[:, at].astype(object))
                digest.update(np.ascontiguousarray(places).tobytes())
                digest.update("\x1f".join(f"{type(cell).__name__}:{cell!r}" for cell in cells).encode("utf-8", "replace"))
        return digest.hexdigest()

    @cached_property
    def data_date(self) -> pd.Timestamp | None:
        """Latest date on which anyone was seen: the date of the data."""
        dates = [self.frame[name].max() for name in ("last_contact_date", "death_date", "progression_date")]
        known = [date for date in dates if pd.notna(date)]
        return max(known) if known else None

    def memo(self, key: str, make: Callable[[], T]) -> T:
        """Compute once for this cohort. Arrays are frozen: whoever shares one can't change it."""
        if key not in self._memo:
            value = make()
            if isinstance(value, np.ndarray):
                value.setflags(write=False)
            self._memo[key] = value
        return self._memo[key]

    def flag(self, name: str) -> np.ndarray:
        """Flag as int8 (n,): 1 yes, 0 no, -1 unknown."""
        return self.memo("flag:" + name, lambda: (
            self.frame[name].astype("Int8").fillna(UNKNOWN).to_numpy(np.int8, copy=True)))

    def number(self, name: str) -> np.ndarray:
        """Number or grade as float64 (n,), NaN where missing."""
        return self.memo("number:" + name, lambda: self.frame[name].to_numpy(np.float64, copy=True))

    def category(self, name: str) -> np.ndarray:
        """Category or text as an object array (n,), None where missing."""
        return self.memo("category:" + name, lambda: self.frame[name].to_numpy(object, copy=True))

    def has(self, name: str) -> bool:
        """Whether any patient has a value for this canonical variable."""
        return self.memo("has:" + name, lambda: name in self.frame and bool(self.frame[name].notna().any()))


def build_cohort(loaded: Any, name: str = "", *, fictitious: bool = False) -> Cohort:
    """Cohort from what the intake read (`rrmm.intake.Loaded`): derive everything once.

    The input is not changed. Contradictions that only show after deriving are added to the issues.
    """
    frame, issues = derive(loaded.frame, loaded.rows, loaded.mapping)
    frame = frame[[*VARIABLES]]
    return Cohort(
        name=name or str(loaded.read.get("file", "cohort")),
        frame=frame,
        extras=loaded.extras.reset_index(drop=True),
        rows=loaded.rows.reset_index(drop=True),
        issues=(*loaded.issues, *issues),
        mapping=loaded.mapping,
        read=loaded.read,
        adverse_events=loaded.adverse_events,
        fictitious=fictitious,
    )
