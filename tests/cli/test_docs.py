"""The documentation is true: transcripts, help texts, tables and examples are made anew and compared."""

from __future__ import annotations

import ast
import datetime as dt
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main
import yaml

import vip_tiering as vip
from tests.helpers import Row, days_between, write_csv
from vip_tiering.base import errors, schema
from vip_tiering.base.schema import RESULTS
from vip_tiering.cli.main import app
from vip_tiering.customers.customer_file import ABSENT
from vip_tiering.extracts.headers import ALIASES
from vip_tiering.extracts.row_rules import RULES
from vip_tiering.lists.followup.results import CONTACTS_COLUMNS, COVERAGE_COLUMNS, OBSTACLES_COLUMNS, RESULTS_COLUMNS
from vip_tiering.lists.selection.contact_log import COLUMNS
from vip_tiering.lists.verification.read_back import HARD_RULES
from vip_tiering.playbooks.actions import Action
from vip_tiering.playbooks.customers.customers_file import (
    CONTACT_FIELDS,
    CUSTOMER_FIELDS,
    DO_NOT_CONTACT_FIELDS,
    EVENT_FIELDS,
    FEE_FIELDS,
    KNOWN_VALUES,
    LOBBY_FIELDS,
    RESULT_FIELDS,
    CustomerColumns,
)
from vip_tiering.playbooks.gates import ManagerQuota
from vip_tiering.playbooks.load import load
from vip_tiering.playbooks.messages import FIELDS
from vip_tiering.reports.changes.measure_tables import MEASURES_FOR_PROGRAMS
from vip_tiering.reports.changes.tables import ROWS_FOR_PROGRAMS
from vip_tiering.reports.words import CHANGES, CLUES, HEADERS, OWN, ROWS

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "vip_tiering"
PAGES = sorted(
    path for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/*.md"), *ROOT.glob("benchmarks/*.md")]
)


def page(name: str) -> str:
    """Return a page of the documentation."""
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(name: str, language: str) -> list[str]:
    """Return the fenced blocks of a language in a page."""
    return re.findall(rf"^```{language}\n(.*?)^```$", page(name), re.DOTALL | re.MULTILINE)


def commands(command: typer.main.TyperGroup | object, words: tuple[str, ...]) -> list[str]:
    """Return every command and group below `command`."""
    below = getattr(command, "commands", {})
    return [" ".join(words), *(name for word, one in below.items() for name in commands(one, (*words, word)))]


@pytest.mark.parametrize(
    "name",
    [
        "README.md",
        "README.zh-CN.md",
        "docs/commands.md",
        "docs/core-system.md",
        "docs/early-warning.md",
        "docs/extracts.md",
        "docs/playbooks.md",
        "docs/walkthrough.md",
        "docs/zh/files.md",
        "docs/zh/lists.md",
        "docs/zh/quarter-end.md",
    ],
)
def test_transcripts_are_true(name: str) -> None:
    """Every command shown in a console block prints today what the page shows."""
    result = subprocess.run(
        [sys.executable, "-m", "scripts.transcripts", "check", name], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (0, "") == (result.returncode, result.stderr)


def test_every_command_is_documented() -> None:
    """Every command and group has its help text in docs/commands.md, and no other is there."""
    known = commands(typer.main.get_command(app), ("vip",))
    assert sorted(known) == sorted(re.findall(r"^\$ (.*) --help$", page("docs/commands.md"), re.MULTILINE))


@pytest.mark.parametrize("path", PAGES, ids=[path.relative_to(ROOT).as_posix() for path in PAGES])
def test_links_lead_somewhere(path: Path) -> None:
    """Every link within the project leads to a file or folder that exists."""
    links = [link for link in re.findall(r"\]\(([^)#]+)[^)]*\)", path.read_text(encoding="utf-8")) if "://" not in link]
    assert [] == [link for link in links if not (path.parent / link).exists()]


def test_aliases_are_documented() -> None:
    """The table of headers in docs/extracts.md is the one that the program uses."""
    section = page("docs/extracts.md").partition("\n## Columns\n")[2].partition("\n## ")[0]
    found = dict(re.findall(r"^\| `(\w+)` \|[^|]*\| ([^|]*) \|$", section, re.MULTILINE))
    assert {role: ", ".join(names) for role, names in ALIASES.items()} == found


def test_rules_for_rows_are_documented() -> None:
    """The table of rules in docs/extracts.md holds every rule for a row, in the words of the message."""
    table = page("docs/extracts.md").partition("| rule | the message | what to do |\n")[2].partition("\n\n")[0]
    found = dict(re.findall(r"^\| `([a-z-]+)` \| (.*) \| [^|]+ \|$", table, re.MULTILINE))
    assert RULES == found


def explained_rules() -> list[str]:
    """Return the rule codes that have an entry in one of five pages: what it means and what to do."""
    places = (
        ("docs/extracts.md", "rows"),
        ("docs/customers.md", "customers"),
        ("docs/exports.md", "exports"),
        ("docs/results.md", "results"),
        ("docs/playbooks.md", "texts"),
    )
    explained = "".join(page(name).partition(f"## What each message means: {part}\n")[2] for name, part in places)
    return re.findall(r"^\| `([a-z-]+)` \| [^|]+ \| [^|]+ \|$", explained, re.MULTILINE)


RULE_ARGUMENT = {"Problem": 3, "refuse": 1, ".refuse": 0, ".add": 0, "add": 0}
"""By the name of a call, which of its arguments is a rule code; a leading dot: called on an object."""


def rule_codes(call: ast.Call) -> Iterator[str]:
    """Return the string constants that a call takes for its rule code; names and other expressions are followed no further."""
    function = call.func
    if isinstance(function, ast.Name):
        name = function.id
    elif isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
        # Sets and documents have an `add` of their own; of a module `refuse` is the function.
        name = "" if function.attr == "add" and function.value.id != "broken" else f".{function.attr}"
    else:
        return
    place = RULE_ARGUMENT.get(name)
    if place is None:
        return
    given = [*call.args[place : place + 1], *(word.value for word in call.keywords if word.arg == "rule")]
    for one in given:
        yield from (node.value for node in ast.walk(one) if isinstance(node, ast.Constant) and isinstance(node.value, str))


def test_every_rule_is_explained() -> None:
    """Every rule code that the source gives to a problem is explained, once; and every explained code is given somewhere."""
    trees = {path: ast.parse(path.read_text(encoding="utf-8")) for path in (ROOT / "src" / "vip_tiering").rglob("*.py")}
    given = {code for tree in trees.values() for node in ast.walk(tree) if isinstance(node, ast.Call) for code in rule_codes(node)}
    assert {"file-absent", "file-cut", "header-missing", "id-empty"} <= given, "the search itself finds nothing"
    explained = explained_rules()
    assert sorted(set(explained)) == sorted(explained)
    assert set() == {*given, *RULES, *HARD_RULES} - {*explained}
    texts = {
        node.value
        for path, tree in trees.items()
        if path.name != "row_rules.py"
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert set() == {*explained} - texts


def test_every_rule_and_exit_code_is_explained_in_chinese() -> None:
    """docs/zh/errors.md explains in Chinese every rule that the English pages do, once, every exit code, and messages without a rule."""
    text = page("docs/zh/errors.md")
    rows = re.findall(r"^\| `([a-z-]+)` \| ([^|]+) \| ([^|]+) \|$", text, re.MULTILINE)
    assert sorted({*explained_rules(), *RULES}) == sorted(code for code, _, _ in rows)
    assert [] == [code for code, *said in rows for one in said if not re.search("[\u4e00-\u9fff].*。$", one)]
    assert {int(code) for code in re.findall(r"^\| (\d+) \|", text, re.MULTILINE)} == {
        int(code) for code in re.findall(r"^\| (\d+) \|", page("README.md"), re.MULTILINE)
    }
    without = page("docs/extracts.md").partition("| the message begins with | what to do |")[2]
    assert re.findall(r"^\| `([^`]+)` \| ", without, re.MULTILINE) == re.findall(r"^\| `([a-z][a-z ]+)` \| [^|]+ \|$", text, re.MULTILINE)


def test_words_of_lists_are_explained_in_chinese() -> None:
    """docs/zh/lists.md explains every column of lists and of the day's sheet, every result, and every reason with its code, in order."""
    books = load(ROOT / "rules").playbooks
    assert books is not None
    text = page("docs/zh/lists.md")
    columns = [row[0] for row in table(text.partition("## 名单上的列")[2].partition("## ")[0].replace("\\|", "/"), 2)]
    fields = [*schema.LIST_FIELDS, *schema.PERSONAL_MESSAGE_FIELDS, *schema.SHEET_FIELDS]
    assert {books.headers[field] for field in fields} <= {*columns}
    reasons = table(text.partition("## 未入的原因")[2].partition("## ")[0], 2)
    assert [[one.meaning_zh, one.code] for one in books.gates.gates] == reasons
    results = text.partition("| 结果 | 之后怎样 |")[2]
    assert set() == {word for word, _ in books.customers.words_of("result") if word not in results}


def table(text: str, columns: int) -> list[list[str]]:
    """Return the rows of the first table of a text that has so many columns, without code marks and without its header."""
    rows = [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]
    return [row for row in rows if len(row) == columns][2:]


def test_compliance_is_what_the_rules_say() -> None:
    """The tables of docs/compliance.md hold every purpose, gate, limit and cap of the rules, each with its source, and no other."""
    books = load(ROOT / "rules").playbooks
    assert books is not None
    gates, text = books.gates, page("docs/compliance.md")
    yes = {True: "yes", False: "no"}
    purposes = [
        [one.code, one.meaning, one.consent, one.without_consent, one.rating, yes[one.qualified], yes[one.caps], one.text, one.source]
        for one in gates.purposes
    ]
    assert purposes == table(text.partition("## Purposes")[2], 9)
    assert [[one.code, one.meaning, one.source] for one in gates.gates] == table(text.partition("## Gates")[2].partition("## ")[0], 3)
    limits = [[key, str(one["value"]), one["source"]] for key, one in gates.limits.model_dump().items()]
    assert limits == table(text.partition("## Limits")[2].partition("## ")[0], 3)
    channels = books.channels.values()
    caps = [[one.code, str(cap.contacts), str(cap.days), cap.source] for one in channels for cap in one.caps or ()]
    assert caps == table(text.partition("## Caps")[2], 4)
    assert "、".join(gates.forbidden_words.words) in text
    assert "not legal advice" in text


def test_playbook_page_holds_every_tier_and_field() -> None:
    """docs/playbooks.md shows every tier of the packaged rules and every field of a message with its width."""
    text = page("docs/playbooks.md")
    tiers = vip.load_rules(ROOT / "rules").ladders[0].codes[1:]
    assert tiers == re.findall(r"^\$ vip playbook show (\w+)$", text, re.MULTILINE)
    fields = [[f"${{{name}}}", str(field.width or "its length")] for name, field in FIELDS.items()]
    assert fields == [[row[0], row[2]] for row in table(text.partition("## Messages")[2].partition("\n## ")[0], 3)]


def test_profiles_are_what_the_rules_say() -> None:
    """docs/profiles.md holds every profile, column, source and header of the rules, and no other."""
    books = load(ROOT / "rules").playbooks
    assert books is not None
    text, profiles = page("docs/profiles.md"), books.profiles.values()
    shown = table(text.partition("## All profiles")[2].partition("## ")[0], 7)
    assert [[one.code, one.label, one.what, ", ".join(one.channels)] for one in profiles] == [row[:4] for row in shown]
    for one, (*_, form, many, files) in zip(profiles, shown, strict=True):
        said = [one.encoding.upper(), one.line_end.upper(), "with BOM" if one.bom else ""] if one.format == "csv" else []
        assert (one.format.upper(), "yes" if one.mass_send else "no") == (form.partition(",")[0], many)
        assert [] == [word for word in said if word not in form]
        assert (str(one.max_rows) if one.max_rows else "any number") in files
        assert (f"one for each {one.per}" in files) == ("one for each" in files) == (one.per is not None)
    columns = [
        [one.code, column.header, f"`{column.field}`" if column.field else f'"{column.constant}"', str(one.most_units(column) or "any")]
        for one in profiles
        for column in one.columns
    ]
    found = table(text.partition("## Columns")[2].partition("## ")[0], 4)
    assert [[*row[:2], row[2].strip("`"), row[3]] for row in columns] == [
        [*row[:2], row[2].partition(" and `")[2] or row[2], row[3]] for row in found
    ]
    sources = [[one.code, one.source, one.limits.source if one.limits else ""] for one in profiles]
    assert sources == table(text.partition("## Sources")[2].partition("## ")[0], 3)
    assert [list(pair) for pair in books.headers.items()] == table(text.partition("## Headers for people")[2].partition("## ")[0], 2)


def test_keys_of_an_action_are_documented() -> None:
    """docs/rules.md explains every key of an action."""
    section = page("docs/rules.md").partition("An action of `playbooks.yaml`")[2].partition("\n## ")[0]
    assert set() == {key for key in Action.model_fields if f"`{key}`" not in section}


def test_architecture_names_every_room() -> None:
    """The table of rooms in docs/architecture.md names every room, and no other."""
    text = page("docs/architecture.md").partition("## The rooms")[2].partition("## ")[0]
    rooms = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert rooms == {name for row in table(text, 2) for name in re.findall(r"\w+", row[0])}


@pytest.mark.parametrize("plate", sorted(PACKAGE.rglob("*/__init__.py")), ids=lambda path: str(path.parent.relative_to(PACKAGE)))
def test_room_says_in_which_order_to_read_it(plate: Path) -> None:
    """The name plate of each room names every module, or room, within it."""
    text = ast.get_docstring(ast.parse(plate.read_text(encoding="utf-8"))) or ""
    within = {path.stem for path in plate.parent.glob("[!_]*.py")} | {path.parent.name for path in plate.parent.glob("*/__init__.py")}
    assert within <= set(re.findall(r"\w+", text))


def test_newcomers_find_what_they_look_for() -> None:
    """Each name of "Where to change what" is one of its file: defined there, a key of its YAML, or the code of a rule."""
    rows = table(page("CONTRIBUTING.md").partition("## Where to change what")[2].partition("\n## ")[0], 3)
    assert len(rows) > 10, "the table itself is not found"
    for _, file, name in rows:
        text = (ROOT / file).read_text(encoding="utf-8")
        form = rf"^( *def | *class |){re.escape(name)}\b" if "-" not in name else rf'"{re.escape(name)}"'
        form = rf"^ *(- \{{?)?{re.escape(name)}:" if file.endswith(".yaml") else form
        assert re.search(form, text, re.MULTILINE), f"{name} is not in {file}"


def test_every_cited_clause_stands() -> None:
    """Every clause of docs/semantics.md that the source or a test cites is there, and cites have one form."""
    clauses = set(re.findall(r"^##+ (\d+(?:\.\d+)?) ", page("docs/semantics.md"), re.MULTILINE))
    sources = {path: path.read_text(encoding="utf-8") for folder in (PACKAGE, ROOT / "tests") for path in folder.rglob("*.py")}
    cited = {(clause, path) for path, text in sources.items() for clause in re.findall(r"semantics,? (\d[\d.]*\d|\d)", text)}
    assert len(cited) > 8, "the search itself finds nothing"
    assert [] == sorted(f"{path.name}: {clause}" for clause, path in cited if clause not in clauses)
    assert [] == sorted(path.name for path, text in sources.items() if re.search(r"semantics, section", text) and path != Path(__file__))


def test_glossary_is_complete() -> None:
    """Every column of every file, every kind of change and every tier of the packaged rules is in the glossary."""
    columns = {*schema.TIERS_PARQUET.names, *schema.TIERS_CSV, "daily_average", "closing_balance", *schema.ROLES, *schema.CHANGES}
    columns |= {*schema.MESSAGE_FIELDS, *schema.LIST_FIELDS, *schema.PERSONAL_MESSAGE_FIELDS}
    columns |= {*ROWS_FOR_PROGRAMS, *MEASURES_FOR_PROGRAMS, *HEADERS, *CLUES}
    tiers = set(vip.load_rules(ROOT / "rules").ladders[0].codes)
    assert set() == {name for name in columns | tiers if f"`{name}`" not in page("docs/glossary.md")}


def test_columns_of_the_report_are_documented() -> None:
    """docs/changes.md tells every column of the rows with its Chinese header, every kind of change, and every clue by its name."""
    text = page("docs/changes.md")
    rows = table(text.partition("## The rows")[2].partition("## ")[0], 3)
    names = [name for row in rows for name in re.findall(r"\w+", row[0])]
    assert list(ROWS) == names
    assert [HEADERS[name][0] for name in names] == [header for row in rows for header in row[1].split(", ")]
    assert set() == {zh for zh, _ in CHANGES.values() if zh not in text}
    clues = table(text.partition("## Clues")[2].partition("## ")[0], 3)
    assert [[code, zh] for code, (zh, _) in CLUES.items()] == [row[:2] for row in clues]


def test_columns_of_a_managers_customers_are_documented() -> None:
    """docs/changes.md tells every column of the sheet 我的客户 with its Chinese header."""
    section = page("docs/changes.md").partition("我的客户 lists all")[2].partition("## ")[0]
    rows = table(section, 3)
    names = [re.findall(r"\w+", row[0]) for row in rows if row[0] != "column"]
    headers = [row[1].split(", ") for row in rows if row[0] != "column"]
    told = {name: header for pair in zip(names, headers, strict=True) for name, header in zip(*pair, strict=True)}
    assert {name: HEADERS[name][0] for name in OWN} == told


def test_customer_fields_are_documented() -> None:
    """docs/customers.md tells every field of the customer file and what falls without it, every value, and the columns of the others."""
    text = page("docs/customers.md")
    rows = dict(re.findall(r"^\| `(\w+)` \| .* \| ([^|]*) \|$", text.partition("## Events")[0], re.MULTILINE))
    assert [*CUSTOMER_FIELDS] == [*rows]
    assert ABSENT == {field: falls for field, falls in rows.items() if field in ABSENT}
    others = {"Events": EVENT_FIELDS, "The contact log": CONTACT_FIELDS, "The do-not-contact list": DO_NOT_CONTACT_FIELDS}
    others |= {"Fee income": FEE_FIELDS, "Events in the hall": LOBBY_FIELDS}
    for title, fields in others.items():
        section = text.partition(f"## {title}\n")[2].partition("\n## ")[0]
        assert set(fields) == set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE))
    values = {code for known in KNOWN_VALUES.values() for code in known if code} - {"C2", "C3", "C4"}
    assert set() == {code for code in values if f"`{code}`" not in text}
    assert set() == {field for field in CustomerColumns.model_fields if f"`{field}`" not in page("docs/glossary.md")}


def test_results_are_documented() -> None:
    """docs/results.md tells every column that comes back and is kept, every result and figure; its quota is a valid one."""
    text = page("docs/results.md")

    def section(title: str) -> str:
        return text.partition(f"## {title}\n")[2].partition("\n## ")[0]

    assert [*RESULT_FIELDS] == [row[0] for row in table(section("What comes back"), 2)]
    follows = section("What follows from a result")
    assert {word for word in RESULTS if word} == set(
        re.findall(r"`(\w+)`", "".join(line.split("|")[1] for line in follows.splitlines() if "|" in line))
    )
    kept = dict(table(section("Where it is kept"), 2))
    assert {name: ", ".join(columns) for name, columns in COLUMNS.items()} == kept
    figures = section("The figures")
    assert set() == {
        name
        for name in (*RESULTS_COLUMNS, *CONTACTS_COLUMNS, *OBSTACLES_COLUMNS, *COVERAGE_COLUMNS)
        if not re.search(rf"\b{name}\b", figures)
    }
    ManagerQuota.model_validate(yaml.safe_load(blocks("docs/results.md", "yaml")[0])["manager_quota"])


def test_form_of_the_customer_rules_is_accepted(tmp_path: Path) -> None:
    """The YAML form in docs/customers.md is one that the program accepts."""
    for file in ("tiers.yaml", "channels.yaml"):
        shutil.copy(ROOT / "rules" / file, tmp_path)
    (tmp_path / "customers.yaml").write_text(blocks("docs/customers.md", "yaml")[0], encoding="utf-8")
    assert load(tmp_path).playbooks is None


def test_form_of_the_targets_is_accepted(tmp_path: Path) -> None:
    """The YAML form of targets.yaml in docs/rules.md is one that the program accepts."""
    shutil.copytree(ROOT / "rules", tmp_path / "rules")
    form = next(block for block in blocks("docs/rules.md", "yaml") if "\nmeasures:" in block)
    (tmp_path / "rules" / "targets.yaml").write_text(form, encoding="utf-8")
    targets = load(tmp_path / "rules").targets
    assert targets is not None
    assert [("K-AUM", 50_000_000), ("K-EFF", 1200), ("K-FEE", 800_000)] == [(one.id, one.target) for one in targets.targets or ()]


def test_the_action_of_ones_own_is_accepted(tmp_path: Path) -> None:
    """The action in docs/rules.md is accepted among those of silver as it stands, and refused without a key that it must have."""
    example = next(block for block in blocks("docs/rules.md", "yaml") if "OWN-CALL-1" in block)
    shutil.copytree(ROOT / "rules", tmp_path / "rules")
    path = tmp_path / "rules" / "playbooks.yaml"
    before, tier, after = path.read_text(encoding="utf-8").partition("  - tier: silver\n")
    head, actions, rest = after.partition("    actions:\n")
    path.write_text(before + tier + head + actions + example + rest, encoding="utf-8")
    books = load(tmp_path / "rules").playbooks
    assert books is not None
    assert "OWN-CALL-1" in {one.id for one, _ in books.actions_of("silver")}
    lines = example.splitlines(keepends=True)
    free = re.compile(r" *(origin|topics): ")
    for number in (number for number in range(1, len(lines)) if not free.match(lines[number])):
        fewer = "".join(lines[:number] + lines[number + 1 :])
        path.write_text(before + tier + head + actions + fewer + rest, encoding="utf-8")
        with pytest.raises(vip.RulesError, match=r"actions\[0\]"):
            load(tmp_path / "rules")


def test_exit_codes_are_documented() -> None:
    """The README's table of exit codes and the error classes agree."""
    documented = {int(code) for code in re.findall(r"^\| (\d+) \|", page("README.md"), re.MULTILINE)}
    statuses = {one.status for one in vars(errors).values() if isinstance(one, type) and issubclass(one, errors.VipError)}
    assert {0, 143} | statuses == documented


def test_yaml_forms_are_accepted(tmp_path: Path) -> None:
    """The two YAML forms in the README are rules that the program accepts."""
    for file, text in zip(("tiers.yaml", "extracts.yaml"), blocks("README.md", "yaml"), strict=True):
        (tmp_path / file).write_text(text, encoding="utf-8")
    assert ["untiered", "effective", "silver"] == vip.load_rules(tmp_path).ladders[0].codes


def test_python_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The README's Python example runs as it stands, in a folder with rules, extracts and the quarter before."""
    for day in days_between(dt.date(2015, 10, 1), dt.date(2015, 12, 31)):
        write_csv(tmp_path / "extracts" / f"b_{day:%Y%m%d}.csv", [Row(day, "C1", None, 5_000_000)])
    shutil.copytree(ROOT / "examples" / "branch" / "expected" / "2015Q3", tmp_path / "out" / "2015Q3")
    (tmp_path / "rules").symlink_to(ROOT / "rules")
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    exec(blocks("README.md", "python")[0], names)  # noqa: S102 (our own page)
    assert "2015Q4" == names["run"].name  # type: ignore[attr-defined]


def test_public_names_are_listed() -> None:
    """`__all__` is complete and sorted, and every name in it can be had."""
    assert sorted(vip.__all__) == vip.__all__
    assert [] == [name for name in vip.__all__ if getattr(vip, name, None) is None]
    classes = {name for name, one in vars(errors).items() if isinstance(one, type) and one.__module__ == errors.__name__}
    assert classes <= set(vip.__all__)


def test_project_names_no_machine() -> None:
    """No file of the project holds an absolute path of somebody's machine."""
    files = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    private = re.compile(rb"/(home|root|Users|work)/[a-z]")
    assert [] == [name for name in files if (ROOT / name).is_file() and private.search((ROOT / name).read_bytes())]
