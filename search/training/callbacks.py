"""The user's callbacks, over a training that is several calls of `fit`."""

from collections.abc import Mapping
from typing import Any

import keras

from search.study.parameters import Value
from search.study.study import MakeCallbacks, taken_by
from search.training.model import ModelError


class OneTraining(keras.callbacks.CallbackList):  # type: ignore[misc]
    """Callbacks that see one training from begin to end, whatever calls of `fit` it is made of.

    Args:
        callbacks: The user's.
        model: That is trained.
        epochs: Passes over the rows at most; `params["epochs"]` of the callbacks.
    """

    def __init__(self, callbacks: list[Any], model: Any, epochs: int) -> None:
        super().__init__(callbacks, add_history=True, model=model, epochs=epochs, verbose=0)
        self._last: Any = None
        self._begun = False

    def on_train_begin(self, logs: Any = None) -> None:
        """Passed on by the first `fit`."""
        if not self._begun:
            self._begun = True
            super().on_train_begin(logs)

    def on_train_end(self, logs: Any = None) -> None:
        """Not passed on: another `fit` may follow; see `end`."""
        self._last = logs

    def end(self) -> None:
        """The training is over: passed on as the end of it."""
        if self._begun:
            self._begun = False
            super().on_train_end(self._last)


def one_training(
    make: MakeCallbacks, params: Mapping[str, Value], model: Any, epochs: int
) -> OneTraining:
    """A trial's callbacks.

    Args:
        make: The user's function, which is given those of `params` that it takes.
        params: Values of the trial by name.
        model: That is trained.
        epochs: That it is trained at most.

    Raises:
        ModelError: `make` gave no list of Keras callbacks.
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
    return OneTraining(list(made), model, epochs)
