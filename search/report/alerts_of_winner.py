"""What the winner's curve and answers tell: is it fitted well, and sure of what is right?"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import NamedTuple

from search.data.dataset import Array
from search.metrics.intervals import Z
from search.metrics.mending import Mended, mended
from search.report.digits import share
from search.report.wording import figure, rivals
from search.store.manifest import Manifest
from search.study.answer import Answer
from search.study.checks import Found
from search.study.class_weights import CLASS_WEIGHT, NONE
from search.study.outputs import PROBABILITIES
from search.study.ready_spaces import READY
from search.study.task import TASKS

GAP = 0.1
"""Of accuracy or R² between training and validation rows: less is what any fit has."""
SURE = 4.0
"""Standard errors."""
APART = 0.02
"""Of confidence and accuracy, what is worth a word."""
SHORT, SURELY = 0.05, 3.0
"""By how much training rows show that a reference model's score is not reached, and standard errors
of its lead: networks of a quick search are often a little behind."""
SHIFTED = 0.5
"""Of a logit, from which on weights of classes are named."""
BY_THRESHOLD = ("accuracy", "F1", "precision", "recall")
"""Ends of the names of measures of predicted classes."""
LEARNT = 0.9
"""Of the constant's log loss, below which probabilities tell something."""
SHOWN = 5
"""Rows that are named."""


class Fitted(NamedTuple):
    """How the winner does on rows that it learnt, and on others.

    Attributes:
        measure: "accuracy" or "R²".
        train: On training rows.
        validation: On validation rows.
        error: Standard error of the latter.
    """

    measure: str
    train: float
    validation: float
    error: float


def alerts_of_winner(
    manifest: Manifest, answer: Answer, held_out: Mapping[str, Array]
) -> list[Found]:
    """What is found; see `alerts`."""
    fitted = _fitted(manifest, answer)
    return [
        *(overfits := list(_overfits(manifest, answer, fitted))),
        *([] if overfits else _underfits(manifest, answer, fitted)),
        *_off(manifest, answer, held_out),
        *_doubts(manifest, answer),
    ]


def _fitted(manifest: Manifest, answer: Answer) -> Fitted | None:
    """None where it was not measured on training rows, or its curve has nothing beside that."""
    learnt = answer.chosen.learnt
    curve, plan, task = answer.chosen.curve, manifest.plan, TASKS[manifest.data.task]
    rows = sum(manifest.data.rows["validation"])
    if learnt is None or plan.objective not in curve or not rows:
        return None
    at = plan.goal.place(curve)
    if "val_accuracy" in curve and not task.has_numbers:
        validation = curve["val_accuracy"][at]
        units = rows * (len(manifest.data.classes) if task.has_labels else 1)
        error = math.sqrt(max(validation * (1 - validation), 1 / units) / units)
        return Fitted("accuracy", learnt, validation, error)
    if not task.has_numbers or not manifest.data.standardised or "val_loss" not in curve:
        return None
    loss = curve["val_loss"][at]  # of targets whose variance is 1
    return Fitted("R²", learnt, 1 - loss, loss * math.sqrt(2 / rows))


def _space(manifest: Manifest, **ranges: str) -> str:
    """How a file searches these ranges: in a ready space, or as arguments of its build."""
    ready = READY.get(manifest.plan.space)
    if ready is None:
        told = ", ".join(f'"{name}": {searched}' for name, searched in ranges.items())
        return f"space={{{told}}}, if its build uses {'it' if len(ranges) == 1 else 'them'}"
    known = {field.name for field in fields(ready)}
    told = ", ".join(f"{name}={of}" for name, of in ranges.items() if name in known)
    return f"{ready.__name__}({told})"


def _overfits(manifest: Manifest, answer: Answer, fitted: Fitted | None) -> Iterator[Found]:
    if fitted is None or not math.isfinite(fitted.train + fitted.validation):
        return
    gap = fitted.train - fitted.validation
    if fitted.measure == answer.headline.measure and fitted.train <= answer.headline.value:
        return  # held-out rows are met as well as those that were learnt
    if gap >= GAP and gap >= SURE * fitted.error:
        yield Found(
            "S027",
            f"The winner has {fitted.measure} {fitted.train:.3f} on training rows and "
            f"{fitted.validation:.3f} on validation rows: it overfits. Search dropout, L2 and "
            "smaller networks, for example "
            f"{_space(manifest, dropout='Float(0, 0.5)', l2='Float(1e-6, 1e-2, log=True)')}, "
            "or give more rows.",
        )


def _underfits(manifest: Manifest, answer: Answer, fitted: Fitted | None) -> Iterator[Found]:
    constant = answer.constant
    of = answer.headline.judged
    if constant is not None and constant.against and constant.against.told != "ahead":
        worse = constant.against.told == "behind"
        than = f"{'worse' if worse else 'not clearly better'} than"
        if beside := _learnt(answer):
            yield Found(
                "S028",
                f"The winner has {of.measure} {figure(of)}, {than} "
                f"{figure(constant.score.judged)}, which always predicting the same gets. But its "
                f"probabilities are better: log loss {beside}. Another threshold may do, chosen "
                "on validation rows, or an "
                'objective that needs none, for example objective="val_auc".'
                f"{_weighted(manifest, answer)}",
            )
            return
        few = f", or {answer.headline.rows:,} held-out rows are too few to see it"
        yield Found(
            "S028",
            f"The winner has {of.measure} {figure(of)}, {than} "
            f"{figure(constant.score.judged)}, which always predicting the same gets: it has "
            f"learnt little{'' if worse else few}. "
            "Look at the inputs, and try higher learning rates and more epochs, for example "
            f"{_space(manifest, learning_rate='Float(1e-4, 1e-1, log=True)')}."
            f"{_weighted(manifest, answer)}",
        )
        return
    best = max(rivals(answer), key=lambda rival: rival.score.judged.rank, default=None)
    if best is None or best.against is None or fitted is None:
        return
    measure, against = best.score.measure, best.against
    half = (against.interval.high - against.interval.low) / 2
    surely = -against.lead > SURELY / Z * half
    if surely and measure == fitted.measure and fitted.train + SHORT <= best.score.value:
        yield Found(
            "S028",
            f"The winner underfits: it has {measure} {fitted.train:.3f} on its own training rows, "
            f"and {best.name} has {best.score.value:.3f} on held-out ones. Try larger networks, "
            "higher learning rates and more epochs, for example "
            f"{_space(manifest, units='Int(16, 256, log=True)')}.",
        )


def _weighs_classes(manifest: Manifest, answer: Answer) -> bool:
    fixed = manifest.plan.fixed.get(CLASS_WEIGHT, NONE)
    return answer.winner.params.get(CLASS_WEIGHT, fixed) != NONE


def _weighted(manifest: Manifest, answer: Answer) -> str:
    """That training weighted rows, which the held-out measure and its constant do not."""
    weights = "class weights" if _weighs_classes(manifest, answer) else ""
    if manifest.data.hash_of_rows:
        weights = f"{weights} and sample weights" if weights else "sample weights"
    if not weights:
        return ""
    return (
        f" It was trained with {weights}, which may be the cause: held-out rows count alike, and "
        "so they do for the constant."
    )


def _losses(answer: Answer) -> tuple[float, float] | None:
    """The winner's log loss and the constant's; None where one of them has none."""
    own = answer.headline.loss if answer.headline.kind == PROBABILITIES else None
    other = answer.constant.score.loss if answer.constant else None
    return None if own is None or other is None else (own, other)


def _learnt(answer: Answer) -> str:
    """Both, where the winner's is lower by a good part, and only its threshold hides that."""
    losses, of = _losses(answer), answer.headline.judged.measure
    if losses is None or not of.endswith(BY_THRESHOLD) or losses[0] > LEARNT * losses[1]:
        return ""
    return f"{losses[0]:.3f} against {losses[1]:.3f}"


def _off(manifest: Manifest, answer: Answer, held_out: Mapping[str, Array]) -> Iterator[Found]:
    if answer.headline.kind != PROBABILITIES or "probabilities" not in held_out:
        return
    found = mended(held_out["probabilities"], held_out["y"])
    if found is None:
        return
    apart = found.confidence - found.accuracy
    how = "too sure" if apart > 0 else "not sure enough"
    how = (
        f"so on average it is {how}"
        if abs(apart) >= APART
        else "so classes are off that make up for others"
    )
    told = (
        f"The winner's probabilities are off: its mean confidence is {share(found.confidence)} "
        f"and its accuracy {share(found.accuracy)} on held-out rows, {how}"
        f"{_beside_constant(answer)}"
    )
    second = (
        "each label" if TASKS[manifest.data.task].has_labels else f"“{manifest.data.classes[1]}”"
    )
    shifted = abs(found.shift) >= SHIFTED and _weighs_classes(manifest, answer)
    cause = " Class weights have this effect." if shifted else ""
    yield Found("S030", f"{told}. {_mending(found, second)}{cause}")


def _beside_constant(answer: Answer) -> str:
    """Where the classes' frequencies alone have the better log loss."""
    losses = _losses(answer)
    if losses is None or losses[0] <= losses[1]:
        return ""
    return f"; its log loss {losses[0]:.3f} is worse than the constant's {losses[1]:.3f}"


def _mending(found: Mended, second: str) -> str:
    if not found.gain:
        return (
            "No temperature corrects that: the order of its predictions is wrong, too. More rows "
            "or stronger regularization may."
        )
    before, after = found.loss, found.loss - found.gain
    line = f"z = np.log(p) / {found.temperature:.3g}"
    if found.shift:
        line = (
            f"p2 = 1 / (1 + np.exp(-(np.log(p2 / (1 - p2)) / {found.temperature:.3g} "
            f"{'+' if found.shift > 0 else '-'} {abs(found.shift):.3g})))"
        )
        return (
            f"That can be corrected: log loss {before:.3f} → {after:.3f} by {line}, where p2 is "
            f"the probability of {second}."
        )
    return (
        f"That can be corrected: log loss {before:.3f} → {after:.3f} by a temperature of "
        f"{found.temperature:.3g}: {line}; p = np.exp(z) / np.exp(z).sum(1, keepdims=True)."
    )


def _doubts(manifest: Manifest, answer: Answer) -> Iterator[Found]:
    doubted = answer.doubted
    if doubted is None:
        return
    names = manifest.data.classes
    shown = [
        f"{row:,} ({names[given]}, likely {names[said]})"
        for row, given, said in doubted.rows[:SHOWN]
    ]
    more = ", …" if len(doubted.rows) > SHOWN else ""
    yield Found(
        "S026",
        f"{len(doubted.rows):,} of {doubted.asked:,} validation rows are likely labelled wrongly: "
        f"all {doubted.fits} fits of the finals are sure of another class, and where they are "
        f"surest {share(doubted.surest)} of the labels contradict them. Look at rows "
        f"{', '.join(shown)}{more}, counted from 0 as they were given.",
    )
