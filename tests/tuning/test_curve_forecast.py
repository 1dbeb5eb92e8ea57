"""Where a trial ends: recomputed by plain formulas, and held against curves whose end is known."""

from collections.abc import Sequence
from itertools import product

import numpy as np
import pytest
from scipy.stats import multivariate_t, t

from search.data.dataset import Array
from search.tuning.curve_forecast import FREEDOM, Followed, Measure, forecast, standing

EPOCHS = 40


def drawn(count: int, seed: int, noise: float = 0.01) -> list[Array]:
    """Curves that rise by a power of the epoch to levels of their own, with noise."""
    draw = np.random.default_rng(seed)
    at = np.arange(1, EPOCHS + 1)
    ends, speeds = draw.uniform(0.5, 0.95, count), draw.uniform(0.3, 1.2, count)
    rising = [end - 0.4 * at**-speed for end, speed in zip(ends, speeds, strict=True)]
    return [one + noise * draw.normal(size=EPOCHS) for one in rising]


def followed(curves: Sequence[Array], epochs: int = EPOCHS, sign: float = 1.0) -> list[Followed]:
    return [Followed.of(sign * one[:epochs], sign, patient=False) for one in curves]


def test_a_forecast_is_what_the_formulas_of_a_gaussian_process_say() -> None:
    curves, epochs = drawn(20, 3), 8
    own, *others = curves
    found = forecast(followed([own], epochs)[0], followed(others))
    assert found is not None
    finals = np.array([one[-1] for one in others])
    middle, good = np.quantile(finals, [0.5, 0.9])

    def scaled(value: float) -> float:
        units = (value - middle) / (good - middle)
        return units if units > -1 else -1 - np.log(-units)

    def stood(curve: Array) -> list[float]:
        last = [np.mean([scaled(v) for v in curve[at : at + 2]]) for at in (6, 4, 2)]
        return [last[0], last[0] - last[1], last[1] - last[2], scaled(curve[7]) - last[0]]

    points = np.array([stood(one) for one in (*others, own)])
    level = points[:, 0].copy()
    points = (points - points[:-1].mean(axis=0)) / (points[:-1].std(axis=0) + 0.1)
    gains = np.array([scaled(one[-1]) for one in others]) - level[:-1]
    weights, likely, means, variances = np.array([1, 0.3, 0.3, 0.3]), [], [], []
    for length, noise in product((0.5, 1.0, 2.0), (0.02, 0.1, 0.5, 2.0)):
        apart = ((points[:, None] - points[None]) ** 2 * weights).sum(axis=2)
        kernel = np.exp(-apart / 2 / length**2) + 0.3 * (points * weights) @ points.T + 0.3
        seen, toward = kernel[:-1, :-1] + noise * np.eye(19), kernel[-1, :-1]
        likely.append(multivariate_t(shape=0.1 * seen, df=2).pdf(gains))
        means.append(toward @ np.linalg.inv(seen) @ gains)
        rate = 0.1 + gains @ np.linalg.inv(seen) @ gains / 2
        left = kernel[-1, -1] + noise - toward @ np.linalg.inv(seen) @ toward
        variances.append(left * rate / (1 + 19 / 2))
    share = np.array(likely) / sum(likely)
    mean = share @ means
    spread = np.sqrt(share @ (np.array(variances) + (np.array(means) - mean) ** 2))
    assert found.mean == pytest.approx(level[-1] + mean, rel=1e-6)
    assert found.spread == pytest.approx(spread, rel=1e-6)
    bar = float(finals.max())
    assert found.chance(bar) == pytest.approx(
        t(FREEDOM).sf((scaled(bar) - found.mean) / found.spread), rel=1e-6
    )


def test_intervals_hold_at_least_as_often_as_they_say() -> None:
    """More often of these: the tails are those of real ends, and noise by a normal one has none."""
    held = []
    for seed in range(40):
        own, *others = drawn(21, seed)
        for epochs in (3, 8, 20):
            found = forecast(followed([own], epochs)[0], followed(others))
            assert found is not None
            held.append(found.quantile(0.05) <= own[-1] <= found.quantile(0.95))
    assert 0.9 <= np.mean(held) < 1.0


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_forecast_does_not_hang_on_the_unit_of_the_objective(sign: float) -> None:
    own, *others = drawn(21, 1)
    plain = forecast(followed([own], 8)[0], followed(others))
    moved = [sign * (1000 * one + 7) for one in (own, *others)]
    other = forecast(
        Followed.of(moved[0][:8], sign, patient=False),
        [Followed.of(one, sign, patient=False) for one in moved[1:]],
    )
    assert plain is not None
    assert other is not None
    for share in (0.05, 0.5, 0.95):
        assert other.quantile(share) == pytest.approx(
            1000 * plain.quantile(share) + 7 * 1, rel=1e-6
        )


def test_what_was_seen_of_none_is_expected_to_stay_and_known_to_be_uncertain() -> None:
    others = followed(drawn(20, 5))
    poor = forecast(Followed.of(np.full(8, -9.0), 1.0, patient=False), others)
    usual = forecast(followed(drawn(1, 6), 8)[0], others)
    assert poor is not None
    assert usual is not None
    assert poor.quantile(0.95) < 0.5
    assert poor.spread > usual.spread


def test_trials_that_all_end_alike_say_nothing() -> None:
    others = followed([np.full(EPOCHS, 1.0)] * 20)
    assert forecast(followed(drawn(1, 0), 8)[0], others) is None


@pytest.mark.parametrize("at", [-50.0, -1.0, -0.5, 0.0, 3.0])
def test_the_scale_goes_there_and_back(at: float) -> None:
    scale = Measure(0.7, 0.1)
    value = scale.back(at)
    assert scale.of_values(np.array([value]))[0] == pytest.approx(at)


@pytest.mark.parametrize("epochs", [1, 2, 3, 5, 11])
def test_any_number_of_epochs_has_a_standing(epochs: int) -> None:
    values = np.array(drawn(4, 2))[:, :epochs]
    assert np.isfinite(standing(values, values, Measure(0.7, 0.1))).all()


def test_with_patience_the_best_epoch_so_far_counts() -> None:
    assert Followed.of([0.5, 0.9, 0.7], 1.0, patient=True).values.tolist() == [0.5, 0.9, 0.9]
    assert Followed.of([0.5, 0.9, 0.7], -1.0, patient=True).values.tolist() == [-0.5, -0.5, -0.5]
    assert Followed.of([0.5, 0.9, 0.7], 1.0, patient=False).values.tolist() == [0.5, 0.9, 0.7]
