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
            "scores" of a margin, such as by a hinge loss, of which the sign or the largest decides:
            a sigmoid or softmax keeps their order and decision, and makes no probabilities of them;
            or "unknown", where the loss does not tell: cut to 0…1 like probabilities, with a
            sentence. Of numbers, this says nothing.
        link: "sigmoid" or "softmax", of logits and scores; "" else.
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
            The probability of each class, shape (rows, classes), or of each label, (rows, labels);
            or numbers, (rows, targets).
        """
        if task == REGRESSION.name:
            return raw
        if self.kind in {LOGITS, SCORES}:
            raw = _softmax(raw) if self.link == "softmax" else _sigmoid(raw)
        if task == MULTILABEL.name:
            return np.clip(raw, 0.0, 1.0)
        if task == BINARY.name and raw.shape[1] == 1:
            one = np.clip(raw, 0.0, 1.0)
            return np.hstack([1.0 - one, one])
        return raw

    def unread(self, said: Array, units: int, task: str) -> Array:
        """The inverse of `read`: outputs of this model that would be read as `said`.

        Args:
            said: As `read` gives it, of this or another model.
            units: How many numbers the model gives of a row.
            task: Such as "binary".
        """
        if task == REGRESSION.name:
            return said
        wanted = said[:, 1:] if task == BINARY.name and units == 1 else said
        if self.kind not in {LOGITS, SCORES}:
            return wanted
        sure = np.clip(wanted, 1e-7, 1 - 1e-7)
        found: Array = np.log(sure) - (0.0 if self.link == "softmax" else np.log1p(-sure))
        return found

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
                    f"{decides}. A {self.link} brings them between 0 and 1, here and in search "
                    "predict, without a change of class or order; calibration and log loss say "
                    "nothing of such a model.",)  # fmt: skip
        outside = int(((raw < 0) | (raw > 1)).any(axis=1).sum())
        if outside:
            return (f"For {outside:,} of {len(raw):,} held-out rows the outputs lie outside 0…1, "
                    f"and {by} does not say what that means: they are no probabilities, and were "
                    "cut to 0…1 where one is needed. End the model in a sigmoid or softmax, or "
                    "compile it with a Keras loss with from_logits=True.",)  # fmt: skip
        return ()


def _sigmoid(raw: Array) -> Array:
    found: Array = 0.5 * (1.0 + np.tanh(0.5 * raw))
    return found


def _softmax(raw: Array) -> Array:
    grown = np.exp(raw - raw.max(axis=1, keepdims=True))
    found: Array = grown / grown.sum(axis=1, keepdims=True)
    return found
