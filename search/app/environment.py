"""What a command's process is given by its surroundings, made fit before anything is loaded.

What is set here holds for all processes that a session starts on this machine, too.
"""

import os
import sys
import warnings
from collections.abc import Mapping

OWNER = 0o077
"""Of a umask, what may be taken from others; what it takes from the owner would lock us out of the
run folder."""

FIXED: Mapping[str, str | None] = {
    # TensorFlow trains all there is, with the Keras that comes as `keras`.
    "KERAS_BACKEND": "tensorflow",
    "TF_USE_LEGACY_KERAS": None,
    # A notebook gives this to all that it starts, and matplotlib stops at what it does not know.
    "MPLBACKEND": "agg",
    # Processes of Ray's that start by `python -c` would look for modules in the working directory
    # first, where a `random.py` of the user's ends them.
    "PYTHONSAFEPATH": "1",
}
"""Variable → its value for this process and all that it starts; None for none."""

AT_START = ("PYTHONOPTIMIZE", "PYTHONINSPECT")
"""Heeded by Python as it starts: without docstrings Ray does not come up, and at the end it would
wait for input."""

NOTES: list[str] = []
"""What the user should know of what was given and is not heeded."""


def settle() -> None:
    """Make this process's streams, variables, warnings and umask what every command relies on."""
    if any(os.environ.pop(name, None) for name in AT_START):
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - itself anew
    _open_streams()
    os.umask(os.umask(OWNER) & OWNER)
    NOTES[:] = _unheeded(os.environ)
    for name, value in FIXED.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
    _calm_warnings()


def _unheeded(environ: Mapping[str, str]) -> list[str]:
    backend = environ.get("KERAS_BACKEND") or "tensorflow"
    said = []
    if backend != "tensorflow":
        said.append(f"KERAS_BACKEND={backend}: a search trains with TensorFlow all the same")
    if environ.get("TF_USE_LEGACY_KERAS", "0").lower() in {"1", "true"}:
        said.append("TF_USE_LEGACY_KERAS: a search trains with Keras 3 all the same")
    return said


def _calm_warnings() -> None:
    """`-W error` would end every import of Ray; Python also hands it on to what it starts."""
    if "error" in os.environ.get("PYTHONWARNINGS", ""):
        del os.environ["PYTHONWARNINGS"]
    sys.warnoptions[:] = [option for option in sys.warnoptions if not option.startswith("error")]
    if any(action == "error" for action, *_ in warnings.filters):
        warnings.resetwarnings()
        warnings.simplefilter("ignore")


def _open_streams() -> None:
    """Have all three be there, and take any text.

    Closed by the shell (`>&-`), their numbers would go to the next files that are opened, such as
    the study, and what is printed would be written into those.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest number that is free
        if getattr(sys, name) is None:
            mode = "r" if number == 0 else "w"
            setattr(sys, name, os.fdopen(number, mode, encoding="utf-8", closefd=False))
    for stream in (sys.stdout, sys.stderr):
        # A name in letters that the terminal's encoding lacks must not end a command.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
