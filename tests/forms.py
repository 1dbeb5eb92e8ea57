"""Short forms: of a table of cases CI tries some, and `python -m tests long` all others."""

from collections.abc import Iterable, Mapping
from typing import Any

import pytest


def long_but(kept: Iterable[str], cases: Mapping[str, Any]) -> list[Any]:
    """Every case under its name, of which all but those that are kept are long proofs.

    Args:
        kept: Names of cases.
        cases: Name → the value of its parameter, or a tuple of several.
    """
    wanted = set(kept)
    assert wanted <= set(cases), f"no such case: {wanted - set(cases)}"
    return [
        pytest.param(
            *(case if isinstance(case, tuple) else (case,)),
            id=name,
            marks=() if name in wanted else pytest.mark.long,
        )
        for name, case in cases.items()
    ]
