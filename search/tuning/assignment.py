"""How many trials a worker is handed at once."""

from search.study.study import Study
from search.training.choice import needs_keras

SHARE_UNDER_WAY = 12
"""At most one of so many trials of the budget is under way: each is suggested without what the
others under way will show. Eight at once cost TPE 1.5 points of regret in 50 trials."""
MOST = 16
"""Enough to hide what Tune needs for an assignment, some 10 ms, behind trials of 20 ms."""


def together(study: Study, engine: str, workers: int) -> int:
    """Trials of one assignment: several where they are short and never pruned.

    They run no code of the user's either, which could take its neighbours with it.

    Args:
        study: With its pruner settled.
        engine: That is planned for its trials.
        workers: At work at once.
    """
    if needs_keras(engine) or study.pruner != "none":
        return 1
    return max(1, min(MOST, study.budget.trials // (SHARE_UNDER_WAY * workers)))
