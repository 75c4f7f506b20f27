"""A frame to what a Cox model needs: checked times, strata, the design, and who was left out."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from rrmm.analyses.counts import rank_times
from rrmm.analyses.design_matrix import Design, design_matrix, text_of

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class SurvivalData:
    """The m complete cases: time, entry (or None) in the unit of the file, event 1/0, strata codes (or None).

    excluded: reason -> patients, each counted once, at the first reason that applies.
    """

    time: NDArray[np.float64]
    event: NDArray[np.int64]
    entry: NDArray[np.float64] | None
    strata: NDArray[np.int64] | None
    design: Design
    excluded: Mapping[str, int]

    @property
    def n(self) -> int:
        """Complete cases."""
        return len(self.time)

    @property
    def events(self) -> int:
        """Events among them."""
        return int(self.event.sum())


def numbers(frame: pd.DataFrame, name: str) -> NDArray[np.float64]:
    """A column as float64; ValueError with a sentence where it is missing or holds no numbers."""
    if name not in frame.columns:
        raise ValueError(f"There is no column '{name}'.")
    try:
        return pd.to_numeric(frame[name]).to_numpy(np.float64, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise ValueError(f"The column '{name}' must hold numbers.") from error


def survival_data(
    frame: pd.DataFrame,
    time: str,
    event: str,
    covariates: Sequence[str],
    *,
    strata: Sequence[str] = (),
    entry: str | None = None,
    references: Mapping[str, str] | None = None,
    as_factor: Collection[str] = (),
) -> SurvivalData:
    """Check and select the rows of a model. event: 1 or yes = event, 0 or no = censored.

    Raises ValueError with a sentence for an unknown column, a time that is no number, or an event that is
    neither 0 nor 1.
    """
    times, events = numbers(frame, time), numbers(frame, event)
    strange = events[~np.isnan(events) & ~np.isin(events, (0.0, 1.0))]
    if len(strange):
        raise ValueError(
            f"The column '{event}' must hold 1 (event) or 0 (censored); it holds {strange[0]:g}."
        )
    entries = None if entry is None else numbers(frame, entry)
    names = [strata] if isinstance(strata, str) else list(strata)
    stratum = np.zeros(len(frame), dtype=np.int64)
    stratum_known = np.ones(len(frame), dtype=bool)
    for name in names:
        if name not in frame.columns:
            raise ValueError(f"There is no column '{name}'.")
        labels = pd.Series([text_of(cell) for cell in frame[name]], dtype=object)
        codes, levels = pd.factorize(labels, sort=True)
        stratum_known &= codes >= 0
        stratum = stratum * (len(levels) + 1) + codes
    left = np.ones(len(frame), dtype=bool)
    excluded: dict[str, int] = {}

    def leave_out(reason: str, keep: NDArray[np.bool_]) -> None:
        nonlocal left
        gone = int(np.count_nonzero(left & ~keep))
        if gone:
            excluded[reason] = gone
        left = left & keep

    leave_out("time missing", np.isfinite(times))
    leave_out("event missing", ~np.isnan(events))
    if entries is None:
        leave_out("time below zero", ~(times < 0))
    else:
        leave_out("entry missing", np.isfinite(entries))
        leave_out("entry not before the time", ~(entries >= times))
        leave_out("time below zero", ~(times < 0))
    leave_out("stratum missing", stratum_known)
    # Times that differ by rounding only are ties, as in R.
    ranked = rank_times(np.where(left, times, np.nan), events, entries)
    leave_out("entry not before the time", ~ranked.unusable)
    times = np.where(left, ranked.times[np.maximum(ranked.rank, 0)], np.nan) if left.any() else times
    entries = ranked.entry
    design = design_matrix(frame, covariates, eligible=left, references=references, as_factor=as_factor)
    used = design.used
    remaining = left
    for name in covariates:
        missing = remaining & ~_known(frame[name], name in as_factor)
        if missing.any():
            excluded[f"{name} missing"] = int(missing.sum())
        remaining = remaining & ~missing
    packed = np.unique(stratum[used], return_inverse=True)[1] if names else None
    return SurvivalData(
        times[used],
        events[used].astype(np.int64),
        None if entries is None else entries[used],
        packed,
        design,
        excluded,
    )


def _known(values: pd.Series, factor: bool) -> NDArray[np.bool_]:
    from rrmm.analyses.design_matrix import is_number

    if not factor and is_number(values):
        return np.isfinite(pd.to_numeric(values).to_numpy(np.float64, na_value=np.nan))
    return np.array([text_of(cell) is not None for cell in values], dtype=bool)
