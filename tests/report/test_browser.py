"""The page in a real browser, opened from its file without a network."""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from search.report.definitions import unbroken
from tests.forms import long_but
from tests.report.browsing import (
    DESK,
    OPTIONS,
    PHONE,
    UNFOLD,
    Seen,
    need_chromium,
    opened,
    width_beyond,
)
from tests.report.runs_to_show import Pages, page_of
from tests.report.scenes import SCENES, SCRIPT, SPECIES, revenues
from tests.sample import SAMPLE, SPACES

pytestmark = pytest.mark.browser

SAMPLES = {f"sample of {name}": SAMPLE / f"{name}.html" for name in SPACES}
SCHEMES = ("light", "dark")
SHORT = ("interrupted", "hostile", "sample of multiclass")
"""Pages that CI opens: one in each state, and one that is committed."""
OPENED = long_but(SHORT, {name: name for name in (*SCENES, *SAMPLES)})


@dataclass(frozen=True, eq=False)
class Visit:
    """A page that is open, with all that it did since.

    Attributes:
        file: The page's.
        page: As it stands; each test says in which window, light and medium.
        seen: From its first moment on.
    """

    file: Path
    page: Page
    seen: Seen


def file_of(name: str, pages: Pages) -> Path:
    """A scene's page, or a committed one."""
    return SAMPLES[name] if name in SAMPLES else pages(name)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    need_chromium()
    with sync_playwright() as playwright, playwright.chromium.launch(**OPTIONS) as launched:
        yield launched


@pytest.fixture(scope="module", params=OPENED)
def visit(request: pytest.FixtureRequest, browser: Browser, pages: Pages) -> Iterator[Visit]:
    """Of every page once: to open one takes longer than most of what is asked of it."""
    file = file_of(request.param, pages)
    with opened(browser, file) as (page, seen):
        yield Visit(file, page, seen)
        assert seen.requests == [file.as_uri()]
        assert seen.complaints == seen.dialogs == []
        assert page.evaluate("window.violations") == []


@pytest.fixture
def page(browser: Browser, pages: Pages) -> Iterator[Page]:
    """Of a finished run with two features."""
    with opened(browser, pages("binary")) as (found, _):
        yield found


def test_it_asks_for_nothing_and_complains_of_nothing(visit: Visit) -> None:
    visit.page.locator("footer").scroll_into_view_if_needed()
    assert visit.seen.requests == [visit.file.as_uri()]
    assert visit.seen.complaints == visit.seen.dialogs == []
    assert visit.page.evaluate("window.violations") == []


def test_nothing_is_wider_than_the_window(visit: Visit) -> None:
    for window in (PHONE, DESK):
        visit.page.set_viewport_size(window)
        assert width_beyond(visit.page) <= 0


@pytest.mark.parametrize("ends", ["-4.490e+15 to -3.000e+15", "1.23456789e+16–1.23456798e+16"])
def test_a_headline_of_large_numbers_is_no_wider_than_a_phone(
    browser: Browser, tmp_path: Path, ends: str
) -> None:
    file = tmp_path / "page.html"
    html = page_of(revenues(), tmp_path)
    own = re.search(r'<span class="whole">([^<]*)</span>', html.split('class="verdict">')[1])
    assert own is not None
    file.write_text(html.replace(own[0], unbroken(ends), 1), encoding="utf-8")
    with opened(browser, file, viewport=PHONE) as (page, _):
        assert ends in page.locator(".verdict").first.inner_text().replace("\n", " ")
        assert width_beyond(page) <= 0
        beyond = page.locator(".verdict").first.evaluate("p => p.scrollWidth - p.clientWidth")
        assert beyond <= 0


def test_axe_finds_nothing_serious(visit: Visit) -> None:
    for scheme in SCHEMES:
        visit.page.emulate_media(color_scheme=scheme)
        # A selector of every node that passes takes four times as long as all rules together; and
        # in the dark nothing but the colours is another.
        options: dict[str, Any] = {"resultTypes": ["violations"]}
        options |= {} if scheme == "light" else {"runOnly": ["color-contrast"]}
        found = Axe().run(visit.page, options=options).response["violations"]
        grave = [v for v in found if v["impact"] in ("serious", "critical")]
        assert [(scheme, v["id"], v["nodes"][0]["html"][:200]) for v in grave] == []


def test_in_print_it_is_dark_on_white_on_several_pages_without_what_only_a_screen_needs(
    visit: Visit,
) -> None:
    page = visit.page
    page.emulate_media(media="print", color_scheme="dark")
    expect(page.get_by_role("navigation", include_hidden=True)).to_be_hidden()
    expect(page.locator("figcaption a").first).to_be_hidden()
    colours = page.evaluate(
        """[getComputedStyle(document.body).backgroundColor,
            getComputedStyle(document.body).color,
            getComputedStyle(document.documentElement).getPropertyValue("--c1")]"""
    )
    assert colours == ["rgb(255, 255, 255)", "rgb(0, 0, 0)", "#0072b2"]
    assert len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4"))) > 1
    page.emulate_media(media="screen", color_scheme="light")


def test_what_is_clicked_or_played_is_not_on_paper(page: Page) -> None:
    page.locator("details:not([open])").evaluate_all("all => all.forEach((one) => one.open = true)")
    for medium, seen in (("screen", True), ("print", False)):
        page.emulate_media(media=medium)
        for what in ("#playground", "#trials .on-screen"):
            expect(page.locator(what).first).to_be_visible(visible=seen)


def test_the_schemes_differ_and_pictures_follow_them(page: Page) -> None:
    colours = {}
    expect(page.locator("#play-says")).to_contain_text("Epoch ")
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        # Pages hear of it when their next frame is drawn.
        page.evaluate(
            "new Promise((then) => requestAnimationFrame(() => requestAnimationFrame(then)))"
        )
        colours[scheme] = page.evaluate(
            """[getComputedStyle(document.body).backgroundColor,
                getComputedStyle(document.querySelector("figure svg text")).fill,
                document.getElementById("play-plane").toDataURL()]"""
        )
    assert all(a != b for a, b in zip(colours["light"], colours["dark"], strict=True))


@pytest.mark.parametrize(
    "name", long_but(["sample of multiclass"], {name: name for name in SAMPLES})
)
def test_what_moves_on_a_committed_page_moves(browser: Browser, pages: Pages, name: str) -> None:
    file = file_of(name, pages)
    with opened(browser, file, color_scheme="dark", viewport=PHONE) as (page, seen):
        says, slider = page.locator("#play-says"), page.locator("#play-epoch")
        expect(says).to_contain_text("Epoch ")
        for plane in page.locator("#play-view option").all_text_contents():
            page.locator("#play-view").select_option(plane, force=True)
            last = picture(page)
            slider.focus()
            page.keyboard.press("Home")
            expect(says).to_contain_text("Epoch 1: ")
            assert picture(page) != last
            page.keyboard.press("End")
        head = page.locator("#trials th", has_text="value")
        head.get_by_role("button").click()
        known = [float(cell) for cell in column(page, "value") if cell]
        assert known == sorted(known)
        for link in (page.locator("figcaption a").first, page.locator("#trials p a")):
            assert len(downloaded(page, link)) > 9
        assert seen.requests == [file.as_uri()]
        assert seen.complaints == seen.dialogs == []


def picture(page: Page) -> str:
    """What is drawn of the plane."""
    drawn: str = page.evaluate("document.getElementById('play-plane').toDataURL()")
    return drawn


def downloaded(page: Page, link: Locator) -> list[list[str]]:
    """The rows of the file that comes when a link is followed."""
    with page.expect_download() as started:
        link.click()
    assert started.value.suggested_filename == link.get_attribute("download")
    with started.value.path().open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def column(page: Page, name: str) -> list[str]:
    """The cells of a column of the trials, from top to bottom."""
    place = page.locator("#trials th").all_text_contents().index(name) + 1
    return page.locator(f"#trials tbody td:nth-child({place})").all_text_contents()


def test_trials_are_sorted_by_a_click_and_the_other_way_by_the_next(page: Page) -> None:
    head = page.locator("#trials th", has_text="value")
    before = column(page, "trial")
    head.get_by_role("button").click()
    expect(head).to_have_attribute("aria-sort", "ascending")
    assert column(page, "value")[-1] == "", "what has no value stays at the end"
    known = [float(cell) for cell in column(page, "value") if cell]
    assert known == sorted(known)
    head.get_by_role("button").click()
    expect(head).to_have_attribute("aria-sort", "descending")
    assert column(page, "value")[-1] == ""
    known = [float(cell) for cell in column(page, "value") if cell]
    assert known == sorted(known, reverse=True)
    assert before != column(page, "trial")
    assert sorted(before, key=int) == sorted(column(page, "trial"), key=int)
    page.locator("#trials th", has_text="state").get_by_role("button").click()
    assert column(page, "state") == ["complete"] * 10 + ["failed", "pruned"]


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


def test_the_numbers_of_a_figure_download_from_the_page_itself(page: Page) -> None:
    link = page.locator("#history figcaption a")
    assert link.get_attribute("download") == "shown-history.csv"
    rows = downloaded(page, link)
    assert rows[0] == ["trial", "state", "value", "best so far"]
    assert len(rows) == 13


OPEN = "[...document.querySelectorAll('section:has(.fold[open])')].map((one) => one.id)"


def test_a_link_to_a_folded_section_leads_to_it_and_opens_it(
    browser: Browser, pages: Pages
) -> None:
    with opened(browser, pages("binary"), unfold=False) as (page, _):
        assert page.evaluate(OPEN) == ["winner", "understanding"]
        rows = page.locator("#trials tbody tr").first
        expect(rows).to_be_hidden()
        page.get_by_role("navigation").get_by_role("link", name="Trials").click()
        expect(page.locator("#trials h2")).to_be_in_viewport()
        expect(rows).to_be_visible()
        page.goto(f"{pages('binary').as_uri()}#data")
        expect(page.locator("#data table").first).to_be_visible()
        page.locator("#finalists summary").focus()
        page.keyboard.press("Enter")
        expect(page.locator("#finalists table").first).to_be_visible()


def test_the_contents_stay_in_view_beside_what_is_read(browser: Browser, pages: Pages) -> None:
    with opened(browser, pages("binary"), viewport={"width": 1440, "height": 900}) as (page, _):
        page.get_by_role("navigation").get_by_role("link", name="Run details").click()
        for name in ("Verdict", "Run details"):
            link = page.get_by_role("navigation").get_by_role("link", name=name)
            expect(link).to_be_in_viewport()


@pytest.mark.parametrize("name", OPENED)
def test_all_is_readable_without_javascript(browser: Browser, pages: Pages, name: str) -> None:
    with opened(browser, file_of(name, pages), java_script_enabled=False) as (page, seen):
        expect(page.locator(".verdict")).to_be_visible()
        unseen = """[...document.querySelectorAll("section, #trials tbody tr")]
            .filter((one) => !one.checkVisibility()).map((one) => one.textContent)"""
        assert page.evaluate(unseen) == []
        assert page.locator("#trials tbody tr").count() > 1
        assert page.locator("button:not(.term)").count() == 0
        expect(page.locator("#play-box")).to_be_hidden()
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


def test_the_playground_shows_each_epoch_of_each_model_and_what_it_says_of_a_place(
    page: Page,
) -> None:
    says, slider, plane = (page.locator(f"#play-{name}") for name in ("says", "epoch", "plane"))
    expect(says).to_contain_text("Epoch 9: ")
    last = picture(page)
    slider.focus()
    page.keyboard.press("ArrowLeft")
    expect(says).to_contain_text("Epoch 5: ")
    assert picture(page) != last
    expect(slider).to_have_attribute("aria-valuetext", "epoch 5")
    page.keyboard.press("End")
    assert picture(page) == last
    plane.focus()
    for _ in range(17):
        page.keyboard.press("ArrowLeft")
    expect(says).to_contain_text("At x1 -1.24, x2 -0.0106 it predicts outer: 0.95, inner: 0.05.")
    box = plane.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(says).to_contain_text(" it predicts outer: 0.05, inner: 0.95.")
    page.locator("#play-model").select_option("finalist, trial 8")
    expect(says).to_contain_text("Epoch 9: ")
    expect(page.locator("#play-key li")).to_have_text(["outer", "inner"])
    expect(page.locator("#play-view")).to_be_hidden()


def test_each_plane_of_many_features_is_played(browser: Browser, pages: Pages) -> None:
    with opened(browser, pages("multiclass")) as (page, _):
        says, view = page.locator("#play-says"), page.locator("#play-view")
        expect(says).to_contain_text("At sepal length ")
        first = picture(page)
        view.select_option("two principal components")
        expect(says).to_contain_text("At component 1 (")
        expect(page.locator("#play-axes")).to_contain_text("Up: component 2 (20.5 %).")
        assert picture(page) != first
        expect(page.locator("#play-key li")).to_have_text(list(SPECIES))


@pytest.mark.parametrize(
    ("scene", "key", "said"),
    [
        ("labels", ["not sour", "sour"], r"sweet: 0\.\d\d, sour: 0\.\d\d, bitter: 0\.\d\d\.$"),
        ("numbers", ["-2.91", "0.321", "3.55"], r"price: [\d.e+]+, demand: -?0\.\d+\.$"),
    ],
)
def test_one_label_or_number_of_several_is_shown_and_all_are_read(
    browser: Browser, pages: Pages, scene: str, key: list[str], said: str
) -> None:
    with opened(browser, pages(scene)) as (page, _):
        says, what = page.locator("#play-says"), page.locator("#play-what")
        expect(says).to_have_text(re.compile(said))
        first = picture(page)
        what.select_option(index=1)
        expect(page.locator("#play-key li")).to_have_text(key)
        assert picture(page) != first


WIDE_CONTENT = """[...document.querySelectorAll(".scroll")].map((box) => {
    box.scrollLeft = box.scrollWidth;
    const right = Math.max(...[...box.querySelectorAll("th, td, pre")].map(
        (cell) => cell.getBoundingClientRect().right));
    const said = box.previousElementSibling?.classList.contains("more") ?? false;
    return [right - box.getBoundingClientRect().right, box.scrollWidth > box.clientWidth + 1, said];
})"""


@pytest.mark.parametrize("window", [DESK, PHONE])
def test_all_columns_are_reached_and_what_is_wider_says_so(
    browser: Browser, pages: Pages, window: dict[str, int]
) -> None:
    with opened(browser, pages("pictures"), viewport=window) as (page, _):
        page.wait_for_timeout(100)
        found = page.evaluate(WIDE_CONTENT)
        assert found
        assert all(beyond <= 1 for beyond, *_ in found)
        assert all(wide == said for _, wide, said in found)
        expect(page.locator(".matrix thead th")).to_have_count(11)


def test_on_paper_all_ten_classes_stand_within_the_page(browser: Browser, pages: Pages) -> None:
    with opened(browser, pages("pictures"), viewport={"width": 700, "height": 900}) as (page, _):
        page.emulate_media(media="print")
        right = page.evaluate(
            "Math.max(...[...document.querySelectorAll('th, td')].map("
            "(cell) => cell.getBoundingClientRect().right))"
        )
        assert right <= 701


def test_circles_are_round(page: Page) -> None:
    shape = page.evaluate(
        """(() => { const box = document.querySelector("#boundary svg image");
            const {width, height} = box.getBoundingClientRect(); return width / height; })()"""
    )
    ends = page.evaluate(
        "JSON.parse(document.getElementById('play-data').textContent).planes[0].ends"
    )
    across, up = (high - low for low, high in ends)
    assert abs(shape / (across / up) - 1) < 0.03
    box = page.locator("#play-plane").bounding_box()
    assert box is not None
    assert abs(box["width"] / box["height"] / (across / up) - 1) < 0.03


def test_a_mark_says_its_trial_under_the_pointer_and_by_arrow_keys(page: Page) -> None:
    shown, says = page.locator("#first-history .picture"), page.locator(".hint")
    shown.focus()
    page.keyboard.press("ArrowRight")
    expect(says).to_have_text("trial 0: 0.6000")
    page.keyboard.press("ArrowRight")
    expect(says).to_have_text("trial 1: 0.6333")
    page.keyboard.press("ArrowLeft")
    expect(says).to_have_text("trial 0: 0.6000")
    page.keyboard.press("Escape")
    expect(says).to_be_hidden()
    shown.locator(".mark").nth(3).hover(force=True)
    expect(says).to_have_text("trial 3: 0.7000")


def _numbers_shown(page: Page) -> list[str]:
    return page.locator("#trials tbody tr:visible td:first-child").all_inner_texts()


def _marked(page: Page, figure: str) -> set[str]:
    """Trials whose marks in a figure have not faded."""
    marks = page.locator(f"#{figure} .mark:not(.out)")
    says = [mark.get_attribute("data-says") or "" for mark in marks.all()]
    return {found[1] for text in says if (found := re.match(r"trial (\d+)", text))}


def test_trials_are_selected_on_an_axis_by_pointer_and_by_keyboard(page: Page) -> None:
    page.evaluate("document.querySelectorAll('.fold').forEach((fold) => { fold.open = true; })")
    head = page.locator("#trials th").all_inner_texts()
    cells = [row.locator("td").all_inner_texts() for row in page.locator("#trials tbody tr").all()]
    rows = [dict(zip(head, line, strict=True)) for line in cells]
    complete = [row for row in rows if row["state"] == "complete"]
    figure = page.locator("#parallel")
    figure.locator("svg").scroll_into_view_if_needed()
    grip = figure.locator("[data-selects=''] .grip").bounding_box()
    assert grip is not None
    x, middle = grip["x"] + grip["width"] / 2, grip["y"] + grip["height"] / 2
    page.mouse.move(x, grip["y"] + grip["width"] / 2 + 3)  # its box holds half its stroke
    page.mouse.down()
    page.mouse.move(x, middle)
    page.mouse.up()
    values = [float(row["value"]) for row in complete]
    half = (min(values) + max(values)) / 2
    upper = {row["trial"] for row in complete if float(row["value"]) > half}
    assert 0 < len(upper) < len(rows)
    assert set(_numbers_shown(page)) == upper
    assert _marked(page, "parallel") == _marked(page, "history") & upper == upper
    page.mouse.click(x, middle)
    assert len(_numbers_shown(page)) == len(rows)
    figure.get_by_label("units, lowest").press("ArrowRight")
    fewest = min(int(row["units"]) for row in rows if row["units"])
    expected = {row["trial"] for row in rows if row["units"] and int(row["units"]) > fewest}
    assert 0 < len(expected) < len(rows)
    assert set(_numbers_shown(page)) == expected
    assert _marked(page, "slices") <= expected
    expect(figure.locator(".select p")).to_contain_text(f"{len(expected)} of {len(rows)} trials")


def test_a_curve_is_switched_off_and_on(page: Page) -> None:
    page.evaluate("document.querySelectorAll('.fold').forEach((fold) => { fold.open = true; })")
    figure = page.locator("#others-curves")
    button, drawn = figure.get_by_role("button").first, figure.locator("[data-series='winner']")
    assert drawn.count() > 0
    button.click()
    expect(drawn.first).to_be_hidden()
    assert button.get_attribute("aria-pressed") == "false"
    button.press("Enter")
    expect(drawn.first).not_to_have_class(re.compile("off"))


@pytest.mark.parametrize("scene", ["binary", "multiclass", "numbers", "in_a_table", "branches"])
def test_a_phone_shows_every_figure_whole_and_its_text_large_enough(
    browser: Browser, pages: Pages, scene: str
) -> None:
    with opened(browser, pages(scene), viewport=PHONE) as (page, _):
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        found = page.evaluate(
            """() => [...document.querySelectorAll("figure")].map((figure) => {
                const picture = figure.querySelector(".picture");
                const sizes = [...figure.querySelectorAll("svg text")].map((text) => {
                    const to = text.getScreenCTM(); // of turned text, too
                    return parseFloat(getComputedStyle(text).fontSize) * Math.hypot(to.b, to.d);
                });
                const cut = [...figure.querySelectorAll("svg text")].map((text) => {
                    const own = text.getBoundingClientRect();
                    const whole = text.closest("svg").getBoundingClientRect();
                    return Math.max(whole.top - own.top, own.bottom - whole.bottom);
                });
                return [figure.id, picture.scrollWidth - picture.clientWidth, Math.min(...sizes),
                        Math.max(...cut)];
            })"""
        )
        assert len(found) > 5
        assert [one for one in found if one[1] > 0 or one[2] < 11 or one[3] > 4] == []


def test_panels_stand_side_by_side_on_a_desk_and_one_below_the_other_on_a_phone(
    browser: Browser, pages: Pages
) -> None:
    for viewport, beside in ((DESK, True), (PHONE, False)):
        with opened(browser, pages("binary"), viewport=viewport) as (page, _):
            roc, precision = (
                page.locator("#ranking .row svg").nth(at).bounding_box() for at in range(2)
            )
            assert roc is not None
            assert precision is not None
            assert (abs(roc["y"] - precision["y"]) < 1) == beside
            assert (precision["x"] >= roc["x"] + roc["width"] - 1) == beside


def test_a_curve_says_its_threshold_and_rates(page: Page) -> None:
    page.evaluate(UNFOLD)
    page.locator("#ranking .picture").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".hint")).to_have_text(
        re.compile(r"^inner, threshold 0\.\d+: true positive rate .*, false positive rate ")
    )
