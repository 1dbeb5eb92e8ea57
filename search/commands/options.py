"""Options of several commands: types and defaults come from `Options`, help texts are here."""

import inspect
from collections.abc import Callable, Mapping
from functools import wraps
from inspect import Parameter
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer

from search.app.options import Asked, Options
from search.app.paths import below_runs

File = Annotated[Path, typer.Argument(metavar="FILE", help="A space file, as in spaces/.")]
Data = Annotated[
    Path | None,
    typer.Option(metavar="ROWS.npz", help="Rows for FILE.py:build, written for KerasTuner."),
]
Direction = Annotated[
    str | None,
    typer.Option(
        metavar="minimize|maximize",
        help="Of a function for Optuna or Tune; by default what the file says, or minimize.",
    ),
]
ParamSpace = Annotated[
    Path | None,
    typer.Option(
        "--space", metavar="FILE.py:SPACE", help="The param_space of a function for Ray Tune."
    ),
]
Metric = Annotated[
    str | None,
    typer.Option(help="That such a function reports; by default what the file says."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]

_OPTIONS: Mapping[str, Any] = {
    "trials": typer.Option(help="Trials in total, instead of the file's."),
    "epochs": typer.Option(help="Epochs per trial, instead of the file's."),
    "seed": typer.Option(help="Seed, instead of the file's."),
    "name": typer.Option(help="Name of the run and its folder."),
    "continue_from": typer.Option(
        metavar="RUN",
        help="Start with the trials of that run that are valid in this space.",
        callback=lambda run: None if run is None else below_runs(run),
    ),
    "address": typer.Option(
        help="Address of a running Ray cluster, or auto; by default Ray is started here."
    ),
    "unauthenticated": typer.Option(
        "--unauthenticated", help="Join a cluster that requires no token."
    ),
    "cpus_per_trial": typer.Option(help="CPUs per trial."),
    "gpus_per_trial": typer.Option(help="GPUs per trial; may be a fraction."),
    "max_concurrent": typer.Option(
        help="Maximum number of trials at once; by default as many as fit."
    ),
    "engine": typer.Option(help="auto, or fit for stock Keras."),
    "keep": typer.Option(
        metavar="MINUTES", help="Keep Ray and TensorFlow ready for the next run, for so long."
    ),
}
CLUSTER = ("address", "unauthenticated")
MACHINES = ("cpus_per_trial", "gpus_per_trial", "max_concurrent")
OF_FUNCTION: Mapping[str, Any] = {"direction": Direction, "space": ParamSpace, "metric": Metric}
SEARCH = ("trials", "epochs", "seed", *MACHINES, "engine")


def taking(*names: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Have a command take options of these names, which it gets together as `options`.

    One with an argument `asked` takes those of a function written for others, too.
    """
    hints = get_type_hints(Options)
    of_options = {name: Annotated[hints[name], _OPTIONS[name]] for name in names}
    known: Mapping[str, tuple[type, Mapping[str, Any]]]
    known = {"asked": (Asked, OF_FUNCTION), "options": (Options, of_options)}

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        own = inspect.signature(command, eval_str=True)
        together = {name: known[name] for name in known if name in own.parameters}

        @wraps(command)
        def taken(**given: Any) -> Any:
            for argument, (kind, each) in together.items():
                given[argument] = kind(**{name: given.pop(name) for name in each if name in given})
            return command(**given)

        kept = [parameter for name, parameter in own.parameters.items() if name not in together]
        more = [
            Parameter(
                name, Parameter.KEYWORD_ONLY, default=getattr(kind(), name), annotation=each[name]
            )
            for kind, each in together.values()
            for name in each
        ]
        taken.__signature__ = own.replace(parameters=[*kept, *more])  # type: ignore[attr-defined]
        return taken

    return decorate


def option(name: str) -> str:
    """The option for an argument of this name."""
    return f"--{name.replace('_', '-')}"


def words(options: Options, names: tuple[str, ...]) -> list[str]:
    """These options as they are written on a command line."""
    said = {name: getattr(options, name) for name in names}
    pairs = [(option(name), value) for name, value in said.items()]
    return [str(word) for pair in pairs if pair[1] is not None for word in pair]
