"""`search logs RUN`: what TensorFlow, Ray and your code printed."""

import sys

from search.commands.naming import Named


def logs(run: Named) -> None:
    """Print the log of a run; repeated lines are printed once with their count."""
    from search.app import logs as app

    sys.stdout.writelines(f"{line}\n" for line in app.logs(run))
