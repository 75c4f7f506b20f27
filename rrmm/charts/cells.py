"""Rows of a picture to an Arrow table, fast: this runs on every click, and Arrow is what the browser gets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pyarrow as pa


def table(rows: Sequence[Mapping[str, Any]], numbers: Sequence[str], words: Mapping[str, str],
          level: bool = True, flags: Sequence[str] = ()) -> pa.Table:
    """One column a name, in the order numbers, words, level, flags.

    rows: cells that are missing or None become null in ``numbers`` (float64), the given default in ``words``, 0 in
    the level column ``g`` (int64), False in ``flags``.
    """
    import pyarrow as pa

    columns: dict[str, Any] = {}
    for name in numbers:
        values = [row.get(name) for row in rows]
        # NaN is missing too: Vega must not place it at 0.
        columns[name] = pa.array(np.array([np.nan if value is None else value for value in values], dtype=np.float64),
                                 from_pandas=True)
    for name, default in words.items():
        columns[name] = pa.array([row.get(name, default) for row in rows], pa.string())
    if level:
        columns["g"] = pa.array([row.get("g", 0) for row in rows], pa.int64())
    for name in flags:
        columns[name] = pa.array([bool(row.get(name)) for row in rows], pa.bool_())
    return pa.table(columns)
