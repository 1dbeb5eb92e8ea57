"""The first of a term in each section opens what it means; all else stays text."""

from markupsafe import Markup

from search.report.definitions import MEANINGS, Definitions, place_of, unbroken


def test_the_first_of_each_section_is_a_button_to_its_meaning() -> None:
    defined = Definitions()
    first = defined("By bootstrap; a bootstrap <b>", "winner")
    button = '<button type="button" class="term" popovertarget="term-bootstrap">bootstrap</button>'
    assert first == f"By {button}; a bootstrap &lt;b&gt;"
    assert defined("bootstrap", "winner") == "bootstrap"
    assert defined("bootstrap", "search") == button
    assert defined.used == {"bootstrap": MEANINGS["bootstrap"]}


def test_a_part_of_a_word_is_no_term() -> None:
    assert Definitions()("AUCTION rocket", "x") == "AUCTION rocket"


def test_each_term_has_a_place_of_its_own() -> None:
    assert len({place_of(term) for term in MEANINGS}) == len(MEANINGS)


def test_a_percent_sign_begins_no_line_and_an_interval_or_date_ends_none() -> None:
    def whole(text: str) -> str:
        return f'<span class="whole">{text}</span>'

    assert unbroken("(95 %: 0.1–0.2), 5 % of it; a % b") == (
        f"(95\u00a0%: {whole('0.1–0.2')}), 5\u00a0% of it; a % b"
    )
    assert unbroken("by -0.1 to 0.2, on 2026-01-31") == (
        f"by {whole('-0.1 to 0.2')}, on {whole('2026-01-31')}"
    )
    assert unbroken("5.247e+56–1.466e+57") == whole("5.247e+56–1.466e+57")
    assert unbroken("1.234567e+16–1.234569e+16") == "1.234567e+16–1.234569e+16"
    assert unbroken("<b>1–2") == f"&lt;b&gt;{whole('1–2')}"
    assert unbroken(Markup('<img alt="1–2">')) == '<img alt="1–2">'
    assert ">95\u00a0% interval</button>" in Definitions()("Its 95 % interval.", "winner")
