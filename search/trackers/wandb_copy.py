"""Runs of W&B: one a trial, in a group of the search's name, and one of what the finals found."""

import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import wandb

from search.store.run import StoredRun
from search.study.trial import Trial
from search.trackers.base import RunCopy, held_out_of

WAITS = 20.0
"""Seconds for a server to answer; it is tried again from here."""


class WandbCopy(RunCopy):
    """In the project WANDB_PROJECT, or one of the space file's name; offline, in files.

    W&B has no list of what is in its files, so `wandb/sent.txt` in the run folder has one.
    """

    def __init__(self, run: StoredRun) -> None:
        manifest = run.manifest
        self._project = os.environ.get("WANDB_PROJECT") or run.space().stem
        self._name, self._created = manifest.name, manifest.created
        self._folder = run.folder.path
        self._sent = self._folder / "wandb" / "sent.txt"
        self._sent.parent.mkdir(exist_ok=True)
        self._sent.touch()
        offline = os.environ.get("WANDB_MODE") == "offline"
        lies = f"{self._sent.parent}, for `wandb sync`" if offline else "W&B"
        self.where = f"{lies}, project {self._project}, group {self._name}"

    def known(self) -> set[int]:
        """By the list of what was sent."""
        return {int(line) for line in self._lines() if line.isdecimal()}

    def add(self, trial: Trial) -> None:
        """A run with its values, its curve, and how it ended."""
        told = {"state": str(trial.state), "engine": trial.engine.name, "reason": trial.reason}
        with self._run(f"trial {trial.number}", "trial", trial.params) as made:
            for step in range(max(map(len, trial.curve.values()), default=0)):
                at = {name: all_of[step] for name, all_of in trial.curve.items()
                      if step < len(all_of)}  # fmt: skip
                made.log(at, step=step + 1)
            made.summary.update({**told, "objective": trial.value})
        self._note(str(trial.number))

    def conclude(self, run: StoredRun, page: Path | None) -> None:
        """The winner's values and held-out score, its model and the page, once a look.

        Of a function, the models that its best trials left are in the runs of these.
        """
        for number, file in run.left().items():
            self._add_model(run, number, file)
        answer = run.answer()
        if answer is None or (look := f"look {answer.look}") in self._lines():
            return
        with self._run(self._name, "finals", answer.winner.params) as made:
            winner = {"winner": f"trial {answer.winner.number}"}
            made.summary.update({**winner, **held_out_of(answer)})
            files = [run.folder.model] if run.model() is not None else []
            for file in [*files, *([page] if page else [])]:
                kind = "model" if file.suffix == ".keras" else "page"
                made.log_artifact(_artifact(f"{self._name}-{kind}", kind, file))
        self._note(look)

    def _add_model(self, run: StoredRun, number: int, file: Path) -> None:
        """What a trial left, once."""
        if (model := f"model {number}") in self._lines():
            return
        run.read_left(file)  # refused where it is not what the trial left
        with self._run(f"trial {number}", "trial", {}) as made:
            made.log_artifact(_artifact(f"{self._name}-trial-{number}", "model", file))
        self._note(model)

    @contextmanager
    def _run(self, name: str, what: str, params: Mapping[str, Any]) -> Iterator[Any]:
        """One of W&B's, which has the same id whenever it is sent."""
        told = f"{self._name} {self._created} {name}"
        settings = wandb.Settings(
            silent=True,
            console="off",
            init_timeout=WAITS,
            disable_git=True,
            save_code=False,
            x_disable_stats=True,
            x_disable_meta=True,
            x_save_requirements=False,
        )
        with wandb.init(
            project=self._project,
            group=self._name,
            name=name,
            job_type=what,
            id=hashlib.sha256(told.encode()).hexdigest()[:16],
            config=dict(params),
            dir=str(self._folder),
            resume="allow",
            settings=settings,
        ) as made:
            yield made

    def _lines(self) -> list[str]:
        return self._sent.read_text(encoding="utf-8").splitlines()

    def _note(self, line: str) -> None:
        with self._sent.open("a", encoding="utf-8") as file:
            file.write(f"{line}\n")


def _artifact(name: str, kind: str, file: Path) -> "wandb.Artifact":
    made = wandb.Artifact(name, kind)
    made.add_file(str(file))
    return made
