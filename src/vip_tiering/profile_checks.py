"""What is wrong with `profiles.yaml`: columns that no list has, codes that stand twice, channels that are nowhere."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from vip_tiering.offer_models import Channel
from vip_tiering.playbook_checks import check_known, check_unique
from vip_tiering.profile_models import COLUMNS, FIELD_COLUMNS, LIST_COLUMNS, MESSAGE_COLUMNS, TEXT_COLUMNS, Profile, ProfilesFile
from vip_tiering.yaml_marks import Document, Path


def check_profiles(document: Document, file: ProfilesFile, channels: Mapping[str, Channel] | None) -> None:
    """Add the mistakes of a well-formed file. Channels are judged where they could be read."""
    check_unique(document, ("headers",), "field", (one.field for one in file.headers))
    check_unique(document, ("headers",), "header", (one.header for one in file.headers))
    check_unique(document, ("profiles",), "code", (one.code for one in file.profiles))
    for index, one in enumerate(file.headers):
        check_known(document, ("headers", index, "field"), one.field, COLUMNS, "the columns of lists")
    if absent := [one for one in COLUMNS if one not in [header.field for header in file.headers]]:
        document.add(("headers",), f"has nothing for {', '.join(absent)}", at_key=True)
    for index, profile in enumerate(file.profiles):
        _check_profile(document, ("profiles", index), profile, channels)


def _check_profile(document: Document, path: Path, profile: Profile, channels: Mapping[str, Channel] | None) -> None:
    if channels is not None:
        contact = [code for code, one in channels.items() if one.contact]
        for index, code in enumerate(profile.channels):
            check_known(document, (*path, "channels", index), code, contact, "channels.yaml, with contact: true")
        reached = [channels[code] for code in profile.channels if code in contact]
        known: Collection[str] = [one for one in COLUMNS if all(one in columns_of(channel) for channel in reached)]
    else:
        known = COLUMNS
    check_unique(document, (*path, "columns"), "header", (one.header for one in profile.columns or ()))
    for index, column in enumerate(profile.columns or ()):
        here = (*path, "columns", index)
        if (column.field is None) == (column.constant is None):
            document.add(here, "must hold either field or constant")
        elif column.field is not None:
            check_known(document, (*here, "field"), column.field, known, "the columns of its lists")
        if (column.max_characters is None) != (column.otherwise is None):
            document.add(here, "must hold max_characters and otherwise together")
    if profile.per == "manager" and "manager" not in known:
        document.add((*path, "per"), "must not be manager: its lists do not name any")


def columns_of(channel: Channel) -> tuple[str, ...]:
    """Return the columns of a channel's list: of messages where it is public, else for people."""
    if channel.public:
        return MESSAGE_COLUMNS + FIELD_COLUMNS
    return LIST_COLUMNS + (TEXT_COLUMNS if channel.message else ())
