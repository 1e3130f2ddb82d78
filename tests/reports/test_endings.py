"""A file that somebody names is of the kind that its name promises."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.helpers import vip


@pytest.mark.parametrize(
    ("command", "right"),
    [
        (("report", "out/2015Q4", "--out", "r.pdf"), "--out: must end in .html or .htm"),
        (("report", "out/2015Q4", "--xlsx", "r.csv"), "--xlsx: must end in .xlsx"),
        (("playbook", "book", "--out", "plan.html"), "--out: must end in .xlsx"),
        (("playbook", "book", "--out", "plan.xlsx", "--html", "plan.pdf"), "--html: must end in .html or .htm"),
    ],
)
def test_a_name_of_another_kind_is_refused(command: tuple[str, ...], right: str, tmp_path: Path) -> None:
    """A page is not written as .pdf, nor a workbook as .csv: exit code 2 says the right ending, and nothing is written."""
    done = vip(*command, cwd=tmp_path)
    assert (2, f"vip: {right}\n") == (done.returncode, done.stderr)
    assert [] == list(tmp_path.iterdir())
