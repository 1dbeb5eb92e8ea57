"""A part of the page made by a second process, while this one makes the rest."""

import multiprocessing
import signal
import sys
import warnings
from collections.abc import Callable
from functools import cache, partial
from multiprocessing.connection import Connection
from typing import Any, TypeVar

from search.study.errors import RunError

T = TypeVar("T")
THREADED = ("ray", "tensorflow")
"""Packages with threads of their own: of a process that has loaded one, a fork might hang."""

INTERRUPTS = (signal.SIGINT, signal.SIGTERM)


def forked(work: Callable[[], T]) -> Callable[[], T]:
    """Begin a work in a fork of this process, which has imported all that it takes.

    Returns:
        What waits for the work, and gives what came of it or raises what it raised. Where no fork
        is safe, the work is done when it is called.
    """
    if sys.platform != "linux" or any(name in sys.modules for name in THREADED):
        return cache(work)
    reader, writer = multiprocessing.Pipe(duplex=False)
    context = multiprocessing.get_context("fork")
    child = context.Process(target=_work, args=(work, writer), daemon=True)  # it ends with this one
    # Until it heeds no interrupt: it would tell of one by a traceback.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, INTERRUPTS)
    try:
        with warnings.catch_warnings():
            # Python warns of all threads; those that there are, OpenBLAS's, are made for forks.
            warnings.simplefilter("ignore", DeprecationWarning)
            child.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    writer.close()
    return cache(partial(_told, reader))


def _work(work: Callable[[], T], writer: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # its parent ends it, by SIGTERM
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, INTERRUPTS)
    try:
        writer.send((work(), None))
    except Exception as error:
        writer.send((None, error))


def _told(reader: Connection) -> Any:
    try:
        value, error = reader.recv()
    except EOFError:
        raise RunError("a part of the page was not made: its process ended") from None
    if error is not None:
        raise error
    return value
