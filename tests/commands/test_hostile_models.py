"""Whatever a stranger's `.keras` file says: nothing is executed, and it ends in a sentence."""

import io
import json
import warnings
import zipfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from search.commands.command_line import run as command
from search.store.run import load_run
from tests.commands.test_bad_take_away import answered, keras_file, of_bytecode, space
from tests.store.test_strangers import looked

pytestmark = pytest.mark.keras
GOTCHA = "touch gotcha"
Members = dict[str, bytes]
Attack = Callable[[Members], Members]
LAYERS, NETWORK = "keras.layers", "model.weights.h5"
TOO_LONG = 5.0


@cache
def sound() -> bytes:
    """A model of two columns with a layer within a model."""
    import keras

    within = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, name="within")])
    within.compile(loss="mse")
    return keras_file(within, keras.layers.Dense(3, name="first"))


def members(content: bytes) -> Members:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(parts: Members, *more: tuple[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of a name that is there already
        for name, content in (*parts.items(), *more):
            archive.writestr(name, content)
    return buffer.getvalue()


def layer(kind: str, module: str | None = LAYERS, **config: Any) -> dict[str, Any]:
    """A layer as a description has it; without a module where there is to be none."""
    made = {"class_name": kind, "config": config, "registered_name": None}
    return made if module is None else {**made, "module": module}


def described(change: Callable[[dict[str, Any]], Any]) -> Attack:
    """Another description."""

    def does(parts: Members) -> Members:
        config = json.loads(parts["config.json"])
        change(config)
        return {**parts, "config.json": json.dumps(config).encode()}

    return does


def added(*layers: dict[str, Any]) -> Attack:
    """More layers at the end."""
    return described(lambda config: config["config"]["layers"].extend(layers))


def dense(**values: Any) -> Attack:
    """Another value of a dense layer."""
    return described(lambda config: config["config"]["layers"][2]["config"].update(values))


def called(module: str, name: str, kind: str = "function") -> dict[str, Any]:
    """A function that Keras is to find and call."""
    return {"module": module, "class_name": kind, "config": name, "registered_name": name}


def named(**values: Any) -> Attack:
    """Another name for a class."""
    return described(lambda config: config["config"]["layers"][2].update(values))


def compiled(config: dict[str, Any]) -> None:
    """A loss that is a program, of a model within and of the whole."""
    loss = {"loss": called("os", "system"), "optimizer": layer("Popen", "subprocess", args=GOTCHA)}
    config["compile_config"] = loss
    config["config"]["layers"][1]["compile_config"] = loss


def weights(change: Callable[[Any, Path], object]) -> Attack:
    """Other weights."""

    def does(parts: Members) -> Members:
        import h5py

        buffer = io.BytesIO(parts[NETWORK])
        with h5py.File(buffer, "r+") as file:
            change(file["layers/dense/vars"], Path("mine.h5").absolute())
        return {**parts, NETWORK: buffer.getvalue()}

    return does


def in_place(kind: str) -> Callable[[Any, Path], None]:
    """Weights that lie elsewhere."""

    def does(group: Any, mine: Path) -> None:
        import h5py

        shape = group["0"].shape
        with h5py.File(mine, "w") as other:
            other["secret"] = [[1.0] * shape[1]] * shape[0]
        del group["0"]
        if kind == "external":
            group["0"] = h5py.ExternalLink(str(mine), "/secret")
        elif kind == "soft":
            group["0"] = h5py.SoftLink("/layers/dense_1/vars/0")
        elif kind == "storage":
            group.create_dataset("0", shape, "f4", external=[(str(mine), 0, h5py.h5f.UNLIMITED)])
        else:
            layout = h5py.VirtualLayout(shape, "f4")
            layout[...] = h5py.VirtualSource(str(mine), "secret", shape)
            group.create_virtual_dataset("0", layout)

    return does


def claimed(group: Any, mine: Path) -> None:
    """A terabyte of zeros in a few bytes."""
    del mine, group["0"]
    group.create_dataset("0", (1 << 20, 1 << 18), "f4", chunks=(1024, 1024), compression="gzip")


def circle(config: dict[str, Any]) -> None:
    """A graph in which each of two layers takes from the other."""
    import keras

    inputs = keras.Input((2,), name="in")
    one = keras.layers.Dense(2, name="one")(inputs)
    graph = keras.Model(inputs, keras.layers.Dense(1, name="two")(one))
    made = json.loads(members_of(graph)["config.json"])
    first = made["config"]["layers"][1]["inbound_nodes"][0]["args"][0]["config"]
    first["keras_history"] = ["two", 0, 0]
    config.clear()
    config.update(made)


def members_of(model: Any) -> Members:
    from search.training.export import keras_bytes

    return members(keras_bytes(model))


ATTACKS: dict[str, Attack] = {
    "a lambda": lambda parts: members(of_bytecode()),
    "a lambda by another module": added(
        layer("Lambda", "keras.src.layers.core.lambda_layer", function="os.system")
    ),
    "a lambda without a module": added(layer("Lambda", None, function="os.system")),
    "a lambda for an activation": dense(activation={"class_name": "__lambda__", "config": {}}),
    "os.system for an activation": dense(activation=called("os", "system")),
    "eval for an activation": dense(activation=called("builtins", "eval")),
    "os.system for a class": added(layer("system", "os", command=GOTCHA)),
    "a program for a class": added(layer("Popen", "subprocess", args=["touch", "gotcha"])),
    "a class without a module": added(layer("system", None, command=GOTCHA)),
    "a module that is no text": added({**layer("system"), "module": ["os"]}),
    "a class that is no text": added({**layer("x"), "class_name": {"a": ["os"]}}),
    "a name of elsewhere": named(registered_name="os>system"),
    "eval by name": named(registered_name="builtins>eval", class_name="eval", module="builtins"),
    "a download": added(layer("get_file", "keras.utils", origin="http://127.0.0.1:9/x")),
    "a setting": added(layer("enable_unsafe_deserialization", "keras.config")),
    "another file": added(layer("load_model", "keras.saving", filepath="other.keras")),
    "a saved model": added(layer("TFSMLayer", filepath="/tmp")),  # noqa: S108
    "a pickle of torch": added(layer("TorchModuleWrapper", module="keras.layers")),
    "a vocabulary of the reader's": added(layer("StringLookup", vocabulary="/etc/passwd")),
    "a deep description": lambda parts: {**parts, "config.json": b"[" * 10**5 + b"]" * 10**5},
    "a long description": lambda parts: {**parts, "config.json": b"[" + b" " * (1 << 24) + b"]"},
    "no description": lambda parts: {k: v for k, v in parts.items() if k != "config.json"},
    "a description of nothing": lambda parts: {**parts, "config.json": b"null"},
    "a graph in a circle": described(circle),
    "wide layers": dense(units=10**12),
    "a long row": added(layer("RepeatVector", name="long", n=10**10, trainable=True)),
    "states of terabytes": added(
        layer("RepeatVector", name="few", n=2),
        layer("SimpleRNN", name="large", units=10**12, stateful=True, activation="tanh"),
    ),
    "an external link": weights(in_place("external")),
    "a soft link": weights(in_place("soft")),
    "storage elsewhere": weights(in_place("storage")),
    "a virtual array": weights(in_place("virtual")),
    "weights that claim a terabyte": weights(claimed),
    "weights of noise": lambda parts: {**parts, NETWORK: b"noise" * 1000},
    "no weights": lambda parts: {k: v for k, v in parts.items() if k != NETWORK},
}
NAMES = {
    "a name above": ("../../gotcha", b"x"),
    "a name from the root": ("/tmp/gotcha", b"x"),  # noqa: S108
    "an asset above": ("assets/../../gotcha", b"x"),
    "a second description": ("config.json", b"{}"),
    "one more file": ("gotcha.py", b"x"),
}


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where nothing is there in the end but what was there before."""
    from search.training import export

    monkeypatch.setattr(export, "PATIENCE", TOO_LONG)
    monkeypatch.chdir(tmp_path)
    Path("rows.csv").write_text("x1,x2\n0,1\n1,0\n")
    yield tmp_path
    assert not any("gotcha" in path.name for path in tmp_path.rglob("*"))
    assert not Path("/tmp/gotcha").exists()  # noqa: S108


def refused(content: bytes, capfd: pytest.CaptureFixture[str]) -> str:
    """What is said of a file that is no model."""
    Path("theirs.keras").write_bytes(content)
    capfd.readouterr()  # what TensorFlow says as it starts
    before = looked(Path.cwd())
    code = command(["predict", "theirs.keras", "rows.csv"])
    out, err = capfd.readouterr()
    assert (code, out) == (2, ""), err
    assert err.startswith("search: theirs.keras: ")
    assert err.count("\n") == 1, err
    assert looked(Path.cwd()) == before
    return err


def test_the_sound_one_predicts(capfd: pytest.CaptureFixture[str]) -> None:
    Path("ours.keras").write_bytes(sound())
    assert command(["predict", "ours.keras", "rows.csv"]) == 0
    assert len(capfd.readouterr().out.splitlines()) == 3


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS.keys())
def test_a_model_of_a_stranger_is_refused(
    attack: Attack, capfd: pytest.CaptureFixture[str]
) -> None:
    refused(zipped(attack(members(sound()))), capfd)


@pytest.mark.parametrize("member", NAMES.values(), ids=NAMES.keys())
def test_an_archive_with_more_in_it_is_refused(
    member: tuple[str, bytes], capfd: pytest.CaptureFixture[str]
) -> None:
    told = refused(zipped(members(sound()), member), capfd)
    assert f"it holds {member[0]!r}, which no .keras file has" in told


def test_how_it_was_compiled_is_never_made(capfd: pytest.CaptureFixture[str]) -> None:
    Path("theirs.keras").write_bytes(zipped(described(compiled)(members(sound()))))
    Path("ours.keras").write_bytes(sound())
    told = []
    for name in ("theirs.keras", "ours.keras"):
        capfd.readouterr()
        assert command(["predict", name, "rows.csv"]) == 0
        told.append(capfd.readouterr().out)
    assert told[0] == told[1]


@pytest.mark.parametrize("kind", ["a lambda", "os.system for a class", "a name above"])
def test_a_run_with_such_a_winner_is_neither_predicted_with_nor_executed(
    kind: str, work: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    parts = members(sound())
    content = zipped(parts, NAMES[kind]) if kind in NAMES else zipped(ATTACKS[kind](parts))
    run = answered("mine", space(), content)
    capfd.readouterr()
    assert command(["predict", str(run), "rows.csv"]) == 2
    assert capfd.readouterr().err.count("\n") == 1
    code = command(["export", str(run), "--out", "taken"])
    err = capfd.readouterr().err
    if kind in NAMES:
        assert (code, Path("taken").exists()) == (2, False)
    else:
        assert code == 0
        assert "winner.keras is left out" in err or "loads in safe mode if it is given" in err
    assert load_run(run).model() == content
