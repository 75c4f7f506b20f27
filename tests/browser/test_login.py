"""Login against a real OpenID Connect provider on this machine: locked means locked everywhere; the listed come in."""

from __future__ import annotations

import importlib.util
import os
import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from rrmm.ui.frame import PAGES
from tests.browser.conftest import Server, chromium_path, free_port
from tests.browser.driver import open_app, page_text, settle

if any(importlib.util.find_spec(name) is None for name in ("authlib", "oidc_provider_mock")) and not os.environ.get("RRMM_CI"):
    pytest.skip("the login's packages are not installed", allow_module_level=True)

SECRETS = """
[auth]
redirect_uri = "http://127.0.0.1:{port}/oauth2callback"
cookie_secret = "a secret of this test only, long enough"
client_id = "rrmm"
client_secret = "nobody cares"
server_metadata_url = "http://127.0.0.1:{provider}/.well-known/openid-configuration"

[rrmm]
allow = ["@hospital.example"]
"""


@pytest.fixture(scope="module")
def provider() -> Iterator[int]:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from oidc_provider_mock import User, run_server_in_thread

        users = [User(sub=name, claims={"email": name, "email_verified": True})
                 for name in ("anna@hospital.example", "eve@elsewhere.example")]
        with run_server_in_thread(user_claims=users) as server:
            yield int(server.server_port)


@pytest.fixture(scope="module")
def locked(provider: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    chromium_path()
    port = free_port()
    secrets: Path = tmp_path_factory.mktemp("secrets") / "secrets.toml"
    secrets.write_text(SECRETS.format(port=port, provider=provider), encoding="utf-8")
    running = Server(port, options=("--secrets.files", str(secrets)))
    yield running
    running.stop()


def path_of(file: str) -> str:
    return "" if file == "app.py" else file.removeprefix("pages/").removesuffix(".py")


def log_in(page: Page, server: Server, address: str, path: str = "") -> None:
    """From the app to the provider and back."""
    page.goto(f"{server.url}/{path}")
    page.get_by_role("button", name="Log in").click()
    page.get_by_label(re.compile("sub|user", re.I)).or_(page.locator('input[name="sub"]')).first.fill(address)
    page.locator('button[type="submit"]').first.click()
    page.wait_for_url(f"{server.url}/**")
    page.locator("h1").first.wait_for()


def test_locked_on_every_page_deep_link_and_download(page: Page, locked: Server) -> None:
    told: list[str] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda data: told.append(
        data.decode("utf-8", "replace") if isinstance(data, bytes) else str(data))))
    for each in PAGES:
        page.goto(f"{locked.url}/{path_of(each.file)}?by=EMD&endpoint=OS")
        page.get_by_role("button", name="Log in").wait_for()
        settle(page, polls=1)
        text = page_text(page)
        assert "listed people only" in text and "patients" not in text, each.title
        assert not page.locator('[data-testid="stFileUploader"], [data-testid="stDownloadButton"], '
                                '[data-testid="stVegaLiteChart"]').count()
    assert told and not any("No EMD" in frame or "123 patients" in frame for frame in told)
    for path in ("media/template.xlsx", "media/0", "sample_data/template.xlsx", "app/static/template.xlsx"):
        try:
            with urllib.request.urlopen(f"{locked.url}/{path}", timeout=5) as answer:
                body = answer.read()
            assert b"<html" in body.lower(), path  # the page's shell, not a file
        except urllib.error.HTTPError as error:
            assert error.code in (400, 403, 404)


def test_the_listed_come_in_with_their_link_and_leave(page: Page, locked: Server) -> None:
    log_in(page, locked, "anna@hospital.example")
    settle(page)
    assert "123 patients" in page_text(page)
    open_app(page, locked.url, "explore?by=EMD")
    assert "119 of 123 patients" in page_text(page)
    page.get_by_role("button", name="Log out").click()
    page.wait_for_url("**/end_session**")  # the provider ends its own login too, and asks
    page.goto(f"{locked.url}/explore?by=EMD")
    page.get_by_role("button", name="Log in").wait_for()
    assert "123 patients" not in page_text(page)


def test_a_stranger_with_a_login_stays_out(page: Page, locked: Server) -> None:
    log_in(page, locked, "eve@elsewhere.example")
    page.get_by_text("not on the list").wait_for()
    for each in PAGES[:3]:
        page.goto(f"{locked.url}/{path_of(each.file)}?by=EMD")
        page.get_by_text("not on the list").wait_for()
        assert "patients" not in page_text(page)


def test_a_forged_cookie_is_no_login(page: Page, locked: Server) -> None:
    page.context.add_cookies([{"name": "_streamlit_user", "url": locked.url,
                               "value": '{"email": "anna@hospital.example", "is_logged_in": true}'}])
    page.goto(locked.url)
    page.get_by_role("button", name="Log in").wait_for()


def test_secrets_that_cannot_be_read_lock(page: Page, tmp_path: Path) -> None:
    chromium_path()
    secrets = tmp_path / "secrets.toml"
    secrets.write_text("[auth\nclient_id = ", encoding="utf-8")
    broken = Server(options=("--secrets.files", str(secrets)))
    try:
        page.goto(broken.url)
        page.get_by_text("can’t be read").or_(page.get_by_text("can't be read")).first.wait_for()
        assert "patients" not in page_text(page)
    finally:
        broken.stop()
