"""Who races: a letter, a script, and how it uses the two cores."""

from dataclasses import dataclass
from importlib.util import find_spec

TWO_WORKERS = "2 workers, 1 thread each"
ONE_PROCESS = "1 process, TensorFlow's default threads"


@dataclass(frozen=True)
class Entrant:
    """A contestant.

    Attributes:
        letter: On the command line.
        name: In the table.
        module: Its script, below `benchmarks/contestants/`.
        layout: Of processes and threads.
        needs: A package that the product itself does not bring; empty where there is none.
    """

    letter: str
    name: str
    module: str
    layout: str
    needs: str = ""

    @property
    def script(self) -> str:
        """For `python -m`."""
        return f"benchmarks.contestants.{self.module}"

    def lacks(self) -> str:
        """One sentence where it cannot run here, else nothing."""
        if not self.needs or find_spec(self.needs) is not None:
            return ""
        return (
            f"({self.letter}) needs {self.needs}, which is not installed: "
            "pip install -r benchmarks/requirements.txt, or leave it out by --contestants"
        )

    def __str__(self) -> str:
        return f"({self.letter}) {self.name}"


PRODUCT = Entrant("a", "search run", "product", TWO_WORKERS)
ENTRANTS = {
    entrant.letter: entrant
    for entrant in (
        PRODUCT,
        Entrant(
            "b",
            "KerasTuner, BayesianOptimization",
            "keras_tuner_bayesian",
            ONE_PROCESS,
            "keras_tuner",
        ),
        Entrant("c", "Ray Tune, OptunaSearch, fit", "ray_tune", TWO_WORKERS),
        Entrant("d", "Optuna, fit", "optuna_alone", ONE_PROCESS),
        Entrant("e", "random search by hand, fit", "by_hand", ONE_PROCESS),
    )
}
