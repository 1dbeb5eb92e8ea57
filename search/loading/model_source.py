"""What of a space's text its models hang on, so that two runs' models can be distinguished.

Nothing is executed: from the expression behind `model=`, names are followed through the text.
"""

import ast
import symtable
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from search.study.errors import InputError

_STUDY_AND_MODEL = 3
"""`Study(data, space, model)`: where `model` stands without its name."""
KERASTUNER = "kerastuner"
_TUNERS = {"RandomSearch", "BayesianOptimization", "GridSearch", "Hyperband", "Tuner"}
MODEL, FIT, CALLBACKS, STREAMS = "model", "fit", "callbacks", "streams"
"""Arguments of a study, and of its data: what of a file the weights of its models hang on."""
_CALLED = {MODEL: "build", FIT: "train_loop", CALLBACKS: "make"}
_DOES = {
    MODEL: "builds the model",
    FIT: "trains it",
    CALLBACKS: "makes its callbacks",
    STREAMS: "makes the streams",
}


def model_source(files: Mapping[str, str], main: str) -> str:
    """All of a space's text that its models hang on, without comments and layout.

    It is rather too much than too little: a statement that does something when the file is read
    belongs to it, the whole file where no `model=` is found in it, and every file beside it where
    one of them is used. Never the study itself, so that another range or budget changes nothing.

    Args:
        files: Name → text of the space file and its siblings.
        main: The space file's name.

    Raises:
        SyntaxError: This Python cannot read them.
    """
    statements = _without_study(files[main])
    functions = _functions(files[main])
    followed = MODEL in functions and STREAMS not in functions
    roots = [*functions.values()] if followed else []
    kept = _followed(roots, statements) if roots else statements
    others = {name: text for name, text in sorted(files.items()) if name != main}
    if any(_imports(statement, others) for statement in kept):
        kept = [*kept, *(s for text in others.values() for s in _without_study(text))]
    return "\n".join(ast.dump(node) for node in (*roots, *kept))


@dataclass(frozen=True)
class ModelText:
    """What of a space's text makes its models, to be taken elsewhere.

    Attributes:
        text: Statements of the space file, comments in them and all.
        functions: Argument of the study, such as "model" → the expression behind it.
        siblings: Name → text of the files beside it, where one of them is used.
        of_hp: Whether the model is made of `hp`: it is what `kerastuner` is given.
    """

    text: str
    functions: Mapping[str, str]
    siblings: Mapping[str, str]
    of_hp: bool = False


def model_text(files: Mapping[str, str], main: str, wanted: Sequence[str] = ()) -> ModelText:
    """The same as `model_source`, to be executed where this package is not.

    Args:
        files: Name → text of the space file and its siblings.
        main: The space file's name.
        wanted: Arguments of the study that have functions; `model` where left out.

    Raises:
        InputError: It is unclear what belongs to the model, or that needs this package.
    """
    functions = _functions(files[main])
    hypermodel = _hypermodel(functions.get(MODEL))
    if hypermodel is not None:
        functions[MODEL] = hypermodel
        files = {name: before_search(text) for name, text in files.items()}
    for name in (wanted := wanted or (MODEL,)):
        if name not in functions:
            raise InputError(
                main,
                f"its text does not show what {_DOES[name]}",
                f"write it as study = Study({_written(name)})",
            )
    roots = [functions[name] for name in wanted]
    kept = _followed(roots, _without_study(files[main]))
    others = {name: text for name, text in files.items() if name != main}
    used = others if any(_imports(statement, others) for statement in kept) else {}
    apart = _of_search(files[main])
    for node in (*roots, *kept):
        _check_apart(main, node, apart)
    for name, text in used.items():
        _check_apart(name, ast.parse(text), set())
    lines = files[main].splitlines()
    taken = sorted({line for statement in kept for line in range(*_lines(statement))})
    written = {name: _called_as(functions[name]) for name in wanted}
    return ModelText(_joined(lines, taken), written, used, hypermodel is not None)


def _hypermodel(model: ast.expr | None) -> ast.expr | None:
    """What `kerastuner(…)` is given; None where the model is no such call."""
    if not isinstance(model, ast.Call) or not model.args:
        return None
    return model.args[0] if ast.unparse(model.func).split(".")[-1] == KERASTUNER else None


def before_search(text: str) -> str:
    """A file without what begins with the search of a tuner of KerasTuner's."""
    tuners: set[str] = set()
    for statement in ast.parse(text).body:
        value = statement.value if isinstance(statement, ast.Assign | ast.Expr) else None
        if not isinstance(value, ast.Call):
            continue
        called = ast.unparse(value.func).split(".")
        if isinstance(statement, ast.Assign) and called[-1] in _TUNERS:
            tuners |= _bound(statement)
        if called[0] in tuners and called[-1] == "search":
            return "".join(text.splitlines(keepends=True)[: statement.lineno - 1])
    return text


def _written(name: str) -> str:
    return "data=streams(make), …" if name == STREAMS else f"…, {name}={_CALLED[name]}"


def _called_as(function: ast.expr) -> str:
    """The text of an expression that brackets may follow."""
    return ast.unparse(function) if isinstance(function, ast.Name) else f"({ast.unparse(function)})"


def _of_search(text: str) -> set[str]:
    """Names that a file has from this package, and that of its study."""
    imports = [s for s in ast.parse(text).body if isinstance(s, ast.ImportFrom | ast.Import)]
    return {"study"}.union(*(_bound(s) for s in imports if _imports(s, {"search.py": ""})))


def _check_apart(file: str, node: ast.AST, names: set[str]) -> None:
    """Refuse what cannot be without this package."""
    used = sorted(_used(node) & names)
    if used or _imports(node, {"search.py": ""}):
        what = f"{used[0]!r}, which needs search" if used else "an import of search"
        raise InputError(
            f"{file}, line {getattr(node, 'lineno', 1)}",
            f"what builds the model uses {what}",
            "a file of plain Keras has no search, so move that out of it",
        )


def _lines(statement: ast.stmt) -> tuple[int, int]:
    """First line of a statement, from 0 and with its decorators, and the one behind its last."""
    decorators = getattr(statement, "decorator_list", [])
    first = min(node.lineno for node in (statement, *decorators))
    return first - 1, statement.end_lineno or first


def _joined(lines: list[str], taken: list[int]) -> str:
    """These lines, with two empty ones where some between them were left out."""
    parts: list[str] = []
    for before, line in zip([-1, *taken], taken, strict=False):
        gap = before >= 0 and line > before + 1
        empty = gap and not any(lines[i].strip() for i in range(before + 1, line))
        parts += lines[before + 1 : line] if empty else ["", ""] if gap else []
        parts.append(lines[line])
    return "\n".join(parts) + "\n"


def _without_study(text: str) -> list[ast.stmt]:
    """A file's statements but its docstring, its study and what it takes from this package."""
    return [
        statement
        for place, statement in enumerate(ast.parse(text).body)
        if not (place == 0 and _is_text(statement))
        and "study" not in _bound(statement)
        and not (isinstance(statement, ast.ImportFrom) and statement.module == "search")
    ]


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _functions(text: str) -> dict[str, ast.expr]:
    """What stands behind `model=`, `fit=`, `callbacks=`, `data=streams(…)`; none if unclear."""
    study = _study(text)
    if study is None:
        return {}
    by_place = study.args[_STUDY_AND_MODEL - 1 :]
    found: dict[str, ast.expr | None] = {MODEL: by_place[0]} if by_place else {}
    found |= {k.arg: k.value for k in study.keywords if k.arg in _CALLED}
    named = [keyword.value for keyword in study.keywords if keyword.arg == "data"]
    for data in [*named, *study.args[:1]]:
        if isinstance(data, ast.Call) and ast.unparse(data.func).split(".")[-1] == STREAMS:
            own = [keyword.value for keyword in data.keywords if keyword.arg == "make"]
            found[STREAMS] = next(iter([*own, *data.args[:1]]), None)
    return {name: function for name, function in found.items() if name and function is not None}


def _study(text: str) -> ast.Call | None:
    """The last `study = Study(…)`; None where there is none."""
    for statement in reversed(ast.parse(text).body):
        if isinstance(statement, ast.Assign | ast.AnnAssign) and "study" in _bound(statement):
            return statement.value if isinstance(statement.value, ast.Call) else None
    return None


def _followed(roots: list[ast.expr], statements: list[ast.stmt]) -> list[ast.stmt]:
    """The statements that bind what `roots` use, what those use, and all that act of their own."""
    kept = {place for place, statement in enumerate(statements) if not _bound(statement)}
    waiting: list[ast.AST] = [*roots, *(statements[place] for place in kept)]
    known: set[str] = set()
    while waiting:
        names = _used(waiting.pop()) - known
        known |= names
        for place, statement in enumerate(statements):
            if place not in kept and names & _bound(statement):
                kept.add(place)
                waiting.append(statement)
    return [statements[place] for place in sorted(kept)]


def _used(node: ast.AST) -> set[str]:
    """Names that a node takes from the file around it; an argument or a local of its own is none.

    Its text is parsed anew for Python's own table of scopes.
    """
    waiting, names = [symtable.symtable(ast.unparse(node), "", "exec")], set()
    while waiting:
        scope = waiting.pop()
        whole = scope.get_type() == "module"
        symbols = [symbol for symbol in scope.get_symbols() if not symbol.is_imported()]
        names |= {symbol.get_name() for symbol in symbols if whole or symbol.is_global()}
        waiting += scope.get_children()
    return names


def _bound(statement: ast.stmt) -> set[str]:
    """Names that a statement gives a meaning; none where it may do more than that."""
    match statement:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return {statement.name}
        case ast.Import() | ast.ImportFrom():
            names = {alias.asname or alias.name.split(".")[0] for alias in statement.names}
            return set() if "*" in names else names
        case ast.Assign():
            targets = [name for target in statement.targets for name in _names(target)]
        case ast.AnnAssign():
            targets = list(_names(statement.target))
        case _:
            return set()
    return {name for name in targets if name is not None} if None not in targets else set()


def _names(target: ast.expr) -> Iterator[str | None]:
    """The names in a target of an assignment; None for what is no name, such as `a.b` or `a[0]`."""
    match target:
        case ast.Name():
            yield target.id
        case ast.Tuple() | ast.List():
            for element in target.elts:
                yield from _names(element)
        case ast.Starred():
            yield from _names(target.value)
        case _:
            yield None


def _imports(statement: ast.AST, files: Mapping[str, str]) -> bool:
    """Whether a statement takes something from one of the files, wherever in it the import is."""
    own = {name.split("/")[0].removesuffix(".py") for name in files}
    for node in ast.walk(statement):
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            modules = [node.module or ""]
        else:
            continue
        if any(module.split(".")[0] in own for module in modules):
            return True
    return False
