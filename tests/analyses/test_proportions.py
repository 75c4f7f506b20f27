"""Proportions with Clopper-Pearson and Wilson limits, held to R's binom.test and prop.test."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rrmm.analyses.proportions import METHODS, proportion
from tests.analyses.agreement import agree
from tests.golden import load

DATA_SETS = ("lung", "veteran", "gbsg", "rotterdam", "rotterdam_delayed_entry", "gbsg_sep20")
NAMES = {"clopper-pearson": "clopper_pearson", "wilson": "wilson"}


def references() -> list[dict]:
    return [row for name in DATA_SETS for table in load(name)["tables"] for row in table["proportions"]]


@pytest.mark.parametrize("method", METHODS)
def test_proportions_agree_with_r(method: str) -> None:
    for row in references():
        ours = proportion(row["x"], row["n"], method)
        agree(
            f"Proportion, {method}",
            [ours.estimate, ours.conf_low, ours.conf_high],
            [row["p"], *row[NAMES[method]]],
            rtol=1e-9,
        )


def test_proportions_agree_with_statsmodels_at_another_level() -> None:
    from statsmodels.stats.proportion import proportion_confint

    for method, theirs in (("clopper-pearson", "beta"), ("wilson", "wilson")):
        for x, n in ((0, 9), (1, 7), (7, 21), (73, 123), (9, 9)):
            ours = proportion(x, n, method, level=0.9)
            low, high = proportion_confint(x, n, alpha=0.1, method=theirs)
            assert ours.conf_low == pytest.approx(low, abs=1e-12)
            assert ours.conf_high == pytest.approx(high, abs=1e-12)


def test_nobody_is_no_proportion() -> None:
    nobody = proportion(0, 0)
    assert nobody.n == 0
    assert all(math.isnan(v) for v in (nobody.estimate, nobody.conf_low, nobody.conf_high))


@pytest.mark.parametrize(
    ("x", "n", "method", "level"),
    [(3, 2, "wilson", 0.95), (-1, 2, "wilson", 0.95), (1, 2, "wald", 0.95), (1, 2, "wilson", 1.0)],
)
def test_contradictions_are_refused(x: int, n: int, method: str, level: float) -> None:
    with pytest.raises(ValueError):
        proportion(x, n, method, level)


@settings(max_examples=80, deadline=None)
@given(st.integers(1, 400), st.data(), st.sampled_from(METHODS))
def test_limits_hold_the_estimate_and_mirror(n: int, data: st.DataObject, method: str) -> None:
    x = data.draw(st.integers(0, n))
    ours, mirrored = proportion(x, n, method), proportion(n - x, n, method)
    assert 0 <= ours.conf_low <= ours.estimate <= ours.conf_high <= 1
    assert ours.conf_low == pytest.approx(1 - mirrored.conf_high, abs=1e-9)
    # A higher level never gives a narrower interval, and one more patient never moves a limit down.
    wide = proportion(x, n, method, 0.99)
    assert wide.conf_low <= ours.conf_low and wide.conf_high >= ours.conf_high
    if x < n:
        more = proportion(x + 1, n, method)
        assert more.conf_low >= ours.conf_low and more.conf_high >= ours.conf_high
