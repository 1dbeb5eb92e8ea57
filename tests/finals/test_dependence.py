"""What the winner depends on is what scikit-learn finds of the same model and the same rows."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.inspection import partial_dependence, permutation_importance
from sklearn.linear_model import LogisticRegression, Ridge

from search import Split, arrays, series, table
from search.data.dataset import Array
from search.data.rows_in_file import Features, whole
from search.data.split import HELD_OUT, Parts
from search.data.tree import Tree
from search.finals.dependence import GRID, LINES, MOST_COLUMNS, SHOWN, Dependence, why_not
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


def test_pictures_have_no_columns_and_it_is_said_why() -> None:
    x = np.random.default_rng(0).random((60, 8, 8))
    parts = parts_of(x, np.arange(60) % 2)
    assert Dependence.of(parts, ["x"], (), "binary") is None
    assert "a row is an array of 8×8, such as a picture" in why_not(parts, ["x"])


@pytest.mark.parametrize("columns", [("load",), ("load", "heat")])
def test_windows_are_shuffled_by_column_or_by_stretch(columns: tuple[str, ...]) -> None:
    """Against shuffles that are made here, by another rule: each window gets a far one's part."""
    draw = np.random.default_rng(0)
    load = np.zeros(900)
    for at in range(1, 900):
        load[at] = 0.9 * load[at - 1] + draw.normal()
    frame = pd.DataFrame({"load": load, "heat": draw.normal(size=900)})
    data = series(frame, "load", window=16, horizon=2, features=columns).load()
    parts = Split().parts(data).scaled()

    def model(x: Array) -> Array:  # of the newest step of the load alone
        return parts.back(0.9 * x[:, -1:, 0] * [1.0, 0.9])

    found = Dependence.of(parts, columns, (), "regression")
    assert found is not None
    truth, x = parts.back(parts.held_out.y), whole(parts.held_out.x)
    blocks = parts.blocks(HELD_OUT)
    judge = Judge(truth, "regression", "val_mae", maximize=False, blocks=blocks)
    asked = found.inputs["shuffled"]
    assert isinstance(asked, np.ndarray)
    said = {"held_out": model(x), "shuffled": model(asked)}
    kept = found.arrays(said, judge)
    assert kept["columns"][0] == ("load" if len(columns) > 1 else "steps −2 to −1")
    assert (kept["each"][1:] == 0).all(), "what the model does not look at does not matter"
    assert (kept["error"][1:] == 0).all()
    errors = np.abs(said["held_out"] - truth).mean()
    rolled = np.mean([np.abs(np.roll(model(x), by, axis=0) - truth).mean() for by in (31, 57, 83)])
    assert kept["each"].mean(axis=1)[0] == pytest.approx(rolled - errors, rel=0.25)
    assert kept["error"][0] > 0


def test_of_a_text_the_commonest_words_are_taken_out_one_by_one() -> None:
    draw = np.random.default_rng(0)
    words = np.array(["good", "film", "the", "plot"])
    texts = [" ".join(words[draw.random(4) > 0.5]) or "film" for _ in range(300)]
    y = np.array(["good" in text for text in texts]).astype(int)
    parts = parts_of(np.array(texts, object), y)

    def model(x: Features) -> Array:
        assert isinstance(x, Tree)
        yes = np.array([0.9 if "good" in text else 0.1 for text in x.leaves[()]])
        return np.column_stack([1 - yes, yes])

    found = Dependence.of(parts, [], (), "binary")
    assert found is not None
    judge = Judge(parts.held_out.y, "binary", "val_accuracy", maximize=True)
    said = {"held_out": model(parts.held_out.x), "shuffled": model(found.inputs["shuffled"])}
    kept = found.arrays(said, judge)
    assert kept["columns"][0] == "good"
    assert sorted(kept["columns"]) == sorted(words)
    assert kept["each"].tolist()[0] == [pytest.approx(parts.held_out.y.mean())]
    assert (kept["each"][1:] == 0).all()


def test_of_several_inputs_each_is_shuffled_and_of_a_table_each_column() -> None:
    draw = np.random.default_rng(0)
    given = {"table": features(300, 3), "picture": draw.random((300, 4, 4)).astype("float32")}
    y = given["table"][:, 1] + 2 * given["picture"].mean(axis=(1, 2))
    parts = Split().parts(arrays(given, y).load())

    def model(x: Features) -> Array:
        assert isinstance(x, Tree)
        table, picture = x.leaves[("table",)], x.leaves[("picture",)]
        told: Array = (table[:, 1] + 2 * picture.mean(axis=(1, 2)))[:, None]
        return told

    found = Dependence.of(parts, [], (), "regression")
    assert found is not None
    said = {"held_out": model(parts.held_out.x), "shuffled": model(found.inputs["shuffled"])}
    judge = Judge(parts.held_out.y, "regression", "val_mae", maximize=False)
    kept = found.arrays(said, judge)
    kinds = dict(zip(kept["columns"].tolist(), kept["kinds"].tolist(), strict=True))
    assert kinds == {"picture": "input", **{f"table[{at}]": "column" for at in range(3)}}
    mean = dict(zip(kept["columns"].tolist(), kept["each"].mean(axis=1), strict=True))
    assert mean["table[0]"] == mean["table[2]"] == 0
    assert isinstance(parts.held_out.x, Tree)
    table = parts.held_out.x.leaves[("table",)][:, 1]
    expected = np.mean([np.abs(np.roll(table, by) - table).mean() for by in (7, 19, 31)])
    assert mean["table[1]"] == pytest.approx(expected, rel=0.25)


def test_where_only_a_model_measures_itself_its_objective_of_each_row_is_compared() -> None:
    x = {"a": features(200, 1), "b": features(200, 1)[::-1].copy()}
    parts = Split().parts(arrays(x, x["a"][:, 0]).load())
    found = Dependence.of(parts, [], (), "custom")
    assert found is not None
    truth = parts.held_out.y.ravel()

    def losses(x: Features, rows: Array) -> Array:
        assert isinstance(x, Tree)
        off: Array = np.square(x.leaves[("a",)] - truth[rows][:, None])
        return off

    said = {
        "held_out": losses(parts.held_out.x, np.arange(len(truth))),
        "shuffled": losses(found.inputs["shuffled"], found.made_of),
    }
    kept = found.arrays(said, Judge(parts.held_out.y, "custom", "val_loss", maximize=False))
    assert str(kept["measure"]) == "loss of the whole model"
    assert kept["columns"].tolist() == ["a", "b"]
    assert kept["each"][0].mean() == pytest.approx(2 * truth.var(), rel=0.3)
    assert (kept["each"][1] == 0).all()
