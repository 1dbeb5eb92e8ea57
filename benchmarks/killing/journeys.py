"""Short runs that write all that a run can write, from a new folder or from one that is there."""

import shutil
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.jobs import ROOT
from benchmarks.killing.cheap import WORKERS, pruned, search
from search.app.manifest_builder import manifest_of
from search.app.resolved import ResolvedStudy
from search.data.dataset import Array
from search.display.lines import line_of
from search.jobs.messages import Checkpoint
from search.loading.space_file import override, read
from search.store.folder import Folder
from search.store.manifest import Machine
from search.store.recorder import Recorder
from search.store.run import StoredRun, load_run
from search.study.answer import Answer, Finalist, Fit, Interval, Score
from search.study.errors import InputError
from search.study.ranking import ranked
from search.study.study import Study
from search.study.trial import Curve
from search.tuning.search_loop import SearchLoop

GOLD = ROOT / "tests" / "gold"
SPACE = GOLD / "run" / "space" / "small.py"
RUN = Path("runs") / "loop"
"""Where every journey's run lies, below the folder that it works in."""

POINTS = {
    "x": np.arange(8.0).reshape(4, 2),
    "y": np.array([0, 1, 0, 1]),
    "part": np.array([0, 0, 1, 1]),
}
GRID = 11

Say = Callable[[str], object]


@dataclass(frozen=True)
class Journey:
    """A run, from where it begins to its end.

    Attributes:
        trials: Budget.
        epochs: Of a trial.
        pruner: Such as "median", which has rungs.
        resume_paused: Whether trials that forecasts give up are paused; of "curve".
        together: Trials of one assignment.
        start: The run folder that it begins from; None for a new run.
    """

    trials: int
    epochs: int = 3
    pruner: str = "median"
    resume_paused: bool = False
    together: int = 1
    start: Path | None = None

    def prepare(self, root: Path) -> None:
        """Make the folder to work in."""
        (root / RUN).parent.mkdir(parents=True)
        if self.start is not None:
            shutil.copytree(self.start, root / RUN)

    def session(self, say: Say) -> None:
        """One session of the command, in the working folder, to the end; says what is durable."""
        recorder = self._opened()
        with closing(recorder):
            manifest = recorder.manifest
            over = manifest.ended == "finished" and manifest.plan.trials == self.trials
            if over and not load_run(RUN).damaged():
                return
            recorder.revise(replace(manifest.plan, trials=self.trials), data_changed=False)
            recorder.save_arrays("points", POINTS)
            study = self._study(load_run(RUN).space().execute().study)
            search(_Saying(study, recorder, say), recorder)
            recorder.spent("search", 1.0)
            recorder.searched("")
            say(f"look {recorder.look(self.trials)}")
            answer = answer_of(recorder)
            recorder.save_answer(answer, *left_by(answer))
            say("answer")
            recorder.ended("finished")

    def _opened(self) -> Recorder:
        try:
            return Recorder(load_run(RUN).folder)
        except InputError as error:
            if "there is no run here" not in str(error):
                raise
        space = read(SPACE).execute()
        study = self._study(space.study)
        folder = Folder.named(RUN.parent, RUN.name).make()
        resolved = ResolvedStudy.of(space, study)
        manifest = manifest_of(RUN.name, resolved, Machine(WORKERS, 1, 0, "no"))
        plan = replace(manifest.plan, together=self.together)
        return Recorder.begin(folder, replace(manifest, plan=plan), space.source.files)

    def _study(self, study: Study) -> Study:
        study = override(study, self.trials, self.epochs, 3)
        return pruned(study, self.pruner, resume_paused=self.resume_paused)


class _Saying(SearchLoop):
    """Says of each ending, as the command does in a pipe, and of each state that is kept."""

    def __init__(self, study: Study, recorder: Recorder, say: Say) -> None:
        super().__init__(study, recorder, WORKERS, self._ending)
        self._say = say

    def _ending(self, number: int, epoch: int, curve: Curve) -> None:
        del epoch
        trial = self._recorder.trial(number, curve)
        if trial.state.finished:
            self._say(line_of(trial))

    def keep(self, kept: Checkpoint) -> None:
        super().keep(kept)
        self._say(f"kept {kept.number} {kept.epoch}")


def answer_of(recorder: Recorder) -> Answer:
    """That the best trial has won."""
    best = ranked(recorder.trials(), recorder.manifest.plan.goal)[0]
    fit = Fit(1, best.curve, best.value, 0.5)
    score = Score(4, 0.75, Interval(0.3, 0.95), 0.5, ((2, 0), (1, 1)))
    value = best.value or 0.0
    finalist = Finalist(best.number, best.params, 10, value, (fit,), value, tied=False)
    look = len(recorder.manifest.looks)
    return Answer((finalist,), fit, (score,), score, (), look=look)


def left_by(answer: Answer) -> tuple[bytes, dict[str, dict[str, Array]]]:
    """Model and arrays of an answer, each other than another winner's."""
    number = answer.winner.number
    model = b"".join(sha256(b"%d %d" % (number, part)).digest() for part in range(640))
    arrays: dict[str, dict[str, Any]] = {
        "held_out": {
            "x": POINTS["x"] + 0.5,
            "y": np.array([0, 0, 1, 1]),
            "probabilities": np.full((4, 2), 1 / (number + 2)),
        },
        "grid": {
            "x1": np.linspace(-1.0, 9.0, GRID),
            "x2": np.linspace(-1.0, 9.0, GRID),
            "probabilities": np.full((GRID, GRID, 2), 1 / (number + 2)),
        },
    }
    return model, arrays


def of_the_finals(run: StoredRun) -> list[str]:
    """What is wrong with an answer, where there is one: model and arrays have to be its own."""
    answer = run.answer()
    if answer is None:
        return []
    model, arrays = left_by(answer)
    best = run.best()
    found = []
    if best is None or answer.winner.number != best.number:
        found.append(f"trial {answer.winner.number} is the winner and {best} the best")
    if run.folder.model.read_bytes() != model:
        found.append("the model is not the winner's")
    for name, kept in arrays.items():
        read = run.arrays(name)
        if set(read) != set(kept) or any((read[key] != kept[key]).any() for key in kept):
            found.append(f"the arrays {name} are not the winner's")
    return found


def comparable(run: StoredRun) -> Sequence[object]:
    """What has to be the same however often a run was killed on its way."""
    answer = run.answer()
    trials = [
        (t.number, t.state, t.params, t.value, t.reason, t.weights, t.curve, t.forecast, t.pauses)
        for t in run.trials()
    ]
    return [*trials, answer and replace(answer, look=0), run.sources()]
