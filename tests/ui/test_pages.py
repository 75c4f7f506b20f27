"""Every page opens without an exception for every kind of cohort, and says whose data it shows."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from streamlit.testing.v1 import AppTest

from rrmm.ui import state
from rrmm.ui.frame import PAGES
from tests.cohorts import ALL, ROOT


@pytest.fixture(params=list(ALL))
def name(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(state, "sample", ALL[request.param])
    yield request.param


def opened(file: str) -> AppTest:
    """The page as reached from the first one."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()
    return app if file == "app.py" else app.switch_page(file).run()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.title)
def test_page_opens(page, name: str) -> None:
    app = opened(page.file)
    assert not app.exception
    assert app.title[0].value == page.title
    shown = " ".join(each.value for each in app.markdown)
    count = ALL[name]().n
    assert f"{count} patient" in shown
    assert ("Fictitious cohort" in shown) == (name == "sample")


def test_every_comparison_of_explore(name: str) -> None:
    app = opened("pages/explore.py")
    for pill in app.get("button_group"):
        if pill.key == "by":
            for option in pill.options:
                pill.set_value(option)
                app.run()
                assert not app.exception
