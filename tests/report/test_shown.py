"""With small numbers masked no output holds one, and no sum of what is printed gives it back."""

from __future__ import annotations

import re

import pytest

from rrmm.analyses.explore import explore
from rrmm.analyses.response import Convention
from rrmm.endpoints import ENDPOINTS
from rrmm.picks import Picks
from rrmm.report import content, images
from rrmm.report.masking import FEWEST, MARK
from rrmm.report.shown import Shown
from rrmm.subgroups import SUBGROUPS
from tests.report.cohorts import few, sample

CASES = [Picks(endpoint=endpoint, compare=key) for endpoint in ENDPOINTS for key in ("none", *SUBGROUPS)]
CASES += [
    Picks(compare="emd", filters=(("prior_bcma", 1),)),
    Picks(endpoint="os", compare="idecel", filters=(("emd", 1), ("iss3", 0))),
]


@pytest.mark.parametrize("picks", CASES, ids=lambda picks: f"{picks.endpoint}-{picks.compare}-{len(picks.filters)}")
@pytest.mark.parametrize("counted", [True, False])
def test_no_small_number_follows_from_what_is_printed(picks: Picks, counted: bool) -> None:
    shown = Shown(explore(sample(), picks, Convention(nonevaluable_counts=counted)), mask=True)
    sheet, hidden = shown.sheet, shown.hidden
    assert sheet.sensitive() <= hidden
    # A subtraction at a time, as a reader does it: what is left over in a sum is known.
    known = {key: value for key, value in sheet.values.items() if key not in hidden}
    while True:
        more = {}
        for whole, parts in sheet.sums:
            unknown = [key for key in (whole, *parts) if key not in known]
            if len(unknown) == 1:
                key = unknown[0]
                total = sum(known[part] for part in parts if part in known)
                more[key] = total if key == whole else known[whole] - total
        if not more:
            break
        known |= more
    assert not (set(known) & sheet.sensitive())
    assert not shown.refused or any(
        0 < n < FEWEST
        for n in (
            *(each.n for each in shown.view.groups),
            *(each.n for each in shown.view.response.groups),
            *(out for _, out, _ in shown.view.population.lost),
            shown.view.outside,
        )
    )


@pytest.mark.parametrize("key", ["emd", "cart_interval", "idecel"])
def test_pictures_print_no_small_number(key: str) -> None:
    view = explore(sample(), Picks(compare=key))
    for kind in ("survival", "response", "forest"):
        _, data = images.picture(kind, view, "footer", mask=True)
        texts = data[data["part"].isin(["risk", "key", "label", "row"])]
        for column in ("text", "short", "counts"):
            for text in texts.get(column, []):
                for triple in re.findall(r"\d+ / [\d*]+ / [\d*]+|\d+/\d+", str(text)):
                    assert not any(number in ("1", "2", "3", "4") for number in re.split(r" ?/ ?", triple)), text
        assert "tick" not in set(data["part"])


def test_without_the_switch_nothing_is_masked() -> None:
    shown = Shown(explore(sample(), Picks(compare="cart_interval")))
    assert not shown.hidden and not shown.note and not shown.refused
    assert shown.risk(0)[0] == ("11", "0", "0") and shown.compared() == "20 of 123"


def test_a_comparison_with_a_tiny_group_is_not_shown() -> None:
    view = explore(sample(), Picks(compare="col:iss"))
    shown = Shown(view, mask=True)
    assert "fewer than 5" in shown.refused
    with pytest.raises(ValueError, match="fewer than 5"):
        images.picture("survival", view, "footer", mask=True)


def test_table_one_masks_levels_with_their_complement() -> None:
    table = content.baseline_table(sample(), mask=True)
    plain = content.baseline_table(sample(), mask=False)
    for (name, masked, _), (_, text, _) in zip(table.rows, plain.rows, strict=True):
        count = re.match(r"(\d+)/(\d+)", text)
        if count and 0 < int(count[1]) < FEWEST:
            assert masked == MARK, name
        if masked == MARK and name.startswith("ISS"):
            assert sum(row[1] == MARK for row in table.rows if row[0].startswith("ISS")) > 1
    assert not any("–" in row[1] for row in table.rows if "median" in row[0])


@pytest.mark.parametrize("n", [0, 1, 7])
def test_small_cohorts(n: int) -> None:
    for key in ("none", "emd"):
        shown = Shown(explore(few(n), Picks(compare=key)), mask=True)
        assert isinstance(shown.hidden, frozenset) and isinstance(shown.finding(), str)
