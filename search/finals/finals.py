"""The finals: fresh fits of the best, the choice by validation, and the one look at held-out.

The held-out rows are opened here and nowhere else; each look is written down before it is taken.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from search.finals.keeping import KeptFits
from search.finals.planes import Plane, Planes, ends_of, points_of
from search.finals.replay import Watched, replay_of, watched
from search.finals.retraining import (
    Entrant,
    Trained,
    challengers,
    entrants,
    rate_tests,
)
from search.finals.scoring import row_scores, score
from search.finals.verdict import in_order, median_of, with_ties
from search.finals.worst_rows import values_of, worst
from search.finals.yardsticks import yardsticks
from search.store.recorder import Recorder
from search.study.answer import (
    Answer,
    BaselineResult,
    Finalist,
    Fit,
    RateCurve,
    Score,
    Yardstick,
)
from search.study.data.rows_in_file import Features, whole
from search.study.dataset import Array
from search.study.errors import RunError
from search.study.split import Parts, Rows
from search.study.study import Study
from search.study.task import REGRESSION, TASKS
from search.study.trial import State, seed_of
from search.training.rate_suggestion import suggest
from search.tuning.batch import Batch
from search.tuning.work import Failed, Job, Predicted, Prediction, Rates, RateTest

GRID = 101
"""Points along each side of the decision boundary's grid."""

Changed = Callable[[Batch], None]


@dataclass(frozen=True, eq=False)
class Choice:
    """The winner, before anybody looked at held-out.

    Attributes:
        finalists: The winner first.
        trained: The winner's fits with their weights.
        chosen: Its fit of median validation.
    """

    finalists: tuple[Finalist, ...]
    trained: Trained
    chosen: Fit


class Finals:
    """Finds the winner, with the same workers that searched.

    Args:
        study: What was searched.
        parts: Its rows.
        recorder: Where looks and the answer are written.
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
        self._recorder = recorder
        self._changed = on_change
        self._choice: Choice | None = None
        self._watched = Watched()
        self._planes = Planes(parts, recorder.manifest.data.features)
        self._challengers: list[Trained] = []

    def retraining(self) -> Batch:
        """The first round: fresh fits of the best configurations and of the baselines."""
        best = entrants(self._study, self._recorder.trials())
        self._entrants = [*best, *challengers(self._study)] if best else []
        asked = self._planes.measured
        jobs = [replace(job, importance=asked) for e in self._entrants for job in e.jobs]
        kept = KeptFits(self._recorder)
        self._first = Batch(jobs, self._changed, kept.of(jobs), kept.keep)
        return self._first

    def judging(self) -> Batch:
        """The second round: the winner is chosen, then it and the baselines see held-out."""
        results = iter(self._first.results)
        self._trained = [Trained.of(e, results) for e in self._entrants]
        self._challengers = [t for t in self._trained if t.entrant.trial is None]
        self._choice = self._choose([t for t in self._trained if t.entrant.trial is not None])
        self._second = Batch(self._judging_jobs(self._choice), self._changed)
        return self._second

    def conclude(self) -> Answer:
        """The answer, written into the run folder.

        Raises:
            RunError: No finalist could be trained again, or the winner could not be scored.
        """
        choice = self._choice
        if choice is None:
            raise RunError(f"{self._why_nothing()}, so nothing was scored")
        found = {
            (job.configuration.baseline, job.configuration.seed): result
            for job, result in zip(self._second.jobs, self._second.results, strict=True)
            if isinstance(job, Prediction) and isinstance(result, Predicted)
        }
        chosen = found.get((None, choice.chosen.seed))
        if chosen is None:
            raise RunError(f"the winner could not be judged: {self._why_not_judged()}")
        answer = Answer(
            finalists=choice.finalists,
            chosen=choice.chosen,
            scores=self._scores(choice.trained, found),
            headline=self._score(chosen),
            yardsticks=self._yardsticks(),
            baselines=tuple(
                self._baseline_result(place, trained, found)
                for place, trained in enumerate(self._challengers)
            ),
            rate_curve=self._rate_curve("winner", None),
            look=len(self._recorder.manifest.looks),
        )
        self._recorder.save_answer(answer, chosen.model, self._arrays(chosen))
        return answer

    def _why_nothing(self) -> str:
        trials = self._recorder.trials()
        failed = [trial.reason for trial in trials if trial.state is State.FAIL]
        if len(failed) < len(trials):
            return "no configuration could be trained again"
        reason, count = Counter(failed).most_common(1)[0]
        return f"all {len(failed)} trials failed, {count} of them with “{reason}”"

    def _why_not_judged(self) -> str:
        reasons = [r.reason for r in self._second.results if isinstance(r, Failed)]
        return reasons[0] if reasons else "its predictions were lost with their worker"

    def _score(self, found: Predicted) -> Score:
        return score(self._told(found, "held_out"), self._truth, self._task)

    def _told(self, found: Predicted, rows: str) -> Array:
        """Predictions in the targets' own units."""
        scale = self._parts.scale
        return scale.back(found.predictions[rows]) if scale else found.predictions[rows]

    @property
    def _truth(self) -> Array:
        """Of the held-out rows, in the targets' own units."""
        scale, y = self._parts.scale, self._parts.held_out.y
        return scale.back(y) if scale else y

    @property
    def _task(self) -> str:
        return self._recorder.manifest.data.task

    def _yardsticks(self) -> tuple[Yardstick, ...]:
        train, scale = self._parts.train, self._parts.scale
        own = Rows(train.x, scale.back(train.y)) if scale else train
        held_out = Rows(self._parts.held_out.x, self._truth)
        return yardsticks(own, held_out, len(self._recorder.manifest.data.classes), self._task)

    def _choose(self, trained: Sequence[Trained]) -> Choice | None:
        """By validation alone."""
        of_trial = {t.entrant.trial.number: t for t in trained if t.entrant.trial is not None}
        finalists = [t.as_finalist(t.entrant.trial) for t in trained if t.entrant.trial is not None]
        order = in_order(finalists, self._study.direction)
        if not order or order[0].mean is None:
            return None
        scores = {number: self._row_scores(t) for number, t in of_trial.items()}
        order = with_ties(order, scores, seed_of(self._study.seed, "ties"))
        chosen = median_of(order[0].fits, self._study.direction)
        if chosen is None:
            return None
        return Choice(tuple(order), of_trial[order[0].number], chosen)

    def _row_scores(self, trained: Trained) -> Array | None:
        """On validation, the mean over fits; None where none is sound."""
        y, objective = self._parts.validation.y, self._study.objective
        per_fit = [row_scores(p, y, self._task, objective) for p in trained.predictions]
        return np.mean(per_fit, axis=0) if per_fit else None

    def _judging_jobs(self, choice: Choice | None) -> list[Job]:
        if choice is None:
            return []
        finished = sum(trial.state.finished for trial in self._recorder.trials())
        self._recorder.look(finished)
        jobs: list[Job] = []
        for trained in (choice.trained, *self._challengers):
            for configuration, refitted in trained.sound:
                shown = trained is choice.trained and configuration.seed == choice.chosen.seed
                jobs.append(
                    Prediction(
                        name=trained.entrant.name,
                        configuration=configuration,
                        weights=refitted.weights,
                        inputs=self._inputs(with_grid=shown),
                        export=shown,
                        raw=self._parts.raw if shown else None,
                    )
                )
        for trained in (choice.trained, *self._challengers):
            jobs += self._rate_jobs(trained.entrant)
        self._watched = watched(self._trained, self._planes_of(choice), self._study.direction)
        return [*jobs, *self._watched.jobs]

    def _planes_of(self, choice: Choice) -> tuple[list[Plane], list[str]]:
        """By what matters to the fit that is shown."""
        sound = choice.trained.sound
        shown = next(fit for c, fit in sound if c.seed == choice.chosen.seed)
        return self._planes.of(shown.importance)

    def _rate_jobs(self, entrant: Entrant) -> list[RateTest]:
        asked = entrant.baseline is None or self._study.baselines[entrant.baseline].rate_curve
        return rate_tests(entrant, self._study, len(self._parts.train)) if asked else []

    def _inputs(self, *, with_grid: bool) -> dict[str, Features]:
        inputs: dict[str, Features] = {"held_out": self._parts.held_out.x}
        if with_grid and self._two_features:
            inputs["grid"] = points_of(self._sides())
        return inputs

    @property
    def _two_features(self) -> bool:
        """Whether there is a boundary to draw."""
        return TASKS[self._task].classifies and self._parts.train.x.shape[1:] == (2,)

    def _sides(self) -> tuple[Array, Array]:
        """The two axes of the boundary's grid, over all rows."""
        parts = (self._parts.train, self._parts.validation, self._parts.held_out)
        return ends_of(np.concatenate([whole(rows.x) for rows in parts]), GRID)

    def _arrays(self, chosen: Predicted) -> dict[str, dict[str, Array]]:
        told = self._told(chosen, "held_out")
        what = "predictions" if self._task == REGRESSION.name else "probabilities"
        held_out = {"y": self._truth, what: told}
        kept = {
            "held_out": held_out,
            "worst": values_of(self._parts, worst(told, self._truth, self._task)),
            "replay": self._replay(),
        }
        if not self._two_features:
            return kept
        x1, x2 = self._sides()
        grid = self._told(chosen, "grid").reshape(GRID, GRID, -1)
        return kept | {
            "held_out": held_out | {"x": whole(self._parts.held_out.x)},
            "grid": {"x1": x1, "x2": x2, what: grid},
        }

    def _replay(self) -> dict[str, Array]:
        parts, drawn = self._parts, self._planes.drawn
        results = self._second.results[len(self._second.jobs) - len(self._watched.jobs) :]
        y = parts.train.y[drawn]
        return replay_of(self._watched, results, y, parts.scale, self._task)

    def _scores(
        self, trained: Trained, found: Mapping[tuple[int | None, int], Predicted]
    ) -> tuple[Score, ...]:
        keys = [(c.baseline, c.seed) for c, _ in trained.sound]
        return tuple(self._score(found[key]) for key in keys if key in found)

    def _baseline_result(
        self, place: int, trained: Trained, found: Mapping[tuple[int | None, int], Predicted]
    ) -> BaselineResult:
        return BaselineResult(
            name=trained.entrant.name,
            note=self._study.baselines[place].note,
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
