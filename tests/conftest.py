"""Shared by all tests: the table of deviations from R at the end of the run."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest

from tests import witness


def _folder(config: pytest.Config) -> Path:
    run = getattr(config, "workerinput", {}).get("testrunuid") or getattr(config, "_witness_run", "single")
    return Path(tempfile.gettempdir()) / f"rrmm-witness-{run}"


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        config._witness_run = getattr(config.option, "testrunuid", None) or "single"  # type: ignore[attr-defined]


def pytest_sessionfinish(session: pytest.Session) -> None:
    witness.write(_folder(session.config))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    folder = _folder(config)
    found = witness.collect(folder)
    shutil.rmtree(folder, ignore_errors=True)
    if found:
        terminalreporter.section("largest relative deviation from R")
        for name, (worst, count) in found.items():
            terminalreporter.write_line(f"{name:<58} {worst:9.1e}  ({count} values)")
