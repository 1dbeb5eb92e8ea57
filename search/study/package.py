"""Where this package lies."""

from pathlib import Path

PACKAGE = Path(__file__).parent.parent
"""The folder `search/`; beside it is what a clone has."""
