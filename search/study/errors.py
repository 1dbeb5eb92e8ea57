"""What can go wrong, as a tree.

SearchError
├── InputError   something you gave is wrong: where, what is wrong, how to fix it; exit code 2
│   └── ArgumentError   an argument is, which the command line calls an option
└── RunError     the run could not be finished or read; exit code 1
"""

import re
from collections.abc import Mapping, Sequence


class SearchError(Exception):
    """Root of all errors that this package raises on purpose.

    Attributes:
        exit_code: By which a command ends that raises it.
    """

    exit_code = 1


class InputError(SearchError, ValueError):
    """Something you gave is wrong; as text one sentence, "where: problem; fix".

    Args:
        where: The file, line, column or field, with its value where that is short.
        problem: What is wrong there; empty where the fix says it.
        fix: What to write instead; empty where nobody can know.
        names: Arguments that it writes as `name=value`; a command shows them as options.
    """

    exit_code = 2

    def __init__(
        self, where: object, problem: object = "", fix: str = "", names: Sequence[str] = ()
    ) -> None:
        super().__init__(str(where), str(problem), fix, names)
        self.where, self.problem, self.fix, self.names = str(where), str(problem), fix, names

    def __str__(self) -> str:
        return ": ".join(filter(None, (self.where, self.reason)))

    @property
    def reason(self) -> str:
        """The sentence without its place."""
        return "; ".join(filter(None, (self.problem, self.fix)))

    @property
    def facts(self) -> Mapping[str, str]:
        """As `--json` has them."""
        return {"where": self.where, "problem": self.problem, "fix": self.fix}

    def within(self, place: object) -> "InputError":
        """The same error with a wider place before its own, such as the file of a column."""
        where = ": ".join(filter(None, (str(place), self.where)))
        return InputError(where, self.problem, self.fix, self.names)


class ArgumentError(InputError):
    """An argument of `search.run` and its like is wrong, which the command line calls an option.

    Args:
        argument: Its name in Python.
        value: As it was given; None where it is not shown.
        problem: What is wrong with it; empty where the fix says it.
        fix: What to give instead.
    """

    def __init__(self, argument: str, value: object, problem: str = "", fix: str = "") -> None:
        super().__init__(argument if value is None else f"{argument}={value}", problem, fix)
        self.args = (argument, value, problem, fix)
        self.argument, self.value = argument, value


class RunError(SearchError):
    """A run could not be finished, or a run folder could not be read."""


class UnmetError(SearchError):
    """A run is finished, and not as was demanded."""

    exit_code = 3


_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
_WRAPPING = re.compile(
    r"(in user code:|Graph execution error:|Detected at node |File \"|<stack traces unavailable>"
    r"|Exception encountered when calling |Could not automatically infer the output shape"
    r"|Arguments received by |• |\[\[\{\{node|Traceback |Original stack trace|\d+ root error)"
)
"""How lines begin in which Keras and TensorFlow wrap an error."""
_MARKS = re.compile(
    r"\{\{function_node .*?\}\}\s*|\s*\[Op:\w+\].*$|^\(\d+\) [A-Z_]+: (?=\S)|\s*for '\{\{node .*$"
    r"|\.?\s+Label values: .*$"
)
"""What TensorFlow puts into the line that says something."""
_RAISED = re.compile(r"^\s*[\w.]*(?:Error|Exception|Warning|Exit|Interrupt)\w*: ")
LONGEST = 300
"""Characters of another's error that a sentence has room for."""


def first_line(error: object) -> str:
    """The first line of another's error that says something; may be empty.

    Lines in which Keras and TensorFlow wrap an error are passed over ("Graph execution error:",
    "Exception encountered when calling LSTM.call()"), as are codes that colour a terminal.
    """
    try:
        lines = _ESCAPES.sub("", str(error)).strip().split("\n")
    except Exception:  # the error's own code
        return ""
    if lines[0].strip() == "in user code:":  # a traceback, and what was raised at its end
        raised = [i for i, line in enumerate(lines) if _RAISED.match(line)]
        lines = lines[raised[-1] :] if raised else lines[-1:]
        lines[0] = _RAISED.sub("", lines[0])
    stripped = [line.strip() for line in lines]
    places = (i for i, line in enumerate(stripped) if line and not _WRAPPING.match(line))
    at = next(places, 0)
    found = _MARKS.sub("", stripped[at]).strip() or stripped[at]
    for line in stripped[at + 1 :]:
        if not line[:1].islower() or found[-1:] in ".:;!?" or len(found) > LONGEST:
            break
        found += f" {line}"  # a sentence that is broken into lines
    return _cut(found)


def _cut(text: str) -> str:
    """At the end of its last sentence that fits, where there is one; else as many letters."""
    if len(text) <= LONGEST:
        return text
    end = text.rfind(". ", 0, LONGEST)
    return text[: end + 1] if end > 0 else text[:LONGEST]


def plain(error: BaseException) -> str:
    """An error of your own code in a sentence: its kind, and what it says first."""
    text = first_line(error)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
