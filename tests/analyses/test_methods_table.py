"""The table of statistics and what the tests record belong together."""

from __future__ import annotations

import ast
import math
from pathlib import Path

import pytest

from rrmm.analyses.methods_table import STATISTICS, deviations, measured, statistic_of
from tests import witness

TESTS = Path(__file__).parent.parent


def recorded_names() -> list[tuple[str, str]]:
    """File and name (as far as it is written out) of every call of `record` or `agree`."""
    found = []
    for path in sorted(TESTS.rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args):
                continue
            first = node.args[0]
            if node.func.id not in ("record", "agree"):
                continue
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                found.append((path.name, first.value))
            elif isinstance(first, ast.JoinedStr) and isinstance(first.values[0], ast.Constant):
                found.append((path.name, str(first.values[0].value)))
    return found


def test_every_recorded_name_has_its_statistic() -> None:
    names = recorded_names()
    assert len(names) > 50
    lost = [f"{file}: {name}" for file, name in names if statistic_of(name) is None]
    assert not lost, "rrmm/analyses/methods_table.py has no entry for these"


def test_every_measured_deviation_is_shown() -> None:
    assert not [name for name in deviations() if statistic_of(name) is None]
    total = sum(one.values for one in measured().values() if one is not None)
    assert total == sum(one.values for one in deviations().values()) > 50_000


def test_every_statistic_is_measured() -> None:
    assert not [each.label for each, one in measured().items() if one is None]


def test_deviations_are_small() -> None:
    for name, one in deviations().items():
        assert math.isfinite(one.deviation) and one.deviation < 1e-4 and one.values > 0, name


def test_every_statistic_says_how() -> None:
    labels = [each.label for each in STATISTICS]
    assert len(set(labels)) == len(labels)
    starts = [start.lower() for each in STATISTICS for start in each.names]
    assert len(set(starts)) == len(starts)
    assert all(each.method and each.by and each.r and each.names for each in STATISTICS)


def test_the_longest_beginning_wins() -> None:
    one = statistic_of("Cox coefficient (one factor)")
    assert one is not None and one.label == "Hazard ratio of one factor"
    other = statistic_of("Cox coefficient")
    assert other is not None and other.label == "Cox model"
    assert statistic_of("Something new") is None


def test_understated_deviations_are_found() -> None:
    known = {"a": (1e-9, 5), "b": (0.0, 1)}
    assert witness.understated({"a": (9e-9, 5), "b": (1e-12, 1), "new": (1.0, 1)}, known) == []
    assert witness.understated({"a": (2e-8, 5)}, known) == ["a: 2.0e-08, the methods page says 1.0e-09"]
    assert len(witness.understated({"b": (1e-6, 1)}, known)) == 1


def test_deviations_are_written_and_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(witness, "COMMITTED", tmp_path / "deviations.json")
    witness.commit({"b": (1.23e-9, 2), "a": (0.0, 1), "broken": (math.inf, 1)})
    assert witness.committed() == {"a": (0.0, 1), "b": (1.2e-9, 2)}
    witness.commit({"a": (1e-12, 3), "b": (1e-10, 1)}, keep=True)
    assert witness.committed() == {"a": (1e-12, 3), "b": (1.2e-9, 2)}
