"""What no configuration can be trained with is told before the first trial, with your own line."""

from pathlib import Path

import pytest

from search import Int, Study
from search.app.resolved import ResolvedStudy
from search.cluster.resources import Resources
from search.data.streams import OTHER_TARGETS, streams
from search.jobs.first_step import _of_an_output
from search.jobs.messages import Failed, FirstStep, Stepped
from search.loading.space_file import read
from search.study.trial import EngineChoice
from search.training.choice import needs_keras
from search.tuning.first_steps import FirstSteps
from search.tuning.runner import InProcessRunner

SPACE = """\
import sys
import time
import keras
from keras.layers import Dense
from search import Budget, Choice, Int, Study, circles

def build(units{more}):
{body}

study = Study(data=circles(samples=60), model=build, space={{"units": Int(4, 16){axes}}},
              budget=Budget(trials=2, epochs=2))
"""
MODEL = "    m = keras.Sequential([keras.Input((2,)), Dense(units), Dense(1, 'sigmoid')])\n"
COMPILE = "    m.compile('adam', 'binary_crossentropy', metrics=['accuracy'])\n"


def tried(folder: Path, body: str, more: str = "", axes: str = "") -> FirstSteps:
    """The first steps of a space with this body of `build`, in this process."""
    return steps_of(folder, SPACE.format(body=body, more=more, axes=axes))


def steps_of(folder: Path, text: str) -> FirstSteps:
    """The same of any space."""
    (folder / "space.py").write_text(text)
    return first_steps_of(folder / "space.py")


def first_steps_of(file: Path) -> FirstSteps:
    """The same of a space in its file, as a session begins."""
    space = read(file).execute()
    resolved = ResolvedStudy.of(space)
    engine = resolved.engine(gpus=0).name
    context = resolved.context(engine, Resources(1, 0, None))
    steps = FirstSteps(resolved.study, 1, baselines=needs_keras(engine))
    InProcessRunner(context, resolved.study).run(steps)
    return steps


@pytest.mark.keras
@pytest.mark.parametrize(
    ("body", "said"),
    [
        (MODEL + "    return m  # here", "compile"),
        ("    None", "NoneType"),
        (MODEL + COMPILE + "    return m, 1  # here", "tuple"),
        (MODEL.replace("1,", "10,").rstrip() + "  # here\n" + COMPILE + "    return m", "shape"),
        (MODEL + "    m.compile('adam', 'no such loss')  # here\n    return m", "no such loss"),
        (MODEL + "    m.compile('adam', 'binary_crossentrop')  # here\n    return m",
            "did you mean 'binary_crossentropy'?"),
        (MODEL + "    m.compile('adm', 'mse')  # here\n    return m", "did you mean 'adam'?"),
        (MODEL + "    m.compile('adam', 'mse', metrics=[keras.metrics.F1Score()])  # here\n"
            "    return m", "give y of shape (rows, 1), such as y[:, None]"),
        (MODEL.rstrip().replace("'sigmoid'", "'sigmod'") + "  # here\n    return m",
            "did you mean 'sigmoid'?"),
        (MODEL + "    m.compile('adam', 'mse')  # here\n    return m", "accuracy"),
        (MODEL + "    m.compile('adam', 'mse', metrics=[keras.metrics.BinaryAccuracy(name="
         "'accuracies')])  # here\n    return m", "or give objective='val_accuracies'"),
        (MODEL + "    m.compile('adam', 'sparse_categorical_crossentropy', metrics=['accuracy'])"
            "  # here\n    return m", "compile with loss='binary_crossentropy'"),
        (MODEL + "    m.compile('adam', keras.losses.sparse_categorical_crossentropy, metrics="
            "['accuracy'])  # here\n    return m", "compile with loss='binary_crossentropy'"),
        (MODEL + "    m.compile('adam', metrics=['accuracy'])  # here\n    return m",
            "No loss to compute"),
        (MODEL + "    m.compile('adam', 'binary_crossentropy', metrics=['Accuracy'])  # here\n"
            "    return m", "or give objective='val_Accuracy'"),
        (MODEL + "    m.compile('adam', 'binary_crossentropy', metrics=['acuracy'])  # here\n"
            "    return m", "acuracy"),
        ("    return [MODEL]  # here".replace("MODEL", "keras.Sequential()"), "list"),
        ("    raise ValueError(f'zu groß für {units}')  # here", "zu groß für"),
        ("    sys.exit(3)  # here", "exit"),
        ("    return Dense(units / 0)  # here", "division by zero"),
        (MODEL.replace("(2,)", "(3,)").rstrip() + "  # here\n" + COMPILE + "    return m", "3"),
        (MODEL + COMPILE.replace("'adam'", "keras.optimizers.SGD(1e38)").replace(
            "'binary_crossentropy'", "lambda t, p: p / 0.0").rstrip()
            + "  # here\n    return m", "scale features"),
        (MODEL + "    m.compile('adam', keras.losses.BinaryCrossentropy(from_logits=True), "
            "metrics=['accuracy'])  # here\n    return m", "leave out from_logits, or end the"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_sentence_with_its_line(body: str, said: str, tmp_path: Path) -> None:
    (mistake,) = tried(tmp_path, body).mistakes
    lines = (tmp_path / "space.py").read_text().splitlines()
    marks = ("# here",) if "# here" in body else ("def build(units):",)
    line = next(number for number, text in enumerate(lines, 1) if text.endswith(marks))
    assert said in mistake.reason
    assert len(mistake.reason.splitlines()) == 1
    assert mistake.where.endswith(f"space.py, line {line}"), mistake
    assert "Traceback" in mistake.traceback


@pytest.mark.keras
def test_an_objective_that_the_model_does_not_measure_is_a_mistake(tmp_path: Path) -> None:
    text = SPACE.format(body=MODEL + COMPILE + "    return m", more="", axes="")
    own = 'objective="val_topk", direction="maximize", budget='
    (mistake,) = steps_of(tmp_path, text.replace("budget=", own)).mistakes
    assert "the model measures no topk, only loss, accuracy" in mistake.reason
    assert "compile it with a metric that is named 'topk'" in mistake.reason
    own = 'objective="val_f1", budget='
    (mistake,) = steps_of(tmp_path, text.replace("budget=", own)).mistakes
    assert mistake.reason.endswith(
        "compile it with metrics=[keras.metrics.F1Score(average='micro', threshold=0.5, name='f1')]"
        " and give y of shape (rows, 1), or give another objective"
    )


PICTURES = """\
import keras
from keras.layers import Conv2D, Dense, GlobalAveragePooling2D, MaxPooling2D, Rescaling
import numpy as np
from search import Budget, Int, Study, arrays

def build(units):
    m = keras.Sequential([keras.Input({shape}), {first}
                          Conv2D(units, 3, activation="relu"), GlobalAveragePooling2D(),
                          Dense(3{end})])
    m.compile("adam", {loss})
    return m

x = np.random.default_rng(0).random((60, 16, 16, 3))
study = Study(data=arrays(x, np.arange(60) % 3), model=build, space={{"units": Int(2, 8)}},
              objective="val_loss", budget=Budget(trials=2, epochs=2))
"""
LOGITS = "keras.losses.SparseCategoricalCrossentropy(from_logits=True)"
SOUND = {
    "shape": "(16, 16, 3)", "first": "", "end": ", 'softmax'",
    "loss": "'sparse_categorical_crossentropy'",
}  # fmt: skip


@pytest.mark.keras
@pytest.mark.parametrize(
    ("change", "said", "line"),
    [
        ({"shape": "(24, 24, 3)"}, "rows of shape (24, 24, 3), and these are (16, 16, 3); declare "
         "keras.Input((16, 16, 3)), or bring pictures to that size by pictures(folder, "
         "size=(24, 24))", 7),
        ({"shape": "(16, 16, 1)"}, "these are (16, 16, 3); declare keras.Input((16, 16, 3)), which "
         "is height, width and colours", 7),
        ({"shape": "(3, 16, 16)"}, "rows of shape (3, 16, 16), and these are (16, 16, 3)", 7),
        ({"shape": "(3, 16, 16)", "first": "MaxPooling2D(4),"},
         "These rows are of shape (16, 16, 3) (height, width, channels).", 7),
        ({"first": "Rescaling(1 / 255),"}, "begins with a Rescaling", 10),
        ({"end": ""}, "takes the model's outputs as probabilities, and they go from", 10),
        ({}, "", 0),
        ({"shape": "(None, None, 3)", "first": "Rescaling(2.0, -1.0),"}, "", 0),
        ({"end": "", "loss": LOGITS}, "", 0),
        ({"shape": "(None, None, 3)", "end": ", 'sigmoid'"}, "", 0),
    ],
)  # fmt: skip
def test_a_model_for_other_rows_is_a_mistake(
    change: dict[str, str], said: str, line: int, tmp_path: Path
) -> None:
    found = steps_of(tmp_path, PICTURES.format(**{**SOUND, **change})).mistakes
    assert [said in mistake.reason for mistake in found] == [True] * bool(said), found
    assert all(mistake.where.endswith(f"line {line}") for mistake in found), found


WORDS = """\
import keras
from keras.layers import Dense, Embedding, GlobalAveragePooling1D
import numpy as np
from search import Budget, Int, Study, arrays

def build(dim):
    m = keras.Sequential([keras.Input((10,)), {before}Embedding({size}, dim),
                          GlobalAveragePooling1D(),
                          Dense(1, "sigmoid")])
    m.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return m

x = np.random.default_rng(0).integers(1, 101, (300, 10))
study = Study(data=arrays(x, np.arange(300) % 2), model=build, space={{"dim": Int(4, 16)}},
              budget=Budget(trials=2, epochs=2))
"""


@pytest.mark.keras
@pytest.mark.parametrize(
    ("before", "size", "said"),
    [
        ("", 100, "has places for ids from 0 to 99, and x goes from 1 to 100; give it input_dim="),
        (
            "keras.layers.Reshape((10,)), ",
            100,
            "= 100 is not in [0, 100): a layer such as Embedding "
            "has places for 0 to 99 there; give it more, or number ids from 0 on",
        ),
        ("", 101, ""),
    ],
)
def test_an_id_outside_an_embedding_is_named(
    before: str, size: int, said: str, tmp_path: Path
) -> None:
    """The line of the wrapper, "Graph execution error:", says nothing."""
    found = steps_of(tmp_path, WORDS.format(before=before, size=size)).mistakes
    assert [said in mistake.reason for mistake in found] == [True] * bool(said), found
    if said and not before:
        assert found[0].where.endswith("line 7")


BELOW_ZERO = """\
import keras
import numpy as np
from search import Budget, Int, Study, arrays

def build(units):
    m = keras.Sequential([keras.Input((3,)), keras.layers.Dense(3, "softmax")])
    m.compile("adam", "categorical_crossentropy")
    return m

x = np.random.default_rng(0).normal(size=(60, 3))
study = Study(data=arrays(x, x * 2), model=build, space={"units": Int(4, 16)},
              budget=Budget(trials=2, epochs=2))
"""


@pytest.mark.keras
def test_a_loss_that_is_not_for_the_targets_is_told_before_what_is_not_measured(
    tmp_path: Path,
) -> None:
    (mistake,) = steps_of(tmp_path, BELOW_ZERO).mistakes
    assert "the loss categorical_crossentropy is for targets of 0 and 1, and these go from -" in (
        mistake.reason
    )
    assert "compile with loss='mean_squared_error'" in mistake.reason
    assert mistake.where.endswith("line 7")


OF_CLASSES = """\
import keras
import numpy as np
from search import Budget, Int, Study, arrays

def build(units):
    m = keras.Sequential([keras.Input((3,)), keras.layers.Dense({units}, "sigmoid")])
    m.compile("adam", {loss})
    return m

x = np.random.default_rng(0).normal(size=(60, 3))
y = {y}
study = Study(data=arrays(x, y), model=build, space={{"units": Int(4, 16)}},
              objective="val_loss", budget=Budget(trials=2, epochs=2))
"""


@pytest.mark.keras
@pytest.mark.parametrize(
    ("filled", "said"),
    [
        ({"y": "np.arange(60) % 3", "units": 3, "loss": "'binary_crossentropy'"},
         "takes each output by itself, and a row has one of these 3 classes; end the model in "
         "Dense(3, 'softmax') and compile with loss='sparse_categorical_crossentropy'"),
        ({"y": "np.eye(3)[np.arange(60) % 3]", "units": 3, "loss": "'binary_crossentropy'"},
         "or, where a row may have several of them, give task='multilabel'"),
        ({"y": "np.arange(60) % 2", "units": 2, "loss": "'binary_crossentropy'"},
         "takes each of the model's 2 outputs by itself, so they are no probabilities of 2 "
         "classes; end the model in Dense(1, 'sigmoid'), or in Dense(2, 'softmax') and "),
        ({"y": "np.eye(2)[np.arange(60) % 2]", "units": 2, "loss": "'binary_crossentropy'"},
         "or, where a row may have both, give task='multilabel'"),
        ({"y": "np.arange(60) % 3", "units": 4, "loss": "lambda y, e: keras.ops.mean(e, -1)"},
         "If your own loss reads the targets in its own way, say task='custom'"),
    ],
)  # fmt: skip
def test_a_loss_that_is_not_for_classes_is_told_with_what_is(
    filled: dict[str, object], said: str, tmp_path: Path
) -> None:
    (mistake,) = steps_of(tmp_path, OF_CLASSES.format(**filled)).mistakes
    assert said in mistake.reason


@pytest.mark.keras
def test_a_softmax_of_two_classes_may_have_the_loss_of_one_number(tmp_path: Path) -> None:
    filled = {"y": "np.arange(60) % 2", "units": 2, "loss": "'binary_crossentropy'"}
    assert (
        steps_of(tmp_path, OF_CLASSES.format(**filled).replace("sigmoid", "softmax")).mistakes == []
    )


LEARNT = """\
import keras
import pandas as pd
from search import Budget, Int, Study, table

def build(train, units):
    keras.layers.Normalization().adapt(train.x["size"])
    raise AssertionError

note, y = ["a b", "c d"] * 30, [0, 1, 1] * 20
rows = pd.DataFrame({"note": note, "size": [1.5, 2.5, 2.0, 3.0] * 15, "y": y})
study = Study(data=table(rows, target="y", texts=["note"]), model=build,
              space={"units": Int(4, 16)}, budget=Budget(trials=2, epochs=2))
"""


@pytest.mark.keras
def test_what_build_is_given_is_told_where_it_looks_for_something_else(tmp_path: Path) -> None:
    (mistake,) = steps_of(tmp_path, LEARNT).mistakes
    assert mistake.reason == (
        "KeyError: 'size'; train.x is of features (rows, 1) of float32, note (rows) of string"
    )
    assert mistake.where.endswith("line 6")


NUMBERS = """\
import keras
import numpy as np
from search import Budget, Int, Study, arrays, series

def build(units):
    m = keras.Sequential([keras.Input({shape}), keras.layers.Flatten(), keras.layers.Dense(units),
                          keras.layers.Dense(2)])
    m.compile("adam", {loss}, metrics=[{metric}])
    return m

y = np.random.default_rng(0).gamma(2.0, 3.0, (80, 2)){less}
x = y * 2
study = Study(data={data}, model=build, space={{"units": Int(2, 8)}}, objective="val_loss",
              budget=Budget(trials=2, epochs=2))
"""
SERIES = 'series({"load": y[:, 0]}, "load", window=4, horizon=2)'
UNSCALED = {"loss": "'mse'", "metric": "'mae'", "less": "", "shape": "(2,)", "data": "arrays(x, y)"}
SCALED = UNSCALED | {"shape": "(4, 1)", "data": SERIES}
STANDARDISED = "and those of a series are standardised"
MAPE = "mean_absolute_percentage_error"


@pytest.mark.keras
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (SCALED, ""),
        (SCALED | {"loss": "'mape'"}, f"the loss {MAPE} is for targets in their own unit, "
         f"{STANDARDISED}; compile with 'mae' or 'mse'"),
        (SCALED | {"metric": "'mape'"}, f"the metric {MAPE} is for"),
        (SCALED | {"metric": "keras.metrics.MeanAbsolutePercentageError(name='off')"},
         f"the metric {MAPE} is for"),
        (SCALED | {"metric": "keras.losses.mean_absolute_percentage_error"},
         f"the metric {MAPE} is for"),
        (SCALED | {"metric": "keras.losses.Poisson()"}, "the metric poisson is for"),
        (SCALED | {"loss": "'msle'"}, "the loss mean_squared_logarithmic_error is for targets in "),
        (SCALED | {"loss": "keras.losses.Poisson()"}, "the loss poisson is for targets in "),
        (UNSCALED | {"loss": "'msle'", "metric": "'mape', 'poisson'"}, ""),
        (UNSCALED | {"loss": "'mape'", "less": " - 5"}, ""),
        (UNSCALED | {"loss": "'msle'", "less": " - 5"},
         "the loss mean_squared_logarithmic_error is for targets from 0 on, and these go "
         "from -4."),
        (UNSCALED | {"metric": "'poisson'", "less": " - 5"}, "the metric poisson is for targets "
         "from 0 on"),
    ],
)  # fmt: skip
def test_a_measure_that_targets_in_this_unit_do_not_have_is_a_mistake(
    change: dict[str, str], said: str, tmp_path: Path
) -> None:
    found = steps_of(tmp_path, NUMBERS.format(**change)).mistakes
    assert [said in mistake.reason for mistake in found] == [True] * bool(said), found
    assert all(mistake.where.endswith("line 8") for mistake in found), found


MEANT = """\
import keras
import numpy as np
from search import Budget, Int, Study, arrays

def build(units):
    m = keras.Sequential([keras.Input((3,)), keras.layers.Dense(units),
                          keras.layers.Dense({units}, {last})])
    m.compile("adam", {loss}, metrics=[{metric}])
    return m

def never(y, p):
    return keras.ops.mean(p) * float("nan")

class Known(keras.metrics.MeanAbsolutePercentageError):
    def update_state(self, y, p, sample_weight=None):
        return super().update_state(y, p, keras.ops.cast(y != 0, "float32"))

def of_called(y, p):
    called = keras.ops.cast(p > 0.99, "float32")
    return keras.ops.sum(keras.ops.cast(y, "float32") * called) / keras.ops.sum(called)

draw = np.random.default_rng(0)
x = draw.normal(size=(90, 3))
y = {y}
study = Study(data=arrays(x, y, task={task}), model=build, space={{"units": Int(2, 8)}},
              objective={objective}, direction={direction}, budget=Budget(trials=2, epochs=2))
"""
NUMBER = {
    "units": 1, "last": "None", "loss": "'mse'", "metric": "'mae'", "y": "x[:, 0]",
    "objective": "'val_loss'", "direction": "'minimize'", "task": "'regression'",
}  # fmt: skip
THREE = NUMBER | {"units": 3, "y": "x", "last": "'softmax'"}
LABELS = THREE | {"y": "(x > 0).astype(int)", "task": "'multilabel'", "metric": ""}
CLASS = NUMBER | {"last": "'sigmoid'", "loss": "'binary_crossentropy'", "task": "'binary'",
                  "y": "(x[:, 0] > 0).astype(int)", "metric": "never"}  # fmt: skip
OF_SHARES = "np.exp(x) / np.exp(x).sum(1, keepdims=True)"


@pytest.mark.keras
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (THREE | {"loss": "'kl_divergence'"}, "kl_divergence is for rows of probabilities that"),
        (THREE | {"loss": "'kl_divergence'", "y": "np.exp(x)"}, "divide each row by its sum, or "),
        (THREE | {"loss": "'kl_divergence'", "y": OF_SHARES}, ""),
        (THREE | {"loss": "'kl_divergence'", "y": f"np.round({OF_SHARES}, 2)"}, ""),
        (THREE | {"last": "None", "metric": "'kl_divergence'", "objective": "'val_kl_divergence'"},
         "the metric kl_divergence is for rows of probabilities"),
        (CLASS | {"loss": "'kl_divergence'", "metric": ""}, "kl_divergence is for rows of prob"),
        (LABELS | {"loss": "'kl_divergence'"}, "compile with 'binary_crossentropy' in its place"),
        (NUMBER | {"loss": "'mape'", "y": "np.maximum(x[:, 0], 0)"},
         "divides by 1e-7; compile with 'mae' or 'mse' in its place, or leave out the rows of 0"),
        (NUMBER | {"metric": "'mape'", "objective": "'val_mape'", "y": "np.maximum(x[:, 0], 0)"},
         "the metric mean_absolute_percentage_error divides by the targets, and "),
        (NUMBER | {"metric": "'mape'", "y": "np.maximum(x[:, 0], 0)"}, ""),
        (NUMBER | {"loss": "'mape'"}, ""),
        (LABELS | {"loss": "'categorical_crossentropy'"}, "rows have more than one label; end the "
         "model in Dense(3, 'sigmoid') and compile with loss='binary_crossentropy'"),
        (LABELS | {"loss": "'binary_crossentropy'"}, "whose outputs sum to 1, and "),
        (LABELS | {"loss": "'binary_crossentropy'", "last": "'sigmoid'"}, ""),
        (LABELS | {"loss": "'categorical_crossentropy'", "y": "np.eye(3)[np.arange(90) % 3]"}, ""),
        (NUMBER | {"last": "'sigmoid'"}, "the model ends in sigmoid, which gives 0 to 1, and these "
         "targets go from -"),
        (NUMBER | {"last": "'sigmoid'", "y": "1 / (1 + np.exp(-x[:, 0]))"}, ""),
        (NUMBER | {"last": "'sigmoid'", "loss": "lambda y, p: keras.ops.mean((y / 9 - p) ** 2)"},
         ""),
        (NUMBER | {"last": "'tanh'", "y": "x[:, 0] * 9"}, "the model ends in tanh, which gives -1"),
        (NUMBER | {"last": "'relu'"}, "gives nothing below 0, and these targets go from -"),
        (NUMBER | {"last": "'relu'", "y": "abs(x[:, 0]) - 0.02"}, ""),
        (THREE, "the model ends in softmax, which gives 0 to 1"),
        (THREE | {"y": "draw.random((90, 3))"}, "which gives numbers that sum to 1"),
        (THREE | {"last": "'tanh'", "y": "x * 9", "task": "'custom'"},
         "which gives -1 to 1, and its targets go from -"),
        (THREE | {"last": "'tanh'", "y": "np.tanh(x)", "task": "'custom'"}, ""),
        (NUMBER | {"loss": "'cosine_similarity'"}, "of one number a row it is always -1 or 1"),
        (NUMBER | {"metric": "'cosine_similarity'", "objective": "'val_cosine_similarity'",
                   "direction": "'maximize'"}, "the metric cosine_similarity compares"),
        (THREE | {"loss": "'cosine_similarity'", "last": "None"}, ""),
        (NUMBER | {"metric": "'accuracy'", "objective": "'val_accuracy'",
                   "direction": "'maximize'"},
         "these targets are numbers from -"),
        (NUMBER | {"metric": "'accuracy'"}, ""),
        (THREE | {"loss": "'kl_divergence'", "y": OF_SHARES, "metric": "'accuracy'",
                  "objective": "'val_accuracy'", "direction": "'maximize'"}, ""),
        (THREE | {"last": "None", "metric": "'categorical_accuracy'", "direction": "'maximize'",
                  "objective": "'val_categorical_accuracy'"}, ""),
        (THREE | {"last": "'sigmoid'", "y": "np.round(1 / (1 + np.exp(-x)) + 0.02 * x, 3)"}, ""),
        (LABELS | {"loss": "lambda y, p: -keras.ops.mean(y * keras.ops.log(p + 1e-7))"}, ""),
        (THREE | {"last": "'sigmoid'", "loss": "'binary_crossentropy'",
                  "y": "np.float32((x - x.min(0)) / np.ptp(x, axis=0)) + np.float32(1e-7)"}, ""),
        (NUMBER | {"metric": "Known('known')", "objective": "'val_known'",
                   "y": "np.maximum(x[:, 0], 0)"}, ""),
        (CLASS | {"objective": "'val_never'"}, "the metric never is NaN over the validation rows"),
        (CLASS | {"metric": "of_called", "objective": "'val_of_called'"}, ""),
    ],
)  # fmt: skip
def test_targets_that_a_loss_a_metric_or_the_last_layer_is_not_for_are_a_mistake(
    change: dict[str, object], said: str, tmp_path: Path
) -> None:
    found = steps_of(tmp_path, MEANT.format(**change)).mistakes
    assert [said in mistake.reason for mistake in found] == [True] * bool(said), found
    beyond = ("which gives", "outputs sum to 1", "gives nothing")
    line = 7 if any(part in said for part in beyond) else 8
    assert all(mistake.where.endswith(f"line {line}") for mistake in found), found


@pytest.mark.keras
def test_what_fails_in_one_option_alone_is_no_mistake(tmp_path: Path) -> None:
    body = (
        "    if optimizer == 'sgd':\n        raise ValueError('never sgd')\n    print('built')\n"
        + MODEL + COMPILE.replace("'adam'", "optimizer") + "    return m"
    )  # fmt: skip
    axes = ", 'optimizer': Choice('sgd', 'adam')"
    steps = tried(tmp_path, body, ", optimizer", axes)
    assert steps.mistakes == []
    assert steps.sound is not None
    assert steps.sound.params["optimizer"] == "adam"
    assert all("never sgd" in why for _, why in steps.parts)


def of_streams(n: int) -> dict[str, object]:
    raise AssertionError(n)


def stepped(sound: set[int], reason: str) -> FirstSteps:
    """All configurations of rows that take `n`: those with a sound one train, the others fail."""
    space = {"units": Int(4, 16), "n": Int(50, 100)}

    def build(units: int) -> None:
        raise AssertionError(units)

    study = Study(data=streams(of_streams), model=build, space=space, objective="val_loss")
    steps = FirstSteps(study, 1, every=True)
    while (job := steps.next()) is not None:
        assert isinstance(job, FirstStep)
        trained = job.configuration.params["n"] in sound
        steps.ended(job, Stepped() if trained else Failed(reason), "")
    return steps


def test_rows_that_change_with_every_value_are_a_mistake() -> None:
    reason = f"streams: validation: with n=50 {OTHER_TARGETS}; let make give the same rows"
    steps = stepped({75}, reason)
    assert [mistake.reason for mistake in steps.mistakes] == [reason]
    assert not steps.parts
    for several in (stepped({75, 100}, reason), stepped({75}, "the rows are too large")):
        assert not several.mistakes
        assert several.parts


@pytest.mark.keras
def test_what_another_engine_trains_is_told(tmp_path: Path) -> None:
    body = MODEL + "    m.compile('adam', 'binary_crossentropy', metrics=['accuracy'],\n"
    body += "              run_eagerly=True)\n    return m"
    ((name, params, engine),) = tried(tmp_path, body).fallbacks
    assert (name, set(params)) == ("", {"units"})
    assert engine == EngineChoice("fit", "the model is compiled with run_eagerly=True")
    assert tried(tmp_path, MODEL + COMPILE + "    return m").fallbacks == []


@pytest.mark.parametrize(
    ("own", "advice"),
    [
        (["loss", "kind_loss", "price_loss", "price_mae"], "give objective='val_price_mae'"),
        (["loss", "a_loss", "a_mae", "b_loss", "b_mae"],
         "give objective='val_a_mae' or 'val_b_mae'"),
        (["loss", "kind_loss", "price_loss"],
         "compile it with metrics={'price': ['mae']}, say, and give objective='val_price_mae'"),
        (["loss", "accuracy"], ""),
    ],
)  # fmt: skip
def test_a_measure_of_one_output_is_advised_by_its_name(own: list[str], advice: str) -> None:
    assert _of_an_output("mae", own) == advice
