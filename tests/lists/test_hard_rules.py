"""`vip playbook verify`: each hard rule finds the one thing that breaks it, a sound export passes, and no finding holds a value."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.helpers import RULES, vip
from tests.lists.exporting import customer, export, make_run, rules_with_control, write_customers, write_events, write_rows
from tests.lists.written_exports import ASKED, DAY, SAID, Change, Draft, changed, check_people, message, person, rehash, stopped
from vip_tiering.base.errors import DataError, Problem
from vip_tiering.customers.incoming import read_incoming
from vip_tiering.customers.types import Known
from vip_tiering.lists.verification.read_back import HARD_RULES, SHOWN_ROWS, findings
from vip_tiering.lists.verification.rules import check_written
from vip_tiering.playbooks.load import Playbooks, load
from vip_tiering.publishing import manifests

EFFECTIVE, SILVER, GOLD, DIAMOND, PRIVATE = 50_000, 200_000, 600_000, 2_000_000, 9_000_000
CANARY = "CANARY"


def named(number: int) -> str:
    """Return the id of a customer."""
    return f"{CANARY}{number:02d}"


def phone(number: int) -> str:
    """Return the number of a customer."""
    return f"138{number:08d}"


AVERAGES = {
    1: EFFECTIVE,
    2: EFFECTIVE,
    3: EFFECTIVE,
    4: SILVER,
    5: GOLD,
    6: DIAMOND,
    7: PRIVATE,
    8: DIAMOND,
    9: EFFECTIVE,
    10: GOLD,
    11: GOLD,
    12: DIAMOND,
    13: GOLD,
    14: PRIVATE,
}


def draft() -> Draft:
    """Return an export in which every kind of row is sound."""
    return Draft(
        sms=[
            message(named(1), "E-SMS-1", phone(1), "王先生"),
            message(f"{named(2)}|{named(3)}", "E-SMS-1", phone(2)),
            message(named(11), "G-SMS-1", phone(11), product="理财产品"),
            message(named(12), "D-SMS-2", phone(12), product="理财产品"),
        ],
        lists={
            "calls": [
                person(named(5), "G-CALL-3|G-CALL-4", "金卡", phone=phone(5)),
                person(named(10), "G-CALL-2", "金卡", phone=phone(10), manager="M02"),
            ],
            "appointments": [person(named(8), "D-SMS-7", "金钻", phone=phone(8))],
            "invitations": [person(named(13), "G-SEMINAR", "金卡")],
            "visits": [person(named(4), "S-POS|S-TEACH-1", "银卡")],
        },
        private={
            "wechat": [person(named(14), "P-WECHAT", "私银", text=ASKED)],
            "appointments": [person(named(7), "P-MEET", "私银", phone=phone(7)), person(named(6), "D-ALLOC-2", "金钻", phone=phone(6))],
        },
        suppressed=[
            stopped(named(9), "E-SMS-1", "sms", "no_consent", "effective"),
            stopped(named(6), "D-SMS-2", "sms", "one_contact_a_day", "gold_diamond"),
        ],
        private_suppressed=[stopped(named(15), "P-BRANCH-1", "invitations", "frequency_cap", "private")],
    )


@pytest.fixture(scope="module")
def books() -> Playbooks:
    """Return the project's playbooks."""
    found = load(RULES).playbooks
    assert found is not None
    return found


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the run of the customers of the draft."""
    return make_run(tmp_path_factory.mktemp("run") / "out", {named(one): (average, average) for one, average in AVERAGES.items()})


def silent(problems: list[Problem]) -> list[Problem]:
    """Return problems after a look that none holds a value of a customer."""
    lines = "\n".join(map(str, problems))
    assert CANARY not in lines
    assert "1380000" not in lines
    assert "王" not in lines
    return problems


def codes(problems: list[Problem]) -> list[str]:
    """Return the codes of problems, each once, in order."""
    return sorted({one.rule for one in silent(problems)})


def of_rows(change: Change, books: Playbooks, root: Path) -> list[Problem]:
    """Return what is found where the rows were changed before files and manifests were made of them."""
    own = changed(draft(), change)
    own.settle(books)
    return check_written(*own.write(root), books)


def of_files(change: Change, books: Playbooks, root: Path) -> list[Problem]:
    """Return what is found where the files or manifests were changed, and every hash is right."""
    own = draft()
    own.settle(books)
    return check_written(*changed(own, change).write(root), books)


def test_sound_export_passes(books: Playbooks, tmp_path: Path) -> None:
    """Nothing is found in an export that keeps the rules, with its private part and without."""
    own = draft()
    own.settle(books)
    main, private = own.write(tmp_path)
    assert [] == [*manifests.verify(main)[1], *manifests.verify(private)[1]]
    assert [] == check_written(main, private, books)
    assert [] == check_written(main, None, books)


def test_staging_folder_is_read_by_its_manifest(books: Playbooks, tmp_path: Path) -> None:
    """The day is that of the manifest, whatever the folder's name."""
    own = changed(draft(), lambda one: one.sms[0].update(valid_until="2016-01-09"))
    own.settle(books)
    main, private = own.write(tmp_path)
    staging = main.rename(main.parent / ".staging-x")
    (problem,) = check_written(staging, private, books)
    assert (f"{DAY}/sms.csv", 2, "valid_until", "valid-until") == (problem.file, problem.row, problem.column, problem.rule)


def cut(file: str, place: int = -1) -> Change:
    """Return a change that takes a row out of a file of the main part."""
    return lambda one: one.main_files[file][1].pop(place)


def said(one: Draft, **cells: str) -> None:
    """Change the first message."""
    one.sms[0].update(cells)


def text(wanted: str) -> Change:
    """Return a change of the first message's text."""
    return lambda one: said(one, text=wanted)


SOUND = f"【示例银行】尊敬的王先生，{SAID['E-SMS-1']}拒收请回复R"
ROWS: dict[str, list[tuple[str, Change]]] = {
    "cell-formula": [
        ("equals", lambda one: one.lists["visits"][0].update(note="=1+1")),
        ("tab", lambda one: one.lists["visits"][0].update(display_name="\t王*")),
        ("minus in a private file", lambda one: one.private["wechat"][0].update(note="-1")),
        ("at in suppressed", lambda one: one.suppressed[0].update(branch="@x")),
    ],
    "phone-form": [
        ("short", lambda one: said(one, phone="1380013800")),
        ("no mobile", lambda one: said(one, phone="01065550000")),
        ("a list without number", lambda one: one.lists["calls"][0].update(phone="")),
    ],
    "phone-repeated": [("twice", lambda one: one.sms[1].update(phone=phone(1)))],
    "text-length": [
        ("too long", text(SOUND + "字" * 480)),
        ("two units each", text(SOUND + "😀" * 240)),
        ("wechat", lambda one: one.private["wechat"][0].update(text="字" * 501)),
    ],
    "text-signature": [("none", text(SOUND[6:])), ("another", text(SOUND.replace("示例", "样例"))), ("later", text("致" + SOUND))],
    "text-opt-out": [("none", text(SOUND.replace("拒收请回复R", ""))), ("half", text(SOUND.replace("R", "")))],
    "text-promise": [
        ("plain", text(SOUND + "保本")),
        ("with blanks", text(SOUND + "保 　本")),
        ("wechat", lambda one: one.private["wechat"][0].update(text="稳赚")),
    ],
    "text-private": [
        ("sms", text(SOUND + "私银产品")),
        ("wechat", lambda one: one.private["wechat"][0].update(text="信托一款")),
    ],
    "text-template": [
        ("free", text("【示例银行】尊敬的王先生，您好。拒收请回复R")),
        ("of another action", text(SOUND.replace(SAID["E-SMS-1"], SAID["D-SMS-7"]))),
        ("goes on", text(SOUND + "。")),
        ("another coupon", text(SOUND.replace("4.00%", "4.50%"))),
        ("another last day", text(SOUND.replace("3月19日", "3月29日"))),
        ("a telephone that the rules do not know", text(SOUND.replace("我行客服热线", "010-65550009"))),
        ("no telephone", text(SOUND.replace("我行客服热线", ""))),
        ("name too long", text(SOUND.replace("王先生", "王先生" + "王" * 10))),
        ("line end in a field", text(SOUND.replace("王先生", "王\u2028先生"))),
        ("the same text twice", lambda one: one.sms[2].update(text=one.sms[0]["text"])),
        ("wechat", lambda one: one.private["wechat"][0].update(text=ASKED.replace("当面", "电话"))),
        ("nothing", lambda one: one.private["wechat"][0].update(text="")),
    ],
    "text-names": [
        ("greeting", lambda one: one.sms[1].update(text=SOUND)),
        ("form of address", lambda one: one.sms[1].update(text=SOUND.replace("尊敬的", ""))),
    ],
    "send-window": [
        ("another day", lambda one: said(one, not_before="2016-01-04 09:00")),
        ("too early", lambda one: said(one, not_before=f"{DAY} 08:59")),
        ("too late", lambda one: said(one, not_after=f"{DAY} 21:00")),
        ("turned", lambda one: said(one, not_before=f"{DAY} 12:00", not_after=f"{DAY} 12:00")),
        ("no time", lambda one: said(one, not_after=DAY)),
    ],
    "valid-until": [("later", lambda one: said(one, valid_until="2016-01-31")), ("none", lambda one: said(one, valid_until=""))],
    "customer-repeated": [
        ("two messages", lambda one: one.sms.append(message(named(1), "E-SMS-1", phone(20)))),
        ("twice in a row", lambda one: said(one, customer_id=f"{named(1)}|{named(1)}", text=SOUND.replace("王先生", "客户"))),
        ("suppressed twice", lambda one: one.suppressed.append(stopped(named(9), "E-SMS-1", "sms", "opted_out", "effective"))),
    ],
    "contacted-twice": [
        ("called and written to", lambda one: one.sms.append(message(named(10), "G-SMS-1", phone(10), product="理财产品"))),
        ("visited and called", lambda one: one.lists["visits"].append(person(named(10), "G-SEMINAR", "金卡"))),
        ("openly and privately", lambda one: one.private["appointments"].append(person(named(10), "D-ALLOC-2", "金钻", phone=phone(10)))),
    ],
    "action-channel": [
        ("message in a list", lambda one: one.lists["visits"][0].update(action="S-SMS-1")),
        ("suppressed", lambda one: one.suppressed[0].update(action="S-POS")),
        ("private", lambda one: one.private["wechat"][0].update(action="P-WECHAT|P-ALLOC")),
    ],
    "reason-unknown": [("no gate", lambda one: one.suppressed[0].update(reason="whim"))],
    "both-ways": [("both", lambda one: one.suppressed[0].update(customer_id=named(1)))],
    "private-purpose": [("open", lambda one: one.lists["appointments"].append(person(named(20), "D-ALLOC-2", "金钻", phone=phone(20)))),
        ("suppressed", lambda one: one.suppressed.append(stopped(named(8), "D-ALLOC-2", "appointments", "no_consent", "gold_diamond"))),
    ],
    "private-client": [
        ("private message", lambda one: one.sms.append(message(named(15), "E-SMS-1", phone(15)))),
        ("private suppressed", lambda one: one.suppressed.append(stopped(named(7), "E-SMS-1", "sms", "no_consent", "private"))),
        ("by an open action", lambda one: one.private["appointments"].append(person(named(9), "P-MEET", "金卡", phone=phone(9)))),
        ("by the earlier tier", lambda one: one.private["appointments"][1].update(previous_tier_label="准私银")),
    ],
}  # fmt: skip
ALONE = {"reason-unknown": {"counts-differ"}}
"""What else a change brings about."""
LOOSE = {"text-length", "text-signature", "text-opt-out", "text-promise", "text-private", "text-names"}
"""Rules for texts; what breaks them is hardly ever a template's text."""


@pytest.mark.parametrize(
    ("code", "change"), [pytest.param(code, change, id=f"{code}: {name}") for code, all_of in ROWS.items() for name, change in all_of]
)
def test_row_that_breaks_a_rule_is_found(code: str, change: Change, books: Playbooks, tmp_path: Path) -> None:
    """One row is changed before files and manifests are made, and exactly its rule is found."""
    found = codes(of_rows(change, books, tmp_path))
    assert sorted({code} | ALONE.get(code, set())) == [one for one in found if code not in LOOSE or one != "text-template"]


@pytest.mark.parametrize(
    "said",
    [
        SOUND.replace("王先生", "欧阳女士"),
        SOUND.replace("朝阳支行", "我行网点"),
        SOUND.replace("发售。", "发售，工资卡里的资金也可认购。"),
        SOUND.replace("本期储蓄国债", "如有闲置资金，可了解本期储蓄国债："),
    ],
)
def test_every_wording_of_an_action_passes(said: str, books: Playbooks, tmp_path: Path) -> None:
    """Whatever a template or one of its variants gives is sound."""
    assert [] == of_rows(text(said), books, tmp_path)


def replaced(file: str, columns: tuple[str, ...] | None = None, *, bom: bool = True) -> Change:
    """Return a change of the form of a file of the main part."""

    def change(one: Draft) -> None:
        old, rows, _ = one.main_files[file]
        one.main_files[file] = (columns or old, rows, bom)

    return change


def moved(one: Draft) -> None:
    """Let two managers have each other's calls."""
    first, second = "branches/朝阳支行/M01.csv", "branches/朝阳支行/M02.csv"
    one.main_files[first], one.main_files[second] = one.main_files[second], one.main_files[first]


def mixed(one: Draft) -> None:
    """Let a manager have the row of another besides."""
    one.main_files["branches/朝阳支行/M01.csv"][1].extend(one.main_files["branches/朝阳支行/M02.csv"][1])
    del one.main_files["branches/朝阳支行/M02.csv"]


def miscounted(*path: str) -> Change:
    """Return a change of a number in the manifest."""

    def change(one: Draft) -> None:
        inner: Any = one.manifest
        for key in path[:-1]:
            inner = inner[key]
        inner[path[-1]] += 1

    return change


def both_counted(one: Draft) -> None:
    """Count one customer more as exported, and as selected, so that it adds up."""
    one.manifest["actions"]["E-SMS-1"]["selected"] += 1
    one.manifest["actions"]["E-SMS-1"]["exported"] += 1


def other_reason(one: Draft) -> None:
    """Let the manifest tell another reason."""
    one.manifest["actions"]["E-SMS-1"]["suppressed"] = {"opted_out": 1}


def private_offer(one: Draft) -> None:
    """Offer a private product to the many of a campaign."""
    next(row for row in one.main_files["contacts.csv"][1] if row["action"] == "G-CALL-2")["product"] = "信托"


def lost_visit(one: Draft) -> None:
    """Lose a row of a list and of its manager's file."""
    cut("visits.csv")(one)
    _, rows, _ = one.main_files["branches/朝阳支行/M01.csv"]
    rows[:] = [row for row in rows if row["channel"] != "visits"]


FILES: dict[str, list[tuple[str, Change]]] = {
    "export-manifest": [
        ("schema", lambda one: one.manifest.update(schema="vip-tiering run")),
        ("day", lambda one: one.manifest.update(on="5 January")),
        ("no actions", lambda one: one.manifest.pop("actions")),
        ("no number", lambda one: one.manifest["actions"]["E-SMS-1"].update(exported="2")),
        ("private", lambda one: one.private_manifest.update(schema="vip-tiering export")),
    ],
    "export-form": [
        ("columns", replaced("sms.csv", ("text", "phone"), bom=False)),
        ("mark", replaced("sms.csv", bom=True)),
        ("no mark", replaced("visits.csv", bom=False)),
        ("absent", lambda one: one.main_files.pop("visits.csv")),
        ("private absent", lambda one: one.private_files.pop("contacts.csv")),
    ],
    "counts-differ": [
        ("selected", miscounted("actions", "E-SMS-1", "selected")),
        ("exported", both_counted),
        ("reason", other_reason),
        ("rows", miscounted("channels", "sms", "rows")),
        ("customers", miscounted("channels", "sms", "customers")),
        ("private rows", miscounted("channels", "wechat", "private_rows")),
    ],
    "action-unknown": [
        ("not counted", lambda one: one.manifest["actions"].pop("S-POS")),
        ("no action", lambda one: one.manifest["actions"].update(X={"selected": 0, "exported": 0, "suppressed": {}})),
    ],
    "private-part": [("another", lambda one: setattr(one, "named_digest", "0"))],
    "contact-missing": [("forgotten", cut("contacts.csv", 0))],
    "contact-unlisted": [("message", cut("sms.csv", 0)), ("visit", lost_visit)],
    "private-offer": [("new product", private_offer)],
    "manager-rows": [
        ("lost", cut("branches/朝阳支行/M01.csv")),
        ("no file", lambda one: one.main_files.pop("branches/朝阳支行/M02.csv")),
        ("altered", lambda one: one.main_files["branches/朝阳支行/M01.csv"][1][-1].update(action="S-POS")),
    ],
    "manager-folder": [("exchanged", moved), ("mixed", mixed)],
}  # fmt: skip
BESIDE = {
    "contact-missing": {"counts-differ"},
    "contact-unlisted": {"counts-differ"},
}


@pytest.mark.parametrize(
    ("code", "change"), [pytest.param(code, change, id=f"{code}: {name}") for code, all_of in FILES.items() for name, change in all_of]
)
def test_file_that_breaks_a_rule_is_found(code: str, change: Change, books: Playbooks, tmp_path: Path) -> None:
    """A file or manifest is changed, every hash is right, and the rule is found; the counts tell of a lost row too."""
    assert sorted({code} | BESIDE.get(code, set())) == codes(of_files(change, books, tmp_path))


def test_number_of_rows_is_that_of_the_manifest(books: Playbooks, tmp_path: Path) -> None:
    """A file with another number of rows than its manifest says is found."""
    own = draft()
    own.settle(books)
    main, private = own.write(tmp_path)
    manifest = json.loads((main / "manifest.json").read_text(encoding="utf-8"))
    manifest["outputs"][0]["rows"] += 1
    rehash(main, {key: value for key, value in manifest.items() if key != "digest"})
    assert ["rows-differ"] == codes(check_written(main, private, books))


def test_findings_are_counted() -> None:
    """Of many rows the first are named, and how many there are besides."""
    problems = findings("sms.csv", "phone-form", list(range(SHOWN_ROWS + 5)), "phone")  # type: ignore[arg-type]
    assert SHOWN_ROWS + 1 == len(problems)
    assert (2, None) == (problems[0].row, problems[-1].row)
    assert problems[-1].message.endswith("; 5 more rows")


OWN = {8: {"birthday": "1950-01-01"}, 10: {"manager": "M02"}}
PEOPLE: dict[int, dict[str, str]] = {
    number: customer(number, **({"mobile": phone(2)} if number == 3 else {}), **OWN.get(number, {})) for number in AVERAGES
}
People = dict[int, dict[str, str]]


class Branch:
    """The files beside the run, and what is found with them."""

    def __init__(self, root: Path, run: Path, books: Playbooks) -> None:
        """Begin with customers who may be contacted, and nothing beside them."""
        self.root, self.run, self.books = root, run, books
        self.people: People = {number: dict(fields) for number, fields in PEOPLE.items()}
        self.events: list[tuple[str, str, str, str, str, str]] = []
        self.log: list[tuple[str, str, str, str]] = []
        self.barred: list[tuple[str, str, str, str]] = []
        self.draft = draft()
        self.product = ""

    def found(self) -> list[Problem]:
        """Return what is found of the people in the lists."""
        run_digest = manifests.manifest_of(self.run)["digest"]
        self.draft.settle(self.books, run_digest)
        for row in self.draft.main_files["contacts.csv"][1]:
            row["product"] = self.product if row["action"] == "G-CALL-2" else ""
        main, private = self.draft.write(self.root)
        customers = write_customers(self.root / "customers.csv", {named(one): fields for one, fields in self.people.items()})
        events = write_events(self.root / "events.csv", self.events)
        log = write_rows(self.root / "log.csv", ("customer_id", "channel", "date", "result"), self.log)
        barred = write_rows(self.root / "barred.csv", ("customer_id", "mobile", "channel", "since"), self.barred)
        known = read_incoming(customers, events, log, barred, self.books, 1 << 30)
        return check_people(main, private, self.books, self.run, known.customers, known.known)


@pytest.fixture
def branch(tmp_path: Path, run: Path, books: Playbooks) -> Branch:
    """Return a branch in which everybody may be contacted."""
    return Branch(tmp_path, run, books)


def with_fields(number: int, **fields: str) -> Callable[[Branch], object]:
    """Return a change of a customer."""
    return lambda one: one.people[number].update(fields)


def gone(one: Branch) -> None:
    """Take a customer out of the customer file."""
    del one.people[4]


def many_holders(one: Branch) -> None:
    """Let two more have the number that two have."""
    one.people |= {21: customer(2), 22: customer(2)}


def another_holder(**fields: str) -> Callable[[Branch], object]:
    """Return a change by which somebody who is in no list has the number of the first customer."""
    return lambda one: one.people.update({21: customer(1, **fields)})


def complaining_holder(one: Branch) -> None:
    """Let somebody who is in no list and has the number of the first customer have complained."""
    another_holder()(one)
    one.log.append((named(21), "visits", "2016-01-01", "complaint"))


def grave_illness(one: Branch) -> None:
    """Let the family of a customer whom his manager visits be ill."""
    one.events.append((named(4), "family_event", "illness", "2016-01-01", "", ""))


def too_risky(one: Branch) -> None:
    """Let a new product be riskier than the customer's rating."""
    one.people[10]["risk_rating"], one.product = "C3", "股票型基金"


def too_old(one: Branch) -> None:
    """Offer an insurance of uncertain benefit to somebody old, in a campaign."""
    one.people[10]["birthday"], one.product = "1956-01-05", "分红型养老保险"


def offered(code: str = "calls", word: str = "Y", level: str = "R5", **fields: str) -> Callable[[Branch], object]:
    """Return a change that lets the first row of a list say what may be offered, to a customer with other fields."""

    def change(one: Branch) -> None:
        row = one.draft.lists[code][0]
        row.update(may_market=word, max_risk=level)
        one.people[int(row["customer_id"].removeprefix(CANARY))].update(fields)
        if code == "calls":
            row["action"] = "G-CALL-3|G-CALL-4"
            one.draft.sms = [said for said in one.draft.sms if said["customer_id"] != row["customer_id"]]

    return change


def control_group(share: str) -> Callable[[Branch], object]:
    """Return a change by which an action has a control group: the number of the second and third customer is drawn by the second."""

    def change(one: Branch) -> None:
        books = load(rules_with_control(one.root, {"E-SMS-1": share})).playbooks
        assert books is not None
        one.books = books

    return change


def addressed(address: str, name: str) -> Callable[[Branch], object]:
    """Return a change that lets the first message address a customer of some name like this."""

    def change(one: Branch) -> None:
        one.people[1]["name"] = name
        one.draft.sms[0]["text"] = one.draft.sms[0]["text"].replace("王先生", address)

    return change


def shown_as(name: str) -> Callable[[Branch], object]:
    """Return a change that lets the first row of a list for people show the customer like this."""
    return lambda one: one.draft.lists["visits"][0].update(display_name=name)


GATES: list[tuple[str, tuple[str, ...], Callable[[Branch], object]]] = [
    ("nobody", (), lambda _: None),
    ("not in the file", ("client-unknown",), gone),
    ("frozen", ("client-status",), with_fields(1, status="frozen")),
    ("dead, visited", ("client-status",), with_fields(4, status="deceased")),
    ("seventeen", ("client-age",), with_fields(1, birthday="1998-01-06")),
    ("eighteen today", (), with_fields(1, birthday="1998-01-05")),
    ("eighteen on 1 March", ("client-age",), with_fields(4, birthday="2000-02-29")),
    ("age not known", (), with_fields(1, birthday="")),
    ("bereaved", ("client-bereaved",), lambda one: one.events.append((named(1), "family_event", "bereavement", "2015-10-07", "", ""))),
    ("bereaved long ago", (), lambda one: one.events.append((named(1), "family_event", "illness", "2015-10-06", "", ""))),
    ("a wedding", (), lambda one: one.events.append((named(1), "family_event", "wedding", "2016-01-01", "", ""))),
    ("bereaved, by the manager", ("client-bereaved",), grave_illness),
    ("refused", ("client-refused",), with_fields(1, consent_sms="N")),
    ("refused by the log", ("client-listed", "client-refused"), lambda one: one.log.append((named(1), "sms", "2014-01-01", "opt_out"))),
    ("refused another way", (), lambda one: one.log.append((named(1), "calls", "2014-01-01", "refused"))),
    ("wrong number by the log", ("client-listed",), lambda one: one.log.append((named(1), "calls", "2015-12-01", "wrong_number"))),
    ("wrong number of another", (), lambda one: one.log.append((named(22), "calls", "2015-12-01", "wrong_number"))),
    ("complained", ("client-refused",), lambda one: one.log.append((named(1), "calls", "2015-12-06", "complaint"))),
    ("complained long ago", (), lambda one: one.log.append((named(1), "calls", "2015-12-05", "complaint"))),
    ("holder complained", ("phone-holder",), complaining_holder),
    ("without a manager", ("client-manager", "manager-differs"), with_fields(14, manager="")),
    ("without a manager, no private purpose", ("manager-differs",), with_fields(5, manager="")),
    ("another manager", ("manager-differs",), with_fields(4, manager="M09")),
    ("a wealth manager of a merchant", (), with_fields(4, wealth_manager="W01")),
    ("a wealth manager for a rated meeting", ("manager-differs",), with_fields(8, wealth_manager="W01")),
    ("two of a household", ("household-twice",), with_fields(5, household_customer_id=named(4))),
    ("a household of messages", (), with_fields(1, household_customer_id=named(4))),
    ("a household of one", (), with_fields(5, household_customer_id=named(5))),
    ("refused a visit", ("client-listed", "client-refused"), lambda one: one.log.append((named(4), "visits", "2014-01-01", "refused"))),
    ("not asked", ("client-consent",), with_fields(1, consent_sms="")),
    ("not asked, visited", (), with_fields(4, consent_sms="", consent_call="", consent_wechat="")),
    ("not asked, rated call", ("client-consent",), with_fields(10, consent_call="")),
    ("listed by id", ("client-listed",), lambda one: one.barred.append((named(1), "", "", ""))),
    ("listed by number", ("client-listed",), lambda one: one.barred.append(("", phone(1), "sms", "2016-01-05"))),
    ("listed from tomorrow", (), lambda one: one.barred.append(("", phone(1), "all", "2016-01-06"))),
    ("listed for visits", ("client-listed",), lambda one: one.barred.append((named(4), "", "visits", ""))),
    ("holder frozen", ("phone-holder",), another_holder(status="frozen")),
    ("holder refused", ("phone-holder",), another_holder(consent_sms="N")),
    ("holder private", ("phone-holder",), another_holder(private_client="Y")),
    ("holder under age", ("phone-holder",), another_holder(birthday="2010-01-01")),
    ("holder was not asked", (), another_holder(consent_sms="")),
    ("one of two refused", ("client-refused", "phone-holder"), with_fields(3, consent_sms="N")),
    ("four holders", ("phone-shared",), many_holders),
    ("another number", ("phone-differs",), with_fields(1, mobile=phone(99))),
    ("no number", ("phone-differs", "phone-form"), with_fields(1, mobile="")),
    ("flagged", ("client-private",), with_fields(1, private_client="Y")),
    ("flagged, visited", ("client-private",), with_fields(4, private_client="Y")),
    ("no rating", ("client-rating",), with_fields(6, risk_rating="")),
    ("rated a year ago", ("client-rating",), with_fields(6, risk_rated_on="2015-01-05")),
    ("rated within the year", (), with_fields(6, risk_rated_on="2015-01-06")),
    ("rated tomorrow", ("client-rating",), with_fields(6, risk_rated_on="2016-01-06")),
    ("no day of rating", ("client-rating",), with_fields(6, risk_rated_on="")),
    ("too risky", ("client-risk",), with_fields(11, risk_rating="C1")),
    ("risky enough", (), with_fields(11, risk_rating="C2")),
    ("private product too risky", ("client-risk",), with_fields(14, risk_rating="C3")),
    ("new product too risky", ("client-risk",), too_risky),
    ("new product", (), lambda one: setattr(one, "product", "股票型基金")),
    ("new product not sold", ("client-risk",), lambda one: setattr(one, "product", "私募基金")),
    ("new product, sixty today", ("client-senior",), too_old),
    ("not qualified", ("client-unqualified",), with_fields(14, qualified_investor="N")),
    ("qualified on no day", ("client-unqualified",), with_fields(14, qualified_on="")),
    ("another surname", ("client-addressed",), with_fields(1, name="李小明")),
    ("another given name", (), with_fields(1, name="王 丹")),
    ("another form of address", ("client-addressed",), with_fields(1, gender="F")),
    ("form of address not known", ("client-addressed",), with_fields(1, gender="")),
    ("name not known", ("client-addressed",), with_fields(1, name="")),
    ("surname of a name with a dot", ("client-addressed",), with_fields(1, name="王·约翰")),
    ("surname of a long name", ("client-addressed",), with_fields(1, name="王约翰逊森")),
    ("surname of three after it", (), with_fields(1, name="王约翰逊")),
    ("half of a compound surname", ("client-addressed",), addressed("欧先生", "欧阳明")),
    ("compound surname", (), addressed("欧阳先生", "欧阳明")),
    ("compound surname of another", ("client-addressed",), addressed("欧阳先生", "王明")),
    ("no surname at all", ("client-addressed",), addressed("买先生", "买买提")),
    ("surname of another people's name", ("client-addressed",), addressed("古先生", "古丽娜尔")),
    ("guest", (), addressed("贵客", "买买提")),
    ("nobody", (), addressed("客户", "王小明")),
    ("given name shown", ("client-addressed",), shown_as("王小*")),
    ("another surname shown", ("client-addressed",), shown_as("李*")),
    ("form of address shown", (), shown_as("王先生")),
    ("another form of address shown", ("client-addressed",), shown_as("王女士")),
    ("nobody shown", (), shown_as("客户")),
    ("may be offered", (), offered()),
    ("refused a visit's offers", ("client-market",), offered("visits", consent_sms="N", consent_call="", consent_wechat="N")),
    ("consent for one way, visited", (), offered("visits", consent_sms="N", consent_call="Y", consent_wechat="N")),
    ("not asked, offered by call", ("client-market",), offered(consent_call="")),
    ("riskier than the rating", ("client-max-risk",), offered(risk_rating="C4")),
    ("rating too old to offer", ("client-max-risk",), offered(risk_rated_on="2014-01-01")),
    ("nothing to offer, but how risky", ("client-max-risk",), offered(word="N", level="R1")),
    ("small control group", (), control_group("20%")),
    ("control group", ("client-control",), control_group("21%")),
    ("senior", ("client-senior",), lambda one: one.draft.sms.append(message(named(8), "D-SMS-7", phone(8)))),
]  # fmt: skip


@pytest.mark.parametrize(("expected", "change"), [pytest.param(code, change, id=name) for name, code, change in GATES])
def test_customer_who_must_not_be_contacted_is_found(expected: tuple[str, ...], change: Callable[[Branch], object], branch: Branch) -> None:
    """One thing is changed in what is known of a customer, and exactly its rule is found."""
    change(branch)
    assert sorted(expected) == codes(branch.found())


def test_export_without_a_row_passes(branch: Branch) -> None:
    """An export of a day on which nobody is due has its files, and nothing is found in them."""
    branch.draft = Draft([], {}, {}, [], [])
    assert [] == branch.found()
    assert [] == check_written(branch.root / "lists" / DAY, branch.root / "lists.private" / DAY, branch.books)


@pytest.mark.parametrize(
    ("averages", "closing"),
    [
        ({named(1): (EFFECTIVE, PRIVATE)}, {}),
        ({named(1): (PRIVATE, EFFECTIVE)}, {}),
        ({named(1): (EFFECTIVE, EFFECTIVE)}, {named(1): 5_000_000}),
    ],
    ids=["tier", "earlier tier", "closing balance"],
)
def test_private_client_by_the_run_is_found(
    averages: dict[str, tuple[int, int]], closing: dict[str, int], books: Playbooks, tmp_path: Path
) -> None:
    """A private client is known by tier, earlier tier and closing balance of the run."""
    everybody = {named(one): (average, average) for one, average in AVERAGES.items()} | averages
    branch = Branch(tmp_path, make_run(tmp_path / "out", everybody, closing), books)
    assert ["client-private"] == codes(branch.found())


def test_every_rule_is_tried() -> None:
    """Each rule has a change that breaks it; what tells of one at a shared number needs other rules, so it is tried beside them."""
    tried = {*ROWS, *FILES, "rows-differ", "phone-form", *(code for _, expected, _ in GATES for code in expected)}
    assert set(HARD_RULES) - tried == {"text-tells"}
    assert "[text-tells]" in (Path(__file__).parent / "test_shared_numbers.py").read_text(encoding="utf-8")


def test_other_run_is_refused(branch: Branch, tmp_path: Path) -> None:
    """People are judged by the run of the export only."""
    branch.run = make_run(tmp_path / "out", {named(1): (GOLD, GOLD)})
    branch.found()
    branch.draft.manifest["made_from"] = {"run": "another"}
    main, private = branch.draft.write(tmp_path)
    customers = read_incoming(tmp_path / "customers.csv", None, None, None, branch.books, 1 << 30).customers
    assert ["run-unfit"] == codes(check_people(main, private, branch.books, branch.run, customers, Known()))


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with an export that the program made."""
    root = tmp_path_factory.mktemp("exported")
    run = make_run(root / "out", {named(one): (average, average) for one, average in AVERAGES.items()})
    customers = write_customers(root / "customers.csv", {named(one): fields for one, fields in PEOPLE.items()})
    assert 0 == export(run, customers, root / "lists").returncode
    return root


def verify(root: Path, *arguments: object) -> tuple[int, str, str]:
    """Return exit code, stdout and stderr of `vip playbook verify`."""
    result = vip("playbook", "verify", root / "lists" / DAY, "--rules", RULES, *arguments)
    assert CANARY not in result.stdout + result.stderr
    return result.returncode, result.stdout, result.stderr


def test_own_export_is_sound(exported: Path) -> None:
    """What the program exports keeps the rules, by its files and by the people."""
    status, out, _ = verify(exported)
    assert (0, True) == (status, "sound" in out and "by the files alone" in out)
    status, out, said_so = verify(exported, "--run", exported / "out" / "2015Q4", "--customers", exported / "customers.csv")
    assert (0, True) == (status, "by the customer file too" in out), said_so


def test_altered_file_is_found(exported: Path, tmp_path: Path) -> None:
    """A file that was altered is told with exit code 4, and nothing else is judged then."""
    shutil.copytree(exported, tmp_path, dirs_exist_ok=True)
    with (tmp_path / "lists" / DAY / "sms.csv").open("a", encoding="utf-8") as file:
        file.write("x\n")
    status, out, told = verify(tmp_path)
    assert (4, "") == (status, out)
    assert ["[output-altered]"] == [line.rpartition(" ")[2] for line in told.splitlines() if "warning" not in line]


def test_people_of_another_day_are_found(exported: Path) -> None:
    """Another customer file is named in a warning, and who must not be contacted by it is found; 20 lines at most."""
    frozen = {named(one): {**fields, "status": "frozen"} for one, fields in PEOPLE.items()}
    customers = write_customers(exported / "frozen.csv", frozen)
    status, _, told = verify(exported, "--run", exported / "out" / "2015Q4", "--customers", customers)
    assert 4 == status
    assert "warning: --customers: not the file" in told
    assert "[client-status]" in told


def test_private_part_that_is_absent_is_told(exported: Path, tmp_path: Path) -> None:
    """Without its private part an export is judged by the rest, with a warning; named and absent it is an error."""
    shutil.copytree(exported / "lists", tmp_path / "lists")
    status, _, told = verify(tmp_path)
    assert (0, True) == (status, "private part" in told)
    assert 4 == verify(tmp_path, "--private-out", tmp_path / "elsewhere")[0]


@pytest.mark.parametrize("arguments", [("--run", "out"), ("--customers", "c.csv"), ("--events", "e.csv")])
def test_options_that_belong_together(exported: Path, arguments: tuple[str, str]) -> None:
    """The people are judged by run and customer file together."""
    assert 2 == verify(exported, *arguments)[0]


def test_folder_that_is_no_export(run: Path, books: Playbooks, tmp_path: Path) -> None:
    """A run folder, or none at all, is not an export."""
    assert ["export-manifest"] == codes(check_written(run, None, books))
    assert ["export-manifest"] == codes(check_written(tmp_path, None, books))
    with pytest.raises(DataError):
        manifests.verify(tmp_path)
