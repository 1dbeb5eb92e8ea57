"""From a space file to a study: its text, its siblings, and every mistake as one sentence."""

import inspect
import random
import re
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from shlex import quote
from types import ModuleType

import numpy as np

from search.data.paths import relative_to
from search.loading.error_text import mistake
from search.loading.from_text import REACHED, TextImporter
from search.loading.lazy_imports import heavy_loaded, needs_keras, random_kept
from search.loading.local_imports import siblings
from search.loading.named_instead import no_study
from search.loading.space_check import probe
from search.study.brings_space import BringsSpace
from search.study.errors import ArgumentError, InputError
from search.study.parameters import near, near_few
from search.study.study import ENGINES, Study

VALUES = "study_values"
"""The module that holds a study which was made in Python, pickled."""


_PICKLED = re.compile(r"<(.+\.py|Cell In\[\d+\])>")
"""What code is called by its file, or its cell of a notebook, that was pickled with a study."""


def file_of(filename: str) -> str:
    """The file of code, for messages.

    Args:
        filename: As the code has it.
    """
    found = _PICKLED.fullmatch(filename)
    return found[1] if found else filename


@dataclass(frozen=True)
class Space:
    """A space file that was executed.

    Attributes:
        study: What it says.
        title: The first line of its docstring, or its name.
        source: Its text.
        touched: Whether reading it needed Keras or TensorFlow, without a class or a registration of
            its own that cannot wait for `build`; what is found out by calling `build` needs them.
    """

    study: Study
    title: str
    source: "SpaceSource"
    touched: bool


@dataclass(frozen=True)
class SpaceSource:
    """A space file and the modules beside it that it imports, as text: so it travels to workers.

    Attributes:
        name: The file's name, such as "binary.py".
        place: Its path as you gave it, for messages and tracebacks; of a space file that was made
            for another file, the path of that.
        files: Name relative to the file's folder → text; the space file is among them.
        origin: Where it lay, if this is a copy: paths of data in it begin there.
        notes: What is to be said of it before a search.
    """

    name: str
    place: str
    files: Mapping[str, str]
    origin: str = ""
    notes: tuple[str, ...] = ()

    @property
    def is_pickled(self) -> bool:
        """Whether no file of the user's lies behind it: the study was made in a script."""
        return f"{VALUES}.py" in self.files

    @property
    def is_made(self) -> bool:
        """Whether the space file was made for one of the others, which is the user's."""
        named = Path(self.place).name
        return named != self.name and named in self.files

    @property
    def own_file(self) -> str:
        """Name of the user's file: the space file's, or of that for which it was made."""
        return Path(self.place).name if self.is_made else self.name

    @property
    def stem(self) -> str:
        """Of the user's file: runs, and their copies elsewhere, are called so."""
        return Path(self.own_file).stem

    def owns(self, filename: str) -> bool:
        """Whether a traceback's file is the space file or a sibling of it, and not a made one."""
        if self.is_pickled and _PICKLED.fullmatch(filename):
            return True
        files = self.without(self.name).files if self.is_made else self.files
        return filename in {self.path_of(name) for name in files}

    def path_of(self, name: str) -> str:
        """The path of one of its files, for messages and tracebacks."""
        return str(Path(self.place).parent / name)

    def without(self, name: str) -> "SpaceSource":
        """The same but for one of the files."""
        files = {other: text for other, text in self.files.items() if other != name}
        return replace(self, files=files)

    def execute(self) -> Space:
        """Run the text as a module; Keras stays out until something of it is used.

        Raises:
            InputError: The text fails, or gives no sound study.
        """
        before = heavy_loaded()
        with self.told():
            module = self.module()
            study = _study_in(module, self.files[self.name])
            probe(study)
        title = (inspect.getdoc(module) or Path(self.name).stem).splitlines()[0]
        own = isinstance(study.model, BringsSpace) or any(map(needs_keras, self.files.values()))
        touched = heavy_loaded() and not before and not own
        return Space(study, title, self, touched)

    def module(self) -> ModuleType:
        """Run the text, with paths of data beginning where it lay."""
        texts = TextImporter(self.name, Path(self.place).parent, self.files)
        module = texts.module()
        with relative_to(Path(self.origin or self.place).parent.absolute()), _seeded():
            texts.exec_module(module)
        return module

    @contextmanager
    def told(self) -> Iterator[None]:
        """Have what is raised inside become a sentence with its line.

        Raises:
            InputError: Something was.
        """
        try:
            yield
        except (Exception, SystemExit) as error:
            if isinstance(error, InputError) and self.owns(error.where.partition(", line ")[0]):
                raise
            raise mistake(error, self._where(error)) from error

    def _where(self, error: BaseException) -> str:
        """The line of the space file or a sibling that is nearest to the raise."""
        frames = [f for f in traceback.extract_tb(error.__traceback__) if self.owns(f.filename)]
        if not frames:
            return self.place
        return f"{file_of(frames[-1].filename)}, line {frames[-1].lineno}"


@contextmanager
def _seeded() -> Iterator[None]:
    """What a file draws as it is read, such as weights that models share, is the same everywhere.

    Each worker reads it for itself. Keras draws the seeds of initializers by `random`.
    """
    with random_kept():
        random.seed(0)
        np.random.seed(0)
        yield


_TABLES = {".csv", ".tsv", ".parquet", ".pq", ".xlsx", ".xlsm", ".xls"}


def read(path: Path) -> SpaceSource:
    """Read a space file and its siblings, without executing them.

    Raises:
        InputError: There is no such file, or it is no Python.
    """
    check_no_table(path)
    if not path.is_file():
        others = (
            [str(other) for other in sorted(path.parent.glob("*.py"))]
            if path.parent.is_dir()
            else []
        )
        fix = near_few(str(path), others) if others else "give the path of a space file"
        what = "this is a folder" if path.is_dir() else "there is no such file"
        raise InputError(path, what, fix)
    files = {path.name: _text(path)}
    waiting = [path.name]
    while waiting:
        name = waiting.pop()
        for sibling in siblings(files[name], name, path.parent):
            if sibling not in files:
                files[sibling] = _text(path.parent / sibling)
                waiting.append(sibling)
    return SpaceSource(path.name, str(path), files)


def check_no_table(path: Path) -> None:
    """Refuse a table where a space file is asked for, with the space file that searches it.

    Raises:
        InputError: It is one, by its name.
    """
    if path.suffix.lower() not in _TABLES:
        return
    raise InputError(
        path,
        "this is a table, not a space file",
        f"`search init {quote(str(path))} --target COLUMN` writes one, with the column to predict",
    )


def override(
    study: Study,
    trials: int | None = None,
    epochs: int | None = None,
    seed: int | None = None,
    engine: str | None = None,
) -> Study:
    """The study with what is said beside it instead.

    Raises:
        ArgumentError: A value that none can have.
    """
    for name, value in {"trials": trials, "epochs": epochs}.items():
        if value is not None and value < 1:
            raise ArgumentError(name, value, fix="give a whole number of 1 or more")
    if seed is not None and seed < 0:
        raise ArgumentError("seed", seed, fix="give a whole number of 0 or more")
    if engine is not None and engine not in ENGINES:
        raise ArgumentError("engine", engine, "there is no such engine", near(engine, ENGINES))
    budget = replace(
        study.budget,
        trials=study.budget.trials if trials is None else trials,
        epochs=study.budget.epochs if epochs is None else epochs,
    )
    return replace(
        study,
        budget=budget,
        # Points to try first are part of the budget: a smaller budget takes the first of them.
        first=tuple(study.first)[: budget.trials],
        seed=study.seed if seed is None else seed,
        engine=engine or study.engine,
    )


def _text(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8-sig")
        compile(text, str(path), "exec", dont_inherit=True)
    except UnicodeDecodeError as error:
        raise InputError(
            path, f"byte {error.start} is not UTF-8", "save the file as UTF-8"
        ) from None
    except SyntaxError as error:
        raise InputError(
            f"{path}, line {error.lineno}", error.msg, "fix the syntax there"
        ) from None
    except (OSError, ValueError) as error:
        raise InputError(path, f"the file cannot be read ({error})") from None
    return text


def _study_in(module: ModuleType, text: str) -> Study:
    study = module.__dict__.get("study")
    if isinstance(study, Study):
        return study
    of_optuna = type(study).__module__.startswith("optuna.")
    if study is not None and not of_optuna and REACHED not in vars(module):
        raise InputError("", f"study is a {type(study).__name__}", "write study = Study(…)")
    others = [name for name, value in vars(module).items() if isinstance(value, Study)]
    if others:
        raise InputError("", "there is no study in it", f"rename {others[0]!r} to 'study'")
    raise no_study(module, Path(module.__file__ or "").name, text)
