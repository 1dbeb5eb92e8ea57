"""What the trials tell of space and budget: too narrow, too short, or searched for nothing."""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from statistics import fmean, median

from search.loading.warnings import losses_apart
from search.report.axis import Axis, position, sound, value_axis
from search.report.digits import share
from search.report.explored_space import Explored
from search.report.noise import noise
from search.report.wording import on_validation, value_text
from search.store.manifest import Manifest, Searched
from search.study.checks import Found
from search.study.goal import LOSS
from search.study.plain_text import percent
from search.study.ranking import ranked
from search.study.trial import State, Trial

EDGE = 0.05
"""Share of a range, at either end, that counts as its edge."""
ENOUGH = 20
"""Completed trials from which on their last fifth is more than a few."""
RISEN = 0.2
"""Of the way from the median trial to the best, gained in the last fifth. Of 50 trials in any
order, so without a trend, this is said in 8 % of searches where values are normal, and in under 1 %
where they crowd below a bound, as accuracies do (simulated)."""
FALLING = 0.05
"""Of a training's whole gain, in its last fifth against the fifth before. What approaches its end
exponentially has then run for less than three times its time constant."""
FEWEST_OPTIONS = 3
"""Of which one can lie between others: of two, the best always is at an end."""
FEW_EPOCHS = 10
"""Below, a fifth of a curve is one epoch, and its step is chance."""
IMPATIENT = 10
"""Of 1,800 trainings on eleven tables with up to 200 epochs, a patience of 20 beats one of 5 by
0.010 ± 0.005 of R², and one of 10 by 0.004 ± 0.004."""
LEADERS = 5
"""The best trials whose curves are asked, at least."""
REPEATED = 0.05
"""Share of trials that makes repetitions an alert: a few are first points that were meant twice."""
IDLE = 0.05
"""Most of the variance that a parameter may explain and still be called idle."""
SPREAD = 0.6
"""Share of a parameter's range over which the best trials have to lie, for it to be called idle:
where many tie in accuracy, their loss may still want one end of it. (On the two circles, depth
explains 1 % of the accuracy, and each winner has three layers.)"""


def alerts_of_search(
    manifest: Manifest, trials: Sequence[Trial], best: Trial | None, explored: Explored | None
) -> list[Found]:
    """What is found; see `alerts`."""
    searched = manifest.plan.parameters
    if not searched and explored:  # of a conditional space, what its trials were asked
        searched = {axis.name: axis.searched for axis in explored.axes}
    edges = _edges(searched, best) if best else {}
    return [
        *(Found("S013", text) for text in losses_apart(searched, manifest.plan.objective)),
        *edges.values(),
        *_improving(manifest, trials),
        *_falling(manifest, trials),
        *_impatient(manifest, trials),
        *_past_best(manifest, trials),
        *_ties(manifest, trials),
        *_duplicates(trials),
        *(_idle(explored, edges) if explored else ()),
    ]


def _edges(parameters: Mapping[str, Searched], best: Trial) -> dict[str, Found]:
    """Parameter → what is said of it."""
    found: dict[str, Found] = {}
    for name, searched in parameters.items():
        value = best.params.get(name)
        if searched.kind == "choice":
            at_edge = _option_at_edge(name, searched, value)
            found |= {name: at_edge} if at_edge else {}
            continue
        if isinstance(value, bool | str) or value is None:
            continue
        if searched.kind == "int" and _is_coarse(searched) and value not in _ends(searched):
            continue
        place = position(value, searched)
        if EDGE < place < 1 - EDGE:
            continue
        if place <= EDGE and searched.low == 0:
            continue  # layers, dropout or a penalty: there is nothing below none of it
        end = "upper" if place > 0.5 else "lower"
        found[name] = Found(
            "S012",
            f"The best {name} ({value_text(value)}) is at the {end} end of its range "
            f"({value_text(searched.low)}…{value_text(searched.high)}). Try a wider range.",
        )
    return found


def _option_at_edge(name: str, searched: Searched, value: object) -> Found | None:
    """Of options that are all numbers, three or more: the largest or the smallest is the best."""
    options = {*searched.options}
    numbers = {o for o in options if isinstance(o, int | float) and not isinstance(o, bool)}
    if numbers < options or len(numbers) < FEWEST_OPTIONS:
        return None
    low, *_, high = sorted(numbers)
    if value != high and (value != low or low == 0):
        return None
    which, more = ("largest", "larger") if value == high else ("smallest", "smaller")
    return Found(
        "S012",
        f"The best {name} ({value_text(high if value == high else low)}) is the {which} of its "
        f"{len(numbers)} options ({value_text(low)}…{value_text(high)}). Try {more} ones too.",
    )


def _is_coarse(searched: Searched) -> bool:
    low, high = _ends(searched)
    return (high - low) / searched.step < 1 / EDGE


def _ends(searched: Searched) -> tuple[float, float]:
    """The smallest and the largest value that steps from the smallest reach."""
    low, high = searched.low or 0, searched.high or 0
    return low, high - (high - low) % searched.step


def _improving(manifest: Manifest, trials: Sequence[Trial]) -> Iterator[Found]:
    """The best so far rose in the last fifth of the trials, and by more than chance."""
    completed = sound(trials)
    over = sum(trial.state.finished for trial in trials) >= manifest.plan.trials
    if len(completed) < ENOUGH or not over:
        return
    values = [trial.value or 0.0 for trial in completed]
    best_of = max if manifest.plan.direction == "maximize" else min
    last = len(values) // 5
    before, end = best_of(values[:-last]), best_of(values)
    axis = value_axis("", completed)  # log scale where losses are far apart
    gained = abs(axis.place(end) - axis.place(before))
    way = abs(axis.place(end) - axis.place(median(values)))
    if gained > RISEN * way and abs(end - before) > noise(manifest, end):
        objective = manifest.plan.objective
        more = max(10, 10 * round(len(values) / 20))
        how = f"Continue with search resume {manifest.name} --trials +{more}"
        if manifest.made_elsewhere:
            how = f"Continue it with {more} more trials"
        yield Found(
            "S014",
            f"The search was still improving at its end: its last {last} completed trials improved "
            f"the best value from {on_validation(before, objective)} to "
            f"{on_validation(end, objective)}. {how}.",
        )


def _falling(manifest: Manifest, trials: Sequence[Trial]) -> Iterator[Found]:
    """The best trials were still learning when they were ended, by the budget or by patience."""
    plan, leaders = manifest.plan, _leaders(manifest, trials)
    whole = [t for t in leaders if t.epochs == plan.epochs >= FEW_EPOCHS]
    # What rises again from a fall is no better than it was before it: S017 is said of that.
    gains = [_late_gain(manifest, t, plan.epochs // 5) for t in whole if not _lost(manifest, t)]
    gains = [gain for gain in gains if gain]
    if len(whole) >= LEADERS and len(gains) > len(whole) / 2:
        yield Found(
            "S015",
            f"{len(gains)} of the {len(whole)} best trials that ran all {plan.epochs} epochs were "
            f"still improving: {plan.objective} improved by {median(gains):.3g} in the last fifth "
            f"of the epochs. Try more, for example Budget(epochs={2 * plan.epochs}).",
        )
    if plan.patience is None or plan.patience < 2:
        return
    ended = [_late_gain(manifest, t, plan.patience) for t in leaders if t.epochs < plan.epochs]
    gains = [gain for gain in ended if gain]
    if len(ended) >= LEADERS and len(gains) > len(ended) / 2:
        yield Found(
            "S016",
            f"{len(gains)} of the {len(ended)} best trials that were stopped early were still "
            f"improving on average, by {median(gains):.3g} over their last {plan.patience} epochs. "
            f"Try more patience, for example Budget(patience={2 * plan.patience}).",
        )


def _leaders(manifest: Manifest, trials: Sequence[Trial]) -> list[Trial]:
    """The best trials, by whose curves S015 to S017 judge."""
    plan = manifest.plan
    found = [t for t in ranked(trials, plan.goal) if plan.objective in t.curve]
    return found[: max(LEADERS, len(found) // 10)]


def _impatient(manifest: Manifest, trials: Sequence[Trial]) -> Iterator[Found]:
    """A short patience ended most trials in the first half of their epochs."""
    plan, completed = manifest.plan, sound(trials)
    ended = [trial.epochs for trial in completed if trial.epochs < plan.epochs]
    if plan.patience is None or plan.patience >= IMPATIENT or len(completed) < LEADERS:
        return
    if len(ended) > len(completed) / 2 and median(ended) <= plan.epochs / 2:
        alone = plan.objective == LOSS
        what = (
            f"{LOSS} did not improve" if alone else f"neither {plan.objective} nor {LOSS} improved"
        )
        yield Found(
            "S016",
            f"Patience stopped {len(ended)} of {len(completed)} trials early, half of them by "
            f"epoch {math.floor(median(ended))} of {plan.epochs}: {what} for {plan.patience} "
            "epochs. With few rows that can be chance. Try more patience, for example "
            f"Budget(epochs={plan.epochs}, patience={max(2 * plan.patience, IMPATIENT)}).",
        )


def _past_best(manifest: Manifest, trials: Sequence[Trial]) -> Iterator[Found]:
    """Without patience, the best trials count by a last epoch that is worse than earlier ones."""
    plan = manifest.plan
    if plan.patience is not None or plan.epochs < FEW_EPOCHS:
        return
    leaders = [trial for trial in _leaders(manifest, trials) if trial.epochs == plan.epochs]
    lost = [_lost(manifest, trial) for trial in leaders]
    much = [loss for loss in lost if loss]
    if len(lost) >= LEADERS and len(much) > len(lost) / 2:
        yield Found(
            "S017",
            f"{len(much)} of the {len(lost)} best trials got worse before their end: "
            f"{plan.objective} lost {median(much):.3g} by the last fifth of their {plan.epochs} "
            "epochs, and the last epoch is used. To use the best epoch, set "
            f"Budget(epochs={plan.epochs}, patience={IMPATIENT}).",
        )


def _lost(manifest: Manifest, trial: Trial) -> float:
    """By how much a curve's last fifth is worse than its best; 0 where that is little."""
    curve, fifth = trial.curve[manifest.plan.objective], manifest.plan.epochs // 5
    means = [fmean(curve[end - fifth : end]) for end in range(len(curve), fifth - 1, -fifth)]
    best = max(means) if manifest.plan.direction == "maximize" else min(means)
    lost = abs(best - means[0])
    return lost if lost > noise(manifest, means[0]) else 0.0


def _late_gain(manifest: Manifest, trial: Trial, window: int) -> float:
    """By how much a curve's last epochs are better than as many before; 0 where that is little."""
    curve = trial.curve[manifest.plan.objective]
    if window < 1 or len(curve) < 2 * window + 1:
        return 0.0
    sign = 1.0 if manifest.plan.direction == "maximize" else -1.0
    late, before = fmean(curve[-window:]), fmean(curve[-2 * window : -window])
    gain, whole = sign * (late - before), sign * (late - curve[0])
    return gain if gain > max(FALLING * whole, noise(manifest, late), 0.0) else 0.0


def _ties(manifest: Manifest, trials: Sequence[Trial]) -> Iterator[Found]:
    values = [trial.value or 0.0 for trial in sound(trials)]
    best = max(values, default=0.0)  # of an accuracy
    level = values.count(best)
    rows = sum(manifest.data.rows["validation"])
    if manifest.plan.objective == "val_accuracy" and level > max(3, len(trials) / 10):
        yield Found(
            "S020",
            f"{level} of {len(trials)} trials reach {share(best)} on validation: "
            f"{rows:,} rows cannot tell them apart; loss and fresh seeds decide among them.",
        )


def _duplicates(trials: Sequence[Trial]) -> Iterator[Found]:
    """Only a conditional space, first points and a small space can bring them."""
    tried = [trial for trial in trials if trial.state in (State.COMPLETE, State.PRUNED)]
    counts = Counter(frozenset(trial.params.items()) for trial in tried)
    repeated = len(tried) - len(counts)
    if tried and repeated > max(2, REPEATED * len(tried)):
        most = max(counts.values())
        yield Found(
            "S018",
            f"{repeated} of {len(tried)} trials repeated a configuration that was tried before, "
            f"one of them {most} times. Run fewer trials, or widen the space.",
        )


def _idle(explored: Explored, edges: dict[str, Found]) -> Iterator[Found]:
    """Parameters that explain no more than random numbers do, and surely little."""
    if len(explored.best_tenth) < LEADERS:
        return
    chance = explored.importance.chance
    for weight in explored.importance.weights:
        axis = weight.axis
        idle = weight.middle < chance and weight.high < IDLE
        if idle and axis.name not in edges and _spread(explored, axis):
            yield Found(
                "S019",
                f"{axis.name} has no visible effect by itself: it explains "
                f"{percent(weight.middle, 1)} of the variance between trials "
                f"({percent(weight.high, 1)} at most), where random numbers explain up to "
                f"{percent(chance, 1)}. Fix it, and spend the trials on the others.",
            )


def _spread(explored: Explored, axis: Axis) -> bool:
    """Whether the best trials lie all over a parameter's range, or have most of its options."""
    best = [trial.params[axis.name] for trial in explored.best_tenth if axis.name in trial.params]
    if not axis.is_number:
        return len(set(best)) > len(axis.searched.options) / 2
    places = [axis.place(value) for value in best]
    return bool(places) and max(places) - min(places) >= SPREAD
