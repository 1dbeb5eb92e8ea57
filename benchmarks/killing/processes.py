"""The processes of one command, found by a mark in their environment, orphans too."""

import os
import time
from pathlib import Path

import psutil

MARK = "KEEPS_NOTHING_BEHIND"
PATIENCE = 30.0
"""Seconds that workers may outlive their driver."""


def marked(mark: str) -> list[psutil.Process]:
    """Living processes that inherited the mark."""
    found = []
    for process in psutil.process_iter():
        try:
            environment = Path(f"/proc/{process.pid}/environ").read_bytes()
            if f"{MARK}={mark}".encode() in environment and process.status() != "zombie":
                found.append(process)
        except (OSError, psutil.Error):
            continue  # ended meanwhile, or another person's
    return found


def workers(mark: str) -> list[psutil.Process]:
    """Ray actors that search."""
    return [process for process in marked(mark) if _title(process).startswith("ray::Worker")]


def environment(mark: str, temporary: Path) -> dict[str, str]:
    """For a command whose processes and temporary files shall be found again."""
    return {**os.environ, MARK: mark, "TMPDIR": str(temporary)}


def outlived(mark: str) -> list[str]:
    """Processes that are still there when they should not be; they are ended."""
    deadline = time.monotonic() + PATIENCE
    while (left := marked(mark)) and time.monotonic() < deadline:
        time.sleep(0.2)
    found = [f"{_title(process)} outlived its driver" for process in left]
    for process in left:
        process.kill()
    return found


def _title(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())[:60]
    except psutil.Error:
        return ""
