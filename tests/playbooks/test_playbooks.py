"""The playbooks: the plan is covered whole, what is shown is what the rules say, and computing tiers does not read them."""

from __future__ import annotations

import copy
import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.helpers import RULES, examples, result_bytes, vip
from vip_tiering.base.errors import RulesError
from vip_tiering.playbooks.gates import GATES
from vip_tiering.playbooks.load import PLAYBOOK_FILES, Playbooks, load
from vip_tiering.rules.load import FILES

ROOT = RULES.parent
SHARED = ROOT.parent / "shared"
BRANCH = ROOT / "examples" / "branch"


@pytest.fixture(scope="module")
def books() -> Playbooks:
    """Return the shipped playbooks."""
    loaded = load(RULES).playbooks
    assert loaded is not None
    return loaded


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """Return a folder with a copy of the shipped rules."""
    return shutil.copytree(RULES, tmp_path / "rules")


def change(rules: Path, file: str, old: str, new: str, times: int = 1) -> None:
    """Replace a text that must be there in a rule file."""
    text = (rules / file).read_text("utf-8")
    assert old in text
    (rules / file).write_text(text.replace(old, new, times), "utf-8")


def lines_of(rules: Path) -> list[str]:
    """Return the problems of a folder of rules, without the folder's own name."""
    with pytest.raises(RulesError) as refused:
        load(rules)
    return [str(problem).replace(f"{rules}/", "") for problem in refused.value.problems]


def warnings_of(rules: Path) -> list[str]:
    """Return the warnings of a folder of rules, without the folder's own name."""
    loaded = load(rules).playbooks
    assert loaded is not None
    return [line.replace(f"{rules}/", "") for line in loaded.warnings]


# --- the plan


def test_every_id_of_the_plan_is_covered(books: Playbooks) -> None:
    """No id is left over, and each names a file, a line and an entry."""
    assert [] == books.missing
    assert [] == [one.id for one in books.covers if not all(re.fullmatch(r"playbooks\.yaml:\d+ .+", by) for by in one.by)]


def test_cover_lines_are_true(books: Playbooks) -> None:
    """The line that is named for an id holds that id."""
    lines = (RULES / "playbooks.yaml").read_text("utf-8").splitlines()
    places = [(one.id, int(by.split(":")[1].split()[0])) for one in books.covers for by in one.by]
    assert [] == [place for place in places if place[0] not in lines[place[1] - 1]]


def ids_of_the_page(text: str) -> set[str]:
    """Return every id that a page names, `E-LOBBY-1..6` and `G-CALL-1,3,4,5` written out."""
    ids = set()
    for word, first, last, more in re.findall(r"\b([TESGDPK]-[A-Z]+)(?:-(\d+))?(?:\.\.(\d+))?((?:,\d+)*)(?![\w*])", text):
        numbers = range(int(first), int(last or first) + 1) if first else ()
        ids |= {f"{word}-{number}" for number in [*numbers, *more.strip(",").split(",")] if number} if first else {word}
    return ids


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs the plan, which lies outside the project")
def test_ids_are_those_of_the_plan(books: Playbooks) -> None:
    """The listed ids are the ones into which the plan was taken apart, and its gaps are all there."""
    page = (SHARED / "plan-coverage.md").read_text("utf-8")
    listed = {one.id for one in books.covers}
    assert ids_of_the_page(page) == {one for one in listed if not one.startswith("GAP-")}
    gaps = re.findall(r"(?:^|\s)(\d+)\. ", page.partition("## Gaps")[2].partition("\n")[2])
    assert {f"GAP-{number}" for number in gaps} == {one for one in listed if one.startswith("GAP-")}


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs the plan, which lies outside the project")
@pytest.mark.parametrize("file", sorted(PLAYBOOK_FILES))
def test_rules_hold_the_facts_and_not_the_sentences(file: str) -> None:
    """No run of ten characters of the plan, but for its title, stands in the rules."""
    plan = "".join((SHARED / "plan.zh.txt").read_text("utf-8").split())
    text = "".join((RULES / file).read_text("utf-8").replace("支行贵宾客户提升及维护方案", "").split())
    assert set() == {plan[at : at + 10] for at in range(len(plan) - 9)} & {text[at : at + 10] for at in range(len(text) - 9)}


def test_private_clients_are_reached_by_nothing_that_goes_to_many(books: Playbooks) -> None:
    """No action of the private tiers is a campaign or uses a public channel, and both bar bulk messages."""
    for tier in ("pre_private", "private"):
        assert "barred" == books.of_tier[tier].bulk
        for action, _ in books.actions_of(tier):
            assert not action.campaign
            assert not [code for code in action.channels if books.channels[code].public]


def test_event_calls_of_gold_also_for_gold_diamond_are_marked(books: Playbooks) -> None:
    """Four event calls are made to 金钻 too, beside ours, and say that the plan does not; the call about new products is not."""
    also = [action.id for action, origin in books.actions_of("gold_diamond") if origin == "not_in_plan"]
    assert ["NEAR-UP", "KEEP", "G-CALL-1", "G-CALL-3", "G-CALL-4", "G-CALL-5"] == also


def test_purposes_are_those_of_the_table(books: Playbooks) -> None:
    """Each action has the purpose that decides its gates."""
    expected = {
        "service": ["G-CALL-1", "G-CALL-4", "G-CALL-5", "G-FILE", "REASSESS"],
        "care": ["G-CALL-3", "P-MEET"],
        "insurance": ["S-SMS-1", "S-SMS-2", "D-SMS-6", "D-SMS-7"],
        "rated": [
            "D-ALLOC",
            "E-SMS-2",
            "S-SMS-3",
            "S-SMS-4",
            *(f"G-SMS-{n}" for n in range(1, 5)),
            *(f"D-SMS-{n}" for n in range(2, 6)),
            "G-CALL-2",
        ],
        "private": ["D-SMS-1", "D-ALLOC-2", "P-WECHAT", "P-ALLOC"],
    }
    found: dict[str, list[str]] = {}
    for action in books.actions():
        found.setdefault(action.strictest, []).append(action.id)
    general = found.pop("general")
    assert {purpose: sorted(ids) for purpose, ids in expected.items()} == {purpose: sorted(ids) for purpose, ids in found.items()}
    assert {"E-SMS-1", "S-POS", "S-SMS-5", "G-SMS-5", "G-SEMINAR", "D-EVENT", "P-BRANCH-1", "E-LOBBY-1"} <= set(general)


# --- computing tiers does not read them


def test_compute_reads_no_playbook_file(rules: Path, tmp_path: Path) -> None:
    """With a pipe in place of every playbook file, which reading would refuse or wait for, a run is the same to the byte."""
    told = []
    for name, folder in (("good", RULES), ("pipes", rules)):
        if folder is rules:
            for file in PLAYBOOK_FILES:
                (rules / file).unlink()
                os.mkfifo(rules / file)
        done = vip("tier", "compute", BRANCH / "extracts" / "2015Q3", "--quarter", "2015Q3", "--rules", folder, "--out", tmp_path / name)
        assert 0 == done.returncode
        told.append(done.stderr)
    assert told[0] == told[1]
    good, pipes = tmp_path / "good" / "2015Q3", tmp_path / "pipes" / "2015Q3"
    assert result_bytes(good) == result_bytes(pipes)
    used = [json.loads((folder / "manifest.json").read_text("utf-8"))["rules"] | {"name": ""} for folder in (good, pipes)]
    assert used[0] == used[1]


def test_playbook_files_are_optional(rules: Path) -> None:
    """Rules without any of them are good, and the commands that need them say what is absent."""
    for file in PLAYBOOK_FILES:
        (rules / file).unlink()
    assert load(rules).playbooks is None
    done = vip("playbook", "show", cwd=rules.parent)
    assert (3, "", "vip: rules: there is no playbooks.yaml in this folder\n") == (done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize("file", ["channels.yaml", "gates.yaml", "products.yaml", "profiles.yaml"])
def test_what_playbooks_need_beside_them_is_named(file: str, rules: Path) -> None:
    """A file that playbooks refer to and that is absent is one line, and nothing is guessed about what it would say."""
    (rules / file).unlink()
    assert [f"playbooks.yaml: needs {file} beside it"] == lines_of(rules)


# --- mistakes


def test_mistakes_of_all_files_at_once(rules: Path) -> None:
    """Mistakes in several files are told together, in the order of the files."""
    change(rules, "channels.yaml", '"20:00"', "21:00")
    change(rules, "extracts.yaml", "kind: snapshot", "kind: daily")
    change(rules, "playbooks.yaml", "topics: [treasury_bond]", "topics: [tresury_bond]")
    change(rules, "products.yaml", "risk: R3", "risk: R9")
    assert ["channels.yaml", "extracts.yaml", "products.yaml"] == [line.partition(":")[0] for line in lines_of(rules)]
    change(rules, "products.yaml", "risk: R9", "risk: R3")
    assert any("topics[0] is not in products.yaml; did you mean treasury_bond?" in line for line in lines_of(rules))


def test_a_renamed_tier_is_told_wherever_it_is_used(rules: Path) -> None:
    """A tier that got another code is told once per place, with the near name, and not a second time as absent."""
    change(rules, "tiers.yaml", "code: gold_diamond", "code: gold_diamonds")
    lines = lines_of(rules)
    assert len(lines) == 8
    assert [True] * 8 == [line.startswith("playbooks.yaml:") and line.endswith("; did you mean gold_diamonds?") for line in lines]


def test_a_looser_limit_needs_a_name_and_a_day(rules: Path) -> None:
    """A limit may be looser where somebody signed for it; a stricter one needs nobody."""
    change(rules, "gates.yaml", "bereavement_days: {value: 90", "bereavement_days: {value: 120")
    load(rules)
    change(rules, "gates.yaml", "bereavement_days: {value: 120", "bereavement_days: {value: 60")
    assert 1 == len(lines_of(rules))
    signed = "bereavement_days: {value: 60, override: {approved_by: 行长, approved_on: 2016-01-04, reason: 试行}"
    change(rules, "gates.yaml", "bereavement_days: {value: 60", signed)
    load(rules)


def test_gates_stand_in_their_order(books: Playbooks) -> None:
    """The shipped gates are every one, in the order in which they are tried."""
    assert list(GATES) == [one.code for one in books.gates.gates]


ODD: tuple[Any, ...] = (None, "", "x", 0, -1, 10**30, 1.5, True, [], {}, [[]], [None], {"a": 1}, "\x1b", "${", "silver", "R1", "9" * 3000)


def paths_in(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every value in plain data."""
    if path:
        yield path
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from paths_in(inner, (*path, key))


SHIPPED = {file: yaml.safe_load((RULES / file).read_text("utf-8")) for file in PLAYBOOK_FILES}
PATHS = [(file, path) for file, data in SHIPPED.items() for path in paths_in(data)]


@settings(max_examples=examples(50), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.sampled_from(PATHS), odd=st.one_of(st.sampled_from(ODD), st.just(...)))
def test_whatever_stands_in_a_playbook_file_is_told_and_never_a_bug(place: tuple[str, Any], odd: Any, tmp_path: Path) -> None:
    """Any value replaced by an odd one, or taken out, is either accepted or told at places in a file; nothing else is raised."""
    file, path = place
    data = copy.deepcopy(SHIPPED[file])
    around = data
    for step in path[:-1]:
        around = around[step]
    if odd is ...:
        del around[path[-1]]
    else:
        around[path[-1]] = odd
    folder = tmp_path / "rules"
    if not folder.exists():
        shutil.copytree(RULES, folder)
    (folder / file).write_text(yaml.safe_dump(data, allow_unicode=True), "utf-8")
    try:
        load(folder)
    except RulesError as error:
        shown = [str(problem).replace(f"{folder}/", "") for problem in error.problems]
        assert [] == [line for line in shown if not re.match(r"[a-z_]+\.yaml:\d+:\d+: \S", line)]
    finally:
        shutil.copyfile(RULES / file, folder / file)


# --- warnings


def test_shipped_rules_are_warned_about(books: Playbooks) -> None:
    """The shipped plan has one line for each thing that a bank must decide: samples, cadence, topics, products, the gap."""
    kinds = [re.sub(r"^.*?:\d+: ", "", line) for line in books.warnings]
    assert [True] * len(kinds) == [bool(re.match(r".*playbooks\.yaml:\d+: ", line)) for line in books.warnings]
    assert 1 == len([line for line in kinds if line.startswith("sample texts that nobody reviewed")])
    assert 1 == len([line for line in kinds if line.startswith("the cadence is ours, not in the plan: ")])
    assert ["silver has 5", "gold has 5", "gold_diamond has 6"] == [
        line.partition(" topics on sms")[0] for line in kinds if " topics on " in line
    ]
    assert 2 == len([line for line in kinds if "private_fund, which appears in no list" in line])
    assert 1 == len([line for line in kinds if line.startswith("the tier pre_private has no playbook: ")])
    assert 1 == len([line for line in kinds if line.endswith("customers.yaml has no branches: neutral words stand there")])
    assert 9 == len(kinds)


def test_warnings_go_to_stderr_and_the_status_is_0(rules: Path) -> None:
    """`vip rules check` tells warnings as `warning: file:line: what` on stderr, and ends with 0."""
    done = vip("rules", "check", cwd=rules.parent)
    assert 0 == done.returncode
    lines = done.stderr.splitlines()
    assert (9, [True] * 9) == (len(lines), [bool(re.match(r"warning: rules/playbooks\.yaml:\d+: \S", line)) for line in lines])


def test_an_id_that_no_rule_covers_is_a_warning_and_coverage_ends_with_3(rules: Path) -> None:
    """Rules that miss a part of the plan can be used; the command that is asked for coverage says no."""
    change(rules, "playbooks.yaml", "        covers: [E-SMS-2]\n", "")
    assert "playbooks.yaml:4: no rule covers E-SMS-2 of plan_ids.yaml" in warnings_of(rules)
    done = vip("playbook", "coverage", cwd=rules.parent)
    line = "vip: rules/playbooks.yaml: no rule covers E-SMS-2; write covers: [E-SMS-2] where it is answered\n"
    assert (3, line) == (done.returncode, done.stderr)
    assert "NOT COVERED" in done.stdout
    assert done.stdout.endswith("71 ids, 70 covered, 1 missing\n")


def test_a_message_of_three_segments_is_a_warning(rules: Path) -> None:
    """A text that can take more segments than the channel allows for is named with its line."""
    change(rules, "playbooks.yaml", "可随时暂停。", "可随时暂停。" + "多了解再决定。" * 8)
    assert [True] == [
        line.startswith("playbooks.yaml:") for line in warnings_of(rules) if "E-SMS-2 can take 3 segments on sms, more than 2" in line
    ]


def test_an_action_without_a_message_is_a_warning(rules: Path) -> None:
    """On a channel of messages an action without a text reaches nobody, and the lint says so."""
    text = (rules / "playbooks.yaml").read_text("utf-8")
    begin = text.index("        message:\n", text.index("id: E-SMS-2"))
    (rules / "playbooks.yaml").write_text(text[:begin] + text[text.index("        source:", begin) :], "utf-8")
    assert any(line.endswith("E-SMS-2 has no message; all its rows on sms are left out (no_template)") for line in warnings_of(rules))


def test_a_reviewed_message_without_a_day_is_a_warning(rules: Path) -> None:
    """An approval has a name and a day."""
    change(rules, "playbooks.yaml", '"sample, replace before use"', "合规部")
    assert any(line.endswith("the message of E-SMS-1 has no reviewed_on; write the day of its approval") for line in warnings_of(rules))
    change(rules, "playbooks.yaml", "reviewed_by: 合规部", "reviewed_by: 合规部\n          reviewed_on: 2016-01-04")
    assert not any("reviewed_on" in line for line in warnings_of(rules))


# --- what is shown


def test_show_fits_80_columns_and_names_every_action(books: Playbooks) -> None:
    """Every action of a tier is shown with all it says, no line wider than 80 columns, Chinese characters counted as two."""
    for tier in books.labels:
        done = vip("playbook", "show", tier, env={"COLUMNS": "80"})
        assert (0, "") == (done.returncode, done.stderr)
        assert done.stdout.startswith(f"{books.labels[tier]} {tier} (")
        shown = re.findall(r"^([A-Z][A-Z0-9-]+)  +what ", done.stdout, re.MULTILINE)
        assert [action.id for action, _ in books.actions_of(tier)] == shown
        widths = [sum(2 if ord(character) > 0x2E7F else 1 for character in line) for line in done.stdout.splitlines()]
        assert max(widths) <= 80


def test_show_says_that_the_plan_has_nothing_for_pre_private() -> None:
    """准私银, by code or by label, has no playbook, and the reason is told."""
    shown = [vip("playbook", "show", name).stdout for name in ("准私银", "pre_private")]
    assert shown[0] == shown[1]
    assert "no playbook: the plan names the tier" in shown[0]


def test_show_refuses_a_tier_that_is_none() -> None:
    """A tier that is not on the ladder is a usage error that names those that are."""
    done = vip("playbook", "show", "platinum")
    line = "vip: TIER: must be one of effective, silver, gold, gold_diamond, pre_private, private\n"
    assert (2, "", line) == (done.returncode, done.stdout, done.stderr)


def test_json_is_one_document(books: Playbooks) -> None:
    """`--json` prints the same as one document, with the origin and the purpose that counts."""
    document = json.loads(vip("playbook", "show", "--json").stdout)
    assert list(books.labels) == [one["tier"] for one in document["tiers"]]
    calls = {one["id"]: one["origin"] for one in document["tiers"][3]["actions"]}
    assert ("not_in_plan", "ours", "plan") == (calls["G-CALL-1"], calls["REASSESS"], calls["D-SMS-1"])
    assert (8, 16) == (len(document["measures"]), len(document["gaps"]))
    coverage = json.loads(vip("playbook", "coverage", "--json").stdout)
    assert [one.id for one in books.covers] == [one["id"] for one in coverage]


def test_mistakes_of_several_kinds_in_one_file_are_told_at_once(rules: Path) -> None:
    """A key that nobody knows hides nothing: codes, fields, ids and signatures that are wrong in the same file are told with it."""
    text = (rules / "playbooks.yaml").read_text("utf-8")
    text = text.replace("version: 1\n", "version: 1\nremark: x\n", 1)
    sms = text.index("${signature}")
    text = text[:sms] + text[sms:].replace("${signature}", "", 1)
    text = text.replace("  - tier: private\n", "  - tier: privat\n")
    text = text.replace("- id: S-SMS-2\n", "- id: S-SMS-1\n")
    text = text.replace("topics: [mobile_bank, ", "topics: [mobile_bnk, ", 1)
    (rules / "playbooks.yaml").write_text(text, "utf-8")
    told = [line.partition(" ")[2] for line in lines_of(rules)]
    wanted = [
        r"remark is not a known key; known here: .+",
        r"playbooks\[0\]\.actions\[0\]\.message\.text does not say who sends it; begin with \$\{signature\}",
        r"playbooks\[\d\]\.actions\[\d+\]\.topics\[\d\] is not in products\.yaml; did you mean mobile_bank\?",
        r"playbooks\[1\]\.actions\[\d\]\.id must differ from playbooks\[1\]\.actions\[\d\]\.id; .+",
        r"playbooks\[\d\]\.tier is not in tiers\.yaml; did you mean private\?",
    ]
    found = [[line for line in told if re.fullmatch(one, line)] for one in wanted]
    assert [1] * len(wanted) == [len(one) for one in found], told


def test_a_wrong_value_hides_no_mistake_of_another_entry(rules: Path) -> None:
    """Where a key of one action can be left out, the others are judged all the same; of that action one cause is told once."""
    change(rules, "playbooks.yaml", "topics: [mobile_bank, ", "topcs: [mobile_bank, ")
    change(rules, "playbooks.yaml", "  - tier: private\n", "  - tier: privat\n")
    change(rules, "products.yaml", "version: 1\n", "version: 1\nremark: x\n")
    change(rules, "playbooks.yaml", "channels: [visits, ", "channels: [visit, ")
    told = [line.partition(" ")[2] for line in lines_of(rules)]
    assert 4 == len(told), told
    assert {"remark", "playbooks"} == {re.split(r"[\[ .]", line)[0] for line in told}


def test_a_tier_that_is_the_same_as_another_gets_all_that_is_done_for_it(rules: Path) -> None:
    """Of a tier with `same_as` everything is done that is done for the other: what further tiers share with that one too."""
    change(rules, "tiers.yaml", "  - {code: pre_private", "  - {code: platinum, label: 白金, min: 2000000}\n  - {code: pre_private")
    wanted = "write an entry with tier, bulk, source, and either actions, same_as, or playbook: none with reason and reason_zh"
    assert [f"playbooks.yaml:6:1: playbooks holds nothing for platinum; {wanted}"] == lines_of(rules)
    book = "  - tier: platinum\n    bulk: allowed\n    same_as: gold_diamond\n    source: ours\n"
    change(rules, "playbooks.yaml", "  - tier: pre_private\n", f"{book}  - tier: pre_private\n")
    books = load(rules).playbooks
    assert books is not None
    done = {tier: [action.id for action, _ in books.actions_of(tier)] for tier in ("gold_diamond", "platinum")}
    assert done["gold_diamond"] == done["platinum"]
    shared = [(action, tier) for _, tier, action in books.file.placed_actions() if action.also_for]
    assert {action.id for action, _ in shared} <= {*done["platinum"]}
    assert [True] * len(shared) == ["platinum" in books.file.reached_tiers(tier, action) for action, tier in shared]


def test_same_as_takes_the_actions_of_another_tier(rules: Path) -> None:
    """A tier may do as another does; its actions are then marked as not named by the plan."""
    text = (rules / "playbooks.yaml").read_text("utf-8")
    begin, end = text.index("    playbook: none"), text.index("    source: 方案 客户分级管理原则")
    (rules / "playbooks.yaml").write_text(text[:begin] + "    same_as: private\n" + text[end:], "utf-8")
    loaded = load(rules).playbooks
    assert loaded is not None
    private, pre_private = ([action.id for action, _ in loaded.actions_of(tier)] for tier in ("private", "pre_private"))
    assert private == [one for one in pre_private if one != "NEAR-UP"], "above private there is nothing to be near"
    assert {"not_in_plan", "ours"} == {origin for _, origin in loaded.actions_of("pre_private")}


def test_every_file_has_a_form() -> None:
    """No file is both read by computing and a playbook file."""
    assert set() == set(FILES) & set(PLAYBOOK_FILES)
