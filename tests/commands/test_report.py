"""`python -m rrmm report`: three files, and a sentence instead of a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest

from rrmm.__main__ import main
from rrmm.analyses.response import Convention
from rrmm.commands.report import views
from rrmm.picks import Picks
from rrmm.report.session import Session, to_json
from tests.report.cohorts import sample

SAMPLE = Path(__file__).parent.parent.parent / "sample_data" / "cohort.xlsx"
PICKS = Picks("os", "emd", filters=(("idecel", 0),))
FILES = {"report.pptx", "report.docx", "report.html"}


def test_the_report_of_the_sample(tmp_path: Path) -> None:
    assert main(["report", str(SAMPLE), "--out", str(tmp_path / "out")]) == 0
    assert {path.name for path in (tmp_path / "out").iterdir()} == FILES
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "Progression-free survival" in page and "59.3 %" in page and "cohort, n = 123" in page


def test_a_session_chooses_the_views(tmp_path: Path) -> None:
    saved = tmp_path / "session.json"
    saved.write_text(to_json(Session(collection=((PICKS, "Our view", "response"),))), encoding="utf-8")
    arguments = ["report", str(SAMPLE), "--out", str(tmp_path), "--name", "Ours", "--session", str(saved), "--mask"]
    assert main(arguments) == 0
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "Our view" in page and "Ours, n = 123" in page and "* masked" in page
    assert "Overall survival by" not in page


def test_a_link_and_a_json_are_the_same_view() -> None:
    link = "https://example.org/explore?endpoint=OS&by=EMD&only=No+ide-cel&ne=false"
    assert views([link], sample()) == ([(PICKS, "", "explore")], Convention(nonevaluable_counts=False))
    assert views([PICKS.to_json()], sample()) == ([(PICKS, "", "explore")], None)
    assert views([], sample()) == ([], None)


@pytest.mark.parametrize(
    "more",
    [
        ["--picks", "?by=Hair"],
        ["--picks", '{"compare": "col:Nothing"}'],
        ["--picks", "{"],
        ["--picks", "?cut_bm60=x"],
        ["--picks", "?by=Other+column&col=00000000"],
        ["--session", "PLAIN"],
        ["--session", "missing.json"],
    ],
)
def test_what_is_not_understood_is_one_sentence(more: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "plain.json").write_text("{}", encoding="utf-8")
    given = [str(tmp_path / "plain.json") if each == "PLAIN" else each for each in more]
    assert main(["report", str(SAMPLE), "--out", str(tmp_path / "out"), *given]) == 2
    said = capsys.readouterr()
    assert not said.out and said.err.count("\n") == 1 and "Traceback" not in said.err
    assert not (tmp_path / "out").exists()
