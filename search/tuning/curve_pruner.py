"""Gives trials up that a forecast of their curve lets not hope for a place among the best."""

import math

from search.study.study import Study
from search.study.trial import Curve, Forecast, State, epochs_in, seed_of
from search.tuning.curve_forecast import Ending, Followed, forecast

LEAST_CHANCE = 0.12
"""Of a place among the best. A trial is given up where its chance is below this, times the fraction
of its epochs that are left: there is ever less to be spared."""
START_UP = 6
"""Trials that are trained to their end before any is given up."""
FEWEST = 5
"""Of them that went on beyond an epoch, for a forecast from there."""
BEYOND = 0.05
"""Probability on each side of the interval that is told."""


class CurvePruner:
    """Knows the curves that ended, and forecasts those under way.

    What it says follows from these, from the study and from the trial's own curve, whatever the
    order in which it learnt them: a resumed run decides as an undisturbed one would have.

    Args:
        study: What is searched.
    """

    def __init__(self, study: Study) -> None:
        self._study, self._goal = study, study.goal
        self._sign = 1.0 if study.goal.direction == "maximize" else -1.0
        self._ended = 0
        self._known: dict[int, Followed] = {}
        self._paused: dict[int, Curve] = {}
        self._endings: dict[int, tuple[int, Ending | None]] = {}

    def learn(self, number: int, state: State, curve: Curve, *, taken: bool = False) -> None:
        """Take note of a trial that ended.

        Args:
            number: Of the trial.
            state: How it ended.
            curve: All its epochs; what goes beyond those of this study is left out.
            taken: Whether it is of another run. Where that had fewer epochs and all counted, it
                says nothing of how trials end here.
        """
        if state in {State.COMPLETE, State.PRUNED}:
            self._ended += 1
        if state is not State.COMPLETE or self._goal.objective not in curve:
            return
        followed = self._followed(curve)
        short = len(followed.values) < self._study.budget.epochs
        if followed.finite and not (taken and short and self._goal.patience is None):
            self._known[number] = followed

    def given_up(self, number: int, curve: Curve) -> Forecast | None:
        """By what forecast a trial is given up; None where it goes on.

        Args:
            number: Of the trial.
            curve: Its epochs so far.
        """
        bar, ending = self._bar(self._ended + len(self._paused) + 1), self.ending(curve)
        if bar is None or ending is None or (chance := ending.chance(bar)) >= self.least(curve):
            return None
        middle = self._sign * ending.quantile(0.5)
        low, high = sorted(self._sign * ending.quantile(share) for share in (BEYOND, 1 - BEYOND))
        audited = seed_of(self._study.seed, "audit", number) < self._study.audit * 2**31
        return Forecast(
            epochs_in(curve), middle, low, high, self._sign * bar, chance, audited=audited
        )

    def least(self, curve: Curve) -> float:
        """Chance of a place among the best below which a trial with this curve is given up."""
        return LEAST_CHANCE * max(0.0, 1 - epochs_in(curve) / self._study.budget.epochs)

    def pause(self, number: int, curve: Curve) -> None:
        """Take note of a trial that is paused with this curve: it counts as one that ended."""
        self._paused[number] = curve
        self._endings.pop(number, None)

    def go_on(self, number: int) -> None:
        """Take note that a trial is paused no longer."""
        self._paused.pop(number, None)
        self._endings.pop(number, None)

    def promising(self, most: int) -> int | None:
        """The paused trial with the best chance to be among the best; None where none has enough.

        Args:
            most: How many of them are looked at, others with each trial that completes.
        """
        bar = self._bar(self._ended + len(self._paused))
        if bar is None or not self._paused:
            return None
        chances = {}
        numbers = sorted(self._paused)
        turn = len(self._known) % math.ceil(len(numbers) / most) * most
        for number in numbers[turn : turn + most]:
            ending = self._ending_of(number)
            enough = self.least(self._paused[number])
            if ending is not None and (chance := ending.chance(bar)) >= enough:
                chances[number] = chance
        return max(chances, key=lambda number: (chances[number], -number), default=None)

    def _ending_of(self, number: int) -> Ending | None:
        """Of a paused trial: forecast anew where another trial has completed since."""
        at, ending = self._endings.get(number, (-1, None))
        if at != len(self._known):
            at, ending = len(self._known), self.ending(self._paused[number])
            self._endings[number] = at, ending
        return ending

    def ending(self, curve: Curve) -> Ending | None:
        """Where a trial ends, the larger the better; None where too little is known."""
        own = self._followed(curve)
        epochs = len(own.values)
        ended = [self._known[number] for number in sorted(self._known)]
        others = [other for other in ended if len(other.values) > epochs]
        if len(ended) < START_UP or len(others) < FEWEST or not own.finite:
            return None
        return forecast(own, others)

    def _bar(self, ended: int) -> float | None:
        """What it takes to be among the best in the end, the larger the better; None too early.

        Of as many trials as have ended yet, the finals' share: of the first fifth of a budget one
        of the best five is expected.

        Args:
            ended: Trials that have, with the one that is judged.
        """
        top, _ = self._study.finals.room(self._study.budget.trials)
        if len(self._known) < max(START_UP, top):
            return None
        ends = sorted((float(known.values[-1]) for known in self._known.values()), reverse=True)
        share = min(1.0, ended / self._study.budget.trials)
        return ends[math.ceil(top * share) - 1]

    def _followed(self, curve: Curve) -> Followed:
        patient = self._goal.patience is not None
        values = curve[self._goal.objective][: self._study.budget.epochs]
        return Followed.of(values, self._sign, patient=patient)
