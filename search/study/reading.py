"""From a space file to a study: its text, its siblings, and every mistake as one sentence."""

import ast
import importlib.abc
import importlib.util
import inspect
import itertools
import linecache
import re
import sys
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

import search
from search.study.errors import InputError
from search.study.parameters import near
from search.study.probing import probe
from search.study.standing_in import stand_ins
from search.study.study import Study

_COUNT = itertools.count()


@dataclass(frozen=True)
class Space:
    """A space file that was executed.

    Attributes:
        study: What it says.
        title: The first line of its docstring, or its name.
        source: Its text.
        touched: Whether reading it needed Keras or TensorFlow.
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
        place: Its path as the person gave it, for messages and tracebacks.
        files: Name relative to the file's folder → text; the space file is among them.
    """

    name: str
    place: str
    files: Mapping[str, str]

    def owns(self, filename: str) -> bool:
        """Whether a traceback's file is the space file or a sibling of it."""
        return filename in {self.path_of(name) for name in self.files}

    def path_of(self, name: str) -> str:
        """The path of one of its files, for messages and tracebacks."""
        return str(Path(self.place).parent / name)

    def execute(self, *, lazy: bool = True) -> Space:
        """Run the text as a module.

        Args:
            lazy: Keep Keras and TensorFlow out until something of them is used.

        Raises:
            InputError: The text fails, or gives no sound study.
        """
        _serve(self)
        module = ModuleType(f"space_{next(_COUNT)}")
        module.__file__ = self.place
        sys.modules[module.__name__] = module  # pickle and dataclasses look their classes up there
        text = self.files[self.name]
        with stand_ins() if lazy else nullcontext(set[str]()) as touched:
            try:
                exec(compile(text, self.place, "exec", dont_inherit=True), module.__dict__)  # noqa: S102
                study = _study_in(module, self)
                probe(study)
            except (Exception, SystemExit) as error:
                raise _mistake(error, self) from error
        title = (inspect.getdoc(module) or Path(self.name).stem).splitlines()[0]
        return Space(study, title, self, bool(touched))


def read(path: Path) -> SpaceSource:
    """Read a space file and its siblings, without executing them.

    Raises:
        InputError: There is no such file, or it is no Python.
    """
    if not path.is_file():
        others = (
            [str(other) for other in sorted(path.parent.glob("*.py"))]
            if path.parent.is_dir()
            else []
        )
        mend = near(str(path), others) if others else "; give the path of a space file"
        what = "this is a folder" if path.is_dir() else "there is no such file"
        raise InputError(f"{path}: {what}{mend}")
    files = {path.name: _text(path)}
    waiting = [path.name]
    while waiting:
        for sibling in _siblings(files[waiting.pop()], path):
            if sibling not in files:
                files[sibling] = _text(path.parent / sibling)
                waiting.append(sibling)
    return SpaceSource(path.name, str(path), files)


def override(
    study: Study, trials: int | None = None, epochs: int | None = None, seed: int | None = None
) -> Study:
    """The study with what the command line says instead.

    Raises:
        InputError: Names the option.
    """
    changes = {"--trials": trials, "--epochs": epochs}
    for option, value in changes.items():
        if value is not None and value < 1:
            raise InputError(f"{option} {value}: give a whole number of 1 or more")
    if seed is not None and seed < 0:
        raise InputError(f"--seed {seed}: give a whole number of 0 or more")
    budget = replace(
        study.budget,
        trials=study.budget.trials if trials is None else trials,
        epochs=study.budget.epochs if epochs is None else epochs,
    )
    # Points to try first are part of the budget: a smaller budget takes the first of them.
    first = tuple(study.first)[: budget.trials]
    return replace(study, budget=budget, first=first, seed=study.seed if seed is None else seed)


def _text(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8")
        ast.parse(text)
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path}: byte {error.start} is not UTF-8; save the file as UTF-8"
        ) from None
    except SyntaxError as error:
        raise InputError(
            f"{path}, line {error.lineno}: {error.msg}; mend the syntax there"
        ) from None
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: the file cannot be read ({error})") from None
    return text


def _siblings(text: str, space: Path) -> Iterator[str]:
    """Files beside the space file that a text imports, wherever in it the import stands."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        else:
            continue
        for name in names:
            steps = name.split(".")
            for depth in range(1, len(steps) + 1):
                stem = "/".join(steps[:depth])
                for candidate in (f"{stem}.py", f"{stem}/__init__.py"):
                    if (space.parent / candidate).is_file():
                        yield candidate


class _Siblings(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Serves sibling modules from their texts, also later, from inside `build`."""

    def __init__(self, source: SpaceSource) -> None:
        self._source = source

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        del path, target
        name = self._file_of(fullname)
        if name is None:
            return None
        return importlib.util.spec_from_loader(
            fullname,
            self,
            origin=self._source.path_of(name),
            is_package=name.endswith("/__init__.py"),
        )

    def exec_module(self, module: ModuleType) -> None:
        name = self._file_of(module.__name__)
        if name is None:
            raise ImportError(f"no module named {module.__name__!r} beside {self._source.place}")
        path = self._source.path_of(name)
        module.__file__ = path
        exec(compile(self._source.files[name], path, "exec", dont_inherit=True), module.__dict__)  # noqa: S102

    def forget(self) -> None:
        """Make room for the siblings of another space."""
        for name in [name for name in sys.modules if self._file_of(name)]:
            del sys.modules[name]

    def _file_of(self, module: str) -> str | None:
        stem = module.replace(".", "/")
        names = (f"{stem}.py", f"{stem}/__init__.py")
        return next((n for n in names if n in self._source.files and n != self._source.name), None)


def _serve(source: SpaceSource) -> None:
    """Make a source's files known to imports and, as AutoGraph needs it, to `inspect`."""
    for finder in [f for f in sys.meta_path if isinstance(f, _Siblings)]:
        finder.forget()
        sys.meta_path.remove(finder)
    sys.meta_path.insert(0, _Siblings(source))
    for name, text in source.files.items():
        path = source.path_of(name)
        linecache.cache[path] = (len(text), None, text.splitlines(keepends=True), path)


def _study_in(module: ModuleType, source: SpaceSource) -> Study:
    study = module.__dict__.get("study")
    if isinstance(study, Study):
        return study
    if study is not None:
        raise InputError(
            f"{source.place}: study is a {type(study).__name__}; write study = Study(…)"
        )
    others = [name for name, value in vars(module).items() if isinstance(value, Study)]
    mend = f"; rename {others[0]!r} to 'study'" if others else "; write study = Study(…)"
    raise InputError(f"{source.place}: there is no study in it{mend}")


def _mistake(error: BaseException, source: SpaceSource) -> InputError:
    """An exception of a space file as one sentence with its place."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if source.owns(f.filename)]
    place = f"{frames[-1].filename}, line {frames[-1].lineno}" if frames else source.place
    match error:
        case InputError():
            text = str(error)
            return error if text.startswith(source.place) else InputError(f"{place}: {text}")
        case SystemExit():
            return InputError(f"{place}: the file ends the program; drop the call of exit")
        case ModuleNotFoundError() if error.name:
            package = error.name.split(".")[0]
            return InputError(
                f"{place}: no module named {error.name!r}; install it (pip install {package}) or "
                "put it beside the file"
            )
        case TypeError():
            return InputError(f"{place}: {_about_arguments(str(error))}")
        case _:
            text = str(error).strip().split("\n")[0]
            return InputError(
                f"{place}: {type(error).__name__}: {text}"
                if text
                else f"{place}: {type(error).__name__}"
            )


def _about_arguments(text: str) -> str:
    """Python's words on a wrong argument of one of this package's names, with the near match."""
    found = re.match(
        r"(?:\w+\.)*?(\w+?)(?:\.__init__)?\(\) got an unexpected keyword argument '(\w+)'", text
    )
    if found is None:
        return f"TypeError: {text}"
    called, argument = found.groups()
    known = _arguments_of(called)
    mend = near(argument, known) if known else ""
    return f"{called}({argument}=…): there is no such field{mend}"


def _arguments_of(called: str) -> list[str]:
    target: Any = getattr(search, called, None) if called in search.__all__ else None
    return list(inspect.signature(target).parameters) if callable(target) else []
