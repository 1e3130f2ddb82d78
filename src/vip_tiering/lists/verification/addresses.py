"""How written lists address customers: by a surname that the name begins with and the form for the gender, by code of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering.base.arrays import truth
from vip_tiering.base.errors import Problem
from vip_tiering.base.money import Int64s
from vip_tiering.customers.cells.surnames import surnames
from vip_tiering.customers.types import Customers
from vip_tiering.lists.verification.entries import Export, findings_in
from vip_tiering.lists.verification.texts import TITLES, templates
from vip_tiering.playbooks.customers.customers_file import CODES

_FORMS: Final = {"": "", "F": "女士", "M": "先生"}
_NOBODY: Final = "客户"
_GIVEN: Final = "[\\p{Han}\\p{Co}*\uff0a]"


def check_addresses(export: Export, person: Int64s, customers: Customers) -> Iterator[Problem]:
    """Yield rows that address somebody by another surname or form than his, or show more than the surname. `person`: position, or -1."""
    lists, known = export.lists, person >= 0
    coded = customers.text["name"].take(pa.array(np.where(known, person, 0)))
    name, surname = (words.take(coded.indices) for words in read_names(coded.dictionary))
    forms = pa.array([_FORMS[code] for code in CODES["gender"]], pa.string()).take(pa.array(customers.code["gender"][person]))
    right = pc.if_else(pc.and_(pc.not_equal(surname, ""), pc.not_equal(forms, "")), pc.binary_join_element_wise(surname, forms, ""), "")

    said = pa.array(lists["address"].astype("str").fillna(""), pa.string())
    theirs = pc.or_(pc.equal(pc.utf8_slice_codeunits(said, -3), right), pc.equal(said, right))
    own = [title for title in TITLES if any(title in text for text in templates(export.books.actions()))]
    meant = pc.and_(pc.not_equal(said, ""), pc.invert(pc.is_in(pc.utf8_slice_codeunits(said, -2), value_set=pa.array(own, pa.string()))))
    yield from findings_in(lists, "client-addressed", known & truth(meant) & ~truth(theirs), "text")

    shown = pa.array(lists["display_name"].astype("str").fillna(""), pa.string())
    one, two = (pc.utf8_slice_codeunits(name, 0, length) for length in (1, 2))
    double = pc.is_in(two, value_set=pa.array(surnames().compound, pa.string()))  # 司马义 is no 司马, and shown as 司马*
    starred = (pc.and_(double, _starred(shown, two)), pc.and_(pc.or_(pc.invert(double), pc.equal(surname, one)), _starred(shown, one)))
    hidden = pc.or_(pc.is_in(shown, value_set=pa.array(["", _NOBODY])), pc.or_(*starred))
    sound = pc.or_(hidden, pc.and_(pc.equal(shown, right), pc.not_equal(right, "")))
    yield from findings_in(lists, "client-addressed", known & ~truth(sound), "display_name")


def _starred(shown: pa.Array, begins: pa.Array) -> pa.Array:
    return pc.equal(shown, pc.binary_join_element_wise(begins, "*", ""))


def read_names(names: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Return names without blanks and the surnames that they begin with, shape (k,); "" where a name is not Chinese."""
    known = surnames()
    names = pc.replace_substring_regex(names, "[\\s\\p{Z}]+", "")
    form = f"^(?:(?P<two>{'|'.join(known.compound)}){_GIVEN}{{1,3}}|(?P<one>[{''.join(known.single)}]){_GIVEN}{{0,3}})$"
    found = pc.extract_regex(names, form)
    surname = pc.binary_join_element_wise(*(pc.fill_null(pc.struct_field(found, part), "") for part in ("two", "one")), "")
    foreign = pc.match_substring_regex(names, f"^(?:{'|'.join(known.other_names)})")
    return names, pc.if_else(foreign, "", surname)
