"""What a search of large data takes of memory, and whether it stays below a limit.

python -m benchmarks.big_data --form csv
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.jobs import ROOT
from benchmarks.machine import described
from benchmarks.markdown import number, table, write
from benchmarks.watching import Watched, watch
from search.store.run import load_run

GIB = 2**30
COLUMNS = 50
BLOCK = 50_000
"""Rows that are made and written at once."""
TEXTS = {"city": 40, "trade": 12, "plan": 4}
"""Columns of text → how many different ones."""
SPACE = """
from search import Budget, DenseSpace, Float, Int, Study, {source}

study = Study(
    data={call},
    space=DenseSpace(
        layers=Int(1, 2),
        units=Int({units} // 2, {units}),
        learning_rate=Float(1e-3, 1e-2, log=True),
        batch_size=256,
    ),
    budget=Budget(trials={trials}, epochs={epochs}),
)
"""
PICTURES = """
import keras
from search import Budget, Float, Int, Study, {source}


def build(filters, learning_rate):
    layers = keras.layers
    model = keras.Sequential([
        keras.Input((96, 96, 3)),
        layers.Rescaling(1 / 255),
        layers.Conv2D(filters, 5, strides=3, activation="relu"),
        layers.Conv2D(2 * filters, 3, strides=2, activation="relu"),
        layers.GlobalAveragePooling2D(),
        layers.Dense(1, "sigmoid"),
    ])
    optimizer = keras.optimizers.Adam(learning_rate)
    model.compile(optimizer, "binary_crossentropy", metrics=["accuracy"])
    return model


study = Study(
    data={call},
    model=build,
    space={{"filters": Int(4, 12), "learning_rate": Float(1e-3, 1e-2, log=True)}},
    budget=Budget(trials={trials}, epochs={epochs}),
)
"""
STREAM = """
import keras
import tensorflow as tf
from search import Budget, Finals, Float, Int, Study, {source}

BATCH = 256


def made(number):
    x = tf.random.stateless_normal((BATCH, 1024), tf.stack([number, 0]))
    return x, tf.cast(tf.reduce_sum(x[:, :4], 1) > tf.abs(x[:, 4]), tf.int32)


def part(first, count):
    return tf.data.Dataset.range(first, first + count).map(made).prefetch(4)


def make():
    return part(80, {rows} // BATCH), part(0, 40), part(40, 40)


def build(width, learning_rate):
    model = keras.Sequential([
        keras.Input((1024,)),
        keras.layers.Dense(width, "relu"),
        keras.layers.Dense(1, "sigmoid"),
    ])
    optimizer = keras.optimizers.Adam(learning_rate)
    model.compile(optimizer, "binary_crossentropy", metrics=["accuracy"])
    return model


study = Study(
    data={call},
    model=build,
    space={{"width": Int(4, {units}), "learning_rate": Float(1e-3, 1e-2, log=True)}},
    budget=Budget(trials={trials}, epochs=1),
    finals=Finals(top=1, seeds=1),
)
"""
NOTE = (
    "Memory is the largest sum of PSS over all processes of the command at one moment, Ray's own "
    "and its object store among them. Pages of files (libraries, and rows that are read where they "
    "lie) are counted in it, and not in the figure beside it: the machine takes those back when it "
    "needs them."
)


def frames(rows: int) -> Iterator[pd.DataFrame]:
    """A table of 50 columns with numbers, texts, booleans, dates and gaps, some rows at a time.

    The target hangs on products of columns, which no linear model finds.
    """
    draw = np.random.default_rng(0)
    for start in range(0, rows, BLOCK):
        count = min(BLOCK, rows - start)
        numbers = COLUMNS - 1 - len(TEXTS) - 2
        x = draw.normal(size=(count, numbers))
        frame = pd.DataFrame(x.round(5), columns=[f"n{i}" for i in range(numbers)])
        texts = {name: draw.integers(0, size, count) for name, size in TEXTS.items()}
        for name, codes in texts.items():
            frame[name] = np.char.add(name, codes.astype(str))
        frame["member"] = draw.random(count) < 0.3
        days = draw.integers(0, 3650, count)
        frame["joined"] = np.datetime64("2015-01-01") + days.astype("timedelta64[D]")
        signal = x[:, 0] * x[:, 1] + x[:, 2] + (texts["plan"] == 1) * x[:, 3]
        frame["bought"] = np.where(signal + 0.5 * draw.normal(size=count) > 0, "yes", "no")
        frame.loc[draw.random(count) < 0.05, "n4"] = np.nan
        yield frame


def as_csv(folder: Path, rows: int) -> str:
    """Write the table; returns the call that reads it."""
    for place, frame in enumerate(frames(rows)):
        frame.to_csv(folder / "big.csv", mode="a", header=place == 0, index=False)
    return 'table("big.csv", target="bought")'


def as_parquet(folder: Path, rows: int) -> str:
    """The same."""
    pd.concat(list(frames(rows)), ignore_index=True).to_parquet(folder / "big.parquet")
    return 'table("big.parquet", target="bought")'


def as_npy(folder: Path, rows: int) -> str:
    """Rows of 1,024 numbers, which stay in their file where they are many."""
    x = np.lib.format.open_memmap(folder / "x.npy", "w+", np.float32, (rows, 1024))
    y = np.empty(rows, np.int32)
    draw = np.random.default_rng(0)
    for start in range(0, rows, BLOCK):
        block = draw.normal(size=(min(BLOCK, rows - start), 1024)).astype(np.float32)
        x[start : start + BLOCK] = block
        y[start : start + BLOCK] = np.hypot(block[:, :4].sum(axis=1), block[:, 4:8].sum(axis=1)) > 2
    x.flush()
    np.save(folder / "y.npy", y)
    return 'arrays("x.npy", "y.npy")'


def as_pictures(folder: Path, rows: int) -> str:
    """Pictures of 96×96 in colour, uint8, all in memory; one class has a brighter middle."""
    x = np.lib.format.open_memmap(folder / "x.npy", "w+", np.uint8, (rows, 96, 96, 3))
    draw = np.random.default_rng(0)
    y = draw.integers(0, 2, rows).astype(np.int32)
    for start in range(0, rows, 1000):
        block = draw.integers(0, 216, (min(1000, rows - start), 96, 96, 3), np.uint8)
        block[:, 32:64, 32:64] += (40 * y[start : start + 1000, None, None, None]).astype(np.uint8)
        x[start : start + 1000] = block
    x.flush()
    np.save(folder / "y.npy", y)
    return 'arrays("x.npy", "y.npy", in_memory=True)'


def as_stream(folder: Path, rows: int) -> str:
    """Rows of 1,024 numbers, made on the fly and nowhere kept."""
    del folder, rows
    return "streams(make)"


FORMS: dict[str, Callable[[Path, int], str]] = {
    "csv": as_csv,
    "parquet": as_parquet,
    "npy": as_npy,
    "pictures": as_pictures,
    "stream": as_stream,
}
SPACES = {"pictures": PICTURES, "stream": STREAM}


def measured(folder: Path, form: str, rows: int, units: int, trials: int) -> Watched:
    """Make the rows, and search on them by the command."""
    call = FORMS[form](folder, rows)
    source = call.partition("(")[0]
    (folder / "big.py").write_text(
        SPACES.get(form, SPACE).format(
            source=source, call=call, units=units, trials=trials, epochs=2, rows=rows
        )
    )
    command = "import os; os.chdir({!r}); from search.commands import main; main()"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    arguments = ["run", "big.py", "--name", "big"]
    code = command.format(str(folder))
    return watch([sys.executable, "-c", code, *arguments], folder, environment)


def main() -> int:
    """Run, and write the table.

    Returns:
        0, or 1 where the search failed or took more than the limit.
    """
    options = argparse.ArgumentParser(prog="python -m benchmarks.big_data")
    add = options.add_argument
    add("--form", choices=tuple(FORMS), default="csv", help="of the file")
    add("--rows", type=int, default=1_000_000, help="that the file has")
    add("--units", type=int, default=64, help="a layer at most; 400 leave NumPy for the graph")
    add("--trials", type=int, default=6)
    add("--limit", type=float, default=6.0, help="GiB that all processes may take together")
    add("--results", type=Path, default=ROOT / "benchmarks" / "results", help="folder of the table")
    said = options.parse_args()
    now = datetime.now()
    lines = ["# Large data", "", *described(now), ""]
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        run = measured(folder, said.form, said.rows, said.units, said.trials)
        if run.code:
            print((folder / "out").read_text(), (folder / "err").read_text(), file=sys.stderr)
            return 1
        found = load_run(folder / "runs" / "big")
        answer, engine = found.answer(), found.manifest.plan.engine
        if answer is None:
            print("big_data: the run has no answer", file=sys.stderr)
            return 1
        size = sum(file.stat().st_size for file in folder.glob("*.*")) / GIB
        size = said.rows * 4096 / GIB if said.form == "stream" else size
    peak, without = (run.peak(run.ended, files=files) / GIB for files in (True, False))
    (linear,) = (y for y in answer.yardsticks if y.name.startswith("linear"))
    cells = [
        f"{said.rows:,} rows as {said.form}",
        f"{size:.2f}",
        engine,
        f"{said.trials}",
        number(run.ended - run.began),
        f"{peak:.2f}",
        f"{without:.2f}",
        f"{answer.headline.value:.4f}",
        f"{linear.score.value:.4f}",
    ]
    header = (
        "data",
        "rows, GiB" if said.form == "stream" else "file, GiB",
        "engine",
        "trials",
        "seconds",
        "peak, GiB",
        "without files",
        "held-out accuracy",
        "linear model",
    )
    file = said.results / f"big-data-{said.form}-{now:%Y%m%d-%H%M}.md"
    write(file, [*lines, *table(header, [cells]), "", NOTE, *_by_process(run)])
    print(*cells, sep="  ")
    print(f"table  {file}")
    return 0 if without <= said.limit else 1


def _by_process(run: Watched) -> list[str]:
    """Who took how much at the highest moment."""
    highest = max((s for s in run.samples if s.memory), key=lambda s: sum(s.memory.values()))
    largest = sorted(highest.memory.items(), key=lambda pair: -pair[1])[:6]
    rows = [
        [
            run.commands[pid].split("/")[-1][:40] or "?",
            f"{memory / GIB:.2f}",
            f"{highest.files.get(pid, 0) / GIB:.2f}",
        ]
        for pid, memory in largest
    ]
    after = f"At its highest, {highest.time - run.began:.0f} s after the start:"
    return ["", after, "", *table(("process", "PSS, GiB", "of files"), rows)]


if __name__ == "__main__":
    sys.exit(main())
