"""Counted in a database equals counted here: DuckDB always, Spark where Java and PySpark are there."""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest

from rrmm.analyses.counts import event_table, rank_times
from rrmm.analyses.registry_counts import count_expression, registry_table
from tests.analyses.survival_cases import Case, cases
from tests.analyses.test_pooling import same

if importlib.util.find_spec("ibis") is None and not os.environ.get("RRMM_CI"):
    pytest.skip("Ibis is not installed", allow_module_level=True)

WITHOUT_ENTRY = [case for case in cases() if case.ranked.entry is None]


def patients(case: Case, name: str) -> pd.DataFrame:
    """One row a patient, as a registry holds it; the ranks' own times, so that ties are the same."""
    times = np.where(case.ranked.rank < 0, np.nan, case.ranked.times[case.ranked.rank])
    codes = case.codes(name)
    levels = case.levels(name)
    return pd.DataFrame({"days": times, "died": case.ranked.event.astype("int64"),
                         "arm": [levels[code] if code >= 0 else None for code in codes]})


@pytest.fixture(scope="module")
def duckdb() -> Iterator[Any]:
    import ibis

    connection = ibis.duckdb.connect()
    yield connection
    connection.disconnect()


def stored(connection: Any, name: str, frame: pd.DataFrame) -> Any:
    """The frame as a table of the database."""
    connection.con.register("given", frame)
    connection.raw_sql(f"CREATE OR REPLACE TABLE {name} AS SELECT * FROM given")
    connection.con.unregister("given")
    return connection.table(name)


@pytest.mark.parametrize("case", WITHOUT_ENTRY, ids=str)
def test_duckdb_counts_as_we_do(case: Case, duckdb: Any) -> None:
    for name in list(case.factors)[:2]:
        there = stored(duckdb, "registry", patients(case, name))
        same(registry_table(there, "days", "died", "arm", case.levels(name)), case.table(name))


DIRTY = pd.DataFrame({"days": [1.0, 2.0, np.nan, -1.0, np.inf, 2.0, 3.0, 0.0], "died": [1, 0, 1, 1, 1, 1, 2, 0],
                      "arm": ["a", "b", "a", "a", "b", "other", "a", None]})


def test_what_is_unusable_stays_out(duckdb: Any) -> None:
    there = stored(duckdb, "dirty", DIRTY)
    codes = DIRTY["arm"].map({"a": 0, "b": 1}).fillna(-1).astype(int)
    found = registry_table(there, "days", "died", "arm", ["a", "b"])
    same(found, event_table(rank_times(DIRTY["days"], DIRTY["died"]), codes, 2))
    assert found.n.tolist() == [1, 1]
    empty = stored(duckdb, "empty", DIRTY.iloc[:0].astype({"arm": "string"}))
    assert registry_table(empty, "days", "died", "arm", ["a", "b"]).n.tolist() == [0, 0]


def test_only_counts_come_back(duckdb: Any) -> None:
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"days": rng.integers(1, 800, 200_000).astype(float), "died": rng.integers(0, 2, 200_000),
                          "arm": rng.choice(["a", "b"], 200_000)})
    there = stored(duckdb, "many", frame)
    rows = count_expression(there, "days", "died", "arm", ["a", "b"]).count().execute()
    assert rows <= 2 * 800
    codes = (frame["arm"] == "b").astype(int)
    same(registry_table(there, "days", "died", "arm", ["a", "b"]),
         event_table(rank_times(frame["days"], frame["died"]), codes, 2))


@pytest.mark.skipif(importlib.util.find_spec("pyspark") is None or shutil.which("java") is None,
                    reason="needs PySpark and Java")
def test_the_same_expression_on_spark(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import ibis
    from pyspark.sql import SparkSession

    monkeypatch.chdir(tmp_path)
    session = (SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
               .config("spark.driver.bindAddress", "127.0.0.1").config("spark.driver.host", "127.0.0.1")
               .config("spark.sql.warehouse.dir", str(tmp_path)).config("spark.sql.shuffle.partitions", "1").getOrCreate())
    try:
        connection = ibis.pyspark.connect(session)
        case = WITHOUT_ENTRY[0]
        name = next(iter(case.factors))
        for frame, levels, expected in ((patients(case, name), case.levels(name), case.table(name)), (
                DIRTY, ["a", "b"], event_table(rank_times(DIRTY["days"], DIRTY["died"]),
                                               DIRTY["arm"].map({"a": 0, "b": 1}).fillna(-1).astype(int), 2))):
            there = connection.create_table("registry", frame, overwrite=True)
            same(registry_table(there, "days", "died", "arm", levels), expected)
    finally:
        session.stop()
