"""How the files beside a run are written, kind by kind: as text, which sheet of a workbook, and columns of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final, Literal

from pydantic import Field

from vip_tiering.playbooks.customers.columns import CustomerColumns
from vip_tiering.rules.forms import Header, Strict
from vip_tiering.rules.text_format import Encoding, HeaderRow, Separator, check_numbers
from vip_tiering.rules.yaml_file import Document

Kind = Literal["customers", "events", "contact_log", "do_not_contact", "results", "fees", "lobby"]
LISTS_THAT_COME_BACK: Final = "results"
"""They are written by this program and by gateways, and not by the bank's system: only what is said of them by name holds for them."""
_NEEDED: Final[Mapping[Kind, tuple[str, ...]]] = {
    "customers": ("customer_id",),
    "events": ("customer_id", "event", "date"),
    "contact_log": ("customer_id", "channel", "date"),
    "do_not_contact": ("customer_id",),
    "results": ("customer_id", "action", "result"),
    "fees": ("branch", "amount"),
    "lobby": ("date", "branch"),
}
"""What needs a number at least where no row names the columns."""


class FileForm(Strict):
    """One kind of file, where it is not written as the others are."""

    encoding: Encoding | None = None
    separator: Separator | None = None
    header: HeaderRow = "first_row"
    sheet: Annotated[Header, Field(description="the sheet of a workbook; otherwise the only visible one that holds anything")] | None = None
    columns: (
        Annotated[CustomerColumns, Field(description="headers of this kind of file alone; with header none the number of each column")]
        | None
    ) = None

    @property
    def numbered(self) -> bool:
        """Whether no row names the columns."""
        return self.header == "none"


class FileForms(Strict):
    """What differs between the kinds of files beside a run; what is not said here holds as for all of them."""

    customers: Annotated[FileForm, Field(description="the customer file")] | None = None
    events: Annotated[FileForm, Field(description="the events")] | None = None
    contact_log: Annotated[FileForm, Field(description="the contact log")] | None = None
    do_not_contact: Annotated[FileForm, Field(description="the do-not-contact list")] | None = None
    results: Annotated[
        FileForm, Field(description="lists and receipts that come back; what is said of all files does not hold for them")
    ] | (None) = None
    fees: Annotated[FileForm, Field(description="the fee income of the branch")] | None = None
    lobby: Annotated[FileForm, Field(description="the events in the branch hall")] | None = None


def check_file_columns(document: Document) -> None:
    """Add headers where numbers of columns must stand, and numbers where headers must."""
    check_numbers(document, ())
    for kind, needed in _NEEDED.items():
        by_number = kind == "do_not_contact" and "mobile" in columns_of(document, kind)
        if kind == "fees" and "month" not in columns_of(document, kind):
            needed = ("date", *needed)  # noqa: PLW2901 (one of the two)
        check_numbers(document, () if by_number else needed, ("files", kind))


def columns_of(document: Document, kind: str = "") -> dict[str, object]:
    """Return the columns of a kind of file as they stand in a document, or those of all; nothing where they have a wrong form."""
    given = document.data
    for step in (*(("files", kind) if kind else ()), "columns"):
        given = given.get(step) if isinstance(given, dict) else None
    return given if isinstance(given, dict) else {}
