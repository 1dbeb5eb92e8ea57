"""What a page says of a run, from its folder alone."""

import re
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from search import Budget, DenseSpace, Float, InputError, Int
from search.metrics.intervals import wilson
from search.report.page import render, write_page
from search.report.tables import rows_of_data
from search.report.wording import verdict_lines
from search.store.run import load_run
from search.study.answer import Answer
from tests.reading_pages import Element, csv_of, rows_of, tree_of
from tests.report.runs_to_show import Pages, Scene, Told, begin, completed, failed, page_of, write
from tests.report.scenes import (
    SPECIES,
    against_baselines,
    binary,
    dense,
    interrupted,
    multiclass,
    numbers,
    revenues,
)
from tests.runs import manifest_for, small_study
from tests.warm_starts import MIXED, SPACE, searched, taken_by
from tests.warm_starts import begin as begin_warm


@pytest.fixture
def page(pages: Pages) -> Element:
    """Of a finished run with two features."""
    return read(pages, "binary")


def read(pages: Pages, name: str) -> Element:
    return tree_of(pages(name).read_text(encoding="utf-8"))


def answer_of(scene: Scene) -> Answer:
    answer = scene.answer()
    assert answer is not None
    return answer


def first_screen(page: Element) -> list[str]:
    """The sentences before the contents line."""
    return [p.text for p in page.of_class("first").all("p")]


def numbers_of(page: Element, figure: str) -> list[list[str]]:
    return csv_of(next(page.of_id(figure).all("a")))


def figures_of(page: Element) -> set[str]:
    return {figure.attributes["id"] for figure in page.all("figure")}


def texts_of(page: Element, figure: str) -> list[str]:
    return [text.text for text in page.of_id(figure).all("text")]


def test_the_verdict_is_the_first_thing_that_is_read(page: Element) -> None:
    scene = binary()
    lines = verdict_lines(manifest_for(scene.study), answer_of(scene))
    assert lines[0].startswith(
        "The gradient-boosting model beats the search's best model on held-out "
    )
    assert lines[1].endswith(": held-out accuracy 0.905 (95 %: 0.856–0.938, 200 rows).")
    assert page.of_class("verdict").text == lines[0]
    assert [line for line in first_screen(page) if line in lines] == lines


def test_what_must_not_be_overlooked_stands_on_the_first_screen(pages: Pages) -> None:
    optimism, lost, level = read(pages, "multiclass").of_class("first").of_class("alerts").all("li")
    assert optimism.text.startswith(
        "S006 caution The search saw accuracy 0.90 on validation, but held-out "
    )
    assert lost.text.startswith("S010 caution 1 training of the finals failed (trial 8: “")
    assert level.text.startswith("S028 caution The winner has accuracy 0.47, not clearly better ")


def test_the_finalists_stand_with_every_seed_and_their_ties(page: Element) -> None:
    header, winner, tied, behind = rows_of(page, "Finalists")
    assert header[2:] == ["in the search", "mean", "each seed", "against the winner"]
    assert [winner[0], *winner[2:]] == ["9", "0.900", "0.913", "0.910, 0.900, 0.930", "winner"]
    assert [tied[0], *tied[2:]] == ["8", "0.867", "0.905", "0.900, failed, 0.910", "tie"]
    assert [behind[0], behind[-1]] == ["7", "behind"]


def test_the_winner_stands_beside_the_plain_models(page: Element) -> None:
    _, *rows = rows_of(page, "Winner and reference models")
    assert [row[0] for row in rows] == [
        "the winner",
        "constant",
        "linear model",
        "gradient-boosting model",
    ]
    assert rows[1] == ["constant", "0.500", "0.431–0.569", "0.6931", "0.405 (0.310 to 0.492)"]


def test_the_confusion_matrix_has_counts_and_shares_of_the_row(page: Element) -> None:
    scene = binary()
    assert scene.predict is not None
    rows = scene.parts.held_out
    predicted = scene.predict(rows.x).argmax(axis=1)
    counts = [[int(((rows.y == t) & (predicted == p)).sum()) for p in (0, 1)] for t in (0, 1)]
    assert counts[0][1] > 0
    _, *found = rows_of(page, "Confusion matrix")
    assert found == [
        [name, *(f"{count} {100 * (count / sum(line)):.1f} %" for count in line)]
        for name, line in zip(("outer", "inner"), counts, strict=True)
    ]


def test_the_data_stand_with_rows_and_shares_a_part_and_class(page: Element) -> None:
    assert rows_of(page, "Rows of each set") == [
        ["set", "rows", "outer", "inner"],
        ["training", "600", "300 (50 %)", "300 (50 %)"],
        ["validation", "200", "100 (50 %)", "100 (50 %)"],
        ["held-out", "200", "100 (50 %)", "100 (50 %)"],
        ["all", "1,000", "500 (50 %)", "500 (50 %)"],
    ]


def test_of_a_stream_the_rows_that_were_seen_are_told_as_such() -> None:
    manifest = manifest_for(small_study())
    sampled = replace(manifest, data=replace(manifest.data, sampled=True))
    names = [row[0] for row in rows_of_data(sampled).rows]
    assert (names[0], names[-1]) == ("training (first of a stream)", "all of these")


def test_every_trial_stands_with_its_state_value_and_reason(page: Element) -> None:
    header, *rows = rows_of(page, "All trials")
    assert [row[0] for row in rows] == [str(n) for n in range(12)]
    at = header.index
    assert [rows[0][at(c)] for c in ("state", "value", "epochs")] == ["complete", "0.6000", "9"]
    assert [rows[10][at(c)] for c in ("state", "value", "epochs")] == ["pruned", "0.5500", "3"]
    assert rows[10][at("reason")] == "behind the others after epoch 3"
    assert [rows[11][at(c)] for c in ("state", "value", "epochs")] == ["failed", "", "0"]


def test_what_was_taken_from_another_run_is_told_and_stands_at_each_trial(tmp_path: Path) -> None:
    taken = taken_by(SPACE, searched(SPACE, tmp_path, MIXED))
    _, recorder = begin_warm(SPACE, tmp_path, taken)
    recorder.close()
    page = tree_of(render(load_run(recorder.path)))
    assert f"3 of 9 trials (3 from {tmp_path / 'old'})" in page.of_class("facts").text
    said = f"3 of 4 trials of {tmp_path / 'old'} were taken; 1 not: failed."
    assert said in page.of_id("search").text
    header, *rows = rows_of(page, "All trials")
    assert [row[header.index("taken from")] for row in rows] == [
        f"old trial {number}" for number in (0, 2, 3)
    ]
    link = next(a for a in page.of_id("trials").all("a") if "download" in a.attributes)
    assert {len(row) for row in csv_of(link)} == {len(header)}


def test_a_search_of_some_length_is_shown_from_all_sides(pages: Pages) -> None:
    page = read(pages, "branches")
    shown = {"history", "intermediate", "importance", "parallel", "slices", "contour", "workers"}
    assert shown <= figures_of(page)
    section = page.of_id("search")
    contour, slices = section.of_id("contour"), section.of_id("slices")
    assert contour.of_class("says").text.startswith("Interaction of learning_rate and units")
    assert "dropout (24 of 48)" in texts_of(page, "importance")
    assert "how many of the completed trials have this hyperparameter" in slices.text
    assert len(numbers_of(page, "parallel")) == 49
    assert "The 2 workers were busy " in section.text


def test_a_conditional_space_is_told_by_what_its_trials_were_asked(pages: Pages) -> None:
    page = read(pages, "branches")
    told = {row[0]: row[1:] for row in rows_of(page, "Search space")[1:]}
    assert told["units"] == ["4…64", "int"]
    assert told["branch"] == ["plain, deep", "choice"]
    assert told["dropout"] == ["0…0.5, in 30 of 60 trials", "float"]
    assert "0.0001…0.1, log scale" in page.of_class("strips").text


def test_what_a_short_search_cannot_say_is_said(page: Element) -> None:
    assert {"importance", "contour"}.isdisjoint(figures_of(page))
    said = "No hyperparameter importance: 10 completed trials are too few for 4 hyperparameters; "
    assert f"{said}it takes 16." in page.of_id("search").text


def test_failures_are_counted_by_reason_the_commonest_first(tmp_path: Path) -> None:
    reasons = ["rare", "common", "common", "common", "rare but twice", "rare but twice"]
    trials = [Told(dense(4), completed(0.9)), *(Told(dense(5), failed(r)) for r in reasons)]
    page = tree_of(page_of(replace(interrupted(), trials=trials), tmp_path))
    assert rows_of(page, "Failures by reason") == [
        ["trials", "reason", "which"],
        ["3", "common", "2, 3, 4"],
        ["2", "rare but twice", "5, 6"],
        ["1", "rare", "1"],
    ]
    alert = next(page.of_class("alerts").all("li")).text
    assert alert.startswith("S005 caution 6 of 7 trials failed, 3 of them with “common”")


def test_a_run_without_failures_has_no_section_of_them(pages: Pages) -> None:
    ids = {section.attributes.get("id") for section in read(pages, "interrupted").all("section")}
    assert {"trials", "failures"} & ids == {"trials"}


def test_baselines_stand_with_what_was_reported_and_what_came_out_here(pages: Pages) -> None:
    page = read(pages, "against_baselines")
    _, *rows = rows_of(page, "Baselines")
    noted = "test loss 0.0200, accuracy 1.000"
    assert [[row[0], *row[3:7]] for row in rows] == [
        ["model 1", noted, "0.500", "0.490…0.500", "3"],
        ["model 2", noted, "0.900", "0.800…0.950", "3"],
        ["model 3", noted, "failed", "–", "2"],
        ["model 4", noted, "0.600", "0.600…0.600", "2"],
    ]
    assert {"baseline-0-rates", "baseline-3-rates"} <= figures_of(page)
    assert "baseline-1-rates" not in figures_of(page)


def test_the_reason_of_a_failed_baseline_stands_on_the_page(tmp_path: Path) -> None:
    reason = "ValueError: an own fault of this baseline"
    lost = against_baselines().baselines[2]
    lost = replace(lost, fits=tuple(replace(fit, reason=reason) for fit in lost.fits))
    page = tree_of(page_of(replace(against_baselines(), baselines=(lost,)), tmp_path))
    assert reason in page.of_id("baselines").text


def test_a_whole_numbers_range_is_told_in_whole_numbers(tmp_path: Path) -> None:
    space = DenseSpace(layers=2, units=Int(4, 1024, log=True), learning_rate=Float(1e-4, 0.1))
    study = small_study(space=space, budget=Budget(trials=1, epochs=9))
    page = tree_of(page_of(Scene(study, ended="interrupted"), tmp_path))
    ranges = {row[0]: row[1] for row in rows_of(page, "Search space")}
    assert ranges["units"] == "4…1024, log scale"
    assert ranges["learning_rate"] == "0.0001…0.1"


def test_the_numbers_of_the_history_are_the_trials(page: Element) -> None:
    header, *rows = numbers_of(page, "history")
    assert header == ["trial", "state", "value", "best so far"]
    assert rows[1] == ["1", "complete", "0.633333", "0.633333"]
    assert rows[10:] == [["10", "pruned", "0.55", "0.9"], ["11", "failed", "", "0.9"]]


def test_the_numbers_of_the_trials_are_whole_and_can_be_computed_with(tmp_path: Path) -> None:
    trials = [Told(dense(4, rate=0.012345), completed(0.123456))]
    page = tree_of(page_of(replace(interrupted(), trials=trials), tmp_path))
    header, row = csv_of(
        next(a for a in page.of_id("trials").all("a") if "download" in a.attributes)
    )
    found: Mapping[str, str] = dict(zip(header, row, strict=True))
    assert float(found["learning_rate"]) == pytest.approx(0.012345)
    assert float(found["value"]) == pytest.approx(0.123456)
    assert int(found["parameters"]) == 1234


def test_the_numbers_of_the_data_are_its_rows(page: Element) -> None:
    (shown,) = (f for f in page.all("figure") if f.of_class("says").text == "Rows by class")
    header, *rows = csv_of(next(shown.all("a")))
    assert header == ["set", "x1", "x2", "class"]
    parts = binary().parts
    assert [row[0] for row in rows] == ["training"] * 600 + ["validation"] * 200 + [
        "held-out"
    ] * 200
    np.testing.assert_allclose(
        np.array([row[1:3] for row in rows[800:]], dtype=float), parts.held_out.x, rtol=1e-4
    )
    assert [row[3] for row in rows[800:]] == [("outer", "inner")[y] for y in parts.held_out.y]


def test_the_numbers_of_the_boundary_are_the_winners_shares(page: Element) -> None:
    header, *rows = numbers_of(page, "boundary")
    assert header == ["x1", "x2", "probability of outer", "probability of inner"]
    shares = np.array(rows, dtype=float)
    assert shares.shape == (21 * 21, 4)
    inside = np.hypot(shares[:, 0], shares[:, 1]) < 0.98
    np.testing.assert_array_equal(shares[:, 3] > 0.5, inside)


def test_two_features_are_scattered_with_the_boundary_behind(page: Element) -> None:
    assert {"first-boundary", "boundary", "winner-rates"} <= figures_of(page)
    assert {"training", "held-out", "outer", "inner"} <= set(texts_of(page, "boundary"))
    assert len(list(page.of_id("boundary").all("image"))) == 2


def test_four_features_have_no_scatter_and_no_boundary(pages: Pages) -> None:
    page = read(pages, "multiclass")
    assert {"boundary", "rows", "first-boundary"}.isdisjoint(figures_of(page))
    assert "4 features, 3 classes" in page.of_id("data").text


def test_labels_have_a_matrix_each(pages: Pages) -> None:
    page = read(pages, "labels")
    header, *report = rows_of(page, "Each label on held-out")
    assert [row[0] for row in report] == ["sweet", "sour", "bitter"]
    assert header[1:5] == ["true positives", "false negatives", "false positives",
                           "true negatives"]  # fmt: skip
    assert [sum(int(cell) for cell in row[1:5]) for row in report] == [30] * 3
    assert report[2][1] == "0"
    assert any(
        ": held-out log loss " in said and ", micro F1 " in said for said in first_screen(page)
    )
    header, *counted = rows_of(page, "Rows of each set and label")
    assert header == ["set", "rows", "sweet", "sour", "bitter"]
    assert [row[1] for row in counted] == ["90", "30", "30", "150"]


def test_numbers_are_told_in_their_own_units(pages: Pages) -> None:
    page = read(pages, "numbers")
    header, *report = rows_of(page, "Each target on held-out")
    assert header[:7] == ["target", "R²", "95 %", "MAE", "95 %", "RMSE", "95 %"]
    assert [row[0] for row in report] == ["price", "demand"]
    assert float(report[0][1]) > 0.99
    assert float(report[1][1]) < 0.1
    held_out = numbers().parts.held_out
    mae = np.abs(30 * held_out.x[:, 0] - 29 * held_out.x[:, 0]).mean()
    assert float(report[0][3]) == pytest.approx(mae, rel=1e-2)
    header, *points = numbers_of(page, "against-truth")
    assert header == ["true price", "true demand", "predicted price", "predicted demand"]
    assert len(points) == 30
    assert "boundary" not in figures_of(page)
    assert "2 features, 2 targets" in page.of_id("data").text


def test_a_class_that_is_never_predicted_is_told_so(pages: Pages) -> None:
    page = read(pages, "multiclass")
    header, *matrix = rows_of(page, "Confusion matrix")
    assert header[1:] == list(SPECIES)
    assert [row[3] for row in matrix] == ["0 0.0 %"] * 3
    _, *report = rows_of(page, "Classification report")
    assert [row[0] for row in report] == [*SPECIES, "macro average", "weighted average"]
    name, precision, recall, f1, rows = report[2]
    assert (name, precision, rows) == ("virginica", "–", "10")
    assert recall == f"0.00 (0.00–{wilson(0, 10).high:.2f})"
    assert f1.startswith("0.00 (0.00–")


def test_a_class_without_held_out_rows_has_counts_and_no_shares(tmp_path: Path) -> None:
    scene = multiclass()
    matrix = ((10, 5, 0), (3, 12, 0), (0, 0, 0))
    headline = replace(answer_of(scene).headline, matrix=matrix)
    page = tree_of(page_of(replace(scene, more={"headline": headline}), tmp_path))
    assert rows_of(page, "Confusion matrix")[1:] == [
        ["setosa", "10 66.7 %", "5 33.3 %", "0 0.0 %"],
        ["versicolor", "3 20.0 %", "12 80.0 %", "0 0.0 %"],
        ["virginica", "0 –", "0 –", "0 –"],
    ]


def test_an_interrupted_run_says_what_is_kept_and_proves_nothing(pages: Pages) -> None:
    page = read(pages, "interrupted")
    verdict, best, resume = first_screen(page)[:3]
    assert (
        verdict
        == "There is no verdict yet: this run is interrupted, and its finals have not ended."
    )
    assert best.startswith("Best so far is trial 4,")
    assert best.endswith("with 0.733 on validation; the held-out rows have not been evaluated.")
    assert "search resume" in resume
    assert {"finalists", "winner"}.isdisjoint(a.attributes["href"][1:] for a in page.all("a"))


def test_a_run_under_way_is_shown_as_it_stands(tmp_path: Path) -> None:
    with closing(begin(interrupted(), tmp_path)) as recorder:
        page = tree_of(render(load_run(recorder.path)))
    assert "this run is running" in page.of_class("verdict").text


def test_a_run_without_a_trial_is_shown(tmp_path: Path) -> None:
    page = tree_of(page_of(replace(interrupted(), trials=()), tmp_path))
    assert "No trial has finished yet." in first_screen(page)
    assert "0 of 12 trials" in page.of_class("facts").text


def test_a_run_of_failures_alone_is_shown(tmp_path: Path) -> None:
    lost = [Told(dense(4 + n), failed("by its own fault")) for n in range(3)]
    page = tree_of(page_of(replace(interrupted(), trials=lost, ended="failed"), tmp_path))
    assert "None of the 3 finished trials completed; see the failures below." in first_screen(page)
    assert rows_of(page, "Failures by reason")[1] == ["3", "by its own fault", "0, 1, 2"]


def test_a_page_that_cannot_be_written_is_told_and_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "reports" / "shown.html").mkdir(parents=True)
    run = load_run(write(interrupted(), tmp_path))
    with pytest.raises(InputError, match=r"shown\.html: the page cannot be written"):
        write_page(run, tmp_path / "reports" / "shown.html")
    with pytest.raises(InputError, match="the page cannot be written"):
        write_page(run, tmp_path / "shown" / "study.db" / "shown.html")
    assert {path.name for path in (tmp_path / "reports").iterdir()} == {"shown.html"}


def test_large_and_small_numbers_have_an_exponent_wherever_they_stand(tmp_path: Path) -> None:
    scene = revenues()
    trials = [replace(told, outcome=completed(1.2345e-10)) for told in scene.trials]
    run = load_run(write(replace(scene, trials=trials), tmp_path))
    answer = run.answer()
    assert answer is not None
    said = " ".join(verdict_lines(run.manifest, answer))
    assert re.search(r"MSE \d\.\d{3}e\+16 \(95 %: \d\.\d{3}e\+16–\d\.\d{3}e\+17, ", said)
    assert not re.search(r"\d{8}", said)
    page = tree_of(render(run))
    header, *rows = rows_of(page, "All trials")
    assert {row[header.index("value")] for row in rows} == {"1.234e-10"}
