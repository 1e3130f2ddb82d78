"""The same rows and rules give the same bytes, however they are delivered; the same files give the same manifest too."""

from __future__ import annotations

import datetime as dt
import os
import random
import shutil
from collections.abc import Callable, Sequence
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.helpers import Row, days_between, result_bytes, rules_without_calendar, vip, write_csv, write_parquet, yuan
from vip_tiering import compute_tiers, load_rules
from vip_tiering.rules.extracts import Kind

RULES_FOLDER = rules_without_calendar("leading_zeros: significant")
THE_RULES = load_rules(RULES_FOLDER)
FIRST, AS_OF = dt.date(2015, 10, 1), dt.date(2015, 10, 12)
BOUNDS_FEN = [20_000_00, 100_000_00, 500_000_00, 1_000_000_00, 5_000_000_00, 8_000_000_00]
Writer = Callable[[Path, list[Row]], Sequence[Path]]


class Delivery(NamedTuple):
    """The rows of one kind, the run of the quarter before, and the bytes that every delivery of these rows must give."""

    kind: Kind
    rows: list[Row]
    previous: Path
    expected: dict[str, bytes]


def _customers(dice: random.Random) -> list[tuple[str, str]]:
    """Return a few hundred customers with one to three accounts; ids of all lengths, some of them hard on a CSV."""
    ids = [f"{number:0{dice.choice([4, 8, 16, 19])}d}" for number in range(300)]
    ids += ["客户一", "客户二", "é", "z", "Z", "a,b", 'q"q', "00", "0", "6222021234567890123"]
    return [(one, f"{one[:2]}-{account}") for one in ids for account in range(dice.randint(1, 3))]


def _balance(dice: random.Random) -> int:
    return dice.choice([dice.choice(BOUNDS_FEN) // dice.choice([1, 1, 2, 3]), dice.randrange(10**8), dice.randrange(10**10), -5, 0])


def _snapshots(dice: random.Random) -> list[Row]:
    """Return the rows of 30 September and the twelve days after it, without 3 and 4 October; accounts come and go."""
    days = [day for day in days_between(dt.date(2015, 9, 30), AS_OF) if day.day not in (3, 4)]
    rows = []
    for customer, account in _customers(dice):
        opened, closed = (dice.choice([0, 0, 0, 0, dice.randrange(len(days))]) for _ in range(2))
        fen = _balance(dice)
        for day in days[opened : len(days) - closed]:
            fen = _balance(dice) if dice.random() < 0.1 else fen
            rows.append(Row(day, customer, account, fen))
    return rows


def _changes(dice: random.Random) -> list[Row]:
    """Return a history of every account from the summer on; some end with a zero, some rows come after the period."""
    days = days_between(dt.date(2015, 8, 20), dt.date(2015, 10, 20))
    return [
        Row(day, customer, account, _balance(dice))
        for customer, account in _customers(dice)
        for day in sorted(dice.sample(days, dice.randint(1, 6)))
    ]


def run(files: Sequence[Path | str], delivery: Delivery, out: Path, jobs: int | None = None) -> Path:
    """Compute and publish a delivery; return its folder."""
    computed = compute_tiers(files, "2015Q4", rules=THE_RULES, previous=delivery.previous, kind=delivery.kind, as_of=AS_OF, jobs=jobs)
    return computed.write(out)


def by_day(rows: list[Row]) -> dict[dt.date, list[Row]]:
    """Return the rows of each day."""
    return {day: list(one) for day, one in groupby(sorted(rows, key=lambda row: row.day), key=lambda row: row.day)}


def daily(folder: Path, rows: list[Row]) -> list[Path]:
    """Write one CSV a day, which is the usual delivery."""
    return [write_csv(folder / f"balances_{day:%Y%m%d}.csv", one) for day, one in by_day(rows).items()]


@pytest.fixture(scope="module", params=["snapshot", "changes"])
def delivery(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Delivery:
    """Return the rows, the previous run, and the bytes of the usual delivery: one CSV a day."""
    folder = tmp_path_factory.mktemp("usual")
    kind: Kind = request.param
    dice = random.Random(7)
    before = [
        Row(day, customer, account, fen)
        for customer, account in _customers(dice)
        if dice.random() < 0.8
        for fen in [_balance(dice)]
        for day in [*days_between(dt.date(2015, 7, 1), dt.date(2015, 9, 30))[::4], dt.date(2015, 9, 30)]
    ]
    previous = compute_tiers(write_csv(folder / "before.csv", before), "2015Q3", rules=THE_RULES).write(folder / "out")
    rows = (_snapshots if kind == "snapshot" else _changes)(dice)
    bare = Delivery(kind, rows, previous, {})
    expected = result_bytes(run(daily(folder / "extracts", rows), bare, folder / "out"))
    assert min(content.count(b"\n") for name, content in expected.items() if name.endswith(".csv")) > 10
    return bare._replace(expected=expected)


def shuffled(folder: Path, rows: list[Row]) -> list[Path]:
    """Put the rows of every file in another order."""
    return daily(folder, random.Random(1).sample(rows, len(rows)))


def split(folder: Path, rows: list[Row]) -> list[Path]:
    """Split every day into up to three files, with the accounts of a customer in different ones."""
    parts = {(day, part): one[part::3] for day, one in by_day(rows).items() for part in range(3)}
    return [write_csv(folder / f"part{part}_{day:%Y%m%d}.csv", one) for (day, part), one in parts.items() if one]


def merged(folder: Path, rows: list[Row]) -> list[Path]:
    """Deliver all days in one file, in no order of days."""
    return [write_csv(folder / "all.csv", random.Random(2).sample(rows, len(rows)))]


def merged_in_threes(folder: Path, rows: list[Row]) -> list[Path]:
    """Deliver three days a file, the newest days in the first file."""
    days = sorted(by_day(rows).items(), reverse=True)
    return [
        write_csv(folder / f"{start:03d}.csv", [row for _, one in days[start : start + 3] for row in one])
        for start in range(0, len(days), 3)
    ]


def cut_anywhere(folder: Path, rows: list[Row]) -> list[Path]:
    """Cut the shuffled rows of all days into five files."""
    mixed = random.Random(3).sample(rows, len(rows))
    return [write_csv(folder / f"{part}.csv", mixed[part::5]) for part in range(5)]


def renamed(folder: Path, rows: list[Row]) -> list[Path]:
    """Name the files such that their names sort against their days."""
    files = enumerate(by_day(rows).values())
    return [write_csv(folder / f"{999 - number}.txt", one) for number, one in files]


def in_date_folders(folder: Path, rows: list[Row]) -> list[Path]:
    """Give the date by the folder's name `date=...` and not by a column."""
    files = []
    for day, one in by_day(rows).items():
        path = folder / f"date={day}" / "part-0.csv"
        path.parent.mkdir(parents=True)
        lines = ["客户号,账号,余额", *(f"{_quoted(row.customer)},{_quoted(row.account or '')},{yuan(row.fen)}" for row in one)]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        files.append(path)
    return files


def _quoted(text: str) -> str:
    doubled = text.replace('"', '""')
    return f'"{doubled}"'


def dated_by_name(folder: Path, rows: list[Row]) -> list[Path]:
    """Give the date by the file's name, encode as GB18030, end lines as Windows does, quote every id."""
    folder.mkdir(parents=True)
    files = []
    for day, one in by_day(rows).items():
        lines = ["余额,账号,客户号", *(f"{row.fen / 100:.2f},{_quoted(row.account or '')},{_quoted(row.customer)}" for row in one)]
        files.append(folder / f"balances_{day}.csv")
        files[-1].write_bytes(("\r\n".join(lines) + "\r\n").encode("gb18030"))
    return files


def as_gzip(folder: Path, rows: list[Row]) -> list[Path]:
    """Deliver gzipped CSVs."""
    return [write_csv(folder / f"{day}.csv.gz", one) for day, one in by_day(rows).items()]


def as_parquet(folder: Path, rows: list[Row]) -> list[Path]:
    """Deliver one Parquet file a day."""
    return [write_parquet(folder / f"{day}.parquet", one) for day, one in by_day(rows).items()]


def as_one_parquet(folder: Path, rows: list[Row]) -> list[Path]:
    """Deliver all days in one Parquet file."""
    return [write_parquet(folder / "all.parquet", random.Random(4).sample(rows, len(rows)))]


def as_parquet_of_other_types(folder: Path, rows: list[Row]) -> list[Path]:
    """Deliver Parquet with time stamps, dictionaries, large strings, wide decimals and floats, in small row groups."""
    folder.mkdir(parents=True)
    files = []
    for number, one in enumerate(by_day(rows).values()):
        balances = [Decimal(row.fen).scaleb(-2) for row in one]
        table = pa.table(
            {
                "cust_no": pa.array([row.customer for row in one], pa.large_string()),
                "acct_no": pa.array([row.account for row in one]).dictionary_encode(),
                "data_dt": pa.array([dt.datetime.combine(row.day, dt.time()) for row in one], pa.timestamp("us")),
                "bal": pa.array(balances, pa.decimal128(30, 6)) if number % 2 else pa.array([row.fen / 100 for row in one]),
            }
        )
        files.append(folder / f"{number}.parquet")
        pq.write_table(table, files[-1], row_group_size=100)
    return files


def in_mixed_formats(folder: Path, rows: list[Row]) -> list[Path]:
    """Deliver CSV, gzip and Parquet side by side, also within a day."""
    writers: list[tuple[str, Callable[[Path, list[Row]], Path]]] = [("csv", write_csv), ("csv.gz", write_csv), ("parquet", write_parquet)]
    return [
        writer(folder / f"{day}-{part}.{ending}", one[part::3])
        for day, one in by_day(rows).items()
        for part, (ending, writer) in enumerate(writers)
        if one[part::3]
    ]


def with_repeated_rows(folder: Path, rows: list[Row]) -> list[Path]:
    """Deliver some rows twice; the same key with the same balance counts once."""
    return daily(folder, rows + random.Random(5).sample(rows, len(rows) // 10))


VARIANTS: list[Writer] = [
    shuffled,
    split,
    merged,
    merged_in_threes,
    cut_anywhere,
    renamed,
    in_date_folders,
    dated_by_name,
    as_gzip,
    as_parquet,
    as_one_parquet,
    as_parquet_of_other_types,
    in_mixed_formats,
    with_repeated_rows,
]


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_same_rows_delivered_otherwise(delivery: Delivery, variant: Writer, tmp_path: Path) -> None:
    """Order, split, merge, names, formats and encodings of the files leave every byte of the results as it is."""
    files = variant(tmp_path / "extracts", delivery.rows)
    assert delivery.expected == result_bytes(run(files, delivery, tmp_path / "out"))


def test_one_fen_elsewhere_shows(delivery: Delivery, tmp_path: Path) -> None:
    """The comparison of bytes can fail: one fen more in one row is another result."""
    row = max(delivery.rows, key=lambda row: (row.day <= AS_OF, row.day, row.fen))
    rows = [one._replace(fen=one.fen + 1) if one is row else one for one in delivery.rows]
    actual = result_bytes(run(daily(tmp_path / "extracts", rows), delivery, tmp_path / "out"))
    assert delivery.expected["tiers.csv"] != actual["tiers.csv"]
    assert delivery.expected["tiers.parquet"] != actual["tiers.parquet"]


@pytest.mark.parametrize("jobs", [1, 2, 7])
def test_any_number_of_threads(delivery: Delivery, jobs: int, tmp_path: Path) -> None:
    """One thread or several give the same bytes, also of the manifest."""
    files = daily(tmp_path / "extracts", delivery.rows)
    one = run(files, delivery, tmp_path / "one", jobs=1)
    other = run(files, delivery, tmp_path / "other", jobs=jobs)
    assert delivery.expected == result_bytes(other)
    assert (one / "manifest.json").read_bytes() == (other / "manifest.json").read_bytes()


@pytest.mark.parametrize(
    "env",
    [
        {"LC_ALL": "C", "TZ": "America/New_York", "PYTHONHASHSEED": "0", "PYTHONUTF8": "0"},
        {"LC_ALL": "C.UTF-8", "TZ": "Asia/Shanghai", "PYTHONHASHSEED": "4294967295"},
        {"LANG": "zh_CN.GB18030", "TZ": "Pacific/Kiritimati", "PYTHONHASHSEED": "1", "OMP_NUM_THREADS": "1", "COLUMNS": "40"},
    ],
    ids=lambda env: env["TZ"],
)
def test_any_locale_time_zone_and_hash_seed(delivery: Delivery, env: dict[str, str], tmp_path: Path) -> None:
    """Another locale, time zone and PYTHONHASHSEED give the same bytes, also of the manifest, from Parquet time stamps too."""
    here = as_parquet_of_other_types(tmp_path / "extracts", delivery.rows)
    expected = run(here, delivery, tmp_path / "here")
    options = [
        "--quarter",
        "2015Q4",
        "--as-of",
        AS_OF,
        "--kind",
        delivery.kind,
        "--rules",
        RULES_FOLDER,
        "--previous",
        delivery.previous,
    ]
    actual = vip("tier", "compute", tmp_path / "extracts", *options, "--out", tmp_path / "out", env=env)
    assert (0, "") == (actual.returncode, actual.stderr)
    folder = tmp_path / "out" / expected.name
    assert delivery.expected == result_bytes(folder)
    assert (expected / "manifest.json").read_bytes() == (folder / "manifest.json").read_bytes()


def test_the_same_files_in_any_order_and_from_any_folder(delivery: Delivery, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A list in any order, a folder, a glob, relative paths, another folder and repeated paths give the same manifest."""
    home, elsewhere = tmp_path / "here" / "extracts", tmp_path / "elsewhere" / "数据 [1]"
    files = daily(home, delivery.rows)
    shutil.copytree(home, elsewhere)
    for path in elsewhere.iterdir():
        os.utime(path, (0, 0))
    monkeypatch.chdir(tmp_path / "here")
    mixed = random.Random(6).sample(files, len(files))
    ways: list[Sequence[Path | str]] = [
        files,
        files[::-1],
        mixed,
        [*files, files[0], home],
        [home],
        [elsewhere],
        ["extracts"],
        ["./extracts/"],
        ["../elsewhere/../here/extracts"],
        [f"{home}/*.csv"],
        ["extracts/balances_2015*.csv"],
        [f"{home}/*[0-9].csv", *files],
        [elsewhere / path.name for path in mixed],
    ]
    manifests = set()
    for number, way in enumerate(ways):
        folder = run(way, delivery, tmp_path / f"out{number}")
        assert delivery.expected == result_bytes(folder)
        manifests.add((folder / "manifest.json").read_bytes())
    assert 1 == len(manifests)
    assert str(tmp_path).encode() not in next(iter(manifests))


def test_the_same_run_again_is_up_to_date(delivery: Delivery, tmp_path: Path) -> None:
    """The same files from another folder, in another order, are the same run: nothing is written a second time."""
    files = daily(tmp_path / "one", delivery.rows)
    folder = run(files, delivery, tmp_path / "out")
    before = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    again = run(daily(tmp_path / "two", delivery.rows)[::-1], delivery, tmp_path / "out")
    assert folder == again
    assert before == {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
