"""`python -m rrmm table2x2`, end to end."""

from __future__ import annotations

import json

import pytest

from rrmm.__main__ import main
from tests.analyses.agreement import number
from tests.golden import load


def printed(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict:
    assert main(["table2x2", *map(str, arguments)]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize(("name", "at"), [("lung", 0), ("gbsg_sep20", 0)])
def test_everything_is_there_and_agrees_with_r(
    name: str, at: int, capsys: pytest.CaptureFixture[str]
) -> None:
    reference = load(name)["tables"][at]["two_by_two"]
    ours = printed(capsys, *(reference[cell] for cell in "abcd"))
    exact = reference["exact"]
    assert ours["tests"]["chi_square"]["p_value"] == pytest.approx(reference["chisq"]["p"])
    assert ours["tests"]["chi_square_yates"]["p_value"] == pytest.approx(reference["chisq_yates"]["p"])
    assert ours["tests"]["fisher"]["p_value"] == pytest.approx(exact["p_fisher_minlike"])
    assert ours["tests"]["g_test"]["p_value"] == pytest.approx(reference["g_test"]["p"])
    paper = ours["odds_ratio"]["baptista_pike_midp"]
    assert [number(paper["conf_low"]), number(paper["conf_high"])] == pytest.approx(
        number(exact["ci_baptista_pike_midp"])
    )
    profile = ours["odds_ratio"]["profile_likelihood"]
    assert [number(profile["conf_low"]), number(profile["conf_high"])] == pytest.approx(
        number(reference["logistic"]["profile_exact"])
    )
    assert ours["risk_difference"]["conf_low"] == pytest.approx(reference["risk_difference"]["newcombe"][0])
    assert ours["logistic"]["firth"]["estimate"] == pytest.approx(reference["firth_logistic"]["or"])
    wilson = reference["prop_level2"]["wilson"]
    assert ours["proportions"]["exposed"]["wilson"]["conf_high"] == pytest.approx(wilson[1])


def test_the_paper_s_row(capsys: pytest.CaptureFixture[str]) -> None:
    ours = printed(capsys, 27, 16, 20, 53)
    row = ours["odds_ratio"]["baptista_pike_midp"]
    assert [round(row[key], 2) for key in ("estimate", "conf_low", "conf_high")] == [4.47, 2.0, 9.99]
    turned = ours["odds_ratio_of_no_event"]["wald"]
    assert turned["estimate"] == pytest.approx(1 / ours["odds_ratio"]["wald"]["estimate"])


@pytest.mark.parametrize("cells", [(0, 0, 0, 0), (0, 5, 0, 5), (5, 0, 3, 0), (0, 0, 3, 4), (1, 0, 0, 0)])
def test_an_empty_margin_is_null_with_a_reason(cells: tuple, capsys: pytest.CaptureFixture[str]) -> None:
    ours = printed(capsys, *cells)
    assert ours["tests"]["chi_square"]["p_value"] is None and ours["tests"]["chi_square"]["reason"]
    assert ours["remarks"][0]["code"] == "empty_margin"


@pytest.mark.parametrize(
    "arguments",
    [
        ("1", "2", "3"),
        ("1", "2", "3", "-4"),
        ("1", "2", "3", "4.5"),
        ("a", "b", "c", "d"),
        ("1", "2", "3", "4", "--level", "95"),
    ],
)
def test_what_is_no_table_is_one_sentence(arguments: tuple, capsys: pytest.CaptureFixture[str]) -> None:
    try:
        status = main(["table2x2", *arguments])
    except SystemExit as error:
        status = error.code
    assert status == 2
    said = capsys.readouterr()
    assert not said.out and said.err.strip().count("\n") == 0
