"""The parts of the Baseline page: Table 1, trial criteria, overlap, what is missing, and the flow."""

from __future__ import annotations

import streamlit as st

from rrmm import formatting
from rrmm.analyses import overlap as features
from rrmm.analyses.baseline import Baseline
from rrmm.analyses.eligibility import SOURCE, Eligibility
from rrmm.analyses.flow import Flow
from rrmm.analyses.missingness import Missingness
from rrmm.charts import flow as flow_chart
from rrmm.charts import missing as missing_chart
from rrmm.charts import upset as upset_chart
from rrmm.cohort import Cohort
from rrmm.picks import Picks
from rrmm.published import NOT_ADJUSTED, cohorts
from rrmm.report import tables
from rrmm.subgroups import SUBGROUPS
from rrmm.ui import cached, charts, controls, notices
from rrmm.ui.tables import shown


def beside() -> tuple[str, ...]:
    """Published cohorts to show beside this one."""
    have = {key: each.label for key, each in cohorts().items() if each.baseline}
    return tuple(
        st.multiselect(
            "Beside published cohorts",
            list(have),
            default=["majestec1"],
            key="beside",
            format_func=have.__getitem__,
            placeholder="None",
            width=360,
            **controls.REMEMBERED,
        )
    )  # type: ignore[call-overload]


def characteristics(found: Baseline, published: tuple[str, ...], p_values: bool) -> None:
    """Table 1 with its footnotes."""
    st.subheader("Characteristics at baseline", anchor=False)
    if not found.rows:
        notices.needs(
            "Table 1", "columns such as age, sex, ISS stage, extramedullary disease or prior lines of therapy"
        )
        return
    others = tuple(cohorts()[key] for key in published)
    shown(tables.baseline_frame(found, others, p_values=p_values), "baseline", first=250)
    notes = ["Numbers are median (range); percentages are of patients in whom the characteristic is known."]
    if found.unknown:
        notes.append(
            f"{found.grouping.label} is unknown in {found.unknown}: they stand in the first column only."
        )
    if found.grouping.key != "none":
        notes.append(
            "SMD: standardised mean difference between the groups; above 0.1 is often called an imbalance."
        )
    if p_values and found.grouping.key != "none":
        notes.append(
            "p: Wilcoxon or Kruskal-Wallis for numbers, chi-square or Fisher's exact for the rest; not "
            "adjusted for the number of rows."
        )
    if others:
        notes.append(NOT_ADJUSTED + " Sources: " + "; ".join(each.citation for each in others) + ".")
    if found.absent:
        notes.append("Not in this file: " + ", ".join(each.label for each in found.absent) + ".")
    st.caption(notices.plain(" ".join(notes)))


def criteria(found: Eligibility) -> None:
    """Which key criteria of MajesTEC-1 patients would not have met."""
    st.subheader("Criteria of MajesTEC-1", anchor=False)
    if not found.rows:
        notices.needs(
            "Trial eligibility", "ECOG, haemoglobin, platelets, neutrophils or creatinine clearance at start"
        )
        return
    if found.any_condition.n:
        rate = found.any_condition
        st.markdown(
            f"**{formatting.percent(rate.estimate)}** ({rate.x} of {rate.n}) would not have met the "
            "key criteria "
            "at screening (performance status, blood counts, kidney function)."
            + (f" Undecided in {found.undecided}, as values are missing." if found.undecided else "")
        )
    shown(tables.eligibility_frame(found), "criteria", first=200)
    skipped = [each.label for each in found.not_checked]
    st.caption(
        notices.plain(
            f"* < 50 where at least half of the marrow is plasma cells. {SOURCE}. “Trial-eligible” "
            "in the filter means: the first block met; prior therapy is "
            "counted apart."
            + (f" Not checked, as the file lacks it: {', '.join(skipped)}." if skipped else "")
        )
    )


def overlapping(cohort: Cohort, picks: Picks) -> None:
    """Which risk features come together."""
    st.subheader("Risk features together", anchor=False)
    have = features.choices(cohort)
    if len(have) < 2:
        notices.needs(
            "The overlap of risk features",
            "two or more of EMD, ISS stage, marrow infiltration, cytogenetics, "
            "penta-refractoriness and earlier BCMA-directed therapy",
        )
        return
    keys = st.multiselect(
        "Features",
        have,
        default=[key for key in features.DEFAULT if key in have],
        key="features",
        max_selections=features.MOST,
        format_func=lambda key: SUBGROUPS[key].chip,
        label_visibility="collapsed",
        **controls.REMEMBERED,
    )  # type: ignore[call-overload]
    if not keys:
        st.caption("Choose the features to lay over each other.")
        return
    found = cached.overlapping(picks, tuple(key for key in features.FEATURES if key in keys))
    if not found.complete:
        st.caption(f"No patient has all of these {len(keys)} features known. Choose fewer.")
        return
    height = upset_chart.height_for(len(found.features))
    charts.draw(
        "upset",
        upset_chart.upset_data(found),
        upset_chart.upset_spec(charts.tone(), height),
        "Combinations of risk features, each with its number of patients, the most frequent first.",
    )
    largest = found.combinations[0]
    st.caption(
        notices.plain(
            f"Most frequent: {upset_chart.names(found, largest)}, {formatting.patients(largest.n)}."
        )
    )


def missing(found: Missingness) -> None:
    """What is not known of everybody."""
    st.subheader("What is missing", anchor=False)
    rows = missing_chart.incomplete(found)
    complete = [row.label for row in found.rows if row.known == row.n and row.n]
    if rows:
        height = missing_chart.height_for(len(rows))
        charts.draw(
            "missing",
            missing_chart.missing_data(found),
            missing_chart.missing_spec(charts.tone(), height),
            "Share of patients in whom each incomplete variable is known.",
        )
    elif complete:
        st.markdown("Nothing: every variable that the file holds is known in everybody.")
    notes = []
    if found.model and found.n:
        notes.append(
            f"{', '.join(found.model)}: all known in {found.complete} of {found.n}, which is what a "
            "model with "
            "them could use."
        )
    if complete and rows:
        notes.append(f"{len(complete)} further variables are known in everybody they apply to.")
    if found.absent:
        notes.append(f"Not in this file: {', '.join(found.absent)}.")
    if notes:
        st.caption(notices.plain(" ".join(notes)))


def diagram(found: Flow) -> None:
    """From the file to each analysis."""
    st.subheader("From the file to each analysis", anchor=False)
    height = flow_chart.height_for(found)
    charts.draw(
        "flow",
        flow_chart.flow_data(found),
        flow_chart.flow_spec(charts.tone(), height),
        "Flow of patients from the file to each analysis, with everyone left out and why.",
    )
