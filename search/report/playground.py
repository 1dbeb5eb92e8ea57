"""How the finalists and baselines learnt, epoch by epoch, to be played on the page."""

import zlib
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from search.data.dataset import Array
from search.report.figures.boundary import ALIKE
from search.report.material import Material
from search.study.answer import Answer, Fit
from search.study.task import TASKS

MOST_BYTES = 2_000_000
"""Of the page that recordings may take; a run's last models are left out where they do not fit."""
NAMES = {
    "features": "the two features",
    "columns": "two columns, the others fixed",
    "components": "two principal components",
}
"""Kind of a plane → what its switch says."""


@dataclass(frozen=True)
class Playground:
    """The last part of the page.

    Attributes:
        text: What each plane is, and why other planes or models are left out.
        data: What the page's script plays: planes with their axes and rows, models with their
            frames, and what is asked of each row; None where nothing was recorded.
    """

    text: tuple[str, ...]
    data: Mapping[str, Any] | None


def playground(made: Material) -> Playground | None:
    """What there is to play; None in a run without an answer, or of a version before this."""
    answer, replay = made.answer, made.run.arrays("replay")
    if answer is None or "planes" not in replay:
        return None
    kinds = replay["planes"].tolist()
    models, lost = _within_bytes(
        [
            _model(name, fit, _frames(made, replay, key))
            for key, name, fits in _entrants(answer)
            for fit in fits
            if f"{key} seed" in replay and fit.seed == int(replay[f"{key} seed"])
        ]
    )
    text = (*replay["left out"].tolist(), *lost)
    if not models:
        return Playground(text, None) if text else None
    told = [str(replay[f"{kind} says"]) for kind in kinds]
    if len(kinds) > 1:  # each below what the switch calls it
        told = [
            f"{NAMES[kind].capitalize()}. {says}" for kind, says in zip(kinds, told, strict=True)
        ]
    return Playground((*told, *text), _data(made, replay, kinds) | {"models": models})


def _data(made: Material, replay: Mapping[str, Array], kinds: list[str]) -> dict[str, Any]:
    data = made.manifest.data
    return {
        "asked": TASKS[data.task].nouns,
        "names": data.targets or data.classes,
        "ends": [replay["low"].tolist(), replay["high"].tolist()],
        "side": int(replay["side"]),
        "planes": [
            {
                "name": NAMES[kind],
                "axes": replay[f"{kind} axes"].tolist(),
                "ends": replay[f"{kind} ends"].tolist(),
                "up": _height(kind, replay[f"{kind} ends"]),
                "rows": [[_short(x), _short(y)] for x, y in replay[f"{kind} rows"].tolist()],
            }
            for kind in kinds
        ],
        "targets": [
            [_short(value) for value in row]
            for row in replay["targets"].reshape(len(replay["targets"]), -1).tolist()
        ],
    }


def _entrants(answer: Answer) -> Iterator[tuple[str, str, tuple[Fit, ...]]]:
    """Key in the recordings, displayed name and fits of each model, the winner first."""
    for place, finalist in enumerate(answer.finalists):
        winner = "winner's fit of median validation" if answer.last else "winner"
        role = winner if place == 0 else "finalist"
        yield f"{finalist.number}", f"{role}, trial {finalist.number}", finalist.fits
    for place, baseline in enumerate(answer.baselines):
        yield f"b{place}", f"baseline {baseline.name}", baseline.fits


def _frames(made: Material, replay: Mapping[str, Array], key: str) -> dict[str, Any]:
    asked = TASKS[made.manifest.data.task].asked
    said = [asked(replay[f"{key} {kind}"]) for kind in replay["planes"].tolist()]
    epochs = replay[f"{key} epochs"].tolist()
    counts = int(replay[f"{key} counts"])
    return {
        "epochs": epochs,
        "counts": counts,
        "opens": max((at for at, epoch in enumerate(epochs) if epoch <= counts), default=0),
        "frames": [_packed(of_plane) for of_plane in said],
    }


def _model(name: str, fit: Fit, frames: Mapping[str, Any]) -> dict[str, Any]:
    losses = {measure: fit.curve.get(measure, ()) for measure in ("loss", "val_loss")}
    rounded = {measure: [_short(value) for value in curve] for measure, curve in losses.items()}
    return {"name": name, **frames, **rounded}


def _packed(said: Array) -> str:
    """Frames as text: each but the first as its difference from the one before, which packs well.

    Args:
        said: uint8, shape (epochs, points, outputs).
    """
    steps = np.diff(said, axis=0, prepend=np.zeros_like(said[:1]))  # modulo 256, as in the script
    outputs_first = np.ascontiguousarray(steps.transpose(0, 2, 1))
    return b64encode(zlib.compress(outputs_first.tobytes(), 9)).decode()


def _within_bytes(models: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[str]]:
    """As many models as the page has room for, and a sentence about the others."""
    sizes = np.cumsum([sum(len(frames) for frames in model["frames"]) for model in models])
    room = int((sizes <= MOST_BYTES).sum())
    names = ", ".join(model["name"] for model in models[room:])
    return models[:room], [f"Left out, too large for the page: {names}."] if names else []


def _height(kind: str, ends: Array) -> float:
    """How high a plane is drawn, in its width: so that a unit is alike both ways where it is one.

    Args:
        kind: Of the plane.
        ends: First and last place of each axis.
    """
    across, up = np.abs(ends[:, 1] - ends[:, 0]).tolist()
    if kind == "columns" or not across or not 1 / ALIKE <= up / across <= ALIKE:
        return 1.0
    return float(up / across)


def _short(value: float) -> float:
    return float(f"{value:.4g}")
