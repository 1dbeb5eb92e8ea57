"""The lines to paste: Ray and the product know each of them, and the files are there."""

import re
import shlex

import pytest

from tests.cluster.project import ROOT

PAGES = ["README.md", "cluster/README.md"]


def lines(page: str) -> list[list[str]]:
    """Each line of Ray's that is set as code, or within a sentence with the file that it is for."""
    text = (ROOT / page).read_text()
    said = re.findall(r"(?m)^    ray (.*)$", text) + re.findall(r"`ray ([^`]*\.yaml[^`]*)`", text)
    return [shlex.split(re.split(" > | && chmod", line)[0]) for line in said]


@pytest.mark.parametrize("page", PAGES)
def test_ray_knows_the_lines_and_their_files_are_there(page: str) -> None:
    from ray.scripts.scripts import cli

    assert {"up", "exec", "down"} <= {name for name, *_ in lines(page)}
    for name, *words in lines(page):
        cli.commands[name].make_context(name, [*words])
        assert all((ROOT / word).is_file() for word in words if word.endswith(".yaml"))


@pytest.mark.parametrize("page", PAGES)
def test_the_product_knows_what_is_run_on_the_head(page: str) -> None:
    import typer

    from search.commands.app import app

    (line,) = [words[-1] for words in lines(page) if words[0] == "exec"]
    began, run = (shlex.split(command) for command in line.split("&&"))
    assert (began, run[0]) == (["cd", "~/search"], "search")
    group = typer.main.get_command(app)
    context = group.commands[run[1]].make_context(run[1], run[2:])  # type: ignore[attr-defined]
    assert context.params["address"] == "auto"
    assert (ROOT / run[2]).is_file()
