"""Closer looks on the Factors page, each computed when it is chosen."""

from __future__ import annotations

import math

import streamlit as st

from rrmm import formatting
from rrmm.analyses.factor_views import MOST, numbers_of
from rrmm.analyses.response import Convention
from rrmm.charts import calibration, cutoff_strip, functional_form
from rrmm.cohort import Cohort
from rrmm.endpoints import ENDPOINTS
from rrmm.picks import Picks
from rrmm.report import factor_tables as tables
from rrmm.results import Result
from rrmm.schema import VARIABLES
from rrmm.subgroups import SUBGROUPS
from rrmm.ui import cached, charts, controls, notices, state
from rrmm.ui.factors import Choice, targets
from rrmm.ui.tables import shown

SURVIVAL = ("Table", "Complete cases", "Proportional hazards", "Interactions", "Shape of a number", "Every cut-off",
            "Risk model")
RESPONSE = ("Table", "Complete cases", "Every cut-off")
KINDS = {"cox": "Penalised Cox (ridge)", "forest": "Random survival forest"}


def closer(cohort: Cohort, found: Result, choice: Choice, picks: Picks, convention: Convention) -> None:
    """The chosen closer look."""
    names = RESPONSE if choice.response else SURVIVAL
    key = "closer_response" if choice.response else "closer"
    name = st.segmented_control("Look closer", names, default=names[0], required=True, key=key, wrap=True,
                                **controls.REMEMBERED)  # type: ignore[call-overload]
    if name == "Table":
        shown(tables.factors_frame(found, choice.direction), "factors", first=210)
    elif name == "Complete cases":
        _complete(found)
    elif name == "Proportional hazards":
        shown(tables.ph_frame(found), "schoenfeld", first=130)
        st.caption("Score test of R’s cox.zph on Kaplan-Meier-transformed time. A small p speaks against one hazard ratio "
                   "for the whole time.")
    elif name == "Interactions":
        _interactions(choice, picks)
    elif name == "Shape of a number":
        _shape(cohort, choice, picks)
    elif name == "Every cut-off":
        _cut_offs(cohort, choice, picks, convention)
    elif name == "Risk model":
        _risk(choice, picks)


def _complete(found: Result) -> None:
    joint: Result | None = found.numbers["multivariable"]
    if joint is None:
        st.info("Choose covariates for the multivariable model.", icon=":material/group_remove:")
        return
    st.markdown(f"**{joint.n} of {found.n} patients** have every covariate of the multivariable model.")
    shown(tables.lost_frame(found), "complete_cases", first=260)


def _interactions(choice: Choice, picks: Picks) -> None:
    if len(choice.adjusted) < 2:
        st.info("Interactions need two covariates in the multivariable model.", icon=":material/join_inner:")
        return
    with st.spinner("Testing pairs"):
        found = cached.pairs(picks, choice.to_json())
    shown(tables.interaction_frame(found), "interactions", first=230)
    more = f" The first {MOST} covariates are looked at." if len(choice.adjusted) > MOST else ""
    st.caption(notices.plain(found.method[:1].upper() + found.method[1:] + ". A small p: the hazard ratio of one differs "
                             "between the levels of the other." + more))


def _number(cohort: Cohort, key: str) -> str | None:
    have = numbers_of(cohort)
    if not have:
        notices.needs("This view", "a number known before treatment, such as bone marrow plasma cells or age")
        return None
    return str(st.selectbox("Number", list(have), format_func=have.__getitem__, key=key, width=320,
                            persist_state="session"))


def _named(name: str) -> str:
    entry = VARIABLES[name]
    return f"{entry.label} ({entry.unit})" if entry.unit else entry.label


def _shape(cohort: Cohort, choice: Choice, picks: Picks) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        name = _number(cohort, "shape_of")
        if name is None:
            return
        adjust = st.toggle("Adjusted for the multivariable covariates", key="shape_adjusted", persist_state="session")
    found = cached.shape(picks, choice.to_json(), name, adjust)
    if math.isfinite(found.numbers["reference"]):
        charts.draw("shape", functional_form.form_data(found, ENDPOINTS[choice.endpoint].label, _named(name)),
                    functional_form.form_spec(charts.tone()), "Hazard ratio over a number as a spline with its interval.")
        tests = {key: formatting.p_value(found.numbers[key]["p_value"]) for key in ("association", "nonlinear")}
        st.markdown(notices.plain(f"{formatting.patients(found.n)}, {found.events} events. Any association: "
                                  f"{tests['association']}; departure from a straight line: {tests['nonlinear']} "
                                  "(likelihood-ratio tests)."))
    st.caption(notices.plain(found.method + "."))
    notices.remarks(found.remarks)


def _cut_offs(cohort: Cohort, choice: Choice, picks: Picks, convention: Convention) -> None:
    name = _number(cohort, "strip_of")
    if name is None:
        return
    in_use = next((state.cuts()[key] for key, entry in SUBGROUPS.items() if entry.source == name), math.nan)
    have = targets(cohort)
    survival = choice.endpoint if choice.endpoint in ENDPOINTS else next((key for key in have if key in ENDPOINTS), "")
    wanted = [(survival, f"HR of {ENDPOINTS[survival].label}")] if survival else []
    wanted += [("orr", "OR of response")] if cohort.has("responder") else []
    for column, (endpoint, ratio) in zip(st.columns(len(wanted), gap="large"), wanted, strict=True):
        with column:
            found = cached.strip(picks, choice.to_json(), name, endpoint, convention)
            if found.table.empty:
                st.info("This number does not differ between patients with a known outcome.", icon=":material/straighten:")
                continue
            charts.draw("strip_" + ("orr" if endpoint == "orr" else "hr"),
                        cutoff_strip.strip_data(found, f"{ratio}, at or above v below", _named(name), in_use),
                        cutoff_strip.strip_spec(charts.tone()), "Ratio at every cut-off, and the patients on each side.")
            st.markdown(notices.plain(selected(found)))
            notices.remarks(found.remarks)
            with st.expander("Every cut-off as a table", key="strip_table_" + endpoint, on_change="rerun") as box:
                if box.open:
                    shown(tables.cutoffs_frame(found, ratio, VARIABLES[name].unit), f"cutoffs_{endpoint}", first=110)


def selected(found: Result) -> str:
    """The best cut-off and what its p-value is worth."""
    best = found.numbers["selected"]
    if best.reason:
        return f"{formatting.patients(found.n)}: {best.reason}."
    return (f"{formatting.patients(found.n)}. The largest difference lies at {formatting.measured(best.cutoff)}: "
            f"{formatting.p_value(best.p_uncorrected)} as if it were the only one, "
            f"{formatting.p_value(best.p_permutation)} corrected for having looked at {best.searched} (permutation); "
            f"Lausen-Schumacher {formatting.p_value(best.p_lausen_1992)}, improved Bonferroni "
            f"{formatting.p_value(best.p_lausen_1994)}.")


def _risk(choice: Choice, picks: Picks) -> None:
    if not choice.adjusted:
        st.info("A risk model needs covariates in the multivariable model.", icon=":material/model_training:")
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        kind = str(st.segmented_control("Kind", list(KINDS), default="cox", required=True, key="risk_kind",
                                        format_func=KINDS.__getitem__,
                                        **controls.REMEMBERED))  # type: ignore[call-overload]
        anyway = st.toggle("Also with too few events", key="risk_anyway", persist_state="session")
        asked = (state.cohort().fingerprint, picks.but(conf_type="log-log"), choice.to_json(), kind, anyway)
        if st.button("Fit the model", icon=":material/model_training:", type="primary"):
            state.hold("risk", asked)
    if state.held("risk") != asked:
        st.caption("Fitted on click with 100 (forest: 20) bootstrap samples, which takes some seconds, on the covariates of "
                   "the multivariable model. It says how much of its skill is luck.")
        return
    with st.spinner("Fitting the model and its bootstrap samples"):
        model = cached.risk(picks, choice.to_json(), kind, anyway)
    found = model.result
    notices.remarks(found.remarks)
    if model.reason:
        st.warning(notices.plain(f"No risk model: {model.reason}."), icon=":material/warning:")
        return
    st.markdown(notices.plain(f"{formatting.patients(found.n)}, {found.events} events, "
                              f"{found.numbers['events_per_parameter']:.1f} per parameter."))
    left, right = st.columns(2, gap="large")
    with left:
        charts.draw("calibration", calibration.calibration_data(found), calibration.calibration_spec(charts.tone()),
                    "Predicted against observed survival in thirds of the risk.")
        shown(tables.calibration_frame(found), "calibration", first=120)
    with right:
        charts.draw("brier", calibration.brier_data(found), calibration.brier_spec(charts.tone()),
                    "Prediction error over time, beside that of the Kaplan-Meier curve of all.")
        shown(tables.measures_frame(found), "risk_model", first=260)
    st.caption(notices.plain(found.method + ". Corrected: what the bootstrap leaves of it; a C of 0.5 is a coin, a Brier "
                             "score of 0 is perfect. Not a tool for a single patient’s treatment."))
