"""The plan as the branch wrote it: for each tier its measures, for whom, how, how often, when, in which words, by which clause.

Everything is what the rules say, in Chinese; `base.words` has what the rules have no words for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from vip_tiering.base.money import FEN_PER_YUAN
from vip_tiering.base.quarter import Quarter
from vip_tiering.base.words import BOOK, BOOK_COLUMNS, ORIGINS, TRIGGERS, Words
from vip_tiering.playbooks.actions import Action, Lobby, Trigger
from vip_tiering.playbooks.channels import Channel
from vip_tiering.playbooks.customers.customers_file import SEGMENTS
from vip_tiering.playbooks.load import Playbooks
from vip_tiering.playbooks.messages import EVENT_FIELD, parts_of
from vip_tiering.rules.calendar import LABELS
from vip_tiering.rules.tiers import Ladder

_CHINESE: Final = Words("zh")
_FEN_PER_WAN: Final = 10_000 * FEN_PER_YUAN
_DONE_BY_WAY: Final = {"sms": "sent", "in_person": "met"}
"""What becomes of a list, by the way of its channel; on all others somebody is called."""


@dataclass(frozen=True)
class Done:
    """What became of an action on a tier in a quarter, in customers: on a list, with a result, reached."""

    listed: int
    contacted: int
    reached: int


NOTHING: Final = Done(0, 0, 0)


@dataclass(frozen=True)
class Progress:
    """How far a quarter has come. `days`: of its exports, in order; `done`: by tier and action, of those that any list named."""

    quarter: Quarter
    days: tuple[str, ...]
    done: Mapping[tuple[str, str], Done] = field(default_factory=dict)


@dataclass(frozen=True)
class BookTier:
    """A tier of the book. `bounds`: its averages; `note`: why nothing is planned; `rows`: a text for each column but the tier."""

    code: str
    label: str
    bounds: str
    note: str
    rows: list[dict[str, str]]


@dataclass(frozen=True)
class Book:
    """The whole plan, the lowest tier first."""

    title: str
    subtitle: str
    columns: dict[str, str]
    tiers: list[BookTier]


def book_of(books: Playbooks, ladder: Ladder, tiers: Sequence[str] = (), progress: Progress | None = None) -> Book:
    """Return the plan of some tiers, all by default. `progress`: what was done in a quarter, where that is to be told."""
    bounds = dict(zip((tier.code for tier in ladder.tiers), _bounds(ladder), strict=True))
    wanted = [code for code in books.labels if not tiers or code in tiers]
    return Book(
        title=BOOK["title"],
        subtitle=_subtitle(books, progress),
        columns=dict(BOOK_COLUMNS),
        tiers=[
            BookTier(
                code=code,
                label=books.labels[code],
                bounds=bounds.get(code, ""),
                note=books.of_tier[code].reason_zh or "",
                rows=rows_of(books, code, progress),
            )
            for code in wanted
        ],
    )


def rows_of(books: Playbooks, tier: str, progress: Progress | None = None) -> list[dict[str, str]]:
    """Return what is done for a tier: a row for each action, with the keys of `BOOK_COLUMNS` but for the tier."""
    return [_row(books, tier, action, origin, progress) for action, origin in books.actions_of(tier)]


def _subtitle(books: Playbooks, progress: Progress | None) -> str:
    source = books.file.source
    if progress is None:
        return BOOK["source"].format(source=source)
    quarter = BOOK["quarter"].format(year=progress.quarter.year, number=progress.quarter.number)
    if not progress.days:
        return BOOK["source_and_no_list"].format(source=source, quarter=quarter)
    first, last = progress.days[0], progress.days[-1]
    return BOOK["source_and_quarter"].format(source=source, quarter=quarter, exports=len(progress.days), first=first, last=last)


def _bounds(ladder: Ladder) -> Iterator[str]:
    """Yield for each tier between which averages it lies, such as 2万至10万元; the upper bound belongs to the tier above."""
    for tier, above in zip(ladder.tiers, [*ladder.tiers[1:], None], strict=True):
        low = _amount(tier.min_fen)
        yield BOOK["from"].format(low=low) if above is None else BOOK["from_to"].format(low=low, high=_amount(above.min_fen))


def _amount(fen: int) -> str:
    """Return an amount as people say it: 20,000.00 is 2万, and 25,000.00 is 2.5万."""
    wan, rest = divmod(fen, _FEN_PER_WAN)
    if not rest:
        return BOOK["wan"].format(number=f"{wan:,}")
    tenths = fen * 10 // _FEN_PER_WAN
    if tenths * _FEN_PER_WAN == fen * 10:
        return BOOK["wan"].format(number=f"{tenths // 10:,}.{tenths % 10}")
    return f"{fen // FEN_PER_YUAN:,}.{fen % FEN_PER_YUAN:02d}".removesuffix(".00")


def _row(books: Playbooks, tier: str, action: Action, origin: str, progress: Progress | None) -> dict[str, str]:
    channel = books.channels[action.channels[0]]
    return {
        "id": action.id,
        "what": action.what_zh + ("" if action.active else BOOK["inactive"]),
        "whom": _whom(books, action),
        "how": _how(books, action),
        "how_often": _how_often(action),
        "when": BOOK["or"].join(_when(action, trigger) for trigger in action.triggers),
        "text": _text(books, action),
        "source": "；".join(filter(None, (action.source_zh or action.source, _CHINESE.of(ORIGINS, origin)))),
        "done": _done(channel, progress.done.get((tier, action.id), NOTHING)) if progress is not None else "",
    }


def _whom(books: Playbooks, action: Action) -> str:
    audience = action.audience
    if audience.who == "visitors":
        who = BOOK["visitors"]
    elif audience.mainly:
        who = BOOK["mainly"].format(segments=BOOK["and"].join(_segment(books, one) for one in audience.mainly))
    else:
        who = BOOK["tier_customers"]
    return "\n".join(filter(None, (who, audience.note_zh)))


def _segment(books: Playbooks, code: str) -> str:
    """Return the bank's own word for a segment."""
    return dict(zip(SEGMENTS, books.customers.offered_words("segments", SEGMENTS), strict=True))[code]


def _how(books: Playbooks, action: Action) -> str:
    ways = BOOK["or"].join(books.channels[code].label for code in action.channels)
    instead = BOOK["instead"].format(channel=books.channels[action.instead.channel].label) if action.instead else ""
    return "\n".join(filter(None, (ways, instead)))


def _how_often(action: Action) -> str:
    """Return how often, in words: once per event or quarter, every so many days, and whose number that is."""
    often = []
    if action.once_per is not None:
        often.append(BOOK["once_per_event" if action.once_per == "event" else "once_per_run"])
    if action.lobby is not None:
        often.append(BOOK["once_a_year"])
    if action.cadence_days is not None:
        every = BOOK["every_days" if action.trigger == "regular" else "at_least_days"].format(days=action.cadence_days)
        often.append(every + (BOOK["cadence_ours"] if action.cadence_source == "ours" else ""))
    return BOOK["and"].join(often) or BOOK["none_text"]


def _when(action: Action, trigger: Trigger) -> str:
    """Return what makes an action due, with its days."""
    before = BOOK["days_before"].format(days=action.within_days) if action.within_days else BOOK["the_day"]
    after = BOOK["for_days"].format(days=action.for_days) if action.for_days else ""
    festival = _festival(action.lobby) if action.lobby is not None else ""
    return _CHINESE.of(TRIGGERS, trigger).format(before=before, after=after, festival=festival)


def _festival(lobby: Lobby) -> str:
    """Return when an event in the hall takes place."""
    festival = LABELS[lobby.festival]
    if lobby.first_day and lobby.last_day:
        return BOOK["season"].format(festival=festival, first=_month_day(lobby.first_day), last=_month_day(lobby.last_day))
    if lobby.working_days_before:
        return BOOK["before_festival"].format(festival=festival, days=lobby.working_days_before)
    return BOOK["at_festival"].format(festival=festival)


def _month_day(day: str) -> str:
    month, _, of_month = day.partition("-")
    return BOOK["month_day"].format(month=int(month), day=int(of_month))


def _text(books: Playbooks, action: Action) -> str:
    """Return what is said: the message with its wordings by segment, else what lists say; fields are called by name."""
    if action.lobby is not None:
        return BOOK["material"].format(material=action.lobby.material, days=action.lobby.prepare_working_days)
    message = action.message
    if message is None:
        return _filled(books, action, action.listed_as) if action.listed_as else BOOK["none_text"]
    wordings = ((_segment(books, one.segment), _filled(books, action, one.text)) for one in message.variants or ())
    lines = [_filled(books, action, message.text), *(BOOK["of_segment"].format(segment=who, text=text) for who, text in wordings)]
    return "\n".join([*lines, *([BOOK["sample"]] if message.is_sample else [])])


def _filled(books: Playbooks, action: Action, text: str) -> str:
    """Return a text with what is known without a customer; every other field stands there by its name for people."""
    form = next((form for _, form in action.forms_in(books.channels)), None)
    known = {"signature": form.signature, "opt_out": form.opt_out} if form else {}
    known[EVENT_FIELD] = BOOK["field"].format(field=BOOK["event"])
    if action.topics is not None and len(action.topics) == 1:
        known["product"] = books.products[action.topics[0]].label
    return "".join(plain or known.get(name) or BOOK["field"].format(field=books.headers.get(name, name)) for plain, name in parts_of(text))


def _done(channel: Channel, done: Done) -> str:
    """Return what was done, in words; nothing where a channel makes no list."""
    if not channel.contact:
        return ""
    if not done.contacted:
        return BOOK["listed"].format(listed=done.listed)
    told = BOOK[_DONE_BY_WAY.get(channel.way or "", "called")]
    return told.format(listed=done.listed, contacted=done.contacted, reached=done.reached)
