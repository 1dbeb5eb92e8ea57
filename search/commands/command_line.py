"""The command line: its commands, and how each kind of error ends."""

import json
import os
import re
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from search import ArgumentError, InputError, SearchError, __version__
from search.commands import (
    check,
    compare,
    dashboard,
    export,
    fetch,
    finish,
    init,
    logs,
    predict,
    report,
    reproduce,
    resume,
    run_study,
    status,
    stop,
    submit,
    track,
    try_study,
    watch,
)
from search.commands.options import option
from search.commands.verbs import check_verb
from search.display.lines import plain_lines

app = typer.Typer(
    name="search",
    help="Distributed hyperparameter search for Keras that ends in an honest answer.",
    rich_markup_mode=None,  # with markup, --help takes four times as long
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _say_version(asked: bool) -> None:
    if asked:
        sys.stdout.write(f"search {__version__}\n")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option("--version", is_eager=True, callback=_say_version, help="Print the version."),
    ] = False,
) -> None:
    """Distributed hyperparameter search for Keras that ends in an honest answer."""


app.command("init")(init.init)
app.command("run")(run_study.run)
app.command("submit")(submit.submit)
app.command("fetch")(fetch.fetch)
app.command("hand-over", hidden=True)(fetch.hand_over)
app.command("resume")(resume.resume)
app.command("finish")(finish.finish)
app.command("check")(check.check)
app.command("try")(try_study.try_study)
app.command("report")(report.report)
app.command("predict")(predict.predict)
app.command("export")(export.export)
app.command("reproduce")(reproduce.reproduce)
app.command("compare")(compare.compare)
app.command("status")(status.status)
app.command("watch")(watch.watch)
app.command("track")(track.track)
app.command("dashboard")(dashboard.dashboard)
app.command("logs")(logs.logs)
app.command("stop")(stop.stop)


def run(arguments: list[str]) -> int:
    """Run a command line.

    Returns:
        0 done, 1 the search could not finish, 2 wrong input, 3 what was demanded of the run is not
        met, 130 interrupted.
    """
    try:
        if arguments:
            check_verb(arguments[0], [str(verb.name) for verb in app.registered_commands])
        code = app(arguments, standalone_mode=False)
        sys.stdout.flush()
    except typer.TyperException as error:
        return _say(_of_number(error) or error.format_message(), 2)
    except SearchError as error:
        if "--json" in arguments:
            facts = error.facts if isinstance(error, InputError) else {"problem": str(error)}
            sys.stdout.write(json.dumps({"error": facts}) + "\n")
        return _say(_in_options(error), error.exit_code)
    except KeyboardInterrupt:
        return _say("interrupted", 130)
    except BrokenPipeError:
        # The reader of the output has gone; Python must not complain at exit that it cannot flush.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        return _failed(error)
    return code if isinstance(code, int) else 0


def _of_number(error: typer.TyperException) -> str:
    """What is wrong with an option that is no number; empty for any other error.

    Typer has pydantic check numbers, whose sentences are for programmers.
    """
    found: list[dict[str, Any]] = getattr(error.__cause__, "errors", list)()
    if not isinstance(error, typer.BadParameter) or error.param is None or not found:
        return ""
    kind, value = found[0]["type"], found[0]["input"]
    where = f"{option(str(error.param.name))} {value}"
    if kind == "greater_than_equal":
        return f"{where}: give a whole number of {found[0]['ctx']['ge']} or more"
    fix = {"int": "give a whole number", "float": "give a number"}.get(kind.partition("_")[0])
    return f"{where}: {fix}" if fix else ""


def _in_options(error: SearchError) -> str:
    """An error as it is written here, where an argument is an option."""
    if not isinstance(error, InputError):
        return str(error)
    text = str(error)
    if isinstance(error, ArgumentError):
        value = "" if error.value is None else f" {error.value}"
        text = f"{option(error.argument)}{value}: {error.reason}"
    for name in error.names:
        text = re.sub(rf"\b{name}=True\b", option(name), text)
        text = re.sub(rf"\b{name}='?([^\s',]+)'?", rf"{option(name)} \1", text)
    return text


def _failed(error: OSError) -> int:
    try:
        sys.stdout.flush()
    except OSError:  # full; Python would try once more at exit, and end by a code of its own
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    try:
        Path.cwd()
    except OSError:
        return _say("the current folder no longer exists; change to one that does", 2)
    return _say(f"{error.filename or 'the disk'}: {error.strerror or error}", 1)


def _say(sentence: str, code: int) -> int:
    plain_lines(sys.stderr)(f"search: {sentence}")
    return code
