"""The same patient twice: repeated rows, repeated ids within and between centres, rows alike but for the id."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from rrmm.schema import VARIABLES

if TYPE_CHECKING:
    from rrmm.intake.checks import Findings


def find_duplicates(work: Findings, extras: pd.DataFrame | None = None) -> None:
    """Only a row that repeats another in every column, its id included, is set aside; everything else is
    kept and said."""
    frame = work.frame
    others = [name for name in frame.columns if name not in ("patient_id", "center")]
    filled = frame[others].notna().sum(axis=1).to_numpy() if others else np.zeros(len(frame), int)
    if "patient_id" in frame:
        _repeated(work, filled, extras)
        _same_id(work)
    _look_alikes(work, others, filled)


def _repeated(work: Findings, filled: np.ndarray, extras: pd.DataFrame | None) -> None:
    ids = work.frame["patient_id"]
    if ids.notna().any():
        work.say(
            ids.isna(), "patient_id", "id_missing", "The patient has no ID. The patient is kept.", "info"
        )
    table = (
        work.frame
        if extras is None
        else pd.concat(
            [work.frame, extras.set_axis([f"extra {at}" for at in range(extras.shape[1])], axis=1)], axis=1
        )
    )
    whole = table.duplicated(keep="first").to_numpy() & ids.notna().to_numpy() & (filled >= 2)
    if not whole.any():
        return
    first = first_of(_row_keys(table))
    for at in map(int, np.flatnonzero(whole)):
        work.set_aside.append(at)
        work.one(
            at,
            "patient_id",
            "duplicate_row",
            f"This row repeats row {work.row(first[at])} in every column; it is set aside.",
            "warning",
        )


def _same_id(work: Findings) -> None:
    left = np.ones(len(work.frame), bool)
    left[work.set_aside] = False
    ids = work.frame["patient_id"]
    key = ids.map(lambda value: str(value).strip().casefold(), na_action="ignore").where(left)
    twice = key.duplicated(keep=False) & key.notna()
    if not twice.any():
        return
    first = first_of(key)
    same_centre = twice
    if "center" in work.frame:
        centre = work.frame["center"].map(lambda value: str(value).strip().casefold(), na_action="ignore")
        known = centre.notna()
        pair = (key.astype(str) + "\x00" + centre.astype(str)).where(known)
        alone = known & ~pair.duplicated(keep=False)
        same_centre = twice & ~alone
    for at in map(int, np.flatnonzero(twice.to_numpy())):
        if same_centre.iloc[at]:
            work.one(
                at,
                "patient_id",
                "duplicate_id",
                f"The ID of this row occurs more than once (first in row {work.row(first[at])}) with different values. "
                "All rows are kept as patients; please check.",
                "error",
            )
        else:
            work.one(
                at,
                "patient_id",
                "duplicate_id_centres",
                "The same ID occurs in another centre. The rows are kept as different patients.",
                "warning",
            )


def _look_alikes(work: Findings, others: list[str], filled: np.ndarray) -> None:
    """Rows alike in everything but the id: perhaps one patient under two ids."""
    frame = work.frame
    dates = [name for name in others if VARIABLES[name].kind == "date"]
    if len(others) < 6 or not dates:
        return
    alike = frame.duplicated(subset=others, keep=False).to_numpy() & (filled >= 6)
    alike &= frame[dates].notna().any(axis=1).to_numpy()
    alike[work.set_aside] = False
    if not alike.any():
        return
    keys = _row_keys(frame[others])
    keys[~alike] = None
    first = first_of(keys)
    ids = frame["patient_id"].to_numpy(object) if "patient_id" in frame else np.full(len(frame), None, object)
    for at in map(int, np.flatnonzero(alike)):
        if first[at] != at and (ids[at] is None or ids[at] != ids[first[at]]):
            work.one(
                at,
                "patient_id",
                "possible_duplicate",
                f"All values are the same as in row {work.row(first[at])}, the ID apart. Both are kept; please check.",
                "warning",
            )


def _row_keys(table: pd.DataFrame) -> pd.Series:
    """A number for each row, the same for rows alike in every column; missing equals missing."""
    codes = pd.DataFrame({name: pd.factorize(table[name])[0] for name in table.columns}, index=table.index)
    return codes.groupby(list(codes.columns), sort=False).ngroup().astype(object)


def first_of(keys: Iterable[Hashable]) -> dict[int, int]:
    """Position of the first row with the same key, for every position."""
    seen: dict[Hashable, int] = {}
    return {at: seen.setdefault(key, at) for at, key in enumerate(keys)}
