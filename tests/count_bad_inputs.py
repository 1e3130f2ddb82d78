"""Count the tests that carry a number of the list of bad inputs: `python tests/count_bad_inputs.py`."""

from __future__ import annotations

import contextlib
import io
import sys
from collections import Counter
from pathlib import Path

import pytest

WANTED = {*range(1, 68), 68, 69, 72}
"""The numbers that have tests of their own kind; 70 and 71 are cases of bad rule files (tests/rules/bad_rules)."""


class _Collected:
    """Notes the numbers of every test that is collected."""

    def __init__(self) -> None:
        self.cases: Counter[int] = Counter()

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Count one for each number that a test carries."""
        self.cases.update(number for item in session.items for mark in item.iter_markers("bad_input") for number in mark.args)


def count() -> Counter[int]:
    """Return how many tests carry each number."""
    collected = _Collected()
    folder = Path(__file__).parent
    marked = [str(path) for path in folder.rglob("test_*.py") if "bad_input" in path.read_text(encoding="utf-8")]
    with contextlib.redirect_stdout(io.StringIO()):
        pytest.main(["--collect-only", "-q", "-n", "0", "-p", "no:cacheprovider", "--rootdir", str(folder.parent), *marked], [collected])
    return collected.cases


def main() -> int:
    """Print the counts; the exit code is 1 where a wanted number has no test."""
    cases = count()
    missing = sorted(WANTED - set(cases))
    words = f"; not covered: {', '.join(map(str, missing))}" if missing else ""
    sys.stdout.write(f"{cases.total()} cases, {len(WANTED & set(cases))} of {len(WANTED)} numbers covered{words}\n")
    return 1 if missing else 0


if __name__ == "__main__":
    raise SystemExit(main())
