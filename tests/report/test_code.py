"""Exported code, executed in a clean process: it must give the numbers of the screen."""

from __future__ import annotations

import io
import math
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rrmm.analyses.explore import explore
from rrmm.analyses.response import Convention
from rrmm.cohort import Cohort
from rrmm.picks import Picks
from rrmm.report import code
from rrmm.report.code_r import r_string
from tests.report.cohorts import HOSTILE, hostile, sample
from tests.witness import record

ROOT = Path(__file__).parent.parent.parent
RSCRIPT = shutil.which("Rscript")

VIEWS: dict[str, tuple[Picks, Convention]] = {
    "all patients": (Picks(), Convention()),
    "EMD": (Picks(compare="emd"), Convention()),
    "own cut-off, DOR": (
        Picks(endpoint="dor", compare="bm60", cuts=(("bm60", 45.0), ("cart_interval", 3.5))),
        Convention(interval="wilson"),
    ),
    "filters": (
        Picks(endpoint="os", compare="iss3", filters=(("emd", 0), ("emd", 1), ("idecel", 0)), conf_type="log"),
        Convention(nonevaluable_counts=False),
    ),
    "several levels": (Picks(compare="col:iss", conf_type="plain"), Convention(nonevaluable_counts=False)),
    "combination": (
        Picks(compare="any:emd.1+iss3.1", filters=(("all:prior_bcma.1+idecel.0", 0),)),
        Convention(),
    ),
    "a number of the schema": (Picks(endpoint="os", compare="col:age"), Convention()),
    "trial criteria": (Picks(compare="trial"), Convention()),
}
COLUMNS = {name: Picks(compare="col:" + name) for name in (*HOSTILE, "half", "number", "flag", "many")}


def unpack(cohort: Cohort, picks: Picks, convention: Convention, folder: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(code.bundle(cohort, picks, convention))) as made:
        made.extractall(folder)


def compare(printed: str, cohort: Cohort, picks: Picks, convention: Convention, name: str) -> None:
    expected = code.lines(explore(cohort, picks, convention))
    got = [line.split("\t") for line in printed.splitlines()]
    assert [line[:2] for line in got] == [line.split("\t")[:2] for line in expected]
    for line, want in zip(got, expected, strict=True):
        numbers = [(ours, theirs) for ours, theirs in zip(want.split("\t")[2:], line[2:], strict=True) if ours != "NA"]
        # Where rrmm prints no hazard ratio, R prints the number its iteration stopped at.
        assert line[0] in ("hr", "forest") or want.count("NA") == "\t".join(line).count("NA"), (want, line)
        for ours, theirs in numbers:
            assert math.isclose(float(ours), float(theirs), rel_tol=1e-6, abs_tol=1e-9), (want, line)
            record(name, float(ours), float(theirs))


JOBS = {name: (sample, *view) for name, view in VIEWS.items()} | {
    f"column {at}": (hostile, picks, Convention()) for at, picks in enumerate(COLUMNS.values())
}
MARK = "=" * 8
"""Between the outputs: one process runs all scripts, as starting one costs more than the work."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder a job, by number, with what the user downloads."""
    made = tmp_path_factory.mktemp("code")
    for at, (cohort, picks, convention) in enumerate(JOBS.values()):
        unpack(cohort(), picks, convention, made / str(at))
    return made


def run(command: list[str], folder: Path) -> dict[str, str]:
    done = subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return dict(zip(JOBS, done.stdout.split(MARK + "\n")[:-1], strict=True))


@pytest.fixture(scope="module")
def r_output(folder: Path) -> dict[str, str]:
    if RSCRIPT is None:
        if os.environ.get("RRMM_CI") == "1":
            pytest.fail("Rscript is not installed")
        pytest.skip("Rscript is not installed")
    (folder / "all.R").write_text(
        f'for (at in 0:{len(JOBS) - 1}) {{ setwd(as.character(at)); source("analysis.R", local = new.env()); '
        f'setwd(".."); cat("{MARK}\\n") }}\n',
        encoding="ascii",
    )
    return run([RSCRIPT, "--vanilla", "all.R"], folder)


@pytest.fixture(scope="module")
def python_output(folder: Path) -> dict[str, str]:
    (folder / "all.py").write_text(
        f"import os, runpy, sys\nsys.path.insert(0, {str(ROOT)!r})\nfor at in range({len(JOBS)}):\n    os.chdir(str(at))\n"
        f"    runpy.run_path('analysis.py')\n    os.chdir('..')\n    print({MARK!r})\n",
        encoding="utf-8",
    )
    return run([sys.executable, "-I", "all.py"], folder)


@pytest.mark.parametrize("name", JOBS)
def test_r_gives_the_numbers_of_the_screen(name: str, r_output: dict[str, str]) -> None:
    cohort, picks, convention = JOBS[name]
    compare(r_output[name], cohort(), picks, convention, "exported R code")


@pytest.mark.parametrize("name", JOBS)
def test_python_gives_the_numbers_of_the_screen(name: str, python_output: dict[str, str]) -> None:
    cohort, picks, convention = JOBS[name]
    compare(python_output[name], cohort(), picks, convention, "exported Python code")


def test_nothing_but_the_scripts_and_their_data(folder: Path, r_output: dict[str, str]) -> None:
    for at, (_, picks, _) in enumerate(JOBS.values()):
        files = {path.name for path in (folder / str(at)).iterdir()}
        assert files - {"columns.csv"} == {"analysis.py", "analysis.R", "cohort.csv"}, picks


@pytest.mark.parametrize("header", HOSTILE)
def test_no_text_of_the_upload_is_code(header: str) -> None:
    cohort = hostile()
    for script in (code.python_code(cohort, COLUMNS[header]), code.r_code(cohort, COLUMNS[header])):
        assert script.isascii() and "\x00" not in script
        outside = re.sub(r'"(?:[^"\\\n]|\\.)*"', "", re.sub(r"'(?:[^'\\\n]|\\.)*'", "", script))
        assert "system(" not in outside and "os.abort" not in outside and "stop()" not in outside


@settings(max_examples=200, deadline=None)
@given(st.text())
def test_an_r_string_stays_one_string(text: str) -> None:
    literal = r_string(text)
    assert literal.isascii() and literal.isprintable()
    assert re.fullmatch(r'"(?:[^"\\]|\\.)*"', literal)


def test_r_reads_its_strings_back(tmp_path: Path) -> None:
    if RSCRIPT is None:
        pytest.skip("Rscript is not installed")
    texts = [text.replace("\x00", "") for text in HOSTILE]
    lines = "\n".join(f'cat(paste(utf8ToInt(enc2utf8({r_string(text)})), collapse = " "), "\\n")' for text in texts)
    (tmp_path / "strings.R").write_text(lines, encoding="ascii")
    done = subprocess.run(
        [RSCRIPT, "--vanilla", "strings.R"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert ["".join(chr(int(code)) for code in line.split()) for line in done.stdout.splitlines()] == texts


def test_an_unknown_column_is_refused() -> None:
    with pytest.raises(KeyError):
        code.python_code(sample(), Picks(compare="col:Nothing"))
