"""Models that are trained side by side become what each of them becomes alone."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import pytest

from search import Split, arrays
from search.data.dataset import Array, Shape
from search.data.split import Parts
from search.study.trial import Curve, EngineChoice
from search.training.choice import TOGETHER
from search.training.device import forget
from search.training.engine import ApartError, Training, TrainingRequest
from search.training.model import build
from search.training.plan import TrainingPlan
from search.training.stacked import ELEMENTWISE
from tests.forms import long_but
from tests.training.conftest import ANY_TASK, PLAIN, asked, trainer_of, weighted

pytestmark = pytest.mark.keras

SEEDS = 1, 2, 3
EPOCHS = 4
TOLERANCE = {"rtol": 2e-4, "atol": 2e-5}
"""float32, added up in another order, over a few dozen steps."""
Ask = Callable[[int], TrainingRequest]


def dense(shape: Shape, **params: Any) -> Ask:
    """Networks of the fields of a space."""
    values = {**PLAIN, **params}

    def ask(seed: int) -> TrainingRequest:
        plan = TrainingPlan(EPOCHS)
        return TrainingRequest(values, seed, lambda: build(None, shape, values, seed), plan)

    return ask


def own(shape: Shape, make: Callable[[], Any], batch: int = 32) -> Ask:
    """Models of a function of a user's."""
    return lambda seed: TrainingRequest(
        {"batch_size": batch}, seed, lambda: build(make, shape, {}, seed), custom=True
    )


def together(parts: Parts, shape: Shape, ask: Ask) -> Sequence[Training]:
    requests = []
    for seed in SEEDS:
        forget()  # as `Models.begin_together` does
        requests.append(ask(seed))
        assert requests[-1].model.built
    return trainer_of(parts, shape).begin_together(requests)


def alone(parts: Parts, shape: Shape, ask: Ask) -> list[tuple[Curve, Array, list[Array]]]:
    found = []
    for seed in SEEDS:
        forget()
        training = trainer_of(parts, shape).begin(ask(seed))
        assert training.engine == EngineChoice("in-graph")
        curve = training.advance(EPOCHS)
        found.append((curve, training.predictions(parts.validation.x), training.arrays()))
    return found


def agree(parts: Parts, shape: Shape, ask: Ask) -> None:
    """Each of a stack with the same model alone; and no model with another."""
    trainings = together(parts, shape, ask)
    expected = alone(parts, shape, ask)
    curves: list[Curve] = [{} for _ in SEEDS]
    for to_epoch in (1, EPOCHS):
        for curve, training in zip(curves, trainings, strict=True):
            for name, values in training.advance(to_epoch).items():
                curve[name] = [*curve.get(name, ()), *values]
    for curve, training, (curve_alone, said, weights) in zip(
        curves, trainings, expected, strict=True
    ):
        assert training.epoch == EPOCHS
        assert curve.keys() == curve_alone.keys()
        for name, values in curve_alone.items():
            np.testing.assert_allclose(curve[name], values, **TOLERANCE, err_msg=name)
        np.testing.assert_allclose(training.predictions(parts.validation.x), said, **TOLERANCE)
        assert [array.shape for array in training.arrays()] == [array.shape for array in weights]
    losses = [tuple(curve["loss"]) for curve in curves]
    assert len(set(losses)) == len(SEEDS)


def test_a_network_with_all_a_space_has(binary: tuple[Parts, Shape]) -> None:
    # Before a batch normalisation the gradient of a bias is rounding, of which Adam makes steps.
    more = {"dropout": 0.3, "l2": 0.01, "batch_norm": True, "optimizer": "sgd"}
    agree(*binary, dense(binary[1], **more))


def test_they_say_by_which_engine(binary: tuple[Parts, Shape]) -> None:
    engines = [each.engine for each in together(*binary, dense(binary[1]))]
    assert engines == [EngineChoice("in-graph-stacked", TOGETHER)] * len(SEEDS)


@pytest.mark.parametrize("task", long_but(["numbers"], {task: task for task in ANY_TASK}))
def test_every_task_with_weighted_rows(task: str, request: pytest.FixtureRequest) -> None:
    parts, shape = weighted(*request.getfixturevalue(task))
    agree(parts, shape, dense(shape))


def test_class_weights(rare: tuple[Parts, Shape]) -> None:
    agree(*rare, dense(rare[1], class_weight="balanced"))
    (one, *_), (other, *_) = (
        together(*rare, dense(rare[1], class_weight=how)) for how in ("balanced", "none")
    )
    assert one.advance(1)["loss"] != other.advance(1)["loss"]


def test_a_schedule_with_a_warm_up(binary: tuple[Parts, Shape]) -> None:
    agree(*binary, dense(binary[1], schedule="cosine", warmup=0.3))


OPTIMIZERS: dict[str, Callable[[], Any]] = {
    kind.__name__: lambda kind=kind: kind(0.01, weight_decay=0.01, clipvalue=0.1)
    for kind in sorted(ELEMENTWISE, key=lambda kind: kind.__name__)
} | {
    "a schedule": lambda: keras.optimizers.SGD(
        keras.optimizers.schedules.ExponentialDecay(0.1, 3, 0.9), momentum=0.9
    ),
    "a moving average": lambda: keras.optimizers.Adam(use_ema=True, ema_overwrite_frequency=2),
    "gradients of two steps": lambda: keras.optimizers.Adam(gradient_accumulation_steps=2),
}


@pytest.mark.parametrize("name", long_but(["Nadam"], {n: n for n in OPTIMIZERS}))
def test_every_optimizer(name: str, binary: tuple[Parts, Shape]) -> None:
    agree(*binary, own(binary[1], lambda: small(OPTIMIZERS[name]())))


def small(optimizer: Any = "adam", *layers: Any, **more: Any) -> Any:
    model = keras.Sequential(
        [
            keras.Input((2,)),
            keras.layers.Dense(8, "tanh", **more),
            *layers,
            keras.layers.Dense(1, "sigmoid"),
        ]
    )
    metrics = ["accuracy", keras.metrics.AUC(num_thresholds=20)]
    model.compile(optimizer, "binary_crossentropy", metrics=metrics)
    return model


def test_what_layers_add_to_the_loss(binary: tuple[Parts, Shape]) -> None:
    more = [keras.layers.ActivityRegularization(0.1), keras.layers.GaussianNoise(0.5)]
    ask = own(binary[1], lambda: small("adam", *more, kernel_regularizer="l2"))
    with pytest.raises(ApartError, match="share"):  # a layer has a generator of random numbers
        together(*binary, ask)

    def fresh() -> Any:
        more = [keras.layers.ActivityRegularization(0.1), keras.layers.GaussianNoise(0.5)]
        return small("adam", *more, kernel_regularizer="l2")

    agree(*binary, own(binary[1], fresh))


OVER_STEPS: dict[str, Callable[[], Any]] = {
    "attention": keras.layers.GlobalAveragePooling1D,
    "GRU": lambda: keras.layers.GRU(3),
    "LSTM": lambda: keras.layers.Bidirectional(keras.layers.LSTM(2)),
}


@pytest.mark.long  # in short by a convolutional network
@pytest.mark.parametrize("name", OVER_STEPS)
def test_layers_over_steps(name: str, binary: tuple[Parts, Shape]) -> None:
    def make() -> Any:
        inputs = keras.Input((2,))
        steps = keras.layers.Reshape((4, 2))(keras.layers.Dense(8, "tanh")(inputs))
        if name == "attention":
            steps = keras.layers.MultiHeadAttention(2, 3, dropout=0.1)(steps, steps)
            steps = keras.layers.LayerNormalization()(steps)
        outputs = keras.layers.Dense(1, "sigmoid")(OVER_STEPS[name]()(steps))
        model = keras.Model(inputs, outputs)
        model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
        return model

    agree(*binary, own(binary[1], make))


@pytest.fixture(scope="module")
def pictures() -> tuple[Parts, Shape]:
    draw = np.random.default_rng(0)
    y = draw.integers(0, 3, 150)
    x = draw.normal(size=(150, 8, 8, 1)) + y[:, None, None, None]
    data = arrays(x.astype(np.float32), y).load()
    return Split().parts(data), data.shape


@pytest.mark.parametrize("kind", long_but(["plain"], {n: n for n in ("plain", "separable")}))
def test_a_convolutional_network(kind: str, pictures: tuple[Parts, Shape]) -> None:
    conv = {"plain": keras.layers.Conv2D, "separable": keras.layers.SeparableConv2D}[kind]

    def make() -> Any:
        model = keras.Sequential(
            [
                keras.Input((8, 8, 1)),
                keras.layers.RandomFlip(),
                conv(4, 3, padding="same", use_bias=False),
                keras.layers.BatchNormalization(),
                keras.layers.Activation("relu"),
                keras.layers.MaxPooling2D(),
                keras.layers.SpatialDropout2D(0.2),
                conv(4, 3, activation="relu", strides=2),
                keras.layers.GlobalAveragePooling2D(),
                keras.layers.Dense(3, "softmax"),
            ]
        )
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
        return model

    agree(*pictures, own(pictures[1], make))


def test_one_that_diverges_leaves_the_others_alone(binary: tuple[Parts, Shape]) -> None:
    parts, shape = binary

    def ask(seed: int) -> TrainingRequest:
        model = build(None, shape, PLAIN, seed)
        if seed == SEEDS[1]:
            model.set_weights([np.full_like(array, 1e30) for array in model.get_weights()])
        return asked(model, 32, seed)

    trainings = together(parts, shape, ask)
    curves = [training.advance(EPOCHS) for training in trainings]
    assert [training.epoch for training in trainings] == [EPOCHS, 1, EPOCHS]
    assert not np.isfinite(curves[1]["loss"]).any()
    for place, (curve, _, _) in enumerate(alone(parts, shape, ask)):
        for name, values in curve.items():
            np.testing.assert_allclose(curves[place][name], values, **TOLERANCE, err_msg=name)


def test_one_that_has_ended_is_as_it_was_then(binary: tuple[Parts, Shape]) -> None:
    first, *others = together(*binary, dense(binary[1], dropout=0.2))
    for training in (first, *others):
        training.advance(2)
    before = first.arrays()
    for training in others:
        training.advance(EPOCHS)
    for one, other in zip(first.arrays(), before, strict=True):
        np.testing.assert_array_equal(one, other)
    with pytest.raises(ValueError, match="epoch 2 of a stack that stands at 4"):
        first.advance(3)


class Own(keras.layers.Layer):  # type: ignore[misc] # Keras has no types
    """A layer whose author may keep anything anywhere."""

    def call(self, x: Any) -> Any:
        return x


def of_many_sizes() -> Any:
    return small("adam", keras.layers.Dense(int(np.random.randint(1000))))


SHARED: list[Any] = []


def shared() -> Any:
    if not SHARED:
        SHARED.append(keras.layers.Dense(3, name="shared"))
    return small("adam", *SHARED)


APART: dict[str, tuple[Callable[[], Any], str]] = {
    "a layer of a user's": (lambda: small("adam", Own()), "does not describe"),
    "structure by seed": (of_many_sizes, "differ by more than their weights"),
    "clipped by norm": (lambda: small(keras.optimizers.Adam(clipnorm=1.0)), "treat every weight"),
    "clipped by all": (
        lambda: small(keras.optimizers.Adam(global_clipnorm=1.0)),
        "treat every weight",
    ),
    "by rows and columns": (lambda: small("adafactor"), "treat every weight"),
    "an embedding": (
        lambda: small("adam", keras.layers.Embedding(9, 2), keras.layers.Flatten()),
        "gradients in slices",
    ),
    "a constraint": (lambda: small(kernel_constraint="max_norm"), "constraint"),
    "shared weights": (shared, "share weights"),
}


@pytest.mark.parametrize("name", APART)
def test_what_is_trained_one_after_the_other(name: str, binary: tuple[Parts, Shape]) -> None:
    make, why = APART[name]
    with pytest.raises(ApartError, match=why):
        together(*binary, own(binary[1], make))


def test_weights_that_do_not_decay_are_told_by_no_configuration(
    binary: tuple[Parts, Shape],
) -> None:
    def make() -> Any:
        optimizer = keras.optimizers.AdamW()
        optimizer.exclude_from_weight_decay(var_names=["bias"])
        return small(optimizer)

    with pytest.raises(ApartError, match="treat every weight"):
        together(*binary, own(binary[1], make))


def test_other_engines_train_one_at_a_time(binary: tuple[Parts, Shape]) -> None:
    parts, shape = binary
    trainer = trainer_of(parts, shape, "fit")
    requests = [dense(shape)(seed) for seed in SEEDS]
    with pytest.raises(ApartError, match="the engine fit trains one model at a time"):
        trainer.begin_together(requests)
