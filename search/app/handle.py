"""A run as a script has it: its answer, its model, its trials."""

import os
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from search.app.arguments import checked
from search.app.child_process import performed
from search.app.paths import below_runs, page_of
from search.app.predict import new_rows_of, predict
from search.report.closing import closing_lines
from search.store.model_file import no_answer, winner_of
from search.store.run import StoredRun
from search.study.answer import Answer, Interval
from search.study.errors import ArgumentError, InputError
from search.study.parameters import Value
from search.study.trial import Trial

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Best:
    """The winner.

    Attributes:
        trial: Number of its trial.
        params: Hyperparameter → value.
        measure: What it is judged by, such as "accuracy".
        value: Of that, on held-out rows; None where it is not finite.
        interval: A 95 % interval of it; None where the measure has none.
        validation: Mean objective on validation, over fresh seeds, as the model measures it: of
            targets that a `DenseSpace` standardises, in their standard deviations; None where
            there is none.
        parameters: How many numbers the model learns.
    """

    trial: int
    params: Mapping[str, Value]
    measure: str
    value: float | None
    interval: Interval | None
    validation: float | None
    parameters: int


@dataclass(frozen=True, repr=False)
class Verdict:
    """What the finals found.

    Attributes:
        sentences: As the terminal has them at the end of a run.
        answer: The figures behind them.
    """

    sentences: tuple[str, ...]
    answer: Answer

    def __str__(self) -> str:
        return "\n".join(self.sentences)

    __repr__ = __str__


class Run:
    """A run, read from its folder once, and again when it has changed.

    Nothing of it is executed in this process but the winner's model.

    Args:
        folder: Of the run, such as "runs/binary-20261123-141500", or its name alone.

    Raises:
        InputError: There is no run.
        RunError: It cannot be read.
    """

    @checked
    def __init__(self, folder: os.PathLike[str] | str) -> None:
        self.folder = below_runs(Path(folder))
        self._opened: StoredRun | None = None
        self._trials: tuple[Trial, ...] | None = None
        _ = self._stored  # it has to be one

    def __fspath__(self) -> str:
        return str(self.folder)

    def __repr__(self) -> str:
        return f"Run({str(self.folder)!r}, {self.state})"

    @property
    def name(self) -> str:
        """The run's name."""
        return self._stored.name

    @property
    def state(self) -> str:
        """Where it stands: "running", "finished", "interrupted" or "failed"."""
        return self._stored.state

    @property
    def trials(self) -> tuple[Trial, ...]:
        """Every trial that was begun, by number, with its learning curve.

        What an interruption left is `State.RUNNING`: `resume` runs it again.
        """
        stored = self._stored
        if self._trials is None:
            self._trials = stored.trials()
        return self._trials

    def frame(self) -> "pd.DataFrame":
        """The trials as a table: a row a trial, hyperparameters as columns of their own."""
        return self._stored.frame()

    @property
    def study(self) -> Any:
        """The `optuna.Study`."""
        return self._stored.study

    @property
    def page(self) -> Path:
        """Where its page lies."""
        return page_of(self.name)

    def report(self) -> dict[str, Any]:
        """What its page says as plain values: what `report.json` in its folder has."""
        from search.app.pages import data

        return data(self.folder)

    def markdown(self) -> str:
        """What its page says in GitHub's Markdown, as `search report --markdown`."""
        from search.app.pages import text

        return text(self.folder)

    @property
    def verdict(self) -> Verdict:
        """What the finals found.

        Raises:
            InputError: There is no winner yet.
        """
        answer = self._answer()
        return Verdict(tuple(closing_lines(self._stored.manifest, answer)), answer)

    @property
    def best(self) -> Best:
        """The winner, with its score on held-out rows.

        Raises:
            InputError: There is none yet.
        """
        answer = self._answer()
        winner, judged = answer.winner, answer.headline.judged
        return Best(
            winner.number,
            winner.params,
            judged.measure,
            judged.value,
            judged.interval,
            winner.mean,
            winner.weights,
        )

    def winner(self, custom_objects: Mapping[str, Any] | None = None) -> Any:
        """The winner as a Keras model, loaded in Keras's safe mode.

        Its file is what was written: its SHA-256 is checked. Of a function it is the model that
        the best trial left, which nothing was held out for.

        Args:
            custom_objects: Name → class or function of your own that the model is made of, as
                `keras.saving.load_model` takes them; none for those that are registered.

        Raises:
            InputError: There is none, or it cannot be loaded in safe mode.
            RunError: Its file is damaged.
        """
        from search.training.export import loaded
        from search.training.from_file import what_keras_said

        content = winner_of(self._stored).content
        try:
            return loaded(content, custom_objects)
        except Exception as error:  # whatever Keras finds wrong with it
            raise InputError(
                f"{self.folder}, winner",
                what_keras_said(error),
                "give classes and functions of your own by custom_objects={'Name': Name}",
            ) from error

    def predict(
        self,
        rows: "pd.DataFrame | Any | Path | str | Sequence[Path | str]",
        custom_objects: Mapping[str, Any] | None = None,
        *,
        strict: bool = False,
    ) -> "pd.DataFrame | Any":
        """What the winner says of new rows, as `search predict` writes it.

        What should be known of how rows were read is told as a warning.

        Args:
            rows: A frame with the columns that the winner takes; an array of rows, or a dict or
                list of arrays where it takes several; or a file of them, or pictures and folders
                of them.
            custom_objects: As for `winner`.
            strict: Whether rows that lie outside what the training rows had are refused; else a
                warning tells of them.

        Returns:
            A row each, with the index of a frame that was given: the predicted class and the
            probability of each class; that of each label; or numbers. Of a series a row for each
            step that follows. Of targets of any other kind what the model gives, with
            probabilities in the place of logits: an array, or a dict or list of arrays.

        Raises:
            InputError: There is no winner, or the rows are not what it takes.
            RunError: Its file is damaged.
        """
        import pandas as pd

        def own() -> Mapping[str, Any]:
            from search.training.export import registered

            return {**registered(), **(custom_objects or {})}

        winner = winner_of(self._stored)
        found = predict(winner, new_rows_of(winner, _given(rows), strict=strict), own=own)
        for note in found.notes:
            warnings.warn(note, stacklevel=2)
        if found.arrays is not None:
            return found.arrays.nested
        of_series = winner.signature.series is not None
        index = rows.index if isinstance(rows, pd.DataFrame) and not of_series else None
        return pd.DataFrame(list(found.rows), index=index)

    @checked
    def export(
        self,
        out: os.PathLike[str] | str | None = None,
        *,
        to: str | None = None,
        card: bool = False,
    ) -> tuple[Path, ...]:
        """Write the winner, a script of plain Keras that makes it again, and its rows.

        Args:
            out: A folder, new or empty; `exports/NAME` where left out.
            to: A form in which models are served, "serving", "onnx" or "litert", for the winner
                alone in it, with a README and a client.
            card: Whether a model card goes with the winner, as README.md.

        Returns:
            The files. What was left out, and why, is told as a warning.

        Raises:
            InputError: There is no winner, it cannot be had in that form, or the folder cannot take
                it.
            RunError: A file of the run is damaged.
        """
        if card and to is not None:
            raise ArgumentError("card", None, "a card goes with winner.keras", "leave to out")
        folder = None if out is None else os.fspath(out)
        order = {"what": "export", "run": self.folder, "out": folder, "to": to, "card": card}
        written = performed(order, f"{self.folder}: it could not be exported")
        for note in written["notes"]:
            warnings.warn(note, stacklevel=2)
        return tuple(map(Path, written["files"]))

    def reproduce(self) -> Mapping[str, Any]:
        """Train the winner again, and compare each figure, as `search reproduce --json` tells it.

        Raises:
            InputError: It cannot be tried.
        """
        order = {"what": "reproduce", "run": self.folder}
        found: Mapping[str, Any] = performed(order, f"{self.folder}: it could not be reproduced")
        return found

    @property
    def _stored(self) -> StoredRun:
        """The folder as it was read; read anew where it has changed."""
        if self._opened is None or not self._opened.is_current:
            self._opened, self._trials = StoredRun(self.folder), None
        return self._opened

    def _answer(self) -> Answer:
        answer = self._stored.answer()
        if answer is None:
            raise no_answer(self._stored)
        return answer

    def _repr_html_(self) -> str:
        answer = self._stored.answer()
        head = f"<b>{escape(self.name)}</b> ({escape(self.state)})"
        if answer is None:
            return f"{head}: {len(self.trials):,} trials"
        sentences = "".join(f"<div>{escape(line)}</div>" for line in self.verdict.sentences)
        values = "".join(
            f"<tr><td>{escape(name)}</td><td>{escape(str(value))}</td></tr>"
            for name, value in self.best.params.items()
        )
        page = escape(str(self.page))
        return (
            f'{head}{sentences}<table>{values}</table><a href="{page}" target="_blank">{page}</a>'
        )


def _given(rows: Any) -> Any:
    """Paths as paths, a dict or list of arrays as a tree, and what else is no frame as an array."""
    import pandas as pd

    from search.data.inputs import tree_of
    from search.data.ragged import as_array
    from search.data.tree import Tree, named

    if isinstance(rows, str | Path):
        return [Path(rows)]
    if isinstance(rows, list | tuple) and rows and all(isinstance(r, str | Path) for r in rows):
        return [Path(row) for row in rows]
    if isinstance(rows, pd.Series):
        raise InputError(
            "predict", "this is one column", "give a frame with all that the model takes"
        )
    if isinstance(rows, pd.DataFrame):
        return rows
    tree = tree_of(rows, None)
    if tree is None:
        return as_array(rows, "x")
    return Tree({path: as_array(leaf, named(path)) for path, leaf in tree.leaves.items()})


def load_run(folder: os.PathLike[str] | str) -> Run:
    """Open a run folder for reading.

    Args:
        folder: Such as "runs/binary-20261123-141500".

    Raises:
        InputError: There is no run.
        RunError: A file of it cannot be read.
    """
    return Run(folder)
