"""Trials that others recorded: a study in a database of Optuna's, the results of Ray Tune."""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.exceptions import StorageInternalError
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from search.store.optuna_export import shown_url
from search.store.trials import NOTES
from search.study.errors import ArgumentError
from search.study.parameters import near
from search.study.trial import Curve

WIDE = 50
"""Largest by smallest value from which on a range that nobody declared is on a log scale."""

_TUNES = {
    "done", "iterations_since_restore", "pid", "time_since_restore", "time_this_iter_s",
    "time_total_s", "timestamp", "training_iteration",
}  # fmt: skip
"""What Tune itself adds to each report."""


@dataclass(frozen=True)
class MadeElsewhere:
    """A search that was made elsewhere.

    Attributes:
        name: Of it.
        source: Where it lies: a database without its password and the study, or a folder.
        objective: What its trials are compared by.
        direction: "minimize" or "maximize".
        trials: With their curves, by number.
    """

    name: str
    source: str
    objective: str
    direction: str
    trials: Sequence[tuple[FrozenTrial, Curve]]


def of_optuna(place: str) -> MadeElsewhere:
    """A study in a database.

    Args:
        place: URL and name, such as "sqlite:///studies.db#name"; the name may be left out where
            there is one study.

    Raises:
        InputError: There is none, or it has several objectives.
    """
    url, _, name = place.partition("#")
    shown = shown_url(url)
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and not Path(parsed.database or "").is_file():
        raise ArgumentError("optuna", shown, "there is no such file", "give the path of a database")
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    storage = None
    try:
        storage = RDBStorage(url, skip_table_creation=True)  # else it would make a study file of it
        names = optuna.get_all_study_names(storage)
        if not names:
            raise ArgumentError("optuna", shown, "there is no study in this database")
        if not name and len(names) > 1:
            listed = ", ".join(sorted(names)[:10])
            raise ArgumentError("optuna", shown, f"it has several studies: {listed}", "add #NAME")
        if name and name not in names:
            raise ArgumentError("optuna", shown, f"there is no study {name!r}", near(name, names))
        return _of_study(optuna.load_study(study_name=name or names[0], storage=storage), shown)
    except ImportError as error:
        raise ArgumentError("optuna", shown, f"its driver is not installed ({error})") from None
    except (StorageInternalError, SQLAlchemyError, RuntimeError):
        raise ArgumentError("optuna", shown, "there is no study in this database") from None
    finally:
        if storage is not None:
            storage.remove_session()
            storage.engine.dispose()


def _of_study(study: optuna.Study, shown: str) -> MadeElsewhere:
    if len(study.directions) > 1:
        raise ArgumentError(
            "optuna", shown, f"{study.study_name!r} has several objectives", "give one with one"
        )
    names = study.metric_names or ["value"]
    trials = [_taken(trial, names[0]) for trial in study.get_trials(deepcopy=False)]
    source, direction = f"{shown}#{study.study_name}", study.direction.name.lower()
    return MadeElsewhere(study.study_name, source, names[0], direction, trials)


def _taken(trial: FrozenTrial, objective: str) -> tuple[FrozenTrial, Curve]:
    """A trial as a run keeps it: with its seconds, and without values that are none."""
    steps = sorted(trial.intermediate_values.items())
    steps = [(step, value) for step, value in steps if math.isfinite(value)]
    state, value, notes = trial.state, trial.value, _notes(trial)
    if state is TrialState.WAITING:
        state = TrialState.RUNNING
    if state is TrialState.COMPLETE and (value is None or not math.isfinite(value)):
        state, value, notes["reason"] = TrialState.FAIL, None, f"its value is {value}"
    if state is TrialState.PRUNED and value is not None and not math.isfinite(value):
        value = None
    taken = FrozenTrial(
        number=trial.number, state=state, value=value, datetime_start=trial.datetime_start,
        datetime_complete=trial.datetime_complete, params=trial.params,
        distributions=trial.distributions, user_attrs=notes, system_attrs={},
        intermediate_values=dict(steps), trial_id=trial.number,
    )  # fmt: skip
    return taken, {objective: [value for _, value in steps]} if steps else {}


def _notes(trial: FrozenTrial) -> dict[str, Any]:
    notes = {name: value for name, value in trial.user_attrs.items() if name not in NOTES}
    if trial.duration is not None:
        notes["seconds"] = trial.duration.total_seconds()
    return notes


def of_tune(folder: Path, metric: str, direction: str) -> MadeElsewhere:
    """The results of an experiment of Ray Tune's.

    Args:
        folder: Of the experiment: each trial has a folder in it, with params.json and result.json.
        metric: That trials are compared by, at their last report.
        direction: "minimize" or "maximize".

    Raises:
        InputError: There are none, or none reports the metric.
    """
    if not folder.is_dir():
        raise ArgumentError("tune", folder, "there is no such folder")
    found = sorted(path.parent for path in folder.glob("*/result.json"))
    if not found:
        raise ArgumentError(
            "tune", folder, "it holds no trial of Ray Tune's, which has a result.json",
            "give the folder of one experiment, such as ~/ray_results/NAME",
        )  # fmt: skip
    configs = [_config(path) for path in found]
    reports = [list(_reports(path / "result.json")) for path in found]
    told = {n: v for each in reports for report in each for n, v in report.items()}
    known = [name for name, value in told.items() if _is_number(value) and name not in _TUNES]
    if metric not in known:
        raise ArgumentError("metric", metric, "no trial there reports it", near(metric, known))
    ranges = _ranges(configs)
    trials = [
        _of_reports(number, configs[number], reports[number], ranges, metric, path)
        for number, path in enumerate(found)
    ]
    folder = folder.resolve()
    return MadeElsewhere(folder.name, str(folder), metric, direction, trials)


def _reports(path: Path) -> Iterator[Mapping[str, Any]]:
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            found = json.loads(line)
        except ValueError:
            continue  # the last line, of a trial that was killed
        if isinstance(found, dict):
            yield found


def _config(path: Path) -> dict[str, Any]:
    file = path / "params.json"
    try:
        return _flat(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise ArgumentError("tune", file, f"it cannot be read ({error})") from None


def _flat(config: Mapping[str, Any], above: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in config.items():
        if isinstance(value, Mapping):
            found |= _flat(value, f"{above}{name}/")
        else:
            plain = value is None or isinstance(value, bool | int | float | str)
            found[f"{above}{name}"] = value if plain else str(value)
    return found


def _ranges(configs: Sequence[Mapping[str, Any]]) -> dict[str, BaseDistribution]:
    """What values lie between, of each name with more than one; nobody has declared a range."""
    found: dict[str, BaseDistribution] = {}
    for name in dict.fromkeys(name for config in configs for name in config):
        values = [config[name] for config in configs if name in config]
        different = list(dict.fromkeys(values))
        if len(different) < 2:
            continue
        numbers = all(isinstance(v, int | float) and not isinstance(v, bool) for v in values)
        if not numbers or not all(map(math.isfinite, values)):
            found[name] = CategoricalDistribution(different)
            continue
        low, high = min(values), max(values)
        log = low > 0 and high / low > WIDE
        whole = all(isinstance(value, int) for value in values)
        kind = IntDistribution if whole else FloatDistribution
        found[name] = kind(low, high, log=log)
    return found


def _of_reports(  # noqa: PLR0913, PLR0917 - a trial is made of these
    number: int,
    config: Mapping[str, Any],
    reports: Sequence[Mapping[str, Any]],
    ranges: Mapping[str, BaseDistribution],
    metric: str,
    path: Path,
) -> tuple[FrozenTrial, Curve]:
    values = [report[metric] for report in reports if _is_number(report.get(metric))]
    failed = (path / "error.txt").exists() or (path / "error.pkl").exists()
    complete = bool(values) and not failed
    distributions = {name: ranges[name] for name in config if name in ranges}
    notes: dict[str, Any] = {} if complete else {"reason": _reason(path, metric, failed=failed)}
    times = [report["time_total_s"] for report in reports if "time_total_s" in report]
    if times:
        notes["seconds"] = float(times[-1])
    trial = optuna.trial.create_trial(
        state=TrialState.COMPLETE if complete else TrialState.FAIL,
        value=float(values[-1]) if complete else None,
        params={name: config[name] for name in distributions},
        distributions=distributions,
        user_attrs=notes,
        intermediate_values={step: float(value) for step, value in enumerate(values)},
    )
    trial.number = number
    return trial, {metric: [float(value) for value in values]} if values else {}


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def _reason(path: Path, metric: str, *, failed: bool) -> str:
    if not failed:
        return f"it reported no {metric}"
    text = (path / "error.txt").read_text(errors="replace") if (path / "error.txt").exists() else ""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "it failed"
