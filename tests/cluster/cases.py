"""What every engine must answer alike: small deliveries of every kind, sound and not."""

from __future__ import annotations

import datetime as dt
import gzip
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import pyarrow.parquet as pq

from tests.helpers import Row, csv_text, days_between, rules_without_calendar, write_csv, write_parquet
from tests.tiers.test_scope import rules_folder

FIRST = dt.date(2015, 10, 1)
DAYS = days_between(FIRST, dt.date(2015, 10, 6))
AS_OF = ("--quarter", "2015Q4", "--as-of", str(DAYS[-1]))


class Case(NamedTuple):
    """A delivery: how it is laid out, and the options of the command beside it. `status`: how every engine must end."""

    name: str
    lay_out: Callable[[Path], None]
    options: tuple[str, ...] = ()
    status: int = 0

    def arguments(self, folder: Path) -> list[str]:
        """Write the delivery into a folder, and return the arguments of the command."""
        self.lay_out(folder)
        rules = () if (folder / "rules").exists() else ("--rules", str(rules_without_calendar()))
        return ["extracts", *(self.options if {"--quarter", "--month"} & {*self.options} else (*AS_OF, *self.options)), *rules]


def snapshot(accounts: int = 0, customers: int = 60, seed: int = 1, days: Sequence[dt.date] = DAYS) -> list[Row]:
    """Return rows of some days, on each of which a few customers are absent; `accounts`: of each customer, 0 without such a column."""
    dice = random.Random(seed)
    return [
        Row(day, f"C{number:05d}", f"{account}" if accounts else None, dice.randrange(-(10**6), 10**9))
        for day in days
        for number in range(customers)
        if dice.random() < 0.95
        for account in range(max(accounts, 1))
    ]


def on(rows: Sequence[Row], day: dt.date) -> list[Row]:
    """Return the rows of one day."""
    return [row for row in rows if row.day == day]


def daily(suffix: str = ".csv", accounts: int = 0) -> Callable[[Path], None]:
    """Return what writes one file a day."""

    def lay_out(folder: Path) -> None:
        rows = snapshot(accounts)
        for day in DAYS:
            write = write_parquet if suffix == ".parquet" else write_csv
            write(folder / "extracts" / f"b_{day:%Y%m%d}{suffix}", on(rows, day))

    return lay_out


def parts_of_days(folder: Path) -> None:
    """Write three files a day, with the accounts of a customer in different ones."""
    rows = snapshot(accounts=2)
    for day in DAYS:
        for part in range(3):
            write_csv(folder / "extracts" / f"b_{day:%Y%m%d}_branch{part}.csv", on(rows, day)[part::3])


def several_days(folder: Path) -> None:
    """Write two files of all days, and beside them other customers in files of one day each."""
    rows = snapshot(accounts=2)
    write_csv(folder / "extracts" / "a_all.csv", rows[::3])
    write_parquet(folder / "extracts" / "z_all.parquet", rows[1::3])
    for day in DAYS:
        write_csv(folder / "extracts" / f"m_{day:%Y%m%d}.csv", on(rows[2::3], day))


def presumed(folder: Path) -> None:
    """Write for every day a file whose ends are of that day, and one that holds a row of another day in its midst."""
    rows = snapshot(customers=300)
    for day in DAYS:
        of_day = on(rows, day)
        strangers = [Row(DAYS[0], "X1", None, 5), Row(day, "X1", None, 7)] if day == DAYS[3] else []
        write_csv(folder / "extracts" / f"b_{day:%Y%m%d}.csv", [*of_day[:120], *strangers, *of_day[120:]])


def other_days(folder: Path) -> None:
    """Write days before and after the period too, one of them within a file of several days."""
    rows = snapshot(days=days_between(dt.date(2015, 9, 28), dt.date(2015, 10, 9)))
    write_csv(folder / "extracts" / "all.csv", rows[::2])
    for day in sorted({row.day for row in rows}):
        write_csv(folder / "extracts" / f"b_{day:%Y%m%d}.csv", on(rows[1::2], day))


def changes(*, named: bool, aliases: bool = False) -> Callable[[Path], None]:
    """Return what writes balances that hold until the next one; `named`: of accounts."""

    def lay_out(folder: Path) -> None:
        dice = random.Random(2)
        days = [dt.date(2015, 9, 15), *DAYS]
        customers = [f"C{number:05d}" for number in range(60)]
        rows = [
            Row(day, one, f"{account}" if named else None, dice.choice((0, dice.randrange(10**9))))
            for day in days
            for one in customers
            for account in range(1 + named)
            if day == days[0] or dice.random() < 0.3
        ]
        write_csv(folder / "extracts" / "history.csv", [row for row in rows if row.day < DAYS[3]])
        for day in DAYS[3:]:
            write_parquet(folder / "extracts" / f"b_{day:%Y%m%d}.parquet", on(rows, day))
        if aliases:
            rules_folder(folder / "rules", extracts="version: 1\naliases: aliases.csv\n", aliases="C00003,N1\nC00004,C00005\nC00007,N1\n")

    return lay_out


def scope(negative: str) -> Callable[[Path], None]:
    """Return what writes products, currencies, overdrafts and renamed customers."""

    def lay_out(folder: Path) -> None:
        dice = random.Random(3)
        rules_folder(
            folder / "rules", negative, rates=f"{FIRST},USD,6.3613\n{FIRST},JPY,0.0531\n", aliases="C00001,N1\nC00002,C00003\nC00004,N1\n"
        )
        for day in DAYS:
            text = "date,customer_id,account_id,product,currency,balance\n"
            for number in range(40):
                product, currency = dice.choice(("deposit", "fund", "insurance", "loan")), dice.choice(("CNY", "USD", "JPY"))
                text += f"{day},C{number:05d},1,{product},{currency},{dice.randrange(-(10**4), 10**7)}.{dice.randrange(100):02d}\n"
            written(folder, f"b_{day:%Y%m%d}.csv", text)

    return lay_out


def written(folder: Path, name: str, text: str | bytes) -> None:
    """Write one extract."""
    path = folder / "extracts" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)


def and_then(*steps: Callable[[Path], None]) -> Callable[[Path], None]:
    """Return what lays out one thing after the other."""

    def lay_out(folder: Path) -> None:
        for step in steps:
            step(folder)

    return lay_out


def file(day: int, text: str | bytes, suffix: str = ".csv") -> Callable[[Path], None]:
    """Return what writes the file of a day, or another one of that day."""
    return lambda folder: written(folder, f"b_{DAYS[day]:%Y%m%d}{suffix}", text)


def added(day: int, text: str) -> Callable[[Path], None]:
    """Return what adds rows to the file of a day; `{day}` stands for it."""

    def lay_out(folder: Path) -> None:
        path = folder / "extracts" / f"b_{DAYS[day]:%Y%m%d}.csv"
        path.write_text(path.read_text() + text.replace("{day}", str(DAYS[day])))

    return lay_out


def corrected(day: int, rows: int, suffix: str = "_v2.csv") -> Callable[[Path], None]:
    """Return what delivers some rows of a day once more, with other balances."""
    return lambda folder: written(
        folder, f"b_{DAYS[day]:%Y%m%d}{suffix}", csv_text(row._replace(fen=row.fen + 1) for row in on(snapshot(), DAYS[day])[:rows])
    )


def rules(text: str, aliases: str = "") -> Callable[[Path], None]:
    """Return what writes rules for extracts."""
    return lambda folder: (None, rules_folder(folder / "rules", extracts=f"version: 1\n{text}\n", aliases=aliases))[0]


def without(*days: int) -> Callable[[Path], None]:
    """Return what takes the files of days away."""
    return lambda folder: [(folder / "extracts" / f"b_{DAYS[day]:%Y%m%d}.csv").unlink() for day in days] and None


def copied(folder: Path) -> None:
    """Deliver the file of a day twice."""
    first = folder / "extracts" / f"b_{DAYS[0]:%Y%m%d}.csv"
    written(folder, f"copy/{first.name}", first.read_bytes())


def empty_parts(folder: Path) -> None:
    """Write numbered parts of days, some without rows, and a folder that says of which account they are."""
    rows = snapshot()
    for day in DAYS:
        for part in range(2):
            path = folder / "extracts" / f"date={day}" / "product=deposit" / f"part-{part}.parquet"
            write_parquet(path, on(rows, day) if part else [])
            pq.write_table(pq.read_table(path, partitioning=None).drop_columns("date"), path)


def every_third_day(folder: Path) -> None:
    """Write every third day of a month and the day after it, all in one file."""
    rows = snapshot(days=[*days_between(FIRST, dt.date(2015, 10, 31))[::3], dt.date(2015, 11, 1)], customers=20)
    write_csv(folder / "extracts" / "all.csv", rows)


DAILY = daily()
ONE_TEXT = "date,customer_id,balance\n"
SOUND = (
    Case("daily CSV", DAILY),
    Case("daily Parquet with accounts", daily(".parquet", 3)),
    Case("daily gz", daily(".csv.gz", 2)),
    Case("parts of days", parts_of_days),
    Case("several days in a file", several_days),
    Case("several days where one was presumed", presumed, ("--accept-partial", "2015-10-04")),
    Case("days before and after", other_days),
    Case("a month", every_third_day, ("--month", "2015-10")),
    Case("changes of accounts", changes(named=True), ("--kind", "changes")),
    Case("changes of customers", changes(named=False), ("--kind", "changes")),
    Case("changes of renamed customers", changes(named=False, aliases=True), ("--kind", "changes")),
    Case("changes of accounts of renamed customers", changes(named=True, aliases=True), ("--kind", "changes")),
    Case("scope, overdrafts are zero", scope("zero")),
    Case("scope, overdrafts subtract", scope("net")),
    Case("scope, overdrafts rejected", scope("reject"), ("--max-rejects", "50%")),
    Case("renamed customers", and_then(DAILY, rules("aliases: aliases.csv", "C00001,N1\nC00002,C00003\nC00004,N1\n"))),
    Case("corrections", and_then(DAILY, rules("corrections: by_file_name"), corrected(1, 20), corrected(1, 9, "_v3.csv"))),
    Case("equal rows", and_then(DAILY, added(2, "{day},Z1,5.00\n{day},Z1,5.00\n"), copied)),
    Case("allowed rejects", and_then(DAILY, added(1, "{day},Z1,x\n{day},Z2,1.234\n"), added(3, "{day},,1.00\n")), ("--max-rejects", "3")),
    Case("missing days that are filled", and_then(DAILY, without(2, 3))),
    Case("empty parts", and_then(empty_parts, rules("product: {{include: [deposit]}}"))),
    Case("zeros that mean something", and_then(DAILY, added(1, "{day},0012,5.00\n{day},12,5.00\n"), rules("leading_zeros: significant"))),
    Case("another encoding", and_then(DAILY, file(0, (ONE_TEXT + f"{FIRST},客户,1.00\n" * 1).encode("gb18030"), "_gb.csv"))),
)
REFUSED = (
    Case("conflicts", and_then(DAILY, corrected(1, 30), corrected(3, 5)), status=4),
    Case(
        "a conflict after a file that cannot be read",
        and_then(DAILY, corrected(3, 5), file(1, gzip.compress(b"x" * 99)[:20], ".csv.gz")),
        status=4,
    ),
    Case(
        "a conflict before a file that cannot be read",
        and_then(DAILY, corrected(1, 5), added(3, "{day},Z9,1.0"), added(4, "{day},Z9,x\n")),
        status=4,
    ),
    Case(
        "a file of several days with a wrong byte",
        and_then(
            several_days,
            lambda folder: written(
                folder, "q_all.csv", b"date,customer_id,account_id,balance\n2015-10-01,\xff\xfe\xff,1,1.00\n2015-10-02,B,1,1.00\n"
            ),
        ),
        status=4,
    ),
    Case(
        "unknown product",
        and_then(
            scope("zero"),
            added(2, "{day},C00001,9,gold,CNY,5.00\n{day},Z00001,9,silver,CNY,5.00\n"),
            added(4, "{day},C00001,9,iron,CNY,5.00\n"),
        ),
        status=4,
    ),
    Case("missing rates", and_then(scope("zero"), added(2, "{day},C00001,9,fund,EUR,5.00\n{day},Z00001,9,fund,GBP,5.00\n")), status=4),
    Case("refused overdrafts beside an unknown product", and_then(scope("reject"), added(2, "{day},C00001,9,gold,CNY,5.00\n")), status=4),
    Case("rejects that are not allowed", and_then(DAILY, added(1, "{day},Z1,x\n{day},Z2,1.234\n"), added(3, "{day},,1.00\n")), status=4),
    Case(
        "lost zeros", and_then(DAILY, added(1, "{day},0012,5.00\n{day},0077,1.00\n"), added(3, "{day},77,5.00\n{day},12,5.00\n")), status=4
    ),
    Case(
        "lost zeros and a conflict after them",
        and_then(DAILY, added(1, "{day},0012,5.00\n{day},12,1.00\n"), corrected(3, 2), added(4, "{day},00012,5.00\n")),
        status=4,
    ),
    Case(
        "lost zeros of renamed customers",
        and_then(DAILY, added(1, "{day},0012,5.00\n{day},C9,1.00\n"), rules("aliases: aliases.csv", "C9,12\n")),
        status=4,
    ),
    Case("a partial day", and_then(DAILY, file(2, csv_text(on(snapshot(), DAYS[2])[:20]))), status=4),
    Case(
        "an absent part",
        and_then(parts_of_days, lambda folder: (folder / "extracts" / f"b_{DAYS[4]:%Y%m%d}_branch1.csv").unlink()),
        status=4,
    ),
    Case("missing days", and_then(DAILY, without(1, 2, 3, 4)), status=4),
    Case("a cut file", and_then(DAILY, added(2, "{day},Z1,1.0")), status=4),
    Case("another header", and_then(DAILY, file(2, "date,nobody,balance\n2015-10-03,1,1.00\n")), status=4),
    Case("another checksum", and_then(DAILY, file(2, "0" * 64 + "\n", ".csv.sha256")), status=4),
    Case("another number of rows", and_then(DAILY, file(2, "rows=7\n", ".csv.ctl")), status=4),
    Case("nobody left", and_then(*(file(day, ONE_TEXT + f"{DAYS[day]},Z1,x\n") for day in range(len(DAYS)))), ("--max-rejects", "100%"), 4),
    Case(
        "balances too large to be summed",
        and_then(
            lambda folder: written(
                folder,
                "b_20151002.csv",
                "date,customer_id,account_id,balance\n"
                + "".join(f"2015-10-02,C00001,A{number},999999999999.99\n" for number in range(93000)),
            ),
            lambda folder: written(folder, "b_20151001.csv", "date,customer_id,account_id,balance\n2015-10-01,C00001,1,1.00\n"),
        ),
        ("--quarter", "2015Q4", "--as-of", "2015-10-02"),
        4,
    ),
)
