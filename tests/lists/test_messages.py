"""Texts that are sent: whole columns at once, against templates filled one by one; names that show no given name."""

from __future__ import annotations

import re
from string import Template

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers import RULES, examples
from vip_tiering.customers.cells.surnames import surnames
from vip_tiering.customers.cells.texts import NO_SURNAME, NOBODY_NAMED, addresses
from vip_tiering.lists.export.messages import render, render_message
from vip_tiering.lists.export.row_context import OUR_BRANCH, OUR_MANAGER, OUR_PHONE, RowContext, fitting, topic_labels
from vip_tiering.lists.verification.addresses import read_names
from vip_tiering.playbooks.actions import Action, Message, Variant
from vip_tiering.playbooks.checks.references import texts_of
from vip_tiering.playbooks.customers.customers_file import CODES, Branch, Staff
from vip_tiering.playbooks.load import Playbooks, load
from vip_tiering.playbooks.messages import FIELDS, forbidden_in, longest_units, segments, utf16_units, yield_in
from vip_tiering.playbooks.products import COUPON_KINDS, Product

TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12)
PIECES = st.lists(st.sampled_from(["${name}", "${product}", "${branch}", "$$", "您好", "=1+1", " ", "{name}"]), min_size=1, max_size=8)


@given(pieces=PIECES, rows=st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=20), branch=TEXTS)
@settings(max_examples=examples(10))
def test_columns_are_filled_as_single_texts_are(pieces: list[str], rows: list[tuple[str, str]], branch: str) -> None:
    """Every text is what string.Template makes of the same template and fields, whatever the fields hold."""
    template = "".join(pieces)
    fields = {"name": pa.array([name for name, _ in rows]), "product": pa.array([product for _, product in rows]), "branch": branch}
    expected = [Template(template).substitute(name=name, product=product, branch=branch) for name, product in rows]
    assert expected == render(template, fields, len(rows)).to_pylist()


def test_wording_follows_the_first_segment_that_fits() -> None:
    """A customer of two segments gets the wording that stands first; one of none gets the general text."""
    message = Message(
        text="一般${name}",
        variants=[Variant(segment="payroll", text="代发${name}"), Variant(segment="savings", text="储蓄${name}")],
        reviewed_by="合规部",
    )
    bits = {
        "payroll": np.array([False, True, False, True]),
        "savings": np.array([False, False, True, True]),
        "merchant": np.zeros(4, np.bool_),
        "settlement": np.zeros(4, np.bool_),
    }
    texts = render_message(message, bits, {"name": pa.array(["甲", "乙", "丙", "丁"])}, 4)
    assert ["一般甲", "代发乙", "储蓄丙", "代发丁"] == texts.to_pylist()


ADDRESSES = {
    ("张三", "M"): ("张先生", "张先生"),
    ("张三", "F"): ("张女士", "张女士"),
    ("张三", ""): ("张*", NOBODY_NAMED),
    ("张 三", "M"): ("张先生", "张先生"),
    ("張三", "M"): ("張先生", "張先生"),
    ("张**", "M"): ("张先生", "张先生"),
    ("王\ue863", "M"): ("王先生", "王先生"),
    ("欧阳修", "M"): ("欧阳先生", "欧阳先生"),
    ("欧阳", "F"): ("欧女士", "欧女士"),
    ("司马懿", "M"): ("司马先生", "司马先生"),
    ("上官婉儿", "F"): ("上官女士", "上官女士"),
    ("马明", "M"): ("马先生", "马先生"),
    ("古月", "F"): ("古女士", "古女士"),
    ("陈李美玲", "F"): ("陈女士", "陈女士"),
    ("买买提", "M"): ("买*", NO_SURNAME),
    ("买买提", ""): ("买*", NO_SURNAME),
    ("阿卜杜拉·买买提", "M"): ("阿*", NO_SURNAME),
    ("古丽", "F"): ("古*", NO_SURNAME),
    ("古丽娜尔", "F"): ("古*", NO_SURNAME),
    ("马合木提", "M"): ("马*", NO_SURNAME),
    ("司马义·艾买提", "M"): ("司马*", NO_SURNAME),
    ("王·约翰", "M"): ("王*", NO_SURNAME),
    ("王约翰逊森", "M"): ("王*", NO_SURNAME),
    ("𠮷田", "M"): ("𠮷*", NO_SURNAME),
    ("John Smith", "M"): ("J*", NO_SURNAME),
    ("=cmd|x", "M"): (NOBODY_NAMED, NO_SURNAME),
    ("[/red]", "F"): (NOBODY_NAMED, NO_SURNAME),
    ("", "F"): (NOBODY_NAMED, NOBODY_NAMED),
}
"""By name and gender: how lists show somebody, and how messages address him."""


def test_no_given_name_is_shown() -> None:
    """Lists show surname and form of address, else the surname and a star; messages 贵客 for a name that is not Chinese, else 客户."""
    gender = np.array([CODES["gender"].index(one) for _, one in ADDRESSES], np.int8)
    in_lists, in_messages = addresses(pa.array([name for name, _ in ADDRESSES]), gender)
    assert list(ADDRESSES.values()) == list(zip(in_lists.to_pylist(), in_messages.to_pylist(), strict=True))


@pytest.mark.parametrize("name", sorted({name for name, _ in ADDRESSES} | {one + "明" for one in ("单于", "万", "查", "覃", "冼")}))
def test_the_second_opinion_reads_names_alike(name: str) -> None:
    """What judges written lists finds by code of its own the same surname that messages are addressed by."""
    _, [address] = (one.to_pylist() for one in addresses(pa.array([name]), np.array([CODES["gender"].index("M")], np.int8)))
    _, [surname] = (one.to_pylist() for one in read_names(pa.array([name])))
    assert (f"{surname}先生" if surname else NO_SURNAME if name else NOBODY_NAMED) == address


def test_surnames_are_as_the_file_says() -> None:
    """Every word of the file stands once, is as long as its kind, and a name of another people begins like a surname."""
    known = surnames()
    assert [[1], [2]] == [sorted({*map(len, known.single)}), sorted({*map(len, known.compound)})]
    for words in known:
        assert len(words) == len(set(words))
    assert all(2 <= len(one) <= 3 and (one[0] in known.single or one[:2] in known.compound) for one in known.other_names)


@given(texts=st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=40), min_size=1, max_size=20))
@settings(max_examples=examples(10))
def test_no_field_is_wider_than_messages_count_on(texts: list[str]) -> None:
    """A text that is empty or might take more units than its field may is replaced; any other stays as it is."""
    for found, text in zip(fitting(pa.array(texts), "branch", "网点").to_pylist(), texts, strict=True):
        assert utf16_units(found) <= FIELDS["branch"].width
        assert found in (text, "网点")
        if 0 < len(text) <= FIELDS["branch"].width // 2:
            assert found == text


BOOK: Playbooks = load(RULES).playbooks  # type: ignore[assignment]
SHIPPED = [(action, text) for path, _, action in BOOK.file.placed_actions() for _, text in texts_of(path, action)]
CUSTOMERS = {
    "long": {
        "name": addresses(pa.array(["欧阳修"]), np.array([CODES["gender"].index("F")], np.int8))[1][0].as_py(),
        "branch": "内蒙古自治区呼和浩特市回民区中山西路支行营业部",
        "manager": "呼和浩特零零一",
        "branch_phone": "0471-65550001转80",
        "manager_name": "阿卜杜热合曼·麦麦提敏",
        "manager_phone": "0471-65550001转81",
    },
    "short": {
        "name": addresses(pa.array(["王明"]), np.array([CODES["gender"].index("M")], np.int8))[1][0].as_py(),
        "branch": "朝阳支行",
        "manager": "M01",
        "branch_phone": "95000",
        "manager_name": "张明",
        "manager_phone": "13800000001",
    },
    "of another people": {
        "name": addresses(pa.array(["阿卜杜热合曼·麦麦提敏"]), np.array([CODES["gender"].index("M")], np.int8))[1][0].as_py(),
        "branch": OUR_BRANCH,
        "manager": OUR_MANAGER,
        "branch_phone": OUR_PHONE,
        "manager_name": OUR_MANAGER,
        "manager_phone": OUR_PHONE,
    },
}
"""Of whom texts speak: with everything as long as it may be, or short, and somebody of whom the rules know nothing."""


@pytest.mark.parametrize("whom", CUSTOMERS)
@pytest.mark.parametrize(("action", "text"), SHIPPED, ids=[f"{action.id}-{number}" for number, (action, _) in enumerate(SHIPPED)])
def test_every_shipped_message_is_one_that_people_would_send(action: Action, text: str, whom: str) -> None:
    """For the longest and the shortest name a shipped text takes two segments at most and has no hole.

    It is signed, says how to refuse and whom to call, holds no half-width mark beside Chinese, and is clean by the lint.
    """
    form = BOOK.channels[action.channels[0]].message
    assert form is not None
    product = BOOK.products[(action.topics or [""])[0]]
    own = {"signature": form.signature or "", "opt_out": form.opt_out or "", "product": product.label, **product.facts}
    [said] = render(text, {**own, **CUSTOMERS[whom]}, 1).to_pylist()
    assert segments(utf16_units(said)) <= 2
    assert utf16_units(said) <= longest_units(text, form.signature or "", form.opt_out or "")
    assert "$" not in said
    assert re.search(r"[\u4e00-\u9fff][,:;()!?]|[,:;()!?][\u4e00-\u9fff]", said) is None
    assert CUSTOMERS[whom]["branch"] in said
    assert CUSTOMERS[whom]["branch_phone"] in said or CUSTOMERS[whom]["manager_phone"] in said
    assert [] == forbidden_in(said, BOOK.gates.forbidden_words.words)
    assert yield_in(said, coupon=product.kind in COUPON_KINDS) is None
    if action.channels == ["sms"]:
        assert said.startswith(f"【示例银行】尊敬的{CUSTOMERS[whom]['name']}，")
        assert said.endswith("拒收请回复R")
    if action.strictest in ("insurance", "rated"):
        assert product.label in said
    if product.kind in ("fund", "wealth") and product.offer == "public":
        assert "须谨慎" in said


def test_long_names_are_as_long_as_they_may_be() -> None:
    """What stands in for long values is as long as a field may be, or as any there is: a compound surname with its form of address."""
    long = CUSTOMERS["long"]
    assert ("欧阳女士", "贵客") == (long["name"], CUSTOMERS["of another people"]["name"])
    for name in ("branch", "branch_phone", "manager_phone"):
        assert FIELDS[name].width - 1 <= utf16_units(long[name]) <= FIELDS[name].width


def test_the_shipped_rules_warn_of_no_length() -> None:
    """Every field as wide as it may be, no shipped message takes more segments than its channel says."""
    assert [] == [one for one in BOOK.warnings if "segments" in one]


def test_branches_and_managers_are_looked_up_in_whatever_width() -> None:
    """A manager is known at his own branch alone; without a telephone he is reached by that of the branch; nobody else is known."""
    branches = [
        Branch(
            branch="朝阳支行", phone="010-65550001", managers=[Staff(manager="M01", name="张明"), Staff(manager="M02", phone="13800000002")]
        ),
        Branch(branch="海淀支行", managers=[Staff(manager="M01", name="李强", phone="13800000003")]),
    ]
    context = object.__new__(RowContext)
    object.__setattr__(context, "branches", branches)
    rows = [("朝阳支行", "M01"), ("朝阳支行 ", "Ｍ０２"), ("海淀支行", "M01"), ("海淀支行", "M02"), ("", "M01"), ("朝阳支行", "")]
    branch, manager = (pa.array(list(one)).dictionary_encode() for one in zip(*rows, strict=True))
    phone = "010-65550001"
    expected = [
        (phone, "张明", phone),
        (phone, "", "13800000002"),
        ("", "李强", "13800000003"),
        ("", "", ""),
        ("", "", ""),
        (phone, "", phone),
    ]
    assert expected == list(zip(*(one.to_pylist() for one in context.reached_by(branch, manager)), strict=True))


def test_topics_are_named_in_their_order() -> None:
    """The topics that may be offered are joined in the order of the playbook."""
    products = tuple(Product(code=f"p{n}", label=f"产品{n}", kind="fund", offer="public", risk="R1", source="ours") for n in range(3))
    found = topic_labels(np.array([0, 1, 5, 7], np.uint32), products).to_pylist()
    assert ["", "产品0", "产品0、产品2", "产品0、产品1、产品2"] == found
