"""A process that loads Keras beside a search without it, and performs the one job that needs it.

Where NumPy trains, TensorFlow is needed for the winner's file alone. Loaded when that is due, it
takes longer than the search of a small network; loaded beside Ray's start, which leaves cores idle,
it takes no time of its own.
"""

import os
import pickle
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path

import psutil

from search.jobs.batch import Batch
from search.jobs.context import WorkerContext
from search.jobs.messages import Job, Prediction, Result
from search.store.scratch import scratch_folder
from search.study.errors import RunError
from search.study.package import environment_with_package

OF_KERAS = 600_000_000
"""Bytes that a process takes for having loaded Keras."""
SHARE = 0.25
"""Of the memory that is free, what may be taken for Keras before it is needed."""
LARGEST = 100_000_000
"""Bytes of rows: with more, sending them takes as long as Keras."""
PATIENCE = 300.0
"""Seconds after which it ends: beside a longer search it gains nothing for its memory."""
ANSWERS = 120.0
"""Seconds from the order on, after which a worker gets the job: it may have been frozen."""
POLITE = 5
"""By how much it is nicer than the search beside it."""


def has_room(processes: int = 1) -> bool:
    """Whether so many processes may load Keras before it is needed."""
    return processes * OF_KERAS < SHARE * psutil.virtual_memory().available


@dataclass(eq=False)
class KerasProcess:
    """Loads Keras in a process of its own, which performs one job and ends.

    Attributes:
        context: What to work with; it is asked for nothing where that is not known.
    """

    _process: "subprocess.Popen[bytes]"
    _scratch: Path
    context: WorkerContext | None = field(default=None, init=False)
    _asked: float = field(default=0.0, init=False)

    def takes(self, job: Job) -> bool:
        """Whether a job is for this process."""
        if self.context is None or not isinstance(job, Prediction) or not job.export:
            return False
        if self._process.poll() is not None:
            return False
        rows = self.context.rows if job.fold is None else job.fold
        return rows.train.x.nbytes + rows.validation.x.nbytes < LARGEST

    def begin(self, job: Job) -> None:
        """Have a job performed that it takes."""
        order, self.context = (self.context, job), None  # it takes no other
        self._asked = time.monotonic()
        assert self._process.stdin is not None  # noqa: S101 - for mypy
        try:
            (self._scratch / "order").write_bytes(pickle.dumps(order))
            self._process.stdin.write(b"\n")
            self._process.stdin.close()
        except Exception:  # it died, the disk is full: a worker does it
            self._process.kill()

    def result(self) -> Result | None:
        """What came of the job; None where it is under way.

        Raises:
            RunError: The process died.
        """
        if self._process.poll() is None:
            if time.monotonic() - self._asked > ANSWERS:
                self._process.kill()
            return None
        answer = self._scratch / "answer"
        if self._process.returncode or not answer.is_file():
            raise RunError("the process that had loaded Keras died")
        result: Result = pickle.loads(answer.read_bytes())  # noqa: S301 - of that process
        return result


class BatchWithKeras(Batch):
    """Jobs of which a process that has loaded Keras performs one; a worker where it has died.

    Args:
        jobs: As of `Batch`.
        on_change: As of `Batch`.
        keras: The process.
    """

    def __init__(
        self, jobs: Sequence[Job], on_change: Callable[[Batch], None], keras: KerasProcess
    ) -> None:
        super().__init__(jobs, on_change)
        self._keras = keras
        self._taken: Job | None = None

    def next(self) -> Job | None:
        """The next job that no worker has, and the process does not take."""
        self._look()
        job = super().next()
        if job is None or not self._keras.takes(job):
            return job
        self._keras.begin(job)
        self._taken = job
        return super().next()

    def over(self) -> bool:
        """Whether every job has ended."""
        self._look()
        return super().over()

    def _look(self) -> None:
        job = self._taken
        if job is None:
            return
        try:
            result = self._keras.result()
        except RunError:
            self._taken = None
            self.returned(job)
        else:
            if result is not None:
                self._taken = None
                self.ended(job, result, "")


@contextmanager
def keras_beside(cpus: float, patience: float = PATIENCE) -> Iterator[KerasProcess]:
    """Begin to load Keras; the process is ended behind the block.

    Args:
        cpus: That it may use.
        patience: Seconds for which it waits for its job.
    """
    with scratch_folder() as scratch:
        words = (str(scratch), str(cpus), str(patience))
        process = subprocess.Popen(  # noqa: S603 - this very product
            [sys.executable, "-P", "-m", "search.jobs.keras_process", *words],
            stdin=subprocess.PIPE,
            env={**environment_with_package(), "TMPDIR": str(scratch)},
            process_group=0,  # not the terminal's interrupts
        )
        try:
            yield KerasProcess(process, scratch)
        finally:
            process.kill()
            process.communicate()


def main(folder: Path, cpus: float, patience: float) -> None:
    """Load Keras, and perform the job that is asked for; end where none is.

    Args:
        folder: Of the order, and of the answer.
        cpus: That this process may use.
        patience: Seconds to wait for the job.
    """
    os.nice(POLITE)
    from search.jobs.executor import JobExecutor
    from search.training.device import prepare

    prepare(cpus, 0)
    import_module("search.training.export")
    asked, _, _ = select.select([sys.stdin], [], [], patience)
    if not asked or not sys.stdin.readline():
        return
    context, job = pickle.loads((folder / "order").read_bytes())  # noqa: S301 - of the search
    result = next(JobExecutor(context).perform(job))
    (folder / "answer").write_bytes(pickle.dumps(result))


if __name__ == "__main__":
    main(Path(sys.argv[1]), *map(float, sys.argv[2:]))
    os._exit(0)  # to take TensorFlow apart takes half a second, for which the search would wait
