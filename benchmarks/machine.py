"""Where it was measured: the machine, the versions, the moment."""

import os
import platform
import subprocess
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil

from benchmarks.jobs import ROOT

PACKAGES = "keras-search tensorflow keras ray optuna keras-tuner numpy psutil".split()


def described(now: datetime, used: str = "2 are") -> list[str]:
    """Lines of Markdown; to be asked before anything is started, for the load.

    Args:
        now: The moment.
        used: How many cores are used of those that may be, with the verb.
    """
    load = ", ".join(f"{value:.2f}" for value in os.getloadavg())
    memory = psutil.virtual_memory().total / 2**30
    usable = len(os.sched_getaffinity(0))
    return [
        f"- {now:%Y-%m-%d %H:%M}, load average at the start {load}",
        f"- {_cpu()}, {os.cpu_count()} cores of which {usable} may be used here and {used} used; "
        f"{memory:.1f} GiB of memory; {platform.system()} {platform.release()}",
        f"- Python {platform.python_version()}, "
        + ", ".join(f"{package} {_version(package)}" for package in PACKAGES),
        f"- checkout {_commit()}",
    ]


def _cpu() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.is_file() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.machine()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _commit() -> str:
    """The commit, and whether files differ from it; "unknown" outside a git checkout."""
    try:
        said = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--abbrev=10"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return said.stdout.strip()
