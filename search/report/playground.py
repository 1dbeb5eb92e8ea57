"""How the finalists and baselines came to their boundaries, to be played in the page itself."""

import zlib
from base64 import b64encode
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from search.report.material import Material
from search.study.answer import Answer, Fit
from search.study.dataset import Array

MOST_POINTS = 400
"""Training rows that are drawn."""


def playground(made: Material) -> dict[str, Any] | None:
    """What the page's script plays: names, axes, models with their frames, and rows that train.

    None where the run has no recordings.
    """
    answer, replay = made.answer, made.run.arrays("replay")
    if answer is None or not replay:
        return None
    models = [
        _model(name, fit, replay, key)
        for key, name, fits in _entrants(answer)
        for fit in fits
        if f"{key} seed" in replay and fit.seed == int(replay[f"{key} seed"])
    ]
    if not models:
        return None
    data = made.manifest.data
    points = made.scatter_parts().get("training")
    step = max(1, len(points.x) // MOST_POINTS) if points else 1
    return {
        "features": data.features,
        "classes": data.classes,
        "axes": [_ends(replay["x1"]), _ends(replay["x2"])],
        "side": len(replay["x1"]),
        "models": models,
        "points": np.round(points.x[::step], 4).tolist() if points else [],
        "codes": points.y[::step].tolist() if points else [],
    }


def _entrants(answer: Answer) -> Iterator[tuple[str, str, tuple[Fit, ...]]]:
    """Key in the recordings, name for people and fits of each model, the winner first."""
    for place, finalist in enumerate(answer.finalists):
        winner = "winner's fit of median validation" if answer.last else "winner"
        role = winner if place == 0 else "finalist"
        yield f"{finalist.number}", f"{role}, trial {finalist.number}", finalist.fits
    for place, baseline in enumerate(answer.baselines):
        yield f"b{place}", f"baseline {baseline.name}", baseline.fits


def _model(name: str, fit: Fit, replay: Mapping[str, Array], key: str) -> dict[str, Any]:
    shares = replay[f"{key} shares"]
    # Of two classes the second says all.
    kept = shares[:, :, 1:] if shares.shape[2] == 2 else shares
    frames = zlib.compress(np.ascontiguousarray(kept).tobytes(), 9)
    return {
        "name": name,
        "epochs": replay[f"{key} epochs"].tolist(),
        "frames": b64encode(frames).decode(),
        "loss": _rounded(fit.curve.get("loss", ())),
        "val_loss": _rounded(fit.curve.get("val_loss", ())),
    }


def _rounded(values: Any) -> list[float]:
    return [float(f"{value:.4g}") for value in values]


def _ends(side: Array) -> list[float]:
    return [float(side[0]), float(side[-1])]
