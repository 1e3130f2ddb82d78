"""An export read back from its files: nothing is taken from the program that wrote it but the names of files and columns."""

from __future__ import annotations

import csv
import datetime as dt
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import pyarrow as pa
import pyarrow.csv

from vip_tiering import folders
from vip_tiering.errors import DataError, Problem
from vip_tiering.lists.findings import finding
from vip_tiering.playbooks import Playbooks
from vip_tiering.raw_columns import Mask, offsets_of, text_bytes
from vip_tiering.schema import LIST_FIELDS, PERSONAL_MESSAGE_FIELDS

GATEWAY: Final = "gateway"
"""The profile whose lists of messages are read back; the same rows in other forms are not."""
CONTACTS: Final = "contacts.csv"
SUPPRESSED: Final = "suppressed.csv"
_COLUMNS: Final = {
    CONTACTS: ("customer_id", "channel", "action", "event_date", "product", "manager", "branch"),
    SUPPRESSED: ("customer_id", "action", "channel", "reason", "manager", "branch", "tier"),
}
_NEEDED_OF_MESSAGES: Final = {"phone", "text", "customer_id", "action"}
_REPEATING: Final = frozenset({"action", "channel", "reason", "manager", "branch", "tier", "not_before", "not_after", "valid_until"})
"""The fields of long files of which few values differ: they are read as a dictionary, and each value is judged once."""
_FORMULA: Final = np.isin(np.arange(256), list(b"=+-@\t\r"))
_BOM: Final = b"\xef\xbb\xbf"
_SCHEMAS: Final = {False: "vip-tiering export", True: "vip-tiering private export"}
_HEADER_BYTES: Final = 1 << 16
_BLOCK_BYTES: Final = 1 << 22
_CODED: Final = pa.dictionary(pa.int32(), pa.string())


@dataclass(frozen=True)
class Layout:
    """What a file must look like: field of each column by its header, in their order.

    `repeating`: fields that are read as a dictionary.
    """

    fields: Mapping[str, str]
    encoding: Literal["utf-8", "gb18030"] = "utf-8"
    bom: bool = True
    header: bool = True
    repeating: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Part:
    """One of the two folders of an export. `tables`: file -> its rows under the names of fields, all text or dictionaries of it.

    `lists`: channel -> the file with its rows, of public channels where the profile `gateway` wrote them; `managers`: the files
    of managers, by channel, of the private part by "".
    """

    name: str
    private: bool
    day: dt.date
    manifest: dict[str, Any]
    tables: dict[str, pa.Table]
    lists: dict[str, list[str]]
    managers: dict[str, list[str]]

    def shown(self, file: str) -> str:
        """Return a file's name for people."""
        return f"{self.name}/{file}"


def read_part(folder: Path, books: Playbooks, *, private: bool) -> tuple[Part | None, list[Problem]]:
    """Return a folder read back; None where the manifest is none, or a file is not what it should be."""
    name = f"{'private ' if private else ''}{folder.name}"
    try:
        manifest = folders.manifest_of(folder)
        day = dt.date.fromisoformat(manifest["on"])
    except (DataError, KeyError, TypeError, ValueError):
        return None, [finding(f"{name}/{folders.MANIFEST}", "export-manifest")]
    name = f"{'private ' if private else ''}{day}"  # while it is staged, the folder has another name
    if not _is_whole(manifest, private=private):
        return None, [finding(f"{name}/{folders.MANIFEST}", "export-manifest")]
    part = Part(name, private, day, manifest, {}, {}, {})
    problems = list(_read_all(part, folder, books))
    return None if any(one.rule == "export-form" for one in problems) else part, problems


def _is_whole(manifest: dict[str, Any], *, private: bool) -> bool:
    """Tell whether a manifest says what its kind says."""
    if manifest.get("schema") != _SCHEMAS[private]:
        return False
    try:
        if not private:
            counted = [
                number for one in manifest["actions"].values() for number in (one["selected"], one["exported"], *one["suppressed"].values())
            ]
            counted += [one[key] for one in manifest["channels"].values() for key in ("rows", "private_rows", "customers")]
            digest = manifest["private"]["digest"] if manifest["private"] is not None else ""
            return all(isinstance(number, int) for number in counted) and isinstance(digest, str)
        return all(isinstance(one["rows"], int) for one in manifest["outputs"])
    except (AttributeError, KeyError, TypeError):
        return False


def _read_all(part: Part, folder: Path, books: Playbooks) -> Iterator[Problem]:
    """Fill the tables of a part; yield what is wrong with the files themselves."""
    rows = {output["name"]: output.get("rows") for output in part.manifest["outputs"]}
    for file, count in rows.items():
        layout = _place(part, file, books)
        if layout is None:
            continue
        table = read_table(folder / file, layout)
        if table is None:
            yield finding(part.shown(file), "export-form")
            continue
        part.tables[file] = table
        if count != len(table):
            yield finding(part.shown(file), "rows-differ")
    for file in _needed(part, books):
        if file not in rows:
            yield finding(part.shown(file), "export-form")


def _needed(part: Part, books: Playbooks) -> list[str]:
    """Return which files must be there."""
    if part.private:
        return [CONTACTS, SUPPRESSED]
    channels = [code for code, one in books.books.channels.items() if one.contact and not one.public]
    return [CONTACTS, SUPPRESSED, *(f"{code}.csv" for code in channels)]


def _place(part: Part, file: str, books: Playbooks) -> Layout | None:
    """Return the layout of a file, after noting whose list it is; None for a file that is not read back."""
    if file in _COLUMNS:
        return Layout({name: name for name in _COLUMNS[file]}, repeating=_REPEATING)
    return _place_of_private(part, file, books) if part.private else _place_of_list(part, file, books)


def _place_of_private(part: Part, file: str, books: Playbooks) -> Layout | None:
    if re.fullmatch("branches/[^/]+/[^/]+[.]csv", file) is None:
        return None
    part.managers.setdefault("", []).append(file)
    return _for_people(("channel", *LIST_FIELDS, *PERSONAL_MESSAGE_FIELDS), books)


def _place_of_list(part: Part, file: str, books: Playbooks) -> Layout | None:
    match = re.fullmatch("(branches/[^/]+/[^/]+/)?([a-z0-9_]+)(-[A-Z][A-Z0-9-]*)?(-[0-9]{3,})?[.]csv", file)
    channel = books.books.channels.get(match[2]) if match is not None else None
    if match is None or channel is None or not channel.contact:
        return None
    if channel.public:
        layout = _of_gateway(books)
        if layout is not None and not match[1]:
            part.lists.setdefault(channel.code, []).append(file)
        return layout
    fields = LIST_FIELDS + (PERSONAL_MESSAGE_FIELDS if channel.message else ())
    if match[1]:
        part.managers.setdefault(channel.code, []).append(file)
        return _for_people(fields, books)
    part.lists[channel.code] = [file]
    return Layout({name: name for name in fields})


def _for_people(fields: tuple[str, ...], books: Playbooks) -> Layout:
    return Layout({books.headers.get(name, name): name for name in fields})


def _of_gateway(books: Playbooks) -> Layout | None:
    profile = books.profiles.get(GATEWAY)
    if profile is None or profile.format != "csv":
        return None
    fields = {str(one.header): one.field if one.field and not one.prefix else f" {one.header}" for one in profile.columns}
    if not set(fields.values()) >= _NEEDED_OF_MESSAGES:
        return None
    return Layout(fields, profile.encoding, bom=profile.bom, header=profile.header, repeating=_REPEATING)


def read_table(path: Path, layout: Layout) -> pa.Table | None:
    """Return a CSV as text, or as dictionaries of text, under the names of its fields; None where it has not the layout."""
    headers = list(layout.fields)
    types = {header: _CODED if field in layout.repeating else pa.string() for header, field in layout.fields.items()}
    try:
        with path.open("rb") as file:
            head = file.read(_HEADER_BYTES)
        if head.startswith(_BOM) != layout.bom:
            return None
        first = head.decode(layout.encoding, "ignore").removeprefix("\ufeff").splitlines()[:1]
        if layout.header and list(csv.reader(first)) != [headers]:
            return None
        table = pyarrow.csv.read_csv(
            path,
            read_options=pyarrow.csv.ReadOptions(
                encoding=layout.encoding, column_names=headers, skip_rows=int(layout.header), block_size=_BLOCK_BYTES
            ),
            convert_options=pyarrow.csv.ConvertOptions(column_types=types, null_values=[], strings_can_be_null=False),
        )
    except (OSError, csv.Error, pa.ArrowInvalid):
        return None
    return table.rename_columns(list(layout.fields.values()))


def begins_like_formula(column: pa.ChunkedArray) -> Mask:
    """Return which cells a spreadsheet would take for a formula, shape (n,): those that begin with = + - @, a tab or a carriage return."""
    return np.concatenate([np.empty(0, np.bool_), *map(_begin_like_formula, column.chunks)])


def _begin_like_formula(texts: pa.Array) -> Mask:
    if pa.types.is_dictionary(texts.type):
        return np.asarray(_begin_like_formula(texts.dictionary)[texts.indices.to_numpy()])
    content, offsets = text_bytes(texts), offsets_of(texts)
    if not len(content):
        return np.zeros(len(texts), np.bool_)
    first = content[np.minimum(offsets[:-1] - offsets[0], len(content) - 1)]  # of an empty cell: that of the next one
    return np.asarray(_FORMULA[first] & (offsets[1:] > offsets[:-1]))
