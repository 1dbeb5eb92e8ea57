"""The engine is chosen by what it costs for a study, and says why."""

from typing import Any

from search import Choice, DenseSpace, Int
from search.data.dataset import Shape
from search.training.choice import planned, stacks
from search.training.engine import StudyNeeds
from tests.runs import small_study

TWO = Shape((2,), 1, "binary")


def name(shape: Shape = TWO, gpus: float = 0, *, in_file: bool = False, **changes: Any) -> str:
    chosen = planned(StudyNeeds(small_study(**changes), shape, gpus, in_file))
    assert chosen.why
    return chosen.name


def test_small_dense_networks_train_in_numpy() -> None:
    assert name() == "numpy"


def test_large_ones_a_gpu_and_what_numpy_lacks_go_to_the_graph() -> None:
    assert name(Shape((28, 28), 10, "multiclass"), space=DenseSpace(units=Int(64, 256))) == (
        "in-graph"
    )
    assert name(gpus=1) == name(gpus=0.5) == "in-graph"
    assert name(gpus=2) == "fit"
    searched = DenseSpace(layers=Int(1, 2), optimizer=Choice("adam", "adafactor"))
    assert name(space=searched) == "in-graph"


def test_a_model_of_ones_own_goes_to_the_graph() -> None:
    assert name(space={"units": Int(1, 9)}, model=lambda units: None) == "in-graph"


def test_stock_fit_is_had_for_the_asking() -> None:
    assert name(engine="fit") == "fit"


def test_callbacks_go_to_stock_fit() -> None:
    assert name(callbacks=lambda: []) == "fit"


def test_rows_that_stay_in_their_file_go_to_stock_fit() -> None:
    assert name(in_file=True) == "fit"
    assert name(in_file=True, space={"units": Int(1, 9)}, model=lambda units: None) == "fit"


def test_only_the_graph_trains_seeds_together() -> None:
    assert {name: stacks(name) for name in ("numpy", "in-graph", "fit", "loop", "of old")} == {
        "numpy": False,
        "in-graph": True,
        "fit": False,
        "loop": False,
        "of old": False,
    }
