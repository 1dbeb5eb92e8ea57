"""The parts of the page below its first screen, each from the store to text, tables and figures."""

from collections import Counter

from search.report import tables
from search.report.figures.boundary import scatter
from search.report.figures.curves import Learner, curves
from search.report.figures.numbers import against_truth
from search.report.figures.rates import Marked, rate_curve
from search.report.figures.svg import Figure, Numbers, Words, csv_link
from search.report.material import Material
from search.report.search_section import search_section
from search.report.section import Section
from search.report.wording import in_units, share, value_text
from search.study.answer import Answer, RateCurve
from search.study.task import MULTILABEL, REGRESSION


def sections(made: Material) -> list[Section]:
    """All that there is to show, in the order of the page."""
    answer = made.answer
    return [
        *(_finalists(made, answer) if answer else ()),
        search_section(made),
        *(_winner(made, answer) if answer else ()),
        *(_baselines(made, answer) if answer and answer.baselines else ()),
        _data(made),
        _trials(made),
        *_failures(made),
        _making(made),
    ]


def _finalists(made: Material, answer: Answer) -> list[Section]:
    text = [
        f"The best {len(answer.finalists)} configurations of the search were trained again, each "
        f"on {made.manifest.plan.finals[1]} fresh seeds. The winner is chosen by mean validation "
        "alone, equal means by loss; held-out rows were opened after the choice. A tie is where a "
        "paired bootstrap over the validation rows cannot tell a finalist from the winner.",
        *_optimism(made, answer),
        f"This was look {answer.look} at the held-out rows.",
    ]
    shown = [tables.finalists(answer, made.manifest), tables.yardsticks(answer)]
    return [Section("finalists", "Finalists", text, tables=shown)]


def _optimism(made: Material, answer: Answer) -> list[str]:
    """How far the search's own figure lay above that of held-out, where both are of one measure."""
    winner, headline = answer.winner, answer.headline
    if made.manifest.plan.objective != f"val_{headline.measure}" or winner.mean is None:
        return []
    gap = winner.search_value - headline.value
    return [
        f"Optimism: the search saw {share(winner.search_value)} on validation, fresh seeds gave "
        f"{share(winner.mean)} there on average, and held-out {share(headline.value)}; the first "
        f"lies {share(abs(gap))} {'above' if gap >= 0 else 'below'} the last."
    ]


def _winner(made: Material, answer: Answer) -> list[Section]:
    held_out = made.run.arrays("held_out")
    shown = [*_boundary(made), _winner_curves(made, answer)]
    if answer.rate_curve:
        shown.append(_rates(made, answer.rate_curve, "winner-rates"))
    said = [
        f"Shown is its fit of median validation (seed {answer.chosen.seed}). {_did(answer)}; "
        f"all its fits: {', '.join(share(score.value) for score in answer.scores)}."
    ]
    data = made.manifest.data
    report, matrix = [], None
    if data.task == REGRESSION.name:
        shown[:0] = [against_truth(held_out, data.targets)] if held_out else []
        report = [tables.numbers(held_out, data.targets)] if held_out else []
    elif data.task == MULTILABEL.name:
        report = [tables.labels(held_out, data.classes)] if held_out else []
    else:
        report = [tables.classification(held_out, data.classes)] if held_out else []
        matrix = tables.matrix(answer.headline, data.classes)
    return [Section("winner", "Winner", said, figures=shown, matrix=matrix, tables=report)]


def _did(answer: Answer) -> str:
    """How the winner did on held-out, in the words of its measure."""
    score = answer.headline
    if score.measure == "accuracy":
        return f"On held-out it gets {share(score.value)} of {score.rows:,} rows right"
    others = "".join(f", {name} {value:.4g}" for name, value in score.others.items())
    return f"On {score.rows:,} held-out rows its {score.measure} is {share(score.value)}{others}"


def _boundary(made: Material) -> list[Figure]:
    parts, grid = made.scatter_parts(), made.run.arrays("grid")
    if not grid or len(parts) < 3:
        return []
    words = Words(
        "boundary",
        "Where the winner decides for which class, over the rows it learnt and rows it never saw.",
        "Marks are true classes; a mark on the other shade is an error. The deeper the shade, the "
        "surer the winner; the line is where two classes are level.",
    )
    return [scatter([parts["training"], parts["held-out"]], made.plane(grid), words)]


def _winner_curves(made: Material, answer: Answer) -> Figure:
    shown = [Learner("winner", [fit.curve for fit in answer.winner.fits])]
    if len(answer.finalists) > 1:
        second = answer.finalists[1]
        shown.append(Learner(f"runner-up, trial {second.number}", [f.curve for f in second.fits]))
    shown += [Learner(b.name, [fit.curve for fit in b.fits[:1]]) for b in answer.baselines[:3]]
    words = Words(
        "curves",
        "How the winner learnt, beside the runner-up"
        + (" and the first baselines." if answer.baselines else "."),
        f"A line a seed; validation whole, training dashed{in_units(made.manifest)}.",
    )
    return curves(shown, words, made.manifest.plan.objective)


def _rates(made: Material, curve: RateCurve, name: str) -> Figure:
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
        f"Which learning rates {whose} learns with: suggested is {suggested}, midway between "
        f"where loss falls fastest and where it is lowest ({_of_seeds(len(curve.losses))}).",
        "A range test: the rate grows tenfold every 20 epochs, each of 1,024 rows at most. Thin "
        "lines are seeds, the thick one their median; where it rises again, the rate is too large.",
    )
    return rate_curve(curve, marked, words)


def _of_seeds(count: int) -> str:
    return f"median of {count} seeds" if count > 1 else "of one seed: a weak guide"


def _baselines(made: Material, answer: Answer) -> list[Section]:
    shown = []
    for place, baseline in enumerate(answer.baselines):
        words = Words(
            f"baseline-{place}",
            f"How {baseline.name} learnt.",
            f"A line a seed; validation whole, training dashed{in_units(made.manifest)}.",
        )
        if any(fit.curve for fit in baseline.fits):
            learner = Learner(baseline.name, [fit.curve for fit in baseline.fits])
            shown.append(curves([learner], words, made.manifest.plan.objective))
        if baseline.rate_curve:
            shown.append(_rates(made, baseline.rate_curve, f"baseline-{place}-rates"))
    text = ["Trained apart from the search on the same rows, each on seeds of its own."]
    for baseline in answer.baselines:
        for reason, count in Counter(fit.reason for fit in baseline.fits if fit.reason).items():
            text.append(
                f"{baseline.name} failed on {count} of {len(baseline.fits)} seeds: {reason}."
            )
    overview = [tables.baselines(answer.baselines, answer.headline.measure)]
    return [Section("baselines", "Baselines", text, overview, shown)]


def _data(made: Material) -> Section:
    data = made.manifest.data
    kinds = {MULTILABEL.name: "labels", REGRESSION.name: "targets"}
    asked = len(data.targets or data.classes)
    text = [
        f"{data.description}; {len(data.features)} features, {asked} "
        f"{kinds.get(data.task, 'classes')}.",
        *(f"{note[:1].upper()}{note[1:]}." for note in data.notes),
    ]
    parts = list(made.scatter_parts().values())
    shown = []
    if parts:
        words = Words("rows", "The rows by class.", "A mark a row; each class has its own mark.")
        shown = [scatter(parts, made.plane({}), words)]
    told = [tables.rows_of_data(made.manifest)]
    told += [tables.columns_of_data(made.manifest)] if data.columns else []
    return Section("data", "Data", text, told, shown)


def _trials(made: Material) -> Section:
    table = tables.all_trials(made.trials)
    link = csv_link(Numbers(table.header, tables.numbers_of_trials(made.trials)))
    text = ["Press a column's name to sort by it."]
    return Section("trials", "Trials", text, tables=[table], sortable=True, csv=link)


def _failures(made: Material) -> list[Section]:
    table = tables.failures(made.trials)
    return [Section("failures", "Failures", tables=[table])] if table.rows else []


def _making(made: Material) -> Section:
    text = ["The space file as it was searched:"]
    return Section(
        "making",
        "How it was made",
        text,
        tables=[tables.making(made.run)],
        code=made.run.space_source(),
    )
