"""Presets combined with AND or OR, the unknown included."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from rrmm.combinations import Combination, combine, parse
from rrmm.picks import Picks
from rrmm.subgroups import ALL_SUBGROUPS, group
from tests.cohorts import sample

KLEENE = {"all": lambda values: 0 if 0 in values else -1 if -1 in values else 1,
          "any": lambda values: 1 if 1 in values else -1 if -1 in values else 0}


@pytest.mark.parametrize("how", ["all", "any"])
@pytest.mark.parametrize("width", [1, 2, 3])
def test_three_valued_logic(how, width: int) -> None:
    cases = np.array(list(product((1, 0, -1), repeat=width)))
    found = combine(how, list(cases.T))
    assert list(found) == [KLEENE[how](set(case)) for case in cases]


def test_key_and_back() -> None:
    wanted = Combination("any", (("emd", 1), ("iss3", 1), ("idecel", 0)))
    assert parse(wanted.key, ALL_SUBGROUPS) == wanted
    assert Picks.from_json(Picks(compare=wanted.key).to_json()).compare == wanted.key


@pytest.mark.parametrize("key", ["all:", "any:emd", "all:emd.2", "any:nothing.1", "all:emd.1+", "any:col:x.1"])
def test_rubbish_is_refused(key: str) -> None:
    with pytest.raises(ValueError):
        Picks(compare=key)


def test_counts_of_the_sample_by_hand() -> None:
    frame = sample().frame
    emd = frame["emd"]
    iss = frame["iss"].eq("III").astype("boolean").mask(frame["iss"].isna())
    both, either = (emd & iss), (emd | iss)
    for how, wanted in (("all", both), ("any", either)):
        found = group(sample(), f"{how}:emd.1+iss3.1")
        assert int((found.codes == 1).sum()) == int(wanted.sum())
        assert int((found.codes == -1).sum()) == int(wanted.isna().sum())
    assert group(sample(), "any:emd.1+iss3.1").levels[1] == "EMD or ISS III"


def test_a_link_with_a_combination() -> None:
    found = Picks.from_url("?by=Combined&combine=EMD&combine=ISS+III&how=any&endpoint=OS")
    assert found == Picks("os", "any:emd.1+iss3.1")
    assert Picks.from_url("?by=Combined").compare == "none"
