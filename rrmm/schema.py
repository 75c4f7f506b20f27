"""Every variable rrmm knows, once: its name, meaning, kind, unit, levels and the headers it goes by.

A new variable is one entry in :data:`VARIABLES`. The reader, the template, the data dictionary, the
baseline table and the methods page are all printed from here.

Kinds: ``id`` and ``text`` (strings), ``category`` (one of ``levels``), ``flag`` (yes/no, three-valued:
unknown is a value of its own), ``number``, ``grade`` (0 to 5), ``date``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["id", "text", "category", "flag", "number", "grade", "date"]

RESPONSES = ("sCR", "CR", "nCR", "VGPR", "PR", "MR", "SD", "PD", "NE")
"""Best response, deepest first (IMWG 2016; nCR: serological CR without marrow, as the paper)."""

ISS_LEVELS = ("I", "I/II", "II", "III")
"""``I/II``: the source says "I or II"; it is known not to be stage III, and counted as staged."""


@dataclass(frozen=True)
class Variable:
    """One column of the canonical table.

    low, high: plausible range of a number, in ``unit``; values outside are flagged, not removed.
    synonyms: headers it goes by, any case, punctuation ignored; the name and label count as well.
    given_or_derived: computed from other columns where these are present (dates beat durations).
    """

    name: str
    label: str
    kind: Kind
    section: str
    description: str
    synonyms: tuple[str, ...] = ()
    unit: str = ""
    levels: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    given_or_derived: bool = False


def _v(name: str, label: str, kind: Kind, section: str, description: str, synonyms: str = "",
       unit: str = "", levels: tuple[str, ...] = (), low: float | None = None, high: float | None = None,
       derived: bool = False) -> Variable:
    words = tuple(word.strip() for word in synonyms.split("|") if word.strip())
    return Variable(name, label, kind, section, description, words, unit, levels, low, high, derived)


_P, _D, _T, _R, _O, _S = "Patient", "Disease", "Prior therapy", "Response", "Outcome", "Safety"
_C = "Trial criteria"

_ENTRIES = (
    _v("patient_id", "Patient ID", "id", _P, "Any code; shown nowhere.",
       "id | pat id | patient | patient no | patient number | subject | subject id | usubjid | record id | "
       "pat nr | patientennummer | patienten id | patienten nr | fallnummer | lfd nr | nr | pseudonym | studien id"),
    _v("center", "Centre", "text", _P, "Treating centre.",
       "centre | site | site id | hospital | zentrum | klinik | standort | zentrumsnummer"),
    _v("sex", "Sex", "category", _P, "F or M.", "gender | geschlecht | m/w", levels=("F", "M")),
    _v("age", "Age", "number", _P, "Age at start of treatment.",
       "age at start | age years | alter | alter bei start | alter bei therapiebeginn | lebensalter",
       "years", low=18, high=100),
    _v("dx_date", "Date of diagnosis", "date", _D, "First diagnosis of multiple myeloma.",
       "diagnosis date | date of diagnosis | dx date | erstdiagnose | datum erstdiagnose | ed | "
       "ed datum | diagnosedatum | datum der erstdiagnose"),
    _v("years_since_dx", "Time since diagnosis", "number", _D, "From diagnosis to start of treatment.",
       "time since diagnosis | years since diagnosis | zeit seit diagnose | zeit seit erstdiagnose | "
       "jahre seit erstdiagnose | jahre seit diagnose", "years", low=0, high=40, derived=True),
    _v("prior_lines", "Prior lines of therapy", "number", _T, "Number of earlier lines of therapy.",
       "lines | no of prior lines | number of prior lines | previous lines | lines of therapy | lot | "
       "vortherapien | anzahl vortherapien | therapielinien | anzahl therapielinien | vorlinien | "
       "anzahl vorlinien | anzahl der vortherapien", low=0, high=25),
    _v("emd", "Extramedullary disease", "flag", _D, "Extramedullary disease at start of treatment.",
       "extramedullary | extramedullary disease | extramedullary myeloma | emm | extramedullaer | "
       "extramedulläre erkrankung | extramedullärer befall | extramedulläre manifestation"),
    _v("iss", "ISS stage", "category", _D, "International Staging System at start of treatment.",
       "iss stage | iss stadium | international staging system | stadium iss | iss at start | stadium nach iss",
       levels=ISS_LEVELS),
    _v("r_iss", "R-ISS stage", "category", _D, "Revised ISS at start of treatment.",
       "riss | r-iss | r iss stage | revised iss | r-iss stadium", levels=("I", "II", "III")),
    _v("b2m", "Beta-2 microglobulin", "number", _D, "Serum beta-2 microglobulin.",
       "beta2 microglobulin | b2 microglobulin | beta 2 mikroglobulin | b2mg | ß2m | β2-mikroglobulin | "
       "beta2-mikroglobulin", "mg/l", low=0.5, high=60),
    _v("albumin", "Albumin", "number", _D, "Serum albumin.", "alb | serum albumin | albumin g/dl | albumin i.s.",
       "g/dl", low=1, high=7),
    _v("ldh", "LDH", "number", _D, "Lactate dehydrogenase.",
       "lactate dehydrogenase | laktatdehydrogenase | ldh u/l", "U/l", low=50, high=10000),
    _v("bm_plasma_pct", "Bone marrow plasma cells", "number", _D, "Plasma cells in the bone marrow.",
       "bone marrow plasma cells | bmpc | bm plasma cells | plasma cells | plasma cell infiltration | "
       "bone marrow infiltration | bm infiltration | marrow plasma cells | knochenmarkinfiltration | "
       "km infiltration | knochenmarksinfiltration | plasmazellen | plasmazellen km | plasmazellinfiltration | "
       "plasmazellanteil | plasmazellen im knochenmark", "%", low=0, high=100),
    _v("del17p", "del(17p)", "flag", _D, "Deletion 17p in FISH.", "del 17p | del(17p) | 17p deletion | deletion 17p | 17p"),
    _v("t414", "t(4;14)", "flag", _D, "Translocation t(4;14) in FISH.", "t(4;14) | t 4 14 | translokation 4 14"),
    _v("t1416", "t(14;16)", "flag", _D, "Translocation t(14;16) in FISH.", "t(14;16) | t 14 16 | translokation 14 16"),
    _v("high_risk_cyto", "High-risk cytogenetics", "flag", _D, "del(17p), t(4;14) and/or t(14;16).",
       "high risk cytogenetics | hr cytogenetics | high risk fish | hochrisiko zytogenetik | "
       "hochrisikozytogenetik | zytogenetik hochrisiko | hrc", derived=True),
    _v("triple_class_refractory", "Triple-class refractory", "flag", _T,
       "Refractory to a proteasome inhibitor, an immunomodulatory drug and an anti-CD38 antibody.",
       "triple refractory | triple class refractory | tcr | triple refraktär | triple-class refraktär | "
       "dreifach refraktär"),
    _v("penta_refractory", "Penta-drug refractory", "flag", _T,
       "Refractory to two proteasome inhibitors, two immunomodulatory drugs and an anti-CD38 antibody.",
       "penta refractory | penta drug refractory | penta refraktär | pentarefraktär | fünffach refraktär"),
    _v("polychemo_ever", "Polychemotherapy ever", "flag", _T, "Polychemotherapy (such as PACE) at any time before.",
       "polychemotherapy | polychemotherapy ever | pace ever | polychemotherapie | polychemotherapie jemals | "
       "polychemotherapie je"),
    _v("polychemo_2m", "Polychemotherapy within 2 months", "flag", _T,
       "Polychemotherapy in the two months before start of treatment.",
       "polychemotherapy within 2 months | polychemotherapy in last 2 months | polychemo 2 months | "
       "bridging polychemotherapy | polychemotherapie letzte 2 monate | polychemotherapie in den letzten 2 monaten | "
       "polychemotherapie 2 monate"),
    _v("idecel", "Ide-cel before", "flag", _T, "Idecabtagene vicleucel before start of treatment.",
       "ide cel | ide-cel | idecabtagene vicleucel | abecma | ide-cel vortherapie | prior ide-cel | ide-cel vor start"),
    _v("ciltacel", "Cilta-cel before", "flag", _T, "Ciltacabtagene autoleucel before start of treatment.",
       "cilta cel | cilta-cel | ciltacabtagene autoleucel | carvykti | prior cilta-cel | cilta-cel vortherapie"),
    _v("belantamab", "Belantamab before", "flag", _T, "Belantamab mafodotin before start of treatment.",
       "belantamab mafodotin | blenrep | belamaf | prior belantamab | belantamab vortherapie"),
    _v("other_bcma", "Other BCMA-directed drug before", "flag", _T,
       "Any other BCMA-directed drug before, study drugs included.",
       "other bcma | other bcma drug | other bcma directed therapy | bcma study drug | andere bcma therapie | "
       "andere bcma-gerichtete therapie | bcma studienmedikation"),
    _v("prior_bcma", "BCMA-directed therapy before", "flag", _T, "Any BCMA-directed therapy before.",
       "prior bcma | bcma pretreated | bcma pretreatment | anti bcma pretreated | bcma vortherapie | "
       "bcma-gerichtete vortherapie | bcma vorbehandelt", derived=True),
    _v("car_t_date", "Date of CAR-T infusion", "date", _T, "Last CAR-T infusion before start of treatment.",
       "car t date | cart date | car-t infusion | car-t infusion date | datum car-t | car-t datum | "
       "datum car-t infusion | car-t-zell-therapie datum"),
    _v("car_t_interval_months", "CAR-T interval", "number", _T, "From CAR-T infusion to start of treatment.",
       "car t interval | cart interval | interval since car-t | time since car-t | intervall car-t | "
       "abstand car-t | zeit seit car-t | abstand zur car-t", "months", low=0, high=240, derived=True),
    _v("start_date", "Start of treatment", "date", _P, "First full dose: day 0 of every time.",
       "treatment start | start of treatment | start date | start | first dose | first full dose | index date | "
       "therapiebeginn | therapiestart | beginn teclistamab | start teclistamab | teclistamab start | erste gabe | "
       "beginn der therapie | startdatum | datum therapiebeginn"),
    _v("first_response_date", "Date of first response", "date", _R, "First date of PR or better.",
       "first response | response date | date of response | date of first response | erstes ansprechen | "
       "datum erstes ansprechen | datum ansprechen"),
    _v("best_response_date", "Date of best response", "date", _R, "First date of the best response.",
       "date of best response | best response on | datum bestes ansprechen | datum best response | "
       "bestes ansprechen am"),
    _v("best_response", "Best response", "category", _R, "IMWG best response; nCR: CR by serology, no marrow.",
       "response | best overall response | bor | imwg response | ansprechen | bestes ansprechen | remission | "
       "bestes ansprechen imwg", levels=RESPONSES),
    _v("progression", "Progression", "flag", _O, "Progressive disease after start of treatment.",
       "progressed | pd | progress | progression event | progredienz | progression ja nein | rezidiv | "
       "krankheitsprogress"),
    _v("progression_date", "Date of progression", "date", _O, "Date of progressive disease.",
       "date of progression | pd date | progression on | datum progress | datum der progression | progressdatum | "
       "datum progression | progress am | pd datum"),
    _v("death", "Death", "flag", _O, "Death from any cause.",
       "dead | died | deceased | vital status | verstorben | tod | gestorben | vitalstatus | status tod"),
    _v("death_date", "Date of death", "date", _O, "Date of death.",
       "date of death | died on | todesdatum | sterbedatum | verstorben am | datum tod | datum des todes"),
    _v("cause_of_death", "Cause of death", "text", _O, "Cause of death.", "death cause | todesursache | ursache tod"),
    _v("last_contact_date", "Last contact", "date", _O, "Last date the patient was known to be alive.",
       "date of last contact | last follow up | last follow-up | last follow up date | last visit | last seen | lfu | "
       "letzter kontakt | datum letzter kontakt | letztes follow up | letzte visite | letzte vorstellung | "
       "datum letztes follow-up | zuletzt gesehen"),
    _v("responder", "Responder", "flag", _R, "PR or better.",
       "response yes no | orr | overall response | ansprechen ja nein", derived=True),
    _v("pfs_event", "PFS event", "flag", _O, "Progression or death (yes), censored (no).",
       "pfs status | event pfs | pfs ereignis | ereignis pfs", derived=True),
    _v("pfs_days", "PFS", "number", _O, "Start of treatment to progression or death.",
       "pfs | pfs time | progression free survival | time pfs | pfs zeit | pfs dauer | progressionsfreies überleben",
       "days", low=0, high=15000, derived=True),
    _v("os_event", "OS event", "flag", _O, "Death (yes), censored (no).",
       "os status | event os | os ereignis | ereignis os", derived=True),
    _v("os_days", "OS", "number", _O, "Start of treatment to death from any cause.",
       "os | os time | overall survival | time os | os zeit | os dauer | gesamtüberleben", "days",
       low=0, high=15000, derived=True),
    _v("dor_event", "DOR event", "flag", _O, "Responders: progression or death (yes), censored (no).",
       "dor status | event dor | dor ereignis", derived=True),
    _v("dor_days", "DOR", "number", _O, "Responders: first response to progression or death.",
       "dor | duration of response | dor time | ansprechdauer | dauer des ansprechens | remissionsdauer", "days",
       low=0, high=15000, derived=True),
    _v("crs_grade", "CRS", "grade", _S, "Highest grade of cytokine release syndrome (ASTCT); 0 none.",
       "crs | cytokine release syndrome | max crs grade | crs grad | zytokinfreisetzungssyndrom | crs maximal"),
    _v("icans_grade", "ICANS", "grade", _S, "Highest grade of ICANS (ASTCT); 0 none.",
       "icans | neurotoxicity grade | max icans grade | icans grad | neurotoxizität"),
    _v("infection_grade", "Infection", "grade", _S, "Highest grade of infection (CTCAE); 0 none.",
       "infection | infections | infections grade | max infection grade | infektion | infektionen | infektion grad | "
       "infektionsgrad"),
    _v("neutropenia_grade", "Neutropenia", "grade", _S, "Highest grade (CTCAE); 0 none.",
       "neutropenia | neutropenie | neutropenie grad"),
    _v("anemia_grade", "Anaemia", "grade", _S, "Highest grade (CTCAE); 0 none.",
       "anemia | anaemia grade | anämie | anämie grad | anaemie"),
    _v("thrombopenia_grade", "Thrombopenia", "grade", _S, "Highest grade (CTCAE); 0 none.",
       "thrombopenia | thrombocytopenia | thrombocytopenia grade | thrombopenie | thrombopenie grad | thrombozytopenie"),
    _v("tocilizumab", "Tocilizumab", "flag", _S, "Tocilizumab given.", "toci | tocilizumab given | tocilizumab gabe"),
    _v("dexamethasone", "Dexamethasone", "flag", _S, "Dexamethasone given for CRS or ICANS.",
       "dexa | dexamethasone given | dexamethason | dexamethason gabe | steroids"),
    _v("icu", "Intensive care", "flag", _S, "Intensive care needed.",
       "intensive care | icu admission | its | intensivstation | intensivaufenthalt | its aufenthalt"),
    _v("gcsf", "G-CSF", "flag", _S, "G-CSF given.", "g-csf | g csf | g-csf given | g-csf gabe"),
    _v("hospital_days", "Hospital stay for step-up dosing", "number", _S, "Days in hospital for step-up dosing.",
       "hospital stay | days in hospital | length of stay | los | krankenhaustage | liegedauer | "
       "stationäre tage | krankenhausaufenthalt tage | liegetage", "days", low=0, high=365),
    # Beyond the columns every export starts with.
    _v("last_bcma_date", "Last BCMA-directed therapy", "date", _T, "Last dose of any BCMA-directed therapy before.",
       "date of last bcma therapy | last bcma date | letzte bcma therapie | datum letzte bcma-therapie"),
    _v("ttr_days", "Time to response", "number", _R, "Start of treatment to first PR or better.",
       "time to response | ttr | zeit bis ansprechen | zeit bis zum ansprechen", "days", low=0, high=2000, derived=True),
    _v("ttbr_days", "Time to best response", "number", _R, "Start of treatment to best response.",
       "time to best response | ttbr | zeit bis bestes ansprechen", "days", low=0, high=2000, derived=True),
    _v("crs_onset_date", "Onset of CRS", "date", _S, "First day of CRS.", "crs onset | crs date | crs beginn | crs datum"),
    _v("icans_onset_date", "Onset of ICANS", "date", _S, "First day of ICANS.",
       "icans onset | icans date | icans beginn | icans datum"),
    _v("infection_onset_date", "Onset of infection", "date", _S, "First day of the first infection.",
       "infection onset | infection date | first infection | infektion beginn | infektion datum | erste infektion"),
    _v("tpo_agonist", "TPO agonist", "flag", _S, "Thrombopoietin receptor agonist given.",
       "tpo | tpo agonists | tpo ra | tpo agonisten | romiplostim eltrombopag"),
    _v("ivig", "IVIG", "flag", _S, "Intravenous immunoglobulins given.",
       "immunoglobulins | ivig substitution | immunglobuline | ivig gabe"),
    _v("interruption_days", "Longest treatment interruption", "number", _S, "Longest interruption of treatment.",
       "treatment interruption | interruption | therapiepause | längste therapiepause | therapieunterbrechung",
       "days", low=0, high=1000),
    _v("ecog", "ECOG performance status", "number", _C, "At start of treatment.",
       "ecog ps | performance status | ecog status", low=0, high=4),
    _v("hemoglobin", "Haemoglobin", "number", _C, "At start of treatment.", "hb | haemoglobin | hämoglobin",
       "g/dl", low=3, high=20),
    _v("platelets", "Platelets", "number", _C, "At start of treatment.",
       "plt | platelet count | thrombozyten", "10^9/l", low=1, high=1500),
    _v("neutrophils", "Neutrophils", "number", _C, "Absolute count at start of treatment.",
       "anc | neutrophil count | neutrophile | neutrophile absolut", "10^9/l", low=0, high=60),
    _v("creatinine_clearance", "Creatinine clearance", "number", _C, "Or eGFR, at start of treatment.",
       "crcl | egfr | gfr | kreatinin clearance", "ml/min", low=1, high=250),
)

VARIABLES: dict[str, Variable] = {entry.name: entry for entry in _ENTRIES}
"""All variables by name, in the order of every export."""


def variable(name: str) -> Variable:
    """The variable of that name; KeyError when there is none."""
    return VARIABLES[name]
