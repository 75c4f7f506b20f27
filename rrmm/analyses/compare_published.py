"""This cohort beside published ones: proportions and medians, each with its interval, nothing adjusted.

A published proportion gets its interval from its counts (Clopper-Pearson, or what the settings say). Where a
publication prints a rounded percentage that several counts fit, the interval covers those of all of them.
A median has the interval that was printed, or none: it can't be had from a median alone. What a publication
does not report is an entry without numbers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from rrmm import DAYS_PER_MONTH
from rrmm.analyses.adverse_events import EVENTS
from rrmm.analyses.explore import explore
from rrmm.analyses.proportions import Method, Proportion, proportion
from rrmm.analyses.response import Convention
from rrmm.analyses.safety import safety
from rrmm.analyses.two_by_two import Interval, risk_difference
from rrmm.cohort import Cohort
from rrmm.endpoints import ENDPOINTS
from rrmm.picks import Picks
from rrmm.published import Median, PublishedCohort, Rate, counts_of

OWN = "own"
WEIGHTED = "weighted"
OWN_LABEL = "This cohort"
RESPONSE = (("orr", "Overall response (PR or better)"), ("vgpr", "VGPR or better"), ("cr", "CR or better"))

Kind = Literal["response", "times", "any", "grade3"]
PARTS: dict[Kind, str] = {
    "response": "Response",
    "times": "Median times",
    "any": "Adverse events, any grade",
    "grade3": "Adverse events, grade 3 or higher",
}
"""Parts of the comparison in the order they are shown; all but the times are proportions, in percent."""

State = Literal["shown", "not reached", "not reported"]
NAN = Interval(math.nan, math.nan, math.nan)


@dataclass(frozen=True)
class Entry:
    """One cohort in one measure, in percent or months; NaN where there is no number.

    cohort: id of the published cohort, OWN, or WEIGHTED (this cohort, weighted to a
    published one). x, n: counts, None where they are not known.
    x_most: the largest of several counts that fit the printed percentage, else x.
    state: "not reached" and "not reported" have no estimate; a median that is not reached may have a lower
    limit. interval: how the limits came about, "" where there are none.
    difference: this cohort minus the published one, in percentage points (Newcombe); NaN for medians.
    """

    cohort: str
    label: str
    drug: str
    x: int | None
    n: int | None
    estimate: float
    conf_low: float
    conf_high: float
    state: State
    interval: str = ""
    note: str = ""
    source: str = ""
    x_most: int | None = None
    difference: Interval = NAN


@dataclass(frozen=True)
class Measure:
    """One measure: this cohort first, then the published ones in their order, those that do not report it
    too."""

    key: str
    label: str
    kind: Kind
    entries: tuple[Entry, ...]

    @property
    def own(self) -> Entry:
        return self.entries[0]

    @property
    def reported(self) -> tuple[Entry, ...]:
        """Entries with something to show."""
        return tuple(entry for entry in self.entries if entry.state != "not reported")

    @property
    def silent(self) -> tuple[str, ...]:
        """Labels of the cohorts that do not report it."""
        return tuple(entry.label for entry in self.entries if entry.state == "not reported")


def compare_published(
    cohort: Cohort, picks: Picks, convention: Convention, published: Sequence[PublishedCohort]
) -> tuple[Measure, ...]:
    """All measures for the population of ``picks``; its comparison plays no part."""
    picks = picks.but(compare="none")
    return (
        *_responses(cohort, picks, convention, published),
        *_times(cohort, picks, convention, published),
        *_events(cohort, picks, convention.interval, published),
    )


def _responses(
    cohort: Cohort, picks: Picks, convention: Convention, published: Sequence[PublishedCohort]
) -> list[Measure]:
    group = explore(cohort, picks, convention).response.groups[0]
    return [
        _rates(
            key,
            label,
            "response",
            ours,
            [(each, each.response.get(key)) for each in published],
            convention.interval,
        )
        for (key, label), ours in zip(RESPONSE, (group.orr, group.vgpr, group.cr), strict=True)
    ]


def _times(
    cohort: Cohort, picks: Picks, convention: Convention, published: Sequence[PublishedCohort]
) -> list[Measure]:
    found = []
    for key, endpoint in ENDPOINTS.items():
        overall = explore(cohort, picks.but(endpoint=key), convention).overall
        low, mid, high = (
            float(days) / DAYS_PER_MONTH
            for days in (overall.median.conf_low, overall.median.estimate, overall.median.conf_high)
        )
        state: State = "not reported" if not overall.n else "not reached" if math.isnan(mid) else "shown"
        own = Entry(OWN, OWN_LABEL, "", overall.events, overall.n, mid, low, high, state,
                    f"Kaplan-Meier, {picks.conf_type}")  # fmt: skip
        others = tuple(_median(each, each.times.get(key)) for each in published)
        found.append(Measure(key, f"{endpoint.long_label} ({endpoint.label})", "times", (own, *others)))
    return found


def _median(cohort: PublishedCohort, value: Median | None) -> Entry:
    if value is None or not value.known:
        note = value.note if value is not None else ""
        return Entry(
            cohort.id, cohort.label, cohort.drug, None, None, *(math.nan,) * 3, "not reported", note=note
        )
    low, high = (math.nan if limit is None else limit for limit in (value.conf_low, value.conf_high))
    printed = not (math.isnan(low) and math.isnan(high))
    return Entry(
        cohort.id, cohort.label, cohort.drug, None, cohort.n,
        math.nan if value.months is None else value.months, low, high,
        "shown" if value.reached else "not reached", "printed" if printed else "",
        value.note, cohort.sources.get(value.source, ""),
    )  # fmt: skip


def _events(
    cohort: Cohort, picks: Picks, interval: Method, published: Sequence[PublishedCohort]
) -> list[Measure]:
    rows = {row.key: row for row in safety(cohort, picks, interval).rows}
    found = []
    kinds: tuple[Kind, Kind] = ("any", "grade3")
    for kind in kinds:
        for event in EVENTS:
            row = rows.get(event.key)
            ours = None if row is None else (row.any_grade[0] if kind == "any" else row.severe[0])
            rates = [(each, each.adverse_events.get(event.key, {}).get(kind)) for each in published]
            label = event.label if kind == "any" else f"{event.label}, grade ≥ 3"
            found.append(_rates(event.key, label, kind, ours, rates, interval))
    return found


def _rates(
    key: str,
    label: str,
    kind: Kind,
    ours: Proportion | None,
    published: Sequence[tuple[PublishedCohort, Rate | None]],
    interval: Method,
) -> Measure:
    if ours is None or not ours.n:
        own = Entry(OWN, OWN_LABEL, "", None, 0, math.nan, math.nan, math.nan, "not reported")
    else:
        own = Entry(OWN, OWN_LABEL, "", ours.x, ours.n, 100 * ours.estimate, 100 * ours.conf_low,
                    100 * ours.conf_high, "shown", ours.method, x_most=ours.x)  # fmt: skip
    others = (_rate(cohort, rate, own, interval) for cohort, rate in published)
    return Measure(key, label, kind, (own, *others))


def _rate(cohort: PublishedCohort, rate: Rate | None, own: Entry, interval: Method) -> Entry:
    """A published proportion: from its counts, from all counts that print as its percentage, or as printed."""
    if rate is None or not rate.known:
        note = rate.note if rate is not None else ""
        return Entry(
            cohort.id, cohort.label, cohort.drug, None, None, *(math.nan,) * 3, "not reported", note=note
        )
    source = cohort.sources.get(rate.source, "")
    about = (cohort.id, cohort.label, cohort.drug)
    counts = _counts(rate)
    if counts is None or not rate.n:
        low, high = (math.nan if limit is None else limit for limit in (rate.conf_low, rate.conf_high))
        how = "" if math.isnan(low) else "printed"
        return Entry(*about, None, rate.n, rate.percent, low, high, "shown", how, rate.note, source)
    least, most = counts
    exact = least == most
    how = interval if exact else f"{interval}, {least} to {most} of {rate.n} fit the printed percentage"
    return Entry(
        *about,
        least if exact else None,
        rate.n,
        rate.percent,
        100 * proportion(least, rate.n, interval).conf_low,
        100 * proportion(most, rate.n, interval).conf_high,
        "shown",
        how,
        rate.note,
        source,
        most,
        _difference(own, least, most, rate),
    )


def _counts(rate: Rate) -> tuple[int, int] | None:
    """Least and largest count that the publication allows; None where no count of n prints like this."""
    if rate.x is not None:
        return rate.x, rate.x
    if rate.n is None or rate.pct is None:
        return None
    fits = counts_of(rate.pct, rate.n)
    return (max(fits[0], 0), min(fits[-1], rate.n)) if len(fits) else None


def _difference(own: Entry, least: int, most: int, rate: Rate) -> Interval:
    if own.x is None or not own.n or not rate.n:
        return NAN
    low = risk_difference(own.x, own.n, most, rate.n)
    high = risk_difference(own.x, own.n, least, rate.n)
    return Interval(own.estimate - rate.percent, 100 * low.conf_low, 100 * high.conf_high)


def long_frame(measures: Sequence[Measure]) -> pd.DataFrame:
    """One row a measure and cohort, numbers as numbers: percent or months, differences in percentage points."""
    return pd.DataFrame(
        [
            {
                "part": PARTS[measure.kind],
                "measure": measure.label,
                "cohort": entry.label,
                "drug": entry.drug,
                "x": entry.x,
                "n": entry.n,
                "estimate": entry.estimate,
                "conf_low": entry.conf_low,
                "conf_high": entry.conf_high,
                "unit": "months" if measure.kind == "times" else "%",
                "state": entry.state,
                "interval": entry.interval,
                "difference": entry.difference.estimate,
                "difference_low": entry.difference.conf_low,
                "difference_high": entry.difference.conf_high,
                "note": entry.note,
                "source": entry.source,
            }
            for measure in measures
            for entry in measure.entries
        ]
    )
