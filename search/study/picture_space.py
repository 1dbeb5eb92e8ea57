"""The space of convolutional networks on pictures: blocks, augmentation, a head, and training."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from search.data.columns import Array
from search.data.rows_in_file import Features
from search.study.errors import InputError
from search.study.field_space import (
    FieldSpace,
    check_whole,
    check_within,
    largest,
    values_of,
)
from search.study.left_out import LEFT_OUT
from search.study.parameters import Choice, Float, Int, one_of

FLIPS = ("none", "horizontal", "vertical", "horizontal_and_vertical")
POOLINGS = ("max", "average")
HEADS = ("average", "flatten")
SOME_ROWS = 4096
"""That tell the range of pixel values."""
WHITES = (1, 255, 65_535)
"""Pixel values of white: as floats, and of 8 and of 16 bits."""

_PLAIN: dict[str, Any] = {
    "blocks": 3,
    "filters": 32,
    "kernel": 3,
    "convolutions": 1,
    "pooling": "max",
    "batch_norm": True,
    "activation": "relu",
    "head": "average",
    "units": 64,
    "dropout": 0.2,
    "flip": "none",
    "rotation": 0.0,
    "zoom": 0.0,
    "translation": 0.0,
    "contrast": 0.0,
    "optimizer": "adam",
    "learning_rate": 1e-3,
    "schedule": "cosine",
    "warmup": 0.0,
    "batch_size": 32,
    "class_weight": "none",
}
"""What a field is that is left out beside others."""
_SEARCHED: dict[str, Any] = {
    "blocks": Int(2, 3),
    "filters": Int(16, 48, log=True),
    "head": Choice(*HEADS),
    "dropout": Float(0.0, 0.5),
    "flip": Choice("none", "horizontal"),
    "rotation": Choice(0.0, 0.05),
    "zoom": Choice(0.0, 0.1),
    "learning_rate": Float(5e-4, 1e-2, log=True),
}
"""What is searched where no field is given: usual values for small pictures, not measured yet."""


@dataclass(frozen=True)
class PictureSpace(FieldSpace):
    """Convolutional networks: every field takes a parameter to search or a plain value to fix.

    `PictureSpace()` is a space that suits most small pictures. With any field given, only the
    fields that are given a parameter are searched. A network is: pixels brought to 0…1;
    augmentation, which is part of the model and does nothing but in training; blocks of
    convolutions, each of which halves the picture's sides and has twice the filters of the one
    before; a head.

    Args:
        blocks: Of convolutions and a pooling, 1 or more; each halves both sides.
        filters: Of each convolution of the first block; each block has twice as many as the last.
        kernel: Side of a convolution's kernel; 3.
        convolutions: In each block, 1 or more.
        pooling: "max" or "average", of 2×2.
        batch_norm: Batch normalisation after each convolution; True.
        activation: Keras's name of the activation of convolutions and of the dense layer; "relu".
        head: What comes after the blocks: "average" for the average of each filter over the
            picture, "flatten" to keep where things are.
        units: Of a dense layer before the output; 0 for none.
        dropout: Share of the values before the output layer that training sets to 0; 0.2.
        flip: How training flips pictures at random: "none", "horizontal", "vertical" or
            "horizontal_and_vertical". Not for digits, letters or other things with a side.
        rotation: Up to what share of a full turn training rotates them, both ways; 0 for not.
        zoom: Up to what share it zooms, in and out; 0 for not.
        translation: Up to what share of a side it shifts them; 0 for not.
        contrast: By what share it changes their contrast; 0 for not.
        optimizer: As in `DenseSpace`, as are learning_rate, schedule (here "cosine" where left
            out), warmup, batch_size and class_weight.
        learning_rate: As in `DenseSpace`.
        schedule: As in `DenseSpace`.
        warmup: As in `DenseSpace`.
        batch_size: As in `DenseSpace`.
        class_weight: As in `DenseSpace`.
        white: The pixel value of white, 1, 255 or 65535; found from the pictures where left out.

    Raises:
        InputError: A field's value or range has no meaning, or a name is unknown to Keras.
    """

    kind = "pictures"
    networks = "convolutional networks"

    blocks: Int | Choice | int = LEFT_OUT
    filters: Int | Choice | int = LEFT_OUT
    kernel: Int | Choice | int = LEFT_OUT
    convolutions: Int | Choice | int = LEFT_OUT
    pooling: Choice | str = LEFT_OUT
    batch_norm: Choice | bool = LEFT_OUT
    activation: Choice | str = LEFT_OUT
    head: Choice | str = LEFT_OUT
    units: Int | Choice | int = LEFT_OUT
    dropout: Float | Choice | float = LEFT_OUT
    flip: Choice | str = LEFT_OUT
    rotation: Float | Choice | float = LEFT_OUT
    zoom: Float | Choice | float = LEFT_OUT
    translation: Float | Choice | float = LEFT_OUT
    contrast: Float | Choice | float = LEFT_OUT
    optimizer: Choice | str = LEFT_OUT
    learning_rate: Float | Choice | float = LEFT_OUT
    schedule: Choice | str = LEFT_OUT
    warmup: Float | Choice | float = LEFT_OUT
    batch_size: Int | Choice | int = LEFT_OUT
    class_weight: Choice | str = LEFT_OUT
    white: int = 0

    def __post_init__(self) -> None:
        self._fill(_PLAIN, _SEARCHED)
        for name in ("blocks", "filters", "kernel", "convolutions"):
            check_whole(name, getattr(self, name), least=1)
        check_whole("units", self.units, least=0)
        for name in ("dropout", "rotation", "zoom", "translation", "contrast"):
            check_within(name, getattr(self, name), least=0.0, below=1.0)
        for name, options in {"pooling": POOLINGS, "head": HEADS, "flip": FLIPS}.items():
            for value in values_of(getattr(self, name)):
                one_of(name, value, options)
        if self.white not in {0, *WHITES}:
            raise InputError(f"white={self.white!r}", fix="give 1, 255 or 65535, or leave it out")
        self._check_shared()

    def for_rows(self, x: Features) -> "PictureSpace":
        """The space for some pictures, whose white is known.

        Args:
            x: Of the rows that train.

        Raises:
            InputError: These are no pictures, or too small for so many blocks.
        """
        super().for_rows(x)
        sides = x.shape[1:3]
        if len(x.shape) not in {3, 4}:
            raise InputError(
                "space",
                "a PictureSpace takes rows of shape (height, width, channels); these are of shape "
                f"{x.shape[1:]}",
                "reshape them, or use a DenseSpace",
            )
        most = min(sides).bit_length() - 1
        if largest(self.blocks) > most:
            fewer = f"blocks={Int(1, most) if most > 1 else most!r}, or " if most else ""
            raise InputError(
                f"blocks={self.blocks!r}",
                f"each block halves the sides, and pictures of {sides[0]}×{sides[1]} allow {most}",
                f"give {fewer}larger pictures",
            )
        return replace(self, white=self.white or _white(np.asarray(x[:SOME_ROWS])))


def _white(x: Array) -> int:
    low, high = float(x.min()), float(x.max())
    found = next((white for white in WHITES if high <= white), None)
    if found is None or low < -1:
        raise InputError(
            "space",
            "a PictureSpace reads pixel values of 0 to 1, to 255 or to 65535, and these go from "
            f"{low:.6g} to {high:.6g}",
            "scale them",
        )
    return found
