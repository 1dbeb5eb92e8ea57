"""What the finals tell of the claim: how far the verdict can be trusted."""

import math
from collections.abc import Iterator
from statistics import NormalDist, fmean, median, stdev

from search.metrics.intervals import Z
from search.report.digits import difference, share
from search.report.noise import noise
from search.report.wording import figure, held_out_rows, of_class, rivals
from search.store.manifest import Manifest
from search.study.answer import Answer, Interval
from search.study.checks import Found
from search.study.plain_text import percent

FAR = 3.0
"""Standard errors of the difference of two scores: the best of a few trials lies within two in 95
of 100 searches whose rows are alike, and the best of many within three."""
LOOKS = 4
"""Evaluations from which on the best of equal models is too good by a standard error."""
DOMINANT = 0.75
"""Accuracy of always predicting one class, from which on an accuracy is misleading."""
SEES_RARE = 0.5
"""Share of the constant's errors that a winner avoids, from which on it clearly sees the rare
classes: with 90 % of one class, an accuracy of 0.95."""
DOMINANT_TARGET = 0.8
"""Part of the loss that is one target's, from which on the others hardly count."""
RELATIVE = 0.1
"""Of what is gained over a constant, or of a mean, the spread of seeds that is worth a word where
counts do not tell its error."""
SENSIBLE = 100
"""Times the held-out rows, beyond which an alert recommends to call it a tie."""


def alerts_of_finals(manifest: Manifest, answer: Answer) -> list[Found]:
    """What is found; see `alerts`."""
    return [
        *_optimism(manifest, answer),
        *_looked_often(manifest, answer),
        *_imbalance(manifest, answer),
        *_one_target(manifest, answer),
        *_too_small(answer),
        *_lost_fits(answer),
        *_seeds(manifest, answer),
    ]


def _optimism(manifest: Manifest, answer: Answer) -> Iterator[Found]:
    """The search saw more on validation than held-out rows gave, or less of a loss."""
    of, promised = answer.headline.judged, answer.promise
    if promised is None or of.interval is None or of.value is None:
        return
    held_out, validation = _errors(manifest, of.value, of.interval)
    far = FAR * math.hypot(held_out, validation)
    if (promised - of.value) * (1 if of.maximize else -1) > far:
        yield Found(
            "S006",
            f"The search saw {of_class(of.measure, manifest)} {figure(of, promised)} on "
            f"validation, but held-out data gave {figure(of)}: the best of many trials is partly "
            "luck. Trust the held-out score, and use more validation rows.",
        )


def _errors(manifest: Manifest, value: float, interval: Interval) -> tuple[float, float]:
    """Standard errors of a score on held-out rows, and of the same on validation rows.

    Of an interval that is uneven, as of a loss with a few large errors, by its longer side.
    """
    error = max(interval.high - value, value - interval.low) / Z
    held_out, validation = (sum(manifest.data.rows[part]) for part in ("held_out", "validation"))
    return error, error * math.sqrt(held_out / max(1, validation))


def _looked_often(manifest: Manifest, answer: Answer) -> Iterator[Found]:
    of = answer.headline.judged
    if answer.look < LOOKS or of.interval is None or of.value is None:
        return
    error, _ = _errors(manifest, of.value, of.interval)
    best = NormalDist().inv_cdf((answer.look - 0.375) / (answer.look + 0.25))  # Blom
    yield Found(
        "S021",
        f"This was evaluation {answer.look} of the held-out rows: were the models equally good, "
        f"the best of so many {of.measure} scores would be too good by {best * error:.2g}. If "
        "earlier scores led to this one, judge the winner once more by rows that nothing has seen: "
        "search predict with a table of them.",
    )


def _imbalance(manifest: Manifest, answer: Answer) -> Iterator[Found]:
    """Where one class is most rows, and the winner does little more than say so."""
    score, rows = answer.headline, manifest.data.rows["held_out"]
    constant = answer.constant.score.value if answer.constant else 0.0
    if score.measure != "accuracy" or not score.matrix or not DOMINANT <= constant < 1:
        return
    if (score.value - constant) / (1 - constant) >= SEES_RARE:
        return
    classes = manifest.data.classes
    most = max(range(len(rows)), key=rows.__getitem__)
    found = {code: line[code] / sum(line) for code, line in enumerate(score.matrix) if sum(line)}
    worst = min(found, key=found.__getitem__)
    fix = ' Use objective="val_auc", or weight the classes (class_weight="balanced").'
    fix = "" if score.goal else fix  # another objective was used
    right, of = score.matrix[worst][worst], sum(score.matrix[worst])
    yield Found(
        "S007",
        f"{percent(rows[most] / sum(rows))} of the held-out rows are {classes[most]}, so always "
        f"predicting it gets {share(constant)}: accuracy {share(score.value)} is misleading. "
        f"{right} of {of} rows of {classes[worst]} are found.{fix}",
    )


def _one_target(manifest: Manifest, answer: Answer) -> Iterator[Found]:
    """Where one of several targets makes nearly all of the loss, for its unit alone."""
    names, parts = manifest.data.targets, answer.loss_parts
    if len(parts) != len(names) or max(parts, default=0.0) < DOMINANT_TARGET:
        return
    most = max(range(len(parts)), key=parts.__getitem__)
    others = " and ".join(name for place, name in enumerate(names) if place != most)
    count, r2 = "counts" if len(names) == 2 else "count", "val_r2"
    compared = (
        f"the objective {r2} weights all targets equally, but the loss does not"
        if manifest.plan.objective == r2
        else f"trials are compared by {manifest.plan.objective}, so almost only by {names[most]}"
        if manifest.plan.objective == "val_loss"
        else "training gains almost nothing from them"
    )
    yield Found(
        "S008",
        f"{most_of(parts[most])} of the loss comes from {names[most]}, whose values vary most "
        f"(for a model that predicts each target's mean): {others} hardly {count}, and {compared}. "
        "Standardise the targets, as a DenseSpace does automatically, or weight them in the loss; "
        f'metrics=[keras.metrics.R2Score(name="r2")] with objective="{r2}" compares '
        "trials by all targets alike.",
    )


def most_of(part: float) -> str:
    """A part of 1 in percent, never rounded up to all of it."""
    return percent(part) if part < 0.99 else percent(math.floor(part * 1000) / 1000, 1)


def _too_small(answer: Answer) -> Iterator[Found]:
    """The winner is ahead of the best it is measured against, by less than noise."""
    of = answer.headline.judged
    best = max(rivals(answer), key=lambda rival: rival.score.judged.rank, default=None)
    against = None if best is None else best.against
    if best is None or against is None or against.told != "level" or against.rows is None:
        return
    if against.lead <= 0 or figure(of) == figure(best.score.judged):
        return
    headline = answer.headline
    have, unit = headline.rows, "held-out rows"
    if headline.groups:
        have, unit = headline.groups, "held-out groups"
    tie = "; treat it as a tie" if against.rows > SENSIBLE * have else ""
    yield Found(
        "S009",
        f"{held_out_rows(headline)} are too few to prove that the winner beats "
        f"{best.name}: it is ahead by "
        f"{difference(against.lead, against.interval, against.how)}. If that is its true lead, "
        f"about {_rounded(against.rows):,} {unit} would show it in 4 of 5 such tests{tie}.",
    )


def _rounded(number: float) -> int:
    """To two digits, upwards."""
    step: int = 10 ** max(0, math.floor(math.log10(number)) - 1)
    return math.ceil(number / step) * step


def _lost_fits(answer: Answer) -> Iterator[Found]:
    lost = [(f.number, fit.reason) for f in answer.finalists for fit in f.fits if fit.reason]
    if lost:
        number, reason = lost[0]
        yield Found(
            "S010",
            f"{len(lost)} training{'s' * (len(lost) > 1)} of the finals failed (trial {number}: "
            f"“{reason}”). A configuration that fails on some seeds is risky in use.",
        )


def _seeds(manifest: Manifest, answer: Answer) -> Iterator[Found]:
    """Seeds of one configuration lie further apart than the finalists' means.

    Of equal finalists they always do, so it is only said where it is more than the validation rows'
    own error: there, more seeds can decide, and below only more rows. Of the finalists' spreads the
    median counts, since on the two circles the last one often fails to learn on one seed. What a
    split does to all finalists alike counts for neither.
    """
    lead = _of_splits(answer)
    values = [
        [fit.value - lead[fit.split] for fit in f.fits if fit.value is not None]
        for f in answer.finalists
    ]
    values = [of_one for of_one in values if len(of_one) > 1]
    if len(values) < 2:
        return
    means = [fmean(of_one) for of_one in values]
    within, between = median(stdev(of_one) for of_one in values), stdev(means)
    middle = fmean(f.mean for f in answer.finalists if f.mean is not None)
    if within > between and within > _error_of(manifest, answer, middle):
        splits, seeds = manifest.plan.splits, max(10, 2 * manifest.plan.finals[1])
        what, more = ("Fits", f"splits={2 * splits}") if splits > 1 else ("Seeds", f"seeds={seeds}")
        yield Found(
            "S011",
            f"{what} of one configuration vary more (standard deviation {within:.3g}) than the "
            f"finalists' means ({between:.3g}): which finalist is best is partly luck. Use more, "
            f"for example Finals({more}).",
        )


def _error_of(manifest: Manifest, answer: Answer, value: float) -> float:
    """What is nothing in a value: what validation rows alone make of it, or a part of its gain."""
    if error := noise(manifest, value):
        return error
    of, renewed = answer.headline.judged, answer.renewed
    constant = answer.constant.score.judged.value if answer.constant else None
    if of.interval is None or of.value is None or constant is None or not renewed:
        return RELATIVE * abs(value)
    gain = abs(constant - renewed)
    own = max(_errors(manifest, of.value, of.interval)[1], RELATIVE * gain)
    return own * abs(value / renewed)  # a loss may be of standardised targets


def _of_splits(answer: Answer) -> dict[int, float]:
    """How far each split's fits lie above those of all splits, in the mean."""
    found: dict[int, list[float]] = {}
    for fit in (fit for finalist in answer.finalists for fit in finalist.fits):
        if fit.value is not None:
            found.setdefault(fit.split, []).append(fit.value)
    means = {split: fmean(values) for split, values in found.items()}
    middle = fmean(means.values()) if means else 0.0
    return {split: mean - middle for split, mean in means.items()}
