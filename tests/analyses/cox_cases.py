"""The Cox models of the public reference sets, ready to fit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from tests import golden

DATA_SETS = ("lung", "veteran", "gbsg", "rotterdam", "rotterdam_delayed_entry", "gbsg_sep20")


@cache
def data_set(name: str) -> pd.DataFrame:
    """The frame, with factors in the level order of the reference."""
    frame = golden.frame(name)
    for variable, levels in golden.load(name)["factor_levels"].items():
        text = frame[variable].map(
            lambda cell: None if pd.isna(cell) else f"{cell:g}" if isinstance(cell, float) else str(cell)
        )
        frame[variable] = pd.Categorical(text, categories=levels)
    return frame


@dataclass(frozen=True)
class Model:
    """One model of the oracle: R's ``answer`` and what to fit."""

    name: str
    data: str
    endpoint: dict[str, Any]
    answer: dict[str, Any]

    def __str__(self) -> str:
        return self.name

    @property
    def arguments(self) -> dict[str, Any]:
        """Keyword arguments of fit_cox."""
        strata, covariates = self.answer.get("strata") or (), self.answer["covariates"]
        return {
            "frame": data_set(self.data),
            "time": self.endpoint["time"],
            "event": self.endpoint["event"],
            "covariates": [covariates] if isinstance(covariates, str) else covariates,
            "strata": [strata] if isinstance(strata, str) else strata,
            "entry": self.endpoint["entry"],
            "ties": self.answer["ties"],
        }


def endpoints() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for name in DATA_SETS:
        for key, endpoint in golden.load(name)["endpoints"].items():
            yield name, key, endpoint


def models() -> list[Model]:
    """All models with Efron's or Breslow's ties."""
    return [
        Model(f"{name}-{key}-{answer['id']}", name, endpoint, answer)
        for name, key, endpoint in endpoints()
        for answer in endpoint["cox"]
        if answer["ties"] != "exact"
    ]


@st.composite
def cohorts(draw: st.DrawFn, largest: int = 30) -> pd.DataFrame:
    """Small cohorts with ties, zero times, late entries, missing cells, and levels that may have no event."""
    n = draw(st.integers(1, largest))
    seed = draw(st.integers(0, 2**32 - 1))
    random = np.random.default_rng(seed)
    time = random.integers(0, draw(st.sampled_from([1, 3, 40])) + 1, n).astype(float)
    frame = pd.DataFrame(
        {
            "time": time,
            "event": (random.random(n) < draw(st.sampled_from([0.0, 0.3, 1.0]))).astype(float),
            "x": np.round(random.normal(60, 10, n), draw(st.sampled_from([0, 2]))),
            "g": random.choice(["a", "b", "c"], n),
            "s": random.choice(["u", "v"], n),
        }
    )
    frame["entry"] = time - random.integers(1, 10, n)
    gaps = random.random(n) < draw(st.sampled_from([0.0, 0.2]))
    frame.loc[gaps, "x"] = np.nan
    frame.loc[random.random(n) < 0.1, "g"] = None
    return frame
