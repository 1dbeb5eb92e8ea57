"""Which display suits the place where a script or a notebook asked for a search."""

import sys
from pathlib import Path

from search.display.progress import ProgressDisplay
from search.display.screen import Screen
from search.store.manifest import Manifest
from search.study.trial import Trial
from search.tuning.listeners import Display


def display_for_this_process() -> Display:
    """HTML in a notebook, a live table in a terminal, else a line a trial."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if shell is not None and hasattr(shell, "kernel"):
        from search.display.notebook import Notebook

        return Notebook()
    return Followed()


class Followed(Screen):
    """A screen of a search that another process drives: it learns of it as it begins."""

    def __init__(self) -> None:
        self._follows = ProgressDisplay()
        super().__init__(sys.stdout, self._follows)

    def run_started(self, folder: Path, manifest: Manifest) -> None:
        """Take what the run has."""
        self._follows.follow(folder, manifest)

    def trial_changed(self, trial: Trial, epoch: int) -> None:
        """Take note of it, and show it."""
        self._follows.note(trial, epoch)
        super().trial_changed(trial, epoch)

    def finals_changed(self, done: int, total: int) -> None:
        """Take note of it."""
        self._follows.finals = (done, total)
