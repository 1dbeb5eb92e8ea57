"""Training that is one call from begin to end: by a `fit=` of yours, or by `fit` with callbacks.

The call runs in a greenlet, which pauses in a callback after each epoch until more are asked for. A
greenlet and not a thread: Keras keeps its policies, its names and its random numbers by thread.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from contextvars import copy_context
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any, cast
from weakref import finalize

import keras
import numpy as np
from greenlet import GreenletExit, greenlet

from search.data.dataset import Array
from search.data.rows_in_file import RowsOnDemand
from search.data.split import Rows
from search.data.tree import Tree
from search.study.arguments import LOOP, taken_by
from search.study.study import Fit
from search.study.task import direction_of
from search.study.trial import Curve, epochs_in
from search.training.callbacks import Callbacks, own_callbacks
from search.training.engine import Training, TrainingRequest, TrainingRows
from search.training.keras_training import KerasTraining
from search.training.model_inputs import inputs_of
from search.training.row_stream import stream
from search.training.stock_fit import FitTraining, measured, of_keras, validated, whole_fit
from search.training.target_forms import as_targets, given_as
from search.training.training_data import TrainingData

ALIKE = 1e-5
"""As a fraction, by which one model's measures may differ from one time to the next."""


class LoopError(Exception):
    """A function that trains does not do what one has to."""


class GivenRows(TrainingData):
    """Rows of a loop of yours, which know whether their weights were read."""

    _are_read = False

    @property
    def sample_weight(self) -> object:  # type: ignore[override] # else a plain attribute
        """As in `TrainingData`."""
        self._are_read = True
        return vars(self)["sample_weight"]

    @property
    def weights_are_ignored(self) -> bool:
        """Whether there are weights, and nobody has looked at them."""
        return vars(self)["sample_weight"] is not None and not self._are_read


class OneCall(KerasTraining):
    """A model in training by one call of a function.

    Args:
        request: What is trained.
        rows: With targets as the model takes them.
        call: Trains, given callbacks; what it returns is read where no epoch was reported.
        more: Callbacks beside yours.

    Attributes:
        given: The rows that a loop of yours is given; None where Keras trains.
    """

    can_go_on = False

    def __init__(
        self,
        request: TrainingRequest,
        rows: TrainingRows,
        call: Callable[[Any], Any],
        more: Sequence[Any] = (),
    ) -> None:
        super().__init__(request.model, rows.shape)
        self._request, self._rows = request, rows
        self._name = getattr(request.loop, "__name__", "fit")
        self._has_own_epochs = bool(getattr(request.loop, "has_own_epochs", False))
        self._asked = request.plan.epochs
        self._curve: dict[str, list[float]] = {}
        self._until = 0
        self.model.stop_training = False  # which Keras sets in `fit`, and a loop by hand may ask
        self._before: list[Array] = []
        self._reports = False
        self.given: GivenRows | None = None
        report = _Report(on_epoch_end=self._report)
        made = []
        if request.callbacks is not None:
            made = own_callbacks(request.callbacks, request.params, request.files or _lost(self))
        self._callbacks = Callbacks([*made, *more, report], request.model, self._asked)
        self._training = greenlet(lambda: self._whole(call))
        self._training.gr_context = copy_context()

    @property
    def _reported(self) -> int:
        return epochs_in(self._curve)

    @property
    def stopped(self) -> bool:
        """As in `Training`."""
        if self._request.loop is None and self._reported == self.epoch and self.model.stop_training:
            return True
        return bool(self._training.dead) and self.epoch == self._reported

    def _run(self, first: int, last: int) -> Curve:
        self._until = last
        while not self._training.dead and self._reported < last and self._is_finite:
            self._training.switch()
        return {name: values[first:last] for name, values in self._curve.items()}

    @property
    def _paused(self) -> bool:
        return self._reports

    @property
    def _is_finite(self) -> bool:
        return bool(np.isfinite(self._curve.get("loss", [0.0])[-1]))

    def _whole(self, call: Callable[[Any], Any]) -> None:
        keras.utils.set_random_seed(self._request.seed)
        try:
            returned = call(self._callbacks)
        except AttributeError as error:
            # Keras's fit returns model.history, which a CallbackList sets of its own model alone.
            if error.name != "history" or not isinstance(error.obj, keras.Model):
                raise
            raise LoopError(
                f"{self._name} hands callbacks to the fit of another model than the one it is "
                "given; hand them over as callbacks=[*callbacks]"
            ) from error
        if not self._curve:
            self._read(returned)

    def _report(self, epoch: int, logs: Any) -> None:
        """Take note of an epoch, and pause where no more are asked for."""
        del epoch
        if not isinstance(logs, Mapping) or not logs:
            raise LoopError(
                f"{self._name} reported no measures of an epoch; give on_epoch_end(epoch, logs) a "
                "dict of them, such as {'loss': …, 'val_loss': …}"
            )
        if self._has_own_epochs and self._reported == self._asked:
            self.model.set_weights(self._before)  # of the last epoch that is asked for
            raise GreenletExit
        self._check_count(self._reported + 1)
        self._reports = True
        self._grow({name: [_number(name, value)] for name, value in logs.items()})
        if self._reported == self._asked or self.model.stop_training:
            self._before = self.model.get_weights()
        if self._reported >= self._until or not self._is_finite:
            self._training.parent.switch()

    def _read(self, returned: Any) -> None:
        """Take the measures of all epochs from what the call returned."""
        history = getattr(returned, "history", returned)
        if not isinstance(history, Mapping) or not history:
            raise LoopError(
                f"{self._name} reported no epoch and returned {type(returned).__name__}; hand "
                "callbacks to model.fit, call callbacks.on_epoch_end(epoch, logs) after each "
                "epoch, or return a history"
            )
        lengths = {name: len(values) for name, values in history.items()}
        if len(set(lengths.values())) > 1:
            told = ", ".join(f"{length} of {name}" for name, length in lengths.items())
            raise LoopError(
                f"{self._name} returned a history with {told}; give a value of each for each epoch"
            )
        self._check_count(max(lengths.values()))
        self._grow({n: [_number(n, value) for value in values] for n, values in history.items()})
        self._before = self.model.get_weights()

    def _check_count(self, epochs: int) -> None:
        if epochs > self._asked:
            raise LoopError(
                f"{self._name} trained for more than the {self._asked} epochs that it was asked "
                "for; let its epochs be as many as its argument says"
            )

    def _grow(self, more: Mapping[str, list[float]]) -> None:
        found = measured(self._with_val(more), self._request.plan.measure)
        missing = self._curve.keys() - found.keys()
        if missing or (self._curve and found.keys() - self._curve.keys()):
            odd = sorted(missing or found.keys() - self._curve.keys())[0]
            raise LoopError(
                f"{self._name} reported {odd} of some epochs and not of all; report the same "
                "measures of each"
            )
        for name, values in found.items():
            self._curve.setdefault(name, []).extend(values)

    def _with_val(self, more: Mapping[str, list[float]]) -> Mapping[str, list[float]]:
        """With the name that begins with "val_" for an objective that a hypermodel names otherwise.

        Only of a custom measure: what this package knows is measured on validation.
        """
        objective = self._request.plan.objective
        short = objective.removeprefix("val_")
        if not self._has_own_epochs or direction_of(objective) or objective in more:
            return more
        return {objective if name == short else name: values for name, values in more.items()}

    def end(self, curve: Curve) -> Curve:
        """Let the call return, or leave it where it is short of its end; as in `Training`.

        Where that has changed the weights, as `EarlyStopping` restores the best ones, the curve
        ends with the epoch whose measures the model has again; or, where none has them, its last
        epoch is measured anew.
        """
        if self._reported == self._asked or self.stopped:
            while not self._training.dead:
                self._training.switch()
        before = self._before or self.model.get_weights()
        self.leave()
        self._callbacks.end()
        after = self.model.get_weights()
        same = (np.array_equal(*pair, equal_nan=True) for pair in zip(before, after, strict=True))
        if all(same) or not self.model.compiled:
            return curve
        now = validated(self._request, self._rows.validation)
        now = self._with_objective(now)
        known = {name: values[0] for name, values in now.items() if name in curve}
        epochs = range(epochs_in(curve))
        alike = [k for k in epochs if all(_near(curve[n][k], v) for n, v in known.items())]
        if alike:
            return {name: values[: alike[-1] + 1] for name, values in curve.items()}
        return {n: [*v[:-1], known[n]] if n in known else list(v) for n, v in curve.items()}

    def mistake(self, *, patient: bool) -> str:
        """As in `Training`: of a `fit=` of yours."""
        if self._request.loop is None:
            return ""
        if self._reported < self._asked and not self._has_own_epochs:
            return (
                f"{self._name} reported {self._reported} of the {self._asked} epochs that it was "
                "asked for; let it train for as many as its argument says"
            )
        if patient and not self._reports:
            return (
                f"{self._name} returns a history and reports no epoch while it trains, so that "
                "Budget(patience=…) finds no weights of the best one; call callbacks.on_epoch_end("
                "epoch, logs) after each epoch, or give Budget(epochs=…) without patience"
            )
        if self.given is not None and self.given.weights_are_ignored:
            return (
                f"{self._name} does not read train.sample_weight, and these rows have weights; "
                "use them, such as by model.fit(…, sample_weight=train.sample_weight)"
            )
        return ""

    def leave(self) -> None:
        """As in `Training`: an exception ends the call where it is paused."""
        with suppress(Exception):
            if not self._training.dead:
                self._training.throw(GreenletExit)

    def sweep(self, rates: Array) -> Curve:
        """As in `Training`."""
        return FitTraining(self._request, self._rows).sweep(rates)


class _Report(keras.callbacks.LambdaCallback):  # type: ignore[misc]
    """Whose model a loop by hand may set, as with Keras 2."""

    model = None


def _lost(training: object) -> str:
    """A folder that goes when a training does."""
    folder = mkdtemp(prefix="keras-search-callbacks-")
    finalize(training, rmtree, folder, ignore_errors=True)
    return folder


def own_loop(request: TrainingRequest, rows: TrainingRows) -> Training:
    """Begin a training by the function that a request brings."""
    loop, asked = cast("Fit", request.loop), request.plan.epochs
    given = as_targets(request.model, rows, request.class_weight)
    train, validation = _given(given.train, request.batch), _given(given.validation, request.batch)
    values = {n: v for n, v in taken_by(loop, request.params).items() if n not in LOOP}

    def call(callbacks: Any) -> Any:
        return loop(
            model=request.model, train=train, validation=validation, epochs=asked,
            callbacks=callbacks, **values,
        )  # fmt: skip

    training = OneCall(request, given, call)
    training.given = train
    return training


def by_one_fit(request: TrainingRequest, rows: TrainingRows) -> Training:
    """Begin a training by one call of the model's `fit`; rows with targets as the model takes."""
    return OneCall(request, rows, whole_fit(request, rows), of_keras(request, rows))


def _given(rows: Rows, batch: int) -> GivenRows:
    """Rows as a loop is given them; batches of them where they stay in their file."""
    if rows.stream is not None:
        return GivenRows(rows.stream.in_batches(batch), None)
    if isinstance(rows.x, RowsOnDemand):
        return GivenRows(stream(rows, lambda: np.random.permutation(len(rows)), batch), None)
    x = rows.x
    if isinstance(x, Tree):
        has_texts = any(leaf.dtype == object for leaf in x.leaves.values())
        x = inputs_of(x) if has_texts else x.nested
    weights = None if rows.weights is None else given_as(rows.weights)
    return GivenRows(x, rows.y, weights)


def _number(name: str, value: Any) -> float:
    try:
        return float(np.mean(value))
    except (TypeError, ValueError):
        raise LoopError(f"{name} was reported as {value!r}, which is no number") from None


def _near(one: float, other: float) -> bool:
    return abs(one - other) <= ALIKE * max(abs(one), abs(other), ALIKE)
