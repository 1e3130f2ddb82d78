"""Draw the pictures of the documentation anew, from what the demo makes: `make pictures`.

    python scripts/pictures.py docs/pictures

Customers are those of `vip demo`, who are invented. Workbooks are printed by LibreOffice, pages and the terminal drawn by Chromium.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from pictures_report import report_pictures
from PIL import Image
from playwright.sync_api import sync_playwright
from rich.console import Console
from rich.terminal_theme import MONOKAI

from vip_tiering.base.words import Words
from vip_tiering.cli.show.report import report_summary
from vip_tiering.reports.overview.job import overview

ON = "2016-01-08"
BRANCH, MANAGER, OF_PRIVATE = "朝阳支行", "朝01", "朝03"
COLOURS = 256
"""So many are enough for letters, lines and bars, and the files stay small."""
DOTS = {"day-manager": 90, "day-branch": 90, "day-private": 90, "plan": 74, "texts": 72, "report-book": 90}
"""Picture of a workbook's first page -> dots per inch."""
TERMINAL = "terminal.png"
_PAGE = """<!doctype html><meta charset="utf-8">
<style>
@font-face {{ font-family: blocks; src: local("DejaVu Sans Mono"); unicode-range: U+2580-259F; size-adjust: 83%; }}
body {{ margin: 0; background: {background}; color: {foreground}; }}
pre {{ margin: 0; padding: 18px 22px; font: 18px/1.35 blocks, "Noto Sans Mono CJK SC", monospace; }}
.prompt {{ color: #7fb3d5; }}
</style>
<pre><span class="prompt">$ vip report out/2015Q4</span>
{code}</pre>"""
"""A terminal as a page: a Chinese sign is as wide as two letters, and a block as one.

Rich's picture of a terminal counts a Chinese sign as one column, so that its letters run into each other.
"""


def pictures(folder: Path) -> list[Path]:
    """Draw every picture into a folder and return the files."""
    with tempfile.TemporaryDirectory() as place:
        home = Path(place)
        vip("demo", home / "demo")
        books = workbooks(home)
        drawn = [printed(book, folder / f"{name}.png", DOTS[name], home) for name, book in books.items()]
        (home / "terminal.html").write_text(terminal(home / "demo"), encoding="utf-8")
        drawn += screens({folder / "plan-html.png": (home / "plan.html", 1000, 900), folder / TERMINAL: (home / "terminal.html", 780, 0)})
    return [*drawn, *report_pictures(folder)]


def vip(*arguments: object) -> None:
    """Run a command of ours."""
    command = [sys.executable, "-m", "vip_tiering", *map(str, arguments)]
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603 (our own command)


def workbooks(home: Path) -> dict[str, Path]:
    """Make the workbooks of which there are pictures, each by its picture's name."""
    demo = home / "demo"
    vip("playbook", "book", "--out", home / "plan.xlsx", "--html", home / "plan.html", "--lists", demo / "lists")
    vip("playbook", "texts", "export", "--out", home / "texts.xlsx")
    customers = demo / "customers" / "customers.csv"
    vip("report", demo / "out" / "2015Q4", "--customers", customers, "--xlsx", home / "report-book.xlsx", "--lang", "zh")
    lists, private = (demo / name / ON / "branches" for name in ("lists", "lists.private"))
    return {
        "day-manager": lists / BRANCH / f"{MANAGER}.xlsx",
        "day-branch": lists / f"{BRANCH}.xlsx",
        "day-private": private / BRANCH / f"{OF_PRIVATE}.xlsx",
        **{name: home / f"{name}.xlsx" for name in ("plan", "texts", "report-book")},
    }


def printed(book: Path, picture: Path, dots: int, home: Path) -> Path:
    """Draw the first page of a workbook as it is printed."""
    settings = f"-env:UserInstallation={(home / 'settings').as_uri()}"
    office = ["soffice", settings, "--headless", "--convert-to", "pdf", "--outdir", str(home), str(book)]
    subprocess.run(office, check=True, capture_output=True)  # noqa: S603 (no words of others)
    pdf = home / f"{book.stem}.pdf"
    drawing = ["pdftoppm", "-png", "-singlefile", "-r", str(dots), str(pdf), str(picture.with_suffix(""))]
    subprocess.run(drawing, check=True)  # noqa: S603 (likewise)
    return made_small(picture)


def terminal(demo: Path) -> str:
    """Return what the terminal shows of the report, in Chinese and colour, as a page."""
    contents = overview(demo / "out" / "2015Q4", demo / "customers" / "customers.csv")
    console = Console(width=80, record=True, force_terminal=True, color_system="truecolor", file=io.StringIO())
    console.print(report_summary(contents, Words("zh")))
    return console.export_html(theme=MONOKAI, code_format=_PAGE, inline_styles=True)


def screens(wanted: dict[Path, tuple[Path, int, int]]) -> list[Path]:
    """Draw the first screens of pages. `wanted`: picture -> page, and the window's width and height in pixels; 0: as high as the page."""
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu", "--disable-quic"])
        for picture, (page, width, height) in wanted.items():
            window = browser.new_page(viewport={"width": width, "height": height or 100})
            window.goto(page.as_uri())
            window.screenshot(path=picture, full_page=not height)
        browser.close()
    return [made_small(picture) for picture in wanted]


def made_small(picture: Path) -> Path:
    """Keep as many colours as are seen."""
    Image.open(picture).convert("RGB").quantize(COLOURS).save(picture, optimize=True)
    return picture


if __name__ == "__main__":
    sys.stdout.writelines(f"{one}\n" for one in pictures(Path(sys.argv[1])))
