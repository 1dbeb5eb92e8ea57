"""Reads a study's streams once, in a process of its own: the driver has no TensorFlow.

python -m search.jobs.first_read ORDER ANSWER
"""

import pickle
import re
import sys
from pathlib import Path

from search.data.streams import ReadStreams, Streams
from search.loading.space_check import configurations
from search.loading.space_file import SpaceSource
from search.loading.user_lines import place_of
from search.study.errors import InputError, first_line, plain

RAISED = re.compile(r"\w+(?:Error|Exception|Exit): ")


def main(order: Path, answer: Path) -> None:
    """Read as an order says.

    Args:
        order: The space's source, and a configuration's values or None for its middle; pickled.
        answer: Where to: what was read, or an `InputError`; pickled.
    """
    source: SpaceSource
    source, given = pickle.loads(order.read_bytes())  # noqa: S301 - of the driver
    from search.training.device import prepare

    prepare(cpus=1, gpus=0)
    study = source.execute().study
    data = study.data
    if not isinstance(data, Streams):
        raise TypeError("the study has no streams")
    from search.training.stream_rows import first_read

    middle = given or configurations(study)[0]
    found: ReadStreams | InputError
    try:
        values = {name: middle[name] for name in data.takes(middle)}
        found = first_read(data, values)
    except Exception as error:
        found = _told(error, source, data)
    answer.write_bytes(pickle.dumps(found))


def _told(error: Exception, source: SpaceSource, data: Streams) -> InputError:
    """A mistake with the line of yours that it is about."""
    place = place_of(error, source)
    if isinstance(error, InputError) and place is None:
        return error
    where = f"data={data.name}"
    if place is not None:
        same = place[0] == source.place
        where += f", line {place[1]}" if same else f", {place[0]}, line {place[1]}"
    reason = error.reason if isinstance(error, InputError) else _said(error)
    return InputError(where, reason, "" if isinstance(error, InputError) else "fix it")


def _said(error: Exception) -> str:
    """What was raised within a pipeline stands in the text of what TensorFlow raises."""
    text = first_line(error)
    raised = [found.start() for found in RAISED.finditer(text)]
    # TensorFlow tells its own error before yours.
    return f"it failed ({text[raised[-1] :] if raised else plain(error)})"


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
