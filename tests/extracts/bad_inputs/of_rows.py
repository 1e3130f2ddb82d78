"""Cases 37 to 63: what can be wrong with a row."""

from __future__ import annotations

import pyarrow as pa

from tests.extracts.bad_inputs.cases import (
    AMOUNT,
    CANARY,
    DAYS,
    HEADER,
    MIDDLE,
    Case,
    balance,
    beside,
    both,
    every_day,
    extract_rules,
    middle,
    nothing,
    parquet,
    replaced,
    row,
    rows,
    sound_parquet,
)


def floats(second: float) -> bytes:
    """Return a Parquet extract of floating amounts with this one in row 2."""
    return parquet(**{**sound_parquet(), "balance": pa.array([1.0, second, 2.0, 3.0, 4.0])})


def zoned(zone: str, seconds: int) -> bytes:
    """Return a Parquet extract whose dates are time stamps of a zone, so many seconds after midnight of the middle day in UTC."""
    return parquet(**{**sound_parquet(), "date": pa.array([1443744000 + seconds] * 5, pa.timestamp("s", tz=zone))})


CASES = [
    Case(37, "too few fields", row(f"{CANARY}002,{DAYS[1]}"), 4, (MIDDLE, "row 4", "fields-missing")),
    Case(38, "too many fields", row(f"{CANARY}002,{DAYS[1]},5.00,9"), 4, (MIDDLE, "row 4", "fields-extra")),
    Case(
        38,
        "too many fields in every row",
        middle(HEADER + rows(DAYS[1]).replace("\n", ",9\n")),
        4,
        (MIDDLE, "row 2", "fields-extra"),
    ),
    Case(39, "NUL in an id", row(f"{CANARY}\x00002,{DAYS[1]},5.00"), 4, (MIDDLE, "row 4", "customer_id", "id-control")),
    Case(40, "empty id", row(f",{DAYS[1]},5.00"), 4, (MIDDLE, "row 4", "column customer_id", "id-empty")),
    Case(
        43,
        "Parquet with floating ids",
        replaced("b.parquet", parquet(**{**sound_parquet(), "customer_id": pa.array([1.0] * 5)})),
        4,
        ("b.parquet", "customer_id", "column-type"),
    ),
    Case(
        0,
        "Parquet with a currency of decimals",
        replaced("b.parquet", parquet(**{**sound_parquet(), "currency": pa.array(["156.00"] * 5).cast(pa.decimal128(5, 2))})),
        4,
        ("b.parquet: column currency is of type decimal128(5, 2); deliver it as string", "column-type"),
    ),
    Case(
        0,
        "Parquet with dates of decimals",
        replaced("b.parquet", parquet(**{**sound_parquet(), "date": pa.array(["20151002"] * 5).cast(pa.decimal128(8, 0))})),
        4,
        ("b.parquet: column date is of type decimal128(8, 0); deliver it as date", "column-type"),
    ),
    Case(
        0,
        "Parquet where the rules number the columns",
        both(
            replaced("b.parquet", parquet(**sound_parquet())), extract_rules("header: none\ncolumns: {customer_id: 1, date: 2, balance: 3}")
        ),
        4,
        ("b.parquet: is Parquet, which names its columns", "rules/extracts.yaml numbers them (header: none)", "header-missing"),
        ("--rules", "rules"),
    ),
    Case(
        0,
        "every row wrong, and all of them allowed",
        every_day(lambda content: content.replace(b".50", b".505")),
        4,
        ("rows rejected: 15, allowed: 14",),
        ("--max-rejects", "100%"),
    ),
    Case(44, "id too long", row(f"{CANARY * 20},{DAYS[1]},5.00"), 4, (MIDDLE, "row 4", "id-long")),
    Case(40, "id of blanks", row(f"   ,{DAYS[1]},5.00"), 4, (MIDDLE, "row 4", "column customer_id", "id-empty")),
    Case(40, "id of invisible characters", row(f"\u200b\ufeff,{DAYS[1]},5.00"), 4, (MIDDLE, "row 4", "id-empty")),
    Case(45, "id eaten by Excel", row(f"6.22202E+18,{DAYS[1]},5.00"), 4, (MIDDLE, "row 4", "id-spreadsheet", "deliver it as text")),
    Case(46, "empty balance", balance(""), 4, (MIDDLE, "row 4", "column balance", "amount-empty")),
    Case(46, "balance NULL", balance("NULL"), 4, (MIDDLE, "row 4", "amount-empty")),
    Case(46, "balance NaN", balance("NaN"), 4, (MIDDLE, "row 4", "amount-empty")),
    Case(46, "balance #N/A", balance("#N/A"), 4, (MIDDLE, "row 4", "amount-empty")),
    Case(
        46,
        "Parquet amount without value",
        replaced("b.parquet", parquet(**{**sound_parquet(), "balance": pa.array([1.0, None, 2.0, 3.0, 4.0])})),
        4,
        ("b.parquet: row 2, column balance", "amount-empty"),
    ),
    Case(
        46,
        "Parquet decimal without value",
        replaced("b.parquet", parquet(**{**sound_parquet(), "balance": pa.array([None, 1, 2, 3, 4], pa.decimal128(18, 2))})),
        4,
        ("b.parquet: row 1, column balance", "amount-empty"),
    ),
    Case(46, "balance N/A", balance("N/A"), 4, (MIDDLE, "row 4", "amount-empty")),
    Case(46, "balance nan in a Parquet", replaced("b.parquet", floats(float("nan"))), 4, ("b.parquet: row 2", "amount-")),
    Case(47, "thousands separator that is full-width", balance("424，242.50"), 4, (MIDDLE, "row 4", "amount-thousands")),
    Case(47, "thousands separator in a wrong place", balance('"42,4242.50"'), 4, (MIDDLE, "row 4", "amount-text")),
    Case(47, "thousands separator", balance('"424,242.50"'), 4, (MIDDLE, "row 4", "amount-thousands", "1234.50")),
    Case(48, "full-width digits", balance("４２４２４２"), 4, (MIDDLE, "row 4", "amount-full-width")),
    Case(48, "one full-width digit", balance("42424２.50"), 4, (MIDDLE, "row 4", "amount-full-width")),
    Case(48, "digits of another script", balance("٤٢٤٢٤٢"), 4, (MIDDLE, "row 4", "amount-text")),
    Case(49, "infinity in a Parquet", replaced("b.parquet", floats(float("inf"))), 4, ("b.parquet: row 2", "amount-")),
    Case(49, "-Infinity", balance("-Infinity"), 4, (MIDDLE, "row 4", "amount-text")),
    Case(49, "infinite", balance("inf"), 4, (MIDDLE, "row 4", "amount-text")),
    Case(49, "1e309", balance("1e309"), 4, (MIDDLE, "row 4", "amount-exponent")),
    Case(50, "exponent", balance("4.24242E+05"), 4, (MIDDLE, "row 4", "amount-exponent", "Excel")),
    Case(51, "brackets", balance("(424242.50)"), 4, (MIDDLE, "row 4", "amount-text")),
    Case(51, "trailing minus", balance("424242.50-"), 4, (MIDDLE, "row 4", "amount-text")),
    Case(
        52,
        "negative balance that the rules reject",
        both(extract_rules("negative: reject"), balance("-424242.50")),
        4,
        (MIDDLE, "row 4", "column balance", "amount-negative", "zero or net"),
    ),
    Case(53, "three decimals", balance("424242.505"), 4, (MIDDLE, "row 4", "amount-decimals")),
    Case(
        53,
        "Parquet amount with a third decimal",
        replaced("b.parquet", parquet(**{**sound_parquet(), "balance": pa.array([f"{AMOUNT}.505"] * 5).cast(pa.decimal128(18, 3))})),
        4,
        ("b.parquet: row 1, column balance", "amount-decimals"),
    ),
    Case(
        53,
        "Parquet floating amount between two fen",
        replaced("b.parquet", parquet(**{**sound_parquet(), "balance": pa.array([424242.5, 424242.505, 1.0, 2.0, 3.0])})),
        4,
        ("b.parquet: row 2, column balance", "amount-decimals"),
    ),
    Case(
        53,
        "Parquet amounts of 32 bits",
        replaced("b.parquet", parquet(**{**sound_parquet(), "balance": pa.array([424242.5] * 5, pa.float32())})),
        4,
        ("b.parquet", "balance", "column-type"),
    ),
    Case(54, "a million millions", balance("1000000000000"), 4, (MIDDLE, "row 4", "amount-range")),
    Case(54, "twenty digits", balance("42424242424242424242"), 4, (MIDDLE, "row 4", "amount-range")),
    Case(54, "nineteen digits", balance("9223372036854775808"), 4, (MIDDLE, "row 4", "amount-range")),
    Case(54, "thousand digits", balance("4" * 1000), 4, (MIDDLE, "row 4", "amount-range")),
    Case(
        54,
        "nineteen digits in a Parquet",
        replaced("b.parquet", parquet(**{**sound_parquet(), "balance": pa.array([2**62] * 5)})),
        4,
        ("b.parquet: row 1", "amount-range"),
    ),
    Case(55, "currency sign", balance("¥424242.50"), 4, (MIDDLE, "row 4", "amount-text")),
    Case(55, "unit", balance("424242元"), 4, (MIDDLE, "row 4", "amount-text")),
    Case(55, "ten thousands", balance("42.4242万"), 4, (MIDDLE, "row 4", "amount-text")),
    Case(55, "two points", balance("424.242.50"), 4, (MIDDLE, "row 4", "amount-text")),
    Case(56, "no such day", row(f"{CANARY}002,2015-02-30,5.00"), 4, (MIDDLE, "row 4", "column date", "date-invalid")),
    Case(56, "empty date", row(f"{CANARY}002,,5.00"), 4, (MIDDLE, "row 4", "date-empty")),
    Case(56, "no date in the whole file", middle(HEADER + f"{CANARY}002,soon,5.00\n"), 4, (MIDDLE, "row 2", "date-invalid")),
    Case(
        56,
        "last day missing because its date is wrong",
        lambda files: files.update({"balances_20151003.csv": files[MIDDLE] + f"{CANARY}9,2015-10-33,1.00\n".encode()}),
        4,
        ("balances_20151003.csv: column date", "date-invalid", "not complete yet: 2015-10-03"),
    ),
    Case(
        56,
        "30 February in digits alone",
        middle(HEADER.replace("date", "日期") + f"{CANARY}1,20150230,1\n{CANARY}2,20151002,1\n"),
        4,
        (MIDDLE, "row 2", "column 日期", "date-invalid"),
    ),
    Case(
        57,
        "whole number that is not a date",
        middle(HEADER + f"{CANARY}1,20151302,1\n{CANARY}2,20151002,1\n"),
        4,
        (MIDDLE, "row 2", "date-invalid"),
    ),
    Case(
        58,
        "Excel serial number in every row",
        middle(HEADER + f"{CANARY}1,42279,1\n{CANARY}2,42279,1\n"),
        4,
        (MIDDLE, "date-excel", "2015-10-01"),
    ),
    Case(59, "one row with digits alone", row(f"{CANARY}002,20151002,5.00"), 4, (MIDDLE, "row 4", "date-invalid", "one form per file")),
    Case(58, "Excel serial date", row(f"{CANARY}002,42279,5.00"), 4, (MIDDLE, "row 4", "date-excel")),
    Case(59, "another form of date", row(f"{CANARY}002,2015/10/02,5.00"), 4, (MIDDLE, "row 4", "date-invalid")),
    Case(59, "day before month", row(f"{CANARY}002,02/10/2015,5.00"), 4, (MIDDLE, "row 4", "date-invalid")),
    Case(59, "short date of no calendar", row(f"{CANARY}002,2015-10-32,5.00"), 4, (MIDDLE, "row 4", "date-invalid")),
    Case(59, "day before month", row(f"{CANARY}002,2/10/2015,5.00"), 4, (MIDDLE, "row 4", "date-invalid")),
    Case(
        61,
        "Parquet time stamp that is not midnight",
        replaced(
            "b.parquet",
            parquet(
                **{**sound_parquet(), "date": pa.array([1443744000, 1443744001, 1443744000, 1443744000, 1443744000], pa.timestamp("s"))}
            ),
        ),
        4,
        ("b.parquet: row 2, column date", "date-time"),
    ),
    Case(
        63,
        "conflicting rows in one file",
        lambda files: files.update({MIDDLE: files[MIDDLE] + f"{CANARY}002,{DAYS[1]},7.00\n".encode()}),
        4,
        (f"{MIDDLE}: row 7", f"{MIDDLE} row 4", "duplicate-conflict"),
    ),
    Case(
        63,
        "conflicting rows in two files",
        lambda files: files.update({"extra.csv": f"{HEADER}{CANARY}002,{DAYS[1]},7.00\n".encode()}),
        4,
        ("extra.csv: row 2", f"{MIDDLE} row 4", "duplicate-conflict"),
    ),
    Case(
        63,
        "conflicting rows, with rejects allowed",
        both(nothing, beside("extra.csv", f"{HEADER}{CANARY}002,{DAYS[1]},7.00\n")),
        4,
        ("extra.csv: row 2", "duplicate-conflict"),
        ("--max-rejects", "50%"),
    ),
    Case(
        63,
        "conflict with a Parquet",
        beside("extra.parquet", parquet(**{**sound_parquet(), "balance": pa.array([1] * 5)})),
        4,
        ("extra.parquet: row 1", f"{MIDDLE} row 2", "duplicate-conflict"),
    ),
]
