"""The page in a real browser, opened from its file without a network."""

import csv
import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.report.browsing import DESK, OPTIONS, PHONE, need_chromium, opened, width_beyond
from tests.report.runs_to_show import Pages
from tests.report.scenes import SCENES, SCRIPT

pytestmark = pytest.mark.browser

every_scene = pytest.mark.parametrize("scene", SCENES)
every_scheme = pytest.mark.parametrize("scheme", ["light", "dark"])


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    need_chromium()
    with sync_playwright() as playwright, playwright.chromium.launch(**OPTIONS) as launched:
        yield launched


@pytest.fixture
def page(browser: Browser, pages: Pages) -> Iterator[Page]:
    """Of a finished run with two features."""
    with opened(browser, pages("binary")) as (found, _):
        yield found


@every_scene
@every_scheme
def test_it_asks_for_nothing_and_complains_of_nothing(
    browser: Browser, pages: Pages, scene: str, scheme: str
) -> None:
    with opened(browser, pages(scene), color_scheme=scheme) as (page, seen):
        page.locator("footer").scroll_into_view_if_needed()
        assert seen.requests == [pages(scene).as_uri()]
        assert seen.complaints == seen.dialogs == []
        assert page.evaluate("window.violations") == []


@every_scene
@every_scheme
@pytest.mark.parametrize("window", [PHONE, DESK], ids=["phone", "desk"])
def test_nothing_is_wider_than_the_window(
    browser: Browser, pages: Pages, scene: str, scheme: str, window: dict[str, int]
) -> None:
    with opened(browser, pages(scene), color_scheme=scheme, viewport=window) as (page, _):
        assert width_beyond(page) <= 0


@every_scene
@every_scheme
def test_axe_finds_nothing_serious(browser: Browser, pages: Pages, scene: str, scheme: str) -> None:
    with opened(browser, pages(scene), color_scheme=scheme) as (page, _):
        found = Axe().run(page).response["violations"]
    grave = [v for v in found if v["impact"] in ("serious", "critical")]
    assert [(v["id"], v["nodes"][0]["html"][:200]) for v in grave] == []


def test_the_schemes_differ_and_pictures_follow_them(browser: Browser, pages: Pages) -> None:
    colours = {}
    for scheme in ("light", "dark"):
        with opened(browser, pages("binary"), color_scheme=scheme) as (page, _):
            colours[scheme] = page.evaluate(
                """[getComputedStyle(document.body).backgroundColor,
                    getComputedStyle(document.querySelector("figure svg text")).fill]"""
            )
    assert all(a != b for a, b in zip(colours["light"], colours["dark"], strict=True))


def column(page: Page, name: str) -> list[str]:
    """The cells of a column of the trials, from top to bottom."""
    place = page.locator("#trials th").all_text_contents().index(name) + 1
    return page.locator(f"#trials tbody td:nth-child({place})").all_text_contents()


def test_trials_are_sorted_by_a_click_and_the_other_way_by_the_next(page: Page) -> None:
    head = page.locator("#trials th", has_text="value")
    before = column(page, "trial")
    head.get_by_role("button").click()
    expect(head).to_have_attribute("aria-sort", "ascending")
    known = [float(cell) for cell in column(page, "value") if cell]
    assert known == sorted(known)
    head.get_by_role("button").click()
    expect(head).to_have_attribute("aria-sort", "descending")
    known = [float(cell) for cell in column(page, "value") if cell]
    assert known == sorted(known, reverse=True)
    assert before != column(page, "trial")
    assert sorted(before, key=int) == sorted(column(page, "trial"), key=int)


def test_trials_are_sorted_by_the_keyboard_one_column_at_a_time(page: Page) -> None:
    page.locator("#trials th", has_text="value").get_by_role("button").click()
    head = page.locator("#trials th", has_text="units")
    head.get_by_role("button").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#trials th[aria-sort]")).to_have_text(["units"])
    units = [int(cell) for cell in column(page, "units")]
    assert units == sorted(units)
    page.keyboard.press("Space")
    expect(head).to_have_attribute("aria-sort", "descending")
    assert column(page, "units") == [str(number) for number in sorted(units, reverse=True)]


def test_trials_without_a_value_stay_at_the_end_either_way(page: Page) -> None:
    button = page.locator("#trials th", has_text="value").get_by_role("button")
    for _ in range(2):
        button.click()
        assert column(page, "value")[-1] == ""


def test_text_is_sorted_as_text(page: Page) -> None:
    page.locator("#trials th", has_text="state").get_by_role("button").click()
    assert column(page, "state") == ["complete"] * 10 + ["failed", "pruned"]


def test_the_numbers_of_a_figure_download_from_the_page_itself(page: Page) -> None:
    with page.expect_download() as started:
        page.locator("#history figcaption a").click()
    assert started.value.suggested_filename == "shown-history.csv"
    with started.value.path().open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["trial", "state", "value", "best so far"]
    assert len(rows) == 13


def test_the_contents_line_leads_to_its_sections(page: Page) -> None:
    page.get_by_role("navigation").get_by_role("link", name="Trials").click()
    expect(page.locator("#trials h2")).to_be_in_viewport()


@every_scene
def test_all_is_readable_without_javascript(browser: Browser, pages: Pages, scene: str) -> None:
    with opened(browser, pages(scene), java_script_enabled=False) as (page, seen):
        expect(page.locator(".verdict")).to_be_visible()
        assert page.locator("#trials tbody tr").count() == len(SCENES[scene]().trials)
        for row in page.locator("#trials tbody tr").all():
            expect(row).to_be_visible()
        for section in page.locator("section").all():
            expect(section).to_be_visible()
        assert page.get_by_role("button").count() == 0
        assert seen.complaints == []


def test_hostile_names_stay_text(browser: Browser, pages: Pages) -> None:
    with opened(browser, pages("hostile")) as (page, seen):
        page.locator("#trials th button").first.click()
        assert page.evaluate("document.querySelectorAll('script:not([type])').length") == 1
        assert page.evaluate("document.querySelectorAll('style').length") == 1
        assert page.evaluate("document.querySelectorAll('img, iframe, object, form').length") == 0
        assert seen.dialogs == []
        expect(page.locator("h1")).to_have_text(SCRIPT)
        expect(page.locator("#trials th", has_text=SCRIPT)).to_be_visible()


@every_scene
def test_it_prints_on_several_pages_without_what_only_a_screen_needs(
    browser: Browser, pages: Pages, scene: str
) -> None:
    with opened(browser, pages(scene), color_scheme="dark") as (page, seen):
        page.emulate_media(media="print")
        expect(page.get_by_role("navigation", include_hidden=True)).to_be_hidden()
        expect(page.locator("figcaption a").first).to_be_hidden()
        printed = page.pdf(format="A4")
        assert len(re.findall(rb"/Type\s*/Page\b", printed)) > 1
        assert seen.complaints == []


def test_print_is_dark_on_white_whatever_the_screen_is(browser: Browser, pages: Pages) -> None:
    with opened(browser, pages("binary"), color_scheme="dark") as (page, _):
        page.emulate_media(media="print")
        colours = page.evaluate(
            """[getComputedStyle(document.body).backgroundColor,
                getComputedStyle(document.body).color]"""
        )
    assert colours == ["rgb(255, 255, 255)", "rgb(0, 0, 0)"]


def test_the_playground_shows_each_epoch_of_each_model_and_what_it_says_of_a_place(
    page: Page,
) -> None:
    says, slider, plane = (page.locator(f"#play-{name}") for name in ("says", "epoch", "plane"))
    expect(says).to_contain_text("Epoch 9: ")
    picture = "document.getElementById('play-plane').toDataURL()"
    last = page.evaluate(picture)
    slider.focus()
    page.keyboard.press("ArrowLeft")
    expect(says).to_contain_text("Epoch 5: ")
    assert page.evaluate(picture) != last
    expect(slider).to_have_attribute("aria-valuetext", "epoch 5")
    page.keyboard.press("End")
    plane.focus()
    for _ in range(9):
        page.keyboard.press("ArrowLeft")
    expect(says).to_contain_text("At x1 -1.20, x2 0.00: outer 0.95, inner 0.05.")
    box = plane.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(says).to_contain_text("At x1 0.00, x2 0.00: outer 0.05, inner 0.95.")
    page.locator("#play-model").select_option("finalist, trial 8")
    expect(says).to_contain_text("Epoch 9: ")


def test_without_javascript_the_playground_says_what_it_needs(
    browser: Browser, pages: Pages
) -> None:
    with opened(browser, pages("binary"), java_script_enabled=False) as (page, _):
        expect(page.locator("#play-box")).to_be_hidden()
        expect(page.locator("#playground")).to_contain_text("needs JavaScript")
