"""What the rows of lists are made from: texts of customers by their position in the run, and whose rows are hidden."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering.lists.calendar_days import chinese_dates
from vip_tiering.lists.cases import Due
from vip_tiering.lists.facts import Facts
from vip_tiering.lists.forms import Customers, Int8s
from vip_tiering.lists.gates import Judged
from vip_tiering.lists.messages import OUR_BRANCH, OUR_MANAGER, addresses, fitting, number_texts, topic_labels
from vip_tiering.lists.overflow import Overflow
from vip_tiering.lists.people import People
from vip_tiering.raw_columns import Mask
from vip_tiering.rows import Int32s

UNASSIGNED: Final = "unassigned"
"""Stands for a branch or a manager that is not known."""


@dataclass(frozen=True)
class Desk:
    """What rows are made from, beside the verdicts. `private`, shape (n,): who in the run is a private client.

    `unsayable`: words that no message may hold.
    """

    people: People
    customers: Customers
    facts: Facts
    private: Mask
    last_contact: Int32s
    overflow: Overflow
    today: int
    list_valid_days: int
    unsayable: Sequence[str]

    def hidden(self, due: Due) -> Mask:
        """Return which rows of a case only private files may hold, shape (k,): of private clients, or for a private purpose."""
        hidden: Mask = self.private[due.at] | (due.case.purpose.code == "private")
        return hidden

    def text_of(self, field: str, at: Int32s) -> pa.Array:
        """Return a text of the customer file for customers of the run who have a profile, shape (k,)."""
        column = self.customers.text[field]
        return column.take(pa.array(self.people.profile[at])).cast(pa.string())

    def named(self, field: str, at: Int32s) -> pa.Array:
        """Return branch or manager, `unassigned` where there is none."""
        texts = self.text_of(field, at)
        return pc.if_else(pc.equal(texts, ""), UNASSIGNED, texts)

    def labels_of(self, level: Int8s) -> pa.Array:
        """Return the label of levels; "" for -1."""
        texts = [*(self.people.labels[code] for code in self.people.codes), ""]
        return pa.array(texts, pa.string()).take(pa.array(np.where(level < 0, len(texts) - 1, level).astype(np.int32)))

    def phones(self, at: Int32s) -> pa.Array:
        """Return the numbers of customers of the run; "" without one."""
        phone = self.customers.phone[self.people.profile[at]]
        return pc.fill_null(self.customers.numbers.take(pa.array(phone, mask=phone < 0)), "")

    def addresses_of(self, at: Int32s) -> tuple[pa.Array, pa.Array]:
        """Return how lists show customers, and how messages address them."""
        return addresses(self.text_of("name", at), self.customers.code["gender"][self.people.profile[at]])

    def fields_of(self, judged: Judged, at: Int32s, where: Int32s) -> dict[str, pa.Array | str]:
        """Return the fields of templates for customers `at` of the run, who stand at `where` among those of the case."""
        case, occasion = judged.due.case, judged.due.occasion
        offered = topic_labels(judged.topics[where], case.topics)
        return {
            "signature": (case.channel.message.signature or "") if case.channel.message else "",
            "opt_out": (case.channel.message.opt_out or "") if case.channel.message else "",
            "name": self.addresses_of(at)[1],
            "product": occasion.product.take(pa.array(where)) if occasion and not case.topics else offered,
            "event_date": chinese_dates(occasion.day[where]) if occasion else "",
            "points": number_texts(occasion.points[where]) if occasion else "",
            "tier_label": self.labels_of(self.people.level[at]),
            "branch": fitting(self.text_of("branch", at), "branch", OUR_BRANCH, self.unsayable),
            "manager": fitting(self.text_of("manager", at), "manager", OUR_MANAGER, self.unsayable),
        }
