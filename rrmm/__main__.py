"""`python -m rrmm COMMAND ...`: the same analyses without a browser.

Each command is a module of :mod:`rrmm.commands` with ``add_arguments(parser)`` and ``run(args) -> int``,
imported only when it is asked for. Refusals are one sentence on the error stream and status 2; nothing ends
in a traceback.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
import warnings
from collections.abc import Sequence
from importlib.util import find_spec
from typing import NoReturn

COMMANDS = {
    "clean": "the file as one clean table, and what was done to it",
    "summary": "the cohort in one JSON object",
    "survival": "survival analysis of any table, as JSON",
    "cuminc": "cumulative incidence with competing risks of any table, as JSON",
    "table2x2": "every test and interval of a 2 x 2 table, as JSON",
    "report": "slides, document and tables of a cohort",
    "events": "counts by time and group, to pool with other centres",
    "pool": "curves and tests from the counts of several centres",
}
REFUSED = 2


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence."""

    def error(self, message: str) -> NoReturn:
        """Leave with the sentence and status 2."""
        sentence = message[:1].upper() + message[1:]
        self.exit(REFUSED, f"{sentence.rstrip('.')}. See: {self.prog} --help\n")


def offered() -> dict[str, str]:
    """The commands that are there, with what they do."""
    return {name: what for name, what in COMMANDS.items() if find_spec(f"rrmm.commands.{name}") is not None}


def overview() -> str:
    """What is printed without a command."""
    lines = [f"  {name:<10} {what}" for name, what in offered().items()]
    return "\n".join(["Usage: python -m rrmm COMMAND ... (COMMAND --help for its arguments)", *lines])


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status: 0 done, 2 refused."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if not given or given[0] in ("-h", "--help", "help"):
        print(overview())
        return 0 if given else REFUSED
    name, rest = given[0], given[1:]
    if name not in offered():
        _say(f"There is no command '{name}'; there are: {', '.join(offered())}.")
        return REFUSED
    return _run(name, rest)


def _run(name: str, rest: Sequence[str]) -> int:
    from rrmm.intake.issues import Refused

    if not sys.warnoptions:
        # The sentence of a library's warning is for its caller, not for who reads the JSON.
        warnings.simplefilter("ignore")
    try:
        command = importlib.import_module(f"rrmm.commands.{name}")
        parser = Parser(prog=f"python -m rrmm {name}", description=COMMANDS[name])
        command.add_arguments(parser)
        status = int(command.run(parser.parse_args(rest)) or 0)
        sys.stdout.flush()
        return status
    except (Refused, OSError) as error:
        if isinstance(error, BrokenPipeError):
            # Whoever read the output has left: nothing more to say, and nothing for Python to flush.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 0
        _say(_file_sentence(error) if isinstance(error, OSError) else str(error))
    except KeyboardInterrupt:
        _say(f"{name} was stopped.")
    except MemoryError:
        _say(f"{name} could not be finished: the memory of this machine is not enough.")
    except Exception as error:
        _say(f"{name} could not be finished: {type(error).__name__}.")
    return REFUSED


def _file_sentence(error: OSError) -> str:
    what = {
        FileNotFoundError: "There is no such file",
        IsADirectoryError: "This is a folder, not a file",
        PermissionError: "This file may not be opened",
    }
    said = next((text for kind, text in what.items() if isinstance(error, kind)), "This file can't be used")
    return f"{said}: {error.filename}." if error.filename else f"{said}."


def _say(sentence: str) -> None:
    print(" ".join(sentence.split()), file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
