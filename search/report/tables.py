"""The page's tables and strips, every number worked out before the template sees it."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import median

from search.report.axis import position
from search.report.digits import decimal, number, share, significant
from search.report.engines import engine_line, engines_of, engines_of_fits, fallbacks
from search.report.explored_space import Explored
from search.report.wording import (
    MOST_TARGETS,
    counted,
    ends,
    figure,
    in_units,
    of_class,
    on_validation,
    told_apart,
    value_text,
)
from search.store.manifest import PARTS, DataSummary, Manifest, Searched
from search.store.run import StoredRun
from search.study.answer import Answer, BaselineResult, Finalist, Fit, Paired, Score
from search.study.outputs import OF_LOSS, PROBABILITIES
from search.study.parameters import Value
from search.study.plain_text import is_number, percent
from search.study.trial import State, Trial

STRIP = 200
"""Length of a parameter's strip, in its picture's units."""
SHADES = 10


@dataclass(frozen=True)
class HtmlTable:
    """Header and rows of text.

    Attributes:
        header: Names of the columns.
        rows: As many cells each.
        numeric: Places of the columns that are set to the right beside those of numbers alone.
        caption: What it shows.
    """

    caption: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    numeric: frozenset[int] = frozenset()

    @cached_property
    def right(self) -> frozenset[int]:
        """Places of all columns that are set to the right; the page asks at each cell."""
        columns = enumerate(zip(*self.rows, strict=True))
        return self.numeric | {at for at, cells in columns if _are_numbers(cells)}


def _are_numbers(cells: Sequence[str]) -> bool:
    known = [cell.replace(",", "") for cell in cells if cell not in {"", "–"}]
    return bool(known) and all(map(is_number, known))


@dataclass(frozen=True)
class Strip:
    """One parameter of the winner on a strip of its range.

    Attributes:
        name: Of the parameter.
        value: As text.
        range: As text.
        at: Where on the strip the value lies; None where it has no place on a line.
    """

    name: str
    value: str
    range: str
    at: float | None


@dataclass(frozen=True)
class Cell:
    """One cell of the confusion matrix: its count, its share of the row, its shade 0…10."""

    count: str
    share: str
    shade: int


@dataclass(frozen=True)
class Matrix:
    """Counts by true and predicted class, and what they are of."""

    caption: str
    classes: Sequence[str]
    rows: Sequence[tuple[str, Sequence[Cell]]]


def strips(space: Mapping[str, Searched], trial_params: Mapping[str, object]) -> list[Strip]:
    """The winner's parameters, in the order of the space."""
    return [
        _strip(name, trial_params[name], searched)
        for name, searched in space.items()
        if name in trial_params
    ]


def _strip(name: str, value: object, searched: Searched) -> Strip:
    text = value_text(value) if isinstance(value, None | bool | int | float | str) else str(value)
    at = None
    if searched.kind != "choice" and isinstance(value, int | float):
        at = position(float(value), searched) * STRIP
    return Strip(name, text, searched.told(value_text), at)


def finalists(answer: Answer, manifest: Manifest) -> HtmlTable:
    """How the finalists did on fresh seeds."""
    each = "each split" if any(f.split for f in answer.winner.fits) else "each seed"
    header = ("trial", "configuration", "in the search", "mean", each, "against the winner")

    def told(value: float | None) -> str:
        return "–" if value is None else on_validation(value, manifest.plan.objective)

    def told_or_failed(fit: Fit) -> str:
        return "failed" if fit.value is None else told(fit.value)

    rows = [
        (
            str(finalist.number),
            words,
            told(finalist.search_value),
            told(finalist.mean),
            "; ".join(", ".join(told_or_failed(f) for f in fits) for fits in _by_split(finalist)),
            _standing(finalist, answer),
        )
        for finalist, words in zip(
            answer.finalists, told_apart(manifest.plan, answer.finalists), strict=True
        )
    ]
    fresh = "fresh splits (seeds separated by commas)" if each == "each split" else "fresh seeds"
    objective = of_class(manifest.plan.objective, manifest)
    caption = f"Finalists, {objective} on {fresh}{in_units(manifest)}"
    return HtmlTable(caption, header, rows, frozenset({0, 2, 3}))


def _by_split(finalist: Finalist) -> Iterable[list[Fit]]:
    """Its fits, those on one split together."""
    found: dict[int, list[Fit]] = {}
    for fit in finalist.fits:
        found.setdefault(fit.split, []).append(fit)
    return found.values()


def _standing(finalist: Finalist, answer: Answer) -> str:
    if finalist.number == answer.winner.number:
        return "winner"
    return {None: "cannot be tested", True: "tie", False: "behind"}[finalist.tied]


def baselines(manifest: Manifest, answer: Answer) -> HtmlTable:
    """What the search had to beat: what others reported, and what came out here."""
    headline = answer.headline
    each = list(of_targets(headline))
    header = (
        "baseline", "configuration", "epochs", "reported",
        f"held-out {of_class(headline.judged.measure, manifest)}: median", "range", "seeds",
        *each, f"median {loss_name(headline)}",
    )  # fmt: skip
    rows = [_baseline(result, len(each)) for result in answer.baselines]
    numeric = frozenset({2, 4, *range(6, len(header))})
    return HtmlTable("Baselines, trained separately from the search", header, rows, numeric)


def _baseline(result: BaselineResult, targets: int) -> Sequence[str]:
    judged = sorted((score.judged for score in result.scores), key=lambda of: of.rank)
    values = [figure(of) for of in judged]
    own = [score for score in result.scores if score.kind == PROBABILITIES]
    losses = [score.loss for score in own if score.loss is not None]
    typical = None if result.typical is None else result.scores[result.typical]
    config = ", ".join(f"{name} {value_text(value)}" for name, value in result.params.items())
    return (
        result.name,
        config,
        str(result.epochs),
        result.note,
        "failed" if typical is None else figure(typical.judged),
        f"{values[0]}…{values[-1]}" if values else "–",
        str(len(result.fits)),
        *(["–"] * targets if typical is None else of_targets(typical).values()),
        decimal(median(losses)) if losses else "–",
    )


def reference_models(manifest: Manifest, answer: Answer) -> HtmlTable:
    """The winner beside the reference models, on the same held-out rows."""
    of, plain = answer.headline.judged, answer.headline
    known = of.measure == loss_name(plain) or plain.kind == OF_LOSS  # it stands there already
    loss = [] if known else [loss_name(plain)]
    rows = [("the winner", *_scored(plain, len(loss)), "–")]
    rows += [
        (y.name, *_scored(y.score, len(loss)), lead_text(y.against)) for y in answer.yardsticks
    ]
    beside = [plain.measure] if plain.has_plain else []
    header = (
        "model",
        f"held-out {of_class(of.measure, manifest)}",
        "95 %",
        *beside,
        *of_targets(plain),
        *loss,
        "worse than the winner by",
    )
    return HtmlTable(
        "Winner and reference models on held-out data",
        header,
        rows,
        frozenset({1, *range(3, len(header) - 1)}),
    )


def _scored(score: Score, losses: int) -> tuple[str, ...]:
    of = score.judged
    beside = [share(score.value)] if score.has_plain else []
    return figure(of), ends(of), *beside, *of_targets(score).values(), *[_loss(score)] * losses


def _loss(score: Score) -> str:
    """Of probabilities and numbers; scores of a margin have another, which compares with none."""
    known = score.loss if score.kind == PROBABILITIES else None
    return "–" if known is None else decimal(known)


def loss_name(score: Score) -> str:
    """What `Score.loss` is, whatever loss a model was trained by."""
    return "MSE" if score.measure in {"R²", "MAE"} else "log loss"


def of_targets(score: Score) -> dict[str, str]:
    """Of several numbers each one's MAE, in its own unit: a mean over units tells nothing."""
    found = list(score.of_targets.items())[:MOST_TARGETS]
    return {f"MAE of {name}": significant(mae) for name, (_, mae) in found}


def lead_text(against: Paired | None) -> str:
    """The winner's lead, with its interval."""
    if against is None:
        return "–"
    ends = against.interval
    if ends.low == ends.high:  # rows drawn anew all say the same
        return f"{against.lead:.3g}"
    low, high = (number(end, ends) for end in (ends.low, ends.high))
    return f"{number(against.lead, ends)} ({low} to {high})"


def matrix_of(caption: str, classes: Sequence[str], counts: Sequence[Sequence[int]]) -> Matrix:
    """Counts with their share of the true class.

    Args:
        caption: What it shows.
        classes: Names.
        counts: A line a true class, a number a predicted class.
    """
    rows = []
    for name, line in zip(classes, counts, strict=True):
        total = sum(line)
        shares = [count / total if total else 0.0 for count in line]
        cells = [
            Cell(f"{count:,}", percent(part, 1) if total else "–", round(part * SHADES))
            for count, part in zip(line, shares, strict=True)
        ]
        rows.append((name, cells))
    return Matrix(caption, classes, rows)


def rows_of_data(manifest: Manifest) -> HtmlTable:
    """Rows of each part and class, with each class's share of its part."""
    data = manifest.data
    rows = []
    for key, name in PARTS.items():
        total = sum(data.rows[key])
        counts = data.positives.get(key) or data.rows[key]
        shares = [f"{n:,} ({percent(n / total)})" for n in counts] if data.classes else []
        seen = " (first of a stream)" if data.sampled and key == "train" else ""
        rows.append((f"{name}{seen}", f"{total:,}", *shares))
    if data.classes and not data.positives:
        sums = [sum(each) for each in zip(*(data.rows[key] for key in PARTS), strict=True)]
    else:
        sums = [sum(each) for each in zip(*data.positives.values(), strict=True)]
    total = sum(sum(data.rows[key]) for key in PARTS)
    shares = [f"{n:,} ({percent(n / total)})" for n in sums] if data.classes else []
    rows.append(("all of these" if data.sampled else "all", f"{total:,}", *shares))
    header = ("set", "rows", *data.classes)
    kind = "label" if data.positives else "class"
    caption = f"Rows of each set and {kind}" if data.classes else "Rows of each set"
    return HtmlTable(caption, header, rows, frozenset(range(1, len(header))))


def first_rows(data: DataSummary) -> HtmlTable:
    """The first rows as they were given."""
    caption = "First rows" if data.split.endswith("shuffle=False)") else "First training rows"
    header, *rows = data.first
    return HtmlTable(caption, header, rows)


def columns_of_data(manifest: Manifest, answer: Answer | None) -> HtmlTable:
    """How each raw column is prepared for the exported model, or else for the search's models."""
    columns, where = manifest.data.columns, ""
    fitted = "fitted on the training rows only"
    if answer is not None and answer.columns:
        split = f"the training rows of fresh split {answer.chosen.split}, on which it was trained"
        fitted = f"fitted on {'training and validation rows together' if answer.last else split}"
        columns, where = answer.columns, " in the exported model"
    elif answer is not None and (answer.last or answer.chosen.split):
        fitted += " in the search; the exported model's is fitted on its own rows"
    return HtmlTable(
        f"Preprocessing of each column{where}, {fitted}", ("column", "preprocessing"), columns
    )


def all_trials(
    trials: Sequence[Trial], *, of_function: bool = False
) -> tuple[HtmlTable, list[Sequence[object]]]:
    """Every trial, a row each; and the same cells neither rounded nor grouped, for a CSV file."""
    names = list(dict.fromkeys(name for trial in trials for name in trial.params))
    taken = any(trial.taken for trial in trials)
    header = (
        "trial", "state", "value", "reports" if of_function else "epochs", "parameters",
        "seconds", *names, "reason",
        *(["taken from"] * taken),
    )  # fmt: skip
    cells: list[Sequence[Value]] = [
        (
            trial.number, str(trial.state), trial.value, trial.epochs, trial.weights or None,
            trial.seconds, *(trial.params.get(name, "") for name in names), trial.reason,
            *([trial.taken] * taken),
        )
        for trial in trials
    ]  # fmt: skip
    rows = [[_trial_cell(at, cell) for at, cell in enumerate(row)] for row in cells]
    return HtmlTable("All trials", header, rows, frozenset({0, *range(2, 6)})), list(cells)


TRIAL_FORMATS: Mapping[int, Callable[..., str]] = {
    2: decimal,
    4: "{:,}".format,
    5: "{:.2f}".format,
}
"""Place of a column of all trials → how its numbers are written."""


def _trial_cell(at: int, cell: Value) -> str:
    if at not in TRIAL_FORMATS:
        return value_text(cell)
    return "" if cell is None else TRIAL_FORMATS[at](cell)


def failures(trials: Sequence[Trial]) -> HtmlTable:
    """Why trials failed, the commonest reason first."""
    failed = [trial for trial in trials if trial.state is State.FAIL]
    counts = Counter(trial.reason for trial in failed)
    rows = [
        (
            str(count),
            reason or "not recorded",
            ", ".join(str(t.number) for t in failed if t.reason == reason),
        )
        for reason, count in counts.most_common()
    ]
    return HtmlTable("Failures by reason", ("trials", "reason", "which"), rows, frozenset({0}))


def space(manifest: Manifest, explored: Explored) -> HtmlTable:
    """What was searched and what was fixed; of a conditional space what its trials were asked."""
    rows = []
    for name, searched in explored.space.items():
        few = "" if manifest.plan.parameters else _had_by(name, explored.trials)
        rows.append((name, f"{searched.told(value_text)}{few}", searched.kind))
    rows += [(name, value_text(value), "fixed") for name, value in manifest.plan.fixed.items()]
    return HtmlTable("Search space", ("hyperparameter", "range", "kind"), rows)


def _had_by(name: str, trials: Sequence[Trial]) -> str:
    """How many trials have a parameter, where not all do."""
    having = sum(name in trial.params for trial in trials)
    return f", in {having:,} of {counted(len(trials), 'trial')}" if having < len(trials) else ""


def making(run: StoredRun, trials: Sequence[Trial], answer: Answer | None) -> HtmlTable:
    """How the run was made, so that it can be made again."""
    manifest = run.manifest
    plan, machine = manifest.plan, manifest.machine
    of_fits = fallbacks(plan, engines_of_fits(answer), "fits")
    facts = {
        "run": run.name,
        "started": manifest.created,
        "command": manifest.command,
        "seed": str(manifest.seed),
        "engine of the trials": engine_line(plan, engines_of(trials)),
        **({"engine of the finals": of_fits} if of_fits else {}),
        "trials per job": str(plan.together),
        "sampler, pruner": f"{plan.sampler}, {plan.stops_by}",
        "objective": f"{of_class(plan.objective, manifest)}, {plan.direction}{in_units(manifest)}",
        "finals": "none: of a function only its values are known"
        if plan.is_of_function
        else f"the best {plan.finals[0]} at most, on {plan.finals[1]} fresh seeds "
        + (f"at most on each of {plan.splits} fresh splits" if plan.splits > 1 else "each")
        + ("; a refit on training and validation rows together" if plan.refit else "")
        + (f"; no refit, because {plan.no_refit}" if plan.no_refit else ""),
        "machine": f"{machine.description}; {counted(machine.workers, 'worker')} with "
        f"{_of_each(machine.cpus, 'CPU')} and {_of_each(machine.gpus, 'GPU')} each",
        "seconds": ", ".join(f"{phase} {s:.1f}" for phase, s in manifest.seconds.items()),
        "held-out evaluations": "; ".join(map(str, manifest.looks)) or "none",
        "SHA-256 of the data": manifest.data.hash or "not known",
        **{f"SHA-256 of {name}": digest for name, digest in manifest.files.items()},
        **{f"version of {name}": version for name, version in manifest.versions.items()},
    }
    if manifest.made_elsewhere:
        facts = {name: value for name, value in facts.items() if name not in _NOT_ELSEWHERE}
    return HtmlTable("Run details", ("setting", "value"), list(facts.items()))


_NOT_ELSEWHERE = {
    "seed", "trials per job", "sampler, pruner", "machine", "held-out evaluations",
    "SHA-256 of the data",
}  # fmt: skip
"""Settings that are not known of a search that was made elsewhere."""


def _of_each(count: float, what: str) -> str:
    """What a worker has, which may be a fraction, such as "0.5 GPUs"."""
    return f"{count:g} {what}{'s' * (count != 1)}"
