"""The manual page of `vip`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "vip.1"


def test_the_page_is_what_the_commands_say(tmp_path: Path) -> None:
    """docs/vip.1 holds what `--help` says today, in English whatever the locale; `make manual` writes it."""
    made = tmp_path / "vip.1"
    environment = {**os.environ, "LC_ALL": "zh_CN.UTF-8", "VIP_LANG": "zh"}
    subprocess.run([sys.executable, "scripts/manual.py", made], cwd=ROOT, env=environment, check=True)
    assert PAGE.read_bytes() == made.read_bytes()


@pytest.mark.parametrize("reader", [["mandoc", "-T", "lint", "-W", "warning"], ["groff", "-man", "-ww", "-Kutf8", "-Tutf8", "-z"]])
def test_readers_of_manuals_find_nothing_wrong(reader: list[str]) -> None:
    """Neither program that shows manuals has anything to say, but for the date, which the page leaves out."""
    if shutil.which(reader[0]) is None:
        pytest.skip(f"{reader[0]} is not installed")
    result = subprocess.run([*reader, PAGE], capture_output=True, text=True, check=False)
    said = (result.stdout + result.stderr).splitlines()
    assert [] == [line for line in said if "missing date" not in line]
