"""`python -m rrmm clean`: both files, the same for both languages of the sample, and refusals as one sentence."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from rrmm.__main__ import main
from rrmm.commands import clean
from tests.intake.corpus_base import GERMAN, german_value, grid, truth, xlsx

SAMPLE = Path(__file__).parents[2] / "sample_data"


def _run(file: Path, out: Path, *more: str) -> tuple[list[dict[str, str]], dict]:
    assert main(["clean", str(file), "--out", str(out), *more]) == 0
    with (out / "cohort.csv").open(encoding="utf-8", newline="") as table:
        rows = list(csv.DictReader(table))
    return rows, json.loads((out / "report.json").read_text(encoding="utf-8"))


def test_sample_comes_back_in_both_languages(tmp_path: Path) -> None:
    english, report = _run(SAMPLE / "cohort.xlsx", tmp_path / "en")
    german, _ = _run(SAMPLE / "kohorte_deutsch.xlsx", tmp_path / "de")
    assert report["n"] == len(english) == 123
    assert tuple(english[0]) == clean.COLUMNS
    differing = {name for a, b in zip(english, german, strict=True) for name in a if a[name] != b[name]}
    # A cause of death is free text, in the language of who wrote it.
    assert differing <= {"cause_of_death"}
    assert report["mapping"]["patient_id"] == "patient_id"
    assert {"n", "read", "mapping", "issues", "conversions"} == set(report)


def test_saved_mapping_is_taken(tmp_path: Path) -> None:
    file = tmp_path / "k.xlsx"
    file.write_bytes(xlsx(("K", grid({**GERMAN, "emd": "Feld 7"}, value=german_value))))
    mapping = tmp_path / "mapping.json"
    mapping.write_text(
        json.dumps({"format": "rrmm-mapping", "version": 1, "mapping": {**GERMAN, "emd": "Feld 7"}}), encoding="utf-8"
    )
    rows, report = _run(file, tmp_path / "out", "--mapping", str(mapping))
    assert [row["emd"] for row in rows] == [row["emd"] for row in truth()]
    assert report["mapping"]["emd"] == "Feld 7"


@pytest.mark.parametrize("content", [b"", b"%PDF-1.4", b"PK\x03\x04broken", b"hello\nworld\n"])
def test_refusal_is_one_sentence(content: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "k.xlsx"
    file.write_bytes(content)
    assert main(["clean", str(file), "--out", str(tmp_path / "out")]) == 2
    said = capsys.readouterr().err
    assert said.strip() and "Traceback" not in said and said.count("\n") <= 1
    assert not (tmp_path / "out" / "cohort.csv").exists()


@pytest.mark.parametrize(
    ("value", "text"), [(5.0, "5"), (5.25, "5.25"), (0.1 + 0.2, "0.3"), (-0.0, "0"), (1e6, "1000000"), (0.00001, "0.00001")]
)
def test_numbers_are_plain(value: float, text: str) -> None:
    assert clean.number(value) == text


def test_text_can_not_become_a_formula() -> None:
    assert clean.safe("=1+1") == "'=1+1"
    assert clean.safe("+49") == "'+49"
    assert clean.safe("-") == "-"
    assert clean.safe("plain") == "plain"
