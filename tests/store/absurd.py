"""Runs that are sealed rightly and say what no search says: each changes what a run says."""

import io
import json
import math
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from search.store.journal import _crc
from tests.store.strangers import sealed

Change = Callable[[Any], Any]
LONG = "ab" * 500_000
HUGE = 10**300
NAN, INF = math.nan, math.inf
YEARS = "9999-12-31T23:59:59.999999+00:00"


def put(value: Any, path: str, new: Any) -> Any:
    """The same with another part, such as at "plan.epochs" or "finalists.0.number"."""
    name, _, rest = path.partition(".")
    key: Any = int(name) if isinstance(value, list) else name
    part = put(value[key], rest, new) if rest else (new(value[key]) if callable(new) else new)
    if isinstance(value, list):
        return [*value[:key], part, *value[key + 1 :]]
    return {**value, key: part}


def said(document: str, **parts: Any) -> Callable[[Path], None]:
    """Other values in a document; two underscores for a dot."""

    def does(run: Path) -> None:
        with closing(sqlite3.connect(run / "study.db")) as db:
            query = "SELECT text FROM documents WHERE name = ?"
            value = json.loads(db.execute(query, (document,)).fetchone()[0])
        for path, new in parts.items():
            value = put(value, path.replace("__", "."), new)
        sealed(run, "documents", document, json.dumps(value))

    return does


def told(change: Change, code: int, which: str = "") -> Callable[[Path], None]:
    """Other operations in Optuna's log: 4 a new trial, 5 a parameter, 6 an end, 8 a note."""

    def does(run: Path) -> None:
        with closing(sqlite3.connect(run / "study.db")) as db:
            total = db.execute("SELECT sum FROM seal").fetchone()[0]
            for number, text in db.execute("SELECT number, operation FROM log").fetchall():
                operation = json.loads(text)
                if operation["op_code"] == code and which in text:
                    new = json.dumps(change(operation))
                    total += _crc(number, new) - _crc(number, text)
                    db.execute("UPDATE log SET operation = ? WHERE number = ?", (new, number))
            db.execute("UPDATE seal SET sum = ?", (total,))
            db.commit()

    return does


def with_(**more: Any) -> Change:
    return lambda operation: {**operation, **more}


def noted(name: str, value: Any) -> Callable[[Path], None]:
    """Another note of each trial."""
    return told(with_(user_attr={name: value}), 8)


def curve(values: Mapping[str, Any]) -> Callable[[Path], None]:
    return lambda run: sealed(run, "curves", 2, json.dumps(values))


def kept(name: str, **arrays: Any) -> Callable[[Path], None]:
    """Other arrays, which the run vouches for."""

    def does(run: Path) -> None:
        buffer = io.BytesIO()
        np.savez_compressed(buffer, **arrays)
        (run / "finals" / f"{name}.npz").write_bytes(buffer.getvalue())
        sealed(run, "files", f"finals/{name}.npz", sha256(buffer.getvalue()).hexdigest())

    return does


def manifest(**parts: Any) -> Callable[[Path], None]:
    return said("manifest", **parts)


def answer(**parts: Any) -> Callable[[Path], None]:
    return said("answer", **parts)


READABLE = (
    "an objective that nobody knows",
    "layers without end",
    "a winner without values",
    "a curve without end",
    "held-out of no number",
    "worst of nobody",
    "a grid of one",
)
"""Of which some page may be made: a page takes seconds, so not each has one in the tests."""


def many_trials(run: Path) -> None:
    """Thousands of trials that were begun and never ended."""
    begun = json.dumps(
        {"op_code": 4, "worker_id": "w", "study_id": 0, "state": 0, "value": None}
        | {"datetime_start": YEARS, "values": None, "distributions": {}}
        | {"params": {}, "user_attrs": {}, "system_attrs": {}}
        | {"intermediate_values": {}}
    )
    with closing(sqlite3.connect(run / "study.db")) as db:
        total = db.execute("SELECT sum FROM seal").fetchone()[0]
        last = db.execute("SELECT max(number) FROM log").fetchone()[0]
        rows = [(number, begun) for number in range(last + 1, last + 3_001)]
        db.executemany("INSERT INTO log VALUES (?, ?)", rows)
        db.execute("UPDATE seal SET sum = ?", (total + sum(_crc(*row) for row in rows),))
        db.commit()


ROWS = np.arange(40)
ABSURD: dict[str, Callable[[Path], None]] = {
    "seconds below zero": manifest(seconds={"search": -1e9, "finals": -1}),
    "seconds without end": manifest(seconds={"search": 1e300, "finals": INF}),
    "seconds that are none": manifest(seconds={"search": NAN}),
    "phases of no name": manifest(seconds={LONG: 1.0, "": 2.0}),
    "epochs without end": manifest(plan__epochs=HUGE, plan__rungs=[HUGE]),
    "epochs below zero": manifest(plan__epochs=-3, plan__rungs=[-3, 0]),
    "rungs without end": manifest(plan__rungs=list(range(100_000))),
    "no rungs": manifest(plan__rungs=[]),
    "trials without end": manifest(plan__trials=HUGE),
    "trials below zero": manifest(plan__trials=-1),
    "a budget of no time": manifest(plan__seconds=-INF),
    "a share of no time": manifest(plan__share=NAN),
    "patience below zero": manifest(plan__patience=-HUGE),
    "splits without end": manifest(plan__splits=HUGE),
    "an objective of nothing": manifest(plan__objective=""),
    "an objective of a megabyte": manifest(plan__objective=LONG),
    "an objective that nobody knows": manifest(plan__objective="val_\x1b]0;gotcha\x07"),
    "no direction": manifest(plan__direction="sideways"),
    "no engine": manifest(plan__engine=LONG),
    "no space": manifest(plan__space="?", plan__parameters={}),
    "ranges without end": manifest(
        plan__parameters={"units": {"kind": "int", "low": -HUGE, "high": HUGE, "log": True}}
    ),
    "ranges of nothing": manifest(
        plan__parameters={"units": {"kind": "float", "low": NAN, "high": None}}
    ),
    "a parameter of a megabyte": manifest(
        plan__parameters={LONG: {"kind": "choice", "options": [LONG, "\n", "="]}}
    ),
    "a kind of no parameter": manifest(plan__parameters={"units": {"kind": LONG}}),
    "fixed megabytes": manifest(plan__fixed={"layers": LONG, LONG: "\0"}),
    "layers below zero": manifest(plan__fixed={"layers": -HUGE, "activation": "relu"}),
    "layers without end": manifest(plan__fixed={"layers": 10**9, "activation": "relu"}),
    "a title of a megabyte": manifest(title=LONG),
    "no title": manifest(title="", name="", command=""),
    "a name of others": manifest(name="../../../mine/thesis.txt"),
    "features of a megabyte": manifest(data__features=[LONG, "\x1b[2J"]),
    "no features": manifest(data__features=[]),
    "classes of a megabyte": manifest(data__classes=[LONG, "=cmd|' /C calc'!A0"]),
    "no classes": manifest(data__classes=[]),
    "one class": manifest(data__classes=["\u202eouter"]),
    "a thousand classes": manifest(data__classes=[str(n) for n in range(1000)]),
    "counts below zero": manifest(
        data__rows={"train": [-60, 60], "validation": [], "held_out": [HUGE, -HUGE]}
    ),
    "no counts": manifest(data__rows={}),
    "no task": manifest(data__task="nonsense"),
    "another task": manifest(data__task="regression"),
    "a task of labels": manifest(data__task="multilabel"),
    "columns of a megabyte": manifest(data__columns=[[LONG, LONG]] * 3),
    "first rows of other lengths": manifest(data__first=[["a"], ["b", LONG], []]),
    "notes without end": manifest(data__notes=["x"] * 200_000),
    "another century": manifest(created=YEARS, looks=[{"when": YEARS, "trials": HUGE}]),
    "no time": manifest(created="yesterday", looks=[{"when": "", "trials": -1}] * 1000),
    "versions of a megabyte": manifest(versions={LONG: LONG, "python": "\x1b[2J"}),
    "CPUs without end": manifest(machine__cpus=1e300, machine__workers=-HUGE, machine__gpus=NAN),
    "a space file above": manifest(space_file="../../../mine/thesis.txt"),
    "sources above": manifest(files={"../../../mine/thesis.txt": "0" * 64}),
    "no end that is known": manifest(ended="\x1b]0;gotcha\x07", cut_short=LONG),
    "failed with an answer": manifest(ended="failed", cut_short="the first ten trials all failed"),
    "a winner that nobody tried": answer(finalists__0__number=10**9),
    "a winner below zero": answer(finalists__0__number=-1),
    "no winner": answer(finalists=[]),
    "a winner without values": answer(finalists__0__params={}),
    "a winner of megabytes": answer(finalists__0__params={"units": LONG, LONG: "\x1b[2J"}),
    "a winner of other values": answer(
        finalists__0__params={"units": -HUGE, "learning_rate": NAN, "layers": HUGE}
    ),
    "weights without end": answer(finalists__0__weights=HUGE, finalists__1__weights=-1),
    "a winner without fits": answer(finalists__0__fits=[]),
    "fits without end": answer(finalists__0__fits=lambda fits: fits * 300),
    "fits of nothing": answer(
        finalists__0__fits=lambda fits: [{**fit, "value": NAN, "loss": INF} for fit in fits]
    ),
    "the same finalist again": answer(finalists=lambda them: [them[0]] * 40),
    "no mean": answer(finalists__0__mean=NAN, finalists__0__search_value=-INF),
    "no curve": answer(chosen__curve={}),
    "curves of no epochs": answer(chosen__curve={"loss": [], "val_loss": []}),
    "curves of other lengths": answer(
        chosen__curve={"loss": [0.5], "val_loss": [NAN] * 70, "val_accuracy": [INF, -INF]}
    ),
    "scores of nothing": answer(headline__loss=NAN, headline__accuracy=NAN),
    "scores without end": answer(headline__accuracy=1e308, headline__loss=-INF),
    "an interval the wrong way": answer(headline__interval={"low": INF, "high": -INF}),
    "no scores": answer(scores=[]),
    "no yardsticks": answer(yardsticks=[]),
    "yardsticks of a megabyte": answer(yardsticks__0__name=LONG),
    "rows below zero": answer(headline__rows=-40),
    "no rows": answer(headline__rows=0),
    "rows without end": answer(headline__rows=HUGE),
    "a ragged matrix": answer(headline__matrix=[[1], [2, 3, 4], []]),
    "a matrix below zero": answer(headline__matrix=[[-1, HUGE], [0, -HUGE]]),
    "no matrix": answer(headline__matrix=[]),
    "other measures": answer(headline__measure=LONG, headline__others={LONG: NAN}),
    "an objective of no number": answer(
        headline__goal={"measure": "\x1b[2J", "value": INF, "interval": None, "share": False}
    ),
    "rates of nothing": answer(rate_curve__rates=[], rate_curve__losses=[[]]),
    "rates without end": answer(rate_curve__rates=[NAN, -1.0, INF], rate_curve__losses=[[INF]]),
    "a rate of no number": answer(rate_curve__lowest=-INF, rate_curve__suggested=NAN),
    "looks without end": answer(look=HUGE, notes=[LONG]),
    "a promise of nothing": answer(promise=INF, renewed=NAN),
    "no model, for a megabyte": answer(no_model=LONG),
    "a last fit of nothing": answer(
        refit={"seed": -1, "curve": {}, "value": None, "loss": None, "reason": ""}
    ),
    "a baseline that nobody ran": answer(
        baselines=[
            {
                "name": LONG,
                "note": "\0",
                "params": {},
                "epochs": -1,
                "weights": HUGE,
                "fits": [],
                "scores": [],
                "shown": 7,
            }
        ]
    ),
    "values that are none": told(with_(values=[NAN]), 6),
    "values without end": told(with_(values=[1e308]), 6),
    "infinite values": told(with_(values=[-INF]), 6),
    "two values": told(with_(values=[1, 2]), 6),
    "values of words": told(with_(values=["much"]), 6),
    "no values": told(with_(values=None), 6),
    "an end in another age": told(with_(datetime_complete=YEARS), 6),
    "an end before the beginning": told(with_(datetime_complete="0001-01-01T00:00:00+00:00"), 6),
    "a beginning in another age": told(with_(datetime_start=YEARS), 4),
    "a beginning without a zone": told(with_(datetime_start="0001-01-01T00:00:00"), 4),
    "parameters without end": told(with_(param_value_internal=1e300), 5),
    "parameters of no number": told(with_(param_value_internal=NAN), 5),
    "parameters of a megabyte": told(with_(param_name=LONG), 5),
    "an option that is not there": told(
        with_(
            param_value_internal=7.0,
            distribution=json.dumps(
                {"name": "CategoricalDistribution", "attributes": {"choices": ["relu"]}}
            ),
        ),
        5,
        '"units"',
    ),
    "weights of words": noted("weights", "many"),
    "weights below zero": noted("weights", -HUGE),
    "a worker of a megabyte": noted("worker", LONG),
    "a worker of numbers": noted("worker", [1, 2]),
    "seconds of a trial below zero": noted("seconds", -1e300),
    "seconds of a trial of no number": noted("seconds", NAN),
    "seconds of a trial in words": noted("seconds", "long"),
    "waiting without end": noted("waited", INF),
    "attempts of words": noted("attempts", {"a": 1}),
    "a reason of a megabyte": noted("reason", LONG),
    "a reason that a terminal obeys": noted("reason", "\x1b]0;gotcha\x07"),
    "taken from a list": noted("taken", ["a"]),
    "idle of words": noted("idle", 7),
    "many trials": many_trials,
    "a curve of nothing": curve({}),
    "a curve of no number": curve({"loss": [NAN, INF, -INF], "val_accuracy": [NAN]}),
    "a curve without end": curve({"loss": [0.5] * 100_000, "val_loss": [1e308] * 100_000}),
    "curves of a megabyte": curve({LONG: [0.5]}),
    "a thousand measures": curve({f"m{n}": [0.5] for n in range(1000)}),
    "a curve of nobody": lambda run: sealed(run, "curves", 10**12, '{"loss": [1]}'),
    "points of other shapes": kept("points", x=np.zeros((3, 7)), y=np.zeros(9), part=ROWS),
    "points of no number": kept(
        "points", x=np.full((40, 2), NAN), y=np.full(40, 99), part=np.full(40, -7)
    ),
    "points of texts": kept("points", x=np.array([["a", "b"]]), y=np.array(["c"]), part=[0]),
    "points without names": kept("points", a=ROWS),
    "held-out of nothing": kept("held_out", y=[], probabilities=np.zeros((0, 2))),
    "held-out of other rows": kept("held_out", y=ROWS, probabilities=np.full((7, 3), INF)),
    "held-out of no number": kept(
        "held_out", y=np.full(40, -5), probabilities=np.full((40, 2), NAN), x=np.full((40, 2), INF)
    ),
    "held-out without names": kept("held_out", a=ROWS),
    "worst of nobody": kept("worst", row=np.array([10**12, -1]), x=np.zeros((2, 2))),
    "worst of other shapes": kept("worst", row=np.zeros((3, 3)), cells=np.array(["a"])),
    "a grid of one": kept("grid", x1=[0.0], x2=[NAN], probabilities=np.zeros((1, 1, 1))),
    "a grid of other shapes": kept("grid", x1=ROWS, x2=ROWS, probabilities=np.zeros((3, 2))),
}
