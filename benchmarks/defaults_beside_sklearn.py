"""A search that is told nothing but its table, beside scikit-learn's network with its defaults.

    python -m benchmarks.defaults_beside_sklearn
    python -m benchmarks.defaults_beside_sklearn wine diabetes --splits 2 --json figures.json

The space file of each table is `study = Study(data=table("….csv", target="target"))` and a seed of
the split and the search: space, budget and finals are the product's defaults. Search, finals and
last fit are the product's own, performed in this process in the place of Ray's workers.
`MLPClassifier` and `MLPRegressor` have their defaults and the seed of the split. They are fitted on
training and validation rows together, prepared as the product prepares them, standardised targets
included; both answer for the same held-out rows. Several splits a table: the difference is their
mean, with its standard error.
"""

import argparse
import json
import sys
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.jobs import ROOT
from benchmarks.machine import described
from benchmarks.markdown import table, write
from benchmarks.standings import mean_and_error
from benchmarks.tables import TABLES, TARGET, Source

if TYPE_CHECKING:
    from search.app.resolved import ResolvedStudy
    from search.study.answer import Answer

SPLITS = 5
SPACE = '''"""{name}, split {seed}."""

from search import Split, Study, table

study = Study(
    data=table("{file}", target={target!r}, task={task!r}), split=Split(seed={seed}), seed={seed}
)
'''
HEADER = ("table", "rows", "task", "search", "MLP", "search above MLP ± SE", "verdict")


@dataclass(frozen=True)
class Split:
    """Both models' held-out score on one split of a table: accuracy, or R².

    Attributes:
        search: Of the model that the search hands over.
        network: Of scikit-learn's.
        winner: What won.
        epochs: That its last fit had.
    """

    search: float
    network: float
    winner: str
    epochs: int


@dataclass(frozen=True)
class Beside:
    """A table's splits.

    Attributes:
        name: Of the table.
        rows: Of all parts.
        task: Of its target.
        splits: One a seed.
    """

    name: str
    rows: int
    task: str
    splits: tuple[Split, ...]

    @property
    def above(self) -> tuple[float, float]:
        """The search above the network: mean over the splits, and its standard error."""
        return mean_and_error([split.search - split.network for split in self.splits])

    @property
    def verdict(self) -> str:
        """What two standard errors say."""
        above, error = self.above
        if abs(above) <= 2 * error:
            return "within two errors"
        return "better" if above > 0 else "worse"

    @property
    def cells(self) -> list[str]:
        """A row of the table."""
        search = np.mean([split.search for split in self.splits])
        network = np.mean([split.network for split in self.splits])
        above, error = self.above
        apart = f"{above:+.4f} ± {error:.4f}"
        scores = (f"{search:.4f}", f"{network:.4f}")
        return [self.name, f"{self.rows:,}", self.task, *scores, apart, self.verdict]


def beside(name: str, source: Source, splits: int) -> Beside:
    """Search a table on several splits, and fit the network on each."""
    frame, found, task = source.frame(), [], ""
    with tempfile.TemporaryDirectory(prefix="defaults-") as scratch:
        folder = Path(scratch)
        frame.to_csv(folder / "table.csv", index=False)
        for seed in range(splits):
            file = folder / f"split_{seed}.py"
            file.write_text(
                SPACE.format(
                    name=name, file="table.csv", target=TARGET, task=source.task, seed=seed
                ),
                encoding="utf-8",
            )
            answer, resolved = searched(file, folder)
            task = resolved.dataset.task
            found.append(
                Split(
                    answer.headline.value,
                    network(resolved, seed),
                    ", ".join(f"{k} {v}" for k, v in answer.finalists[0].params.items()),
                    len(answer.last.curve["loss"]) if answer.last else 0,
                )
            )
            print(f"{name} {seed}: {found[-1]}", file=sys.stderr, flush=True)
    return Beside(name, len(frame), task, tuple(found))


def searched(file: Path, folder: Path) -> "tuple[Answer, ResolvedStudy]":
    """What `search run` finds, without Ray: one worker, which is this process."""
    from search.app.manifest_builder import manifest_of
    from search.app.resolved import ResolvedStudy
    from search.cluster.resources import Resources
    from search.loading.space_file import read
    from search.store.folder import Folder
    from search.store.manifest import Machine
    from search.store.recorder import Recorder

    space = read(file).execute()
    resolved = ResolvedStudy.of(space)
    manifest = manifest_of(file.stem, resolved, Machine(1, 1, 0, "this process"))
    context = resolved.context(resolved.engine(gpus=0).name, Resources(1, 0, None))
    place = Folder.named(folder, file.stem).make()
    with closing(Recorder.begin(place, manifest, space.source.files)) as recorder:
        return _judged(resolved, recorder, context), resolved


def _judged(resolved: "ResolvedStudy", recorder: Any, context: Any) -> "Answer":
    from search.finals.finals import FinalsPhase
    from search.jobs.phases import Phases
    from search.tuning.runner import InProcessRunner
    from search.tuning.search_loop import SearchLoop

    study = resolved.study
    finals = FinalsPhase(study, resolved.parts, recorder)
    search_loop = SearchLoop(study, recorder, 1)
    phases = Phases(lambda: search_loop, finals.retraining, finals.refitting, finals.judging)
    InProcessRunner(context, study).run(phases)
    phases.check()
    return finals.conclude()


def network(resolved: "ResolvedStudy", seed: int) -> float:
    """scikit-learn's network with its defaults, on all rows but those held out."""
    from sklearn.neural_network import MLPClassifier, MLPRegressor
    from threadpoolctl import threadpool_limits

    parts = resolved.parts.together()
    numbers = resolved.dataset.task == "regression"
    model = (MLPRegressor if numbers else MLPClassifier)(random_state=seed)
    y = parts.train.y.reshape(len(parts.train)) if numbers else parts.train.y
    with warnings.catch_warnings(action="ignore"), threadpool_limits(1):  # its 200 epochs are few
        model.fit(np.asarray(parts.train.x), y)
    held_out = parts.held_out
    return float(model.score(np.asarray(held_out.x), held_out.y.reshape(len(held_out))))


def summary(lines: Sequence[Beside]) -> Iterator[str]:
    """What is wanted: as good in the mean over tables, and surely behind on none."""
    above, error = mean_and_error([line.above[0] for line in lines])
    yield f"Mean difference over {len(lines)} tables: {above:+.4f} ± {error:.4f}."
    for verdict in ("better", "worse"):
        names = [line.name for line in lines if line.verdict == verdict]
        yield f"By more than two standard errors {verdict}: {', '.join(names) or 'none'}."


def main() -> int:
    """Search, fit and compare; prints the table and writes it."""
    options = argparse.ArgumentParser(prog="python -m benchmarks.defaults_beside_sklearn")
    add = options.add_argument
    add("tables", nargs="*", metavar="TABLE", help=f"of {', '.join(TABLES)}")
    add("--splits", type=int, default=SPLITS, help="of each table")
    add("--json", type=Path, help="write the figures there too")
    add("--from-json", type=Path, nargs="+", help="measure nothing: the table of these figures")
    add("--results", type=Path, default=ROOT / "benchmarks" / "results", help="folder of the table")
    said = options.parse_args()
    unknown = sorted(set(said.tables) - set(TABLES))
    if unknown:
        options.error(f"there is no table {unknown[0]!r}; known are {', '.join(TABLES)}")
    now = datetime.now()
    place = described(now)
    lines = [line for file in said.from_json or () for line in kept(file)]
    for name in () if lines else said.tables or TABLES:
        if not TABLES[name].here:
            package = TABLES[name].package
            print(f"{name} is left out: pip install --no-deps {package}", file=sys.stderr)
            continue
        lines.append(beside(name, TABLES[name], said.splits))
        print(" | ".join(lines[-1].cells), flush=True)
        if said.json:
            said.json.write_text(json.dumps([asdict(line) for line in lines], indent=1))
    tell(lines, place, said.results / f"defaults-beside-sklearn-{now:%Y%m%d-%H%M}.md")
    return 0


def kept(file: Path) -> list[Beside]:
    """Figures that `--json` wrote."""
    return [
        Beside(**{**line, "splits": tuple(Split(**split) for split in line["splits"])})
        for line in json.loads(file.read_text(encoding="utf-8"))
    ]


def tell(lines: Sequence[Beside], place: Sequence[str], page: Path) -> None:
    """Print the table, and write it."""
    shown = [*table(HEADER, [line.cells for line in lines]), "", *summary(lines)]
    print("\n".join(["", *shown]))
    about = __doc__.strip().split("\n\n")
    write(page, [f"# {about[0]}", "", about[-1], "", *place, "", *shown])
    print(f"table  {page}")


if __name__ == "__main__":
    sys.exit(main())
