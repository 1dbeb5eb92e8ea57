"""What is searched: data, space, budget, and how the answer is chosen."""

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Any, Literal

from search.data.by_values import needed_by_data, taken_by_data, values_of_data
from search.data.dataset import Data
from search.data.function import AS_STREAM, Called, is_pipeline
from search.data.split import Split
from search.study.arguments import (
    EPOCHS,
    LOOP,
    READ_HERE,
    TRAIN,
    check_declared,
    check_epochs,
    check_loop,
    check_needed,
    check_taken,
    taken_by,
)
from search.study.baseline_checks import (
    check_all_there,
    check_fields,
    check_kinds,
    check_plain,
    lacking,
    written,
)
from search.study.brings_space import BringsSpace
from search.study.budget import MOST, Budget, count
from search.study.checks import CHECKS, NO_CHECK
from search.study.class_weights import BALANCED, CLASS_WEIGHT, check_class_weight
from search.study.dense import DenseSpace
from search.study.errors import InputError
from search.study.field_space import FieldSpace, is_parameter, largest, values_of
from search.study.goal import Goal
from search.study.parameters import (
    Parameter,
    Value,
    check_values,
    combinations,
    near,
    one_of,
    plain,
    several,
)
from search.study.plain_text import DIGITS, brief
from search.study.task import DIRECTIONS, TASKS, direction_of, usual_name

Build = Callable[..., Any]
"""Takes a configuration's values by name and returns a compiled `keras.Model`."""
MakeCallbacks = Callable[..., Sequence[Any]]
"""Takes those of a configuration's values that it names and returns Keras callbacks."""
Fit = Callable[..., Any]
"""Takes a model, rows, epochs, callbacks and those values that it names; trains the model."""
Suggest = Callable[[Any], None]
"""Takes an Optuna trial and calls its `suggest_*`: a space where they may depend on others."""

SAMPLERS = ("tpe", "random")
PRUNERS = ("auto", "curve", "median", "hyperband", "none")
ENGINES = ("auto", "fit")


FEWEST = 6
"""Fits that the finals may always take: two configurations on three seeds."""


@dataclass(frozen=True)
class Finals:
    """How the winner is found among the best.

    Args:
        top: Configurations that are trained again.
        seeds: Fresh seeds for each, on each split.
        share: Of the search's own budget that this may take at most; with less to spend, fewer
            configurations are trained, and of several splits each on fewer seeds first.
        splits: 1 for the search's own split. With more, the rows that train and validate are split
            afresh so many times, in the same way and sizes, and each configuration is trained on
            every split; what is learnt of columns and targets is learnt anew on each. Held-out rows
            stay what they are. Not for rows that are cut by time or in order, or whose validation
            rows are given.
        refit: Train the winner once more, on training and validation rows together, for as many
            epochs as counted in its fit of median validation; that model is scored on held-out,
            exported and shown. Baselines and plain models are then fitted on the same rows. Left
            out, that is done but for rows that are cut by time or in order, validation rows that
            are given, and trainings with callbacks.

    Raises:
        InputError: A count below 1, a share that is not above 0, or a refit that is neither true
            nor false.
    """

    top: int = 5
    seeds: int = 3
    share: float = 1 / 3
    splits: int = 1
    refit: bool | None = None

    def __post_init__(self) -> None:
        for name in ("top", "seeds", "splits"):
            count("Finals", name, getattr(self, name))
        if self.refit is not None and not isinstance(self.refit, bool):
            raise InputError(f"Finals(refit={self.refit!r})", fix="give True or False")
        if (
            isinstance(self.share, bool)
            or not isinstance(self.share, int | float)
            or self.share <= 0
        ):
            raise InputError(
                f"Finals(share={self.share!r})", fix="give a fraction above 0, such as 0.3"
            )

    def room(self, trials: int) -> tuple[int, int]:
        """How many configurations are trained again, and on how many seeds on each split.

        Of several splits each has fits of its own seeds anyway, so that seeds are spared first.

        Args:
            trials: Of the search.
        """
        fits = max(FEWEST, math.floor(self.share * trials))
        seeds = self.seeds
        if self.splits > 1:
            seeds = min(seeds, max(1, fits // (self.top * self.splits)))
        return min(self.top, max(1, fits // (seeds * self.splits))), seeds

    def cut(self, trials: int) -> str:
        """What `share` leaves of the finals that were asked for; empty where it cuts nothing."""
        top, seeds = self.room(trials)
        if (top, seeds) == (self.top, self.seeds):
            return ""
        return (
            f"Finals(share={self.share:.2g}) of {trials} trials has room for {top} of {self.top} "
            f"configurations on {seeds} of {self.seeds} seeds; raise share or the number of trials "
            "for more"
        )


@dataclass(frozen=True, init=False)
class Baseline:
    """A model that the search has to beat: trained apart from it, and maybe outside the space.

    Args:
        name: What the page calls it.
        epochs: Passes over the training rows; the study's where left out.
        seeds: How many fresh seeds it is trained on.
        note: What others reported of it; stands on the page beside what came out here.
        rate_curve: Also draw its loss against a growing learning rate.
        model: Its own `build`; the study's where left out.
        **values: Its hyperparameters, each as an argument of its own, such as `units=8` and
            `rate=0.01` in `Baseline("mine", units=8, rate=0.01)`. They may lie outside the ranges
            of the space; what the study fixes may be left out, unless the baseline has its own
            `model`.

    Raises:
        InputError: No name, a count below 1, or a value that is no text, number, boolean or None.
    """

    name: str
    epochs: int | None
    seeds: int
    note: str
    rate_curve: bool
    model: Build | None
    values: Mapping[str, Value]

    def __init__(  # noqa: PLR0913 - reads like a row of a table in a space file
        self,
        name: str,
        *,
        epochs: int | None = None,
        seeds: int = 1,
        note: str = "",
        rate_curve: bool = False,
        model: Build | None = None,
        **values: Value,
    ) -> None:
        if not isinstance(name, str) or not name:
            raise InputError(
                f"Baseline({name!r})", fix="give it a name, such as Baseline('by hand', …)"
            )
        count(f"Baseline({name!r})", "seeds", seeds)
        if epochs is not None:
            count(f"Baseline({name!r})", "epochs", epochs)
        if model is not None and not callable(model):
            raise InputError(
                f"Baseline({name!r}, model={brief(model)})",
                fix="give build, a function that returns a compiled Keras model",
            )
        values = {name: plain(value) for name, value in values.items()}
        check_plain(name, values)
        everything = locals()
        for own in ("name", "epochs", "seeds", "note", "rate_curve", "model", "values"):
            object.__setattr__(self, own, everything[own])


@dataclass(frozen=True)
class Study:
    """What to search and how to choose; every field but `data` has a default.

    Args:
        data: The rows: `circles()`, `arrays(x, y)` …, or a function that returns one of these.
        space: A `DenseSpace`, the one for tables where left out; a `PictureSpace`; or parameters by
            name, with `model`; or, for a conditional space, a function that takes an Optuna trial
            and calls `trial.suggest_*`, with `model`.
        model: `build(**values)`, which returns a compiled Keras model. Training itself reads
            batch_size and class_weight (see `DenseSpace`) where the space has them; `build` gets
            them only if it takes them. Or `kerastuner(build)`, which brings its own space. A
            `build` with an argument `train` gets the rows that the
            model will be trained on, `train.x` and `train.y`, for layers that `adapt` to them.
        budget: How many trials of how many epochs.
        split: Which rows train, choose and judge.
        objective: What trials are compared by (ties go by loss): "val_loss",
            "val_accuracy", "val_auc", "val_f1", "val_precision", "val_recall", "val_mae",
            "val_mse", "val_rmse", "val_r2", or "val_" and the name of a custom metric.
            "auto" for what the task is measured by: accuracy of classes, loss of labels and
            numbers.
        direction: Which way the objective is better, "maximize" or "minimize"; to be said for a
            custom metric.
        sampler: Who proposes: "random", or "tpe", which begins with ten points spread evenly, the
            first four of them at values where networks usually do well, of hyperparameters with
            usual names (`learning_rate`, `optimizer`, `activation`, `layers`, `dropout`, `l2`,
            `batch_size`) whose range has those values. What has to be proposed before ten trials
            have ended, since several are trained at once, is drawn evenly.
        pruner: Who stops hopeless trials early: "curve" by a forecast of where their curve ends,
            "median", "hyperband", "none", or "auto": none where a trial is over before one could
            ask; else by forecasts in a search of 40 trials or more, by the median rule in others.
        audit: Share of the trials that "curve" would stop which are trained to their end, drawn
            by `seed`: the page says how often their forecasts were wrong.
        resume_paused: Pause the trials that "curve" would stop, and go on with them where a later
            forecast finds them among the best after all. Not with `fit=` or `callbacks=`, whose
            trainings cannot be left and taken up again; a model with a `fit` of its own is stopped
            as without it.
        finals: How the winner is found among the best.
        first: Configurations to try first; part of the budget, and in the place of as many of the
            points with which "tpe" begins.
        baselines: Models to beat.
        seed: Of everything random but the split.
        engine: What trains: "auto" for whatever costs least, or "fit" for stock Keras.
        mute: Codes of checks that the page leaves out, such as "S012"; it says so.
        fit: `train_loop(model, train, validation, epochs, callbacks, **values)`, which trains in
            the place of `model.fit`: pairs `(x, y)` of rows, and those of a trial's values that it
            names. It hands `callbacks` to `fit`, or calls `callbacks.on_epoch_end(epoch, logs)`
            after each epoch, with measures such as "val_loss" in `logs`; or it returns a history.
        callbacks: `make(**values)`, which takes those of a trial's values that it names, and
            returns a list of `keras.callbacks.Callback`, new ones a call. Each trial and each fit
            of the finals is then trained by stock Keras with callbacks of its own; baselines with a
            model of their own have none. A callback that sets `model.stop_training` ends the
            training as complete. `on_train_end` comes last, not where a trial is pruned or
            fails; weights that it puts back, as `EarlyStopping(restore_best_weights=True)` does,
            are those that count. A trial whose worker was lost starts again, since nobody
            knows what its callbacks remembered. Those of Keras that write files do so in a folder
            of each training's own, such as "RUN/trial-7", beside the path that they are given.

    Raises:
        InputError: A field is of a wrong kind or does not fit the others.
    """

    data: Data
    space: FieldSpace | Mapping[str, Parameter | Value] | Suggest = field(
        default_factory=DenseSpace
    )
    model: Build | None = None
    budget: Budget = field(default_factory=Budget)
    split: Split = field(default_factory=Split)
    objective: str = "auto"
    direction: Literal["auto", "maximize", "minimize"] = "auto"
    sampler: str = "tpe"
    pruner: str = "auto"
    audit: float = 0.05
    finals: Finals = field(default_factory=Finals)
    first: Sequence[Mapping[str, Value]] = ()
    baselines: Sequence[Baseline] = ()
    seed: int = 0
    engine: str = "auto"
    callbacks: MakeCallbacks | None = None
    fit: Fit | None = None
    mute: Sequence[str] = ()
    resume_paused: bool = False

    def __post_init__(self) -> None:
        data: object = self.data
        if callable(data) and not isinstance(data, Data | type):
            object.__setattr__(self, "data", Called(data))
        self._check_kinds()
        if self.callbacks is not None and not callable(self.callbacks):
            raise InputError(
                f"callbacks={brief(self.callbacks)}",
                "each trial needs new ones",
                "give a function that returns a list of them, such as callbacks=lambda: "
                "[keras.callbacks.EarlyStopping()]",
            )
        self._settle_brought()
        self._check_fit()
        self._check_can_be_paused()
        self._check_model()
        self._settle_epochs()
        self._check_callbacks()
        if not self.conditional and not self.parameters:
            raise InputError(
                "space",
                "nothing in it is searched, everything is fixed",
                "give a range such as layers=Int(1, 3), or a Choice",
            )
        if self.first and self.conditional:
            raise InputError("first", "a conditional space takes no first points", "leave it out")
        if isinstance(self.first, Mapping) or not all(isinstance(p, Mapping) for p in self.first):
            raise InputError(
                f"first={brief(self.first)}",
                fix="give a list of configurations, such as first=[{'units': 8}]",
            )
        points = [{name: plain(value) for name, value in point.items()} for point in self.first]
        object.__setattr__(self, "first", points)
        for i, point in enumerate(points):
            check_values(f"first[{i}]", point, self.parameters)
        if len(self.first) > self.budget.trials:
            raise InputError(
                "first",
                f"{len(self.first)} points for {self.budget.trials} trials",
                "raise the budget or drop points",
            )
        check_class_weight(self._class_weights)
        self._check_baselines()

    @property
    def conditional(self) -> bool:
        """Whether the space is a function, so that its parameters show only as it is asked."""
        return callable(self.space)

    @property
    def kind(self) -> str:
        """Of the space: "conditional", "declared", or that of the networks it makes."""
        if isinstance(self.space, FieldSpace):
            return self.space.kind
        return "conditional" if self.conditional else "declared"

    @property
    def parameters(self) -> dict[str, Parameter]:
        """What is searched, by name; empty for a conditional space."""
        if self.conditional:
            return {}
        own = {**self.space.parameters} if isinstance(self.space, FieldSpace) else self._declared
        own = {**values_of_data(self.data), **own}
        return {name: value for name, value in own.items() if is_parameter(value)}

    @property
    def fixed(self) -> dict[str, Value]:
        """What is fixed, by name."""
        own = {**self.space.fixed} if isinstance(self.space, FieldSpace) else self._declared
        own = {**values_of_data(self.data), **own}
        return {name: plain(value) for name, value in own.items() if not is_parameter(value)}

    @property
    def _declared(self) -> dict[str, Parameter | Value]:
        return {**self.space} if isinstance(self.space, Mapping) else {}

    def for_task(self, name: str) -> "Study":
        """The study with objective and direction as they are for a task.

        Args:
            name: Of the task, such as "binary".

        Raises:
            InputError: Dense networks for such a task do not measure the objective, or it has no
                classes to balance.
        """
        task = TASKS[name]
        objective = task.objective if self.objective == "auto" else self.objective
        if isinstance(self.space, FieldSpace):
            objective = f"val_{usual_name(objective.removeprefix('val_'))}"
        known = [f"val_{measure}" for measure in task.measures]
        if isinstance(self.space, FieldSpace) and objective not in known:
            raise InputError(
                f"objective={objective!r}",
                f"{self.space.networks} for {name} do not measure it",
                near(objective, known),
            )
        if not task.classifies and BALANCED in self._class_weights:
            raise InputError(
                f"{CLASS_WEIGHT}={BALANCED!r}", f"{name} has no classes to balance", "leave it out"
            )
        return replace(self, objective=objective)

    @property
    def _class_weights(self) -> list[object]:
        """Of the space and of the baselines; what a conditional space asks for shows later."""
        spaces = [{**self.fixed, **self.parameters}, *(b.values for b in self.baselines)]
        found = [space[CLASS_WEIGHT] for space in spaces if CLASS_WEIGHT in space]
        return [value for field in found for value in values_of(field)]

    @property
    def size(self) -> float:
        """How many configurations the space has; infinity where they cannot be counted."""
        if self.conditional:
            return math.inf
        if isinstance(self.space, FieldSpace):
            of_data = values_of_data(self.data)
            own = {name: value for name, value in of_data.items() if is_parameter(value)}
            return self.space.size * combinations(own)
        return combinations(self.parameters)

    def idle(self, params: Mapping[str, Value]) -> frozenset[str]:
        """Names of a configuration's values that mean nothing in it."""
        return self.space.idle(params) if isinstance(self.space, FieldSpace) else frozenset()

    def identity(self, params: Mapping[str, Value]) -> frozenset[tuple[str, Value]]:
        """What distinguishes a configuration from others: its values but for the idle ones."""
        idle = self.idle(params)
        return frozenset(item for item in params.items() if item[0] not in idle)

    @property
    def goal(self) -> Goal:
        """What trials are compared by; of a study whose task is known."""
        return Goal(self.objective, self.direction, self.budget.patience)

    def _check_kinds(self) -> None:
        kinds: dict[str, tuple[type, str]] = {
            "data": (Data, "circles(), arrays(x, y) or another source of rows"),
            "budget": (Budget, "Budget(trials=…, epochs=…)"),
            "split": (Split, "Split(validation=…, held_out=…)"),
            "finals": (Finals, "Finals(top=…, seeds=…)"),
        }
        if is_pipeline(self.data):
            kind_of_data = type(self.data).__name__
            raise InputError("data", f"this is a {kind_of_data}, a stream of batches", AS_STREAM)
        for name, (kind, fix) in kinds.items():
            value = getattr(self, name)
            if not isinstance(value, kind) or isinstance(value, type):
                raise InputError(
                    f"{name}={brief(value)}", f"this is no {kind.__name__}", f"give {fix}"
                )
        self._check_objective()
        one_of("sampler", self.sampler, SAMPLERS)
        one_of("pruner", self.pruner, PRUNERS)
        one_of("engine", self.engine, ENGINES)
        self._check_audit()
        self._check_resume_paused()
        self._check_mute()
        if isinstance(self.seed, bool) or not isinstance(self.seed, int) or self.seed < 0:
            raise InputError(f"seed={self.seed!r}", fix="give a whole number of 0 or more")
        if self.seed >= 10**DIGITS:
            raise InputError("seed=…", f"it has more than {DIGITS} digits", "give a shorter one")
        for i, baseline in enumerate(self.baselines):
            if not isinstance(baseline, Baseline):
                raise InputError(
                    f"baselines[{i}]={brief(baseline)}", fix="give Baseline('name', …)"
                )

    def _check_audit(self) -> None:
        is_number = isinstance(self.audit, int | float) and not isinstance(self.audit, bool)
        if not is_number or not 0 <= self.audit <= 1:
            raise InputError(
                f"audit={brief(self.audit)}", fix="give a share from 0 to 1, such as audit=0.05"
            )

    def _check_resume_paused(self) -> None:
        name = f"resume_paused={brief(self.resume_paused)}"
        if not isinstance(self.resume_paused, bool):
            raise InputError(name, fix="give True or False")
        if self.resume_paused and self.pruner != "curve":
            raise InputError(
                name,
                f'only pruner="curve" pauses trials, and this is pruner={self.pruner!r}',
                'give pruner="curve", or leave resume_paused out',
            )

    def _check_mute(self) -> None:
        if isinstance(self.mute, str):
            raise InputError(f"mute={self.mute!r}", fix="give a list of codes")
        for i, code in enumerate(self.mute):
            if code not in CHECKS:
                raise InputError(f"mute[{i}]={brief(code)}", *NO_CHECK)

    def _check_callbacks(self) -> None:
        """A declared space has all that they need; what a conditional one has shows in a trial."""
        if self.callbacks is None:
            return
        if self.finals.refit:
            raise InputError(
                "Finals(refit=True)",
                "callbacks= may watch the validation rows, and in the last fit these train",
                "leave one of the two out",
            )
        if not self.conditional:
            check_needed(self.callbacks, [*self.fixed, *self.parameters])

    def _check_fit(self) -> None:
        if self.fit is None:
            return
        if isinstance(self.space, FieldSpace):
            raise InputError(
                "fit",
                f"a {type(self.space).__name__} trains its own models",
                "give model=build, a function that returns a Keras model, and the space as a dict",
            )
        if self.engine != "auto":
            raise InputError(
                f"engine={self.engine!r}",
                "with fit= your own function trains each model",
                "leave one of the two out",
            )
        check_loop(self.fit)
        if not self.conditional:
            check_needed(self.fit, [*LOOP, *self.fixed, *self.parameters])

    def _check_can_be_paused(self) -> None:
        one_call = {"fit": self.fit, "callbacks": self.callbacks}
        for name in (name for name, given in one_call.items() if given is not None):
            if self.resume_paused:
                raise InputError(
                    "resume_paused=True",
                    f"with {name}= a training is one call, which cannot be left and taken up again",
                    "leave one of the two out",
                )

    def _check_objective(self) -> None:
        """Find out which way is better, where that is known."""
        objective = self.objective
        if objective == "auto":
            return
        given: object = objective
        if several(given):
            raise InputError(
                f"objective={given!r}",
                "trials are compared by one objective",
                "give one of these names alone, and look at the others on the page",
            )
        if not isinstance(objective, str) or not objective.startswith("val_"):
            raise InputError(
                f"objective={objective!r}",
                "trials are compared on validation, so it begins with val_",
                _begun(objective),
            )
        known = direction_of(objective)
        one_of("direction", self.direction, ("auto", "maximize", "minimize"))
        if not known and self.direction == "auto":
            custom = 'a custom metric needs direction="maximize" or "minimize"'
            meant = _meant(objective)
            what = ("this name is not known", f"{meant} Else {custom}") if meant else (custom, "")
            raise InputError(f"objective={objective!r}", *what)
        if known and self.direction not in {"auto", known}:
            raise InputError(
                f"direction={self.direction!r}", f"{objective} is to {known}", "leave direction out"
            )
        object.__setattr__(self, "direction", known or self.direction)

    def _settle_brought(self) -> None:
        """A model may bring its space, and maybe its `fit`."""
        if not isinstance(self.model, BringsSpace):
            return
        if self.space not in (self.model.suggest, DenseSpace()):
            raise InputError(
                "space",
                "what kerastuner(…) was given brings its own",
                "leave space out",
            )
        object.__setattr__(self, "space", self.model.suggest)
        object.__setattr__(self, "fit", self.fit or self.model.fit)

    def _check_model(self) -> None:
        for name, value in values_of_data(self.data).items():
            if not is_parameter(value):
                continue
            if self.conditional or name in self._declared:
                own = f"trial.suggest_int({name!r}, …)" if self.conditional else f"space[{name!r}]"
                raise InputError(
                    f"{name}={value!r} of the data",
                    "a range of it stands here and in the space, or cannot stand in the space",
                    f"give the data its largest value, and search it by {own}",
                )
        if isinstance(self.space, FieldSpace):
            if self.model is not None:
                raise InputError(
                    "model",
                    f"a {type(self.space).__name__} builds its own models",
                    "drop model, or give the space as a dict of parameters",
                )
        elif not isinstance(self.space, Mapping) and not callable(self.space):
            raise InputError(
                f"space={self.space!r}",
                fix="give a DenseSpace, a dict of parameters, or a function that takes a trial",
            )
        elif not callable(self.model):
            raise InputError(
                f"model={self.model!r}",
                "this space needs model=build, a function that takes its values and returns a "
                "compiled Keras model",
            )
        elif isinstance(self.space, Mapping):
            check_declared(self.space)
            check_needed(self.model, [TRAIN, *values_of_data(self.data), *self.space])
            self.check_taken([*self.space])

    def _check_baselines(self) -> None:
        names = [baseline.name for baseline in self.baselines]
        for name in names:
            if names.count(name) > 1:
                raise InputError("baselines", f"{name!r} is there twice", "rename one")
        for baseline in self.baselines:
            self._check_baseline(baseline)

    def _check_baseline(self, baseline: Baseline) -> None:
        """Refuse before the first trial what cannot be trained after the last one."""
        name, own = baseline.name, baseline.model is not None
        values = {**baseline.values} if own else {**self.fixed, **baseline.values}
        of_data = taken_by_data(self.data, values)
        known = values_of_data(self.data) if own else self.parameters
        check_kinds(name, baseline.values, known)
        takers = self.takers if baseline.model is None else (baseline.model,)
        if isinstance(self.space, FieldSpace) and not own:
            taken = {n for taker in takers for n in taken_by(taker, values)}
            check_fields(name, baseline.values, values, self.space, taken | of_data)
        else:
            for value in baseline.values:
                where = written(name, value, baseline.values[value])
                self.check_taken([value], takers, where)
        for taker in takers:
            given = LOOP if taker is self.fit else (TRAIN,)
            check_all_there(name, taker, {*values, *given}, known)
        if missing := [needed for needed in needed_by_data(self.data) if needed not in values]:
            raise lacking(name, "the data needs", missing, known)

    @property
    def takers(self) -> tuple[Callable[..., Any], ...]:
        """Your functions that are given values of a configuration, each those that it names."""
        return tuple(filter(None, (self.model, self.callbacks, self.fit)))

    def check_taken(
        self,
        names: Collection[str],
        takers: Sequence[Callable[..., Any]] | None = None,
        where: str = "space",
    ) -> None:
        """Refuse values that nothing takes: no function, not the data, and not training itself.

        Args:
            names: Of the values.
            takers: Your functions that are given them; the study's where left out.
            where: They are given, for the message.

        Raises:
            InputError: Names the first.
        """
        read = READ_HERE if self.fit is None else READ_HERE[1:]  # a fit= makes its own batches
        functions = self.takers if takers is None else takers
        check_taken(functions, names, {*read, *taken_by_data(self.data, names)}, where)

    def epochs_of(self, params: Mapping[str, Value]) -> int:
        """How long a configuration is trained at most.

        Raises:
            InputError: Its own value is no number of epochs, or more than the budget's.
        """
        most = self.budget.epochs
        return check_epochs(params[EPOCHS], most) if EPOCHS in params else most

    def _settle_epochs(self) -> None:
        """Epochs that are searched need no budget: a trial then has all of its own."""
        space = {**self.fixed, **self.parameters}
        if EPOCHS not in space:
            return
        for value in values_of(space[EPOCHS]):
            check_epochs(value, MOST)
        longest = largest(space[EPOCHS])
        if self.budget.has_usual_epochs:
            object.__setattr__(self, "budget", self.budget.of(longest))
        check_epochs(longest, self.budget.epochs)


def _begun(objective: object) -> str:
    """How to fix an objective that does not begin with val_."""
    slip = get_close_matches(str(objective).lower(), DIRECTIONS, n=1, cutoff=_NEAR)
    if not isinstance(objective, str) or (slip and not direction_of(objective)):
        return near(objective, DIRECTIONS)  # such as val-loss
    meant = "" if direction_of(objective) else _meant(objective)
    return f'write objective="val_{objective}"' + (f", or {meant}" if meant else "")


_NEAR = 0.8
"""How alike two names are, of 1, where one may be a slip for the other; many short names of
measures share two letters in three."""


def _meant(objective: str) -> str:
    """Which known measure may have been meant; empty where none is near."""
    stem = objective.removeprefix("val_")
    stems = {known.removeprefix("val_") for known in DIRECTIONS}
    close = ["auc"] if "roc" in stem else get_close_matches(stem, stems, n=1, cutoff=_NEAR)
    return f"did you mean 'val_{close[0]}'?" if close else ""
