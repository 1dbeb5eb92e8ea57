"""What a dense network is made of, by its configuration."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from search.report.wording import counted
from search.study.dense import widths
from search.study.parameters import Value
from search.study.task import TASKS


@dataclass(frozen=True)
class LayerShape:
    """One layer.

    Attributes:
        kind: Such as "Dense".
        size: Such as "64 units"; empty where it has none of its own.
        activation: Keras's name; empty for none.
        weights: Numbers that it learns; None where they are not known.
        sources: Places of the layers that it takes from, among all of the network.
    """

    kind: str
    size: str = ""
    activation: str = ""
    weights: int | None = 0
    sources: tuple[int, ...] = ()

    @property
    def learnt(self) -> str:
        """Its parameters as text."""
        if self.weights is None:
            return "not counted"
        return f"{self.weights:,} parameters" if self.weights else ""


def of_dense(
    params: Mapping[str, Value], features: int, task: str, outputs: int
) -> list[LayerShape]:
    """The layers of a dense configuration; see `search.training.model.dense`.

    Args:
        params: All values of a `DenseSpace`, by name.
        features: That go in.
        task: Such as "binary".
        outputs: Classes, labels or targets.
    """
    layers, before = [LayerShape("Input", counted(features, "feature"))], features
    for units in widths(params):
        activation = str(params["activation"])
        size, weights = counted(units, "unit"), (before + 1) * units
        if params.get("batch_norm"):
            layers += [LayerShape("Dense", size, "", weights)]
            layers += [LayerShape("BatchNormalization", "", activation, 2 * units)]
        else:
            layers += [LayerShape("Dense", size, activation, weights)]
        if params.get("dropout"):
            layers += [LayerShape("Dropout", f"{params['dropout']:.3g} of the units")]
        before = units
    last = TASKS[task].units(outputs)
    activation = TASKS[task].activation
    layers += [LayerShape("Dense", counted(last, "unit"), activation, (before + 1) * last)]
    return [replace(layer, sources=(n - 1,) if n else ()) for n, layer in enumerate(layers)]
