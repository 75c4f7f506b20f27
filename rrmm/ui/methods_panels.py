"""The parts of the Methods page."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from rrmm.picks import Picks
from rrmm.report import methods
from rrmm.report import methods_tables as tables
from rrmm.ui import controls, notices
from rrmm.ui.tables import download, height_of

MOST = 640
VIEWS = {
    "definitions": "Definitions",
    "statistics": "Statistics and R",
    "variables": "Variables",
    "data": "Data protection and versions",
}


def view() -> str:
    """Which part of the page is open."""
    return str(
        st.segmented_control(
            "Part",
            list(VIEWS),
            default="definitions",
            required=True,
            key="methods",
            format_func=VIEWS.__getitem__,
            label_visibility="collapsed",
            **controls.REMEMBERED,
        )
    )  # type: ignore[call-overload]


def definitions(picks: Picks) -> None:
    """Endpoints, response, subgroups, conventions; and the settings in force."""
    st.subheader("Endpoints", anchor=False)
    _table(tables.endpoints_frame())
    st.caption(
        notices.plain(
            f"Event 1, censored 0. A month is {methods.DAYS_PER_MONTH} days. Where a file has dates, "
            "times come from the dates; given durations stand in where there are none."
        )
    )
    st.subheader("Best response", anchor=False)
    st.markdown("\n".join(f"- {notices.plain(line)}" for line in tables.response_lines()))
    st.subheader("Subgroups", anchor=False)
    _table(tables.subgroups_frame(dict(picks.cuts)))
    st.subheader("Conventions", anchor=False)
    _table(tables.conventions_frame())
    st.subheader("Settings in force", anchor=False)
    _table(pd.DataFrame(methods.settings(picks, controls.convention()), columns=["Setting", "Value"]))


def statistics() -> None:
    """Each statistic with its R counterpart and the largest deviation."""
    frame = tables.statistics_frame()
    total = int(frame["Values compared"].sum())
    st.markdown(f"**{total:,} values are compared with R by the tests, on public and made-up data.**")
    for area, part in frame.groupby("Area", sort=False):
        st.subheader(str(area), anchor=False)
        _table(part.drop(columns="Area"))
    st.caption(
        "Deviation: |ours − R| over |R|, or over 0.001 where |R| is smaller; the largest of all values. "
        "1e-9 is a billionth. “None” is the same number to the last digit."
    )
    download(frame, "statistics")


def variables() -> None:
    """The dictionary, searchable."""
    words = st.text_input(
        "Search",
        key="dictionary",
        placeholder="a word of a header or its meaning, English or German",
        width=480,
    )
    whole = tables.variables_frame()
    frame = tables.matching(whole, words or "").reset_index(drop=True)
    st.caption(
        f"{len(frame)} of {len(whole)} variables. Headers are matched in any case; punctuation is ignored."
    )
    if len(frame):
        st.dataframe(
            frame,
            hide_index=True,
            height=min(height_of(frame), MOST),
            key="table_variables",
            column_config={
                "Variable": st.column_config.Column(width=210, pinned=True),
                "Meaning": st.column_config.Column(width=380),
                "Headers it goes by": st.column_config.Column(width=700),
            },
        )
    download(whole, "variables")


def data() -> None:
    """What happens to the data; which versions are installed."""
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.subheader("Data protection", anchor=False)
        st.markdown("\n".join(f"- {notices.plain(line)}" for line in tables.PRIVACY))
        st.caption(
            "rrmm is for research and discussion. It is no medical device, and none of its numbers is advice for a "
            "patient."
        )
    with right:
        st.subheader("Versions", anchor=False)
        _table(tables.versions_frame())


def _table(frame: pd.DataFrame) -> None:
    """All of its words in sight."""
    st.table(frame.reset_index(drop=True).map(notices.plain), hide_index=True, border="horizontal")
