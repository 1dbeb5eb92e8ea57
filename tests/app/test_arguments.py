"""Arguments of a wrong type from Python: one sentence, before anything runs."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import search
from search.app import calling
from tests.runs import recorder_for, small_study

STUDY = small_study()
WRONG: dict[str, tuple[Callable[[], Any], str]] = {
    "study": (lambda: search.run(5), "study=5: give a Study"),  # type: ignore[arg-type]
    "study, checked": (lambda: search.check(None), "study"),  # type: ignore[arg-type]
    "a name that is a number": (lambda: search.run(STUDY, name=5), "name=5: give a text"),
    "a name that is a path": (lambda: search.run(STUDY, name=Path("x")), "name=.*give a text"),
    "trials as text": (lambda: search.run(STUDY, trials="3"), "trials='3': give a whole number"),
    "a number that is a flag": (
        lambda: search.run(STUDY, trials=True),
        "trials=True: give",
    ),
    "not a whole number": (lambda: search.run(STUDY, epochs=2.5), "epochs=2.5: give a whole"),
    "seed": (lambda: search.run(STUDY, seed="a"), "seed='a': give a whole number of 0 or more"),
    "engine": (lambda: search.run(STUDY, engine=1), "engine=1: give a text"),
    "cpus": (lambda: search.run(STUDY, cpus_per_trial="1"), "cpus_per_trial='1': give a number"),
    "at once": (lambda: search.run(STUDY, max_concurrent=1.5), "max_concurrent=1.5: give a whole"),
    "before": (lambda: search.run(STUDY, continue_from=5), "continue_from=5: give a run"),
    "a flag that is text": (lambda: search.run(STUDY, progress="no"), "progress='no': give True"),
    "no list": (lambda: search.run(STUDY, listeners=5), "listeners=5: give a list"),
    "a function": (lambda: search.run(STUDY, listeners=[print]), "listeners=.*derive from search"),
    "a class": (
        lambda: search.run(STUDY, listeners=[search.Listener]),
        "listeners=the class Listener: give a list of objects",
    ),
    "a run that is none": (lambda: search.resume(None), "run"),
    "a run that is a study": (lambda: search.resume(STUDY), "run=an object of type Study: give"),
    "more seconds": (lambda: search.resume("x", seconds=1.5), "seconds=1.5: give a whole number"),
    "more trials": (lambda: search.resume("x", trials=[3]), "trials=.3.: give"),
    "a folder": (lambda: search.load_run(5), "folder=5: give a run"),
    "runs": (lambda: search.compare("ab"), "runs='ab': give a list of runs"),
}


@pytest.mark.parametrize(("call", "sentence"), WRONG.values(), ids=WRONG)
def test_each_is_one_sentence(call: Callable[[], Any], sentence: str) -> None:
    with pytest.raises(search.InputError, match=sentence):
        call()


def test_an_empty_name_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(search.InputError, match="name=''"):
        search.run(STUDY, name="", progress=False)


def test_numbers_of_numpy_and_one_listener_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    orders: list[dict[str, Any]] = []
    heard: list[object] = []

    def performed(order: dict[str, Any], failed: str, display: object, listeners: object) -> None:
        orders.append(order)
        heard.append(listeners)
        raise search.RunError("enough")

    monkeypatch.setattr(calling, "performed", performed)
    listener = search.Listener()
    with pytest.raises(search.RunError, match="enough"):
        search.run(
            STUDY,
            name="n",
            trials=np.int64(3),
            cpus_per_trial=np.float32(0.5),
            listeners=listener,  # type: ignore[arg-type]
            progress=False,
        )
    assert orders[0]["options"]["trials"] == 3
    assert type(orders[0]["options"]["cpus_per_trial"]) is float
    assert heard == [(listener,)]


def test_a_run_stands_for_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("a", "b"):
        recorder_for(STUDY, tmp_path / "runs").close()
        Path("runs/small").rename(f"runs/{name}")
    first, second = search.load_run("a"), search.load_run("b")
    assert search.compare([first, second]).page.is_file()


def test_in_a_notebook_they_read_as_text() -> None:
    found = search.Check({"mistakes": ["a.py: it is empty"], "errors": []})
    assert repr(found) == str(found)
    assert "a.py: it is empty" in repr(found)
    assert repr(search.Comparison(("one", "two"), Path("p.html"))) == "one\ntwo"
