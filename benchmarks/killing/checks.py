"""What must hold of a run folder, whatever was killed and when."""

import csv
import json
import os
import re
from collections import Counter
from collections.abc import Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from io import StringIO
from pathlib import Path
from urllib.parse import unquote

import numpy as np
from optuna.storages.journal._storage import JournalOperation
from optuna.trial import TrialState

from search.commands.command_line import run as command
from search.report.digits import within_ends
from search.report.page import render
from search.store.journal import Journal
from search.store.lock import is_held
from search.store.run import StoredRun, load_run


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
    found += [f"{file} is not what was written" for file in run.damaged()]
    if state_by_status(folder) != state_by_store(run):
        found.append("`status --json` and the store differ")
    return found


def at_the_end(folder: Path, budget: int, *, judged: bool) -> list[str]:
    """What is wrong with a run that ended by itself, and maybe has an answer."""
    run = load_run(folder)
    found = of_the_end(run, budget)
    if state_by_page(run) != [row[:2] for row in state_by_store(run)]:
        found.append("page and store differ")
    if judged:
        found += of_the_answer(run)
    return found


def of_the_end(run: StoredRun, budget: int) -> list[str]:
    """What is wrong with the folder of a run that ended by itself."""
    trials = run.trials()
    found = []
    if [trial.number for trial in trials] != list(range(budget)):
        found.append(f"{len(trials)} trials for a budget of {budget}")
    found += [f"trial {t.number} is still {t.state}" for t in trials if not t.state.finished]
    if run.state != "finished":
        found.append(f"the run is {run.state}")
    found += [f"{file} is left over" for file in left_over(run.folder.path)]
    return found


def of_the_answer(run: StoredRun) -> list[str]:
    """What is wrong with what the finals left."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import keras  # here, since a cheap run has no model

    answer = run.answer()
    if answer is None:
        return ["there is no answer"]
    held_out = run.arrays("held_out")
    model = keras.models.load_model(run.folder.model)
    shares = np.ravel(model.predict(held_out["x"], verbose=0))
    hits = (shares >= 0.5) == held_out["y"]
    found = []
    if not np.isclose(hits.mean(), answer.headline.value):
        found.append(f"the kept model hits {hits.mean()}, the answer says {answer.headline}")
    told = within_ends(answer.headline.value, answer.headline.interval).split()[0]
    if f"held-out accuracy {told}" not in render(run):
        found.append("page and answer differ")
    return found


def differing(run: StoredRun, whole: StoredRun) -> list[str]:
    """Trials that are not what they are in the same run that nothing disturbed."""
    pairs = zip(run.trials(), whole.trials(), strict=True)
    as_one = {"started": None, "ended": None, "attempts": 1}
    return [
        f"trial {one.number} is {one}, and undisturbed {other}"
        for one, other in pairs
        if replace(one, **as_one) != replace(other, **as_one)
    ]


def gone_on(run: StoredRun) -> int:
    """How often a paused trial went on."""
    return sum(pause.went_on for trial in run.trials() for pause in trial.pauses)


def state_by_store(run: StoredRun) -> list[tuple[int, str, float | None]]:
    """Number, state and value of every trial."""
    return [(t.number, str(t.state), t.value) for t in run.trials()]


def state_by_status(folder: Path) -> list[tuple[int, str, float | None]]:
    """The same, as `search status --json` prints it: without a driver, what runs is unfinished."""
    out = StringIO()
    with redirect_stdout(out):
        command(["status", str(folder), "--json"])
    told = json.loads(out.getvalue())["trials"]
    return [(t["number"], t["state"].replace("unfinished", "running"), t["value"]) for t in told]


def state_by_page(run: StoredRun) -> list[tuple[int, str]]:
    """Number and state of every trial, as the page gives them with its history."""
    links = re.findall(r'href="data:text/csv;charset=utf-8,([^"]*)"', render(run))
    history = next(text for text in map(unquote, links) if text.startswith("trial,state,"))
    return [(int(row[0]), row[1]) for row in list(csv.reader(StringIO(history)))[1:]]


def left_over(folder: Path) -> list[Path]:
    """Half-written files, states of trials that have ended, and what lies beside the study."""
    files = [file for file in folder.rglob("*") if file.is_file()]
    return [
        file
        for file in files
        if file.name.startswith((".", "study.db-")) or file.parent.name == "states"
    ]


def left_in_temporary(folder: Path) -> list[str]:
    """What a command left in a temporary folder of its own; sessions of Ray are Ray's to keep."""
    left = [file for file in folder.iterdir() if file.name != "ray"]
    return [f"{file.name} is left in the temporary folder" for file in left]


def best_of(run: StoredRun) -> float | None:
    """The best value so far."""
    best = run.best()
    return None if best is None else best.value


def endings(run: StoredRun) -> Counter[int]:
    """Trial → how often it was ended, by the log itself."""
    logs = Journal(run.folder.study, writable=False).read_logs(0)
    over = {TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL}
    return Counter(
        log["trial_id"]
        for log in logs
        if log["op_code"] == JournalOperation.SET_TRIAL_STATE_VALUES and log["state"] in over
    )
