"""Where on each parameter's range do good values lie?"""

from collections.abc import Sequence

from matplotlib.axes import Axes

from search.report.axis import Axis
from search.report.explored_space import Explored
from search.report.figures.axes import end_at_bounds, set_axis
from search.report.figures.scales import named
from search.report.figures.search import MARKS, told
from search.report.figures.svg import AxisNumbers, Drawing, Figure, Words, short, tips
from search.study.trial import State, Trial

MOST = 300
"""Trials; more hide each other."""
MOST_PANELS = 12
COLUMNS = 3


def slices(explored: Explored, shown: Sequence[Axis], words: Words) -> Figure:
    """Value against each parameter, a panel each, marked as in the history."""
    trials = explored.thinned(MOST)
    with Drawing(len(shown), 1.9, COLUMNS) as drawing:
        for axes, axis in zip(drawing.axes, shown, strict=True):
            having = [trial for trial in trials if axis.name in trial.params]
            for state in MARKS:
                _marks(axes, axis, explored.value, [t for t in having if t.state is state])
            set_axis(axes.xaxis, axis, most=4)
            set_axis(axes.yaxis, explored.value)
            axes.set_title(short(axis.title, 30))
            end_at_bounds(axes.yaxis, explored.value, explored.goal.objective)
        drawing.name_values(named(explored.goal.objective, explored.goal))
        header = ("trial", "state", "value", *(axis.name for axis in shown))
        rows = [
            (
                trial.number,
                str(trial.state),
                trial.value,
                *(trial.params.get(axis.name, "") for axis in shown),
            )
            for trial in trials
        ]
        return drawing.figure(words, AxisNumbers(header, rows))


def _marks(axes: Axes, axis: Axis, value: Axis, trials: Sequence[Trial]) -> None:
    """Trials of one state; those without a value stand at the bottom."""
    if not trials:
        return
    mark, colour = MARKS[trials[0].state]
    dots = axes.scatter(
        [axis.place(trial.params[axis.name]) for trial in trials],
        [_height(value, trial) for trial in trials],
        s=10,
        marker=mark,
        color=colour,
        linewidths=0.6,
        alpha=0.7,
    )
    tips(dots, [told(trial) for trial in trials])


def _height(value: Axis, trial: Trial) -> float:
    if trial.value is None or trial.state is State.FAIL:
        return 0.0
    if _beyond(value, trial.value):
        return float(trial.value > (value.searched.high or 0.0))
    return value.place(trial.value)


def some_at_the_edge(explored: Explored) -> bool:
    """Whether a pruned trial is drawn whose value lies beyond those of the completed."""
    return any(
        trial.state is State.PRUNED
        and trial.value is not None
        and _beyond(explored.value, trial.value)
        for trial in explored.thinned(MOST)
    )


def _beyond(axis: Axis, value: float) -> bool:
    low, high = axis.searched.low or 0.0, axis.searched.high or 0.0
    return not low <= value <= high  # NaN lies nowhere
