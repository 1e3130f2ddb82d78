"""What the rows of lists are made from: texts of customers by their position in the run, and whose rows are hidden."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering.base.arrays import Int8s, Int32s, Mask
from vip_tiering.base.schema import UNASSIGNED
from vip_tiering.customers.dates import chinese_dates
from vip_tiering.customers.texts import addresses
from vip_tiering.customers.types import Customers
from vip_tiering.lists.export.messages import OUR_BRANCH, OUR_MANAGER, fitting, number_texts, topic_labels
from vip_tiering.lists.selection.cases import Due
from vip_tiering.lists.selection.facts import Facts
from vip_tiering.lists.selection.gates import Judged
from vip_tiering.lists.selection.history import Overflow
from vip_tiering.lists.selection.people import People
from vip_tiering.playbooks.customers import CODES


@dataclass(frozen=True)
class RowContext:
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
        return self._coded_labels(level).cast(pa.string())

    def _coded_labels(self, level: Int8s) -> pa.DictionaryArray:
        texts = [*(self.people.labels[code] for code in self.people.codes), ""]
        return pa.DictionaryArray.from_arrays(np.where(level < 0, len(texts) - 1, level).astype(np.int32), pa.array(texts, pa.string()))

    def phones(self, at: Int32s) -> pa.Array:
        """Return the numbers of customers of the run; "" without one."""
        phone = self.customers.phone[self.people.profile[at]]
        return pc.fill_null(self.customers.numbers.take(pa.array(phone, mask=phone < 0)), "")

    def addresses_of(self, at: Int32s) -> tuple[pa.Array, pa.DictionaryArray]:
        """Return how lists show customers, and how messages address them; each name and gender is looked at once."""
        profile, names, size = self.people.profile[at], self.customers.text["name"], np.int64(len(CODES["gender"]))
        pairs = pa.array(names.indices.to_numpy()[profile] * size + self.customers.code["gender"][profile]).dictionary_encode()
        name, gender = np.divmod(pairs.dictionary.to_numpy(), size)
        in_lists, in_messages = addresses(names.dictionary.take(pa.array(name)), gender.astype(np.int8))
        return in_lists.take(pairs.indices), pa.DictionaryArray.from_arrays(pairs.indices, in_messages)

    def fields_of(self, judged: Judged, at: Int32s, where: Int32s) -> dict[str, pa.Array | str]:
        """Return the fields of templates for customers `at` of the run, who stand at `where` among those of the case.

        What repeats is a dictionary.
        """
        case, occasion = judged.due.case, judged.due.occasion
        profile = pa.array(self.people.profile[at])
        branch, manager = (self.customers.text[name].take(profile) for name in ("branch", "manager"))
        offered = topic_labels(judged.topics[where], case.topics)
        return {
            "signature": (case.channel.message.signature or "") if case.channel.message else "",
            "opt_out": (case.channel.message.opt_out or "") if case.channel.message else "",
            "name": self.addresses_of(at)[1],
            "product": occasion.product.take(pa.array(where)) if occasion and not case.topics else offered,
            "event_date": chinese_dates(occasion.day[where]) if occasion else "",
            "points": number_texts(occasion.points[where]) if occasion else "",
            "tier_label": self._coded_labels(self.people.level[at]),
            "branch": fitting(branch, "branch", OUR_BRANCH, self.unsayable),
            "manager": fitting(manager, "manager", OUR_MANAGER, self.unsayable),
        }
