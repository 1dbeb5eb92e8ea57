"""A `.keras` file as a thing on disk: whose it is, what it takes, and whether it brings own code.

All of it is read from the archive's JSON; nothing is built, imported or executed.
"""

import json
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from search.data.archives import check_sizes
from search.data.numpy_files import DAMAGES
from search.data.paths import check_file
from search.store.folder import Folder
from search.store.opening import looked_at, read
from search.store.run import StoredRun
from search.study.errors import InputError, RunError
from search.study.function_study import CHECKPOINT, MODEL
from search.study.signature import Signature
from search.study.task import TASKS
from search.study.trial import Trial

MEMBER = "search.json"
"""Of the archive, beside Keras's own three, which Keras leaves alone."""
MOST = 1 << 24
"""Bytes of text that a member has at most; a small archive can claim to hold any number."""
LARGEST = 1 << 32
"""Bytes of a file, and of all that it unpacks to: Keras packs nothing."""
MEMBERS = ("metadata.json", "config.json", "model.weights.h5", "model.weights.npz", MEMBER)
"""All that there are, beside those in `assets/`."""
LAMBDA = "Lambda"
_CODE = frozenset({LAMBDA, "TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer"})
"""Layers of Keras's own that run what a file brings along."""
_MODULES = frozenset(
    "activations constraints dtype_policies initializers layers losses metrics models optimizers "
    "quantizers random regularizers src".split()
)
"""Of Keras, what a model may be made of; others load, save and set."""


@dataclass(frozen=True)
class OwnCode:
    """A part of a model that is no part of Keras, or runs what the file brings along.

    Attributes:
        layer: Where it is used.
        name: Of the class or function; "lambda" for one without a name.
        bytecode: Whether the file itself holds what it runs, which Keras's safe mode refuses.
    """

    layer: str
    name: str
    bytecode: bool = False

    def __str__(self) -> str:
        where = f"layer {self.layer!r}" if self.layer else "the model"
        if self.bytecode:
            what = (
                "a Python lambda as bytecode" if self.name == "lambda" else f"code of {self.name}"
            )
            return f"{where} holds {what}, which Keras's safe mode refuses"
        what = repr(self.name) if self.layer else f"the class {self.name!r}"
        return f"{where} needs {what}, which is not part of Keras"


def needs(own: Sequence[OwnCode]) -> str:
    """All that a file needs beside Keras, within a sentence."""
    return ", and ".join(map(str, own))


def holds_code(own: Sequence[OwnCode]) -> bool:
    """Whether a file itself holds code, which may lack the names that it uses wherever it loads."""
    return any(part.bytecode for part in own)


@dataclass(frozen=True)
class ModelFile:
    """The content of a `.keras` file.

    Attributes:
        name: As you would type it.
        content: All of it.
        of_function: The run whose function left it, and so alone knows what it takes; else None.
    """

    name: str
    content: bytes
    of_function: Path | None = None

    @property
    def signature(self) -> Signature:
        """What it takes and says.

        Raises:
            InputError: The file does not say.
        """
        text = self._member(MEMBER)
        if text is None and self.of_function is not None:
            raise InputError(
                self.of_function,
                "a function was searched, and only it knows what the model that it left takes",
                f"`search export {self.of_function}` writes it; load it by keras.saving.load_model",
            )
        if text is None:
            raise InputError(
                self.name,
                "it does not say what it takes and what its outputs mean, so it was written by "
                "another program or an earlier version",
                "load it by keras.saving.load_model, and give it what it was trained on",
            )
        try:
            signature = TypeAdapter(Signature).validate_json(text)
        except ValidationError:
            raise self._damaged() from None
        if signature.task not in TASKS:
            raise self._damaged()
        return signature

    def own_code(self) -> list[OwnCode]:
        """Its parts that Keras does not bring along; what it was compiled with does not count.

        Raises:
            InputError: It is no whole `.keras` file.
        """
        try:
            return list(dict.fromkeys(_own_code(json.loads(self._member("config.json") or b""))))
        except (ValueError, TypeError, RecursionError, MemoryError):
            raise self._damaged() from None

    def _member(self, name: str) -> bytes | None:
        try:
            with zipfile.ZipFile(BytesIO(self.content)) as archive:
                check_sizes(archive, LARGEST)
                self._check_names(archive.namelist())
                if name not in archive.namelist():
                    return None
                if archive.getinfo(name).file_size > MOST:
                    raise self._damaged()
                return archive.read(name)
        except DAMAGES as error:
            if isinstance(error, InputError):
                raise
            raise self._damaged() from None

    def _check_names(self, names: list[str]) -> None:
        """Refuse an archive with what Keras would not put there."""
        for name in names:
            inside = name.startswith("assets/") and not {"", ".", ".."} & set(name.split("/")[:-1])
            if not (inside or name in MEMBERS) or names.count(name) > 1:
                raise InputError(
                    self.name,
                    f"it holds {name[:80]!r}, which no .keras file has there, or has once",
                    "export it again",
                )

    def _damaged(self) -> InputError:
        return InputError(
            self.name, "this is not a complete .keras file", "copy or export it again"
        )


def model_at(path: Path) -> ModelFile:
    """The model that you named: a run's winner, or a file of its own.

    Args:
        path: A run folder, a run's winner.keras, or any other .keras file.

    Raises:
        InputError: There is no such file, or no winner yet.
        RunError: It is a run's own file, and not what was written.
    """
    if (run := run_at(path)) is not None:
        return winner_of(run)
    if path.suffix != ".keras":
        raise InputError(
            path,
            "only run folders and .keras files are loaded, since others can execute code",
            "give one of these",
        )
    check_file(path)
    return ModelFile(str(path), read(path, path.parent, LARGEST))


def run_at(path: Path) -> StoredRun | None:
    """The run that you named, by its folder or its winner's file; None of any other file."""
    if path.is_dir():
        return StoredRun(path)
    folder = Folder(path.absolute().parent.parent)
    is_winner = path.absolute() == folder.model and looked_at(folder.study, folder.path) is not None
    return StoredRun(folder.path) if is_winner else None


def winner_of(run: StoredRun) -> ModelFile:
    """A run's winner, the file that was written.

    Raises:
        InputError: There is no winner yet, or no file of it.
        RunError: The file is missing, or its SHA-256 is another.
    """
    path, answer = run.folder.path, run.answer()
    if run.manifest.plan.is_of_function:
        return _left_by_best(run)
    if answer is not None and answer.no_model:
        raise InputError(
            path,
            f"there is no model file, since Keras could not save the winner ({answer.no_model})",
            f"`search reproduce {path}` trains it again, and `search export {path}` writes a "
            "script that does",
        )
    content = None if answer is None else run.model()
    if content is None:
        raise no_answer(run)
    return ModelFile(str(run.folder.model), content)


def left_by_best(run: StoredRun) -> tuple[Trial, Path]:
    """The best trial of a function and the file that it left.

    Raises:
        InputError: None has completed, or it left nothing that is kept.
    """
    best = run.best()
    if best is None:
        raise no_answer(run)
    path = run.left().get(best.number)
    if path is None:
        raise InputError(
            run.folder.path, f"trial {best.number}, the best, {why_none_left(best)}", LEAVES
        )
    return best, path


def why_none_left(trial: Trial) -> str:
    """Why there is no file of what a trial left, as the end of a sentence."""
    why = trial.no_model
    return f"left what is not kept: {why}" if why else "left no Keras model and no checkpoint"


LEAVES = (
    "an objective leaves one by trial.set_user_attr('model', model), a trainable by "
    "tune.report(…, checkpoint=…)"
)


def _left_by_best(run: StoredRun) -> ModelFile:
    """The model that the best trial left, on its own or as the only one of its checkpoint."""
    best, path = left_by_best(run)
    content = run.read_left(path)
    if path.suffix == CHECKPOINT:
        models = {n: c for n, c in unpacked(path, content).items() if n.endswith(MODEL)}
        if len(models) != 1:
            raise InputError(
                path,
                f"the checkpoint of trial {best.number} holds "
                f"{f'{len(models)} models' if models else 'no model'} of Keras's",
                f"`search export {run.folder.path}` unpacks it",
            )
        (content,) = models.values()
    return ModelFile(str(path), content, of_function=run.folder.path)


def unpacked(path: Path, content: bytes) -> dict[str, bytes]:
    """The files of a packed checkpoint by name.

    Raises:
        RunError: No search packed it so.
    """
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            check_sizes(archive, LARGEST)
            names = archive.namelist()
            if any({"", ".", ".."} & set(name.split("/")) for name in names):
                raise ValueError("a name in it leads elsewhere")
            return {name: archive.read(name) for name in names}
    except DAMAGES as error:
        raise RunError(f"{path}: this checkpoint cannot be read ({error})") from None


def no_answer(run: StoredRun) -> InputError:
    """What to say of a run whose finals have not ended."""
    path = run.folder.path
    if run.manifest.plan.is_of_function:
        return InputError(
            path, "a function was searched, so nothing was held out and there are no finals",
            f"`search status {path}` names its best trial",
        )  # fmt: skip
    if run.state == "failed":
        return InputError(
            path, "this run failed, so there is no winner", f"`search status {path}` says why"
        )
    return InputError(
        path, "this run has no answer yet", f"go on with `search resume {path}`, which ends in one"
    )


def signed(content: bytes, signature: Signature) -> bytes:
    """A `.keras` file that tells what it takes and says."""
    buffer = BytesIO(content)
    with zipfile.ZipFile(buffer, "a") as archive:
        # With a fixed time, so that the same model is the same file.
        archive.writestr(zipfile.ZipInfo(MEMBER), TypeAdapter(Signature).dump_json(signature))
    return buffer.getvalue()


def _own_code(part: Any, layer: str = "") -> Iterator[OwnCode]:
    if isinstance(part, list):
        for inner in part:
            yield from _own_code(inner, layer)
    if not isinstance(part, dict):
        return
    config, kind = part.get("config"), part.get("class_name")
    if isinstance(config, dict) and "registered_name" in part:
        layer = config.get("name") or layer
    # Loss and optimizer play no part in a prediction, and are left out of what Keras is given.
    inner = [
        own
        for name, each in part.items()
        if name != "compile_config" or kind is None
        for own in _own_code(each, layer)
    ]
    if kind == "__lambda__":
        yield OwnCode(str(layer), "lambda", bytecode=True)
        return  # what it closes over, such as a module, is part of it
    if kind == "function" or (kind and _is_foreign(part)):
        yield OwnCode(str(layer), str(config if kind == "function" else kind))
    elif kind in _CODE and (kind != LAMBDA or not inner):  # what a Lambda calls is told by itself
        yield OwnCode(str(layer), str(kind), bytecode=True)
    yield from inner


def _is_foreign(part: dict[str, Any]) -> bool:
    """Whether Keras would have to be told of a class; one of its own has its module's name."""
    kind, module = str(part["class_name"]), part.get("module")
    if module is None or module == "builtins":
        return not kind.startswith("__")  # such as a shape or a type
    package, _, rest = str(module).partition(".")
    return package != "keras" or (rest != "" and rest.partition(".")[0] not in _MODULES)
