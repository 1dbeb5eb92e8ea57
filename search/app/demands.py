"""What a run has to reach, so that a pipeline such as CI stops where it does not."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from search.study.checks import CHECKS, FIRST, LAST, SEVERITIES
from search.study.errors import ArgumentError, UnmetError
from search.study.goal import Goal
from search.study.shares import is_called_share


@dataclass(frozen=True)
class Demands:
    """What a finished run has to reach.

    Attributes:
        score: That the winner's held-out objective must not be worse than; None for none.
        checks: Codes, and severities that stand for themselves and all graver ones; of these no
            check that is not muted may have found anything.

    Raises:
        ArgumentError: A score that is no number, or no such code or severity.
    """

    score: float | None = None
    checks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.score is not None and not math.isfinite(self.score):
            raise ArgumentError("fail_under", self.score, fix="give a number")
        for name in self.checks:
            if name not in CHECKS and name not in SEVERITIES:
                raise ArgumentError(
                    "fail_on",
                    name or "''",
                    "there is no such check",
                    f"give {', '.join(SEVERITIES)}, or {FIRST} to {LAST}, with commas between",
                )

    def check(self, goal: Goal, mute: Iterable[str]) -> None:
        """Refuse what no run of a study can meet, or what its checks will not tell.

        Args:
            goal: Of the study.
            mute: Codes of checks that it mutes.

        Raises:
            ArgumentError: It is so.
        """
        most = 1.0 if goal.direction == "maximize" and is_called_share(goal.objective) else math.inf
        if self.score is not None and self.score > most:
            raise ArgumentError(
                "fail_under",
                f"{self.score:g}",
                f"{goal.objective} is at most 1",
                "give 0.9 for 90 %",
            )
        if both := [code for code in self.checks if code in mute]:
            raise ArgumentError("fail_on", both[0], "the study mutes this check")

    def judge(self, told: Mapping[str, Any]) -> None:
        """See whether a run meets them.

        Args:
            told: Of the run, as by `report_data`.

        Raises:
            UnmetError: It does not.
        """
        unmet = [*self._of_score(told), *self._of_checks(told)]
        if unmet:
            raise UnmetError("; ".join(unmet))

    def _of_score(self, told: Mapping[str, Any]) -> list[str]:
        if self.score is None:
            return []
        winner, asked = told["winner"], f"{self.score:.9g} was asked for"
        if winner is None:
            return [f"{told['name']} has no winner, and {asked}"]
        name, value = winner["measure"], winner["value"]
        if value is None:
            return [f"the winner's held-out {name} is not finite, and {asked}"]
        if value >= self.score if winner["maximize"] else value <= self.score:
            return []
        bound = "least" if winner["maximize"] else "most"
        return [f"the winner's held-out {name} is {value:.9g}, and at {bound} {asked}"]

    def _of_checks(self, told: Mapping[str, Any]) -> list[str]:
        grave = max((SEVERITIES.index(n) for n in self.checks if n in SEVERITIES), default=-1)
        met = [
            one["code"]
            for one in told["checks"]
            if not one["muted"]
            and (one["code"] in self.checks or SEVERITIES.index(one["severity"]) <= grave)
        ]
        if not met:
            return []
        codes = ", ".join(f"{code} ({CHECKS[code].title})" for code in dict.fromkeys(met))
        return [f"checks have found something: {codes}"]


NOTHING = Demands()
"""Any end of a run will do."""
