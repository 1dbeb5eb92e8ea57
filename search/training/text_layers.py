"""The layers of a `TextSpace`'s configuration."""

from collections.abc import Iterator, Mapping
from typing import Any

from search.study.text_space import BAGS
from search.training.keras_calls import Call, layer

MODES = {"tf_idf": "tf_idf", "multi_hot": "multi_hot", "average": "count"}
"""Encoder → what `TextVectorization` gives; the place of each word for all others."""


def vectorization(params: Mapping[str, Any]) -> Call:
    """What makes numbers of a text's words; its vocabulary is still to be learnt.

    Args:
        params: The fields of a `TextSpace`, by name.
    """
    mode = MODES.get(params["encoder"], "int")
    more = {"ngrams": params["ngrams"]} if params["encoder"] in BAGS else {}
    if mode == "int":
        more["output_sequence_length"] = params["length"]
    if params["split"] != "whitespace":
        more["split"] = params["split"]
    return layer("TextVectorization", output_mode=mode, **more)


def known_words(params: Mapping[str, Any]) -> int:
    """How many words have a number of their own, beside those for unknown ones and for none."""
    return int(params["vocabulary"]) - (1 if params["encoder"] in BAGS else 2)


def text_layers(params: Mapping[str, Any], words: Any) -> Iterator[Call]:
    """All behind the vectorization but the output layer, in their order.

    Args:
        params: The fields of a `TextSpace`, by name; those that are idle may be left out.
        words: How many numbers the vectorization has for words.
    """
    encoder, units = params["encoder"], params["units"]
    if encoder == "average":  # as pooling; but 0, and not 0/0, of a text without words
        yield Call("ops.normalize", order=1)
        yield layer("Dense", params["embedding"], use_bias=False)
    elif encoder == "tf_idf":
        yield layer("UnitNormalization")
    elif encoder == "conv":
        yield layer("Embedding", words, params["embedding"])
        yield layer("Conv1D", units, params["kernel"], padding="same",
                    activation=params["activation"])  # fmt: skip
        yield layer("GlobalMaxPooling1D")
    elif encoder == "gru":
        yield layer("Embedding", words, params["embedding"], mask_zero=True)
        yield layer("Bidirectional", layer("GRU", units))
    if encoder in BAGS and units:
        yield layer("Dense", units, params["activation"])
    if params["dropout"]:
        yield layer("Dropout", params["dropout"])
