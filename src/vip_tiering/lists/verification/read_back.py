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
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from vip_tiering.base.arrays import Mask, one_array, truth
from vip_tiering.base.errors import DataError, Problem, counted
from vip_tiering.base.schema import LIST_FIELDS, PERSONAL_MESSAGE_FIELDS
from vip_tiering.base.text import csv_as_text
from vip_tiering.playbooks.load import Playbooks
from vip_tiering.publishing import manifests

HARD_RULES: Final[dict[str, str]] = {
    "export-manifest": "is not a manifest of an export as this program writes it; export again",
    "export-form": "is not a list as this program writes it, or is not there: other columns, encoding or line ends; export again",
    "rows-differ": "has another number of rows than the manifest says",
    "counts-differ": "the files hold other counts than the manifest says; selected = exported + suppressed, by reason",
    "private-part": "the private part is not the one that the manifest names; name its folder with --private-out",
    "cell-formula": "a cell begins with what a spreadsheet takes for a formula: = + - @, a tab or a carriage return",
    "phone-form": "is not a mobile number of eleven digits",
    "phone-repeated": "the number stands in another row too; one row per number",
    "text-length": "the text is longer than the channel allows, in UTF-16 units",
    "text-signature": "the text does not begin with the signature of the channel",
    "text-opt-out": "the text does not say how to refuse further messages",
    "text-promise": "the text holds a forbidden word",
    "text-private": "the text names a private product",
    "text-template": "the text is none that a reviewed template of its action gives",
    "text-names": "the row stands for several customers; the text must name nobody (尊敬的客户)",
    "text-tells": "the number has several holders, and the texts of the action tell of one of them",
    "send-window": "the times are not on the day of the export, not in their order, or outside the hours of the channel",
    "valid-until": "must be the day of the export and message_valid_days later",
    "customer-repeated": "the customer stands in another row too",
    "contacted-twice": "the customer is contacted on several channels in one day",
    "household-twice": "another customer of the household is contacted by people on this day too",
    "action-unknown": "is not an action of the playbooks that the manifest counts",
    "action-channel": "the action does not belong to this channel",
    "reason-unknown": "is not a gate",
    "contact-missing": "a customer and action of a list are not in contacts.csv; a later export would contact them again",
    "contact-unlisted": "a customer and action are in contacts.csv and in no list",
    "both-ways": "the customer is both exported and suppressed for this action",
    "private-purpose": "an action of purpose private stands where others than the own manager read it",
    "private-client": "a private client stands where others than the own manager read it",
    "private-offer": "a private product is offered to many",
    "manager-rows": "the rows of the managers' files are not those of the channel's list",
    "manager-folder": "holds rows of another manager or branch than its name says",
    "client-unknown": "the customer is not in the customer file",
    "client-status": "the status of the customer is not active",
    "client-age": "the customer is under age on the day",
    "client-bereaved": "a death or grave illness in the customer's family is too recent",
    "client-listed": "the customer is on the do-not-contact list",
    "client-refused": "the customer refused this way of contact",
    "client-manager": "what is private stands in the list of nobody: the customer has no manager",
    "manager-differs": "is not the manager, or wealth manager, who acts on the customer by the customer file",
    "client-consent": "the customer's consent is missing, which the purpose or channel needs",
    "client-market": "the customer refused this way or did not consent, so nothing may be offered; may_market must be N",
    "client-max-risk": "max_risk is above what may be offered to the customer by the rating that is valid on the day",
    "client-addressed": "the row addresses the customer by another surname or form than his, or shows more of the name than the surname",
    "client-private": "a private client, by tier, earlier tier, closing balance or flag, stands where many are reached or others read it",
    "client-rating": "the customer has no risk rating that is valid on the day",
    "client-risk": "every product of the action is riskier than the customer's rating, or may not be sold",
    "client-unqualified": "the customer is not a qualified investor on a known day",
    "client-senior": "the customer is too old, or of unknown age, for an uncertain benefit in bulk",
    "client-control": "the customer is of the control group of the action, whom nobody contacts",
    "phone-differs": "is not the number of the customer",
    "phone-holder": "another holder of the number must not be contacted",
    "phone-shared": "more customers than allowed have the number",
}  # fmt: skip
"""Every rule and what is wrong, or what would be right. A message is this text."""
SHOWN_ROWS: Final = 20
"""So many rows are named for each rule and file; the others are counted."""
Rows = npt.NDArray[np.integer[Any]]
GATEWAY: Final = "gateway"
"""The profile whose lists of messages are read back; the same rows in other forms are not."""
CONTACTS: Final = "contacts.csv"
SUPPRESSED: Final = "suppressed.csv"
_COLUMNS: Final = {
    CONTACTS: ("customer_id", "channel", "action", "event_date", "product", "manager", "branch", "tier"),
    SUPPRESSED: ("customer_id", "action", "channel", "reason", "manager", "branch", "tier"),
}
_NEEDED_OF_MESSAGES: Final = {"phone", "text", "customer_id", "action"}
_REPEATING: Final = frozenset({"action", "channel", "reason", "manager", "branch", "tier", "not_before", "not_after", "valid_until"})
"""The fields of long files of which few values differ: they are read as a dictionary, and each value is judged once."""
_FORMULA_STARTS: Final = pa.array(["=", "+", "-", "@", "\t", "\r"])
_BOM: Final = b"\xef\xbb\xbf"
_SCHEMAS: Final = {False: "vip-tiering export", True: "vip-tiering private export"}
_HEADER_BYTES: Final = 1 << 16
_BLOCK_BYTES: Final = 1 << 22


def finding(file: str, rule: str, *, about: str = "") -> Problem:
    """Return what was found against a rule in a file as a whole. `about`: an action or channel that it is about."""
    return Problem(file, None, None, rule, f"{about}: {HARD_RULES[rule]}" if about else HARD_RULES[rule])


def findings(file: str, rule: str, rows: Rows, column: str | None = None) -> list[Problem]:
    """Return what was found in rows of a file, counted from 0 below the header: each of the first, and how many there are besides."""
    distinct = np.unique(rows)
    problems = [Problem(file, row + 2, column, rule, HARD_RULES[rule]) for row in distinct[:SHOWN_ROWS].tolist()]
    if len(distinct) > SHOWN_ROWS:
        problems.append(Problem(file, None, column, rule, f"{HARD_RULES[rule]}; {counted(len(distinct) - SHOWN_ROWS, 'more row')}"))
    return problems


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
class ListPart:
    """One of the two folders of an export. `tables`: file -> its rows under the names of fields, all text or dictionaries of it.

    `lists`: channel -> the file with its rows, of public channels where the profile `gateway` wrote them; `managers`: the files
    of managers, whose rows say the channel.
    """

    name: str
    private: bool
    day: dt.date
    manifest: dict[str, Any]
    tables: dict[str, pa.Table]
    lists: dict[str, list[str]]
    managers: list[str]

    def shown(self, file: str) -> str:
        """Return a file's name for people."""
        return f"{self.name}/{file}"


def read_part(folder: Path, books: Playbooks, *, private: bool) -> tuple[ListPart | None, list[Problem]]:
    """Return a folder read back; None where the manifest is none, or a file is not what it should be.

    Raises OSError where the disk refuses: that says nothing of the folder.
    """
    name = f"{'private ' if private else ''}{folder.name}"
    try:
        manifest = manifests.manifest_in(folder)
        day = dt.date.fromisoformat(manifest["on"])
    except (DataError, KeyError, TypeError, ValueError):
        return None, [finding(f"{name}/{manifests.MANIFEST}", "export-manifest")]
    name = f"{'private ' if private else ''}{day}"  # while it is staged, the folder has another name
    if not _is_whole(manifest, private=private):
        return None, [finding(f"{name}/{manifests.MANIFEST}", "export-manifest")]
    part = ListPart(name, private, day, manifest, {}, {}, [])
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


def _read_all(part: ListPart, folder: Path, books: Playbooks) -> Iterator[Problem]:
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


def _needed(part: ListPart, books: Playbooks) -> list[str]:
    """Return which files must be there."""
    if part.private:
        return [CONTACTS, SUPPRESSED]
    channels = [code for code, one in books.channels.items() if one.contact and not one.public]
    return [CONTACTS, SUPPRESSED, *(f"{code}.csv" for code in channels)]


def _place(part: ListPart, file: str, books: Playbooks) -> Layout | None:
    """Return the layout of a file, after noting whose list it is; None for a file that is not read back."""
    if file in _COLUMNS:
        return Layout({name: name for name in _COLUMNS[file]}, repeating=_REPEATING)
    if re.fullmatch("branches/[^/]+/[^/]+[.]csv", file):
        part.managers.append(file)
        fields = ("channel", *LIST_FIELDS, *PERSONAL_MESSAGE_FIELDS)
        return Layout({books.headers.get(name, name): name for name in fields})
    return None if part.private else _place_of_list(part, file, books)


def _place_of_list(part: ListPart, file: str, books: Playbooks) -> Layout | None:
    match = re.fullmatch("([a-z0-9_]+)(-[A-Z][A-Z0-9-]*)?(-[0-9]{3,})?[.]csv", file)
    channel = books.channels.get(match[1]) if match is not None else None
    if channel is None or not channel.contact:
        return None
    if channel.public:
        layout = _of_gateway(books)
        if layout is not None:
            part.lists.setdefault(channel.code, []).append(file)
        return layout
    part.lists[channel.code] = [file]
    return Layout({name: name for name in channel.fields})


def _of_gateway(books: Playbooks) -> Layout | None:
    profile = books.profiles.get(GATEWAY)
    if profile is None or profile.format != "csv":
        return None
    fields = {str(one.header): one.field if one.field and not one.prefix else f" {one.header}" for one in profile.columns}
    if not set(fields.values()) >= _NEEDED_OF_MESSAGES:
        return None
    return Layout(fields, profile.encoding, bom=profile.bom, header=profile.header, repeating=_REPEATING)


def read_table(path: Path, layout: Layout) -> pa.Table | None:
    """Return a CSV as text, or as dictionaries of text, under the names of its fields; None where it has not the layout.

    Raises OSError where the disk refuses: that says nothing of the file.
    """
    headers = list(layout.fields)
    coded = {header for header, field in layout.fields.items() if field in layout.repeating}
    try:
        with path.open("rb") as file:
            head = file.read(_HEADER_BYTES)
        if head.startswith(_BOM) != layout.bom:
            return None
        first = head.decode(layout.encoding, "ignore").removeprefix("\ufeff").splitlines()[:1]
        if layout.header and list(csv.reader(first)) != [headers]:
            return None
        options = pyarrow.csv.ReadOptions(
            encoding=layout.encoding, column_names=headers, skip_rows=int(layout.header), block_size=_BLOCK_BYTES
        )
        table = csv_as_text(path, headers, coded, options)
    except (FileNotFoundError, csv.Error, pa.ArrowInvalid):
        return None
    return table.rename_columns(list(layout.fields.values()))


def begins_like_formula(column: pa.ChunkedArray | pa.Array) -> Mask:
    """Return which cells a spreadsheet would take for a formula, shape (n,); a word of a dictionary is looked at once."""
    if pa.types.is_dictionary(column.type):
        coded = one_array(column)
        return np.asarray(begins_like_formula(coded.dictionary)[coded.indices.to_numpy()])
    return truth(pc.is_in(pc.utf8_slice_codeunits(column, 0, 1), value_set=_FORMULA_STARTS))
