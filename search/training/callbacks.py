"""The user's callbacks, and what a training is given as `callbacks`."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import keras

from search.study.arguments import taken_by
from search.study.parameters import Value
from search.study.study import MakeCallbacks
from search.training.model import ModelError


class Callbacks(keras.callbacks.CallbackList):  # type: ignore[misc]
    """What a training is given as `callbacks`: to hand to `fit`, to call, or to put into a list.

    Args:
        callbacks: Keras's; the one that reports comes last, when the others have seen an epoch.
        model: That is trained.
        epochs: That are asked for.
    """

    def __init__(self, callbacks: list[Any], model: Any, epochs: int) -> None:
        super().__init__(callbacks, add_history=True, model=model, epochs=epochs, verbose=0)
        self._last: Any = None
        self._begun = False

    def __iter__(self) -> Iterator[Any]:
        return iter(self.callbacks)

    def __add__(self, others: Any) -> list[Any]:
        return [*self.callbacks, *others]

    def __radd__(self, others: Any) -> list[Any]:
        return [*others, *self.callbacks]

    def on_train_begin(self, logs: Any = None) -> None:
        """A training begins, or another phase of it."""
        self._begun = True
        super().on_train_begin(logs)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Each has seen the epoch; a loop by hand need not say that it began."""
        if not self._begun:
            self.on_train_begin()
        self._last = logs
        super().on_epoch_end(epoch, logs)

    def on_train_end(self, logs: Any = None) -> None:
        """It is over, or a phase of it."""
        self._begun = False
        super().on_train_end(logs)

    def end(self) -> None:
        """It is over, where nobody has said so."""
        if self._begun:
            self.on_train_end(self._last)


_PATHS = {
    keras.callbacks.ModelCheckpoint: "filepath",
    keras.callbacks.CSVLogger: "filename",
    keras.callbacks.TensorBoard: "log_dir",
}
"""Those that write files → where they know their path."""


def own_callbacks(make: MakeCallbacks, params: Mapping[str, Value], folder: str) -> list[Any]:
    """A trial's callbacks.

    Args:
        make: The user's function, which is given those of `params` that it takes.
        params: Values of the trial by name.
        folder: In which they write their files, so that no other trial's are overwritten: beside
            the path that they were given, or anywhere where it is absolute.

    Raises:
        ModelError: `make` gave no list of Keras callbacks, or one that trials would share.
    """
    made = make(**taken_by(make, params))
    called = getattr(make, "__name__", "callbacks")
    if not isinstance(made, list | tuple):
        raise ModelError(
            f"{called} returned {type(made).__name__}; it has to return a list of "
            "keras.callbacks.Callback"
        )
    for callback in made:
        if not isinstance(callback, keras.callbacks.Callback):
            raise ModelError(
                f"{called} returned a list with {type(callback).__name__} in it; give "
                "keras.callbacks.Callback alone"
            )
        if isinstance(callback, keras.callbacks.BackupAndRestore):
            raise ModelError(
                f"{called} returned a BackupAndRestore, which would give a trial the weights that "
                "another left in its folder; drop it, since `search resume` goes on with a run"
            )
        _move(callback, folder)
    return list(made)


def _move(callback: Any, folder: str) -> None:
    """Have a callback write in a folder: "logs/all.csv" becomes "logs/FOLDER/all.csv"."""
    for kind, attribute in _PATHS.items():
        if isinstance(callback, kind):
            before, slash, name = str(getattr(callback, attribute)).rpartition("/")
            if kind is keras.callbacks.TensorBoard:  # whose path is a folder itself
                before, slash, name = f"{before}{slash}{name}", "/", ""
            path = os.path.join(f"{before}{slash}", folder, name)  # noqa: PTH118 - may be a URL
            setattr(callback, attribute, path.rstrip("/"))
            if kind is keras.callbacks.CSVLogger and "://" not in path:
                Path(path).parent.mkdir(parents=True, exist_ok=True)
