"""Plain `fit` of given configurations, one after the other, by stock Keras on the first GPU.

Told by JSON on its input; prints one line of JSON: when each was done, in seconds since the epoch.
"""

import json
import sys
import time

from benchmarks.contestants.fitting import Fitting
from benchmarks.contestants.order import Order
from benchmarks.jobs import JOBS


def main() -> None:
    """Train until all are done, or until no time is left to begin another."""
    told = json.load(sys.stdin)
    until = time.monotonic() + told["seconds"]
    job = JOBS[told["job"]]
    configurations = told["configurations"]
    fitting = Fitting(Order(job, len(configurations), told["epochs"], seed=0), job.material())
    ended: list[float] = []
    for params in configurations:
        if time.monotonic() > until:
            break
        ended.append(fitting.result(params).ended)
    print(json.dumps(ended), flush=True)


if __name__ == "__main__":
    main()
