"""A tree of numbers as JSON: full precision, null for NaN, "Inf" and "-Inf" for infinities."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, TextIO

import numpy as np


def plain(value: Any) -> Any:
    """The value as JSON's own types."""
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else "Inf" if value > 0 else "-Inf"
    return value


def print_json(value: Any, out: TextIO) -> None:
    """Write it with a line's end."""
    json.dump(plain(value), out, ensure_ascii=False, indent=1, allow_nan=False)
    out.write("\n")
