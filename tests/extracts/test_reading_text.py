"""CSV as it comes: encodings, line ends, quotes, blank lines, and the row that a message names."""

from __future__ import annotations

import datetime as dt
import gzip
import random
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

import vip_tiering as vip
from tests.helpers import rules_with
from tests.helpers import vip as run_vip
from vip_tiering.base.errors import DataError
from vip_tiering.extracts.formats import csv_file, csv_text

HEADER = "customer_id,date,balance\n"
DAY = dt.date(2015, 10, 1)
NOTED = "customer_id,date,balance,note\n"


def table(content: str | bytes) -> tuple[list[list[str]], list[int], list[tuple[int, str]]]:
    """Return the rows of a CSV, the row of each, and the rows with a wrong number of fields."""
    read = csv_file.table(content.encode() if isinstance(content, str) else content, "a.csv", final_newline=False)
    return [list(row) for row in zip(*(one.to_pylist() for one in read.columns.values()), strict=True)], read.row.tolist(), read.wrong


def refusal(folder: Path, content: str | bytes, name: str = "b_20151001.csv", **rules: object) -> str:
    """Return the text with which an extract is refused."""
    (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(DataError) as caught:
        vip.compute_tiers(folder / name, "2015Q4", rules=rules_with(**rules), as_of=DAY, jobs=1)
    return str(caught.value)


def averages(folder: Path, content: str | bytes, name: str = "b_20151001.csv", **rules: object) -> dict[str, int]:
    """Return customer -> closing balance in fen of an extract of 2015-10-01."""
    (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    tiers = vip.compute_tiers(folder / name, "2015Q4", rules=rules_with(**rules), as_of=DAY, jobs=1).tiers
    return dict(zip(tiers["customer_id"], tiers["closing_fen"].tolist(), strict=True))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_encodings_give_the_same(tmp_path: Path, encoding: str) -> None:
    """UTF-8 with and without BOM and GB18030 mean the same, rare characters (four bytes) included."""
    content = "客户号,日期,余额\n李四𠮷,2015-10-01,5.00\n张三,2015-10-01,7.00\n"
    assert {"李四𠮷": 500, "张三": 700} == averages(tmp_path, content.encode(encoding))


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_mixed_encodings_are_refused(tmp_path: Path, line_end: str) -> None:
    """A file whose rows are partly GB18030 and partly UTF-8 is refused, and both rows are named."""
    lines = ["customer_id,date,balance", "张三,2015-10-01,1.00", "李四,2015-10-01,2.00", "A,2015-10-01,3.00"]
    for number in (1, 2):
        coded = [line.encode("utf-8" if index == number else "gb18030") + line_end.encode() for index, line in enumerate(lines)]
        message = refusal(tmp_path, b"".join(coded))
        assert "file-encoding" in message
        assert f"row {number + 1} is UTF-8, row {4 - number} is not" in message
        assert "李四" not in message


def test_bom_promises_utf8(tmp_path: Path) -> None:
    """What begins with the BOM of UTF-8 is UTF-8 throughout, or the row that is not is named."""
    message = refusal(tmp_path, b"\xef\xbb\xbf" + HEADER.encode() + "A,2015-10-01,1\n张三,2015-10-01,1\n".encode("gb18030"))
    assert "row 3" in message
    assert "file-encoding" in message


def test_neither_encoding_is_refused(tmp_path: Path) -> None:
    """Bytes that no encoding explains are refused with their row."""
    assert "row 3: is neither UTF-8 nor GB18030" in refusal(tmp_path, HEADER.encode() + b"A,2015-10-01,1\n\xff,2015-10-01,1\n")


@given(st.lists(st.lists(st.integers(0, 6762), min_size=1, max_size=12), min_size=1, max_size=6))
def test_gb2312_is_no_utf8(codes: list[list[int]]) -> None:
    """Chinese text in GB2312 is read as what it is, and never taken for mixed encodings.

    Lines that are text in both encodings are left out, as 妗板啊 is in GB2312 what another two characters are in UTF-8: beside
    them nobody can tell a file in GB2312 from one of mixed encodings, so it is refused.
    """
    lines = [b"".join(bytes([0xB0 + code // 94, 0xA1 + code % 94]) for code in line) for line in codes]
    sound = [line for line in lines if _decodes(line, "gb2312") and not _decodes(line, "utf-8")]
    content = b"a\n" + b"".join(line + b"\n" for line in sound)
    assert content.decode("gb18030") == csv_text.decoded(content, "a.csv")[0].to_pybytes().decode()


def test_a_line_of_two_readings_is_refused() -> None:
    """A line that is text in GB2312 and in UTF-8 alike, in a file that is not UTF-8, is refused: it may be of another encoding."""
    content = b"a\n" + "啊\n妗板啊\n".encode("gb2312")
    with pytest.raises(DataError, match="row 3 is UTF-8, row 2 is not"):
        csv_text.decoded(content, "a.csv")


def _decodes(content: bytes, encoding: str) -> bool:
    try:
        content.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def test_pieces_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    """A long file is decoded piece by piece to the same text, and its wrong row is found in every piece."""
    monkeypatch.setattr(csv_text, "_PIECE_BYTES", 7)
    lines = [f"客户{number},𠮷\n" for number in range(50)]
    content = "".join(lines).encode("gb18030")
    assert "".join(lines) == csv_text.decoded(content, "a.csv")[0].to_pybytes().decode()
    for number in range(50):
        mixed = b"".join(line.encode("utf-8" if index == number else "gb18030") for index, line in enumerate(lines))
        if number:
            with pytest.raises(DataError, match=f"row {number + 1}: is neither"):
                csv_text.decoded(content.replace(lines[number].encode("gb18030"), b"\xff\n"), "a.csv")
        # 𠮷 is beyond U+9FFF, so that only a row without it tells.
        mixed = mixed.replace(lines[number].encode(), "客户\n".encode())
        with pytest.raises(DataError, match=rf"row {number + 1} is UTF-8, row {2 if number == 0 else 1} is not"):
            csv_text.decoded(mixed, "a.csv")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf16_is_refused(tmp_path: Path, encoding: str) -> None:
    """UTF-16 is named as such, with and without a byte order mark, also with Chinese headers."""
    for header in (HEADER, "客户号,日期,余额\n"):
        message = refusal(tmp_path, f"{header}A,2015-10-01,1\n".encode(encoding))
        assert "UTF-16" in message
        assert "save it as UTF-8" in message


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"\x00" * 100, "NUL bytes"),
        (b"customer_id,\x00date,balance\n", "NUL bytes"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 100, "old Excel workbook"),
        (b"PK\x03\x04rest", "Excel workbook (PK)"),
        (gzip.compress(b"PK\x03\x04rest", mtime=0), "Excel workbook (PK)"),
        (gzip.compress(gzip.compress(HEADER.encode(), mtime=0), mtime=0), "gzipped twice"),
        (gzip.compress(b"PAR1rest", mtime=0), "gzipped Parquet"),
        (b"sep=;\n" + HEADER.replace(",", ";").encode(), "Excel's sep=;"),
        (b"\xef\xbb\xbfsep=,\r\n" + HEADER.encode(), "Excel's sep=,"),
        (HEADER.replace(",", ";").encode(), 'looks like ";"'),
        (HEADER.replace(",", "\t").encode(), "looks like a tab"),
        (HEADER.replace(",", "|").encode(), 'looks like "|"'),
        (b"\n\r\n\n", "is empty"),
    ],
)
def test_other_formats_are_named(tmp_path: Path, content: bytes, says: str) -> None:
    """What is not a CSV with commas is called by its name."""
    assert says in refusal(tmp_path, content)


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_rows_are_counted_as_people_count(line_end: str) -> None:
    """The header is row 1, blank lines and those of separators alone count, and a text over several lines is one row."""
    lines = ["", "a,b", "1,2", "", '3,"x\ny"', ",", "4", "", "5,6,7", "8,9"]
    rows, numbers, wrong = table(line_end.join(lines) + line_end)
    assert [["1", "2"], ["3", "x\ny"], ["8", "9"]] == rows
    assert [3, 5, 10] == numbers
    assert [(7, "fields-missing"), (9, "fields-extra")] == wrong


@given(st.lists(st.sampled_from(["1,2", "", "3", "4,5,6", '7,"8\n9"', ","]), max_size=12), st.sampled_from(["\n", "\r\n", "\r"]))
def test_row_numbers_by_any_mixture(lines: list[str], line_end: str) -> None:
    """Sound rows and wrong rows get the number of their line, whatever stands between them."""
    _, numbers, wrong = table(line_end.join(["a,b", *lines]) + line_end)
    counts = {number: 1 + line.count(",") for number, line in enumerate(lines, 2) if line.strip(",")}
    assert [number for number, count in counts.items() if count == 2] == numbers
    assert [(number, "fields-missing" if count < 2 else "fields-extra") for number, count in counts.items() if count != 2] == wrong


def test_row_numbers_across_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is read in many blocks has the same rows."""
    monkeypatch.setattr(csv_text, "_LINE_BLOCK_BYTES", 5)
    monkeypatch.setattr(csv_text, "_QUOTE_BLOCK_BYTES", 5)
    seeded = random.Random(1)
    lines = [seeded.choice(["1,2", "", "3", '"4",5', '6,"7\n""8"""']) for _ in range(300)]
    _, numbers, wrong = table("\n".join(["a,b", *lines]) + "\n")
    assert [number for number, line in enumerate(lines, 2) if "," in line] == numbers
    assert [number for number, line in enumerate(lines, 2) if line == "3"] == [row for row, _ in wrong]


def test_note_over_several_lines_beside_a_wrong_row(tmp_path: Path) -> None:
    """A quoted text over several lines is sound, also where another row has too few fields."""
    content = NOTED + 'A,2015-10-01,5.00,"two\nlines"\nB,2015-10-01\nC,2015-10-01,7.00,"three\n""good""\nlines"\n'
    message = refusal(tmp_path, content)
    assert "row 3" in message
    assert "fields-missing 1" in message
    assert "file-quotes" not in message


@pytest.mark.parametrize(
    ("rows", "row"),
    [
        ('A,2015-10-01,5.00,"open\nB,2015-10-01,6.00,x\n', 2),
        ('A,2015-10-01,5.00,"open\nB,2015-10-01,6.00,"x"\n', 2),
        ('B,2015-10-01,6.00,x\n"A,2015-10-01,5.00,x\nC,2015-10-01,6.00,x\nD,2015-10-01,"7.00",x\n', 3),
        ('A,2015-10-01,"5.00,x\nB,2015-10-01,6.00",x\n', 2),
        ('B,2015-10-01,6.00,x\nA,2015-10-01,5.00,"x\nC,2015-10-01,6.00,x",y\n', 3),
        ('B,2015-10-01,6.00,37.8"N\nA,2015-10-01,5.00,"x" y\n', 3),
        ('"A\nB",2015-10-01,5.00,x\n', 2),
        ('A,"2015-10-01\nB",5.00,x\n', 2),
        ('A,2015-10-01,"5.00\nB,2015-10-01,6.00,",x\n', 2),
    ],
)
def test_quotes_that_swallow_rows(tmp_path: Path, rows: str, row: int) -> None:
    """A quote that is not closed, or closed in the middle, refuses the file and names the row in which it was opened."""
    message = refusal(tmp_path, NOTED + rows)
    assert f"b_20151001.csv: row {row}: " in message
    assert "file-quotes" in message


def test_quote_in_the_middle_of_a_text(tmp_path: Path) -> None:
    """A quote in the middle of a text without quotes is a sign like any other."""
    assert {"A": 500, "B": 600} == averages(tmp_path, NOTED + 'A,2015-10-01,5.00,37.8"N\n"B","2015-10-01","6.00","x ""y"""\n')


def test_midnight_may_stand_beside_the_date(tmp_path: Path) -> None:
    """A time of day is fine in a CSV too where it is midnight; any other is rejected as such."""
    forms = ("2015-10-01 00:00:00", "2015-10-01T00:00:00", "2015-10-01 00:00", "2015-10-01T00:00:00.000", "2015-10-01T00:00:00+08:00")
    rows = "".join(f"A{number},{form},5.00\n" for number, form in enumerate(forms))
    assert {f"A{number}": 500 for number in range(len(forms))} == averages(tmp_path, HEADER + rows)
    for wrong in ("2015-10-01 00:00:01", "2015-10-01T12:00", "2015-10-01 00:00:00.001", "2015-10-01T08:00:00Z"):
        assert "date-time 1" in refusal(tmp_path, f"{HEADER}A,2015-10-01,1\nB,{wrong},1\n")
    assert "date-invalid 1" in refusal(tmp_path, f"{HEADER}A,2015-10-01,1\nB,2015-02-30 00:00:00,1\n")
    assert {"A": 500} == averages(tmp_path, f"{HEADER}A,01.10.2015 00:00:00,5.00\n", date_format="%d.%m.%Y")


def test_headers_match_however_they_are_written(tmp_path: Path) -> None:
    """Full-width letters, invisible characters and blanks in headers make no difference."""
    header = "\u200bＣｕｓｔｏｍｅｒ＿ＩＤ,　date\ufeff , Balance\u2060\n"
    assert {"A": 500} == averages(tmp_path, f"{header}A,2015-10-01,5.00\n")


def test_gzip_in_several_members(tmp_path: Path) -> None:
    """A gzip file of several members, filled up with zeros, is one text; anything else behind it is damage."""
    packed = gzip.compress(HEADER.encode()) + gzip.compress(b"A,2015-10-01,5.00\n") + gzip.compress(b"B,2015-10-01,6.00\n")
    name = "b_20151001.csv.gz"
    assert {"A": 500, "B": 600} == averages(tmp_path, packed, name)
    assert {"A": 500, "B": 600} == averages(tmp_path, packed + bytes(1000), name)
    assert "file-damaged" in refusal(tmp_path, packed + b"rest", name)
    assert "file-damaged" in refusal(tmp_path, packed[:-3], name)
    flipped = bytearray(packed)
    flipped[-6] ^= 1
    assert "file-damaged" in refusal(tmp_path, bytes(flipped), name)


def test_column_of_two_gigabytes_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """More text in one column than its places can count is refused, in a file and in the files of one day together."""
    monkeypatch.setattr("vip_tiering.extracts.formats.csv_file.COLUMN_LIMIT_BYTES", 10)
    assert "file-too-large" in refusal(tmp_path, f"{HEADER}{'A' * 11},2015-10-01,5.00\n")
    monkeypatch.undo()
    monkeypatch.setattr("vip_tiering.extracts.days.COLUMN_LIMIT_BYTES", 10)
    (tmp_path / "b_20151001_2.csv").write_text(f"{HEADER}BBBBBB,2015-10-01,5.00\n")
    (tmp_path / "b_20151001_1.csv").write_text(f"{HEADER}AAAAAA,2015-10-01,5.00\n")
    with pytest.raises(DataError, match="2015-10-01: the files of this day"):
        vip.compute_tiers(tmp_path / "b_20151001_*", "2015Q4", as_of=DAY, jobs=1)


@pytest.mark.parametrize("word", ["合计", "Total", "总计 "])
def test_a_total_is_no_customer(tmp_path: Path, word: str) -> None:
    """A row of totals at the end would be a client of all the bank's money: it is refused by its rule."""
    path = tmp_path / "b_20151001.csv"
    path.write_text(f"customer_id,balance\nA,1.00\nB,2.00\n{word},3.00\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"row 4, column customer_id: this is a total and no customer.*\[id-total\]"):
        vip.compute_tiers(path, "2015Q4", as_of=dt.date(2015, 10, 1))


def test_a_file_of_nothing_but_a_mark_is_empty(tmp_path: Path) -> None:
    """A file that holds the mark of UTF-8 alone is empty, and is said to be."""
    path = tmp_path / "b_20151001.csv"
    path.write_bytes(b"\xef\xbb\xbf")
    with pytest.raises(DataError, match=r"\[file-empty\]"):
        vip.compute_tiers(path, "2015Q4", as_of=dt.date(2015, 10, 1))


def test_a_problem_is_one_line_whatever_a_file_is_called(tmp_path: Path) -> None:
    """Control characters in the name of a file reach no terminal."""
    path = tmp_path / "a\x1b[31m\n_20151001.csv"
    path.write_text("customer_id,balance\nA,x\n")
    with pytest.raises(DataError) as refused:
        vip.compute_tiers(path, "2015Q4", as_of=dt.date(2015, 10, 1))
    assert all(not set(str(one)) & {"\x1b", "\n"} for one in refused.value.problems)


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_the_form_of_a_date_is_that_of_most_rows(kind: str, tmp_path: Path) -> None:
    """One date in another form is the odd one, however few different dates there are, and the message shows the form of the file."""
    dates = ["2015/10/01", "2015-10-01", *["2015/10/01"] * 8]
    if kind == "csv":
        path = tmp_path / "b.csv"
        path.write_text(HEADER + "".join(f"A{number},{day},1.00\n" for number, day in enumerate(dates)))
    else:
        path = tmp_path / "b.parquet"
        columns = {"customer_id": [f"A{number}" for number in range(len(dates))], "date": dates, "balance": ["1.00"] * len(dates)}
        pq.write_table(pa.table(columns), path)
    done = run_vip("tier", "compute", path, "--quarter", "2015Q4", "--as-of", "2015-10-01", "--out", tmp_path / "out")
    row = 3 if kind == "csv" else 2
    assert (4, True) == (done.returncode, f"{path.name}: row {row}, column date: not a day in the form of this file" in done.stderr), (
        done.stderr
    )
    assert "; this file writes 2015/10/01 [date-invalid]" in done.stderr
    assert "column date" not in done.stderr.replace(f"row {row}, column date", "")
