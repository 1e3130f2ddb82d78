"""profiles.yaml: which columns, encoding and limits the systems have that take lists, and headers for people."""

from __future__ import annotations

import functools
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, ConfigDict, Field, StrictBool, StrictInt, model_validator

from vip_tiering.base.schema import CELL_UNITS, SHEET_ROWS
from vip_tiering.playbooks.channels import Channel
from vip_tiering.playbooks.floor import PlaybookFile
from vip_tiering.rules import yaml_file
from vip_tiering.rules.folder import packaged_rules
from vip_tiering.rules.forms import Clause, Code, Header, Label, Source, Strict, Version, What, check_known, check_printable, check_unique
from vip_tiering.rules.yaml_file import Document, Path, path_text

_NONE_OF_XLSX: Final = ("encoding", "bom", "line_end", "header")
Cell = Annotated[str, Field(max_length=255), AfterValidator(check_printable)]
Word = Annotated[Header, Field(description="the header for people")]


@functools.cache
def packaged_headers() -> dict[str, str]:
    """Return the headers for people of the packaged profiles.yaml: they stand where a bank's own file does not know a field yet."""
    headers: dict[str, str] = yaml_file.read((packaged_rules() / "profiles.yaml").read_bytes(), "profiles.yaml").data["headers"]
    return headers


def _all_optional(schema: dict[str, Any]) -> None:
    schema.pop("required")


class Headers(Strict):
    """The header for people of every field that a list may hold.

    A field that comes with a new version is missing from the files of every bank; the packaged header stands for it, so that an
    upgrade stops nobody.
    """

    model_config = ConfigDict(json_schema_extra=_all_optional)

    @model_validator(mode="before")
    @classmethod
    def _with_packaged(cls, given: object) -> object:
        """Return what the file says, and the packaged header of whatever it does not name."""
        return packaged_headers() | given if isinstance(given, dict) else given

    customer_id: Word
    action: Word
    channel: Word
    manager: Word
    branch: Word
    display_name: Word
    phone: Word
    tier_label: Word
    previous_tier_label: Word
    reasons: Word
    product: Word
    event_date: Word
    due_by: Word
    rank: Word
    may_market: Word
    max_risk: Word
    last_contact: Word
    result: Word
    obstacle: Word
    note: Word
    text: Word
    wechat_id: Word
    not_before: Word
    not_after: Word
    valid_until: Word
    name: Word
    points: Word
    signature: Word
    opt_out: Word
    product_term: Word
    product_minimum: Word
    product_from: Word
    product_until: Word
    coupon: Word
    branch_phone: Word
    manager_name: Word
    manager_phone: Word
    tier_change: Word
    why: Word
    contact_by: Word
    previous_daily_average: Word
    daily_average: Word
    closing_balance: Word
    deposit_today: Word
    due_amount: Word
    due_date: Word
    lacking: Word
    may_offer: Word
    household: Word


class Column(Strict):
    """One column of a file: a field of the list, or the same value in every row."""

    header: Annotated[Header, Field(description="first cell of the column; where there is none, the field's header for people")] | None = (
        None
    )
    field: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$", description="field of the list; left out where the list has none")] | (
        None
    ) = None
    constant: Annotated[Cell, Field(description="the same value in every row")] | None = None
    prefix: Annotated[Cell, Field(min_length=1, description="stands before every value that is not empty")] | None = None
    max_units: Annotated[StrictInt, Field(ge=1, le=CELL_UNITS, description="longest value in UTF-16 units")] | None = None


class ProfileLimits(Strict):
    """What the system takes at most; a longer list is split into numbered files, a longer value refused."""

    max_rows: Annotated[StrictInt, Field(ge=1, le=10_000_000, description="rows of one file, without its header")] | None = None
    max_columns: Annotated[StrictInt, Field(ge=1, le=1000, description="columns of one file")] | None = None
    max_text_units: Annotated[StrictInt, Field(ge=1, le=CELL_UNITS, description="longest value of any column in UTF-16 units")] | None = (
        None
    )
    plain_file_names: Annotated[StrictBool, Field(description="true: a file name holds letters and digits only")] = False
    source: Clause


class Profile(Strict):
    """A system, or people, that take lists: in which form, and whether it reaches many at once."""

    code: Annotated[Code, Field(description="short name on the command line")]
    label: Annotated[Label, Field(description="name for people")]
    what: What
    channels: Annotated[list[Code], Field(min_length=1, description="codes of channels.yaml whose lists it takes")]
    format: Annotated[Literal["csv", "xlsx"], Field(description="form of the file")]
    encoding: Annotated[Literal["utf-8", "gb18030"], Field(description="of a CSV")] = "utf-8"
    bom: Annotated[StrictBool, Field(description="of a CSV in UTF-8: true where it begins with the mark by which Excel knows it")] = False
    line_end: Annotated[Literal["lf", "crlf"], Field(description="of a CSV")] = "lf"
    header: Annotated[StrictBool, Field(description="of a CSV: false where the first row is data")] = True
    columns: Annotated[list[Column], Field(min_length=1, description="the columns in their order")]
    mass_send: Annotated[StrictBool, Field(description="true: reaches many at once, so it never gets private clients")]
    per: (
        Annotated[
            Literal["manager", "action"],
            Field(description="manager: one file for each manager; action: one for each action, whose rows have one template"),
        ]
        | None
    ) = None
    limits: Annotated[ProfileLimits, Field(description="what the system takes at most")] | None = None
    source: Clause

    @property
    def max_rows(self) -> int | None:
        """Rows of one file at most; None: any number."""
        given = self.limits.max_rows if self.limits else None
        return given or (SHEET_ROWS if self.format == "xlsx" else None)

    def most_units(self, column: Column) -> int | None:
        """Return the length of a column's longest value in UTF-16 units; None: any length."""
        whole = self.limits.max_text_units if self.limits else None
        return min((units for units in (column.max_units, whole) if units is not None), default=None)


class ProfilesFile(PlaybookFile):
    """The systems that take lists, and the headers of lists for people."""

    version: Version
    source: Source | None = None
    headers: Annotated[Headers, Field(description="the headers for people; of a field that is not named the packaged one")]
    day_sheet: Annotated[Header, Field(description="what the sheet with a manager's contacts of a day is called")]
    profiles: Annotated[list[Profile], Field(min_length=1, description="each profile once")]

    @property
    def by_code(self) -> dict[str, Profile]:
        """The profiles by their codes, every column with its header: its own, else the field's header for people."""
        words = self.headers.model_dump()

        def headed(column: Column) -> Column:
            return column if column.header is not None else column.model_copy(update={"header": words[str(column.field)]})

        return {one.code: one.model_copy(update={"columns": [*map(headed, one.columns)]}) for one in self.profiles}

    def check(self, document: Document) -> None:
        """Add profiles and headers that stand twice, and what a profile says against itself."""
        own = document.data["headers"]
        first_use: dict[str, str] = {}
        for field, header in sorted(self.headers.model_dump().items(), key=lambda one: one[0] not in own):
            if (first := first_use.setdefault(header, field)) != field:
                packaged = "" if field in own else f"; write {field} too, the packaged {header} stands for it now"
                document.add(("headers", field), f"must differ from headers.{first}{packaged}")
        check_unique(document, ("profiles",), "code", (one.code for one in self.profiles))
        check_unique(document, ("profiles",), "label", (one.label for one in self.profiles))
        for number, profile in enumerate(self.profiles):
            here = ("profiles", number)
            _check_format(document, here, profile)
            _check_columns(document, here, profile, self.headers)


def _check_format(document: Document, here: Path, profile: Profile) -> None:
    """Add what contradicts the form of the file."""
    if profile.format == "xlsx":
        for key in [one for one in _NONE_OF_XLSX if one in profile.model_fields_set]:
            document.add((*here, key), "is for format: csv only", at_key=True)
        if profile.limits and (profile.limits.max_rows or 0) > SHEET_ROWS:
            document.add((*here, "limits", "max_rows"), f"must be {SHEET_ROWS} or less, the rows of an Excel sheet below its header")
    elif profile.bom and profile.encoding != "utf-8":
        document.add((*here, "bom"), f"must be false for encoding: {profile.encoding}")
    most = profile.limits.max_columns if profile.limits else None
    if most is not None and len(profile.columns) > most:
        document.add((*here, "columns"), f"must be at most {most}, the limits.max_columns of {profile.code}")


def _check_columns(document: Document, here: Path, profile: Profile, headers: Headers) -> None:
    """Add columns without a value or a header, and headers that stand twice."""
    words = headers.model_dump()
    first_use: dict[str, Path] = {}
    for index, column in enumerate(profile.columns):
        path = (*here, "columns", index)
        if (column.field is None) == (column.constant is None):
            document.add(path, "must hold either field or constant")
        elif column.constant is not None and column.header is None:
            document.add(path, "is a constant without header; write one")
        elif column.constant is not None and column.prefix is not None:
            document.add((*path, "prefix"), "is for a field only; write it into the constant", at_key=True)
        else:
            header = column.header or words.get(str(column.field), str(column.field))
            place = (*path, "header" if column.header else "field")
            if (first := first_use.setdefault(header, place)) != place:
                document.add(place, f"must differ from {path_text(first)}; two columns would have one header")


def check_profile_channels(document: Document, file: ProfilesFile, channels: dict[str, Channel]) -> None:
    """Add channels that are nowhere, make no list or cannot be split so, fields that no list has, and texts that may be too long."""
    for number, profile in enumerate(file.profiles):
        here = ("profiles", number)
        served = []
        for index, code in enumerate(profile.channels):
            check_known(document, (*here, "channels", index), code, channels, "channels.yaml")
            if code in channels and not channels[code].contact:
                document.add((*here, "channels", index), "makes no list; its channel says contact: false")
            elif code in channels:
                served.append(channels[code])
        if profile.per == "action" and (people := [one.code for one in served if not one.public]):
            document.add((*here, "per"), f"is action, but a row of {' or '.join(people)} may stand for several actions")
        known = list(dict.fromkeys(field for one in served for field in one.fields))
        for index, column in enumerate(profile.columns):
            if served and column.field is not None:
                where = f"the list of {' or '.join(one.code for one in served)}"
                check_known(document, (*here, "columns", index, "field"), column.field, known, where)
        _check_text(document, here, profile, served)


def _check_text(document: Document, here: Path, profile: Profile, served: list[Channel]) -> None:
    """Add a limit that is shorter than the texts of a channel may be."""
    for index, column in enumerate(profile.columns):
        most = profile.most_units(column)
        if column.field != "text" or most is None:
            continue
        for channel in served:
            if channel.message is not None and channel.message.max_units > most:
                path = (*here, "columns", index)
                document.add(path, f"takes {most} units, but texts of {channel.code} may have {channel.message.max_units}")
