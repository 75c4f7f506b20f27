"""The parts of the Published page: beside other cohorts, the paper recomputed, the print check."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from rrmm.analyses.compare_published import PARTS, Kind, Measure, long_frame
from rrmm.analyses.print_check import EXAMPLE, Finding, check, read_table
from rrmm.analyses.recompute import tally
from rrmm.charts import compare as compare_chart
from rrmm.cohort import Cohort
from rrmm.picks import Picks
from rrmm.published import NOT_ADJUSTED, cohorts
from rrmm.report import published as words
from rrmm.ui import cached, charts, controls, notices, state
from rrmm.ui.frame import counted, footer
from rrmm.ui.tables import download, height_of, shown

SHOWN: dict[str, tuple[str, tuple[Kind, Kind]]] = {
    "efficacy": ("Response and times", ("response", "times")),
    "safety": ("Adverse events", ("any", "grade3")),
}
VIEWS = {"beside": "Beside published cohorts", "paper": "The paper, recomputed", "print": "Print check"}
MOST = 700
"""Height of a long table, in pixels."""


def view() -> str:
    """Which part of the page is open."""
    return str(
        st.segmented_control(
            "Part",
            list(VIEWS),
            default="beside",
            required=True,
            key="part",
            format_func=VIEWS.__getitem__,
            label_visibility="collapsed",
            **controls.REMEMBERED,
        )
    )  # type: ignore[call-overload]


# beside published cohorts --------------------------------------------------------------------------


def beside(cohort: Cohort, picks: Picks) -> None:
    """Pictures, tables and sources of the comparison."""
    every = cohorts()
    chosen = st.multiselect(
        "Published cohorts",
        list(every),
        default=list(every),
        key="published",
        format_func=lambda key: f"{every[key].label} ({every[key].drug})",
        placeholder="None",
        **controls.REMEMBERED,
    )  # type: ignore[call-overload]
    keys = tuple(key for key in every if key in chosen)
    about = str(
        st.segmented_control(
            "Shows",
            list(SHOWN),
            default="efficacy",
            required=True,
            key="shows",
            label_visibility="collapsed",
            format_func=lambda name: SHOWN[name][0],
            **controls.REMEMBERED,
        )
    )  # type: ignore[call-overload]
    measures = cached.compared(picks, controls.convention(), keys)
    st.markdown(f":orange-badge[:material/balance: {NOT_ADJUSTED}] {counted(cohort)}")
    if cohort.fictitious and "german_rw" in keys:
        st.caption(
            "The sample cohort is fictitious and was built to give the figures of the German real-world cohort: "
            "beside that cohort it shows no finding."
        )
    kinds = SHOWN[about][1]
    for kind, column in zip(kinds, st.columns(2, gap="large"), strict=True):
        with column:
            picture(measures, kind, footer(cohort))
    st.caption(notices.plain(reading(picks, controls.convention().interval)))
    comparison_tables(tuple(measure for measure in measures if measure.kind in kinds))
    sources(keys)


def reading(picks: Picks, interval: str) -> str:
    """How to read the pictures."""
    return (
        f"Orange: this cohort; the dotted line carries its estimate down. Circle: bispecific antibody; diamond: CAR-T. "
        f"Hollow: printed without an interval. Proportions: 95 % interval from the counts ({interval.title()}); "
        "where a percentage is rounded so that several counts fit, it covers all of them. Medians of this cohort: "
        f"Kaplan-Meier ({picks.conf_type} interval); published medians with the interval that was printed. NR: not "
        "reached. An arrow: no upper limit. Intervals that overlap do not show that two cohorts are alike."
    )


def picture(measures: tuple[Measure, ...], kind: Kind, foot: str) -> None:
    """One part, drawn; measures that nobody reports are left out."""
    some = [measure for measure in measures if measure.kind == kind and measure.reported]
    st.subheader(PARTS[kind], anchor=False)
    if not some:
        notices.needs(PARTS[kind], "columns for it, or a published cohort that reports it")
        return
    height = compare_chart.height_for(some)
    charts.draw(
        "published_" + kind,
        compare_chart.compare_data(some, f"{NOT_ADJUSTED} {foot}", height),
        compare_chart.compare_spec(charts.tone(), kind, compare_chart.axis_end(some), height),
        f"{PARTS[kind]}: this cohort and published ones, each with its interval; the table below has the numbers.",
    )


def comparison_tables(measures: tuple[Measure, ...]) -> None:
    """All numbers, and the differences of proportions."""
    numbers, gaps = st.tabs(["Numbers", "Differences of proportions"])
    with numbers:
        shown_all(words.beside_frame(measures), "published_cohorts", long_frame(measures))
        noted = [
            f"{entry.label}, {measure.label}: {entry.note}"
            for measure in measures
            for entry in measure.entries
            if entry.note
        ]
        if noted:
            with st.expander(f"Notes on single figures, marked * ({len(noted)})"):
                st.markdown("\n".join(f"- {notices.plain(line)}" for line in noted))
    with gaps:
        shown_all(words.difference_frame(measures), "published_differences")
        st.caption(
            "This cohort minus the published one, percentage points (95 % interval, Newcombe). "
            f"{NOT_ADJUSTED} Medians are not subtracted: without the patients behind a published median the "
            "difference has no interval."
        )


def shown_all(frame: pd.DataFrame, name: str, as_csv: pd.DataFrame | None = None) -> None:
    """A table with every row in sight; the download may hold more columns."""
    st.dataframe(
        frame,
        hide_index=True,
        height=height_of(frame),
        key="table_" + name,
        column_config={"Measure": st.column_config.Column(width=250, pinned=True)},
    )
    download(frame if as_csv is None else as_csv, name)


def sources(keys: tuple[str, ...]) -> None:
    """Who the published cohorts are, with citation and follow-up."""
    if not keys:
        return
    st.subheader("Published cohorts", anchor=False)
    for line in words.source_lines([cohorts()[key] for key in keys]):
        st.markdown(
            "- "
            + notices.plain(line.words).replace(
                notices.plain(line.name), f"**{notices.plain(line.name)}**", 1
            )
            + f" [{notices.plain(line.host)}]({line.url})"
        )


# the paper recomputed ------------------------------------------------------------------------------


def paper() -> None:
    """Every printed figure beside ours."""
    sample, table = cached.recomputed()
    if state.is_own():
        st.info(
            "This part always shows the fictitious sample cohort, which was built to reproduce the paper. Your own "
            "cohort plays no part in it.",
            icon=":material/info:",
        )
    found = tally(table)
    st.markdown(
        f"**{notices.plain(found.sentence)}** Riedhammer et al., Leukemia 2024;38:365–371, beside the same "
        f"analyses of the {notices.plain(sample.name)} (fictitious, n = {sample.n})."
    )
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        places = list(dict.fromkeys(table["where"]))
        where = st.pills("Place", places, selection_mode="multi", key="place", **controls.REMEMBERED)  # type: ignore[call-overload]
        have = [key for key in words.STATUS if (table["status"] == key).any()]
        status = st.pills(
            "Status",
            have,
            selection_mode="multi",
            key="status",
            format_func=lambda key: words.sign(words.STATUS, key),
            **controls.REMEMBERED,
        )  # type: ignore[call-overload]
    mask = table["where"].isin(where or places) & table["status"].isin(status or have)
    frame = words.recomputed_frame(table)[mask.to_numpy()].reset_index(drop=True)
    st.caption(
        f"{len(frame)} of {len(table)} printed values. Ours has as many decimals as the print; it holds when it "
        "would be printed the same."
    )
    lights(
        frame,
        "Status",
        words.STATUS,
        "recomputed",
        {
            "Place": st.column_config.Column(width=90),
            "Figure": st.column_config.Column(width=330),
            "Printed": st.column_config.Column(width=80),
            "Ours": st.column_config.Column(width=80),
            "Status": st.column_config.Column(width=190),
            "Why": st.column_config.Column(width=620),
        },
    )
    download(frame, "paper_recomputed")


def lights(
    frame: pd.DataFrame, column: str, signs: Mapping[str, tuple[str, str]], name: str, config: dict[str, Any]
) -> None:
    """A table whose status has a colour besides its sign and word."""
    fills = charts.tone().lights
    by_text = {words.sign(signs, key): fills[key] for key in signs}

    def colour(text: object) -> str:
        ink, fill = by_text.get(str(text), ("", ""))
        return f"color: {ink}; background-color: {fill}" if ink else ""

    st.dataframe(
        frame.style.map(colour, subset=[column]),
        hide_index=True,
        height=min(height_of(frame), MOST),
        key="table_" + name,
        column_config=config,
    )


# the print check -----------------------------------------------------------------------------------


def print_check() -> None:
    """The linter on the paper and on a table of one's own."""
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("The paper's tables", anchor=False)
        findings(cached.paper_findings(), "paper_findings")
        st.caption(
            "Found from the printed numbers alone: counts against percentages, "
            "sums, odds ratios against counts, intervals against estimate and p, denominators between tables. "
            "Rounding is allowed for in both directions."
        )
    with right:
        st.subheader("A table of your own", anchor=False)
        own_table()


def own_table() -> None:
    """Upload, findings, and what the columns mean."""
    file = st.file_uploader(
        "Table to check, as CSV",
        type=["csv", "tsv", "txt"],
        key="print_file",
        help="Read in memory, checked, and forgotten. One printed statement a row.",
    )
    st.download_button(
        "Example table",
        EXAMPLE.encode("utf-8-sig"),
        "table_to_check.csv",
        "text/csv",
        icon=":material/download:",
        on_click="ignore",
        type="tertiary",
        key="print_example",
    )
    if file is not None:
        try:
            table = read_table(file.getvalue())
            found = check(table)
        except ValueError as reason:
            st.error(notices.plain(reason), icon=":material/error:")
        else:
            st.markdown(f"**{len(table)} rows checked.**")
            findings(found, "own_findings")
    with st.expander("Columns of a table to check", expanded=file is None):
        shown(words.columns_frame(), "print_columns", first=110)


def findings(found: tuple[Finding, ...], name: str) -> None:
    """The findings, contradictions first."""
    if not found:
        st.success("Nothing contradicts anything else.", icon=":material/check_circle:")
        return
    frame = words.findings_frame(found)
    hard = sum(each.severity == "contradiction" for each in found)
    st.markdown(
        f"**{hard} contradictions, {len(found) - hard} worth a look.** A contradiction: no data can print this."
    )
    lights(
        frame,
        "Kind",
        words.SEVERITY,
        name,
        {
            "Kind": st.column_config.Column(width=120),
            "Place": st.column_config.Column(width=90),
            "Row": st.column_config.Column(width=170),
            "Finding": st.column_config.Column(width=620),
        },
    )
    download(frame, name)
