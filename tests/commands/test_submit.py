"""`search submit` and `search fetch` with a real Ray head on loopback that wants a token."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import numpy as np
import pytest

from search.app.options import Options
from search.app.spaces import Asked, executed
from search.app.submit import Submission, entrypoint
from search.commands.command_line import run as command
from search.loading.space_file import read
from tests.functional.command import PATIENCE, ROOT, Ended, environment, search, start

TRIALS = 40
SPACE = f"""
from layers import WIDEST
from search import Budget, DenseSpace, Finals, Float, Int, Study, table

study = Study(
    data=table("rows.csv", target="kind"),
    space=DenseSpace(layers=1, units=Int(2, WIDEST), learning_rate=Float(1e-3, 1e-1, log=True)),
    budget=Budget(trials={TRIALS}, epochs=25),
    finals=Finals(top=1, seeds=1),
)
"""


CUT = """
import sys
from pathlib import Path
from search.app.submit import RemoteJobs, fetch

follow, readings = RemoteJobs.follow, []

def cut(self, job, say):
    lines = []
    ended = follow(self, job, lines.append)
    readings.append(len(lines))
    for line in lines[:3] if len(readings) == 1 else lines:
        say(line)
    return ended

RemoteJobs.follow = cut
fetch("small", None, sys.argv[1], Path(sys.argv[2]))
assert max(readings) > 3
print(len(readings), "readings")
"""
"""Fetches a run whose log, as Ray gives it, breaks off at its third line when it is first read."""


@dataclass(frozen=True)
class Head:
    """A Ray head.

    Attributes:
        home: Of who runs it, with the token.
        port: Of its dashboard.
    """

    home: Path
    port: int

    @property
    def address(self) -> str:
        """Of its dashboard."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def here(self) -> dict[str, str]:
        """What a person's environment says who has the token."""
        return {"RAY_AUTH_TOKEN_PATH": str(self.home / ".ray" / "auth_token")}


@pytest.fixture(scope="module")
def head() -> Iterator[Head]:
    # Not pytest's own folder: Ray's sockets lie in it, whose paths have at most 107 bytes.
    with tempfile.TemporaryDirectory(prefix="head-") as home, _started(Path(home)) as port:
        yield Head(Path(home), port)


@contextmanager
def _started(home: Path) -> Iterator[int]:
    (home / ".ray").mkdir()
    (home / ".ray" / "auth_token").write_text("a5" * 32)
    (home / "bin").mkdir()
    tool = home / "bin" / "search"
    tool.write_text(f"#!{sys.executable}\nfrom search.commands import main\nmain()\n")
    tool.chmod(0o755)
    port, client, agent = _free(3)
    words = [
        *("start", "--head", "--block", "--num-cpus=2", "--disable-usage-stats"),
        *("--node-ip-address=127.0.0.1", "--port=0", f"--ray-client-server-port={client}"),
        *("--dashboard-host=127.0.0.1", f"--dashboard-port={port}"),
        *(f"--dashboard-agent-listen-port={agent}", "--min-worker-port=0", "--max-worker-port=0"),
        f"--temp-dir={home / 'ray'}",
    ]
    environment = {
        **os.environ,
        "HOME": str(home),
        "PATH": f"{home / 'bin'}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "PYTHONWARNINGS": "ignore",
        "RAY_AUTH_MODE": "token",
    }
    program = "from ray.scripts.scripts import main; main()"
    with (home / "said").open("wb") as said:
        process = subprocess.Popen(
            [sys.executable, "-c", program, *words], env=environment, stdout=said, stderr=said
        )
    try:
        _until(lambda: _status(port, "/api/jobs/") == 401, (home / "said").read_text)
        yield port
    finally:
        process.send_signal(signal.SIGTERM)  # with --block, it takes all of Ray's along
        process.wait(PATIENCE)


def _free(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def _status(port: int, path: str, method: str = "GET") -> int:
    """What an unauthenticated request is answered; 0 where nobody answers."""
    with closing(HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        try:
            headers = {"Content-Type": "application/json"}
            connection.request(method, path, b'{"entrypoint": "true"}', headers)
            return connection.getresponse().status
        except OSError:
            return 0


def _until(does: Callable[[], bool], otherwise: Callable[[], str]) -> None:
    latest = time.monotonic() + PATIENCE
    while not does():
        assert time.monotonic() < latest, otherwise()
        time.sleep(0.1)


@pytest.fixture
def token(head: Head, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the commands of a test know it."""
    for name, value in head.here.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def space(tmp_path: Path) -> Path:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "layers.py").write_text("WIDEST = 8\n")
    rows = [f"{n},{n * n % 7},{'ab'[n % 2]}" for n in range(120)]
    (tmp_path / "mine" / "rows.csv").write_text("\n".join(["x,y,kind", *rows]) + "\n")
    file = tmp_path / "mine" / "small.py"
    file.write_text(SPACE)
    return file


@pytest.mark.ray
@pytest.mark.keras
@pytest.mark.usefixtures("token")
def test_a_search_is_left_joined_and_brought_home(head: Head, space: Path, tmp_path: Path) -> None:
    at = ("--address", head.address)
    words = ("mine/small.py", *at, "--name", "small", "--epochs", "300")
    submitted = start(tmp_path, "submit", *words)
    assert submitted.stdout is not None
    # Its first line, of a search that is long: it shall not have ended before the signal comes.
    assert any(" trials × " in line for line in submitted.stdout)
    submitted.send_signal(signal.SIGINT)
    _, said = submitted.communicate(timeout=PATIENCE)
    assert submitted.returncode == 130, said
    assert "submitted small: small.py, layers.py, rows.csv (" in said
    assert f"join it by `search submit --join small --address {head.address}`" in said.lower()

    joined = search(tmp_path, "submit", "--join", "small", *at)
    assert joined.code == 0, joined.err
    assert sum(line.startswith("trial ") for line in joined.out.splitlines()) == TRIALS
    assert "search fetch small" in joined.err

    again = search(tmp_path, "submit", "mine/small.py", *at, "--name", "small")
    assert (again.code, "give another" in again.err) == (2, True)
    fetched = search(tmp_path, "fetch", "small", *at)
    assert fetched.code == 0, fetched.err
    assert fetched.out == "run   runs/small\npage  reports/small.html\n"
    there = head.home / "search" / "runs" / "small"
    for name in ("space/small.py", "space/layers.py", "finals/winner.keras"):
        assert (tmp_path / "runs/small" / name).read_bytes() == (there / name).read_bytes()
    # In a process of its own: Ray reads the token once.
    words = [sys.executable, "-W", "ignore", "-c", CUT, head.address, "again"]
    cut = subprocess.run(
        words, cwd=tmp_path, env=environment(), capture_output=True, text=True,
        timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert cut.returncode == 0, cut.stderr
    assert cut.stdout == "2 readings\n"
    assert (tmp_path / "again/small/space/small.py").is_file()
    status = search(tmp_path, "status", "runs/small")
    assert f"finished · {TRIALS} of {TRIALS} trials finished" in status.out

    unknown = search(tmp_path, "fetch", "smell", *at)
    assert unknown.code == 2
    assert unknown.err.endswith("no run of this name; it has small (finished)\n")
    nobody = search(tmp_path, "submit", "--stop", "smell", *at)
    assert (nobody.code, "it has small" in nobody.err) == (2, True)
    token = (head.home / ".ray" / "auth_token").read_text()
    kept = [path for path in (tmp_path / "runs").rglob("*") if path.is_file()]
    assert not any(token.encode() in path.read_bytes() for path in kept)
    assert token not in joined.out + joined.err


@pytest.mark.long  # in short by what goes along, below
@pytest.mark.ray
@pytest.mark.keras
@pytest.mark.usefixtures("token")
def test_a_function_is_searched_there_and_what_it_left_comes_home(
    head: Head, tmp_path: Path
) -> None:
    at = ("--address", head.address)
    shutil.copy(ROOT / "tests" / "peers" / "optuna" / "keras_left.py", tmp_path)
    shutil.copy(ROOT / "tests" / "peers" / "raytune" / "getting_started.py", tmp_path)
    words = ("keras_left.py:objective", "--name", "left", "--trials", "3")
    done = search(tmp_path, "submit", *words, *at)
    assert done.code == 0, done.err
    assert "submitted left: keras_left_study.py, keras_left.py (" in done.err
    assert search(tmp_path, "fetch", "left", *at).code == 0
    left = {file.name for file in (tmp_path / "runs" / "left" / "models").iterdir()}
    assert left == {f"trial-{number}.keras" for number in range(3)}
    space = ("--space", "getting_started.py:param_space", "--name", "tuned", "--trials", "3")
    done = search(tmp_path, "submit", "getting_started.py:objective", *space, *at)
    assert done.code == 0, done.err
    assert sum(line.startswith("trial ") for line in done.out.splitlines()) == 3


@pytest.mark.long  # in short by what goes along, below
@pytest.mark.ray
@pytest.mark.keras
@pytest.mark.usefixtures("token")
def test_a_file_for_kerastuner_is_searched_there_on_the_rows_that_go_along(
    head: Head, tmp_path: Path
) -> None:
    import keras

    at = ("--address", head.address)
    shutil.copy(ROOT / "tests" / "peers" / "kerastuner" / "regression.py", tmp_path)
    x = np.random.default_rng(0).normal(size=(200, 16)).astype("float32")
    np.savez(tmp_path / "rows.npz", x=x, y=x[:, 0] - 2 * x[:, 1])
    target = ("regression.py:Regressor", "--data", "rows.npz", "--name", "tuned")
    done = search(tmp_path, "submit", *target, "--trials", "2", "--epochs", "2", *at)
    assert done.code == 0, done.err
    assert "regression.py, rows.npz (" in done.err
    assert sum(line.startswith("trial ") for line in done.out.splitlines()) == 2
    assert search(tmp_path, "fetch", "tuned", *at).code == 0
    (tmp_path / "rows.npz").unlink()
    np.savez(tmp_path / "new.npz", x=x[:3])
    predicted = search(tmp_path, "predict", "tuned", "new.npz")
    assert predicted.code == 0, predicted.err
    loaded = keras.saving.load_model(tmp_path / "runs" / "tuned" / "finals" / "winner.keras")
    said = [float(line.split(",")[-1]) for line in predicted.out.splitlines()[1:]]
    np.testing.assert_allclose(said, loaded.predict(x[:3], verbose=0)[:, 0], rtol=1e-4, atol=1e-4)


@pytest.mark.ray
def test_nobody_comes_in_without_the_token(head: Head, tmp_path: Path) -> None:
    for path in ("/api/jobs/", "/api/version", "/nodes?view=summary", "/api/v0/actors"):
        assert _status(head.port, path) == 401
    assert _status(head.port, "/api/jobs/", "POST") == 401
    (tmp_path / "wrong").write_text("b6" * 32)
    wanted = {"none": "there is none here", "wrong": "the one here is not its own"}
    for name, sentence in wanted.items():
        given = {"RAY_AUTH_TOKEN_PATH": str(tmp_path / name), "HOME": str(tmp_path)}
        ended = _ended(tmp_path, given, "submit", "--join", "small", "--address", head.address)
        assert (ended.code, ended.out) == (2, "")
        assert ended.err.count("\n") == 1
        assert f"the cluster wants its token, and {sentence}; put that" in ended.err


def _ended(folder: Path, given: dict[str, str], *words: str) -> Ended:
    process = start(folder, *words, **given)
    out, err = process.communicate(timeout=PATIENCE)
    return Ended(process.returncode, out, err)


class Open(BaseHTTPRequestHandler):
    """A dashboard that lets everybody in."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


def test_a_cluster_without_a_token_is_not_used(capsys: pytest.CaptureFixture[str]) -> None:
    with HTTPServer(("127.0.0.1", 0), Open) as server:
        thread = Thread(target=server.handle_request)
        thread.start()
        address = f"http://127.0.0.1:{server.server_port}"
        assert command(["submit", "--join", "small", "--address", address]) == 2
        thread.join()
    assert "this cluster runs the code of anyone who reaches it" in capsys.readouterr().err


WRONG = {
    "no place": (
        ["submit", "--join", "small"],
        "which cluster: give --cluster cluster.yaml of one",
    ),
    "nothing to do": (["submit", "--address", "http://127.0.0.1:1"], "give a space file"),
    "nobody there": (
        ["fetch", "small", "--address", "http://127.0.0.1:1"],
        "no Ray dashboard answers there",
    ),
    "no address": (["fetch", "small", "--address", "127.0.0.1:8265"], "http://127.0.0.1:8265"),
    "no file": (["fetch", "small", "--cluster", "none.yaml"], "none.yaml: there is no such file"),
    "no name": (["fetch", "a b", "--cluster", "none.yaml"], "a name is made of letters"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_is_told_in_one_sentence(
    case: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words, sentence = WRONG[case]
    assert command(words) == 2
    said = capsys.readouterr().err
    assert sentence in said
    assert said.count("\n") == 1


def test_a_cluster_that_was_not_started_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("TMPDIR", "RAY_TMPDIR"):  # where Ray keeps what it knows of clusters
        monkeypatch.setenv(name, str(tmp_path))
    file = ROOT / "cluster" / "on-premise.yaml"
    assert command(["fetch", "small", "--cluster", str(file)]) == 2
    said = capsys.readouterr().err
    assert "(Head node of cluster (keras-search) not found!)" in said
    assert said.endswith(f"; start it by `ray up {file}`\n")


def test_a_mistake_in_the_space_is_told_before_a_cluster_is_asked(
    space: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    space.write_text(SPACE.replace("trials=40", "trials=0"))
    assert command(["submit", str(space), "--address", "http://127.0.0.1:1"]) == 2
    assert "trials" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("file", "data", "asked"),
    [
        ("optuna/quadratic.py:objective", None, Asked("maximize")),
        ("raytune/grid.py:trainable", None, Asked(None, Path("grid.py:space"), "loss")),
        pytest.param(
            "kerastuner/regression.py:Regressor",
            Path("rows.npz"),
            Asked(),
            marks=pytest.mark.keras,
        ),
    ],
)
def test_a_file_written_for_others_goes_along_with_the_space_file_made_for_it(
    file: str, data: Path | None, asked: Asked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RAY_AUTH_MODE", "token")  # which a submission sets, so that it is put back
    path, _, target = file.partition(":")
    shutil.copy(ROOT / "tests" / "peers" / path, tmp_path)
    name = Path(path).stem
    np.savez("rows.npz", x=np.zeros((60, 13), "float32"), y=np.arange(60) / 60)
    here = Path(f"{name}.py:{target}")
    submission = Submission.of(here, Options(), [], data, asked)
    made = f"{name}_study.py"
    assert submission.job.command.endswith(f"/{made} --name {submission.job.name} --address auto")
    assert set(submission.belongings.files) == {made, f"{name}.py", *([str(data)] if data else [])}
    submission.belongings.copy(tmp_path / "there")
    sys.modules.pop(name, None)
    there = read(tmp_path / "there" / made).execute().study
    ours = executed(here, data, asked).study
    assert (there.kind, there.budget, there.direction, there.objective) == (
        ours.kind, ours.budget, ours.direction, ours.objective,
    )  # fmt: skip


def test_what_is_missing_for_a_file_of_others_is_told_before_a_cluster_is_asked(
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = ROOT / "tests" / "peers" / "raytune" / "grid.py"
    words = ["submit", f"{file}:trainable", "--address", "http://127.0.0.1:1"]
    assert command(words) == 2
    said = capsys.readouterr().err
    assert "--space: a function written for Ray Tune needs its param_space" in said


def test_words_reach_the_shell_of_the_head_as_they_are() -> None:
    said = entrypoint("a-1", "my space.py", ["--engine", "fit; rm -rf /"])
    assert "exec search run 'submitted/a-1/my space.py' --name a-1 --address auto" in said
    assert said.endswith("--engine 'fit; rm -rf /'")
