"""`search.run` and its like: searches asked for by a script or a notebook.

Each runs in a process of its own, which ends with it. So nothing of the caller's process is taken
over: neither its streams nor its signals, its environment, its working directory, its Ray.
"""

import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from search.app.from_python import source_of
from search.app.handle import Run
from search.app.interrupts import INTERRUPTED
from search.app.messages import Hearing
from search.app.paths import RUNS, below_runs
from search.app.resume import Extension
from search.app.run import Options
from search.display.choosing import display_for_this_process
from search.store.folder import free_name
from search.study.errors import InputError, RunError
from search.study.package import PACKAGE
from search.study.study import Study
from search.tuning.listeners import Display, Listener, Listeners


def run(  # noqa: PLR0913 - given by name
    study: Study,
    *,
    name: str | None = None,
    trials: int | None = None,
    epochs: int | None = None,
    seed: int | None = None,
    engine: str | None = None,
    address: str | None = None,
    cpus_per_trial: float = 1.0,
    gpus_per_trial: float = 0.0,
    max_concurrent: int | None = None,
    listeners: Iterable[Listener] = (),
    progress: bool = True,
) -> Run:
    """Search what a study says, judge the best, and write the page.

    The study may be made anywhere: in a script, in cells of a notebook, in `python -i`, in a test.
    Its functions travel by cloudpickle with what they use, modules beside the script included. A
    Ray cluster that this process is connected to is used, and left running. An interrupt stops the
    search as Ctrl-C stops the command: what is finished is kept, and `resume` goes on.

    Args:
        study: What to search.
        name: Of the run, its folder `runs/NAME` and its page `reports/NAME.html`; made from the
            time where left out.
        trials: In all, over the study's.
        epochs: A trial, over the study's.
        seed: Over the study's.
        engine: "auto", or "fit" for stock Keras.
        address: Of a running Ray cluster, or "auto".
        cpus_per_trial: CPUs a trial.
        gpus_per_trial: GPUs a trial; may be a fraction.
        max_concurrent: Trials at once at most; as many as fit where left out.
        listeners: Told what happens. What one of them raises is reported once.
        progress: Whether it is shown how far the search is.

    Returns:
        The run, with its winner.

    Raises:
        InputError: Something given is wrong; no trial was begun.
        RunError: The search could not come to its end; what is finished is kept.
        KeyboardInterrupt: It was interrupted; what is finished is kept.
    """
    if not isinstance(study, Study):
        raise InputError(
            f"search.run({type(study).__name__}): give a study, such as "
            "search.run(Study(data=…, space=…))"
        )
    options = Options(
        name or free_name(RUNS, "study"),
        trials,
        epochs,
        seed,
        engine,
        None,
        address or _ray_of_this_process(),
        cpus_per_trial,
        gpus_per_trial,
        max_concurrent,
        unauthenticated=address is None,  # the caller's own, which it knows
    )
    source = source_of(study, f"Study {options.name}")
    given = {"trials": trials, "epochs": epochs, "seed": seed, "name": name}
    said = "".join(f", {key}={value!r}" for key, value in given.items() if value is not None)
    order = {
        "what": "run",
        "main": source.name,
        "place": source.place,
        "files": dict(source.files),
        "options": asdict(options),
        "command": f"search.run(study{said})",
    }
    return _performed(order, RUNS / str(options.name), listeners, progress=progress)


def resume(  # noqa: PLR0913 - given by name
    run: Run | Path | str,
    *,
    trials: int | str | None = None,
    seconds: float | str | None = None,
    changed_data: bool = False,
    address: str | None = None,
    listeners: Iterable[Listener] = (),
    progress: bool = True,
) -> Run:
    """Go on with a run, whatever ended it: what was finished stays as it is.

    Args:
        run: The run, or its folder or name.
        trials: In all, such as 120, or that many more, such as "+50".
        seconds: Of search, likewise.
        changed_data: Whether it goes on though the rows are not those of the start.
        address: Of a running Ray cluster, or "auto".
        listeners: As in `run`.
        progress: As in `run`.

    Returns:
        The run, as it stands then.

    Raises:
        InputError: There is nothing to go on with.
        RunError: The search could not come to its end; what is finished is kept.
        KeyboardInterrupt: It was interrupted; what is finished is kept.
    """
    folder = run.folder if isinstance(run, Run) else below_runs(Path(run))
    extension = Extension(
        None if trials is None else str(trials),
        None if seconds is None else str(seconds),
        changed_data,
        address or _ray_of_this_process(),
        unauthenticated=address is None,
    )
    order = {"what": "resume", "run": str(folder), "options": asdict(extension)}
    return _performed(order, folder, listeners, progress=progress)


def _performed(
    order: Mapping[str, Any], folder: Path, listeners: Iterable[Listener], *, progress: bool
) -> Run:
    display = display_for_this_process() if progress else Display()
    hearing = Hearing(Listeners(display, *listeners, unheard=warnings.warn))
    with _started(order) as process, display.showing():
        _follow(process, hearing)
    code = process.returncode
    if hearing.error is not None:
        raise hearing.error
    if code == INTERRUPTED:
        raise KeyboardInterrupt
    if code:
        raise RunError(
            f"{folder}: the search could not come to its end; `search logs {folder}` has it all"
        )
    return Run(folder)


@contextmanager
def _started(order: Mapping[str, Any]) -> "Iterator[subprocess.Popen[str]]":
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8", delete=False) as file:
        json.dump(order, file)
    paths = (str(PACKAGE.parent), os.environ.get("PYTHONPATH"))
    process = subprocess.Popen(  # noqa: S603 - this very product
        [sys.executable, "-P", "-m", "search.app.child", file.name],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        # Not the terminal's interrupts, but those that are sent on from here.
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))},
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()  # its guardian ends what it has started
        process.wait()
        for stream in filter(None, (process.stdin, process.stdout)):
            stream.close()
        Path(file.name).unlink(missing_ok=True)


def _follow(process: "subprocess.Popen[str]", hearing: Hearing) -> None:
    """Take what the process says until it ends; an interrupt is sent on to it.

    Lines are read in a thread, since an interrupt in the middle of one would lose it.
    """
    lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()

    def read() -> None:
        for line in process.stdout or ():
            lines.put(line)
        lines.put(None)

    threading.Thread(target=read, daemon=True).start()
    while True:
        try:
            line = lines.get()
            if line is None:
                break
            hearing.hear(line)
        except KeyboardInterrupt:
            process.send_signal(signal.SIGINT)
    process.wait()


def _ray_of_this_process() -> str | None:
    """The address of the cluster that the caller has connected to; None where there is none."""
    ray = sys.modules.get("ray")
    if ray is None or not ray.is_initialized():
        return None
    return str(ray.get_runtime_context().gcs_address)
