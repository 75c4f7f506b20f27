"""Published cohorts and the printed figures of the paper, as data.

One JSON file a cohort in ``data/``: citation, follow-up, response, times, adverse events, baseline; every
figure names its source within the file, and what no source at hand gave is null. ``riedhammer2024.json``
holds every printed figure of the paper with its place, ``printed_values.csv`` the 320 single values in it.
"""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

DATA = Path(__file__).resolve().parent / "data"
ORDER = ("majestec1", "german_rw", "karmma", "idecel_rw", "idecel_cibmtr", "imwg_teclistamab")
"""Cohorts in the order they are shown."""

NOT_ADJUSTED = "Different populations, not adjusted."
"""Stands beside every comparison with a published cohort."""


@dataclass(frozen=True)
class Rate:
    """A published proportion.

    x, n: counts; pct: as printed, in percent; conf_low, conf_high: printed 95 % limits, in percent.
    counted: "printed" or "from the percentage", where exactly one count of n gives it; "" without a count.
    """

    x: int | None
    n: int | None
    pct: float | None
    conf_low: float | None
    conf_high: float | None
    source: str
    note: str
    counted: str

    @property
    def known(self) -> bool:
        return self.pct is not None or self.x is not None

    @property
    def percent(self) -> float:
        """In percent: from the counts where they are known, else as printed; NaN where neither is."""
        if self.x is not None and self.n:
            return 100 * self.x / self.n
        return math.nan if self.pct is None else self.pct


@dataclass(frozen=True)
class Median:
    """A published median time in months; ``reached`` False: not reached, None: not in the sources."""

    months: float | None
    conf_low: float | None
    conf_high: float | None
    reached: bool | None
    source: str
    note: str

    @property
    def known(self) -> bool:
        return self.reached is not None


@dataclass(frozen=True)
class Spread:
    """A published median with its range, in the unit of the variable."""

    median: float | None
    low: float | None
    high: float | None
    source: str
    note: str

    @property
    def known(self) -> bool:
        return self.median is not None


@dataclass(frozen=True)
class PublishedCohort:
    """One published cohort.

    response: keys "orr", "vgpr" (or better), "cr" (or better). times: "pfs", "os", "dor".
    adverse_events: event -> {"any", "grade3"}. baseline: rows of Table 1, :class:`Rate` or :class:`Spread`,
    by the keys `rrmm.analyses.baseline` names: age, male_pct, female_pct, tsd_years (since diagnosis),
    prior_lines, emd, bm60, iss1, iss2, iss3, hrc, triple, penta, prior_bcma.
    sources: key -> where the figures with that key come from. A key that a file lacks has nothing known.
    """

    id: str
    label: str
    drug: str
    design: str
    n: int | None
    citation: str
    url: str
    data_cut_off: str | None
    followup_months: Spread
    response: Mapping[str, Rate]
    times: Mapping[str, Median]
    adverse_events: Mapping[str, Mapping[str, Rate]]
    baseline: Mapping[str, Rate | Spread]
    sources: Mapping[str, str]
    notes: tuple[str, ...] = field(default=())


def cohorts() -> Mapping[str, PublishedCohort]:
    """All published cohorts by id, in :data:`ORDER`."""
    return _cohorts()


def paper() -> Mapping[str, Any]:
    """The printed figures of Riedhammer et al. 2024: ``source``, ``figures`` and ``benchmarks``."""
    return _paper()


def printed_values() -> tuple[Mapping[str, str], ...]:
    """The 320 single printed values in the order of the paper: ``where``, ``item``, ``printed``, ``note``."""
    return _printed()


@cache
def _paper() -> Mapping[str, Any]:
    return MappingProxyType(json.loads((DATA / "riedhammer2024.json").read_text(encoding="utf-8")))


@cache
def _printed() -> tuple[Mapping[str, str], ...]:
    with (DATA / "printed_values.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return tuple(
        MappingProxyType({key: row[key] for key in ("where", "item", "printed", "note")}) for row in rows
    )


@cache
def _cohorts() -> Mapping[str, PublishedCohort]:
    files = {name: (DATA / f"cohort_{name}.json").read_text(encoding="utf-8") for name in ORDER}
    return MappingProxyType({name: _cohort(json.loads(text)) for name, text in files.items()})


def _cohort(raw: dict[str, Any]) -> PublishedCohort:
    return PublishedCohort(
        id=raw["id"], label=raw["label"], drug=raw["drug"], design=raw["design"], n=raw["n"],
        citation=raw["citation"], url=raw["url"], data_cut_off=raw["data_cut_off"],
        followup_months=_spread(raw["followup_months"]),
        response=MappingProxyType({key: _rate(value) for key, value in raw["response"].items()}),
        times=MappingProxyType({key: _median(value) for key, value in raw["times"].items()}),
        adverse_events=MappingProxyType({
            key: MappingProxyType({grade: _rate(value) for grade, value in both.items()})
            for key, both in raw["ae"].items()}),
        baseline=MappingProxyType(_baseline(raw["baseline"])),
        sources=MappingProxyType(raw["sources"]), notes=tuple(raw["notes"]))  # fmt: skip


def _baseline(raw: dict[str, Any]) -> dict[str, Rate | Spread]:
    """Table 1, with the women as what is left of the men."""
    rows: dict[str, Rate | Spread] = {}
    for key, value in raw.items():
        rows[key] = _spread(value) if "median" in value else _rate(value)
    men = rows.get("male_pct")
    if isinstance(men, Rate) and men.known and men.n:
        pct = None if men.pct is None else round(100 - men.pct, 1)
        x = None if men.x is None else men.n - men.x
        rows["female_pct"] = Rate(x, men.n, pct, None, None, men.source, men.note, men.counted)
    return rows


def _rate(raw: dict[str, Any]) -> Rate:
    x, counted = raw["x"], "" if raw["x"] is None else "printed"
    if x is None and raw["n"] and raw["pct"] is not None:
        x = count_of(raw["pct"], raw["n"])
        counted = "" if x is None else "from the percentage"
    low, high = raw["ci"] or (None, None)
    return Rate(x, raw["n"], raw["pct"], low, high, raw["source"], raw["note"], counted)


def counts_of(pct: float, n: int) -> range:
    """All counts out of n that print as this percentage; empty where none does."""
    decimals = len(repr(float(pct)).split(".")[1].rstrip("0"))
    half = 0.5 * 10.0**-decimals + 1e-9
    return range(math.ceil((pct - half) * n / 100), math.floor((pct + half) * n / 100) + 1)


def count_of(pct: float, n: int) -> int | None:
    """The only count out of n that prints as this percentage, or None where several do or none does."""
    fits = counts_of(pct, n)
    return fits[0] if len(fits) == 1 else None


def _median(raw: dict[str, Any]) -> Median:
    low, high = raw["ci"] or (None, None)
    return Median(raw["months"], low, high, raw["reached"], raw["source"], raw["note"])


def _spread(raw: dict[str, Any]) -> Spread:
    return Spread(raw["median"], raw["low"], raw["high"], raw["source"], raw["note"])
