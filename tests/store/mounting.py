"""Disks of a test's own, where they may be mounted."""

import shutil
import subprocess

import pytest

APART = ["unshare", "-m"]


def apart_where_it_mounts() -> list[str]:
    """How a command begins that mounts what only it sees; skips where nobody may.

    In CI too: a container may forbid it, and what needs no mount is tested without.
    """
    tried = [*APART, "mount", "-t", "tmpfs", "none", "/mnt"]
    if (
        shutil.which(APART[0]) is None
        or subprocess.run(tried, capture_output=True, check=False).returncode
    ):
        pytest.skip("it needs leave to mount a disk: root, and a system that lets `unshare -m`")
    return APART
