"""What a reader must not overlook, each with what to do about it."""

from collections import Counter
from collections.abc import Iterator, Sequence

from search.report.axis import position
from search.report.wording import share, value_text
from search.store.manifest import Manifest
from search.study.answer import Answer
from search.study.trial import State, Trial

EDGE = 0.05
"""Share of a range, at either end, that counts as its edge."""
MANY = 0.2
"""Share of trials that makes failures an alert."""


def alerts(
    manifest: Manifest, trials: Sequence[Trial], best: Trial | None, answer: Answer | None
) -> list[str]:
    """Sentences, the gravest first."""
    return [
        *_cut_short(manifest, trials),
        *_changed_data(manifest),
        *_failures(trials),
        *(_optimism(manifest, answer) if answer else ()),
        *(_lost_fits(answer) if answer else ()),
        *(_edges(manifest, best) if best else ()),
        *_ties(manifest, trials, best),
    ]


def _cut_short(manifest: Manifest, trials: Sequence[Trial]) -> Iterator[str]:
    if manifest.cut_short:
        ended = sum(trial.state.finished for trial in trials)
        yield (
            f"The search ended after {ended} of {manifest.plan.trials} trials: "
            f"{manifest.cut_short}."
        )


def _changed_data(manifest: Manifest) -> Iterator[str]:
    if manifest.data_changed:
        yield (
            "The rows changed between two sessions of this run: its trials were not all measured "
            "on the same rows, and are not wholly comparable."
        )


def _failures(trials: Sequence[Trial]) -> Iterator[str]:
    own = [trial for trial in trials if not trial.taken]
    failed = [trial for trial in own if trial.state is State.FAIL]
    if len(failed) > MANY * len(own):
        reason, count = Counter(trial.reason for trial in failed).most_common(1)[0]
        new = "new " if len(own) < len(trials) else ""
        yield (
            f"{len(failed)} of {len(own)} {new}trials failed, {count} of them with “{reason}”: "
            "mend that or narrow the space, since what failed taught the search nothing."
        )


def _optimism(manifest: Manifest, answer: Answer) -> Iterator[str]:
    promised = answer.winner.search_value
    measured = f"val_{answer.headline.measure}"
    if manifest.plan.objective == measured and promised > answer.headline.interval.high:
        yield (
            f"The search promised {share(promised)} and held-out gave "
            f"{share(answer.headline.value)}: the best of many trials is partly luck; "
            "trust the held-out figure, and give the validation part more rows."
        )


def _lost_fits(answer: Answer) -> Iterator[str]:
    lost = [(f.number, fit.reason) for f in answer.finalists for fit in f.fits if fit.reason]
    if lost:
        number, reason = lost[0]
        yield (
            f"{len(lost)} of the finals' trainings failed, such as trial {number}'s with "
            f"“{reason}”: a configuration that fails on some seeds is a risk in use."
        )


def _edges(manifest: Manifest, best: Trial) -> Iterator[str]:
    for name, searched in manifest.plan.parameters.items():
        value = best.params.get(name)
        if searched.kind == "choice" or isinstance(value, bool | str) or value is None:
            continue
        steps = (searched.high or 0) - (searched.low or 0)
        if (
            searched.kind == "int"
            and steps < 1 / EDGE
            and value not in (searched.low, searched.high)
        ):
            continue
        place = position(value, searched)
        if EDGE < place < 1 - EDGE:
            continue
        if place <= EDGE and searched.low == 0:
            continue  # layers, dropout or a penalty: there is nothing below none of it
        way = "up" if place > 0.5 else "down"
        yield (
            f"{name} {value_text(value)} sits at the edge of its range "
            f"({value_text(searched.low)}…{value_text(searched.high)}): widen it {way}wards, "
            "the best may lie beyond."
        )


def _ties(manifest: Manifest, trials: Sequence[Trial], best: Trial | None) -> Iterator[str]:
    if best is None or best.value is None:
        return
    level = sum(trial.value == best.value and trial.state is State.COMPLETE for trial in trials)
    rows = sum(manifest.data.rows["validation"])
    if manifest.plan.objective == "val_accuracy" and level > max(3, len(trials) / 10):
        yield (
            f"{level} of {len(trials)} trials reach {share(best.value)} on validation: "
            f"{rows:,} rows cannot tell them apart; loss and fresh seeds decide among them."
        )
