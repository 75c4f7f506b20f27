"""The parts of the Published page: beside other cohorts, the paper recomputed, the print check."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from rrmm.analyses.compare_published import PARTS, Kind, Measure, long_frame
from rrmm.analyses.maic_trial import FEW_EFFECTIVE, Adjusted, with_weighted
from rrmm.analyses.print_check import EXAMPLE, Finding, check, read_table
from rrmm.analyses.recompute import tally
from rrmm.charts import compare as compare_chart
from rrmm.cohort import Cohort
from rrmm.picks import Picks
from rrmm.published import NOT_ADJUSTED, cohorts
from rrmm.report import published as words
from rrmm.ui import cached, charts, controls, notices, state
from rrmm.ui.frame import counted, footer
from rrmm.ui.tables import download, height_of

if TYPE_CHECKING:
    from pandas.io.formats.style import Styler

SHOWN: dict[str, tuple[str, tuple[Kind, Kind]]] = {
    "efficacy": ("Response and times", ("response", "times")),
    "safety": ("Adverse events", ("any", "grade3")),
}
VIEWS = {
    "beside": "Beside published cohorts",
    "figures": "Figures 1 and 2",
    "paper": "The paper, recomputed",
    "print": "Print check",
}
TRIAL = "majestec1"
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
    found = weighting(cohort, picks) if about == "efficacy" else None
    if found is not None and not math.isnan(found.ess):
        measures = with_weighted(measures, found)
    for kind, column in zip(kinds, st.columns(2, gap="large"), strict=True):
        with column:
            picture(measures, kind, footer(cohort))
    st.caption(notices.plain(reading(picks, controls.convention().interval)))
    if found is not None and not math.isnan(found.ess):
        weighted_tables(found, measures)
    comparison_tables(tuple(measure for measure in measures if measure.kind in kinds))
    sources(keys)


def weighting(cohort: Cohort, picks: Picks) -> Adjusted | None:
    """Weights to the trial's baseline, on request: what to match on, who enters, how many are left in effect."""
    trial = cohorts()[TRIAL]
    wanted = st.toggle(f"Adjust to {trial.label}’s baseline (MAIC)", False, key="maic", **controls.REMEMBERED)  # type: ignore[call-overload]
    if not wanted:
        return None
    offered = {each.key: each for each in cached.matchable(picks, TRIAL)}
    keys = st.multiselect(
        "Match on",
        list(offered),
        default=[key for key, each in offered.items() if each.default],
        key="match_" + cohort.fingerprint,
        placeholder="Nothing",
        format_func=lambda key: f"{offered[key].label} (known in {offered[key].known})",
        persist_state="session",
    )
    if not offered:
        notices.needs(
            "An adjusted comparison",
            "age, sex, EMD, ISS stage, cytogenetics or refractoriness, in patients "
            "without earlier BCMA-directed therapy",
        )
        return None
    if not keys:
        st.caption("Choose the characteristics to match on.")
        return None
    found = cached.weighted(picks, controls.convention(), TRIAL, tuple(key for key in offered if key in keys))
    sentence = notices.plain(words.weighting_sentence(found))
    if found.small:
        st.warning(
            f"{sentence} That is too few to lean on: less than half of those who entered, or fewer than "
            f"{FEW_EFFECTIVE:.0f}.",
            icon=":material/warning:",
        )
    else:
        st.markdown(sentence)
    return found


def weighted_tables(found: Adjusted, measures: tuple[Measure, ...]) -> None:
    """Outcomes before and after weighting, and the balance."""
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader(f"Weighted to {found.trial}", anchor=False)
        st.table(
            words.weighted_frame(found, measures).map(notices.plain), hide_index=True, border="horizontal"
        )
        st.caption(
            "Unanchored matching-adjusted comparison (method of moments, Signorovitch). It corrects for these "
            "characteristics only: everything else, and how response and progression were judged, still differs. "
            "Intervals of weighted numbers are robust and take the weights as known. Not matched although it "
            "matters: prior lines of therapy, of which the trial’s median alone is known."
        )
    with right:
        st.subheader("Balance", anchor=False)
        st.table(words.balance_frame(found).map(notices.plain), hide_index=True, border="horizontal")
        st.caption("Share of patients. A published median is matched as half of the patients above it.")
        for remark in found.result.remarks:
            if remark.code == "large_weight":
                st.caption(notices.plain(remark.text))


def reading(picks: Picks, interval: str) -> str:
    """How to read the pictures."""
    return (
        f"Orange: this cohort; the dotted line carries its estimate down. Circle: bispecific antibody; diamond: CAR-T; "
        "square: this cohort, weighted. "
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
    places = [place for place in words.PLACES if (table["where"] == place).any()]
    where = _several("Place", places, "place", str)
    have = [key for key in words.STATUS if (table["status"] == key).any()]
    status = _several("Status", have, "status", lambda key: words.sign(words.STATUS, key))
    keep = table["where"].isin(where or places) & table["status"].isin(status or have)
    frame = words.recomputed_frame(table)
    met = table["status"] == "met"
    apart, holds = frame[(keep & ~met).to_numpy()], frame[(keep & met).to_numpy()]
    st.caption(
        "Ours is shown with as many decimals as the print; a value holds when it would be printed the same."
    )
    if len(apart):
        st.subheader(f"Where they differ: {len(apart)}", anchor=False)
        wrapped(words.differences_frame(apart), words.WHY, words.STATUS)
    if len(holds):
        st.subheader(f"What holds: {len(holds)}", anchor=False)
        lights(
            holds if holds["Why"].any() else holds.drop(columns="Why"), "Status", words.STATUS, "recomputed"
        )
    download(frame[keep.to_numpy()], "paper_recomputed")


def _several(label: str, options: list[str], key: str, name: Callable[[str], str]) -> list[str]:
    """Chips of which several may be chosen; none means all."""
    return list(
        st.pills(
            label,
            options,
            selection_mode="multi",
            wrap=True,
            key=key,
            format_func=name,
            **controls.REMEMBERED,
        )  # type: ignore[call-overload]
        or ()
    )


def _painted(frame: pd.DataFrame, column: str, signs: Mapping[str, tuple[str, str]]) -> Styler:
    """A status has a colour besides its sign and word."""
    fills = charts.tone().lights
    by_sign = {signs[key][0]: fills[key] for key in signs}

    def colour(text: object) -> str:
        ink, fill = by_sign.get(str(text)[:1], ("", ""))
        return f"color: {ink}; background-color: {fill}" if ink else ""

    return frame.reset_index(drop=True).style.map(colour, subset=[column])


def wrapped(frame: pd.DataFrame, column: str, signs: Mapping[str, tuple[str, str]]) -> None:
    """A table of sentences, all of them in sight."""
    st.table(_painted(frame, column, signs).format(_escaped), hide_index=True, border="horizontal")


def _escaped(text: object) -> str:
    """Harmless, with the space that keeps a sign and its word together."""
    return "\u00a0".join(notices.plain(part) for part in str(text).split("\u00a0"))


def lights(frame: pd.DataFrame, column: str, signs: Mapping[str, tuple[str, str]], name: str) -> None:
    """A long table that scrolls."""
    st.dataframe(
        _painted(frame, column, signs),
        hide_index=True,
        height=min(height_of(frame), MOST),
        key="table_" + name,
        column_config={
            "Place": st.column_config.Column(width=100),
            "Figure": st.column_config.Column(width=420),
            "Status": st.column_config.Column(width=210),
        },
    )


# the print check -----------------------------------------------------------------------------------


def print_check() -> None:
    """The linter on a table of one's own, and on the paper."""
    st.subheader("A table of your own", anchor=False)
    own_table()
    st.subheader("The paper’s tables", anchor=False)
    st.caption(
        "Found from the printed numbers alone: counts against percentages, sums, odds ratios against counts, "
        "intervals against estimate and p, denominators between tables. Rounding is allowed for in both directions."
    )
    findings(cached.paper_findings(), "paper_findings")


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
            st.markdown(f"**{len(table)} row{'' if len(table) == 1 else 's'} checked.**")
            findings(found, "own_findings")
    with st.expander("Columns of a table to check"):
        st.table(words.columns_frame(), hide_index=True, border="horizontal")


def findings(found: tuple[Finding, ...], name: str) -> None:
    """The findings, contradictions first."""
    if not found:
        st.success("Nothing contradicts anything else.", icon=":material/check_circle:")
        return
    frame = words.findings_frame(found)
    st.markdown(f"**{words.tally_of_findings(found)}.** A contradiction: no data can print this.")
    wrapped(frame, "Kind", words.SEVERITY)
    download(frame, name)
