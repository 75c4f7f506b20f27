"""`python -m rrmm cuminc`, end to end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rrmm.__main__ import main
from tests.golden import HERE, load

FILE = HERE / "rotterdam.csv"
COLUMNS = ("--time", "cr_time", "--status", "cr_status")


def printed(capsys: pytest.CaptureFixture[str], file: Path, *arguments: str) -> dict:
    assert main(["cuminc", str(file), *arguments]) == 0
    return json.loads(capsys.readouterr().out)


def test_groups_and_tests_agree_with_r(capsys: pytest.CaptureFixture[str]) -> None:
    reference = load("rotterdam")["competing_risks"]["by"]["grade"]
    ours = printed(capsys, FILE, *COLUMNS, "--by", "grade", "--at", "365,1826")
    assert ours["n"] == 2982 and list(ours["groups"]) == ["2", "3"]
    for label, theirs in reference["groups"].items():
        for cause in ("1", "2"):
            at = ours["groups"][label][cause]["at"]
            assert [point["estimate"] for point in at] == pytest.approx(theirs[f"cause{cause}"]["cif"][:2])
            lower = theirs[f"cause{cause}"]["ci_survfit_log-log"]["lower"][:2]
            assert [point["conf_low"] for point in at] == pytest.approx(lower)
            curve = ours["groups"][label][cause]["curve"]
            assert len(curve["time"]) == len(curve["estimate"]) == len(curve["n_risk"])
    assert [ours["gray"][c]["p_value"] for c in "12"] == pytest.approx(reference["gray"]["p"])
    logrank = reference["cause_specific_logrank"]
    assert [ours["cause_specific_logrank"][c]["statistic"] for c in "12"] == pytest.approx(logrank["chi2"])
    assert ours["fine_gray"]["1"][0]["term"] == "grade[3]"


def test_models_agree_with_r(capsys: pytest.CaptureFixture[str]) -> None:
    reference = load("rotterdam")["competing_risks"]
    ours = printed(capsys, FILE, *COLUMNS, "--covariates", "age,grade,nodes")
    for cause in ("1", "2"):
        fine_gray = [term["estimate"] for term in ours["fine_gray"][cause]]
        assert fine_gray == pytest.approx(reference["fine_gray"][f"cause{cause}"]["coef"]["shr"], rel=1e-5)
        cox = [term["estimate"] for term in ours["cause_specific_cox"][cause]]
        assert cox == pytest.approx(reference["cause_specific_cox"][f"cause{cause}"]["coef"]["hr"], rel=1e-5)
    assert list(ours["groups"]) == ["All"]


def test_missing_cells_are_left_out_and_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "table.csv"
    file.write_text("t;s;g\n1,5;1;a\n2;0;b\n;1;a\n3;;b\n4;2;\n5;2;b\n", encoding="utf-8")
    ours = printed(capsys, file, "--time", "t", "--status", "s", "--by", "g", "--at", "2,99")
    assert ours["n"] == 3
    assert ours["excluded"] == {"time missing": 1, "status missing": 1, "group missing": 1}
    assert ours["sizes"]["a"] == {"n": 1, "events": {"1": 1, "2": 0}}


@pytest.mark.parametrize(
    "body", ["t,s,g\n", "t,s,g\n1,0,a\n2,0,b\n", "t,s,g\n5,1,a\n", "t,s,g\n0,1,a\n0,2,b\n"]
)
def test_degenerate_tables_are_answered(
    body: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "table.csv"
    file.write_text(body, encoding="utf-8")
    printed(capsys, file, "--time", "t", "--status", "s", "--by", "g", "--at", "1")


@pytest.mark.parametrize(
    ("body", "arguments"),
    [
        ("t,s\n1,1\n", ("--time", "x", "--status", "s")),
        ("t,s\none,1\n", ("--time", "t", "--status", "s")),
        ("t,s\n1,0.5\n", ("--time", "t", "--status", "s")),
        ("t,s\n1,1\n", ("--time", "t", "--status", "s", "--at", "soon")),
        ("t,s\n1,1\n", ("--time", "t", "--status", "s", "--covariates", "x")),
        ("", ("--time", "t", "--status", "s")),
        ("t,s\n1,1\n", ("--time", "t")),
    ],
)
def test_refusals_are_one_sentence(
    body: str, arguments: tuple, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "table.csv"
    file.write_text(body, encoding="utf-8")
    try:
        status = main(["cuminc", str(file), *arguments])
    except SystemExit as error:
        status = error.code
    said = capsys.readouterr()
    assert status == 2 and not said.out and said.err.strip() and said.err.strip().count("\n") == 0
    assert "could not be finished" not in said.err
