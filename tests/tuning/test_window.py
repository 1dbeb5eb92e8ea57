"""Of a long search, TPE sees the best, the latest and what is under way."""

import optuna
import pytest

from search.tuning import sampler


@pytest.mark.parametrize(("direction", "best"), [("maximize", [2, 3]), ("minimize", [0, 1])])
def test_a_long_history_is_cut_to_its_best_and_its_latest(
    direction: str, best: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sampler, "BEST", 2)
    monkeypatch.setattr(sampler, "LATEST", 3)
    study = optuna.create_study(direction=direction)
    for value in (0.1, 0.2, 0.9, 0.8, 0.5):
        study.tell(study.ask(), value)
    running = study.ask()
    for _ in range(3):
        study.tell(study.ask(), 0.5)
    shown = [trial.number for trial in sampler._Window(study)._get_trials(deepcopy=False)]
    assert shown == [*best, running.number, 6, 7, 8]


def test_a_short_history_is_shown_whole() -> None:
    study = optuna.create_study()
    for value in (0.1, 0.2):
        study.tell(study.ask(), value)
    window = sampler._Window(study)
    assert window._get_trials(deepcopy=False) == study.get_trials(deepcopy=False)
    assert window.direction == study.direction
