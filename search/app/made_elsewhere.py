"""The page of a search that was made elsewhere: the half of it that is about trials."""

import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from search.app.function_file import DIRECTIONS
from search.app.paths import RUNS, page_of
from search.report.page import is_of, write_page
from search.store.folder import Folder
from search.store.made_elsewhere import MadeElsewhere, of_optuna, of_tune
from search.store.manifest import PARTS, DataSummary, Machine, Manifest, Plan
from search.store.recorder import Recorder
from search.store.run import StoredRun
from search.store.scratch import scratch_folder
from search.study.errors import ArgumentError
from search.study.function_study import FUNCTION

UNKNOWN = "not known"


def page_of_optuna(place: str, command: str) -> Path:
    """Write the page of a study in a database of Optuna's.

    Args:
        place: URL and name, such as "sqlite:///studies.db#name".
        command: By which it was asked for.

    Returns:
        Where it lies.

    Raises:
        InputError: There is no such study, or the page cannot be written.
    """
    return _page(of_optuna(place), command, "Optuna")


def page_of_tune(folder: Path, metric: str | None, direction: str | None, command: str) -> Path:
    """Write the page of the results of Ray Tune.

    Args:
        folder: Of the experiment.
        metric: That trials are compared by.
        direction: "minimize" or "maximize".
        command: By which it was asked for.

    Returns:
        Where it lies.

    Raises:
        InputError: There are none, something is not said, or the page cannot be written.
    """
    if metric is None:
        why = "results of Ray Tune do not say which of their values counts"
        raise ArgumentError("metric", None, why, "give its name, such as loss")
    if direction not in DIRECTIONS:
        raise ArgumentError("direction", direction, fix="give minimize or maximize")
    return _page(of_tune(folder, metric, direction), command, "Ray Tune")


def _page(made: MadeElsewhere, command: str, by: str) -> Path:
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", made.name)[:80].strip("-._") or "study"
    if os.path.lexists(RUNS / name):
        name += f"-by-{by.lower().replace(' ', '-')}"  # that page is the run's
    name = next(one for one in _numbered(name) if _is_free(one, made.source))
    page = page_of(name)
    with scratch_folder() as scratch:
        folder = Folder.named(scratch, name).make()
        Recorder.begin(folder, _manifest(made, name, command, by), {}, made.trials).close()
        write_page(StoredRun(folder.path, is_over=True), page)
    return page


def _numbered(name: str) -> Iterator[str]:
    """A name, and the same with numbers behind it."""
    yield name
    yield from (f"{name}-{number}" for number in count(2))


def _is_free(name: str, source: str) -> bool:
    """Whether no page, or one of the same search, is written over by a page of this name.

    Names of different searches may become one where a file's name takes ASCII alone.
    """
    page = page_of(name)
    if os.path.lexists(RUNS / name):
        return False
    return not os.path.lexists(page) or is_of(page, source)


def _manifest(made: MadeElsewhere, name: str, command: str, by: str) -> Manifest:
    starts = [t.datetime_start for t, _ in made.trials if t.datetime_start]
    ends = [t.datetime_complete for t, _ in made.trials if t.datetime_complete]
    first = min(starts, default=datetime.now(UTC))
    seconds = (max(ends) - first).total_seconds() if starts and ends else 0.0
    plan = Plan(
        parameters={}, fixed={}, space=FUNCTION, trials=max(1, len(made.trials)), epochs=1,
        rungs=(1,), objective=made.objective, direction=made.direction, sampler=UNKNOWN,
        pruner=UNKNOWN, finals=(1, 1), engine=by, why_engine="this search was made there",
    )  # fmt: skip
    data = DataSummary(UNKNOWN, FUNCTION, (), (), dict.fromkeys(PARTS, ()), "")
    return Manifest(
        name=name,
        title=f"{made.name}, searched by {by}",
        created=first.astimezone().isoformat(timespec="seconds"),
        command=command,
        seed=0,
        space_file="",
        versions={},
        space_origin=made.source,
        data=data,
        plan=plan,
        machine=Machine(1, 1, 0, UNKNOWN),
        seconds={"search": max(0.0, seconds)},
        ended="finished",
    )
