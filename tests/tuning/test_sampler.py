"""What is tried first: usual values where the space has them, then Sobol's, then TPE's."""

from typing import Any

import optuna
import pytest

from search import Choice, Float, Int, Study, circles
from search.study.parameters import Parameter
from search.tuning import sampler
from search.tuning.sampler import EVEN_START, USUAL, StudySampler, distributions

FIRST = len(USUAL["learning_rate"])


def study(space: dict[str, Parameter], **more: Any) -> Study:
    return Study(data=circles(), space=space, model=lambda **_: None, **more)


def asked(of: Study, trials: int = EVEN_START) -> list[dict[str, Any]]:
    seen = optuna.create_study(sampler=StudySampler(of))
    found = []
    for _ in range(trials):
        trial = seen.ask(distributions(of.parameters))
        found.append(trial.params)
        seen.tell(trial, float(trial.number))
    return found


@pytest.fixture
def even(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The same without usual values."""

    def plain(of: Study) -> list[dict[str, Any]]:
        with monkeypatch.context() as changed:
            changed.setattr(sampler, "USUAL", {})
            return asked(of)

    return plain


NETWORKS: dict[str, Parameter] = {
    "units": Int(4, 64, log=True),
    "optimizer": Choice("sgd", "adam", "rmsprop"),
    "activation": Choice("tanh", "relu"),
    "learning_rate": Float(1e-4, 1e-1, log=True),
    "layers": Int(1, 3),
    "dropout": Float(0.0, 0.5),
    "l2": Float(1e-6, 1e-2, log=True),
    "batch_size": Choice(32, 64, 128),
}


def test_the_first_have_the_usual_values_and_all_else_from_the_even_points(even: Any) -> None:
    found, plain = asked(study(NETWORKS)), even(study(NETWORKS))
    for number in range(FIRST):
        usual = {name: values[number] for name, values in USUAL.items()}
        assert found[number] == {"units": plain[number]["units"], **usual}
    assert found[FIRST:] == plain[FIRST:]
    assert len({params["units"] for params in found}) > EVEN_START / 2


def test_a_value_that_the_space_does_not_have_is_not_tried(even: Any) -> None:
    space: dict[str, Parameter] = {
        "optimizer": Choice("sgd", "rmsprop"),
        "learning_rate": Float(1e-6, 2e-3, log=True),
        "layers": Int(2, 8, step=3),
        "rate": Float(0, 1),
    }
    found, plain = asked(study(space)), even(study(space))
    for name, at in (("optimizer", {2}), ("learning_rate", {2}), ("layers", {0, 1}), ("rate", ())):
        for number, params in enumerate(found):
            value = USUAL[name][number] if number in at else plain[number][name]
            assert params[name] == value


def test_a_space_of_other_names_has_an_even_start(even: Any) -> None:
    space: dict[str, Parameter] = {"depth": Int(0, 1000), "rate": Float(0, 1)}
    assert asked(study(space)) == even(study(space))


def test_random_trials_have_no_usual_values(even: Any) -> None:
    assert asked(study(NETWORKS, sampler="random")) == even(study(NETWORKS, sampler="random"))
