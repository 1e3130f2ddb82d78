"""Nightly runs: what goes on from a kept ledger is what reading everything gives, byte for byte, and what does not fit is not taken up."""

from __future__ import annotations

import datetime as dt
import os
import re
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers import Row, examples, vip, write_csv, write_parquet
from vip_tiering.base.errors import DataError
from vip_tiering.cli.words.lists import LEDGER
from vip_tiering.publishing import manifests
from vip_tiering.tiers.job import Result, tier_compute
from vip_tiering.tiers.kept import KEPT, ledgers

FIRST = dt.date(2015, 10, 1)
TODAY = dt.date(2016, 2, 1)
TIERS = """version: 1
sets:
  - valid_from: 2015-01-01
    source: test
    tiers: [{code: low, label: 低, min: 10}, {code: high, label: 高, min: %s}]
"""
ALIASES = "old_id,new_id\nC1,D1\nC3,C4\nC5,N5\n"
CUSTOMERS = ["C1", "C2", "C3", "C4", "C5", "D1", "0C6", "E7"]


def write_rules(folder: Path, bound: int = 100, extracts: str = "", *, aliases: bool = False) -> Path:
    """Write rules whose second tier begins at `bound` yuan."""
    folder.mkdir(exist_ok=True)
    (folder / "tiers.yaml").write_text(TIERS % bound)
    own = "max_carry_days: 30\ncarry_calendar: none\npartial_days: accept\n" + extracts
    if aliases:
        (folder / "aliases.csv").write_text(ALIASES)
        own += "aliases: aliases.csv\n"
    (folder / "extracts.yaml").write_text(f"version: 1\n{own}")
    return folder


def compute(base: Path, out: str, day: dt.date, **options: object) -> Result:
    """Compute the quarter as of a day from `base/in` by `base/rules` into `base/out`."""
    given_options = {"rules": base / "rules", "as_of": day, "max_rejects": "50%"} | options
    return tier_compute([str(base / "in")], "2015Q4", base / out, TODAY, **given_options)  # type: ignore[arg-type]


def content(folder: Path | None) -> dict[str, bytes]:
    """Return every file of a run by its name."""
    assert folder is not None
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@dataclass
class History:
    """A bank that delivers day by day, and what it may do between two nights; every choice is the generator's."""

    base: Path
    random: Random
    accounts: bool
    parquet: bool
    bound: int = 100
    delivered: set[dt.date] = field(default_factory=set)

    def rows(self, day: dt.date) -> list[Row]:
        """Return random rows of a day, some twice, some of them negative."""
        count = self.random.randint(1, 12)
        rows = [
            Row(day, self.random.choice(CUSTOMERS), self.random.choice("ab") if self.accounts else None, self.random.randint(-500, 20_000))
            for _ in range(count)
        ]
        distinct = {(row.customer, row.account): row for row in rows}
        return [*distinct.values(), *self.random.sample([*distinct.values()], self.random.randint(0, 1))]

    def deliver(self, day: dt.date, part: str = "") -> None:
        """Write the file of a day, or of a part of it."""
        name = f"b{part}_{day:%Y%m%d}"
        rows = self.rows(day)
        if part:  # another account or customer, or it would contradict the first file
            rows = [row._replace(customer=f"P{row.customer}") for row in rows]
        if self.parquet:
            write_parquet(self.base / "in" / f"{name}.parquet", rows)
        else:
            write_csv(self.base / "in" / f"{name}.csv", rows)
            if self.random.random() < 0.2:
                with (self.base / "in" / f"{name}.csv").open("a") as file:
                    file.write(f"{day},C2,{'a,' if self.accounts else ''}12.345\n")  # three decimals: a rejected row
        self.delivered.add(day)

    def happen(self, day: dt.date) -> None:
        """Let something happen before the night of a day, most often nothing."""
        happenings = (self.correct, self.come_late, self.change_rules, self.lose, self.touch, self.be_ahead)
        self.random.choice((*([lambda _day: None] * 6), *happenings))(day)

    def correct(self, _day: dt.date) -> None:
        """Deliver an earlier day anew, or another part of it."""
        if earlier := sorted(self.delivered)[:-1]:
            self.deliver(self.random.choice(earlier), self.random.choice(["", "2"]))

    def come_late(self, day: dt.date) -> None:
        """Deliver an earlier day that was missing."""
        before = [FIRST + dt.timedelta(number) for number in range((day - FIRST).days)]
        if missing := [one for one in before if one not in self.delivered]:
            self.deliver(self.random.choice(missing))

    def change_rules(self, _day: dt.date) -> None:
        """Raise the bound of a tier."""
        self.bound += 1
        (self.base / "rules" / "tiers.yaml").write_text(TIERS % self.bound)

    def lose(self, _day: dt.date) -> None:
        """Lose the files of an earlier day."""
        if earlier := sorted(self.delivered)[1:-1]:
            gone = self.random.choice(earlier)
            for path in (self.base / "in").glob(f"b*_{gone:%Y%m%d}.*"):
                path.unlink()
            self.delivered.remove(gone)

    def touch(self, _day: dt.date) -> None:
        """Touch every file, as a copy does."""
        for path in (self.base / "in").iterdir():
            path.touch()

    def be_ahead(self, day: dt.date) -> None:
        """Deliver a day before its time."""
        self.deliver(day + dt.timedelta(2))


@pytest.fixture(autouse=True, params=["hashed", "stamped"])
def _settled(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run every test twice: with files so new that their content is compared, and as if they had been left alone for long."""
    if request.param == "stamped":
        monkeypatch.setattr(ledgers, "_SETTLED_NS", -(10**12))


@settings(max_examples=500 if os.environ.get("VIP_NIGHTS") == "all" else examples(10))
@given(seed=st.integers(0, 2**32 - 1), accounts=st.booleans(), parquet=st.booleans(), changes=st.booleans())
def test_a_night_gives_what_the_whole_run_gives(seed: int, *, accounts: bool, parquet: bool, changes: bool) -> None:
    """Whatever happened since the night before, the run that may go on has the same bytes as one that reads every day."""
    with tempfile.TemporaryDirectory() as folder:
        random = Random(seed)
        history = History(Path(folder), random, accounts, parquet or changes)  # `changes` never allows a rejected row
        write_rules(history.base / "rules", history.bound, aliases=random.random() < 0.3)
        options = {"kind": "changes", "opening_zero": True, "max_rejects": "0"} if changes else {}
        day = FIRST
        history.deliver(day)
        for night in range(5):
            shutil.rmtree(history.base / "nightly" / f"2015Q4-asof-{day:%Y%m%d}", ignore_errors=True)  # or it might be up to date
            compared = [compute_or_fail(history.base, out, day, options) for out in ("nightly", f"whole{night}")]
            assert compared[0] == compared[1]
            assert night or isinstance(compared[0], dict), "no run to go on from"
            for _ in range(random.randint(1, 2)):
                day += dt.timedelta(days=random.choice([0, 1, 1, 1, 3]))
                if day not in history.delivered:
                    history.deliver(day)
                history.happen(day)


def compute_or_fail(base: Path, out: str, day: dt.date, options: dict[str, object]) -> object:
    """Return the bytes of a run, or the problems for which there is none."""
    try:
        return content(compute(base, out, day, replace=True, **options).folder)
    except DataError as error:
        return [str(one) for one in error.problems]


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """Return a folder with three days of two customers, computed as of the third, so that a ledger is kept."""
    write_rules(tmp_path / "rules")
    for number in range(3):
        deliver(tmp_path, number)
    compute(tmp_path, "out", FIRST + dt.timedelta(2))
    return tmp_path


def deliver(base: Path, number: int, fen: int = 5_000) -> Path:
    """Write the file of the day `number` after the first."""
    day = FIRST + dt.timedelta(number)
    return write_csv(base / "in" / f"b_{day:%Y%m%d}.csv", [Row(day, "C1", None, fen), Row(day, "C2", None, 2 * fen)])


def night(base: Path, number: int = 3, **options: object) -> tuple[str, str]:
    """Deliver a day, compute as of it, compare with the whole run, and return what is said of the ledger."""
    deliver(base, number)
    day = FIRST + dt.timedelta(number)
    result = compute(base, "out", day, **options)
    assert content(result.folder) == content(compute(base, "whole", day).folder)
    assert result.ledger is not None
    return result.ledger.code, result.ledger.file


def test_only_the_new_day_is_read(base: Path) -> None:
    """The day after, the ledger is taken up and one of four days is read; the day after that, one of five."""
    for number in (3, 4):
        deliver(base, number)
        ledger = compute(base, "out", FIRST + dt.timedelta(number)).ledger
        assert ledger is not None
        assert (ledger.code, ledger.days, ledger.all_days) == ("taken_up", 1, number + 1)
    assert (base / "out" / KEPT / "2015Q4").stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in (base / "out" / KEPT / "2015Q4").iterdir()} == {0o600}


def test_what_does_not_fit_is_not_taken_up(base: Path) -> None:
    """A corrected, a new and a lost file of an earlier day, and other rules: read from the start, named, and right."""
    assert night(base) == ("taken_up", "")
    corrected = deliver(base, 1, 7_000)
    assert night(base, 4) == ("file_changed", corrected.name)
    late = write_csv(base / "in" / "late_20151002.csv", [Row(FIRST + dt.timedelta(1), "C9", None, 100)])
    assert night(base, 5) == ("file_new", late.name)
    late.unlink()
    assert night(base, 6) == ("file_gone", late.name)
    write_rules(base / "rules", 120)
    assert night(base, 7) == ("rules", "")
    assert night(base, 8) == ("taken_up", "")


def test_files_that_were_not_used_may_go(base: Path) -> None:
    """A file of an earlier quarter may come, change and go, as a bank clears its folder: the ledger is taken up all the same."""
    old = base / "in" / "b_20150701.csv"
    for number, fen in enumerate((100, 200, None, 300, 300, None), 3):
        if fen is None:
            old.unlink()
        else:
            write_csv(old, [Row(dt.date(2015, 7, 1), "C1", None, fen)])
        assert night(base, number) == ("taken_up", "")


def test_a_file_rewritten_in_place_is_seen(base: Path) -> None:
    """A file of the same size and time of change whose content differs is found out."""
    path = base / "in" / "b_20151002.csv"
    status = path.stat()
    path.write_text(path.read_text().replace("50.00", "70.00"))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert path.stat().st_size == status.st_size
    assert night(base) == ("file_changed", path.name)


def test_another_version_and_a_damaged_ledger(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A ledger of another version of the program, one that was altered, and one cut short are not taken up."""
    kept = base / "out" / KEPT / "2015Q4"
    for name in ("customers.arrow", "manifest.json"):
        for damage in (lambda sound: sound[:-3], lambda sound: b"x" + sound, lambda _: b""):
            (kept / name).write_bytes(damage((kept / name).read_bytes()))
            assert night(base) == ("altered", "")
            shutil.rmtree(base / "out" / "2015Q4-asof-20151004")
            shutil.rmtree(base / "whole")
            assert night(base) == ("taken_up", "")  # the run kept a sound one
            shutil.rmtree(base / "out" / "2015Q4-asof-20151004")
            shutil.rmtree(base / "whole")
    monkeypatch.setattr(ledgers, "__version__", "0.0.1")
    deliver(base, 4)
    ledger = compute(base, "out", FIRST + dt.timedelta(4)).ledger
    assert ledger is not None
    assert ledger.code == "program"


def test_the_ledger_of_another_quarter(base: Path) -> None:
    """A ledger that was moved to another quarter's name is not taken up there, and every code has its words."""
    kept = base / "out" / KEPT
    (kept / "2015Q4").rename(kept / "2016Q1")
    write_csv(base / "in" / "b_20160101.csv", [Row(dt.date(2016, 1, 1), "C1", None, 100)])
    moved = tier_compute(
        [str(base / "in")], "2016Q1", base / "out", TODAY, rules=base / "rules", as_of=dt.date(2016, 1, 1), no_previous=True
    )
    assert moved.ledger == ledgers.Note("altered")
    source = Path(ledgers.__file__).read_text()
    codes = {*re.findall(r'_UnfitError\("(\w+)"', source), "taken_up", "file_gone", "file_changed", "rules", "kind"}
    assert codes == {*LEDGER}


def test_an_earlier_day_and_another_kind(base: Path) -> None:
    """As of an earlier day the ledger is not taken up, nor for another kind; a run of the same day goes on from it without a new day."""
    assert compute(base, "out", FIRST + dt.timedelta(1)).ledger == ledgers.Note("further", "2015-10-03")
    assert night(base, 3)[0] == "taken_up"
    deliver(base, 4)
    changed = compute(base, "out", FIRST + dt.timedelta(4), kind="changes", opening_zero=True, max_rejects="0").ledger
    assert changed is not None
    assert changed.code == "kind"


def test_weekends_without_a_file(base: Path) -> None:
    """As of a day without a file nothing is read, and what stands counts one day more."""
    later = compute(base, "out", FIRST + dt.timedelta(4), accept_missing=[FIRST + dt.timedelta(3), FIRST + dt.timedelta(4)])
    whole = compute(base, "whole", FIRST + dt.timedelta(4), accept_missing=[FIRST + dt.timedelta(3), FIRST + dt.timedelta(4)])
    assert content(later.folder) == content(whole.folder)
    assert later.ledger is not None
    assert (later.ledger.code, later.ledger.days) == ("taken_up", 0)


def test_what_counts_is_made_from_the_extracts_alone(base: Path) -> None:
    """The official run reads every day, whatever is kept, and the ledger of its quarter is gone afterwards; so is it with --from-start."""
    for number in range(3, 92):
        deliver(base, number)
    started = compute(base, "out", FIRST + dt.timedelta(5), from_start=True)
    assert started.ledger is None
    kept = base / "out" / KEPT
    assert kept.is_dir()
    official = tier_compute([str(base / "in")], "2015Q4", base / "out", TODAY, rules=base / "rules")
    assert (official.ledger, kept.exists()) == (None, False)
    assert manifests.verify(base / "out" / "2015Q4")[1] == []


def test_a_dry_run_keeps_nothing(base: Path) -> None:
    """A dry run neither takes up nor keeps."""
    before = content(base / "out" / KEPT / "2015Q4")
    deliver(base, 3)
    assert compute(base, "out", FIRST + dt.timedelta(3), dry_run=True).ledger is None
    assert content(base / "out" / KEPT / "2015Q4") == before


def test_the_command_says_so(base: Path) -> None:
    """The command tells on its first line from which day it went on, and in Chinese too."""
    deliver(base, 3)
    command = (
        "tier",
        "compute",
        base / "in",
        "--quarter",
        "2015Q4",
        "--rules",
        base / "rules",
        "--out",
        base / "out",
        "--max-rejects",
        "50%",
    )
    said = vip(*command, "--as-of", "2015-10-04").stdout.splitlines()
    assert said[0] == "Went on from the ledger of 2015-10-03 and read 1 of 4 days."
    deliver(base, 4)
    assert vip(*command, "--as-of", "2015-10-05", "--lang", "zh").stdout.startswith("接着 2015-10-04 的累计算：5 天里只读了 1 天")


SCOPED = """customer_id,account_id,product,currency,balance
C1,1,fund,USD,{one}.00
C1,2,loan,CNY,-70.00
C2,1,deposit,CNY,{two}.10
"""


def test_products_currencies_and_new_numbers_go_on(tmp_path: Path) -> None:
    """Sums by product and currency, overdrafts and renamed customers of a night that goes on are those of the whole run."""
    own = "product: {include: [deposit], exclude: [loan], weights: {fund: '0.5'}}\ncurrency: {rates: rates.csv}\n"
    write_rules(tmp_path / "rules", 100, own, aliases=True)
    (tmp_path / "rules" / "rates.csv").write_text("date,currency,rate\n2015-10-01,USD,6.3613\n")
    (tmp_path / "in").mkdir()
    codes = []
    for number in range(4):
        day = FIRST + dt.timedelta(number)
        (tmp_path / "in" / f"b_{day:%Y%m%d}.csv").write_text(SCOPED.format(one=900 + number, two=300 - number))
        result, whole = (compute(tmp_path, out, day, from_start=out == "whole") for out in ("out", "whole"))
        assert content(result.folder) == content(whole.folder)
        codes.append(result.ledger and result.ledger.code)
    assert codes == [None, *["taken_up"] * 3]
    assert result.document["scope"]["aliases"] == {"customers": 1, "rows": 4}  # of a loan nothing counts
    assert {one["code"]: one["rows"] for one in result.document["scope"]["products"]} == {"deposit": 4, "fund": 4, "loan": 4}
