"""What is told of masks and of long columns of rows, against NumPy."""

import numpy as np
import pytest

from search.data.dataset import Array
from search.metrics.intervals import bootstrapped, by_groups
from search.report.outputs.places import of_places
from search.report.winner.worst_rows import RowNames
from search.study.output_forms import PLACES, OutputForm

SIDE, ROWS = 8, 60


def counted(truth: Array, said: Array, classes: int) -> dict[str, Array]:
    """As `search.training.held_out_outputs` keeps masks."""
    each = [
        [((said == c) & (truth == c)).sum((1, 2)), (said == c).sum((1, 2)),
         (truth == c).sum((1, 2))]
        for c in range(classes)
    ]  # fmt: skip
    right = np.stack([(said == truth).sum((1, 2)), np.full(len(truth), SIDE**2)], axis=1)
    return {"right": right, "counts": np.moveaxis(np.array(each), -1, 0)}


def masks(said: Array, truth: Array) -> dict[str, Array]:
    own, constant = counted(truth, said, 3), counted(truth, np.zeros_like(truth), 3)
    drawn = np.array([0, 30, 59])
    return {
        **own,
        **{f"constant {name}": of for name, of in constant.items()},
        "drawn": drawn,
        "drawn truth": truth[drawn],
        "drawn said": said[drawn],
    }


def test_a_class_without_a_hit_has_no_sure_overlap_and_is_named() -> None:
    random = np.random.default_rng(0)
    truth = random.choice(3, (ROWS, SIDE, SIDE), p=[0.6, 0.3, 0.1])
    said = np.where(truth == 2, 0, np.where(random.random(truth.shape) < 0.2, 1 - truth % 2, truth))
    form = OutputForm("", PLACES, "multiclass", ("sky", "road", "sign"), (SIDE, SIDE))
    names = RowNames.of({"row": np.arange(ROWS)})
    section = of_places(form, masks(said, truth), None, names)
    cells = {row[0]: row for row in section.tables[0].rows}
    there = int((truth == 2).sum())
    assert cells["sign"][1:5] == ("0.000", "–", "0.000", f"{there:,}")
    assert " (0." in cells["road"][1]
    assert section.finding.endswith(f"The winner never predicts class sign ({there:,} pixels).")
    whole = of_places(form, masks(truth, truth), None, names)
    assert whole.finding.startswith("Held-out mean IoU 1.000, ")
    assert "never predicts" not in whole.finding


@pytest.mark.parametrize("rows", [500, 620, 800])
def test_groups_of_unlike_size_do_not_widen_an_interval(rows: int) -> None:
    """Of 620 rows 500 groups hold one row or two."""
    parts = 10 + np.random.default_rng(1).normal(size=(rows, 1))
    within, plain = (of(parts, lambda means: means[..., 0]) for of in (by_groups, bootstrapped))
    assert within.high - within.low == pytest.approx(plain.high - plain.low, rel=0.15)
    error = parts.std(ddof=1) / np.sqrt(rows)
    assert within.high - within.low == pytest.approx(2 * 1.96 * error, rel=0.15)
