"""A run's trials in optuna-dashboard, on this machine alone."""

from pathlib import Path
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from search.store.run import load_run
from search.store.serving import LOOPBACK, application


class Dashboard(ThreadingMixIn, WSGIServer):
    """A server of a run's study.

    Attributes:
        ray: Where the Ray dashboard is while the run goes; else empty.
    """

    # A browser keeps a connection and asks by others; none may keep the process alive.
    daemon_threads = True
    ray = ""


def serving(run: Path, port: int) -> Dashboard:
    """A server of a run's study, bound to loopback.

    Args:
        run: Its folder.
        port: 0 for one that is free.

    Raises:
        InputError: There is no run.
        OSError: The port is taken.
        OverflowError: It is none.
        RunError: The run cannot be read.
    """
    opened = load_run(run)
    opened.trials()  # what cannot be read is no page
    server = make_server(LOOPBACK, port, application(opened), Dashboard, _Silent)
    server.ray = opened.ray_dashboard
    return server


class _Silent(WSGIRequestHandler):
    """A line a request would bury the address."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        pass
