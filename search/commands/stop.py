"""`search stop`: end what a run has kept for the next."""

import sys


def stop() -> None:
    """End what `search run --keep` keeps for the next run."""
    from search.app.kept import stop

    sys.stdout.write(f"{stop()}\n")
