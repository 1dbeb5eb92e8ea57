"""What the winner depends on is what scikit-learn finds of the same model and the same rows."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.inspection import partial_dependence, permutation_importance
from sklearn.linear_model import LogisticRegression, Ridge

from search import Split, arrays, table
from search.data.dataset import Array
from search.data.split import Parts
from search.finals.dependence import GRID, LINES, MOST_COLUMNS, SHOWN, Dependence
from search.finals.scoring import Judge
from search.jobs.permutation import ASKED, SHUFFLES

NAMES = ("a", "b", "c", "d")


def features(rows: int = 400, columns: int = 4) -> Array:
    return np.random.default_rng(0).normal(size=(rows, columns)).astype("float32")


def parts_of(x: Array, y: Array) -> Parts:
    return Split().parts(arrays(x, y).load())


def asked(found: Dependence, parts: Parts, model: object) -> Mapping[str, Array]:
    """What a model of scikit-learn predicts for all that is asked."""
    inputs = {"held_out": parts.held_out.x, **found.inputs}
    if isinstance(model, LogisticRegression):
        return {name: model.predict_proba(x) for name, x in inputs.items()}
    assert isinstance(model, Ridge)
    return {name: model.predict(x).reshape(-1, 1) for name, x in inputs.items()}


def dependence_of(parts: Parts, task: str, validated: tuple[float, ...] = ()) -> Dependence:
    names = [f"x{place}" for place in range(parts.held_out.x.shape[1])]
    found = Dependence.of(parts, names, validated, task)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("objective", "scoring"), [("val_accuracy", "accuracy"), ("val_loss", "neg_log_loss")]
)
def test_importance_of_classes_is_that_of_scikit_learn(objective: str, scoring: str) -> None:
    x = features()
    parts = parts_of(x, (x[:, 0] - x[:, 2] > 0).astype(int))
    model = LogisticRegression().fit(parts.train.x, parts.train.y)
    found = dependence_of(parts, "binary")
    judge = Judge(parts.held_out.y, "binary", objective, scoring == "accuracy")
    kept = found.arrays(asked(found, parts, model), judge)
    theirs = permutation_importance(
        model, parts.held_out.x.astype(float), parts.held_out.y, scoring=scoring,
        n_repeats=SHUFFLES, random_state=0,
    )  # fmt: skip
    order = [int(name[1:]) for name in kept["columns"]]
    np.testing.assert_allclose(kept["each"], theirs.importances[order], atol=1e-4)
    assert order[:2] in ([0, 2], [2, 0])


def test_importance_of_numbers_is_in_their_own_unit() -> None:
    x = features()
    parts = parts_of(x, 100 * x[:, 1] + 10 * x[:, 3])
    model = Ridge().fit(parts.train.x, parts.back(parts.train.y).ravel())
    judge = Judge(parts.back(parts.held_out.y), "regression", "val_mae", maximize=False)
    found = dependence_of(parts, "regression")
    kept = found.arrays(asked(found, parts, model), judge)
    theirs = permutation_importance(
        model, parts.held_out.x.astype(float), judge.y.ravel(),
        scoring="neg_mean_absolute_error", n_repeats=SHUFFLES, random_state=0,
    )  # fmt: skip
    order = [int(name[1:]) for name in kept["columns"]]
    np.testing.assert_allclose(kept["each"], theirs.importances[order], rtol=1e-5, atol=1e-4)
    assert order[0] == 1


def test_the_interval_is_that_of_rows_and_shuffles() -> None:
    """By resampling both: rows drawn anew, and shuffles."""
    x = features(1200)
    parts = parts_of(x, (x[:, 0] + 0.5 * features(1200)[::-1, 1] > 0).astype(int))
    model = LogisticRegression().fit(parts.train.x, parts.train.y)
    judge = Judge(parts.held_out.y, "binary", "val_accuracy", maximize=True)
    found = dependence_of(parts, "binary")
    said = asked(found, parts, model)
    kept = found.arrays(said, judge)
    y, first = judge.y[found.rows], kept["columns"][0]
    place = [column.name for column in found.shuffled].index(first)
    after = np.split(said["shuffled"], len(found.shuffled))[place]
    right = said["held_out"][found.rows].argmax(axis=1) == y
    still = after.argmax(axis=1).reshape(SHUFFLES, -1) == y
    draw, drawn = np.random.default_rng(1), []
    for _ in range(4000):
        rows, times = draw.integers(0, len(y), len(y)), draw.integers(0, SHUFFLES, SHUFFLES)
        drawn.append(right[rows].mean() - still[times][:, rows].mean())
    assert kept["error"][0] == pytest.approx(np.std(drawn), rel=0.25)


def test_partial_dependence_is_that_of_scikit_learn() -> None:
    x = features()
    parts = parts_of(x, (x[:, 0] * 2 + x[:, 1] > 0).astype(int))
    model = LogisticRegression().fit(parts.train.x, parts.train.y)
    found = dependence_of(parts, "binary")
    judge = Judge(parts.held_out.y, "binary", "val_accuracy", maximize=True)
    kept = found.arrays(asked(found, parts, model), judge)
    for at in range(SHOWN):
        name, kind = kept[f"{at} column"]
        assert (name, kind) == (kept["columns"][at], "number")
        values = kept[f"{at} values"].astype(float)
        theirs = partial_dependence(
            model, parts.held_out.x[kept["lines"]].astype(float), [int(name[1:])], kind="both",
            response_method="predict_proba", custom_values={int(name[1:]): values},
        )  # fmt: skip
        assert kept[f"{at} outputs"].tolist() == [1]
        np.testing.assert_allclose(kept[f"{at} mean"][:, 0], theirs["average"][0], atol=1e-5)
        np.testing.assert_allclose(kept[f"{at} lines"].T, theirs["individual"][0], atol=1e-5)
        own = parts.held_out.x[:, int(name[1:])]
        within = np.quantile(own, [0.05, 0.95], method="nearest")
        assert (values.min(), values.max()) == pytest.approx(within)
        assert len(values) == GRID


def test_a_category_is_moved_with_all_of_its_features(tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "city": draw.choice(["Rome", "Oslo", "Bern"], 300),
            "size": draw.normal(50, 10, 300).round(1),
            "since": pd.Timestamp("2020-01-01") + pd.to_timedelta(draw.integers(0, 900, 300), "D"),
        }
    )
    frame.loc[::11, "city"] = None
    frame["price"] = frame["size"] + 30 * (frame["city"] == "Oslo") + draw.normal(size=300)
    frame.to_csv(path := tmp_path / "homes.csv", index=False)
    data = table(path, target="price").load()
    parts = Split().parts(data).scaled()
    model = Ridge().fit(parts.train.x, parts.back(parts.train.y).ravel())
    found = Dependence.of(parts, data.feature_names, (), "regression")
    assert found is not None
    judge = Judge(parts.back(parts.held_out.y), "regression", "val_loss", maximize=False)
    kept = found.arrays(asked(found, parts, model), judge)
    assert sorted(kept["columns"]) == ["city", "since", "size"]
    columns = {kept[f"{at} column"][0]: at for at in range(3)}
    at = columns["city"]
    assert sorted(kept[f"{at} values"]) == ["Bern", "Oslo", "Rome", "missing"]
    raw, preparation = parts.raw_of(kept["lines"]), parts.preparation
    assert raw is not None
    assert preparation is not None
    for value, mean in zip(kept[f"{at} values"], kept[f"{at} mean"][:, 0], strict=True):
        values = {n: raw[n] for n in raw.names}
        values["city"] = np.full(len(raw), None if value == "missing" else value, object)
        moved = preparation.features(type(raw)(values, raw.kinds))
        assert mean == pytest.approx(model.predict(moved).mean(), abs=1e-4)
    dates = kept[f"{columns['since']} values"]
    assert dates.dtype.kind == "M"
    assert (np.diff(dates) > np.timedelta64(0)).all()


def test_what_is_asked_is_bounded() -> None:
    x = features(4000, 120)
    parts = parts_of(x, (x[:, 0] > 0).astype(int))
    weights = tuple(np.linspace(0, 1, 120).tolist())
    found = dependence_of(parts, "binary", weights)
    assert [column.name for column in found.shuffled] == [
        f"x{119 - n}" for n in range(MOST_COLUMNS)
    ]
    assert len(found.inputs["shuffled"]) <= ASKED
    assert len(found.inputs["moved"]) <= 8 * GRID * LINES
    assert len(found.orders) == SHUFFLES
    assert Dependence.of(parts, [f"x{n}" for n in range(120)], (), "binary") is None


def test_pictures_have_no_columns() -> None:
    x = np.random.default_rng(0).random((60, 8, 8))
    assert Dependence.of(parts_of(x, np.arange(60) % 2), ["x"], (), "binary") is None
