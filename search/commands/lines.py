"""Trials and times as plain text."""

from collections.abc import Mapping

from search.study.parameters import Value
from search.study.plain_text import one_line
from search.study.trial import Trial

LONGEST = 80
"""Characters of a name or a value in a line or a cell."""


def line_of(trial: Trial) -> str:
    """A finished trial as one plain line."""
    parts = [
        f"trial {trial.number:>4}",
        f"{trial.state:<8}",
        f"{'-' if trial.value is None else f'{trial.value:.4f}':>7}",
        f"{trial.epochs:>4} epochs",
        _params(trial.params),
    ]
    parts += [one_line(trial.reason)] if trial.reason else []
    parts += [one_line(f"taken from {trial.taken}")] if trial.taken else []
    return "  ".join(parts)


def duration(seconds: float) -> str:
    """Seconds for people: 8 s, 3 min 20 s, 2 h 5 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def cell(value: Value) -> str:
    """A parameter's value, short."""
    return f"{value:.2g}" if isinstance(value, float) else one_line(str(value), LONGEST)


def _params(params: Mapping[str, Value]) -> str:
    return " ".join(f"{one_line(name, LONGEST)}={cell(value)}" for name, value in params.items())
