"""The cohort in one JSON object: what `python -m rrmm summary FILE` prints, and what the pages show.

Conventions: times in months of 30.4375 days; null where not reached. Subgroup levels are "no" and "yes", yes being
the second level (EMD, ISS III, bone marrow or CAR-T interval at or above the cut-off). ``n`` counts everyone whose
level is known; response rates, chi-square and odds ratio of a subgroup are of evaluable patients, as the paper's
Table 3. ``odds_ratio`` is the odds of *non*-response, yes against no, with exact mid-P limits (the paper's
direction); ``odds_ratio_of_response`` is the other direction.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from rrmm import DAYS_PER_MONTH
from rrmm.analyses.contingency import chi_square
from rrmm.analyses.explore import Explore, explore
from rrmm.analyses.km import Quantile
from rrmm.analyses.proportions import Proportion
from rrmm.analyses.two_by_two import Interval, two_by_two
from rrmm.cohort import UNKNOWN, Cohort
from rrmm.endpoints import ENDPOINTS
from rrmm.picks import Picks
from rrmm.schema import RESPONSES
from rrmm.subgroups import SUBGROUPS, group

EXACT = "baptista_pike_midp"
SAFETY = {"infection": ("infection_grade",), "crs": ("crs_grade",), "icans": ("icans_grade",),
          "cytopenia": ("neutropenia_grade", "anemia_grade", "thrombopenia_grade"),
          "neutropenia": ("neutropenia_grade",), "anemia": ("anemia_grade",),
          "thrombopenia": ("thrombopenia_grade",)}
"""Adverse event -> the grade columns whose worst grade counts."""


def summary(cohort: Cohort) -> dict[str, Any]:
    """All of it, ready for JSON: plain numbers, strings and None."""
    views = {key: explore(cohort, Picks(endpoint=key)) for key in ENDPOINTS}
    return {
        "n": cohort.n,
        "read": dict(cohort.read),
        "mapping": dict(cohort.mapping),
        "issues": [issue.as_dict() for issue in cohort.issues],
        "endpoints": {key: {"n": view.overall.n, "events": view.overall.events, **_quantile(view.overall.median)}
                      for key, view in views.items()},
        "followup": _quantile(views["os"].followup, "median"),
        "response": _response(cohort, views["pfs"]),
        "subgroups": {key: _subgroup(cohort, key, views["pfs"]) for key in SUBGROUPS},
        "safety": {name: worst_grades(cohort, columns) for name, columns in SAFETY.items()},
    }


def _number(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)


def _months(days: float) -> float | None:
    return _number(days / DAYS_PER_MONTH)


def _quantile(value: Quantile, name: str = "median") -> dict[str, float | None]:
    return {name: _months(value.estimate), "conf_low": _months(value.conf_low), "conf_high": _months(value.conf_high)}


def _share(value: Proportion) -> dict[str, Any]:
    return {"x": value.x, "n": value.n, "pct": _number(100 * value.estimate), "conf_low": _number(100 * value.conf_low),
            "conf_high": _number(100 * value.conf_high)}


def _response(cohort: Cohort, view: Explore) -> dict[str, Any]:
    best = [value for value in cohort.category("best_response") if value is not None]
    return {"orr": _share(view.response.groups[0].orr), "levels": {level: best.count(level) for level in RESPONSES}}


def _subgroup(cohort: Cohort, key: str, whole: Explore) -> dict[str, Any]:
    grouping = group(cohort, key)
    view = explore(cohort, Picks(compare=key))
    row = next(row for row in whole.forest if row.key == key)
    responder, evaluable = cohort.flag("responder"), cohort.category("best_response") != "NE"
    levels, table = [], []
    for at, curve in enumerate(view.groups):
        inside = grouping.codes == at
        known = inside & evaluable & (responder != UNKNOWN)
        yes = int(np.count_nonzero(known & (responder == 1)))
        table.append((yes, int(np.count_nonzero(known)) - yes))
        levels.append({"level": ("no", "yes")[at], "label": curve.label, "n": int(np.count_nonzero(inside)),
                       "pfs_events": curve.events, "pfs_median": _months(curve.median.estimate),
                       "responders": yes, "evaluable": sum(table[-1])})
    (no_yes, no_no), (yes_yes, yes_no) = table
    odds = two_by_two(yes_no, yes_yes, no_no, no_yes)
    hr = row.hr
    return {
        "levels": levels,
        "unknown": int(np.count_nonzero(grouping.codes == UNKNOWN)),
        "logrank_p": _number(row.logrank_p),
        "hr": {"estimate": _number(hr.hr), "conf_low": _number(hr.conf_low), "conf_high": _number(hr.conf_high),
               "p_value": _number(hr.p_value)},
        "odds_ratio": _interval(odds.odds_ratios[EXACT], odds.tests["midp"].p_value),
        "odds_ratio_wald": _interval(odds.odds_ratios["wald"], odds.tests["chi_square"].p_value),
        "odds_ratio_of_response": _interval(odds.reverse[EXACT], odds.tests["midp"].p_value),
        "chi_square_p": _number(chi_square(np.array(table)).p_value),
    }


def _interval(value: Interval, p: float) -> dict[str, float | None]:
    return {"estimate": _number(value.estimate), "conf_low": _number(value.conf_low),
            "conf_high": _number(value.conf_high), "p_value": _number(p)}


def worst_grades(cohort: Cohort, columns: tuple[str, ...]) -> dict[str, dict[str, int]]:
    """Patients with any grade and with grade 3 or higher, of those with a known grade."""
    grades = np.vstack([cohort.number(name) for name in columns])
    known = ~np.isnan(grades).all(axis=0)
    worst = np.max(np.where(np.isnan(grades), -1.0, grades), axis=0)
    n = int(np.count_nonzero(known))
    return {"any": {"x": int(np.count_nonzero(known & (worst >= 1))), "n": n},
            "grade3": {"x": int(np.count_nonzero(known & (worst >= 3))), "n": n}}
