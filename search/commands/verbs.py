"""The error for a first word that is not a command."""

from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

from search import InputError


def check_verb(word: str, verbs: Sequence[str]) -> None:
    """Raise for a first word that is not a command, and suggest the nearest one.

    Raises:
        InputError: It is neither a verb nor an option.
    """
    if word in verbs or word.startswith("-"):
        return
    from search.app.spaces import check_no_table

    path = Path(word)
    check_no_table(path)
    if path.suffix == ".py":
        raise InputError(word, fix=f"add a command, such as `search run {word}`")
    close = get_close_matches(word.lower(), verbs, n=3)
    fix = f"did you mean {' or '.join(close)}?" if close else "`search --help` lists all"
    raise InputError(word, "there is no such command", fix)
