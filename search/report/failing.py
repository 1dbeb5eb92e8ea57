"""Why a run failed, and whether going on with it could end otherwise."""

from collections import Counter
from collections.abc import Sequence

from search.store.manifest import Manifest
from search.study.plain_text import one_line
from search.study.trial import State, Trial


def why_failed(manifest: Manifest, trials: Sequence[Trial]) -> str:
    """Why a run that ended as failed has no winner; empty for any other run."""
    if manifest.ended != "failed":
        return ""
    ended = [trial for trial in trials if trial.state.finished]
    if is_hopeless(manifest, trials):
        reason, count = Counter(trial.reason for trial in ended).most_common(1)[0]
        which = f"all {len(ended)} trials" if len(ended) > 1 else "its one trial"
        if count == len(ended):
            return one_line(f"{which} failed: {reason}")
        return one_line(f"{which} failed, {count} of them with: {reason}")
    return "no configuration could be retrained and evaluated in the finals; see `search logs`"


def is_hopeless(manifest: Manifest, trials: Sequence[Trial]) -> bool:
    """Whether a run as it is would fail again: it ended, and every trial of it had failed."""
    ended = [trial for trial in trials if trial.state.finished]
    all_failed = bool(ended) and all(trial.state is State.FAIL for trial in ended)
    return manifest.ended == "failed" and all_failed
