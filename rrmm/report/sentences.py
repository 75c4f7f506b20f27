"""Findings as sentences a good paper would write: numbers, interval, test and caveats.

In a cohort of one arm a subgroup's hazard ratio is an association: no sentence here uses a causal word
(:data:`CAUSAL`), and a test reads them all.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence

import pandas as pd

from rrmm import formatting
from rrmm.analyses.explore import FEW_EVENTS, FEW_PATIENTS, RATE_MONTH, Explore, GroupCurve
from rrmm.analyses.response import GroupResponse
from rrmm.analyses.similar import Similar
from rrmm.schema import VARIABLES
from rrmm.subgroups import COLUMN_PREFIX, OUTCOME_COLUMNS, SUBGROUPS

LEVEL = "95 % CI"

CAUSAL = (
    "because",
    "benefit",
    "caus",
    "consequence",
    "due to",
    "effect",
    "efficac",
    "impact",
    "improv",
    "influenc",
    "lead to",
    "leads to",
    "prevent",
    "protect",
    "reduc",
    "result in",
    "results in",
    "therefore",
    "thus",
    "worsen",
)
"""Beginnings of words that no sentence about a comparison may hold."""

DOUBTFUL = 0.05
"""p of the test of proportional hazards below which one hazard ratio is said to be a doubtful summary."""


def by(view: Explore) -> str:
    """What is compared, as it stands inside a sentence: registry labels lose their capital, headers keep it."""
    label = view.grouping.label
    ours = view.grouping.key in SUBGROUPS or view.grouping.key.removeprefix(COLUMN_PREFIX) in VARIABLES
    return label[0].lower() + label[1:] if ours and label[1:2].islower() else label


def level(view: Explore, at: int) -> str:
    """A level that is understood by itself: "“≥ 6 months”" alone says nothing."""
    label = view.grouping.levels[at]
    if label[:1] in "<≥":
        label = f"{by(view)} {label}"
    elif label in ("Yes", "No"):
        label = f"{by(view)}: {label.lower()}"
    return f"“{label}”"


def median(group: GroupCurve, counts: str = "") -> str:
    """Median of one group in months with interval and events. counts: said instead of the group's own."""
    value = group.median
    events = counts or f"{group.events} event{'s' * (group.events != 1)} in {formatting.patients(group.n)}"
    if not math.isfinite(value.estimate):
        known = math.isfinite(value.conf_low)
        low = f", lower limit {formatting.months(value.conf_low)} months" if known else ""
        return f"not reached ({events}{low})"
    return (
        f"{formatting.months(value.estimate)} months ({LEVEL} {formatting.months(value.conf_low)}–"
        f"{formatting.months(value.conf_high)}; {events})"
    )


def finding(view: Explore, counts: Sequence[str] = ()) -> str:
    """What the curves show, in one sentence. counts: of each group, said instead of its own."""
    name = view.endpoint.label
    groups = [group for group in view.groups if group.n]
    if not groups:
        return f"No patient with known {name} is left in this comparison."
    if len(view.groups) == 1:
        return f"Median {name} was {median(groups[0], *counts[:1])}."
    said = counts or [""] * len(view.groups)
    parts = "; ".join(f"{group.label}: {median(group, text)}" for group, text in zip(view.groups, said, strict=True))
    sentence = f"Median {name} by {by(view)}: {parts}"
    if len(view.groups) == 2 and view.ratios:
        hr = view.ratios[0]
        sentence += (
            f"; hazard ratio {formatting.ratio(hr.hr)} ({LEVEL} {formatting.ratio(hr.conf_low)}–"
            f"{formatting.ratio(hr.conf_high)}, Cox)"
            if math.isfinite(hr.hr)
            else f"; hazard ratio not estimable: {hr.reason}"
        )
    return f"{sentence}; log-rank {formatting.p_value(view.logrank_p)}."


def rate(group: GroupResponse) -> str:
    """Overall response rate of one group with counts and interval."""
    orr = group.orr
    if not orr.n:
        return "no patient with a known response"
    return (
        f"{formatting.percent(orr.estimate)} ({formatting.count(orr.x, orr.n)}; {LEVEL} "
        f"{formatting.percent_interval(orr.conf_low, orr.conf_high)})"
    )


def response_finding(view: Explore, rates: Sequence[str] = ()) -> str:
    """What the response bars show, in one sentence. rates: of each group, said instead of its own."""
    groups = view.response.groups
    said = rates or [rate(group) for group in groups]
    if len(groups) == 1:
        return f"The overall response rate was {said[0]}."
    sentence = "Overall response rate: " + "; ".join(f"{group.label}: {text}" for group, text in zip(groups, said, strict=True))
    sentence += f"; {view.response.test} {formatting.p_value(view.response.p_value)}"
    if math.isfinite(view.response.fisher_p):
        sentence += f", Fisher's exact {formatting.p_value(view.response.fisher_p)}"
    return sentence + "."


def left_out(view: Explore, show: Callable[[str], str] | None = None) -> str:
    """Who is not in the comparison, and why. show: key of a count -> its text, where small counts are masked."""
    counts = left_out_counts(view)
    said = show or (lambda key: str(counts[key]))
    parts = []
    if view.unknown:
        parts.append(f"{view.grouping.label} unknown in {said('unknown')}")
    if view.no_endpoint:
        parts.append(f"{view.endpoint.label} unknown in {said('no_endpoint')}")
    if view.outside:
        parts.append(
            f"{said('outside')} without response"
            if view.endpoint.key == "dor"
            else f"{said('outside')} outside the endpoint's population"
        )
    for at, (label, _, unknown) in enumerate(view.population.lost):
        parts.append(
            f"filter {label}: {said(f'lost{at}')} left out" + (f", unknown in {said(f'lost_unknown{at}')}" if unknown else "")
        )
    return ", ".join(parts) or "nobody left out"


def ordinal(k: int) -> str:
    """ "1st", "12th", "23rd"."""
    last = "th" if k % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(k % 10, "th")
    return f"{k}{last}"


def caveats(view: Explore, *, ph_p: float = math.nan, nth: int | None = None, masked: bool = False) -> list[str]:
    """What a reader has to know beside the numbers, each as a sentence.

    ph_p: p of the Schoenfeld test of this comparison (:func:`rrmm.report.ph.ph_p`), NaN where it is not known.
    nth: which comparison of the session or report this is, counted from 1.
    """
    found = [each.text for each in view.remarks if not masked or each.code not in ("few_patients", "few_events")]
    if masked:
        found += [f"{group.label}: fewer than {FEW_PATIENTS} patients." for group in view.groups if 0 < group.n < FEW_PATIENTS]
        found += [
            f"{group.label}: fewer than {FEW_EVENTS} events."
            for group in view.groups
            if group.n >= FEW_PATIENTS and group.events < FEW_EVENTS
        ]
    if len(view.groups) < 2:
        return found
    if view.grouping.key.removeprefix(COLUMN_PREFIX) in OUTCOME_COLUMNS:
        found.append(
            f"{view.grouping.label} is known only after the start of treatment: those who lived long enough "
            "to have it have a head start, and these curves do not correct for that."
        )
    if math.isfinite(ph_p) and ph_p < DOUBTFUL:
        found.append(
            f"Proportional hazards are doubtful (Schoenfeld test, {formatting.p_value(ph_p)}): "
            "the hazard ratio is an average over time."
        )
    row = next((row for row in view.forest if row.key == view.grouping.key), None)
    if row is not None and math.isfinite(row.q_value):
        found.append(
            f"Adjusted for the {sum(math.isfinite(each.logrank_p) for each in view.forest)} subgroups of the "
            f"forest, {formatting.p_value(row.q_value).replace('p', 'q')} (Benjamini-Hochberg)."
        )
    found.append("Exploratory and unadjusted: the groups may differ in other features.")
    if nth is not None and nth > 1:
        found.append(f"The {ordinal(nth)} comparison looked at; the p-value is not adjusted for that.")
    return found


def counted(keys: Iterable[Hashable]) -> list[int]:
    """Which comparison each view is: views of the same comparison count once."""
    seen: dict[Hashable, int] = {}
    return [seen.setdefault(key, len(seen) + 1) for key in keys]


def full(view: Explore, *, ph_p: float = math.nan, nth: int | None = None) -> str:
    """The finding with its caveats, to be copied as one paragraph."""
    return " ".join([finding(view), *caveats(view, ph_p=ph_p, nth=nth)])


def headline(view: Explore) -> str:
    """The curves' finding as the title of a slide."""
    name = view.endpoint.label
    groups = [group for group in view.groups if group.n]
    if not groups:
        return f"No patient with known {name} is left"
    if len(view.groups) == 1:
        value = groups[0].median
        if not math.isfinite(value.estimate):
            return f"Median {name} is not reached"
        return f"Median {name} is {formatting.months(value.estimate)} months"
    medians = " v ".join(f"{formatting.months(group.median.estimate)}" for group in reversed(view.groups))
    p = formatting.p_value(view.logrank_p)
    if len(view.groups) == 2 and view.ratios and math.isfinite(view.ratios[0].hr):
        hr = view.ratios[0]
        other, reference = level(view, 1), level(view, 0)
        if view.logrank_p < 0.05:
            longer = "shorter" if hr.hr > 1 else "longer"
            return (
                f"{name} is {longer} in {other} than in {reference}: median {medians} months, HR {formatting.ratio(hr.hr)}, {p}"
            )
        return (
            f"{name} does not clearly differ between {other} and {reference}: "
            f"median {medians} months, HR {formatting.ratio(hr.hr)}, {p}"
        )
    if math.isfinite(view.logrank_p) and view.logrank_p < 0.05:
        return f"{name} differs by {by(view)} (log-rank {p})"
    return f"{name} does not clearly differ by {by(view)} (log-rank {p})"


def response_headline(view: Explore, shares: Sequence[str] = ()) -> str:
    """The response bars' finding as the title of a slide. shares: of each group, said instead of its own."""
    response = view.response
    groups = response.groups
    said = shares or [formatting.percent(group.orr.estimate, 0) for group in groups]
    if len(groups) == 1:
        return f"{said[0]} respond (PR or better)" if groups[0].orr.n else "No response is known"
    rates = " v ".join(reversed(said))
    p = formatting.p_value(response.p_value)
    if len(groups) == 2:
        names = f"{level(view, 1)} and {level(view, 0)}"
        if math.isfinite(response.p_value) and response.p_value < 0.05:
            return f"Response rates of {names} differ: {rates}, {p}"
        return f"Response rates of {names} do not clearly differ: {rates}, {p}"
    if math.isfinite(response.p_value) and response.p_value < 0.05:
        return f"Response rates differ by {by(view)} ({p})"
    return f"Response rates do not clearly differ by {by(view)} ({p})"


def forest_headline(view: Explore) -> str:
    """The forest's finding as the title of a slide."""
    tested = [row for row in view.forest if math.isfinite(row.logrank_p)]
    name = view.endpoint.label
    if not tested:
        return f"{name}: no subgroup can be compared"
    low = sum(row.logrank_p < 0.05 for row in tested)
    after = sum(row.q_value < 0.05 for row in tested)
    if not low:
        return f"{name} does not clearly differ in any of {len(tested)} subgroups"
    return f"{name} differs in {low} of {len(tested)} subgroups at p < 0.05, in {after} after adjustment for all of them"


def left_out_counts(view: Explore) -> dict[str, int]:
    """The counts of :func:`left_out` by key; with those compared they add up to the cohort."""
    counts = {"unknown": view.unknown, "no_endpoint": view.no_endpoint, "outside": view.outside}
    for at, (_, out, unknown) in enumerate(view.population.lost):
        counts[f"lost{at}"] = out
        counts[f"lost_unknown{at}"] = unknown
    return counts


def glance(views: Mapping[str, Explore]) -> list[tuple[str, str, str]]:
    """Label, value and detail of what stands first: ORR, medians, follow-up. views: by endpoint key."""
    first = next(iter(views.values()))
    orr = first.response.groups[0].orr
    found = [
        (
            "Overall response",
            formatting.percent(orr.estimate),
            f"{formatting.count(orr.x, orr.n)}, {LEVEL} {formatting.percent_interval(orr.conf_low, orr.conf_high)}"
            if orr.n
            else "no response known",
        )
    ]
    for view in views.values():
        value = view.overall.median
        unit = " months" if math.isfinite(value.estimate) else ""
        found.append(
            (
                f"Median {view.endpoint.label}",
                formatting.months(value.estimate) + unit if view.overall.n else formatting.DASH,
                f"{LEVEL} {formatting.months(value.conf_low)}–{formatting.months(value.conf_high)}, "
                f"{formatting.count(view.overall.events, view.overall.n)} events"
                if view.overall.n
                else f"{view.endpoint.label} unknown",
            )
        )
    value = views["os"].followup
    known = math.isfinite(value.estimate)
    text = formatting.months(value.estimate) + " months" if known else formatting.DASH
    found.append(
        (
            "Median follow-up",
            text,
            f"{LEVEL} {formatting.months(value.conf_low)}–{formatting.months(value.conf_high)}, reverse Kaplan-Meier"
            if known
            else "not reached or unknown",
        )
    )
    return found


def forest_finding(view: Explore, kind: str = "ratio") -> str:
    """The forest in words, for those who can't see it."""
    if kind == "rate":
        return (
            f"{view.endpoint.label} at {RATE_MONTH} months by subgroup; all patients "
            f"{formatting.percent(view.overall.rate[0], 0)}."
        )
    parts = [
        f"{row.label} {formatting.ratio_interval(row.hr.hr, row.hr.conf_low, row.hr.conf_high)}"
        for row in view.forest
        if math.isfinite(row.hr.hr)
    ]
    return f"Hazard ratios of {view.endpoint.label}: " + ("; ".join(parts) if parts else "none can be estimated") + "."


def alike(found: Similar, n: int) -> str:
    """How many patients share the features, and how sure that can be."""
    if not found.labels:
        return "Choose what is known of the patient: each feature narrows the cohort to those who share it."
    sentence = f"{found.n} of {formatting.patients(n)} share {', '.join(found.labels)}."
    if found.unknown:
        sentence += f" In {found.unknown} more a feature is unknown; they are in neither group."
    if found.n < FEW_PATIENTS:
        sentence += f" Fewer than {FEW_PATIENTS}: read the curve as single courses, not as an estimate."
    return sentence


def ladder(found: Similar) -> pd.DataFrame:
    """How the number grows as features are let go one by one."""
    rows = [
        {"Let go": step.dropped or "nothing", "Still shared": ", ".join(step.kept) or "nothing: everybody", "Patients": step.n}
        for step in found.ladder
    ]
    return pd.DataFrame(rows)
