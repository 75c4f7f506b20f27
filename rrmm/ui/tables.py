"""A table on the page with its download."""

from __future__ import annotations

from typing import Any, Literal

import pandas as pd
import streamlit as st

from rrmm.report.tables import safe_csv

Width = Literal["small", "medium", "large"]
ROW_HEIGHT = 35


def height_of(frame: pd.DataFrame) -> int:
    """Height at which every row is in sight."""
    return ROW_HEIGHT * (len(frame) + 1) + 3


def shown(frame: pd.DataFrame, name: str, *, first: Width = "large", wide: tuple[str, ...] = ()) -> None:
    """Every row in sight, and the table as CSV. name: of the file and the widgets."""
    st.dataframe(
        frame,
        hide_index=True,
        height=height_of(frame),
        key="table_" + name,
        column_config=_config(frame, first, wide),
    )
    download(frame, name)


def chosen_row(frame: pd.DataFrame, name: str, *, first: Width = "medium") -> int | None:
    """As :func:`shown`, with rows that can be chosen: the place of the chosen one."""
    event: Any = st.dataframe(
        frame,
        hide_index=True,
        height=height_of(frame),
        key="table_" + name,
        on_select="rerun",
        selection_mode="single-row",
        column_config=_config(frame, first, ()),
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


def _config(frame: pd.DataFrame, first: Width, wide: tuple[str, ...]) -> dict[str, Any]:
    config: dict[str, Any] = (
        {str(frame.columns[0]): st.column_config.Column(width=first)} if len(frame.columns) else {}
    )
    config |= {name: st.column_config.Column(width="medium") for name in wide}
    return config
