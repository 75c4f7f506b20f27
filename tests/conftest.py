"""Shared by all tests: the table of deviations from R at the end of the run."""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
from pathlib import Path

import pytest

from tests import witness


def _folder(config: pytest.Config) -> Path:
    worker = getattr(config, "workerinput", None)
    own = getattr(config.option, "testrunuid", None) or f"single{os.getpid()}"
    run = worker["testrunuid"] if worker else own
    return Path(tempfile.gettempdir()) / f"rrmm-witness-{run}"


def pytest_configure(config: pytest.Config) -> None:
    # The workers get the run's name from the controller, so that their shares meet in one folder.
    if not hasattr(config, "workerinput") and hasattr(config.option, "testrunuid"):
        config.option.testrunuid = config.option.testrunuid or uuid.uuid4().hex


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Each process leaves its share; the last one, when all are there, holds them to the methods page."""
    witness.write(_folder(session.config))
    if hasattr(session.config, "workerinput"):
        return
    found = witness.collect(_folder(session.config))
    wish = os.environ.get("RRMM_WRITE_DEVIATIONS", "")
    if wish and found:
        witness.commit(found, keep=wish == "keep")
    elif session.exitstatus == pytest.ExitCode.OK and witness.understated(found, witness.committed()):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if hasattr(config, "workerinput"):
        return  # workers run this hook as well, and would take their share away before it is read
    folder = _folder(config)
    found, lines = witness.collect(folder), witness.said(folder)
    shutil.rmtree(folder, ignore_errors=True)
    if found:
        terminalreporter.section("largest relative deviation from R")
        for name, (worst, count) in found.items():
            terminalreporter.write_line(f"{name:<58} {worst:9.1e}  ({count} values)")
    for line in lines:
        terminalreporter.write_line(line)
    known = witness.committed()
    fresh = [name for name in found if name not in known]
    if fresh:
        terminalreporter.write_line(f"Not yet on the methods page: {', '.join(fresh)} (RRMM_WRITE_DEVIATIONS=1 make unit)")
    stale = witness.understated(found, known)
    if stale:
        terminalreporter.section("the methods page understates deviations from R")
        for line in stale:
            terminalreporter.write_line(line)
        terminalreporter.write_line("After a look at why: RRMM_WRITE_DEVIATIONS=1 make unit")
