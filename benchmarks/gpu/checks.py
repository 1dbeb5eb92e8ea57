"""What the notes of workers and their trials show: each check passes, fails, or shows nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations, pairwise

from benchmarks.gpu.searches import Note, Searched
from benchmarks.markdown import megabytes
from benchmarks.performing import slope
from search.study.trial import Trial
from search.tuning.worker import GROWTH

MOST = 0.5
"""Of a GPU's memory, that may be used while small networks train on it."""
WARM = 0.25
"""Of the trials, before memory is compared: what a process keeps once is no growth."""
FEWEST = 8
"""Trials of which growth can be told at all."""
ON_GPU = 1_000_000
"""Bytes by which a worker's memory on the GPU may grow with each trial: a model that is kept there
takes more."""
ON_HOST = 20_000_000
"""The same on the host, where TensorFlow keeps something of each model that is traced, also by
plain `fit`: 7 MB each there, 8 in one graph, 9 with mixed precision, on a CPU. What it comes to is
bounded by replacing the worker (`search.tuning.worker.GROWTH`)."""


class Verdict(StrEnum):
    """How a check ended."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_MEASURED = "not measured"


@dataclass(frozen=True)
class Finding:
    """What came of a check.

    Attributes:
        check: Its name.
        verdict: How it ended.
        seen: What was seen, in a sentence.
    """

    check: str
    verdict: Verdict
    seen: str


def placement(done: Searched, workers: int, kind: str) -> Finding:
    """Whether each trial sees exactly the GPU that Ray gave its worker, and computes on it.

    Args:
        done: Trials of a whole GPU each.
        workers: That have a GPU each at once.
        kind: Of the device that has to compute: "GPU", or "CPU" where GPUs are only declared.
    """
    check = "placement"
    for note in done.notes:
        if len(note.given) != 1 or note.visible != note.given[0]:
            return _failed(
                check,
                f"Ray gave worker {note.pid} GPU {','.join(note.given) or 'none'}, and its "
                f"CUDA_VISIBLE_DEVICES is {note.visible!r}",
            )
        if f"device:{kind}:0" not in note.device or len(note.growing) != (kind == "GPU"):
            return _failed(
                check,
                f"worker {note.pid} built its model on {note.device}, and TensorFlow sees "
                f"{len(note.growing)} GPUs there",
            )
    places = {note.pid: note.visible for note in done.notes}
    if len(set(places.values())) != workers:
        seen = ", ".join(sorted(set(places.values()))) or "none"
        return _failed(check, f"{workers} workers were to have a GPU each; those used: {seen}")
    return _passed(
        check,
        f"{len(done.notes)} models in {len(places)} workers, each on the GPU that Ray gave it "
        f"({', '.join(sorted(places.values()))}), weights on {kind}:0",
    )


def growth(done: Searched) -> Finding:
    """Whether workers take a GPU's memory as they need it, and not all at once."""
    check = "memory growth"
    flags = [flag for note in done.notes for flag in note.growing]
    if not flags:
        return _not_measured(check, "TensorFlow sees no GPU")
    if not all(flags):
        return _failed(check, f"set in {sum(flags)} of {len(flags)} looks at a worker's GPU")
    shares = [note.used / note.total for note in done.notes if note.used and note.total]
    if not shares:
        return _passed(check, "set in every worker; used memory not measured: no nvidia-smi")
    seen = f"set in every worker; of the GPU's memory {max(shares):.0%} were used at most"
    return (_passed if max(shares) < MOST else _failed)(check, seen)


def fractions(done: Searched) -> Finding:
    """Whether two trials of half a GPU each ran beside each other on one GPU."""
    check = "fractions"
    seen = {note.visible for note in done.notes}
    workers = {trial.worker for trial in done.trials}
    beside = [pair for pair in combinations(done.trials, 2) if _overlap(*pair)]
    said = f"{len(workers)} workers saw GPU {' and '.join(sorted(seen)) or 'none'}"
    if len(seen) != 1 or len(workers) != 2 or not beside:
        return _failed(check, f"{said}; pairs of trials beside each other: {len(beside)}")
    if done.unsound:
        return _failed(check, done.unsound)
    seconds = max(_overlap(*pair) for pair in beside)
    return _passed(check, f"{said} and trained beside each other, a pair for {seconds:.1f} s")


def mixed_precision(done: Searched) -> Finding:
    """Whether a `build` may set mixed precision, and the next trial begins without it."""
    check = "mixed precision"
    if done.unsound:
        return _failed(check, done.unsound)
    for note in done.notes:
        wanted = "float16" if note.mixed else "float32"
        if note.before != "float32":
            return _failed(check, f"a build of worker {note.pid} began with {note.before}")
        if note.compute != wanted:
            return _failed(check, f"a layer computes in {note.compute} and not in {wanted}")
    after = sum(
        before.mixed and not then.mixed
        for turn in _turns(done.notes)
        for before, then in pairwise(turn)
    )
    if not after:
        return _not_measured(check, "no trial in float32 followed one in mixed_float16")
    mixed = sum(note.mixed for note in done.notes)
    return _passed(
        check,
        f"{mixed} models computed in float16 and {len(done.notes) - mixed} in float32, {after} of "
        f"them right after one in float16; engine {done.engines}",
    )


def memory(done: Searched, wanted: int) -> Finding:
    """Whether memory stays within its bounds while one model is trained after the other.

    Args:
        done: Trials of one worker at a time.
        wanted: How many there were to be.
    """
    check = "memory over trials"
    if done.unsound:
        return _failed(check, done.unsound)
    turns = _turns(done.notes)
    longest = max(turns, key=len, default=[])
    if len(longest) < FEWEST:
        return _not_measured(check, f"{len(longest)} models are too few, of {wanted} trials wanted")
    warm = longest[int(WARM * len(longest)) :]
    host = slope([note.host for note in warm])
    gpu = [note.allocated for note in warm if note.allocated is not None]
    most = max(turn[-1].host - turn[0].host for turn in turns)
    missing = wanted - len(done.trials)
    said = [
        f"{len(done.trials)} trials" + (f" ({missing} more were not measured)" if missing else ""),
        f"workers in turn: {len(turns)}",
        f"host {host / 1e3:+,.0f} kB a trial, {megabytes(most)} MB at most in one worker",
    ]
    said += [f"GPU {megabytes(gpu[0])} MB, {slope(gpu) / 1e3:+,.0f} kB a trial"] if gpu else []
    grows = host > ON_HOST or most > GROWTH + ON_HOST or (bool(gpu) and slope(gpu) > ON_GPU)
    return (_failed if grows else _passed)(check, "; ".join(said))


def _turns(notes: Sequence[Note]) -> list[list[Note]]:
    """Notes by worker, in the order of the workers' first ones."""
    turns: dict[int, list[Note]] = {}
    for note in notes:
        turns.setdefault(note.pid, []).append(note)
    return list(turns.values())


def _overlap(one: Trial, other: Trial) -> float:
    """Seconds that two workers trained at the same time; 0 of trials of the same worker."""
    if one.worker == other.worker or one.span is None or other.span is None:
        return 0.0
    return max(0.0, min(one.span[1], other.span[1]) - max(one.span[0], other.span[0]))


def _passed(check: str, seen: str) -> Finding:
    return Finding(check, Verdict.PASSED, seen)


def _failed(check: str, seen: str) -> Finding:
    return Finding(check, Verdict.FAILED, seen)


def _not_measured(check: str, seen: str) -> Finding:
    return Finding(check, Verdict.NOT_MEASURED, seen)
