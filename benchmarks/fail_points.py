"""Kill a run at every moment at which it changes the disk, once at each, and go on with it.

    python -m benchmarks.fail_points
    python -m benchmarks.fail_points run again
    python -m benchmarks.fail_points run --every 4

A run that is not killed is counted first: its moments are known by number. Then each of them is
met by a process that dies there by SIGKILL, and what it left is checked, gone on with, and compared
with the run that was never killed. Processes are forked from this one, which has all loaded.
"""

import argparse
import gc
import multiprocessing
import os
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import chdir, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.killing.checks import Told, of_the_end, violations
from benchmarks.killing.journeys import RUN, Journey, Say, comparable, of_the_finals
from benchmarks.killing.points import Points
from search.store.run import StoredRun, load_run
from search.study.errors import InputError, RunError

SHORT = Journey(trials=3, epochs=9)
JOURNEYS = {
    "run": SHORT,
    "pruned": Journey(trials=6, epochs=9),
    "paused": Journey(trials=16, epochs=9, pruner="curve", resume_paused=True),
    "together": Journey(trials=4, pruner="none", together=2),
}
"""New runs. Beside them `upgrade` begins with a run of an earlier format, `resume` where `run` was
killed and `again` where it ended, with a damaged model."""


@dataclass(frozen=True)
class Ended:
    """How a forked session ended.

    Attributes:
        lines: That it said.
        status: As `waitpid` gives it.
    """

    lines: tuple[str, ...]
    status: int


@dataclass(frozen=True)
class Case:
    """One moment of a journey.

    Attributes:
        journey: Which.
        point: Number of the moment.
        name: As it was counted.
        expected: What the journey ends with where nobody kills it.
    """

    journey: Journey
    point: int
    name: str
    expected: str


def forked(root: Path, does: Callable[[Say], object]) -> Ended:
    """Do something in a process of its own, in a folder; it may say lines, and die."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.chdir(root)
            does(lambda line: os.write(writing, f"{line}\n".encode()))
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as said:
        lines = said.read().splitlines()
    return Ended(tuple(lines), os.waitpid(child, 0)[1])


@contextmanager
def folder_for(journey: Journey) -> Iterator[Path]:
    """A folder in which a journey may begin."""
    with tempfile.TemporaryDirectory(prefix="fail-points-") as root:
        journey.prepare(Path(root))
        yield Path(root)


def warm() -> None:
    """Load all that a session needs, before anything is forked."""
    with folder_for(SHORT) as root, chdir(root):
        SHORT.session(lambda _: None)
        violations(RUN, {}, None)
    gc.freeze()  # so that no child copies what it only looks at


def counted(journey: Journey) -> tuple[list[str], str]:
    """The moments of a journey that nobody kills, and what it ends with."""
    with folder_for(journey) as root:

        def walk(say: Say) -> None:
            points = Points()
            points.watch()
            journey.session(lambda _: None)
            for name in points.names:
                say(name)

        ended = forked(root, walk)
        run = load_run(root / RUN)
        found = [*of_the_end(run, journey.trials), *of_the_finals(run)]
        if ended.status or found:
            raise SystemExit(f"{journey} came to no end: {ended.status} {found}")
        return list(ended.lines), repr(comparable(run))


def killed(root: Path, journey: Journey, point: int) -> Ended:
    """A session that dies at a moment."""

    def walk(say: Say) -> None:
        points = Points(point)
        points.watch()
        journey.session(say)

    return forked(root, walk)


def tried(case: Case) -> list[str]:
    """What is wrong after a kill at a moment, and after the run was gone on with."""
    journey = case.journey
    with folder_for(journey) as root:
        ended = killed(root, journey, case.point)
        found = [] if ended.status == signal.SIGKILL else [f"it was not met ({ended.status})"]
        found += left_wrong(root / RUN, ended.lines, journey.start)
        try:
            with chdir(root):
                journey.session(lambda _: None)
            found += ended_wrong(load_run(root / RUN), journey, case.expected)
        except Exception:
            found.append(f"it could not be gone on with: {traceback.format_exc()}")
        return [f"point {case.point}, {case.name}: {what}" for what in found]


def ended_wrong(run: StoredRun, journey: Journey, expected: str) -> list[str]:
    """What is wrong with a run that was gone on with."""
    found = [*of_the_end(run, journey.trials), *of_the_finals(run)]
    found += [f"{file} is not what was written" for file in run.damaged()]
    if repr(comparable(run)) != expected:
        found.append("it ended with other trials or another answer")
    return found


def left_wrong(folder: Path, lines: tuple[str, ...], start: Path | None) -> list[str]:
    """What is wrong with what a kill left, but for what was wrong before."""
    try:
        run = load_run(folder)
    except InputError:
        return [f"{lines[-1]} was said, and there is no run"] if lines else []
    except RunError as error:
        return [str(error)]
    told = {ending[0]: ending[1] for line in lines if (ending := Told.of(line))}
    found = violations(folder, told, None)
    before = load_run(start) if start else None
    if before:
        known = [str(folder / file.relative_to(before.folder.path)) for file in before.damaged()]
        found = [violation for violation in found if not violation.startswith(tuple(known))]
    if before is None or run.answer() != before.answer():
        found += of_the_finals(run)
    if "answer" in lines and run.answer() is None:
        found.append("the answer is lost")
    looks = [line for line in lines if line.startswith("look ")]
    if looks and len(run.manifest.looks) < int(looks[-1].split()[1]):
        found.append("a look at the held-out rows is forgotten")
    ended = {trial.number for trial in run.trials() if trial.state.finished}
    for number, epoch in (map(int, s.split()[1:]) for s in lines if s.startswith("kept ")):
        kept = [int(file.stem.partition("-")[2]) for file in folder.glob(f"states/{number}-*.npz")]
        if number not in ended and max(kept, default=0) < epoch:
            found.append(f"where trial {number} stood after epoch {epoch} is lost")
    return found


def prepared(root: Path) -> dict[str, Journey]:
    """All journeys, with those that begin in a folder that another one left."""
    names, _ = counted(SHORT)
    middle = next(
        point for point in range(len(names) // 2, 0, -1) if "half of write" in names[point]
    )
    (root / "killed" / "runs").mkdir(parents=True)
    killed(root / "killed", SHORT, middle)
    (root / "ended" / "runs").mkdir(parents=True)
    forked(root / "ended", SHORT.session)
    (root / "ended" / RUN / "finals" / "winner.keras").write_bytes(b"damaged")
    return {
        **JOURNEYS,
        "resume": replace(SHORT, start=root / "killed" / RUN),
        "again": replace(SHORT, start=root / "ended" / RUN),
    }


def main() -> int:
    """Kill everywhere, and say how it went.

    Returns:
        0 where nothing was lost, else 1.
    """
    options = argparse.ArgumentParser(prog="python -m benchmarks.fail_points")
    options.add_argument("journeys", nargs="*", help="such as run; all of them where left out")
    options.add_argument("--every", type=int, default=1, help="4: one moment of four")
    options.add_argument("--names", action="store_true", help="print the moments, and kill nothing")
    said = options.parse_args()
    warm()
    with tempfile.TemporaryDirectory(prefix="fail-points-") as root:
        journeys = prepared(Path(root))
        chosen = {name: journeys[name] for name in said.journeys or journeys}
        if said.names:
            for journey in chosen.values():
                print("\n".join(counted(journey)[0]))
            return 0
        return sum(_walked(name, journey, said.every) for name, journey in chosen.items()) and 1


def _walked(name: str, journey: Journey, every: int) -> int:
    """All moments of one journey, or one of so many; returns the number of violations."""
    began = time.monotonic()
    names, expected = counted(journey)
    cases = [Case(journey, point, what, expected) for point, what in enumerate(names)][::every]
    found = []
    with multiprocessing.get_context("fork").Pool(os.cpu_count()) as pool:
        for some in pool.imap_unordered(tried, cases):
            for violation in some:
                print(f"VIOLATION: {name}, {violation}", flush=True)
            found += some
    spent = time.monotonic() - began
    print(f"{name}: {len(cases)} points, {len(found)} violations ({spent:.0f} s)", flush=True)
    return len(found)


if __name__ == "__main__":
    sys.exit(main())
