"""Below the Explore picture: every subgroup's p for many looks, and the ways on for outcomes known only later."""

from __future__ import annotations

import math
from dataclasses import replace

import streamlit as st

from rrmm import DAYS_PER_MONTH, formatting
from rrmm.analyses.explore import Explore, GroupCurve, axis_end, ranked, refusal
from rrmm.analyses.landmark import Landmark
from rrmm.analyses.outcome_groups import OUTCOMES, available
from rrmm.analyses.time_dependent import TimeDependent
from rrmm.charts import incidence
from rrmm.cohort import Cohort
from rrmm.endpoints import ENDPOINTS
from rrmm.picks import Picks
from rrmm.report import factor_tables, sentences
from rrmm.schema import VARIABLES
from rrmm.subgroups import OUTCOME_COLUMNS
from rrmm.ui import cached, charts, controls, notices, state
from rrmm.ui.frame import footer
from rrmm.ui.tables import shown

HEIGHT = 520
NOTHING = (math.nan, math.nan, math.nan)


def counter(view: Explore, picks: Picks) -> str:
    """ " · comparison no. 3 in this session", or nothing where nothing is compared."""
    nth = state.looked_at(picks) if len(view.groups) > 1 else 0
    return f" · comparison no. {nth} in this session" if nth else ""


def any_open() -> bool:
    """Whether one of the boxes below the pictures is open."""
    return any(state.get(key, False) for key in ("looks", "competing", "later"))


def many_looks(picks: Picks) -> None:
    """All subgroups with p, q and Holm's p; computed when opened."""
    box = st.expander("All subgroups: p adjusted for many looks", key="looks", on_change="rerun")
    if not box.open:
        return
    view = cached.explored(picks, controls.convention())
    with box:
        shown(factor_tables.looks_frame(view), "subgroups_p", first=190)
        st.caption(notices.plain(
            f"Log-rank tests of {view.endpoint.label}. q: Benjamini-Hochberg, the share of false findings among those "
            "called; Holm: the chance of one false finding at all. Both are adjusted for the rows of this table, not "
            f"for the {state.looked()} comparison{'s' * (state.looked() != 1)} looked at in this session."))


def progression(cohort: Cohort, picks: Picks) -> None:
    """The two events of PFS apart: progression, with death before it competing; computed when opened."""
    box = st.expander("Progression, and death without it (competing risks)", key="competing", on_change="rerun")
    if not box.open:
        return
    with box:
        found = cached.progressing(picks)
        if found is None:
            notices.needs("The cumulative incidence of progression", ENDPOINTS["pfs"].needs)
            return
        charts.draw("progression", incidence.incidence_data(found, "Cumulative incidence of progression",
                                                            footer(cohort, "Aalen-Johansen, Gray's test"),
                                                            ("progressed", "died before"), HEIGHT, shown=1),
                    incidence.incidence_spec(charts.tone(), len(found.groups), HEIGHT),
                    "Cumulative incidence of progression by group, with death before it competing.")
        left_out = "; ".join(f"{reason}: {n}" for reason, n in found.excluded.items())
        st.caption(notices.plain("A death without progression competes; one minus Kaplan-Meier would count it as if "
                                 "progression were still to come." + (f" Left out: {left_out}." if left_out else "")))


def known_later(cohort: Cohort, picks: Picks) -> None:
    """Landmark and time-dependent Cox by response or adverse event; computed when opened."""
    box = st.expander("By response or adverse event (known later)", key="later", on_change="rerun")
    if not box.open:
        return
    view = cached.explored(picks, controls.convention())
    with box:
        dated = available(cohort)
        undated = [VARIABLES[name].label for name in OUTCOME_COLUMNS[:16] if cohort.has(name)
                   and name not in {entry.source for entry in OUTCOMES.values()} | {"best_response"}]
        if undated:
            st.caption(notices.plain(
                "Known only after the start of treatment, and without a date of its own, so nothing is compared by: "
                + ", ".join(undated) + "."))
        if not dated or not cohort.has(view.endpoint.time):
            notices.needs("A landmark analysis", "the date (or time) of response, CRS, ICANS or infection beside "
                          "the endpoint’s times")
            return
        left, right = st.columns([2, 3], vertical_alignment="bottom")
        with left:
            outcome = str(st.segmented_control(
                "Outcome", list(dated), default=next(iter(dated)), required=True, key="outcome",
                format_func=lambda key: OUTCOMES[key].yes, **controls.REMEMBERED))  # type: ignore[call-overload]
        with right:
            months = float(st.slider("Landmark (months from the start)", 0.5, 12.0, 2.0, 0.5, format="%g",
                                     key="landmark", **controls.REMEMBERED))  # type: ignore[call-overload]
        if view.endpoint.key == "dor":
            st.info("The duration of response starts at the response, and these outcomes are dated from the start of "
                    "treatment: choose PFS or OS.", icon=":material/info:")
            return
        found, model = cached.later(picks, outcome, months)
        st.markdown(notices.plain(refusal(dated[outcome])))
        _landmark(cohort, view, found, months)
        _time_dependent(model, outcome)


def _landmark(cohort: Cohort, view: Explore, found: Landmark, months: float) -> None:
    gone = [(reason, n) for reason, n in found.excluded.items() if n]
    start = sum(found.excluded.values()) + found.n
    st.markdown(f"**{found.n} of {start} patients** are compared from month {months:g} on · "
                + notices.plain("; ".join(f"{reason} {n}" for reason, n in gone) or "nobody left out")
                + (f" · {found.later} had it after the landmark and count as not" if found.later else ""))
    picture = landmark_view(cohort, view, found, months)
    charts.survival(picture, footer(cohort, f"Landmark at {months:g} months, Kaplan-Meier, log-rank, Cox (Efron)"),
                    HEIGHT, key="landmark_curve")
    st.markdown(notices.plain(sentences.finding(picture)))
    notices.remarks(found.remarks)


def landmark_view(cohort: Cohort, view: Explore, found: Landmark, months: float) -> Explore:
    """The landmark analysis as a view that the Kaplan-Meier picture can draw."""
    endpoint = replace(view.endpoint, long_label=f"{view.endpoint.long_label} from month {months:g} on")
    left = max(axis_end(ranked(cohort, view.endpoint)) - found.at / DAYS_PER_MONTH, 3.0)
    grouping = replace(view.grouping, key="landmark", label=f"the state at month {months:g}",
                       levels=tuple(group.label for group in found.groups), codes=found.codes)
    return replace(
        view, endpoint=endpoint, grouping=grouping, table=found.table, curves=found.curves,
        groups=tuple(GroupCurve(each.label, each.n, each.events, each.median, NOTHING) for each in found.groups),
        ratios=(found.ratio,), logrank_p=found.test.p_value, x_max=3 * math.ceil(left / 3 - 1e-9))


def _time_dependent(model: TimeDependent, outcome: str) -> None:
    ratio, entry = model.ratio, OUTCOMES[outcome]
    if math.isfinite(ratio.hr):
        said = (f"HR {formatting.ratio_interval(ratio.hr, ratio.conf_low, ratio.conf_high)}, "
                f"{formatting.p_value(ratio.p_value)}")
    else:
        said = f"the hazard ratio can’t be estimated: {ratio.reason}"
    st.markdown(notices.plain(
        f"Time-dependent Cox model, {formatting.patients(model.n)} of whom {model.switched} had it while at risk "
        f"({model.events[0]} events before or without, {model.events[1]} after): {entry.yes.lower()} against not "
        f"(yet), {said}."))
    notices.remarks(model.remarks)
