"""Links of the app, read without the app."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rrmm.endpoints import ENDPOINTS
from rrmm.picks import CONF_TYPES, Picks, column_code
from rrmm.subgroups import ALL_SUBGROUPS, LEVEL_NAMES


def test_every_choice_of_a_link_is_read() -> None:
    link = (
        "https://example.org/explore?endpoint=OS&by=Bone+marrow&cut_bm60=70&cut_cart_interval=1.5"
        "&only=EMD&only=CAR-T+interval+%E2%89%A5+cut-off&conf=plain&ne=false&page=2"
    )
    assert Picks.from_url(link) == Picks(
        "os", "bm60", (("bm60", 70.0), ("cart_interval", 1.5)), (("cart_interval", 1), ("emd", 1)), "plain"
    )


@pytest.mark.parametrize("text", ["", "?", "https://example.org/explore", "https://example.org/explore?"])
def test_a_link_without_choices_is_everybody(text: str) -> None:
    if "?" in text or not text:
        assert Picks.from_url(text) == Picks()
    else:
        assert Picks.from_url(text + "?embed=true") == Picks()


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(sorted(ENDPOINTS)),
    st.sampled_from(sorted(ALL_SUBGROUPS)),
    st.sampled_from(CONF_TYPES),
    st.sets(st.sampled_from(sorted(LEVEL_NAMES)), max_size=3),
)
def test_what_the_page_writes_comes_back(endpoint: str, key: str, conf: str, only: set[str]) -> None:
    query = urlencode(
        [
            ("endpoint", ENDPOINTS[endpoint].label),
            ("by", ALL_SUBGROUPS[key].chip),
            ("conf", conf),
            *(("only", name) for name in sorted(only)),
        ]
    )
    assert Picks.from_url("?" + query) == Picks(
        endpoint, key, filters=tuple(LEVEL_NAMES[name] for name in only), conf_type=conf
    )


def test_a_column_stands_as_a_code_that_only_its_cohort_answers() -> None:
    link = "?by=Other+column&col=" + column_code("col:Isotype")
    assert Picks.from_url(link, ["col:sex", "col:Isotype"]).compare == "col:Isotype"
    assert "Isotype" not in link
    with pytest.raises(ValueError, match="does not have"):
        Picks.from_url(link, ["col:sex"])


@pytest.mark.parametrize(
    ("link", "words"),
    [
        ("?endpoint=XYZ", "endpoint"),
        ("?by=Hair", "comparison"),
        ("?cut_bm60=many", "not a number"),
        ("?cut_bm60=inf", "not a number"),
        ("?only=Rich", "only"),
        ("?conf=bayes", "conf"),
        ("?by=column", "column"),
        ("?" + "&".join(f"a{i}=1" for i in range(400)), "too many"),
    ],
)
def test_an_unknown_value_is_refused_in_a_sentence(link: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Picks.from_url(link)
