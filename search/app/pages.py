"""Where pages lie."""

from pathlib import Path

REPORTS = Path("reports")


def page_of(name: str) -> Path:
    """Where a run's page lies."""
    return REPORTS / f"{name}.html"
