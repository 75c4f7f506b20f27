"""What a user does and sees, in a few words."""

from __future__ import annotations

import time
from pathlib import Path

from playwright.sync_api import Page


def open_app(page: Page, url: str, path: str = "") -> None:
    """Open a page of the app and wait until it has been drawn."""
    page.goto(f"{url}/{path}")
    page.locator("h1").first.wait_for()
    settle(page)


STILL = """() => !document.querySelector('[data-testid="stStatusWidget"], [data-testid="stSkeleton"], [data-stale="true"]')
  && [...document.querySelectorAll('[data-testid="stVegaLiteChart"]')].every(chart => chart.querySelector('svg text'))"""


def settle(page: Page, polls: int = 4) -> None:
    """Wait until the script has run and the pictures have been the same for a few looks in a row."""
    last, same = None, 0
    for _ in range(150):
        now = [page.evaluate(STILL), *picture_text(page)]
        same = same + 1 if now == last and now[0] else 0
        if same >= polls:
            return
        last = now
        time.sleep(0.12)
    raise AssertionError("the page did not settle")


def picture_text(page: Page) -> list[str]:
    """All words in the pictures, one string a picture."""
    found: list[str] = page.evaluate(
        "() => [...document.querySelectorAll('[data-testid=\"stVegaLiteChart\"]')].map(chart => "
        "[...chart.querySelectorAll('svg text')].map(each => each.textContent).filter(Boolean).join(' | '))")
    return found


def chart_text(page: Page, key: str) -> str:
    """The words in the picture of that key."""
    page.locator(f".st-key-picture_{key} svg text").first.wait_for()
    found: str = page.locator(f".st-key-picture_{key}").first.evaluate(
        "each => [...each.querySelectorAll('svg text')].map(text => text.textContent).filter(Boolean).join(' | ')")
    return found


def choose(page: Page, name: str) -> None:
    """Click the chip of that name."""
    page.get_by_role("button", name=name, exact=True).or_(page.get_by_role("radio", name=name, exact=True)).first.click()
    settle(page)


def upload(page: Page, path: Path) -> None:
    """Load a file on the Cohort page."""
    page.locator('[data-testid="stFileUploader"] input[type="file"]').first.set_input_files(str(path))
    page.wait_for_timeout(400)
    settle(page)


def page_text(page: Page) -> str:
    """All words of the page itself, metrics included (they have no `innerText`)."""
    return page.locator('[data-testid="stMain"]').text_content() or ""
