"""channels.yaml: by what customers are reached, how often, at which times of day, and with which form of message."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Final, Literal

from pydantic import Field, StrictBool, StrictInt

from vip_tiering.base.schema import LIST_FIELDS, MESSAGE_FIELDS, PERSONAL_MESSAGE_FIELDS, RESULT_CODES
from vip_tiering.playbooks.floor import Looser, PlaybookFile, refuse
from vip_tiering.rules.forms import Clause, Clock, Code, Label, Override, Source, Strict, Version, Words, check_known, check_unique
from vip_tiering.rules.yaml_file import Document, Path

OPT_OUT_WORDS: Final = ("拒收", "退订")
"""One of them tells the customer how to refuse."""
Way = Literal["sms", "call", "wechat", "in_person"]
"""By what a customer is reached."""
CAPS: Final[dict[Way, tuple[tuple[int, int], ...]]] = {
    "sms": ((1, 7), (4, 30)),
    "call": ((1, 14),),
    "wechat": ((1, 7), (4, 30)),
}
"""The floor by way: at most so many contacts in so many days. Who asks for a meeting (`appointment`) is not bound by them."""
SEND_WINDOW: Final = ("09:00", "20:00")
"""The floor: not before and not after which time of day something is sent by those ways."""


class Cap(Strict):
    """At most so many contacts of a customer in so many days."""

    contacts: Annotated[StrictInt, Field(ge=1, le=366, description="at most so many contacts")]
    days: Annotated[StrictInt, Field(ge=1, le=366, description="in so many days")]
    source: Clause

    def most_contacts(self, days: int) -> int:
        """Return how many contacts it lets through in so many days at most."""
        return self.contacts * -(-days // self.days)


class SendWindow(Strict):
    """Between which times of day a message may go out."""

    not_before: Annotated[Clock, Field(description='quoted, such as "09:00"')]
    not_after: Annotated[Clock, Field(description='quoted, such as "20:00"')]
    source: Clause


class MessageForm(Strict):
    """What a message of this channel must hold, and how long it may be."""

    signature: Annotated[str, Field(pattern=r"^【[^【】]{2,20}】$", description="the sender in 【】; what ${signature} becomes")] | None = (
        None
    )
    opt_out: Annotated[Words, Field(description="how to refuse further messages; what ${opt_out} becomes")] | None = None
    max_units: Annotated[StrictInt, Field(ge=1, le=500, description="longest message in UTF-16 units, signature and opt-out included")] = (
        500
    )
    max_segments: Annotated[StrictInt, Field(ge=1, le=8, description="a longer message is warned about")] = 2
    source: Clause


class Channel(Strict):
    """A way by which customers are reached."""

    code: Annotated[Code, Field(description="short name in the playbooks")]
    label: Annotated[Label, Field(description="name for people")]
    public: Annotated[StrictBool, Field(description="true: goes to many at once, so nothing private may pass")]
    contact: Annotated[StrictBool, Field(description="false: nobody is contacted by it, so it makes no list")]
    way: (
        Annotated[
            Way,
            Field(description="by what a customer is reached: consent and refusals go by it; needed where contact is true"),
        ]
        | None
    ) = None
    appointment: Annotated[StrictBool, Field(description="true: by it a manager asks for a meeting, so it needs no caps")] = False
    caps: Annotated[list[Cap], Field(min_length=1, description="how often a customer may be contacted by it")] | None = None
    send_window: Annotated[SendWindow, Field(description="times of day for it")] | None = None
    message: Annotated[MessageForm, Field(description="form of its messages, where it has any")] | None = None
    results: (
        Annotated[list[Code], Field(min_length=1, description="the results that its lists offer to choose from; all without it")] | None
    ) = None
    source: Clause
    override: Annotated[Override, Field(description="needed where caps or send_window are looser than the floor")] | None = None

    @property
    def spoken(self) -> bool:
        """Whether somebody speaks to the customer, and so can speak of other things too."""
        return self.contact and not self.public and self.message is None

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields of the list that it makes."""
        if self.message is None:
            return LIST_FIELDS
        return MESSAGE_FIELDS if self.public else LIST_FIELDS + PERSONAL_MESSAGE_FIELDS


class ChannelsFile(PlaybookFile):
    """The channels, with their caps, times of day and forms of message."""

    version: Version
    source: Source | None = None
    channels: Annotated[
        list[Channel],
        Field(min_length=1, description="each once; of several for a customer in a day the last counts"),
    ]

    @property
    def by_code(self) -> dict[str, Channel]:
        """The channels by their codes."""
        return {one.code: one for one in self.channels}

    def check(self, document: Document) -> None:
        """Add channels that are named twice, times of day that leave no time, and forms that a way cannot have."""
        check_unique(document, ("channels",), "code", (one.code for one in self.channels))
        check_unique(document, ("channels",), "label", (one.label for one in self.channels))
        for index, one in enumerate(self.channels):
            _check_channel(document, ("channels", index), one)
        refuse(document, self.looser())

    def looser(self) -> Iterator[Looser]:
        """Yield caps and times of day that are looser than the floor, on channels that are not for appointments."""
        for index, one in enumerate(self.channels):
            if one.way in CAPS and not one.appointment:
                yield from _looser_channel(("channels", index), one, one.way)


def _check_channel(document: Document, here: Path, one: Channel) -> None:
    for index, result in enumerate(one.results or ()):
        check_known(document, (*here, "results", index), result, RESULT_CODES, "the results")
    if one.send_window and one.send_window.not_before >= one.send_window.not_after:
        document.add((*here, "send_window", "not_after"), "must be later than not_before")
    if one.contact != (one.way is not None):
        document.add((*here, "contact"), "and way go together: a channel that reaches customers needs way, another has none")
    if one.message and one.public:
        for key in ("signature", "opt_out"):
            if getattr(one.message, key) is None:
                document.add((*here, "message"), f"of a public channel needs {key}")
    _check_way(document, here, one)
    opt_out = one.message.opt_out if one.message else None
    if opt_out is not None and not any(word in opt_out for word in OPT_OUT_WORDS):
        document.add((*here, "message", "opt_out"), f"must hold {' or '.join(OPT_OUT_WORDS)}, such as 拒收请回复R")


def _check_way(document: Document, here: Path, one: Channel) -> None:
    """Add a form that the channel's way cannot have: lists of messages and lists for people are written in different ways."""
    if one.way == "sms" and not (one.public and one.message):
        document.add((*here, "way"), "sms needs public: true and message")
    elif one.contact and one.public and one.way != "sms":
        document.add((*here, "public"), f"must be false for way: {one.way}; only way: sms goes to many at once")
    elif one.message and one.way not in ("sms", "wechat"):
        document.add((*here, "message"), "belongs to way: sms and way: wechat only", at_key=True)
    if one.appointment and one.way not in ("call", "in_person"):
        document.add((*here, "appointment"), "belongs to way: call and way: in_person only")


def _looser_channel(here: Path, one: Channel, way: Way) -> Iterator[Looser]:
    for contacts, days in CAPS[way]:
        if not any(cap.most_contacts(days) <= contacts for cap in one.caps or ()):
            path = (*here, "caps") if one.caps else here
            yield Looser(path, f"must have caps of at most {contacts} in {days} days, as way: {way} needs", one.override)
    first, last = SEND_WINDOW
    if one.send_window is None:
        yield Looser(here, f'must have a send_window from "{first}" to "{last}"', one.override)
        return
    if one.send_window.not_before < first:
        yield Looser((*here, "send_window", "not_before"), f'must be "{first}" or later', one.override)
    if one.send_window.not_after > last:
        yield Looser((*here, "send_window", "not_after"), f'must be "{last}" or earlier', one.override)
