"""What the search finds, beside scikit-learn's networks and linear models on the same rows.

    python -m benchmarks.beside_sklearn
    python -m benchmarks.beside_sklearn penguins regression --trials 20

Each space is searched by the command itself. Its winner was fitted on the training rows and chosen
on the validation rows; scikit-learn's models, with their own defaults behind a `StandardScaler`,
are fitted on the same training rows and choose nothing. All answer for the same held-out rows.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.jobs import ROOT
from benchmarks.machine import described
from benchmarks.markdown import table, write
from benchmarks.performing import environment
from benchmarks.standings import mean_and_error

if TYPE_CHECKING:
    from search.data.dataset import Array
    from search.data.split import Rows

SPACES = {file.stem: file for file in sorted((ROOT / "spaces").glob("*.py"))}
HEAVY = ("fashion_mnist_cnn", "transfer")
"""Run where they are named alone."""
COMMAND = [sys.executable, "-c", "from search.commands import main; main()"]
MEASURES = {
    "binary": "accuracy",
    "multiclass": "accuracy",
    "multilabel": "labels right",
    "regression": "R²",
}


@dataclass(frozen=True)
class Beside:
    """One space's held-out scores, of three models; more is better.

    Attributes:
        space: Name of the space file.
        measure: What the scores are.
        rows: How many were held out.
        winner: Of the search.
        network: Of scikit-learn's `MLPClassifier` or `MLPRegressor`.
        linear: Of its logistic or ridge regression.
        above: The winner's score above the network's.
        error: Standard error of that difference, paired by row.
    """

    space: str
    measure: str
    rows: int
    winner: float
    network: float
    linear: float
    above: float
    error: float

    @property
    def verdict(self) -> str:
        """What two standard errors say."""
        if abs(self.above) <= 2 * self.error:
            return "within two errors"
        return "better" if self.above > 0 else "worse"

    @property
    def cells(self) -> list[str]:
        """A row of the table."""
        scores = (f"{score:.4f}" for score in (self.winner, self.network, self.linear))
        apart = f"{self.above:+.4f} ± {self.error:.4f}"
        return [self.space, self.measure, f"{self.rows:,}", *scores, apart, self.verdict]


HEADER = (
    "space",
    "measure",
    "held-out rows",
    "search",
    "MLP",
    "linear",
    "search above MLP ± SE",
    "verdict",
)


def row_scores(told: "Array", y: "Array", task: str) -> "Array":
    """What each row adds to the measure, whose value is their mean.

    Args:
        told: Class codes, labels or numbers, of the shape of `y`.
        y: The truth.
        task: Such as "binary".

    Returns:
        Shape (rows,): 1 where the class is right; the share of labels that are right; or 1 less the
        squared error as a share of the variance, whose mean is R².
    """
    if task == "regression":
        spread = np.square(y - y.mean(axis=0)).mean(axis=0)
        found: Array = (1.0 - np.square(told - y) / spread).mean(axis=1)
        return found
    right = (told == y).astype(float)
    return right if right.ndim == 1 else right.mean(axis=1)


def compared(space: str, task: str, scores: Sequence["Array"]) -> Beside:
    """Three models' scores by row: the winner's, the network's and the linear model's."""
    winner, network, linear = scores
    above, error = mean_and_error((winner - network).tolist())
    return Beside(
        space=space,
        measure=MEASURES[task],
        rows=len(winner),
        winner=float(winner.mean()),
        network=float(network.mean()),
        linear=float(linear.mean()),
        above=above,
        error=error,
    )


def peers(task: str) -> tuple[Any, Any]:
    """scikit-learn's network and linear model, as a person would take them."""
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.multioutput import MultiOutputClassifier
    from sklearn.neural_network import MLPClassifier, MLPRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    patience = {"max_iter": 2000, "random_state": 0}
    logistic = LogisticRegression()
    network = MLPClassifier(**patience)
    linear = {"regression": Ridge(), "multilabel": MultiOutputClassifier(logistic)}
    if task == "regression":
        network = MLPRegressor(**patience)
    return (
        make_pipeline(StandardScaler(), network),
        make_pipeline(StandardScaler(), linear.get(task, logistic)),
    )


def told_by(model: Any, train: "Rows", held_out: "Rows") -> "Array":
    """Fit on the rows that train, and answer for those that are held out."""
    y = train.y[:, 0] if train.y.ndim == 2 and train.y.shape[1] == 1 else train.y
    with warnings.catch_warnings(action="ignore"):  # a fit that runs out of steps is told as it is
        model.fit(train.x.reshape(len(train), -1), y)
    told = model.predict(held_out.x.reshape(len(held_out), -1))
    return np.asarray(told).reshape(held_out.y.shape)


def beside(space: str, folder: Path) -> Beside:
    """Compare a finished run's winner with scikit-learn's models.

    Args:
        space: Name of a space file.
        folder: The run's, which the search of that space file has left.
    """
    from search.loading.space_file import read
    from search.store.run import load_run

    study = read(SPACES[space]).execute().study
    data = study.data.load()
    parts, kept = study.split.parts(data), load_run(folder).arrays("held_out")
    y = parts.held_out.y
    if kept["y"].shape != y.shape or not np.allclose(kept["y"], y, rtol=1e-4):
        raise SystemExit(f"{folder}: its held-out rows are not those of {SPACES[space]}")
    answers = [told_by(model, parts.train, parts.held_out) for model in peers(data.task)]
    return compared(
        space, data.task, [row_scores(told, y, data.task) for told in (won(kept), *answers)]
    )


def won(kept: dict[str, "Array"]) -> "Array":
    """What the winner says of the held-out rows: codes, labels or numbers as in their truth."""
    if "predictions" in kept:
        return kept["predictions"]
    shares = kept["probabilities"]
    return shares.argmax(axis=1) if kept["y"].ndim == 1 else (shares >= 0.5).astype(int)


def searched(space: str, runs: Path, options: Sequence[str]) -> Path:
    """The folder of a space's run; searched now unless it is there.

    Raises:
        SystemExit: The search failed; with its last lines.
    """
    folder = runs / "runs" / space
    if not folder.exists():
        command = [*COMMAND, "run", str(SPACES[space]), "--name", space, *options]
        done = subprocess.run(
            command, cwd=runs, env=environment(), capture_output=True, text=True, check=False
        )
        if done.returncode:
            tail = "\n".join((done.stdout + done.stderr).splitlines()[-5:])
            raise SystemExit(f"search run {space} failed:\n{tail}")
    return folder


def default_spaces() -> list[str]:
    """All that are shipped but the heavy ones, and those of Fashion-MNIST where it is not here."""
    from search.data.fashion import FOLDERS

    here = any(folder.expanduser().is_dir() for folder in FOLDERS)
    names = [name for name in SPACES if name not in HEAVY]
    return names if here else [name for name in names if name != "fashion_mnist"]


def main() -> int:
    """Search, fit and compare; prints the table and writes it."""
    options = argparse.ArgumentParser(prog="python -m benchmarks.beside_sklearn")
    add = options.add_argument
    add("spaces", nargs="*", metavar="SPACE", help=f"of {', '.join(SPACES)}")
    add("--trials", help="of each search, over the space's own")
    add("--epochs", help="of each trial, over the space's own")
    add("--runs", type=Path, help="folder of the runs; those that are there are taken as they are")
    add("--json", type=Path, help="write the figures there too")
    add("--results", type=Path, default=ROOT / "benchmarks" / "results", help="folder of the table")
    said = options.parse_args()
    unknown = sorted(set(said.spaces) - set(SPACES))
    if unknown:
        options.error(f"there is no space {unknown[0]!r}; known are {', '.join(SPACES)}")
    budget = [
        word
        for name, value in (("--trials", said.trials), ("--epochs", said.epochs))
        if value
        for word in (name, value)
    ]
    now = datetime.now()
    place = described(now)
    lines = []
    with tempfile.TemporaryDirectory(prefix="beside-") as scratch:
        runs = (said.runs or Path(scratch)).absolute()
        runs.mkdir(parents=True, exist_ok=True)
        for space in said.spaces or default_spaces():
            lines.append(beside(space, searched(space, runs, budget)))
            print(" | ".join(lines[-1].cells), flush=True)
    page = said.results / f"beside-sklearn-{now:%Y%m%d-%H%M}.md"
    tell(lines, place, page, said.json)
    return 0


def tell(lines: Sequence[Beside], place: Sequence[str], page: Path, figures: Path | None) -> None:
    """Print the table, and write it."""
    shown = table(HEADER, [line.cells for line in lines])
    print("\n".join(["", *shown]))
    about = __doc__.strip().split("\n\n")
    write(page, [f"# {about[0]}", "", about[-1], "", *place, "", *shown])
    print(f"table  {page}")
    if figures is not None:
        figures.write_text(
            json.dumps([{**asdict(line), "verdict": line.verdict} for line in lines], indent=1),
            encoding="utf-8",
        )


if __name__ == "__main__":
    sys.exit(main())
