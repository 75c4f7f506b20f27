"""The Factors page: what goes into the models, and the table of factors as a picture."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import streamlit as st

from rrmm import formatting
from rrmm.analyses.design_matrix import is_number
from rrmm.analyses.factor_views import numbers_of
from rrmm.analyses.response import Convention
from rrmm.charts import factor_forest
from rrmm.cohort import Cohort
from rrmm.endpoints import ENDPOINTS
from rrmm.results import Result
from rrmm.subgroups import (
    ALL_SUBGROUPS,
    COLUMN_PREFIX,
    OTHER_VARIABLES,
    column_choices,
    group,
    has_data,
    is_outcome,
)
from rrmm.ui import charts, controls, notices, state

RESPONSE = "response"
TABLE_2 = ("emd", "iss3", "bm60", "hrc", "idecel", "penta", "polychemo_2m")
"""Covariates of the paper's univariable models."""
TOGETHER = ("emd", "iss3", "idecel")
"""Covariates of its multivariable model."""
NEEDS = (
    "times of an endpoint (PFS, OS or DOR) or response, and at least one feature of the patients before treatment, such "
    "as EMD, ISS stage, age or a column of your own"
)
FIRTH = {"auto": "Where an estimate would be infinite", "always": "Always", "never": "Never"}
TIES = {"efron": "Efron", "breslow": "Breslow"}
INTERVALS = {"wald": "Wald", "profile": "Profile likelihood"}
ODDS_INTERVALS = {"wald": "Wald", "exact mid-P": "Exact mid-P, as the paper", "profile": "Profile likelihood"}
DIRECTIONS = {"": "Odds of response", "_non": "Odds of non-response, as the paper"}


@dataclass(frozen=True)
class Choice:
    """What the page's own controls say; keys and numbers only."""

    endpoint: str
    covariates: tuple[str, ...]
    adjusted: tuple[str, ...]
    cuts: tuple[tuple[str, float], ...] = ()
    same_n: bool = False
    ties: str = "efron"
    interval: str = "wald"
    odds_interval: str = "wald"
    firth: str = "auto"
    evaluable: bool = False
    restrict: tuple[str, int] | None = None
    direction: str = ""

    @property
    def response(self) -> bool:
        """Whether odds of response are looked at, and not an endpoint over time."""
        return self.endpoint == RESPONSE

    def to_json(self) -> str:
        """Key of the caches. The direction only chooses what is shown."""
        made = asdict(self) | {"cuts": dict(self.cuts)}
        del made["direction"]
        return json.dumps(made, sort_keys=True)


def targets(cohort: Cohort) -> dict[str, str]:
    """Key -> label of what this cohort has outcomes for."""
    have = {key: entry.label for key, entry in ENDPOINTS.items() if cohort.has(entry.time) and cohort.has(entry.event)}
    return have | ({RESPONSE: "Response"} if cohort.has("responder") else {})


def features(cohort: Cohort) -> dict[str, str]:
    """Key -> label of every covariate: presets, numbers as numbers, and any other column known before treatment."""
    found: dict[str, str] = cohort.memo("factor_features", lambda: _features(cohort))
    return found


def _features(cohort: Cohort) -> dict[str, str]:
    found = {key: entry.chip for key, entry in ALL_SUBGROUPS.items() if has_data(cohort, key)}
    columns = {COLUMN_PREFIX + name: label for name, label in numbers_of(cohort).items()} | column_choices(cohort)
    for key, label in columns.items():
        if key.startswith(COLUMN_PREFIX) and not is_outcome(key):
            found[key] = f"{label} (number)" if numeric(cohort, key) else label
    return found


def numeric(cohort: Cohort, key: str) -> bool:
    """Whether this column enters a model as a number."""
    header = key.removeprefix(COLUMN_PREFIX)
    source = cohort.frame if header in cohort.frame else cohort.extras
    return key != header and header in source and is_number(source[header]) and source[header].nunique() > 2


def choose(cohort: Cohort) -> Choice | None:
    """Draw the controls; None where there is nothing to model."""
    have, options = targets(cohort), features(cohort)
    if not have or not options:
        return None
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        endpoint = str(st.segmented_control("Outcome", list(have), default=next(iter(have)), required=True, key="target",
                                            format_func=have.__getitem__,
                                            **controls.REMEMBERED))  # type: ignore[call-overload]
        direction = ""
        if endpoint == RESPONSE:
            direction = str(st.segmented_control("Odds ratio", list(DIRECTIONS), default="", required=True, key="odds_of",
                                                 wrap=True, format_func=DIRECTIONS.__getitem__,
                                                 persist_state="session"))
        settings = st.popover("Model", icon=":material/tune:")
    left, right, *cuts = st.columns([4, 3, 2, 2])
    with left:
        alone = _covariates("Univariable", "alone", options, TABLE_2, cohort)
    with right:
        together = _covariates("Multivariable", "together", options, TOGETHER, cohort)
    controls.cut_offs(cohort, cuts)
    chosen = tuple(dict.fromkeys((*alone, *together)))
    with settings:
        more = _settings(cohort, endpoint, chosen, options)
    return Choice(endpoint, chosen, together, direction=direction, **more)


def _covariates(label: str, name: str, options: dict[str, str], usual: Sequence[str], cohort: Cohort) -> tuple[str, ...]:
    default = [key for key in usual if key in options]
    # Headers of an upload may be among them: they stay in the session and out of the URL.
    return tuple(st.multiselect(label, list(options), default=default, format_func=options.__getitem__,
                                key=f"{name}_{cohort.fingerprint}", placeholder="None", wrap=True,
                                persist_state="session"))


def _settings(cohort: Cohort, endpoint: str, chosen: Sequence[str], options: dict[str, str]) -> dict[str, Any]:
    """The popover: who, which interval, ties, Firth, numbers as groups."""
    keep: dict[str, Any] = {"persist_state": "session"}
    made: dict[str, Any] = {}
    made["same_n"] = st.toggle("Univariable on the multivariable model’s patients (same n)", key="same_n", **controls.REMEMBERED)
    if endpoint == RESPONSE:
        made["odds_interval"] = st.selectbox("Interval of the odds ratio", list(ODDS_INTERVALS), key="odds_interval",
                                             format_func=ODDS_INTERVALS.__getitem__, **controls.REMEMBERED)
    else:
        made["interval"] = st.selectbox("Interval of the hazard ratio", list(INTERVALS), key="hr_interval",
                                        format_func=INTERVALS.__getitem__, **controls.REMEMBERED)
        made["ties"] = st.selectbox("Ties", list(TIES), key="ties", format_func=TIES.__getitem__, **controls.REMEMBERED)
    made["firth"] = st.selectbox("Firth’s penalty", list(FIRTH), key="firth",
                                 format_func=FIRTH.__getitem__, **controls.REMEMBERED)
    places = restrictions(cohort)
    name = st.selectbox("Only patients with", list(places), index=None, key="restrict_" + cohort.fingerprint,
                        placeholder="Everybody selected", **keep)
    made["restrict"] = places.get(str(name)) if name else None
    made["evaluable"] = bool(endpoint != RESPONSE and cohort.has("best_response")
                             and st.toggle("Only patients with an evaluable response", key="evaluable", **controls.REMEMBERED))
    numbers = [key for key in chosen if numeric(cohort, key)]
    cuts = dict(state.cuts())
    if numbers:
        for key in st.multiselect("Numbers as groups", numbers, format_func=options.__getitem__, placeholder="None",
                                  key="grouped_" + cohort.fingerprint, **keep):
            cuts[key] = float(st.number_input(f"Cut-off of {notices.plain(options[key])}", value=_median(cohort, key),
                                              format="%g", key=f"cut_at_{key}_{cohort.fingerprint}", **keep))
    made["cuts"] = tuple(sorted(cuts.items()))
    return made


def _median(cohort: Cohort, key: str) -> float:
    header = key.removeprefix(COLUMN_PREFIX)
    return float((cohort.frame if header in cohort.frame else cohort.extras)[header].median())


def restrictions(cohort: Cohort) -> dict[str, tuple[str, int]]:
    """ "ISS assessed at start: yes" -> (key, level) of the columns in groups."""
    found: dict[str, tuple[str, int]] = cohort.memo("factor_restrictions", lambda: _restrictions(cohort))
    return found


def _restrictions(cohort: Cohort) -> dict[str, tuple[str, int]]:
    known = {COLUMN_PREFIX + name for name in OTHER_VARIABLES}
    columns = column_choices(cohort)
    keys = sorted((key for key in columns if key.startswith(COLUMN_PREFIX) and not is_outcome(key)), key=known.__contains__)
    return {f"{columns[key]}: {level}": (key, at) for key in keys if not numeric(cohort, key)
            for at, level in enumerate(group(cohort, key).levels)}


def overview(cohort: Cohort, found: Result, choice: Choice, convention: Convention) -> None:
    """Who is in, the table and forest in one picture, and its caveats."""
    st.markdown(notices.plain(who(found, choice)))
    height = factor_forest.height_for(found.table)
    if choice.response:
        words = ("OR", "n (responders)", "Response rate",
                 *(("less response", "more response") if not choice.direction else ("more response", "less response")))
    else:
        words = ("HR", "n (events)", "Median, months (95 % CI)", "fewer events", "more events")
    charts.draw("factors", factor_forest.factor_data(found.table, height, words, choice.direction),
                factor_forest.factor_spec(charts.tone(), height),
                "Table and forest of uni- and multivariable ratios; the table below has the same numbers.")
    lines = [notices.plain(method(found, choice, convention)),
             *(":material/info: " + notices.plain(line) for line in caveats(found))]
    st.caption("  \n".join(lines))


def who(found: Result, choice: Choice) -> str:
    """Patients and events of the models."""
    event = "responder" if choice.response else "event"
    joint: Result | None = found.numbers["multivariable"]
    text = f"{formatting.patients(found.n)}, {found.events} {event}{'s' * (found.events != 1)}."
    if joint is not None:
        text += (f" Multivariable: {joint.n} complete case{'s' * (joint.n != 1)}, "
                 f"{joint.events} {event}{'s' * (joint.events != 1)}")
        per = joint.numbers.get("events_per_variable", math.nan)
        if math.isfinite(per):
            text += f", {per:.1f} {'of the rarer outcome' if choice.response else 'events'} per parameter"
        concordance = joint.numbers.get("concordance") or {}
        if math.isfinite(concordance.get("estimate", math.nan)):
            text += f", concordance {concordance['estimate']:.2f}"
        text += "."
    for reason, n in found.excluded.items():
        text += f" Left out: {n} {reason}."
    if choice.evaluable:
        text += " Whether a response is evaluable is known only later: this restriction may favour long survivors."
    return text


def method(found: Result, choice: Choice, convention: Convention) -> str:
    """The line under the picture."""
    text = found.method[:1].upper() + found.method[1:] + "."
    if choice.response:
        if choice.same_n:
            text += " Univariable on the same complete cases as the multivariable model."
        text += " Odds ratios are of " + ("non-response" if choice.direction else "response") + "."
        if convention.nonevaluable_counts:
            text += " The paper’s Table 3 leaves out who could not be evaluated: see Settings."
    return text + " Associations, not effects. Intervals beyond 0.05 or 20 end at the edge of the picture."


def caveats(found: Result) -> list[str]:
    """Remarks; those on proportional hazards as one."""
    said = [each.text for each in found.remarks if each.code != "proportional_hazards"]
    ph = found.frames.get("ph")
    if ph is None or ph.empty:
        return said
    parts = []
    for model, rows in ph[ph["p_value"] < 0.05].groupby("model", sort=False):
        terms = [f"{'the whole model' if term == 'GLOBAL' else term} ({formatting.p_value(float(p))})"
                 for term, p in zip(rows["term"], rows["p_value"], strict=True)]
        parts.append(f"{model}: {', '.join(terms)}")
    if parts:
        said.append("The Schoenfeld test speaks against proportional hazards, " + "; ".join(parts)
                    + ". A hazard ratio is then an average over time.")
    return said
