"""Tune's two questions, passed on to the work: what runs next, and does it go on?"""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import ray
from ray.tune.experiment import Trial
from ray.tune.schedulers import TrialScheduler
from ray.tune.search import Searcher
from ray.tune.stopper import Stopper

from search.cluster import ray_compat
from search.cluster.worker_pool import WorkerPool
from search.data.rows_in_file import Features
from search.jobs.context import DataSplit
from search.jobs.job_source import JobSource, pass_on
from search.jobs.messages import (
    Assignment,
    Job,
    JointRefit,
    Prediction,
    Refit,
    SnapshotJob,
    WarmUp,
    WorkerMessage,
)
from search.tuning.worker import Parcel, SentState

PATIENCE = 5.0
"""Seconds that a worker waits at most for another one to start, for which there is room."""


class JobSearcher(Searcher):
    """Takes the next job from the work; each becomes a Tune trial.

    Args:
        work: Who decides.
        pool: That keeps it informed of the cluster.
        context: What workers work with; called with the first job that needs it.
    """

    def __init__(self, work: JobSource, pool: WorkerPool, context: Callable[[], Parcel]) -> None:
        super().__init__()
        self._work = work
        self._pool = pool
        self._context = context
        # With the rows themselves, so that no others get their number.
        self._sent: dict[int, tuple[Any, ray.ObjectRef[Any]]] = {}

    def suggest(self, trial_id: str) -> Any:
        """The next job as a config, None where there is none just now, or FINISHED."""
        del trial_id
        # Where no trial lives, Tune stays in a loop of its own that asks for one each second.
        self._pool.tick()
        if self._work.over():
            return Searcher.FINISHED
        job = self._work.next()
        if job is None:
            return None
        context = None if isinstance(job, WarmUp) else self._context()
        return {"parcel": self._parcel(job), "where": self._pool.where, "context": context}

    def _parcel(self, job: Job) -> Parcel:
        if isinstance(job, Assignment) and any(each.kept for each in job.trial_jobs):
            # Tune has each job's config to the end of the run, and would have the states with it.
            bare = tuple(replace(each, kept=None) for each in job.trial_jobs)
            return Parcel(replace(job, trial_jobs=bare), ray.put(job))
        if not isinstance(job, Prediction | SnapshotJob | Refit | JointRefit):
            return Parcel(job)
        fold = None if job.fold is None else self._stored(job.fold)
        if isinstance(job, Refit | JointRefit):
            return Parcel(job) if fold is None else Parcel(job, _put(job, fold=None), fold=fold)
        inputs = {name: self._stored(x) for name, x in job.inputs.items()}
        return Parcel(job, _put(job, inputs={}, fold=None), inputs, fold)

    def _stored(self, x: Features | DataSplit) -> "ray.ObjectRef[Any]":
        """Once, however many models are trained on these rows or predict them."""
        if id(x) not in self._sent:
            self._sent[id(x)] = (x, ray.put(x))
        return self._sent[id(x)][1]

    def on_trial_complete(
        self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False
    ) -> None:
        """Nothing to do: the scheduler hears of every result and every loss."""

    def save(self, checkpoint_path: str) -> None:
        """Nothing to do: the run folder holds the one truth."""

    def restore(self, checkpoint_path: str) -> None:
        """Nothing to do: see `save`."""

    def __getstate__(self) -> dict[str, Any]:
        return {}  # Tune pickles its searcher; the store stays with the driver


def _put(
    job: Prediction | SnapshotJob | Refit | JointRefit, **without: Any
) -> "ray.ObjectRef[Any]":
    """A job in the object store, without what is there already."""
    return ray.put(replace(job, **without))


class JobScheduler(TrialScheduler):
    """Gives the work what workers answer, and keeps every worker warm and busy.

    A worker that has finished a job is not let go at once: its Tune trial waits until there is
    another job for it. Stopped at once, Tune would end the actor where no trial is waiting (at the
    end of the search, before the finals), or hand it a trial whose own actor is still starting and
    kill that one: with short trials one worker then did everything.

    Args:
        work: Who decides.
        pool: That keeps it informed of the cluster.
    """

    def __init__(self, work: JobSource, pool: WorkerPool) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._work = work
        self._pool = pool
        self._live: list[Trial] = []
        self._held: list[Trial] = []
        self._held_since = 0.0

    def on_trial_add(self, tune_controller: Any, trial: Trial) -> None:
        """Take note of a trial that waits for a worker."""
        del tune_controller
        self._live.append(trial)

    def on_trial_result(self, tune_controller: Any, trial: Trial, result: dict[str, Any]) -> str:
        """Pass on what the worker answers; at a rung, the work decides whether it goes on."""
        self._pool.began()
        job, said = _begun(trial), result.pop("said")
        goes_on = pass_on(self._work, job, said, f"{result['pid']}@{result['node_ip']}")
        _let_go_of_states(said)
        if goes_on:
            return TrialScheduler.CONTINUE
        if result["worn"] and not isinstance(said, tuple):
            _let_go(tune_controller, trial)
            return TrialScheduler.NOOP
        self._held.append(trial)
        self._held_since = time.monotonic()
        return TrialScheduler.NOOP

    def on_trial_error(self, tune_controller: Any, trial: Trial) -> None:
        """The worker died, or Tune lost it."""
        del tune_controller
        if trial in self._held:
            self._held.remove(trial)  # its job was done
            return
        worker = trial.temporary_state.ray_actor
        self._pool.lost(_begun(trial), _cause(trial), worker)

    def choose_trial_to_run(self, tune_controller: Any) -> Trial | None:
        """Let a waiting worker go on to a trial that waits; Tune itself starts what it can."""
        controller = ray_compat.controller_of(tune_controller)
        self._live = [trial for trial in self._live if not trial.is_finished()]
        placed = ray_compat.live_actors(controller)
        running = sum(trial.status == Trial.RUNNING for trial in self._live)
        self._pool.count(len(placed), running - len(self._held))
        self._pool.tick()
        controller.update_max_pending_trials(max(1, self._pool.standing.workers))
        if not self._held:
            return None
        waiting = self._waiting(controller, placed)
        if waiting is not None or self._work.over():
            tune_controller.stop_trial(self._held.pop(0))
        return waiting

    def _waiting(self, controller: Any, placed: Sequence[Any]) -> Trial | None:
        """A trial that no starting worker will take, where there is one."""
        late = time.monotonic() - self._held_since > PATIENCE
        if self._pool.has_room and not late:
            return None  # it is about to get a worker of its own
        for trial in self._live:
            actor = ray_compat.actor_of(controller, trial)
            if trial.status == Trial.PENDING and (actor is None or actor not in placed):
                return trial
        return None

    def dismiss(self) -> None:
        """End all workers where they are."""
        for trial in self._live:
            if trial.temporary_state.ray_actor is not None:
                ray.kill(trial.temporary_state.ray_actor)

    def on_trial_complete(self, tune_controller: Any, trial: Trial, result: dict[str, Any]) -> None:
        """Nothing to do: no worker ends a trial by itself."""

    def on_trial_remove(self, tune_controller: Any, trial: Trial) -> None:
        """Nothing to do: only a stop removes trials."""

    def debug_string(self) -> str:
        """For Tune's own log."""
        return f"{len(self._live)} jobs, {len(self._held)} workers waiting"

    def __getstate__(self) -> dict[str, Any]:
        return {}  # as the searcher's


class Stopped(BaseException):
    """The work was stopped; not for Tune to catch."""


class JobStopper(Stopper):
    """Ends everything at once when the work was stopped.

    By an exception: ended in order, Tune asks each worker to stop and waits up to ten seconds for
    one that is inside an epoch. What it would tidy goes with the session.
    """

    def __init__(self, work: JobSource) -> None:
        self._work = work

    def __call__(self, trial_id: str, result: dict[str, Any]) -> bool:
        """No single trial is ended by a rule."""
        del trial_id, result
        return False

    def stop_all(self) -> bool:
        """Called in each round of Tune's.

        Raises:
            Stopped: What is under way is given up.
        """
        if self._work.stopped():
            raise Stopped
        return False

    def __getstate__(self) -> dict[str, Any]:
        return {}


def _begun(trial: Trial) -> Job:
    """The job of a trial that a worker has begun: the states that it goes on from are let go."""
    parcel: Parcel = trial.config["parcel"]
    job: Job = parcel.content
    if isinstance(job, Assignment):
        parcel.let_go()
    return job


def _let_go_of_states(said: WorkerMessage) -> None:
    for rung in said if isinstance(said, tuple) else ():
        if isinstance(rung.state, SentState):
            rung.state.let_go()


def _let_go(tune_controller: Any, trial: Trial) -> None:
    """End a trial and its worker with it; the next trial starts a fresh one."""
    controller = ray_compat.controller_of(tune_controller)
    with ray_compat.without_reuse(controller):
        controller.stop_trial(trial)


def _cause(trial: Trial) -> str:
    """Why a trial's worker is gone; Ray does not learn a process's exit code."""
    file = Path(trial.error_file)
    text = file.read_text(errors="replace") if file.is_file() else ""
    if "running low on memory" in text:
        return "its worker was ended because the machine ran out of memory"
    return "its worker process died: it was killed, crashed, or ended itself"
