"""One table of bad inputs, each run by the command as a whole: the answer, and that nothing is shown or left behind."""

from __future__ import annotations

import gzip
import io
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

CANARY = "CANARY"
AMOUNT = "424242"
HEADER = "customer_id,date,balance\n"
DAYS = ("2015-10-01", "2015-10-02", "2015-10-03")
MIDDLE = "balances_20151002.csv"
Files = dict[str, bytes]
Change = Callable[[Files], None]


def rows(day: str, count: int = 5) -> str:
    """Return data rows of one day; every id and amount is recognisable should it ever be shown."""
    return "".join(f"{CANARY}{number:03d},{day},{AMOUNT}{number}.50\n" for number in range(count))


def good() -> Files:
    """Return a sound extract of three days."""
    return {f"balances_{day.replace('-', '')}.csv": (HEADER + rows(day)).encode() for day in DAYS}


def middle(text: str | bytes) -> Change:
    """Return the change that gives the middle day this content."""
    return lambda files: files.update({MIDDLE: text.encode() if isinstance(text, str) else text})


def row(text: str) -> Change:
    """Return the change that puts this row at row 4 of the middle day."""
    lines = (HEADER + rows(DAYS[1])).splitlines()
    lines[3] = text
    return middle("\n".join(lines) + "\n")


def balance(text: str) -> Change:
    """Return the change that gives row 4 of the middle day this balance."""
    return row(f"{CANARY}002,{DAYS[1]},{text}")


def replaced(name: str, content: bytes) -> Change:
    """Return the change that delivers the middle day under another name."""

    def change(files: Files) -> None:
        del files[MIDDLE]
        files[name] = content

    return change


def parquet(**columns: pa.Array) -> bytes:
    """Return a Parquet file."""
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink)
    return sink.getvalue()


def sound_parquet(count: int = 5) -> dict[str, pa.Array]:
    """Return the columns of a sound Parquet extract of the middle day."""
    return {
        "customer_id": pa.array([f"{CANARY}{number:03d}" for number in range(count)]),
        "date": pa.array([DAYS[1]] * count),
        "balance": pa.array([f"{AMOUNT}.50"] * count).cast(pa.decimal128(18, 2)),
    }


def damaged(place: float) -> bytes:
    """Return a Parquet file with one byte turned around, at this share of its length."""
    content = bytearray(parquet(**sound_parquet(2000)))
    content[int(len(content) * place)] ^= 0xFF
    return bytes(content)


@dataclass(frozen=True)
class Case:
    """A bad input: how the sound extract is changed, the exit code, and what the message must name."""

    name: str
    change: Change
    status: int
    names: tuple[str, ...]
    options: tuple[str, ...] = ()


def nothing(_files: Files) -> None:
    """Leave the sound extract as it is."""


FOUR_COLUMNS = "customer_id,date,balance,note\n"
CASES = [
    Case("absent path", nothing, 4, ("absent.csv", "file-absent"), ("absent.csv",)),
    Case("pattern without a match", nothing, 4, ("*.nothing", "no file matches"), ("*.nothing",)),
    Case("empty folder", lambda files: files.clear(), 4, ("folder-empty", "*.parquet")),
    Case("other file in the folder", lambda files: files.update({"notes.docx": b"x"}), 4, ("notes.docx", "file-name", "rename")),
    Case("empty file", middle(""), 4, (MIDDLE, "file-empty")),
    Case("header only", middle(HEADER), 4, (MIDDLE, "file-no-rows")),
    Case("empty Parquet", replaced("b_20151002.parquet", b""), 4, ("b_20151002.parquet", "file-empty")),
    Case("Parquet cut in half", replaced("b.parquet", parquet(**sound_parquet())[:200]), 4, ("b.parquet", "incomplete transfer")),
    Case("Parquet without its last byte", replaced("b.parquet", parquet(**sound_parquet())[:-1]), 4, ("b.parquet", "incomplete transfer")),
    Case("PAR1PAR1", replaced("b.parquet", b"PAR1PAR1"), 4, ("b.parquet", "incomplete transfer")),
    Case("bit flip in a Parquet footer", replaced("b.parquet", damaged(0.97)), 4, ("b.parquet",)),
    Case("Parquet without rows", replaced("b.parquet", parquet(**sound_parquet(0))), 4, ("b.parquet", "no rows")),
    Case("truncated gzip", replaced("b_20151002.csv.gz", gzip.compress(good()[MIDDLE])[:-12]), 4, ("b_20151002.csv.gz", "file-damaged")),
    Case("workbook named .csv", middle(b"PK\x03\x04rest"), 4, (MIDDLE, "Excel workbook")),
    Case("error page", middle("<html><body>502</body></html>\n"), 4, (MIDDLE, "web page")),
    Case("UTF-16", middle((HEADER + rows(DAYS[1])).encode("utf-16")), 4, (MIDDLE, "UTF-16", "save it as UTF-8")),
    Case("semicolons", middle((HEADER + rows(DAYS[1])).replace(",", ";")), 4, (MIDDLE, "columns found: 1", "looks like ;")),
    Case("tabs", middle((HEADER + rows(DAYS[1])).replace(",", "\t")), 4, (MIDDLE, "columns found: 1", "a tab")),
    Case("unclosed quote", row(f'"{CANARY}002,{DAYS[1]},5.00'), 4, (MIDDLE,)),
    Case("no final newline", middle((HEADER + rows(DAYS[1]))[:-3]), 4, (MIDDLE, "was the transfer cut?", "final_newline")),
    Case("odd columns in one file", middle("customer_id,account_id,date,balance\nA,B,2015-10-02,1.00\n"), 4, (MIDDLE, "account_id")),
    Case("unknown column", middle(HEADER.replace("balance", "wert") + rows(DAYS[1])), 4, (MIDDLE, "balance", "wert")),
    Case("column with a typing error", middle(HEADER.replace("balance", "balanse") + rows(DAYS[1])), 4, ("did you mean balanse?",)),
    Case("no header", middle(rows(DAYS[1])), 4, (MIDDLE, "column 1", "columns in rules/extracts.yaml")),
    Case("repeated header", middle(HEADER.replace("date", "balance") + rows(DAYS[1])), 4, (MIDDLE, "header-repeated", "balance")),
    Case("ambiguous header", middle(FOUR_COLUMNS.replace("note", "余额") + f"A,{DAYS[1]},1.00,2.00\n"), 4, ("header-ambiguous", "余额")),
    Case("empty header", middle(FOUR_COLUMNS.replace("note", "") + f"A,{DAYS[1]},1.00,2\n"), 4, (MIDDLE, "header-empty", "column 4")),
    Case("header repeated in the middle", row(HEADER.strip()), 4, (MIDDLE, "row 4")),
    Case("no date anywhere", replaced("balances.csv", b"customer_id,balance\nA,1.00\n"), 4, ("balances.csv", "date-absent")),
    Case("two dates in the name", replaced("b_20151001_20151002.csv", b"customer_id,balance\nA,1.00\n"), 4, ("several dates",)),
    Case("too few fields", row(f"{CANARY}002,{DAYS[1]}"), 4, (MIDDLE, "row 4", "fields-missing")),
    Case("too many fields", row(f"{CANARY}002,{DAYS[1]},5.00,9"), 4, (MIDDLE, "row 4", "fields-extra")),
    Case("NUL in an id", row(f"{CANARY}\x00002,{DAYS[1]},5.00"), 4, (MIDDLE, "row 4", "customer_id", "id-control")),
    Case("empty id", row(f",{DAYS[1]},5.00"), 4, (MIDDLE, "row 4", "column customer_id", "id-empty")),
    Case("id eaten by Excel", row(f"6.22202E+18,{DAYS[1]},5.00"), 4, (MIDDLE, "row 4", "id-scientific", "deliver it as text")),
    Case("id too long", row(f"{CANARY * 20},{DAYS[1]},5.00"), 4, (MIDDLE, "row 4", "id-long")),
    Case("empty balance", balance(""), 4, (MIDDLE, "row 4", "column balance", "amount-empty")),
    Case("balance NULL", balance("NULL"), 4, (MIDDLE, "row 4", "amount-empty")),
    Case("balance NaN", balance("NaN"), 4, (MIDDLE, "row 4", "amount-empty")),
    Case("balance #N/A", balance("#N/A"), 4, (MIDDLE, "row 4", "amount-empty")),
    Case("thousands separator", balance('"424,242.50"'), 4, (MIDDLE, "row 4", "amount-thousands", "1234.50")),
    Case("full-width digits", balance("４２４２４２"), 4, (MIDDLE, "row 4", "amount-full-width")),
    Case("infinite", balance("inf"), 4, (MIDDLE, "row 4", "amount-text")),
    Case("1e309", balance("1e309"), 4, (MIDDLE, "row 4", "amount-exponent")),
    Case("exponent", balance("4.24242E+05"), 4, (MIDDLE, "row 4", "amount-exponent", "Excel")),
    Case("brackets", balance("(424242.50)"), 4, (MIDDLE, "row 4", "amount-text")),
    Case("trailing minus", balance("424242.50-"), 4, (MIDDLE, "row 4", "amount-text")),
    Case("three decimals", balance("424242.505"), 4, (MIDDLE, "row 4", "amount-decimals")),
    Case("a million millions", balance("1000000000000"), 4, (MIDDLE, "row 4", "amount-range")),
    Case("twenty digits", balance("42424242424242424242"), 4, (MIDDLE, "row 4", "amount-range")),
    Case("currency sign", balance("¥424242.50"), 4, (MIDDLE, "row 4", "amount-text")),
    Case("unit", balance("424242元"), 4, (MIDDLE, "row 4", "amount-text")),
    Case("ten thousands", balance("42.4242万"), 4, (MIDDLE, "row 4", "amount-text")),
    Case("two points", balance("424.242.50"), 4, (MIDDLE, "row 4", "amount-text")),
    Case("no such day", row(f"{CANARY}002,2015-02-30,5.00"), 4, (MIDDLE, "row 4", "column date", "date-invalid")),
    Case("another form of date", row(f"{CANARY}002,2015/10/02,5.00"), 4, (MIDDLE, "row 4", "date-invalid")),
    Case("day before month", row(f"{CANARY}002,02/10/2015,5.00"), 4, (MIDDLE, "row 4", "date-invalid")),
    Case("short date", row(f"{CANARY}002,2015-10-2,5.00"), 4, (MIDDLE, "row 4", "date-invalid")),
    Case("Excel serial date", row(f"{CANARY}002,42279,5.00"), 4, (MIDDLE, "row 4", "date-excel")),
    Case("empty date", row(f"{CANARY}002,,5.00"), 4, (MIDDLE, "row 4", "date-empty")),
    Case("no date in the whole file", middle(HEADER + f"{CANARY}002,soon,5.00\n"), 4, (MIDDLE, "row 2", "date-invalid")),
    Case(
        "conflicting rows in one file",
        lambda files: files.update({MIDDLE: files[MIDDLE] + f"{CANARY}002,{DAYS[1]},7.00\n".encode()}),
        4,
        (f"{MIDDLE}: row 7", f"{MIDDLE} row 4", "duplicate-conflict"),
    ),
    Case(
        "conflicting rows in two files",
        lambda files: files.update({"extra.csv": f"{HEADER}{CANARY}002,{DAYS[1]},7.00\n".encode()}),
        4,
        ("extra.csv: row 2", f"{MIDDLE} row 4", "duplicate-conflict"),
    ),
    Case("last day missing", lambda files: files.pop("balances_20151003.csv") and None, 4, ("not complete yet: 2015-10-03",)),
    Case("first day missing", lambda files: files.pop("balances_20151001.csv") and None, 4, ("2015-10-01", "dated before 2015-10-01")),
    Case("quarter not complete", nothing, 4, ("quarter not complete yet: 2015-12-31",), ("--quarter", "2015Q4", "--whole")),
    Case("foreign currency", middle("customer_id,currency,date,balance\nA,USD,2015-10-02,1.00\n"), 4, (MIDDLE, "currency")),
    Case(
        "Parquet with text and whole-number ids",
        replaced("b.parquet", parquet(**{**sound_parquet(), "customer_id": pa.array(range(5))})),
        4,
        ("b.parquet", "ids-differ"),
    ),
    Case(
        "Parquet with floating ids",
        replaced("b.parquet", parquet(**{**sound_parquet(), "customer_id": pa.array([1.0] * 5)})),
        4,
        ("b.parquet", "customer_id", "column-type"),
    ),
    Case(
        "Parquet amount with a third decimal",
        replaced("b.parquet", parquet(**{**sound_parquet(), "balance": pa.array([f"{AMOUNT}.505"] * 5).cast(pa.decimal128(18, 3))})),
        4,
        ("b.parquet: row 1, column balance", "amount-decimals"),
    ),
    Case(
        "Parquet floating amount between two fen",
        replaced("b.parquet", parquet(**{**sound_parquet(), "balance": pa.array([424242.5, 424242.505, 1.0, 2.0, 3.0])})),
        4,
        ("b.parquet: row 2, column balance", "amount-decimals"),
    ),
    Case(
        "Parquet amount without value",
        replaced("b.parquet", parquet(**{**sound_parquet(), "balance": pa.array([1.0, None, 2.0, 3.0, 4.0])})),
        4,
        ("b.parquet: row 2, column balance", "amount-empty"),
    ),
    Case(
        "Parquet time stamp that is not midnight",
        replaced(
            "b.parquet",
            parquet(
                **{**sound_parquet(), "date": pa.array([1443744000, 1443744001, 1443744000, 1443744000, 1443744000], pa.timestamp("s"))}
            ),
        ),
        4,
        ("b.parquet: row 2, column date", "date-time"),
    ),
    Case(
        "Parquet amounts of 32 bits",
        replaced("b.parquet", parquet(**{**sound_parquet(), "balance": pa.array([424242.5] * 5, pa.float32())})),
        4,
        ("b.parquet", "balance", "column-type"),
    ),
    Case(
        "open quote that swallows rows, with rejects allowed",
        middle(HEADER + f'"{CANARY}000,{DAYS[1]},5.00\n' + rows(DAYS[1], 200)),
        4,
        (f"{MIDDLE}: row 2", "file-quotes"),
        ("--max-rejects", "5"),
    ),
    Case("open quote in the last field", middle(HEADER + f'{CANARY}000,{DAYS[1]},"5\n'), 4, (f"{MIDDLE}: row 2", "file-quotes")),
    Case(
        "last day missing because its date is wrong",
        lambda files: files.update({"balances_20151003.csv": files[MIDDLE] + f"{CANARY}9,2015-10-33,1.00\n".encode()}),
        4,
        ("balances_20151003.csv: column date", "date-invalid", "not complete yet: 2015-10-03"),
    ),
    Case("quarter that does not exist", nothing, 2, ("--quarter", "2015Q4"), ("--quarter", "2015Q5")),
    Case("quarter in the future", nothing, 2, ("--quarter", "has not begun"), ("--quarter", "2999Q1")),
    Case("as-of outside the quarter", nothing, 2, ("--as-of", "2015-10-01 to 2015-12-31"), ("--as-of", "2016-01-05")),
    Case("as-of that is no day", nothing, 2, ("--as-of", "2015-11-15"), ("--as-of", "2015-02-30")),
    Case("accepted day outside the period", nothing, 2, ("--accept-missing",), ("--accept-missing", "2016-01-01")),
    Case("rejects limit that is no number", nothing, 2, ("--max-rejects", "0.1%"), ("--max-rejects", "few")),
    Case("unknown kind", nothing, 2, ("--kind", "snapshot or changes"), ("--kind", "daily")),
    Case("changes without opening", nothing, 4, ("before 2015-10-01", "--opening zero"), ("--kind", "changes")),
    Case("rules that are absent", nothing, 3, ("no-rules",), ("--rules", "no-rules")),
    Case("previous run that is absent", nothing, 4, ("no-run", "previous"), ("--previous", "no-run")),
]


def compute(folder: Path, arguments: list[str], **options: object) -> subprocess.CompletedProcess[str]:
    """Run `vip tier compute` as a process of its own."""
    command = [sys.executable, "-m", "vip_tiering", "tier", "compute", *arguments]
    environment = {**os.environ, "PYTHONUTF8": "1", "COLUMNS": "80"}
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=environment, timeout=120, **options)  # type: ignore[call-overload]


def arguments_of(case: Case) -> list[str]:
    """Return the command line of a case: the sound one, with what the case says instead."""
    extracts = [one for one in case.options[:1] if not one.startswith("--")] or ["extracts"]
    options = {"--quarter": "2015Q4", "--as-of": "2015-10-03", "--out": "out"}
    given = case.options if case.options[:1] and case.options[0].startswith("--") else case.options[1:]
    if "--whole" in given:
        del options["--as-of"]
        given = tuple(one for one in given if one != "--whole")
    options |= dict(zip(given[::2], given[1::2], strict=True))
    return [*extracts, *(part for pair in options.items() for part in pair)]


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_bad_input_is_answered(case: Case, tmp_path: Path) -> None:
    """The exit code is the documented one, the message names the place and the rule, and nothing is shown or left."""
    files = good()
    case.change(files)
    (tmp_path / "extracts").mkdir()
    for name, content in files.items():
        (tmp_path / "extracts" / name).write_bytes(content)
    result = compute(tmp_path, arguments_of(case))
    shown = result.stdout + result.stderr
    assert (case.status, "") == (result.returncode, result.stdout), shown
    assert [] == [name for name in case.names if name not in result.stderr], result.stderr
    assert [] == [word for word in (CANARY, AMOUNT, "Traceback") if word in shown], shown
    assert ["extracts"] == [path.name for path in tmp_path.iterdir()]


def test_sound_extract_is_accepted(tmp_path: Path) -> None:
    """The extract that every case damages is sound, so that it is the damage that is answered."""
    (tmp_path / "extracts").mkdir()
    for name, content in good().items():
        (tmp_path / "extracts" / name).write_bytes(content)
    result = compute(tmp_path, arguments_of(Case("sound", nothing, 0, ())))
    assert (0, "") == (result.returncode, result.stderr)


def test_pipe_is_refused(tmp_path: Path) -> None:
    """A pipe or a socket is refused at once; the command does not wait for it."""
    os.mkfifo(tmp_path / "pipe.csv")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "s.csv")[-100:])
        for name in ("pipe.csv", "s.csv"):
            result = compute(tmp_path, [name, "--quarter", "2015Q4", "--out", "out"])
            assert 4 == result.returncode
            assert "file-kind" in result.stderr


def test_all_files_are_reported_at_once(tmp_path: Path) -> None:
    """Problems of several files come together, one line each, so that they are mended in one go."""
    files = good() | {"balances_20151001.csv": b"", MIDDLE: b"PK\x03\x04", "balances_20151003.csv": b"<html>\n"}
    (tmp_path / "extracts").mkdir()
    for name, content in files.items():
        (tmp_path / "extracts" / name).write_bytes(content)
    result = compute(tmp_path, arguments_of(Case("all", nothing, 4, ())))
    assert ["file-empty", "file-excel", "file-html"] == [line.rsplit("[", 1)[1].rstrip("]") for line in result.stderr.splitlines()]


def test_many_problems_are_counted(tmp_path: Path) -> None:
    """Of many bad rows the first 20 are shown, the others counted, and each rule with its number."""
    (tmp_path / "extracts").mkdir()
    for name, content in good().items():
        (tmp_path / "extracts" / name).write_bytes(content)
    (tmp_path / "extracts" / MIDDLE).write_text(HEADER + f"{CANARY},{DAYS[1]},1.234\n" * 500 + f"{CANARY},{DAYS[1]},x\n" * 7)
    result = compute(tmp_path, arguments_of(Case("many", nothing, 4, ())))
    lines = result.stderr.splitlines()
    assert 22 == len(lines)
    assert "... and 487 more problems" in lines[20]
    assert "rows rejected: 507, allowed: 0 (amount-decimals 500, amount-text 7)" in lines[21]


@pytest.mark.parametrize("limit", ["7", "50%"])
def test_rejects_within_the_limit(tmp_path: Path, limit: str) -> None:
    """Within the limit the run is published, the rejected rows count 0, and rejects.csv lists them by place and rule."""
    files = good()
    row(f"{CANARY}002,{DAYS[1]},x")(files)
    (tmp_path / "extracts").mkdir()
    for name, content in files.items():
        (tmp_path / "extracts" / name).write_bytes(content)
    result = compute(tmp_path, arguments_of(Case("within", nothing, 0, (), ("--max-rejects", limit))))
    assert 0 == result.returncode, result.stderr
    assert "1 rows of 1 customers were rejected" in result.stderr
    rejects = (tmp_path / "out" / "2015Q4-asof-20151003" / "rejects.csv").read_text(encoding="utf-8-sig")
    assert f"file,row,column,rule\n{MIDDLE},4,balance,amount-text\n" == rejects
    assert CANARY not in result.stdout + result.stderr


def test_negative_balance_beside_a_wrong_one(tmp_path: Path) -> None:
    """A negative balance is sound, also where another row of its file is not."""
    (tmp_path / "b_20151001.csv").write_text("customer_id,balance\nA,-5.00\nB,+5.00\nC,x\nD,--5\nE,-.5\n")
    result = compute(tmp_path, ["b_20151001.csv", "--quarter", "2015Q4", "--as-of", "2015-10-01", "--out", "out"])
    assert ["row 4", "row 5"] == [line.split(": ")[2].split(",")[0] for line in result.stderr.splitlines() if "row " in line]


def test_mapped_header_means_one_thing(tmp_path: Path) -> None:
    """A usual header that the rules map to another column is not recognised for its usual meaning too."""
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "tiers.yaml").write_text("version: 1\ntiers:\n  - {code: one, label: 一, min: 1}\n", encoding="utf-8")
    (tmp_path / "rules" / "extracts.yaml").write_text("version: 1\ncolumns: {account_id: 客户号}\n", encoding="utf-8")
    (tmp_path / "b_20151001.csv").write_text("客户编号,客户号,余额\nA,1,5.00\nA,2,7.00\n", encoding="utf-8")
    result = compute(tmp_path, ["b_20151001.csv", "--quarter", "2015Q4", "--as-of", "2015-10-01", "--out", "out"])
    assert 0 == result.returncode, result.stderr
    tiers = (tmp_path / "out" / "2015Q4-asof-20151001" / "tiers.csv").read_text(encoding="utf-8-sig")
    assert "A,one,一,12.00,12.00,1" == tiers.splitlines()[1]


@pytest.mark.parametrize("folder", ["date=2015-10-01", "branch=x/dt=20151001", "dt=20151001/currency=CNY"])
def test_partitioned_folders_are_columns(tmp_path: Path, folder: str) -> None:
    """Folders `key=value` right above a file count as columns, wherever the extracts lie."""
    deep = tmp_path / "balance=5" / "in" / folder
    deep.mkdir(parents=True)
    (deep / "part-0.csv").write_text("customer_id,balance\nA,7.00\n")
    result = compute(tmp_path, ["balance=5/in", "--quarter", "2015Q4", "--as-of", "2015-10-01", "--out", "out"])
    assert 0 == result.returncode, result.stderr
    tiers = (tmp_path / "out" / "2015Q4-asof-20151001" / "tiers.csv").read_text(encoding="utf-8-sig")
    assert "A,untiered,未达标,7.00,7.00,1" == tiers.splitlines()[1]


@pytest.mark.parametrize("split", [False, True])
def test_rejected_day_counts_nothing(tmp_path: Path, split: bool) -> None:  # noqa: FBT001 (a parameter of the test)
    """A day whose rows were all rejected was delivered and counts 0, whether it has a file of its own or not."""
    (tmp_path / "in").mkdir()
    lines = ["S1,2015-10-01,5\n", "S1,2015-10-02,bad\n"]
    for number, part in enumerate(lines if split else ["".join(lines)]):
        (tmp_path / "in" / f"{number}.csv").write_text(HEADER + part)
    result = compute(tmp_path, ["in", "--quarter", "2015Q4", "--as-of", "2015-10-02", "--max-rejects", "2", "--out", "out"])
    assert 0 == result.returncode, result.stderr
    tiers = (tmp_path / "out" / "2015Q4-asof-20151002" / "tiers.csv").read_text(encoding="utf-8-sig")
    assert "S1,untiered,未达标,2.50,0.00,1" == tiers.splitlines()[1]


def test_column_that_is_a_folder_too_is_refused(tmp_path: Path) -> None:
    """A column that a folder key=value gives too is ambiguous, whatever the two say."""
    (tmp_path / "in" / "date=2015-10-01").mkdir(parents=True)
    (tmp_path / "in" / "date=2015-10-01" / "a.csv").write_text(HEADER + "S1,2015-10-02,5\n")
    result = compute(tmp_path, ["in", "--quarter", "2015Q4", "--as-of", "2015-10-01", "--out", "out"])
    assert 4 == result.returncode
    assert "header-ambiguous" in result.stderr
