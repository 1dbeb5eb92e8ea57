"""(e) Random search by hand: a loop, a draw, and `fit`."""

import numpy as np

from benchmarks.contestants.fitting import Fitting
from benchmarks.contestants.order import answer, order


def main() -> None:
    """Search."""
    told = order()
    parameters = told.job.study().parameters
    fitting = Fitting(told, told.job.material())
    draw = np.random.default_rng(told.seed)
    answer(
        [
            fitting.result({name: p.at(draw.random()) for name, p in parameters.items()})
            for _ in range(told.trials)
        ]
    )


if __name__ == "__main__":
    main()
