"""A local run in a terminal: nobody gets in from elsewhere, and it shows a live table and no noise.

It ends by `search finish`, as the runs of test_finish do in a pipe.
"""

import os
import pty
import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from threading import Thread

import grpc
import psutil
import pytest

from search.cluster.environment import DASHBOARD
from search.store.run import load_run
from tests.functional.command import COMMAND, PATIENCE, environment, within
from tests.functional.test_faults import finished, wait_until
from tests.functional.test_finish import LONG, TRIALS

pytestmark = [pytest.mark.ray, pytest.mark.keras]


@dataclass(frozen=True)
class Listening:
    """Title of each process of one command → the places that it listens at."""

    by_title: Mapping[str, list[tuple[str, int]]]

    @classmethod
    def under(cls, driver: int) -> "Listening":
        """As long as the driver lives, all others descend from it."""
        by_title: dict[str, list[tuple[str, int]]] = {}
        parent = psutil.Process(driver)
        for process in (parent, *parent.children(recursive=True)):
            with suppress(psutil.Error):
                title, found = " ".join(process.cmdline()), process.net_connections("inet")
                open_to = [(c.laddr.ip, c.laddr.port) for c in found if c.status == "LISTEN"]
                by_title.setdefault(title, []).extend(open_to)
        return cls(by_title)

    def of(self, title: str) -> list[tuple[str, int]]:
        """Of those processes with this in their titles."""
        return [place for name, found in self.by_title.items() if title in name for place in found]


class Terminal:
    """A run in a terminal of 120 columns.

    Attributes:
        root: Where its folder is.
        listening: Where its processes listened while they were at work.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "long.py").write_text(LONG)
        self._ours, theirs = pty.openpty()
        size = {"COLUMNS": "120", "LINES": "40", "TERM": "xterm", DASHBOARD: "1"}
        self._process = subprocess.Popen(
            [*COMMAND, "run", "long.py", "--name", "seen"],
            cwd=root,
            env={**environment(), **size},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
        )
        os.close(theirs)
        self._written: list[str] = []
        self._reader = Thread(target=lambda: self._written.append(all_of(self._ours)))
        self._reader.start()

    def at_work(self) -> None:
        """Wait until 20 trials have ended."""
        wait_until(lambda: finished(self.root, "seen") >= 20, "20 finished trials")
        self.listening = Listening.under(self._process.pid)

    def screen(self) -> str:
        """All that it has written, when it has ended."""
        assert self._process.wait(timeout=PATIENCE) == 0
        self._reader.join()
        return self._written[0]

    def close(self) -> None:
        """End it, where it has not ended."""
        self._process.kill()
        self._process.wait()
        self._reader.join()
        os.close(self._ours)


def all_of(screen: int) -> str:
    """All that is written until the other end is closed."""
    parts = []
    while True:
        try:
            part = os.read(screen, 65536)
        except OSError:  # how Linux says that it is
            break
        if not part:
            break
        parts.append(part)
    return b"".join(parts).decode()


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    """A local run with workers at work."""
    with closing(Terminal(tmp_path_factory.mktemp("local"))) as made:
        made.at_work()
        yield made


def test_a_local_run_listens_at_loopback_alone(local: Terminal) -> None:
    for title in (
        "gcs_server",
        "raylet/raylet",
        "dashboard/dashboard.py",
        "ray::DashboardAgent",
        "ray::Worker",
    ):
        assert local.listening.of(title), f"{title} among {list(local.listening.by_title)}"
    loopback = re.compile(r"(::ffff:)?127\.|::1$")
    assert [place for place in local.listening.of("") if not loopback.match(place[0])] == []


@pytest.mark.parametrize(
    ("process", "service"),
    [
        ("gcs_server", "NodeInfoGcsService/CheckAlive"),
        ("raylet/raylet", "NodeManagerService/RequestWorkerLease"),
        ("ray::Worker", "CoreWorkerService/PushTask"),
        ("long.py", "CoreWorkerService/PushTask"),
    ],
)
def test_a_local_run_refuses_clients_without_the_token(
    local: Terminal, process: str, service: str
) -> None:
    said = {asked(port, service) for _, port in local.listening.of(process)}
    # A raylet and a driver listen for others, too, who know no such service.
    assert grpc.StatusCode.UNAUTHENTICATED in said
    assert said <= {grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.UNIMPLEMENTED}


def asked(port: int, service: str) -> grpc.StatusCode:
    with grpc.insecure_channel(f"127.0.0.1:{port}", [("grpc.enable_http_proxy", 0)]) as channel:
        try:
            channel.unary_unary(f"/ray.rpc.{service}")(b"", timeout=30)
        except grpc.RpcError as error:
            code: grpc.StatusCode = error.code()
            return code
    return grpc.StatusCode.OK


def test_a_local_run_refuses_jobs_and_questions_without_the_token(local: Terminal) -> None:
    ports = [port for _, port in local.listening.of("dashboard/dashboard.py")]
    said = [
        (code(port, "/"), code(port, "/nodes?view=summary"), code(port, "/api/v0/actors"))
        for port in ports
    ]
    assert (200, 401, 401) in said
    assert code(ports[said.index((200, 401, 401))], "/api/jobs/", '{"entrypoint": "true"}') == 401


def code(port: int, path: str, body: str | None = None) -> int:
    """How a server answers, which is asked for an answer, or given something where there is any."""
    with closing(HTTPConnection("127.0.0.1", port, timeout=30)) as server:
        kind = {"Content-Type": "application/json"}
        server.request("POST" if body else "GET", path, body, kind)
        return server.getresponse().status


def test_a_terminal_shows_a_live_table_and_no_noise_until_the_run_is_told_to_finish(
    local: Terminal,
) -> None:
    asked = within(local.root, "finish", "seen")
    assert (asked.code, "starts no more trials" in asked.out) == (0, True), asked.err
    screen = local.screen()
    head = f"{TRIALS:,} trials × 1 epoch"
    for part in (head, "Ray dashboard 127.0.0.1:", "left", "← best", "finals"):
        assert part in screen
    lines = screen.splitlines()
    ends = ["model  runs/seen/finals/winner.keras", "page  reports/seen.html"]
    assert [line for line in lines if line in ends] == ends
    run = load_run(local.root / "runs" / "seen")
    assert (run.state, run.manifest.cut_short) == ("finished", "`search finish` ended it")
    assert 20 <= len(run.trials()) < TRIALS
    assert not run.folder.asked_to_finish
    answer = run.answer()
    assert answer is not None
    assert f"held-out {answer.headline.judged.measure}" in screen
    again = within(local.root, "finish", "seen")
    assert (again.code, "the run is finished" in again.err) == (2, True)
    log = (local.root / "runs" / "seen" / "log").read_text()
    assert "pid=" in log
    for noise in ("pid=", "WARNING", "absl"):
        assert noise not in screen
