"""Figures hold whatever a training or a person brings."""

import math
import re
from importlib.resources import files

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from search import State
from search.data.dataset import Array
from search.report.figures import svg
from search.report.figures.boundary import DEEPEST, BoundaryPlane, Scatter, scatter
from search.report.figures.curves import Learner, curves, side_by_side
from search.report.figures.dependence import Moved, dependence
from search.report.figures.rates import Marked, rate_curve
from search.report.figures.rows_drawn import DrawnRows, masks_drawn
from search.report.figures.search import history
from search.report.figures.svg import (
    BLUE,
    SERIES,
    AxisNumbers,
    Drawing,
    Figure,
    Words,
    plain_log,
    series,
    short,
    tips,
)
from search.study.answer import RateCurve
from search.study.goal import Goal
from search.study.trial import Curve, Trial
from tests.reading_pages import Element, csv_of, xml_of
from tests.report.runs_to_show import learnt, rate_test

GOAL = Goal("val_accuracy", "maximize")
WORDS = Words("figure", "What it shows.", "How to read it.")
NAN, INF = math.nan, math.inf


def texts(figure: Figure) -> list[str]:
    """What stands in the picture."""
    return [e.text or "" for e in xml_of(figure.svg).iter() if e.tag.endswith("}text")]


def numbers(figure: Figure) -> list[list[str]]:
    return csv_of(Element("a", {"href": figure.csv}))


def learner(curve: Curve, name: str = "winner") -> Figure:
    return curves([Learner(name, [curve])], WORDS, GOAL)


def points(classes: tuple[str, str], features: tuple[str, str] = ("x1", "x2")) -> Figure:
    x = np.random.default_rng(0).normal(size=(20, 2))
    return scatter(
        [Scatter("training", x, np.arange(20) % 2)], BoundaryPlane(features, classes, {}), WORDS
    )


@pytest.mark.parametrize(
    "curve",
    [
        {"loss": [NAN], "accuracy": [NAN], "val_loss": [NAN], "val_accuracy": [NAN]},
        {"loss": [INF, 1.0], "accuracy": [0.5] * 2, "val_loss": [-INF, 2.0], "val_accuracy": [1.0]},
        {"loss": [3e38, 1e-38], "accuracy": [0.0] * 2, "val_loss": [1.0], "val_accuracy": [1.0]},
        {},
    ],
)
def test_curves_hold_what_is_not_finite_or_not_there(curve: Curve) -> None:
    assert {"epoch", "validation", "training"} <= set(texts(learner(curve)))


def test_three_measures_stand_in_two_rows_so_that_their_titles_fit() -> None:
    figure = learner({**learnt(0.9, 3), "learning_rate": [0.1, 0.01, 0.001]})
    rows = [e for e in xml_of(figure.svg).iter() if e.attrib.get("class") == "row"]
    titles = {"loss (lower is better)", "accuracy (higher is better)", "learning_rate"}
    in_rows = [titles & {e.text or "" for e in row.iter()} for row in rows]
    assert [len(found) for found in in_rows] == [2, 1]


@pytest.mark.parametrize(
    ("ticks", "shown"),
    [
        ([-0.05, -0.025, 0, 0.025, 0.05], ["−0.050", "0.000", "0.050"]),
        ([0, 0.5, 1], ["0.0", "0.5", "1.0"]),
    ],
)
def test_numbers_that_would_touch_are_left_out_evenly(ticks: list[float], shown: list[str]) -> None:
    with Drawing(2, 1.5, width=3.0) as drawing:
        for axes in drawing.axes:
            axes.set_xlim(ticks[0], ticks[-1])
            axes.set_xticks(ticks)
            axes.set_yticks([])
        figure = drawing.figure(WORDS, AxisNumbers((), []))
    assert texts(figure) == shown * 2


def test_names_along_an_axis_all_stay() -> None:
    names = ["a long name", "another long name", "a third of them"]
    with Drawing(1, 1.5, width=1.5) as drawing:
        (axes,) = drawing.axes
        axes.set_xticks([0, 1, 2], names)
        axes.set_yticks([])
        figure = drawing.figure(WORDS, AxisNumbers((), []))
    assert texts(figure) == names


def places(texts: tuple[str, ...], *, scale: float, whole: bool) -> list[tuple[float, float]]:
    """Where a figure of two panels has these texts; `whole` has matplotlib measure all twice."""
    with pytest.MonkeyPatch.context() as patch:
        if whole:
            patch.delattr(svg._Panel, "get_tightbbox")
            patch.setattr(svg, "_place_once", lambda _: None)
        with Drawing(2, together=True) as drawing:
            for axes in drawing.axes:
                axes.plot([0, 1000], [0, scale])
                axes.set_title("a title")
            drawing.axes[0].set_xlabel("along")
            plain_log(drawing.axes[1].yaxis)
            drawing.axes[1].set_ylim(1e-4, 1e9)
            drawing.name_values("what goes up")
            drawn = xml_of(drawing.figure(WORDS, AxisNumbers([], [])).svg)
    written = [e for e in drawn.iter() if e.tag.endswith("}text") and e.text in texts]
    assert len(written) >= len(texts)
    return [(float(e.attrib["x"]), float(e.attrib["y"])) for e in written]


@pytest.mark.parametrize("scale", [1.0, 3e7])
def test_what_is_measured_once_lies_where_matplotlib_would_have_it(scale: float) -> None:
    texts = ("a title", "along", "what goes up", "0", "1000")
    once, whole = (places(texts, scale=scale, whole=whole) for whole in (False, True))
    assert np.allclose(once, whole, atol=1.5)


def test_a_title_stands_above_a_power_of_ten() -> None:
    (_, power), (_, title), _ = places(("a title", "1e7"), scale=3e7, whole=False)
    assert title < power - 5


@pytest.mark.parametrize("loss", [0.0, -0.5])
def test_a_loss_that_is_never_above_zero_is_drawn(loss: float) -> None:
    # Hinge loss reaches 0, and cosine similarity lies below it.
    measures = {"loss": [loss] * 3, "val_loss": [loss] * 3}
    assert "loss (lower is better)" in texts(learner({**learnt(0.9, 3), **measures}))


def test_the_numbers_of_curves_are_all_epochs_of_all_seeds() -> None:
    figure = curves(
        [Learner("a", [learnt(0.8, 2), learnt(0.9, 2)], [1, 0]), Learner("b", [{}])],
        WORDS,
        GOAL,
    )
    assert numbers(figure) == [
        ["model", "seed", "epoch", "loss", "accuracy", "val_loss", "val_accuracy", "counts"],
        ["a", "1", "1", "0.7", "0.65", "0.7", "0.65", ""],
        ["a", "1", "2", "0.56", "0.8", "0.56", "0.8", "yes"],
        ["a", "2", "1", "0.7", "0.7", "0.7", "0.7", "yes"],
        ["a", "2", "2", "0.56", "0.9", "0.56", "0.9", ""],
    ]


def test_a_rate_curve_marks_what_was_searched_used_and_is_suggested() -> None:
    figure = rate_curve(rate_test("winner"), Marked((1e-4, 1e-1), 0.01), WORDS)
    assert {"search range", "used", "suggested", "median of seeds"} <= set(texts(figure))
    bare = texts(rate_curve(rate_test("model 8"), Marked(None, None), WORDS))
    assert {"search range", "used"}.isdisjoint(bare)


def test_a_rate_curve_without_a_finite_loss_is_drawn_empty() -> None:
    nothing = RateCurve("winner", (1e-4, 1e-3), ((None, None),) * 2, None, None)
    figure = rate_curve(nothing, Marked((1e-4, 1e-1), 0.01), WORDS)
    assert "suggested" not in texts(figure)
    assert numbers(figure)[1:] == [["1", "0.0001", "", ""], ["2", "0.001", "", ""]]


def test_a_rate_curve_gives_its_numbers_up_to_where_it_diverged() -> None:
    header, *rows = numbers(rate_curve(rate_test("winner", 2), Marked(None, None), WORDS))
    assert header == ["epoch", "rate", "loss, seed 1", "loss, seed 2"]
    assert rows[0] == ["1", "0.0001", "0.7", "0.71"]
    assert rows[60][2:] == ["", ""]
    assert len(rows) == 100


@pytest.mark.parametrize(("direction", "best"), [("maximize", "0.9"), ("minimize", "0.8")])
def test_the_history_follows_the_best_completed_trial(direction: str, best: str) -> None:
    trials = [
        Trial(0, State.FAIL, {}, reason="it failed"),
        Trial(1, State.COMPLETE, {}, value=0.9),
        Trial(2, State.PRUNED, {}, value=0.0 if direction == "minimize" else 1.0),
        Trial(3, State.COMPLETE, {}, value=0.8),
        Trial(4, State.RUNNING, {}),
    ]
    found = numbers(history(trials, Goal("val_loss", direction), WORDS, small=False))
    assert found[1] == ["0", "failed", "", ""]
    assert [row[0] for row in found[1:]] == ["0", "1", "2", "3"]
    assert [row[3] for row in found[2:]] == ["0.9", "0.9", best]


@pytest.mark.parametrize("value", [NAN, INF, -INF, 1e300])
def test_a_history_holds_any_value(value: float) -> None:
    trials = [Trial(0, State.PRUNED, {}, value=value), Trial(1, State.COMPLETE, {}, value=0.5)]
    assert "best so far" in texts(history(trials, GOAL, WORDS, small=True))


def test_the_history_of_one_trial_has_its_number_alone_and_a_line() -> None:
    figure = history([Trial(0, State.COMPLETE, {}, value=0.5)], GOAL, WORDS, small=True)
    along = texts(figure)
    assert along[: along.index("trial")] == ["0"]
    lines = [e.attrib["d"] for e in xml_of(figure.svg).iter() if e.attrib.get("class") == "s-ink"]
    assert any(line.count("L") for line in lines)


def test_of_one_epoch_only_that_is_written_along_the_axis() -> None:
    along = texts(learner(learnt(0.9, 1)))
    assert along[along.index("epoch") - 1] == "1"
    assert {"0.6", "0.8", "1.2", "1.4"}.isdisjoint(along[: along.index("epoch")])


@pytest.mark.parametrize(
    ("outputs", "what", "said"),
    [
        ([1], "probability", "probability of round"),
        ([0, 1], "probability", "probability"),
        ([1, 0], "", "round"),
    ],
)
def test_a_mean_prediction_says_what_it_is_of(outputs: list[int], what: str, said: str) -> None:
    mean, lines = np.zeros((3, len(outputs))), np.zeros((3, 2))
    moved = Moved("width", "number", np.arange(3.0), np.array(outputs), mean, lines)
    upright = [
        e.text
        for e in xml_of(dependence([moved], ["flat", "round"], what, WORDS).svg).iter()
        if e.tag.endswith("}text") and "rotate(-90" in e.attrib.get("transform", "")
    ]
    assert upright == [said]


def test_a_history_without_a_trial_is_drawn_empty() -> None:
    assert "trial" in texts(history([], GOAL, WORDS, small=True))


@pytest.mark.parametrize("names", [("$x_1$", "a_b$"), ("_outer", "_inner"), ("_outer", "inner")])
def test_class_names_stand_in_the_legend_as_they_are(names: tuple[str, str]) -> None:
    assert set(names) <= set(texts(points(names)))


def test_feature_names_stand_at_the_axes_as_they_are() -> None:
    assert {"$x_1$", "_x2"} <= set(texts(points(("a", "b"), ("$x_1$", "_x2"))))


def test_a_baselines_name_may_begin_with_an_underscore() -> None:
    both = [Learner("winner", [learnt(0.9)]), Learner("_mine", [learnt(0.9)])]
    assert "_mine" in texts(curves(both, WORDS, GOAL))


@pytest.mark.parametrize("name", ["nul\x00", "escape\x1b[0m", "line\nbreak", "同類🎉", "<b>&amp;"])
def test_any_name_gives_a_picture_that_is_sound_xml(name: str) -> None:
    assert short(name) in texts(points((name, "b"), (name, "x2")))


def test_a_long_name_is_cut_to_its_place() -> None:
    assert short("x" * 24) == "x" * 24
    assert short("x" * 25) == "x" * 23 + "…"
    assert "x" * 23 + "…" in texts(points(("x" * 999, "b")))


@pytest.mark.parametrize("shares", [0.5, NAN])
def test_a_model_that_is_undecided_everywhere_is_drawn(shares: float) -> None:
    side = np.linspace(-1, 1, 5)
    grid = {"x1": side, "x2": side, "probabilities": np.full((5, 5, 2), shares)}
    part = Scatter("held-out", np.zeros((3, 2)), np.array([0, 1, 1]))
    figure = scatter([part], BoundaryPlane(("x1", "x2"), ("a", "b"), grid), WORDS)
    assert {"a", "b", "held-out"} <= set(texts(figure))


def test_the_plane_gives_its_numbers_by_row_and_column() -> None:
    shares = np.array([[[0.9, 0.1], [0.8, 0.2]], [[0.4, 0.6], [0.3, 0.7]]])
    grid = {"x1": np.array([0.0, 1.0]), "x2": np.array([5.0, 6.0]), "probabilities": shares}
    part = Scatter("held-out", np.array([[0.5, 5.5]]), np.array([0]))
    assert numbers(scatter([part], BoundaryPlane(("x1", "x2"), ("a", "b"), grid), WORDS)) == [
        ["x1", "x2", "probability of a", "probability of b"],
        ["0.000", "5.000", "0.900", "0.100"],
        ["1.000", "5.000", "0.800", "0.200"],
        ["0.000", "6.000", "0.400", "0.600"],
        ["1.000", "6.000", "0.300", "0.700"],
    ]


def ends_of(figure: Figure) -> set[str]:
    """Ticks that no share can have."""
    found = [text.replace("−", "-") for text in texts(figure)]
    return {
        text for text in found if re.fullmatch(r"-?\d+\.\d+", text) and not 0 <= float(text) <= 1
    }


@pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
def test_an_axis_of_shares_has_no_tick_beyond_0_and_1(value: float) -> None:
    trials = [Trial(n, State.COMPLETE, {}, value=v) for n, v in enumerate((value, value, 1.0))]
    flat = {key: [value] * 9 for key in ("accuracy", "val_accuracy")} | {"loss": [0.5] * 9}
    assert ends_of(history(trials, GOAL, WORDS, small=False)) == set()
    assert ends_of(learner({**flat, "val_loss": [0.5] * 9})) == set()


def test_a_value_axis_names_its_measure_and_its_better_direction() -> None:
    trials = [Trial(0, State.COMPLETE, {}, value=0.3)]
    for goal, said in (
        (GOAL, "val_accuracy (higher is better)"),
        (Goal("val_mae", "minimize"), "val_mae (lower is better)"),
        (Goal("val_mine", "maximize"), "val_mine (higher is better)"),
    ):
        assert said in texts(history(trials, goal, WORDS, small=True))


@pytest.mark.parametrize(("stretched", "aspect"), [(1, "equal"), (2, "equal"), (50, "auto")])
def test_a_unit_is_as_long_up_as_across_where_features_have_one_scale(
    stretched: float, aspect: str
) -> None:
    around = np.linspace(0, 6, 20)
    x = np.column_stack([np.cos(around), stretched * np.sin(around)])
    plane = BoundaryPlane(("x1", "x2"), ("a", "b"), {})
    assert plane.aspect([Scatter("training", x, np.zeros(20))]) == aspect


def test_marks_stand_out_from_the_deepest_shade_of_their_own_class_in_every_scheme() -> None:
    style = files("search.report").joinpath("templates", "page.css").read_text("utf-8")
    schemes = re.findall(r"--ground: (#\w+);.*?--ink: (#\w+);", style)
    assert len(schemes) == 3
    for ground, ink in schemes:
        for colour in SERIES:
            over = DEEPEST * np.array(to_rgb(colour)) + (1 - DEEPEST) * np.array(to_rgb(ground))
            assert contrast(over, np.array(to_rgb(ink))) > 3, (ground, colour)


def contrast(one: Array, other: Array) -> float:
    """As WCAG reckons it."""
    weights = np.array([0.2126, 0.7152, 0.0722])
    straight = (
        np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4) for c in (one, other)
    )
    light = [float(channels @ weights) for channels in straight]
    return (max(light) + 0.05) / (min(light) + 0.05)


def test_a_mark_says_what_it_is_as_text_and_a_series_has_its_name() -> None:
    with Drawing() as drawing:
        (axes,) = drawing.axes
        dots = axes.scatter([1, 2], [1, 2], color=BLUE)
        tips(dots, ["trial 1: 0.5", '<b> & "quoted" \x01'])
        series(axes.plot([1, 2], [2, 1]), "winner")
        shown = drawing.figure(Words("n", "says", "reads"), AxisNumbers(("a",), []))
    root = xml_of(shown.svg)
    space = "{http://www.w3.org/2000/svg}"
    marks = [e for e in root.iter(f"{space}g") if e.get("class") == "mark"]
    assert [e.findtext(f"{space}title") for e in marks] == ["trial 1: 0.5", '<b> & "quoted" ']
    assert all(len(list(e)) == 2 for e in marks)
    assert [e.get("data-series") for e in root.iter() if "data-series" in e.attrib] == ["winner"]
    assert not list(root.iter(f"{space}a"))


def test_a_legend_of_masks_keeps_the_picture_s_colours_on_a_dark_page() -> None:
    mask = np.array([[[0, 1], [1, 0]]])
    figure = masks_drawn(DrawnRows(["row 1"], mask, mask), ("no", "yes"), WORDS)
    assert {"no", "yes"} <= set(texts(figure))
    assert "f-c1" not in figure.svg  # which a dark page makes lighter


@pytest.mark.parametrize("losses", [(0.6, 1.5), (1.1, 1.3), (2.1, 11.0), (1.1, 60.0), (1.1, 300.0)])
def test_along_a_logarithmic_axis_two_numbers_are_written_at_least(
    losses: tuple[float, float],
) -> None:
    curve = {"loss": list(losses), "val_loss": list(losses)}
    learners = [Learner("winner", [curve])]
    for figure in (curves(learners, WORDS, GOAL), side_by_side(learners, WORDS, GOAL)):
        upright = [
            e.text
            for e in xml_of(figure.svg).iter()
            if e.tag.endswith("}text") and "end" in e.attrib.get("text-anchor", "")
        ]
        assert len(upright) >= 2
        assert len(upright) == len(set(upright)) <= 8
