"""What a model file needs that is no part of Keras is named as people know it."""

import io
import json
import zipfile
from typing import Any

import pytest

from search.store.model_file import ModelFile

ROBUST = {"class_name": "Robust", "module": "people", "registered_name": "people>Robust"}

LAMBDA = {"class_name": "Lambda", "module": "keras.layers", "registered_name": None}
DOUBLED = {"class_name": "function", "module": "people", "config": "doubled"}


@pytest.mark.parametrize(
    ("config", "said"),
    [
        (
            {**ROBUST, "config": {"units": 4}},
            "the model needs the class 'Robust', which is not part",
        ),
        (
            {**ROBUST, "config": {"name": "first"}},
            "layer 'first' needs 'Robust', which is not part",
        ),
        (
            {"class_name": "__lambda__", "config": {"value": "…"}},
            "the model holds a Python lambda as bytecode",
        ),
        (
            {**LAMBDA, "config": {"name": "twice", "function": {"class_name": "__lambda__"}}},
            "layer 'twice' holds a Python lambda as bytecode",
        ),
        (
            {**LAMBDA, "config": {"name": "twice", "function": DOUBLED}},
            "layer 'twice' needs 'doubled', which is not part",
        ),
        (
            {**LAMBDA, "class_name": "TFSMLayer", "config": {"name": "theirs"}},
            "layer 'theirs' holds code of TFSMLayer, which Keras's safe mode refuses",
        ),
    ],
)
def test_code_of_ones_own_is_named(config: dict[str, Any], said: str) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("config.json", json.dumps(config))
    (own,) = ModelFile("model.keras", content.getvalue()).own_code()
    assert str(own).startswith(said)
