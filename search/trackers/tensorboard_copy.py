"""Event files for TensorBoard: curves as scalars, and the HParams plugin's table of trials."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tensorboardX import SummaryWriter
from tensorboardX.proto.api_pb2 import Status
from tensorboardX.proto.plugin_hparams_pb2 import HParamsPluginData
from tensorboardX.summary import hparams

from search.store.run import StoredRun
from search.study.trial import State, Trial
from search.trackers.base import RunCopy, held_out_of

PART = ".part"


class TensorBoardCopy(RunCopy):
    """`tensorboard/` in the run folder, with a folder a trial, which is whole or not there."""

    def __init__(self, run: StoredRun) -> None:
        self._folder = run.folder.path / "tensorboard"
        self.where = str(self._folder)
        self._objective = run.manifest.plan.objective

    def known(self) -> set[int]:
        """By their folders."""
        names = (path.name.removeprefix("trial-") for path in self._folder.glob("trial-*"))
        return {int(name) for name in names if name.isdecimal()}

    def add(self, trial: Trial) -> None:
        """Its curve, its values, and the objective in the end."""
        # TensorBoard sorts by name, and 10 would come before 2.
        with self._writer(f"trial-{trial.number:04}") as writer:
            # Without the columns of the whole table: TensorBoard makes them of all trials.
            _, begun, ended = hparams(dict(trial.params), {})
            writer.file_writer.add_summary(begun)
            for name, values in trial.curve.items():
                for epoch, value in enumerate(values, start=1):
                    writer.add_scalar(name, value, epoch, walltime=trial.ended)
            if trial.value is not None:
                writer.add_scalar("objective", trial.value, trial.epochs, walltime=trial.ended)
            told = ended.value[0].metadata.plugin_data
            content = HParamsPluginData.FromString(told.content)
            status = "STATUS_FAILURE" if trial.state is State.FAIL else "STATUS_SUCCESS"
            content.session_end_info.status = Status.Value(status)
            told.content = content.SerializeToString()
            writer.file_writer.add_summary(ended)

    def conclude(self, run: StoredRun, page: Path | None) -> None:
        """The winner's held-out score with its interval.

        It is no row of the HParams table: TensorBoard draws no parallel coordinates of rows that
        lack a measure which another has.
        """
        del page
        answer = run.answer()
        if answer is None or answer.headline.judged.value is None:
            return
        for before in self._folder.glob("winner-*"):
            shutil.rmtree(before)
        with self._writer(f"winner-trial-{answer.winner.number:04}") as writer:
            for name, value in held_out_of(answer).items():
                writer.add_scalar(name, value, answer.look)

    @contextmanager
    def _writer(self, name: str) -> "Iterator[SummaryWriter]":
        part = self._folder / f"{name}{PART}"
        shutil.rmtree(part, ignore_errors=True)
        with SummaryWriter(str(part)) as writer:
            yield writer
        shutil.rmtree(self._folder / name, ignore_errors=True)
        part.rename(self._folder / name)
