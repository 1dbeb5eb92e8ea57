"""What the site shows that has its source elsewhere: the sample pages, and the commands' help."""

from pathlib import Path

import click
import typer
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from search.commands.command_line import app
from search.study.checks import CHECKS

SAMPLES = Path(__file__).parent.parent / "reports" / "sample"


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the sample pages and their picture."""
    for path in sorted(SAMPLES.iterdir()):
        files.append(File.generated(config, f"samples/{path.name}", abs_src_path=str(path)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Put every command's help and every check into the reference."""
    del page, config, files
    for place, made in {"[[commands]]": _commands, "[[checks]]": _checks}.items():
        if place in markdown:
            markdown = markdown.replace(place, made())
    return markdown


def _checks() -> str:
    return "\n\n".join(
        f"## {check.code}: {check.title}\n\nA {check.severity}. How it is found: {check.detects} "
        f"Why it matters: {check.matters}"
        for check in CHECKS.values()
    )


def _commands() -> str:
    group = typer.main.get_command(app)
    context = click.Context(group, info_name="search")
    return "\n\n".join(
        _section(name, command, context)
        for name, command in group.commands.items()  # type: ignore[attr-defined]
    )


def _section(name: str, command: click.Command, parent: click.Context) -> str:
    context = click.Context(command, info_name=name, parent=parent)
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    rows = []
    for parameter in command.get_params(context):
        term, said = parameter.get_help_record(context) or ("", "")
        if term and "--help" not in term:
            rows.append(f"| `{term}` | {said.replace('|', chr(92) + '|')} |")
    table = "\n".join(["| | |", "|---|---|", *rows]) if rows else ""
    return f"## {name}\n\n```\n{usage}\n```\n\n{command.help}\n\n{table}"
