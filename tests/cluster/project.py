"""What the cluster files have to agree with: pinned versions, the product's own version, paths."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def pinned(package: str) -> str:
    """The version in constraints.txt, such as "2.60.0"."""
    (version,) = re.findall(rf"(?m)^{package}==(\S+)$", (ROOT / "constraints.txt").read_text())
    return str(version)


def version() -> str:
    """Of the product, such as "0.1.0"."""
    return str(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"])
