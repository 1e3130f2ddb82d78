"""The pictures of docs/report.md: the first screen of the page of `vip report`, wide and on a phone.

    python scripts/pictures_report.py docs/pictures

The page is that of `vip demo`, whose customers are invented; Chromium draws it.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

SCREENS = {"report.png": (1280, 800), "report-390.png": (390, 844)}
"""File -> the window in pixels."""
COLORS = 64
"""So many are enough for letters and bars, and the files stay small."""


def report_pictures(folder: Path) -> list[Path]:
    """Draw the first screen of the demo's report into a folder, in Chinese, and return the files."""
    with tempfile.TemporaryDirectory() as place:
        demo = Path(place) / "demo"
        vip = [sys.executable, "-m", "vip_tiering"]
        subprocess.run([*vip, "demo", demo], check=True, capture_output=True)  # noqa: S603 (our own command)
        page = Path(place) / "report.html"
        customers = demo / "customers" / "customers.csv"
        options = ["--customers", customers, "--lists", demo / "lists", "--out", page, "--lang", "zh", "--quiet"]
        subprocess.run([*vip, "report", demo / "out" / "2015Q4", *options], check=True, capture_output=True)  # noqa: S603 (likewise)
        return _screens(page, folder)


def _screens(page: Path, folder: Path) -> list[Path]:
    drawn = []
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu", "--disable-quic"])
        for name, (width, height) in SCREENS.items():
            window = browser.new_page(viewport={"width": width, "height": height})
            window.goto(page.as_uri())
            window.screenshot(path=folder / name)
            Image.open(folder / name).convert("RGB").quantize(COLORS).save(folder / name, optimize=True)
            drawn.append(folder / name)
        browser.close()
    return drawn


if __name__ == "__main__":
    sys.stdout.writelines(f"{one}\n" for one in report_pictures(Path(sys.argv[1])))
