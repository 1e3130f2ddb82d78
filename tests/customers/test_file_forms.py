"""Files beside a run in the bank's own form: encoding, separator, no header row, a sheet by name, signs between several words."""

from __future__ import annotations

import csv
import dataclasses
import datetime as dt
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.customers.test_customers import EMPTY, NONE, PERSON, as_rows, write
from tests.helpers import RULES, vip
from tests.workbooks import Error, write_book
from vip_tiering.base.errors import DataError
from vip_tiering.base.quarter import day_number
from vip_tiering.customers.customer_file import parse_customers
from vip_tiering.customers.incoming import read_incoming
from vip_tiering.customers.other_files import parse_do_not_contact, parse_events
from vip_tiering.customers.side_file import SideFile, read_side_file
from vip_tiering.playbooks.customers.customers_file import SEGMENTS, CustomerRules
from vip_tiering.playbooks.load import load

ROWS = [PERSON | {"name": "王|丹"}, EMPTY]


def rules_of(**keys: Any) -> CustomerRules:
    """Return the rules of customers.yaml with these keys."""
    return CustomerRules.model_validate({"version": 1, **keys})


def text(rows: Sequence[Sequence[str]], separator: str, *, ending: str = "") -> str:
    """Return rows as a text file; `ending` stands at the end of each line."""
    target = io.StringIO(newline="")
    csv.writer(target, delimiter=separator, lineterminator=f"{ending}\n").writerows(rows)
    return target.getvalue()


def read(path: Path, rules: CustomerRules, kind: Any = "customers") -> SideFile:
    """Read a file as the rules say of its kind."""
    return read_side_file(path, form=rules.form_of(kind))


def refusal(path: Path, rules: CustomerRules, kind: Any = "customers") -> str:
    """Return the one line with which a file is refused."""
    with pytest.raises(DataError) as error:
        read(path, rules, kind)
    (problem,) = error.value.problems
    return str(problem)


@pytest.mark.parametrize("separator", ["|", ";", "\t", "\x01"])
@pytest.mark.parametrize("trailing", [False, True])
@pytest.mark.parametrize("header", [True, False])
def test_the_form_of_the_bank_is_read_as_a_csv(separator: str, trailing: bool, header: bool, tmp_path: Path) -> None:  # noqa: FBT001
    """GB18030, any separator, also at the end of each line and within quotes, with a header row or by number: the same customers."""
    form = {"header": "none", "columns": {field: number for number, field in enumerate(PERSON, 1)}}
    rules = rules_of(encoding="gb18030", separator=separator, **({} if header else {"files": {"customers": form}}))
    rows = [*([list(PERSON)] if header else []), *(list(row.values()) for row in ROWS)]
    content = text(rows, separator, ending=separator if trailing else "")
    path = tmp_path / "customers.txt"
    path.write_bytes(content.encode("gb18030") + b"\x1a")
    file = read(path, rules)
    found, warnings = parse_customers(file, rules.of_file("customers"))
    expected, _ = parse_customers(read_side_file(write(tmp_path / "c.csv", ROWS)), NONE)
    assert (as_rows(expected), []) == (as_rows(found), warnings)
    assert [1 + header, 2 + header] == file.row.tolist()


def test_a_file_in_the_other_encoding_is_refused(tmp_path: Path) -> None:
    """What the rules say of the encoding holds: a file in the other one is told, one of ASCII alone is both."""
    path = tmp_path / "c.csv"
    for declared, other in (("gb18030", "utf-8"), ("utf-8", "gb18030")):
        path.write_bytes("customer_id,name\n1,王丹\n".encode(other))
        assert f"the rules say encoding: {declared}" in refusal(path, rules_of(encoding=declared))
        path.write_bytes(b"customer_id,name\n1,a\n")
        assert 1 == read(path, rules_of(encoding=declared)).rows


def test_each_kind_of_file_may_have_a_form_of_its_own(tmp_path: Path) -> None:
    """What is said of one kind holds for it alone; lists that come back are not the bank's files, and keep their form."""
    rules = rules_of(separator="|", encoding="gb18030", files={"events": {"separator": ";", "encoding": "utf-8"}})
    content = {"customers": "|", "events": ";", "contact_log": "|", "do_not_contact": "|", "results": ","}
    path = tmp_path / "a.csv"
    for kind, separator in content.items():
        path.write_text(text([["a", "b"], ["1", "王" if kind in {"events", "results"} else "x"]], separator), encoding="utf-8")
        assert ("a", "b") == read(path, rules, kind).headers
    assert 'separate with ";", or say separator in the rules' in refusal(_written(path, "a|b\n1|2\n"), rules, "events")
    assert 'the separator looks like "|"' in refusal(path, rules, "results")
    own = rules_of(files={"results": {"separator": "|"}})
    assert ("a", "b") == read(path, own, "results").headers


def test_headers_of_one_kind_stand_in_place_of_the_others(tmp_path: Path) -> None:
    """A kind of file may have headers of its own: they replace those that hold for all files."""
    rules = rules_of(columns={"date": "日期", "customer_id": "客户号"}, files={"events": {"columns": {"date": ["到期日", "事件日"]}}})
    path = _written(tmp_path / "e.csv", "客户号,event,到期日,日期\n1,points,2015-10-01,2016-01-01\n")
    events, _ = parse_events(read(path, rules, "events"), rules.of_file("events"))
    assert [16709] == events.day.tolist()
    assert ["date", "日期"] == rules.of_file("contact_log").headers_of("date")


BY_NUMBER: Mapping[str, Any] = {"header": "none", "columns": {"customer_id": 1, "mobile": 3}}


def test_columns_by_number_are_those_of_the_file(tmp_path: Path) -> None:
    """The first row is a customer; a number beyond the last column refuses the file, for the column would be missed in silence."""
    rules = rules_of(files={"customers": BY_NUMBER})
    file = read(_written(tmp_path / "c.csv", "0012,x,13800138000\n13,y,\n"), rules)
    assert (("1", "2", "3"), [1, 2]) == (file.headers, file.row.tolist())
    message = "has 2 columns, and rules/customers.yaml names column 3; deliver every column, or correct the numbers under files"
    assert f"c.csv: {message} [header-missing]" == refusal(_written(tmp_path / "c.csv", "0012,x,\n13,y,\n"), rules)


def test_a_workbook_without_a_header_is_read_by_number(tmp_path: Path) -> None:
    """Where the rules say so, the first row of a workbook is data too."""
    path = write_book(tmp_path / "c.xlsx", {"a": [["0012", "x", 13800138000], ["13", "y", None]]})
    file = read(path, rules_of(files={"customers": BY_NUMBER}))
    assert (("1", "2", "3"), [1, 2], ["13800138000", ""]) == (file.headers, file.row.tolist(), file.columns[2].to_pylist())


def test_a_list_that_protects_people_by_number_names_its_columns(tmp_path: Path) -> None:
    """A column without a number may hold who must be barred, and refuses the list; what ends each line is none, what is named is known."""

    def parsed(content: str, **columns: int) -> int:
        rules = rules_of(files={"do_not_contact": {"header": "none", "columns": {"mobile": 1, **columns}}})
        file = read(_written(tmp_path / "d.csv", content), rules, "do_not_contact")
        return len(parse_do_not_contact(file, rules.of_file("do_not_contact"), ["sms"])[0].number)

    assert 1 == parsed("13800138000\n")
    assert 2 == parsed("13800138000,\n13800138001,\n")
    with pytest.raises(DataError, match="not recognised: column 2;"):
        parsed("13800138000,0012\n")
    assert 1 == parsed("13800138000,0012\n", note=2)


def test_rows_between_stray_quotes_are_counted_by_the_separator(tmp_path: Path) -> None:
    """Two stray quotes that swallow rows are told whatever separates them; a note of several lines with commas is a note."""
    rules = rules_of(separator="|")
    path = tmp_path / "c.csv"
    assert "goes on over several lines: is a quote missing?" in refusal(_written(path, 'customer_id|name|note\n1|"a|x\n2|b"|x\n'), rules)
    assert 2 == read(_written(path, 'customer_id|name|note\n1|a|"x, y,\nz, w"\n2|b|\n'), rules).rows


@pytest.mark.parametrize(
    ("sign", "cell"),
    [
        ("|", "payroll|代发| savings"),
        ("、", "payroll、储蓄"),
        ("/", "代发/ savings"),
        ("/", "代发／savings"),
        (";", "代发；savings"),
        (",", "代发|储蓄"),
    ],
)
def test_several_words_are_parted_by_the_sign_of_the_bank(sign: str, cell: str, tmp_path: Path) -> None:
    """Segments and products held are parted by the sign of the rules, in any width, and always by the bar."""
    rules = rules_of(list_separator=sign, values=[{"fields": ["segments"], "values": {"代发": "payroll", "储蓄": "savings"}}])
    rows = [PERSON | {"segments": cell, "products_held": f"fund{sign}bond|gold"}]
    customers, _ = parse_customers(read(write(tmp_path / "customers.csv", rows), rules), rules)
    assert 0b101 == customers.segments[0], SEGMENTS
    assert ["fund|bond|gold"] == customers.text["products_held"].to_pylist()


@pytest.mark.parametrize(("sign", "cell"), [("|", "payroll、savings"), ("、", "payroll/savings"), ("/", "payroll savings")])
def test_words_that_another_sign_parts_are_refused(sign: str, cell: str, tmp_path: Path) -> None:
    """A sign that the rules do not name parts nothing: the cell is one unknown word, and the message names the right sign."""
    rules = rules_of(list_separator=sign)
    with pytest.raises(DataError) as error:
        parse_customers(read(write(tmp_path / "customers.csv", [PERSON | {"segments": cell}]), rules), rules)
    assert (
        f"row 2, column segments: a word is not known; write payroll, merchant, savings, settlement, several joined by {sign}, or"
        in str(error.value)
    )


def test_every_file_of_an_export_has_its_own_form(tmp_path: Path) -> None:
    """Customers, events, contact log and do-not-contact list are read by the rules of their kind, and all their problems told at once."""
    books = load(RULES).playbooks
    assert books is not None
    forms = {
        "customers": {"sheet": "客户"},
        "events": {"header": "none", "columns": {"customer_id": 1, "event": 2, "date": 4}},
        "contact_log": {"encoding": "gb18030", "columns": {"date": "外呼日"}},
        "do_not_contact": {"separator": "|"},
    }
    rules = rules_of(files=forms, values=[{"fields": ["event"], "values": {"到期": "maturity"}}])
    books = dataclasses.replace(books, customers=rules)
    customers = write_book(tmp_path / "c.xlsx", {"客户": [list(PERSON), list(PERSON.values())], "说明": [["x"]]})
    events = write_book(tmp_path / "e.ods", {"a": [["0012", "到期", "x", dt.date(2016, 2, 1)]]})
    log = tmp_path / "l.csv"
    log.write_bytes("customer_id,channel,外呼日\n0012,sms,2016/1/5\n".encode("gb18030"))
    barred = _written(tmp_path / "d.txt", "customer_id|mobile|\n|13800138001|\n")
    found = read_incoming(customers, events, log, barred, books, 1 << 30)
    assert (["0012"], [day_number(dt.date(2016, 2, 1))]) == (found.customers.customer_id.to_pylist(), found.known.events.day.tolist())
    assert ([day_number(dt.date(2016, 1, 5))], ["13800138001"]) == (
        found.known.contacts.day.tolist(),
        found.known.barred.number.to_pylist(),
    )
    _written(barred, "customer_id,mobile\n,13800138001\n")
    write_book(customers, {"a": [["x"]], "b": [["y"]]})
    write_book(events, {"a": [["0012", "到期", "x", Error]]})
    with pytest.raises(DataError) as error:
        read_incoming(customers, events, log, barred, books, 1 << 30)
    assert ["sheet-absent", "cell-unread", "file-separator"] == [problem.rule for problem in error.value.problems]


def test_the_commands_read_the_form_of_the_bank(tmp_path: Path) -> None:
    """`vip customers check` goes by the rules: a file of the core system, and the sheet that they name."""
    own = tmp_path / "rules"
    own.mkdir()
    for file in RULES.glob("*.yaml"):
        (own / file.name).write_bytes(file.read_bytes())
    with (own / "customers.yaml").open("a", encoding="utf-8") as file:
        numbers = ", ".join(f"{field}: {number}" for number, field in enumerate(PERSON, 1))
        file.write('encoding: gb18030\nseparator: "|"\nlist_separator: "、"\n')
        file.write(f"files:\n  customers: {{header: none, columns: {{{numbers}}}, sheet: 客户}}\n")
    row = list((PERSON | {"segments": "代发、储蓄", "birthday": "1980/2/29"}).values())
    path = tmp_path / "KHXX.txt"
    path.write_bytes(text([row], "|", ending="|").encode("gb18030"))
    book = write_book(tmp_path / "KHXX.xlsx", {"客户": [row], "说明": [["x"]]})
    for file in (path, book):
        done = vip("customers", "check", file, "--rules", own)
        assert (0, "") == (done.returncode, done.stderr), done.stderr


def _written(path: Path, content: str) -> Path:
    path.write_text(content, encoding="utf-8")
    return path
