"""`search dashboard`: the study is shown, follows the run, and nothing that comes in writes."""

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from hashlib import sha256
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from search.app.dashboard import serving
from search.commands.command_line import run as command
from search.store.run import load_run
from search.study.trial import Outcome, State
from tests.functional.command import start
from tests.runs import recorder_for, small_study, tell

PARAMS = {"layers": 1, "units": 8, "activation": "relu", "learning_rate": 0.01}
BEST = Outcome(State.COMPLETE, 0.75, curve={"val_loss": [0.5]}, weights=33)
STUDY = "/api/studies/0"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    study = small_study()
    with closing(recorder_for(study, tmp_path)) as recorder:
        tell(recorder, study, PARAMS, BEST)
        recorder.watched_at("127.0.0.1:8265")
    return tmp_path / "small"


@contextmanager
def served(folder: Path) -> Iterator[int]:
    with serving(folder, 0) as server:
        thread = Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def asked(port: int, method: str, path: str, **headers: str) -> HTTPResponse:
    """The answer, with its body read into `body`."""
    with closing(HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        connection.request(method, path, body=b"{}", headers=headers)
        answer = connection.getresponse()
        answer.body = answer.read()  # type: ignore[attr-defined]
        return answer


def shown(port: int) -> Any:
    return json.loads(asked(port, "GET", STUDY).body)  # type: ignore[attr-defined]


def contents(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path): sha256(path.read_bytes()).hexdigest() for path in files}


def test_the_study_is_shown_and_the_run_folder_stays_as_it_is(folder: Path) -> None:
    before = contents(folder)
    with served(folder) as port:
        told = shown(port)
        page = asked(port, "GET", "/dashboard")
    assert (told["name"], told["directions"]) == ("small", ["maximize"])
    (trial,) = told["trials"]
    assert (trial["state"], trial["values"]) == ("Complete", [0.75])
    assert page.status == 200
    assert "default-src 'self'" in page.headers["Content-Security-Policy"]
    assert contents(folder) == before


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/studies"),
        ("POST", f"{STUDY}/rename"),
        ("DELETE", STUDY),
        ("PUT", f"{STUDY}/note"),
        ("POST", "/api/trials/0/tell"),
    ],
)
def test_what_would_write_is_refused(folder: Path, method: str, path: str) -> None:
    before = contents(folder)
    with served(folder) as port:
        answer = asked(port, method, path, **{"Content-Type": "application/json"})
    assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD")
    assert contents(folder) == before


def test_the_storage_behind_it_cannot_write_either(folder: Path) -> None:
    before = contents(folder)
    with pytest.raises(RuntimeError, match="opened for reading"):
        load_run(folder).study.set_user_attr("name", "other")
    assert contents(folder) == before


def test_a_name_that_was_made_to_lead_here_is_refused(folder: Path) -> None:
    with served(folder) as port:
        assert asked(port, "GET", STUDY, Host=f"evil.example:{port}").status == 403
        assert asked(port, "GET", STUDY, Host=f"localhost:{port}").status == 200


def test_it_follows_a_run_that_goes_and_links_its_ray_dashboard(tmp_path: Path) -> None:
    study = small_study()
    with closing(recorder_for(study, tmp_path)) as recorder:
        recorder.watched_at("127.0.0.1:8265")
        with served(recorder.path) as port:
            tell(recorder, study, PARAMS, BEST)
            assert len(shown(port)["trials"]) == 1
        assert load_run(recorder.path).ray_dashboard == "127.0.0.1:8265"
    assert load_run(tmp_path / "small").ray_dashboard == ""  # another cluster's by now, maybe


def test_the_command_prints_the_address_and_ends_by_an_interrupt(folder: Path) -> None:
    process = start(folder.parent, "dashboard", "small")
    assert process.stdout is not None
    address = process.stdout.readline().split()[-1]
    assert address.startswith("http://127.0.0.1:")
    assert shown(int(address.split(":")[2].split("/")[0]))["name"] == "small"
    process.send_signal(2)
    assert process.wait(60) == 0
    process.communicate()


@pytest.mark.parametrize("port", ["70000", "taken"])
def test_a_port_that_cannot_be_had_is_told(
    folder: Path, port: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with served(folder) as taken:
        given = str(taken) if port == "taken" else port
        assert command(["dashboard", str(folder), "--port", given]) == 2
    assert capsys.readouterr().err.startswith(f"search: --port {given}: ")
