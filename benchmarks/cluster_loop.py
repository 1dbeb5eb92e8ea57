"""One search across three nodes: one is killed, one is added, and its driver is killed, too.

python -m benchmarks.cluster_loop --trials 60
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from benchmarks.jobs import ROOT
from benchmarks.killing.checks import at_the_end
from benchmarks.killing.nodes import Nodes
from benchmarks.machine import described
from benchmarks.markdown import table, write
from search.store.run import load_run
from search.study.errors import SearchError
from search.study.trial import State, Trial

SEARCH = [sys.executable, "-c", "from search.commands import main; main()"]
HANGS = 900.0
"""Seconds after which a step is taken to hang."""
EVEN = 16
"""First trials, which are asked without regard to others, and so are the same in every run."""
SPACE = '''
"""Two circles, by networks that train for a second or two."""
from search import Budget, Choice, DenseSpace, Float, Int, Study, circles

study = Study(
    data=circles(samples=1000, noise=0.02, seed=42),
    space=DenseSpace(
        layers=Int(1, 3),
        units=Int(4, 24, log=True),
        activation=Choice("relu", "tanh"),
        learning_rate=Float(1e-4, 1e-1, log=True),
    ),
    pruner="none",
    budget=Budget(trials={trials}, epochs=800),
)
'''
NOTE = (
    "Nodes are sets of processes on this machine, each killed by SIGKILL as a whole; the head has "
    "no CPUs for trials. A lost node's trials run again (attempts 2) and are not held against them "
    "(deaths 0). The first trials are asked without regard to others, and so have to be the same, "
    "with the same values, whatever happened."
)


@dataclass
class Proof:
    """Runs the search twice, undisturbed and disturbed.

    Attributes:
        root: Working folder.
        trials: Budget.
        nodes: The cluster.
        found: What is wrong.
        rows: What happened, and after how many seconds and finished trials.
        name: Of the run that goes.
    """

    root: Path
    trials: int
    nodes: Nodes
    found: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    began: float = 0.0
    name: str = ""

    def go(self) -> None:
        """The whole proof."""
        (self.root / "small.py").write_text(SPACE.format(trials=self.trials))
        first, _ = self.nodes.add(1), self.nodes.add(1)
        self.began = time.monotonic()
        whole = self._search("whole")
        self._ends(whole, "undisturbed run")
        self._disturbed(first)
        for name in ("whole", "disturbed"):
            judged = at_the_end(self.root / "runs" / name, self.trials, judged=True)
            self.found += [f"{name}: {what}" for what in judged]
        self._compare()

    def _disturbed(self, first: str) -> None:
        self.began = time.monotonic()
        part = self.trials // 5
        driver = self._search("disturbed")
        self._until(lambda: self._finished() >= part, "run on two worker nodes")
        self.nodes.kill(first)
        self._note("worker node killed")
        self._until(lambda: self._finished() >= 2 * part, "run on one worker node")
        self.nodes.add(1)
        self._note("worker node added")
        before = {t.worker for t in self._trials()}
        self._until(
            lambda: {t.worker for t in self._trials()} > before, "first trial of its worker"
        )
        self._until(lambda: self._finished() >= 3 * part, "run on two worker nodes")
        kept = self._told()
        driver.kill()
        driver.wait()
        self._note("driver killed")
        if {number: trial for number, trial in self._told().items() if number in kept} != kept:
            self.found.append("what was told before the driver was killed is not what it was")
        again = self._start("resume", "runs/disturbed", "--address", self.nodes.address)
        self._ends(again, "resumed, and at its end")

    def _compare(self) -> None:
        whole, disturbed = (load_run(self.root / "runs" / name) for name in ("whole", "disturbed"))
        for run in (whole, disturbed):
            states = Counter(str(trial.state) for trial in run.trials())
            if states != {"complete": self.trials}:
                self.found.append(f"{run.folder.path.name}: trials ended {dict(states)}")
        for one, other in zip(whole.trials()[:EVEN], disturbed.trials()[:EVEN], strict=True):
            if (one.params, one.value, one.curve) != (other.params, other.value, other.curve):
                self.found.append(f"trial {one.number} is another one, or ended otherwise")
        if any(trial.deaths for trial in disturbed.trials()):
            self.found.append("a lost node was held against trials")

    @property
    def attempts(self) -> Counter[int]:
        """Attempts → how many trials took so many."""
        return Counter(trial.attempts for trial in self._trials())

    def _search(self, name: str) -> "subprocess.Popen[str]":
        self.name = name
        return self._start("run", "small.py", "--name", name, "--address", self.nodes.address)

    def _start(self, *arguments: str) -> "subprocess.Popen[str]":
        with (self.root / "said").open("a") as said:
            return subprocess.Popen(
                [*SEARCH, *arguments],
                cwd=self.root,
                env={**os.environ, **self.nodes.environment, "PYTHONPATH": str(ROOT)},
                stdout=said,
                stderr=subprocess.STDOUT,
                text=True,
            )

    def _ends(self, driver: "subprocess.Popen[str]", what: str) -> None:
        if driver.wait(HANGS) != 0:
            said = (self.root / "said").read_text(errors="replace")
            self.found.append(f"{what}: exit code {driver.returncode}: {said[-800:]}")
        self._note(what)

    def _until(self, true: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + HANGS
        while not true():
            if time.monotonic() > deadline:
                raise TimeoutError(what)
            time.sleep(0.2)
        self._note(what)

    def _note(self, what: str) -> None:
        row = [what, f"{time.monotonic() - self.began:.0f}", f"{self._finished()}"]
        self.rows.append(row)
        print(*row, sep="  ", flush=True)

    def _trials(self) -> list[Trial]:
        try:
            return list(load_run(self.root / "runs" / self.name).trials())
        except SearchError:
            return []  # not begun

    def _told(self) -> dict[int, Trial]:
        return {t.number: t for t in self._trials() if t.state is State.COMPLETE}

    def _finished(self) -> int:
        return len(self._told())


def main() -> int:
    """Prove it, and write what happened.

    Returns:
        0 where nothing was lost, else 1.
    """
    options = argparse.ArgumentParser(prog="python -m benchmarks.cluster_loop")
    add = options.add_argument
    add("--trials", type=int, default=60, help="budget of each of the two runs")
    add("--results", type=Path, default=ROOT / "benchmarks" / "results", help="folder of the table")
    said = options.parse_args()
    lines = ["# A search on a cluster that changes", "", *described(datetime.now()), ""]
    with tempfile.TemporaryDirectory(prefix="loop-") as root, closing(Nodes()) as nodes:
        proof = Proof(Path(root), said.trials, nodes)
        proof.go()
        attempts = dict(sorted(proof.attempts.items()))
    for violation in proof.found:
        print(f"VIOLATION: {violation}", flush=True)
    end = (
        f"{said.trials} trials a run, {len(proof.found)} violations. "
        f"Attempts → trials of the disturbed run: {attempts}."
    )
    header = ("step", "seconds", "trials finished")
    file = said.results / "cluster.md"
    write(file, [*lines, *table(header, proof.rows), "", end, "", NOTE])
    print(end, f"table  {file}", sep="\n")
    return 1 if proof.found else 0


if __name__ == "__main__":
    sys.exit(main())
