"""What makes every score of a run flattering; it is said beside the verdict."""

from search.store.manifest import Manifest


def warnings_of_data(manifest: Manifest) -> list[str]:
    """A sentence each: columns that give the answer away, copies among the rows that train."""
    return [f"Warning: {found.text}." for found in manifest.data.flattering]
