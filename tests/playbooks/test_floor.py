"""Nothing in the rules is looser than docs/compliance.md unless somebody signed for it; each loosening is tried by itself."""

from __future__ import annotations

import datetime as dt
import re
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.helpers import RULES, vip
from vip_tiering.base.errors import RulesError
from vip_tiering.lists.export.notes import unapproved_texts
from vip_tiering.playbooks import gates
from vip_tiering.playbooks.load import load

SIGNED = "override: {approved_by: 行长 李明, approved_on: 2016-01-04, reason: 试行一季}"
NEEDS = "; a looser one needs override with approved_by, approved_on, reason"


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """Return a folder with a copy of the shipped rules."""
    return shutil.copytree(RULES, tmp_path / "rules")


def change(rules: Path, file: str, old: str, new: str) -> None:
    """Replace the first match of a pattern in a rule file; it must be there. A dot is any character, line ends too."""
    text = (rules / file).read_text("utf-8")
    changed, times = re.subn(old, new, text, count=1, flags=re.DOTALL)
    assert times
    (rules / file).write_text(changed, "utf-8")


def lines_of(rules: Path) -> list[str]:
    """Return the problems of a folder of rules, without the folder's own name; none where it is good."""
    try:
        load(rules)
    except RulesError as refused:
        return [str(problem).replace(f"{rules}/", "") for problem in refused.problems]
    return []


def sign(rules: Path, file: str, entry: str) -> None:
    """Write an override into the entry that begins with these words."""
    indent = " " * (len(entry) - len(entry.lstrip(" -")) or 2)
    change(rules, file, re.escape(entry), f"{entry}{SIGNED}, " if entry.endswith("{") else f"{entry}\n{indent}{SIGNED}")


PURPOSE_FIELDS = [
    (code, key, str(low).lower(), " or ".join(str(one).lower() for one in steps[steps.index(least) :]))
    for code, demands in gates.DEMANDS.items()
    for key, least in demands.items()
    for steps in [gates.STEPS[key]]
    for low in steps[: steps.index(least)]
]


def test_every_field_of_a_purpose_has_its_steps() -> None:
    """Whatever a purpose demands has an order from loose to strict, and the shipped rules stand exactly on the floor."""
    assert set(gates.STEPS) == set(gates.PurposeRule.model_fields) - {"code", "meaning", "meaning_zh", "text", "source", "override"}
    books = load(RULES).playbooks
    assert books is not None
    shipped = {
        one.code: {key: getattr(one, key) for key, steps in gates.STEPS.items() if getattr(one, key) != steps[0]}
        for one in books.gates.purposes
    }
    assert gates.DEMANDS == shipped
    assert list(gates.FORBIDDEN_WORDS) == books.gates.forbidden_words.words


@pytest.mark.parametrize(("code", "key", "low", "wanted"), PURPOSE_FIELDS)
def test_a_purpose_that_demands_less(code: str, key: str, low: str, wanted: str, rules: Path) -> None:
    """Every field of every purpose is refused below the floor, and passes with a name."""
    change(rules, "gates.yaml", rf"(- code: {code}\n.*?    {key}: )\w+", rf"\g<1>{low}")
    line = next(
        number for number, text in enumerate((rules / "gates.yaml").read_text("utf-8").splitlines(), 1) if text == f"  - code: {code}"
    )
    (told,) = lines_of(rules)
    assert re.fullmatch(rf"gates\.yaml:(\d+):\d+: purposes\[\d\]\.{key} must be {wanted}{NEEDS}", told)
    assert line < int(told.split(":")[1]) < line + 10
    change(rules, "gates.yaml", rf"(  - code: {code}\n)", rf"\g<1>    {SIGNED}\n")
    assert [] == lines_of(rules)


SEMINAR = r"(id: G-SEMINAR.*?channels: \[invitations\]\n)        campaign: true\n"
CASES = {
    "limit": (
        "gates.yaml",
        r"run_grace_days: \{value: 20",
        r"run_grace_days: {value: 21",
        r"limits.run_grace_days.value must be at most 20",
        "  run_grace_days: {",
    ),
    "private-bound": (
        "gates.yaml",
        "from_yuan: 5000000",
        "from_yuan: 5000001",
        "private_clients.from_yuan must be at most 5000000",
        "private_clients:",
    ),
    "word": ("gates.yaml", "刚兑, ", "", "forbidden_words.words must hold 刚兑", "forbidden_words:"),
    "words": (
        "gates.yaml",
        r"words: \[.*?\]",
        "words: [保本]",
        "forbidden_words.words must hold 预期收益、预期年化、保收益",
        "forbidden_words:",
    ),
    "cap-more": (
        "channels.yaml",
        "contacts: 4, days: 30",
        "contacts: 5, days: 30",
        "channels[0].caps must have caps of at most 4 in 30 days, as way: sms needs",
        "  - code: sms",
    ),
    "cap-shorter": (
        "channels.yaml",
        "contacts: 1, days: 14",
        "contacts: 1, days: 13",
        "channels[2].caps must have caps of at most 1 in 14 days, as way: call needs",
        "  - code: calls",
    ),
    "cap-gone": (
        "channels.yaml",
        r"(code: calls.*?)    caps:\n      - [^\n]*\n",
        r"\1",
        "channels[2] must have caps of at most 1 in 14 days, as way: call needs",
        "  - code: calls",
    ),
    "cap-of-wechat": (
        "channels.yaml",
        r"(code: wechat.*?)      - [^\n]*\n",
        r"\1",
        "channels[1].caps must have caps of at most 1 in 7 days, as way: wechat needs",
        "  - code: wechat",
    ),
    "window-early": (
        "channels.yaml",
        'not_before: "09:00"',
        'not_before: "08:59"',
        'channels[0].send_window.not_before must be "09:00" or later',
        "  - code: sms",
    ),
    "window-late": (
        "channels.yaml",
        'not_after: "20:00"',
        'not_after: "20:01"',
        'channels[0].send_window.not_after must be "20:00" or earlier',
        "  - code: sms",
    ),
    "window-gone": (
        "channels.yaml",
        r"    send_window: [^\n]*\n",
        "",
        'channels[0] must have a send_window from "09:00" to "20:00"',
        "  - code: sms",
    ),
    "bulk-to-private": (
        "playbooks.yaml",
        r"(tier: private\n.*?bulk: )barred",
        r"\1allowed",
        "playbooks[5].bulk must be barred: customers with 5000000 yuan or more stand in private",
        "  - tier: private",
    ),
    "bulk-to-pre-private": (
        "playbooks.yaml",
        r"(tier: pre_private\n.*?bulk: )barred",
        r"\1allowed",
        "playbooks[4].bulk must be barred: customers with 5000000 yuan or more stand in pre_private",
        "  - tier: pre_private",
    ),
    "tier-reaches-private": (
        "tiers.yaml",
        "min: 5000000",
        "min: 6000000",
        "playbooks[3].bulk must be barred: customers with 5000000 yuan or more stand in gold_diamond",
        "  - tier: gold_diamond",
    ),
    "seminar": (
        "playbooks.yaml",
        SEMINAR,
        r"\1",
        "playbooks[2].actions[11] must say campaign: true, since trigger: branch_date invites many",
        "      - id: G-SEMINAR",
    ),
    "seminar-false": (
        "playbooks.yaml",
        SEMINAR,
        r"\1        campaign: false\n",
        "playbooks[2].actions[11].campaign must say campaign: true, since trigger: branch_date invites many",
        "      - id: G-SEMINAR",
    ),
    "new-product": (
        "playbooks.yaml",
        r"(id: G-CALL-2.*?channels: \[calls\]\n)        campaign: true\n",
        r"\1",
        "playbooks[2].actions[6] must say campaign: true, since trigger: new_product invites many",
        "      - id: G-CALL-2",
    ),
    "uncertain-benefit": (
        "playbooks.yaml",
        r"(id: D-SMS-7.*?)channels: \[sms\](.*?)        message:.*?(        source)",
        r"\1channels: [calls]\2\3",
        "playbooks[3].actions[6] must say campaign: true, since it names participating_pension,",
        "      - id: D-SMS-7",
    ),
    "appointments-without-end": (
        "playbooks.yaml",
        r"(id: D-SMS-1\n.*?cadence_days: )90",
        r"\g<1>7",
        "playbooks[3].actions[0].cadence_days must be at least 14 on appointments, which has no caps",
        "      - id: D-SMS-1",
    ),
    "private-fund": (
        "products.yaml",
        r"    not_distributable: [^\n]*\n",
        "",
        "products[26] must say not_distributable, as kind: private_fund needs",
        "  - code: private_fund",
    ),
}
"""A file, what is loosened in it, how it is refused, and the entry that takes the override, in the file that is named."""


@pytest.mark.parametrize("case", CASES)
def test_a_loosening_is_refused_and_passes_with_a_name(case: str, rules: Path) -> None:
    """Each is told at its place with what would be right; with an override it passes, and is warned about instead."""
    file, old, new, wanted, entry = CASES[case]
    change(rules, file, old, new)
    (told,) = lines_of(rules)
    place, _, message = told.partition(": ")
    assert message.startswith(wanted)
    assert message.endswith(NEEDS)
    named = place.split(":")[0]
    sign(rules, named, entry)
    assert [] == lines_of(rules)
    books = load(rules).playbooks
    assert books is not None
    signed = [line for line in books.warnings if line.endswith(", but 行长 李明 allowed it on 2016-01-04: 试行一季")]
    assert [True] == [re.match(rf".*/{re.escape(named)}:\d+: \S", line) is not None for line in signed]


def test_stricter_needs_no_name(rules: Path) -> None:
    """More consent, fewer contacts, a shorter day, a lower bound and another word are free."""
    change(rules, "gates.yaml", "consent: not_needed", "consent: needed")
    change(rules, "gates.yaml", "from_yuan: 5000000", "from_yuan: 4000000")
    change(rules, "gates.yaml", r"words: \[", "words: [翻倍, ")
    change(rules, "channels.yaml", r"contacts: 1, days: 7(.*?)      - [^\n]*\n", r"contacts: 1, days: 14\1")
    change(rules, "channels.yaml", 'not_before: "09:00", not_after: "20:00"', 'not_before: "10:00", not_after: "18:00"')
    assert ["playbooks[3].bulk must be barred"] == [re.sub(r"^\S+ (\S+ must be barred).*$", r"\1", line) for line in lines_of(rules)]
    change(rules, "gates.yaml", "from_yuan: 4000000", "from_yuan: 5000000")
    assert [] == lines_of(rules)


def test_without_private_clients_the_shipped_number_stands(rules: Path) -> None:
    """Taking the bound out loosens nothing."""
    change(rules, "gates.yaml", r"private_clients:.*$", "")
    assert [] == lines_of(rules)
    change(rules, "playbooks.yaml", r"(tier: private\n.*?bulk: )barred", r"\1allowed")
    assert 1 == len(lines_of(rules))


def test_the_command_ends_with_3(rules: Path) -> None:
    """`vip rules check` refuses what is looser with exit code 3, and the override without a day as well."""
    change(rules, "gates.yaml", "rating: needed", "rating: none")
    done = vip("rules", "check", cwd=rules.parent)
    line = f"vip: rules/gates.yaml:52:13: purposes[4].rating must be needed{NEEDS}\n"
    assert (3, "", line) == (done.returncode, done.stdout, done.stderr)
    change(rules, "gates.yaml", "code: rated\n", "code: rated\n    override: {approved_by: 行长, reason: 试行}\n")
    assert 3 == vip("rules", "check", cwd=rules.parent).returncode


WRONG = {
    "insurance-of-fund": (
        "playbooks.yaml",
        r"(id: S-SMS-1\n.*?topics: \[)accident_insurance",
        r"\1bond_fund",
        "topics[0] is of kind: fund, which the purpose insurance does not judge; write purpose: [rated]",
    ),
    "insurance-of-card": (
        "playbooks.yaml",
        r"(id: S-SMS-1\n.*?topics: \[)accident_insurance",
        r"\1accident_insurance, credit_card",
        "topics[1] is of kind: card, which the purpose insurance does not judge; write purpose: [general]",
    ),
    "insurance-of-nothing": (
        "playbooks.yaml",
        r"(id: S-SMS-1\n.*?)        topics: [^\n]*\n",
        r"\1",
        "purpose insurance needs topics of kind: insurance",
    ),
    "general-insurance": (
        "playbooks.yaml",
        r"(id: S-SMS-1\n.*?purpose: \[)insurance",
        r"\1general",
        "topics[0] is an insurance, which the purpose general does not judge; write purpose: [insurance]",
    ),
    "reassess-often": (
        "playbooks.yaml",
        r"(trigger: no_rating\n    cadence_days: )90",
        r"\g<1>30",
        "cadence_days must be at least 90, the limits.reassess_days of gates.yaml",
    ),
    "reassess-always": (
        "playbooks.yaml",
        r"(trigger: no_rating\n)    cadence_days: 90\n    cadence_source: ours\n",
        r"\1",
        "trigger no_rating needs cadence_days of at least 90, the limits.reassess_days of gates.yaml",
    ),
    "reassess-later": (
        "gates.yaml",
        r"reassess_days: \{value: 90",
        "reassess_days: {value: 180",
        "cadence_days must be at least 180, the limits.reassess_days of gates.yaml",
    ),
    "sms-by-wechat": (
        "channels.yaml",
        "way: sms",
        "way: wechat",
        "public must be false for way: wechat; only way: sms goes to many at once",
    ),
    "sms-to-few": ("channels.yaml", "public: true", "public: false", "way sms needs public: true and message"),
    "sms-without-form": ("channels.yaml", r"    message:\n.*?(    source: 方案)", r"\1", "way sms needs public: true and message"),
    "calls-to-many": (
        "channels.yaml",
        r"(code: calls.*?public: )false",
        r"\1true",
        "public must be false for way: call; only way: sms goes to many at once",
    ),
    "message-by-call": (
        "channels.yaml",
        r"(code: wechat.*?way: )wechat",
        r"\1call",
        "message belongs to way: sms and way: wechat only",
    ),
    "sms-for-appointments": (
        "channels.yaml",
        "way: sms",
        "way: sms\n    appointment: true",
        "appointment belongs to way: call and way: in_person only",
    ),
    "senior-called": (
        "playbooks.yaml",
        "gate: senior, channel: appointments",
        "gate: senior, channel: calls",
        "instead.channel must be one with appointment: true in channels.yaml",
    ),
    "campaign-of-appointments": (
        "playbooks.yaml",
        r"(id: D-SMS-1\n.*?channels: \[appointments\]\n)",
        r"\1        campaign: true\n",
        "topics[0] is a private product on a public channel; make it an appointment",
    ),
}
"""A file, what is changed in it, and the path and message that must be among the problems."""


@pytest.mark.parametrize("case", WRONG)
def test_what_would_slip_past_the_gates_is_refused(case: str, rules: Path) -> None:
    """Topics that no gate judges, ratings asked for too often, and channels whose form does not fit their way."""
    file, old, new, wanted = WRONG[case]
    change(rules, file, old, new)
    told = lines_of(rules)
    assert any(re.match(r"\w+\.yaml:\d+:\d+: ", line) and line.endswith(wanted) for line in told), told


def test_calls_are_no_appointments(rules: Path) -> None:
    """Caps cannot be shed by calling calls appointments: campaigns and events do not go by one."""
    change(rules, "channels.yaml", "way: call", "way: call\n    appointment: true")
    told = lines_of(rules)
    assert any("campaign must not be true on calls: an appointment is made with one customer" in line for line in told)
    assert any("trigger must be regular or meeting on calls, which is for appointments" in line for line in told)


def said(rules: Path, action: str, words: str) -> list[str]:
    """Return the problems of the shipped rules with these words at the beginning of an action's message, without their places."""
    change(rules, "playbooks.yaml", rf"(id: {action}\n.*?          text: )(\$\{{signature\}}尊敬的\$\{{name\}}，)?", rf"\1\g<2>{words}")
    return [line.partition(" ")[2].partition(" ")[2] for line in lines_of(rules)]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("年化4.5%。", "年化4.5%"),
        ("收益率4%。", "收益率4%"),
        ("年 化 收益率可达４．５％。", "年化收益率可达4.5%"),
        ("七日年化2.1。", "年化2.1"),
        ("4.5%的回报。", "4.5%的回报"),
        ("业绩比较基准为百分之四点五。", "业绩比较基准为百分之四点五"),
    ],
)
@pytest.mark.parametrize("action", ["E-SMS-1", "S-SMS-3", "P-WECHAT"])
def test_a_yield_is_a_promise(action: str, words: str, found: str, rules: Path) -> None:
    """A yield in figures is refused in every text, whatever its purpose and however it is written."""
    assert [f"holds {found}, a yield; no message may promise one, so take the figure out"] == said(rules, action, words)


@pytest.mark.parametrize("words", ["手续费九五折。", "收益以实际为准。", "第4期、年化说明请到网点。", "千万别忘,一起来。"])
def test_what_is_no_yield_passes(words: str, rules: Path) -> None:
    """A cheaper fee, and the words alone, are not a yield."""
    assert [] == said(rules, "S-SMS-3", words)


@pytest.mark.parametrize(("action", "passes"), [("E-SMS-1", True), ("S-SMS-5", True), ("S-SMS-3", False), ("S-SMS-1", False)])
@pytest.mark.parametrize("words", ["手续费优惠5%。", "近一年涨百分之五。"])
def test_percentages_of_bonds_and_cards_alone(action: str, passes: bool, words: str, rules: Path) -> None:  # noqa: FBT001
    """A percentage beside a bond or a card is a fact; beside a wealth product or an insurance it could be a yield, and is refused."""
    found = words.removesuffix("。").removeprefix("手续费优惠").removeprefix("近一年涨")
    wanted = f"names {found}; only a text about a bond, a deposit, a card or a service may name a percentage"
    assert ([] if passes else [wanted]) == said(rules, action, words)


@pytest.mark.parametrize("words", ["票面年利率4.00%。", "年利率百分之四。", "票面利率${coupon}。"])
def test_a_coupon_is_a_fact_of_a_bond(words: str, rules: Path) -> None:
    """The published coupon of a bond may stand in its texts, in figures or by its field; a gain in the same figures may not."""
    assert [] == said(rules, "E-SMS-1", words)


def test_a_coupon_is_no_fact_of_others(rules: Path) -> None:
    """In the text of a fund the same figure is a yield, and the field is refused; nor may the coupon of a bond be called a gain."""
    assert ["holds 利率4.00%, a yield; no message may promise one, so take the figure out"] == said(rules, "S-SMS-3", "票面利率4.00%。")
    change(rules, "playbooks.yaml", "票面利率4.00%。", "票面利率${coupon}。")
    wanted = "holds ${coupon}, but feifan_zengli is of kind: wealth; only a bond or a deposit has a coupon"
    assert [wanted] == [line.partition(" ")[2].partition(" ")[2] for line in lines_of(rules)]
    shutil.copyfile(RULES / "playbooks.yaml", rules / "playbooks.yaml")
    assert ["holds 收益可达4.00%, a yield; no message may promise one, so take the figure out"] == said(
        rules, "E-SMS-1", "收益可达${coupon}。"
    )


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("近期信托产品起点100万元,请您当面一叙。", "names 信托; a text of the purpose private must name no such product (products.yaml)"),
        ("私 银产品。", "names 私银产品; a text of the purpose private must name no such product (products.yaml)"),
        ("起点100 万元。", "names the amount 100万元; a text of the purpose private asks for a meeting and names none"),
        ("三百万元起。", "names the amount 三百万元; a text of the purpose private asks for a meeting and names none"),
        ("一百万起。", "names the amount 一百万起; a text of the purpose private asks for a meeting and names none"),
    ],
)
def test_private_texts_ask_for_a_meeting(words: str, wanted: str, rules: Path) -> None:
    """Neither a product nor an amount of money stands in a text of the purpose private."""
    assert [wanted] == said(rules, "P-WECHAT", words)


def test_general_texts_name_no_investment(rules: Path) -> None:
    """A product with a risk level, and an insurance, is named by no general text; a bond without risk is."""
    assert [] == said(rules, "G-SMS-5", "储蓄国债、信用卡。")
    name = "names {}; a text of the purpose general must name no such product (products.yaml)"
    assert [name.format("债券型基金")] == said(rules, "E-SMS-1", "债券型基金。")
    change(rules, "playbooks.yaml", "债券型基金。", "意外保险。")
    assert [name.format("意外保险")] == [line.partition(" ")[2].partition(" ")[2] for line in lines_of(rules)]


def test_a_signature_has_a_day_that_has_come(rules: Path) -> None:
    """Approvals and reviews of tomorrow are refused in every file; those of today pass."""
    today = dt.date.today()  # noqa: DTZ011 (the branch's day)
    for day, count in ((today, 0), (today + dt.timedelta(days=1), 3)):
        for file in ("gates.yaml", "playbooks.yaml", "customers.yaml"):
            shutil.copyfile(RULES / file, rules / file)
        change(rules, "gates.yaml", "adult_age_years: {", f"adult_age_years: {{{SIGNED.replace('2016-01-04', str(day))}, ")
        change(rules, "playbooks.yaml", 'reviewed_by: "sample, replace before use"', f"reviewed_by: 合规部\n          reviewed_on: {day}")
        (rules / "customers.yaml").write_text(
            f"version: 1\nstatus:\n  not_delivered: {{approved_by: 行长, approved_on: {day}, reason: 试行}}\n", "utf-8"
        )
        told = [line.partition(": ")[2] for line in lines_of(rules)]
        places = [
            "status.not_delivered.approved_on",
            "limits.adult_age_years.override.approved_on",
            "playbooks[0].actions[0].message.reviewed_on",
        ]
        assert [f"{place} must not be in the future" for place in places][:count] == told


def test_an_export_warns_of_texts_without_a_day(rules: Path) -> None:
    """A text that went out is warned about where nobody reviewed it, and where nobody knows when."""
    change(rules, "playbooks.yaml", r'(id: E-SMS-2.*?)reviewed_by: "sample, replace before use"', r"\1reviewed_by: 合规部")
    books = load(rules).playbooks
    assert books is not None
    lists: Any = SimpleNamespace(counts={one: SimpleNamespace(exported=1) for one in ("E-SMS-1", "E-SMS-2")})
    assert [
        "sample texts that nobody reviewed went into lists, replace them before use: E-SMS-1",
        "texts without a day of approval went into lists, write reviewed_on: E-SMS-2",
    ] == list(unapproved_texts(lists, books))
