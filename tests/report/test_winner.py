"""The winner's section: its numbers are scikit-learn's, and its rows are those of the data."""

import base64
from collections.abc import Mapping
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.image import imread
from scipy.stats import norm
from sklearn import metrics
from sklearn.calibration import calibration_curve

from search.data.dataset import Array
from search.metrics.intervals import Draws
from search.report.figures.network import boxes
from search.report.figures.ranking import ranking_curves
from search.report.figures.svg import Figure, Words
from search.report.winner.calibration import calibrated
from search.report.winner.keras_file import of_file
from search.report.winner.layers import LayerShape
from search.report.winner.numbers import numbers_table
from search.report.winner.one_vs_rest import Questions
from search.report.winner.ranking import (
    MOST_POINTS,
    interval_of_area,
    macro_roc,
    ranking_table,
    rankings,
    resampled,
)
from search.report.winner.worst_rows import Worst
from search.store.manifest import DataSummary
from search.study.answer import Interval, Score
from search.study.outputs import SCORES
from tests.forms import long_but
from tests.reading_pages import Element, csv_of, rows_of, tree_of, xml_of
from tests.report.runs_to_show import Pages, Scene, page_of
from tests.report.scenes import (
    IMAGE,
    SCRIPT,
    SPECIES,
    binary,
    described,
    first_two_of_three,
    in_a_table,
    keras_file,
    labels,
    multiclass,
    numbers,
    pictures,
)

NUMBER = "row of your data (from 1)"


def read(pages: Pages, name: str) -> Element:
    return tree_of(pages(name).read_text(encoding="utf-8"))


def held_out(scene: Scene) -> tuple[Array, Array]:
    """The truth, and what the winner says."""
    assert scene.predict is not None
    rows = scene.parts.held_out
    return rows.y, scene.predict(rows.x)


def numbers_of(page: Element, figure: str) -> list[dict[str, str]]:
    header, *rows = csv_of(next(page.of_id(figure).all("a")))
    return [dict(zip(header, row, strict=True)) for row in rows]


def texts_of(page: Element, figure: str) -> list[str]:
    return [text.text for text in page.of_id(figure).all("text")]


def drawn(truth: Array, shares: Array) -> Questions:
    return Questions(("yes",), truth[:, None], shares[:, None])


def test_each_class_is_ranked_against_the_rest_as_scikit_learn_does(pages: Pages) -> None:
    page, (y, shares) = read(pages, "pictures"), held_out(pictures())
    _, *rows, macro = rows_of(page, "ROC AUC and average precision")
    for code, row in enumerate(rows):
        inside = y == code
        assert row[1:3] == [str(inside.sum()), str((~inside).sum())]
        area = metrics.roc_auc_score(inside, shares[:, code])
        assert near(row[3], area)
        precision = metrics.average_precision_score(inside, shares[:, code])
        assert near(row[5], precision)
        perfect = row[6] == "–"  # which no bootstrap gives a width
        assert perfect == (precision == 1)
        assert perfect or ends(row[6])[0] <= float(row[5]) <= ends(row[6])[1]
    of_all = metrics.roc_auc_score(y, shares, multi_class="ovr", average="macro")
    assert near(macro[3], of_all)


def test_thresholds_of_a_drawn_curve_have_the_rates_that_scikit_learn_finds() -> None:
    draw = np.random.default_rng(0)
    truth = draw.random(80) > 0.6
    shares = np.round(np.clip(0.4 * truth + 0.6 * draw.random(80), 0, 1), 2)
    (found,) = rankings(drawn(truth, shares))
    assert len(found.at) > 10
    for threshold, false, true, precision in found.at.tolist():
        said = shares >= threshold
        assert true == pytest.approx(metrics.recall_score(truth, said))
        assert false == pytest.approx(1 - metrics.recall_score(~truth, ~said))
        if said.any():
            assert precision == pytest.approx(metrics.precision_score(truth, said))
        else:
            assert np.isnan(precision)
    svg = ranking_curves([found], Words("figure", "Curves.", "How.")).svg
    threshold, false, true, _ = found.at[3].tolist()
    assert (
        f"yes, threshold {threshold:.3g}: true positive rate {true:.3f}, "
        f"false positive rate {false:.3f}" in svg
    )


def test_classes_are_reported_as_by_scikit_learn_each_with_an_interval(pages: Pages) -> None:
    page, (y, shares) = read(pages, "in_a_table"), held_out(in_a_table())
    report = metrics.classification_report(y, shares.argmax(axis=1), output_dict=True)
    _, *rows = rows_of(page, "Classification report")
    keys = [*map(str, range(len(rows) - 2)), "macro avg", "weighted avg"]
    for key, (_, *cells, count) in zip(keys, rows, strict=True):
        assert int(count) == report[key]["support"]
        for cell, measure in zip(cells, ("precision", "recall", "f1-score"), strict=True):
            value, interval = cell.split(" (")
            assert near(value, report[key][measure])
            low, high = ends(interval.rstrip(")"))
            assert low <= float(value) <= high


def test_of_two_classes_the_second_is_asked_for(pages: Pages) -> None:
    y, shares = held_out(binary())
    ((name, ours, others, area, *_),) = rows_of(
        read(pages, "binary"), "ROC AUC and average precision"
    )[1:]
    assert (name, ours, others) == ("inner", "100", "100")
    assert float(area) == pytest.approx(metrics.roc_auc_score(y, shares[:, 1]), abs=1e-3)


def test_a_thinned_curve_has_the_area_of_the_whole_one() -> None:
    draw = np.random.default_rng(0)
    truth = draw.random(20_000) > 0.7
    (found,) = rankings(drawn(truth, draw.normal(size=20_000) + truth))
    assert len(found.roc) <= MOST_POINTS
    assert metrics.auc(*found.roc.T) == pytest.approx(found.area, abs=1e-3)
    assert found.recalled[0].tolist() == [0, 1]
    assert found.recalled[-1] == pytest.approx([1, truth.mean()])


def test_the_interval_of_an_area_holds_the_true_one_in_95_of_100_samples() -> None:
    draw, held = np.random.default_rng(0), 0
    true = norm.cdf(1.5 / 2**0.5)
    for _ in range(1000):
        truth = np.repeat([True, False], [40, 120])
        shares = draw.normal(size=160) + 1.5 * truth
        found = interval_of_area(shares[truth], shares[~truth])
        assert found is not None
        held += found.low <= true <= found.high
    assert 930 <= held <= 970


@pytest.mark.parametrize(("rows", "digits"), [(200, None), (9000, 2), (9000, None)])
def test_drawn_anew_areas_and_precisions_are_scikit_learns(rows: int, digits: int | None) -> None:
    draw = np.random.default_rng(0)
    truth = draw.random(rows) < 0.1
    shares = draw.normal(size=rows) + 1.5 * truth
    shares = shares if digits is None else shares.round(digits)
    draws = Draws.of(rows)
    found = resampled(truth, shares, draws)[:20]
    for counts, (area, precision) in zip(draws.counts, found, strict=False):
        weights = counts[draws.group]
        near = 1e-5 if rows == 200 else 5e-3  # many different shares are put into bins
        assert area == pytest.approx(metrics.roc_auc_score(truth, shares, sample_weight=weights),
                                     abs=near)  # fmt: skip
        assert precision == pytest.approx(
            metrics.average_precision_score(truth, shares, sample_weight=weights), abs=near
        )


def test_a_class_without_rows_has_no_area_and_the_mean_leaves_it_out() -> None:
    y = np.array([0, 1] * 50)
    x = np.random.default_rng(0).normal(size=(100, 4)) + y[:, None]
    found = rankings(Questions(SPECIES, y[:, None] == np.arange(3), first_two_of_three(x)))
    assert [r.area is None for r in found] == [False, False, True]
    *_, empty, mean = ranking_table(found, "class").rows
    assert list(empty[1:]) == ["0", "100", "–", "–", "–", "–", "0.000"]
    assert mean[0] == "macro average of 2"


def test_of_many_classes_the_hardest_are_drawn_and_the_mean_is_of_all() -> None:
    draw = np.random.default_rng(0)
    truth = draw.random((4000, 12)) > 0.5
    shares = draw.normal(size=(4000, 12)) + truth * np.arange(12) / 4
    found = rankings(Questions([f"c{n}" for n in range(12)], truth, shares))
    figure = ranking_curves(found, Words("figure", "Curves.", "How."))
    texts = {e.text for e in xml_of(figure.svg).iter() if e.tag.endswith("}text")}
    assert {"c0", "c9", "macro average"} <= texts
    assert {"c10", "c11"}.isdisjoint(texts)
    mean = np.mean([ranking.area for ranking in found])
    assert metrics.auc(*macro_roc(found).T) == pytest.approx(mean, abs=5e-3)


def test_probabilities_are_binned_as_scikit_learn_does() -> None:
    draw = np.random.default_rng(0)
    told = np.concatenate([draw.random(500), [0.0, 0.1, 0.2, 0.5, 1.0]])
    so = draw.random(505) < told**2
    found = calibrated(told, so)
    observed, predicted = calibration_curve(so, told, n_bins=10)
    assert [b.observed for b in found.bins] == pytest.approx(observed.tolist())
    assert [b.predicted for b in found.bins] == pytest.approx(predicted.tolist())
    assert sum(b.count for b in found.bins) == found.count == 505


def test_the_calibration_error_is_the_mean_gap_over_all_cases() -> None:
    # 30 cases at 0.9 of which 21 are so, and 10 at 0.25 of which 4 are.
    found = calibrated(np.repeat([0.9, 0.25], [30, 10]), np.repeat([1, 0, 1, 0], [21, 9, 4, 6]) > 0)
    assert found.error == pytest.approx(0.75 * (0.9 - 0.7) + 0.25 * (0.4 - 0.25))


def test_the_reliability_of_many_classes_is_of_the_one_that_is_predicted(pages: Pages) -> None:
    y, shares = held_out(pictures())
    bins = numbers_of(read(pages, "pictures"), "calibration")
    counts, _ = np.histogram(shares.max(axis=1), bins=10, range=(0, 1))
    assert [int(b["cases"]) for b in bins] == [count for count in counts if count]
    right = sum(float(b["observed frequency"]) * int(b["cases"]) for b in bins)
    assert right == pytest.approx((shares.argmax(axis=1) == y).sum(), abs=0.01)


def test_outputs_that_are_no_probabilities_are_ranked_and_not_calibrated(tmp_path: Path) -> None:
    """Also where all of them happen to lie between 0 and 1: the loss says what they are."""
    for place, predict in enumerate((lambda x: 9 * first_two_of_three(x) - 4, first_two_of_three)):
        scene = replace(multiclass(), predict=predict, kind=SCORES)
        page = tree_of(page_of(scene, tmp_path / str(place)))
        figures = {figure.attributes["id"] for figure in page.all("figure")}
        assert "ranking" in figures
        assert "calibration" not in figures
        assert "are scores and no probabilities" in page.of_id("winner").text
        assert rows_of(page, "Winner and reference models")[1][-2] == "–", "no log loss"


def test_a_winner_without_finite_shares_is_shown_without_their_curves(tmp_path: Path) -> None:
    page = tree_of(page_of(replace(multiclass(), predict=lambda x: np.full((len(x), 3), np.nan)),
                           tmp_path))  # fmt: skip
    assert (
        "For 30 held-out rows the winner gives no finite probability" in page.of_id("winner").text
    )
    assert "ranking" not in {figure.attributes["id"] for figure in page.all("figure")}


def test_every_threshold_stands_with_what_scikit_learn_says_of_it(pages: Pages) -> None:
    y, shares = held_out(in_a_table())
    _, *rows = rows_of(read(pages, "in_a_table"), "Thresholds on held-out data")
    assert len(rows) == 11
    for threshold, called, _, precision, recall, f1 in rows:
        said = shares[:, 1] >= float(threshold)
        assert int(called) == said.sum()
        assert near(precision.split()[0], metrics.precision_score(y, said))
        assert near(recall.split()[0], metrics.recall_score(y, said))
        assert near(f1.split()[0], metrics.f1_score(y, said))


def test_labels_stand_one_by_one_and_together(pages: Pages) -> None:
    page, (y, shares) = read(pages, "labels"), held_out(labels())
    said = shares >= 0.5
    for name, matrix in zip(
        ("sweet", "sour", "bitter"), metrics.multilabel_confusion_matrix(y, said), strict=True
    ):
        _, there, not_there = rows_of(page, f"Label “{name}”")
        counts = [[int(cell.split()[0]) for cell in row[1:]] for row in (there, not_there)]
        assert counts == np.flip(matrix).tolist()
    together = dict(rows_of(page, "All labels together")[1:])
    assert together["micro F1"].startswith(f"{metrics.f1_score(y, said, average='micro'):.3f} (")
    macro = metrics.f1_score(y, said, average="macro", zero_division=0)
    told = {name: cell.split()[0] for name, cell in together.items()}
    assert near(told["macro F1"], macro)
    assert near(told["Hamming loss"], metrics.hamming_loss(y, said))
    assert near(told["subset accuracy (all labels right)"], metrics.accuracy_score(y, said))
    of = metrics.precision_recall_fscore_support(y, said, average="micro", zero_division=0)
    assert near(told["micro precision"], of[0])
    assert near(told["micro recall"], of[1])
    assert all("–" in cell for cell in together.values()), "each has its interval"
    areas = {row[0]: row[3] for row in rows_of(page, "ROC AUC and average precision")[1:-1]}
    assert near(areas["sweet"], metrics.roc_auc_score(y[:, 0], shares[:, 0]))


def test_errors_of_numbers_are_scikit_learns(pages: Pages) -> None:
    y, said = held_out(numbers())
    _, *rows = rows_of(read(pages, "numbers"), "Each target on held-out")
    for place, row in enumerate(rows):
        pair = y[:, place], said[:, place]
        assert near(row[1], metrics.r2_score(*pair))
        assert near(row[3], metrics.mean_absolute_error(*pair))
        assert near(row[5], metrics.root_mean_squared_error(*pair))


def near(told: str, value: float) -> bool:
    """Whether this is the value, rounded to the digits that are told."""
    digits = len(told.partition(".")[2])
    return digits > 0 and abs(float(told) - value) <= 0.51 * 10**-digits


def ends(cell: str) -> list[float]:
    return [float(end) for end in cell.split("–")]


def test_many_rows_are_resampled_in_groups_to_the_same_interval() -> None:
    draw = np.random.default_rng(0)
    y = draw.normal(size=(20_000, 1))
    kept = {"y": y, "predictions": y + draw.normal(size=(20_000, 1))}
    (row,) = numbers_table(kept, ["x"], Score(20_000, 0.0, Interval(0, 0), None)).rows
    # The mean of |N(0, 1)| has the standard deviation sqrt(1 - 2/pi) a row.
    low, high = ends(row[4])
    assert high - low == pytest.approx(2 * 1.96 * (1 - 2 / np.pi) ** 0.5 / 20_000**0.5, rel=0.15)
    assert low < float(row[3]) < high


def test_residuals_are_predicted_minus_true(pages: Pages) -> None:
    y, said = held_out(numbers())
    rows = numbers_of(read(pages, "numbers"), "residuals-0")
    found = np.array([[float(cell) for cell in row.values()] for row in rows])
    np.testing.assert_allclose(found[:, 0], said[:, 0], rtol=1e-4)
    np.testing.assert_allclose(found[:, 1], (said - y)[:, 0], rtol=1e-3, atol=1e-3)


def worst_table(page: Element) -> Element:
    captions = ((table, next(table.all("caption")).text) for table in page.all("table"))
    return next(table for table, text in captions if text.startswith("Hardest held-out examples"))


def worst_rows(page: Element, scene: Scene) -> list[dict[str, Any]]:
    """A dict a row; "row" is its place among the held-out rows, from its place in the data."""
    lines = [
        [cell.text.strip() for cell in line.all() if cell.tag in ("td", "th")]
        for line in worst_table(page).all("tr")
    ]
    header, *rows = lines
    held_out = scene.parts.numbers[-1].tolist()
    found = [dict(zip(header, row, strict=True)) for row in rows]
    return [{**row, "row": held_out.index(int(row[NUMBER]) - 1)} for row in found]


def test_the_worst_rows_are_those_of_largest_loss_with_what_is_in_them(pages: Pages) -> None:
    scene = multiclass()
    y, shares = held_out(scene)
    losses = -np.log(shares[np.arange(len(y)), y])
    rows = worst_rows(read(pages, "multiclass"), scene)
    places = [row["row"] for row in rows]
    wanted = np.sort(losses)[::-1][:20]
    wrong = shares[places].argmax(axis=1) != y[places]
    assert losses[places].tolist() == pytest.approx(wanted[: len(places)].tolist())
    assert ((shares[places, y[places]] < 0.9) | wrong).all()
    assert all(wanted[len(places) :] <= -np.log(0.9))
    first = places[0]
    assert rows[0]["true"] == SPECIES[y[first]]
    assert rows[0]["predicted"] == SPECIES[shares[first].argmax()]
    assert float(rows[0]["probability of true"]) == pytest.approx(shares[first, y[first]], abs=1e-3)
    x = scene.parts.held_out.x[first]
    assert [float(rows[0][name]) for name in ("sepal length", "petal width")] == pytest.approx(
        [x[0], x[3]], rel=1e-3
    )


def test_of_a_table_the_worst_rows_are_shown_as_they_were_read(pages: Pages) -> None:
    frame: Mapping[str, Array] = in_a_table().parts.raw.values  # type: ignore[union-attr]
    rows = worst_rows(read(pages, "in_a_table"), in_a_table())
    assert {row[SCRIPT] for row in rows} == {IMAGE, "plain"}
    for row in rows:
        place = row["row"]
        age = frame["age"][place]
        assert row["age"] == ("" if np.isnan(age) else f"{age:g}")
        assert row["member"] == ("true" if frame["member"][place] else "false")
        assert row["since"] == str(frame["since"][place])[:10]
    assert "" in {row["age"] for row in rows}


def test_pictures_are_shown_as_they_are(pages: Pages) -> None:
    page = read(pages, "pictures")
    x = pictures().parts.held_out.x
    images = list(worst_table(page).all("img"))
    places = [row["row"] for row in worst_rows(page, pictures())]
    assert 0 < len(images) == len(places) <= 20
    for image, place in zip(images, places, strict=True):
        content = base64.b64decode(image.attributes["src"].partition("base64,")[2])
        shown = imread(BytesIO(content), format="png")[..., 0]
        np.testing.assert_allclose(shown, x[place] / 16, atol=0.01)
        assert image.attributes["alt"]


def test_files_of_pictures_are_named_beside_them() -> None:
    data = DataSummary("pictures p", "binary", (), ("cat", "dog"), {}, "")
    files = np.array(["dog/<7>", "b"])
    kept = {"row": np.array([4, 2]), "x": np.zeros((2, 8, 8, 1)), "file_name": files}
    shares = np.array([[0.5, 0.5], [0.5, 0.5], [0.4, 0.6], [0.5, 0.5], [0.9, 0.1]])
    worst = Worst.of(data, kept, {"y": np.array([0, 0, 0, 0, 1]), "probabilities": shares})
    assert worst is not None
    found = worst.table(9)
    assert (found.header[0], [row[0] for row in found.rows]) == ("file", ["dog/<7>", "b"])
    assert found.numeric == frozenset()


def test_a_window_of_a_series_is_a_line_a_column_between_its_extremes() -> None:
    x = np.random.default_rng(0).normal(size=(2, 40, 2)) * (1, 100)
    kept = {"row": np.array([4, 2]), "x": x}
    data = DataSummary("series", "regression", ("a", "b"), (), {}, "", targets=("t+1",))
    worst = Worst.of(data, kept, {"y": np.zeros((5, 1)), "predictions": np.ones((5, 1))})
    assert worst is not None
    table = worst.table(5)
    assert table.header[-1] == "values by step"
    for place, row in enumerate(table.rows):
        lines = [line.attributes["points"].split() for line in tree_of(row[-1]).all("polyline")]
        drawn = np.array([[point.split(",") for point in line] for line in lines], float)
        assert drawn[..., 0].tolist() == [np.linspace(0, 144, 40).round(1).tolist()] * 2
        low, high = x.min(axis=(0, 1)), x.max(axis=(0, 1))
        expected = 31 - 30 * ((x[place] - low) / (high - low)).T
        np.testing.assert_allclose(drawn[..., 1], expected, atol=0.051)


def test_the_rows_of_numbers_are_judged_in_spreads_of_each_target(pages: Pages) -> None:
    y, said = held_out(numbers())
    losses = np.square((said - y) / y.std(axis=0)).mean(axis=1)
    places = [row["row"] for row in worst_rows(read(pages, "numbers"), numbers())]
    assert losses[places].tolist() == pytest.approx(sorted(losses, reverse=True)[:20], rel=1e-5)


def test_the_network_is_drawn_from_a_dense_configuration(pages: Pages) -> None:
    page = read(pages, "binary")
    boxes = numbers_of(page, "network")
    assert [box["layer"] for box in boxes] == ["Input", "Dense", "Dense", "Dense"]
    assert [box["size"] for box in boxes[1:]] == ["13 units", "13 units", "1 unit"]
    assert [box["activation"] for box in boxes[1:]] == ["tanh", "tanh", "sigmoid"]
    assert [int(box["parameters"]) for box in boxes] == [0, 39, 182, 14]


def test_a_network_of_ones_own_is_drawn_from_its_file(pages: Pages) -> None:
    page = read(pages, "pictures")
    boxes = numbers_of(page, "network")
    assert [(box["layer"], box["size"], box["parameters"]) for box in boxes] == [
        ("InputLayer", "8 × 8", "0"),
        ("Flatten", "", "0"),
        ("Dense", "10 units", "650"),
        ("Dense", "10 units", "110"),
    ]
    assert {"650 parameters", "relu", "softmax"} <= set(texts_of(page, "network"))


LISTLESS = {
    "empty": b"",
    "no archive": b"no archive",
    "cut off": keras_file()[:-9],
    "without layers": keras_file(),
    "without a config": keras_file({"class_name": "Dense"}),
    "a config that is a list": keras_file(*[{"class_name": "Mine", "config": []}]),
}


@pytest.mark.parametrize("content", LISTLESS.values(), ids=LISTLESS)
def test_a_file_that_does_not_list_layers_has_none(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "model.keras").write_bytes(content)
    assert of_file(tmp_path / "model.keras", prepares=False) is None


@pytest.mark.parametrize("content", long_but(["cut off"], LISTLESS))
def test_a_file_that_does_not_list_layers_is_told_and_not_drawn(
    content: bytes, tmp_path: Path
) -> None:
    page = tree_of(page_of(replace(pictures(), model=content), tmp_path))
    assert "The network is not drawn" in page.of_id("winner").text
    assert "network" not in {figure.attributes["id"] for figure in page.all("figure")}


def test_a_layer_whose_size_is_not_known_is_not_counted(tmp_path: Path) -> None:
    file = tmp_path / "model.keras"
    file.write_bytes(keras_file(described("LSTM", [None, 5, 3], units=8), described("Softmax")))
    layers = of_file(file, prepares=False)
    assert layers is not None
    assert [layer.weights for layer in layers] == [None, 0]


def test_searched_activations_are_drawn_with_their_slopes(pages: Pages) -> None:
    page = read(pages, "binary")
    assert {"relu", "tanh", "derivative"} <= set(texts_of(page, "activations"))
    for row in numbers_of(page, "activations"):
        z = float(row["input"])
        assert float(row["tanh"]) == pytest.approx(np.tanh(z), abs=1e-5)
        assert float(row["derivative of tanh"]) == pytest.approx(1 - np.tanh(z) ** 2, abs=1e-5)


def test_with_patience_the_best_epoch_is_marked(tmp_path: Path) -> None:
    scene = binary()
    fit = scene.finalists[0].fits[0]
    curve = {key: [*values[:-1], values[0]] for key, values in fit.curve.items()}
    fit = replace(fit, curve=curve, value=curve["val_accuracy"][7])
    winner = replace(scene.finalists[0], fits=(fit,))
    study = replace(scene.study, budget=replace(scene.study.budget, patience=3))
    page = tree_of(page_of(replace(scene, study=study, finalists=(winner,)), tmp_path))
    assert [row["epoch"] for row in numbers_of(page, "curves") if row["counts"]] == ["8"]


def test_a_failed_seed_has_no_curve(pages: Pages) -> None:
    rows = numbers_of(read(pages, "binary"), "others-curves")
    seeds = {(row["model"], row["seed"]) for row in rows}
    assert {name for name, _ in seeds} == {"winner", "trial 8", "trial 7"}
    assert {seed for name, seed in seeds if name == "trial 8"} == {"1", "2"}


def lines_in(figure: Figure) -> int:
    """Lines in ink, of which none but those from box to box are drawn."""
    return sum(e.attrib.get("class") == "s-ink" for e in xml_of(figure.svg).iter())


def test_every_box_has_a_line_from_each_that_it_takes_from() -> None:
    layers = [LayerShape("Input"), *(LayerShape(f"L{n}", sources=(n - 1,)) for n in range(1, 5))]
    layers.append(LayerShape("Add", sources=(4, 0, 2)))
    words = Words("network", "Boxes.", "How.")
    assert lines_in(boxes(layers, words)) == 4 + 3
    (header, *rows) = csv_of(Element("a", {"href": boxes(layers, words).csv}))
    assert header[-1] == "inputs (line)"
    assert rows[-1][-1] == "5 1 3"


def test_of_a_deep_network_the_middle_is_left_out_of_the_picture_and_not_of_the_file() -> None:
    layers = [LayerShape(f"L{n}", sources=(n - 1,) if n else ()) for n in range(100)]
    figure = boxes(layers, Words("network", "Boxes.", "How."))
    texts = {e.text for e in xml_of(figure.svg).iter() if e.tag.endswith("}text")}
    assert texts == {*(f"L{n}" for n in (*range(12), *range(89, 100))), "77 further layers"}
    assert len(csv_of(Element("a", {"href": figure.csv}))) == 101
