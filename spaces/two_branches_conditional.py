"""The two branches, conditional: depth and dropout are asked only without the wide branch."""

from two_branches import build

from search import Budget, Study, moons


def suggest(trial):
    """A conditional space: what is asked depends on what was answered."""
    trial.suggest_int("units", 4, 64, log=True)
    trial.suggest_float("learning_rate", 1e-4, 1e-1, log=True)
    if not trial.suggest_categorical("wide", [True, False]):
        trial.suggest_int("depth", 1, 3)
        trial.suggest_float("dropout", 0.0, 0.5)


study = Study(
    data=moons(samples=1000, noise=0.15),
    space=suggest,
    model=build,
    budget=Budget(trials=30, epochs=25),
)
