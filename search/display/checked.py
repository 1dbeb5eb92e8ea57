"""The lines that `search check` prints of a study."""

from collections.abc import Mapping
from typing import Any

from search.display.lines import cell, duration
from search.store.manifest import PARTS

LISTED = 200
"""Columns whose treatment is printed."""


def sentences(told: Mapping[str, Any]) -> list[str]:
    """Data, space, engine and cost of a study; or the mistakes in it."""
    if told["mistakes"]:
        return list(told["mistakes"])
    names = told["classes"] or told["targets"]
    size = told["configurations"]
    count = _counted(len(told["parameters"]), "hyperparameter")
    count += f", {_counted(size, 'configuration')}" if size else ", some of them continuous"
    whole = "" if told["trained_epochs"] >= told["epochs"] else ", estimated from its first epochs"
    lines = [
        told["title"],
        *(f"file        {note}" for note in told["notes"]),
        f"data        {told['data']}: {told['task']} ({', '.join(names)})",
        f"features    {_features(told)}",
        *_columns(told["columns"]),
        "rows        " + " · ".join(_part(told, part) for part in told["rows"]),
        f"space       {count if told['parameters'] else _conditional(told['asked'])}",
        *(f"  {name}: {range_}" for name, range_ in told["asked"].items()),
        *(f"  {name}: {range_}" for name, range_ in told["parameters"].items()),
        *(f"  {name} = {cell(value)}" for name, value in told["fixed"].items()),
        f"objective   {told['objective']}{_of_class(told)}, {told['direction']}",
        f"finals      the best {_counted(told['finals']['configurations'], 'configuration')} on "
        f"{_counted(told['finals']['seeds'], 'seed')}",
        *([f"  {told['finals']['cut']}"] if told["finals"]["cut"] else []),
        f"engine      {told['engine']['name']}: {told['engine']['why']}",
        *(f"  {line}" for line in told["engine"]["others"]),
        f"model       {told['model']['of']}, {told['model']['weights']:,} parameters",
        *(f"  {line}" for line in told["model"]["summary"].splitlines() if line.strip()),
        f"cost        a trial of {told['epochs']} epochs takes {_short(told['trial_seconds'])} "
        f"there{whole}; {told['trials']} on {told['workers']} workers about "
        f"{duration(told['search_seconds'])}, the finals about "
        f"{duration(told['finals_seconds'])}, and some 10 s to start",
        *(f"warning     {warning}" for warning in told["warnings"]),
        "no mistakes",
    ]
    return [line.rstrip() for line in lines]


def _conditional(asked: Mapping[str, str]) -> str:
    """What is known of it: what a model says itself that it asks for."""
    return f"{_counted(len(asked), 'hyperparameter')} of build" if asked else "conditional"


def _columns(columns: Mapping[str, str]) -> list[str]:
    """What each became; of thousands the first, and all that are left out."""
    shown = [
        f"  {name}: {became}"
        for place, (name, became) in enumerate(columns.items())
        if place < LISTED or became.startswith("left out (")
    ]
    more = len(columns) - len(shown)
    return [*shown, f"  and {more:,} more; `search check FILE --json` lists all"] if more else shown


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'s' * (count != 1)}"


def _of_class(told: Mapping[str, Any]) -> str:
    """The positive class, where the objective is a measure of one class."""
    one = told["objective"] in {"val_f1", "val_precision", "val_recall"} and told["of_one_class"]
    return f" of class {told['classes'][1]!r}" if one and told["task"] == "binary" else ""


def _part(told: Mapping[str, Any], part: str) -> str:
    counts = told["rows"][part]
    by_class = told["positives"].get(part) or (counts if len(counts) > 1 else [])
    each = f" ({', '.join(f'{count:,}' for count in by_class)})" if by_class else ""
    return f"{PARTS[part]} {sum(counts):,}{each}"


def _features(told: Mapping[str, Any]) -> str:
    """Their names, or the shape of rows that have several axes, or each input's."""
    if told["inputs"]:
        return "; ".join(told["inputs"])
    shape = " × ".join(map(str, told["shape"]))
    if told["pictures"]:
        return f"{shape} (height × width × colours), values from 0 to 1"
    return f"{shape} values" if len(told["shape"]) > 1 else _some(told["features"])


def _some(names: list[str]) -> str:
    more = len(names) - 12
    return ", ".join(names) if more <= 0 else f"{', '.join(names[:12])} and {more:,} more"


def _short(seconds: float) -> str:
    return f"{seconds:.2g} s" if seconds < 10 else duration(seconds)
