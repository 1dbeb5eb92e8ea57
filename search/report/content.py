"""All that the page says, as one value; its first screen is made here."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from search.report import tables
from search.report.alerts import alerts
from search.report.alerts_of_winner import alerts_of_winner
from search.report.failing import why_failed
from search.report.figures.boundary import scatter
from search.report.figures.over_x import over_x
from search.report.figures.search import finalists
from search.report.figures.svg import Figure, Words
from search.report.finals_before import finals_before
from search.report.function_verdict import of_function
from search.report.material import Material
from search.report.playground import Playground, playground
from search.report.search_section import first_history
from search.report.section import Section
from search.report.sections import sections
from search.report.tables import Strip
from search.report.wording import counted, described, on_validation, verdict_lines
from search.study.answer import Answer
from search.study.checks import Found, by_gravity
from search.study.trial import Trial


@dataclass(frozen=True)
class Page:
    """The whole page.

    Attributes:
        title: Of the search.
        name: Of the run.
        facts: Trials, time, workers and date in a few words.
        verdict: Sentences; the first leads.
        alerts: What checks have found, the gravest first.
        figures: The three of the first screen.
        strips: The winner's parameters.
        of: Whose parameters these are.
        command: That made it.
        sections: Below the first screen.
        playground: After them; None for none.
        reproduce: The command that trains the winner again and compares; empty without an answer.
        warnings: Of those of the data, which stand beside the verdict.
        muted: What is said of checks that the study mutes; empty where it mutes none.
        source: Where a search lies that was made elsewhere; empty of a run.
    """

    title: str
    name: str
    facts: str
    verdict: Sequence[str]
    alerts: Sequence[Found]
    figures: Sequence[Figure]
    strips: Sequence[Strip]
    of: str
    command: str
    sections: Sequence[Section]
    playground: Playground | None = None
    reproduce: str = ""
    warnings: Sequence[Found] = ()
    muted: str = ""
    source: str = ""


def page_of(made: Material) -> Page:
    """Everything that the page of a run says."""
    run, answer, best = made.run, made.answer, made.best
    chosen = answer.winner.params if answer else best.params if best else {}
    # First what need not wait for what is made beside it.
    proven, below = _figures_of_winner(made), sections(made)
    found, mute = found_in(made), run.manifest.plan.mute
    warnings = run.manifest.data.flattering
    return Page(
        title=run.manifest.title,
        name=run.name,
        facts=facts_line(made),
        verdict=verdict_of(made),
        alerts=[one for one in found if one.code not in mute and one not in warnings],
        figures=[*proven, made.searched().first if made.searched else first_history(made)],
        strips=tables.strips(made.explored.space, chosen),
        of=_of(made),
        command=run.manifest.command,
        reproduce=reproduce_command(made),
        sections=below,
        playground=playground(made),
        warnings=[one for one in warnings if one.code not in mute],
        muted=muted_line(mute, found),
        source=run.manifest.space_origin if run.manifest.made_elsewhere else "",
    )


def _of(made: Material) -> str:
    if made.manifest.plan.is_of_function and made.run.state == "finished":
        return "The best trial"
    return "The winner" if made.answer else "The best so far"


def found_in(made: Material) -> list[Found]:
    """All that the checks have found of a run: what stands beside the verdict, then the rest."""
    manifest, answer = made.manifest, made.answer
    found = alerts(manifest, made.trials, _judged(made), answer, made.explored)
    if answer is not None:
        found += alerts_of_winner(manifest, answer, made.run.arrays("held_out"))
    return [*manifest.data.flattering, *by_gravity(found)]


def muted_line(mute: Sequence[str], found: Sequence[Found]) -> str:
    """What is said of checks that are muted; empty where none is."""
    counts = [f"{code} ({sum(one.code == code for one in found)})" for code in mute]
    return f"Muted by mute=…, with what each has found: {', '.join(counts)}." if mute else ""


def verdict_of(made: Material) -> list[str]:
    """The verdict's sentences; without an answer how far the run is."""
    manifest, answer = made.manifest, made.answer
    if answer is None:
        return _provisional(made)
    return [*verdict_lines(manifest, answer), *finals_before(manifest, answer)]


def reproduce_command(made: Material) -> str:
    """The command that trains the winner again and compares; empty without an answer."""
    return f"search reproduce {shlex.quote(made.run.name)}" if made.answer else ""


def _judged(made: Material) -> Trial | None:
    """The trial whose parameters the alerts are about."""
    if made.answer is None:
        return made.best
    return next((t for t in made.trials if t.number == made.answer.winner.number), made.best)


def facts_line(made: Material) -> str:
    """Trials, time, workers and date in a few words."""
    ended = sum(trial.state.finished for trial in made.trials)
    plan, machine = made.manifest.plan, made.manifest.machine
    seconds = sum(made.manifest.seconds.values())
    whole = ended == plan.trials or (not made.trials and made.manifest.made_elsewhere)
    trials = counted(ended, "trial") if whole else f"{ended} of {plan.trials} trials"
    warm = made.manifest.warm_start
    trials += f" ({warm.taken} from {warm.run})" if warm else ""
    workers = [] if made.manifest.made_elsewhere else [counted(machine.workers, "worker")]
    return " · ".join([trials, f"{seconds:.0f} s", *workers, made.manifest.created[:10]])


def _provisional(made: Material) -> list[str]:
    """What can be said where the finals did not end: nothing is proven."""
    if made.manifest.plan.is_of_function:
        return of_function(made)
    ended = [trial for trial in made.trials if trial.state.finished]
    why = why_failed(made.manifest, made.trials)
    if made.run.state == "failed" and why:
        said = [f"There is no verdict: this run failed; {why}."]
    else:
        said = [
            f"There is no verdict yet: this run is {made.run.state}, and its finals have not ended."
        ]
    if made.best is not None and made.best.value is not None:
        words = described(made.manifest.plan, made.best.params, made.best.weights)
        said.append(
            f"Best so far is trial {made.best.number}, {words}, with "
            f"{on_validation(made.best.value, made.manifest.plan.objective)} on "
            "validation; the held-out rows have not been evaluated."
        )
    elif ended:
        said.append(f"None of the {len(ended)} finished trials completed; see the failures below.")
    else:
        said.append("No trial has finished yet.")
    if made.run.state == "interrupted":
        said.append(
            f"Finished trials are saved; continue with search resume {made.run.folder.path}."
        )
    return said


def _figures_of_winner(made: Material) -> list[Figure]:
    found = []
    parts, grid = made.scatter_parts(), made.run.arrays("grid")
    if "held-out" in parts and "probabilities" in grid:
        words = Words(
            "first-boundary",
            "Decision boundary on held-out data",
            "Marks are true classes, shades the winner's prediction; the line is the boundary.",
        )
        found.append(scatter([parts["held-out"]], made.plane(grid), words))
    elif "held-out" in parts and "predictions" in grid:
        words = Words(
            "first-over-x",
            "Predictions over the feature",
            "Each mark is a row; the line is what the winner predicts.",
        )
        line = {"winner": grid["predictions"][:, 0]}
        found.append(over_x(list(parts.values()), grid["x1"], line, made.manifest.data, words))
    if made.answer:
        found.append(_finalists_figure(made, made.answer, "first-finalists"))
    return found


def _finalists_figure(made: Material, answer: Answer, name: str) -> Figure:
    proven = answer.promise == answer.winner.search_value  # on one scale with validation
    splits = any(fit.split for fit in answer.winner.fits)
    words = Words(
        name,
        f"Finalists on fresh {'splits' if splits else 'seeds'}",
        "Each filled dot is one seed's validation score; the bar is their mean."
        + (" The open circle is the winner's held-out score." if proven else ""),
    )
    return finalists(answer, made.manifest.plan.goal, words, proven=proven)
