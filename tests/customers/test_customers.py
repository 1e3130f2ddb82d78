"""The customer file: every field as it is meant, every mistake told by place and rule, and no value of a customer in any message."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import io
import os
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers import RULES, examples
from vip_tiering.base.errors import DataError, Problem
from vip_tiering.base.quarter import day_number
from vip_tiering.customers.cells.texts import LONGEST_TEXT, clean_text
from vip_tiering.customers.customer_file import ABSENT, parse_customers
from vip_tiering.customers.side_file import SideFile, read_side_file
from vip_tiering.customers.types import NO_DAY, NO_PHONE, NOT_GIVEN, Customers
from vip_tiering.playbooks.customers.customers_file import (
    CODES,
    CUSTOMER_FIELDS,
    DAY_FIELDS,
    SEGMENTS,
    TEXT_FIELDS,
    CodedField,
    CustomerColumns,
    CustomerRules,
)
from vip_tiering.playbooks.load import load

CANARY = "CANARY"
NONE = CustomerRules()

PERSON = {
    "customer_id": "0012",
    "name": "王丹",
    "gender": "F",
    "mobile": "13800138000",
    "manager": "李经理",
    "wealth_manager": "赵理财",
    "branch": "城东支行",
    "birthday": "1980-02-29",
    "birthday_calendar": "solar",
    "segments": "payroll|savings",
    "wechat_id": "wang_dan",
    "household_customer_id": "0012",
    "risk_rating": "C3",
    "risk_rated_on": "2015-03-01",
    "qualified_investor": "Y",
    "qualified_on": "2015-04-01",
    "consent_sms": "Y",
    "consent_call": "N",
    "consent_wechat": "",
    "status": "active",
    "private_client": "N",
    "points": "1200",
    "points_expire_on": "2016-12-31",
    "products_held": "fund|bond",
    "interests": "茶艺|跑步",
}
"""A customer with every field of the file."""
EMPTY = dict.fromkeys(PERSON, "") | {"customer_id": "13", "status": "frozen"}


def bytes_of(rows: Sequence[Mapping[str, str]], encoding: str = "utf-8") -> bytes:
    """Return rows as a CSV whose header is that of the first."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode(encoding)


def write(path: Path, rows: Sequence[Mapping[str, str]]) -> Path:
    """Write rows as the name of the file says: CSV, gzipped CSV, CSV in GB18030 or with BOM, Parquet."""
    if path.suffix == ".parquet":
        pq.write_table(pa.table({header: pa.array([row[header] for row in rows], pa.string()) for header in rows[0]}), path)
    elif path.suffix == ".gz":
        path.write_bytes(gzip.compress(bytes_of(rows), mtime=0))
    else:
        path.write_bytes(bytes_of(rows, {"gb": "gb18030", "bom": "utf-8-sig"}.get(path.stem, "utf-8")))
    return path


def parsed(tmp_path: Path, *rows: Mapping[str, str], rules: CustomerRules = NONE) -> tuple[Customers, list[str]]:
    """Return what is made of rows."""
    return parse_customers(read_side_file(write(tmp_path / "customers.csv", rows)), rules)


def refused(tmp_path: Path, *rows: Mapping[str, str], rules: CustomerRules = NONE) -> list[str]:
    """Return the lines with which rows are refused; none holds the mark that stands in every value of a customer."""
    with pytest.raises(DataError) as error:
        parsed(tmp_path, *rows, rules=rules)
    lines = [str(problem) for problem in error.value.problems]
    assert [] == [line for line in lines if CANARY in line]
    return lines


def one_wrong(tmp_path: Path, rows: Sequence[Mapping[str, str]], rule: str, row: int, column: str | None) -> str:
    """Return the message of the only problem, whose place and rule are as expected."""
    with pytest.raises(DataError) as error:
        parsed(tmp_path, *rows)
    (problem,) = error.value.problems
    assert isinstance(problem, Problem)
    assert ("customers.csv", row, column, rule) == (problem.file, problem.row, problem.column, problem.rule)
    assert CANARY not in str(problem)
    return problem.message


def as_rows(customers: Customers) -> list[dict[str, Any]]:
    """Return customers as plain rows, so that two of them can be compared."""
    numbers = customers.numbers.to_pylist()
    return [
        {
            "customer_id": customers.customer_id[at].as_py(),
            **{field: values[at].as_py() for field, values in customers.text.items()},
            **{field: CODES[field][values[at]] for field, values in customers.code.items()},
            **{field: int(values[at]) for field, values in customers.day.items()},
            "points": int(customers.points[at]),
            "segments": [name for bit, name in enumerate(SEGMENTS) if customers.segments[at] >> bit & 1],
            "mobile": numbers[customers.phone[at]] if customers.phone[at] >= 0 else int(customers.phone[at]),
        }
        for at in range(len(customers))
    ]


def day(text: str) -> int:
    """Return a day number."""
    return day_number(dt.date.fromisoformat(text))


@pytest.fixture(scope="module")
def shipped() -> CustomerRules:
    """Return the shipped rules."""
    books = load(RULES).playbooks
    assert books is not None
    return books.customers


# --- what is read


def test_every_field_is_read(tmp_path: Path) -> None:
    """A customer with every field comes out with each of them; one with none has what stands for "not given"."""
    customers, warnings = parsed(tmp_path, PERSON, EMPTY)
    assert [] == warnings
    assert frozenset(CUSTOMER_FIELDS) == customers.given
    days = {field: day(PERSON[field]) for field in DAY_FIELDS}
    full = {**PERSON, **days, "points": 1200, "segments": ["payroll", "savings"]}
    nothing = {**EMPTY, **dict.fromkeys(DAY_FIELDS, NO_DAY), "points": NOT_GIVEN, "segments": [], "mobile": NO_PHONE}
    assert [full, nothing] == as_rows(customers)


def test_types_are_those_of_the_forms(tmp_path: Path) -> None:
    """Arrays have the types that the forms promise."""
    customers, _ = parsed(tmp_path, PERSON, EMPTY)
    assert pa.string() == customers.customer_id.type
    assert {pa.dictionary(pa.int32(), pa.string())} == {one.type for one in customers.text.values()}
    assert [np.dtype(np.int8)] * len(CODES) == [one.dtype for one in customers.code.values()]
    assert [np.dtype(np.int32)] * len(DAY_FIELDS) == [one.dtype for one in customers.day.values()]
    assert [np.int64, np.uint8, np.int32] == [one.dtype for one in (customers.points, customers.segments, customers.phone)]


@pytest.mark.parametrize("name", ["gb.csv", "bom.csv", "c.csv.gz", "c.parquet"])
def test_every_format_gives_the_same_customers(name: str, tmp_path: Path) -> None:
    """CSV in UTF-8 with and without BOM, in GB18030, gzipped, and Parquet give equal customers, hashed as delivered."""
    expected, _ = parsed(tmp_path, PERSON, EMPTY)
    file = read_side_file(write(tmp_path / name, [PERSON, EMPTY]))
    assert (name, 2) == (file.name, file.rows)
    assert as_rows(expected) == as_rows(parse_customers(file, NONE)[0])


def test_typed_parquet_is_read_as_text_would_be(tmp_path: Path) -> None:
    """Whole numbers, days, truth values, dictionaries and numbers with gaps of a Parquet file mean what their text means."""
    columns = {
        "customer_id": pa.array([Decimal(12), Decimal(13)], pa.decimal128(38, 10)),
        "manager": pa.array([7, 8]),
        "birthday": pa.array([dt.date(1980, 2, 29), None]),
        "risk_rated_on": pa.array([dt.datetime(2015, 3, 1), None], pa.timestamp("ns")),  # noqa: DTZ001 (as written by pandas)
        "consent_sms": pa.array([True, False]),
        "points": pa.array([1200.0, float("nan")]),
        "mobile": pa.array([13800138000.0, None]),
        "status": pa.array(["active", "frozen"]).dictionary_encode(),
        "gender": pa.nulls(2),
        "unused": pa.array([[1], [2]]),
    }
    pq.write_table(pa.table(columns), tmp_path / "c.parquet")
    one, other = as_rows(parse_customers(read_side_file(tmp_path / "c.parquet"), NONE)[0])
    expected = {
        "customer_id": "12",
        "manager": "7",
        "birthday": day("1980-02-29"),
        "risk_rated_on": day("2015-03-01"),
        "consent_sms": "Y",
        "points": 1200,
    }
    assert expected | {"mobile": "13800138000"} == {key: one[key] for key in [*expected, "mobile"]}
    nothing = {"customer_id": "13", "birthday": NO_DAY, "consent_sms": "N", "points": NOT_GIVEN, "mobile": NO_PHONE, "gender": ""}
    assert nothing == {key: other[key] for key in nothing}


def test_ids_are_tidied_and_keep_their_zeros(tmp_path: Path) -> None:
    """Ids are brought to NFKC and trimmed like those of extracts, so that both find each other."""
    customers, _ = parsed(tmp_path, PERSON | {"customer_id": " ００１\u200b "}, EMPTY | {"customer_id": "NA"})
    assert ["001", "NA"] == customers.customer_id.to_pylist()


@pytest.mark.parametrize("form", ["%Y-%m-%d", "%Y%m%d", "%Y/%m/%d"])
def test_days_have_one_of_the_usual_forms(form: str, tmp_path: Path) -> None:
    """Days are read in the forms of the extracts."""
    customers, _ = parsed(tmp_path, PERSON | {"birthday": dt.date(1980, 2, 29).strftime(form)}, EMPTY)
    assert [day("1980-02-29"), NO_DAY] == customers.day["birthday"].tolist()


def test_a_form_of_day_can_be_declared(tmp_path: Path) -> None:
    """`date_format` of the rules replaces the usual forms."""
    rules = CustomerRules(date_format="%d.%m.%Y")
    columns = {"customer_id": "1", "status": "active", "birthday": "29.02.1980"}
    assert [day("1980-02-29")] == parsed(tmp_path, columns, rules=rules)[0].day["birthday"].tolist()


# --- the bank's own columns and words


def test_usual_chinese_files_are_read_by_the_shipped_rules(tmp_path: Path, shipped: CustomerRules) -> None:
    """A file with usual Chinese headers and words is read as the English one; one column of consent feeds two fields."""
    person = {
        "客户号": "0012", "客户姓名": "王丹", "性别": "女", "手机号": "13800138000", "客户经理": "李经理", "网点": "城东支行",
        "出生日期": "1980/02/29", "客群": "代发｜储蓄", "风险等级": "平衡型", "风险测评日期": "20150301", "营销同意": "是",
        "客户状态": "正常",
    }  # fmt: skip
    (row,) = as_rows(parsed(tmp_path, person, rules=shipped)[0])
    expected = {
        "gender": "F", "risk_rating": "C3", "consent_sms": "Y", "consent_call": "Y", "consent_wechat": "", "status": "active",
        "segments": ["payroll", "savings"], "mobile": "13800138000", "branch": "城东支行", "manager": "李经理",
    }  # fmt: skip
    assert expected == {key: row[key] for key in expected}


def test_english_names_need_no_rules(tmp_path: Path, shipped: CustomerRules) -> None:
    """The shipped rules read the file of English names as no rules at all do."""
    assert as_rows(parsed(tmp_path, PERSON)[0]) == as_rows(parsed(tmp_path, PERSON, rules=shipped)[0])


def test_words_are_compared_without_width_letters_and_blanks(tmp_path: Path) -> None:
    """Codes are known in any letters, full-width forms and with blanks around."""
    customers, _ = parsed(tmp_path, PERSON | {"risk_rating": " ｃ５ ", "consent_sms": "y", "status": "Active"})
    (row,) = as_rows(customers)
    assert ("C5", "Y", "active") == (row["risk_rating"], row["consent_sms"], row["status"])


def test_model_knows_every_field() -> None:
    """The rules can map every field of every file, and the words of every coded one; the forms tell the same fields."""
    others = {"event", "kind", "product", "amount", "date", "channel", "action", "result", "since", "on", "by", "obstacle", "note"}
    others |= {"month", "visitors", "accounts_opened"}
    assert {*CUSTOMER_FIELDS, *others} == set(CustomerColumns.model_fields)
    assert {*CODES, "segments", "event", "kind", "result", "channel"} == set(CodedField.__args__)  # type: ignore[attr-defined]
    assert set(CUSTOMER_FIELDS) == {"customer_id", "mobile", "points", "segments", *TEXT_FIELDS, *DAY_FIELDS, *CODES}
    assert (CODES, SEGMENTS) == (CODES, SEGMENTS)


def test_two_columns_for_one_field_are_refused(tmp_path: Path, shipped: CustomerRules) -> None:
    """Nobody guesses which of two columns is meant."""
    (line,) = refused(tmp_path, PERSON | {"手机号": CANARY}, rules=shipped)
    assert "customers.csv: mobile and 手机号 may all be the mobile" in line
    assert line.endswith("[header-ambiguous]")


# --- absent columns


@pytest.mark.parametrize("field", [field for field in CUSTOMER_FIELDS if field not in ("customer_id", "status")])
def test_an_absent_column_is_one_warning(field: str, tmp_path: Path) -> None:
    """Each optional column may be absent: one line says what falls, if anything does, and every customer has none of it."""
    person = {key: value for key, value in PERSON.items() if key != field}
    customers, warnings = parsed(tmp_path, person)
    assert [f"customers.csv: no column {field}: {ABSENT.get(field)}"] * (field in ABSENT) == warnings
    assert field not in customers.given
    assert as_rows(parsed(tmp_path, PERSON | {field: ""})[0]) == as_rows(customers)


def test_status_must_be_there_or_somebody_answers_for_it(tmp_path: Path) -> None:
    """Without a status column a file is refused, unless the rules name who allows it."""
    (line,) = refused(tmp_path, {"customer_id": "1"})
    assert "status: {not_delivered: {approved_by: ..., approved_on: 2016-01-04, reason: ...}}" in line
    assert line.endswith("[status-absent]")
    approved = {"approved_by": "王行长", "approved_on": dt.date(2016, 1, 4), "reason": "active customers only"}
    rules = CustomerRules.model_validate({"status": {"not_delivered": approved}})
    customers, warnings = parsed(tmp_path, {"customer_id": "1"}, rules=rules)
    assert ([0], len(ABSENT)) == (customers.code["status"].tolist(), len(warnings))


def test_a_misspelled_column_is_a_warning(tmp_path: Path) -> None:
    """A header that is nearly one of an absent field is named with it; others that nobody uses are ignored."""
    person = {("consent_smss" if key == "consent_sms" else key): value for key, value in PERSON.items()} | {"备注": CANARY}
    _, warnings = parsed(tmp_path, person)
    assert [f"customers.csv: no column consent_sms: {ABSENT['consent_sms']}"] == warnings[:1]
    assert ["customers.csv: column consent_smss is not used; did you mean consent_sms (consent_sms)?"] == warnings[1:]


# --- what is refused

BAD_ID = {
    "id-empty": ["", "  ", "\u200b"],
    "id-control": [f"{CANARY}\t1", f"{CANARY}\x00", f"{CANARY}\n1"],
    "id-spreadsheet": ["6.22202E+18"],
    "id-long": [CANARY * 20],
}


@pytest.mark.parametrize(("rule", "value"), [(rule, value) for rule, values in BAD_ID.items() for value in values])
def test_bad_ids_are_refused(rule: str, value: str, tmp_path: Path) -> None:
    """An id is there, is plain text, and no id that Excel has damaged."""
    one_wrong(tmp_path, [PERSON, EMPTY | {"customer_id": value}], rule, 3, "customer_id")


def test_repeated_ids_name_both_rows(tmp_path: Path) -> None:
    """One row per customer; ids are compared as they are tidied."""
    rows = [PERSON | {"customer_id": one} for one in (CANARY, f"{CANARY}1", f" {CANARY}", CANARY)]
    lines = refused(tmp_path, *rows)
    assert ["row 4", "row 5"] == [line.split(": ")[1].split(",")[0] for line in lines]
    assert [True, True] == ["this id stands in row 2 already" in line and line.endswith("[id-repeated]") for line in lines]


def test_many_repeated_ids_are_counted(tmp_path: Path) -> None:
    """Of many repeated ids twenty are shown and the others counted."""
    lines = refused(tmp_path, *[PERSON | {"customer_id": CANARY}] * 31)
    assert (21, "customers.csv: ... and 10 more repeated ids") == (len(lines), lines[-1])


@pytest.mark.parametrize("field", [*CODES, "segments"])
def test_an_unknown_word_is_an_error_and_never_a_pass(field: str, tmp_path: Path) -> None:
    """Of a coded field an unknown word names column, first row and how many, and the words that would be right."""
    rows = [PERSON, *(PERSON | {"customer_id": str(number), field: f"{CANARY}{number}"} for number in range(3))]
    message = one_wrong(tmp_path, rows, "value-unknown", 3, field)
    assert "3 rows are like this" in message
    right = CODES.get(field, SEGMENTS)
    assert ", ".join(one for one in right if one) in message


def test_each_part_of_the_segments_is_judged(tmp_path: Path) -> None:
    """A known segment beside an unknown one does not hide it; empty parts are nothing."""
    one_wrong(tmp_path, [PERSON | {"segments": f"payroll|{CANARY}"}], "value-unknown", 2, "segments")
    assert ["payroll"] == as_rows(parsed(tmp_path, PERSON | {"segments": "|payroll| |"})[0])[0]["segments"]


BAD_DAYS = {
    "date-invalid": ["2015-02-30", "1980-2-30", "31/12/2015", CANARY, "1980年2月9日"],
    "date-excel": ["42005"],
    "date-time": ["1980-02-09 13:05:00"],
    "day-range": ["0999-01-01", "2100-01-01", "9999-12-31", "1900-01-01"],
}


@pytest.mark.parametrize("field", DAY_FIELDS)
@pytest.mark.parametrize(("rule", "value"), [(rule, value) for rule, values in BAD_DAYS.items() for value in values])
def test_impossible_days_are_refused(rule: str, value: str, field: str, tmp_path: Path) -> None:
    """What is not a day of the calendar, or one that cannot be meant, is refused with its row."""
    one_wrong(tmp_path, [PERSON, PERSON | {"customer_id": "2"}, PERSON | {"customer_id": "3", field: value}], rule, 4, field)


def test_nobody_is_born_after_the_file_was_read(tmp_path: Path) -> None:
    """A birthday in the future is refused; points may expire in the future."""
    tomorrow = (dt.date.today() + dt.timedelta(days=2)).isoformat()  # noqa: DTZ011
    one_wrong(tmp_path, [PERSON | {"birthday": tomorrow}], "day-range", 2, "birthday")
    parsed(tmp_path, PERSON | {"points_expire_on": tomorrow})


@pytest.mark.parametrize("value", ["1,200", "-5", "12.5", CANARY, "1e3", "９", "1" * 16])
def test_points_are_whole_numbers(value: str, tmp_path: Path) -> None:
    """Points have plain digits; anything else is refused."""
    one_wrong(tmp_path, [PERSON | {"points": value}], "number-whole", 2, "points")


def test_all_problems_come_at_once(tmp_path: Path) -> None:
    """Mistakes in several columns are told together, one line each."""
    lines = refused(tmp_path, PERSON | {"customer_id": "", "gender": CANARY, "birthday": CANARY, "points": CANARY})
    assert ["[id-empty]", "[value-unknown]", "[date-invalid]", "[number-whole]"] == [line.rpartition(" ")[2] for line in lines]


def test_a_file_without_customer_id_is_refused(tmp_path: Path) -> None:
    """The missing column is named, with what was not recognised."""
    (line,) = refused(tmp_path, {"kunde": CANARY, "status": CANARY})
    assert "no column for the customer_id" in line
    assert "not recognised: kunde;" in line


def test_a_file_without_header_shows_nothing_of_its_first_customer(tmp_path: Path) -> None:
    """Where no header is known, the first row may be a customer, and is not shown."""
    (tmp_path / "c.csv").write_text("CANARY,王丹丹\n2,b\n", encoding="utf-8")
    with pytest.raises(DataError) as error:
        parse_customers(read_side_file(tmp_path / "c.csv"), NONE)
    assert "CANARY" not in str(error.value)
    assert "王丹丹" not in str(error.value)
    assert "no header is recognised" in str(error.value)


def test_no_rows_are_refused(tmp_path: Path) -> None:
    """A customer file of a header alone was not delivered whole."""
    (tmp_path / "c.csv").write_text("customer_id,status\n")
    with pytest.raises(DataError, match="file-no-rows"):
        parse_customers(read_side_file(tmp_path / "c.csv"), NONE)


def test_a_column_of_lists_is_refused_where_it_is_needed(tmp_path: Path) -> None:
    """A nested column of a Parquet file is fine until it is a field."""
    pq.write_table(pa.table({"customer_id": ["1"], "status": ["active"], "name": [["a"]]}), tmp_path / "c.parquet")
    with pytest.raises(DataError, match="column-type"):
        parse_customers(read_side_file(tmp_path / "c.parquet"), NONE)


# --- the file as such

BAD_FILES: dict[str, tuple[bytes, str, int | None]] = {
    "empty": (b"", "file-empty", None),
    "excel": (b"PK\x03\x04", "file-damaged", None),
    "utf-16": ("customer_id,name\n1,a\n".encode("utf-16"), "file-encoding", None),
    "html": (b"<html>\n", "file-html", None),
    "cut": (f"customer_id,name\n1,{CANARY}".encode(), "file-cut", None),
    "separator": (f"customer_id;name\n1;{CANARY}\n".encode(), "file-separator", 1),
    "too few": (f"customer_id,name\n1,a\n{CANARY}\n".encode(), "fields-missing", 3),
    "too many": (f"customer_id,name\n1,a\n2,b,{CANARY}\n".encode(), "fields-extra", 3),
    "header twice": (b"customer_id,name,Name\n1,a,b\n", "header-repeated", None),
    "header empty": (b"customer_id,,name\n1,a,b\n", "header-empty", 2),
    "open quote": (f'customer_id,name\n1,"{CANARY}\n2,b\n'.encode(), "file-quotes", 2),
    "rows between quotes": (f'customer_id,name\n1,"{CANARY}\n2,{CANARY}"\n'.encode(), "file-quotes", 2),
    "mixed encodings": ("customer_id,name\n1,李四\n".encode() + "2,王丹\n".encode("gb18030"), "file-encoding", 3),
    "gzip cut": (gzip.compress(b"customer_id\n" + b"1\n" * 100)[:-4], "file-damaged", None),
    "parquet cut": (b"PAR1xxxxPAR1", "file-damaged", None),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_bad_files_are_refused(case: str, tmp_path: Path) -> None:
    """What is not a sound table is refused like an extract, with the row where there is one, and without a value."""
    content, rule, row = BAD_FILES[case]
    (tmp_path / "c.csv").write_bytes(content)
    with pytest.raises(DataError) as error:
        read_side_file(tmp_path / "c.csv")
    (problem,) = error.value.problems
    assert isinstance(problem, Problem)
    assert ("c.csv", row, rule) == (problem.file, problem.row, problem.rule)
    assert CANARY not in str(problem)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    """An absent file, a folder and a pipe are refused at once."""
    os.mkfifo(tmp_path / "pipe.csv")
    for name, rule in (("absent.csv", "file-absent"), ("pipe.csv", "file-kind"), (".", "file-kind")):
        with pytest.raises(DataError, match=rule):
            read_side_file(tmp_path / name)


def test_a_checksum_beside_the_file_is_verified(tmp_path: Path) -> None:
    """The hash is that of the delivered bytes; a checksum that says another one refuses the file."""
    path = write(tmp_path / "customers.csv", [PERSON])
    file = read_side_file(path)
    (tmp_path / "customers.csv.sha256").write_text(f"{file.sha256}  customers.csv\n")
    assert file.sha256 == read_side_file(path).sha256
    (tmp_path / "customers.csv.sha256").write_text("0" * 64)
    with pytest.raises(DataError, match="checksum-differs"):
        read_side_file(path)


def test_a_file_larger_than_allowed_is_refused(tmp_path: Path) -> None:
    """The limit holds for the file and for what it unpacks to."""
    for name in ("customers.csv", "c.csv.gz"):
        path = write(tmp_path / name, [PERSON | {"customer_id": str(number)} for number in range(100)])
        with pytest.raises(DataError, match="file-too-large"):
            read_side_file(path, max_bytes=2000)


# --- names and other text

ESCAPE = "\x1b[31m"


@pytest.mark.bad_input(66)
@pytest.mark.parametrize(
    ("given_text", "kept"),
    [
        (f" {ESCAPE}王\u200b\n丹\u202e\t", "王丹"),
        ("=cmd|x", "＝cmd|x"),
        ("\t=1", "＝1"),
        ("\u200b+1", "＋1"),
        ("-1", "－1"),
        ("@x", "＠x"),
        ("＝1", "＝1"),
        ("﹢1", "＋1"),
        ("−1", "－1"),
        ("x" * 300, "x" * LONGEST_TEXT),
        ("x" * 63 + "  y", "x" * 63),
        ("ﾜﾝ ①", "ﾜﾝ ①"),
        ("[/red]", "[/red]"),
        ("\u3000王\u00a0", "王"),
        ("\u3164", ""),
    ],
)
def test_names_are_made_harmless(given_text: str, kept: str, tmp_path: Path) -> None:
    """Nothing is refused for its name: what could steer, hide, run or never end is taken out, the rest stays as it is."""
    customers, _ = parsed(tmp_path, PERSON | {"name": given_text})
    assert [kept] == customers.text["name"].to_pylist()


@settings(max_examples=examples(10))
@given(st.lists(st.text(max_size=80), min_size=1, max_size=4))
def test_any_text_is_harmless(texts: list[str]) -> None:
    """No control or invisible character, no formula, no blank around, 64 characters, and cleaning again changes nothing."""
    values = pa.array([text.encode("utf-8", "replace").decode() for text in texts])
    once = clean_text(values)
    assert once.to_pylist() == clean_text(once.dictionary_decode()).to_pylist()
    for text in once.to_pylist():
        assert (text.strip(), True, False) == (text, len(text) <= LONGEST_TEXT, text.startswith(("=", "+", "-", "@")))
        assert not any(character < " " or character in "\x7f\u200b\u202e\u2066\ufeff" for character in text)


def test_surrogates_and_broken_text_of_parquet_are_taken_out(tmp_path: Path) -> None:
    """Bytes that are not UTF-8 vanish from a name, and refuse an id."""

    def customers(customer_id: bytes) -> SideFile:
        columns = {"customer_id": [customer_id], "name": ["王".encode() + b"\xed\xa0\x80\xff"], "status": [b"active"]}
        pq.write_table(
            pa.table({key: pa.array(value, pa.binary()).view(pa.string()) for key, value in columns.items()}), tmp_path / "c.parquet"
        )
        return read_side_file(tmp_path / "c.parquet")

    assert ["王"] == parse_customers(customers(b"1"), NONE)[0].text["name"].to_pylist()
    with pytest.raises(DataError, match="id-control"):
        parse_customers(customers(b"1\xff"), NONE)


def test_a_name_over_two_lines_is_one_name(tmp_path: Path) -> None:
    """A line end within a quoted name is taken out, and the rows after it keep their numbers."""
    rows = [PERSON | {"name": "王\n丹"}, PERSON]
    with pytest.raises(DataError, match="row 3, column customer_id: this id stands in row 2"):
        parsed(tmp_path, *rows)
