"""The page in a real browser; skipped where there is none (pip install playwright, and Chromium)."""

import shutil

import pytest

from humpcat.evaluation.report import report

from .making import DEPENDENT, run, three_corpora

FLAGS = (
    "--no-sandbox --disable-gpu --disable-background-networking --disable-component-update --disable-sync "
    "--no-first-run"
)
INK_AND_PAPER = (
    "[getComputedStyle(document.querySelector('svg text')).fill, getComputedStyle(document.body).backgroundColor]"
)


@pytest.fixture(name="browser", scope="module")
def _browser():
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("there is no Chromium")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=path, args=FLAGS.split())
        yield browser
        browser.close()


@pytest.fixture(name="pages", scope="module")
def _pages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    report(three_corpora(folder, draws=2), folder / "out")
    shots = [
        run(folder / f"shots{k}", "mesd", protocol=f"shots={k} valid-shots=0", gain=gain, guarantee=DEPENDENT, draws=2)
        for k, gain in ((1, 0.6), (5, 1.0))
    ]
    report(shots, folder / "shots")
    return [folder / name / "report.html" for name in ("out", "shots")]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 375])
def test_the_page_shows(browser, pages, width, scheme, tmp_path):
    for index, file in enumerate(pages):
        page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
        heard, asked = [], []
        page.on("console", lambda message, heard=heard: heard.append(message.text))
        page.on("pageerror", lambda error, heard=heard: heard.append(str(error)))
        page.on("request", lambda request, asked=asked: asked.append(request.url))
        page.goto(file.as_uri())
        assert heard == []
        assert asked == [file.as_uri()]
        assert page.evaluate("document.documentElement.scrollWidth") == width
        # Text of plots is set in a size that can be read, also where the plot is scaled to the screen.
        sizes = page.evaluate(
            "[...document.querySelectorAll('svg text')].map(e => "
            "parseFloat(getComputedStyle(e).fontSize) * e.ownerSVGElement.clientWidth "
            "/ e.ownerSVGElement.viewBox.baseVal.width)"
        )
        assert min(sizes) >= 9
        ink, paper = page.evaluate(INK_AND_PAPER)
        assert (brightness(ink) > brightness(paper)) == (scheme == "dark")
        picture = tmp_path / f"{index}-{width}-{scheme}.png"
        # The screen alone: a whole page on a telephone is taller than what Chromium draws at once.
        page.screenshot(path=picture)
        assert picture.stat().st_size > 10_000
        page.close()


def test_print_is_dark_on_white_and_cuts_no_table(browser, pages):
    # A4 less its margins, in CSS pixels.
    page = browser.new_page(viewport={"width": 680, "height": 960}, color_scheme="dark")
    page.goto(pages[0].as_uri())
    page.emulate_media(media="print", color_scheme="dark")
    ink, paper = page.evaluate(INK_AND_PAPER)
    assert brightness(ink) < 120 < 250 < brightness(paper)
    assert page.evaluate("[...document.querySelectorAll('.box')].every(box => box.scrollWidth <= box.clientWidth + 1)")
    page.close()


def brightness(colour):
    """Mean of red, green and blue of ``rgb(r, g, b)``."""
    parts = [float(part) for part in colour[colour.index("(") + 1 : -1].split(",")][:3]
    return sum(parts) / 3
