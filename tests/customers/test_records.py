"""Events, the contact log and the do-not-contact list: what is read, what is refused, and no value in any message."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers import RULES, examples
from vip_tiering.base.errors import DataError, Problem
from vip_tiering.base.quarter import day_number
from vip_tiering.base.schema import RESULTS
from vip_tiering.customers.other_files import parse_contacts, parse_do_not_contact, parse_events
from vip_tiering.customers.side_file import SideFile, read_side_file
from vip_tiering.customers.types import NO_DAY, NOT_GIVEN, Contacts, DoNotContact, Events
from vip_tiering.playbooks.customers.customers_file import ALL_CHANNELS, EVENTS, FAMILY_KINDS, CustomerRules
from vip_tiering.playbooks.load import load

CANARY = "CANARY"
NONE = CustomerRules()
CHANNELS = {"sms", "calls", "wechat"}
DAY = day_number(dt.date(2015, 12, 1))
Parse = Callable[[SideFile], Any]


def contacts_of(file: SideFile) -> tuple[Contacts, list[str]]:
    """Return the contacts of a file by rules that say nothing."""
    return parse_contacts(file, NONE, CHANNELS)


def do_not_contact_of(file: SideFile) -> tuple[DoNotContact, list[str]]:
    """Return the entries of a file by rules that say nothing."""
    return parse_do_not_contact(file, NONE, CHANNELS)


def events_of(file: SideFile) -> tuple[Events, list[str]]:
    """Return the events of a file by rules that say nothing."""
    return parse_events(file, NONE)


def file_of(folder: Path, text: str, encoding: str = "utf-8") -> SideFile:
    """Return a CSV of this text as it is read."""
    (folder / "records.csv").write_bytes(text.encode(encoding))
    return read_side_file(folder / "records.csv")


def one_wrong(parse: Parse, file: SideFile, rule: str, row: int | None, column: str | None) -> str:
    """Return the message of the only problem, whose place and rule are as expected."""
    with pytest.raises(DataError) as error:
        parse(file)
    (problem,) = error.value.problems
    assert isinstance(problem, Problem)
    assert ("records.csv", row, column, rule) == (problem.file, problem.row, problem.column, problem.rule)
    assert CANARY not in str(problem)
    return problem.message


@pytest.fixture(scope="module")
def shipped() -> CustomerRules:
    """Return the shipped rules."""
    books = load(RULES).playbooks
    assert books is not None
    return books.customers


def rows_of_events(events: Events) -> list[tuple[Any, ...]]:
    """Return events as plain rows."""
    codes = [EVENTS[code] for code in events.event]
    columns = (events.customer_id, codes, events.kind, events.day.tolist(), events.product, events.amount_fen.tolist())
    return list(zip(*(one.to_pylist() if isinstance(one, pa.Array) else one for one in columns), strict=True))


def rows_of_entries(entries: DoNotContact) -> list[tuple[str, str, str, int]]:
    """Return do-not-contact entries as plain rows."""
    columns = (entries.customer_id.to_pylist(), entries.number.to_pylist(), entries.channel.to_pylist(), entries.since.tolist())
    return list(zip(*columns, strict=True))


# --- events


def test_events_are_read(tmp_path: Path) -> None:
    """Each event with its customer, kind, day, product and amount; what is not given stands as such."""
    text = (
        "customer_id,event,kind,date,product,amount\n001,maturity,定期,2015-12-01,=fund,1000.10\n002,FAMILY_EVENT,Illness,2015-12-01,,\n"
        "001,points,,2015-12-01,,0\n"
    )
    events, warnings = events_of(file_of(tmp_path, text))
    assert [] == warnings
    assert [
        ("001", "maturity", "定期", DAY, "＝fund", 100010),
        ("002", "family_event", "illness", DAY, "", NOT_GIVEN),
        ("001", "points", "", DAY, "", 0),
    ] == rows_of_events(events)


def test_kind_product_and_amount_may_be_absent(tmp_path: Path) -> None:
    """The optional columns of the events file may be absent, in CSV and in Parquet."""
    expected = [("1", "new_product", "", DAY, "", NOT_GIVEN)]
    assert expected == rows_of_events(events_of(file_of(tmp_path, "customer_id,event,date\n1,new_product,20151201\n"))[0])
    table = pa.table({"customer_id": [1], "event": ["new_product"], "date": [dt.date(2015, 12, 1)]})
    pq.write_table(table, tmp_path / "e.parquet")
    assert expected == rows_of_events(events_of(read_side_file(tmp_path / "e.parquet"))[0])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_usual_chinese_events(encoding: str, tmp_path: Path, shipped: CustomerRules) -> None:
    """The shipped rules read usual Chinese headers and words, in every encoding."""
    file = file_of(tmp_path, "客户号,事件,事件子类,日期,产品,金额\n1,到期,,2015-12-01,储蓄国债,5\n2,家庭事件,丧事,2015-12-01,,\n", encoding)
    expected = [("1", "maturity", "", DAY, "储蓄国债", 500), ("2", "family_event", "bereavement", DAY, "", NOT_GIVEN)]
    assert expected == rows_of_events(parse_events(file, shipped)[0])


@pytest.mark.parametrize(
    ("line", "rule", "column"),
    [
        (f",maturity,,2015-12-01,{CANARY},1", "id-empty", "customer_id"),
        (f"1,{CANARY},,2015-12-01,,1", "value-unknown", "event"),
        ("1,,,2015-12-01,,1", "value-missing", "event"),
        (f"1,family_event,{CANARY},2015-12-01,,1", "value-unknown", "kind"),
        ("1,family_event,,2015-12-01,,1", "value-missing", "kind"),
        ("1,maturity,,2015-02-30,,1", "date-invalid", "date"),
        ("1,maturity,,,,1", "date-empty", "date"),
        ("1,maturity,,1900-01-01,,1", "day-range", "date"),
        ("1,maturity,,2015-12-01,,1.234", "amount-decimals", "amount"),
        ('1,maturity,,2015-12-01,,"1,234.50"', "amount-thousands", "amount"),
        (f"1,maturity,,2015-12-01,,{CANARY}", "amount-text", "amount"),
        ("1,maturity,,2015-12-01,,-5", "amount-negative", "amount"),
        ("1,maturity,,2015-12-01,,1.2E+05", "amount-exponent", "amount"),
    ],
)
def test_bad_events_are_refused(line: str, rule: str, column: str, tmp_path: Path) -> None:
    """One mistake is one line with its row, column and rule, and without the value."""
    text = f"customer_id,event,kind,date,product,amount\n1,maturity,,2015-12-02,,5\n{line}\n"
    message = one_wrong(events_of, file_of(tmp_path, text), rule, 3, column)
    assert "balance" not in message


@pytest.mark.parametrize(
    ("dates", "row", "written"),
    [
        (["2015/12/01", "2015-12-01", "2015/12/01"], 3, "2015/10/01"),
        (["20151201", "20151201", "2015/12/01", "20151201"], 4, "20151001"),
        (["2015-12-01", "2015/12/01"], 3, "2015-10-01"),
        (["2015/12/01", "20151201"], 2, "20151001"),
        (["", "", "", "2015/12/01", "2015/12/01", "2015-12-02"], 7, "2015/10/01"),
    ],
)
def test_the_form_of_a_column_is_that_of_most_rows(dates: list[str], row: int, written: str, tmp_path: Path) -> None:
    """The odd row is named and the form of the file shown; where two forms have as many rows, the first of the known ones counts."""
    text = "channel,customer_id,date\n" + "".join(f"sms,1,{day}\n" for day in dates)
    with pytest.raises(DataError) as caught:
        contacts_of(file_of(tmp_path, text))
    (found,) = [one for one in caught.value.problems if "[date-invalid]" in str(one)]
    assert f"row {row}, column date: " in str(found)
    assert f"; this file writes {written} [" in str(found)


def test_a_family_event_needs_a_kind(tmp_path: Path) -> None:
    """Without the column nobody would know of a bereavement."""
    file = file_of(tmp_path, "customer_id,event,date\n1,family_event,2015-12-01\n")
    assert ", ".join(FAMILY_KINDS) in one_wrong(events_of, file, "header-missing", None, None)


@pytest.mark.parametrize("absent", ["customer_id", "event", "date"])
def test_needed_columns_of_events(absent: str, tmp_path: Path) -> None:
    """Customer, event and day must be there."""
    row = {"customer_id": CANARY, "event": "maturity", "date": "2015-12-01"}
    del row[absent]
    one_wrong(events_of, file_of(tmp_path, ",".join(row) + "\n" + ",".join(row.values()) + "\n"), "header-missing", None, None)


# --- the contact log


def test_contacts_are_read(tmp_path: Path) -> None:
    """Each contact with its channel, action, day and result; the optional columns may be absent."""
    text = "customer_id,channel,action,date,result\n1,SMS,E-SMS-1,2015-12-01,delivered\n2,calls,,2015-12-01,\n"
    contacts, warnings = contacts_of(file_of(tmp_path, text))
    assert (["1", "2"], ["sms", "calls"]) == (contacts.customer_id.to_pylist(), contacts.channel.to_pylist())
    assert (["E-SMS-1", ""], [DAY, DAY]) == (contacts.action.to_pylist(), contacts.day.tolist())
    assert (["delivered", ""], []) == ([RESULTS[code] for code in contacts.result], warnings)
    fewer, _ = contacts_of(file_of(tmp_path, "customer_id,channel,date\n1,sms,2015-12-01\n"))
    assert ([""], [0]) == (fewer.action.to_pylist(), fewer.result.tolist())


def test_an_empty_log_is_a_warning(tmp_path: Path) -> None:
    """A file with a header alone holds nothing, and says so."""
    for parse, header in ((contacts_of, "customer_id,channel,date"), (events_of, "customer_id,event,date"), (do_not_contact_of, "mobile")):
        records, warnings = parse(file_of(tmp_path, f"{header}\n"))
        assert (0, ["records.csv: the file has a header and no rows"]) == (len(records), warnings)


@pytest.mark.parametrize(
    ("line", "rule", "column"),
    [
        (f"1,{CANARY},,2015-12-01,", "value-unknown", "channel"),
        ("1,all,,2015-12-01,", "value-unknown", "channel"),
        ("1,,,2015-12-01,", "value-missing", "channel"),
        (f"1,sms,,2015-12-01,{CANARY}", "value-unknown", "result"),
        (f"1,sms,{CANARY},,", "date-empty", "date"),
    ],
)
def test_bad_contacts_are_refused(line: str, rule: str, column: str, tmp_path: Path) -> None:
    """A channel or result that nobody knows, and a missing day, are refused with their row."""
    text = f"customer_id,channel,action,date,result\n1,sms,,2015-12-01,reached\n{line}\n"
    one_wrong(contacts_of, file_of(tmp_path, text), rule, 3, column)


# --- do not contact


def test_entries_by_customer_and_by_number(tmp_path: Path) -> None:
    """A row names a customer or a number; one that names both bars both; no channel means every one."""
    text = "customer_id,mobile,channel,since\n007,,sms,2015-12-01\n,+86 138-0013-8000,,\n8,13900139000,ALL,\n"
    entries, warnings = do_not_contact_of(file_of(tmp_path, text))
    assert [] == warnings
    assert [
        ("007", "", "sms", DAY),
        ("", "13800138000", ALL_CHANNELS, NO_DAY),
        ("8", "", ALL_CHANNELS, NO_DAY),
        ("", "13900139000", ALL_CHANNELS, NO_DAY),
    ] == rows_of_entries(entries)


@pytest.mark.parametrize(("text", "entry"), [("customer_id\n7\n", ("7", "")), ("mobile\n13800138000\n", ("", "13800138000"))])
def test_one_column_is_enough(text: str, entry: tuple[str, str], tmp_path: Path) -> None:
    """A list of customers alone, or of numbers alone, bars every channel."""
    assert [(*entry, ALL_CHANNELS, NO_DAY)] == rows_of_entries(do_not_contact_of(file_of(tmp_path, text))[0])


def test_usual_chinese_list(tmp_path: Path, shipped: CustomerRules) -> None:
    """The shipped rules read usual Chinese headers and words."""
    file = file_of(tmp_path, "手机号,渠道,登记日期\n13800138000,短信,2015-12-01\n13800138000,全部,\n", "gb18030")
    entries, _ = parse_do_not_contact(file, shipped, CHANNELS)
    assert [("", "13800138000", "sms", DAY), ("", "13800138000", ALL_CHANNELS, NO_DAY)] == rows_of_entries(entries)


def test_a_number_that_is_none_is_counted(tmp_path: Path) -> None:
    """Where a customer is barred, a number beside him that cannot be read is a warning; a landline alone bars nothing, with a warning."""
    entries, warnings = do_not_contact_of(file_of(tmp_path, f"customer_id,mobile\n7,{CANARY}\n,010-62345678\n,13800138000\n"))
    assert [("7", ""), ("", "13800138000")] == [entry[:2] for entry in rows_of_entries(entries)]
    assert [
        "records.csv: 1 numbers cannot be read and bar nothing, their customers are barred; correct them",
        "records.csv: 1 numbers are of other phones, such as landlines, and bar nothing",
    ] == warnings


@pytest.mark.parametrize("cell", ["13812341000.0", "013812341000", "'13812341000", "+86 138 1234 1000", "0086-13812341000"])
def test_numbers_that_a_spreadsheet_damaged_are_read(cell: str, tmp_path: Path) -> None:
    """A number that is whole bars itself, whatever stands around it."""
    entries, warnings = do_not_contact_of(file_of(tmp_path, f"mobile,since\n{cell},2015-12-01\n"))
    assert ([("", "13812341000", ALL_CHANNELS, DAY)], []) == (rows_of_entries(entries), warnings)


def test_two_numbers_in_a_cell_are_both_barred(tmp_path: Path) -> None:
    """Every number of a cell becomes an entry, beside that of the customer."""
    entries, _ = do_not_contact_of(file_of(tmp_path, 'customer_id,mobile\n7,13812341000/139 1234 1000\n,"13712341000, 13612341000"\n'))
    assert [("7", ""), ("", "13812341000"), ("", "13912341000"), ("", "13712341000"), ("", "13612341000")] == [
        entry[:2] for entry in rows_of_entries(entries)
    ]


@pytest.mark.parametrize(
    ("cells", "row", "said"),
    [
        (["1.38E+10"], 3, "names no customer, and its number is written 1.38E+10: the column was a number; "),
        (["138****1000", "139****1000", "137****1000"], 3, "names no customer, and its number is masked; "),
        (
            ["1381234567.0"],
            3,
            "names no customer, and its number is written with a dot, which separates nothing: was the column a number?; ",
        ),
        (["13900139000/138****1000"], 3, "names no customer, and its number is masked; "),
        (["1381234100"], 3, "names no customer, and its number is of fewer than eleven digits; "),
        ([CANARY], 3, "names no customer, and its number is written with other characters than digits; "),
        (["13900139000", "17491234567"], 4, "names no customer, and its number is of eleven digits that no mobile network has; "),
    ],
)
def test_a_list_with_numbers_that_cannot_be_read_fails_closed(cells: list[str], row: int, said: str, tmp_path: Path) -> None:
    """A row that names neither a customer nor a number that can be read is refused: one line for a cause, with its rows and no value."""
    text = "mobile\n13800138000\n" + "".join(f"{cell}\n" for cell in cells)
    message = one_wrong(do_not_contact_of, file_of(tmp_path, text), "entry-unreadable", row, "mobile")
    more = f"; {len(cells)} rows are like this: {', '.join(str(row + one) for one in range(len(cells)))}" if len(cells) == 3 else ""
    assert f"{said}write the whole number as text, or name the customer{more}" == message


def test_of_very_many_unreadable_rows_the_first_are_named(tmp_path: Path) -> None:
    """Thousands of rows with one fault are one line, which counts them and names the first twenty."""
    message = one_wrong(do_not_contact_of, file_of(tmp_path, "mobile\n" + "1.38E+10\n" * 3000), "entry-unreadable", 2, "mobile")
    assert message.endswith(
        "; 3000 rows are like this: 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21 and 2980 more"
    )


@pytest.mark.parametrize(
    ("line", "rule", "column"),
    [
        (" ,-,sms,", "entry-empty", None),
        (f"{CANARY},,{CANARY},", "value-unknown", "channel"),
        (f"{CANARY},,,2015-13-01", "date-invalid", "since"),
        (f"{CANARY * 20},,,", "id-long", "customer_id"),
    ],
)
def test_bad_entries_are_refused(line: str, rule: str, column: str | None, tmp_path: Path) -> None:
    """A row that bars nobody, or on a channel that nobody knows, is refused."""
    text = f"customer_id,mobile,channel,since\n1,,sms,2015-12-01\n{line}\n"
    one_wrong(do_not_contact_of, file_of(tmp_path, text), rule, 3, column)


def test_a_list_of_neither_is_refused(tmp_path: Path) -> None:
    """One of the two columns must be there."""
    one_wrong(do_not_contact_of, file_of(tmp_path, f"channel,kunde\nsms,{CANARY}\n"), "header-missing", None, None)


@pytest.mark.parametrize(
    ("text", "field", "strange"),
    [
        (f"customer_id,电话\n7,{CANARY}\n", "mobile", "电话"),
        (f"mobile,kunde,13800138000\n13800138000,{CANARY},1\n", "customer_id", "kunde, column 3"),
    ],
)
def test_entries_in_a_column_that_nobody_knows_are_not_lost(text: str, field: str, strange: str, tmp_path: Path) -> None:
    """Where customers or numbers have no column, one that is not recognised may name them; headers that may be values are counted."""
    message = one_wrong(do_not_contact_of, file_of(tmp_path, text), "header-missing", None, None)
    assert message.startswith(f"no column for the {field}, and not recognised: {strange}; ")
    assert f"map it to {field} under columns in rules/customers.yaml, otherwise leave it out" in message


def test_a_list_whose_columns_are_known_may_lack_numbers(tmp_path: Path, shipped: CustomerRules) -> None:
    """A column of another file, such as a name or a note, holds no number; a phone as lists write it does."""
    entries, _ = parse_do_not_contact(file_of(tmp_path, "客户号,客户姓名,备注\n7,王,x\n"), shipped, CHANNELS)
    assert [("7", "", ALL_CHANNELS, NO_DAY)] == rows_of_entries(entries)
    with pytest.raises(DataError, match="no column for the mobile, and not recognised: 电话;"):
        parse_do_not_contact(file_of(tmp_path, "客户号,电话\n7,1\n"), shipped, CHANNELS)


def test_a_row_with_neither_names_the_columns_that_nobody_knows(tmp_path: Path) -> None:
    """Where a customer and a number could be given, what is not recognised may hold them."""
    file = file_of(tmp_path, f"customer_id,mobile,电话\n,,{CANARY}\n,,{CANARY}\n")
    message = one_wrong(do_not_contact_of, file, "entry-empty", 2, None)
    assert message.endswith("fill in customer_id or mobile, or map its column, not recognised: 电话; 2 rows are like this")


def test_of_many_unknown_headers_the_others_are_counted(tmp_path: Path, shipped: CustomerRules) -> None:
    """Those that nobody writes come first, then those of other files and of lists; twelve are shown."""
    known = ["客户姓名", "本季层级", "序号", "内容"]
    text = ",".join(["客户号", *known, *(f"a{'b' * one}" for one in range(10)), "日期"]) + "\n"
    with pytest.raises(DataError) as error:
        parse_events(file_of(tmp_path, text), shipped)
    unknown = ", ".join(f"a{'b' * one}" for one in range(10))
    assert f"not recognised: {unknown}, 客户姓名, 本季层级 and 2 more; map" in str(error.value)


@settings(max_examples=examples(25))
@given(
    st.lists(
        st.tuples(st.sampled_from(["", "1", "02"]), st.integers(-1, 99), st.sampled_from(["", "sms", "calls", "all"])).filter(
            lambda row: row[0] != "" or row[1] >= 0
        ),
        max_size=12,
    )
)
def test_nobody_on_the_list_is_lost(rows: list[tuple[str, int, str]]) -> None:
    """Every customer and every number of the list is in the entries, once per mention, with its channel."""
    written = [(one, "" if number < 0 else f"138001380{number:02d}", channel) for one, number, channel in rows]
    columns = [pa.array(column, pa.string()) for column in zip(*written, strict=True)] or [pa.array([], pa.string())] * 3
    file = SideFile(
        "d.csv",
        ("customer_id", "mobile", "channel"),
        dict(enumerate(columns)),
        pa.array(range(len(rows)), pa.int32()).to_numpy(),
        sha256="",
    )
    entries, _ = do_not_contact_of(file)
    expected = []
    for one, number, channel in written:
        expected += [(one, "", channel or ALL_CHANNELS, NO_DAY)] if one else []
        expected += [("", number, channel or ALL_CHANNELS, NO_DAY)] if number else []
    assert expected == rows_of_entries(entries)
