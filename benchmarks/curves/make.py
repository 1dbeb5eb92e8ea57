"""Trains every configuration of every data set to its end, in this process; keeps the curves."""

import argparse
import time
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
    of, models = in_this_process(study)
    study = of.study
    kept: dict[str, list[Any]] = {name: [] for name in (*MEASURES, "held_out", "seconds", "params")}
    for number in range(configurations):
        params = {**study.fixed, **drawn(study, number)}
        training = models.begin(
            Configuration(params, seed_of(0, "trial", number)), models.plan(study.goal, EPOCHS)
        )
        began = time.monotonic()
        curve = training.advance(EPOCHS)
        kept["seconds"].append(time.monotonic() - began)
        for name in MEASURES:
            kept[name].append(_whole(curve, study.objective if name == "objective" else name))
        held_out = of.parts.held_out
        kept["held_out"].append(judged(training.predictions(held_out.x), held_out.y, of))
        kept["params"].append(params)
        models.forget()
    values = {name: np.array(kept[name]) for name in MEASURES}
    rest = kept["held_out"], kept["seconds"], kept["params"]
    return Curves(study.objective, study.direction, values, *rest)


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
