"""The running app and a real Chromium. In CI (RRMM_CI=1) a missing browser is a failure, not a skip."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.cohorts import ROOT

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"]


def chromium_path() -> str:
    """The system's Chromium; skip where there is none, fail in CI."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        if os.environ.get("RRMM_CI"):
            pytest.fail("CI needs Chromium: see .ci/run")
        pytest.skip("no Chromium on this machine")
    return found


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "browser" in str(item.path):
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.xdist_group("browser"))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """A server of the app on a port of 127.0.0.1; stopped by its own pid."""

    def __init__(self, port: int | None = None, script: str = "app.py", *, options: Sequence[str] = (),
                 environment: Mapping[str, str] | None = None, launcher: Sequence[str] = ("-m", "streamlit"),
                 output: int = subprocess.DEVNULL, prepare: Callable[[], None] | None = None) -> None:
        self.port = port or free_port()
        self.script, self.options, self.launcher = script, options, launcher
        self.environment = {**os.environ, **(environment or {})}
        self.output, self.prepare = output, prepare
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, *self.launcher, "run", self.script, "--server.headless", "true", "--server.address",
             "127.0.0.1", "--server.port", str(self.port), "--server.fileWatcherType", "none",
             *self.options],
            cwd=ROOT, env=self.environment, stdout=self.output, stderr=subprocess.DEVNULL, preexec_fn=self.prepare)
        for _ in range(300):
            try:
                urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=1)
                return
            except OSError:
                time.sleep(0.1)
        raise RuntimeError("the server did not start")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=20)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    chromium_path()
    running = Server()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page in a context of its own: another user."""
    context = browser.new_context(viewport={"width": 1920, "height": 1080}, locale="en-US")
    opened = context.new_page()
    opened.set_default_timeout(15_000)
    yield opened
    context.close()
