"""`train.py`: a winner's training as one plain file of Keras and NumPy; needs no TensorFlow here.

What comes from a person (names, values, texts) stands in it as Python literals. A person's own
code comes first and all that is written here is inside one function, so that no name of the one
takes a name of the other.
"""

import ast
import re
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from textwrap import indent

from search.data.preparation import Preparation
from search.data.tree import TEXT, Code, Leaf, Tree
from search.study.outputs import LOGITS, SCORES
from search.study.target_form import COLUMN, ONE_HOT, PLAIN, SIGNED, TargetForm
from search.study.task import TASKS
from search.training import templates
from search.training.measure_names import names_of
from search.training.preparation_spec import spec_of
from search.training.recipe import Figure, OneCall, Recipe, StreamText

RAW_COLUMNS = "search.training.raw_columns"
"""The module whose functions make features of raw columns."""
TRAINING_DATA = "search.training.training_data"
"""That of what `build` gets of the training rows."""
FIGURES = "search.training.held_out_figures"
"""That of the functions which measure held-out rows."""
CALLBACKS = "search.training.callbacks"
"""That of what a training is given as callbacks."""
FIXED_BATCH = "search.training.fixed_batch"
"""That of the functions for models that take batches of one size alone."""


def script_names() -> set[str]:
    """Names that `train.py` may use for something of its own where it calls yours; rather more."""
    sources = [Path(templates.__file__).read_text(), Path(__file__).read_text()]
    names = set(re.findall(r"\b(?:for|as|def|class|import) (\w+)", "".join(sources)))
    for several in re.findall(r"(\w+(?:, \w+)*) \|?= ", "".join(sources)):
        names |= set(several.split(", "))
    for module in (RAW_COLUMNS, TRAINING_DATA, FIGURES, CALLBACKS, FIXED_BATCH):
        names |= set(_defined(module)[1])
    return names


def script(recipe: Recipe) -> str:
    """The whole text of `train.py`."""
    made_with = ", ".join(f"{name} {version}" for name, version in recipe.versions.items())
    parts = [
        templates.HEAD.format(run=recipe.run, made_with=made_with, threads=recipe.threads),
        templates.SEEDED if recipe.builder.own else "",
        recipe.builder.text.strip("\n") + "\n\n",
        templates.BEGIN.format(seed=recipe.seed, epochs=recipe.epochs, batch=recipe.batch),
        f"    parts = {recipe.parts!r}\n",
        _columns(recipe.preparation) if recipe.preparation else _rows(recipe),
        _targets(recipe),
        _weights(recipe),
        _stream(recipe, recipe.builder.stream) if recipe.builder.stream else "",
        _taught(recipe) if recipe.builder.adapts else "",
        templates.SCALED.format(times=recipe.horizon or 1) if recipe.scaled else "",
        _written(recipe),
        templates.MODEL.format(call=recipe.builder.call, build=_build(recipe)),
        templates.OF_ROWS if _for_all_places(recipe) else "",
        _fixed() if recipe.fixed else "",
        templates.GLOROT if recipe.numpy_random else "",
        templates.RATES if recipe.scheduled else "",
        _training(recipe),
        _by_build(recipe),
        _end(recipe),
        _measured(recipe),
        ""
        if recipe.loss is None
        else templates.VALIDATED.format(
            loss=recipe.loss,
            anew=_anew(recipe),
            size=_size(recipe, 1024),
            weights=_by_weights(recipe, "validation"),
        ),
        templates.SAY.format(expected=recipe.expected),
        templates.SAVE.format(whole=_whole(recipe)),
        templates.MAIN,
    ]
    return "\n".join(part for part in parts if part)


def _targets(recipe: Recipe) -> str:
    """As they are in the file."""
    if not TASKS[recipe.shape.task].by_model:
        return templates.TARGETS
    if not recipe.shape.targets:
        return "    y = dict.fromkeys(parts)\n"
    if not recipe.shape.targets[0].path:
        return '    y = {part: data[f"{part}_y"] for part in parts}\n'
    tree = _tree(recipe.shape.targets, "y")
    return f"    y = {{part: {tree} for part in parts}}\n"


def _weights(recipe: Recipe) -> str:
    """Of the rows that train; and of all parts, where models are measured by them."""
    if not recipe.weights:
        return '    weights = {"train": data["train_weights"]}\n' if recipe.weighted else ""
    all_of = 'data[f"{part}_weights"]'
    if recipe.weights[0].path:
        all_of = _tree(recipe.weights, "weights")
    return f"    weights = {{part: {all_of} for part in parts}}\n"


def _for_all_places(recipe: Recipe) -> bool:
    """Whether there is one weight for all places of a row's one target."""
    targets = recipe.shape.targets
    return recipe.weighted and not recipe.weights and len(targets) == 1


def _by_weights(recipe: Recipe, part: str, argument: str = "sample_weight=") -> str:
    """A further argument for what is measured."""
    return f', {argument}weights["{part}"]' if recipe.weights else ""


def _tree(leaves: Sequence[Leaf], of: str) -> str:
    """The expression that loads several arrays of a part."""
    loaded = Tree({
        leaf.path: Code(("texts_of" if leaf.dtype == TEXT else "tf.constant")
                        + f'(data[f"{{part}}_{of}_{place}"])')
        for place, leaf in enumerate(leaves)
    })  # fmt: skip
    return repr(loaded.nested)


def _end(recipe: Recipe) -> str:
    """What the trained model is asked, but what it measures itself."""
    if TASKS[recipe.shape.task].by_model:
        return ""
    return templates.END.format(said=_read(recipe), anew=_anew(recipe), size=_size(recipe, 4096))


def _by_build(recipe: Recipe) -> str:
    """After a loop, which may compile the model in its own way: the run asks what `build` gives."""
    one = recipe.one_call
    if one is None or not one.loop or all(figure.by for figure in recipe.figures):
        return ""
    return templates.BY_BUILD.format(
        call=recipe.builder.call,
        asked=_asked(recipe),
        filled="    fill_up(model, batch)\n" if recipe.fixed else "",
    )


def _shape(recipe: Recipe) -> tuple[int | None, ...]:
    return (recipe.batch if recipe.fixed else None, *recipe.shape.features)


def _size(recipe: Recipe, rows: int) -> str:
    """How many rows the model is asked about at once."""
    return "batch" if recipe.fixed else f"{rows}"


def _anew(recipe: Recipe) -> str:
    return "    begin_anew(model)\n" if recipe.fixed else ""


def _fixed() -> str:
    """What makes a model of one size of batch take the rows that are left at the end, too."""
    layers = _functions("search.training.keras_compat", {"layers_of"})
    return templates.FILLED.format(
        functions=layers + _functions(FIXED_BATCH, {"begin_anew", "fill_up"})
    )


def _written(recipe: Recipe) -> str:
    """Classes as the model's loss wants them."""
    form = _in_form(recipe, recipe.targets)
    if form == "codes":
        return ""
    return f"""    # Classes as the loss takes them.
    y = {{part: {form} for part, codes in y.items()}}
"""


def _in_form(recipe: Recipe, targets: TargetForm) -> str:
    """The expression that makes targets of `codes`."""
    if not TASKS[recipe.shape.task].classifies or targets == PLAIN:
        return "codes"
    classes = max(2, recipe.shape.outputs)
    kind = "np.float32" if targets.floats else "np.int32"
    return {
        ONE_HOT: f"np.eye({classes}, dtype={kind})[codes]",
        SIGNED: f"(2 * codes - 1).astype({kind})",
        COLUMN: f"codes.astype({kind}).reshape(-1, 1)",
    }.get(targets.layout, f"codes.astype({kind})")


def _taught(recipe: Recipe) -> str:
    """What `build` learns from before training."""
    made = _functions(TRAINING_DATA).rstrip("\n")
    if recipe.builder.stream:
        return f"""    # The rows that build(…, train) is given.
{made}

{templates.ALONE.format(steps=recipe.builder.stream.steps or -1)}"""
    return f"""    # The rows that build(…, train) is given.
{made}

    codes = y["train"]
    train = TrainingData(x["train"], {_in_form(recipe, recipe.shape.given)})
"""


def _one_call(recipe: Recipe, one: OneCall) -> str:
    """The call of a training that is one."""
    made = "" if recipe.builder.adapts else _functions(TRAINING_DATA)
    more = ["*" + f"({one.callbacks})"] if one.callbacks else []
    more += ["rates"] if recipe.scheduled else []
    if one.loop:
        values = f", {one.values}" if one.values else ""
        weights = "weights.get(part)" if recipe.weighted else "None"
        called = templates.LOOP.format(
            loop=one.loop, values=values, weights=weights, data=made.rstrip("\n")
        )
        if recipe.shape.inputs and all(leaf.dtype != TEXT for leaf in recipe.shape.inputs):
            called = templates.AS_ARRAYS + called
        if recipe.builder.stream:
            called = templates.LOOP_OF_STREAM + called
    else:
        validated = _by_weights(recipe, "validation", "")
        called = templates.WHOLE_FIT.format(train=_fitted(recipe), validated=validated)
        if recipe.builder.stream and recipe.builder.stream.steps:
            called = templates.ENDLESS + called
    return templates.ONE_CALL.format(
        asked=one.asked,
        callbacks=", ".join([*more, "Until()"]),
        classes=_functions(CALLBACKS, {"Callbacks"}).rstrip("\n"),
        called=called,
    )


def _fitted(recipe: Recipe) -> str:
    """What one call of `fit` trains on."""
    stream = recipe.builder.stream
    if stream is None:
        weights = 'weights["train"]' if recipe.weighted else "None"
        return templates.OF_ARRAYS.format(weights=weights)
    return templates.OF_STEPS.format(steps=stream.steps) if stream.steps else templates.OF_STREAM


def _stream(recipe: Recipe, stream: StreamText) -> str:
    """The training rows, as the run opened them."""
    changed = ""
    if stream.split:
        changed += templates.OF_SPLIT.format(train=stream.split[0], all=sum(stream.split))
    changed += "" if stream.batched else templates.BATCHED
    changed += templates.WHOLE if recipe.fixed else ""
    return templates.STREAM.format(call=stream.call, changed=changed)


def _training(recipe: Recipe) -> str:
    if recipe.one_call is not None:
        return _one_call(recipe, recipe.one_call)
    if recipe.builder.stream:
        steps, fit = recipe.builder.stream.steps, "        model.fit("
        in_steps = templates.ENDLESS + templates.IN_STEPS.format(steps=steps)
        text = templates.FROM_STREAM if steps is None else in_steps
        return text.replace(fit, f"        begin_anew(model)\n{fit}") if recipe.fixed else text
    order = templates.NUMPY_ORDER if recipe.numpy_random else templates.KERAS_ORDER
    own = _rows_of("weights", several=bool(recipe.weights and recipe.weights[0].path))
    more = {
        f'"sample_weight": {own}': recipe.weighted,
        '"callbacks": [rates]': recipe.scheduled,
    }
    options = ", ".join(option for option, holds in more.items() if holds)
    changing = templates.WHOLE_BATCHES if recipe.fixed else ""
    changing += f"        options |= {{{options}}}\n" if options else ""
    drawn = _rows_of("x", several=bool(recipe.shape.inputs))
    if TASKS[recipe.shape.task].by_model:
        targets = recipe.shape.targets
        count, y = 'len(keras.tree.flatten(x["train"])[0])', "None"
        if targets:
            y = _rows_of("y", several=bool(targets[0].path))
        return templates.TRAIN.format(
            order=order.replace('len(y["train"])', count), changing=changing, drawn=drawn, y=y
        )
    return templates.TRAIN.format(order=order, changing=changing, drawn=drawn, y='y["train"][rows]')


def _rows_of(name: str, *, several: bool) -> str:
    """The expression of some of the rows that train."""
    if several:
        return f'keras.tree.map_structure(lambda leaf: tf.gather(leaf, rows), {name}["train"])'
    return f'{name}["train"][rows]'


def _build(recipe: Recipe) -> str:
    return _asked(recipe) if recipe.shape.inputs else f"model.build({_shape(recipe)})"


def _asked(recipe: Recipe) -> str:
    """A call of the model on the first rows."""
    rows, part = "batch" if recipe.fixed else "1", recipe.parts[0]
    return f'model(keras.tree.map_structure(lambda leaf: leaf[:{rows}], x["{part}"]))'


def _rows(recipe: Recipe) -> str:
    """Features as they are in the file."""
    shape = recipe.shape
    if recipe.horizon:
        return templates.WINDOWS.format(window=shape.features[0])
    if not shape.inputs:
        return templates.ARRAYS
    return templates.INPUTS.format(tree=_tree(shape.inputs, "x"))


def _read(recipe: Recipe) -> str:
    """From what the model gives to probabilities or scores, or to numbers in their own units."""
    task, kind = TASKS[recipe.shape.task], recipe.outputs.kind
    if task.has_numbers:
        return "said = found * deviation + mean" if recipe.scaled else "said = found"
    said = "found"
    if kind == LOGITS:
        said = f"keras.ops.{recipe.outputs.link}(found).numpy()"
    if task.has_labels:
        return f"said = {'(1 + found) / 2' if kind == SCORES else said}"
    first = "-said" if kind == SCORES else "1 - said"
    cut = "" if kind == SCORES else "\n        said = said.clip(0, 1)"
    return f"""said = {said}
    if said.shape[1] == 1:  # of the second class{cut}
        said = np.hstack([{first}, said])"""


def _measured(recipe: Recipe) -> str:
    """Each figure, the page's beside it."""
    figures = recipe.figures
    if not figures:
        return ""
    found = _functions(FIGURES, {figure.by for figure in figures})
    evaluated = templates.EVALUATED.format(
        anew=_anew(recipe),
        size=_size(recipe, 1024),
        weights=_by_weights(recipe, "held_out"),
    )
    found += "" if all(figure.by for figure in figures) else evaluated
    lines = []
    for figure in figures:
        per = f" / {list(figure.deviations)}" if figure.deviations else ""
        here = f"{figure.by}(said{per}, truth{per})" if figure.by else _by_the_model(figure)
        page = "no finite number" if figure.page is None else f"{figure.page:.6g}"
        lines.append(f"        ({figure.measure!r}, {here}, {page!r}),\n")
    return templates.MEASURED.format(functions=found, figures="".join(lines))


def _by_the_model(figure: Figure) -> str:
    """Its own measure; of a loss, what it adds for the weights is no part."""
    short = figure.objective.removeprefix("val_")
    if short == "loss":
        penalty = "sum(model.losses)"
        if figure.of_weights:
            penalty = templates.PENALTY
        return f'measured["loss"] - float({penalty})'
    names = names_of(short)
    if len(names) == 1:
        return f"np.mean(measured[{short!r}])"
    return f"next(np.mean(measured[name]) for name in {names} if name in measured)"


def _whole(recipe: Recipe) -> str:
    """Saves the trained model as one that takes raw columns and speaks in the targets' units."""
    if recipe.preparation is None and not recipe.scaled:
        return "model.save(path)"
    lines = ["whole = model"]
    if recipe.scaled:
        units = "keras.layers.Rescaling(deviation.tolist(), mean.tolist())"
        if recipe.horizon:
            lines.append(f"inputs = keras.Input(batch_shape={_shape(recipe)!r})")
            lines.append(
                f"whole = keras.Model(inputs, {units}(model({templates.STANDARDISED}(inputs))))"
            )
        else:
            given = "model.input" if recipe.shape.inputs else "model.inputs[0]"
            lines.append(f"whole = keras.Model({given}, {units}(model.outputs[0]))")
    if recipe.preparation:
        batch = ", batch" if recipe.fixed else ""
        lines.append(f"whole = with_raw_columns(whole, spec{batch})")
    return "\n        ".join([*lines, "whole.save(path)"])


def _columns(preparation: Preparation) -> str:
    lines = "".join(
        f"        {name!r}: {value!r},\n" for name, value in spec_of(preparation).items()
    )
    several = preparation.inputs or preparation.texts
    prepared = "prepare(columns)" if several else "prepare(columns).numpy()"
    functions = _functions(RAW_COLUMNS).rstrip("\n")
    return templates.PREPARE.format(functions=functions, spec=lines, prepared=prepared)


def _functions(module: str, wanted: set[str] | None = None) -> str:
    """A module's functions, or those of these names and what they call, to stand inside another."""
    source, there = _defined(module)
    taken = set(there) if wanted is None else wanted & set(there)
    for name in list(taken):
        taken |= {n.id for n in ast.walk(there[name]) if isinstance(n, ast.Name)} & set(there)
    found = [ast.get_source_segment(source, there[name]) or "" for name in there if name in taken]
    return "".join(f"{indent(text, '    ')}\n\n" for text in found)


def _defined(module: str) -> tuple[str, dict[str, ast.FunctionDef | ast.ClassDef]]:
    """A module's text, and its functions and classes by name."""
    spec = find_spec(module)
    source = Path(str(spec and spec.origin)).read_text(encoding="utf-8")
    kinds = ast.FunctionDef | ast.ClassDef
    return source, {node.name: node for node in ast.parse(source).body if isinstance(node, kinds)}
