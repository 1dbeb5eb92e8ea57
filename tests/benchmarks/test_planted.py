"""Planted defects are found by the right code, and clean rows give no alarm; in short."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.planted import Kind, clean, lines, planted
from benchmarks.planting.clean import CLEAN
from benchmarks.planting.defects import DEFECTS, Defect
from benchmarks.planting.playing import checked
from search.study.checks import TIP
from tests.forms import long_but

SEED = 4


OF_ROWS = [defect for defect in DEFECTS if not defect.looks]
OF_RUNS = {defect.make.__name__: defect for defect in DEFECTS if defect.looks}


@pytest.mark.parametrize("defect", OF_ROWS, ids=lambda defect: defect.make.__name__)
def test_a_defect_of_the_rows_is_found_before_a_search(defect: Defect) -> None:
    assert planted(defect, 2, SEED).right == 2


@pytest.mark.keras
@pytest.mark.parametrize("defect", long_but(list(OF_RUNS)[::2], OF_RUNS))
def test_one_that_finals_show_is_found_after_it(defect: Defect) -> None:
    assert planted(defect, 1, SEED).right == 1


def test_clean_rows_give_no_alarm() -> None:
    for number, make in enumerate(CLEAN):
        told = checked(make(np.random.default_rng((SEED, number))))
        assert [one for one in told if one.check.severity != TIP] == [], make.__name__


@pytest.mark.keras
def test_clean_runs_give_none_either() -> None:
    assert sum(kind.false for kind in clean(4, SEED)) == 0


def test_tables_count_what_was_found() -> None:
    one = Kind("a leak", "S001", (frozenset({"S001"}), frozenset({"S002"})))
    none = replace(one, name="two", code="", found=(frozenset(), frozenset({"S030"})))
    told = "\n".join(lines([one], [none]))
    assert "Of 2 planted defects, 1 (50.0%) are found" in told
    assert "| a leak | S001 | 1 of 2 |" in told
    assert "Of 2 clean studies, 1 (50.0%) have" in told
    assert "| two | 1 of 2 | S030 |" in told
