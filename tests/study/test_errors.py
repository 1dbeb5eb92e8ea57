"""Errors as values: where, problem and fix, one sentence as text."""

import copy
from collections.abc import Callable

import numpy as np
import pytest

import search
from search import ArgumentError, InputError, Int


def test_an_error_has_a_place_a_problem_and_a_fix() -> None:
    with pytest.raises(InputError) as caught:
        Int(3, 1)
    error = caught.value
    assert (error.where, error.problem) == ("Int(3, 1)", "the range is reversed")
    assert error.fix == "write Int(1, 3)"
    assert str(error) == "Int(3, 1): the range is reversed; write Int(1, 3)"


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (InputError("a.csv", "it is empty"), "a.csv: it is empty"),
        (InputError("seed=-1", fix="give 0 or more"), "seed=-1: give 0 or more"),
        (InputError("", "there is no study", "write one"), "there is no study; write one"),
        (ArgumentError("trials", 0, fix="give 1 or more"), "trials=0: give 1 or more"),
        (ArgumentError("optuna", None, "no URL", "give one"), "optuna: no URL; give one"),
    ],
)
def test_as_text_it_is_one_sentence_also_where_it_is_made_again(
    error: InputError, text: str
) -> None:
    there = copy.copy(error)
    assert str(error) == str(there) == str(type(error)(*error.args)) == text
    assert (there.where, there.problem, there.fix) == (error.where, error.problem, error.fix)


def test_a_wider_place_stands_before_its_own() -> None:
    inner = InputError("column 'age'", "it is text", "give numbers", names=("to",))
    outer = inner.within("a.csv").within("")
    assert (outer.where, outer.problem, outer.fix) == (
        "a.csv: column 'age'",
        "it is text",
        "give numbers",
    )
    assert outer.names == ("to",)


def test_python_reads_the_parts_of_what_a_run_refuses() -> None:
    with pytest.raises(search.ArgumentError) as caught:
        search.run("spaces/binary.py", trials=0)
    assert (caught.value.argument, caught.value.value) == ("trials", 0)
    assert caught.value.where == "trials=0"


def failing() -> None:
    raise ZeroDivisionError("no rows")


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (
            lambda: search.Study(data=np.zeros((99, 3))),
            "data=an object of type ndarray: this is no",
        ),
        (
            lambda: search.Study(data=search.circles(), first={"units": 5}),
            "first={'units': 5}: give",
        ),
        (lambda: search.Study(data=search.circles(), first=[3]), "first=.3.: give a list of conf"),
        (
            search.Study(data=failing).data.load,
            f"data=failing, line {failing.__code__.co_firstlineno + 1}: it failed",
        ),
        (search.Study(data=lambda: (1, 2)).data.load, "a tuple; return arrays"),
    ],
)
def test_a_value_of_a_wrong_kind_is_named_shortly(
    make: Callable[[], object], sentence: str
) -> None:
    with pytest.raises(InputError, match=sentence):
        make()
