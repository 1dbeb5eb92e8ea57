"""Finals over fresh splits, and a last fit on all rows but those held out."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from search import Baseline, Budget, Finals, InputError, Split, State, table
from search.data.dataset import Array
from search.data.split import Rows
from search.data.table import Table
from search.finals.folds import OWN, TOGETHER, Folds
from search.finals.reference_models import plain_predictions, yardsticks
from search.finals.reproduction import Winner, reproduce
from search.finals.retraining import cost_of_finals, entrants
from search.finals.scoring import Judge
from search.finals.verdict import Seen, in_order, with_ties
from search.jobs.batch import Batch
from search.jobs.messages import Prediction, Refit
from search.metrics.intervals import Draws
from search.store.run import load_run
from search.study.answer import Answer, Finalist, Fit
from search.study.trial import Trial
from tests.finals.rings import BLIND, FAIR, LOST, PERFECT, Worker
from tests.finals.test_finals import PLAIN, Stage, stage_of
from tests.runs import small_study

SPLITS = Finals(top=2, seeds=2, splits=3)


def rows_in_a_table(**given: Any) -> Table:
    draw = np.random.default_rng(0)
    size = draw.normal(50, 10, 240)
    frame = pd.DataFrame(
        {
            "size": size,
            "age": draw.normal(20, 5, 240),
            "who": draw.integers(0, 40, 240),
            "when": pd.Timestamp("2026-01-01") + pd.to_timedelta(np.arange(240), unit="D"),
            "y": np.where(size + draw.normal(0, 5, 240) > 55, "dear", "cheap"),
        }
    )
    drop = {"who", "when"} - set(given.values())
    return table(frame.drop(columns=list(drop)), target="y", **given)


@pytest.mark.parametrize("given", [{}, {"group": "who"}])
def test_fresh_splits_deal_the_same_rows_anew_in_the_same_way(given: dict[str, str]) -> None:
    data, split = rows_in_a_table(**given).load(), Split()
    parts = split.parts(data)
    split.check_fresh(parts, 3)
    found = [split.fresh(parts, number) for number in (1, 2, 3)]
    rest = set(np.concatenate(parts.numbers[:2]).tolist())
    for fresh in found:
        train, validation, held_out = fresh.numbers
        assert set(train.tolist()) | set(validation.tolist()) == rest
        assert set(train.tolist()).isdisjoint(validation.tolist())
        np.testing.assert_array_equal(held_out, parts.numbers[2])
        assert len(validation) == pytest.approx(len(parts.validation), abs=15 if given else 0)
        np.testing.assert_allclose(fresh.train.x.mean(axis=0), 0, atol=1e-6)  # learnt on its own
        np.testing.assert_array_equal(fresh.validation.y, data.y[validation])
        assert fresh.validation.y.mean() == pytest.approx(
            data.y[sorted(rest)].mean(), abs=0.15 if given else 0.02
        )
        if data.given.groups is not None:
            groups = data.given.groups
            assert set(groups[train]).isdisjoint(groups[validation])
    seen = {tuple(sorted(f.numbers[1].tolist())) for f in (parts, *found)}
    assert len(seen) == 4
    again = split.fresh(parts, 2)
    np.testing.assert_array_equal(again.numbers[1], found[1].numbers[1])


@pytest.mark.parametrize(
    ("given", "split", "why"),
    [
        ({"time": "when"}, Split(), "the rows are cut by time"),
        ({}, Split(shuffle=False), r"Split\(shuffle=False\) cuts the rows in their one order"),
    ],
)
def test_rows_that_can_be_split_in_one_way_alone_are_refused(
    given: dict[str, str], split: Split, why: str
) -> None:
    parts = split.parts(rows_in_a_table(**given).load())
    with pytest.raises(InputError, match=rf"Finals\(splits=3\): {why}.*; leave splits out"):
        split.check_fresh(parts, 3)


def test_given_validation_rows_stay_apart() -> None:
    frame = pd.DataFrame({"x": np.arange(100.0), "y": np.arange(100) * 0.5})
    parts = Split().parts(table(frame, target="y", validation=frame[:9] + 0.25).load())
    with pytest.raises(InputError, match="which rows validate is given with the data"):
        Split().check_fresh(parts, 2)


def test_too_few_groups_for_so_many_splits_are_refused() -> None:
    draw = np.random.default_rng(1)
    frame = pd.DataFrame(
        {"x": draw.normal(size=40), "who": np.arange(40) % 4, "y": draw.random(40)}
    )
    parts = Split().parts(table(frame, target="y", group="who").load())
    with pytest.raises(InputError, match=r"were split in [123] ways alone; give fewer splits"):
        Split().check_fresh(parts, 8)


def test_together_all_rows_but_those_held_out_train_and_are_learnt_from() -> None:
    parts = Split().parts(rows_in_a_table().load())
    whole = Folds(Split(), parts).parts(TOGETHER)
    assert len(whole.train) == len(parts.train) + len(parts.validation)
    np.testing.assert_allclose(whole.train.x.mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(whole.train.x.std(axis=0), 1, atol=1e-5)
    np.testing.assert_array_equal(whole.held_out.y, parts.held_out.y)


def test_points_of_the_plane_are_told_to_each_split_in_its_own_units() -> None:
    folds = Folds(Split(), Split().parts(rows_in_a_table().load()))
    own = folds.parts(OWN).held_out.x
    found = folds.features(2, own)
    assert found is not None
    np.testing.assert_allclose(found, folds.parts(2).held_out.x, atol=1e-5)
    assert not np.allclose(found, own, atol=1e-3)


@pytest.mark.parametrize(
    ("budget", "finals", "count", "seeds"),
    [
        (6, Finals(splits=3), 2, 1),
        (50, Finals(splits=3), 5, 1),
        (100, Finals(splits=3), 5, 2),
        (200, Finals(splits=3), 5, 3),
        (50, Finals(splits=10), 1, 1),
        (50, Finals(splits=2, share=2), 5, 3),
    ],
)
def test_with_less_to_spend_seeds_are_spared_before_configurations(
    budget: int, finals: Finals, count: int, seeds: int
) -> None:
    study = small_study(budget=Budget(trials=budget, epochs=9), finals=finals)
    trials = [Trial(n, State.COMPLETE, {"units": n}, value=n / 100) for n in range(20)]
    found = entrants(study, trials)
    assert len(found) == count
    for entrant in found:
        assert len(set(entrant.seeds)) == len(entrant.seeds) == seeds * finals.splits
        assert sorted(entrant.splits) == sorted([*range(1, finals.splits + 1)] * seeds)
    assert cost_of_finals(study) == count * seeds * finals.splits
    assert cost_of_finals(replace(study, finals=replace(finals, refit=True))) == (
        count * seeds * finals.splits + 1
    )


def finalist(number: int, *values: tuple[int, float | None]) -> Finalist:
    fits = tuple(
        Fit(i, {}, value, None if value is None else 0.5, split=split)
        for i, (split, value) in enumerate(values)
    )
    sound = [value for _, value in values if value is not None]
    return Finalist(number, {}, 1, 1.0, fits, float(np.mean(sound)), tied=False)


def test_who_has_no_fit_on_some_split_is_not_first_by_the_others() -> None:
    lucky, sound = finalist(1, (1, 0.9), (2, None)), finalist(2, (1, 0.8), (2, 0.7))
    assert [f.number for f in in_order([lucky, sound], "maximize")] == [2, 1]


def drawn(rows: Array) -> Seen:
    """By rows that are right, shape (splits, rows)."""
    draws = Draws.of(rows.shape[1])
    return Seen(np.array([draws.means(line[:, None])[:, 0] for line in rows]))


def test_a_row_counts_once_however_many_splits_it_validates_in() -> None:
    """Three splits of the same rows and answers tell no more than one of them."""
    draw = np.random.default_rng(0)
    first = (draw.random(100) < 0.86).astype(float)
    second = (draw.random(100) < 0.78).astype(float)
    pair = [finalist(1, (1, 0.9)), finalist(2, (1, 0.8))]
    for times in (1, 3, 30):
        told = {n: drawn(np.tile(of, (times, 1))) for n, of in ((1, first), (2, second))}
        own = [finalist(f.number, *((i, f.mean) for i in range(1, times + 1))) for f in pair]
        assert with_ties(own, told, "maximize")[1].tied, times
    other = (draw.random(3000) < 0.86).astype(float)
    others = {1: other, 2: (draw.random(3000) < 0.78).astype(float)}
    told = {number: drawn(of[None]) for number, of in others.items()}
    assert not with_ties(pair, told, "maximize")[1].tied


def test_a_finalist_without_a_sound_fit_on_a_split_is_compared_on_the_others() -> None:
    nan = np.full(50, np.nan)
    pair = [finalist(1, (1, 1.0), (2, 1.0)), finalist(2, (1, 1.0), (2, None))]
    seen = {1: drawn(np.ones((2, 50))), 2: drawn(np.array([np.ones(50), nan]))}
    assert with_ties(pair, seen, "maximize")[1].tied
    seen = {1: drawn(np.array([np.ones(50), nan])), 2: drawn(np.array([nan, np.ones(50)]))}
    assert not with_ties(pair, seen, "maximize")[1].tied, "nothing is common"


def stage(root: Path, finals: Finals, **more: Any) -> Stage:
    study = small_study(budget=Budget(trials=36, epochs=9), finals=finals, **more)
    return stage_of(study, root)


def test_the_winner_is_best_in_the_mean_over_splits_and_seeds(tmp_path: Path) -> None:
    made = stage(tmp_path, SPLITS)
    with closing(made.recorder):
        # Fits come split after split, two seeds on each.
        good, poor = (PERFECT,), (PERFECT, PERFECT, FAIR, FAIR, BLIND, BLIND)
        answer = made.play(trial_1=poor, trial_0=good)
        assert made.written == answer
    first, second = answer.finalists
    assert (first.number, second.number) == (0, 1)
    assert sorted(fit.split for fit in first.fits) == [1, 1, 2, 2, 3, 3]
    assert first.mean == 1.0
    assert second.mean == pytest.approx(np.mean([fit.value for fit in second.fits if fit.value]))
    assert not second.tied
    assert len(answer.scores) == 6


def test_each_fit_is_trained_and_validated_on_the_rows_of_its_split(tmp_path: Path) -> None:
    made = stage(tmp_path, SPLITS)
    with closing(made.recorder):
        jobs = [job for job in made.finals().retraining().jobs if isinstance(job, Refit)]
    names = [job.fold.name for job in jobs if job.fold]
    assert names == sorted(names), "a worker goes on with the rows that it has"
    assert len(names) == 12
    folds = Folds(made.study.split, made.parts)
    for job in jobs:
        assert job.fold is not None
        own = folds.parts(int(job.fold.name.removeprefix("fresh split ")))
        np.testing.assert_array_equal(job.fold.validation.x, own.validation.x)


def refitted(root: Path, **more: Any) -> tuple[Stage, Answer, Batch]:
    """Finals with a last fit, which ends in a ring of another radius than the fits before."""
    made = stage(root, Finals(top=2, seeds=3, refit=True), **more)
    finals = made.finals()
    radii = {"trial 1": (PERFECT,), "trial 0": (BLIND,), "plain": (BLIND, PERFECT)}
    Worker(made.parts, radii).perform(finals.retraining())
    last = finals.refitting()
    assert made.looks == [], "held-out is not opened for it"
    return made, _judged(made, finals, last, {"trial 1": (FAIR,), "plain": (FAIR,)}), last


def _judged(made: Stage, finals: Any, last: Batch, radii: Any) -> Answer:
    worker = Worker(made.parts, radii)
    worker.perform(last)
    worker.perform(finals.judging())
    answer: Answer = finals.conclude()
    return answer


def test_the_last_fit_is_what_is_scored_exported_and_shown(tmp_path: Path) -> None:
    baselines = [Baseline("plain", seeds=2, epochs=5, **PLAIN)]
    made, answer, last = refitted(tmp_path, baselines=baselines)
    made.recorder.close()
    jobs = [job for job in last.jobs if isinstance(job, Refit)]
    assert [(job.name, job.until) for job in jobs] == [("trial 1", 9), ("plain", 5), ("plain", 5)]
    assert jobs[0].configuration.seed == answer.chosen.seed
    assert all(job.fold is not None and len(job.fold.train) == 160 for job in jobs)
    assert answer.last == answer.refit is not None
    assert answer.chosen.value == 1.0
    assert answer.headline.value < 1.0, "the score of the last fit"
    assert answer.scores == (answer.headline,)
    assert [len(b.scores) for b in answer.baselines] == [2]
    run = load_run(made.recorder.path)
    assert run.model() == f"a ring of {FAIR}".encode()
    assert run.answer() == answer


def test_plain_models_are_fitted_on_as_many_rows_as_the_last_fit(tmp_path: Path) -> None:
    made, answer, _ = refitted(tmp_path)
    made.recorder.close()
    rows = [made.parts.train, made.parts.validation]
    x, y = (np.concatenate([getattr(part, name) for part in rows]) for name in "xy")
    held_out = made.parts.held_out
    said = plain_predictions(Rows(x, y), held_out.x, 2, "binary")
    own = yardsticks(said, Judge(held_out.y, "binary", "val_accuracy", maximize=True))
    assert [y.score for y in answer.yardsticks] == [y.score for y in own]


def test_a_last_fit_that_fails_leaves_the_median_fit_to_be_shown(tmp_path: Path) -> None:
    made = stage(tmp_path, Finals(top=2, seeds=3, refit=True))
    with closing(made.recorder):
        finals = made.finals()
        Worker(made.parts, {"trial 1": (PERFECT,), "trial 0": (BLIND,)}).perform(
            finals.retraining()
        )
        answer = _judged(made, finals, finals.refitting(), {"trial 1": (LOST,)})
    assert answer.refit is not None
    assert (answer.refit.reason, answer.last) == (LOST, None)
    assert answer.headline.value == 1.0
    assert len(answer.scores) == 3


@pytest.mark.parametrize("finals", [Finals(top=2, seeds=3, refit=True), SPLITS])
def test_what_is_shown_is_reproduced_on_its_own_rows(tmp_path: Path, finals: Finals) -> None:
    made = stage(tmp_path, finals)
    with closing(made.recorder):
        room = made.finals()
        worker = Worker(made.parts, {"trial 1": (PERFECT,), "trial 0": (BLIND,)})
        for batch in (room.retraining, room.refitting, room.judging):
            worker.perform(batch())
        answer = room.conclude()
        kept = load_run(made.recorder.path).arrays("held_out")
        winner = Winner(made.study, made.parts, "binary", answer, kept)
        seen: list[Any] = []

        def perform(batch: Batch) -> None:
            seen.extend(batch.jobs)
            Worker(made.parts, {"trial 1": (PERFECT,)}).perform(batch)

        figures = reproduce(winner, perform, made.recorder, exact=True)
    assert all(figure.agrees for figure in figures)
    refit, prediction = seen
    assert isinstance(prediction, Prediction)
    assert refit.fold.name == prediction.fold.name
    if finals.refit:
        assert (refit.until, refit.fold.name) == (9, "training and validation")
        assert not any("validation" in figure.name for figure in figures)
    else:
        assert (refit.until, refit.fold.name) == (None, f"fresh split {answer.chosen.split}")


def test_interrupted_fits_are_known_by_their_split(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("search.finals.fit_cache.LONG", 0.0)
    made = stage(tmp_path, replace(SPLITS, refit=True))
    with closing(made.recorder):
        radii = {"trial 1": (PERFECT,), "trial 0": (BLIND,)}
        first = made.finals()
        Worker(made.parts, radii).perform(first.retraining())
        Worker(made.parts, radii).perform(first.refitting())
        second = made.finals()
        assert all(second.retraining().results)
        assert all(second.refitting().results)
        other = replace(made, study=replace(made.study, finals=replace(SPLITS, splits=2)))
        assert not all(other.finals().retraining().results)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"splits": 0}, r"Finals\(splits=0\): give a whole number of 1 or more"),
        ({"refit": "yes"}, r"Finals\(refit='yes'\): give True or False"),
    ],
)
def test_what_makes_no_finals_is_said(fields: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        Finals(**fields)


def test_a_last_fit_with_callbacks_is_refused() -> None:
    def callbacks() -> list[Any]:
        return []

    with pytest.raises(InputError, match="callbacks= may watch the validation rows"):
        small_study(finals=Finals(refit=True), callbacks=callbacks)
