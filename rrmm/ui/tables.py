"""A table on the page with its download."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from rrmm.report.tables import safe_csv

ROW_HEIGHT, MOST_ROWS = 35, 45


def height_of(frame: pd.DataFrame) -> int:
    """Height at which every row is in sight; beyond MOST_ROWS the table scrolls."""
    return ROW_HEIGHT * (min(len(frame), MOST_ROWS) + 1) + 3


def shown(frame: pd.DataFrame, name: str, *, first: int = 330) -> None:
    """Every row in sight, and the table as CSV. name: of the file and the widgets."""
    st.dataframe(
        frame,
        hide_index=True,
        height=height_of(frame),
        key="table_" + name,
        column_config=_config(frame, first),
    )
    download(frame, name)


def chosen_row(frame: pd.DataFrame, name: str, *, first: int = 150) -> int | None:
    """As :func:`shown`, with rows that can be chosen: the place of the chosen one."""
    event: Any = st.dataframe(
        frame,
        hide_index=True,
        height=height_of(frame),
        key="table_" + name,
        on_select="rerun",
        selection_mode="single-row",
        column_config=_config(frame, first),
    )
    download(frame, name)
    rows = event.selection.rows
    return int(rows[0]) if rows and rows[0] < len(frame) else None


def download(frame: pd.DataFrame, name: str) -> None:
    """The table as CSV."""
    st.download_button(
        "Table as CSV",
        safe_csv(frame),
        f"{name}.csv",
        "text/csv",
        icon=":material/download:",
        on_click="ignore",
        type="tertiary",
        key="csv_" + name,
    )


NARROW = (
    "Unknown",
    "Grade unknown",
    "p",
    "n",
    "SMD",
    "Responders",
    "Not evaluable",
    "No.",
    "Sex",
    "EMD",
    "ISS",
)
"""Columns that need little room."""


def _config(frame: pd.DataFrame, first: int) -> dict[str, Any]:
    config: dict[str, Any] = {
        name: st.column_config.Column(width="small") for name in frame.columns if name in NARROW
    }
    if len(frame.columns):
        config[str(frame.columns[0])] = st.column_config.Column(width=first)
    return config
