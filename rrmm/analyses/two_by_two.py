"""Everything about a 2 x 2 table: tests, odds ratio, risk difference, risk ratio.

Layout, everywhere in rrmm::

                 event   no event
    exposed        a        b
    unexposed      c        d

The odds ratio is ``ad / bc``: the odds of the event among the exposed over the odds among the unexposed.
:attr:`TwoByTwo.reverse` gives the odds ratio of *no* event, ``bc / ad``, with its limits (some papers print
this direction).

:func:`quick` is the live path: the uncorrected chi-square p and the Wald odds ratio, in pure Python.
:func:`two_by_two` gives all of it. What can't be estimated is NaN with the reason; 1/2 is added to the cells
only under its own name, "haldane_anscombe".
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from statistics import NormalDist
from types import MappingProxyType
from typing import NamedTuple

import pandas as pd

from rrmm.analyses import exact_odds
from rrmm.analyses.proportions import proportion
from rrmm.results import Remark

Z95 = 1.959963984540054
"""The 97.5 % point of the normal distribution."""

ODDS_RATIO_METHODS = {
    "wald": "Wald (Woolf)",
    "baptista_pike_midp": "exact mid-P (min-likelihood ordering, Baptista-Pike)",
    "baptista_pike": "exact (min-likelihood ordering, Baptista-Pike)",
    "fisher_central": "exact (central, Clopper-Pearson type), conditional maximum likelihood",
    "midp_central": "exact mid-P (central), conditional maximum likelihood",
    "profile_likelihood": "profile likelihood",
    "haldane_anscombe": "Wald after adding 1/2 to every cell (Haldane-Anscombe)",
}
"""Intervals of the odds ratio, in the words a reader sees."""

TESTS = {
    "chi_square": "chi-square, uncorrected",
    "chi_square_yates": "chi-square with Yates' correction",
    "fisher": "Fisher's exact (min-likelihood)",
    "fisher_central": "Fisher's exact (central, twice the smaller tail)",
    "midp": "Fisher's mid-P (min-likelihood)",
    "midp_central": "Fisher's mid-P (central)",
}
"""Tests of no association, in the words a reader sees."""


class Quick(NamedTuple):
    """What the live path shows of a 2 x 2 table; NaN where a number can't be given."""

    p_value: float
    odds_ratio: float
    conf_low: float
    conf_high: float
    min_expected: float


@dataclass(frozen=True, slots=True)
class AssociationTest:
    """A test of no association. ``statistic`` and ``df`` are NaN for exact tests."""

    p_value: float
    statistic: float = math.nan
    df: float = math.nan
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate with its limits; ``reason`` says why a part of it is missing."""

    estimate: float
    conf_low: float
    conf_high: float
    reason: str = ""


@dataclass(frozen=True)
class TwoByTwo:
    """A 2 x 2 table and what follows from it.

    a, b, c, d: counts in the module's layout. level: of every interval.
    expected: expected counts under no association, in the order a, b, c, d.
    tests: by the keys of :data:`TESTS`. odds_ratios: by the keys of :data:`ODDS_RATIO_METHODS`.
    risk_difference: risk among the exposed minus risk among the unexposed, Newcombe's interval (method 10).
    risk_ratio: the same risks divided, Wald interval on the log scale.
    """

    a: int
    b: int
    c: int
    d: int
    level: float
    expected: tuple[float, float, float, float]
    tests: Mapping[str, AssociationTest]
    odds_ratios: Mapping[str, Interval]
    risk_difference: Interval
    risk_ratio: Interval
    remarks: tuple[Remark, ...] = field(default=())

    @property
    def n(self) -> int:
        return self.a + self.b + self.c + self.d

    @property
    def reverse(self) -> Mapping[str, Interval]:
        """The odds ratio of *no* event, exposed over unexposed: each of ``odds_ratios`` turned round."""
        return MappingProxyType({name: _turned(value) for name, value in self.odds_ratios.items()})

    def frame(self, reverse: bool = False) -> pd.DataFrame:
        """One row for each interval: term, estimate, conf_low, conf_high, method, reason."""
        source = self.reverse if reverse else self.odds_ratios
        direction = "odds of no event" if reverse else "odds of event"
        return pd.DataFrame(
            [
                {"term": direction, "estimate": value.estimate, "conf_low": value.conf_low,
                 "conf_high": value.conf_high, "method": ODDS_RATIO_METHODS[name], "reason": value.reason}
                for name, value in source.items()
            ]
        )  # fmt: skip


def quick(a: int, b: int, c: int, d: int, level: float = 0.95) -> Quick:
    """Uncorrected chi-square p and Wald odds ratio of a 2 x 2 table, for the live path.

    The p is NaN where a row or column is empty; the odds ratio is 0, infinite or NaN with NaN limits where a
    cell is empty. The least expected count comes along, so that a caller can say when the test is doubtful.
    """
    rows, columns = (a + b, c + d), (a + c, b + d)
    n = rows[0] + rows[1]
    margins = rows[0] * rows[1] * columns[0] * columns[1]
    p_value = math.nan
    if margins:
        p_value = _chi_square_tail((a * d - b * c) ** 2 * n / margins)
    ratio, low, high = _wald(a, b, c, d, level)
    least = min(rows) * min(columns) / n if n else math.nan
    return Quick(p_value, ratio, low, high, least)


def two_by_two(a: int, b: int, c: int, d: int, level: float = 0.95) -> TwoByTwo:
    """Every test and interval of the 2 x 2 table ``[[a, b], [c, d]]``.

    a: exposed with the event, b: exposed without, c: unexposed with, d: unexposed without.
    Raises ValueError for negative or fractional counts, or a level outside 0 to 1.
    """
    if any(count < 0 or count != int(count) for count in (a, b, c, d)):
        raise ValueError("the cells of a 2 x 2 table are counts: whole numbers, 0 or more")
    if not 0 < level < 1:
        raise ValueError(f"a level lies between 0 and 1, not {level}")
    a, b, c, d = int(a), int(b), int(c), int(d)
    n = a + b + c + d
    empty = _empty_margin(a, b, c, d)
    expected = tuple((r * k / n if n else math.nan) for r in (a + b, c + d) for k in (a + c, b + d))
    return TwoByTwo(
        a, b, c, d, level, expected,  # type: ignore[arg-type]
        tests=MappingProxyType(_tests(a, b, c, d, empty)),
        odds_ratios=MappingProxyType(_odds_ratios(a, b, c, d, level, empty)),
        risk_difference=risk_difference(a, a + b, c, c + d, level),
        risk_ratio=_risk_ratio(a, a + b, c, c + d, level),
        remarks=_remarks(a, b, c, d, expected, empty),
    )  # fmt: skip


# tests ---------------------------------------------------------------------------------------------


def _tests(a: int, b: int, c: int, d: int, empty: str) -> dict[str, AssociationTest]:
    if empty:
        return {name: AssociationTest(math.nan, reason=empty) for name in TESTS}
    n = a + b + c + d
    margins = (a + b) * (c + d) * (a + c) * (b + d)
    gap = abs(a * d - b * c)
    # Yates' half a patient is never more than the deviation itself, as in R's chisq.test.
    statistics = {
        "chi_square": gap**2 * n / margins,
        "chi_square_yates": max(0.0, gap - n / 2) ** 2 * n / margins,
    }
    tests = {
        name: AssociationTest(_chi_square_tail(value), value, 1.0) for name, value in statistics.items()
    }
    table = exact_odds.conditional(a, b, c, d)
    tests["fisher"] = AssociationTest(exact_odds.fisher_p(table))
    tests["fisher_central"] = AssociationTest(exact_odds.fisher_central_p(table))
    tests["midp"] = AssociationTest(exact_odds.fisher_p(table, mid=True))
    tests["midp_central"] = AssociationTest(exact_odds.fisher_central_p(table, mid=True))
    return tests


def _chi_square_tail(statistic: float) -> float:
    """P(chi-square with 1 degree of freedom > statistic)."""
    return math.erfc(math.sqrt(statistic / 2))


# odds ratio ----------------------------------------------------------------------------------------


def _odds_ratios(a: int, b: int, c: int, d: int, level: float, empty: str) -> dict[str, Interval]:
    if empty:
        return {name: Interval(math.nan, math.nan, math.nan, empty) for name in ODDS_RATIO_METHODS}
    ratio, low, high = _wald(a, b, c, d, level)
    table = exact_odds.conditional(a, b, c, d)
    likeliest = exact_odds.conditional_estimate(table)
    none = "" if a * b * c * d else "a cell is empty, so the Wald interval does not exist"
    return {
        "wald": Interval(ratio, low, high, none),
        "baptista_pike_midp": Interval(ratio, *exact_odds.baptista_pike(table, level, mid=True)),
        "baptista_pike": Interval(ratio, *exact_odds.baptista_pike(table, level)),
        "fisher_central": Interval(likeliest, *exact_odds.central_interval(table, level)),
        "midp_central": Interval(likeliest, *exact_odds.central_interval(table, level, mid=True)),
        "profile_likelihood": Interval(ratio, *_profile(a, b, c, d, level)),
        "haldane_anscombe": Interval(*_wald(a + 0.5, b + 0.5, c + 0.5, d + 0.5, level)),
    }


def _wald(a: float, b: float, c: float, d: float, level: float) -> tuple[float, float, float]:
    """Odds ratio with Wald limits; without limits where a cell is empty, NaN where it is 0 / 0."""
    top, bottom = a * d, b * c
    if top > 0 and bottom > 0:
        z = Z95 if level == 0.95 else NormalDist().inv_cdf(0.5 + level / 2)
        ratio = top / bottom
        factor = math.exp(z * math.sqrt(1 / a + 1 / b + 1 / c + 1 / d))
        return ratio, ratio / factor, ratio * factor
    if top == bottom:
        return math.nan, math.nan, math.nan
    return (0.0 if top == 0 else math.inf), math.nan, math.nan


def _profile(a: int, b: int, c: int, d: int, level: float) -> tuple[float, float]:
    """Where twice the fall of the profile log likelihood reaches the chi-square quantile (1 df).

    With an empty cell the interval is open to 0 or to infinity on that side.
    """
    from scipy.optimize import brentq

    exposed, unexposed, events = a + b, c + d, a + c
    best = _log_likelihood(a, b, a / exposed) + _log_likelihood(c, d, c / unexposed)
    critical = NormalDist().inv_cdf(0.5 + level / 2) ** 2

    def excess(log_odds: float) -> float:
        odds = math.exp(log_odds)
        risk = _unexposed_risk(odds, exposed, unexposed, events)
        exposed_risk = odds * risk / (1 - risk + odds * risk)
        fitted = _log_likelihood(a, b, exposed_risk) + _log_likelihood(c, d, risk)
        return 2 * (best - fitted) - critical

    # The estimate (or, with an empty cell, a value beyond every limit on that side) is inside.
    if a * d == 0:
        return 0.0, _edge(brentq, excess, -_REACH, _REACH)
    if b * c == 0:
        return _edge(brentq, excess, _REACH, -_REACH), math.inf
    centre = math.log(a * d / (b * c))
    return _edge(brentq, excess, centre, -_REACH), _edge(brentq, excess, centre, _REACH)


_REACH = 30.0
"""A log odds ratio far outside every profile-likelihood limit of tables a clinic can have."""


def _edge(solver: Callable[..., float], excess: Callable[[float], float], inside: float, out: float) -> float:
    return math.exp(solver(excess, min(inside, out), max(inside, out), xtol=1e-13, rtol=1e-14, maxiter=500))


def _unexposed_risk(odds: float, exposed: int, unexposed: int, events: int) -> float:
    """The likeliest risk of the unexposed given the odds ratio: root of a quadratic, without loss."""
    square = unexposed * (odds - 1)
    linear = exposed * odds + unexposed - events * (odds - 1)
    root = math.sqrt(linear * linear + 4 * square * events)
    return 2 * events / (linear + root) if linear > 0 else (root - linear) / (2 * square)


def _log_likelihood(with_event: int, without: int, risk: float) -> float:
    total = 0.0
    if with_event:
        total += with_event * math.log(risk) if risk > 0 else -math.inf
    if without:
        total += without * math.log1p(-risk) if risk < 1 else -math.inf
    return total


def _turned(value: Interval) -> Interval:
    def inverse(x: float) -> float:
        return math.inf if x == 0 else 1 / x

    return Interval(inverse(value.estimate), inverse(value.conf_high), inverse(value.conf_low), value.reason)


# risks ---------------------------------------------------------------------------------------------


def risk_difference(x1: int, n1: int, x2: int, n2: int, level: float = 0.95) -> Interval:
    """``x1 / n1 - x2 / n2`` with Newcombe's hybrid score interval (Stat Med 1998;17:873, method 10)."""
    if n1 == 0 or n2 == 0:
        return Interval(math.nan, math.nan, math.nan, _empty_row(n1, n2))
    one, two = proportion(x1, n1, "wilson", level), proportion(x2, n2, "wilson", level)
    difference = one.estimate - two.estimate
    low = math.hypot(one.estimate - one.conf_low, two.conf_high - two.estimate)
    high = math.hypot(one.conf_high - one.estimate, two.estimate - two.conf_low)
    return Interval(difference, difference - low, difference + high)


def _risk_ratio(x1: int, n1: int, x2: int, n2: int, level: float) -> Interval:
    """Wald interval on the log scale (Katz)."""
    if n1 == 0 or n2 == 0:
        return Interval(math.nan, math.nan, math.nan, _empty_row(n1, n2))
    if x1 == 0 or x2 == 0:
        ratio = math.nan if x1 == x2 else (0.0 if x1 == 0 else math.inf)
        return Interval(ratio, math.nan, math.nan, "a row without events has no interval for the risk ratio")
    ratio = (x1 / n1) / (x2 / n2)
    factor = math.exp(NormalDist().inv_cdf(0.5 + level / 2) * math.sqrt(1 / x1 - 1 / n1 + 1 / x2 - 1 / n2))
    return Interval(ratio, ratio / factor, ratio * factor)


# what can't be said --------------------------------------------------------------------------------


def _empty_margin(a: int, b: int, c: int, d: int) -> str:
    """Why the table says nothing about association, or an empty text."""
    if a + b == 0 or c + d == 0:
        return _empty_row(a + b, c + d)
    if a + c == 0:
        return "no patient has the event"
    if b + d == 0:
        return "every patient has the event"
    return ""


def _empty_row(exposed: int, unexposed: int) -> str:
    if exposed == 0 and unexposed == 0:
        return "the table is empty"
    return "no patient in the exposed group" if exposed == 0 else "no patient in the unexposed group"


def _remarks(a: int, b: int, c: int, d: int, expected: tuple[float, ...], empty: str) -> tuple[Remark, ...]:
    if empty:
        return (Remark("empty_margin", f"Not estimable: {empty}."),)
    remarks = []
    if min(expected) < 5:
        remarks.append(Remark("expected_below_5", "Expected count below 5: prefer Fisher's exact test."))
    if a * b * c * d == 0:
        remarks.append(
            Remark(
                "zero_cell",
                "A cell is empty: the odds ratio is 0 or infinite and has no Wald interval; "
                "the exact intervals and Haldane-Anscombe are given.",
            )
        )
    return tuple(remarks)
