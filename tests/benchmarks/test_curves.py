"""The bench of learning curves: what is kept, and what a replay counts."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.curves.__main__ import main
from benchmarks.curves.file import MEASURES, Curves, file_of
from benchmarks.curves.replay import PAUSED, Kept, played, quality
from benchmarks.curves.searches import ARMS, judged
from benchmarks.curves.sets import CONFIGURATIONS, EPOCHS, SETS

TRIALS = 30


def made_up(direction: str = "maximize") -> Curves:
    """Forty trainings that rise to levels of their own; the last diverges."""
    draw = np.random.default_rng(0)
    levels, at = draw.permutation(np.linspace(0.5, 0.9, 40)), np.arange(1, EPOCHS + 1)
    rising = levels[:, None] - 0.3 / at + 0.002 * draw.normal(size=(40, EPOCHS))
    rising[-1, 10:] = np.nan
    values = {name: rising.astype(np.float16) for name in MEASURES}
    if direction == "minimize":
        values = {name: -each for name, each in values.items()}
    objective = "val_accuracy" if direction == "maximize" else "val_loss"
    held_out = levels if direction == "maximize" else -levels
    return Curves(objective, direction, values, held_out, np.ones(40), [{}] * 40)


def test_every_set_is_kept_whole_and_is_what_its_configurations_give_again(tmp_path: Path) -> None:
    kept = {name: Curves.load(file_of(name)) for name in SETS if file_of(name).is_file()}
    assert len([name for name in kept if not SETS[name].judges]) >= 6
    assert len([name for name in kept if SETS[name].judges]) >= 6
    for curves in kept.values():
        assert {v.shape for v in curves.values.values()} == {(CONFIGURATIONS, EPOCHS)}
        assert len(curves.params) == len(curves.held_out) == CONFIGURATIONS
    main(["make", "wine", "--configurations", "2", "--out", str(tmp_path)])
    again = Curves.load(file_of("wine", tmp_path))
    assert again.objective == "val_accuracy"
    for own, old in zip(again.params, kept["wine"].params, strict=False):
        assert own == pytest.approx(old)
    first = again.values["val_loss"][:, 0].astype(float)
    assert first == pytest.approx(kept["wine"].values["val_loss"][:2, 0].astype(float), rel=0.01)
    validation = round(178 * 0.2)
    rows = again.values["objective"].astype(float) * validation
    assert rows == pytest.approx(np.round(rows), abs=0.05)


@pytest.mark.parametrize("direction", ["maximize", "minimize"])
def test_without_a_pruner_all_is_trained_and_the_best_is_found(direction: str) -> None:
    made = made_up(direction)
    kept = Kept.of(made, TRIALS, 1, 0.0)
    of = played(kept, "none", np.inf)
    order = np.random.default_rng(1).permutation(40)[:TRIALS]
    diverged = 39 in order
    assert of.epochs == EPOCHS * TRIALS - diverged * (EPOCHS - 11)
    ends = made.curves[order, -1]
    assert list(of.ends.values()) == pytest.approx(ends[np.isfinite(ends)])
    unit = np.nanquantile(made.curves[:, -1], 0.98) - np.nanmedian(made.curves[:, -1])
    best, five, _ = quality(kept, of)
    assert best * unit == pytest.approx(np.nanmax(ends))
    assert five * unit == pytest.approx(np.sort(ends[np.isfinite(ends)])[-5:].mean())


@pytest.mark.parametrize("pruner", ["median", "hyperband", "curve"])
def test_a_pruner_spares_epochs_and_is_held_to_a_number_of_them(pruner: str) -> None:
    kept = Kept.of(made_up(), TRIALS, 1, 0.0)
    of = played(kept, pruner, np.inf)
    assert of.trials == TRIALS
    assert of.epochs < 0.8 * EPOCHS * TRIALS
    assert EPOCHS * len(of.ends) < of.epochs
    some = played(kept, pruner, 600.0)
    assert 600 <= some.epochs < 600 + EPOCHS
    assert bool(of.held) == (pruner == "curve")


def test_with_pauses_a_search_trains_a_little_more_and_each_trial_to_its_own_end() -> None:
    kept = Kept.of(made_up(), TRIALS, 1, 0.0)
    of, stopped = played(kept, PAUSED, np.inf), played(kept, "curve", np.inf)
    assert of.trials == TRIALS
    assert EPOCHS * len(of.ends) < of.epochs
    assert stopped.epochs <= of.epochs < 0.8 * EPOCHS * TRIALS
    ends = {trial: kept.study.goal.value(kept.curve(trial, EPOCHS)) for trial in of.ends}
    assert of.ends == ends


def test_the_tables_are_written(tmp_path: Path) -> None:
    made_up().save(file_of("wine", tmp_path))
    out = tmp_path / "out.md"
    options = ["--making", "--seeds", "2", "--trials", "20", "--curves", str(tmp_path)]
    main(["replay", *options, "--out", str(out)])
    text = out.read_text("utf-8")
    assert "| curve |" in text
    assert "| curve, paused |" in text
    assert "Sets: wine; 2 orders of 20 trials." in text


def test_a_search_is_made_once_and_its_table_is_written(tmp_path: Path) -> None:
    out, curves = tmp_path / "out.md", tmp_path / "searches"
    options = ["wine", "--seeds", "2", "--trials", "14", "--curves", str(curves), "--out", str(out)]
    main(["search", *options])
    text = out.read_text("utf-8")
    assert "2 searches by TPE of 14 trials each" in text
    assert "| curve, paused |" in text
    file, _ = sorted(curves.iterdir())
    made, written = Curves.load(file), file.stat().st_mtime_ns
    assert made.curves.shape == (14, EPOCHS)
    assert made.params[0]["optimizer"] == "adam"  # the first has usual values
    main(["search", *options])
    assert file.stat().st_mtime_ns == written


def test_pruners_in_a_search_are_told_beside_its_first_trials() -> None:
    made = made_up()
    found = judged(made)
    count = len(made.held_out)
    assert found.first.shape == (count, 3)
    assert found.first[-1] == pytest.approx(np.zeros(3))
    assert (np.diff(found.first[:, 0]) >= 0).all()
    ends = made.curves[:, -1]
    best = np.nanmax(ends[:7]) - np.nanmax(ends)
    unit = np.nanquantile(ends, 0.98) - np.nanmedian(ends)
    assert found.first[6, 0] == pytest.approx(best / unit)
    place = ARMS.index("curve")
    assert found.epochs[place] < 0.8
    assert found.lost[place, 0] <= 0.0
