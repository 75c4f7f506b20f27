"""Findings as sentences a good paper would write: numbers, interval, test and caveats; never a causal word."""

from __future__ import annotations

import math
from collections.abc import Mapping

from rrmm import formatting
from rrmm.analyses.explore import Explore, GroupCurve
from rrmm.analyses.response import GroupResponse

LEVEL = "95 % CI"


def median(group: GroupCurve) -> str:
    """Median of one group in months with interval and events."""
    value = group.median
    events = f"{group.events} event{'s' * (group.events != 1)} in {formatting.patients(group.n)}"
    if not math.isfinite(value.estimate):
        low = f", lower limit {formatting.months(value.conf_low)} months" if math.isfinite(value.conf_low) else ""
        return f"not reached ({events}{low})"
    return (f"{formatting.months(value.estimate)} months ({LEVEL} {formatting.months(value.conf_low)}–"
            f"{formatting.months(value.conf_high)}; {events})")


def finding(view: Explore) -> str:
    """What the curves show, in one sentence."""
    name = view.endpoint.label
    groups = [group for group in view.groups if group.n]
    if not groups:
        return f"No patient with known {name} is left in this comparison."
    if len(view.groups) == 1:
        return f"Median {name} was {median(groups[0])}."
    parts = "; ".join(f"{group.label}: {median(group)}" for group in view.groups)
    sentence = f"Median {name} by {view.grouping.label}: {parts}"
    if len(view.groups) == 2 and view.ratios:
        hr = view.ratios[0]
        sentence += (f"; hazard ratio {formatting.ratio(hr.hr)} ({LEVEL} {formatting.ratio(hr.conf_low)}–"
                     f"{formatting.ratio(hr.conf_high)}, Cox)" if math.isfinite(hr.hr)
                     else f"; hazard ratio not estimable: {hr.reason}")
    return f"{sentence}; log-rank {formatting.p_value(view.logrank_p)}."


def rate(group: GroupResponse) -> str:
    """Overall response rate of one group with counts and interval."""
    orr = group.orr
    if not orr.n:
        return "no patient with a known response"
    return (f"{formatting.percent(orr.estimate)} ({formatting.count(orr.x, orr.n)}; {LEVEL} "
            f"{formatting.percent_interval(orr.conf_low, orr.conf_high)})")


def response_finding(view: Explore) -> str:
    """What the response bars show, in one sentence."""
    groups = view.response.groups
    if len(groups) == 1:
        return f"The overall response rate was {rate(groups[0])}."
    sentence = "Overall response rate: " + "; ".join(f"{group.label}: {rate(group)}" for group in groups)
    sentence += f"; {view.response.test} {formatting.p_value(view.response.p_value)}"
    if math.isfinite(view.response.fisher_p):
        sentence += f", Fisher's exact {formatting.p_value(view.response.fisher_p)}"
    return sentence + "."


def left_out(view: Explore) -> str:
    """Who is not in the comparison, and why."""
    parts = []
    if view.unknown:
        parts.append(f"{view.grouping.label} unknown in {view.unknown}")
    if view.no_endpoint:
        parts.append(f"{view.endpoint.label} unknown in {view.no_endpoint}")
    if view.outside:
        parts.append(f"{view.outside} without response" if view.endpoint.key == "dor"
                     else f"{view.outside} outside the endpoint's population")
    for label, out, unknown in view.population.lost:
        parts.append(f"filter {label}: {out} left out" + (f", unknown in {unknown}" if unknown else ""))
    return ", ".join(parts) or "nobody left out"


def glance(views: Mapping[str, Explore]) -> list[tuple[str, str, str]]:
    """Label, value and detail of the numbers that stand first: ORR, medians, follow-up. views: by endpoint key."""
    first = next(iter(views.values()))
    orr = first.response.groups[0].orr
    found = [("Overall response", formatting.percent(orr.estimate),
              f"{formatting.count(orr.x, orr.n)}, {LEVEL} {formatting.percent_interval(orr.conf_low, orr.conf_high)}"
              if orr.n else "no response known")]
    for view in views.values():
        value = view.overall.median
        unit = " months" if math.isfinite(value.estimate) else ""
        found.append((f"Median {view.endpoint.label}", formatting.months(value.estimate) + unit,
                      f"{LEVEL} {formatting.months(value.conf_low)}–{formatting.months(value.conf_high)}, "
                      f"{formatting.count(view.overall.events, view.overall.n)} events"
                      if view.overall.n else f"{view.endpoint.label} unknown"))
    value = views["os"].followup
    known = math.isfinite(value.estimate)
    found.append(("Median follow-up", formatting.months(value.estimate) + " months" if known else formatting.DASH,
                  f"{LEVEL} {formatting.months(value.conf_low)}–{formatting.months(value.conf_high)}, reverse Kaplan-Meier"
                  if known else "not reached or unknown"))
    return found
