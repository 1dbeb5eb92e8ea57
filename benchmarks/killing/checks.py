"""What must hold of a run folder, whatever was killed and when."""

import json
import sqlite3
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from optuna.storages.journal._storage import JournalOperation
from optuna.trial import TrialState

from search import State, load_run
from search.store.lock import is_held
from search.store.run import Run


@dataclass(frozen=True)
class Told:
    """An ending that the command printed.

    Attributes:
        state: Such as "complete".
        value: As it was printed.
    """

    state: str
    value: str

    @classmethod
    def of(cls, line: str) -> "tuple[int, Told] | None":
        """Number and ending from a line of the command; None of any other line."""
        words = line.split()
        if len(words) < 4 or words[0] != "trial" or not words[1].isdecimal():
            return None
        return int(words[1]), cls(words[2], words[3])


def violations(folder: Path, told: Mapping[int, Told], best: float | None) -> list[str]:
    """What is wrong with a run that was killed just now.

    Args:
        folder: Of the run.
        told: Number → what the command printed of its ending.
        best: Value of the best trial at the last look.
    """
    run = load_run(folder)
    trials = {trial.number: trial for trial in run.trials()}
    found = []
    for number, ending in told.items():
        trial = trials.get(number)
        value = "-" if trial is None or trial.value is None else f"{trial.value:.4f}"
        if trial is None or (str(trial.state), value) != (ending.state, ending.value):
            found.append(f"trial {number} was told as {ending} and is {trial}")
    found += [f"trial {n} has {count} endings" for n, count in endings(run).items() if count > 1]
    now = best_of(run)
    if best is not None and (now is None or now < best):
        found.append(f"the best was {best} and is {now}")
    if is_held(run.folder.lock):
        found.append("the lock is held by nobody that lives")
    return found


def at_the_end(folder: Path, budget: int, *, judged: bool) -> list[str]:
    """What is wrong with a run that ended by itself, and maybe has an answer."""
    run = load_run(folder)
    trials = run.trials()
    found = []
    if [trial.number for trial in trials] != list(range(budget)):
        found.append(f"{len(trials)} trials for a budget of {budget}")
    found += [f"trial {t.number} is still running" for t in trials if t.state is State.RUNNING]
    if run.state != "finished":
        found.append(f"the run is {run.state}")
    if judged and run.answer() is None:
        found.append("there is no answer")
    found += [f"{file} is left over" for file in left_over(folder)]
    return found


def left_over(folder: Path) -> list[Path]:
    """Half-written files and states of trials that have ended."""
    return [
        file
        for file in folder.rglob("*")
        if file.is_file() and (file.name.startswith(".") or file.parent.name == "states")
    ]


def best_of(run: Run) -> float | None:
    """The best value so far."""
    best = run.best()
    return None if best is None else best.value


def endings(run: Run) -> Counter[int]:
    """Trial → how often it was ended, by the log itself."""
    address = f"{run.folder.study.absolute().as_uri()}?mode=ro"
    with closing(sqlite3.connect(address, uri=True)) as db:
        logs = [json.loads(text) for (text,) in db.execute("SELECT operation FROM log")]
    over = {TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL}
    return Counter(
        log["trial_id"]
        for log in logs
        if log["op_code"] == JournalOperation.SET_TRIAL_STATE_VALUES and log["state"] in over
    )
