"""Records of customers as workbooks for their manager: an index, and a block for each customer, to be read before a call."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import IO, Any, Final

import pyarrow as pa

from vip_tiering.base.money import DECIMAL
from vip_tiering.base.schema import RESULT_CODES, UNASSIGNED
from vip_tiering.playbooks.customers.customers_file import EVENTS, FAMILY_KINDS
from vip_tiering.playbooks.load import Playbooks
from vip_tiering.publishing.file_names import safe_names
from vip_tiering.publishing.folders import Writer
from vip_tiering.publishing.workbook import SheetPart, write_workbook
from vip_tiering.reports.words import BASES, CHANGES, STATES, Words

Document = Mapping[str, Any]
HEADERS: Final = {
    "number": "序号", "display_name": "客户", "customer_id": "客户号", "tier_label": "层级", "daily_average": "日均",
    "closing_balance": "期末余额", "state": "展望", "gap_to_next": "按目前余额季末距上一级", "products_lacking": "尚无的产品",
    "last_contact": "上次联系", "last_result": "结果", "last_obstacle": "阻碍", "next_event": "下一事件", "next_date": "事件日期",
    "item": "项目", "content": "内容", "quarter": "季度", "change": "变动", "date": "日期", "what": "事项", "channel": "渠道",
    "result": "结果", "obstacle": "阻碍", "note": "备注", "by": "办理人", "event": "事件", "product": "产品", "amount": "金额",
    "points": "积分",
}  # fmt: skip
"""Column of a record -> its header for people."""
_CHANGES: Final[dict[str | None, str]] = {**{code: pair[0] for code, pair in CHANGES.items()}, "kept": "未变", "initial": "首次", None: ""}
_OF_FILE: Final = {"birthday": "生日", "points_expire": "积分到期"}
"""Events that the customer file tells."""
_NOT_RECORDED: Final = "未反馈"
_NOTHING: Final = "无"
_UNKNOWN: Final = "未知"


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
    return RecordFiles(_workbooks(public, books, on), _workbooks(hidden, books, on, "私密　"))


def _workbooks(documents: Sequence[Document], books: Playbooks, on: dt.date, mark: str = "") -> dict[str, Writer]:
    files: dict[str, Writer] = {}
    named = Words("zh", {}).named
    branches = safe_names({one["branch"] for one in documents})
    for branch in sorted(branches):
        mine = [one for one in documents if one["branch"] == branch]
        manager = mine[0]["manager"]
        heading = f"{mark}客户维护档案　{named('' if branch == UNASSIGNED else branch)} {manager}　{on}"
        files[f"{branches[branch]}/{safe_names([manager])[manager]}.xlsx"] = _workbook(mine, books, heading)
    return files


def _workbook(documents: Sequence[Document], books: Playbooks, heading: str) -> Writer:
    def write(sink: IO[bytes]) -> int:
        words = _BankWords(books)
        blocks = [part for number, one in enumerate(documents, 1) for part in _block(number, one, words)]
        return write_workbook({"目录": _index(documents, words), "档案": blocks}, HEADERS, sink, heading=heading)

    return write


class _BankWords:
    """The words of the bank for codes, as the rules have them."""

    def __init__(self, books: Playbooks) -> None:
        offered = books.customers.offered_words
        self.results = dict(zip(RESULT_CODES, offered("result", RESULT_CODES), strict=True)) | {"": _NOT_RECORDED}
        self.events = dict(zip(EVENTS, offered("event", EVENTS), strict=True)) | _OF_FILE
        self.kinds = dict(zip(FAMILY_KINDS, offered("kind", FAMILY_KINDS), strict=True))
        self.channels = {code: one.label for code, one in books.channels.items()}

    def event(self, one: Mapping[str, str]) -> str:
        """Return an event; of a family event what happened."""
        kind = self.kinds.get(one["kind"], one["kind"])
        return self.events[one["event"]] + (f"：{kind}" if kind else "")


def _index(documents: Sequence[Document], words: _BankWords) -> pa.Table:
    """Return a line for each customer: tier and money, what is lacking, the last contact, what comes next."""
    last = [one["contacts"][0] if one["contacts"] else None for one in documents]
    ahead = [one["events"][0] if one["events"] else None for one in documents]
    outlook = [one["outlook"] for one in documents]
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


def _block(number: int, document: Document, words: _BankWords) -> list[SheetPart]:
    """Return the block of a customer: the facts, then quarters, contacts and what lies ahead."""
    title = f"{number}　{document['display_name']}　{document['tier_label']}　{document['customer_id']}"
    facts = dict(_facts(document))
    quarters = [one for one in document["quarters"] if one["problem"] is None]
    contacts, events = document["contacts"], document["events"]
    history = {
        "quarter": _texts(one["quarter"] for one in quarters),
        "tier_label": _texts(one["tier_label"] for one in quarters),
        "change": _texts(_CHANGES[one["change"]] for one in quarters),
        "daily_average": _yuan(one["daily_average"] for one in quarters),
        "closing_balance": _yuan(one["closing_balance"] for one in quarters),
    }
    made = {
        "date": _texts(one["date"] for one in contacts),
        "what": _texts(one["what"] for one in contacts),
        "channel": _texts(words.channels.get(one["channel"], one["channel"]) for one in contacts),
        "result": _texts(words.results[one["result"]] for one in contacts),
        **{name: _texts(one[name] for one in contacts) for name in ("obstacle", "note", "by")},
    }
    ahead = {
        "date": _texts(one["date"] for one in events),
        "event": _texts(map(words.event, events)),
        "product": _texts(one["product"] for one in events),
        "amount": _yuan(one["amount"] or None for one in events),
        "points": _texts(one["points"] for one in events),
    }
    return [
        SheetPart(title, pa.table({"item": _texts(facts), "content": _texts(facts.values())})),
        _part("层级", history, len(quarters)),
        _part("联系", made, len(contacts)),
        _part("即将发生", ahead, len(events)),
    ]


def _facts(document: Document) -> Iterable[tuple[str, str]]:
    """Yield what a manager must know of a customer, line by line."""
    basis = BASES.get(document["tier_basis"] or "", ("",))[0]
    yield "本季层级", f"{document['tier_label']}（{basis}）" if basis else document["tier_label"]
    yield "日均、期末余额", f"{_grouped(document['daily_average'])}、{_grouped(document['closing_balance'])}"
    if document["outlook"]:
        yield f"展望至 {document['outlook']['last_day']}", _outlook(document["outlook"])
    held, lacking = ("、".join(document[name]) or _NOTHING for name in ("products_held", "products_lacking"))
    yield "持有产品", held if document["products_known"] else _UNKNOWN
    yield "尚无的产品", lacking if document["products_known"] else _UNKNOWN
    rated = f"（{document['risk_rated_on']} 测评）" if document["risk_rated_on"] else ""
    yield "风险等级", f"{document['risk_rating']}{rated}" if document["risk_rating"] else "未测评"
    if document["wealth_manager"]:
        yield "理财经理", document["wealth_manager"]


def _outlook(outlook: Document) -> str:
    """Return where the customer will stand, and the money that decides it."""
    said = [f"余额不变则为{outlook['projected_tier_label']}（{STATES[outlook['state']][0]}）"]
    if outlook["next_tier_label"] and Decimal(outlook["gap_to_next"]):
        now = outlook["deposits"][0]["for_next"]
        said.append(f"距{outlook['next_tier_label']}尚差日均 {_grouped(outlook['gap_to_next'])}，现在存入 {_grouped(now)} 可达")
    if outlook["cushion"] is not None and outlook["state"] != "falling":
        said.append(f"可转出 {_grouped(outlook['cushion'])} 不降级")
    if outlook["state"] == "falling":
        said.append(f"现在存入 {_grouped(outlook['deposits'][0]['to_keep'])} 可保级")
    return "；".join(said)


def _part(title: str, columns: Mapping[str, pa.Array], rows: int) -> SheetPart:
    """Return a table with its title; the title alone where there is nothing."""
    return SheetPart(title, pa.table(columns)) if rows else SheetPart(f"{title}：{_NOTHING}")


def _grouped(amount: str) -> str:
    return f"{Decimal(amount):,}"


def _texts(values: Iterable[str | None]) -> pa.Array:
    return pa.array([value or "" for value in values], pa.string())


def _yuan(amounts: Iterable[str | None]) -> pa.Array:
    return pa.array([None if one is None else Decimal(one) for one in amounts], DECIMAL)
