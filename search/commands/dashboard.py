"""`search dashboard RUN`: a run's trials in optuna-dashboard, on this machine only."""

import sys
from typing import Annotated

import typer

from search import InputError
from search.commands.naming import Named


def dashboard(
    run: Named,
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1; 0 for a free one.")] = 0,
) -> None:
    """Show a run's trials in optuna-dashboard, during the run and after; read-only."""
    from search.app.dashboard import serving

    try:
        server = serving(run, port)
    except (OSError, OverflowError) as error:
        why = getattr(error, "strerror", None) or "ports go from 0 to 65535"
        raise InputError(f"--port {port}", why, "give another, or 0 for one that is free") from None
    with server:
        sys.stdout.write(f"study  http://127.0.0.1:{server.server_port}/dashboard\n")
        if server.ray:
            sys.stdout.write(f"Ray    http://{server.ray}\n")
        sys.stdout.write("Ctrl-C ends it\n")
        sys.stdout.flush()
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            sys.stdout.write("\n")
