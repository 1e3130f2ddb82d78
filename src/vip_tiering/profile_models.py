"""The form of profiles.yaml: in which form lists go to a gateway, a call centre or a spreadsheet."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field, StrictBool, StrictInt

from vip_tiering.playbook_models import Clause
from vip_tiering.rule_models import Code, Header, Label, Source, Strict, Version

LIST_COLUMNS: Final = (
    "customer_id", "action", "manager", "branch", "display_name", "phone", "tier_label", "previous_tier_label", "reasons", "product",
    "event_date", "due_by", "rank", "may_market", "max_risk", "last_contact", "result", "obstacle", "note",
)  # fmt: skip
"""The columns of a list for people; one for a channel with texts also has `TEXT_COLUMNS`."""
TEXT_COLUMNS: Final = ("text", "wechat_id")
MESSAGE_COLUMNS: Final = ("phone", "text", "customer_id", "action", "not_before", "not_after", "valid_until")
"""The columns of a list of messages."""
FIELD_COLUMNS: Final = ("name", "product", "event_date", "points", "tier_label", "branch", "manager", "signature", "opt_out")
"""What the text was filled with: for gateways that fill a template of their own."""
COLUMNS: Final = tuple(dict.fromkeys((*LIST_COLUMNS, *TEXT_COLUMNS, *MESSAGE_COLUMNS, *FIELD_COLUMNS, "channel")))
"""Everything that a column of a profile may hold."""


class ProfileColumn(Strict):
    """One column of a file: a field of the list, or the same text in every row."""

    header: Annotated[Header, Field(description="what the column is called")]
    field: Annotated[Code, Field(description="column of the list that it holds")] | None = None
    constant: Annotated[str, Field(max_length=64, description="the same text in every row")] | None = None
    prefix: Annotated[str, Field(min_length=1, max_length=8, description="stands before every value, such as +86")] | None = None
    max_characters: Annotated[StrictInt, Field(ge=1, le=500, description="longest value that the system takes")] | None = None
    otherwise: Annotated[str, Field(max_length=64, description="stands for a value that is longer")] | None = None


class Profile(Strict):
    """The form in which lists go to one kind of system."""

    code: Annotated[Code, Field(description="name for --profile")]
    label: Annotated[Label, Field(description="name for people")]
    channels: Annotated[list[Code], Field(min_length=1, description="codes of channels.yaml whose lists it takes")]
    mass_send: Annotated[StrictBool, Field(description="true: sends or dials many at once, so no private client may pass")]
    per: Annotated[Literal["list", "manager", "action"], Field(description="one file for a list, or one for each manager or action")] = (
        "list"
    )
    formats: Annotated[list[Literal["csv", "xlsx"]], Field(min_length=1, description="forms of the file")]
    encoding: Annotated[Literal["utf-8", "gb18030"], Field(description="of a CSV")] = "utf-8"
    bom: Annotated[StrictBool, Field(description="true: a CSV begins with a byte order mark, as Excel wants it")] = False
    line_end: Annotated[Literal["lf", "crlf"], Field(description="of a CSV")] = "lf"
    header: Annotated[StrictBool, Field(description="false: no first line with the names of the columns")] = True
    max_rows: Annotated[StrictInt, Field(ge=1, le=10_000_000, description="more rows go on in a further file")] | None = None
    columns: (
        Annotated[list[ProfileColumn], Field(min_length=1, description="the columns in their order; default: all, in Chinese")] | None
    ) = None
    source: Clause


class ColumnHeader(Strict):
    """What a column of a list is called in the files that people open."""

    field: Annotated[Code, Field(description="column of the list")]
    header: Annotated[Header, Field(description="its name in Chinese")]


class ProfilesFile(Strict):
    """The forms in which lists are written, and what people read above their columns."""

    version: Version
    source: Source | None = None
    headers: Annotated[list[ColumnHeader], Field(min_length=1, description="each column of the lists once")]
    profiles: Annotated[list[Profile], Field(min_length=1, description="each profile once")]
