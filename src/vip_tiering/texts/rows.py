"""The texts of the rules as rows: one for each text and wording, as the workbook shows them."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from typing import Final

from vip_tiering.playbooks.actions import Action
from vip_tiering.playbooks.checks.references import said_of_product, texts_of
from vip_tiering.playbooks.customers.customers_file import SEGMENTS
from vip_tiering.playbooks.load import Playbooks
from vip_tiering.playbooks.messages import longest_units, segments
from vip_tiering.rules.yaml_file import Path

HEADERS: Final[dict[str, str]] = {
    "action": "动作",
    "tiers": "层级",
    "topics": "主题",
    "segment": "客群",
    "text": "文本",
    "units": "字数",
    "parts": "条数",
    "reviewed_by": "审核人",
    "reviewed_on": "审核日期",
    "version": "版本",
}
"""The header of every column, in their order."""
KEYS: Final = ("action", "tiers", "topics", "segment")
"""What tells which text a row is; it stays as it was exported."""
EVERYBODY: Final = "通用"
"""Stands where a text is meant for all who belong to no segment with a wording of its own."""
_JOIN: Final = "、"
_VERSION_DIGITS: Final = 8


@dataclass(frozen=True)
class TextRow:
    """A text. `place`: where it stands in playbooks.yaml; `message`: where its message does.

    `units` and `parts`: of the longest message that it can become, signature and way to refuse included.
    """

    place: Path
    message: Path
    action: str
    tiers: str
    topics: str
    segment: str
    text: str
    units: int
    parts: int
    reviewed_by: str
    reviewed_on: dt.date | None

    @property
    def version(self) -> str:
        """A mark of what may be edited, by which an import knows what somebody changed since the export."""
        return version_of(self.text.strip(), self.reviewed_by, self.reviewed_on)


def version_of(text: str, reviewed_by: str, reviewed_on: dt.date | None) -> str:
    """Return the mark of a text and its signature: another one for any other."""
    return hashlib.sha256(f"{text}\n{reviewed_by}\n{reviewed_on or ''}".encode()).hexdigest()[:_VERSION_DIGITS]


def text_rows(books: Playbooks) -> list[TextRow]:
    """Return every text of the playbooks in the order of the file."""
    words = dict(zip(SEGMENTS, books.customers.offered_words("segments", SEGMENTS), strict=True))
    rows = []
    for path, tier, action in books.file.placed_actions():
        message = action.message
        if message is None:
            continue
        reached = books.file.reached_tiers(tier, action)
        meant = [EVERYBODY, *(words[one.segment] for one in message.variants or ())]
        for segment, (place, text) in zip(meant, texts_of(path, action), strict=True):
            units = _longest(text, action, books)
            rows.append(
                TextRow(
                    place=place,
                    message=(*path, "message"),
                    action=action.id,
                    tiers=_JOIN.join(label for code, label in books.labels.items() if code in reached),
                    topics=_JOIN.join(books.products[code].label for code in action.topics or ()),
                    segment=segment,
                    text=text,
                    units=units,
                    parts=segments(units),
                    reviewed_by=message.reviewed_by,
                    reviewed_on=message.reviewed_on,
                )
            )
    return rows


def _longest(text: str, action: Action, books: Playbooks) -> int:
    """Return the UTF-16 units of the longest message that a text can become, on whichever channel of its action."""
    told = said_of_product(text, action, books.products)
    return max(longest_units(told, form.signature or "", form.opt_out or "") for _, form in action.forms_in(books.channels))
