"""The page of `vip report` in a real Chromium: silent, whole, readable on a screen, a phone and paper, light and dark, and by everybody."""

from __future__ import annotations

import io
import re
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image, ImageChops
from playwright.sync_api import Page, sync_playwright

from tests.reports.reported import full_page
from vip_tiering.reports.overview.words import CHARTS, SECTIONS

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--force-color-profile=srgb",
)  # fmt: skip
_NO_LETTER = "\U0010fffd"
"""A character that no font has."""
_ONE_LETTER = """(character) => {
  const place = document.querySelector("#one-letter") || document.body.appendChild(document.createElement("div"));
  place.id = "one-letter";
  place.style.cssText = "position:fixed;left:0;top:0;width:40px;height:40px;font-size:28px;line-height:40px;background:#fff;color:#000";
  place.style.fontFamily = getComputedStyle(document.querySelector("#chart-tiers text")).fontFamily;
  place.textContent = character;
}"""
_TEXTS_OF_CHARTS = """() => Object.fromEntries([...document.querySelectorAll("figure")].map((figure) => {
  const box = figure.querySelector("svg").getBoundingClientRect();
  const texts = [...figure.querySelectorAll("svg text")];
  const isOutside = (one) => one.left < box.left - 2 || one.right > box.right + 2;
  const outside = texts.filter((text) => isOutside(text.getBoundingClientRect()));
  return [figure.id, {texts: texts.map((text) => text.textContent), width: box.width, outside: outside.map((text) => text.textContent)}];
}))"""


@pytest.fixture(scope="module")
def said() -> dict[str, list[str]]:
    """What the browser says and asks for, noted as it happens."""
    return {"console": [], "requests": []}


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory, said: dict[str, list[str]]) -> Iterator[Page]:
    """Open the page of a report that has everything, at 1280 pixels."""
    path = full_page(tmp_path_factory.mktemp("browser"))
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=CHROMIUM, args=[*QUIET])
        opened = browser.new_page(viewport={"width": 1280, "height": 900})
        opened.on("console", lambda message: said["console"].append(message.text))
        opened.on("pageerror", lambda error: said["console"].append(str(error)))
        opened.on("request", lambda request: said["requests"].append(request.url))
        opened.goto(path.as_uri())
        yield opened
        browser.close()


def sideways(page: Page) -> int:
    """Return by how many pixels the page is wider than the window."""
    wider: int = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    return wider


def charts(page: Page) -> dict[str, Any]:
    """Return what each chart of the page shows."""
    found: dict[str, Any] = page.evaluate(_TEXTS_OF_CHARTS)
    return found


def test_it_says_nothing_and_asks_for_nothing(page: Page, said: dict[str, list[str]]) -> None:
    """Opening the page brings one request, for itself, and no message on the console."""
    assert said["console"] == []
    assert len(said["requests"]) == 1
    assert page.title() == "2015Q4 客户层级报告"


@pytest.mark.parametrize("width", [1280, 390])
def test_every_chart_is_drawn_with_its_values(page: Page, width: int) -> None:
    """On a screen and on a phone each chart has its place and its numbers, no letters beside it, and the page does not scroll sideways."""
    page.set_viewport_size({"width": width, "height": 900})
    found = charts(page)
    assert [*found] == [f"chart-{code}" for code in _in_order(found)]
    assert len(found) == len(CHARTS)
    for code, chart in found.items():
        assert sum(bool(re.search(r"\d", text)) for text in chart["texts"]) >= 3, code
        assert chart["width"] > width * 0.3, code
        assert chart["outside"] == [], code
    assert sideways(page) == 0
    for section in SECTIONS:
        assert page.locator(f"section#{section} h2").is_visible()


def _in_order(found: dict[str, Any]) -> list[str]:
    return [code.removeprefix("chart-") for code in found if code.removeprefix("chart-") in CHARTS]


def test_values_of_a_chart_are_those_of_the_table(page: Page) -> None:
    """The customers that the chart of tiers names are those of the table of tiers."""
    told = page.locator('table[data-table="tiers"] tbody tr:not(.total) td:nth-child(2)').all_text_contents()
    assert set(told) <= set(charts(page)["chart-tiers"]["texts"])


def test_chinese_letters_are_drawn(page: Page) -> None:
    """Two characters of a chart look different from each other and from the box that stands for a missing one."""
    page.set_viewport_size({"width": 1280, "height": 900})
    pictures = []
    for character in ("私", "银", _NO_LETTER):
        page.evaluate(_ONE_LETTER, character)
        picture = page.screenshot(clip={"x": 0, "y": 0, "width": 40, "height": 40})
        pictures.append(Image.open(io.BytesIO(picture)).convert("L"))
    page.evaluate("document.querySelector('#one-letter').remove()")
    for one, other in ((0, 1), (0, 2), (1, 2)):
        assert ImageChops.difference(pictures[one], pictures[other]).getbbox() is not None


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_everybody_can_use_it(page: Page, width: int, scheme: str) -> None:
    """axe-core finds nothing: contrast, headers of tables, names of charts and regions, order of headings; folded parts open too."""
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.set_viewport_size({"width": width, "height": 900})
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    found = Axe().run(page, options={"resultTypes": ["violations"]})
    assert [(one["id"], one["nodes"][0]["html"][:90]) for one in found.response["violations"]] == []
    page.emulate_media(color_scheme="light")


def test_it_can_be_used_with_keys_alone(page: Page) -> None:
    """The tab key leads through the contents in their order, then to tables that may scroll, and one sees where one is."""
    page.evaluate("document.activeElement.blur(); window.scrollTo(0, 0)")
    reached = []
    for _ in range(len(SECTIONS) + 2):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.getAttribute('href') || document.activeElement.className"))
    assert reached == ["#summary", *(f"#{code}" for code in SECTIONS), "scroll"]
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_it_prints_on_a4(page: Page) -> None:
    """Printed it is A4, the summary fits the first page, colours are light although the screen is dark, and no row is parted."""
    page.emulate_media(media="print", color_scheme="dark")
    paper = page.pdf(prefer_css_page_size=True, print_background=True)
    sizes = {tuple(round(float(one)) for one in box.split()[2:]) for box in re.findall(rb"/MediaBox \[([^\]]*)\]", paper)}
    assert sizes == {(595, 842)}
    background, rows = page.evaluate(
        "[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.querySelector('tbody tr')).breakInside]"
    )
    assert (background, rows) == ("rgb(255, 255, 255)", "avoid")
    page.set_viewport_size({"width": 718, "height": 1000})  # between the margins of A4
    height = page.evaluate("document.querySelector('#summary').getBoundingClientRect().bottom + window.scrollY")
    assert height < 1036
    page.emulate_media(media="screen", color_scheme="light")
