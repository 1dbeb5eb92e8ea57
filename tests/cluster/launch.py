"""The lines of cluster/README.md for machines of one's own, performed on machines made for it.

    python -m tests.cluster.launch [--install WHEELS]

From a clean checkout: `ray up`, `search submit`, `search fetch`, `ray down`. The machines take the
packages of this Python, and the product from what `ray up` brought. With --install they install
both by pip, as cluster/on-premise.yaml says, from a folder that this filled, since they have no
network but their own: `pip download -c constraints.txt -d WHEELS . hatchling`. Ends with 0 where
all was as it should be.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import yaml

from tests.cluster.hosts import APART, Host, hosts, lacking, on, until
from tests.cluster.project import ROOT

FILE = "cluster/on-premise.yaml"
PATIENCE = 400
TRIALS = 12

SPACE = """
\"\"\"A table, a module beside it, and a network.\"\"\"
from layers import WIDEST
from search import Budget, DenseSpace, Finals, Float, Int, Study, table

study = Study(
    data=table("rows.csv", target="kind"),
    space=DenseSpace(layers=1, units=Int(2, WIDEST), learning_rate=Float(1e-3, 1e-1, log=True)),
    budget=Budget(trials={trials}, epochs=3),
    finals=Finals(top=1, seeds=1),
)
"""

BORROWED = {
    "borrowed.pth": "{packages}\n"
    "import os, sys; sys.path.insert(0, os.path.expanduser('~/search'))\n",
    "ray": "#!/usr/bin/env python\nfrom ray.scripts.scripts import main\nmain()\n",
    "search": "#!/usr/bin/env python\nfrom search.commands import main\nmain()\n",
}
"""What stands for an installation by pip: the packages of this Python, and the brought product."""


class Laptop:
    """Where the person sits: a home with a token, and a clean checkout.

    Args:
        folder: An empty one.
    """

    def __init__(self, folder: Path) -> None:
        self.checkout = folder / "checkout"
        self.home = folder / "home"
        for (
            name
        ) in "pyproject.toml README.md LICENSE constraints.txt search spaces cluster".split():
            here, there = ROOT / name, self.checkout / name
            there.parent.mkdir(parents=True, exist_ok=True)
            (shutil.copytree if here.is_dir() else shutil.copy)(here, there)
        self.home.mkdir()
        self.token = self.home / ".ray" / "auth_token"

    def ray(self, *words: str) -> str:
        """Run Ray's launcher; returns what it printed."""
        return self._does("from ray.scripts.scripts import main; main()", "ray", *words)

    def search(self, *words: str) -> str:
        """Run the product; returns what it printed."""
        return self._does("from search.commands import main; main()", "search", *words)

    def _does(self, program: str, *words: str) -> str:
        began = time.monotonic()
        ended = subprocess.run(
            [sys.executable, "-c", program, *words[1:]],
            cwd=self.checkout,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        print(f"{time.monotonic() - began:6.1f} s  {' '.join(words)}", flush=True)
        if ended.returncode:
            raise RuntimeError(f"{ended.returncode}\n{ended.stdout}\n{ended.stderr}")
        return ended.stdout

    def _environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "HOME": str(self.home),
            "PYTHONPATH": str(self.checkout),
            "PYTHONWARNINGS": "ignore",
            "TMPDIR": str(self.home),  # where Ray keeps what it knows of a cluster
            "RAY_TMPDIR": str(self.home),
            "RAY_UP_enable_autoscaler_v2": "0",
            "RAY_USAGE_STATS_ENABLED": "0",
        }


def fill_in(file: Path, machines: list[Host], key: Path) -> None:
    """Fill in the file, as its head says."""
    config: dict[str, Any] = yaml.safe_load(file.read_text())
    head, *workers = machines
    config["provider"] |= {"head_ip": head.address, "worker_ips": [w.address for w in workers]}
    config["auth"] |= {"ssh_user": "root", "ssh_private_key": str(key)}
    config["min_workers"] = config["max_workers"] = len(workers)
    file.write_text(yaml.safe_dump(config))


def leave_pip_out(file: Path, borrowed: Path) -> None:
    """Have the machines take what `borrow` wrote, where they would install the product."""
    config = yaml.safe_load(file.read_text())
    (install,) = (word for word in config["setup_commands"] if word.endswith("txt ~/search"))
    site = "$(python -c 'import site; print(site.getsitepackages()[0])')"
    take = f"cp {borrowed}/*.pth {site} && cp {borrowed}/ray {borrowed}/search ~/search/.venv/bin"
    setup = [take if command == install else command for command in config["setup_commands"]]
    file.write_text(yaml.safe_dump({**config, "setup_commands": setup}))


def install_from(wheels: Path, machines: list[Host]) -> None:
    """Have pip look nowhere but in a folder."""
    for host in machines:
        config = host.home / ".config" / "pip" / "pip.conf"
        config.parent.mkdir(parents=True)
        config.write_text(f"[global]\nno-index = true\nfind-links = {wheels}\n")


def borrow(folder: Path) -> Path:
    """Write what machines take instead of an installation."""
    folder.mkdir()
    packages = Path(yaml.__file__).parent.parent
    for name, text in BORROWED.items():
        (folder / name).write_text(text.format(packages=packages))
        (folder / name).chmod(0o755)
    return folder


def perform(folder: Path, wheels: Path | None) -> None:
    """Launch, search, fetch and end.

    Args:
        folder: An empty one.
        wheels: What the machines install; None where they borrow it.

    Raises:
        RuntimeError: A line failed.
        AssertionError: What it left is not as it should be.
    """
    laptop = Laptop(folder)
    file, key = laptop.checkout / FILE, folder / "key"
    write_space(laptop.checkout / "mine")
    with hosts(folder, ["head", "worker"]) as machines:
        fill_in(file, machines, key)
        if wheels is None:
            leave_pip_out(file, borrow(folder / "borrowed"))
        else:
            install_from(wheels, machines)
        laptop.ray("get-auth-token", "--generate")
        laptop.ray("up", "--yes", FILE)
        # Ray's launcher is done when the head runs, which then starts the workers.
        until(lambda: " CPU" in laptop.ray("exec", FILE, "ray status"), "there is no worker")
        token = laptop.token.read_bytes()
        for host in machines:
            assert (host.home / ".ray" / "auth_token").read_bytes() == token
            assert "auth_token 600" in on(host, key, "stat -c '%n %a' .ray/auth_token").stdout
        laptop.search("submit", "mine/small.py", "--cluster", FILE, "--name", "small")
        laptop.search("fetch", "small", "--cluster", FILE)
        told = json.loads(laptop.search("status", "runs/small", "--json"))
        assert (told["state"], told["finished"]) == ("finished", TRIALS), told
        assert (laptop.checkout / "reports" / "small.html").is_file()
        laptop.ray("down", "--yes", FILE)
        # The workers' Ray sees its head gone, and ends within a minute.
        assert on(machines[0], key, "pgrep -f 'raylet|gcs_server'").returncode == 1


def write_space(folder: Path) -> None:
    """A space of the person's own, with a module and a table beside it."""
    folder.mkdir()
    (folder / "small.py").write_text(SPACE.format(trials=TRIALS))
    (folder / "layers.py").write_text("WIDEST = 8\n")
    rows = [f"{n},{n * n % 7},{'ab'[n % 2]}" for n in range(120)]
    (folder / "rows.csv").write_text("\n".join(["x,y,kind", *rows]) + "\n")


def main(words: list[str]) -> int:
    """Perform it within namespaces of its own."""
    if missing := lacking():
        print(missing)
        return 1
    if "--apart" not in words:
        command = [*APART, sys.executable, "-m", "tests.cluster.launch", "--apart", *words]
        return subprocess.run(command, check=False).returncode
    wheels = Path(words[-1]).absolute() if "--install" in words else None
    with tempfile.TemporaryDirectory(prefix="launch-") as folder:
        perform(Path(folder), wheels)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
