"""The rule files: every mistake at its place, the ladder in force, the folder that is used, the digest.

`bad_rules/` holds one file per mistake, named `FILE-mistake.yaml`, and beside it the exact lines that people see, in `FILE-mistake.txt`.
"""

from __future__ import annotations

import datetime as dt
import os
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers import RULES, examples, vip
from vip_tiering.base.errors import RulesError
from vip_tiering.base.quarter import Quarter
from vip_tiering.playbooks.load import PLAYBOOK_FILES, load
from vip_tiering.playbooks.profiles import ProfilesFile
from vip_tiering.rules import yaml_file
from vip_tiering.rules.folder import packaged_rules
from vip_tiering.rules.forms import check
from vip_tiering.rules.load import FILES, load_rules
from vip_tiering.rules.tiers import TiersFile

BAD = Path(__file__).parent / "bad_rules"
GOOD = Path(__file__).parent / "good_playbooks"
"""Small playbook files for the tiers of PLAIN, without a mistake."""
CASES = sorted(path.stem for path in BAD.glob("*.yaml"))

PLAIN = """version: 1
source: plan of 2015
tiers:
  - {code: effective, label: 有效户, min: 20000}
  - {code: silver, label: 银卡, min: 100000}
"""
FLOW = """{"tiers": [{"min": 20000, "label": "有效户", "code": "effective"},
 {"code": "silver", "min": 100000, "label": "银卡"}], "source": "plan of 2015", "version": 1}
"""
SETS = """version: 1
source: plan of 2015
sets:
  - valid_from: 2016-01-01
    source: decision of 2015-12
    tiers: [{code: effective, label: 有效户, min: 30000}]
  - valid_from: 2015-02-01
    tiers: [{code: effective, label: 有效户, min: "20000.50"}]
  - valid_from: 2017-01-02
    tiers: [{code: effective, label: 有效户, min: 40000}]
"""


def write(folder: Path, tiers: str | bytes = PLAIN, extracts: str | bytes | None = None) -> Path:
    """Write a folder of rules and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in (("tiers.yaml", tiers), ("extracts.yaml", extracts)):
        if content is not None:
            (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def write_case(folder: Path, case: str) -> None:
    """Put the file of one case into a folder of otherwise good rules, with playbooks where the case may be about them."""
    write(folder)
    file = f"{case.partition('-')[0]}.yaml"
    if file in PLAYBOOK_FILES or file == "calendar.yaml":
        for name in PLAYBOOK_FILES:
            shutil.copyfile(GOOD / name, folder / name)
    shutil.copyfile(BAD / f"{case}.yaml", folder / file)


def lines_of(folder: str | Path | None = None) -> list[str]:
    """Return the lines with which a folder of rules is refused."""
    with pytest.raises(RulesError) as refused:
        load(folder)
    return [str(problem) for problem in refused.value.problems]


def refusal(*lines: str) -> tuple[int, str, str]:
    """Return status, output and errors of a command that refuses the rules with these lines."""
    return 3, "", "".join(f"vip: {line}\n" for line in lines)


def ran(*arguments: object, cwd: Path) -> tuple[int, str, str]:
    """Run the command in a folder and return its status, output and errors."""
    done = vip(*arguments, cwd=cwd)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("case", CASES)
def test_one_mistake_is_one_line_at_its_place(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One mistake is answered with exactly one line that says where it is and what would be right."""
    write_case(tmp_path / "rules", case)
    monkeypatch.chdir(tmp_path)
    assert [(BAD / f"{case}.txt").read_text("utf-8")] == [f"{line}\n" for line in lines_of("rules")]


@pytest.mark.parametrize("case", CASES[::4])
def test_the_command_shows_the_line_and_ends_with_3(case: str, tmp_path: Path) -> None:
    """The command prints that line and nothing else, with exit code 3; every fourth case, because each is a process."""
    write_case(tmp_path / "rules", case)
    expected = (BAD / f"{case}.txt").read_text("utf-8").removesuffix("\n")
    assert refusal(expected) == ran("rules", "check", "rules", cwd=tmp_path)


def test_every_case_differs_from_good_rules_and_has_its_lines() -> None:
    """Every bad file has its expected lines beside it, no lines stand alone, and no two cases are the same file."""
    assert sorted(path.stem for path in BAD.glob("*.txt")) == CASES
    assert len(CASES) == len({(case.partition("-")[0], (BAD / f"{case}.yaml").read_bytes()) for case in CASES})
    assert {path.suffix for path in BAD.iterdir()} == {".yaml", ".txt"}


def test_all_mistakes_of_all_files_at_once(tmp_path: Path) -> None:
    """All mistakes of several files are told in one go, sorted by file and by place within it."""
    extracts = "kind: daily\nversion: 3\ncolumns: {balnce: 余额}\nmax_carry_days: 1e1\n"
    tiers = """tiers:
  - {min: 20000, label: on, code: effective}
  - {code: Silver, label: 银卡, min: 20000, note: x}
  - {code: effective, min: 1_000}
versoin: 1
"""
    write(tmp_path / "rules", tiers, extracts)
    expected = refusal(
        "rules/extracts.yaml:1:7: kind must be snapshot or changes",
        "rules/extracts.yaml:2:10: version must be 1",
        "rules/extracts.yaml:3:11: columns.balnce is not a known key; did you mean balance?",
        "rules/extracts.yaml:4:17: max_carry_days is the YAML trap 1e1, which programs read differently;"
        " write plain digits, or quote it if it is text",
        "rules/tiers.yaml:2:25: tiers[0].label is the YAML trap on, which some programs read as a truth value;"
        " quote it if it is text, else write true or false",
        "rules/tiers.yaml:3:12: tiers[1].code must be 1 to 32 small letters, digits or _, beginning with a letter",
        "rules/tiers.yaml:3:36: tiers[1].min must be greater than tiers[0].min",
        "rules/tiers.yaml:3:43: tiers[1].note is not a known key; known here: code, label, min",
        "rules/tiers.yaml:4:5: tiers[2].label is missing",
        "rules/tiers.yaml:4:12: tiers[2].code must differ from tiers[0].code",
        "rules/tiers.yaml:4:28: tiers[2].min is the YAML trap 1_000, which programs read differently;"
        " write plain digits, or quote it if it is text",
        "rules/tiers.yaml:5:1: versoin is not a known key; did you mean version?",
    )
    assert expected == ran("rules", "check", cwd=tmp_path)


def test_repeated_keys_are_each_told(tmp_path: Path) -> None:
    """A key that stands three times is told twice, and the value that stands first is still judged."""
    write(tmp_path / "rules", PLAIN.replace("version: 1\n", "version: 2\nversion: 1\nversion: 1\n"))
    assert lines_of(tmp_path / "rules") == [
        f"{tmp_path}/rules/tiers.yaml:1:10: version must be 1",
        f"{tmp_path}/rules/tiers.yaml:2:1: version is repeated; it stands at 1:1 already",
        f"{tmp_path}/rules/tiers.yaml:3:1: version is repeated; it stands at 1:1 already",
    ]


def test_a_file_that_is_no_yaml_does_not_hide_the_other(tmp_path: Path) -> None:
    """A file that cannot be read as YAML is told together with the mistakes of the other file."""
    write(tmp_path / "rules", PLAIN.replace("min: 100000}", "min: 100000"), "version: 1\nkind: daily\n")
    assert lines_of(tmp_path / "rules") == [
        f"{tmp_path}/rules/extracts.yaml:2:7: kind must be snapshot or changes",
        f"{tmp_path}/rules/tiers.yaml:6:1: is not YAML: expected ',' or '}}', but got '<stream end>'",
    ]


def test_columns_count_characters_after_a_mark_of_utf8(tmp_path: Path) -> None:
    """Columns count characters, not bytes, and a byte order mark is not part of the first line."""
    tiers = "\ufeff{version: 1, source: 支行方案, tiers: [{code: a, label: 有效户, min: 0}]}\n".encode()
    write(tmp_path, tiers)
    assert lines_of(tmp_path) == [f"{tmp_path}/tiers.yaml:1:63: tiers[0].min must be greater than 0 and less than 1000000000000"]


def test_not_utf8_is_placed_by_characters(tmp_path: Path) -> None:
    """The place of a byte that is not UTF-8 counts the characters before it."""
    write(tmp_path, "version: 1\nsource: 方案".encode() + b"\xff\n")
    assert lines_of(tmp_path) == [f"{tmp_path}/tiers.yaml:2:11: is not UTF-8; save the file as UTF-8"]


_ODD = st.sampled_from(
    [
        "",
        "~",
        "on",
        "1",
        "-1",
        "1.5",
        "1e6",
        "'x'",
        '""',
        "[]",
        "[1]",
        "{}",
        "{a: 1}",
        "2015-01-01",
        "*a",
        "!t x",
        "&a 1",
        "9" * 400,
        "\t",
        "%",
        "0x1",
    ]
)
_KEY = st.sampled_from(
    ["version", "source", "tiers", "sets", "kind", "columns", "date_format", "max_carry_days", "int", "str", "1", "<<", "? [a]", "''"]
)
_NESTED_KEY = st.sampled_from(["code", "label", "min", "valid_from", "tiers", "source", "customer_id", "date", "int", "constrained-str"])


@settings(max_examples=examples(4))
@given(st.lists(st.tuples(_KEY, st.one_of(_ODD, st.lists(st.tuples(_NESTED_KEY, _ODD), max_size=4))), max_size=5))
def test_whatever_stands_in_a_file_is_told_and_never_a_bug(entries: list[tuple[str, Any]]) -> None:
    """Any mixture of keys and odd values is either accepted or told with places inside the file; nothing else is raised."""
    flow = [(key, value if isinstance(value, str) else "[{" + ", ".join(f"{k}: {v}" for k, v in value) + "}]") for key, value in entries]
    text = "".join(f"{key}: {value}\n" for key, value in flow)
    for file in ("tiers.yaml", "extracts.yaml"):
        for line in check(text.encode(), FILES[file], file).lines():
            name, row, column, message = line.split(":", 3)
            assert (file, True) == (name, 1 <= int(row) <= text.count("\n") + 1)
            assert int(column) >= 1
            assert message.strip()


@settings(max_examples=examples(4))
@given(st.binary(max_size=200))
def test_any_bytes_are_told_and_never_a_bug(content: bytes) -> None:
    """Bytes that are not a rule file at all are refused with at least one line; nothing else is raised."""
    assert check(content, TiersFile, "tiers.yaml").lines()


SLIPS = [*":：-,，#'\"[]{}&*!|>%@`?\t \n\r~=\\.01é中\u2028\x85\ufeff\x00\u3000", "---", ">2#", "? ", "<<: ", "null", "\r\n"]


@given(st.data())
def test_libyaml_is_trusted_with_sound_files_alone(data: st.DataObject) -> None:
    """Whatever slips into the rules, what is read, where it stands and what is said of it is what PyYAML alone gives."""
    path = data.draw(st.sampled_from(sorted(RULES.glob("*.yaml"))))
    lines = path.read_text("utf-8").split("\n")
    start = data.draw(st.integers(0, len(lines) - 1))
    text = "\n".join(lines[start : start + data.draw(st.integers(1, 14))])
    for _ in range(data.draw(st.integers(0, 3))):
        place, kept = data.draw(st.integers(0, len(text))), data.draw(st.integers(0, 2))
        text = text[:place] + data.draw(st.sampled_from(SLIPS)) + text[place + kept :]
    quick = yaml_file.read(text.encode(), "rules")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(yaml_file, "_NOT_ALIKE", re.compile(""))
        assert yaml_file.read(text.encode(), "rules") == quick


# --- which ladder is in force


@pytest.mark.parametrize(
    ("quarter", "bound_fen", "source"),
    [
        ((2015, 2), 20_000_50, "plan of 2015"),
        ((2015, 4), 20_000_50, "plan of 2015"),
        ((2016, 1), 30_000_00, "decision of 2015-12"),
        ((2017, 1), 30_000_00, "decision of 2015-12"),
        ((2017, 2), 40_000_00, "plan of 2015"),
        ((2099, 4), 40_000_00, "plan of 2015"),
    ],
)
def test_newest_set_on_or_before_the_first_day_is_in_force(quarter: tuple[int, int], bound_fen: int, source: str, tmp_path: Path) -> None:
    """In force is the newest `valid_from` on or before the quarter's first day, whatever the order of the sets."""
    ladder = load_rules(write(tmp_path, SETS)).ladder(Quarter(*quarter))
    assert (bound_fen, source) == (ladder.tiers[0].min_fen, ladder.source)


def test_no_set_in_force_is_exit_3_before_any_data(tmp_path: Path) -> None:
    """A quarter that begins before the first set is refused with exit 3, although its extracts do not even exist."""
    write(tmp_path / "rules", SETS)
    expected = refusal("rules/tiers.yaml: no tiers are in force for 2015Q1; the first set is valid from 2015-02-01")
    assert expected == ran("tier", "compute", "absent.csv", "--quarter", "2015Q1", "--out", "out", cwd=tmp_path)


def test_bad_rules_are_told_before_any_data_is_read(tmp_path: Path) -> None:
    """A run with bad rules is refused for its rules, although its extracts do not even exist, and leaves no output."""
    write(tmp_path / "rules", PLAIN.replace("100000", "10000"))
    expected = refusal("rules/tiers.yaml:5:36: tiers[1].min must be greater than tiers[0].min")
    assert expected == ran("tier", "compute", "absent.csv", "--quarter", "2015Q4", "--out", "out", cwd=tmp_path)
    assert [tmp_path / "rules"] == list(tmp_path.iterdir())


# --- exact bounds


@pytest.mark.parametrize(
    ("written", "fen"),
    [
        ("20000", 2_000_000),
        ('"20000"', 2_000_000),
        ('"20000.5"', 2_000_050),
        ('"20000.50"', 2_000_050),
        ('"20000.05"', 2_000_005),
        ('"0.01"', 1),
        ("'99999.99'", 9_999_999),
        ("99999", 9_999_900),
        ('"999999999999.99"', 99_999_999_999_999),
    ],
)
def test_bounds_are_exact_to_the_fen(written: str, fen: int, tmp_path: Path) -> None:
    """A bound is whole yuan or a quoted decimal, and is exact to the fen up to the largest amount there may be."""
    text = f"version: 1\ntiers: [{{code: only, label: 唯一, min: {written}}}]\n"
    assert fen == load_rules(write(tmp_path, text)).ladders[0].tiers[0].min_fen


def test_a_fen_more_is_increasing(tmp_path: Path) -> None:
    """Two bounds may lie one fen apart, in either form."""
    text = (
        'version: 1\ntiers: [{code: a, label: 甲, min: 20000}, {code: b, label: 乙, min: "20000.01"}, {code: c, label: 丙, min: 20001}]\n'
    )
    assert [2_000_000, 2_000_001, 2_000_100] == [tier.min_fen for tier in load_rules(write(tmp_path, text)).ladders[0].tiers]


# --- which folder is used


def plan_tiers(name: str) -> str:
    """Return what `vip rules check` prints of the plan's six tiers."""
    return (
        f"{name}: 6 tiers: 有效户 effective 20000, 银卡 silver 100000, 金卡 gold 500000, "
        "金钻 gold_diamond 1000000, 准私银 pre_private 5000000, 私银 private 8000000\n"
    )


def test_packaged_rules_hold_the_tiers_of_the_plan(tmp_path: Path) -> None:
    """Without `./rules` the packaged rules are used: the plan's six tiers with their source."""
    status, out, _ = ran("rules", "check", cwd=tmp_path)
    books = "packaged rules: 5 playbooks, 47 actions, 71 of 71 ids of the plan covered\n"
    assert (0, plan_tiers("packaged rules") + books) == (status, out)
    rules = load_rules(packaged_rules())
    assert ("packaged rules", True) == (rules.name, "支行贵宾客户提升及维护方案" in rules.ladders[0].source)
    assert ["untiered", "effective", "silver", "gold", "gold_diamond", "pre_private", "private"] == rules.ladders[0].codes


def test_rules_folder_here_is_preferred(tmp_path: Path) -> None:
    """`./rules` is used before the packaged rules, and a folder that is named before both."""
    write(tmp_path / "rules")
    write(tmp_path / "other", SETS)
    here = "rules: 2 tiers: 有效户 effective 20000, 银卡 silver 100000\n"
    other = (
        "other: 1 tiers from 2016-01-01: 有效户 effective 30000\n"
        "other: 1 tiers from 2015-02-01: 有效户 effective 20000.50\n"
        "other: 1 tiers from 2017-01-02: 有效户 effective 40000\n"
    )
    assert (0, here, "") == ran("rules", "check", cwd=tmp_path)
    assert (0, other, "") == ran("rules", "check", "other", cwd=tmp_path)


def test_rules_folder_here_counts_even_when_it_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A `./rules` without tiers.yaml is refused; the packaged rules never stand in for it in silence."""
    (tmp_path / "rules").mkdir()
    monkeypatch.chdir(tmp_path)
    assert ["rules: there is no tiers.yaml in this folder; name the folder that holds it"] == lines_of()


def test_name_of_the_rules_is_no_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rules are named by their folder however it is written, so that no path of a machine gets into a manifest."""
    write(tmp_path / "branch")
    (tmp_path / "branch" / "inner").mkdir()
    monkeypatch.chdir(tmp_path / "branch")
    names = [load_rules(folder).name for folder in (".", "../branch/", str(tmp_path / "branch"), tmp_path / "branch")]
    assert ["branch"] * 4 == names
    monkeypatch.chdir(tmp_path / "branch" / "inner")
    assert load_rules("..").name == "branch"


def test_extracts_yaml_is_optional_and_playbooks_yaml_is_not_read(tmp_path: Path) -> None:
    """tiers.yaml alone is enough, with the documented defaults, and a broken playbooks.yaml beside it does not matter."""
    (write(tmp_path) / "playbooks.yaml").write_text("\t", "utf-8")
    extracts = load_rules(tmp_path).extracts
    assert ("snapshot", "zero", 3, 0, None) == (
        extracts.kind,
        extracts.negative,
        extracts.max_carry_days,
        extracts.date_offset_days,
        extracts.date_format,
    )


def test_extracts_yaml_is_taken(tmp_path: Path) -> None:
    """Every key of extracts.yaml arrives as it was written."""
    text = """version: 1
kind: changes
columns: {customer_id: 客户号, account_id: 账号, date: 数据日期, balance: 余额}
negative: net
max_carry_days: 0
date_format: "%d.%m.%Y"
date_offset_days: -1
final_newline: optional
product: {include: [deposit], exclude: [loan], weights: {fund: "0.5"}}
carry_calendar: china
corrections: by_file_name
balance_unit: wan_yuan
leading_zeros: significant
partial_days: {below: "75%"}
currency_values: {"01": CNY}
encoding: gb18030
separator: "\\x01"
"""
    expected = {
        "version": 1,
        "kind": "changes",
        "columns": {
            "customer_id": "客户号",
            "account_id": "账号",
            "product": None,
            "currency": None,
            "date": "数据日期",
            "balance": "余额",
        },
        "negative": "net",
        "max_carry_days": 0,
        "date_format": "%d.%m.%Y",
        "date_offset_days": -1,
        "encoding": "gb18030",
        "separator": "\x01",
        "header": "first_row",
        "final_newline": "optional",
        "product": {"include": ["deposit"], "exclude": ["loan"], "weights": {"fund": "0.5"}},
        "currency": None,
        "currency_values": {"01": "CNY"},
        "aliases": None,
        "carry_calendar": "china",
        "corrections": "by_file_name",
        "balance_unit": "wan_yuan",
        "leading_zeros": "significant",
        "partial_days": {"below": "75%"},
    }
    assert expected == load_rules(write(tmp_path, extracts=text)).extracts.model_dump()


@pytest.mark.parametrize(
    ("argument", "made", "line"),
    [
        ("absent", None, "absent: there is no such folder of rules"),
        ("empty", "empty/", "empty: there is no tiers.yaml in this folder; name the folder that holds it"),
        ("here/tiers.yaml", "here/tiers.yaml", "here/tiers.yaml: is not a folder; name the folder that holds tiers.yaml"),
        ("short", "short/tiers.yml", "short/tiers.yml: would not be read; rename it to tiers.yaml"),
        ("folder", "folder/tiers.yaml/", "folder/tiers.yaml: is not a file"),
    ],
)
def test_absent_rules_are_one_clear_line(argument: str, made: str | None, line: str, tmp_path: Path) -> None:
    """A folder that is absent, is not a folder or holds no tiers.yaml is exit 3 with one line that says so."""
    if made is not None:
        path = tmp_path / made
        (path if made.endswith("/") else path.parent).mkdir(parents=True)
        if not made.endswith("/"):
            path.write_text(PLAIN, "utf-8")
    assert refusal(line) == ran("rules", "check", argument, cwd=tmp_path)


def test_extracts_with_the_other_ending_are_not_passed_over(tmp_path: Path) -> None:
    """`extracts.yml` would be rules that nobody reads; it is refused by name."""
    (write(tmp_path) / "extracts.yml").write_text("version: 1\nnegative: net\n", "utf-8")
    assert [f"{tmp_path}/extracts.yml: would not be read; rename it to extracts.yaml"] == lines_of(tmp_path)


@pytest.mark.parametrize(
    ("file", "way"),
    [
        ("tier.yaml", "is not read, tiers.yaml is; move it to another folder, or give it an ending other than .yaml"),
        ("Tiers.yaml", "is not read, tiers.yaml is; move it to another folder, or give it an ending other than .yaml"),
        ("tiers - 副本.yaml", "is not read, tiers.yaml is; move it to another folder, or give it an ending other than .yaml"),
        ("tiers (1).yml", "is not read, tiers.yaml is; move it to another folder, or give it an ending other than .yaml"),
        ("old_tiers.YAML", "is not read, tiers.yaml is; move it to another folder, or give it an ending other than .yaml"),
        ("extract.yaml", "would not be read; rename it to extracts.yaml"),
        ("calender.yaml", "would not be read; rename it to calendar.yaml"),
        ("playbook.yaml", "would not be read; rename it to playbooks.yaml"),
        ("plan-ids.yaml", "would not be read; rename it to plan_ids.yaml"),
    ],
)
def test_a_file_that_people_may_take_for_a_rule_file_is_refused(file: str, way: str, tmp_path: Path) -> None:
    """A misspelled rule file, or a copy of one, would be rules that nobody reads; it is refused by name, with what to do."""
    (write(tmp_path / "rules") / file).write_text("version: 1\n", "utf-8")
    assert refusal(f"rules/{file}: {way}") == ran("rules", "check", cwd=tmp_path)


def test_computing_is_stopped_by_a_copy_of_its_own_files_alone(tmp_path: Path) -> None:
    """What reads only the rules of tiers refuses a copy of those, and leaves a misspelled playbook to the commands that read it."""
    (write(tmp_path) / "playbook.yaml").write_text("version: 1\n", "utf-8")
    load_rules(tmp_path)
    (tmp_path / "copy of tiers.yaml").write_text(PLAIN, "utf-8")
    with pytest.raises(RulesError, match=r"copy of tiers\.yaml: is not read, tiers\.yaml is"):
        load_rules(tmp_path)


def test_any_other_yaml_file_is_a_warning_of_the_check(tmp_path: Path) -> None:
    """`vip rules check` names every YAML file that no command reads; hidden ones and other endings are nobody's rules."""
    for name in ("notes.yaml", "vip.yml", ".hidden.yaml", "tiers.yaml.old", "tiers.schema.json"):
        (write(tmp_path / "rules") / name).touch()
    told = "".join(f"warning: rules/{name}: is not read by any command\n" for name in ("notes.yaml", "vip.yml"))
    assert (0, told) == ran("rules", "check", cwd=tmp_path)[::2]


def test_a_header_that_is_not_named_is_the_packaged_one() -> None:
    """A field that came with a newer version stops no bank: where its profiles.yaml does not name it, the packaged header stands."""
    text = (GOOD / "profiles.yaml").read_text("utf-8")
    text = text.replace("  household: 同户客户\n", "")
    headers = ProfilesFile.model_validate(yaml.safe_load(text)).headers.model_dump()
    packaged = yaml.safe_load((RULES / "profiles.yaml").read_text("utf-8"))["headers"]
    assert ({*packaged}, packaged["household"]) == ({*headers}, headers["household"])
    assert [] == check(text.encode(), ProfilesFile, "profiles.yaml").lines()


def test_a_packaged_header_that_a_bank_gave_to_another_field_is_told() -> None:
    """Where the packaged header of a field that is not named stands for another one already, the line says what to write."""
    text = (GOOD / "profiles.yaml").read_text("utf-8").replace("  household: 同户客户\n", "").replace("note: 备注", "note: 同户客户")
    line = (
        "profiles.yaml:3:3: headers.household must differ from headers.note; write household too, the packaged 同户客户 stands for it now"
    )
    assert [line] == check(text.encode(), ProfilesFile, "profiles.yaml").lines()


def test_a_pipe_is_no_rule_file(tmp_path: Path) -> None:
    """A named pipe in place of a rule file is refused at once instead of waited for."""
    os.mkfifo(write(tmp_path) / "extracts.yaml")
    assert [f"{tmp_path}/extracts.yaml: is not a file"] == lines_of(tmp_path)


# --- the digest


def digest(folder: Path, tiers: str, extracts: str | None = None) -> str:
    """Return the digest of these rules for 2016Q1."""
    shutil.rmtree(folder, ignore_errors=True)
    return load_rules(write(folder, tiers, extracts)).digest(Quarter(2016, 1))


@pytest.mark.parametrize(
    "tiers",
    [
        "# a comment\n" + PLAIN.replace("\n", "   # another\n"),
        PLAIN.replace("\n", "\r\n"),
        "\ufeff" + PLAIN,
        FLOW,
        PLAIN.replace("min: 20000", 'min: "20000.0"').replace("100000", '"100000"'),
        PLAIN.replace("tiers:\n", "sets:\n- valid_from: 2016-01-01\n  tiers:\n"),
        PLAIN.replace(
            "tiers:\n", "sets:\n- valid_from: 2020-01-01\n  tiers: [{code: z, label: 后, min: 1}]\n- valid_from: 2015-01-01\n  tiers:\n"
        ),
    ],
    ids=["comments", "crlf", "byte-order-mark", "flow-and-order", "quoted", "as-a-set", "beside-a-later-set"],
)
def test_digest_does_not_see_how_rules_are_written(tiers: str, tmp_path: Path) -> None:
    """Reformatted, reordered and commented files with the same rules in effect have the same digest."""
    assert digest(tmp_path / "rules", PLAIN) == digest(tmp_path / "rules", tiers)


def test_digest_does_not_see_defaults_written_out(tmp_path: Path) -> None:
    """An extracts.yaml that only says the defaults changes nothing."""
    written = "max_carry_days: 3\nnegative: zero\nkind: snapshot\nversion: 1\n"
    assert digest(tmp_path / "rules", PLAIN) == digest(tmp_path / "rules", PLAIN, written)


@pytest.mark.parametrize("index", range(6))
def test_digest_sees_every_bound(index: int, tmp_path: Path) -> None:
    """One fen more at any bound of the plan is another digest."""
    document = yaml.safe_load((RULES / "tiers.yaml").read_text("utf-8"))
    before = digest(tmp_path / "rules", yaml.safe_dump(document, allow_unicode=True))
    document["tiers"][index]["min"] = f"{document['tiers'][index]['min']}.01"
    assert before != digest(tmp_path / "rules", yaml.safe_dump(document, allow_unicode=True))


@pytest.mark.parametrize(
    ("tiers", "extracts"),
    [
        (PLAIN.replace("code: silver", "code: silver2"), None),
        (PLAIN.replace("银卡", "银"), None),
        (PLAIN.replace("plan of 2015", "plan of 2016"), None),
        (PLAIN + "  - {code: gold, label: 金卡, min: 500000}\n", None),
        (PLAIN, "version: 1\nkind: changes\n"),
        (PLAIN, "version: 1\nnegative: net\n"),
        (PLAIN, "version: 1\nmax_carry_days: 4\n"),
        (PLAIN, "version: 1\ncolumns: {balance: 余额}\n"),
        (PLAIN, "version: 1\ndate_offset_days: -1\n"),
    ],
)
def test_digest_sees_every_other_rule(tiers: str, extracts: str | None, tmp_path: Path) -> None:
    """Another code, label, source or tier, and any other setting of the extracts, is another digest."""
    assert digest(tmp_path / "rules", PLAIN) != digest(tmp_path / "rules", tiers, extracts)


def test_digest_is_of_the_ladder_in_force(tmp_path: Path) -> None:
    """Each quarter's digest follows its own ladder: quarters of one set agree, quarters of two sets differ."""
    rules = load_rules(write(tmp_path, SETS))
    first, second, other = (rules.digest(Quarter(*quarter)) for quarter in ((2016, 1), (2016, 4), (2015, 4)))
    assert (first, True) == (second, first != other)


def test_set_days_are_dates(tmp_path: Path) -> None:
    """The days of several sets arrive as dates, each with its own ladder."""
    days = [ladder.valid_from for ladder in load_rules(write(tmp_path, SETS)).ladders]
    assert [dt.date(2016, 1, 1), dt.date(2015, 2, 1), dt.date(2017, 1, 2)] == days
