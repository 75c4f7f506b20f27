"""Sentences a paper could print: every number from the analysis, every caveat, never a causal word."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import pytest

from rrmm.analyses.explore import Explore, explore
from rrmm.endpoints import ENDPOINTS
from rrmm.picks import Picks
from rrmm.report import methods, ph, sentences
from rrmm.report.shown import Shown
from rrmm.subgroups import ALL_SUBGROUPS
from tests.report.cohorts import few, hostile, sample

COMPARED = ("none", *ALL_SUBGROUPS, "col:iss", "col:sex", "col:infection_grade", "any:emd.1+iss3.1")


def views() -> list[Explore]:
    return [explore(sample(), Picks(endpoint=endpoint, compare=key)) for endpoint in ENDPOINTS for key in COMPARED]


def everything(view: Explore, mask: bool = False) -> list[str]:
    shown = Shown(view, mask)
    return [
        shown.finding(),
        shown.response_finding(),
        shown.left_out(),
        shown.response_headline(),
        sentences.headline(view),
        sentences.forest_headline(view),
        *shown.caveats(0.01, 12),
        *shown.caveats(math.nan, None),
        sentences.full(view, ph_p=0.01, nth=3),
    ]


def test_no_sentence_claims_a_cause() -> None:
    words = re.compile(r"\b(" + "|".join(map(re.escape, sentences.CAUSAL)) + ")", re.IGNORECASE)
    found = [text for view in views() for text in everything(view)]
    found += everything(explore(sample(), Picks(compare="cart_interval")), mask=True)
    # "Death from any cause" is the endpoint's definition.
    found += [
        text.replace("from any cause", "")
        for text in methods.paragraphs([Picks(compare="emd")], views()[0].response.convention, mask=True)
    ]
    for text in found:
        assert not words.search(text), text
    assert words.search("EMD has an effect on PFS") and words.search("death due to EMD")


@pytest.mark.parametrize("n", [0, 1, 2, 12])
def test_small_cohorts_have_sentences_too(n: int) -> None:
    cohort = few(n)
    for key in ("none", "emd", "col:sex"):
        for endpoint in ENDPOINTS:
            view = explore(cohort, Picks(endpoint=endpoint, compare=key))
            for text in everything(view):
                assert text and "nan" not in text.lower() and "inf" not in text.split()
            ph.ph_p(view)


def test_the_finding_of_a_comparison_is_complete() -> None:
    view = explore(sample(), Picks(compare="emd"))
    text = sentences.full(view, ph_p=ph.ph_p(view), nth=4)
    for part in (
        "EMD",
        "24 events in 43 patients",
        "95 % CI",
        "hazard ratio 2.34 (95 % CI 1.34–4.08, Cox)",
        "log-rank p = 0.002",
        "Proportional hazards are doubtful",
        "Benjamini-Hochberg",
        "Exploratory",
        "4th comparison looked at",
    ):
        assert part in text
    assert "Proportional" not in sentences.full(view, ph_p=0.2) and "comparison looked at" not in sentences.full(view, nth=1)


def test_few_patients_and_few_events_are_said() -> None:
    text = " ".join(sentences.caveats(explore(sample(), Picks(compare="cart_interval"))))
    assert "only 9 patients" in text and "only 4 events" in text


def test_a_group_known_only_later_is_said() -> None:
    assert "head start" in " ".join(sentences.caveats(explore(sample(), Picks(compare="col:infection_grade"))))
    assert "head start" not in " ".join(sentences.caveats(explore(sample(), Picks(compare="emd"))))


@pytest.mark.parametrize(
    ("p", "hr", "words"),
    [(0.01, 2.0, "shorter"), (0.01, 0.5, "longer"), (0.05, 2.0, "not clearly differ"), (math.nan, 2.0, "not clearly")],
)
def test_the_title_says_what_the_test_allows(p: float, hr: float, words: str) -> None:
    view = explore(sample(), Picks(compare="emd"))
    changed = replace(view, logrank_p=p, ratios=(replace(view.ratios[0], hr=hr),))
    assert words in sentences.headline(changed)


@pytest.mark.parametrize(
    ("k", "text"),
    [
        (1, "1st"),
        (2, "2nd"),
        (3, "3rd"),
        (4, "4th"),
        (11, "11th"),
        (12, "12th"),
        (13, "13th"),
        (21, "21st"),
        (102, "102nd"),
        (111, "111th"),
    ],
)
def test_ordinals(k: int, text: str) -> None:
    assert sentences.ordinal(k) == text


def test_the_schoenfeld_test_is_that_of_the_patients() -> None:
    from rrmm.analyses.cox import fit_cox

    cohort = sample()
    view = explore(cohort, Picks(compare="emd"))
    frame = cohort.frame[["pfs_days", "pfs_event", "emd"]].dropna().astype(float)
    ours = fit_cox(frame, "pfs_days", "pfs_event", ["emd"]).frames["ph"]["p_value"].iloc[-1]
    assert ph.ph_p(view) == pytest.approx(ours, rel=1e-9)


def test_labels_of_an_upload_stay_text() -> None:
    for header in hostile().extras.columns:
        view = explore(hostile(), Picks(compare="col:" + header))
        assert all(isinstance(text, str) for text in everything(view))
