"""Trials that are paused: which are kept, and which goes on next.

All of it follows from the store, so that a resumed run decides as an undisturbed one would have.
"""

from collections.abc import Iterator, Sequence

from search.study.trial import Curve, Pause, State, Trial
from search.tuning.curve_pruner import CurvePruner

MOST = 16
"""Paused trials that are kept; of more, those with the least chance are ended. It bounds their
states on disk, and how long it takes until each is looked at again."""
ROOM = 4_000_000_000
"""Bytes that their states may take together; the one with the best chance is kept at any size."""
LOOKED = 2
"""Of them whose chance is looked at anew for each trial that completes, in turn, while there are
new trials to suggest: a forecast takes 2 ms, and the workers wait for it."""


class PausedTrials:
    """The paused trials of a search.

    Args:
        curves: By which they were paused; None where no forecasts are made.
        trials: All of the run.
    """

    def __init__(self, curves: CurvePruner | None, trials: Sequence[Trial]) -> None:
        self._curves = curves
        self._pauses: dict[int, Pause] = {}
        gone_on = [pause for trial in trials for pause in trial.pauses if pause.went_on]
        self.turns = max((pause.turn for pause in gone_on), default=0)
        self._asked = max((pause.asked or 0 for pause in gone_on), default=0)
        for trial in trials:
            if trial.state is State.PAUSED:
                self.add(trial.number, trial.pauses[-1], trial.curve)

    def __iter__(self) -> Iterator[int]:
        return iter(sorted(self._pauses))

    def __len__(self) -> int:
        return len(self._pauses)

    def add(self, number: int, pause: Pause, curve: Curve) -> None:
        """Take a trial that is paused now."""
        self._pauses[number] = pause
        if self._curves is not None:
            self._curves.pause(number, curve)

    def has_room(self, chance: float) -> bool:
        """Whether a trial of this chance would be kept, as far as their number goes."""
        return len(self) < MOST or chance > min(pause.chance for pause in self._pauses.values())

    def too_many(self) -> list[int]:
        """Those for which there is no room: with the least chance when they were paused."""
        best_first = sorted(self._pauses, key=lambda n: (-self._pauses[n].chance, n))
        sizes, kept = 0, 0
        for number in best_first[:MOST]:
            sizes += self._pauses[number].bytes
            if kept and sizes > ROOM:
                break
            kept += 1
        return sorted(best_first[kept:])

    def next(self, asked: int, *, new_left: bool) -> int | None:
        """The trial that goes on; None where none has a chance, or it is a new one's turn.

        New trials do not wait for long: as long as there are any, one is suggested before the next
        paused one goes on. After the last of them, paused ones go on as they have a chance.

        Args:
            asked: Trials that were suggested so far.
            new_left: Whether more will be.
        """
        if self._curves is None or not self._pauses or (new_left and self._asked == asked):
            return None
        return self._curves.promising(LOOKED if new_left else MOST)

    def go_on(self, number: int, asked: int) -> int:
        """Take note that one goes on; returns which going on of the search that is, from 1."""
        self.drop(number)
        self._asked = asked
        self.turns += 1
        return self.turns

    def drop(self, number: int) -> None:
        """It is paused no longer."""
        if self._pauses.pop(number, None) and self._curves is not None:
            self._curves.go_on(number)


def in_turn(trial: Trial) -> tuple[float, int]:
    """By what trials under way are ordered as they were handed out, also those that went on."""
    gone_on = [pause for pause in trial.pauses if pause.went_on]
    if not gone_on:
        return trial.number, 0
    return (gone_on[-1].asked or 0) - 0.5, gone_on[-1].turn
