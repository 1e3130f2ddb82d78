"""Records of customers as workbooks for their manager: an index, and a block for each customer, to be read before a call."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import IO, Any, Final

import pyarrow as pa

from vip_tiering.analysis.dossier.pages import Cell, Fact, Page, Part, pages_sheet
from vip_tiering.base.money import DECIMAL
from vip_tiering.base.schema import RESULT_CODES, UNASSIGNED
from vip_tiering.lists.selection.facts import WAYS
from vip_tiering.playbooks.customers.customers_file import EVENTS, FAMILY_KINDS
from vip_tiering.playbooks.load import Playbooks
from vip_tiering.publishing.file_names import safe_names
from vip_tiering.publishing.folders import Writer
from vip_tiering.publishing.workbook import Look, write_workbook
from vip_tiering.reports.words import BASES, CHANGES, STATES, Words

Document = Mapping[str, Any]
HEADERS: Final = {
    "number": "序号", "display_name": "客户", "customer_id": "客户号", "tier_label": "层级", "daily_average": "日均",
    "closing_balance": "期末余额", "state": "展望", "gap_to_next": "按目前余额季末距上一级", "products_lacking": "尚无的产品",
    "last_contact": "上次联系", "last_result": "结果", "last_obstacle": "阻碍", "next_event": "下一事件", "next_date": "事件日期",
}  # fmt: skip
"""Column of the index -> its header for people."""
_CHANGES: Final[dict[str | None, str]] = {**{code: pair[0] for code, pair in CHANGES.items()}, "kept": "保持", "initial": "首次", None: ""}
_OF_FILE: Final = {"birthday": "生日", "points_expire": "积分到期"}
"""Events that the customer file tells."""
_NOT_GIVEN: Final = {"do_not_contact": "谢绝联系名单", "events": "事件", "contact_log": "联系记录"}
"""Files without which more may be forbidden than a record knows."""
_NOT_RECORDED: Final = "未反馈"
_NOTHING: Final = "无"
_UNKNOWN: Final = "未知"
_PRIVATE: Final = "私密"


@dataclass(frozen=True)
class RecordFiles:
    """How every workbook is written; `private` holds whoever is a private client, and what only private files may say of others."""

    open: dict[str, Writer]
    private: dict[str, Writer]


def record_files(documents: Sequence[Document], books: Playbooks, on: dt.date) -> RecordFiles:
    """Return a workbook for each branch in which the customers of a manager are, and one for the private ones among them.

    An open workbook says nothing of private clients, and of others nothing that only a private file of an export said; whoever has
    such a contact stands in the private workbook too, there with all of them.
    """
    public = [{**one, "contacts": [each for each in one["contacts"] if not each["hidden"]]} for one in documents if not one["private"]]
    hidden = [one for one in documents if one["private"] or any(each["hidden"] for each in one["contacts"])]
    return RecordFiles(_workbooks(public, books, on), _workbooks(hidden, books, on, _PRIVATE))


def _workbooks(documents: Sequence[Document], books: Playbooks, on: dt.date, mark: str = "") -> dict[str, Writer]:
    files: dict[str, Writer] = {}
    named = Words("zh", {}).named
    branches = safe_names({one["branch"] for one in documents})
    for branch in sorted(branches):
        mine = [one for one in documents if one["branch"] == branch]
        manager = mine[0]["manager"]
        heading = "　".join(filter(None, (mark, "客户维护档案", f"{named('' if branch == UNASSIGNED else branch)} {manager}", str(on))))
        # Told apart from other workbooks of the manager, of other days, and of its private part, wherever it is copied to.
        name = "-".join(filter(None, ("维护档案", safe_names([manager])[manager], str(on), mark)))
        files[f"{branches[branch]}/{name}.xlsx"] = _workbook(mine, books, heading, mark)
    return files


def _workbook(documents: Sequence[Document], books: Playbooks, heading: str, mark: str) -> Writer:
    def write(sink: IO[bytes]) -> int:
        words = _BankWords(books)
        pages = [_page(number, one, words) for number, one in enumerate(documents, 1)]
        sheets = {"目录": _index(documents, words), "档案": pages_sheet(pages)}
        return write_workbook(sheets, HEADERS, sink, heading=heading, look=Look(title=heading), mark=mark)

    return write


class _BankWords:
    """The words of the bank for codes, as the rules have them."""

    def __init__(self, books: Playbooks) -> None:
        offered = books.customers.offered_words
        self.results = dict(zip(RESULT_CODES, offered("result", RESULT_CODES), strict=True)) | {"": _NOT_RECORDED}
        self.events = dict(zip(EVENTS, offered("event", EVENTS), strict=True)) | _OF_FILE
        self.kinds = dict(zip(FAMILY_KINDS, offered("kind", FAMILY_KINDS), strict=True))
        self.channels = {code: one.label for code, one in books.channels.items()}
        self.gates = {one.code: one.meaning_zh for one in books.gates.gates}
        of_people = [one for one in books.channels.values() if one.contact]
        self.ways = {way: "、".join(one.label for one in of_people if one.way == way) for way in WAYS}
        self.personal = [way for way in WAYS if any(one.way == way and not one.public for one in of_people)]

    def event(self, one: Mapping[str, str]) -> str:
        """Return an event; of a family event what happened."""
        kind = self.kinds.get(one["kind"], one["kind"])
        return self.events[one["event"]] + (f"：{kind}" if kind else "")


def _index(documents: Sequence[Document], words: _BankWords) -> pa.Table:
    """Return a line for each customer: tier and money, what is lacking, the last contact, what comes next."""
    last = [one["contacts"][0] if one["contacts"] else None for one in documents]
    ahead = [one["events"][0] if one["events"] else None for one in documents]
    outlook = [one["outlook"] if _may_tell_outlook(one) else None for one in documents]
    obstacles = [next((each["obstacle"] for each in one["contacts"] if each["obstacle"]), "") for one in documents]
    return pa.table(
        {
            "number": pa.array(range(1, len(documents) + 1), pa.int64()),
            **{name: _texts(one[name] for one in documents) for name in ("display_name", "customer_id", "tier_label")},
            **{name: _yuan(one[name] for one in documents) for name in ("daily_average", "closing_balance")},
            "state": _texts(STATES[one["state"]][0] if one else "" for one in outlook),
            "gap_to_next": _yuan(one["gap_to_next"] if one else None for one in outlook),
            "products_lacking": _texts("、".join(one["products_lacking"]) for one in documents),
            "last_contact": _texts(one["date"] if one else "" for one in last),
            "last_result": _texts(words.results[one["result"]] if one else "" for one in last),
            "last_obstacle": _texts(obstacles),
            "next_event": _texts(words.event(one) if one else "" for one in ahead),
            "next_date": _texts(one["date"] if one else "" for one in ahead),
        }
    )


def _page(number: int, document: Document, words: _BankWords) -> Page:
    """Return the page of a customer: what is forbidden, the facts, then quarters, contacts and what lies ahead."""
    title = f"{number}　{document['display_name']}　{document['tier_label']}　{document['customer_id']}"
    quarters = [one for one in document["quarters"] if one["problem"] is None]
    contacts, events = document["contacts"], document["events"]
    history: dict[str, list[Cell]] = {
        "季度": [one["quarter"] for one in quarters],
        "层级": [one["tier_label"] for one in quarters],
        "变动": [_CHANGES[one["change"]] for one in quarters],
        "日均": [_yuan_of(one["daily_average"]) for one in quarters],
        "期末余额": [_yuan_of(one["closing_balance"]) for one in quarters],
    }
    made: dict[str, list[Cell]] = {
        "日期": [one["date"] for one in contacts],
        "事项": [one["what"] for one in contacts],
        "渠道": [words.channels.get(one["channel"], one["channel"]) for one in contacts],
        "结果": [words.results[one["result"]] for one in contacts],
        **{header: [one[name] for one in contacts] for name, header in (("obstacle", "阻碍"), ("note", "备注"), ("by", "办理人"))},
    }
    ahead: dict[str, list[Cell]] = {
        "日期": [one["date"] for one in events],
        "事件": [words.event(one) for one in events],
        "产品": [one["product"] for one in events],
        "金额": [_yuan_of(one["amount"] or None) for one in events],
        "积分": [one["points"] for one in events],
    }
    parts = [_part("层级", history), _part("联系", made), _part("即将发生", ahead)]
    return Page(title, [*_bounds(document, words), *_facts(document)], parts)


def _bounds(document: Document, words: _BankWords) -> Iterable[Fact]:
    """Yield what must be known before anything else: what may be offered, and what the customer or the rules forbid."""
    may = document["may"]
    said = {way: _said(one, words) for one in may["ways"] if (way := one["way"]) in words.personal}
    whole = len({*said.values()}) == 1
    by_text = {text: "、".join(words.ways[way] for way in said if said[way] == text) for text in said.values()}
    offers = "；".join(text if whole else f"{ways}：{text}" for text, ways in by_text.items())
    yield Fact("可否营销", offers, forbids=not any(one["may_market"] for one in may["ways"] if one["way"] in said))
    yield Fact("谢绝方式", _declined(may, words), forbids=bool(may["barred"] or may["refused"]))
    if may["bereaved_until"]:
        yield Fact(words.gates["bereavement"], f"至 {may['bereaved_until']}（含）只做服务，不得营销", forbids=True)
    if may["no_offers_until"]:
        yield Fact("近期投诉", f"至 {may['no_offers_until']}（含）不得营销", forbids=True)
    yield Fact("风险等级", _rating(document), forbids=not may["rating_valid"])
    if may["not_given"]:
        yield Fact("未核对", f"未提供{'、'.join(_NOT_GIVEN[one] for one in may['not_given'])}，或有其他禁止事项", forbids=True)


def _said(way: Document, words: _BankWords) -> str:
    """Return what may be offered in a way, in the words of the sheet of the day; else why nobody may be contacted by it."""
    return f"不得联系（{words.gates[way['stopped_by']]}）" if way["stopped_by"] else way["may_offer"]


def _declined(may: Document, words: _BankWords) -> str:
    """Return the ways that the do-not-contact list closes, and those in which the customer wants to hear of no offer."""
    found = {words.gates["do_not_contact"]: may["barred"], "已拒绝营销": [one for one in may["refused"] if one not in may["barred"]]}
    everything = len(words.ways)
    return (
        "；".join(
            f"{'全部方式' if len(ways) == everything else '、'.join(words.ways[one] for one in ways)}（{why}）"
            for why, ways in found.items()
            if ways
        )
        or _NOTHING
    )


def _rating(document: Document) -> str:
    """Return the risk rating with its day, and why it does not hold."""
    may, rated_on = document["may"], document["risk_rated_on"]
    if not document["risk_rating"]:
        return "未测评"
    if not rated_on:
        return f"{document['risk_rating']}（无测评日期，无效）"
    too_early = "" if may["rating_valid"] else "，测评日期在后，尚无效"
    why = f"，{may['rating_ended_on']} 起已过期" if may["rating_ended_on"] else too_early
    return f"{document['risk_rating']}（{rated_on} 测评{why}）"


def _facts(document: Document) -> Iterable[Fact]:
    """Yield what else a manager must know of a customer, line by line."""
    basis = BASES.get(document["tier_basis"] or "", ("",))[0]
    yield Fact("本季层级", f"{document['tier_label']}（{basis}）" if basis else document["tier_label"])
    yield Fact("日均、期末余额", f"{_grouped(document['daily_average'])}、{_grouped(document['closing_balance'])}")
    if document["outlook"] and not document["may"]["bereaved_until"]:
        yield Fact("展望", _outlook(document))
    held, lacking = ("、".join(document[name]) or _NOTHING for name in ("products_held", "products_lacking"))
    yield Fact("持有产品", held if document["products_known"] else _UNKNOWN)
    yield Fact("尚无的产品", lacking if document["products_known"] else _UNKNOWN)
    if document["wealth_manager"]:
        yield Fact("理财经理", document["wealth_manager"])


def _may_tell_outlook(document: Document) -> bool:
    """Tell whether money is a matter on the day: the period goes on, and nobody in the family died or is gravely ill."""
    outlook = document["outlook"]
    return bool(outlook) and not document["may"]["bereaved_until"] and document["on"] <= outlook["last_day"]


def _outlook(document: Document) -> str:
    """Return where the customer will stand, and the money that decides it when it comes or goes on the day of the record."""
    outlook, money, on = document["outlook"], document["money_on"], document["on"]
    if on > outlook["last_day"]:
        return f"展望期已于 {outlook['last_day']} 结束，不作推算，请看新一期结果"
    stands = f"余额自 {document['last_day']} 起不变，则到 {outlook['last_day']} 为{outlook['projected_tier_label']}"
    said = [f"{stands}（{STATES[outlook['state']][0]}）"]
    if money is None:
        return "；".join([*said, f"{_month_day(on)}早于展望期（{outlook['first_day']} 起），不推算存取金额"])
    today = f"今天（{_month_day(on)}）"
    keeping = f"并保持到 {_month_day(outlook['last_day'])}"
    if outlook["next_tier_label"] and Decimal(outlook["gap_to_next"]):
        higher, now = outlook["next_tier_label"], _grouped(money["for_next"])
        said.append(f"距{higher}尚差日均 {_grouped(outlook['gap_to_next'])}，{today}存入 {now} {keeping}，可达{higher}")
    if money["cushion"] is not None and outlook["state"] != "falling":
        said.append(f"{today}至多可转出 {_grouped(money['cushion'])} 而不降级")
    if outlook["state"] == "falling":
        said.append(f"{today}存入 {_grouped(money['to_keep'])} {keeping}，可保级")
    return "；".join(said)


def _month_day(day: str) -> str:
    """Return a day such as 2016-03-25 as 3月25日."""
    date = dt.date.fromisoformat(day)
    return f"{date.month}月{date.day}日"


def _part(title: str, columns: Mapping[str, Sequence[Cell]]) -> Part:
    """Return a table with its title; the title says so where there is nothing."""
    return Part(title if any(columns.values()) else f"{title}：{_NOTHING}", columns)


def _yuan_of(amount: str | None) -> Decimal | None:
    return None if amount is None else Decimal(amount)


def _grouped(amount: str) -> str:
    return f"{Decimal(amount):,}"


def _texts(values: Iterable[str | None]) -> pa.Array:
    return pa.array([value or "" for value in values], pa.string())


def _yuan(amounts: Iterable[str | None]) -> pa.Array:
    return pa.array([None if one is None else Decimal(one) for one in amounts], DECIMAL)
