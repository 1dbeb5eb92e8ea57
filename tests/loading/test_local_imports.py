"""What a text imports, by its syntax."""

import pytest

from search.loading.local_imports import imports


@pytest.mark.parametrize(
    "text",
    [
        "import ray",
        "import os, ray.tune",
        "import os.path as p, ray",
        "import os; from ray import tune",
        "def f():\n    from ray.tune import report",
    ],
)
def test_a_package_is_found_wherever_its_import_stands(text: str) -> None:
    assert imports(["import os", text], "ray")


@pytest.mark.parametrize("text", ["'''\nimport ray\n'''", "# import ray", "import rays", "ray = 3"])
def test_what_only_looks_like_an_import_is_none(text: str) -> None:
    assert not imports([text], "ray")
