"""Machines made for a test: each a network, processes, a home and an sshd of its own, on this one.

They live within namespaces of the process that makes them, and are gone with it. It has to be
started by `apart`.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

APART = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
"""How a command begins whose network and processes nobody else sees."""
NETWORK = "10.213.7"
HERE = f"{NETWORK}.1"
PATIENCE = 240.0

SSHD = """
Port 22
ListenAddress {address}
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/authorized_keys
PidFile none
UsePAM no
StrictModes no
PasswordAuthentication no
Subsystem sftp internal-sftp
"""

BOOT = """
set -e
while ! ip link show eth0 > /dev/null 2>&1; do sleep 0.05; done
ip link set lo up
ip address add {address}/24 dev eth0
ip link set eth0 up
ip route add default via {here}
hostname {name}
mount --bind {folder}/passwd /etc/passwd
mkdir -p /tmp/ray /run/sshd
mount --bind {folder}/ray /tmp/ray
exec {sshd} -D -e -f {folder}/sshd_config
"""


@dataclass(frozen=True)
class Host:
    """A machine that SSH reaches.

    Attributes:
        name: Of the machine.
        address: Its own.
        home: Where root is at home there.
    """

    name: str
    address: str
    home: Path


def lacking() -> str:
    """What this machine lacks for it, and the fix; empty where it has all."""
    for program, package in {
        "ip": "iproute2",
        "unshare": "util-linux",
        "ssh": "openssh-client",
        "sshd": "openssh-server",
        "rsync": "rsync",
    }.items():
        if _program(program) is None:
            return f"there is no {program} here; apt-get install {package}"
    tried = [*APART, "ip", "link", "add", "veth0", "type", "veth", "peer", "name", "veth1"]
    if subprocess.run(tried, capture_output=True, check=False).returncode:
        return "it needs leave to make namespaces and networks: root, and a system that lets it"
    return ""


def on(host: Host, key: Path, command: str) -> "subprocess.CompletedProcess[str]":
    """Have a host's shell do something, by SSH and without its ~/.bashrc."""
    options = ["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR"]
    given = [word for option in options for word in ("-o", option)]
    words = ["ssh", "-i", str(key), *given, f"root@{host.address}", command]
    return subprocess.run(words, capture_output=True, text=True, check=False)


def until(does: Callable[[], bool], otherwise: str) -> None:
    """Wait for something.

    Raises:
        TimeoutError: With `otherwise`, where it does not come.
    """
    latest = time.monotonic() + PATIENCE
    while not does():
        if time.monotonic() > latest:
            raise TimeoutError(otherwise)
        time.sleep(0.05)


@contextmanager
def hosts(folder: Path, names: list[str]) -> Iterator[list[Host]]:
    """Machines, reached by the key `folder`/key; the first network address is this one's.

    Args:
        folder: For their homes.
        names: One a machine.
    """
    _run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / "key"))
    _run("ip", "link", "set", "lo", "up")
    _run("ip", "link", "add", "bridge0", "type", "bridge")
    _run("ip", "address", "add", f"{HERE}/24", "dev", "bridge0")
    _run("ip", "link", "set", "bridge0", "up")
    with ExitStack() as stack:
        made = [
            stack.enter_context(_host(folder, name, f"{NETWORK}.{number}"))
            for number, name in enumerate(names, 2)
        ]
        for host in made:
            until(
                lambda at=host: on(at, folder / "key", "true").returncode == 0,  # type: ignore[misc]
                f"{host.name} does not let the key in",
            )
        yield made


@contextmanager
def _host(folder: Path, name: str, address: str) -> Iterator[Host]:
    place = folder / name
    host = Host(name, address, place / "home")
    for part in (host.home, place / "ray"):
        part.mkdir(parents=True)
    # The Python that the test runs by; `ray up` finds it in a shell that has read ~/.bashrc.
    path = f"{Path(sys.base_prefix) / 'bin'}:$PATH"
    (host.home / ".bashrc").write_text(f"export PATH={path}\n")
    (host.home / ".bash_profile").write_text("source ~/.bashrc\n")
    (place / "passwd").write_text(_at_home(host.home))
    shutil.copy(folder / "key.pub", place / "authorized_keys")
    _run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(place / "host_key"))
    (place / "sshd_config").write_text(SSHD.format(address=address, folder=place))
    boot = BOOT.format(
        address=address, here=HERE, name=name, folder=place, sshd=_program("sshd") or "sshd"
    )
    with (place / "sshd.log").open("wb") as log:
        process = subprocess.Popen([*APART, "--uts", "bash", "-c", boot], stdout=log, stderr=log)
    try:
        until(lambda: _network(process.pid) != _network(os.getpid()), f"{name} has no network")
        near = f"veth-{name}"
        _run(
            "ip",
            "link",
            "add",
            near,
            "type",
            "veth",
            "peer",
            "name",
            "eth0",
            "netns",
            str(process.pid),
        )
        _run("ip", "link", "set", near, "master", "bridge0", "up")
        yield host
    finally:
        process.kill()  # and with it, by --kill-child, all that runs on the machine
        process.wait()


def _at_home(home: Path) -> str:
    """This machine's passwd, with root at home elsewhere."""
    lines = Path("/etc/passwd").read_text().splitlines()
    others = [line for line in lines if not line.startswith("root:")]
    return "\n".join([f"root:x:0:0:root:{home}:/bin/bash", *others]) + "\n"


def _network(process: int) -> Path:
    return Path(f"/proc/{process}/ns/net").readlink()


def _program(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")


def _run(*words: str) -> None:
    subprocess.run(words, check=True, capture_output=True)
