"""The curve of learning rates of a model, in the words of its run."""

from search.report.figures.rates import Marked, rate_curve
from search.report.figures.svg import Figure, Words
from search.report.material import Material
from search.report.wording import value_text
from search.study.answer import RateCurve


def rates(made: Material, curve: RateCurve, name: str) -> Figure:
    """With what was searched, used and is suggested."""
    searched = made.manifest.plan.parameters.get("learning_rate")
    used = made.answer.winner.params.get("learning_rate") if made.answer else None
    is_range = searched is not None and searched.low is not None and searched.high is not None
    marked = Marked(
        searched=(searched.low, searched.high) if is_range and searched else None,  # type: ignore[arg-type]
        used=float(used) if isinstance(used, int | float) and curve.of == "winner" else None,
    )
    whose = "the winner's architecture" if curve.of == "winner" else curve.of
    suggested = "no rate" if curve.suggested is None else value_text(curve.suggested)
    words = Words(
        name,
        f"Learning-rate range test of {whose}: {suggested} suggested",
        "The rate grows tenfold every 20 epochs (of at most 1,024 rows). Thin lines are seeds, the "
        "thick line is their median; where the loss rises again, the rate is too large. The "
        "suggested rate is midway, on a log scale, between where loss falls fastest and where it "
        f"is lowest ({_of_seeds(len(curve.losses))}).",
    )
    return rate_curve(curve, marked, words)


def _of_seeds(count: int) -> str:
    return f"median of {count} seeds" if count > 1 else "one seed only: a weak guide"
