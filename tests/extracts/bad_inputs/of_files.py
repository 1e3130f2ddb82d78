"""Cases 1 to 36: what can be wrong with a file as a whole, and with its header."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import io

import pyarrow as pa
import pyarrow.parquet as pq

from tests.extracts.bad_inputs.cases import (
    AMOUNT,
    CANARY,
    DAYS,
    HEADER,
    MIDDLE,
    Case,
    beside,
    both,
    good,
    middle,
    nothing,
    parquet,
    replaced,
    row,
    rows,
    sound_parquet,
)

FOUR_COLUMNS = "customer_id,date,balance,note\n"


def turned(content: bytes, place: int) -> bytes:
    """Return the content with one byte turned around."""
    changed = bytearray(content)
    changed[place] ^= 0xFF
    return bytes(changed)


def damaged(place: float) -> bytes:
    """Return a Parquet file with one byte turned around, at this share of its length."""
    content = parquet(**sound_parquet(2000))
    return turned(content, int(len(content) * place))


def holed_footer() -> bytes:
    """Return a Parquet file whose footer is whole in length and zero in content."""
    content = parquet(**sound_parquet(2000))
    length = int.from_bytes(content[-8:-4], "little")
    return content[: -8 - length] + bytes(length) + content[-8:]


def corrupt_page() -> bytes:
    """Return a Parquet file in which one turned byte makes a compressed page unreadable."""
    content = parquet(**sound_parquet(2000))
    chunk = pq.read_metadata(io.BytesIO(content)).row_group(0).column(2)
    for place in range(chunk.data_page_offset, chunk.data_page_offset + 200):
        try:
            pq.read_table(io.BytesIO(turned(content, place)))
        except OSError as error:
            if "snappy" in str(error):
                return turned(content, place)
    raise AssertionError


def wild_codes() -> bytes:
    """Return a Parquet file in which one turned byte gives an id the code of a text that its dictionary does not hold."""
    names = pa.array([f"{CANARY}{number:03d}" for number in range(20)]).dictionary_encode()
    content = parquet({"compression": "none"}, customer_id=names, date=pa.array([DAYS[1]] * 20), balance=pa.array([1] * 20))
    chunk = pq.read_metadata(io.BytesIO(content)).row_group(0).column(0)
    for place in range(chunk.data_page_offset, chunk.data_page_offset + 100):
        with contextlib.suppress(OSError, pa.ArrowInvalid):
            table = pq.read_table(io.BytesIO(turned(content, place)))
            try:
                table["customer_id"].combine_chunks().dictionary_decode()
            except IndexError:
                return turned(content, place)
    raise AssertionError


def plain_page(*, checksum: bool = False) -> bytes:
    """Return a Parquet file whose pages are not compressed."""
    options = {"compression": "none", "use_dictionary": False, "write_page_checksum": checksum}
    return parquet(options, **sound_parquet(2000))


def flipped_page(*, checksum: bool) -> bytes:
    """Return that file with a turned byte in the balances: without checksum nobody can tell from the file itself."""
    content = plain_page(checksum=checksum)
    chunk = pq.read_metadata(io.BytesIO(content)).row_group(0).column(2)
    return turned(content, (chunk.file_offset or chunk.data_page_offset) + chunk.total_compressed_size - 1)


def sha256_line(name: str, content: bytes) -> str:
    """Return the line that `sha256sum` writes."""
    return f"{hashlib.sha256(content).hexdigest()}  {name}\n"


def mixed(encoding: str, other: str) -> bytes:
    """Return a CSV whose row 4 is written in another encoding than the rest."""
    lines = ["客户号,姓名,数据日期,余额\n"] + [f"{CANARY}{number:03d},张伟,{DAYS[1]},{AMOUNT}{number}.50\n" for number in range(5)]
    return b"".join(line.replace("张伟", "李四").encode(other) if index == 3 else line.encode(encoding) for index, line in enumerate(lines))


CASES = [
    Case(1, "absent path", nothing, 4, ("absent.csv", "file-absent"), ("absent.csv",)),
    Case(2, "pattern without a match", nothing, 4, ("*.nothing", "no file matches"), ("*.nothing",)),
    Case(2, "empty folder", lambda files: files.clear(), 4, ("folder-empty", "*.parquet")),
    Case(2, "other file in the folder", lambda files: files.update({"notes.docx": b"x"}), 4, ("notes.docx", "file-name", "rename")),
    Case(4, "empty file", middle(""), 4, (MIDDLE, "file-empty")),
    Case(5, "header only", middle(HEADER), 4, (MIDDLE, "file-no-rows")),
    Case(5, "Parquet without rows", replaced("b.parquet", parquet(**sound_parquet(0))), 4, ("b.parquet", "no rows")),
    Case(6, "empty Parquet", replaced("b_20151002.parquet", b""), 4, ("b_20151002.parquet", "file-empty")),
    Case(7, "Parquet cut in half", replaced("b.parquet", parquet(**sound_parquet())[:200]), 4, ("b.parquet", "incomplete transfer")),
    Case(
        7, "Parquet without its last byte", replaced("b.parquet", parquet(**sound_parquet())[:-1]), 4, ("b.parquet", "incomplete transfer")
    ),
    Case(8, "PAR1PAR1", replaced("b.parquet", b"PAR1PAR1"), 4, ("b.parquet", "incomplete transfer")),
    Case(10, "bit flip in a Parquet footer", replaced("b.parquet", damaged(0.97)), 4, ("b.parquet",)),
    Case(
        9,
        "bit flip in a compressed page",
        replaced("b.parquet", corrupt_page()),
        4,
        ("b.parquet", "file-damaged", "row group 1"),
    ),
    Case(10, "codes beyond the dictionary", replaced("b.parquet", wild_codes()), 4, ("b.parquet", "file-damaged")),
    Case(10, "zeros in a Parquet footer", replaced("b.parquet", holed_footer()), 4, ("b.parquet", "file-damaged")),
    Case(11, "bit flip in a page with a checksum", replaced("b.parquet", flipped_page(checksum=True)), 4, ("b.parquet", "file-damaged")),
    Case(
        11,
        "bit flip that only the .sha256 beside it shows",
        both(replaced("b.parquet", flipped_page(checksum=False)), beside("b.parquet.sha256", sha256_line("b.parquet", plain_page()))),
        4,
        ("b.parquet", "sha256"),
    ),
    Case(
        11,
        "CSV that differs from the .sha256 beside it",
        beside(f"{MIDDLE}.sha256", sha256_line(MIDDLE, b"another")),
        4,
        (MIDDLE, "sha256"),
    ),
    Case(12, "CSV behind the mark of a Parquet file", middle(b"PAR1" + good()[MIDDLE]), 4, (MIDDLE, "file-damaged")),
    Case(12, "Parquet in a gzip", replaced("b.parquet.gz", gzip.compress(parquet(**sound_parquet()))), 4, ("b.parquet.gz",)),
    Case(12, "random bytes", middle(bytes(range(128, 256)) * 4 + b"\n"), 4, (MIDDLE,)),
    Case(13, "gzip of nothing named .csv", middle(gzip.compress(b"")), 4, (MIDDLE, "file-empty")),
    Case(13, "gzip in a gzip", middle(gzip.compress(gzip.compress(good()[MIDDLE]))), 4, (MIDDLE,)),
    Case(14, "gzip of two bytes", middle(b"\x1f\x8b"), 4, (MIDDLE, "file-damaged")),
    Case(14, "gzip with a wrong checksum", middle(gzip.compress(good()[MIDDLE])[:-8] + bytes(8)), 4, (MIDDLE, "file-damaged")),
    Case(14, "gzip with a turned byte", middle(turned(gzip.compress(good()[MIDDLE]), 40)), 4, (MIDDLE, "file-damaged")),
    Case(
        14, "truncated gzip", replaced("b_20151002.csv.gz", gzip.compress(good()[MIDDLE])[:-12]), 4, ("b_20151002.csv.gz", "file-damaged")
    ),
    Case(15, "workbook named .csv", middle(b"PK\x03\x04rest"), 4, (MIDDLE, "Excel workbook")),
    Case(15, "old workbook named .csv", middle(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512)), 4, (MIDDLE, "Excel")),
    Case(16, "error page with a BOM", middle("\ufeff \n<!DOCTYPE html>\n<p>a,b</p>\n"), 4, (MIDDLE, "web page")),
    Case(16, "error page", middle("<html><body>502</body></html>\n"), 4, (MIDDLE, "web page")),
    Case(17, "UTF-16", middle((HEADER + rows(DAYS[1])).encode("utf-16")), 4, (MIDDLE, "UTF-16", "save it as UTF-8")),
    Case(17, "UTF-16 big end first", middle(b"\xfe\xff" + (HEADER + rows(DAYS[1])).encode("utf-16-be")), 4, (MIDDLE, "UTF-16")),
    Case(17, "UTF-16 without mark", middle((HEADER + rows(DAYS[1])).encode("utf-16-le")), 4, (MIDDLE, "UTF-16")),
    Case(
        19,
        "neither UTF-8 nor GB18030",
        middle((HEADER + rows(DAYS[1])).encode() + b"\xff\xff,2015-10-02,1\n"),
        4,
        (MIDDLE, "row 7", "file-encoding"),
    ),
    Case(20, "UTF-8 row in a GB18030 file", middle(mixed("gb18030", "utf-8")), 4, (MIDDLE, "row ", "file-encoding")),
    Case(20, "GB18030 row in a UTF-8 file", middle(mixed("utf-8", "gb18030")), 4, (MIDDLE, "row ", "file-encoding")),
    Case(22, "semicolons and a line end in a header", middle('customer_id;"a\nb"\n'), 4, (MIDDLE, "row 1", 'looks like ";"')),
    Case(23, "quote within a header", middle('customer_id"a\nb"\n'), 4, (MIDDLE, "row 1", "file-quotes")),
    Case(23, "quote and line end within a header", middle(b'\x00"\n\x00'), 4, (MIDDLE, "row 1", "[file-")),
    Case(
        10,
        "Parquet with a column name that is not text",
        replaced("b.parquet", parquet(**sound_parquet(), noted=pa.array([1] * 5)).replace(b"noted", b"n\x9fted")),
        4,
        ("b.parquet", "file-damaged"),
    ),
    Case(22, "bars", middle((HEADER + rows(DAYS[1])).replace(",", "|")), 4, (MIDDLE, "columns found: 1", 'looks like "|"')),
    Case(
        22,
        "separator in a first line of Excel",
        middle("sep=;\n" + (HEADER + rows(DAYS[1])).replace(",", ";")),
        4,
        (MIDDLE, "file-separator"),
    ),
    Case(22, "semicolons", middle((HEADER + rows(DAYS[1])).replace(",", ";")), 4, (MIDDLE, "columns found: 1", 'looks like ";"')),
    Case(22, "tabs", middle((HEADER + rows(DAYS[1])).replace(",", "\t")), 4, (MIDDLE, "columns found: 1", "a tab")),
    Case(23, "unclosed quote", row(f'"{CANARY}002,{DAYS[1]},5.00'), 4, (MIDDLE,)),
    Case(
        23,
        "open quote that swallows rows, with rejects allowed",
        middle(HEADER + f'"{CANARY}000,{DAYS[1]},5.00\n' + rows(DAYS[1], 200)),
        4,
        (f"{MIDDLE}: row 2", "file-quotes"),
        ("--max-rejects", "5"),
    ),
    Case(23, "open quote in the last field", middle(HEADER + f'{CANARY}000,{DAYS[1]},"5\n'), 4, (f"{MIDDLE}: row 2", "file-quotes")),
    Case(24, "no final newline", middle((HEADER + rows(DAYS[1]))[:-3]), 4, (MIDDLE, "was the transfer cut?", "final_newline")),
    Case(
        24,
        "last line cut in a number",
        middle((HEADER + rows(DAYS[1])).removesuffix(".50\n")),
        4,
        (MIDDLE, "file-cut", "was the transfer cut?"),
    ),
    Case(
        25,
        "copy of a day with another balance",
        beside("copy_20151002.csv", good()[MIDDLE].replace(b".50", b".51")),
        4,
        ("copy_20151002.csv: row 2", f"{MIDDLE} row 2", "duplicate-conflict"),
    ),
    Case(
        26,
        "overlapping files that differ in one balance",
        beside("part.csv", f"{HEADER}{CANARY}004,{DAYS[1]},{AMOUNT}4.50\n{CANARY}003,{DAYS[1]},{AMOUNT}.00\n"),
        4,
        ("part.csv: row 3", f"{MIDDLE} row 5", "duplicate-conflict"),
    ),
    Case(29, "folder named like an extract", both(nothing, beside("x.csv/notes.docx", "x")), 4, ("notes.docx", "file-name")),
    Case(29, "device", nothing, 4, ("null", "file-kind"), ("/dev/null",)),
    Case(30, "odd columns in one file", middle("customer_id,account_id,date,balance\nA,B,2015-10-02,1.00\n"), 4, (MIDDLE, "account_id")),
    Case(
        30,
        "Parquet with text and whole-number ids",
        replaced("b.parquet", parquet(**{**sound_parquet(), "customer_id": pa.array(range(5))})),
        4,
        ("b.parquet", "ids-differ"),
    ),
    Case(31, "unknown column", middle(HEADER.replace("balance", "wert") + rows(DAYS[1])), 4, (MIDDLE, "balance", "wert")),
    Case(31, "column with a typing error", middle(HEADER.replace("balance", "balanse") + rows(DAYS[1])), 4, ("did you mean balanse?",)),
    Case(31, "no date anywhere", replaced("balances.csv", b"customer_id,balance\nA,1.00\n"), 4, ("balances.csv", "date-absent")),
    Case(31, "two dates in the name", replaced("b_20151001_20151002.csv", b"customer_id,balance\nA,1.00\n"), 4, ("several dates",)),
    Case(32, "repeated header", middle(HEADER.replace("date", "balance") + rows(DAYS[1])), 4, (MIDDLE, "header-repeated", "balance")),
    Case(
        32, "ambiguous header", middle(FOUR_COLUMNS.replace("note", "余额") + f"A,{DAYS[1]},1.00,2.00\n"), 4, ("header-ambiguous", "余额")
    ),
    Case(33, "empty header", middle(FOUR_COLUMNS.replace("note", "") + f"A,{DAYS[1]},1.00,2\n"), 4, (MIDDLE, "header-empty", "column 4")),
    Case(34, "header repeated in the middle", row(HEADER.strip()), 4, (MIDDLE, "row 4")),
    Case(36, "no header", middle(rows(DAYS[1])), 4, (MIDDLE, "no header row", "columns in rules/extracts.yaml")),
]
