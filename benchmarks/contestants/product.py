"""(a) This product: the command `search run`, and afterwards what its run folder says."""

import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.contestants.order import Order, Result, answer, order

COMMAND = [sys.executable, "-c", "from search.commands import main; main()"]
WORKERS = "2"


def main() -> None:
    """Search in a folder of its own, which goes afterwards."""
    told = order()
    with tempfile.TemporaryDirectory(prefix="race-") as folder:
        command = subprocess.Popen(arguments(told), cwd=folder)
        if command.wait():
            sys.exit(command.returncode)
        # When the page was there; the command then still takes its own cluster down.
        page = (Path(folder) / "reports" / "race.html").stat().st_mtime
        results, workers = read(Path(folder) / "runs" / "race")
    answer(results, page=page, driver=command.pid, workers=workers)


def arguments(told: Order) -> list[str]:
    """The command as a person types it; two workers also where there are more cores."""
    return [
        *COMMAND,
        *("run", str(told.job.space), "--name", "race", "--max-concurrent", WORKERS),
        *("--trials", str(told.trials), "--epochs", str(told.epochs), "--seed", str(told.seed)),
    ]


def read(run: Path) -> tuple[list[Result], list[int]]:
    """The finished trials, and the processes that trained them."""
    from search.store.run import load_run

    trials = [trial for trial in load_run(run).trials() if trial.state.finished]
    nothing = float("nan")
    results = [
        Result(
            trial.ended or nothing,
            nothing if trial.value is None else trial.value,
            trial.curve["val_loss"][-1] if trial.curve.get("val_loss") else nothing,
        )
        for trial in trials
    ]
    return results, sorted({int(trial.worker.split("@")[0]) for trial in trials if trial.worker})


if __name__ == "__main__":
    main()
