"""Kill searches at random moments, go on with them, and count what was lost: it has to be nothing.

    python -m benchmarks.kill_loop --kills 100
    python -m benchmarks.kill_loop --kills 50 --what workers
    python -m benchmarks.kill_loop --kills 1000 --cheap
    python -m benchmarks.kill_loop --kills 200 --cheap --pruner curve
    python -m benchmarks.kill_loop --kills 200 --cheap --pruner curve --resume-paused

The first kills the driver of the main job, the second its workers; --cheap is the same searcher,
store and resume in one process, with a training that costs nothing. With --resume-paused, trials
are paused and go on; none may be run again from before its pause, and each run has to end as the
same one that nothing disturbed.
"""

import argparse
import random
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.jobs import ROOT
from benchmarks.killing.checks import (
    Told,
    at_the_end,
    best_of,
    differing,
    gone_on,
    left_in_temporary,
    violations,
)
from benchmarks.killing.processes import environment, outlived, workers
from search.store.journal import is_begun
from search.store.run import load_run
from search.study.errors import SearchError

SEARCH = [sys.executable, "-c", "from search.commands import main; main()"]
CHEAP = [sys.executable, "-m", "benchmarks.killing.cheap"]
HANGS = 600.0
"""Seconds after which a session is taken to hang."""


@dataclass
class Loop:
    """Runs, kills, resumes.

    Attributes:
        chance: Draws the moments.
        kills: Still to be made.
        what: "driver" or "workers".
        cheap: Whether training costs nothing.
        pruner: Of cheap runs.
        resume_paused: Whether these pause trials.
        trials: Budget of each run.
        longest: Seconds after which a session is killed at most.
        found: Violations so far.
    """

    chance: random.Random
    kills: int
    what: str
    cheap: bool
    pruner: str
    resume_paused: bool
    trials: int
    longest: float
    found: list[str] = field(default_factory=list)
    runs: int = 0
    gone_on: int = 0

    def go(self) -> None:
        """One run after the other until all kills are made."""
        while self.kills > 0:
            with tempfile.TemporaryDirectory(prefix="kill-loop-") as root:
                self._run(Path(root))
            self.runs += 1

    def _run(self, root: Path) -> None:
        (root / "tmp").mkdir()
        folder = root / "runs" / "loop"
        told: dict[int, Told] = {}
        best: float | None = None
        budget = self.trials
        while True:
            resumes = is_begun(folder / "study.db")
            ended = self._session(root, told, self._resume(budget) if resumes else self._begin())
            if not is_begun(folder / "study.db"):
                self._note(["told, and no run"] if told else [])
                continue  # its name is free: the next session begins it anew
            try:
                self._note(violations(folder, told, best))
                run = load_run(folder)
                best = best_of(run)
                # Killed after its last step, it has nothing to go on with but more trials.
                budget += not ended and run.state == "finished" and not self.cheap
            except SearchError as error:
                self._note([f"a killed run cannot be read: {error}"])
            if ended:
                break
        self._note(at_the_end(folder, budget, judged=not self.cheap))
        if self.resume_paused:
            self._compare(root, folder)
        self._note(left_in_temporary(root / "tmp"))
        self._note(self._reports(root))

    def _compare(self, root: Path, folder: Path) -> None:
        """With the same run in one session."""
        seed = str(load_run(folder).manifest.seed)
        arguments = [*self._begin()[:3], "whole", "--seed", seed, "--trials", str(self.trials)]
        ended = subprocess.run(
            [*self._command, *arguments], cwd=root, capture_output=True, text=True, check=False,
            env={**environment(uuid.uuid4().hex, root / "tmp"), "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        if ended.returncode:
            self._note([f"an undisturbed run ended with {ended.returncode}: {ended.stderr[-300:]}"])
            return
        self._note(differing(load_run(folder), load_run(folder.parent / "whole")))
        self.gone_on += gone_on(load_run(folder))

    @property
    def _command(self) -> list[str]:
        if not self.cheap:
            return SEARCH
        pausing = ["--resume-paused"] if self.resume_paused else []
        return [*CHEAP, "--pruner", self.pruner, *pausing]

    def _session(self, root: Path, told: dict[int, Told], arguments: list[str]) -> bool:
        """One session of the command; returns whether it ended by itself."""
        mark = uuid.uuid4().hex
        driver = subprocess.Popen(
            [*self._command, *arguments],
            cwd=root,
            env={**environment(mark, root / "tmp"), "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        began = threading.Event()
        said: list[str] = []
        listening = threading.Thread(target=listen, args=(driver, told, began, said))
        listening.start()
        if self.cheap:
            began.wait()  # the imports before take longer than the search
        killed = self._kill(driver, mark) if self.kills > 0 else False
        try:
            code = driver.wait(HANGS)
        except subprocess.TimeoutExpired:
            driver.kill()
            code = driver.wait()
            self._note([f"a session hung for {HANGS:g} s"])
        listening.join()
        said += driver.stderr or ()
        if not killed and code != 0:
            self._note([f"a session ended with {code}: {' '.join(said)[-600:]}"])
        self._note(outlived(mark))
        return not killed

    def _begin(self) -> list[str]:
        seed = str(self.chance.randrange(1_000_000))
        space = str(ROOT / "spaces" / "binary.py")
        return ["run", space, "--name", "loop", "--seed", seed, "--trials", str(self.trials)]

    def _resume(self, budget: int) -> list[str]:
        extended = ["--trials", str(budget)] if budget > self.trials else []
        return ["resume", "runs/loop", *extended]

    def _kill(self, driver: "subprocess.Popen[str]", mark: str) -> bool:
        """Kill at random moments; returns whether that ended the session."""
        moment = self.chance.random() * self.longest
        if self.what == "workers":
            self._kill_workers(driver, mark, moment)
            return False
        if _ends_within(driver, moment):
            return False  # it was faster
        driver.kill()
        self.kills -= 1
        print(f"killed after {moment:.2f} s, {self.kills} to go", flush=True)
        return True

    def _kill_workers(self, driver: "subprocess.Popen[str]", mark: str, moment: float) -> None:
        """Kill one after the other while the session lives, with time to come back in between."""
        while self.kills > 0 and not _ends_within(driver, moment):
            alive = workers(mark)
            if alive:
                self.chance.choice(alive).kill()
                self.kills -= 1
                print(f"killed a worker after {moment:.2f} s, {self.kills} to go", flush=True)
            moment = 0.2 if not alive else self.longest * (0.3 + 0.5 * self.chance.random())

    def _reports(self, root: Path) -> list[str]:
        """What `status --json` and `report` say of a run that has ended."""
        found = []
        for verb in (["status", "runs/loop", "--json"], ["report", "runs/loop"]):
            ended = subprocess.run(
                [*SEARCH, *verb], cwd=root, capture_output=True, text=True, check=False
            )
            if ended.returncode:
                found.append(f"{verb[0]} ended with {ended.returncode}: {ended.stderr[-300:]}")
        return found

    def _note(self, found: Sequence[str]) -> None:
        for violation in found:
            print(f"VIOLATION: {violation}", flush=True)
        self.found += found


def _ends_within(driver: "subprocess.Popen[str]", seconds: float) -> bool:
    try:
        driver.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


def listen(
    driver: "subprocess.Popen[str]",
    told: dict[int, Told],
    began: threading.Event,
    said: list[str],
) -> None:
    """Keep every ending that the command prints, and what else it says."""
    for line in driver.stdout or ():
        began.set()
        ending = Told.of(line)
        if ending is None:
            said.append(line)
        elif line.endswith("\n"):
            told[ending[0]] = ending[1]
    began.set()


def main() -> int:
    """Kill, and say how it went.

    Returns:
        0 where nothing was lost, else 1.
    """
    options = argparse.ArgumentParser(prog="python -m benchmarks.kill_loop")
    add = options.add_argument
    add("--kills", type=int, default=5)
    add("--what", choices=("driver", "workers"), default="driver")
    add("--cheap", action="store_true", help="one process, and a training that costs nothing")
    add("--pruner", choices=("median", "curve"), default="median", help="of cheap runs")
    add("--resume-paused", action="store_true", help="of cheap runs with --pruner curve")
    add("--trials", type=int, help="budget of each run; 50, or 400 cheap ones")
    add("--longest", type=float, help="seconds after which a session is killed at most")
    add("--seed", type=int, default=0, help="of the moments")
    said = options.parse_args()
    if said.resume_paused and not (said.cheap and said.pruner == "curve"):
        options.error("--resume-paused goes with --cheap --pruner curve")
    loop = Loop(
        random.Random(said.seed),  # noqa: S311 - moments, no secrets
        said.kills,
        said.what,
        said.cheap,
        said.pruner,
        said.resume_paused,
        said.trials or (400 if said.cheap else 50),
        said.longest or (1.2 if said.cheap else 18.0),
    )
    began = time.monotonic()
    loop.go()
    spent = time.monotonic() - began
    print(
        f"{said.kills} kills of {said.what}, {loop.runs} runs, seed {said.seed}: "
        f"{len(loop.found)} violations ({spent:.0f} s)"
        + (f"; paused trials went on {loop.gone_on} times" if said.resume_paused else "")
    )
    return 1 if loop.found else 0


if __name__ == "__main__":
    sys.exit(main())
