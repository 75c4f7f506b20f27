"""Numbers become text here, and nowhere else.

p: two decimals above 0.01, three from 0.01 to 0.001, then "< 0.001". Months with one or two decimals, percent with one,
ratios with two. What is not there is "NR" (not reached), "NE" (not estimable) or a dash.
"""

from __future__ import annotations

import math

from rrmm import DAYS_PER_MONTH

DASH = "–"
NOT_REACHED = "NR"


def _missing(value: float | None) -> bool:
    return value is None or not math.isfinite(value)


def p_value(p: float | None) -> str:
    """p as journals print it, with its sign: "p = 0.03", "p < 0.001"."""
    if _missing(p):
        return "p not estimable"
    assert p is not None
    if p < 0.001:
        return "p < 0.001"
    return f"p = {p_number(p)}"


def p_number(p: float | None) -> str:
    """p alone, for a table column."""
    if _missing(p):
        return DASH
    assert p is not None
    if p < 0.001:
        return "< 0.001"
    if p < 0.01:
        return f"{p:.3f}"
    # 0.995 and above would round to 1.00, which no p-value is.
    return "> 0.99" if p > 0.99 and p < 1 else f"{p:.2f}"


def ratio(value: float | None) -> str:
    """Hazard or odds ratio."""
    if value is None or math.isnan(value):
        return DASH
    if math.isinf(value):
        return "∞"
    if value >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def ratio_interval(estimate: float | None, low: float | None, high: float | None) -> str:
    """"2.31 (1.32–4.03)"; the reason's place is taken by a dash."""
    if estimate is None or not math.isfinite(estimate):
        return "not estimable"
    return f"{ratio(estimate)} ({ratio(low)}–{ratio(high)})"


def months(days: float | None, decimals: int = 1) -> str:
    """Days as months; not reached where missing."""
    if _missing(days):
        return NOT_REACHED
    assert days is not None
    return f"{days / DAYS_PER_MONTH:.{decimals}f}"


def months_interval(estimate: float | None, low: float | None, high: float | None, decimals: int = 1) -> str:
    """"8.7 (5.5–NR)" in months, from days."""
    return f"{months(estimate, decimals)} ({months(low, decimals)}–{months(high, decimals)})"


def percent(share: float | None, decimals: int = 1) -> str:
    """Share 0..1 as "59.3 %"."""
    if _missing(share):
        return DASH
    assert share is not None
    return f"{100 * share:.{decimals}f} %"


def percent_interval(low: float | None, high: float | None, decimals: int = 1) -> str:
    """"50.1–68.1 %"."""
    if _missing(low) or _missing(high):
        return DASH
    assert low is not None and high is not None
    return f"{100 * low:.{decimals}f}–{100 * high:.{decimals}f} %"


def count(x: int, n: int) -> str:
    """"73/123"."""
    return f"{x}/{n}"


def patients(n: int) -> str:
    """"1 patient", "12 patients"."""
    return f"{n:,} patient" + ("" if n == 1 else "s")


def measured(value: float | None) -> str:
    """A measured value or a cut-off with three digits, whole from 1000 on: "7.39", "60", "1254"."""
    if _missing(value):
        return DASH
    assert value is not None
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}"
