"""Networks of a `TextSpace`: what is learnt, built, refused, written and exported."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from search import (
    Budget,
    Choice,
    DenseSpace,
    Finals,
    Float,
    InputError,
    Int,
    PictureSpace,
    Split,
    State,
    Study,
    TextSpace,
    arrays,
)
from search.app.resolved import ResolvedStudy
from search.data.split import Rows
from search.data.tree import Tree
from search.loading.space_file import Space, SpaceSource
from search.store.run import load_run
from search.study.text_space import ENCODERS
from search.training.recipe import builder_of
from tests.forms import long_but
from tests.playing import play

DRAW = np.random.default_rng(0)
WORDS = np.array([f"word{number}" for number in range(40)] + ["Straße,", "läuft!", "日本語"])
TEXTS = np.array(
    [" ".join(DRAW.choice(WORDS, size)) for size in [0, 1, *DRAW.integers(2, 12, 158)]]
)
Y = np.array([int("word1" in text.split() or "word2" in text.split()) for text in TEXTS])


def resolved(x: Any, space: Any, y: Any = Y, task: str | None = None) -> ResolvedStudy:
    study = Study(arrays(x, y, task=task), space, budget=Budget(trials=2, epochs=2))
    return ResolvedStudy.of(Space(study, "t", SpaceSource("a.py", "a.py", {}), touched=False))


def text_space(**fields: Any) -> TextSpace:
    return TextSpace(**{"learning_rate": Float(1e-3, 1e-2), "vocabulary": 30, "units": 8, **fields})


def params_of(own: ResolvedStudy) -> dict[str, Any]:
    return {**own.study.fixed, **{n: p.at(0.5) for n, p in own.study.parameters.items()}}


def test_with_no_field_given_it_searches_and_with_one_it_holds_the_rest() -> None:
    assert {"encoder", "vocabulary", "ngrams"} < set(TextSpace().parameters)
    assert list(TextSpace(vocabulary=Int(10, 100)).parameters) == ["vocabulary"]
    assert resolved(TEXTS, TextSpace()).study.kind == "texts"
    assert TextSpace().idle({"encoder": "tf_idf"}) == {"length", "embedding", "kernel"}
    assert TextSpace().idle({"encoder": "conv"}) == {"ngrams"}


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"encoder": "lstm"}, "there is no such encoder"),
        ({"vocabulary": 2}, "vocabulary is a whole number of 3 or more"),
        ({"ngrams": 0}, "ngrams is a whole number of 1 or more"),
        ({"encoder": "conv", "units": 0}, "units is a whole number of 1 or more"),
        ({"split": "words"}, "there is no such split"),
        ({"length": -1}, "length is a whole number of 1 or more"),
    ],
)
def test_a_field_without_a_meaning_is_refused(fields: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError, match=says):
        text_space(**fields)
    assert text_space(encoder="tf_idf", units=0).units == 0


@pytest.mark.parametrize(
    ("x", "space", "says"),
    [
        (DRAW.normal(size=(160, 3)), TextSpace(), r"takes texts, and the rows are x \(rows, 3\)"),
        ({"t": TEXTS, "n": np.ones(160)}, TextSpace(), r"n \(rows\) of float32"),
        (np.stack([TEXTS, TEXTS], 1), TextSpace(), "one text a row.*join the texts"),
        ([" ", "!?"] * 80, TextSpace(), "no training row has a word"),
        (TEXTS, DenseSpace(), "takes one array of numbers; give model=build.*a TextSpace"),
        (TEXTS, PictureSpace(), "takes one array of numbers; give model=build.*a TextSpace"),
        ([*TEXTS[1:], None], TextSpace(), "row 159 .from 0. is None among texts; give a text"),
        ([*TEXTS[1:], np.nan], TextSpace(), "row 159 .from 0. is nan among texts"),
    ],
)
def test_rows_that_do_not_fit_are_refused_before_a_trial(x: Any, space: Any, says: str) -> None:
    with pytest.raises(InputError, match=says):
        resolved(np.array(x, object) if isinstance(x, list) else x, space)


def test_a_length_that_is_left_out_reads_most_training_texts_whole() -> None:
    own = resolved(TEXTS, TextSpace())
    train = own.parts.train.x
    assert isinstance(train, Tree)
    counts = [len(text.split()) for text in train.leaves[()]]
    assert own.study.fixed["length"] == np.percentile(counts, 95, method="higher")
    assert resolved(TEXTS, text_space(length=3)).study.fixed["length"] == 3
    by_character = resolved(TEXTS, text_space(split="character")).study.fixed["length"]
    assert isinstance(by_character, int)
    assert by_character > max(counts)


CASES = [(encoder, split, 2) for encoder in ENCODERS for split in ("whitespace", "character")]


@pytest.mark.keras
@pytest.mark.filterwarnings("ignore:When providing")  # of an input that no tensor is named after
@pytest.mark.parametrize(
    "x",
    long_but(["one"], {"one": TEXTS, "two": {"title": TEXTS[:, None], "dense": TEXTS[::-1]}}),
)
def test_a_model_is_what_its_script_says_and_knows_only_training_words(x: Any) -> None:
    import keras

    from search.training.model import build, taught
    from search.training.predict import raw_outputs

    for encoder, split, ngrams in CASES:
        own = resolved(x, text_space(encoder=encoder, split=split, ngrams=ngrams))
        params, shape = params_of(own), own.parts.shape(own.dataset)
        # As the finals have a configuration: without what means nothing in it.
        params = {k: v for k, v in params.items() if k not in own.study.idle(params)}
        model = build(taught(None, own.parts.train, shape), shape, params, seed=3)
        namespace: dict[str, Any] = {}
        exec(builder_of(shape, params).text, namespace)  # noqa: S102 - what the script has
        keras.utils.set_random_seed(3)
        train = own.parts.train.x
        assert isinstance(train, Tree)
        again = namespace["build"](train.nested)
        rows = own.parts.held_out.x
        said = raw_outputs(model, rows)
        assert np.isfinite(said).all()  # of the text without a word, too
        np.testing.assert_allclose(raw_outputs(again, rows), said, atol=1e-6)
        (learnt,) = (one for one in model.layers if hasattr(one, "get_vocabulary"))
        adapted = keras.layers.TextVectorization(30, split=split, ngrams=ngrams)
        adapted.adapt(np.concatenate([leaf.ravel() for leaf in train.leaves.values()]))
        if encoder not in {"conv", "gru"}:
            known = learnt.get_vocabulary(include_special_tokens=False)
            assert known[:28] == adapted.get_vocabulary(include_special_tokens=False)


@pytest.mark.keras
def test_words_are_learnt_once_for_all_trials_on_the_same_rows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import keras

    from search.training.model import build, taught

    calls = []
    adapt = keras.layers.TextVectorization.adapt
    monkeypatch.setattr(
        keras.layers.TextVectorization, "adapt", lambda *given: calls.append(1) or adapt(*given)
    )
    own = resolved(TEXTS, text_space(vocabulary=Int(10, 40), encoder=Choice("tf_idf", "conv")))
    shape, params = own.parts.shape(own.dataset), params_of(own)
    for rows in (own.parts.train, own.study.split.fresh(own.parts, 1).train):
        for vocabulary in (10, 20, 40):
            values = {**params, "encoder": "tf_idf", "vocabulary": vocabulary}
            build(taught(None, rows, shape), shape, values, seed=1)
    assert len(calls) == 2  # on fresh rows anew


@pytest.mark.long
@pytest.mark.keras
def test_a_kernel_may_be_longer_than_all_texts(tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    words = np.array("good fine bad dull film".split())
    texts = np.array([" ".join(draw.choice(words, 1 + n % 6)) for n in range(120)])
    space = TextSpace(encoder="conv", kernel=Choice(7, 20), units=4, embedding=4)
    y = np.array(["good" in text for text in texts])
    study = Study(
        data=arrays(texts, y), space=space, budget=Budget(2, 1), finals=Finals(top=1, seeds=1)
    )
    run = load_run(play(study, tmp_path).path)
    assert [trial.state for trial in run.trials()] == [State.COMPLETE] * 2


NEW_PROCESS = """
import sys, json, keras, numpy as np, tensorflow as tf
folder = sys.argv[1]
rows = tf.constant(json.load(open(folder + "/rows.json")))
said = {}
for name in sys.argv[2:]:
    model = keras.saving.load_model(f"{folder}/{name}.keras", safe_mode=True)
    said[name] = np.asarray(model.predict(rows, verbose=0)).tolist()
print(json.dumps(said))
"""


@pytest.mark.keras
@pytest.mark.parametrize(
    "task", long_but(["regression"], {task: task for task in ("binary", "regression")})
)
def test_a_file_read_in_a_new_process_predicts_the_same_of_raw_texts(
    task: str, tmp_path: Path
) -> None:
    from search.data.scaling import Scale
    from search.training.export import in_own_units, keras_bytes
    from search.training.model import build, taught
    from search.training.predict import raw_outputs

    y = Y if task == "binary" else 100.0 + 20 * Y + DRAW.normal(size=160)
    expected = {}
    rows = [*TEXTS[:20].tolist(), "quite unknown", "", "WORD1 word1!"]
    for encoder, split, ngrams in CASES if task == "binary" else CASES[:1]:
        own = resolved(TEXTS, text_space(encoder=encoder, split=split, ngrams=ngrams), y, task)
        params, shape = params_of(own), own.parts.shape(own.dataset)
        model = build(taught(None, own.parts.train, shape), shape, params, seed=3)
        model.fit(np.array(TEXTS, object), y.astype("float32"), epochs=1, verbose=0)
        kept = in_own_units(model, Scale.of(own.dataset.y)) if task == "regression" else model
        name = f"{encoder}-{split}"
        (tmp_path / f"{name}.keras").write_bytes(keras_bytes(kept))
        expected[name] = raw_outputs(kept, Tree({(): np.array(rows, object)}))
    (tmp_path / "rows.json").write_text(json.dumps(rows))
    done = subprocess.run(
        [sys.executable, "-c", NEW_PROCESS, str(tmp_path), *expected],
        capture_output=True, text=True, timeout=500, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout.splitlines()[-1])
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, rtol=1e-5, atol=1e-6, err_msg=name)


@pytest.mark.keras
@pytest.mark.parametrize("engine", ["in-graph", "fit"])
def test_both_engines_learn_a_word(engine: str) -> None:
    from search.jobs.context import DataSplit, WorkerContext
    from search.jobs.executor import JobExecutor
    from search.jobs.messages import Configuration, Refit, Refitted
    from search.study.goal import Goal

    own = resolved(TEXTS, text_space(learning_rate=Float(0.02, 0.03), encoder="average"))
    source = SpaceSource("a.py", "a.py", {})
    context = WorkerContext(source, DataSplit.of(own.parts, own.dataset), engine)
    values = {**own.study.fixed, "vocabulary": 60, "learning_rate": 0.02, "dropout": 0.0}
    job = Refit("one", Configuration(values, 1), 25, Goal("val_accuracy", "maximize"))
    (said,) = JobExecutor(context, own.study).perform(job)
    assert isinstance(said, Refitted), said
    assert said.curve["accuracy"][-1] > 0.95
    assert max(said.curve["val_accuracy"]) > max(np.mean(Y), 1 - np.mean(Y)) + 0.05


def test_reference_model_reads_texts_by_what_the_training_rows_have() -> None:
    from search.finals.reference_models import plain_predictions

    texts = ["good film", "a bad one", "so so"] * 40
    y = np.array(["good" in text for text in texts])
    parts = Split().parts(arrays(np.array(texts), y.astype(int)).load())
    said = plain_predictions(parts.train, parts.held_out.x, 2, "binary")
    assert list(said) == ["constant", "linear model on TF-IDF"]
    assert (said["linear model on TF-IDF"].argmax(1) == parts.held_out.y).all()
    same = plain_predictions(
        Rows(parts.train.x, parts.train.y), parts.held_out.x[np.arange(3)], 2, "binary"
    )
    np.testing.assert_allclose(
        same["linear model on TF-IDF"], said["linear model on TF-IDF"][:3], rtol=1e-9
    )
    marks = Split().parts(arrays(np.array(["!", "?", "a"] * 40), y.astype(int)).load())
    assert len(plain_predictions(marks.train, marks.held_out.x, 2, "binary")) == 2
