"""`search stop`: end what a run has kept for the next."""

import sys


def stop() -> None:
    """End what `search run --keep` keeps for the next run."""
    from search.app.kept import stop

    since = stop()
    said = "nothing is kept" if since is None else f"ended what was kept since {since}"
    sys.stdout.write(f"{said}\n")
