"""Checks within one printed line: counts, percentages, ratios with their limits, p-values."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from statistics import NormalDist

from rrmm.analyses.print_check import Finding, Line, percent
from rrmm.analyses.printed_number import Printed, shown

OFF_CENTRE = 0.05
"""Log distance of a hazard ratio from the middle of its interval that no usual method gives."""

P_APART = 0.1
"""Difference in z between a printed p and its interval that two usual tests rarely show (times z)."""

NEARBY = 12
"""How far from a printed count another one is looked for that would print the percentage."""

EXACT_UP_TO, LARGEST_SPLIT = 200, 1000
"""Patients up to which each split is held to the exact tests too; beyond the second none is tried."""

Z = NormalDist().inv_cdf(0.975)


def share(line: Line) -> Iterator[Finding]:
    """n/N against the percentage; n above N; a percentage that no count of N gives."""
    n, whole, pct = line.count("n"), line.count("N"), line.cells["pct"]
    if line.cells["pct_ref"] is not None:
        return
    if n is not None and whole is not None and n > whole:
        yield line.finding("count_above_total", "contradiction", f"{n} of {whole} is more than all.")
        return
    if pct is not None and (pct.low > 100 or pct.high < 0):
        yield line.finding("percent_range", "contradiction", f"{pct.text} % lies outside 0 to 100 %.")
        return
    if pct is None or not whole:
        return
    if n is not None:
        if not pct.holds(100 * n / whole):
            other = _would_print(pct, n, whole)
            cut = math.floor(100 * n / whole * 10**pct.decimals) / 10**pct.decimals == pct.value
            yield line.finding(
                "percent",
                "contradiction",
                f"{n}/{whole} is {percent(n, whole, pct.decimals)}, printed {pct.text} %"
                + (
                    f"; {pct.text} % would be {other}."
                    if other
                    else ", cut off instead of rounded."
                    if cut
                    else "."
                ),
            )
        return
    if not _counts_of(pct, whole):
        below = min(whole, max(0, math.floor(pct.value * whole / 100)))
        near = ", ".join(
            f"{x}/{whole} is {percent(x, whole, pct.decimals)}" for x in (below, below + 1) if x <= whole
        )
        other = _would_print(pct, None, whole)
        yield line.finding(
            "percent_impossible",
            "contradiction",
            f"no count out of {whole} gives {pct.text} % ({near})" + (f"; {other} would." if other else "."),
        )


def _would_print(pct: Printed, n: int | None, whole: int) -> str:
    """The nearest counts that print this percentage: a smaller total first, as patients go missing."""
    totals = [whole - step for step in range(1, NEARBY + 1)] + [whole + step for step in (1, 2, 3)]
    if n is None:
        candidates = [(round(pct.value * size / 100), size) for size in totals]
    else:
        candidates = [(n, size) for size in totals]
        candidates += [(n + step, whole) for step in (-1, 1, -2, 2, -3, 3)]
    fits = [(x, size) for x, size in candidates if 0 <= x <= size and size > 0 and pct.holds(100 * x / size)]
    return f"{fits[0][0]}/{fits[0][1]}" if fits else ""


def order(line: Line) -> Iterator[Finding]:
    """A median inside its range, a ratio inside its limits, limits in order, p between 0 and 1."""
    for low, middle, high, name in (
        ("low", "median", "high", "median"),
        ("conf_low", "estimate", "conf_high", "estimate"),
    ):
        a, m, b = line.cells[low], line.cells[middle], line.cells[high]
        if a is not None and b is not None and a.low > b.high:
            yield line.finding(
                "limits_order", "contradiction", f"the lower limit {a.text} lies above the upper {b.text}."
            )
        elif m is not None and ((a is not None and m.high < a.low) or (b is not None and m.low > b.high)):
            limits = f"{a.text if a else '...'} to {b.text if b else 'not reached'}"
            yield line.finding(
                "outside_interval", "contradiction", f"the {name} {m.text} lies outside {limits}."
            )
    p = line.cells["p"]
    if p is not None and (p.low > 1 or p.high < 0 or p.value < 0):
        yield line.finding("p_range", "contradiction", f"p = {p.text} lies outside 0 to 1.")


def _interval(line: Line) -> tuple[Printed, Printed, Printed] | None:
    """The ratio and its limits, where all three are printed and positive."""
    cells = [line.cells[name] for name in ("estimate", "conf_low", "conf_high")]
    if any(
        cell is None or not math.isfinite(cell.low + cell.high) or cell.value <= 0 or cell.high <= 0
        for cell in cells
    ):
        return None
    return cells[0], cells[1], cells[2]  # type: ignore[return-value]


def _log(value: float) -> float:
    return math.log(max(value, 1e-12))


def centre(line: Line) -> Iterator[Finding]:
    """A hazard ratio in the middle of its interval on the log scale (Wald limits are symmetric there)."""
    found = _interval(line)
    if found is None or line.measure.upper() != "HR":
        return
    ratio, low, high = found
    middle = math.sqrt(low.value * high.value)
    least = math.exp((_log(low.low) + _log(high.low)) / 2)
    most = math.exp((_log(low.high) + _log(high.high)) / 2)
    if ratio.meets(least, most):
        return
    apart = max(_log(least) - _log(ratio.high), _log(ratio.low) - _log(most))
    implied = ratio.value**2 / low.value
    yield line.finding(
        "off_centre",
        "contradiction" if apart > OFF_CENTRE else "check",
        f"{ratio.text} is not the centre of {low.text} to {high.text} on the log scale, which is "
        f"{shown(middle, ratio.decimals)}; with {ratio.text} and {low.text} the upper limit would be "
        f"{shown(implied, max(high.decimals, 1))}.",
    )


def narrow(line: Line) -> Iterator[Finding]:
    """A Cox interval is no narrower than its events allow: se >= sqrt(1/events + 1/reference events)."""
    found, exposed, other = _interval(line), line.count("a"), line.count("c")
    if found is None or line.measure.upper() != "HR" or not exposed or not other:
        return
    _, low, high = found
    widest = (_log(high.high) - _log(low.low)) / (2 * Z)
    least = math.sqrt(1 / exposed + 1 / other)
    if widest < least - 1e-6:
        yield line.finding(
            "interval_too_narrow",
            "contradiction",
            f"with {exposed} + {other} events the standard error of a log hazard ratio is at least "
            f"{least:.3f}; {low.text} to {high.text} implies at most {widest:.3f}.",
        )


def interval_p(line: Line) -> Iterator[Finding]:
    """The p-value that the interval implies (Wald) against the printed one."""
    found, p = _interval(line), line.cells["p"]
    if found is None or p is None or not 0 <= p.value <= 1 or line.count("d") is not None:
        return
    # Exact tests of an odds ratio are further from its Wald interval than a log-rank p from Cox limits.
    allowed = P_APART if line.measure.upper() == "HR" else 3 * P_APART
    ratio, low, high = found
    spread_low = (_log(high.low) - _log(low.high)) / (2 * Z)
    spread_high = (_log(high.high) - _log(low.low)) / (2 * Z)
    if spread_low <= 0:
        return
    far, near = (
        max(abs(_log(ratio.low)), abs(_log(ratio.high))),
        min(abs(_log(ratio.low)), abs(_log(ratio.high))),
    )
    if _log(ratio.low) < 0 < _log(ratio.high):
        near = 0.0
    z_low, z_high = near / spread_high, far / spread_low
    p_high, p_low = math.erfc(z_low / math.sqrt(2)), math.erfc(z_high / math.sqrt(2))
    if p.meets(p_low, p_high):
        return
    printed_z = _z(min(max(p.low, 0.0), 1.0)) if p.low > p_high else _z(min(max(p.high, 0.0), 1.0))
    apart = z_low - printed_z if p.low > p_high else printed_z - z_high
    excludes = low.low > 1 or high.high < 1
    includes = low.high < 1 < high.low
    opposite = (excludes and p.low > 0.05) or (includes and p.high < 0.05)
    if apart <= allowed * max(1.0, printed_z) and not (opposite and apart > allowed):
        return
    implied = math.erfc(
        abs(_log(ratio.value)) / ((_log(high.value) - _log(low.value)) / (2 * Z)) / math.sqrt(2)
    )
    yield line.finding(
        "p_interval",
        "contradiction" if opposite and apart > 5 * allowed else "check",
        f"{ratio.text} ({low.text} to {high.text}) implies p = {implied:.2g}, printed {p.text}"
        "; p and interval come from different tests, or one is wrong.",
    )


def _z(p: float) -> float:
    return NormalDist().inv_cdf(1 - min(max(p, 1e-300), 1.0) / 2) if p > 1e-16 else 9.0


def counts_ratio(line: Line) -> Iterator[Finding]:
    """Counts of the two groups against the odds ratio (either direction), its limits and its p."""
    a, b, c, d = (line.count(name) for name in "abcd")
    if line.measure.upper() not in ("OR", "RR") or a is None or b is None or c is None or d is None:
        return
    from rrmm.analyses.two_by_two import two_by_two

    table = two_by_two(a, b, c, d)
    ratio, low, high = (line.cells[name] for name in ("estimate", "conf_low", "conf_high"))
    p = line.cells["p"]
    counts = f"{a}/{a + b} v {c}/{c + d}"
    if p is not None:
        values = {name: test.p_value for name, test in table.tests.items() if not math.isnan(test.p_value)}
        if values and not any(p.holds(value) for value in values.values()):
            least, most = min(values.values()), max(values.values())
            worst = min(abs(_z(value) - _z(p.value)) for value in values.values())
            between = least <= p.value <= most
            yield line.finding(
                "p_counts",
                "check" if between or worst < P_APART else "contradiction",
                f"{counts} gives p = {values['chi_square']:.2g} (chi-square) and from {least:.2g} to "
                f"{most:.2g} by other tests, printed {p.text}.",
            )
    if ratio is None or line.measure.upper() != "OR":
        return
    ways = {"event": table.odds_ratios, "no event": table.reverse}
    fitting = [
        way for way, methods in ways.items() if any(ratio.holds(value.estimate) for value in methods.values())
    ]
    if not fitting:
        ours, turned = ways["event"]["wald"].estimate, ways["no event"]["wald"].estimate
        yield line.finding(
            "odds_ratio_counts",
            "contradiction",
            f"{counts} gives an odds ratio of {shown(ours, max(ratio.decimals, 2) + 1)} (or "
            f"{shown(turned, max(ratio.decimals, 2) + 1)} for no event), printed {ratio.text}.",
        )
        return
    if "event" not in fitting:
        yield line.finding(
            "odds_ratio_direction",
            "check",
            f"{ratio.text} is the odds ratio of NO event; that of the event is "
            f"{shown(ways['event']['wald'].estimate, ratio.decimals)}.",
        )
    if low is None or high is None:
        return
    if not any(
        low.holds(value.conf_low) and high.holds(value.conf_high)
        for way in fitting
        for value in ways[way].values()
    ):
        best = ways[fitting[0]]["wald"]
        yield line.finding(
            "odds_ratio_interval",
            "check",
            f"no interval method gives {low.text} to {high.text} for {counts}; the usual one (Wald) "
            f"gives {shown(best.conf_low, low.decimals)} to "
            f"{shown(best.conf_high, high.decimals)}.",
        )


def two_rates(line: Line) -> Iterator[Finding]:
    """Two percentages with a p and the total: is there any split of the patients that prints all three?"""
    one, other, p = line.cells["pct"], line.cells["pct_ref"], line.cells["p"]
    n, whole = line.count("n"), line.count("N")
    if one is None or other is None or p is None or not whole:
        return
    if whole > LARGEST_SPLIT or next(_splits(one, other, p, n, whole), None):
        return
    nearby = [
        (x, size)
        for step in range(1, 4)
        for size in (whole - step, whole + step)
        if size > 1
        for x in ([n - step, n - step + 1, n, n + 1] if n is not None else [None])
    ]
    found = next((split for x, size in nearby for split in _splits(one, other, p, x, size)), None)
    people = f"{whole} patients" + (f" with {n} events" if n is not None else "")
    hint = ""
    if found:
        hint = (
            f"; {found[0]}/{found[1]} v {found[2]}/{found[3]} would, with {found[1] + found[3]} patients and "
            f"{found[0] + found[2]} events"
        )
    yield line.finding(
        "two_rates",
        "contradiction",
        f"no split of {people} gives {one.text} % v {other.text} % with p = {p.text}{hint}.",
    )


def _counts_of(pct: Printed, size: int) -> range:
    """The counts out of ``size`` that print as this percentage."""
    low, high = max(pct.low, 0.0), min(pct.high, 100.0)
    return range(math.ceil(low * size / 100 - 1e-9), math.floor(high * size / 100 + 1e-9) + 1)


def _splits(
    one: Printed, other: Printed, p: Printed, n: int | None, whole: int
) -> Iterator[tuple[int, int, int, int]]:
    """Splits into two groups whose percentages and p (by any usual test) print so: x1, n1, x2, n2."""
    from rrmm.analyses.two_by_two import quick, two_by_two

    for first in range(1, whole):
        second = whole - first
        for x1 in _counts_of(one, first):
            for x2 in _counts_of(other, second):
                if n is not None and x1 + x2 != n:
                    continue
                cells = (x1, first - x1, x2, second - x2)
                fits = p.holds(quick(*cells).p_value)
                if not fits and whole <= EXACT_UP_TO:
                    fits = any(p.holds(test.p_value) for test in two_by_two(*cells).tests.values())
                if fits:
                    yield x1, first, x2, second


RULES: tuple[Callable[[Line], Iterator[Finding]], ...] = (
    share,
    order,
    centre,
    narrow,
    interval_p,
    counts_ratio,
    two_rates,
)
"""Every check of a single line."""
