"""Thirty ways to smuggle code into a page, in every name that a person gives: all stay text."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, sync_playwright

from search import Budget, arrays
from tests.report.browsing import OPTIONS, need_chromium, opened
from tests.report.runs_to_show import Told, completed, failed, finalist, page_of, rate_test
from tests.report.scenes import baseline, binary
from tests.runs import small_study

pytestmark = pytest.mark.browser

PAYLOADS = (
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "</textarea><script>alert(1)</script>",
    "<!--<script>alert(1)</script>-->",
    "--><script>alert(1)</script>",
    "]]><script>alert(1)</script>",
    "<ScRiPt>alert(1)</sCrIpT>",
    "<script/src=data:,alert(1)>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<img src=x onerror=alert(1)>",
    "\"><img src=x onerror=alert(1)>",
    "'><img src=x onerror=alert(1)>",
    "\"'><svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<iframe src=javascript:alert(1)>",
    "<a href=javascript:alert(1)>x</a>",
    "javascript:alert(1)",
    "\" onmouseover=\"alert(1)",
    "' autofocus onfocus='alert(1)",
    "<input autofocus onfocus=alert(1)>",
    "<details open ontoggle=alert(1)>",
    "<body onload=alert(1)>",
    "<meta http-equiv=refresh content='0;url=data:text/html,x'>",
    "<base href=//example.test/>",
    "<style>@import'//example.test/x.css';</style>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;alert(1)&#60;/script&#62;",
    "\\u003cscript\\u003ealert(1)\\u003c/script\\u003e",
    "{{ 7 * 7 }}{% raw %}${alert(1)}",
)  # fmt: skip


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page on which each payload is a class, feature, parameter, choice, reason and name."""
    count = len(PAYLOADS)
    y = np.repeat(np.arange(count), 10)
    x = np.random.default_rng(0).normal(size=(len(y), count)) + y[:, None] % 7
    data = arrays(x, y, class_names=PAYLOADS, feature_names=PAYLOADS)

    def suggest(trial: Any) -> None:
        for payload in PAYLOADS:
            trial.suggest_int(payload, 1, 9)
        trial.suggest_categorical("choice", PAYLOADS)

    trials = []
    for number, payload in enumerate(PAYLOADS):
        params = dict.fromkeys(PAYLOADS, 1 + number % 9) | {"choice": payload}
        outcome = failed(payload) if number % 2 else completed(0.5 + number / 100)
        trials.append(Told(params, outcome))
    scene = replace(
        binary(),
        study=small_study(
            data=data, space=suggest, model=lambda **_: None, budget=Budget(count, 9)
        ),
        trials=trials,
        finalists=(finalist(0, trials[0], 0.9, 0.8), finalist(2, trials[2], 0.5, None)),
        predict=lambda rows: np.full((len(rows), count), 1 / count),
        title=PAYLOADS[1],
        source="\n".join(PAYLOADS),
        baselines=[
            baseline(payload, 0.5, note=payload, params={payload: payload})
            for payload in PAYLOADS[:3]
        ],
        rates=rate_test("winner"),
    )
    root = tmp_path_factory.mktemp("payloads")
    path = root / "payloads.html"
    path.write_text(page_of(scene, root), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    need_chromium()
    with sync_playwright() as playwright, playwright.chromium.launch(**OPTIONS) as launched:
        yield launched


def test_no_payload_runs_asks_for_anything_or_becomes_an_element(
    browser: Browser, file: Path
) -> None:
    assert len(set(PAYLOADS)) >= 30
    with opened(browser, file) as (page, seen):
        page.locator("footer").scroll_into_view_if_needed()
        assert (seen.dialogs, seen.complaints) == ([], [])
        assert seen.requests == [file.as_uri()]
        assert page.evaluate("window.violations") == []
        foreign = "iframe, form, input:not([type=range]), base, object, animate, math"
        folds = "section > details.fold, .alerts li > details, .fold > details[id], .select"
        assert page.locator(f"{foreign}, details:not({folds})").count() == 0
        assert page.locator("script:not([type])").count() == 1
        handlers = "[...document.querySelectorAll('*')].flatMap((e) => [...e.attributes])"
        assert page.evaluate(f"{handlers}.filter((a) => a.name.startsWith('on')).length") == 0
        text = page.locator("body").inner_text()
        assert [payload for payload in PAYLOADS if payload not in text] == []
