"""What a `build(hp)` asks for, and when: found by calling it with several values.

KerasTuner calls `build` once with all defaults, and once more for each `conditional_scope` that was
not active. What hangs on a value by Python's own `if` and `for` shows there in later trials alone.
Here each hyperparameter that can be counted is tried at other values, too, so that no trial has a
value that its model does not use.
"""

import inspect
import math
import random
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from search.loading.space_file import file_of
from search.loading.stand_in_keras_tuner import Built, HyperParameter, HyperParameters
from search.study.errors import InputError

MOST = 200
"""Calls of `build`, at most."""
FEW = 40
"""Values of a whole number that are all tried where its ends ask for different things."""
LONGEST = 60.0
"""Seconds after which it is called no more."""
DRAWS = 8
"""Calls with all values drawn, for what hangs on two at once."""
ROWS = 8
"""Rows that a `fit` is given for as long as it asks for more."""

Key = tuple[str, Any]


@dataclass(frozen=True)
class Condition:
    """That Python asks for one hyperparameter only at some values of another.

    Attributes:
        parent: The other's key.
        values: At which it asked.
        others: At which it did not.
        counted: Whether all values of the other are among these.
    """

    parent: Key
    values: tuple[Any, ...]
    others: tuple[Any, ...]
    counted: bool

    def holds(self, found: Mapping[Key, Any]) -> bool:
        """Whether it asks, by the values of those before."""
        if self.parent not in found:
            return False
        value = found[self.parent]
        if self.counted or value in self.values or isinstance(value, bool | str):
            return bool(value in self.values)
        return self._nearest(value)

    def _nearest(self, value: float) -> bool:
        """Of a number between those that were tried: what the nearest of them says."""
        near: float = min(abs(value - other) for other in self.values)
        far: float = min((abs(value - other) for other in self.others), default=math.inf)
        return near <= far


@dataclass(frozen=True)
class Explored:
    """A space that was found.

    Attributes:
        entries: Each hyperparameter, its name in the study, and when Python asks for it; none
            before those on which it depends.
        notes: What should be known of how it was found.
    """

    entries: tuple[tuple[HyperParameter, str, tuple[Condition, ...]], ...]
    notes: tuple[str, ...] = ()


def explored(built: Built, few: tuple[Any, Any] | None = None) -> Explored:
    """Call `build` until nothing new shows.

    Args:
        built: What has it.
        few: Some rows and their targets, for its `fit`; zeros where left out.

    Raises:
        InputError: It asks for one name with two ranges, asks for nothing, or makes no model.
        Exception: Whatever it raises with all at its default.
    """
    return _Explorer(built, few).explored()


class _Recording(HyperParameters):
    """An `hp` that knows where it was asked."""

    def __init__(self, given: Mapping[str, Any] | None = None) -> None:
        super().__init__(given or {})
        self.lines: dict[Key, str] = {}

    def _ask(self, kind: str, name: str, config: Any, default: Any, *parent: Any) -> Any:
        value = super()._ask(kind, name, config, default, *parent)
        if self.space:
            self.lines.setdefault(self.space[-1].key, _line())
        return value

    def _asked_again(self, known: HyperParameter, hp: HyperParameter) -> None:
        check_same(known, hp, self.lines.get(known.key, ""))

    def full_name(self, name: str) -> str:
        return self._full(name)


def check_same(known: HyperParameter, hp: HyperParameter, line: str) -> None:
    """Refuse one name with two ranges under the same conditions.

    Raises:
        InputError: They differ.
    """
    if (known.kind, known.config) == (hp.kind, hp.config):
        return
    raise InputError(
        f"hp.{hp.kind}({hp.name!r})",
        f"the same name stands for {_said(hp)} here and for {_said(known)} in "
        f"{line or 'another call'}",
        "give each its own name, or one range",
    )


def _said(hp: HyperParameter) -> str:
    named = ", ".join(f"{key}={value!r}" for key, value in hp.config.items() if value is not None)
    return f"{hp.kind}({named})"


def _line() -> str:
    """The line of your file that asks."""
    frame = inspect.currentframe()
    own = (
        __file__,
        sys.modules[HyperParameters.__module__].__file__,
        contextmanager.__code__.co_filename,
    )
    while frame is not None and frame.f_code.co_filename in own:
        frame = frame.f_back
    return "" if frame is None else f"{file_of(frame.f_code.co_filename)}, line {frame.f_lineno}"


@dataclass
class _Call:
    """One call of `build`.

    Attributes:
        given: Long name → value.
        values: Key → value of those that were asked for and active.
    """

    given: dict[str, Any]
    values: dict[Key, Any] = field(default_factory=dict)


class _Explorer:
    def __init__(self, built: Built, few: tuple[Any, Any] | None) -> None:
        self._built, self._few = built, few
        self._space: dict[Key, HyperParameter] = {}
        self._lines: dict[Key, str] = {}
        self._calls: list[_Call] = []
        self._count = 0
        self._counted: set[Key] = set()
        self._begun, self._cut = time.monotonic(), False

    def explored(self) -> Explored:
        self._first()
        varied = 0
        while varied < len(self._space):
            self._vary(list(self._space.values())[varied])
            varied += 1
            if varied == len(self._space):
                self._draw(varied)
        if not any(searched(hp) for hp in self._space.values()):
            raise InputError(
                _defined(self._built), "build asks hp for nothing that can be searched",
                "call hp.Int, hp.Float, hp.Choice or hp.Boolean in it",
            )  # fmt: skip
        names = self._names()
        entries = tuple((hp, names[key], self._conditions(key)) for key, hp in self._space.items())
        return Explored(entries, self._notes())

    def _notes(self) -> tuple[str, ...]:
        if not self._cut:
            return ()
        names = ", ".join(hp.name for hp in self._space.values())
        return (
            f"what build asks for was looked for in {len(self._calls)} call(s), which took over "
            f"{LONGEST:g} s: found were {names}; what it asks for at other values is not searched, "
            "so make build quicker, such as by loading what is large once, outside of it",
        )

    def _first(self) -> None:
        """With all at its default: what is wrong here is wrong."""
        hp = _Recording()
        model = self._built.made(hp)
        self._note_asked(hp)
        _check_model(self._built, model)
        self._calls.append(self._after_fit(hp, model, {}))

    def _call(self, given: dict[str, Any]) -> _Call | None:
        """With some values; None where `build` fails at them, or was called often enough."""
        self._count += 1
        self._cut |= time.monotonic() - self._begun > LONGEST
        if self._count > MOST or self._cut:
            return None
        hp, call = _Recording(given), None
        try:
            model = self._built.made(hp)
            call = self._after_fit(hp, model, given)
        except InputError:
            raise
        except Exception:
            self._note_asked(hp)
            return None
        self._note_asked(hp)
        self._calls.append(call)
        _forget()
        return call

    def _after_fit(self, hp: _Recording, model: Any, given: dict[str, Any]) -> _Call:
        """What was asked for, by a `fit` of its own too."""
        if self._built.fits:
            _fit(self._built, model, self._few)
        self._note_asked(hp)
        values = {one.key: hp.values[one.name] for one in hp.space if hp.is_active(one)}
        return _Call(given, values)

    def _note_asked(self, hp: _Recording) -> None:
        for one in hp.space:
            known = self._space.setdefault(one.key, one)
            if known is not one:
                try:
                    check_same(known, one, self._lines.get(one.key, ""))
                except InputError as error:
                    raise error.within(hp.lines.get(one.key, "")) from None
            self._lines.setdefault(one.key, hp.lines.get(one.key, ""))

    def _vary(self, hp: HyperParameter) -> None:
        """Call with other values of one, where it is active."""
        if not searched(hp):
            return
        context = next((call for call in self._calls if hp.key in call.values), None)
        context = context or self._call(self._activating(hp))
        if context is None or hp.key not in context.values:
            return
        options = _options(hp)
        ends = options if hp.kind in {"Choice", "Boolean"} else options[:: max(1, len(options) - 1)]
        if self._differ(hp, context, ends) and len(options) <= FEW:
            self._differ(hp, context, options)
            ends = options
        if ends is options:
            self._counted.add(hp.key)

    def _differ(self, hp: HyperParameter, context: _Call, values: Iterable[Any]) -> bool:
        """Whether something else is asked for at some of the values."""
        found = False
        tried = [call.values.get(hp.key) for call in self._calls if _same_but(call, context, hp)]
        for value in values:
            if value in tried:
                continue
            call = self._call({**context.given, hp.long: value})
            found |= call is not None and call.values.keys() != context.values.keys()
        return found

    def _activating(self, hp: HyperParameter) -> dict[str, Any]:
        """Values at which the conditions of one hold."""
        given: dict[str, Any] = {}
        for condition in hp.conditions:
            for parent in [one for one in self._space.values() if one.name == condition.name]:
                given |= {**self._activating(parent), parent.long: condition.values[0]}
        return given

    def _draw(self, seed: int) -> None:
        """Call with all values drawn: what hangs on two at once shows."""
        draw = random.Random(seed)  # noqa: S311 - the same each time
        for _ in range(DRAWS):
            self._call({
                hp.long: draw.choice(options)
                for hp in self._space.values()
                if searched(hp) and (options := _options(hp))
            })  # fmt: skip

    def _names(self) -> dict[Key, str]:
        """What the study calls each: with its conditions where one name has several ranges."""
        ranges: dict[str, list[Any]] = {}
        for hp in self._space.values():
            if (one := (hp.kind, hp.config)) not in ranges.setdefault(hp.name, []):
                ranges[hp.name].append(one)
        return {
            key: hp.short if len(ranges[hp.name]) == 1 else hp.long
            for key, hp in self._space.items()
        }

    def _conditions(self, key: Key) -> tuple[Condition, ...]:
        """The fewest that tell calls which ask for one from those that do not."""
        having = [call for call in self._calls if key in call.values]
        declared = self._space[key].conditions
        lacking = [
            call for call in self._calls
            if key not in call.values
            and all(c.is_active({k[0]: v for k, v in call.values.items()}) for c in declared)
        ]  # fmt: skip
        before = list(self._space)[: list(self._space).index(key)]
        parents = [k for k in reversed(before) if all(k in call.values for call in having)]
        found: list[Condition] = []
        while lacking and having:
            told = {parent: _told_apart(parent, having, lacking) for parent in parents}
            best = max(told, key=lambda parent: len(told[parent]), default=None)
            if best is None or not told[best]:
                break
            values = tuple(dict.fromkeys(call.values[best] for call in having))
            others = dict.fromkeys(c.values[best] for c in told[best] if best in c.values)
            found.append(Condition(best, values, tuple(others), best in self._counted))
            lacking = [call for call in lacking if call not in told[best]]
        return tuple(found)


def _told_apart(parent: Key, having: list[_Call], lacking: list[_Call]) -> list[_Call]:
    """The calls without one that another's value tells from all with it."""
    values = [call.values[parent] for call in having]
    return [c for c in lacking if parent not in c.values or c.values[parent] not in values]


def _same_but(call: _Call, context: _Call, hp: HyperParameter) -> bool:
    """Whether two calls were given the same but for one value."""
    return {k: v for k, v in call.given.items() if k != hp.long} == {
        k: v for k, v in context.given.items() if k != hp.long
    }


def options_of(hp: HyperParameter) -> list[Any] | None:
    """The values of one that is drawn from a list; None of a range."""
    match hp.kind:
        case "Choice":
            return list(dict.fromkeys(hp.config["values"]))
        case "Boolean":
            return [True, False]
        case "Fixed":
            return [hp.config["value"]]
    low, high, step = (hp.config[key] for key in ("min_value", "max_value", "step"))
    if step is None or hp.config["sampling"] == "linear":
        return None
    count = int(math.log(high / low, step) + 1e-8) + 1 if high > low else 1
    values = [low * step**power for power in range(count)]
    if hp.config["sampling"] == "reverse_log":
        values = [high + low - value for value in reversed(values)]
    return [int(value) for value in values] if hp.kind == "Int" else values


def told(hp: HyperParameter, conditions: Sequence[Condition]) -> str:
    """The range of one, and when it is asked for, such as "8…64 (log), where depth is 2"."""
    options = options_of(hp)
    if options is not None:
        said = ", ".join(map(str, options))
    else:
        low, high, step, scale = (
            hp.config[key] for key in ("min_value", "max_value", "step", "sampling")
        )
        said = f"{low:g}…{high:g}" + (f", step {step:g}" if step not in {None, 1} else "")
        said += f" ({scale})" if scale != "linear" else ""
    whens = [(one.name, one.values) for one in hp.conditions]
    whens += [(one.parent[0], one.values) for one in conditions]
    each = dict.fromkeys(f"{name} is {' or '.join(map(str, values))}" for name, values in whens)
    return f"{said}, where {' and '.join(each)}" if each else said


def searched(hp: HyperParameter) -> bool:
    """Whether there is more than one value of it."""
    options = options_of(hp)
    if options is not None:
        return len(options) > 1
    return bool(hp.config["min_value"] < hp.config["max_value"])


def _options(hp: HyperParameter) -> Sequence[Any]:
    """Values in order; of a continuous range, its ends."""
    options = options_of(hp)
    if options is not None:
        return options
    low, high, step = (hp.config[key] for key in ("min_value", "max_value", "step"))
    if hp.kind == "Float":
        return [low, high]
    return range(low, high + 1, step or 1)


def _fit(built: Built, model: Any, few: tuple[Any, Any] | None) -> None:
    """Have a `fit` ask for what it asks for: it gets no further than a first epoch."""

    def stop(*_: Any, **__: Any) -> None:
        raise _Asked

    def rows(tensors: Any) -> Any:
        several = tensors if len(tensors) > 1 else tensors[:1]
        made = [np.zeros((ROWS, *(size or 1 for size in t.shape[1:])), np.float32) for t in several]
        return made if len(made) > 1 else made[0]

    with _eagerly(), suppress(_Asked, Exception):  # a training will say what is wrong
        pair = few or (rows(model.inputs), rows(model.outputs))
        model.fit = stop
        built.hypermodel_fit(model, pair, pair, 1, _Stopping(stop))


@contextmanager
def _eagerly() -> Iterator[None]:
    """Without the seconds that TensorFlow takes to trace a loop that is left at once."""
    config = sys.modules["tensorflow"].config if "tensorflow" in sys.modules else None
    before = config is None or config.functions_run_eagerly()
    if config is not None:
        config.run_functions_eagerly(True)
    try:
        yield
    finally:
        if config is not None:
            config.run_functions_eagerly(before)


class _Asked(BaseException):
    """A `fit` has asked for all that it asks for before it trains."""


class _Stopping:
    """In the place of callbacks: any of them ends the call."""

    def __init__(self, stop: Any) -> None:
        self._stop = stop

    def __iter__(self) -> Iterator[Any]:
        yield self

    def __getattr__(self, name: str) -> Any:
        if name.startswith("on_epoch"):
            return self._stop
        return lambda *_, **__: None


def _check_model(built: Built, model: Any) -> None:
    if not hasattr(model, "compiled"):
        what = type(model).__name__
        raise InputError(
            _defined(built), f"build returned {what}; it has to return a compiled keras.Model",
            "end it in return model" if model is None else "return the model",
        )  # fmt: skip
    if not model.compiled and not built.fits:
        raise InputError(
            _defined(built), "build returned a model that is not compiled",
            "call model.compile(optimizer=…, loss=…, metrics=['accuracy']) in it",
        )  # fmt: skip


def _defined(built: Built) -> str:
    code = getattr(inspect.unwrap(built.build), "__code__", None)
    return "build" if code is None else f"{file_of(code.co_filename)}, line {code.co_firstlineno}"


def _forget() -> None:
    """Models pile up in Keras otherwise."""
    keras = sys.modules.get("keras")
    if keras is not None:
        keras.utils.clear_session(free_memory=False)
