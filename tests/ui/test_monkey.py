"""Anything in the URL, and two hundred random clicks: no page fails."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from streamlit.testing.v1 import AppTest

from rrmm.subgroups import ALL_SUBGROUPS
from rrmm.ui import state
from rrmm.ui.frame import PAGES
from tests.cohorts import ALL, ROOT

NAMES = ["by", "endpoint", "only", "conf", "ne", "ncr", "prop", "col", "forest_shows", "pvalues", "lanes", "mask", "file",
         "session_file", "title_0_1", *("cut_" + key for key in ALL_SUBGROUPS), *("has_" + key for key in ALL_SUBGROUPS)]
VALUES = some.one_of(
    some.text(max_size=30),
    some.sampled_from(["EMD", "emd", "Other column", "column", "PFS", "os", "nan", "inf", "-1", "1e308", "", "true", "[]", "none",
                       "<script>", "60.0000001", "All patients", "wilson", "\x00", "٣"]),
    some.floats().map(str), some.integers().map(str))
LIGHT = [page for page in PAGES if page.title in ("Explore", "Response", "Baseline", "Patients", "Present")]


@pytest.fixture(autouse=True)
def _one_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "sample", ALL["sample"])


def opened(file: str, query: dict[str, Any]) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    return app if file == "app.py" else app.switch_page(file).run()


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(some.sampled_from(LIGHT), some.dictionaries(some.sampled_from(NAMES), VALUES | some.lists(VALUES, max_size=3), max_size=5))
def test_no_url_makes_a_page_fail(page: Any, query: dict[str, Any]) -> None:
    app = opened(page.file, query)
    assert not app.exception, query
    assert app.title[0].value == page.title


def choices(app: AppTest, rng: random.Random) -> list[tuple[str, Any]]:
    """Everything on the page that can be clicked or set, with a value to set."""
    found: list[tuple[str, Any]] = []
    for kind in ("button", "checkbox", "toggle", "selectbox", "multiselect", "slider", "number_input", "text_input", "radio"):
        found += [(kind, each) for each in getattr(app, kind) if not each.disabled]
    return found + [("button_group", each) for each in app.get("button_group") if not each.disabled]


def click(kind: str, thing: Any, rng: random.Random) -> None:
    if kind == "button":
        thing.click()
    elif kind in ("checkbox", "toggle"):
        thing.set_value(not thing.value)
    elif kind in ("selectbox", "radio"):
        thing.select_index(rng.randrange(len(thing.options))) if thing.options else None
    elif kind == "multiselect":
        thing.set_value(rng.sample(list(thing.options), min(len(thing.options), rng.randrange(3))))
    elif kind == "slider":
        if not isinstance(thing.value, (list, tuple)):
            thing.set_value(type(thing.value)(rng.choice([thing.min, thing.max, thing.value])))
    elif kind == "number_input":
        thing.set_value(thing.value)
    elif kind == "text_input":
        thing.set_value(rng.choice(["", "<b>", "$x$", "Ä" * 50]))
    elif thing.options:
        option = rng.choice(list(thing.options))
        thing.set_value([option] if isinstance(thing.value, list) else option)


@pytest.mark.parametrize("seed", range(4))
def test_fifty_random_clicks(seed: int) -> None:
    rng = random.Random(seed)
    app = opened("app.py", {})
    done: list[str] = []
    for nth in range(50):
        if nth % 10 == 9:
            page = PAGES[(nth // 10 + seed * 2) % len(PAGES)]
            app.switch_page(page.file).run()
            done.append(page.title)
        else:
            kind, thing = rng.choice(choices(app, rng))
            done.append(f"{kind} {thing.key or getattr(thing, 'label', '')}")
            click(kind, thing, rng)
            app.run()
        assert not app.exception, (done, [each.message for each in app.exception])
