"""Sentences on prior therapies and FISH, and what they say of each drug and each aberration."""

from __future__ import annotations

import pytest

from rrmm.intake.columns import column_of
from rrmm.intake.free_text import read_drugs, read_fish

IDE, CIL, BEL, OTH = "idecel", "ciltacel", "belantamab", "other_bcma"


@pytest.mark.parametrize(
    ("text", "given", "unclear"),
    [
        ("ide-cel", {IDE}, ()),
        ("Abecma 03/2022", {IDE}, ()),
        ("Ide-cel Nov 2022", {IDE}, ()),
        ("ide-cel - 03/22, Blenrep - 11/21", {IDE, BEL}, ()),
        ("ide-cel kein Ansprechen", {IDE}, ()),
        ("ide-cel, kein Ansprechen", {IDE}, ()),
        ("kein Ansprechen auf ide-cel", {IDE}, ()),
        ("idecabtagene vicleucel (bb2121)", {IDE}, ()),
        ("bb21217", {OTH}, ()),
        ("Carvykti + Belantamab-Mafodotin", {CIL, BEL}, ()),
        ("cilta cel / JNJ-4528", {CIL}, ()),
        ("GSK2857916 in Studie", {BEL}, ()),
        ("belamaf, Elranatamab", {BEL, OTH}, ()),
        ("ABBV-383", {OTH}, ()),
        ("BCMA-BiTE", {OTH}, ()),
        ("VRd, Dara-Rd, KPd", set(), ()),
        ("keine", set(), ()),
        ("no prior BCMA", set(), ()),
        ("BCMA-naiv", set(), ()),
        ("BCMA: nein", set(), ()),
        ("kein ide-cel", set(), ()),
        ("no ide-cel or cilta-cel", set(), ()),
        ("weder ide-cel noch cilta-cel", set(), ()),
        ("ide-cel: nein, cilta-cel: ja", {CIL}, ()),
        ("ide-cel nicht gegeben; Blenrep", {BEL}, ()),
        ("ide-cel und kein Blenrep", {IDE}, ()),
        ("ide-cel geplant", set(), (IDE,)),
        ("ide-cel?", set(), (IDE,)),
        ("kein ide-cel, Carvykti", set(), (CIL,)),
        ("BCMA CAR-T", set(), (IDE, CIL, BEL, OTH)),
        ("BCMA CAR-T geplant", set(), (IDE, CIL, BEL, OTH)),
        ("diverse", set(), (IDE, CIL, BEL, OTH)),
    ],
)
def test_drugs(text: str, given: set[str], unclear: tuple[str, ...]) -> None:
    readings = read_drugs(column_of("Vortherapie", [text]))
    assert {name for name in (IDE, CIL, BEL, OTH) if readings[name].values[0]} == given
    assert {name for name in (IDE, CIL, BEL, OTH) if readings[name].values[0] is None} == set(unclear)
    for name in unclear:
        assert readings[name].notes[0].state == "failed" and readings[name].notes[0].rule
    if given:
        assert readings["prior_bcma"].values[0] is True
    elif not unclear:
        assert readings["prior_bcma"].values[0] is False


@pytest.mark.parametrize(
    ("text", "del17p", "t414", "t1416"),
    [
        ("del(17p) pos., t(4;14) neg", True, False, None),
        ("del 17p13", True, None, None),
        ("17p-", True, None, None),
        ("TP53-Deletion", True, None, None),
        ("del(17p) 45%, t(4;14) 0%", True, False, None),
        ("17p13 (p53): nicht nachweisbar", False, None, None),
        ("del(17p) nicht nachgewiesen; t(4;14) nachgewiesen", False, True, None),
        ("del(17p) nicht nachgewiesen t(4;14) nachgewiesen", False, True, None),
        ("kein Nachweis einer del(17p)", False, None, None),
        ("Nachweis von del(17p), kein Nachweis von t(4;14)", True, False, None),
        ("del(17p) und kein t(4;14)", True, False, None),
        ("t(4;14)/t(14;16) negativ", None, False, False),
        ("no del(17p), t(4;14) or t(14;16)", False, False, False),
        ("t(4;14)(p16;q32) positiv", None, True, None),
        ("IGH::MAF", None, None, True),
        ("t(14;20)", None, None, None),
        ("del(17p), t(4;14) neg", None, False, None),
        ("del(17p)?", None, None, None),
        ("Verdacht auf del(17p)", None, None, None),
        ("unauffällig", False, False, False),
        ("Standardrisiko", False, False, False),
        ("kein Hochrisiko", False, False, False),
        ("del(13q), +1q", None, None, None),
        ("Hochrisiko: t(14;16)", None, None, True),
    ],
)
def test_fish(text: str, del17p: bool | None, t414: bool | None, t1416: bool | None) -> None:
    readings = read_fish(column_of("FISH", [text]))
    assert [readings[name].values[0] for name in ("del17p", "t414", "t1416")] == [del17p, t414, t1416]
    if (del17p, t414, t1416) == (None, None, None):
        assert any(
            reading.notes.get(0) is not None and reading.notes[0].rule for reading in readings.values()
        )
    if text.startswith("Hochrisiko"):
        assert readings["high_risk_cyto"].values[0] is True
