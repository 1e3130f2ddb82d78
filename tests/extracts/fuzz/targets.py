"""The entry points that take bytes from outside, each as one call; only our own errors may come out of it."""

from __future__ import annotations

import contextlib
import datetime as dt
import gzip
import io
import tempfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from vip_tiering.base.errors import VipError
from vip_tiering.extracts.days import read_rows
from vip_tiering.extracts.find import FoundFile
from vip_tiering.extracts.look import inspect_one
from vip_tiering.rules.extracts import ExtractRules
from vip_tiering.rules.forms import check
from vip_tiering.rules.load import FILES, load_rules

_CSV = "customer_id,date,balance\nC001,2015-10-02,150000.00\nC002,2015-10-02,-12.5\nC003,2015-10-03,0\n"
_CHINESE = "客户号,姓名,账号,数据日期,币种,余额\n0001,李四,A1,20151002,CNY,1.00\n0002,王五,A2,20151002,人民币,2.00\n"
SOUND_CSV = [
    _CSV.encode(),
    _CSV.encode("utf-8-sig"),
    _CSV.replace("C001", '"C,""1"').encode(),
    _CSV.replace("\n", "\r\n").encode(),
    _CHINESE.encode("gb18030"),
    _CHINESE.encode(),
    gzip.compress(_CSV.encode(), mtime=0),
    b"customer_id,balance\nC001,5\nC002,6\n",
]
"""Extracts that are read without a word, or with a note."""


def _parquet(columns: dict[str, Any], **options: Any) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink, **options)
    return sink.getvalue()


def _sound_parquet() -> list[bytes]:
    ids = [f"C{number:03d}" for number in range(20)]
    day = dt.date(2015, 10, 2)
    amounts = pa.array([f"{number}.50" for number in range(20)]).cast(pa.decimal128(18, 2))
    plain = {"customer_id": ids, "date": pa.array([day] * 20), "balance": amounts}
    return [
        _parquet(plain),
        _parquet(plain, compression="none", use_dictionary=False, write_statistics=False, row_group_size=7),
        _parquet(plain, compression="zstd", write_page_checksum=True, data_page_version="2.0", store_schema=False),
        _parquet({**plain, "date": ["2015-10-02"] * 20, "balance": [float(number) for number in range(20)]}, compression="gzip"),
        _parquet({"customer_id": list(range(20)), "date": pa.array([1443744000] * 20, pa.timestamp("s")), "balance": list(range(20))}),
        _parquet({"customer_id": pa.array(ids).dictionary_encode(), "balance": pa.array([None, *range(19)])}, column_encoding=None),
    ]


SOUND_PARQUET = _sound_parquet()
"""Parquet extracts in several types, encodings and compressions."""
SOUND_YAML = [
    "version: 1\nsource: 方案\ntiers:\n  - {code: a, label: 有效户, min: 20000}\n  - {code: silver, label: 银卡, min: 100000}\n".encode(),
    b'version: 1\nsets:\n  - valid_from: 2015-01-01\n    tiers:\n      - code: a\n        label: b\n        min: "20000.50"\n',
    "version: 1\nkind: changes\ncolumns: {customer_id: 客户号, balance: 余额}\nnegative: net\nmax_carry_days: 3\n".encode(),
    b'version: 1\ndate_format: "%d.%m.%Y"\ndate_offset_days: -1\nfinal_newline: optional\n',
]
"""Rule files of both kinds."""
_TEMPORARY = tempfile.TemporaryDirectory(prefix="vip-fuzz-")
_FOLDER = Path(_TEMPORARY.name)


def read_extract(content: bytes, name: str) -> None:
    """Look at an extract of these bytes and read its rows, as a run does."""
    path = _FOLDER / name
    path.write_bytes(content)
    with contextlib.suppress(VipError):
        extract = inspect_one(FoundFile(name, path), ExtractRules())
        rows, reading = read_rows(extract, 0)
        if rows is not None and reading.rows[0] != len(rows) + len(reading.rejects):
            raise AssertionError("a row is neither read nor rejected")


def read_rules(content: bytes) -> None:
    """Check a rule file of these bytes as each kind there is, and load it where its form is sound."""
    for file, form in FILES.items():
        document = check(content, form, file)
        if not all(line.startswith(f"{file}:") and "\n" not in line for line in document.lines()):
            raise AssertionError("a line does not say where it belongs")
    (_FOLDER / "tiers.yaml").write_bytes(content)
    with contextlib.suppress(VipError):
        load_rules(_FOLDER)
