"""Whether a winner's figures agree with those of its run, as lines."""

from collections.abc import Mapping
from typing import Any


def sentences(told: Mapping[str, Any]) -> list[str]:
    """A comparison of a winner's figures, as lines."""
    width = max(len(figure["name"]) for figure in told["figures"])
    bad = sum(not figure["agrees"] for figure in told["figures"])
    count = len(told["figures"])
    rule = "the same versions and CPU: all figures must be equal"
    if told["differences"]:
        rule = (
            f"not the same versions and CPU ({'; '.join(told['differences'])}): figures agree "
            f"within {told['tolerance']}, absolute or relative"
        )
    return [
        f"{told['run']}: the winner, trial {told['trial']}, retrained with seed {told['seed']} "
        f"by {told['engine']}, on {told['rows']}",
        rule,
        f"  {'figure':<{width}}  {'in the run':>12}  {'now':>12}",
        *(
            f"  {f['name']:<{width}}  {_number(f['run']):>12}  {_number(f['now']):>12}  "
            f"{f['verdict']}"
            for f in told["figures"]
        ),
        f"agrees: all {count} figures" if not bad else f"differs: {bad} of {count} figures",
        f"this was held-out evaluation {told['look']} of the run, and is recorded in it",
    ]


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.6g}"
