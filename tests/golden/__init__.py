"""Reference results: public data and what R makes of them. The R scripts stand beside their output."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

HERE = Path(__file__).parent


@cache
def load(name: str) -> Any:
    """The JSON of that name (without extension). Doubles carry 17 digits; "Inf" and "-Inf" are strings."""
    return json.loads((HERE / f"{name}.json").read_text(encoding="utf-8"))


def frame(name: str) -> pd.DataFrame:
    """The CSV of that name (without extension); an empty cell is missing."""
    return pd.read_csv(HERE / f"{name}.csv")
