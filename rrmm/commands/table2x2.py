"""`python -m rrmm table2x2 a b c d`: every test and interval of a 2 x 2 table.

a  exposed with the event      b  exposed without
c  unexposed with the event    d  unexposed without
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

from rrmm.commands.print_json import print_json
from rrmm.intake.issues import Refused

CELLS = ("a", "b", "c", "d")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    for name, what in zip(CELLS, ("exposed with the event", "exposed without", "unexposed with the event",
                                  "unexposed without"), strict=True):  # fmt: skip
        parser.add_argument(name, help=f"patients {what}")
    parser.add_argument("--level", default="0.95", help="level of the intervals (default 0.95)")


def run(args: argparse.Namespace) -> int:
    """Print the table; the exit status. Refusals leave as `Refused`."""
    a, b, c, d = (_count(getattr(args, name), name) for name in CELLS)
    print_json(describe(a, b, c, d, _level(args.level)), sys.stdout)
    return 0


def describe(a: int, b: int, c: int, d: int, level: float = 0.95) -> dict[str, Any]:
    """Everything about the table, as the JSON has it."""
    from rrmm.analyses.contingency import cochran_armitage, fisher_freeman_halton, g_test
    from rrmm.analyses.proportions import METHODS, proportion
    from rrmm.analyses.two_by_two import ODDS_RATIO_METHODS, TESTS, two_by_two

    table = two_by_two(a, b, c, d, level)
    events, totals = [c, a], [c + d, a + b]
    g, trend, exact = (
        g_test([[a, b], [c, d]]),
        cochran_armitage(events, totals),
        fisher_freeman_halton(events, totals),
    )
    tests = {name: _test(test, TESTS[name]) for name, test in table.tests.items()}
    tests["g_test"] = _test(g, "likelihood-ratio chi-square (G)")
    tests["cochran_armitage"] = _test(trend, "Cochran-Armitage trend")
    tests["fisher_freeman_halton"] = _test(exact, "Fisher-Freeman-Halton, exact")
    return {
        "counts": {"a": a, "b": b, "c": c, "d": d},
        "layout": "a: exposed with the event, b: exposed without, c: unexposed with, d: unexposed without",
        "n": table.n,
        "level": level,
        "expected": dict(zip(CELLS, table.expected, strict=True)),
        "proportions": {
            who: {method.replace("-", "_"): _interval(proportion(x, n, method, level)) for method in METHODS}
            | {"x": x, "n": n}
            for who, x, n in (("exposed", a, a + b), ("unexposed", c, c + d))
        },
        "tests": tests,
        "odds_ratio": {
            name: _interval(value) | {"method": ODDS_RATIO_METHODS[name]}
            for name, value in table.odds_ratios.items()
        },
        "odds_ratio_of_no_event": {
            name: _interval(value) | {"method": ODDS_RATIO_METHODS[name]}
            for name, value in table.reverse.items()
        },
        "logistic": _logistic(a, b, c, d, level),
        "risk_difference": _interval(table.risk_difference)
        | {"method": "Newcombe, hybrid score (method 10)"},
        "risk_ratio": _interval(table.risk_ratio) | {"method": "Wald on the log scale (Katz)"},
        "remarks": [{"code": remark.code, "text": remark.text} for remark in table.remarks],
    }


def _logistic(a: int, b: int, c: int, d: int, level: float) -> dict[str, Any]:
    """The odds ratio as logistic regression gives it, with Firth's penalty beside it."""
    import pandas as pd

    from rrmm.analyses.logistic import fit_logistic

    frame = pd.DataFrame({
        "event": [1] * a + [0] * b + [1] * c + [0] * d,
        "exposed": pd.Categorical(["yes"] * (a + b) + ["no"] * (c + d), categories=["no", "yes"]),
    })  # fmt: skip
    found = {}
    for name, options in (("wald", {}), ("profile", {"interval": "profile"}), ("firth", {"firth": True})):
        result = fit_logistic(frame, "event", ["exposed"], level=level, **options)  # type: ignore[arg-type]
        row = result.table.iloc[0]
        keys = ("estimate", "std_error", "conf_low", "conf_high", "statistic", "p_value", "method", "reason")
        found[name] = {key: row[key] for key in keys}
    return found


def _test(test: Any, method: str) -> dict[str, Any]:
    return {"statistic": test.statistic, "df": test.df, "p_value": test.p_value, "method": method,
            "reason": test.reason}  # fmt: skip


def _interval(value: Any) -> dict[str, Any]:
    return {"estimate": value.estimate, "conf_low": value.conf_low, "conf_high": value.conf_high,
            "reason": getattr(value, "reason", "")}  # fmt: skip


def _count(text: str, name: str) -> int:
    try:
        count = int(text)
    except ValueError:
        count = -1
    if not 0 <= count <= 20_000:
        raise Refused(f"{name} is a count of patients, a whole number from 0 to 20,000, not '{text}'.")
    return count


def _level(text: str) -> float:
    try:
        level = float(text)
    except ValueError:
        level = 0.0
    if not 0 < level < 1:
        raise Refused(f"A level lies between 0 and 1, such as 0.95, not '{text}'.")
    return level
