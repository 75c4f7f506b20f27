"""The Schoenfeld test held to cox.zph."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from rrmm.analyses.cox import fit_cox
from rrmm.analyses.proportional_hazards import TRANSFORMS
from tests.analyses.agreement import agree
from tests.analyses.cox_cases import Model, models

TESTED = [model for model in models() if model.answer.get("zph") and not model.answer.get("r_warnings")]


@pytest.mark.parametrize("model", TESTED, ids=str)
@pytest.mark.parametrize("transform", TRANSFORMS)
def test_terms_and_all_together_agree_with_cox_zph(model: Model, transform: Any) -> None:
    result, wanted = fit_cox(**model.arguments, transform=transform), model.answer["zph"][transform]
    ph = result.frames["ph"]
    assert ph["term"].tolist() == np.atleast_1d(wanted["term"]).tolist()
    assert ph["df"].tolist() == np.atleast_1d(wanted["df"]).tolist()
    agree("Schoenfeld test", ph["statistic"], wanted["chi2"], 1e-7)
    agree("Schoenfeld test", ph["p_value"], wanted["p"], 1e-7)
    assert result.numbers["ph_global"]["statistic"] == ph["statistic"].iloc[-1]


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({"time": [3.0, 5, 8], "event": [0, 1, 0], "x": [1.0, 2, 4]}),
        pd.DataFrame({"time": [3.0, 3, 3], "event": [1, 1, 0], "x": [1.0, 2, 1.5]}),
        pd.DataFrame({"time": [3.0, 5, 8], "event": [0, 0, 0], "x": [1.0, 2, 4]}),
    ],
    ids=["one event", "one event time", "no event"],
)
def test_too_few_times_is_a_reason(frame: pd.DataFrame) -> None:
    ph = fit_cox(frame, "time", "event", ["x"]).frames["ph"]
    assert ph["statistic"].isna().all() and (ph["reason"] != "").all()


def test_log_of_a_zero_time_has_no_test() -> None:
    frame = pd.DataFrame({"time": [0.0, 2, 3, 4], "event": 1, "x": [1.0, 5, 2, 7]})
    assert math.isnan(fit_cox(frame, "time", "event", ["x"], transform="log").numbers["ph_global"]["p_value"])
    with pytest.raises(ValueError, match="transformed by"):
        fit_cox(frame, "time", "event", ["x"], transform="sqrt")  # type: ignore[arg-type]
