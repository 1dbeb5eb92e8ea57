"""How many planted defects do the checks find, and how often are they wrong about clean studies?

    python -m benchmarks.planted

Rows are made, a defect is put into them or into the study, and the product's own functions check,
search and judge, in this process and with NumPy's engine: some five minutes in all.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from benchmarks.jobs import ROOT
from benchmarks.machine import described
from benchmarks.markdown import table, write
from benchmarks.planting.clean import CLEAN
from benchmarks.planting.defects import DEFECTS, Defect
from benchmarks.planting.playing import checked, played
from search.study.checks import TIP, Found

DRAWS, SETS = 20, 50
SEED = 1_000
"""Of the draws that are reported; thresholds were set on others."""


@dataclass(frozen=True)
class Kind:
    """What came of one kind of study.

    Attributes:
        name: Of the kind.
        code: That has to find it; empty of a clean one.
        found: Codes of problems and cautions found of each draw, and of the right tip.
    """

    name: str
    code: str
    found: tuple[frozenset[str], ...]

    @property
    def right(self) -> int:
        """Draws of which the right code was found."""
        return sum(self.code in codes for codes in self.found)

    @property
    def false(self) -> int:
        """Draws of which there is any."""
        return sum(bool(codes) for codes in self.found)


def planted(defect: Defect, draws: int, seed: int = SEED) -> Kind:
    """Plant a defect a few times."""
    found = []
    for number in range(draws):
        study = defect.make(np.random.default_rng((seed, number)))
        told = played(study, defect.looks) if defect.looks else checked(study)
        found.append(frozenset(one.code for one in told))
    return Kind(defect.name, defect.code, tuple(found))


def clean(sets: int, seed: int = SEED) -> list[Kind]:
    """Search as many studies without a defect, of each kind in turn."""
    found: dict[str, list[frozenset[str]]] = {}
    for number in range(sets):
        make = CLEAN[number % len(CLEAN)]
        told = played(make(np.random.default_rng((seed, 77, number))))
        found.setdefault(make.__name__.replace("_", " "), []).append(_grave(told))
    return [Kind(name, "", tuple(codes)) for name, codes in found.items()]


def _grave(told: Sequence[Found]) -> frozenset[str]:
    return frozenset(one.code for one in told if one.check.severity != TIP)


def lines(defects: Sequence[Kind], without: Sequence[Kind]) -> Iterator[str]:
    """The two tables, with what they come to."""
    draws = sum(len(kind.found) for kind in defects)
    right = sum(kind.right for kind in defects)
    yield f"Of {draws} planted defects, {right} ({right / draws:.1%}) are found by the right code."
    yield ""
    rows = [[kind.name, kind.code, f"{kind.right} of {len(kind.found)}"] for kind in defects]
    yield from table(["planted", "code", "found"], rows)
    sets, false = sum(len(kind.found) for kind in without), sum(kind.false for kind in without)
    if not sets:
        return
    yield ""
    yield f"Of {sets} clean studies, {false} ({false / sets:.1%}) have a problem or caution."
    yield ""
    told = [
        [kind.name, f"{kind.false} of {len(kind.found)}", _codes(kind) or "none"]
        for kind in without
    ]
    yield from table(["clean", "false alarms", "of which"], told)


def _codes(kind: Kind) -> str:
    return ", ".join(sorted(set().union(*kind.found)))


def main() -> int:
    """Plant and search; prints the tables and writes them."""
    options = argparse.ArgumentParser(prog="python -m benchmarks.planted")
    add = options.add_argument
    add("--draws", type=int, default=DRAWS, help="of each defect")
    add("--sets", type=int, default=SETS, help="clean studies")
    add("--seed", type=int, default=SEED, help="of all draws")
    add("--only", nargs="+", default=(), metavar="CODE", help="defects of these checks alone")
    add("--results", type=Path, default=ROOT / "benchmarks" / "results", help="folder of the table")
    said = options.parse_args()
    wanted = [defect for defect in DEFECTS if not said.only or defect.code in said.only]
    without = clean(said.sets, said.seed)
    for kind in without:
        print(f"{kind.false} of {len(kind.found)}  {kind.name}: {_codes(kind)}", file=sys.stderr)
    defects = []
    for defect in wanted:
        defects.append(planted(defect, said.draws, said.seed))
        kind = defects[-1]
        print(f"{kind.code} {kind.right} of {said.draws}  {kind.name}", file=sys.stderr, flush=True)
    told = list(lines(defects, without))
    print("\n".join(told))
    if not said.only:
        now = datetime.now()
        heading = ["# Planted defects", "", "Made by `python -m benchmarks.planted`.", ""]
        write(said.results / "planted.md", [*heading, *described(now), "", *told])
    return 0


if __name__ == "__main__":
    sys.exit(main())
