"""Several runs on one page: their winners on the same rows, or why not, and where they differ."""

import shutil
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

import pytest

from search import Int, Split, circles
from search.commands.command_line import run as command
from search.report.comparison import comparison_of
from search.report.page import rendered
from search.store.manifest import Searched
from search.store.recorder import Recorder
from search.store.run import StoredRun, load_run
from search.study.answer import Measured
from search.study.function_study import FUNCTION
from search.study.outputs import OF_LOSS, PROBABILITIES
from tests.finals.rings import shares
from tests.functional.command import within
from tests.reading_pages import text_in, tree_of
from tests.report.runs_to_show import Scene, write
from tests.report.scenes import TEMPLATE, binary, interrupted

GOOD, FAIR = partial(shares, 0.9), partial(shares, 1.0)


MADE = {
    "plain": binary,
    "good": lambda: replace(binary(), predict=GOOD),
    "fair": lambda: replace(binary(), predict=FAIR),
}
Named = Callable[[str | Scene, str, Path], StoredRun]


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> Named:
    """A scene's run under a name in a folder; those of `MADE` are copies of one."""

    @cache
    def made(which: str) -> Path:
        return write(MADE[which](), tmp_path_factory.mktemp(which))

    def of(scene: str | Scene, name: str, root: Path) -> StoredRun:
        if isinstance(scene, str):
            return load_run(shutil.copytree(made(scene), root / name))
        return load_run(write(scene, root / f"made-{name}").rename(root / name))

    return of


def changed(scene: Scene, **changes: object) -> Scene:
    return replace(scene, study=replace(scene.study, **changes))


def said(*runs: StoredRun) -> list[str]:
    return list(comparison_of(runs, "search compare").verdict)


def test_winners_are_compared_on_the_rows_that_both_were_judged_on(
    named: Named, tmp_path: Path
) -> None:
    good = named("good", "good", tmp_path)
    fair = named("fair", "fair", tmp_path)
    first, second = said(fair, good)
    assert first.startswith(
        "On the same 200 held-out rows good has the best winner: accuracy 1.000"
    )
    assert second.startswith("fair (0.")
    assert second.endswith("paired by row): clearly behind.")


def test_what_cannot_be_told_apart_is_said(named: Named, tmp_path: Path) -> None:
    runs = [named("good", name, tmp_path) for name in ("a", "b")]
    assert said(*runs)[1] == (
        "b (1.0000) is as good (95 %: -0.019 to 0.019, paired by row): a tie."
    )


def by_loss(named: Named, name: str, title: str, value: float, root: Path) -> StoredRun:
    """A run that was searched by a loss of its own."""
    run = named("good", name, root)
    answer, held_out = run.answer(), run.arrays("held_out")
    assert answer is not None
    goal = Measured(title, value, None, maximize=False, share=False, own=True)
    judged = replace(answer, headline=replace(answer.headline, goal=goal))
    with closing(Recorder(run.folder)) as recorder:
        recorder.save_answer(judged, run.model() or b"", {"held_out": held_out})
    found = load_run(run.folder.path)
    plan = replace(found.manifest.plan, objective="val_loss", direction="minimize")
    found.manifest = replace(found.manifest, plan=plan)
    return found


def test_different_losses_of_their_own_are_not_compared_with_each_other(
    named: Named, tmp_path: Path
) -> None:
    runs = [
        by_loss(named, "a", "loss (mae)", 9.0, tmp_path),
        by_loss(named, "b", "loss (huber)", 0.1, tmp_path),
    ]
    first, second, _ = said(*runs)
    assert "a and b have winners with equal scores: accuracy 1.000" in first
    assert (
        second
        == "They were searched with different losses, so not every winner was chosen by this."
    )
    alike = [
        by_loss(named, "c", "loss (mae)", 9.0, tmp_path),
        by_loss(named, "d", "loss (mae)", 0.1, tmp_path),
    ]
    assert (
        "d has the winner with the best score, by less than noise: loss (mae) 0.1"
        in said(*alike)[0]
    )


def with_goal(run: StoredRun, title: str, kind: str = PROBABILITIES) -> StoredRun:
    """The same run with another measure of its winner."""
    answer, held_out = run.answer(), run.arrays("held_out")
    assert answer is not None
    goal = Measured(title, 0.9, None, own=True)
    judged = replace(answer, headline=replace(answer.headline, goal=goal, kind=kind))
    with closing(Recorder(run.folder)) as recorder:
        recorder.save_answer(judged, run.model() or b"", {"held_out": held_out})
    found = load_run(run.folder.path)
    found.manifest = run.manifest
    return found


def test_metrics_of_one_name_are_not_called_losses(named: Named, tmp_path: Path) -> None:
    one, other = (named("good", name, tmp_path) for name in ("a", "b"))
    second = said(one, with_goal(other, "accuracy (the model's own)"))[1]
    assert "searched with different metrics called accuracy, so" in second


def test_outputs_in_the_scale_of_a_loss_compare_by_this_loss_alone(
    named: Named, tmp_path: Path
) -> None:
    one = by_loss(named, "a", "loss (mse)", 9.0, tmp_path)
    other = with_goal(by_loss(named, "b", "loss (nll)", 0.1, tmp_path), "loss (nll)", OF_LOSS)
    (told,) = said(one, other)
    assert told.startswith("Their winners cannot be compared: the outputs of b are in the scale of")


def test_weights_of_rows_are_a_difference_and_no_other_rows(named: Named, tmp_path: Path) -> None:
    one, other = (named("good", name, tmp_path) for name in ("a", "b"))
    data = other.manifest.data
    weighed = replace(data, hash="f" * 64, hash_of_rows=data.hash)
    other.manifest = replace(other.manifest, data=weighed)
    page = comparison_of([one, other], "search compare")
    assert "a and b have winners with equal scores" in page.verdict[0]
    (differences,) = page.sections[-1].tables
    assert ("sample weights", "–", "SHA-256 ffffffffffff…") in differences.rows


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (
            changed(binary(), data=circles(samples=900)),
            "(their SHA-256 differ): 1,000 and 900 rows; read as circles",
        ),
        (
            changed(binary(), data=circles(samples=1000, seed=9)),
            "have different data (their",
        ),
        (changed(binary(), split=Split(seed=3)), "a and b split the same rows differently"),
        (interrupted(), "b has no winner yet"),
    ],
)
def test_where_winners_cannot_be_compared_the_reason_is_said(
    named: Named, other: Scene, why: str, tmp_path: Path
) -> None:
    (sentence,) = said(named("plain", "a", tmp_path), named(other, "b", tmp_path))
    assert sentence.startswith("Their winners cannot be compared: ")
    assert why in sentence


def test_of_functions_there_is_no_winner_to_compare(named: Named, tmp_path: Path) -> None:
    one, two, other = (named("plain", name, tmp_path) for name in ("a", "b", "c"))
    for run in (one, two):
        run.manifest = replace(run.manifest, plan=replace(run.manifest.plan, space=FUNCTION))
    why = "which has no held-out winner; search status a names its best trial."
    begin = "Their winners cannot be compared:"
    assert said(one, other) == [f"{begin} a is a search of a function, {why}"]
    assert said(one, two) == [
        f"{begin} a and b are searches of functions, which have no held-out winners; "
        "search status a names the best trial of a."
    ]


def test_the_page_shows_where_they_differ_and_what_is_alike(named: Named, tmp_path: Path) -> None:
    one = named("plain", "one", tmp_path)
    other = named(changed(binary(), seed=77, sampler="random"), "other", tmp_path)
    page = rendered(comparison_of([one, other], "search compare one other"))
    rows = {row[0]: row[1:] for row in _rows(page, "Settings that differ")}
    assert rows["seed"] == ["0", "77"]
    assert rows["sampler"] == ["tpe", "random"]
    assert "budget" not in rows
    assert "The same in all: " in text_in(page)
    assert 'id="best-by-trial"' in page
    assert 'id="best-by-time"' in page


def test_a_range_with_steps_is_another_range(tmp_path: Path) -> None:
    fine, coarse = Searched.of(Int(16, 64)), Searched.of(Int(16, 64, step=16))
    assert fine != coarse
    assert (fine.told(), coarse.told()) == ("16…64", "16…64, step 16")


def test_what_runs_say_stays_text(named: Named, tmp_path: Path) -> None:
    scene = replace(binary(), title=TEMPLATE)
    run = named(changed(scene, data=circles(samples=1000, seed=9)), "a", tmp_path)
    page = rendered(comparison_of([run, named("plain", "b", tmp_path)], TEMPLATE))
    assert TEMPLATE in text_in(page)


def test_the_command_writes_the_page_and_says_the_verdict(
    named: Named,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in ("a", "b"):
        named("plain", name, tmp_path)
    monkeypatch.chdir(tmp_path)
    assert command(["compare", "a", "b", "--name", "ab"]) == 0
    *verdict, page = capsys.readouterr().out.splitlines()
    assert page == "page  reports/ab.html"
    assert verdict[0] in text_in(Path("reports/ab.html").read_text())


@pytest.mark.parametrize(
    ("runs", "says"),
    [
        (["a"], "compare: give two run folders or more"),
        (["a", "a"], "compare: two of the runs are named 'a'"),
        (["a", "none"], "none: there is no run here"),
        (["a", "a", "--name", "a"], "--name 'a': runs/a is a run, whose own page"),
        *(
            (["a", "a", "--name", name], f"--name {name!r}: a name is made of letters")
            for name in ("../x", "x/y", "/x", "..", "x\ny", "")
        ),
    ],
)
def test_what_cannot_be_compared_is_refused(
    runs: list[str], says: str, named: Named, tmp_path: Path
) -> None:
    named("plain", "a", tmp_path)
    (tmp_path / "runs" / "a").mkdir(parents=True)
    ended = within(tmp_path, "compare", *runs)
    assert ended.code == 2
    assert says in ended.err


def _rows(page: str, caption: str) -> list[list[str]]:
    tables = [t for t in tree_of(page).all("table") if caption in t.text]
    _, *rows = tables[0].all("tr")
    return [[cell.text for cell in row.all("td")] for row in rows]
