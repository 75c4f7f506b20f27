"""Two users of one server: what one loads, the other never gets; and it is gone from the process when its tab is."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from rrmm.ui.frame import PAGES
from tests.browser.conftest import Server, chromium_path
from tests.browser.driver import open_app, page_text, picture_text, settle, upload
from tests.cohorts import ROOT

SECRET = "Zentrum_Geheim"
ROWS = [f"P{i};{1.5 + (i * 37 % 101) / 7:.2f};{'yes' if i % 3 else 'no'};{'nord' if i % 2 else 'sued'}" for i in range(1, 78)]
FILE = f"Patient;PFS (months);PFS event;{SECRET}\n" + "\n".join(ROWS) + "\n"


@pytest.fixture(scope="module")
def watched() -> Iterator[Server]:
    chromium_path()
    running = Server(launcher=("-m", "tests.browser.inspected"), output=subprocess.PIPE,
                     environment={"PYTHONPATH": str(ROOT)}, options=("--server.disconnectedSessionTTL", "1"))
    yield running
    running.stop()


def alive(server: Server) -> dict[str, Any]:
    """What the process holds now."""
    os.kill(server.process.pid, signal.SIGUSR1)
    assert server.process.stdout is not None
    for line in server.process.stdout:
        if line.startswith(b"{"):
            return dict(json.loads(line))
    raise AssertionError("the server said nothing")


def status(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def heard(page: Page) -> list[str]:
    """Everything the server sends to this page, growing."""
    frames: list[str] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda data: frames.append(
        data.decode("utf-8", "replace") if isinstance(data, bytes) else str(data))))
    return frames


def test_what_one_loads_the_other_never_gets(browser: Browser, watched: Server, tmp_path) -> None:
    file = tmp_path / "geheim.csv"
    file.write_text(FILE, encoding="utf-8")
    before = alive(watched)
    assert before["cohorts"] == 0
    mine, other = (browser.new_context(viewport={"width": 1920, "height": 1080}) for _ in range(2))
    one, two = mine.new_page(), other.new_page()
    told_one, told_two = heard(one), heard(two)
    links: list[str] = []
    one.on("response", lambda answer: links.append(answer.url) if f"{watched.url}/media/" in answer.url else None)
    open_app(one, watched.url)
    upload(one, file)
    assert "77 patients" in page_text(one) and "geheim.csv" in page_text(one)
    assert alive(watched)["cohorts"] == 1
    one.get_by_role("link", name="Explore").click()
    settle(one)
    with one.expect_download() as taken:
        one.get_by_role("button", name="Take home").click()
        one.get_by_role("button", name="Data as CSV").click()
    link = taken.value.url
    # The other user looks everywhere, with the first one's choices in the link.
    query = one.url.partition("?")[2]
    for page in PAGES:
        path = "" if page.file == "app.py" else page.file.removeprefix("pages/").removesuffix(".py")
        two.goto(f"{watched.url}/{path}?{query}")
        two.locator("h1").first.wait_for()
        settle(two, polls=1)
        text = page_text(two) + " ".join(picture_text(two))
        assert "Fictitious cohort" in text and "123 patients" in text, page.title
        assert SECRET not in text and "geheim" not in text and "77 patients" not in text, page.title
    assert any(SECRET in frame for frame in told_one), "the ear hears nothing"
    assert not any(SECRET in frame or "geheim.csv" in frame for frame in told_two)
    assert SECRET not in one.url and "geheim" not in one.url
    other.close()
    assert alive(watched)["cohorts"] == 1
    # The tab is closed: file, cohort, results and links go.
    mine.close()
    for _ in range(60):
        time.sleep(0.25)
        after = alive(watched)
        if not after["cohorts"] and not after["upload_bytes"] and after["sessions"] <= 1:
            break
    # One ended session may hang on the script thread that ran last; it holds the link of the empty template, no data.
    assert (after["cohorts"], after["upload_bytes"]) == (0, 0)
    assert after["sessions"] <= 1 and after["media"] <= 1
    for url in {link, *links}:
        if url.startswith("http") and not url.endswith(".png"):  # the icon of the page is everybody's
            assert status(url) == 404, url


def test_two_tabs_of_one_user_are_two_sessions(browser: Browser, watched: Server, tmp_path) -> None:
    file = tmp_path / "geheim.csv"
    file.write_text(FILE, encoding="utf-8")
    context = browser.new_context(viewport={"width": 1920, "height": 1080})
    one, two = context.new_page(), context.new_page()
    open_app(one, watched.url)
    open_app(two, watched.url, "explore?by=EMD")
    upload(one, file)
    settle(two)
    two.reload()
    settle(two)
    assert "77 patients" in page_text(one)
    assert "123 patients" in page_text(two) and "by=EMD" in two.url
    context.close()
