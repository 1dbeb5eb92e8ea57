"""`search logs RUN`: what TensorFlow, Ray and one's own code printed."""

import sys

from search.commands.naming import Named


def logs(run: Named) -> None:
    """Print the log of a run; lines that repeat one another are told once and counted."""
    from search.app import logs as app

    sys.stdout.writelines(f"{line}\n" for line in app.logs(run))
