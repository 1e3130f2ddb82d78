"""The documentation as a site that needs no network."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.site import asking

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the built site; its links and anchors all lead somewhere, and no page is without a place in its menu."""
    folder = tmp_path_factory.mktemp("site")
    result = subprocess.run([sys.executable, "scripts/site.py", folder], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (0, "") == (result.returncode, result.stderr)
    return folder / "html"


def test_the_site_asks_for_nothing(pages: Path) -> None:
    """No page and no style of the site makes a browser ask another machine."""
    assert (pages / "docs" / "rules.html").is_file()
    assert [] == asking(pages)


def test_blocks_are_shown_as_blocks(pages: Path) -> None:
    """Every block of code is one in the site too; none of its fences is left as text."""
    assert [] == [path.name for path in pages.rglob("*.html") if "```" in path.read_text(encoding="utf-8")]


@pytest.mark.parametrize(
    "text",
    [
        '<script defer src="https://example.com/x.js">',
        "<link rel=stylesheet href=//example.com/x.css>",
        '<img alt="a" src="http://example.com/x.png">',
        "<style>@import 'https://example.com/x.css'</style>",
        "<style>a { background: url(https://example.com/x.png) }</style>",
    ],
)
def test_what_asks_is_found(text: str, tmp_path: Path) -> None:
    """A script, style or picture from elsewhere is found; a link that somebody may click, and what lies beside the page, is none."""
    (tmp_path / "good.html").write_text('<a href="https://example.com">x</a><script src="../x.js"></script><img src="x.png">')
    assert [] == asking(tmp_path)
    (tmp_path / "bad.html").write_text(text)
    assert ["bad.html"] == [line.partition(":")[0] for line in asking(tmp_path)]


@pytest.mark.skipif(shutil.which("chromium") is None, reason="Chromium is not installed")
def test_search_works_from_a_disk(pages: Path, tmp_path: Path) -> None:
    """A page that a browser opens from a disk, without a server, finds words in all pages."""
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
    flags += ["--disable-component-update", "--disable-sync", f"--user-data-dir={tmp_path}", "--virtual-time-budget=20000", "--dump-dom"]
    address = f"{(pages / 'docs' / 'rules.html').as_uri()}?q=quarter"
    result = subprocess.run(["chromium", *flags, address], capture_output=True, text=True, check=True, timeout=120)
    found = re.search(r"(\d+) matching documents", result.stdout)
    assert found is not None
    assert int(found[1]) > 5
