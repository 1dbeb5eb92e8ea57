"""The network of a space's fields: which layers it has; and what texts it has learnt."""

import re
import warnings
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from search.data.dataset import Shape
from search.data.split import Rows
from search.data.tree import Leaf, Tree, key
from search.study.task import TASKS
from search.training.dense_layers import dense_layers
from search.training.keras_calls import Call, layer
from search.training.picture_layers import picture_layers
from search.training.text_layers import known_words, text_layers, vectorization

LAYER = re.compile(
    r"(bidirectional|concatenate|conv1d|dense|dropout|embedding|global_max_pooling1d|normalize|"
    r"text_vectorization|unit_normalization)(_\d+)?"
)
"""What Keras calls the layers of such a model."""


def layers_of(shape: Shape, params: Mapping[str, Any]) -> Iterator[Call]:
    """All but the output layer of a network on numbers, in their order.

    Args:
        shape: Of the data.
        params: The fields of a `DenseSpace` or a `PictureSpace`, by name.
    """
    return (picture_layers if "blocks" in params else dense_layers)(shape, params)


def output_layer(shape: Shape) -> Call:
    """The last one."""
    return layer("Dense", shape.outputs, TASKS[shape.task].activation)


def input_of(leaf: Leaf) -> Call:
    """Of a model that takes texts; named as in the data, but where Keras calls a layer so."""
    name = key(leaf.path)
    taken = not leaf.path or not name.isidentifier() or LAYER.fullmatch(name)
    return Call("Input", leaf.shape, dtype=leaf.dtype, **({} if taken else {"name": name}))


def network(shape: Shape, params: Mapping[str, Any], train: Rows | None = None) -> Any:
    """A plain Keras model that is not compiled yet.

    Args:
        shape: Of the data.
        params: The fields of a space, by name.
        train: The rows that train, whose words a network on texts learns.
    """
    import keras

    if train is None:
        layers = [call.made() for call in (*layers_of(shape, params), output_layer(shape))]
        return keras.Sequential([keras.Input(shape.features), *layers])
    inputs = Tree({leaf.path: input_of(leaf).made() for leaf in shape.inputs})
    words = _learnt(train, params)
    texts = [keras.ops.reshape(each, (-1,)) for each in keras.tree.flatten(inputs.nested)]
    found = [words(each) for each in texts]
    outputs = found[0] if len(found) == 1 else keras.layers.Concatenate()(found)
    for call in (*text_layers(params, words.vocabulary_size()), output_layer(shape)):
        outputs = call.of(outputs)
    with warnings.catch_warnings():  # of a key that is not its tensor's name
        warnings.simplefilter("ignore", UserWarning)
        return keras.Model(inputs.nested, outputs)


def _learnt(train: Rows, params: Mapping[str, Any]) -> Any:
    """Keras's `TextVectorization` with its vocabulary.

    It is given and not adapted to: so it stands in the description of the model, which is all that
    every way of saving it keeps.
    """
    call = vectorization(params)
    words, weights = _vocabulary(train, params["split"], call.named.get("ngrams", 1))
    most = known_words(params)
    idf = {"idf_weights": weights[:most]} if params["encoder"] == "tf_idf" else {}
    return call.made(vocabulary=words[:most], **idf)


@lru_cache(maxsize=8)
def _vocabulary(train: Rows, split: str, ngrams: int) -> tuple[list[str], list[float]]:
    """All words of the rows that train, the most frequent first, and how rare each is.

    Once for all trials: the vocabulary of fewer words is the beginning of this one.
    """
    import keras

    from search.training.keras_compat import idf_weights

    layer = keras.layers.TextVectorization(output_mode="tf_idf", split=split, ngrams=ngrams)
    leaves = train.x.leaves.values() if isinstance(train.x, Tree) else ()
    layer.adapt(np.concatenate([leaf.ravel() for leaf in leaves]))
    return layer.get_vocabulary(include_special_tokens=False), idf_weights(layer)
