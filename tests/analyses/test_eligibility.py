"""Trial criteria: the paper's 39.0 %, the limits themselves, and three-valued logic."""

from __future__ import annotations

import numpy as np
import pytest

from rrmm.analyses.eligibility import CRITERIA, eligibility, eligible
from rrmm.analyses.explore import explore
from rrmm.picks import Picks, population
from rrmm.report.tables import eligibility_frame
from rrmm.schema import VARIABLES
from rrmm.subgroups import ALL_SUBGROUPS, LEVEL_NAMES, SUBGROUPS, column_choices, group
from tests.cohorts import ALL, sample
from tests.handmade import everyone, few

FULL = {"ecog": "1", "hemoglobin": "8", "platelets": "75", "neutrophils": "1", "creatinine_clearance": "40"}


def test_the_papers_share_does_not_meet_the_key_criteria() -> None:
    found = eligibility(sample(), everyone(sample()))
    assert (found.any_condition.x, found.any_condition.n) == (48, 123)
    assert round(100 * found.any_condition.estimate, 1) == 39.0
    assert sum(found.failed) == 123 and found.failed[0] == 75
    assert not found.not_checked and found.undecided == 0


@pytest.mark.parametrize(
    ("column", "meets", "fails"),
    [
        ("ecog", "1", "2"),
        ("hemoglobin", "8", "7.9"),
        ("platelets", "75", "74"),
        ("neutrophils", "1.0", "0.9"),
        ("creatinine_clearance", "40", "39"),
    ],
)
def test_the_limit_itself(column: str, meets: str, fails: str) -> None:
    values = {name: [value] * 3 for name, value in FULL.items()}
    values[column] = [meets, fails, None]  # type: ignore[list-item]
    values["bm_plasma_pct"] = ["10"] * 3
    assert eligible(few(**values)).tolist() == [1, 0, -1]


def test_platelets_and_marrow() -> None:
    values = {name: [value] * 5 for name, value in FULL.items()}
    values["platelets"] = ["50", "50", "49", "60", "75"]
    values["bm_plasma_pct"] = ["50", "49", "90", None, None]  # type: ignore[list-item]
    assert eligible(few(**values)).tolist() == [1, 0, 0, -1, 1]


def test_one_failure_decides_whatever_is_unknown() -> None:
    values = {name: [value, value] for name, value in FULL.items()}
    values["ecog"] = ["3", None]  # type: ignore[list-item]
    values["platelets"] = [None, "90"]  # type: ignore[list-item]
    assert eligible(few(**values)).tolist() == [0, -1]


def test_a_criterion_without_data_is_not_applied_and_said() -> None:
    cohort = few(ecog=["0", "2"], prior_lines=["5", "2"])
    found = eligibility(cohort, everyone(cohort))
    assert eligible(cohort).tolist() == [1, 0]
    assert {each.key for each in found.not_checked} == {
        "hemoglobin",
        "platelets",
        "neutrophils",
        "creatinine_clearance",
        "bcma",
    }
    assert (found.any_part.x, found.any_part.n) == (1, 2)


@pytest.mark.parametrize("name", list(ALL))
def test_everybody_is_counted(name: str) -> None:
    cohort = ALL[name]()
    found = eligibility(cohort, everyone(cohort))
    for row in found.rows:
        assert row.failing.n + row.unknown == cohort.n
    assert found.any_condition.n + found.undecided == cohort.n
    assert found.any_part.x >= found.any_condition.x
    assert len(eligibility_frame(found)) >= len(found.rows)


def test_a_filter_for_every_page() -> None:
    assert "trial" in ALL_SUBGROUPS and "trial" not in SUBGROUPS
    assert LEVEL_NAMES["Trial-eligible"] == ("trial", 1)
    assert population(sample(), Picks(filters=(("trial", 1),))).n == 75
    assert "trial" in column_choices(sample()) and "trial" not in column_choices(ALL["bare"]())
    view = explore(sample(), Picks(compare="trial"))
    assert [each.n for each in view.groups] == [48, 75]
    assert "trial" not in {row.key for row in view.forest}
    np.testing.assert_array_equal(group(sample(), "trial").codes, eligible(sample()))
    again = Picks.from_json(Picks(compare="trial", filters=(("trial", 0),)).to_json())
    assert again.compare == "trial" and again.filters == (("trial", 0),)


def test_criteria_read_known_columns() -> None:
    assert all(each.needs in VARIABLES for each in CRITERIA)
    assert len({each.key for each in CRITERIA}) == len(CRITERIA)
