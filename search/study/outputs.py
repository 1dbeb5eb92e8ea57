"""What the numbers mean that a model gives; needs no TensorFlow."""

from dataclasses import dataclass

import numpy as np

from search.data.columns import Array
from search.study.task import TASKS

PROBABILITIES, LOGITS, SCORES, UNKNOWN = "probabilities", "logits", "scores", "unknown"
OF_LOSS = "of loss"


@dataclass(frozen=True)
class Outputs:
    """How a model's outputs are read.

    Attributes:
        kind: "probabilities"; "logits", which a sigmoid or softmax turns into probabilities;
            "scores" of a margin, such as by a hinge loss, of which the sign or the largest decides
            and which are no probabilities; or "unknown", where the loss does not tell: read like
            probabilities, with a sentence where they can be none. Numbers are `SURE`, or
            "of loss" where they are in a scale of the loss's own, such as a logarithm.
        link: "sigmoid" or "softmax", of logits; "" else.
        loss: Its name, as text.
    """

    kind: str = PROBABILITIES
    link: str = ""
    loss: str = ""

    def read(self, raw: Array, task: str) -> Array:
        """Turn outputs into what is kept and shown.

        Args:
            raw: As the model gives them, float64, shape (rows, units).
            task: Such as "binary".

        Returns:
            The probability (or, of "scores", the score) of each class, shape (rows, classes), or of
            each label, (rows, labels); or numbers, (rows, targets). Of one score for two classes,
            the second has it and the first its opposite, so that the larger one decides; scores of
            labels are brought from −1…1 to 0…1, so that 0.5 decides as it does for probabilities.
        """
        if self.kind == SCORES:
            return TASKS[task].of_scores(raw)
        if self.kind == LOGITS:
            raw = of_logits(raw, self.link)
        return TASKS[task].of_probabilities(raw)

    def kind_read(self, raw: Array, task: str) -> str:
        """What `read` gives: "probabilities", "scores", or "unknown" where it can be neither.

        Args:
            raw: As the model gives them for some rows.
            task: Such as "binary".
        """
        if self.kind == OF_LOSS:
            return OF_LOSS
        if self.kind != UNKNOWN:
            return SCORES if self.kind == SCORES else PROBABILITIES
        read = self.read(raw, task)
        return UNKNOWN if bool(((read < 0) | (read > 1)).any()) else PROBABILITIES

    def write(self, said: Array, task: str, units: int) -> Array:
        """The opposite of `read`: what such a model would give to say what another one says.

        Args:
            said: Probabilities of classes or labels, or numbers.
            task: Such as "binary".
            units: How many outputs the model has.
        """
        wanted = TASKS[task].asked(said) if units == 1 else said
        if self.kind == SCORES:
            written: Array = 2.0 * wanted - 1.0
            return written
        if self.kind != LOGITS:
            return wanted
        sure = np.clip(wanted, 1e-7, 1.0 - 1e-7)
        logits: Array = np.log(sure)
        return logits if self.link == "softmax" else logits - np.log(1.0 - sure)

    def as_probabilities(self, raw: Array, task: str) -> Array:
        """Logits and scores as numbers of 0…1, of the same shape, among which 0.5 is the middle.

        Args:
            raw: As the model gives them, shape (rows, units).
            task: Such as "binary".
        """
        if self.kind == LOGITS:
            return self.read(raw, task)[:, -raw.shape[1] :]
        if self.kind == SCORES and (raw.shape[1] == 1 or TASKS[task].has_labels):
            return np.clip((1.0 + raw) / 2.0, 0.0, 1.0)
        return raw

    def sentences(self, raw: Array, task: str) -> tuple[str, ...]:
        """What should be known of how these outputs were read.

        Args:
            raw: As the model gives them for some rows.
            task: Such as "binary".
        """
        if TASKS[task].has_numbers:
            return () if self.kind != OF_LOSS else (
                f"The model's outputs are in the scale of its loss ({self.loss}) and not in the "
                "targets' unit: this loss is not least where they equal the targets. So there is "
                "no R² and no error in the targets' unit, and the one reference model is the best "
                "constant by this loss.",)  # fmt: skip
        by = f"the loss {self.loss}" if self.loss else "its loss"
        if self.kind == LOGITS:
            return (f"The model's outputs are logits ({by}): a {self.link} makes them "
                    "probabilities, here and in search predict.",)  # fmt: skip
        if self.kind == SCORES:
            decides = _decides(raw, task)
            return (f"The model's outputs are scores of a margin and no probabilities ({by}): "
                    f"{decides}.",)  # fmt: skip
        outside = int(((raw < 0) | (raw > 1)).any(axis=1).sum())
        if outside:
            cut = not TASKS[task].classifies or raw.shape[1] == 1
            taken = "they were cut to 0…1" if cut else "the largest decides"
            return (f"For {outside:,} of {len(raw):,} held-out rows the model's outputs lie "
                    f"outside 0…1, so they are not probabilities, and {by} does not say what else "
                    f"they are: {taken}. End the model in a sigmoid or softmax, or compile it with "
                    "a Keras loss with from_logits=True.",)  # fmt: skip
        return ()


SURE = Outputs()
"""Probabilities as they come, and numbers."""


def _decides(scores: Array, task: str) -> str:
    if not TASKS[task].classifies:
        return "a label with a score above 0 is there"
    return "above 0 is the second class" if scores.shape[1] == 1 else "the largest decides"


def of_logits(raw: Array, link: str) -> Array:
    """Probabilities, of the last axis where it is "softmax" that makes them."""
    found: Array
    if link == "softmax":
        grown = np.exp(raw - raw.max(axis=-1, keepdims=True))
        found = grown / grown.sum(axis=-1, keepdims=True)
    else:
        found = 0.5 * (1.0 + np.tanh(0.5 * raw))
    return found
