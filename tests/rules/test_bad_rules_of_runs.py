"""Mistakes in rule files by their number in the list: a run is refused for them before any extract is looked at."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.extracts.bad_inputs.cases import arguments_of, check_refused, compute, lay_out, parameter
from tests.rules.test_rules import BAD, CASES, PLAIN, write, write_case

NUMBERED = {
    68: """repeated-key repeated-top-key unknown-key misspelled-key misspelled-tiers tab tab-in-block gbk utf16 empty comments-only
        two-documents tag tag-python alias alias-undefined alias-as-key merge-key not-a-mapping version-missing version-2""",
    69: """not-increasing equal-bounds min-negative min-zero min-float min-exponent min-octal min-thousands min-underscore
        min-sexagesimal min-hexadecimal min-missing min-words min-infinity min-too-large min-quoted-places
        tiers-empty tiers-missing code-duplicate code-missing label-missing sets-not-increasing""",
}
"""Number -> the mistakes of `bad_rules/tiers-*.yaml` that it means."""


def numbered_cases() -> list[Any]:
    """Return every bad file that has a number; files for extracts have the number of mistakes in form."""
    cases = {f"tiers-{name}": number for number, names in NUMBERED.items() for name in names.split()}
    cases |= {name: 68 for name in CASES if name.startswith("extracts-")}
    return [parameter(number, name, name) for name, number in sorted(cases.items())]


@pytest.mark.parametrize("case", numbered_cases())
def test_run_is_refused_before_data_is_read(case: str, tmp_path: Path) -> None:
    """The run ends with 3 and exactly the line of the rule file, although an extract is bad too, and leaves no output."""
    before = lay_out(tmp_path, lambda files: files.update({"secret.docx": b"CANARY"}))
    write_case(tmp_path / "rules", case)
    expected = (BAD / f"{case}.txt").read_text("utf-8")
    result = compute(tmp_path, arguments_of(()))
    check_refused(result, 3, ())
    assert f"vip: {expected}" == result.stderr
    assert [*before, "rules"] == sorted(path.name for path in tmp_path.iterdir())


@pytest.mark.bad_input(69)
@pytest.mark.parametrize("key", ["max", "upper", "to"])
def test_gaps_and_overlaps_cannot_be_written(tmp_path: Path, key: str) -> None:
    """A tier ends where the next begins: an upper bound of its own, with which tiers could leave a gap or overlap, is refused."""
    lay_out(tmp_path, lambda _: None)
    write(tmp_path / "rules", PLAIN.replace("min: 20000}", f"min: 20000, {key}: 99999}}"))
    check_refused(compute(tmp_path, arguments_of(())), 3, (f"rules/tiers.yaml:4:47: tiers[0].{key} is not a known key",))


@pytest.mark.bad_input(69)
def test_tier_that_the_previous_run_needs(tmp_path: Path) -> None:
    """A code that the previous run used and the ladder no longer has is refused with exit 3, naming the code."""
    (tmp_path / "old").mkdir()
    for name in ("b_20150701.csv", "b_20150930.csv"):
        (tmp_path / "old" / name).write_text("customer_id,balance\nA1,150000.00\n")
    write(tmp_path / "rules", PLAIN, "version: 1\nmax_carry_days: 92\n")
    assert 0 == compute(tmp_path, ["old", "--quarter", "2015Q3", "--out", "out"]).returncode
    write(tmp_path / "rules", PLAIN.replace("silver", "silber"))
    lay_out(tmp_path, lambda _: None)
    result = compute(tmp_path, arguments_of(()))
    check_refused(result, 3, ("silver",))
    assert ["2015Q3"] == sorted(path.name for path in (tmp_path / "out").iterdir() if not path.name.startswith("."))
