"""Nothing that watches may end a run, whatever text or number it is told."""

import io
from pathlib import Path

import pytest

from search.cluster.worker_pool import Standing
from search.display.lines import line_of
from search.display.screen import ProgressDisplay, Screen, live_view
from search.study.errors import RunError
from search.study.goal import Goal
from search.study.plain_text import ascii_line, one_line
from search.study.trial import State, Trial
from search.tuning.dashboard import Gauges
from search.tuning.listeners import Listener, Listeners

GOAL = Goal("val_loss", "minimize")
NASTY = [
    "",
    "Netz ist zu groß",
    "مرحبا \u202egnorw\u202c",
    "\ud800 half a pair \udcff",
    "NUL \0 and bell \a",
    "\x1b[31mred\x1b[0m \x1b]0;title\x07 \x9b2J",
    "lines\r\nand\u2028more\x85",
    "[red] [/] [bold]{0} {name} %s %d",
    "👩‍💻 and \U0010ffff",
    "x" * 1_000_000,
    " \t ",
]
VALUES = [0.5, float("nan"), float("inf"), -1e308, 10**400, None, True]


def of(text: str, value: object) -> Trial:
    return Trial(3, State.FAIL, {text or "p": value, "q": text}, reason=text)  # type: ignore[dict-item]


@pytest.mark.parametrize("text", NASTY, ids=range(len(NASTY)))
def test_text_is_clean_for_each_sink(text: str) -> None:
    line = one_line(text, 500)
    assert len(line.splitlines()) <= 1
    line.encode()
    assert not {c for c in line if ord(c) < 32 or 0x7F <= ord(c) < 0xA0 or c in "\u202e\u2028"}
    tag = ascii_line(text, 100)
    assert tag.isascii()
    assert tag.isprintable()
    assert len(tag) <= 100


@pytest.mark.parametrize("text", ["größer", "größer als 10 €"])
def test_lines_keep_their_indent(text: str) -> None:
    assert one_line(f"  {text}\n") == f"  {text}"


@pytest.mark.parametrize("text", NASTY, ids=range(len(NASTY)))
def test_every_sink_takes_every_text(text: str) -> None:
    """By themselves, without the guard that would hide what goes wrong."""
    with io.TextIOWrapper(io.BytesIO(), encoding="utf-8") as output:
        screen = Screen(output, ProgressDisplay(10, GOAL))
        gauges = Gauges(text, text, GOAL, lambda: (0.0, 0))
        for value in VALUES:
            trial = of(text, value)
            screen.trial_changed(trial, 0)
            gauges.trial_changed(trial, 0)
            gauges.workers_changed(Standing(2, 2, 1))
            assert len(line_of(trial).splitlines()) == 1
            gauges.sentence.encode()
        screen.said(text)
        screen._console.print(live_view(screen._progress))
        output.flush()
        assert b"\x1b" not in output.buffer.getvalue()  # type: ignore[attr-defined]


def test_a_value_of_any_size_shows_its_digits() -> None:
    with io.TextIOWrapper(io.BytesIO(), encoding="utf-8") as output:
        screen = Screen(output, ProgressDisplay(10, GOAL))
        for number, (value, told) in enumerate(
            [(1.2345e-10, "1.234e-10"), (4.49e15, "4.490e+15"), (0.5, "0.5000")]
        ):
            trial = Trial(number, State.COMPLETE, {"units": 4}, value=value)
            assert f" {told} " in line_of(trial)
            screen._progress.note(trial, 1)
            screen._console.print(live_view(screen._progress))
            output.flush()
            assert told in output.buffer.getvalue().decode()  # type: ignore[attr-defined]


class Failing(Listener):
    def said(self, line: str) -> None:
        raise UnicodeEncodeError("ascii", "groß", 2, 3, "ordinal not in range")

    def page_written(self, page: Path) -> None:
        raise OSError("closed")


class Hearing(Listener):
    def __init__(self) -> None:
        self.heard: list[str] = []

    def said(self, line: str) -> None:
        self.heard.append(line)


def test_an_error_of_one_is_noted_once_and_the_others_go_on(
    capsys: pytest.CaptureFixture[str],
) -> None:
    screen, unheard = Hearing(), Hearing()
    listeners = Listeners(screen, Failing(), unheard=unheard.said)
    for line in ("one", "two"):
        listeners.say(line)
    listeners.tell(lambda each: each.page_written(Path("page")))
    note = [line for line in screen.heard if line not in {"one", "two"}]
    assert len(note) == 1
    assert note[0].startswith("Failing failed (UnicodeEncodeError: ")
    assert unheard.heard == []
    assert "Traceback" in capsys.readouterr().err


def test_an_error_that_is_a_sentence_is_told_as_one() -> None:
    class Lacking(Listener):
        def said(self, line: str) -> None:
            raise RunError("mlflow was not sent everything (no server)")

    screen = Hearing()
    Listeners(screen, Lacking(), unheard=screen.said).say("one")
    note = "Lacking: mlflow was not sent everything (no server); the run goes on without it"
    assert screen.heard == ["one", note]


def test_where_the_screen_fails_itself_the_line_goes_elsewhere() -> None:
    other, unheard = Hearing(), Hearing()
    listeners = Listeners(Failing(), other, unheard=unheard.said)
    for line in ("one", "two"):
        listeners.say(line)
    assert other.heard == ["one", "two"]
    assert len(unheard.heard) == 1


def test_whoever_joins_later_makes_no_failure_new() -> None:
    later, unheard = Hearing(), Hearing()
    listeners = Listeners(Failing(), unheard=unheard.said)
    listeners.say("one")
    listeners.join(later)
    listeners.say("two")
    assert later.heard == ["two"]
    assert len(unheard.heard) == 1
