"""`file.py:objective`: the space file that is made for it, and what is refused."""

from pathlib import Path

import pytest

from search import InputError
from search.app.options import Asked
from search.app.spaces import executed, source_of

BODY = "import optuna\n\n\ndef objective(trial):\n    return trial.suggest_float('x', 0, 1)\n\n\n"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def written(here: Path, text: str, name: str = "own") -> Path:
    (here / f"{name}.py").write_text(text)
    return Path(f"{name}.py:objective")


@pytest.mark.parametrize(
    ("more", "told", "notes"),
    [
        (
            "",
            "optuna_objective(\n    objective=objective,\n    direction='minimize',\n)",
            ["smaller values are better, which is Optuna's default direction"],
        ),
        (
            "if __name__ == '__main__':\n    study = optuna.create_study(direction='maximize', "
            "sampler=optuna.samplers.RandomSampler())\n    study.optimize(objective, n_trials=7)\n",
            "optuna_objective(\n    objective=objective,\n    budget=Budget(trials=7),\n"
            "    direction='maximize',\n)",
            [
                "what the file tells its study is used: budget=Budget(trials=7), "
                "direction='maximize'; its optimize(…) is not run",
                "sampler of create_study(…) in the file is not used, since that is not run: move "
                "study = create_study(…) to the file's top level for that",
            ],
        ),
        (
            "found = optuna.create_study(storage='sqlite:///a.db', direction='maximize')\n"
            "found.optimize(objective, 9, timeout=60)\nprint(found.best_value)\n",
            "optuna_objective(\n    objective=objective,\n"
            "    budget=Budget(trials=9, seconds=60),\n"
            "    direction='maximize',\n    sampler=found.sampler,\n    pruner=found.pruner,\n)",
            [
                "what the file tells its study is used: budget=Budget(trials=9, seconds=60), "
                "direction='maximize'; its optimize(…) is not run",
                "TPESampler and MedianPruner of found = create_study(…) suggest and prune",
            ],
        ),
    ],
)
def test_what_the_file_tells_its_own_study_is_used(
    more: str, told: str, notes: list[str], here: Path
) -> None:
    source = source_of(written(here, BODY + more))
    assert source.files[source.name].partition("study = ")[2].strip() == told
    assert list(source.notes) == notes
    assert not (here / "a.db").exists()
    assert source.execute().study.function is not None  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "line",
    ["import os, optuna", "import os; import optuna", "import os.path as p, optuna.study, optuna"],
)
def test_a_search_is_not_run_however_its_package_is_imported(line: str, here: Path) -> None:
    written(
        here,
        BODY.replace("import optuna", line)
        + "study = optuna.create_study(storage='sqlite:///a.db')\n"
        "study.optimize(objective, n_trials=3)\nopen('after', 'w').close()\n",
    )
    source = source_of(Path("own.py:objective"))
    assert "budget=Budget(trials=3)" in source.notes[0]
    assert not (here / "after").exists()
    assert not (here / "a.db").exists()


def test_nor_is_that_of_a_study_that_another_file_makes(here: Path) -> None:
    (here / "made_beside.py").write_text(
        "import optuna\n\nfirst = optuna.create_study(direction='maximize')\n"
    )
    text = BODY.replace("import optuna", "import optuna\nfrom made_beside import first")
    again = "study = optuna.create_study(storage='sqlite:///a.db')\n"
    written(here, f"{text}{again}first.optimize(objective, n_trials=3)\n")
    source = source_of(Path("own.py:objective"))
    assert "budget=Budget(trials=3), direction='maximize'" in source.notes[0]
    assert not (here / "a.db").exists()
    written(here, text.replace("import optuna\n", "") + "first.optimize(objective, n_trials=4)\n")
    assert "budget=Budget(trials=4)" in source_of(Path("own.py:objective")).notes[0]


@pytest.mark.parametrize(
    ("more", "note"),
    [
        (
            "def main():\n    study = optuna.create_study(direction=way)\n"
            "    study.optimize(objective, N)\n",
            "not used of the file, where no plain value stands: direction=…, n_trials=…; what the "
            "command can be told: direction, trials (else there are 50)",
        ),
        (
            "study = optuna.create_study()\nstudy.enqueue_trial({'x': 0.5})\n",
            "enqueue_trial(…) of the file is not used: no trial begins from there",
        ),
    ],
)
def test_what_is_not_used_of_the_file_is_said(more: str, note: str, here: Path) -> None:
    assert note in source_of(written(here, BODY + more)).notes


@pytest.mark.parametrize(
    ("more", "read"),
    [
        ("def main():\n    CALL(objective, 7)\n", True),
        ("N = 7\n\ndef main():\n    CALL(objective, N)\n", True),
        ("def main():\n    n: int = 7\n    CALL(objective, n_trials=n)\n", True),
        ("N = 7\n\ndef main(N):\n    CALL(objective, N)\n", False),
        ("N = 7\nif short:\n    N = 2\n\ndef main():\n    CALL(objective, N)\n", False),
        ("N = 7\n\ndef main():\n    global N\n    CALL(objective, N)\n", False),
        ("from settings import N\n\ndef main():\n    CALL(objective, N)\n", False),
        ("N = 7\n\ndef main():\n    CALL(objective, N * 2)\n", False),
    ],
)
def test_a_number_of_trials_is_read_also_by_a_name_that_is_nothing_else(
    more: str, read: bool, here: Path
) -> None:
    (here / "settings.py").write_text("N = 9\n")
    more = more.replace("CALL", "optuna.create_study().optimize")
    source = source_of(written(here, f"{BODY}short = False\n{more}"))
    assert ("budget=Budget(trials=7)" in source.files[source.name]) == read
    assert any("n_trials=…" in note for note in source.notes) != read


def test_a_class_is_refused_as_what_it_is(here: Path) -> None:
    text = "class objective:\n    def __init__(self, config):\n        pass\n\nspace = {}\n"
    with pytest.raises(InputError) as refused:
        source_of(written(here, text), None, Asked(space=Path("own.py:space")))
    assert "it is a class, and only functions are called; write a function" in str(refused.value)


def test_the_direction_of_the_command_goes_first(here: Path) -> None:
    target = written(here, BODY + "study = optuna.create_study(direction='minimize')\n")
    assert executed(target, None, Asked("maximize")).study.direction == "maximize"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            BODY.replace("objective(", "other("),
            "own.py: there is no 'objective' in it; known are optuna, other",
        ),
        ("objective = 3\n", "objective(3): give a function of one argument, trial, or an instance"),
        ("def objective(trial, x):\n    pass\n", "cannot be called with a trial alone"),
        ("async def objective(trial):\n    pass\n", "it is a coroutine; write def, not async def"),
        (
            BODY + "optuna.create_study(directions=['minimize', 'maximize'])\n",
            "own.py: create_study(directions=…): several objectives are not searched; return one",
        ),
    ],
)
def test_what_cannot_be_searched_is_refused_before_a_trial(
    text: str, said: str, here: Path
) -> None:
    with pytest.raises(InputError) as refused:
        source_of(written(here, text))
    assert said in str(refused.value)


def test_a_direction_that_is_none_is_refused(here: Path) -> None:
    with pytest.raises(InputError) as refused:
        source_of(written(here, BODY), None, Asked("minimise"))
    assert str(refused.value) == "direction=minimise: give minimize or maximize"


def test_a_space_file_takes_no_direction(here: Path) -> None:
    (here / "space.py").write_text(
        "from search import Study, circles\n\nstudy = Study(circles())\n"
    )
    with pytest.raises(InputError, match="only a function written for Optuna or Ray Tune needs it"):
        source_of(Path("space.py"), None, Asked("maximize"))


def test_a_file_whose_search_is_not_run_names_the_command(here: Path) -> None:
    written(here, BODY + "study = optuna.create_study()\nstudy.optimize(objective)\n")
    with pytest.raises(InputError) as refused:
        executed(Path("own.py"))
    assert "write `search run own.py:objective`" in str(refused.value)


HELPER = "import optuna\n\n\ndef width(trial):\n    return trial.suggest_int('w', 1, 9)\n\n\n"
TUNE = (
    "from ray import tune\n\nranges = {'lr': tune.uniform(0, 1)}\n\n\n"
    "def train(config):\n    return {'loss': config['lr']}\n\n\n"
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (BODY + "if __name__ == '__main__':\n    optuna.create_study()\n", "own.py:objective"),
        (BODY + "study = optuna.create_study()\n", "own.py:objective"),
        (HELPER + "def score(trial, scale=1):\n    return width(trial)\n", "own.py:score"),
        (TUNE, "own.py:train --space own.py:ranges"),
        (TUNE + "tune.Tuner(train, param_space=ranges).fit()\n", "own.py:train --space own.py:ran"),
        (TUNE.replace("ranges =", "_ranges ="), "own.py:train --space own.py:param_space"),
        ("import keras_tuner\n\n\ndef build(hp):\n    pass\n", "own.py:build --data rows.npz"),
    ],
)
def test_a_file_whose_search_is_in_a_guard_names_the_command_too(
    text: str, words: str, here: Path
) -> None:
    written(here, text)
    with pytest.raises(InputError) as refused:
        executed(Path("own.py"))
    assert str(refused.value).startswith("own.py: there is no study")
    assert f"write `search run {words}" in str(refused.value)


def test_a_function_of_a_trial_without_optuna_is_no_objective(here: Path) -> None:
    written(here, "def space(trial):\n    return trial.suggest_int('units', 1, 9)\n")
    with pytest.raises(InputError) as refused:
        executed(Path("own.py"))
    assert str(refused.value) == "own.py: there is no study in it; write study = Study(…)"


@pytest.mark.parametrize(
    ("text", "target", "written_for"),
    [
        (BODY, "objective", "objective(trial) is written for Optuna; leave it out"),
        (TUNE, "train", "train(config) is written for Ray Tune; leave it out"),
    ],
)
def test_rows_are_for_functions_of_keras_tuner(
    text: str, target: str, written_for: str, here: Path
) -> None:
    written(here, text)
    with pytest.raises(InputError) as refused:
        source_of(Path(f"own.py:{target}"), Path("rows.npz"))
    assert str(refused.value).startswith("data=rows.npz: rows are for functions written for Keras")
    assert str(refused.value).endswith(written_for)
