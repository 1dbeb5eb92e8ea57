"""The lines to paste: Ray and the product know each of them, and the files are there."""

import re
import shlex
from pathlib import Path

import pytest

from tests.cluster.project import ROOT

PAGES = ["README.md", "cluster/README.md"]


def lines(page: str, program: str) -> list[list[str]]:
    """Each line of a program's that is set as code, or in a sentence with the file it is for."""
    text = (ROOT / page).read_text()
    said = re.findall(rf"(?m)^    {program} (.*)$", text)
    said += re.findall(rf"`{program} ([^`]*\.yaml[^`]*)`", text)
    return [shlex.split(re.split(" > | && chmod", line)[0]) for line in said]


@pytest.mark.parametrize("page", PAGES)
def test_ray_knows_the_lines_and_their_files_are_there(page: str) -> None:
    from ray.scripts.scripts import cli

    assert {"up", "down"} <= {name for name, *_ in lines(page, "ray")}
    for name, *words in lines(page, "ray"):
        cli.commands[name].make_context(name, [*words])
        assert all((ROOT / word).is_file() for word in words if word.endswith(".yaml"))


@pytest.mark.parametrize("page", PAGES)
def test_the_product_knows_the_lines(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import typer

    from search.commands.command_line import app

    said = [words for words in lines(page, "search") if "cluster.yaml" in words]
    on_the_head = [words[-1] for words in lines(page, "ray") if " search " in words[-1]]
    for line in on_the_head:
        began, run = (shlex.split(command) for command in line.split("&&"))
        assert (began, run[0]) == (["cd", "~/search"], "search")
        said.append(run[1:])
    assert {"submit", "fetch"} <= {name for name, *_ in said}
    group = typer.main.get_command(app)
    (tmp_path / "runs" / "first").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    for name, *words in said:
        if "FILE" not in words and "RUN" not in words:  # a table's names for what is given
            command = group.commands[name]  # type: ignore[attr-defined]
            given = command.make_context(name, [*words]).params
            file = given.get("file")
            assert file is None or (ROOT / file).is_file()
