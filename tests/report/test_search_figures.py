"""The search's figures: every trial has its line or mark, and every name stays text."""

import math
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.textpath import TextPath

from search import State
from search.report.axis import Axis
from search.report.explored_space import Explored
from search.report.figures import contour, intermediate, parallel, slices
from search.report.figures.svg import Figure, Words, short
from search.report.search_section import _curves, _slices
from search.store.manifest import Searched
from search.study.plain_text import is_number
from search.study.trial import Trial
from tests.reading_pages import Element, csv_of, xml_of
from tests.report.exploring import SPACE, drawn, explored
from tests.report.scenes import IMAGE, SCRIPT, TEMPLATE

WORDS = Words("figure", "What it shows.", "How to read it.")
NAN = math.nan


def texts(figure: Figure) -> list[str]:
    return [e.text or "" for e in xml_of(figure.svg).iter() if e.tag.endswith("}text")]


def numbers(figure: Figure) -> list[list[str]]:
    return csv_of(Element("a", {"href": figure.csv}))


def marks(figure: Figure, tag: str = "use") -> Counter[str]:
    """Class → how many elements of a kind have it."""
    found = (e.attrib.get("class", "") for e in xml_of(figure.svg).iter() if e.tag.endswith(tag))
    return Counter(name for classes in found for name in classes.split())


def paths(figure: Figure, name: str) -> list[str]:
    """The paths of a class."""
    return [
        e.attrib["d"]
        for e in xml_of(figure.svg).iter()
        if e.tag.endswith("}path") and name in e.attrib.get("class", "").split()
    ]


def sliced(of: Explored) -> Figure:
    return slices.slices(of, of.axes, WORDS)


def test_parallel_coordinates_have_a_line_a_trial_with_the_best_tenth_marked() -> None:
    trials = drawn(40)
    trials[7] = replace(trials[7], state=State.PRUNED)
    trials[8] = replace(trials[8], state=State.FAIL, value=None)
    figure = parallel.parallel(explored(trials), WORDS)
    assert len(paths(figure, "s-ink")) == 1
    assert len(paths(figure, "s-c1")) == 3  # of the best four one is the very best
    header, *rows = numbers(figure)
    assert header == ["trial", "val_accuracy", "rate", "units", "kind", "best"]
    assert [int(row[0]) for row in rows] == [n for n in range(40) if n not in (7, 8)]
    best = sorted((row for row in rows), key=lambda row: -float(row[1]))[:4]
    assert [row[0] for row in rows if row[-1] == "True"] == sorted((r[0] for r in best), key=int)


def test_axes_have_round_numbers_by_ratio_where_they_are_drawn_so_and_options_by_name() -> None:
    figure = parallel.parallel(explored(drawn(20)), WORDS)
    assert {"0.0001", "0.001", "0.01", "0.1", "20", "40", "60", "flat", "round"} <= set(
        texts(figure)
    )


def test_a_value_that_a_trial_does_not_have_is_a_gap_in_its_line() -> None:
    trials = drawn(3)
    trials[2] = replace(trials[2], value=1.0, params={"rate": 0.01, "kind": "flat"})
    figure = parallel.parallel(explored(trials), WORDS)
    (line,) = paths(figure, "s-ink")
    assert line.count("L") == 1  # from value to rate; kind, beyond the gap, is a dot
    assert marks(figure)["f-ink"] == 1
    assert "units (2 of 3)" in texts(figure)
    assert numbers(figure)[3] == ["2", "1", "0.01", "", "flat", "True"]


def test_beyond_300_trials_lines_are_thinned_and_the_best_tenth_stays() -> None:
    found = explored(drawn(1000))
    rows = numbers(parallel.parallel(found, WORDS))[1:]
    assert len(rows) == 300
    assert {int(row[0]) for row in rows if row[-1] == "True"} == {
        trial.number for trial in found.best_tenth
    }
    assert len(found.best_tenth) == 100
    assert min(int(row[0]) for row in rows) < 10
    assert max(int(row[0]) for row in rows) > 990


def test_slices_have_a_panel_a_parameter_and_a_mark_a_trial() -> None:
    trials = [
        *drawn(10),
        *(replace(t, number=t.number + 10, state=State.PRUNED) for t in drawn(4)),
        *(replace(t, number=t.number + 14, state=State.FAIL, value=None) for t in drawn(3)),
    ]
    figure = sliced(explored(trials))
    assert {"rate", "units", "kind"} <= set(texts(figure))
    found = marks(figure)
    few = marks(figure, "path")  # of a shape that is drawn a few times
    assert (found["f-c1"], few["f-c2"]) == (30, 12)
    assert few["s-c5"] == 9
    assert len(numbers(figure)) == 18


def test_a_slice_of_a_conditional_parameter_has_the_trials_that_have_it() -> None:
    trials = drawn(4)
    trials[0] = replace(trials[0], params={"rate": 0.01, "kind": "flat"})
    figure = sliced(explored(trials))
    assert "units (3 of 4)" in texts(figure)
    assert marks(figure)["f-c1"] == 11


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 1e300, 0.0, -1.0])
def test_figures_hold_any_value_of_a_pruned_trial(value: float) -> None:
    far = [replace(t, value=10.0**-n) for n, t in enumerate(drawn(5))]  # so wide as to be by ratio
    trials = [*far, replace(drawn(6)[5], state=State.PRUNED, value=value)]
    found = explored(trials, objective="val_loss", direction="minimize")
    assert found.value.searched.log
    assert marks(sliced(found))["f-c2"] == 3
    assert len(numbers(parallel.parallel(found, WORDS))) == 6


@pytest.mark.parametrize(
    "name", [SCRIPT, IMAGE, TEMPLATE, "$x_1$", "_units", "nul\x00", "<b>&amp;"]
)
def test_names_and_options_stay_text(name: str) -> None:
    space = {name: Searched("choice", options=(name, "other")), "rate": SPACE["rate"]}
    trials = [
        replace(t, params={name: (name, "other")[n % 2], "rate": 0.01})
        for n, t in enumerate(drawn(4))
    ]
    found = explored(trials, space)
    assert {short(name, 26), short(name, 10)} <= set(texts(parallel.parallel(found, WORDS)))
    written = set(texts(sliced(found)))
    assert short(name, 12) in written
    assert written & {short(name, most) for most in range(15, 31)}  # above its panel


def test_a_name_that_is_too_long_for_its_panel_is_shortened_visibly() -> None:
    names = ("negative_shift_of_the_second_hidden_layer_kernel", "units", "m" * 20)
    space = dict(zip(names, SPACE.values(), strict=True))
    trials = [replace(t, params=dict(zip(names, t.params.values(), strict=True))) for t in drawn(4)]
    figure = sliced(explored(trials, space))
    panels = [e for e in xml_of(figure.svg).iter() if e.attrib.get("viewBox")][1:]
    for name, panel in zip(names, panels, strict=True):
        x, _, width, _ = map(float, panel.attrib["viewBox"].split())
        (title,) = (
            e for e in panel.iter() if e.tag.endswith("}text") and (e.text or "")[:3] == name[:3]
        )
        text = title.text or ""
        assert text == name or (text[-1] == "…" and len(text) > 8)
        ends = TextPath((float(title.attrib["x"]), 0), text, size=9).get_extents().x1
        assert ends <= x + width + 0.5


def of_two(trials: list[Trial]) -> Figure:
    found = explored(trials)
    return contour.contour(found, (found.axes[0], found.axes[1]), WORDS)


def test_a_contour_has_a_dot_a_completed_trial_and_a_key_of_values() -> None:
    figure = of_two([*drawn(30), replace(drawn(31)[30], state=State.FAIL, value=None)])
    assert marks(figure)["f-ink"] == 30
    assert len(numbers(figure)) == 31
    says = [e.text for e in xml_of(figure.svg).iter() if e.tag.endswith("}title")]
    header, *rows = numbers(figure)
    assert header[0] == "trial"
    assert says == [f"trial {number}: {float(value):#.4g}" for number, *_, value in rows]
    assert {"rate", "units", "val_accuracy (higher is better)", "0.8"} <= set(texts(figure))
    assert len(paths(figure, "f-c1")) > 3


@pytest.mark.parametrize("units", [(8,), (8, 64)])
def test_a_contour_holds_trials_on_a_line_or_at_one_place(units: tuple[int, ...]) -> None:
    at_one = [
        replace(t, params={**t.params, "rate": 0.01, "units": units[n % len(units)]})
        for n, t in enumerate(drawn(14))
    ]
    assert marks(of_two(at_one))["f-ink"] == 14


def test_the_surface_is_deepest_where_values_are_best_whichever_way_that_is() -> None:
    side = np.linspace(0, 1, 5)
    points = np.random.default_rng(0).random((60, 2))
    found = contour._smooth(points, points[:, 0], side)
    assert found.shape == (5, 5)
    assert np.nanmean(found[:, 4]) > 0.8
    assert np.nanmean(found[:, 0]) < 0.2
    assert np.isnan(contour._smooth(points * 0.1, points[:, 0], side)[4, 4])


def test_every_trial_has_its_curve_and_what_was_stopped_its_mark_at_the_end() -> None:
    trials = drawn(10)
    short_curve = {"val_accuracy": [0.5, 0.6, 0.55]}
    trials[3] = replace(trials[3], state=State.PRUNED, curve=short_curve)
    trials[4] = replace(trials[4], state=State.FAIL, value=None, curve={"val_accuracy": [0.5, NAN]})
    trials[5] = replace(trials[5], state=State.FAIL, value=None, curve={})
    figure = intermediate.intermediate(explored(trials), WORDS)
    rows = numbers(figure)[1:]
    assert {row[0] for row in rows} == {str(n) for n in range(10) if n != 5}
    assert [row[1:] for row in rows if row[0] == "3"] == [
        ["pruned", "1", "0.5"], ["pruned", "2", "0.6"], ["pruned", "3", "0.55"],
    ]  # fmt: skip
    assert (marks(figure)["f-c2"], marks(figure)["s-c5"]) == (1, 1)
    assert len(paths(figure, "s-ink")) == 1


def test_a_long_curve_is_drawn_evenly_with_its_last_epoch() -> None:
    long = {"val_accuracy": [n / 1000 for n in range(1000)]}
    trials = [replace(t, curve=long) for t in drawn(3)]
    rows = [row for row in numbers(intermediate.intermediate(explored(trials), WORDS))[1:]
            if row[0] == "0"]  # fmt: skip
    assert len(rows) == intermediate.MOST_EPOCHS
    assert (rows[0][2], rows[-1][2]) == ("1", "1000")


def test_a_search_without_the_objectives_curve_has_none_to_draw() -> None:
    trials = [replace(t, curve={"loss": [1.0]}) for t in drawn(3)]
    assert intermediate.with_curves(explored(trials)) == []


def test_a_thousand_trials_with_twelve_parameters_take_a_third_of_the_page_at_most() -> None:
    draw = np.random.default_rng(0)
    space = {f"p{n}": Searched("float", 0.0, 1.0) for n in range(12)}
    curve = {"val_accuracy": draw.random(100).tolist()}
    trials = [
        replace(t, params=dict(zip(space, draw.random(12).tolist(), strict=True)), curve=curve)
        for t in drawn(1000)
    ]
    found = explored(trials, space)
    figures = (
        parallel.parallel(found, WORDS),
        sliced(found),
        intermediate.intermediate(found, WORDS),
        contour.contour(found, (found.axes[0], found.axes[1]), WORDS),
    )
    assert sum(len(figure.svg) + len(figure.csv) for figure in figures) < 5_000_000 / 3


@pytest.mark.parametrize("most", [3, 4, 5])
@pytest.mark.parametrize(
    ("low", "high"), [(1e-9, 1.0), (1e-12, 1e12), (1e-4, 0.1), (0.6, 1.5), (5e-324, 1e-300)]
)
def test_each_number_along_a_log_axis_stands_where_its_value_lies(
    low: float, high: float, most: int
) -> None:
    axis = Axis("l2", Searched("float", low, high, log=True))
    ticks = axis.ticks(most)
    assert len(ticks) > 1
    assert [place for place, _ in ticks] == pytest.approx(
        [axis.place(float(text)) for _, text in ticks]
    )


@pytest.mark.parametrize("value", [0.1, 5.0, math.nan])
def test_a_pruned_value_beyond_those_of_the_completed_stands_at_the_edge_which_is_said(
    value: float,
) -> None:
    far = replace(drawn(6)[5], state=State.PRUNED, value=value)
    found = explored([*drawn(5), far])
    assert slices._height(found.value, far) == (1.0 if value == 5.0 else 0.0)
    assert float(numbers(sliced(found))[-1][2]) == pytest.approx(value, nan_ok=True)  # as it is
    assert "drawn at the edge" in _slices(found).reads
    near = replace(far, value=drawn(5)[2].value)
    assert "drawn at the edge" not in _slices(explored([*drawn(5), near])).reads


def test_beside_one_completed_trial_a_pruned_one_stands_above_or_below() -> None:
    found = explored(drawn(1))
    places = [
        slices._height(found.value, replace(drawn(1)[0], state=State.PRUNED, value=value))
        for value in (0.1, drawn(1)[0].value, 5.0)
    ]
    assert places == [0.0, 0.5, 1.0]


@pytest.mark.parametrize(("direction", "sign"), [("maximize", 1.0), ("minimize", -1.0)])
def test_curves_that_were_far_worse_than_all_others_are_cut_off_which_is_said(
    direction: str, sign: float
) -> None:
    def searched(*starts: float) -> Explored:
        trials = [
            replace(t, value=sign * 0.7, curve={"val_r2": [sign * start, sign * 0.7]})
            for t, start in zip(drawn(len(starts)), starts, strict=True)
        ]
        return explored(trials, objective="val_r2", direction=direction)

    far = searched(0.1, 0.2, 0.0, 0.3, 0.2, 0.1, -10.0, NAN)
    assert intermediate.cut_off(far) == intermediate.CutOff(0.0, sign * 0.7, 1)
    figure = _curves(far)[0]
    assert "The axis leaves out the far worse values of 1 trial." in figure.reads
    assert ["6", "complete", "1", f"{sign * -10:g}"] in numbers(figure)
    upright = [text.replace("−", "-") for text in texts(figure)]
    along = [float(text) for text in upright if is_number(text)]
    assert along[:2] == [1.0, 2.0]  # epochs
    assert max(map(abs, along[2:])) <= 0.8
    for all_near in (searched(0.1, 0.2, -0.3), searched(*[-10.0] * 4), searched(NAN)):
        assert intermediate.cut_off(all_near) is None
        assert "leaves out" not in _curves(all_near)[0].reads
