"""How did the search go, and what did it learn of the space?"""

from dataclasses import dataclass
from itertools import combinations

from search.report import tables
from search.report.axis import Axis
from search.report.curve_forecasts import Forecasts
from search.report.explored_space import Explored
from search.report.figures import contour, intermediate, parallel, slices, workers
from search.report.figures.importance import importances
from search.report.figures.search import history
from search.report.figures.svg import Figure, Words
from search.report.importance import DRAWS
from search.report.material import Material
from search.report.section import Section
from search.report.utilization import Occupation, occupation
from search.report.wording import counted
from search.study.plain_text import percent
from search.study.trial import State


@dataclass(frozen=True)
class Searched:
    """What the page tells of the trials alone: it can be made while the finals go on.

    Attributes:
        explored: With the importance of hyperparameters.
        first: Of the first screen.
        section: The search's part of the page.
    """

    explored: Explored
    first: Figure
    section: Section

    @classmethod
    def of(cls, made: Material) -> "Searched":
        """Draw it."""
        return cls(made.explored, first_history(made), search_section(made))


def first_history(made: Material) -> Figure:
    """The search on the page's first screen."""
    words = Words(
        "first-history",
        "Best value over trials",
        "Each dot is a trial, in the order they were suggested; dotted lines are failures.",
    )
    return history(made.trials, made.manifest.plan.goal, words, small=True)


def search_section(made: Material) -> Section:
    """The search's part of the page: what cannot be drawn is said."""
    said = []
    if made.manifest.warm_start:
        said.append(f"{made.manifest.warm_start}. They are the first trials of this run.")
    explored = made.explored
    found = occupation(made.trials, made.manifest.machine.workers)
    if found.spans:
        said.append(_busy(found, made.manifest.machine.workers))
    forecasts = Forecasts.of(made.trials, made.manifest.plan)
    if forecasts is not None:
        said += forecasts.told(made.manifest.plan.finals[0])
    figures = [_history(made), *_curves(explored)]
    if explored.best_first and explored.axes:
        said += explored.importance.notes
        figures += [*_importance(explored), _parallel(explored), _slices(explored)]
        figures += _contour(explored)
    figures += _workers(found)
    shown = [tables.space(made.manifest, explored)]
    if forecasts is not None and forecasts.audits:
        shown.append(forecasts.table(made.manifest))
    finding = f"{_ended(made)}{_weightiest(explored)}."
    return Section("search", "Search", finding, said, figures=figures, tables=shown)


def _ended(made: Material) -> str:
    counts = {state: sum(t.state is state for t in made.trials) for state in State}
    told = [f"{count} {state}" for state, count in counts.items() if count]
    if not told:
        return "No trials" if made.run.state == "finished" else "No trial yet"
    return f"{counted(len(made.trials), 'trial')}: {', '.join(told)}"


def _weightiest(explored: Explored) -> str:
    first = explored.importance.surely_first
    if first is None:
        return ""
    return f"; {first.axis.name} explains {percent(first.middle)} of the variance of their values"


def _history(made: Material) -> Figure:
    words = Words(
        "history",
        "Value of each trial",
        "Dots are completed trials, triangles pruned ones (at their last value), dotted lines "
        "failed ones. The line is the best value so far.",
    )
    return history(made.trials, made.manifest.plan.goal, words, small=False)


def _curves(explored: Explored) -> list[Figure]:
    if not intermediate.with_curves(explored):
        return []
    cut = intermediate.cut_off(explored)
    left_out = (
        f" The axis leaves out the far worse values of {counted(cut.trials, 'trial')}."
        if cut else ""
    )  # fmt: skip
    words = Words(
        "intermediate",
        f"{explored.goal.objective} of each trial by {explored.step}",
        "Each line is a trial: the best tenth in blue, the best one thick. A triangle marks where "
        f"a trial was pruned, a cross where it failed.{left_out}"
        f"{_thinned(explored, intermediate.MOST)}",
    )
    return [intermediate.intermediate(explored, words)]


def _importance(explored: Explored) -> list[Figure]:
    found = explored.importance
    if not found.weights:
        return []
    first, most = found.surely_first, found.weights[0]
    what = (
        f"{first.axis.name} explains {percent(first.middle)} of the variance"
        if first
        else f"{most.axis.name} seems to matter most, which may be chance"
    )
    words = Words(
        "importance",
        f"Hyperparameter importance: {what}",
        "fANOVA: the fraction of variance that each hyperparameter explains by itself; the rest is "
        f"interactions and noise. A bar is the median over {DRAWS} random forests, each on a "
        "bootstrap sample of the trials, and its line their range. Below the dotted line it may be "
        "chance. The search tried good regions more often, so this describes the trials, not the "
        "whole space."
        f"{_conditional(explored)}{_of_their_own(explored)}",
    )
    return [importances(found, words)]


def _parallel(explored: Explored) -> Figure:
    words = Words(
        "parallel",
        "Parallel coordinates: which combinations worked",
        "Each line is a completed trial, through its value and its hyperparameters: the best tenth "
        f"in blue, the best one thick.{_conditional(explored)}"
        f"{_thinned(explored, parallel.MOST)}",
    )
    return parallel.parallel(explored, words)


def _slices(explored: Explored) -> Figure:
    shown = list(explored.axes)
    more = ""
    if len(shown) > slices.MOST_PANELS:
        weighed = [weight.axis for weight in explored.importance.weights]
        shown = (weighed + [axis for axis in shown if axis not in weighed])[: slices.MOST_PANELS]
        more = f" {len(shown)} of {len(explored.axes)} hyperparameters, the most important first."
    edge = " Pruned trials whose value lies beyond those of the completed are drawn at the edge."
    words = Words(
        "slices",
        "Value by hyperparameter",
        "Dots are completed trials, triangles pruned ones (at their last value), crosses at the "
        f"bottom failed ones.{edge if slices.some_at_the_edge(explored) else ''}"
        f"{_conditional(explored)}{more}{_thinned(explored, slices.MOST)}",
    )
    return slices.slices(explored, shown, words)


def _contour(explored: Explored) -> list[Figure]:
    pair = _pair(explored)
    if pair is None or len(explored.best_first) < contour.ENOUGH:
        return []
    way = "higher" if explored.goal.direction == "maximize" else "lower"
    words = Words(
        "contour",
        f"Interaction of {pair[0].name} and {pair[1].name}",
        "The two most important numeric hyperparameters. A stronger shade is a "
        f"{way} and so better value, smoothed over the completed trials (dots); blank where none "
        "is near. All other hyperparameters vary too."
        f"{_thinned(explored, contour.MOST)}",
    )
    return [contour.contour(explored, pair, words)]


def _pair(explored: Explored) -> tuple[Axis, Axis] | None:
    """The two weightiest numbers that all trials have; None where there are fewer."""
    axes = [weight.axis for weight in explored.importance.weights]
    numbers = [axis for axis in axes if axis.is_number and not axis.conditional]
    return next(combinations(numbers, 2), None)


def _workers(found: Occupation) -> list[Figure]:
    if not found.spans:
        return []
    hidden = len(found.spans) - workers.MOST_WORKERS
    more = f" {hidden} further workers are not shown." if hidden > 0 else ""
    if sum(len(spans) for spans in found.spans.values()) > workers.MOST:
        more += f" With more than {workers.MOST:,} trials, only busy time is drawn."
    if found.left_out:
        left_out = counted(found.left_out, "trial")
        more += f" Left out: {left_out} restarted, paused, or without a known worker."
    if found.pauses:
        more += " Dashed lines separate sessions; the time between them is cut out."
    words = Words(
        "workers",
        f"Worker timeline: busy {percent(found.share)} of the time",
        f"Each bar is a trial, from building its model to its end.{more}",
    )
    return [workers.workers(found, words)]


def _busy(found: Occupation, count: int) -> str:
    who = "The one worker was" if count == 1 else f"The {count} workers were"
    seconds = f"{found.seconds:,.1f}" if found.seconds >= 1 else f"{found.seconds:.2g}"
    return (
        f"{who} busy {percent(found.share)} of the {seconds} seconds from the start of the "
        "first trial to the end of the last."
    )


def _conditional(explored: Explored) -> str:
    some = any(axis.conditional for axis in explored.axes)
    return (
        " Numbers in brackets: how many of the completed trials have this hyperparameter."
        if some else ""
    )  # fmt: skip


def _of_their_own(explored: Explored) -> str:
    """Such fractions do not add up with the others."""
    some = any(weight.axis.conditional for weight in explored.importance.weights)
    return " Theirs is the fraction of the variance among these trials alone." if some else ""


def _thinned(explored: Explored, most: int) -> str:
    if len(explored.trials) <= most:
        return ""
    return (
        f" Shown are {most:,} of {len(explored.trials):,} trials: the best tenth and others evenly."
    )
