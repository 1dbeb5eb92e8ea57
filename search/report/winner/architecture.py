"""What the winner is made of, and which functions its space chose among."""

from collections.abc import Sequence

from search.data.series import WINDOW
from search.report.figures.activations import ALONE, MOST_DRAWN, activation_curves
from search.report.figures.network import boxes
from search.report.figures.svg import Figure, Words
from search.report.material import Material
from search.report.winner.keras_file import of_file
from search.report.winner.layers import LayerShape, of_dense
from search.report.wording import counted
from search.study.answer import Answer


def network_figure(made: Material, answer: Answer) -> tuple[list[Figure], list[str]]:
    """The winner's network; or a sentence that says why it is not drawn."""
    layers = _layers(made, answer)
    if layers is None:
        return [], [
            "The network is not drawn: the winner's file does not list its layers, as for a "
            "subclassed model."
        ]
    words = Words(
        "network",
        f"The winner's network: {counted(answer.winner.weights, 'parameter')}",
        "Each box is a layer, drawn below its inputs; a blue border means trainable parameters.",
    )
    return [boxes(layers, words)], []


def _layers(made: Material, answer: Answer) -> Sequence[LayerShape] | None:
    plan, data = made.manifest.plan, made.manifest.data
    if plan.space != "dense":
        if answer.no_model:
            return None
        return of_file(made.run.folder.model, prepares=bool(data.columns))
    outputs = len(data.targets or data.classes)
    params = {**plan.fixed, **answer.winner.params}
    steps = params.get(WINDOW, 1)  # of a series, each with all features
    inputs = len(data.features) * steps if isinstance(steps, int) else 0
    return of_dense(params, inputs, data.task, outputs)


def activations_figure(made: Material, answer: Answer) -> list[Figure]:
    """The activation functions that were searched or held; none where there is no such choice."""
    plan = made.manifest.plan
    searched = plan.parameters.get("activation")
    asked = searched.options if searched else (plan.fixed.get("activation"),)
    names = [name for name in asked if isinstance(name, str) and name in ALONE]
    if not names:
        return []
    hidden = {**plan.fixed, **answer.winner.params}.get("layers") != 0
    used = str(answer.winner.params.get("activation", "" if searched else names[0]))
    used = used if hidden else ""
    thick = "; the thick one is the winner's" if used in names and len(names) > 1 else ""
    more = f" {MOST_DRAWN} of {len(names)} are drawn." if len(names) > MOST_DRAWN else ""
    words = Words(
        "activations",
        f"{'Searched activation functions' if searched else 'Activation function'}",
        "First: a unit's output by its input. Second: the derivative; where it is 0, the unit does "
        f"not learn. Each line is a function{thick}.{more}",
    )
    return [activation_curves(names, used, words)]
