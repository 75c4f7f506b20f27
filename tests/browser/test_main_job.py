"""The main job in a real browser: open, upload, compare, follow a link, reload; what is shown equals `summary`."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from playwright.sync_api import Page

from rrmm import formatting
from rrmm.analyses.summary import summary
from tests.browser.conftest import Server
from tests.browser.driver import chart_text, choose, open_app, page_text, picture_text, settle, upload
from tests.cohorts import SAMPLES, sample


@cache
def expected() -> dict[str, Any]:
    return summary(sample())


def months(value: float | None) -> str:
    return formatting.NOT_REACHED if value is None else f"{value:.1f}"


def test_first_visit_shows_the_sample_at_a_glance(page: Page, server: Server) -> None:
    open_app(page, server.url)
    text = page_text(page)
    assert "Fictitious cohort" in text
    orr, pfs = expected()["response"]["orr"], expected()["endpoints"]["pfs"]
    assert f"{orr['pct']:.1f} %" in text and f"{orr['x']}/{orr['n']}" in text
    assert f"{months(pfs['median'])} months" in text
    assert f"{months(expected()['followup']['median'])} months" in text
    assert f"{pfs['events']}/{pfs['n']} events" in chart_text(page, "glance_pfs")


def test_every_comparison_shows_what_the_summary_says(page: Page, server: Server) -> None:
    open_app(page, server.url, "explore")
    before = picture_text(page)
    for chip, key in (("EMD", "emd"), ("ISS 3", "iss3"), ("Ide-cel", "idecel"), ("Bone marrow", "bm60")):
        choose(page, chip)
        want = expected()["subgroups"][key]
        curve, bars, forest = (chart_text(page, name) for name in ("survival", "response", "forest_ratio"))
        assert curve != before[0] and bars != before[1]
        for level in want["levels"]:
            assert f"{level['label']}: {level['pfs_events']}/{level['n']} events, median {months(level['pfs_median'])} (" in curve
        hr = want["hr"]
        assert f"HR {hr['estimate']:.2f} ({hr['conf_low']:.2f}–{hr['conf_high']:.2f})" in curve
        assert f"log-rank {formatting.p_value(want['logrank_p'])}" in curve
        assert f"{hr['estimate']:.2f} ({hr['conf_low']:.2f}–{hr['conf_high']:.2f})" in forest
        everyone = [level["n"] for level in want["levels"]]
        for level, n in zip(want["levels"], everyone, strict=True):
            assert re.search(rf"{re.escape(level['label'])}: ORR [\d.]+ % \({level['responders']}/{n};", bars)
        assert f"{sum(everyone)} of 123 patients" in page_text(page)


def test_a_cold_deep_link_shows_the_comparison(page: Page, server: Server) -> None:
    open_app(page, server.url, "explore?by=EMD&endpoint=OS")
    text = chart_text(page, "survival")
    assert "Overall survival" in text and "No EMD:" in text
    page.reload()
    settle(page)
    assert "Overall survival" in chart_text(page, "survival") and "No EMD:" in chart_text(page, "survival")


def test_choices_stand_in_the_url_and_data_do_not(page: Page, server: Server) -> None:
    open_app(page, server.url, "explore")
    choose(page, "ISS 3")
    choose(page, "OS")
    assert "by=ISS+3" in page.url or "by=ISS%203" in page.url
    assert "endpoint=OS" in page.url


def test_upload_compare_and_go_back(page: Page, server: Server) -> None:
    open_app(page, server.url)
    upload(page, SAMPLES / "kohorte_deutsch.xlsx")
    text = page_text(page)
    assert "Fictitious cohort" not in text and "kohorte_deutsch.xlsx" in text and "123 patients" in text
    page.get_by_role("link", name="Explore").click()
    page.get_by_role("heading", name="Explore").wait_for()
    settle(page)
    choose(page, "EMD")
    want = expected()["subgroups"]["emd"]
    text = chart_text(page, "survival")
    for level in want["levels"]:
        assert f"{level['label']}: {level['pfs_events']}/{level['n']} events" in text
    page.get_by_role("link", name="Cohort").click()
    page.get_by_role("button", name="Back to the sample cohort").click()
    settle(page)
    assert "Fictitious cohort" in page_text(page)


def test_a_filter_narrows_every_number(page: Page, server: Server) -> None:
    open_app(page, server.url, "explore?only=EMD")
    text = page_text(page)
    assert "43 of 123 patients" in text and "unknown in 4" in text
    assert "24/43 events" in chart_text(page, "survival")


def test_nothing_is_fetched_from_elsewhere(page: Page, server: Server) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for path in ("", "explore?by=EMD"):
        open_app(page, server.url, path)
    strangers = [url for url in asked if not url.startswith((server.url, f"ws://127.0.0.1:{server.port}", "data:", "blob:"))]
    assert not strangers
