"""Rows of a picture to a table, fast: this runs on every click."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd


def table(rows: Sequence[Mapping[str, Any]], numbers: Sequence[str], words: Mapping[str, str],
          level: bool = True, flags: Sequence[str] = ()) -> pd.DataFrame:
    """One column a name, in the order numbers, words, level, flags.

    rows: cells that are missing or None become NaN in ``numbers`` (float64), the given default in ``words``, 0 in
    the level column ``g`` (int64), False in ``flags``.
    """
    columns: dict[str, Any] = {}
    for name in numbers:
        values = [row.get(name) for row in rows]
        columns[name] = np.array([np.nan if value is None else value for value in values], dtype=np.float64)
    for name, default in words.items():
        column = np.empty(len(rows), dtype=object)
        column[:] = [row.get(name, default) for row in rows]
        columns[name] = column
    if level:
        columns["g"] = np.array([row.get("g", 0) for row in rows], dtype=np.int64)
    for name in flags:
        columns[name] = np.array([bool(row.get(name)) for row in rows], dtype=bool)
    return pd.DataFrame(columns, copy=False)
