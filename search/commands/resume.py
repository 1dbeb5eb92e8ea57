"""`search resume RUN`: go on with a run, whatever ended it, or with more trials than it had."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from search.commands.naming import Named
from search.commands.run_study import Address, Open

if TYPE_CHECKING:
    from search.store.manifest import Plan
    from search.store.recorder import Recorder
    from search.store.run import Run

Trials = Annotated[
    str | None, typer.Option(help="Trials in all, such as 120, or that many more, such as +50.")
]
Seconds = Annotated[
    str | None, typer.Option(help="Seconds of search in all, or that many more, such as +600.")
]
ChangedData = Annotated[
    bool, typer.Option("--changed-data", help="Go on though the rows are not those of the start.")
]


def resume(  # noqa: PLR0917 - the command line gives them by name
    run: Named,
    trials: Trials = None,
    seconds: Seconds = None,
    changed_data: ChangedData = False,
    address: Address = None,
    show: Open = False,
) -> int:
    """Go on with a run: what was finished stays, what was under way runs again."""
    from search.report.failing import is_hopeless, why_failed
    from search.store.recorder import Recorder
    from search.store.run import load_run
    from search.study.errors import InputError

    opened = load_run(run)
    with closing(Recorder(opened.folder)) as recorder:  # before anything takes time
        manifest = recorder.manifest
        plan = _extended(manifest.plan, trials, seconds)
        if manifest.ended == "finished" and plan == manifest.plan and not opened.damaged():
            raise InputError(
                f"{run}: the run is finished; extend it by --trials +50, or make its page again "
                f"by `search report {run}`"
            )
        trials_so_far = opened.trials()
        storm = "all failed" in manifest.cut_short  # more trials would not begin
        if is_hopeless(manifest, trials_so_far) and (storm or plan == manifest.plan):
            raise InputError(
                f"{run}: {why_failed(manifest, trials_so_far)}; it would fail again: fix "
                f"{manifest.space_file} and start a new run"
            )
        if plan != manifest.plan:
            opened.folder.forget_to_finish()
        return continued(opened, recorder, plan, address, changed_data=changed_data, show=show)


def continued(
    opened: "Run",
    recorder: "Recorder",
    plan: "Plan",
    address: str | None,
    *,
    changed_data: bool,
    show: bool = False,
    finish: bool = False,
) -> int:
    """A further session of a run.

    Args:
        opened: The run.
        recorder: That holds it.
        plan: It may be longer than it was.
        address: Of a running Ray cluster.
        changed_data: Whether it goes on though the rows are others.
        show: Whether its page is shown while it goes.
        finish: Whether no trial is begun, and what is there is judged.

    Raises:
        InputError: The rows are not those of the start.
    """
    from search.commands.describing import Material
    from search.commands.session import Order, go_on
    from search.study.data.places import shown
    from search.study.errors import InputError
    from search.study.reading import override
    from search.tuning.resources import Resources

    run, manifest = opened.folder.path, recorder.manifest
    space = opened.space().execute()
    study = override(space.study, trials=plan.trials, epochs=plan.epochs, seed=manifest.seed)
    study = replace(study, budget=replace(study.budget, seconds=plan.seconds))
    material = Material.of(study, space.source.place)
    study = material.settled(study)
    changed = material.dataset.hash != manifest.data.hash
    if changed and not changed_data:
        raise InputError(
            f"{run}: the rows are not those that the run began with "
            f"({manifest.data.description}); bring them back, start a new run, or go on "
            "knowingly by --changed-data"
        )
    machine = manifest.machine
    resources = Resources(machine.cpus, machine.gpus, machine.most)
    notes = [f"the run goes on with its own copy of {manifest.space_file}, in {run / 'space'}"]
    if _has_changed(manifest.space_origin, opened.space_source()):
        file = shown(Path(manifest.space_origin))
        notes.append(f"{file} has changed since; a new run would search that")
    order = Order(space, study, resources, address, tuple(notes), show=show, finish=finish)
    changed = manifest.data_changed or changed
    return go_on(order, material, recorder, plan, data_changed=changed)


def _extended(plan: "Plan", trials: str | None, seconds: str | None) -> "Plan":
    """The plan with more trials or seconds."""
    from search.study.errors import InputError

    more = int(_amount("--trials", trials, plan.trials) or plan.trials)
    if more < plan.trials:
        raise InputError(
            f"--trials {trials}: the run has {plan.trials} already; give a whole number above "
            "that, or how many more, such as +50"
        )
    time = _amount("--seconds", seconds, plan.seconds or 0.0) or plan.seconds
    return replace(plan, trials=more, seconds=time)


def _amount(option: str, said: str | None, before: float) -> float | None:
    """A number in all, or with a plus that many more; None where nothing was said."""
    from search.study.errors import InputError

    if said is None:
        return None
    digits = said.removeprefix("+")
    if not digits.isdecimal() or int(digits) == 0:
        raise InputError(f"{option} {said}: give a whole number, or how many more, such as +50")
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
