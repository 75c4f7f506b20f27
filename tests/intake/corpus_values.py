"""Small tables as hospitals write them, each with the truth it has to come back to, cell by cell.

A case is columns (header -> cells), the truth (canonical name -> values; None is missing, dates as ISO texts), and the
rules that have to be among the issues. Every cell that is not in ``truth`` is not compared.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from rrmm.intake.raw import RawTable

TODAY = dt.date(2024, 6, 30)
MONTH = 30.4375


@dataclass(frozen=True)
class Case:
    """One table and what must come of it."""

    name: str
    columns: dict[str, list[Any]]
    truth: dict[str, list[Any]]
    rules: tuple[str, ...] = ()
    choices: dict[str, Any] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    questions: tuple[str, ...] = ()
    quiet: bool = False
    """No issue above "info" may come of it."""
    options: dict[str, Any] = field(default_factory=dict)

    def table(self) -> RawTable:
        return table_of(self.columns, self.units, **self.options)


def table_of(columns: dict[str, list[Any]], units: dict[str, str] | None = None, **options: Any) -> RawTable:
    """A raw table whose first patient stands in row 2."""
    headers = tuple(columns)
    n = len(next(iter(columns.values())))
    return RawTable(
        "Sheet 1",
        headers,
        tuple((units or {}).get(header, "") for header in headers),
        tuple(list(cells) for cells in columns.values()),
        list(range(2, n + 2)),
        1,
        **options,
    )


D = dt.date
CASES = [
    Case(
        "iso dates",
        {"start_date": ["2023-04-12", "2023-12-01"]},
        {"start_date": ["2023-04-12", "2023-12-01"]},
        quiet=True,
    ),
    Case(
        "excel dates",
        {"Therapiebeginn": [dt.datetime(2023, 4, 12), D(2023, 12, 1)]},
        {"start_date": ["2023-04-12", "2023-12-01"]},
        quiet=True,
    ),
    Case(
        "german dates",
        {"Therapiebeginn": ["12.04.2023", "1.12.23", "03.04.2023 14:30", "Mi, 12.04.2023"]},
        {"start_date": ["2023-04-12", "2023-12-01", "2023-04-03", "2023-04-12"]},
        quiet=True,
    ),
    Case(
        "slashes, day first by evidence",
        {"start_date": ["03/04/2023", "25/04/2023", "01/12/2023"]},
        {"start_date": ["2023-04-03", "2023-04-25", "2023-12-01"]},
        rules=("date_order",),
        quiet=True,
    ),
    Case(
        "slashes, month first by evidence",
        {"start_date": ["03/04/2023", "04/25/2023", "12/01/2023"]},
        {"start_date": ["2023-03-04", "2023-04-25", "2023-12-01"]},
        rules=("date_order",),
        quiet=True,
    ),
    Case(
        "slashes, not to be told: asked",
        {"start_date": ["03/04/2023", "05/05/2023", "01/12/2023", None]},
        {"start_date": [None, "2023-05-05", None, None]},
        rules=("date_order_ambiguous",),
        questions=("date_order:start_date",),
    ),
    Case(
        "slashes, answered",
        {"start_date": ["03/04/2023", "05/05/2023"]},
        {"start_date": ["2023-03-04", "2023-05-05"]},
        choices={"date_order:start_date": "mdy"},
    ),
    Case(
        "slashes, both orders in one column",
        {"start_date": ["03/04/2023", "25/04/2023", "04/25/2023"]},
        {"start_date": [None, "2023-04-25", "2023-04-25"]},
        rules=("date_order_ambiguous",),
    ),
    Case(
        "slashes, told by another column",
        {"start_date": ["03/04/2023", "01/02/2023"], "death_date": ["25/04/2023", "30/04/2023"]},
        {"start_date": ["2023-04-03", "2023-02-01"], "death_date": ["2023-04-25", "2023-04-30"]},
        rules=("date_order",),
    ),
    Case(
        "dots with the month first",
        {"start_date": ["03.25.2023", "04.26.2023", "05.04.2023"]},
        {"start_date": ["2023-03-25", "2023-04-26", "2023-05-04"]},
    ),
    Case(
        "one impossible date among dots",
        {"start_date": ["03.25.2023", "04.03.2023", "31.02.2023"]},
        {"start_date": [None, "2023-03-04", None]},
        rules=("not_understood",),
    ),
    Case(
        "month names of five languages",
        {
            "start_date": [
                "12. März 2023",
                "3 May 2022",
                "1 août 2021",
                "5 de enero de 2023",
                "7 października 2022",
                "12-Mar-2023",
                "March 12, 2023",
                "12 Dez. 2022",
                "1er février 2023",
                "Okt 5, 2021",
            ]
        },
        {
            "start_date": [
                "2023-03-12",
                "2022-05-03",
                "2021-08-01",
                "2023-01-05",
                "2022-10-07",
                "2023-03-12",
                "2023-03-12",
                "2022-12-12",
                "2023-02-01",
                "2021-10-05",
            ]
        },
        quiet=True,
    ),
    Case(
        "compact, SAS and serial dates",
        {"start_date": [20230412, "20230412", "12APR2023", 45028, "45028", "12APR2023:00:00:00", 45028.5]},
        {"start_date": ["2023-04-12"] * 7},
        quiet=True,
    ),
    Case(
        "SAS day numbers",
        {"start_date": [23112, 23113]},
        {"start_date": ["2023-04-12", "2023-04-13"]},
        rules=("sas_dates",),
    ),
    Case(
        "serials of a 1904 workbook",
        {"start_date": [45028 - 1462, "12.04.2023"]},
        {"start_date": ["2023-04-12", "2023-04-12"]},
        options={"datemode_1904": True},
        quiet=True,
    ),
    Case(
        "imprecise dates",
        {
            "dx_date": [
                "03/2018",
                "2017",
                2016,
                "März 2019",
                "ca. 2015",
                "Anfang 2014",
                "xx.05.2013",
                "Q1 2012",
            ]
        },
        {
            "dx_date": [
                "2018-03-15",
                "2017-07-01",
                "2016-07-01",
                "2019-03-15",
                "2015-07-01",
                "2014-02-15",
                "2013-05-15",
                "2012-02-15",
            ]
        },
        rules=("date_imprecise",),
    ),
    Case(
        "dates that are none",
        {"dx_date": [0, "99.99.9999", "31.12.9999", "gestern", "unbekannt", "12.13.2020.1", "-"]},
        {"dx_date": [None] * 7},
        rules=("impossible_date", "not_understood"),
    ),
    Case(
        "impossible years",
        {"dx_date": ["12.03.1823", dt.datetime(1900, 1, 1), "01.01.2020"]},
        {"dx_date": [None, None, "2020-01-01"]},
        rules=("impossible_date",),
    ),
    Case(
        "decimal commas and thousands",
        {"LDH (U/l)": ["250,5", "1.234", "1.234,5", "180"]},
        {"ldh": [250.5, 1234.0, 1234.5, 180.0]},
        quiet=True,
    ),
    Case(
        "decimal dots and thousands",
        {"LDH": ["250.5", "1,234", "1,234.5", 180]},
        {"ldh": [250.5, 1234.0, 1234.5, 180.0]},
        quiet=True,
    ),
    Case("thousands told by the range", {"LDH": ["1.234", "250"]}, {"ldh": [1234.0, 250.0]}),
    Case(
        "percent zoo",
        {"KM-Infiltration (%)": ["60 %", "≥60", ">80%", "55-60", "<5", "ca. 30", 40, "12,5"]},
        {"bm_plasma_pct": [60.0, 60.0, 80.0, 57.5, 5.0, 30.0, 40.0, 12.5]},
        rules=("imprecise_number",),
    ),
    Case(
        "fractions",
        {"Plasmazellen": [0.6, "0,25", 1, 0.05]},
        {"bm_plasma_pct": [60.0, 25.0, 100.0, 5.0]},
        rules=("fractions",),
    ),
    Case(
        "fractions beside percentages are asked",
        {"Plasmazellen": [0.6, 40, 70, 1]},
        {"bm_plasma_pct": [None, 40.0, 70.0, 1.0]},
        rules=("percent_ambiguous",),
        questions=("percent:Plasmazellen",),
    ),
    Case(
        "fractions beside percentages, answered",
        {"Plasmazellen": [0.6, 40, 70]},
        {"bm_plasma_pct": [60.0, 40.0, 70.0]},
        choices={"percent:Plasmazellen": "fraction"},
    ),
    Case(
        "impossible percentages",
        {"Plasmazellen": [140, 40, -3, 999]},
        {"bm_plasma_pct": [None, 40.0, None, None]},
        rules=("not_understood",),
    ),
    Case(
        "months to days",
        {"PFS (Monate)": ["3,4", 12, "0.5"]},
        {"pfs_days": [3.4 * MONTH, 12 * MONTH, 0.5 * MONTH]},
        quiet=True,
    ),
    Case(
        "a unit row",
        {"PFS": ["3.4", 12]},
        {"pfs_days": [3.4 * MONTH, 12 * MONTH]},
        units={"PFS": "months"},
        quiet=True,
    ),
    Case(
        "weeks and years",
        {"OS (weeks)": [10, 20], "Zeit seit ED (Monate)": [12, 30]},
        {"os_days": [70.0, 140.0], "years_since_dx": [12 * MONTH / 365.25, 30 * MONTH / 365.25]},
        quiet=True,
    ),
    Case(
        "units in the cells",
        {"PFS": ["5 Mo", "150 d", "2 Jahre", "6 Wochen", "3 mois", "10 Tage"]},
        {"pfs_days": [5 * MONTH, 150.0, 730.5, 42.0, 3 * MONTH, 10.0]},
        rules=("units_mixed",),
    ),
    Case(
        "no unit, not to be told: asked",
        {"PFS": [3, 12, 9]},
        {"pfs_days": [None, None, None]},
        rules=("duration_unit_ambiguous",),
        questions=("duration_unit:PFS",),
    ),
    Case(
        "no unit, answered",
        {"PFS": [3, 12, 9]},
        {"pfs_days": [3 * MONTH, 12 * MONTH, 9 * MONTH]},
        choices={"duration_unit:PFS": "months"},
    ),
    Case(
        "no unit, told by the dates",
        {
            "Therapiebeginn": ["01.01.2023"] * 4,
            "Todesdatum": [None] * 4,
            "Letzter Kontakt": ["01.07.2023", "01.10.2023", "01.12.2023", "01.03.2024"],
            "OS": [5.9, 9.0, 11.0, 14.0],
        },
        {"os_days": [5.9 * MONTH, 9 * MONTH, 11 * MONTH, 14 * MONTH]},
        rules=("duration_unit_decided",),
    ),
    Case(
        "days among months",
        {"PFS (Monate)": [3.5, 12, 340]},
        {"pfs_days": [3.5 * MONTH, 12 * MONTH, None]},
        rules=("units_mixed",),
    ),
    Case(
        "a missing code in the age",
        {"Alter": [65, 999, "70 Jahre", "k.A."]},
        {"age": [65.0, None, 70.0, None]},
        quiet=True,
    ),
    Case("999 days are days", {"pfs_days": [999, 20, 0]}, {"pfs_days": [999.0, 20.0, 0.0]}, quiet=True),
    Case("albumin in g/l by header", {"Albumin (g/l)": [42, 35.5]}, {"albumin": [4.2, 3.55]}, quiet=True),
    Case(
        "albumin in both units",
        {"Albumin": [42, 3.5, 4.1]},
        {"albumin": [4.2, 3.5, 4.1]},
        rules=("units_mixed", "unit_inferred"),
    ),
    Case(
        "albumin in g/l by its values",
        {"Albumin": [42, 35, 38]},
        {"albumin": [4.2, 3.5, 3.8]},
        rules=("unit_inferred",),
    ),
    Case(
        "b2m in nmol/l",
        {"ß2-Mikroglobulin (nmol/l)": [300, 450]},
        {"b2m": [300 * 0.0118, 450 * 0.0118]},
        quiet=True,
    ),
    Case(
        "cell units of laboratory values",
        {"b2m": ["5,4 mg/l", "3.1mg/L", "<0,5"]},
        {"b2m": [5.4, 3.1, 0.5]},
        rules=("imprecise_number",),
    ),
    Case(
        "blood counts per µl",
        {"Thrombozyten": [150000, 80000], "Neutrophile (/µl)": [1500, 800]},
        {"platelets": [150.0, 80.0], "neutrophils": [1.5, 0.8]},
        rules=("unit_inferred",),
    ),
    Case(
        "yes and no of five languages",
        {
            "EMD": [
                "ja",
                "nein",
                "YES",
                "No",
                "oui",
                "non",
                "sí",
                "tak",
                "nie",
                "J",
                "N",
                1,
                0,
                "1",
                "0",
                "positiv",
                "neg.",
                "vorhanden",
                "keine",
                "wahr",
            ]
        },
        {
            "emd": [
                True,
                False,
                True,
                False,
                True,
                False,
                True,
                True,
                False,
                True,
                False,
                True,
                False,
                True,
                False,
                True,
                False,
                True,
                False,
                True,
            ]
        },
        quiet=True,
    ),
    Case(
        "real booleans beside numbers",
        {"EMD": [True, False, 1, 0, "TRUE"]},
        {"emd": [True, False, True, False, True]},
        quiet=True,
    ),
    Case(
        "missing codes",
        {
            "EMD": [
                "ja",
                "k.A.",
                "unbekannt",
                "-",
                "?",
                "n.a.",
                "ND",
                "unknown",
                " ",
                None,
                "inconnu",
                "brak danych",
                "nein",
                9,
                99,
            ]
        },
        {"emd": [True] + [None] * 11 + [False, None, None]},
        quiet=True,
    ),
    Case("plus and minus", {"EMD": ["+", "-", "+", None]}, {"emd": [True, False, True, None]}, quiet=True),
    Case(
        "crosses and blanks: blank is unknown",
        {"EMD": ["x", None, "X", None]},
        {"emd": [True, None, True, None]},
        rules=("blank_unclear",),
        questions=("blank:EMD",),
    ),
    Case(
        "crosses and blanks: the header says so",
        {"EMD (x = ja)": ["x", None, "X", None]},
        {"emd": [True, False, True, False]},
        rules=("blank_is_no",),
        quiet=True,
    ),
    Case(
        "crosses and blanks, answered",
        {"EMD": ["x", None]},
        {"emd": [True, False]},
        choices={"blank:EMD": "no"},
    ),
    Case(
        "1 and 2 for yes and no: asked",
        {"EMD": [1, 2, 1, None]},
        {"emd": [None] * 4},
        rules=("codes_ambiguous",),
        questions=("codes:EMD",),
    ),
    Case(
        "1 and 2, answered", {"EMD": [1, 2, 1]}, {"emd": [True, False, True]}, choices={"codes:EMD": "1=yes"}
    ),
    Case(
        "1 and 2, explained in the header",
        {"EMD (1 = ja, 2 = nein)": [1, 2, 1]},
        {"emd": [True, False, True]},
        quiet=True,
    ),
    Case(
        "a flag that is not understood",
        {"EMD": ["ja", "vielleicht", "nein"]},
        {"emd": [True, None, False]},
        rules=("not_understood",),
    ),
    Case(
        "sex in words",
        {"Geschlecht": ["m", "w", "männlich", "weiblich", "male", "F", "Frau", "homme", "kobieta", "k.A."]},
        {"sex": ["M", "F", "M", "F", "M", "F", "F", "M", "F", None]},
        quiet=True,
    ),
    Case("Spanish sex codes", {"Sexo": ["H", "M", "M", "H"]}, {"sex": ["M", "F", "F", "M"]}, quiet=True),
    Case(
        "sex codes are asked",
        {"Geschlecht": [1, 2, 2]},
        {"sex": [None] * 3},
        rules=("codes_ambiguous",),
        questions=("codes:Geschlecht",),
    ),
    Case("sex codes explained", {"Geschlecht (1=m, 2=w)": [1, 2, 2]}, {"sex": ["M", "F", "F"]}, quiet=True),
    Case(
        "sex codes answered",
        {"Geschlecht": [1, 2, 2]},
        {"sex": ["F", "M", "M"]},
        choices={"codes:Geschlecht": "1=F"},
    ),
    Case("sex as the flag 'male'", {"male": [1, 0, 1]}, {"sex": ["M", "F", "M"]}, quiet=True),
    Case(
        "ISS in many spellings",
        {
            "ISS-Stadium": [
                "I",
                "II",
                "III",
                1,
                "2",
                3.0,
                "ISS 3",
                "Stadium II",
                "I/II",
                "I-II",
                "Stage 1",
                "iss iii",
                "III°",
            ]
        },
        {"iss": ["I", "II", "III", "I", "II", "III", "III", "II", "I/II", "I/II", "I", "III", "III"]},
        quiet=True,
    ),
    Case(
        "ISS III yes or no",
        {"ISS 3": ["ja", "nein", None, "ja"]},
        {"iss": ["III", "I/II", None, "III"]},
        quiet=True,
    ),
    Case(
        "stages that are none",
        {"ISS": ["IIIA", "IV", "II", 0]},
        {"iss": [None, None, "II", None]},
        rules=("not_understood",),
    ),
    Case(
        "grades",
        {"CRS-Grad": ["Grad 2", "III°", "G1", 0, "keine", "grade 4", "2", "CTCAE 3", "V", 9]},
        {"crs_grade": [2.0, 3.0, 1.0, 0.0, 0.0, 4.0, 2.0, 3.0, 5.0, None]},
        quiet=True,
    ),
    Case(
        "grades that are none",
        {"CRS": ["ja", "7", "1-2", "≥3", "nein"]},
        {"crs_grade": [None, None, None, 3.0, 0.0]},
        rules=("not_understood", "imprecise_grade"),
    ),
    Case(
        "responses in German",
        {
            "Bestes Ansprechen": [
                "sehr gute partielle Remission",
                "komplette Remission",
                "stringente CR",
                "Progress",
                "stabile Erkrankung",
                "PR",
                "nicht beurteilbar",
                "minimales Ansprechen",
                "nCR",
                "Teilremission",
            ]
        },
        {"best_response": ["VGPR", "CR", "sCR", "PD", "SD", "PR", "NE", "MR", "nCR", "PR"]},
        quiet=True,
    ),
    Case(
        "responses in English",
        {
            "Response": [
                "Very good partial response",
                "Complete Response (CR)",
                "sCR",
                "stable disease",
                "Progressive disease",
                "not evaluable",
                "partial response",
                "minimal response",
                "Stringent complete response",
                "vgpr",
            ]
        },
        {"best_response": ["VGPR", "CR", "sCR", "SD", "PD", "NE", "PR", "MR", "sCR", "VGPR"]},
        quiet=True,
    ),
    Case(
        "responses in French, Spanish and Polish",
        {
            "Response": [
                "réponse complète",
                "très bonne réponse partielle",
                "maladie stable",
                "respuesta parcial",
                "muy buena respuesta parcial",
                "enfermedad progresiva",
                "częściowa odpowiedź",
                "choroba stabilna",
                "progresja choroby",
                "TBRP",
            ]
        },
        {"best_response": ["CR", "VGPR", "SD", "PR", "VGPR", "PD", "PR", "SD", "PD", "VGPR"]},
        quiet=True,
    ),
    Case(
        "responses that are none",
        {"Response": ["PR", "gut", "PR/MR", "VGPR", "CR/nCR", 3]},
        {"best_response": ["PR", None, None, "VGPR", "nCR", None]},
        rules=("not_understood", "response_either"),
    ),
    Case(
        "death in words",
        {
            "Vitalstatus": [
                "verstorben",
                "lebt",
                "tot",
                "alive",
                "†",
                "Exitus",
                "décédé",
                "unbekannt",
                "lost to follow-up",
            ]
        },
        {"death": [True, False, True, False, True, True, True, None, False]},
        rules=("lost_to_follow_up",),
    ),
    Case(
        "a date in the status",
        {
            "Status": [
                "verstorben 12.03.23",
                "lebt",
                "Pat. verstorben am 01.05.2023",
                "lebt (15.06.2023)",
                "tot",
            ]
        },
        {
            "death": [True, False, True, False, True],
            "death_date": ["2023-03-12", None, "2023-05-01", None, None],
            "last_contact_date": [None, None, None, "2023-06-15", None],
        },
        rules=("found_in_text",),
    ),
    Case(
        "words in a column of dates",
        {"Todesdatum": ["12.03.2023", "lebt", "-", "verstorben 01.05.23", None]},
        {
            "death_date": ["2023-03-12", None, None, "2023-05-01", None],
            "death": [None, False, None, True, None],
        },
    ),
    Case(
        "no progression in a column of dates",
        {"Datum Progress": ["12.03.2023", "kein Progress", "PD 01.05.2023", None]},
        {
            "progression_date": ["2023-03-12", None, "2023-05-01", None],
            "progression": [None, False, True, None],
        },
    ),
    Case(
        "dates under the name of an event",
        {"Progress": ["12.03.2023", None, "01.05.2023"]},
        {"progression_date": ["2023-03-12", None, "2023-05-01"]},
        quiet=True,
    ),
    Case(
        "inverted censoring",
        {"PFS zensiert": [1, 0, "ja", "nein"], "CNSR OS": [0, 1, 2, 0]},
        {"pfs_event": [False, True, False, True], "os_event": [True, False, False, True]},
        quiet=True,
    ),
    Case(
        "censored in words",
        {"pfs_event": ["censored", "event", "zensiert", "Ereignis", "progress", "1"]},
        {"pfs_event": [False, True, False, True, True, True]},
        quiet=True,
    ),
    Case(
        "alive is no death", {"lebt": ["ja", "nein", 1, 0]}, {"death": [False, True, False, True]}, quiet=True
    ),
    Case(
        "1/2 codes of an event, told by the dates",
        {"Vitalstatus": [1, 2, 1, 2, 1], "Todesdatum": [None, "12.03.2023", None, "01.05.2023", None]},
        {"death": [False, True, False, True, False]},
        rules=("codes_decided",),
    ),
    Case(
        "1/2 codes of an event, asked",
        {"PFS Status": [1, 2, 1, 2]},
        {"pfs_event": [None] * 4},
        rules=("codes_ambiguous",),
        questions=("codes:PFS Status",),
    ),
    Case(
        "1/2 codes of an event, answered",
        {"PFS Status": [1, 2, 1, 2]},
        {"pfs_event": [False, True, False, True]},
        choices={"codes:PFS Status": "2=yes"},
    ),
    Case(
        "0/1 of a vital status are asked",
        {"Vitalstatus": [0, 1, 0]},
        {"death": [None] * 3},
        rules=("codes_ambiguous",),
    ),
    Case(
        "prior therapies in free text",
        {
            "BCMA-Vortherapie": [
                "Abecma",
                "bb2121, Blenrep",
                "keine",
                "cilta-cel",
                "GSK2857916",
                "kein ide-cel, aber Carvykti ja",
                "Teclistamab",
                None,
                "k.A.",
                "ide-cel nein, belantamab ja",
                "idecabtagene vicleucel 03/2022",
            ]
        },
        {
            "idecel": [True, True, False, False, False, False, False, None, None, False, True],
            "ciltacel": [False, False, False, True, False, True, False, None, None, False, False],
            "belantamab": [False, True, False, False, True, False, False, None, None, True, False],
            "other_bcma": [False, False, False, False, False, False, True, None, None, False, False],
            "prior_bcma": [True, True, False, True, True, True, True, None, None, True, True],
        },
        quiet=True,
    ),
    Case(
        "therapy lists",
        {
            "Vortherapien": [
                "VRd, ASCT, Dara-Rd, ide-cel",
                "KRd; Pom-Dex; Elranatamab",
                "VCD, Rd",
                "diverse",
                "ide-cel geplant, KRd",
                "kein ide-cel, Carvykti",
            ]
        },
        {
            "idecel": [True, False, False, None, None, False],
            "ciltacel": [False, False, False, None, False, None],
            "other_bcma": [False, True, False, None, False, False],
        },
        rules=("not_understood",),
    ),
    Case(
        "FISH in free text",
        {
            "FISH": [
                "del(17p) pos., t(4;14) neg",
                "t(4;14) positiv; t(14;16) negativ; del17p negativ",
                "unauffällig",
                "del 17p",
                "k.A.",
                "kein del(17p), t(14;16)+",
                "t(11;14)",
                "t(4;14)/t(14;16) neg",
                "keine Hochrisiko-Aberrationen",
            ]
        },
        {
            "del17p": [True, False, False, True, None, False, None, None, False],
            "t414": [False, True, False, None, None, None, None, False, False],
            "t1416": [None, False, False, None, None, True, None, False, False],
        },
        rules=("fish_not_named",),
    ),
    Case(
        "a drug's own column",
        {"Ide-cel": ["ja", "nein", "12.03.2022", "Abecma", None]},
        {"idecel": [True, False, True, True, None]},
        rules=("date_as_yes",),
        quiet=True,
    ),
    Case(
        "an aberration's own column",
        {"del(17p)": ["positiv", "negativ", "nachgewiesen", "nicht nachgewiesen", "nd"]},
        {"del17p": [True, False, True, False, None]},
        quiet=True,
    ),
    Case(
        "formula errors",
        {"Alter": [65, "#REF!", "#DIV/0!"], "EMD": ["ja", "#NV", "#WERT!"]},
        {"age": [65.0, None, None], "emd": [True, None, None]},
        rules=("not_understood",),
    ),
    Case(
        "ids as they are",
        {"Pat.-Nr.": ["007", "12", 13.0, "A-1", 14]},
        {"patient_id": ["007", "12", "13", "A-1", "14"]},
        quiet=True,
    ),
    Case(
        "labels of a coded column",
        {"sex": [1, 2, 2], "best_response": [3, 4, 1]},
        {"sex": ["M", "F", "F"], "best_response": ["PR", "VGPR", "PD"]},
        options={
            "value_labels": {
                "sex": {1: "Male", 2: "Female"},
                "best_response": {3.0: "Partial response", 4.0: "VGPR", 1.0: "PD"},
            }
        },
        quiet=True,
    ),
    Case(
        "two header rows",
        {
            "Progress / ja/nein": ["ja", "nein"],
            "Progress / Datum": ["12.03.2023", None],
            "PFS / Monate": [3, 4.5],
            "Tod / Datum": ["01.05.2023", None],
        },
        {
            "progression": [True, False],
            "progression_date": ["2023-03-12", None],
            "pfs_days": [3 * MONTH, 4.5 * MONTH],
            "death_date": ["2023-05-01", None],
        },
        quiet=True,
    ),
    Case(
        "slashes, told by the order of events",
        {
            "dx_date": ["01/12/2022", "03/04/2021", "05/06/2020"],
            "start_date": ["02/11/2022", "04/03/2021", "06/05/2020"],
        },
        {
            "dx_date": ["2022-01-12", "2021-03-04", "2020-05-06"],
            "start_date": ["2022-02-11", "2021-04-03", "2020-06-05"],
        },
        rules=("date_order",),
    ),
    Case(
        "only 'yes' and blanks beside dates of the event",
        {"Dead": ["Yes", "", "Yes", None], "death_date": ["2023-01-01", "", "2023-05-01", None]},
        {"death": [True, False, True, False]},
        rules=("blank_is_no",),
        quiet=True,
    ),
    Case(
        "only 'yes' and blanks without dates",
        {"Dead": ["Yes", "", "Yes", None]},
        {"death": [True, None, True, None]},
        rules=("blank_unclear",),
        questions=("blank:Dead",),
    ),
    Case(
        "an own column counts more than a text",
        {"Vitalstatus": ["verstorben 12.03.23", "tot 1.5.23"], "Todesdatum": ["13.03.2023", None]},
        {"death": [True, True], "death_date": ["2023-03-13", "2023-05-01"]},
        rules=("text_conflict",),
    ),
    Case(
        "numbers beside words",
        {
            "ECOG": ["ECOG 1", "2", "0 (geschätzt)", "1*", "ecog: 2", "gut"],
            "Vortherapien": ["3 Linien", "≥4", 5, "4+", "drei", 2],
        },
        {"ecog": [1.0, 2.0, 0.0, 1.0, 2.0, None], "prior_lines": [3.0, 4.0, 5.0, 4.0, None, 2.0]},
        rules=("imprecise_number", "not_understood"),
    ),
    Case(
        "None beside True and False is no value, elsewhere it is a no",
        {"EMD": ["True", "False", "None"], "Toci": ["yes", "None", "yes"]},
        {"emd": [True, False, None], "tocilizumab": [True, False, True]},
        quiet=True,
    ),
    Case(
        "marks that nobody sees",
        {"E\u00adMD": ["ja\u200b", "\u00a0nein", "\ufeffja"]},
        {"emd": [True, False, True]},
        quiet=True,
    ),
    Case(
        "a legend with a code for unknown",
        {"EMD (0=nein, 1=ja, 2=unbekannt)": [0, 1, 2], "Geschlecht (1=m, 2=w, 3=k.A.)": [1, 2, 3]},
        {"emd": [False, True, None], "sex": ["M", "F", None]},
        quiet=True,
    ),
    Case(
        "grades beside words",
        {
            "Infektion": [
                "Grad 3 (Pneumonie)",
                "Sepsis, Grad IV",
                "3 (COVID-19)",
                "Grad 2 und Grad 3",
                "G1 Rhinitis",
                "ja",
                0,
            ]
        },
        {"infection_grade": [3.0, 4.0, 3.0, None, 1.0, None, 0.0]},
        rules=("grade_in_text", "not_understood"),
    ),
    Case(
        "a date in a text helps to find the unit",
        {
            "Start": ["01.01.2023"] * 4,
            "PFS": [3.0, 5.5, 12.2, 3.0],
            "Progress": ["ja", "nein", "ja", "Progress am 03.04.2023"],
            "Progressdatum": ["02.04.2023", None, "05.01.2024", None],
            "Tod": ["nein", "nein", "ja", "nein"],
            "Letzter Kontakt": ["01.12.2023", "15.06.2023", "05.02.2024", "01.12.2023"],
        },
        {
            "pfs_days": [3.0 * MONTH, 5.5 * MONTH, 12.2 * MONTH, 3.0 * MONTH],
            "progression": [True, False, True, True],
        },
        rules=("duration_unit_decided",),
    ),
]
