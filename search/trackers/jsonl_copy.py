"""A file of JSON lines: one a finished trial, and one of the verdict."""

import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

from search.store.run import StoredRun
from search.study.answer import Answer
from search.study.trial import Trial
from search.trackers.base import RunCopy


class JsonlCopy(RunCopy):
    """`trials.jsonl` in the run folder; a line that a kill has cut off gives way."""

    def __init__(self, run: StoredRun) -> None:
        self._file = run.folder.path / "trials.jsonl"
        self.where = str(self._file)
        self._file.touch()
        content = self._file.read_bytes()
        whole = content[: content.rfind(b"\n") + 1]
        if whole != content:
            self._file.write_bytes(whole)
        self._lines = [json.loads(line) for line in whole.splitlines()]

    def known(self) -> set[int]:
        """By their lines."""
        return {line["number"] for line in self._lines if line["event"] == "trial"}

    def add(self, trial: Trial) -> None:
        """A line with its values and its curve; numbers that are not finite are null."""
        told = {"event": "trial", **asdict(trial), "state": str(trial.state)}
        self._append({**told, "engine": trial.engine.name})

    def conclude(self, run: StoredRun, page: Path | None) -> None:
        """A line with the winner, where the last does not say the same."""
        answer = run.answer()
        if answer is not None:
            told = {**_verdict(answer), "page": None if page is None else str(page)}
            if self._lines[-1:] != [told]:
                self._append(told)

    def _append(self, told: dict[str, Any]) -> None:
        told = _finite(told)
        with self._file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(told, allow_nan=False) + "\n")
        self._lines.append(told)


def _verdict(answer: Answer) -> dict[str, Any]:
    winner, judged = answer.winner, answer.headline.judged
    return {
        "event": "verdict",
        "winner": winner.number,
        "params": dict(winner.params),
        "measure": judged.measure,
        "value": judged.value,
        "interval": None if judged.interval is None else [*asdict(judged.interval).values()],
        "held_out_rows": answer.headline.rows,
    }


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _finite(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
