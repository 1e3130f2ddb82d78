"""What core systems and spreadsheets write is taken as it comes: dates, currencies. What could mean two things is refused."""

from __future__ import annotations

import datetime as dt
import gzip
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.helpers import rules_with
from vip_tiering import DataError, compute_tiers, load_rules

DAY = dt.date(2015, 10, 1)


def fen_of(folder: Path, as_of: dt.date = DAY, **rules: Any) -> dict[str, int]:
    """Return the fen-days of each customer of extracts, by the rules given, up to a day of the quarter."""
    tiers = compute_tiers(folder, "2015Q4", rules=rules_with(**rules), as_of=as_of).tiers
    return dict(zip(tiers["customer_id"], tiers["fen_days"].tolist(), strict=True))


def write(path: Path, *lines: str) -> None:
    """Write a text file of these lines, with the folders that it needs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("2015/10/1", "2015/10/2"),
        ("2015/10/01", "2015/10/2"),
        ("2015-10-1", "2015-10-2"),
        ("2015年10月1日", "2015年10月2日"),
        ("2015年10月01日", "2015年10月2日"),
        ("2015/10/1 0:00", "2015/10/2 0:00"),
    ],
)
def test_dates_as_spreadsheets_write_them(tmp_path: Path, first: str, second: str) -> None:
    """One form throughout is clear, with its zeros or without them; midnight may stand beside it."""
    write(tmp_path / "b.csv", "客户号,日期,余额", f"C1,{first},1.00", f"C1,{second},2.00")
    assert {"C1": 300} == fen_of(tmp_path, dt.date(2015, 10, 2))


@pytest.mark.parametrize(
    "wrong",
    ["1/10/2015", "2015/10/32", "2015/2/31", "2015-10-1", "2015/10/1 8:00", "15/10/1", "2015//1", "2015年10月1日", "42278"],
)
def test_dates_that_are_none_or_of_another_form(tmp_path: Path, wrong: str) -> None:
    """Beside 2015/10/1 no other form passes, and no day that the calendar has not."""
    write(tmp_path / "b.csv", "客户号,日期,余额", "C1,2015/10/1,1.00", "C2,2015/10/1,1.00", f"C3,{wrong},1.00")
    with pytest.raises(DataError, match=r"b\.csv: row 4, column 日期: .*\[date-(invalid|time|excel)\]"):
        fen_of(tmp_path)


def test_a_form_of_the_rules_needs_no_zeros(tmp_path: Path) -> None:
    """With date_format "%d.%m.%Y" the first of October is 1.10.2015 or 01.10.2015."""
    write(tmp_path / "b.csv", "客户号,日期,余额", "C1,1.10.2015,1.00", "C2,01.10.2015,2.00")
    assert {"C1": 100, "C2": 200} == fen_of(tmp_path, date_format="%d.%m.%Y")


@pytest.mark.parametrize("word", ["CNY", "cny", "RMB", "人民币", "人民币元", "156", " ＣＮＹ "])
def test_words_of_the_renminbi(tmp_path: Path, word: str) -> None:
    """All of these are CNY, without a rule."""
    write(tmp_path / "b_20151001.csv", "客户号,币种,余额", f"C1,{word},1.00")
    assert {"C1": 100} == fen_of(tmp_path)


@pytest.mark.parametrize(
    ("word", "rule"), [("USD", "currency"), ("01", "currency"), ("840", "currency"), ("", "currency-empty"), (" ", "currency-empty")]
)
def test_other_currencies(tmp_path: Path, word: str, rule: str) -> None:
    """Another currency, a code that nobody knows and an empty cell end a run, whatever `--max-rejects` says; no value is shown."""
    write(tmp_path / "b_20151001.csv", "客户号,币种,余额", "C0,CNY,1.00", f"C1,{word},1.00")
    with pytest.raises(DataError, match=rf"row 3, column 币种: .*\[{rule}\]"):
        compute_tiers(tmp_path, "2015Q4", as_of=DAY, max_rejects="50%")


def test_codes_of_a_bank(tmp_path: Path) -> None:
    """`currency_values` maps a bank's own codes; one that it does not name is refused still."""
    write(tmp_path / "b_20151001.csv", "客户号,币种,余额", "C1,01,1.00", "C2,CNY,2.00")
    assert {"C1": 100, "C2": 200} == fen_of(tmp_path, currency_values={"01": "CNY", "14": "USD"})
    write(tmp_path / "b_20151001.csv", "客户号,币种,余额", "C1,14,1.00")
    with pytest.raises(DataError, match=r"\[currency\]"):
        fen_of(tmp_path, currency_values={"01": "CNY", "14": "USD"})


def test_a_currency_that_is_not_looked_at(tmp_path: Path) -> None:
    """`currency: ignore` counts every balance as it stands, whatever the column says; nobody ignores it by chance."""
    write(tmp_path / "b_20151001.csv", "客户号,币种,余额", "C1,??,1.00", "C2,,2.00")
    assert {"C1": 100, "C2": 200} == fen_of(tmp_path, currency="ignore")


DAY_FOLDERS = {
    "plain": "20151001",
    "with dashes": "2015-10-01",
    "within others": "core/20151001/branch_07",
    "nested": "2015/10/01",
    "MaxCompute": "pt=20151001",
    "Hive": "dt=2015-10-01",
    "year, month, day": "year=2015/month=10/day=01",
    "as Spark writes numbers": "year=2015/month=10/day=1",
    "with a key below": "pt=20151001/branch=07",
}


@pytest.mark.parametrize("folder", DAY_FOLDERS.values(), ids=DAY_FOLDERS)
def test_a_folder_tells_the_day(tmp_path: Path, folder: str) -> None:
    """A file that tells no day itself is of the day of its nearest dated folder, whatever way it is written."""
    write(tmp_path / folder / "balances.csv", "客户号,余额", "C1,1.00")
    assert {"C1": 100} == fen_of(tmp_path)


def test_the_argument_may_be_the_day(tmp_path: Path) -> None:
    """The folder that is named, and that of a file that is named, tell the day; files of one name are told apart by their folders."""
    for day in ("20151001", "20151002"):
        write(tmp_path / day / "balances.csv", "客户号,余额", "C1,1.00")
    first, second = tmp_path / "20151001", tmp_path / "20151002"
    for arguments in ([first, second], [first / "balances.csv", second / "balances.csv"], [tmp_path / "2015*"], [tmp_path / "*" / "*.csv"]):
        run = compute_tiers(arguments, "2015Q4", as_of=dt.date(2015, 10, 2))
        assert [200] == run.tiers["fen_days"].tolist()
        assert ["20151001/balances.csv", "20151002/balances.csv"] == [one["name"] for one in run.manifest["inputs"]]


def test_the_argument_may_be_within_month_and_year(tmp_path: Path) -> None:
    """Where three folders tell the day, the argument may be any of them, and the file itself."""
    for parts in (("2015", "10", "01"), ("year=2015", "month=10", "day=01")):
        folder = tmp_path.joinpath(*parts)
        write(folder / "balances.csv", "客户号,余额", "C1,1.00")
        for argument in (folder.parents[1], folder.parent, folder, folder / "balances.csv"):
            assert {"C1": 100} == fen_of(argument)


def test_a_name_comes_before_its_folder(tmp_path: Path) -> None:
    """The day that a file's own name tells counts; the folder may be the day on which it came."""
    write(tmp_path / "20151002" / "balances_20151001.csv", "客户号,余额", "C1,1.00")
    assert {"C1": 100} == fen_of(tmp_path)


def test_a_folder_of_the_day_after(tmp_path: Path) -> None:
    """`date_offset_days` moves the day of a plain folder as it moves that of a name."""
    write(tmp_path / "20151002" / "balances.csv", "客户号,余额", "C1,1.00")
    assert {"C1": 100} == fen_of(tmp_path, date_offset_days=-1)


@pytest.mark.parametrize(
    ("folder", "rule"),
    [
        ("balances", "date-absent"),
        ("20151001_20151002", "date-absent"),
        ("20150231", "date-invalid"),
        ("2015/02/31", "date-invalid"),
        ("dt=2015-02-31", "date-invalid"),
        ("year=2015/month=10", "date-absent"),
        ("dt=20151001/date=20151002", "header-ambiguous"),
    ],
)
def test_folders_that_tell_no_day(tmp_path: Path, folder: str, rule: str) -> None:
    """A folder without a day, with several, or with one that the calendar has not, refuses its files by name."""
    write(tmp_path / folder / "b.csv", "客户号,余额", "C1,1.00")
    with pytest.raises(DataError, match=rf"^{folder}/b\.csv: .*\[{rule}\]$"):
        fen_of(tmp_path)


@pytest.mark.parametrize("presumed", [3, 3000])
def test_a_folder_and_a_column_that_agree(tmp_path: Path, presumed: int) -> None:
    """What stands in a folder and in a column is verified in every row, also in the middle of a file whose ends agree."""
    rows = [f"C{number},人民币,2015/10/1,存款,1.00" for number in range(presumed)]
    header, path = "客户号,币种,日期,产品,余额", tmp_path / "date=2015-10-01" / "产品=存款" / "b.csv"
    write(path, header, *rows)
    assert presumed == len(fen_of(tmp_path))
    rows[presumed // 2] = rows[presumed // 2].replace("2015/10/1", "2015/10/2")
    write(path, header, *rows)
    with pytest.raises(DataError, match=r"the folder says 2015-10-01, and column 日期 holds another day.*\[date-differs\]"):
        fen_of(tmp_path)
    rows[presumed // 2] = rows[presumed // 2].replace("2015/10/2", "2015/10/1").replace("存款", "基金")
    write(path, header, *rows)
    with pytest.raises(DataError, match=rf"row {presumed // 2 + 2}: column 产品 differs from the folder.*\[key-differs\]"):
        fen_of(tmp_path)


def text_of(table: pa.Table) -> str:
    """Return a table as CSV."""
    return "".join(f"{','.join(row)}\n" for row in (table.column_names, *(row.values() for row in table.to_pylist())))


PARTS = {
    "csv": lambda path, table: path.write_text(text_of(table)),
    "csv.gz": lambda path, table: path.write_bytes(gzip.compress(text_of(table).encode())),
    "parquet": lambda path, table: pq.write_table(table, path),
    "pandas.parquet": lambda path, table: table.to_pandas().to_parquet(path),
}


@pytest.mark.parametrize("kind", PARTS)
@pytest.mark.parametrize("folder", ["", "20151001", "dt=2015-10-01"])
def test_a_part_without_rows(tmp_path: Path, kind: str, folder: str) -> None:
    """A part without rows is fine beside another of its day, or beside one of several days where it tells none; alone it is a lost day."""
    days = [dt.date(2015, 10, 1), dt.date(2015, 10, 2)][: 1 if folder else 2]
    whole = pa.table({"customer_id": ["C1"] * len(days), "balance": ["1.00"] * len(days)})
    whole = whole if folder else whole.append_column("date", pa.array(map(str, days)))
    (tmp_path / folder).mkdir(exist_ok=True)
    first, second = (tmp_path / folder / f"part-{number}.{kind}" for number in (0, 1))
    PARTS[kind](first, whole.slice(0, 0))
    with pytest.raises(DataError, match=r"part-0\.\S+: the file has no rows, nor has another file of its day.*\[file-no-rows\]"):
        fen_of(tmp_path)
    PARTS[kind](second, whole)
    run = compute_tiers(tmp_path, "2015Q4", as_of=days[-1])
    assert ([100 * len(days)], [0, len(days)]) == (run.tiers["fen_days"].tolist(), [one["rows"] for one in run.manifest["inputs"]])


@pytest.mark.parametrize("kind", PARTS)
@pytest.mark.parametrize("names", [("b_20151001", "b_20151002"), ("first", "second")])
def test_a_part_without_rows_of_another_day(tmp_path: Path, kind: str, names: tuple[str, str]) -> None:
    """A file without rows is refused beside one of another day, whether its name tells its own or not: it may be a day that was lost."""
    whole = pa.table({"customer_id": ["C1"], "date": ["2015-10-01"], "balance": ["1.00"]})
    PARTS[kind](tmp_path / f"{names[0]}.{kind}", whole)
    PARTS[kind](tmp_path / f"{names[1]}.{kind}", whole.slice(0, 0))
    with pytest.raises(DataError, match=rf"{names[1]}\.{kind}: the file has no rows.*\[file-no-rows\]"):
        fen_of(tmp_path, dt.date(2015, 10, 2))


@pytest.mark.parametrize(("rows", "beside"), [(0, "rows=0"), (1, "rows=1")])
def test_what_lies_beside_a_part_without_rows(tmp_path: Path, rows: int, beside: str) -> None:
    """Its control file is verified like any other."""
    write(tmp_path / "part-0.csv", "客户号,日期,余额")
    write(tmp_path / "part-0.ctl", beside)
    write(tmp_path / "part-1.csv", "客户号,日期,余额", "C1,2015-10-01,1.00", "C1,2015-10-02,1.00")
    if rows:
        with pytest.raises(DataError, match=r"part-0\.csv: has 0 rows, part-0\.ctl says 1.*\[control-rows\]"):
            fen_of(tmp_path)
    else:
        assert {"C1": 100} == fen_of(tmp_path)


def test_ids_as_decimals(tmp_path: Path) -> None:
    """Whole numbers of a type with decimals are ids, as Spark reads those of an Oracle; a fraction is none."""
    for kind, ids in ((pa.decimal128(38, 10), [1007, 622]), (pa.decimal256(50, 2), [10**30, 5]), (pa.decimal128(20, 0), [1, 2])):
        table = pa.table({"customer_id": pa.array([Decimal(one) for one in ids], kind), "balance": ["1.00", "2.00"]})
        pq.write_table(table, tmp_path / "b_20151001.parquet")
        assert {str(ids[0]): 100, str(ids[1]): 200} == fen_of(tmp_path)
    table = pa.table({"customer_id": pa.array([Decimal(1), Decimal("2.5")], pa.decimal128(38, 10)), "balance": ["1.00", "2.00"]})
    pq.write_table(table, tmp_path / "b_20151001.parquet")
    with pytest.raises(DataError, match=r"row 2, column customer_id: .*cast\(customer_id as string\) \[id-decimals\]"):
        fen_of(tmp_path)


@pytest.mark.parametrize("zone", ["UTC", None, "Asia/Shanghai"])
@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_midnight_in_shanghai(tmp_path: Path, zone: str | None, unit: str) -> None:
    """Midnight in Shanghai that was written as UTC is named as such; where its zone came along it is a day."""
    moment = dt.datetime(2015, 9, 30, 16, tzinfo=dt.UTC if zone else None)
    dates = pa.array([moment], pa.timestamp(unit, zone))
    pq.write_table(pa.table({"customer_id": ["C1"], "date": dates, "balance": ["1.00"]}), tmp_path / "b.parquet")
    if zone == "Asia/Shanghai":
        assert {"C1": 100} == fen_of(tmp_path)
    else:
        with pytest.raises(DataError, match=r"column date.*midnight in Shanghai stands here as 16:00 UTC.*\[date-zone\]"):
            fen_of(tmp_path)


def test_flags_of_a_host(tmp_path: Path) -> None:
    """Files that say that a transfer has ended are no extracts; any other name is refused still."""
    write(tmp_path / "b_20151001.csv", "客户号,余额", "C1,1.00")
    for name in ("b_20151001.csv.ok", "b_20151001.done", "20151001.FLG", "_SUCCESS"):
        (tmp_path / name).touch()
    assert {"C1": 100} == fen_of(tmp_path)
    (tmp_path / "b_20151002.okay").touch()
    with pytest.raises(DataError, match=r"b_20151002\.okay: .*\[file-name\]"):
        fen_of(tmp_path)


TEXTS = {
    "pipes": ({"separator": "|"}, "客户号|余额|备注", "C1|1.00|甲,乙", "C2|2.00|"),
    "a pipe within quotes": ({"separator": "|"}, "客户号|余额|备注", 'C1|1.00|"甲|乙"', "C2|2.00|"),
    "tabs": ({"separator": "tab"}, "客户号\t余额", "C1\t1.00", "C2\t2.00"),
    "Hive's own": ({"separator": "\\x01"}, "客户号\x01余额", "C1\x011.00", "C2\x012.00"),
    "semicolons": ({"separator": ";"}, "客户号;余额", "C1;1.00", "C2;2.00"),
    "no header": ({"header": "none", "columns": {"customer_id": 1, "balance": 3}}, "C1,甲,1.00", "C2,乙,2.00"),
    "all of it": ({"separator": "|", "header": "none", "columns": {"customer_id": 1, "balance": 3}}, "C1|甲|1.00|", "C2|乙|2.00|"),
    "a separator at each end": ({}, "客户号,余额,", "C1,1.00,", "C2,2.00,"),
    "but for the header": ({}, "客户号,余额", "C1,1.00,", "C2,2.00,"),
    "blank rows": ({}, "客户号,余额", "C1,1.00", ",", "C2,2.00", ",", " ,"),
    "the mark of a host": ({}, "客户号,余额", "C1,1.00", "C2,2.00", "\x1a"),
}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize(("rules", "lines"), [(one[0], one[1:]) for one in TEXTS.values()], ids=TEXTS)
def test_text_files_of_a_bank(tmp_path: Path, encoding: str, rules: dict[str, Any], lines: tuple[str, ...]) -> None:
    """Separators, headers, ends and encodings are what the rules say, or what a file shows by itself; said, they warn of nothing."""
    text = "".join(f"{line}\r\n" for line in lines).removesuffix("\r\n" if lines[-1] == "\x1a" else "")
    (tmp_path / "b_20151001.csv").write_bytes(text.encode(encoding))
    declared = encoding.removesuffix("-sig")
    run = compute_tiers(tmp_path, "2015Q4", rules=rules_with(**rules, encoding=declared), as_of=DAY)
    assert ([100, 200], ()) == (run.tiers["fen_days"].tolist(), run.warnings)
    assert {"C1": 100, "C2": 200} == fen_of(tmp_path, **rules)


@pytest.mark.parametrize(
    ("rules", "lines", "rule"),
    [
        ({"separator": "|"}, ("客户号,余额", "C1,1.00"), "file-separator"),
        ({}, ("客户号|余额", "C1|1.00"), "file-separator"),
        ({"separator": "|"}, ("客户号|余额", "C1|1.00|9"), "fields-extra"),
        ({"separator": "|"}, ("客户号|余额|备注", 'C1|1.00|"甲|乙'), "file-quotes"),
        ({}, ("客户号,余额,", "C1,1.00,", "C2,2.00,甲"), "header-empty"),
        ({"header": "none", "columns": {"customer_id": 1, "balance": 9}}, ("C1,1.00",), "header-missing"),
        ({"encoding": "utf-8"}, ("客户号,余额", "甲,1.00"), "file-encoding"),
    ],
)
def test_text_files_that_are_otherwise(tmp_path: Path, rules: dict[str, Any], lines: tuple[str, ...], rule: str) -> None:
    """What is not written as the rules say is refused, and so is a row that fills a column without a header."""
    (tmp_path / "b_20151001.csv").write_bytes("".join(f"{line}\n" for line in lines).encode("gb18030"))
    with pytest.raises(DataError, match=rf"\[{rule}\]"):
        fen_of(tmp_path, **rules)


def test_a_file_in_utf_8_is_not_taken_for_gbk(tmp_path: Path) -> None:
    """Where the rules say gb18030, Chinese in UTF-8 is refused, for GB18030 would read other characters there."""
    write(tmp_path / "b_20151001.csv", "客户号,余额", "甲,1.00")
    with pytest.raises(DataError, match=r"b_20151001\.csv: row 1: this row is UTF-8, and the rules say encoding: gb18030"):
        fen_of(tmp_path, encoding="gb18030")


@pytest.mark.parametrize("zipped", [False, True])
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(1, 3), min_size=1, max_size=9), st.sampled_from([0, 5000]))
def test_the_ends_of_a_file_do_not_decide(tmp_path: Path, zipped: bool, days: list[int], around: int) -> None:  # noqa: FBT001 (a parameter)
    """Whichever days the rows in the middle of a file have, each counts on its own day: the day of the ends is only presumed."""
    ends = [days[0]] * around
    rows = [f"C{number},2015-10-0{day},1.00\n" for number, day in enumerate([*ends, *days, *ends])]
    text = "".join(["客户号,日期,余额\n", *rows]).encode()
    (tmp_path / "b.csv").write_bytes(gzip.compress(text) if zipped else text)
    write(tmp_path / "others.csv", "客户号,日期,余额", *(f"Z,2015-10-0{day},1.00" for day in (1, 2, 3)))
    run = compute_tiers(tmp_path, "2015Q4", as_of=dt.date(2015, 10, 3), rules=rules_with(partial_days="accept"))
    assert [100] * len(rows) + [300] == sorted(run.tiers["fen_days"].tolist())
    closing = run.tiers.loc[run.tiers["closing_fen"] > 0, "customer_id"]
    assert {"Z", *(f"C{number}" for number, day in enumerate([*ends, *days, *ends]) if day == 3)} == set(closing)


@pytest.mark.parametrize("account", [True, False])
@pytest.mark.parametrize("currencies", [("USD", "CNY"), ("CNY", "USD"), ("CNY", "CNY"), ("USD", "USD")])
def test_one_amount_in_two_currencies(tmp_path: Path, currencies: tuple[str, str], account: bool) -> None:  # noqa: FBT001 (a parameter)
    """Equal amounts for one key collapse in one currency; in two they are two balances, whichever comes first."""
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "rates.csv").write_text("date,currency,rate\n2015-10-01,USD,6.3\n")
    (tmp_path / "rules" / "extracts.yaml").write_text("version: 1\ncurrency: {rates: rates.csv}\n")
    (tmp_path / "rules" / "tiers.yaml").write_text("version: 1\ntiers:\n  - {code: one, label: 一, min: 1}\n", encoding="utf-8")
    lines = ["customer_id,account_id,currency,balance", *(f"C1,A,{currency},100000.00" for currency in currencies)]
    lines = lines if account else [line.replace(",A,", ",").replace("account_id,", "") for line in lines]
    write(tmp_path / "in" / "b_20151001.csv", *lines)
    rules = load_rules(tmp_path / "rules")
    if len(set(currencies)) > 1:
        with pytest.raises(DataError, match=r"row 3: another balance.* in two currencies need.*\[duplicate-conflict\]"):
            compute_tiers(tmp_path / "in", "2015Q4", rules=rules, as_of=DAY)
    else:
        tiers = compute_tiers(tmp_path / "in", "2015Q4", rules=rules, as_of=DAY).tiers
        assert [63_000_000 if "USD" in currencies else 10_000_000] == tiers["fen_days"].tolist()


@pytest.mark.parametrize(
    "folder", ["currency=USD/20151001", "currency=USD/2015/10/01", "currency=USD/east", "currency=USD/date=2015-10-01"]
)
def test_a_key_counts_wherever_its_folder_stands(tmp_path: Path, folder: str) -> None:
    """A folder key=value below the argument counts whatever lies between it and the file: dollars are not taken for yuan."""
    write(tmp_path / folder / "b_20151001.csv", "客户号,余额", "C1,1.00")
    with pytest.raises(DataError, match=r"\[currency\]"):
        fen_of(tmp_path)


@pytest.mark.parametrize(
    ("folder", "rules", "lines", "rule"),
    [
        ("currency=USD", {"columns": {"currency": "bz"}}, ("客户号,余额,bz", "C1,1.00,CNY"), "key-differs"),
        ("currency=USD", {"header": "none", "columns": {"customer_id": 1, "balance": 2, "currency": 3}}, ("C1,1.00,CNY",), "key-differs"),
        ("product=loan", {"columns": {"product": "cp"}}, ("客户号,余额,cp", "C1,1.00,deposit"), "key-differs"),
        ("customer_id=C1", {}, ("余额", "1.00"), "header-missing"),
        ("balance=5.00", {}, ("客户号", "C1"), "header-missing"),
    ],
)
def test_a_folder_is_not_looked_past(tmp_path: Path, folder: str, rules: dict[str, Any], lines: tuple[str, ...], rule: str) -> None:
    """A column that the rules map is compared with its folder like any other; a folder gives no customer and no balance."""
    write(tmp_path / folder / "b_20151001.csv", *lines)
    with pytest.raises(DataError, match=rf"\[{rule}\]"):
        fen_of(tmp_path, **rules)


def test_a_mapped_date_decides_alone(tmp_path: Path) -> None:
    """Where the rules say which column is the date, a folder may be the day on which the file came."""
    write(tmp_path / "dt=2015-10-02" / "b.csv", "客户号,余额,记账日", "C1,1.00,2015-10-01")
    assert {"C1": 100} == fen_of(tmp_path, columns={"date": "记账日"})


def test_widths_without_headers(tmp_path: Path) -> None:
    """Without headers a file with more or fewer columns than most is refused: nothing else shows a new layout."""
    form = {"header": "none", "columns": {"customer_id": 1, "balance": 2}}
    for day in (1, 2, 3):
        write(tmp_path / f"b_2015100{day}.csv", "C1,1.00,x")
    assert {"C1": 300} == fen_of(tmp_path, dt.date(2015, 10, 3), **form)
    write(tmp_path / "b_20151002.csv", "C1,12,1.00,x")
    with pytest.raises(DataError, match=r"b_20151002\.csv: has 4 columns, most files have 3.*\[columns-differ\]"):
        fen_of(tmp_path, dt.date(2015, 10, 3), **form)


@pytest.mark.parametrize(("part", "lost"), [("west", True), ("part-1", False)])
@pytest.mark.parametrize("folders", [True, False])
def test_a_part_that_is_empty_on_one_day(tmp_path: Path, part: str, lost: bool, folders: bool) -> None:  # noqa: FBT001 (parameters)
    """A branch whose file is empty on one day is absent on it, as if its file had not come; numbered parts may be empty."""
    for day in range(1, 11):
        name = "201510{:02d}/{}.csv" if folders else "{1}_201510{0:02d}.csv"
        write(tmp_path / name.format(day, "east"), "客户号,余额", *(f"E{number},1.00" for number in range(40)))
        write(tmp_path / name.format(day, part), "客户号,余额", *(["W1,5.00"] if day != 5 else []))
    if lost:
        with pytest.raises(DataError, match=r"2015-10-05.*west.*\[day-partial\]"):
            fen_of(tmp_path, dt.date(2015, 10, 10))
    else:
        assert 9 * 500 == fen_of(tmp_path, dt.date(2015, 10, 10))["W1"]


@pytest.mark.parametrize(
    ("lines", "sound"),
    [
        (('0001,"a,5.00', '0002,b",600000.00'), False),
        (('0001,"two', 'lines",5.00', "0002,b,6.00"), True),
        (('0001,"one line, with, separators",5.00', "0002,b,6.00"), True),
    ],
)
def test_rows_swallowed_in_a_column_that_is_not_read(tmp_path: Path, lines: tuple[str, ...], sound: bool) -> None:  # noqa: FBT001
    """Two stray quotes cannot hide a customer in a remark; a remark over several lines, or with separators, is one."""
    write(tmp_path / "b_20151001.csv", "客户号,备注,余额", *lines)
    if sound:
        assert {"0001": 500, "0002": 600} == fen_of(tmp_path)
    else:
        with pytest.raises(DataError, match=r"row 2: column 备注 goes on over several lines.*\[file-quotes\]"):
            fen_of(tmp_path)
