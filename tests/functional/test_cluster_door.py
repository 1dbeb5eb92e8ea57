"""Who gets in: nobody from elsewhere into a local run, nobody without a token into a cluster."""

import re
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

import grpc
import psutil
import pytest

from benchmarks.killing.nodes import Nodes, free_port
from search.cluster.authentication import knocked
from search.study.errors import InputError
from tests.functional.command import search, start
from tests.functional.test_faults import SLOW, finished, wait_until
from tests.functional.test_limits import SMALL

pytestmark = pytest.mark.ray


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


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Listening]:
    """A local run with workers at work."""
    folder = tmp_path_factory.mktemp("local")
    (folder / "slow.py").write_text(SLOW)
    driver = start(folder, "run", "slow.py", "--name", "local")
    wait_until(lambda: finished(folder, "local") >= 1, "a finished trial")
    yield Listening.under(driver.pid)
    driver.kill()
    driver.communicate()


def test_a_local_run_listens_at_loopback_alone(local: Listening) -> None:
    for title in (
        "gcs_server",
        "raylet/raylet",
        "dashboard/dashboard.py",
        "ray::DashboardAgent",
        "ray::Worker",
    ):
        assert local.of(title), f"{title} among {list(local.by_title)}"
    loopback = re.compile(r"(::ffff:)?127\.|::1$")
    assert [place for place in local.of("") if not loopback.match(place[0])] == []


@pytest.mark.parametrize(
    ("process", "service"),
    [
        ("gcs_server", "NodeInfoGcsService/CheckAlive"),
        ("raylet/raylet", "NodeManagerService/RequestWorkerLease"),
        ("ray::Worker", "CoreWorkerService/PushTask"),
        ("slow.py", "CoreWorkerService/PushTask"),
    ],
)
def test_a_local_run_refuses_clients_without_the_token(
    local: Listening, process: str, service: str
) -> None:
    said = {asked(port, service) for _, port in local.of(process)}
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


def test_a_local_run_refuses_jobs_and_questions_without_the_token(local: Listening) -> None:
    ports = [port for _, port in local.of("dashboard/dashboard.py")]
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


def test_a_cluster_of_another_token_is_refused_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "token").write_text("00" * 32)
    (tmp_path / "small.py").write_text(SMALL)
    monkeypatch.setenv("RAY_AUTH_TOKEN_PATH", str(tmp_path / "token"))
    with closing(Nodes()) as nodes:
        ended = search(tmp_path, "run", "small.py", "--address", nodes.address)
    assert ended.code == 2
    assert ended.err == (
        f"search: --address {nodes.address}: this cluster has another token than yours; put its "
        "own into ~/.ray/auth_token, or name a file with it by RAY_AUTH_TOKEN_PATH\n"
    )
    assert not list((tmp_path / "runs").iterdir())


def test_a_cluster_that_asks_for_no_token_is_refused() -> None:
    with closing(Nodes(token=False)) as nodes:
        with pytest.raises(InputError, match="anyone who"):
            knocked(nodes.address)
        assert knocked(nodes.address, unauthenticated=True) == (nodes.address, False)


def test_where_nobody_listens_is_no_cluster() -> None:
    with pytest.raises(InputError, match="no Ray cluster answers there"):
        knocked(f"127.0.0.1:{free_port()}")
