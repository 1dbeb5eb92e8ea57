"""Parameters, the dense space, the split and the rows."""

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from search import (
    Baseline,
    Budget,
    Choice,
    DenseSpace,
    Float,
    InputError,
    Int,
    Split,
    Study,
    arrays,
    blobs,
    circles,
    moons,
)
from search.study.dense import widths
from search.study.goal import Goal
from search.study.ranking import ranked
from search.study.trial import State, Trial, seed_of

SHARES = [i / 1000 for i in range(1000)]


@pytest.mark.parametrize(
    "parameter",
    [Int(1, 3), Int(4, 64, log=True), Int(0, 10, step=5), Float(0, 1), Float(1e-4, 1e-1, log=True)],
)
def test_every_drawn_value_belongs_to_its_range(parameter: Any) -> None:
    drawn = [parameter.at(share) for share in SHARES]
    assert all(parameter.contains(value) for value in drawn)
    assert drawn == sorted(drawn)


def test_draws_are_even_by_rank_by_ratio_and_by_option() -> None:
    assert set(Counter(Int(1, 4).at(share) for share in SHARES).values()) == {250}
    assert Float(1e-4, 1e-2, log=True).at(0.5) == pytest.approx(1e-3)
    # Each whole number stands for the half around it: ln(16.5 / 3.5) of ln(64.5 / 3.5).
    assert sum(Int(4, 64, log=True).at(share) <= 16 for share in SHARES) == pytest.approx(
        532, abs=2
    )
    assert set(Counter(Choice("a", "b").at(share) for share in SHARES).values()) == {500}


def test_what_does_not_belong_is_told() -> None:
    assert not Int(0, 10, step=5).contains(3)
    assert not Int(1, 3).contains(True)
    assert not Float(0, 1).contains(float("nan"))
    assert not Choice("a", "b").contains("c")
    assert Float(0, 1).contains(1)


def test_ranges_read_as_people_write_them() -> None:
    assert str(Int(4, 64, log=True)) == "4…64 (log)"
    assert str(Float(1e-4, 0.1)) == "0.0001…0.1"
    assert str(Choice("relu", "tanh")) == "relu, tanh"
    assert str(Int(0, 10, step=5)) == "0…10, step 5"


def test_a_dense_space_knows_what_is_searched_and_what_is_held() -> None:
    space = DenseSpace(layers=Int(1, 3), activation=Choice("relu", "tanh"), dropout=0.1)
    assert list(space.parameters) == ["layers", "activation"]
    assert space.fixed["dropout"] == 0.1
    assert space.fixed["optimizer"] == "adam"
    assert {*space.parameters, *space.fixed} == set(DenseSpace.__dataclass_fields__)


def test_widths_of_each_layer_are_parameters_of_their_own() -> None:
    space = DenseSpace(layers=Int(0, 3), units=[Int(16, 64), 8, Choice(2, 4)])
    assert list(space.parameters) == ["layers", "units_1", "units_3"]
    assert space.fixed["units_2"] == 8
    assert "units" not in space.fixed
    assert space.most_units == (64, 8, 4)
    assert widths({"layers": 2, "units_1": 20, "units_2": 8, "units_3": 4}) == [20, 8]
    assert widths({"layers": 2, "units": 5}) == [5, 5]
    assert hash(space) == hash(DenseSpace(layers=Int(0, 3), units=(Int(16, 64), 8, Choice(2, 4))))


def test_a_width_of_a_layer_that_is_not_there_tells_nothing_apart() -> None:
    space = DenseSpace(layers=Int(0, 2), units=[Choice(4, 8), Choice(4, 8, 16)])
    study = Study(data=circles(), space=space)
    assert space.idle({"layers": 1}) == {"units_2"}
    one, other = ({"layers": 1, "units_1": 8, "units_2": width} for width in (4, 16))
    assert study.identity(one) == study.identity(other)
    assert study.identity({**one, "layers": 2}) != study.identity({**other, "layers": 2})
    assert study.size == 1 + 2 + 2 * 3
    assert DenseSpace(layers=2, units=[Choice(4, 8), Int(1, 3)]).size == 6


def test_without_hidden_layers_nothing_of_them_tells_configurations_apart() -> None:
    space = DenseSpace(layers=Choice(0, 1), units=Choice(4, 8), activation=Choice("relu", "tanh"))
    study = Study(data=circles(), space=space)
    assert study.idle({"layers": 0}) >= {"units", "activation", "dropout", "batch_norm", "l2"}
    assert study.idle({"layers": 1}) == set()
    one, other = ({"layers": 0, "units": u, "activation": "relu"} for u in (4, 8))
    assert study.identity(one) == study.identity(other)
    assert study.size == 1 + 4


@pytest.mark.parametrize(
    ("task", "measures"),
    [
        ("binary", "auc f1 precision recall"),
        ("multiclass", "auc f1"),
        ("multilabel", "auc f1 precision recall"),
        ("regression", "mae mse rmse r2"),
    ],
)
def test_a_dense_study_is_compared_by_what_its_task_measures(task: str, measures: str) -> None:
    for measure in measures.split():
        study = Study(
            data=circles(), space=DenseSpace(layers=Int(1, 2)), objective=f"val_{measure}"
        ).for_task(task)
        errs = measure in {"mae", "mse", "rmse"}
        assert study.direction == ("minimize" if errs else "maximize")


def test_the_split_is_stratified_seeded_and_whole() -> None:
    data = circles(samples=1000).load()
    parts = Split().parts(data)
    assert [len(p) for p in (parts.train, parts.validation, parts.held_out)] == [600, 200, 200]
    for part in (parts.train, parts.validation, parts.held_out):
        assert part.y.mean() == 0.5
    everything = np.concatenate([p.x for p in (parts.train, parts.validation, parts.held_out)])
    assert sorted(everything.tolist()) == sorted(data.x.tolist())
    np.testing.assert_array_equal(Split().parts(data).held_out.x, parts.held_out.x)
    assert not np.array_equal(Split(seed=1).parts(data).held_out.x, parts.held_out.x)


def test_an_unshuffled_split_keeps_the_order() -> None:
    data = circles(samples=1000).load()
    parts = Split(validation=0.1, held_out=0.2, shuffle=False).parts(data)
    np.testing.assert_array_equal(parts.train.x, data.x[:700])
    np.testing.assert_array_equal(parts.validation.x, data.x[700:800])
    np.testing.assert_array_equal(parts.held_out.x, data.x[800:])


def test_training_rows_show_every_class() -> None:
    data = arrays(np.ones((30, 1)), [0] * 24 + [1] * 6).load()
    with pytest.raises(InputError, match="no row of class '1' is among"):
        Split(shuffle=False).parts(data)


def test_the_tutorials_circles_are_the_tutorials() -> None:
    data = circles(samples=1000, noise=0.02, seed=42).load()
    np.testing.assert_allclose(data.x[0], [0.76026594, 0.22387823], atol=1e-6)
    assert data.y[:5].tolist() == [1, 1, 1, 1, 0]
    assert np.bincount(data.y).tolist() == [500, 500]


def test_the_task_is_read_from_the_targets() -> None:
    assert circles().load().task == "binary"
    assert moons().load().shape.outputs == 1
    assert blobs(classes=4).load().task == "multiclass"
    named = arrays(np.ones((4, 1)), ["no", "yes", "no", "yes"]).load()
    assert named.class_names == ("no", "yes")
    assert named.y.tolist() == [0, 1, 0, 1]


def test_the_hash_changes_with_the_data_and_with_nothing_else() -> None:
    assert circles().load().hash == circles().load().hash
    assert circles(noise=0.03).load().hash != circles().load().hash


def test_better_trials_come_first_and_ties_go_by_loss_and_size() -> None:
    def trial(number: int, value: float | None, loss: float, weights: int, **more: Any) -> Trial:
        curve = {"val_loss": [loss]}
        return Trial(number, State.COMPLETE, {}, value, weights=weights, curve=curve, **more)

    trials = [
        trial(0, 0.9, 0.1, 5),
        trial(1, 1.0, 0.2, 5),
        trial(2, 1.0, 0.1, 9),
        trial(3, 1.0, 0.1, 5),
        trial(4, float("inf"), 0.0, 1),
        trial(5, None, 0.0, 1),
        Trial(6, State.PRUNED, {}, 1.0),
    ]
    assert [t.number for t in ranked(trials, Goal("val_accuracy", "maximize"))] == [3, 2, 1, 0]
    assert [t.number for t in ranked(trials, Goal("val_accuracy", "minimize"))] == [0, 3, 2, 1]


def test_seeds_depend_on_their_arguments_alone() -> None:
    assert seed_of(1, "trial", 2) == seed_of(1, "trial", 2)
    assert len({seed_of(1, "trial", i) for i in range(1000)}) == 1000
    assert 0 <= seed_of("x") < 2**31


def test_a_study_fills_in_what_is_left_out() -> None:
    study = Study(data=circles(), space=DenseSpace(layers=Int(1, 2)))
    assert study.budget == Budget(trials=50, epochs=200, patience=20)
    assert (study.objective, study.direction) == ("auto", "auto")
    settled = study.for_task("binary")
    assert (settled.objective, settled.direction) == ("val_accuracy", "maximize")
    assert settled.goal.better(1.0, 0.5)
    minimising = Study(data=circles(), space=DenseSpace(layers=Int(1, 2)), objective="val_loss")
    assert minimising.direction == "minimize"
    assert minimising.goal.better(0.5, 1.0)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("relu", "relu"), r"Choice\('relu'\): duplicate option 'relu'; remove one"),
        ((True, 1), r"Choice\(True, 1\): Python and the sampler hold the two to be equal"),
        ((0, None, False), r"Choice\(0, False\): Python and the sampler"),
        ((1, 1.0), r"Choice\(1, 1.0\): Python and the sampler"),
    ],
)
def test_options_that_are_one(options: tuple[Any, ...], says: str) -> None:
    with pytest.raises(InputError, match=says):
        Choice(*options)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Choice(0.5, math.inf), "Choice(inf): this is not a finite number; give None or a"),
        (lambda: Choice(np.float32("nan"), 1), "Choice(nan): this is not a finite number"),
        (lambda: Choice(1, 10**400), "whole numbers beyond 2**53 lose digits; give it as text"),
        (lambda: Choice(["relu", "tanh"]), "give the options as Choice('relu', 'tanh')"),
        (lambda: Choice(np.arange(3)), "give the options as Choice(0, 1, 2)"),
        (lambda: Choice(range(90)), "give the options as Choice(0, 1, 2, …, 89)"),
        (lambda: Choice({0: 1, 1: 5}), "of class weights write Choice('none', 'balanced'), or"),
        (lambda: Choice({"a": 1}), "give the options as Choice('a')"),
        (lambda: Choice((3, 3), (5, 5)), "Choice((3, 3)): this is not a string, number"),
        (lambda: Choice(b"a"), "Choice(b'a'): this is not a string"),
        (lambda: Int(1, 10**400), "beyond 2**53, where whole numbers lose digits"),
        (lambda: Int(4.5, 8), "Int(low=4.5): low must be a whole number"),  # type: ignore[arg-type]
        (lambda: Float(0, np.float32("inf")), "Float(high=inf): high must be a finite number"),
        (lambda: declared(math.nan), "space['k']=nan: this is not a finite number"),
        (lambda: declared([4, 16]), "space['k']=[4, 16]: to search several values, write Choice(4"),
        (lambda: declared(np.array([4, 8])), "to search several values, write Choice(4, 8)"),
        (lambda: declared(range(4, 7)), "to search several values, write Choice(4, 5, 6)"),
        (lambda: declared(math.sqrt), "this is not a string, number, boolean or None"),
        (lambda: DenseSpace(units=Choice(8.5, 16)), "units=Choice(8.5, 16): units is a whole"),
        (lambda: DenseSpace(units=Float(4, 64)), "write units=Int(4, 64)"),
        (lambda: DenseSpace(batch_size=Float(8.0, 64)), "write batch_size=Int(8, 64)"),
        (lambda: DenseSpace(dropout=np.array([0.1, 0.2])), "write Choice(0.1, 0.2)"),
    ],
)  # fmt: skip
def test_what_no_run_can_keep_is_refused_when_the_space_is_read(
    make: Callable[[], object], says: str
) -> None:
    with pytest.raises(InputError) as said:
        make()
    assert says in str(said.value)
    assert len(str(said.value)) < 300


def declared(value: Any) -> Study:
    """A space of one's own that holds this value."""

    def build(units: int, k: Any) -> None: ...

    return Study(data=circles(), model=build, space={"units": Int(1, 4), "k": value})


def test_numbers_of_numpy_are_pythons_own() -> None:
    space = DenseSpace(
        layers=Choice(*np.arange(1, 3)),
        units=Int(np.int64(4), np.int32(8)),  # type: ignore[arg-type]
        dropout=np.float32(0.5),  # type: ignore[arg-type]
        learning_rate=Float(np.float64(0.001), np.float32(0.5)),  # type: ignore[arg-type]
        batch_norm=np.bool_(True),  # type: ignore[arg-type]
    )
    study = replace(
        declared(np.int64(3)),
        first=[{"units": np.int64(2)}],  # type: ignore[dict-item]
        baselines=[Baseline("small", units=np.int64(1))],
    )
    values = {**space.fixed, **study.fixed, **study.first[0], **study.baselines[0].values}
    values |= {name: space.parameters[name].at(0.9) for name in ("layers", "units")}
    values |= {"rate": space.parameters["learning_rate"].at(0.9)}
    assert {type(value) for value in values.values()} <= {int, float, bool, str}
    assert values["k"] == 3
    assert values["dropout"] == 0.5
    assert study.first == [{"units": 2}]


def test_a_range_wider_than_a_float() -> None:
    with pytest.raises(InputError, match="the range is wider than a float can hold"):
        Float(-1e308, 1e308)


@pytest.mark.parametrize(
    ("objective", "meant"),
    [
        ("val_roc", "val_auc"),
        ("val_auroc", "val_auc"),
        ("val_acuracy", "val_accuracy"),
        ("val_mcc", ""),
        ("val_ap", ""),
    ],
)
def test_an_objective_that_is_not_known_is_told_what_it_may_have_meant(
    objective: str, meant: str
) -> None:
    end = '"minimize"$'
    with pytest.raises(InputError, match=f"; did you mean '{meant}'\\?.*{end}" if meant else end):
        Study(data=circles(), objective=objective)


@pytest.mark.parametrize(
    ("objective", "fix"),
    [
        ("ap", 'write objective="val_ap"'),
        ("auc", 'write objective="val_auc"'),
        ("mean_absolute_error", 'write objective="val_mean_absolute_error"'),
        ("acuracy", """write objective="val_acuracy", or did you mean 'val_accuracy'?"""),
        ("val-loss", "did you mean 'val_loss'?"),
    ],
)
def test_an_objective_begins_with_val(objective: str, fix: str) -> None:
    with pytest.raises(InputError) as refused:
        Study(data=circles(), objective=objective)
    assert refused.value.problem == "trials are compared on validation, so it begins with val_"
    assert refused.value.fix == fix


def test_a_study_has_one_objective() -> None:
    with pytest.raises(InputError, match="compared by one objective; give one of these names"):
        Study(data=circles(), objective=["val_loss", "val_accuracy"])  # type: ignore[arg-type]


def test_callbacks_that_are_no_function_are_told_how_to_be_one() -> None:
    def build(units: int) -> None: ...

    with pytest.raises(InputError, match=r"each trial needs new ones; give a function that ret"):
        Study(circles(), {"units": Int(4, 8)}, build, callbacks=[3])  # type: ignore[arg-type]
