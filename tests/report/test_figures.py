"""Figures 1 and 2: the numbers of the summary, valid files, no identifier, every kind of cohort, masked counts."""

from __future__ import annotations

import io
import json
import re
from functools import cache
from typing import Any
from xml.etree import ElementTree

import pandas as pd
import pytest

from rrmm import formatting
from rrmm.analyses.explore import explore
from rrmm.analyses.figures import PLANS, Figure, figure
from rrmm.analyses.response import Convention
from rrmm.analyses.summary import summary
from rrmm.charts import paper_panels, theme
from rrmm.cohort import Cohort, build_cohort
from rrmm.intake import load
from rrmm.picks import Picks
from rrmm.report import figures
from rrmm.report.masking import MARK, NOTE
from tests.cohorts import ALL

CONVENTION = Convention()
SVG = "{http://www.w3.org/2000/svg}"


def made(cohort: Cohort, key: str, picks: Picks | None = None) -> Figure:
    return figure(cohort, key, picks or Picks(), lambda each: explore(cohort, each, CONVENTION))


@cache
def svg(name: str, key: str, mask: bool = False) -> str:
    return figures.make(ALL[name](), key, Picks(), CONVENTION, "svg", mask).decode()


def words(drawing: str) -> list[str]:
    """All text of an SVG."""
    return ["".join(each.itertext()) for each in ElementTree.fromstring(drawing).iter(SVG + "text")]


@cache
def expected() -> dict[str, Any]:
    return summary(ALL["sample"]())


def test_figure_1_shows_the_numbers_of_the_summary() -> None:
    said = " | ".join(words(svg("sample", "1")))
    found = expected()
    orr = found["response"]["orr"]
    assert f"{orr['x']}/{orr['n']}" in said and f"{orr['pct']:.1f}%" in said
    for entry in found["endpoints"].values():
        limits = [formatting.NOT_REACHED if entry[name] is None else f"{entry[name]:.1f}"
                  for name in ("median", "conf_low", "conf_high")]
        assert f"{entry['events']}/{entry['n']} events, median {limits[0]} ({limits[1]}–{limits[2]}) months" in said
    levels = found["response"]["levels"]
    counts = {"VGPR": levels["VGPR"], "PR": levels["PR"], "SD": levels["SD"], "PD": levels["PD"], "NE": levels["NE"],
              "CR or better": levels["sCR"] + levels["CR"] + levels["nCR"]}
    for count in counts.values():
        assert f"{count} ({formatting.percent(count / orr['n'])})" in said
    assert f"Median follow-up {found['followup']['median']:.1f}" in said


@pytest.mark.parametrize(("key", "letter"), [("idecel", "B"), ("emd", "D"), ("iss3", "E"), ("bm60", "F")])
def test_figure_2_shows_the_numbers_of_the_summary(key: str, letter: str) -> None:
    said = " | ".join(words(svg("sample", "2")))
    panel = next(each for each in made(ALL["sample"](), "2").panels if each.part.letter == letter)
    assert panel.views[0].grouping.key == key
    entry = expected()["subgroups"][key]
    for level in entry["levels"]:
        assert f"{level['label']}: {level['pfs_events']}/" in said
        if level["pfs_median"] is not None:
            assert f"{level['label']}: {level['pfs_events']}/{level['n']} events, median {level['pfs_median']:.1f}" in said
    hr = entry["hr"]
    assert f"HR {formatting.ratio_interval(hr['estimate'], hr['conf_low'], hr['conf_high'])}, log-rank " \
           f"{formatting.p_value(entry['logrank_p'])}" in said


def test_figure_2a_has_the_four_columns_of_the_paper() -> None:
    panel = made(ALL["sample"](), "2").panels[0]
    assert [group.label for group, _, _ in panel.bars] == ["BCMA-naive", "BCMA-pretreated", "Belantamab", "Ide-cel"]
    said = words(svg("sample", "2"))
    for group, _, _ in panel.bars:
        assert f"{group.orr.x}/{group.orr.n}" in said and f"{100 * group.orr.estimate:.1f}%" in said
    # As printed in the paper.
    assert {"7/21", "33.3%", "17/23", "73.9%", "64.5%"} <= set(said)


def test_the_segments_of_a_column_add_up_to_the_rate() -> None:
    for key in PLANS:
        panel = made(ALL["sample"](), key).panels[0]
        data = figures.drawn(panel, theme.LIGHT, CONVENTION).data.to_pandas()
        for group, _, _ in panel.bars:
            bars = data[data["part"].eq("bar") & data["text"].str.startswith(group.label + ", ")]
            assert bars["y2"].max() == pytest.approx(100 * group.orr.estimate)
            assert (bars["y2"] - bars["y"]).sum() == pytest.approx(100 * group.orr.estimate)


def test_numbers_at_risk_start_with_everybody() -> None:
    for key in PLANS:
        for panel in made(ALL["sample"](), key).panels[1:]:
            data = figures.drawn(panel, theme.LIGHT, CONVENTION).data.to_pandas()
            risk = data[data["part"].eq("risk") & data["x"].eq(0)].set_index("g")["short"]
            assert risk.tolist() == [str(group.n) for group in panel.views[0].groups]


@pytest.mark.parametrize("name", list(ALL))
@pytest.mark.parametrize("key", list(PLANS))
def test_every_cohort_has_its_figure(name: str, key: str) -> None:
    said = " ".join(words(svg(name, key)))
    for panel in made(ALL[name](), key).panels:
        assert panel.part.title in said
        assert bool(panel.needs) != bool(panel.views)
    assert ("can’t be shown" in said) == (name != "sample" and (name, key) != ("one", "1"))
    assert "nan" not in said.lower().split()


def test_the_ids_inside_are_unique() -> None:
    ids = re.findall(r'\bid="([^"]+)"', svg("sample", "2"))
    assert len(ids) == len(set(ids))
    assert set(re.findall(r"url\(#([^)]+)\)", svg("sample", "2"))) <= set(ids)


def test_png_has_300_dots_an_inch_and_pdf_a_page() -> None:
    from PIL import Image

    png = figures.make(ALL["bare"](), "1", Picks(), CONVENTION, "png")
    with Image.open(io.BytesIO(png)) as picture:
        picture.load()
        assert abs(picture.width - 300 * figures.INCHES) <= 2
        assert round(picture.info["dpi"][0]) == 300
        assert len(picture.convert("L").getcolors(300) or ()) > 10
    pdf = figures.make(ALL["bare"](), "1", Picks(), CONVENTION, "pdf")
    assert pdf.startswith(b"%PDF-") and b"%%EOF" in pdf[-32:]
    with pytest.raises(ValueError, match="unknown format"):
        figures.make(ALL["bare"](), "1", Picks(), CONVENTION, "gif")


def test_slides_have_one_panel_each() -> None:
    from pptx import Presentation

    for key, count in (("1", 4), ("2", 8)):
        deck = Presentation(io.BytesIO(figures.make(ALL["sample"](), key, Picks(), CONVENTION, "pptx")))
        titles = [slide.shapes.title.text_frame.text for slide in deck.slides]
        assert len(titles) == count and all(title.startswith(f"Figure {key}") for title in titles)


def test_no_identifier_is_in_a_figure() -> None:
    cohort = ALL["sample"]()
    text = "patient_id,responder,best_response,pfs_months,pfs_event\n" + "\n".join(
        f"Zq{i}Xy,{'yes' if i % 2 else 'no'},{'VGPR' if i % 2 else 'PD'},{1 + i / 3:.2f},{int(i % 3 > 0)}" for i in range(30))
    own = build_cohort(load(text.encode(), "own.csv"))
    assert re.search("Zq[0-9]+Xy", own.frame.to_csv())
    drawing = figures.make(own, "1", Picks(), CONVENTION, "svg").decode()
    assert not re.search("Zq[0-9]+", drawing)
    for key in PLANS:
        for panel in made(cohort, key).panels:
            data = figures.drawn(panel, theme.LIGHT, CONVENTION).data.to_pandas()
            ids = set(cohort.frame["patient_id"].dropna().astype(str)) if "patient_id" in cohort.frame else set()
            drawn = set(data[[*paper_panels.WORDS]].astype(str).to_numpy().ravel())
            assert not {each for each in ids & drawn if not each.isdigit()}


def test_responders_without_a_depth_are_one_column() -> None:
    text = "responder,pfs_months,pfs_event\n" + "\n".join(f"{'yes' if i % 3 else 'no'},{1 + i / 3:.2f},1" for i in range(30))
    own = build_cohort(load(text.encode(), "own.csv"))
    panel = made(own, "1").panels[0]
    data = figures.drawn(panel, theme.LIGHT, CONVENTION).data.to_pandas()
    bars = data[data["part"].eq("bar")]
    assert bars["depth"].tolist() == [paper_panels.ANY] and bars["y2"].iloc[0] == pytest.approx(200 / 3)
    assert "depth is not known" in figures.legend(made(own, "1"), CONVENTION, "log-log")


def test_filters_and_cut_offs_are_followed() -> None:
    cohort = ALL["sample"]()
    picks = Picks(filters=(("emd", 0),), cuts=(("bm60", 30.0),))
    found = made(cohort, "2", picks)
    assert found.n < found.of == 123
    assert f"{found.n} patients of 123" in figures.legend(found, CONVENTION, "log-log")
    assert found.panels[5].views[0].groups[1].label == "≥ 30 %"
    assert found.panels[3].views[0].groups[1].n == 0
    key = figures.drawn(found.panels[3], theme.LIGHT, CONVENTION).data.to_pandas()
    assert "EMD: no patients" in key["text"].tolist()


@pytest.mark.parametrize("key", list(PLANS))
def test_masked_figures_hold_no_small_count(key: str) -> None:
    said = words(svg("sample", key, True))
    assert MARK in said and any(NOTE[:20] in line for line in said)
    for panel in made(ALL["sample"](), key).panels:
        one = figures.drawn(panel, theme.LIGHT, CONVENTION, mask=True)
        data = one.data if isinstance(one.data, pd.DataFrame) else one.data.to_pandas()
        assert not data["part"].eq("tick").any()
        assert not data.loc[data["part"].eq("risk"), "short"].isin(list("1234")).any()
        bars = data.loc[data["part"].eq("bar"), "text"]
        assert not bars.str.contains(r": [1-4]/").any()
    assert "is not shown while small numbers are masked" in " ".join(words(svg("one", key, True)))


@pytest.mark.parametrize("tone", [theme.LIGHT, theme.DARK], ids=lambda tone: tone.name)
def test_the_specs_do_not_depend_on_the_data(tone: theme.Tone) -> None:
    specs = [json.dumps(figures.drawn(panel, tone, CONVENTION).spec)
             for picks in (Picks(), Picks(filters=(("emd", 0),))) for panel in made(ALL["sample"](), "1", picks).panels[1:]]
    assert len(set(specs)) == 1
