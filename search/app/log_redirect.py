"""Other programs' noise goes to the run's log, while the terminal stays the product's own."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO


@dataclass(frozen=True)
class Real:
    """The standard streams as they were."""

    output: TextIO
    errors: TextIO


@contextmanager
def noise_to(log: Path) -> Iterator[Real]:
    """Send standard output and error, also of C++ code and of workers, to a file.

    Ray prints its workers' lines through the driver's own streams, so this is the one place that
    catches all of it.

    Yields:
        The real ones. Closing them fails silently where the reader has gone.
    """
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    real = Real(_copy(1), _copy(2))
    try:
        with log.open("ab", buffering=0) as file:
            os.dup2(file.fileno(), 1)
            os.dup2(file.fileno(), 2)
            try:
                yield real
            finally:
                for stream in (sys.stdout, sys.stderr):
                    with suppress(OSError):  # the log's disk is full, and the user has to see that
                        stream.flush()
                os.dup2(real.output.fileno(), 1)
                os.dup2(real.errors.fileno(), 2)
    finally:
        for stream in (real.output, real.errors):
            with suppress(OSError):
                stream.close()


def _copy(number: int) -> TextIO:
    # What has no place in the stream's encoding is escaped: a name must not end a run.
    encoding = (sys.stdout if number == 1 else sys.stderr).encoding or "utf-8"
    return os.fdopen(os.dup(number), "w", encoding=encoding, errors="backslashreplace")
