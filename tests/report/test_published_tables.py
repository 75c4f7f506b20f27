"""Tables of the Published and Methods pages: every row there, every word readable."""

from __future__ import annotations

import pandas as pd

from rrmm.analyses.compare_published import compare_published
from rrmm.analyses.maic_trial import adjusted
from rrmm.analyses.print_check import COLUMNS, check
from rrmm.analyses.recompute import recompute
from rrmm.analyses.response import Convention
from rrmm.endpoints import ENDPOINTS
from rrmm.picks import Picks
from rrmm.published import cohorts
from rrmm.published.rows import paper_rows
from rrmm.report import methods_tables, published
from rrmm.schema import VARIABLES
from rrmm.subgroups import ALL_SUBGROUPS
from tests.cohorts import sample

EVERY = list(cohorts().values())


def test_beside_published() -> None:
    measures = compare_published(sample(), Picks(), Convention(), EVERY)
    frame = published.beside_frame(measures).set_index("Measure")
    assert frame.loc["Overall response (PR or better)", "This cohort"] == "59.3 % (50.1–68.1)"
    assert frame.loc["Overall survival (OS)", "MajesTEC-1"] == "18.3 (no interval) *"
    assert frame.loc["Overall survival (OS)", "This cohort"] == "NR"
    gaps = published.difference_frame(measures).set_index("Measure")
    assert gaps.loc["Overall response (PR or better)", "MajesTEC-1"] == "−3.7 (−14.9 to +7.5)"
    assert not [row for row in gaps.index if "survival" in row]
    assert frame.notna().all(axis=None) and gaps.notna().all(axis=None)


def test_weighting_in_words() -> None:
    found = adjusted(sample(), Picks(), Convention(), cohorts()["majestec1"], ["emd", "iss3"])
    text = published.weighting_sentence(found)
    assert text.startswith(f"{found.used} of 123 patients enter (45 had BCMA-directed therapy before")
    assert f"{found.ess:.1f} patients" in text
    measures = compare_published(sample(), Picks(), Convention(), EVERY)
    assert next(iter(published.weighted_frame(found, measures)["MajesTEC-1"])).startswith("63.0 %")
    balance = published.balance_frame(found)
    assert list(balance["MajesTEC-1"]) == list(balance["Weighted"])


def test_sources_have_citation_and_follow_up() -> None:
    for line, cohort in zip(published.source_lines(EVERY), EVERY, strict=True):
        assert cohort.label in line.words and cohort.citation.rstrip(".") in line.words
        assert "follow-up" in line.words and "data cut-off" in line.words and ".." not in line.words


def test_every_printed_value_has_a_name() -> None:
    frame = published.recomputed_frame(recompute(sample()))
    assert len(frame) == 320 and set(frame["Place"]) == set(published.PLACES)
    assert not frame["Figure"].str.contains("_|multi |hr_cyto|POLY|\\.\\.\\.", regex=True).any()
    assert frame["Figure"].str[0].str.isupper().sum() > 300
    assert "Ide-cel (no): events" in set(frame["Figure"])


def test_findings_in_words() -> None:
    found = check(paper_rows())
    frame = published.findings_frame(found)
    assert len(frame) == len(found)
    kinds = list(frame["Kind"])
    assert kinds == sorted(kinds, key=lambda kind: "contradiction" not in kind)
    assert published.findings_frame(()).empty and list(published.findings_frame(()).columns) == list(
        frame.columns
    )
    assert list(published.columns_frame()["Column"]) == list(COLUMNS)


def test_registries_are_printed_whole() -> None:
    assert len(methods_tables.endpoints_frame()) == len(ENDPOINTS)
    assert len(methods_tables.subgroups_frame()) == len(ALL_SUBGROUPS)
    assert len(methods_tables.variables_frame()) == len(VARIABLES)
    cut = methods_tables.subgroups_frame({"bm60": 40.0}).set_index("Subgroup").loc["Bone marrow plasma cells"]
    assert cut["Level"] == "≥ 40 %" and cut["Cut-off"].startswith("40 %")
    for frame in (
        methods_tables.endpoints_frame(),
        methods_tables.subgroups_frame(),
        methods_tables.variables_frame(),
        methods_tables.statistics_frame(),
        methods_tables.versions_frame(),
        methods_tables.conventions_frame(),
    ):
        assert isinstance(frame, pd.DataFrame) and frame.notna().all(axis=None)
    assert "not installed" not in set(methods_tables.versions_frame()["Version"])


def test_search_finds_german_headers() -> None:
    whole = methods_tables.variables_frame()
    assert "emd" in set(methods_tables.matching(whole, "extramedullär")["Canonical column"])
    assert len(methods_tables.matching(whole, "")) == len(whole)
    assert methods_tables.matching(whole, "no such word (").empty
