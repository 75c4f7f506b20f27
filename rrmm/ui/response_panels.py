"""The parts of the Response page: depth by group, time to response, and Table 3."""

from __future__ import annotations

import streamlit as st

from rrmm import formatting
from rrmm.analyses.explore import Explore
from rrmm.analyses.response import GroupResponse
from rrmm.analyses.response_odds import Odds
from rrmm.analyses.response_times import ResponseTimes
from rrmm.charts import incidence as incidence_chart
from rrmm.charts import response_stack
from rrmm.report import tables
from rrmm.ui import charts, controls, notices
from rrmm.ui.tables import shown

CURVES = 470
NEEDS = "best response (sCR, CR, nCR, VGPR, PR, MR, SD, PD, NE) or responder yes/no"
INTERVALS = {"wald": "Wald", "baptista_pike_midp": "Exact mid-P, as the paper"}


def method() -> str:
    """The heading of the odds ratios, and which interval they have."""
    st.subheader("Odds of response by subgroup", anchor=False)
    return str(
        st.segmented_control(
            "Interval of the odds ratio",
            list(INTERVALS),
            default="wald",
            required=True,
            key="odds",
            format_func=INTERVALS.__getitem__,
            **controls.REMEMBERED,
        )
    )  # type: ignore[call-overload]


def by_group(view: Explore, overall: GroupResponse) -> None:
    """Stacked bars of everybody and of the groups compared, with the test and the rates as a table."""
    st.subheader("Best response", anchor=False)
    response = view.response
    blocks = [(overall,), response.groups] if len(response.groups) > 1 else [(overall,)]
    heading = (
        sentence(response.convention.text)
        if len(response.groups) < 2
        else (
            f"Best response by {view.grouping.label}: {response.test} {formatting.p_value(response.p_value)}"
        )
    )
    rows = [group for block in blocks for group in block]
    height = response_stack.height_for(len(rows), len(blocks))
    data = response_stack.stack_data(
        blocks, charts.tone(), heading, height, nonevaluable_counts=response.convention.nonevaluable_counts
    )
    charts.draw(
        "stack",
        data,
        response_stack.stack_spec(charts.tone(), height),
        "Best response by group as stacked bars with response rates; the table below has the numbers.",
    )
    st.caption(
        notices.plain(
            f"Intervals: {response.convention.interval.title()}. {sentence(response.convention.text)}."
        )
    )
    shown(tables.response_frame(tuple(rows)), "response", first=120)


def sentence(text: str) -> str:
    """With a capital letter."""
    return text[:1].upper() + text[1:]


def times(found: ResponseTimes, footer: str) -> None:
    """How fast: cumulative incidence of response in all, times of those who responded."""
    st.subheader("Time to response", anchor=False)
    if not any(group.first.n for group in found.groups):
        notices.needs(
            "Time to response",
            "the dates of start of treatment and of first response (or the time to response in days)",
        )
        return
    data = incidence_chart.incidence_data(
        found.curves,
        "Cumulative incidence of response (PR or better)",
        footer,
        ("responded", "progressed or died before"),
        CURVES,
    )
    charts.draw(
        "incidence",
        data,
        incidence_chart.incidence_spec(charts.tone(), len(found.groups), CURVES),
        "Cumulative incidence of response, with progression or death before it competing.",
    )
    left_out = "; ".join(f"{reason}: {n}" for reason, n in found.curves.excluded.items())
    st.caption(
        notices.plain(
            "Of all patients; progression or death before a response competes with it (Aalen-Johansen, "
            "log-log interval)." + (f" Left out: {left_out}." if left_out else "")
        )
    )
    shown(tables.times_frame(found), "time_to_response", first=120)
    st.caption("Median (range) of responders only: how fast those who responded did.")


def all_subgroups(blocks: tuple[tuple[GroupResponse, ...], ...], *, nonevaluable_counts: bool) -> None:
    """Response of every subgroup, one under the other (Fig. 2)."""
    st.subheader("Response in every subgroup", anchor=False)
    rows = sum(len(block) for block in blocks)
    height = response_stack.height_for(rows, len(blocks))
    data = response_stack.stack_data(
        blocks, charts.tone(), "", height, nonevaluable_counts=nonevaluable_counts
    )
    charts.draw(
        "stack_all",
        data,
        response_stack.stack_spec(charts.tone(), height),
        "Best response in every subgroup as stacked bars with response rates.",
    )


def odds(rows: tuple[Odds, ...], interval: str, nonevaluable_counts: bool) -> None:
    """Table 3 with both directions."""
    if not rows:
        notices.needs("Response by subgroup", "subgroups such as EMD, ISS stage or earlier ide-cel")
        return
    shown(tables.odds_frame(rows), "response_by_subgroup", first=215)
    st.caption(
        notices.plain(
            "Odds ratios compare the second level with the first (the reference). Above 1 in the "
            "column “of response”: "
            "the second level responded more often; “of non-response” is the same turned round, and "
            "what the paper prints. "
            f"Interval: {INTERVALS[interval]}. Associations, not effects; p is not adjusted for the "
            "number of rows."
            + (
                " The paper’s Table 3 leaves out who could not be evaluated: switch “Not evaluable "
                "counts” off in Settings."
                if nonevaluable_counts
                else " Evaluable patients only."
            )
        )
    )
