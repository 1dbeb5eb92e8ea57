"""Files of pictures → values from 0 to 1; one way for training, for `search predict` and the page.

The page's lines (`search.report.use`) say the same in plain Pillow.
"""

import math
import struct
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np

from search.data.columns import Array
from search.data.paths import shown
from search.study.errors import InputError

if TYPE_CHECKING:
    from PIL import Image

WIDE = 65_535
"""White in pictures of 16 bits a pixel."""
FEW_BITS = 14
"""Up to so many of the 16 in use, it is said that values are small."""
SQUASHED = 1.05
"""Times by which a picture's ratio of sides differs from the one that it is brought to."""
MOST_NAMED = 10
"""Files that a sentence names."""
_GREY = {"1", "L", "LA", "La"}
_BROKEN = (
    OSError, ValueError, SyntaxError, EOFError, struct.error, zlib.error,
    TypeError, KeyError, IndexError, ArithmeticError,
)  # fmt: skip
"""What Pillow raises of files that are cut off, empty, or something else."""


@dataclass(frozen=True, eq=False)
class ReadPicture:
    """Pictures as rows.

    Attributes:
        x: float32 from 0 to 1, shape (pictures, height, width, 1 where all are grey, else 3).
        files: Each row's.
        notes: What should be known of how they were read.
        broken: Files that were left out, since they are incomplete pictures.
    """

    x: Array
    files: tuple[Path, ...]
    notes: tuple[str, ...]
    broken: tuple[Path, ...] = ()


class _PictureNotes:
    """What became of pictures, counted over a whole folder."""

    def __init__(self, size: tuple[int, int]) -> None:
        self._size = size
        self._counts: Counter[str] = Counter()
        self._highest = 0

    def see(self, picture: "Image.Image") -> None:
        """Count what of it is not used as it is."""
        width, height = picture.size
        ratio = abs(math.log(width / height * self._size[0] / self._size[1]))
        if ratio > math.log(SQUASHED):
            self._counts[
                f"squashed to {self._size[0]}×{self._size[1]}, since their sides are in another "
                "ratio"
            ] += 1
        if picture.mode[0] not in "IF" and picture.has_transparency_data:
            alpha = np.asarray(picture.convert("RGBA"))[..., 3]
            self._counts["taken without their transparency"] += int(alpha.min() < 255)

    def see_frames(self, picture: "Image.Image") -> None:
        """Count it, where it has more than one; asked before its pixels are read."""
        if getattr(picture, "n_frames", 1) > 1:
            self._counts["of several frames or pages, of which the first alone is read"] += 1

    def see_wide(self, high: float) -> None:
        """The greatest value of one of 16 bits."""
        self._highest = max(self._highest, int(high))

    def told(self, broken: Sequence[Path]) -> tuple[str, ...]:
        """A sentence a kind of thing."""
        found = []
        if broken:
            found.append(f"pictures: left out, since incomplete pictures: {_some(broken)}")
        if +self._counts:
            of = "; ".join(f"{count:,} {what}" for what, count in (+self._counts).items())
            found.append(f"pictures: {of}")
        if 0 < self._highest < 1 << FEW_BITS:
            share, factor = 100 * self._highest / WIDE, 1 << (16 - self._highest.bit_length())
            found.append(
                f"pictures: values use only {share:.2g} % of the range of 16 bits (at most "
                f"{self._highest:,} of {WIDE:,}), and models learn little from values near 0; "
                f"begin the model with keras.layers.Rescaling({factor}), or save the pictures "
                "scaled to the whole range"
            )
        return tuple(found)


def read_pictures(
    files: Sequence[Path],
    size: tuple[int, int],
    *,
    skip_broken: bool = False,
    option: str = 'pictures(folder, broken="skip")',
) -> ReadPicture:
    """Read pictures, turned as their EXIF data say and brought to one size.

    Args:
        files: Of them.
        size: Height and width.
        skip_broken: Leave out what is no whole picture, with a note.
        option: What asks for that.

    Raises:
        InputError: Some or all pictures are incomplete, or their values have no known white.
    """
    x = np.empty((len(files), *size, 3), np.float32)
    notes, grey = _PictureNotes(size), True
    kept: list[Path] = []
    broken: list[Path] = []
    for file in files:
        values = _read(file, size, notes)
        if values is None:
            broken.append(file)
            continue
        grey = grey and values.shape[2] == 1
        x[len(kept)] = values  # one channel is told to all three
        kept.append(file)
    if broken and not skip_broken:
        it, one = ("it", True) if len(broken) == 1 else ("them", False)
        raise InputError(
            shown(broken[0]) if one else "incomplete pictures",
            "this is not a complete picture" if one else _some(broken),
            f"write {it} again or take {it} away, or leave {it} out by {option}",
            names=("skip_broken",),
        )
    if broken and not kept:
        raise InputError("none of these is a complete picture", _some(broken), "write them again")
    x = x[: len(kept)]
    x = np.ascontiguousarray(x[..., :1]) if grey else x
    return ReadPicture(x, tuple(kept), notes.told(broken), tuple(broken))


def pillow() -> ModuleType:
    """Pillow, which is not needed for anything else.

    Raises:
        InputError: It is not installed.
    """
    try:
        from PIL import Image
    except ImportError:
        raise InputError(
            "pictures", "they are read by Pillow, which is not installed", "pip install pillow"
        ) from None
    return Image


def _read(file: Path, size: tuple[int, int], notes: _PictureNotes) -> Array | None:
    """One picture, shape (height, width, 1 or 3); None where it is no whole one."""
    image = pillow()
    from PIL import ImageOps

    try:
        with image.open(file) as opened:
            notes.see_frames(opened)
            picture = ImageOps.exif_transpose(opened)
            notes.see(picture)
            white = 255
            if picture.mode[0] in "IF":
                picture, white = _of_floats(picture, file, notes), 1
            else:
                picture = picture.convert("L" if picture.mode in _GREY else "RGB")
            small = np.asarray(picture.resize(size[::-1]), np.float32) / white
    except InputError:
        raise
    except (*_BROKEN, image.DecompressionBombError):
        return None
    found: Array = small.clip(0, 1).reshape(*size, -1)
    return found


def _of_floats(picture: "Image.Image", file: Path, notes: _PictureNotes) -> "Image.Image":
    """Of more than eight bits a pixel: `convert` would cut all above 255 to white."""
    values = np.asarray(picture, np.float32)
    low, high = float(values.min()), float(values.max())
    white = 1 if picture.mode == "F" else WIDE
    if not (low >= -0.001 * white and high <= 1.001 * white):
        kind = "floats" if white == 1 else "integers"
        raise InputError(
            shown(file),
            f"its {kind} of 32 bits go from {low:.6g} to {high:.6g}, and those from 0 (black) to "
            f"{white:,} (white) are read",
            "scale them so and save it again, or give all as arrays",
        )
    if white == WIDE:
        notes.see_wide(high)
    found: Image.Image = pillow().fromarray(values / np.float32(white))
    return found


def _some(files: Sequence[Path]) -> str:
    """The first by name, and how many of the others are in each folder."""
    rest = Counter(shown(file.parent) for file in files[MOST_NAMED:])
    more = f" and {rest.total():,} more" if rest else ""
    where = [f"{folder} {count:,}" for folder, count in rest.most_common(MOST_NAMED)]
    found = f" in {', '.join(where)}" if where else ""
    count = "1 file" if len(files) == 1 else f"{len(files):,} files"
    return f"{', '.join(shown(file) for file in files[:MOST_NAMED])}{more}{found} ({count})"
