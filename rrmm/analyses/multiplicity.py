"""p-values adjusted for many looks: Benjamini-Hochberg and Holm.

Own lines, as every table of the live page asks for q beside p: statsmodels takes 0.8 s to import, and its
`multipletests` returns NaN throughout where a single p is NaN. A comparison that gave no p (NaN) is no
look at the data: it stays NaN and is not counted. The tests hold both to R's `p.adjust` and to statsmodels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def benjamini_hochberg(p_values: ArrayLike) -> NDArray[np.float64]:
    """(k,) q-values, the false discovery rate at which each of (k,) p-values would be called.

    Source: Benjamini and Hochberg, J R Stat Soc B 1995;57:289. Raises ValueError for a p outside 0 to 1.
    """
    p, order = _ranked(p_values)
    m = len(order)
    steps = p[order] * (m / np.arange(1, m + 1))
    # From the largest p down, no q exceeds the one above it.
    return _placed(p, order, np.minimum.accumulate(steps[::-1])[::-1])


def holm(p_values: ArrayLike) -> NDArray[np.float64]:
    """(k,) p-values adjusted by Holm's step-down rule, which holds the family-wise error.

    Source: Holm, Scand J Stat 1979;6:65. Raises ValueError for a p outside 0 to 1.
    """
    p, order = _ranked(p_values)
    m = len(order)
    return _placed(p, order, np.maximum.accumulate(p[order] * np.arange(m, 0, -1)))


def _ranked(p_values: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """The p-values, and the places of those that are known, smallest first."""
    p = np.atleast_1d(np.asarray(p_values, dtype=float))
    where = np.flatnonzero(~np.isnan(p))
    if ((p[where] < 0) | (p[where] > 1)).any():
        raise ValueError("a p-value lies between 0 and 1")
    return p, where[np.argsort(p[where], kind="stable")]


def _placed(
    p: NDArray[np.float64], order: NDArray[np.intp], adjusted: NDArray[np.float64]
) -> NDArray[np.float64]:
    out = np.full(p.shape, np.nan)
    out[order] = np.minimum(adjusted, 1.0)
    return out
