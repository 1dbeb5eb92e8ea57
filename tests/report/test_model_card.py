"""The card that goes with a model: front matter that parses, and the page's own figures."""

from pathlib import Path

import pytest
import yaml

from search.report.material import Material
from search.report.model_card import NAMES, model_card
from search.store.model_file import winner_of
from search.store.run import load_run
from tests.functional.command import ROOT

GOLD = ROOT / "tests" / "gold" / "run"


@pytest.fixture(scope="module")
def card() -> str:
    run = load_run(GOLD)
    answer = run.answer()
    assert answer is not None
    return model_card(Material.of(run), answer, winner_of(run))


def test_its_front_matter_is_of_the_hub_and_tells_the_held_out_figure(card: str) -> None:
    front = yaml.safe_load(card.split("---\n")[1])
    run = load_run(GOLD)
    answer = run.answer()
    assert answer is not None
    assert (front["library_name"], front["pipeline_tag"]) == ("keras", "tabular-classification")
    (model,) = front["model-index"]
    (result,) = model["results"]
    (metric,) = result["metrics"]
    assert result["task"]["type"] == "tabular-classification"
    assert result["dataset"]["name"] == run.manifest.data.description
    assert metric["type"] == answer.headline.judged.measure
    assert metric["value"] == pytest.approx(answer.headline.value, abs=0.006)


def test_it_says_what_is_known_and_leaves_marked_what_only_the_author_knows(card: str) -> None:
    run = load_run(GOLD)
    counts = run.manifest.data.rows
    for part, text in NAMES.items():
        assert f"| {text} | {sum(counts[part])} |" in card
    assert card.count("*To be filled in:*") == 3
    assert run.manifest.data.hash in card
    assert "| the winner | 0.38 | 0.24–0.53 |" in card
    assert "has learnt little" in card.split("## Limits")[1]


def test_its_lines_load_the_file_beside_it(
    card: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import numpy as np

    run = load_run(GOLD)
    (tmp_path / "winner.keras").write_bytes(winner_of(run).content)
    np.save(tmp_path / "x.npy", np.zeros((3, 2), "float32"))
    monkeypatch.chdir(tmp_path)
    code = card.split("```python\n")[1].split("```", maxsplit=1)[0]
    names: dict[str, object] = {}
    exec(code, names)  # noqa: S102 - what the card tells a reader to run
    said = np.asarray(names["predictions"])
    assert len(said) == 3
