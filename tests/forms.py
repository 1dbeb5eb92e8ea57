"""Short forms: of a table of cases CI tries some, and `python -m tests long` all."""

from collections.abc import Iterable, Sequence
from typing import Any

import pytest


def long_but(kept: Iterable[Any], cases: Iterable[Any]) -> list[Any]:
    """Every case, of which all but those that are kept are long proofs.

    Args:
        kept: Each is one of the cases, or the first value of one that has several.
        cases: As `pytest.mark.parametrize` takes them.
    """
    wanted, all_cases = list(kept), list(cases)
    firsts = [_first(case) for case in all_cases]
    missing = [case for case in wanted if case not in all_cases and case not in firsts]
    assert not missing, f"no such case: {missing}"
    return [
        case if case in wanted or first in wanted else _long(case)
        for case, first in zip(all_cases, firsts, strict=True)
    ]


def _first(case: Any) -> Any:
    return case[0] if isinstance(case, tuple) else case


def _long(case: Any) -> Any:
    values: Sequence[Any] = case if isinstance(case, tuple) else (case,)
    return pytest.param(*values, marks=pytest.mark.long)
