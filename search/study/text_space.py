"""The space of networks on texts: their words, how a text is read, a head, and training."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from search.data.inputs import has_word
from search.data.rows_in_file import Features, leaves_of
from search.data.tree import TEXT, Tree
from search.study.errors import InputError
from search.study.field_space import FieldSpace, check_whole, check_within, usually, values_of
from search.study.parameters import Choice, Float, Int, Value, one_of

BAGS = ("tf_idf", "multi_hot", "average")
"""Encoders that read a text without the order of its words, but for n-grams."""
ENCODERS = (*BAGS, "conv", "gru")
SPLITS = ("whitespace", "character")
WHOLE, LONGEST = 95, 400
"""Percent of the training texts that a length which is found reads whole, and its most words."""


@dataclass(frozen=True)
class TextSpace(FieldSpace):
    """Networks on texts: every field takes a parameter to search or a plain value to fix.

    `TextSpace()` is a space that suits most classifications of short texts. With any field given,
    only the fields that are given a parameter are searched. A network is: Keras's
    `TextVectorization`, which puts texts into lower case, drops punctuation, and has learnt its
    vocabulary from the rows that train; an encoder, which makes numbers of a text's words; a head.

    Args:
        encoder: "tf_idf" for the words of a text, each by how often it is there and how rare it
            is elsewhere; "multi_hot" for which words are there; "average" for the average of their
            learnt embeddings; "conv" for embeddings in order, a `Conv1D` and the maximum of each
            filter; "gru" for embeddings in order and a bidirectional `GRU`.
        vocabulary: Words, or n-grams, that are known at most: the most frequent ones.
        ngrams: Up to how many words in a row count as one; of the first three encoders; 1.
        split: "whitespace" for words; "character" for single characters, such as of Chinese.
        length: Words that "conv" and "gru" read of a text; where left out, as many as 95 % of the
            training texts have, 400 at most.
        embedding: Numbers that stand for a word, of the last three encoders.
        kernel: Words that a filter of "conv" sees at once.
        units: Of the GRU in each direction, filters of "conv", and of the dense layer behind the
            others; 0 for no dense layer there.
        dropout: Share of the values before the output layer that training sets to 0; 0.2.
        activation: Keras's name of the activation of `units`, but for a GRU's; "relu".
        optimizer: As in `DenseSpace`, as are learning_rate, schedule, warmup, batch_size and
            class_weight.

    Raises:
        InputError: A field's value or range has no meaning, or a name is unknown to Keras.
    """

    kind = "texts"
    networks = "networks on texts"

    # Ranges are measured: see docs/decisions.md.
    encoder: Choice | str = usually("tf_idf", Choice("tf_idf", "average", "conv"))
    vocabulary: Int | Choice | int = usually(10_000, Int(1000, 20_000, log=True))
    ngrams: Int | Choice | int = usually(1, Int(1, 2))
    split: Choice | str = usually("whitespace")
    length: Int | Choice | int = usually(0)
    embedding: Int | Choice | int = usually(32, Int(16, 64, log=True))
    kernel: Int | Choice | int = usually(5)
    units: Int | Choice | int = usually(32, Int(16, 64, log=True))
    dropout: Float | Choice | float = usually(0.2, Float(0.0, 0.5))
    activation: Choice | str = usually("relu")
    optimizer: Choice | str = usually("adam")
    learning_rate: Float | Choice | float = usually(1e-3, Float(1e-3, 1e-2, log=True))
    schedule: Choice | str = usually("constant")
    warmup: Float | Choice | float = usually(0.0)
    batch_size: Int | Choice | int = usually(32)
    class_weight: Choice | str = usually("none")

    def __post_init__(self) -> None:
        self._fill()
        for name, options in {"encoder": ENCODERS, "split": SPLITS}.items():
            for value in values_of(getattr(self, name)):
                one_of(name, value, options)
        check_whole("vocabulary", self.vocabulary, least=3)
        for name in ("ngrams", "embedding", "kernel"):
            check_whole(name, getattr(self, name), least=1)
        check_whole("length", self.length, least=int(self.length != 0))
        ordered = set(values_of(self.encoder)) - set(BAGS)
        check_whole("units", self.units, least=1 if ordered else 0)
        check_within("dropout", self.dropout, least=0.0, below=1.0)
        self._check_shared()

    def idle(self, params: Mapping[str, Value]) -> frozenset[str]:
        """Names of a configuration's values that its encoder has no use for."""
        encoder = params.get("encoder", self.encoder)
        unused = {
            "tf_idf": {"length", "embedding", "kernel"},
            "multi_hot": {"length", "embedding", "kernel"},
            "average": {"length", "kernel"},
            "conv": {"ngrams"},
            "gru": {"ngrams", "kernel", "activation"},
        }
        return frozenset(unused.get(str(encoder), ()))

    def for_rows(self, x: Features) -> "TextSpace":
        """The space for some texts, with a length.

        Args:
            x: Of the rows that train.

        Raises:
            InputError: These are no texts, or none has a word.
        """
        leaves = leaves_of(x)
        if not isinstance(x, Tree) or any(leaf.dtype != TEXT for leaf in leaves):
            these = ", ".join(map(str, leaves))
            fix = "use a DenseSpace; or a table's column of texts by table(…, texts=[…])"
            if any(leaf.dtype == TEXT for leaf in leaves):
                fix = "give model=build, whose inputs have these names, or drop the numbers"
            raise InputError("space", f"a TextSpace takes texts, and the rows are {these}", fix)
        if wide := [leaf for leaf in leaves if leaf.shape not in {(), (1,)}]:
            raise InputError(
                "space",
                f"a TextSpace takes one text a row, and the rows are {wide[0]}",
                "join the texts of each row, or give them as a dict of arrays",
            )
        texts = [str(text) for leaf in x.leaves.values() for text in leaf.ravel().tolist()]
        counts = [len(text.split()) for text in texts]
        if not has_word(texts):
            raise InputError("data", "no training row has a word", "give texts")
        if self.length:
            return self
        if "character" in values_of(self.split):
            counts = [len(text) for text in texts]
        found = int(np.percentile(counts, WHOLE, method="higher"))
        return replace(self, length=min(max(found, 1), LONGEST))
