"""`search dashboard RUN`: a run's trials in optuna-dashboard, on this machine alone."""

import sys
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING, Annotated
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import typer

from search.commands.naming import Named

if TYPE_CHECKING:
    from search.store.run import StoredRun


def dashboard(
    run: Named,
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1; 0 for one that is free.")] = 0,
) -> None:
    """Show a run's trials in optuna-dashboard, while it goes and after; nothing can be changed."""
    from search.store.run import load_run

    opened = load_run(run)
    opened.trials()  # what cannot be read is no page
    with serving(opened, port) as server:
        sys.stdout.write(f"study  http://127.0.0.1:{server.server_port}/dashboard\n")
        if opened.ray_dashboard:
            sys.stdout.write(f"Ray    http://{opened.ray_dashboard}\n")
        sys.stdout.write("Ctrl-C ends it\n")
        sys.stdout.flush()
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            sys.stdout.write("\n")


def serving(run: "StoredRun", port: int) -> WSGIServer:
    """A server of the run's study, bound to loopback.

    Raises:
        InputError: The port is none, or taken.
    """
    from search.store.serving import LOOPBACK, application
    from search.study.errors import InputError

    try:
        return make_server(LOOPBACK, port, application(run), _Threads, _Silent)
    except (OSError, OverflowError) as error:
        why = getattr(error, "strerror", None) or "ports go from 0 to 65535"
        raise InputError(f"--port {port}: {why}; give another, or 0 for one that is free") from None


class _Threads(ThreadingMixIn, WSGIServer):
    """A browser keeps a connection and asks by others; none may keep the process alive."""

    daemon_threads = True


class _Silent(WSGIRequestHandler):
    """A line a request would bury the address."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        pass
