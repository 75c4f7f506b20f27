"""From a hospital's workbook to the curve, in a real browser; what the page says of a file equals what the reader says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Page

from rrmm import formatting
from rrmm.analyses.summary import summary
from rrmm.cohort import Cohort, build_cohort
from rrmm.intake import Refused, load
from rrmm.ui import findings
from tests.browser.conftest import Server
from tests.browser.driver import chart_text, choose, open_app, page_text, settle, upload
from tests.browser.workbooks import german_two_headers, markup, open_questions
from tests.cohorts import sample
from tests.intake import corpus_containers, corpus_hostile, corpus_layouts, corpus_privacy

CASES = {case.name: case for each in (corpus_containers, corpus_layouts, corpus_privacy, corpus_hostile) for case in each.CASES}
READ = ("xlsx, German", "ods", "csv, cp1252", "SPSS", "REDCap, labels", "subheadings name the centre",
        "transposed", "a sheet for each centre", "German personal columns", "names as ID",
        "markup, LaTeX and formulas in headers and values")
REFUSED = ("zip bomb", "external entity", "pickle", "damaged SPSS file")


def months(value: float | None) -> str:
    return formatting.NOT_REACHED if value is None else f"{value:.1f}"


def put(page: Page, tmp_path: Path, name: str, data: bytes) -> None:
    """Load the file, and wait until the page speaks of it."""
    file = tmp_path / name
    file.write_bytes(data)
    upload(page, file)
    page.locator('[data-testid="stMarkdown"]', has_text=f"{name} ·").first.wait_for()
    settle(page)


def equals_the_reader(page: Page, want: Cohort) -> None:
    """Patients, medians and findings on the page are those of load()."""
    text = page_text(page)
    assert formatting.patients(want.n) in text
    assert findings.in_words(want) in text
    assert f"{len(set(want.mapping.values()))} columns understood, {len(want.extras.columns)} kept as they are" in text
    found = summary(want)
    for key in ("pfs", "os", "dor"):
        endpoint = found["endpoints"].get(key)
        if endpoint and endpoint["n"]:
            curve = chart_text(page, "glance_" + key)
            assert f"{endpoint['events']}/{endpoint['n']} events, median {months(endpoint['median'])}" in curve
    orr = found["response"]["orr"]
    if orr["n"]:
        assert f"{orr['x']}/{orr['n']}" in text


def test_a_german_workbook_with_two_header_rows_up_to_the_curve(page: Page, server: Server, tmp_path: Path) -> None:
    open_app(page, server.url)
    put(page, tmp_path, "Kohorte.xlsx", german_two_headers())
    equals_the_reader(page, build_cohort(load(german_two_headers(), "Kohorte.xlsx")))
    assert "Schneider" not in page.content() and "to decide" not in page_text(page)
    page.get_by_role("link", name="Explore").click()
    page.get_by_role("heading", name="Explore").wait_for()
    settle(page)
    choose(page, "EMD")
    curve = chart_text(page, "survival")
    for level in summary(sample())["subgroups"]["emd"]["levels"]:
        assert f"{level['label']}: {level['pfs_events']}/{level['n']} events, median {months(level['pfs_median'])}" in curve


def test_the_drop_down_reads_the_file_again(page: Page, server: Server, tmp_path: Path) -> None:
    open_app(page, server.url)
    put(page, tmp_path, "Kohorte.xlsx", german_two_headers())
    table = page.locator('[data-testid="stDataFrame"]').first
    page.evaluate("document.querySelector('[data-testid=stMain]').scrollTo(0, 1e6)")
    page.wait_for_timeout(600)
    box = table.bounding_box()
    assert box is not None
    # The table is a canvas: row 9 holds the lines of therapy, the second column what it is read as.
    x, y = box["x"] + 300, box["y"] + 35 * 9 + 17
    page.mouse.click(x, y)
    page.mouse.dblclick(x, y)
    page.wait_for_timeout(500)
    page.keyboard.type("Age")
    page.wait_for_timeout(500)
    page.keyboard.press("Enter")
    page.get_by_text("19 columns understood, 1 kept as they are").wait_for()
    settle(page)
    after = table.bounding_box()
    assert after is not None and after["height"] == box["height"]


def test_open_questions_come_first_and_their_answers_fill_the_page(page: Page, server: Server, tmp_path: Path) -> None:
    open_app(page, server.url)
    put(page, tmp_path, "q.csv", open_questions())
    assert "3 things to decide" in page_text(page)
    card = page.locator(".st-key-decisions")
    assert card.locator("input[type=radio]:checked").count() == 0
    card.get_by_text("2 is death, 1 is none").click()
    settle(page)
    card.get_by_text("“Alter”").click()
    settle(page)
    assert "1 thing to decide" in page_text(page)
    card.get_by_text("day first").click()
    settle(page)
    assert card.count() == 0
    answers = {"codes:Vital status": "2=yes", "date_order:Last contact": "dmy"}
    mapping = {**load(open_questions(), "q.csv").mapping, "age": "Alter"}
    want = build_cohort(load(open_questions(), "q.csv", choices=answers, mapping=mapping))
    settled = tuple(issue for issue in want.issues if issue.rule != "mapping_conflict")
    equals_the_reader(page, replace(want, issues=settled))


def test_the_page_says_what_the_reader_says(page: Page, server: Server, tmp_path: Path) -> None:
    open_app(page, server.url)
    for number, name in enumerate(READ):
        case = CASES[name]
        file = f"{number}_{case.filename}"
        want = build_cohort(load(case.make(), file))
        put(page, tmp_path, file, case.make())
        try:
            equals_the_reader(page, want)
        except AssertionError as difference:
            raise AssertionError(f"{name}: {difference}") from None
        for text in case.never:
            assert text not in page_text(page), name


def test_refusals_are_one_sentence_and_the_session_lives_on(page: Page, server: Server, tmp_path: Path) -> None:
    open_app(page, server.url)
    put(page, tmp_path, "Kohorte.xlsx", german_two_headers())
    for number, name in enumerate(REFUSED):
        case = CASES[name]
        with pytest.raises(Refused) as reason:
            load(case.make(), case.filename)
        file = tmp_path / f"{number}_{case.filename}"
        file.write_bytes(case.make())
        upload(page, file)
        page.get_by_test_id("stAlertContentError").filter(has_text=str(reason.value)).wait_for()
        assert not page.locator('[data-testid="stException"]').count(), name
        assert "Kohorte.xlsx" in page_text(page), "the cohort before stays"


def test_markup_in_headers_and_values_is_text(page: Page, server: Server, tmp_path: Path) -> None:
    ran: list[str] = []
    page.on("dialog", lambda dialog: (ran.append(dialog.message), dialog.dismiss()))
    open_app(page, server.url)
    put(page, tmp_path, "<b>m $x$.csv", markup())
    assert "<b>m $x$.csv" in page_text(page)
    page.get_by_role("link", name="Explore").click()
    page.get_by_role("heading", name="Explore").wait_for()
    settle(page)
    choose(page, "Other column")
    page.locator('[data-testid="stMain"] [data-testid="stSelectbox"] input').first.click()
    page.get_by_role("option").filter(has_text="<b>Arm</b> $x^2$ **bold** [link](http://a.example)").click()
    settle(page)
    assert not ran
    main = page.locator('[data-testid="stMain"]')
    assert main.locator("img[src=x], .katex, a[href*='a.example']").count() == 0
    assert "<img src=x" in chart_text(page, "survival")


def test_the_wizard_fits_every_screen(page: Page, server: Server, tmp_path: Path) -> None:
    open_app(page, server.url)
    put(page, tmp_path, "q.csv", open_questions())
    for width, height in ((1280, 800), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        for tab in ("Columns", "Findings", "Conversions", "How it was read"):
            page.get_by_role("tab", name=tab).click()
            settle(page)
            over = page.evaluate("() => {const main = document.querySelector('[data-testid=stMain]'); "
                                 "return main.scrollWidth - main.clientWidth}")
            assert over <= 1, (tab, width)
    assert not page.locator('[data-testid="stException"]').count()


def test_the_downloads_are_those_of_the_cohort(page: Page, server: Server, tmp_path: Path) -> None:
    from rrmm.report.annotated import annotated
    from rrmm.report.cleaned import cohort_csv

    open_app(page, server.url)
    put(page, tmp_path, "Kohorte.xlsx", german_two_headers())
    want = build_cohort(load(german_two_headers(), "Kohorte.xlsx"))
    for button, data in (("Cleaned table (CSV)", cohort_csv(want)), ("Annotated copy (Excel)", annotated(want))):
        with page.expect_download() as download:
            page.get_by_role("button", name=button).click()
        assert Path(download.value.path()).read_bytes() == data
