"""Customer files that can be read and of which no lists can be made: numbers in the wrong form, and consents that nobody recognises."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.helpers import RULES
from tests.lists.exporting import write_rows
from vip_tiering.base.errors import DataError
from vip_tiering.customers.incoming import Incoming, read_incoming
from vip_tiering.playbooks.load import Playbooks, load


@pytest.fixture(scope="module", name="books")
def _books() -> Playbooks:
    """Return the shipped playbooks."""
    books = load(RULES).playbooks
    assert books is not None
    return books


def read(folder: Path, books: Playbooks, header: Sequence[str], *columns: Sequence[str]) -> Incoming:
    """Return a customer file with ids, a status and these columns, as an export reads it."""
    rows = [(f"7{number}", "正常", *cells) for number, cells in enumerate(zip(*columns, strict=True) if columns else [()])]
    path = write_rows(folder / "c.csv", ("客户号", "客户状态", *header), rows)
    return read_incoming(path, None, None, None, books, 1 << 30)


def refused(folder: Path, books: Playbooks, header: Sequence[str], *columns: Sequence[str]) -> list[str]:
    """Return the lines with which such a file is refused."""
    with pytest.raises(DataError) as error:
        read(folder, books, header, *columns)
    return [str(one) for one in error.value.problems]


GOOD = [f"1380013800{number}" for number in range(10)]


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (["1.38E+10"] * 6, "6 of 6 are written 1.38E+10: the column was a number"),
        (["1.38E+10", "1.39E+10", "", GOOD[0]], "2 of 3 are written 1.38E+10: the column was a number"),
        (["138****8000", "139****8000", "137****8000"], "3 of 3 are masked"),
        (["1380013800.0", "1390013900.0"], "2 of 2 are written with a dot, which separates nothing: was the column a number?"),
        (["1380013800"] * 5, "5 of 5 are of fewer than eleven digits"),
        (["王", "李", *GOOD[:1]], "2 of 3 are written with other characters than digits"),
        (["010-62345678", "0755-82345678"], "2 of 2 are numbers of other phones, such as landlines"),
        (["1.38E+10", "138****8000", "1.37E+10"], "2 of 3 are written 1.38E+10: the column was a number; 1 of 3 are masked"),
    ],
)
def test_a_column_of_numbers_in_the_wrong_form_is_an_error(cells: list[str], said: str, books: Playbooks, tmp_path: Path) -> None:
    """Where most numbers cannot be read, or none is a mobile, the column is refused, and the message says what it looks like."""
    wanted = f"c.csv: column 手机号: {said}; deliver whole mobile numbers, as text [mobile-column]"
    assert [wanted] == refused(tmp_path, books, ("手机号", "短信同意"), cells, ["是"] * len(cells))


@pytest.mark.parametrize(
    "cells",
    [
        [f"{one}.0" for one in GOOD],
        [f"0{one}" for one in GOOD],
        [f"'{one}" for one in GOOD],
        [f"{one}/010-62345678" for one in GOOD],
        [*GOOD[:3], "12345", "010-62345678"],
        ["010-62345678"] * 5 + GOOD[:1],
        ["12345"],
        [""] * 4,
        ["12345", "", "", *GOOD[:1]],
    ],
    ids=["dot", "zero", "apostrophe", "two", "slips", "landlines", "one alone", "none", "half"],
)
def test_readable_columns_and_slips_of_the_pen_pass(cells: list[str], books: Playbooks, tmp_path: Path) -> None:
    """Damaged numbers that are whole are read without a word; a few that are wrong, or none at all, refuse nobody."""
    incoming = read(tmp_path, books, ("手机号", "短信同意"), cells, ["是"] * len(cells))
    assert not [line for line in incoming.warnings if "column 手机号" in line]
    mobiles = [one for one in cells if any(good in one for good in GOOD)]
    assert len(mobiles) == (incoming.customers.phone >= 0).sum()


def test_some_numbers_that_nobody_mistypes_so_are_a_warning(books: Playbooks, tmp_path: Path) -> None:
    """A few numbers as spreadsheets and masks leave them are told by kind, since they came from another system; typing errors are not."""
    cells = [*GOOD, "1.38E+10", "138****8000", "138****8001", "12345"]
    incoming = read(tmp_path, books, ("手机号", "短信同意"), cells, ["是"] * len(cells))
    said = "2 of 14 are masked; 1 of 14 are written 1.38E+10: the column was a number; nobody is called or written to at these"
    assert [f"c.csv: column 手机号: {said}"] == [line for line in incoming.warnings if "column 手机号" in line]


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        (["短信营销许可"], "短信营销许可 (did you mean 短信营销同意, consent_sms?)"),
        (["网点号", "营销授权"], "营销授权 (did you mean 营销同意, consent_call?), 网点号"),
        (["agreed_sms"], "agreed_sms"),
        (["consentsms", "x1"], "consentsms (did you mean consent_sms, consent_sms?), column 4"),
    ],
)
def test_consents_that_nobody_recognises_are_not_lost_in_silence(headers: list[str], said: str, books: Playbooks, tmp_path: Path) -> None:
    """Without a column for any consent, one that is not recognised may hold it: the file is refused, and what may be meant is asked."""
    (line,) = refused(tmp_path, books, headers, *[["CANARY", "CANARY"]] * len(headers))
    assert line.startswith(
        "c.csv: no column for any consent (consent_sms, consent_call, consent_wechat), so almost nobody could be contacted"
    )
    assert f", and not recognised: {said}; map the one that holds it under columns in rules/customers.yaml" in line
    assert line.endswith(", or leave these columns out [consent-absent]")


@pytest.mark.parametrize("headers", [[], ["手机号"], ["短信同意", "短信营销许可"], ["微信营销同意", "column"], ["备注", "积分"]], ids=str)
def test_files_without_such_columns_pass(headers: list[str], books: Playbooks, tmp_path: Path) -> None:
    """Where one consent is recognised, or every column is, the file is taken, and what is absent is told as before."""
    incoming = read(tmp_path, books, headers, *[["", ""]] * len(headers))
    assert {"consent_call"}.isdisjoint(incoming.customers.given)
    assert any("no column consent_call" in line for line in incoming.warnings)


def test_both_faults_are_told_at_once(books: Playbooks, tmp_path: Path) -> None:
    """One line for each cause."""
    lines = refused(tmp_path, books, ("手机号", "营销许可"), ["1.38E+10"] * 3, ["是"] * 3)
    assert ["[mobile-column]", "[consent-absent]"] == [line.rsplit(" ", 1)[1] for line in lines]
