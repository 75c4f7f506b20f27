"""What comes from pooled tables of counts equals what the pooled patients give; masked tables tell no small count."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from rrmm.__main__ import main
from rrmm.analyses.counts import EventTable, event_table, rank_times
from rrmm.analyses.explore import explore
from rrmm.analyses.hazard_table import cox_from_table
from rrmm.analyses.km import kaplan_meier, quantile
from rrmm.analyses.logrank import logrank
from rrmm.analyses.pooling import FEWEST, CentreTable, centre_table, masked, pool, table_of_counts
from rrmm.analyses.pooling_files import from_json, to_frame, to_json
from rrmm.cohort import Cohort, build_cohort
from rrmm.intake import load
from rrmm.picks import Picks
from rrmm.report import masking
from tests.analyses.survival_cases import Case, cases
from tests.cohorts import SAMPLES, sample

LINES = (SAMPLES / "cohort.csv").read_text(encoding="utf-8-sig").splitlines()


def centre(lines: list[str], name: str) -> Cohort:
    return build_cohort(load(("\n".join([LINES[0], *lines]) + "\n").encode(), name))


def of_table(table: EventTable) -> CentreTable:
    """A centre's file of these counts."""
    there = (table.n_event + table.n_censor).sum(axis=1) > 0
    found = CentreTable("pfs", "emd", "EMD", tuple(f"Group {k}" for k in range(table.groups)), table.times[there],
                        table.n_event[there], table.n_censor[there])
    return from_json(to_json(found))


def same(one: EventTable, two: EventTable) -> None:
    """Everything that is computed from them is equal to the last bit, up to rows in which nothing happens."""
    kept = [np.flatnonzero((table.n_event + table.n_censor).sum(axis=1)) for table in (one, two)]
    for name in ("times", "n_risk", "n_event", "n_censor"):
        np.testing.assert_array_equal(getattr(one, name)[kept[0]], getattr(two, name)[kept[1]])
    np.testing.assert_array_equal(one.n, two.n)
    curves = [kaplan_meier(table) for table in (one, two)]
    np.testing.assert_array_equal(curves[0].estimate[kept[0]], curves[1].estimate[kept[1]])
    np.testing.assert_array_equal(curves[0].conf_low[kept[0]], curves[1].conf_low[kept[1]])
    for k in range(one.groups):
        assert str(quantile(curves[0], k)) == str(quantile(curves[1], k))
    if one.groups > 1:
        assert logrank(one).statistic == pytest.approx(logrank(two).statistic, rel=1e-12, nan_ok=True)
        for a, b in zip(cox_from_table(one), cox_from_table(two), strict=True):
            assert (a.hr, a.conf_low, a.conf_high, a.p_value) == pytest.approx(
                (b.hr, b.conf_low, b.conf_high, b.p_value), rel=1e-10, nan_ok=True)
            assert a.reason == b.reason


WITHOUT_ENTRY = [case for case in cases() if case.ranked.entry is None]


@pytest.mark.parametrize("case", WITHOUT_ENTRY, ids=str)
def test_centres_pooled_equal_patients_pooled(case: Case) -> None:
    """The patient-level table is held to R elsewhere, on the same data."""
    rng = np.random.default_rng(1)
    where = rng.integers(0, 3, len(case.frame))
    for name in case.factors:
        codes, groups = case.codes(name), len(case.levels(name))
        tables = [of_table(event_table(case.ranked, np.where(where == at, codes, -1), groups)) for at in range(3)]
        same(pool(tables).table, case.table(name))


@settings(max_examples=30, deadline=None)
@given(some.lists(some.tuples(some.integers(0, 12), some.booleans(), some.integers(0, 2), some.integers(0, 2)),
                  min_size=1, max_size=40))
def test_any_patients_in_any_centres(patients: list[tuple[int, bool, int, int]]) -> None:
    time, event, codes, where = (np.array(each) for each in zip(*patients, strict=True))
    ranked = rank_times(time / 3, event)
    tables = [of_table(event_table(rank_times(time[where == at] / 3, event[where == at]), codes[where == at], 3))
              for at in range(3)]
    same(pool(tables).table, event_table(ranked, codes, 3))


@pytest.mark.parametrize("endpoint", ["pfs", "os", "dor"])
def test_the_sample_in_two_centres(endpoint: str) -> None:
    parts = [centre(LINES[1:50], "a.csv"), centre(LINES[50:], "b.csv")]
    for by in ("none", "emd", "bm60", "col:Centre" if "col:Centre" in sample().extras else "iss3"):
        picks = Picks(endpoint=endpoint, compare=by)
        pooled = pool([centre_table(part, picks) for part in parts])
        view = explore(sample(), picks)
        assert pooled.exact and pooled.levels == tuple(view.grouping.levels)
        same(pooled.table, view.table)


def small(table: CentreTable) -> list[int]:
    risk = table.table.n_risk
    return [int(value) for values in (table.events, table.censored, risk, table.n) for value in np.ravel(values)
            if 0 < value < FEWEST]


@settings(max_examples=60, deadline=None)
@given(some.lists(some.tuples(some.integers(0, 1500), some.booleans(), some.integers(0, 2)), max_size=120))
def test_a_masked_table_tells_no_small_count(patients: list[tuple[int, bool, int]]) -> None:
    time, event, codes = (np.array([row[at] for row in patients], dtype=float) for at in range(3))
    whole = of_table(event_table(rank_times(time, event), codes.astype(int), 3))
    found = from_json(to_json(masked(whole)))
    assert not small(found) and found.loss.startswith("Masked") and FEWEST == masking.FEWEST
    assert masked(found) is found
    for k, level in enumerate(found.levels):
        kept = level not in found.withheld
        assert found.events[:, k].sum() == kept * whole.events[:, k].sum()
        assert found.censored[:, k].sum() == kept * whole.censored[:, k].sum()
        assert kept or 0 < min(each for each in (whole.events[:, k].sum(), whole.censored[:, k].sum()) if each) < FEWEST
    assert np.allclose(found.times / 30.4375, np.round(found.times / 30.4375))
    # What stays differs by time only, and not by more than is said.
    assert not pool([whole, found]).exact


def test_the_loss_is_said() -> None:
    found = centre_table(sample(), Picks(compare="emd"), mask=True)
    exact, coarse = (kaplan_meier(each.table) for each in (centre_table(sample(), Picks(compare="emd")), found))
    most = float(found.loss.split("at most ")[1].split(" ")[0]) / 100
    for month in range(1, 17):
        for k in (0, 1):
            values = [np.concatenate([[1.0], curve.estimate[:, k]])[np.searchsorted(curve.table.times, month * 30.4375, "right")]
                      for curve in (exact, coarse)]
            assert abs(values[0] - values[1]) <= most + 1e-9


GOOD = json.loads(to_json(centre_table(sample(), Picks(compare="emd"))))


@pytest.mark.parametrize("change", [
    {"kind": "x"}, {"version": 2}, {"unit": "months"}, {"levels": []}, {"levels": ["a", "a"]}, {"levels": "No EMD"},
    {"endpoint": "ttnt"}, {"counts": {}}, {"counts": [3]}, {"counts": [{"time": 1, "events": [1], "censored": [0, 0]}]},
    {"counts": [{"time": 1, "events": [1, -1], "censored": [0, 0]}]}, {"unknown": -1}, {"unknown": "3"},
    {"counts": [{"time": 1, "events": [1, 0.5], "censored": [0, 0]}]},
    {"counts": [{"time": -1, "events": [1, 1], "censored": [0, 0]}]},
    {"counts": [{"time": float("nan"), "events": [1, 1], "censored": [0, 0]}]},
    {"counts": [{"time": 2, "events": [1, 1], "censored": [0, 0]}, {"time": 2, "events": [1, 1], "censored": [0, 0]}]},
    {"counts": [{"time": 1, "events": [10**30, 1], "censored": [0, 0]}]},
])
def test_a_file_that_is_none_is_refused(change: dict) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        from_json(json.dumps({**GOOD, **change}))


@settings(max_examples=80, deadline=None)
@given(some.text(max_size=60) | some.recursive(some.none() | some.booleans() | some.integers() | some.text(max_size=5), lambda
       inner: some.lists(inner, max_size=3) | some.dictionaries(some.sampled_from([*GOOD]), inner, max_size=8)).map(json.dumps))
def test_no_text_makes_it_fail_otherwise(text: str) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        from_json(text)


def test_tables_of_different_questions_are_not_pooled() -> None:
    one = centre_table(sample(), Picks(compare="emd"))
    for other in (Picks(compare="iss3"), Picks(endpoint="os", compare="emd")):
        with pytest.raises(ValueError, match="Table 2 is of another"):
            pool([one, centre_table(sample(), other)])
    with pytest.raises(ValueError, match="at least one"):
        pool([])
    cut = [centre_table(sample(), Picks(compare="bm60", cuts=(("bm60", at),))) for at in (60.0, 50.0)]
    with pytest.raises(ValueError, match="another groups"):
        pool(cut)


def test_an_outcome_is_no_comparison() -> None:
    with pytest.raises(ValueError, match="only later"):
        centre_table(sample(), Picks(compare="col:best_response"))


def test_nobody() -> None:
    table = table_of_counts([], np.zeros((0, 2)), np.zeros((0, 2)))
    assert table.n.tolist() == [0, 0] and table.last.tolist() == [-1, -1]


def test_the_commands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, lines in (("a", LINES[1:50]), ("b", LINES[50:])):
        (tmp_path / f"{name}.csv").write_text("\n".join([LINES[0], *lines]), encoding="utf-8")
        assert main(["events", str(tmp_path / f"{name}.csv"), "--by", "emd", "--out", str(tmp_path / f"{name}.json")]) == 0
    assert main(["pool", str(tmp_path / "a.json"), str(tmp_path / "b.json")]) == 0
    found = json.loads(capsys.readouterr().out)
    view = explore(sample(), Picks(compare="emd"))
    assert found["exact"] and found["logrank"]["p"] == pytest.approx(view.logrank_p, rel=1e-12)
    assert [each["n"] for each in found["groups"]] == [each.n for each in view.groups]
    assert found["hazard_ratios"][0]["estimate"] == pytest.approx(view.ratios[0].hr, rel=1e-12)
    assert main(["events", str(SAMPLES / "cohort.csv"), "--by", "emd", "--mask", "--out", str(tmp_path / "m.csv")]) == 0
    said = capsys.readouterr()
    assert said.err.startswith("Masked:") and not said.out
    shown = pd.read_csv(tmp_path / "m.csv")
    counts = shown[["at_risk", "events", "censored"]].to_numpy()
    assert not ((counts > 0) & (counts < FEWEST)).any() and len(to_frame(from_json(json.dumps(GOOD)))) > len(shown)
    (tmp_path / "no.json").write_text("{}", encoding="utf-8")
    for arguments in (["events", str(SAMPLES / "cohort.csv"), "--by", "col:Nothing"],
                      ["events", str(SAMPLES / "cohort.csv"), "--endpoint", "ttnt"],
                      ["events", str(SAMPLES / "cohort.csv"), "--by", "col:best_response"],
                      ["pool", str(tmp_path / "no.json")]):
        assert main(arguments) == 2
        said = capsys.readouterr()
        assert len(said.err.splitlines()) == 1 and not said.out
