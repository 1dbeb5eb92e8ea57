"""A process that waits for a run, with all loaded and started that does not depend on which.

It goes on as the command that the run is asked for by: in its folder, with its open files.
"""

import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from importlib import import_module
from io import TextIOWrapper
from pathlib import Path
from typing import Any

from search.app import kept
from search.app.environment import settle
from search.cluster.keeper import Line

LOADED = (
    "search.app.child",
    "search.app.resume",
    "search.app.run",
    "search.commands.command_line",
    "search.data.generators",
    "search.display.screen",
    "search.finals.drawn_features",
    "search.report.page",
    "search.report.report_data",
    "search.report.search_section",
    "sklearn.datasets",
    "sklearn.ensemble",
    "sklearn.linear_model",
    "sklearn.model_selection",
    "sklearn.pipeline",
)
"""What every run needs sooner or later, with all that it imports."""


def stand_by(command: Callable[[], None]) -> None:
    """Wait for one run, on the line that is this process's standard input, and perform it.

    Args:
        command: The command line, by what `sys.argv` says.
    """
    settle()
    line = Line(socket.socket(fileno=os.dup(0)))
    _connect_to([os.open(os.devnull, os.O_RDWR)] + [os.dup(2)] * 2)
    from search.cluster.connection import Ahead, IfItDies, connected, prepared
    from search.tuning.ahead import RunnerAhead

    kept.inside = True
    waits = True

    def lost(what: str) -> None:
        del what
        if waits:
            os._exit(1)

    prepared(None)
    for module in LOADED:
        import_module(module)
    with connected(None, None, IfItDies(lost)) as cluster:
        runner = RunnerAhead(cluster)
        runner.wait()
        asked = line.receive()
        if asked is None:
            runner.end()
            return
        order, files = asked
        line.send({})
        waits = False
        threading.Thread(target=_end_with, args=(line,), daemon=True).start()
        _connect_to(files)
        os.environ.update(order["environ"])
        Ahead.begun = Ahead(cluster, runner.end, dict(os.environ), sys.argv[1])
        code = _performed(order, command)
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except OSError:
                code = code or 1
        _connect_to([os.open(os.devnull, os.O_RDWR)] * 3)  # whoever reads the output can go on
        line.send({"code": code})


def _performed(order: dict[str, Any], command: Callable[[], None]) -> int:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.argv[:] = order["argv"]
    try:
        if order["child"]:
            from search.app import child

            return child.main(Path(sys.argv[1]))
        command()
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    return 0


def _connect_to(files: list[int]) -> None:
    """Make these the standard streams."""
    for number, file in enumerate(files):
        os.dup2(file, number)
    for file in set(files):
        os.close(file)
    # Python's own would remember whether the files before could be sought, and are no terminal.
    for number, name in ((1, "stdout"), (2, "stderr")):
        before = getattr(sys, name)
        through = before.write_through  # as by PYTHONUNBUFFERED
        binary = open(number, "wb", 0 if through else -1, closefd=False)  # noqa: SIM115
        stream = TextIOWrapper(
            binary,
            before.encoding,
            before.errors,
            line_buffering=number == 2 or os.isatty(number),
            write_through=through,
        )
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)


def _end_with(line: Line) -> None:
    """End where the keeper has: nobody could tell of an interrupt any more."""
    if line.receive() is None:
        os._exit(1)
