"""What a job's message says of a run; the gauges themselves are read in tests/functional."""

from search.study.goal import Goal
from search.study.trial import State, Trial
from search.tuning.dashboard import Gauges


def trial(number: int, state: State, value: float | None = None, reason: str = "") -> Trial:
    return Trial(number, state, {}, value, reason)


def test_the_sentence_has_the_space_and_the_best_value() -> None:
    gauges = Gauges("run", "small.py: A search", Goal("val_loss", "minimize"), lambda: (0.0, 0))
    assert gauges.sentence == "run (small.py: A search): 0 trials"
    for ended in (
        trial(0, State.COMPLETE, 0.5),
        trial(1, State.COMPLETE, 0.25),
        trial(2, State.FAIL, reason="by its own fault"),
        trial(3, State.RUNNING),
    ):
        gauges.trial_changed(ended, 0)
    told = "run (small.py: A search): 3 trials, best val_loss 0.2500 (trial 1)"
    assert gauges.sentence == told
