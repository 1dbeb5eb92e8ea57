"""What an exported form of a winner tells of itself, for the page of its run."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from pydantic import Field, TypeAdapter, ValidationError

from search.store.opening import StrangeError, read
from search.study.whole_file import write_whole

FORMS = ("serving", "onnx", "litert")
NAME = "form.json"
MOST = 1 << 12
"""Bytes that it has at most."""


@dataclass(frozen=True)
class ServedForm:
    """A winner as it is served, and what that costs on the machine that exported it.

    Attributes:
        form: Of `FORMS`.
        model: SHA-256 of the `.keras` file that it was made of.
        size: Bytes of its files.
        seconds: That a call of one row takes.
        by_keras: That it takes in Keras there.
    """

    form: str
    model: str
    size: int = Field(ge=0)
    seconds: float = Field(gt=0, allow_inf_nan=False)
    by_keras: float = Field(gt=0, allow_inf_nan=False)

    @classmethod
    def of(cls, form: str, model: bytes, size: int, seconds: float, by_keras: float) -> Self:
        """Of a `.keras` file's content."""
        return cls(form, hashlib.sha256(model).hexdigest(), size, seconds, by_keras)

    def save(self, folder: Path) -> None:
        """Write it beside the form's files."""
        write_whole(folder / NAME, TypeAdapter(ServedForm).dump_json(self))


def folder_of(name: str, form: str) -> Path:
    """Where a run's winner is exported to in a form, where nothing else is said."""
    return Path("exports") / f"{name}-{form}"


def forms_of(run: Path, model: bytes) -> list[ServedForm]:
    """Forms of a run's winner that were exported beside it; those of another model are left out.

    Args:
        run: Its folder, in `runs/`.
        model: Content of its `.keras` file.
    """
    home, wanted = run.parent.parent, hashlib.sha256(model).hexdigest()
    found = []
    for form in FORMS:
        try:
            told = read(home / folder_of(run.name, form) / NAME, home, MOST)
            kept = TypeAdapter(ServedForm).validate_json(told)
        except (OSError, StrangeError, ValidationError):
            continue  # it was not exported, or by somebody else
        if (kept.form, kept.model) == (form, wanted):
            found.append(kept)
    return found
