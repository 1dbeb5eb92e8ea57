"""`search.run` and its like: searches asked for by a script or a notebook.

Each runs in a process of its own, which ends with it. So nothing of the caller's process is taken
over: neither its streams nor its signals, its environment, its working directory, its Ray.
"""

import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from search.app.arguments import checked
from search.app.check import Check
from search.app.child_process import performed
from search.app.from_python import source_of
from search.app.handle import Run
from search.app.kept import check as check_keep
from search.app.options import Options
from search.app.paths import RUNS, below_runs
from search.app.resume import Extension
from search.display.choosing import display_for_this_process
from search.loading.space_file import read
from search.store.folder import Folder, free_name
from search.study.study import Study
from search.tuning.listeners import Display, Listener


@checked
def run(  # noqa: PLR0913 - given by name
    study: Study | os.PathLike[str] | str,
    *,
    name: str | None = None,
    trials: int | None = None,
    epochs: int | None = None,
    seed: int | None = None,
    engine: str | None = None,
    continue_from: os.PathLike[str] | str | None = None,
    address: str | None = None,
    unauthenticated: bool = False,
    cpus_per_trial: float = 1.0,
    gpus_per_trial: float = 0.0,
    max_concurrent: int | None = None,
    keep: float | None = None,
    listeners: Iterable[Listener] = (),
    progress: bool = True,
) -> Run:
    """Search what a study says, judge the best, and write the page.

    The study may be made anywhere: in a script, in cells of a notebook, in `python -i`, in a test.
    Its functions travel by cloudpickle with what they use, modules beside the script included. A
    Ray cluster that this process is connected to is used, and left running. An interrupt stops the
    search as Ctrl-C stops the command: what is finished is kept, and `resume` goes on.

    Args:
        study: What to search; or the path of a space file.
        name: Of the run, its folder `runs/NAME` and its page `reports/NAME.html`; made from the
            time where left out.
        trials: In all, over the study's.
        epochs: A trial, over the study's.
        seed: Over the study's.
        engine: "auto", or "fit" for stock Keras.
        continue_from: A run whose trials are this one's first, where they mean the same here.
        address: Of a running Ray cluster, or "auto".
        unauthenticated: Whether the cluster at `address` may be one that requires no token.
        cpus_per_trial: CPUs a trial.
        gpus_per_trial: GPUs a trial; may be a fraction.
        max_concurrent: Trials at once at most; as many as fit where left out.
        keep: Minutes for which Ray and TensorFlow stay ready for the next run; `search stop` ends
            that.
        listeners: Told what happens. What one of them raises is reported once.
        progress: Whether it is shown how far the search is.

    Returns:
        The run, with its winner.

    Raises:
        InputError: Something given is wrong; no trial was begun.
        RunError: The search could not come to its end; what is finished is kept.
        KeyboardInterrupt: It was interrupted; what is finished is kept.
    """
    before = None if continue_from is None else below_runs(Path(continue_from))
    if name is None:
        name = free_name(RUNS, "study" if isinstance(study, Study) else Path(study).stem)
    folder = Folder.named(RUNS, name).path
    options = Options(
        name,
        trials,
        epochs,
        seed,
        engine,
        before,
        address or _ray_of_this_process(),
        cpus_per_trial,
        gpus_per_trial,
        max_concurrent,
        unauthenticated or address is None,  # the caller's own, which it knows
        keep,
    )
    check_keep(keep, options.address)
    said: dict[str, object] = {"trials": trials, "epochs": epochs, "seed": seed, "name": name}
    said["continue_from"] = before and str(before)
    words = [f"{key}={value!r}" for key, value in said.items() if value is not None]
    what = "study" if isinstance(study, Study) else repr(str(study))
    order = {
        **_what(study, f"Study {options.name}"),
        "what": "run",
        "options": asdict(options),
        "command": f"search.run({', '.join([what, *words])})",
    }
    return _searched(order, folder, listeners, progress=progress)


@checked
def resume(  # noqa: PLR0913 - given by name
    run: os.PathLike[str] | str,
    *,
    trials: int | str | None = None,
    seconds: int | str | None = None,
    changed_data: bool = False,
    address: str | None = None,
    unauthenticated: bool = False,
    max_concurrent: int | None = None,
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
        unauthenticated: As in `run`.
        max_concurrent: Trials at once at most; as the run was started where left out.
        listeners: As in `run`.
        progress: As in `run`.

    Returns:
        The run, in its state then.

    Raises:
        InputError: There is nothing to go on with.
        RunError: The search could not come to its end; what is finished is kept.
        KeyboardInterrupt: It was interrupted; what is finished is kept.
    """
    folder = below_runs(Path(run))
    extension = Extension(
        None if trials is None else str(trials),
        None if seconds is None else str(seconds),
        changed_data,
        address or _ray_of_this_process(),
        unauthenticated or address is None,
        max_concurrent,
    )
    order = {"what": "resume", "run": str(folder), "options": asdict(extension)}
    return _searched(order, folder, listeners, progress=progress)


@checked
def check(  # noqa: PLR0913 - given by name
    study: Study | os.PathLike[str] | str,
    *,
    address: str | None = None,
    unauthenticated: bool = False,
    cpus_per_trial: float = 1.0,
    gpus_per_trial: float = 0.0,
    max_concurrent: int | None = None,
) -> Check:
    """Find out what a study means, what a search of it would cost, and what is wrong in it.

    Trains one configuration, at the middle of the space, in a worker; nothing is kept. Arguments
    are as those of `run`.

    Raises:
        InputError: It cannot be tried at all.
        RunError: Nothing came of it.
    """
    options = Options(
        address=address or _ray_of_this_process(),
        unauthenticated=unauthenticated or address is None,
        cpus_per_trial=cpus_per_trial,
        gpus_per_trial=gpus_per_trial,
        max_concurrent=max_concurrent,
    )
    order = {**_what(study, "A study"), "what": "check", "options": asdict(options)}
    return Check(performed(order, "the study could not be checked"))


def _what(study: Study | os.PathLike[str] | str, title: str) -> dict[str, Any]:
    """What is searched, as text."""
    source = source_of(study, title) if isinstance(study, Study) else read(Path(study))
    return {"main": source.name, "place": source.place, "files": dict(source.files)}


def _searched(
    order: Mapping[str, Any], folder: Path, listeners: Iterable[Listener], *, progress: bool
) -> Run:
    display = display_for_this_process() if progress else Display()
    failed = f"{folder}: the search did not finish; see `search logs {folder}`"
    performed(order, failed, display, listeners)
    return Run(folder)


def _ray_of_this_process() -> str | None:
    """The address of the cluster that the caller has connected to; None where there is none."""
    ray = sys.modules.get("ray")
    if ray is None or not ray.is_initialized():
        return None
    return str(ray.get_runtime_context().gcs_address)
