"""The server is killed and started again while a page is open: the user is told, and the link keeps the picks."""

from __future__ import annotations

from playwright.sync_api import Page

from tests.browser.conftest import Server
from tests.browser.driver import chart_text, choose, open_app, page_text, settle


def test_kill_and_restart(page: Page) -> None:
    server = Server()
    try:
        open_app(page, server.url, "explore")
        choose(page, "EMD")
        choose(page, "OS")
        before = chart_text(page, "survival")
        server.process.kill()
        server.process.wait(timeout=20)
        page.get_by_text("Connection error").or_(page.get_by_text("Connecting")).or_(
            page.locator('[data-testid="stConnectionStatus"]')).first.wait_for(timeout=20_000)
        server.start()
        page.locator('[data-testid="stConnectionStatus"]').first.wait_for(state="hidden", timeout=30_000)
        page.reload()
        settle(page)
        assert "by=EMD" in page.url and "endpoint=OS" in page.url
        assert chart_text(page, "survival") == before and "119 of 123 patients" in page_text(page)
    finally:
        server.stop()


def test_what_a_link_chose_comes_along_and_back_and_forward_work(page: Page, server: Server) -> None:
    open_app(page, server.url, "explore?by=EMD&only=ISS+III")
    assert "of 123 patients" in page_text(page)
    before = chart_text(page, "survival")
    for _ in range(2):
        page.get_by_role("link", name="Response", exact=True).click()
        page.get_by_role("heading", name="Response", exact=True, level=1).wait_for()
        settle(page)
        page.get_by_role("link", name="Explore", exact=True).click()
        page.get_by_role("heading", name="Explore", exact=True, level=1).wait_for()
        settle(page)
        assert "No EMD:" in before and chart_text(page, "survival") == before
    for move in (page.go_back, page.go_back, page.go_forward):
        move()
        page.wait_for_timeout(500)
        settle(page)
        assert page.locator("h1").first.text_content() in ("Explore", "Response")
        assert not page.locator('[data-testid="stException"], [data-testid="stAlert"]').count()
