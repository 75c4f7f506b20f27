"""Figures 1 and 2 on the Published page: every kind of cohort, both figures, the downloads."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from streamlit.testing.v1 import AppTest

from rrmm.analyses.response import Convention
from rrmm.picks import Picks
from rrmm.ui import figure_panels, state
from tests.cohorts import ALL
from tests.ui.test_published_pages import choose, opened, said


@pytest.fixture(params=list(ALL))
def name(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(state, "sample", ALL[request.param])
    yield request.param


def shown(figure: str) -> AppTest:
    app = choose(opened("published"), "part", "figures")
    return choose(app, "figure", figure)


@pytest.mark.parametrize("figure", ["1", "2"])
def test_both_figures_open(name: str, figure: str) -> None:
    app = shown(figure)
    assert f"Figure {figure}" in said(app).replace("\\", "")
    panels = 4 if figure == "1" else 6
    told = len([each for each in app.info if "shown for this cohort" in each.value])
    assert len(app.get("vega_lite_chart")) + told == panels
    if name == "sample":
        assert not told
    if name == "empty":
        assert told == panels


def test_nothing_is_made_before_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "sample", ALL["bare"])
    monkeypatch.setattr(figure_panels.words, "make", lambda *_: pytest.fail("made too early"))
    shown("1")


@pytest.mark.parametrize(("ending", "start"), [("svg", b"<svg"), ("png", b"\x89PNG"), ("pdf", b"%PDF"), ("pptx", b"PK")])
def test_the_files(ending: str, start: bytes) -> None:
    make = figure_panels.maker(ALL["bare"](), "1", Picks(), Convention(), ending, False)
    assert make().startswith(start)
