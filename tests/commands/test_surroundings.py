"""Odd surroundings: each works, or is one sentence before anything starts."""

import os
import resource
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from search.cluster.environment import for_ray, ray_folder
from search.loading.space_file import read
from search.store.run import load_run
from search.study.errors import InputError
from search.study.trial import State
from tests.cluster.hosts import APART
from tests.functional.command import COMMAND, environment
from tests.store.mounting import apart_where_it_mounts

SPACE = (
    "from search import *\n{}\nstudy = Study(data=circles(), space=DenseSpace(units=Int(4, 8)))\n"
)


def shell(line: str, folder: Path, **variables: str) -> "subprocess.CompletedProcess[bytes]":
    """The command as "$@" of a shell's line."""
    return subprocess.run(
        ["bash", "-c", line, "bash", *COMMAND],
        cwd=folder,
        env={**environment(), **variables},
        capture_output=True,
        timeout=400,
        check=False,
    )


@pytest.mark.parametrize(
    ("line", "variables", "code"),
    [
        ('"$@" run no.py <&-', {}, 2),
        ('"$@" run no.py 2>/dev/full', {}, 2),
        ('"$@" run no.py >&-', {}, 2),
        ('"$@" --help >&-', {}, 0),
        ('"$@" --help >/dev/full', {}, 1),
        ('"$@" --help | head -1; exit ${PIPESTATUS[1]}', {}, 0),
        ('umask 0777; "$@" run no.py', {}, 2),
        pytest.param(
            'mkdir gone; cd gone; rmdir ../gone; "$@" run no.py',
            {},
            2,
            marks=pytest.mark.skipif(
                sys.version_info[:3] == (3, 13, 0), reason="its `import socket` fails there"
            ),
        ),
        ('"$@" run no.py', {"PYTHONWARNINGS": "error"}, 2),
        ('"$@" run no.py', {"PYTHONOPTIMIZE": "2"}, 2),
        ('"$@" run no.py </dev/null', {"PYTHONINSPECT": "1"}, 2),
        ('"$@" run größe.py', {"LC_ALL": "C", "LANG": ""}, 2),
        ('"$@" run größe.py', {"LC_ALL": "C", "PYTHONIOENCODING": "ascii"}, 2),
        ("\"$@\" run $'no\\x1b[31m.py'", {}, 2),
        ("\"$@\" run $'no\\xff.py'", {}, 2),
        ('env -u HOME "$@" run no.py', {}, 2),
        ('"$@" run no.py', {"HOME": "/nowhere", "TMPDIR": "/nowhere"}, 2),
        ('"$@" run no.py', {"MPLBACKEND": "nonsense", "KERAS_BACKEND": "jax"}, 2),
    ],
)
def test_the_command_ends_in_a_sentence_whatever_surrounds_it(
    line: str, variables: dict[str, str], code: int, tmp_path: Path
) -> None:
    done = shell(line, tmp_path, **variables)
    assert done.returncode == code, done.stderr
    assert b"Traceback" not in done.stderr
    assert b"Exception ignored" not in done.stderr
    assert b"\x1b" not in done.stderr
    if code == 2 and "2>" not in line:
        assert done.stderr.startswith(b"search: ")
        assert done.stderr.count(b"\n") == 1


def test_what_leads_astray_is_taken_from_the_environment() -> None:
    given = {"RAY_ADDRESS": "10.0.0.1:6379", "no_proxy": "intranet", "RAY_AUTH_TOKEN": "t"}
    own = for_ray(given, None)
    assert own["RAY_ADDRESS"] is None
    assert own["no_proxy"] == own["NO_PROXY"] == "intranet,127.0.0.1,localhost,::1"
    joined = for_ray(given, "10.0.0.2:6379")
    assert "RAY_ADDRESS" not in joined
    assert "10.0.0.2" in str(joined["no_proxy"]).split(",")


def test_a_home_that_cannot_be_written_gets_a_token_for_the_session(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HOME", "/proc/nowhere")
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert len(str(for_ray({}, None)["RAY_AUTH_TOKEN"])) == 64


@pytest.mark.parametrize("variable", ["TMPDIR", "RAY_TMPDIR"])
@pytest.mark.parametrize("kind", ["long", "missing", "relative", "file", "empty"])
def test_ray_gets_a_short_folder_that_is_there(variable: str, kind: str, tmp_path: Path) -> None:
    long = tmp_path / ("y" * 60)
    long.mkdir()
    (tmp_path / "file").touch()
    places = {
        "long": str(long), "missing": "/nowhere", "relative": "tmp",
        "file": str(tmp_path / "file"), "empty": "",
    }  # fmt: skip
    assert ray_folder({variable: places[kind]}) in {"/tmp", "/var/tmp"}  # noqa: S108


FULL = """
import subprocess, sys
from search.cluster import environment
from search.study.errors import InputError
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", sys.argv[1]], check=True)
print(environment.ray_folder({"TMPDIR": sys.argv[1]}))
environment.SYSTEMS = ("/proc/nowhere",)
try:
    environment.ray_folder({"TMPDIR": sys.argv[1]})
except InputError as error:
    print(error)
"""


def test_a_folder_without_room_is_not_rays_and_is_named_where_there_is_no_other() -> None:
    with TemporaryDirectory(prefix="full-", dir="/tmp") as folder:
        done = subprocess.run(
            [*apart_where_it_mounts(), sys.executable, "-c", FULL, folder],
            env=environment(), capture_output=True, text=True, check=True,
        )  # fmt: skip
    other, said = done.stdout.splitlines()
    assert other in {"/tmp", "/var/tmp"}  # noqa: S108
    assert said == (
        f"{folder}, /proc/nowhere: Ray needs a folder that can be written, whose disk is not full, "
        "and whose path has 40 characters at most, and none of these is one; make room, or set "
        "RAY_TMPDIR to another"
    )


LIMITED = """
import resource, sys
kind, limit = getattr(resource, sys.argv[1]), int(sys.argv[2])
resource.setrlimit(kind, (limit, limit))
from search.cluster.environment import check_limits
from search.study.errors import InputError
try:
    check_limits()
except InputError as error:
    print(error)
"""


@pytest.mark.parametrize(
    ("kind", "limit", "said"),
    [
        ("RLIMIT_NOFILE", 100, "ulimit -n: this process may open 100 files"),
        ("RLIMIT_NOFILE", 300, ""),
        ("RLIMIT_AS", 8_000_000_000, "ulimit -v: "),
        ("RLIMIT_FSIZE", 1_000_000, "ulimit -f: "),
        ("RLIMIT_CORE", 0, ""),
    ],
)
def test_a_limit_that_is_too_low_is_said(kind: str, limit: int, said: str) -> None:
    assert hasattr(resource, kind)
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, kind, str(limit)],
        env=environment(), capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert done.stdout.startswith(said)
    assert bool(done.stdout) == bool(said)


@pytest.mark.parametrize("name", ["random", "types", "keras", "numpy", "ray"])
def test_a_file_that_shares_the_name_of_an_imported_module_is_refused(
    name: str, tmp_path: Path
) -> None:
    (tmp_path / f"{name}.py").write_text("X = 1\n")
    space = tmp_path / "space.py"
    space.write_text(SPACE.format(""))
    read(space)  # it does not import it, so it does not matter
    space.write_text(SPACE.format(f"import {name}"))
    with pytest.raises(InputError, match=rf"it imports {name}, .* rename that file"):
        read(space)


@pytest.mark.parametrize("name", ["search", "random", "types", "keras"])
def test_a_space_file_may_have_any_name(name: str, tmp_path: Path) -> None:
    space = tmp_path / f"{name}.py"
    space.write_text(SPACE.format("import random"))
    assert list(read(space).files) == [space.name]


ODDITIES = """
echo "X = 1" > random.py; echo "X = 1" > types.py; echo "X = 1" > search.py
export JUNK=$(printf "\\xff\\xfe") HOME=$PWD/home TMPDIR=$PWD/$(printf "y%.0s" {1..60})
mkdir -p $TMPDIR home/.keras
echo '{"floatx": "float16", "backend": "torch", "image_data_format": "channels_first"}' \
    > home/.keras/keras.json
umask 0777; ulimit -n 300
exec "$1" -P "${@:2}" run odd.py --name odd  # as the installed command, without the folder
"""
ODD = """
import os
os.environ["KERAS_BACKEND"] = "torch"
import keras
from search import Budget, Finals, Int, Study, circles

def build(units):
    assert (keras.config.floatx(), keras.backend.backend()) == ("float32", "tensorflow")
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(units), keras.layers.Dense(1)])
    model.compile("sgd", "mse", metrics=["accuracy"])
    return model

study = Study(data=circles(samples=100), space={"units": Int(2, 9)}, model=build,
              budget=Budget(trials=3, epochs=1), finals=Finals(top=1, seeds=1))
"""


@pytest.mark.ray
@pytest.mark.keras
@pytest.mark.long  # in short by the tests above, one oddity each
def test_a_run_goes_through_many_oddities_at_once(tmp_path: Path) -> None:
    (tmp_path / "odd.py").write_text(ODD)
    proxy = "http://10.255.0.1:3128"
    done = shell(
        ODDITIES,
        tmp_path,
        PYTHONWARNINGS="error",
        PYTHONOPTIMIZE="2",
        MPLBACKEND="nonsense",
        KERAS_BACKEND="jax",
        RAY_ADDRESS="10.9.9.9:6379",
        **dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "ALL_PROXY"), proxy),
    )
    assert done.returncode == 0, done.stderr
    assert b"KERAS_BACKEND=jax: a search trains with TensorFlow all the same" in done.stdout
    assert done.stdout.count(b"  complete  ") == 3


BESIDE = """
set -e
mount -t tmpfs -o size=16m none /dev/shm; ip link set lo up
export HOME=$PWD/home; mkdir home
"$1" -m ray.scripts.scripts start --head --num-cpus=1 > ray.out 2>&1
"$1" -c "
import socket, time
taken = []
for port in (8266, 10001, 44217, 44227):
    taken.append(socket.socket())
    try:
        taken[-1].bind(('0.0.0.0', port))
        taken[-1].listen()
    except OSError:
        pass  # the other Ray has it
time.sleep(1000)" &
theirs=" $(pgrep -d ' ' ray:: || true) "
export RAY_ADDRESS=127.0.0.1:6379
PYTHONINSPECT=1 "$@" run beside.py --name beside > /dev/full < /dev/null &
driver=$!
until [ "$(wc -l < built)" -ge 6 ]; do kill -0 $driver; sleep 0.1; done
ours=$(for each in $(pgrep ray::); do [[ $theirs == *" $each "* ]] || echo $each; done)
kill -STOP $driver $ours; sleep 15; kill -CONT $driver $ours
wait $driver
grep -q . reports/beside.html
RAY_AUTH_MODE=token "$1" -m ray.scripts.scripts status > status.out  # theirs goes on
"""
BUILT = """
import os
import keras
from search import Budget, Finals, Int, Study, circles

def build(units):
    with open({mark!r}, "a") as mark:
        mark.write("built\\n")
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(units), keras.layers.Dense(1)])
    model.compile("sgd", "mse", metrics=["accuracy"])
    return model

study = Study(data=circles(samples=100), space={{"units": Int(2, 99)}}, model=build,
              budget=Budget(trials=12, epochs=2), finals=Finals(top=1, seeds=1))
"""


@pytest.mark.ray
@pytest.mark.keras
@pytest.mark.long
def test_a_run_beside_another_ray_is_stopped_and_continued(tmp_path: Path) -> None:
    """With 16 MB of shared memory, ports taken, and a standard output that is full."""
    tried = [*APART, "ip", "link", "set", "lo", "up"]
    if subprocess.run(tried, capture_output=True, check=False).returncode:
        pytest.skip("it needs leave to unshare: root, iproute2, and a system that lets it")
    (mark := tmp_path / "built").touch()
    (tmp_path / "beside.py").write_text(BUILT.format(mark=str(mark)))
    done = subprocess.run(
        [*APART, "bash", "-c", BESIDE, "bash", *COMMAND],
        cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=400, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.count("Screen failed (OSError: [Errno 28] No space left on device)") == 1
    trials = load_run(tmp_path / "runs" / "beside").trials()
    assert [trial.state for trial in trials] == [State.COMPLETE] * 12
