"""Streams of yours: opened, checked, read, and as `fit` takes them."""

import hashlib
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from search.data.columns import Array
from search.data.custom_targets import no_targets
from search.data.dataset import check_features
from search.data.paths import relative_to
from search.data.row_weights import of_places
from search.data.streams import PARTS, Streams
from search.data.tree import Leaf, Path, TargetRows, Tree, joined, leaves_by_path, under
from search.study.errors import InputError
from search.training.endless import endless_known

Form = tuple[Path, tuple[int, ...], str]
"""Path, shape of one row and type of a leaf."""
AT_ONCE = 256
"""Rows in a batch where elements are rows and are only read."""
LOOKED = 20
"""Elements by which it is seen whether an order is the same twice."""
LONGEST = 300.0
"""Seconds in which a part of unknown length that validates or is held out has to end."""


@dataclass(frozen=True, eq=False)
class Stream:
    """One part of the rows.

    Attributes:
        name: Of the part, for messages.
        data: A `tf.data.Dataset` or a `keras.utils.PyDataset`.
        steps: Batches of an epoch; None for all.
        batched: Whether its elements are batches, and no rows.
    """

    name: str
    data: Any
    steps: int | None = None
    batched: bool = True

    @classmethod
    def of(cls, name: str, data: Any, steps: int | None = None) -> "Stream":
        """What `make` returned for a part.

        Raises:
            InputError: It is no stream, or none that can be used so.
        """
        if not isinstance(data, tf.data.Dataset | keras.utils.PyDataset):
            raise InputError(
                f"streams: {name}",
                f"make returned {_a(data)} for it",
                "return a tf.data.Dataset or a keras.utils.PyDataset; a generator becomes one by "
                "tf.data.Dataset.from_generator",
            )
        if _is_infinite(data) and steps is None:
            raise InputError(
                f"streams: {name}",
                "this stream never ends",
                "say how many batches an epoch has: streams(…, steps=100)"
                if name == PARTS[0]
                else "end it, such as by .take(100)",
            )
        if isinstance(data, keras.utils.PyDataset):
            return cls(name, data, steps)
        _check_dense(name, data)
        return cls(name, data, steps, _is_batched(name, data))

    def in_batches(self, size: int) -> Any:
        """Its data, rows in batches of this size."""
        return self.data if self.batched else self.data.batch(size).prefetch(tf.data.AUTOTUNE)

    def in_whole_batches(self, size: int) -> "Stream":
        """For a model that takes so many rows at once; what is left at the end does not train.

        Raises:
            InputError: Its batches are of another size.
        """
        if not self.batched:
            return replace(self, data=self.data.batch(size, drop_remainder=True), batched=True)
        x, *_ = next(self.first(1).batches())
        if len(x) != size:
            raise InputError(
                f"streams: {self.name}",
                f"its batches are of {len(x)} rows, and the model is made for batches of {size}, "
                "as its Input says, or its stateful layers with batch_size",
                f"batch by {size} in make, or make the model for {len(x)}",
            )
        if not isinstance(self.data, tf.data.Dataset):
            return self

        def is_whole(*element: Any) -> Any:
            return tf.shape(tf.nest.flatten(element)[0])[0] == size

        return replace(self, data=self.data.filter(is_whole))

    def epochs(self, size: int) -> Iterator[dict[str, Any]]:
        """What `fit` is given, epoch after epoch.

        An epoch of so many steps goes on where the one before ended, as in one call of `fit`.

        Args:
            size: Rows of a batch, where elements are rows.
        """
        data = self.in_batches(size)
        shuffle = isinstance(data, keras.utils.PyDataset)  # by batches, as `fit` does by default
        if self.steps is None:
            while True:
                yield {"x": data, "shuffle": shuffle}
        left = _endless(data)
        while True:
            yield {"x": _some(left, self.steps), "steps_per_epoch": self.steps}

    def whole(self, size: int) -> dict[str, Any]:
        """What one call of `fit` for all epochs is given.

        Args:
            size: Rows of a batch, where elements are rows.
        """
        data = self.in_batches(size)
        shuffle = isinstance(data, keras.utils.PyDataset)
        if self.steps is None:
            return {"x": data, "shuffle": shuffle}
        return {"x": _endless(data), "steps_per_epoch": self.steps, "shuffle": False}

    def first(self, count: int) -> "Stream":
        """So many batches of it, or fewer, each epoch anew."""
        if isinstance(self.data, tf.data.Dataset) and self.batched:
            return replace(self, data=self.data.take(count), steps=None)
        length = _length(self.data)
        return replace(self, steps=count if length is None else min(count, length))

    def part(self, place: int) -> Any:
        """Features or targets alone, for what `build` learns before training; None without."""
        if isinstance(self.data, tf.data.Dataset):
            there = len(element_of(self.name, self.data.element_spec))
        else:
            there = len(element_of(self.name, self.data[0]))
        if place >= there:
            return None
        if isinstance(self.data, tf.data.Dataset):
            data = self.in_batches(AT_ONCE)
            data = data if self.steps is None else data.take(self.steps)
            return data.map(lambda *element: element[place] if there > 1 else element[0])
        batches = range(self.steps or self.data.num_batches)

        def parts() -> Iterator[Any]:
            return (element_of(self.name, self.data[at])[place] for at in batches)

        spec = keras.tree.map_structure(_any_batch, next(parts()))
        return tf.data.Dataset.from_generator(parts, output_signature=spec)

    def batches(self) -> Iterator[tuple[Tree, TargetRows, Any]]:
        """Features, targets and weights, read batch by batch.

        Raises:
            InputError: An element is of another structure than the first, or its rows do not fit.
        """
        first: list[Form] = []
        data = self.in_batches(AT_ONCE)
        for number, element in enumerate(_elements(data)):
            self._check_texts(element)
            x, y, weights = _parsed(self.name, element)
            form = [(leaf.path, leaf.shape, leaf.dtype) for leaf in _leaves(x, y)]
            first = first or form
            where = f"streams: {self.name}, element {number}"
            if form != first:
                one, other = _unlike(form, first)
                lengths = [(path, len(shape), kind) for path, shape, kind in form]
                alike = lengths == [(path, len(shape), kind) for path, shape, kind in first]
                fix = "give one structure"
                if alike:
                    fix = (
                        "bring all batches to one length, such as by "
                        ".padded_batch(size, padded_shapes=…)"
                    )
                raise InputError(where, f"it has {one}, and the first has {other}", fix)
            counts = {len(leaf) for leaf in (*x.leaves.values(), *leaves_by_path(y).values())}
            told = {} if weights is None else leaves_by_path(weights)
            counts |= {len(leaf) for leaf in told.values()}
            if len(counts) > 1:
                rows = ", ".join(map(str, sorted(counts)))
                raise InputError(where, f"its parts have {rows} rows", "give as many in each")
            check_features(f"{where}: x", x)
            for leaf in told.values():
                _check_weights(where, leaf)
            yield x, y, weights

    def _check_texts(self, element: Any) -> None:
        """Keras takes no texts of NumPy's from a `PyDataset`."""
        if self.name != PARTS[0] or isinstance(self.data, tf.data.Dataset):
            return
        arrays = (leaf for leaf in keras.tree.flatten(element) if isinstance(leaf, np.ndarray))
        if any(leaf.dtype.kind in "OSU" for leaf in arrays):
            raise InputError(
                f"streams: {self.name}",
                "its batches hold texts in a NumPy array, which Keras takes from no PyDataset",
                "return tf.constant(texts)",
            )


@dataclass(frozen=True, eq=False)
class Opened:
    """What `make` returned."""

    train: Stream
    validation: Stream
    held_out: Stream


def opened(data: Streams, values: Mapping[str, Any], seed: int) -> Opened:
    """Call `make`.

    Args:
        data: The source.
        values: Those that it takes.
        seed: Of what it draws by NumPy and Python; TensorFlow's is the same each time.

    Raises:
        InputError: It returned something that is of no use.
    """
    data.check_needed(values)
    keras.utils.set_random_seed(seed)
    # With another one, shuffle(…, seed=1) gives another order, though it looks as if it did not.
    tf.random.set_seed(0)
    with relative_to(data.folder), endless_known():
        made = data.make(**values)
    if data.split is not None:
        made = _split(made, data.split)
    if isinstance(made, list | tuple) and len(made) == len(PARTS):
        made = dict(zip(PARTS, made, strict=True))
    if not isinstance(made, Mapping) or set(made) != set(PARTS):
        there = f"the keys {', '.join(map(repr, made))}" if isinstance(made, Mapping) else _a(made)
        raise InputError(
            f"streams: {data.name}()",
            f"it returned {there}",
            "return train, validation and held_out; or one, and say streams(…, split=(8, 1, 1))",
        )
    return Opened(
        Stream.of(PARTS[0], made[PARTS[0]], data.steps),
        *(Stream.of(name, made[name]) for name in PARTS[1:]),
    )


def read_whole(stream: Stream, most: float) -> tuple[Tree, TargetRows, Any]:
    """All rows of a part that validates or is held out; their weights where these measure.

    Args:
        stream: The part.
        most: Bytes.

    Raises:
        InputError: There are none, too many for memory, or they seem to have no end.
    """
    xs, ys, ws, size = [], [], [], 0.0
    begun = time.monotonic() if _length(stream.data) is None else np.inf
    for x, y, weights in stream.batches():
        xs.append(x)
        ys.append(y)
        ws.append(weights)
        size += x.nbytes + y.nbytes
        if size > most:
            _refuse(stream, ys, f" of {most / 2**20:,.0f} MiB, a sixteenth of the free memory")
        if time.monotonic() - begun > LONGEST:
            _refuse(stream, ys, f": after {LONGEST / 60:g} minutes it has not ended")
    if not ys:
        raise InputError(f"streams: {stream.name}", "this stream is empty", "give rows")
    return joined(xs), under(ys), measuring(ws)


def measuring(parts: list[Any]) -> Any:
    """Weights of rows under each other, of places or of several outputs; None of others."""
    first = parts[0]
    one_a_row = first is not None and not isinstance(first, Tree) and set(first.shape[1:]) <= {1}
    return under(parts) if of_places(first) and not one_a_row else None


def _refuse(stream: Stream, ys: list[TargetRows], why: str) -> None:
    raise InputError(
        f"streams: {stream.name}",
        f"it has more than {sum(map(len, ys)):,} rows{why}, and all of it is kept in memory",
        "give fewer, such as by .take(…)",
    )


def digest_of(y: TargetRows) -> str:
    """SHA-256 of targets as they came."""
    digest = hashlib.sha256()
    for path, leaf in leaves_by_path(y).items():
        digest.update(repr((path, leaf.shape, str(leaf.dtype))).encode())
        texts = repr(leaf.tolist()).encode() if leaf.dtype == object else b""
        digest.update(texts or np.ascontiguousarray(leaf).tobytes())
    return digest.hexdigest()


def element_of(name: str, element: Any) -> tuple[Any, ...]:
    """Features, and maybe targets and weights, as Keras reads an element.

    Raises:
        InputError: It has more.
    """
    if not isinstance(element, list | tuple):
        return (element,)
    if not 1 <= len(element) <= 3:
        raise InputError(
            f"streams: {name}",
            f"its elements are tuples of {len(element)}",
            "give (x, y) or (x, y, sample_weight), where x may be a tuple itself",
        )
    return tuple(element)


def _parsed(name: str, element: Any) -> tuple[Tree, TargetRows, Any]:
    """Of a batch; targets are no columns where there are none."""
    given, y, weights, *_ = (*element_of(name, element), None, None)
    x = Tree.of(given, lambda _: False).map(_array)
    told = None if weights is None else _rows_of(weights)
    return x, no_targets(len(x)) if y is None else _rows_of(y), told


def _rows_of(given: Any) -> TargetRows:
    """One array, or a tree of several."""
    if isinstance(given, Mapping | list | tuple):
        return Tree.of(given, lambda _: False).map(_array)
    return _array(given)


def _check_weights(where: str, weights: Array) -> None:
    """Of rows, or of places in them."""
    bad = np.argwhere(~(np.isfinite(weights) & (weights >= 0)))
    if len(bad):
        raise InputError(
            f"{where}, row {bad[0][0]} (from 0)",
            f"a weight of {weights[tuple(bad[0])]}",
            "give finite numbers of 0 or more",
        )


def _array(x: Any) -> Array:
    found = np.asarray(x)
    if found.dtype.kind in "SU":
        return found.astype(object)
    return found


def _leaves(x: Tree, y: TargetRows) -> list[Leaf]:
    targets = leaves_by_path(y)
    found = [Leaf.of(("y", *path), leaf) for path, leaf in targets.items()]
    return [*(Leaf.of(path, leaf) for path, leaf in x.leaves.items()), *found]


def _unlike(form: list[Form], first: list[Form]) -> tuple[str, str]:
    """What is in one and not in the other."""
    one, other = (
        ", ".join(_told(leaf) for leaf in some if leaf not in rest) or "nothing more"
        for some, rest in ((form, first), (first, form))
    )
    return one, other


def _told(form: Form) -> str:
    path, shape, dtype = form
    return f"{'/'.join(map(str, path)) or 'x'} of shape {shape} and type {dtype}"


def _elements(data: Any) -> Iterator[Any]:
    if isinstance(data, tf.data.Dataset):
        yield from data.as_numpy_iterator()
        return
    at = 0
    while data.num_batches is None or at < data.num_batches:
        yield data[at]
        at += 1


def _endless(data: Any) -> Iterator[Any]:
    """Batch after batch, from the beginning again at the end."""
    while True:
        yield from data if isinstance(data, tf.data.Dataset) else _elements(data)


def _some(left: Iterator[Any], count: int) -> Iterator[Any]:
    """The next ones, as a generator, which `fit` asks for."""
    yield from islice(left, count)


def _length(data: Any) -> int | None:
    """Elements; None where they are not counted, or do not end."""
    if isinstance(data, tf.data.Dataset):
        count = int(data.cardinality())
        return count if count >= 0 else None
    return None if data.num_batches is None else int(data.num_batches)


def _is_infinite(data: Any) -> bool:
    if isinstance(data, tf.data.Dataset):
        return bool(data.cardinality() == tf.data.INFINITE_CARDINALITY)
    return bool(data.num_batches is None)


def _check_dense(name: str, data: tf.data.Dataset) -> None:
    for spec in tf.nest.flatten(data.element_spec):
        if not isinstance(spec, tf.TensorSpec):
            raise InputError(
                f"streams: {name}",
                f"its elements hold a {type(spec).__name__.removesuffix('Spec')}",
                "make them dense, such as by .to_tensor() or .padded_batch(…)",
            )


def _is_batched(name: str, data: tf.data.Dataset) -> bool:
    """Whether elements are batches: all arrays share their first axis; one alone leaves it open."""
    specs = tf.nest.flatten(tuple(element_of(name, data.element_spec)))
    if all(spec.shape.rank is not None for spec in specs):
        shapes = [tuple(spec.shape) for spec in specs]
    else:
        first = next(data.as_numpy_iterator(), ())
        shapes = [np.shape(leaf) for leaf in tf.nest.flatten(first)]
    if len(shapes) == 1:  # features alone, and no targets
        return shapes[0][:1] == (None,)
    return all(shapes) and len({shape[0] for shape in shapes}) == 1


def _split(made: Any, shares: tuple[int, int, int]) -> dict[str, Any]:
    """One stream as three, by the places of its elements.

    Raises:
        InputError: It is no stream, or one whose order is another each time.
    """
    whole = Stream.of("all", made)
    ends = np.cumsum(shares).tolist()
    ranges = zip([0, *ends[:-1]], ends, strict=True)
    if isinstance(made, keras.utils.PyDataset):
        return {n: _Some(made, ends[-1], *r) for n, r in zip(PARTS, ranges, strict=True)}
    _check_order(whole)

    def taken(low: int, high: int) -> tf.data.Dataset:
        placed = made.enumerate().filter(
            lambda place, _: (place % ends[-1] >= low) & (place % ends[-1] < high)
        )
        return placed.map(lambda _, element: element)

    return {name: taken(*r) for name, r in zip(PARTS, ranges, strict=True)}


def _check_order(stream: Stream) -> None:
    """Rows would go from one part into another."""
    one, other = (tf.nest.flatten(list(islice(_elements(stream.data), LOOKED))) for _ in range(2))
    if not all(np.array_equal(*pair) for pair in zip(one, other, strict=True)):
        raise InputError(
            "streams(split=…)",
            "the stream has another order, or other rows, each time it is read, so that rows would "
            "pass from one part into another",
            "shuffle by a seed and reshuffle_each_iteration=False, or return three streams",
        )


def _any_batch(x: Any) -> tf.TensorSpec:
    return tf.TensorSpec((None, *x.shape[1:]), x.dtype)


class _Some(keras.utils.PyDataset):  # type: ignore[misc]
    """Some batches of a `PyDataset`, by their places modulo `period`."""

    def __init__(self, whole: Any, period: int, low: int, high: int) -> None:
        super().__init__(whole.workers, whole.use_multiprocessing, whole.max_queue_size)
        self._whole = whole
        self._places = [at for at in range(whole.num_batches) if low <= at % period < high]

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, at: int) -> Any:
        return self._whole[self._places[at]]


def _a(value: object) -> str:
    name = type(value).__name__
    if isinstance(value, list | tuple):
        return f"a {name} of {len(value)}"
    return "None" if value is None else f"a {name}"
