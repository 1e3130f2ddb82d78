"""What must hold of a customer file before lists are made from it: otherwise they would be empty, and nobody would know why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from vip_tiering.base.errors import Problem
from vip_tiering.customers.cells.phones import SPREADSHEET_KINDS, damage_of
from vip_tiering.customers.columns import FoundColumns, asked_for
from vip_tiering.extracts.headers import listed, tidy_header
from vip_tiering.playbooks.customers.customers_file import CustomerRules

CONSENTS: Final = ("consent_sms", "consent_call", "consent_wechat")
_FEW: Final = 2
"""One number that is wrong is a slip of the pen, and not the form of a column."""


def unfit_for_lists(columns: FoundColumns, phones: Mapping[str, int], rules: CustomerRules) -> list[Problem]:
    """Return why no lists can be made of a customer file that can be read otherwise (semantics 12.5, 12.6).

    `phones`: how many cells are of which kind, those that are not empty.
    """
    return [*_phones(columns, phones), *_consents(columns, rules)]


def _phones(columns: FoundColumns, counts: Mapping[str, int]) -> Iterator[Problem]:
    """Yield that most numbers of a column cannot be read, or that none is one of a mobile: then the column is wrong, not its rows."""
    given, mobile = sum(counts.values()), counts.get("", 0)
    unreadable = given - mobile - counts.get("other", 0)
    if given >= _FEW and (not mobile or (2 * unreadable > given and unreadable >= _FEW)):
        message = f"{'; '.join(damage_of(counts))}; deliver whole mobile numbers, as text"
        yield Problem(columns.file, None, columns.headers["mobile"], "mobile-column", message)


def damaged_phones(columns: FoundColumns, phones: Mapping[str, int]) -> Iterator[str]:
    """Yield a warning where some numbers are as only a spreadsheet or a mask leaves them: nobody mistypes so."""
    if some := [*damage_of(phones, SPREADSHEET_KINDS)]:
        yield f"{columns.file}: column {columns.headers['mobile']}: {'; '.join(some)}; nobody is called or written to at these"


def _consents(columns: FoundColumns, rules: CustomerRules) -> Iterator[Problem]:
    """Yield that no consent has a column while others are not recognised: one of them may hold it, and almost every list would be empty."""
    if any(field in columns for field in CONSENTS) or not columns.strange:
        return
    known = {tidy_header(header): f"{header}, {field}" for field in CONSENTS for header in rules.headers_of(field)}
    asked = sorted((asked_for(header, known) for header in columns.strange), key=columns.strange.__contains__)
    message = (
        f"no column for any consent ({', '.join(CONSENTS)}), so almost nobody could be contacted, and not recognised:"
        f" {listed(asked)}; map the one that holds it under columns in rules/customers.yaml, or leave these columns out"
    )
    yield Problem(columns.file, None, None, "consent-absent", message)
