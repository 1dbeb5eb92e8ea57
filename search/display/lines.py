"""Trials and times as plain text."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, TextIO

from search.study.plain_text import one_line

if TYPE_CHECKING:
    from search.store.manifest import Manifest
    from search.store.run import StoredRun
    from search.study.answer import Answer
    from search.study.parameters import Value
    from search.study.study import Study
    from search.study.trial import Trial

LONGEST = 80
"""Characters of a name or a value in a line or a cell."""


def line_of(trial: "Trial") -> str:
    """A finished trial as one plain line."""
    from search.report.digits import decimal
    from search.study.function_study import FUNCTION

    parts = [
        f"trial {trial.number:>4}",
        f"{trial.state:<8}",
        f"{'-' if trial.value is None else decimal(trial.value):>7}",
        f"{trial.epochs:>4} {'reports' if trial.engine.name == FUNCTION else 'epochs'}",
        values_text(trial.params),
    ]
    parts += [one_line(trial.reason)] if trial.reason else []
    parts += [one_line(f"taken from {trial.taken}")] if trial.taken else []
    return "  ".join(parts)


def duration(seconds: float) -> str:
    """Seconds as text: 8 s, 3 min 20 s, 2 h 5 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def cell(value: "Value") -> str:
    """A parameter's value, short."""
    return f"{value:.2g}" if isinstance(value, float) else one_line(str(value), LONGEST)


def values_text(params: "Mapping[str, Value]", between: str = " ") -> str:
    """A configuration's values, short."""
    return between.join(
        f"{one_line(name, LONGEST)}={cell(value)}" for name, value in params.items()
    )


def header(manifest: "Manifest", workers: int) -> str:
    """What is searched, for how long, and by how many."""
    from search.report.wording import counted, of_class

    plan, data = manifest.plan, manifest.data
    if plan.is_of_function:
        return (
            f"{manifest.title.rstrip('.')} · {counted(plan.trials, 'trial')} · {plan.direction} "
            f"{plan.objective} · {at_once(workers, plan.together)}"
        )
    values = of_class(plan.objective, manifest)
    values += " on standardised targets" if manifest.data.standardised else ""
    return (
        f"{manifest.title.rstrip('.')} · {counted(plan.trials, 'trial')} × "
        f"{counted(plan.epochs, 'epoch')} · "
        f"{data.description}, {data.task} · {values} · {at_once(workers, plan.together)}"
    )


def at_once(workers: int, together: int) -> str:
    """How many trials run at a time, and where."""
    many = "1 worker" if workers == 1 else f"{workers} workers"
    if together == 1:
        return f"{many}, 1 trial{'' if workers == 1 else ' each'} at a time"
    return f"{many}, {together} trials per job"


def finals_line(study: "Study", fits: int) -> str:
    """What the finals are about to do, and whether `Finals(share=…)` cuts them."""
    asked = study.finals
    fitted = "1 fit" if fits == 1 else f"{fits} fits"
    line = f"finals: {fitted} of the best configurations and the baselines, on fresh seeds"
    own = sum(baseline.seeds for baseline in study.baselines)
    wanted = asked.top * asked.seeds * asked.splits + own
    if fits < wanted:
        line += (
            f"; top={asked.top} and seeds={asked.seeds} would be {wanted}, but "
            f"share={asked.share:.2g} or too few complete trials limit them"
        )
    return line


def where_the_winner_is(run: "StoredRun", answer: "Answer") -> list[str]:
    """Its file, and the command that predicts new rows with it."""
    from search.report.use import predict_command, why_no_predict

    path = run.folder.path
    if answer.no_model:
        return [
            "predict  not possible without a model file; "
            f"`search reproduce {path}` retrains the winner, and `search export {path}` writes "
            "a script that does"
        ]
    command = predict_command(run, answer)
    why = "" if command else why_no_predict(run)
    told = f"predict  {command}" if command else f"predict  not possible by a command: {why}"
    return [f"model  {run.folder.model}", *([told] if command or why else [])]


def plain_lines(output: TextIO) -> Callable[[str], None]:
    """A function that writes lines to a stream, for where there is no screen yet."""

    def say(line: str) -> None:
        with suppress(OSError):  # closed or full, which the screen will note
            output.write(f"{one_line(line)}\n")
            output.flush()

    return say
