"""One model in training, by whichever engine suits it."""

from typing import Any

import keras
import psutil

from search.study.data import Array
from search.study.split import Rows
from search.study.trial import Curve
from search.training.in_graph import MEASURES, InGraph
from search.training.stock_fit import StockFit

SHARE_OF_MEMORY = 0.25
"""Of the machine's free memory that the rows may take before training leaves them to `fit`."""


class Training:
    """A model that is trained to one epoch after the other.

    Args:
        model: From `build`.
        train: Rows that train.
        validation: Rows that are measured after each epoch.
        batch_size: Rows a step.
        seed: Of the order of rows.
        engine: "fit" for stock Keras; whatever suits the model for any other.

    Attributes:
        model: As it stands.
        epoch: Epochs that it has behind it.
        engine: "in-graph" or "fit".
    """

    def __init__(  # noqa: PLR0913, PLR0917
        self,
        model: Any,
        train: Rows,
        validation: Rows,
        batch_size: int,
        seed: int,
        engine: str = "in-graph",
    ) -> None:
        self.model = model
        self.epoch = 0
        kind = StockFit if engine == "fit" or needs_fit(model, train, validation) else InGraph
        self._engine = kind(model, train, validation, batch_size, seed)
        self.engine = self._engine.name

    @property
    def weights(self) -> int:
        """How many numbers the model learns."""
        return sum(int(variable.shape.num_elements()) for variable in _plain(self.model))

    def advance(self, to_epoch: int, rates: Array | None = None) -> Curve:
        """Train on; stops after the first epoch whose loss is not finite.

        Args:
            to_epoch: Epochs that the model shall have behind it.
            rates: Learning rate of each epoch; the model's own where left out.

        Returns:
            Measure → its value after each newly trained epoch.
        """
        measured = self._engine.run(self.epoch, to_epoch, rates)
        self.epoch += len(measured)
        columns = measured.astype(float).T.tolist()
        return dict(zip(MEASURES, columns, strict=True))


def needs_fit(model: Any, train: Rows, validation: Rows) -> bool:
    """Whether only Keras's `fit` can train this model as its author means it."""
    own_fit = type(model).fit not in (keras.Model.fit, keras.Sequential.fit)
    size = train.x.nbytes + validation.x.nbytes
    too_large = size > SHARE_OF_MEMORY * psutil.virtual_memory().available
    return own_fit or bool(model.run_eagerly) or too_large


def _plain(model: Any) -> list[Any]:
    return [variable.value for variable in model.trainable_variables]
