"""The paper's tables and sentences as tidy rows, as printed: what the print check reads.

Nothing is corrected here. Where the figures file holds a cleaned count beside a flag, the row has the
printed one.
"""

from __future__ import annotations

from typing import Any

from rrmm.published import paper

NAMES = {
    "emd": "EMD",
    "iss3": "ISS 3",
    "bm60": "Bone marrow >= 60 %",
    "hrc": "High-risk cytogenetics",
    "idecel": "Ide-cel",
    "penta": "Penta-refractory",
    "polychemo_2mo": "Polychemotherapy in last 2 months",
}
"""Row names, the same in every table."""

RESPONSES = ("crncr", "vgpr", "pr", "sd", "pd")
PRINTED_TOTALS = {"ae_thrombopenia": {"grade3plus": 132}}
"""Totals as Table 4 prints them, where the figures file holds the right one."""


def ratio_text(value: float) -> str:
    """A ratio as the paper prints it: three significant digits, two decimals below ten."""
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def p_text(value: Any) -> str:
    """A p as printed."""
    return value if isinstance(value, str) else f"{value:.2f}"


def paper_rows() -> list[dict[str, Any]]:
    """Tidy rows of Riedhammer et al. 2024: Tables 1 to 4 and the figures in its text."""
    figures = {figure["id"]: figure for figure in paper()["figures"]}
    return [
        *_table1(figures),
        *_text(figures),
        *_table2(figures),
        *_table3(figures),
        *_table4(figures),
        *_trial(),
    ]


def _share(figure: dict[str, Any], table: str, row: str, group: str = "", **more: Any) -> dict[str, Any]:
    line = {"table": table, "row": row, "group": group, "n": figure.get("x"), "N": figure.get("n")}
    if "value" in figure:
        line["pct"] = f"{figure['value']:.{figure.get('decimals', 1)}f}"
    return {**line, **more}


def _table1(figures: dict[str, Any]) -> list[dict[str, Any]]:
    rows = []
    for name, row in (
        ("age_median", "Age"),
        ("tsd_median", "Years since diagnosis"),
        ("prior_lines_median", "Prior lines"),
    ):
        figure, decimals = figures[name], figures[name]["decimals"]
        rows.append(
            {
                "table": "Table 1",
                "row": row,
                "median": f"{figure['value']:.{decimals}f}",
                "low": f"{figure['range'][0]:.{decimals}f}",
                "high": f"{figure['range'][1]:.{decimals}f}",
            }
        )
    rows += [
        _share(figures["male_pct"], "Table 1", "Sex", "male", whole="Sex"),
        _share(figures["female_pct"], "Table 1", "Sex", "female", whole="Sex"),
    ]
    rows += [_share(figures[name], "Table 1", NAMES[name], "yes") for name in ("emd", "bm60", "hrc", "penta")]
    rows += [
        _share(figures[name], "Table 1", "ISS 3", stage, whole="ISS stage")
        for name, stage in (("iss1", "I"), ("iss2", "II"), ("iss3", "III"))
    ]
    rows.append(
        _share(
            figures["triple"], "Table 1", "Triple-class refractory", "yes", quantity="Triple-class refractory"
        )
    )
    return rows


def _text(figures: dict[str, Any]) -> list[dict[str, Any]]:
    rows = [
        _share(figures[name], "Results", row, "yes", quantity=row)
        for name, row in (
            ("polychemo_ever", "Polychemotherapy ever"),
            ("polychemo_2mo", NAMES["polychemo_2mo"]),
            ("majestec_ineligible", "MajesTEC-1 criteria not met"),
            ("bcma_any", "BCMA-pretreated"),
            ("belantamab", "Belantamab"),
            ("tocilizumab", "Tocilizumab"),
            ("dexamethasone", "Dexamethasone"),
            ("icu", "Intensive care"),
            ("gcsf", "G-CSF"),
            ("tpo", "TPO agonist"),
        )
    ]
    rows.append(_share(figures["idecel"], "Results", NAMES["idecel"], "yes", quantity="Ide-cel"))
    rows += [
        _share(figures[name], "Results", "Best response", name.upper(), whole="Best response")
        for name in RESPONSES
    ]
    rows += [
        _share(figures["orr"], "Results", "Overall response", quantity="Overall response rate"),
        _share(figures["infection_hospitalised"], "Results", "Grade >= 3 of infections"),
        {"table": "Discussion", "row": NAMES["polychemo_2mo"], "n": 23, "quantity": NAMES["polychemo_2mo"]},
        {"table": "Discussion", "row": "MajesTEC-1 criteria not met", "pct": "almost half",
         "quantity": "MajesTEC-1 criteria not met"},
        *({"table": "Abstract", "row": row, "pct": pct, "quantity": row} for row, pct in (
            ("Triple-class refractory", "93"), ("BCMA-pretreated", "37"), ("Overall response rate", "59.3"))),
        {"table": "Discussion", "row": "Infection", "pct": "54.4", "quantity": "Infections, any grade"},
        {"table": "Results", "row": "Cytopenia", "pct": "53.7", "quantity": "Cytopenias, grade >= 3"},
    ]  # fmt: skip
    treated, before = figures["bcma_any"]["n"], figures["bcma_any"]["x"]
    for name, row, size in (
        ("orr_bcma_pre", "Response, BCMA-pretreated", before),
        ("orr_bcma_naive", "Response, BCMA-naive", treated - before),
        ("interruption_2wk", "Interruption over two weeks", treated),
        ("interruption_4wk", "Interruption over four weeks", treated),
    ):
        rows.append({"table": "Results", "row": row, "pct": f"{figures[name]['value']:.1f}", "N": size})
    rows += [
        _share(figures[name], "Results", row)
        for name, row in (("orr_idecel", "Response, ide-cel"), ("orr_belantamab", "Response, belantamab"))
    ]
    cart, responders = figures["orr_idecel"]["n"], figures["orr_idecel"]["x"]
    for name, months in (("cart_3mo", 3), ("cart_6mo", 6)):
        one, other = figures[name]["value"]
        rows.append(
            {
                "table": "Results",
                "row": f"Response, CAR-T interval above v below {months} months",
                "pct": str(one),
                "pct_ref": str(other),
                "p": f"{figures[name]['p']:.2f}",
                "N": cart,
                "n": responders,
            }
        )
    events = figures["pfs_penta"]["no"]["events"] + figures["pfs_penta"]["yes"]["events"]
    rows.append(
        {
            "table": "Results",
            "row": "PFS censored",
            "n": treated - events,
            "N": treated,
            "pct": str(figures["pfs_censored_pct"]["value"]),
        }
    )
    rows.append(
        {
            "table": "Results",
            "row": "PFS by ide-cel",
            "p": p_text(figures["p_pfs_idecel"]["value"]),
            "quantity": "p of PFS by ide-cel",
        }
    )
    return rows


def _table2(figures: dict[str, Any]) -> list[dict[str, Any]]:
    rows = []
    for name, row in NAMES.items():
        figure = figures[f"pfs_{name}"]
        for group in ("no", "yes"):
            rows.append(
                {
                    "table": "Table 2",
                    "row": row,
                    "group": group,
                    "counts": "events",
                    "n": figure[group]["events"],
                    "N": figure[group]["n"],
                }
            )
        low, high = figure["ci"]
        line = {
            "table": "Table 2",
            "row": row,
            "measure": "HR",
            "estimate": ratio_text(figure["hr"]),
            "conf_low": ratio_text(low),
            "conf_high": ratio_text(high),
            "p": p_text(figure["p"]),
            "a": figure["yes"]["events"],
            "c": figure["no"]["events"],
        }
        if name == "idecel":
            line["quantity"] = "p of PFS by ide-cel"
        rows.append(line)
        if "multivariable" in figure:
            several = figure["multivariable"]
            rows.append(
                {
                    "table": "Table 2, multivariable",
                    "row": row,
                    "measure": "HR",
                    "p": p_text(several["p"]),
                    "estimate": ratio_text(several["hr"]),
                    "conf_low": ratio_text(several["ci"][0]),
                    "conf_high": ratio_text(several["ci"][1]),
                }
            )
    return rows


def _table3(figures: dict[str, Any]) -> list[dict[str, Any]]:
    rows = []
    for name, row in NAMES.items():
        figure = figures[f"orr_by_{name}"]
        for group in ("no", "yes"):
            level = figure[group]
            rows.append(
                {
                    "table": "Table 3",
                    "row": row,
                    "group": group,
                    "counts": "responders",
                    "n": level["responders"],
                    "N": level["n"],
                    "pct": f"{level['pct']:.1f}",
                }
            )
        yes, no = figure["yes"], figure["no"]
        low, high = figure["ci"]
        rows.append(
            {
                "table": "Table 3",
                "row": row,
                "measure": "OR",
                "p": p_text(figure["p"]),
                "estimate": ratio_text(figure["odds_ratio_of_non_response"]),
                "conf_low": ratio_text(low),
                "conf_high": ratio_text(high),
                "a": yes["responders"],
                "b": yes["n"] - yes["responders"],
                "c": no["responders"],
                "d": no["n"] - no["responders"],
            }
        )
    return rows


def _table4(figures: dict[str, Any]) -> list[dict[str, Any]]:
    rows = []
    twice = {
        ("ae_infection", "any_grade"): "Infections, any grade",
        ("ae_cytopenia", "grade3plus"): "Cytopenias, grade >= 3",
    }
    for name, figure in figures.items():
        if not name.startswith("ae_"):
            continue
        for grade, label in (("any_grade", "any grade"), ("grade3plus", "grade >= 3")):
            total = PRINTED_TOTALS.get(name, {}).get(grade, figure[grade]["n"])
            rows.append(
                {
                    "table": "Table 4",
                    "row": f"{figure['what']}, {label}",
                    "n": figure[grade]["x"],
                    "N": total,
                    "pct": f"{figure[grade]['pct']:.1f}",
                    "quantity": twice.get((name, grade), ""),
                }
            )
    return rows


def _trial() -> list[dict[str, Any]]:
    """MajesTEC-1's column of Table 1, with the percentages as printed there."""
    printed = {
        "emd": 17.0,
        "bm60": 11.2,
        "iss1": 52.5,
        "iss2": 35.2,
        "iss3": 12.3,
        "hrc": 25.7,
        "triple": 77.6,
        "penta": 30.3,
    }
    trial = next(entry for entry in paper()["benchmarks"] if entry["id"] == "majestec1")
    return [
        {
            "table": "Table 1, MajesTEC-1",
            "row": f"MajesTEC-1 {name}",
            "n": trial["baseline"][name][0],
            "N": trial["baseline"][name][1],
            "pct": f"{pct:.1f}",
            "whole": "ISS stage" if name.startswith("iss") else "",
        }
        for name, pct in printed.items()
    ]
