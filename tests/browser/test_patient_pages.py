"""Baseline, Response and Safety in a real browser: the paper's numbers in the pictures, also on a phone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Server
from tests.browser.driver import chart_text, choose, open_app, page_text, settle

PICTURES = {
    "baseline": ("upset", "missing", "flow"),
    "response": ("stack", "stack_all", "incidence"),
    "safety": ("safety_bars", "grades", "infections"),
}


@pytest.mark.parametrize("name", list(PICTURES))
def test_pictures_are_drawn_and_nothing_runs_over_on_a_phone(page: Page, server: Server, name: str) -> None:
    page.set_viewport_size({"width": 390, "height": 4000})
    open_app(page, server.url, name)
    for key in PICTURES[name]:
        assert chart_text(page, key), f"{key} is empty"
    choose(page, "EMD")
    for key in PICTURES[name]:
        assert chart_text(page, key), f"{key} is empty by EMD"
    assert not page.locator('[data-testid="stException"]').count()
    over = page.evaluate(
        "() => {const main = document.querySelector('[data-testid=stMain]'); "
        "return main.scrollWidth - main.clientWidth}"
    )
    assert over <= 1


def test_the_papers_numbers_are_in_the_pictures(page: Page, server: Server) -> None:
    page.set_viewport_size({"width": 1920, "height": 3000})
    open_app(page, server.url, "response")
    assert "59.3 % (50.1–68.1 %), 73/123" in chart_text(page, "stack")
    open_app(page, server.url, "safety")
    assert "54.5 %" in chart_text(page, "safety_bars") and "26.8 %" in chart_text(page, "safety_bars")
    open_app(page, server.url, "baseline")
    assert "Progression-free survival: n = 123, 50 events" in chart_text(page, "flow")
    assert "39.0 %" in page_text(page)


def test_a_row_opens_the_patients_behind_it(page: Page, server: Server) -> None:
    page.set_viewport_size({"width": 1600, "height": 1500})
    open_app(page, server.url, "safety")
    tables = page.locator('[data-testid="stDataFrame"]').count()
    box = page.locator(".st-key-table_adverse_events").bounding_box()
    assert box is not None
    # The third row of the table, ICANS, by its box to tick: the table is a canvas.
    page.mouse.click(box["x"] + 17, box["y"] + 35 * 3 + 17)
    page.get_by_text("ICANS: 9 patients").wait_for()
    settle(page)
    assert page.locator('[data-testid="stDataFrame"]').count() == tables + 1
