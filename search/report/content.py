"""All that the page says, as one value: from the store to text, tables and figures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from search.report import tables
from search.report.alerts import alerts
from search.report.figures.boundary import Plane, Scatter, scatter
from search.report.figures.curves import Learner, curves
from search.report.figures.rates import Marked, rate_curve
from search.report.figures.search import finalists, history
from search.report.figures.svg import Figure, Numbers, Words, csv_link
from search.report.tables import Matrix, Strip, Table
from search.report.wording import described, share, value_text, verdict_lines
from search.store.manifest import Manifest
from search.store.run import Run
from search.study.answer import Answer, RateCurve
from search.study.data import Array
from search.study.ranking import ranked
from search.study.trial import State, Trial


@dataclass(frozen=True)
class Section:
    """A part of the page below its first screen.

    Attributes:
        name: Unique; the contents line links to it.
        title: For people.
        text: Sentences.
        figures: In order.
        tables: In order.
        matrix: Of the winner, in its own section.
        sortable: Whether the tables can be sorted.
        code: Source text.
    """

    name: str
    title: str
    text: Sequence[str] = ()
    figures: Sequence[Figure] = ()
    tables: Sequence[Table] = ()
    matrix: Matrix | None = None
    sortable: bool = False
    code: str = ""
    csv: str = ""


@dataclass(frozen=True)
class Page:
    """The whole page.

    Attributes:
        title: Of the search.
        name: Of the run.
        facts: Trials, time, workers and date in a few words.
        verdict: Sentences; the first leads.
        alerts: Sentences.
        figures: The three of the first screen.
        strips: The winner's parameters.
        of: Whose parameters these are.
        command: That made it.
        sections: Below the first screen.
    """

    title: str
    name: str
    facts: str
    verdict: Sequence[str]
    alerts: Sequence[str]
    figures: Sequence[Figure]
    strips: Sequence[Strip]
    of: str
    command: str
    sections: Sequence[Section]


@dataclass(frozen=True, eq=False)
class Material:
    """What the page is made from, read once."""

    run: Run
    manifest: Manifest
    trials: Sequence[Trial]
    best: Trial | None
    answer: Answer | None

    def scatter_parts(self) -> dict[str, Scatter]:
        """The rows of two features by part; empty for other data."""
        points, held_out = self.run.arrays("points"), self.run.arrays("held_out")
        found = {}
        if points:
            names = {0: "training", 1: "validation"}
            found = {
                name: Scatter(
                    name, points["x"][points["part"] == part], points["y"][points["part"] == part]
                )
                for part, name in names.items()
            }
        if "x" in held_out:
            found["held-out"] = Scatter("held-out", held_out["x"], held_out["y"])
        return found

    def plane(self, grid: Mapping[str, Array]) -> Plane:
        """The plane of two features, with a model's answer or without."""
        data = self.manifest.data
        return Plane(data.features, data.classes, dict(grid))


def page_of(run: Run) -> Page:
    """Everything that the page of a run says."""
    trials = run.trials()
    best = next(iter(ranked(trials, run.manifest.plan.direction)), None)
    answer = run.answer()
    made = Material(run, run.manifest, trials, best, answer)
    chosen = answer.winner.params if answer else best.params if best else {}
    sections = [
        *(_finalists(made, answer) if answer else ()),
        _search(made),
        *(_winner(made, answer) if answer else ()),
        *(_baselines(made, answer) if answer and answer.baselines else ()),
        _data(made),
        _trials(made),
        *_failures(made),
        _making(made),
    ]
    return Page(
        title=run.manifest.title,
        name=run.name,
        facts=_facts(made),
        verdict=verdict_lines(run.manifest, answer) if answer else _provisional(made),
        alerts=alerts(run.manifest, trials, _judged(made), answer),
        figures=_first_figures(made),
        strips=tables.strips(run.manifest, chosen),
        of="The winner" if answer else "The best so far",
        command=run.manifest.command,
        sections=sections,
    )


def _judged(made: Material) -> Trial | None:
    """The trial whose parameters the alerts are about."""
    if made.answer is None:
        return made.best
    return next((t for t in made.trials if t.number == made.answer.winner.number), made.best)


def _facts(made: Material) -> str:
    ended = sum(trial.state.finished for trial in made.trials)
    plan, machine = made.manifest.plan, made.manifest.machine
    seconds = sum(made.manifest.seconds.values())
    trials = f"{ended} trials" if ended == plan.trials else f"{ended} of {plan.trials} trials"
    return f"{trials} · {seconds:.0f} s · {machine.workers} workers · {made.manifest.created[:10]}"


def _provisional(made: Material) -> list[str]:
    """What can be said where the finals did not end: nothing is proven."""
    ended = [trial for trial in made.trials if trial.state.finished]
    said = [f"There is no verdict: this run is {made.run.state}, and its finals have not ended."]
    if made.best is not None and made.best.value is not None:
        params = {**made.manifest.plan.fixed, **made.best.params}
        words = described(params, made.best.weights)
        said.append(
            f"Best so far is trial {made.best.number}, {words}, with {share(made.best.value)} on "
            "validation; no held-out row has been looked at."
        )
    elif ended:
        said.append(f"None of the {len(ended)} finished trials completed; see the failures below.")
    else:
        said.append("No trial has finished yet.")
    if made.run.state == "interrupted":
        said.append(f"What is finished is kept; go on with search resume {made.run.folder.path}.")
    return said


def _first_figures(made: Material) -> list[Figure]:
    found = []
    parts, grid = made.scatter_parts(), made.run.arrays("grid")
    if "held-out" in parts and grid:
        words = Words(
            "first-boundary",
            "How the winner parts the held-out rows.",
            "Marks are true classes, shades the winner's answer, the line where it is undecided.",
        )
        found.append(scatter([parts["held-out"]], made.plane(grid), words))
    if made.answer:
        found.append(_finalists_figure(made, made.answer, "first-finalists"))
    words = Words(
        "first-history",
        "The value of each trial, and the best so far.",
        "A dot a trial in the order of asking; dotted lines are failures.",
    )
    found.append(history(made.trials, made.manifest.plan.direction, words, small=True))
    return found


def _finalists_figure(made: Material, answer: Answer, name: str) -> Figure:
    proven = made.manifest.plan.objective == "val_accuracy"
    words = Words(
        name,
        "How the finalists did on fresh seeds.",
        "A dot a seed on validation, a bar their mean"
        + ("; hollow dots: the winner on held-out." if proven else "."),
    )
    return finalists(answer, words, proven=proven)


def _finalists(made: Material, answer: Answer) -> list[Section]:
    text = [
        f"The best {len(answer.finalists)} configurations of the search were trained again, each "
        f"on {made.manifest.plan.finals[1]} fresh seeds. The winner is chosen by mean validation "
        "alone, equal means by loss; held-out rows were opened after the choice. A tie is where a "
        "paired bootstrap over the validation rows cannot tell a finalist from the winner.",
        f"This was look {answer.look} at the held-out rows.",
    ]
    shown = [tables.finalists(answer, made.manifest), tables.yardsticks(answer)]
    return [Section("finalists", "Finalists", text, (), shown)]


def _search(made: Material) -> Section:
    counts = {state: sum(t.state is state for t in made.trials) for state in State}
    told = ", ".join(f"{count} {state}" for state, count in counts.items() if count)
    words = Words(
        "history",
        "How the search went, trial by trial.",
        "Dots completed, triangles were pruned and show their last value, dotted lines failed; "
        "the line is the best so far.",
    )
    figure = history(made.trials, made.manifest.plan.direction, words, small=False)
    return Section(
        "search", "Search", [f"{told or 'no trial yet'}."], [figure], [tables.space(made.manifest)]
    )


def _winner(made: Material, answer: Answer) -> list[Section]:
    held_out = made.run.arrays("held_out")
    shown = [*_boundary(made), _winner_curves(made, answer)]
    if answer.rate_curve:
        shown.append(_rates(made, answer.rate_curve, "winner-rates"))
    said = [
        f"Shown is its fit of median validation (seed {answer.chosen.seed}). On held-out it gets "
        f"{share(answer.headline.accuracy)} of {answer.headline.rows:,} rows right; all its fits: "
        + ", ".join(share(score.accuracy) for score in answer.scores)
        + "."
    ]
    classes = made.manifest.data.classes
    report = [tables.classification(held_out, classes)] if held_out else []
    return [
        Section("winner", "Winner", said, shown, report, tables.matrix(answer.headline, classes))
    ]


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
        "A line a seed; validation whole, training dashed.",
    )
    del made
    return curves(shown, words)


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
        "where loss falls fastest and where it is lowest (median over seeds).",
        "A range test: the rate grows tenfold every 20 epochs. Thin lines are seeds, the thick one "
        "their median; where it rises again, the rate is too large.",
    )
    return rate_curve(curve, marked, words)


def _baselines(made: Material, answer: Answer) -> list[Section]:
    shown = []
    for place, baseline in enumerate(answer.baselines):
        words = Words(
            f"baseline-{place}",
            f"How {baseline.name} learnt.",
            "A line a seed; validation whole, training dashed.",
        )
        shown.append(curves([Learner(baseline.name, [f.curve for f in baseline.fits])], words))
        if baseline.rate_curve:
            shown.append(_rates(made, baseline.rate_curve, f"baseline-{place}-rates"))
    text = ["Trained apart from the search on the same rows, each on seeds of its own."]
    return [Section("baselines", "Baselines", text, shown, [tables.baselines(answer.baselines)])]


def _data(made: Material) -> Section:
    data = made.manifest.data
    text = [f"{data.description}; {len(data.features)} features, {len(data.classes)} classes."]
    parts = list(made.scatter_parts().values())
    shown = []
    if parts:
        words = Words("data", "The rows by class.", "A mark a row; each class has its own mark.")
        shown = [scatter(parts, made.plane({}), words)]
    return Section("data", "Data", text, shown, [tables.rows_of_data(made.manifest)])


def _trials(made: Material) -> Section:
    table = tables.all_trials(made.trials)
    link = csv_link(Numbers(table.header, table.rows))
    text = ["Press a column's name to sort by it."]
    return Section("trials", "Trials", text, (), [table], sortable=True, csv=link)


def _failures(made: Material) -> list[Section]:
    table = tables.failures(made.trials)
    return [Section("failures", "Failures", (), (), [table])] if table.rows else []


def _making(made: Material) -> Section:
    text = ["The space file as it was searched:"]
    return Section(
        "making",
        "How it was made",
        text,
        (),
        [tables.making(made.run)],
        code=made.run.space_source(),
    )
