"""The finals: fresh fits of the best, the choice by validation, and the one held-out evaluation.

The held-out rows are opened here and nowhere else; each evaluation is recorded before it is made.
"""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from search.data.dataset import Array
from search.data.rows_in_file import Features
from search.data.scaling import Scale
from search.data.split import Parts, Rows
from search.finals.drawn_features import Domain, rows_drawn
from search.finals.fit_cache import FitCache
from search.finals.folds import OWN, TOGETHER, Folds
from search.finals.projection import Projection, Projections
from search.finals.reference_models import plain_predictions, yardsticks
from search.finals.retraining import (
    Entrant,
    Sound,
    Trained,
    challengers,
    entrants,
    rate_tests,
)
from search.finals.scoring import Judge
from search.finals.training_replay import Watched, replay_of, watched
from search.finals.verdict import Seen, in_order, median_of, with_ties
from search.finals.worst_rows import values_of, worst
from search.jobs.batch import Batch
from search.jobs.messages import (
    Failed,
    Job,
    MeasureRequest,
    Predicted,
    Prediction,
    Rates,
    RateTest,
    Refit,
    Refitted,
    Result,
)
from search.metrics.base import ROUNDING, Estimate, PairedScores
from search.metrics.intervals import Draws
from search.metrics.measures import measure_of, row_losses
from search.store.recorder import Recorder
from search.study.answer import (
    CONSTANT,
    Answer,
    BaselineResult,
    Finalist,
    Fit,
    RateCurve,
    Score,
)
from search.study.errors import RunError
from search.study.outputs import OF_LOSS
from search.study.study import Study
from search.study.task import TASKS
from search.study.trial import State
from search.training.rate_suggestion import suggest

Changed = Callable[[Batch], None]


@dataclass(frozen=True, eq=False)
class FinalistChoice:
    """The winner, before the held-out evaluation.

    Attributes:
        finalists: The winner first.
        trained: The winner's fits with their weights.
        chosen: Its fit of median validation.
    """

    finalists: tuple[Finalist, ...]
    trained: Trained
    chosen: Fit


class FinalsPhase:
    """Finds the winner, with the same workers that searched.

    Args:
        study: What was searched.
        parts: Its rows.
        recorder: Where evaluations and the answer are written.
        on_change: Called after each job with the round that it belongs to.
    """

    def __init__(
        self,
        study: Study,
        parts: Parts,
        recorder: Recorder,
        on_change: Changed = lambda _: None,
    ) -> None:
        self._study = study
        self._parts = parts
        self._folds = Folds(study.split, parts)
        self._recorder = recorder
        self._kept = FitCache(recorder)
        self._changed = on_change
        self._choice: FinalistChoice | None = None
        self._watched = Watched()
        self._planes = Projections(parts, recorder.manifest.data.features)
        self._domain = Domain.of(parts, self._task)
        self._challengers: list[Trained] = []
        self._last = Batch([])
        self._refitted: dict[tuple[int | None, int], Result | None] = {}

    def retraining(self) -> Batch:
        """The first round: fresh fits of the best configurations and of the baselines."""
        best = entrants(self._study, self._recorder.trials())
        self._entrants = [*best, *challengers(self._study)] if best else []
        asked = self._planes.measured
        jobs = [
            replace(
                job,
                importance=asked,
                fold=self._folds.fold(split),
                among=0 if split == OWN else self._among,
            )
            for entrant in self._entrants
            for job, split in zip(entrant.jobs, entrant.splits, strict=True)
        ]
        self._jobs = jobs
        # A worker goes on with the rows that it has.
        self._first = self._fits(sorted(jobs, key=lambda job: job.fold.name if job.fold else ""))
        return self._first

    def refitting(self) -> Batch:
        """The second round: the winner is chosen, and trained once more where that is wanted."""
        self._choose_once()
        if self._choice is not None and self._study.finals.refit:
            winner = self._choice.trained
            own = [s for s in winner.sound if s.configuration.seed == self._choice.chosen.seed]
            jobs = [self._last_fit(winner, sound) for sound in own]
            jobs += [self._last_fit(t, sound) for t in self._challengers for sound in t.sound]
            self._last = self._fits(jobs)
        return self._last

    def judging(self) -> Batch:
        """The last round: the winner and the baselines see held-out."""
        self._choose_once()
        for job, result in zip(self._last.jobs, self._last.results, strict=True):
            if isinstance(job, Refit):
                self._refitted[job.configuration.baseline, job.configuration.seed] = result
        self._second = Batch(self._judging_jobs(self._choice), self._changed)
        return self._second

    def _fits(self, jobs: Sequence[Refit]) -> Batch:
        """Those that were trained before an interruption are known."""
        return Batch(jobs, self._changed, self._kept.of(jobs), self._kept.keep)

    def _choose_once(self) -> None:
        if self._choice is not None:
            return
        found = {id(j): r for j, r in zip(self._first.jobs, self._first.results, strict=True)}
        results = iter([found[id(job)] for job in self._jobs])
        self._trained = [
            Trained.of(entrant, [next(results) for _ in entrant.seeds])
            for entrant in self._entrants
        ]
        self._challengers = [t for t in self._trained if t.entrant.trial is None]
        self._choice = self._choose([t for t in self._trained if t.entrant.trial is not None])

    @property
    def _refit(self) -> bool:
        """Whether the winner's last fit is there; without it, no other's counts."""
        choice = self._choice
        found = None if choice is None else self._refitted.get((None, choice.chosen.seed))
        return isinstance(found, Refitted)

    def _last_fit(self, trained: Trained, sound: Sound) -> Refit:
        """On all rows but those held out, for as many epochs as counted in a fit."""
        entrant, curve = trained.entrant, sound.refitted.curve
        return Refit(
            entrant.name,
            sound.configuration,
            entrant.epochs,
            entrant.goal,
            fold=self._folds.fold(TOGETHER),
            until=entrant.goal.place(curve) + 1,
        )

    def conclude(self) -> Answer:
        """The answer, written into the run folder.

        Raises:
            RunError: No finalist could be trained again, or the winner could not be scored.
        """
        choice = self._choice
        if choice is None:
            raise RunError(f"{self._why_nothing()}, so nothing was scored")
        scale = self._parts.scale
        found = {
            (job.configuration.baseline, job.configuration.seed): _own_units(job, result, scale)
            for job, result in zip(self._second.jobs, self._second.results, strict=True)
            if isinstance(job, Prediction) and isinstance(result, Predicted)
        }
        shown = found.get((None, choice.chosen.seed))
        if shown is None:
            raise RunError(f"the winner could not be judged: {self._why_not_judged()}")
        winner = self._judged_of(shown)
        penalty = self._penalty(choice)
        baselines = [self._baseline_result(t, found, winner) for t in self._challengers]
        answer = Answer(
            finalists=choice.finalists,
            chosen=choice.chosen,
            scores=self._scores(choice.trained, found),
            headline=self._judge.score(winner),
            yardsticks=yardsticks(self._said(shown), self._judge, winner, shown.estimates),
            baselines=tuple(baselines),
            rate_curve=self._rate_curve("winner", None),
            look=len(self._recorder.manifest.looks),
            refit=self._last_of(choice),
            no_model=shown.no_model,
            promise=self._told(choice.finalists[0].search_value, penalty),
            renewed=self._told(choice.finalists[0].mean, penalty),
            notes=shown.notes,
            loss_parts=shown.loss_parts,
            columns=self._columns(choice),
        )
        arrays = self._arrays(shown, winner)
        if of_baselines := self._of_baselines(found):
            arrays["baselines"] = of_baselines
        self._recorder.save_answer(answer, shown.model, arrays)
        return answer

    def _last_of(self, choice: FinalistChoice) -> Fit | None:
        """The winner's last fit; None where none was wanted."""
        if not self._study.finals.refit:
            return None
        seed = choice.chosen.seed
        match self._refitted.get((None, seed)):
            case Refitted(curve=curve, engine=engine):
                return Fit(seed, curve, None, None, engine=engine)
            case Failed(reason):
                return Fit(seed, {}, None, None, reason)
            case _:
                return Fit(seed, {}, None, None, "it was not trained")

    def _columns(self, choice: FinalistChoice) -> tuple[tuple[str, str], ...]:
        """What became of each column before the shown model saw it, where the search's is other."""
        split = TOGETHER if self._refit else choice.chosen.split
        preparation = None if split == OWN else self._folds.parts(split).preparation
        return preparation.told if preparation else ()

    def _why_nothing(self) -> str:
        trials = self._recorder.trials()
        if not trials:
            return "no trial was begun in the time that the budget gives"
        failed = [trial.reason for trial in trials if trial.state is State.FAIL]
        if len(failed) < len(trials):
            return "no configuration could be trained again"
        reason, count = Counter(failed).most_common(1)[0]
        return f"all {len(failed)} trials failed, {count} of them with “{reason}”"

    def _why_not_judged(self) -> str:
        reasons = [r.reason for r in self._second.results if isinstance(r, Failed)]
        return reasons[0] if reasons else "its predictions were lost with their worker"

    @cached_property
    def _judge(self) -> Judge:
        """Of the held-out rows."""
        scale, study = self._parts.scale, self._study
        return Judge(
            y=self._truth,
            task=self._task,
            objective=study.objective,
            maximize=study.direction == "maximize",
            deviation=None if scale is None else np.asarray(scale.deviation, float),
            names=self._recorder.manifest.data.targets,
            own=self._own,
        )

    @property
    def _own(self) -> bool:
        """Whether models measure the objective themselves; known after the first round."""
        sound = [sound for trained in self._trained for sound in trained.sound]
        known = measure_of(self._study.objective, self._task) is not None
        return not known or any(one.refitted.estimate is not None for one in sound)

    def _judged_of(self, found: Predicted) -> PairedScores:
        said = found.predictions["held_out"]
        return self._judge.judged(said, found.estimates.get(""), found.kind)

    def _told(self, value: float | None, penalty: float) -> float | None:
        """A value on validation in the unit of held-out scores."""
        if value is None or not math.isfinite(value):
            return None
        return self._judge.in_own_units(value, penalty)

    def _penalty(self, choice: FinalistChoice) -> float:
        """What the winner's loss on validation holds beside that of rows."""
        shown = next(
            (s for s in choice.trained.sound if s.configuration.seed == choice.chosen.seed), None
        )
        if self._study.objective != "val_loss" or shown is None or choice.chosen.value is None:
            return 0.0
        estimate = shown.refitted.estimate
        if estimate is not None:
            return choice.chosen.value - estimate.value
        y = self._folds.parts(shown.split).validation.y
        rows = row_losses(shown.refitted.predictions, y, self._task)
        return float(choice.chosen.value - rows.mean())

    @property
    def _truth(self) -> Array:
        """Of the held-out rows, in the targets' own units."""
        scale, y = self._parts.scale, self._parts.held_out.y
        return scale.back(y) if scale else y

    @property
    def _task(self) -> str:
        return self._recorder.manifest.data.task

    @cached_property
    def _plain(self) -> dict[str, Array]:
        """Held-out predictions of plain models, fitted on as many rows as the shown model."""
        parts = self._folds.parts(TOGETHER if self._refit else OWN)
        train, scale = parts.train, parts.scale
        own = Rows(train.x, scale.back(train.y)) if scale else train
        classes = len(self._recorder.manifest.data.classes)
        objective = self._study.objective
        return plain_predictions(own, parts.held_out.x, classes, self._task, objective)

    def _said(self, shown: Predicted) -> dict[str, Array]:
        """The same, with the constant that is best by the winner's own measure."""
        if shown.constant is None or CONSTANT not in shown.estimates:
            return {} if shown.kind == OF_LOSS else self._plain
        rows = len(self._parts.held_out)
        constant = {CONSTANT: np.tile(shown.constant, (rows, 1))}
        return constant if shown.kind == OF_LOSS else {**self._plain, **constant}

    def _choose(self, trained: Sequence[Trained]) -> FinalistChoice | None:
        """By validation alone."""
        of_trial = {t.entrant.trial.number: t for t in trained if t.entrant.trial is not None}
        finalists = [t.as_finalist(t.entrant.trial) for t in trained if t.entrant.trial is not None]
        order = in_order(finalists, self._study.direction)
        if not order or order[0].mean is None:
            return None
        seen = {number: self._seen(t) for number, t in of_trial.items()}
        order = with_ties(order, seen, self._study.direction)
        chosen = median_of(order[0].fits, self._study.direction)
        if chosen is None:
            return None
        return FinalistChoice(tuple(order), of_trial[order[0].number], chosen)

    @property
    def _among(self) -> int:
        """Of how many rows those of fresh splits are drawn anew."""
        data = self._parts.data
        return 0 if data is None else len(data.y)

    def _seen(self, trained: Trained) -> Seen:
        """The objective on each split's validation rows, as `with_ties` takes it."""
        measure = measure_of(self._study.objective, self._task)
        drawn, right = [], None
        for split in dict.fromkeys(trained.entrant.splits):
            parts, fits = self._folds.parts(split), [s for s in trained.sound if s.split == split]
            draws = Draws.of(len(parts.validation))
            if split != OWN and self._among:
                draws = Draws.of(self._among).taken(parts.numbers[1])
            y = parts.validation.y
            found = [self._estimate(fit, y, draws) for fit in fits]
            if any(not len(one.drawn) for one in found):
                return Seen(None)
            many = min((len(one.drawn) for one in found), default=0)
            drawn.append(np.mean([one.drawn[:many] for one in found], axis=0) if found else None)
            if measure and split == OWN:
                rows = [measure.counted(fit.refitted.predictions, y) for fit in fits]
                known = [of_fit for of_fit in rows if of_fit is not None]
                right = np.mean(known, axis=0) if known else None
        known = [line for line in drawn if line is not None]
        if not known:
            return Seen(None)
        many = min(len(line) for line in known)
        lines = [np.full(many, np.nan) if line is None else line[:many] for line in drawn]
        y = self._parts.validation.y
        of_values = max((abs(fit.value or 0.0) for fit in trained.fits), default=0.0)
        resolution = max(ROUNDING * of_values, measure.resolution(y) if measure else 0.0)
        return Seen(np.array(lines), right, resolution)

    def _estimate(self, fit: Sound, y: Array, draws: Draws) -> Estimate:
        """Of one fit, around what its training recorded: that may hold a penalty of weights."""
        measure, own = measure_of(self._study.objective, self._task), fit.refitted.estimate
        found = own or (
            measure.estimate(fit.refitted.predictions, y, draws) if measure else Estimate(math.nan)
        )
        shift = self._study.goal.value(fit.refitted.curve) - found.value
        return replace(found, drawn=found.drawn + shift)

    def _judging_jobs(self, choice: FinalistChoice | None) -> list[Job]:
        if choice is None:
            return []
        finished = sum(trial.state.finished for trial in self._recorder.trials())
        self._recorder.look(finished)
        jobs: list[Job] = []
        for trained in (choice.trained, *self._challengers):
            for sound in self._judged(trained):
                seed = sound.configuration.seed
                drawn = seed == (
                    choice.chosen.seed if trained is choice.trained else self._shown_of(trained)
                )
                shown = drawn and trained is choice.trained
                parts = self._folds.parts(sound.split)
                jobs.append(
                    Prediction(
                        name=trained.entrant.name,
                        configuration=sound.configuration,
                        weights=sound.refitted.weights,
                        inputs=self._inputs(sound.split, with_grid=drawn),
                        export=shown,
                        raw=parts.raw if shown else None,
                        fold=self._folds.fold(sound.split),
                        asked=self._asked(others=shown) if self._own else None,
                    )
                )
        for trained in (choice.trained, *self._challengers):
            jobs += self._rate_jobs(trained.entrant)
        planes, direction = self._planes_of(choice), self._study.direction
        self._watched = watched(self._trained, planes, self._folds, direction)
        return [*jobs, *self._watched.jobs]

    def _asked(self, *, others: bool) -> MeasureRequest:
        """Custom models are trained on targets as they are."""
        study, plain = self._study, self._plain if others else {}
        return MeasureRequest(
            study.objective, self._parts.held_out.y, plain, maximize=study.direction == "maximize"
        )

    def _planes_of(self, choice: FinalistChoice) -> tuple[list[Projection], list[str]]:
        """By what matters to the fit that is shown."""
        seed = choice.chosen.seed
        chosen = next(s for s in choice.trained.sound if s.configuration.seed == seed)
        return self._planes.of(chosen.refitted.importance)

    def _judged(self, trained: Trained) -> list[Sound]:
        """An entrant's models that see held-out: last fits where the winner has one, else all."""
        if not self._refit:
            return trained.sound
        last = []
        for sound in trained.sound:
            key = (sound.configuration.baseline, sound.configuration.seed)
            refitted = self._refitted.get(key)
            if isinstance(refitted, Refitted):
                last.append(Sound(sound.configuration, TOGETHER, refitted))
        return last

    def _rate_jobs(self, entrant: Entrant) -> list[RateTest]:
        asked = entrant.baseline is None or self._study.baselines[entrant.baseline].rate_curve
        return rate_tests(entrant, self._study, len(self._parts.train)) if asked else []

    def _inputs(self, split: int, *, with_grid: bool) -> dict[str, Features]:
        inputs: dict[str, Features] = {"held_out": self._folds.parts(split).held_out.x}
        grid = None
        if with_grid and self._domain is not None:
            grid = self._folds.features(split, self._domain.points)
        return inputs if grid is None else {**inputs, "grid": grid}

    def _shown_of(self, trained: Trained) -> int | None:
        """The seed of a baseline's fit of median validation; None where all failed."""
        fit = median_of(trained.fits, self._study.direction)
        return None if fit is None else fit.seed

    def _arrays(self, shown: Predicted, winner: PairedScores) -> dict[str, dict[str, Array]]:
        told = shown.predictions["held_out"]
        what = TASKS[self._task].kept
        held_out = {"y": self._truth, what: told}
        kept = {
            "held_out": held_out,
            "worst": values_of(self._parts, worst(told, self._truth, self._task, shown.kind)),
            "replay": self._replay(),
            "objective": {
                "value": np.asarray(winner.estimate.value),
                "drawn": winner.estimate.drawn,
            },
        }
        if "grid" not in shown.predictions or self._domain is None:
            return kept
        grid = self._domain.shaped(shown.predictions["grid"])
        return kept | {
            "held_out": held_out | {"x": rows_drawn(self._parts, self._parts.held_out)},
            "grid": {**self._domain.places, what: grid},
        }

    def _of_baselines(self, found: Mapping[tuple[int | None, int], Predicted]) -> dict[str, Array]:
        """What each baseline's shown fit predicts for the held-out rows, and where it is drawn."""
        kept = {}
        for trained in self._challengers:
            place = trained.entrant.baseline
            said = found.get((place, self._shown_of(trained) or 0))
            if said is None:
                continue
            kept[f"{place} held_out"] = said.predictions["held_out"].astype(np.float32)
            if "grid" in said.predictions and self._domain is not None:
                grid = self._domain.shaped(said.predictions["grid"])
                kept[f"{place} grid"] = grid.astype(np.float32)
        return kept

    def _replay(self) -> dict[str, Array]:
        parts, drawn = self._parts, self._planes.drawn
        results = self._second.results[len(self._second.jobs) - len(self._watched.jobs) :]
        y = parts.train.y[drawn]
        return replay_of(self._watched, results, y, parts.scale, self._task)

    def _scores(
        self, trained: Trained, found: Mapping[tuple[int | None, int], Predicted]
    ) -> tuple[Score, ...]:
        judged = [sound.configuration for sound in self._judged(trained)]
        keys = [(c.baseline, c.seed) for c in judged]
        return tuple(self._judge.score(self._judged_of(found[key])) for key in keys if key in found)

    def _baseline_result(
        self,
        trained: Trained,
        found: Mapping[tuple[int | None, int], Predicted],
        winner: PairedScores,
    ) -> BaselineResult:
        result = self._baseline_alone(trained, found)
        if result.typical is None:
            return result
        judged = [sound.configuration for sound in self._judged(trained)]
        keys = [(c.baseline, c.seed) for c in judged]
        typical = [found[key] for key in keys if key in found][result.typical]
        return replace(result, against=self._judge.paired(winner, self._judged_of(typical)))

    def _baseline_alone(
        self, trained: Trained, found: Mapping[tuple[int | None, int], Predicted]
    ) -> BaselineResult:
        place = trained.entrant.baseline or 0
        seed = self._shown_of(trained)
        shown = None if seed is None else found.get((place, seed))
        return BaselineResult(
            name=trained.entrant.name,
            note=self._study.baselines[place].note,
            shown=None if shown is None else seed,
            headline=None if shown is None else self._judge.score(self._judged_of(shown)),
            params=trained.entrant.params,
            epochs=trained.entrant.epochs,
            weights=trained.weights,
            fits=trained.fits,
            scores=self._scores(trained, found),
            rate_curve=self._rate_curve(trained.entrant.name, place),
        )

    def _rate_curve(self, of: str, baseline: int | None) -> RateCurve | None:
        found = [
            result
            for job, result in zip(self._second.jobs, self._second.results, strict=True)
            if isinstance(job, RateTest)
            and isinstance(result, Rates)
            and job.configuration.baseline == baseline
        ]
        if not found:
            return None
        lowest, suggested = suggest(found[0].rates, [r.losses for r in found])
        return RateCurve(
            of=of,
            rates=found[0].rates,
            losses=tuple(r.losses for r in found),
            lowest=lowest,
            suggested=suggested,
        )


def _own_units(job: Prediction, found: Predicted, scale: Scale | None) -> Predicted:
    """Predictions in the targets' own units; the scale is the job's own where its rows are."""
    used = scale if job.fold is None else job.fold.scale
    if used is None:
        return found
    return replace(found, predictions={name: used.back(y) for name, y in found.predictions.items()})
