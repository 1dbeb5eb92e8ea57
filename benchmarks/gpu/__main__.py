"""On a machine with a GPU: whether trials use it as they should, and how fast they then are.

    python -m benchmarks.gpu

Nine minutes at most, no network. `--dry` only says what it does; `--on-cpu` runs its code where
there is no GPU.
"""

import argparse
import subprocess
import sys
from datetime import datetime
from pathlib import Path

from benchmarks.gpu.checks import Finding, Verdict
from benchmarks.gpu.devices import DECLARED, Devices, found, listed
from benchmarks.gpu.page import body, head, line, planned
from benchmarks.gpu.plan import FULL, TINY, Outcome, Plan
from benchmarks.gpu.searches import GRACE, Clock
from benchmarks.jobs import ROOT
from benchmarks.markdown import write

MINUTES = 9.0
"""For all of it: where a GPU is lent for ten, one is left to come and go."""


def main() -> int:
    """Do it, and write the page anew after each step.

    Returns:
        0; 1 where a check failed; 2 where there is no GPU, or one where none was wanted.
    """
    told = _options().parse_args()
    clock = Clock(60 * MINUTES - GRACE)
    if told.dry:
        print(*planned(Plan(Devices(), FULL, clock)), sep="\n")
        return 0
    try:
        devices = found()
    except subprocess.CalledProcessError as error:
        last = (error.stderr.strip() or "it said nothing").splitlines()[-1]
        return _refused(f"TensorFlow cannot be loaded: {last}")
    if told.on_cpu and devices.names:
        return _refused(f"--on-cpu: this machine has a GPU ({devices}); leave --on-cpu out")
    if told.on_cpu:
        devices = Devices(declared=DECLARED)
    if not devices.count:
        print(*planned(Plan(devices, FULL, clock)), sep="\n")
        return _refused(no_gpu(listed()))
    return _performed(Plan(devices, TINY if told.on_cpu else FULL, clock), told.results)


def no_gpu(seen: str) -> str:
    """Why nothing is done.

    Args:
        seen: GPUs that TensorFlow does not use; "" where there are none.
    """
    if seen:
        return (
            f"TensorFlow sees no GPU, though nvidia-smi lists {seen}; "
            "pip install 'tensorflow[and-cuda]'"
        )
    return "TensorFlow sees no GPU here; run it on a machine with one, or its code with --on-cpu"


def _performed(plan: Plan, results: Path) -> int:
    now = datetime.now()
    top = head(plan.devices, now)
    name = "gpu" if plan.devices.names else "gpu-on-cpu"
    file = results / f"{name}-{now:%Y%m%d-%H%M}.md"
    outcomes: list[Outcome] = []
    for outcome in plan.outcomes():
        outcomes.append(outcome)
        print(line(outcome), flush=True)
        write(file, [*top, *body(outcomes)])
    print(f"table  {file}")
    failed = [o.check for o in outcomes if isinstance(o, Finding) and o.verdict is Verdict.FAILED]
    if failed:
        print(f"gpu: failed: {', '.join(failed)}; {file} says what was seen", file=sys.stderr)
    return int(bool(failed))


def _refused(why: str) -> int:
    print(f"gpu: {why}", file=sys.stderr)
    return 2


def _options() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(prog="python -m benchmarks.gpu", description=__doc__)
    add = options.add_argument
    add("--dry", action="store_true", help="say what it does, and do nothing")
    add("--on-cpu", action="store_true", help="run its code on CPU devices, in the smallest sizes")
    add("--results", type=Path, default=ROOT / "benchmarks" / "results", help="folder of the page")
    return options


if __name__ == "__main__":
    sys.exit(main())
