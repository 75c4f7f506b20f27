"""A saved session: back as it was, and anything else refused with a sentence."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rrmm.analyses.response import Convention
from rrmm.picks import Picks
from rrmm.report.session import MOST_BYTES, Session, convention_from_url, from_json, to_json
from tests.report.cohorts import hostile

SAVED = Session(
    Picks("os", "bm60", (("bm60", 45.0),), (("emd", 1),), "log"),
    Convention(False, True, "wilson"),
    {"emd": "EMD ja/nein", "start_date": "Therapiebeginn"},
    ((Picks(compare="emd"), "First", "explore"), (Picks(compare="col:Isotype"), "", "survival")),
)


def test_a_session_comes_back_as_it_was() -> None:
    back = from_json(to_json(SAVED))
    assert back == SAVED
    assert to_json(back) == to_json(SAVED) and from_json(to_json(SAVED).encode()) == SAVED


def test_a_session_holds_no_patient_data() -> None:
    cohort = hostile()
    text = to_json(Session(Picks(compare="col:number"), mapping=cohort.mapping))
    assert "SECRET-" not in text and len(text) < 3000


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        "{",
        "x" * (MOST_BYTES + 1),
        "[" * 5000,
        '{"format": "other"}',
        json.dumps({"format": "rrmm-session", "version": 99}),
        *(
            json.dumps({"format": "rrmm-session", "version": 1, **wrong})
            for wrong in (
                {"picks": {"endpoint": "xyz"}},
                {"picks": {"cuts": [["bm60", "many"]]}},
                {"picks": [1]},
                {"picks": {"compare": 7}},
                {"convention": {"interval": "bayes"}},
                {"convention": {"ncr_is_cr": "yes"}},
                {"convention": {"more": 1}},
                {"mapping": {"nonsense": "x"}},
                {"mapping": {"emd": ["x"]}},
                {"mapping": 3},
                {"collection": 4},
                {"collection": [{"kind": "film"}]},
                {"collection": [{"kind": "forest", "title": 3}]},
                {"collection": [{"kind": "forest", "picks": {"filters": [["emd"]]}}]},
                {"collection": [{}] * 500},
            )
        ),
    ],
)
def test_anything_else_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(ValueError) as refused:
        from_json(text)
    assert str(refused.value)[0].isupper() and len(str(refused.value)) < 400 and "\n" not in str(refused.value)


@settings(max_examples=80, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["picks", "kind", "title", "compare", "cuts", "filters"]), inner, max_size=3)
        ),
        max_leaves=8,
    )
)
def test_no_json_raises_anything_else(inner: object) -> None:
    for part in ("picks", "convention", "mapping", "collection"):
        with suppress(ValueError):
            from_json(json.dumps({"format": "rrmm-session", "version": 1, part: inner}))


def test_settings_of_a_link() -> None:
    assert convention_from_url("?by=EMD") == Convention()
    assert convention_from_url("?ne=false&ncr=false&prop=Wilson") == Convention(False, False, "wilson")
