"""Whatever a person names stays text: titles, classes, features, parameters, reasons, notes."""

import pytest

from tests.reading_pages import Element, csv_of, rows_of, tree_of
from tests.report.runs_to_show import Pages
from tests.report.scenes import IMAGE, SCRIPT, TEMPLATE, WORD, hostile


@pytest.fixture
def page(pages: Pages) -> Element:
    return tree_of(pages("hostile").read_text(encoding="utf-8"))


def texts_of(page: Element, figure: str) -> set[str]:
    return {text.text for text in page.of_id(figure).all("text")}


def test_no_name_makes_an_element(page: Element) -> None:
    data, own = page.all("script")
    assert data.attributes["type"] == "application/json"
    assert own.attributes == {}
    assert len(list(page.all("style"))) == 1
    assert list(page.all("img")) == []
    title = next(page.all("title"))  # marks of pictures have one as well
    assert title.text == f"{SCRIPT} · shown"


def test_the_title_is_text(page: Element) -> None:
    assert next(page.all("h1")).text == SCRIPT


def test_class_names_are_text_in_tables_and_legends(page: Element) -> None:
    assert rows_of(page, "Rows of each set")[0] == ["set", "rows", SCRIPT, IMAGE]
    header, *rows = rows_of(page, "Confusion matrix")
    assert header[1:] == [row[0] for row in rows] == [SCRIPT, IMAGE]
    assert [row[0] for row in rows_of(page, "Classification report")[1:3]] == [SCRIPT, IMAGE]
    assert {SCRIPT[:23] + "…", IMAGE[:23] + "…"} <= texts_of(page, "boundary")


def test_feature_names_are_text_at_the_axes_and_in_the_file(page: Element) -> None:
    assert {TEMPLATE[:23] + "…", SCRIPT[:23] + "…"} <= texts_of(page, "boundary")
    header = csv_of(next(page.of_id("boundary").all("a")))[0]
    assert header == [TEMPLATE, SCRIPT, f"probability of {SCRIPT}", f"probability of {IMAGE}"]


def test_parameters_and_choices_are_text(page: Element) -> None:
    header, *rows = rows_of(page, "All trials")
    assert [row[header.index(SCRIPT)] for row in rows] == [SCRIPT, WORD, IMAGE, IMAGE]
    assert [term.text for term in page.all("dt")] == [SCRIPT, "units"]
    assert next(page.of_class("strips").all("strong")).text == SCRIPT


def test_parameters_and_choices_are_text_in_the_searchs_figures(page: Element) -> None:
    assert {SCRIPT, SCRIPT[:9] + "…", IMAGE[:9] + "…"} <= texts_of(page, "parallel")
    assert {SCRIPT[:11] + "…", IMAGE[:11] + "…"} <= texts_of(page, "slices")
    assert csv_of(next(page.of_id("slices").all("a")))[0] == ["trial", "state", "value", SCRIPT,
                                                               "units"]  # fmt: skip


def test_reasons_are_text(page: Element) -> None:
    reasons = {trial.outcome.reason for trial in hostile().trials} - {""}
    assert {row[1] for row in rows_of(page, "Failures by reason")[1:]} == reasons
    assert reasons <= {row[-1] for row in rows_of(page, "All trials")}
    assert SCRIPT in next(page.of_class("alerts").all("li")).text


def test_a_baselines_name_values_and_note_are_text(page: Element) -> None:
    _, row = rows_of(page, "Baselines")
    assert [row[0], row[1], row[3]] == [SCRIPT, f"{SCRIPT} {TEMPLATE}", IMAGE]
    assert page.of_id("baseline-0").of_class("says").text == f"Learning curves of {SCRIPT[:23]}…"
    assert f"the baseline {SCRIPT}" in page.of_class("first").text


def test_the_source_is_shown_as_it_is(page: Element) -> None:
    assert next(page.of_id("making").all("code")).text == hostile().source


def hardest(page: Element) -> str:
    """The caption of the rows that are wrong or nearly."""
    captions = (caption.text.strip() for caption in page.all("caption"))
    return next(text for text in captions if text.startswith("Hardest held-out examples"))


def test_the_winners_curves_thresholds_and_rows_name_classes_and_features_as_text(
    page: Element,
) -> None:
    assert IMAGE[:23] + "…" in texts_of(page, "ranking")
    assert rows_of(page, "ROC AUC and average precision")[1][0] == IMAGE
    assert any(IMAGE in t.text for t in page.of_id("winner").all("caption"))
    header, *rows = rows_of(page, hardest(page))
    assert header[-2:] == [TEMPLATE, SCRIPT]
    assert {row[1] for row in rows} == {SCRIPT, IMAGE}


def test_what_a_models_file_says_is_text(page: Element) -> None:
    assert {IMAGE[:23] + "…", TEMPLATE[:23] + "…"} <= texts_of(page, "network")


def test_the_cells_of_a_table_are_text(pages: Pages) -> None:
    page = tree_of(pages("in_a_table").read_text(encoding="utf-8"))
    header, *rows = rows_of(page, hardest(page))
    assert {row[header.index(SCRIPT)] for row in rows} == {IMAGE, "plain"}
    assert list(page.all("img")) == []
