"""One search across nodes that come and go, as the README says it can: nothing is lost by it."""

import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from http.client import HTTPConnection
from pathlib import Path

import pytest

from benchmarks.killing.nodes import Nodes
from search import State
from search.store.run import load_run
from search.study.trial import Trial
from tests.functional.command import PATIENCE, search, start, within
from tests.functional.test_faults import wait_until

pytestmark = [pytest.mark.ray, pytest.mark.keras]

TRIALS = 500
"""So many that what is tried happens long before the last."""
SPACE = f'''
"""Networks that train for a second or two."""
from search import Budget, DenseSpace, Finals, Float, Int, Study, circles

study = Study(
    data=circles(samples=200),
    space=DenseSpace(units=Int(8, 24), learning_rate=Float(1e-3, 1e-1, log=True)),
    budget=Budget(trials={TRIALS}, epochs=3000),
    pruner="none",
    finals=Finals(top=1, seeds=1),
)
'''
GPUS = '''
"""Trials that wait until four are under way; each worker notes where it is."""
import os
import time
from pathlib import Path
from search import Budget, Finals, Int, Study, circles

def made(units):
    import keras

    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(units), keras.layers.Dense(1)])
    model.compile("sgd", "mse", metrics=["accuracy"])
    return model

def build(units):
    folder = Path(os.environ["WORKERS"])
    if units in (2, 5_001, 10_000):  # what is tried before the first trial
        return made(units)
    here = folder / f"{os.getpid()}"
    if not here.exists():
        here.write_text(f"{os.environ['NODE']} {os.environ['CUDA_VISIBLE_DEVICES']}")
    deadline = time.monotonic() + 300
    while len(list(folder.iterdir())) < 4:
        assert time.monotonic() < deadline, "there are never four at once"
        time.sleep(0.1)
    return made(units)

study = Study(data=circles(samples=200), space={"units": Int(2, 10_000)}, model=build,
              budget=Budget(trials=4, epochs=1), finals=Finals(top=1, seeds=1))
'''
GAUGES = (
    "ray_search_trials",
    "ray_search_best_value",
    "ray_search_trials_per_second",
    "ray_search_ask_seconds",
    "ray_search_workers_busy",
)


class Driver:
    """The command on a cluster, and what it says."""

    def __init__(self, folder: Path, nodes: Nodes) -> None:
        (folder / "small.py").write_text(SPACE)
        self.folder = folder / "runs" / "nodes"
        self.lines: list[str] = []
        self.process = start(
            folder,
            *("run", "small.py", "--name", "nodes", "--address", nodes.address),
            **nodes.environment,
        )
        self._listening = threading.Thread(target=self._listen)
        self._listening.start()

    def _listen(self) -> None:
        self.lines.extend(self.process.stdout or ())

    def close(self) -> None:
        """End it, where it has not come to its end."""
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(0)
        self.process.kill()
        self._listening.join()
        self.process.communicate()

    def waits_for(self, sentence: str) -> None:
        """Until it has said something."""
        wait_until(lambda: self._has_said(sentence), f"{sentence!r} among {self.lines}")

    def _has_said(self, sentence: str) -> bool:
        assert self.process.poll() is None, (self.lines, self.process.stderr)
        return any(sentence in line for line in self.lines)

    def has_two_workers(self) -> bool:
        """Whether trials of two have ended."""
        assert self.process.poll() is None, self.lines
        return len({trial.worker for trial in self.trials() if trial.worker}) == 2

    def trials(self) -> list[Trial]:
        """As the run folder has them."""
        return list(load_run(self.folder).trials())


@pytest.fixture(scope="module")
def nodes() -> Iterator[Nodes]:
    with closing(Nodes()) as nodes:
        yield nodes


@pytest.mark.long  # in short by tests/cluster and tests/benchmarks/test_simulate.py
def test_a_search_goes_on_while_nodes_come_and_go(tmp_path: Path, nodes: Nodes) -> None:
    with closing(Driver(tmp_path, nodes)) as driver:
        driver.waits_for("waiting: no node of the cluster has room for a trial (1 CPU)")
        first = nodes.add(1)
        driver.waits_for("trial ")
        nodes.add(1, **of_another_version(tmp_path))
        nodes.add(1)
        driver.waits_for("is not used: keras-search 0.0.0 (here ")
        driver.waits_for("has joined")
        wait_until(driver.has_two_workers, "two workers")
        nodes.kill(first)
        driver.waits_for("is lost; its trials run again elsewhere")
        wait_until(lambda: told_by_metrics(nodes, driver), "gauges at the agent's /metrics")
        asked = within(tmp_path, "finish", "nodes")
        assert asked.code == 0, asked.err
        driver.process.wait(PATIENCE)
        assert driver.process.returncode == 0, driver.lines
    trials = driver.trials()
    assert [trial.number for trial in trials] == list(range(len(trials)))
    assert {trial.state for trial in trials} == {State.COMPLETE}
    assert {trial.deaths for trial in trials} == {0}
    assert load_run(driver.folder).answer() is not None


def test_a_cluster_of_another_token_is_refused_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, nodes: Nodes
) -> None:
    (tmp_path / "token").write_text("00" * 32)
    (tmp_path / "small.py").write_text(SPACE)
    monkeypatch.setenv("RAY_AUTH_TOKEN_PATH", str(tmp_path / "token"))
    ended = search(tmp_path, "run", "small.py", "--address", nodes.address)
    assert ended.code == 2
    assert ended.err == (
        f"search: --address {nodes.address}: this cluster has another token than yours; put its "
        "own into ~/.ray/auth_token, or name a file with it by RAY_AUTH_TOKEN_PATH\n"
    )
    assert not list((tmp_path / "runs").iterdir())


@pytest.mark.long  # in short by the first test: it waits for a node, and nodes join
def test_a_cluster_without_workers_grows_by_demand(tmp_path: Path) -> None:
    with closing(Nodes(grows=2)) as nodes, closing(Driver(tmp_path, nodes)) as driver:
        driver.waits_for("waiting: no node of the cluster has room for a trial (1 CPU)")
        driver.waits_for("complete")
        wait_until(driver.has_two_workers, "two workers")


@pytest.mark.long  # in short by tests/cluster/test_resources.py
def test_fractions_of_gpus_are_shared_out_on_the_nodes_that_have_them(
    tmp_path: Path, nodes: Nodes
) -> None:
    """GPUs are declared and not there: what is shown is who goes where, and sees which."""
    (tmp_path / "gpus.py").write_text(GPUS)
    workers = tmp_path / "workers"
    workers.mkdir()
    nodes.add(1, NODE="without", WORKERS=str(workers))
    nodes.add(4, "--num-gpus=2", NODE="with", WORKERS=str(workers))
    ended = search(
        tmp_path,
        *("run", "gpus.py", "--name", "gpus", "--address", nodes.address),
        *("--gpus-per-trial", "0.5"),
        **nodes.environment,
    )
    assert ended.code == 0, ended.err
    seen = [file.read_text().split() for file in workers.iterdir()]
    assert sorted(seen) == [["with", "0"], ["with", "0"], ["with", "1"], ["with", "1"]]
    trials = load_run(tmp_path / "runs" / "gpus").trials()
    assert [trial.state for trial in trials] == [State.COMPLETE] * 4
    assert len({trial.worker for trial in trials}) == 4


def of_another_version(folder: Path) -> dict[str, str]:
    """Variables of a node on which an older product is installed."""
    own = folder / "older" / "keras_search-0.0.0.dist-info"
    own.mkdir(parents=True)
    (own / "METADATA").write_text("Metadata-Version: 2.1\nName: keras-search\nVersion: 0.0.0\n")
    return {"PYTHONPATH": f"{own.parent}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"}


def told_by_metrics(nodes: Nodes, driver: Driver) -> bool:
    """Whether the head's agent shows every gauge of this run."""
    assert driver.process.poll() is None, driver.lines
    host, _, port = nodes.metrics.rpartition(":")
    with closing(HTTPConnection(host, int(port), timeout=30)) as agent:
        agent.request("GET", "/metrics")
        text = agent.getresponse().read().decode()
    shown = [line for line in text.splitlines() if 'run="nodes"' in line]
    return all(any(line.startswith(name + "{") for line in shown) for name in GAUGES)
