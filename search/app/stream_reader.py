"""A study's rows as the driver has them: of streams, what another process read of them."""

import pickle
import subprocess
import sys
from collections.abc import Mapping

from search.data.dataset import Dataset
from search.data.streams import ReadStreams, Streams
from search.loading.space_file import Space
from search.store.scratch import scratch_folder
from search.study.errors import InputError
from search.study.field_space import FieldSpace
from search.study.package import environment_with_package
from search.study.parameters import Value
from search.study.study import Study


def loaded(space: Space, study: Study, values: Mapping[str, Value] | None = None) -> Dataset:
    """The rows of a study.

    Args:
        space: That it comes from.
        study: Maybe with what overrides it.
        values: Of a configuration, on which rows of streams may depend; of the middle of the space
            where left out.

    Raises:
        InputError: They cannot be searched on.
    """
    data = study.data
    if not isinstance(data, Streams):
        return data.load()
    if isinstance(study.space, FieldSpace):
        raise InputError(
            "space",
            f"a {type(study.space).__name__} needs all training rows, and these come as a stream",
            "give model=build, and the space as a dict",
        )
    if study.finals.refit:
        raise InputError("Finals(refit=True)", "the training rows come as a stream", "leave it out")
    found = _read(space, values)
    return data.dataset(found, by_values=bool(data.takes({**study.parameters, **study.fixed})))


def _read(space: Space, values: Mapping[str, Value] | None) -> ReadStreams:
    """Read in a process of its own: this one stays without TensorFlow."""
    with scratch_folder() as scratch:
        order, answer, log = (scratch / name for name in ("order", "answer", "log"))
        order.write_bytes(pickle.dumps((space.source, values)))
        with log.open("wb") as output:
            subprocess.run(  # noqa: S603 - this very product
                [sys.executable, "-P", "-m", "search.jobs.first_read", str(order), str(answer)],
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment_with_package(),
                check=False,
            )
        if not answer.is_file():
            said = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
            raise InputError(
                "data", "the process that reads the streams died", said[-1] if said else ""
            )
        found = pickle.loads(answer.read_bytes())  # noqa: S301 - of that process
    if isinstance(found, InputError):
        raise found
    read: ReadStreams = found
    return read
