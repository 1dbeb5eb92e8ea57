"""The planes that models are watched on are what they say they are."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA

from search import arrays, table
from search.data.split import Parts, Rows
from search.finals.projection import COLUMNS, COMPONENTS, SIDE, TWO, WIDEST, Projection, Projections
from search.study.study import Study
from tests.runs import small_study

NAMES = ("age", "kind", "income", "since")


def bought() -> Study:
    """Two numbers, one of which has gaps, a category and a date."""
    draw = np.random.default_rng(0)
    age = draw.normal(40, 12, 300)
    frame = pd.DataFrame(
        {
            "age": np.where(np.arange(300) % 9, age, np.nan),
            "kind": np.array(["often", "often", "rare"])[np.arange(300) % 3],
            "income": 1000 + 30 * age + draw.normal(0, 100, 300),
            "since": pd.Timestamp("2024-02-03") + pd.to_timedelta(np.arange(300), "D"),
            "bought": np.where(age > 40, "yes", "no"),
        }
    )
    return small_study(data=table(frame, target="bought"))


def parts_of(study: Study) -> tuple[Parts, Projections]:
    data = study.data.load()
    parts = study.split.parts(data)
    return parts, Projections(parts, parts.feature_names(data))


def found(
    study: Study, importance: Sequence[float] = ()
) -> tuple[dict[str, Projection], list[str]]:
    planes, left_out = parts_of(study)[1].of(importance)
    return {plane.kind: plane for plane in planes}, left_out


def test_two_features_have_one_plane_over_all_of_them() -> None:
    planes, left_out = found(small_study())
    assert (list(planes), left_out) == ([TWO], [])
    plane = planes[TWO]
    assert plane.axes == ("x1", "x2")
    assert plane.points.shape == (SIDE * SIDE, 2)
    assert plane.rows.min() > plane.sides[0][0]


def test_the_columns_that_matter_most_are_drawn_in_their_own_units() -> None:
    planes, _ = found(bought(), (0.2, 0.0, 0.3, 0.1))
    plane = planes[COLUMNS]
    assert plane.axes == ("income", "age")
    ages = plane.rows[:, 1]
    assert 35 < np.median(ages) < 45
    assert plane.sides[1][0] < ages.min()
    assert plane.sides[1][-1] > ages.max()
    assert "income by +0.3 and age by +0.2 change its loss. The other 2 are fixed" in plane.says


def test_all_else_is_held_at_the_median_or_at_what_is_most_frequent() -> None:
    parts, made = parts_of(bought())
    names = parts.feature_names(bought().data.load())
    (plane, _), _ = made.of((0.2, 0.0, 0.3, 0.1))
    points = dict(zip(names, plane.points.T, strict=True))
    assert set(points["kind = often"]) == {1.0}
    assert set(points["kind = rare"]) == {0.0}
    assert set(points["age is missing"]) == {0.0}
    assert len(set(points["age"])) == len(set(points["income"])) == SIDE
    draw = np.random.default_rng(0).normal(size=(301, 3)).astype(np.float32)
    study = small_study(data=arrays(draw, (draw[:, 0] > 0).astype(int)))
    parts, made = parts_of(study)
    (plane, _), _ = made.of((0.0, 1.0, 2.0))
    assert plane.axes == ("x3", "x2")
    assert set(plane.points[:, 0]) == {np.median(parts.train.x[:, 0])}


def test_what_matters_more_and_cannot_be_an_axis_is_named() -> None:
    planes, _ = found(bought(), (0.2, 0.9, 0.3, 0.1))
    assert " kind matters as much or more, but holds no plain numbers." in planes[COLUMNS].says


def test_components_are_those_of_the_standardised_numbers() -> None:
    draw = np.random.default_rng(0)
    x = draw.normal(size=(300, 4)) @ draw.normal(size=(4, 4)) * (1, 10, 100, 1000) + 5
    parts, made = parts_of(small_study(data=arrays(x, np.arange(300) % 2)))
    _, plane = made.of((4, 3, 2, 1))[0]
    assert plane.kind == COMPONENTS
    mean, deviation = parts.train.x.mean(axis=0), parts.train.x.std(axis=0)
    known = PCA(2).fit((parts.train.x - mean) / deviation)
    for share in known.explained_variance_ratio_:
        assert f"{100 * share:.1f} %" in plane.says
    there = known.transform((plane.points - mean) / deviation)
    back = known.inverse_transform(there) * deviation + mean
    np.testing.assert_allclose(back, plane.points, rtol=1e-3, atol=1e-2)
    grid = np.stack(np.meshgrid(*plane.sides), axis=-1).reshape(-1, 2)
    np.testing.assert_allclose(np.abs(there), np.abs(grid), rtol=1e-3, atol=1e-3)
    rows = known.transform((parts.train.x - mean) / deviation)
    np.testing.assert_allclose(np.abs(plane.rows), np.abs(rows), rtol=1e-3, atol=1e-3)


def test_pictures_have_components_and_no_two_pixels() -> None:
    known = load_digits()
    planes, (why,) = found(small_study(data=arrays(known.images[:300], known.target[:300])))
    assert list(planes) == [COMPONENTS]
    assert planes[COMPONENTS].points.shape == (SIDE * SIDE, 8, 8)
    assert why.startswith("No plane of two features: ")
    assert "64 numbers of a row: they hold" in planes[COMPONENTS].says


@pytest.mark.parametrize(
    ("features", "said"),
    [
        (1, ["No plane of two columns: one", "No plane of principal components: one"]),
        (600, ["No plane of the two most important columns: 600 are too many to measure."]),
        (WIDEST + 1, ["1,025 features are too many to look for a plane in them."]),
    ],
)
def test_what_cannot_be_drawn_is_told(features: int, said: list[str]) -> None:
    x = np.random.default_rng(0).normal(size=(60, features))
    _, left_out = found(small_study(data=arrays(x, np.arange(60) % 2)))
    assert len(left_out) == len(said)
    assert all(why.startswith(words) for why, words in zip(left_out, said, strict=True))


def test_only_some_rows_of_many_are_drawn() -> None:
    parts, made = parts_of(small_study())
    rows = Rows(np.repeat(parts.train.x, 50, axis=0), np.repeat(parts.train.y, 50))
    many = Projections(Parts(rows, parts.validation, parts.held_out), ("x1", "x2"))
    assert 300 < len(many.drawn) <= 400
    assert len(many.of(())[0][0].rows) == len(many.drawn)
    assert len(made.drawn) == len(parts.train)
