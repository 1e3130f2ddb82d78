"""How much one extract may take in memory, judged before it is taken."""

from __future__ import annotations

import re
from typing import Final

from vip_tiering.errors import DataError, UsageError
from vip_tiering.readers.extract import refuse

_UNITS: Final = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
COLUMN_LIMIT_BYTES: Final = (1 << 31) - 1
"""The most text that one column of one day may hold: its places are counted in 32 bits."""


def size_in_bytes(text: str) -> int:
    """Return a size such as `500M`, `4G` or `1048576` in bytes. Raises UsageError for anything else."""
    match = re.fullmatch(r"([0-9]{1,15})([KMGT]?)(i?B)?", text.strip(), re.IGNORECASE)
    size = int(match[1]) * _UNITS[match[2].upper()] if match else 0
    if size <= 0:
        raise UsageError("--max-bytes: must be a size such as 500M, 4G or 1048576")
    return size


def size_text(size: int) -> str:
    """Return a number of bytes in the largest unit that shows it without a fraction."""
    unit = max((one for one in _UNITS if size % _UNITS[one] == 0), key=lambda one: _UNITS[one])
    return f"{size // _UNITS[unit]}{unit}" if unit else f"{size} bytes"


def too_large(name: str, max_bytes: int, what: str = "the file") -> DataError:
    """Return the error for an extract that would take more memory than `--max-bytes` allows."""
    message = f"{what} would take more than {size_text(max_bytes)} in memory; split it by day, or allow more with --max-bytes"
    return refuse(name, "file-too-large", message)


def column_too_large(name: str, header: str) -> DataError:
    """Return the error for a column with more text than one column can hold."""
    return refuse(name, "file-too-large", f"column {header} holds 2 GiB of text or more; split the file")
