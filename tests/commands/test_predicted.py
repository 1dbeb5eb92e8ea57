"""What `search predict` makes of a model's outputs."""

import json

import numpy as np

from search.commands.predict import facts
from search.study.outputs import SCORES, Outputs
from search.study.signature import Signature


def test_a_row_without_a_number_is_of_no_class() -> None:
    told = facts(Signature("binary", ("no", "yes")), np.array([[0.25, 0.75], [np.nan, np.nan]]))
    assert told == [
        {"predicted": "yes", "share of no": 0.25, "share of yes": 0.75},
        {"predicted": None, "share of no": None, "share of yes": None},
    ]
    assert json.loads(json.dumps(told, allow_nan=False)) == told


def test_scores_are_called_so_whatever_they_are() -> None:
    signature = Signature("binary", ("no", "yes"), outputs=Outputs(SCORES))
    (told,) = facts(signature, np.array([[0.1, 0.9]]))
    assert told == {"predicted": "yes", "score of no": 0.1, "score of yes": 0.9}
