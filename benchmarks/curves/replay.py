"""Replays pruners on kept curves: the product's own rungs and rules, with nothing trained.

Trials come in a random order, as from a sampler that learns nothing: what a pruner saves and loses
is then its own. All are paired by data set and order.
"""

import argparse
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from optuna.trial import TrialState

from benchmarks.curves.file import FOLDER, Curves, file_of
from benchmarks.curves.sets import EPOCHS, SETS
from benchmarks.jobs import ROOT
from benchmarks.machine import described
from benchmarks.markdown import number, table, write
from search import Budget, Study, circles
from search.data.dataset import Array
from search.study.goal import Progress
from search.study.trial import Forecast, Pause, State
from search.tuning.curve_pruner import BEYOND, CurvePruner
from search.tuning.paused import PausedTrials
from search.tuning.pruning import CURVE, pruner, rungs

PAUSED = "curve, paused"
"""The pruner with `resume_paused=True`."""
TOP = 5
PATIENCE = 10
OUT = ROOT / "benchmarks" / "results" / "curves.md"
QUALITIES = ("best", "best five", "held-out")


@dataclass
class Kept:
    """Curves of a data set in an order, for one replay.

    Attributes:
        study: As it would be searched.
        curves: Measure → values, of each trial, shape (trials, epochs).
        held_out: Of each, the larger the better.
        units: What the differences of values, and of held-out ones, are told in.
    """

    study: Study
    curves: Mapping[str, Any]
    held_out: Any
    units: tuple[float, float]

    @classmethod
    def of(cls, made: Curves, trials: int, seed: int, audit: float) -> "Kept":
        """Those of a file, shuffled."""
        order = np.random.default_rng(seed).permutation(len(made.held_out))
        return cls.in_order(made, order, trials, seed, audit)

    @classmethod
    def in_order(
        cls, made: Curves, order: Array, trials: int, seed: int = 0, audit: float = 0.0
    ) -> "Kept":
        """Those at these places of a file."""
        sign = 1.0 if made.direction == "maximize" else -1.0
        ends, held_out = made.curves[:, -1], sign * made.held_out
        units = [float(np.subtract(*np.nanquantile(v, (0.98, 0.5)))) for v in (ends, held_out)]
        study = Study(
            data=circles(),
            objective=made.objective,
            budget=Budget(trials=trials, epochs=EPOCHS),
            audit=audit,
            seed=seed,
        )
        values = {made.objective: made.values["objective"], "val_loss": made.values["val_loss"]}
        curves = {name: each.astype(float)[order] for name, each in values.items()}
        return cls(study, curves, held_out[order], (units[0], units[1]))

    def curve(self, trial: int, epochs: int) -> dict[str, Any]:
        """Of a trial so far."""
        return {name: values[trial, :epochs].tolist() for name, values in self.curves.items()}


@dataclass
class Played:
    """What came of a replay.

    Attributes:
        epochs: Trained in all.
        trials: Begun.
        ends: Trial that completed → its value, the larger the better.
        held: Of each forecast the epoch, and whether its interval held the end.
        seconds: That each forecast took.
    """

    epochs: int = 0
    trials: int = 0
    ends: dict[int, float] = field(default_factory=dict)
    held: list[tuple[int, bool]] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)


class Judge:
    """A pruner of the product in the place where the search loop has it.

    Args:
        kept: Whose study is searched.
        name: Of the pruner.
        played: Where forecasts are noted.
    """

    def __init__(self, kept: Kept, name: str, played: Played) -> None:
        study = replace(kept.study, pruner=name)
        self.rungs = rungs(study)
        self._kept, self._played, self._sign = kept, played, _sign(study)
        self._curves = CurvePruner(study) if name == CURVE else None
        self._optuna = optuna.create_study(
            direction=study.direction, pruner=pruner(study), study_name="replay"
        )

    def begin(self, trial: int) -> None:
        """Another trial."""
        self._number, self._trial, self._asks = trial, self._optuna.ask(), True

    def stops(self, epoch: int, value: float) -> bool:
        """Whether a trial ends at a rung."""
        if self._curves is None:
            self._trial.report(value, epoch)
            return self._trial.should_prune()
        if not self._asks:
            return False
        curve = self._kept.curve(self._number, epoch)
        began = time.perf_counter()
        self._found = given_up = self._curves.given_up(self._number, curve)
        self._played.seconds.append(time.perf_counter() - began)
        if (ending := self._curves.ending(curve)) is not None:
            end = self._kept.study.goal.value(self._kept.curve(self._number, EPOCHS))
            low, high = (ending.quantile(share) for share in (BEYOND, 1 - BEYOND))
            self._played.held.append((epoch, low <= self._sign * end <= high))
        return given_up is not None and not self._audited(given_up)

    def _audited(self, given_up: Forecast) -> bool:
        """Whether a trial goes on though it was given up; it is not asked again."""
        self._asks = not given_up.audited
        return given_up.audited

    def end(self, state: State, value: float | None, epochs: int) -> None:
        """It has ended."""
        optunas = {State.COMPLETE: TrialState.COMPLETE, State.PRUNED: TrialState.PRUNED}
        told = value if state is State.COMPLETE else None
        self._optuna.tell(self._trial, told, state=optunas.get(state, TrialState.FAIL))
        if self._curves is not None:
            self._curves.learn(self._number, state, self._kept.curve(self._number, epochs))


class PausingJudge(Judge):
    """The same with pauses in the place of stops, as far as there is room.

    Attributes:
        waits: The paused trials.
        at: Trial → epoch of its last pause.
    """

    def __init__(self, kept: Kept, played: Played) -> None:
        super().__init__(kept, CURVE, played)
        self.waits = PausedTrials(self._curves, ())
        self.at: dict[int, int] = {}

    def begin(self, trial: int) -> None:
        """Another trial, or one that goes on."""
        self._number, self._asks = trial, True

    def end(self, state: State, value: float | None, epochs: int) -> None:
        """It has ended, or pauses."""
        del value
        found, waits = self._found, self.waits
        if state is not State.PRUNED or found is None or not waits.has_room(found.chance):
            self._learn(self._number, state, epochs)
            return
        self.at[self._number] = epochs
        pause = Pause(epochs, found.middle, found.chance)
        waits.add(self._number, pause, self._kept.curve(self._number, epochs))
        for trial in waits.too_many():
            waits.drop(trial)
            self._learn(trial, State.PRUNED, self.at[trial])

    def _learn(self, trial: int, state: State, epochs: int) -> None:
        if self._curves is not None:
            self._curves.learn(trial, state, self._kept.curve(trial, epochs))


def with_pauses(kept: Kept) -> Played:
    """Let forecasts pause trials, until those of the budget have ended or have no chance."""
    of = Played()
    judge, most = PausingJudge(kept, of), kept.study.budget.trials
    while True:
        begun, trial = 0, judge.waits.next(of.trials, new_left=of.trials < most)
        if trial is not None:
            judge.waits.go_on(trial, of.trials)
            begun = judge.at[trial]
        elif of.trials < most:
            trial, of.trials = of.trials, of.trials + 1
        else:
            return of
        judge.begin(trial)
        state, value, epochs = trained(kept, judge, trial, begun)
        judge.end(state, value, epochs)
        if state is State.COMPLETE and value is not None:
            of.ends[trial] = _sign(kept.study) * value
        of.epochs += epochs - begun


def played(kept: Kept, name: str, epochs: float) -> Played:
    """Let a pruner have its way until the trials of the budget, or so many epochs, are spent."""
    if name == PAUSED:
        return with_pauses(kept)
    of = Played()
    judge = Judge(kept, name, of)
    most = len(kept.held_out) if np.isfinite(epochs) else kept.study.budget.trials
    while of.trials < most and of.epochs < epochs:
        judge.begin(of.trials)
        state, value, spent = trained(kept, judge, of.trials)
        judge.end(state, value, spent)
        if state is State.COMPLETE and value is not None:
            of.ends[of.trials] = _sign(kept.study) * value
        of.epochs += spent
        of.trials += 1
    return of


def trained(
    kept: Kept, judge: Judge, trial: int, begun: int = 0
) -> tuple[State, float | None, int]:
    """How a trial ends, with what value, after how many epochs; what diverges fails."""
    progress = Progress(kept.study.goal)
    whole = kept.curve(trial, EPOCHS)
    progress.follow({name: values[:begun] for name, values in whole.items()})
    for epoch in range(begun + 1, EPOCHS + 1):
        if not all(np.isfinite(values[epoch - 1]) for values in whole.values()):
            return State.FAIL, None, epoch
        progress.follow({name: values[:epoch] for name, values in whole.items()})
        if epoch == EPOCHS or progress.is_over:
            return State.COMPLETE, progress.value, epoch
        if epoch in judge.rungs and judge.stops(epoch, progress.value):
            return State.PRUNED, progress.value, epoch
    raise AssertionError("a trial has at least one epoch")


def _sign(study: Study) -> float:
    return 1.0 if study.direction == "maximize" else -1.0


def quality(kept: Kept, of: Played) -> tuple[float, float, float]:
    """The best value, the mean of the best five, and that of these five's held-out; in units."""
    best = sorted(of.ends, key=lambda trial: -of.ends[trial])[:TOP]
    values = [of.ends[trial] for trial in best]
    held_out = float(np.mean(kept.held_out[best])) / kept.units[1]
    return values[0] / kept.units[0], float(np.mean(values)) / kept.units[0], held_out


@dataclass
class Row:
    """One pruner over all sets and orders.

    Attributes:
        share: Of the epochs that no pruning takes.
        trials: Begun.
        lost: Quality against the reference, shape (replays, 3).
        all: What was played.
    """

    share: list[float] = field(default_factory=list)
    trials: list[int] = field(default_factory=list)
    lost: list[Any] = field(default_factory=list)
    all: list[Played] = field(default_factory=list)

    def cells(self) -> list[str]:
        """Of the table."""
        lost = np.array(self.lost)
        return [f"{np.mean(self.share):.0%}", f"{np.mean(self.trials):.0f}", *with_errors(lost)]


def with_errors(differences: Array) -> list[str]:
    """Mean and standard error of each column."""
    means = differences.mean(axis=0)
    errors = differences.std(axis=0, ddof=1) / np.sqrt(len(differences))
    return [f"{m:+.3f} ± {e:.3f}" for m, e in zip(means, errors, strict=True)]


def compared(
    sets: Mapping[str, Curves],
    names: Sequence[str],
    options: argparse.Namespace,
    *,
    share: float = np.inf,
    patience: int | None = None,
) -> dict[str, Row]:
    """Each pruner against the first, with as many trials or with as many epochs."""
    rows: dict[str, Row] = {}
    epochs = share * options.trials * EPOCHS
    for made in sets.values():
        for seed in range(options.seeds):
            kept = Kept.of(made, options.trials, seed, options.audit)
            budget = replace(kept.study.budget, patience=patience)
            kept.study = replace(kept.study, budget=budget)
            base = None
            for name in names:
                of = played(kept, name, epochs)
                found = np.array(quality(kept, of))
                base = found if base is None else base
                row = rows.setdefault(name, Row())
                row.share.append(of.epochs / (options.trials * EPOCHS))
                row.trials.append(of.trials)
                row.lost.append(found - base)
                row.all.append(of)
    return rows


def of_sets(rows: Mapping[str, Row], sets: Sequence[str], seeds: int) -> list[list[str]]:
    """The pruner `curve` by data set."""
    row = rows[CURVE]
    told = []
    for place, name in enumerate(sets):
        part = slice(place * seeds, (place + 1) * seeds)
        one = Row(row.share[part], row.trials[part], row.lost[part], row.all[part])
        told.append([name, *one.cells(), calibration(one)])
    return told


def calibration(row: Row, within: Callable[[int], bool] = lambda _: True) -> str:
    """How often an interval of 90 % held."""
    held = [holds for of in row.all for epoch, holds in of.held if within(epoch)]
    return f"{np.mean(held):.1%} of {len(held):,}" if held else "–"


def arguments(parser: argparse.ArgumentParser) -> None:
    """What `replay` is told."""
    parser.add_argument("--seeds", type=int, default=12, help="orders of each data set")
    parser.add_argument("--trials", type=int, default=100)
    parser.add_argument("--audit", type=float, default=0.05, help="as of a study")
    parser.add_argument("--making", action="store_true", help="the sets that it was made on")
    parser.add_argument("--curves", type=Path, default=FOLDER)
    parser.add_argument("--out", type=Path, default=OUT)


def main(options: argparse.Namespace) -> None:
    """Replay, and write the tables."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    names = [name for name, of in SETS.items() if of.judges is not options.making]
    files = {name: file_of(name, options.curves) for name in names}
    sets = {name: Curves.load(file) for name, file in files.items() if file.is_file()}
    began = time.monotonic()
    lines = [*described(datetime.now()), ""]
    header = ["pruner", "epochs", "trials", *QUALITIES]
    alike = compared(sets, ("none", "median", "hyperband", CURVE, PAUSED), options)
    lines += [f"Sets: {', '.join(sets)}; {options.seeds} orders of {options.trials} trials.", ""]
    lines += [*table(header, [[name, *row.cells()] for name, row in alike.items()]), ""]
    share = float(np.mean(alike[CURVE].share))
    level = compared(sets, (CURVE, "none", "median", "hyperband"), options, share=share)
    lines += ["At equal epochs, against `curve`:", ""]
    lines += [*table(header, [[name, *row.cells()] for name, row in level.items()]), ""]
    patient = compared(sets, ("none", CURVE), options, patience=PATIENCE)
    lines += [f"With a patience of {PATIENCE}:", ""]
    lines += [*table(header, [[name, *row.cells()] for name, row in patient.items()]), ""]
    lines += ["`curve` by data set, with how often its 90 % intervals held:", ""]
    by_set = of_sets(alike, list(sets), options.seeds)
    lines += [*table(["set", *header[1:], "held"], by_set), ""]
    seconds = [s for of in alike[CURVE].all for s in of.seconds]
    lines += [
        f"Intervals held: {calibration(alike[CURVE])}; before epoch 10 "
        f"{calibration(alike[CURVE], lambda epoch: epoch < 10)}; with patience "
        f"{calibration(patient[CURVE])}. A decision took {1e3 * np.median(seconds):.1f} ms in the "
        f"median, {1e3 * np.quantile(seconds, 0.99):.1f} ms in the 99th percentile. All of this "
        f"took {number(time.monotonic() - began)} s.",
        "",
    ]
    print("\n".join(lines))
    write(options.out, lines)
