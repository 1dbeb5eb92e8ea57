"""The writing side of a run folder: one driver holds it, and only it writes."""

from base64 import b64decode, b64encode
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager, closing, suppress
from dataclasses import asdict, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import numpy as np
import optuna
from optuna.storages import JournalStorage
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial

from search.data.dataset import Array
from search.store.documents import Documents
from search.store.files import Files
from search.store.folder import Folder, trials_of
from search.store.journal import Journal, NotWrittenError
from search.store.manifest import Look, Manifest, Plan
from search.store.optuna_compat import add_trial, frozen_trial, note
from search.store.run import manifest_in
from search.store.trials import STATES, of_one_piece, open_study, read_trial, read_trials
from search.study.answer import Answer
from search.study.errors import RunError
from search.study.function_study import Left
from search.study.trial import Curve, Forecast, Outcome, Pause, State, Trial

_STATES = {own: optunas for optunas, own in STATES.items()}


class Recorder:
    """A run folder, held and written by this process.

    Args:
        folder: In which a run was begun.
        goes_on: Whether its search does, and what a kill left half-written is taken away.

    Attributes:
        study: The Optuna study; its asks and reports are durable as they return.
        manifest: As it stands on disk.

    Raises:
        InputError: Another process holds the folder, or there is no run in it.
        RunError: A file of the folder cannot be read.
    """

    def __init__(self, folder: Folder, *, goes_on: bool = True) -> None:
        self.folder = folder
        folder.found().check_plain()
        folder.hold()
        try:
            self._journal = Journal(folder.study, writable=True)
            try:
                self._open(goes_on=goes_on)
            except BaseException:
                self._journal.close()
                raise
        except BaseException:
            folder.let_go()
            raise

    def _open(self, *, goes_on: bool) -> None:
        self._documents = Documents(self._journal, self.folder.path)
        self._files = Files(self.folder, self._journal)
        self.manifest = manifest_in(self._documents, self.folder)
        if goes_on:
            self._files.tidy()
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        with of_one_piece(self.folder.study):
            self.study = open_study(self._journal, self.manifest.name)

    @classmethod
    def begin(
        cls,
        folder: Folder,
        manifest: Manifest,
        sources: Mapping[str, str],
        taken: Sequence[tuple[FrozenTrial, Curve]] = (),
    ) -> "Recorder":
        """Fill a new folder: the run is begun when manifest, study and taken trials are there.

        They come together, so no kill can leave a run with half of those trials.

        Args:
            folder: Just made, empty.
            manifest: What the run is made of.
            sources: Name below `space/` → text of the space file and its siblings.
            taken: Finished trials of another run, with their curves: this run's first.
        """
        try:
            cls._fill(folder, manifest, sources, taken)
        except NotWrittenError as error:
            raise NotWrittenError(error.path, error.why, begun=False) from None
        return cls(folder)

    @staticmethod
    def _fill(
        folder: Folder,
        manifest: Manifest,
        sources: Mapping[str, str],
        taken: Sequence[tuple[FrozenTrial, Curve]],
    ) -> None:
        contents = {name: text.encode() for name, text in sources.items()}
        for name, content in contents.items():
            folder.save(folder.space / name, content)
        hashes = {name: sha256(content).hexdigest() for name, content in contents.items()}
        manifest = replace(manifest, files=hashes)
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        journal = Journal(folder.study, writable=True, new=True)
        with closing(journal), journal.transaction():
            Documents(journal, folder.path).save("manifest", manifest)
            study = optuna.create_study(
                storage=JournalStorage(journal),
                study_name=manifest.name,
                direction=StudyDirection[manifest.plan.direction.upper()],
            )
            for number, (trial, curve) in enumerate(taken):
                add_trial(study, trial)
                journal.save_curve(number, curve)

    @property
    def path(self) -> Path:
        """The run folder."""
        return self.folder.path

    def transaction(self) -> AbstractContextManager[None]:
        """All that is asked, reported or told inside reaches the disk together, or not at all."""
        return self._journal.transaction()

    def then(self, does: Callable[[], object]) -> None:
        """Do what may be done only when all this is on disk, such as to show it."""
        self._journal.then(does)

    def tell(self, number: int, outcome: Outcome, worker: str = "") -> None:
        """Write a trial's ending: curve, reason and state together, or nothing of it."""
        with self._journal.transaction():
            self._journal.save_curve(number, outcome.curve)
            self._note(number, outcome, worker)
            # Optuna takes a pruned trial's value from its last report.
            value = outcome.value if outcome.state is State.COMPLETE else None
            self.study.tell(number, value, state=_STATES[outcome.state])
            self._files.forget(self._kept(number).values())

    def _note(self, number: int, outcome: Outcome, worker: str = "") -> None:
        trial = frozen_trial(self.study, number)
        notes = {
            "weights": outcome.weights,
            "reason": outcome.reason,
            "worker": worker,
            "seconds": None if outcome.seconds is None else round(outcome.seconds, 4),
            "waited": round(outcome.waited, 4),
            "engine": outcome.engine.name,
            "why_engine": outcome.engine.why,
        }
        for name, value in notes.items():
            if value:
                note(self.study, trial, name, value)

    def keep(self, number: int, epoch: int, curve: Curve, state: Mapping[str, Array]) -> None:
        """Keep where a long trial stands, in place of where it stood before."""
        before = self._kept(number)
        arrays = {f"state {name}": array for name, array in state.items()}
        arrays |= {f"curve {name}": np.asarray(values) for name, values in curve.items()}
        # 100 MB of weights took 5.2 s to compress, to 92 MB, and the workers wait for this thread.
        self._files.save_arrays(self.folder.state(number, epoch), arrays, compressed=False)
        self._files.forget(path for at, path in before.items() if at != epoch)

    def pause(
        self, number: int, pause: Pause, outcome: Outcome, state: Mapping[str, Array]
    ) -> Pause:
        """Keep where a trial stands that is paused: its state, curve and notes, or nothing of it.

        Args:
            number: Of the trial.
            pause: Where; the bytes of its state are seen here.
            outcome: How it stands.
            state: Of model and optimizer.

        Returns:
            The pause with its bytes.
        """
        with self._journal.transaction():
            self.keep(number, pause.epoch, outcome.curve, state)
            size = self.folder.state(number, pause.epoch).stat().st_size
            self._journal.save_curve(number, outcome.curve)
            self._note(number, outcome)
            pause = replace(pause, bytes=size)
            self._note_pauses(number, [*self._pauses(number), pause])
        return pause

    def go_on(self, number: int, asked: int, turn: int) -> None:
        """Note that a paused trial goes on; see `Pause`."""
        *before, last = self._pauses(number)
        self._note_pauses(number, [*before, replace(last, asked=asked, turn=turn)])

    def _pauses(self, number: int) -> tuple[Pause, ...]:
        return self.trial(number, {}).pauses

    def _note_pauses(self, number: int, pauses: Sequence[Pause]) -> None:
        trial = frozen_trial(self.study, number)
        note(self.study, trial, "pauses", [asdict(pause) for pause in pauses])

    def kept(self, number: int) -> tuple[int, Curve, dict[str, Array]] | None:
        """Epoch, curve and state that were kept last; None where a trial has to begin anew."""
        for epoch, path in sorted(self._kept(number).items(), reverse=True):
            with suppress(RunError):  # a damaged one is as good as none
                if arrays := self._files.arrays(path):
                    curve = {k: v.tolist() for k, v in _named("curve ", arrays).items()}
                    return epoch, curve, _named("state ", arrays)
        return None

    def _kept(self, number: int) -> dict[int, Path]:
        """Files of a trial's states, by epoch."""
        files = self.folder.states.glob(f"{number}-*.npz")
        return {int(file.stem.partition("-")[2]): file for file in files}

    def note_forecast(self, number: int, forecast: Forecast) -> None:
        """Note by what a trial was given up."""
        note(self.study, frozen_trial(self.study, number), "forecast", asdict(forecast))

    def forecast(self, number: int) -> Forecast | None:
        """By what a trial was given up; None where it was not."""
        return read_trial(frozen_trial(self.study, number), {}).forecast

    def keep_sampler_state(self, state: bytes) -> None:
        """Keep what a sampler knows beside the trials, pickled."""
        self._journal.save_document("sampler", b64encode(state).decode())

    def sampler_state(self) -> bytes | None:
        """What was kept last; None where nothing was."""
        kept = self._journal.document("sampler")
        return None if kept is None else b64decode(kept)

    def keep_left(self, number: int, left: Left, best: Collection[int]) -> None:
        """Keep what a trial of a function left, where it is among the best; others' is dropped."""
        if number in best:
            self._files.save(self.folder.left_by(number, left.suffix), left.content)
        there = trials_of(self._files.kept_in(self.folder.models))
        self._files.forget(path for other, path in there.items() if other not in best)

    def died(self, number: int) -> int:
        """Note that a trial's worker died with it; returns how many did."""
        trial = frozen_trial(self.study, number)
        deaths = int(trial.user_attrs.get("deaths", 0)) + 1
        note(self.study, trial, "deaths", deaths)
        return deaths

    def trials(self) -> tuple[Trial, ...]:
        """Every trial that was asked, by number, with its curve."""
        return read_trials(self.study, self._journal.curves())

    def curve(self, number: int) -> Curve:
        """A trial's curve as it is kept; empty where none is yet."""
        return self._journal.curve(number)

    def trial(self, number: int, curve: Curve) -> Trial:
        """One trial with its curve, which whoever asks has just written."""
        return read_trial(frozen_trial(self.study, number), curve)

    def look(self, trials: int, by: str = "") -> int:
        """Write down an opening of the held-out rows, as in `Look`; returns which it is, from 1."""
        looked = (*self.manifest.looks, Look(_now(), trials, by))
        self._save(replace(self.manifest, looks=looked))
        return len(looked)

    def spent(self, phase: str, seconds: float) -> None:
        """Add wall time to a phase."""
        before = self.manifest.seconds.get(phase, 0.0)
        self._save(
            replace(self.manifest, seconds={**self.manifest.seconds, phase: before + seconds})
        )

    def revise(self, plan: Plan, *, data_changed: bool) -> None:
        """Write with what a new session goes on: it has not ended, whatever the one before did."""
        self._save(replace(self.manifest, plan=plan, data_changed=data_changed, ended=""))

    def watched_at(self, address: str) -> None:
        """Write where this session's Ray dashboard is; empty where there is none."""
        self._journal.save_document("ray dashboard", address or None)

    def searched(self, cut_short: str) -> None:
        """Write that the search is over, and why before its trials were used up, if so."""
        self._save(replace(self.manifest, cut_short=cut_short))

    def ended(self, how: str) -> None:
        """Write how this session ended: "finished", "interrupted" or "failed"."""
        self._save(replace(self.manifest, ended=how))

    def save_answer(
        self, answer: Answer, model: bytes, arrays: Mapping[str, Mapping[str, Array]]
    ) -> None:
        """Keep what the finals found; the answer last, since it refers to the rest.

        Args:
            answer: Of the finals.
            model: The winner's file; empty where there is none.
            arrays: Name → arrays.
        """
        self._documents.save("answer", None)
        if model:
            self._files.save(self.folder.model, model)
        else:
            self._files.forget([self.folder.model])
        for name, kept in arrays.items():
            self.save_arrays(name, kept)
        self._note_winner(answer)
        self._documents.save("answer", answer)
        self._files.forget(self.folder.fits())

    def _note_winner(self, answer: Answer) -> None:
        """Beside the look at which it was found, where later finals leave it."""
        looks = list(self.manifest.looks)
        if 0 < answer.look <= len(looks):
            looks[answer.look - 1] = replace(
                looks[answer.look - 1], winner=answer.winner.number, found=answer.headline.judged
            )
            self._save(replace(self.manifest, looks=tuple(looks)))

    def keep_fit(self, key: str, arrays: Mapping[str, Array]) -> None:
        """Keep a fit of the finals under a key, until there is an answer."""
        self._files.save_arrays(self.folder.fit(key), arrays)

    def kept_fit(self, key: str) -> dict[str, Array]:
        """What was kept under a key; nothing where there is none, or a damaged one."""
        with suppress(RunError):
            return self._files.arrays(self.folder.fit(key))
        return {}

    def save_arrays(self, name: str, arrays: Mapping[str, Array]) -> None:
        """Keep arrays under a name."""
        self._files.save_arrays(self.folder.arrays(name), arrays)

    def close(self) -> None:
        """Let go of the folder."""
        self._journal.close()
        self.folder.let_go()

    def _save(self, manifest: Manifest) -> None:
        self.manifest = manifest
        self._documents.save("manifest", manifest)


def _now() -> str:
    return datetime.now(UTC).astimezone().isoformat(timespec="seconds")


def _named(start: str, arrays: Mapping[str, Array]) -> dict[str, Array]:
    """Those arrays whose name begins so, by the rest of it."""
    return {k.removeprefix(start): v for k, v in arrays.items() if k.startswith(start)}
