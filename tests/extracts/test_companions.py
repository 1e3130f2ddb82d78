"""Checksums and control files beside extracts: verified wherever they lie, refused where they cannot be read."""

from __future__ import annotations

import datetime as dt
import gzip
import hashlib
import os
from pathlib import Path

import pytest

import vip_tiering as vip
from tests.helpers import Row, read_tiers, rules_with, write_parquet
from tests.helpers import vip as command
from vip_tiering.base.errors import DataError

DAY = dt.date(2015, 10, 1)
CONTENT = b"customer_id,date,balance\nA,2015-10-01,1000.10\nB,2015-10-01,-2.05\n\nC,2015-10-01,30.00\n"
NAME = "balances_20151001.csv"


def compute(folder: Path, **options: object) -> vip.Run:
    """Compute the run of a folder of extracts, for one day."""
    return vip.compute_tiers(folder, "2015Q4", rules=rules_with(), as_of=DAY, jobs=1, **options)  # type: ignore[arg-type]


def refusal(folder: Path, **options: object) -> str:
    """Return the text with which a folder of extracts is refused."""
    with pytest.raises(DataError) as caught:
        compute(folder, **options)
    return str(caught.value)


@pytest.fixture
def extracts(tmp_path: Path) -> Path:
    """Return a folder with one sound extract."""
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / NAME).write_bytes(CONTENT)
    return folder


@pytest.mark.parametrize("form", ["{}", "{}\n", "{}  balances_20151001.csv\n", "{} *balances_20151001.csv\r\n", "\ufeff{}\n"])
@pytest.mark.parametrize("upper", [False, True])
def test_checksum_is_verified(extracts: Path, form: str, upper: bool) -> None:  # noqa: FBT001 (a parameter of the test)
    """The right checksum passes in every form that tools write; one digit off is refused."""
    sha256 = hashlib.sha256(CONTENT).hexdigest()
    digits = sha256.upper() if upper else sha256
    (extracts / f"{NAME}.sha256").write_text(form.format(digits), encoding="utf-8")
    assert 3 == len(compute(extracts).tiers)
    wrong = ("1" if digits[0] == "0" else "0") + digits[1:]
    (extracts / f"{NAME}.sha256").write_text(form.format(wrong), encoding="utf-8")
    message = refusal(extracts)
    assert f"{NAME}: " in message
    assert "[checksum-differs]" in message
    assert f"{NAME}.sha256" in message


@pytest.mark.parametrize("content", [b"", b"abc\n", b"0" * 63, b"0" * 65, b"g" * 64, b"\xff\xfe", (b"0" * 64 + b"\n") * 2, b"0" * 100_000])
def test_checksum_that_is_none(extracts: Path, content: bytes) -> None:
    """A file that holds no checksum is refused, not passed over."""
    (extracts / f"{NAME}.sha256").write_bytes(content)
    message = refusal(extracts)
    assert f"{NAME}.sha256: " in message
    assert "[checksum-file]" in message


def test_companion_that_is_a_pipe(extracts: Path) -> None:
    """A pipe is not waited for, and a link that leads nowhere is not passed over."""
    os.mkfifo(extracts / f"{NAME}.sha256")
    (extracts / f"{NAME}.ctl").symlink_to("nowhere")
    message = refusal(extracts)
    assert "[checksum-file]" in message
    assert "[control-file]" in message


@pytest.mark.parametrize("name", [f"{NAME}.ctl", "balances_20151001.ctl"])
@pytest.mark.parametrize("text", ["rows=3", "sum=1028.05\n", "# day\n\nrows = 3\nsum: +1028.0500\n", "\ufeffROWS:3\r\nSUM=1028.05\r\n"])
def test_control_file_is_verified(extracts: Path, name: str, text: str) -> None:
    """Rows and the exact sum, before any rule on what counts, agree with the control file."""
    (extracts / name).write_text(text, encoding="utf-8")
    assert 3 == len(compute(extracts).tiers)


@pytest.mark.parametrize(
    ("text", "rule"),
    [("rows=4", "control-rows"), ("rows=2\nsum=1028.05", "control-rows"), ("sum=1028.06", "control-sum"), ("sum=1030.10", "control-sum")],
)
def test_control_file_that_differs(extracts: Path, text: str, rule: str) -> None:
    """Other rows or another sum are refused, and no sum is shown."""
    (extracts / "balances_20151001.ctl").write_text(text)
    message = refusal(extracts)
    assert f"{NAME}: " in message
    assert f"[{rule}]" in message
    assert "balances_20151001.ctl" in message
    assert not [amount for amount in ("1028", "1030") if amount in message]


@pytest.mark.parametrize(
    ("text", "row"),
    [("rows=3\nrow=3", 2), ("rows=3\n\nrows=3", 3), ("rows=three", 1), ("sum=1,028.05", 1), ("sum=1e3", 1), ("sum=1.005", 1), ("3", 1)],
)
def test_control_file_that_is_none(extracts: Path, text: str, row: int) -> None:
    """Unknown, repeated and unreadable entries are refused with their line."""
    (extracts / f"{NAME}.ctl").write_text(text)
    message = refusal(extracts)
    assert f"{NAME}.ctl: row {row}: " in message
    assert "[control-file]" in message


@pytest.mark.parametrize("content", [b"", b"# nothing\n", b"\xff"])
def test_control_file_without_entries(extracts: Path, content: bytes) -> None:
    """A control file that controls nothing is refused."""
    (extracts / f"{NAME}.ctl").write_bytes(content)
    assert "[control-file]" in refusal(extracts)


def test_sum_with_rejects(extracts: Path) -> None:
    """Where rows were rejected and allowed the rows are still verified; the sum cannot be."""
    (extracts / NAME).write_bytes(CONTENT + b"D,2015-10-01,x\n")
    (extracts / f"{NAME}.ctl").write_text("rows=4\nsum=1.00")
    assert 3 == len(compute(extracts, max_rejects="1").tiers)
    (extracts / f"{NAME}.ctl").write_text("rows=3\nsum=1028.05")
    assert "[control-rows]" in refusal(extracts, max_rejects="1")


def test_every_format_is_verified(tmp_path: Path) -> None:
    """Parquet and gzipped CSV are verified as plain CSV is; the checksum is that of the file as it lies there."""
    write_parquet(tmp_path / "b_20151001.parquet", [Row(DAY, "A", None, 500), Row(DAY, "B", None, 700)])
    (tmp_path / "b_20151001.parquet.ctl").write_text("rows=2\nsum=12.00")
    packed = gzip.compress(CONTENT)
    (tmp_path / "c_20151001.csv.gz").write_bytes(packed.replace(b"A,", b"A,"))
    (tmp_path / "c_20151001.csv.gz.sha256").write_text(hashlib.sha256(packed).hexdigest())
    (tmp_path / "c_20151001.ctl").write_text("rows=3")
    assert "[duplicate-conflict]" in refusal(tmp_path)
    (tmp_path / "c_20151001.ctl").write_text("rows=5")
    (tmp_path / "b_20151001.parquet.ctl").write_text("rows=2\nsum=12.01")
    message = refusal(tmp_path)
    assert "b_20151001.parquet: the balances do not add up" in message
    assert "c_20151001.csv.gz: has 3 rows, c_20151001.ctl says 5" in message


def test_days_outside_are_verified(extracts: Path) -> None:
    """The checksum and the rows of a file whose day is not needed are verified too."""
    for number in range(2):
        (extracts / f"balances_2015081{number}.csv").write_bytes(CONTENT.replace(b"2015-10-01", b"2015-08-1%d" % number))
    (extracts / "balances_20150811.csv.sha256").write_text("0" * 64)
    assert "balances_20150811.csv: is not the file whose checksum" in refusal(extracts)
    (extracts / "balances_20150811.csv.sha256").unlink()
    (extracts / "balances_20150811.csv.ctl").write_text("rows=7")
    assert "[control-rows]" in refusal(extracts)


def test_copies_are_verified(extracts: Path) -> None:
    """A byte-identical copy is counted once, and what lies beside it is verified all the same."""
    (extracts / "copy_20151001.csv").write_bytes(CONTENT)
    (extracts / "copy_20151001.csv.ctl").write_text("rows=3")
    assert 3 == len(compute(extracts).tiers)
    (extracts / "copy_20151001.csv.ctl").write_text("rows=4")
    assert "copy_20151001.csv.ctl says 4" in refusal(extracts)


@pytest.mark.parametrize("name", ["balances_20151002.csv.sha256", "balances_20151002.csv.ctl", "balances_20151002.ctl"])
def test_orphans_are_refused(extracts: Path, name: str) -> None:
    """A checksum or control file in a folder whose extract is missing is refused: the day may have been lost."""
    (extracts / "part").mkdir()
    (extracts / "part" / name).write_text("rows=3")
    (extracts / "part" / "balances_20150910.csv").write_bytes(CONTENT.replace(b"2015-10-01", b"2015-09-10"))
    message = refusal(extracts)
    assert f"part/{name}: the extract that it belongs to is missing" in message
    assert "[checksum-orphan]" in message


def test_orphan_alone_in_its_folder(tmp_path: Path) -> None:
    """A folder with nothing but a checksum says what is missing."""
    (tmp_path / "b_20151001.csv.sha256").write_text("0" * 64)
    assert "[checksum-orphan]" in refusal(tmp_path)


def test_checksum_is_no_part_of_the_identity(extracts: Path, tmp_path: Path) -> None:
    """A run with and without a checksum beside its extract is the same run."""
    arguments = ["tier", "compute", extracts, "--quarter", "2015Q4", "--as-of", "2015-10-01", "--out", tmp_path / "out"]
    assert 0 == command(*arguments).returncode
    assert 3 == len(read_tiers(tmp_path / "out" / "2015Q4-asof-20151001"))
    (extracts / f"{NAME}.sha256").write_text(hashlib.sha256(CONTENT).hexdigest())
    assert "already up to date" in command(*arguments, "--max-bytes", "1M").stdout
    (extracts / f"{NAME}.sha256").write_text("0" * 64)
    result = command(*arguments)
    assert (4, "") == (result.returncode, result.stdout)
    assert "checksum-differs" in result.stderr
