"""The rows of streams: read before the search, and on a worker by a configuration's values."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Any, TypeVar

import numpy as np

from search.data.arrays import room
from search.data.dataset import StreamFacts
from search.data.inputs import typed
from search.data.rows_in_file import Features, leaves_of
from search.data.split import Rows
from search.data.streams import OTHER_TARGETS, ReadStreams, Streams
from search.data.tree import TargetRows, Tree, joined, leaves_by_path, named, under
from search.study.errors import InputError
from search.study.parameters import Value
from search.training.engine import TrainingRows
from search.training.streams import Opened, Stream, digest_of, measuring, opened, read_whole

SAMPLE = 10_000
"""Training rows that are read before the search and kept, at most."""
SAMPLE_BYTES = 64 * 2**20
"""The same in bytes."""
LOOKED = 5.0
"""Seconds in which the rest of them is read, to count rows and to find what is wrong."""
KEPT = 2
"""Sets of values whose streams a worker keeps: those that came last."""

R = TypeVar("R", bound=TrainingRows)
Made = tuple[Opened, Tree | None]
"""Streams, and features of those that validate, where they depend on values."""


def first_read(data: Streams, values: Mapping[str, Value]) -> ReadStreams:
    """Read validation and held-out, and some training rows.

    Args:
        data: The source.
        values: Of a configuration, those that it takes.

    Raises:
        InputError: Something is wrong with the streams.
    """
    made = opened(data, values, seed=0)
    validation, held_out = (read_whole(one, room()) for one in (made.validation, made.held_out))
    for again in (made, opened(data, values, seed=1)):
        _check_same(again.validation, validation)
        _check_same(again.held_out, held_out)
    train, rows, notes = _looked_at(made.train)
    facts = StreamFacts(digest_of(validation[1]), digest_of(held_out[1]), made.train.batched, rows)
    return ReadStreams((train, validation, held_out), facts, notes)


def _check_same(again: Stream, known: tuple[Tree, TargetRows, Any]) -> None:
    """See whether a part has the same rows when it is read again, or when `make` is called again.

    Else rows that judge would train. In another order they may come, and with other
    features, as augmented ones, where targets come in the same order.

    Args:
        again: The part then; what is read in a few seconds is compared.
        known: What was read of it before.

    Raises:
        InputError: There are others.
    """
    begun, at, rows = time.monotonic(), 0, set[bytes]()
    has_targets = known[1].shape[1:] != (0,)
    for x, y, _ in again.batches():
        there = known[1][at : at + len(y)]
        in_order = has_targets and digest_of(y) == digest_of(there)
        if not in_order:
            rows = rows or set(_digests(known[0], known[1]))
            if not rows.issuperset(_digests(x, y)):
                raise InputError(
                    f"streams: {again.name}",
                    "it has other rows each time that make is called, or it is read, so that "
                    "trials would be judged by other rows, or by rows that train",
                    "split, and draw noise, by a seed of make's own, such as "
                    "np.random.default_rng(0), and shuffle the training rows after that",
                )
        at += len(y)
        if time.monotonic() - begun > LOOKED:
            break


def _digests(x: Tree, y: TargetRows) -> Iterator[bytes]:
    """Of each row."""
    leaves = [*x.leaves.values(), *leaves_by_path(y).values()]
    for place in range(len(y)):
        row = [leaf[place] for leaf in leaves]
        told = [repr(np.asarray(one).tolist()).encode() for one in row]
        yield sha256(b"|".join(told)).digest()


def _looked_at(
    train: Stream,
) -> tuple[tuple[Tree, TargetRows, Any], int | None, tuple[str, ...]]:
    """Some rows, how many there are in all where that is known, and what to say of it."""
    begun, xs, ys, ws = time.monotonic(), list[Tree](), list[TargetRows](), list[Any]()
    kept = size = rows = 0
    ended = True
    for x, y, weights in train.batches():
        if kept < SAMPLE and size < SAMPLE_BYTES:
            xs.append(x[: SAMPLE - kept])
            ys.append(y[: SAMPLE - kept])
            ws.append(None if weights is None else weights[: SAMPLE - kept])
            kept, size = kept + len(ys[-1]), size + x.nbytes + y.nbytes
        elif train.steps is not None or time.monotonic() - begun > LOOKED:
            ended = False
            break
        rows += len(y)
    if not ys:
        raise InputError(f"streams: {train.name}", "this stream is empty", "give rows")
    known = rows if ended and train.steps is None else None
    found = (joined(xs), under(ys), measuring(ws))
    if known == kept:
        return found, known, ()
    there = f"{known:,} of them" if known else "nobody knows how many"
    if known is None and train.steps is None:
        there += " (if they never end, say how many batches an epoch has: streams(…, steps=100))"
    note = (
        f"the training rows come as a stream, {there}: what is said of them, and the reference "
        f"models, are of the first {kept:,}"
    )
    return found, known, (note,)


class StreamRows:
    """Makes a worker's rows of streams; see `search.training.rows_by_values`.

    Args:
        data: The source.
    """

    def __init__(self, data: Streams) -> None:
        self._data = data
        self._kept: dict[tuple[Any, ...], Made] = {}

    def rows_for(self, rows: R, values: Mapping[str, Value], fresh: int | None) -> R:
        """As in `RowsByValues`: training rows stay a stream, validation is read."""
        self._facts = rows.train.stream
        made, validation = self._made(values, fresh)
        if validation is None:
            return replace(rows, train=replace(rows.train, stream=made.train))
        # Of the training rows, none is read: what is asked of some, those that validate answer.
        own = rows.validation
        some, inputs = Rows(validation, own.y, own.weights), leaves_of(validation)
        told = {"shape": replace(rows.shape, features=(), inputs=inputs, ranges=())}
        signature = getattr(rows, "signature", None)
        if signature is not None:
            told["signature"] = replace(signature, inputs=inputs)
        return replace(rows, train=replace(some, stream=made.train), validation=some, **told)

    def inputs_for(
        self, inputs: Mapping[str, Features], values: Mapping[str, Value]
    ) -> Mapping[str, Features]:
        """As in `RowsByValues`: held-out rows are read for these values, after `rows_for`."""
        if not values or "held_out" not in inputs:
            return inputs
        made, _ = self._made(values, None)
        return {**inputs, "held_out": _read(made.held_out, self._facts.held_out, values)}

    def _made(self, values: Mapping[str, Value], fresh: int | None) -> Made:
        key = tuple(sorted(values.items()))
        if fresh is None and key in self._kept:
            self._kept[key] = self._kept.pop(key)
            return self._kept[key]
        made, validation = opened(self._data, values, seed=fresh or 0), None
        if values:
            validation = _read(made.validation, self._facts.validation, values)
        if fresh is None:
            self._kept[key] = (made, validation)
            for oldest in list(self._kept)[:-KEPT]:
                del self._kept[oldest]
        return made, validation


def _read(part: Stream, digest: str, values: Mapping[str, Value]) -> Tree:
    """Features of a part for these values, whose targets are known."""
    x, y, _ = read_whole(part, room())
    if digest_of(y) != digest:
        raise _others(part.name, values)
    return Tree({path: typed(named(path), leaf) for path, leaf in x.leaves.items()})


def _others(part: str, values: Mapping[str, Value]) -> InputError:
    told = ", ".join(f"{name}={value!r}" for name, value in values.items())
    return InputError(
        f"streams: {part}",
        f"with {told} {OTHER_TARGETS}",
        "let make give the same rows in the same order whatever the values, without a shuffle: "
        "configurations are compared on them",
    )
