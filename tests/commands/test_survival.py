"""`python -m rrmm survival`, end to end, held to R; and what it says to arguments and files it can't use."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from rrmm.__main__ import COMMANDS, main, offered, overview
from tests.analyses.agreement import agree
from tests.analyses.survival_cases import Case, cases
from tests.golden import HERE

CONF_TYPES = ("log-log", "log", "plain")


def run(capsys: pytest.CaptureFixture[str], file: Path | str, *arguments: str) -> dict[str, Any]:
    status = main(["survival", str(file), *arguments])
    out, err = capsys.readouterr()
    assert (status, err) == (0, ""), err
    return json.loads(out)


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    try:
        status = main(["survival", *arguments])
    except SystemExit as stop:
        status = int(stop.code or 0)
    out, err = capsys.readouterr()
    assert status == 2 and out == "" and err.count("\n") == 1 and "Traceback" not in err
    return err


def columns(case: Case) -> list[str]:
    block = case.reference
    entry = ["--entry", block["entry"]] if block["entry"] else []
    return [f"{HERE / case.data}.csv", "--time", block["time"], "--event", block["event"], *entry]


def floats(values: list[Any]) -> np.ndarray:
    return np.array([np.nan if value is None else float(value) for value in values])


def check_curve(ours: dict[str, Any], theirs: dict[str, Any], conf_type: str) -> None:
    curve = theirs["curve"]
    assert (ours["n"], ours["events"]) == (theirs["n"], theirs["events"])
    assert len(ours["time"]) == curve["n_times_total"]
    at = np.searchsorted(ours["time"], curve["time"])
    for mine, reference in (
        ("time", "time"),
        ("n_risk", "n_risk"),
        ("n_event", "n_event"),
        ("n_censor", "n_censor"),
        ("estimate", "surv"),
        ("std_error", "se"),
    ):
        agree("Command line: Kaplan-Meier", floats(ours[mine])[at], curve[reference], 1e-9)
    agree("Command line: Kaplan-Meier", floats(ours["conf_low"])[at], curve[conf_type]["lower"], 1e-9)
    agree("Command line: Kaplan-Meier", floats(ours["conf_high"])[at], curve[conf_type]["upper"], 1e-9)
    for found, prob in (
        (ours["median"], "0.5"),
        (ours["quartiles"]["0.25"], "0.25"),
        (ours["quartiles"]["0.75"], "0.75"),
    ):
        reference = theirs["quantiles"][prob]
        agree(
            "Command line: median and quartiles",
            floats([found["estimate"], found["conf_low"], found["conf_high"]]),
            [reference["est"], *reference[conf_type]],
            1e-9,
        )
    marks = theirs["landmarks"]
    assert [row["time"] for row in ours["at"]] == marks["time"]
    assert [row["n_risk"] for row in ours["at"]] == marks["n_risk"]
    for i, row in enumerate(ours["at"]):
        if marks["beyond_last_time"][i]:
            assert row["estimate"] is None and row["reason"]
            continue
        agree(
            "Command line: survival at a time",
            floats([row["estimate"], row["std_error"], row["conf_low"], row["conf_high"]]),
            [marks["surv"][i], marks["se"][i], marks[conf_type]["lower"][i], marks[conf_type]["upper"][i]],
            1e-9,
        )
    rmst = ours["rmst"]
    agree(
        "Command line: restricted mean",
        floats([rmst["tau"], rmst["estimate"], rmst["se"]]),
        [theirs["rmst"][key] for key in ("tau", "rmst", "se")],
        1e-9,
    )
    if "followup_reverse_km" in theirs:
        flip, found = theirs["followup_reverse_km"]["flip"], ours["followup"]
        agree(
            "Command line: follow-up",
            floats([found["estimate"], found["conf_low"], found["conf_high"]]),
            [flip["median"], *flip[conf_type]],
            1e-9,
        )


@pytest.mark.parametrize("case", cases(), ids=str)
def test_curves_and_tests_agree_with_r(case: Case, capsys: pytest.CaptureFixture[str]) -> None:
    for at, (name, by) in enumerate(case.reference["km"]["by"].items()):
        conf_type = CONF_TYPES[at % 3]
        some = next(iter(by["groups"].values()))
        marks = ",".join(f"{time:g}" for time in some["landmarks"]["time"])
        found = run(
            capsys,
            *columns(case),
            "--by",
            name,
            "--at",
            marks,
            "--tau",
            str(case.reference["tau"]),
            "--conf-type",
            conf_type,
        )
        assert set(found["curves"]) == set(by["groups"])
        for level, theirs in by["groups"].items():
            check_curve(found["curves"][level], theirs, conf_type)
        test = case.reference["logrank"][name]
        for ours, reference in (("logrank", "logrank"), ("peto_peto", "peto_peto_rho1")):
            if reference in test:
                agree(
                    "Command line: log-rank family",
                    floats([found[ours][key] for key in ("statistic", "df", "p_value")]),
                    [test[reference][key] for key in ("chi2", "df", "p")],
                    1e-8,
                )
        if list(found["curves"]) == test["levels"]:
            agree(
                "Command line: log-rank family",
                floats([found["trend"][key] for key in ("statistic", "df", "p_value")]),
                [test["trend"][key] for key in ("chi2", "df", "p")],
                1e-8,
            )
        assert found["n"] + sum(found["excluded"].values()) == len(case.frame)
        assert found["cox"] is None and found["logrank_stratified"] is None


@pytest.mark.parametrize("case", cases(), ids=str)
def test_overall_curve_agrees_with_r(case: Case, capsys: pytest.CaptureFixture[str]) -> None:
    theirs = case.reference["km"]["overall"]
    marks = ",".join(f"{time:g}" for time in theirs["landmarks"]["time"])
    found = run(capsys, *columns(case), "--at", marks, "--tau", str(case.reference["tau"]))
    assert list(found["curves"]) == ["All"] and found["logrank"] is None
    check_curve(found["curves"]["All"], theirs, "log-log")


@pytest.mark.parametrize("case", cases(), ids=str)
def test_stratified_tests_agree_with_r(case: Case, capsys: pytest.CaptureFixture[str]) -> None:
    for theirs in case.reference["stratified_logrank"]:
        found = run(capsys, *columns(case), "--by", theirs["group"], "--strata", theirs["strata"])
        agree(
            "Command line: stratified log-rank",
            floats([found["logrank_stratified"][key] for key in ("statistic", "df", "p_value")]),
            [theirs["logrank"][key] for key in ("chi2", "df", "p")],
            1e-8,
        )


def comparable(case: Case) -> list[dict[str, Any]]:
    """R's models with terms in the command's coding: factors with the first sorted level as reference."""
    found = []
    for model in case.reference["cox"]:
        names = model["covariates"] if isinstance(model["covariates"], list) else [model["covariates"]]
        text = {name for name in names if case.frame[name].dtype == object}
        same = all(case.levels(name)[0] == sorted(case.levels(name))[0] for name in text)
        numeric_factor = any(name in case.factors and name not in text for name in names)
        if same and not numeric_factor and not model["id"].endswith("__exact"):
            found.append(model)
    return found


def term(name: str, case: Case) -> str:
    """R's `ecog2+` in the command's words."""
    factors = [each for each in case.factors if name.startswith(each) and name not in case.frame]
    variable = max(factors, key=len, default="")
    return f"{variable}[{name[len(variable) :]}]" if variable else name


def test_there_are_models_to_compare() -> None:
    assert sum(len(comparable(case)) for case in cases()) >= 20


@pytest.mark.parametrize("case", cases(), ids=str)
def test_cox_agrees_with_r(case: Case, capsys: pytest.CaptureFixture[str]) -> None:
    for model in comparable(case):
        names = model["covariates"] if isinstance(model["covariates"], list) else [model["covariates"]]
        strata = model.get("strata") or []
        strata = strata if isinstance(strata, list) else [strata]
        more = ["--strata", ",".join(strata)] if strata else []
        found = run(capsys, *columns(case), "--covariates", ",".join(names), "--ties", model["ties"], *more)
        cox = found["cox"]
        assert found["n"] == cox["n"] == model["n"] and cox["ties"] == model["ties"]
        assert sum(found["excluded"].values()) == model["n_missing_dropped"]
        for ours, theirs in (("lr_test", "lr_test"), ("score_test", "score_test")):
            agree(
                "Command line: Cox, tests",
                floats([cox[ours]["statistic"], cox[ours]["df"], cox[ours]["p_value"]]),
                [model[theirs][key] for key in ("chi2", "df", "p")],
                1e-5,
            )
        if model.get("r_warnings"):
            assert any(row["reason"] for row in cox["terms"]) and found["firth"]
            continue
        assert [row["term"] for row in cox["terms"]] == [term(name, case) for name in model["coef"]["term"]]
        for ours, theirs in (
            ("estimate", "hr"),
            ("se", "se"),
            ("conf_low", "lower"),
            ("conf_high", "upper"),
            ("z", "z"),
            ("p_value", "p"),
        ):
            agree(
                "Command line: Cox",
                floats([row[ours] for row in cox["terms"]]),
                model["coef"][theirs],
                1e-5,
                1e-9,
            )
        agree(
            "Command line: concordance",
            floats([cox["concordance"]["estimate"], cox["concordance"]["std_error"]]),
            [model["concordance"]["c"], model["concordance"]["se"]],
            1e-5,
        )
        if "zph" not in model:
            continue
        zph = model["zph"]["km"]
        agree(
            "Command line: proportional hazards",
            floats([row["p_value"] for row in cox["ph"]]),
            zph["p"][: len(cox["ph"])],
            1e-4,
            1e-9,
        )
        agree("Command line: proportional hazards", cox["ph_global"]["p_value"], zph["p"][-1], 1e-4, 1e-9)


@pytest.mark.parametrize("model", ["nodes", "nodes_age"])
@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_firth_agrees_with_r(model: str, ties: str, capsys: pytest.CaptureFixture[str]) -> None:
    case = next(case for case in cases() if case.data == "gbsg_sep20")
    theirs = case.reference["firth_cox"][model][ties]["coef"]
    names = {"nodes": "nodes_gt3", "nodes_age": "nodes_gt3,age"}[model]
    found = run(capsys, *columns(case), "--covariates", names, "--ties", ties, "--firth")
    assert found["firth"][0]["term"] == "nodes_gt3[yes]"
    for ours, reference in (
        ("estimate", "hr"),
        ("se", "se"),
        ("conf_low", "pl_lower"),
        ("conf_high", "pl_upper"),
        ("p_value", "plr_p"),
        ("z", "z"),
        ("wald_conf_low", "wald_lower"),
    ):
        agree("Command line: Firth", floats([row[ours] for row in found["firth"]]), theirs[reference], 1e-5)
    assert found["cox"]["terms"][0]["estimate"] is None
    assert found["cox"]["terms"][0]["reason"] == "no event in the reference level 'no'"
    # Without being asked for, where the model has no finite estimate.
    assert run(capsys, *columns(case), "--covariates", names, "--ties", ties)["firth"] == found["firth"]


def test_a_penalised_fit_that_fails_leaves_the_rest(monkeypatch, capsys) -> None:
    import rrmm.analyses.cox as cox

    whole = cox.fit_cox

    def fail_if_firth(*arguments: Any, **options: Any) -> Any:
        if options["firth"]:
            raise ValueError("f(a) and f(b) must have different signs")
        return whole(*arguments, **options)

    monkeypatch.setattr(cox, "fit_cox", fail_if_firth)
    case = cases()[0]
    found = run(capsys, *columns(case), "--covariates", "age,sex", "--firth")
    assert [row["term"] for row in found["firth"]] == ["age", "sex[male]"]
    assert all(row["estimate"] is None and row["reason"] for row in found["firth"])
    assert found["cox"]["terms"][0]["estimate"] > 1


# Files.


def table(tmp_path: Path, text: str, name: str = "data.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(text.encode())
    return path


SMALL = "t,e,g,x\n1,1,1,a\n2,0,2,b\n3,1,1,a\n4,1,,b\n,1,2,a\n6,0,2,\n7,1,2,b\n"


def test_labels_are_as_the_file_has_them_and_the_missing_are_counted(tmp_path, capsys) -> None:
    found = run(
        capsys, table(tmp_path, SMALL), "--time", "t", "--event", "e", "--by", "g", "--covariates", "x"
    )
    assert list(found["curves"]) == ["1", "2"]
    assert found["excluded"] == {"time missing": 1, "g missing": 1, "x missing": 1}
    assert found["n"] == 4 and [row["term"] for row in found["cox"]["terms"]] == ["x[b]"]


def test_groups_are_in_the_order_of_their_numbers(tmp_path, capsys) -> None:
    lines = "".join(f"{1 + at},1,{label}\n" for at, label in enumerate([10, 9, 10, 9, 2, 2]))
    found = run(capsys, table(tmp_path, "t,e,g\n" + lines), "--time", "t", "--event", "e", "--by", "g")
    assert list(found["curves"]) == ["2", "9", "10"] and len(found["pairwise"]) == 3


@pytest.mark.parametrize(
    "text",
    [
        "t;e;g\n1,5;1;01\n2,25;0;02\n",
        "t\te\tg\n1.5\t1\t01\n2.25\t0\t02\n",
        "\ufefft,e,g\r\n1.5,1,01\r\n\r\n2.25,0,02\r\n",
        '"t","e","g"\n"1.5","yes","01"\n" 2.25 ","no","02"\n',
        "\n t , e , g \n1.5,1,01\n2.25,0,02",
    ],
)
def test_texts_of_any_kind(text: str, tmp_path, capsys) -> None:
    found = run(capsys, table(tmp_path, text, "data.txt"), "--time", "t", "--event", "e", "--by", "g")
    assert found["curves"]["01"]["time"] == [1.5] and found["curves"]["02"]["n_censor"] == [1]


def test_a_workbook_gives_the_same(tmp_path, capsys) -> None:
    path = tmp_path / "data.xlsx"
    frame = pd.read_csv(table(tmp_path, SMALL))
    frame.to_excel(path, index=False)
    arguments = ["--time", "t", "--event", "e", "--by", "g", "--covariates", "x"]
    assert run(capsys, path, *arguments) == run(capsys, tmp_path / "data.csv", *arguments)


def test_an_event_value(tmp_path, capsys) -> None:
    path = table(tmp_path, "t,s\n1,2\n2,1\n3,2.0\n4,\n")
    found = run(capsys, path, "--time", "t", "--event", "s", "--event-value", "2")
    assert found["events"] == 2 and found["n"] == 3 and found["excluded"] == {"event missing": 1}
    none = table(tmp_path, "t,s\n1,0\n2,0\n")
    assert run(capsys, none, "--time", "t", "--event", "s", "--event-value", "1")["events"] == 0
    words = table(tmp_path, "t,s\n1,dead\n2,alive\n")
    assert run(capsys, words, "--time", "t", "--event", "s", "--event-value", "dead")["events"] == 1


@pytest.mark.parametrize(
    "text",
    [
        "t,e,g,x\n5,1,1,3\n",
        "t,e,g,x\n5,0,1,3\n5,0,2,4\n",
        "t,e,g,x\n0,1,1,3\n0,1,2,3\n",
        "t,e,g,x\n,1,1,3\n",
        "t,e,g,x\n",
        "t,e,g,x\n1,1,1,2\n2,1,1,2\n3,1,2,2\n",
        "t,e,g,x\n1,1,a,1\n2,1,a,2\n5,0,b,3\n6,0,b,4\n",
        "t,e,g,x\n-1,1,a,1\n2,1,a,2\n5,0,b,3\n",
    ],
)
def test_degenerate_tables_have_an_answer(text: str, tmp_path, capsys) -> None:
    path = table(tmp_path, text)
    for more in (
        [],
        ["--by", "g"],
        ["--by", "g", "--covariates", "x"],
        ["--covariates", "x,g", "--firth"],
        ["--by", "g", "--strata", "x"],
        ["--covariates", "x", "--strata", "g"],
    ):
        found = run(capsys, path, "--time", "t", "--event", "e", "--at", "0,3,9", "--tau", "4", *more)
        assert found["n"] + sum(found["excluded"].values()) == text.count("\n") - 1


def test_late_entry_that_leaves_nothing(tmp_path, capsys) -> None:
    path = table(tmp_path, "s,t,e\n0,1,1\n3,2,1\n2,2,0\n,4,1\n1,5,1\n")
    found = run(capsys, path, "--time", "t", "--event", "e", "--entry", "s")
    assert found["excluded"] == {"entry missing": 1, "entry not before the time": 2} and found["n"] == 2
    curve = found["curves"]["All"]
    assert curve["n_risk"] == [1, 1] and curve["estimate"] == [0, 0] and curve["conf_low"] == [None, None]


# Refusals: one sentence, status 2.


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--time", "tt", "--event", "e"], "There is no column 'tt'; the columns are: t, e, g, x."),
        (["--time", "x", "--event", "e"], "The column 'x' must hold numbers; row 2 does not."),
        (["--time", "t", "--event", "x"], "must hold 1 (event) and 0 (censored)"),
        (
            ["--time", "t", "--event", "e", "--event-value", "5"],
            "No row of the column 'e' has the event value '5'",
        ),
        (["--time", "t"], "The following arguments are required: --event."),
        (["--time", "t", "--event", "e", "--at", "six"], "no list of times"),
        (["--time", "t", "--event", "e", "--at", "-3"], "no list of times from 0 on"),
        (["--time", "t", "--event", "e", "--at=-3"], "no list of times"),
        (["--time", "t", "--event", "e", "--tau", "0"], "no positive time"),
        (["--time", "t", "--event", "e", "--ties", "exact"], "invalid choice"),
        (["--time", "t", "--event", "e", "--covariates", "x,x"], "name each column once"),
        (["--time", "t", "--event", "e", "--firth"], "--firth needs covariates"),
        (["--time", "t", "--event", "e", "--by", "nope"], "There is no column 'nope'"),
        (["--time", "t", "--event", "e", "--wrong"], "Unrecognized arguments: --wrong"),
    ],
)
def test_refused_arguments(arguments: list[str], says: str, tmp_path, capsys) -> None:
    assert says in refused(capsys, str(table(tmp_path, SMALL)), *arguments)


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("a.csv", b"", "holds no table"),
        ("a.csv", b"\n\n", "holds no table"),
        ("a.xlsx", b"PK no", "no workbook"),
        ("a.csv", b"\x00\x01\x02", "neither a text table"),
        ("a.csv", b"t,e\n1,1\n2,0,7,8\n", "row 3 has 4 cells"),
        ("a.csv", b"t,t,e\n1,2,1\n", "Two columns are named 't'"),
        ("a.csv", b't,e\n"1,234",1\n', "must hold numbers"),
    ],
)
def test_refused_files(name: str, data: bytes, says: str, tmp_path, capsys) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    assert says in refused(capsys, str(path), "--time", "t", "--event", "e")


def test_no_file_and_a_folder(tmp_path, capsys) -> None:
    wanted = ["--time", "t", "--event", "e"]
    assert "There is no such file" in refused(capsys, str(tmp_path / "no.csv"), *wanted)
    assert "This is a folder" in refused(capsys, str(tmp_path), *wanted)


def test_too_many_groups(tmp_path, capsys) -> None:
    path = table(tmp_path, "t,e,id\n" + "".join(f"{i},1,P{i}\n" for i in range(1, 60)))
    for option in ("--by", "--covariates", "--strata"):
        assert "59 different values" in refused(
            capsys, str(path), "--time", "t", "--event", "e", option, "id"
        )


# The dispatcher.


def test_what_is_offered(capsys) -> None:
    assert {"survival"} <= set(offered()) <= set(COMMANDS)
    assert main(["--help"]) == 0 and capsys.readouterr().out == overview() + "\n"
    assert main([]) == 2
    assert main(["nonsense"]) == 2
    assert "There is no command 'nonsense'" in capsys.readouterr().err


def test_a_command_that_is_absent_is_not_offered(monkeypatch) -> None:
    monkeypatch.setitem(COMMANDS, "absent", "not there")
    assert "absent" not in offered() and "absent" not in overview()


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (ZeroDivisionError("patient 7"), "survival could not be finished: ZeroDivisionError."),
        (MemoryError(), "survival could not be finished: the memory of this machine is not enough."),
        (KeyboardInterrupt(), "survival was stopped."),
        (PermissionError(13, "no", "x.csv"), "This file may not be opened: x.csv."),
    ],
)
def test_nothing_ends_in_a_traceback(error: BaseException, says: str, monkeypatch, tmp_path, capsys) -> None:
    import rrmm.commands.survival as command

    def fail(args: object) -> int:
        raise error

    monkeypatch.setattr(command, "run", fail)
    assert refused(capsys, str(table(tmp_path, SMALL)), "--time", "t", "--event", "e") == says + "\n"


def test_as_a_program(tmp_path) -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "rrmm",
            "survival",
            str(HERE / "lung.csv"),
            "--time",
            "time",
            "--event",
            "event",
            "--by",
            "sex",
            "--covariates",
            "age",
        ],
        capture_output=True,
        text=True,
        cwd=HERE.parent.parent,
        check=False,
    )
    assert done.returncode == 0 and done.stderr == ""
    assert json.loads(done.stdout)["n"] == 228
