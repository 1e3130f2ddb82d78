"""Texts that are sent: whole columns at once, against templates filled one by one; names that show no given name."""

from __future__ import annotations

from string import Template

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers import examples
from vip_tiering.customers.texts import NOBODY_NAMED, addresses
from vip_tiering.lists.export.messages import render, render_message
from vip_tiering.lists.export.row_context import fitting, topic_labels
from vip_tiering.playbooks.actions import Message, Variant
from vip_tiering.playbooks.customers import CODES
from vip_tiering.playbooks.messages import FIELDS, utf16_units
from vip_tiering.playbooks.products import Product

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


def test_no_given_name_is_shown() -> None:
    """Lists show surname and form of address, else the surname and a star; messages fall back to 客户."""
    cases = {
        ("张三", "M"): ("张先生", "张先生"),
        ("张三", "F"): ("张女士", "张女士"),
        ("张三", ""): ("张*", NOBODY_NAMED),
        ("欧阳修", "M"): ("欧阳先生", "欧阳先生"),
        ("欧阳", "F"): ("欧女士", "欧女士"),
        ("𠮷田", "M"): ("𠮷先生", "𠮷先生"),
        ("John Smith", "M"): ("J*", NOBODY_NAMED),
        ("=cmd|x", "M"): (NOBODY_NAMED, NOBODY_NAMED),
        ("[/red]", "F"): (NOBODY_NAMED, NOBODY_NAMED),
        ("", "F"): (NOBODY_NAMED, NOBODY_NAMED),
    }
    gender = np.array([CODES["gender"].index(one) for _, one in cases], np.int8)
    in_lists, in_messages = addresses(pa.array([name for name, _ in cases]), gender)
    assert list(cases.values()) == list(zip(in_lists.to_pylist(), in_messages.to_pylist(), strict=True))


@given(texts=st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=40), min_size=1, max_size=20))
@settings(max_examples=examples(10))
def test_no_field_is_wider_than_messages_count_on(texts: list[str]) -> None:
    """A text that is empty or might take more units than its field may is replaced; any other stays as it is."""
    for found, text in zip(fitting(pa.array(texts), "branch", "网点").to_pylist(), texts, strict=True):
        assert utf16_units(found) <= FIELDS["branch"]
        assert found in (text, "网点")
        if 0 < len(text) <= FIELDS["branch"] // 2:
            assert found == text


def test_topics_are_named_in_their_order() -> None:
    """The topics that may be offered are joined in the order of the playbook."""
    products = tuple(Product(code=f"p{n}", label=f"产品{n}", kind="fund", offer="public", risk="R1", source="ours") for n in range(3))
    found = topic_labels(np.array([0, 1, 5, 7], np.uint32), products).to_pylist()
    assert ["", "产品0", "产品0、产品2", "产品0、产品1、产品2"] == found
