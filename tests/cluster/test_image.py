"""The image of a node: made of files that are there, by pinned versions, for no root."""

import re
import shlex
from typing import Any

import pytest

from tests.cluster.project import ROOT, version

DOCKERFILE = (ROOT / "cluster" / "Dockerfile").read_text()


def steps(text: str = DOCKERFILE) -> list[tuple[str, list[str]]]:
    """Each instruction with its words, comments left out and lines joined."""
    lines = re.sub(r"\\\n", " ", re.sub(r"(?m)^#.*\n", "", text)).splitlines()
    split = [shlex.split(line) for line in lines if line]
    return [(words[0], words[1:]) for words in split]


def words_of(name: str) -> list[list[str]]:
    return [words for instruction, words in steps() if instruction == name]


def test_what_it_copies_is_there_and_is_all_that_the_builder_is_sent() -> None:
    copied = {source for *sources, _ in words_of("COPY") for source in sources}
    assert all((ROOT / source).exists() for source in copied)
    ignored = (ROOT / "cluster" / "Dockerfile.dockerignore").read_text().splitlines()
    assert ignored[1] == "*"
    assert {line[1:] for line in ignored if line.startswith("!")} == copied
    assert {"constraints.txt", "search", "spaces"} <= copied


def test_it_installs_the_product_by_the_pinned_versions() -> None:
    (command,) = [words for words in words_of("RUN") if words[:2] == ["pip", "install"]]
    assert command[command.index("-c") + 1] == "constraints.txt"
    assert command[-2:] == [".", "$TENSORFLOW"]
    assert words_of("ARG") == [["TENSORFLOW=tensorflow"]]
    names = [name for name, _ in steps()]
    copied = next(at for at, step in enumerate(steps()) if "constraints.txt" in step[1])
    assert copied < names.index("ARG") < names.index("USER")


def test_it_runs_without_root_and_knows_ray_by_a_token() -> None:
    assert words_of("USER") == [["ray"]]
    (environment,) = words_of("ENV")
    assert "RAY_AUTH_MODE=token" in environment


def test_its_base_is_a_python_that_the_product_takes_and_names_no_registry() -> None:
    ((base,),) = words_of("FROM")
    assert re.fullmatch(r"python:3\.1[123]-slim", base)


@pytest.mark.parametrize("name", ["cluster/Dockerfile", "cluster/README.md", "cluster.yaml"])
def test_it_is_named_by_the_product_s_version(name: str) -> None:
    named: set[Any] = set(re.findall(r"keras-search:([\d.]+\d)", (ROOT / name).read_text()))
    assert named == {version()}
