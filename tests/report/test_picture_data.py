"""The table behind a picture holds what the picture shows."""

from __future__ import annotations

import pytest

from rrmm.analyses.explore import explore
from rrmm.picks import Picks
from rrmm.report.picture_data import picture_data
from rrmm.report.tables import safe_csv
from tests.report.cohorts import few, hostile, sample


def test_the_curve() -> None:
    view = explore(sample(), Picks(compare="emd"))
    frame = picture_data("survival", view)
    emd = frame[frame["group"] == "EMD"]
    assert emd["n_event"].sum() == 24 and emd["n_censor"].sum() == 19 and emd["n_risk"].iloc[0] == 43
    assert emd.loc[emd["survival"] <= 0.5, "time_months"].iloc[0] == pytest.approx(63 / 30.4375)


def test_response_and_forest() -> None:
    view = explore(sample(), Picks(compare="emd"))
    response = picture_data("response", view).set_index(["group", "response"])
    assert response.loc[("EMD", "PD"), "x"] == "21"
    assert response.loc[("EMD", "PR or better"), "share"] == pytest.approx(16 / 43)
    forest = picture_data("forest", view).set_index("subgroup")
    assert forest.loc["EMD", "hazard_ratio"] == pytest.approx(view.ratios[0].hr)
    assert forest.loc["EMD", "level_events"] == "24"


def test_masked_tables_hold_no_small_count() -> None:
    view = explore(sample(), Picks(compare="cart_interval"))
    for kind in ("survival", "response", "forest"):
        frame = picture_data(kind, view, mask=True)
        counts = frame[[name for name in frame if name.startswith("n_") or name.endswith(("_n", "_events", "so_far", "x"))]]
        assert not counts.isin(["1", "2", "3", "4"]).any().any()
    with pytest.raises(ValueError, match="fewer than 5"):
        picture_data("survival", explore(sample(), Picks(compare="col:iss")), mask=True)


@pytest.mark.parametrize("kind", ["survival", "response", "forest"])
def test_hostile_and_small(kind: str) -> None:
    for header in hostile().extras.columns[:3]:
        text = safe_csv(picture_data(kind, explore(hostile(), Picks(compare="col:" + header))))  # type: ignore[arg-type]
        assert not any(cell.startswith(b"=") for line in text.splitlines() for cell in line.split(b","))
    for n in (0, 1):
        assert len(picture_data(kind, explore(few(n), Picks()))) >= 0  # type: ignore[arg-type]
