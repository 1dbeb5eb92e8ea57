"""Once is in order, twice is at once, and nobody waits longer than was promised."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
HEADER = """
import time
from search.app import interrupts
from search.app.interrupts import Interrupts
heeding = Interrupts(at_once=lambda: print("at once", flush=True))
"""
DEAF = """
with heeding.heeded():
    try:
        print("ready", flush=True)
        time.sleep(600)
    except KeyboardInterrupt:
        print("heard", flush=True)
    time.sleep(600)
"""
STOPPING = """
stopped = []
with heeding.heeded():
    with heeding.stopping(lambda: stopped.append(1)):
        print("ready", flush=True)
        while not stopped:
            time.sleep(0.01)
    print("stopped", flush=True)
print("after", flush=True)
time.sleep(600)
"""
LOST = """
class Callback:
    def __del__(self):
        print("ready", flush=True)
        time.sleep(600)
with heeding.heeded():
    try:
        callback = Callback()
        del callback
        print("lost", flush=True)
        heeding.heed()
    except KeyboardInterrupt:
        print("heard", flush=True)
"""

Begun = Callable[[str], "subprocess.Popen[str]"]


@pytest.fixture
def begun() -> Iterator[Begun]:
    """Starts a process, and returns it when it is ready for signals."""
    processes = []

    def begin(code: str) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-c", HEADER + code],
            env={"PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        processes.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        return process

    yield begin
    for process in processes:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM])
def test_the_first_raises_where_the_process_stands_and_the_second_ends_it(
    begun: Begun, kind: signal.Signals
) -> None:
    process = begun(DEAF)
    process.send_signal(kind)
    assert process.stdout is not None
    assert process.stdout.readline() == "heard\n"
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert out.endswith("at once\n")


def test_the_first_ends_it_too_where_it_is_not_obeyed_in_time(begun: Begun) -> None:
    process = begun("interrupts.LATEST = 0.5" + DEAF)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert out == "heard\nat once\n"


def test_one_that_python_dropped_is_heeded_at_the_next_step(begun: Begun) -> None:
    process = begun(LOST)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert "Exception ignored" in err
    assert out == "lost\nheard\n"


def test_the_first_has_work_end_in_order_and_python_has_them_back_afterwards(
    begun: Begun,
) -> None:
    process = begun("interrupts.LATEST = 5.0" + STOPPING)
    process.send_signal(signal.SIGINT)
    assert process.stdout is not None
    assert [process.stdout.readline() for _ in range(2)] == ["stopped\n", "after\n"]
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == -signal.SIGINT
    assert "KeyboardInterrupt" in err
