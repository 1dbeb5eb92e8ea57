"""What can be said of the search of a function: its best value, and what is not known of it."""

from search.report.failing import why_failed
from search.report.material import Material
from search.report.wording import counted, on_validation, value_text

UNPROVEN = (
    "It is the best of many, so part of it may be luck: nothing is known of the function but what "
    "it asks for, reports and returns, so nothing was trained again and no held-out rows were "
    "evaluated."
)
NO_MODEL = "There is no model on this page, since the function keeps its models to itself."


def of_function(made: Material) -> list[str]:
    """The verdict's sentences."""
    manifest, best = made.manifest, made.best
    why = why_failed(manifest, made.trials)
    if made.run.state == "failed" and why:
        return [f"This search failed; {why}."]
    said = []
    if best is not None and best.value is not None:
        completed = sum(trial.value is not None for trial in made.explored.best_first)
        params = ", ".join(f"{name} {value_text(value)}" for name, value in best.params.items())
        plan = manifest.plan
        far = "" if made.run.state == "finished" else " so far"
        said.append(
            f"Trial {best.number} is the best of {counted(completed, 'completed trial')}{far}: "
            f"{plan.objective} is {on_validation(best.value, plan.objective)} "
            f"({plan.direction}) with {params or 'no hyperparameter'}."
        )
        said += [UNPROVEN, NO_MODEL]
    else:
        said.append("No trial has completed yet.")
    if made.run.state == "interrupted":
        said.append(
            f"Finished trials are saved; continue with search resume {made.run.folder.path}."
        )
    return said
