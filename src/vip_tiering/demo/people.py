"""The invented customers of the demo: their profiles, what happens to them, and who asked not to be contacted.

Everything follows from one seed by whole-number arithmetic. The numbers lie in 138 0000 0000 to 138 0000 2999.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.csv

from vip_tiering.base.text import csv_as_text
from vip_tiering.demo.balances import CUSTOMERS, SEED, customer_ids, plain_csv
from vip_tiering.publishing.csv_files import csv_bytes

ON: Final = dt.date(2016, 1, 8)
"""The Friday for which the demo makes lists: a weekend follows."""
_SURNAMES: Final = ("王", "李", "张", "刘", "陈", "杨", "黄", "赵", "吴", "周", "徐", "孙", "欧阳")
_GIVEN: Final = ("伟", "芳", "娜", "敏", "静", "丽", "强", "磊", "军", "洋")
_BRANCHES: Final = ("朝阳支行", "海淀支行", "西城支行")
_PRODUCTS: Final = ("手机银行", "信用卡", "理财产品", "基金定投")
_MANAGERS: Final = 4
"""So many in each branch."""
_NOT_DELIVERED: Final = 12
"""So many customers are not in the customer file, as happens."""
_CALLED: Final = {"": 6, "reached": 8, "no_answer": 5, "interested": 3, "refused": 1, "wrong_number": 1, "bereavement": 1}
_MET: Final = {"": 8, "reached": 5, "meeting_set": 3, "done": 3, "no_answer": 2}
_SENT: Final = {"delivered": 40, "failed": 2, "opt_out": 1}
_WORDS: Final = {"sms": _SENT, "calls": _CALLED, "appointments": _CALLED}
"""Results by channel, with their weights; of the other channels those of a meeting."""
_OBSTACLES: Final = {"": 6, "利率低": 2, "已在他行办理": 1, "无暇面谈": 1}
_CHANNELS: Final = ("sms", "calls", "appointments", "visits", "invitations", "wechat")


def files() -> dict[str, bytes]:
    """Return name and content of the customer file, the events and the do-not-contact list."""
    rng = np.random.default_rng(SEED + 1)
    known = np.sort(rng.permutation(CUSTOMERS)[_NOT_DELIVERED:])
    return {
        "customers.csv": plain_csv(_customers(rng, known), quoting="needed"),
        "events.csv": plain_csv(_events(rng), quoting="needed"),
        "do_not_contact.csv": plain_csv(_refusals(rng), quoting="needed"),
    }


def _drawn(rng: np.random.Generator, words: Mapping[str, int] | tuple[str, ...], count: int) -> Any:  # noqa: ANN401 (array of str)
    """Return words, shape (count,), drawn by their weights; without weights each is as likely."""
    weights = words if isinstance(words, Mapping) else dict.fromkeys(words, 1)
    every = np.repeat(np.array(list(weights), object), list(weights.values()))
    return every[rng.integers(0, len(every), count)]


def _days(rng: np.random.Generator, first: dt.date, last: dt.date, count: int) -> Any:  # noqa: ANN401 (array of str)
    numbers = rng.integers(0, (last - first).days + 1, count)
    return (np.datetime64(first) + numbers).astype(str).astype(object)


def _customers(rng: np.random.Generator, known: np.ndarray[Any, np.dtype[np.int64]]) -> dict[str, pa.Array]:
    """Return the profiles of the customers `known`; one number in forty is shared, one in fifty is none."""
    count = len(known)
    branch, manager = rng.integers(0, len(_BRANCHES), count), rng.integers(1, _MANAGERS + 1, count)
    holder = np.where(rng.integers(0, 40, count) == 0, np.maximum(known - 1, 0), known)
    mobile = np.array([f"138{number:08d}" for number in holder], object)
    mobile[rng.integers(0, 50, count) == 0] = "010-5555"
    columns = {
        "name": _drawn(rng, _SURNAMES, count) + _drawn(rng, _GIVEN, count) + _drawn(rng, (*_GIVEN, ""), count),
        "gender": _drawn(rng, {"M": 9, "F": 10, "": 1}, count),
        "mobile": mobile,
        "manager": np.array([f"{_BRANCHES[one][:1]}{number:02d}" for one, number in zip(branch, manager, strict=True)], object),
        "branch": np.array(_BRANCHES, object)[branch],
        "birthday": _days(rng, dt.date(1940, 1, 1), dt.date(1999, 12, 31), count),
        "segments": _drawn(rng, {"": 8, "payroll": 4, "merchant": 3, "savings": 3, "merchant|settlement": 2}, count),
        "wechat_id": _drawn(rng, {"": 1, "wx": 3}, count),
        "risk_rating": _drawn(rng, ("C1", "C2", "C3", "C4", "C5", ""), count),
        "risk_rated_on": _days(rng, dt.date(2014, 10, 1), dt.date(2015, 12, 20), count),
        "qualified_investor": _drawn(rng, {"N": 3, "Y": 2}, count),
        "qualified_on": _days(rng, dt.date(2014, 1, 1), dt.date(2015, 12, 1), count),
        "consent_sms": _drawn(rng, {"Y": 12, "N": 2, "": 3}, count),
        "consent_call": _drawn(rng, {"Y": 11, "N": 3, "": 3}, count),
        "consent_wechat": _drawn(rng, {"Y": 8, "N": 1, "": 2}, count),
        "status": _drawn(rng, {"active": 60, "dormant": 1, "frozen": 1, "deceased": 1}, count),
        "private_client": _drawn(rng, {"": 80, "Y": 1}, count),
        "points": rng.integers(0, 300, count) * 100,
        "points_expire_on": _days(rng, dt.date(2016, 1, 1), dt.date(2016, 12, 31), count),
    }
    columns["products_held"] = _products(known)
    columns["wechat_id"] = np.where(columns["wechat_id"] == "", "", columns["wechat_id"] + known.astype(str).astype(object))
    return {"customer_id": customer_ids(known), **{name: pa.array(values) for name, values in columns.items()}}


def _products(known: np.ndarray[Any, np.dtype[np.int64]]) -> Any:  # noqa: ANN401 (array of str)
    """Return what the customers `known` signed up for, joined by |; dice of their own, so that nothing else depends on it."""
    rng = np.random.default_rng(SEED + 3)
    held = ["", *("|".join(_PRODUCTS[:count]) for count in range(1, len(_PRODUCTS) + 1)), "信用卡", "手机银行|基金定投"]
    return np.array(held, object)[rng.integers(0, len(held), len(known))]


def _events(rng: np.random.Generator) -> dict[str, pa.Array]:
    """Return what falls due around the day: products that mature, and some families in mourning."""
    count = CUSTOMERS // 8
    who = rng.permutation(CUSTOMERS)[:count]
    grave = rng.integers(0, 20, count) == 0
    amounts = rng.integers(5, 200, count) * 10_000
    return {
        "customer_id": customer_ids(who),
        "event": pa.array(np.where(grave, "family_event", "maturity").astype(object)),
        "kind": pa.array(np.where(grave, "bereavement", "").astype(object)),
        "date": pa.array(np.where(grave, "2015-12-20", _days(rng, dt.date(2016, 1, 4), dt.date(2016, 2, 28), count)).astype(object)),
        "product": pa.array(np.where(grave, "", _drawn(rng, ("非凡理财90天", "储蓄国债", "定期存款一年"), count)).astype(object)),
        "amount": pa.array(np.where(grave, "", amounts.astype(str).astype(object) + ".00").astype(object)),
    }


def _refusals(rng: np.random.Generator) -> dict[str, pa.Array]:
    count = CUSTOMERS // 60
    who = rng.permutation(CUSTOMERS)[:count]
    return {
        "customer_id": customer_ids(who),
        "channel": pa.array(_drawn(rng, {"sms": 3, "calls": 1, "all": 1}, count)),
        "since": pa.array(_days(rng, dt.date(2013, 1, 1), dt.date(2015, 12, 31), count)),
    }


def returned(export: Path) -> dict[str, bytes]:
    """Return name and content of the lists of an export as they come back: one file for each channel."""
    rng = np.random.default_rng(SEED + 2)
    files = {}
    for channel in _CHANNELS:
        table = csv_as_text(export / f"{channel}.csv", ("customer_id", "action"))
        if not len(table):
            continue
        result = _drawn(rng, _WORDS.get(channel, _MET), len(table))
        obstacle = np.where(result == "", "", _drawn(rng, _OBSTACLES if channel != "sms" else {"": 1}, len(table)))
        columns = {
            "customer_id": table["customer_id"],
            "action": table["action"],
            "channel": pa.repeat(channel, len(table)),
            "result": pa.array(result),
            "obstacle": pa.array(obstacle),
        }
        files[f"{channel}.csv"] = csv_bytes(columns, header=True)
    return files
