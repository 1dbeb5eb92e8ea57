"""Other programs' noise goes to the run's log, while the terminal stays the product's own."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO


@contextmanager
def noise_to(log: Path) -> Iterator[TextIO]:
    """Send standard output and error, also of C++ code and of workers, to a file.

    Ray prints its workers' lines through the driver's own streams, so this is the one place that
    catches all of it.

    Yields:
        The real standard output.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    output, errors = os.dup(1), os.dup(2)
    with log.open("ab", buffering=0) as file, os.fdopen(os.dup(1), "w", encoding="utf-8") as real:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
        try:
            yield real
        finally:
            for stream in (sys.stdout, sys.stderr):
                with suppress(OSError):  # the log's disk is full, and a person has to read so
                    stream.flush()
            os.dup2(output, 1)
            os.dup2(errors, 2)
            os.close(output)
            os.close(errors)
