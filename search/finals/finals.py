"""The finals in three rounds: fresh fits of the best, last fits, and the held-out evaluation."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

from search.data.split import Parts
from search.finals.choice import FinalistChoice, Validation
from search.finals.fit_cache import FitCache
from search.finals.folds import OWN, TOGETHER, Folds
from search.finals.held_out import HeldOutEvaluation
from search.finals.projection import Projections
from search.finals.retraining import (
    Sound,
    Trained,
    challengers,
    entrants,
)
from search.jobs.batch import Batch
from search.jobs.keras_process import BatchWithKeras, KerasProcess
from search.jobs.messages import (
    Job,
    Refit,
)
from search.store.recorder import Recorder
from search.study.answer import (
    Answer,
)
from search.study.errors import RunError
from search.study.study import Study
from search.study.task import TASKS
from search.study.trial import State
from search.training.choice import stacks

Changed = Callable[[Batch], None]


class FinalsPhase:
    """Finds the winner, with the same workers that searched.

    Args:
        study: What was searched.
        parts: Its rows.
        recorder: Where evaluations and the answer are written.
        on_change: Called after each job with the round that it belongs to.
        beside: Performs the job of the last round that needs Keras; None for the workers.
    """

    def __init__(
        self,
        study: Study,
        parts: Parts,
        recorder: Recorder,
        on_change: Changed = lambda _: None,
        beside: KerasProcess | None = None,
    ) -> None:
        self._study = study
        self._parts = parts
        self._folds = Folds(study.split, parts)
        self._recorder = recorder
        self._kept = FitCache(recorder)
        self._changed = on_change
        self._beside = beside
        self._choice: FinalistChoice | None = None
        self._validation = Validation(study, self._folds, recorder.manifest.data.task)
        self._held_out: HeldOutEvaluation | None = None
        self._last = Batch([])

    def retraining(self) -> Batch:
        """The first round: fresh fits of the best configurations and of the baselines."""
        best = entrants(self._study, self._recorder.trials())
        self._entrants = [*best, *challengers(self._study)] if best else []
        planes = Projections(self._parts, self._recorder.manifest.data.features)
        jobs = [
            replace(
                job,
                importance=planes.measured and not TASKS[self._validation.task].by_model,
                fold=self._folds.fold(split),
                among=0 if split == OWN else self._validation.among,
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
            jobs = [self._last_fit(self._choice.trained, self._choice.shown)]
            jobs += [self._last_fit(t, sound) for t in self._choice.baselines for sound in t.sound]
            self._last = self._fits(jobs)
        return self._last

    def judging(self) -> Batch:
        """The last round: the winner and the baselines see held-out."""
        self._choose_once()
        jobs: list[Job] = []
        if self._choice is not None:
            refitted = {
                (job.configuration.baseline, job.configuration.seed): result
                for job, result in zip(self._last.jobs, self._last.results, strict=True)
                if isinstance(job, Refit)
            }
            self._held_out = HeldOutEvaluation(
                self._study, self._folds, self._recorder, self._choice, refitted
            )
            jobs = self._held_out.jobs()
        self._second = (
            Batch(jobs, self._changed)
            if self._beside is None
            else BatchWithKeras(jobs, self._changed, self._beside)
        )
        return self._second

    def conclude(self) -> Answer:
        """The answer, written into the run folder.

        Raises:
            RunError: No finalist could be trained again, or the winner could not be scored.
        """
        if self._held_out is None:
            raise RunError(f"{self._why_nothing()}, so nothing was scored")
        return self._held_out.conclude(self._second)

    def _fits(self, jobs: Sequence[Refit]) -> Batch:
        """Those that were trained before an interruption are known."""
        plan, machine = self._recorder.manifest.plan, self._recorder.manifest.machine
        together = machine.gpus > 0 and stacks(plan.engine)
        workers = max(1, machine.workers) if together else 0
        return Batch(jobs, self._changed, self._kept.of(jobs), self._kept.keep, workers)

    def _choose_once(self) -> None:
        if self._choice is not None:
            return
        found = {id(j): r for j, r in zip(self._first.jobs, self._first.results, strict=True)}
        results = iter([found[id(job)] for job in self._jobs])
        trained = [
            Trained.of(entrant, [next(results) for _ in entrant.seeds])
            for entrant in self._entrants
        ]
        self._choice = self._validation.choose(trained)

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

    def _why_nothing(self) -> str:
        trials = self._recorder.trials()
        if not trials:
            return "no trial was begun in the time that the budget gives"
        failed = [trial.reason for trial in trials if trial.state is State.FAIL]
        if len(failed) < len(trials):
            return "no configuration could be trained again"
        reason, count = Counter(failed).most_common(1)[0]
        return f"all {len(failed)} trials failed, {count} of them with “{reason}”"
