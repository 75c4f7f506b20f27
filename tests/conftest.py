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
    witness.write(_folder(session.config))


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
