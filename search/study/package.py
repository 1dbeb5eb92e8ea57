"""Where this package lies, and how another process finds it."""

import os
from pathlib import Path

PACKAGE = Path(__file__).parent.parent
"""The folder `search/`; beside it is what a clone has."""


def environment_with_package() -> dict[str, str]:
    """This process's variables for one that imports this very package: it is found first."""
    paths = (str(PACKAGE.parent), os.environ.get("PYTHONPATH"))
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
