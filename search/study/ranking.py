"""Which of two trials is better: by objective, then by loss, then by fewer weights."""

import math
from collections.abc import Iterable

from search.study.goal import Goal
from search.study.trial import State, Trial


def ranked(trials: Iterable[Trial], goal: Goal) -> list[Trial]:
    """Completed trials, best first; one without a finite value never stands among them.

    Circles reach accuracy 1.0 soon and most trials tie, so the loss on validation decides next.

    Args:
        trials: In any order and state.
        goal: What they are compared by.
    """
    sign = -1.0 if goal.direction == "maximize" else 1.0

    def key(trial: Trial) -> tuple[float, float, int, int]:
        losses = trial.curve.get("val_loss")
        # A trial that was taken from elsewhere may come without the curve of its value.
        place = goal.place(trial.curve) if goal.objective in trial.curve else -1
        loss = losses[place] if losses else math.inf
        return sign * (trial.value or 0.0), loss, trial.weights, trial.number

    sound = (
        trial
        for trial in trials
        if trial.state is State.COMPLETE and trial.value is not None and math.isfinite(trial.value)
    )
    return sorted(sound, key=key)
