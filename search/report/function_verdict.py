"""What can be said of the search of a function: its best value, what is not known, what it left."""

import shlex
from pathlib import Path

from search.report.failing import why_failed
from search.report.material import Material
from search.report.section import Section
from search.report.tables import HtmlTable
from search.report.use import load_line
from search.report.wording import counted, on_validation, value_text
from search.store.model_file import ModelFile, holds_code, needs, why_none_left
from search.store.opening import in_units, looked_at
from search.study.errors import SearchError
from search.study.function_study import MODEL
from search.study.plain_text import one_line
from search.study.trial import Trial

UNPROVEN = (
    "It is the best of many, so part of it may be luck: nothing is known of the function but what "
    "it asks for, reports and returns, so nothing was trained again and no held-out rows were "
    "evaluated."
)


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
        said += [UNPROVEN, _what_it_left(made, best)]
    elif made.run.state == "finished":
        said.append("No trial has completed." if made.trials else "It has no trials.")
    else:
        said.append("No trial has completed yet.")
    if made.run.state == "interrupted":
        said.append(
            f"Finished trials are saved; continue with search resume {made.run.folder.path}."
        )
    return said


def _what_it_left(made: Material, best: Trial) -> str:
    path = made.run.left().get(best.number)
    if path is None:
        return f"There is no model of it, since it {one_line(why_none_left(best))}."
    what = "model" if path.suffix == MODEL else "last checkpoint"
    return f"Its {what} is kept in {_place(made, path)}."


def left_by_function(made: Material) -> list[Section]:
    """The box on what the best trials left; empty where nothing of the best one is kept."""
    run, best = made.run, made.best
    left = run.left()
    if best is None or best.number not in left:
        return []
    path = left[best.number]
    place = _place(made, path)
    try:
        own = ModelFile(place, run.read_left(path)).own_code() if path.suffix == MODEL else []
        kept = [trial for trial in made.explored.best_first if trial.number in left]
        rows = [_row(made, trial, left[trial.number]) for trial in kept]
    except SearchError:
        return []
    objective = made.manifest.plan.objective
    text = [
        f"The function alone scored it: {objective} {on_validation(best.value or 0.0, objective)}. "
        "It was not trained again, and there are no held-out rows that it could be evaluated on."
    ]
    if path.suffix == MODEL:
        finding = f"The model file is {place}, as trial {best.number} left it."
        code = f"import keras\n{load_line(place, own)}"
    else:
        finding = f"The last checkpoint that trial {best.number} reported is {place}."
        export = f"search export {shlex.quote(run.name)}"
        text.append(f"{export} unpacks it into exports/{run.name}/checkpoint.")
        folder = f"checkpoints/{best.number}"
        code = f"import shutil\nshutil.unpack_archive({place!r}, {folder!r})"
    fix = "import what they name first"
    if holds_code(own):
        code, fix = "", "use a named and registered function in its place"
    if own:
        text.append(f"The file alone is not enough, because {needs(own)}: {fix}.")
    kept_files = HtmlTable("Kept of the best trials", ("trial", objective, "file", "size"), rows)
    title = "Use this model"
    return [Section("use", title, finding, text, tables=[kept_files], code=code, unfolded=True)]


def _place(made: Material, path: Path) -> str:
    return path.relative_to(made.run.folder.path.parent.parent).as_posix()


def _row(made: Material, trial: Trial, path: Path) -> tuple[str, str, str, str]:
    there = looked_at(path, made.run.folder.path)
    size = "missing" if there is None else in_units(there.st_size)
    value = on_validation(trial.value or 0.0, made.manifest.plan.objective)
    return str(trial.number), value, _place(made, path), size
