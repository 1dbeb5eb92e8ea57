"""A further session of a run: to go on, to have more trials, or to have it judged."""

from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from search.app.resolved import resolved
from search.app.session import Order, Watching, go_on
from search.app.spaces import ready_for_ray
from search.cluster.resources import Resources
from search.data.paths import shown
from search.loading.space_file import override
from search.report.failing import is_hopeless, why_failed
from search.store.manifest import Plan
from search.store.recorder import Recorder
from search.store.run import StoredRun, load_run
from search.study.errors import ArgumentError, InputError
from search.study.trial import State


@dataclass(frozen=True)
class Extension:
    """What may be said of a further session.

    Attributes:
        trials: In all, such as "120", or that many more, such as "+50".
        seconds: Of search, likewise.
        changed_data: Whether it goes on though the rows are not those of the start.
        address: Of a running Ray cluster, or "auto"; None for one of its own.
        unauthenticated: Whether that may be one that lets anybody in.
        max_concurrent: Trials at once at most; None for as many as the run was started with.
    """

    trials: str | None = None
    seconds: str | None = None
    changed_data: bool = False
    address: str | None = None
    unauthenticated: bool = False
    max_concurrent: int | None = None


def resume(path: Path, extension: Extension, watching: Watching) -> int:
    """Go on with a run: what was finished stays, what was under way runs again.

    Args:
        path: Its folder.
        extension: What is said of this session.
        watching: Who is told how it goes.

    Returns:
        The exit code: 0 done, 1 unfinished, 130 interrupted.

    Raises:
        InputError: There is nothing to go on with, or the rows are others.
        RunError: The run cannot be read, or the search cannot go on.
    """
    opened = load_run(path)
    with closing(Recorder(opened.folder)) as recorder:  # before anything takes time
        manifest = recorder.manifest
        plan = _extended(opened, extension)
        if manifest.ended == "finished" and plan == manifest.plan and not opened.damaged():
            raise InputError(
                path,
                "the run is finished",
                f"extend it with trials='+50', or write its page again by `search report {path}`",
                names=("trials",),
            )
        trials_so_far = opened.trials()
        storm = "all failed" in manifest.cut_short  # more trials would not begin
        if is_hopeless(manifest, trials_so_far) and (storm or plan == manifest.plan):
            raise InputError(
                path,
                why_failed(manifest, trials_so_far),
                f"it would fail again: fix {opened.space().own_file} and start a new run",
            )
        if plan != manifest.plan:
            opened.folder.forget_to_finish()
        order = _order(opened, plan, extension, watching)
        return go_on(order, recorder, plan, data_changed=_has_other_rows(opened, order))


def finish(path: Path, extension: Extension, watching: Watching) -> int | None:
    """Begin no more trials of a run, and judge those that ended.

    Args:
        path: Its folder.
        extension: What is said of this session.
        watching: Who is told how it goes.

    Returns:
        The exit code as of `resume`; None where another process drives the run, which was asked
        to: its running trials end at their next rung, or at their end, and its finals follow there.

    Raises:
        InputError: There is nothing to judge, or the rows are others.
        RunError: The run cannot be read or judged.
    """
    opened = load_run(path)
    state = opened.state
    if state == "finished" and not opened.damaged():
        raise InputError(
            path,
            "the run is finished",
            f"`search status {path}` names its winner, and `search resume {path} --trials +50` "
            "extends it",
        )
    if state == "running":
        opened.folder.ask_to_finish()
        return None
    if not any(trial.state is State.COMPLETE for trial in opened.trials()):
        raise InputError(
            path,
            "no trial is complete, so there is nothing to evaluate",
            f"continue with `search resume {path}`",
        )
    with closing(Recorder(opened.folder)) as recorder:
        plan = opened.manifest.plan
        order = replace(_order(opened, plan, extension, watching), finish=True)
        return go_on(order, recorder, plan, data_changed=_has_other_rows(opened, order))


def _order(opened: StoredRun, plan: Plan, extension: Extension, watching: Watching) -> Order:
    """What a further session does.

    Raises:
        InputError: The rows are not those of the start.
    """
    path, manifest = opened.folder.path, opened.manifest
    source = opened.space()
    ready_for_ray(source, extension.address, unauthenticated=extension.unauthenticated)
    space = source.execute()
    study = override(space.study, trials=plan.trials, epochs=plan.epochs, seed=manifest.seed)
    study = replace(study, budget=replace(study.budget, seconds=plan.seconds))
    ready = resolved(space, study)
    data_changed = ready.hash != manifest.data.hash
    if data_changed and not extension.changed_data:
        raise InputError(
            path,
            f"the data changed since the run started ({manifest.data.description})",
            "restore it, start a new run, or continue with changed_data=True",
            names=("changed_data",),
        )
    notes = []
    if not space.source.is_pickled:
        notes.append(
            f"the run continues with its own copy of {source.own_file}, in {path / 'space'}"
        )
    if _has_changed(manifest.space_origin, source.files.get(source.own_file, "")):
        file = shown(Path(manifest.space_origin))
        notes.append(f"{file} has changed since; only a new run would use it")
    if data_changed:
        notes.append(
            "the data changed: trials that ended before count with their values on other rows; "
            "only a new run compares all on the same"
        )
    machine = manifest.machine
    most = machine.most if extension.max_concurrent is None else extension.max_concurrent
    resources = Resources(machine.cpus, machine.gpus, most)
    watching = replace(watching, notes=(*watching.notes, *notes))
    return Order(
        ready,
        resources,
        extension.address,
        watching,
        unauthenticated=extension.unauthenticated,
    )


def _has_other_rows(opened: StoredRun, order: Order) -> bool:
    """Whether any session of a run had other rows than its first, this one included."""
    manifest = opened.manifest
    return manifest.data_changed or order.resolved.hash != manifest.data.hash


def _extended(opened: StoredRun, extension: Extension) -> Plan:
    """The plan with more trials or seconds."""
    plan = opened.manifest.plan
    trials, seconds = extension.trials, extension.seconds
    more = int(_amount("trials", trials, plan.trials) or plan.trials)
    if more < plan.trials:
        ended = sum(trial.state.finished for trial in opened.trials())
        left = ended < plan.trials
        sooner = f"; `search finish {opened.folder.path}` begins no more" if left else ""
        raise ArgumentError(
            "trials",
            trials,
            f"the run is planned for {plan.trials} trials ({ended} ended)",
            "give a whole number above that, or how many more, such as +50" + sooner,
        )
    time = _amount("seconds", seconds, plan.seconds or 0.0) or plan.seconds
    return replace(plan, trials=more, seconds=time)


def _amount(name: str, said: str | None, before: float) -> float | None:
    """A number in all, or with a plus that many more; None where nothing was said."""
    if said is None:
        return None
    digits = said.removeprefix("+")
    if not digits.isdecimal() or int(digits) == 0:
        raise ArgumentError(name, said, fix="give a whole number, or how many more, such as +50")
    return int(digits) + (before if said.startswith("+") else 0)


def _has_changed(origin: str, kept: str) -> bool:
    """Whether the space file that was searched is still there and says something else."""
    path = Path(origin)
    try:
        if not origin or not path.is_file():
            return False
        long = path.stat().st_size > 4 * len(kept) + 4  # bytes that so many characters may have
        return long or path.read_text(encoding="utf-8-sig", errors="replace") != kept
    except OSError:  # it may not be read, or its name is none
        return False
