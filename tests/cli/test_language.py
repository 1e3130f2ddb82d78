"""What people read comes in Chinese or English: who chooses, that every code has words, and that programs never notice."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, get_args

import pytest
import vobject
from wcwidth import wcswidth

from tests import prepared
from tests.helpers import RULES
from tests.lists.exporting import customer, make_run, write_customers, write_events, write_rows
from vip_tiering.base.schema import RESULT_CODES
from vip_tiering.base.words import BOOK, BOOK_COLUMNS, LANGUAGES, TRIGGERS
from vip_tiering.playbooks.actions import Trigger
from vip_tiering.playbooks.customers.customers_file import CODES, EVENTS, FAMILY_KINDS, SEGMENTS
from vip_tiering.playbooks.gates import GATES, PURPOSES
from vip_tiering.playbooks.load import Playbooks, load
from vip_tiering.rules.calendar import LABELS, Festival

PLAN = ("playbook", "plan", "--year", "2016", "--rules", str(RULES))
PEOPLE = {"G1": customer(1), "G2": customer(2, consent_sms="N"), "G3": customer(3, status="dormant"), "P1": customer(4)}
PRODUCTS = {"G1": "mobile_bank", "G2": "", "G3": "", "P1": ""}


@pytest.fixture(scope="module")
def books() -> Playbooks:
    """Return the shipped playbooks."""
    loaded = load(RULES).playbooks
    assert loaded is not None
    return loaded


def is_chinese(text: str) -> bool:
    """Tell whether a text holds a Chinese character."""
    return any("\u4e00" <= sign <= "\u9fff" for sign in text)


# --- who chooses


@pytest.mark.parametrize(
    ("variables", "option", "language"),
    [
        ({}, None, "en"),
        ({"LANG": "zh_CN.UTF-8"}, None, "zh"),
        ({"LANG": "zh"}, None, "zh"),
        ({"LANG": "zha_CN.UTF-8"}, None, "en"),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "zh_TW.UTF-8"}, None, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C.UTF-8"}, None, "en"),
        ({"LANG": "zh_CN.UTF-8", "VIP_LANG": "en"}, None, "en"),
        ({"VIP_LANG": "zh"}, None, "zh"),
        ({"VIP_LANG": ""}, None, "en"),
        ({"VIP_LANG": "zh"}, "en", "en"),
        ({"VIP_LANG": "de"}, "zh", "zh"),
    ],
)
def test_option_then_variable_then_locale(variables: dict[str, str], option: str | None, language: str) -> None:
    """`--lang` goes before VIP_LANG, which goes before the locale: LC_ALL, LC_MESSAGES, LANG; what is no Chinese is English."""
    done = prepared.run([*PLAN, *(["--lang", option] if option else [])], **variables)
    assert (0, "") == (done.returncode, done.stderr)
    assert {"zh": "2016  厅堂活动 6 场", "en": "2016  events in the branch hall: 6"}[language] == done.stdout.splitlines()[0]


@pytest.mark.parametrize("command", [PLAN, ("playbook", "coverage", "--rules", str(RULES)), ("playbook", "results", "nowhere")])
def test_another_language_is_a_usage_error(command: tuple[str, ...]) -> None:
    """A language that is not known, by option or variable, is exit code 2 and one line, whatever else is asked."""
    refused = (2, "", "vip: --lang: must be zh or en\n")
    for done in (
        prepared.run([*command, "--lang", "de"]),
        prepared.run([*command], VIP_LANG="zh_CN"),
        prepared.run([*command, "--json"], VIP_LANG="EN"),
    ):
        assert refused == (done.returncode, done.stdout, done.stderr)


# --- every code has words


def test_every_code_that_people_see_has_chinese_words(books: Playbooks) -> None:
    """Each code of each enumeration has words in Chinese, in the shipped rules or the table of words.

    They are triggers, festivals, gates, purposes, results, events, family events, segments, statuses, channels, products, actions,
    measures, tiers and ids of the plan.
    """
    words: dict[str, dict[str, str]] = {
        "trigger": {code: pair[0] for code, pair in TRIGGERS.items() if code != "festival"},
        "festival": dict(LABELS),
        "gate": {code: books.names[code] for code in GATES},
        "purpose": {one.code: one.meaning_zh for one in books.gates.purposes},
        "channel": {code: one.label for code, one in books.channels.items()},
        "product": {code: one.label for code, one in books.products.items()},
        "action": {one.id: books.names[one.id] for one in books.actions()},
        "measure": {one.id: one.label for one in books.file.measures or ()},
        "tier": books.labels,
        "id": {one.id: one.fact_zh for one in books.covers},
    }
    fields = {"result": RESULT_CODES, "event": EVENTS, "kind": FAMILY_KINDS, "segments": SEGMENTS, "status": CODES["status"][1:]}
    for field, codes in fields.items():
        words[field] = dict(zip(codes, books.customers.offered_words(field, codes), strict=True))
    assert [] == [f"{kind} {code}: {word}" for kind, table in words.items() for code, word in table.items() if not is_chinese(word)]
    assert {*get_args(Trigger)} == {*TRIGGERS}
    assert {*get_args(Festival)} == {*words["festival"]}
    assert {*PURPOSES} == {*words["purpose"]}


def test_what_people_read_of_rules_is_chinese_throughout(books: Playbooks) -> None:
    """What stands in Chinese beside an English text of the shipped rules holds no English word."""
    texts = [one.source_zh or one.source for one in books.actions()] + [*books.names.values()]
    texts += [one.audience.note_zh for one in books.actions() if one.audience.note_zh]
    texts += [book.reason_zh for book in books.file.playbooks if book.reason_zh]
    assert len(texts) > 100
    assert [] == [text for text in texts if not is_chinese(text) or re.search("[A-Za-z]{3}", text)]


def test_words_of_the_book_are_chinese() -> None:
    """Every text and header of the book is Chinese, but for signs."""
    words = {**BOOK, **BOOK_COLUMNS}
    plain = {code: re.sub(r"\{\w+\}", "", text) for code, text in words.items()}
    assert [] == [code for code, text in plain.items() if re.search("[A-Za-z]", text)]
    assert {"and", "none_text", "field"} == {code for code, text in plain.items() if not is_chinese(text)}


# --- what commands print


class Branch:
    """A branch with the lists of a day and results of them."""

    def __init__(self, folder: Path) -> None:
        """Make the run, the customers and the lists."""
        self.folder, self.lists, rules = folder, folder / "lists", ("--rules", str(RULES))
        run = make_run(folder / "out", {one: (600_000, 9_000_000 if one == "P1" else 600_000) for one in PEOPLE})
        write_customers(folder / "customers.csv", PEOPLE)
        write_events(folder / "events.csv", [(one, "maturity", "", "2016-01-09", "三年定期", "1.00") for one in PEOPLE])
        files = ("--customers", str(folder / "customers.csv"), "--events", str(folder / "events.csv"))
        self.export = ("playbook", "export", str(run), "--on", "2016-01-05", "--out", str(self.lists), *files, *rules)
        done = prepared.run([*self.export])
        assert done.returncode == 0, done.stderr
        rows = [("G1", "G-CALL-1", "calls", "reached", "利率低"), ("G2", "G-CALL-1", "calls", "refused", "")]
        back = write_rows(folder / "back.csv", ("customer_id", "action", "channel", "result", "obstacle"), rows)
        held = [{"customer_id": one, **fields, "products_held": PRODUCTS[one]} for one, fields in PEOPLE.items()]
        write_rows(folder / "held.csv", list(held[0]), [list(row.values()) for row in held])
        self.record = ("playbook", "record", str(self.lists / "2016-01-05"), str(back), *rules)
        self.results = ("playbook", "results", str(self.lists), "--run", str(run), "--customers", str(folder / "held.csv"), *rules)

    def commands(self) -> dict[str, list[str]]:
        """Return the commands of lists whose words there are in two languages, as they change nothing."""
        dry = [*self.export, "--dry-run"]
        dry[dry.index("--on") + 1] = "2016-01-06"
        out = self.folder / "out" / "2015Q4"
        ahead = ["playbook", "forecast", str(out), "--on", "2016-01-06", "--days", "2", "--lists", str(self.lists)]
        ahead += self.export[self.export.index("--customers") :]
        commands = {"export": dry, "record": [*self.record, "--dry-run"], "results": [*self.results, "--dry-run"], "forecast": ahead}
        return {**commands, "coverage": ["playbook", "coverage", "--rules", str(RULES)], "plan": [*PLAN]}

    def others(self) -> dict[str, list[str]]:
        """Return the other commands that show something to people, likewise."""
        run, extracts, rules = str(self.folder / "out" / "2015Q4"), str(self.folder / "changes.csv"), ("--rules", str(RULES))
        files = ("--customers", str(self.folder / "customers.csv"))
        text = (self.folder / "changes.csv").read_text(encoding="utf-8")
        (self.folder / "corrected.csv").write_text(text.replace("2015-10-01,G1,600000.00", "2015-10-01,G1,400000.00"), encoding="utf-8")
        bank = [(one, "9000000.00" if one == "P1" else "600000.01") for one in PEOPLE]
        write_rows(self.folder / "bank.csv", ("客户号", "季日均"), bank)
        compute = ("--quarter", "2015Q4", "--kind", "changes", "--out", str(self.folder / "new"), "--dry-run")
        commands: dict[str, tuple[str, ...]] = {
            "compute": ("tier", "compute", extracts, *compute, "--previous", str(self.folder / "out" / "2015Q3"), *rules),
            "explain": ("tier", "explain", "P1", run, extracts, *rules),
            "simulate": ("tier", "simulate", run, *rules),
            "restate": ("tier", "restate", run, str(self.folder / "corrected.csv"), *rules),
            "reconcile": ("tier", "reconcile", run, str(self.folder / "bank.csv"), *rules),
            "extract": ("extract", "check", extracts, "--quarter", "2015Q4", "--kind", "changes", *rules),
            "customers": ("customers", "check", files[1], run, *rules),
            "record of one": ("customers", "file", "G1", run, *files, "--lists", str(self.lists), "--on", "2016-01-05", *rules),
            "report": ("changes", "export", run, *files, "--out", str(self.folder / "reports"), "--dry-run", *rules),
            "show": ("playbook", "show", "gold", *rules),
            "verify": ("verify", run),
            "sound": ("playbook", "verify", str(self.lists / "2016-01-05"), *rules),
            "rules": ("rules", "check", str(RULES)),
        }
        return {name: [*command] for name, command in commands.items()}


@pytest.fixture(scope="module")
def branch(tmp_path_factory: pytest.TempPathFactory) -> Branch:
    """Return a branch with the lists of a day."""
    return Branch(tmp_path_factory.mktemp("branch"))


@pytest.mark.parametrize("name", ["export", "record", "results", "forecast", "coverage", "plan"])
def test_chinese_output_is_chinese_and_json_the_same(branch: Branch, name: str) -> None:
    """In Chinese no English word is left but codes by which something is asked for; the figures and the document are the same."""
    command = branch.commands()[name]
    chinese, english = (prepared.run(command, VIP_LANG=language, COLUMNS="120") for language in LANGUAGES)
    assert (0, 0) == (chinese.returncode, english.returncode)
    assert chinese.stdout != english.stdout
    assert chinese.stderr == english.stderr
    commands = r"vip( -{0,2}[a-z]+)+(: [a-z_.]+)?"
    known = rf"playbooks\.yaml:\d+|{commands}|\b(sms|calls|wechat|appointments|invitations|visits|mobile_bank)\b|\bM01\b|\b2015Q4\b"
    left = re.sub(rf"{known}|[A-Z]+(-[A-Z0-9]+)*", "", chinese.stdout)
    assert [] == re.findall("[A-Za-z]{2,}", left)
    figures = [sorted(re.findall(r"\d+", text.stdout)) for text in (chinese, english)]
    if name != "coverage":  # where numbers stand in the texts themselves
        assert figures[0] == figures[1]
    documents = [prepared.run([*command, "--json"], VIP_LANG=language) for language in LANGUAGES]
    assert json.loads(documents[0].stdout)
    assert documents[0].stdout == documents[1].stdout


@pytest.mark.parametrize(
    "name",
    [
        "compute", "explain", "simulate", "restate", "reconcile", "extract", "customers", "record of one", "report", "show",
        "verify", "sound", "rules",
    ],
)  # fmt: skip
def test_everyday_commands_speak_chinese_at_80_columns(branch: Branch, name: str) -> None:
    """No line is wider than 80 columns or says two English words; what is wrong, and the document for programs, are as in English."""
    command = branch.others()[name]
    chinese, english = (prepared.run(command, VIP_LANG=language, COLUMNS="80") for language in LANGUAGES)
    assert (0, 0, english.stderr) == (chinese.returncode, english.returncode, chinese.stderr)
    assert is_chinese(chinese.stdout.splitlines()[0])
    told = [line.replace(str(branch.folder), "") for line in chinese.stdout.splitlines()]
    assert [] == [line for line in told if re.search(r"[A-Za-z]{2,}[,;:]? [A-Za-z]{2,}", line)]
    assert [] == [line for line in told if wcswidth(line) > 80 and name != "rules"]  # which is one line a ladder
    if name not in {"verify", "sound", "rules"}:
        documents = [prepared.run([*command, "--json"], VIP_LANG=language).stdout for language in LANGUAGES]
        assert json.loads(documents[0])
        assert name == "report" or documents[0] == documents[1]


def test_a_reason_and_a_result_are_told_in_the_words_of_the_rules(branch: Branch, books: Playbooks) -> None:
    """The export tells who was left out, and the record what came of it, as the rules and the bank's own words call it."""
    commands = branch.commands()
    exported = prepared.run([*branch.export, "--dry-run", "--replace"], VIP_LANG="zh").stdout
    assert f"E-SMS-1 {books.names['E-SMS-1']}" not in exported, "nobody of gold is due for it"
    assert f"{books.names['not_marketable']} 1" in exported
    assert "not_marketable 1" in prepared.run([*branch.export, "--dry-run", "--replace"]).stdout
    assert "登记 2 条结果：已接通 1、拒绝 1\n" in prepared.run(commands["record"], VIP_LANG="zh").stdout
    assert "recorded 2 results: reached 1, refused 1\n" in prepared.run(commands["record"]).stdout


def test_files_for_programs_are_the_same_in_both_languages(branch: Branch, tmp_path: Path) -> None:
    """Exports and runs in two languages hold the same files, to the byte."""
    found = []
    for language in LANGUAGES:
        out = tmp_path / language / "lists"
        for command in ([*branch.export], [one for one in branch.others()["compute"] if one != "--dry-run"]):
            command[command.index("--out") + 1] = str(out if "export" in command else out.with_name("out"))
            assert 0 == prepared.run(command, VIP_LANG=language).returncode
        parts = (out, out.with_name("lists.private"), out.with_name("out"))
        files = [path for part in parts for path in sorted(part.rglob("*")) if path.is_file() and "memory" not in path.parts]
        found.append({str(path.relative_to(tmp_path / language)): path.read_bytes() for path in files if path.suffix in (".csv", ".xlsx")})
    assert len(found[0]) > 5
    assert found[0] == found[1]


def entries(path: Path) -> dict[str, Any]:
    """Return the entries of a calendar file by UID."""
    (calendar,) = vobject.readComponents(path.read_text("utf-8"))
    return {one.uid.value: one for one in calendar.vevent_list}


def test_the_calendar_file_speaks_the_language(tmp_path: Path) -> None:
    """The .ics is Chinese or English; days and UIDs are the same, and so is the CSV; the other language is another plan."""
    for language in LANGUAGES:
        assert 0 == prepared.run([*PLAN, "--out", str(tmp_path / language)], VIP_LANG=language).returncode
    chinese, english = (entries(tmp_path / language / "2016" / "event_plan.ics") for language in LANGUAGES)
    assert [(one, chinese[one].dtstart.value) for one in chinese] == [(one, english[one].dtstart.value) for one in english]
    assert "春节：福字、春联（E-LOBBY-6）" == chinese["2016-E-LOBBY-6-event@vip-tiering"].summary.value
    assert "备货 春节：福字、春联（E-LOBBY-6）" == chinese["2016-E-LOBBY-6-prepare@vip-tiering"].summary.value
    assert "prepare for 春节: 福字、春联 (E-LOBBY-6)" == english["2016-E-LOBBY-6-prepare@vip-tiering"].summary.value
    told = "春节 2016-02-08\n2016-01-26 至 2016-02-06，10 个工作日\n2016-01-19 前备妥"
    assert told == chinese["2016-E-LOBBY-6-event@vip-tiering"].description.value
    plans = [(tmp_path / language / "2016" / "event_plan.csv").read_bytes() for language in LANGUAGES]
    assert plans[0] == plans[1]
    again = prepared.run([*PLAN, "--out", str(tmp_path / "zh")], VIP_LANG="zh")
    assert (0, f"{tmp_path / 'zh'}/2016：已是最新\n") == (again.returncode, again.stdout)
    assert 5 == prepared.run([*PLAN, "--out", str(tmp_path / "zh")], VIP_LANG="en").returncode
