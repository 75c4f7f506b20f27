"""Baseline, Response and Safety with every kind of cohort: they open, count, and say what they would need."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from streamlit.testing.v1 import AppTest

from rrmm.ui import state
from tests.cohorts import ALL, ROOT

PAGES = ("baseline", "response", "safety")


@pytest.fixture(params=list(ALL))
def name(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(state, "sample", ALL[request.param])
    yield request.param


@pytest.fixture
def on_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "sample", ALL["sample"])


def opened(page: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()
    return app.switch_page(f"pages/{page}.py").run()


def said(app: AppTest) -> str:
    return " ".join(
        each.value for kind in (app.markdown, app.caption, app.info, app.subheader) for each in kind
    )


def compare(app: AppTest, key: str) -> AppTest:
    chips = next(each for each in app.get("button_group") if each.key == "by")
    chips.set_value(key)
    return app.run()


@pytest.mark.parametrize("page", PAGES)
def test_opens_and_names_what_it_needs(page: str, name: str) -> None:
    app = opened(page)
    assert not app.exception
    if name in ("empty", "bare"):
        needs = " ".join(each.value for each in app.info)
        assert "can’t be shown for this cohort" in needs and "It needs" in needs
    else:
        assert app.dataframe


@pytest.mark.parametrize("page", PAGES)
def test_every_comparison(page: str, on_sample: None) -> None:
    app = opened(page)
    for key in ("emd", "bm60", "cart_interval", "column"):
        compare(app, key)
        assert not app.exception, key


@pytest.mark.parametrize("page", PAGES)
def test_filters_to_the_trial_eligible(page: str, on_sample: None) -> None:
    app = opened(page)
    app.multiselect(key="only").set_value(["Trial-eligible"]).run()
    assert not app.exception
    assert "75 of 123" in said(app)
    app.multiselect(key="only").set_value(["Trial-eligible", "Not trial-eligible", "EMD", "ISS III"]).run()
    assert not app.exception


@pytest.mark.parametrize("page", PAGES)
def test_nobody_left(page: str, on_sample: None) -> None:
    app = opened(page)
    app.multiselect(key="only").set_value(["Ide-cel", "BCMA-naive"]).run()
    assert not app.exception
    assert "0 of 123" in said(app)
    assert not compare(app, "emd").exception


def test_baseline_table(on_sample: None) -> None:
    app = opened("baseline")
    table = app.dataframe[0].value.set_index("Characteristic")
    assert table.loc["Extramedullary disease", "All patients (n = 123)"] == "43/119 (36.1 %)"
    assert table.loc["Extramedullary disease", "Unknown"] == 4
    assert table.loc["Extramedullary disease", "MajesTEC-1 (n = 165)"] == "28/165 (17.0 %)"
    assert "not adjusted" in said(app)
    assert "39.0 %" in said(app)
    compare(app, "emd")
    app.toggle(key="pvalues").set_value(True).run()
    table = app.dataframe[0].value
    assert {"SMD", "p", "Unknown (by group)"} <= set(table.columns)


def test_response_tables(on_sample: None) -> None:
    app = opened("response")
    rates = app.dataframe[0].value
    assert rates.loc[0, "ORR (95 % CI)"].startswith("73/123 (59.3 %)")
    odds = app.dataframe[2].value.set_index("Comparison")
    assert odds.loc["EMD v No EMD", "OR of response (95 % CI)"].startswith("0.26")
    app.toggle(key="ne").set_value(False).run()
    chips = next(each for each in app.get("button_group") if each.key == "odds")
    chips.set_value("baptista_pike_midp")
    app.run()
    odds = app.dataframe[2].value.set_index("Comparison")
    assert odds.loc["EMD v No EMD", "OR of non-response (95 % CI)"] == "4.47 (2.00–9.99)"


def test_safety_tables(on_sample: None) -> None:
    app = opened("safety")
    table = app.dataframe[0].value.set_index("Adverse event")
    assert table.loc["Infection", "Any grade"].startswith("67/123 (54.5 %)")
    assert table.loc["Infection", "Grade ≥ 3"].startswith("33/123 (26.8 %)")
    assert "Choose a row" in said(app)
