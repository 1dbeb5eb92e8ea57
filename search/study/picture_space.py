"""The space of convolutional networks on pictures: blocks, augmentation, a head, and training."""

from dataclasses import dataclass, replace

import numpy as np

from search.data.columns import Array
from search.data.rows_in_file import Features
from search.study.errors import InputError
from search.study.field_space import (
    FieldSpace,
    check_whole,
    check_within,
    largest,
    usually,
    values_of,
)
from search.study.parameters import Choice, Float, Int, one_of

FLIPS = ("none", "horizontal", "vertical", "horizontal_and_vertical")
POOLINGS = ("max", "average")
HEADS = ("average", "flatten")
SOME_ROWS = 4096
"""That tell the range of pixel values."""
WHITES = (1, 255, 65_535)
"""Pixel values of white: as floats, and of 8 and of 16 bits."""


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
        white: The pixel value of white, 1, 255 or 65535; found from the pictures where left out.

    Raises:
        InputError: A field's value or range has no meaning, or a name is unknown to Keras.
    """

    kind = "pictures"
    networks = "convolutional networks"

    # Ranges are usual for small pictures, not measured yet.
    blocks: Int | Choice | int = usually(3, Int(2, 3))
    filters: Int | Choice | int = usually(32, Int(16, 48, log=True))
    kernel: Int | Choice | int = usually(3)
    convolutions: Int | Choice | int = usually(1)
    pooling: Choice | str = usually("max")
    batch_norm: Choice | bool = usually(True)
    activation: Choice | str = usually("relu")
    head: Choice | str = usually("average", Choice(*HEADS))
    units: Int | Choice | int = usually(64)
    dropout: Float | Choice | float = usually(0.2, Float(0.0, 0.5))
    flip: Choice | str = usually("none", Choice("none", "horizontal"))
    rotation: Float | Choice | float = usually(0.0, Choice(0.0, 0.05))
    zoom: Float | Choice | float = usually(0.0, Choice(0.0, 0.1))
    translation: Float | Choice | float = usually(0.0)
    contrast: Float | Choice | float = usually(0.0)
    optimizer: Choice | str = usually("adam")
    learning_rate: Float | Choice | float = usually(1e-3, Float(5e-4, 1e-2, log=True))
    schedule: Choice | str = usually("cosine")
    warmup: Float | Choice | float = usually(0.0)
    batch_size: Int | Choice | int = usually(32)
    class_weight: Choice | str = usually("none")
    white: int = 0

    def __post_init__(self) -> None:
        self._fill()
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
