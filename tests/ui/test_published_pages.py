"""Published and Methods: every part with every kind of cohort, filters, weighting, an uploaded table."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from streamlit.testing.v1 import AppTest

from rrmm.analyses.print_check import EXAMPLE
from rrmm.published import NOT_ADJUSTED
from rrmm.ui import methods_panels, published_panels, state
from tests.cohorts import ALL, ROOT


@pytest.fixture(params=list(ALL))
def name(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(state, "sample", ALL[request.param])
    yield request.param


def opened(page: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()
    return app.switch_page(f"pages/{page}.py").run()


def choose(app: AppTest, key: str, value: object) -> AppTest:
    next(each for each in app.get("button_group") if each.key == key).set_value(value)
    app.run()
    assert not app.exception
    return app


def said(app: AppTest) -> str:
    kinds = (app.markdown, app.caption, app.info, app.warning, app.subheader, app.error, app.success)
    return " ".join(each.value for kind in kinds for each in kind)


def test_every_part_of_published(name: str) -> None:
    app = opened("published")
    assert NOT_ADJUSTED in said(app)
    choose(app, "shows", "safety")
    assert NOT_ADJUSTED in said(app)
    for part in published_panels.VIEWS:
        choose(app, "part", part)


def test_every_part_of_methods(name: str) -> None:
    app = opened("methods")
    for part in methods_panels.VIEWS:
        choose(app, "methods", part)
        assert said(app)


def test_no_published_cohort_chosen(name: str) -> None:
    app = opened("published")
    app.multiselect(key="published").set_value([]).run()
    assert not app.exception


def test_weighting(name: str) -> None:
    app = opened("published")
    app.toggle(key="maic").set_value(True).run()
    assert not app.exception
    if name == "sample":
        assert "effective sample size" in said(app) and "too few to lean on" in said(app)
        keys = next(each for each in app.multiselect if each.key.startswith("match_"))
        keys.set_value([]).run()
        assert "Choose the characteristics" in said(app)
    else:
        assert "effective sample size" not in said(app)


def test_the_paper_by_place_and_status(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "sample", ALL["sample"])
    app = choose(opened("published"), "part", "paper")
    assert "of 320 printed values hold" in said(app) and "Where they differ: 35" in said(app)
    choose(app, "place", ["Table 2"])
    assert "Where they differ: 17" in said(app)
    choose(app, "status", ["met"])
    assert "Where they differ" not in said(app) and "What holds: 65" in said(app)


def test_own_cohort_is_told_that_the_paper_is_the_sample_s(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "sample", ALL["sample"])
    monkeypatch.setattr(state, "cohort", ALL["bare"])
    monkeypatch.setattr(state, "is_own", lambda: True)
    app = choose(opened("published"), "part", "paper")
    assert "Your own cohort plays no part" in said(app) and "of 320 printed values hold" in said(app)


def test_a_table_of_one_s_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "sample", ALL["sample"])
    app = choose(opened("published"), "part", "print")
    assert "30 contradictions" in said(app)
    upload = app.file_uploader(key="print_file")
    upload.set_value(("mine.csv", EXAMPLE.encode(), "text/csv")).run()
    assert not app.exception and "6 rows checked" in said(app)
    app.file_uploader(key="print_file").set_value(("mine.csv", b"a;b\n1;2\n", "text/csv")).run()
    assert not app.exception and not app.error  # columns a and b are known ones
    app.file_uploader(key="print_file").set_value(("mine.csv", b"x;y\n1;2\n", "text/csv")).run()
    assert not app.exception and "No known column was found" in app.error[0].value.replace("\\", "")


def test_the_dictionary_is_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "sample", ALL["sample"])
    app = choose(opened("methods"), "methods", "variables")
    app.text_input(key="dictionary").set_value("knochenmark").run()
    assert not app.exception
    assert 0 < len(app.dataframe[0].value) < 20
    app.text_input(key="dictionary").set_value("nothing like this").run()
    assert "0 of" in said(app)
