"""What one night's run leaves for the next: the ledger of a quarter, kept beside its provisional runs.

In: what was posted. Out: the same the next day, so that only new days are read; or why everything is read again.
Read `nightly` (a run that goes on from it), `ledgers` (when a kept ledger may be taken up), `state` (what was posted, as tables and a
document, and back).
"""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path
from typing import Final

KEPT: Final = ".ledgers"
"""Beside the run folders; in it one folder for each quarter."""


def drop(folder: Path) -> None:
    """Remove the ledger that was kept for a quarter, which is over: nobody goes on from it."""
    shutil.rmtree(folder, ignore_errors=True)
    with suppress(OSError):  # there are those of other quarters, or none
        folder.parent.rmdir()
