"""The rules for one row that a problem may name, and their words; those for a whole file also say what was found, where it is found."""

from __future__ import annotations

from typing import Final

RULES: Final[dict[str, str]] = {
    "fields-missing": "the row has fewer fields than the header; was it cut, or a separator lost?",
    "fields-extra": "the row has more fields than the header; quote a text that holds the separator",
    "id-empty": "an id is missing; every row needs one",
    "id-control": "an id holds a control character; deliver plain text",
    "id-spreadsheet": "an id was written by a spreadsheet, or would be damaged by one; deliver it as text from the core system",
    "id-long": "an id is longer than 64 bytes; is the separator wrong?",
    "id-decimals": "an id is a number with decimals; deliver ids as text, such as cast(customer_id as string)",
    "id-total": "this is a total and no customer; deliver the rows of customers only",
    "date-empty": "the date is missing",
    "date-invalid": "not a day in the form of this file; write 2015-10-01, 20151001, 2015/10/1 or 2015年10月1日, one form per file",
    "date-excel": "an Excel serial number stands for the date; format the column as a date such as 2015-10-01",
    "date-time": "a time of day that is not midnight stands beside the date; deliver one row per day",
    "date-zone": "midnight in Shanghai stands here as 16:00 UTC of the day before; deliver a date, such as cast(data_dt as date)",
    "amount-empty": "the balance is missing; write 0.00 for nothing",
    "amount-exponent": "the balance is written with an exponent, so Excel has eaten digits; write it in full, such as 120000.00",
    "amount-thousands": "the balance has a thousands separator; write 1234.50",
    "amount-full-width": "the balance has full-width digits; write 1234.50",
    "amount-text": "the balance is not a plain number; write 1234.50, without currency sign, unit or brackets",
    "amount-decimals": "the balance has decimals below the fen; amounts are exact to 0.01 yuan",
    "amount-range": "the balance is 1,000,000,000,000 yuan or more",
    "amount-negative": "the balance is negative, and the rules say negative: reject; say zero or net, or correct the extract",
    "currency-empty": "the currency is missing; write CNY, or say currency: ignore in rules/extracts.yaml if all balances are in yuan",
    "currency": "a balance in another currency than CNY; map your codes under currency_values in rules/extracts.yaml, or name rates there",
    "currency-code": "the currency is not a code of three letters; map your own codes under currency_values in rules/extracts.yaml",
}
"""Every rule for one row, and what would be right. A message is this text, see `message_of`; it never holds the value."""
_OF_DATE_FORMS: Final = ("date-invalid", "date-excel")


def message_of(rule: str, date_written: str = "") -> str:
    """Return the message of a rule for rows. `date_written`: a day as most rows of the file write it, "" where that is not known."""
    return RULES[rule] + (f"; this file writes {date_written}" if date_written and rule in _OF_DATE_FORMS else "")
