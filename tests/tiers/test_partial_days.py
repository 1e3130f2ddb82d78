"""A day that was delivered in part is refused; growth, small branches, days off and the start of a history are not."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers import Row, days_between, rules_with, vip, write_csv, write_parquet
from vip_tiering import DataError, UsageError, compute_tiers
from vip_tiering.base.quarter import Period, Quarter, day_date, day_number
from vip_tiering.tiers.checking.check import extract_check
from vip_tiering.tiers.partial_days import Accepted, PartialDays, find_partial, part_of

TODAY = dt.date(2016, 1, 4)
PERIOD = Period(Quarter(2015, 4))
QUARTER = days_between(dt.date(2015, 10, 1), dt.date(2015, 12, 31))
NINETY = Fraction(90, 100)
BRANCHES = ("east", "north", "west")


def found(rows: Mapping[int, Mapping[str, int]], accepted: Sequence[str] = (), below: Fraction = NINETY) -> PartialDays:
    """Return what is partial of these days, all of them used."""
    files = {day: list(of_day) for day, of_day in rows.items()}
    return find_partial(files, rows, list(rows), PERIOD, below, Accepted.of(accepted))


def few(counts: Iterable[int | None], first: dt.date = QUARTER[0], below: Fraction = NINETY) -> list[int]:
    """Return the places of the days with few rows; each day has one file, None: it was not delivered."""
    start = day_number(first)
    rows = {start + place: {"b.csv": count} for place, count in enumerate(counts) if count is not None}
    return [one.day - start for one in found(rows, below=below).few_rows]


def absent(names: Mapping[dt.date, Iterable[str]], *accepted: str) -> list[tuple[str, list[str]]]:
    """Return the parts that are absent, with their days; every file has 100 rows."""
    rows = {day_number(day): dict.fromkeys(of_day, 100) for day, of_day in names.items()}
    return [(one.part, [str(day_date(day)) for day in one.days]) for one in found(rows, accepted).absent_parts]


def three_a_day(form: str = "{branch}_{day:%Y%m%d}.csv") -> dict[dt.date, list[str]]:
    """Return the names of a quarter in which three branches deliver a file a day."""
    return {day: [form.format(branch=branch, day=day) for branch in BRANCHES] for day in QUARTER}


@pytest.mark.parametrize(
    ("counts", "places"),
    [
        pytest.param([100] * 40 + [66] + [100] * 51, [40], id="in the middle"),
        pytest.param([100] * 91 + [66], [91], id="the last day"),
        pytest.param([66] + [100] * 91, [0], id="the first day"),
        pytest.param([100] * 40 + [66, 70] + [100] * 50, [40, 41], id="two days in a row"),
        pytest.param([100] * 60 + [70] * 32, [60], id="from a day on: the day on which it begins"),
        pytest.param([100] * 89 + [66] * 3, [89, 90, 91], id="the last three days"),
        pytest.param([100, None, None, None, None, None, None, None, 60, *[100] * 83], [8], id="the first day after the holidays"),
        pytest.param([1000 + number for number in range(91)] + [900], [91], id="of a bank that grows"),
        pytest.param([20, 9, 20], [1], id="of three days"),
        pytest.param([1_000_000] * 50 + [899_999] + [1_000_000] * 41, [50], id="of a large bank"),
        pytest.param([100] * 91 + [0], [91], id="without a row that passed"),
    ],
)
def test_day_with_few_rows_is_found(counts: list[int | None], places: list[int]) -> None:
    """A day is partial with fewer than 90 % of the median of the days around it, and at least 10 rows fewer."""
    assert places == few(counts)


@pytest.mark.parametrize(
    "counts",
    [
        pytest.param([100] * 40 + [90] + [100] * 51, id="exactly 90 %"),
        pytest.param([50] * 40 + [41] + [50] * 51, id="nine rows fewer"),
        pytest.param([12] * 40 + [3] + [12] * 51, id="a branch of twelve customers"),
        pytest.param([20 + 5 * number for number in range(92)], id="growth by five a day"),
        pytest.param([int(10 * 1.1**number) for number in range(92)], id="growth by a tenth a day"),
        pytest.param([100] * 45 + [160] * 47, id="a branch opens"),
        pytest.param([60, 60, *[100] * 90], id="a branch opens on the third day"),
        pytest.param([10, 40, 100, 180, *[200] * 88], id="a history that begins"),
        pytest.param([100, None, None, None, None, None, None, None, *[100] * 84], id="days off"),
        pytest.param([40], id="one day"),
        pytest.param([40, 100], id="a day and one more"),
        pytest.param([10_000 - number for number in range(92)], id="a bank that shrinks slowly"),
    ],
)
def test_day_that_is_whole_passes(counts: list[int | None]) -> None:
    """Growth, small branches, days off and the first days of a history are no partial days."""
    assert [] == few(counts)


@given(st.lists(st.integers(0, 1000), max_size=40))
def test_growth_is_never_refused(counts: list[int]) -> None:
    """However fast a bank grows, from whatever size, no day of it is partial but perhaps the very first."""
    grown = sorted(counts)
    assert [] == [place for place in few(grown) if place > 0]


@given(st.lists(st.integers(95, 105), min_size=10, max_size=92), st.data())
def test_lost_third_is_always_found(counts: list[int], data: st.DataObject) -> None:
    """Where a bank has about the same rows every day, the day that lacks a third of them is found wherever it lies, and no other."""
    place = data.draw(st.integers(0, len(counts) - 1))
    counts[place] = counts[place] * 2 // 3
    assert [place] == few(counts)


def test_share_of_the_rules() -> None:
    """`partial_days: {below: ...}` is the share that decides."""
    counts = [100] * 40 + [75] + [100] * 51
    assert ([40], []) == (few(counts, below=Fraction(3, 4) + Fraction(1, 100)), few(counts, below=Fraction(3, 4)))


@pytest.mark.parametrize(
    "form",
    [
        "{branch}_{day:%Y%m%d}.csv",
        "{day:%Y-%m-%d}-{branch}.csv.gz",
        "余额_{branch}_{day:%Y年%m月%d日}.csv",
        "{branch}/balances_{day:%Y%m%d}.parquet",
        "{day:%Y%m%d}/{branch}.txt",
        "date={day:%Y-%m-%d}/branch={branch}/data.parquet",
        "{day:%m}/{branch}_{day:%Y.%m.%d}.CSV",
    ],
)
@pytest.mark.parametrize("place", [91, 40, 0])
def test_absent_part_is_found(form: str, place: int) -> None:
    """A file that comes on the other days, named in whatever way, is missed on the day on which it does not come, if it is small too."""
    names = three_a_day(form)
    names[QUARTER[place]].pop(1)
    [(part, days)] = absent(names)
    assert ("north" in part, [str(QUARTER[place])]) == (True, days)


def test_files_of_one_name_are_counted() -> None:
    """Three folders given as three arguments bring three files of one name a day; a day with two of them lacks one."""
    files = {day_number(day): [f"b_{day:%Y%m%d}.csv"] * (2 if day == QUARTER[50] else 3) for day in QUARTER}
    partial = find_partial(files, {}, list(files), PERIOD, NINETY, Accepted())
    assert [("b", (day_number(QUARTER[50]),), 91)] == [(one.part, one.days, one.came_on) for one in partial.absent_parts]


def test_opening_is_judged_too() -> None:
    """The day before the quarter that stands for its first days must be whole as well."""
    names = three_a_day() | {dt.date(2015, 9, 30): ["east_20150930.csv", "west_20150930.csv"]}
    assert [("north", ["2015-09-30"])] == absent(names)
    assert [0] == few([66, *[100] * 92], first=dt.date(2015, 9, 30))


def test_part_that_is_not_usual_is_not_missed() -> None:
    """A part counts from its first day on, and only if it comes on 80 % of the days: branches open, funds rest at weekends."""
    opened = three_a_day()
    for day in QUARTER[:15]:
        opened[day].pop(0)
    working = three_a_day()
    for day in QUARTER:
        working[day] += [f"funds_{day:%Y%m%d}.csv"] if day.weekday() < 5 else []
    ending = three_a_day() | {day: [f"{branch}_{day:%Y%m%d}.csv.gz" for branch in BRANCHES] for day in QUARTER[60:]}
    once = three_a_day()
    once[QUARTER[7]] += ["east_20151008_again.csv"]
    assert [[]] * 4 == [absent(names) for names in (opened, working, ending, once)]


def test_part_on_four_fifths_of_the_days() -> None:
    """With exactly 80 % of the delivered days a part is usual, with fewer it is not."""
    names = {day: ["a.csv", "b.csv"] for day in QUARTER[:10]}
    for day in (QUARTER[4], QUARTER[8]):
        names[day] = ["a.csv"]
    assert [("b", ["2015-10-05", "2015-10-09"])] == absent(names)
    names[QUARTER[6]] = ["a.csv"]
    assert [] == absent(names)


def test_accepted_part_is_looked_past() -> None:
    """A closed branch is one line; once it is accepted the other branches are judged without it, and miss nothing of their own."""
    names = three_a_day()
    for day in QUARTER[80:]:
        names[day].pop(2)
    rows = {day_number(day): dict.fromkeys(of_day, 100) for day, of_day in names.items()}
    whole = found(rows)
    assert (1, [], 12) == (len(whole.absent_parts), whole.few_rows, len(whole.absent_parts[0].days))
    for word in ("west", "west_", "west_20151231.csv", "west_*.csv"):
        assert PartialDays() == found(rows, [word])
    rows[day_number(QUARTER[85])]["north_20151225.csv"] = 20
    assert [day_number(QUARTER[85])] == [one.day for one in found(rows, ["west"]).few_rows]


def test_day_that_lacks_a_part_is_one_line() -> None:
    """A day with few rows because a part is absent is told once; accepted by its day it is not told at all."""
    rows = {day_number(day): dict.fromkeys(of_day, 100) for day, of_day in three_a_day().items()}
    del rows[day_number(QUARTER[91])]["north_20151231.csv"]
    line = (
        "2015-12-31: delivered in part: north is absent, and comes on 91 of 92 days; deliver it, or accept the day with "
        "--accept-partial 2015-12-31, or with --accept-partial north a part that comes no more [day-partial]"
    )
    assert [line] == list(map(str, found(rows).problems()))
    assert [] == found(rows, ["2015-12-31"]).problems()


@pytest.mark.parametrize("word", ["2015-02-30", "20151301", "2015/2/30", "2015年2月30日", "2015-10", "", " ", "."])
def test_words_that_name_nothing_are_refused(word: str) -> None:
    """A day that does not exist, or is written otherwise, is not taken for the name of a part."""
    with pytest.raises(UsageError, match="--accept-partial"):
        Accepted.of([word])


@pytest.mark.parametrize("word", ["2015-01-05", "20150105", "2015/1/5", "2015-1-5", "2015年1月5日"])
def test_a_day_is_the_same_however_it_is_written(word: str) -> None:
    """Each form that a file may have is that day, in the manifest too, and never the name of a part; a part keeps its name."""
    assert ["2015-01-05", "east_2015"] == Accepted.of([word, "east_2015"]).texts()


def test_name_of_a_part() -> None:
    """A part is called by the file's name without dates and endings."""
    parts = {"b_20151001_e.csv.gz": "b_e", "x/b-2015-10-01.parquet": "x/b", "20151001.csv": "", "2015/10/01/e.txt": "e"}
    assert parts == {name: part_of(name) for name in parts}


def bank(day: dt.date, branches: Iterable[str] = BRANCHES, customers: int = 20) -> list[Row]:
    """Return the rows of a day: so many customers a branch."""
    return [Row(day, f"{branch}{number:03d}", "1", 500_000) for branch in branches for number in range(customers)]


def test_command_and_check_refuse_the_same(tmp_path: Path) -> None:
    """`vip tier compute` ends with 4 and leaves nothing, `vip extract check` the same lines; what is accepted stands in the manifest."""
    for day in QUARTER:
        for branch in BRANCHES:
            if (day, branch) != (QUARTER[-1], "west"):
                write_csv(tmp_path / "in" / f"{branch}_{day:%Y%m%d}.csv", bank(day, [branch]))
    write_csv(tmp_path / "in" / "east_20151111.csv", bank(dt.date(2015, 11, 11), ["east"], 5))
    compute = ("tier", "compute", "in", "--quarter", "2015Q4", "--out", "out", "--quiet")
    refused, checked = vip(*compute, cwd=tmp_path), vip("extract", "check", "in", cwd=tmp_path, env={"COLUMNS": "80"})
    assert (4, "", refused.stderr, 4) == (refused.returncode, refused.stdout, checked.stderr, checked.returncode)
    begins = ("vip: 2015-12-31: delivered in part: west is absent, ", "vip: 2015-11-11: delivered in part: 45 rows, and 60 on ")
    assert [True, True] == [line.startswith(begin) for line, begin in zip(refused.stderr.splitlines(), begins, strict=True)]
    assert "2015Q4: not ready, 2 problems" == checked.stdout.splitlines()[0]
    for line in ("few rows 2015-11-11 45 rows (75%) against 60 on", "absent parts west on 2015-12-31 "):
        assert line in " ".join(checked.stdout.split())
    assert ["in"] == [path.name for path in tmp_path.iterdir()]
    accepted = ("--accept-partial", "west", "--accept-partial", "2015-11-11")
    assert (0, "") == (vip(*compute, *accepted, cwd=tmp_path).returncode, vip(*compute, *accepted, cwd=tmp_path).stderr)
    manifest = json.loads((tmp_path / "out" / "2015Q4" / "manifest.json").read_text("utf-8"))
    assert ["2015-11-11", "west"] == manifest["made_from"]["options"]["accept_partial"]
    other = vip(*compute, "--accept-partial", "2015-12-31", *accepted[2:], cwd=tmp_path)
    assert (5, True) == (other.returncode, "another" in other.stderr or "other" in other.stderr)
    assert 0 == vip("extract", "check", "in", *accepted, cwd=tmp_path).returncode


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_rows_of_a_day_are_those_of_all_its_files(tmp_path: Path, form: str) -> None:
    """A day may come whole, in three files or within a file of several days; its repeated rows do not make up for absent ones."""
    write = write_csv if form == "csv" else write_parquet
    several = [row for day in QUARTER[:10] for row in bank(day)]
    write(tmp_path / f"first.{form}", several)
    for day in QUARTER[10:20]:
        write(tmp_path / f"b_{day:%Y%m%d}.{form}", bank(day))
    for day in QUARTER[20:30]:
        for branch in BRANCHES:
            write(tmp_path / f"b_{day:%Y%m%d}_{branch}.{form}", bank(day, [branch]))
    as_of = QUARTER[29]
    run = compute_tiers(tmp_path, "2015Q4", rules=rules_with(), as_of=as_of)
    assert 60 == run.manifest["customers"]
    write(tmp_path / f"b_{as_of:%Y%m%d}_west.{form}", bank(as_of, ["east"]))
    with pytest.raises(DataError, match=r"^2015-10-30: delivered in part: 40 rows, and 60 on .* \[day-partial\]$"):
        compute_tiers(tmp_path, "2015Q4", rules=rules_with(), as_of=as_of)


def test_days_outside_the_period_count_as_neighbours(tmp_path: Path) -> None:
    """The days before the quarter tell how many rows its first days have, so that two lost thirds at its start are found."""
    for day in [*days_between(dt.date(2015, 9, 20), dt.date(2015, 9, 30)), *QUARTER[:10]]:
        write_csv(tmp_path / f"b_{day:%Y%m%d}.csv", bank(day, BRANCHES[:2] if day in QUARTER[:2] else BRANCHES))
    with pytest.raises(DataError) as refused:
        compute_tiers(tmp_path, "2015Q4", rules=rules_with(), as_of=QUARTER[9])
    assert ["2015-10-01", "2015-10-02"] == [one.file for one in refused.value.problems if not isinstance(one, str)]


def test_rules_and_kind_that_know_no_partial_day(tmp_path: Path) -> None:
    """`partial_days: accept` and a lower share let a day pass, and with `changes` no day's rows are the whole picture."""
    for place, day in enumerate(QUARTER[:5]):
        write_csv(tmp_path / f"b_{day:%Y%m%d}.csv", bank(day, BRANCHES[:2] if place == 4 else BRANCHES))
    options = {"as_of": QUARTER[4]}
    for rules in (rules_with(partial_days="accept"), rules_with(partial_days={"below": "66%"})):
        assert 60 == compute_tiers(tmp_path, "2015Q4", rules=rules, **options).manifest["customers"]
    assert 60 == compute_tiers(tmp_path, "2015Q4", rules=rules_with(kind="changes"), opening_zero=True, **options).manifest["customers"]
    with pytest.raises(DataError, match="day-partial"):
        compute_tiers(tmp_path, "2015Q4", rules=rules_with(partial_days={"below": "67%"}), **options)


def test_file_that_cannot_be_read_is_told_once(tmp_path: Path) -> None:
    """`vip extract check` names the file that cannot be read, and not the part and the rows that are missing with it."""
    for day in QUARTER[:10]:
        for branch in BRANCHES:
            write_csv(tmp_path / f"{branch}_{day:%Y%m%d}.csv", bank(day, [branch]))
    (tmp_path / f"west_{QUARTER[4]:%Y%m%d}.csv").write_bytes(b"")
    result = extract_check([str(tmp_path)], TODAY, quarter="2015Q4", as_of=QUARTER[9])
    assert [("file-empty", 1)] == [(one["rule"], one["count"]) for one in result.document["problems"]]


@pytest.mark.parametrize("copy", ["余额 - 副本.csv", "余额(1).csv", "copy of 余额.csv", "余额.bak.csv", "a.csv"])
def test_a_copy_never_takes_the_place_of_the_file_that_comes_every_day(copy: str, tmp_path: Path) -> None:
    """However a byte-identical copy in the folder of a day is named, the file of the usual name stays, and no part of the day is missed."""
    days = QUARTER[:10]
    for day in days:
        write_csv(tmp_path / f"{day:%Y%m%d}" / "余额.csv", bank(day))
    folder = tmp_path / f"{days[5]:%Y%m%d}"
    (folder / copy).write_bytes((folder / "余额.csv").read_bytes())
    run = compute_tiers(tmp_path, "2015Q4", rules=rules_with(), as_of=days[-1])
    assert [f"{folder.name}/{copy} is a byte-identical copy of {folder.name}/余额.csv; it is counted once"] == [
        line for line in run.warnings if "copy" in line
    ]


def test_a_delivered_day_that_is_accepted_as_missing_is_told(tmp_path: Path) -> None:
    """Whoever accepts a day as missing that was delivered is told which: another one may be meant."""
    for day in QUARTER[:5]:
        write_csv(tmp_path / f"b_{day:%Y%m%d}.csv", bank(day))
    run = compute_tiers(tmp_path, "2015Q4", rules=rules_with(), as_of=QUARTER[4], accept_missing=[QUARTER[2]])
    assert [f"--accept-missing {QUARTER[2]}: this day was delivered"] == [
        line.partition(",")[0] for line in run.warnings if "missing" in line
    ]


@pytest.mark.parametrize(("came", "wanted"), [(15, "--as-of 2015-10-15"), (91, "--accept-missing 2015-12-31")])
def test_a_quarter_that_still_runs_is_computed_as_of_its_newest_day(came: int, wanted: str, tmp_path: Path) -> None:
    """Where the delivered days end long before the quarter does, the way on is --as-of; a last day that is late may be accepted."""
    for day in QUARTER[:came]:
        write_csv(tmp_path / f"b_{day:%Y%m%d}.csv", bank(day))
    with pytest.raises(DataError) as refused:
        compute_tiers(tmp_path, "2015Q4", rules=rules_with())
    lines = [str(one) for one in refused.value.problems]
    assert [wanted in line for line in lines] == [True]
    assert ("--accept-missing" in lines[0]) == (came > 80)
