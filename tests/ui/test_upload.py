"""Loading a file on the Cohort page: results at once, questions asked, columns changed, nothing kept that should go."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from rrmm.cohort import build_cohort
from rrmm.intake import load
from rrmm.ui import reading
from rrmm.ui.reading import KEEP, LEAVE_OUT, SEVERAL, Upload
from tests.browser.workbooks import german_two_headers, markup, open_questions
from tests.cohorts import ROOT, SAMPLES, sample
from tests.intake import corpus_containers

GERMAN = (SAMPLES / "kohorte_deutsch.xlsx").read_bytes()


@pytest.fixture(autouse=True)
def nobody_else() -> Iterator[None]:
    """All AppTests of a process are one session to Streamlit's caches."""
    st.cache_resource.clear()
    yield
    st.cache_resource.clear()


def opened() -> AppTest:
    return AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()


def loaded(name: str, data: bytes) -> AppTest:
    app = opened()
    app.file_uploader[0].set_value((name, data, "application/octet-stream"))
    app.run()
    assert not app.exception
    return app


def shown(app: AppTest) -> str:
    return " ".join(each.value for each in (*app.markdown, *app.caption, *app.error, *app.warning, *app.info))


def columns(app: AppTest) -> dict[str, dict[str, Any]]:
    """The table of columns by header."""
    return app.data_editor[0].value.set_index("Column in the file").to_dict("index")


def edit(app: AppTest, changes: dict[str, str]) -> None:
    """Choose in the drop-down of these columns."""
    headers = list(app.data_editor[0].value["Column in the file"])
    key = app.data_editor[0].key
    app.session_state[key] = {"edited_rows": {headers.index(header): {"Read as": choice}
                                              for header, choice in changes.items()},
                              "added_rows": [], "deleted_rows": []}
    app.run()
    assert not app.exception


def radio(app: AppTest, words: str) -> Any:
    return next(each for each in app.radio if words in each.label)


# ---------------------------------------------------------------- reading, changing, going back


def test_an_upload_shows_its_results_and_every_column_at_once() -> None:
    app = loaded("d.xlsx", german_two_headers())
    want = build_cohort(load(german_two_headers(), "d.xlsx"))
    text = shown(app)
    assert "123 patients" in text and "Fictitious" not in text
    assert f"{len(set(want.mapping.values()))} columns understood" in text
    rows = columns(app)
    assert rows["Tod / Datum"]["Read as"] == "Date of death"
    assert rows["Tod / Datum"]["Known"] == want.frame["death_date"].notna().sum()
    assert "Patient / Name, Vorname" not in rows and "Left out as personal data" in text
    assert rows["Patient / Nr."]["Examples"] == "(not shown)"


def test_names_are_in_nothing_that_is_sent() -> None:
    app = loaded("d.xlsx", german_two_headers())
    for tab in ("Columns", "Findings", "Conversions", "How it was read"):
        app.session_state["read_tabs"] = tab
        app.run()
        assert not app.exception
        everything = shown(app) + "".join(each.value.to_csv() for each in app.dataframe)
        assert not any(name in everything for name in ("Schneider", "Wolfgang", "S001"))


def test_another_choice_in_the_drop_down_reads_the_file_again() -> None:
    app = loaded("k.xlsx", GERMAN)
    before = columns(app)
    edit(app, {"Alter bei Therapiebeginn": KEEP})
    after = columns(app)
    assert after["Alter bei Therapiebeginn"]["Read as"] == KEEP
    assert {h: r["Read as"] for h, r in after.items() if h != "Alter bei Therapiebeginn"} == {
        h: r["Read as"] for h, r in before.items() if h != "Alter bei Therapiebeginn"}
    assert "58 columns understood, 5 kept as they are" in shown(app)


def test_a_variable_taken_by_another_column_leaves_the_first() -> None:
    app = loaded("k.xlsx", GERMAN)
    edit(app, {"Anzahl Vortherapien": "Age"})
    rows = columns(app)
    assert rows["Anzahl Vortherapien"]["Read as"] == "Age"
    assert rows["Alter bei Therapiebeginn"]["Read as"] == KEEP


def test_a_column_left_out_is_nowhere_and_comes_back() -> None:
    app = loaded("k.xlsx", GERMAN)
    edit(app, {"Isotyp": LEAVE_OUT})
    assert columns(app)["Isotyp"]["Read as"] == LEAVE_OUT
    assert "3 kept as they are, 1 left out" in shown(app)
    edit(app, {"Isotyp": KEEP})
    assert "4 kept as they are;" in shown(app)


def test_the_mapping_is_applied_by_itself_to_the_next_file_with_these_headers() -> None:
    app = loaded("k.xlsx", GERMAN)
    edit(app, {"Alter bei Therapiebeginn": KEEP})
    next(each for each in app.button if each.label == "Back to the sample cohort").click().run()
    assert "Fictitious" in shown(app) or any("Fictitious" in str(each) for each in app.main)
    app.file_uploader[0].set_value(("again.xlsx", GERMAN, "x")).run()
    assert not app.exception
    assert columns(app)["Alter bei Therapiebeginn"]["Read as"] == KEEP
    assert "as in the mapping saved for these headers" in shown(app)
    next(each for each in app.button if each.label == "Back to the proposed mapping").click().run()
    assert columns(app)["Alter bei Therapiebeginn"]["Read as"] == "Age"


def test_going_back_frees_the_file() -> None:
    app = loaded("k.xlsx", GERMAN)
    next(each for each in app.button if each.label == "Back to the sample cohort").click().run()
    assert not app.exception
    assert not app.data_editor
    assert app.file_uploader[0].value is None


# ---------------------------------------------------------------- what is asked


def test_open_questions_are_asked_and_nothing_is_chosen_beforehand() -> None:
    app = loaded("q.csv", open_questions())
    assert "3 things to decide" in shown(app)
    assert radio(app, "which column").value is None
    assert radio(app, "day or the month").value is None and radio(app, "means death").value is None
    radio(app, "means death").set_value("2=yes").run()
    radio(app, "which column").set_value("").run()
    assert "1 thing to decide" in shown(app)
    radio(app, "day or the month").set_value("dmy").run()
    assert not app.exception and "to decide" not in shown(app)
    want = build_cohort(load(open_questions(), "q.csv", choices={"codes:Vital status": "2=yes",
                                                                  "date_order:Last contact": "dmy"}))
    assert columns(app)["Last contact"]["Known"] == want.frame["last_contact_date"].notna().sum() == 40
    assert want.frame["death"].sum() == 14


def test_an_answer_can_be_changed_and_does_not_answer_for_the_next_file() -> None:
    app = loaded("q.csv", open_questions())
    radio(app, "means death").set_value("2=yes").run()
    radio(app, "day or the month").set_value("dmy").run()
    radio(app, "which column").set_value("Lebensalter").run()
    app.session_state["read_tabs"] = "How it was read"
    app.run()
    assert radio(app, "day or the month").value == "dmy"
    radio(app, "means death").set_value("1=yes").run()
    assert not app.exception and radio(app, "means death").value == "1=yes"
    app.file_uploader[0].set_value(("q2.csv", open_questions(41), "x")).run()
    # Which column is the age is part of the mapping, and that was chosen for these headers; codes and dates are not.
    assert "2 things to decide" in shown(app)
    assert radio(app, "means death").value is None


def test_two_columns_for_one_variable_are_asked() -> None:
    rows = "".join(f"P{at};{50 + at};{70 - at};{30 * at + 10};{'yes' if at % 2 else 'no'}\n" for at in range(20))
    app = loaded("two.csv", ("ID;Alter;Lebensalter;PFS days;PFS event\n" + rows).encode())
    question = radio(app, "which column")
    assert question.value is None
    question.set_value("Alter").run()
    assert not app.exception and "to decide" not in shown(app)
    rows_now = columns(app)
    assert rows_now["Alter"]["Read as"] == "Age" and rows_now["Lebensalter"]["Read as"] == KEEP


def test_a_file_without_any_known_column_is_mapped_by_hand() -> None:
    text = "aa;bb;cc\n" + "".join(f"{30 * at + 10};{'yes' if at % 2 else 'no'};{at % 3}\n" for at in range(30))
    app = loaded("k.xlsx", GERMAN)
    app.file_uploader[0].set_value(("strange.csv", text.encode(), "x")).run()
    assert not app.exception and "the file before is shown" in shown(app) and "123 patients" in shown(app)
    assert set(columns(app)) == {"aa", "bb", "cc"} and len(app.data_editor) == 1
    assert "None of the columns of this file was recognised" in shown(app)
    edit(app, {"aa": "PFS", "bb": "PFS event"})
    assert "30 patients" in shown(app)
    assert columns(app)["aa"]["Known"] == 30


# ---------------------------------------------------------------- what is refused, and what must not run


def test_refusals_are_a_sentence_and_leave_the_cohort() -> None:
    app = loaded("k.xlsx", GERMAN)
    app.file_uploader[0].set_value(("x.xlsx", b"%PDF-1.7 nothing", "x")).run()
    assert not app.exception
    assert [each.value for each in app.error] and "PDF" in app.error[0].value
    assert "k\\.xlsx" in shown(app)


def test_a_locked_workbook_asks_for_its_password() -> None:
    case = next(each for each in corpus_containers.CASES if each.load.get("password") and not each.refused)
    app = loaded(case.filename, case.make())
    assert "is protected" in app.text_input[0].label and not app.error
    app.text_input[0].set_value("wrong")
    next(each for each in app.button if each.label == "Open").click().run()
    assert "does not open" in app.error[0].value
    app.text_input[0].set_value(case.load["password"])
    next(each for each in app.button if each.label == "Open").click().run()
    assert not app.exception and not app.error and not app.text_input
    assert f"{len(case.truth())} patients" in shown(app)


def test_a_wrong_header_row_changes_nothing_and_says_why() -> None:
    app = loaded("d.xlsx", german_two_headers())
    app.session_state["read_tabs"] = "How it was read"
    app.run()
    app.number_input[0].set_value(128)
    next(each for each in app.button if each.label == "Read again").click().run()
    assert not app.exception and app.error
    assert "123 patients" in shown(app) and app.number_input[0].value == 4


def test_markup_in_headers_is_text() -> None:
    app = loaded("m.csv", markup())
    assert not app.exception
    assert not any("<b>" in each.value and "\\<b" not in each.value for each in app.markdown)


# ---------------------------------------------------------------- decisions, without a page


def read(data: bytes, name: str, **more: Any) -> Upload:
    made, _ = reading.read(Upload(name, data, **more))
    return made


def test_a_saved_mapping_holds_headers_and_no_values() -> None:
    from rrmm.intake.saved_mapping import to_json

    upload = read(GERMAN, "k.xlsx")
    assert upload.table is not None
    saved = json.loads(to_json(dict(upload.found), upload.table.headers))
    assert set(saved) == {"format", "version", "headers", "mapping"}
    text = json.dumps(saved, ensure_ascii=False)
    assert "S001" not in text and "Centre 17" not in text
    again, cohort = reading.read(Upload("k.xlsx", GERMAN, mapping=saved["mapping"]))
    assert cohort is not None and cohort.fingerprint == build_cohort(load(GERMAN, "k.xlsx")).fingerprint
    assert dict(again.found) == dict(upload.found)


def test_free_text_feeds_several_and_only_where_it_can() -> None:
    rows = "".join(f"P{at};{('Ide-cel, Pom/Dex', 'Blenrep', 'DaraRd')[at % 3]};{at * 9 + 30};ja\n" for at in range(20))
    upload = read(("ID;Vortherapien;PFS Tage;PFS Ereignis\n" + rows).encode(), "t.csv")
    assert reading.read_as(upload, "Vortherapien") == SEVERAL
    kept, _ = reading.assign(upload, "Vortherapien", KEEP)
    assert "idecel" not in kept.mapping
    same, said = reading.assign(upload, "PFS Tage", SEVERAL)
    assert same is upload and "free text" in said


def test_the_last_column_stays_assigned() -> None:
    upload = read(b"PFS days\n10\n20\n30\n", "p.csv")
    same, said = reading.assign(upload, "PFS days", KEEP)
    assert same is upload and said


def test_an_answer_from_the_evidence_can_be_overruled() -> None:
    rows = "".join(f"P{at},{1 + at % 28:02d}/{1 + at % 12:02d}/2023,{50 + at}\n" for at in range(30))
    data = ("ID,Start of treatment,Age\n" + rows).encode()
    upload, cohort = reading.read(Upload("e.csv", data))
    assert cohort is not None
    [(question, taken)] = reading.evident(upload, cohort.issues)
    assert taken == "dmy"
    again, other = reading.read(reading.answer(upload, [question], "mdy"))
    assert other is not None and not again.open_questions
    assert other.frame["start_date"].notna().sum() < cohort.frame["start_date"].notna().sum()


def test_examples_hold_no_ids() -> None:
    rows = "".join(f"K-{at * 7};{100000 + at};{50 + at};Remark on {at}\n" for at in range(20))
    upload = read(("Code;Akte;Age;Remarks\n" + rows).encode(), "i.csv")
    assert upload.table is not None
    for header in upload.table.headers:
        if header != "Age":
            assert reading.examples(upload, header) == "(not shown)", header
    assert reading.examples(upload, "Age").startswith("50")


def test_findings_are_those_of_the_reader() -> None:
    for name, data in (("k.xlsx", GERMAN), ("d.xlsx", german_two_headers()), ("q.csv", open_questions())):
        _, cohort = reading.read(Upload(name, data))
        want = build_cohort(load(data, name))
        assert cohort is not None and cohort.issues == want.issues and cohort.fingerprint == want.fingerprint


@pytest.mark.parametrize("name", ["cohort.xlsx", "kohorte_deutsch.xlsx"])
def test_samples_leave_nothing_to_decide(name: str) -> None:
    upload = read((SAMPLES / name).read_bytes(), name)
    assert not upload.open_questions and not upload.open_conflicts
    assert sample().n == 123
