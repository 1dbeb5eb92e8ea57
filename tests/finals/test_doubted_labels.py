"""Wrong labels are found where models are sure, and overlap alone is no wrong label."""

import numpy as np
from scipy.special import expit

from search.data.dataset import Array
from search.finals.doubted_labels import doubted

ROWS = np.arange(1_000, 1_600)


def fits(logits: Array, count: int = 4, seed: int = 0) -> list[Array]:
    """As many models that are nearly right."""
    draw = np.random.default_rng(seed)
    shares = [expit(logits + 0.3 * draw.normal(size=len(logits))) for _ in range(count)]
    return [np.column_stack([1 - second, second]) for second in shares]


def test_the_rows_that_were_turned_are_found_and_no_other() -> None:
    draw = np.random.default_rng(1)
    y = draw.integers(0, 2, 600)
    logits = (2 * y - 1) * draw.uniform(3, 6, 600)
    turned = draw.choice(600, 40, replace=False)
    labels = y.copy()
    labels[turned] = 1 - labels[turned]
    found = doubted(fits(logits), labels, ROWS)
    assert found is not None
    assert {row for row, _, _ in found.rows} == set(ROWS[turned].tolist())
    assert all((given, said) == (1 - said, said) for _, given, said in found.rows)
    assert (found.asked, found.fits) == (600, 4)


def test_classes_that_overlap_are_not_labelled_wrongly() -> None:
    for apart in (1.0, 1.7, 2.5, 4.0):
        for seed in range(20):
            draw = np.random.default_rng((3, seed))
            y = draw.integers(0, 2, 600)
            x = draw.normal(size=600) + apart * y
            logits = apart * (x - apart / 2)
            assert doubted(fits(2 * logits, seed=seed), y, ROWS) is None, (apart, seed)


def test_a_rare_class_that_nobody_can_tell_is_not_labelled_wrongly() -> None:
    draw = np.random.default_rng(4)
    y = (draw.random(600) < 0.1).astype(int)
    assert doubted(fits(np.full(600, -2.2)), y, ROWS) is None


def test_one_model_alone_doubts_nothing() -> None:
    y = np.arange(600) % 2
    logits = 5.0 * (2 * y - 1)
    labels = np.where(np.arange(600) < 60, 1 - y, y)
    assert doubted(fits(logits, 1), labels, ROWS) is None
    assert doubted(fits(logits, 2), labels, ROWS) is not None
