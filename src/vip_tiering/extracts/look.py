"""Look at every extract before any row is read: format, columns, days. All problems come at once."""

from __future__ import annotations

import csv
import dataclasses
from collections import Counter
from collections.abc import Iterable, Mapping
from concurrent.futures import Executor
from pathlib import Path
from typing import Final

import pyarrow as pa

from vip_tiering.base.errors import DataError, Problem
from vip_tiering.extracts import headers, named_days
from vip_tiering.extracts.checks import counts_of, parse_days, readable_days
from vip_tiering.extracts.extract import DEFAULT_MAX_BYTES, Extract, refuse, signature, too_large
from vip_tiering.extracts.find import FoundFile, companions
from vip_tiering.extracts.formats import csv_file, csv_header, parquet
from vip_tiering.extracts.row_rules import RULES
from vip_tiering.rules.balance_unit import FEN_PER_UNIT
from vip_tiering.rules.extracts import ExtractRules

_ROWS_OF_AN_END: Final = 100
_KEY_ROLES: Final = ("account_id", "product", "currency")
_IN_WORDS: Final = {"customer_id": "ids", "account_id": "account ids", "product": "products", "currency": "currencies"}


def inspect(
    found: Iterable[FoundFile], rules: ExtractRules, pool: Executor, max_bytes: int = DEFAULT_MAX_BYTES, *, presume: bool = False
) -> list[Extract]:
    """Return what is known of every file, in the order given; one may take `max_bytes` in memory.

    Raises DataError with the problems of all files.
    """
    extracts, problems = look(found, rules, pool, max_bytes, presume=presume)
    if problems:
        raise DataError(problems)
    return extracts


def look(
    found: Iterable[FoundFile], rules: ExtractRules, pool: Executor, max_bytes: int = DEFAULT_MAX_BYTES, *, presume: bool = False
) -> tuple[list[Extract], list[Problem | str]]:
    """Return what is known of the files that can be read, in the order given, and what is wrong with any of them.

    `presume`: of a text file with a date column only the ends are read; see `Extract.presumed`.
    """
    problems: list[Problem | str] = []
    extracts: list[Extract] = []
    for outcome in pool.map(lambda one: _attempt(one, rules, max_bytes, presume=presume), found):
        if isinstance(outcome, DataError):
            problems += outcome.problems
        else:
            extracts.append(outcome)
    alone = _empty_alone(extracts)
    problems += [problem for one in alone for problem in one.no_rows().problems]
    extracts = [one for one in extracts if one not in alone]
    return extracts, [*problems, *_odd_ones_out(extracts)]


def _empty_alone(extracts: list[Extract]) -> list[Extract]:
    """Return the files without rows that tell no day, and beside which no file holds several: such a file may be a day that was lost."""
    delivered = {one.path.parent for one in extracts if len(one.days) > 1}
    return [one for one in extracts if not one.days and one.path.parent not in delivered]


def _attempt(found: FoundFile, rules: ExtractRules, max_bytes: int, *, presume: bool) -> Extract | DataError:
    try:
        return inspect_one(found, rules, max_bytes, presume=presume)
    except DataError as error:
        return error
    except OSError as error:
        return refuse(found.name, "file-unreadable", f"cannot be read: {error.strerror}")


def inspect_one(found: FoundFile, rules: ExtractRules, max_bytes: int = DEFAULT_MAX_BYTES, *, presume: bool = False) -> Extract:
    """Return what is known of one file. The magic bytes decide the format, whatever the name says."""
    before = signature(found.path)
    if before[0] > max_bytes:
        raise too_large(found.name, max_bytes)
    checksum, controls = companions(found.path, found.name, FEN_PER_UNIT[rules.balance_unit])
    magic = _magic(found.path)
    if not magic:
        raise refuse(found.name, "file-empty", "the file is empty; was the transfer cut?")
    keys = headers.key_roles(found.keys, rules.columns, found.name)
    if magic == parquet.MAGIC:
        extract = _look_parquet(found, rules, keys, max_bytes)
    else:
        extract = _look_text(found, rules, keys, max_bytes, presume=presume)
    extract = _dated(extract, found, rules, keys)
    return dataclasses.replace(extract, signature=before, sha256=checksum, controls=controls)


def _dated(extract: Extract, found: FoundFile, rules: ExtractRules, keys: Mapping[str, str]) -> Extract:
    """Return an extract with the day that its folders or its name tell, where it has no date column or no rows.

    Raises DataError where the date is a column and a folder, and they differ.
    """
    by_key = named_days.key_day(keys["date"], found.name, rules) if "date" in keys else None
    if "date" not in extract.columns:
        day = by_key if by_key is not None else named_days.needed_day(found, rules)
        return dataclasses.replace(extract, days=(day,), day=day)
    if by_key is not None and not {*extract.days} <= {by_key}:
        raise named_days.other_days(found.name, extract.header("date"), by_key)
    if not extract.days:
        day_or_none = by_key if by_key is not None else named_days.named_day(found, rules)
        return dataclasses.replace(extract, days=() if day_or_none is None else (day_or_none,))
    return extract


def _magic(path: Path) -> bytes:
    with path.open("rb", buffering=0) as file:
        return file.read(len(parquet.MAGIC))


def _look_parquet(found: FoundFile, rules: ExtractRules, keys: Mapping[str, str], max_bytes: int) -> Extract:
    if not rules.text_format.header:
        raise parquet.names_its_columns(found.name, "rules/extracts.yaml")
    with parquet.opened(found.path, found.name) as file:
        names = parquet.headers(file, found.name)
        extract = dataclasses.replace(_recognised(found, rules, keys, "parquet", names), max_bytes=max_bytes)
        integer_roles = parquet.refuse_types(file, extract.columns, found.name) if file.metadata.num_rows else frozenset()
        days, rule, written = extract.days, "", ""
        if "date" in extract.columns and file.metadata.num_rows:
            days, rule, written = parquet.days(file, extract)
            if not days:
                raise _no_date(extract, rule or "date-empty", 1)
        rows = file.metadata.num_rows
        return dataclasses.replace(extract, rows=rows, days=days, date_rule=rule, date_written=written, integer_roles=integer_roles)


def _look_text(found: FoundFile, rules: ExtractRules, keys: Mapping[str, str], max_bytes: int, *, presume: bool) -> Extract:
    with found.path.open("rb") as file:
        gzipped = file.read(2) == csv_header.GZIP_MAGIC
    head = csv_header.head(found.path, found.name, gzipped=gzipped)
    extract = _recognised(found, rules, keys, "csv", csv_header.headers(head, found.name, rules.text_format))
    needed = rules.final_newline == "required"
    extract = dataclasses.replace(extract, max_bytes=max_bytes, gzipped=gzipped, needs_final_newline=needed, text_format=rules.text_format)
    if "date" not in extract.columns:
        return extract
    if presume and (day := _day_of_ends(extract, head)) is not None:
        return dataclasses.replace(extract, days=(day,), presumed=True)
    raw, wrong, encoding = csv_file.read(extract, found.path.read_bytes(), 0, ("date",))
    if not len(raw) and len(wrong):
        raise DataError(wrong.problems)
    encoded = raw.columns["date"].dictionary_encode()
    days, rule, written = readable_days(parse_days(encoded.dictionary, rules.date_format, counts_of(encoded)))
    if len(raw) and not days:
        raise _no_date(extract, rule, 2)
    rows = len(raw) + len(wrong)
    return dataclasses.replace(extract, days=days, date_rule=rule, date_written=written, rows=rows, encoding=encoding)


def _day_of_ends(extract: Extract, head: bytes) -> int | None:
    """Return the day of a text file whose first and last rows are all of one; None where they are not, or are too few to tell.

    A file with many rows holds one day as a rule: what its ends say is presumed, and verified for every row when they are read.
    """
    first = head.splitlines()[int(extract.text_format.header) :]
    if len(head) == csv_header.HEAD_BYTES:
        first = first[:-1]
    last = first if extract.gzipped else csv_header.tail(extract.path).splitlines()[1:]
    ends = (*first[:_ROWS_OF_AN_END], *last[-_ROWS_OF_AN_END:])
    rows = csv.reader((line.decode("latin-1") for line in ends), delimiter=extract.text_format.separator)
    place, width = extract.columns["date"], len(extract.headers)
    try:
        dates = {row[place].strip() for row in rows if len(row) == width}
    except csv.Error:
        return None
    if len(dates) != 1 or not (date := dates.pop()).isascii():
        return None
    days, rule, _ = readable_days(parse_days(pa.array([date]), extract.date_format))
    return None if rule else days[0]


def _no_date(extract: Extract, rule: str, row: int) -> DataError:
    return extract.refuse(rule, f"column {extract.header('date')}, from here on: {RULES[rule]}", row)


def _recognised(found: FoundFile, rules: ExtractRules, keys: Mapping[str, str], form: str, names: tuple[str, ...]) -> Extract:
    """Return the extract with its columns by role; a folder `key=value` gives a role where no column does (`keys`)."""
    keys = {role: value for role, value in keys.items() if role in {*_KEY_ROLES, "date"}}
    columns = headers.recognise(names, rules, found.name, given=keys)
    if rules.ignores_currency:
        columns.pop("currency", None)
        keys.pop("currency", None)
    return Extract(
        name=found.name,
        path=found.path,
        format="parquet" if form == "parquet" else "csv",
        gzipped=False,
        headers=names,
        columns=columns,
        constants={role: value for role, value in keys.items() if role != "date"},
        date_format=rules.date_format,
        foreign=bool(rules.rates_file),
        currency_codes=rules.currency_codes,
        fen_per_unit=FEN_PER_UNIT[rules.balance_unit],
    )


def _odd_ones_out(extracts: list[Extract]) -> list[Problem]:
    """Return a problem for each file whose columns or ids are of another kind than those of most files."""
    if not any(one.rows != 0 for one in extracts):
        return []
    problems = []
    usual = Counter((roles_of(one), one.integer_roles) for one in extracts if one.rows != 0).most_common(1)[0][0]
    first = next(one for one in extracts if (roles_of(one), one.integer_roles) == usual)
    roles = roles_of(first)
    width = Counter(len(one.headers) for one in extracts).most_common(1)[0][0]
    for one in extracts:
        if roles_of(one) != roles:
            differ = ", ".join(sorted(roles_of(one) ^ roles))
            message = f"other columns than {first.name} (they differ in: {differ}); deliver the same columns in every file of a run"
            problems.append(Problem(one.name, None, None, "columns-differ", message))
        elif not one.text_format.header and len(one.headers) != width:
            message = f"has {len(one.headers)} columns, most files have {width}; without headers nothing else tells which column is which"
            problems.append(Problem(one.name, None, None, "columns-differ", message))
        elif one.rows != 0 and one.integer_roles != first.integer_roles:
            role = min(one.integer_roles ^ first.integer_roles)
            form = "numbers" if role in one.integer_roles else "text"
            message = f"{_IN_WORDS[role]} are {form}, in {first.name} they are not; deliver them as text in every file"
            problems.append(Problem(one.name, None, None, "ids-differ", message))
    return problems


def roles_of(extract: Extract) -> frozenset[str]:
    """Return what the columns and folders of a file give beside the date; all files of a run give the same."""
    return frozenset((set(extract.columns) | set(extract.constants)) - {"date"})
