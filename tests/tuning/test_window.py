"""Of a long search, TPE sees the best, the latest and the running: a matter of the store."""

import optuna
import pytest
from optuna.distributions import FloatDistribution
from optuna.trial import TrialState

from search.data.generators import circles
from search.study.parameters import Float
from search.study.study import Study
from search.tuning import sampler

SPACE = {"x": FloatDistribution(0, 100)}
SEARCHED = Study(data=circles(), space={"x": Float(0, 100)}, model=lambda x: x)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampler, "BEST", 2)
    monkeypatch.setattr(sampler, "LATEST", 3)


def ask(study: optuna.Study) -> optuna.Trial:
    return study.ask(SPACE)


def history(study: optuna.Study, *, upto: int) -> sampler._History:
    found = sampler._History(study, SEARCHED)
    found.update(upto)
    return found


def numbers(found: sampler._History) -> list[int]:
    return [trial.number for trial in found.shown]


@pytest.mark.parametrize(("direction", "best"), [("maximize", [1, 4]), ("minimize", [0, 3])])
def test_the_best_the_latest_and_the_running(direction: str, best: list[int]) -> None:
    study = optuna.create_study(direction=direction)
    for value in (0.1, 0.9, 0.5, 0.2, 0.8, 0.4, 0.45, 0.47):
        study.tell(ask(study), value)
    ask(study)  # 8 runs on
    study.tell(ask(study), state=TrialState.FAIL)
    assert numbers(history(study, upto=10)) == [*best, 5, 6, 7, 8]


def test_step_by_step_it_is_what_it_would_be_at_once() -> None:
    study = optuna.create_study(direction="maximize")
    grown = sampler._History(study, SEARCHED)
    running = [ask(study) for _ in range(4)]
    for i, value in enumerate((0.5, 0.5, 0.7, 0.1, 0.9, 0.3, 0.7, 0.2)):
        study.tell(running.pop(i % 2), value)
        running.append(ask(study))
        grown.update(len(study.trials))
        fresh = history(study, upto=len(study.trials))
        assert numbers(grown) == numbers(fresh)
        assert grown.tried == fresh.tried
    assert len(grown.tried) == 12


def test_a_view_keeps_to_the_states_that_are_asked_for() -> None:
    study = optuna.create_study()
    study.tell(ask(study), 0.3)
    ask(study)
    window = sampler._Window(study, history(study, upto=2).shown)
    complete = window._get_trials(deepcopy=False, states=(TrialState.COMPLETE,), use_cache=True)
    assert [trial.number for trial in complete] == [0]
    assert window.direction == study.direction
