"""What is wrong with profiles.yaml: values against each other, and against the channels.

Every function takes files whose form is right, and notes its findings in the document, at their places.
"""

from __future__ import annotations

from vip_tiering.offer_models import Channel
from vip_tiering.playbook_checks import check_known, check_unique
from vip_tiering.profile_models import SHEET_ROWS, Headers, Profile, ProfilesFile
from vip_tiering.yaml_marks import Document, Path, path_text


def check_profiles(document: Document) -> None:
    """Add profiles and headers that stand twice, and what a profile says against itself."""
    file = ProfilesFile.model_validate(document.data)
    first_use: dict[str, str] = {}
    for field, header in file.headers.model_dump().items():
        if (first := first_use.setdefault(header, field)) != field:
            document.add(("headers", field), f"must differ from headers.{first}")
    check_unique(document, ("profiles",), "code", (one.code for one in file.profiles))
    check_unique(document, ("profiles",), "label", (one.label for one in file.profiles))
    for number, profile in enumerate(file.profiles):
        here = ("profiles", number)
        _check_format(document, here, profile)
        _check_columns(document, here, profile, file.headers)


def _check_format(document: Document, here: Path, profile: Profile) -> None:
    """Add what contradicts the form of the file."""
    if profile.format == "xlsx":
        for key in profile.csv_keys:
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
