"""What forecasts of curves spared a search, and how often they were wrong where that was tried."""

from collections.abc import Container, Sequence
from dataclasses import dataclass

import numpy as np

from search.report.tables import HtmlTable
from search.report.wording import counted, in_units, on_validation
from search.store.manifest import Manifest, Plan
from search.study.plain_text import percent
from search.study.ranking import ranked
from search.study.trial import Forecast, State, Trial


@dataclass(frozen=True)
class Audit:
    """A trial that a forecast gave up, trained to its end nevertheless.

    Attributes:
        number: Of the trial.
        forecast: By which it was given up.
        value: That it reached.
        enough: Whether that is what it took, when it was given up, to be among the best.
        among_best: Whether that is among the best of the search.
    """

    number: int
    forecast: Forecast
    value: float
    enough: bool
    among_best: bool

    @property
    def held(self) -> bool:
        """Whether the interval of 90 % held it."""
        return self.forecast.low <= self.value <= self.forecast.high


@dataclass(frozen=True)
class Pauses:
    """What became of the trials that were paused and not ended.

    Attributes:
        trials: That were paused, each once.
        went_on: Those of them that went on later.
        completed: Those of these that were trained to their end.
        among_best: Those of these that are among the best.
        now: Trials that are paused still.
        bytes: Of the states of these in the run folder.
        largest: Bytes of the largest state that was kept of any.
    """

    trials: int
    went_on: int
    completed: int
    among_best: int
    now: int
    bytes: int
    largest: int

    @classmethod
    def of(cls, trials: Sequence[Trial], best: Container[int]) -> "Pauses | None":
        """None where none was paused.

        Args:
            trials: Of the run.
            best: Numbers of those that are among the best.
        """
        paused = [trial for trial in trials if trial.pauses]
        if not paused:
            return None
        gone_on = [trial for trial in paused if trial.pauses[0].went_on]
        ended = [trial for trial in gone_on if trial.state is State.COMPLETE]
        now = [trial for trial in paused if trial.state is State.PAUSED]
        return cls(
            len(paused),
            len(gone_on),
            len(ended),
            sum(trial.number in best for trial in ended),
            len(now),
            sum(trial.pauses[-1].bytes for trial in now),
            max(pause.bytes for trial in paused for pause in trial.pauses),
        )

    def told(self, top: int) -> str:
        """In sentences.

        Args:
            top: How many are the best.
        """
        one = self.trials == 1
        what = counted(self.trials, "trial")
        said = f"{what} that they gave up {'was' if one else 'were'} paused first; "
        if self.went_on:
            best = f", of which {self.among_best or 'none'} came among the best {top}"
            said += (
                f"{self.went_on} went on when a later forecast had hope again: "
                f"{self.completed or 'none'} to the end{best if self.completed else ''}."
            )
        else:
            said += "it did not go on" if one else "none went on"
            said += ", since no later forecast had hope again."
        said += f" A trial's state took up to {_size(self.largest)}."
        if self.now:
            said += (
                f" {self.now} {'is' if self.now == 1 else 'are'} paused now, which takes "
                f"{_size(self.bytes)} of the run folder until the search ends."
            )
        return said


@dataclass(frozen=True)
class Forecasts:
    """What forecasts did in a search.

    Attributes:
        stopped: Trials that they ended.
        after: Epochs that these had, in the median.
        spared: Epochs that these would have had besides; with patience as many as a trial had that
            was trained to its end, in the mean.
        epochs: That were trained, of all trials.
        seconds: That the spared ones would have taken, at the pace of trials that were trained to
            their end.
        audits: Of those that were trained to their end.
        pauses: Of those that were paused; None for none.
        could_pause: Whether the study asked for pauses.
    """

    stopped: int
    after: float
    spared: float
    epochs: int
    seconds: float
    audits: tuple[Audit, ...]
    pauses: Pauses | None
    could_pause: bool

    @classmethod
    def of(cls, trials: Sequence[Trial], plan: Plan) -> "Forecasts | None":
        """Of the trials that have ended; None where no forecast gave one up.

        What was taken from another run counts among the best alone.
        """
        best = _best(trials, plan)
        trials = [trial for trial in trials if not trial.taken]
        given_up = [(t, t.forecast) for t in trials if t.forecast is not None]
        if not given_up:
            return None
        stopped = [
            t
            for t, by in given_up
            if t.state is State.PRUNED
            and not by.audited
            and not (t.pauses and t.pauses[-1].went_on)  # else something else has ended it
        ]
        whole = [t.epochs for t in trials if t.state is State.COMPLETE and t.epochs]
        full = plan.epochs if plan.patience is None else float(np.mean(whole or [plan.epochs]))
        left = [max(0.0, full - t.epochs) for t in stopped]
        return cls(
            len(stopped),
            float(np.median([t.epochs for t in stopped])) if stopped else 0.0,
            sum(left),
            sum(t.epochs for t in trials),
            sum(left) * _seconds_an_epoch(trials),
            tuple(_audits(trials, plan, best)),
            Pauses.of(trials, best),
            plan.resume_paused,
        )

    @property
    def wrong(self) -> int:
        """How many of the audited came among the best."""
        return sum(audit.among_best for audit in self.audits)

    @property
    def enough(self) -> int:
        """How many of them reached what it took at the time."""
        return sum(audit.enough for audit in self.audits)

    @property
    def held(self) -> int:
        """In how many of them the interval held."""
        return sum(audit.held for audit in self.audits)

    def told(self, top: int) -> list[str]:
        """In sentences.

        Args:
            top: How many are the best.
        """
        said = []
        if self.stopped:
            share = self.spared / (self.spared + self.epochs)
            said.append(
                f"Forecasts of their curves ended {counted(self.stopped, 'trial')}, after "
                f"{self.after:g} epochs in the median, which spared {self.spared:,.0f} epochs "
                f"({percent(share)} of all) or {self.seconds:,.1f} seconds of training."
            )
        if self.pauses is not None:
            said.append(self.pauses.told(top))
        elif self.could_pause and self.stopped:
            said.append(
                "None of them was paused, since these models cannot be left and taken up again: a "
                "training is one call of a `fit` of their own."
            )
        if self.audits:
            said.append(
                f"To see how often they are wrong, {counted(len(self.audits), 'trial')} that they "
                f"had given up went on to the end: {self.wrong or 'none'} came among the best "
                f"{top}, and the 90 % interval held the value of {self.held or 'none'}. What it "
                f"took at the time was reached by {self.enough or 'none'}; their chances add up to "
                f"{sum(audit.forecast.chance for audit in self.audits):.1f}."
            )
        return said

    def table(self, manifest: Manifest) -> HtmlTable:
        """The audited trials."""
        objective = manifest.plan.objective
        header = ("trial", "given up after epoch", "forecast", "90 % interval", "needed", "reached")
        rows = []
        for audit in self.audits:
            by = audit.forecast
            values = (by.middle, by.low, by.high, by.bar, audit.value)
            middle, low, high, bar, value = (on_validation(each, objective) for each in values)
            interval = f"{low} to {high}"
            rows.append((str(audit.number), str(by.epoch), middle, interval, bar, value))
        caption = f"Forecasts of {objective} that were audited{in_units(manifest)}"
        return HtmlTable(caption, header, rows, frozenset(range(6)))


def _seconds_an_epoch(trials: Sequence[Trial]) -> float:
    """Of those that were trained to their end, in the median; of all where none was.

    Not of each stopped trial's own few epochs, on which the building of its model weighs most.
    """
    ended = [t for t in trials if t.state is State.COMPLETE and t.epochs and t.seconds]
    timed = ended or [t for t in trials if t.epochs and t.seconds]
    return float(np.median([t.seconds_in_all / t.epochs for t in timed])) if timed else 0.0


def _audits(trials: Sequence[Trial], plan: Plan, best: Container[int]) -> list[Audit]:
    return [
        Audit(
            trial.number,
            trial.forecast,
            trial.value,
            not plan.goal.better(trial.forecast.bar, trial.value),
            trial.number in best,
        )
        for trial in trials
        if trial.state is State.COMPLETE and trial.value is not None
        if trial.forecast is not None and trial.forecast.audited
    ]


def _best(trials: Sequence[Trial], plan: Plan) -> set[int]:
    return {trial.number for trial in ranked(trials, plan.goal)[: plan.finals[0]]}


def _size(count: int) -> str:
    return f"{count / 1e6:,.1f} MB" if count >= 1e6 else f"{count / 1e3:,.0f} kB"
