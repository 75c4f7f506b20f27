"""What the user chose: one small frozen object, to and from a URL and JSON.

Every panel of a page is computed from the same Picks, so the hazard ratio beside the curve and the one in
the forest can't differ. A Picks never holds data: keys, levels and numbers only.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

import numpy as np

from rrmm.cohort import UNKNOWN, Cohort
from rrmm.combinations import Combination, is_combination, parse
from rrmm.endpoints import ENDPOINTS
from rrmm.subgroups import ALL_SUBGROUPS, COLUMN_PREFIX, LEVEL_NAMES, group

ConfType = Literal["log-log", "log", "plain"]
CONF_TYPES: tuple[ConfType, ...] = ("log-log", "log", "plain")


@dataclass(frozen=True)
class Picks:
    """endpoint: key of ENDPOINTS. compare: subgroup key, combination of them, ``col:<header>`` or "none".

    cuts: (subgroup key, cut-off), sorted by key. filters: (subgroup key, level index), sorted: a patient is in
    the population when every filter's group has one of its chosen levels; the unknown is out, and counted.
    """

    endpoint: str = "pfs"
    compare: str = "none"
    cuts: tuple[tuple[str, float], ...] = ()
    filters: tuple[tuple[str, int], ...] = ()
    conf_type: ConfType = "log-log"

    def __post_init__(self) -> None:
        if self.endpoint not in ENDPOINTS:
            raise ValueError(f"Unknown endpoint: {self.endpoint}")
        if self.conf_type not in CONF_TYPES:
            raise ValueError(f"Unknown interval: {self.conf_type}")
        for key in (self.compare, *(key for key, _ in (*self.cuts, *self.filters))):
            if is_combination(key):
                parse(key, ALL_SUBGROUPS)
            elif key != "none" and key not in ALL_SUBGROUPS and not key.startswith(COLUMN_PREFIX):
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

    @classmethod
    def from_url(cls, text: str, columns: Iterable[str] = ()) -> Picks:
        """Picks from a link of the app: an URL, or what follows its question mark.

        columns: keys (``col:<header>``) of the cohort's columns, for a link that compares by a column: the link holds
        a code that only the cohort's own headers can answer. What is no choice of rrmm is passed over; ValueError with a
        sentence for a value that rrmm does not know.
        """
        found = link_values(text)
        cuts = {key: _number(found["cut_" + key][-1], key) for key in ALL_SUBGROUPS if "cut_" + key in found}
        filters = tuple(_option(name, LEVEL_NAMES, "only") for name in found.get("only", ()))
        return cls(endpoint=_option(found.get("endpoint", ["pfs"])[-1], _ENDPOINT_NAMES, "endpoint"),
                   compare=_compared(found, columns), cuts=tuple(cuts.items()), filters=filters,
                   conf_type=_option(found.get("conf", [CONF_TYPES[0]])[-1], {name: name for name in CONF_TYPES}, "conf"))


_ENDPOINT_NAMES = {name: key for key, entry in ENDPOINTS.items() for name in (entry.label, key)}
_COMPARED_NAMES = {"All patients": "none", "none": "none",
                   **{name: key for key, entry in ALL_SUBGROUPS.items() for name in (entry.chip, key)}}
_OTHER_COLUMN = ("Other column", "column")


def column_code(key: str) -> str:
    """Stands for a column of the upload in a link, where its header must not be. key: ``col:<header>``."""
    return hashlib.blake2b(key.encode("utf-8", "replace"), digest_size=4).hexdigest()


def link_values(text: str) -> dict[str, list[str]]:
    """Name -> values of a link's query: a whole URL, or its query with or without the question mark."""
    query = urlsplit(text.strip()).query if "?" in text else text.strip()
    try:
        return parse_qs(query, max_num_fields=200)
    except ValueError as error:
        raise ValueError("This link holds too many values to be one of rrmm.") from error


def _option(value: str, options: Mapping[str, Any], name: str) -> Any:
    if value not in options:
        raise ValueError(f"The link's {name} is not one that rrmm knows: {value[:60]!r}.")
    return options[value]


def _number(value: str, key: str) -> float:
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(f"The link's cut-off for {ALL_SUBGROUPS[key].chip} is not a number: {value[:60]!r}.")
    return number


def _compared(found: Mapping[str, list[str]], columns: Iterable[str]) -> str:
    chip = found.get("by", ["none"])[-1]
    if chip == "Combined":
        parts = tuple(_option(name, LEVEL_NAMES, "combine") for name in found.get("combine", ()))
        return Combination("any" if found.get("how", ["all"])[-1] == "any" else "all", parts).key if parts else "none"
    if chip not in _OTHER_COLUMN:
        return str(_option(chip, _COMPARED_NAMES, "comparison"))
    code = found.get("col", [""])[-1]
    key = next((key for key in columns if column_code(key) == code), None)
    if key is None:
        raise ValueError("The link compares by a column that this cohort does not have.")
    return key


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
