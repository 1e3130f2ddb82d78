"""Inputs with which other projects test their readers. They lie beside the project, and are skipped where they do not."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from tests.helpers import vip
from vip_tiering.base.errors import DataError
from vip_tiering.extracts.extract import Extract
from vip_tiering.extracts.formats import csv_file, parquet

SUITES = Path(__file__).parents[3] / "shared" / "suites"
SPECTRUM = sorted((SUITES / "csv-spectrum-csvs").glob("*.csv"))
OTHERS = sorted((SUITES / "csv-test-data").glob("*.csv"))
BAD = [path for path in OTHERS if path.name.startswith("bad-")]
PARQUET = sorted((SUITES / "parquet-bad").glob("*.parquet"))
SOUND_PARQUET = {
    "ARROW-GH-43605.parquet",  # its indices take no bits at all, which one entry needs
    "datapage_v1-snappy-compressed-checksum.parquet",
    "datapage_v1-uncompressed-checksum.parquet",
    "plain-dict-uncompressed-checksum.parquet",
    "rle-dict-snappy-checksum.parquet",
}
NOT_REFUSED = {
    "bad-header-no-header.csv": "is empty: refused as such, no row to name",
    "bad-header-wrong-header.csv": "a header of other names is sound as a table; which names are needed is not a matter of CSV",
    "bad-unescaped-quote.csv": 'a quote in the middle of a text without quotes can only be meant, like 37.8"N in csv-spectrum',
}

pytestmark = pytest.mark.skipif(not SUITES.is_dir(), reason="the suites lie beside the project")


def table(path: Path) -> tuple[tuple[str, ...], list[list[str]]]:
    """Return the headers and the rows of a CSV as the raw table reader reads them."""
    read = csv_file.table(path.read_bytes(), path.name, final_newline=False)
    assert [] == read.wrong
    return read.headers, [list(row) for row in zip(*(column.to_pylist() for column in read.columns.values()), strict=True)]


@pytest.mark.parametrize("path", SPECTRUM, ids=lambda path: path.name)
def test_csv_spectrum(path: Path) -> None:
    """Every CSV of csv-spectrum parses to its JSON."""
    headers, rows = table(path)
    expected = json.loads((SUITES / "csv-spectrum-json" / path.with_suffix(".json").name).read_text(encoding="utf-8"))
    if path.name == "location_coordinates.csv":
        expected["Contact Phone Number"] = "2095257564"  # the suite's CSV and JSON differ in this cell
    rows_expected = expected if isinstance(expected, list) else [expected]
    assert rows_expected == [dict(zip(headers, row, strict=True)) for row in rows]


@pytest.mark.parametrize("path", [path for path in OTHERS if path not in BAD and path.name != "all-empty.csv"], ids=lambda path: path.name)
def test_csv_test_data(path: Path) -> None:
    """Every sound CSV of csv-test-data reads as Python's csv module reads it; a blank line is not a row."""
    with path.open(encoding="utf-8", newline="") as file:
        expected = [row for row in csv.reader(file) if row]
    headers, rows = table(path)
    assert expected == [list(headers), *rows]


def test_nothing_but_line_ends() -> None:
    """A file of line ends is empty."""
    with pytest.raises(DataError, match="file-empty"):
        table(SUITES / "csv-test-data" / "all-empty.csv")


@pytest.mark.parametrize("path", [path for path in BAD if path.name not in NOT_REFUSED], ids=lambda path: path.name)
def test_bad_csv_is_refused_with_its_row(path: Path) -> None:
    """Every bad CSV is refused as a whole, or the row with the wrong number of fields is: row 2 each time."""
    try:
        rows = [row for row, _ in csv_file.table(path.read_bytes(), path.name, final_newline=False).wrong]
    except DataError as error:
        rows = [problem.row for problem in error.problems if not isinstance(problem, str) and problem.row]
    assert [2] == rows


def test_exceptions_are_what_they_are_said_to_be() -> None:
    """The bad CSVs that are not refused with a row are those of the list."""
    with pytest.raises(DataError, match="file-empty"):
        table(SUITES / "csv-test-data" / "bad-header-no-header.csv")
    assert (("qux", "quux", "quuz"), []) == table(SUITES / "csv-test-data" / "bad-header-wrong-header.csv")
    assert [["1", 'This "quotes" must be escaped', "3"]] == table(SUITES / "csv-test-data" / "bad-unescaped-quote.csv")[1]


def headers_of(path: Path) -> tuple[str, ...]:
    """Return the headers of a Parquet file, none where it cannot even be opened."""
    try:
        with parquet.opened(path, path.name) as file:
            return parquet.headers(file, path.name)
    except DataError:
        return ()


def refused(path: Path, tmp_path: Path, columns: dict[str, str]) -> str:
    """Return the message with which the command refuses a file, by rules that map these columns."""
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "tiers.yaml").write_text("version: 1\ntiers:\n  - {code: one, label: 一, min: 1}\n", encoding="utf-8")
    (rules / "extracts.yaml").write_text(f"version: 1\ncolumns: {json.dumps(columns)}\n")
    extract = tmp_path / "b_20151001.parquet"
    extract.write_bytes(path.read_bytes())
    options = ["--quarter", "2015Q4", "--as-of", "2015-10-01", "--out", tmp_path / "out", "--rules", rules]
    result = vip("tier", "compute", extract, *options)
    assert (4, "") == (result.returncode, result.stdout), result.stderr
    assert "Traceback" not in result.stderr
    return result.stderr


@pytest.mark.parametrize("path", PARQUET, ids=lambda path: path.name)
def test_bad_parquet_is_refused(path: Path, tmp_path: Path) -> None:
    """Every file, given as an extract, ends in a clear refusal."""
    assert "b_20151001.parquet: " in refused(path, tmp_path, {})


@pytest.mark.parametrize("path", [path for path in PARQUET if path.name not in SOUND_PARQUET], ids=lambda path: path.name)
def test_bad_parquet_is_refused_when_its_data_is_read(path: Path, tmp_path: Path) -> None:
    """So it does where its own columns are the customer and the balance."""
    names = headers_of(path)
    assert "b_20151001.parquet: " in refused(path, tmp_path, dict(zip(("customer_id", "balance"), names, strict=False)))


@pytest.mark.parametrize("path", PARQUET, ids=lambda path: path.name)
def test_damage_is_refused_in_every_column(path: Path) -> None:
    """Damage in any flat column is refused where that column is read; what is sound reads."""
    names = headers_of(path)
    rules = set() if names else {"file-damaged"}
    for place in range(len(names)):
        extract = Extract(path.name, path, "parquet", gzipped=False, headers=names, columns={"balance": place}, day=0)
        try:
            assert len(parquet.read(extract, path.read_bytes(), 0, ["balance"]).columns["balance"]) > 0
        except DataError as error:
            rules |= {problem.rule for problem in error.problems if not isinstance(problem, str)}
    assert rules <= {"file-damaged", "column-type"}
    assert (path.name in SOUND_PARQUET) == (not rules)
