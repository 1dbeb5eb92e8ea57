"""A driver with the product's searcher, store and resume, and a training that costs nothing.

python -m benchmarks.killing.cheap run FILE --name loop --seed 3 --trials 400
python -m benchmarks.killing.cheap resume runs/loop

With --resume-paused on both, trials that forecasts give up are paused and may go on; some of the
curves then rise late, so that many do.
"""

import argparse
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from search import Finals
from search.app.manifest_builder import manifest_of
from search.app.resolved import ResolvedStudy
from search.data.dataset import Array
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
    options.add_argument("--resume-paused", action="store_true")
    said = options.parse_args()
    print("ready", flush=True)  # from here on, a kill can do harm
    if said.verb == "run":
        space = read(said.what).execute()
        study = override(space.study, trials=said.trials, seed=said.seed)
        study = pruned(study, said.pruner, resume_paused=said.resume_paused)
        recorder = begun(Folder.named(Path("runs"), said.name).make(), space, study)
    else:
        recorder = Recorder(Folder(said.what))
        study = resumed(said.what, said.pruner, resume_paused=said.resume_paused)
    with closing(recorder):
        loop = SearchLoop(study, recorder, WORKERS, Telling(recorder).changed)
        search(loop, recorder)
        recorder.ended("finished")
    return 0


def pruned(study: Study, by: str, *, resume_paused: bool = False) -> Study:
    """With rungs, so that reports are among what is written."""
    study = replace(study.for_task("binary"), pruner=by, resume_paused=resume_paused)
    if not resume_paused:
        return study
    # TPE's later trials are too much alike for a forecast to change its mind.
    return replace(study, sampler="random", finals=Finals(top=8))


def begun(folder: Folder, space: Space, study: Study) -> Recorder:
    """A new run folder, as `search run` makes it."""
    resolved = ResolvedStudy.of(space, study)
    manifest = manifest_of(folder.name, resolved, Machine(WORKERS, 1, 0, "no"))
    return Recorder.begin(folder, manifest, space.source.files)


def resumed(path: Path, pruner: str, *, resume_paused: bool = False) -> Study:
    """The study of a run folder, from its own copy of the space."""
    run = load_run(path)
    study = run.space().execute().study
    plan, seed = run.manifest.plan, run.manifest.seed
    study = override(study, trials=plan.trials, seed=seed)
    return pruned(study, pruner, resume_paused=resume_paused)


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


def search(search_loop: SearchLoop, recorder: Recorder) -> None:
    """Two jobs at a time, of which the older is trained.

    Args:
        search_loop: Hands them out.
        recorder: Says where a trial that was paused may begin.
    """
    jobs: list[Assignment] = []
    while not search_loop.over():
        while len(jobs) < WORKERS and (job := search_loop.next()) is not None:
            jobs.append(job)
        if not jobs:
            return
        job = jobs.pop(0)
        check_begins_late_enough(job, recorder)
        for said in trained(job):
            if not pass_on(search_loop, job, said, "1@cheap"):
                break


def check_begins_late_enough(job: Assignment, recorder: Recorder) -> None:
    """End where a trial that was paused would be run again from before its pause."""
    for trial_job in job.trial_jobs:
        pauses = recorder.trial(trial_job.number, {}).pauses
        begins = trial_job.kept.epoch if trial_job.kept else 0
        if pauses and begins < pauses[-1].epoch:
            raise SystemExit(f"trial {trial_job.number} begins after {begins}, paused as {pauses}")


def trained(job: Assignment) -> Iterator[WorkerMessage]:
    """What a worker would say of a job; the same for the same configuration."""
    outcomes = {}
    for trial_job in job.trial_jobs:
        curve = (late_or_not if job.pausing else curve_of)(trial_job, job.rungs[-1])
        kept = trial_job.kept
        if kept and (kept.curve != to(curve, kept.epoch) or kept.state["epoch"] != kept.epoch):
            raise SystemExit(f"trial {trial_job.number} was kept as {kept}")
        last = kept.epoch if kept and job.pausing else 0
        for rung in (rung for rung in job.rungs[:-1] if rung > last):
            cut, state = to(curve, rung), {"epoch": np.array(rung)}
            value = cut[job.goal.objective][-1]
            if not job.pausing:
                yield Checkpoint(trial_job.number, rung, cut, state)
            elif rung - 1 > last:  # as in a training: between two rungs
                between = {"epoch": np.array(rung - 1)}
                yield Checkpoint(trial_job.number, rung - 1, to(curve, rung - 1), between)
            fetch = partial(dict[str, Array], state) if job.pausing else None
            yield (Rung(trial_job.number, rung, value, cut, 10, state=fetch),)
            last = rung
        value = curve[job.goal.objective][-1]
        outcomes[trial_job.number] = Outcome(State.COMPLETE, value, "", curve, 10)
    yield AssignmentResult(outcomes)


def to(curve: Curve, epoch: int) -> Curve:
    """A curve until an epoch."""
    return {name: list(values[:epoch]) for name, values in curve.items()}


def late_or_not(trial_job: TrialJob, epochs: int) -> Curve:
    """One in three begins low and rises late, which forecasts learn on the way."""
    key = sorted(trial_job.configuration.params.items())
    draw = np.random.default_rng(seed_of(key))
    level, at = draw.uniform(0.5, 0.95), np.arange(1, epochs + 1) / epochs
    late = draw.uniform() < 0.35
    way = 1 / (1 + np.exp(-9 * (at - 0.5))) if late else 1 - 0.02 / at
    rising = 0.3 + (level - 0.3) * way + 0.004 * draw.normal(size=epochs)
    up, down = rising.tolist(), (1 - rising).tolist()
    return {"loss": down, "accuracy": up, "val_loss": down, "val_accuracy": up}


def curve_of(trial_job: TrialJob, epochs: int) -> Curve:
    """Something that falls or rises towards a level of the configuration's own."""
    level = seed_of(sorted(trial_job.configuration.params.items())) / 2**31
    rising = [level * (1 - 0.5 ** (epoch + 1)) for epoch in range(epochs)]
    falling = [1 - value for value in rising]
    return {"loss": falling, "accuracy": rising, "val_loss": falling, "val_accuracy": rising}


if __name__ == "__main__":
    sys.exit(main())
