"""A mistake in `build`, through the real command."""

from pathlib import Path

import pytest

from search.store.folder import Folder
from tests.functional.command import search, within

SPACE = """\
import sys
import keras
from search import Budget, Int, Study, circles
from helper import head

def build(units):
    return head(units)

study = Study(data=circles(samples=60), model=build, space={"units": Int(4, 16)},
              budget=Budget(trials=2, epochs=2))
"""


@pytest.mark.ray
@pytest.mark.keras
@pytest.mark.long  # in short by tests/tuning/test_first_steps.py, which has a call of exit
def test_it_ends_the_command_with_your_line_and_leaves_the_name_free(tmp_path: Path) -> None:
    """In a sibling, by a call of exit, which would take each worker along."""
    (tmp_path / "space.py").write_text(SPACE)
    (tmp_path / "helper.py").write_text("import sys\n\ndef head(units):\n    sys.exit(units)\n")
    ended = search(tmp_path, "run", "space.py", "--name", "mine")
    assert ended.code == 2, ended.err
    (sentence,) = ended.err.splitlines()
    assert "helper.py, line 4: build calls exit(); remove that call" in sentence
    assert "  fail  " not in ended.out
    told = within(tmp_path, "logs", sentence.rpartition("search logs ")[2].strip("`"))
    assert told.code == 0, told.err
    assert "SystemExit" in told.out
    assert "in head" in told.out
    Folder.named(tmp_path / "runs", "mine").make().let_go()  # its name is free again
