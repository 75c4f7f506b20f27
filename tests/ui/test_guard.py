"""Who gets in: the rules as data, and locked pages that show nothing of a cohort."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from streamlit.testing.v1 import AppTest

from rrmm.ui import guard, state
from rrmm.ui.frame import PAGES
from rrmm.ui.guard import Rules, admitted, allowed, rules_from
from tests.cohorts import ALL, ROOT

AUTH = {"client_id": "rrmm", "client_secret": "x", "redirect_uri": "x", "cookie_secret": "x", "server_metadata_url": "x"}
LISTED = ("@hospital.example", "anna@university.example")


def test_no_secrets_no_rules() -> None:
    assert rules_from({}) == Rules()
    assert rules_from({"rrmm": {"public": True}}) == Rules(public=True)


@pytest.mark.parametrize("secrets", [
    {"auth": AUTH},
    {"auth": AUTH, "rrmm": {"allow": []}},
    {"auth": AUTH, "rrmm": {"allow": "@hospital.example"}},
    {"auth": AUTH, "rrmm": {"allow": [" "]}},
    {"auth": AUTH, "rrmm": {"allow": [3]}},
    {"auth": AUTH, "rrmm": {"allow": ["*"], "hours": 0}},
    {"auth": AUTH, "rrmm": {"allow": ["*"], "hours": True}},
    {"auth": {"redirect_uri": "x"}, "rrmm": {"allow": ["*"]}},
    {"auth": "yes", "rrmm": {"allow": ["*"]}},
    {"rrmm": {"allow": ["@hospital.example"]}},
    {"rrmm": {"public": "no"}},
])
def test_every_doubt_locks(secrets: dict) -> None:
    assert rules_from(secrets).wrong


def test_rules_in_full() -> None:
    found = rules_from({"auth": {**AUTH, "clinic": {"client_id": "y"}},
                        "rrmm": {"allow": [" @Hospital.Example "], "hours": 8, "public": True}})
    assert found == Rules(True, ("@hospital.example",), ("", "clinic"), 8.0, True)
    assert rules_from({"auth": {"clinic": {"client_id": "y"}}, "rrmm": {"allow": ["*"]}}).providers == ("clinic",)


@pytest.mark.parametrize(("address", "there"), [
    ("b@hospital.example", True), ("B@HOSPITAL.EXAMPLE", True), ("anna@university.example", True),
    ("bert@university.example", False), ("b@evil-hospital.example", False), ("b@hospital.example.evil", False),
    ("b@sub.hospital.example", False), ("b@evil.example@hospital.example", True), ("@hospital.example", False),
    ("hospital.example", False), ("", False), (None, False), (["b@hospital.example"], False),
    ("b@hospital.example evil@x", False), ("b@hospital.example\n", True), ("*", False),
])
def test_the_list(address: object, there: bool) -> None:
    assert allowed(address, LISTED) is there


@settings(max_examples=200, deadline=None)
@given(some.text(max_size=40))
def test_nobody_else_is_let_in(text: str) -> None:
    if allowed(text, LISTED):
        assert text.strip().casefold().endswith(("@hospital.example", "anna@university.example"))
    assert not allowed(text, ())


def test_admitted() -> None:
    of = Rules(True, LISTED, ("",), 12.0)
    user = {"email": "b@hospital.example", "email_verified": True, "iat": 1_000_000}
    assert admitted(user, 1_000_000 + 11 * 3600, of) == ""
    assert "too old" in admitted(user, 1_000_000 + 13 * 3600, of)
    assert "not verified" in admitted({**user, "email_verified": False}, 1_000_000, of)
    assert "not on the list" in admitted({**user, "email": "c@elsewhere.example"}, 1_000_000, of)
    assert "not on the list" in admitted({"sub": "b"}, 1_000_000, of)


def shown(app: AppTest) -> str:
    return " ".join(each.value for kind in (app.markdown, app.title, app.error, app.caption, app.metric) for each in kind)


@pytest.mark.parametrize("of", [Rules(True, LISTED, ("",)), Rules(wrong="No.")], ids=["login", "wrong"])
def test_a_locked_page_shows_nothing(of: Rules, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "sample", ALL["sample"])
    monkeypatch.setattr(guard, "rules", lambda: of)
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app.query_params["by"] = "EMD"
    app.run()
    for page in PAGES:
        if page.file != "app.py":
            app.switch_page(page.file).run()
        assert not app.exception, page.title
        assert "patient" not in shown(app) and "123" not in shown(app), page.title
        for kind in ("metric", "dataframe", "sidebar"):
            assert not len(getattr(app, kind)), page.title
        assert not app.get("file_uploader") and not app.get("download_button") and not app.get("vega_lite_chart")
        assert [each.label for each in app.button] == (["Log in"] if of.login else [])


def test_a_listed_user_comes_in_and_a_stranger_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "sample", ALL["sample"])
    monkeypatch.setattr(guard, "rules", lambda: Rules(True, LISTED, ("",)))
    claims = {"is_logged_in": True, "email": "b@hospital.example"}
    monkeypatch.setattr(guard.st.user.__class__, "to_dict", lambda self: claims)
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()
    assert "123 patients" in shown(app) and any(each.label == "Log out" for each in app.button)
    claims["email"] = "b@elsewhere.example"
    app.run()
    assert "not on the list" in shown(app) and "123" not in shown(app)


def test_a_public_server_asks_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "sample", ALL["sample"])
    monkeypatch.setenv("RRMM_PUBLIC", "1")
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()
    assert "de-identified" in app.button(key="confirm_deidentified").label
    assert not app.get("file_uploader") and "123 patients" in shown(app)
    app.button(key="confirm_deidentified").click().run()
    assert app.get("file_uploader")
    monkeypatch.delenv("RRMM_PUBLIC")
    assert AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run().get("file_uploader")
