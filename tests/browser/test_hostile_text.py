"""A file full of markup, Markdown, LaTeX, directives and formulas: shown as text on every page, and nothing runs."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from playwright.sync_api import Page

from rrmm.ui.frame import PAGES
from tests.browser.conftest import Server
from tests.browser.driver import open_app, settle, upload
from tests.cohorts import SAMPLES

HOSTILE = (
    '<img src=x onerror="window.hacked=1">',
    "<script>window.hacked=1</script>",
    "[click](javascript:window.hacked=1)",
    "![p](http://127.0.0.1:9/p.png)",
    "**bold** _it_ `code` ~~s~~",
    "$\\frac{a}{b}$ $$x^2$$",
    ":red[red] :material/home: :smile: :blue-badge[b]",
    "=HYPERLINK(\"http://127.0.0.1:9\",\"x\")",
    "http://127.0.0.1:9/auto",
    "<a href='http://127.0.0.1:9'>x</a>",
    "# head\n- list",
)
PROBE = """() => {
  const of = (css, text) => [...document.querySelectorAll(css)].filter(each => text.test(each.textContent)).length;
  const evil = /javascript:|127\\.0\\.0\\.1:9/;
  return {
    hacked: window.hacked || 0,
    injected: document.querySelectorAll('img[src="x"], img[src*="127.0.0.1:9"], [data-testid="stMain"] script').length,
    katex: document.querySelectorAll('.katex, mjx-container').length,
    links: [...document.querySelectorAll('a')].filter(each => evil.test(each.getAttribute('href') || '')).length,
    bold: of('strong, em, code, del', /^(bold|it|code|s)$/),
    red: of('.stMarkdownColoredText, .stMarkdownBadge', /^(red|b)$/),
    exceptions: document.querySelectorAll('[data-testid="stException"]').length,
  };
}"""
HARMLESS = {"hacked": 0, "injected": 0, "katex": 0, "links": 0, "bold": 0, "red": 0, "exceptions": 0}


@pytest.fixture(scope="module")
def hostile_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample with hostile headers, levels, identifiers and values that can't be read, under a hostile name."""
    with (SAMPLES / "cohort.csv").open(encoding="utf-8-sig", newline="") as source:
        rows = list(csv.reader(source))
    header, body = rows[0], rows[1:]
    header = [*header, *(text[:60] for text in HOSTILE)]
    for at, row in enumerate(body):
        row += [HOSTILE[(at + shift) % 5 + (shift % 3)] for shift in range(len(HOSTILE))]
    response = next(at for at, name in enumerate(header) if "response" in name.lower())
    for at, text in enumerate(HOSTILE):
        body[at][response] = text
    path = tmp_path_factory.mktemp("hostile") / "$x^2$ **b** <img src=x onerror=window.hacked=1> [l](javascript:1).csv"
    with path.open("w", encoding="utf-8", newline="") as target:
        csv.writer(target).writerows([header, *body])
    return path


def test_every_page_shows_text_as_text(page: Page, server: Server, hostile_file: Path) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    open_app(page, server.url)
    upload(page, hostile_file)
    main = page.locator('[data-testid="stMain"]')
    assert "$x^2$ **b** <img src=x" in (main.text_content() or "")
    for each in PAGES:
        page.get_by_role("link", name=each.title, exact=True).click()
        page.get_by_role("heading", name=each.title, exact=True, level=1).wait_for()
        settle(page, polls=2)
        found = page.evaluate(PROBE)
        assert found == HARMLESS, each.title
        assert "$x^2$ **b** <img src=x" in (main.text_content() or ""), each.title
    # A hostile column as the comparison: its levels stand in chart, sentence and tables.
    page.get_by_role("link", name="Explore", exact=True).click()
    page.get_by_role("heading", name="Explore", exact=True, level=1).wait_for()
    settle(page)
    page.get_by_role("button", name="Other column").or_(page.get_by_role("radio", name="Other column")).first.click()
    settle(page)
    box = page.locator('.stSelectbox input').last
    for name in ("<script>", "$\\frac", ":red[red]"):
        box.click()
        box.fill(name)
        box.press("Enter")
        settle(page, polls=2)
        found = page.evaluate(PROBE)
        assert found == HARMLESS, name
        assert name.strip("*[]$\\:") in (main.text_content() or "").replace("\\", ""), name
    assert not [url for url in asked if "127.0.0.1:9/" in url or url.startswith("javascript")]
