"""What came of the demo's lists, as managers and the gateway might give it back. Everything follows from one seed."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.csv

from vip_tiering.arrow import one_array
from vip_tiering.demo_balances import SEED
from vip_tiering.tables import write_csv

_CALLED: Final = {"": 6, "reached": 8, "no_answer": 5, "interested": 3, "refused": 1, "wrong_number": 1, "bereavement": 1}
_MET: Final = {"": 8, "reached": 5, "meeting_set": 3, "done": 3, "no_answer": 2}
_SENT: Final = {"delivered": 40, "failed": 2, "opt_out": 1}
_WORDS: Final = {"sms": _SENT, "calls": _CALLED, "appointments": _CALLED}
"""Results by channel, with their weights; of the other channels those of a meeting."""
_OBSTACLES: Final = {"": 6, "利率低": 2, "已在他行办理": 1, "无暇面谈": 1}
_CHANNELS: Final = ("sms", "calls", "appointments", "visits", "invitations", "wechat")
_COLUMNS: Final = ("customer_id", "action", "channel", "result", "obstacle")


def returned(export: Path) -> dict[str, bytes]:
    """Return name and content of the lists of an export as they come back: one file for each channel."""
    rng = np.random.default_rng(SEED + 2)
    files = {}
    for channel in _CHANNELS:
        table = pyarrow.csv.read_csv(
            export / f"{channel}.csv",
            convert_options=pyarrow.csv.ConvertOptions(column_types={name: pa.string() for name in ("customer_id", "action")}),
        )
        if not len(table):
            continue
        result = _drawn(rng, _WORDS.get(channel, _MET), len(table))
        obstacle = np.where(result == "", "", _drawn(rng, _OBSTACLES if channel != "sms" else {"": 1}, len(table)))
        columns = (table["customer_id"], table["action"], pa.repeat(channel, len(table)), pa.array(result), pa.array(obstacle))
        sink = io.BytesIO()
        write_csv({name: one_array(column) for name, column in zip(_COLUMNS, columns, strict=True)}, sink)
        files[f"{channel}.csv"] = sink.getvalue()
    return files


def _drawn(rng: np.random.Generator, words: Mapping[str, int], count: int) -> np.ndarray[tuple[int], np.dtype[np.object_]]:
    """Return words, shape (count,), drawn by their weights."""
    every = np.repeat(np.array(list(words), object), list(words.values()))
    drawn: np.ndarray[tuple[int], np.dtype[np.object_]] = every[rng.integers(0, len(every), count)]
    return drawn
