"""The identity of a run: whatever may change its result makes it another one, and what cannot does not."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.helpers import RULES, read_csv, rules_with, vip
from vip_tiering import DataError, UsageError, compute_tiers

FIRST = dt.date(2015, 10, 1)
ONE_DAY = ("--quarter", "2015Q4", "--as-of", "2015-10-01")
FOLDER = "2015Q4-asof-20151001"
ALIASED = """version: 1
sets:
  - valid_from: {first}
    source: test
    tiers: [{{code: low, label: 低, min: 10}}, {{code: high, label: 高, min: {bound}}}]
"""


def rules(folder: Path, extracts: str, tiers: str | None = None) -> Path:
    """Return a folder of rules with its own extracts.yaml, and with the shipped tiers or others."""
    folder.mkdir(exist_ok=True)
    (folder / "extracts.yaml").write_text(f"version: 1\n{extracts}\n")
    if tiers is None:
        shutil.copy(RULES / "tiers.yaml", folder)
    else:
        (folder / "tiers.yaml").write_text(tiers)
    return folder


def swap(one: Path, other: Path) -> None:
    """Exchange the contents of two files."""
    content = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(content)


def test_folders_that_say_something_are_part_of_it(tmp_path: Path) -> None:
    """The same files in other folders `key=value` are another run: exit 5, and never "already up to date"."""
    own = rules(tmp_path / "rules", "product: {include: [fund], exclude: [loan]}")
    for product, row in (("fund", "C1,1.00"), ("loan", "C2,2.00")):
        (tmp_path / "in" / f"product={product}").mkdir(parents=True)
        (tmp_path / "in" / f"product={product}" / "b_20151001.csv").write_text(f"customer_id,balance\n{row}\n")
    command = ("tier", "compute", tmp_path / "in", *ONE_DAY, "--out", tmp_path / "out", "--rules", own, "--quiet")
    assert vip(*command).returncode == 0
    assert [row["customer_id"] for row in read_csv(tmp_path / "out" / FOLDER / "tiers.csv")] == ["C1"]
    swap(*(tmp_path / "in" / f"product={product}" / "b_20151001.csv" for product in ("fund", "loan")))
    refused = vip(*command)
    assert (5, True) == (refused.returncode, "was made from other extracts" in refused.stderr)


def test_names_that_decide_are_part_of_it(tmp_path: Path) -> None:
    """With `corrections: by_file_name` the same files under exchanged names are another run; without it they are the same."""
    own = rules(tmp_path / "rules", "corrections: by_file_name")
    (tmp_path / "in").mkdir()
    for version, balance in ((1, "1.00"), (2, "2.00")):
        (tmp_path / "in" / f"b_20151001_v{version}.csv").write_text(f"customer_id,balance\nC1,{balance}\n")
    command = ("tier", "compute", tmp_path / "in", *ONE_DAY, "--out", tmp_path / "out", "--rules", own, "--quiet")
    assert vip(*command).returncode == 0
    swap(tmp_path / "in" / "b_20151001_v1.csv", tmp_path / "in" / "b_20151001_v2.csv")
    assert vip(*command).returncode == 5


def test_the_name_that_decides_is_that_of_the_file_alone(tmp_path: Path) -> None:
    """Which file is the later one does not depend on the folders or on how they are given."""
    (tmp_path / "e" / "z").mkdir(parents=True)
    (tmp_path / "e" / "z" / "a_20151001.csv").write_text("customer_id,balance\nC,1.00\n")
    (tmp_path / "e" / "b_20151001.csv").write_text("customer_id,balance\nC,9.00\n")
    by_name = rules_with(corrections="by_file_name")
    ways = ([tmp_path / "e"], [tmp_path / "e" / "z", tmp_path / "e" / "b_20151001.csv"])
    runs = [compute_tiers(way, "2015Q4", rules=by_name, as_of=FIRST) for way in ways]
    assert [[900], [900]] == [one.tiers["fen_days"].tolist() for one in runs]
    assert runs[0].manifest["identity"] == runs[1].manifest["identity"]


def test_an_option_that_changes_nothing_is_no_part_of_it(tmp_path: Path) -> None:
    """`--accept-missing` for a day that was delivered is not told as accepted and leaves the run what it is."""
    (tmp_path / "b_20151001.csv").write_text("customer_id,balance\nC,1.00\n")
    (tmp_path / "b_20151002.csv").write_text("customer_id,balance\nC,1.00\n")
    day = dt.date(2015, 10, 2)
    plain, idle = (compute_tiers(tmp_path, "2015Q4", as_of=day, accept_missing=accepted) for accepted in ((), (FIRST, day)))
    assert (plain.manifest["identity"], []) == (idle.manifest["identity"], idle.manifest["made_from"]["options"]["accept_missing"])


def test_renamed_customers_keep_the_tiers_of_their_quarter(tmp_path: Path) -> None:
    """Who is renamed is tiered again by the bounds that the earlier run noted, whatever the rules say of that quarter today."""
    for day in ("20150930", "20151231"):
        (tmp_path / f"b_{day}.csv").write_text("customer_id,balance\nA,50.00\n")
    (tmp_path / "before").mkdir()
    (tmp_path / "before" / "tiers.yaml").write_text(ALIASED.format(first="2015-01-01", bound=20))
    given = ("tier", "compute", tmp_path / "b_20150930.csv", "--kind", "changes", "--opening", "zero", "--out", tmp_path / "out", "--quiet")
    assert vip(*given, "--quarter", "2015Q3", "--rules", tmp_path / "before").returncode == 0
    for name, first in (("later", "2015-10-01"), ("other", "2015-01-01")):
        own = rules(tmp_path / name, "aliases: aliases.csv", ALIASED.format(first=first, bound=90))
        (own / "aliases.csv").write_text("old_id,new_id\nA,B\n")
        done = vip(
            "tier", "compute", *tmp_path.glob("b_*.csv"), "--kind", "changes", "--quarter", "2015Q4", "--rules", own,
            "--previous", tmp_path / "out" / "2015Q3", "--out", tmp_path / name / "out", "--quiet",
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        migration = read_csv(tmp_path / name / "out" / "2015Q4" / "migration.csv")
        assert [("untiered", "low", "1")] == [(row["from_tier"], row["to_tier"], row["customers"]) for row in migration]


@pytest.mark.parametrize("role", ["account_id", "product"])
def test_numbers_and_text_are_not_mixed(role: str, tmp_path: Path) -> None:
    """An account or product that is a number in one file and text in another would be two: exit 4, both files by name."""
    for name, values in (("a", pa.array([1])), ("b", pa.array(["01"]))):
        table = pa.table({"customer_id": ["C"], role: values, "balance": pa.array([1])})
        pq.write_table(table, tmp_path / f"{name}_2015100{1 + (name == 'b')}.parquet")
    with pytest.raises(DataError, match=r"b_20151002.parquet: .* are text, in a_20151001.parquet they are not"):
        compute_tiers(tmp_path, "2015Q4", as_of=dt.date(2015, 10, 2))


def test_a_quarter_that_goes_on_is_provisional(tmp_path: Path) -> None:
    """A whole quarter is refused before its last day, whatever is delivered; --as-of says how to see it earlier."""
    today = dt.date.today()  # noqa: DTZ011 (the test's own day)
    quarter = f"{today.year}Q{(today.month + 2) // 3}"
    (tmp_path / f"b_{today:%Y%m%d}.csv").write_text("customer_id,balance\nC,1.00\n")
    if (today + dt.timedelta(days=1)).month in {1, 4, 7, 10} and (today + dt.timedelta(days=1)).day == 1:
        pytest.skip("today is the last day of a quarter")
    with pytest.raises(UsageError, match=r"--quarter: .* ends on .*; until then give --as-of DAY"):
        compute_tiers(tmp_path, quarter)


def test_foreign_balances_without_rates_are_never_lifted(tmp_path: Path) -> None:
    """A currency without rates is refused whatever --max-rejects allows, and the message does not offer it."""
    (tmp_path / "b_20151001.csv").write_text("customer_id,balance,currency\nC,1.00,CNY\nD,1.00,USD\n")
    refused = vip("tier", "compute", tmp_path / "b_20151001.csv", *ONE_DAY, "--out", tmp_path / "out", "--max-rejects", "5")
    assert 4 == refused.returncode
    assert "mend the extract; --max-rejects does not lift this" in refused.stderr


def test_nothing_is_published_below_a_published_folder(tmp_path: Path) -> None:
    """An --out anywhere below a run would damage it: exit 5, and the run stays intact."""
    (tmp_path / "b_20151001.csv").write_text("customer_id,balance\nC,1.00\n")
    command = ("tier", "compute", tmp_path / "b_20151001.csv", *ONE_DAY, "--quiet")
    assert vip(*command, "--out", tmp_path / "out").returncode == 0
    refused = vip(*command, "--out", tmp_path / "out" / FOLDER / "sub" / "sub")
    assert (5, True) == (refused.returncode, f"lies in {FOLDER}, a published folder" in refused.stderr)
    assert vip("verify", tmp_path / "out" / FOLDER).returncode == 0


def test_every_filled_day_is_told(tmp_path: Path) -> None:
    """The summary names every filled day, neighbours together, and which day stands for them (semantics 2.3)."""
    for day in ("1001", "1012", "1014"):
        (tmp_path / f"b_2015{day}.csv").write_text("customer_id,balance\nC,1.00\n")
    own = rules(tmp_path / "rules", "max_carry_days: 10")
    day = ("--quarter", "2015Q4", "--as-of", "2015-10-14")
    done = vip("tier", "compute", *tmp_path.glob("*.csv"), *day, "--out", tmp_path / "out", "--rules", own)
    told = "filled days: 2015-10-02 to 2015-10-11 (by 2015-10-01), 2015-10-13 (by 2015-10-12)"
    assert told in " ".join(done.stdout.split())
