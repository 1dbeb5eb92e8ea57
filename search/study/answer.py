"""What the finals found: the values from which verdict and page are made."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import fmean

from search.study.output_forms import OutputForm
from search.study.outputs import OF_LOSS, PROBABILITIES
from search.study.parameters import Value
from search.study.trial import UNKNOWN_ENGINE, Curve, EngineChoice

ROW, GROUP, WINDOWS = "row", "group", "blocks of windows"
"""What is drawn anew, and by what two models are compared: the last two where rows of one group, or
neighbouring windows of a series, depend on each other."""
R2_OF, MAE_OF = "R² of ", "MAE of "
"""What `Score.others` calls each target's own."""


@dataclass(frozen=True)
class Interval:
    """A range that holds the true value in 95 of 100 such samples."""

    low: float
    high: float

    @classmethod
    def around(cls, value: float, half: float) -> "Interval":
        """As far to both sides."""
        return cls(float(value - half), float(value + half))


@dataclass(frozen=True)
class Measured:
    """One measure of one model on rows.

    Attributes:
        measure: What it is called, such as "ROC AUC".
        value: None where it is not finite.
        interval: A 95 % interval; None where it has none.
        maximize: Whether more is better.
        share: Whether it is shown with three digits.
        unit: In which it is, where that is not plain.
        no_interval: Why there is no interval; empty where there is one, or where it is unknown.
        own: Whether the model measured it itself, by its own metric or loss.
    """

    measure: str
    value: float | None
    interval: Interval | None
    maximize: bool = True
    share: bool = True
    unit: str = ""
    no_interval: str = ""
    own: bool = False

    @property
    def rank(self) -> float:
        """More is better."""
        if self.value is None:
            return -math.inf
        return self.value if self.maximize else -self.value


@dataclass(frozen=True)
class Paired:
    """How the winner does beside another model on the same rows, in the objective.

    Attributes:
        lead: By how much the winner is better; negative where it is worse.
        interval: A 95 % interval of it.
        told: "ahead" or "behind" where the interval leaves out 0, else "level".
        rows: Held-out rows, or groups of them, of which 4 in 5 such tests would show the lead,
            were it as large as it looks; None where there is no lead.
        by: What was drawn anew: `ROW`, `GROUP` or `WINDOWS`.
    """

    lead: float
    interval: Interval
    told: str
    rows: float | None = None
    by: str = ROW

    @property
    def how(self) -> str:
        """By what the two were compared."""
        return f"paired by {self.by}"


@dataclass(frozen=True)
class Fit:
    """One training of one configuration on one seed and split.

    Attributes:
        seed: Of weights and row order; no other fit of its configuration has it.
        curve: Measure → value after each epoch.
        value: The objective on validation after the epoch that counts; None where it failed.
        loss: The loss on validation then; None where it failed, or where the model's own steps
            return none.
        reason: Why it failed; empty where it did not.
        split: Which of the fresh splits it was trained and validated on, from 1; 0 for the search's
            own.
        engine: Which trained it.
        learnt: Accuracy, or R² of numbers, of the model as it ended on rows that trained it; None
            where that was not measured. Its curve has what it was while it learnt, with dropout.
    """

    seed: int
    curve: Curve
    value: float | None
    loss: float | None
    reason: str = ""
    split: int = 0
    engine: EngineChoice = UNKNOWN_ENGINE
    learnt: float | None = None


@dataclass(frozen=True)
class Score:
    """How one trained model did on the held-out rows.

    Attributes:
        rows: Rows it was asked about.
        value: Of the measure; more is better.
        interval: A 95 % interval of it: Wilson's for an accuracy, else by bootstrap over rows.
        loss: Mean cross-entropy, of scores the hinge loss, or mean squared error; None where the
            model gives no finite one.
        matrix: Of classes: counts, one line a true class, one column a predicted class.
        measure: "accuracy" of classes, "micro F1" of labels, "R²" of numbers.
        others: What else is reported of it, by name, such as "MAE".
        goal: The objective on these rows; None where `value` is it.
        kind: What the model gives, as by `Outputs.kind_read`.
        groups: Of which the rows are, where those of one depend on each other; 0 for none.
    """

    rows: int
    value: float
    interval: Interval
    loss: float | None
    matrix: tuple[tuple[int, ...], ...] = ()
    measure: str = "accuracy"
    others: Mapping[str, float] = field(default_factory=dict)
    goal: Measured | None = None
    kind: str = PROBABILITIES
    groups: int = 0

    @property
    def of_targets(self) -> Mapping[str, tuple[float, float]]:
        """Of several numbers each one's R² and MAE in its own unit, by name."""
        names = [n.removeprefix(R2_OF) for n in self.others if n.startswith(R2_OF)]
        return {n: (self.others[R2_OF + n], self.others[MAE_OF + n]) for n in names}

    @property
    def has_plain(self) -> bool:
        """Whether accuracy, micro F1 or R² stands beside the objective."""
        beside = self.goal is not None and self.goal.measure != self.measure
        return beside and self.kind != OF_LOSS

    @property
    def judged(self) -> Measured:
        """What the model is judged by: the objective."""
        return self.goal or Measured(self.measure, self.value, self.interval)


@dataclass(frozen=True)
class Finalist:
    """One of the best configurations, trained again on fresh seeds.

    Attributes:
        number: Of its trial.
        params: Parameter → value.
        weights: How many numbers its model learns.
        search_value: The objective that the search saw.
        fits: One a seed on each split.
        mean: Mean objective on validation over splits, of the mean over seeds on each; None where
            all fits failed.
        tied: Whether validation cannot distinguish it from the winner (paired bootstrap over
            rows); None where the objective cannot be resampled, so that this was not tested.
    """

    number: int
    params: Mapping[str, Value]
    weights: int
    search_value: float
    fits: tuple[Fit, ...]
    mean: float | None
    tied: bool | None

    @property
    def rank(self) -> float:
        """Its mean without the digits that rounding alone may differ in; NaN without one."""
        return math.nan if self.mean is None else float(f"{self.mean:.9g}")

    @property
    def mean_loss(self) -> float:
        """Over its sound fits, rounded likewise; infinite without one."""
        losses = [fit.loss for fit in self.fits if fit.loss is not None]
        return float(f"{fmean(losses):.9g}") if losses else math.inf


@dataclass(frozen=True)
class RateCurve:
    """Loss while the learning rate grows by epoch, on several seeds.

    Attributes:
        of: Whose architecture it is: "winner" or a baseline's name.
        rates: The rate of each epoch, growing.
        losses: A row a seed, the training loss after each epoch; None where it was not finite.
        lowest: The rate of the lowest loss, median over seeds; None where no seed has one.
        suggested: The rate to train with, median over seeds; None where no loss falls.
    """

    of: str
    rates: tuple[float, ...]
    losses: tuple[tuple[float | None, ...], ...]
    lowest: float | None
    suggested: float | None


@dataclass(frozen=True)
class BaselineResult:
    """What came of a baseline.

    Attributes:
        name: As in the space file.
        note: What others reported of it.
        params: Its values by name.
        epochs: Passes it was given.
        weights: How many numbers its model learns.
        fits: One a seed.
        scores: On held-out, one for each fit that did not fail.
        rate_curve: Where it asked for one.
        shown: The seed of its fit of median validation, of which pictures and tables are; None
            where no fit was scored.
        headline: How that fit did on held-out.
        against: The winner beside its typical fit; None where they could not be compared.
    """

    name: str
    note: str
    params: Mapping[str, Value]
    epochs: int
    weights: int
    fits: tuple[Fit, ...]
    scores: tuple[Score, ...]
    rate_curve: RateCurve | None = None
    shown: int | None = None
    headline: Score | None = None
    against: Paired | None = None

    @property
    def typical(self) -> int | None:
        """Which of its scores is the median in the objective, of two the worse."""
        order = sorted(range(len(self.scores)), key=lambda i: self.scores[i].judged.rank)
        return order[(len(order) - 1) // 2] if order else None


CONSTANT = "constant"
"""The reference model that says the same of each row."""


@dataclass(frozen=True)
class Yardstick:
    """A plain model of scikit-learn that any network should beat.

    Attributes:
        name: "constant" (frequencies of classes, the mean or median, or what is best by the model's
            own loss) or "linear model" (logistic or
            ridge regression).
        score: On held-out.
        against: The winner beside it; None where they could not be compared.
        below_0: Whether it predicts numbers below 0, where none is among the targets.
    """

    name: str
    score: Score
    against: Paired | None = None
    below_0: bool = False


@dataclass(frozen=True)
class Doubted:
    """Labels of validation rows that are likely wrong.

    Attributes:
        asked: Validation rows.
        fits: Of the finals, that all say otherwise.
        surest: Of the half of the rows of which they are surest, the part that is doubted.
        rows: Of each its place as it was given, from 0, its class and the one that the fits say;
            the surest first.
    """

    asked: int
    fits: int
    surest: float
    rows: tuple[tuple[int, int, int], ...]


@dataclass(frozen=True)
class Answer:
    """What the finals found.

    Attributes:
        finalists: The best configurations, the winner first, then by validation.
        chosen: The winner's fit of median validation: it is scored, exported and shown, unless
            `refit` is.
        scores: Of the winner on held-out, one for each of its fits that did not fail; where it was
            trained once more, of that model alone.
        headline: The score of the model that is shown.
        yardsticks: Constant and linear model.
        baselines: In the order of the space file.
        rate_curve: Of the winner's architecture.
        look: Which look at the held-out rows this was, counted from 1.
        no_model: Why there is no Keras file of the shown model; empty where there is one.
        notes: What should be known of what the shown model's outputs mean.
        refit: The winner trained once more, on training and validation rows together, for as many
            epochs as counted in `chosen`: its curve is of training alone, and without a `reason` it
            is what is scored, exported and shown. None where this was not asked for.
        promise: What the search saw of the winner's configuration on validation, in the unit of
            `headline.judged`; None where the two cannot be compared.
        renewed: The same of the mean of its fresh fits.
        loss_parts: Of several targets that a model of your own learns as they are: of the loss of a
            model that says each one's mean, the part that each makes; empty where not known.
        columns: What became of each raw column before the shown model saw it, in pairs, where that
            is not as in the search: its last fit learnt it anew.
        measures: Of a "custom" task, all that the shown model measures of the held-out rows, by
            the names that Keras gives; empty where that is the objective alone.
        outputs: Of a "custom" task, the outputs of which it is known what they say.
        doubted: Labels of validation rows that all fits of the finals contradict; None where these
            are no more than to be expected.
        fitted: What to know of how the yardsticks were fitted, as sentences.
    """

    finalists: tuple[Finalist, ...]
    chosen: Fit
    scores: tuple[Score, ...]
    headline: Score
    yardsticks: tuple[Yardstick, ...]
    baselines: tuple[BaselineResult, ...] = ()
    rate_curve: RateCurve | None = None
    look: int = 1
    no_model: str = ""
    notes: tuple[str, ...] = field(default=())
    refit: Fit | None = None
    promise: float | None = None
    renewed: float | None = None
    loss_parts: tuple[float, ...] = ()
    columns: tuple[tuple[str, str], ...] = ()
    measures: tuple[Measured, ...] = ()
    outputs: tuple[OutputForm, ...] = ()
    doubted: Doubted | None = None
    fitted: tuple[str, ...] = ()

    @property
    def last(self) -> Fit | None:
        """The winner's last fit on all rows but those held out, where that is what is shown."""
        return self.refit if self.refit is not None and not self.refit.reason else None

    @property
    def constant(self) -> Yardstick | None:
        """What predicts the same for each row."""
        return next((one for one in self.yardsticks if one.name == CONSTANT), None)

    @property
    def winner(self) -> Finalist:
        """The configuration with the best mean validation."""
        return self.finalists[0]
