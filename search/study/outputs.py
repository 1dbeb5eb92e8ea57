"""What the numbers mean that a model gives; needs no TensorFlow."""

from dataclasses import dataclass

import numpy as np

from search.study.data.columns import Array
from search.study.task import BINARY, MULTILABEL, REGRESSION

PROBABILITIES, LOGITS, SCORES, UNKNOWN = "probabilities", "logits", "scores", "unknown"


@dataclass(frozen=True)
class Outputs:
    """How a model's outputs are read.

    Attributes:
        kind: "probabilities"; "logits", which a sigmoid or softmax turns into probabilities;
            "scores" of a margin, such as by a hinge loss, of which the sign or the largest decides
            and which are no probabilities; or "unknown", where the loss does not tell: cut to 0…1
            like probabilities, with a sentence. Of numbers, this says nothing.
        link: "sigmoid" or "softmax", of logits; "" else.
        loss: Its name, for people.
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
            each label, (rows, labels); or numbers, (rows, targets). Of one output for two classes,
            class 1 has its score and class 0 a score of 0, so that the larger one decides.
        """
        if task == REGRESSION.name:
            return raw
        if self.kind == SCORES:
            return np.hstack([np.zeros_like(raw), raw]) if raw.shape[1] == 1 else raw
        if self.kind == LOGITS:
            raw = _softmax(raw) if self.link == "softmax" else _sigmoid(raw)
        if task == MULTILABEL.name:
            return np.clip(raw, 0.0, 1.0)
        if task == BINARY.name and raw.shape[1] == 1:
            one = np.clip(raw, 0.0, 1.0)
            return np.hstack([1.0 - one, one])
        return raw

    def sentences(self, raw: Array, task: str) -> tuple[str, ...]:
        """What should be known of how these outputs were read.

        Args:
            raw: As the model gives them for some rows.
            task: Such as "binary".
        """
        if task == REGRESSION.name:
            return ()
        by = f"the loss {self.loss}" if self.loss else "its loss"
        if self.kind == LOGITS:
            return (f"The model's outputs are logits ({by}): a {self.link} makes them "
                    "probabilities, here and in search predict.",)  # fmt: skip
        if self.kind == SCORES:
            decides = "above 0 is the second class" if raw.shape[1] == 1 else "the largest decides"
            return (f"The model's outputs are scores of a margin and no probabilities ({by}): "
                    f"{decides}. So there is no calibration, no threshold between 0 and 1, and the "
                    "loss that is given is the hinge loss.",)  # fmt: skip
        outside = int(((raw < 0) | (raw > 1)).any(axis=1).sum())
        if outside:
            return (f"For {outside:,} of {len(raw):,} held-out rows the outputs lie outside 0…1, "
                    f"and {by} does not say what that means: they are no probabilities, and were "
                    "cut to 0…1 where one is needed. End the model in a sigmoid or softmax, or "
                    "compile it with a Keras loss with from_logits=True.",)  # fmt: skip
        return ()


def are_scores(predictions: Array) -> bool:
    """Whether what `Outputs.read` gave of classes or labels can be no probabilities."""
    return bool(((predictions < 0) | (predictions > 1)).any())


def _sigmoid(raw: Array) -> Array:
    found: Array = 0.5 * (1.0 + np.tanh(0.5 * raw))
    return found


def _softmax(raw: Array) -> Array:
    grown = np.exp(raw - raw.max(axis=1, keepdims=True))
    found: Array = grown / grown.sum(axis=1, keepdims=True)
    return found
