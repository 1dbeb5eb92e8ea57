"""Trains every configuration of every data set to its end, in this process; keeps the curves."""

import argparse
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.curves.file import FOLDER, MEASURES, Curves, file_of
from benchmarks.curves.sets import CONFIGURATIONS, EPOCHS, SETS
from search.app.resolved import ResolvedStudy
from search.cluster.resources import Resources
from search.data.dataset import Array
from search.jobs.messages import Configuration
from search.jobs.models import Models
from search.loading.space_file import Space, SpaceSource
from search.metrics.measures import plain_measure, row_losses
from search.study.study import Study
from search.study.trial import Curve, seed_of

SOURCE = SpaceSource("curves.py", "curves.py", {"curves.py": "study = …"})


def arguments(parser: argparse.ArgumentParser) -> None:
    """What `make` is told."""
    parser.add_argument("names", nargs="*", default=list(SETS), help="of the data sets; all")
    parser.add_argument("--configurations", type=int, default=CONFIGURATIONS)
    parser.add_argument("--out", type=Path, default=FOLDER)


def main(options: argparse.Namespace) -> None:
    """Make what is not there yet."""
    for name in options.names:
        file = file_of(name, options.out)
        if file.is_file():
            continue
        began = time.monotonic()
        with threadpool_limits(1):
            made(SETS[name].study(), options.configurations).save(file)
        size = file.stat().st_size
        print(f"{name}: {time.monotonic() - began:.0f} s, {size:,} bytes", flush=True)


def made(study: Study, configurations: int) -> Curves:
    """Train random configurations of a study."""
    making = Making(study)
    for number in range(configurations):
        making.train({**making.study.fixed, **drawn(study, number)}, seed_of(0, "trial", number))
    return making.curves


class Making:
    """Trains configurations of a study, and keeps what a replay needs of them.

    Attributes:
        study: With nothing left to "auto".
    """

    def __init__(self, study: Study) -> None:
        self._of, self._models = in_this_process(study)
        self.study = self._of.study
        names = (*MEASURES, "held_out", "seconds", "params")
        self._kept: dict[str, list[Any]] = {name: [] for name in names}

    def train(self, params: Mapping[str, Any], seed: int) -> float:
        """Train a configuration to its end; its objective there, NaN where it diverged."""
        study, held_out = self.study, self._of.parts.held_out
        plan = self._models.plan(study.goal, EPOCHS)
        training = self._models.begin(Configuration(params, seed), plan)
        began = time.monotonic()
        curve = training.advance(EPOCHS)
        self._kept["seconds"].append(time.monotonic() - began)
        for name in MEASURES:
            whole = _whole(curve, study.objective if name == "objective" else name)
            self._kept[name].append(whole)
        score = judged(training.predictions(held_out.x), held_out.y, self._of)
        self._kept["held_out"].append(score)
        self._kept["params"].append(params)
        self._models.forget()
        return float(self._kept["objective"][-1][-1])

    @property
    def curves(self) -> Curves:
        """All that were trained."""
        kept = {name: np.array(self._kept[name]) for name in (*MEASURES, "held_out", "seconds")}
        values = {name: kept[name] for name in MEASURES}
        rest = kept["held_out"], kept["seconds"], self._kept["params"]
        return Curves(self.study.objective, self.study.direction, values, *rest)


def in_this_process(study: Study) -> tuple[ResolvedStudy, Models]:
    """A study with nothing left to "auto", and what trains its configurations on one CPU here."""
    of = ResolvedStudy.of(Space(study, "Curves", SOURCE, touched=False))
    return of, Models(of.context(of.engine(gpus=0).name, Resources(1, 0, None)), of.study)


def drawn(study: Study, number: int) -> dict[str, Any]:
    """The values of a configuration, each evenly from its range."""
    draw = np.random.default_rng(seed_of(0, "curves", number))
    return {name: parameter.at(draw.random()) for name, parameter in study.parameters.items()}


def judged(predictions: Array, y: Array, of: ResolvedStudy) -> float:
    """The objective of held-out rows: a loss or the share that is right."""
    task = of.dataset.task
    if of.study.objective == "val_loss":
        return float(row_losses(predictions, y, task).mean())
    return float(plain_measure(task).value(predictions, y))


def _whole(curve: Curve, name: str) -> Any:
    values = np.full(EPOCHS, np.nan)
    values[: len(curve[name])] = curve[name]
    values[~np.isfinite(values)] = np.nan
    return values
