"""Adjusted p-values, held to R's p.adjust and to statsmodels."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rrmm.analyses.multiplicity import benjamini_hochberg, holm
from tests.analyses.agreement import agree
from tests.golden import load


def references() -> list[dict]:
    found = []
    for name in ("lung", "veteran", "gbsg", "rotterdam", "gbsg_sep20"):
        data = load(name)
        found.append(data.get("multiplicity_over_tables"))
        found += [endpoint.get("multiplicity_over_groupings") for endpoint in data["endpoints"].values()]
    return [each for each in found if each and isinstance(each.get("p"), list)]


def test_adjusted_p_values_agree_with_r() -> None:
    assert len(references()) >= 5
    for each in references():
        agree("Holm p", holm(each["p"]), each["holm"], rtol=1e-12)
        agree("Benjamini-Hochberg q", benjamini_hochberg(each["p"]), each["BH"], rtol=1e-12)


p_values = st.lists(st.floats(0, 1), min_size=1, max_size=12)


@settings(max_examples=80, deadline=None)
@given(p_values)
def test_adjusted_p_values_agree_with_statsmodels(p: list[float]) -> None:
    from statsmodels.stats.multitest import multipletests

    np.testing.assert_allclose(holm(p), multipletests(p, method="holm")[1], atol=1e-14)
    np.testing.assert_allclose(benjamini_hochberg(p), multipletests(p, method="fdr_bh")[1], atol=1e-14)


@settings(max_examples=60, deadline=None)
@given(p_values, st.randoms(use_true_random=False))
def test_order_does_not_matter_and_nothing_gets_smaller(p: list[float], random) -> None:
    shuffled = list(range(len(p)))
    random.shuffle(shuffled)
    for adjust in (holm, benjamini_hochberg):
        ours = adjust(p)
        np.testing.assert_allclose(adjust([p[i] for i in shuffled]), ours[shuffled])
        assert (ours >= np.asarray(p) - 1e-15).all() and (ours <= 1).all()
    assert (benjamini_hochberg(p) <= holm(p) + 1e-15).all()


def test_a_comparison_without_a_p_is_no_look() -> None:
    for adjust in (holm, benjamini_hochberg):
        with_nan, without = adjust([0.01, math.nan, 0.04]), adjust([0.01, 0.04])
        assert math.isnan(with_nan[1])
        np.testing.assert_allclose(with_nan[[0, 2]], without)
        assert len(adjust([])) == 0
        assert math.isnan(adjust([math.nan])[0])
        with pytest.raises(ValueError):
            adjust([0.2, 1.2])
