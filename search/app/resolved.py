"""A study that is ready to be searched: with its rows, and with nothing left to "auto"."""

import math
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np

from search.app.log_redirect import noise_to
from search.app.stream_reader import loaded
from search.cluster.resources import Resources
from search.data.dataset import Dataset
from search.data.inputs import UNMERGED
from search.data.pixels import with_raw_pixels
from search.data.row_checks import found_in_rows
from search.data.saved_rows import SavedRows
from search.data.series import WINDOW
from search.data.split import Parts, Rows
from search.data.windows import Windows
from search.finals.first_rows import first_rows
from search.jobs.context import DataSplit, FunctionContext, WorkerContext
from search.loading.space_file import Space
from search.store.manifest import PARTS, DataSummary
from search.study.arguments import check_epochs
from search.study.brings_space import BringsSpace
from search.study.errors import InputError
from search.study.field_space import FieldSpace, largest
from search.study.function_study import FUNCTION, FunctionStudy
from search.study.last_fit import why_no_last_fit, with_last_fit
from search.study.picture_space import PictureSpace
from search.study.study import Study
from search.study.target_form import ONE_HOT
from search.study.task import TASKS
from search.study.text_space import TextSpace
from search.study.trial import EngineChoice
from search.training.choice import planned
from search.training.engine import StudyNeeds
from search.tuning.pruning import settled

FEW = 8
"""Rows that a `fit` is asked with for what it searches."""


def _targets_told(dataset: Dataset) -> str:
    leaves = dataset.shape.targets
    told = ", ".join(str(leaf) if leaf.path else f"y{str(leaf)[1:]}" for leaf in leaves)
    return f"the targets are {told}" if told else "there are no targets"


def _explored(space: Space, study: Study, parts: Parts) -> Study:
    """Let a model that brings its space find it, now that rows are there."""
    if not isinstance(study.model, BringsSpace):
        return study
    from search.training.device import prepare

    x, y = parts.train.x, parts.train.y
    few = (x[:FEW], y[:FEW]) if isinstance(x, np.ndarray) and isinstance(y, np.ndarray) else None
    with space.source.told(), noise_to(Path(os.devnull)):  # TensorFlow's talk, and that of build
        prepare(cpus=1, gpus=0)  # GPUs are for the workers
        study.model.explore(few)
        longest = study.model.longest
        if longest and study.budget.has_usual_epochs:
            return replace(study, budget=study.budget.of(longest))
        check_epochs(longest or 1, study.budget.epochs)
    return study


class Resolved(Protocol):
    """A study that is ready to be searched."""

    @property
    def space(self) -> Space:
        """As it was read."""
        ...

    @property
    def study(self) -> Study:
        """With what overrides it."""
        ...

    @property
    def hash(self) -> str:
        """SHA-256 of its rows; empty where it has none."""
        ...

    @property
    def no_refit(self) -> str:
        """Why the winner is not trained on all rows but the held-out ones; empty where it is."""
        ...

    def engine(self, gpus: float) -> EngineChoice:
        """Which is planned for its trials, and why."""
        ...

    def context(
        self, engine: str, resources: Resources, run: str = ""
    ) -> WorkerContext | FunctionContext:
        """What workers get."""
        ...

    def summary(self) -> DataSummary:
        """The rows, counted."""
        ...


def resolved(space: Space, study: Study) -> Resolved:
    """A study made ready: by its rows, where it has some.

    Args:
        space: As it was read.
        study: Its study with what overrides it.

    Raises:
        InputError: It cannot be searched; names the space file.
    """
    if isinstance(study, FunctionStudy):
        return ResolvedFunction(space, study)
    return ResolvedStudy.of(space, study)


@dataclass(frozen=True, eq=False)
class ResolvedFunction:
    """A study of a function, which has its own rows; attributes and methods as of `Resolved`."""

    space: Space
    study: FunctionStudy
    hash: str = ""
    no_refit: str = ""

    def engine(self, gpus: float) -> EngineChoice:
        """The function itself."""
        del gpus
        return EngineChoice(FUNCTION, "it trains what it likes, with whatever it likes")

    def context(self, engine: str, resources: Resources, run: str = "") -> FunctionContext:
        """Only the text."""
        del engine, run
        return FunctionContext(self.space.source, resources.cpus, resources.gpus)

    def summary(self) -> DataSummary:
        """Nothing is known of them."""
        return DataSummary(
            "the function has rows of its own", FUNCTION, features=(), classes=(),
            rows=dict.fromkeys(PARTS, ()), hash="",
        )  # fmt: skip


@dataclass(frozen=True, eq=False)
class ResolvedStudy:
    """A study with the rows that it is searched on.

    Attributes:
        space: As it was read.
        study: With what overrides it, and with "auto" replaced by what it means for these rows.
        dataset: All rows.
        parts: The same, split.
    """

    space: Space
    study: Study
    dataset: Dataset
    parts: Parts

    @classmethod
    def of(cls, space: Space, study: Study | None = None) -> "ResolvedStudy":
        """Load and split a study's rows, and settle what hangs on them.

        Args:
            space: As it was read.
            study: Its study with what overrides it; as it was read where left out.

        Raises:
            InputError: It cannot be searched on these rows; names the space file.
        """
        study = study or space.study
        try:
            dataset = loaded(space, study)
            if isinstance(study.space, PictureSpace):
                dataset = with_raw_pixels(dataset)
            parts = study.split.parts(dataset)
            if isinstance(study.space, FieldSpace):
                study = replace(study, space=study.space.for_rows(parts.train.x))
            if isinstance(study.space, TextSpace) and parts.sampled:
                raise InputError(
                    "space",
                    "a TextSpace learns its words from all rows that train, and of a stream only "
                    f"{len(parts.train):,} are known",
                    "give model=build, or the texts as an array",
                )
            if study.finals.splits > 1:
                study.split.check_fresh(parts, study.finals.splits)
            if study.model is None and dataset.shape.merged:
                raise InputError("x", dataset.shape.merged[0][1], UNMERGED)
            if TASKS[dataset.task].by_model and study.model is None:
                raise InputError(
                    "data",
                    f"{_targets_told(dataset)}, and a {type(study.space).__name__} makes networks "
                    "for classes, labels or numbers alone",
                    "give model=build and the space as a dict of parameters"
                    + (", or task='regression' for amounts" if dataset.y.ndim == 2 else ""),
                )
            if isinstance(dataset.x, Windows):
                window = study.parameters.get(WINDOW, study.fixed.get(WINDOW, dataset.x.window))
                dataset.x.of_length(largest(window))
            own = not isinstance(study.space, FieldSpace) and dataset.series is None
            if TASKS[dataset.task].has_numbers and not own:
                parts = parts.scaled()  # a custom build gets the targets as they are
            study = settled(study, dataset.task, math.inf if parts.sampled else len(parts.train))
        except InputError as error:
            raise error.within(space.source.place) from None
        study = _explored(space, study, parts)
        return cls(space, with_last_fit(study, dataset), dataset, parts)

    @property
    def hash(self) -> str:
        """SHA-256 of all values."""
        return self.dataset.hash

    @property
    def no_refit(self) -> str:
        """As in `Resolved`."""
        return "" if self.study.finals.refit else why_no_last_fit(self.study, self.dataset)

    def engine(self, gpus: float) -> EngineChoice:
        """Which engine is planned for trials on these rows, and why."""
        parts, shape = self.parts, self.parts.shape(self.dataset)
        return planned(StudyNeeds(self.study, shape, gpus, parts.train.on_demand))

    def context(self, engine: str, resources: Resources, run: str = "") -> WorkerContext:
        """What workers get: never the held-out rows, nor as text those that Ray brings them."""
        source, data = self.space.source, self.study.data
        return WorkerContext(
            source.without(f"{data.module}.py") if isinstance(data, SavedRows) else source,
            DataSplit.of(self.parts, self.dataset),
            engine,
            resources.cpus,
            resources.gpus,
            run,
        )

    def summary(self) -> DataSummary:
        """The rows, counted."""
        dataset, parts = self.dataset, self.parts
        by_part = {
            "train": parts.train,
            "validation": parts.validation,
            "held_out": parts.held_out,
        }
        classes = len(dataset.class_names) if TASKS[dataset.task].classifies else 0

        def counts(rows: Rows) -> tuple[int, ...]:
            if not classes:
                return (len(rows),)
            return tuple(np.bincount(rows.y, minlength=classes).tolist())

        has_labels = TASKS[dataset.task].has_labels
        refit = bool(self.study.finals.refit)
        found = found_in_rows(dataset, parts, self.study.split, refit=refit)
        return DataSummary(
            description=str(self.study.data),
            task=dataset.task,
            features=parts.feature_names(dataset),
            classes=dataset.class_names,
            targets=dataset.target_names,
            rows={name: counts(rows) for name, rows in by_part.items()},
            positives={name: tuple(rows.y.sum(axis=0).tolist()) for name, rows in by_part.items()}
            if has_labels
            else {},
            hash=dataset.hash,
            hash_of_rows="" if dataset.given.weights is None else dataset.hash_of_rows,
            split=repr(self.study.split),
            columns=parts.preparation.told if parts.preparation else (),
            notes=(*map(str, found), *dataset.given.notes),
            warnings=found,
            first=first_rows(parts, dataset),
            sampled=parts.sampled,
            inputs=tuple(map(str, parts.shape(dataset).inputs)),
            standardised=parts.scale is not None,
            one_hot=classes > 0 and dataset.form.layout == ONE_HOT,
        )
