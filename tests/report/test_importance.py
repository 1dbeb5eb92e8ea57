"""Which parameters made the difference, and when that cannot be said."""

from dataclasses import replace

import numpy as np
import pytest

from search.report.axis import Axis, asked_for, value_axis
from search.report.figures.importance import importances
from search.report.figures.svg import Words
from search.store.manifest import Searched
from search.study.plain_text import percent
from tests.reading_pages import Element, csv_of, xml_of
from tests.report.exploring import SPACE, drawn, explored


def test_the_parameter_that_the_value_hangs_on_comes_first_and_the_others_are_chance() -> None:
    found = explored(drawn(60)).importance
    first, *others = found.weights
    assert first.axis.name == "rate"
    assert 0.7 < first.low <= first.middle <= first.high <= 1
    assert found.chance < 0.1
    assert all(weight.middle < 0.05 for weight in others)
    assert found.notes == ()


def test_it_is_the_same_each_time() -> None:
    one, other = (explored(drawn(30)).importance for _ in range(2))
    assert one == other


def test_a_range_by_ratio_is_weighed_by_ratio() -> None:
    # Below 0.01 lie two thirds of the trials, and a tenth of the range by difference.
    trials = [
        replace(t, value=1.0 if float(t.params["rate"] or 0) < 0.001 else 0.0) for t in drawn(60)
    ]
    assert explored(trials).importance.weights[0].middle > 0.7


def test_an_outlier_of_the_loss_is_not_all_the_variance() -> None:
    trials = [replace(t, value=float(t.params["rate"] or 1)) for t in drawn(60)]
    trials[5] = replace(trials[5], value=1e30)
    found = explored(trials, objective="val_loss", direction="minimize")
    assert found.importance.weights[0].axis.name == "rate"


@pytest.mark.parametrize(("count", "said"), [(11, True), (12, False)])
def test_few_trials_a_parameter_are_too_few_and_that_is_said(count: int, said: bool) -> None:
    found = explored(drawn(count)).importance
    assert (found.weights == ()) is said
    sentence = (
        "No hyperparameter importance: 11 completed trials are too few for 3 hyperparameters; it "
        "takes 12."
    )
    assert list(found.notes) == ([sentence] if said else [])


def test_trials_of_one_value_have_no_importance() -> None:
    found = explored([replace(t, value=1.0) for t in drawn(30)]).importance
    assert found.notes == ["No hyperparameter importance: all trials have the same value."]


def test_a_conditional_parameter_is_weighed_on_the_trials_that_have_it() -> None:
    draw = np.random.default_rng(1)
    space = {**SPACE, "depth": Searched("float", 0.0, 1.0), "seldom": Searched("int", 1, 9)}
    trials = []
    for t in drawn(80):
        deep = float(draw.random())
        more = {"depth": deep} if t.params["kind"] == "round" else {}
        more |= {"seldom": 3} if t.number < 5 else {}
        value = deep if more.get("depth") else 0.5
        trials.append(replace(t, params={**t.params, **more}, value=value))
    found = explored(trials, space).importance
    depth = next(weight for weight in found.weights if weight.axis.name == "depth")
    assert depth.low > 0.7
    assert depth.axis.title == f"depth ({depth.axis.having} of 80)"
    assert 20 < depth.axis.having < 60
    assert found.notes == [
        "Not in the hyperparameter importance, too few trials: seldom (5 completed trials have it)."
    ]


def test_the_figure_has_a_bar_with_its_interval_a_parameter_and_the_mark_of_chance() -> None:
    found = explored(drawn(40)).importance
    figure = importances(found, Words("importance", "What it shows.", "How to read it."))
    svg = xml_of(figure.svg)
    classes = [e.attrib.get("class", "") for e in svg.iter() if e.tag.endswith("}path")]
    assert classes.count("f-c1") == 3
    assert classes.count("s-ink") == 3
    texts = {e.text for e in svg.iter() if e.tag.endswith("}text")}
    assert {"rate", "units", "kind", "maximum of random numbers"} <= texts
    header, *rows = csv_of(Element("a", {"href": figure.csv}))
    assert header == ["hyperparameter", "lowest", "median", "highest", "trials that have it"]
    assert [row[0] for row in rows][0::3] == ["rate", "random numbers"]
    says = [e.text for e in svg.iter() if e.tag.endswith("}title")]
    assert says == [
        f"{name}: {percent(float(middle))} ({percent(float(low))} to {percent(float(high))})"
        for name, low, middle, high, _ in reversed(rows[:3])
    ]


def test_what_a_conditional_space_asked_for_is_put_together_over_its_trials() -> None:
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study()

    def ask(trial: optuna.Trial) -> float:
        branch = trial.suggest_categorical("branch", ["a", "b"])
        if branch == "a":
            trial.suggest_int("units", 1, 8 + trial.number)
        else:
            trial.suggest_float("rate", 1e-3, 1.0, log=True)
            trial.suggest_float("noise", 0, 1, step=0.1)
        return 0.0

    for branch in ("a", "b", "a"):
        study.enqueue_trial({"branch": branch})
    study.optimize(ask, n_trials=3)
    assert asked_for(study) == {
        "branch": Searched("choice", options=("a", "b")),
        "units": Searched("int", 1, 10),
        "rate": Searched("float", 1e-3, 1.0, log=True),
        "noise": Searched("float", 0, 1, step=0.1),
    }


@pytest.mark.parametrize(
    ("searched", "said"),
    [
        (Searched("float", 0.0, 1.0), "0.0…1.0"),
        (Searched("float", 0.0, 1.0, step=0.1), "0.0…1.0, step 0.1"),
        (Searched("float", 0.0, 9.0, step=1.0), "0.0…9.0, step 1.0"),
        (Searched("int", 0, 9), "0…9"),
        (Searched("int", 0, 9, step=3), "0…9, step 3"),
    ],
)
def test_a_range_is_told_with_its_steps(searched: Searched, said: str) -> None:
    assert searched.told() == said


@pytest.mark.parametrize(
    ("searched", "ticks"),
    [
        (Searched("float", 1e-4, 1e-1, log=True), ["0.0001", "0.001", "0.01", "0.1"]),
        (Searched("int", 4, 64, log=True), ["5", "10", "20", "50"]),
        (Searched("int", 1, 3), ["1", "2", "3"]),
        (Searched("float", 0.0, 0.5), ["0", "0.2", "0.4"]),
        (Searched("choice", options=(True, None, "a", 0.5)), ["True", "None", "a", "0.5"]),
        (Searched("float", 0.5, 0.5), ["0.5"]),
    ],
)
def test_an_axis_has_few_round_ticks(searched: Searched, ticks: list[str]) -> None:
    found = Axis("any", searched).ticks()
    assert [text for _, text in found] == ticks
    assert all(0 <= place <= 1 for place, _ in found)


@pytest.mark.parametrize(
    ("values", "log"), [((0.1, 4.0), False), ((0.1, 6.0), True), ((0.0, 9.0), False)]
)
def test_values_far_apart_and_above_zero_are_drawn_by_ratio(
    values: tuple[float, float], log: bool
) -> None:
    trials = [replace(t, value=value) for t, value in zip(drawn(2), values, strict=True)]
    assert value_axis("val_loss", trials).searched.log is log
