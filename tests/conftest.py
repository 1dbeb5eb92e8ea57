"""Order of the files: those that take longest come first, so that no process is left with one."""

from pathlib import Path

import pytest

LONGEST = (
    "functional/test_cluster_nodes.py",
    "functional/test_signals.py",
    "functional/test_take_away.py",
    "functional/test_limits.py",
    "functional/test_python.py",
    "functional/test_ray_dies.py",
    "commands/test_surroundings.py",
    "functional/test_main_job.py",
    "functional/test_faults.py",
    "functional/test_big_data.py",
    "commands/test_submit.py",
    "functional/test_finish.py",
    "functional/test_spaces.py",
    "functional/test_damage.py",
    "functional/test_cluster_door.py",
)
"""By seconds, the longest first; then comes what else starts Ray, then all others."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of a file together, and sort the files."""
    tests = Path(__file__).parent
    names = {item.path: item.path.relative_to(tests).as_posix() for item in items}
    with_ray = {item.path for item in items if item.get_closest_marker("ray")}

    def place(item: pytest.Item) -> int:
        name = names[item.path]
        if name in LONGEST:
            return LONGEST.index(name)
        return len(LONGEST) + (item.path not in with_ray)

    items.sort(key=place)
