"""The sample cohort, each column rewritten in a random style under a random known header, comes back cell by cell."""

from __future__ import annotations

import datetime as dt
import json
import random
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from rrmm.intake import load, mapping, values
from rrmm.intake.headers import without_unit
from rrmm.schema import VARIABLES, Variable
from tests.intake.corpus_values import table_of

SAMPLE = Path(__file__).parent.parent.parent / "sample_data" / "cohort.csv"
MORE = json.loads((Path(mapping.__file__).parent / "synonyms.json").read_text(encoding="utf-8"))
TODAY = dt.date(2026, 1, 1)

YES_NO = [
    ("ja", "nein"),
    ("yes", "no"),
    ("1", "0"),
    (1, 0),
    ("J", "N"),
    ("TRUE", "FALSE"),
    (True, False),
    ("oui", "non"),
    ("tak", "nie"),
    ("sí", "no"),
    ("Ja", "Nein"),
    ("+", "-"),
    ("positiv", "negativ"),
    ("vorhanden", "nicht vorhanden"),
    ("Checked", "Unchecked"),
]
GERMAN = [
    "Januar",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
]
SPANISH = [
    "enero",
    "febrero",
    "marzo",
    "abril",
    "mayo",
    "junio",
    "julio",
    "agosto",
    "septiembre",
    "octubre",
    "noviembre",
    "diciembre",
]
POLISH = [
    "stycznia",
    "lutego",
    "marca",
    "kwietnia",
    "maja",
    "czerwca",
    "lipca",
    "sierpnia",
    "września",
    "października",
    "listopada",
    "grudnia",
]
DATES = [
    lambda d: d.strftime("%Y-%m-%d"),
    lambda d: d.strftime("%d.%m.%Y"),
    lambda d: f"{d.day}.{d.month}.{d:%y}",
    lambda d: d.strftime("%d/%m/%Y"),
    lambda d: d.strftime("%m/%d/%Y"),
    lambda d: d.strftime("%d-%b-%Y"),
    lambda d: (d - pd.Timestamp(1899, 12, 30)).days,
    lambda d: d.to_pydatetime(),
    lambda d: d.date(),
    lambda d: int(d.strftime("%Y%m%d")),
    lambda d: f"{d.day}. {GERMAN[d.month - 1]} {d.year}",
    lambda d: d.strftime("%d%b%Y").upper(),
    lambda d: f"{d.day} de {SPANISH[d.month - 1]} de {d.year}",
    lambda d: f"{d.day} {POLISH[d.month - 1]} {d.year}",
    lambda d: d.strftime("%B %d, %Y"),
    lambda d: d.strftime("%Y/%m/%d"),
    lambda d: d.strftime("%d.%m.%Y 00:00"),
    lambda d: d.strftime("%Y-%m-%dT00:00:00"),
]
ROMAN = ["0", "I", "II", "III", "IV", "V"]
GRADES = [
    int,
    float,
    str,
    lambda g: f"Grad {int(g)}",
    lambda g: f"G{int(g)}",
    lambda g: f"{ROMAN[int(g)]}°",
    lambda g: f"grade {int(g)}",
    lambda g: "keine" if g == 0 else str(int(g)),
    lambda g: f"CTCAE {int(g)}",
]
NUMBERS = [
    float,
    lambda x: f"{x:g}",
    lambda x: f"{x:.2f}".replace(".", ","),
    lambda x: f"{x:.1f}" if x == round(x, 1) else f"{x:.2f}",
]
WORDS: dict[str, list[dict[str, str]]] = {
    "sex": [
        {"F": "w", "M": "m"},
        {"F": "weiblich", "M": "männlich"},
        {"F": "Female", "M": "Male"},
        {"F": "femme", "M": "homme"},
        {"F": "K", "M": "M"},
    ],
    "iss": [
        {},
        {"I": "1", "II": "2", "III": "3"},
        {"I": "ISS I", "II": "ISS II", "III": "ISS III"},
        {"I": "Stadium 1", "II": "Stadium 2", "III": "Stadium 3"},
    ],
    "r_iss": [{}, {"I": "1", "II": "2", "III": "3"}, {"I": "R-ISS I", "II": "R-ISS II", "III": "R-ISS III"}],
    "best_response": [
        {},
        {
            "CR": "komplette Remission",
            "VGPR": "sehr gute partielle Remission",
            "PR": "partielle Remission",
            "SD": "stabile Erkrankung",
            "PD": "Progress",
        },
        {
            "CR": "Complete response",
            "VGPR": "very good partial response",
            "PR": "Partial Response (PR)",
            "SD": "stable disease",
            "PD": "progressive disease",
        },
        {
            "CR": "RC",
            "VGPR": "TBRP",
            "PR": "RP",
            "SD": "maladie stable",
            "PD": "maladie progressive",
            "NE": "non évaluable",
        },
    ],
}
MISSING = [None, "", "k.A.", "unbekannt", "NA", "n.a.", "?", "unknown", " ", "nd", "brak danych", "inconnu"]


def headers(variable: Variable) -> list[str]:
    words = [word for language in MORE.get(variable.name, {}).values() for word in language]
    return [variable.name, variable.label, *variable.synonyms, *words]


def style(variable: Variable, cells: pd.Series, rng: random.Random) -> tuple[str, list[Any]]:
    """A header and the cells in a random style."""
    header = rng.choice(headers(variable))
    missing = rng.sample(MISSING, 3)
    if variable.kind == "flag":
        # A minus is "no" only beside a plus.
        yes, no = rng.choice(
            [pair for pair in YES_NO if pair != ("+", "-") or set(cells.dropna()) == {True, False}]
        )
        write = lambda value: yes if value else no
        missing = [None, "k.A.", "?"]
        words = header.lower()
        if any(
            word in words
            for word in (
                "alive",
                "lebt",
                "leben",
                "viv",
                "żyje",
                "cens",
                "zens",
                "cnsr",
                "vital",
                "status",
                "/",
                "living",
                "lebend",
            )
        ):
            header = variable.name
    elif variable.kind == "date":
        write = rng.choice(DATES)
    elif variable.kind == "grade":
        write = rng.choice(GRADES)
    elif variable.kind == "number":
        write = rng.choice(NUMBERS)
        if variable.unit and (
            without_unit(header)[1] or variable.name in ("car_t_interval_months", "ttr_days", "ttbr_days")
        ):
            header = variable.name
    elif variable.kind == "category":
        table = rng.choice(WORDS[variable.name])
        write = lambda value: table.get(value, value)
        if header.lower() in ("male", "female", "männlich", "weiblich") or "3" in header or "iii" in header:
            header = variable.name
    else:
        return header, [None if pd.isna(value) else value for value in cells]
    return header.title() if rng.random() < 0.2 and header.islower() and "ß" not in header else header, [
        rng.choice(missing) if pd.isna(value) else write(value) for value in cells
    ]


@pytest.fixture(scope="module")
def truth() -> pd.DataFrame:
    return load(SAMPLE.read_bytes(), "cohort.csv").frame


@pytest.mark.parametrize("seed", range(12))
def test_the_sample_in_another_style(truth: pd.DataFrame, seed: int) -> None:
    rng = random.Random(seed)
    columns: dict[str, list[Any]] = {}
    sources = {}
    for name in rng.sample(list(truth.columns), len(truth.columns)):
        header, cells = style(VARIABLES[name], truth[name], rng)
        columns[header] = cells
        sources[name] = header
    table = table_of(columns)
    proposal = mapping.propose(table)
    wrong = {
        name: (header, proposal.mapping.get(name))
        for name, header in sources.items()
        if proposal.mapping.get(name) != header
    }
    assert not wrong, (wrong, proposal.issues)
    read = values.coerce(table, proposal, {}, today=TODAY)
    for name in truth:
        expected, got = truth[name], read.frame[name]
        if VARIABLES[name].kind == "number":
            expected, got = expected.round(2), got.round(2)
        try:
            pd.testing.assert_series_equal(got, expected, check_names=False)
        except AssertionError as error:
            differ = [
                (table.columns[table.headers.index(sources[name])][at], got[at], expected[at])
                for at in range(len(got))
                if not (pd.isna(got[at]) and pd.isna(expected[at]))
                and got[at] is not expected[at]
                and (got[at] == expected[at]) is not True
            ]
            raise AssertionError(
                f"{name} under {sources[name]!r}: {differ[:5]}; "
                f"{[i.message for i in read.issues if i.column == sources[name]][:3]}"
            ) from error
