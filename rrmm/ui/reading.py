"""One upload while its reader looks at how it was understood: the file, the answers so far, and reading it again.

Lives in the session only (:func:`rrmm.ui.state.hold`): the bytes of the file are needed for as long as an answer may
change how they are read, and go with "Back to the sample". Nothing here draws.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rrmm.cohort import Cohort, build_cohort
from rrmm.intake.columns import Question, short
from rrmm.intake.issues import Issue
from rrmm.intake.raw import RawTable
from rrmm.intake.saved_mapping import Saved, apply_saved, matches
from rrmm.schema import VARIABLES

KEEP, LEAVE_OUT = "Keep as it is", "Leave out"
SEVERAL = "Several, from its text"
"""One column of free text that feeds several variables."""
LABELS = {variable.label: name for name, variable in VARIABLES.items()}
_OF_THE_PROPOSAL = frozenset(("mapping_conflict", "mapped_by_similarity", "mapped_by_values", "values_do_not_fit"))
"""Checks that speak of the proposed mapping: said no more of a column that the user has decided."""



@dataclass(frozen=True, eq=False)
class Upload:
    """A file and everything decided about it.

    mapping: canonical name -> header as the user wants it; None takes what is proposed. choices: answers, by the keys of
    :func:`rrmm.intake.load`. left_out: headers of no use to the user. settled: conflicts answered (canonical -> header,
    "" for none). asked: every question so far, so that an answer can be changed. found: the mapping in use.
    """

    name: str
    data: bytes = field(repr=False)
    password: str | None = field(default=None, repr=False)
    companion: bytes | None = field(default=None, repr=False)
    choices: Mapping[str, Any] = field(default_factory=dict)
    mapping: Mapping[str, str] | None = None
    left_out: frozenset[str] = frozenset()
    settled: Mapping[str, str] = field(default_factory=dict)
    asked: Mapping[str, Question] = field(default_factory=dict)
    found: Mapping[str, str] = field(default_factory=dict)
    table: RawTable | None = field(default=None, repr=False)
    proposal: Any = field(default=None, repr=False)
    sheets: tuple[str, ...] = ()
    from_saved: bool = False
    version: int = 0

    def but(self, **changes: Any) -> Upload:
        """The same upload with these decisions."""
        return dataclasses.replace(self, **changes)

    @property
    def open_questions(self) -> list[Question]:
        """Questions without an answer."""
        return [question for key, question in self.asked.items() if key not in self.choices]

    @property
    def open_conflicts(self) -> list[Any]:
        """Variables that several columns could hold, none of which was taken."""
        return [each for each in self.conflicts
                if not each.chosen and each.canonical not in self.settled and each.canonical not in self.found]

    @property
    def conflicts(self) -> tuple[Any, ...]:
        """All such variables, also those decided by the evidence."""
        return tuple(getattr(self.proposal, "conflicts", ()))


def read(upload: Upload, remembered: Sequence[Saved] = ()) -> tuple[Upload, Cohort | None]:
    """Read the file with the decisions so far; no cohort where no column is understood yet.

    remembered: mappings of this session; the latest one made for these very headers is taken unless the user has mapped
    the columns. Raises Refused, PasswordNeeded.
    """
    from rrmm.intake import load
    from rrmm.intake.load import NothingRecognised

    def once(mapping: Mapping[str, str] | None) -> Any:
        try:
            return load(upload.data, upload.name, mapping=None if mapping is None else dict(mapping),
                        password=upload.password, choices=upload.choices, companion=upload.companion)
        except NothingRecognised as nothing:
            if upload.found:
                raise
            return nothing

    loaded, mapping, from_saved = once(upload.mapping), upload.mapping, upload.from_saved
    fitting = next((each for each in reversed(remembered) if matches(each, loaded.table.headers)), None)
    if mapping is None and fitting is not None:
        mapping, from_saved = apply_saved(fitting, loaded.table.headers), True
        loaded = once(mapping)
    found = dict(getattr(loaded, "mapping", {}))
    made = upload.but(
        mapping=mapping, from_saved=from_saved, found=found, table=loaded.table, proposal=loaded.proposal,
        asked=_questions(upload, getattr(loaded, "questions", ()), found),
        sheets=(loaded.sheets if isinstance(loaded, NothingRecognised)
                else tuple(each["sheet"] for each in loaded.read["sheets"])),
        left_out=frozenset(upload.left_out & set(loaded.table.headers)))
    if isinstance(loaded, NothingRecognised):
        return made, None
    gone = [name for name in loaded.extras.columns if name in made.left_out]
    loaded = dataclasses.replace(loaded, extras=loaded.extras.drop(columns=gone), issues=_still_true(made, loaded.issues),
                                 read={**loaded.read, "left_out": gone})
    return made, build_cohort(loaded)


def _questions(upload: Upload, now: Sequence[Question], found: Mapping[str, str]) -> dict[str, Question]:
    """What is asked, in the order in which it was first asked; answered ones stay while their column is in use."""
    used = set(found.values())
    fresh = {question.key: question for question in now}
    answered = {key: question for key, question in upload.asked.items()
                if key in upload.choices and question.header in used}
    kept = {key: fresh.get(key) or answered.get(key) for key in upload.asked}
    return {key: question for key, question in {**kept, **fresh}.items() if question is not None}


def _still_true(upload: Upload, issues: Sequence[Issue]) -> tuple[Issue, ...]:
    """Findings without those on the proposal that the user's own decision has settled."""
    if upload.mapping is None and not upload.settled:
        return tuple(issues)
    decided = {header for each in upload.conflicts if each.canonical in upload.settled for header in each.headers}
    proposed = dict(upload.proposal.mapping)
    for name in {*proposed, *upload.found}:
        if proposed.get(name) != upload.found.get(name):
            decided |= {header for header in (proposed.get(name), upload.found.get(name)) if header}
    return tuple(each for each in issues if each.rule not in _OF_THE_PROPOSAL or each.column not in decided)


# ---------------------------------------------------------------- decisions


def read_as(upload: Upload, header: str) -> str:
    """What the column of that header is read as, in the words of the drop-down."""
    names = [name for name, source in upload.found.items() if source == header]
    if len(names) > 1:
        return SEVERAL
    if names:
        return VARIABLES[names[0]].label
    return LEAVE_OUT if header in upload.left_out else KEEP


def assign(upload: Upload, header: str, choice: str) -> tuple[Upload, str]:
    """The upload with another reading of one column, and what else that changes, in a sentence or ""."""
    mapping = {name: source for name, source in upload.found.items() if source != header}
    left_out, said = upload.left_out - {header}, ""
    if choice == SEVERAL:
        proposed = {name: source for name, source in upload.proposal.mapping.items() if source == header}
        if len(proposed) < 2:
            return upload, "Only a column of free text on therapies or FISH can feed several variables."
        mapping |= {name: source for name, source in proposed.items() if name not in mapping}
    elif choice == LEAVE_OUT:
        left_out |= {header}
    elif choice in LABELS:
        before = mapping.get(LABELS[choice])
        mapping[LABELS[choice]] = header
        if before:
            said = f"{choice} now comes from “{header}”; “{before}” is kept as it is."
    if not mapping:
        return upload, "At least one column has to be read as something."
    ordered = {name: mapping[name] for name in VARIABLES if name in mapping}
    return upload.but(mapping=ordered, left_out=left_out, from_saved=False), said


def settle(upload: Upload, canonical: str, header: str) -> Upload:
    """The answer to "which of these columns": a header, or "" for none of them."""
    mapping = {name: source for name, source in upload.found.items() if name != canonical and source != header}
    if header:
        mapping[canonical] = header
    ordered = {name: mapping[name] for name in VARIABLES if name in mapping}
    return upload.but(mapping=ordered, settled={**upload.settled, canonical: header}, from_saved=False)


def answer(upload: Upload, questions: Sequence[Question], value: str) -> Upload:
    """The same answer to these questions."""
    asked = {question.key: question for question in questions}
    return upload.but(choices={**upload.choices, **dict.fromkeys(asked, value)}, asked={**upload.asked, **asked})


_ORDER = {"dmy": "day first (12.03. is 12 March)", "mdy": "month first (12/03 is 3 December)"}
_CODES = re.compile(r"The code (\d) was read as the event and (\d) as none")


def evident(upload: Upload, issues: Sequence[Issue]) -> list[tuple[Question, str]]:
    """What the reader decided from the evidence in the cells, as questions with the answer it took."""
    found = []
    for each in issues:
        key = f"date_order:{each.column}"
        if each.rule == "date_order" and key not in upload.asked:
            found.append((Question(key, each.column, "day or month first?", _ORDER),
                          "mdy" if "month first" in each.message else "dmy"))
        codes = _CODES.search(each.message) if each.rule == "codes_decided" else None
        key = f"codes:{each.column}"
        if codes and key not in upload.asked:
            event, other = codes.groups()
            options = {f"{a}=yes": f"{a} is the event, {b} is none" for a, b in ((event, other), (other, event))}
            found.append((Question(key, each.column, "which code is the event?", options), f"{event}=yes"))
    return found


def anew(upload: Upload, **choices: Any) -> Upload:
    """Another sheet, header row or orientation: the columns are other ones, so they are mapped anew."""
    made = {key: value for key, value in {**upload.choices, **choices}.items() if value is not None}
    return upload.but(choices=made, mapping=None, settled={}, left_out=frozenset(), from_saved=False,
                      version=upload.version + 1)


# ---------------------------------------------------------------- what is shown of a column


def examples(upload: Upload, header: str, most: int = 3) -> str:
    """Some different cells of a column as the file has them; never of what tells patients apart."""
    table = upload.table
    if table is None or header not in table.headers:
        return ""
    if any(each.canonical == "patient_id" and each.score >= 80 for each in upload.proposal.candidates.get(header, ())):
        return "(not shown)"
    cells = [cell for cell in table.column(header) if cell is not None]
    if upload.found.get("patient_id") == header or (header not in upload.found.values() and _tells_apart(cells)):
        return "(not shown)"
    seen: dict[str, None] = {}
    for cell in cells:
        if str(cell).strip():
            seen.setdefault(short(cell, 24))
            if len(seen) > most:
                break
    shown = list(seen)
    return "  ·  ".join(shown[:most]) + ("  ·  …" if len(shown) > most else "")


def _tells_apart(cells: Sequence[object]) -> bool:
    """Texts or long whole numbers that differ in every row: an ID of some kind, or remarks on single patients."""
    texts = [short(cell, 80) for cell in cells]
    if len(texts) < 5 or len(set(texts)) < len(texts) or not all(isinstance(cell, str | int | float) for cell in cells):
        return False
    return not any(map(_NUMBER.fullmatch, texts)) or all(text.isdigit() and len(text) >= 5 for text in texts)


_NUMBER = re.compile(r"[<>≤≥~]?\s*-?\d+(?:[.,]\d+)?\s*%?")


def evidence(upload: Upload, header: str) -> tuple[float | None, str]:
    """How well a column fits what it is read as (0 to 100), and why."""
    names = [name for name, source in upload.found.items() if source == header]
    offered = upload.proposal.candidates.get(header, ())
    if len(names) > 1:
        return None, "Its texts name " + ", ".join(VARIABLES[name].label for name in names)
    if not names:
        best = next((each for each in offered if each.score >= 60), None)
        if best is None:
            return None, ""
        taken = upload.found.get(best.canonical)
        also = f" (read from “{taken}”)" if taken else ""
        return None, f"Perhaps {VARIABLES[best.canonical].label}{also}: {best.evidence}"
    found = next((each for each in offered if each.canonical == names[0]), None)
    chosen = upload.proposal.mapping.get(names[0]) != header
    if found is None:
        return None, "Your choice" if chosen else ""
    words = found.evidence[:1].upper() + found.evidence[1:]
    return found.score, ("Your choice. " if chosen else "") + words


def to_check(upload: Upload, issues: Sequence[Issue]) -> set[str]:
    """Headers whose reading someone should look at."""
    found = {each.column for each in issues if each.rule in _OF_THE_PROPOSAL}
    found |= {header for each in upload.conflicts if each.canonical not in upload.settled for header in each.headers}
    return found | {question.header for question in upload.open_questions}
