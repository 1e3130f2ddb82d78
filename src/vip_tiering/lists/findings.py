"""The hard rules that `vip playbook verify` knows by their codes, and what was found against them. No finding holds a value."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from vip_tiering.errors import Problem

HARD_RULES: Final[dict[str, str]] = {
    "export-manifest": "is no manifest of an export as this program writes it; export again",
    "export-form": "is no list as this program writes it, or is not there: other columns, encoding or line ends; export again",
    "rows-differ": "has another number of rows than the manifest says",
    "counts-differ": "the files hold other counts than the manifest says; selected = exported + suppressed, by reason",
    "private-part": "the private part is not the one that the manifest names; name its folder with --private-out",
    "cell-formula": "a cell begins with what a spreadsheet takes for a formula: = + - @, a tab or a carriage return",
    "phone-form": "is no mobile number of eleven digits",
    "phone-repeated": "the number stands in another row too; one row per number",
    "text-length": "the text is longer than the channel allows, in UTF-16 units",
    "text-signature": "the text does not begin with the signature of the channel",
    "text-opt-out": "the text does not say how to refuse further messages",
    "text-promise": "the text holds a forbidden word",
    "text-private": "the text names a private product",
    "text-template": "the text is none that a reviewed template of its action gives",
    "text-names": "the row stands for several customers; the text must name nobody (尊敬的客户)",
    "send-window": "the times are not on the day of the export, not in their order, or outside the hours of the channel",
    "valid-until": "must be the day of the export and message_valid_days later",
    "customer-repeated": "the customer stands in another row too",
    "action-unknown": "is no action of the playbooks that the manifest counts",
    "action-channel": "the action does not belong to this channel",
    "reason-unknown": "is no gate",
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
    "client-consent": "the customer's consent is missing, which the purpose or channel needs",
    "client-market": "the customer refused this way or did not consent, so nothing may be offered; may_market must be N",
    "client-max-risk": "max_risk is above what may be offered to the customer by the rating that is valid on the day",
    "client-private": "a private client, by tier, earlier tier, closing balance or flag, stands where many are reached or others read it",
    "client-rating": "the customer has no risk rating that is valid on the day",
    "client-risk": "every product of the action is riskier than the customer's rating, or may not be sold",
    "client-unqualified": "the customer is no qualified investor on a known day",
    "client-senior": "the customer is too old, or of unknown age, for an uncertain benefit in bulk",
    "phone-differs": "is not the number of the customer",
    "phone-holder": "another holder of the number must not be contacted",
    "phone-shared": "more customers than allowed have the number",
}  # fmt: skip
"""Every rule and what is wrong, or what would be right. A message is this text."""
SHOWN_ROWS: Final = 20
"""So many rows are named for each rule and file; the others are counted."""

Rows = npt.NDArray[np.integer[Any]]


def finding(file: str, rule: str, *, about: str = "") -> Problem:
    """Return what was found against a rule in a file as a whole. `about`: an action or channel that it is about."""
    return Problem(file, None, None, rule, f"{about}: {HARD_RULES[rule]}" if about else HARD_RULES[rule])


def findings(file: str, rule: str, rows: Rows, column: str | None = None) -> list[Problem]:
    """Return what was found in rows of a file, counted from 0 below the header: each of the first, and how many there are besides."""
    distinct = np.unique(rows)
    problems = [Problem(file, row + 2, column, rule, HARD_RULES[rule]) for row in distinct[:SHOWN_ROWS].tolist()]
    if len(distinct) > SHOWN_ROWS:
        problems.append(Problem(file, None, column, rule, f"{HARD_RULES[rule]}; {len(distinct) - SHOWN_ROWS} more rows"))
    return problems
