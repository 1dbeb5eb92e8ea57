"""Whether a run says what a search can say: a seal tells that nobody changed it, not that it is so.

What is shown of a run is made from these values: a page of a winner that nobody tried would be
wrong, and one of 10³⁰⁰ epochs never ends.
"""

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from search.store.manifest import Manifest
from search.study.answer import Answer, Fit, Score
from search.study.budget import MOST
from search.study.function_study import FUNCTION
from search.study.plain_text import DIGITS, LONGEST_NAME
from search.study.task import TASKS

MOST_NUMBERS = 10**15
"""That a model learns."""


def values_of(text: str) -> Any:
    """A text of JSON, with numbers as a run's documents have them: finite, and not too long.

    Raises:
        ValueError: It has others, or is no JSON.
    """
    return json.loads(
        text, parse_int=_whole_number, parse_float=_finite_number, parse_constant=_finite_number
    )


def _whole_number(text: str) -> int:
    if len(text) > DIGITS:
        raise ValueError(f"a number of {len(text):,} digits")
    return int(text)


def _finite_number(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number that is not finite")
    return number


def check_manifest(manifest: Manifest) -> None:
    """Refuse what no run is made of.

    Raises:
        ValueError: Names it.
    """
    plan, data, machine = manifest.plan, manifest.data, manifest.machine
    _check_counts(
        {
            "trials": plan.trials,
            "epochs": plan.epochs,
            "rungs": len(plan.rungs),
            "epochs of a rung": min(plan.rungs, default=0),
            "trials together": plan.together,
            "splits": plan.splits,
        },
        least=1,
    )
    _check_counts({f"rows of {part}": n for part, counts in data.rows.items() for n in counts})
    _check_counts({"CPUs": machine.cpus, "GPUs": machine.gpus, "workers": machine.workers})
    _check_counts({f"seconds of {name}": n for name, n in manifest.seconds.items()})
    names = [plan.objective, *plan.parameters, *plan.fixed]
    names += [*data.features, *data.classes, *data.targets]
    _check_names([*names, *manifest.seconds, *manifest.versions, *plan.baselines])
    for look in manifest.looks:
        _check_counts({"trials at a look": look.trials, "winner at a look": look.winner or 0})
        _check_names([look.run, look.found.measure if look.found else ""])
    if max(plan.rungs) > plan.epochs or len(plan.rungs) > plan.epochs:
        raise ValueError(f"rungs beyond its {plan.epochs} epochs")
    if plan.direction not in {"maximize", "minimize"}:
        raise ValueError(f"its direction is {plan.direction[:80]!r}")
    if manifest.ended not in {"", "finished", "interrupted", "failed"}:
        raise ValueError(f"it ended {manifest.ended[:80]!r}")
    if data.task not in {*TASKS, FUNCTION}:
        raise ValueError(f"its task is {data.task[:80]!r}")


def check_answer(answer: Answer) -> None:
    """Refuse what no finals find.

    Raises:
        ValueError: Names it.
    """
    if not answer.finalists or not all(one.fits for one in answer.finalists):
        raise ValueError("it has no winner, or one that was not trained")
    numbers = [one.number for one in answer.finalists]
    if len(set(numbers)) < len(numbers):
        raise ValueError(f"trial {max(numbers, key=numbers.count)} is in it twice")
    _check_counts({"number of a trial": min(numbers), "look": answer.look})
    weights = {f"weights of trial {one.number}": one.weights for one in answer.finalists}
    weights |= {f"weights of {one.name[:80]}": one.weights for one in answer.baselines}
    _check_counts(weights, most=MOST_NUMBERS)
    names = [one.name for one in answer.yardsticks] + [one.name for one in answer.baselines]
    names += [name for one in answer.finalists for name in one.params]
    names += [name for score in _scores(answer) for name in (score.measure, *score.others)]
    _check_names(names)
    for score in _scores(answer):
        _check_score(score)
    # A refit has no validation rows: where training itself tells no measure, its curve is empty.
    for fit in (answer.chosen, *([answer.last] if answer.last and answer.last.curve else [])):
        _check_shown(fit)
    for curve in (answer.rate_curve, *(one.rate_curve for one in answer.baselines)):
        if curve is None:
            continue
        longest = max(map(len, curve.losses), default=0)
        if longest > len(curve.rates) or min(curve.rates, default=1.0) <= 0:
            raise ValueError("losses by rate that do not fit their rates")


def check_among(answer: Answer, numbers: set[int]) -> None:
    """Refuse an answer about trials that there are not.

    Args:
        answer: Of a run.
        numbers: Of its trials.

    Raises:
        ValueError: Names one.
    """
    for one in answer.finalists:
        if one.number not in numbers:
            raise ValueError(f"a finalist is trial {one.number}, which is none of its trials")


def _scores(answer: Answer) -> Iterator[Score]:
    yield answer.headline
    yield from answer.scores
    for yardstick in answer.yardsticks:
        yield yardstick.score
    for baseline in answer.baselines:
        yield from baseline.scores
        if baseline.headline is not None:
            yield baseline.headline


def _check_score(score: Score) -> None:
    _check_counts({"held-out rows": score.rows}, least=1)
    counts = [n for line in score.matrix for n in line]
    _check_counts({"rows of a class": min(counts, default=0)})
    if any(len(line) != len(score.matrix) for line in score.matrix):
        raise ValueError("a confusion matrix that is not square")
    if sum(counts) > score.rows:
        raise ValueError(f"a confusion matrix of {sum(counts)} rows, of {score.rows}")
    if score.interval.low > score.interval.high:
        raise ValueError("an interval that ends before it begins")


def _check_shown(fit: Fit) -> None:
    if not fit.curve or not all(fit.curve.values()):
        raise ValueError("the shown model was trained for no epoch")


def _check_names(names: Iterable[str]) -> None:
    longest = max(map(len, names), default=0)
    if longest > LONGEST_NAME:
        raise ValueError(f"a name of {longest:,} characters")


def _check_counts(counts: Mapping[str, float], least: int = 0, most: int = MOST) -> None:
    for name, count in counts.items():
        if not least <= count <= most:
            raise ValueError(f"{name[:80]}: {count:g}")
