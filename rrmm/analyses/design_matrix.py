"""Covariates to columns of a design matrix, and who is lost on the way.

Text, categories and yes/no are factors in treatment coding: the first level in sorted order is the reference
(or the one given), every other level is a column named ``variable[level]``. Numbers stay as they are.
Patients with a missing covariate are left out (complete cases) and counted per covariate. What can't enter
a model is still a row with its counts and a reason.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from numpy.typing import NDArray

NO, YES = "No", "Yes"
"""Levels of a flag."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the model. level is "" for a number. reason: why it can't enter the model, or ""."""

    term: str
    variable: str
    level: str
    kind: Literal["number", "factor"]
    reason: str = ""


@dataclass(frozen=True, eq=False)
class Design:
    """A design matrix of m complete cases out of n rows.

    matrix: float64 (m, p), one column each of ``columns``, no NaN; columns with a reason are in it too.
    used: bool (n,), the complete cases. lost: one row a covariate: ``variable``, ``missing`` (patients
    without it) and ``only`` (patients lost through this covariate alone). levels: one row for each level of
    each factor and one for each number: ``variable``, ``level``, ``reference`` (bool), ``n``.
    codes: variable -> int64 (m,) position of the patient's level in ``levels``, factors only.
    """

    matrix: NDArray[np.float64]
    columns: tuple[Column, ...]
    used: NDArray[np.bool_]
    lost: pd.DataFrame
    levels: pd.DataFrame
    codes: Mapping[str, NDArray[np.int64]]

    @property
    def terms(self) -> tuple[str, ...]:
        """Names of the columns, in order."""
        return tuple(column.term for column in self.columns)

    def positions(self, variable: str) -> list[int]:
        """Columns that belong to a covariate."""
        return [at for at, column in enumerate(self.columns) if column.variable == variable]


def text_of(value: Any) -> str | None:
    """A cell as the label of a level: ``1`` for 1.0, None for missing or blank."""
    if value is None or (not isinstance(value, str) and pd.isna(value)):
        return None
    if isinstance(value, (bool, np.bool_)):
        return YES if value else NO
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        return str(int(value))
    return str(value).strip() or None


def is_number(values: pd.Series) -> bool:
    """Whether a column is taken as a number: numeric, not yes/no; objects only if every cell is a number."""
    if pd.api.types.is_bool_dtype(values) or isinstance(values.dtype, pd.CategoricalDtype):
        return False
    if pd.api.types.is_numeric_dtype(values):
        return True
    if values.dtype != object:
        return False
    known = values.dropna()
    return len(known) > 0 and all(
        isinstance(cell, (int, float, np.number)) and not isinstance(cell, (bool, np.bool_)) for cell in known
    )


def encode(values: pd.Series, reference: str | None = None) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Codes (n,) with -1 for missing, and the levels, reference first.

    Levels are sorted, except a categorical's, which keep their order. Raises ValueError for a reference that
    is not a level.
    """
    text = [text_of(cell) for cell in values]
    if isinstance(values.dtype, pd.CategoricalDtype):
        order = [text_of(cell) for cell in values.cat.categories]
        seen = set(text)
        levels = [level for level in order if level in seen and level is not None]
    else:
        levels = sorted({cell for cell in text if cell is not None})
    if reference is not None:
        if reference not in levels:
            raise ValueError(f"'{reference}' is not a level of '{values.name}': it has {', '.join(levels)}.")
        levels = [reference, *(level for level in levels if level != reference)]
    position = {level: at for at, level in enumerate(levels)}
    return np.array([-1 if cell is None else position[cell] for cell in text], dtype=np.int64), tuple(levels)


def design_matrix(
    frame: pd.DataFrame,
    covariates: Sequence[str],
    *,
    eligible: NDArray[np.bool_] | None = None,
    references: Mapping[str, str] | None = None,
    as_factor: Collection[str] = (),
) -> Design:
    """The design matrix of the covariates, without an intercept.

    frame: n rows. eligible: bool (n,), rows that may be used at all (known time and event); all by default.
    references: reference level of a factor. as_factor: numbers to be taken as factors.
    Raises ValueError for an unknown column, a column named twice or a reference that is not a level.
    """
    unknown = [name for name in covariates if name not in frame.columns]
    if unknown:
        raise ValueError(f"There is no column '{unknown[0]}'.")
    if len(set(covariates)) != len(covariates):
        raise ValueError("A covariate is named twice.")
    references = references or {}
    may = np.ones(len(frame), dtype=bool) if eligible is None else np.asarray(eligible, dtype=bool)
    numbers: dict[str, NDArray[np.float64]] = {}
    factors: dict[str, tuple[NDArray[np.int64], tuple[str, ...]]] = {}
    known: dict[str, NDArray[np.bool_]] = {}
    for name in covariates:
        values = frame[name]
        if name not in as_factor and is_number(values):
            numbers[name] = pd.to_numeric(values).to_numpy(np.float64, na_value=np.nan)
            known[name] = np.isfinite(numbers[name])
        else:
            # Levels come from the eligible rows: one that loses all its patients is reported, not forgotten.
            factors[name] = encode(values.where(pd.Series(may, index=values.index)), references.get(name))
            known[name] = factors[name][0] >= 0
    used = may.copy()
    for name in covariates:
        used &= known[name]

    columns: list[Column] = []
    blocks: list[NDArray[np.float64]] = []
    levels: list[dict[str, object]] = []
    codes: dict[str, NDArray[np.int64]] = {}
    for name in covariates:
        if name in numbers:
            inside = numbers[name][used]
            reason = _number_reason(inside)
            columns.append(Column(name, name, "", "number", reason))
            blocks.append(inside)
            levels.append({"variable": name, "level": "", "reference": False, "n": len(inside)})
            continue
        inner, names = factors[name][0][used], factors[name][1]
        counts = np.bincount(inner, minlength=len(names))
        base = references.get(name) or next((level for level, n in zip(names, counts, strict=True) if n), "")
        codes[name] = inner
        present = int(np.count_nonzero(counts))
        for at, level in enumerate(names):
            levels.append(
                {"variable": name, "level": level, "reference": level == base, "n": int(counts[at])}
            )
            if level == base:
                continue
            columns.append(
                Column(
                    f"{name}[{level}]",
                    name,
                    level,
                    "factor",
                    _level_reason(name, level, base, counts[at], counts[names.index(base)] if base else 0),
                )
            )
            blocks.append((inner == at).astype(np.float64))
        if present == 1 and len(names) == 1:
            columns.append(Column(name, name, "", "factor", f"every patient is '{base}'"))
            blocks.append(np.zeros(len(inner)))
        if not names:
            columns.append(Column(name, name, "", "factor", "no patient has a value"))
            blocks.append(np.zeros(len(inner)))
    matrix = np.column_stack(blocks) if blocks else np.zeros((int(used.sum()), 0))
    return Design(
        matrix,
        tuple(columns),
        used,
        _lost(covariates, known, may),
        pd.DataFrame(levels, columns=["variable", "level", "reference", "n"]),
        codes,
    )


def _number_reason(values: NDArray[np.float64]) -> str:
    if len(values) == 0:
        return "no patient has a value"
    if values.max() - values.min() <= 1e-12 * max(abs(values.max()), abs(values.min())):
        return "constant: every patient has the same value"
    return ""


def _level_reason(variable: str, level: str, base: str, n: int, n_base: int) -> str:
    if n == 0:
        return f"no patient with '{level}' among the complete cases"
    if n_base == 0:
        return f"no patient in the reference level '{base}' among the complete cases"
    return ""


def _lost(
    covariates: Sequence[str], known: Mapping[str, NDArray[np.bool_]], may: NDArray[np.bool_]
) -> pd.DataFrame:
    rows = []
    for name in covariates:
        others = may.copy()
        for other in covariates:
            if other != name:
                others &= known[other]
        rows.append(
            {
                "variable": name,
                "missing": int(np.count_nonzero(may & ~known[name])),
                "only": int(np.count_nonzero(others & ~known[name])),
            }
        )
    return pd.DataFrame(rows, columns=["variable", "missing", "only"])
