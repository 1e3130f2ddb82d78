"""One contract for every engine: the same delivery gives the same bytes, or the same lines and the same exit code."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.cluster.cases import REFUSED, SOUND, Case
from tests.cluster.engines import in_parts, outcome
from tests.extracts.bad_inputs import accepted, of_files, of_rows, of_runs
from tests.extracts.bad_inputs.cases import Accepted, arguments_of, lay_out
from tests.extracts.bad_inputs.cases import Case as BadInput

BAD_INPUTS = [*of_files.CASES, *of_rows.CASES, *of_runs.CASES, *accepted.CASES][::3]
"""A third of the table, for time; which ones changes as the table grows."""


@pytest.mark.parametrize("case", [*SOUND, *REFUSED], ids=lambda case: case.name)
def test_parts_are_the_whole(case: Case, tmp_path: Path) -> None:
    """Customers in buckets, files in tasks, and all put together: as one process has it, and as the case says that it ends."""
    arguments = case.arguments(tmp_path)
    expected = outcome(tmp_path, arguments, "local")
    assert case.status == expected.status, expected.lines
    assert expected == outcome(tmp_path, arguments, "parts", in_parts(3))


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in BAD_INPUTS])
def test_bad_inputs_are_answered_alike(case: BadInput | Accepted, tmp_path: Path) -> None:
    """Whatever is wrong with an extract, what is said of it does not tell which engine found it."""
    lay_out(tmp_path, case.change)
    arguments = arguments_of((*case.options, "--out", "out"))
    arguments = [*arguments[: arguments.index("--out")], *arguments[arguments.index("--out") + 2 :]]
    expected = outcome(tmp_path, arguments, "local")
    shutil.rmtree(tmp_path / "local", ignore_errors=True)
    assert expected == outcome(tmp_path, arguments, "local", in_parts(3))
