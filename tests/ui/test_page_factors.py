"""The Factors page, and what Explore says about outcomes known only later and about many looks."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from rrmm.analyses.explore import explore
from rrmm.cohort import Cohort
from rrmm.picks import Picks
from rrmm.subgroups import SUBGROUPS, column_choices
from rrmm.ui import factors, state
from tests.cohorts import ALL, ROOT

LABELS = {key: SUBGROUPS[key].label for key in factors.TABLE_2}
LEVEL = {"emd": "EMD", "iss3": "ISS III", "bm60": "≥ 60 %", "hrc": "High risk", "idecel": "Ide-cel",
         "penta": "Penta-refractory", "polychemo_2m": "Polychemotherapy"}  # fmt: skip

TABLE_2 = {
    "emd": ("73 (26)", "43 (24)", "2.07", "2.31 (1.32–4.03)"),
    "iss3": ("50 (22)", "31 (20)", "1.30", "2.47 (1.34–4.56)"),
    "bm60": ("38 (11)", "21 (14)", "1.05", "3.58 (1.56–8.24)"),
    "hrc": ("67 (22)", "39 (16)", "8.74", "1.33 (0.70–2.55)"),
    "idecel": ("102 (39)", "21 (11)", "1.84", "2.56 (1.30–5.04)"),
    "penta": ("49 (18)", "74 (32)", "7.33", "1.28 (0.72–2.29)"),
    "polychemo_2m": ("101 (39)", "22 (11)", "3.22", "1.67 (0.84–3.34)"),
}
"""n (events) of both levels, median of the second and its hazard ratio: the print of Table 2, and where its own
numbers contradict each other what a cohort can reach."""
TOGETHER = {"emd": ("3.00 (1.63–5.51)", "< 0.001"), "iss3": ("2.46 (1.32–4.58)", "0.005"),
            "idecel": ("1.89 (0.94–3.81)", "0.07")}  # fmt: skip
TABLE_3 = {
    "emd": ("73 (53)", "43 (16)", "72.6", "37.2", "4.47 (2.00–9.99)"),
    "iss3": ("61 (41)", "30 (11)", "67.2", "36.7", "3.54 (1.39–9.13)"),
    "bm60": ("36 (24)", "21 (5)", "66.7", "23.8", "6.40 (1.93–19.8)"),
    "hrc": ("66 (38)", "38 (22)", "57.6", "57.9", "0.99 (0.45–2.30)"),
    "idecel": ("99 (66)", "21 (7)", "66.7", "33.3", "4.00 (1.52–10.1)"),
    "penta": ("48 (31)", "72 (42)", "64.6", "58.3", "1.30 (0.63–2.83)"),
    "polychemo_2m": ("98 (62)", "22 (11)", "63.3", "50.0", "1.72 (0.67–4.41)"),
}
"""n (responders) and rates of both levels, odds ratio of non-response with its exact mid-P interval. The print's
rate and odds ratio with high-risk cytogenetics contradict its own 22 of 38: here stands what these give."""


@pytest.fixture(params=list(ALL))
def name(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(state, "sample", ALL[request.param])
    yield request.param


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setattr(state, "sample", ALL["sample"])
    return opened("factors")


def opened(file: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()
    return app.switch_page(f"pages/{file}.py").run()


def choose(app: AppTest, key: str, value: str) -> AppTest:
    next(each for each in app.get("button_group") if each.key == key).set_value(value)
    app.run()
    assert not app.exception, (key, value)
    return app


def said(app: AppTest) -> str:
    kinds = (app.markdown, app.caption, app.info, app.warning)
    return " ".join(each.value for kind in kinds for each in kind).replace("\\", "")


def rows(app: AppTest, key: str) -> pd.DataFrame:
    """The levels of one covariate as the page shows them."""
    table = app.dataframe[0].value
    return table[(table["Characteristic"] == LABELS[key]) & (table["Level"] != "Unknown")].reset_index(drop=True)


def test_every_kind_of_cohort(name: str) -> None:
    app = opened("factors")
    assert not app.exception
    groups = {each.key: each.options for each in app.get("button_group")}
    if name == "empty":
        assert "Prognostic factors can’t be shown" in said(app) and "It needs" in said(app)
        return
    if name == "bare":
        assert "Choose the covariates" in said(app)
        picked = next(each for each in app.multiselect if each.label == "Univariable")
        picked.set_value(list(factors.features(ALL["bare"]()))).run()
        assert not app.exception and app.dataframe
    for label in groups.get("closer", ()):
        choose(app, "closer", label)
        if label == "Risk model" and app.button:
            next(each for each in app.button if each.label == "Fit the model").click().run()
            assert not app.exception
    for target in groups["target"]:
        choose(app, "target", target)


def test_table_2_of_the_paper(page: AppTest) -> None:
    everybody = {key: rows(page, key) for key in factors.TABLE_2}
    for key, (ratio, p) in TOGETHER.items():
        level = everybody[key].iloc[1]
        assert (level["Multivariable HR (95 % CI)"], level["Multivariable p"]) == (ratio, p)
    assert "89 complete cases" in said(page) and "15.0 events per parameter" in said(page)
    # Its ISS row is of the patients staged at the start, its EMD row of those with an evaluable response.
    page.selectbox(key="restrict_" + ALL["sample"]().fingerprint).set_value("ISS assessed at start: Yes").run()
    everybody["iss3"] = rows(page, "iss3")
    page.selectbox(key="restrict_" + ALL["sample"]().fingerprint).set_value(None).run()
    page.toggle(key="evaluable").set_value(True).run()
    assert "known only later" in said(page)
    everybody["emd"] = rows(page, "emd")
    for key, (first, second, median, ratio) in TABLE_2.items():
        found = everybody[key]
        assert found["n (events)"].tolist() == [first, second], key
        assert found["Level"][1] == LEVEL[key]
        assert found["Median, months (95 % CI)"][0].startswith("NR")
        assert found["Median, months (95 % CI)"][1].split()[0] == median
        assert found["Univariable HR (95 % CI)"].tolist() == ["1.00 (reference)", ratio], key


def test_table_3_of_the_paper(page: AppTest) -> None:
    choose(page, "target", "response")
    choose(page, "odds_of", "_non")
    page.selectbox(key="odds_interval").set_value("exact mid-P").run()
    page.toggle(key="ne").set_value(False).run()
    for key, (first, second, no, yes, ratio) in TABLE_3.items():
        found = rows(page, key)
        assert found["n (responders)"].tolist() == [first, second], key
        rates = [text.split()[0] for text in found["Rate (95 % CI)"]]
        assert rates == [no, yes], key
        assert found["Univariable OR of non-response (95 % CI)"][1] == ratio, key


def test_settings_change_the_table(page: AppTest) -> None:
    wald = rows(page, "emd")["Multivariable HR (95 % CI)"][1]
    page.selectbox(key="hr_interval").set_value("profile").run()
    assert rows(page, "emd")["Multivariable HR (95 % CI)"][1] != wald
    page.toggle(key="same_n").set_value(True).run()
    assert rows(page, "emd")["n (events)"].tolist() == ["54 (22)", "35 (23)"]
    page.slider(key="cut_bm60").set_value(30.0).run()
    assert rows(page, "bm60")["Level"].tolist() == ["< 30 %", "≥ 30 %"]
    more = next(each for each in page.multiselect if each.label == "Multivariable")
    more.set_value(["emd", "col:age"]).run()
    table = page.dataframe[0].value
    assert "Age (per year)" in table["Characteristic"].tolist()
    next(each for each in page.multiselect if each.label == "Numbers as groups").set_value(["col:age"]).run()
    assert not page.exception
    table = page.dataframe[0].value
    assert table[table["Characteristic"] == "Age"]["Level"].tolist() == ["< 67 years", "≥ 67 years"]


def test_nothing_known_later_is_a_covariate() -> None:
    options = factors.features(ALL["sample"]())
    assert "col:age" in options and not {"col:responder", "col:crs_grade", "col:pfs_days"} & set(options)


def test_closer_looks(page: AppTest) -> None:
    choose(page, "closer", "Complete cases")
    lost = page.dataframe[0].value
    assert lost["Unknown in"].tolist() == [4, 31, 0] and lost["Lost for this alone"].tolist() == [3, 30, 0]
    choose(page, "closer", "Proportional hazards")
    assert "The model as a whole" in page.dataframe[0].value["Term"].tolist()
    choose(page, "closer", "Interactions")
    assert page.dataframe[0].value[["p", "q"]].shape == (3, 2)
    choose(page, "closer", "Shape of a number")
    assert "departure from a straight line: p = 0.51" in said(page)
    choose(page, "closer", "Every cut-off")
    assert "The largest difference lies at 65" in said(page) and "corrected for having looked at 13" in said(page)
    page.selectbox(key="strip_of").set_value("car_t_interval_months").run()
    assert not page.exception
    choose(page, "closer", "Risk model")
    assert not page.dataframe
    more = next(each for each in page.multiselect if each.label == "Multivariable")
    more.set_value(list(factors.TABLE_2)).run()
    next(each for each in page.button if each.label == "Fit the model").click().run()
    assert "too few events" in said(page)


def test_explore_refuses_what_is_known_later_and_offers_the_landmark(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "sample", ALL["sample"])
    app = opened("explore")
    assert "landmark" not in said(app)
    app.session_state["later"] = True
    app.run()
    assert "Not compared from the start of treatment by Response" in said(app)
    assert "85 of 123 patients" in said(app) and "event before the landmark 29" in said(app)
    assert "Time-dependent Cox model" in said(app) and "HR 0.42 (0.21–0.86)" in said(app)
    app.slider(key="landmark").set_value(3.0).run()
    assert "from month 3 on" in said(app)
    for outcome in ("crs", "icans", "infection"):
        choose(app, "outcome", outcome)
    choose(app, "endpoint", "dor")
    assert "choose PFS or OS" in said(app)


@pytest.mark.parametrize("column", ["col:responder", "col:crs_grade", "col:Bestes Ansprechen"])
def test_nothing_known_later_is_compared_at_time_zero(column: str) -> None:
    cohort = ALL["sample"]()
    extras = cohort.extras.assign(**{"Bestes Ansprechen": cohort.frame["best_response"]})
    twice = Cohort(name="twice", frame=cohort.frame, extras=extras, rows=cohort.rows, mapping=cohort.mapping,
                   read=cohort.read)  # fmt: skip
    view = explore(twice, Picks(compare=column))
    assert view.grouping.key == "none" and len(view.groups) == 1 and not view.ratios
    assert view.remarks[0].code == "outcome_comparison" and "landmark" in view.remarks[0].text
    assert column_choices(twice)["col:Bestes Ansprechen"] == "Bestes Ansprechen (known later)"
    assert "col:Bestes Ansprechen" not in factors.features(twice)


def test_explore_counts_comparisons_and_adjusts_for_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "sample", ALL["sample"])
    app = opened("explore")
    assert "in this session" not in said(app)
    choose(app, "by", "emd")
    assert "comparison no. 1 in this session" in said(app)
    assert "cross" in said(app) and "mean survival" in said(app)
    choose(app, "by", "iss3")
    assert "comparison no. 2 in this session" in said(app)
    app.slider(key="cut_bm60").set_value(30.0).run()
    assert "comparison no. 2 in this session" in said(app)
    choose(app, "by", "bm60")
    app.slider(key="cut_bm60").set_value(35.0).run()
    assert "comparison no. 4 in this session" in said(app)
    choose(app, "by", "emd")
    assert "comparison no. 1 in this session" in said(app)
    app.session_state["looks"] = True
    app.run()
    table = app.dataframe[0].value.set_index("Subgroup")
    assert table.loc["EMD", ["p", "q", "Holm"]].tolist()[0] == "0.002"
