"""A proportion with its interval: Clopper-Pearson (the default) or Wilson.

Own lines around the beta quantile: every bar of the live page asks for one, statsmodels takes 0.8 s to
import, and the tests hold both methods to statsmodels and to R (`binom.test`, `prop.test`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal

Method = Literal["clopper-pearson", "wilson"]
METHODS: tuple[Method, ...] = ("clopper-pearson", "wilson")


@dataclass(frozen=True, slots=True)
class Proportion:
    """``x`` of ``n``, as a fraction from 0 to 1 with its limits; NaN throughout where ``n`` is 0."""

    x: int
    n: int
    estimate: float
    conf_low: float
    conf_high: float
    method: str


def proportion(x: int, n: int, method: Method = "clopper-pearson", level: float = 0.95) -> Proportion:
    """The proportion ``x / n`` and its two-sided interval at ``level``.

    x: patients with the event, n: patients in all, both counts.
    method: "clopper-pearson" is exact (`binom.test` in R); "wilson" is the score interval without
    continuity correction (`prop.test(correct = FALSE)`).
    Raises ValueError where the counts contradict each other or the method or level is unknown.
    """
    if not 0 <= x <= n:
        raise ValueError(f"a proportion needs 0 <= x <= n, not {x} of {n}")
    if method not in METHODS:
        raise ValueError(f"unknown method for a proportion: {method!r}")
    if not 0 < level < 1:
        raise ValueError(f"a level lies between 0 and 1, not {level}")
    if n == 0:
        return Proportion(0, 0, math.nan, math.nan, math.nan, method)
    limits = _clopper_pearson if method == "clopper-pearson" else _wilson
    low, high = limits(x, n, level)
    return Proportion(int(x), int(n), x / n, low, high, method)


def _clopper_pearson(x: int, n: int, level: float) -> tuple[float, float]:
    from scipy.special import betaincinv

    tail = (1 - level) / 2
    low = 0.0 if x == 0 else float(betaincinv(x, n - x + 1, tail))
    high = 1.0 if x == n else float(betaincinv(x + 1, n - x, 1 - tail))
    return low, high


def _wilson(x: int, n: int, level: float) -> tuple[float, float]:
    z = NormalDist().inv_cdf(0.5 + level / 2)
    p = x / n
    centre = p + z * z / (2 * n)
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    # At 0 of n and n of n the limit is 0 and 1; the formula leaves rounding of 1e-18 there.
    low = 0.0 if x == 0 else (centre - half) / scale
    high = 1.0 if x == n else (centre + half) / scale
    return low, high
