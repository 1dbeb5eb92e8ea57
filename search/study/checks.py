"""What a run is checked for: each check has a code, by which it is looked up and muted."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Severity = Literal["problem", "caution", "tip"]
PROBLEM: Severity = "problem"
CAUTION: Severity = "caution"
TIP: Severity = "tip"
SEVERITIES = (PROBLEM, CAUTION, TIP)
"""The gravest first: figures mislead; trust them less; the next run can be better."""


def begun(text: str) -> str:
    """A text as a sentence begins; names such as `y['kind']` stay as they are written."""
    is_word = re.match(r"([a-z][a-z-]+|a)[,:]?( |$)", text)
    return f"{text[:1].upper()}{text[1:]}" if is_word else text


@dataclass(frozen=True)
class Check:
    """What is looked for, and why.

    Attributes:
        code: Such as "S006".
        severity: "problem", "caution" or "tip".
        title: In a few words.
        detects: How it is found.
        matters: Why it matters.
    """

    code: str
    severity: Severity
    title: str
    detects: str
    matters: str


@dataclass(frozen=True)
class Found:
    """What a check has found.

    Attributes:
        code: Of the check.
        text: What was found, with figures, and what to do.
    """

    code: str
    text: str

    @property
    def check(self) -> Check:
        """Which check this is of."""
        return CHECKS[self.code]

    @property
    def sentence(self) -> str:
        """The text as a sentence of its own."""
        return f"{begun(self.text.removesuffix('.'))}."

    def __str__(self) -> str:
        return f"{self.code}: {self.text}"


def by_gravity(found: Iterable[Found]) -> list[Found]:
    """Problems first, then cautions."""
    return sorted(found, key=lambda one: SEVERITIES.index(one.check.severity))


CHECKS = {
    check.code: check
    for check in (
        Check(
            "S001", PROBLEM, "A column gives the answer away",
            "A column alone, by a model of it, predicts the target of validation rows almost "
            "perfectly, or is filled for one class alone.",
            "Such a column is often known only after the answer: on new rows the model fails.",
        ),
        Check(
            "S002", PROBLEM, "Held-out rows are among the training rows",
            "Rows of a table that are equal in every column and target stand in both parts.",
            "A model that remembers rows looks better on them than it is.",
        ),
        Check(
            "S003", CAUTION, "The search ended early",
            "Fewer trials than the budget ended, and the run knows why.",
            "The best of fewer trials is likely worse, unless the space was used up.",
        ),
        Check(
            "S004", PROBLEM, "The data changed during the run",
            "The rows' hash differs between two sessions of the run.",
            "Trials scored on different rows are not comparable.",
        ),
        Check(
            "S005", CAUTION, "Many trials failed",
            "More than a fifth of the run's own trials failed.",
            "Failed trials teach the sampler nothing, and may hide a part of the space.",
        ),
        Check(
            "S006", CAUTION, "Validation promised more than held-out data gave",
            "The search's best validation score is better than the held-out score by three "
            "standard errors of both.",
            "The best of many noisy scores is too good by selection.",
        ),
        Check(
            "S007", PROBLEM, "Accuracy is misleading for these classes",
            "One class is at least three quarters of the held-out rows, and the winner avoids less "
            "than half of the errors of always predicting it.",
            "A model that never finds the rare classes has a high accuracy, too.",
        ),
        Check(
            "S008", CAUTION, "One target makes most of the loss",
            "At least 80 % of the loss of predicting each target's mean comes from one target.",
            "Training and the comparison of trials hardly see the other targets.",
        ),
        Check(
            "S009", TIP, "Too few held-out rows for the lead",
            "The winner leads the best reference model, and the paired 95 % interval of the lead "
            "holds 0. The rows that it names are for a power of 80 %.",
            "The lead may be chance.",
        ),
        Check(
            "S010", CAUTION, "Trainings of the finals failed",
            "A finalist failed on at least one of its fresh seeds.",
            "It may fail again when it is trained anew.",
        ),
        Check(
            "S011", CAUTION, "Seeds matter more than hyperparameters",
            "Scores of one configuration vary more between its fits (median standard deviation) "
            "than the finalists' means, and more than the validation rows' own error.",
            "Which finalist is best is then partly luck.",
        ),
        Check(
            "S012", TIP, "The best value is at the end of its range",
            "The winner's value lies in the outer 5 % of the range, on its scale, or is the "
            "largest or smallest of three or more options that are all numbers.",
            "The best may lie beyond.",
        ),
        Check(
            "S013", PROBLEM, "Losses of different kinds are compared",
            "A hyperparameter changes the loss, and trials are compared by the loss.",
            "A smaller loss of another kind does not mean a better model.",
        ),
        Check(
            "S014", TIP, "The search was still improving",
            "The last fifth of at least 20 completed trials raised the best value by a fifth of "
            "the way from the median trial to the best, and by more than chance.",
            "More trials are likely to find better ones.",
        ),
        Check(
            "S015", TIP, "Training was still improving",
            "Most of the best trials that ran all epochs gained in the last fifth of them, and "
            "were not better before.",
            "More epochs are likely to give better models.",
        ),
        Check(
            "S016", TIP, "Patience is short",
            "Most of the best trials that were stopped early were still improving, or most trials "
            "were stopped in the first half of their epochs.",
            "A short plateau then ends trainings that would go on to improve.",
        ),
        Check(
            "S017", TIP, "The best epoch is not the last",
            "Without patience, most of the best trials are worse in their last fifth than before.",
            "The last epoch is used although an earlier one was better: overfitting.",
        ),
        Check(
            "S018", TIP, "Configurations were repeated",
            "More than 5 % of the trials tried a configuration a second time.",
            "They tell nothing new of the space.",
        ),
        Check(
            "S019", TIP, "A hyperparameter has no visible effect",
            "It explains less variance than random numbers do, and the best trials lie all over "
            "its range.",
            "Trials are spent on it that others need.",
        ),
        Check(
            "S020", TIP, "Many trials tie on validation",
            "More than a tenth of the trials reach exactly the best accuracy.",
            "So few validation rows cannot tell them apart.",
        ),
        Check(
            "S021", CAUTION, "The held-out rows were evaluated before",
            "Each run that is compared has scored its winner on them, or this run has done so four "
            "times or more.",
            "The best of several held-out scores is too good by selection.",
        ),
        Check(
            "S022", CAUTION, "Training and held-out rows differ",
            "Of parts that are given, cut by time, in order or by groups, a forest of trees tells "
            "rows apart: by cross-validation the ROC AUC is 0.6 or more, and 3.3 standard errors "
            "above 0.5.",
            "What was learnt of one kind of rows is judged by another: the score says little of "
            "either.",
        ),
        Check(
            "S023", PROBLEM, "Held-out rows are all but equal to training rows",
            "Of at least 1 % of the held-out rows the nearest training row is nearer than the "
            "fifth nearest by a factor that rows at random have once in 10,000; where whole "
            "numbers and categories make rows alike by themselves, nothing is said.",
            "A model that remembers rows looks better on them than it is.",
        ),
        Check(
            "S024", CAUTION, "Rows of one group are in several parts",
            "Rows were drawn at random, and a column of whole numbers or categories that repeat "
            "explains 10 % or more of the target's variance beyond a smooth dependence, and is "
            "called like an identifier or has rows that are alike in other columns, too.",
            "A model then recognises whose row it is; of a new patient or customer it knows less.",
        ),
        Check(
            "S025", CAUTION, "Models train on newer rows than they are judged by",
            "Rows were drawn at random, and in the order of a column of dates the targets of "
            "neighbouring rows correlate by 0.2 or more, and 4.5 standard errors.",
            "Who predicts what comes has no rows of the time around it, and does worse.",
        ),
        Check(
            "S026", CAUTION, "Labels are likely wrong",
            "All fits of the finals agree on another class for validation rows, and are sure of it "
            "beyond what classes' frequencies explain; and where they are surest they err more "
            "often than classes bring about that overlap.",
            "Wrong labels teach what is wrong, and make good models look worse.",
        ),
        Check(
            "S027", CAUTION, "The winner overfits",
            "In the epoch that counts, its accuracy or R² on training rows is above that on "
            "validation rows by 0.1 or more, and by four standard errors.",
            "It has learnt rows by heart; with less of that it may do better on new ones.",
        ),
        Check(
            "S028", CAUTION, "The winner underfits",
            "It is not clearly better than always predicting the same; or a reference model is "
            "better by three standard errors, and the winner's accuracy or R² on training rows is "
            "0.05 below that model's on held-out rows.",
            "It has not learnt what there is to be learnt.",
        ),
        Check(
            "S029", CAUTION, "A class is too rare to be judged",
            "It has fewer than 10 held-out rows, and less than half of an even share.",
            "Whether it is found is then known to about ±30 points alone.",
        ),
        Check(
            "S030", CAUTION, "Probabilities are off",
            "A temperature, of two classes also a shift, found on other held-out rows lowers "
            "their log loss by 0.02 or more, and by four standard errors; or mean confidence and "
            "accuracy differ by 0.05 or more, and four standard errors.",
            "Decisions by a probability, such as a cost or a threshold, go wrong.",
        ),
        Check(
            "S031", TIP, "Columns are of no use",
            "They hold one value or none, or another one in nearly every row.",
            "Often a column was read wrongly that is meant to tell something.",
        ),
        Check(
            "S032", PROBLEM, "The target is made of columns",
            "A weighted sum, or a product, of columns gives the target of other training rows "
            "with an R² of 0.9999 or more, and no column does alone.",
            "There is nothing to be learnt; often a column is known only after the answer.",
        ),
    )
}  # fmt: skip
"""Code → check."""
FIRST, *_, LAST = CHECKS

NO_CHECK = ("there is no such check", f"give {FIRST} to {LAST}")
"""What is wrong with a code of none, and the fix."""
