"""The page of results, and the plan in words."""

from collections.abc import Sequence
from datetime import datetime

from benchmarks.gpu.checks import Finding
from benchmarks.gpu.devices import Devices
from benchmarks.gpu.plan import Outcome, Plan
from benchmarks.gpu.seeds import SEEDS, SeedsTiming
from benchmarks.gpu.times import Timing
from benchmarks.machine import described
from benchmarks.markdown import NONE, number, table, times

REHEARSAL = (
    "**No GPU was used.** This page shows that the benchmark's code runs: Ray was told of GPUs "
    "that are not there, and TensorFlow computed on the CPU, on the smallest sizes. Its times say "
    "nothing about a GPU."
)
NOTES = (
    "- A check that was not measured is neither passed nor failed; why stands beside it.",
    "- A further trial: the slope of a line through the times of all results, so without the start "
    "of a process. One worker on one GPU; `fit` trains the same configurations, epochs and rows in "
    "the same order, in a process of its own. × is `fit` to `search run`: above 1, `search run` is "
    "ahead. One run of each: ratios hold, absolutes do not.",
    "- Seeds: the fits of a finalist by one worker, as the finals have them trained; tracing "
    "included, which each way does once. × above 1: in one program they are done sooner.",
    "- Memory over trials: host memory is the worker's RSS, the GPU's is what TensorFlow has "
    "allocated there, both as a model was just built; the slope is that of the worker with most "
    "trials, without their first quarter. On the host TensorFlow keeps some MB of each model that "
    "is traced, also by plain `fit`; a worker whose memory has grown by 1 GB is replaced.",
)


def head(devices: Devices, now: datetime) -> list[str]:
    """What it was, and where; to be asked before anything is started."""
    title = "# GPU" if devices.names else "# GPU: rehearsed on CPU devices"
    warning = [] if devices.names else [REHEARSAL, ""]
    return [title, "", *warning, *described(now, "all may be"), f"- GPUs: {devices}", ""]


def body(outcomes: Sequence[Outcome]) -> list[str]:
    """Three tables, with a row for everything that was to be done."""
    findings = [o for o in outcomes if isinstance(o, Finding)]
    checked = [[f.check, str(f.verdict), f.seen] for f in findings]
    timed = [row(o) for o in outcomes if isinstance(o, Timing)]
    seeds = [row_of_seeds(o) for o in outcomes if isinstance(o, SeedsTiming)]
    of_seeds = ("job", "seeds", "epochs", "engine", "together, s", "one after the other, s", "×")
    header = ("job", "trials", "epochs", "engine", "a further trial, s", "by `fit`, s", "×")
    return [
        "## Checks",
        "",
        *table(("check", "result", "what was seen"), checked),
        "",
        "## Times",
        "",
        *(table(header, timed) if timed else ["Nothing was timed."]),
        "",
        "## Seeds of a finalist",
        "",
        *(table(of_seeds, seeds) if seeds else ["Nothing was timed."]),
        "",
        "## How to read it",
        "",
        *NOTES,
    ]


def row(timing: Timing) -> list[str]:
    """Of the table of times; fewer trials than wanted are told."""
    fewer = f" of {timing.wanted}" if timing.trials < timing.wanted else ""
    return [
        timing.job,
        f"{timing.trials}{fewer}",
        f"{timing.epochs}",
        timing.engine or NONE,
        number(timing.ours),
        number(timing.fit),
        times(timing.fit, timing.ours),
    ]


def row_of_seeds(timing: SeedsTiming) -> list[str]:
    """Of the table of seeds."""
    return [
        timing.job,
        f"{SEEDS}",
        f"{timing.epochs}",
        timing.engine,
        number(timing.together),
        number(timing.apart),
        times(timing.apart, timing.together),
    ]


def line(outcome: Outcome) -> str:
    """What came of a step, as it is known."""
    if isinstance(outcome, Finding):
        return f"{outcome.check}: {outcome.verdict}: {outcome.seen}"
    if isinstance(outcome, SeedsTiming):
        ratio = times(outcome.apart, outcome.together)
        return f"{outcome.job}: {SEEDS} seeds in {number(outcome.together)} s, apart {ratio} that"
    ratio = times(outcome.fit, outcome.ours)
    return f"{outcome.job}: {number(outcome.ours)} s a further trial, by `fit` {ratio} that"


def planned(plan: Plan) -> list[str]:
    """What it would do, with estimates."""
    steps = [f"- {', '.join(s.names)}: {s.what} (about {s.seconds:.0f} s)" for s in plan.steps]
    whole = sum(step.seconds for step in plan.steps)
    return [
        "On a machine with a GPU, `python -m benchmarks.gpu` does this, without a network:",
        *steps,
        f"Together some {whole / 60:.0f} minutes. The seconds are estimates, as nothing was "
        "measured on a GPU yet; what does not fit into the time is told as not measured.",
    ]
