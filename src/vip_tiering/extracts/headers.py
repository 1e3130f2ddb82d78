"""Which column means what: the bank's own mapping first, then a table of usual names."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Final

from vip_tiering.base.errors import DataError, Problem
from vip_tiering.base.schema import ROLES
from vip_tiering.base.text import tidy
from vip_tiering.rules.balance_unit import other_unit, unit_of
from vip_tiering.rules.extracts import REQUIRED_ROLES, ExtractColumns, ExtractRules

ALIASES: Final[dict[str, tuple[str, ...]]] = {
    "customer_id": (
        "customer_id", "customerid", "client_id", "cust_no", "cust_id", "customer_no", "ecif_no", "客户号", "客户编号", "客户代码",
    ),
    "account_id": ("account_id", "accountid", "account_no", "acct_no", "acct_id", "账号", "帐号", "账户号", "账户编号"),
    "product": ("product", "product_code", "prod_code", "产品", "产品代码", "产品编号"),
    "currency": ("currency", "ccy", "currency_code", "币种", "币种代码"),
    "date": ("date", "data_dt", "data_date", "dt", "biz_date", "日期", "数据日期", "业务日期"),
    "balance": ("balance", "bal", "amount", "balance_yuan", "余额", "金融资产余额", "账户余额", "日终余额"),
}  # fmt: skip
"""Usual headers of every role, compared after NFKC, without case and surrounding blanks."""
_USUAL: Final = {role: [one for one in names if one == role or not one.isascii()][:2] for role, names in ALIASES.items()}
_SHOWN_HEADERS: Final = 12
_PRINTABLE_HEADER: Final = re.compile(r"([^\W\d]| ){1,32}")


def tidy_header(header: str) -> str:
    """Return a header as headers are compared: tidy, and without case."""
    return tidy(header).casefold()


def shown(header: str, index: int) -> str:
    """Return a header as a message may show it: one that could hold a customer's value is only counted."""
    return header if _PRINTABLE_HEADER.fullmatch(header) else f"column {index + 1}"


def listed(names: Sequence[str]) -> str:
    """Return names as a message may list them: the first of them, and how many more there are."""
    more = len(names) - _SHOWN_HEADERS
    return (", ".join(names[:_SHOWN_HEADERS]) or "none") + (f" and {more} more" if more > 0 else "")


def recognise(headers: Sequence[str], rules: ExtractRules, name: str, given: Collection[str] = ()) -> dict[str, int]:
    """Return role -> index of the column; the roles `given` elsewhere (by a folder `key=value`) need none.

    Raises DataError for missing, repeated and ambiguous columns, and for balances in another unit than the rules declare.
    """
    columns = rules.columns
    tidied = [tidy_header(header) for header in headers]
    problems: list[Problem] = []

    def add(rule: str, message: str) -> None:
        problems.append(Problem(name, None, None, rule, message))

    repeated = sorted({shown(headers[i], i) for i, one in enumerate(tidied) if one and tidied.index(one) != i})
    if repeated:
        add("header-repeated", f"a header stands twice: {', '.join(repeated)}; deliver each column once")
    if not any(_hits(tidied, names) for names in _names(columns).values()):  # the first row is data: no cell of it is shown
        message = "there is no header row: no cell of the first row is a known header; name the columns there"
        add("header-missing", f"{message}, and headers of your own under columns in rules/extracts.yaml")
        raise DataError(problems[-1:])
    found: dict[str, int] = {}
    for role, names in _names(columns).items():
        mapped = getattr(columns, role)
        hits = _hits(tidied, names)
        if len(hits) > 1 and not repeated:
            places = " and ".join(shown(headers[index], index) for index in hits)
            add("header-ambiguous", f"{places} may all be the {role}; say which under columns in rules/extracts.yaml")
        elif hits:
            found[role] = hits[0]
        elif role not in given and (role in REQUIRED_ROLES or mapped is not None):
            add("header-missing", _missing(role, mapped, headers, found))
    if "balance" in found and (problem := other_unit(headers[found["balance"]], rules.balance_unit)):
        # A header that was recognised is one of a table or of the rules: its tidied form is nobody's value.
        problems.append(Problem(name, None, tidied[found["balance"]], "header-unit", problem))
    if problems:
        raise DataError(problems)
    return found


def _hits(tidied: Sequence[str], names: Collection[str]) -> list[int]:
    """Return which headers are among the names; a balance may have its unit beside it where none stands alone."""
    hits = [index for index, one in enumerate(tidied) if one in names]
    with_unit = tidied if not hits and _USUAL["balance"][0] in names else ()
    return hits or [index for index, one in enumerate(with_unit) if (unit := unit_of(one)) and unit.base in names]


def _missing(role: str, mapped: str | None, headers: Sequence[str], found: Mapping[str, int]) -> str:
    wanted = f'"{mapped}" for the {role}' if mapped else f"for the {role} (such as {' or '.join(_USUAL[role])})"
    left = [shown(header, index) for index, header in enumerate(headers) if index not in found.values()]
    near = difflib.get_close_matches(mapped or role, left, n=1)
    hint = f"did you mean {near[0]}?" if near else "if the file has no header, or another one, see columns in rules/extracts.yaml"
    return f"no column {wanted}; not recognised: {listed(left)}; {hint}"


def key_roles(keys: Sequence[tuple[str, str]], columns: ExtractColumns, name: str) -> dict[str, str]:
    """Return role -> value for the folders `key=value` whose key is a usual or mapped header.

    Where the rules map the column of the date, no other key tells it: a folder may be the day on which the file came.
    Raises DataError where two of them give one role, and do not agree.
    """
    names = _names(columns)
    mapped = {tidy_header(header) for role in ROLES if (header := getattr(columns, role)) is not None}
    for role in set(ROLES) - {"date"}:
        names[role] |= {tidy_header(alias) for alias in ALIASES[role]} - mapped
    found: dict[str, str] = {}
    for key, value in keys:
        for role in ROLES:
            if tidy_header(key) in names[role] and found.setdefault(role, value) != value:
                raise DataError([Problem(name, None, None, "header-ambiguous", f"two folders give the {role} and differ; keep one")])
    return found


def _names(columns: ExtractColumns) -> dict[str, set[str]]:
    """Return role -> the headers that mean it, as they are compared: the mapped one, else the usual ones not mapped to another role."""
    mapped = {role: tidy_header(header) for role in ROLES if (header := getattr(columns, role)) is not None}
    usual = {role: {tidy_header(alias) for alias in aliases} - set(mapped.values()) for role, aliases in ALIASES.items()}
    return {role: {mapped[role]} if role in mapped else usual[role] for role in ROLES}
