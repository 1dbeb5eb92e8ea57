"""The writing side of a run folder: one driver holds it, and only it writes."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import optuna
from optuna.storages import JournalStorage
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from search.store.folder import Folder
from search.store.journal import Journal
from search.store.lock import Lock
from search.store.manifest import Look, Manifest, Plan
from search.store.run import frozen_trial, read_trial, read_trials
from search.study.answer import Answer
from search.study.data import Array
from search.study.errors import RunError
from search.study.trial import Curve, Outcome, State, Trial

_STATES = {
    State.COMPLETE: TrialState.COMPLETE,
    State.PRUNED: TrialState.PRUNED,
    State.FAIL: TrialState.FAIL,
}


class Recorder:
    """A run folder, held and written by this process.

    Args:
        folder: With a manifest and a study; `begin` makes them.

    Attributes:
        study: The Optuna study; its asks and reports are durable as they return.
        manifest: As it stands on disk.

    Raises:
        InputError: Another process holds the folder.
        RunError: A file of the folder cannot be read.
    """

    def __init__(self, folder: Folder) -> None:
        self.folder = folder
        self._lock = Lock(folder.lock)
        self.manifest = folder.load_value(folder.manifest, Manifest)
        self._journal = Journal(folder.study, writable=True)
        self.study = _study_in(self._journal, self.manifest)

    @classmethod
    def begin(
        cls,
        folder: Folder,
        manifest: Manifest,
        sources: Mapping[str, str],
        taken: Sequence[tuple[FrozenTrial, Curve]] = (),
    ) -> "Recorder":
        """Fill a new folder: the sources and the taken trials first, since the manifest tells them.

        Without a manifest a folder is no run, so no kill can leave one with half of those trials.

        Args:
            folder: Just made, empty.
            manifest: What the run is made of.
            sources: Name below `space/` → text of the space file and its siblings.
            taken: Finished trials of another run, with their curves: this run's first.
        """
        for name, text in sources.items():
            folder.save(folder.space / name, text.encode())
        if taken:
            with closing(Journal(folder.study, writable=True)) as journal, journal.transaction():
                study = _study_in(journal, manifest)
                for number, (trial, curve) in enumerate(taken):
                    study._storage.create_new_trial(study._study_id, trial)
                    journal.save_curve(number, curve)
        folder.save_value(folder.manifest, manifest)
        return cls(folder)

    @property
    def path(self) -> Path:
        """The run folder."""
        return self.folder.path

    def transaction(self) -> AbstractContextManager[None]:
        """All that is asked, reported or told inside reaches the disk together, or not at all."""
        return self._journal.transaction()

    def tell(self, number: int, outcome: Outcome, worker: str = "") -> None:
        """Write a trial's ending: curve, reason and state together, or nothing of it."""
        trial = frozen_trial(self.study, number)
        with self._journal.transaction():
            self._journal.save_curve(number, outcome.curve)
            notes = {"weights": outcome.weights, "reason": outcome.reason, "worker": worker}
            for name, value in notes.items():
                if value:
                    self.study._storage.set_trial_user_attr(trial._trial_id, name, value)
            # Optuna takes a pruned trial's value from its last report.
            value = outcome.value if outcome.state is State.COMPLETE else None
            self.study.tell(number, value, state=_STATES[outcome.state])
        self.folder.state(number).unlink(missing_ok=True)

    def keep(self, number: int, epoch: int, curve: Curve, state: Mapping[str, Array]) -> None:
        """Keep where a long trial stands: a whole file, over the one before."""
        arrays = {f"state {name}": array for name, array in state.items()}
        arrays |= {f"curve {name}": np.asarray(values) for name, values in curve.items()}
        self.folder.save_arrays(self.folder.state(number), {**arrays, "epoch": np.array(epoch)})

    def kept(self, number: int) -> tuple[int, Curve, dict[str, Array]] | None:
        """Epoch, curve and state that were kept of a trial; None where it has to begin anew."""
        try:
            arrays = self.folder.load_arrays(self.folder.state(number))
        except RunError:
            return None  # as if it had not been kept
        if "epoch" not in arrays:
            return None
        curve = {k.removeprefix("curve "): v.tolist() for k, v in arrays.items() if "curve " in k}
        state = {k.removeprefix("state "): v for k, v in arrays.items() if "state " in k}
        return int(arrays["epoch"]), curve, state

    def died(self, number: int) -> int:
        """Note that a trial's worker died with it; returns how many did."""
        trial = frozen_trial(self.study, number)
        deaths = int(trial.user_attrs.get("deaths", 0)) + 1
        self.study._storage.set_trial_user_attr(trial._trial_id, "deaths", deaths)
        return deaths

    def trials(self) -> tuple[Trial, ...]:
        """Every trial that was asked, by number, with its curve."""
        return read_trials(self.study, self._journal.curves())

    def trial(self, number: int) -> Trial:
        """One trial, without its curve while it runs."""
        return read_trial(frozen_trial(self.study, number), self._journal.curve(number))

    def look(self, trials: int) -> int:
        """Write down an opening of the held-out rows; returns which it is, from 1."""
        looked = (*self.manifest.looks, Look(_now(), trials))
        self._save(replace(self.manifest, looks=looked))
        return len(looked)

    def spent(self, phase: str, seconds: float) -> None:
        """Add wall time to a phase."""
        before = self.manifest.seconds.get(phase, 0.0)
        self._save(
            replace(self.manifest, seconds={**self.manifest.seconds, phase: before + seconds})
        )

    def revise(self, plan: Plan, *, data_changed: bool) -> None:
        """Write with what a new session goes on."""
        self._save(replace(self.manifest, plan=plan, data_changed=data_changed))

    def searched(self, cut_short: str) -> None:
        """Write that the search is over, and why before its trials were used up, if so."""
        self._save(replace(self.manifest, cut_short=cut_short))

    def ended(self, how: str) -> None:
        """Write how this session ended: "finished", "interrupted" or "failed"."""
        self._save(replace(self.manifest, ended=how))

    def save_answer(
        self, answer: Answer, model: bytes, arrays: Mapping[str, Mapping[str, Array]]
    ) -> None:
        """Keep what the finals found; the answer last, since it refers to the rest."""
        self.folder.save(self.folder.model, model)
        for name, kept in arrays.items():
            self.save_arrays(name, kept)
        self.folder.save_value(self.folder.answer, answer)

    def save_arrays(self, name: str, arrays: Mapping[str, Array]) -> None:
        """Keep arrays under a name."""
        self.folder.save_arrays(self.folder.arrays(name), arrays)

    def close(self) -> None:
        """Let go of the folder."""
        self._journal.close()
        self._lock.release()

    def _save(self, manifest: Manifest) -> None:
        self.manifest = manifest
        self.folder.save_value(self.folder.manifest, manifest)


def _study_in(journal: Journal, manifest: Manifest) -> optuna.Study:
    """The study in a journal, made where there is none."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna.create_study(
        storage=JournalStorage(journal),
        study_name=manifest.name,
        direction=StudyDirection[manifest.plan.direction.upper()],
        load_if_exists=True,
    )


def _now() -> str:
    return datetime.now(UTC).astimezone().isoformat(timespec="seconds")
