"""Hold our numbers to R's: note the deviation for the methods page, and assert that it is small."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.witness import record


def number(value: Any) -> Any:
    """R's value from JSON as floats: null is NaN, "Inf" and "-Inf" are infinities."""
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, list):
        return [number(each) for each in value]
    if value is None:
        return float("nan")
    return float(value)


def agree(statistic: str, ours: Any, reference: Any, rtol: float = 1e-6, atol: float = 1e-15) -> None:
    """Record the deviation under the statistic's name, and fail where it is above ``rtol``."""
    expected = np.asarray(number(reference), dtype=float)
    found = np.asarray(ours, dtype=float)
    record(statistic, found, expected)
    np.testing.assert_allclose(found, expected, rtol=rtol, atol=atol, equal_nan=True, err_msg=statistic)
