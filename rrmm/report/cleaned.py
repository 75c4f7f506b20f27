"""The cleaned export read back without guessing, and the columns that ``cohort.csv`` does not hold.

``cohort.csv`` is what `python -m rrmm clean` writes. Exported code that needs more (another column of the upload, the
trial criteria) reads ``columns.csv`` beside it: the same patients in the same order.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from rrmm.cohort import Cohort
from rrmm.commands.clean import COLUMNS, number, safe, table
from rrmm.derive import empty_column
from rrmm.schema import VARIABLES
from rrmm.subgroups import COLUMN_PREFIX, UNKNOWN, format_cut, group

KINDS = ("flag", "number", "text")
"""How a column of columns.csv is to be read."""
CRITERIA = "trial"
_GUARDED = re.compile(r"^'(?=[=+\-@\t\r].)", re.DOTALL)


def cohort_csv(cohort: Cohort) -> bytes:
    """The bytes of ``cohort.csv``."""
    return _csv([COLUMNS, *table(cohort.frame)])


def settled(text: str) -> str:
    """Text as it survives every reader of the export: no NUL, one kind of line end."""
    return text.replace("\x00", "").replace("\r\n", "\n").replace("\r", "\n")


def kind_of(column: pd.Series) -> str:
    """ "flag", "number" or "text", by the rule of the comparison by any column."""
    known = column.dropna()
    if isinstance(column.dtype, pd.BooleanDtype) or (
        column.dtype == object and known.isin([True, False]).all()
    ):
        return "flag"
    return "number" if pd.api.types.is_numeric_dtype(column) else "text"


def other_columns(cohort: Cohort, keys: Sequence[str]) -> dict[str, str]:
    """Name -> kind of the columns of ``columns.csv`` for these keys (``col:<header>``, "trial").

    Canonical columns that cohort.csv does not hold come first, then columns of the upload.
    """
    found: dict[str, str] = {}
    headers = [key[len(COLUMN_PREFIX) :] for key in keys if key.startswith(COLUMN_PREFIX)]
    beyond = [name for name in VARIABLES if name not in COLUMNS and cohort.has(name)]
    for name in beyond:
        if name in headers or CRITERIA in keys:
            found[name] = _kind_of_variable(name)
    for header in headers:
        if header not in VARIABLES:
            found[header] = kind_of(cohort.extras[header])
    if CRITERIA in keys:
        found[CRITERIA] = "flag"
    return found


def _kind_of_variable(name: str) -> str:
    kind = VARIABLES[name].kind
    return "flag" if kind == "flag" else "number" if kind in ("number", "grade") else "text"


def columns_csv(cohort: Cohort, kinds: Mapping[str, str]) -> bytes:
    """The bytes of ``columns.csv``: these columns, one row a patient in the order of the file."""
    texts = [_texts(_values(cohort, name), kind) for name, kind in kinds.items()]
    return _csv([[safe(settled(name)) for name in kinds], *zip(*texts, strict=True)])


def _values(cohort: Cohort, name: str) -> pd.Series:
    if name == CRITERIA and name not in cohort.extras:
        codes = group(cohort, CRITERIA).codes
        return pd.Series(
            pd.array([None if code == UNKNOWN else bool(code) for code in codes], dtype="boolean")
        )
    return cohort.frame[name] if name in VARIABLES else cohort.extras[name].reset_index(drop=True)


def _texts(values: pd.Series, kind: str) -> list[str]:
    if kind == "flag":
        return ["" if pd.isna(value) else "yes" if value else "no" for value in values]
    if kind == "number":
        return ["" if pd.isna(value) else number(float(value)) for value in values]
    if pd.api.types.is_datetime64_any_dtype(values):
        return ["" if pd.isna(value) else f"{value:%Y-%m-%d}" for value in values]
    return [
        "" if pd.isna(value) else safe(settled(format_cut(value) if isinstance(value, float) else str(value)))
        for value in values
    ]


def _csv(rows: Sequence[Sequence[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode("utf-8", "replace")


def read_clean(
    cohort_file: str | Path, columns_file: str | Path | None = None, kinds: Sequence[tuple[str, str]] = ()
) -> Cohort:
    """The cohort of a cleaned export.

    cohort_file: ``cohort.csv``; derived columns are taken as they stand there. columns_file: ``columns.csv``; kinds:
    name and kind of its columns in their order. ValueError where the files don't belong together.
    """
    given = _read(cohort_file)
    n = len(given)
    frame = pd.DataFrame(
        {
            name: _typed(given[name], VARIABLES[name].kind) if name in given else empty_column(name, n)
            for name in VARIABLES
        }
    )
    extras = pd.DataFrame(index=range(n))
    if columns_file is not None:
        more = _read(columns_file)
        if len(more) != n or more.shape[1] != len(kinds):
            raise ValueError("columns.csv does not belong to this cohort.csv: other rows or columns.")
        for at, (name, kind) in enumerate(kinds):
            if name in VARIABLES:
                frame[name] = _typed(more.iloc[:, at], VARIABLES[name].kind)
            elif name != CRITERIA:
                extras[name] = _typed(more.iloc[:, at], kind)
    rows = pd.DataFrame({"sheet": [""] * n, "row": np.arange(2, n + 2)})
    return Cohort(Path(cohort_file).name, frame, extras, rows, read={"file": Path(cohort_file).name})


def _read(file: str | Path) -> pd.DataFrame:
    # Numbered columns: two headers of an upload may look alike once they are harmless.
    with open(file, encoding="utf-8-sig", newline="") as source:
        rows = list(csv.reader(source))
    if not rows:
        raise ValueError("The file is empty.")
    return pd.DataFrame([row for row in rows[1:] if row], columns=rows[0], dtype=object)


def _typed(column: pd.Series, kind: str) -> Any:
    text = column.reset_index(drop=True).where(column.reset_index(drop=True) != "", None)
    if kind == "flag":
        return text.map({"yes": True, "no": False}).astype("boolean")
    if kind in ("number", "grade"):
        return pd.to_numeric(text).astype(float)
    if kind == "date":
        return pd.to_datetime(text).astype("datetime64[ns]")
    return text.map(lambda value: None if value is None else _GUARDED.sub("", value)).astype(object)
