"""A worker: a Ray actor that performs one job after the other, which Tune keeps warm."""

import os
import tempfile
from collections.abc import Generator, Mapping
from dataclasses import replace
from importlib import import_module
from queue import Empty
from typing import Any

from search.study.garbage import uncollected

with uncollected():  # a worker begins with these
    import ray
    from ray import tune
    from ray.exceptions import RayError

    from search.data.dataset import Array
    from search.jobs.background import BackgroundThread
    from search.jobs.executor import JobExecutor
    from search.jobs.messages import Job, Rung, WarmedUp, WarmUp, WorkerMessage
    from search.jobs.trial_limits import own_memory
    from search.training.device import limit_threads, prepare
    from search.tuning.function_trials import FunctionExecutor, executor_of

GROWTH = 1_000_000_000
"""Bytes that a worker's memory may grow over what it took after its first job; then another takes
its place. Keras and TensorFlow keep something of every model."""

LOOK = 1.0
"""Seconds between two checks at a trial that trains, for its limits."""


FETCH = 120.0
"""Seconds that a trial's state may take to the driver, before the trial goes on without a pause."""


class Parcel:
    """A value inside a Tune config, which Tune copies, flattens and prints freely.

    Of what is large, only the references to Ray's object store go with a config: Tune writes its
    trials' configs into its own state in hexadecimal, which took 3 GB for the held-out rows of a
    few predictions.

    Args:
        content: A job or the context; None where it is in the object store.
        sent: Reference to the content.
        inputs: Name → reference to rows; in the place of a prediction's own.
        fold: Reference to a job's own rows, in their place.

    Attributes:
        content: As given; what was sent does not go along with the parcel.
    """

    def __init__(
        self,
        content: Any,
        sent: "ray.ObjectRef[Any] | None" = None,
        inputs: "Mapping[str, ray.ObjectRef[Any]] | None" = None,
        fold: "ray.ObjectRef[Any] | None" = None,
    ) -> None:
        self.content = content
        self._sent = sent
        self._inputs = inputs
        self._fold = fold

    def open(self) -> Any:
        """The content, on whatever node this is."""
        content = self.content if self._sent is None else ray.get(self._sent)
        if self._inputs is not None:
            inputs = {name: ray.get(x) for name, x in self._inputs.items()}
            content = replace(content, inputs=inputs)
        return content if self._fold is None else replace(content, fold=ray.get(self._fold))

    def let_go(self) -> None:
        """Nobody will open it again: what was sent need not stay in the object store."""
        self._sent = None

    def __reduce__(self) -> Any:
        content = None if self._sent else self.content
        return Parcel, (content, self._sent, self._inputs, self._fold)

    def __deepcopy__(self, memo: object) -> "Parcel":
        return self

    def __repr__(self) -> str:
        return str(self.content)


class SentState:
    """A trial's state in Ray's object store: the driver fetches those of trials that it pauses.

    Args:
        state: Of model and optimizer.
    """

    def __init__(self, state: Mapping[str, Array] | None) -> None:
        self._sent = None if state is None else ray.put(state)

    def __call__(self) -> Mapping[str, Array] | None:
        """The state; None where it went with its worker, or was let go."""
        if self._sent is None:
            return None
        try:
            state: Mapping[str, Array] = ray.get(self._sent, timeout=FETCH)
        except RayError:
            return None
        return state

    def let_go(self) -> None:
        """It is decided what becomes of the trial; Tune keeps the last message of each for long."""
        self._sent = None


class Worker(tune.Trainable):
    """Performs the job in its config: each step goes on to the next rung, or to the end.

    TensorFlow is loaded in the first step and not in `setup`: with reused actors, Tune gives a
    finished trial's actor to the next trial and kills the one that was still starting for it, so
    slow starters never come to work.

    The executor runs in a thread of its own, since nothing in Python can interrupt what a trial
    does inside an epoch. Where that takes too long or too much, this process reports how the job
    ended without waiting for it, and is of no more use.
    """

    _executor: JobExecutor | FunctionExecutor | None = None
    _scratch: "tempfile.TemporaryDirectory[str] | None" = None
    _at_first = 0
    _saying: Generator[WorkerMessage, None, None] | None = None
    _lost = False
    _background: BackgroundThread
    _job: Job
    _name: str
    _context: Parcel

    @classmethod
    def default_resource_request(cls, config: dict[str, Any]) -> tune.PlacementGroupFactory:
        """What one worker takes of the cluster; set here, the dashboard keeps this class's name."""
        where = config.get("where")
        more = {"bundle_label_selector": where} if where else {}
        return tune.PlacementGroupFactory([config["resources"]], **more)

    def setup(self, config: dict[str, Any]) -> None:
        """Take the first job."""
        self._background = BackgroundThread()
        self._context = config["context"]
        self._job = config["parcel"].open()
        self._name = f"{config['run']}, from {self._job} on"

    def __repr__(self) -> str:
        """As the Ray dashboard names it, which asks once, when it is made."""
        return self._name

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        """Take another job; the process, its TensorFlow and its rows stay as they are."""
        self._leave()
        self._job = new_config["parcel"].open()
        self._context = new_config["context"]
        return True

    def step(self) -> dict[str, Any]:
        """Return the next message about the job: its rungs or its result."""
        said = self._overseen()
        return {"said": said, "worn": self._lost or self._worn()}

    def _overseen(self) -> WorkerMessage:
        """What the executor says next, or how a job ends that it does not come back from."""
        self._background.begin(self._say)
        while True:
            try:
                said: WorkerMessage = self._background.result(LOOK)
            except Empty:
                ended = self._executor.overrun() if self._executor else None
                if ended is not None:
                    self._lost = True
                    return ended
            else:
                return said

    def _say(self) -> WorkerMessage:
        if self._scratch is None:
            # AutoGraph leaves files in the temporary folder where its process is killed.
            self._scratch = tempfile.TemporaryDirectory(prefix="keras-search-worker-")
            tempfile.tempdir = self._scratch.name
        if isinstance(self._job, WarmUp):
            return _warmed_up(self._job)
        if self._executor is None:
            self._executor = executor_of(self._context.open())
        if self._saying is None:
            self._saying = self._executor.perform(self._job)
        said = next(self._saying)
        return tuple(map(_sent, said)) if isinstance(said, tuple) else said

    def _worn(self) -> bool:
        """Whether so much has piled up in this process that a fresh one should follow."""
        now = own_memory()
        self._at_first = self._at_first or now
        return now > self._at_first + GROWTH

    def cleanup(self) -> None:
        """Let go of the model in training, and of temporary files."""
        self._leave()
        if self._scratch is not None:
            self._scratch.cleanup()
        if self._lost:
            os._exit(1)  # Python's own exit would meet a thread that is still training

    def _leave(self) -> None:
        saying, self._saying = self._saying, None
        if saying is not None and not self._lost:
            self._background.begin(saying.close)
            self._background.result()


def _sent(rung: Rung) -> Rung:
    """A rung as it may leave this process."""
    return rung if rung.state is None else replace(rung, state=SentState(rung.state()))


def _warmed_up(job: WarmUp) -> WarmedUp:
    """Load what jobs need, as an executor would; nothing here depends on the run."""
    limit_threads(1)
    import_module("search.training.in_numpy.engine")
    if job.keras:
        prepare(1, 0)
        import_module("search.training.export")
    return WarmedUp()
