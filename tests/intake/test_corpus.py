"""Every file of the corpus comes back to its truth, cell by cell, or is refused or flagged as intended."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from rrmm.cohort import build_cohort
from rrmm.commands import clean
from rrmm.intake import Refused, load
from tests.intake import corpus_containers, corpus_hostile, corpus_layouts, corpus_privacy, corpus_producers
from tests.intake.corpus_base import Case

TODAY = dt.date(2024, 6, 30)
CASES = (*corpus_containers.CASES, *corpus_layouts.CASES, *corpus_privacy.CASES, *corpus_hostile.CASES, *corpus_producers.CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_file_comes_back_to_its_truth(case: Case) -> None:
    data = case.make()
    if case.refused:
        with pytest.raises(Refused, match=case.refused) as refusal:
            load(data, case.filename, today=TODAY, **case.load)
        assert "\n" not in str(refusal.value)
        return
    loaded = load(data, case.filename, today=TODAY, **case.load)
    cohort = build_cohort(loaded)
    rows = [dict(zip(clean.COLUMNS, row, strict=True)) for row in clean.table(cohort.frame)]
    said = "\n".join(f"{issue.rule} {issue.row} {issue.column}: {issue.message}" for issue in cohort.issues)
    expected = case.truth()
    assert len(rows) == len(expected), said
    for number, (row, want) in enumerate(zip(rows, expected, strict=True)):
        assert {name: row[name] for name in want} == want, f"patient {number}\n{said}"
    rules = {issue.rule for issue in cohort.issues}
    assert set(case.rules) <= rules, said
    for key, value in case.read.items():
        assert cohort.read[key] == value, key
    everything = (
        json.dumps(
            [rows, [issue.as_dict() for issue in cohort.issues], dict(cohort.read), dict(cohort.mapping)],
            default=str,
            ensure_ascii=False,
        )
        + cohort.extras.to_csv()
        + repr(loaded.table.columns)
    )
    if cohort.adverse_events is not None:
        everything += cohort.adverse_events.to_csv()
    for text in case.never:
        assert text not in everything, text
