"""What the rows of lists are made from: texts of customers by their position in the run, and whose rows are hidden."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering.base.arrays import Int8s, Int32s, Mask, encoded, text_array, truth
from vip_tiering.base.money import Int64s
from vip_tiering.base.quarter import day_number
from vip_tiering.base.schema import UNASSIGNED
from vip_tiering.base.text import tidy
from vip_tiering.customers.cells.dates import chinese_dates
from vip_tiering.customers.cells.texts import addresses, utf16_lengths
from vip_tiering.customers.types import NOT_GIVEN, Customers
from vip_tiering.lists.selection.cases import Case
from vip_tiering.lists.selection.events import Window
from vip_tiering.lists.selection.facts import Facts
from vip_tiering.lists.selection.people import NOBODY, People
from vip_tiering.playbooks.customers.customers_file import CODES, OF_BRANCH, Branch
from vip_tiering.playbooks.gates import Limits
from vip_tiering.playbooks.messages import EVENT_FIELD, FIELDS, forbidden_in
from vip_tiering.playbooks.playbooks_file import ContactOrder
from vip_tiering.playbooks.products import FACTS, Product
from vip_tiering.rules.calendar import BranchDate

OUR_BRANCH: Final = "我行网点"
OUR_MANAGER: Final = "客户经理"
OUR_PHONE: Final = "我行客服热线"
"""Neutral words stand where the customer file, or the rules, name no branch, manager or telephone: no text goes out with a hole."""


@dataclass(frozen=True)
class RowContext:
    """What rows are made from, beside the verdicts. `private`, shape (n,): who in the run is a private client.

    `cases`: by their place; `overflow`: see `overflow_among`; `window`: the days that the lists are for; `order`: whom a manager
    contacts first; `taught`: the products that are taught; `unsayable`: words that no message may hold; `deposit_fen`: what
    money of the day brings each customer of the run to the next tier, NOT_GIVEN for none; `branches`: their telephones and managers;
    `branch_dates`: the events to which the branch invites.
    """

    people: People
    customers: Customers
    facts: Facts
    private: Mask
    cases: Sequence[Case]
    last_contact: Int32s
    overflow: pd.DataFrame
    window: Window
    limits: Limits
    order: ContactOrder | None
    taught: tuple[Product, ...]
    unsayable: Sequence[str]
    deposit_fen: Int64s
    branches: Sequence[Branch] = ()
    branch_dates: Sequence[BranchDate] = ()

    @property
    def today(self) -> int:
        """The day of the export."""
        return self.window.first

    def of_cases(self, what: Callable[[Case], Any], rows: pd.DataFrame) -> npt.NDArray[Any]:
        """Return what is told of the case of each row, shape (k,)."""
        told: npt.NDArray[Any] = np.array([*map(what, self.cases)] or [False])[rows["case"]]
        return told

    def by_case(self, rows: pd.DataFrame) -> Iterator[tuple[Case, pd.DataFrame]]:
        """Yield each case of rows with its own, in the order in which the cases come."""
        for place in rows["case"].unique():
            yield self.cases[place], rows[rows["case"] == place]

    def parted(self, rows: pd.DataFrame, table: Callable[[pd.DataFrame], pa.Table]) -> tuple[pa.Table, pa.Table]:
        """Return the table of rows, and that of those which only private files may hold: of private clients, or for a private purpose."""
        hidden = self.private[rows["at"]] | self.of_cases(lambda case: case.purpose.code == "private", rows)
        return table(rows[~hidden]), table(rows[hidden])

    def text_of(self, field: str, at: Int32s | pd.Series[int]) -> pa.Array:
        """Return a text of the customer file for customers of the run, shape (k,); null for those who are not in it."""
        profile = self.people.profile[at]
        return self.customers.text[field].take(pa.array(profile, mask=profile == NOBODY)).cast(pa.string())

    def named(self, field: str, at: Int32s | pd.Series[int]) -> pa.Array:
        """Return branch or manager, `unassigned` where there is none."""
        texts = pc.fill_null(self.text_of(field, at), "")
        return pc.if_else(pc.equal(texts, ""), UNASSIGNED, texts)

    def by_wealth_manager(self, rows: pd.DataFrame) -> Mask:
        """Return which rows of cases the customer's wealth manager acts on, shape (k,); of private clients none (semantics 12.11)."""
        meant = self.of_cases(lambda case: case.action.by == "wealth_manager" and not case.channel.public, rows)
        known = truth(pc.not_equal(self.named("wealth_manager", rows["at"]), UNASSIGNED))
        result: Mask = meant & known & ~self.private[rows["at"]]
        return result

    def acting(self, rows: pd.DataFrame) -> pa.Array:
        """Return who acts on each row of a case: the manager or the wealth manager, `unassigned` where there is none."""
        of_wealth = pa.array(self.by_wealth_manager(rows))
        return pc.if_else(of_wealth, self.named("wealth_manager", rows["at"]), self.named("manager", rows["at"]))

    def labels_of(self, level: Int8s) -> pa.DictionaryArray:
        """Return the label of levels; "" for -1."""
        texts = [*(self.people.labels[code] for code in self.people.codes), ""]
        return pa.DictionaryArray.from_arrays(np.where(level < 0, len(texts) - 1, level).astype(np.int32), pa.array(texts, pa.string()))

    def phones(self, at: Int32s | pd.Series[int]) -> pa.Array:
        """Return the numbers of customers of the run; "" without one."""
        phone = self.customers.phone[self.people.profile[at]]
        return pc.fill_null(self.customers.numbers.take(pa.array(phone, mask=phone < 0)), "")

    def addresses_of(self, at: Int32s | pd.Series[int]) -> tuple[pa.Array, pa.DictionaryArray]:
        """Return how lists show customers, and how messages address them; each name and gender is looked at once."""
        profile, names, size = self.people.profile[at], self.customers.text["name"], np.int64(len(CODES["gender"]))
        pairs = pa.array(names.indices.to_numpy()[profile] * size + self.customers.code["gender"][profile]).dictionary_encode()
        name, gender = np.divmod(pairs.dictionary.to_numpy(), size)
        in_lists, in_messages = addresses(names.dictionary.take(pa.array(name)), gender.astype(np.int8))
        return in_lists.take(pairs.indices), pa.DictionaryArray.from_arrays(pairs.indices, in_messages)

    def lacking(self, at: Int32s) -> pa.Array:
        """Return the products that are taught and that customers do not hold, joined by 、, shape (k,); "" where nobody knows."""
        if "products_held" not in self.customers.given:
            return pa.repeat("", len(at))
        lacks = np.zeros(len(at), np.uint32)
        for number, product in enumerate(self.taught):
            lacks |= np.where(self.facts.held[product.code][self.people.profile[at]], np.uint32(0), np.uint32(1 << number))
        return topic_labels(lacks, self.taught)

    def products_of(self, case: Case, rows: pd.DataFrame) -> pa.Array:
        """Return the labels of what rows of a case offer: its topics, or what their events name."""
        return topic_labels(rows["topics"].to_numpy(), case.topics) if case.topics else text_array(rows["product"])

    def values_of(self, case: Case, rows: pd.DataFrame) -> dict[str, pa.Array | str]:
        """Return the fields of templates for rows of a case; what repeats is a dictionary."""
        at = rows["at"].to_numpy()
        branch = self.customers.text["branch"].take(pa.array(self.people.profile[at]))
        acting = encoded(self.acting(rows))
        manager = pa.DictionaryArray.from_arrays(acting.indices, pc.if_else(pc.equal(acting.dictionary, UNASSIGNED), "", acting.dictionary))
        message = case.channel.message
        facts = case.topics[0].facts if len(case.topics) == 1 else {}
        of_branch = zip(OF_BRANCH, self.reached_by(branch, manager), (OUR_PHONE, OUR_MANAGER, OUR_PHONE), strict=True)
        return {
            "signature": (message.signature or "") if message else "",
            "opt_out": (message.opt_out or "") if message else "",
            "name": self.addresses_of(at)[1],
            "product": self.products_of(case, rows),
            "event_date": chinese_dates(rows["day"].to_numpy()),
            EVENT_FIELD: self.invited_to(case, rows) if case.action.trigger == "branch_date" else "",
            "points": _number_texts(rows["points"].to_numpy()),
            "tier_label": self.labels_of(self.people.level[at]),
            "branch": fitting(branch, "branch", OUR_BRANCH, self.unsayable),
            "manager": fitting(manager, "manager", OUR_MANAGER, self.unsayable),
            **{name: facts.get(name, "") for name in FACTS},
            **{name: fitting(texts, name, otherwise, self.unsayable) for name, texts, otherwise in of_branch},
        }

    def events_of(self, rows: pd.DataFrame) -> Int32s:
        """Return the place among `branch_dates` of the event to which each row invites, shape (k,); -1 for none."""
        found = np.full(len(rows), -1, np.int32)
        action, branch = self.of_cases(lambda case: case.action.id, rows), self.named("branch", rows["at"])
        for place, one in enumerate(self.branch_dates):
            meant = (action == one.action) & (rows["day"] == day_number(one.date)).to_numpy()
            found[meant if one.branch is None else meant & truth(pc.equal(branch, one.branch))] = place
        return found

    def invited_to(self, case: Case, rows: pd.DataFrame) -> pa.Array:
        """Return what the event of each row is called, its day, when it begins and where, shape (k,)."""
        event = self.events_of(rows)
        named = pa.array(["", *(one.event or "" for one in self.branch_dates)], pa.string()).take(pa.array(event + 1))
        when = pa.array(["", *map(_when_and_where, self.branch_dates)], pa.string()).take(pa.array(event + 1))
        return pc.binary_join_element_wise(pc.if_else(pc.equal(named, ""), self.products_of(case, rows), named), when, " ")

    def interested(self, rows: pd.DataFrame) -> Mask:
        """Return which rows invite somebody to what he cares for, by the customer file, shape (k,)."""
        result, event = np.zeros(len(rows), np.bool_), self.events_of(rows)
        interests = self.text_of("interests", rows["at"])
        for place, one in enumerate(self.branch_dates):
            if one.interests:
                words = "|".join(map(re.escape, one.interests))
                pattern = rf"(?:^|\|)\s*(?:{words})\s*(?:\||$)"
                result |= (event == place) & truth(pc.match_substring_regex(interests, pattern, ignore_case=True))
        return result

    def reached_by(self, branch: pa.Array, manager: pa.Array) -> list[pa.DictionaryArray]:
        """Return the telephone of each branch, and name and telephone of each manager, shape (n,) each; "" where the rules give none.

        Each branch with each of its managers is looked up once. A manager without a telephone is reached by that of the branch.
        """
        known = {tidy(one.branch): one for one in self.branches}
        staff = {(name, tidy(one.manager)): one for name, of_one in known.items() for one in of_one.managers or ()}
        branches, managers = encoded(branch), encoded(manager)
        size = np.int64(max(1, len(managers.dictionary)))
        pairs = pa.array(branches.indices.to_numpy() * size + managers.indices.to_numpy()).dictionary_encode()
        first, second = np.divmod(pairs.dictionary.to_numpy(), size)
        told = []
        for one, other in zip(branches.dictionary.take(pa.array(first)), managers.dictionary.take(pa.array(second)), strict=True):
            name = tidy(one.as_py())
            of_one, who = known.get(name), staff.get((name, tidy(other.as_py())))
            phone = of_one.phone if of_one else None
            told.append((phone, who.name if who else None, (who.phone if who else None) or phone))
        columns = zip(*told, strict=True) if told else ((), (), ())
        return [pa.DictionaryArray.from_arrays(pairs.indices, pa.array([text or "" for text in one], pa.string())) for one in columns]


def _when_and_where(event: BranchDate) -> str:
    """Return such as 1月19日 14:00 朝阳支行三楼; an invitation goes out so shortly before that no year is said."""
    return " ".join(filter(None, (f"{event.date.month}月{event.date.day}日", event.time, event.place)))


def fitting(texts: pa.Array, field: str, otherwise: str, unsayable: Sequence[str] = ()) -> pa.DictionaryArray:
    """Return the texts of a field, with `otherwise` where one is empty or longer than the width that messages count on.

    Also where one holds a word that no message may hold, such as a branch that is called like a private product.
    """
    coded = encoded(texts)  # branches and managers repeat
    distinct = coded.dictionary
    units = utf16_lengths(distinct)
    sayable = pa.array([not forbidden_in(text, unsayable) for text in distinct.to_pylist()], pa.bool_())
    fits = pc.and_(sayable, pc.and_(pc.greater(units, 0), pc.less_equal(units, FIELDS[field].width)))
    return pa.DictionaryArray.from_arrays(coded.indices, pc.if_else(fits, distinct, otherwise))


def topic_labels(topics: npt.NDArray[np.uint32], products: tuple[Product, ...]) -> pa.Array:
    """Return the labels of the topics that may be offered, joined by 、, shape (k,). `topics`: bit i for product i."""
    distinct, index = np.unique(topics, return_inverse=True)
    texts = ["、".join(one.label for number, one in enumerate(products) if bits >> number & 1) for bits in distinct.tolist()]
    return pa.array(texts, pa.string()).take(pa.array(index))


def _number_texts(values: Int64s) -> pa.Array:
    """Return whole numbers as text, shape (n,); "" for NOT_GIVEN."""
    return pc.if_else(pa.array(values != NOT_GIVEN), pa.array(values).cast(pa.string()), "")
