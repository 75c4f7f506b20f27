"""How far our numbers are from R's: collected while tests run, printed, compared with the methods page.

Every test that holds a statistic to R calls :func:`record`; the test itself asserts. At the end of the run
the largest deviation of each statistic is printed.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

_worst: dict[str, tuple[float, int]] = {}
_said: list[str] = []


def deviation(ours: Any, reference: Any) -> float:
    """Largest relative deviation, |ours - reference| / max(|reference|, 1e-3); NaN pairs are equal.

    The floor keeps a p-value of 1e-30 from ruling the table; infinities must match.
    """
    a = np.atleast_1d(np.asarray(ours, dtype=float))
    b = np.atleast_1d(np.asarray(reference, dtype=float))
    if a.shape != b.shape or (np.isnan(a) != np.isnan(b)).any() or (np.isinf(a) != np.isinf(b)).any():
        return math.inf
    known = np.isfinite(a)
    if (a[np.isinf(a)] != b[np.isinf(b)]).any():
        return math.inf
    if not known.any():
        return 0.0
    return float(np.max(np.abs(a[known] - b[known]) / np.maximum(np.abs(b[known]), 1e-3)))


def record(statistic: str, ours: Any, reference: Any) -> float:
    """Remember the deviation under the name of the statistic, and return it."""
    found = deviation(ours, reference)
    worst, count = _worst.get(statistic, (0.0, 0))
    _worst[statistic] = (max(worst, found), count + int(np.size(reference)))
    return found


def say(line: str) -> None:
    """A line for the end of the test run, such as how much of the paper holds."""
    _said.append(line)


def write(folder: Path) -> None:
    """Leave this worker's share in the folder."""
    if _said:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{os.getpid()}.txt").write_text("\n".join(_said), encoding="utf-8")
    if _worst:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{os.getpid()}.json").write_text(json.dumps(_worst), encoding="utf-8")


def said(folder: Path) -> list[str]:
    """The lines of all workers."""
    texts = [path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.txt"))]
    return [line for text in texts for line in text.splitlines()]


def collect(folder: Path) -> dict[str, tuple[float, int]]:
    """The largest deviation and the number of values compared, over all workers."""
    merged: dict[str, tuple[float, int]] = {}
    for path in sorted(folder.glob("*.json")):
        for name, (worst, count) in json.loads(path.read_text(encoding="utf-8")).items():
            seen = merged.get(name, (0.0, 0))
            merged[name] = (max(seen[0], worst), seen[1] + count)
    return dict(sorted(merged.items()))


COMMITTED = Path(__file__).resolve().parent.parent / "rrmm" / "published" / "deviations.json"
"""What the methods page shows: statistic -> [largest relative deviation, number of values]."""

NOISE = 1e-10
"""Deviations below this differ between processors and builds of numpy: no reason to commit the file anew."""

MORE = 10.0


def committed() -> dict[str, tuple[float, int]]:
    """The deviations of the methods page."""
    raw = json.loads(COMMITTED.read_text(encoding="utf-8"))
    return {name: (float(worst), int(count)) for name, (worst, count) in raw.items()}


def commit(found: Mapping[str, tuple[float, int]], *, keep: bool = False) -> None:
    """Write what this run measured for the methods page.

    keep: for a run of some tests only; names and deviations of the others stay.
    """
    names = dict(found)
    if keep:
        for name, (worst, count) in committed().items():
            now = names.get(name, (0.0, 0))
            names[name] = (max(worst, now[0]), max(count, now[1]))
    lines = [
        f" {json.dumps(name)}: [{float(f'{worst:.1e}')!r}, {count}]"
        for name, (worst, count) in sorted(names.items())
        if math.isfinite(worst)
    ]
    COMMITTED.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def understated(found: Mapping[str, tuple[float, int]], known: Mapping[str, tuple[float, int]]) -> list[str]:
    """Statistics whose deviation is now more than ten times what the methods page says."""
    return [
        f"{name}: {worst:.1e}, the methods page says {known[name][0]:.1e}"
        for name, (worst, _) in found.items()
        if name in known and worst > max(MORE * known[name][0], NOISE)
    ]
