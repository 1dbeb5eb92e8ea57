"""A driver with the product's searcher, store and resume, and a training that costs nothing.

python -m benchmarks.killing.cheap run FILE --name loop --seed 3 --trials 400
python -m benchmarks.killing.cheap resume runs/loop
"""

import argparse
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np

from search.app.manifest_builder import manifest_of
from search.app.resolved import ResolvedStudy
from search.display.lines import line_of
from search.jobs.job_source import pass_on
from search.jobs.messages import (
    Assignment,
    AssignmentResult,
    Checkpoint,
    Rung,
    TrialJob,
    WorkerMessage,
)
from search.loading.space_file import Space, override, read
from search.store.folder import Folder
from search.store.manifest import Machine
from search.store.recorder import Recorder
from search.store.run import load_run
from search.study.study import Study
from search.study.trial import Curve, Outcome, State, seed_of
from search.tuning.search_loop import SearchLoop

WORKERS = 2


def main() -> int:
    """Begin or go on, to the end of the budget."""
    options = argparse.ArgumentParser()
    options.add_argument("verb", choices=("run", "resume"))
    options.add_argument("what", type=Path)
    options.add_argument("--name", default="loop")
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--trials", type=int, default=400)
    options.add_argument("--pruner", choices=("median", "curve"), default="median")
    said = options.parse_args()
    print("ready", flush=True)  # from here on, a kill can do harm
    if said.verb == "run":
        space = read(said.what).execute()
        study = pruned(override(space.study, trials=said.trials, seed=said.seed), said.pruner)
        recorder = begun(Folder.named(Path("runs"), said.name).make(), space, study)
    else:
        recorder = Recorder(Folder(said.what))
        study = resumed(said.what, said.pruner)
    with closing(recorder):
        search(SearchLoop(study, recorder, WORKERS, Telling(recorder).changed))
        recorder.ended("finished")
    return 0


def pruned(study: Study, by: str) -> Study:
    """With rungs, so that reports are among what is written."""
    return replace(study.for_task("binary"), pruner=by)


def begun(folder: Folder, space: Space, study: Study) -> Recorder:
    """A new run folder, as `search run` makes it."""
    resolved = ResolvedStudy.of(space, study)
    manifest = manifest_of(folder.name, resolved, Machine(WORKERS, 1, 0, "no"))
    return Recorder.begin(folder, manifest, space.source.files)


def resumed(path: Path, pruner: str) -> Study:
    """The study of a run folder, from its own copy of the space."""
    run = load_run(path)
    study = run.space().execute().study
    plan, seed = run.manifest.plan, run.manifest.seed
    return pruned(override(study, trials=plan.trials, seed=seed), pruner)


class Telling:
    """Prints a line for each ending, as the command does in a pipe."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def changed(self, number: int, epoch: int, curve: Curve) -> None:
        """Of a trial."""
        del epoch
        trial = self._recorder.trial(number, curve)
        if trial.state.finished:
            print(line_of(trial), flush=True)


def search(search_loop: SearchLoop) -> None:
    """Two jobs at a time, of which the older is trained."""
    jobs: list[Assignment] = []
    while not search_loop.over():
        while len(jobs) < WORKERS and (job := search_loop.next()) is not None:
            jobs.append(job)
        if not jobs:
            return
        job = jobs.pop(0)
        for said in trained(job):
            if not pass_on(search_loop, job, said, "1@cheap"):
                break


def trained(job: Assignment) -> Iterator[WorkerMessage]:
    """What a worker would say of a job; the same for the same configuration."""
    outcomes = {}
    for trial_job in job.trial_jobs:
        curve = curve_of(trial_job, job.rungs[-1])
        kept = trial_job.kept
        if kept and (kept.curve != to(curve, kept.epoch) or kept.state["epoch"] != kept.epoch):
            raise SystemExit(f"trial {trial_job.number} was kept as {kept}")
        for rung in job.rungs[:-1]:
            cut = to(curve, rung)
            yield Checkpoint(trial_job.number, rung, cut, {"epoch": np.array(rung)})
            yield (Rung(trial_job.number, rung, cut[job.goal.objective][-1], cut, 10),)
        value = curve[job.goal.objective][-1]
        outcomes[trial_job.number] = Outcome(State.COMPLETE, value, "", curve, 10)
    yield AssignmentResult(outcomes)


def to(curve: Curve, epoch: int) -> Curve:
    """A curve until an epoch."""
    return {name: list(values[:epoch]) for name, values in curve.items()}


def curve_of(trial_job: TrialJob, epochs: int) -> Curve:
    """Something that falls or rises towards a level of the configuration's own."""
    level = seed_of(sorted(trial_job.configuration.params.items())) / 2**31
    rising = [level * (1 - 0.5 ** (epoch + 1)) for epoch in range(epochs)]
    falling = [1 - value for value in rising]
    return {"loss": falling, "accuracy": rising, "val_loss": falling, "val_accuracy": rising}


if __name__ == "__main__":
    sys.exit(main())
