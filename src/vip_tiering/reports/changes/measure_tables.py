"""The measures of a report as tables, and what stands behind them: fees, events in the hall, products signed up. Frames in, tables out.

`Words` makes a table one for people; without them it is for programs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pandas as pd
import pyarrow as pa

from vip_tiering.base.money import yuan_text
from vip_tiering.base.schema import UNASSIGNED
from vip_tiering.customers.products import ANY_PRODUCT
from vip_tiering.playbooks.load import AllRules
from vip_tiering.playbooks.targets import Group
from vip_tiering.reports.changes.tables import table_of, with_names
from vip_tiering.reports.figures.delivered import Delivered, fees_by, lobby_by
from vip_tiering.reports.figures.measures import SUM_OF_AVERAGES, YUAN, told_measures
from vip_tiering.reports.words import FEES, LOBBY, MEASURES, SIGNED_UP, Words

MEASURES_FOR_PROGRAMS: Final = ("measure", "label", "branch", "unit", *MEASURES)
"""The columns of measures.csv."""
FEES_FOR_PROGRAMS: Final = ("branch", "manager", *FEES)
"""The columns of fees.csv."""
LOBBY_FOR_PROGRAMS: Final = ("branch", "action", *LOBBY)
"""The columns of lobby.csv; of the last two only those that were delivered."""
COVERAGE_FOR_PROGRAMS: Final = ("branch", "manager", "product", *SIGNED_UP)
"""The columns of coverage.csv; branch and manager are empty for all customers, and manager for those of a branch."""
_MONEY: Final = ("growth", "fees")


def measures_for_people(measures: pd.DataFrame, rules: AllRules, words: Words, group: Group) -> pa.Table:
    """Return the measures of a group of which something is known, with the columns `words.MEASURES`."""
    told = told_measures(measures[measures["group"] == group])
    chosen = told[told["value"].notna()]
    chosen = _named_measures(chosen, measure_names(rules, words), words.named(""), words.text("whole"))
    numbers = [name for name in MEASURES if not name.endswith("_reached")]
    typed = chosen.astype(dict.fromkeys(numbers, "Int64")).replace({"measure": {SUM_OF_AVERAGES: ""}})
    return table_of(typed, ["measure", "label", "branch", *MEASURES], numbers if group in _MONEY else ())


def not_delivered(measures: pd.DataFrame, rules: AllRules, words: Words) -> list[str]:
    """Return the names of the measures of which nothing was delivered."""
    absent = measures[measures["group"].isin(["fees", "lobby"]) & measures["branch"].isna() & measures["value"].isna()]
    names = measure_names(rules, words)
    return [names[one] for one in absent["measure"]]


def measures_for_programs(measures: pd.DataFrame, rules: AllRules, words: Words) -> pa.Table:
    """Return every measure as text with the columns `MEASURES_FOR_PROGRAMS`; yuan with two decimals, "" where nothing is known."""
    texts = _named_measures(measures, measure_names(rules, words), UNASSIGNED, "")
    for name in MEASURES:
        if not name.endswith("_reached"):
            texts[name] = [_number(value, money=unit == YUAN) for value, unit in zip(texts[name], texts["unit"], strict=True)]
    return table_of(texts.fillna(""), MEASURES_FOR_PROGRAMS)


def fees_table(delivered: Delivered, words: Words | None = None) -> pa.Table:
    """Return fee income by branch, manager and product; for people by branch and manager, with a total."""
    if words is None:
        return _in_fen(with_names(fees_by(delivered, ["branch", "manager", "product"]), None), FEES_FOR_PROGRAMS)
    lines = with_names(fees_by(delivered, ["branch", "manager"]), words)
    total = {"branch": words.text("total"), "manager": "", "entries": lines["entries"].sum(), "amount": lines["amount"].sum()}
    return _in_fen(pd.concat([lines, pd.DataFrame([total])]), ("branch", "manager", "entries", "amount"))


def own_fees_table(fees: pd.DataFrame) -> pa.Table:
    """Return fee income by manager and product without the managers, for the file of each."""
    return _in_fen(fees, tuple(FEES))


def lobby_table(delivered: Delivered, words: Words | None = None) -> pa.Table:
    """Return what came of the events in the hall by branch and event; for people with a total, and without ids."""
    lines = with_names(lobby_by(delivered, ["branch", "action", "event"]), words)
    if words is None:
        return table_of(lines, [name for name in LOBBY_FOR_PROGRAMS if name in lines])
    counted = [name for name in LOBBY if name in lines and name != "event"]
    total = {"branch": words.text("total"), "event": "", **lines[counted].sum()}
    return table_of(pd.concat([lines, pd.DataFrame([total])]).astype(dict.fromkeys(counted, "int64")), ["branch", "event", *counted])


def coverage_for_programs(coverage: pd.DataFrame, rules: AllRules) -> pa.Table:
    """Return the coverage of products as text with the columns `COVERAGE_FOR_PROGRAMS`."""
    labelled = _with_labels(coverage, rules, ANY_PRODUCT)
    nobody = {name: labelled[name].replace("", UNASSIGNED).fillna("") for name in ("branch", "manager")}
    return table_of(labelled.assign(**nobody), COVERAGE_FOR_PROGRAMS)


def coverage_for_people(coverage: pd.DataFrame, rules: AllRules, words: Words) -> pa.Table:
    """Return the share of customers that hold any product, and each one that is taught, by branch, before its managers."""
    taught = [one.code for one in (rules.playbooks.taught if rules.playbooks else ())]
    labelled = _with_labels(coverage, rules, words.text("any_product"))
    told = labelled[labelled["product"].isin([ANY_PRODUCT, *taught])]
    places = {branch: place for place, branch in enumerate(told["branch"].dropna().unique())}
    lines = told.loc[told["product"] == ANY_PRODUCT, ["branch", "manager", "customers"]]
    lines = lines.iloc[lines["branch"].map(places).fillna(-1).argsort(kind="stable")].reset_index(drop=True)
    for label, shares in told.groupby("product_label", sort=False):
        lines[str(label)] = lines[["branch", "manager"]].merge(shares, how="left")["share_percent"]
    lines["manager"] = lines["manager"].replace("", words.named("")).fillna(words.text("total"))
    lines["branch"] = lines["branch"].replace("", words.named("")).fillna(words.text("whole"))
    return table_of(lines, lines.columns)


def own_coverage_table(coverage: pd.DataFrame, rules: AllRules, words: Words) -> pa.Table:
    """Return how far products are signed up without the managers, for the file of each."""
    return table_of(_with_labels(coverage, rules, words.text("any_product")), SIGNED_UP)


def _with_labels(coverage: pd.DataFrame, rules: AllRules, any_product: str) -> pd.DataFrame:
    """Return coverage with the name of each product; one that the rules do not know has its own."""
    labels = {code: one.label for code, one in (rules.playbooks.products if rules.playbooks else {}).items()}
    named = coverage["product"].map({**labels, ANY_PRODUCT: any_product}).fillna(coverage["product"])
    return coverage.assign(product_label=named)


def _in_fen(lines: pd.DataFrame, columns: tuple[str, ...]) -> pa.Table:
    """Return lines whose amounts are fen; one that passes what a table can hold is refused by pandas, and does not wrap."""
    return table_of(lines.astype({"amount": "int64", "entries": "int64"}), columns)


def _named_measures(measures: pd.DataFrame, names: Mapping[str, str], nobody: str, whole: str) -> pd.DataFrame:
    """Return measures with their names, those of branches, and shares as text."""
    named = measures.assign(label=measures["measure"].map(names), branch=measures["branch"].replace("", nobody).fillna(whole))
    shares = {name: named[name].map(_percent, na_action="ignore") for name in ("quarter_reached", "year_reached")}
    return named.assign(**shares)


def _number(value: int | None, *, money: bool) -> str:
    if value is None:
        return ""
    return yuan_text(value) if money else str(value)


def _percent(tenths: int) -> str:
    """Return tenths of a percent as text, rounded down already."""
    sign = "-" if tenths < 0 else ""
    return f"{sign}{abs(tenths) // 10}.{abs(tenths) % 10}%"


def measure_names(rules: AllRules, words: Words) -> dict[str, str]:
    """Return the name of each measure by its id, as the playbooks name it, else, and in English, by what it counts; the sum has one too."""
    names = {SUM_OF_AVERAGES: words.text("sum_of_averages")}
    for one in rules.targets.measures if rules.targets else ():
        if words.language == "zh" and one.id in rules.measures:
            names[one.id] = rules.measures[one.id]
        elif one.measure is not None:
            names[one.id] = words.text(one.measure)
        elif one.customers_from in words.tiers:  # others are left out
            names[one.id] = words.text("customers_from", tier=words.tiers[one.customers_from])
    return names
