"""The recipes of CONTRIBUTING, followed: one entry in one registry, and everything that is said to follow does."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from rrmm import endpoints, picks, schema, subgroups
from rrmm.analyses.explore import explore
from rrmm.analyses.summary import summary
from rrmm.cohort import Cohort, build_cohort
from rrmm.intake import load
from rrmm.picks import Picks
from rrmm.subgroups import Subgroup
from rrmm.ui import state
from tests.cohorts import ROOT, SAMPLES, sample


@pytest.fixture
def with_subgroup(monkeypatch: pytest.MonkeyPatch) -> str:
    """A new entry, as CONTRIBUTING says: women against men."""
    entry = Subgroup("female", "Sex", "stage", "sex", "Men", "Women", is_level="F")
    for name in ("SUBGROUPS", "ALL_SUBGROUPS"):
        monkeypatch.setitem(getattr(subgroups, name), "female", entry)
    for at, label in enumerate(("Men", "Women")):
        monkeypatch.setitem(subgroups.LEVEL_NAMES, label, ("female", at))
    return "female"


def opened(page: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()
    return app.switch_page(f"pages/{page}.py").run()


def test_a_subgroup(with_subgroup: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fresh = replace(sample(), _memo={})
    monkeypatch.setattr(state, "sample", lambda: fresh)
    view = explore(fresh, Picks(compare=with_subgroup))
    assert [each.label for each in view.groups] == ["Men", "Women"] and sum(each.n for each in view.groups) > 100
    assert with_subgroup in [row.key for row in view.forest]
    assert with_subgroup in summary(fresh)["subgroups"]
    app = opened("explore")
    chips = next(each for each in app.get("button_group") if each.key == "by")
    assert "Sex" in chips.options
    chips.set_value(with_subgroup)
    app.run()
    assert not app.exception
    assert {"Men", "Women"} <= set(app.multiselect(key="only").options)
    app.multiselect(key="only").set_value(["Women"]).run()
    assert not app.exception


def test_an_endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time to the next treatment would be one entry; here the PFS columns stand in for its own."""
    entry = replace(endpoints.ENDPOINTS["pfs"], key="ttnt", label="TTNT", long_label="Time to next treatment")
    monkeypatch.setitem(endpoints.ENDPOINTS, "ttnt", entry)
    monkeypatch.setattr(state, "sample", sample)
    assert picks.ENDPOINTS is endpoints.ENDPOINTS
    assert explore(sample(), Picks(endpoint="ttnt", compare="emd")).endpoint.label == "TTNT"
    assert summary(sample())["endpoints"]["ttnt"]["n"] == 123
    app = opened("explore")
    chips = next(each for each in app.get("button_group") if each.key == "endpoint")
    assert "TTNT" in chips.options
    chips.set_value("ttnt")
    app.run()
    assert not app.exception


def test_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    """A new yes/no column is read by its synonyms, in the language they are in, and groups patients."""
    from rrmm.intake import header_match

    old = schema.VARIABLES["emd"]
    entry = replace(old, name="frail", label="Frail", synonyms=("gebrechlich", "frailty yes/no"))
    monkeypatch.setitem(schema.VARIABLES, "frail", entry)
    header_match.synonyms.cache_clear()
    try:
        lines = (SAMPLES / "cohort.csv").read_text(encoding="utf-8-sig").splitlines()
        comma = ";" if lines[0].count(";") > lines[0].count(",") else ","
        text = "\n".join([lines[0] + comma + "Gebrechlich",
                          *(line + comma + ("ja" if at % 3 else "nein") for at, line in enumerate(lines[1:]))])
        cohort: Cohort = build_cohort(load(text.encode(), "frail.csv"))
        assert cohort.mapping.get("frail") == "Gebrechlich"
        assert pd.Series(cohort.flag("frail")).value_counts().to_dict() == {1: 82, 0: 41}
    finally:
        monkeypatch.undo()
        header_match.synonyms.cache_clear()
